//! Firth's logistic regression with added covariate (FLAC): slopes and predictions without the bias towards one half.
//!
//! Maximum likelihood on the data and two copies of every patient, one with the outcome as it is and one reversed, each
//! weighted by half the leverage at Firth's estimate, with an indicator of the copies (Puhr 2017,
//! doi:10.1002/sim.7273). The mean prediction is the observed share, as with FLIC, and the slopes move too.

use super::StatsError;
use super::delong::inverse_logit;
use super::design::Design;
use super::firth;
use super::linalg::{cholesky, invert, solve};
use super::logistic::{Fit, Method};
use super::penalised::fit_of;

/// FLAC's fit: coefficients and predictions. The copies are no patients, so that no standard errors are made of them; tests and
/// intervals are those of Firth's fit.
///
/// # Errors
/// Those of [`firth::fit`].
pub fn fit(design: &Design, positive: &[bool]) -> Result<Fit, StatsError> {
    let (beta, last_step) = standardised(design, positive)?;
    Ok(fit_of(Method::Flac, design, positive, beta, last_step))
}

/// FLAC's coefficients in the units of the data, intercept first.
///
/// # Errors
/// Those of [`firth::fit`].
pub fn coefficients(design: &Design, positive: &[bool]) -> Result<Vec<f64>, StatsError> {
    Ok(design.to_data_scale(&standardised(design, positive)?.0))
}

/// Coefficients on the standardised scale, and the largest score left.
fn standardised(design: &Design, positive: &[bool]) -> Result<(Vec<f64>, f64), StatsError> {
    let fit = firth::fit(design, positive)?;
    let beta = design.standardise(&fit.coefficients);
    let leverage = leverages(design, &beta)?;
    let k = design.width();
    // rows of the data, then both copies: standardised columns and the indicator
    let mut rows: Vec<(usize, bool, f64, f64)> = Vec::with_capacity(3 * positive.len());
    rows.extend(positive.iter().enumerate().map(|(i, &y)| (i, y, 1.0, 0.0)));
    for (i, (&y, h)) in positive.iter().zip(&leverage).enumerate() {
        rows.push((i, y, h / 2.0, 1.0));
        rows.push((i, !y, h / 2.0, 1.0));
    }
    let mut gamma = beta;
    gamma.push(0.0);
    for _ in 0..200 {
        let (mut information, mut score) = (vec![0.0; (k + 1) * (k + 1)], vec![0.0; k + 1]);
        for &(i, y, weight, copy) in &rows {
            let x = |j: usize| if j < k { design.row(i)[j] } else { copy };
            let p = inverse_logit((0..=k).map(|j| gamma[j] * x(j)).sum());
            for a in 0..=k {
                score[a] += weight * (f64::from(y) - p) * x(a);
                for b in 0..=a {
                    information[a * (k + 1) + b] += weight * p * (1.0 - p) * x(a) * x(b);
                }
            }
        }
        let largest = score.iter().fold(0.0f64, |m, s| m.max(s.abs()));
        if !cholesky(&mut information, k + 1) {
            return Err(StatsError::NotConverged { what: "FLAC", score: largest });
        }
        solve(&information, &mut score);
        let length = score.iter().fold(0.0f64, |m, s| m.max(s.abs()));
        let fraction = if length > 2.0 { 2.0 / length } else { 1.0 };
        for (g, s) in gamma.iter_mut().zip(&score) {
            *g += fraction * s;
        }
        if length < 1e-12 {
            gamma.pop();
            return Ok((gamma, largest));
        }
    }
    Err(StatsError::NotConverged { what: "FLAC", score: f64::NAN })
}

/// Diagonal of the hat matrix at coefficients on the standardised scale.
///
/// # Errors
/// A singular information.
pub(crate) fn leverages(design: &Design, beta: &[f64]) -> Result<Vec<f64>, StatsError> {
    let k = design.width();
    let weight = |row: &[f64]| {
        let p = inverse_logit(beta.iter().zip(row).map(|(b, x)| b * x).sum());
        p * (1.0 - p)
    };
    let covariance = covariance(design, weight)?;
    let quadratic = |row: &[f64]| -> f64 {
        (0..k).map(|a| row[a] * (0..k).map(|b| covariance[a * k + b] * row[b]).sum::<f64>()).sum()
    };
    Ok((0..design.rows()).map(|i| design.row(i)).map(|row| weight(row) * quadratic(row)).collect())
}

/// Inverse of X'WX.
pub(crate) fn covariance(design: &Design, weight: impl Fn(&[f64]) -> f64) -> Result<Vec<f64>, StatsError> {
    let k = design.width();
    let mut information = vec![0.0; k * k];
    for i in 0..design.rows() {
        let row = design.row(i);
        let w = weight(row);
        for a in 0..k {
            for b in 0..=a {
                information[a * k + b] += w * row[a] * row[b];
            }
        }
    }
    if !cholesky(&mut information, k) {
        return Err(StatsError::NotConverged { what: "the information matrix", score: f64::NAN });
    }
    let (mut inverse, mut column) = (vec![0.0; k * k], vec![0.0; k]);
    invert(&information, &mut inverse, &mut column);
    Ok(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_predictions_add_up_to_the_events_on_separated_data_too() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        for cut in [9, 14] {
            let y: Vec<bool> = (0..20).map(|i| i >= cut).collect();
            let design = Design::new(&["x".to_owned()], std::slice::from_ref(&x)).unwrap();
            let b = coefficients(&design, &y).unwrap();
            let sum: f64 = x.iter().map(|v| inverse_logit(b[0] + b[1] * v)).sum();
            assert!((sum - (20 - cut) as f64).abs() < 1e-9, "{sum}");
            let firth = firth::fit(&design, &y).unwrap();
            assert!(b[1] > 0.0 && (b[1] - firth.coefficients[1]).abs() > 1e-6);
            let whole = fit(&design, &y).unwrap();
            assert!(
                (whole.coefficients[1] - b[1]).abs() < 1e-12 && whole.prediction_intercept == whole.coefficients[0]
            );
            assert!(
                whole.aic.is_none() && whole.inference(&design, &y, 0.95)[1].se.is_none() && whole.max_score < 1e-9
            );
        }
    }
}
