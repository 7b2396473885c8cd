//! NIfTI images to disk: single-file NIfTI-1, little-endian, the same bytes for the same image.
//!
//! sform and qform are both written (code 1, scanner) from the grid that came with the data; a sheared grid, which a
//! quaternion cannot express, gets the sform alone. Files appear whole or not at all. `.nii.gz` is packed in parallel, see
//! `gzip.rs`.

use super::geometry::{Form, Forms, is_usable};
use super::gzip;
use crate::image::atomic::{self, Overwrite, write_atomically};
use crate::image::{Grid, ImageError, Labels, Mask, Voxels};
use nalgebra::Matrix4;
use ndarray::{ArrayView, ArrayView3, ArrayView4, Axis, Dimension};
use nifti::{NiftiHeader, NiftiType, XForm};
use rayon::prelude::*;
use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

const HEADER_BYTES: usize = 352;
/// Bytes of voxels that are packed together: a constant, so that the file does not depend on the number of threads.
const PIECE: usize = 1 << 18;

/// How a scalar map is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stored {
    /// 32-bit floats; NaN stays NaN.
    F32,
    /// 16-bit integers times a slope, rounded; NaN and values out of range are refused.
    I16 {
        /// Value of one step.
        slope: f64,
    },
    /// 8-bit unsigned integers, rounded; NaN and values out of range are refused.
    U8,
}

/// Writes one scalar volume.
///
/// # Errors
/// [`ImageError::Exists`], [`ImageError::Unstorable`], [`ImageError::Geometry`] for an unusable grid, or
/// [`ImageError::Write`].
pub fn write_volume(
    path: &Path,
    grid: &Grid,
    data: ArrayView3<f32>,
    stored: Stored,
    overwrite: Overwrite,
) -> Result<(), ImageError> {
    write_series(path, grid, data.insert_axis(Axis(3)), stored, overwrite)
}

/// Writes volumes on one grid as one 4-D file (3-D where there is one volume).
///
/// # Errors
/// As [`write_volume`].
pub fn write_series(
    path: &Path,
    grid: &Grid,
    data: ArrayView4<f32>,
    stored: Stored,
    overwrite: Overwrite,
) -> Result<(), ImageError> {
    let target = |kind, slope| Target { path, grid, n_volumes: data.shape()[3], kind, slope, overwrite };
    match stored {
        Stored::F32 => target(NiftiType::Float32, 1.0).save(data, |v| Some(v.to_le_bytes())),
        Stored::I16 { slope } => {
            let slope = f64::from(slope as f32); // as the header keeps it
            target(NiftiType::Int16, slope).save(data, |v| {
                let exact = f64::from(v) / slope;
                // half away from zero, as `round`, but without a call
                let step = (exact + 0.5_f64.copysign(exact)) as i32;
                let is_number = exact.is_finite();
                i16::try_from(step).ok().filter(|_| is_number).map(i16::to_le_bytes)
            })
        }
        Stored::U8 => target(NiftiType::Uint8, 1.0).save(data, |v| {
            let step = v.round();
            (0.0..=255.0).contains(&step).then_some([step as u8])
        }),
    }
}

/// Writes a map as it was kept: f32, or 16-bit steps with their slope.
///
/// # Errors
/// As [`write_volume`].
pub fn write_voxels(path: &Path, grid: &Grid, voxels: &Voxels, overwrite: Overwrite) -> Result<(), ImageError> {
    match voxels {
        Voxels::F32(values) => write_volume(path, grid, values.view(), Stored::F32, overwrite),
        Voxels::I16 { steps, slope } => {
            let target = Target { path, grid, n_volumes: 1, kind: NiftiType::Int16, slope: *slope, overwrite };
            target.save(steps.view(), |step| Some(step.to_le_bytes()))
        }
    }
}

/// Writes bits or small counts as uint8.
///
/// # Errors
/// As [`write_volume`].
pub fn write_bits(path: &Path, grid: &Grid, bits: ArrayView3<'_, u8>, overwrite: Overwrite) -> Result<(), ImageError> {
    let target = Target { path, grid, n_volumes: 1, kind: NiftiType::Uint8, slope: 1.0, overwrite };
    target.save(bits, |value| Some([value]))
}

