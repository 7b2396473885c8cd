//! `myelomri change`: absolute, percent and log change between two sessions.

mod figures;

use super::args::{Format, FormatArgs, OutArgs};
use super::table_args::{OptionalOutcomeArgs, TableArgs, cell};
use super::{CliError, Context, output};
use crate::cohort::change::Policy;
use crate::cohort::results::Change;
use crate::cohort::{Frame, Table, change};
use crate::error::Result;
use crate::image::{write_json, write_text_atomically};
use crate::study::{Sessions, Wide};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::collections::BTreeMap;

/// Flags of `change`.
#[derive(Debug, Args)]
#[command(after_long_help = "The table is either long (columns subject and session, one row each) or wide (one row a \
    patient, columns COL__SESSION). With -o it writes PREFIX_change.csv and PREFIX_change.json.\n\nExample:\n  myelomri \
    change --table clinical.csv --baseline baseline --followup cycle2 --column m_protein_serum_g_dl\n\nabs = followup - \
    baseline, pct = 100 abs / baseline, log = ln(followup / baseline), sym = 100 abs / (followup + baseline). A \
    percentage of a zero or negative baseline, or one below --limit, is missing unless --policy says otherwise. See `myelomri explain change`.")]
pub struct ChangeArgs {
    #[command(flatten)]
    table: TableArgs,
    /// Session before treatment
    #[arg(long, value_name = "SESSION")]
    baseline: String,
    /// Session at follow-up
    #[arg(long, value_name = "SESSION")]
    followup: String,
    /// Column without its session (repeatable) [default: every number column that both sessions have]
    #[arg(long = "column", value_name = "COL")]
    columns: Vec<String>,
    /// Limit of quantification of a column (repeatable); --policy says what is done below it
    #[arg(long = "limit", value_name = "COL=X")]
    limits: Vec<String>,
    /// What is done where a baseline is zero, negative or below its limit
    #[arg(long, value_name = "POLICY", default_value = "withhold")]
    policy: PolicyChoice,
    /// Draw this kind of change of each column, a bar a patient: PREFIX_COLUMN_waterfall.svg and .png
    #[arg(long, value_name = "KIND", requires = "out")]
    waterfall: Option<KindChoice>,
    /// Draw this kind of change of each column, a box a group: PREFIX_COLUMN_boxes.svg and .png
    #[arg(long, value_name = "KIND", requires = "out")]
    boxes: Option<KindChoice>,
    /// Draw both visits of each column, a line a patient: PREFIX_COLUMN_visits.svg and .png
    #[arg(long, requires = "out")]
    visits: bool,
    /// Outcome by which bars, boxes and lines are grouped
    #[command(flatten)]
    outcome: OptionalOutcomeArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// `--policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PolicyChoice {
    /// What is relative is missing, with a flag; the difference stays
    Withhold,
    /// Values from zero to below the limit are taken as the limit, for what is relative alone
    AtLimit,
    /// End with exit code 4 and name the subjects
    Refuse,
}

/// `--waterfall` and `--boxes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindChoice {
    /// Difference
    Abs,
    /// Percentage of the baseline
    Pct,
    /// Log ratio
    Log,
    /// Symmetrised percentage
    Sym,
}

#[derive(Serialize)]
struct ChangeResults {
    /// What was done where a relative change is not defined.
    policy: &'static str,
    /// Limits of quantification, by column.
    limits: BTreeMap<String, f64>,
    rows: Vec<Change>,
}

