//! Results as tables for people: headers, cells as text, a caption, notes.

mod performance;

pub use performance::{comparisons, curves, direction, model_name, models, validation};

use super::lang::Reason;
use super::numbers::{significant, with_decimals};
use super::{Lang, labels};
use crate::cohort::results::{CompareResults, Family, FlowEntry, PatientFlow, Test};
use crate::units::show_p;
use serde::Serialize;

/// A table ready to be shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ReportTable {
    /// One sentence above it.
    pub caption: String,
    /// Column heads.
    pub header: Vec<String>,
    /// Cells as text, each row as long as the header.
    pub rows: Vec<Vec<String>>,
    /// What stands below it.
    pub notes: Vec<String>,
}

impl ReportTable {
    /// An empty table.
    pub fn new(caption: &str, header: &[&str]) -> Self {
        ReportTable {
            caption: caption.to_owned(),
            header: header.iter().map(|h| (*h).to_owned()).collect(),
            ..Self::default()
        }
    }
}

/// What stands for a missing value.
pub(super) const MISSING: &str = "–";

pub(super) fn digits(value: f64) -> String {
    // as many as the rounded value deserves: 0.0999… is 0.10
    let decimals = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        v if v >= 0.0995 || v == 0.0 => 2,
        v if v >= 0.00995 => 3,
        // an ADC in mm2/s keeps two digits
        _ => return significant(value, 2),
    };
    with_decimals(value, decimals)
}

pub(super) fn optional(value: Option<f64>) -> String {
    value.map_or(MISSING.to_owned(), digits)
}

/// `1.20 (0.85 to 1.61)`: all three with the decimals that half the width of the interval deserves.
pub(super) fn with_interval(value: Option<f64>, [low, high]: [Option<f64>; 2], lang: Lang) -> String {
    match (value, low, high) {
        (Some(value), Some(low), Some(high)) => {
            let decimals = match (high - low).abs() / 2.0 {
                half if half >= 20.0 => 0,
                half if half >= 2.0 => 1,
                half if half >= 0.02 => 2,
                half if half >= 0.002 || half == 0.0 => 3,
                half => (-(half / 2.0).log10()).ceil().min(6.0) as usize,
            };
            // an end next to zero is zero among the decimals of the others
            let smallest = if decimals == 6 { 0.0 } else { 0.5 * 10f64.powi(-(decimals as i32)) };
            let shown = |value: f64| with_decimals(if value.abs() < smallest { 0.0 } else { value }, decimals);
            let [value, low, high] = [value, low, high].map(shown);
            format!("{value} ({})", lang.range(&low, &high))
        }
        _ => optional(value),
    }
}

/// A text with a minus sign before its numbers, where programs write a hyphen; negative zeros lose theirs.
pub(super) fn minus(text: &str) -> String {
    let is_zero = text.starts_with('-') && text.parse::<f64>() == Ok(0.0);
    if is_zero { text[1..].to_owned() } else { text.replace('-', "−") }
}

pub(super) fn p_text(p: Option<f64>) -> String {
    p.map_or(MISSING.to_owned(), show_p)
}

/// The word that stands beside what was not declared.
pub fn family(family: Family) -> &'static str {
    match family {
        Family::Primary => "primary",
        Family::Secondary => "secondary",
        Family::Exploratory => "exploratory",
    }
}

/// Who was measured, who is missing, who was left out, with reasons.
pub fn flow(flow: &PatientFlow, lang: Lang) -> ReportTable {
    let mut table = ReportTable::new(lang.say("Patient flow"), &[lang.say("step"), lang.say("patients")]);
    for (what, count) in [
        (lang.say("found in images or tables"), flow.n_subjects),
        (lang.say("both imaging visits measured"), flow.n_paired),
        (lang.say("both imaging visits and an outcome"), flow.n_analysed),
    ] {
        table.rows.push(vec![what.to_owned(), count.to_string()]);
    }
    table.notes.push(
        lang.say(
            "Each analysis uses the patients who have its values: those of laboratory values also hold patients without \
             images. Every table gives its n.",
        )
        .to_owned(),
    );
    table
}

