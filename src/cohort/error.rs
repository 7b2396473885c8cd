//! What can go wrong with a table or an analysis of a cohort.

use crate::error::{Exit, Failure};

/// Columns that a message names at most.
const MOST_COLUMNS: usize = 12;

/// A failure of reading, joining or analysing tables.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CohortError {
    /// A table cannot be read.
    #[error("cannot read the table {path}: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the reader said.
        reason: String,
    },
    /// A file beside the table, such as a saved model, that cannot be read.
    #[error("cannot read the {what} {path}: {reason}")]
    UnreadableInput {
        /// What it should be.
        what: &'static str,
        /// The file.
        path: String,
        /// What the reader said.
        reason: String,
        /// What makes such a file.
        remedy: &'static str,
    },
    /// A mapping from an export that cannot be used.
    #[error("the mapping {path} cannot be used: {reason}")]
    Mapping {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A column that is asked for is not there.
    #[error("{path} has no column {column}")]
    MissingColumn {
        /// The file.
        path: String,
        /// The column asked for.
        column: String,
        /// The columns there, nearest name first.
        there: Vec<String>,
    },
    /// A cell of a number column is no number.
    #[error("{path}: column {column} has \"{value}\" in row {row}, where a number was expected")]
    TextInNumbers {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// Row of the file, the header being row 1.
        row: usize,
        /// What stands there.
        value: String,
    },
    /// Two rows have one key.
    #[error("{path}: rows {} and {} are both {key}", rows[0], rows[1])]
    DuplicateKey {
        /// The file.
        path: String,
        /// The key, e.g. `subject 007, session baseline`.
        key: String,
        /// Rows of the file, the header being row 1.
        rows: [usize; 2],
    },
    /// A key cell is empty.
    #[error("{path}: row {row} has no {column}")]
    EmptyKey {
        /// The file.
        path: String,
        /// The key column.
        column: String,
        /// Row of the file.
        row: usize,
    },
    /// An outcome value that is neither positive nor negative.
    #[error("{column} has the value \"{value}\" ({who}), which is named neither positive nor negative")]
    UnnamedOutcome {
        /// The outcome column.
        column: String,
        /// The value.
        value: String,
        /// Who has it.
        who: String,
        /// The values that are named.
        named: Vec<String>,
    },
    /// The outcome has one class only.
    #[error("{column} has {n_positive} positive and {n_negative} negative patients; both are needed")]
    OneClass {
        /// The outcome column.
        column: String,
        /// Patients of the positive class.
        n_positive: usize,
        /// Patients of the negative class.
        n_negative: usize,
    },
    /// The patients who have every value needed are of one class, or nobody.
    #[error("{} {} in {n_positive} positive and {n_negative} negative patients; both are needed", columns.join(", "), if columns.len() == 1 { "has values" } else { "have all values" })]
    OneClassLeft {
        /// The columns needed.
        columns: Vec<String>,
        /// Patients of the positive class with all of them.
        n_positive: usize,
        /// Patients of the negative class with all of them.
        n_negative: usize,
    },
    /// A marker or term that cannot be understood.
    #[error("\"{text}\" is not {expected}")]
    Syntax {
        /// What was given.
        text: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A column whose unit is not stated, or is none of the quantity's.
    #[error("{path}: column {column} has no unit that its quantity is read in; expected {expected}")]
    Unit {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// The units it may have.
        expected: String,
        /// How the user can say it.
        example: String,
    },
    /// One quantity in more columns than one.
    #[error("{path} has {what} in {} columns: {}", columns.len(), columns.join(", "))]
    TwoColumns {
        /// The file.
        path: String,
        /// The quantity.
        what: String,
        /// The columns.
        columns: Vec<String>,
    },
    /// Baselines of which a relative change is not defined, where that is to be refused.
    #[error("{column}: no relative change of {}", who.join(", "))]
    UndefinedChange {
        /// The column.
        column: String,
        /// Subjects, with why.
        who: Vec<String>,
    },
    /// A value that breaks a rule of its column.
    #[error("{path}: column {column} has \"{value}\" for {who}; expected {expected}")]
    Value {
        /// The file.
        path: String,
        /// The column.
        column: String,
        /// What stands there.
        value: String,
        /// Whose row it is.
        who: String,
        /// What may stand there.
        expected: String,
    },
}

impl Failure for CohortError {
    fn slug(&self) -> &'static str {
        match self {
            CohortError::Unreadable { .. } => "unreadable-table",
            CohortError::UnreadableInput { .. } => "unreadable-input",
            CohortError::Mapping { .. } => "bad-mapping",
            CohortError::MissingColumn { .. } => "missing-column",
            CohortError::TextInNumbers { .. } => "text-in-numbers",
            CohortError::DuplicateKey { .. } => "duplicate-key",
            CohortError::EmptyKey { .. } => "empty-key",
            CohortError::UnnamedOutcome { .. } => "unnamed-outcome",
            CohortError::OneClass { .. } => "one-class",
            CohortError::OneClassLeft { .. } => "one-class-left",
            CohortError::Syntax { .. } => "syntax",
            CohortError::UndefinedChange { .. } => "undefined-change",
            CohortError::Unit { .. } => "unit-not-stated",
            CohortError::TwoColumns { .. } => "two-columns",
            CohortError::Value { .. } => "unexpected-value",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            CohortError::Unreadable { .. } | CohortError::UnreadableInput { .. } => Exit::Unreadable,
            CohortError::OneClass { .. } | CohortError::OneClassLeft { .. } => Exit::NotEstimable,
            CohortError::Syntax { .. } | CohortError::Mapping { .. } => Exit::Usage,
            _ => Exit::Mismatch,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            CohortError::MissingColumn { there, .. } => {
                // the nearest stand first; a wide table has hundreds
                let more = match there.len().saturating_sub(MOST_COLUMNS) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                vec![format!("there are: {}{more}", there[..there.len().min(MOST_COLUMNS)].join(", "))]
            }
            CohortError::UnnamedOutcome { named, .. } => vec![format!("named: {}", named.join(", "))],
            _ => Vec::new(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            CohortError::Unreadable { .. } => "give a CSV, TSV, Parquet or Excel file with one header row".to_owned(),
            CohortError::UnreadableInput { remedy, .. } => (*remedy).to_owned(),
            CohortError::Mapping { .. } => "correct it; `myelomri clinical --help` shows one".to_owned(),
            CohortError::MissingColumn { there, .. } => match there.first() {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => "the table has no columns".to_owned(),
            },
            CohortError::TextInNumbers { .. } => {
                "write numbers with a decimal point, leave missing values empty, name the unit in the column".to_owned()
            }
            CohortError::DuplicateKey { key, .. } if !key.contains(", ") => {
                "rows of one patient are alike: pass --aggregate mean, or --cluster subject".to_owned()
            }
            CohortError::DuplicateKey { .. } => "keep one row a patient and session".to_owned(),
            CohortError::EmptyKey { .. } => "fill it in or delete the row".to_owned(),
            CohortError::UnnamedOutcome { .. } => {
                "name it with --positive or --negative (in study.toml: positive, negative)".to_owned()
            }
            CohortError::OneClass { .. } => "check which values count as positive".to_owned(),
            CohortError::OneClassLeft { .. } => "leave out the column that is missing in most patients".to_owned(),
            CohortError::Syntax { .. } => "see --help for an example".to_owned(),
            CohortError::Unit { example, .. } => {
                format!("end the column's name with its unit, or say it, e.g. --column \"{example}\"")
            }
            CohortError::UndefinedChange { .. } => {
                "analyse the difference, or choose --policy withhold, or at-limit with --limit".to_owned()
            }
            CohortError::TwoColumns { .. } => "keep one of them, or name it with --column".to_owned(),
            CohortError::Value { .. } => "correct the cell, or leave it empty where the value is missing".to_owned(),
        })
    }
}
