//! The grid on which a network sees an image, and the image on it.
//!
//! Axes are put in another order or turned round where an orientation is stated, and never rotated: an oblique image stays
//! oblique. Where a spacing is stated the field of view is covered by whole voxels of it, centred on that of the image, and
//! values are linear between voxel centres, those of the border beyond them. No filter precedes a coarser spacing.

use crate::image::{Grid, Interpolation, Volume, resample_volume};
use ndarray::Axis;

/// Voxel sides nearer than this share are one.
const SAME_SPACING: f64 = 1e-3;

/// The grid of the network for an image: its own where neither is stated.
pub fn network_grid(image: &Grid, orientation: Option<&str>, spacing_mm: Option<[f64; 3]>) -> Grid {
    let turned = match orientation {
        Some(letters) => in_orientation(image, letters),
        None => image.clone(),
    };
    let Some(wanted) = spacing_mm else { return turned };
    let there = turned.spacing_mm();
    let mut grid = turned.clone();
    for axis in 0..3 {
        if (there[axis] - wanted[axis]).abs() <= SAME_SPACING * there[axis] {
            continue;
        }
        let extent = turned.dims[axis] as f64 * there[axis];
        let n = (extent / wanted[axis] - 1e-6).ceil().max(1.0);
        // distance of the first new centre from the first old one, in old voxels: both fields of view have one centre
        let shift = (turned.dims[axis] as f64 - 1.0) / 2.0 - (n - 1.0) / 2.0 * wanted[axis] / there[axis];
        grid.dims[axis] = n as usize;
        for row in 0..3 {
            grid.affine[row][3] += shift * turned.affine[row][axis];
            grid.affine[row][axis] = turned.affine[row][axis] * wanted[axis] / there[axis];
        }
    }
    grid
}

/// The same voxels with axes that grow in these directions.
fn in_orientation(image: &Grid, letters: &str) -> Grid {
    let (axes, now) = (image.world_axes(), image.orientation());
    let now: Vec<char> = now.chars().collect();
    let mut grid = image.clone();
    for (target, letter) in letters.chars().enumerate() {
        let world = ["LR", "AP", "IS"].iter().position(|pair| pair.contains(letter)).unwrap_or(target);
        let from = axes.iter().position(|&axis| axis == world).unwrap_or(target);
        let turns = now.get(from) != Some(&letter);
        grid.dims[target] = image.dims[from];
        for row in 0..3 {
            let step = image.affine[row][from];
            grid.affine[row][target] = if turns { -step } else { step };
            if turns {
                grid.affine[row][3] += step * (image.dims[from] as f64 - 1.0);
            }
        }
    }
    grid
}

/// The image on that grid.
pub fn seen_on(image: &Volume, grid: &Grid) -> Volume {
    if *grid == image.grid {
        return image.clone();
    }
    if let Some(turned) = turned_only(image, grid) {
        return turned;
    }
    let last = image.grid.dims.map(|n| n as f64 - 1.0);
    let voxel_of = crate::image::VoxelOf::grid(&image.grid);
    let place = |world: [f64; 3]| {
        let at = voxel_of.at(world);
        image.grid.world_mm(std::array::from_fn(|axis| at[axis].clamp(0.0, last[axis])))
    };
    resample_volume(image, grid, place, Interpolation::Linear)
}

/// The image where the grid differs in order and direction of the axes alone: the very values.
fn turned_only(image: &Volume, grid: &Grid) -> Option<Volume> {
    let index = grid.index_in(&image.grid)?;
    let mut order = [0; 3];
    for axis in 0..3 {
        let is_step = |row: usize| (index[row][axis].abs() - 1.0).abs() < 1e-6;
        order[axis] = (0..3).find(|&row| is_step(row))?;
        if (0..3).any(|row| row != order[axis] && index[row][axis].abs() > 1e-6)
            || grid.dims[axis] != image.grid.dims[order[axis]]
        {
            return None;
        }
    }
    let mut view = image.data.view().permuted_axes(order);
    for axis in 0..3 {
        let row = order[axis];
        if index[row][axis] < 0.0 {
            view.invert_axis(Axis(axis));
        }
        let first = if index[row][axis] < 0.0 { image.grid.dims[row] as f64 - 1.0 } else { 0.0 };
        if (index[row][3] - first).abs() > 1e-3 {
            return None;
        }
    }
    let mut data = crate::image::filled(grid.dims, 0.0);
    data.assign(&view);
    Some(Volume { grid: grid.clone(), data, source: image.source.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::filled;

    fn ramp() -> Volume {
        let grid = Grid::new([4, 5, 6], [[-2.0, 0.1, 0.0, 9.0], [0.1, 2.0, 0.0, 3.0], [0.0, 0.0, 4.0, -7.0]]);
        let mut data = filled(grid.dims, 0.0);
        data.indexed_iter_mut().for_each(|((i, j, k), v)| *v = (100 * i + 10 * j + k) as f32);
        Volume::new(grid, data)
    }

    #[test]
    fn turning_moves_no_value_in_the_world() {
        let image = ramp();
        for letters in ["LAS", "RPI", "SAR", "PIL", "IRP"] {
            let grid = network_grid(&image.grid, Some(letters), None);
            assert_eq!(grid.orientation(), letters);
            let seen = seen_on(&image, &grid);
            for ((i, j, k), &value) in seen.data.indexed_iter() {
                let at = image.grid.voxel_of(grid.world_mm([i, j, k].map(|n| n as f64))).unwrap();
                let [i, j, k] = at.map(|n| n.round() as usize);
                assert_eq!(value, image.data[[i, j, k]], "{letters}");
            }
        }
        assert_eq!(network_grid(&image.grid, None, None), image.grid);
    }

    #[test]
    fn another_spacing_covers_the_field_of_view_and_keeps_a_ramp() {
        let image = ramp();
        let spacing = image.grid.spacing_mm();
        let grid = network_grid(&image.grid, None, Some([1.0, spacing[1], 5.0]));
        // 4 voxels of 2.0025 mm and 6 of 4 mm
        assert_eq!(grid.dims, [9, 5, 5]);
        let middle = |grid: &Grid| grid.world_mm(grid.dims.map(|n| (n as f64 - 1.0) / 2.0));
        for (a, b) in middle(&grid).iter().zip(middle(&image.grid)) {
            assert!((a - b).abs() < 1e-9);
        }
        let seen = seen_on(&image, &grid);
        for ((i, j, k), &value) in seen.data.indexed_iter() {
            let at = image.grid.voxel_of(grid.world_mm([i, j, k].map(|n| n as f64))).unwrap();
            let at: Vec<f64> = (0..3).map(|a| at[a].clamp(0.0, image.grid.dims[a] as f64 - 1.0)).collect();
            assert!((f64::from(value) - (100.0 * at[0] + 10.0 * at[1] + at[2])).abs() < 1e-3);
        }
    }
}
