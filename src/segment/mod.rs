//! Masks drawn by a network of the user: what it wants to see, piece by piece over the image, and what its answers mean.
//!
//! [`Settings`] state everything that a network file does not say itself (they lie beside it); [`network_grid`] is the grid
//! it works on, [`normalised`] brings the values into its range, [`in_pieces`] runs it over the image, [`Answer::labels`]
//! reads its answers. [`open`] makes a [`Network`] of an ONNX file, in builds with the feature `segment`. Nothing here touches
//! a file.

mod answer;
mod error;
#[cfg(feature = "segment")]
mod network;
mod normalise;
mod pieces;
mod settings;
mod viewing;

pub use answer::{Answer, Labelled};
pub use error::SegmentError;
pub use normalise::{Normalise, Normalised, normalised};
pub use pieces::{Blend, Pieces, in_pieces};
pub use settings::{Axes, Class, Output, Patch, Settings, TEMPLATE};
pub use viewing::{network_grid, seen_on};

use ndarray::Array4;

/// Anything that gives numbers for each voxel of a piece.
pub trait Network: Sync {
    /// Its answer for one piece: `[classes, size]` of `[channels, size]`.
    ///
    /// # Errors
    /// [`SegmentError::Run`] where it cannot be run on this size, [`SegmentError::Shape`] for an answer of other axes.
    fn run(&self, piece: Array4<f32>) -> Result<Array4<f32>, SegmentError>;

    /// The sides of a piece that are fixed in the network, in the order of its axes; 1 across slices.
    fn fixed(&self) -> [Option<usize>; 3];
}

/// The library that runs networks, with its version.
///
/// # Errors
/// [`SegmentError::NotBuilt`] in a program without one.
pub fn engine() -> Result<&'static str, SegmentError> {
    #[cfg(feature = "segment")]
    return Ok(network::ENGINE);
    #[cfg(not(feature = "segment"))]
    return Err(SegmentError::NotBuilt);
}

/// The network in these bytes of an ONNX file, for so many images.
///
/// # Errors
/// [`SegmentError::NotOnnx`], [`SegmentError::Operators`], [`SegmentError::Shape`] where its input is another, or
/// [`SegmentError::NotBuilt`].
pub fn open(bytes: &[u8], file: &str, axes: Axes, n_channels: usize) -> Result<Box<dyn Network>, SegmentError> {
    #[cfg(feature = "segment")]
    return Ok(Box::new(network::OnnxNetwork::read(bytes, file, axes, n_channels)?));
    #[cfg(not(feature = "segment"))]
    {
        let _ = (bytes, file, axes, n_channels);
        Err(SegmentError::NotBuilt)
    }
}
