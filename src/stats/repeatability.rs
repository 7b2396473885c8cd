//! Repeatability of a measurement: within-subject SD, coefficient of variation, repeatability coefficient.
//!
//! wSD is the root of the mean within-subject variance; the repeatability coefficient 1.96 sqrt(2) wSD is the change
//! that 95 % of repeats stay under (QIBA; Raunig 2015, doi:10.1177/0962280214537344). Three coefficients of variation
//! are in use and named: root mean square of each subject's own, from logarithms, and wSD over the grand mean. Where
//! spread grows with size the percent limits come from logarithms and are asymmetric.

use super::distributions::{chi2_quantile, normal_half_width};
use super::error::all_finite;
use super::summary::{mean, sum_of_squares};
use super::{Interval, StatsError};

/// Repeatability of a measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeatability {
    /// Subjects with two repeats or more.
    pub subjects: usize,
    /// Degrees of freedom: repeats beyond the first.
    pub df: usize,
    /// Within-subject SD.
    pub wsd: f64,
    /// Its interval (chi-squared).
    pub wsd_interval: Interval,
    /// Repeatability coefficient, in the unit of the measurement.
    pub rc: f64,
    /// Its interval.
    pub rc_interval: Interval,
    /// Root mean square of each subject's coefficient of variation, a fraction; none where a mean is zero.
    pub wcv_rms: Option<f64>,
    /// From logarithms: sqrt(exp(s^2) - 1); none where a value is not positive.
    pub wcv_log: Option<f64>,
    /// wSD over the grand mean; none where that is zero.
    pub wcv_ratio: Option<f64>,
    /// Repeatability coefficient as a fraction, by the root-mean-square coefficient.
    pub rc_fraction: Option<f64>,
    /// Percent change that 95 % of repeats stay within, by logarithms.
    pub asymmetric_pct: Option<Interval>,
}

/// Repeatability from the repeats of each subject; subjects with a single value are left out.
///
/// # Errors
/// No subject with two values, values that are not finite, repeats that never differ.
pub fn repeatability(repeats: &[Vec<f64>], level: f64) -> Result<Repeatability, StatsError> {
    const WHAT: &str = "repeatability";
    for row in repeats {
        all_finite(WHAT, row)?;
    }
    let used: Vec<&Vec<f64>> = repeats.iter().filter(|row| row.len() >= 2).collect();
    let df: usize = used.iter().map(|row| row.len() - 1).sum();
    if used.is_empty() {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 2, found: 1 });
    }
    let pooled = |transform: &dyn Fn(f64) -> f64| -> f64 {
        let squares = used.iter().map(|row| {
            let values: Vec<f64> = row.iter().map(|&v| transform(v)).collect();
            sum_of_squares(&values, mean(&values))
        });
        squares.sum::<f64>() / df as f64
    };
    let variance = pooled(&|v| v);
    if variance <= 0.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let wsd = variance.sqrt();
    let factor = normal_half_width(0.95) * std::f64::consts::SQRT_2;
    let tail = (1.0 - level) / 2.0;
    let end = |p: f64| wsd * (df as f64 / chi2_quantile(p, df as f64)).sqrt();
    let wsd_interval = Interval { low: end(1.0 - tail), high: end(tail) };
    let own = used.iter().map(|row| (mean(row), sum_of_squares(row, mean(row)) / (row.len() as f64 - 1.0)));
    let shares: Option<Vec<f64>> = own.map(|(m, v)| (m != 0.0).then(|| v / (m * m))).collect();
    let wcv_rms = shares.map(|shares| mean(&shares).sqrt());
    let positive = used.iter().all(|row| row.iter().all(|&v| v > 0.0));
    let log_variance = positive.then(|| pooled(&f64::ln));
    let grand = mean(&used.iter().flat_map(|row| row.iter().copied()).collect::<Vec<_>>());
    Ok(Repeatability {
        subjects: used.len(),
        df,
        wsd,
        wsd_interval,
        rc: factor * wsd,
        rc_interval: Interval { low: factor * wsd_interval.low, high: factor * wsd_interval.high },
        wcv_rms,
        wcv_log: log_variance.map(|v| v.exp_m1().sqrt()),
        wcv_ratio: (grand != 0.0).then(|| wsd / grand),
        rc_fraction: wcv_rms.map(|c| factor * c),
        asymmetric_pct: log_variance.map(|v| {
            let reach = factor * v.sqrt();
            Interval { low: 100.0 * (-reach).exp_m1(), high: 100.0 * reach.exp_m1() }
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_repeats_a_subject_are_half_the_squared_difference() {
        // differences 2 and 4: variances 2 and 8, wSD = sqrt(5)
        let r = repeatability(&[vec![9.0, 11.0], vec![18.0, 22.0], vec![5.0]], 0.95).unwrap();
        assert!((r.wsd - 5.0f64.sqrt()).abs() < 1e-14 && (r.subjects, r.df) == (2, 2));
        assert!((r.wcv_rms.unwrap() - 0.02f64.sqrt()).abs() < 1e-14);
        assert!((r.wcv_ratio.unwrap() - 5.0f64.sqrt() / 15.0).abs() < 1e-14);
        // chi-squared with 2 degrees of freedom: quantile -2 ln(1 - p)
        assert!((r.wsd_interval.low - r.wsd * (2.0 / (-2.0 * 0.025f64.ln())).sqrt()).abs() < 1e-9);
        let pct = r.asymmetric_pct.unwrap();
        assert!((1.0 + pct.low / 100.0) * (1.0 + pct.high / 100.0) - 1.0 < 1e-12 && pct.high > -pct.low);
    }

    #[test]
    fn a_value_of_zero_has_no_logarithm_and_single_values_no_spread() {
        let r = repeatability(&[vec![0.0, 2.0], vec![1.0, 1.0]], 0.95).unwrap();
        assert_eq!((r.wcv_log, r.asymmetric_pct), (None, None));
        assert!(repeatability(&[vec![1.0], vec![2.0]], 0.95).is_err());
        assert!(repeatability(&[vec![1.0, 1.0]], 0.95).is_err());
    }
}
