//! Fat fraction and dropout ratio from Dixon images. Pure kernels: views in, arrays out, no file is touched.
//!
//! | module | computes |
//! |---|---|
//! | [`fat_model`] | the spectrum of fat as data, and when water and fat are in and out of phase |
//! | [`magnitude_maps`] | fat fraction of a given map, or from water and fat images; the ratio of sums in a region |
//! | [`two_point`](mod@two_point) | the naive signal fat fraction of an in-/opposed-phase pair |
//! | [`echo_pair`] | the two proton-density answers of the magnitudes of two echoes |
//! | [`multi_echo`] | water, fat, R2* and field from three or more complex echoes |
//! | [`two_echoes`] | the same from two complex echoes, R2* given |
//! | [`magnitude_echoes`] | the same from their magnitudes alone, where the phase was not kept |
//! | [`t1_bias`] | what T1 weighting does to a fat fraction |
//! | [`dropout`] | the dropout ratio, with an optional R2* correction, and its regime |
//!
//! Fat fractions are in percent and never clipped to 0-100: clipping biases the 2 % that matters. NaN = not measured.

pub mod dropout;
pub mod echo_pair;
mod error;
pub mod fat_model;
pub mod magnitude_echoes;
pub mod magnitude_maps;
pub mod multi_echo;
pub mod t1_bias;
pub mod two_echoes;
pub mod two_point;

pub use dropout::{Regime, dropout_ratio};
pub use error::DixonError;
pub use fat_model::{FatModel, Phase};
pub use magnitude_maps::{FfUnit, region_ratio, scaled_map, signal_fat_fraction};
pub use two_point::two_point;