/// The lists of the patient flow: what each one says of its entries, and of what kind their reasons are.
pub(super) fn flow_parts(flow: &PatientFlow, lang: Lang) -> [(&'static str, Reason, &[FlowEntry]); 4] {
    [
        (lang.say("incomplete"), Reason::Flow, &flow.not_analysed),
        (lang.say("measures withheld"), Reason::Flag, &flow.withheld),
        (lang.say("level left out"), Reason::Exclusion, &flow.excluded_levels),
        (lang.say("session failed"), Reason::Failure, &flow.failed_sessions),
    ]
}

/// Lines of the patient flow that name a subject and a reason.
pub fn flow_reasons(flow: &PatientFlow, lang: Lang) -> ReportTable {
    let mut table = ReportTable::new(
        lang.say("Incomplete, left out or failed, with the reason"),
        &[lang.say("subject"), lang.say("session"), lang.say("what"), lang.say("reason")],
    );
    for (what, kind, entries) in flow_parts(flow, lang) {
        for entry in entries {
            let session = if entry.session.is_empty() { MISSING } else { &entry.session };
            let reason = lang.reason(kind, &entry.reason);
            table.rows.push([&entry.subject, session, what, &reason].map(str::to_owned).to_vec());
        }
    }
    table
}

/// Table 1.
pub fn table_one(results: &CompareResults, lang: Lang) -> ReportTable {
    let (positive, negative) = class_names(results, lang);
    let mut table = ReportTable::new(
        lang.say("Table 1. Patients by outcome"),
        &[lang.say("characteristic"), &positive, &negative, "n", "P", lang.say("test")],
    );
    for row in &results.table_one {
        let name = lang.listed(&[labels::column(&row.variable, lang), lang.word(&row.summary)]);
        let counts = format!("{} / {}", row.n[0], row.n[1]);
        // a category has one test, beside its first level
        let test = row.p.map_or(MISSING.to_owned(), |_| test_name(&row.test, lang));
        let cells = [name, minus(&row.positive), minus(&row.negative), counts, p_text(row.p), test];
        table.rows.push(cells.to_vec());
    }
    table.notes.push(lang.say("P values of this table are not adjusted for multiple tests.").to_owned());
    table
}

/// `CR/VGPR/sCR (n = 15)` and `others (n = 35)`.
pub fn class_names(results: &CompareResults, lang: Lang) -> (String, String) {
    match &results.outcome {
        Some(outcome) => (
            format!("{} (n = {})", outcome.positive.join("/"), outcome.n_positive),
            lang.fill("others (n = {n})", &[("n", &outcome.n_negative.to_string())]),
        ),
        None => (lang.say("positive").to_owned(), lang.say("negative").to_owned()),
    }
}

/// Tests of these families; a baseline-adjusted twin stands with its change.
pub fn tests(results: &CompareResults, families: &[Family], caption: &str, lang: Lang) -> ReportTable {
    let header = [
        lang.say("variable"),
        lang.say("plan"),
        lang.say("test"),
        "n",
        lang.say("estimate (95 % CI)"),
        lang.say("estimand"),
        "P",
        "P (Holm)",
    ];
    let mut table = ReportTable::new(caption, &header);
    let row = |test: &Test| {
        let estimate = with_interval(test.estimate, [test.ci_low, test.ci_high], lang);
        let cells = [
            labels::column(&test.variable, lang),
            lang.say(family(test.family)).to_owned(),
            test_name(&test.test, lang),
            test.n.to_string(),
            estimate,
            match test.contrast.as_ref().filter(|_| !test.estimand.is_empty()) {
                Some(levels) => format!("{} ({levels})", estimand(&test.estimand, lang)),
                None => estimand(&test.estimand, lang),
            },
            p_text(test.p),
            p_text(test.p_adjusted),
        ];
        cells.to_vec()
    };
    table.rows = results.tests.iter().filter(|test| families.contains(&test.family)).map(row).collect();
    table.notes.push(
        lang.say(
            "Estimates are positive class minus negative class, or follow-up minus baseline. Holm's correction runs \
             within each declared family.",
        )
        .to_owned(),
    );
    table
}

/// Everything that one comparison shows: Table 1, then the tests, each as far as there is one.
pub fn of_comparison(results: &CompareResults, lang: Lang) -> Vec<ReportTable> {
    let families = [Family::Primary, Family::Secondary, Family::Exploratory];
    let both = [table_one(results, lang), tests(results, &families, lang.say("Comparisons"), lang)];
    both.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// A test in words.
pub fn test_name(test: &str, lang: Lang) -> String {
    match test {
        "mann-whitney" => lang.say("Mann-Whitney"),
        "student-t" => lang.say("Student t"),
        "welch-t" => lang.say("Welch t"),
        "paired-t" => lang.say("paired t"),
        "wilcoxon-signed-rank" => lang.say("Wilcoxon signed rank"),
        "ancova" => lang.say("baseline-adjusted (ANCOVA)"),
        "spearman" => lang.say("Spearman"),
        "pearson" => lang.say("Pearson"),
        "fisher" => lang.say("Fisher exact"),
        "chi-square" | "chi-squared" => lang.say("chi-square"),
        "kruskal-wallis" => lang.say("Kruskal-Wallis"),
        other => other,
    }
    .to_owned()
}

/// What a test estimates, in words.
fn estimand(name: &str, lang: Lang) -> String {
    match name {
        "hodges-lehmann-shift" => lang.say("Hodges-Lehmann shift"),
        "mean-difference" => lang.say("mean difference"),
        "adjusted-mean-difference" | "adjusted-difference" => lang.say("adjusted difference"),
        other => return other.replace("hodges-lehmann", "Hodges-Lehmann").replace('-', " "),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_the_digits_they_deserve() {
        let interval = |value, low, high| with_interval(Some(value), [Some(low), Some(high)], Lang::En);
        assert_eq!(interval(12.345, -1.0, 123.4), "12 (−1 to 123)");
        assert_eq!(interval(0.1104, -0.0441, 0.265), "0.11 (−0.04 to 0.27)");
        assert_eq!(interval(-0.001, -5.0, 6.0), "0.0 (−5.0 to 6.0)");
        assert_eq!(minus("-63.2 [-73.6, -43.0]"), "−63.2 [−73.6, −43.0]");
        assert_eq!(with_interval(None, [None, None], Lang::Ja), "–");
        assert_eq!(p_text(Some(1e-7)), "<0.001");
        let shown = [3.3 - 3.2, 0.0991, 9.996, 99.97, 0.0, -4.9].map(digits);
        assert_eq!(shown, ["0.10", "0.099", "10.0", "100", "0.00", "−4.90"]);
        // ADC in mm2/s, a count of cells in litres
        assert_eq!([0.0007, 0.00004, -1.3e12].map(digits), ["0.00070", "4.0e−5", "−1.30e12"]);
        assert_eq!(interval(0.00012, 0.00003, 0.00021), "0.00012 (0.00003 to 0.00021)");
        assert_eq!(interval(1.2e-9, -3e-10, 2.7e-9), "1.2e−9 (−3.0e−10 to 2.7e−9)");
    }
}
