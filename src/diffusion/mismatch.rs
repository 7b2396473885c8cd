//! How far two neighbouring stations disagree where they overlap: in ADC, and in the outline of the body.
//!
//! Inputs  one volume a station (the lowest b), and ADC (um2/s) where it was fitted, placed by [`super::stations::plan`]
//! Output  difference of ADC over the tissue of both (median, and median size), shift of the body's outline along each axis in
//!         the slice (mm), share of the outline in common (Dice)
//! Method  body = signal above a quarter of the 99th percentile of each station's share of the overlap, so that gains do not
//!         matter. The shift is the one, up to 20 voxels, at which the body's profiles along an axis differ least in square,
//!         refined by a parabola.
//! Limits  a shift is measured, not undone; a rotation or a stretch shows as a low Dice with little shift

use super::compose::RowPair;
use super::stations::Plan;
use ndarray::ArrayView3;
use rayon::prelude::*;

/// Share of the 99th percentile above which a voxel is body.
const BODY_SHARE: f32 = 0.25;
/// Largest shift looked for, voxels.
const FARTHEST: i64 = 20;

/// Disagreement of two neighbouring stations.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Mismatch {
    /// The two stations in the caller's order, counted from 1, superior first.
    pub stations: [usize; 2],
    /// Number of voxels that are body in both.
    pub n_voxels: usize,
    /// Median of superior minus inferior ADC, um2/s; none where ADC was not fitted.
    pub adc_difference_um2_s: Option<f64>,
    /// Median size of that difference, um2/s.
    pub adc_absolute_difference_um2_s: Option<f64>,
    /// Shift of the inferior station's outline against the superior one's along each axis of the grid, mm; 0 along the
    /// stations.
    pub outline_shift_mm: [f64; 3],
    /// Share of the two outlines in common, 0-1.
    pub outline_dice: f64,
}

/// Compares neighbouring stations where they overlap; pairs without a common slice or body are left out. `signals` and
/// `adc` in the caller's order.
pub fn mismatches(plan: &Plan, signals: &[ArrayView3<'_, f32>], adc: &[ArrayView3<'_, f32>]) -> Vec<Mismatch> {
    let shared = plan.shared_slices();
    shared.into_par_iter().filter_map(|(pair, slices)| one(plan, pair, slices?, signals, adc)).collect()
}

/// One voxel of the overlap: where, both signals, both ADC.
struct Pair {
    ijk: [u32; 3],
    signal: [f32; 2],
    adc: [f32; 2],
}

fn one(
    plan: &Plan,
    pair: [usize; 2],
    slices: [usize; 2],
    signals: &[ArrayView3<'_, f32>],
    adc: &[ArrayView3<'_, f32>],
) -> Option<Mismatch> {
    let placements = pair.map(|n| &plan.placements[n]);
    let stations = placements.map(|placement| placement.station);
    let [nx, ny, nz] = plan.grid.dims;
    let mut ranges = [0..nx, 0..ny, 0..nz];
    ranges[plan.slice_axis] = slices[0]..(slices[1] + 1).min(plan.grid.dims[plan.slice_axis]);
    let [along_i, along_j, along_k] = ranges;
    let (signals, adc) = (both(signals, stations)?, both(adc, stations));
    let voxels: Vec<Pair> = along_k
        .into_par_iter()
        .flat_map_iter(|k| {
            let [mut of_signal, mut of_adc] = [RowPair::new(nx), RowPair::new(nx)];
            of_adc.values.iter_mut().for_each(|values| values.fill(f32::NAN));
            let mut pairs = Vec::new();
            for j in along_j.clone() {
                of_signal.read(placements, &signals, [j, k], plan.slice_axis);
                if let Some(adc) = &adc {
                    of_adc.read(placements, adc, [j, k], plan.slice_axis);
                }
                let inside = |i: &usize| of_signal.weights.iter().all(|weights| weights[*i] > 0.0);
                pairs.extend(along_i.clone().filter(inside).map(|i| Pair {
                    ijk: [i, j, k].map(|n| n as u32),
                    signal: [0, 1].map(|n| of_signal.values[n][i]),
                    adc: [0, 1].map(|n| of_adc.values[n][i]),
                }));
            }
            pairs
        })
        .collect();
    let cuts = [0, 1].map(|n| BODY_SHARE * high_percentile(voxels.iter().map(|voxel| voxel.signal[n])));
    let is_body = |voxel: &Pair, n: usize| voxel.signal[n] > cuts[n] && cuts[n] > 0.0;
    let n_body = [0, 1].map(|n| voxels.iter().filter(|voxel| is_body(voxel, n)).count());
    let both: Vec<&Pair> = voxels.iter().filter(|voxel| is_body(voxel, 0) && is_body(voxel, 1)).collect();
    if both.is_empty() {
        return None;
    }
    let mut differences: Vec<f64> =
        both.iter().map(|voxel| f64::from(voxel.adc[0] - voxel.adc[1])).filter(|d| d.is_finite()).collect();
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let spacing = plan.grid.spacing_mm();
    let shift = |axis: usize| {
        let profile = |n: usize| {
            let mut counts = vec![0.0; plan.grid.dims[axis]];
            voxels.iter().filter(|voxel| is_body(voxel, n)).for_each(|voxel| counts[voxel.ijk[axis] as usize] += 1.0);
            counts
        };
        if axis == plan.slice_axis { 0.0 } else { shift_of(&profile(0), &profile(1)) * spacing[axis] }
    };
    Some(Mismatch {
        stations: stations.map(|n| n + 1),
        n_voxels: both.len(),
        adc_difference_um2_s: median(&mut differences),
        adc_absolute_difference_um2_s: median(&mut differences.iter().map(|d| d.abs()).collect()),
        outline_shift_mm: [0, 1, 2].map(shift),
        outline_dice: 2.0 * both.len() as f64 / (n_body[0] + n_body[1]) as f64,
    })
}

/// The maps of two stations.
fn both<'a>(maps: &[ArrayView3<'a, f32>], stations: [usize; 2]) -> Option<[ArrayView3<'a, f32>; 2]> {
    let [a, b] = stations.map(|n| maps.get(n).copied());
    Some([a?, b?])
}

