//! What can go wrong with an import as a whole.

use crate::error::{Exit, Failure};

/// A failure of importing DICOM. Names subjects by their labels and files by masked paths.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Options that cannot be used.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to type instead.
        remedy: String,
    },
    /// The subject map or the table of roles does not hold what it must.
    #[error("{path}: {reason}")]
    Table {
        /// File name.
        path: String,
        /// What is wrong, with the row; never a patient ID.
        reason: String,
    },
    /// A session's folder holds something else already.
    #[error("{session} is there already and holds {what}")]
    Occupied {
        /// `sub-X_ses-Y`.
        session: String,
        /// What it holds.
        what: &'static str,
    },
    /// Series stand open; everything else is done.
    #[error("{} series are ambiguous in {table}; the others are imported", open.len())]
    Ambiguous {
        /// The table to edit.
        table: String,
        /// One line a series.
        open: Vec<String>,
        /// What failed beside them.
        failed: Vec<String>,
    },
    /// Some inputs could not be used; everything else is done.
    #[error("{} inputs could not be imported; the others are done", failed.len())]
    SomeFailed {
        /// One line an input, with what to do.
        failed: Vec<String>,
    },
    /// Nothing could be used.
    #[error("nothing could be imported")]
    AllFailed {
        /// One line an input, with what to do.
        failed: Vec<String>,
    },
}

impl Failure for ImportError {
    fn slug(&self) -> &'static str {
        match self {
            ImportError::Usage { .. } => "usage",
            ImportError::Table { .. } => "bad-table",
            ImportError::Occupied { .. } => "output-exists",
            ImportError::Ambiguous { .. } => "ambiguous-roles",
            ImportError::SomeFailed { .. } => "inputs-failed",
            ImportError::AllFailed { .. } => "nothing-imported",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            ImportError::Usage { .. } => Exit::Usage,
            ImportError::Table { .. } | ImportError::Ambiguous { .. } => Exit::Mismatch,
            ImportError::Occupied { .. } => Exit::Exists,
            ImportError::SomeFailed { .. } => Exit::Partial,
            ImportError::AllFailed { .. } => Exit::Unreadable,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            ImportError::Ambiguous { open, failed, .. } => {
                let mut lines = open.clone();
                lines.extend(failed.iter().map(|line| format!("failed: {line}")));
                lines
            }
            ImportError::SomeFailed { failed } | ImportError::AllFailed { failed } => failed.clone(),
            _ => Vec::new(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            ImportError::Usage { remedy, .. } => remedy.clone(),
            ImportError::Table { .. } => "correct the table".to_owned(),
            ImportError::Occupied { .. } => {
                "import into another STUDY, name subjects and sessions with --subject-map, or pass --force to replace what \
                 an import made"
                    .to_owned()
            }
            ImportError::Ambiguous { table, .. } => {
                format!("set the role of each in {table} (or skip), then run the same command again")
            }
            ImportError::SomeFailed { .. } | ImportError::AllFailed { .. } => {
                "mend what is named above and run the same command again, or set the role to skip in roles.csv".to_owned()
            }
        })
    }
}
