//! Correlation of two columns: Pearson's r and Spearman's rho with p from t, Kendall's tau-b with p from a normal law.
//!
//! Of up to [`ORDERS_UP_TO`] pairs the p of the rank correlations is that of all orders of the second column, ties included: t
//! calls four pairs in one order certain (p = 0), of which there is one order in 24. Kendall's law without ties is
//! counted by inversions up to [`INVERSIONS_BELOW`] pairs, as R's `cor.test` does.
//!
//! Intervals are made on Fisher's z scale with variance 1/(n - 3) for r, and (1 + rho^2/2)/(n - 3) for rho (Bonett and
//! Wright 2000, doi:10.1007/BF02294183), and 0.437/(n - 4) for tau (Fieller, Hartley and Pearson 1957,
//! doi:10.1093/biomet/44.3-4.470).

use super::delong::midranks;
use super::distributions::{normal_half_width, normal_p, t_p};
use super::error::{all_finite, same_length};
use super::summary::{mean, sum_of_squares, tie_sizes};
use super::{Interval, StatsError};

/// Pairs up to which all orders are tried, 362,880 of nine.
const ORDERS_UP_TO: usize = 9;
/// Pairs below which inversions are counted.
const INVERSIONS_BELOW: usize = 50;

/// A correlation coefficient with its test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// Pairs.
    pub n: usize,
    /// The coefficient.
    pub estimate: f64,
    /// t statistic with n - 2 degrees of freedom.
    pub t: f64,
    /// Two-sided p: of all orders where they were tried, else from t.
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
    let (x, y) = (midranks(x), midranks(y));
    let rho = coefficient(&x, &y, WHAT)?;
    let by_t = tested(rho, x.len(), |rho| 1.0 + rho * rho / 2.0, level);
    let middle = mean(&x) * mean(&y) * x.len() as f64;
    let p_exact = p_of_orders(x.len(), |order| order.iter().zip(&x).map(|(&j, x)| x * y[j]).sum::<f64>() - middle);
    Ok(Correlation { p: p_exact.unwrap_or(by_t.p), ..by_t })
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
    /// Two-sided p: of all orders where they were tried, else from the normal law.
    pub p: f64,
    /// Exact two-sided p; none of many pairs, or of ties in more than a few.
    pub p_exact: Option<f64>,
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
    let score_of = |order: &[usize]| {
        let sign = |d: f64| i64::from(d > 0.0) - i64::from(d < 0.0);
        let with_earlier =
            |i: usize| -> i64 { (0..i).map(|j| sign(x[i] - x[j]) * sign(y[order[i]] - y[order[j]])).sum() };
        (1..x.len()).map(with_earlier).sum::<i64>()
    };
    let score = score_of(&(0..x.len()).collect::<Vec<_>>());
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
    let is_tied = !tx.iter().chain(&ty).all(|&size| size < 2.0);
    let p_exact = match (is_tied, x.len()) {
        (false, n) if n < INVERSIONS_BELOW => Some(p_of_inversions(n, score)),
        (_, n) => p_of_orders(n, |order| score_of(order) as f64),
    };
    let p = if x.len() <= ORDERS_UP_TO { p_exact } else { None };
    Ok(Kendall { n: x.len(), tau_b, z, p: p.unwrap_or(normal_p(z)), p_exact, interval })
}

/// Share of all orders of the second column in which a statistic around zero is at least as far out as it is seen.
fn p_of_orders(n: usize, statistic: impl Fn(&[usize]) -> f64) -> Option<f64> {
    if n > ORDERS_UP_TO {
        return None;
    }
    let mut order: Vec<usize> = (0..n).collect();
    let seen = statistic(&order).abs() - 1e-9;
    let (mut further, mut all) = (0u32, 0u32);
    // Heap's orders: each swaps two places of the one before
    let (mut swapped, mut at) = (vec![0; n], 0);
    while at < n {
        if at == 0 {
            all += 1;
            further += u32::from(statistic(&order).abs() >= seen);
            at = 1;
        } else if swapped[at] < at {
            order.swap(if at % 2 == 0 { 0 } else { swapped[at] }, at);
            swapped[at] += 1;
            at = 0;
        } else {
            swapped[at] = 0;
            at += 1;
        }
    }
    Some(f64::from(further) / f64::from(all))
}

/// Two-sided p of a score of `n` untied pairs: orders with as few inversions, or as many, by Kendall's recurrence.
fn p_of_inversions(n: usize, score: i64) -> f64 {
    let pairs = n * (n - 1) / 2;
    let mut law = vec![1.0];
    for length in 2..=n {
        let mut next = vec![0.0; law.len() + length - 1];
        for (inversions, share) in law.iter().enumerate() {
            for more in 0..length {
                next[inversions + more] += share / length as f64;
            }
        }
        law = next;
    }
    let fewest = (pairs - score.unsigned_abs() as usize) / 2;
    (2.0 * law[..=fewest].iter().sum::<f64>()).min(1.0)
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
        // one order of 24, and its reverse
        assert_eq!((s.estimate, s.p, s.interval), (1.0, 2.0 / 24.0, None));
        assert!(pearson(&x, &y, 0.95).unwrap().estimate < 1.0);
    }

    #[test]
    fn kendall_counts_pairs() {
        // 1 2 3 4 against 1 3 2 4: five of six pairs agree
        let k = kendall(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0], 0.95).unwrap();
        assert!((k.tau_b - 4.0 / 6.0).abs() < 1e-15);
        assert!((k.z - 4.0 / (4.0f64 * 3.0 * 13.0 / 18.0).sqrt()).abs() < 1e-14);
        assert_eq!(k.interval, None);
        // inversions of four: 1 3 5 6 5 3 1 orders; at most one, or at least five
        assert!((k.p - 8.0 / 24.0).abs() < 1e-15 && k.p_exact == Some(k.p));
        assert!(kendall(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0], 0.95).is_err());
    }

    /// Numbers of scripts/reference/rank_correlations.py.
    #[test]
    fn few_pairs_are_tested_by_all_orders_and_untied_ones_by_inversions() {
        let (x, y) = ([1.0, 2.0, 2.0, 4.0, 5.0, 6.0, 6.5], [2.0, 1.0, 4.0, 4.0, 6.0, 5.0, 9.0]);
        assert!((spearman(&x, &y, 0.95).unwrap().p - 0.011507936507936509).abs() < 1e-12);
        let tied = kendall(&x, &y, 0.95).unwrap();
        assert!((tied.p - 0.025).abs() < 1e-12 && tied.p_exact == Some(tied.p));
        let x: Vec<f64> = (0..20).map(|i| f64::from(i * 7 % 20)).collect();
        let y: Vec<f64> =
            (0..20).map(|i| f64::from(i * 3 % 20 + if i > 9 { 4 } else { 0 }) + f64::from(i) / 100.0).collect();
        let untied = kendall(&x, &y, 0.95).unwrap();
        assert!((untied.p_exact.unwrap() - 0.5006096271664154).abs() < 1e-12);
        assert_eq!(untied.p, normal_p(untied.z), "of ten pairs and more");
    }

    #[test]
    fn a_small_sample_agrees_with_the_formula() {
        let r = pearson(&[1.0, 2.0, 3.0, 4.0, 5.0], &[2.0, 1.0, 4.0, 3.0, 5.0], 0.95).unwrap();
        assert!((r.estimate - 0.8).abs() < 1e-15);
        assert!((r.t - 0.8 * (3.0f64 / 0.36).sqrt()).abs() < 1e-14);
        assert!(pearson(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0], 0.95).is_err());
    }
}
