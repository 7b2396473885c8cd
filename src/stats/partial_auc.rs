//! Area under a part of the ROC curve, raw and rescaled by McClish, and the curve read at one specificity or sensitivity.
//!
//! McClish 1989 (doi:10.1177/0272989X8900900307): `(1 + (A - min) / (max - min)) / 2`, where min is the area under the
//! diagonal and max that under a perfect curve, so that no information is 0.5 and perfection 1. The curve is read by
//! straight lines between its points.

use super::StatsError;
use super::roc::Curve;

/// Which axis the part is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// Sensitivity over a range of specificity.
    Specificity,
    /// Specificity over a range of sensitivity.
    Sensitivity,
}

/// A partial area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartialArea {
    /// Area within the range.
    pub area: f64,
    /// Rescaled by McClish: 0.5 for the diagonal, 1 for a perfect curve, below 0.5 where the curve lies under the diagonal.
    pub corrected: f64,
}

/// Points as (focus, other), both falling from or rising to 1, in the order of rising focus.
fn points(curve: &Curve, focus: Focus) -> Vec<(f64, f64)> {
    let (tpr, fpr) = (curve.tpr(), curve.fpr());
    let pair = |i: usize| match focus {
        Focus::Specificity => (1.0 - fpr[i], tpr[i]),
        Focus::Sensitivity => (tpr[i], 1.0 - fpr[i]),
    };
    let order: Box<dyn Iterator<Item = usize>> = match focus {
        Focus::Specificity => Box::new((0..tpr.len()).rev()),
        Focus::Sensitivity => Box::new(0..tpr.len()),
    };
    order.map(pair).collect()
}

/// Area over `low..=high` of the focus.
///
/// # Errors
/// A range that is not within 0..=1 or is empty.
pub fn partial_area(curve: &Curve, focus: Focus, low: f64, high: f64) -> Result<PartialArea, StatsError> {
    let outside = |value: f64| StatsError::OutOfRange {
        what: "an end of the range of a partial area",
        value,
        allowed: "0 to 1, the lower end first",
    };
    if !(0.0..1.0).contains(&low) {
        return Err(outside(low));
    }
    if !(high > low && high <= 1.0) {
        return Err(outside(high));
    }
    let points = points(curve, focus);
    let mut area = 0.0;
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let (from, to) = (x0.max(low), x1.min(high));
        if to > from {
            let at = |x: f64| y0 + (y1 - y0) * (x - x0) / (x1 - x0);
            area += (to - from) * (at(from) + at(to)) / 2.0;
        }
    }
    let width = high - low;
    let least = width * (2.0 - low - high) / 2.0;
    Ok(PartialArea { area, corrected: (1.0 + (area - least) / (width - least)) / 2.0 })
}

/// The other of sensitivity and specificity where the focus has a value; of several points the best.
///
/// # Errors
/// A value outside 0..=1.
pub fn read_at(curve: &Curve, focus: Focus, value: f64) -> Result<f64, StatsError> {
    if !(0.0..=1.0).contains(&value) {
        return Err(StatsError::OutOfRange { what: "a point of the curve", value, allowed: "0 to 1" });
    }
    let points = points(curve, focus);
    let exact = points.iter().filter(|p| (p.0 - value).abs() < 1e-12).map(|p| p.1);
    if let Some(best) = exact.reduce(f64::max) {
        return Ok(best);
    }
    let between = points.windows(2).find(|pair| pair[0].0 < value && value < pair[1].0);
    let Some([(x0, y0), (x1, y1)]) = between else { return Ok(f64::NAN) };
    Ok(y0 + (y1 - y0) * (value - x0) / (x1 - x0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::roc::{Direction, curve};

    const OUTCOME: [bool; 6] = [true, true, true, false, false, false];

    #[test]
    fn the_whole_range_is_the_whole_area() {
        let c = curve(&[3.0, 2.0, 1.0, 2.0, 1.0, 0.0], &OUTCOME, Direction::Higher).unwrap();
        for focus in [Focus::Specificity, Focus::Sensitivity] {
            let part = partial_area(&c, focus, 0.0, 1.0).unwrap();
            assert!((part.area - c.auc()).abs() < 1e-14);
            // (1 + (A - 1/2) / (1/2)) / 2 = A
            assert!((part.corrected - c.auc()).abs() < 1e-14);
        }
    }

    #[test]
    fn a_perfect_curve_is_one_and_a_useless_one_a_half() {
        let perfect = curve(&[6.0, 5.0, 4.0, 3.0, 2.0, 1.0], &OUTCOME, Direction::Higher).unwrap();
        let part = partial_area(&perfect, Focus::Specificity, 0.8, 1.0).unwrap();
        assert!((part.area - 0.2).abs() < 1e-15 && (part.corrected - 1.0).abs() < 1e-14);
        let useless = curve(&[1.0; 6], &OUTCOME, Direction::Higher).unwrap();
        let part = partial_area(&useless, Focus::Sensitivity, 0.8, 1.0).unwrap();
        assert!((part.area - 0.02).abs() < 1e-15 && (part.corrected - 0.5).abs() < 1e-12);
        assert!((read_at(&useless, Focus::Specificity, 0.9).unwrap() - 0.1).abs() < 1e-14);
        let reversed = partial_area(&perfect, Focus::Specificity, 0.9, 0.8);
        assert!(reversed.is_err() && read_at(&perfect, Focus::Sensitivity, 1.5).is_err());
    }

    #[test]
    fn below_the_diagonal_less_than_a_half_is_left() {
        let wrong = curve(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &OUTCOME, Direction::Higher).unwrap();
        let part = partial_area(&wrong, Focus::Specificity, 0.8, 1.0).unwrap();
        // nothing of 0.2, where the diagonal has 0.02: (1 - 0.02 / 0.18) / 2
        assert!((part.corrected - 4.0 / 9.0).abs() < 1e-14 && part.area == 0.0);
    }
}
