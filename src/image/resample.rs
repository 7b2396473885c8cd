//! Labels and values on another grid, only ever where a user asks for it.

use super::{Grid, Labels, Volume, filled};
use nalgebra::{Matrix3, Vector3};
use ndarray::{Array3, Axis};
use rayon::prelude::*;

/// How a value is made from those of the eight voxels around a place. Voxels that are not measured (NaN) or lie outside
/// do not count; where they have more than half of the weight the value is NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Their weighted mean.
    Linear,
    /// The standard error of their weighted mean, where the values are standard errors of independent voxels.
    StandardError,
}

/// From world (mm, RAS+) to the fractional voxel index of a grid, the matrix inverted once.
#[derive(Debug, Clone, Copy)]
pub struct VoxelOf {
    inverse: Matrix3<f64>,
    origin: Vector3<f64>,
}

impl VoxelOf {
    /// Of a grid; every place is NaN where its affine cannot be inverted, which the reader lets through nowhere.
    pub fn grid(grid: &Grid) -> VoxelOf {
        let linear = Matrix3::from_fn(|r, c| grid.affine[r][c]);
        let inverse = linear.try_inverse().unwrap_or(Matrix3::repeat(f64::NAN));
        VoxelOf { inverse, origin: Vector3::from_fn(|r, _| grid.affine[r][3]) }
    }

    /// Voxel index of a place.
    pub fn at(&self, world_mm: [f64; 3]) -> [f64; 3] {
        (self.inverse * (Vector3::from(world_mm) - self.origin)).into()
    }

    /// Rows of the inverse: voxels per mm along the world axes.
    pub fn per_mm(&self) -> &Matrix3<f64> {
        &self.inverse
    }
}

/// For each voxel of `grid` the value of `volume` at the place to which `place` takes its centre (world to world, mm,
/// RAS+).
pub fn resample_volume(
    volume: &Volume,
    grid: &Grid,
    place: impl Fn([f64; 3]) -> [f64; 3] + Sync,
    how: Interpolation,
) -> Volume {
    let voxel_of = VoxelOf::grid(&volume.grid);
    let mut data = filled(grid.dims, f32::NAN);
    data.axis_iter_mut(Axis(2)).into_par_iter().enumerate().for_each(|(k, mut slice)| {
        for ((i, j), value) in slice.indexed_iter_mut() {
            let world = place(grid.world_mm([i as f64, j as f64, k as f64]));
            *value = interpolated(&volume.data, voxel_of.at(world), how);
        }
    });
    Volume { grid: grid.clone(), data, source: volume.source.clone() }
}

fn interpolated(data: &Array3<f32>, at: [f64; 3], how: Interpolation) -> f32 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for corner in 0..8 {
        let (mut weight, mut voxel) = (1.0, [0; 3]);
        for axis in 0..3 {
            let low = at[axis].floor();
            let share = at[axis] - low;
            let upper = corner >> axis & 1 == 1;
            weight *= if upper { share } else { 1.0 - share };
            // beyond the range: no voxel; the cast of a negative number or NaN saturates at 0, so it is caught here
            let index = if upper { low + 1.0 } else { low };
            voxel[axis] = if index >= 0.0 { index as usize } else { usize::MAX };
        }
        if weight > 0.0
            && let Some(&value) = data.get(voxel).filter(|value| !value.is_nan())
        {
            let value = f64::from(value);
            weights += weight;
            sum += match how {
                Interpolation::Linear => weight * value,
                Interpolation::StandardError => (weight * value).powi(2),
            };
        }
    }
    if weights < 0.5 {
        return f32::NAN;
    }
    match how {
        Interpolation::Linear => (sum / weights) as f32,
        Interpolation::StandardError => (sum.sqrt() / weights) as f32,
    }
}

/// For each voxel of `grid` the label of the voxel of `labels` nearest to the place to which `place` takes its centre
/// (world to world, mm, RAS+); 0 outside.
pub fn resample_labels_through(labels: &Labels, grid: &Grid, place: impl Fn([f64; 3]) -> [f64; 3] + Sync) -> Labels {
    let voxel_of = VoxelOf::grid(&labels.grid);
    let mut data = filled(grid.dims, 0);
    data.axis_iter_mut(Axis(2)).into_par_iter().enumerate().for_each(|(k, mut slice)| {
        for ((i, j), label) in slice.indexed_iter_mut() {
            let world = place(grid.world_mm([i as f64, j as f64, k as f64]));
            let nearest = voxel_of.at(world).map(f64::round);
            if nearest.iter().all(|&index| index >= 0.0) {
                *label = labels.data.get(nearest.map(|index| index as usize)).copied().unwrap_or(0);
            }
        }
    });
    Labels { grid: grid.clone(), data, source: labels.source.clone() }
}

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
    fn values_are_pulled_through_a_shift_and_the_unmeasured_do_not_count() {
        let grid = Grid::axis_aligned([6, 4, 4], [2.0; 3], [0.0; 3]);
        let mut data = filled([6, 4, 4], 0.0_f32);
        data.indexed_iter_mut().for_each(|((i, j, k), v)| *v = (10 * i + 2 * j + k) as f32);
        let volume = Volume::new(grid.clone(), data.clone());
        let shift = |[x, y, z]: [f64; 3]| [x + 1.0, y, z + 2.0];
        let moved = resample_volume(&volume, &grid, shift, Interpolation::Linear).data;
        // half a voxel along i, one along k
        assert_eq!((moved[[2, 1, 1]], moved[[0, 3, 2]]), (25.0 + 2.0 + 2.0, 5.0 + 6.0 + 3.0));
        assert!(moved[[2, 1, 3]].is_nan() && moved[[5, 1, 1]] == 50.0 + 2.0 + 2.0);
        data[[3, 1, 2]] = f32::NAN;
        let holed = resample_volume(&Volume::new(grid.clone(), data), &grid, shift, Interpolation::Linear).data;
        assert_eq!(holed[[2, 1, 1]], 20.0 + 2.0 + 2.0);
        let errors = Volume::new(grid.clone(), filled([6, 4, 4], 8.0));
        let mean = resample_volume(&errors, &grid, shift, Interpolation::StandardError).data;
        assert!((mean[[2, 1, 1]] - 8.0 / 2.0_f32.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn labels_are_pulled_to_the_nearest() {
        let grid = Grid::axis_aligned([4, 1, 1], [2.0; 3], [0.0; 3]);
        let mut data = filled([4, 1, 1], 0);
        data[[2, 0, 0]] = 7;
        let labels = Labels { grid: grid.clone(), data, source: PathBuf::new() };
        let moved = resample_labels_through(&labels, &grid, |[x, y, z]| [x + 1.7, y, z]).data;
        assert_eq!(moved.iter().copied().collect::<Vec<_>>(), [0, 7, 0, 0]);
    }

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
