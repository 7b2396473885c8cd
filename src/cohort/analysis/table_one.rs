//! Table 1: the patients by class, cells ready to paste.
//!
//! Numbers as `median [Q1, Q3]` (quartiles type 7) with the Mann-Whitney p, categories as `n (%)` with Fisher's exact p
//! (chi-squared where there are too many tables to count). A number column that holds nothing but 0 and 1, or stages, is of
//! categories too. No p here is adjusted: it describes, it does not test a plan.

use super::super::endpoint::Endpoint;
use super::super::results::TableOneRow;
use super::super::{CohortError, Frame};
use crate::stats::{LEVEL, contingency, group_tests, rank_tests, summary};

/// Columns whose numbers are stages.
const STAGES: [&str; 2] = ["iss", "r_iss"];

/// The rows of these columns: one a number column, one a level of a column of categories.
///
/// # Errors
/// [`CohortError::MissingColumn`].
pub fn rows(frame: &Frame, endpoint: &Endpoint, columns: &[String]) -> Result<Vec<TableOneRow>, CohortError> {
    let mut rows = Vec::new();
    for column in columns {
        if frame.numbers(column).is_ok_and(|values| !are_categories(column, values)) {
            rows.push(of_numbers(frame, endpoint, column)?);
        } else {
            rows.extend(of_levels(frame, endpoint, column)?);
        }
    }
    Ok(rows)
}

