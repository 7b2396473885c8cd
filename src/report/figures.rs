//! The figures of a study, drawn from its results: names, drawings, captions.

use super::docs::escape;
use super::labels;
use super::outputs::Outputs;
use super::plots::{
    ChangePlot, ForestRow, Group, PairedPlot, WaterfallPlot, calibration_figure, change_figure, decision_figure,
    forest_figure, paired_figure, roc_figure, waterfall_figure,
};
use super::tables::{class_names, family, model_name, test_name};
use super::{Drawing, Lang, ReportError, burden, font};
use crate::cohort::analysis::roc::APPARENT;
use crate::cohort::results::{Change, CompareResults, Family, RocResults};
use crate::error::Result;
use crate::image::{Overwrite, check_absent};
use crate::units::show_p;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where a figure stands in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Changes by group.
    Changes,
    /// Models.
    Models,
    /// ROC curves.
    Roc,
    /// Validation.
    Validation,
    /// Dropout ratio and disease burden.
    Dropout,
    /// Agreement of repeats.
    Agreement,
}

/// One figure with its file name (without extension) and caption.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Where it stands.
    pub section: Section,
    /// File name without extension, e.g. `roc_primary`.
    pub name: String,
    /// What is seen, for whom.
    pub caption: String,
    /// The drawing.
    pub drawing: Drawing,
}

/// All figures that the results allow. Captions are in the language asked for, the drawings in the one that there are
/// letters for.
pub fn figures(outputs: &Outputs, lang: Lang) -> Vec<Figure> {
    let drawn = font::language_of_figures(lang).0;
    let mut figures = Vec::new();
    figures.extend(roc_figures(outputs, lang, drawn));
    figures.extend(change_figures(outputs, lang, drawn));
    figures.extend(forest(outputs, lang, drawn));
    figures.extend(burden::dropout_figures(outputs, lang, drawn));
    figures.extend(burden::agreement_figures(outputs, lang, drawn));
    if let Some(drawing) = outputs.validate.as_ref().and_then(|v| decision_figure(&v.decision_curve, drawn).ok()) {
        let caption = lang.say("Decision curve of the multivariable model on leave-one-out predictions.").to_owned();
        figures.push(Figure { section: Section::Validation, name: "decision_curve".to_owned(), caption, drawing });
    }
    let calibration = outputs.validate.as_ref().map(|v| calibration_figure(&v.calibration_curve, drawn));
    if let Some(Ok(drawing)) = calibration {
        let caption = lang.say("Calibration of the multivariable model on leave-one-out predictions.").to_owned();
        figures.push(Figure { section: Section::Validation, name: "calibration".to_owned(), caption, drawing });
    }
    figures
}

/// Writes figures as SVG and PNG into a folder.
///
/// # Errors
/// Where a figure cannot be drawn or written.
pub fn save(figures: &[Figure], folder: &Path) -> Result<()> {
    figures
        .par_iter()
        .map(|figure| {
            let file = |extension: &str| folder.join(format!("{}.{extension}", figure.name));
            figure.drawing.save(&file("svg"), &file("png"))
        })
        .collect()
}

/// Draws some figures of an output folder anew, into `OUT/figures`; gives their paths.
///
/// # Errors
/// [`ReportError::NoFigure`] for a name that these results have no figure of, a broken result file, a figure that exists.
pub fn write_some(out: &Path, names: &[String], lang: Lang, overwrite: Overwrite) -> Result<Vec<PathBuf>> {
    let figures = figures(&Outputs::read(out)?, lang);
    let find = |name: &String| {
        let known = || figures.iter().map(|figure| figure.name.clone()).collect();
        let missing = || ReportError::NoFigure { name: name.clone(), known: known() };
        figures.iter().find(|figure| figure.name == *name).cloned().ok_or_else(missing)
    };
    let asked: Vec<Figure> = names.iter().map(find).collect::<std::result::Result<_, _>>()?;
    let folder = out.join("figures");
    let files = asked.iter().flat_map(|f| ["svg", "png"].map(|e| folder.join(format!("{}.{e}", f.name))));
    let files: Vec<PathBuf> = files.collect();
    check_absent(&files, overwrite)?;
    save(&asked, &folder)?;
    Ok(files)
}

