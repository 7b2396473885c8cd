//! The batch: measures every session that needs it, several at a time, and keeps count of how each fared.
//!
//! A session is computed from its own files alone, so results do not depend on the number of threads; only the order of
//! the log does. Sessions in flight are bounded by an estimate of their memory. A failed session leaves no manifest, and
//! the others go on.

use super::progress::Progress;
use super::session_manifest::{SessionKey, SessionManifest, relative_to};
use super::session_writer::{session_folder, write_session};
use super::study_manifest::{SessionState, StudyManifest};
use super::throttle::Throttle;
use super::{StudyConfig, StudyError};
use crate::error::{Result, Warning};
use crate::measure::{Load, MeasureParams, MeasuredSession, SessionInputs, measure_session};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Someone who is shown each session right after it is measured, e.g. to draw its picture.
pub trait SessionObserver: Sync {
    /// Files that it makes for a session, relative to the output folder; where one is missing the session is measured
    /// again.
    fn files(&self, inputs: &SessionInputs) -> Vec<PathBuf>;
    /// Called once a measured session, from any thread.
    ///
    /// # Errors
    /// A failure counts as a failure of the session.
    fn on_session(&self, out: &Path, measured: &MeasuredSession) -> Result<()>;
}

/// How a batch is run; none of it changes a result.
#[derive(Debug, Clone, Copy)]
pub struct BatchParams {
    /// Measure again what would be skipped.
    pub force: bool,
    /// Sessions at a time, at most.
    pub threads: usize,
    /// Draw a progress bar where stderr is a terminal.
    pub progress: bool,
}

/// One session with the parameters that hold for it.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its files.
    pub inputs: SessionInputs,
    /// Parameters, with the vertebrae that are left out for this subject.
    pub params: MeasureParams,
}

/// How the sessions of a batch fared.
#[derive(Debug, Clone, Default)]
pub struct BatchSummary {
    /// Every session in order, with its failure if it had one.
    pub states: Vec<SessionState>,
    /// `sub-X_ses-Y` of sessions measured now.
    pub measured: Vec<String>,
    /// `sub-X_ses-Y` of sessions whose manifest still held.
    pub skipped: Vec<String>,
    /// `sub-X_ses-Y: error[slug]: message` with its details, of those that failed.
    pub failed: Vec<String>,
    /// What was noticed, by session.
    pub warnings: Vec<(String, Warning)>,
}

impl BatchSummary {
    /// The failure that ends the program where sessions failed.
    pub fn failure(&self) -> Option<StudyError> {
        (!self.failed.is_empty())
            .then(|| StudyError::SomeFailed { total: self.states.len(), failed: self.failed.clone() })
    }
}

/// What became of one job.
enum Outcome {
    Measured(Vec<Warning>),
    Skipped(Vec<Warning>),
    Failed { slug: String, message: String, shown: String },
}

/// Measures the sessions of a study into `OUT/maps/` and brings `OUT/manifest.json` up to date. `found` has subject and
/// session of everything that the study holds, asked for or not.
///
/// # Errors
/// Where the output folder is not ours or cannot be written; failed sessions are in the summary instead.
pub fn run_batch(
    study: &Path,
    out: &Path,
    config: &StudyConfig,
    jobs: &[Job],
    found: &[(String, String)],
    batch: BatchParams,
    observer: &dyn SessionObserver,
) -> Result<BatchSummary> {
    let earlier = StudyManifest::of_output(out)?;
    std::fs::create_dir_all(out)
        .map_err(|source| StudyError::Write { path: out.display().to_string(), reason: source.to_string() })?;
    let mut manifest = StudyManifest::new(config.clone(), super::study_inputs(study)?);
    manifest.sessions = earlier.map(|earlier| earlier.sessions).unwrap_or_default();
    manifest.write(out)?;

    let outcomes = in_parallel(study, out, jobs, batch, observer);
    let summary = summarise(jobs, outcomes);
    let is_now = |state: &SessionState| {
        summary.states.iter().any(|now| now.subject == state.subject && now.session == state.session)
    };
    // what the study no longer has does not stay in its tables
    let is_found = |state: &SessionState| found.iter().any(|(a, b)| *a == state.subject && *b == state.session);
    manifest.sessions.retain(|state| is_found(state) && !is_now(state));
    manifest.sessions.extend(summary.states.iter().cloned());
    manifest.sessions.sort_by(|a, b| (&a.subject, &a.session).cmp(&(&b.subject, &b.session)));
    manifest.write(out)?;
    Ok(summary)
}

