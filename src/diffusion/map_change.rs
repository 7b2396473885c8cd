//! Change of an ADC map between two visits, judged against repeatability, and lesions matched between them.
//!
//! Inputs  two ADC maps (um2/s) on one grid, NaN where not measured; their standard errors where known; a region; the lesion
//!         labels of both visits where there are any
//! Output  the change of the region's median, whether it is beyond repeatability; for each voxel -1 (fell), 0, +1 (rose); volumes
//!         of those; which lesions are new, gone, the same, merged or split
//! Method  a region's change is real where the log ratio of the medians leaves the repeatability: `exp(+- 2.77 wCV)` on the log
//!         scale, -33 % to +49 % for the test-retest variation of 14.5 % found in myeloma marrow (PMID 35867890). A voxel's is
//!         real where it leaves that and 1.96 times the root of the sum of both squared standard errors. Voxels at the border of
//!         the region are left out. Where nothing changed at most 5 % of the voxels are expected beyond the errors: the expected
//!         false share is the two-sided normal probability beyond the larger of the two limits, averaged over the voxels.
//!         Lesions match where they share a voxel.
//! Limits  both maps must lie on one grid already; nothing is registered here. ADC is not monotone with disease: no change of
//!         ADC alone is a response

use super::DiffusionError;
use crate::image::filled;
use crate::region::Sorted;
use ndarray::{Array3, ArrayView3, Zip};
use statrs::distribution::{ContinuousCDF, Normal};
use std::collections::{BTreeMap, BTreeSet};

/// Within-subject coefficient of variation of marrow ADC between two examinations (PMID 35867890).
pub const MARROW_WCV: f64 = 0.145;

/// Parameters of a comparison.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct MapChangeParams {
    /// Within-subject coefficient of variation, a fraction.
    pub wcv: f64,
    /// Leave out voxels of the region that touch its border.
    pub without_border: bool,
}

impl Default for MapChangeParams {
    fn default() -> Self {
        MapChangeParams { wcv: MARROW_WCV, without_border: true }
    }
}

impl MapChangeParams {
    /// Ratios of follow-up to baseline that repeatability allows: 1 / r to r, with `r = exp(1.96 sqrt(2) s)` and
    /// `s = sqrt(ln(1 + wcv^2))`, the standard deviation on the log scale.
    pub fn ratio_limits(&self) -> [f64; 2] {
        let log = 1.96 * std::f64::consts::SQRT_2 * self.wcv.powi(2).ln_1p().sqrt();
        [(-log).exp(), log.exp()]
    }
}

/// What is compared; every view on one grid.
#[derive(Debug, Clone, Copy)]
pub struct MapChangeInput<'a> {
    /// ADC at baseline and follow-up, um2/s.
    pub adc: [ArrayView3<'a, f32>; 2],
    /// Their standard errors, um2/s.
    pub standard_error: Option<[ArrayView3<'a, f32>; 2]>,
    /// Where to compare.
    pub region: ArrayView3<'a, bool>,
}

/// The change of a region and of its voxels.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct MapChange {
    /// Median ADC at baseline and follow-up over the voxels measured at both, um2/s.
    pub median_um2_s: [f64; 2],
    /// Follow-up over baseline minus 1, percent.
    pub change_pct: f64,
    /// Lowest and highest change that repeatability allows, percent.
    pub repeatability_pct: [f64; 2],
    /// Whether the change of the median is beyond repeatability.
    pub is_beyond_repeatability: bool,
    /// Voxels compared, and left out because one visit did not measure them.
    pub n_voxels: usize,
    /// See `n_voxels`.
    pub n_missing: usize,
    /// Voxels that fell, stayed and rose.
    pub n_fell_same_rose: [usize; 3],
    /// Share of the voxels with a standard error that would leave the limits if nothing had changed; none where none has one.
    pub expected_false_share: Option<f64>,
    /// -1 fell, +1 rose, 0 stayed or was not compared.
    #[serde(skip)]
    pub map: Array3<i32>,
}

