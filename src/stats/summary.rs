//! What describes a sample: mean, standard deviation (n - 1), median, quartiles.
//!
//! Quantiles are of type 7 (linear between order statistics; R, NumPy). SPSS and Minitab use type 6.

use super::StatsError;
use super::error::all_finite;

/// Description of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Values.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation with n - 1; NaN for a single value.
    pub sd: f64,
    /// Smallest value.
    pub min: f64,
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
    /// Largest value.
    pub max: f64,
}

impl Summary {
    /// Describes `values`, of which there must be one at least.
    pub fn of(values: &[f64]) -> Result<Summary, StatsError> {
        all_finite("summary", values)?;
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
            return Err(StatsError::TooFewValues { what: "a summary", needed: 1, found: 0 });
        };
        let mean = mean(values);
        let sd = (sum_of_squares(values, mean) / (values.len() as f64 - 1.0)).sqrt();
        let at = |p| quantile(&sorted, p);
        Ok(Summary { n: values.len(), mean, sd, min, q1: at(0.25), median: at(0.5), q3: at(0.75), max })
    }
}

/// Quantile of type 7 of values in ascending order, of which there is one at least.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let position = p.clamp(0.0, 1.0) * (sorted.len() as f64 - 1.0);
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

/// Arithmetic mean.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of squared deviations from `centre`.
pub(crate) fn sum_of_squares(values: &[f64], centre: f64) -> f64 {
    values.iter().map(|v| (v - centre).powi(2)).sum()
}

/// Sum of t^3 - t over groups of ties.
pub(crate) fn tie_sum(values: &[f64]) -> f64 {
    tie_sizes(values).iter().map(|t| t * t * t - t).sum()
}

/// Sizes of the groups of equal values, single values included.
pub(crate) fn tie_sizes(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(|g| g.len() as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_of_type_seven() {
        let s = Summary::of(&[4.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!((s.q1, s.median, s.q3), (1.75, 2.5, 3.25));
        assert_eq!((s.n, s.mean, s.min, s.max), (4, 2.5, 1.0, 4.0));
        assert!((s.sd - (5.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(quantile(&[7.0], 0.9), 7.0);
        assert!(Summary::of(&[]).is_err());
    }
}
