//! An image of larger voxels: block means, then 1-2-1 along each axis.

use crate::image::{Grid, VoxelOf, filled};
use ndarray::{Array3, ArrayView3, Axis};
use rayon::prelude::*;

/// One image at one size of voxels.
#[derive(Debug)]
pub struct Level {
    /// Values; 0 where nothing was measured.
    pub data: Array3<f32>,
    /// Where its voxels lie.
    pub grid: Grid,
    /// From world to its voxels.
    pub voxel_of: VoxelOf,
}

impl Level {
    /// An image at about `mm`; axes of larger voxels stay.
    pub fn of(data: ArrayView3<'_, f32>, grid: &Grid, mm: f64) -> Level {
        let (mut data, grid) = shrunk(data, grid, mm);
        (0..3).for_each(|axis| smooth(&mut data, axis));
        let voxel_of = VoxelOf::grid(&grid);
        Level { data, grid, voxel_of }
    }

    /// Share of a mask (0 or 1) in each voxel of that level.
    pub fn shares(mask: ArrayView3<'_, f32>, grid: &Grid, mm: f64) -> Array3<f32> {
        shrunk(mask, grid, mm).0
    }
}

fn shrunk(data: ArrayView3<'_, f32>, grid: &Grid, mm: f64) -> (Array3<f32>, Grid) {
    let spacing = grid.spacing_mm();
    let factor: [usize; 3] =
        std::array::from_fn(|axis| ((mm / spacing[axis]).round() as usize).clamp(1, grid.dims[axis].max(1)));
    let dims: [usize; 3] = std::array::from_fn(|axis| grid.dims[axis] / factor[axis]);
    let mut small = filled(dims, 0.0_f32);
    small.axis_iter_mut(Axis(2)).into_par_iter().enumerate().for_each(|(k, mut slice)| {
        for ((i, j), mean) in slice.indexed_iter_mut() {
            let (mut sum, mut n) = (0.0_f64, 0_usize);
            for z in k * factor[2]..(k + 1) * factor[2] {
                for y in j * factor[1]..(j + 1) * factor[1] {
                    for x in i * factor[0]..(i + 1) * factor[0] {
                        let value = data[[x, y, z]];
                        if value.is_finite() {
                            sum += f64::from(value);
                            n += 1;
                        }
                    }
                }
            }
            *mean = if n > 0 { (sum / n as f64) as f32 } else { 0.0 };
        }
    });
    let first = grid.world_mm(factor.map(|f| 0.5 * (f as f64 - 1.0)));
    let affine = std::array::from_fn(|r| {
        let [x, y, z, _] = grid.affine[r];
        [x * factor[0] as f64, y * factor[1] as f64, z * factor[2] as f64, first[r]]
    });
    (small, Grid::new(dims, affine))
}

/// 1-2-1 along one axis; the ends count twice.
fn smooth(data: &mut Array3<f32>, axis: usize) {
    let along = Axis(axis);
    let across = Axis(if axis == 2 { 1 } else { 2 });
    data.axis_iter_mut(across).into_par_iter().for_each(|mut slice| {
        // the axis numbers of a slice close up over the one that was taken out
        let inner = if along.index() > across.index() { Axis(along.index() - 1) } else { along };
        for mut lane in slice.lanes_mut(inner) {
            let before = lane.to_vec();
            let last = before.len().saturating_sub(1);
            for (place, value) in lane.iter_mut().enumerate() {
                let (low, high) = (before[place.saturating_sub(1)], before[(place + 1).min(last)]);
                *value = 0.25 * (low + high) + 0.5 * before[place];
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_image_keeps_its_values_at_their_places() {
        let grid = Grid::new([17, 12, 9], [[-2.0, 0.0, 0.0, 9.0], [0.0, 0.0, 5.0, -3.0], [0.0, 1.0, 0.0, 40.0]]);
        let value = |[x, y, z]: [f64; 3]| 100.0 + x - 0.5 * y + 2.0 * z;
        let mut data = filled(grid.dims, 0.0);
        data.indexed_iter_mut()
            .for_each(|((i, j, k), v)| *v = value(grid.world_mm([i as f64, j as f64, k as f64])) as f32);
        let level = Level::of(data.view(), &grid, 4.0);
        assert_eq!((level.data.shape(), level.grid.spacing_mm()), (&[8, 3, 9][..], [4.0, 4.0, 5.0]));
        for at in [[1, 1, 1], [6, 1, 7], [3, 1, 4]] {
            let want = value(level.grid.world_mm(at.map(|v| v as f64)));
            assert!((f64::from(level.data[at]) - want).abs() < 1e-3);
        }
    }
}