/// Runs `change`.
///
/// # Errors
/// A table that cannot be read, has duplicate keys, or lacks a column.
pub fn run(args: ChangeArgs, context: &Context) -> Result<()> {
    let ChangeArgs {
        table,
        baseline,
        followup,
        columns,
        limits,
        policy,
        waterfall,
        boxes,
        visits,
        outcome,
        out,
        format,
    } = args;
    let asked = figures::Asked { waterfall, boxes, visits };
    let policy = match policy {
        PolicyChoice::Withhold => Policy::Withhold,
        PolicyChoice::AtLimit => Policy::AtLimit,
        PolicyChoice::Refuse => Policy::Refuse,
    };
    let limits = limits.iter().map(|text| limit(text)).collect::<Result<Vec<_>>>()?;
    out.check_absent(&["_change.csv", "_change.json"])?;
    if policy == Policy::AtLimit && limits.is_empty() {
        return Err(CliError::usage("--policy at-limit without a limit", "pass --limit COL=X").into());
    }
    if baseline == followup {
        return Err(
            CliError::usage(format!("--baseline and --followup are both {baseline}"), "name two sessions").into()
        );
    }
    let sessions = Sessions { baseline, followup };
    let read = Table::read(&table.table)?;
    let frame = match read.has("session") {
        true => Frame::of_study(&Wide::default(), Some(&read), &sessions)?.0,
        false => Frame::of_table(&read)?,
    };
    let columns = if columns.is_empty() { change::columns_of_both(&frame, &sessions) } else { columns };
    if columns.is_empty() {
        let message =
            format!("no column of {} has both {} and {}", read.source(), sessions.baseline, sessions.followup);
        return Err(CliError::mismatch("no-pairs", message, "check the names of the sessions").into());
    }
    if let Some((unknown, _)) = limits.iter().find(|(column, _)| !columns.contains(column)) {
        let message = format!("--limit names {unknown}, whose change is not computed");
        return Err(CliError::usage(message, "name a column that both sessions have, without its session").into());
    }
    let endpoint = outcome.endpoint(&frame)?;
    for column in &columns {
        asked.check_absent(column, &out)?;
    }
    let mut rows = Vec::new();
    for column in &columns {
        let limit = limits.iter().find(|(named, _)| named == column).map(|(_, limit)| *limit);
        let of_column = change::of_column(&frame, column, &sessions)?;
        let of_column: Vec<Change> = of_column.into_iter().map(|row| policy.apply(row, limit)).collect();
        policy.check(&of_column)?;
        let missing: Vec<&str> = of_column.iter().filter(|r| r.abs.is_none()).map(|r| r.subject.as_str()).collect();
        if !missing.is_empty() {
            context.say(format!("{column}: without a pair of visits: {}", missing.join(", ")));
        }
        asked.draw(column, &sessions, &of_column, endpoint.as_ref(), &out)?;
        rows.extend(of_column);
    }
    let results = ChangeResults { policy: policy.name(), limits: limits.into_iter().collect(), rows };
    if let Some(path) = out.path("_change.json") {
        write_json(&path, &results, out.overwrite())?;
    }
    if let Some(path) = out.path("_change.csv") {
        write_text_atomically(
            &path,
            &(output::csv(&change::COLUMNS, &cells(&results.rows, None)) + "\n"),
            out.overwrite(),
        )?;
    }
    match format.format {
        Format::Json => output::print_json(&results),
        Format::Csv => output::print(&output::csv(&change::COLUMNS, &cells(&results.rows, None))),
        Format::Table => output::print(&output::aligned(&change::COLUMNS, &cells(&results.rows, Some(3)))),
    }
}

/// `COL=X` with a positive number.
fn limit(text: &str) -> Result<(String, f64)> {
    let read = text.rsplit_once('=').and_then(|(column, limit)| {
        let limit = limit.parse::<f64>().ok().filter(|x| *x > 0.0 && x.is_finite())?;
        (!column.is_empty()).then(|| (column.to_owned(), limit))
    });
    let wrong = || CliError::usage(format!("--limit {text} is not COL=X"), "write a column and a positive number");
    Ok(read.ok_or_else(wrong)?)
}

fn cells(rows: &[Change], digits: Option<usize>) -> Vec<Vec<String>> {
    rows.iter().map(|row| change::cells(row, |value| cell(value, digits))).collect()
}
