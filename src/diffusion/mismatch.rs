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
use super::stations::{Placement, Plan};
use ndarray::ArrayView3;
use rayon::prelude::*;
use std::ops::Range;

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

/// The place that two stations share, read row by row.
struct Shared<'a> {
    placements: [&'a Placement; 2],
    signals: [ArrayView3<'a, f32>; 2],
    adc: Option<[ArrayView3<'a, f32>; 2]>,
    /// Voxels of the composed grid.
    ranges: [Range<usize>; 3],
    slice_axis: usize,
    /// Length of a row of the composed grid.
    nx: usize,
}

/// What is counted in a part of it.
#[derive(Default)]
struct Tally {
    n_body: [usize; 2],
    n_both: usize,
    /// Of voxels that are body in both, um2/s.
    differences: Vec<f64>,
    /// Voxels of each body by the index along each axis.
    profiles: [[Vec<usize>; 3]; 2],
}

impl Shared<'_> {
    /// Calls `each` with the index, both signals and both ADC of the voxels that both stations cover in one slice of the
    /// grid.
    fn slice(&self, k: usize, mut each: impl FnMut([usize; 3], [f32; 2], [f32; 2])) {
        let [mut of_signal, mut of_adc] = [RowPair::new(self.nx), RowPair::new(self.nx)];
        of_adc.values.iter_mut().for_each(|values| values.fill(f32::NAN));
        for j in self.ranges[1].clone() {
            of_signal.read(self.placements, &self.signals, [j, k], self.slice_axis);
            if let Some(adc) = &self.adc {
                of_adc.read(self.placements, adc, [j, k], self.slice_axis);
            }
            for i in self.ranges[0].clone() {
                if of_signal.weights.iter().all(|weights| weights[i] > 0.0) {
                    each([i, j, k], [0, 1].map(|n| of_signal.values[n][i]), [0, 1].map(|n| of_adc.values[n][i]));
                }
            }
        }
    }

    /// Signals above which a voxel is body.
    fn cuts(&self) -> [f32; 2] {
        let of_slice = |k| {
            let mut signals = [Vec::new(), Vec::new()];
            self.slice(k, |_, signal, _| signals.iter_mut().zip(signal).for_each(|(all, signal)| all.push(signal)));
            signals
        };
        let slices: Vec<[Vec<f32>; 2]> = self.ranges[2].clone().into_par_iter().map(of_slice).collect();
        [0, 1].map(|n| BODY_SHARE * high_percentile(slices.iter().flat_map(|signals| signals[n].iter().copied())))
    }

    fn tally(&self, dims: [usize; 3]) -> Tally {
        let cuts = self.cuts();
        let none = || Tally { profiles: std::array::from_fn(|_| dims.map(|n| vec![0; n])), ..Tally::default() };
        let of_slice = |mut tally: Tally, k: usize| {
            self.slice(k, |ijk, signal, adc| {
                let is_body = [0, 1].map(|n| signal[n] > cuts[n] && cuts[n] > 0.0);
                for n in (0..2).filter(|&n| is_body[n]) {
                    tally.n_body[n] += 1;
                    tally.profiles[n].iter_mut().zip(ijk).for_each(|(profile, at)| profile[at] += 1);
                }
                if is_body == [true; 2] {
                    tally.n_both += 1;
                    tally.differences.extend(Some(f64::from(adc[0] - adc[1])).filter(|d| d.is_finite()));
                }
            });
            tally
        };
        self.ranges[2].clone().into_par_iter().fold(none, of_slice).reduce(none, Tally::with)
    }
}

impl Tally {
    fn with(mut self, other: Tally) -> Tally {
        self.n_both += other.n_both;
        self.differences.extend(other.differences);
        for n in 0..2 {
            self.n_body[n] += other.n_body[n];
            for (profile, more) in self.profiles[n].iter_mut().zip(&other.profiles[n]) {
                profile.iter_mut().zip(more).for_each(|(sum, count)| *sum += count);
            }
        }
        self
    }
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
    let dims = plan.grid.dims;
    let mut ranges = dims.map(|n| 0..n);
    ranges[plan.slice_axis] = slices[0]..(slices[1] + 1).min(dims[plan.slice_axis]);
    let (signals, adc) = (both(signals, stations)?, both(adc, stations));
    let shared = Shared { placements, signals, adc, ranges, slice_axis: plan.slice_axis, nx: dims[0] };
    let Tally { n_body, n_both, mut differences, profiles } = shared.tally(dims);
    if n_both == 0 {
        return None;
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let spacing = plan.grid.spacing_mm();
    let profile = |n: usize, axis: usize| profiles[n][axis].iter().map(|&count| count as f64).collect::<Vec<f64>>();
    let shift = |axis: usize| match axis == plan.slice_axis {
        true => 0.0,
        false => shift_of(&profile(0, axis), &profile(1, axis)) * spacing[axis],
    };
    Some(Mismatch {
        stations: stations.map(|n| n + 1),
        n_voxels: n_both,
        adc_difference_um2_s: median(&mut differences),
        adc_absolute_difference_um2_s: median(&mut differences.iter().map(|d| d.abs()).collect()),
        outline_shift_mm: [0, 1, 2].map(shift),
        outline_dice: 2.0 * n_both as f64 / (n_body[0] + n_body[1]) as f64,
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