/// Whether numbers stand for categories: yes and no, or a stage.
fn are_categories(column: &str, values: &[Option<f64>]) -> bool {
    let stem = column.split("__").next().unwrap_or_default();
    let are_yes_and_no = values.iter().flatten().all(|value| *value == 0.0 || *value == 1.0);
    STAGES.contains(&stem) || (are_yes_and_no && values.iter().any(Option::is_some))
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
            let quartiles = [0.25, 0.5, 0.75].map(|p| summary::quantile(values, p));
            let largest = quartiles.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
            let [q1, q2, q3] = quartiles.map(|value| beside(value, largest));
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

/// How often each level of a column occurs in either class.
pub struct Counts {
    /// Level with its count in the positive and in the negative class, in the order of their names.
    pub levels: Vec<(String, [u64; 2])>,
    /// Subjects with an outcome that have no level.
    pub missing: Vec<String>,
}

impl Counts {
    /// Counts the levels of a column.
    ///
    /// # Errors
    /// [`CohortError::MissingColumn`].
    pub fn of(frame: &Frame, endpoint: &Endpoint, column: &str) -> Result<Counts, CohortError> {
        let mut counts = Counts { levels: Vec::new(), missing: Vec::new() };
        for ((subject, value), class) in frame.subjects.iter().zip(frame.texts(column)?).zip(&endpoint.positive) {
            let Some(class) = class else { continue };
            let Some(level) = value else {
                counts.missing.push(subject.clone());
                continue;
            };
            let place = counts.levels.iter().position(|(name, _)| *name == level).unwrap_or_else(|| {
                counts.levels.push((level, [0, 0]));
                counts.levels.len() - 1
            });
            counts.levels[place].1[usize::from(!class)] += 1;
        }
        counts.levels.sort();
        Ok(counts)
    }

    /// The counts alone, a level each.
    pub fn by_class(&self) -> Vec<[u64; 2]> {
        self.levels.iter().map(|(_, counts)| *counts).collect()
    }

    /// Patients counted.
    pub fn n(&self) -> usize {
        self.by_class().iter().flatten().sum::<u64>() as usize
    }
}

fn of_levels(frame: &Frame, endpoint: &Endpoint, column: &str) -> Result<Vec<TableOneRow>, CohortError> {
    let counts = Counts::of(frame, endpoint, column)?;
    let table = counts.by_class();
    let n = [0, 1].map(|class| table.iter().map(|level| level[class] as usize).sum());
    let (p, test) = match <[[u64; 2]; 2]>::try_from(&table[..]) {
        Ok(square) => (group_tests::fisher(square, LEVEL).ok().map(|t| t.p), "fisher"),
        Err(_) => match contingency::fisher_rows(&table) {
            Ok(Some(p)) => (Some(p), "fisher"),
            _ => {
                let rows: Vec<Vec<u64>> = table.iter().map(|level| level.to_vec()).collect();
                (group_tests::chi_squared(&rows).ok().map(|t| t.p), "chi-squared")
            }
        },
    };
    let cell = |k: usize, n: usize| match n {
        0 => "–".to_owned(),
        _ => format!("{k} ({:.0} %)", 100.0 * k as f64 / n as f64),
    };
    let row = |(place, (level, k)): (usize, &(String, [u64; 2]))| TableOneRow {
        variable: format!("{column} = {level}"),
        summary: "n (%)".into(),
        n,
        positive: cell(k[0] as usize, n[0]),
        negative: cell(k[1] as usize, n[1]),
        // one test a variable: it stands beside its first level
        p: p.filter(|_| place == 0),
        test: test.into(),
    };
    Ok(counts.levels.iter().enumerate().map(row).collect())
}

/// A number as it stands beside a larger one; powers of ten where that is tiny or huge.
fn beside(value: f64, largest: f64) -> String {
    if largest == 0.0 || (1e-4..1e7).contains(&largest) {
        rounded(value, decimals(largest))
    } else if value == 0.0 {
        "0".to_owned()
    } else {
        format!("{value:.2e}")
    }
}

/// A number with these decimals; what rounds to zero has no sign.
fn rounded(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.parse() == Ok(0.0) { text.trim_start_matches('-').to_owned() } else { text }
}

/// Decimals of a median and its quartiles alike: three significant digits of the largest, one decimal at most where that has
/// three digits before the point.
fn decimals(largest: f64) -> usize {
    let magnitude = if largest == 0.0 { 1 } else { largest.log10().floor() as i32 };
    match magnitude {
        2 => 1,
        magnitude => (2 - magnitude).clamp(0, 6) as usize,
    }
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
    fn yes_and_no_and_stages_are_counted_whatever_they_are_written_with() {
        let subjects: Vec<String> = (0..4).map(|n| n.to_string()).collect();
        let frame = Frame {
            source: "t".into(),
            subjects: subjects.clone(),
            numbers: vec![
                ("transfusion__baseline".into(), vec![Some(1.0), Some(0.0), Some(0.0), None]),
                ("iss__baseline".into(), [1.0, 3.0, 2.0, 3.0].map(Some).to_vec()),
                ("lesions".into(), [0.0, 1.0, 2.0, 1.0].map(Some).to_vec()),
            ],
            texts: Vec::new(),
        };
        let endpoint = Endpoint::of_labels(&subjects, [true, true, false, false].map(Some).to_vec(), "r", &[]);
        let rows =
            rows(&frame, &endpoint, &["transfusion__baseline", "iss__baseline", "lesions"].map(Into::into)).unwrap();
        let names: Vec<&str> = rows.iter().map(|row| row.variable.as_str()).collect();
        let stages = ["iss__baseline = 1", "iss__baseline = 2", "iss__baseline = 3"];
        let expected =
            ["transfusion__baseline = 0", "transfusion__baseline = 1"].into_iter().chain(stages).chain(["lesions"]);
        assert_eq!(names, expected.collect::<Vec<_>>());
        assert_eq!((rows[1].positive.as_str(), rows[1].negative.as_str(), rows[1].n), ("1 (50 %)", "0 (0 %)", [2, 1]));
        assert_eq!((rows[0].test.as_str(), rows[5].test.as_str()), ("fisher", "mann-whitney"));
    }

    #[test]
    fn what_rounds_to_zero_has_no_sign() {
        assert_eq!([-0.04, -0.06, 0.0, -0.0].map(|value| rounded(value, 1)), ["0.0", "-0.1", "0.0", "0.0"]);
    }

    #[test]
    fn digits_follow_the_largest_of_the_three() {
        assert_eq!([1234.5, 123.4, 12.34, 1.234, 0.01234, 0.0].map(decimals), [0, 1, 1, 2, 4, 1]);
        // ADC in mm2/s; plasma cells a litre
        assert_eq!(
            [beside(0.00071, 0.00083), beside(9.35e12, 1.05e13), beside(0.0, 3e-9)],
            ["0.000710", "9.35e12", "0"]
        );
    }
}
