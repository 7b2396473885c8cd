//! Cut-offs: what a threshold achieves, and which threshold Youden's index chooses.
//!
//! A patient is called positive where the value is at or beyond the threshold in the declared direction (see
//! [`super::roc`]). Youden's J = sensitivity + specificity - 1 (1950) is compared in whole numbers, so that ties are
//! ties; of tied optima the most specific is taken, and all are counted. The figures are those on the data on which
//! the cut-off was chosen and are therefore too good; `validation` says by how much.

use super::distributions::{clopper_pearson, wilson};
use super::error::{all_finite, same_length, two_classes};
use super::likelihood_ratio::Ratios;
use super::roc::{Curve, Direction, Point};
use super::{Interval, StatsError};

/// What a threshold achieves.
#[derive(Debug, Clone, PartialEq)]
pub struct Cutoff {
    /// The threshold; positive is at or beyond it.
    pub threshold: f64,
    /// Positive patients called positive, of all positive ones.
    pub sensitivity: Proportion,
    /// Negative patients called negative, of all negative ones.
    pub specificity: Proportion,
    /// Positive patients among those called positive, at the prevalence of these data; none where nobody is.
    pub ppv: Option<Proportion>,
    /// Negative patients among those called negative; none where nobody is.
    pub npv: Option<Proportion>,
    /// Patients called rightly.
    pub accuracy: Proportion,
    /// How much a call changes the odds.
    pub ratios: Ratios,
}

/// k of n with its intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// Patients with the property.
    pub k: u64,
    /// Patients in all.
    pub n: u64,
    /// k / n.
    pub estimate: f64,
    /// Wilson's score interval.
    pub wilson: Interval,
    /// Clopper and Pearson's exact interval.
    pub exact: Interval,
}

impl Proportion {
    /// k of n with both 95 % intervals; none for n = 0.
    pub fn of(k: usize, n: usize) -> Option<Proportion> {
        let (k, n) = (k as u64, n as u64);
        (n > 0).then(|| Proportion {
            k,
            n,
            estimate: k as f64 / n as f64,
            wilson: wilson(k, n, super::LEVEL),
            exact: clopper_pearson(k, n, super::LEVEL),
        })
    }
}

impl Cutoff {
    /// Youden's index.
    pub fn youden_j(&self) -> f64 {
        self.sensitivity.estimate + self.specificity.estimate - 1.0
    }

    /// From the counts of the two-by-two table; neither class is empty.
    fn of_counts(
        threshold: f64,
        hits: usize,
        positives: usize,
        alarms: usize,
        negatives: usize,
    ) -> Result<Self, StatsError> {
        let one_class = StatsError::OneClass { positive: positives, negative: negatives };
        let all = one_class.clone();
        let rejections = negatives - alarms;
        Ok(Cutoff {
            threshold,
            sensitivity: Proportion::of(hits, positives).ok_or(one_class.clone())?,
            specificity: Proportion::of(rejections, negatives).ok_or(one_class)?,
            ppv: Proportion::of(hits, hits + alarms),
            npv: Proportion::of(rejections, rejections + positives - hits),
            accuracy: Proportion::of(hits + rejections, positives + negatives).ok_or(all)?,
            ratios: Ratios::of(hits, positives, alarms, negatives),
        })
    }
}

/// The optimum of a rule and how many points reach it.
#[derive(Debug, Clone, PartialEq)]
pub struct Optimum {
    /// The chosen cut-off: the most specific of the tied ones.
    pub cutoff: Cutoff,
    /// Thresholds of all tied optima, the most specific first.
    pub tied: Vec<f64>,
}

/// What a given threshold achieves on these patients, e.g. one locked on others.
pub fn at(values: &[f64], positive: &[bool], direction: Direction, threshold: f64) -> Result<Cutoff, StatsError> {
    same_length("cut-off", values.len(), positive.len())?;
    all_finite("marker", values)?;
    let (n_positive, n_negative) = two_classes(positive)?;
    let called = |class: bool| {
        values.iter().zip(positive).filter(|&(&v, &p)| p == class && direction.calls_positive(v, threshold)).count()
    };
    Cutoff::of_counts(threshold, called(true), n_positive, called(false), n_negative)
}

/// How a cut-off is chosen on a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Largest sensitivity + specificity - 1.
    Youden,
    /// Nearest to sensitivity and specificity of 1.
    ClosestTopLeft,
    /// Largest sensitivity + (1 - prevalence) / (cost prevalence) specificity: least cost of wrong calls.
    Cost {
        /// Cost of a missed positive patient in those of a false alarm.
        cost: f64,
        /// Prevalence where the cut-off will be used.
        prevalence: f64,
    },
    /// Most sensitive at this specificity or more.
    Specificity(f64),
    /// Most specific at this sensitivity or more.
    Sensitivity(f64),
}

