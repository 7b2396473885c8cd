//! Internal validation of a logistic model: bootstrap optimism, leave-pair-out area, leave-one-out predictions.
//!
//! The whole recipe is repeated in every resample (Harrell 1996, doi:10.1002/(SICI)1097-0258(19960229)15:4<361;
//! Steyerberg 2001, doi:10.1016/S0895-4356(01)00341-9), the choice of the cut-off included. Optimism is the mean of
//! performance in the resample minus performance of its model in the original data; the corrected value is the
//! apparent one minus that. The slope is the exception: its corrected value is the mean slope of the resamples' models
//! in the original data, since a separated resample has no slope of its own. Intervals are the percentile interval of
//! the resamples' apparent values moved by the optimism (Noma 2021, doi:10.1002/sim.9148).
//!
//! Separated resamples are kept under Firth and ridge, and counted; under maximum likelihood they cannot be estimated,
//! which is counted too. The pooled leave-one-out area is biased downwards, so pairs of one positive and one negative
//! patient are left out instead (Airola 2011, doi:10.1016/j.csda.2010.11.018).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::calibration::{brier, calibrate};
use super::cutoff;
use super::delong::inverse_logit;
use super::design::Design;
use super::error::{same_length, two_classes};
use super::logistic::{Fit, Method};
use super::resample::{Resamples, percentile_interval};
use super::roc::{self, Direction, join_near_ties};
use super::separation::is_separated;
use super::{Interval, StatsError};

/// How good predictions are on some patients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Performance {
    /// Area under the curve of the linear predictor.
    pub auc: f64,
    /// Brier score.
    pub brier: f64,
    /// Calibration slope; none where the predictions separate the classes.
    pub slope: Option<f64>,
    /// Calibration in the large.
    pub intercept: f64,
    /// Largest Youden index, or that of a cut-off chosen elsewhere.
    pub youden_j: Option<f64>,
}

/// One metric, apparent and corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct Corrected {
    /// `auc`, `brier`, `calibration_slope` or `youden_j`.
    pub metric: &'static str,
    /// On the data of the fit.
    pub apparent: Option<f64>,
    /// Mean optimism.
    pub optimism: Option<f64>,
    /// Apparent minus optimism.
    pub corrected: Option<f64>,
    /// Interval of the corrected value.
    pub interval: Option<Interval>,
    /// Resamples that gave this metric.
    pub n_used: usize,
}

/// Bootstrap validation of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Validation {
    /// AUC, Brier score, calibration slope, Youden's J.
    pub metrics: Vec<Corrected>,
    /// Corrected calibration in the large: its mean over the resamples' models in the original data.
    pub intercept: Option<f64>,
    /// Resamples drawn.
    pub n_resamples: usize,
    /// Resamples in which the model could not be estimated.
    pub n_not_estimable: usize,
    /// Resamples with separated data.
    pub n_separated: usize,
    /// Each resample: performance in itself and in the original data; none where not estimable.
    pub resamples: Vec<Option<(Performance, Performance)>>,
}

