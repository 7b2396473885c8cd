//! Two groups compared by means (Student, Welch), a paired difference, and tables of counts (Fisher, chi-squared).
//!
//! Differences are first minus second, follow-up minus baseline. Fisher's two-sided p adds the tables that are no
//! likelier than the one seen; its odds ratio is the conditional maximum-likelihood estimate with the central exact
//! interval (Cornfield 1956), as R's `fisher.test` gives them: p and interval can disagree at the border.

use super::distributions::{chi2_sf, t_half_width, t_p};
use super::error::{all_finite, same_length};
use super::summary::{mean, sum_of_squares};
use super::{Interval, StatsError};

/// A difference of means with its t test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TTest {
    /// Difference of the means.
    pub difference: f64,
    /// t statistic.
    pub t: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Two-sided p.
    pub p: f64,
    /// Interval of the difference.
    pub interval: Interval,
}

/// Student's test: equal variances assumed.
pub fn student(a: &[f64], b: &[f64], level: f64) -> Result<TTest, StatsError> {
    let (na, nb) = two_samples("Student's t test", a, b)?;
    let (ma, mb) = (mean(a), mean(b));
    let df = na + nb - 2.0;
    let pooled = (sum_of_squares(a, ma) + sum_of_squares(b, mb)) / df;
    t_test("Student's t test", ma - mb, (pooled * (1.0 / na + 1.0 / nb)).sqrt(), df, level)
}

/// Welch's test: variances of their own.
pub fn welch(a: &[f64], b: &[f64], level: f64) -> Result<TTest, StatsError> {
    let (na, nb) = two_samples("Welch's t test", a, b)?;
    let (ma, mb) = (mean(a), mean(b));
    let (va, vb) = (sum_of_squares(a, ma) / (na - 1.0) / na, sum_of_squares(b, mb) / (nb - 1.0) / nb);
    let df = (va + vb).powi(2) / (va * va / (na - 1.0) + vb * vb / (nb - 1.0));
    t_test("Welch's t test", ma - mb, (va + vb).sqrt(), df, level)
}

/// Paired t test of `followup - baseline`.
pub fn paired(baseline: &[f64], followup: &[f64], level: f64) -> Result<TTest, StatsError> {
    same_length("paired t test", baseline.len(), followup.len())?;
    let differences: Vec<f64> = followup.iter().zip(baseline).map(|(f, b)| f - b).collect();
    all_finite("paired t test", &differences)?;
    let n = differences.len();
    if n < 2 {
        return Err(StatsError::TooFewValues { what: "a paired t test", needed: 2, found: n });
    }
    let centre = mean(&differences);
    let df = n as f64 - 1.0;
    t_test("paired t test", centre, (sum_of_squares(&differences, centre) / df / n as f64).sqrt(), df, level)
}

/// Difference over standard error against t.
pub(crate) fn t_test(what: &'static str, difference: f64, se: f64, df: f64, level: f64) -> Result<TTest, StatsError> {
    if se.is_nan() || se <= 0.0 {
        return Err(StatsError::NoVariation { what });
    }
    let t = difference / se;
    let half = t_half_width(level, df) * se;
    let interval = Interval { low: difference - half, high: difference + half };
    Ok(TTest { difference, t, df, p: t_p(t, df), interval })
}

fn two_samples(what: &'static str, a: &[f64], b: &[f64]) -> Result<(f64, f64), StatsError> {
    for sample in [a, b] {
        all_finite(what, sample)?;
        if sample.len() < 2 {
            return Err(StatsError::TooFewValues { what, needed: 2, found: sample.len() });
        }
    }
    Ok((a.len() as f64, b.len() as f64))
}

/// Fisher's exact test of a two-by-two table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fisher {
    /// Two-sided p.
    pub p: f64,
    /// Conditional maximum-likelihood odds ratio; 0 or infinite where a cell is empty.
    pub odds_ratio: f64,
    /// Central exact interval of the odds ratio.
    pub interval: Interval,
}

