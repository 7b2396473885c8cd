//! Correlation of two columns: Pearson's r and Spearman's rho with p from t, Kendall's tau-b with p from a normal law.
//!
//! Intervals are made on Fisher's z scale with variance 1/(n - 3) for r, and (1 + rho^2/2)/(n - 3) for rho (Bonett and
//! Wright 2000, doi:10.1007/BF02294183), and 0.437/(n - 4) for tau (Fieller, Hartley and Pearson 1957,
//! doi:10.1093/biomet/44.3-4.470).

use super::delong::midranks;
use super::distributions::{normal_half_width, normal_p, t_p};
use super::error::{all_finite, same_length};
use super::summary::{mean, sum_of_squares, tie_sizes};
use super::{Interval, StatsError};

/// A correlation coefficient with its test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// Pairs.
    pub n: usize,
    /// The coefficient.
    pub estimate: f64,
    /// t statistic with n - 2 degrees of freedom.
    pub t: f64,
    /// Two-sided p.
    pub p: f64,
    /// Interval; none with three pairs or a coefficient of -1 or 1.
    pub interval: Option<Interval>,
}

/// Pearson's product-moment correlation.
pub fn pearson(x: &[f64], y: &[f64], level: f64) -> Result<Correlation, StatsError> {
    let r = coefficient(x, y, "Pearson's correlation")?;
    Ok(tested(r, x.len(), |_| 1.0, level))
}

/// Spearman's rank correlation, ties sharing their mean rank.
pub fn spearman(x: &[f64], y: &[f64], level: f64) -> Result<Correlation, StatsError> {
    const WHAT: &str = "Spearman's correlation";
    same_length(WHAT, x.len(), y.len())?;
    all_finite(WHAT, x)?;
    all_finite(WHAT, y)?;
    let rho = coefficient(&midranks(x), &midranks(y), WHAT)?;
    Ok(tested(rho, x.len(), |rho| 1.0 + rho * rho / 2.0, level))
}

/// Kendall's rank correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kendall {
    /// Pairs.
    pub n: usize,
    /// tau-b: concordant minus discordant pairs over the geometric mean of the untied ones.
    pub tau_b: f64,
    /// Normal statistic, its variance corrected for ties.
    pub z: f64,
    /// Two-sided p.
    pub p: f64,
    /// Interval; none with four pairs or a coefficient of -1 or 1.
    pub interval: Option<Interval>,
}

/// Kendall's tau-b; takes time with the square of the length.
pub fn kendall(x: &[f64], y: &[f64], level: f64) -> Result<Kendall, StatsError> {
    const WHAT: &str = "Kendall's correlation";
    same_length(WHAT, x.len(), y.len())?;
    all_finite(WHAT, x)?;
    all_finite(WHAT, y)?;
    if x.len() < 3 {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 3, found: x.len() });
    }
    let mut score = 0i64;
    for i in 1..x.len() {
        for j in 0..i {
            let sign = |d: f64| i64::from(d > 0.0) - i64::from(d < 0.0);
            score += sign(x[i] - x[j]) * sign(y[i] - y[j]);
        }
    }
    let n = x.len() as f64;
    let (tx, ty) = (tie_sizes(x), tie_sizes(y));
    let sum = |ties: &[f64], f: fn(f64) -> f64| ties.iter().map(|&t| f(t)).sum::<f64>();
    let pairs = n * (n - 1.0) / 2.0;
    let untied = |ties: &[f64]| pairs - sum(ties, |t| t * (t - 1.0)) / 2.0;
    let spread = (untied(&tx) * untied(&ty)).sqrt();
    if spread <= 0.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let fives = |ties: &[f64]| sum(ties, |t| t * (t - 1.0) * (2.0 * t + 5.0));
    let twos = |ties: &[f64]| sum(ties, |t| t * (t - 1.0));
    let threes = |ties: &[f64]| sum(ties, |t| t * (t - 1.0) * (t - 2.0));
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - fives(&tx) - fives(&ty)) / 18.0
        + twos(&tx) * twos(&ty) / (2.0 * n * (n - 1.0))
        + threes(&tx) * threes(&ty) / (9.0 * n * (n - 1.0) * (n - 2.0));
    let (tau_b, z) = (score as f64 / spread, score as f64 / variance.sqrt());
    let interval = (n > 4.0 && tau_b.abs() < 1.0).then(|| {
        let half = normal_half_width(level) * (0.437 / (n - 4.0)).sqrt();
        Interval { low: (tau_b.atanh() - half).tanh(), high: (tau_b.atanh() + half).tanh() }
    });
    Ok(Kendall { n: x.len(), tau_b, z, p: normal_p(z), interval })
}

fn coefficient(x: &[f64], y: &[f64], what: &'static str) -> Result<f64, StatsError> {
    same_length(what, x.len(), y.len())?;
    all_finite(what, x)?;
    all_finite(what, y)?;
    if x.len() < 3 {
        return Err(StatsError::TooFewValues { what, needed: 3, found: x.len() });
    }
    let (mx, my) = (mean(x), mean(y));
    let spread = (sum_of_squares(x, mx) * sum_of_squares(y, my)).sqrt();
    if spread == 0.0 {
        return Err(StatsError::NoVariation { what });
    }
    let shared: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    Ok((shared / spread).clamp(-1.0, 1.0))
}

fn tested(estimate: f64, n: usize, inflation: impl Fn(f64) -> f64, level: f64) -> Correlation {
    let df = n as f64 - 2.0;
    let t = estimate * (df / (1.0 - estimate * estimate)).sqrt();
    let p = if estimate.abs() < 1.0 { t_p(t, df) } else { 0.0 };
    let interval = (n > 3 && estimate.abs() < 1.0).then(|| {
        let half = normal_half_width(level) * (inflation(estimate) / (n as f64 - 3.0)).sqrt();
        let z = estimate.atanh();
        Interval { low: (z - half).tanh(), high: (z + half).tanh() }
    });
    Correlation { n, estimate, t, p, interval }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_correlates_fully_and_a_monotone_curve_in_ranks() {
        let x = [1.0, 2.0, 3.0, 4.0];
        let y = [1.0, 8.0, 27.0, 64.0];
        let s = spearman(&x, &y, 0.95).unwrap();
        assert_eq!((s.estimate, s.p, s.interval), (1.0, 0.0, None));
        assert!(pearson(&x, &y, 0.95).unwrap().estimate < 1.0);
    }

    #[test]
    fn kendall_counts_pairs() {
        // 1 2 3 4 against 1 3 2 4: five of six pairs agree
        let k = kendall(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0], 0.95).unwrap();
        assert!((k.tau_b - 4.0 / 6.0).abs() < 1e-15);
        assert!((k.z - 4.0 / (4.0f64 * 3.0 * 13.0 / 18.0).sqrt()).abs() < 1e-14);
        assert_eq!(k.interval, None);
        assert!(kendall(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0], 0.95).is_err());
    }

    #[test]
    fn a_small_sample_agrees_with_the_formula() {
        let r = pearson(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 1.0, 4.0, 3.0, 5.0], 0.95).unwrap();
        assert!((r.estimate - 0.8).abs() < 1e-15);
        assert!((r.t - 0.8 * (3.0f64 / 0.36).sqrt()).abs() < 1e-14);
        assert!(pearson(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0], 0.95).is_err());
    }
}
