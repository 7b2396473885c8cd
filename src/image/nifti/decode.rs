//! Stored voxels to numbers: one pass, in parallel, in file order.
//!
//! Scaling is done in f64 and rounded once, so that an i16 with a slope gives the f32 nearest to the product.

use super::header::Header;
use nifti::NiftiType;
use rayon::prelude::*;

/// Voxels a worker takes at once; results do not depend on it.
const CHUNK: usize = 1 << 16;

/// The values of a stretch of voxels, in this thread. `raw` holds exactly as many voxels as `out`.
pub(super) fn decode_into(raw: &[u8], header: &Header, out: &mut [f32]) {
    let (slope, intercept) = (header.slope, header.intercept);
    macro_rules! each {
        ($type:ty) => {{
            let (stored, _) = raw.as_chunks::<{ size_of::<$type>() }>();
            let pairs = out.iter_mut().zip(stored);
            match (header.big_endian, slope == 1.0 && intercept == 0.0) {
                (true, _) => pairs.for_each(|(value, &bytes)| {
                    *value = (<$type>::from_be_bytes(bytes) as f64 * slope + intercept) as f32;
                }),
                (false, true) => pairs.for_each(|(value, &bytes)| *value = <$type>::from_le_bytes(bytes) as f32),
                (false, false) => pairs.for_each(|(value, &bytes)| {
                    *value = (<$type>::from_le_bytes(bytes) as f64 * slope + intercept) as f32;
                }),
            }
        }};
    }
    match header.kind {
        NiftiType::Uint8 => each!(u8),
        NiftiType::Int8 => each!(i8),
        NiftiType::Uint16 => each!(u16),
        NiftiType::Int16 => each!(i16),
        NiftiType::Uint32 => each!(u32),
        NiftiType::Int32 => each!(i32),
        NiftiType::Uint64 => each!(u64),
        NiftiType::Int64 => each!(i64),
        NiftiType::Float32 => each!(f32),
        NiftiType::Float64 => each!(f64),
        // the header check lets no other type through
        _ => {}
    }
}

/// The largest value of a stretch of voxels that are stored as little-endian integers with a slope above zero, as
/// [`decode_into`] gives it: found among the stored numbers, of which none need be decoded. None of anything else.
pub(super) fn largest(raw: &[u8], header: &Header) -> Option<f32> {
    if header.big_endian || header.slope.is_nan() || header.slope <= 0.0 {
        return None;
    }
    macro_rules! of {
        ($type:ty) => {{
            let (stored, _) = raw.as_chunks::<{ size_of::<$type>() }>();
            let most = stored.iter().map(|&bytes| <$type>::from_le_bytes(bytes)).fold(<$type>::MIN, |a, b| a.max(b));
            Some((f64::from(most) * header.slope + header.intercept) as f32).filter(|most| most.is_finite())
        }};
    }
    match header.kind {
        NiftiType::Uint8 => of!(u8),
        NiftiType::Uint16 => of!(u16),
        NiftiType::Int16 => of!(i16),
        _ => None,
    }
}

/// The values of many voxels, shared among the threads. `raw` holds exactly as many voxels as `out`.
pub(super) fn decode_all_into(raw: &[u8], header: &Header, out: &mut [f32]) {
    let stretches = out.par_chunks_mut(CHUNK).zip(raw.par_chunks(CHUNK * header.kind.size_of()));
    stretches.for_each(|(out, raw)| decode_into(raw, header, out));
}

/// `convert(stored * slope + intercept)` of every voxel. `raw` holds exactly the voxels.
pub(super) fn decode<O>(raw: &[u8], header: &Header, convert: impl Fn(f64) -> O + Sync) -> Vec<O>
where
    O: Copy + Default + Send,
{
    let mut out = vec![O::default(); raw.len() / header.kind.size_of()];
    let (slope, intercept) = (header.slope, header.intercept);
    macro_rules! each {
        ($type:ty) => {{
            const SIZE: usize = size_of::<$type>();
            out.par_chunks_mut(CHUNK).zip(raw.par_chunks(CHUNK * SIZE)).for_each(|(out, raw)| {
                let (stored, _) = raw.as_chunks::<SIZE>();
                if header.big_endian {
                    for (value, &bytes) in out.iter_mut().zip(stored) {
                        *value = convert(<$type>::from_be_bytes(bytes) as f64 * slope + intercept);
                    }
                } else {
                    for (value, &bytes) in out.iter_mut().zip(stored) {
                        *value = convert(<$type>::from_le_bytes(bytes) as f64 * slope + intercept);
                    }
                }
            })
        }};
    }
    match header.kind {
        NiftiType::Uint8 => each!(u8),
        NiftiType::Int8 => each!(i8),
        NiftiType::Uint16 => each!(u16),
        NiftiType::Int16 => each!(i16),
        NiftiType::Uint32 => each!(u32),
        NiftiType::Int32 => each!(i32),
        NiftiType::Uint64 => each!(u64),
        NiftiType::Int64 => each!(i64),
        NiftiType::Float32 => each!(f32),
        NiftiType::Float64 => each!(f64),
        // the header check lets no other type through
        _ => {}
    }
    out
}