/// Bootstrap optimism of a recipe.
pub fn bootstrap(
    design: &Design,
    positive: &[bool],
    method: Method,
    resamples: &Resamples,
    level: f64,
) -> Result<Validation, StatsError> {
    same_length("validation", design.rows(), positive.len())?;
    let fit = method.fit(design, positive)?;
    let (apparent, _) = performance(&fit, design, positive)?;
    let one = |rows: &[usize]| -> (bool, Option<(Performance, Performance)>) {
        let outcome: Vec<bool> = rows.iter().filter_map(|&i| positive.get(i).copied()).collect();
        let Ok(part) = design.of_rows(rows) else { return (false, None) };
        let separated = is_separated(&part, &outcome).unwrap_or(false);
        let pair = method.fit(&part, &outcome).and_then(|fit| {
            let (inside, threshold) = performance(&fit, &part, &outcome)?;
            let (mut outside, _) = performance(&fit, design, positive)?;
            outside.youden_j = match threshold {
                Some(t) => {
                    let predictors = fit.linear_predictors(design);
                    Some(cutoff::at(&predictors, positive, Direction::Higher, t)?.youden_j())
                }
                None => None,
            };
            Ok((inside, outside))
        });
        (separated, pair.ok())
    };
    let done: Vec<_> = resamples.map(one);
    let n_separated = done.iter().filter(|(separated, _)| *separated).count();
    let resamples: Vec<_> = done.into_iter().map(|(_, pair)| pair).collect();
    let metrics = vec![
        corrected("auc", Some(apparent.auc), &resamples, |p| Some(p.auc), (0.0, 1.0), level),
        corrected("brier", Some(apparent.brier), &resamples, |p| Some(p.brier), (0.0, 1.0), level),
        corrected_slope(apparent.slope, &resamples, level),
        corrected("youden_j", apparent.youden_j, &resamples, |p| p.youden_j, (-1.0, 1.0), level),
    ];
    let outside: Vec<f64> = resamples.iter().flatten().map(|(_, o)| o.intercept).collect();
    Ok(Validation {
        metrics,
        intercept: mean(&outside),
        n_resamples: resamples.len(),
        n_not_estimable: resamples.iter().filter(|r| r.is_none()).count(),
        n_separated,
        resamples,
    })
}

/// Performance of a fit on patients, with the threshold of its largest Youden index.
fn performance(fit: &Fit, design: &Design, positive: &[bool]) -> Result<(Performance, Option<f64>), StatsError> {
    let mut predictors = fit.linear_predictors(design);
    let probabilities: Vec<f64> = predictors.iter().map(|&lp| inverse_logit(lp)).collect();
    let calibration = calibrate(&predictors, positive)?;
    join_near_ties(&mut predictors);
    let curve = roc::curve(&predictors, positive, Direction::Higher)?;
    let best = cutoff::youden(&curve);
    let performance = Performance {
        auc: curve.auc(),
        brier: brier(&probabilities, positive),
        slope: calibration.slope,
        intercept: calibration.intercept,
        youden_j: best.as_ref().map(|b| b.cutoff.youden_j()),
    };
    Ok((performance, best.map(|b| b.cutoff.threshold)))
}

type Pair = Option<(Performance, Performance)>;

fn corrected(
    metric: &'static str,
    apparent: Option<f64>,
    resamples: &[Pair],
    pick: impl Fn(&Performance) -> Option<f64>,
    range: (f64, f64),
    level: f64,
) -> Corrected {
    let pairs: Vec<(f64, f64)> = resamples.iter().flatten().filter_map(|(i, o)| Some((pick(i)?, pick(o)?))).collect();
    let differences: Vec<f64> = pairs.iter().map(|(i, o)| i - o).collect();
    let optimism = mean(&differences);
    let inside: Vec<f64> = pairs.iter().map(|p| p.0).collect();
    let moved = |v: f64, o: f64| (v - o).clamp(range.0, range.1);
    let interval = optimism.and_then(|o| {
        let ci = percentile_interval(&inside, level)?;
        Some(Interval { low: moved(ci.low, o), high: moved(ci.high, o) })
    });
    let corrected = apparent.zip(optimism).map(|(a, o)| a - o);
    Corrected { metric, apparent, optimism, corrected, interval, n_used: pairs.len() }
}

fn corrected_slope(apparent: Option<f64>, resamples: &[Pair], level: f64) -> Corrected {
    let outside: Vec<f64> = resamples.iter().flatten().filter_map(|(_, o)| o.slope).collect();
    let corrected = mean(&outside);
    Corrected {
        metric: "calibration_slope",
        apparent,
        optimism: apparent.zip(corrected).map(|(a, c)| a - c),
        corrected,
        interval: percentile_interval(&outside, level),
        n_used: outside.len(),
    }
}

/// Area from pairs left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeavePairOut {
    /// Share of pairs in which the positive patient has the larger prediction, ties one half.
    pub auc: f64,
    /// Pairs of a positive and a negative patient that were left out.
    pub n_pairs: usize,
    /// Pairs there are.
    pub n_all: usize,
    /// Pairs without which the model could not be estimated.
    pub n_not_estimable: usize,
}

