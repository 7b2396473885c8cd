//! What every subcommand is given: threads set up, and how to speak on stderr.

use super::args::GlobalArgs;
use crate::error::{Exit, Failure, Result, Warning};
use crate::image::{Form, Reader};
use std::io::IsTerminal;

/// Threads are set up, logging is on; how loud to be.
#[derive(Debug, Clone)]
pub struct Context {
    /// Worker threads in use.
    pub threads: usize,
    /// Only errors are printed.
    pub quiet: bool,
    /// Reads images as `--use` says.
    pub reader: Reader,
}

/// A setting from the environment that cannot be used.
#[derive(Debug, thiserror::Error)]
enum ContextError {
    #[error("{variable}={value} is not a number of threads")]
    Threads { variable: &'static str, value: String },
    #[error("the thread pool cannot be set up: {0}")]
    Pool(String),
}

impl Failure for ContextError {
    fn slug(&self) -> &'static str {
        "threads"
    }

    fn exit(&self) -> Exit {
        match self {
            ContextError::Threads { .. } => Exit::Usage,
            ContextError::Pool(_) => Exit::Internal,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some("pass --threads N with N >= 1".to_owned())
    }
}

/// Environment variables that give the number of threads, in the order in which they count.
const THREAD_VARIABLES: [&str; 2] = ["MYELOMRI_THREADS", "SLURM_CPUS_PER_TASK"];

impl Context {
    /// Set up logging and the thread pool.
    ///
    /// # Errors
    /// A thread count in the environment that is no positive number.
    pub fn new(global: GlobalArgs) -> Result<Self> {
        let GlobalArgs { threads, quiet, verbose, use_form } = global;
        let level = match (quiet, verbose) {
            (true, _) => "error",
            (false, 0) => "warn",
            (false, 1) => "info",
            (false, _) => "debug",
        };
        let mut filter = tracing_subscriber::EnvFilter::try_from_env("MYELOMRI_LOG").unwrap_or_else(|_| level.into());
        // what these libraries log may quote values of a header, patients' names among them
        for silent in [
            "dicom_parser=off",
            "dicom_encoding=off",
            "dicom_object=off",
            "dicom_pixeldata=off",
            "dicom_core=off",
            "dicom_transfer_syntax_registry=off",
        ] {
            filter = silent.parse().into_iter().fold(filter, tracing_subscriber::EnvFilter::add_directive);
        }
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().try_init().ok();
        let threads = match threads {
            Some(n) => usize::from(n),
            None => threads_from_environment()?,
        };
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global()
            .map_err(|error| ContextError::Pool(error.to_string()))?;
        let reader = Reader { form: use_form.map(Form::from) };
        Ok(Context { threads, quiet, reader })
    }

    /// Print warnings on stderr unless quiet.
    pub fn warn(&self, warnings: &[Warning]) {
        if !self.quiet {
            for warning in warnings {
                eprintln!("{warning}");
            }
        }
    }

    /// Say a decision on stderr unless quiet, e.g. which b-values are fitted.
    pub fn say(&self, line: impl AsRef<str>) {
        if !self.quiet {
            eprintln!("{}", line.as_ref());
        }
    }

    /// Whether a progress bar may be drawn.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }
}

fn threads_from_environment() -> Result<usize> {
    for variable in THREAD_VARIABLES {
        if let Ok(value) = std::env::var(variable) {
            return match value.trim().parse() {
                Ok(n) if n >= 1 => Ok(n),
                _ => Err(ContextError::Threads { variable, value }.into()),
            };
        }
    }
    Ok(std::thread::available_parallelism().map_or(1, usize::from))
}
