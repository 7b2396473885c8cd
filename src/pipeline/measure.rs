//! First step: everything that can be refused is refused before any work, then every session is measured.

use crate::error::Result;
use crate::study::{
    BatchParams, BatchSummary, Job, NoObserver, Selected, SessionObserver, StudyConfig, StudyManifest, discover,
    exclusions, jobs, run_batch,
};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What is to be measured, and where to.
#[derive(Debug, Clone)]
pub struct MeasureRequest {
    /// Study folder.
    pub study: PathBuf,
    /// Output folder.
    pub out: PathBuf,
    /// Which sessions.
    pub selected: Selected,
    /// Measure again what has not changed.
    pub force: bool,
    /// Sessions at a time, at most.
    pub threads: usize,
    /// Draw a progress bar where stderr is a terminal.
    pub progress: bool,
}

/// A study that has been looked through.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Its settings.
    pub config: StudyConfig,
    /// What is to be measured.
    pub jobs: Vec<Job>,
    /// Subject and session of everything found, asked for or not.
    pub found: Vec<(String, String)>,
}

/// Reads settings, files and exclusions, and proves that the output folder is free or ours.
///
/// # Errors
/// Where the study or the output folder cannot be used.
pub fn prepare(request: &MeasureRequest) -> Result<Prepared> {
    let sessions = discover(&request.study)?;
    let labels: BTreeSet<&String> = sessions.iter().map(|inputs| &inputs.session).collect();
    let labels: Vec<String> = labels.into_iter().cloned().collect();
    let config = StudyConfig::read(&request.study, &labels)?;
    let exclusions = exclusions(&request.study)?;
    let jobs = jobs(&request.study, &sessions, &request.selected, &config, &exclusions)?;
    StudyManifest::of_output(&request.out)?;
    let found = sessions.into_iter().map(|inputs| (inputs.subject, inputs.session)).collect();
    Ok(Prepared { config, jobs, found })
}

/// Measures without looking on.
///
/// # Errors
/// As [`prepare`]; failed sessions are in the summary.
pub fn measure(request: &MeasureRequest) -> Result<BatchSummary> {
    let prepared = prepare(request)?;
    measure_prepared(request, &prepared, &NoObserver)
}

/// Measures what was prepared.
///
/// # Errors
/// Where the output folder cannot be written.
pub(super) fn measure_prepared(
    request: &MeasureRequest,
    prepared: &Prepared,
    observer: &dyn SessionObserver,
) -> Result<BatchSummary> {
    let batch = BatchParams { force: request.force, threads: request.threads, progress: request.progress };
    run_batch(&request.study, &request.out, &prepared.config, &prepared.jobs, &prepared.found, batch, observer)
}
