//! How large a difference of two groups is, in units of its spread or in pairs of patients.
//!
//! Cohen's d divides by the pooled SD; Hedges' g takes its small-sample bias off with the exact factor (Hedges 1981,
//! doi:10.3102/10769986006002107). The interval of d inverts the noncentral t law. The rank-biserial correlation is
//! the share of pairs in which the first group is larger minus the share in which it is smaller (2 AUC - 1).

use super::Interval;
use super::StatsError;
use super::group_tests::student;
use super::noncentral::noncentrality_interval;
use super::rank_tests::mann_whitney;
use super::summary::{mean, sum_of_squares};
use statrs::function::gamma::ln_gamma;

/// Effect sizes of a difference, first group minus second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectSize {
    /// Difference over the pooled SD.
    pub cohen_d: f64,
    /// d without its small-sample bias.
    pub hedges_g: f64,
    /// Interval of d.
    pub d_interval: Interval,
    /// Interval of g: that of d times the same factor.
    pub g_interval: Interval,
    /// Difference over the root of the mean of both variances, as Table 1 programs print it.
    pub standardised_difference: f64,
    /// 2 U / (n1 n2) - 1.
    pub rank_biserial: f64,
}

/// Effect sizes of `a` against `b`.
///
/// # Errors
/// Fewer than two values in a group, values that do not vary or are not finite.
pub fn effect_size(a: &[f64], b: &[f64], level: f64) -> Result<EffectSize, StatsError> {
    let test = student(a, b, level)?;
    let (na, nb) = (a.len() as f64, b.len() as f64);
    let root = (1.0 / na + 1.0 / nb).sqrt();
    let cohen_d = test.t * root;
    let factor = bias_factor(test.df);
    let noncentral = noncentrality_interval(test.t, test.df, level);
    let d_interval = Interval { low: noncentral.low * root, high: noncentral.high * root };
    let variance = |v: &[f64]| sum_of_squares(v, mean(v)) / (v.len() as f64 - 1.0);
    let typical = ((variance(a) + variance(b)) / 2.0).sqrt();
    let ranks = mann_whitney(a, b, level)?;
    Ok(EffectSize {
        cohen_d,
        hedges_g: cohen_d * factor,
        d_interval,
        g_interval: Interval { low: d_interval.low * factor, high: d_interval.high * factor },
        standardised_difference: test.difference / typical,
        rank_biserial: 2.0 * ranks.u / (na * nb) - 1.0,
    })
}

/// Expected d over true d at these degrees of freedom, inverted.
fn bias_factor(df: f64) -> f64 {
    (ln_gamma(df / 2.0) - ln_gamma((df - 1.0) / 2.0)).exp() / (df / 2.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_of_one_pooled_sd_is_a_d_of_one() {
        let a = [2.0, 3.0, 4.0];
        let b = [1.0, 2.0, 3.0];
        let e = effect_size(&a, &b, 0.95).unwrap();
        assert!((e.cohen_d - 1.0).abs() < 1e-14 && (e.standardised_difference - 1.0).abs() < 1e-14);
        // the gamma form at 4 degrees of freedom: Gamma(2) / (sqrt(2) Gamma(3/2))
        let factor = 1.0 / (2.0f64.sqrt() * std::f64::consts::PI.sqrt() / 2.0);
        assert!((e.hedges_g - factor).abs() < 1e-12);
        // of nine pairs six rise, two tie, one falls: 7/9 of them
        assert!((e.rank_biserial - (2.0 * 7.0 / 9.0 - 1.0)).abs() < 1e-14);
        assert!(e.d_interval.low < 0.0 && e.d_interval.high > 1.0);
    }

    #[test]
    fn swapping_the_groups_turns_every_sign() {
        let (a, b) = ([5.0, 7.0, 9.0, 4.0], [1.0, 6.0, 2.0]);
        let (x, y) = (effect_size(&a, &b, 0.95).unwrap(), effect_size(&b, &a, 0.95).unwrap());
        assert!((x.hedges_g + y.hedges_g).abs() < 1e-14 && (x.rank_biserial + y.rank_biserial).abs() < 1e-14);
        assert!((x.d_interval.low + y.d_interval.high).abs() < 1e-9);
    }
}
