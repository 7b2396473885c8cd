//! What a cut-off achieves where several rows are one patient's: intervals of shares and ratios by patients.
//!
//! A share is a ratio of two totals over patients, its variance that of the ratio estimator with the factor G / (G - 1).
//! The interval is Wilson's with the rows divided by the design effect (Rao and Scott 1992, doi:10.2307/2532311), never
//! more rows than there are and, where all rows agree and the variance says nothing, as many as patients. Ratios of
//! shares have an interval on the log scale from the same patients.

use super::count;
use crate::stats::distributions::{normal_half_width, wilson_of_share};
use crate::stats::error::same_length;
use crate::stats::roc::Direction;
use crate::stats::{Interval, StatsError};

/// Intervals of what a cut-off achieves; none where a denominator is empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallIntervals {
    /// Of the sensitivity.
    pub sensitivity: Option<Interval>,
    /// Of the specificity.
    pub specificity: Option<Interval>,
    /// Of the positive predictive value.
    pub ppv: Option<Interval>,
    /// Of the negative predictive value.
    pub npv: Option<Interval>,
    /// Of the positive likelihood ratio; none where a count is 0.
    pub positive_ratio: Option<Interval>,
    /// Of the negative likelihood ratio.
    pub negative_ratio: Option<Interval>,
    /// Of the diagnostic odds ratio.
    pub odds: Option<Interval>,
}

/// Rows of one patient: hits, missed, false alarms, rejections.
type Table = [f64; 4];

