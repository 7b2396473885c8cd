//! Tables of counts beyond Fisher's two-by-two test: Yates, G, Fisher for more rows, McNemar, the sign test.
//!
//! McNemar 1947 (doi:10.1007/BF02295996) compares the two kinds of discordant pairs; its exact form and the sign test
//! are binomial tests of one half. Fisher's test of more rows adds the probabilities of all tables with these margins
//! that are no likelier than the one seen (Freeman and Halton 1951).

use super::distributions::{binomial_half_p, chi2_sf, normal_half_width};
use super::{Interval, StatsError};
use statrs::function::factorial::ln_factorial;

/// Chi-squared statistics of a two-by-two table beside Pearson's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoByTwo {
    /// Yates' continuity-corrected statistic.
    pub yates: f64,
    /// Its p.
    pub p_yates: f64,
    /// Phi: the correlation of both variables, without sign.
    pub phi: f64,
    /// Sample odds ratio a d / (b c); infinite where b or c is 0.
    pub odds_ratio: f64,
    /// Woolf's interval of the odds ratio; none where a cell is empty.
    pub interval: Option<Interval>,
}

/// Yates' test, phi and the sample odds ratio of `[[a, b], [c, d]]`.
///
/// # Errors
/// An empty row or column.
pub fn two_by_two(table: [[u64; 2]; 2], level: f64) -> Result<TwoByTwo, StatsError> {
    let [[a, b], [c, d]] = table.map(|row| row.map(|k| k as f64));
    let (margins, n) = ((a + b) * (c + d) * (a + c) * (b + d), a + b + c + d);
    if margins == 0.0 {
        return Err(StatsError::NoVariation { what: "a two-by-two table" });
    }
    let cross = (a * d - b * c).abs();
    // the correction never passes the difference itself
    let corrected = (cross - (n / 2.0).min(cross)).max(0.0);
    let yates = n * corrected * corrected / margins;
    let odds_ratio = a * d / (b * c);
    let interval = (a * b * c * d > 0.0).then(|| {
        let half = normal_half_width(level) * (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt();
        Interval { low: (odds_ratio.ln() - half).exp(), high: (odds_ratio.ln() + half).exp() }
    });
    Ok(TwoByTwo { yates, p_yates: chi2_sf(yates, 1.0), phi: cross / margins.sqrt(), odds_ratio, interval })
}

/// Likelihood-ratio statistic G of a table of counts against independence.
pub fn g_statistic(rows: &[Vec<u64>]) -> f64 {
    let total: u64 = rows.iter().flatten().sum();
    let width = rows.first().map_or(0, Vec::len);
    let columns: Vec<u64> = (0..width).map(|j| rows.iter().map(|r| r[j]).sum()).collect();
    let mut g = 0.0;
    for row in rows {
        let row_sum: u64 = row.iter().sum();
        for (&count, &column) in row.iter().zip(&columns).filter(|(count, _)| **count > 0) {
            let expected = row_sum as f64 * column as f64 / total as f64;
            g += 2.0 * count as f64 * (count as f64 / expected).ln();
        }
    }
    g
}

/// Tables looked at before Fisher's test of more rows gives up.
const MOST_TABLES: u64 = 20_000_000;

/// Fisher's exact test of a table with two columns and any number of rows; none where it has too many tables.
///
/// # Errors
/// An empty column, fewer than two rows that are not empty.
pub fn fisher_rows(rows: &[[u64; 2]]) -> Result<Option<f64>, StatsError> {
    let rows: Vec<[u64; 2]> = rows.iter().copied().filter(|r| r[0] + r[1] > 0).collect();
    let sums: Vec<u64> = rows.iter().map(|r| r[0] + r[1]).collect();
    let first: u64 = rows.iter().map(|r| r[0]).sum();
    let total: u64 = sums.iter().sum();
    if rows.len() < 2 || first == 0 || first == total {
        return Err(StatsError::NoVariation { what: "Fisher's exact test" });
    }
    let count = sums[1..].iter().try_fold(1u64, |product, s| product.checked_mul(s.min(&first) + 1));
    if count.is_none_or(|count| count > MOST_TABLES) {
        return Ok(None);
    }
    let choose = |n: u64, k: u64| ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k);
    let constant = choose(total, first);
    let weights: Vec<Vec<f64>> = sums.iter().map(|&s| (0..=s.min(first)).map(|k| choose(s, k)).collect()).collect();
    let seen: f64 = rows.iter().zip(&weights).map(|(r, w)| w[r[0] as usize]).sum::<f64>() - constant;
    let mut walk = Walk { weights: &weights, room: room(&sums), limit: seen + 1e-7, constant, p: 0.0 };
    walk.row(0, first, 0.0);
    Ok(Some(walk.p.min(1.0)))
}

