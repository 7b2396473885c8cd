//! Total diffusion volume: how many mL of bone are bright at high b and restricted in ADC, and where.
//!
//! Inputs  one high-b image (measured or computed, any signal scale), ADC in um2/s, a bone mask, masks to leave out, and
//!         for relative rules a reference mask; all on one grid
//! Output  lesion numbers (1 = largest), total in mL, global ADC (gADC) of what was selected, a lesion table, how many
//!         voxels each rule removed, and the total at the threshold +-10 and +-20 %
//! Method  `{v in bone, not excluded: S(v) > tau, ADC_low <= ADC(v) <= ADC_high, component >= m mL} x voxel volume`
//!         (Blackledge 2014, doi:10.1371/journal.pone.0091779). The voxel volume is the determinant of the grid, so slice
//!         *spacing* counts, not thickness. For tau see [`super::signal_rule`]; on request neighbours are made to agree
//!         (`mrf.rs`) and voxels at the edge of a lesion count by their share of it ([`super::edges`]): then volumes, and
//!         the volume that a component must reach, are those of the shares, ADC is that of the innermost voxels, and
//!         labels are of whole voxels.
//! Limits  normal marrow is not at muscle level: 3.2 +- 0.9 x muscle at b = 900 (Colombo 2021,
//!         doi:10.3390/diagnostics11050913), so a ratio of 1 marks all normal marrow. Masks decide more than the ADC
//!         window. The ADC of treated disease passes through high values before fat returns: read tDV and gADC together.

mod bone;

use super::DiffusionError;
use super::edges::{Edges, Volumes};
use super::lesion::{self, Found, Lesion};
use super::lesion_adc::GlobalAdc;
use super::marrow_signal::Bulk;
use super::mrf::regularised;
use super::signal_rule::{
    NORMAL_MARROW_TO_MUSCLE, NORMAL_MARROW_TO_MUSCLE_SD, SignalRule, Threshold, threshold_signal,
};
use crate::error::Warning;
use crate::image::{Grid, filled};
use crate::region::{ADC_CLASSES_UM2_S, Connectivity, Window, components};
use bone::{bounding_box, crop, excluded, marrow, marrow_signals};
use ndarray::{Array3, ArrayView3, Axis, Slice, Zip};

/// Factors on the threshold at which the total is repeated.
pub const SENSITIVITY_FACTORS: [f64; 4] = [0.8, 0.9, 1.1, 1.2];

/// Parameters of a segmentation. Rule and threshold have no default: they must be stated.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct TdvParams {
    /// How the signal threshold is set.
    pub rule: SignalRule,
    /// Signal, multiple of the mean, or multiple of the standard deviation, as the rule says.
    pub threshold: f64,
    /// Lowest ADC counted, um2/s.
    pub adc_low: Option<f64>,
    /// Highest ADC counted, um2/s.
    pub adc_high: Option<f64>,
    /// Smallest component counted, mL.
    pub min_volume_ml: f64,
    /// Neighbours that make a component.
    pub connectivity: Connectivity,
    /// Strength of the Markov random field that makes neighbours agree; 0 = none.
    pub mrf_beta: f64,
    /// Ascending cut points between classes of ADC, um2/s.
    pub adc_classes: Vec<f64>,
    /// How the voxels at the edge of a lesion count.
    pub edges: Edges,
}

impl TdvParams {
    /// A rule with its threshold, no ADC window, no smallest volume, 26 neighbours, no field, whole voxels.
    pub fn new(rule: SignalRule, threshold: f64) -> Self {
        TdvParams {
            rule,
            threshold,
            adc_low: None,
            adc_high: None,
            min_volume_ml: 0.0,
            connectivity: Connectivity::TwentySix,
            mrf_beta: 0.0,
            adc_classes: ADC_CLASSES_UM2_S.to_vec(),
            edges: Edges::Whole,
        }
    }

