//! Comparisons: responders against the others, follow-up against baseline, and the baseline-adjusted twins of each change.

mod kinds;
mod run;

pub use kinds::Chosen;

use super::super::endpoint::Endpoint;
use super::super::results::{CompareResults, Family, PlanStamp, Test};
use super::super::{CohortError, Frame};
use super::table_one;
use crate::error::Warning;
use crate::stats::{StatsError, multiplicity};
use crate::study::Sessions;
use kinds::{Question, is_hypothesis};

/// What is compared.
#[derive(Debug, Clone, Default)]
pub struct Comparisons<'a> {
    /// Columns compared between the classes, with their family.
    pub between: Vec<(String, Family)>,
    /// Category columns compared between the classes.
    pub categories: Vec<(String, Family)>,
    /// Columns without session ending, compared between the two sessions and, baseline-adjusted, between the classes.
    pub changes: Vec<(String, Family)>,
    /// The two sessions of `changes`.
    pub sessions: Option<&'a Sessions>,
    /// Pairs of columns of the same patients, second minus first; categories where they hold text.
    pub pairs: Vec<[String; 2]>,
    /// Pairs of number columns whose association is tested.
    pub correlations: Vec<[String; 2]>,
    /// Column whose levels make groups, for each of `between`.
    pub by: Option<String>,
    /// Columns of Table 1.
    pub table_one: Vec<String>,
    /// The tests asked for.
    pub chosen: Chosen,
    /// How p-values are adjusted.
    pub adjustment: Adjustment,
    /// The plan that says the families.
    pub plan: Option<PlanStamp>,
}

/// How the p-values of a family are adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Adjustment {
    /// Holm: no false finding at all.
    #[default]
    Holm,
    /// Benjamini and Hochberg: few false findings among the findings.
    BenjaminiHochberg,
}

impl Adjustment {
    fn name(self) -> &'static str {
        match self {
            Adjustment::Holm => "holm",
            Adjustment::BenjaminiHochberg => "benjamini-hochberg",
        }
    }
}

/// Compares; p-values are adjusted within each family and kind of test.
///
/// # Errors
/// Where a column is missing or holds text, or the outcome that is needed has one class only or is not there.
pub fn compare(frame: &Frame, endpoint: Option<&Endpoint>, what: &Comparisons) -> Result<CompareResults, CohortError> {
    if let Some(endpoint) = endpoint {
        endpoint.check_two_classes()?;
    }
    let mut rows = Rows::default();
    rows.warnings.extend(super::clustered(frame, "n counts rows; tests and intervals go by patients"));
    if let Some(endpoint) = endpoint {
        between_classes(frame, endpoint, what, &mut rows)?;
    }
    if let Some(by) = &what.by {
        between_levels(frame, by, what, &mut rows)?;
    }
    if let Some(sessions) = what.sessions {
        for (column, family) in &what.changes {
            let pair = [&sessions.baseline, &sessions.followup].map(|s| format!("{column}__{s}"));
            paired(frame, &pair, column, *family, what, &mut rows)?;
            if let Some(endpoint) = endpoint {
                adjusted_for_baseline(
                    frame,
                    endpoint,
                    &pair,
                    &Test::blank(column, *family, 0, Vec::new()),
                    what,
                    &mut rows,
                )?;
            }
        }
    }
    for pair in &what.pairs {
        let name = format!("{} - {}", pair[1], pair[0]);
        if frame.numbers(&pair[0]).is_ok() && frame.numbers(&pair[1]).is_ok() {
            paired(frame, pair, &name, Family::Exploratory, what, &mut rows)?;
        } else {
            paired_categories(frame, pair, what, &mut rows)?;
        }
    }
    for pair in &what.correlations {
        let cases = complete(frame, pair)?;
        let name = format!("{} ~ {}", pair[0], pair[1]);
        let blank = Test::blank(&name, Family::Exploratory, cases.positive.len(), cases.missing.clone());
        for test in what.chosen.of(Question::Correlation) {
            rows.take(run::correlation(test, &cases.columns[0], &cases.columns[1], &blank), test, &blank);
        }
    }
    let Rows { mut tests, warnings } = rows;
    adjust(&mut tests, what.adjustment);
    let table_one = match endpoint {
        Some(endpoint) => table_one::rows(frame, endpoint, &what.table_one)?,
        None => Vec::new(),
    };
    let adjustment = what.adjustment.name().to_owned();
    let outcome = endpoint.map(|e| e.outcome.clone());
    Ok(CompareResults { outcome, tests, table_one, adjustment, plan: what.plan.clone(), warnings })
}

/// The rows so far, and why others are not there.
#[derive(Default)]
struct Rows {
    tests: Vec<Test>,
    warnings: Vec<Warning>,
}

