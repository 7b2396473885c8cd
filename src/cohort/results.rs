//! The results of a cohort analysis as they stand in `OUT/results/*.json` and `OUT/tables/*.csv`.
//!
//! One shape for three readers: the command that prints it, the file that keeps it, the report that is drawn from it.
//! What cannot be estimated is `None`, written as `null`. Intervals are 95 % unless a field says otherwise.

use crate::error::Warning;
use serde::{Deserialize, Serialize};

/// Role of a variable in the declared analysis plan; Holm's correction runs within each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Named as primary in `study.toml` (at most two).
    Primary,
    /// Named as secondary.
    Secondary,
    /// Everything else; the word stands in every table and plot.
    Exploratory,
}

/// Which way a marker points to the positive class. Declared, never found from the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Higher values speak for the positive class.
    Higher,
    /// Lower values speak for the positive class.
    Lower,
}

/// The outcome as analysed: which column, which values count as positive, how many of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Column of the table.
    pub column: String,
    /// Values that count as positive, e.g. `["sCR", "CR", "VGPR"]`.
    pub positive: Vec<String>,
    /// Patients in the positive class.
    pub n_positive: usize,
    /// Patients in the negative class.
    pub n_negative: usize,
    /// Patients without an outcome, by subject.
    pub missing: Vec<String>,
}

/// `results/compare.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CompareResults {
    /// How the groups were made; absent for tests without an outcome.
    pub outcome: Option<Outcome>,
    /// One entry a test.
    pub tests: Vec<Test>,
    /// Table 1: one row a variable (and, for categories, one a level).
    pub table_one: Vec<TableOneRow>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// One statistical test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Column tested.
    pub variable: String,
    /// Its role in the plan.
    pub family: Family,
    /// Name of the test, e.g. `mann-whitney`, `welch-t`, `wilcoxon-signed-rank`, `ancova`, `spearman`, `fisher`.
    pub test: String,
    /// Patients used.
    pub n: usize,
    /// Test statistic.
    pub statistic: Option<f64>,
    /// Two-sided p.
    pub p: Option<f64>,
    /// Holm-adjusted p within `family`.
    pub p_adjusted: Option<f64>,
    /// What was estimated, e.g. `hodges-lehmann-shift`, `mean-difference`, `adjusted-difference`, `rho`, `odds-ratio`.
    pub estimand: String,
    /// The estimate; positive group minus negative group, follow-up minus baseline.
    pub estimate: Option<f64>,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub ci_high: Option<f64>,
    /// Subjects left out for a missing value.
    pub missing: Vec<String>,
}

/// One row of Table 1, ready to paste.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableOneRow {
    /// Column, or `column = level`.
    pub variable: String,
    /// How the cells are written: `median [Q1, Q3]` or `n (%)`.
    pub summary: String,
    /// Non-missing patients in the positive / negative class.
    pub n: [usize; 2],
    /// The positive class.
    pub positive: String,
    /// The negative class.
    pub negative: String,
    /// Unadjusted two-sided p.
    pub p: Option<f64>,
    /// Which test gave it.
    pub test: String,
}

/// One subject's change in one column; a row of `tables/changes.csv` and of the `change` command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Column without its session suffix, e.g. `sff_mean_L1-L5`.
    pub column: String,
    /// Value before treatment.
    pub baseline: Option<f64>,
    /// Value at follow-up.
    pub followup: Option<f64>,
    /// Follow-up minus baseline, in the column's unit.
    pub abs: Option<f64>,
    /// Percent of baseline; null where the baseline is zero or negative.
    pub pct: Option<f64>,
    /// Natural logarithm of follow-up / baseline; null where either is not positive.
    pub log: Option<f64>,
    /// Slugs, joined by `;` in CSV: `missing-followup`, `zero-baseline`, `low-baseline` ...
    pub flags: Vec<String>,
}

/// One subject's response at one session; a row of `tables/response.csv` and of the `response` command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponseRow {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`.
    pub session: String,
    /// IMWG category where the inputs decide it: sCR, CR, VGPR, PR, MR, SD, PD.
    pub category: Option<String>,
    /// Categories still possible, worst to best, e.g. `VGPR..CR`.
    pub range: String,
    /// 1 for sCR, CR or VGPR, 0 for the others, null where the range lies on both sides.
    pub label: Option<u8>,
    /// Whether two consecutive assessments agree; null where not recorded.
    pub confirmed: Option<bool>,
    /// Which rules decided, which inputs are missing.
    pub reasons: Vec<String>,
    /// ISS stage at baseline (1-3).
    pub iss: Option<u8>,
    /// R-ISS stage at baseline (1-3).
    pub r_iss: Option<u8>,
}

