//! Validation of a model.

use crate::error::Warning;
use serde::{Deserialize, Serialize};

/// `results/validate.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ValidateResults {
    /// The model that was validated: its terms.
    pub model: Vec<String>,
    /// Estimator, refitted in every resample.
    pub method: String,
    /// Seed of the resampling.
    pub seed: u64,
    /// One entry a scheme and metric.
    pub schemes: Vec<Scheme>,
    /// Bootstrap-corrected calibration.
    pub calibration: Option<Calibration>,
    /// Groups of predicted risk with what was seen, on leave-one-out predictions or on other patients.
    #[serde(default)]
    pub calibration_curve: Vec<CalibrationGroup>,
    /// Decision curve on leave-one-out predictions, or on other patients.
    pub decision_curve: Vec<NetBenefit>,
    /// The declared plan; that of the saved model on other patients.
    #[serde(default)]
    pub plan: Option<super::PlanStamp>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// One metric under one validation scheme.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Scheme {
    /// `bootstrap-optimism`, `leave-pair-out`, `k-fold` (mean of the folds' areas), `leave-one-out-pooled` (biased),
    /// `permutation-null` (leave-pair-out with shuffled outcomes: their mean, and p of the value seen), `external`.
    pub scheme: String,
    /// `auc`, `brier`, `calibration_slope`, `youden_j`; outside also `brier_scaled`, `observed_expected_ratio`,
    /// `calibration_intercept`, `sensitivity_at_locked_cutoff`, `specificity_at_locked_cutoff`.
    pub metric: String,
    /// Value on the data the model was fitted on.
    pub apparent: Option<f64>,
    /// Mean optimism over resamples.
    pub optimism: Option<f64>,
    /// Corrected (or cross-validated) value.
    pub corrected: Option<f64>,
    /// Lower end of the 95 % interval, where the scheme has one.
    pub ci_low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub ci_high: Option<f64>,
    /// Resamples drawn.
    pub n_resamples: usize,
    /// Resamples in which the model could not be estimated.
    pub n_not_estimable: usize,
    /// Resamples whose data were separated (kept by Firth).
    pub n_separated: usize,
    /// p, where the scheme is a test.
    #[serde(default)]
    pub p: Option<f64>,
}

/// Patients of similar predicted risk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationGroup {
    /// Mean predicted risk.
    pub predicted: f64,
    /// Observed share of events.
    pub observed: f64,
    /// Lower end of its Wilson 95 % interval.
    pub ci_low: f64,
    /// Upper end.
    pub ci_high: f64,
    /// Patients.
    pub n: usize,
}

/// Calibration of the predicted probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Calibration in the large: intercept with the slope fixed at 1.
    pub intercept: Option<f64>,
    /// Slope of the outcome on the linear predictor.
    pub slope: Option<f64>,
}

/// Net benefit at one threshold probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetBenefit {
    /// Threshold probability.
    pub threshold: f64,
    /// Net benefit of the model.
    pub net_benefit: f64,
    /// Net benefit of treating all.
    pub treat_all: f64,
}
