//! What an image is, and how it is read and written. Knows no biomarker.
//!
//! [`Grid`] says where voxels lie, [`Volume`], [`Series`], [`Mask`] and [`Labels`] hold them.

mod error;
mod grid;
mod volume;

pub use error::ImageError;
pub use grid::Grid;
pub use volume::{Labels, Mask, Series, Volume, filled};