/// `results/fit.json`: the logistic models.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FitResults {
    /// Univariable models in the order of the plan, then the multivariable one, then the baseline-adjusted twins.
    pub models: Vec<Model>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// One logistic model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// `univariable:COLUMN`, `multivariable` or `baseline-adjusted:COLUMN`.
    pub name: String,
    /// Role in the plan of the variables inside.
    pub family: Family,
    /// Outcome as analysed.
    pub outcome: Outcome,
    /// Patients used (complete cases).
    pub n: usize,
    /// Patients of the positive class among them.
    pub events: usize,
    /// `firth`, `ml`, `ridge`.
    pub method: String,
    /// Intercept first, then the terms.
    pub terms: Vec<Term>,
    /// Log-likelihood at the estimate (unpenalised).
    pub log_likelihood: Option<f64>,
    /// Log-likelihood of the intercept-only model.
    pub null_log_likelihood: Option<f64>,
    /// Akaike's criterion.
    pub aic: Option<f64>,
    /// `none`, `quasi` or `complete`.
    pub separation: String,
    /// Columns along which the maximum-likelihood estimate diverges.
    pub separated_by: Vec<String>,
    /// Penalty of a ridge model.
    pub lambda: Option<f64>,
    /// Reason where the model could not be estimated; then `terms` is empty.
    pub not_estimable: Option<String>,
    /// Subjects left out for a missing value.
    pub missing: Vec<String>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// One coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// `(intercept)`, the column, `column = level`, with `/10` where the odds ratio is per 10 units.
    pub name: String,
    /// Coefficient on the log-odds scale, per stated increment.
    pub estimate: f64,
    /// Standard error; null for ridge.
    pub se: Option<f64>,
    /// Wald z; null for ridge.
    pub z: Option<f64>,
    /// p of the (penalised) likelihood-ratio test.
    pub p: Option<f64>,
    /// Lower end of the 95 % profile interval of the coefficient.
    pub ci_low: Option<f64>,
    /// Upper end of the 95 % profile interval of the coefficient.
    pub ci_high: Option<f64>,
    /// exp(estimate).
    pub odds_ratio: f64,
}

/// `results/model.json`: everything needed to apply a model to other patients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedModel {
    /// Version of the program that fitted it.
    pub version: String,
    /// Outcome it predicts.
    pub outcome: Outcome,
    /// Estimator.
    pub method: String,
    /// Intercept for prediction (with Firth: corrected so that the mean prediction is the observed share, FLIC).
    pub intercept: f64,
    /// Terms; the linear predictor is `intercept + sum coefficient * x`.
    pub terms: Vec<SavedTerm>,
    /// Patients it was fitted on.
    pub n: usize,
    /// Patients of the positive class among them.
    pub events: usize,
}

/// One term of a saved model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedTerm {
    /// Column.
    pub column: String,
    /// Level of a text column that counts 1, others 0; `None` for a number column.
    pub level: Option<String>,
    /// Divisor of a number column.
    pub per: f64,
    /// Log odds ratio per `per` units, or of the level.
    pub coefficient: f64,
}

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
    /// Decision curve on leave-one-out predictions.
    pub decision_curve: Vec<NetBenefit>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// One metric under one validation scheme.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scheme {
    /// `bootstrap-optimism`, `leave-pair-out`, `apparent`.
    pub scheme: String,
    /// `auc`, `brier`, `calibration_slope`, `youden_j`.
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

/// `results/flow.json`: who was measured, who is missing, who was left out, with reasons.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PatientFlow {
    /// Subjects found in images or tables.
    pub n_subjects: usize,
    /// Subjects with both imaging visits measured.
    pub n_paired: usize,
    /// Subjects with both visits and an outcome.
    pub n_analysed: usize,
    /// Why each of the others was not analysed.
    pub not_analysed: Vec<FlowEntry>,
    /// Levels left out by `exclusions.csv`.
    pub excluded_levels: Vec<FlowEntry>,
    /// Sessions that failed, with the message.
    pub failed_sessions: Vec<FlowEntry>,
}

/// One line of the patient flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowEntry {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`; empty where the whole subject is meant.
    pub session: String,
    /// What is missing, excluded or failed, and why.
    pub reason: String,
}
