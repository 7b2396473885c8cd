//! One file a plot. Each turns results into a [`Drawing`](super::Drawing); the functions here also write it.
//!
//! A plot marks what is exploratory with that word, gives the number of patients, and computes nothing.

pub mod axes;
mod roc;

use crate::cohort::results::RocResults;
use crate::error::Result;
use std::path::Path;

pub use roc::roc_figure;

/// ROC curves with AUC, interval, cut-offs and patients, as SVG and PNG.
///
/// # Errors
/// Where there is no curve to draw, or a file cannot be written. Whether the files exist already is the caller's to check
/// before any work.
pub fn roc(results: &RocResults, svg: &Path, png: &Path) -> Result<()> {
    roc_figure(results)?.save(svg, png)
}
