//! What stands beside the coefficients of a logistic model.

use serde::{Deserialize, Serialize};

/// Worth of a model, its fit, its columns and the patients who hold it up.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Diagnostics {
    /// Schwarz's criterion; null for ridge and lasso.
    pub bic: Option<f64>,
    /// Akaike's criterion corrected for small samples; null for ridge and lasso.
    pub aicc: Option<f64>,
    /// (Penalised) likelihood-ratio test of all slopes: chi-squared, degrees of freedom, p.
    pub global_test: Option<(f64, usize, f64)>,
    /// Rao's score test of all slopes: chi-squared, p.
    pub score_test: Option<(f64, f64)>,
    /// McFadden's R2.
    pub r2_mcfadden: f64,
    /// Cox and Snell's R2.
    pub r2_cox_snell: f64,
    /// Nagelkerke's R2.
    pub r2_nagelkerke: f64,
    /// Tjur's coefficient of discrimination.
    pub r2_tjur: f64,
    /// Brier score on the patients of the fit.
    pub brier: f64,
    /// 1 - Brier over that of the observed share.
    pub brier_scaled: f64,
    /// Spiegelhalter's z of calibration.
    pub spiegelhalter_z: Option<f64>,
    /// Patients of the rarer class a slope.
    pub events_per_variable: f64,
    /// Hosmer and Lemeshow's test; null where the predictions make fewer than three groups.
    pub hosmer_lemeshow: Option<HosmerLemeshow>,
    /// Variance inflation of each column; empty with one column.
    pub variance_inflation: Vec<Inflation>,
    /// Firth with FLAC: intercept and slopes; empty for other estimators.
    pub flac: Vec<f64>,
    /// Patients with a Cook's distance above 4/n, the largest first.
    pub influential: Vec<Influential>,
}

/// Hosmer and Lemeshow's test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HosmerLemeshow {
    /// Statistic.
    pub chi2: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// p; with 50 patients it sees little.
    pub p: f64,
    /// Groups at quantiles of type 7: events seen, events expected, patients.
    pub groups: Vec<(usize, f64, usize)>,
}

/// Variance inflation of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inflation {
    /// Column.
    pub term: String,
    /// From the covariance of the fit (car::vif); null where it has no bound.
    #[serde(deserialize_with = "super::null_is_infinite")]
    pub weighted: f64,
    /// From the columns alone; null where it has no bound.
    #[serde(deserialize_with = "super::null_is_infinite")]
    pub unweighted: f64,
}

/// A patient who moves the fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Influential {
    /// Who.
    pub subject: String,
    /// Leverage.
    pub leverage: f64,
    /// Standardised Pearson residual.
    pub residual: f64,
    /// Cook's distance; null where it has no bound.
    #[serde(deserialize_with = "super::null_is_infinite")]
    pub cooks_distance: f64,
}
