//! `report.html`: one file with everything in it, made from an output folder and nothing else.
//!
//! Partial results give a report of what there is; gaps are named. All text from tables is escaped by the template.

use super::figures::{self, Figure, Section};
use super::notices::Notice;
use super::outputs::Outputs;
use super::patient::{Patient, PatientSettings, Values, patients};
use super::tables::ReportTable;
use super::{
    Lang, ReportError, bibtex, burden, checklist, commands, docs, font, gallery, labels, methods, notices, style,
    tables, viewer,
};
use crate::cohort::results::Family;
use crate::error::{Result, Warning};
use crate::image::{Overwrite, write_text_atomically};
use minijinja::value::Serde;
use minijinja::{Environment, Value};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Name of the report in an output folder.
pub const FILE_NAME: &str = "report.html";
/// The references beside it.
const BIBTEX_NAME: &str = "references.bib";
const TEMPLATE: &str = include_str!("template.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Everything that the template speaks of.
#[derive(Serialize)]
struct Page<'a> {
    lang: &'static str,
    style: &'static str,
    script: &'static str,
    title: &'a str,
    simulated: bool,
    version: Option<&'a str>,
    gaps: &'a [&'static str],
    flow: Option<ReportTable>,
    reasons: Option<ReportTable>,
    notices: Vec<Notice>,
    session_flags: Option<ReportTable>,
    table_one: Option<ReportTable>,
    declared_tests: Option<ReportTable>,
    exploratory_tests: Option<ReportTable>,
    change_figures: Vec<ShownFigure>,
    models: Option<ReportTable>,
    model_figures: Vec<ShownFigure>,
    curves: Option<ReportTable>,
    comparisons: Option<ReportTable>,
    roc_figures: Vec<ShownFigure>,
    validation: Option<ReportTable>,
    validation_figures: Vec<ShownFigure>,
    dropout: Option<ReportTable>,
    dropout_figures: Vec<ShownFigure>,
    agreement: Option<ReportTable>,
    agreement_figures: Vec<ShownFigure>,
    checklists: Vec<checklist::Checklist>,
    methods: Vec<String>,
    references: Vec<String>,
    bibtex: String,
    biomarkers: Vec<(&'static str, String)>,
    commands: Vec<String>,
    /// Commands of each figure, by its file without ending.
    figure_commands: Vec<(String, Vec<String>)>,
    patients: Vec<Patient>,
    /// Addresses of the slice viewers, by subject.
    viewers: BTreeMap<String, String>,
    niivue: BTreeMap<String, String>,
    patient_columns: Vec<String>,
    /// Subjects with a picture.
    pictured: BTreeSet<String>,
    sessions: Vec<Session>,
}

/// A figure as the template needs it.
#[derive(Debug, Serialize)]
struct ShownFigure {
    caption: String,
    svg: String,
    file: String,
    is_wide: bool,
    commands: Vec<String>,
}

/// One picture: of a session, or of both visits of a subject.
#[derive(Debug, Serialize)]
struct Session {
    name: String,
    subject: String,
    /// Where a link to it leads.
    anchor: String,
    is_session: bool,
    flags: Vec<String>,
    picture: String,
    /// Whether its words stayed English, because its file does not keep them.
    is_in_english: bool,
    file: String,
}

