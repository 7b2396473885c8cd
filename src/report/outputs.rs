//! What a report is made of: the files of an output folder, as far as they are there.
//!
//! Reads `tables/*.csv`, `results/*.json`, `maps/*/*/histograms.csv`, `qc/*.png`, `manifest.json` and `dataset_description.json` and nothing else. A
//! file that is missing is a gap that the report names; a file that cannot be read is an error.

use super::ReportError;
use super::histograms::{self, Histograms};
use crate::cohort::Table;
use crate::cohort::results::{
    AgreementResults, Change, CompareResults, DropoutResults, FitResults, PatientFlow, ResponseRow, RocResults,
    ValidateResults,
};
use crate::error::Result;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The contents of an output folder.
#[derive(Debug, Default)]
pub struct Outputs {
    /// `manifest.json`: version, parameters, inputs.
    pub manifest: serde_json::Value,
    /// `dataset_description.json`: what study this is.
    pub description: serde_json::Value,
    /// `results/flow.json`.
    pub flow: Option<PatientFlow>,
    /// `results/compare.json`.
    pub compare: Option<CompareResults>,
    /// `results/fit.json`.
    pub fit: Option<FitResults>,
    /// `results/roc.json`.
    pub roc: Option<RocResults>,
    /// `results/validate.json`.
    pub validate: Option<ValidateResults>,
    /// `results/dropout.json`, and the table that it was computed from, `tables/water_dominant.csv`.
    pub dropout: Option<(DropoutResults, Table)>,
    /// `results/NAME_agreement.json`, by name.
    pub agreements: BTreeMap<String, AgreementResults>,
    /// `tables/changes.csv`.
    pub changes: Vec<Change>,
    /// `tables/response.csv`.
    pub responses: Vec<ResponseRow>,
    /// `tables/long.csv`.
    pub long: Option<Table>,
    /// `tables/wide.csv`.
    pub wide: Option<Table>,
    /// `maps/sub-X/ses-Y/histograms.csv`: how ADC is distributed.
    pub histograms: Histograms,
    /// Quality-control pictures, by name without extension.
    pub pictures: BTreeMap<String, PathBuf>,
    /// The same with their words in the language of the report, where that is another one and their files keep them.
    pub pictures_retold: BTreeMap<String, PathBuf>,
    /// Slice viewers of the patients, by subject, as paths relative to the folder.
    pub viewers: BTreeMap<String, String>,
    /// Pages of the user's NiiVue, in the same way.
    pub niivue: BTreeMap<String, String>,
    /// What is not there, as paths relative to the folder.
    pub gaps: Vec<&'static str>,
}

impl Outputs {
    /// Reads an output folder.
    ///
    /// # Errors
    /// [`ReportError::NoResults`] where there is nothing at all, [`ReportError::Unreadable`] for a broken file.
    pub fn read(out: &Path) -> Result<Outputs> {
        let mut gaps = Vec::new();
        let outputs = Outputs {
            manifest: json(out, "manifest.json", &mut gaps)?.unwrap_or_default(),
            description: json(out, "dataset_description.json", &mut Vec::new())?.unwrap_or_default(),
            flow: json(out, "results/flow.json", &mut gaps)?,
            compare: json(out, "results/compare.json", &mut gaps)?,
            fit: json(out, "results/fit.json", &mut gaps)?,
            roc: json(out, "results/roc.json", &mut gaps)?,
            validate: json(out, "results/validate.json", &mut gaps)?,
            dropout: dropout(out)?,
            agreements: agreements(out)?,
            changes: table(out, "tables/changes.csv", &mut gaps)?.map_or(Ok(Vec::new()), |t| changes(&t))?,
            responses: table(out, "tables/response.csv", &mut gaps)?.map_or(Ok(Vec::new()), |t| responses(&t))?,
            long: table(out, "tables/long.csv", &mut gaps)?,
            wide: table(out, "tables/wide.csv", &mut gaps)?,
            histograms: histograms::read(out)?,
            pictures: pictures(&out.join("qc")),
            pictures_retold: BTreeMap::new(),
            viewers: BTreeMap::new(),
            niivue: BTreeMap::new(),
            gaps: Vec::new(),
        };
        // nine files and the pictures are looked for; none of them is no output of ours
        if gaps.len() == 10 && outputs.pictures.is_empty() {
            return Err(ReportError::NoResults { path: out.to_owned() }.into());
        }
        Ok(Outputs { gaps, ..outputs })
    }

