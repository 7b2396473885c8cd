//! NIfTI images from disk: NIfTI-1 and NIfTI-2, `.nii`, `.nii.gz`, `.hdr`/`.img`, every integer and float type, either
//! byte order.
//!
//! Values leave here as f32 with the file's scaling applied, labels as i32, masks as bool ("not zero and not NaN").
//! Nothing is guessed: a file without geometry, with complex voxels or with fewer bytes than its header announces is
//! refused. Files are recognised by their content, not by their names.

mod bytes;
mod decode;
mod geometry;
mod gzip;
mod header;
mod huffman;
mod packed;
mod texts;
mod write;

pub use geometry::Form;
pub use packed::PackedSeries;
pub use texts::{COMMENT, DICOM, header_texts};
pub use write::{Stored, write_bits, write_labels, write_mask, write_series, write_volume, write_voxels};

pub(super) use bytes::{inflated, read_file};

use super::{Grid, ImageError, Labels, Mask, Series, Volume, nrrd};
use header::Header;
use ndarray::{Array3, Array4, ShapeBuilder};
use nifti::NiftiType;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reads images, with the decisions that only a user can take.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reader {
    /// Which geometry to believe where sform and qform disagree; `None` makes a disagreement an error.
    pub form: Option<Form>,
}

/// A scalar image; 4-D is accepted with one volume. See [`Reader::volume`].
///
/// # Errors
/// See [`Reader::volume`].
pub fn read_volume(path: &Path) -> Result<Volume, ImageError> {
    Reader::default().volume(path)
}

/// A series of volumes. See [`Reader::series`].
///
/// # Errors
/// See [`Reader::series`].
pub fn read_series(path: &Path) -> Result<Series, ImageError> {
    Reader::default().series(path)
}

/// A label map. See [`Reader::labels`].
///
/// # Errors
/// See [`Reader::labels`].
pub fn read_labels(path: &Path) -> Result<Labels, ImageError> {
    Reader::default().labels(path)
}

/// A mask. See [`Reader::mask`].
///
/// # Errors
/// See [`Reader::volume`].
pub fn read_mask(path: &Path) -> Result<Mask, ImageError> {
    Reader::default().mask(path)
}

/// Proof that all voxels that the header announces are there, without reading them where the file's length says it: that of
/// a plain file, or the one that gzip writes behind its content. Of several gzip members the whole is unpacked.
///
/// # Errors
/// [`ImageError::Truncated`], or what reading the header refuses.
pub fn check_complete(path: &Path) -> Result<(), ImageError> {
    if nrrd::is_nrrd(path) {
        return nrrd::mask(path).map(|_| ());
    }
    let file = header_file(path);
    let header = Header::parse(&bytes::first(&file, header::LONGEST)?, &file)?;
    let voxels = if header.single_file { path.to_owned() } else { voxel_file(path) };
    let start = header.data_offset.unwrap_or(if header.single_file { 348 } else { 0 });
    let expected = header.n_bytes().map(|n| n as u64 + start);
    match bytes::stated_length(&voxels)? {
        // a packed file that was cut ends in arbitrary bytes; hardly ever do they say about the right length
        Some(length) if expected.is_some_and(|expected| (expected..expected + 4096).contains(&length)) => Ok(()),
        _ => content(path, &header).map(|_| ()),
    }
}

/// Where the voxels lie, from the header alone. See [`Reader::grid`].
///
/// # Errors
/// See [`Reader::grid`].
pub fn read_grid(path: &Path) -> Result<Grid, ImageError> {
    Reader::default().grid(path)
}

impl Reader {
    /// A scalar image; 4-D is accepted with one volume.
    ///
    /// # Errors
    /// [`ImageError`] where the file is missing, truncated, no NIfTI, of an unsupported type, without geometry or holds
    /// more than one volume.
    pub fn volume(&self, path: &Path) -> Result<Volume, ImageError> {
        let (grid, data) = self.single(path, |value| value as f32)?;
        Ok(Volume { grid, data, source: path.to_owned() })
    }

