//! Stations in one volume, nothing counted twice.
//!
//! Input   one volume a station (a b-value or a map), placed by [`super::stations::plan`]
//! Overlap blended with weights that fall linearly towards the end of each station (feathering) and sum to one. A voxel
//!         that one station did not measure (NaN) is taken from the other; NaN where none measured.
//! Edges   the outermost slices of a station lose signal (slab profile), so where five or more slices are shared the last
//!         one, where nine or more the last two are left to the neighbour
//! ADC     fit per station first, then compose: ADC does not depend on a station's gain, a fit across a seam does.
//! Limits  distortion between stations is not corrected; resampling is trilinear

use super::stations::{Mapping, Placement, Plan, apply};
use crate::image::filled;
use ndarray::parallel::prelude::*;
use ndarray::{Array3, ArrayView3, ArrayViewMut3, Axis, s};

/// Weight of a slice that is left to the neighbour: it counts only where nobody else measured.
pub(super) const LEFT_OUT: f32 = 1e-4;

/// Slices left out at the end of a station that shares this many with its neighbour.
pub fn dropped_slices(shared: f64) -> usize {
    (((shared - 1.0) / 4.0).floor().max(0.0) as usize).min(2)
}

/// Gives each station the weights of its slices: 1, falling linearly towards an end that another station overlaps.
pub(super) fn feather(placements: &mut [Placement], slice_axis: usize) {
    let extents: Vec<[f64; 2]> = placements.iter().map(|p| p.extent).collect();
    for (n, placement) in placements.iter_mut().enumerate() {
        let [low, high] = placement.extent;
        // number of slices shared with another station beyond the low and beyond the high end
        let mut shared = [0.0_f64; 2];
        for (_, other) in extents.iter().enumerate().filter(|(m, _)| *m != n) {
            let common = high.min(other[1]) - low.max(other[0]) + 1.0;
            if common > 0.0 {
                let end = usize::from(other[0] + other[1] > low + high);
                shared[end] = shared[end].max(common);
            }
        }
        let n_slices = placement.dims[slice_axis];
        let step = if n_slices > 1 { (high - low) / (n_slices as f64 - 1.0) } else { 1.0 };
        let flipped = match &placement.mapping {
            Mapping::Lattice { sign, .. } => sign[slice_axis] < 0,
            Mapping::Resampled(matrix) => matrix[slice_axis][slice_axis] < 0.0,
        };
        placement.weights = (0..n_slices)
            .map(|slice| {
                let from_low = step * (if flipped { n_slices - 1 - slice } else { slice }) as f64;
                let ramp = |distance: f64, shared: f64| {
                    let dropped = dropped_slices(shared) as f64;
                    match shared > 0.0 {
                        true if distance < dropped => f64::from(LEFT_OUT),
                        true => (distance + 1.0 - dropped) / (shared + 1.0 - 2.0 * dropped),
                        false => 1.0,
                    }
                };
                ramp(from_low, shared[0]).min(ramp(high - low - from_low, shared[1])).min(1.0) as f32
            })
            .collect();
    }
}

impl Placement {
    /// Value and slice of the station at a composed voxel; `None` outside. NaN where the station did not measure.
    #[inline]
    pub(super) fn sample(
        &self,
        station: &ArrayView3<'_, f32>,
        ijk: [usize; 3],
        slice_axis: usize,
    ) -> Option<(f32, usize)> {
        match &self.mapping {
            Mapping::Lattice { start, sign } => {
                let mut at = [0_usize; 3];
                for axis in 0..3 {
                    at[axis] = usize::try_from(start[axis] + sign[axis] * ijk[axis] as i64).ok()?;
                }
                station.get(at).map(|&value| (value, at[slice_axis]))
            }
            Mapping::Resampled(matrix) => {
                let at = apply(matrix, ijk.map(|v| v as f64));
                let inside = (0..3).all(|a| at[a] >= -0.5 && at[a] <= self.dims[a] as f64 - 0.5);
                inside.then(|| {
                    let slice = at[slice_axis].round().clamp(0.0, self.dims[slice_axis] as f64 - 1.0) as usize;
                    (trilinear(station, at), slice)
                })
            }
        }
    }

    /// Values of the station along one row (along i) of the composed grid, NaN where it has none, and the weight of each;
    /// false where it has none at all.
    pub(super) fn read_row(
        &self,
        station: &ArrayView3<'_, f32>,
        jk: [usize; 2],
        slice_axis: usize,
        values: &mut [f32],
        weights: &mut [f32],
    ) -> bool {
        if let (Mapping::Lattice { start, sign }, true) = (&self.mapping, slice_axis > 0) {
            return self.copy_row(station, (start, sign), jk, slice_axis, values, weights);
        }
        for (i, (value, weight)) in values.iter_mut().zip(weights).enumerate() {
            (*value, *weight) = match self.sample(station, [i, jk[0], jk[1]], slice_axis) {
                Some((value, slice)) => (value, self.weights[slice]),
                None => (f32::NAN, 0.0),
            };
        }
        true
    }

