//! Rank tests of two groups (Mann-Whitney) and of paired differences (Wilcoxon), with Hodges-Lehmann estimates.
//!
//! Exact p come from the permutation law of the midranks, ties included, by counting subsets with a given rank sum
//! (the shift algorithm of Streitberg and Roehmel 1986); above [`EXACT_UP_TO`] values the normal approximation with tie
//! and continuity correction is used. Intervals of a shift are order statistics of the differences (Hodges and Lehmann
//! 1963, doi:10.1214/aoms/1177704172) by the law without ties; with ties they are slightly conservative.

use super::delong::midranks;
use super::distributions::{normal_half_width, normal_p};
use super::error::{all_finite, same_length};
use super::pair_sums::Sums;
use super::summary::tie_sum;
use super::{Interval, StatsError};

/// Values in all up to which the exact law is counted.
pub const EXACT_UP_TO: usize = 120;

/// Mann and Whitney's test of two groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// U of the first group: pairs in which it is larger, ties one half (R's W).
    pub u: f64,
    /// Two-sided p: exact where there is one, else normal.
    pub p: f64,
    /// Exact two-sided p, ties included; none above [`EXACT_UP_TO`] values.
    pub p_exact: Option<f64>,
    /// Normal approximation with tie and continuity correction.
    pub p_normal: f64,
    /// Normal approximation with tie correction alone.
    pub p_normal_uncorrected: f64,
    /// Hodges and Lehmann's shift: median of all differences first minus second.
    pub shift: f64,
    /// Interval of the shift; without ends where so few values give none of this level.
    pub interval: Interval,
}

/// Mann and Whitney's test of `a` against `b`.
pub fn mann_whitney(a: &[f64], b: &[f64], level: f64) -> Result<MannWhitney, StatsError> {
    const WHAT: &str = "the Mann-Whitney test";
    for sample in [a, b] {
        all_finite(WHAT, sample)?;
        if sample.is_empty() {
            return Err(StatsError::TooFewValues { what: WHAT, needed: 1, found: 0 });
        }
    }
    let (m, n) = (a.len(), b.len());
    let pooled: Vec<f64> = a.iter().chain(b).copied().collect();
    let ranks = midranks(&pooled);
    let (mf, nf, total) = (m as f64, n as f64, (m + n) as f64);
    let rank_sum: f64 = ranks[..m].iter().sum();
    let u = rank_sum - mf * (mf + 1.0) / 2.0;
    let variance = mf * nf / 12.0 * (total + 1.0 - tie_sum(&pooled) / (total * (total - 1.0)));
    if variance <= 0.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let excess = (u - mf * nf / 2.0).abs();
    let p_exact = (m + n <= EXACT_UP_TO).then(|| {
        let law = rank_sum_law(&ranks, m);
        two_sided(&law, 2.0 * rank_sum, mf * (total + 1.0))
    });
    let p_normal = normal_p((excess - 0.5).max(0.0) / variance.sqrt());
    let differences = Sums::of_differences(a, b);
    let depth = if m + n <= EXACT_UP_TO {
        let untied: Vec<f64> = (1..=m + n).map(|r| r as f64).collect();
        exact_depth(&rank_sum_law(&untied, m), m * (m + 1), level)
    } else {
        Some((mf * nf / 2.0 - normal_half_width(level) * (mf * nf * (total + 1.0) / 12.0).sqrt()).round() as usize)
    };
    Ok(MannWhitney {
        u,
        p: p_exact.unwrap_or(p_normal),
        p_exact,
        p_normal,
        p_normal_uncorrected: normal_p(excess / variance.sqrt()),
        shift: differences.median(),
        interval: differences.at_depth(depth),
    })
}

/// Wilcoxon's signed-rank test of paired differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRank {
    /// Rank sum of the positive differences, zeros dropped (R's V).
    pub v: f64,
    /// Differences of zero that were dropped.
    pub zeros: usize,
    /// Two-sided p: exact where there is one, else normal.
    pub p: f64,
    /// Exact two-sided p, ties included; none above [`EXACT_UP_TO`] values.
    pub p_exact: Option<f64>,
    /// Normal approximation with tie and continuity correction.
    pub p_normal: f64,
    /// Normal approximation with tie correction alone.
    pub p_normal_uncorrected: f64,
    /// Exact two-sided p with zeros ranked and then left out (Pratt 1959); none above [`EXACT_UP_TO`] values.
    pub p_pratt: Option<f64>,
    /// Hodges and Lehmann's pseudomedian: median of the means of all pairs of differences, zeros included.
    pub shift: f64,
    /// Interval of the pseudomedian; without ends where so few values give none of this level.
    pub interval: Interval,
}

