//! What can go wrong while drawing or writing a report.

use crate::error::{Exit, Failure};
use std::path::PathBuf;

/// Failures of the report layer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The drawing library refused.
    #[error("a figure could not be drawn: {reason}")]
    Draw {
        /// What the library said.
        reason: String,
    },
    /// A picture could not be encoded.
    #[error("a picture could not be encoded as PNG: {reason}")]
    Encode {
        /// What the encoder said.
        reason: String,
    },
    /// A file could not be written.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A result file could not be read or understood.
    #[error("{} is not a result file that this version can read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The folder holds nothing that a report could be made of.
    #[error("{} holds no results", path.display())]
    NoResults {
        /// The folder.
        path: PathBuf,
    },
    /// A file of tables whose ending names no format.
    #[error("{} has no ending that says which kind of table file it is to be", path.display())]
    Ending {
        /// The file.
        path: PathBuf,
    },
    /// The viewer library of the user cannot be used.
    #[error("{} cannot be used as NiiVue: {reason}", path.display())]
    NiiVue {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A figure that these results do not give.
    #[error("these results have no figure {name}")]
    NoFigure {
        /// As asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// There is nothing to draw.
    #[error("nothing to draw: {what}")]
    Empty {
        /// What is missing.
        what: &'static str,
    },
}

impl Failure for ReportError {
    fn slug(&self) -> &'static str {
        match self {
            ReportError::Draw { .. } => "drawing-failed",
            ReportError::Encode { .. } => "encoding-failed",
            ReportError::Write { .. } => "cannot-write",
            ReportError::Unreadable { .. } => "result-unreadable",
            ReportError::NoResults { .. } => "no-results",
            ReportError::Ending { .. } => "unknown-table-format",
            ReportError::NiiVue { .. } => "no-niivue",
            ReportError::NoFigure { .. } => "unknown-figure",
            ReportError::Empty { .. } => "nothing-to-draw",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            ReportError::Draw { .. } | ReportError::Encode { .. } | ReportError::Write { .. } => Exit::Internal,
            ReportError::Unreadable { .. } | ReportError::NoResults { .. } | ReportError::NiiVue { .. } => {
                Exit::Unreadable
            }
            ReportError::Ending { .. } | ReportError::NoFigure { .. } => Exit::Usage,
            ReportError::Empty { .. } => Exit::NotEstimable,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            ReportError::Write { source, .. } => vec![source.to_string()],
            ReportError::NoFigure { known, .. } => vec![format!("there are: {}", known.join(", "))],
            _ => Vec::new(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            ReportError::Draw { .. } | ReportError::Encode { .. } => {
                "this is a fault of the program; please report it with the command that led here".to_owned()
            }
            ReportError::Write { .. } => "check that the folder exists, may be written to and has space".to_owned(),
            ReportError::Unreadable { .. } => {
                "run the step that writes this file again, or remove it to get a report without it".to_owned()
            }
            ReportError::NoResults { .. } => {
                "give the folder that `myelomri run STUDY OUT` or `myelomri measure STUDY OUT` wrote".to_owned()
            }
            ReportError::Ending { .. } => "name a file that ends with .xlsx, .tex, .md or .html".to_owned(),
            ReportError::NiiVue { .. } => {
                "install it with `npm install @niivue/niivue` and give the folder node_modules/@niivue/niivue"
                    .to_owned()
            }
            ReportError::NoFigure { .. } => "take one of these names, without an ending".to_owned(),
            ReportError::Empty { .. } => {
                "check that the table has rows with values in the columns asked for".to_owned()
            }
        })
    }
}