fn in_parallel(
    study: &Path,
    out: &Path,
    jobs: &[Job],
    batch: BatchParams,
    observer: &dyn SessionObserver,
) -> Vec<Outcome> {
    let throttle = Throttle::new();
    let progress = Progress::new(jobs.len(), batch.progress);
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Option<Outcome>>> = jobs.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..batch.threads.clamp(1, jobs.len().max(1)) {
            scope.spawn(|| {
                while let Some((n, job)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|n| Some((n, jobs.get(n)?)))
                {
                    let _share = throttle.take(Load::of(&job.inputs).memory_bytes());
                    let outcome = one_session(study, out, job, batch.force, observer);
                    progress.advance(&job.inputs.name());
                    if let Ok(mut place) = outcomes[n].lock() {
                        *place = Some(outcome);
                    }
                }
            });
        }
    });
    progress.finish();
    let lost = || Outcome::Failed {
        slug: "internal".to_owned(),
        message: "the session was not measured".to_owned(),
        shown: "error[internal]: the session was not measured".to_owned(),
    };
    outcomes.into_iter().map(|place| place.into_inner().ok().flatten().unwrap_or_else(lost)).collect()
}

fn one_session(study: &Path, out: &Path, job: &Job, force: bool, observer: &dyn SessionObserver) -> Outcome {
    match try_session(study, out, job, force, observer) {
        Ok(outcome) => outcome,
        Err(error) => {
            // A manifest left from better days would let the tables take numbers of other inputs.
            let _ = std::fs::remove_file(out.join(session_folder(&job.inputs)).join(super::MANIFEST_FILE));
            let in_study = |text: String| without_folder(&text, &format!("{}/", study.display()));
            Outcome::Failed {
                slug: error.failure().slug().to_owned(),
                message: in_study(error.failure().to_string()),
                shown: in_study(error.to_string()),
            }
        }
    }
}

/// `text` with paths from the study on; the unit s/mm2 stays, of a folder `s` too.
fn without_folder(text: &str, folder: &str) -> String {
    let mut parts = text.split(folder);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.starts_with("mm2") {
        true => text + folder + part,
        false => text + part,
    })
}

fn try_session(study: &Path, out: &Path, job: &Job, force: bool, observer: &dyn SessionObserver) -> Result<Outcome> {
    let folder = out.join(session_folder(&job.inputs));
    let key = SessionKey::of(study, &job.inputs, &job.params)?;
    if let Some(earlier) = SessionManifest::read(&folder)
        && !force
        && earlier.still_holds(&key, out, &observer.files(&job.inputs))
    {
        return Ok(Outcome::Skipped(earlier.warnings));
    }
    // From here on the files are in flux: without a manifest the session does not count.
    let _ = std::fs::remove_file(folder.join(super::MANIFEST_FILE));
    let measured = measure_session(&job.inputs, &job.params)?;
    let written = write_session(study, out, &job.inputs, &measured)?;
    observer.on_session(out, &measured)?;
    let mut outputs: Vec<String> = written.iter().map(|path| relative_to(out, path)).collect();
    outputs.extend(observer.files(&job.inputs).iter().map(|path| relative_to(Path::new(""), path)));
    let warnings = measured.warnings.clone();
    let manifest = SessionManifest {
        subject: measured.subject.clone(),
        session: measured.session.clone(),
        key,
        warnings: measured.warnings,
        outputs,
    };
    manifest.write(&folder)?;
    Ok(Outcome::Measured(warnings))
}

fn summarise(jobs: &[Job], outcomes: Vec<Outcome>) -> BatchSummary {
    let mut summary = BatchSummary::default();
    for (job, outcome) in jobs.iter().zip(outcomes) {
        let name = job.inputs.name();
        let (subject, session) = (job.inputs.subject.clone(), job.inputs.session.clone());
        let mut state = SessionState { subject, session, failure: None, message: None };
        match outcome {
            Outcome::Measured(warnings) => {
                summary.warnings.extend(warnings.into_iter().map(|warning| (name.clone(), warning)));
                summary.measured.push(name);
            }
            Outcome::Skipped(warnings) => {
                summary.warnings.extend(warnings.into_iter().map(|warning| (name.clone(), warning)));
                summary.skipped.push(name);
            }
            Outcome::Failed { slug, message, shown } => {
                (state.failure, state.message) = (Some(slug), Some(message));
                summary.failed.push(format!("{name}: {shown}"));
            }
        }
        summary.states.push(state);
    }
    summary
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_begin_at_the_study_and_units_stay() {
        let text = "s/sub-1/x.nii has no volume at b = 900 s/mm2; s/sub-1/y.nii has";
        let expected = "sub-1/x.nii has no volume at b = 900 s/mm2; sub-1/y.nii has";
        assert_eq!(super::without_folder(text, "s/"), expected);
        assert_eq!(super::without_folder("/a/b/sub-1/x.nii", "/a/b/"), "sub-1/x.nii");
    }
}