/// Wilcoxon's test of `followup - baseline`; differences that agree in twelve digits of the data are ties.
pub fn signed_rank(baseline: &[f64], followup: &[f64], level: f64) -> Result<SignedRank, StatsError> {
    same_length(WILCOXON, baseline.len(), followup.len())?;
    let largest = baseline.iter().chain(followup).fold(0.0f64, |m, v| m.max(v.abs()));
    let unit = 10f64.powf(largest.max(f64::MIN_POSITIVE).log10().floor() - 11.0);
    let rounded = |(f, b): (&f64, &f64)| ((f - b) / unit).round() * unit;
    signed_rank_of(&followup.iter().zip(baseline).map(rounded).collect::<Vec<_>>(), level)
}

const WILCOXON: &str = "the Wilcoxon signed-rank test";

/// Wilcoxon's test of differences as they are; zeros are dropped from the test.
pub fn signed_rank_of(all: &[f64], level: f64) -> Result<SignedRank, StatsError> {
    all_finite(WILCOXON, all)?;
    let differences: Vec<f64> = all.iter().copied().filter(|&d| d != 0.0).collect();
    let n = differences.len();
    if n == 0 {
        return Err(StatsError::NoVariation { what: WILCOXON });
    }
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    let ranks = midranks(&sizes);
    let v: f64 = ranks.iter().zip(&differences).filter(|&(_, &d)| d > 0.0).map(|(r, _)| r).sum();
    let nf = n as f64;
    let variance = nf * (nf + 1.0) * (2.0 * nf + 1.0) / 24.0 - tie_sum(&sizes) / 48.0;
    let excess = (v - nf * (nf + 1.0) / 4.0).abs();
    let p_exact = (n <= EXACT_UP_TO).then(|| two_sided(&sign_law(&ranks), 2.0 * v, nf * (nf + 1.0) / 2.0));
    let p_normal = normal_p((excess - 0.5).max(0.0) / variance.sqrt());
    let p_pratt = (all.len() <= EXACT_UP_TO).then(|| pratt(all));
    let walsh = Sums::of_means(all);
    let count = all.len() as f64;
    let depth = if all.len() <= EXACT_UP_TO {
        let untied: Vec<f64> = (1..=all.len()).map(|r| r as f64).collect();
        exact_depth(&sign_law(&untied), 0, level)
    } else {
        let sd = (count * (count + 1.0) * (2.0 * count + 1.0) / 24.0).sqrt();
        Some((count * (count + 1.0) / 4.0 - normal_half_width(level) * sd).round() as usize)
    };
    Ok(SignedRank {
        v,
        zeros: all.len() - n,
        p: p_exact.unwrap_or(p_normal),
        p_exact,
        p_normal,
        p_normal_uncorrected: normal_p(excess / variance.sqrt()),
        p_pratt,
        shift: walsh.median(),
        interval: walsh.at_depth(depth),
    })
}

/// Exact p of the signed ranks when zeros take part in the ranking.
fn pratt(differences: &[f64]) -> f64 {
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    let ranked = midranks(&sizes).into_iter().zip(differences).filter(|&(_, &d)| d != 0.0);
    let (ranks, rising): (Vec<f64>, Vec<bool>) = ranked.map(|(r, &d)| (r, d > 0.0)).unzip();
    let v: f64 = ranks.iter().zip(&rising).filter(|&(_, &up)| up).map(|(r, _)| r).sum();
    two_sided(&sign_law(&ranks), 2.0 * v, ranks.iter().sum())
}

/// Probability of each doubled rank sum of a subset of `size`, all subsets being equally likely.
fn rank_sum_law(ranks: &[f64], size: usize) -> Vec<f64> {
    let doubled: Vec<usize> = ranks.iter().map(|r| (2.0 * r).round() as usize).collect();
    let width = doubled.iter().sum::<usize>() + 1;
    let mut counts = vec![vec![0.0; width]; size + 1];
    counts[0][0] = 1.0;
    for (seen, &rank) in doubled.iter().enumerate() {
        for k in (1..=size.min(seen + 1)).rev() {
            let (smaller, this) = counts.split_at_mut(k);
            for (target, source) in this[0][rank..].iter_mut().zip(&smaller[k - 1]) {
                *target += source;
            }
        }
    }
    let mut law = counts.swap_remove(size);
    let total: f64 = law.iter().sum();
    law.iter_mut().for_each(|p| *p /= total);
    law
}

