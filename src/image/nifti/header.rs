//! The fields of a NIfTI header that a measurement depends on, checked one by one.
//!
//! NIfTI-1 (348 bytes) is parsed by the `nifti` crate, NIfTI-2 (540 bytes) here; both in either byte order. What the
//! crate would panic on or pass through (a qfac of 0, a NaN slope, padding before the voxels, complex data) is
//! decided here, so that no header reaches further code unchecked.
//! Format: <https://nifti.nimh.nih.gov/nifti-1>, <https://nifti.nimh.nih.gov/nifti-2>.

use super::geometry::Forms;
use crate::image::ImageError;
use nifti::{NiftiHeader, NiftiType};
use std::path::Path;

/// Bytes that must be read to know which NIfTI it is and to parse either.
pub(super) const LONGEST: usize = 540;
const NIFTI1_BYTES: usize = 348;
/// Voxels of a single NIfTI-1 file start here or later.
const NIFTI1_DATA: u64 = 352;

/// A checked header.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// Lengths of all dimensions, at least three.
    pub shape: Vec<usize>,
    /// Type of a stored voxel, one of the real integers or floats.
    pub kind: NiftiType,
    /// Stored in big-endian order.
    pub big_endian: bool,
    /// Voxels follow in the same file (else in the `.img` beside it).
    pub single_file: bool,
    /// Where the voxels start; `None` where the header leaves it open.
    pub data_offset: Option<u64>,
    /// Stored value times slope plus intercept is the value.
    pub slope: f64,
    /// See `slope`.
    pub intercept: f64,
    /// The two statements about the position in space.
    pub forms: Forms,
}

/// Raw numbers of either format, before they are checked.
struct Fields {
    dim: [i64; 8],
    datatype: i16,
    big_endian: bool,
    single_file: bool,
    vox_offset: f64,
    header_bytes: u64,
    slope: f64,
    intercept: f64,
    space_unit: u8,
    forms: Forms,
}

impl Header {
    /// The header at the start of `bytes`.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Header, ImageError> {
        let sizeof_hdr = bytes.first_chunk::<4>();
        let little = sizeof_hdr.map(|b| i32::from_le_bytes(*b));
        let big = sizeof_hdr.map(|b| i32::from_be_bytes(*b));
        let fields = if little == Some(540) || big == Some(540) {
            nifti2(bytes, big == Some(540), path)?
        } else if little == Some(348) || big == Some(348) {
            nifti1(bytes, path)?
        } else {
            return Err(not_nifti(path, &looks_like(bytes)));
        };
        check(fields, path)
    }

    /// Number of voxels over all dimensions.
    pub fn n_values(&self) -> Option<usize> {
        self.shape.iter().try_fold(1usize, |n, &length| n.checked_mul(length))
    }

    /// Bytes that all voxels take.
    pub fn n_bytes(&self) -> Option<usize> {
        self.n_values()?.checked_mul(self.kind.size_of())
    }

    /// `4-D, 64x64x20x3`.
    pub fn describe_shape(&self) -> String {
        let lengths: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        format!("{}-D, {}", self.shape.len(), lengths.join("x"))
    }
}

fn not_nifti(path: &Path, found: &str) -> ImageError {
    ImageError::NotNifti { path: path.to_owned(), found: found.to_owned() }
}

/// A word on what a foreign file seems to be.
fn looks_like(bytes: &[u8]) -> String {
    let text = match bytes {
        [] => "the file is empty",
        b if b.get(128..132) == Some(b"DICM") => "it looks like DICOM",
        b if b.starts_with(b"NRRD") => "it looks like NRRD",
        b if b.starts_with(b"{") || b.starts_with(b"<") => "it looks like text",
        b if b.len() < NIFTI1_BYTES => "it is shorter than a NIfTI header",
        _ => "its header size is neither 348 nor 540",
    };
    text.to_owned()
}

fn nifti1(bytes: &[u8], path: &Path) -> Result<Fields, ImageError> {
    if bytes.len() < NIFTI1_BYTES {
        return Err(not_nifti(path, "it is shorter than a NIfTI header"));
    }
    let mut header = NiftiHeader::from_reader(bytes).map_err(|e| match e {
        nifti::NiftiError::InvalidFormat => {
            not_nifti(path, "it has no NIfTI magic number (ANALYZE 7.5 does not say where left is)")
        }
        other => ImageError::Read { path: path.to_owned(), reason: other.to_string() },
    })?;
    header.fix();
    let big_endian = i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) == 348;
    // the crate takes the byte order from dim[0], the size field must agree
    if header.sizeof_hdr != 348 {
        return Err(ImageError::Read { path: path.to_owned(), reason: "byte order of the header is unclear".into() });
    }
    Ok(Fields {
        dim: header.dim.map(|d| i64::from(d as i16)),
        datatype: header.datatype,
        big_endian,
        single_file: &header.magic == b"n+1\0",
        vox_offset: f64::from(header.vox_offset),
        header_bytes: NIFTI1_DATA,
        slope: f64::from(header.scl_slope),
        intercept: f64::from(header.scl_inter),
        space_unit: header.xyzt_units & 7,
        forms: Forms::of_nifti1(&header),
    })
}

