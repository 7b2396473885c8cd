//! Flags that the statistical subcommands share: table, outcome, markers, terms, plan.

use super::{CliError, Context};
use crate::cohort::analysis::fit::TermSpec;
use crate::cohort::results::{Direction, Family, Outcome, PlanStamp};
use crate::cohort::{Aggregate, CohortError, Endpoint, Frame, Marker, Table};
use crate::error::Result;
use crate::stats::logistic::Method;
use crate::study::StudyConfig;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The table to analyse.
#[derive(Debug, Clone, Args)]
pub struct TableArgs {
    /// Table with a header: CSV, TSV, Parquet or Excel (first sheet)
    #[arg(long, value_name = "FILE")]
    pub table: PathBuf,
}

/// The table to analyse, with what is done where a patient has several rows.
#[derive(Debug, Clone, Args)]
pub struct PatientsArgs {
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    rows: RowsArgs,
}

/// What is done where a patient has several rows.
#[derive(Debug, Clone, Args)]
pub struct RowsArgs {
    /// Make the rows of a patient one, number columns by this; several rows a patient are refused without
    #[arg(long, value_name = "HOW", conflicts_with = "cluster")]
    aggregate: Option<AggregateChoice>,
    /// Keep the rows and take those of one patient as alike: intervals, tests and resamples go by patients
    #[arg(long, value_name = "COL", value_parser = ["subject"])]
    cluster: Option<String>,
}

/// `--aggregate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AggregateChoice {
    /// Mean of the rows
    Mean,
    /// Median of the rows
    Median,
    /// Smallest of the rows
    Min,
    /// Largest of the rows
    Max,
}

impl PatientsArgs {
    /// A table at a path that was given another way.
    pub fn of(table: PathBuf, rows: RowsArgs) -> PatientsArgs {
        PatientsArgs { table: TableArgs { table }, rows }
    }

    /// The table as read, its rows made one a patient where that was asked.
    ///
    /// # Errors
    /// A file that cannot be read, a table without subjects.
    pub fn table(&self, context: &Context) -> Result<Table> {
        let table = Table::read(&self.table.table)?;
        let how = match self.rows.aggregate {
            None => return Ok(table),
            Some(AggregateChoice::Mean) => Aggregate::Mean,
            Some(AggregateChoice::Median) => Aggregate::Median,
            Some(AggregateChoice::Min) => Aggregate::Min,
            Some(AggregateChoice::Max) => Aggregate::Max,
        };
        let (table, warnings) = table.aggregated(how)?;
        context.warn(&warnings);
        Ok(table)
    }

    /// Whether several rows a patient stay rows.
    pub fn is_clustered(&self) -> bool {
        self.rows.cluster.is_some()
    }

    /// The frame of the table: one row a patient, or rows of patients with `--cluster`.
    ///
    /// # Errors
    /// A file that cannot be read, a patient with more rows than one where neither flag is given.
    pub fn frame(&self, context: &Context) -> Result<Frame> {
        let table = self.table(context)?;
        if !self.is_clustered() {
            return Ok(Frame::of_table(&table)?);
        }
        let frame = Frame::of_rows(&table)?;
        if !frame.has_clusters() {
            context.say("every patient has one row: --cluster changes nothing");
        }
        Ok(frame)
    }

    /// Refuses what would take rows for patients.
    ///
    /// # Errors
    /// A usage error that names the way out, where `--cluster` was given.
    pub fn needs_one_row(&self, what: &str, is_asked: bool) -> Result<()> {
        if is_asked && self.is_clustered() {
            let how = "leave it out, or make one row a patient with --aggregate mean";
            return Err(CliError::usage(format!("{what} would take rows for patients with --cluster"), how).into());
        }
        Ok(())
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
    /// The declared markers, and the plan with its hash; none without a plan.
    ///
    /// # Errors
    /// A file that cannot be read or is no plan.
    pub fn declared(&self) -> Result<(Vec<Marker>, Option<PlanStamp>)> {
        let Some(path) = &self.plan else { return Ok((Vec::new(), None)) };
        let bad = |reason: String| CohortError::UnreadableInput {
            what: "plan",
            path: path.display().to_string(),
            reason,
            remedy: "give a study.toml with a [plan]; `myelomri run` prints one where it is absent",
        };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        let plan = StudyConfig::parse(&text).map_err(bad)?.plan;
        Ok((Marker::of_plan(&plan)?, Some(Marker::stamp(&plan))))
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
    #[value(alias = "flic")]
    Firth,
    /// Firth with slopes and intercept corrected for prediction (FLAC); no standard errors, for tests use firth
    Flac,
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

    /// Refuses a penalty that folds of rows would tune.
    ///
    /// # Errors
    /// Ridge or lasso without `--lambda` where rows are clustered.
    pub fn check_penalty(&self, patients: &PatientsArgs) -> Result<()> {
        let is_tuned = self.estimator().is_penalised_by_choice() && self.lambda.is_none();
        patients.needs_one_row("a penalty tuned by folds (give --lambda)", is_tuned)
    }

    /// The estimator.
    pub fn estimator(&self) -> Method {
        match self.method {
            MethodChoice::Firth => Method::Firth,
            MethodChoice::Flac => Method::Flac,
            MethodChoice::Ml => Method::MaximumLikelihood,
            MethodChoice::Ridge => Method::Ridge { lambda: self.lambda },
            MethodChoice::Lasso => Method::Lasso { lambda: self.lambda },
        }
    }
}

/// A column name as part of a file name.
pub fn file_part(column: &str) -> String {
    column.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect()
}

/// A number for a table: `digits` decimals for a person, all of them for a program, a gap where there is none.
pub fn cell(value: Option<f64>, digits: Option<usize>) -> String {
    match (value.filter(|v| v.is_finite()), digits) {
        (None, None) => String::new(),
        (None, Some(_)) => "–".to_owned(),
        (Some(value), None) => value.to_string(),
        (Some(value), Some(digits)) => rounded(value, digits),
    }
}

/// `digits` decimals, more where these would hide a small number, powers of ten where it is huge or tiny. Rounding errors
/// about zero are zero.
fn rounded(value: f64, digits: usize) -> String {
    let size = value.abs();
    if size < 1e-12 {
        return format!("{:.digits$}", 0.0);
    }
    if !(1e-5..1e9).contains(&size) {
        return format!("{value:.2e}");
    }
    let decimals = if size < 0.1 { (1.0 - size.log10().floor()) as usize } else { 0 };
    format!("{value:.*}", digits.max(decimals))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_number_is_not_printed_as_zero_and_a_huge_one_not_in_full() {
        let shown = |value: f64| cell(Some(value), Some(3));
        for (value, text) in [
            (0.9638, "0.964"),
            (-1e-17, "0.000"),
            (0.0008213, "0.00082"),
            (-0.0123, "-0.012"),
            (4.7e-7, "4.70e-7"),
            (1.5e300, "1.50e300"),
            (123_456.7, "123456.700"),
        ] {
            assert_eq!(shown(value), text);
        }
        assert_eq!((cell(None, Some(3)), cell(Some(0.1), None)), ("–".to_owned(), "0.1".to_owned()));
    }
}
