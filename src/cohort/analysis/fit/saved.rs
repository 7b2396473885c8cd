//! A fitted model as it is kept, and what it says of other patients.

use super::super::super::results::{Model, SavedModel, SavedTerm};
use super::super::super::{CohortError, Frame};
use super::Prepared;
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
    /// [`CohortError::Unreadable`] for a file that is missing or no such model.
    pub fn read(path: &std::path::Path) -> Result<SavedModel, CohortError> {
        let bad = |reason: String| CohortError::Unreadable { path: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| bad(format!("it is no saved model: {error}")))
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
