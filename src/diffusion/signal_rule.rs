//! From a rule and its number to a signal threshold.
//!
//! Inputs  the high-b image and, for the relative rules, a mask of reference tissue on its grid
//! Output  the threshold in the image's signal unit
//! Method  absolute: the number itself; reference-ratio: number x mean of the reference; reference-sd: mean + number x SD
//!         (n - 1). Voxels that are not finite are left out.
//! Limits  a mean over few reference voxels moves the threshold of the whole body; relative rules need stations of one
//!         intensity (see [`super::harmonise`](mod@super::harmonise))

use super::DiffusionError;
use ndarray::{ArrayView3, Zip};
use std::str::FromStr;

/// Mean ratio of normal marrow to muscle at b = 900 s/mm2 (Colombo 2021); its mean + 2 SD is 5.0.
pub const NORMAL_MARROW_TO_MUSCLE: f64 = 3.2;
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
}

impl SignalRule {
    /// All rules.
    pub const ALL: [SignalRule; 3] = [SignalRule::Absolute, SignalRule::ReferenceRatio, SignalRule::ReferenceSd];

    /// The word on the command line and in `study.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            SignalRule::Absolute => "absolute",
            SignalRule::ReferenceRatio => "reference-ratio",
            SignalRule::ReferenceSd => "reference-sd",
        }
    }
}

impl FromStr for SignalRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        SignalRule::ALL
            .into_iter()
            .find(|rule| rule.name() == text)
            .ok_or_else(|| format!("`{text}` is none of absolute, reference-ratio, reference-sd"))
    }
}

/// The threshold as a signal, by the rule.
///
/// # Errors
/// [`DiffusionError::NoReference`] for a relative rule without a reference, [`DiffusionError::EmptyMask`] where the
/// reference holds no voxel with signal (two for a standard deviation).
pub fn threshold_signal(
    rule: SignalRule,
    threshold: f64,
    signal: ArrayView3<'_, f32>,
    reference: Option<ArrayView3<'_, bool>>,
) -> Result<f64, DiffusionError> {
    if rule == SignalRule::Absolute {
        return Ok(threshold);
    }
    let reference = reference.ok_or(DiffusionError::NoReference { rule: rule.name() })?;
    let (mut n, mut sum, mut squares) = (0_usize, 0.0_f64, 0.0_f64);
    Zip::from(reference).and(signal).for_each(|&inside, &signal| {
        if inside && signal.is_finite() {
            n += 1;
            sum += f64::from(signal);
            squares += f64::from(signal) * f64::from(signal);
        }
    });
    let mean = sum / n as f64;
    if n == 0 || mean <= 0.0 {
        return Err(DiffusionError::EmptyMask { what: "reference mask" });
    }
    Ok(match rule {
        SignalRule::ReferenceSd if n > 1 => {
            let sd = ((squares - n as f64 * mean * mean).max(0.0) / (n as f64 - 1.0)).sqrt();
            mean + threshold * sd
        }
        SignalRule::ReferenceSd => return Err(DiffusionError::EmptyMask { what: "reference mask" }),
        _ => threshold * mean,
    })
}
