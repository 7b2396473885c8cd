//! What a failure is: a stable slug, an exit code, a remedy.
//!
//! Every layer has its own error enum that implements [`Failure`]; [`Error`] carries any of them to the command line,
//! where it is printed once in one form. A [`Warning`] does not stop the work: it goes to stderr, to the sidecar and to
//! the `qc_flags` column.

use std::fmt;

/// Exit codes of the program: what went wrong, for a script that has to decide what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// A fault of the program itself; asks for a report.
    Internal = 1,
    /// Unknown flag, required flag or rule not given.
    Usage = 2,
    /// An input cannot be read: missing, truncated, corrupt, unsupported, without b-values or echo times.
    Unreadable = 3,
    /// Inputs do not fit together: grids, counts, regions, columns, keys, outcome values, units.
    Mismatch = 4,
    /// An output exists and `--force` was not given.
    Exists = 5,
    /// The batch finished, some sessions failed.
    Partial = 6,
    /// A model or curve cannot be estimated from these data.
    NotEstimable = 7,
}

/// A failure that names what was expected, what was found and what to do next.
pub trait Failure: std::error::Error + Send + Sync + 'static {
    /// Stable identifier in kebab case, e.g. `grid-mismatch`.
    fn slug(&self) -> &'static str;
    /// Exit code of the program when this failure ends it.
    fn exit(&self) -> Exit;
    /// Further lines below the message, e.g. both geometries; empty by default.
    fn details(&self) -> Vec<String> {
        Vec::new()
    }
    /// What the user can do about it.
    fn remedy(&self) -> Option<String>;
}

/// Any layer's failure on its way to the command line. Converts from every [`Failure`] by `?`.
pub struct Error(Box<dyn Failure>);

/// Result of everything above the pure kernels.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The failure inside.
    pub fn failure(&self) -> &dyn Failure {
        self.0.as_ref()
    }

    /// Exit code of the failure inside.
    pub fn exit(&self) -> Exit {
        self.0.exit()
    }
}

impl<F: Failure> From<F> for Error {
    fn from(failure: F) -> Self {
        Error(Box::new(failure))
    }
}

impl fmt::Display for Error {
    /// `error[slug]: message`, indented details, `help: remedy`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.0.slug(), self.0)?;
        for line in self.0.details() {
            write!(f, "\n  {line}")?;
        }
        if let Some(remedy) = self.0.remedy() {
            write!(f, "\n  help: {remedy}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Something a user must know that does not stop the work.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Warning {
    /// Stable identifier in kebab case, e.g. `grid-rounding`; what stands in `qc_flags`.
    pub slug: String,
    /// One sentence: what was seen, and why it matters.
    pub message: String,
}

impl Warning {
    /// A warning with its slug and sentence.
    pub fn new(slug: &str, message: impl Into<String>) -> Self {
        Warning { slug: slug.to_owned(), message: message.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "warning[{}]: {}", self.slug, self.message)
    }
}
