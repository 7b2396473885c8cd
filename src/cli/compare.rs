//! `myelomri compare`: group and paired tests, Table 1, correction for multiple tests.

use super::args::{Format, FormatArgs, OutArgs};
use super::export_args::ExportArgs;
use super::table_args::{
    OptionalOutcomeArgs, PatientsArgs, PlanArgs, cell, family_name, file_part, say_outcome, two_columns,
};
use super::{CliError, Context, output};
use crate::cohort::analysis::compare::{Adjustment, Chosen, Comparisons, compare};
use crate::cohort::analysis::family_of;
use crate::cohort::results::{CompareResults, Test};
use crate::cohort::{Endpoint, Frame};
use crate::error::Result;
use crate::image::write_json;
use crate::report::plots::{CorrelationPlot, correlation_figure};
use crate::report::{Lang, tables};
use crate::study::Sessions;
use crate::units::show_p;
use clap::{Args, ValueEnum};

/// Flags of `compare`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Between the classes: Mann-Whitney with the Hodges-Lehmann shift (positive minus negative); with \
    --change Wilcoxon's signed-rank test between the sessions and the baseline-adjusted difference (ANCOVA). --test asks \
    for others: student-t, welch-t (with Cohen's d and Hedges' g), kolmogorov-smirnov, shapiro-wilk, levene, \
    brown-forsythe, variance-ratio; fisher, chi-squared, chi-squared-yates; pratt-signed-rank, paired-t, sign, \
    shapiro-wilk-differences; mcnemar, mcnemar-exact; firth-given-baseline; pearson, spearman, kendall; kruskal-wallis, \
    anova, welch-anova, pairwise-mann-whitney; or all. p-values are adjusted within each family of the plan and each \
    kind of test; tests of whether another test may be used are not. With -o it writes PREFIX_compare.json.\n\n\
    Examples:\n  myelomri compare --table wide.csv --outcome best_response__end --positive sCR,CR,VGPR --variable \
    sff_mean_L1-L5__pct --table-one age_y__baseline\n  myelomri compare --table wide.csv --correlate \
    sff_mean_L1-L5__pct,m_protein_serum_g_dl__pct --test spearman,kendall\n  myelomri compare --table wide.csv --outcome \
    best_response__end --positive sCR,CR,VGPR --table-one age_years__baseline --export table1.xlsx\n\nSee `myelomri explain compare`."
)]
pub struct CompareArgs {
    #[command(flatten)]
    table: PatientsArgs,
    #[command(flatten)]
    outcome: OptionalOutcomeArgs,
    /// Number column to compare between the classes, or between the levels of --by (repeatable)
    #[arg(long = "variable", value_name = "COL")]
    variables: Vec<String>,
    /// Category column to compare between the classes (repeatable)
    #[arg(long = "category", value_name = "COL", requires = "outcome")]
    categories: Vec<String>,
    /// Column without session to compare between --baseline and --followup, and baseline-adjusted (repeatable)
    #[arg(long = "change", value_name = "COL", requires = "baseline", requires = "followup")]
    changes: Vec<String>,
    /// Session before treatment, for --change
    #[arg(long, value_name = "SESSION")]
    baseline: Option<String>,
    /// Session at follow-up, for --change
    #[arg(long, value_name = "SESSION")]
    followup: Option<String>,
    /// Two columns of the same patients, numbers or two shared levels: B against A (repeatable)
    #[arg(long = "pair", value_name = "A,B")]
    pairs: Vec<String>,
    /// Two number columns whose correlation is tested (repeatable)
    #[arg(long = "correlate", value_name = "A,B")]
    correlations: Vec<String>,
    /// Column whose levels make the groups of each --variable, in place of the outcome
    #[arg(long, value_name = "COL", conflicts_with = "outcome", requires = "variables")]
    by: Option<String>,
    /// Column of Table 1, numbers or text (repeatable)
    #[arg(long = "table-one", value_name = "COL", requires = "outcome")]
    table_one: Vec<String>,
    /// Tests in place of the usual ones; `all` for every test that answers the question
    #[arg(long = "test", value_name = "TEST,...", value_delimiter = ',')]
    tests: Vec<String>,
    /// How p-values are adjusted within a family
    #[arg(long, value_name = "METHOD", default_value = "holm")]
    adjust: AdjustChoice,
    #[command(flatten)]
    plan: PlanArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    export: ExportArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// `--adjust`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AdjustChoice {
    /// Holm: the chance of any false finding
    Holm,
    /// Benjamini-Hochberg: the share of false findings
    Bh,
}

