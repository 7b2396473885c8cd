//! From a rule and its number to a signal threshold.
//!
//! Inputs  the high-b image, for the relative rules a mask of reference tissue on its grid, for the others the marrow (bone
//!         that is not excluded)
//! Output  the threshold in the image's signal unit, and what it was made of
//! Method  X is the number that goes with the rule.
//!         absolute         X itself
//!         reference-ratio  X times the mean of the reference
//!         reference-sd     mean + X SD (n - 1) of the reference
//!         healthy-sd       mean of the reference times (3.2 + 0.9 X), healthy marrow over muscle (Colombo 2021)
//!         robust           mode + X spreads of the patient's own marrow (see [`super::marrow_signal`])
//!         half-way         the share X of the way from the marrow's mode to the median of what is brighter than mode + 4
//!                          spreads, at least mode + 3 spreads: with 0.5 a voxel that is half lesion counts as lesion, which
//!                          leaves the volume right where a border is blurred
//!         mixture          where the brighter of two classes of ln S has probability X
//!         Voxels that are not finite are left out.
//! Limits  a mean over few reference voxels moves the threshold of the whole body; relative rules need stations of one
//!         intensity (see [`super::harmonise`](mod@super::harmonise)). Rules from the patient's own marrow find nothing where
//!         most of it is diseased, since disease is then the mode.

use super::DiffusionError;
use super::marrow_signal::{Bulk, Mixture};
use ndarray::{ArrayView3, Zip};
use std::str::FromStr;

/// Mean ratio of normal marrow to muscle at b = 900 s/mm2 (Colombo 2021); its mean + 2 SD is 5.0.
pub const NORMAL_MARROW_TO_MUSCLE: f64 = 3.2;
/// Its standard deviation between healthy subjects.
pub const NORMAL_MARROW_TO_MUSCLE_SD: f64 = 0.9;
/// Spreads above the mode from where on marrow counts as bright, and that a half-way threshold has at least.
const BRIGHT: f64 = 4.0;
const LEAST: f64 = 3.0;
/// Share of the marrow that must be bright for a half-way threshold to rest on it.
const ENOUGH_BRIGHT: f64 = 5e-4;

/// How the signal threshold is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignalRule {
    /// The threshold is a signal.
    Absolute,
    /// The threshold is a multiple of the reference region's mean.
    ReferenceRatio,
    /// The threshold is the reference region's mean plus a multiple of its standard deviation.
    ReferenceSd,
    /// The threshold is that of healthy marrow: mean plus a multiple of the standard deviation between subjects.
    HealthySd,
    /// The threshold is the mode of the patient's marrow plus a multiple of its spread.
    Robust,
    /// The threshold lies between the mode of the patient's marrow and its bright part.
    HalfWay,
    /// The threshold parts two classes of the patient's marrow.
    Mixture,
}

impl SignalRule {
    /// All rules.
    pub const ALL: [SignalRule; 7] = [
        SignalRule::Absolute,
        SignalRule::ReferenceRatio,
        SignalRule::ReferenceSd,
        SignalRule::HealthySd,
        SignalRule::Robust,
        SignalRule::HalfWay,
        SignalRule::Mixture,
    ];

    /// The word on the command line and in `study.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            SignalRule::Absolute => "absolute",
            SignalRule::ReferenceRatio => "reference-ratio",
            SignalRule::ReferenceSd => "reference-sd",
            SignalRule::HealthySd => "healthy-sd",
            SignalRule::Robust => "robust",
            SignalRule::HalfWay => "half-way",
            SignalRule::Mixture => "mixture",
        }
    }

    /// Whether the rule needs a reference region.
    pub const fn needs_reference(self) -> bool {
        matches!(self, SignalRule::ReferenceRatio | SignalRule::ReferenceSd | SignalRule::HealthySd)
    }

    /// Refuses a number that the rule cannot mean.
    pub(super) fn check(self, threshold: f64) -> Result<(), String> {
        let is_good = match self {
            SignalRule::ReferenceSd | SignalRule::HealthySd => threshold.is_finite(),
            SignalRule::HalfWay | SignalRule::Mixture => threshold > 0.0 && threshold < 1.0,
            _ => threshold > 0.0 && threshold.is_finite(),
        };
        match (is_good, self) {
            (true, _) => Ok(()),
            (false, SignalRule::HalfWay | SignalRule::Mixture) => {
                Err(format!("the threshold {threshold} of the rule {} is not between 0 and 1", self.name()))
            }
            (false, _) => Err(format!("the threshold {threshold} is no positive number")),
        }
    }
}

impl FromStr for SignalRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || SignalRule::ALL.map(SignalRule::name).join(", ");
        let found = SignalRule::ALL.into_iter().find(|rule| rule.name() == text);
        found.ok_or_else(|| format!("`{text}` is none of {}", names()))
    }
}

