//! `myelomri fit`: a logistic model of the outcome.

use super::args::{Format, FormatArgs, OutArgs};
use super::export_args::ExportArgs;
use super::table_args::{OutcomeArgs, PatientsArgs, PlanArgs, TermArgs, cell, say_outcome};
use super::{CliError, Context, output};
use crate::cohort::analysis::family_of_all;
use crate::cohort::analysis::fit::fit;
use crate::cohort::analysis::roc::{RocOptions, model_curve};
use crate::cohort::results::{Diagnostics, FitResults, Model, RocResults, Term};
use crate::error::Result;
use crate::image::write_json;
use crate::report::characters::roc_in_characters;
use crate::report::plots::{self, ForestRow, forest_figure};
use crate::report::{Lang, tables};
use crate::units::show_p;
use clap::Args;

/// Flags of `fit`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "p is that of the (penalised) likelihood-ratio test, the interval is the profile interval; \
    Wald's z is printed beside them. Maximum likelihood on separated data ends with exit code 7 and names the columns. \
    With -o it writes PREFIX_fit.json, PREFIX_model.json (which `validate --model` and `roc --model` apply to other \
    patients), and PREFIX_forest and PREFIX_roc as SVG and PNG: the odds ratios, and the curve of the prediction on the very \
    patients of the fit, which is too good. The table on stdout has that curve drawn below it.\n\n\
    Example:\n  myelomri fit --table wide.csv --outcome best_response__end --positive sCR,CR,VGPR --term \
    sff_mean_L1-L5__pct/10 --term m_protein_serum_g_dl__pct/10 -o model\n\nFirth 1993 (doi:10.1093/biomet/80.1.27), \
    Heinze and Schemper 2002 (doi:10.1002/sim.1047), FLIC: Puhr 2017 (doi:10.1002/sim.7273). See `myelomri explain firth`."
)]
pub struct FitArgs {
    #[command(flatten)]
    table: PatientsArgs,
    #[command(flatten)]
    outcome: OutcomeArgs,
    #[command(flatten)]
    terms: TermArgs,
    /// Wald intervals and p beside the likelihood-based ones; near separation they mislead
    #[arg(long)]
    wald: bool,
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    export: ExportArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs `fit`.
///
/// # Errors
/// Columns that are missing, an outcome with one class, data that the estimator cannot fit (exit 7).
pub fn run(args: FitArgs, context: &Context) -> Result<()> {
    let FitArgs { table, outcome, terms, wald, plan, out, export, format } = args;
    let specs = terms.specs()?;
    if specs.is_empty() {
        return Err(CliError::usage("a model without a term", "pass --term COL, once or more").into());
    }
    terms.check_penalty(&table)?;
    out.check_absent(&["_fit.json", "_model.json", "_forest.svg", "_forest.png", "_roc.svg", "_roc.png"])?;
    let export = export.checked(&out)?;
    let (planned, stamp) = plan.declared()?;
    let family = family_of_all(specs.iter().map(|term| term.column.as_str()), &planned);
    let frame = table.frame(context)?;
    let endpoint = outcome.endpoint(&frame)?;
    let mut fitted = fit(&frame, &endpoint, "model", family, &specs, terms.estimator())?;
    (fitted.model.plan, fitted.saved.plan) = (stamp.clone(), stamp);
    if wald {
        fitted.model.add_wald();
    }
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
    if let (Some(svg), Some(png)) = (out.path("_forest.svg"), out.path("_forest.png")) {
        let rows: Vec<ForestRow> = fitted.model.terms.iter().skip(1).map(forest_row).collect();
        let title = format!("{}, {} of {} patients", fitted.model.method, fitted.model.events, fitted.model.n);
        forest_figure(&rows, &title, Lang::En)?.save(&svg, &png)?;
    }
    let mut of_curve = Vec::new();
    let options = RocOptions::default();
    let curve = model_curve(&frame, &endpoint, &fitted.saved, family, &options, &mut of_curve)?;
    context.warn(&of_curve);
    let curves = RocResults { curves: vec![curve], ..RocResults::default() };
    if let (Some(svg), Some(png)) = (out.path("_roc.svg"), out.path("_roc.png")) {
        plots::roc(&curves, &svg, &png)?;
    }
    let models = FitResults { models: vec![fitted.model], ..FitResults::default() };
    export.write(&[tables::models(&models, Lang::En), tables::curves(&curves, Lang::En)])?;
    models.models.iter().try_for_each(|model| print(model, &curves, format.format))
}

fn forest_row(term: &Term) -> ForestRow {
    let interval = term.ci_low.zip(term.ci_high).map(|(low, high)| [low.exp(), high.exp()]);
    ForestRow { term: term.name.clone(), model: String::new(), odds_ratio: term.odds_ratio, interval, p: term.p }
}

const HEADER: [&str; 8] = ["term", "estimate", "se", "z", "p", "ci_low", "ci_high", "odds_ratio"];

fn print(model: &Model, curves: &RocResults, format: Format) -> Result<()> {
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
            let mut text = format!("{}\n\n{foot}", output::aligned(&HEADER, &rows));
            if let (Some(intercept), "firth") = (model.prediction_intercept, model.method.as_str()) {
                text += &format!("\nintercept for prediction (FLIC) {}", number(Some(intercept)));
            }
            for term in &model.terms {
                let (Some([low, high]), Some(p)) = (term.wald_ci, term.wald_p) else { continue };
                let (low, high) = (number(Some(low)), number(Some(high)));
                text += &format!("\n{}, Wald: {low} to {high}, p {} (misleads near separation)", term.name, show_p(p));
            }
            if let Some(d) = &model.diagnostics {
                text += &describe(d);
            }
            text += &format!("\n\n{}", roc_in_characters(&curves.curves, output::width()));
            output::print(&text)
        }
    }
}

/// The worth of the model in a few lines.
fn describe(d: &Diagnostics) -> String {
    let number = |value: f64| cell(Some(value), Some(3));
    let mut text = format!(
        "\nR2: Nagelkerke {}, McFadden {}, Tjur {}; Brier {} (scaled {}); {} of the rarer class a variable",
        number(d.r2_nagelkerke),
        number(d.r2_mcfadden),
        number(d.r2_tjur),
        number(d.brier),
        number(d.brier_scaled),
        cell(Some(d.events_per_variable), Some(1))
    );
    if let Some((chi2, df, p)) = d.global_test {
        text += &format!("\nall slopes: chi-squared {} on {df}, p {}", number(chi2), show_p(p));
    }
    if let Some(t) = &d.hosmer_lemeshow {
        text += &format!(
            "\nHosmer-Lemeshow, {} groups: chi-squared {} on {}, p {}",
            t.groups.len(),
            number(t.chi2),
            t.df,
            show_p(t.p)
        );
    }
    for v in &d.variance_inflation {
        text += &format!("\nvariance inflation of {}: {}", v.term, number(v.weighted));
    }
    if !d.influential.is_empty() {
        let who = d.influential.iter().map(|i| format!("{} ({})", i.subject, number(i.cooks_distance)));
        text += &format!("\nCook's distance above 4/n: {}", who.collect::<Vec<_>>().join(", "));
    }
    text
}
