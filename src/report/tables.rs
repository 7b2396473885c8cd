//! Results as tables for people: headers, cells as text, a caption, notes.

use super::labels;
use super::plots::ratio;
use crate::cohort::results::{
    CompareResults, Family, FitResults, Model, PatientFlow, RocResults, Test, ValidateResults,
};
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
    fn new(caption: &str, header: &[&str]) -> Self {
        ReportTable {
            caption: caption.to_owned(),
            header: header.iter().map(|h| (*h).to_owned()).collect(),
            ..Self::default()
        }
    }
}

/// What stands for a missing value.
const MISSING: &str = "–";

fn digits(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 0.1 || v == 0.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}").replace('-', "−")
}

fn optional(value: Option<f64>) -> String {
    value.map_or(MISSING.to_owned(), digits)
}

/// `1.20 (0.85 to 1.61)`.
fn with_interval(value: Option<f64>, low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{} ({} to {})", optional(value), digits(low), digits(high)),
        _ => optional(value),
    }
}

fn p_text(p: Option<f64>) -> String {
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
pub fn flow(flow: &PatientFlow) -> ReportTable {
    let mut table = ReportTable::new("Patient flow", &["", "patients"]);
    for (what, count) in [
        ("found in images or tables", flow.n_subjects),
        ("both imaging visits measured", flow.n_paired),
        ("both visits and an outcome: analysed", flow.n_analysed),
    ] {
        table.rows.push(vec![what.to_owned(), count.to_string()]);
    }
    table
}

/// Lines of the patient flow that name a subject and a reason.
pub fn flow_reasons(flow: &PatientFlow) -> ReportTable {
    let mut table = ReportTable::new(
        "Not analysed, left out or failed, with the reason",
        &["subject", "session", "what", "reason"],
    );
    let parts = [
        ("not analysed", &flow.not_analysed),
        ("level left out", &flow.excluded_levels),
        ("session failed", &flow.failed_sessions),
    ];
    for (what, entries) in parts {
        for entry in entries {
            let session = if entry.session.is_empty() { MISSING } else { &entry.session };
            table.rows.push([&entry.subject, session, what, &entry.reason].map(str::to_owned).to_vec());
        }
    }
    table
}

/// Table 1.
pub fn table_one(results: &CompareResults) -> ReportTable {
    let (positive, negative) = class_names(results);
    let mut table = ReportTable::new("Table 1. Patients by outcome", &["", &positive, &negative, "n", "P", "test"]);
    for row in &results.table_one {
        let name = format!("{}, {}", labels::column(&row.variable), row.summary);
        let counts = format!("{} / {}", row.n[0], row.n[1]);
        let cells = [name, row.positive.clone(), row.negative.clone(), counts, p_text(row.p), test_name(&row.test)];
        table.rows.push(cells.to_vec());
    }
    table.notes.push("P values of this table are not adjusted for multiple tests.".to_owned());
    table
}

/// `CR/VGPR/sCR (n = 15)` and `others (n = 35)`.
pub fn class_names(results: &CompareResults) -> (String, String) {
    match &results.outcome {
        Some(outcome) => (
            format!("{} (n = {})", outcome.positive.join("/"), outcome.n_positive),
            format!("others (n = {})", outcome.n_negative),
        ),
        None => ("positive".to_owned(), "negative".to_owned()),
    }
}

/// Tests of these families; a baseline-adjusted twin stands with its change.
pub fn tests(results: &CompareResults, families: &[Family], caption: &str) -> ReportTable {
    let header = ["variable", "plan", "test", "n", "estimate (95 % CI)", "estimand", "P", "P (Holm)"];
    let mut table = ReportTable::new(caption, &header);
    let row = |test: &Test| {
        let estimate = with_interval(test.estimate, test.ci_low, test.ci_high);
        let cells = [
            labels::column(&test.variable),
            family(test.family).to_owned(),
            test_name(&test.test),
            test.n.to_string(),
            estimate,
            test.estimand
                .replace("hodges-lehmann", "Hodges-Lehmann")
                .replace("-shift", " shift")
                .replace("-difference", " difference"),
            p_text(test.p),
            p_text(test.p_adjusted),
        ];
        cells.to_vec()
    };
    table.rows = results.tests.iter().filter(|test| families.contains(&test.family)).map(row).collect();
    table.notes.push(
        "Estimates are positive class minus negative class, or follow-up minus baseline. Holm's correction runs within \
         each declared family."
            .to_owned(),
    );
    table
}

/// A test in words.
pub fn test_name(test: &str) -> String {
    match test {
        "mann-whitney" => "Mann-Whitney",
        "student-t" => "Student t",
        "welch-t" => "Welch t",
        "paired-t" => "paired t",
        "wilcoxon-signed-rank" => "Wilcoxon signed rank",
        "ancova" => "baseline-adjusted (ANCOVA)",
        "spearman" => "Spearman",
        "pearson" => "Pearson",
        "fisher" => "Fisher exact",
        "chi-square" | "chi-squared" => "chi-square",
        "kruskal-wallis" => "Kruskal-Wallis",
        other => other,
    }
    .to_owned()
}

/// All logistic models, one row a term.
pub fn models(results: &FitResults) -> ReportTable {
    let header = ["model", "term", "odds ratio (95 % CI)", "coefficient", "SE", "P", "n (events)", "separation"];
    let mut table = ReportTable::new("Logistic models", &header);
    for model in &results.models {
        let counts = format!("{} ({})", model.n, model.events);
        let name = format!("{}, {}", model_name(model), family(model.family));
        if let Some(reason) = &model.not_estimable {
            let cells = [&name, "not estimable", reason, MISSING, MISSING, MISSING, &counts, &model.separation];
            table.rows.push(cells.map(str::to_owned).to_vec());
        }
        for term in model.terms.iter().filter(|term| term.name != "(intercept)") {
            let interval = match (term.ci_low, term.ci_high) {
                (Some(low), Some(high)) => format!(" ({} to {})", ratio(low.exp()), ratio(high.exp())),
                _ => String::new(),
            };
            table.rows.push(vec![
                name.clone(),
                labels::column(&term.name),
                format!("{}{interval}", ratio(term.odds_ratio)),
                digits(term.estimate),
                optional(term.se),
                p_text(term.p),
                counts.clone(),
                model.separation.clone(),
            ]);
        }
    }
    table
}

/// `univariable`, `multivariable (firth)`.
pub fn model_name(model: &Model) -> String {
    let kind = model.name.split(':').next().unwrap_or_default();
    format!("{kind} ({})", model.method)
}

/// AUCs and cut-offs.
pub fn curves(results: &RocResults) -> ReportTable {
    let header =
        ["marker", "plan", "points to response", "AUC (95 % CI)", "n+ / n−", "cut-off", "sensitivity", "specificity"];
    let mut table = ReportTable::new("ROC curves", &header);
    for curve in &results.curves {
        let cutoff = curve.cutoffs.first();
        let rate = |value: f64, [low, high]: [f64; 2]| format!("{value:.2} ({low:.2} to {high:.2})");
        let interval = match (curve.ci_low, curve.ci_high) {
            (Some(low), Some(high)) => format!("{:.3} ({low:.3} to {high:.3})", curve.auc),
            _ => format!("{:.3}", curve.auc),
        };
        table.rows.push(vec![
            labels::column(&curve.predictor),
            family(curve.family).to_owned(),
            format!("{:?}", curve.direction).to_lowercase(),
            interval,
            format!("{} / {}", curve.n_positive, curve.n_negative),
            cutoff.map_or(MISSING.to_owned(), |c| digits(c.threshold)),
            cutoff.map_or(MISSING.to_owned(), |c| rate(c.sensitivity, c.sensitivity_ci)),
            cutoff.map_or(MISSING.to_owned(), |c| rate(c.specificity, c.specificity_ci)),
        ]);
    }
    table.notes.push(
        "Cut-offs are chosen and judged on the same patients, and so is the curve of a model: both are apparent and too \
         good. The corrected values stand under validation."
            .to_owned(),
    );
    table
}

/// Paired comparisons of curves.
pub fn comparisons(results: &RocResults) -> ReportTable {
    let mut table = ReportTable::new(
        "Differences between AUCs, on the patients that have both (DeLong)",
        &["first", "second", "n", "difference (95 % CI)", "z", "P"],
    );
    for pair in &results.comparisons {
        table.rows.push(vec![
            labels::column(&pair.a),
            labels::column(&pair.b),
            pair.n.to_string(),
            with_interval(Some(pair.difference), pair.ci_low, pair.ci_high),
            optional(pair.z),
            p_text(pair.p),
        ]);
    }
    table
}

/// Internal validation.
pub fn validation(results: &ValidateResults) -> ReportTable {
    let header = ["scheme", "metric", "apparent", "optimism", "corrected (95 % CI)", "resamples", "not estimable"];
    let mut table = ReportTable::new("Internal validation of the multivariable model", &header);
    for scheme in &results.schemes {
        table.rows.push(vec![
            scheme.scheme.replace('-', " "),
            scheme.metric.replace('_', " "),
            optional(scheme.apparent),
            optional(scheme.optimism),
            with_interval(scheme.corrected, scheme.ci_low, scheme.ci_high),
            scheme.n_resamples.to_string(),
            scheme.n_not_estimable.to_string(),
        ]);
    }
    if let Some(calibration) = &results.calibration {
        table.notes.push(format!(
            "Calibration: intercept {}, slope {} (ideal: 0 and 1; a slope under 1 is overfitting).",
            optional(calibration.intercept),
            optional(calibration.slope)
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::Scheme;

    #[test]
    fn cells_have_the_digits_they_deserve() {
        assert_eq!(with_interval(Some(12.345), Some(-1.0), Some(123.4)), "12.3 (−1.00 to 123)");
        assert_eq!(with_interval(None, None, None), "–");
        assert_eq!(p_text(Some(1e-7)), "<0.001");
    }

    #[test]
    fn every_row_is_as_long_as_its_header() {
        let scheme = Scheme {
            scheme: "bootstrap-optimism".to_owned(),
            metric: "auc".to_owned(),
            apparent: Some(0.93),
            optimism: Some(0.02),
            corrected: Some(0.91),
            ci_low: None,
            ci_high: None,
            n_resamples: 500,
            n_not_estimable: 0,
            n_separated: 3,
            p: None,
        };
        let table = validation(&ValidateResults { schemes: vec![scheme], ..ValidateResults::default() });
        assert_eq!(table.rows[0].len(), table.header.len());
        assert_eq!(table.rows[0][0], "bootstrap optimism");
    }
}
