//! Group comparisons and Table 1.

use super::{Family, Outcome, PlanStamp};
use crate::error::Warning;
use serde::{Deserialize, Serialize};

/// `results/compare.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CompareResults {
    /// How the groups were made; absent for tests without an outcome.
    pub outcome: Option<Outcome>,
    /// One entry a test.
    pub tests: Vec<Test>,
    /// Table 1: one row a variable (and, for categories, one a level).
    pub table_one: Vec<TableOneRow>,
    /// How `p_adjusted` was made: `holm` or `benjamini-hochberg`.
    #[serde(default)]
    pub adjustment: String,
    /// The declared plan; without one everything is exploratory.
    #[serde(default)]
    pub plan: Option<PlanStamp>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// One statistical test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Column tested.
    pub variable: String,
    /// Its role in the plan.
    pub family: Family,
    /// Name of the test, e.g. `mann-whitney`, `welch-t`, `wilcoxon-signed-rank`, `ancova`, `spearman`, `fisher`.
    pub test: String,
    /// Patients used.
    pub n: usize,
    /// Test statistic.
    pub statistic: Option<f64>,
    /// Two-sided p.
    pub p: Option<f64>,
    /// p adjusted within `family` and test (Holm unless told otherwise); none for tests of whether a test may be used.
    pub p_adjusted: Option<f64>,
    /// Degrees of freedom of the statistic, where it has some.
    #[serde(default)]
    pub df: Vec<f64>,
    /// What was estimated, e.g. `hodges-lehmann-shift`, `mean-difference`, `adjusted-difference`, `rho`, `odds-ratio`.
    pub estimand: String,
    /// Levels of an odds ratio: `yes v no` is above 1 where the positive class, or the first of two columns, has more `yes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contrast: Option<String>,
    /// The estimate; positive group minus negative group, follow-up minus baseline.
    pub estimate: Option<f64>,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub ci_high: Option<f64>,
    /// How large the effect is in other units, and what goes with the test.
    #[serde(default)]
    pub effects: Vec<Effect>,
    /// Subjects left out for a missing value.
    pub missing: Vec<String>,
}

/// A number beside a test: `rank-biserial`, `cohen-d`, `hedges-g`, `phi`, `smallest-expected-count`, `zero-differences`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Effect {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: Option<f64>,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub ci_high: Option<f64>,
}

/// One row of Table 1, ready to paste.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableOneRow {
    /// Column, or `column = level`.
    pub variable: String,
    /// How the cells are written: `median [Q1, Q3]` or `n (%)`.
    pub summary: String,
    /// Non-missing patients in the positive / negative class.
    pub n: [usize; 2],
    /// The positive class.
    pub positive: String,
    /// The negative class.
    pub negative: String,
    /// Unadjusted two-sided p.
    pub p: Option<f64>,
    /// Which test gave it.
    pub test: String,
}