/// Fisher's exact test of `[[a, b], [c, d]]`, given row by row.
pub fn fisher(table: [[u64; 2]; 2], level: f64) -> Result<Fisher, StatsError> {
    let [[a, b], [c, d]] = table;
    let (row, other_row, column) = (a + b, c + d, a + c);
    if row == 0 || other_row == 0 || column == 0 || b + d == 0 {
        return Err(StatsError::NoVariation { what: "Fisher's exact test" });
    }
    let p = statrs::stats_tests::fisher::fishers_exact(&[a, b, c, d], statrs::stats_tests::Alternative::TwoSided)
        .map_err(|_| StatsError::NoVariation { what: "Fisher's exact test" })?
        .min(1.0);
    let law = Noncentral::new(row, other_row, column);
    let tail = (1.0 - level) / 2.0;
    let high = law.odds_where(a, |w| law.share(w, |x| x <= a), tail, false);
    let low = law.odds_where(a, |w| law.share(w, |x| x >= a), tail, true);
    let estimate = law.odds_where(a, |w| law.mean(w), a as f64, true);
    Ok(Fisher { p, odds_ratio: estimate, interval: Interval { low, high } })
}

/// Law of the upper left cell given the margins, for any odds ratio.
struct Noncentral {
    smallest: u64,
    /// Logarithms of the central weights, from the smallest possible count on.
    log_weights: Vec<f64>,
}

impl Noncentral {
    fn new(row: u64, other_row: u64, column: u64) -> Self {
        let (smallest, largest) = (column.saturating_sub(other_row), column.min(row));
        let choose = |n: u64, k: u64| statrs::function::factorial::ln_binomial(n, k);
        let log_weights = (smallest..=largest).map(|x| choose(row, x) + choose(other_row, column - x)).collect();
        Noncentral { smallest, log_weights }
    }

    /// Probabilities at a log odds ratio.
    fn law(&self, log_odds: f64) -> Vec<f64> {
        let logs = self.log_weights.iter().enumerate().map(|(i, w)| w + (self.smallest + i as u64) as f64 * log_odds);
        let logs: Vec<f64> = logs.collect();
        let top = logs.iter().fold(f64::NEG_INFINITY, |m, &v| m.max(v));
        let weights: Vec<f64> = logs.iter().map(|l| (l - top).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|w| w / sum).collect()
    }

    fn share(&self, log_odds: f64, wanted: impl Fn(u64) -> bool) -> f64 {
        let law = self.law(log_odds);
        law.iter().enumerate().filter(|&(i, _)| wanted(self.smallest + i as u64)).map(|(_, p)| p).sum()
    }

    fn mean(&self, log_odds: f64) -> f64 {
        self.law(log_odds).iter().enumerate().map(|(i, p)| (self.smallest + i as u64) as f64 * p).sum()
    }

    /// Odds ratio at which a monotone function of its logarithm reaches `target`; 0 or infinity at the margins.
    fn odds_where(&self, seen: u64, f: impl Fn(f64) -> f64, target: f64, rising: bool) -> f64 {
        let largest = self.smallest + self.log_weights.len() as u64 - 1;
        // the estimate and the lower limit are 0 where the cell is as small as can be, and so on
        if seen == self.smallest && rising {
            return 0.0;
        }
        if seen == largest && (!rising || target == seen as f64) {
            return f64::INFINITY;
        }
        let (mut low, mut high) = (-60.0, 60.0);
        for _ in 0..200 {
            let middle = low / 2.0 + high / 2.0;
            if (f(middle) < target) == rising { low = middle } else { high = middle }
        }
        (low / 2.0 + high / 2.0).exp()
    }
}

/// Pearson's chi-squared test of independence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquared {
    /// Statistic without continuity correction.
    pub chi2: f64,
    /// Degrees of freedom.
    pub df: usize,
    /// p.
    pub p: f64,
    /// Smallest expected count; below 5 the p is rough.
    pub smallest_expected: f64,
}

