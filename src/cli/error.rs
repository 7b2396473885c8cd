//! Failures that only the command line knows: options that do not go together or are missing.

use crate::error::{Exit, Failure};

/// A failure of the command line itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// Options that do not go together, or a value that is none.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to type instead.
        remedy: String,
    },
}

impl CliError {
    /// A usage failure (exit code 2).
    pub fn usage(message: impl Into<String>, remedy: impl Into<String>) -> CliError {
        CliError::Usage { message: message.into(), remedy: remedy.into() }
    }
}

impl Failure for CliError {
    fn slug(&self) -> &'static str {
        match self {
            CliError::Usage { .. } => "usage",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            CliError::Usage { .. } => Exit::Usage,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            CliError::Usage { remedy, .. } => Some(remedy.clone()),
        }
    }
}
