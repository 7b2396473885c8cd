//! Validation of a logistic model: on its own patients by resampling, on others by a saved model.

use super::super::Frame;
use super::super::endpoint::Endpoint;
use super::super::results::{Calibration, NetBenefit, SavedModel, Scheme, ValidateResults};
use super::fit::Prepared;
use crate::error::{Result, Warning};
use crate::stats::logistic::Method;
use crate::stats::resample::{Resamples, Scheme as Draw};
use crate::stats::roc::Direction;
use crate::stats::{LEVEL, calibration, decision_curve, delong, validation};

/// Threshold probabilities of the decision curve.
const THRESHOLDS: std::ops::RangeInclusive<usize> = 1..=80;

/// Bootstrap optimism (stratified resamples, the whole recipe repeated), leave-pair-out area, calibration, and the
/// decision curve on leave-one-out predictions.
///
/// # Errors
/// Where the model cannot be estimated on all patients.
pub fn validate(prepared: &Prepared, method: Method, bootstrap: usize, seed: u64) -> Result<ValidateResults> {
    let Prepared { design, positive, .. } = prepared;
    let resamples = Resamples::draw(Draw::Stratified, positive, bootstrap, seed);
    let internal = validation::bootstrap(design, positive, method, &resamples, LEVEL)?;
    let mut schemes: Vec<Scheme> = internal
        .metrics
        .iter()
        .map(|metric| Scheme {
            scheme: "bootstrap-optimism".into(),
            metric: metric.metric.to_owned(),
            apparent: metric.apparent,
            optimism: metric.optimism,
            corrected: metric.corrected,
            ci_low: metric.interval.map(|interval| interval.low),
            ci_high: metric.interval.map(|interval| interval.high),
            n_resamples: internal.n_resamples,
            n_not_estimable: internal.n_not_estimable,
            n_separated: internal.n_separated,
        })
        .collect();
    let pairs = validation::leave_pair_out(design, positive, method)?;
    schemes.push(Scheme {
        scheme: "leave-pair-out".into(),
        metric: "auc".into(),
        apparent: schemes.iter().find(|s| s.metric == "auc").and_then(|s| s.apparent),
        optimism: None,
        corrected: Some(pairs.auc),
        ci_low: None,
        ci_high: None,
        n_resamples: pairs.n_pairs,
        n_not_estimable: pairs.n_not_estimable,
        n_separated: 0,
    });
    let mut warnings = Vec::new();
    if internal.n_separated > 0 {
        let kept = if internal.n_not_estimable > 0 { "could not be estimated" } else { "were kept" };
        warnings.push(Warning::new(
            "separated-resamples",
            format!("{} of {} resamples were separated and {kept}", internal.n_separated, internal.n_resamples),
        ));
    }
    let left_out = validation::leave_one_out(design, positive, method)?;
    let (risk, class): (Vec<f64>, Vec<bool>) =
        left_out.iter().zip(positive).filter_map(|(lp, &p)| lp.map(|lp| (inverse_logit(lp), p))).unzip();
    let slope = internal.metrics.iter().find(|metric| metric.metric == "calibration_slope").and_then(|m| m.corrected);
    Ok(ValidateResults {
        model: design.names().to_vec(),
        method: method.name().to_owned(),
        seed,
        schemes,
        calibration: Some(Calibration { intercept: internal.intercept, slope }),
        decision_curve: curve(&risk, &class)?,
        warnings,
    })
}

/// A saved model on other patients: nothing is refitted.
///
/// # Errors
/// Where a column of the model is missing or a class is empty.
pub fn validate_saved(frame: &Frame, endpoint: &Endpoint, model: &SavedModel) -> Result<ValidateResults> {
    endpoint.check_two_classes()?;
    let cases = frame.cases(&[model.linear_predictors(frame)?], &endpoint.positive);
    let predictors = &cases.columns[0];
    let area = delong::delong(predictors, &cases.positive, Direction::Higher)?;
    let interval = area.interval(LEVEL).interval;
    let risk: Vec<f64> = predictors.iter().map(|&lp| inverse_logit(lp)).collect();
    let external = |metric: &str, value: f64, ends: Option<(f64, f64)>| Scheme {
        scheme: "external".into(),
        metric: metric.to_owned(),
        apparent: None,
        optimism: None,
        corrected: Some(value),
        ci_low: ends.map(|(low, _)| low),
        ci_high: ends.map(|(_, high)| high),
        n_resamples: 0,
        n_not_estimable: 0,
        n_separated: 0,
    };
    let calibrated = calibration::calibrate(predictors, &cases.positive)?;
    let mut warnings = Vec::new();
    if !cases.missing.is_empty() {
        let who = cases.missing.join(", ");
        warnings.push(Warning::new("missing-values", format!("left out for a missing value: {who}")));
    }
    Ok(ValidateResults {
        model: model.terms.iter().map(|term| term.column.clone()).collect(),
        method: model.method.clone(),
        seed: 0,
        schemes: vec![
            external("auc", area.auc, Some((interval.low, interval.high))),
            external("brier", calibration::brier(&risk, &cases.positive), None),
        ],
        calibration: Some(Calibration { intercept: Some(calibrated.intercept), slope: calibrated.slope }),
        decision_curve: curve(&risk, &cases.positive)?,
        warnings,
    })
}

fn inverse_logit(lp: f64) -> f64 {
    1.0 / (1.0 + (-lp).exp())
}

fn curve(risk: &[f64], positive: &[bool]) -> Result<Vec<NetBenefit>> {
    let thresholds: Vec<f64> = THRESHOLDS.map(|percent| percent as f64 / 100.0).collect();
    let points = decision_curve::net_benefit(risk, positive, &thresholds)?;
    Ok(points
        .into_iter()
        .map(|p| NetBenefit { threshold: p.threshold, net_benefit: p.model, treat_all: p.treat_all })
        .collect())
}
