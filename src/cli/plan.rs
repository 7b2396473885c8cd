//! `myelomri plan`: what group sizes allow, before data or about a printed result.

use super::args::{Format, FormatArgs};
use super::table_args::cell;
use super::{CliError, Context, output};
use crate::error::{Result, Warning};
use crate::stats::delong::{hanley_mcneil_se, newcombe};
use crate::stats::planning::{auc_power, auc_sample_size, model_size, possible_area};
use crate::stats::{Interval, LEVEL};
use clap::Args;
use serde::Serialize;

/// Flags of `plan`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "With --auc and group sizes: whether areas of these groups can round to the printed one (an area is a \
    whole number of half pairs), what interval it has, and the power to tell it from one half. With --power: the patients \
    that are needed. With --coefficients: the patients that a model needs (Riley).\n\nExamples:\n  myelomri plan --auc 0.847 \
    --positive-n 15 --negative-n 35\n  myelomri plan --auc 0.8 --power 0.9 --ratio 2.33\n  myelomri plan --coefficients 2 \
    --cox-snell 0.3 --share 0.3\n\nObuchowski 2004 (doi:10.1373/clinchem.2004.031823), Newcombe 2006 \
    (doi:10.1002/sim.2324), Riley 2019 (doi:10.1002/sim.7992), Brown and Heathers 2017 (doi:10.1177/1948550616673876)."
)]
pub struct PlanArgs {
    /// Area under the curve, as printed: its decimals count
    #[arg(long, value_name = "X")]
    auc: Option<String>,
    /// Patients of the positive class
    #[arg(long, value_name = "N", requires = "auc", requires = "negative_n")]
    positive_n: Option<usize>,
    /// Patients of the negative class
    #[arg(long, value_name = "N", requires = "positive_n")]
    negative_n: Option<usize>,
    /// Power at which --auc is to be told from one half
    #[arg(long, value_name = "X", requires = "auc")]
    power: Option<f64>,
    /// Negative patients a positive one, for --power
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    ratio: f64,
    /// Coefficients of a model, without the intercept
    #[arg(long, value_name = "N", requires = "cox_snell", requires = "share")]
    coefficients: Option<usize>,
    /// Cox and Snell's R2 that the model is expected to have
    #[arg(long, value_name = "X", requires = "coefficients")]
    cox_snell: Option<f64>,
    /// Share of events
    #[arg(long, value_name = "X", requires = "coefficients")]
    share: Option<f64>,
    #[command(flatten)]
    format: FormatArgs,
}

/// What `plan` prints.
#[derive(Debug, Default, Serialize)]
struct Planned {
    auc: Option<AreaOfGroups>,
    /// Patients at the asked power.
    needed: Option<Needed>,
    model: Option<ModelNeeds>,
    warnings: Vec<Warning>,
}

