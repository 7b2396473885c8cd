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
    /// Three or more curves at once, on the patients that have all.
    #[serde(default)]
    pub global: Option<GlobalComparison>,
    /// Curves of one marker in independent groups.
    #[serde(default)]
    pub groups: Vec<CurveComparison>,
    /// The declared plan; without one everything is exploratory.
    #[serde(default)]
    pub plan: Option<super::PlanStamp>,
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
    /// `logit-delong` unless another was asked for; `newcombe` at an area of 0 or 1.
    pub ci_method: String,
    /// z of the area against one half, by DeLong's standard error.
    #[serde(default)]
    pub z_half: Option<f64>,
    /// Its two-sided p.
    #[serde(default)]
    pub p_half: Option<f64>,
    /// Pairs of a positive and a negative patient with equal values.
    #[serde(default)]
    pub tied_pairs: u64,
    /// Every interval of the area, the default first.
    #[serde(default)]
    pub intervals: Vec<NamedInterval>,
    /// Areas under parts of the curve.
    #[serde(default)]
    pub parts: Vec<PartialArea>,
    /// False-positive rate, from 0 to 1.
    pub fpr: Vec<f64>,
    /// True-positive rate at each `fpr`.
    pub tpr: Vec<f64>,
    /// Threshold that gives each point (null at the ends); compare in `direction`.
    pub thresholds: Vec<Option<f64>>,
    /// Pointwise 95 % band over resamples: false-positive rate, lower and upper end of the sensitivity there; empty where
    /// nothing was resampled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub band: Vec<[f64; 3]>,
    /// Chosen cut-offs.
    pub cutoffs: Vec<Cutoff>,
    /// Subjects left out for a missing value.
    pub missing: Vec<String>,
}

/// An interval with its method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedInterval {
    /// `logit-delong`, `delong`, `hanley-mcneil`, `newcombe`, `bootstrap-percentile` or `bootstrap-bca`.
    pub method: String,
    /// Lower end, not below 0.
    pub low: f64,
    /// Upper end, not above 1.
    pub high: f64,
    /// Whether an end was cut at 0 or 1.
    pub clipped: bool,
}

/// Area under a part of the curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PartialArea {
    /// `specificity` or `sensitivity`, whose range it is.
    pub focus: String,
    /// Lower end of the range.
    pub low: f64,
    /// Upper end of the range.
    pub high: f64,
    /// Area.
    pub area: f64,
    /// Rescaled by McClish: 0.5 for chance, 1 for perfect.
    pub corrected: f64,
}

/// How far a cut-off moves over resamples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    /// Lower end of the percentile interval of the cut-off.
    pub ci_low: f64,
    /// Upper end.
    pub ci_high: f64,
    /// Youden index on the patients it was chosen on.
    pub youden_apparent: f64,
    /// How much of it is optimism.
    pub youden_optimism: f64,
    /// Resamples that gave a cut-off.
    pub n_resamples: usize,
}

/// A cut-off with what it achieves on the data it was chosen on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Cutoff {
    /// `youden`, `closest-top-left`, `cost`, `specificity` or `sensitivity`.
    pub rule: String,
    /// Threshold; positive is `>= threshold` for `higher`, `<= threshold` for `lower`.
    pub threshold: f64,
    /// The values of patients next to it on both sides: every threshold between them calls all patients alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<[f64; 2]>,
    /// Thresholds that are equally good by the rule, the most specific first.
    #[serde(default)]
    pub tied: Vec<f64>,
    /// Patients: true positive, false negative, true negative, false positive.
    #[serde(default)]
    pub counts: [u64; 4],
    /// Sensitivity with its Wilson interval.
    pub sensitivity: f64,
    /// Wilson 95 % interval of the sensitivity.
    #[serde(deserialize_with = "super::null_is_missing")]
    pub sensitivity_ci: [f64; 2],
    /// Clopper-Pearson 95 % interval of the sensitivity.
    #[serde(default, deserialize_with = "super::null_is_missing")]
    pub sensitivity_ci_exact: [f64; 2],
    /// Specificity.
    pub specificity: f64,
    /// Wilson 95 % interval of the specificity.
    #[serde(deserialize_with = "super::null_is_missing")]
    pub specificity_ci: [f64; 2],
    /// Clopper-Pearson 95 % interval of the specificity.
    #[serde(default, deserialize_with = "super::null_is_missing")]
    pub specificity_ci_exact: [f64; 2],
    /// Positive predictive value at the cohort's prevalence.
    pub ppv: Option<f64>,
    /// Wilson 95 % interval of it.
    #[serde(default)]
    pub ppv_ci: Option<[f64; 2]>,
    /// Negative predictive value at the cohort's prevalence.
    pub npv: Option<f64>,
    /// Wilson 95 % interval of it.
    #[serde(default)]
    pub npv_ci: Option<[f64; 2]>,
    /// Share of patients called rightly.
    #[serde(default)]
    pub accuracy: f64,
    /// Sensitivity over 1 - specificity; null where that is 0.
    #[serde(default)]
    pub likelihood_ratio_positive: Option<f64>,
    /// Its 95 % interval on the log scale; null where a count is 0.
    #[serde(default)]
    pub likelihood_ratio_positive_ci: Option<[f64; 2]>,
    /// 1 - sensitivity over specificity.
    #[serde(default)]
    pub likelihood_ratio_negative: Option<f64>,
    /// Its 95 % interval on the log scale.
    #[serde(default)]
    pub likelihood_ratio_negative_ci: Option<[f64; 2]>,
    /// Odds ratio of the two-by-two table.
    #[serde(default)]
    pub diagnostic_odds_ratio: Option<f64>,
    /// Its 95 % interval (Woolf).
    #[serde(default)]
    pub diagnostic_odds_ratio_ci: Option<[f64; 2]>,
    /// How far it moves over resamples, where there are some.
    #[serde(default)]
    pub stability: Option<Stability>,
}

/// Test that three or more areas are equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GlobalComparison {
    /// Patients with all markers.
    pub n: usize,
    /// Curves compared.
    pub curves: usize,
    /// DeLong's chi-squared statistic.
    pub chi2: f64,
    /// Independent differences among the areas.
    pub df: usize,
    /// p.
    pub p: f64,
}

/// Comparison of two curves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveComparison {
    /// First predictor.
    pub a: String,
    /// Second predictor.
    pub b: String,
    /// `delong`, `bootstrap`, `permutation`, `venkatraman` or `delong-unpaired`.
    #[serde(default)]
    pub test: String,
    /// Patients with both, or of both groups.
    pub n: usize,
    /// AUC(a) on those patients.
    #[serde(default)]
    pub auc_a: Option<f64>,
    /// AUC(b) on those patients.
    #[serde(default)]
    pub auc_b: Option<f64>,
    /// AUC(a) - AUC(b) on those patients.
    pub difference: f64,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub ci_high: Option<f64>,
    /// z statistic.
    pub z: Option<f64>,
    /// Statistic of a test that has no z.
    #[serde(default)]
    pub statistic: Option<f64>,
    /// Degrees of freedom of an unpaired comparison, whose p is that of t.
    #[serde(default)]
    pub df: Option<f64>,
    /// Two-sided p.
    pub p: Option<f64>,
}
