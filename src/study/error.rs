//! What can go wrong with a study as a whole: its settings, its folders, its output.

use crate::error::{Exit, Failure};

/// A failure of reading a study or of keeping its output.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// There is no `study.toml`.
    #[error("{path} is missing: it says what must not be guessed")]
    ConfigMissing {
        /// Where it was looked for.
        path: String,
        /// A filled template.
        template: String,
    },
    /// `study.toml` is there and cannot be used.
    #[error("{path} cannot be used: {reason}")]
    Config {
        /// The file.
        path: String,
        /// What is wrong, with line and column where known.
        reason: String,
    },
    /// The study folder is missing or unreadable.
    #[error("cannot read {path}: {reason}")]
    Unreadable {
        /// Folder or table.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// Nothing to measure.
    #[error("no imaging session in {path}")]
    NoSessions {
        /// The study.
        path: String,
    },
    /// A label asked for is not in the study.
    #[error("{what} `{label}` is not in the study")]
    UnknownLabel {
        /// `subject` or `session`.
        what: &'static str,
        /// As asked for.
        label: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A table does not hold what it must.
    #[error("{path}: {reason}")]
    Table {
        /// The table.
        path: String,
        /// What is wrong, with the row.
        reason: String,
    },
    /// The output folder holds something that we did not write.
    #[error("{path} is not empty and holds no manifest of this program")]
    ForeignOutput {
        /// The folder.
        path: String,
    },
    /// An output folder was expected to hold measured sessions.
    #[error("{path} holds no measured session")]
    NothingMeasured {
        /// The folder.
        path: String,
    },
    /// An output cannot be written.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// File or folder.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The batch is through, some sessions failed.
    #[error("{} of {total} sessions failed; the others are done", failed.len())]
    SomeFailed {
        /// Sessions in all.
        total: usize,
        /// `sub-X_ses-Y: slug: message`.
        failed: Vec<String>,
    },
}

impl Failure for StudyError {
    fn slug(&self) -> &'static str {
        match self {
            StudyError::ConfigMissing { .. } => "no-study-file",
            StudyError::Config { .. } => "bad-study-file",
            StudyError::Unreadable { .. } => "unreadable-study",
            StudyError::NoSessions { .. } => "no-sessions",
            StudyError::UnknownLabel { .. } => "unknown-label",
            StudyError::Table { .. } => "bad-table",
            StudyError::ForeignOutput { .. } => "output-exists",
            StudyError::NothingMeasured { .. } => "nothing-measured",
            StudyError::Write { .. } => "unwritable-output",
            StudyError::SomeFailed { .. } => "sessions-failed",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            StudyError::ConfigMissing { .. } | StudyError::Config { .. } | StudyError::UnknownLabel { .. } => {
                Exit::Usage
            }
            StudyError::Unreadable { .. } | StudyError::NoSessions { .. } | StudyError::NothingMeasured { .. } => {
                Exit::Unreadable
            }
            StudyError::Table { .. } => Exit::Mismatch,
            StudyError::ForeignOutput { .. } => Exit::Exists,
            StudyError::Write { .. } => Exit::Internal,
            StudyError::SomeFailed { .. } => Exit::Partial,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            StudyError::ConfigMissing { template, .. } => template.lines().map(str::to_owned).collect(),
            StudyError::UnknownLabel { known, .. } => vec![format!("there are: {}", known.join(", "))],
            StudyError::SomeFailed { failed, .. } => failed.clone(),
            _ => Vec::new(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            StudyError::ConfigMissing { path, .. } => format!("save the lines above as {path}, after checking each of them"),
            StudyError::Config { .. } => "correct the file; `myelomri run` prints a template where there is none".to_owned(),
            StudyError::Unreadable { .. } => "check the path and its permissions".to_owned(),
            StudyError::NoSessions { .. } => {
                "lay the images out as sub-X/ses-Y/{anat,dwi}/, or list them in manifest.csv or .xlsx (subject,session,role,index,path)"
                    .to_owned()
            }
            StudyError::UnknownLabel { .. } => "take one of these; the prefix `sub-` or `ses-` may be left out".to_owned(),
            StudyError::Table { .. } => "correct the table".to_owned(),
            StudyError::ForeignOutput { .. } => "choose an empty or a new folder for the output".to_owned(),
            StudyError::NothingMeasured { .. } => "run `myelomri measure STUDY OUT` first".to_owned(),
            StudyError::Write { .. } => "check that the folder exists, is writable and has space".to_owned(),
            StudyError::SomeFailed { .. } => {
                "mend the inputs named above and run the same command again: only what changed is computed".to_owned()
            }
        })
    }
}
