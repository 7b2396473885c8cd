//! `run`: the main job, from the images of a study to the report.

use super::measure::{SelectionArgs, tell};
use super::report::WordingArgs;
use super::{Context, output};
use crate::cohort::analysis::SEED;
use crate::error::Result;
use crate::pipeline::{self, RunDone};
use clap::Args;
use std::path::PathBuf;

/// Flags of `run`.
#[derive(Debug, Args)]
#[command(after_long_help = "Example:\n  myelomri run data-sample results\n\nLeaves OUT/maps, OUT/qc, OUT/tables, \
    OUT/results, OUT/figures and OUT/report.html. Run again, it measures only what has changed.\n\nExit codes: 6 where \
    some sessions failed and the others are done; 5 where OUT holds something else.")]
pub struct RunArgs {
    /// Study folder with study.toml, clinical.csv and the images; without study.toml a filled template is printed
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// Folder for the results; new, empty, or one that this program made
    #[arg(value_name = "OUT")]
    out: PathBuf,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    wording: WordingArgs,
    /// Seed of the resampling; the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
}

/// Runs `run`.
///
/// # Errors
/// Where the study, its tables or the output cannot be used, or sessions failed.
pub fn run(args: RunArgs, context: &Context) -> Result<()> {
    let RunArgs { study, out, selection, wording, seed } = args;
    let (settings, lang) = wording.read()?;
    let done = pipeline::run(&selection.request(study, out, context), seed, &settings, lang)?;
    tell(&done.summary, context);
    context.warn(&done.warnings);
    output::print(&headline(&done))?;
    done.summary.failure().map_or(Ok(()), |failure| Err(failure.into()))
}

/// The run in a few lines: sessions, patients, curves, report.
fn headline(done: &RunDone) -> String {
    let RunDone { summary, analysis, report, .. } = done;
    let (measured, skipped, failed) = (summary.measured.len(), summary.skipped.len(), summary.failed.len());
    let flow = &analysis.flow;
    let mut lines = vec![
        format!("sessions  {measured} measured, {skipped} unchanged, {failed} failed"),
        format!(
            "patients  {} found, {} with both visits, {} analysed",
            flow.n_subjects, flow.n_paired, flow.n_analysed
        ),
    ];
    let curves = analysis.roc.iter().flat_map(|results| &results.curves);
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
    let rows: Vec<Vec<String>> = curves
        .map(|curve| {
            let classes = format!("{}/{}", curve.n_positive, curve.n_negative);
            vec![curve.predictor.clone(), classes, shown(Some(curve.auc)), shown(curve.ci_low), shown(curve.ci_high)]
        })
        .collect();
    if !rows.is_empty() {
        lines.push(output::aligned(&["predictor", "n+/n-", "auc", "ci_low", "ci_high"], &rows));
    }
    lines.push(format!("report    {}", report.display()));
    lines.join("\n")
}
