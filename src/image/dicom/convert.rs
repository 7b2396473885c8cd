//! The program's own conversion: simple classic and enhanced MR series to volumes.
//!
//! What it does not know it refuses: mosaics, colour, pixels of other widths than 8, 16 or 32 bits, transfer syntaxes that
//! cannot be decoded ([`super::syntax`]: JPEG 2000, JPEG-LS), sheared stacks. Values are
//! - displayed values `SV RS + RI` for maps and phases, and for signals of every maker but Philips;
//! - Philips' floating-point values `(SV RS + RI) / (RS SS)` for signals, which alone can be compared between images of
//!   one examination (Chenevert 2014, doi:10.1593/tlo.13811).

use super::DicomError;
use super::header::Header;
use super::series::{FrameRef, frame};
use super::stack::Stack;
use super::syntax;
use crate::image::{Grid, Stored};
use dicom_pixeldata::PixelDecoder;
use ndarray::{Array4, ShapeBuilder};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Volumes on one grid, ready to be written.
#[derive(Debug, Clone)]
pub struct Volumes {
    /// Where the voxels lie.
    pub grid: Grid,
    /// Values, volume slowest.
    pub data: Array4<f32>,
    /// How they are kept without loss.
    pub stored: Stored,
    /// b-value of each volume where one is stated.
    pub b_values: Option<Vec<f64>>,
    /// What a user must know of the conversion.
    pub note: Option<String>,
}

/// Which values an image of a signal gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// As the scanner displays them.
    Displayed,
    /// Philips' floating-point values where the scanner states their scale, else displayed ones.
    Signal,
}

/// A frame of a file, and where its pixels go.
type Slice<'a> = (usize, &'a mut [f32]);

/// Decodes a stack.
///
/// # Errors
/// [`DicomError::Unknown`] for what is not read, [`DicomError::Pixels`] where decoding fails.
pub fn convert(stack: &Stack, headers: &[Header], scaling: Scaling) -> Result<Volumes, DicomError> {
    let [nx, ny, nz] = stack.grid.dims;
    let order: Vec<FrameRef> = stack.volumes.iter().flatten().copied().collect();
    let mut files: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (slot, at) in order.iter().enumerate() {
        files.entry(at.header).or_default().push(slot);
    }
    for &header in files.keys() {
        check_known(&headers[header])?;
    }
    let mut values = vec![0.0_f32; nx * ny * nz * stack.volumes.len()];
    let mut slots: Vec<Option<&mut [f32]>> = values.chunks_mut(nx * ny).map(Some).collect();
    let work: Vec<(usize, Vec<Slice>)> = files
        .into_iter()
        .map(|(header, wanted)| {
            let taken = wanted.into_iter().filter_map(|slot| Some((order[slot].frame, slots[slot].take()?)));
            (header, taken.collect())
        })
        .collect();
    work.into_par_iter().try_for_each(|(n, slices)| decode(&headers[n], slices, nx, scaling))?;
    let slopes: Vec<f64> = order.iter().map(|&at| factors(&headers[at.header], at.frame, scaling)[0]).collect();
    let slope = slopes.first().copied().filter(|first| slopes.iter().all(|slope| slope == first));
    let data = Array4::from_shape_vec((nx, ny, nz, stack.volumes.len()).f(), values)
        .map_err(|error| DicomError::Pixels { reason: error.to_string() })?;
    let stored = stored(&data, slope);
    Ok(Volumes { grid: stack.grid.clone(), data, stored, b_values: stack.b_values.clone(), note: None })
}

/// 16-bit steps where they hold every value, else floats.
pub(super) fn stored(data: &Array4<f32>, slope: Option<f64>) -> Stored {
    let fits = |slope: f64| {
        let slope = f64::from(slope as f32);
        let fits_one = |value: &f32| {
            let step = f64::from(*value) / slope;
            let off = (step - step.round()).abs();
            step.abs() <= f64::from(i16::MAX) && off <= 1e-6 * step.abs().max(1.0)
        };
        slope > 0.0 && data.as_slice_memory_order().is_some_and(|all| all.par_iter().all(fits_one))
    };
    let slopes = [Some(1.0), slope];
    match slopes.into_iter().flatten().find(|&slope| fits(slope)) {
        Some(slope) => Stored::I16 { slope },
        None => Stored::F32,
    }
}

