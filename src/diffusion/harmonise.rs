//! One intensity gain a station, from what neighbouring stations show where they overlap.
//!
//! Method  the ratio of the sums of the two stations' signals over the tissue they share, in all b-values together: one gain a
//!         station, the same for every b, so that ADC does not change. Sums and not a median of ratios: signals of a few
//!         units are rounded to whole numbers, and ratios of such numbers crowd at 1. Left out is what lies farther from the
//!         median log-ratio than three of its spreads (at least a factor of 1.5): moved edges, artefacts. Gains are chained
//!         from the middle station (gain 1), which keeps the chain short. Tissue = geometric mean of the two above a quarter
//!         of its 99th percentile, a rule that does not depend on the gain.
//! Limits  a gain that varies within a station (coil sensitivity) is not seen; motion between stations widens the spread
//!         that is reported

use super::DiffusionError;
use super::compose::{LEFT_OUT, RowPair, dropped_slices};
use super::stations::Plan;
use ndarray::{ArrayView3, ArrayView4, Axis};
use rayon::prelude::*;

/// Share of the 99th percentile of the geometric mean above which a voxel counts as tissue.
const TISSUE_SHARE: f32 = 0.25;
/// Fewest voxel values from which a gain is taken.
const FEWEST: usize = 50;
/// Distance from the median log-ratio up to which a value counts: in standard deviations of a normal distribution, and at least.
const REACH_SD: f64 = 3.0;
const LEAST_REACH: f64 = 0.405;
/// Half the interquartile range of a normal distribution, in standard deviations.
const HALF_IQR_TO_SD: f64 = 0.6745;

/// What is done about different intensities of the stations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Harmonise {
    /// Nothing: signals stay as they are.
    #[default]
    None,
    /// One gain a station from the overlaps.
    Overlap,
}

/// What two neighbouring stations show where they overlap.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Overlap {
    /// The two stations in the caller's order, counted from 1, superior first.
    pub stations: [usize; 2],
    /// Number of composed slices that both cover.
    pub n_slices: usize,
    /// Number of tissue values compared, over all b-values.
    pub n_values: usize,
    /// Ratio of the superior to the inferior station's signal; none where too little tissue is shared.
    pub ratio: Option<f64>,
    /// Half the interquartile range of the log-ratio: how well the two agree up to that ratio.
    pub log_spread: Option<f64>,
    /// Slices left out at each end for the fall of the signal at the edge.
    pub n_dropped: usize,
}

