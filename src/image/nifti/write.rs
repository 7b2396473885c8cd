//! NIfTI images to disk: single-file NIfTI-1, little-endian, the same bytes for the same image.
//!
//! sform and qform are both written (code 1, scanner) from the grid that came with the data; a sheared grid, which a
//! quaternion cannot express, gets the sform alone. Files appear whole or not at all.

use super::geometry::{Form, Forms, is_usable};
use crate::image::atomic::{Overwrite, write_bytes_atomically};
use crate::image::{Grid, ImageError, Labels, Mask, Voxels};
use nalgebra::Matrix4;
use ndarray::{ArrayView, ArrayView3, ArrayView4, Axis, Dimension};
use nifti::{NiftiHeader, NiftiType, XForm};
use std::path::Path;

/// Level of gzip: maps of floats gain little from more, and cost a lot.
const GZIP_LEVEL: i32 = 1;
const HEADER_BYTES: usize = 352;

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
    let n_volumes = data.shape()[3];
    let (kind, slope, content) = match stored {
        Stored::F32 => (NiftiType::Float32, 1.0, encode(data, |v| Some(v.to_le_bytes()))),
        Stored::I16 { slope } => {
            let slope = f64::from(slope as f32); // as the header keeps it
            let encoded = encode(data, |v| {
                let step = (f64::from(v) / slope).round();
                (step >= f64::from(i16::MIN) && step <= f64::from(i16::MAX)).then(|| (step as i16).to_le_bytes())
            });
            (NiftiType::Int16, slope, encoded)
        }
        Stored::U8 => {
            let encoded = encode(data, |v| {
                let step = v.round();
                (0.0..=255.0).contains(&step).then_some([step as u8])
            });
            (NiftiType::Uint8, 1.0, encoded)
        }
    };
    let content = content.map_err(|value| ImageError::Unstorable {
        path: path.to_owned(),
        value: f64::from(value),
        stored: if kind == NiftiType::Int16 { "int16" } else { "uint8" },
    })?;
    save(path, grid, n_volumes, kind, slope, content, overwrite)
}

/// Writes a map as it was kept: f32, or 16-bit steps with their slope.
///
/// # Errors
/// As [`write_volume`].
pub fn write_voxels(path: &Path, grid: &Grid, voxels: &Voxels, overwrite: Overwrite) -> Result<(), ImageError> {
    match voxels {
        Voxels::F32(values) => write_volume(path, grid, values.view(), Stored::F32, overwrite),
        Voxels::I16 { steps, slope } => {
            let content = encode(steps.view(), |step| Some(step.to_le_bytes())).unwrap_or_default();
            save(path, grid, 1, NiftiType::Int16, *slope, content, overwrite)
        }
    }
}

/// Writes bits or small counts as uint8.
///
/// # Errors
/// As [`write_volume`].
pub fn write_bits(path: &Path, grid: &Grid, bits: ArrayView3<'_, u8>, overwrite: Overwrite) -> Result<(), ImageError> {
    let content = encode(bits, |value| Some([value])).unwrap_or_default();
    save(path, grid, 1, NiftiType::Uint8, 1.0, content, overwrite)
}

/// Writes a label map: int16, or int32 where a label asks for it.
///
/// # Errors
/// As [`write_volume`].
pub fn write_labels(path: &Path, labels: &Labels, overwrite: Overwrite) -> Result<(), ImageError> {
    let narrow = encode(labels.data.view(), |label| i16::try_from(label).ok().map(i16::to_le_bytes));
    let (kind, content) = match narrow {
        Ok(content) => (NiftiType::Int16, content),
        Err(_) => {
            let wide = encode(labels.data.view(), |label: i32| Some(label.to_le_bytes()));
            (NiftiType::Int32, wide.unwrap_or_default())
        }
    };
    save(path, &labels.grid, 1, kind, 1.0, content, overwrite)
}

/// Writes a mask as uint8, 1 inside.
///
/// # Errors
/// As [`write_volume`].
pub fn write_mask(path: &Path, mask: &Mask, overwrite: Overwrite) -> Result<(), ImageError> {
    let content = encode(mask.data.view(), |inside| Some([u8::from(inside)])).unwrap_or_default();
    save(path, &mask.grid, 1, NiftiType::Uint8, 1.0, content, overwrite)
}

/// Room for the header and the bytes of all voxels, i fastest, whatever the memory order of the view; the first value that does not fit.
fn encode<T: Copy, D: Dimension, const SIZE: usize>(
    data: ArrayView<T, D>,
    bytes_of: impl Fn(T) -> Option<[u8; SIZE]>,
) -> Result<Vec<u8>, T> {
    let mut content = vec![0; HEADER_BYTES + data.len() * SIZE];
    let (slots, _) = content[HEADER_BYTES..].as_chunks_mut::<SIZE>();
    for (slot, &value) in slots.iter_mut().zip(data.t()) {
        *slot = bytes_of(value).ok_or(value)?;
    }
    Ok(content)
}

fn save(
    path: &Path,
    grid: &Grid,
    n_volumes: usize,
    kind: NiftiType,
    slope: f64,
    mut content: Vec<u8>,
    overwrite: Overwrite,
) -> Result<(), ImageError> {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_packed = name.ends_with(".nii.gz");
    if !is_packed && !name.ends_with(".nii") {
        let reason = "the name of an image ends in .nii or .nii.gz".to_owned();
        return Err(ImageError::Write { path: path.to_owned(), reason });
    }
    let header = header_of(path, grid, n_volumes, kind, slope)?;
    content[..HEADER_BYTES].copy_from_slice(&serialise(&header));
    if !is_packed {
        return write_bytes_atomically(path, &content, overwrite);
    }
    write_bytes_atomically(path, &gzip(path, &content)?, overwrite)
}

/// One gzip member with neither name nor time in it.
fn gzip(path: &Path, content: &[u8]) -> Result<Vec<u8>, ImageError> {
    let failed = |reason: String| ImageError::Write { path: path.to_owned(), reason };
    let level = libdeflater::CompressionLvl::new(GZIP_LEVEL).map_err(|e| failed(format!("{e:?}")))?;
    let mut compressor = libdeflater::Compressor::new(level);
    let mut packed = vec![0; compressor.gzip_compress_bound(content.len())];
    let n = compressor.gzip_compress(content, &mut packed).map_err(|e| failed(e.to_string()))?;
    packed.truncate(n);
    Ok(packed)
}

fn header_of(
    path: &Path,
    grid: &Grid,
    n_volumes: usize,
    kind: NiftiType,
    slope: f64,
) -> Result<NiftiHeader, ImageError> {
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