    /// As [`Placement::read_row`], for a row that is one row of the station, in one of its slices.
    fn copy_row(
        &self,
        station: &ArrayView3<'_, f32>,
        (start, sign): (&[i64; 3], &[i64; 3]),
        jk: [usize; 2],
        slice_axis: usize,
        values: &mut [f32],
        weights: &mut [f32],
    ) -> bool {
        values.fill(f32::NAN);
        weights.fill(0.0);
        let place = |axis: usize, n: usize| {
            usize::try_from(start[axis] + sign[axis] * n as i64).ok().filter(|&at| at < station.shape()[axis])
        };
        let (Some(j), Some(k)) = (place(1, jk[0]), place(2, jk[1])) else { return false };
        let mut row = station.slice(s![.., j, k]);
        let mut first = -start[0]; // composed voxel of the row's first one
        if sign[0] < 0 {
            row.invert_axis(Axis(0));
            first = start[0] + 1 - row.len() as i64;
        }
        let [skipped, first] = [(-first).max(0) as usize, first.max(0) as usize];
        let n = row.len().saturating_sub(skipped).min(values.len().saturating_sub(first));
        let target = values.iter_mut().skip(first);
        match row.as_slice() {
            Some(row) => target.zip(row.iter().skip(skipped)).for_each(|(to, from)| *to = *from),
            None => target.zip(row.iter().skip(skipped)).for_each(|(to, from)| *to = *from),
        }
        let weight = self.weights[if slice_axis == 1 { j } else { k }];
        weights.iter_mut().skip(first).take(n).for_each(|w| *w = weight);
        true
    }
}

/// Values and weights of one row in two stations, for those who compare them.
#[derive(Debug)]
pub(super) struct RowPair {
    /// Of each station.
    pub values: [Vec<f32>; 2],
    /// Of each station.
    pub weights: [Vec<f32>; 2],
}

impl RowPair {
    /// For rows of this length.
    pub fn new(length: usize) -> Self {
        let row = || vec![0.0; length];
        RowPair { values: [row(), row()], weights: [row(), row()] }
    }