fn nifti2(bytes: &[u8], big_endian: bool, path: &Path) -> Result<Fields, ImageError> {
    if bytes.len() < LONGEST {
        return Err(not_nifti(path, "it is shorter than a NIfTI-2 header"));
    }
    let single_file = match &bytes[4..8] {
        b"n+2\0" => true,
        b"ni2\0" => false,
        _ => return Err(not_nifti(path, "it has no NIfTI-2 magic number")),
    };
    let raw = Raw { bytes, big_endian };
    Ok(Fields {
        dim: std::array::from_fn(|n| raw.i64(16 + 8 * n)),
        datatype: raw.i16(12),
        big_endian,
        single_file,
        vox_offset: raw.i64(168) as f64,
        header_bytes: LONGEST as u64,
        slope: raw.f64(176),
        intercept: raw.f64(184),
        space_unit: (raw.i32(500) & 7) as u8,
        forms: Forms {
            sform: (raw.i32(348) > 0)
                .then(|| std::array::from_fn(|r| std::array::from_fn(|c| raw.f64(400 + 32 * r + 8 * c)))),
            quaternion: (raw.i32(344) > 0).then(|| super::geometry::Quaternion {
                bcd: std::array::from_fn(|n| raw.f64(352 + 8 * n)),
                offset_mm: std::array::from_fn(|n| raw.f64(376 + 8 * n)),
                qfac: raw.f64(104),
                spacing_mm: std::array::from_fn(|n| raw.f64(112 + 8 * n)),
            }),
        },
    })
}

/// Numbers at byte positions of a header whose length was checked.
struct Raw<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

impl Raw<'_> {
    fn at<const N: usize>(&self, position: usize) -> [u8; N] {
        let mut le = [0; N];
        le.copy_from_slice(&self.bytes[position..position + N]);
        if self.big_endian {
            le.reverse();
        }
        le
    }
    fn i16(&self, position: usize) -> i16 {
        i16::from_le_bytes(self.at(position))
    }
    fn i32(&self, position: usize) -> i32 {
        i32::from_le_bytes(self.at(position))
    }
    fn i64(&self, position: usize) -> i64 {
        i64::from_le_bytes(self.at(position))
    }
    fn f64(&self, position: usize) -> f64 {
        f64::from_le_bytes(self.at(position))
    }
}

fn check(fields: Fields, path: &Path) -> Result<Header, ImageError> {
    let shape = check_shape(&fields.dim, path)?;
    let kind = check_kind(fields.datatype, path)?;
    if matches!(fields.space_unit, 1 | 3) {
        let unit = if fields.space_unit == 1 { "metres" } else { "micrometres" };
        let reason = format!("its lengths are in {unit}, expected millimetres");
        return Err(ImageError::Geometry { path: path.to_owned(), reason });
    }
    // slope 0 and slope NaN both mean "not scaled"; NaN is what some libraries leave in a header that they never scaled
    let (slope, intercept) = match (fields.slope, fields.intercept) {
        (slope, _) if slope == 0.0 || !slope.is_finite() => (1.0, 0.0),
        (slope, intercept) if intercept.is_finite() => (slope, intercept),
        (slope, intercept) => {
            let reason = format!("scaling slope {slope} with the intercept {intercept}");
            return Err(ImageError::Read { path: path.to_owned(), reason });
        }
    };
    let least = if fields.single_file { fields.header_bytes } else { 0 };
    let data_offset = match fields.vox_offset {
        0.0 if fields.single_file => None,
        offset if offset >= least as f64 && offset < 9e15 => Some(offset as u64),
        offset => {
            let reason = format!("its voxels start at byte {offset}, inside the header");
            return Err(ImageError::Read { path: path.to_owned(), reason });
        }
    };
    let Fields { big_endian, single_file, forms, .. } = fields;
    Ok(Header { shape, kind, big_endian, single_file, data_offset, slope, intercept, forms })
}

/// At least three dimensions, none empty; more than five only where the further ones have length one.
fn check_shape(dim: &[i64; 8], path: &Path) -> Result<Vec<usize>, ImageError> {
    let wrong = |found: String| ImageError::Dimensions {
        path: path.to_owned(),
        expected: "an image of 3 to 5 dimensions",
        found,
    };
    let n_dims = match dim[0] {
        n @ 1..=7 => n as usize,
        n => return Err(wrong(format!("{n}-D"))),
    };
    let lengths = &dim[1..=n_dims];
    let shown = lengths.iter().map(i64::to_string).collect::<Vec<_>>().join("x");
    if n_dims < 3 || lengths.iter().skip(5).any(|&length| length > 1) || lengths.iter().any(|&length| length < 1) {
        return Err(wrong(format!("{n_dims}-D, {shown}")));
    }
    Ok(lengths.iter().take(5).map(|&length| length as usize).collect())
}

fn check_kind(datatype: i16, path: &Path) -> Result<NiftiType, ImageError> {
    let unsupported = |found: &str| ImageError::UnsupportedType { path: path.to_owned(), found: found.to_owned() };
    // the crate's own table from codes to types, reached through its header
    match (NiftiHeader { datatype, ..NiftiHeader::default() }).data_type() {
        Ok(kind) => match kind {
            NiftiType::Complex64 | NiftiType::Complex128 | NiftiType::Complex256 => Err(unsupported("complex")),
            NiftiType::Rgb24 | NiftiType::Rgba32 => Err(unsupported("colour")),
            NiftiType::Float128 => Err(unsupported("128-bit float")),
            real => Ok(real),
        },
        Err(_) if datatype == 1 => Err(unsupported("bit-packed")),
        Err(_) => Err(unsupported(&format!("data type {datatype}"))),
    }
}
