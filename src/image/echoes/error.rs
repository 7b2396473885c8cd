//! What can go wrong with echoes.

use super::echo_times::{Source, list};
use crate::error::{Exit, Failure};
use std::path::PathBuf;

/// A failure of reading echoes.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EchoError {
    /// No file was given.
    #[error("no file holds the {what} of the echoes")]
    NoFiles {
        /// What is missing.
        what: &'static str,
    },
    /// Two parts of one signal have different numbers of echoes.
    #[error("there are {} echoes of the {} ({}) and {} of the {} ({})",
        counts[0], what[0], first[0].display(), counts[1], what[1], first[1].display())]
    Counts {
        /// The two parts.
        what: [&'static str; 2],
        /// The first file of each.
        first: [PathBuf; 2],
        /// Echoes of each.
        counts: [usize; 2],
    },
    /// An echo holds nothing.
    #[error("echo {echo} of the {what} is empty (all zero or no number): {}", path.display())]
    Empty {
        /// Its file.
        path: PathBuf,
        /// Which part of the signal.
        what: &'static str,
        /// Its number, from 1.
        echo: usize,
    },
    /// A magnitude that is none.
    #[error("echo {echo} of the magnitude holds {percent:.0} % of its energy in negative values: {}", path.display())]
    NegativeMagnitude {
        /// Its file.
        path: PathBuf,
        /// Its number, from 1.
        echo: usize,
        /// Share of negative values in the sum of squares, percent.
        percent: f64,
    },
    /// A phase whose unit cannot be told.
    #[error("the phase in {} lies in {:.4} ... {:.4}, {problem}", path.display(), range[0], range[1])]
    PhaseUnit {
        /// Its file.
        path: PathBuf,
        /// Least and largest value.
        range: [f64; 2],
        /// Why that does not tell its unit.
        problem: String,
    },
    /// Echo times are nowhere.
    #[error("the echo time of {} is not known", path.display())]
    NoEchoTime {
        /// The image.
        path: PathBuf,
    },
    /// More or fewer echo times than echoes.
    #[error("{said_by} gives {n_times} echo times for {n_echoes} echoes")]
    EchoTimeCount {
        /// Echo times.
        n_times: usize,
        /// Echoes.
        n_echoes: usize,
        /// Who says them.
        said_by: Source,
    },
    /// Echo times that do not increase.
    #[error("the echo times {} ms do not increase, by {said_by}", list(ms))]
    EchoTimeOrder {
        /// What was found.
        ms: Vec<f64>,
        /// Who says them.
        said_by: Source,
    },
    /// Times that no gradient echo has, as in another unit.
    #[error("{said_by} gives echo times of {} ms; those of gradient echoes end between 0.2 and 500 ms", list(ms))]
    EchoTimeRange {
        /// What was found.
        ms: Vec<f64>,
        /// Who says them.
        said_by: Source,
    },
    /// The files of two parts of one signal come in different orders.
    #[error("the {} has echo times {} ms, the {} {} ms", what[0], list(&ms[0]), what[1], list(&ms[1]))]
    Order {
        /// The two parts.
        what: [&'static str; 2],
        /// Echo times of each by its sidecars, ms.
        ms: [Vec<f64>; 2],
    },
    /// The phase of one echo is not what the others are.
    #[error("the phase of echo {echo} lies in {:.4} ... {:.4}, which is no phase in {unit}: {}", range[0], range[1], path.display())]
    PhaseOfEcho {
        /// Its file.
        path: PathBuf,
        /// Its number, from 1.
        echo: usize,
        /// Its least and largest value.
        range: [f64; 2],
        /// Unit of the phase of all echoes.
        unit: &'static str,
    },
    /// The field strength is nowhere.
    #[error("the field strength is not known")]
    NoFieldStrength,
    /// A field strength that no scanner has, as in another unit.
    #[error("{said_by} gives a field strength of {t} T; those of scanners lie between 0.01 and 21 T")]
    FieldStrength {
        /// What was found.
        t: f64,
        /// Who says it.
        said_by: Source,
    },
    /// Images of two scanners.
    #[error("{} is from {} T and {} from {} T", paths[0].display(), t[0], paths[1].display(), t[1])]
    FieldStrengths {
        /// Field strengths, T.
        t: [f64; 2],
        /// Their images.
        paths: [PathBuf; 2],
    },
}

impl Failure for EchoError {
    fn slug(&self) -> &'static str {
        match self {
            EchoError::NoFiles { .. } => "no-echoes",
            EchoError::Counts { .. } => "echo-count",
            EchoError::Empty { .. } => "empty-echo",
            EchoError::NegativeMagnitude { .. } => "negative-magnitude",
            EchoError::PhaseUnit { .. } => "phase-unit",
            EchoError::NoEchoTime { .. } => "no-echo-times",
            EchoError::EchoTimeCount { .. } => "echo-time-count",
            EchoError::EchoTimeOrder { .. } => "echo-time-order",
            EchoError::EchoTimeRange { .. } => "echo-time-range",
            EchoError::Order { .. } => "echo-order",
            EchoError::PhaseOfEcho { .. } => "phase-of-echo",
            EchoError::NoFieldStrength => "no-field-strength",
            EchoError::FieldStrength { .. } => "field-strength",
            EchoError::FieldStrengths { .. } => "field-strengths",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            EchoError::NoFiles { .. } => Exit::Usage,
            EchoError::NoEchoTime { .. } | EchoError::NoFieldStrength => Exit::Unreadable,
            _ => Exit::Mismatch,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            EchoError::NoFiles { .. } | EchoError::Counts { .. } => {
                "give one 4-D file (echo last) or one file an echo, in the same order for both parts".to_owned()
            }
            EchoError::Empty { .. } => "export that echo again, or leave it out of every list".to_owned(),
            EchoError::NegativeMagnitude { .. } => {
                "a magnitude is never negative: pass real and imaginary parts with --real and --imag".to_owned()
            }
            EchoError::PhaseUnit { .. } => {
                "state it with --phase-unit rad, or --phase-unit scanner for integers 0..4095 or -4096..4094 (pi/4096 a \
                 unit) or milliradians; or convert it to radians"
                    .to_owned()
            }
            EchoError::NoEchoTime { .. } | EchoError::EchoTimeCount { .. } => {
                "pass --echo-times-ms, one an echo, in their order".to_owned()
            }
            EchoError::EchoTimeOrder { .. } => "give the echoes in the order of their echo times".to_owned(),
            EchoError::Order { .. } => "give the files of both parts in the same order of echoes".to_owned(),
            EchoError::PhaseOfEcho { .. } => "convert all echoes alike, or leave that echo out of every list".to_owned(),
            EchoError::EchoTimeRange { .. } => {
                "pass --echo-times-ms in ms; in a sidecar EchoTime is in seconds".to_owned()
            }
            EchoError::NoFieldStrength => "pass --field-strength in tesla".to_owned(),
            EchoError::FieldStrength { .. } => {
                "pass --field-strength in tesla (the frequency in MHz over 42.58)".to_owned()
            }
            EchoError::FieldStrengths { .. } => {
                "give images of one acquisition, or mend MagneticFieldStrength in their sidecars".to_owned()
            }
        })
    }
}
