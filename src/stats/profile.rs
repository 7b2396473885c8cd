//! Likelihood-ratio tests and exact profile intervals of single coefficients, plain or penalised.
//!
//! The interval holds the values whose profile likelihood lies within half a chi-squared quantile of the maximum
//! (Heinze and Schemper 2002, doi:10.1002/sim.1047, for the penalised one). The ends are roots found by a bracketed
//! Newton search whose derivative is the score of the held coefficient, not an interpolation of the profile.

use super::distributions::{chi2_1_quantile, chi2_sf};
use super::likelihood::{Likelihood, Maximum};

/// Likelihood-ratio statistic and p for holding the coefficients in `held` at zero; none where it did not converge.
pub(crate) fn ratio_test(likelihood: &Likelihood, maximum: &Maximum, held: &[usize]) -> Option<(f64, f64)> {
    let mut start = maximum.beta.clone();
    for &j in held {
        start[j] = 0.0;
    }
    let constrained = best(likelihood, held, vec![start, vec![0.0; likelihood.k]])?;
    let statistic = (2.0 * (maximum.objective - constrained.objective)).max(0.0);
    Some((statistic, chi2_sf(statistic, held.len() as f64)))
}

/// Shifts of the boundary, in logits, from which a penalised profile is searched.
const SHIFTS: [f64; 6] = [-6.0, -3.0, -1.0, 1.0, 3.0, 6.0];

/// The highest of the maxima reached from several starts. With a coefficient held far out the penalised likelihood has
/// one maximum where the boundary lies near the positive patients and one where it lies near the negative ones.
fn best(likelihood: &Likelihood, held: &[usize], mut starts: Vec<Vec<f64>>) -> Option<Maximum> {
    if let Some(last) = starts.last().cloned().filter(|_| likelihood.penalised && !held.contains(&0)) {
        let shifted = |shift: &f64| last.iter().enumerate().map(|(l, b)| if l == 0 { b + shift } else { *b }).collect();
        starts.extend(SHIFTS.iter().map(shifted));
    }
    let reached = starts.iter().map(|start| likelihood.maximise(start, held)).filter(|m| m.converged);
    reached.max_by(|a, b| a.objective.total_cmp(&b.objective))
}

/// Both ends of the profile interval of coefficient `j`; an end is none where the profile does not fall far enough.
pub(crate) fn interval(likelihood: &Likelihood, maximum: &Maximum, j: usize, level: f64) -> (Option<f64>, Option<f64>) {
    let search = |side: f64| bound(likelihood, maximum, j, side, level);
    (search(-1.0), search(1.0))
}

/// Farthest a standardised coefficient is followed.
const FARTHEST: f64 = 1e4;

fn bound(likelihood: &Likelihood, maximum: &Maximum, j: usize, side: f64, level: f64) -> Option<f64> {
    let quantile = chi2_1_quantile(level);
    let target = maximum.objective - quantile / 2.0;
    let k = likelihood.k;
    let se = maximum.covariance[j * k + j].sqrt();
    let mut beta = maximum.beta.clone();
    // excess of the profile over the target and its slope at a value of the coefficient
    let mut profile = |value: f64| -> Option<(f64, f64)> {
        beta[j] = value;
        let held_at = |start: &[f64], factor: f64| -> Vec<f64> {
            start.iter().enumerate().map(|(l, b)| if l == j { value } else { factor * b }).collect()
        };
        // from the neighbour, from the maximum moved so that the boundary stays in place, and from no other effect
        let mut starts = vec![beta.clone()];
        if likelihood.penalised {
            starts.push(held_at(&maximum.beta, 0.0));
            starts.push(held_at(&maximum.beta, value / maximum.beta[j]));
        }
        let found = best(likelihood, &[j], starts)?;
        beta.copy_from_slice(&found.beta);
        Some((found.objective - target, found.score[j]))
    };
    let mut inside = maximum.beta[j];
    let mut stride = se * quantile.sqrt();
    let mut at = inside + side * stride;
    let mut outside = None;
    for _ in 0..200 {
        let (excess, slope) = profile(at)?;
        if excess.abs() < 1e-12 {
            return Some(at);
        }
        if excess > 0.0 {
            inside = at
        } else {
            outside = Some(at)
        }
        let newton = at - excess / slope;
        let next = match outside {
            None => {
                // keep going out until the end is between two values
                stride *= 2.0;
                let reach = inside + side * stride;
                if newton.is_finite() && (newton - inside) * side > 0.0 && (reach - newton) * side > 0.0 {
                    newton
                } else {
                    reach
                }
            }
            Some(out) => {
                let (low, high) = if inside < out { (inside, out) } else { (out, inside) };
                if newton > low && newton < high { newton } else { low / 2.0 + high / 2.0 }
            }
        };
        if (next - at).abs() <= 1e-13 * (1.0 + at.abs()) {
            return Some(next);
        }
        if next.abs() > FARTHEST {
            return None;
        }
        at = next;
    }
    None
}