/// Draws all figures of an output folder into `OUT/figures` and writes `OUT/report.html`; gives the path of the report and
/// what must be known of how it was made.
///
/// # Errors
/// Where the folder holds no results, a result file is broken, or a file cannot be written or exists.
pub fn write_report(
    out: &Path,
    settings: &PatientSettings,
    lang: Lang,
    overwrite: Overwrite,
) -> Result<(PathBuf, Vec<Warning>)> {
    let path = out.join(FILE_NAME);
    crate::image::check_absent([&path], overwrite)?;
    let mut outputs = Outputs::read(out)?;
    let viewers = viewer::write_viewers(out, &outputs, settings.niivue.as_ref(), lang)?;
    (outputs.viewers, outputs.niivue) = (viewers.plain, viewers.niivue);
    let (drawn, of_font) = font::language_of_figures(lang);
    outputs.pictures_retold = gallery::write_in(out, &outputs.pictures, drawn)?;
    let figures = figures::figures(&outputs, lang);
    figures::save(&figures, &out.join("figures"))?;
    let references = references(&outputs, lang);
    if !references.is_empty() {
        write_text_atomically(&out.join(BIBTEX_NAME), &bibtex::bibtex(&references), Overwrite::Force)?;
    }
    write_text_atomically(&path, &render(&outputs, &figures, settings, lang)?, overwrite)?;
    Ok((path, of_font.into_iter().collect()))
}