/// Intervals by patients of a threshold's shares and ratios.
///
/// # Errors
/// Columns of different length, fewer than two patients.
pub fn intervals(
    values: &[f64],
    positive: &[bool],
    cluster: &[usize],
    direction: Direction,
    threshold: f64,
    level: f64,
) -> Result<CallIntervals, StatsError> {
    const WHAT: &str = "intervals by patients";
    same_length(WHAT, values.len(), positive.len())?;
    same_length(WHAT, values.len(), cluster.len())?;
    let n = count(cluster);
    if n < 2 {
        return Err(StatsError::TooFewValues { what: "patients", needed: 2, found: n });
    }
    let mut tables = vec![[0.0; 4]; n];
    for ((&value, &class), &patient) in values.iter().zip(positive).zip(cluster) {
        let cell = match (class, direction.calls_positive(value, threshold)) {
            (true, true) => 0,
            (true, false) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        tables[patient][cell] += 1.0;
    }
    let share = |part: usize, other: usize| share(&tables, part, other, level);
    Ok(CallIntervals {
        sensitivity: share(0, 1),
        specificity: share(3, 2),
        ppv: share(0, 2),
        npv: share(3, 1),
        positive_ratio: ratio(&tables, [(&[0], 1.0), (&[0, 1], -1.0), (&[2], -1.0), (&[2, 3], 1.0)], level),
        negative_ratio: ratio(&tables, [(&[1], 1.0), (&[0, 1], -1.0), (&[3], -1.0), (&[2, 3], 1.0)], level),
        odds: ratio(&tables, [(&[0], 1.0), (&[3], 1.0), (&[2], -1.0), (&[1], -1.0)], level),
    })
}

/// Interval of the share of one cell among two.
fn share(tables: &[Table], part: usize, other: usize, level: f64) -> Option<Interval> {
    let with: Vec<&Table> = tables.iter().filter(|t| t[part] + t[other] > 0.0).collect();
    let rows: f64 = with.iter().map(|t| t[part] + t[other]).sum();
    let patients = with.len() as f64;
    if rows == 0.0 {
        return None;
    }
    let p = with.iter().map(|t| t[part]).sum::<f64>() / rows;
    let squares: f64 = with.iter().map(|t| (t[part] - p * (t[part] + t[other])).powi(2)).sum();
    let variance = patients / (patients - 1.0) * squares / (rows * rows);
    // rows that all agree, or one patient, leave no variance: as sure as so many patients
    let agree = p == 0.0 || p == 1.0 || patients < 2.0;
    let effective = if agree { patients } else { p * (1.0 - p) / variance };
    Some(wilson_of_share(p, effective.min(rows), level))
}

/// Interval of a product of powers of totals, on the log scale; none where a total is 0.
fn ratio(tables: &[Table], factors: [(&[usize], f64); 4], level: f64) -> Option<Interval> {
    let of = |table: &Table, cells: &[usize]| cells.iter().map(|&c| table[c]).sum::<f64>();
    let totals = factors.map(|(cells, _)| tables.iter().map(|t| of(t, cells)).sum::<f64>());
    if totals.contains(&0.0) {
        return None;
    }
    let log: f64 = factors.iter().zip(&totals).map(|((_, power), total)| power * total.ln()).sum();
    let moved = |table: &Table| {
        factors.iter().zip(&totals).map(|((cells, power), total)| power * of(table, cells) / total).sum::<f64>()
    };
    let groups = tables.len() as f64;
    let variance = groups / (groups - 1.0) * tables.iter().map(|t| moved(t).powi(2)).sum::<f64>();
    let half = normal_half_width(level) * variance.sqrt();
    Some(Interval { low: (log - half).exp(), high: (log + half).exp() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::cutoff::at;

    /// 40 patients, half of them positive, `rows` equal rows each.
    fn data(rows: usize) -> (Vec<f64>, Vec<bool>, Vec<usize>) {
        let of = |i: usize| (i / rows, i % rows);
        let value = |i: usize| ((of(i).0 * 7) % 19) as f64 + if of(i).0 % 2 == 0 { 5.0 } else { 0.0 };
        let n = 40 * rows;
        ((0..n).map(value).collect(), (0..n).map(|i| of(i).0 % 2 == 0).collect(), (0..n).map(|i| of(i).0).collect())
    }

    fn of(rows: usize) -> CallIntervals {
        let (values, class, who) = data(rows);
        intervals(&values, &class, &who, Direction::Higher, 12.0, 0.95).unwrap()
    }

    fn ends(found: &CallIntervals) -> [f64; 14] {
        let CallIntervals { sensitivity, specificity, ppv, npv, positive_ratio, negative_ratio, odds } = *found;
        let all = [sensitivity, specificity, ppv, npv, positive_ratio, negative_ratio, odds].map(Option::unwrap);
        std::array::from_fn(|n| if n % 2 == 0 { all[n / 2].low } else { all[n / 2].high })
    }

    fn assert_close(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-8, "{found} for {expected}");
    }

    #[test]
    fn patients_of_unlike_rows_have_the_intervals_of_scripts_reference_clustered_calls() {
        let rows = [[3, 1, 0, 0], [2, 0, 1, 0], [0, 2, 0, 1], [0, 0, 1, 4], [0, 0, 0, 3], [1, 0, 2, 2]];
        let (mut values, mut class, mut who) = (Vec::new(), Vec::new(), Vec::new());
        for (patient, counts) in rows.iter().enumerate() {
            for (cell, &count) in counts.iter().enumerate() {
                for _ in 0..count {
                    values.push(if cell % 2 == 0 { 1.0 } else { 0.0 });
                    class.push(cell < 2);
                    who.push(patient);
                }
            }
        }
        let found = intervals(&values, &class, &who, Direction::Higher, 0.5, 0.95).unwrap();
        let expected = [
            [0.2887203094, 0.9078700907],
            [0.4535091567, 0.8827862136],
            [0.2751151588, 0.8556663946],
            [0.3870626372, 0.9462224617],
            [1.1338974272, 4.8015317029],
            [0.1713090894, 1.2712564087],
            [1.1190618414, 22.3401416027],
        ];
        ends(&found)
            .iter()
            .zip(expected.iter().flatten())
            .for_each(|(&found, &expected)| assert_close(found, expected));
    }

    #[test]
    fn rows_that_repeat_their_patient_are_as_sure_as_one_row() {
        let (one, four) = (of(1), of(4));
        ends(&one).iter().zip(ends(&four)).for_each(|(&one, four)| assert_close(four, one));
    }

    #[test]
    fn with_one_row_a_patient_only_the_factor_of_patients_differs() {
        let found = of(1);
        let (values, class, _) = data(1);
        let plain = at(&values, &class, Direction::Higher, 12.0).unwrap();
        // a variance times 20 / 19: Wilson's interval of 19
        let expected = wilson_of_share(plain.sensitivity.estimate, 19.0, 0.95);
        assert_close(found.sensitivity.unwrap().low, expected.low);
        assert_close(found.sensitivity.unwrap().high, expected.high);
        // and 40 / 39 on the log scale
        let width = |i: Interval| (i.high / i.low).ln();
        let expected = (40.0f64 / 39.0).sqrt() * width(plain.ratios.negative.interval.unwrap());
        assert_close(width(found.negative_ratio.unwrap()), expected);
    }

    #[test]
    fn rows_that_all_agree_are_no_surer_than_their_patients() {
        let (values, class, who) = data(3);
        let found = intervals(&values, &class, &who, Direction::Higher, -1.0, 0.95).unwrap();
        let expected = crate::stats::distributions::wilson(20, 20, 0.95);
        assert!((found.sensitivity.unwrap().low - expected.low).abs() < 1e-12);
        assert_eq!((found.npv, found.odds), (None, None));
    }
}
