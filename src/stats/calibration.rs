//! Calibration of a linear predictor on patients: calibration in the large and slope.
//!
//! In the large: the intercept of a logistic model whose only other term is the linear predictor as an offset; 0 where
//! the mean prediction is the observed share. Slope: the coefficient of the linear predictor; below 1 predictions are
//! too extreme, above 1 not extreme enough (Cox 1958; Van Calster 2019, doi:10.1186/s12916-019-1466-7). They are two
//! models, not the intercept and slope of one.

use super::design::Design;
use super::distributions::chi2_1_quantile;
use super::error::{all_finite, same_length, two_classes};
use super::logistic::{balancing_intercept, maximum_likelihood};
use super::{Interval, StatsError};

/// Calibration of predictions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Calibration in the large.
    pub intercept: f64,
    /// Slope; none where the predictions separate the classes or do not vary.
    pub slope: Option<f64>,
}

/// Calibration of linear predictors.
pub fn calibrate(linear_predictors: &[f64], positive: &[bool]) -> Result<Calibration, StatsError> {
    same_length("calibration", linear_predictors.len(), positive.len())?;
    all_finite("linear predictor", linear_predictors)?;
    let (events, _) = two_classes(positive)?;
    let fit = || {
        let design = Design::new(&["linear predictor".to_owned()], &[linear_predictors.to_vec()]).ok()?;
        maximum_likelihood(&design, positive).ok()
    };
    Ok(Calibration {
        intercept: balancing_intercept(linear_predictors, events),
        slope: if vary(linear_predictors) { fit().map(|f| f.coefficients[1]) } else { None },
    })
}

/// Likelihood-ratio interval of the calibration in the large; none where a class is empty.
pub fn intercept_interval(linear_predictors: &[f64], positive: &[bool], level: f64) -> Option<Interval> {
    let (events, _) = two_classes(positive).ok()?;
    let best = balancing_intercept(linear_predictors, events);
    let log_likelihood = |shift: f64| -> f64 {
        let one = |(lp, &y): (&f64, &bool)| {
            let signed = if y { -(lp + shift) } else { lp + shift };
            // -ln(1 + exp(signed)) without overflow
            -(signed.max(0.0) + (-signed.abs()).exp().ln_1p())
        };
        linear_predictors.iter().zip(positive).map(one).sum()
    };
    let lowest = log_likelihood(best) - chi2_1_quantile(level) / 2.0;
    let end = |sense: f64| {
        let mut step = 1.0;
        while log_likelihood(best + sense * step) > lowest && step < 1e3 {
            step *= 2.0;
        }
        let (mut inside, mut outside) = (0.0, step);
        for _ in 0..100 {
            let middle = (inside + outside) / 2.0;
            if log_likelihood(best + sense * middle) > lowest { inside = middle } else { outside = middle }
        }
        best + sense * inside
    };
    Some(Interval { low: end(-1.0), high: end(1.0) })
}

/// Whether log odds vary by more than rounding: a slope of 1e-16 leaves predictions whose own slope is 1e16.
fn vary(linear_predictors: &[f64]) -> bool {
    let (low, high) = linear_predictors.iter().fold((f64::MAX, f64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
    high - low > 1e-8
}

/// Mean squared distance of probabilities from what happened.
pub fn brier(probabilities: &[f64], positive: &[bool]) -> f64 {
    let squares = probabilities.iter().zip(positive).map(|(p, &y)| (p - f64::from(y)).powi(2));
    squares.sum::<f64>() / positive.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const Y: [bool; 8] = [true, false, true, true, false, false, true, false];
    const X: [f64; 8] = [2.0, 1.0, 0.5, 3.0, -1.0, 0.7, 1.5, 1.8];

    #[test]
    fn a_maximum_likelihood_model_is_calibrated_on_its_own_data() {
        let design = Design::new(&["x".to_owned()], &[X.to_vec()]).unwrap();
        let fit = maximum_likelihood(&design, &Y).unwrap();
        let c = calibrate(&fit.linear_predictors(&design), &Y).unwrap();
        assert!(c.intercept.abs() < 1e-10);
        assert!((c.slope.unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn doubled_predictors_have_half_the_slope() {
        let slope = |f: f64| calibrate(&X.map(|x| f * x), &Y).unwrap().slope.unwrap();
        assert!((slope(2.0) - slope(1.0) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn predictions_that_separate_have_no_slope() {
        let lp = Y.map(|y| if y { 1.0 } else { -1.0 });
        assert_eq!(calibrate(&lp, &Y).unwrap().slope, None);
    }

    #[test]
    fn the_interval_of_the_intercept_is_where_the_likelihood_ratio_says() {
        // scripts/reference/clustered_calls.R
        let lp = [-1.2, 0.4, 0.9, -0.3, 1.7, -2.1, 0.2, 0.6];
        let y = [false, true, false, true, true, false, false, true];
        assert!((calibrate(&lp, &y).unwrap().intercept + 0.0741147219).abs() < 1e-9);
        let ends = intercept_interval(&lp, &y, 0.95).unwrap();
        assert!((ends.low + 1.6615672733).abs() < 1e-9 && (ends.high - 1.5464599992).abs() < 1e-9, "{ends:?}");
        // moving every prediction moves the interval the other way
        let moved = intercept_interval(&lp.map(|v| v + 1.5), &y, 0.95).unwrap();
        assert!((moved.low - (ends.low - 1.5)).abs() < 1e-9);
    }

    #[test]
    fn predictions_that_vary_by_rounding_alone_have_no_slope() {
        let lp: Vec<f64> = (0..8).map(|i| -0.3 + 1e-16 * f64::from(i % 3)).collect();
        assert_eq!(calibrate(&lp, &Y).unwrap().slope, None);
        assert!(calibrate(&X.map(|x| 1e-4 * x), &Y).unwrap().slope.is_some());
    }

    #[test]
    fn a_coin_has_a_brier_score_of_one_quarter() {
        assert_eq!(brier(&[0.5; 8], &Y), 0.25);
    }
}
