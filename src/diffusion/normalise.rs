//! One gain that brings the signals of an examination to the level of another one of the same patient.
//!
//! Inputs    the composed series of both, each on its own grid (nothing is registered), their b-values; a mask of the same
//!           tissue in both for the reference, optional for the histogram
//! Output    the gain to multiply the first with, the gain that each b-value by itself asks for, and how well one gain serves
//! Reference other median over own median of the tissue (muscle, spinal canal), each b by itself
//! Histogram the median over the quantiles 10 to 90 % of the ratio of other to own quantile, each b by itself; over the masks, or
//!           over the body: what is brighter at the lowest common b than 0.4 times the median of all that is
//! Both      the geometric mean over the b-values. A receiver gain multiplies all b-values alike, so ADC is unchanged. The
//!           freer matching of all landmarks (Nyul 2000, doi:10.1109/42.836373) would change ADC, and would draw the quantiles
//!           of grown disease back to those before it grew
//! Limits    coils that see differently at the two visits need a field, not a gain; a histogram without masks wants the same
//!           part of the body in both

use super::DiffusionError;
use super::b_table::{distinct, list, same_b};
use super::sample::is_positive;
use crate::error::Warning;
use ndarray::{ArrayView3, ArrayView4, Axis, Zip};
use rayon::prelude::*;

/// Body is brighter than this share of its own median.
const BODY_SHARE: f32 = 0.4;
/// Quantiles whose ratios are compared.
const QUANTILES: std::ops::RangeInclusive<u32> = 2..=18;
/// Step of the quantiles.
const QUANTILE_STEP: f64 = 0.05;
/// Fewest voxels that a level can rest on.
const FEWEST: usize = 20;
/// b-values, or quantiles, that ask for gains further apart than this are a warning, percent.
const POOR_PCT: f64 = 15.0;

/// How the level of an examination is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Normalise {
    /// By the median of one tissue.
    Reference,
    /// By the quantiles of the body or of a mask.
    Histogram,
}

/// One examination.
#[derive(Debug, Clone, Copy)]
pub struct Examination<'a> {
    /// Signals, volumes last; NaN where not covered.
    pub series: ArrayView4<'a, f32>,
    /// b-value of each volume, s/mm2.
    pub b: &'a [f64],
    /// The tissue to compare, on the grid of the series.
    pub mask: Option<ArrayView3<'a, bool>>,
}

/// What one b-value by itself asks for.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct GainOfB {
    /// s/mm2.
    pub b: f64,
    /// Factor on the signals.
    pub gain: f64,
    /// Largest deviation of a quantile's ratio from that gain, percent; none of a reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantiles_off_pct: Option<f64>,
}

/// The gain and what it rests on.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Normalisation {
    /// How the levels were measured.
    pub how: Normalise,
    /// Factor on all signals of the examination.
    pub gain: f64,
    /// Of each b-value that both have.
    pub of_b: Vec<GainOfB>,
    /// Voxels compared, own and other.
    pub n_voxels: [usize; 2],
}

impl Normalisation {
    /// What the reader must know.
    pub fn warnings(&self) -> Vec<Warning> {
        let off = |one: &GainOfB| 100.0 * (one.gain / self.gain - 1.0).abs();
        let mut warnings = Vec::new();
        if let Some(worst) = self.of_b.iter().max_by(|a, b| off(a).total_cmp(&off(b))).filter(|one| off(one) > POOR_PCT)
        {
            let message = format!(
                "b = {} asks for a gain of {:.3}, all b-values together for {:.3}: the tissue or its noise differs between the visits",
                worst.b, worst.gain, self.gain
            );
            warnings.push(Warning::new("normalise-b-values-disagree", message));
        }
        let shape = self.of_b.iter().filter_map(|one| one.quantiles_off_pct).fold(0.0, f64::max);
        if shape > POOR_PCT {
            let message = format!(
                "the histograms differ in shape: after one gain a quantile is still {shape:.0} % off; compare the same part of \
                 the body, give masks, or use a reference tissue"
            );
            warnings.push(Warning::new("normalise-other-histogram", message));
        }
        warnings
    }
}