    fn check(&self) -> Result<(), DiffusionError> {
        let refuse = |problem: String| Err(DiffusionError::Parameter { problem });
        if let Err(problem) = self.rule.check(self.threshold) {
            return refuse(problem);
        }
        if !(self.mrf_beta >= 0.0 && self.mrf_beta.is_finite()) {
            return refuse(format!("a field of strength {} is negative or no number", self.mrf_beta));
        }
        if !self.adc_classes.is_sorted_by(|a, b| a < b) {
            return refuse("the cut points between classes of ADC do not ascend".to_owned());
        }
        if !(self.min_volume_ml >= 0.0 && self.min_volume_ml.is_finite()) {
            return refuse(format!("the smallest volume {} mL is negative or no number", self.min_volume_ml));
        }
        if let (Some(low), Some(high)) = (self.adc_low, self.adc_high)
            && low >= high
        {
            return refuse(format!("the ADC window {low} to {high} um2/s is empty"));
        }
        Ok(())
    }
}

/// What is segmented; every view on `grid`.
#[derive(Debug, Clone, Copy)]
pub struct TdvInput<'a> {
    /// Where the voxels lie.
    pub grid: &'a Grid,
    /// The high-b image.
    pub signal: ArrayView3<'a, f32>,
    /// ADC, um2/s; NaN where not measured.
    pub adc: ArrayView3<'a, f32>,
    /// Bone.
    pub bone: ArrayView3<'a, bool>,
    /// What is left out of bone: organs, hardware.
    pub exclude: &'a [ArrayView3<'a, bool>],
    /// Reference tissue of relative rules.
    pub reference: Option<ArrayView3<'a, bool>>,
}

/// Voxels of the bone mask that each rule removed, in the order in which the rules apply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Removed {
    /// In an exclusion mask.
    pub exclude: usize,
    /// At or below the threshold, or without signal.
    pub signal: usize,
    /// Bright, but ADC not measured.
    pub adc_missing: usize,
    /// Bright, but ADC outside the window.
    pub adc_window: usize,
    /// Bright, but unlike their neighbours (Markov random field).
    pub field: usize,
    /// Dark, but selected with their neighbours (Markov random field).
    pub added_by_field: usize,
    /// In a component smaller than the smallest volume.
    pub min_volume: usize,
}

/// The total at another threshold.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct SensitivityPoint {
    /// Factor on the threshold.
    pub factor: f64,
    /// Total diffusion volume, mL.
    pub total_ml: f64,
}

/// A segmentation and its numbers.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Tdv {
    /// Total diffusion volume, mL.
    pub total_ml: f64,
    /// Number of lesions (components).
    pub n_lesions: usize,
    /// Number of voxels selected.
    pub n_voxels: usize,
    /// Number of voxels that gADC is of: all, or with shared edges the innermost.
    pub n_adc_voxels: usize,
    /// Median ADC of everything selected, by volume, um2/s; none where nothing was.
    pub gadc_median_um2_s: Option<f64>,
    /// Mean ADC of everything selected, by volume, um2/s; none where nothing was.
    pub gadc_mean_um2_s: Option<f64>,
    /// The threshold as a signal.
    pub threshold_signal: f64,
    /// What the threshold was made of.
    pub threshold_from: Threshold,
    /// Volume of each class of ADC among what was selected.
    pub classes: Vec<Window>,
    /// Number of voxels of the bone mask.
    pub n_bone: usize,
    /// Their volume, mL.
    pub bone_ml: f64,
    /// What each rule removed.
    pub removed: Removed,
    /// The total at other thresholds.
    pub sensitivity: Vec<SensitivityPoint>,
    /// One row a lesion, the largest first.
    pub lesions: Vec<Lesion>,
    /// Lesion number of each voxel, 0 = none.
    #[serde(skip)]
    pub labels: Array3<i32>,
    /// What gADC is of, um2/s.
    #[serde(skip)]
    pub adc_values: Vec<f32>,
    /// What the reader must know.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
}

