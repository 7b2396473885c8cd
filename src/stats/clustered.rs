//! Several rows a patient: vertebrae, lesions or visits of one patient are alike, so that they are not as many patients.
//!
//! Areas: Obuchowski 1997 (doi:10.2307/2533958), placements summed within each patient; with one row a patient it is
//! DeLong's variance. Models: the sandwich of Liang and Zeger 1986 (doi:10.1093/biomet/73.1.13) with the factor
//! G / (G - 1) for G patients, about the estimate of maximum likelihood or Firth. Resamples draw patients with all their
//! rows; folds keep a patient's rows together. `cluster` is the number of each row's patient, from 0.

pub mod calls;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::calibration::calibrate;
use super::cross_validation::Folds;
use super::delong::{DeLong, delong, inverse_logit};
use super::design::Design;
use super::distributions::{normal_half_width, normal_p};
use super::error::same_length;
use super::logistic::{Coefficient, Fit, Method};
use super::resample::Resamples;
use super::roc::Direction;
use super::{Interval, StatsError};

/// The patient of each positive and of each negative row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clusters {
    positive: Vec<usize>,
    negative: Vec<usize>,
    n: usize,
}

impl Clusters {
    /// Patients with a positive row, and with a negative one.
    pub(super) fn of_each_class(&self) -> (usize, usize) {
        let distinct = |of: &[usize]| {
            let mut seen = vec![false; self.n];
            of.iter().for_each(|&c| seen[c] = true);
            seen.into_iter().filter(|s| *s).count()
        };
        (distinct(&self.positive), distinct(&self.negative))
    }

    /// Obuchowski's covariance of two areas from their placements.
    pub(super) fn covariance(&self, a: &DeLong, b: &DeLong) -> f64 {
        let (m, n) = (self.positive.len() as f64, self.negative.len() as f64);
        let sums = |placements: &[f64], of: &[usize], auc: f64| {
            let mut sums = vec![0.0; self.n];
            for (placement, &cluster) in placements.iter().zip(of) {
                sums[cluster] += placement - auc;
            }
            sums
        };
        let [(a10, a01), (b10, b01)] = [a, b].map(|d| {
            (sums(&d.placements_positive, &self.positive, d.auc), sums(&d.placements_negative, &self.negative, d.auc))
        });
        let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let of_groups = |groups: usize| groups as f64 / (groups as f64 - 1.0);
        let (cases, controls) = self.of_each_class();
        let crossed = product(&a10, &b01) + product(&a01, &b10);
        of_groups(cases) * product(&a10, &b10) / (m * m)
            + of_groups(controls) * product(&a01, &b01) / (n * n)
            + of_groups(self.n) * crossed / (m * n)
    }
}

/// Number of patients.
pub fn count(cluster: &[usize]) -> usize {
    cluster.iter().max().map_or(0, |last| last + 1)
}

/// Area of a marker with Obuchowski's variance.
///
/// # Errors
/// Those of [`delong`]; fewer than two patients in a class.
pub fn area(values: &[f64], positive: &[bool], cluster: &[usize], direction: Direction) -> Result<DeLong, StatsError> {
    same_length("clustered variance of an area", values.len(), cluster.len())?;
    let mut found = delong(values, positive, direction)?;
    let of = |class: bool| (0..cluster.len()).filter(|&i| positive[i] == class).map(|i| cluster[i]).collect();
    let clusters = Clusters { positive: of(true), negative: of(false), n: count(cluster) };
    let (cases, controls) = clusters.of_each_class();
    if cases.min(controls) < 2 {
        const WHAT: &str = "the clustered variance of an area, in patients of a class,";
        return Err(StatsError::TooFewValues { what: WHAT, needed: 2, found: cases.min(controls) });
    }
    found.variance = clusters.covariance(&found, &found);
    found.clusters = Some(clusters);
    Ok(found)
}

/// Coefficients with Wald inference from the sandwich; none for ridge and lasso. Intercept first.
pub fn inference(
    fit: &Fit,
    design: &Design,
    positive: &[bool],
    cluster: &[usize],
    level: f64,
) -> Option<Vec<Coefficient>> {
    let bread = fit.standardised_covariance()?;
    let (k, groups) = (design.width(), count(cluster));
    let beta = design.standardise(&fit.coefficients);
    let mut scores = vec![0.0; groups * k];
    for (i, (&class, &group)) in positive.iter().zip(cluster).enumerate() {
        let row = design.row(i);
        let p = inverse_logit(row.iter().zip(&beta).map(|(x, b)| x * b).sum());
        let mut residual = f64::from(u8::from(class)) - p;
        if fit.method == Method::Firth {
            // the score of the penalised likelihood, which is zero at its maximum
            let spread = |a: usize| (0..k).map(|b| bread[a * k + b] * row[b]).sum::<f64>();
            let leverage = p * (1.0 - p) * (0..k).map(|a| row[a] * spread(a)).sum::<f64>();
            residual += leverage * (0.5 - p);
        }
        for (sum, x) in scores[group * k..(group + 1) * k].iter_mut().zip(row) {
            *sum += residual * x;
        }
    }
    let factor = groups as f64 / (groups as f64 - 1.0);
    let meat = |a: usize, b: usize| -> f64 { scores.chunks_exact(k).map(|s| s[a] * s[b]).sum::<f64>() * factor };
    let meat: Vec<f64> = (0..k * k).map(|at| meat(at / k, at % k)).collect();
    let times = |x: &[f64], y: &[f64]| -> Vec<f64> {
        (0..k * k).map(|at| (0..k).map(|l| x[at / k * k + l] * y[l * k + at % k]).sum()).collect()
    };
    let robust = fit.on_data_scale(design, &times(&times(bread, &meat), bread));
    let half = normal_half_width(level);
    let names = std::iter::once("(intercept)").chain(design.names().iter().map(String::as_str));
    let filled = names.zip(&fit.coefficients).enumerate().map(|(j, (name, &estimate))| {
        let se = robust[j * k + j].sqrt();
        let z = estimate / se;
        Coefficient {
            name: name.to_owned(),
            estimate,
            se: Some(se),
            z: Some(z),
            p: Some(normal_p(z)),
            chi2: Some(z * z),
            ci_low: Some(estimate - half * se),
            ci_high: Some(estimate + half * se),
        }
    });
    Some(filled.collect())
}

