//! Whether groups spread alike or follow one law: Levene, Brown and Forsythe, the variance ratio, Kolmogorov-Smirnov.
//!
//! Levene's test is a one-way analysis of variance of the distances from the group's mean, Brown and Forsythe's of
//! those from its median (1974, doi:10.1080/01621459.1974.10482955); SPSS prints the first, R's car the second. The
//! ratio of variances is at home with normal data only.

use super::distributions::{f_quantile, f_sf};
use super::error::all_finite;
use super::several_groups::{FTest, anova};
use super::summary::{mean, quantile, sum_of_squares};
use super::{Interval, StatsError};

/// From which centre distances are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Centre {
    /// The mean: Levene's test.
    Mean,
    /// The median: Brown and Forsythe's test.
    Median,
}

/// Test of equal spread of two or more groups.
///
/// # Errors
/// Fewer than two groups or two values in one, values that are not finite, distances that do not vary.
pub fn equal_spread(groups: &[&[f64]], centre: Centre) -> Result<FTest, StatsError> {
    let distances: Vec<Vec<f64>> = groups
        .iter()
        .map(|group| {
            let middle = match centre {
                Centre::Mean => mean(group),
                Centre::Median => {
                    let mut sorted = group.to_vec();
                    sorted.sort_unstable_by(f64::total_cmp);
                    if sorted.is_empty() { f64::NAN } else { quantile(&sorted, 0.5) }
                }
            };
            group.iter().map(|v| (v - middle).abs()).collect()
        })
        .collect();
    anova(&distances.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// Ratio of two variances with its F test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VarianceRatio {
    /// Variance of the first group over that of the second.
    pub f: f64,
    /// Degrees of freedom.
    pub df: (f64, f64),
    /// Two-sided p.
    pub p: f64,
    /// Interval of the ratio.
    pub interval: Interval,
}

/// Variance of `a` over variance of `b`.
///
/// # Errors
/// Fewer than two values in a group, a group that does not vary.
pub fn variance_ratio(a: &[f64], b: &[f64], level: f64) -> Result<VarianceRatio, StatsError> {
    const WHAT: &str = "the variance ratio";
    for sample in [a, b] {
        all_finite(WHAT, sample)?;
        if sample.len() < 2 {
            return Err(StatsError::TooFewValues { what: WHAT, needed: 2, found: sample.len() });
        }
    }
    let variance = |v: &[f64]| sum_of_squares(v, mean(v)) / (v.len() as f64 - 1.0);
    let (va, vb) = (variance(a), variance(b));
    if va <= 0.0 || vb <= 0.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let (f, d1, d2) = (va / vb, a.len() as f64 - 1.0, b.len() as f64 - 1.0);
    let p = (2.0 * f_sf(f, d1, d2).min(f_sf(1.0 / f, d2, d1))).min(1.0);
    let tail = (1.0 - level) / 2.0;
    let interval = Interval { low: f / f_quantile(1.0 - tail, d1, d2), high: f / f_quantile(tail, d1, d2) };
    Ok(VarianceRatio { f, df: (d1, d2), p, interval })
}

/// Kolmogorov and Smirnov's two-sample test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KolmogorovSmirnov {
    /// Largest distance of the two distribution functions.
    pub d: f64,
    /// p by Kolmogorov's limit law; rough below some twenty values a group and with ties.
    pub p: f64,
    /// Exact p given the values that are tied; none where the product of the sizes exceeds 10,000.
    pub p_exact: Option<f64>,
}

/// Product of the sizes up to which the exact distribution is counted.
const MOST_PAIRS: usize = 10_000;

/// Compares the distribution functions of `a` and `b`.
///
/// # Errors
/// An empty group, values that are not finite.
pub fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> Result<KolmogorovSmirnov, StatsError> {
    const WHAT: &str = "the Kolmogorov-Smirnov test";
    for sample in [a, b] {
        all_finite(WHAT, sample)?;
        if sample.is_empty() {
            return Err(StatsError::TooFewValues { what: WHAT, needed: 1, found: 0 });
        }
    }
    let sorted = |v: &[f64]| {
        let mut v = v.to_vec();
        v.sort_unstable_by(f64::total_cmp);
        v
    };
    let (a, b) = (sorted(a), sorted(b));
    let (m, n) = (a.len() as f64, b.len() as f64);
    let below = |v: &[f64], x: f64| v.partition_point(|&u| u <= x) as f64;
    let d = a.iter().chain(&b).map(|&x| (below(&a, x) / m - below(&b, x) / n).abs()).fold(0.0, f64::max);
    let p_exact = (a.len() * b.len() <= MOST_PAIRS).then(|| exact_sf(&a, &b));
    Ok(KolmogorovSmirnov { d, p: kolmogorov_sf((m * n / (m + n)).sqrt() * d), p_exact })
}

