//! `myelomri validate`: internal validation of a logistic model, or a saved model on other patients.

use super::args::{Format, FormatArgs, OutArgs};
use super::table_args::{OutcomeArgs, TableArgs, TermArgs, cell, say_outcome};
use super::{CliError, Context, output};
use crate::cohort::analysis::fit::prepare;
use crate::cohort::analysis::validate::{validate, validate_saved};
use crate::cohort::results::{SavedModel, ValidateResults};
use crate::error::Result;
use crate::image::write_json;
use clap::Args;
use std::path::PathBuf;

/// Flags of `validate`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Bootstrap optimism repeats the whole recipe in every resample (drawn within the classes); \
    separated resamples are kept under Firth and counted. Leave-pair-out is the unbiased area for small groups. The \
    decision curve stands on leave-one-out predictions. With -o it writes PREFIX_validate.json.\n\nExamples:\n  myelomri \
    validate --table wide.csv --outcome best_response__end --positive sCR,CR,VGPR --term sff_mean_L1-L5__pct\n  myelomri \
    validate --table other.csv --outcome response --positive CR --negative PR --model model_model.json\n\nHarrell 1996; \
    Steyerberg 2001 (doi:10.1016/S0895-4356(01)00341-9); Airola 2011 (doi:10.1016/j.csda.2010.11.023). See `myelomri \
    explain validation`."
)]
pub struct ValidateArgs {
    #[command(flatten)]
    table: TableArgs,
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
    /// Seed of the resampling
    #[arg(long, value_name = "N", default_value_t = crate::cohort::analysis::SEED)]
    seed: u64,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs `validate`.
///
/// # Errors
/// Columns that are missing, an outcome with one class, a model that cannot be estimated (exit 7).
pub fn run(args: ValidateArgs, context: &Context) -> Result<()> {
    let ValidateArgs { table, outcome, terms, model, bootstrap, seed, out, format } = args;
    let specs = terms.specs()?;
    if specs.is_empty() && model.is_none() {
        return Err(CliError::usage("no model to validate", "pass --term COL, once or more, or --model JSON").into());
    }
    out.check_absent(&["_validate.json"])?;
    let frame = table.frame()?;
    let endpoint = outcome.endpoint(&frame)?;
    endpoint.check_two_classes()?;
    let results = match &model {
        Some(path) => validate_saved(&frame, &endpoint, &SavedModel::read(path)?)?,
        None => {
            let prepared = prepare(&frame, &endpoint, &specs)?;
            if !prepared.missing.is_empty() {
                context.say(format!("left out for a missing value: {}", prepared.missing.join(", ")));
            }
            validate(&prepared, terms.estimator(), bootstrap as usize, seed)?
        }
    };
    context.say(say_outcome(&endpoint.outcome));
    context.warn(&results.warnings);
    if let Some(path) = out.path("_validate.json") {
        write_json(&path, &results, out.overwrite())?;
    }
    print(&results, format.format)
}

const HEADER: [&str; 9] =
    ["scheme", "metric", "apparent", "optimism", "corrected", "ci_low", "ci_high", "n_resamples", "n_not_estimable"];

fn print(results: &ValidateResults, format: Format) -> Result<()> {
    let digits = (format == Format::Table).then_some(3);
    let rows: Vec<Vec<String>> = results
        .schemes
        .iter()
        .map(|s| {
            let numbers = [s.apparent, s.optimism, s.corrected, s.ci_low, s.ci_high].map(|value| cell(value, digits));
            let mut cells = vec![s.scheme.clone(), s.metric.clone()];
            cells.extend(numbers);
            cells.extend([s.n_resamples.to_string(), s.n_not_estimable.to_string()]);
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
