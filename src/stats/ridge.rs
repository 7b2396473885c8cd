//! Ridge logistic regression through linfa-logistic: shrunken slopes for prediction, without standard errors.
//!
//! Minimises -l/n + lambda/2 |b|^2 over standardised columns with a free intercept, as glmnet does with `alpha = 0`.
//! linfa penalises the sum instead of the mean (its alpha is n lambda), calls the larger class positive whatever the
//! labels are, and reports no convergence: the columns are standardised first, the sign is set by the class it names,
//! and the gradient is looked at afterwards. Where lambda is not given it is the one of the least five-fold
//! cross-validated deviance within these rows.

use linfa::Dataset;
use linfa::traits::Fit as _;
use linfa_logistic::LogisticRegression;
use nd16::{Array1, Array2};

use super::StatsError;
use super::delong::inverse_logit;
use super::design::Design;
use super::elastic_net::choose;
use super::logistic::{Fit, Method, check};
use super::penalised::{fit_of, linear, penalty};

/// Penalties tried where none is given, from 10 downwards in steps of a factor 10^(1/4).
const GRID: usize = 21;
/// Largest element of the mean gradient that counts as converged.
const GRADIENT: f64 = 1e-6;

/// Ridge fit; `lambda` none chooses it by cross-validation within these rows.
pub fn fit(design: &Design, positive: &[bool], lambda: Option<f64>) -> Result<Fit, StatsError> {
    check(design, positive)?;
    let lambda = penalty(lambda, || choose(design, positive, 0.0, &grid()))?;
    let beta = solve(design, positive, lambda)?;
    let mut max_score = 0.0f64;
    for (j, _) in beta.iter().enumerate() {
        max_score = max_score.max(mean_gradient(design, positive, &beta, lambda, j).abs() * positive.len() as f64);
    }
    Ok(fit_of(Method::Ridge { lambda: Some(lambda) }, design, positive, beta, max_score))
}

/// Coefficients on the standardised scale, intercept first.
fn solve(design: &Design, positive: &[bool], lambda: f64) -> Result<Vec<f64>, StatsError> {
    let (n, p) = (design.rows(), design.width() - 1);
    let x = Array2::from_shape_fn((n, p), |(i, j)| design.row(i)[j + 1]);
    let y = Array1::from_iter(positive.iter().copied());
    let failed = |score: f64| StatsError::NotConverged { what: "ridge regression", score };
    let model = LogisticRegression::default()
        .alpha(lambda * n as f64)
        .max_iterations(1000)
        .gradient_tolerance(1e-9)
        .fit(&Dataset::new(x, y))
        .map_err(|_| failed(f64::NAN))?;
    let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
    let mut beta = vec![sign * model.intercept()];
    beta.extend(model.params().iter().map(|b| sign * b));
    let worst = (0..=p).map(|j| mean_gradient(design, positive, &beta, lambda, j).abs()).fold(0.0, f64::max);
    if worst > GRADIENT { Err(failed(worst * n as f64)) } else { Ok(beta) }
}

fn mean_gradient(design: &Design, positive: &[bool], beta: &[f64], lambda: f64, j: usize) -> f64 {
    let sum: f64 = (0..design.rows())
        .map(|i| design.row(i))
        .zip(positive)
        .map(|(row, &p)| row[j] * (inverse_logit(linear(beta, row)) - f64::from(p)))
        .sum();
    sum / design.rows() as f64 + if j == 0 { 0.0 } else { lambda * beta[j] }
}

fn grid() -> Vec<f64> {
    (0..GRID).map(|step| 10f64.powf(1.0 - step as f64 / 4.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(n: usize, share: usize) -> (Design, Vec<bool>) {
        let a: Vec<f64> = (0..n).map(|i| 1200.0 + (i * 7 % 31) as f64 * 1e-3).collect();
        let b: Vec<f64> = (0..n).map(|i| (i * i % 17) as f64).collect();
        let y = (0..n).map(|i| (i * 5 + i * i) % 10 < share).collect();
        (Design::new(&["a".to_owned(), "b".to_owned()], &[a, b]).unwrap(), y)
    }

    #[test]
    fn the_slope_keeps_its_sign_whichever_class_is_larger() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let design = Design::new(&["x".to_owned()], &[x]).unwrap();
        for cut in [6, 14] {
            let y: Vec<bool> = (0..20).map(|i| i >= cut || i == 2).collect();
            assert!(fit(&design, &y, Some(0.1)).unwrap().coefficients[1] > 0.0);
        }
    }

    #[test]
    fn a_nearly_vanishing_penalty_gives_maximum_likelihood_on_badly_scaled_columns() {
        let (design, y) = data(60, 4);
        let ridge = fit(&design, &y, Some(1e-9)).unwrap();
        let ml = super::super::logistic::maximum_likelihood(&design, &y).unwrap();
        for (r, m) in ridge.coefficients.iter().zip(&ml.coefficients) {
            assert!((r - m).abs() < 1e-4 * m.abs(), "{r} is not {m}");
        }
        assert_eq!(ridge.aic, None);
    }

    /// The choice is made by the search of the elastic net, the fit by linfa: both must mean the same model.
    #[test]
    fn the_chosen_penalty_is_that_of_linfa_fitted_anew_in_each_fold() {
        let (design, y) = data(60, 4);
        let mut dealt = [0, 0];
        let fold = y.iter().map(|&p| (dealt[usize::from(p)], dealt[usize::from(p)] += 1).0 % 5).collect::<Vec<usize>>();
        let deviance = |lambda: f64| -> f64 {
            let of_fold = |f: usize| {
                let kept: Vec<usize> = (0..60).filter(|&i| fold[i] != f).collect();
                let outcome: Vec<bool> = kept.iter().map(|&i| y[i]).collect();
                let training = design.of_rows(&kept).unwrap();
                let beta = training.to_data_scale(&solve(&training, &outcome, lambda).unwrap());
                let lp = |i: usize| linear(&design.standardise(&beta), design.row(i));
                (0..60)
                    .filter(|&i| fold[i] == f)
                    .map(|i| -(inverse_logit(if y[i] { lp(i) } else { -lp(i) })).ln())
                    .sum::<f64>()
            };
            (0..5).map(of_fold).sum()
        };
        let best = grid().into_iter().min_by(|a, b| deviance(*a).total_cmp(&deviance(*b))).unwrap();
        assert!(grid()[0] > best && best > grid()[GRID - 1], "a choice within the grid");
        assert_eq!(choose(&design, &y, 0.0, &grid()), Ok(best));
    }

    #[test]
    fn a_chosen_penalty_is_stated() {
        let (design, y) = data(60, 4);
        let chosen = fit(&design, &y, None).unwrap();
        assert!(matches!(chosen.method, Method::Ridge { lambda: Some(l) } if l > 0.0));
        assert!(matches!(fit(&design, &y, Some(0.0)), Err(StatsError::OutOfRange { .. })));
    }
}