/// Writes a label map: int16, or int32 where a label asks for it.
///
/// # Errors
/// As [`write_volume`].
pub fn write_labels(path: &Path, labels: &Labels, overwrite: Overwrite) -> Result<(), ImageError> {
    let values = labels.data.view();
    let fits = |&label: &i32| i16::try_from(label).is_ok();
    let is_narrow = match labels.data.as_slice_memory_order() {
        Some(all) => all.par_iter().all(fits),
        None => labels.data.iter().all(fits),
    };
    let target = |kind| Target { path, grid: &labels.grid, n_volumes: 1, kind, slope: 1.0, overwrite };
    if is_narrow {
        target(NiftiType::Int16).save(values, |label| i16::try_from(label).ok().map(i16::to_le_bytes))
    } else {
        target(NiftiType::Int32).save(values, |label| Some(label.to_le_bytes()))
    }
}

/// Writes a mask as uint8, 1 inside.
///
/// # Errors
/// As [`write_volume`].
pub fn write_mask(path: &Path, mask: &Mask, overwrite: Overwrite) -> Result<(), ImageError> {
    let target = Target { path, grid: &mask.grid, n_volumes: 1, kind: NiftiType::Uint8, slope: 1.0, overwrite };
    target.save(mask.data.view(), |inside| Some([u8::from(inside)]))
}

/// A file to be.
struct Target<'a> {
    path: &'a Path,
    grid: &'a Grid,
    n_volumes: usize,
    kind: NiftiType,
    slope: f64,
    overwrite: Overwrite,
}

impl Target<'_> {
    /// Writes the voxels, each as `bytes_of` says; a value for which it says nothing is refused.
    fn save<T, D, const SIZE: usize>(
        &self,
        data: ArrayView<'_, T, D>,
        bytes_of: impl Fn(T) -> Option<[u8; SIZE]> + Sync,
    ) -> Result<(), ImageError>
    where
        T: Copy + Into<f64> + Send + Sync,
        D: Dimension,
    {
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_packed = name.ends_with(".nii.gz");
        if !is_packed && !name.ends_with(".nii") {
            let reason = "the name of an image ends in .nii or .nii.gz".to_owned();
            return Err(ImageError::Write { path: self.path.to_owned(), reason });
        }
        let header = serialise(&header_of(self)?);
        let values = in_file_order(data);
        let encode = |part: &[T], bytes: &mut Vec<u8>| -> Result<(), ImageError> {
            bytes.resize(part.len() * SIZE, 0);
            let (slots, _) = bytes.as_chunks_mut::<SIZE>();
            for (slot, &value) in slots.iter_mut().zip(part) {
                *slot = bytes_of(value).ok_or_else(|| self.unstorable(value.into()))?;
            }
            Ok(())
        };
        write_atomically(self.path, self.overwrite, |file| {
            let mut put = |bytes: &[u8]| file.write_all(bytes).map_err(|error| atomic::failed(self.path, &error));
            if !is_packed {
                put(&header)?;
                // one buffer that stays in the cache: memory touched for the first time costs more than the writing
                let mut bytes = Vec::with_capacity(PIECE);
                return values.chunks(PIECE / SIZE).try_for_each(|part| {
                    encode(part, &mut bytes)?;
                    put(&bytes)
                });
            }
            let parts: Vec<&[T]> = values.chunks(PIECE / SIZE).collect();
            let pack = |bytes: &mut Vec<u8>, part: &&[T]| encode(part, bytes).map(|()| gzip::pack(bytes, SIZE));
            let pieces: Vec<_> = parts.par_iter().map_init(Vec::new, pack).collect();
            // the first value that cannot be stored is the one that is named
            let mut pieces = pieces.into_iter().collect::<Result<Vec<_>, _>>()?;
            pieces.insert(0, gzip::pack(&header, 1));
            put(&gzip::HEAD)?;
            pieces.iter().try_for_each(|piece| put(&piece.bytes))?;
            put(&gzip::tail(&pieces))
        })
    }

    fn unstorable(&self, value: f64) -> ImageError {
        let stored = if self.kind == NiftiType::Int16 { "int16" } else { "uint8" };
        ImageError::Unstorable { path: self.path.to_owned(), value, stored }
    }
}

