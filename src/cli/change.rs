//! `myelomri change`: absolute, percent and log change between two sessions.

use super::args::{Format, FormatArgs, OutArgs};
use super::table_args::{TableArgs, cell};
use super::{CliError, Context, output};
use crate::cohort::results::Change;
use crate::cohort::{Frame, Table, change};
use crate::error::Result;
use crate::image::{write_json, write_text_atomically};
use crate::study::{Sessions, Wide};
use clap::Args;
use serde::Serialize;

/// Flags of `change`.
#[derive(Debug, Args)]
#[command(after_long_help = "The table is either long (columns subject and session, one row each) or wide (one row a \
    patient, columns COL__SESSION). With -o it writes PREFIX_change.csv and PREFIX_change.json.\n\nExample:\n  myelomri \
    change --table clinical.csv --baseline baseline --followup cycle2 --column m_protein_serum_g_dl\n\nabs = followup - \
    baseline, pct = 100 abs / baseline, log = ln(followup / baseline). A percentage of a zero or negative baseline, \
    or one below --limit, is missing. See `myelomri explain change`.")]
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
    /// Limit of quantification of a column (repeatable): below it at baseline the percentage and logarithm are withheld
    #[arg(long = "limit", value_name = "COL=X")]
    limits: Vec<String>,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

#[derive(Serialize)]
struct ChangeResults {
    rows: Vec<Change>,
}

/// Runs `change`.
///
/// # Errors
/// A table that cannot be read, has duplicate keys, or lacks a column.
pub fn run(args: ChangeArgs, context: &Context) -> Result<()> {
    let ChangeArgs { table, baseline, followup, columns, limits, out, format } = args;
    let limits = limits.iter().map(|text| limit(text)).collect::<Result<Vec<_>>>()?;
    out.check_absent(&["_change.csv", "_change.json"])?;
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
    let mut rows = Vec::new();
    for column in &columns {
        let mut of_column = change::of_column(&frame, column, &sessions)?;
        if let Some((_, limit)) = limits.iter().find(|(named, _)| named == column) {
            of_column.iter_mut().for_each(|row| change::withhold_below(row, *limit));
        }
        let missing: Vec<&str> = of_column.iter().filter(|r| r.abs.is_none()).map(|r| r.subject.as_str()).collect();
        if !missing.is_empty() {
            context.say(format!("{column}: without a pair of visits: {}", missing.join(", ")));
        }
        rows.extend(of_column);
    }
    let results = ChangeResults { rows };
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
