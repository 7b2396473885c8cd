//! How far a chosen cut-off moves, and how much of its Youden index is lost on patients it was not chosen on.
//!
//! The rule is repeated in every resample; the index there minus that of the same cut-off on the original patients is
//! its optimism (Harrell 1996). The cut-off itself has the percentile interval of the resamples' cut-offs.

use super::cutoff::{Optimum, Rule, best, optima};
use super::levels::Levels;
use super::resample::{Resamples, percentile_interval};
use super::roc::{Direction, check};
use super::summary::mean;
use super::{Interval, StatsError};

/// Which of several equally good cut-offs is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tie {
    /// The most specific.
    #[default]
    MostSpecific,
    /// The most sensitive, as the first row of pROC's coordinates.
    MostSensitive,
    /// That in the middle; the more specific of two.
    Middle,
}

impl Tie {
    /// The threshold that is taken.
    pub fn pick(self, optimum: &Optimum) -> Option<f64> {
        self.of(&optimum.tied)
    }

    /// The one of several, the most specific first.
    fn of(self, tied: &[f64]) -> Option<f64> {
        match self {
            Tie::MostSpecific => tied.first(),
            Tie::MostSensitive => tied.last(),
            Tie::Middle => tied.get((tied.len().max(1) - 1) / 2),
        }
        .copied()
    }
}

/// A cut-off over resamples.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// Chosen on all patients.
    pub threshold: f64,
    /// Percentile interval of the cut-off.
    pub interval: Interval,
    /// Youden index on the patients it was chosen on.
    pub apparent: f64,
    /// Mean optimism of that index.
    pub optimism: f64,
    /// Cut-off, index in the resample and index on all patients, for each resample that gave one.
    pub resamples: Vec<[f64; 3]>,
}

/// Repeats a rule in resamples.
///
/// # Errors
/// Markers that are not finite, one class, a marker or resamples without a cut-off.
pub fn stability(
    values: &[f64],
    positive: &[bool],
    direction: Direction,
    rule: Rule,
    tie: Tie,
    resamples: &Resamples,
) -> Result<Stability, StatsError> {
    const WHAT: &str = "a cut-off";
    let none = || StatsError::NoVariation { what: WHAT };
    let (n_positive, n_negative) = check(values, positive)?;
    resamples.check_within(values.len())?;
    let levels = Levels::of(values, direction);
    let all = levels.counts(0..values.len(), positive);
    let chosen = best(&levels.curve(&all), rule).ok_or_else(none)?;
    let threshold = tie.pick(&chosen).ok_or_else(none)?;
    let youden =
        |[alarms, hits]: [usize; 2], m: usize, n: usize| hits as f64 / m as f64 + (n - alarms) as f64 / n as f64 - 1.0;
    let outside = |threshold: f64| youden(levels.called(&all, threshold), n_positive, n_negative);
    let one = |rows: &[usize]| -> Option<[f64; 3]> {
        let counts = levels.counts(rows.iter().copied(), positive);
        let curve = levels.curve(&counts);
        if curve.n_positive == 0 || curve.n_negative == 0 {
            return None;
        }
        let tied: Vec<f64> = optima(&curve, rule)?.iter().filter_map(|point| point.threshold).collect();
        let there = tie.of(&tied)?;
        let inside = youden(levels.called(&counts, there), curve.n_positive, curve.n_negative);
        Some([there, inside, outside(there)])
    };
    let apparent = outside(threshold);
    let resamples: Vec<[f64; 3]> = resamples.map(one).into_iter().flatten().collect();
    let column = |c: usize| resamples.iter().map(|r| r[c]).collect::<Vec<f64>>();
    let interval = percentile_interval(&column(0), super::LEVEL).ok_or_else(none)?;
    let optimism = mean(&resamples.iter().map(|r| r[1] - r[2]).collect::<Vec<_>>());
    Ok(Stability { threshold, interval, apparent, optimism, resamples })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::resample::Scheme;

    #[test]
    fn a_cutoff_of_overlapping_groups_is_optimistic_and_moves() {
        let y: Vec<bool> = (0..50).map(|i| i % 3 == 0).collect();
        let x: Vec<f64> = (0..50).map(|i| f64::from(i * 17 % 41) + if y[i as usize] { 8.0 } else { 0.0 }).collect();
        let resamples = Resamples::draw(Scheme::Stratified, &y, 300, 2);
        let s = stability(&x, &y, Direction::Higher, Rule::Youden, Tie::default(), &resamples).unwrap();
        assert!(s.optimism > 0.0 && s.interval.low < s.interval.high && s.resamples.len() == 300);
        assert!(s.interval.low <= s.threshold && s.threshold <= s.interval.high);
    }

    #[test]
    fn the_same_rows_again_have_no_optimism() {
        let y = [true, true, false, false];
        let same = Resamples::given(vec![vec![0, 1, 2, 3]; 3], 4).unwrap();
        let s = stability(&[4.0, 2.0, 3.0, 1.0], &y, Direction::Higher, Rule::Youden, Tie::Middle, &same).unwrap();
        assert_eq!((s.optimism, s.interval.low), (0.0, s.threshold));
        assert!(stability(&[1.0; 4], &y, Direction::Higher, Rule::Youden, Tie::Middle, &same).is_err());
    }
}
