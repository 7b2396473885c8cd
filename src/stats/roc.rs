//! Empirical ROC curve and its area.
//!
//! The direction is declared: with [`Direction::Higher`] a patient is called positive where `value >= threshold`, with
//! [`Direction::Lower`] where `value <= threshold`. Thresholds lie half-way between neighbouring observed values, so
//! that none coincides with a measurement. The area is Mann and Whitney's U over the number of pairs, a tie counting
//! one half (Bamber 1975, doi:10.1016/0022-2496(75)90001-2); U is kept as the integer 2U, so that equal data give equal
//! areas. An area below one half is given as such.

use super::StatsError;
use super::error::{all_finite, same_length, two_classes};
use super::levels::Levels;

/// Which way a marker points to the positive class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Higher values speak for the positive class.
    Higher,
    /// Lower values speak for the positive class.
    Lower,
}

impl Direction {
    /// The value turned so that higher speaks for the positive class.
    pub fn orient(self, value: f64) -> f64 {
        match self {
            Direction::Higher => value,
            Direction::Lower => -value,
        }
    }

    /// Whether a value is called positive at a threshold.
    pub fn calls_positive(self, value: f64, threshold: f64) -> bool {
        self.orient(value) >= self.orient(threshold)
    }
}

/// An empirical ROC curve, from nothing called positive to everything.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Declared direction.
    pub direction: Direction,
    /// Patients of the positive class.
    pub n_positive: usize,
    /// Patients of the negative class.
    pub n_negative: usize,
    /// One entry a point, `(0, 0)` first and `(1, 1)` last.
    pub points: Vec<Point>,
    /// Twice Mann and Whitney's U: 2 for each pair in the declared order, 1 for each tied pair.
    pub twice_u: u64,
    /// Pairs of a positive and a negative patient with equal values.
    pub tied_pairs: u64,
}

/// One point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Threshold that gives it; none at both ends.
    pub threshold: Option<f64>,
    /// Positive patients called positive.
    pub true_positives: usize,
    /// Negative patients called positive.
    pub false_positives: usize,
}

impl Curve {
    /// Area under the curve.
    pub fn auc(&self) -> f64 {
        self.twice_u as f64 / (2.0 * self.n_positive as f64 * self.n_negative as f64)
    }

    /// False-positive rate of each point.
    pub fn fpr(&self) -> Vec<f64> {
        self.points.iter().map(|p| p.false_positives as f64 / self.n_negative as f64).collect()
    }

    /// True-positive rate of each point.
    pub fn tpr(&self) -> Vec<f64> {
        self.points.iter().map(|p| p.true_positives as f64 / self.n_positive as f64).collect()
    }
}

/// The curve of `values` against the outcome.
pub fn curve(values: &[f64], positive: &[bool], direction: Direction) -> Result<Curve, StatsError> {
    check(values, positive)?;
    let levels = Levels::of(values, direction);
    Ok(levels.curve(&levels.counts(0..values.len(), positive)))
}

/// Area under the curve alone.
pub fn auc(values: &[f64], positive: &[bool], direction: Direction) -> Result<f64, StatsError> {
    check(values, positive)?;
    let (mut cases, mut controls) = (Vec::new(), Vec::new());
    for (&v, &p) in values.iter().zip(positive) {
        if p { cases.push(direction.orient(v)) } else { controls.push(direction.orient(v)) }
    }
    Ok(auc_of_groups(&mut cases, &mut controls))
}

/// Area from the oriented values of both groups, which are sorted in place. Neither is empty.
pub(crate) fn auc_of_groups(cases: &mut [f64], controls: &mut [f64]) -> f64 {
    cases.sort_unstable_by(f64::total_cmp);
    controls.sort_unstable_by(f64::total_cmp);
    let (mut below, mut not_above, mut twice_u) = (0usize, 0usize, 0u64);
    for &case in cases.iter() {
        while below < controls.len() && controls[below] < case {
            below += 1;
        }
        while not_above < controls.len() && controls[not_above] <= case {
            not_above += 1;
        }
        twice_u += (below + not_above) as u64;
    }
    twice_u as f64 / (2.0 * cases.len() as f64 * controls.len() as f64)
}

/// Sets values that differ by less than 1e-12 of the largest equal, as tied linear predictors differ by rounding.
pub fn join_near_ties(values: &mut [f64]) {
    let tolerance = 1e-12 * values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    for pair in 1..order.len() {
        let (left, right) = (values[order[pair - 1]], values[order[pair]]);
        if right - left <= tolerance {
            values[order[pair]] = left;
        }
    }
}

pub(super) fn check(values: &[f64], positive: &[bool]) -> Result<(usize, usize), StatsError> {
    same_length("ROC curve", values.len(), positive.len())?;
    all_finite("marker", values)?;
    two_classes(positive)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTCOME: [bool; 6] = [true, true, true, false, false, false];

    #[test]
    fn ties_count_one_half() {
        let c = curve(&[3.0, 2.0, 1.0, 2.0, 1.0, 0.0], &OUTCOME, Direction::Higher).unwrap();
        // 3 beats all three; 2 beats two and ties one; 1 beats one and ties one: (3 + 2.5 + 1.5) / 9
        assert_eq!(c.twice_u, 14);
        assert_eq!(c.tied_pairs, 2);
        assert!((c.auc() - 7.0 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn the_trapezoid_under_the_points_is_the_area() {
        let values = [0.3, 0.9, 0.4, 0.4, 0.2, 0.9];
        let c = curve(&values, &OUTCOME, Direction::Lower).unwrap();
        let (x, y) = (c.fpr(), c.tpr());
        let area: f64 = (1..x.len()).map(|i| (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2.0).sum();
        assert!((area - c.auc()).abs() < 1e-15);
        assert_eq!(c.auc(), auc(&values, &OUTCOME, Direction::Lower).unwrap());
        assert_eq!(c.points.last().map(|p| (p.true_positives, p.false_positives)), Some((3, 3)));
    }

    #[test]
    fn the_threshold_of_each_point_reproduces_its_counts() {
        let values = [0.3, 0.9, 0.4, 0.4, 0.2, 0.9];
        for direction in [Direction::Higher, Direction::Lower] {
            for point in &curve(&values, &OUTCOME, direction).unwrap().points {
                let Some(t) = point.threshold else { continue };
                let called = |class: bool| {
                    values.iter().zip(&OUTCOME).filter(|&(&v, &o)| o == class && direction.calls_positive(v, t)).count()
                };
                assert_eq!((called(true), called(false)), (point.true_positives, point.false_positives));
            }
        }
    }

    #[test]
    fn an_area_below_one_half_is_not_flipped() {
        let a = auc(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &OUTCOME, Direction::Higher).unwrap();
        assert_eq!(a, 0.0);
    }

    #[test]
    fn one_class_and_missing_values_are_refused() {
        assert!(matches!(auc(&[1.0, 2.0], &[true, true], Direction::Higher), Err(StatsError::OneClass { .. })));
        let e = auc(&[1.0, f64::NAN], &[true, false], Direction::Higher);
        assert!(matches!(e, Err(StatsError::NotFinite { row: 1, .. })));
    }

    #[test]
    fn rounding_differences_are_joined() {
        let mut v = [1.0, 0.3, 0.1 + 0.2];
        join_near_ties(&mut v);
        assert_eq!(v[1], v[2]);
    }
}
