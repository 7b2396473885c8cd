//! What `doctor` found, as data; the command line prints it.

use super::IdentityRow;
use crate::error::{Error, Exit, Failure, Result};
use crate::measure::Evidence;
use serde::Serialize;
use std::path::Path;

/// Whether a finding stops something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gravity {
    /// `run` would stop, or the session would fail.
    Blocks,
    /// It goes on, and says so.
    Warns,
}

/// One thing to know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Whether it stops something.
    pub gravity: Gravity,
    /// Stable identifier, that of the error or warning.
    pub slug: String,
    /// What was found.
    pub message: String,
    /// Further lines, e.g. both grids.
    pub details: Vec<String>,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Finding {
    /// What an error says, with paths relative to the study.
    pub fn blocking(error: &Error, study: &Path) -> Finding {
        let inside = |text: String| text.replace(&format!("{}/", study.display()), "");
        let failure = error.failure();
        Finding {
            gravity: Gravity::Blocks,
            slug: failure.slug().to_owned(),
            message: inside(failure.to_string()),
            details: failure.details().into_iter().map(inside).collect(),
            fix: failure.remedy().map(inside),
        }
    }

    /// Something that goes on.
    pub fn warning(slug: &str, message: impl Into<String>, fix: Option<String>) -> Finding {
        let gravity = Gravity::Warns;
        Finding { gravity, slug: slug.to_owned(), message: message.into(), details: Vec::new(), fix }
    }

    /// Whether it stops something.
    pub fn blocks(&self) -> bool {
        self.gravity == Gravity::Blocks
    }
}

/// One file of a session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileRow {
    /// Its role, with the index where there are several: `dwi 2`.
    pub role: String,
    /// Path relative to the study.
    pub path: String,
    /// Counts, spacing, orientation.
    pub grid: String,
    /// What its header and its sidecar say.
    pub facts: Vec<String>,
}

impl FileRow {
    pub(super) fn of(study: &Path, found: &Evidence) -> FileRow {
        FileRow {
            role: format!("{} {}", found.role.name(), found.index).trim_end().to_owned(),
            path: relative(study, &found.path),
            grid: found.grid.clone(),
            facts: found.facts.clone(),
        }
    }
}

/// One session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionReport {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`.
    pub session: String,
    /// Biomarkers that would be measured.
    pub biomarkers: Vec<&'static str>,
    /// Files with a role.
    pub files: Vec<FileRow>,
    /// Images in the session's folders that have no role.
    pub unused: Vec<String>,
    /// What blocks it, then what would be said.
    pub findings: Vec<Finding>,
    /// Traces of persons.
    pub identity: Vec<IdentityRow>,
    /// Memory at the peak, estimated.
    pub memory_bytes: u64,
    /// Seconds of one core, estimated.
    pub cpu_seconds: f64,
}

impl SessionReport {
    /// Whether it would fail.
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(Finding::blocks)
    }
}

/// A study.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DoctorReport {
    /// Of settings, tables and layout.
    pub findings: Vec<Finding>,
    /// Traces of persons outside of the sessions.
    pub identity: Vec<IdentityRow>,
    /// The sessions that were asked for.
    pub sessions: Vec<SessionReport>,
    /// Sessions at a time, at most.
    pub threads: usize,
    /// Memory that the machine has to spare.
    #[serde(skip)]
    pub memory_available_bytes: Option<u64>,
}

impl DoctorReport {
    /// The value, or a further finding.
    pub(super) fn keep<T>(&mut self, result: Result<T>, study: &Path) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                let finding = Finding::blocking(&error, study);
                if !self.findings.contains(&finding) {
                    self.findings.push(finding);
                }
                None
            }
        }
    }

    /// Seconds of one core for all sessions.
    pub fn cpu_seconds(&self) -> f64 {
        self.sessions.iter().map(|session| session.cpu_seconds).sum()
    }

    /// Memory of the largest session.
    pub fn memory_bytes(&self) -> u64 {
        self.sessions.iter().map(|session| session.memory_bytes).max().unwrap_or(0)
    }

    /// Traces of persons in all.
    pub fn n_identity(&self) -> usize {
        self.identity.len() + self.sessions.iter().map(|session| session.identity.len()).sum::<usize>()
    }

    /// The failure that ends the program where something blocks `run`.
    pub fn failure(&self) -> Option<Blocked> {
        let study = self.findings.iter().filter(|finding| finding.blocks()).count();
        let sessions = self.sessions.iter().filter(|session| session.is_blocked()).count();
        (study + sessions > 0).then_some(Blocked { study, sessions, of: self.sessions.len() })
    }
}

/// Something blocks `run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", match (study, sessions) {
    (0, sessions) => format!("{sessions} of {of} sessions would fail"),
    (_, 0) => "`run` would stop at the study's settings, tables or layout".to_owned(),
    (_, sessions) => format!("`run` would stop at the study's settings, tables or layout; {sessions} of {of} sessions would fail"),
})]
pub struct Blocked {
    /// Faults of settings, tables and layout.
    pub study: usize,
    /// Sessions that would fail.
    pub sessions: usize,
    /// Sessions looked at.
    pub of: usize,
}

impl Failure for Blocked {
    fn slug(&self) -> &'static str {
        "study-blocked"
    }

    fn exit(&self) -> Exit {
        Exit::Mismatch
    }

    fn remedy(&self) -> Option<String> {
        Some("mend what is marked `blocks` above; behind each stands how".to_owned())
    }
}

/// A path relative to the study, with `/`.
pub(super) fn relative(study: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(study).unwrap_or(path);
    inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
