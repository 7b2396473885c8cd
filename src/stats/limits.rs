//! Bland and Altman's limits of agreement of two methods, with approximate and exact intervals.
//!
//! Bland and Altman 1986 (doi:10.1016/S0140-6736(86)90837-8) and 1999 (doi:10.1177/096228029900800204); exact limits by
//! the noncentral t law (Carkeet 2015, doi:10.1097/OPX.0000000000000513). Where subjects have several pairs each, the
//! spread is that of a one-way analysis of the differences (Bland and Altman 2007, doi:10.1080/10543400701329422).
//! Differences are first minus second.

use super::correlation::pearson;
use super::distributions::{normal_half_width, t_half_width};
use super::error::{all_finite, same_length};
use super::noncentral::noncentral_t_quantile;
use super::summary::{mean, sum_of_squares};
use super::{Interval, StatsError};

/// Limits of agreement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Pairs.
    pub n: usize,
    /// Mean difference.
    pub bias: f64,
    /// Standard deviation of the differences.
    pub sd: f64,
    /// Interval of the bias.
    pub bias_interval: Interval,
    /// Limits as published: bias -+ 1.96 SD.
    pub limits: Interval,
    /// Limits by the normal quantile instead of 1.96.
    pub limits_by_quantile: Interval,
    /// Standard error of a limit as published in 1986: sqrt(3) SD / sqrt(n).
    pub se_1986: f64,
    /// Standard error of a limit as published in 1999.
    pub se_1999: f64,
    /// Interval of the lower limit (1999).
    pub lower: Interval,
    /// Interval of the upper limit (1999).
    pub upper: Interval,
    /// Exact interval of the lower limit.
    pub lower_exact: Interval,
    /// Exact interval of the upper limit.
    pub upper_exact: Interval,
    /// Correlation of difference and mean: does the difference grow with the size? None for fewer than three pairs.
    pub proportional: Option<(f64, f64)>,
    /// Mean and SD of the difference in percent of the mean; none where a mean is zero.
    pub percent: Option<(f64, f64)>,
}

/// The factor that papers print.
const PUBLISHED: f64 = 1.96;

const WHAT: &str = "limits of agreement";

/// Limits of agreement of paired values.
///
/// # Errors
/// Fewer than two pairs, values that are not finite, differences that do not vary.
pub fn limits(first: &[f64], second: &[f64], level: f64) -> Result<Limits, StatsError> {
    same_length(WHAT, first.len(), second.len())?;
    all_finite("first method", first)?;
    all_finite("second method", second)?;
    let n = first.len();
    if n < 2 {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 2, found: n });
    }
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let means: Vec<f64> = first.iter().zip(second).map(|(a, b)| (a + b) / 2.0).collect();
    let (size, df) = (n as f64, n as f64 - 1.0);
    let bias = mean(&differences);
    let sd = (sum_of_squares(&differences, bias) / df).sqrt();
    if sd <= 0.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let t = t_half_width(level, df);
    let z = normal_half_width(0.95);
    let about = |centre: f64, se: f64| Interval { low: centre - t * se, high: centre + t * se };
    let around = |factor: f64| Interval { low: bias - factor * sd, high: bias + factor * sd };
    let limits = around(PUBLISHED);
    let se = sd * (1.0 / size + PUBLISHED * PUBLISHED / (2.0 * df)).sqrt();
    let tail = (1.0 - level) / 2.0;
    let exact = |p: f64| noncentral_t_quantile(p, df, z * size.sqrt()) / size.sqrt() * sd;
    let (near, far) = (exact(tail), exact(1.0 - tail));
    let percent = means.iter().all(|m| *m != 0.0).then(|| {
        let share: Vec<f64> = differences.iter().zip(&means).map(|(d, m)| 100.0 * d / m).collect();
        (mean(&share), (sum_of_squares(&share, mean(&share)) / df).sqrt())
    });
    Ok(Limits {
        n,
        bias,
        sd,
        bias_interval: about(bias, sd / size.sqrt()),
        limits,
        limits_by_quantile: around(z),
        se_1986: 3.0f64.sqrt() * sd / size.sqrt(),
        se_1999: se,
        lower: about(limits.low, se),
        upper: about(limits.high, se),
        lower_exact: Interval { low: bias - far, high: bias - near },
        upper_exact: Interval { low: bias + near, high: bias + far },
        proportional: pearson(&differences, &means, level).ok().map(|r| (r.estimate, r.p)),
        percent,
    })
}