/// A threshold and what it was made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Threshold {
    /// Signal.
    pub signal: f64,
    /// Mean of the reference, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_mean: Option<f64>,
    /// The bulk of the marrow, for the rules that rest on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marrow: Option<Bulk>,
    /// Median of the bright marrow, for the half-way rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bright_median: Option<f64>,
    /// The two classes, for the mixture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mixture: Option<Mixture>,
}

/// The threshold as a signal, by the rule. `marrow` gives the positive signals of the marrow in ascending order; it is called
/// only where the rule needs them.
///
/// # Errors
/// [`DiffusionError::NoReference`] for a relative rule without a reference, [`DiffusionError::EmptyMask`] where the
/// reference holds no voxel with signal (two for a standard deviation) or the marrow too few,
/// [`DiffusionError::OneClass`] where the marrow has no two classes.
pub fn threshold_signal(
    rule: SignalRule,
    threshold: f64,
    signal: ArrayView3<'_, f32>,
    reference: Option<ArrayView3<'_, bool>>,
    marrow: impl FnOnce() -> Vec<f32>,
) -> Result<Threshold, DiffusionError> {
    let tissue = match reference {
        Some(reference) => {
            Some(mean_and_sd(signal, reference).ok_or(DiffusionError::EmptyMask { what: "reference mask" })?)
        }
        None if rule.needs_reference() => return Err(DiffusionError::NoReference { rule: rule.name() }),
        None => None,
    };
    let found = Threshold { reference_mean: tissue.map(|[mean, _]| mean), ..Threshold::default() };
    let of_reference = |value: &dyn Fn([f64; 2]) -> f64| {
        let signal = tissue.map(value).filter(|signal| signal.is_finite());
        Ok(Threshold { signal: signal.ok_or(DiffusionError::EmptyMask { what: "reference mask" })?, ..found })
    };
    match rule {
        SignalRule::Absolute => Ok(Threshold { signal: threshold, ..found }),
        SignalRule::ReferenceRatio => of_reference(&|[mean, _]| threshold * mean),
        SignalRule::ReferenceSd => of_reference(&|[mean, sd]| mean + threshold * sd),
        SignalRule::HealthySd => {
            of_reference(&|[mean, _]| mean * (NORMAL_MARROW_TO_MUSCLE + threshold * NORMAL_MARROW_TO_MUSCLE_SD))
        }
        SignalRule::Robust | SignalRule::HalfWay | SignalRule::Mixture => of_marrow(rule, threshold, found, &marrow()),
    }
}

fn of_marrow(rule: SignalRule, threshold: f64, found: Threshold, sorted: &[f32]) -> Result<Threshold, DiffusionError> {
    let too_few = DiffusionError::EmptyMask { what: "bone mask, as far as it is not excluded," };
    let bulk = Bulk::of(sorted).ok_or(too_few)?;
    let at = |spreads: f64| bulk.mode + spreads * bulk.spread;
    let found = Threshold { marrow: Some(bulk), ..found };
    match rule {
        SignalRule::Mixture => {
            let mixture = Mixture::of(sorted).ok_or(DiffusionError::OneClass)?;
            let signal = mixture.signal_at(threshold).ok_or(DiffusionError::OneClass)?;
            Ok(Threshold { signal, mixture: Some(mixture), ..found })
        }
        SignalRule::HalfWay => {
            let bright = &sorted[sorted.partition_point(|&v| f64::from(v) <= at(BRIGHT))..];
            if (bright.len() as f64) < ENOUGH_BRIGHT * sorted.len() as f64 || bright.is_empty() {
                return Ok(Threshold { signal: at(BRIGHT), ..found });
            }
            let median = f64::from(bright[bright.len() / 2]);
            let signal = (bulk.mode + threshold * (median - bulk.mode)).max(at(LEAST));
            Ok(Threshold { signal, bright_median: Some(median), ..found })
        }
        _ => Ok(Threshold { signal: at(threshold), ..found }),
    }
}

/// Mean and standard deviation (n - 1; NaN of one voxel) of the finite signals inside; none where there are none or their
/// mean is not positive.
fn mean_and_sd(signal: ArrayView3<'_, f32>, inside: ArrayView3<'_, bool>) -> Option<[f64; 2]> {
    let (mut n, mut sum, mut squares) = (0_usize, 0.0_f64, 0.0_f64);
    Zip::from(inside).and(signal).for_each(|&inside, &signal| {
        if inside && signal.is_finite() {
            n += 1;
            sum += f64::from(signal);
            squares += f64::from(signal) * f64::from(signal);
        }
    });
    let mean = sum / n as f64;
    let sd = ((squares - n as f64 * mean * mean).max(0.0) / (n as f64 - 1.0)).sqrt();
    (n > 0 && mean > 0.0).then_some([mean, sd])
}
