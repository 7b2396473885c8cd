//! Dropout ratio and disease burden.

use super::{CompareResults, FlowEntry};
use serde::{Deserialize, Serialize};

/// `results/dropout.json`: correlations over `tables/water_dominant.csv`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DropoutResults {
    /// Column of the dropout ratio.
    pub column: String,
    /// Session of both sides.
    pub session: String,
    /// Pairs of columns that were correlated.
    pub pairs: Vec<[String; 2]>,
    /// The tests: Spearman's rank correlation, Holm-adjusted over the pairs.
    pub compare: CompareResults,
    /// Patients with a dropout ratio in whose marrow water does not dominate, or is not known to.
    pub left_out: Vec<FlowEntry>,
}
