//! Flags that the statistical subcommands share: table, outcome, markers, terms, plan.

use crate::cohort::analysis::fit::TermSpec;
use crate::cohort::results::{Direction, Family, Outcome};
use crate::cohort::{CohortError, Endpoint, Frame, Marker, Table};
use crate::error::Result;
use crate::stats::logistic::Method;
use crate::study::StudyConfig;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The table to analyse.
#[derive(Debug, Clone, Args)]
pub struct TableArgs {
    /// Table with one row a patient: CSV, TSV, Parquet or Excel (first sheet)
    #[arg(long, value_name = "FILE")]
    pub table: PathBuf,
}

impl TableArgs {
    /// The table, one row a patient.
    ///
    /// # Errors
    /// A file that cannot be read, a patient with more rows than one.
    pub fn frame(&self) -> Result<Frame> {
        Ok(Frame::of_table(&Table::read(&self.table)?)?)
    }
}

/// The outcome.
#[derive(Debug, Clone, Args)]
pub struct OutcomeArgs {
    /// Column of the outcome
    #[arg(long, value_name = "COL")]
    pub outcome: String,
    /// Values that count as positive, e.g. sCR,CR,VGPR
    #[arg(long, value_name = "VALUE,...", value_delimiter = ',', required = true)]
    pub positive: Vec<String>,
    /// Values that count as negative; not needed where all values are IMWG categories. A value in neither is refused
    #[arg(long, value_name = "VALUE,...", value_delimiter = ',')]
    pub negative: Vec<String>,
}

impl OutcomeArgs {
    /// The class of each patient.
    ///
    /// # Errors
    /// A missing column, a value that is named neither positive nor negative.
    pub fn endpoint(&self, frame: &Frame) -> Result<Endpoint> {
        let values = frame.texts(&self.outcome)?;
        Ok(Endpoint::of_values(&frame.subjects, &values, &self.outcome, &self.positive, &self.negative)?)
    }
}

/// The outcome where an analysis may do without one.
#[derive(Debug, Clone, Args)]
pub struct OptionalOutcomeArgs {
    /// Column of the outcome
    #[arg(long, value_name = "COL", requires = "positive")]
    pub outcome: Option<String>,
    /// Values that count as positive, e.g. sCR,CR,VGPR
    #[arg(long, value_name = "VALUE,...", value_delimiter = ',', requires = "outcome")]
    pub positive: Vec<String>,
    /// Values that count as negative; not needed where all values are IMWG categories. A value in neither is refused
    #[arg(long, value_name = "VALUE,...", value_delimiter = ',', requires = "outcome")]
    pub negative: Vec<String>,
}

impl OptionalOutcomeArgs {
    /// The class of each patient, where an outcome was named.
    ///
    /// # Errors
    /// Those of [`OutcomeArgs::endpoint`].
    pub fn endpoint(&self, frame: &Frame) -> Result<Option<Endpoint>> {
        let OptionalOutcomeArgs { outcome, positive, negative } = self.clone();
        outcome.map(|outcome| OutcomeArgs { outcome, positive, negative }.endpoint(frame)).transpose()
    }
}

/// Two columns as `A,B`.
///
/// # Errors
/// Text that is not two names with a comma between.
pub fn two_columns(text: &str) -> Result<[String; 2]> {
    match text.split(',').map(str::trim).collect::<Vec<_>>()[..] {
        [a, b] if !a.is_empty() && !b.is_empty() && a != b => Ok([a.to_owned(), b.to_owned()]),
        _ => Err(CohortError::Syntax { text: text.to_owned(), expected: "two different columns, A,B" }.into()),
    }
}

/// Which marker was declared as what before the data were seen.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// study.toml whose [plan] says which variables are primary and secondary; all are exploratory without it
    #[arg(long, value_name = "TOML")]
    pub plan: Option<PathBuf>,
}

impl PlanArgs {
    /// The declared markers; none without a plan.
    ///
    /// # Errors
    /// A file that cannot be read or is no plan.
    pub fn markers(&self) -> Result<Vec<Marker>> {
        let Some(path) = &self.plan else { return Ok(Vec::new()) };
        let bad = |reason: String| CohortError::Unreadable { path: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        Ok(Marker::of_plan(&StudyConfig::parse(&text).map_err(bad)?.plan)?)
    }
}

/// Terms of a logistic model.
#[derive(Debug, Clone, Args)]
pub struct TermArgs {
    /// Term of the model (repeatable): COL, COL/10 for an odds ratio per 10 units, COL@REF for levels against REF
    #[arg(long = "term", value_name = "COL")]
    pub terms: Vec<String>,
    /// Estimator; nothing switches to another by itself
    #[arg(long, value_name = "METHOD", default_value = "firth")]
    pub method: MethodChoice,
    /// Ridge or lasso penalty on the mean log-likelihood of standardised columns [default: five-fold cross-validation]
    #[arg(long, value_name = "X")]
    pub lambda: Option<f64>,
}

/// `--method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MethodChoice {
    /// Firth's penalised likelihood, intercept corrected for prediction (FLIC)
    Firth,
    /// Maximum likelihood; separated data end with exit code 7
    Ml,
    /// Ridge penalty (linfa-logistic); no standard errors
    Ridge,
    /// Lasso penalty: slopes may be zero; no standard errors
    Lasso,
}

impl TermArgs {
    /// The terms as written.
    ///
    /// # Errors
    /// A term that cannot be read.
    pub fn specs(&self) -> Result<Vec<TermSpec>> {
        Ok(self.terms.iter().map(|text| TermSpec::parse(text)).collect::<std::result::Result<_, _>>()?)
    }

    /// The estimator.
    pub fn estimator(&self) -> Method {
        match self.method {
            MethodChoice::Firth => Method::Firth,
            MethodChoice::Ml => Method::MaximumLikelihood,
            MethodChoice::Ridge => Method::Ridge { lambda: self.lambda },
            MethodChoice::Lasso => Method::Lasso { lambda: self.lambda },
        }
    }
}

/// A number for a table: `digits` decimals for a person, all of them for a program, a gap where there is none.
pub fn cell(value: Option<f64>, digits: Option<usize>) -> String {
    match (value.filter(|v| v.is_finite()), digits) {
        (None, None) => String::new(),
        (None, Some(_)) => "–".to_owned(),
        (Some(value), None) => value.to_string(),
        (Some(value), Some(digits)) => format!("{value:.digits$}"),
    }
}

/// `best_response: 15 positive (sCR, CR, VGPR), 35 negative`.
pub fn say_outcome(outcome: &Outcome) -> String {
    let Outcome { column, positive, n_positive, n_negative, missing } = outcome;
    let without = if missing.is_empty() { String::new() } else { format!(", without: {}", missing.join(", ")) };
    format!("{column}: {n_positive} positive ({}), {n_negative} negative{without}", positive.join(", "))
}

/// `higher` or `lower`.
pub fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
    }
}

/// `primary`, `secondary` or `exploratory`.
pub fn family_name(family: Family) -> &'static str {
    match family {
        Family::Primary => "primary",
        Family::Secondary => "secondary",
        Family::Exploratory => "exploratory",
    }
}