/// The gain that brings `own` to the level of `other`.
///
/// # Errors
/// [`DiffusionError::NoCommonB`]; [`DiffusionError::EmptyMask`] where fewer than 20 voxels have a signal to compare;
/// [`DiffusionError::Parameter`] for a reference without masks.
pub fn normalisation(
    own: &Examination<'_>,
    other: &Examination<'_>,
    how: Normalise,
) -> Result<Normalisation, DiffusionError> {
    if how == Normalise::Reference && (own.mask.is_none() || other.mask.is_none()) {
        let problem = "a reference tissue needs its mask in both examinations".to_owned();
        return Err(DiffusionError::Parameter { problem });
    }
    let has = |examination: &Examination<'_>, b: f64| examination.b.iter().any(|&value| same_b(value, b));
    let common: Vec<f64> = distinct(own.b).into_iter().filter(|&b| has(other, b)).collect();
    let Some(&lowest) = common.first() else {
        return Err(DiffusionError::NoCommonB { b: [list(own.b), list(other.b)] });
    };
    let cut = |one: &Examination<'_>| if one.mask.is_some() { f32::NEG_INFINITY } else { body_cut(one, lowest) };
    let cuts = [cut(own), cut(other)];
    let (mut of_b, mut n_voxels) = (Vec::new(), [0; 2]);
    for &b in &common {
        let levels = (signals(own, b, lowest, cuts[0]), signals(other, b, lowest, cuts[1]));
        let (Some(mine), Some(theirs)) = levels else {
            return Err(DiffusionError::EmptyMask { what: "tissue to compare between the examinations" });
        };
        n_voxels = [mine.len(), theirs.len()];
        let ratio = |q: f64| (quantile(&theirs, q) / quantile(&mine, q)).ln();
        of_b.push(match how {
            Normalise::Reference => GainOfB { b, gain: ratio(0.5).exp(), quantiles_off_pct: None },
            Normalise::Histogram => {
                let mut ratios: Vec<f64> = QUANTILES.map(|n| ratio(QUANTILE_STEP * f64::from(n))).collect();
                ratios.sort_by(f64::total_cmp);
                let middle = ratios[ratios.len() / 2];
                let off = ratios.iter().map(|ratio| (ratio - middle).exp_m1().abs()).fold(0.0, f64::max);
                GainOfB { b, gain: middle.exp(), quantiles_off_pct: Some(100.0 * off) }
            }
        });
    }
    let gain = (of_b.iter().map(|one| one.gain.ln()).sum::<f64>() / of_b.len() as f64).exp();
    Ok(Normalisation { how, gain, of_b, n_voxels })
}

/// The signal at one b above which a voxel is body, whatever the share of air: it rests where it is that share of the
/// median of what it leaves.
fn body_cut(examination: &Examination<'_>, b: f64) -> f32 {
    let Some(volume) = examination.b.iter().position(|&value| same_b(value, b)) else { return f32::INFINITY };
    let view = examination.series.index_axis(Axis(3), volume);
    let mut values: Vec<f32> = view.t().iter().copied().filter(|&signal| is_positive(signal)).collect();
    values.par_sort_unstable_by(f32::total_cmp);
    let Some(mut first) = values.len().checked_sub(1) else { return f32::INFINITY };
    // from the bright end on, so that the cut comes down to the body and not up from the air
    first = first * 9 / 10;
    let mut cut = f32::INFINITY;
    for _ in 0..100 {
        let next = BODY_SHARE * values[first + (values.len() - first) / 2];
        if next == cut {
            break;
        }
        cut = next;
        first = values.partition_point(|&value| value <= cut).min(values.len() - 1);
    }
    cut
}

/// Positive signals of the tissue at one b, ascending; none where they are too few.
fn signals(examination: &Examination<'_>, b: f64, lowest: f64, cut: f32) -> Option<Vec<f32>> {
    let at_lowest = examination.b.iter().position(|&value| same_b(value, lowest))?;
    let body = examination.series.index_axis(Axis(3), at_lowest);
    let mut found = Vec::new();
    for volume in (0..examination.b.len()).filter(|&volume| same_b(examination.b[volume], b)) {
        let view = examination.series.index_axis(Axis(3), volume);
        let mut keep = |signal: f32, body: f32| {
            if is_positive(signal) && body > cut {
                found.push(signal);
            }
        };
        match examination.mask {
            Some(mask) => Zip::from(view).and(body).and(mask).for_each(|&signal, &body, &inside| {
                if inside {
                    keep(signal, body);
                }
            }),
            None => Zip::from(view).and(body).for_each(|&signal, &body| keep(signal, body)),
        }
    }
    found.par_sort_unstable_by(f32::total_cmp);
    (found.len() >= FEWEST).then_some(found)
}

