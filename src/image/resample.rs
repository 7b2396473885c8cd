//! Labels on another grid, only ever where a user asks for it.

use super::{Grid, Labels, filled};
use ndarray::Axis;
use rayon::prelude::*;

/// For each voxel centre of `grid` the label of the nearest voxel of `labels`, in world space; 0 outside of it.
///
/// Nearest neighbour makes no new labels, but shifts surfaces by up to half a voxel and can lose structures thinner
/// than a voxel of `grid`. A label map whose affine cannot be inverted gives background everywhere; the reader lets
/// none through.
pub fn resample_labels(labels: &Labels, grid: &Grid) -> Labels {
    let mut data = filled(grid.dims, 0);
    let dims = labels.grid.dims;
    // index in `labels` is an affine function of the index in `grid`
    let index_of = |ijk: [f64; 3]| labels.grid.voxel_of(grid.world_mm(ijk)).unwrap_or([f64::NAN; 3]);
    let start = index_of([0.0; 3]);
    let step: [[f64; 3]; 3] = std::array::from_fn(|axis| {
        let mut unit = [0.0; 3];
        unit[axis] = 1.0;
        let next = index_of(unit);
        std::array::from_fn(|c| next[c] - start[c])
    });
    data.axis_iter_mut(Axis(2)).into_par_iter().enumerate().for_each(|(k, mut slice)| {
        for ((i, j), label) in slice.indexed_iter_mut() {
            let (i, j, k) = (i as f64, j as f64, k as f64);
            let nearest: [f64; 3] =
                std::array::from_fn(|c| (start[c] + i * step[0][c] + j * step[1][c] + k * step[2][c]).round());
            if (0..3).all(|axis| nearest[axis] >= 0.0 && nearest[axis] < dims[axis] as f64) {
                *label = labels.data[nearest.map(|p| p as usize)];
            }
        }
    });
    Labels { grid: grid.clone(), data, source: labels.source.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_finer_shifted_flipped_grid_gets_the_nearest_labels() {
        let coarse = Grid::axis_aligned([2, 2, 2], [4.0; 3], [0.0; 3]);
        let mut data = filled([2, 2, 2], 0);
        data[[1, 0, 0]] = 41;
        let labels = Labels { grid: coarse, data, source: PathBuf::new() };
        let fine = Grid::new([6, 2, 2], [[-2.0, 0.0, 0.0, 8.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
        let moved = resample_labels(&labels, &fine);
        // voxel centres at x = 8, 6, 4, 2, 0, -2 mm; label 41 covers 2..6 mm
        let row: Vec<i32> = (0..6).map(|i| moved.data[[i, 0, 0]]).collect();
        assert_eq!(row[1..3].iter().max(), Some(&41));
        assert_eq!((row[0], row[2], row[4], row[5]), (0, 41, 0, 0));
        assert!(moved.data.iter().filter(|&&label| label == 41).count() <= 3);
    }
}
