//! Why a statistic cannot be given.

use crate::error::{Exit, Failure};
use thiserror::Error;

/// A statistic, curve or model that these data do not determine.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StatsError {
    /// All patients belong to one class.
    #[error("only one class: {positive} positive and {negative} negative")]
    OneClass {
        /// Patients of the positive class.
        positive: usize,
        /// Patients of the negative class.
        negative: usize,
    },
    /// A model needs at least two patients in either class.
    #[error("a model needs two patients in each class: {positive} positive and {negative} negative")]
    TooFewEvents {
        /// Patients of the positive class.
        positive: usize,
        /// Patients of the negative class.
        negative: usize,
    },
    /// The maximum-likelihood estimate does not exist.
    #[error("{kind} separation: the maximum-likelihood estimate does not exist; it diverges along {}", columns.join(", "))]
    Separated {
        /// `quasi` or `complete`.
        kind: &'static str,
        /// Columns along which it diverges.
        columns: Vec<String>,
    },
    /// A column has one value only.
    #[error("column {column} is constant")]
    ConstantColumn {
        /// Its name.
        column: String,
    },
    /// A column has values so large or so small that their squares are no numbers.
    #[error("column {column} reaches {largest:e}, beyond what can be squared")]
    Scale {
        /// Its name.
        column: String,
        /// Its largest value, without sign.
        largest: f64,
    },
    /// A column is a linear combination of others.
    #[error("column {column} is determined by {}", others.join(", "))]
    Collinear {
        /// Its name.
        column: String,
        /// The columns that determine it, with the intercept.
        others: Vec<String>,
    },
    /// Too few observations for what was asked.
    #[error("{what} needs at least {needed} values, {found} given")]
    TooFewValues {
        /// The statistic asked for.
        what: &'static str,
        /// Observations it needs.
        needed: usize,
        /// Observations there are.
        found: usize,
    },
    /// All values are equal.
    #[error("{what} is not defined: the values do not vary")]
    NoVariation {
        /// The statistic asked for.
        what: &'static str,
    },
    /// The search ended away from a stationary point.
    #[error("{what} did not converge: largest score {score:.2e}")]
    NotConverged {
        /// The estimator.
        what: &'static str,
        /// Largest element of the score on the standardised scale.
        score: f64,
    },
    /// A NaN or infinite value was given.
    #[error("{what} has a missing or infinite value at row {row}")]
    NotFinite {
        /// The column or argument.
        what: String,
        /// Row, counted from 0.
        row: usize,
    },
    /// Slices that belong together differ in length.
    #[error("{what}: {left} and {right} values do not pair")]
    Lengths {
        /// The function.
        what: &'static str,
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
    /// A given row index lies outside the data.
    #[error("row {index} of a given resample is outside the {rows} rows of the data")]
    RowOutside {
        /// The index, counted from 0.
        index: usize,
        /// Rows of the data.
        rows: usize,
    },
    /// An argument outside its range.
    #[error("{what} is {value}, allowed is {allowed}")]
    OutOfRange {
        /// The argument.
        what: &'static str,
        /// What was given.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
}

impl Failure for StatsError {
    fn slug(&self) -> &'static str {
        match self {
            StatsError::OneClass { .. } => "one-class",
            StatsError::TooFewEvents { .. } => "too-few-events",
            StatsError::Separated { .. } => "separated",
            StatsError::ConstantColumn { .. } => "constant-column",
            StatsError::Collinear { .. } => "collinear",
            StatsError::Scale { .. } => "scale",
            StatsError::TooFewValues { .. } => "too-few-values",
            StatsError::NoVariation { .. } => "no-variation",
            StatsError::NotConverged { .. } => "not-converged",
            StatsError::NotFinite { .. } => "not-finite",
            StatsError::Lengths { .. } => "length-mismatch",
            StatsError::RowOutside { .. } => "row-outside",
            StatsError::OutOfRange { .. } => "out-of-range",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            StatsError::NotFinite { .. } | StatsError::RowOutside { .. } | StatsError::Scale { .. } => Exit::Mismatch,
            StatsError::OutOfRange { .. } => Exit::Usage,
            StatsError::Lengths { .. } => Exit::Internal,
            _ => Exit::NotEstimable,
        }
    }

    fn remedy(&self) -> Option<String> {
        let text = match self {
            StatsError::OneClass { .. } => {
                "check --positive and the rows that remain after missing values are left out"
            }
            StatsError::TooFewEvents { .. } => "pool categories, or describe these patients without a model",
            StatsError::Separated { .. } => "use --method firth, whose estimate exists for separated data",
            StatsError::ConstantColumn { .. } | StatsError::Collinear { .. } => "leave this column out of the model",
            StatsError::NotConverged { .. } => "fewer terms or a stronger penalty make the estimate stable",
            StatsError::NotFinite { .. } => "leave rows with missing values out first",
            StatsError::RowOutside { .. } => "resample files count rows of the analysed table from 1",
            StatsError::Scale { .. } => "give this column in another unit",
            StatsError::TooFewValues { .. } => "more patients are needed; describe these without it",
            StatsError::NoVariation { .. } => "leave this comparison out: there is nothing to compare",
            StatsError::Lengths { .. } | StatsError::OutOfRange { .. } => return None,
        };
        Some(text.to_owned())
    }
}

/// Refuses slices of different length.
pub(crate) fn same_length(what: &'static str, left: usize, right: usize) -> Result<(), StatsError> {
    if left == right { Ok(()) } else { Err(StatsError::Lengths { what, left, right }) }
}

/// Refuses NaN and infinities.
pub(crate) fn all_finite(what: &str, values: &[f64]) -> Result<(), StatsError> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(row) => Err(StatsError::NotFinite { what: what.to_owned(), row }),
    }
}

/// Positive and negative patients; refuses a single class.
pub(crate) fn two_classes(positive: &[bool]) -> Result<(usize, usize), StatsError> {
    let n_positive = positive.iter().filter(|&&p| p).count();
    let n_negative = positive.len() - n_positive;
    if n_positive == 0 || n_negative == 0 {
        return Err(StatsError::OneClass { positive: n_positive, negative: n_negative });
    }
    Ok((n_positive, n_negative))
}
