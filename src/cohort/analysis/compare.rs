//! Comparisons: responders against the others, follow-up against baseline, and the baseline-adjusted twin of each change.

use super::super::endpoint::Endpoint;
use super::super::results::{CompareResults, Family, Test};
use super::super::{CohortError, Frame};
use super::table_one;
use crate::error::Warning;
use crate::stats::{LEVEL, ancova, group_tests, multiplicity, rank_tests};
use crate::study::Sessions;

/// What is compared.
#[derive(Debug, Clone, Default)]
pub struct Comparisons<'a> {
    /// Columns compared between the classes, with their family.
    pub between: Vec<(String, Family)>,
    /// Columns without session ending, compared between the two sessions and, baseline-adjusted, between the classes.
    pub changes: Vec<(String, Family)>,
    /// The two sessions of `changes`.
    pub sessions: Option<&'a Sessions>,
    /// Columns of Table 1.
    pub table_one: Vec<String>,
    /// Welch's t-test beside the Mann-Whitney test.
    pub welch: bool,
}

/// Compares; p-values are adjusted by Holm within each family and kind of test.
///
/// # Errors
/// Where a column is missing or holds text, or the outcome has one class only.
pub fn compare(frame: &Frame, endpoint: &Endpoint, what: &Comparisons) -> Result<CompareResults, CohortError> {
    endpoint.check_two_classes()?;
    let mut warnings = Vec::new();
    let mut tests = Vec::new();
    for (column, family) in &what.between {
        let cases = frame.cases(&[frame.numbers(column)?.to_vec()], &endpoint.positive);
        let split = |class: bool| -> Vec<f64> {
            let of_class = cases.columns[0].iter().zip(&cases.positive).filter(|&(_, &p)| p == class);
            of_class.map(|(&value, _)| value).collect()
        };
        let (positive, negative) = (split(true), split(false));
        let n = cases.positive.len();
        let blank = Test::blank(column, *family, n, cases.missing.clone());
        let mann_whitney = rank_tests::mann_whitney(&positive, &negative, LEVEL);
        tests.push(match noted(mann_whitney, column, &mut warnings) {
            None => Test { test: "mann-whitney".into(), estimand: "hodges-lehmann-shift".into(), ..blank.clone() },
            Some(result) => Test {
                test: "mann-whitney".into(),
                statistic: Some(result.u),
                p: Some(result.p),
                estimand: "hodges-lehmann-shift".into(),
                estimate: Some(result.shift),
                ci_low: finite(result.interval.low),
                ci_high: finite(result.interval.high),
                ..blank.clone()
            },
        });
        if what.welch
            && let Some(result) = noted(group_tests::welch(&positive, &negative, LEVEL), column, &mut warnings)
        {
            tests.push(t_test("welch-t", "mean-difference", &result, blank));
        }
    }
    if let Some(sessions) = what.sessions {
        for (column, family) in &what.changes {
            let pair = [&sessions.baseline, &sessions.followup].map(|s| format!("{column}__{s}"));
            let columns = [frame.numbers(&pair[0])?.to_vec(), frame.numbers(&pair[1])?.to_vec()];
            let everyone = vec![Some(true); frame.subjects.len()];
            let paired = frame.cases(&columns, &everyone);
            let blank = Test::blank(column, *family, paired.positive.len(), paired.missing.clone());
            let signed = rank_tests::signed_rank(&paired.columns[0], &paired.columns[1], LEVEL);
            if let Some(result) = noted(signed, column, &mut warnings) {
                tests.push(Test {
                    test: "wilcoxon-signed-rank".into(),
                    statistic: Some(result.v),
                    p: Some(result.p),
                    estimand: "hodges-lehmann-shift".into(),
                    estimate: Some(result.shift),
                    ci_low: finite(result.interval.low),
                    ci_high: finite(result.interval.high),
                    ..blank
                });
            }
            let cases = frame.cases(&columns, &endpoint.positive);
            let blank = Test::blank(column, *family, cases.positive.len(), cases.missing.clone());
            let adjusted = ancova::adjusted_difference(&cases.columns[0], &cases.columns[1], &cases.positive, LEVEL);
            if let Some(result) = noted(adjusted, column, &mut warnings) {
                tests.push(t_test("ancova", "adjusted-difference", &result, blank));
            }
        }
    }
    adjust(&mut tests);
    let table_one = table_one::rows(frame, endpoint, &what.table_one)?;
    Ok(CompareResults { outcome: Some(endpoint.outcome.clone()), tests, table_one, warnings })
}

fn t_test(name: &str, estimand: &str, result: &group_tests::TTest, blank: Test) -> Test {
    Test {
        test: name.into(),
        statistic: Some(result.t),
        p: Some(result.p),
        estimand: estimand.into(),
        estimate: Some(result.difference),
        ci_low: finite(result.interval.low),
        ci_high: finite(result.interval.high),
        ..blank
    }
}

/// The result, or a warning that says why there is none.
fn noted<T>(result: Result<T, crate::stats::StatsError>, column: &str, warnings: &mut Vec<Warning>) -> Option<T> {
    result.map_err(|error| warnings.push(Warning::new("not-estimable", format!("{column}: {error}")))).ok()
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Holm's adjustment within each family and kind of test.
fn adjust(tests: &mut [Test]) {
    let mut kinds: Vec<(Family, String)> = tests.iter().map(|t| (t.family, t.test.clone())).collect();
    kinds.sort();
    kinds.dedup();
    for kind in kinds {
        let members: Vec<usize> =
            (0..tests.len()).filter(|&n| tests[n].family == kind.0 && tests[n].test == kind.1).collect();
        let p: Vec<Option<f64>> = members.iter().map(|&n| tests[n].p).collect();
        for (&n, adjusted) in members.iter().zip(multiplicity::holm(&p)) {
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
            estimand: String::new(),
            estimate: None,
            ci_low: None,
            ci_high: None,
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
        let got = compare(&frame, &endpoint, &Comparisons { between, ..Comparisons::default() }).unwrap();
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
        assert!(compare(&frame, &endpoint, &Comparisons { between, ..Comparisons::default() }).is_err());
    }
}