/// Chi-squared test of a table of counts, `rows` of equal length. Empty rows and columns are left out.
pub fn chi_squared(rows: &[Vec<u64>]) -> Result<ChiSquared, StatsError> {
    const WHAT: &str = "the chi-squared test";
    let width = rows.first().map_or(0, Vec::len);
    for row in rows {
        same_length(WHAT, width, row.len())?;
    }
    let row_sums: Vec<f64> = rows.iter().map(|r| r.iter().sum::<u64>() as f64).collect();
    let column_sums: Vec<f64> = (0..width).map(|j| rows.iter().map(|r| r[j]).sum::<u64>() as f64).collect();
    let filled = |sums: &[f64]| sums.iter().filter(|&&s| s > 0.0).count();
    let (r, c) = (filled(&row_sums), filled(&column_sums));
    if r < 2 || c < 2 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let total: f64 = row_sums.iter().sum();
    let (mut chi2, mut smallest_expected) = (0.0, f64::INFINITY);
    for (row, row_sum) in rows.iter().zip(&row_sums) {
        for (&count, column_sum) in row.iter().zip(&column_sums) {
            let expected = row_sum * column_sum / total;
            if expected > 0.0 {
                chi2 += (count as f64 - expected).powi(2) / expected;
                smallest_expected = f64::min(smallest_expected, expected);
            }
        }
    }
    let df = (r - 1) * (c - 1);
    Ok(ChiSquared { chi2, df, p: chi2_sf(chi2, df as f64), smallest_expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, relative: f64) {
        assert!((a - b).abs() <= relative * b.abs(), "{a} is not {b}");
    }

    #[test]
    fn equal_samples_shifted_by_one_give_the_shift() {
        let (a, b) = ([2.0, 3.0, 4.0], [1.0, 2.0, 3.0]);
        let s = student(&a, &b, 0.95).unwrap();
        assert_eq!((s.difference, s.df), (1.0, 4.0));
        close(s.t, 1.5f64.sqrt(), 1e-14);
        let w = welch(&a, &b, 0.95).unwrap();
        close(w.df, 4.0, 1e-14);
        close(w.p, s.p, 1e-12);
        assert!(matches!(paired(&b, &a, 0.95), Err(StatsError::NoVariation { .. })));
    }

    #[test]
    fn tea_is_tasted_with_p_one_half_nearly() {
        // p = 34/70; the likelihood equation of the weights 1 16 36 16 1 is w^4 - 36 w^2 - 32 w - 3 = 0
        let f = fisher([[3, 1], [1, 3]], 0.95).unwrap();
        close(f.p, 34.0 / 70.0, 1e-12);
        let w = f.odds_ratio;
        assert!((w.powi(4) - 36.0 * w * w - 32.0 * w - 3.0).abs() < 1e-9);
        // at the lower end P(X >= 3) = 0.025, at the upper end P(X <= 3) = 0.025
        let upper_tail =
            |w: f64| (16.0 * w.powi(3) + w.powi(4)) / (1.0 + 16.0 * w + 36.0 * w * w + 16.0 * w.powi(3) + w.powi(4));
        close(upper_tail(f.interval.low), 0.025, 1e-9);
        let h = f.interval.high;
        close(1.0 - h.powi(4) / (1.0 + 16.0 * h + 36.0 * h * h + 16.0 * h.powi(3) + h.powi(4)), 0.025, 1e-9);
    }

    #[test]
    fn an_empty_cell_leaves_one_end_open() {
        let f = fisher([[0, 5], [4, 1]], 0.95).unwrap();
        assert_eq!((f.odds_ratio, f.interval.low), (0.0, 0.0));
        let f = fisher([[5, 0], [1, 4]], 0.95).unwrap();
        assert_eq!((f.odds_ratio, f.interval.high), (f64::INFINITY, f64::INFINITY));
        assert!(fisher([[0, 0], [4, 1]], 0.95).is_err());
    }

    #[test]
    fn independent_counts_have_a_statistic_of_zero() {
        let c = chi_squared(&[vec![10, 20, 0], vec![20, 40, 0]]).unwrap();
        assert_eq!((c.chi2, c.df, c.smallest_expected), (0.0, 1, 10.0));
        assert_eq!(c.p, 1.0);
    }
}
