//! A series left as the file stored it, decoded a stretch at a time: a whole-body series of 16-bit integers takes half
//! the memory of its f32 values.

use super::header::Header;
use super::{Content, Reader, decode};
use crate::image::{Grid, ImageError, Signals};
use std::path::{Path, PathBuf};

/// Volumes on one grid, still as stored.
#[derive(Debug, Clone)]
pub struct PackedSeries {
    /// Where the voxels lie.
    pub grid: Grid,
    /// The file it came from, for messages.
    pub source: PathBuf,
    header: Header,
    content: Content,
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
}

impl Reader {
    /// A series of volumes that stays as the file stored it; otherwise as [`Reader::series`].
    ///
    /// # Errors
    /// As [`Reader::series`].
    pub fn packed_series(&self, path: &Path) -> Result<PackedSeries, ImageError> {
        let (header, grid) = self.header(path)?;
        let content = super::content(path, &header)?;
        Ok(PackedSeries { grid, source: path.to_owned(), header, content })
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
        let size = self.header.kind.size_of();
        let first = (volume * self.grid.n_voxels() + start) * size;
        decode::decode_into(&self.content.voxels()[first..first + out.len() * size], &self.header, out);
    }
}
