//! IMWG response category, CR/VGPR label, ISS and R-ISS from laboratory values.
//!
//! Criteria: Kumar 2016 (doi:10.1016/S1470-2045(16)30206-6); ISS: Greipp 2005 (doi:10.1200/JCO.2005.04.242); R-ISS:
//! Palumbo 2015 (doi:10.1200/JCO.2015.61.2267). A criterion whose inputs are missing is neither met nor failed: the
//! result is then the range of categories still possible, and the binary label is given where the whole range lies on one
//! side. Nothing is imputed. Progression stays possible where a value that the disease is followed by is missing; lesions that
//! nobody recorded cannot show it. Light chains of two assays are not held against each other.
//! A physician's category is accepted, and told where it lies outside the laboratory's range.

mod assay;
mod category;
mod criteria;
mod labs;
mod stage;
mod units;

pub use assay::Assay;
pub use category::{Category, Range};
pub use criteria::range;
pub use labs::{ASSAY_COLUMN, CATEGORY_COLUMN, Labs, Reading, WORDS, visits};
pub use stage::{iss, r_iss};
pub use units::{QUANTITIES, Quantity, Source};

use super::results::ResponseRow;
use super::{CohortError, Table};
use crate::error::Warning;

/// One patient at one session.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`.
    pub session: String,
    /// What the laboratory gave.
    pub labs: Labs,
}

/// Response at every visit after the first of each patient. `visits` are in order of subject and time.
pub fn rows(visits: &[Visit]) -> Vec<ResponseRow> {
    let mut rows = Vec::new();
    for patient in visits.chunk_by(|a, b| a.subject == b.subject) {
        let Some((first, later)) = patient.split_first() else { continue };
        for (n, visit) in later.iter().enumerate() {
            let before: Vec<&Labs> = patient[..=n].iter().map(|v| &v.labs).collect();
            let found = range(&first.labs, &before, &visit.labs);
            rows.push(row(visit, &first.labs, found));
        }
    }
    rows
}

fn row(visit: &Visit, baseline: &Labs, found: Range) -> ResponseRow {
    let mut reasons = found.reasons.clone();
    let judged = visit.labs.best_response;
    if let Some(category) = judged
        && !found.holds(category)
    {
        reasons.push(format!("physician: {category}, outside the laboratory's range {found}"));
    }
    if baseline.flc_assay != visit.labs.flc_assay && visit.labs.kappa_mg_l.is_some() {
        reasons.push("free light chains by another assay than at baseline: their change is not told".to_owned());
    }
    let category = judged.or(found.decided());
    ResponseRow {
        subject: visit.subject.clone(),
        session: visit.session.clone(),
        category: category.map(|c| c.to_string()),
        range: found.to_string(),
        physician: judged.map(|c| c.to_string()),
        label: judged.map_or_else(|| found.label(), |c| Some(u8::from(c.is_deep()))),
        confirmed: visit.labs.confirmed,
        reasons,
        iss: iss(baseline),
        r_iss: r_iss(baseline),
    }
}

/// Subjects whose physician's category lies outside the laboratory's range.
fn disagreements(rows: &[ResponseRow]) -> Vec<Warning> {
    let outside = rows.iter().flat_map(|row| {
        let told = row.reasons.iter().filter(|reason| reason.starts_with("physician: "));
        told.map(move |reason| {
            Warning::new("response-disagreement", format!("{} {}: {reason}", row.subject, row.session))
        })
    });
    outside.collect()
}

/// The response of a clinical table; `sessions` in order of time, others are not read.
///
/// # Errors
/// Those of [`visits`].
pub fn of_table(
    table: &Table,
    sessions: &[&str],
    reading: &Reading,
) -> Result<(Vec<ResponseRow>, Vec<Warning>), CohortError> {
    let (visits, mut warnings) = visits(table, sessions, reading)?;
    let rows = rows(&visits);
    warnings.extend(disagreements(&rows));
    Ok((rows, warnings))
}

/// Columns of `tables/response.csv`.
pub const COLUMNS: [&str; 10] =
    ["subject", "session", "category", "range", "physician", "label", "confirmed", "iss", "r_iss", "reasons"];

/// One row of `tables/response.csv`.
pub fn cells(row: &ResponseRow) -> Vec<String> {
    let number = |value: Option<u8>| value.map(|v| v.to_string()).unwrap_or_default();
    vec![
        row.subject.clone(),
        row.session.clone(),
        row.category.clone().unwrap_or_default(),
        row.range.clone(),
        row.physician.clone().unwrap_or_default(),
        number(row.label),
        if row.confirmed == Some(true) { "confirmed" } else { "unconfirmed" }.to_owned(),
        number(row.iss),
        number(row.r_iss),
        row.reasons.join("; "),
    ]
}
