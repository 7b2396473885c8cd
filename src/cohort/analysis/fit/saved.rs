//! A fitted model as it is kept, and what it says of other patients.

use super::super::super::endpoint::Endpoint;
use super::super::super::frame::Cases;
use super::super::super::results::{Model, SavedModel, SavedTerm};
use super::super::super::{CohortError, Frame};
use super::Prepared;
use crate::error::Warning;
use crate::stats::logistic::Fit;

/// What is kept of a fit.
pub(super) fn of_fit(model: &Model, prepared: &Prepared, fit: &Fit) -> SavedModel {
    let terms = prepared.saved.iter().zip(&fit.coefficients[1..]);
    SavedModel {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        outcome: model.outcome.clone(),
        method: model.method.clone(),
        intercept: fit.prediction_intercept,
        cutoff: None,
        terms: terms.map(|(term, &coefficient)| SavedTerm { coefficient, ..term.clone() }).collect(),
        n: model.n,
        events: model.events,
        plan: None,
    }
}

impl SavedModel {
    /// Reads a model that [`fit`](super::fit) saved.
    ///
    /// # Errors
    /// [`CohortError::UnreadableInput`] for a file that is missing or no such model.
    pub fn read(path: &std::path::Path) -> Result<SavedModel, CohortError> {
        let bad = |reason: String| CohortError::UnreadableInput {
            what: "saved model",
            path: path.display().to_string(),
            reason,
            remedy: "give the PREFIX_model.json that `myelomri fit` wrote",
        };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| bad(error.to_string()))
    }

    /// Linear predictor of every row of a frame; `None` where a value is missing.
    ///
    /// # Errors
    /// Where the frame lacks a column of the model, or a categorical column has a level that the model does not know.
    pub fn linear_predictors(&self, frame: &Frame) -> Result<Vec<Option<f64>>, CohortError> {
        let mut sums = vec![Some(self.intercept); frame.subjects.len()];
        for term in &self.terms {
            let values: Vec<Option<f64>> = match &term.level {
                None => frame.numbers(&term.column)?.iter().map(|v| v.map(|x| x / term.per)).collect(),
                Some(level) => {
                    let cells = frame.texts(&term.column)?;
                    self.check_levels(term, &cells, frame)?;
                    cells.iter().map(|c| c.as_ref().map(|v| if v == level { 1.0 } else { 0.0 })).collect()
                }
            };
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = sum.zip(value).map(|(sum, x)| sum + term.coefficient * x);
            }
        }
        Ok(sums)
    }

    /// Whether the model was fitted on the patients of these linear predictors: as many of either class, and the cut-off that it
    /// keeps is found again.
    pub fn is_fitted_on(&self, cases: &Cases) -> bool {
        let events = cases.positive.iter().filter(|positive| **positive).count();
        if (cases.positive.len(), events) != (self.n, self.events) {
            return false;
        }
        match (super::best_cutoff(&cases.columns[0], &cases.positive), self.cutoff) {
            // tables hold six digits of a number
            (Some(here), Some(kept)) => (here - kept).abs() <= 1e-3 * kept.abs().max(1.0),
            (here, kept) => here == kept,
        }
    }

    /// That other values count as positive here than where the model was fitted; their order tells nothing.
    pub fn other_outcome(&self, endpoint: &Endpoint) -> Option<Warning> {
        let [predicted, here] = [&self.outcome.positive, &endpoint.outcome.positive];
        let is_same = predicted.iter().all(|value| here.contains(value)) && here.iter().all(|v| predicted.contains(v));
        (!is_same).then(|| {
            let message = format!(
                "the model predicts {} ({}), and here {} is positive",
                predicted.join(", "),
                self.outcome.column,
                here.join(", ")
            );
            Warning::new("other-outcome", message)
        })
    }

    /// A level that the model was not fitted on has no coefficient, and is not taken for the reference.
    fn check_levels(&self, term: &SavedTerm, cells: &[Option<String>], frame: &Frame) -> Result<(), CohortError> {
        // models of earlier versions do not name their reference
        let Some(reference) = &term.reference else { return Ok(()) };
        let of_column = self.terms.iter().filter(|other| other.column == term.column);
        let known: Vec<&String> = of_column.filter_map(|other| other.level.as_ref()).chain([reference]).collect();
        let unknown = cells.iter().enumerate().find_map(|(row, cell)| {
            let level = cell.as_ref().filter(|level| !known.contains(level))?;
            Some((row, level))
        });
        match unknown {
            None => Ok(()),
            Some((row, level)) => Err(CohortError::Value {
                path: frame.source.clone(),
                column: term.column.clone(),
                value: level.clone(),
                who: format!("subject {}", frame.subjects[row]),
                expected: format!(
                    "a level that the model knows: {}",
                    known.iter().map(|level| level.as_str()).collect::<Vec<_>>().join(", ")
                ),
            }),
        }
    }
}