/// Factor and summand from stored to kept value.
pub(super) fn factors(header: &Header, frame_in_file: usize, scaling: Scaling) -> [f64; 2] {
    let frame = &header.frames[frame_in_file];
    let [slope, intercept] = frame.rescale.unwrap_or([1.0, 0.0]);
    match (scaling, frame.scale_slope) {
        (Scaling::Signal, Some(scale)) if slope != 0.0 => [1.0 / scale, intercept / (slope * scale)],
        _ => [slope, intercept],
    }
}

fn check_known(header: &Header) -> Result<(), DicomError> {
    let unknown = |what: &str| Err(DicomError::Unknown { what: what.to_owned() });
    if !syntax::is_read(&header.transfer_syntax) {
        return Err(DicomError::Unknown { what: syntax::name(&header.transfer_syntax) });
    }
    if header.is_mosaic() {
        return unknown("Siemens mosaics (many slices in one picture)");
    }
    if header.n_frames != header.frames.len() {
        return unknown("files of several frames that do not say where each lies");
    }
    if header.samples != 1 {
        return unknown("colour images");
    }
    if ![8, 16, 32].contains(&header.bits) {
        return unknown("pixels of this width");
    }
    Ok(())
}

/// Decodes frames of one file into slices of a grid whose rows have `nx` pixels.
///
/// # Errors
/// [`DicomError::Pixels`].
pub(super) fn decode(header: &Header, slices: Vec<Slice>, nx: usize, scaling: Scaling) -> Result<(), DicomError> {
    let failed = |why: &str| DicomError::Pixels { reason: format!("{why}; {}", syntax::name(&header.transfer_syntax)) };
    let file = dicom_object::open_file(&header.path).map_err(|_| failed("the file cannot be read to its end"))?;
    let decoded = file.decode_pixel_data().map_err(|_| failed("encrypted or damaged"))?;
    let n_bits_stored = u32::from(decoded.bits_stored().clamp(1, header.bits));
    let width = usize::from(header.bits / 8);
    let bytes = decoded.data();
    let frame_bytes = header.size[0] * header.size[1] * width;
    for (n, slice) in slices {
        let [slope, intercept] = factors(header, n, scaling);
        let pixels = bytes
            .get(n * frame_bytes..(n + 1) * frame_bytes)
            .ok_or_else(|| failed("it holds fewer pixels than announced"))?;
        let shift = u32::from(header.bits) - n_bits_stored;
        let value = |pixel: &[u8]| -> f32 {
            let mut padded = [0; 4];
            padded[..width].copy_from_slice(pixel);
            let raw = u32::from_le_bytes(padded) << (32 - u32::from(header.bits)) << shift;
            // only the stored bits count; the sign is the highest of them
            let up = 32 - n_bits_stored;
            let stored = if header.is_signed { f64::from(raw as i32 >> up) } else { f64::from(raw >> up) };
            (stored * slope + intercept) as f32
        };
        // the last row of the picture is the first of the grid
        for (row, line) in pixels.chunks_exact(nx * width).rev().zip(slice.chunks_exact_mut(nx)) {
            for (pixel, out) in row.chunks_exact(width).zip(line) {
                *out = value(pixel);
            }
        }
    }
    Ok(())
}

/// Rescale slope and Philips scale slope that all images share, for the sidecar.
pub fn shared_slopes(frames: &[FrameRef], headers: &[Header]) -> [Option<f64>; 2] {
    let same = |of: &dyn Fn(FrameRef) -> Option<f64>| {
        let first = of(*frames.first()?)?;
        frames.iter().all(|&at| of(at) == Some(first)).then_some(first)
    };
    [same(&|at| frame(headers, at).rescale.map(|[slope, _]| slope)), same(&|at| frame(headers, at).scale_slope)]
}
