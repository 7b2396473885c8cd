//! Cross-validation of a recipe by folds, and what it gives when the outcome is dealt out at random.
//!
//! Folds are drawn within the classes; each repeat has a ChaCha stream of its own. The area is the mean of the folds'
//! areas, in which a model is compared with itself; the pooled area mixes predictions of different models and is biased
//! (for leave-one-out downwards, to 0 without any information), so it is given as such and not as the estimate. With
//! shuffled outcomes an unbiased scheme gives one half on average; the share of shuffles that reach the real value is
//! the permutation p.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::StatsError;
use super::calibration::brier;
use super::delong::inverse_logit;
use super::design::Design;
use super::error::{same_length, two_classes};
use super::logistic::Method;
use super::roc::{self, Direction, join_near_ties};
use super::summary::mean;

/// The fold of each patient, for one repeat or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    repeats: Vec<Vec<usize>>,
}

impl Folds {
    /// Draws `k` folds within the classes, `repeats` times.
    ///
    /// # Errors
    /// Fewer than two folds, more folds than patients of the rarer class.
    pub fn draw(positive: &[bool], k: usize, repeats: usize, seed: u64) -> Result<Folds, StatsError> {
        let (cases, controls) = two_classes(positive)?;
        if k < 2 || k > cases.min(controls) {
            return Err(StatsError::OutOfRange {
                what: "the number of folds",
                value: k as f64,
                allowed: "2 up to the patients of the rarer class",
            });
        }
        let one = |number: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number as u64);
            let mut fold = vec![0; positive.len()];
            for class in [true, false] {
                let mut rows: Vec<usize> = (0..positive.len()).filter(|&i| positive[i] == class).collect();
                rows.shuffle(&mut rng);
                // the second class begins where the first one ended, so that folds are equally large
                let shift = if class { 0 } else { cases % k };
                for (place, row) in rows.into_iter().enumerate() {
                    fold[row] = (place + shift) % k;
                }
            }
            fold
        };
        Ok(Folds { repeats: (0..repeats.max(1)).map(one).collect() })
    }

    /// Given folds, one number a patient.
    ///
    /// # Errors
    /// Fewer than two folds.
    pub fn given(fold: Vec<usize>) -> Result<Folds, StatsError> {
        let mut names = fold.clone();
        names.sort_unstable();
        names.dedup();
        if names.len() < 2 {
            return Err(StatsError::TooFewValues { what: "cross-validation", needed: 2, found: names.len() });
        }
        Ok(Folds { repeats: vec![fold] })
    }

    /// Folds of several repeats, each checked as [`Folds::given`] does.
    pub(super) fn of_repeats(repeats: Vec<Vec<usize>>) -> Result<Folds, StatsError> {
        for fold in &repeats {
            Folds::given(fold.clone())?;
        }
        Ok(Folds { repeats })
    }

    /// The fold of each patient, for each repeat.
    pub fn repeats(&self) -> &[Vec<usize>] {
        &self.repeats
    }

    /// Repeats.
    pub fn len(&self) -> usize {
        self.repeats.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.repeats.is_empty()
    }
}

/// What cross-validation gives.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossValidated {
    /// Mean of the folds' areas, those with one class left out.
    pub auc: Option<f64>,
    /// Area of all predictions together, mean over the repeats; mixes models.
    pub pooled_auc: Option<f64>,
    /// Brier score of all predictions, mean over the repeats.
    pub brier: Option<f64>,
    /// Linear predictor of each patient, for each repeat; none where the model without his fold was not estimable.
    pub linear_predictors: Vec<Vec<Option<f64>>>,
    /// Folds of all repeats.
    pub n_folds: usize,
    /// Folds whose model could not be estimated.
    pub n_not_estimable: usize,
}

