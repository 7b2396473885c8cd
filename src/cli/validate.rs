//! `myelomri validate`: internal validation of a logistic model, or a saved model on other patients.

use super::args::{Format, FormatArgs, OutArgs};
use super::export_args::ExportArgs;
use super::table_args::{OutcomeArgs, PatientsArgs, PlanArgs, TermArgs, cell, say_outcome};
use super::{CliError, Context, output};
use crate::cohort::analysis::fit::prepare;
use crate::cohort::analysis::roc::options::Resampling;
use crate::cohort::analysis::validate::{FoldsAsked, ValidateOptions, validate, validate_saved};
use crate::cohort::results::{SavedModel, ValidateResults};
use crate::error::Result;
use crate::image::write_json;
use crate::report::plots::{calibration_figure, decision_figure};
use crate::report::{Lang, tables};
use clap::Args;
use std::path::{Path, PathBuf};

/// Flags of `validate`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Bootstrap optimism repeats the whole recipe in every resample (drawn within the classes); \
    separated resamples are kept under Firth and counted. Leave-pair-out is the unbiased area for small groups. The \
    decision curve stands on leave-one-out predictions. With -o it writes PREFIX_validate.json.\n\nExamples:\n  myelomri \
    validate --table wide.csv --outcome best_response__end --positive sCR,CR,VGPR --term sff_mean_L1-L5__pct\n  myelomri \
    validate --table other.csv --outcome response --positive CR --negative PR --model model_model.json\n\nHarrell 1996; \
    Steyerberg 2001 (doi:10.1016/S0895-4356(01)00341-9); Airola 2011 (doi:10.1016/j.csda.2010.11.018). See `myelomri \
    explain validation`."
)]
pub struct ValidateArgs {
    #[command(flatten)]
    table: PatientsArgs,
    #[command(flatten)]
    outcome: OutcomeArgs,
    #[command(flatten)]
    terms: TermArgs,
    /// Saved model (PREFIX_model.json of `fit`) to apply to these patients; nothing is refitted
    #[arg(long, value_name = "JSON", conflicts_with = "terms")]
    model: Option<PathBuf>,
    /// Bootstrap resamples
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    bootstrap: u32,
    /// Given resamples in place of drawn ones: one a line, rows of the analysed patients from 1, with commas
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    resamples: Option<PathBuf>,
    /// Folds of the cross-validation, drawn within the classes; 0 for none
    #[arg(long, value_name = "K", default_value_t = 5)]
    cross_validate: usize,
    /// Repeats of the cross-validation
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    repeats: u32,
    /// Given folds in place of drawn ones: the fold of each analysed patient, one a line
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    folds: Option<PathBuf>,
    /// Shuffles of the outcome, for what leave-pair-out gives by chance; 0 for none
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    permutations: u32,
    /// Seed of the resampling
    #[arg(long, value_name = "N", default_value_t = crate::cohort::analysis::SEED)]
    seed: u64,
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    export: ExportArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs `validate`.
///
/// # Errors
/// Columns that are missing, an outcome with one class, a model that cannot be estimated (exit 7).
pub fn run(args: ValidateArgs, context: &Context) -> Result<()> {
    let ValidateArgs {
        table,
        outcome,
        terms,
        model,
        bootstrap,
        resamples,
        cross_validate,
        repeats,
        folds,
        permutations,
        seed,
        plan,
        out,
        export,
        format,
    } = args;
    let specs = terms.specs()?;
    if specs.is_empty() && model.is_none() {
        return Err(CliError::usage("no model to validate", "pass --term COL, once or more, or --model JSON").into());
    }
    terms.check_penalty(&table)?;
    let figures = ["_calibration.svg", "_calibration.png", "_decision.svg", "_decision.png"];
    out.check_absent(&[&["_validate.json"], &figures[..]].concat())?;
    let export = export.checked(&out)?;
    let (_, stamp) = plan.declared()?;
    let frame = table.frame(context)?;
    let endpoint = outcome.endpoint(&frame)?;
    endpoint.check_two_classes()?;
    let mut results = match &model {
        Some(path) => validate_saved(&frame, &endpoint, &SavedModel::read(path)?)?,
        None => {
            let prepared = prepare(&frame, &endpoint, &specs)?;
            if !prepared.missing.is_empty() {
                context.say(format!("left out for a missing value: {}", prepared.missing.join(", ")));
            }
            let options = ValidateOptions {
                bootstrap: bootstrap as usize,
                resamples: resamples.map(|path| read_rows(&path)).transpose()?,
                folds: match folds {
                    Some(path) => Some(FoldsAsked::Given(read_rows(&path)?.concat())),
                    None if cross_validate > 1 => Some(FoldsAsked::Drawn(cross_validate, repeats as usize)),
                    None => None,
                },
                permutations: permutations as usize,
                seed,
            };
            validate(&prepared, terms.estimator(), &options)?
        }
    };
    if stamp.is_some() {
        results.plan = stamp;
    }
    context.say(say_outcome(&endpoint.outcome));
    context.warn(&results.warnings);
    if let Some(path) = out.path("_validate.json") {
        write_json(&path, &results, out.overwrite())?;
    }
    export.write(&[tables::validation(&results, Lang::En)])?;
    if let [Some(svg), Some(png), Some(decision_svg), Some(decision_png)] = figures.map(|ending| out.path(ending)) {
        calibration_figure(&results.calibration_curve, Lang::En)?.save(&svg, &png)?;
        decision_figure(&results.decision_curve, Lang::En)?.save(&decision_svg, &decision_png)?;
    }
    print(&results, format.format)
}

/// Lines of numbers counted from 1.
fn read_rows(path: &Path) -> Result<Vec<Vec<usize>>> {
    match Resampling::read(path)? {
        Resampling::Given(rows) => Ok(rows),
        Resampling::Drawn { .. } => Ok(Vec::new()),
    }
}

const HEADER: [&str; 10] = [
    "scheme",
    "metric",
    "apparent",
    "optimism",
    "corrected",
    "ci_low",
    "ci_high",
    "n_resamples",
    "n_not_estimable",
    "p",
];

fn print(results: &ValidateResults, format: Format) -> Result<()> {
    let digits = (format == Format::Table).then_some(3);
    let rows: Vec<Vec<String>> = results
        .schemes
        .iter()
        .map(|s| {
            let numbers = [s.apparent, s.optimism, s.corrected, s.ci_low, s.ci_high].map(|value| cell(value, digits));
            let mut cells = vec![s.scheme.clone(), s.metric.clone()];
            cells.extend(numbers);
            cells.extend([s.n_resamples.to_string(), s.n_not_estimable.to_string(), cell(s.p, digits)]);
            cells
        })
        .collect();
    match format {
        Format::Json => output::print_json(results),
        Format::Csv => output::print_rows(&HEADER, &rows, format),
        Format::Table => {
            let mut text = output::aligned(&HEADER, &rows);
            if let Some(calibration) = &results.calibration {
                text += &format!(
                    "\ncalibration: intercept {}, slope {}",
                    cell(calibration.intercept, digits),
                    cell(calibration.slope, digits)
                );
            }
            output::print(&text)
        }
    }
}
