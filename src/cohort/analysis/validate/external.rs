//! A saved model on other patients: nothing is refitted, its cut-off stays where it was.

use super::super::super::Frame;
use super::super::super::endpoint::Endpoint;
use super::super::super::results::{Calibration, SavedModel, Scheme, ValidateResults};
use super::{curve, groups, inverse_logit};
use crate::error::{Result, Warning};
use crate::stats::cutoff::{self, Proportion};
use crate::stats::design::Design;
use crate::stats::logistic::maximum_likelihood;
use crate::stats::roc::Direction;
use crate::stats::{Interval, LEVEL, calibration, delong};

/// Validates a saved model.
///
/// # Errors
/// Where a column of the model is missing or a class is empty.
pub fn validate_saved(frame: &Frame, endpoint: &Endpoint, model: &SavedModel) -> Result<ValidateResults> {
    endpoint.check_two_classes()?;
    let cases = frame.cases(&[model.linear_predictors(frame)?], &endpoint.positive);
    let (predictors, positive) = (&cases.columns[0], &cases.positive);
    let area = delong::delong(predictors, positive, Direction::Higher)?;
    let interval = area.interval(LEVEL).interval;
    let risk: Vec<f64> = predictors.iter().map(|&lp| inverse_logit(lp)).collect();
    let external = |metric: &str, value: Option<f64>, ends: Option<Interval>| Scheme {
        scheme: "external".into(),
        metric: metric.to_owned(),
        corrected: value,
        ci_low: ends.map(|ends| ends.low),
        ci_high: ends.map(|ends| ends.high),
        ..Scheme::default()
    };
    let calibrated = calibration::calibrate(predictors, positive)?;
    let events = positive.iter().filter(|p| **p).count() as f64;
    let share = events / positive.len() as f64;
    let brier = calibration::brier(&risk, positive);
    let mut schemes = vec![
        external("auc", Some(area.auc), Some(interval)),
        external("brier", Some(brier), None),
        external("brier_scaled", Some(1.0 - brier / (share * (1.0 - share))), None),
        external("observed_expected_ratio", Some(events / risk.iter().sum::<f64>()), None),
        external("calibration_intercept", Some(calibrated.intercept), None),
        external("calibration_slope", calibrated.slope, slope_interval(predictors, positive)),
    ];
    let mut warnings = Vec::new();
    match model.cutoff {
        Some(threshold) => {
            let locked = cutoff::at(predictors, positive, Direction::Higher, threshold)?;
            let share = |p: &Proportion| (Some(p.estimate), Some(p.wilson));
            for (metric, p) in [
                ("sensitivity_at_locked_cutoff", &locked.sensitivity),
                ("specificity_at_locked_cutoff", &locked.specificity),
            ] {
                let (value, interval) = share(p);
                schemes.push(external(metric, value, interval));
            }
        }
        None => warnings.push(Warning::new("no-locked-cutoff", "the saved model has no cut-off to apply")),
    }
    if !cases.missing.is_empty() {
        let who = cases.missing.join(", ");
        warnings.push(Warning::new("missing-values", format!("left out for a missing value: {who}")));
    }
    Ok(ValidateResults {
        model: model.terms.iter().map(|term| term.column.clone()).collect(),
        method: model.method.clone(),
        seed: 0,
        schemes,
        calibration: Some(Calibration { intercept: Some(calibrated.intercept), slope: calibrated.slope }),
        calibration_curve: groups(&risk, positive),
        decision_curve: curve(&risk, positive)?,
        warnings,
    })
}

/// Profile interval of the calibration slope.
fn slope_interval(predictors: &[f64], positive: &[bool]) -> Option<Interval> {
    let design = Design::new(&["linear predictor".to_owned()], &[predictors.to_vec()]).ok()?;
    let fit = maximum_likelihood(&design, positive).ok()?;
    let slope = fit.inference(&design, positive, LEVEL).pop()?;
    Some(Interval { low: slope.ci_low?, high: slope.ci_high? })
}