/// Probability of each doubled rank sum when every rank is taken or left with equal chance.
fn sign_law(ranks: &[f64]) -> Vec<f64> {
    let doubled: Vec<usize> = ranks.iter().map(|r| (2.0 * r).round() as usize).collect();
    let mut law = vec![0.0; doubled.iter().sum::<usize>() + 1];
    law[0] = 1.0;
    for rank in doubled {
        for sum in (0..law.len()).rev() {
            law[sum] = 0.5 * (law[sum] + if sum >= rank { law[sum - rank] } else { 0.0 });
        }
    }
    law
}

/// P(|S - E| >= |seen - E|) for doubled sums.
fn two_sided(law: &[f64], seen: f64, expected: f64) -> f64 {
    let distance = (seen - expected).abs() - 1e-9;
    let tail = law.iter().enumerate().filter(|&(s, _)| (s as f64 - expected).abs() >= distance);
    tail.map(|(_, p)| p).sum::<f64>().min(1.0)
}

/// Smallest statistic whose lower tail reaches half of 1 - level: the depth of the interval's ends. None where even the
/// smallest has more in its tail, so that no interval is as sure. `offset` is the doubled rank sum at which it is zero.
fn exact_depth(law: &[f64], offset: usize, level: f64) -> Option<usize> {
    let tail = (1.0 - level) / 2.0;
    let mut sum = 0.0;
    for (doubled, p) in law.iter().enumerate() {
        sum += p;
        if sum >= tail {
            let depth = (doubled - offset) / 2;
            return (depth > 0).then_some(depth);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_law_is_right_where_the_first_group_is_smaller() {
        // 1 of C(7,3) = 35 arrangements in either tail
        let t = mann_whitney(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0, 7.0], 0.95).unwrap();
        assert!((t.p - 2.0 / 35.0).abs() < 1e-15);
        assert_eq!(t.u, 0.0);
        assert_eq!(t.shift, -3.5);
    }

    #[test]
    fn swapping_the_groups_turns_the_shift_and_keeps_p() {
        let (a, b) = ([1.0, 2.0, 2.0, 5.0, 9.0], [2.0, 3.0, 7.0, 7.5]);
        let (x, y) = (mann_whitney(&a, &b, 0.95).unwrap(), mann_whitney(&b, &a, 0.95).unwrap());
        assert!((x.p - y.p).abs() < 1e-15);
        assert_eq!((x.shift, x.interval.low, x.interval.high), (-y.shift, -y.interval.high, -y.interval.low));
        assert_eq!(x.u + y.u, 20.0);
    }

    #[test]
    fn so_few_values_have_no_interval_of_this_level() {
        // 3 and 3: 2 of 20 arrangements lie outside the widest interval, 90 %; 4 and 4: 2 of 70, 97 %
        let three = mann_whitney(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0], 0.95).unwrap();
        assert_eq!((three.shift, three.interval.low, three.interval.high), (-3.0, f64::NEG_INFINITY, f64::INFINITY));
        let four = mann_whitney(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0], 0.95).unwrap();
        assert_eq!((four.interval.low, four.interval.high), (-7.0, -1.0));
        // five differences: 2 of 32, 93.75 %; six: 2 of 64
        assert_eq!(signed_rank_of(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap().interval.low, f64::NEG_INFINITY);
        assert_eq!(signed_rank_of(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 0.95).unwrap().interval.low, 1.0);
    }

    #[test]
    fn all_ties_are_refused() {
        assert!(matches!(mann_whitney(&[1.0, 1.0], &[1.0], 0.95), Err(StatsError::NoVariation { .. })));
        assert!(matches!(signed_rank(&[1.0, 2.0], &[1.0, 2.0], 0.95), Err(StatsError::NoVariation { .. })));
    }

    #[test]
    fn five_rises_of_five_have_p_one_sixteenth() {
        let t = signed_rank(&[0.0; 5], &[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap();
        assert!((t.p - 2.0 / 32.0).abs() < 1e-15);
        assert_eq!((t.v, t.shift), (15.0, 3.0));
    }

    #[test]
    fn zeros_raise_the_ranks_of_pratt() {
        // |d| = 0 0 1 2 3: ranks 3 4 5 of which 4 and 5 rise: sums of three signs at least as far from 6 as 9
        let t = signed_rank_of(&[0.0, 0.0, -1.0, 2.0, 3.0], 0.95).unwrap();
        assert!((t.p_pratt.unwrap() - 0.5).abs() < 1e-15, "{t:?}");
        assert_eq!((t.zeros, t.v), (2, 5.0));
    }

    #[test]
    fn decimal_differences_tie_as_decimals() {
        // 0.3 - 0.2 and 0.2 - 0.1 differ in the last bit
        let t = signed_rank(&[0.2, 0.1, 1.0], &[0.3, 0.2, 0.5], 0.95).unwrap();
        assert_eq!(t.v, 3.0);
    }
}
