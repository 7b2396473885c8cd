//! The page of one patient: fat fraction along the spine, everything over the visits, the change against the error of
//! measurement, response with reasons, pictures, warnings.

mod distributions;
mod figures;
mod normative;
mod tables;
mod values;

pub use normative::Normative;
pub use values::Values;

use super::outputs::Outputs;
use super::tables::{MISSING, ReportTable, flow_parts, optional};
use super::viewer::NiiVue;
use super::{Lang, ReportError, font, labels};
use crate::cohort::change::of_pair;
use crate::cohort::measurement_error::{Limit, Limits};
use crate::cohort::results::Change;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the page of a patient needs beside the results.
#[derive(Debug, Clone, Default)]
pub struct PatientSettings {
    /// Limits of repeatability.
    pub limits: Limits,
    /// Normal values, where the user gave some.
    pub normative: Option<Normative>,
    /// The viewer library that the user has, for a second viewer of each patient.
    pub niivue: Option<NiiVue>,
}

/// A figure of one patient.
#[derive(Debug, Clone, Serialize)]
pub struct PatientFigure {
    caption: String,
    svg: String,
    is_wide: bool,
}

/// One patient as the template needs it.
#[derive(Debug, Clone, Serialize)]
pub struct Patient {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Where a link leads.
    anchor: String,
    facts: Vec<String>,
    class: String,
    response: String,
    key_changes: Vec<String>,
    responses: Option<ReportTable>,
    changes: Option<ReportTable>,
    figures: Vec<PatientFigure>,
    warnings: Vec<String>,
}

/// Laboratory columns of a patient's course, in this order.
const LABORATORY: [&str; 11] = [
    "m_protein_serum_g_dl",
    "m_protein_urine_mg_24h",
    "flc_kappa_mg_l",
    "flc_lambda_mg_l",
    "b2m_mg_l",
    "albumin_g_dl",
    "ldh_u_l",
    "hb_g_dl",
    "creatinine_mg_dl",
    "calcium_mg_dl",
    "marrow_plasma_pct",
];

/// Pages of all patients that anything is known of.
///
/// # Errors
/// [`ReportError::Draw`] where a figure cannot be drawn.
pub fn patients(
    outputs: &Outputs,
    flags: &BTreeMap<String, BTreeSet<String>>,
    settings: &PatientSettings,
    lang: Lang,
) -> Result<Vec<Patient>, ReportError> {
    let values = Values::of(outputs);
    let subjects = subjects(outputs, &values);
    let page = |(n, subject): (usize, &String)| {
        let drawn = font::language_of_figures(lang).0;
        let maker = Maker { drawn, outputs, values: &values, flags, settings, lang, subject };
        maker.page(format!("patient-{}", n + 1))
    };
    subjects.par_iter().enumerate().map(page).collect()
}

/// Everybody who stands in a table, a picture, a viewer or the patient flow.
fn subjects(outputs: &Outputs, values: &Values) -> Vec<String> {
    let mut subjects: BTreeSet<String> = values.subjects().map(str::to_owned).collect();
    subjects.extend(outputs.responses.iter().map(|row| row.subject.clone()));
    if let Some(flow) = &outputs.flow {
        let entries = flow.not_analysed.iter().chain(&flow.failed_sessions);
        subjects.extend(entries.map(|entry| entry.subject.clone()));
    }
    let of_picture = |name: &String| {
        let subject = name.strip_prefix("sub-")?.split("_ses-").next()?;
        Some(subject.to_owned())
    };
    subjects.extend(outputs.pictures.keys().filter_map(of_picture));
    // maps alone are something to look at
    subjects.extend(outputs.viewers.keys().cloned());
    subjects.into_iter().collect()
}

struct Maker<'a> {
    outputs: &'a Outputs,
    values: &'a Values,
    flags: &'a BTreeMap<String, BTreeSet<String>>,
    settings: &'a PatientSettings,
    lang: Lang,
    /// The language of the figures.
    drawn: Lang,
    subject: &'a str,
}