    /// Which subjects are in the positive class (`true`) and in the negative one, as the analysis made the classes.
    pub fn classes(&self) -> BTreeMap<String, bool> {
        let Some(outcome) = self.compare.as_ref().and_then(|results| results.outcome.as_ref()) else {
            return BTreeMap::new();
        };
        let by_response = || {
            let visit = self.parameter(&["endpoint", "session"]).and_then(|session| session.as_str());
            let label = |row: &ResponseRow| Some((row.subject.clone(), row.label? == 1));
            let assessed = self.responses.iter().filter(|row| visit.is_none_or(|visit| row.session == visit));
            assessed.filter_map(label).collect()
        };
        let Some(wide) = &self.wide else { return by_response() };
        let named = |column: &&String| {
            column.as_str() == outcome.column || column.starts_with(&format!("{}__", outcome.column))
        };
        let columns = wide.columns();
        let Some(column) = columns.iter().find(named) else { return by_response() };
        let (Ok(subjects), Ok(values)) = (wide.labels("subject"), wide.text(column)) else { return by_response() };
        let class = |(subject, value): (String, Option<String>)| {
            let value = value.filter(|_| !outcome.missing.contains(&subject))?;
            Some((subject, outcome.positive.contains(&value)))
        };
        subjects.into_iter().zip(values).filter_map(class).collect()
    }

    /// Name of the study.
    pub fn study_name(&self) -> Option<&str> {
        self.description.get("Name").and_then(|name| name.as_str())
    }

    /// Whether the study says of itself that its data are simulated.
    pub fn is_simulated(&self) -> bool {
        self.description.to_string().to_lowercase().contains("simulate")
    }

    /// A setting of the study, e.g. `["tdv", "rule"]`.
    pub fn parameter(&self, path: &[&str]) -> Option<&serde_json::Value> {
        path.iter().try_fold(self.manifest.get("parameters")?, |value, key| value.get(key))
    }
}

/// Both files or nothing: a coefficient without its patients cannot be drawn.
fn dropout(out: &Path) -> Result<Option<(DropoutResults, Table)>> {
    let none = &mut Vec::new();
    Ok(json(out, "results/dropout.json", none)?.zip(table(out, "tables/water_dominant.csv", none)?))
}

/// What `myelomri agreement -o OUT/results/NAME` left.
fn agreements(out: &Path) -> Result<BTreeMap<String, AgreementResults>> {
    let Ok(entries) = std::fs::read_dir(out.join("results")) else { return Ok(BTreeMap::new()) };
    let mut found = BTreeMap::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let name =
            path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix("_agreement.json"));
        if let Some(name) = name {
            found.insert(name.to_owned(), parsed(&path)?);
        }
    }
    Ok(found)
}

fn json<T: DeserializeOwned>(out: &Path, name: &'static str, gaps: &mut Vec<&'static str>) -> Result<Option<T>> {
    let path = out.join(name);
    if !path.is_file() {
        gaps.push(name);
        return Ok(None);
    }
    Ok(Some(parsed(&path)?))
}

fn parsed<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let unreadable = |reason: String| ReportError::Unreadable { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    Ok(serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?)
}

fn table(out: &Path, name: &'static str, gaps: &mut Vec<&'static str>) -> Result<Option<Table>> {
    let path = out.join(name);
    if !path.is_file() {
        gaps.push(name);
        return Ok(None);
    }
    Ok(Some(Table::read(&path)?))
}

fn changes(table: &Table) -> Result<Vec<Change>> {
    let (subjects, columns) = (table.labels("subject")?, table.text("column")?);
    let [baseline, followup] = [table.numbers("baseline")?, table.numbers("followup")?];
    let [abs, pct, log] = [table.numbers("abs")?, table.numbers("pct")?, table.numbers("log")?];
    let sym = table.numbers("sym")?;
    let flags = table.text("flags")?;
    Ok((0..table.n_rows())
        .map(|n| Change {
            subject: subjects[n].clone(),
            column: columns[n].clone().unwrap_or_default(),
            baseline: baseline[n],
            followup: followup[n],
            abs: abs[n],
            pct: pct[n],
            log: log[n],
            sym: sym[n],
            flags: list(flags[n].as_deref()),
        })
        .collect())
}

fn responses(table: &Table) -> Result<Vec<ResponseRow>> {
    let (subjects, sessions) = (table.labels("subject")?, table.labels("session")?);
    let [category, range, reasons] = [table.text("category")?, table.text("range")?, table.text("reasons")?];
    let [physician, confirmed] = [table.text("physician")?, table.text("confirmed")?];
    let [label, iss, r_iss] = [table.numbers("label")?, table.numbers("iss")?, table.numbers("r_iss")?];
    let small = |value: Option<f64>| value.map(|v| v as u8);
    Ok((0..table.n_rows())
        .map(|n| ResponseRow {
            subject: subjects[n].clone(),
            session: sessions[n].clone(),
            category: category[n].clone(),
            range: range[n].clone().unwrap_or_default(),
            physician: physician[n].clone(),
            label: small(label[n]),
            confirmed: confirmed[n].as_deref().map(|text| text == "confirmed"),
            reasons: list(reasons[n].as_deref()),
            iss: small(iss[n]),
            r_iss: small(r_iss[n]),
        })
        .collect())
}

/// The entries of a cell that holds several, joined by `;`.
pub fn list(cell: Option<&str>) -> Vec<String> {
    cell.unwrap_or_default().split(';').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

fn pictures(folder: &Path) -> BTreeMap<String, PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "png"))
        .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), path)))
        .collect()
}
