//! What can go wrong between the files of a session and its numbers.

use super::Role;
use crate::error::{Exit, Failure};

/// A failure of measuring one session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// Some images of a set are there, others not.
    #[error("{session} lacks {}", names(roles))]
    MissingFiles {
        /// `sub-X_ses-Y`.
        session: String,
        /// What is missing.
        roles: Vec<Role>,
    },
    /// Two files for one place.
    #[error("{session} has {} files for the role {role}", files.len())]
    AmbiguousRole {
        /// `sub-X_ses-Y`.
        session: String,
        /// Role and index.
        role: String,
        /// The files.
        files: Vec<String>,
    },
    /// As many of the one part as of the other are needed.
    #[error("{session} has {} echoes with a {} and {} with a {}", counts[0], parts[0], counts[1], parts[1])]
    EchoCount {
        /// `sub-X_ses-Y`.
        session: String,
        /// Magnitude and phase, or real and imaginary part.
        parts: [&'static str; 2],
        /// Echoes with each.
        counts: [usize; 2],
    },
    /// A mask without a voxel.
    #[error("the {} mask {file} is empty", role.name())]
    EmptyMask {
        /// What it is for.
        role: Role,
        /// The mask.
        file: String,
    },
    /// None of the biomarkers has its images.
    #[error("{session} has no image that a biomarker is measured on")]
    NothingToMeasure {
        /// `sub-X_ses-Y`.
        session: String,
    },
    /// No vertebra labels for a grid.
    #[error("there are no vertebra labels on the {grid} grid")]
    NoLabels {
        /// Which grid.
        grid: &'static str,
    },
    /// The tDV rule of the study needs something that the session or the settings lack.
    #[error("the tDV rule cannot be applied: {reason}")]
    Rule {
        /// What is missing.
        reason: String,
    },
    /// The signal b-value was not acquired.
    #[error("{file} has no volume at b = {signal_b} s/mm2; it has {found}")]
    NoSignalB {
        /// The station.
        file: String,
        /// b-value asked for.
        signal_b: f64,
        /// b-values there are.
        found: String,
    },
}

fn names(roles: &[Role]) -> String {
    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
}

impl Failure for MeasureError {
    fn slug(&self) -> &'static str {
        match self {
            MeasureError::MissingFiles { .. } => "missing-file",
            MeasureError::AmbiguousRole { .. } => "ambiguous-role",
            MeasureError::EchoCount { .. } => "echo-count",
            MeasureError::EmptyMask { .. } => "empty-mask",
            MeasureError::NothingToMeasure { .. } => "nothing-to-measure",
            MeasureError::NoLabels { .. } => "no-labels",
            MeasureError::Rule { .. } => "tdv-rule",
            MeasureError::NoSignalB { .. } => "no-signal-b",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            MeasureError::MissingFiles { .. }
            | MeasureError::NothingToMeasure { .. }
            | MeasureError::NoLabels { .. } => Exit::Unreadable,
            MeasureError::AmbiguousRole { .. }
            | MeasureError::EchoCount { .. }
            | MeasureError::EmptyMask { .. }
            | MeasureError::Rule { .. }
            | MeasureError::NoSignalB { .. } => Exit::Mismatch,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            MeasureError::MissingFiles { roles, .. } => {
                roles.iter().map(|role| format!("{:<14} expected at {}", role.name(), role.expected_file())).collect()
            }
            MeasureError::AmbiguousRole { files, .. } => files.clone(),
            _ => Vec::new(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            MeasureError::MissingFiles { .. } => {
                "add the files, or list them with their roles in manifest.csv".to_owned()
            }
            MeasureError::AmbiguousRole { .. } => {
                "move all but one away, or list the right one in manifest.csv; of several runs study.toml can say which: [files] \
                 run = \"first\" or \"last\""
                    .to_owned()
            }
            MeasureError::EchoCount { .. } => "add the echoes that are missing, or take all of one part away".to_owned(),
            MeasureError::EmptyMask { .. } => "draw the mask on the composed diffusion images and export it again".to_owned(),
            MeasureError::NothingToMeasure { .. } => {
                "add water and fat, in- and opposed-phase, a fat-fraction map or diffusion stations".to_owned()
            }
            MeasureError::NoLabels { grid } => {
                format!("add *_seg-vertebrae_dseg.nii.gz drawn on the {grid} images, or index `{grid}` in manifest.csv")
            }
            MeasureError::Rule { .. } => "complete the section [tdv] of study.toml".to_owned(),
            MeasureError::NoSignalB { .. } => {
                "set signal_b in the section [tdv] of study.toml to one of these".to_owned()
            }
        })
    }
}
