//! Values of a series wherever they lie: decoded in memory, or still as the file stored them.
//!
//! A kernel that reads every value once asks for a stretch of one volume at a time, so that a whole-body series need not
//! be held as f32. Values come in the voxel order of the file (i fastest).

use ndarray::ArrayView4;

/// Values of a series on one grid, read a stretch at a time.
pub trait Signals: Sync {
    /// Lengths of the three spatial axes.
    fn dims(&self) -> [usize; 3];

    /// Number of volumes.
    fn n_volumes(&self) -> usize;

    /// The values of `volume` from voxel `start` on, as many as `out` holds.
    fn read(&self, volume: usize, start: usize, out: &mut [f32]);

    /// Number of voxels of one volume.
    fn n_voxels(&self) -> usize {
        self.dims().iter().product()
    }
}

impl Signals for ArrayView4<'_, f32> {
    fn dims(&self) -> [usize; 3] {
        [self.shape()[0], self.shape()[1], self.shape()[2]]
    }

    fn n_volumes(&self) -> usize {
        self.shape()[3]
    }

    fn read(&self, volume: usize, start: usize, out: &mut [f32]) {
        let n = Signals::n_voxels(self);
        // Fortran order: the memory is the file's order
        if let Some(all) = self.t().to_slice() {
            out.copy_from_slice(&all[volume * n + start..][..out.len()]);
            return;
        }
        let [nx, ny, _] = Signals::dims(self);
        for (place, value) in out.iter_mut().enumerate() {
            let voxel = start + place;
            *value = self[[voxel % nx, voxel / nx % ny, voxel / (nx * ny), volume]];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, ShapeBuilder};

    #[test]
    fn the_order_is_that_of_the_file_whatever_the_memory_order() {
        let value = |(i, j, k, v): (usize, usize, usize, usize)| (i + 10 * j + 100 * k + 1000 * v) as f32;
        let fortran = Array4::from_shape_fn((3, 2, 2, 2).f(), value);
        let standard = Array4::from_shape_fn((3, 2, 2, 2), value);
        for series in [fortran.view(), standard.view()] {
            let mut out = [0.0; 4];
            series.read(1, 5, &mut out);
            assert_eq!(out, [1012.0, 1100.0, 1101.0, 1102.0]);
            assert_eq!((series.n_voxels(), series.n_volumes()), (12, 2));
        }
    }
}