/// Counts that the rows from each one on can still take.
fn room(sums: &[u64]) -> Vec<u64> {
    let mut room = vec![0; sums.len() + 1];
    for i in (0..sums.len()).rev() {
        room[i] = room[i + 1] + sums[i];
    }
    room
}

/// Goes through all tables with the given margins.
struct Walk<'a> {
    weights: &'a [Vec<f64>],
    room: Vec<u64>,
    limit: f64,
    constant: f64,
    p: f64,
}

impl Walk<'_> {
    fn row(&mut self, row: usize, left: u64, log: f64) {
        let most = (self.weights[row].len() as u64 - 1).min(left);
        let least = left.saturating_sub(self.room[row + 1]);
        if row + 1 == self.weights.len() {
            let log = log + self.weights[row][left as usize] - self.constant;
            if log <= self.limit {
                self.p += log.exp();
            }
            return;
        }
        for k in least..=most {
            self.row(row + 1, left - k, log + self.weights[row][k as usize]);
        }
    }
}

/// McNemar's test of paired yes/no answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// Statistic with Edwards' continuity correction.
    pub chi2: f64,
    /// Its p.
    pub p: f64,
    /// Exact p: a binomial test of the discordant pairs.
    pub p_exact: f64,
    /// Discordant pairs of either kind.
    pub discordant: [u64; 2],
    /// Odds ratio of the pairs, first kind over second; infinite where the second is 0.
    pub odds_ratio: f64,
}

/// McNemar's test from the pairs that changed: `[yes then no, no then yes]`.
///
/// # Errors
/// No discordant pair.
pub fn mcnemar(discordant: [u64; 2]) -> Result<McNemar, StatsError> {
    let [b, c] = discordant;
    if b + c == 0 {
        return Err(StatsError::NoVariation { what: "McNemar's test" });
    }
    let (bf, cf) = (b as f64, c as f64);
    let chi2 = ((bf - cf).abs() - 1.0).max(0.0).powi(2) / (bf + cf);
    let p_exact = binomial_half_p(b, b + c);
    Ok(McNemar { chi2, p: chi2_sf(chi2, 1.0), p_exact, discordant, odds_ratio: bf / cf })
}

/// Sign test: exact two-sided p that rises and falls are equally likely; zeros do not count.
///
/// # Errors
/// No difference other than zero.
pub fn sign_test(differences: &[f64]) -> Result<f64, StatsError> {
    let rises = differences.iter().filter(|&&d| d > 0.0).count() as u64;
    let moved = differences.iter().filter(|&&d| d != 0.0).count() as u64;
    if moved == 0 {
        return Err(StatsError::NoVariation { what: "the sign test" });
    }
    Ok(binomial_half_p(rises, moved))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::group_tests::fisher;

    #[test]
    fn with_two_rows_fisher_is_fisher() {
        for table in [[[3, 1], [1, 3]], [[10, 2], [3, 15]], [[0, 5], [4, 1]]] {
            let p = fisher_rows(&table).unwrap().unwrap();
            assert!((p - fisher(table, 0.95).unwrap().p).abs() < 1e-10, "{table:?}");
        }
    }

    #[test]
    fn three_rows_are_counted_by_hand() {
        // margins 1 1 1 and 1 2: three tables, equally likely
        assert!((fisher_rows(&[[1, 0], [0, 1], [0, 1]]).unwrap().unwrap() - 1.0).abs() < 1e-12);
        // margins 2 2 2 and 2 4: weights C(2,k): (2,0,0) three times 1, (1,1,0) three times 4, out of 15
        assert!((fisher_rows(&[[2, 0], [0, 2], [0, 2]]).unwrap().unwrap() - 3.0 / 15.0).abs() < 1e-12);
        assert_eq!(fisher_rows(&[[9_000, 9_000]; 4]).unwrap(), None);
    }

    #[test]
    fn changes_all_in_one_direction_are_a_binomial_tail() {
        let test = mcnemar([5, 0]).unwrap();
        assert!((test.p_exact - 2.0 / 32.0).abs() < 1e-15 && (test.chi2 - 16.0 / 5.0).abs() < 1e-15);
        assert!((sign_test(&[1.0, 2.0, 0.0, -1.0]).unwrap() - 1.0).abs() < 1e-15);
        assert!(mcnemar([0, 0]).is_err() && sign_test(&[0.0]).is_err());
    }

    #[test]
    fn yates_never_turns_a_small_difference_around() {
        let t = two_by_two([[5, 5], [5, 6]], 0.95).unwrap();
        assert_eq!(t.yates, 0.0);
        assert!((t.odds_ratio - 1.2).abs() < 1e-15);
        assert_eq!(two_by_two([[0, 5], [4, 1]], 0.95).unwrap().interval, None);
        assert_eq!(g_statistic(&[vec![10, 20], vec![20, 40]]), 0.0);
    }
}
