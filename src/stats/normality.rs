//! Shapiro and Wilk's test of normality, by Royston's approximation.
//!
//! W is the squared correlation of the ordered sample with approximate normal scores, p comes from a normal law fitted
//! to log(1 - W) (Royston 1995, AS R94, doi:10.2307/2986146); the coefficients are those of R's `shapiro.test`. With
//! 15 patients the test sees only gross departures, and a small p with hundreds says little about a t test.

use super::StatsError;
use super::distributions::{normal_quantile, normal_sf};
use super::error::all_finite;
use super::summary::{mean, sum_of_squares};
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Shapiro and Wilk's test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapiroWilk {
    /// W, 1 for a perfectly normal sample.
    pub w: f64,
    /// p.
    pub p: f64,
}

/// Sample sizes for which the approximation was made.
const SIZES: std::ops::RangeInclusive<usize> = 3..=5000;

/// Tests 3 to 5000 values.
///
/// # Errors
/// Fewer than three or more than 5000 values, values that do not vary or are not finite.
pub fn shapiro_wilk(values: &[f64]) -> Result<ShapiroWilk, StatsError> {
    const WHAT: &str = "the Shapiro-Wilk test";
    all_finite(WHAT, values)?;
    let n = values.len();
    if n < *SIZES.start() {
        return Err(StatsError::TooFewValues { what: WHAT, needed: *SIZES.start(), found: n });
    }
    if n > *SIZES.end() {
        return Err(StatsError::OutOfRange {
            what: "the sample size of a Shapiro-Wilk test",
            value: n as f64,
            allowed: "3 to 5000",
        });
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let range = sorted[n - 1] - sorted[0];
    if range <= 1e-12 * sorted[n - 1].abs().max(sorted[0].abs()) {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let scaled: Vec<f64> = sorted.iter().map(|v| (v - sorted[0]) / range).collect();
    let weights = weights(n);
    let centre = mean(&scaled);
    let half = n / 2;
    let numerator: f64 = (0..half).map(|i| weights[i] * (scaled[n - 1 - i] - scaled[i])).sum();
    let length: f64 = 2.0 * weights.iter().map(|a| a * a).sum::<f64>();
    let product = (length * sum_of_squares(&scaled, centre)).sqrt();
    // 1 - W without cancellation, for p lives on its logarithm
    let lack = (product - numerator) * (product + numerator) / (product * product);
    Ok(ShapiroWilk { w: 1.0 - lack, p: p_value(lack, n) })
}

/// Weights of the differences between the i-th largest and the i-th smallest value.
fn weights(n: usize) -> Vec<f64> {
    if n == 3 {
        return vec![FRAC_1_SQRT_2];
    }
    let size = n as f64;
    let scores: Vec<f64> = (1..=n / 2).map(|i| -normal_quantile((i as f64 - 0.375) / (size + 0.25))).collect();
    let squares = 2.0 * scores.iter().map(|m| m * m).sum::<f64>();
    let u = 1.0 / size.sqrt();
    let first =
        scores[0] / squares.sqrt() + polynomial(&[0.0, 0.221_157, -0.147_981, -2.071_19, 4.434_685, -2.706_056], u);
    let mut weights = vec![first];
    if n > 5 {
        let second = scores[1] / squares.sqrt()
            + polynomial(&[0.0, 0.042_981, -0.293_762, -1.752_461, 5.682_633, -3.582_633], u);
        weights.push(second);
    }
    let used = weights.len();
    let rest = squares - 2.0 * scores[..used].iter().map(|m| m * m).sum::<f64>();
    let left = 1.0 - 2.0 * weights.iter().map(|a| a * a).sum::<f64>();
    let factor = (rest / left).sqrt();
    weights.extend(scores[used..].iter().map(|m| m / factor));
    weights
}

fn p_value(lack: f64, n: usize) -> f64 {
    let size = n as f64;
    if n == 3 {
        let p = 6.0 / PI * ((1.0 - lack).sqrt().asin() - 0.75f64.sqrt().asin());
        return p.clamp(0.0, 1.0);
    }
    let y = lack.ln();
    let (y, centre, spread) = if n <= 11 {
        let gamma = polynomial(&[-2.273, 0.459], size);
        if y >= gamma {
            return 1e-99;
        }
        let spread = polynomial(&[1.3822, -0.77857, 0.062767, -0.0020322], size).exp();
        (-(gamma - y).ln(), polynomial(&[0.544, -0.39978, 0.025054, -6.714e-4], size), spread)
    } else {
        let x = size.ln();
        let spread = polynomial(&[-0.4803, -0.082676, 0.0030302], x).exp();
        (y, polynomial(&[-1.5861, -0.31082, -0.083751, 0.0038915], x), spread)
    };
    normal_sf((y - centre) / spread)
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_values_in_line_are_as_normal_as_can_be() {
        // n = 3: W = ((x3 - x1)^2 / 2) / SS, which is 1 for equal steps and 3/4 at its least
        let test = shapiro_wilk(&[1.0, 2.0, 3.0]).unwrap();
        assert!((test.w - 1.0).abs() < 1e-14 && (test.p - 1.0).abs() < 1e-6);
        let test = shapiro_wilk(&[0.0, 0.0, 3.0]).unwrap();
        assert!((test.w - 0.75).abs() < 1e-14 && test.p < 1e-6);
    }

    #[test]
    fn normal_scores_pass_and_a_far_value_does_not() {
        let mut scores: Vec<f64> = (1..=20).map(|i| normal_quantile((f64::from(i) - 0.375) / 20.25)).collect();
        assert!(shapiro_wilk(&scores).unwrap().p > 0.99);
        scores[19] = 12.0;
        assert!(shapiro_wilk(&scores).unwrap().p < 1e-4);
    }

    #[test]
    fn shifting_and_scaling_change_nothing() {
        let x = [0.3, 1.7, 2.0, 5.5, 2.2, 0.9, 1.1];
        let moved = x.map(|v| 1000.0 + 3.0 * v);
        let (a, b) = (shapiro_wilk(&x).unwrap(), shapiro_wilk(&moved).unwrap());
        assert!((a.w - b.w).abs() < 1e-12 && (a.p - b.p).abs() < 1e-10);
    }

    #[test]
    fn two_values_and_equal_values_are_refused() {
        assert!(matches!(shapiro_wilk(&[1.0, 2.0]), Err(StatsError::TooFewValues { .. })));
        assert!(matches!(shapiro_wilk(&[0.1; 9]), Err(StatsError::NoVariation { .. })));
    }
}