    /// Reads a scalar image to where its values are wanted, in file order: `out` holds as many as its grid has voxels.
    ///
    /// # Errors
    /// As [`Reader::volume`], and where `out` has another length.
    pub fn volume_into(&self, path: &Path, out: &mut [f32]) -> Result<(), ImageError> {
        let (header, grid) = self.header(path)?;
        let one_volume = header.shape[3..].iter().all(|&length| length == 1);
        if !one_volume || grid.n_voxels() != out.len() {
            return Err(not_one_volume(path, &header));
        }
        decode::decode_all_into(content(path, &header)?.voxels(), &header, out);
        Ok(())
    }

    /// A series of volumes; 3-D gives one, 5-D is read as a longer fourth dimension.
    ///
    /// # Errors
    /// [`ImageError`] where the file is missing, truncated, no NIfTI, of an unsupported type or without geometry.
    pub fn series(&self, path: &Path) -> Result<Series, ImageError> {
        let (header, grid) = self.header(path)?;
        let values = load(path, &header, |value| value as f32)?;
        let n = header.shape[3..].iter().product();
        let [nx, ny, nz] = grid.dims;
        let data = Array4::from_shape_vec((nx, ny, nz, n).f(), values).map_err(|e| shape_error(path, &e))?;
        Ok(Series { grid, data, source: path.to_owned() })
    }

    /// A label map.
    ///
    /// # Errors
    /// As [`Reader::volume`], and [`ImageError::NotLabels`] where a value is no integer.
    pub fn labels(&self, path: &Path) -> Result<Labels, ImageError> {
        self.labels_named(path, &|_| true)
    }

