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

/// JSON has no infinity: serde writes it as `null`, and this reads it back.
fn null_is_infinite<'de, D: serde::Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(<Option<f64> as serde::Deserialize>::deserialize(from)?.unwrap_or(f64::INFINITY))
}

/// An interval that does not exist, such as an exact one of rows that are not independent, is written as two nulls.
fn null_is_missing<'de, D: serde::Deserializer<'de>>(from: D) -> Result<[f64; 2], D::Error> {
    Ok(<[Option<f64>; 2] as serde::Deserialize>::deserialize(from)?.map(|end| end.unwrap_or(f64::NAN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_does_not_exist_is_written_and_read_again() {
        let cutoff = Cutoff { sensitivity_ci_exact: [f64::NAN; 2], specificity_ci: [0.5, 1.0], ..Cutoff::default() };
        let text = serde_json::to_string(&cutoff).unwrap();
        let read: Cutoff = serde_json::from_str(&text).unwrap();
        assert!(
            read.sensitivity_ci_exact.iter().all(|end| end.is_nan()) && read.specificity_ci == [0.5, 1.0],
            "{text}"
        );
    }

    #[test]
    fn an_odds_ratio_beyond_all_numbers_is_written_and_read_again() {
        let term = Term {
            name: "adc_mm2_s__abs".to_owned(),
            estimate: 4.2e8,
            se: Some(7.0e8),
            z: Some(0.6),
            p: Some(0.5),
            ci_low: None,
            ci_high: None,
            odds_ratio: 4.2e8_f64.exp(),
            wald_ci: None,
            wald_p: None,
        };
        let text = serde_json::to_string(&term).unwrap();
        assert!(text.contains("\"odds_ratio\":null"), "{text}");
        assert_eq!(serde_json::from_str::<Term>(&text).unwrap(), term);
    }
}
