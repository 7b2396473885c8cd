//! `myelomri fit`: a logistic model of the outcome.

use super::args::{Format, FormatArgs, OutArgs};
use super::table_args::{OutcomeArgs, TableArgs, TermArgs, cell, say_outcome};
use super::{CliError, Context, output};
use crate::cohort::analysis::fit::fit;
use crate::cohort::results::{Family, Model};
use crate::error::Result;
use crate::image::write_json;
use crate::units::show_p;
use clap::Args;

/// Flags of `fit`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "p is that of the (penalised) likelihood-ratio test, the interval is the profile interval; \
    Wald's z is printed beside them. Maximum likelihood on separated data ends with exit code 7 and names the columns. \
    With -o it writes PREFIX_fit.json and PREFIX_model.json, which `validate --model` applies to other patients.\n\n\
    Example:\n  myelomri fit --table wide.csv --outcome best_response__end --positive sCR,CR,VGPR --term \
    sff_mean_L1-L5__pct/10 --term m_protein_serum_g_dl__pct/10 -o model\n\nFirth 1993 (doi:10.1093/biomet/80.1.27), \
    Heinze and Schemper 2002 (doi:10.1002/sim.1047), FLIC: Puhr 2017 (doi:10.1002/sim.7273). See `myelomri explain firth`."
)]
pub struct FitArgs {
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    outcome: OutcomeArgs,
    #[command(flatten)]
    terms: TermArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs `fit`.
///
/// # Errors
/// Columns that are missing, an outcome with one class, data that the estimator cannot fit (exit 7).
pub fn run(args: FitArgs, context: &Context) -> Result<()> {
    let FitArgs { table, outcome, terms, out, format } = args;
    let specs = terms.specs()?;
    if specs.is_empty() {
        return Err(CliError::usage("a model without a term", "pass --term COL, once or more").into());
    }
    out.check_absent(&["_fit.json", "_model.json"])?;
    let frame = table.frame()?;
    let endpoint = outcome.endpoint(&frame)?;
    let fitted = fit(&frame, &endpoint, "model", Family::Exploratory, &specs, terms.estimator())?;
    context.say(say_outcome(&endpoint.outcome));
    context.warn(&fitted.model.warnings);
    if !fitted.model.missing.is_empty() {
        context.say(format!("left out for a missing value: {}", fitted.model.missing.join(", ")));
    }
    if let Some(path) = out.path("_fit.json") {
        write_json(&path, &fitted.model, out.overwrite())?;
    }
    if let Some(path) = out.path("_model.json") {
        write_json(&path, &fitted.saved, out.overwrite())?;
    }
    print(&fitted.model, format.format)
}

const HEADER: [&str; 8] = ["term", "estimate", "se", "z", "p", "ci_low", "ci_high", "odds_ratio"];

fn print(model: &Model, format: Format) -> Result<()> {
    let digits = (format == Format::Table).then_some(4);
    let rows: Vec<Vec<String>> = model
        .terms
        .iter()
        .map(|term| {
            let p = if digits.is_some() { show_p(term.p.unwrap_or(f64::NAN)) } else { cell(term.p, None) };
            vec![
                term.name.clone(),
                cell(Some(term.estimate), digits),
                cell(term.se, digits),
                cell(term.z, digits),
                p,
                cell(term.ci_low, digits),
                cell(term.ci_high, digits),
                cell(Some(term.odds_ratio), digits),
            ]
        })
        .collect();
    match format {
        Format::Json => output::print_json(model),
        Format::Csv => output::print_rows(&HEADER, &rows, format),
        Format::Table => {
            let number = |value| cell(value, Some(4));
            let foot = format!(
                "{} patients, {} events, {}; log-likelihood {} (intercept alone {}), AIC {}, separation {}",
                model.n,
                model.events,
                model.method,
                number(model.log_likelihood),
                number(model.null_log_likelihood),
                number(model.aic),
                model.separation
            );
            output::print(&format!("{}\n\n{foot}", output::aligned(&HEADER, &rows)))
        }
    }
}
