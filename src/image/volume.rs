//! Images in memory: a scalar volume, a series of volumes, a mask, a label map.
//!
//! All arrays are Fortran-ordered (i fastest), as NIfTI stores them, so that `as_slice_memory_order` is the voxel order
//! of the file and no transpose is ever made. Values are decoded to f32 once, with the file's scaling applied.

use super::Grid;
use ndarray::{Array3, Array4, ShapeBuilder};
use std::path::PathBuf;

/// A scalar image, decoded to f32 with its scaling applied.
#[derive(Debug, Clone)]
pub struct Volume {
    /// Where the voxels lie.
    pub grid: Grid,
    /// Values, shape `grid.dims`, Fortran order.
    pub data: Array3<f32>,
    /// The file it came from, for messages; empty for a computed image.
    pub source: PathBuf,
}

/// Volumes on one grid along a fourth axis: b-values, echoes.
#[derive(Debug, Clone)]
pub struct Series {
    /// Where the voxels lie.
    pub grid: Grid,
    /// Values, shape `[dims[0], dims[1], dims[2], n]`, Fortran order (volume slowest).
    pub data: Array4<f32>,
    /// The file it came from (the first of several), for messages.
    pub source: PathBuf,
}

/// A yes/no image.
#[derive(Debug, Clone)]
pub struct Mask {
    /// Where the voxels lie.
    pub grid: Grid,
    /// True inside; shape `grid.dims`, Fortran order.
    pub data: Array3<bool>,
    /// The file it came from, for messages; empty for a computed mask.
    pub source: PathBuf,
}

/// A label map: one integer a voxel, 0 = background.
#[derive(Debug, Clone)]
pub struct Labels {
    /// Where the voxels lie.
    pub grid: Grid,
    /// Label of each voxel; shape `grid.dims`, Fortran order.
    pub data: Array3<i32>,
    /// The file it came from, for messages; empty for a computed map.
    pub source: PathBuf,
}

/// An array of one value in the memory order that all images here have.
pub fn filled<T: Clone>(dims: [usize; 3], value: T) -> Array3<T> {
    Array3::from_elem((dims[0], dims[1], dims[2]).f(), value)
}

impl Volume {
    /// A computed image.
    pub fn new(grid: Grid, data: Array3<f32>) -> Self {
        debug_assert_eq!(data.shape(), grid.dims);
        Volume { grid, data, source: PathBuf::new() }
    }
}

impl Mask {
    /// A computed mask.
    pub fn new(grid: Grid, data: Array3<bool>) -> Self {
        debug_assert_eq!(data.shape(), grid.dims);
        Mask { grid, data, source: PathBuf::new() }
    }

    /// Number of voxels inside.
    pub fn n_inside(&self) -> usize {
        self.data.iter().filter(|&&inside| inside).count()
    }
}

impl Series {
    /// Number of volumes.
    pub fn len(&self) -> usize {
        self.data.shape()[3]
    }

    /// True for a series without volumes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