/// Leave-pair-out area of a recipe: each pair is judged by a model that saw neither.
pub fn leave_pair_out(design: &Design, positive: &[bool], method: Method) -> Result<LeavePairOut, StatsError> {
    leave_pair_of_groups_out(design, positive, &alone(positive), method, None)
}

/// Every row as a patient.
fn alone(positive: &[bool]) -> Vec<usize> {
    (0..positive.len()).collect()
}

/// The same where rows of one number in `group` are one patient's: the model saw no row of either patient. Of more pairs
/// than `most.0` that many are drawn, from a ChaCha stream of the seed `most.1`.
pub fn leave_pair_of_groups_out(
    design: &Design,
    positive: &[bool],
    group: &[usize],
    method: Method,
    most: Option<(usize, u64)>,
) -> Result<LeavePairOut, StatsError> {
    same_length("leave-pair-out validation", group.len(), positive.len())?;
    same_length("leave-pair-out validation", design.rows(), positive.len())?;
    let (n_positive, n_negative) = two_classes(positive)?;
    let (cases, controls): (Vec<usize>, Vec<usize>) = (0..positive.len()).partition(|&i| positive[i]);
    let n_all = n_positive * n_negative;
    let pair = |p: usize| (cases[p / n_negative], controls[p % n_negative]);
    let mut pairs: Vec<(usize, usize)> = match most.filter(|most| n_all > most.0) {
        None => (0..n_all).map(pair).collect(),
        Some((most, seed)) => {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            (0..most).map(|_| pair(rng.random_range(0..n_all))).collect()
        }
    };
    // one model judges every pair of rows of the same two patients
    let patients = |&(case, control): &(usize, usize)| (group[case], group[control]);
    pairs.sort_by_key(patients);
    let of_patients: Vec<&[(usize, usize)]> = pairs.chunk_by(|a, b| patients(a) == patients(b)).collect();
    let judge = |pairs: &&[(usize, usize)]| -> Option<(usize, u64)> {
        let (one, other) = patients(pairs.first()?);
        let kept: Vec<usize> = (0..positive.len()).filter(|&k| group[k] != one && group[k] != other).collect();
        let fit = method.fit_rows(design, positive, &kept).ok()?;
        let twice = |&(case, control): &(usize, usize)| {
            let (a, b) = (fit.linear_predictor_at(design, case), fit.linear_predictor_at(design, control));
            let tolerance = 1e-12 * a.abs().max(b.abs());
            if (a - b).abs() <= tolerance { 1 } else { 2 * u64::from(a > b) }
        };
        Some((pairs.len(), pairs.iter().map(twice).sum()))
    };
    let judged: Vec<Option<(usize, u64)>> = of_patients.par_iter().map(judge).collect();
    let (used, twice) = judged.iter().flatten().fold((0, 0), |(n, sum), (k, twice)| (n + k, sum + twice));
    if used == 0 {
        const WHAT: &str = "leave-pair-out validation, in the smaller class,";
        return Err(StatsError::TooFewValues { what: WHAT, needed: 3, found: n_positive.min(n_negative) });
    }
    let auc = twice as f64 / (2.0 * used as f64);
    Ok(LeavePairOut { auc, n_pairs: pairs.len(), n_all, n_not_estimable: pairs.len() - used })
}

/// Linear predictor of each patient by a model that did not see him; none where it could not be estimated.
pub fn leave_one_out(design: &Design, positive: &[bool], method: Method) -> Result<Vec<Option<f64>>, StatsError> {
    leave_group_out(design, positive, &alone(positive), method)
}

