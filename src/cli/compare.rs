//! `myelomri compare`: group and paired tests, Table 1, correction for multiple tests.

use super::args::{Format, FormatArgs, OutArgs};
use super::table_args::{OutcomeArgs, PlanArgs, TableArgs, cell, family_name, say_outcome};
use super::{CliError, Context, output};
use crate::cohort::analysis::compare::{Comparisons, compare};
use crate::cohort::analysis::family_of;
use crate::cohort::results::CompareResults;
use crate::error::Result;
use crate::image::write_json;
use crate::study::Sessions;
use crate::units::show_p;
use clap::Args;

/// Flags of `compare`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Mann-Whitney between the classes with the Hodges-Lehmann shift (positive minus negative) and \
    its interval; with --change also Wilcoxon's signed-rank test between the sessions and the baseline-adjusted \
    difference (ANCOVA). Holm's adjustment runs within each family of the plan. With -o it writes PREFIX_compare.json.\n\n\
    Example:\n  myelomri compare --table wide.csv --outcome best_response__end --positive sCR,CR,VGPR --variable \
    sff_mean_L1-L5__pct --table-one age_y__baseline"
)]
pub struct CompareArgs {
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    outcome: OutcomeArgs,
    /// Column to compare between the classes (repeatable)
    #[arg(long = "variable", value_name = "COL")]
    variables: Vec<String>,
    /// Column without session to compare between --baseline and --followup, and baseline-adjusted (repeatable)
    #[arg(long = "change", value_name = "COL", requires = "baseline", requires = "followup")]
    changes: Vec<String>,
    /// Session before treatment, for --change
    #[arg(long, value_name = "SESSION")]
    baseline: Option<String>,
    /// Session at follow-up, for --change
    #[arg(long, value_name = "SESSION")]
    followup: Option<String>,
    /// Column of Table 1, numbers or text (repeatable)
    #[arg(long = "table-one", value_name = "COL")]
    table_one: Vec<String>,
    /// Welch's t-test beside the Mann-Whitney test
    #[arg(long)]
    welch: bool,
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs `compare`.
///
/// # Errors
/// Columns that are missing or hold text, an outcome with one class or an unnamed value.
pub fn run(args: CompareArgs, context: &Context) -> Result<()> {
    let CompareArgs { table, outcome, variables, changes, baseline, followup, table_one, welch, plan, out, format } =
        args;
    if variables.is_empty() && changes.is_empty() && table_one.is_empty() {
        return Err(
            CliError::usage("nothing to compare", "pass --variable COL, --change COL or --table-one COL").into()
        );
    }
    out.check_absent(&["_compare.json"])?;
    let frame = table.frame()?;
    let endpoint = outcome.endpoint(&frame)?;
    let planned = plan.markers()?;
    let with_family =
        |columns: Vec<String>| columns.into_iter().map(|c| (c.clone(), family_of(&c, &planned))).collect();
    let sessions = baseline.zip(followup).map(|(baseline, followup)| Sessions { baseline, followup });
    let what = Comparisons {
        between: with_family(variables),
        changes: with_family(changes),
        sessions: sessions.as_ref(),
        table_one,
        welch,
    };
    let results = compare(&frame, &endpoint, &what)?;
    context.say(say_outcome(&endpoint.outcome));
    context.warn(&results.warnings);
    if let Some(path) = out.path("_compare.json") {
        write_json(&path, &results, out.overwrite())?;
    }
    print(&results, format.format)
}

const HEADER: [&str; 11] =
    ["variable", "family", "test", "n", "statistic", "p", "p_adjusted", "estimand", "estimate", "ci_low", "ci_high"];

fn print(results: &CompareResults, format: Format) -> Result<()> {
    let digits = (format == Format::Table).then_some(3);
    let p = |value: Option<f64>| if digits.is_some() { show_p(value.unwrap_or(f64::NAN)) } else { cell(value, None) };
    let rows: Vec<Vec<String>> = results
        .tests
        .iter()
        .map(|test| {
            vec![
                test.variable.clone(),
                family_name(test.family).to_owned(),
                test.test.clone(),
                test.n.to_string(),
                cell(test.statistic, digits),
                p(test.p),
                p(test.p_adjusted),
                test.estimand.clone(),
                cell(test.estimate, digits),
                cell(test.ci_low, digits),
                cell(test.ci_high, digits),
            ]
        })
        .collect();
    if format == Format::Json {
        return output::print_json(results);
    }
    if format == Format::Csv {
        return output::print(&output::csv(&HEADER, &rows));
    }
    let mut text = if rows.is_empty() { String::new() } else { output::aligned(&HEADER, &rows) };
    if !results.table_one.is_empty() {
        let rows: Vec<Vec<String>> = results
            .table_one
            .iter()
            .map(|row| {
                let n = format!("{} / {}", row.n[0], row.n[1]);
                vec![row.variable.clone(), row.summary.clone(), n, row.positive.clone(), row.negative.clone(), p(row.p)]
            })
            .collect();
        let header = ["variable", "summary", "n (positive / negative)", "positive", "negative", "p"];
        text = format!("{text}\n\n{}", output::aligned(&header, &rows)).trim_start().to_owned();
    }
    output::print(&text)
}