/// Segments bright, restricted bone and measures it.
///
/// # Errors
/// [`DiffusionError::Parameter`], [`DiffusionError::NoReference`] for a relative rule without a reference mask,
/// [`DiffusionError::EmptyMask`] for a bone or reference mask without a usable voxel.
pub fn segment(input: &TdvInput<'_>, params: &TdvParams) -> Result<Tdv, DiffusionError> {
    params.check()?;
    let bounds = bounding_box(input.bone).ok_or(DiffusionError::EmptyMask { what: "bone mask" })?;
    let sorted = || marrow_signals(&marrow(input, bounds));
    let mut threshold_from = threshold_signal(params.rule, params.threshold, input.signal, input.reference, sorted)?;
    let threshold = threshold_from.signal;
    let (eligible, n_bone, mut removed) = eligible_signal(input, params, bounds, threshold as f32);
    let voxel_ml = input.grid.voxel_volume_ml();
    let least = least_volume(params.min_volume_ml, voxel_ml);
    let shared = match params.edges {
        Edges::Whole => None,
        Edges::Shared => {
            let marrow = marrow(input, bounds);
            let bulk = threshold_from.marrow.or_else(|| Bulk::of(&marrow_signals(&marrow)));
            threshold_from.marrow = bulk;
            Some((marrow, bulk.ok_or(DiffusionError::EmptyMask { what: "bone mask, as far as it is not excluded," })?))
        }
    };
    let volumes_at = |threshold: f64| {
        let (components, sizes) = bright_components(eligible.view(), threshold, params);
        let volumes = match &shared {
            None => Volumes::whole(&sizes),
            Some((marrow, bulk)) => Volumes::shared(&components, &sizes, marrow.view(), threshold, *bulk),
        };
        (components, sizes, volumes)
    };

    let (components, sizes, volumes) = volumes_at(threshold);
    if params.mrf_beta > 0.0 {
        let pairs = || components.iter().zip(&eligible).map(|(&id, &signal)| (id > 0, signal > threshold as f32));
        removed.field = pairs().filter(|&(selected, bright)| bright && !selected).count();
        removed.added_by_field = pairs().filter(|&(selected, bright)| selected && !bright).count();
    }
    let is_kept = |volume: f64| volume >= least;
    removed.min_volume = sizes.iter().zip(&volumes.voxels).filter(|(_, v)| !is_kept(**v)).map(|(size, _)| size).sum();
    let numbers = lesion::by_size(&volumes.voxels, least);
    let origin = bounds.map(|[first, _]| first);
    let found =
        Found { components: &components, numbers: &numbers, volumes: &volumes.voxels, origin, grid: input.grid };
    let (lesions, values) = lesion::table(&found, crop(input.adc, bounds), params.edges);
    let n_voxels = lesions.iter().map(|lesion| lesion.n_voxels).sum();
    let gadc = GlobalAdc::of(&lesions, values, &params.adc_classes);
    let kept = |volumes: &Volumes| volumes.voxels.iter().filter(|v| is_kept(**v)).sum::<f64>();
    let total_ml = kept(&volumes) * voxel_ml;
    let n_without_contrast = (0..numbers.len()).filter(|&id| numbers[id] > 0 && volumes.without_contrast[id]).count();

    let sensitivity = SENSITIVITY_FACTORS
        .iter()
        .map(|&factor| SensitivityPoint { factor, total_ml: kept(&volumes_at(factor * threshold).2) * voxel_ml })
        .collect();

    let mut labels = filled(input.grid.dims, 0_i32);
    let mut window = labels.view_mut();
    for (axis, [first, last]) in bounds.into_iter().enumerate() {
        window.slice_axis_inplace(Axis(axis), Slice::from(first..=last));
    }
    Zip::from(&mut window).and(&components).for_each(|label, &id| *label = numbers[id as usize]);

    Ok(Tdv {
        total_ml,
        n_lesions: lesions.len(),
        n_voxels,
        n_adc_voxels: gadc.values.len(),
        gadc_median_um2_s: gadc.median,
        gadc_mean_um2_s: gadc.mean,
        threshold_signal: threshold,
        threshold_from,
        classes: gadc.classes,
        n_bone,
        bone_ml: n_bone as f64 * voxel_ml,
        removed,
        sensitivity,
        lesions,
        labels,
        adc_values: gadc.values,
        warnings: warnings(params, &threshold_from, [n_voxels, n_bone - removed.exclude], n_without_contrast),
    })
}

/// Smallest volume, in voxels, that reaches `min_ml`; a hair of tolerance so that 0.5 mL of 0.1 mL voxels are 5.
fn least_volume(min_ml: f64, voxel_ml: f64) -> f64 {
    (min_ml / voxel_ml - 1e-6).max(f64::MIN_POSITIVE)
}

