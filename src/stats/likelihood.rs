//! Maximum of the logistic likelihood, plain or with Jeffreys' penalty, by Newton's method with step-halving.
//!
//! Penalised: l*(b) = l(b) + 1/2 log |X'WX| (Firth 1993, doi:10.1093/biomet/80.1.27). The Hessian is exact, penalty
//! included:
//!
//! -l*''_kl = sum_i x_ik x_il (w_i + h_i w_i - h_i c_i^2 / 2) + 1/2 tr(A T_k A T_l),
//! A = (X'WX)^-1, h_i = w_i x_i' A x_i, c_i = 1 - 2 p_i, T_k = sum_i w_i c_i x_ik x_i x_i',
//!
//! so that convergence is quadratic also on separated data, where scoring creeps and looser criteria stop early. Where
//! it is not positive definite (far from the maximum) a scoring step is taken. Convergence is judged by the score.

use super::linalg::{cholesky, invert, log_determinant, solve};

/// A likelihood to be maximised: rows of `x` with `k` entries, outcome, penalty or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Likelihood<'a> {
    pub x: &'a [f64],
    pub k: usize,
    pub positive: &'a [bool],
    pub penalised: bool,
}

/// Where the search ended.
#[derive(Debug, Clone)]
pub(crate) struct Maximum {
    pub beta: Vec<f64>,
    /// Unpenalised log-likelihood.
    pub log_likelihood: f64,
    /// What was maximised.
    pub objective: f64,
    /// Inverse of the Fisher information of all coefficients, k x k.
    pub covariance: Vec<f64>,
    /// Score of all coefficients, held ones included.
    pub score: Vec<f64>,
    /// Largest score of the coefficients that were free.
    pub max_score: f64,
    pub converged: bool,
}

const MAX_ITERATIONS: usize = 200;
const MAX_HALVINGS: usize = 40;
/// Largest change of a standardised coefficient in one step.
const MAX_STEP: f64 = 5.0;
const SCORE_TOLERANCE: f64 = 1e-9;

/// State at one point, with buffers that live through the search.
struct Point {
    beta: Vec<f64>,
    probability: Vec<f64>,
    leverage: Vec<f64>,
    factor: Vec<f64>,
    covariance: Vec<f64>,
    score: Vec<f64>,
    scratch: Vec<f64>,
    log_likelihood: f64,
    objective: f64,
}

