//! How much a call changes the odds of being positive: likelihood ratios and the diagnostic odds ratio of a cut-off.
//!
//! Intervals on the log scale (Simel 1991, doi:10.1016/0895-4356(91)90128-V; Woolf 1955). A ratio with an empty cell is 0
//! or infinite and has no such interval; nothing is added to the counts.

use super::distributions::normal_half_width;
use super::{Interval, LEVEL};

/// A ratio, infinite where its denominator is 0, with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The ratio; NaN where it is 0 / 0.
    pub value: f64,
    /// Interval; none where a count is 0.
    pub interval: Option<Interval>,
}

/// The three ratios of a two-by-two table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratios {
    /// Sensitivity over 1 - specificity.
    pub positive: Ratio,
    /// 1 - sensitivity over specificity.
    pub negative: Ratio,
    /// Odds ratio of the table.
    pub odds: Ratio,
}

impl Ratios {
    /// From the counts of patients called positive in either class.
    pub(crate) fn of(hits: usize, positives: usize, alarms: usize, negatives: usize) -> Ratios {
        let (tp, n1, fp, n0) = (hits as f64, positives as f64, alarms as f64, negatives as f64);
        let (missed, rejected) = (n1 - tp, n0 - fp);
        Ratios {
            positive: ratio(tp / n1 / (fp / n0), 1.0 / tp - 1.0 / n1 + 1.0 / fp - 1.0 / n0),
            negative: ratio(missed / n1 / (rejected / n0), 1.0 / missed - 1.0 / n1 + 1.0 / rejected - 1.0 / n0),
            odds: ratio(tp * rejected / (fp * missed), 1.0 / tp + 1.0 / fp + 1.0 / missed + 1.0 / rejected),
        }
    }
}

fn ratio(value: f64, variance: f64) -> Ratio {
    let interval = (value > 0.0 && value.is_finite() && variance.is_finite()).then(|| {
        let half = normal_half_width(LEVEL) * variance.max(0.0).sqrt();
        Interval { low: value * (-half).exp(), high: value * half.exp() }
    });
    Ratio { value, interval }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odds_ratio_is_the_quotient_of_both() {
        let r = Ratios::of(12, 15, 7, 35);
        assert!((r.positive.value - 4.0).abs() < 1e-14 && (r.negative.value - 0.25).abs() < 1e-14);
        assert!((r.odds.value - 16.0).abs() < 1e-13);
        let ci = r.odds.interval.unwrap();
        assert!((ci.low * ci.high - 256.0).abs() < 1e-9);
    }

    #[test]
    fn without_false_alarms_the_ratio_has_no_end() {
        let r = Ratios::of(12, 15, 0, 35);
        assert_eq!((r.positive.value, r.positive.interval), (f64::INFINITY, None));
        assert_eq!(r.odds.interval, None);
    }
}
