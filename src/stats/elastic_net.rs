//! Lasso and elastic net of a logistic model, by coordinate descent on the quadratic approximation.
//!
//! Minimises -l/n + lambda ((1 - alpha)/2 sum b^2 + alpha sum |b|) with a free intercept, as glmnet does (Friedman,
//! Hastie and Tibshirani 2010, doi:10.18637/jss.v033.i01), with b on the scale of standardised columns (SD over n) or of
//! the data. Own code, since linfa-logistic has the ridge only. Coefficients have no standard errors. Where lambda is
//! not given it is the one of the least five-fold cross-validated deviance within these rows.

use super::StatsError;
use super::delong::inverse_logit;
use super::design::Design;
use super::logistic::{Fit, Method, check, start};
use super::penalised::{fit_of, linear, penalty, surprise};

/// A penalty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penalty {
    /// Weight against the mean log-likelihood.
    pub lambda: f64,
    /// 1 for the lasso, 0 for the ridge.
    pub alpha: f64,
    /// Whether coefficients are penalised on the scale of standardised columns.
    pub standardised: bool,
}

const ITERATIONS: usize = 500;
const SWEEPS: usize = 100_000;

/// Lasso fit; `lambda` none chooses it by cross-validation within these rows.
///
/// # Errors
/// A penalty that is not positive, one class, a search that does not come to rest.
pub fn lasso(design: &Design, positive: &[bool], lambda: Option<f64>) -> Result<Fit, StatsError> {
    check(design, positive)?;
    let lambda = penalty(lambda, || choose(design, positive, 1.0, &grid(design, positive)))?;
    let penalty = Penalty { lambda, alpha: 1.0, standardised: true };
    let beta = solve(design, positive, penalty, start(design, positive))?;
    Ok(fit_of(Method::Lasso { lambda: Some(lambda) }, design, positive, beta, 0.0))
}

/// Coefficients in the units of the data, intercept first.
///
/// # Errors
/// Those of [`lasso`]; an alpha outside 0..=1.
pub fn coefficients(design: &Design, positive: &[bool], penalty: Penalty) -> Result<Vec<f64>, StatsError> {
    check(design, positive)?;
    if !(0.0..=1.0).contains(&penalty.alpha) {
        return Err(StatsError::OutOfRange { what: "alpha", value: penalty.alpha, allowed: "0 to 1" });
    }
    Ok(design.to_data_scale(&solve(design, positive, penalty, start(design, positive))?))
}

/// Coefficients on the standardised scale, intercept first, sought from `beta`, those of a like penalty.
fn solve(design: &Design, positive: &[bool], penalty: Penalty, mut beta: Vec<f64>) -> Result<Vec<f64>, StatsError> {
    let (n, k) = (design.rows(), design.width());
    // penalties on the scale of the data weigh a standardised coefficient by the inverse of its column's SD
    let unit: Vec<f64> = (1..k).map(|j| if penalty.standardised { 1.0 } else { 1.0 / design.scale()[j - 1] }).collect();
    let absolute = |j: usize| penalty.lambda * penalty.alpha * unit[j - 1];
    let square = |j: usize| penalty.lambda * (1.0 - penalty.alpha) * unit[j - 1] * unit[j - 1];
    let objective = |beta: &[f64]| {
        let loss: f64 = (0..n).map(|i| surprise(linear(beta, design.row(i)), positive[i])).sum::<f64>() / n as f64;
        loss + (1..k).map(|j| absolute(j) * beta[j].abs() + square(j) / 2.0 * beta[j] * beta[j]).sum::<f64>()
    };
    let mut here = objective(&beta);
    for _ in 0..ITERATIONS {
        let (mut gram, mut gradient) = (vec![0.0; k * k], vec![0.0; k]);
        for (i, &y) in positive.iter().enumerate() {
            let row = design.row(i);
            let p = inverse_logit(linear(&beta, row));
            let (w, residual) = ((p * (1.0 - p)).max(1e-10), f64::from(y) - p);
            for a in 0..k {
                gradient[a] += residual * row[a] / n as f64;
                for b in 0..k {
                    gram[a * k + b] += w * row[a] * row[b] / n as f64;
                }
            }
        }
        let mut target = beta.clone();
        for _ in 0..SWEEPS {
            let mut moved = 0.0f64;
            for j in 0..k {
                let pull: f64 = (0..k).map(|l| gram[j * k + l] * (target[l] - beta[l])).sum();
                let partial = gradient[j] - pull + gram[j * k + j] * target[j];
                let next = if j == 0 {
                    partial / gram[0]
                } else {
                    let shrunk = (partial.abs() - absolute(j)).max(0.0).copysign(partial);
                    shrunk / (gram[j * k + j] + square(j))
                };
                moved = moved.max((next - target[j]).abs());
                target[j] = next;
            }
            if moved < 1e-14 {
                break;
            }
        }
        let step: Vec<f64> = target.iter().zip(&beta).map(|(t, b)| t - b).collect();
        let length = step.iter().fold(0.0f64, |m, s| m.max(s.abs()));
        if length < 1e-11 {
            return Ok(target);
        }
        let mut fraction = 1.0;
        let mut there = target;
        while objective(&there) > here + 1e-15 && fraction > 1e-6 {
            fraction /= 2.0;
            there = beta.iter().zip(&step).map(|(b, s)| b + fraction * s).collect();
        }
        here = objective(&there);
        beta = there;
    }
    Err(StatsError::NotConverged { what: "the elastic net", score: f64::NAN })
}

