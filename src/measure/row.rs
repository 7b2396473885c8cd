//! One measured number, as it stands in the long table.

use crate::units::Unit;
use serde::Serialize;

/// One number of one session: a row of `tables/long.csv`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureRow {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`.
    pub session: String,
    /// Biomarker, e.g. `sff`.
    pub measure: String,
    /// Vertebra, pooled range or `body`.
    pub region: String,
    /// `mean`, `median`, `total` ...
    pub statistic: String,
    /// The number; `None` where it could not be measured.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: Unit,
    /// Voxels it rests on.
    pub n_voxels: usize,
    /// Slugs of what was noticed about it.
    pub qc_flags: Vec<String>,
}

impl MeasureRow {
    /// Column names of the long table, in order.
    pub const COLUMNS: [&str; 9] =
        ["subject", "session", "measure", "region", "statistic", "value", "unit", "n_voxels", "qc_flags"];

    /// `<measure>_<statistic>_<region>`: the row's column in the wide table, without the session.
    pub fn column(&self) -> String {
        format!("{}_{}_{}", self.measure, self.statistic, self.region)
    }
}