impl Likelihood<'_> {
    fn rows(&self) -> impl Iterator<Item = (&[f64], bool)> {
        self.x.chunks_exact(self.k).zip(self.positive.iter().copied())
    }

    /// Maximises from `start`, holding the coefficients marked in `held` at their starting values.
    pub(crate) fn maximise(&self, start: &[f64], held: &[usize]) -> Maximum {
        let (k, n) = (self.k, self.positive.len());
        let new = |beta: &[f64]| Point {
            beta: beta.to_vec(),
            probability: vec![0.0; n],
            leverage: vec![0.0; n],
            factor: vec![0.0; k * k],
            covariance: vec![0.0; k * k],
            score: vec![0.0; k],
            scratch: vec![0.0; k],
            log_likelihood: f64::NEG_INFINITY,
            objective: f64::NEG_INFINITY,
        };
        let free: Vec<usize> = (0..k).filter(|j| !held.contains(j)).collect();
        let (mut here, mut next) = (new(start), new(start));
        let mut regular = self.evaluate(&mut here);
        let mut step = vec![0.0; free.len()];
        let mut curvature = Curvature::new(k, free.len());
        let mut converged = false;
        for _ in 0..MAX_ITERATIONS {
            if !regular {
                break;
            }
            let max_score = free.iter().fold(0.0f64, |m, &j| m.max(here.score[j].abs()));
            if free.is_empty() || !self.newton_step(&here, &free, &mut curvature, &mut step) {
                converged = free.is_empty();
                break;
            }
            let length = step.iter().fold(0.0f64, |m, s| m.max(s.abs()));
            let settled = max_score < SCORE_TOLERANCE && length < 1e-8;
            let mut fraction = if length > MAX_STEP { MAX_STEP / length } else { 1.0 };
            let slack = 1e-12 * (1.0 + here.objective.abs());
            let mut moved = false;
            for _ in 0..MAX_HALVINGS {
                next.beta.copy_from_slice(&here.beta);
                for (&j, s) in free.iter().zip(&step) {
                    next.beta[j] += fraction * s;
                }
                if self.evaluate(&mut next) && next.objective >= here.objective - slack {
                    moved = true;
                    break;
                }
                fraction /= 2.0;
            }
            if moved {
                std::mem::swap(&mut here, &mut next);
            }
            if settled || !moved {
                converged = settled || max_score < SCORE_TOLERANCE;
                break;
            }
            regular = true;
        }
        let max_score = free.iter().fold(0.0f64, |m, &j| m.max(here.score[j].abs()));
        Maximum {
            converged: converged && regular && max_score.is_finite(),
            beta: here.beta,
            log_likelihood: here.log_likelihood,
            objective: here.objective,
            covariance: here.covariance,
            score: here.score,
            max_score,
        }
    }

    /// Likelihood, information, leverages and score at `point.beta`; false where the information is singular.
    fn evaluate(&self, point: &mut Point) -> bool {
        let k = self.k;
        point.factor.fill(0.0);
        point.log_likelihood = 0.0;
        for ((row, positive), probability) in self.rows().zip(&mut point.probability) {
            let eta: f64 = row.iter().zip(&point.beta).map(|(x, b)| x * b).sum();
            let tail = (-eta.abs()).exp();
            let minor = tail / (1.0 + tail);
            *probability = if eta >= 0.0 { 1.0 - minor } else { minor };
            let wrong = (eta >= 0.0) != positive;
            point.log_likelihood -= tail.ln_1p() + if wrong { eta.abs() } else { 0.0 };
            let weight = minor / (1.0 + tail);
            for a in 0..k {
                let wx = weight * row[a];
                for (f, x) in point.factor[a * k..].iter_mut().zip(&row[..=a]) {
                    *f += wx * x;
                }
            }
        }
        if !cholesky(&mut point.factor, k) {
            point.objective = f64::NEG_INFINITY;
            return false;
        }
        invert(&point.factor, &mut point.covariance, &mut point.scratch);
        point.objective = point.log_likelihood;
        if self.penalised {
            point.objective += 0.5 * log_determinant(&point.factor, k);
        }
        point.score.fill(0.0);
        for (i, (row, positive)) in self.rows().enumerate() {
            let p = point.probability[i];
            let mut residual = f64::from(positive) - p;
            if self.penalised {
                let h = p * (1.0 - p) * quadratic_form(&point.covariance, row);
                point.leverage[i] = h;
                residual += h * (0.5 - p);
            }
            for (s, x) in point.score.iter_mut().zip(row) {
                *s += residual * x;
            }
        }
        point.objective.is_finite()
    }

    /// Newton's step on the free coefficients; a scoring step where the Hessian is not negative definite.
    fn newton_step(&self, point: &Point, free: &[usize], curvature: &mut Curvature, step: &mut [f64]) -> bool {
        for penalty in [self.penalised, false] {
            self.information(point, penalty, curvature);
            let m = free.len();
            for (a, &j) in free.iter().enumerate() {
                step[a] = point.score[j];
                for (b, &l) in free.iter().enumerate() {
                    curvature.reduced[a * m + b] = curvature.full[j * self.k + l];
                }
            }
            if cholesky(&mut curvature.reduced, m) {
                solve(&curvature.reduced, step);
                return step.iter().all(|s| s.is_finite());
            }
        }
        false
    }

    /// Observed information, with or without the penalty's part.
    fn information(&self, point: &Point, penalty: bool, curvature: &mut Curvature) {
        let k = self.k;
        let Curvature { full, third, product, .. } = curvature;
        full.fill(0.0);
        third.fill(0.0);
        for (i, (row, _)) in self.rows().enumerate() {
            let p = point.probability[i];
            let (w, c, h) = (p * (1.0 - p), 1.0 - 2.0 * p, point.leverage[i]);
            let weight = if penalty { w + h * w - 0.5 * h * c * c } else { w };
            for a in 0..k {
                for b in 0..=a {
                    let xx = row[a] * row[b];
                    full[a * k + b] += weight * xx;
                    if penalty {
                        // the third moments are symmetric in all three indices; the rest is filled in below
                        for d in 0..=b {
                            third[(a * k + b) * k + d] += w * c * xx * row[d];
                        }
                    }
                }
            }
        }
        if penalty {
            symmetrise(third, k);
            for t in 0..k {
                // product[t] = A T_t
                for a in 0..k {
                    for b in 0..k {
                        let sum = (0..k).map(|d| point.covariance[a * k + d] * third[(t * k + d) * k + b]).sum();
                        product[(t * k + a) * k + b] = sum;
                    }
                }
            }
            for t in 0..k {
                for u in 0..=t {
                    let mut trace = 0.0;
                    for a in 0..k {
                        for b in 0..k {
                            trace += product[(t * k + a) * k + b] * product[(u * k + b) * k + a];
                        }
                    }
                    full[t * k + u] += 0.5 * trace;
                }
            }
        }
        for a in 0..k {
            for b in 0..a {
                full[b * k + a] = full[a * k + b];
            }
        }
    }
}

/// Buffers for the second derivatives.
struct Curvature {
    full: Vec<f64>,
    reduced: Vec<f64>,
    third: Vec<f64>,
    product: Vec<f64>,
}

impl Curvature {
    fn new(k: usize, free: usize) -> Self {
        Curvature {
            full: vec![0.0; k * k],
            reduced: vec![0.0; free * free],
            third: vec![0.0; k * k * k],
            product: vec![0.0; k * k * k],
        }
    }
}

/// x' A x.
fn quadratic_form(a: &[f64], x: &[f64]) -> f64 {
    let k = x.len();
    x.iter().enumerate().map(|(i, xi)| xi * x.iter().zip(&a[i * k..]).map(|(xj, aij)| aij * xj).sum::<f64>()).sum()
}

/// Copies the entries with descending indices to all their permutations.
fn symmetrise(third: &mut [f64], k: usize) {
    for a in 0..k {
        for b in 0..=a {
            for d in 0..=b {
                let v = third[(a * k + b) * k + d];
                for (p, q, r) in [(a, d, b), (b, a, d), (b, d, a), (d, a, b), (d, b, a)] {
                    third[(p * k + q) * k + r] = v;
                }
            }
        }
    }
}
