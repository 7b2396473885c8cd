//! What a study holds and what would stop it, before anything is measured.
//!
//! Inputs  a study folder as `run` takes it
//! Output  for each session its files with what speaks for their roles, what blocks it and how to mend that, traces of
//!         persons, memory and time; for the study as a whole settings, tables and plan
//! Method  the steps of `run` up to the first voxel, by the same functions, without stopping at the first fault
//! Limits  see [`crate::measure::inspect`]: what only voxels of images show is found by `measure`

mod identity;
mod report;
mod tables;

pub use identity::IdentityRow;
pub use report::{Blocked, DoctorReport, FileRow, Finding, Gravity, SessionReport};

use crate::cohort::analysis::clinical_table;
use crate::error::{Error, Result};
use crate::measure::{Inspection, MeasureParams, SessionInputs, inspect};
use crate::study::{
    Exclusion, Job, Selected, StudyConfig, StudyError, available_bytes, choose_runs, discover, exclusions, jobs,
};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// Looks through a study.
///
/// # Errors
/// Where the folder cannot be read or a session that is asked for is not in it; everything else is in the report.
pub fn doctor(study: &Path, selected: &Selected, threads: usize) -> Result<DoctorReport> {
    let mut report = DoctorReport { threads, memory_available_bytes: available_bytes(), ..DoctorReport::default() };
    let mut sessions = match discover(study) {
        Ok(sessions) => sessions,
        Err(error @ StudyError::Unreadable { .. }) => return Err(error.into()),
        Err(error) => {
            report.findings.push(Finding::blocking(&error.into(), study));
            return Ok(report);
        }
    };
    selected.check(&sessions)?;
    let config = settings(study, &sessions, &mut report);
    if let Some(config) = &config {
        choose_runs(&mut sessions, config.files.run);
    }
    let excluded = exclusions(study);
    let excluded = report.keep(excluded.map_err(Error::from), study).unwrap_or_default();
    let jobs = config.as_ref().and_then(|config| {
        let jobs = jobs_of_all(study, &sessions, config, &excluded);
        report.keep(jobs, study)
    });
    tables::check(study, config.as_ref(), &sessions, &mut report);
    report.identity.extend(identity::of_study(study));

    let chosen: Vec<(usize, &SessionInputs)> =
        sessions.iter().enumerate().filter(|(_, inputs)| selected.takes(inputs)).collect();
    let looked: Vec<SessionReport> = chosen
        .par_iter()
        .map(|(n, inputs)| {
            let params = jobs.as_ref().map(|jobs: &Vec<Job>| &jobs[*n].params);
            session(study, inputs, params)
        })
        .collect();
    report.sessions = looked;
    Ok(report)
}

/// Settings, or what is wrong with them.
fn settings(study: &Path, sessions: &[SessionInputs], report: &mut DoctorReport) -> Option<StudyConfig> {
    let labels: BTreeSet<String> = sessions.iter().map(|inputs| inputs.session.clone()).collect();
    let labels: Vec<String> = labels.into_iter().collect();
    report.keep(StudyConfig::read(study, &labels).map_err(Error::from), study)
}

/// Parameters of every session, in their order.
fn jobs_of_all(
    study: &Path,
    sessions: &[SessionInputs],
    config: &StudyConfig,
    excluded: &[Exclusion],
) -> Result<Vec<Job>> {
    jobs(study, sessions, &Selected::default(), config, excluded)
}

fn session(study: &Path, inputs: &SessionInputs, params: Option<&MeasureParams>) -> SessionReport {
    let Inspection { biomarkers, evidence, blocks, warnings, load } = inspect(inputs, params);
    let mut findings: Vec<Finding> = blocks.iter().map(|error| Finding::blocking(error, study)).collect();
    for found in &evidence {
        if let Some(contradiction) = &found.contradiction {
            let message = format!("{}: {contradiction}", report::relative(study, &found.path));
            let fix = "rename the file, or set its role in manifest.csv; if the sidecar is wrong, mend it".to_owned();
            findings.push(Finding::warning("role-contradicted", message, Some(fix)));
        }
    }
    findings.extend(warnings.into_iter().map(|told| Finding::warning(&told.slug, told.message, None)));
    let unused = identity::unused_images(inputs);
    let identity = identity::of_session(study, inputs, &unused);
    SessionReport {
        subject: inputs.subject.clone(),
        session: inputs.session.clone(),
        biomarkers,
        files: evidence.iter().map(|found| FileRow::of(study, found)).collect(),
        unused: unused.iter().map(|path| report::relative(study, path)).collect(),
        findings,
        identity,
        memory_bytes: load.memory_bytes(),
        cpu_seconds: load.cpu_seconds(),
    }
}

/// The clinical table, and what is wrong with it.
fn clinical(study: &Path, report: &mut DoctorReport) -> Option<crate::cohort::Table> {
    report.keep(clinical_table(study).map_err(Error::from), study).flatten()
}
