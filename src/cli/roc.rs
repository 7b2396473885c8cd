//! `myelomri roc`: curves, areas with intervals, cut-offs, comparisons, a plot.

use super::args::{Format, FormatArgs, OutArgs};
use super::export_args::ExportArgs;
use super::table_args::{OutcomeArgs, PatientsArgs, PlanArgs, cell, direction_name, say_outcome};
use super::{Context, output};
use crate::cohort::Marker;
use crate::cohort::analysis::roc::options::{CurveTest, IntervalMethod, Part, Resampling, parse_rule};
use crate::cohort::analysis::roc::{RocOptions, roc, roc_with_model};
use crate::cohort::analysis::{family_of, family_of_all};
use crate::cohort::results::{Cutoff, Family, RocResults, SavedModel};
use crate::error::Result;
use crate::image::write_json;
use crate::report::characters::roc_in_characters;
use crate::report::{Lang, plots, tables};
use crate::stats::cutoff_stability::Tie;
use crate::units::show_p;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Flags of `roc`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "The direction of a marker is declared, never found from the data; an area below one half is \
    printed as such. Intervals are logit-DeLong, Newcombe's at an area of 0 or 1. The Youden cut-off is chosen on the \
    patients it is judged on. With -o it writes PREFIX_roc.json, PREFIX_roc.svg and PREFIX_roc.png. \
    The table on stdout has the curves drawn below it, as wide as the terminal; json and csv have not.\n\nExample:\n  \
    myelomri roc --table wide.csv --outcome best_response__end --positive sCR,CR,VGPR --predictor \
    sff_mean_L1-L5__pct:higher --predictor m_protein_serum_g_dl__pct:lower -o out/two\n\nDeLong 1988 \
    (doi:10.2307/2531595), Sun and Xu 2014 (doi:10.1109/LSP.2014.2337313), Newcombe 2006 (doi:10.1002/sim.2324). See \
    `myelomri explain roc`."
)]
pub struct RocArgs {
    #[command(flatten)]
    table: PatientsArgs,
    #[command(flatten)]
    outcome: OutcomeArgs,
    /// Marker with the direction that points to the positive class, COL:higher or COL:lower (repeatable)
    #[arg(long = "predictor", value_name = "COL:DIRECTION", required_unless_present = "model")]
    predictors: Vec<String>,
    /// Saved model (PREFIX_model.json of `fit`) whose prediction on these patients is one more curve; on other patients than
    /// those that it was fitted on it is compared with the markers too
    #[arg(long, value_name = "JSON")]
    model: Option<PathBuf>,
    /// Rule of a cut-off (repeatable): youden, closest-top-left, cost:COST,PREVALENCE (a miss costs COST false alarms),
    /// specificity:X or sensitivity:X (the best of the other at X or more)
    #[arg(long = "cutoff", value_name = "RULE", default_value = "youden")]
    cutoffs: Vec<String>,
    /// Which of several equally good cut-offs is given
    #[arg(long, value_name = "TIE", default_value = "most-specific")]
    tie: TieChoice,
    /// Method of the printed interval of the area; all that exist are in the JSON
    #[arg(long, value_name = "METHOD", default_value = "logit-delong")]
    interval: IntervalChoice,
    /// Part of the curve whose area is given, raw and after McClish: specificity:0.8-1, sensitivity:0.8-1 (repeatable)
    #[arg(long = "partial", value_name = "PART")]
    parts: Vec<String>,
    /// Tests of every two curves
    #[arg(long = "test", value_name = "TEST,...", value_delimiter = ',', default_value = "delong")]
    tests: Vec<TestChoice>,
    /// Column whose levels make independent groups, compared for each marker
    #[arg(long, value_name = "COL")]
    by: Option<String>,
    /// Resamples, drawn within the classes, for bootstrap intervals and the interval of the cut-off; 0 for none
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    bootstrap: u32,
    /// Given resamples in place of drawn ones: one a line, rows of the analysed patients from 1, with commas
    #[arg(long, value_name = "FILE")]
    resamples: Option<PathBuf>,
    /// Permutations of a permutation test
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    permutations: u32,
    /// Seed of resamples and permutations
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

/// `--tie`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TieChoice {
    /// The most specific
    MostSpecific,
    /// The most sensitive (pROC's first row)
    MostSensitive,
    /// The middle one
    Middle,
}

/// `--interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum IntervalChoice {
    /// DeLong on the logit scale; Newcombe at an area of 0 or 1
    LogitDelong,
    /// DeLong as pROC prints it, cut at 0 and 1
    Delong,
    /// Hanley and McNeil
    HanleyMcneil,
    /// Newcombe's method 5
    Newcombe,
    /// Percentiles of the resamples
    BootstrapPercentile,
    /// Bias-corrected and accelerated
    BootstrapBca,
}

/// `--test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TestChoice {
    /// DeLong
    Delong,
    /// Bootstrap of the difference
    Bootstrap,
    /// Exchanging the markers of patients at random
    Permutation,
    /// Venkatraman and Begg: the whole curves
    Venkatraman,
}

