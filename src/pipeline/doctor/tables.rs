//! The clinical table and the plan against the images: what `run` would refuse, and what it would miss.

use super::report::{DoctorReport, Finding};
use crate::cohort::{Marker, Table};
use crate::measure::{BIOMARKERS, SessionInputs};
use crate::pipeline::run::check_tables;
use crate::study::StudyConfig;
use std::collections::BTreeSet;
use std::path::Path;

/// Adds what there is to say about settings, clinical table and plan.
pub(super) fn check(study: &Path, config: Option<&StudyConfig>, sessions: &[SessionInputs], report: &mut DoctorReport) {
    let clinical = super::clinical(study, report);
    let Some(config) = config else { return };
    if clinical.is_none() && !report.findings.iter().any(|finding| finding.slug == "unreadable-table") {
        let fix = "add clinical.csv (or .tsv, .xlsx): one row a subject and session; `myelomri clinical` makes it of a REDCap \
                   export"
            .to_owned();
        let message = "there is no clinical table: no outcome, no models, no ROC curves";
        report.findings.push(Finding::warning("no-clinical-table", message, Some(fix)));
    }
    report.keep(check_tables(clinical.as_ref(), config), study);
    visits(config, sessions, report);
    if let Some(clinical) = &clinical {
        subjects(clinical, sessions, report);
    }
    plan(config, clinical.as_ref(), report);
}

/// Sessions that settings name and the images lack; subjects with one visit.
fn visits(config: &StudyConfig, sessions: &[SessionInputs], report: &mut DoctorReport) {
    let visits = [&config.sessions.baseline, &config.sessions.followup];
    let of = |visit: &str| -> BTreeSet<&str> {
        sessions.iter().filter(|inputs| inputs.session == visit).map(|inputs| inputs.subject.as_str()).collect()
    };
    let known: BTreeSet<&str> = sessions.iter().map(|inputs| inputs.session.as_str()).collect();
    for visit in visits.iter().filter(|visit| !known.contains(visit.as_str())) {
        let message = format!("no image is of the session `{visit}` that study.toml names");
        let fix = format!("set [sessions] to two of: {}", known.iter().copied().collect::<Vec<_>>().join(", "));
        report.findings.push(Finding::warning("no-such-session", message, Some(fix)));
    }
    let [before, after] = [of(visits[0]), of(visits[1])];
    let lone: Vec<&str> = before.symmetric_difference(&after).copied().collect();
    if !lone.is_empty() && !before.is_empty() && !after.is_empty() {
        let message = format!("no change without both visits: {}", listed(&lone));
        report.findings.push(Finding::warning("one-visit", message, None));
    }
}

/// Subjects of the table without images, and the other way round.
fn subjects(clinical: &Table, sessions: &[SessionInputs], report: &mut DoctorReport) {
    let Ok(of_table) = clinical.labels("subject") else { return };
    let of_table: BTreeSet<&str> = of_table.iter().map(String::as_str).collect();
    let of_images: BTreeSet<&str> = sessions.iter().map(|inputs| inputs.subject.as_str()).collect();
    for (a, b, what) in [
        (&of_table, &of_images, "in the clinical table, without images"),
        (&of_images, &of_table, "with images, not in the clinical table"),
    ] {
        let only: Vec<&str> = a.difference(b).copied().collect();
        if !only.is_empty() {
            let fix = "labels are compared letter by letter: 1 and 001 are two subjects (Excel drops zeros in front)";
            let message = format!("subjects {what}: {}", listed(&only));
            report.findings.push(Finding::warning("subject-not-in-both", message, Some(fix.to_owned())));
        }
    }
}

/// Planned markers that nothing yields.
fn plan(config: &StudyConfig, clinical: Option<&Table>, report: &mut DoctorReport) {
    // without a clinical table that is said already
    let (Ok(markers), Some(clinical)) = (Marker::of_plan(&config.plan), clinical) else { return };
    for marker in markers {
        let column = marker.column.split("__").next().unwrap_or_default();
        let is_measured = BIOMARKERS.iter().any(|biomarker| column.starts_with(&format!("{}_", biomarker.name)));
        if !is_measured && !clinical.has(column) {
            let message =
                format!("the planned marker {} is no measure and no column of the clinical table", marker.column);
            let fix = "correct [plan] of study.toml, or the column's name".to_owned();
            report.findings.push(Finding::warning("marker-not-found", message, Some(fix)));
        }
    }
}

/// The first of many.
fn listed(labels: &[&str]) -> String {
    const MOST: usize = 12;
    let shown = labels.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if labels.len() > MOST { format!("{shown} and {} more", labels.len() - MOST) } else { shown }
}
