//! Intraclass correlation: how much of the spread of a measurement is between patients.
//!
//! All six forms of Shrout and Fleiss 1979 (doi:10.1037/0033-2909.86.2.420), named in full as McGraw and Wong 1996
//! (doi:10.1037/1082-989X.1.1.30) do, with the intervals of McGraw and Wong. Programs call them differently: SPSS's
//! "two-way random, absolute agreement, single" is ICC(A,1) here and ICC2 in psych; irr's default, "one-way,
//! consistency", is ICC(1,1). A form is chosen by the design, not by its value.

use super::Interval;
use super::StatsError;
use super::distributions::{f_quantile, f_sf};
use super::error::{all_finite, same_length};
use super::summary::mean;

/// One form of the coefficient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Icc {
    /// Model, definition and unit in full.
    pub form: &'static str,
    /// The name of McGraw and Wong, e.g. `ICC(A,1)`.
    pub name: &'static str,
    /// Its value; below zero where patients differ less than repeats.
    pub value: f64,
    /// F statistic against no difference between patients, the one that a coefficient of zero is tested with.
    pub f: f64,
    /// Its degrees of freedom.
    pub df: (f64, f64),
    /// p.
    pub p: f64,
    /// Interval.
    pub interval: Interval,
}

/// Mean squares of a table of subjects (rows) by raters or repeats (columns).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MeanSquares {
    pub subjects: f64,
    pub raters: f64,
    pub within: f64,
    pub error: f64,
    pub n: f64,
    pub k: f64,
}

/// Mean squares of complete rows of equal length.
pub(crate) fn mean_squares(rows: &[Vec<f64>]) -> Result<MeanSquares, StatsError> {
    const WHAT: &str = "an intraclass correlation";
    let k = rows.first().map_or(0, Vec::len);
    for row in rows {
        same_length(WHAT, k, row.len())?;
        all_finite(WHAT, row)?;
    }
    let n = rows.len();
    if n < 2 || k < 2 {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 2, found: n.min(k) });
    }
    let (nf, kf) = (n as f64, k as f64);
    let centre = mean(&rows.concat());
    let between: f64 = rows.iter().map(|r| kf * (mean(r) - centre).powi(2)).sum();
    let within: f64 = rows.iter().map(|r| r.iter().map(|v| (v - mean(r)).powi(2)).sum::<f64>()).sum();
    let column = |j: usize| rows.iter().map(|r| r[j]).sum::<f64>() / nf;
    let raters: f64 = (0..k).map(|j| nf * (column(j) - centre).powi(2)).sum();
    let subjects = between / (nf - 1.0);
    if subjects <= 0.0 && within <= 0.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    Ok(MeanSquares {
        subjects,
        raters: raters / (kf - 1.0),
        within: within / (nf * (kf - 1.0)),
        error: (within - raters).max(0.0) / ((nf - 1.0) * (kf - 1.0)),
        n: nf,
        k: kf,
    })
}

