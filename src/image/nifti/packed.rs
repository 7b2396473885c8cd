//! A series left as the file stored it, decoded a stretch at a time: a whole-body series of 16-bit integers takes half
//! the memory of its f32 values, and that of a large plain file none: it is read where it lies.

use super::header::Header;
use super::{Content, Reader, bytes, decode, voxel_range};
use crate::image::signals::surveyed;
use crate::image::{Grid, ImageError, Signals};
use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Volumes on one grid, still as stored.
#[derive(Debug)]
pub struct PackedSeries {
    /// Where the voxels lie.
    pub grid: Grid,
    /// The file it came from, for messages.
    pub source: PathBuf,
    header: Header,
    stored: Stored,
}

/// Where the stored voxels are.
#[derive(Debug)]
enum Stored {
    Memory(Content),
    /// A plain file. To copy it into memory that is touched for the first time costs more than to read it twice.
    File {
        file: File,
        path: PathBuf,
        /// Byte of the first voxel.
        start: u64,
        /// The first failure to read; the values are NaN from then on.
        failure: OnceLock<String>,
    },
}

thread_local! {
    /// Bytes of the stretch that a thread decodes.
    static RAW: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl PackedSeries {
    /// Number of volumes.
    pub fn len(&self) -> usize {
        self.header.shape[3..].iter().product()
    }

    /// True for a series without volumes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Proof that everything that was asked for could be read. Values of a stretch that could not are NaN.
    ///
    /// # Errors
    /// [`ImageError::Read`] where the file changed, or its disk failed, after it was opened.
    pub fn check_read(&self) -> Result<(), ImageError> {
        match &self.stored {
            Stored::File { path, failure, .. } => match failure.get() {
                Some(reason) => Err(ImageError::Read { path: path.clone(), reason: reason.clone() }),
                None => Ok(()),
            },
            Stored::Memory(_) => Ok(()),
        }
    }
}

impl Reader {
    /// A series of volumes that stays as the file stored it; otherwise as [`Reader::series`].
    ///
    /// # Errors
    /// As [`Reader::series`].
    pub fn packed_series(&self, path: &Path) -> Result<PackedSeries, ImageError> {
        let (header, grid) = self.header(path)?;
        let file_path = super::file_of_voxels(path, &header);
        let stored = match bytes::large_plain(&file_path)? {
            Some((file, length)) => {
                let start = voxel_range(&file_path, &header, length)?.start as u64;
                Stored::File { file, path: file_path, start, failure: OnceLock::new() }
            }
            None => Stored::Memory(super::content(path, &header)?),
        };
        Ok(PackedSeries { grid, source: path.to_owned(), header, stored })
    }
}

impl Signals for PackedSeries {
    fn dims(&self) -> [usize; 3] {
        self.grid.dims
    }

    fn n_volumes(&self) -> usize {
        self.len()
    }

    fn read(&self, volume: usize, start: usize, out: &mut [f32]) {
        let n = out.len();
        if self.with_raw(volume, start, n, |raw| decode::decode_into(raw, &self.header, out)).is_none() {
            out.fill(f32::NAN);
        }
    }

    fn survey(&self, volume: usize, start: usize, n: usize, [first, step]: [usize; 2]) -> (f32, Vec<f32>) {
        let size = self.header.kind.size_of();
        let seen = self.with_raw(volume, start, n, |raw| {
            let most = decode::largest(raw, &self.header)?;
            let stored: Vec<u8> = raw.chunks_exact(size).skip(first).step_by(step).flatten().copied().collect();
            let mut sampled = vec![0.0; stored.len() / size];
            decode::decode_into(&stored, &self.header, &mut sampled);
            Some((most.max(0.0), sampled))
        });
        seen.flatten().unwrap_or_else(|| surveyed(self, volume, start, n, [first, step]))
    }
}

impl PackedSeries {
    /// What `see` makes of the stored bytes of `n` voxels; none where they could not be read.
    fn with_raw<T>(&self, volume: usize, start: usize, n: usize, see: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let size = self.header.kind.size_of();
        let first = (volume * self.grid.n_voxels() + start) * size;
        match &self.stored {
            Stored::Memory(content) => Some(see(&content.voxels()[first..first + n * size])),
            Stored::File { file, start, failure, .. } => RAW.with_borrow_mut(|raw| {
                raw.resize(n * size, 0);
                match bytes::read_exact_at(file, raw, start + first as u64) {
                    Ok(()) => Some(see(raw)),
                    Err(error) => {
                        failure.get_or_init(|| error.to_string());
                        None
                    }
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Overwrite;
    use crate::image::nifti::{Stored as Kept, write_series};
    use ndarray::{Array4, ShapeBuilder};

    #[test]
    fn a_large_plain_file_is_read_where_it_lies_and_a_lost_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.nii");
        let grid = Grid::axis_aligned([64, 64, 200], [1.0; 3], [0.0; 3]);
        let data = Array4::from_shape_fn((64, 64, 200, 3).f(), |(i, j, k, v)| (i + 7 * j + 11 * k + 1000 * v) as f32);
        write_series(&path, &grid, data.view(), Kept::I16 { slope: 1.0 }, Overwrite::Refuse).unwrap();
        let series = Reader::default().packed_series(&path).unwrap();
        assert!(cfg!(not(unix)) || matches!(series.stored, Stored::File { .. }));
        let whole = Reader::default().series(&path).unwrap();
        let (mut values, mut expected) = (vec![0.0; 5000], vec![0.0; 5000]);
        for (volume, start) in [(0, 0), (1, 12_345), (2, grid.n_voxels() - 5000)] {
            series.read(volume, start, &mut values);
            whole.data.view().read(volume, start, &mut expected);
            assert_eq!(values, expected);
        }
        for (start, first) in [(0, 0), (70_000, 391), (grid.n_voxels() - 40_000, 7)] {
            let asked = (1, start, 40_000, [first, 393]);
            let plain = whole.data.view();
            assert_eq!(
                series.survey(asked.0, asked.1, asked.2, asked.3),
                plain.survey(asked.0, asked.1, asked.2, asked.3)
            );
        }
        series.check_read().unwrap();
        if cfg!(unix) {
            std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1_000_000).unwrap();
            series.read(2, 0, &mut values);
            assert!(values.iter().all(|v| v.is_nan()));
            assert!(matches!(series.check_read(), Err(ImageError::Read { .. })));
            assert!(matches!(Reader::default().packed_series(&path), Err(ImageError::Truncated { .. })));
        }
    }
}
