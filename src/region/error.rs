//! What can go wrong with regions: schemes, selections, levels that are not there or not in order.

use crate::error::{Exit, Failure};
use std::path::PathBuf;

/// A failure of naming or finding regions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegionError {
    /// No scheme has this name and there is no such file.
    #[error("there is no label scheme '{name}'")]
    UnknownScheme {
        /// What was given.
        name: String,
    },
    /// A label table cannot be understood.
    #[error("cannot read the label table {}: {reason}", path.display())]
    LabelTable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A map that should say what its integers mean does not.
    #[error("{file} does not say what its integers mean")]
    NoEmbeddedNames {
        /// The label map.
        file: String,
    },
    /// The names in a map cannot be used.
    #[error("the names in {file} ({place}) cannot be used: {reason}")]
    EmbeddedNames {
        /// The label map.
        file: String,
        /// Where the names stand.
        place: &'static str,
        /// What is wrong with them.
        reason: String,
    },
    /// The names in a map contradict the scheme that was named.
    #[error("label {label} of {file} is {stated} in the scheme {scheme}, and {place} calls it {named}")]
    SchemeContradicted {
        /// The label map.
        file: String,
        /// First label that is named otherwise.
        label: i32,
        /// What the scheme says.
        stated: String,
        /// What the map says.
        named: String,
        /// The scheme.
        scheme: String,
        /// Where the names stand.
        place: &'static str,
    },
    /// It is not clear which class of a map is the vertebral body.
    #[error("{}", match class {
        Some(class) => format!("{file} holds no class {class}"),
        None => format!("{file} holds several classes, and nothing says which is the vertebral body"),
    })]
    BodyClass {
        /// The mask.
        file: String,
        /// The class asked for.
        class: Option<i32>,
        /// The classes there.
        there: String,
    },
    /// A selection of levels that means nothing.
    #[error("'{text}' names no region: {reason}")]
    Selection {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// None of the requested levels is in the label map.
    #[error("the label map holds none of {requested}")]
    NotFound {
        /// The selection as given.
        requested: String,
        /// Levels that the label map does hold under this scheme.
        present: Vec<String>,
        /// The scheme.
        scheme: String,
        /// Levels left out by the list of exclusions.
        excluded: Vec<String>,
    },
    /// Nothing is left of a region.
    #[error("nothing is left of {region} after taking {erode_mm} mm off its surface ({n_before} voxels before)")]
    Empty {
        /// The region.
        region: String,
        /// Erosion, mm.
        erode_mm: f64,
        /// Voxels before the erosion.
        n_before: usize,
    },
    /// A mask without a voxel.
    #[error("the mask {} is empty", path.display())]
    EmptyMask {
        /// The file.
        path: PathBuf,
    },
    /// The centres of the vertebrae do not lie in the order of their names.
    #[error("{upper} lies below {lower} in the label map read as {scheme}")]
    Order {
        /// The level that should lie higher.
        upper: String,
        /// The level that should lie lower.
        lower: String,
        /// The scheme.
        scheme: String,
        /// `L1 centre at 12.3 mm`, cranial to caudal by name.
        centres: Vec<String>,
    },
}

impl Failure for RegionError {
    fn slug(&self) -> &'static str {
        match self {
            RegionError::UnknownScheme { .. } => "unknown-scheme",
            RegionError::LabelTable { .. } => "unreadable-label-table",
            RegionError::NoEmbeddedNames { .. } => "no-embedded-names",
            RegionError::EmbeddedNames { .. } => "unusable-names",
            RegionError::SchemeContradicted { .. } => "scheme-contradicted",
            RegionError::BodyClass { .. } => "body-class",
            RegionError::Selection { .. } => "unknown-region",
            RegionError::NotFound { .. } => "region-not-found",
            RegionError::Empty { .. } => "empty-region",
            RegionError::EmptyMask { .. } => "empty-mask",
            RegionError::Order { .. } => "vertebra-order",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            RegionError::UnknownScheme { .. } | RegionError::Selection { .. } | RegionError::NoEmbeddedNames { .. } => {
                Exit::Usage
            }
            RegionError::LabelTable { .. } => Exit::Unreadable,
            RegionError::NotFound { .. }
            | RegionError::Empty { .. }
            | RegionError::EmptyMask { .. }
            | RegionError::EmbeddedNames { .. }
            | RegionError::SchemeContradicted { .. }
            | RegionError::BodyClass { .. }
            | RegionError::Order { .. } => Exit::Mismatch,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            RegionError::NotFound { present, scheme, excluded, .. } => {
                let listed = if present.is_empty() { "no vertebra".to_owned() } else { present.join(" ") };
                let mut lines = vec![format!("read as {scheme} it holds {listed}")];
                if !excluded.is_empty() {
                    lines.push(format!("excluded by request: {}", excluded.join(" ")));
                }
                lines
            }
            RegionError::Order { centres, .. } => centres.clone(),
            RegionError::BodyClass { there, .. } => vec![format!("it holds: {there}")],
            _ => Vec::new(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            RegionError::UnknownScheme { .. } => {
                format!(
                    "use one of {}, {} (the map's own names), or a BIDS dseg.tsv or ITK-SNAP label file",
                    super::scheme::NAMES.join(", "),
                    super::EMBEDDED
                )
            }
            RegionError::LabelTable { .. } => {
                "give a BIDS dseg.tsv (columns index, name) or an ITK-SNAP label file".to_owned()
            }
            RegionError::NoEmbeddedNames { .. } => {
                format!("name the scheme (--scheme, of a study [regions] scheme): {}, or a label table", super::scheme::NAMES.join(", "))
            }
            RegionError::EmbeddedNames { .. } => {
                "name the segments L1, T12, sacrum ..., each once, or name the scheme of the integers".to_owned()
            }
            RegionError::SchemeContradicted { .. } => {
                format!("the map says itself what its labels are: leave the scheme out, or say `{}`", super::EMBEDDED)
            }
            RegionError::BodyClass { .. } => {
                "say which class is the body (--body-class, of a study [regions] body_class): 49 in a SPINEPS semantic mask, 1 \
                 in TotalSegmentator's vertebrae_body"
                    .to_owned()
            }
            RegionError::Selection { .. } => "use L1-L5, L1,L3, lumbar or spine".to_owned(),
            RegionError::NotFound { .. } => "check --scheme and --region against the label map".to_owned(),
            RegionError::Empty { .. } => "erode less, or leave this level out".to_owned(),
            RegionError::EmptyMask { .. } => {
                "give two masks that hold something: inside is what is not zero".to_owned()
            }
            RegionError::Order { .. } => {
                "check the scheme: the same integers mean other bones elsewhere; if it is right, the map is stored upside down \
                 against its header: export it again on the image"
                    .to_owned()
            }
        })
    }
}