/// 99th percentile of the finite values; 0 of none.
fn high_percentile(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.filter(|v| v.is_finite()).collect();
    if values.is_empty() {
        return 0.0;
    }
    let rank = ((values.len() - 1) as f64 * 0.99) as usize;
    *values.select_nth_unstable_by(rank, f32::total_cmp).1
}

/// How far `moved` is shifted against `fixed`, in voxels.
fn shift_of(fixed: &[f64], moved: &[f64]) -> f64 {
    let scale = [fixed, moved].map(|profile| profile.iter().sum::<f64>().max(1.0));
    let error = |shift: i64| -> f64 {
        let at = |n: usize| usize::try_from(n as i64 + shift).ok().and_then(|n| moved.get(n)).copied().unwrap_or(0.0);
        fixed.iter().enumerate().map(|(n, value)| (value / scale[0] - at(n) / scale[1]).powi(2)).sum()
    };
    let best =
        (-FARTHEST..=FARTHEST).min_by(|&a, &b| error(a).total_cmp(&error(b)).then(a.abs().cmp(&b.abs()))).unwrap_or(0);
    let (before, at, after) = (error(best - 1), error(best), error(best + 1));
    let curvature = before - 2.0 * at + after;
    best as f64 + if curvature > 0.0 { 0.5 * (before - after) / curvature } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::stations::plan;
    use super::*;
    use crate::image::{Grid, filled};
    use ndarray::Array3;

    /// A cylinder in an axial station of 12 slices of 4 mm from `z` on, shifted along j by `shift` voxels, times `gain`.
    fn station(z: f64, shift: f64, gain: f32) -> (Grid, Array3<f32>) {
        let grid = Grid::new([40, 40, 12], [[-2.0, 0.0, 0.0, 40.0], [0.0, -2.0, 0.0, 40.0], [0.0, 0.0, 4.0, z]]);
        let mut data = filled(grid.dims, 1.0_f32);
        for ((i, j, _), value) in data.indexed_iter_mut() {
            if ((i as f64 - 20.0) / 12.0).powi(2) + ((j as f64 - 18.0 - shift) / 9.0).powi(2) < 1.0 {
                *value = 100.0 * gain;
            }
        }
        (grid, data)
    }

    #[test]
    fn a_shift_is_measured_whatever_the_gains() {
        let (upper, lower) = (station(24.0, 0.0, 1.0), station(0.0, 3.0, 0.4));
        let plan = plan(&[upper.0, lower.0], false).unwrap();
        let adc = [upper.1.mapv(|_| 800.0), lower.1.mapv(|_| 830.0)];
        let views = [upper.1.view(), lower.1.view()];
        let found = mismatches(&plan, &views, &[adc[0].view(), adc[1].view()]);
        assert_eq!((found.len(), found[0].stations), (1, [1, 2]));
        assert_eq!(found[0].adc_difference_um2_s, Some(-30.0));
        let [along_i, along_j, along_k] = found[0].outline_shift_mm;
        assert!(along_i.abs() < 0.2 && (along_j - 6.0).abs() < 0.3 && along_k == 0.0, "{along_i} {along_j}");
        assert!((0.6..0.9).contains(&found[0].outline_dice));
        assert_eq!(mismatches(&plan, &views, &[])[0].adc_difference_um2_s, None);
    }
}