/// The six forms of complete rows: one row a subject, one column a rater, scanner or repeat.
///
/// # Errors
/// Fewer than two rows or columns, rows of different length, values that do not vary.
pub fn icc(rows: &[Vec<f64>], level: f64) -> Result<[Icc; 6], StatsError> {
    let m = mean_squares(rows)?;
    let (n, k, tail) = (m.n, m.k, (1.0 - level) / 2.0);
    // one-way: raters differ from subject to subject
    let f1 = m.subjects / m.within;
    let df1 = (n - 1.0, n * (k - 1.0));
    let (low1, high1) = (f1 / f_quantile(1.0 - tail, df1.0, df1.1), f1 * f_quantile(1.0 - tail, df1.1, df1.0));
    // two-way: the same raters for everybody
    let f2 = m.subjects / m.error;
    let df2 = (n - 1.0, (n - 1.0) * (k - 1.0));
    let (low3, high3) = (f2 / f_quantile(1.0 - tail, df2.0, df2.1), f2 * f_quantile(1.0 - tail, df2.1, df2.0));
    let single = |f: f64| (f - 1.0) / (f + k - 1.0);
    let average = |f: f64| 1.0 - 1.0 / f;
    let agreement = (m.subjects - m.error) / (m.subjects + (k - 1.0) * m.error + k * (m.raters - m.error) / n);
    let agreement_k = (m.subjects - m.error) / (m.subjects + (m.raters - m.error) / n);
    let agreed = agreement_interval(&m, agreement, tail);
    let stepped = |r: f64| r * k / (1.0 + r * (k - 1.0));
    let p1 = f_sf(f1, df1.0, df1.1);
    let p2 = f_sf(f2, df2.0, df2.1);
    let one_way = |form, name, value, low, high| Icc {
        form,
        name,
        value,
        f: f1,
        df: df1,
        p: p1,
        interval: Interval { low, high },
    };
    let two_way = |form, name, value, low, high| Icc {
        form,
        name,
        value,
        f: f2,
        df: df2,
        p: p2,
        interval: Interval { low, high },
    };
    Ok([
        one_way("one-way random, single", "ICC(1,1)", single(f1), single(low1), single(high1)),
        two_way("two-way random, absolute agreement, single", "ICC(A,1)", agreement, agreed.low, agreed.high),
        two_way("two-way, consistency, single", "ICC(C,1)", single(f2), single(low3), single(high3)),
        one_way("one-way random, average", "ICC(1,k)", average(f1), average(low1), average(high1)),
        two_way(
            "two-way random, absolute agreement, average",
            "ICC(A,k)",
            agreement_k,
            stepped(agreed.low),
            stepped(agreed.high),
        ),
        two_way("two-way, consistency, average", "ICC(C,k)", average(f2), average(low3), average(high3)),
    ])
}

/// Interval of ICC(A,1) with Satterthwaite's degrees of freedom.
fn agreement_interval(m: &MeanSquares, value: f64, tail: f64) -> Interval {
    let (n, k) = (m.n, m.k);
    let ratio = m.raters / m.error;
    let top = (k - 1.0) * (n - 1.0) * (k * value * ratio + n * (1.0 + (k - 1.0) * value) - k * value).powi(2);
    let bottom = (n - 1.0) * (k * value * ratio).powi(2) + (n * (1.0 + (k - 1.0) * value) - k * value).powi(2);
    let v = top / bottom;
    let (upper, lower) = (f_quantile(1.0 - tail, n - 1.0, v), f_quantile(1.0 - tail, v, n - 1.0));
    let spread = k * m.raters + (k * n - k - n) * m.error;
    Interval {
        low: n * (m.subjects - upper * m.error) / (upper * spread + n * m.subjects),
        high: n * (lower * m.subjects - m.error) / (spread + n * lower * m.subjects),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shrout and Fleiss 1979, table 2: six subjects, four judges.
    const JUDGES: [[f64; 4]; 6] = [
        [9.0, 2.0, 5.0, 8.0],
        [6.0, 1.0, 3.0, 2.0],
        [8.0, 4.0, 6.0, 8.0],
        [7.0, 1.0, 2.0, 6.0],
        [10.0, 5.0, 6.0, 9.0],
        [6.0, 2.0, 4.0, 7.0],
    ];

    #[test]
    fn the_published_example_has_its_published_values() {
        // their table 4: .17 .29 .71 .44 .62 .91
        let rows: Vec<Vec<f64>> = JUDGES.iter().map(|r| r.to_vec()).collect();
        let found: Vec<f64> = icc(&rows, 0.95).unwrap().iter().map(|i| (i.value * 100.0).round() / 100.0).collect();
        assert_eq!(found, [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]);
    }

    #[test]
    fn a_constant_shift_of_a_rater_leaves_consistency_alone() {
        let rows: Vec<Vec<f64>> =
            [3.0, 5.0, 9.0, 4.0].iter().enumerate().map(|(i, v)| vec![*v, v + 10.0 + 0.1 * (i % 2) as f64]).collect();
        let forms = icc(&rows, 0.95).unwrap();
        assert!(forms[2].value > 0.99 && forms[1].value < 0.2, "{forms:?}");
        assert!(forms.iter().all(|f| f.interval.low <= f.value && f.value <= f.interval.high));
    }

    #[test]
    fn one_rater_and_equal_values_are_refused() {
        assert!(icc(&[vec![1.0], vec![2.0]], 0.95).is_err());
        assert!(icc(&[vec![1.0, 1.0], vec![1.0, 1.0]], 0.95).is_err());
        assert!(icc(&[vec![1.0, 1.0], vec![1.0]], 0.95).is_err());
    }
}