/// All values, i fastest, whatever the memory order of the view.
fn in_file_order<T: Copy, D: Dimension>(data: ArrayView<'_, T, D>) -> Cow<'_, [T]> {
    let transposed = data.reversed_axes();
    match transposed.to_slice() {
        Some(values) => Cow::Borrowed(values),
        None => Cow::Owned(transposed.iter().copied().collect()),
    }
}

fn header_of(target: &Target<'_>) -> Result<NiftiHeader, ImageError> {
    let &Target { path, grid, n_volumes, kind, slope, overwrite: _ } = target;
    let unusable = |reason: &str| ImageError::Geometry { path: path.to_owned(), reason: reason.to_owned() };
    if !is_usable(grid) {
        return Err(unusable("its affine is singular or not finite"));
    }
    let lengths = [grid.dims[0], grid.dims[1], grid.dims[2], n_volumes];
    if lengths.iter().any(|&length| length == 0 || length > i16::MAX as usize) {
        return Err(unusable("NIfTI-1 holds 1 to 32767 voxels along an axis"));
    }
    let mut header = NiftiHeader {
        datatype: kind as i16,
        bitpix: (8 * kind.size_of()) as i16,
        scl_slope: slope as f32,
        scl_inter: 0.0,
        vox_offset: HEADER_BYTES as f32,
        xyzt_units: 2, // millimetres
        magic: *b"n+1\0",
        ..NiftiHeader::default()
    };
    header.dim[0] = if n_volumes == 1 { 3 } else { 4 };
    for (dim, length) in header.dim[1..].iter_mut().zip(lengths) {
        *dim = length as u16;
    }
    for dim in &mut header.dim[5..] {
        *dim = 1;
    }
    let affine = Matrix4::from_fn(|r, c| if r < 3 { grid.affine[r][c] } else { f64::from(u8::from(c == 3)) });
    header.set_sform(&affine, XForm::ScannerAnat);
    header.set_qform(&affine, XForm::ScannerAnat);
    // a sheared grid has no quaternion: do not write one that would contradict the sform
    if Forms::of_nifti1(&header).grid(grid.dims, None, path).is_err() {
        header.qform_code = 0;
    }
    debug_assert!(Forms::of_nifti1(&header).grid(grid.dims, Some(Form::Sform), path).is_ok());
    let description = concat!("myelomri ", env!("CARGO_PKG_VERSION"));
    header.set_description_str(description).map_err(|e| unusable(&e.to_string()))?;
    Ok(header)
}

/// The 348 bytes of the header and four of "no extensions", little-endian.
fn serialise(header: &NiftiHeader) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES);
    out.extend(348_i32.to_le_bytes());
    out.extend([0; 28]); // data_type, db_name: unused
    out.extend(0_i32.to_le_bytes()); // extents: unused
    out.extend(0_i16.to_le_bytes()); // session_error: unused
    out.extend([b'r', header.dim_info]);
    out.extend(header.dim.iter().flat_map(|v| v.to_le_bytes()));
    for value in [header.intent_p1, header.intent_p2, header.intent_p3] {
        out.extend(value.to_le_bytes());
    }
    for value in [header.intent_code, header.datatype, header.bitpix, header.slice_start] {
        out.extend(value.to_le_bytes());
    }
    out.extend(header.pixdim.iter().flat_map(|v| v.to_le_bytes()));
    for value in [header.vox_offset, header.scl_slope, header.scl_inter] {
        out.extend(value.to_le_bytes());
    }
    out.extend(header.slice_end.to_le_bytes());
    out.extend([header.slice_code, header.xyzt_units]);
    for value in [header.cal_max, header.cal_min, header.slice_duration, header.toffset] {
        out.extend(value.to_le_bytes());
    }
    out.extend([0; 8]); // glmax, glmin: unused
    out.extend(header.descrip.iter().copied().chain(std::iter::repeat(0)).take(80));
    out.extend(header.aux_file);
    out.extend(header.qform_code.to_le_bytes());
    out.extend(header.sform_code.to_le_bytes());
    for value in [header.quatern_b, header.quatern_c, header.quatern_d] {
        out.extend(value.to_le_bytes());
    }
    for value in [header.quatern_x, header.quatern_y, header.quatern_z] {
        out.extend(value.to_le_bytes());
    }
    for row in [header.srow_x, header.srow_y, header.srow_z] {
        out.extend(row.iter().flat_map(|v| v.to_le_bytes()));
    }
    out.extend(header.intent_name);
    out.extend(header.magic);
    out.extend([0; 4]);
    out
}
