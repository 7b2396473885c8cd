//! What can go wrong between an image and a network.

use crate::error::{Exit, Failure};

/// A failure of preparing, running or reading a network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The program was built without what runs networks.
    #[error("this build of myelomri runs no networks")]
    NotBuilt,
    /// There are no settings beside a network.
    #[error("{network} has no settings beside it: {settings} is missing")]
    NoSettings {
        /// The network.
        network: String,
        /// Where they would be.
        settings: String,
    },
    /// The settings of a network cannot be used.
    #[error("the network's settings {file} cannot be used: {reason}")]
    Settings {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file holds no network that can be read.
    #[error("{file} is no ONNX network that can be read: {reason}")]
    NotOnnx {
        /// The file.
        file: String,
        /// What the reader said.
        reason: String,
    },
    /// The network uses operators that are not implemented.
    #[error("{file} uses operators that are not supported: {operators}")]
    Operators {
        /// The file.
        file: String,
        /// Their names.
        operators: String,
    },
    /// Network, settings and images do not fit together.
    #[error("{what}: the network has {network}, {other}")]
    Shape {
        /// What is compared, e.g. `channels`.
        what: &'static str,
        /// What the network has.
        network: String,
        /// Who says something else, and what.
        other: String,
    },
    /// The network failed while it ran.
    #[error("the network cannot be run on a piece of {piece} voxels: {reason}")]
    Run {
        /// Size of the piece in the order of the network's axes.
        piece: String,
        /// What it said.
        reason: String,
    },
    /// Values that are no numbers.
    #[error("{what} holds {n} values that are not finite")]
    NotFinite {
        /// An image by its name, or the network's answer.
        what: String,
        /// How many.
        n: usize,
        /// The network's answer is meant.
        answer: bool,
    },
    /// An image cannot be normalised.
    #[error("{image} cannot be normalised: {reason}")]
    Flat {
        /// Its name.
        image: String,
        /// Why.
        reason: String,
    },
}

impl Failure for SegmentError {
    fn slug(&self) -> &'static str {
        match self {
            SegmentError::NotBuilt => "not-built",
            SegmentError::NoSettings { .. } => "no-network-settings",
            SegmentError::Settings { .. } => "bad-network-settings",
            SegmentError::NotOnnx { .. } => "not-onnx",
            SegmentError::Operators { .. } => "unsupported-operators",
            SegmentError::Shape { .. } => "network-mismatch",
            SegmentError::Run { .. } => "network-failed",
            SegmentError::NotFinite { .. } => "not-finite",
            SegmentError::Flat { .. } => "flat-image",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            SegmentError::NotBuilt | SegmentError::NoSettings { .. } | SegmentError::Settings { .. } => Exit::Usage,
            SegmentError::NotOnnx { .. } | SegmentError::Operators { .. } => Exit::Unreadable,
            SegmentError::Shape { .. }
            | SegmentError::Run { .. }
            | SegmentError::NotFinite { .. }
            | SegmentError::Flat { .. } => Exit::Mismatch,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            SegmentError::NoSettings { .. } => super::TEMPLATE.lines().map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            SegmentError::NotBuilt => "build myelomri with `cargo build --release --features segment`".to_owned(),
            SegmentError::NoSettings { settings, .. } => {
                format!("save the lines above as {settings}, after making each of them what the network was trained with")
            }
            SegmentError::Settings { .. } => {
                "correct the file; `myelomri segment` prints a template where there is none".to_owned()
            }
            SegmentError::NotOnnx { .. } => {
                "export the network as one ONNX file with its weights inside, one input and one output".to_owned()
            }
            SegmentError::Operators { .. } => {
                "export it with operators of ONNX opset 9 to 18, or draw the masks where it was trained".to_owned()
            }
            SegmentError::Shape { .. } => {
                "give the images in the order of `channels`, and state in the settings what the network was trained with"
                    .to_owned()
            }
            SegmentError::Run { .. } => {
                "state in the settings under [patch] a size that the network takes, mostly a multiple of 8, 16 or 32".to_owned()
            }
            SegmentError::NotFinite { answer: true, .. } => {
                "check that the settings normalise as in training, and that the network is whole".to_owned()
            }
            SegmentError::NotFinite { answer: false, .. } => {
                "give an image whose voxels are all measured: a signal, not a map with gaps".to_owned()
            }
            SegmentError::Flat { .. } => "give an image with a signal in it".to_owned(),
        })
    }
}