impl Maker<'_> {
    fn page(&self, anchor: String) -> Result<Patient, ReportError> {
        let mut figures = Vec::new();
        for measure in ["pdff", "sff"] {
            figures.extend(self.profile(measure)?);
        }
        figures.extend(self.histograms()?);
        figures.extend(self.sparklines()?);
        figures.extend(self.courses()?);
        let changes: Vec<(Change, Option<&Limit>)> = self.changes();
        let outcome = self.outputs.compare.as_ref().and_then(|results| results.outcome.as_ref());
        // as the groups are called everywhere: a partial response is a response, and still no deep one
        let class = match (self.outputs.classes().get(self.subject), outcome) {
            (Some(true), Some(outcome)) => outcome.positive.join("/"),
            (Some(false), Some(_)) => self.lang.say("others").to_owned(),
            _ => MISSING.to_owned(),
        };
        Ok(Patient {
            subject: self.subject.to_owned(),
            anchor,
            facts: self.facts(),
            class,
            response: self.response(),
            key_changes: self.key_columns().iter().map(|column| self.key_change(column, &changes)).collect(),
            responses: self.responses(),
            changes: self.change_table(&changes),
            figures,
            warnings: self.warnings(&changes),
        })
    }

    fn value(&self, column: &str) -> Option<f64> {
        self.values.number(self.subject, column)
    }

    /// Age, sex, isotype, stage.
    fn facts(&self) -> Vec<String> {
        let [baseline, _] = self.values.visits_of_change();
        let number = |column: &str| self.value(&format!("{column}__{baseline}"));
        let text = |column: &str| self.values.text(self.subject, &format!("{column}__{baseline}"));
        let mut facts = Vec::new();
        if let Some(age) = number("age_years").or_else(|| number("age")) {
            facts.push(self.lang.fill("{n} years old", &[("n", &age.to_string())]));
        }
        for column in ["sex", "isotype", "fish_high_risk", "regimen"] {
            facts.extend(text(column).map(|value| format!("{} {value}", labels::parts(column, self.lang).0)));
        }
        facts
    }

    /// Stems of the imaging columns and of the laboratory columns that have values, in this order.
    fn stems(&self) -> Vec<String> {
        let mut stems = self.values.imaging();
        stems.extend(LABORATORY.iter().filter(|stem| self.values.has(stem)).map(|stem| (*stem).to_owned()));
        stems
    }

    /// Columns of the index table.
    fn key_columns(&self) -> Vec<String> {
        self.values.imaging()
    }

    fn key_change(&self, column: &str, changes: &[(Change, Option<&Limit>)]) -> String {
        let change = changes.iter().find(|(change, _)| change.column == column).map(|(change, _)| change);
        match change {
            Some(change) => format!("{} → {}", optional(change.baseline), optional(change.followup)),
            None => MISSING.to_owned(),
        }
    }

    fn changes(&self) -> Vec<(Change, Option<&Limit>)> {
        let [baseline, followup] = self.values.visits_of_change();
        let change = |stem: String| {
            let before = self.value(&format!("{stem}__{baseline}"));
            let after = self.value(&format!("{stem}__{followup}"));
            let change = of_pair(self.subject, &stem, before, after);
            (before.is_some() || after.is_some()).then(|| {
                let limit = self.settings.limits.of(&stem);
                (change, limit)
            })
        };
        self.stems().into_iter().filter_map(change).collect()
    }

    /// Response at the endpoint as the analysis took it, else as computed there, else the last one known.
    fn response(&self) -> String {
        let outcome = self.outputs.compare.as_ref().and_then(|results| results.outcome.as_ref());
        let is_read = self.outputs.parameter(&["endpoint", "from"]).and_then(|from| from.as_str()) == Some("column");
        if let Some(value) = outcome.filter(|_| is_read).and_then(|o| self.values.text(self.subject, &o.column)) {
            return value.to_owned();
        }
        let endpoint = self.outputs.parameter(&["endpoint", "session"]).and_then(|session| session.as_str());
        let own = || self.outputs.responses.iter().filter(|row| row.subject == self.subject);
        let row = own().find(|row| Some(row.session.as_str()) == endpoint).or_else(|| own().next_back());
        row.map_or(MISSING.to_owned(), |row| row.category.clone().unwrap_or_else(|| row.range.clone()))
    }

    fn warnings(&self, changes: &[(Change, Option<&Limit>)]) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(flow) = &self.outputs.flow {
            for (what, kind, entries) in flow_parts(flow, self.lang) {
                let own = entries.iter().filter(|entry| entry.subject == self.subject);
                warnings.extend(own.map(|entry| {
                    let session =
                        if entry.session.is_empty() { String::new() } else { format!(" ({})", entry.session) };
                    format!("{what}{session}: {}", self.lang.reason(kind, &entry.reason))
                }));
            }
        }
        for (session, flags) in self.flags {
            if session.strip_prefix("sub-").and_then(|name| name.split("_ses-").next()) == Some(self.subject) {
                let visit = session.rsplit("_ses-").next().unwrap_or_default();
                warnings.extend(flags.iter().map(|flag| format!("{visit}: {}", self.lang.flag(flag))));
            }
        }
        for (change, _) in changes {
            for flag in change.flags.iter().filter(|flag| !flag.starts_with("missing")) {
                let name = labels::parts(&change.column, self.lang).0;
                warnings.push(format!("{name}: {}", self.lang.flag(flag)));
            }
        }
        warnings
    }
}

#[cfg(test)]
mod tests;
