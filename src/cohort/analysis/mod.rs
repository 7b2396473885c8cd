//! The analyses of a cohort: group comparisons, logistic models, ROC curves, validation, and all of them in one go.
//!
//! Each part takes a [`Frame`], an [`Endpoint`](super::endpoint::Endpoint) and the declared markers, and fills its shape of
//! [`results`](super::results). The statistics themselves are in [`crate::stats`].

pub mod agreement;
pub mod compare;
pub mod diagnostics;
pub mod fit;
pub mod flow;
pub mod roc;
mod study;
pub mod table_one;
pub mod validate;

pub use study::{Analysis, Inputs, MULTIVARIABLE, analyse, clinical_table, method_of};

use super::Frame;
use super::results::Family;

/// Seed of every resampling that is not told otherwise: the DOI number of the study that is served first.
pub const SEED: u64 = 229_607;

/// Markers beyond the plan that a study offers: percentage changes of laboratory columns, and the change in points of
/// planned percentage changes. Called exploratory wherever they are shown.
pub fn exploratory_columns(frame: &Frame, planned: &[super::Marker], laboratory: &[String]) -> Vec<String> {
    let is_planned = |column: &str| planned.iter().any(|marker| marker.column == column);
    let points = planned.iter().filter_map(|marker| match marker.change() {
        Some((column, "pct")) => Some(format!("{column}__abs")),
        _ => None,
    });
    let laboratory = laboratory.iter().map(|column| format!("{column}__pct"));
    // what never changes, like an age or a reference limit, is no marker of change
    let varies = |column: &String| {
        let mut known = frame.numbers(column).unwrap_or_default().iter().flatten();
        known.next().is_some_and(|first| known.any(|value| value != first))
    };
    points.chain(laboratory).filter(|column| !is_planned(column) && varies(column)).collect()
}

/// Family of a column: that of the marker in the plan, else exploratory.
pub fn family_of(column: &str, planned: &[super::Marker]) -> Family {
    planned.iter().find(|marker| marker.column == column).map_or(Family::Exploratory, |marker| marker.family)
}
