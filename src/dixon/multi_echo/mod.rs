//! Water, fat, fat fraction, R2* and field from three or more complex echoes.
//!
//! Inputs  complex echoes `[x, y, z, echo]`, Fortran order, echo times in ms, field strength in T, voxel sides in mm
//! Output  PDFF (percent, never clipped), water, fat (signal units), R2* (1/s), field (Hz, modulo the period of the echo
//!         spacing), Cramer-Rao standard deviation of PDFF (percentage points), residual, suspected swaps
//! Method  for each voxel all minima of the residual over the field (variable projection, a trigonometric polynomial:
//!         [`residual`]); the choice among them by TRW-S over the neighbours ([`message_passing`]) and moves of whole
//!         regions ([`moves`]); water, fat, field and R2* refined together ([`refine`]). Signal model: Reeder 2012
//!         (doi:10.1002/jmri.23741), Hernando 2010 (doi:10.1002/mrm.22177 for the joint estimate).
//! Limits  single R2* for water and fat; the field is known modulo one period; a voxel without signal has no answer
//!
//! | module | holds |
//! |---|---|
//! | [`model`] | the signal at the echo times, the projection onto water and fat |
//! | `source`, `noise` | echoes voxel by voxel; their noise |
//! | [`residual`], [`minima`] | the residual over the field and its minima |
//! | `acquisition` | what holds for the whole acquisition |
//! | [`bipolar`] | the odd/even phase of bipolar read-outs |
//! | `labelling`, [`graph`], [`message_passing`], [`moves`] | which minimum each voxel takes |
//! | [`refine`] | the fit of one voxel and its uncertainty |
//! | `maps`, `withhold` | maps of the fits, and what is withheld |
//! | [`separate`](separate()) | all of it in order |

mod acquisition;
pub mod bipolar;
pub mod graph;
pub(super) mod labelling;
#[cfg(test)]
mod labelling_tests;
pub(super) mod maps;
pub mod message_passing;
pub mod minima;
pub mod model;
pub mod moves;
pub(super) mod noise;
pub mod refine;
pub mod residual;
mod separate;
pub(super) mod source;
#[cfg(test)]
mod tests;
mod types;
pub(super) mod withhold;

pub use bipolar::{Bipolar, OddEvenPhase};
pub use model::Precession;
pub use separate::separate;
pub use types::{Echoes, Found, Params, PrecessionChoice, Separation, Withhold};

/// The method in words, for sidecars.
pub const METHOD: &str = "water, fat, field and R2* from complex echoes: variable projection with a trigonometric residual, \
     TRW-S labelling (doi:10.1109/TPAMI.2006.200), joint refinement; magnitude discrimination (Liu 2007, \
     doi:10.1002/mrm.21301)";