/// Share of all ways to deal the pooled values to groups of these sizes whose distance is at least the one seen; tied values
/// are passed together (Schroer and Trenkler 1995, doi:10.1016/0167-9473(94)00040-P). `a` and `b` ascend.
fn exact_sf(a: &[f64], b: &[f64]) -> f64 {
    let (m, n) = (a.len(), b.len());
    let mut pooled = [a, b].concat();
    pooled.sort_unstable_by(f64::total_cmp);
    // distances in units of 1 / (m n), whole numbers
    let gap = |i: usize, j: usize| (i * n).abs_diff(j * m);
    let seen =
        pooled.iter().map(|&x| gap(a.partition_point(|&u| u <= x), b.partition_point(|&u| u <= x))).max().unwrap_or(0);
    // probability to have dealt i values to the first group without a distance as large, by i
    let mut stays = vec![0.0; m + 1];
    stays[0] = 1.0;
    for (step, pair) in pooled.iter().enumerate() {
        let left = (m + n - step) as f64;
        let ends_a_tie = pooled.get(step + 1) != Some(pair);
        for i in (0..=m.min(step + 1)).rev() {
            let j = step + 1 - i;
            let from_b = if j >= 1 && j <= n { stays[i] * (n - (j - 1)) as f64 / left } else { 0.0 };
            let from_a = if i >= 1 { stays[i - 1] * (m - (i - 1)) as f64 / left } else { 0.0 };
            stays[i] = if j > n || (ends_a_tie && gap(i, j) >= seen) { 0.0 } else { from_a + from_b };
        }
    }
    (1.0 - stays[m]).clamp(0.0, 1.0)
}

/// P(K > x) of Kolmogorov's law: one of its two series, whichever is short.
fn kolmogorov_sf(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        let z = -std::f64::consts::PI.powi(2) / (8.0 * x * x);
        let sum: f64 = (0..20).map(|k| ((2 * k + 1) as f64).powi(2) * z).map(f64::exp).sum();
        return (1.0 - (2.0 * std::f64::consts::PI).sqrt() / x * sum).clamp(0.0, 1.0);
    }
    let term = |k: i32| 2.0 * (-2.0 * f64::from(k * k) * x * x).exp() * if k % 2 == 1 { 1.0 } else { -1.0 };
    (1..30).map(term).sum::<f64>().clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_are_shifted_spread_alike() {
        let (a, b) = ([1.0, 2.0, 4.0, 8.0], [11.0, 12.0, 14.0, 18.0]);
        for centre in [Centre::Mean, Centre::Median] {
            let test = equal_spread(&[&a, &b], centre).unwrap();
            assert!(test.f.abs() < 1e-20 && (test.p - 1.0).abs() < 1e-9);
        }
        let ratio = variance_ratio(&a, &b, 0.95).unwrap();
        assert!((ratio.f - 1.0).abs() < 1e-12 && (ratio.p - 1.0).abs() < 1e-9);
        assert!((ratio.interval.low * ratio.interval.high - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_exact_p_of_kolmogorov_smirnov_is_the_share_of_all_deals_with_ties_too() {
        // counted over all subsets by a program of a few lines
        for (a, b, share) in [
            (&[1.0, 2.0, 2.0, 4.0][..], &[2.0, 3.0, 5.0, 6.0, 6.0][..], 24.0 / 126.0),
            (&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0, 9.0], 2.0 / 126.0),
            (&[3.0, 3.0, 1.0], &[3.0, 2.0, 3.0, 5.0], 29.0 / 35.0),
        ] {
            for (x, y) in [(a, b), (b, a)] {
                let p = kolmogorov_smirnov(x, y).unwrap().p_exact.unwrap();
                assert!((p - share).abs() < 1e-12, "{p}, expected {share}");
            }
        }
        assert_eq!(kolmogorov_smirnov(&[1.0; 200], &[2.0; 51]).unwrap().p_exact, None);
    }

    #[test]
    fn a_doubled_spread_is_a_ratio_of_four() {
        let a = [1.0, 5.0, 2.0, 9.0, 4.0];
        let b = a.map(|v| 2.0 * v);
        assert!((variance_ratio(&b, &a, 0.95).unwrap().f - 4.0).abs() < 1e-12);
        assert!(variance_ratio(&a, &[1.0, 1.0], 0.95).is_err());
    }

    #[test]
    fn both_series_of_kolmogorovs_law_meet() {
        // P(K > 1.3581) = 0.05; the two series agree at their seam
        assert!((kolmogorov_sf(1.358_098_6) - 0.05).abs() < 1e-6);
        assert!((kolmogorov_sf(1.0 - 1e-12) - kolmogorov_sf(1.0)).abs() < 1e-9);
        assert_eq!(kolmogorov_smirnov(&[1.0, 2.0], &[3.0, 4.0]).unwrap().d, 1.0);
    }
}
