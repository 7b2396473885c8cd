//! Rows of single patients: change, response, patient flow.

use crate::error::Warning;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One subject's change in one column; a row of `tables/changes.csv` and of the `change` command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Column without its session suffix, e.g. `sff_mean_L1-L5`.
    pub column: String,
    /// Value before treatment.
    pub baseline: Option<f64>,
    /// Value at follow-up.
    pub followup: Option<f64>,
    /// Follow-up minus baseline, in the column's unit.
    pub abs: Option<f64>,
    /// Percent of baseline; null where the baseline is zero or negative.
    pub pct: Option<f64>,
    /// Natural logarithm of follow-up / baseline; null where either is not positive.
    pub log: Option<f64>,
    /// 100 (follow-up - baseline) / (follow-up + baseline), -100 to 100; null where either is negative or both are zero.
    pub sym: Option<f64>,
    /// Slugs, joined by `;` in CSV: `missing-followup`, `zero-baseline`, `low-baseline` ...
    pub flags: Vec<String>,
}

/// One subject's response at one session; a row of `tables/response.csv` and of the `response` command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponseRow {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`.
    pub session: String,
    /// IMWG category where the inputs decide it: sCR, CR, VGPR, PR, MR, SD, PD.
    pub category: Option<String>,
    /// Categories still possible, worst to best, e.g. `VGPR..CR`.
    pub range: String,
    /// Category that a physician gave; it is then the category, and one outside the range is told in `reasons`.
    pub physician: Option<String>,
    /// 1 for sCR, CR or VGPR, 0 for the others, null where the range lies on both sides.
    pub label: Option<u8>,
    /// Whether two consecutive assessments agree; null where not recorded.
    pub confirmed: Option<bool>,
    /// Which rules decided, which inputs are missing.
    pub reasons: Vec<String>,
    /// ISS stage at baseline (1-3).
    pub iss: Option<u8>,
    /// R-ISS stage at baseline (1-3).
    pub r_iss: Option<u8>,
}

/// `results/flow.json`: who was measured, who is missing, who was left out, with reasons.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PatientFlow {
    /// Subjects found in images or tables.
    pub n_subjects: usize,
    /// Subjects with both imaging visits measured.
    pub n_paired: usize,
    /// Subjects with both visits and an outcome.
    pub n_analysed: usize,
    /// Why each of the others was not analysed.
    pub not_analysed: Vec<FlowEntry>,
    /// Sessions of which some measures were kept out, with the flag that says why; the others enter the analysis.
    #[serde(default)]
    pub withheld: Vec<FlowEntry>,
    /// Levels left out by `exclusions.csv`.
    pub excluded_levels: Vec<FlowEntry>,
    /// Sessions that failed, with the message.
    pub failed_sessions: Vec<FlowEntry>,
    /// What must be known of the analysis as a whole, e.g. why there is no model.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// What was noticed while a session was measured, by `sub-X_ses-Y`.
    #[serde(default)]
    pub session_warnings: BTreeMap<String, Vec<Warning>>,
}

/// One line of the patient flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowEntry {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`; empty where the whole subject is meant.
    pub session: String,
    /// What is missing, excluded or failed, and why.
    pub reason: String,
}