/// Signal where everything but the signal rule holds, minus infinity elsewhere, inside the bone's bounding box; with the
/// number of bone voxels and what each rule removes at `threshold`.
fn eligible_signal(
    input: &TdvInput<'_>,
    params: &TdvParams,
    bounds: [[usize; 2]; 3],
    threshold: f32,
) -> (Array3<f32>, usize, Removed) {
    let low = params.adc_low.map_or(f32::NEG_INFINITY, |v| v as f32);
    let high = params.adc_high.map_or(f32::INFINITY, |v| v as f32);
    let dims = bounds.map(|[first, last]| last - first + 1);
    let excluded = excluded(input, bounds);
    let mut eligible = filled(dims, f32::NEG_INFINITY);
    let (mut n_bone, mut removed) = (0, Removed::default());
    Zip::from(&mut eligible)
        .and(crop(input.bone, bounds))
        .and(&excluded)
        .and(crop(input.signal, bounds))
        .and(crop(input.adc, bounds))
        .for_each(|eligible, &bone, &excluded, &signal, &adc| {
            if !bone {
                return;
            }
            n_bone += 1;
            if excluded {
                removed.exclude += 1;
                return;
            }
            let bright = signal > threshold;
            if !bright {
                removed.signal += 1;
            } else if !adc.is_finite() {
                removed.adc_missing += 1;
            } else if adc < low || adc > high {
                removed.adc_window += 1;
            }
            if signal.is_finite() && adc >= low && adc <= high && adc.is_finite() {
                *eligible = signal;
            }
        });
    (eligible, n_bone, removed)
}

/// Components of what lies above a threshold, and the size of each (index 0 = background, size 0).
fn bright_components(eligible: ArrayView3<'_, f32>, threshold: f64, params: &TdvParams) -> (Array3<i32>, Vec<usize>) {
    let threshold = threshold as f32;
    let mut bright = filled([eligible.shape()[0], eligible.shape()[1], eligible.shape()[2]], false);
    if params.mrf_beta > 0.0 {
        bright = regularised(eligible, threshold, params.mrf_beta as f32);
    } else {
        Zip::from(&mut bright).and(eligible).par_for_each(|bright, &signal| *bright = signal > threshold);
    }
    let (ids, n) = components(bright.view(), params.connectivity);
    let mut sizes = vec![0; n + 1];
    for &id in ids.t() {
        sizes[id as usize] += 1;
    }
    sizes[0] = 0;
    (ids, sizes)
}

fn warnings(
    params: &TdvParams,
    threshold: &Threshold,
    [n_selected, n_eligible_bone]: [usize; 2],
    n_without_contrast: usize,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if n_without_contrast > 0 {
        let message = format!(
            "{n_without_contrast} lesions are hardly brighter than the commonest marrow: counted in whole voxels, not by shares"
        );
        warnings.push(Warning::new("tdv-low-contrast", message));
    }
    if params.rule == SignalRule::HalfWay && threshold.bright_median.is_none() {
        let message = "too little marrow is brighter than its mode + 4 spreads: the threshold is put there";
        warnings.push(Warning::new("tdv-no-bright-marrow", message));
    }
    if let (Some(bulk), Some(mean)) = (threshold.marrow, threshold.reference_mean) {
        let (ratio, most) = (bulk.mode / mean, NORMAL_MARROW_TO_MUSCLE + 2.0 * NORMAL_MARROW_TO_MUSCLE_SD);
        if ratio > most {
            let message = format!(
                "the commonest signal of this marrow is {ratio:.1} times the reference (healthy: at most {most:.1}): most of \
                 it may be diseased, and a rule that takes it as normal misses that"
            );
            warnings.push(Warning::new("tdv-bright-marrow", message));
        }
    }
    if n_selected == 0 {
        warnings.push(Warning::new(
            "tdv-nothing-selected",
            "no bone voxel passes the rules: the total is 0 mL, gADC is missing",
        ));
    }
    if 2 * n_selected > n_eligible_bone {
        warnings.push(Warning::new(
            "tdv-half-of-bone",
            format!(
                "{n_selected} of {n_eligible_bone} bone voxels are selected: diffuse disease, or a threshold too low"
            ),
        ));
    }
    if params.rule == SignalRule::ReferenceRatio && params.threshold <= NORMAL_MARROW_TO_MUSCLE {
        warnings.push(Warning::new(
            "tdv-threshold-in-normal-marrow",
            format!(
                "normal marrow is {NORMAL_MARROW_TO_MUSCLE} times muscle at b = 900 s/mm2; a ratio of {} marks it (mean + 2 SD is 5.0)",
                params.threshold
            ),
        ));
    }
    warnings
}

#[cfg(test)]
mod tests;
