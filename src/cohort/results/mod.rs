//! The results of a cohort analysis as they stand in `OUT/results/*.json` and `OUT/tables/*.csv`.
//!
//! One shape for three readers: the command that prints it, the file that keeps it, the report that is drawn from it.
//! What cannot be estimated is `None`, written as `null`. Intervals are 95 % unless a field says otherwise.

mod agreement;
mod compare;
mod curves;
mod diagnostics;
mod dropout;
mod models;
mod patients;
mod plan;
mod validation;

pub use agreement::{AgreementResults, BlandAltman, ConcordanceRow, IccRow, KappaRow, LineRow, MaskRow};
pub use compare::{CompareResults, Effect, TableOneRow, Test};
pub use curves::{Curve, CurveComparison, Cutoff, GlobalComparison, NamedInterval, PartialArea, RocResults, Stability};
pub use diagnostics::{Diagnostics, HosmerLemeshow, Inflation, Influential};
pub use dropout::DropoutResults;
pub use models::{FitResults, Model, SavedModel, SavedTerm, Term};
pub use patients::{Change, FlowEntry, PatientFlow, ResponseRow};
pub use plan::{Direction, Family, Outcome, PlanStamp};
pub use validation::{Calibration, CalibrationGroup, NetBenefit, Scheme, ValidateResults};