impl Rows {
    /// The rows of a test, or an empty row and a warning that says why.
    fn take(&mut self, result: Result<Vec<Test>, StatsError>, test: &str, blank: &Test) {
        match result {
            Ok(rows) => {
                let open = |t: &&Test| t.estimand == "hodges-lehmann-shift" && t.ci_low.is_none() && t.p.is_some();
                let few = rows.iter().filter(open).map(|t| {
                    let message = format!("{}, {test}: so few values give no interval of 95 %", t.variable);
                    Warning::new("interval-not-defined", message)
                });
                self.warnings.extend(few);
                self.tests.extend(rows);
            }
            Err(error) => {
                self.warnings.push(Warning::new("not-estimable", format!("{}, {test}: {error}", blank.variable)));
                self.tests.push(Test { test: test.to_owned(), ..blank.clone() });
            }
        }
    }
}

fn between_classes(frame: &Frame, endpoint: &Endpoint, what: &Comparisons, rows: &mut Rows) -> Result<(), CohortError> {
    for (column, family) in what.between.iter().filter(|_| what.by.is_none()) {
        let cases = frame.cases(&[frame.numbers(column)?.to_vec()], &endpoint.positive);
        let split = |class: bool| -> Vec<f64> {
            let of_class = cases.columns[0].iter().zip(&cases.positive).filter(|&(_, &p)| p == class);
            of_class.map(|(&value, _)| value).collect()
        };
        let (positive, negative) = (split(true), split(false));
        let blank = Test::blank(column, *family, cases.positive.len(), cases.missing.clone());
        if let Some(cluster) = frame.clusters(&cases.rows) {
            for test in what.chosen.of(Question::BetweenRows) {
                let found = run::between_rows(test, &cases.columns[0], &cases.positive, &cluster, &blank);
                rows.take(found, test, &blank);
            }
            continue;
        }
        for test in what.chosen.of(Question::Between) {
            rows.take(run::between(test, &positive, &negative, &blank), test, &blank);
        }
    }
    for (column, family) in &what.categories {
        let counts = table_one::Counts::of(frame, endpoint, column)?;
        let blank = Test::blank(column, *family, counts.n(), counts.missing.clone());
        for test in what.chosen.of(Question::Categories) {
            rows.take(run::categories(test, &counts.levels, &blank), test, &blank);
        }
    }
    Ok(())
}

fn between_levels(frame: &Frame, by: &str, what: &Comparisons, rows: &mut Rows) -> Result<(), CohortError> {
    let levels = frame.texts(by)?;
    for (column, family) in &what.between {
        let values = frame.numbers(column)?;
        let mut groups: Vec<(String, Vec<f64>)> = Vec::new();
        let mut missing = Vec::new();
        for ((subject, value), level) in frame.subjects.iter().zip(values).zip(&levels) {
            match (value, level) {
                (Some(value), Some(level)) => match groups.iter_mut().find(|(name, _)| name == level) {
                    Some((_, values)) => values.push(*value),
                    None => groups.push((level.clone(), vec![*value])),
                },
                _ => missing.push(subject.clone()),
            }
        }
        groups.sort_by(|a, b| a.0.cmp(&b.0));
        let n = groups.iter().map(|(_, values)| values.len()).sum();
        let blank = Test::blank(&format!("{column} by {by}"), *family, n, missing);
        for test in what.chosen.of(Question::Several) {
            rows.take(run::several(test, &groups, &blank), test, &blank);
        }
    }
    Ok(())
}

/// The patients who have both columns, whatever their outcome.
fn complete(frame: &Frame, pair: &[String; 2]) -> Result<super::super::frame::Cases, CohortError> {
    let columns = [frame.numbers(&pair[0])?.to_vec(), frame.numbers(&pair[1])?.to_vec()];
    Ok(frame.cases(&columns, &vec![Some(true); frame.subjects.len()]))
}

fn paired(
    frame: &Frame,
    pair: &[String; 2],
    name: &str,
    family: Family,
    what: &Comparisons,
    rows: &mut Rows,
) -> Result<(), CohortError> {
    let cases = complete(frame, pair)?;
    let blank = Test::blank(name, family, cases.positive.len(), cases.missing.clone());
    for test in what.chosen.of(Question::Paired) {
        rows.take(run::of_pairs(test, &cases.columns[0], &cases.columns[1], &blank), test, &blank);
    }
    Ok(())
}

