//! What can go wrong in fat-fraction work that is no matter of files.

use crate::error::{Exit, Failure};

/// A failure of the Dixon kernels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DixonError {
    /// The values of a fat-fraction map contradict the unit that was stated.
    #[error(
        "the fat-fraction map cannot be in {stated}: the 99th percentile of its non-zero voxels is {p99_raw:.4}, {p99_percent:.2} % when read so"
    )]
    ImplausibleUnit {
        /// The unit that was stated.
        stated: &'static str,
        /// 99th percentile of the non-zero voxels as stored.
        p99_raw: f64,
        /// The same read in the stated unit, percent.
        p99_percent: f64,
        /// Units in which the map would be plausible.
        plausible: Vec<&'static str>,
    },
    /// A map or a pair of images holds no voxel with signal.
    #[error("{what} holds no voxel with signal")]
    NoSignal {
        /// What was looked at.
        what: &'static str,
    },
    /// No fat model of that name.
    #[error("there is no fat model `{name}`")]
    UnknownFatModel {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// A fat model of the user's own that cannot be one.
    #[error("the fat model `{name}` cannot be used: {problem}")]
    BadFatModel {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Echo times that cannot serve.
    #[error("{problem}")]
    EchoTimes {
        /// What is wrong with them.
        problem: String,
        /// What to do.
        remedy: String,
    },
}

impl Failure for DixonError {
    fn slug(&self) -> &'static str {
        match self {
            DixonError::ImplausibleUnit { .. } => "implausible-ff-unit",
            DixonError::NoSignal { .. } => "no-signal",
            DixonError::UnknownFatModel { .. } => "unknown-fat-model",
            DixonError::BadFatModel { .. } => "bad-fat-model",
            DixonError::EchoTimes { .. } => "unusable-echo-times",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            DixonError::UnknownFatModel { .. } => Exit::Usage,
            _ => Exit::Mismatch,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            DixonError::ImplausibleUnit { plausible, .. } if plausible.is_empty() => {
                "check that this is a fat-fraction map".to_owned()
            }
            DixonError::ImplausibleUnit { plausible, .. } => {
                format!(
                    "plausible would be --ff-unit {}; state what the scanner's documentation says",
                    plausible.join(" or ")
                )
            }
            DixonError::NoSignal { .. } => {
                "check that the right files were given and that they are not empty".to_owned()
            }
            DixonError::UnknownFatModel { known, .. } => format!("known models: {}", known.join(", ")),
            DixonError::BadFatModel { .. } => {
                "give shifts in ppm from water (ppm of TMS minus 4.7) and as many positive amplitudes".to_owned()
            }
            DixonError::EchoTimes { remedy, .. } => remedy.clone(),
        })
    }
}