#[derive(Debug, Serialize)]
struct AreaOfGroups {
    auc: f64,
    n_positive: usize,
    n_negative: usize,
    possible: bool,
    possible_without_ties: bool,
    /// Mann and Whitney's U that rounds to it.
    u: Vec<f64>,
    nearest: [f64; 2],
    se_hanley_mcneil: f64,
    ci_low: f64,
    ci_high: f64,
    ci_method: &'static str,
    /// Power of a two-sided test against one half at 0.05; none below one half or at 1.
    power: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Needed {
    auc: f64,
    power: f64,
    n_positive: usize,
    n_negative: usize,
}

#[derive(Debug, Serialize)]
struct ModelNeeds {
    coefficients: usize,
    for_shrinkage: usize,
    for_optimism: usize,
    for_risk: usize,
    needed: usize,
    events: f64,
}

/// Values of U that are written one by one.
const MOST_SHOWN: usize = 8;

/// Runs `plan`.
///
/// # Errors
/// Nothing asked, numbers outside their range.
pub fn run(args: PlanArgs, context: &Context) -> Result<()> {
    let PlanArgs { auc, positive_n, negative_n, power, ratio, coefficients, cox_snell, share, format } = args;
    let mut planned = Planned::default();
    if let Some(text) = &auc {
        let area: f64 = text.trim().parse().map_err(|_| {
            CliError::usage(format!("--auc {text} is no number"), "write it with a decimal point, e.g. 0.847")
        })?;
        if positive_n.is_none() && power.is_none() {
            let how = "pass --positive-n and --negative-n, or --power";
            return Err(CliError::usage("--auc alone says nothing", how).into());
        }
        if let Some((m, n)) = positive_n.zip(negative_n) {
            let decimals = text.trim().split_once('.').map_or(0, |(_, decimals)| decimals.len() as u32);
            planned.auc = Some(of_groups(area, decimals, m, n, &mut planned.warnings)?);
        }
        if let Some(power) = power {
            let positive = auc_sample_size(area, power, ratio, LEVEL)?.ceil();
            let negative = (positive * ratio).ceil() as usize;
            planned.needed = Some(Needed { auc: area, power, n_positive: positive as usize, n_negative: negative });
        }
    }
    if let (Some(coefficients), Some(cox_snell), Some(share)) = (coefficients, cox_snell, share) {
        let size = model_size(coefficients, cox_snell, share)?;
        planned.model = Some(ModelNeeds {
            coefficients,
            for_shrinkage: size.shrinkage,
            for_optimism: size.optimism,
            for_risk: size.risk,
            needed: size.needed(),
            events: size.needed() as f64 * share,
        });
    }
    if planned.auc.is_none() && planned.needed.is_none() && planned.model.is_none() {
        return Err(CliError::usage("nothing to plan", "pass --auc or --coefficients; see --help for examples").into());
    }
    context.warn(&planned.warnings);
    print(&planned, format.format)
}

fn of_groups(area: f64, decimals: u32, m: usize, n: usize, warnings: &mut Vec<Warning>) -> Result<AreaOfGroups> {
    let possible = possible_area(area, decimals, m, n)?;
    let [below, above] = possible.nearest;
    if possible.twice_u.is_empty() {
        let message =
            format!("no area of {m} and {n} patients rounds to {area}; the nearest are {below:.5} and {above:.5}");
        warnings.push(Warning::new("impossible-area", message));
    } else if !possible.without_ties {
        let message = format!("{area} from {m} and {n} patients needs an odd number of tied pairs");
        warnings.push(Warning::new("area-needs-ties", message));
    }
    let Interval { low, high } = newcombe(area, m, n, LEVEL);
    Ok(AreaOfGroups {
        auc: area,
        n_positive: m,
        n_negative: n,
        possible: !possible.twice_u.is_empty(),
        possible_without_ties: possible.without_ties,
        u: possible.twice_u.iter().map(|u| *u as f64 / 2.0).collect(),
        nearest: possible.nearest,
        se_hanley_mcneil: hanley_mcneil_se(area, m, n),
        ci_low: low,
        ci_high: high,
        ci_method: "newcombe",
        power: auc_power(area, m, n, LEVEL).ok(),
    })
}

/// The values, of many the ends and the number.
fn some_of(values: &[f64]) -> String {
    match values {
        [first, .., last] if values.len() > MOST_SHOWN => format!("{first} to {last} ({} values)", values.len()),
        _ => values.iter().map(f64::to_string).collect::<Vec<_>>().join(" "),
    }
}

fn print(planned: &Planned, format: Format) -> Result<()> {
    if format == Format::Json {
        return output::print_json(planned);
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    if let Some(a) = &planned.auc {
        let words = match (a.possible, a.possible_without_ties) {
            (true, true) => "yes",
            (true, false) => "only with tied pairs",
            (false, _) => "no",
        };
        row("area possible from these groups", words.to_owned());
        row("U", some_of(&a.u));
        row("standard error (Hanley-McNeil)", cell(Some(a.se_hanley_mcneil), Some(4)));
        row("95 % interval (Newcombe), low", cell(Some(a.ci_low), Some(4)));
        row("95 % interval (Newcombe), high", cell(Some(a.ci_high), Some(4)));
        row("power against 0.5", cell(a.power, Some(4)));
    }
    if let Some(n) = &planned.needed {
        row("positive patients needed", n.n_positive.to_string());
        row("negative patients needed", n.n_negative.to_string());
    }
    if let Some(m) = &planned.model {
        row("patients for a shrinkage of at most 10 %", m.for_shrinkage.to_string());
        row("patients for an optimism of R2 of at most 0.05", m.for_optimism.to_string());
        row("patients for the overall risk to 0.05", m.for_risk.to_string());
        row("patients needed", m.needed.to_string());
    }
    output::print_rows(&["quantity", "value"], &rows, format)
}
