//! The curve of a saved model's prediction.

use super::super::super::endpoint::Endpoint;
use super::super::super::marker::Marker;
use super::super::super::results::{Curve, Direction, Family, SavedModel};
use super::super::super::{CohortError, Frame};
use super::{RocOptions, curve};
use crate::error::{Result, Warning};
use std::collections::BTreeSet;

/// What follows the name of a curve whose patients are those that the model was fitted on.
pub const APPARENT: &str = " (apparent)";

/// The prediction of a model on these patients as a marker; higher points to the positive class. It is called apparent where
/// these are the patients that the model was fitted on.
///
/// # Errors
/// Where the table lacks a column of the model, or one class has no prediction.
pub fn model_curve(
    frame: &Frame,
    endpoint: &Endpoint,
    model: &SavedModel,
    family: Family,
    options: &RocOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Curve> {
    let Prediction { marker, values, .. } = Prediction::of(frame, endpoint, model, family)?;
    curve(frame, endpoint, &marker, &values, options, warnings)
}

/// What a model says of these patients.
pub(super) struct Prediction {
    /// Its name; higher points to the positive class.
    pub(super) marker: Marker,
    /// Linear predictor of each row, null where a value is missing.
    pub(super) values: Vec<Option<f64>>,
    /// Whether the model was fitted on these patients.
    pub(super) is_apparent: bool,
}

impl Prediction {
    pub(super) fn of(
        frame: &Frame,
        endpoint: &Endpoint,
        model: &SavedModel,
        family: Family,
    ) -> std::result::Result<Prediction, CohortError> {
        let values = model.linear_predictors(frame)?;
        let variables: BTreeSet<&str> = model.terms.iter().map(|term| term.column.as_str()).collect();
        let kind = if variables.len() > 1 { "multivariable" } else { "univariable" };
        let is_apparent = model.is_fitted_on(&frame.cases(std::slice::from_ref(&values), &endpoint.positive));
        let mut column = format!("{kind}{}", if is_apparent { APPARENT } else { "" });
        // a table may have a column of that name
        while frame.columns().any(|there| there == column) {
            column += " (model)";
        }
        Ok(Prediction { marker: Marker { column, direction: Direction::Higher, family }, values, is_apparent })
    }
}
