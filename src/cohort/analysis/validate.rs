//! Validation of a logistic model: on its own patients by resampling, on others by a saved model.

mod external;

pub use external::validate_saved;

use super::super::results::{Calibration, CalibrationGroup, NetBenefit, Scheme, ValidateResults};
use super::fit::Prepared;
use crate::error::{Result, Warning};
use crate::stats::cross_validation::{Folds, cross_validate, permutation_null};
use crate::stats::distributions::wilson;
use crate::stats::logistic::Method;
use crate::stats::resample::{Resamples, Scheme as Draw};
use crate::stats::{LEVEL, StatsError, clustered, decision_curve, validation};

/// Threshold probabilities of the decision curve.
const THRESHOLDS: std::ops::RangeInclusive<usize> = 1..=80;

/// Rows that the models of all patients, or of all pairs, left out may have together: some ten seconds.
const ROWS_OF_MODELS: usize = 20_000_000;
/// The same where each model chooses its penalty, which costs a hundred fits.
const ROWS_OF_TUNED_MODELS: usize = 1_000_000;
/// Pairs that are drawn however many rows there are.
const FEWEST_PAIRS: usize = 500;

/// What is done beside the bootstrap; the default is what a study's own run does.
#[derive(Debug, Clone)]
pub struct ValidateOptions {
    /// Bootstrap resamples, drawn within the classes.
    pub bootstrap: usize,
    /// Given resamples in place of drawn ones: rows of the analysed patients, counted from 0.
    pub resamples: Option<Vec<Vec<usize>>>,
    /// Cross-validation; none leaves it out.
    pub folds: Option<FoldsAsked>,
    /// Shuffles of the outcome; 0 for none.
    pub permutations: usize,
    /// Seed of everything that is drawn.
    pub seed: u64,
}

/// Folds of a cross-validation.
#[derive(Debug, Clone)]
pub enum FoldsAsked {
    /// Drawn within the classes: folds, repeats.
    Drawn(usize, usize),
    /// Given: the fold of each analysed patient.
    Given(Vec<usize>),
}

impl Default for ValidateOptions {
    fn default() -> Self {
        ValidateOptions { bootstrap: 500, resamples: None, folds: None, permutations: 0, seed: super::SEED }
    }
}

/// Bootstrap optimism (stratified resamples, the whole recipe repeated), leave-pair-out area, calibration, and the
/// decision curve on leave-one-out predictions.
///
/// # Errors
/// Where the model cannot be estimated on all patients.
pub fn validate(prepared: &Prepared, method: Method, options: &ValidateOptions) -> Result<ValidateResults> {
    let Prepared { design, positive, .. } = prepared;
    let seed = options.seed;
    let group = &prepared.patients();
    let resamples = match (&options.resamples, &prepared.clusters) {
        (Some(rows), _) => Resamples::given(rows.clone(), positive.len())?,
        (None, Some(cluster)) => clustered::resamples(positive, cluster, options.bootstrap, seed)?,
        (None, None) => Resamples::draw(Draw::Stratified, positive, options.bootstrap, seed),
    };
    let internal = validation::bootstrap(design, positive, method, &resamples, LEVEL)?;
    let mut schemes: Vec<Scheme> = internal
        .metrics
        .iter()
        .map(|metric| Scheme {
            scheme: "bootstrap-optimism".into(),
            metric: metric.metric.to_owned(),
            apparent: metric.apparent,
            optimism: metric.optimism,
            corrected: metric.corrected,
            // resamples that all separate agree on one value, which is no certainty
            ci_low: metric.interval.filter(|i| i.low < i.high).map(|interval| interval.low),
            ci_high: metric.interval.filter(|i| i.low < i.high).map(|interval| interval.high),
            n_resamples: internal.n_resamples,
            n_not_estimable: internal.n_not_estimable,
            n_separated: internal.n_separated,
            p: None,
        })
        .collect();
    let pairs = validation::leave_pair_of_groups_out(
        design,
        positive,
        group,
        method,
        Some(most_pairs(positive, method, seed)),
    )?;
    schemes.push(Scheme {
        scheme: "leave-pair-out".into(),
        metric: "auc".into(),
        apparent: schemes.iter().find(|s| s.metric == "auc").and_then(|s| s.apparent),
        optimism: None,
        corrected: Some(pairs.auc),
        ci_low: None,
        ci_high: None,
        n_resamples: pairs.n_pairs,
        n_not_estimable: pairs.n_not_estimable,
        ..Scheme::default()
    });
    let mut warnings = Vec::new();
    if pairs.n_pairs < pairs.n_all {
        let message = format!("leave-pair-out of {} pairs drawn from {}", pairs.n_pairs, pairs.n_all);
        warnings.push(Warning::new("pairs-drawn", message));
    }
    warnings.push(Warning::new(
        "optimism-remains",
        "the bootstrap-corrected area keeps some optimism: without any information in 15 and 35 patients it averages 0.54, \
            where leave-pair-out averages one half",
    ));
    if let Some(cluster) = &prepared.clusters {
        let note = "resamples, folds and pairs left out are of whole patients";
        warnings.extend(super::clustered_rows(cluster, note));
    }
    cross_validated(prepared, method, options, &mut schemes, &mut warnings)?;
    if options.permutations > 0 {
        match null(prepared, method, options)? {
            Some(scheme) => schemes.push(scheme),
            None => warnings.push(Warning::new(
                "no-permutations",
                "patients have rows of both classes, so that outcomes of patients cannot be exchanged; no permutation null",
            )),
        }
    }
    if internal.n_separated > 0 {
        let kept = if internal.n_not_estimable > 0 { "could not be estimated" } else { "were kept" };
        warnings.push(Warning::new(
            "separated-resamples",
            format!("{} of {} resamples were separated and {kept}", internal.n_separated, internal.n_resamples),
        ));
    }
    let left_out = left_out(prepared, method, seed, &mut warnings)?;
    let (risk, class): (Vec<f64>, Vec<bool>) =
        left_out.iter().zip(positive).filter_map(|(lp, &p)| lp.map(|lp| (inverse_logit(lp), p))).unzip();
    let slope = internal.metrics.iter().find(|metric| metric.metric == "calibration_slope").and_then(|m| m.corrected);
    Ok(ValidateResults {
        model: design.names().to_vec(),
        method: method.name().to_owned(),
        seed,
        schemes,
        calibration: Some(Calibration { intercept: internal.intercept, slope }),
        calibration_curve: groups(&risk, &class),
        decision_curve: curve(&risk, &class)?,
        plan: None,
        warnings,
    })
}