    /// A label map; of a `.seg.nrrd`, whose segments may overlap, those with a name that is wanted.
    ///
    /// # Errors
    /// As [`Reader::labels`], and [`ImageError::Nrrd`] where two wanted segments share voxels.
    pub fn labels_named(&self, path: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Labels, ImageError> {
        if nrrd::is_nrrd(path) {
            return nrrd::labels(path, wanted);
        }
        let not_integer = AtomicUsize::new(0);
        let is_label = |value: f64| value.fract() == 0.0 && value.abs() <= f64::from(i32::MAX);
        let (grid, data) = self.single(path, |value| {
            if !is_label(value) {
                not_integer.fetch_add(1, Ordering::Relaxed);
            }
            value as i32
        })?;
        if not_integer.into_inner() > 0 {
            let (_, values) = self.single(path, |value| value)?;
            let value = values.into_iter().find(|&v| !is_label(v)).unwrap_or(f64::NAN);
            return Err(ImageError::NotLabels { path: path.to_owned(), value });
        }
        Ok(Labels { grid, data, source: path.to_owned() })
    }

    /// A mask: inside where the value is neither zero nor NaN.
    ///
    /// # Errors
    /// As [`Reader::volume`].
    pub fn mask(&self, path: &Path) -> Result<Mask, ImageError> {
        if nrrd::is_nrrd(path) {
            return nrrd::mask(path);
        }
        let (grid, data) = self.single(path, |value| value != 0.0 && !value.is_nan())?;
        Ok(Mask { grid, data, source: path.to_owned() })
    }

    /// Where the voxels lie, from the header alone.
    ///
    /// # Errors
    /// [`ImageError`] where the file is missing, no NIfTI or without geometry.
    pub fn grid(&self, path: &Path) -> Result<Grid, ImageError> {
        if nrrd::is_nrrd(path) {
            return nrrd::grid(path);
        }
        Ok(self.header(path)?.1)
    }

    /// Number of volumes, from the header alone.
    ///
    /// # Errors
    /// As [`Reader::grid`].
    pub fn n_volumes(&self, path: &Path) -> Result<usize, ImageError> {
        Ok(self.header(path)?.0.shape[3..].iter().product())
    }

    /// True where voxels are stored as integers of at most 16 bits, from the header alone.
    ///
    /// # Errors
    /// As [`Reader::grid`].
    pub fn holds_short_integers(&self, path: &Path) -> Result<bool, ImageError> {
        let kind = self.header(path)?.0.kind;
        Ok(matches!(kind, NiftiType::Uint8 | NiftiType::Int8 | NiftiType::Uint16 | NiftiType::Int16))
    }

    fn header(&self, path: &Path) -> Result<(Header, Grid), ImageError> {
        let file = header_file(path);
        let header = Header::parse(&bytes::first(&file, header::LONGEST)?, &file)?;
        let grid = header.forms.grid([header.shape[0], header.shape[1], header.shape[2]], self.form, path)?;
        tracing::debug!("read {}  {}", path.display(), grid.describe());
        Ok((header, grid))
    }

    fn single<O>(&self, path: &Path, convert: impl Fn(f64) -> O + Sync) -> Result<(Grid, Array3<O>), ImageError>
    where
        O: Copy + Default + Send,
    {
        let (header, grid) = self.header(path)?;
        if header.shape[3..].iter().any(|&length| length != 1) {
            return Err(not_one_volume(path, &header));
        }
        let values = load(path, &header, convert)?;
        let [nx, ny, nz] = grid.dims;
        let data = Array3::from_shape_vec((nx, ny, nz).f(), values).map_err(|e| shape_error(path, &e))?;
        Ok((grid, data))
    }
}

/// All voxels, in file order.
fn load<O>(path: &Path, header: &Header, convert: impl Fn(f64) -> O + Sync) -> Result<Vec<O>, ImageError>
where
    O: Copy + Default + Send,
{
    Ok(decode::decode(content(path, header)?.voxels(), header, convert))
}

/// The inflated file, and where in it the voxels are.
#[derive(Debug, Clone)]
struct Content {
    bytes: Vec<u8>,
    voxels: Range<usize>,
}

impl Content {
    /// The bytes of the voxels, exactly.
    fn voxels(&self) -> &[u8] {
        &self.bytes[self.voxels.clone()]
    }
}

fn content(path: &Path, header: &Header) -> Result<Content, ImageError> {
    let file = file_of_voxels(path, header);
    let bytes = bytes::whole(&file)?;
    let voxels = voxel_range(&file, header, bytes.len())?;
    Ok(Content { bytes, voxels })
}

/// The file that holds the voxels.
fn file_of_voxels(path: &Path, header: &Header) -> PathBuf {
    if header.single_file { path.to_owned() } else { voxel_file(path) }
}

/// Where in `length` bytes of inflated content the voxels are.
fn voxel_range(file: &Path, header: &Header, length: usize) -> Result<Range<usize>, ImageError> {
    let truncated = |expected: usize, found: usize| ImageError::Truncated {
        path: file.to_owned(),
        expected_bytes: expected as u64,
        found_bytes: found as u64,
    };
    let n_bytes = header.n_bytes().ok_or_else(|| truncated(usize::MAX, length))?;
    let start = match header.data_offset {
        Some(offset) => usize::try_from(offset).unwrap_or(usize::MAX),
        // a single file that does not say where its voxels start: right behind the header, if that is all there is
        None => match length.checked_sub(n_bytes) {
            Some(start @ (348 | 352 | 540 | 544)) => start,
            Some(_) => {
                let reason = "its header does not say where the voxels start".to_owned();
                return Err(ImageError::Read { path: file.to_owned(), reason });
            }
            None => return Err(truncated(n_bytes, length)),
        },
    };
    let found = length.saturating_sub(start);
    if found < n_bytes {
        return Err(truncated(n_bytes, found));
    }
    Ok(start..start + n_bytes)
}

fn not_one_volume(path: &Path, header: &Header) -> ImageError {
    ImageError::Dimensions { path: path.to_owned(), expected: "one 3-D volume", found: header.describe_shape() }
}

fn shape_error(path: &Path, error: &ndarray::ShapeError) -> ImageError {
    ImageError::Read { path: path.to_owned(), reason: error.to_string() }
}

/// The file that holds the header: for the `.img` of a pair, the `.hdr` beside it.
fn header_file(path: &Path) -> PathBuf {
    partner(path, ".img", ".hdr").unwrap_or_else(|| path.to_owned())
}

/// The file that holds the voxels of a pair.
fn voxel_file(path: &Path) -> PathBuf {
    partner(path, ".hdr", ".img").unwrap_or_else(|| path.to_owned())
}

/// `path` with another extension (`.gz` behind it or not, whichever exists); `None` where it does not end in `from`.
fn partner(path: &Path, from: &str, to: &str) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(from)?;
    let plain = path.with_file_name(format!("{stem}{to}"));
    let packed = path.with_file_name(format!("{stem}{to}.gz"));
    Some(if !plain.exists() && packed.exists() { packed } else { plain })
}

#[cfg(test)]
mod tests;
