//! Table 1: the patients by class, cells ready to paste.
//!
//! Numbers as `median [Q1, Q3]` (quartiles type 7) with the Mann-Whitney p, categories as `n (%)` with Fisher's exact p
//! for two levels and the chi-squared p for more. No p here is adjusted: it describes, it does not test a plan.

use super::super::endpoint::Endpoint;
use super::super::results::TableOneRow;
use super::super::{CohortError, Frame};
use crate::stats::{LEVEL, group_tests, rank_tests, summary};

/// The rows of these columns: one a number column, one a level of a text column.
///
/// # Errors
/// [`CohortError::MissingColumn`].
pub fn rows(frame: &Frame, endpoint: &Endpoint, columns: &[String]) -> Result<Vec<TableOneRow>, CohortError> {
    let mut rows = Vec::new();
    for column in columns {
        if frame.numbers(column).is_ok() {
            rows.push(of_numbers(frame, endpoint, column)?);
        } else {
            rows.extend(of_levels(frame, endpoint, column)?);
        }
    }
    Ok(rows)
}

fn of_numbers(frame: &Frame, endpoint: &Endpoint, column: &str) -> Result<TableOneRow, CohortError> {
    let cases = frame.cases(&[frame.numbers(column)?.to_vec()], &endpoint.positive);
    let split = |class: bool| -> Vec<f64> {
        let of_class = cases.columns[0].iter().zip(&cases.positive).filter(|&(_, &p)| p == class);
        let mut values: Vec<f64> = of_class.map(|(&value, _)| value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (positive, negative) = (split(true), split(false));
    let cell = |values: &[f64]| match values {
        [] => "–".to_owned(),
        _ => {
            let [q1, q2, q3] = [0.25, 0.5, 0.75].map(|p| three_digits(summary::quantile(values, p)));
            format!("{q2} [{q1}, {q3}]")
        }
    };
    let p = rank_tests::mann_whitney(&positive, &negative, LEVEL).ok().map(|test| test.p);
    Ok(TableOneRow {
        variable: column.to_owned(),
        summary: "median [Q1, Q3]".into(),
        n: [positive.len(), negative.len()],
        positive: cell(&positive),
        negative: cell(&negative),
        p,
        test: "mann-whitney".into(),
    })
}

fn of_levels(frame: &Frame, endpoint: &Endpoint, column: &str) -> Result<Vec<TableOneRow>, CohortError> {
    let values = frame.texts(column)?;
    let known: Vec<(&str, bool)> =
        values.iter().zip(&endpoint.positive).filter_map(|(v, c)| Some((v.as_deref()?, (*c)?))).collect();
    let mut levels: Vec<&str> = known.iter().map(|(level, _)| *level).collect();
    levels.sort_unstable();
    levels.dedup();
    let count = |level: &str, class: bool| known.iter().filter(|(l, c)| *l == level && *c == class).count();
    let n = [true, false].map(|class| known.iter().filter(|(_, c)| *c == class).count());
    let (p, test) = match levels[..] {
        [a, b] => {
            let table = [a, b].map(|level| [true, false].map(|class| count(level, class) as u64));
            (group_tests::fisher(table, LEVEL).ok().map(|t| t.p), "fisher")
        }
        _ => {
            let table: Vec<Vec<u64>> =
                levels.iter().map(|l| [true, false].map(|class| count(l, class) as u64).to_vec()).collect();
            (group_tests::chi_squared(&table).ok().map(|t| t.p), "chi-squared")
        }
    };
    let cell = |k: usize, n: usize| match n {
        0 => "–".to_owned(),
        _ => format!("{k} ({:.0} %)", 100.0 * k as f64 / n as f64),
    };
    let row = |(place, level): (usize, &&str)| TableOneRow {
        variable: format!("{column} = {level}"),
        summary: "n (%)".into(),
        n,
        positive: cell(count(level, true), n[0]),
        negative: cell(count(level, false), n[1]),
        // one test a variable: it stands beside its first level
        p: p.filter(|_| place == 0),
        test: test.into(),
    };
    Ok(levels.iter().enumerate().map(row).collect())
}

/// Three significant digits, at least the whole number: what a table of medians deserves.
fn three_digits(value: f64) -> String {
    let magnitude = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    let decimals = (2 - magnitude).clamp(0, 3) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_levels_are_written_as_a_paper_has_them() {
        let subjects: Vec<String> = (0..4).map(|n| n.to_string()).collect();
        let frame = Frame {
            source: "t".into(),
            subjects: subjects.clone(),
            numbers: vec![("age_y".into(), [60.0, 70.0, 65.5, 80.0].map(Some).to_vec())],
            texts: vec![("sex".into(), ["f", "m", "m", "m"].map(|s| Some(s.to_owned())).to_vec())],
        };
        let endpoint = Endpoint::of_labels(&subjects, [true, true, false, false].map(Some).to_vec(), "r", &[]);
        let rows = rows(&frame, &endpoint, &["age_y".into(), "sex".into()]).unwrap();
        assert_eq!(rows[0].positive, "65.0 [62.5, 67.5]");
        assert_eq!((rows[1].variable.as_str(), rows[1].positive.as_str()), ("sex = f", "1 (50 %)"));
        assert_eq!((rows[2].negative.as_str(), rows[2].p), ("2 (100 %)", None));
        assert_eq!(rows[1].p, Some(1.0));
    }

    #[test]
    fn digits_follow_the_size() {
        assert_eq!([1234.5, 12.34, 0.01234, 0.0].map(three_digits), ["1234", "12.3", "0.012", "0.00"]);
    }
}