/// Compares two maps over a region.
///
/// # Errors
/// [`DiffusionError::Parameter`] for a coefficient of variation that is none, [`DiffusionError::EmptyMask`] where no voxel of the
/// region was measured at both visits.
pub fn map_change(input: &MapChangeInput<'_>, params: &MapChangeParams) -> Result<MapChange, DiffusionError> {
    if !(params.wcv > 0.0 && params.wcv < 1.0) {
        let problem = format!("a coefficient of variation of {} is not between 0 and 1", params.wcv);
        return Err(DiffusionError::Parameter { problem });
    }
    let [low, high] = params.ratio_limits();
    let region = if params.without_border { inner(input.region) } else { input.region.to_owned() };
    let shape = input.region.shape();
    let mut map = filled([shape[0], shape[1], shape[2]], 0);
    let (mut values, mut n_missing, mut n_moved) = ([Vec::new(), Vec::new()], 0, [0_usize; 2]);
    let (normal, mut false_share, mut n_with_error) = (Normal::standard(), 0.0, 0_usize);
    for (at, _) in region.indexed_iter().filter(|(_, inside)| **inside) {
        let [before, after] = input.adc.map(|adc| f64::from(adc[at]));
        if !(before > 0.0 && after > 0.0 && before.is_finite() && after.is_finite()) {
            n_missing += 1;
            continue;
        }
        values[0].push(before as f32);
        values[1].push(after as f32);
        let error = input.standard_error.map(|errors| errors.map(|map| f64::from(map[at])));
        let error = error.map(|[a, b]| a.hypot(b)).filter(|error| error.is_finite());
        let change = after - before;
        let beyond_error = error.is_none_or(|error| change.abs() > 1.96 * error);
        if beyond_error && (after / before < low || after / before > high) {
            map[at] = if change < 0.0 { -1 } else { 1 };
            n_moved[usize::from(change > 0.0)] += 1;
        }
        if let Some(error) = error.filter(|&error| error > 0.0) {
            let tail = |limit: f64| normal.sf((limit / error).max(1.96));
            false_share += tail((1.0 - low) * before) + tail((high - 1.0) * before);
            n_with_error += 1;
        }
    }
    let n_voxels = values[0].len();
    if n_voxels == 0 {
        return Err(DiffusionError::EmptyMask { what: "region, as far as both visits measured it," });
    }
    let median_um2_s = values.map(|values| Sorted::of(&values).percentile(50.0));
    let ratio = median_um2_s[1] / median_um2_s[0];
    Ok(MapChange {
        median_um2_s,
        change_pct: 100.0 * (ratio - 1.0),
        repeatability_pct: [low, high].map(|limit| 100.0 * (limit - 1.0)),
        is_beyond_repeatability: ratio < low || ratio > high,
        n_voxels,
        n_missing,
        n_fell_same_rose: [n_moved[0], n_voxels - n_moved[0] - n_moved[1], n_moved[1]],
        expected_false_share: (n_with_error > 0).then(|| false_share / n_with_error as f64),
        map,
    })
}

/// The region without the voxels of which a face touches something else.
fn inner(region: ArrayView3<'_, bool>) -> Array3<bool> {
    let shape = [region.shape()[0], region.shape()[1], region.shape()[2]];
    let mut inner = filled(shape, false);
    Zip::indexed(&mut inner).and(region).par_for_each(|(i, j, k), inner, &inside| {
        let at = [i, j, k];
        let neighbour = |axis: usize, step: isize| {
            let mut other = at;
            match at[axis].checked_add_signed(step).filter(|&place| place < shape[axis]) {
                Some(place) => {
                    other[axis] = place;
                    region[other]
                }
                // the image ends: unknown, so no border
                None => true,
            }
        };
        *inner = inside && (0..3).all(|axis| neighbour(axis, -1) && neighbour(axis, 1));
    });
    inner
}

/// What became of lesions between two visits.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct LesionMatch {
    /// `new`, `gone`, `matched`, `merged` (several became one), `split` (one became several) or `mixed`.
    pub fate: &'static str,
    /// Lesion numbers at baseline.
    pub baseline: Vec<i32>,
    /// Lesion numbers at follow-up.
    pub followup: Vec<i32>,
    /// Voxels at baseline and follow-up.
    pub n_voxels: [usize; 2],
}

/// Number of voxels of each lesion.
pub fn lesion_sizes(labels: ArrayView3<'_, i32>) -> BTreeMap<i32, usize> {
    let mut sizes = BTreeMap::new();
    for &label in labels.t().iter().filter(|label| **label > 0) {
        *sizes.entry(label).or_default() += 1;
    }
    sizes
}