/// Compares neighbouring stations where they overlap. `stations` in the caller's order, equal b-values in equal order.
pub fn overlaps(plan: &Plan, stations: &[ArrayView4<'_, f32>]) -> Vec<Overlap> {
    plan.shared_slices()
        .into_iter()
        .map(|([a, b], shared)| {
            let numbers = [a, b].map(|n| plan.placements[n].station);
            let n_volumes = numbers.iter().map(|&n| stations[n].shape()[3]).min().unwrap_or(0);
            let signals: Vec<[f32; 2]> = match shared {
                None => Vec::new(),
                Some(slices) => (0..n_volumes)
                    .flat_map(|volume| {
                        let views = numbers.map(|n| stations[n].index_axis(Axis(3), volume));
                        tissue_signals(plan, [a, b], &views, slices)
                    })
                    .collect(),
            };
            let compared = (signals.len() >= FEWEST).then(|| ratio_and_spread(&signals));
            Overlap {
                stations: numbers.map(|n| n + 1),
                n_slices: shared.map_or(0, |[first, last]| last - first + 1),
                n_values: signals.len(),
                ratio: compared.map(|(ratio, _)| ratio),
                log_spread: compared.map(|(_, spread)| spread),
                n_dropped: shared.map_or(0, |[first, last]| dropped_slices((last - first + 1) as f64)),
            }
        })
        .collect()
}

/// Ratio of the sums of what lies near the median log-ratio, and half the interquartile range of all log-ratios.
fn ratio_and_spread(signals: &[[f32; 2]]) -> (f64, f64) {
    let log_ratios: Vec<f32> = signals.par_iter().map(|[a, b]| (a / b).ln()).collect();
    let mut sorted = log_ratios.clone();
    sorted.par_sort_unstable_by(f32::total_cmp);
    let [lower, median, upper] =
        [0.25, 0.5, 0.75].map(|q| f64::from(sorted[((sorted.len() - 1) as f64 * q).round() as usize]));
    let spread = 0.5 * (upper - lower);
    let reach = (REACH_SD * spread / HALF_IQR_TO_SD).max(LEAST_REACH);
    let near = signals.iter().zip(&log_ratios).filter(|(_, log)| (f64::from(**log) - median).abs() <= reach);
    let [a, b] = near.fold([0.0, 0.0], |[a, b], (pair, _)| [a + f64::from(pair[0]), b + f64::from(pair[1])]);
    (a / b, spread)
}

/// Signals of two placements over the tissue of the slices they share, in one volume.
fn tissue_signals(
    plan: &Plan,
    pair: [usize; 2],
    views: &[ArrayView3<'_, f32>; 2],
    slices: [usize; 2],
) -> Vec<[f32; 2]> {
    let [nx, ny, nz] = plan.grid.dims;
    let mut ranges = [0..nx, 0..ny, 0..nz];
    ranges[plan.slice_axis] = slices[0]..(slices[1] + 1).min(plan.grid.dims[plan.slice_axis]);
    let [along_i, along_j, along_k] = ranges;
    let placements = pair.map(|n| &plan.placements[n]);
    let signals: Vec<[f32; 2]> = along_k
        .into_par_iter()
        .flat_map_iter(|k| {
            let mut rows = RowPair::new(nx);
            let mut signals = Vec::new();
            for j in along_j.clone() {
                rows.read(placements, views, [j, k], plan.slice_axis);
                let RowPair { values: [a, b], weights: [of_a, of_b] } = &rows;
                for i in along_i.clone() {
                    let both = a[i] > 0.0 && b[i] > 0.0 && a[i].is_finite() && b[i].is_finite();
                    if both && of_a[i] > LEFT_OUT && of_b[i] > LEFT_OUT {
                        signals.push([a[i], b[i]]);
                    }
                }
            }
            signals
        })
        .collect();
    if signals.is_empty() {
        return Vec::new();
    }
    let mut means: Vec<f32> = signals.iter().map(|[a, b]| (a * b).sqrt()).collect();
    let rank = ((means.len() - 1) as f64 * 0.99) as usize;
    let tissue = TISSUE_SHARE * *means.select_nth_unstable_by(rank, f32::total_cmp).1;
    signals.into_iter().filter(|[a, b]| (a * b).sqrt() > tissue).collect()
}

/// Gain of each station (in the caller's order) that brings all to the level of the middle one.
///
/// # Errors
/// [`DiffusionError::NoOverlap`] where neighbours share too little tissue.
pub fn gains(plan: &Plan, overlaps: &[Overlap], how: Harmonise) -> Result<Vec<f64>, DiffusionError> {
    let n = plan.placements.len();
    let mut by_place = vec![1.0; n];
    if how == Harmonise::Overlap {
        let ratio =
            |pair: usize| overlaps[pair].ratio.ok_or(DiffusionError::NoOverlap { pair: overlaps[pair].stations });
        for place in n / 2 + 1..n {
            by_place[place] = by_place[place - 1] * ratio(place - 1)?;
        }
        for place in (0..n / 2).rev() {
            by_place[place] = by_place[place + 1] / ratio(place)?;
        }
    }
    let mut by_station = vec![1.0; n];
    for (placement, gain) in plan.placements.iter().zip(by_place) {
        by_station[placement.station] = gain;
    }
    Ok(by_station)
}

#[cfg(test)]
mod tests {
    use super::super::stations::plan;
    use super::*;
    use crate::image::Grid;
    use ndarray::{Array4, ShapeBuilder};

    #[test]
    fn known_gains_are_found_whatever_the_order() {
        let z = [40.0, 16.0, -8.0];
        let scanner_gain = [0.8, 1.0, 1.25];
        for order in [[0, 1, 2], [2, 0, 1]] {
            let grids = order.map(|n| Grid::axis_aligned([12, 12, 10], [2.0, 2.0, 4.0], [0.0, 0.0, z[n]]));
            let series = order.map(|n| {
                Array4::from_shape_fn((12, 12, 10, 2).f(), |(i, j, k, v)| {
                    let world = z[n] + 4.0 * k as f64;
                    let tissue = 200.0 + 10.0 * ((i + 3 * j) % 7) as f64 + world;
                    (scanner_gain[n] * tissue * (-0.9 * v as f64).exp()) as f32
                })
            });
            let plan = plan(&grids, false).unwrap();
            let overlaps = overlaps(&plan, &series.each_ref().map(|s| s.view()));
            assert!(overlaps.iter().all(|overlap| overlap.n_slices == 4));
            let gains = gains(&plan, &overlaps, Harmonise::Overlap).unwrap();
            for (gain, n) in gains.iter().zip(order) {
                assert!((gain * scanner_gain[n] - 1.0).abs() < 1e-4, "{gains:?}");
            }
        }
    }

    #[test]
    fn small_whole_numbers_do_not_hide_a_gain_and_moved_edges_do_not_make_one() {
        // tissue of 3 to 9 units, rounded as scanners store it: most ratios of such numbers are exactly 1
        let tissue = |n: usize| 3.0 + 6.0 * ((n * 7919) % 1009) as f32 / 1008.0;
        let mut signals: Vec<[f32; 2]> = (0..5000).map(|n| [(1.06 * tissue(n)).round(), tissue(n).round()]).collect();
        let (ratio, _) = ratio_and_spread(&signals);
        assert!((ratio / 1.06 - 1.0).abs() < 0.005, "{ratio}");
        signals.extend((0..500).map(|n| [8.0 * tissue(n), tissue(n)]));
        let (with_edges, _) = ratio_and_spread(&signals);
        assert!((with_edges / ratio - 1.0).abs() < 1e-6, "{with_edges}");
    }

    #[test]
    fn stations_without_overlap_have_no_gain() {
        let grids = [40.0, 0.0].map(|z| Grid::axis_aligned([4, 4, 5], [2.0, 2.0, 4.0], [0.0, 0.0, z]));
        let series = Array4::from_elem((4, 4, 5, 1).f(), 100.0_f32);
        let plan = plan(&grids, false).unwrap();
        let overlaps = overlaps(&plan, &[series.view(), series.view()]);
        assert_eq!(overlaps[0].n_slices, 0);
        assert!(gains(&plan, &overlaps, Harmonise::Overlap).is_err());
        assert_eq!(gains(&plan, &overlaps, Harmonise::None).unwrap(), [1.0, 1.0]);
    }
}
