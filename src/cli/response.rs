//! `myelomri response`: IMWG category or range, CR/VGPR label, ISS, R-ISS.

use super::args::{Format, FormatArgs, OutArgs};
use super::table_args::TableArgs;
use super::{Context, output};
use crate::cohort::response::{Assay, Reading, Source};
use crate::cohort::results::ResponseRow;
use crate::cohort::{CohortError, Table, response};
use crate::error::{Result, Warning};
use crate::image::{write_json, write_text_atomically};
use clap::Args;
use serde::Serialize;

/// Flags of `response`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The table has columns subject and session, one row each, and any of: m_protein_serum_UNIT (g_dl, \
    g_l, mg_dl, mg_l), m_protein_urine_UNIT (mg_24h, g_24h), flc_kappa_UNIT and flc_lambda_UNIT (mg_l, mg_dl), flc_assay \
    (freelite, n-latex, NAME:LOW-HIGH), ife_serum and ife_urine (positive, negative), marrow_plasma_pct, \
    plasmacytoma_spd_UNIT (mm2, cm2), lesion_longest_UNIT (mm, cm), circulating_plasma_cells_UNIT (per_ul, 1e9_l), \
    clonal_cells and new_lesion (1, 0), b2m_UNIT (mg_l, mg_dl), albumin_UNIT (g_dl, g_l), ldh_u_l, ldh_uln, \
    fish_high_risk and confirmed (yes, no), best_response. A column by another name is given with --column. Missing values leave a range of categories; nothing is imputed. With -o it writes \
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
    /// Where a quantity stands and in which unit (repeatable), e.g. albumin=Alb:g/L
    #[arg(long = "column", value_name = "QUANTITY=COL:UNIT")]
    columns: Vec<String>,
    /// Assay of the free light chains where the column flc_assay does not say it: freelite, n-latex or NAME:LOW-HIGH with
    /// the limits of the ratio
    #[arg(long, value_name = "ASSAY")]
    flc_assay: Option<String>,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

#[derive(Serialize)]
struct ResponseResults {
    rows: Vec<ResponseRow>,
    warnings: Vec<Warning>,
}

/// Runs `response`.
///
/// # Errors
/// A table that cannot be read, duplicate keys, text in number columns, words that are not known.
pub fn run(args: ResponseArgs, context: &Context) -> Result<()> {
    let ResponseArgs { table, sessions, columns, flc_assay, out, format } = args;
    let reading = reading(&columns, flc_assay.as_deref())?;
    out.check_absent(&["_response.csv", "_response.json"])?;
    let order: Vec<&str> = sessions.iter().map(String::as_str).collect();
    let (rows, warnings) = response::of_table(&Table::read(&table.table)?, &order, &reading)?;
    context.warn(&warnings);
    if rows.iter().any(|row| row.confirmed != Some(true)) {
        context.say("categories without `confirmed = yes` rest on one assessment");
    }
    let cells: Vec<Vec<String>> = rows.iter().map(response::cells).collect();
    let results = ResponseResults { rows, warnings };
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

fn reading(columns: &[String], flc_assay: Option<&str>) -> Result<Reading> {
    let sources = columns.iter().map(|text| Source::parse(text)).collect::<std::result::Result<_, _>>()?;
    let unknown = |text: &str| CohortError::Syntax { text: text.to_owned(), expected: Assay::EXPECTED };
    let flc_assay = flc_assay.map(|text| Assay::parse(text).ok_or_else(|| unknown(text))).transpose()?;
    Ok(Reading { sources, flc_assay })
}