/// The same for rows of patients: linear predictor of each row by a model that saw no row of its patient.
pub fn leave_group_out(
    design: &Design,
    positive: &[bool],
    group: &[usize],
    method: Method,
) -> Result<Vec<Option<f64>>, StatsError> {
    same_length("leave-one-out predictions", group.len(), positive.len())?;
    same_length("leave-one-out predictions", design.rows(), positive.len())?;
    two_classes(positive)?;
    let predict = |i: usize| {
        let kept: Vec<usize> = (0..positive.len()).filter(|&k| group[k] != group[i]).collect();
        method.fit_rows(design, positive, &kept).ok().map(|fit| fit.linear_predictor_at(design, i))
    };
    Ok((0..positive.len()).into_par_iter().map(predict).collect())
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| super::summary::mean(values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::resample::Scheme;

    fn data() -> (Design, Vec<bool>) {
        let y: Vec<bool> = (0..40).map(|i| i % 4 == 0 || i % 9 == 1).collect();
        let x: Vec<f64> = (0..40).map(|i| ((i * 29) % 23) as f64 + if y[i] { 9.0 } else { 0.0 }).collect();
        let noise: Vec<f64> = (0..40).map(|i| ((i * 17) % 13) as f64).collect();
        (Design::new(&["x".to_owned(), "noise".to_owned()], &[x, noise]).unwrap(), y)
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (design, y) = data();
        let run = || {
            let resamples = Resamples::draw(Scheme::Stratified, &y, 60, 11);
            bootstrap(&design, &y, Method::Firth, &resamples, 0.95).unwrap()
        };
        let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        assert_eq!(pool(1).install(run), pool(3).install(run));
    }

    #[test]
    fn optimism_is_positive_and_the_parts_add_up() {
        let (design, y) = data();
        let resamples = Resamples::draw(Scheme::Stratified, &y, 200, 5);
        let v = bootstrap(&design, &y, Method::Firth, &resamples, 0.95).unwrap();
        for m in &v.metrics {
            let (a, o, c) = (m.apparent.unwrap(), m.optimism.unwrap(), m.corrected.unwrap());
            assert!((a - o - c).abs() < 1e-14);
        }
        assert!(v.metrics[0].optimism.unwrap() > 0.0 && v.metrics[3].optimism.unwrap() > 0.0);
        assert!(v.metrics[1].optimism.unwrap() < 0.0, "the Brier score of a resample is too small");
        assert_eq!(v.n_not_estimable, 0);
    }

    #[test]
    fn separated_resamples_are_kept_by_firth_and_lost_by_maximum_likelihood() {
        let (design, y) = data();
        let apart: Vec<usize> = (0..40).filter(|&i| (design.row(i)[1] > 0.0) == y[i]).collect();
        let resamples = Resamples::given(vec![apart], 40).unwrap();
        let firth = bootstrap(&design, &y, Method::Firth, &resamples, 0.95).unwrap();
        assert_eq!((firth.n_separated, firth.n_not_estimable), (1, 0));
        let ml = bootstrap(&design, &y, Method::MaximumLikelihood, &resamples, 0.95).unwrap();
        assert_eq!((ml.n_separated, ml.n_not_estimable), (1, 1));
        assert_eq!(ml.metrics[0].corrected, None);
    }

    #[test]
    fn one_strong_marker_keeps_its_own_area_when_pairs_are_left_out() {
        let y: Vec<bool> = (0..24).map(|i| i % 3 == 0).collect();
        let x: Vec<f64> = (0..24).map(|i| f64::from(i * 7 % 12) + if y[i as usize] { 6.0 } else { 0.0 }).collect();
        let design = Design::new(&["x".to_owned()], std::slice::from_ref(&x)).unwrap();
        let lpo = leave_pair_out(&design, &y, Method::Firth).unwrap();
        assert_eq!(lpo.auc, roc::auc(&x, &y, Direction::Higher).unwrap());
        assert_eq!((lpo.n_pairs, lpo.n_not_estimable), (8 * 16, 0));
        let few = leave_pair_of_groups_out(&design, &y, &alone(&y), Method::Firth, Some((40, 3))).unwrap();
        assert_eq!((few.n_pairs, few.n_all), (40, 8 * 16));
        assert!((few.auc - lpo.auc).abs() < 0.25, "{few:?}");
        let single = leave_one_out(&design, &y, Method::Firth).unwrap();
        assert!(single.iter().all(Option::is_some));
    }
}