/// Limits where subjects have several pairs each and the true value varies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RepeatedLimits {
    /// Subjects.
    pub subjects: usize,
    /// Pairs.
    pub pairs: usize,
    /// Mean difference over pairs.
    pub bias: f64,
    /// SD of the difference between subjects; 0 where it would be imaginary.
    pub sd_between: f64,
    /// SD of the difference within subjects.
    pub sd_within: f64,
    /// Limits: bias -+ 1.96 times the root of both variances.
    pub limits: Interval,
}

/// Limits of agreement from pairs with the subject of each.
///
/// # Errors
/// Fewer than two subjects, no subject with two pairs, values that are not finite.
pub fn repeated_limits(first: &[f64], second: &[f64], subject: &[usize]) -> Result<RepeatedLimits, StatsError> {
    same_length(WHAT, first.len(), second.len())?;
    same_length(WHAT, first.len(), subject.len())?;
    all_finite("first method", first)?;
    all_finite("second method", second)?;
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let mut groups: std::collections::BTreeMap<usize, Vec<f64>> = std::collections::BTreeMap::new();
    for (&s, &d) in subject.iter().zip(&differences) {
        groups.entry(s).or_default().push(d);
    }
    let (n, pairs) = (groups.len(), differences.len());
    if n < 2 || pairs <= n {
        return Err(StatsError::TooFewValues { what: "limits of repeated pairs", needed: n.max(2) + 1, found: pairs });
    }
    let bias = mean(&differences);
    let within: f64 = groups.values().map(|g| sum_of_squares(g, mean(g))).sum::<f64>() / (pairs - n) as f64;
    let between: f64 =
        groups.values().map(|g| g.len() as f64 * (mean(g) - bias).powi(2)).sum::<f64>() / (n as f64 - 1.0);
    let total = pairs as f64;
    let squares: f64 = groups.values().map(|g| (g.len() as f64).powi(2)).sum();
    // the mean number of pairs a subject that the expectation of the mean square holds
    let size = (total * total - squares) / ((n as f64 - 1.0) * total);
    let variance = ((between - within) / size).max(0.0);
    let half = PUBLISHED * (variance + within).sqrt();
    Ok(RepeatedLimits {
        subjects: n,
        pairs,
        bias,
        sd_between: variance.sqrt(),
        sd_within: within.sqrt(),
        limits: Interval { low: bias - half, high: bias + half },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bias_and_limits_are_those_worked_by_hand() {
        // differences 1 -1 2 0: bias 0.5, variance 5/3
        let l = limits(&[2.0, 3.0, 6.0, 8.0], &[1.0, 4.0, 4.0, 8.0], 0.95).unwrap();
        assert!((l.bias - 0.5).abs() < 1e-15 && (l.sd - (5.0f64 / 3.0).sqrt()).abs() < 1e-14);
        assert!((l.limits.high - 0.5 - 1.96 * l.sd).abs() < 1e-12);
        // the exact interval lies further out on the far side
        assert!(l.upper_exact.low < l.limits.high && l.limits.high < l.upper_exact.high);
        assert!((l.upper_exact.high + l.lower_exact.low - 2.0 * l.bias).abs() < 1e-9);
        assert!(limits(&[1.0, 2.0], &[0.0, 1.0], 0.95).is_err());
    }

    #[test]
    fn balanced_repeats_split_into_between_and_within() {
        // subjects with differences (1, 3) and (5, 7): within 2, between mean square 16, so variance (16 - 2) / 2 = 7
        let l = repeated_limits(&[1.0, 3.0, 5.0, 7.0], &[0.0; 4], &[0, 0, 1, 1]).unwrap();
        assert!((l.sd_within.powi(2) - 2.0).abs() < 1e-12 && (l.sd_between.powi(2) - 7.0).abs() < 1e-12);
        assert!((l.limits.high - 4.0 - 1.96 * 3.0).abs() < 1e-12);
        assert!(repeated_limits(&[1.0, 3.0], &[0.0; 2], &[0, 1]).is_err());
    }
}
