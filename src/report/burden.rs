//! Dropout ratio against disease burden, and the agreement of repeats: figures and tables.

use super::figures::{Figure, Section, file_name};
use super::lang::Reason;
use super::outputs::Outputs;
use super::plots::{CorrelationPlot, bland_altman_figure, correlation_figure};
use super::tables::{MISSING, ReportTable, digits, optional, p_text, test_name, with_interval};
use super::{Lang, labels};
use crate::cohort::results::{FlowEntry, Test};

/// Name of the tested pair in the results.
fn name_of([a, b]: &[String; 2]) -> String {
    format!("{a} ~ {b}")
}

/// One figure a pair of columns.
pub fn dropout_figures(outputs: &Outputs, lang: Lang, drawn: Lang) -> Vec<Figure> {
    let Some((results, table)) = &outputs.dropout else { return Vec::new() };
    let mut figures = Vec::new();
    for pair in &results.pairs {
        let [Ok(x), Ok(y)] = pair.each_ref().map(|column| table.numbers(column)) else { continue };
        let points = x.iter().zip(&y).filter_map(|(x, y)| Some([(*x)?, (*y)?])).collect();
        let tests = results.compare.tests.iter().filter(|test| test.variable == name_of(pair));
        let plot = CorrelationPlot {
            columns: pair.clone(),
            groups: vec![(String::new(), points)],
            notes: tests.map(|test| note(test, drawn)).collect(),
            exploratory: true,
        };
        let Ok(drawing) = correlation_figure(&plot, drawn) else { continue };
        let words = pair.each_ref().map(|column| labels::column(column, lang));
        let caption = lang.fill(
            "{b} against {a}, in the patients whose marrow is dominated by water.",
            &[("a", &words[0]), ("b", &words[1])],
        );
        let name = format!("dropout_{}", file_name(&pair[1]));
        figures.push(Figure { section: Section::Dropout, name, caption, drawing });
    }
    figures
}

/// `Spearman −0.62 (−0.80 to −0.33), P 0.001, n = 31`.
fn note(test: &Test, lang: Lang) -> String {
    let estimate = with_interval(test.estimate, [test.ci_low, test.ci_high], lang);
    format!("{} {estimate}, P {}, n = {}", test_name(&test.test, lang), p_text(test.p), test.n)
}

/// The correlations, and who was left out of them.
pub fn dropout_table(outputs: &Outputs, lang: Lang) -> Option<ReportTable> {
    let (results, _) = outputs.dropout.as_ref()?;
    let header = [lang.say("held against"), lang.say("test"), "n", lang.say("coefficient (95 % CI)"), "P", "P (Holm)"];
    let mut table = ReportTable::new(lang.say("Dropout ratio and disease burden, water-dominant marrow"), &header);
    for pair in &results.pairs {
        for test in results.compare.tests.iter().filter(|test| test.variable == name_of(pair)) {
            table.rows.push(vec![
                labels::column(&pair[1], lang),
                test_name(&test.test, lang),
                test.n.to_string(),
                with_interval(test.estimate, [test.ci_low, test.ci_high], lang),
                p_text(test.p),
                p_text(test.p_adjusted),
            ]);
        }
    }
    table.notes.push(
        lang.say(
            "Exploratory. Less fat lowers the ratio where water dominates and raises it where fat does, so the groups are \
             not mixed.",
        )
        .to_owned(),
    );
    if !results.left_out.is_empty() {
        let reason = |entry: &FlowEntry| lang.reason(Reason::Flow, &entry.reason);
        let named = |entry: &FlowEntry| format!("{} ({})", entry.subject, reason(entry));
        let all: Vec<String> = results.left_out.iter().map(named).collect();
        table.notes.push(lang.fill("Left out: {names}.", &[("names", &all.join("; "))]));
    }
    (!table.rows.is_empty()).then_some(table)
}

/// Bland-Altman pictures of the repeats.
pub fn agreement_figures(outputs: &Outputs, lang: Lang, drawn: Lang) -> Vec<Figure> {
    let figure = |(name, results): (&String, &_)| {
        let drawing = bland_altman_figure(results, drawn).ok()?;
        let caption = lang.fill("Repeats of {name}: difference against mean.", &[("name", name)]);
        Some(Figure { section: Section::Agreement, name: format!("agreement_{}", file_name(name)), caption, drawing })
    };
    outputs.agreements.iter().filter_map(figure).collect()
}

/// How well repeats agree, one row a measurement.
pub fn agreement_table(outputs: &Outputs, lang: Lang) -> Option<ReportTable> {
    let header = [
        lang.say("measurement"),
        "n",
        "ICC (95 % CI)",
        lang.say("bias"),
        lang.say("limits of agreement"),
        lang.say("within-subject CoV (%)"),
        lang.say("repeatability coefficient"),
    ];
    let mut table = ReportTable::new(lang.say("Agreement of repeats"), &header);
    for (name, results) in &outputs.agreements {
        let icc = results.icc.iter().find(|row| row.name == "ICC(A,1)").or(results.icc.first());
        let bland_altman = results.bland_altman.as_ref();
        table.rows.push(vec![
            format!("{name}: {}", results.columns.join(", ")),
            results.n.to_string(),
            icc.map_or(MISSING.to_owned(), |row| {
                format!("{} {}", row.name, with_interval(Some(row.value), [row.ci_low, row.ci_high], lang))
            }),
            optional(bland_altman.map(|b| b.bias)),
            bland_altman.map_or(MISSING.to_owned(), |b| lang.range(&digits(b.loa_low), &digits(b.loa_high))),
            optional(results.wcv.map(|share| 100.0 * share)),
            optional(results.rc),
        ]);
    }
    (!table.rows.is_empty()).then_some(table)
}
