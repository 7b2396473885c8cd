//! `roles.csv`: one row a series (or part, segment, region) with its role and the evidence; the role is a person's to change.
//!
//! Rows are found again by `series`, a digest of the series' UID and of what tells the part from the rest of its series.
//! Where the role in the table is another than the automatic one it counts; `ambiguous` and `refused` say nothing.

use super::ImportError;
use crate::image::dicom::SeriesRole;
use crate::image::gradients::parse_b_values;
use crate::region::Level;
use crate::study::{StudyError, TextTable, write_csv};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the table in the study.
pub const FILE_NAME: &str = "roles.csv";
/// Its columns.
pub const COLUMNS: [&str; 12] = [
    "series",
    "subject",
    "session",
    "series_number",
    "part",
    "images",
    "matrix",
    "echo_time_ms",
    "b_values",
    "role",
    "index",
    "evidence",
];

/// One row.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Row {
    /// Digest, see the module.
    pub series: String,
    /// Label without `sub-`.
    pub subject: String,
    /// Label without `ses-`.
    pub session: String,
    /// Number on the console.
    pub series_number: i64,
    /// What tells it from the rest of the series: component, known words of the image type, segment.
    pub part: String,
    /// Number of images.
    pub images: usize,
    /// `256x256`.
    pub matrix: String,
    /// ms.
    pub echo_time_ms: Option<f64>,
    /// s/mm2, separated by blanks.
    pub b_values: String,
    /// See [`SeriesRole::name`].
    pub role: String,
    /// Station, echo or vertebra.
    pub index: String,
    /// What says so.
    pub evidence: String,
}

impl Row {
    /// As cells, in the order of [`COLUMNS`].
    pub fn cells(&self) -> Vec<String> {
        vec![
            self.series.clone(),
            self.subject.clone(),
            self.session.clone(),
            self.series_number.to_string(),
            self.part.clone(),
            self.images.to_string(),
            self.matrix.clone(),
            self.echo_time_ms.map(|te| te.to_string()).unwrap_or_default(),
            self.b_values.clone(),
            self.role.clone(),
            self.index.clone(),
            self.evidence.clone(),
        ]
    }
}

/// What a person wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct ByHand {
    /// The role; `None` where the row leaves it open.
    pub role: Option<SeriesRole>,
    /// b-values, for a diffusion series that states none.
    pub b_values: Vec<f64>,
    /// Vertebra, for a drawing of one.
    pub level: Option<Level>,
}

/// Reads the table of an earlier run; empty where there is none.
///
/// # Errors
/// [`StudyError`] where it is no table, [`ImportError::Table`] for an unknown role or b-values that are no numbers.
pub fn read(study: &Path) -> crate::error::Result<BTreeMap<String, ByHand>> {
    let path = study.join(FILE_NAME);
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let table = TextTable::read(&path, &["series", "role", "b_values", "index"]).map_err(|error| match error {
        StudyError::Table { reason, .. } => StudyError::Table { path: FILE_NAME.to_owned(), reason },
        other => other,
    })?;
    let mut rows = BTreeMap::new();
    for (n, row) in table.rows().enumerate() {
        let bad = |reason: String| ImportError::Table {
            path: FILE_NAME.to_owned(),
            reason: format!("row {}: {reason}", n + 2),
        };
        let role = SeriesRole::named(row[1]).ok_or_else(|| {
            let known: Vec<&str> = SeriesRole::ALL.iter().map(|role| role.name()).collect();
            bad(format!("no role `{}`; one of {}", row[1], known.join(", ")))
        })?;
        let b_values = match row[2] {
            "" => Vec::new(),
            text => parse_b_values(text).map_err(bad)?,
        };
        let level = Level::parse(row[3]);
        if role == SeriesRole::Vertebra && level.is_none() {
            return Err(bad(format!(
                "`{}` in the column index is no vertebra (expected one such as L3 or T12)",
                row[3]
            ))
            .into());
        }
        let role = Some(role).filter(|role| !matches!(role, SeriesRole::Ambiguous | SeriesRole::Refused));
        rows.insert(row[0].to_owned(), ByHand { role, b_values, level });
    }
    Ok(rows)
}

/// Writes the table.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(study: &Path, rows: &[Row]) -> crate::error::Result<()> {
    write_csv(&study.join(FILE_NAME), &COLUMNS, rows.iter().map(Row::cells))
}