/// The report as HTML text.
///
/// # Errors
/// Where a figure cannot be drawn or a picture cannot be read.
pub fn render(outputs: &Outputs, figures: &[Figure], settings: &PatientSettings, lang: Lang) -> Result<String> {
    let of_section = |section: Section| -> std::result::Result<Vec<ShownFigure>, ReportError> {
        let shown = |figure: &Figure| {
            let file = format!("figures/{}", figure.name);
            let commands = commands::of_figure(outputs, &figure.name);
            let is_wide = figure.drawing.size().0 > style::COLUMN;
            Ok(ShownFigure {
                caption: figure.caption.clone(),
                svg: figures::inline_svg(figure)?,
                file,
                is_wide,
                commands,
            })
        };
        figures.iter().filter(|figure| figure.section == section).map(shown).collect()
    };
    let methods = methods::methods(outputs, lang);
    let references = references(outputs, lang);
    let measured = methods::measured(outputs);
    let biomarkers: Vec<(&'static str, String)> = docs::BIOMARKERS
        .iter()
        .filter(|(name, _)| measured.contains(*name))
        .filter_map(|(name, _)| docs::text(name, lang))
        .map(|text| (docs::title(text), docs::html(text)))
        .collect();
    let compare = outputs.compare.as_ref();
    let declared = [Family::Primary, Family::Secondary];
    let flags = notices::flags_by_session(outputs);
    let sessions = sessions(outputs, &flags, lang)?;
    let page = Page {
        lang: lang.code(),
        style: STYLE,
        script: SCRIPT,
        title: outputs.study_name().unwrap_or(lang.say("Study of multiple myeloma by MRI")),
        simulated: outputs.is_simulated(),
        version: outputs.manifest.get("version").and_then(|v| v.as_str()),
        gaps: &outputs.gaps,
        flow: outputs.flow.as_ref().map(|r| tables::flow(r, lang)),
        reasons: outputs.flow.as_ref().map(|r| tables::flow_reasons(r, lang)).filter(has_rows),
        notices: notices::notices(outputs, lang),
        session_flags: notices::session_flags(outputs, &flags, lang),
        table_one: compare.filter(|c| !c.table_one.is_empty()).map(|r| tables::table_one(r, lang)),
        declared_tests: compare
            .map(|c| tables::tests(c, &declared, lang.say("Declared comparisons"), lang))
            .filter(has_rows),
        exploratory_tests: compare
            .map(|c| tables::tests(c, &[Family::Exploratory], lang.say("Exploratory comparisons"), lang))
            .filter(has_rows),
        change_figures: of_section(Section::Changes)?,
        models: outputs.fit.as_ref().map(|r| tables::models(r, lang)).filter(has_rows),
        model_figures: of_section(Section::Models)?,
        curves: outputs.roc.as_ref().map(|r| tables::curves(r, lang)).filter(has_rows),
        comparisons: outputs.roc.as_ref().map(|r| tables::comparisons(r, lang)).filter(has_rows),
        roc_figures: of_section(Section::Roc)?,
        validation: outputs.validate.as_ref().map(|r| tables::validation(r, lang)).filter(has_rows),
        validation_figures: of_section(Section::Validation)?,
        dropout: burden::dropout_table(outputs, lang),
        dropout_figures: of_section(Section::Dropout)?,
        agreement: burden::agreement_table(outputs, lang),
        agreement_figures: of_section(Section::Agreement)?,
        checklists: checklist::checklists(outputs, lang),
        methods: methods.paragraphs,
        bibtex: bibtex::bibtex(&references),
        references,
        biomarkers,
        commands: commands::commands(outputs),
        figure_commands: figures
            .iter()
            .map(|figure| (format!("figures/{}", figure.name), commands::of_figure(outputs, &figure.name)))
            .collect(),
        patients: patients(outputs, &flags, settings, lang)?,
        viewers: addresses(&outputs.viewers),
        niivue: addresses(&outputs.niivue),
        patient_columns: Values::of(outputs).imaging().iter().map(|stem| labels::column(stem, lang)).collect(),
        pictured: sessions.iter().map(|session| session.subject.clone()).collect(),
        sessions,
    };
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    environment.add_filter("t", move |english: &str| lang.word(english));
    environment.add_test("numeric", is_numeric);
    let refuse = |error: minijinja::Error| ReportError::Draw { reason: format!("{error:#}") };
    environment.add_template("report.html", TEMPLATE).map_err(refuse)?;
    Ok(environment
        .get_template("report.html")
        .and_then(|template| template.render(Value::from(Serde(&page))))
        .map_err(refuse)?)
}

/// Whether a cell starts with a number and is short enough to stand on one line.
fn is_numeric(cell: &str) -> bool {
    let start = cell.trim_start_matches(['−', '-', '+', '<', '>', '≥', '≤', ' ', '–']);
    (start.is_empty() || start.starts_with(|letter: char| letter.is_ascii_digit())) && cell.chars().count() <= 28
}

/// What is cited, each source once, whatever cites it.
fn references(outputs: &Outputs, lang: Lang) -> Vec<String> {
    let of_checklists = checklist::references(outputs).into_iter().map(str::to_owned);
    let mut references: Vec<String> = Vec::new();
    for reference in methods::methods(outputs, lang).references.into_iter().chain(of_checklists) {
        let is_known = |known: &String| *known == reference || bibtex::doi(known) == bibtex::doi(&reference);
        if !references.iter().any(is_known) {
            references.push(reference);
        }
    }
    references
}

fn has_rows(table: &ReportTable) -> bool {
    !table.rows.is_empty()
}

/// `001` of `sub-001_ses-baseline` and of `sub-001`.
fn subject_of(picture: &str) -> &str {
    let name = picture.strip_prefix("sub-").unwrap_or(picture);
    name.split_once("_ses-").map_or(name, |(subject, _)| subject)
}

/// A path as the address of a link: what means something else there (a space, `#`, `?`, `%`) is written by its code.
fn address(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for letter in path.chars() {
        match letter {
            ' ' | '#' | '?' | '%' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' | '[' | ']' | ':' => {
                out += &format!("%{:02X}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out
}

fn addresses(files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    files.iter().map(|(subject, path)| (subject.clone(), address(path))).collect()
}

fn sessions(outputs: &Outputs, flags: &BTreeMap<String, BTreeSet<String>>, lang: Lang) -> Result<Vec<Session>> {
    let retold = &outputs.pictures_retold;
    let mut pictures = outputs.pictures.clone();
    pictures.extend(retold.clone());
    let drawn = font::language_of_figures(lang).0;
    let session = |(name, picture): (String, String)| Session {
        flags: flags.get(&name).map_or(Vec::new(), |flags| flags.iter().map(|flag| lang.flag(flag)).collect()),
        file: address(&match retold.contains_key(&name) {
            true => format!("{}/{name}.png", gallery::folder_of(drawn)),
            false => format!("qc/{name}.png"),
        }),
        is_in_english: drawn != Lang::En && !retold.contains_key(&name),
        anchor: address(&name),
        subject: subject_of(&name).to_owned(),
        is_session: name.contains("_ses-"),
        name,
        picture,
    };
    Ok(gallery::data_addresses(&pictures)?.into_iter().map(session).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::{CompareResults, FlowEntry, Outcome, PatientFlow, TableOneRow};

    fn compare() -> CompareResults {
        let row = |variable: &str| TableOneRow {
            variable: variable.to_owned(),
            summary: "median [Q1, Q3]".to_owned(),
            n: [15, 35],
            positive: "12 [8, 20]".to_owned(),
            negative: "9 [4, 15]".to_owned(),
            p: Some(0.03),
            test: "mann-whitney".to_owned(),
        };
        let outcome = Outcome {
            column: "best_response".to_owned(),
            positive: vec!["CR".to_owned(), "VGPR".to_owned()],
            n_positive: 15,
            n_negative: 35,
            missing: Vec::new(),
        };
        CompareResults {
            outcome: Some(outcome),
            table_one: vec![row("age"), row("<script>alert(1)</script>")],
            warnings: vec![Warning::new("low-epv", "7.5 events per variable & <b>two</b> terms")],
            ..CompareResults::default()
        }
    }

    #[test]
    fn text_from_tables_stays_text() {
        let reason = FlowEntry { subject: "<img src=x>".to_owned(), session: String::new(), reason: "lost".to_owned() };
        let flow = PatientFlow { n_subjects: 50, not_analysed: vec![reason], ..PatientFlow::default() };
        let outputs = Outputs { compare: Some(compare()), flow: Some(flow), ..Outputs::default() };
        let html = render(&outputs, &[], &PatientSettings::default(), Lang::En).unwrap();
        assert!(html.contains("&lt;script&gt;"));
        for forbidden in ["<script>alert", "<img src=x", "<b>two", "http://", "https://"] {
            assert!(!html.contains(forbidden), "{forbidden} in the report");
        }
    }

    #[test]
    fn a_link_leads_to_its_file_whatever_the_subject_is_called() {
        assert_eq!(address("viewer/sub-a b#1%41?.html"), "viewer/sub-a%20b%231%2541%3F.html");
        assert_eq!(address("qc/sub-山田_ses-b.png"), "qc/sub-山田_ses-b.png");
    }

    #[test]
    fn gaps_are_named_and_only_simulated_data_are_called_so() {
        let outputs = Outputs { compare: Some(compare()), gaps: vec!["results/roc.json"], ..Outputs::default() };
        let html = render(&outputs, &[], &PatientSettings::default(), Lang::En).unwrap();
        assert!(html.contains("Not in this report: ROC curves") && html.contains("results&#x2f;roc.json"));
        assert!(!html.contains("simulated"));
        let description = serde_json::json!({"Name": "Simulated study"});
        let html = render(&Outputs { description, ..outputs }, &[], &PatientSettings::default(), Lang::En).unwrap();
        assert!(html.contains("These data are simulated"));
    }

    #[test]
    fn a_folder_without_results_is_refused_and_a_broken_file_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write_report(folder.path(), &PatientSettings::default(), Lang::En, Overwrite::Refuse).is_err());
        std::fs::create_dir(folder.path().join("results")).unwrap();
        std::fs::write(folder.path().join("results/compare.json"), serde_json::to_string(&compare()).unwrap()).unwrap();
        let (path, warnings) =
            write_report(folder.path(), &PatientSettings::default(), Lang::En, Overwrite::Refuse).unwrap();
        assert!(warnings.is_empty());
        let first = std::fs::read(&path).unwrap();
        assert!(write_report(folder.path(), &PatientSettings::default(), Lang::En, Overwrite::Refuse).is_err());
        write_report(folder.path(), &PatientSettings::default(), Lang::En, Overwrite::Force).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), first);
        std::fs::write(folder.path().join("results/roc.json"), "{").unwrap();
        let error = write_report(folder.path(), &PatientSettings::default(), Lang::En, Overwrite::Force).unwrap_err();
        assert!(error.to_string().contains("roc.json"), "{error}");
    }
}
