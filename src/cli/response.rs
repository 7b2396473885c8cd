//! `myelomri response`: IMWG category or range, CR/VGPR label, ISS, R-ISS.

use super::args::{Format, FormatArgs, OutArgs};
use super::table_args::TableArgs;
use super::{Context, output};
use crate::cohort::results::ResponseRow;
use crate::cohort::{Table, response};
use crate::error::Result;
use crate::image::{write_json, write_text_atomically};
use clap::Args;
use serde::Serialize;

/// Flags of `response`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The table has columns subject and session, one row each, and any of: m_protein_serum_g_dl, \
    m_protein_urine_mg_24h, ife_serum and ife_urine (positive, negative), flc_kappa_mg_l, flc_lambda_mg_l, \
    marrow_plasma_pct, plasmacytoma_spd_mm2, clonal_cells and new_lesion (1, 0), b2m_mg_l, albumin_g_dl, ldh_u_l, ldh_uln, fish_high_risk and confirmed (yes, \
    no), best_response. Missing values leave a range of categories; nothing is imputed. With -o it writes \
    PREFIX_response.csv and PREFIX_response.json.\n\nExample:\n  myelomri response --table clinical.csv --sessions \
    baseline,cycle2,end\n\nKumar 2016 (doi:10.1016/S1470-2045(16)30206-6), Greipp 2005 (doi:10.1200/JCO.2005.04.242), \
    Palumbo 2015 (doi:10.1200/JCO.2015.61.2267)"
)]
pub struct ResponseArgs {
    #[command(flatten)]
    table: TableArgs,
    /// Sessions in order of time, the baseline first; others are not read
    #[arg(long, value_name = "SESSION,...", value_delimiter = ',', default_value = "baseline,cycle2,end")]
    sessions: Vec<String>,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

#[derive(Serialize)]
struct ResponseResults {
    rows: Vec<ResponseRow>,
}

/// Runs `response`.
///
/// # Errors
/// A table that cannot be read, duplicate keys, text in number columns, words that are not known.
pub fn run(args: ResponseArgs, context: &Context) -> Result<()> {
    let ResponseArgs { table, sessions, out, format } = args;
    out.check_absent(&["_response.csv", "_response.json"])?;
    let order: Vec<&str> = sessions.iter().map(String::as_str).collect();
    let rows = response::of_table(&Table::read(&table.table)?, &order)?;
    context.warn(&response::disagreements(&rows));
    if rows.iter().any(|row| row.confirmed != Some(true)) {
        context.say("categories without `confirmed = yes` rest on one assessment");
    }
    let cells: Vec<Vec<String>> = rows.iter().map(response::cells).collect();
    let results = ResponseResults { rows };
    if let Some(path) = out.path("_response.json") {
        write_json(&path, &results, out.overwrite())?;
    }
    if let Some(path) = out.path("_response.csv") {
        write_text_atomically(&path, &(output::csv(&response::COLUMNS, &cells) + "\n"), out.overwrite())?;
    }
    match format.format {
        Format::Json => output::print_json(&results),
        form => output::print_rows(&response::COLUMNS, &cells, form),
    }
}