impl Rule {
    /// `youden`, `closest-top-left`, `cost`, `specificity` or `sensitivity`.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Youden => "youden",
            Rule::ClosestTopLeft => "closest-top-left",
            Rule::Cost { .. } => "cost",
            Rule::Specificity(_) => "specificity",
            Rule::Sensitivity(_) => "sensitivity",
        }
    }

    /// What is made as large as can be; none where the point does not qualify.
    fn score(self, sensitivity: f64, specificity: f64) -> Option<f64> {
        match self {
            Rule::Youden => Some(sensitivity + specificity),
            Rule::ClosestTopLeft => Some(-((1.0 - sensitivity).powi(2) + (1.0 - specificity).powi(2))),
            Rule::Cost { cost, prevalence } => {
                Some(sensitivity + (1.0 - prevalence) / (cost * prevalence) * specificity)
            }
            Rule::Specificity(least) => (specificity >= least - 1e-12).then_some(sensitivity),
            Rule::Sensitivity(least) => (sensitivity >= least - 1e-12).then_some(specificity),
        }
    }
}

/// The cut-off of the largest Youden index; none for a marker with one value only.
pub fn youden(curve: &Curve) -> Option<Optimum> {
    best(curve, Rule::Youden)
}

/// The cut-off that a rule chooses; none where no point between the ends qualifies.
pub fn best(curve: &Curve, rule: Rule) -> Option<Optimum> {
    let tied = optima(curve, rule)?;
    let chosen = tied.first()?;
    let cutoff = Cutoff::of_counts(
        chosen.threshold?,
        chosen.true_positives,
        curve.n_positive,
        chosen.false_positives,
        curve.n_negative,
    );
    Some(Optimum { cutoff: cutoff.ok()?, tied: tied.iter().filter_map(|p| p.threshold).collect() })
}

/// The points that a rule finds equally good and better than all others, the most specific first.
pub(super) fn optima(curve: &Curve, rule: Rule) -> Option<Vec<&Point>> {
    let (m, n) = (curve.n_positive as f64, curve.n_negative as f64);
    let scored: Vec<(f64, &Point)> = curve
        .points
        .iter()
        .filter(|p| p.threshold.is_some())
        .filter_map(|p| Some((rule.score(p.true_positives as f64 / m, 1.0 - p.false_positives as f64 / n)?, p)))
        .collect();
    let top = scored.iter().map(|(score, _)| *score).reduce(f64::max)?;
    // equal in exact arithmetic, and not by the last bit
    Some(scored.iter().filter(|(score, _)| *score >= top - 1e-12).map(|(_, p)| *p).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::roc;

    const OUTCOME: [bool; 6] = [true, true, true, false, false, false];

    #[test]
    fn of_tied_optima_the_most_specific_is_taken_and_all_are_listed() {
        // J = 2/3 both at >= 4.5 (2/3, 1) and at >= 1.5 (1, 2/3)
        let c = roc::curve(&[6.0, 5.0, 2.0, 4.0, 1.0, 0.0], &OUTCOME, Direction::Higher).unwrap();
        let best = youden(&c).unwrap();
        assert_eq!(best.tied, vec![4.5, 1.5]);
        assert_eq!(best.cutoff.threshold, 4.5);
        assert_eq!(best.cutoff.specificity.estimate, 1.0);
        assert!((best.cutoff.youden_j() - 2.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn a_given_threshold_belongs_to_the_positive_side() {
        let c = at(&[6.0, 5.0, 2.0, 4.0, 1.0, 0.0], &OUTCOME, Direction::Higher, 5.0).unwrap();
        assert_eq!((c.sensitivity.k, c.sensitivity.n), (2, 3));
        let c = at(&[6.0, 5.0, 2.0, 4.0, 1.0, 0.0], &OUTCOME, Direction::Lower, 5.0).unwrap();
        assert_eq!((c.sensitivity.k, c.specificity.k), (2, 0));
    }

    #[test]
    fn every_rule_chooses_its_own_point() {
        // points (1 - specificity, sensitivity): (0, 2/3), (1/3, 1)
        let c = roc::curve(&[6.0, 5.0, 2.0, 4.0, 1.0, 0.0], &OUTCOME, Direction::Higher).unwrap();
        let at = |rule| best(&c, rule).map(|o| o.cutoff.threshold);
        assert_eq!(at(Rule::Sensitivity(0.9)), Some(1.5));
        assert_eq!(at(Rule::Specificity(0.9)), Some(4.5));
        // misses that cost ten alarms ask for sensitivity, alarms that cost ten misses for specificity
        assert_eq!(at(Rule::Cost { cost: 10.0, prevalence: 0.5 }), Some(1.5));
        assert_eq!(at(Rule::Cost { cost: 0.1, prevalence: 0.5 }), Some(4.5));
        assert_eq!(best(&c, Rule::ClosestTopLeft).unwrap().tied.len(), 2);
        assert_eq!(at(Rule::Sensitivity(1.5)), None);
    }

    #[test]
    fn a_constant_marker_has_no_cutoff() {
        let c = roc::curve(&[1.0; 6], &OUTCOME, Direction::Higher).unwrap();
        assert_eq!(youden(&c), None);
    }
}
