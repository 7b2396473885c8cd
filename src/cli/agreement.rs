//! `myelomri agreement`: whether repeats, scanners or readers agree.

use super::args::{Format, FormatArgs, OutArgs};
use super::table_args::{PatientsArgs, RowsArgs, cell, two_columns};
use super::{CliError, Context, output};
use crate::cohort::analysis::agreement::{of_categories, of_masks, of_numbers};
use crate::cohort::results::AgreementResults;
use crate::error::Result;
use crate::image::write_json;
use crate::report::{Lang, plots};
use crate::units::show_p;
use clap::Args;
use std::path::PathBuf;

/// Flags of `agreement`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Columns are repeats, scanners or readers of one measurement, in one unit. ICC in all six forms, named \
    in full; limits of agreement of the first two columns (first minus second) with exact intervals; within-subject SD, \
    coefficients of variation and repeatability coefficient; Lin's concordance; Deming and Passing-Bablok lines. Category \
    columns have Cohen's kappa, unweighted and weighted. With -o it writes PREFIX_agreement.json and, for numbers, \
    PREFIX_bland-altman.svg and .png.\n\nExamples:\n  myelomri agreement --table repeats.csv --column scan1 --column scan2\n  \
    myelomri agreement --table readers.csv --kappa reader1,reader2 --levels SD,PR,VGPR,CR\n  myelomri agreement --masks \
    reader1_mask.nii.gz reader2_mask.nii.gz\n\nShrout and Fleiss 1979 \
    (doi:10.1037/0033-2909.86.2.420), Bland and Altman 1999 (doi:10.1177/096228029900800204), Carkeet 2015 \
    (doi:10.1097/OPX.0000000000000513). See `myelomri explain agreement`."
)]
pub struct AgreementArgs {
    /// Table with a header: CSV, TSV, Parquet or Excel (first sheet)
    #[arg(long, value_name = "FILE", required_unless_present = "masks")]
    table: Option<PathBuf>,
    #[command(flatten)]
    rows: RowsArgs,
    /// Two masks on one grid (NIfTI; inside is what is not zero): Dice, Jaccard, Hausdorff distances
    #[arg(long, value_name = "NIFTI", num_args = 2, conflicts_with_all = ["table", "columns", "kappa"])]
    masks: Vec<PathBuf>,
    /// Number column (twice or more)
    #[arg(long = "column", value_name = "COL", conflicts_with = "kappa")]
    columns: Vec<String>,
    /// Two category columns
    #[arg(long, value_name = "A,B")]
    kappa: Option<String>,
    /// Levels of the categories from low to high, for weighted kappa [default: in the order of their names]
    #[arg(long, value_name = "LEVEL,...", value_delimiter = ',', requires = "kappa")]
    levels: Vec<String>,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs `agreement`.
///
/// # Errors
/// Columns that are missing or hold text, fewer than two columns, a level that is not named.
pub fn run(args: AgreementArgs, context: &Context) -> Result<()> {
    let AgreementArgs { table, rows, masks, columns, kappa, levels, out, format } = args;
    out.check_absent(&["_agreement.json", "_bland-altman.svg", "_bland-altman.png"])?;
    let results = match (&masks[..], table) {
        ([first, second], _) => of_masks(&context.reader.mask(first)?, &context.reader.mask(second)?)?,
        (_, Some(table)) => of_table(PatientsArgs::of(table, rows), &columns, kappa.as_deref(), &levels, context)?,
        _ => return Err(CliError::usage("nothing to compare", "pass --table, or --masks with two files").into()),
    };
    if !results.missing.is_empty() {
        context.say(format!("left out for a missing value: {}", results.missing.join(", ")));
    }
    context.warn(&results.warnings);
    if let Some(path) = out.path("_agreement.json") {
        write_json(&path, &results, out.overwrite())?;
    }
    if let (Some(svg), Some(png), Some(_)) =
        (out.path("_bland-altman.svg"), out.path("_bland-altman.png"), &results.bland_altman)
    {
        plots::bland_altman_figure(&results, Lang::En)?.save(&svg, &png)?;
    }
    print(&results, format.format)
}

/// Agreement of the columns of a table.
fn of_table(
    table: PatientsArgs,
    columns: &[String],
    kappa: Option<&str>,
    levels: &[String],
    context: &Context,
) -> Result<AgreementResults> {
    if kappa.is_none() && columns.len() < 2 {
        let how = "pass --column COL twice or more, or --kappa A,B";
        return Err(CliError::usage("agreement needs two columns", how).into());
    }
    table.needs_one_row("--kappa", kappa.is_some())?;
    let clustered = table.is_clustered();
    let table = table.table(context)?;
    match kappa {
        Some(pair) => of_categories(&table, &two_columns(pair)?, levels),
        None => of_numbers(&table, columns, clustered),
    }
}

const HEADER: [&str; 5] = ["measure", "value", "ci_low", "ci_high", "p"];

fn print(results: &AgreementResults, format: Format) -> Result<()> {
    if format == Format::Json {
        return output::print_json(results);
    }
    let digits = (format == Format::Table).then_some(4);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |name: String, value: Option<f64>, ends: Option<[f64; 2]>, p: Option<f64>| {
        let p = match digits {
            Some(_) if p.is_none() => String::new(),
            Some(_) => show_p(p.unwrap_or(f64::NAN)),
            None => cell(p, None),
        };
        let ends = ends.map(|e| e.map(Some)).unwrap_or_default();
        rows.push(vec![name, cell(value, digits), cell(ends[0], digits), cell(ends[1], digits), p]);
    };
    for form in &results.icc {
        let name = format!("{} {}", form.name, form.form);
        row(name, Some(form.value), form.ci_low.zip(form.ci_high).map(<[f64; 2]>::from), form.p);
    }
    if let Some(b) = &results.bland_altman {
        row("bias".into(), Some(b.bias), b.bias_ci, None);
        row("lower limit of agreement".into(), Some(b.loa_low), b.loa_low_ci, None);
        row("upper limit of agreement".into(), Some(b.loa_high), b.loa_high_ci, None);
        if b.proportional_r.is_some() {
            row("difference against mean, r".into(), b.proportional_r, None, b.proportional_p);
        }
    }
    if results.wsd.is_some() {
        row("within-subject SD".into(), results.wsd, results.wsd_ci, None);
        row("within-subject CoV (root mean square)".into(), results.wcv, None, None);
        row("within-subject CoV (log)".into(), results.wcv_log, None, None);
        row("repeatability coefficient".into(), results.rc, results.rc_ci, None);
        row("repeatability coefficient, %".into(), results.rc_pct, None, None);
        // no interval of it, but what a repeat may differ by to either side
        if let Some([low, high]) = results.rc_pct_asymmetric {
            row("largest fall of a repeat, % (log)".into(), Some(low), None, None);
            row("largest rise of a repeat, % (log)".into(), Some(high), None, None);
        }
    }
    if let Some(c) = &results.concordance {
        row("Lin's concordance".into(), Some(c.value), c.ci_low.zip(c.ci_high).map(<[f64; 2]>::from), None);
    }
    for line in &results.lines {
        let ends = line.slope_ci_low.zip(line.slope_ci_high).map(<[f64; 2]>::from);
        row(format!("{} slope", line.method), Some(line.slope), ends, None);
        let ends = line.intercept_ci_low.zip(line.intercept_ci_high).map(<[f64; 2]>::from);
        row(format!("{} intercept", line.method), Some(line.intercept), ends, None);
    }
    if let Some(m) = &results.masks {
        row("Dice".into(), Some(m.dice), None, None);
        row("Jaccard".into(), Some(m.jaccard), None, None);
        row(format!("volume of {}, mL", m.files[0]), Some(m.volumes_ml[0]), None, None);
        row(format!("volume of {}, mL", m.files[1]), Some(m.volumes_ml[1]), None, None);
        row("Hausdorff, mm".into(), Some(m.hausdorff_mm), None, None);
        row("Hausdorff 95 %, mm".into(), Some(m.hausdorff_95_mm), None, None);
        row("mean surface distance, mm".into(), Some(m.mean_surface_mm), None, None);
    }
    for k in &results.kappa {
        row(format!("kappa, {}", k.weights), Some(k.value), Some([k.ci_low, k.ci_high]), k.p);
    }
    output::print_rows(&HEADER, &rows, format)
}
