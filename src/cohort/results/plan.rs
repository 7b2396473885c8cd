//! What was declared: family of a variable, direction of a marker, the outcome.

use serde::{Deserialize, Serialize};

/// Role of a variable in the declared analysis plan; Holm's correction runs within each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Named as primary in `study.toml` (at most two).
    Primary,
    /// Named as secondary.
    Secondary,
    /// Everything else; the word stands in every table and plot.
    Exploratory,
}

/// The plan that was declared before the data were seen, with its fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanStamp {
    /// SHA-256 of `{"primary":[...],"secondary":[...]}`, each marker as it was declared.
    pub sha256: String,
    /// Primary markers, at most two.
    pub primary: Vec<String>,
    /// Secondary markers.
    pub secondary: Vec<String>,
}

/// Which way a marker points to the positive class. Declared, never found from the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Higher values speak for the positive class.
    Higher,
    /// Lower values speak for the positive class.
    Lower,
}

/// The outcome as analysed: which column, which values count as positive, how many of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Column of the table.
    pub column: String,
    /// Values that count as positive, e.g. `["sCR", "CR", "VGPR"]`.
    pub positive: Vec<String>,
    /// Patients in the positive class.
    pub n_positive: usize,
    /// Patients in the negative class.
    pub n_negative: usize,
    /// Patients without an outcome, by subject.
    pub missing: Vec<String>,
}