/// Matches lesions that share a voxel of one grid; ordered by their lowest numbers, baseline first. `sizes` are those of the
/// label maps as they were made, so that a lesion that a change of grid lost is still counted.
pub fn match_lesions(
    baseline: ArrayView3<'_, i32>,
    followup: ArrayView3<'_, i32>,
    sizes: &[BTreeMap<i32, usize>; 2],
) -> Vec<LesionMatch> {
    let mut shared: BTreeSet<(i32, i32)> = BTreeSet::new();
    Zip::from(baseline).and(followup).for_each(|&a, &b| {
        if a > 0 && b > 0 {
            shared.insert((a, b));
        }
    });
    // groups of lesions that hang together, grown from each lesion in turn
    let mut left: BTreeSet<(usize, i32)> =
        (0..2).flat_map(|visit| sizes[visit].keys().map(move |&label| (visit, label))).collect();
    let mut found = Vec::new();
    while let Some(first) = left.pop_first() {
        let (mut group, mut open) = ([BTreeSet::new(), BTreeSet::new()], vec![first]);
        while let Some((visit, label)) = open.pop() {
            group[visit].insert(label);
            let partner = |&(a, b): &(i32, i32)| match visit {
                0 if a == label => Some((1, b)),
                1 if b == label => Some((0, a)),
                _ => None,
            };
            open.extend(shared.iter().filter_map(partner).filter(|other| left.remove(other)));
        }
        let [before, after] = group.each_ref().map(BTreeSet::len);
        let fate = match (before, after) {
            (0, _) => "new",
            (_, 0) => "gone",
            (1, 1) => "matched",
            (_, 1) => "merged",
            (1, _) => "split",
            _ => "mixed",
        };
        let n = |visit: usize| group[visit].iter().filter_map(|label| sizes[visit].get(label)).sum();
        let n_voxels = [n(0), n(1)];
        let [baseline, followup] = group.map(|labels| labels.into_iter().collect());
        found.push(LesionMatch { fate, baseline, followup, n_voxels });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marrow_repeatability_is_that_of_print() {
        let [low, high] = MapChangeParams::default().ratio_limits().map(|limit| 100.0 * (limit - 1.0));
        assert!((low + 33.0).abs() < 0.5 && (high - 49.0).abs() < 0.8, "{low} {high}");
    }

    fn cube(value: impl Fn(usize, usize, usize) -> f32) -> Array3<f32> {
        let mut map = filled([8, 8, 8], 0.0);
        map.indexed_iter_mut().for_each(|((i, j, k), v)| *v = value(i, j, k));
        map
    }

    #[test]
    fn a_change_counts_beyond_repeatability_and_error_alone() {
        let before = cube(|_, _, _| 700.0);
        // rises by 60 % in one half, by 20 % in the other; one voxel not measured
        let after = cube(|i, j, k| {
            if [i, j, k] == [2, 2, 2] {
                f32::NAN
            } else if i < 4 {
                1120.0
            } else {
                840.0
            }
        });
        let region = filled([8, 8, 8], true);
        let compare = |error: Option<f32>| {
            let errors = error.map(|error| [cube(|_, _, _| error), cube(|_, _, _| error)]);
            let input = MapChangeInput {
                adc: [before.view(), after.view()],
                standard_error: errors.as_ref().map(|[a, b]| [a.view(), b.view()]),
                region: region.view(),
            };
            map_change(&input, &MapChangeParams::default()).unwrap()
        };
        let plain = compare(None);
        assert_eq!((plain.n_voxels, plain.n_missing, plain.n_fell_same_rose), (511, 1, [0, 256, 255]));
        assert!(!plain.is_beyond_repeatability && plain.expected_false_share.is_none());
        assert_eq!((plain.map[[1, 1, 1]], plain.map[[6, 1, 1]]), (1, 0));
        // 420 um2/s are less than 1.96 x 300 um2/s
        let noisy = compare(Some(212.2));
        assert_eq!(noisy.n_fell_same_rose, [0, 511, 0]);
        // both limits are those of the error: 2 x P(z > 1.96)
        assert!((noisy.expected_false_share.unwrap() - 0.049_995_79).abs() < 1e-6);
        // errors so small that repeatability alone decides: -33 % and +49 % of 700 at 100 um2/s
        let [low, high] = MapChangeParams::default().ratio_limits().map(|ratio| (ratio - 1.0).abs() * 7.0);
        assert!((low - 2.31).abs() < 0.02 && (high - 3.46).abs() < 0.06, "{low} {high}");
        let quiet = compare(Some(100.0 / 2.0_f32.sqrt()));
        assert!((quiet.expected_false_share.unwrap() - 0.010_818_17).abs() < 1e-6, "{:?}", quiet.expected_false_share);
    }

    #[test]
    fn the_border_and_an_empty_region_do_not_count() {
        let map = cube(|_, _, _| 700.0);
        let mut region = filled([8, 8, 8], false);
        region.indexed_iter_mut().for_each(|((i, j, k), v)| *v = [i, j, k].iter().all(|n| (2..6).contains(n)));
        let input = |region| MapChangeInput { adc: [map.view(), map.view()], standard_error: None, region };
        assert_eq!(map_change(&input(region.view()), &MapChangeParams::default()).unwrap().n_voxels, 8);
        let empty = filled([8, 8, 8], false);
        assert!(map_change(&input(empty.view()), &MapChangeParams::default()).is_err());
    }

    #[test]
    fn lesions_are_new_gone_merged_and_split() {
        let line = |labels: [i32; 12]| Array3::from_shape_vec((12, 1, 1), labels.to_vec()).unwrap();
        let before = line([1, 1, 0, 2, 0, 3, 3, 3, 0, 4, 0, 0]);
        let after = line([5, 5, 5, 5, 0, 6, 0, 7, 0, 0, 0, 8]);
        let sizes = [&before, &after].map(|labels| lesion_sizes(labels.view()));
        let found = match_lesions(before.view(), after.view(), &sizes);
        let fates: Vec<_> = found.iter().map(|m| (m.fate, m.baseline.as_slice(), m.followup.as_slice())).collect();
        assert_eq!(
            fates,
            [
                ("merged", &[1, 2][..], &[5][..]),
                ("split", &[3][..], &[6, 7][..]),
                ("gone", &[4][..], &[][..]),
                ("new", &[][..], &[8][..]),
            ]
        );
        assert_eq!(found[0].n_voxels, [3, 4]);
    }
}
