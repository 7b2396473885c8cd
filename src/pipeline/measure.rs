//! First step: everything that can be refused is refused before any work, then every session is measured.

use super::pictures::{QcPictures, draw_subjects};
use crate::error::Result;
use crate::study::{
    BatchParams, BatchSummary, Job, Selected, StudyConfig, StudyManifest, choose_runs, discover, exclusions, jobs,
    run_batch,
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
    let mut sessions = discover(&request.study)?;
    let labels: BTreeSet<&String> = sessions.iter().map(|inputs| &inputs.session).collect();
    let labels: Vec<String> = labels.into_iter().cloned().collect();
    let config = StudyConfig::read(&request.study, &labels)?;
    choose_runs(&mut sessions, config.files.run);
    let exclusions = exclusions(&request.study)?;
    let jobs = jobs(&request.study, &sessions, &request.selected, &config, &exclusions)?;
    StudyManifest::of_output(&request.out)?;
    let found = sessions.into_iter().map(|inputs| (inputs.subject, inputs.session)).collect();
    Ok(Prepared { config, jobs, found })
}

/// Measures a study and draws its pictures.
///
/// # Errors
/// As [`prepare`]; failed sessions are in the summary.
pub fn measure(request: &MeasureRequest) -> Result<BatchSummary> {
    measure_prepared(request, &prepare(request)?)
}

/// Measures what was prepared: the picture of a session right after it, those of the subjects when all are done.
///
/// # Errors
/// Where the output folder cannot be written.
pub(super) fn measure_prepared(request: &MeasureRequest, prepared: &Prepared) -> Result<BatchSummary> {
    let Prepared { config, jobs, found } = prepared;
    let batch = BatchParams { force: request.force, threads: request.threads, progress: request.progress };
    let summary = run_batch(&request.study, &request.out, config, jobs, found, batch, &QcPictures)?;
    super::description::write(&request.study, &request.out)?;
    draw_subjects(&request.out, config, &summary)?;
    Ok(summary)
}