/// Two category columns with the same two levels; the first in order counts as no.
fn paired_categories(
    frame: &Frame,
    pair: &[String; 2],
    what: &Comparisons,
    rows: &mut Rows,
) -> Result<(), CohortError> {
    let (before, after) = (frame.texts(&pair[0])?, frame.texts(&pair[1])?);
    let mut levels: Vec<&String> = before.iter().chain(&after).flatten().collect();
    levels.sort();
    levels.dedup();
    if levels.len() > 2 {
        return Err(CohortError::Syntax {
            text: format!("{},{}", pair[0], pair[1]),
            expected: "a pair of number columns, or of columns that share two levels",
        });
    }
    let (mut discordant, mut n, mut missing) = ([0u64; 2], 0, Vec::new());
    for (subject, (before, after)) in frame.subjects.iter().zip(before.iter().zip(&after)) {
        match (before, after) {
            (Some(before), Some(after)) => {
                n += 1;
                if before != after {
                    discordant[usize::from(before < after)] += 1;
                }
            }
            _ => missing.push(subject.clone()),
        }
    }
    let blank = Test::blank(&format!("{} v {}", pair[0], pair[1]), Family::Exploratory, n, missing);
    let contrast = <[&String; 2]>::try_from(levels).ok().map(|[no, yes]| format!("{yes} v {no}"));
    let blank = Test { contrast, ..blank };
    for test in what.chosen.of(Question::PairedCategories) {
        rows.take(run::of_pairs_as_categories(test, discordant, &blank), test, &blank);
    }
    Ok(())
}

/// The twins of a change: follow-up between the classes given the baseline (ANCOVA), and the outcome given both (Firth).
fn adjusted_for_baseline(
    frame: &Frame,
    endpoint: &Endpoint,
    pair: &[String; 2],
    named: &Test,
    what: &Comparisons,
    rows: &mut Rows,
) -> Result<(), CohortError> {
    let columns = [frame.numbers(&pair[0])?.to_vec(), frame.numbers(&pair[1])?.to_vec()];
    let cases = frame.cases(&columns, &endpoint.positive);
    let blank = Test { n: cases.positive.len(), missing: cases.missing.clone(), ..named.clone() };
    for test in what.chosen.of(Question::Adjusted) {
        rows.take(run::adjusted(test, &cases.columns, &cases.positive, &blank), test, &blank);
    }
    Ok(())
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Adjustment within each family and kind of test. Tests of whether another test may be used stay as they are.
fn adjust(tests: &mut [Test], adjustment: Adjustment) {
    let mut kinds: Vec<(Family, String)> =
        tests.iter().filter(|t| is_hypothesis(&t.test)).map(|t| (t.family, t.test.clone())).collect();
    kinds.sort();
    kinds.dedup();
    for kind in kinds {
        let members: Vec<usize> =
            (0..tests.len()).filter(|&n| tests[n].family == kind.0 && tests[n].test == kind.1).collect();
        let p: Vec<Option<f64>> = members.iter().map(|&n| tests[n].p).collect();
        let adjusted = match adjustment {
            Adjustment::Holm => multiplicity::holm(&p),
            Adjustment::BenjaminiHochberg => multiplicity::benjamini_hochberg(&p),
        };
        for (&n, adjusted) in members.iter().zip(adjusted) {
            tests[n].p_adjusted = adjusted;
        }
    }
}

impl Test {
    fn blank(variable: &str, family: Family, n: usize, missing: Vec<String>) -> Test {
        Test {
            variable: variable.to_owned(),
            family,
            test: String::new(),
            n,
            statistic: None,
            p: None,
            p_adjusted: None,
            df: Vec::new(),
            estimand: String::new(),
            contrast: None,
            estimate: None,
            ci_low: None,
            ci_high: None,
            effects: Vec::new(),
            missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> (Frame, Endpoint) {
        let subjects: Vec<String> = (0..7).map(|n| n.to_string()).collect();
        let numbers = vec![
            ("x__pct".to_owned(), vec![Some(5.0), Some(6.0), Some(7.0), Some(1.0), Some(2.0), Some(3.0), None]),
            ("y__pct".to_owned(), vec![Some(1.0), Some(4.0), Some(2.0), Some(3.0), Some(6.0), Some(5.0), Some(9.0)]),
        ];
        let frame = Frame { source: "t".into(), subjects: subjects.clone(), numbers, texts: Vec::new() };
        let labels = [true, true, true, false, false, false, false].map(Some).to_vec();
        (frame, Endpoint::of_labels(&subjects, labels, "response", &["CR".to_owned()]))
    }

    #[test]
    fn the_exact_p_holm_and_who_is_missing() {
        let (frame, endpoint) = frame();
        let between = vec![("x__pct".to_owned(), Family::Secondary), ("y__pct".to_owned(), Family::Secondary)];
        let got = compare(&frame, Some(&endpoint), &Comparisons { between, ..Comparisons::default() }).unwrap();
        // three against three fully separated: 2 / C(6,3)
        assert!((got.tests[0].p.unwrap() - 0.1).abs() < 1e-12);
        assert_eq!(got.tests[0].missing, ["6"]);
        assert_eq!(got.tests[0].estimate, Some(4.0));
        assert!((got.tests[0].p_adjusted.unwrap() - got.tests[1].p_adjusted.unwrap().min(0.2)).abs() < 1e-12);
    }

    #[test]
    fn a_missing_column_is_an_error_not_a_gap() {
        let (frame, endpoint) = frame();
        let between = vec![("z".to_owned(), Family::Primary)];
        assert!(compare(&frame, Some(&endpoint), &Comparisons { between, ..Comparisons::default() }).is_err());
    }
}