/// Quantile of ascending values, between the two nearest.
fn quantile(sorted: &[f32], q: f64) -> f64 {
    let at = (sorted.len() - 1) as f64 * q;
    let low = at.floor() as usize;
    let (a, b) = (f64::from(sorted[low]), f64::from(sorted[(low + 1).min(sorted.len() - 1)]));
    a + (at - low as f64) * (b - a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::filled;
    use ndarray::{Array3, Array4, ShapeBuilder};

    const B: [f64; 2] = [50.0, 900.0];

    /// A body of many tissues between air of 3; `margin` voxels of air around it, lesions in `n_lesion` of its slices.
    fn body(gain: f64, margin: usize, n_lesion: usize) -> Array4<f32> {
        let n = 24 + 2 * margin;
        Array4::from_shape_fn((n, n, 20, 2).f(), |(i, j, k, v)| {
            let inside = |a: usize| (margin..margin + 24).contains(&a);
            if !inside(i) || !inside(j) {
                return (gain * 3.0) as f32;
            }
            let (i, j) = (i - margin, j - margin);
            let lesion = k < n_lesion && i < 12;
            let s0 = if lesion { 900.0 } else { 150.0 + 6.0 * ((7 * i + 5 * j + 3 * k) % 41) as f64 };
            (gain * s0 * (-B[v] * if lesion { 900e-6 } else { 400e-6 }).exp()) as f32
        })
    }

    fn muscle(series: &Array4<f32>, margin: usize) -> Array3<bool> {
        let mut mask = filled([series.shape()[0], series.shape()[1], series.shape()[2]], false);
        mask.indexed_iter_mut().for_each(|((i, j, _), inside)| {
            *inside = (margin + 14..margin + 20).contains(&i) && j > margin + 6 && j < margin + 12
        });
        mask
    }

    #[test]
    fn a_known_gain_is_found_in_spite_of_lesions_and_more_air() {
        let (own, other) = (body(0.4, 5, 4), body(1.0, 9, 0));
        let masks = [muscle(&own, 5), muscle(&other, 9)];
        let of = |how: Normalise, masked: bool| {
            let [a, b] = [(&own, &masks[0]), (&other, &masks[1])].map(|(series, mask)| Examination {
                series: series.view(),
                b: &B,
                mask: masked.then(|| mask.view()),
            });
            normalisation(&a, &b, how).unwrap()
        };
        let reference = of(Normalise::Reference, true);
        assert!((reference.gain / 2.5 - 1.0).abs() < 1e-5 && reference.warnings().is_empty(), "{reference:?}");
        let histogram = of(Normalise::Histogram, true);
        assert!((histogram.gain / 2.5 - 1.0).abs() < 1e-5, "{histogram:?}");
        // a tenth of the body turned into lesions four times as bright
        let whole = of(Normalise::Histogram, false);
        assert!((whole.gain / 2.5 - 1.0).abs() < 0.08, "{whole:?}");
        assert_eq!(whole.of_b.len(), 2);
        assert!(whole.warnings().is_empty(), "{whole:?}");
        // a fifth of it: the upper quantiles are lesion at one visit and none at the other
        let many = body(0.4, 5, 8);
        let [a, b] = [&many, &other].map(|series| Examination { series: series.view(), b: &B, mask: None });
        let found = normalisation(&a, &b, Normalise::Histogram).unwrap();
        let said = found.warnings();
        assert!(said.iter().any(|warning| warning.slug == "normalise-other-histogram"), "{said:?}");
    }

    #[test]
    fn the_gain_of_equals_is_one_and_gains_undo_each_other() {
        let (own, other) = (body(0.7, 3, 2), body(1.9, 3, 2));
        let gain = |a: &Array4<f32>, b: &Array4<f32>| {
            let [a, b] = [a, b].map(|series| Examination { series: series.view(), b: &B, mask: None });
            normalisation(&a, &b, Normalise::Histogram).unwrap().gain
        };
        assert_eq!(gain(&own, &own), 1.0);
        assert!((gain(&own, &other) * gain(&other, &own) - 1.0).abs() < 1e-12);
        assert!((gain(&own, &other) / (1.9 / 0.7) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let series = body(1.0, 2, 0);
        let empty = filled([28, 28, 20], false);
        let plain = Examination { series: series.view(), b: &B, mask: None };
        let other_b = Examination { b: &[0.0, 600.0], ..plain };
        let no_voxel = Examination { mask: Some(empty.view()), ..plain };
        let of = |other: &Examination<'_>, how| normalisation(&plain, other, how).unwrap_err();
        assert!(matches!(of(&other_b, Normalise::Histogram), DiffusionError::NoCommonB { .. }));
        assert!(matches!(of(&no_voxel, Normalise::Histogram), DiffusionError::EmptyMask { .. }));
        assert!(matches!(of(&plain, Normalise::Reference), DiffusionError::Parameter { .. }));
    }

    #[test]
    fn b_values_that_disagree_are_named() {
        let own = body(1.0, 2, 0);
        let mut other = own.clone();
        other.index_axis_mut(Axis(3), 1).mapv_inplace(|signal| 2.0 * signal);
        let [a, b] = [&own, &other].map(|series| Examination { series: series.view(), b: &B, mask: None });
        let found = normalisation(&a, &b, Normalise::Histogram).unwrap();
        assert!((found.gain - 2.0_f64.sqrt()).abs() < 1e-6);
        assert_eq!(found.warnings()[0].slug, "normalise-b-values-disagree");
    }
}
