//! A saved model on other patients: nothing is refitted, its cut-off stays where it was.

use super::super::super::Frame;
use super::super::super::endpoint::Endpoint;
use super::super::super::results::{Calibration, SavedModel, Scheme, ValidateResults};
use super::{curve, groups, inverse_logit};
use crate::error::{Result, Warning};
use crate::stats::clustered::calls::{self, CallIntervals};
use crate::stats::cutoff::{self, Proportion};
use crate::stats::design::Design;
use crate::stats::logistic::maximum_likelihood;
use crate::stats::roc::Direction;
use crate::stats::{Interval, LEVEL, calibration, clustered, delong};

/// Validates a saved model.
///
/// # Errors
/// Where a column of the model is missing or a class is empty.
pub fn validate_saved(frame: &Frame, endpoint: &Endpoint, model: &SavedModel) -> Result<ValidateResults> {
    endpoint.check_two_classes()?;
    let cases = frame.cases(&[model.linear_predictors(frame)?], &endpoint.positive);
    let (predictors, positive) = (&cases.columns[0], &cases.positive);
    cases.check_two_classes(&model.terms.iter().map(|term| term.column.clone()).collect::<Vec<_>>())?;
    let clusters = frame.clusters(&cases.rows);
    let area = match &clusters {
        Some(cluster) => clustered::area(predictors, positive, cluster, Direction::Higher)?,
        None => delong::delong(predictors, positive, Direction::Higher)?,
    };
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
        external(
            "calibration_intercept",
            Some(calibrated.intercept),
            match &clusters {
                Some(cluster) => clustered::calibration_intercept(predictors, positive, cluster, LEVEL).ok(),
                None => calibration::intercept_interval(predictors, positive, LEVEL),
            },
        ),
        external("calibration_slope", calibrated.slope, slope_interval(predictors, positive, clusters.as_deref())),
    ];
    let mut warnings = super::super::clustered(frame, "intervals go by patients");
    warnings.extend(model.other_outcome(endpoint));
    if model.is_fitted_on(&cases) {
        let message = "the model was fitted on these patients: these values are apparent and too good; validate it with --term, or \
                       on other patients";
        warnings.push(Warning::new("model-fitted-here", message));
    }
    match model.cutoff {
        Some(threshold) => {
            let locked = cutoff::at(predictors, positive, Direction::Higher, threshold)?;
            let by_patients = match &clusters {
                None => None,
                Some(cluster) => {
                    Some(calls::intervals(predictors, positive, cluster, Direction::Higher, threshold, LEVEL)?)
                }
            };
            let of_patients = |of: fn(&CallIntervals) -> Option<Interval>, p: &Proportion| match &by_patients {
                Some(found) => of(found),
                None => Some(p.wilson),
            };
            let sensitivity = of_patients(|f| f.sensitivity, &locked.sensitivity);
            let specificity = of_patients(|f| f.specificity, &locked.specificity);
            for (metric, p, interval) in [
                ("sensitivity_at_locked_cutoff", &locked.sensitivity, sensitivity),
                ("specificity_at_locked_cutoff", &locked.specificity, specificity),
            ] {
                schemes.push(external(metric, Some(p.estimate), interval));
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
        plan: model.plan.clone(),
        warnings,
    })
}

/// Interval of the calibration slope: profile, or by patients where they have several rows.
fn slope_interval(predictors: &[f64], positive: &[bool], clusters: Option<&[usize]>) -> Option<Interval> {
    let design = Design::new(&["linear predictor".to_owned()], &[predictors.to_vec()]).ok()?;
    let fit = maximum_likelihood(&design, positive).ok()?;
    let slope = match clusters {
        Some(cluster) => clustered::inference(&fit, &design, positive, cluster, LEVEL)?.pop()?,
        None => fit.inference(&design, positive, LEVEL).pop()?,
    };
    Some(Interval { low: slope.ci_low?, high: slope.ci_high? })
}