/// Runs `roc`.
///
/// # Errors
/// Columns that are missing or hold text, an outcome with one class, outputs that exist.
pub fn run(args: RocArgs, context: &Context) -> Result<()> {
    let RocArgs {
        table,
        outcome,
        predictors,
        model,
        cutoffs,
        tie,
        interval,
        parts,
        tests,
        by,
        bootstrap,
        resamples,
        permutations,
        seed,
        plan,
        out,
        export,
        format,
    } = args;
    let by_rows = tests.iter().any(|test| matches!(test, TestChoice::Permutation | TestChoice::Venkatraman));
    table.needs_one_row("--test permutation and venkatraman", by_rows)?;
    table.needs_one_row("--by", by.is_some())?;
    let options = RocOptions {
        rules: cutoffs.iter().map(|text| parse_rule(text)).collect::<std::result::Result<_, _>>()?,
        tie: match tie {
            TieChoice::MostSpecific => Tie::MostSpecific,
            TieChoice::MostSensitive => Tie::MostSensitive,
            TieChoice::Middle => Tie::Middle,
        },
        interval: match interval {
            IntervalChoice::LogitDelong => IntervalMethod::LogitDeLong,
            IntervalChoice::Delong => IntervalMethod::DeLong,
            IntervalChoice::HanleyMcneil => IntervalMethod::HanleyMcNeil,
            IntervalChoice::Newcombe => IntervalMethod::Newcombe,
            IntervalChoice::BootstrapPercentile => IntervalMethod::Percentile,
            IntervalChoice::BootstrapBca => IntervalMethod::Bca,
        },
        parts: parts.iter().map(|text| Part::parse(text)).collect::<std::result::Result<_, _>>()?,
        tests: tests
            .into_iter()
            .map(|test| match test {
                TestChoice::Delong => CurveTest::DeLong,
                TestChoice::Bootstrap => CurveTest::Bootstrap,
                TestChoice::Permutation => CurveTest::Permutation,
                TestChoice::Venkatraman => CurveTest::Venkatraman,
            })
            .collect(),
        resampling: match resamples {
            Some(path) => Some(Resampling::read(&path)?),
            None => (bootstrap > 0).then_some(Resampling::Drawn { n: bootstrap as usize, seed }),
        },
        permutations: permutations as usize,
        by,
    };
    out.check_absent(&["_roc.json", "_roc.svg", "_roc.png"])?;
    let export = export.checked(&out)?;
    let model = model.map(|path| SavedModel::read(&path)).transpose()?;
    let (planned, stamp) = plan.declared()?;
    let markers = predictors
        .iter()
        .map(|text| {
            let marker = Marker::parse(text, Family::Exploratory)?;
            Ok(Marker { family: family_of(&marker.column, &planned), ..marker })
        })
        .collect::<Result<Vec<Marker>>>()?;
    let frame = table.frame(context)?;
    let endpoint = outcome.endpoint(&frame)?;
    let mut results = match &model {
        None => roc(&frame, &endpoint, &markers, &options)?,
        Some(model) => {
            let family = family_of_all(model.terms.iter().map(|term| term.column.as_str()), &planned);
            roc_with_model(&frame, &endpoint, &markers, (model, family), &options)?
        }
    };
    results.plan = stamp;
    context.say(say_outcome(&endpoint.outcome));
    context.warn(&results.warnings);
    if let (Some(json), Some(svg), Some(png)) = (out.path("_roc.json"), out.path("_roc.svg"), out.path("_roc.png")) {
        write_json(&json, &results, out.overwrite())?;
        plots::roc(&results, &svg, &png)?;
    }
    export.write(&[tables::curves(&results, Lang::En), tables::comparisons(&results, Lang::En)])?;
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
    // one row a cut-off, and one for a curve that has none
    let mut rows = Vec::new();
    for curve in &results.curves {
        let cutoffs: Vec<Option<&Cutoff>> = match &curve.cutoffs[..] {
            [] => vec![None],
            several => several.iter().map(Some).collect(),
        };
        for cutoff in cutoffs {
            rows.push(vec![
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
            ]);
        }
    }
    if format == Format::Csv {
        return output::print(&output::csv(&HEADER, &rows));
    }
    let number = |value| cell(value, digits);
    let p = |value: Option<f64>| show_p(value.unwrap_or(f64::NAN));
    let drawn = roc_in_characters(&results.curves, output::width());
    let mut text = format!("{}\n\n{drawn}", output::aligned(&HEADER, &rows));
    for curve in &results.curves {
        for part in &curve.parts {
            text += &format!(
                "\n{}: area over {} {} to {}: {}, after McClish {}",
                curve.predictor,
                part.focus,
                part.low,
                part.high,
                number(Some(part.area)),
                number(Some(part.corrected))
            );
        }
        for (cutoff, moves) in curve.cutoffs.iter().filter_map(|c| Some((c, c.stability.as_ref()?))) {
            text += &format!(
                "\n{}, {}: in {} resamples the cut-off lies between {} and {}; Youden index {}, {} of it optimism",
                curve.predictor,
                cutoff.rule,
                moves.n_resamples,
                number(Some(moves.ci_low)),
                number(Some(moves.ci_high)),
                number(Some(moves.youden_apparent)),
                number(Some(moves.youden_optimism))
            );
        }
    }
    for c in results.comparisons.iter().chain(&results.groups) {
        text += &format!(
            "\n{} - {}: AUC difference {} ({} to {}), p {} ({}), {} patients",
            c.a,
            c.b,
            number(Some(c.difference)),
            number(c.ci_low),
            number(c.ci_high),
            p(c.p),
            c.test,
            c.n
        );
    }
    if let Some(all) = &results.global {
        let chi2 = number(Some(all.chi2));
        text += &format!(
            "\nall {} areas equal: chi-squared {chi2} on {}, p {}, {} patients",
            all.curves,
            all.df,
            p(Some(all.p)),
            all.n
        );
    }
    output::print(&text)
}
