//! `myelomri roc`: curves, areas with intervals, cut-offs, comparisons, a plot.

use super::args::{Format, FormatArgs, OutArgs};
use super::table_args::{OutcomeArgs, PlanArgs, TableArgs, cell, direction_name, say_outcome};
use super::{Context, output};
use crate::cohort::Marker;
use crate::cohort::analysis::family_of;
use crate::cohort::analysis::roc::roc;
use crate::cohort::results::{Family, RocResults};
use crate::error::Result;
use crate::image::write_json;
use crate::report::plots;
use crate::units::show_p;
use clap::Args;

/// Flags of `roc`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The direction of a marker is declared, never found from the data; an area below one half is \
    printed as such. Intervals are logit-DeLong, Newcombe's at an area of 0 or 1. The Youden cut-off is chosen on the \
    patients it is judged on. With -o it writes PREFIX_roc.json, PREFIX_roc.svg and PREFIX_roc.png.\n\nExample:\n  \
    myelomri roc --table wide.csv --outcome best_response__end --positive sCR,CR,VGPR --predictor \
    sff_mean_L1-L5__pct:higher --predictor m_protein_serum_g_dl__pct:lower -o out/two\n\nDeLong 1988 \
    (doi:10.2307/2531595), Sun and Xu 2014 (doi:10.1109/LSP.2014.2337313), Newcombe 2006 (doi:10.1002/sim.2324). See \
    `myelomri explain roc`."
)]
pub struct RocArgs {
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    outcome: OutcomeArgs,
    /// Marker with the direction that points to the positive class, COL:higher or COL:lower (repeatable)
    #[arg(long = "predictor", value_name = "COL:DIRECTION", required = true)]
    predictors: Vec<String>,
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs `roc`.
///
/// # Errors
/// Columns that are missing or hold text, an outcome with one class, outputs that exist.
pub fn run(args: RocArgs, context: &Context) -> Result<()> {
    let RocArgs { table, outcome, predictors, plan, out, format } = args;
    out.check_absent(&["_roc.json", "_roc.svg", "_roc.png"])?;
    let planned = plan.markers()?;
    let markers = predictors
        .iter()
        .map(|text| {
            let marker = Marker::parse(text, Family::Exploratory)?;
            Ok(Marker { family: family_of(&marker.column, &planned), ..marker })
        })
        .collect::<Result<Vec<Marker>>>()?;
    let frame = table.frame()?;
    let endpoint = outcome.endpoint(&frame)?;
    let results = roc(&frame, &endpoint, &markers)?;
    context.say(say_outcome(&endpoint.outcome));
    context.warn(&results.warnings);
    if let (Some(json), Some(svg), Some(png)) = (out.path("_roc.json"), out.path("_roc.svg"), out.path("_roc.png")) {
        write_json(&json, &results, out.overwrite())?;
        plots::roc(&results, &svg, &png)?;
    }
    print(&results, format.format)
}

const HEADER: [&str; 12] = [
    "predictor",
    "direction",
    "n_positive",
    "n_negative",
    "auc",
    "ci_low",
    "ci_high",
    "ci_method",
    "cutoff_rule",
    "threshold",
    "sensitivity",
    "specificity",
];

fn print(results: &RocResults, format: Format) -> Result<()> {
    if format == Format::Json {
        return output::print_json(results);
    }
    let digits = (format == Format::Table).then_some(3);
    let rows: Vec<Vec<String>> = results
        .curves
        .iter()
        .map(|curve| {
            let cutoff = curve.cutoffs.first();
            vec![
                curve.predictor.clone(),
                direction_name(curve.direction).to_owned(),
                curve.n_positive.to_string(),
                curve.n_negative.to_string(),
                cell(Some(curve.auc), digits),
                cell(curve.ci_low, digits),
                cell(curve.ci_high, digits),
                curve.ci_method.clone(),
                cutoff.map_or_else(String::new, |c| c.rule.clone()),
                cell(cutoff.map(|c| c.threshold), digits),
                cell(cutoff.map(|c| c.sensitivity), digits),
                cell(cutoff.map(|c| c.specificity), digits),
            ]
        })
        .collect();
    if format == Format::Csv {
        return output::print(&output::csv(&HEADER, &rows));
    }
    let mut text = output::aligned(&HEADER, &rows);
    for c in &results.comparisons {
        text += &format!(
            "\n{} - {}: AUC difference {} ({} to {}), p {}, {} patients with both",
            c.a,
            c.b,
            cell(Some(c.difference), digits),
            cell(c.ci_low, digits),
            cell(c.ci_high, digits),
            show_p(c.p.unwrap_or(f64::NAN)),
            c.n
        );
    }
    output::print(&text)
}