    /// Reads a row of both.
    pub fn read(
        &mut self,
        placements: [&Placement; 2],
        stations: &[ArrayView3<'_, f32>; 2],
        jk: [usize; 2],
        axis: usize,
    ) {
        for (n, placement) in placements.into_iter().enumerate() {
            placement.read_row(&stations[n], jk, axis, &mut self.values[n], &mut self.weights[n]);
        }
    }
}

/// Trilinear value at a fractional index inside the station, the outermost half voxel taken as constant.
fn trilinear(station: &ArrayView3<'_, f32>, at: [f64; 3]) -> f32 {
    let mut base = [0_usize; 3];
    let mut fraction = [0.0_f64; 3];
    for axis in 0..3 {
        let last = station.shape()[axis] as f64 - 1.0;
        let clamped = at[axis].clamp(0.0, last);
        base[axis] = clamped.floor().min((last - 1.0).max(0.0)) as usize;
        fraction[axis] = clamped - base[axis] as f64;
    }
    let mut sum = 0.0;
    for corner in 0..8_usize {
        let mut weight = 1.0;
        let mut index = base;
        for axis in 0..3 {
            let upper = corner >> axis & 1;
            weight *= if upper == 1 { fraction[axis] } else { 1.0 - fraction[axis] };
            index[axis] += upper;
        }
        if weight > 0.0 {
            sum += weight * f64::from(station[index]);
        }
    }
    sum as f32
}

/// One volume composed from the stations' volumes (in the order of the grids given to [`plan`]), each multiplied by its
/// gain. For maps such as ADC the gains are all 1.
pub fn compose(plan: &Plan, stations: &[ArrayView3<'_, f32>], gains: &[f64]) -> Array3<f32> {
    let mut composed = filled(plan.grid.dims, 0.0);
    compose_into(plan, stations, gains, composed.view_mut());
    composed
}

/// As [`compose`], to where the volume is wanted; its shape is that of the composed grid.
pub fn compose_into(
    plan: &Plan,
    stations: &[ArrayView3<'_, f32>],
    gains: &[f64],
    mut composed: ArrayViewMut3<'_, f32>,
) {
    let nx = plan.grid.dims[0];
    composed.axis_iter_mut(Axis(2)).into_par_iter().enumerate().for_each(|(k, mut slice)| {
        let mut sums = vec![[0.0_f32; 2]; nx];
        let [mut values, mut weights] = [vec![0.0; nx], vec![0.0; nx]];
        for (j, mut row) in slice.axis_iter_mut(Axis(1)).enumerate() {
            sums.fill([0.0; 2]);
            for placement in &plan.placements {
                let (n, gain) = (placement.station, gains[placement.station] as f32);
                if !placement.read_row(&stations[n], [j, k], plan.slice_axis, &mut values, &mut weights) {
                    continue;
                }
                for (([sum, weight], value), &w) in sums.iter_mut().zip(&values).zip(&weights) {
                    let is_number = value.is_finite();
                    *sum += if is_number { w * gain * value } else { 0.0 };
                    *weight += if is_number { w } else { 0.0 };
                }
            }
            for (value, &[sum, weight]) in row.iter_mut().zip(&sums) {
                *value = if weight > 0.0 { sum / weight } else { f32::NAN };
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::DiffusionError;
    use super::super::stations::plan;
    use super::*;
    use crate::image::Grid;

    /// An axial LPS station of `nz` slices of 4 mm whose first slice lies at `z` mm.
    fn station(nz: usize, z: f64) -> Grid {
        Grid::new([6, 5, nz], [[-2.0, 0.0, 0.0, 10.0], [0.0, -2.0, 0.0, 8.0], [0.0, 0.0, 4.0, z]])
    }

    /// The same slices stored from the top down.
    fn flipped(nz: usize, z: f64) -> Grid {
        let mut grid = station(nz, z);
        grid.affine[2] = [0.0, 0.0, -4.0, z + 4.0 * (nz as f64 - 1.0)];
        grid
    }

    /// An image that varies in world space only, so that any right composition reproduces it.
    fn world_image(grid: &Grid) -> Array3<f32> {
        let mut data = filled(grid.dims, 0.0);
        for ((i, j, k), value) in data.indexed_iter_mut() {
            let [x, y, z] = grid.world_mm([i as f64, j as f64, k as f64]);
            *value = (1000.0 + 3.0 * x + 2.0 * y + z) as f32;
        }
        data
    }

    fn composed(grids: &[Grid], interpolate: bool) -> (Plan, Array3<f32>) {
        let images: Vec<_> = grids.iter().map(world_image).collect();
        let plan = plan(grids, interpolate).unwrap();
        let views: Vec<_> = images.iter().map(|image| image.view()).collect();
        let composed = compose(&plan, &views, &vec![1.0; grids.len()]);
        (plan, composed)
    }

    #[test]
    fn stations_in_any_order_and_direction_give_the_world_image() {
        let grids = [station(8, -16.0), station(8, 8.0), flipped(10, -48.0)];
        let (plan_a, a) = composed(&grids, false);
        assert_eq!(plan_a.grid.dims, [6, 5, 22]);
        assert_eq!(plan_a.grid.world_mm([0.0; 3]), [10.0, 8.0, -48.0]);
        assert!(!plan_a.interpolates());
        let (_, b) = composed(&[grids[2].clone(), grids[1].clone(), grids[0].clone()], false);
        assert_eq!(a, b);
        for (got, want) in a.iter().zip(&world_image(&plan_a.grid)) {
            assert!((got - want).abs() < 1e-3);
        }
    }

    #[test]
    fn the_overlap_is_a_linear_feather_and_holes_are_filled_from_the_other() {
        // superior station reads 2, inferior 1; slices 4 to 7 of the composed grid are shared
        let grids = [station(8, 16.0), station(8, 0.0)];
        let plan = plan(&grids, false).unwrap();
        let upper = filled(grids[0].dims, 2.0_f32);
        let mut lower = filled(grids[1].dims, 1.0_f32);
        lower[[0, 0, 5]] = f32::NAN;
        lower[[0, 0, 0]] = f32::NAN;
        let volume = compose(&plan, &[upper.view(), lower.view()], &[1.0, 1.0]);
        let column: Vec<f32> = volume.slice(ndarray::s![2, 2, ..]).to_vec();
        for (slice, want) in [(3, 1.0), (4, 1.2), (5, 1.4), (6, 1.6), (7, 1.8), (8, 2.0)] {
            assert!((column[slice] - want).abs() < 1e-6, "slice {slice}: {}", column[slice]);
        }
        assert_eq!(volume[[0, 0, 5]], 2.0);
        assert!(volume[[0, 0, 0]].is_nan());
        assert_eq!(plan.shared_slices(), [([0, 1], Some([4, 7]))]);
    }

    #[test]
    fn off_the_lattice_needs_interpolation_and_then_keeps_a_linear_image() {
        let mut shifted = station(8, -14.5);
        shifted.affine[0][3] += 0.7;
        let grids = [station(8, 8.0), shifted];
        match plan(&grids, false) {
            Err(DiffusionError::Station { station: 2, interpolation_helps: true, .. }) => {}
            other => panic!("{other:?}"),
        }
        let (plan, image) = composed(&grids, true);
        assert!(plan.interpolates());
        let want = world_image(&plan.grid);
        // away from the outermost half voxel, where the station is taken as constant
        for k in 1..plan.grid.dims[2] - 1 {
            assert!((image[[3, 2, k]] - want[[3, 2, k]]).abs() < 1e-2, "slice {k}");
        }
    }
}