/// Penalties tried for the lasso: from the one that leaves no slope, in 30 steps down to a hundredth of it.
const GRID: usize = 31;

fn grid(design: &Design, positive: &[bool]) -> Vec<f64> {
    let n = positive.len();
    let share = positive.iter().filter(|&&p| p).count() as f64 / n as f64;
    let pull = |j: usize| -> f64 { (0..n).map(|i| design.row(i)[j] * (f64::from(positive[i]) - share)).sum::<f64>() };
    let largest = (1..design.width()).map(|j| pull(j).abs() / n as f64).fold(0.0, f64::max);
    (0..GRID).map(|step| largest * 100f64.powf(-(step as f64) / (GRID - 1) as f64)).collect()
}

/// Folds of the cross-validation that chooses a penalty.
const FOLDS: usize = 5;

/// Of penalties from the strongest down, the one of the least deviance under five-fold cross-validation within these rows.
/// In each fold a search begins where that of the penalty before it ended; validation asks for a thousand such choices.
pub(super) fn choose(design: &Design, positive: &[bool], alpha: f64, lambdas: &[f64]) -> Result<f64, StatsError> {
    let folds = deal(positive);
    let mut deviance = vec![0.0; lambdas.len()];
    for fold in 0..=folds.iter().copied().max().unwrap_or(0) {
        let (kept, held): (Vec<usize>, Vec<usize>) = (0..positive.len()).partition(|&i| folds[i] != fold);
        let outcome: Vec<bool> = kept.iter().map(|&i| positive[i]).collect();
        let training = design.of_rows(&kept)?;
        let mut beta = start(&training, &outcome);
        for (&lambda, deviance) in lambdas.iter().zip(&mut deviance) {
            beta = solve(&training, &outcome, Penalty { lambda, alpha, standardised: true }, beta)?;
            let here = design.standardise(&training.to_data_scale(&beta));
            *deviance += held.iter().map(|&i| surprise(linear(&here, design.row(i)), positive[i])).sum::<f64>();
        }
    }
    let mut best: Option<(f64, f64)> = None;
    for (&deviance, &lambda) in deviance.iter().zip(lambdas) {
        // of equal ones the stronger stays
        if best.is_none_or(|(least, _)| deviance < least - 1e-12) {
            best = Some((deviance, lambda));
        }
    }
    best.map(|(_, lambda)| lambda).ok_or(StatsError::NoVariation { what: "the choice of lambda" })
}

/// Fold of each row: dealt out in row order within each class.
fn deal(positive: &[bool]) -> Vec<usize> {
    let mut dealt = [0usize; 2];
    positive
        .iter()
        .map(|&p| {
            let count = &mut dealt[usize::from(p)];
            *count += 1;
            (*count - 1) % FOLDS
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> (Design, Vec<bool>) {
        let a: Vec<f64> = (0..60).map(|i| (i * 7 % 31) as f64).collect();
        let b: Vec<f64> = (0..60).map(|i| 1e3 + (i * i % 17) as f64).collect();
        let y = (0..60).map(|i| (i * 7 % 31) + (i * 5 % 20) > 24).collect();
        (Design::new(&["a".to_owned(), "b".to_owned()], &[a, b]).unwrap(), y)
    }

    #[test]
    fn the_subgradient_conditions_hold() {
        let (design, y) = data();
        for alpha in [1.0, 0.5, 0.0] {
            let penalty = Penalty { lambda: 0.05, alpha, standardised: true };
            let beta = solve(&design, &y, penalty, start(&design, &y)).unwrap();
            for j in 0..3 {
                let gradient: f64 = (0..60)
                    .map(|i| design.row(i)[j] * (f64::from(y[i]) - inverse_logit(linear(&beta, design.row(i)))))
                    .sum::<f64>()
                    / 60.0;
                let rest = gradient - if j == 0 { 0.0 } else { 0.05 * (1.0 - alpha) * beta[j] };
                let bound = if j == 0 { 0.0 } else { 0.05 * alpha };
                let held = if beta[j] == 0.0 { rest.abs() <= bound + 1e-9 } else { (rest.abs() - bound).abs() < 1e-9 };
                assert!(held, "{alpha} {j}: {rest} {bound}");
            }
        }
    }

    #[test]
    fn with_a_strong_penalty_only_the_share_is_left() {
        let (design, y) = data();
        let fit = lasso(&design, &y, Some(10.0)).unwrap();
        assert_eq!(fit.coefficients[1..], [0.0, 0.0]);
        let share = y.iter().filter(|p| **p).count() as f64 / 60.0;
        assert!((inverse_logit(fit.coefficients[0]) - share).abs() < 1e-10);
        let chosen = lasso(&design, &y, None).unwrap();
        assert!(chosen.coefficients[1] > 0.0, "a carries the outcome");
        assert!(lasso(&design, &y, Some(-1.0)).is_err());
    }
}
