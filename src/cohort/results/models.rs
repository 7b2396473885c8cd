//! Logistic models, and what is kept of one to apply it to other patients.

use super::{Diagnostics, Family, Outcome};
use crate::error::Warning;
use serde::{Deserialize, Serialize};

/// `results/fit.json`: the logistic models.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FitResults {
    /// Univariable models in the order of the plan, then the multivariable one, then the baseline-adjusted twins.
    pub models: Vec<Model>,
    /// The declared plan.
    #[serde(default)]
    pub plan: Option<super::PlanStamp>,
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
    /// `firth`, `flac`, `ml`, `ridge` or `lasso`.
    pub method: String,
    /// Intercept first, then the terms.
    pub terms: Vec<Term>,
    /// Log-likelihood at the estimate (unpenalised).
    pub log_likelihood: Option<f64>,
    /// Log-likelihood of the intercept-only model.
    pub null_log_likelihood: Option<f64>,
    /// Akaike's criterion.
    pub aic: Option<f64>,
    /// How tests and intervals were made: `profile`, or `cluster-robust` where several rows are of one patient; `none` where
    /// the method has none.
    #[serde(default)]
    pub ci_method: String,
    /// Intercept of predictions, as in `model.json`: with Firth the one at which they add up to the events (FLIC).
    #[serde(default)]
    pub prediction_intercept: Option<f64>,
    /// `none`, `quasi` or `complete`.
    pub separation: String,
    /// Columns along which the maximum-likelihood estimate diverges.
    pub separated_by: Vec<String>,
    /// What stands beside the coefficients; null in results of earlier versions.
    #[serde(default)]
    pub diagnostics: Option<Diagnostics>,
    /// Penalty of a ridge or lasso model.
    pub lambda: Option<f64>,
    /// Reason where the model could not be estimated; then `terms` is empty.
    pub not_estimable: Option<String>,
    /// Subjects left out for a missing value.
    pub missing: Vec<String>,
    /// The declared plan of a model that was fitted alone; among others it stands once beside them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<super::PlanStamp>,
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
    /// Standard error; null for ridge, lasso and FLAC.
    pub se: Option<f64>,
    /// Wald z; null for ridge, lasso and FLAC.
    pub z: Option<f64>,
    /// p of the (penalised) likelihood-ratio test.
    pub p: Option<f64>,
    /// Lower end of the 95 % profile interval of the coefficient.
    pub ci_low: Option<f64>,
    /// Upper end of the 95 % profile interval of the coefficient.
    pub ci_high: Option<f64>,
    /// exp(estimate); infinite, and null in JSON, where it leaves the range of numbers.
    #[serde(deserialize_with = "super::null_is_infinite")]
    pub odds_ratio: f64,
    /// Wald's 95 % interval of the coefficient, which misleads near separation; only on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wald_ci: Option<[f64; 2]>,
    /// Wald's p; only on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wald_p: Option<f64>,
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
    /// Youden's cut-off of the linear predictor on the patients of the fit: positive at or above it. It is applied to
    /// other patients as it is.
    #[serde(default)]
    pub cutoff: Option<f64>,
    /// Patients it was fitted on.
    pub n: usize,
    /// Patients of the positive class among them.
    pub events: usize,
    /// The plan under which it was fitted.
    #[serde(default)]
    pub plan: Option<super::PlanStamp>,
}

/// One term of a saved model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SavedTerm {
    /// Column.
    pub column: String,
    /// Level of a text column that counts 1, others 0; `None` for a number column.
    pub level: Option<String>,
    /// Reference level of a text column: the one that counts 0 in all terms of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Divisor of a number column.
    pub per: f64,
    /// Log odds ratio per `per` units, or of the level.
    pub coefficient: f64,
}