/// One figure a family of the plan, so that what was declared does not drown in what was not.
fn roc_figures(outputs: &Outputs, lang: Lang, drawn: Lang) -> Vec<Figure> {
    let Some(results) = &outputs.roc else { return Vec::new() };
    let mut figures = Vec::new();
    for member in [Family::Primary, Family::Secondary, Family::Exploratory] {
        let curves: Vec<_> = results.curves.iter().filter(|curve| curve.family == member).cloned().collect();
        let part = RocResults { curves, ..RocResults::default() };
        if let Ok(drawing) = roc_figure(&part, drawn) {
            let word = family(member);
            let has_model = part.curves.iter().any(|curve| curve.predictor.ends_with(APPARENT));
            let gaps = [("family", lang.say(word))];
            let mut caption = vec![lang.fill("ROC curves of the {family} markers; rings mark the cut-offs.", &gaps)];
            if has_model {
                let note =
                    "The curve of the multivariable model is apparent: model and curve come from the same patients.";
                caption.push(lang.word(note));
            }
            let caption = lang.joined(&caption);
            figures.push(Figure { section: Section::Roc, name: format!("roc_{word}"), caption, drawing });
        }
    }
    figures
}

/// Distribution and course of each declared marker, by outcome where there is one.
fn change_figures(outputs: &Outputs, lang: Lang, drawn: Lang) -> Vec<Figure> {
    let classes = outputs.classes();
    let compare = outputs.compare.as_ref().filter(|_| !classes.is_empty());
    let parts: Vec<(Option<bool>, String)> = match compare {
        Some(compare) => [Some(true), Some(false)].into_iter().zip(short_class_names(compare, drawn)).collect(),
        None => vec![(None, drawn.say("all").to_owned())],
    };
    let mut figures: Vec<Figure> = Vec::new();
    for (variable, member) in compare.map_or_else(|| planned(outputs), declared) {
        let Some((stem, kind)) = variable.split_once("__") else { continue };
        let changes: Vec<&Change> = outputs.changes.iter().filter(|change| change.column == stem).collect();
        let value = |change: &Change| match kind {
            "pct" => change.pct,
            "abs" => change.abs,
            "log" => change.log,
            "sym" => change.sym,
            _ => None,
        };
        let group = |(class, name): &(Option<bool>, String)| Group {
            name: name.clone(),
            values: of_class(&changes, &classes, *class).filter_map(value).collect(),
        };
        let groups: Vec<Group> = parts.iter().map(group).collect();
        let exploratory = member == Family::Exploratory;
        let words = labels::column(&variable, lang);
        let gaps = [("column", &*words), ("family", lang.say(family(member)))];
        let plot = ChangePlot {
            column: variable.clone(),
            groups: groups.clone(),
            note: compare.map_or(String::new(), |compare| test_note(compare, &variable, drawn)),
            exploratory,
        };
        if let Ok(drawing) = change_figure(&plot, drawn) {
            let caption = lang.joined(&[
                if compare.is_some() {
                    lang.fill("{column} by outcome ({family}).", &gaps)
                } else {
                    lang.fill("{column}, all patients ({family}).", &gaps)
                },
                lang.say(
                    "Box: median and quartiles (interpolated linearly); whiskers: farthest value within 1.5 interquartile \
                     ranges of the box; a point a patient.",
                )
                .to_owned(),
            ]);
            let name = format!("change_{}", file_name(&variable));
            figures.push(Figure { section: Section::Changes, name, caption, drawing });
        }
        let plot = WaterfallPlot { column: variable.clone(), groups, note: String::new(), exploratory };
        if let Ok(drawing) = waterfall_figure(&plot, drawn) {
            let caption = lang.fill("{column}, a bar a patient ({family}).", &gaps);
            let name = format!("waterfall_{}", file_name(&variable));
            figures.push(Figure { section: Section::Changes, name, caption, drawing });
        }
        let name = format!("visits_{}", file_name(stem));
        let pair = |change: &Change| Some([change.baseline?, change.followup?]);
        let plot = PairedPlot {
            column: stem.to_owned(),
            sessions: session_names(outputs),
            groups: parts
                .iter()
                .map(|(class, name)| (name.clone(), of_class(&changes, &classes, *class).filter_map(pair).collect()))
                .collect(),
            exploratory,
        };
        let is_new = figures.iter().all(|figure| figure.name != name);
        if let Some(drawing) = paired_figure(&plot, drawn).ok().filter(|_| is_new) {
            let gaps = [("column", &*labels::column(stem, lang))];
            let caption = lang.fill("{column} at both visits, one line a patient.", &gaps);
            figures.push(Figure { section: Section::Changes, name, caption, drawing });
        }
    }
    figures
}

fn of_class<'a>(
    changes: &'a [&'a Change],
    classes: &'a BTreeMap<String, bool>,
    class: Option<bool>,
) -> impl Iterator<Item = &'a Change> {
    let is_in = move |change: &&Change| class.is_none() || classes.get(&change.subject).copied() == class;
    changes.iter().copied().filter(is_in)
}

