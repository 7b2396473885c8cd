//! What can go wrong with an image: reading, geometry, writing.

use super::Grid;
use crate::error::{Exit, Failure};
use std::path::PathBuf;

/// A failure of reading, comparing or writing images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// Two images that must be read together lie on different grids.
    #[error("the {} and the {} are not on the same grid", roles[0], roles[1])]
    GridMismatch {
        /// What the two images are.
        roles: [String; 2],
        /// Their file names.
        files: [String; 2],
        /// Their grids.
        grids: Box<[Grid; 2]>,
        /// Largest displacement of a corner, mm.
        displacement_mm: f64,
        /// What would have been allowed, mm.
        allowed_mm: f64,
    },
    /// A file cannot be opened or read to its end.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system or the decoder said.
        reason: String,
    },
    /// An output cannot be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// An output is there already and `--force` was not given.
    #[error("{} exists", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
}

impl Failure for ImageError {
    fn slug(&self) -> &'static str {
        match self {
            ImageError::GridMismatch { .. } => "grid-mismatch",
            ImageError::Read { .. } => "unreadable-image",
            ImageError::Write { .. } => "unwritable-output",
            ImageError::Exists { .. } => "output-exists",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            ImageError::GridMismatch { .. } => Exit::Mismatch,
            ImageError::Read { .. } => Exit::Unreadable,
            ImageError::Write { .. } => Exit::Internal,
            ImageError::Exists { .. } => Exit::Exists,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            ImageError::GridMismatch { roles, files, grids, displacement_mm, allowed_mm } => {
                let widest = |of: &[String; 2]| of.iter().map(String::len).max().unwrap_or(0);
                let (role_width, file_width) = (widest(roles), widest(files));
                let mut lines: Vec<String> = (0..2)
                    .map(|n| format!("{:role_width$}  {:file_width$}  {}", roles[n], files[n], grids[n].describe()))
                    .collect();
                lines.push(format!(
                    "largest corner displacement {displacement_mm:.2} mm (allowed {allowed_mm:.2} mm: 10 % of the smallest voxel side)"
                ));
                lines
            }
            _ => Vec::new(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            ImageError::GridMismatch { roles, .. } => {
                format!("export the {} on the grid of the {}, or draw them there", roles[1], roles[0])
            }
            ImageError::Read { .. } => "check that the file is a complete NIfTI image".to_owned(),
            ImageError::Write { .. } => "check that the folder exists, is writable and has space".to_owned(),
            ImageError::Exists { .. } => "pass --force to replace it, or choose another --out".to_owned(),
        })
    }
}