/// Runs `compare`.
///
/// # Errors
/// Columns that are missing or hold text, an outcome with one class or an unnamed value, an unknown test.
pub fn run(args: CompareArgs, context: &Context) -> Result<()> {
    let CompareArgs {
        table,
        outcome,
        variables,
        categories,
        changes,
        baseline,
        followup,
        pairs,
        correlations,
        by,
        table_one,
        tests,
        adjust,
        plan,
        out,
        export,
        format,
    } = args;
    if [&variables, &categories, &changes, &pairs, &correlations, &table_one].iter().all(|list| list.is_empty()) {
        let how = "pass --variable, --category, --change, --pair, --correlate or --table-one with a column";
        return Err(CliError::usage("nothing to compare", how).into());
    }
    if !variables.is_empty() && outcome.outcome.is_none() && by.is_none() {
        let how = "pass --outcome COL --positive VALUE, or --by COL";
        return Err(CliError::usage("--variable needs groups", how).into());
    }
    let others = [&categories, &changes, &pairs, &correlations, &table_one].iter().any(|list| !list.is_empty());
    table.needs_one_row("anything but --variable with --outcome", others || by.is_some())?;
    let both = |texts: Vec<String>| texts.iter().map(|text| two_columns(text)).collect::<Result<Vec<_>>>();
    let correlated = both(correlations)?;
    let endings: Vec<[String; 2]> = correlated
        .iter()
        .map(|[a, b]| ["svg", "png"].map(|e| format!("_{}_{}_correlation.{e}", file_part(a), file_part(b))))
        .collect();
    out.check_absent(&["_compare.json"])?;
    let export = export.checked(&out)?;
    out.check_absent(&endings.iter().flatten().map(String::as_str).collect::<Vec<_>>())?;
    let frame = table.frame(context)?;
    let endpoint = outcome.endpoint(&frame)?;
    let (planned, stamp) = plan.declared()?;
    let with_family =
        |columns: Vec<String>| columns.into_iter().map(|c| (c.clone(), family_of(&c, &planned))).collect();
    let sessions = baseline.zip(followup).map(|(baseline, followup)| Sessions { baseline, followup });
    let what = Comparisons {
        between: with_family(variables),
        categories: with_family(categories),
        changes: with_family(changes),
        sessions: sessions.as_ref(),
        pairs: both(pairs)?,
        correlations: correlated.clone(),
        by,
        table_one,
        chosen: Chosen::parse(&tests)?,
        plan: stamp,
        adjustment: match adjust {
            AdjustChoice::Holm => Adjustment::Holm,
            AdjustChoice::Bh => Adjustment::BenjaminiHochberg,
        },
    };
    let results = compare(&frame, endpoint.as_ref(), &what)?;
    if let Some(endpoint) = &endpoint {
        context.say(say_outcome(&endpoint.outcome));
    }
    context.warn(&results.warnings);
    if let Some(path) = out.path("_compare.json") {
        write_json(&path, &results, out.overwrite())?;
    }
    export.write(&tables::of_comparison(&results, Lang::En))?;
    for (pair, [svg, png]) in correlated.iter().zip(&endings) {
        if let (Some(svg), Some(png)) = (out.path(svg), out.path(png)) {
            correlation_figure(&correlation(&frame, endpoint.as_ref(), pair, &results)?, Lang::En)?.save(&svg, &png)?;
        }
    }
    print(&results, format.format)
}

/// The picture of a pair, its patients apart by the outcome where there is one.
fn correlation(
    frame: &Frame,
    endpoint: Option<&Endpoint>,
    pair: &[String; 2],
    results: &CompareResults,
) -> Result<CorrelationPlot> {
    let (x, y) = (frame.numbers(&pair[0])?, frame.numbers(&pair[1])?);
    let points = |class: Option<bool>| -> Vec<[f64; 2]> {
        let of_class = |row: &usize| class.is_none() || endpoint.is_some_and(|e| e.positive[*row] == class);
        (0..x.len()).filter(of_class).filter_map(|row| Some([x[row]?, y[row]?])).collect()
    };
    let groups = match endpoint {
        None => vec![(String::new(), points(None))],
        Some(e) => vec![(e.outcome.positive.join("/"), points(Some(true))), ("others".to_owned(), points(Some(false)))],
    };
    let name = format!("{} ~ {}", pair[0], pair[1]);
    let note = |test: &Test| {
        let number = |value: f64| format!("{value:.2}").replace('-', "−");
        let ends = test.ci_low.zip(test.ci_high);
        let ends = ends.map_or_else(String::new, |(a, b)| format!(" ({} to {})", number(a), number(b)));
        let p = match show_p(test.p?) {
            text if text.starts_with('<') => text.replacen('<', "< ", 1),
            text => format!("= {text}"),
        };
        let mut word = test.test.clone();
        word[..1].make_ascii_uppercase();
        Some(format!("{word} {}{ends}, P {p}, n = {}", number(test.estimate?), test.n))
    };
    let notes = results.tests.iter().filter(|test| test.variable == name).filter_map(note).collect();
    let exploratory = results.plan.is_some();
    Ok(CorrelationPlot { columns: pair.clone(), groups, notes, exploratory })
}

const HEADER: [&str; 11] =
    ["variable", "family", "test", "n", "statistic", "p", "p_adjusted", "estimand", "estimate", "ci_low", "ci_high"];

/// What was estimated, and of which levels.
fn estimand(test: &Test) -> String {
    let contrast = test.contrast.as_ref().filter(|_| !test.estimand.is_empty());
    contrast.map_or(test.estimand.clone(), |levels| format!("{} of {levels}", test.estimand))
}

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
                estimand(test),
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