/// Changes that the plan names, for a study without an outcome.
pub(super) fn planned(outputs: &Outputs) -> Vec<(String, Family)> {
    let of_kind = |(kind, family): (&str, Family)| -> Vec<(String, Family)> {
        let markers = outputs.parameter(&["plan", kind]).and_then(|list| list.as_array());
        let markers = markers.into_iter().flatten().filter_map(|marker| marker.as_str());
        let column = |marker: &str| marker.rsplit_once(':').map_or(marker, |(column, _)| column).to_owned();
        markers.map(|marker| (column(marker), family)).collect()
    };
    [("primary", Family::Primary), ("secondary", Family::Secondary)].into_iter().flat_map(of_kind).collect()
}

/// Variables of the plan that are changes, each once, in the order of the results.
fn declared(compare: &CompareResults) -> Vec<(String, Family)> {
    let mut variables: Vec<(String, Family)> = Vec::new();
    for test in compare.tests.iter().filter(|test| test.family != Family::Exploratory) {
        if test.variable.contains("__") && variables.iter().all(|(name, _)| *name != test.variable) {
            variables.push((test.variable.clone(), test.family));
        }
    }
    variables
}

fn short_class_names(compare: &CompareResults, lang: Lang) -> [String; 2] {
    let (positive, negative) = class_names(compare, lang);
    // both kinds of bracket, since the negative class has words of the language
    [positive, negative].map(|name| name.split(['(', '（']).next().unwrap_or_default().trim_end().to_owned())
}

fn session_names(outputs: &Outputs) -> [String; 2] {
    ["baseline", "followup"]
        .map(|which| outputs.parameter(&["sessions", which]).and_then(|name| name.as_str()).unwrap_or(which).to_owned())
}

/// `Mann-Whitney P = 0.012, Holm 0.024`.
fn test_note(compare: &CompareResults, variable: &str, lang: Lang) -> String {
    let is_group_test = |name: &str| matches!(name, "mann-whitney" | "welch-t");
    let test = compare.tests.iter().find(|test| test.variable == variable && is_group_test(&test.test));
    let Some((test, p)) = test.and_then(|test| Some((test, test.p?))) else { return String::new() };
    let equal = |p: f64| match show_p(p) {
        text if text.starts_with('<') => text.replacen('<', "< ", 1),
        text => format!("= {text}"),
    };
    let adjusted = test.p_adjusted.map_or(String::new(), |p| lang.fill(", Holm-adjusted {p}", &[("p", &equal(p))]));
    format!("{} P {}{adjusted}", test_name(&test.test, lang), equal(p))
}

/// Odds ratios of all models that could be estimated.
fn forest(outputs: &Outputs, lang: Lang, drawn: Lang) -> Option<Figure> {
    let fit = outputs.fit.as_ref()?;
    let mut rows = Vec::new();
    for model in &fit.models {
        for term in model.terms.iter().filter(|term| term.name != "(intercept)") {
            let interval = term.ci_low.zip(term.ci_high).map(|(low, high)| [low.exp(), high.exp()]);
            let kind = model_name(model, drawn).split(" (").next().unwrap_or_default().to_owned();
            rows.push(ForestRow {
                term: term.name.clone(),
                model: kind,
                odds_ratio: term.odds_ratio,
                interval,
                p: term.p,
            });
        }
    }
    let drawing = forest_figure(&rows, drawn.say("Logistic models"), drawn).ok()?;
    let caption = if rows.iter().any(|row| row.interval.is_some()) {
        lang.say("Odds ratios with 95 % profile intervals, per unit of each term unless an increment is stated.")
    } else {
        lang.say("Odds ratios without intervals, per unit of each term unless an increment is stated.")
    };
    let caption = caption.to_owned();
    Some(Figure { section: Section::Models, name: "forest_models".to_owned(), caption, drawing })
}

/// A column name as part of a file name.
pub(super) fn file_name(column: &str) -> String {
    // letters of every script: two names in Japanese must not become one
    column.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect()
}

/// The SVG of a figure for a page: without fixed size, so that the page decides.
pub fn inline_svg(figure: &Figure) -> std::result::Result<String, ReportError> {
    svg_for_page(&figure.drawing, &figure.caption)
}

/// The SVG of a drawing for a page, with words for who cannot see it.
pub fn svg_for_page(drawing: &Drawing, words: &str) -> std::result::Result<String, ReportError> {
    let svg = drawing.svg()?;
    let (width, height) = drawing.size();
    Ok(svg.replacen(
        &format!("width=\"{width}\" height=\"{height}\""),
        &format!("role=\"img\" aria-label=\"{}\"", escape(words)),
        1,
    ))
}
