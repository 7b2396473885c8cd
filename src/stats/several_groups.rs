//! Two or more groups: Kruskal and Wallis' rank test, analysis of variance with equal variances or Welch's.
//!
//! Kruskal and Wallis 1952 (doi:10.1080/01621459.1952.10483441) with the correction for ties; Welch 1951
//! (doi:10.1093/biomet/38.3-4.330). Pairs of groups are compared by Mann and Whitney's normal approximation and adjusted
//! by the caller.

use super::StatsError;
use super::delong::midranks;
use super::distributions::{chi2_sf, f_sf};
use super::error::all_finite;
use super::summary::{mean, sum_of_squares, tie_sum};

/// An F test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FTest {
    /// Statistic.
    pub f: f64,
    /// Degrees of freedom.
    pub df: (f64, f64),
    /// p.
    pub p: f64,
}

/// Kruskal and Wallis' test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KruskalWallis {
    /// H, corrected for ties.
    pub h: f64,
    /// Degrees of freedom: groups - 1.
    pub df: usize,
    /// p by chi-squared; rough with fewer than five values a group.
    pub p: f64,
}

/// Compares groups by ranks; empty groups are refused.
///
/// # Errors
/// Fewer than two groups, an empty one, values that are equal or not finite.
pub fn kruskal_wallis(groups: &[&[f64]]) -> Result<KruskalWallis, StatsError> {
    const WHAT: &str = "the Kruskal-Wallis test";
    check(WHAT, groups, 1)?;
    let pooled: Vec<f64> = groups.concat();
    let n = pooled.len() as f64;
    let correction = 1.0 - tie_sum(&pooled) / (n * n * n - n);
    if correction <= 1e-14 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let ranks = midranks(&pooled);
    let (mut at, mut sum) = (0, 0.0);
    for group in groups {
        let rank_sum: f64 = ranks[at..at + group.len()].iter().sum();
        sum += rank_sum * rank_sum / group.len() as f64;
        at += group.len();
    }
    let h = ((12.0 / (n * (n + 1.0)) * sum - 3.0 * (n + 1.0)) / correction).max(0.0);
    let df = groups.len() - 1;
    Ok(KruskalWallis { h, df, p: chi2_sf(h, df as f64) })
}

/// One-way analysis of variance, equal variances assumed.
///
/// # Errors
/// Fewer than two groups, no more values than groups, values that do not vary within groups.
pub fn anova(groups: &[&[f64]]) -> Result<FTest, StatsError> {
    const WHAT: &str = "the analysis of variance";
    check(WHAT, groups, 1)?;
    let pooled: Vec<f64> = groups.concat();
    let (n, k) = (pooled.len(), groups.len());
    if n <= k {
        return Err(StatsError::TooFewValues { what: WHAT, needed: k + 1, found: n });
    }
    let centre = mean(&pooled);
    let between: f64 = groups.iter().map(|g| g.len() as f64 * (mean(g) - centre).powi(2)).sum();
    let within: f64 = groups.iter().map(|g| sum_of_squares(g, mean(g))).sum();
    if within <= 0.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let df = ((k - 1) as f64, (n - k) as f64);
    let f = between / df.0 / (within / df.1);
    Ok(FTest { f, df, p: f_sf(f, df.0, df.1) })
}

/// Welch's analysis of variance: variances of their own.
///
/// # Errors
/// Fewer than two groups, fewer than two values in one, a group that does not vary.
pub fn welch_anova(groups: &[&[f64]]) -> Result<FTest, StatsError> {
    const WHAT: &str = "Welch's analysis of variance";
    check(WHAT, groups, 2)?;
    let k = groups.len() as f64;
    let mut weighted = Vec::new();
    for group in groups {
        let (n, m) = (group.len() as f64, mean(group));
        let variance = sum_of_squares(group, m) / (n - 1.0);
        if variance <= 0.0 {
            return Err(StatsError::NoVariation { what: WHAT });
        }
        weighted.push((n / variance, m, n));
    }
    let total: f64 = weighted.iter().map(|(w, ..)| w).sum();
    let centre = weighted.iter().map(|(w, m, _)| w * m).sum::<f64>() / total;
    let lack: f64 = weighted.iter().map(|(w, _, n)| (1.0 - w / total).powi(2) / (n - 1.0)).sum::<f64>() / (k * k - 1.0);
    let between = weighted.iter().map(|(w, m, _)| w * (m - centre).powi(2)).sum::<f64>() / (k - 1.0);
    let f = between / (1.0 + 2.0 * (k - 2.0) * lack);
    let df = (k - 1.0, 1.0 / (3.0 * lack));
    Ok(FTest { f, df, p: f_sf(f, df.0, df.1) })
}

fn check(what: &'static str, groups: &[&[f64]], needed: usize) -> Result<(), StatsError> {
    if groups.len() < 2 {
        return Err(StatsError::TooFewValues { what, needed: 2, found: groups.len() });
    }
    for group in groups {
        all_finite(what, group)?;
        if group.len() < needed {
            return Err(StatsError::TooFewValues { what, needed, found: group.len() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::group_tests::{student, welch};

    const A: [f64; 4] = [1.0, 2.0, 4.0, 9.0];
    const B: [f64; 5] = [3.0, 5.0, 5.0, 8.0, 12.0];

    #[test]
    fn with_two_groups_f_is_t_squared() {
        let f = anova(&[&A, &B]).unwrap();
        let t = student(&A, &B, 0.95).unwrap();
        assert!((f.f - t.t * t.t).abs() < 1e-12 && (f.p - t.p).abs() < 1e-12);
        let f = welch_anova(&[&A, &B]).unwrap();
        let t = welch(&A, &B, 0.95).unwrap();
        assert!((f.f - t.t * t.t).abs() < 1e-12 && (f.df.1 - t.df).abs() < 1e-10);
    }

    #[test]
    fn ranks_fully_apart_have_the_largest_h() {
        // rank sums 3, 7, 11: H = 12 / 42 (9 + 49 + 121) / 2 - 21
        let test = kruskal_wallis(&[&[1.0, 2.0], &[3.0, 4.0], &[5.0, 6.0]]).unwrap();
        assert!((test.h - (12.0 / 42.0 * 89.5 - 21.0)).abs() < 1e-12);
        assert_eq!(test.df, 2);
    }

    #[test]
    fn one_group_and_equal_values_are_refused() {
        assert!(kruskal_wallis(&[&A]).is_err());
        assert!(kruskal_wallis(&[&[1.0, 1.0], &[1.0]]).is_err());
        assert!(anova(&[&[1.0, 1.0], &[2.0, 2.0]]).is_err());
    }
}