/// Fits the whole recipe without each fold and predicts it.
///
/// # Errors
/// Folds that do not fit the patients, one class.
pub fn cross_validate(
    design: &Design,
    positive: &[bool],
    method: Method,
    folds: &Folds,
) -> Result<CrossValidated, StatsError> {
    same_length("cross-validation", design.rows(), positive.len())?;
    two_classes(positive)?;
    let mut found = CrossValidated {
        auc: None,
        pooled_auc: None,
        brier: None,
        linear_predictors: Vec::new(),
        n_folds: 0,
        n_not_estimable: 0,
    };
    let (mut areas, mut pooled, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    for fold in &folds.repeats {
        same_length("cross-validation", fold.len(), positive.len())?;
        let mut names = fold.clone();
        names.sort_unstable();
        names.dedup();
        let without = |name: &usize| -> Vec<(usize, Option<f64>)> {
            let (out, kept): (Vec<usize>, Vec<usize>) = (0..fold.len()).partition(|&i| fold[i] == *name);
            let fit = method.fit_rows(design, positive, &kept).ok();
            out.into_iter().map(|i| (i, fit.as_ref().map(|fit| fit.linear_predictor_at(design, i)))).collect()
        };
        let parts: Vec<Vec<(usize, Option<f64>)>> = names.par_iter().map(without).collect();
        found.n_folds += parts.len();
        let mut predictors = vec![None; fold.len()];
        for part in parts {
            found.n_not_estimable += usize::from(part.iter().any(|(_, lp)| lp.is_none()));
            areas.extend(area(part.iter().filter_map(|&(i, lp)| Some((lp?, positive[i])))));
            for (i, lp) in part {
                predictors[i] = lp;
            }
        }
        let pairs = || predictors.iter().zip(positive).filter_map(|(lp, &y)| Some(((*lp)?, y)));
        pooled.extend(area(pairs()));
        let (risk, class): (Vec<f64>, Vec<bool>) = pairs().map(|(lp, y)| (inverse_logit(lp), y)).unzip();
        if !risk.is_empty() {
            scores.push(brier(&risk, &class));
        }
        found.linear_predictors.push(predictors);
    }
    let average = |values: &[f64]| (!values.is_empty()).then(|| mean(values));
    (found.auc, found.pooled_auc, found.brier) = (average(&areas), average(&pooled), average(&scores));
    Ok(found)
}

/// Area of predictions with their classes; none with one class.
fn area(pairs: impl Iterator<Item = (f64, bool)>) -> Option<f64> {
    let (mut values, class): (Vec<f64>, Vec<bool>) = pairs.unzip();
    join_near_ties(&mut values);
    roc::auc(&values, &class, Direction::Higher).ok()
}

/// What a scheme gives with shuffled outcomes.
#[derive(Debug, Clone, PartialEq)]
pub struct Null {
    /// Value with the outcomes as they are.
    pub seen: f64,
    /// Value of each shuffle that gave one.
    pub shuffled: Vec<f64>,
    /// Share of shuffles at least as high, the data counted as one.
    pub p: f64,
}

/// Shuffles the outcomes and repeats a scheme, which is given the outcomes and answers with an area.
///
/// # Errors
/// A scheme that gives no area with the outcomes as they are.
pub fn permutation_null(
    positive: &[bool],
    permutations: usize,
    seed: u64,
    scheme: impl Fn(&[bool]) -> Option<f64> + Sync,
) -> Result<Null, StatsError> {
    let seen = scheme(positive).ok_or(StatsError::NoVariation { what: "the permutation null" })?;
    let one = |number: usize| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number as u64);
        // a draw that no resample of the same seed begins with
        let _ = rng.random::<u64>();
        let mut shuffled = positive.to_vec();
        shuffled.shuffle(&mut rng);
        scheme(&shuffled)
    };
    let drawn: Vec<Option<f64>> = (0..permutations).into_par_iter().map(one).collect();
    let shuffled: Vec<f64> = drawn.into_iter().flatten().collect();
    let extreme = shuffled.iter().filter(|v| **v >= seen - 1e-12).count();
    let p = (extreme as f64 + 1.0) / (shuffled.len() as f64 + 1.0);
    Ok(Null { seen, shuffled, p })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::validation::leave_pair_out;

    fn data() -> (Design, Vec<bool>) {
        let y: Vec<bool> = (0..24).map(|i| i % 3 == 0).collect();
        let x: Vec<f64> = (0..24).map(|i| f64::from(i * 7 % 23)).collect();
        let z: Vec<f64> = (0..24).map(|i| f64::from(i * i % 19)).collect();
        (Design::new(&["x".to_owned(), "z".to_owned()], &[x, z]).unwrap(), y)
    }

    #[test]
    fn every_patient_is_predicted_once_a_repeat_and_classes_are_spread() {
        let (design, y) = data();
        let folds = Folds::draw(&y, 4, 3, 1).unwrap();
        for fold in &folds.repeats {
            for k in 0..4 {
                let of = |class| (0..24).filter(|&i| fold[i] == k && y[i] == class).count();
                assert_eq!((of(true), of(false)), (2, 4));
            }
        }
        let found = cross_validate(&design, &y, Method::Firth, &folds).unwrap();
        assert_eq!((found.linear_predictors.len(), found.n_folds, found.n_not_estimable), (3, 12, 0));
        assert!(found.linear_predictors.iter().flatten().all(Option::is_some));
        assert!(Folds::draw(&y, 9, 1, 1).is_err() && Folds::given(vec![1; 24]).is_err());
    }

    #[test]
    fn unbiased_schemes_average_one_half_under_permutation_and_pooled_leave_one_out_does_not() {
        let (design, y) = data();
        let mean_of = |scheme: &(dyn Fn(&[bool]) -> Option<f64> + Sync)| {
            mean(&permutation_null(&y, 400, 5, scheme).unwrap().shuffled)
        };
        let pairs = mean_of(&|y| Some(leave_pair_out(&design, y, Method::Firth).ok()?.auc));
        assert!((pairs - 0.5).abs() < 0.02, "leave-pair-out {pairs}");
        let folds = mean_of(&|y| {
            let folds = Folds::draw(y, 4, 1, 9).ok()?;
            cross_validate(&design, y, Method::Firth, &folds).ok()?.auc
        });
        assert!((folds - 0.5).abs() < 0.02, "folds {folds}");
        let single = mean_of(&|y| {
            cross_validate(&design, y, Method::Firth, &Folds::given((0..24).collect()).ok()?).ok()?.pooled_auc
        });
        assert!(single < 0.45, "pooled leave-one-out {single}");
    }
}
