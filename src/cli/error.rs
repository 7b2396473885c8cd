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
    /// Inputs that do not fit together in a way that only this subcommand knows.
    #[error("{message}")]
    Mismatch {
        /// Stable identifier.
        slug: &'static str,
        /// What does not fit.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// A file of a kind that only this subcommand reads.
    #[error("{message}")]
    Unreadable {
        /// Stable identifier.
        slug: &'static str,
        /// What is wrong with it.
        message: String,
        /// What to do.
        remedy: String,
    },
    /// Something about the acquisition that stands neither in a flag nor in a sidecar.
    #[error("{message}")]
    MissingAcquisition {
        /// What is missing.
        message: String,
        /// How to give it.
        remedy: String,
    },
}

impl CliError {
    /// A usage failure (exit code 2).
    pub fn usage(message: impl Into<String>, remedy: impl Into<String>) -> CliError {
        CliError::Usage { message: message.into(), remedy: remedy.into() }
    }

    /// Inputs that do not fit together (exit code 4).
    pub fn mismatch(slug: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> CliError {
        CliError::Mismatch { slug, message: message.into(), remedy: remedy.into() }
    }

    /// A file that cannot be read (exit code 3).
    pub fn unreadable(slug: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> CliError {
        CliError::Unreadable { slug, message: message.into(), remedy: remedy.into() }
    }

    /// An echo time or field strength that is nowhere (exit code 3).
    pub fn missing_acquisition(message: impl Into<String>, remedy: impl Into<String>) -> CliError {
        CliError::MissingAcquisition { message: message.into(), remedy: remedy.into() }
    }
}

impl Failure for CliError {
    fn slug(&self) -> &'static str {
        match self {
            CliError::Usage { .. } => "usage",
            CliError::Mismatch { slug, .. } | CliError::Unreadable { slug, .. } => slug,
            CliError::MissingAcquisition { .. } => "missing-acquisition",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            CliError::Usage { .. } => Exit::Usage,
            CliError::Mismatch { .. } => Exit::Mismatch,
            CliError::Unreadable { .. } | CliError::MissingAcquisition { .. } => Exit::Unreadable,
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            CliError::Usage { remedy, .. }
            | CliError::Mismatch { remedy, .. }
            | CliError::Unreadable { remedy, .. }
            | CliError::MissingAcquisition { remedy, .. } => Some(remedy.clone()),
        }
    }
}