/// Interval of the calibration in the large, by the same sandwich with the linear predictor as an offset.
///
/// # Errors
/// Columns of different length, one class, fewer than two patients.
pub fn calibration_intercept(
    linear_predictors: &[f64],
    positive: &[bool],
    cluster: &[usize],
    level: f64,
) -> Result<Interval, StatsError> {
    same_length("clustered calibration", linear_predictors.len(), cluster.len())?;
    let intercept = calibrate(linear_predictors, positive)?.intercept;
    let groups = count(cluster);
    if groups < 2 {
        return Err(StatsError::TooFewValues { what: "patients", needed: 2, found: groups });
    }
    let (mut scores, mut information) = (vec![0.0; groups], 0.0);
    for ((lp, &class), &group) in linear_predictors.iter().zip(positive).zip(cluster) {
        let p = inverse_logit(lp + intercept);
        scores[group] += f64::from(u8::from(class)) - p;
        information += p * (1.0 - p);
    }
    let factor = groups as f64 / (groups as f64 - 1.0);
    let se = (factor * scores.iter().map(|s| s * s).sum::<f64>()).sqrt() / information;
    let half = normal_half_width(level) * se;
    Ok(Interval { low: intercept - half, high: intercept + half })
}

/// Difference of means, positive minus negative, with its standard error by the sandwich of least squares.
///
/// # Errors
/// One class, fewer than two patients.
pub fn mean_difference(values: &[f64], positive: &[bool], cluster: &[usize]) -> Result<(f64, f64), StatsError> {
    same_length("clustered difference of means", values.len(), cluster.len())?;
    let (m, n) = super::error::two_classes(positive)?;
    let mean = |class: bool, count: usize| {
        values.iter().zip(positive).filter(|&(_, &p)| p == class).map(|(v, _)| v).sum::<f64>() / count as f64
    };
    let (high, low) = (mean(true, m), mean(false, n));
    let groups = count(cluster);
    if groups < 2 {
        return Err(StatsError::TooFewValues { what: "patients", needed: 2, found: groups });
    }
    let mut sums = vec![0.0; groups];
    for ((value, &class), &group) in values.iter().zip(positive).zip(cluster) {
        sums[group] += if class { (value - high) / m as f64 } else { -(value - low) / n as f64 };
    }
    let factor = groups as f64 / (groups as f64 - 1.0);
    Ok((high - low, (factor * sums.iter().map(|s| s * s).sum::<f64>()).sqrt()))
}

/// Rows of each patient, patients apart by the classes of their rows: positive, negative, both.
fn strata(positive: &[bool], cluster: &[usize]) -> [Vec<Vec<usize>>; 3] {
    let mut rows = vec![Vec::new(); count(cluster)];
    for (i, &c) in cluster.iter().enumerate() {
        rows[c].push(i);
    }
    let mut strata: [Vec<Vec<usize>>; 3] = Default::default();
    for rows in rows.into_iter().filter(|rows: &Vec<usize>| !rows.is_empty()) {
        let cases = rows.iter().filter(|&&i| positive[i]).count();
        strata[if cases == rows.len() {
            0
        } else if cases == 0 {
            1
        } else {
            2
        }]
        .push(rows);
    }
    strata
}

/// Draws `n` resamples of whole patients, within patients of one class.
pub fn resamples(positive: &[bool], cluster: &[usize], n: usize, seed: u64) -> Result<Resamples, StatsError> {
    let strata = strata(positive, cluster);
    let one = |number: usize| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number as u64);
        let mut rows = Vec::with_capacity(positive.len());
        for stratum in strata.iter().filter(|s| !s.is_empty()) {
            for _ in 0..stratum.len() {
                rows.extend_from_slice(&stratum[rng.random_range(0..stratum.len())]);
            }
        }
        rows
    };
    Resamples::given((0..n).into_par_iter().map(one).collect(), positive.len())
}

/// Draws `k` folds of whole patients, `repeats` times.
///
/// # Errors
/// Fewer than two folds, more folds than patients of the rarer class.
pub fn folds(positive: &[bool], cluster: &[usize], k: usize, repeats: usize, seed: u64) -> Result<Folds, StatsError> {
    let strata = strata(positive, cluster);
    let fewest = strata.iter().filter(|s| !s.is_empty()).map(Vec::len).min().unwrap_or_default();
    if k < 2 || k > fewest {
        let allowed = "2 up to the patients of the rarer class";
        return Err(StatsError::OutOfRange { what: "the number of folds", value: k as f64, allowed });
    }
    let one = |number: usize| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number as u64);
        let (mut fold, mut place) = (vec![0; positive.len()], 0);
        for stratum in &strata {
            let mut patients: Vec<&Vec<usize>> = stratum.iter().collect();
            patients.shuffle(&mut rng);
            for rows in patients {
                rows.iter().for_each(|&row| fold[row] = place % k);
                place += 1;
            }
        }
        fold
    };
    Folds::of_repeats((0..repeats.max(1)).map(one).collect())
}

#[cfg(test)]
mod tests;
