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

    /// Largest finite value (at least 0) of `n` voxels from `start` on, and every `step`-th value from `first` on, counted
    /// from `start`.
    fn survey(&self, volume: usize, start: usize, n: usize, [first, step]: [usize; 2]) -> (f32, Vec<f32>) {
        surveyed(self, volume, start, n, [first, step])
    }

    /// Number of voxels of one volume.
    fn n_voxels(&self) -> usize {
        self.dims().iter().product()
    }
}

/// As [`Signals::survey`], by decoding every value.
pub(super) fn surveyed<S: Signals + ?Sized>(
    series: &S,
    volume: usize,
    start: usize,
    n: usize,
    [first, step]: [usize; 2],
) -> (f32, Vec<f32>) {
    let mut values = vec![0.0; n];
    series.read(volume, start, &mut values);
    // several at once, so that the compiler can vectorise it
    let mut most = [0.0_f32; 16];
    for part in values.chunks(most.len()) {
        for (most, &v) in most.iter_mut().zip(part) {
            *most = if v > *most && v < f32::INFINITY { v } else { *most };
        }
    }
    let sampled = values.iter().skip(first).step_by(step).copied().collect();
    (most.into_iter().fold(0.0, f32::max), sampled)
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