/// Folds asked for, and the pooled leave-one-out predictions with the word that their area is biased.
fn cross_validated(
    prepared: &Prepared,
    method: Method,
    options: &ValidateOptions,
    schemes: &mut Vec<Scheme>,
    warnings: &mut Vec<Warning>,
) -> Result<()> {
    let Prepared { design, positive, .. } = prepared;
    let (name, folds) = match &options.folds {
        None => return Ok(()),
        Some(FoldsAsked::Given(fold)) => ("given-folds".to_owned(), Folds::given(fold.clone())),
        Some(FoldsAsked::Drawn(k, repeats)) => {
            let folds = match &prepared.clusters {
                Some(cluster) => clustered::folds(positive, cluster, *k, *repeats, options.seed),
                None => Folds::draw(positive, *k, *repeats, options.seed),
            };
            (format!("{k}-fold, {repeats} repeats"), folds)
        }
    };
    let folds = match folds {
        Ok(folds) => folds,
        Err(StatsError::OutOfRange { value, .. }) => {
            let message = format!("{value} folds are more than the rarer class has patients; none were made");
            warnings.push(Warning::new("too-many-folds", message));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let of = |name: &str, metric: &str, value: Option<f64>, n: usize, lost: usize| Scheme {
        scheme: name.to_owned(),
        metric: metric.to_owned(),
        corrected: value,
        n_resamples: n,
        n_not_estimable: lost,
        ..Scheme::default()
    };
    let found = cross_validate(design, positive, method, &folds)?;
    schemes.push(of(&name, "auc", found.auc, found.n_folds, found.n_not_estimable));
    schemes.push(of(&name, "brier", found.brier, found.n_folds, found.n_not_estimable));
    if !is_each_left_out(positive.len(), method) {
        return Ok(());
    }
    let single = cross_validate(design, positive, method, &Folds::given(prepared.patients())?)?;
    let (n, lost) = (single.n_folds, single.n_not_estimable);
    schemes.push(of("leave-one-out-pooled", "auc", single.pooled_auc, n, lost));
    schemes.push(of("leave-one-out-pooled", "brier", single.brier, n, lost));
    warnings.push(Warning::new(
        "pooled-leave-one-out",
        "the pooled leave-one-out area is biased downwards (to 0 without any information); read leave-pair-out",
    ));
    Ok(())
}

/// Rows of all models of a scheme together, as far as its time is borne.
fn most_rows(method: Method) -> usize {
    let is_tuned = matches!(method, Method::Ridge { lambda: None } | Method::Lasso { lambda: None });
    if is_tuned { ROWS_OF_TUNED_MODELS } else { ROWS_OF_MODELS }
}

/// Whether there is a model without each of the rows.
fn is_each_left_out(rows: usize, method: Method) -> bool {
    rows * rows <= most_rows(method)
}

/// Pairs left out at most, and the seed by which they are drawn.
fn most_pairs(positive: &[bool], method: Method, seed: u64) -> (usize, u64) {
    ((most_rows(method) / positive.len().max(1)).max(FEWEST_PAIRS), seed)
}

/// Predictions by models that did not see the patient: all others' or, of many patients, those of ten folds.
fn left_out(prepared: &Prepared, method: Method, seed: u64, warnings: &mut Vec<Warning>) -> Result<Vec<Option<f64>>> {
    let Prepared { design, positive, .. } = prepared;
    if is_each_left_out(positive.len(), method) {
        return Ok(validation::leave_group_out(design, positive, &prepared.patients(), method)?);
    }
    let message = format!("{} rows: calibration and decision curve stand on ten-fold predictions", positive.len());
    warnings.push(Warning::new("folds-for-leave-one-out", message));
    let folds = match &prepared.clusters {
        Some(cluster) => clustered::folds(positive, cluster, 10, 1, seed)?,
        None => Folds::draw(positive, 10, 1, seed)?,
    };
    Ok(cross_validate(design, positive, method, &folds)?.linear_predictors.swap_remove(0))
}

/// Leave-pair-out with outcomes shuffled among patients; none where a patient has rows of both classes.
fn null(prepared: &Prepared, method: Method, options: &ValidateOptions) -> Result<Option<Scheme>> {
    let Prepared { design, positive, .. } = prepared;
    let group = &prepared.patients();
    let mut of_patient: Vec<Option<bool>> = vec![None; clustered::count(group)];
    for (&patient, &class) in group.iter().zip(positive) {
        if of_patient[patient].replace(class).is_some_and(|before| before != class) {
            return Ok(None);
        }
    }
    let of_patient: Vec<bool> = of_patient.into_iter().map(|class| class.unwrap_or(false)).collect();
    let area = |classes: &[bool]| {
        let rows: Vec<bool> = group.iter().map(|&patient| classes[patient]).collect();
        let most = Some(most_pairs(positive, method, options.seed));
        Some(validation::leave_pair_of_groups_out(design, &rows, group, method, most).ok()?.auc)
    };
    let null = permutation_null(&of_patient, options.permutations, options.seed, area)?;
    let mean = null.shuffled.iter().sum::<f64>() / null.shuffled.len().max(1) as f64;
    Ok(Some(Scheme {
        scheme: "permutation-null".into(),
        metric: "auc".into(),
        apparent: Some(null.seen),
        corrected: (!null.shuffled.is_empty()).then_some(mean),
        n_resamples: options.permutations,
        n_not_estimable: options.permutations - null.shuffled.len(),
        p: Some(null.p),
        ..Scheme::default()
    }))
}

/// Groups of about ten patients of similar risk, three to ten of them.
fn groups(risk: &[f64], positive: &[bool]) -> Vec<CalibrationGroup> {
    let mut order: Vec<usize> = (0..risk.len()).collect();
    order.sort_by(|&a, &b| risk[a].total_cmp(&risk[b]).then(a.cmp(&b)));
    let count = (risk.len() / 10).clamp(3, 10).min(risk.len());
    (0..count)
        .map(|g| &order[g * risk.len() / count..(g + 1) * risk.len() / count])
        .filter(|rows| !rows.is_empty())
        .map(|rows| {
            let events = rows.iter().filter(|&&i| positive[i]).count();
            let interval = wilson(events as u64, rows.len() as u64, LEVEL);
            CalibrationGroup {
                predicted: rows.iter().map(|&i| risk[i]).sum::<f64>() / rows.len() as f64,
                observed: events as f64 / rows.len() as f64,
                ci_low: interval.low,
                ci_high: interval.high,
                n: rows.len(),
            }
        })
        .collect()
}

fn inverse_logit(lp: f64) -> f64 {
    1.0 / (1.0 + (-lp).exp())
}

fn curve(risk: &[f64], positive: &[bool]) -> Result<Vec<NetBenefit>> {
    let thresholds: Vec<f64> = THRESHOLDS.map(|percent| percent as f64 / 100.0).collect();
    let points = decision_curve::net_benefit(risk, positive, &thresholds)?;
    Ok(points
        .into_iter()
        .map(|p| NetBenefit { threshold: p.threshold, net_benefit: p.model, treat_all: p.treat_all })
        .collect())
}
