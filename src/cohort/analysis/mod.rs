//! The analyses of a cohort: group comparisons, logistic models, ROC curves, validation, and all of them in one go.
//!
//! Each part takes a [`Frame`], an [`Endpoint`](super::endpoint::Endpoint) and the declared markers, and fills its shape of
//! [`results`](super::results). The statistics themselves are in [`crate::stats`].

pub mod agreement;
pub mod compare;
pub mod diagnostics;
pub mod dropout;
pub mod fit;
pub mod flow;
pub mod roc;
mod study;
pub mod table_one;
pub mod validate;

pub use study::{Analysis, Inputs, MULTIVARIABLE, analyse, clinical_table, method_of};

use super::Frame;
use super::results::Family;
use crate::error::Warning;

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

/// Fewer patients than this leave variances by patients too small.
const FEW_PATIENTS: usize = 30;

/// That several rows are of one patient, with what follows for this analysis.
fn clustered(frame: &Frame, note: &str) -> Vec<Warning> {
    let rows: Vec<usize> = (0..frame.subjects.len()).collect();
    frame.clusters(&rows).map_or_else(Vec::new, |cluster| clustered_rows(&cluster, note))
}

/// The same of the patient of each row.
fn clustered_rows(cluster: &[usize], note: &str) -> Vec<Warning> {
    let (rows, patients) = (cluster.len(), crate::stats::clustered::count(cluster));
    let mut told = vec![Warning::new("clustered-rows", format!("{rows} rows of {patients} patients: {note}"))];
    if patients < FEW_PATIENTS {
        let message = format!("{patients} patients are few for variances by patients: they come out too small");
        told.push(Warning::new("few-patients", message));
    }
    told
}

/// Family of a column: that of the marker in the plan, else exploratory.
pub fn family_of(column: &str, planned: &[super::Marker]) -> Family {
    planned.iter().find(|marker| marker.column == column).map_or(Family::Exploratory, |marker| marker.family)
}

/// Family of a model: the one that all its columns have, else exploratory.
pub fn family_of_all<'a>(columns: impl IntoIterator<Item = &'a str>, planned: &[super::Marker]) -> Family {
    let mut families = columns.into_iter().map(|column| family_of(column, planned));
    let first = families.next().unwrap_or(Family::Exploratory);
    if families.all(|family| family == first) { first } else { Family::Exploratory }
}
