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
    baseline, pct = 100 abs / baseline, log = ln(followup / baseline). A percentage of a zero or negative baseline is \
    missing. See `myelomri explain change`.")]
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
    let ChangeArgs { table, baseline, followup, columns, out, format } = args;
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
    let mut rows = Vec::new();
    for column in &columns {
        rows.extend(change::of_column(&frame, column, &sessions)?);
    }
    let missing = rows.iter().filter(|row| row.abs.is_none()).count();
    if missing > 0 {
        context.say(format!("{missing} of {} pairs lack a visit; see the flags", rows.len()));
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

fn cells(rows: &[Change], digits: Option<usize>) -> Vec<Vec<String>> {
    rows.iter().map(|row| change::cells(row, |value| cell(value, digits))).collect()
}
