//! ROC curves, cut-offs and their comparisons.

use super::{Direction, Family};
use crate::error::Warning;
use serde::{Deserialize, Serialize};

/// `results/roc.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RocResults {
    /// One entry a marker, in the order given.
    pub curves: Vec<Curve>,
    /// All pairs of curves, on the patients that both have.
    pub comparisons: Vec<CurveComparison>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// One ROC curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Column, or the name of the model whose prediction it is.
    pub predictor: String,
    /// Its role in the plan.
    pub family: Family,
    /// Declared direction.
    pub direction: Direction,
    /// Patients of the positive class.
    pub n_positive: usize,
    /// Patients of the negative class.
    pub n_negative: usize,
    /// Area under the curve.
    pub auc: f64,
    /// DeLong standard error; null where it is zero or not defined.
    pub se: Option<f64>,
    /// Lower end of the 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub ci_high: Option<f64>,
    /// `logit-delong` or `newcombe`.
    pub ci_method: String,
    /// False-positive rate, from 0 to 1.
    pub fpr: Vec<f64>,
    /// True-positive rate at each `fpr`.
    pub tpr: Vec<f64>,
    /// Threshold that gives each point (null at the ends); compare in `direction`.
    pub thresholds: Vec<Option<f64>>,
    /// Chosen cut-offs.
    pub cutoffs: Vec<Cutoff>,
    /// Subjects left out for a missing value.
    pub missing: Vec<String>,
}

/// A cut-off with what it achieves on the data it was chosen on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cutoff {
    /// `youden`.
    pub rule: String,
    /// Threshold; positive is `>= threshold` for `higher`, `<= threshold` for `lower`.
    pub threshold: f64,
    /// Sensitivity with its Wilson interval.
    pub sensitivity: f64,
    /// Wilson 95 % interval of the sensitivity.
    pub sensitivity_ci: [f64; 2],
    /// Specificity.
    pub specificity: f64,
    /// Wilson 95 % interval of the specificity.
    pub specificity_ci: [f64; 2],
    /// Positive predictive value at the cohort's prevalence.
    pub ppv: Option<f64>,
    /// Negative predictive value at the cohort's prevalence.
    pub npv: Option<f64>,
}

/// Paired DeLong comparison of two curves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveComparison {
    /// First predictor.
    pub a: String,
    /// Second predictor.
    pub b: String,
    /// Patients with both.
    pub n: usize,
    /// AUC(a) - AUC(b) on those patients.
    pub difference: f64,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub ci_high: Option<f64>,
    /// z statistic.
    pub z: Option<f64>,
    /// Two-sided p.
    pub p: Option<f64>,
}
