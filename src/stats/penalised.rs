//! What the ridge and the lasso share: the penalty that is given, the fit without standard errors.

use super::StatsError;
use super::design::Design;
use super::likelihood::Maximum;
use super::logistic::{Fit, Method};

/// The penalty that is given, else the chosen one.
pub(super) fn penalty(given: Option<f64>, choose: impl FnOnce() -> Result<f64, StatsError>) -> Result<f64, StatsError> {
    match given {
        Some(value) if value > 0.0 && value.is_finite() => Ok(value),
        Some(value) => Err(StatsError::OutOfRange { what: "lambda", value, allowed: "a positive number" }),
        None => choose(),
    }
}

/// A fit from its coefficients on the standardised scale, intercept first; they have no standard errors.
pub(super) fn fit_of(method: Method, design: &Design, positive: &[bool], beta: Vec<f64>, max_score: f64) -> Fit {
    let lost: f64 = positive.iter().enumerate().map(|(i, &p)| surprise(linear(&beta, design.row(i)), p)).sum();
    let maximum = Maximum {
        beta,
        log_likelihood: -lost,
        objective: -lost,
        covariance: Vec::new(),
        score: Vec::new(),
        max_score,
        converged: true,
    };
    Fit::assemble(method, design, positive, maximum, false)
}

/// -log of the probability given to what happened.
pub(super) fn surprise(linear_predictor: f64, positive: bool) -> f64 {
    let against = if positive { -linear_predictor } else { linear_predictor };
    against.max(0.0) + (-against.abs()).exp().ln_1p()
}

pub(super) fn linear(beta: &[f64], row: &[f64]) -> f64 {
    beta.iter().zip(row).map(|(b, x)| b * x).sum()
}
