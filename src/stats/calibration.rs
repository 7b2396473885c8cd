//! Calibration of a linear predictor on patients: calibration in the large and slope.
//!
//! In the large: the intercept of a logistic model whose only other term is the linear predictor as an offset; 0 where
//! the mean prediction is the observed share. Slope: the coefficient of the linear predictor; below 1 predictions are
//! too extreme, above 1 not extreme enough (Cox 1958; Van Calster 2019, doi:10.1186/s12916-019-1466-7). They are two
//! models, not the intercept and slope of one.

use super::StatsError;
use super::design::Design;
use super::error::{all_finite, same_length, two_classes};
use super::logistic::{balancing_intercept, maximum_likelihood};

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
    let design = Design::new(&["linear predictor".to_owned()], &[linear_predictors.to_vec()]);
    let fit = design.and_then(|d| maximum_likelihood(&d, positive));
    Ok(Calibration {
        intercept: balancing_intercept(linear_predictors, events),
        slope: fit.ok().map(|f| f.coefficients[1]),
    })
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
    fn a_coin_has_a_brier_score_of_one_quarter() {
        assert_eq!(brier(&[0.5; 8], &Y), 0.25);
    }
}
