//! Distinct values of a marker, the most positive first, so that a resample is counted instead of sorted.

use super::roc::{Curve, Direction, Point};

/// Patients of the negative and of the positive class at each level.
pub(super) type Counts = Vec<[u32; 2]>;

/// The values of a marker in the order in which patients are called positive.
#[derive(Debug, Clone)]
pub(super) struct Levels {
    direction: Direction,
    /// Distinct values, the most positive first.
    values: Vec<f64>,
    /// Level of each row.
    of_row: Vec<usize>,
}

impl Levels {
    /// Of finite values.
    pub(super) fn of(values: &[f64], direction: Direction) -> Levels {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| direction.orient(values[b]).total_cmp(&direction.orient(values[a])));
        let mut levels = Levels { direction, values: Vec::new(), of_row: vec![0; values.len()] };
        for &row in &order {
            if levels.values.last() != Some(&values[row]) {
                levels.values.push(values[row]);
            }
            levels.of_row[row] = levels.values.len() - 1;
        }
        levels
    }

    /// Level of each row, 0 the most positive.
    pub(super) fn of_rows(&self) -> &[usize] {
        &self.of_row
    }

    /// Counts rows, each as often as it comes.
    pub(super) fn counts(&self, rows: impl Iterator<Item = usize>, positive: &[bool]) -> Counts {
        let mut counts = vec![[0; 2]; self.values.len()];
        for row in rows {
            counts[self.of_row[row]][usize::from(positive[row])] += 1;
        }
        counts
    }

    /// The curve of counted rows; thresholds lie between values that are there.
    pub(super) fn curve(&self, counts: &[[u32; 2]]) -> Curve {
        let mut points = vec![Point { threshold: None, true_positives: 0, false_positives: 0 }];
        let (mut hits, mut alarms, mut twice_u, mut tied_pairs) = (0usize, 0usize, 0u64, 0u64);
        for (&value, &[q, p]) in self.values.iter().zip(counts).filter(|&(_, &count)| count != [0, 0]) {
            let last = points.len() - 1;
            if last > 0 {
                points[last].threshold = points[last].threshold.map(|inside| between(inside, value));
            }
            twice_u += u64::from(q) * (2 * hits as u64 + u64::from(p));
            tied_pairs += u64::from(p) * u64::from(q);
            hits += p as usize;
            alarms += q as usize;
            points.push(Point { threshold: Some(value), true_positives: hits, false_positives: alarms });
        }
        if let Some(last) = points.last_mut() {
            last.threshold = None;
        }
        Curve { direction: self.direction, n_positive: hits, n_negative: alarms, points, twice_u, tied_pairs }
    }

    /// Negative and positive patients that a threshold calls positive.
    pub(super) fn called(&self, counts: &[[u32; 2]], threshold: f64) -> [usize; 2] {
        let inside = self.values.partition_point(|&value| self.direction.calls_positive(value, threshold));
        counts[..inside].iter().fold([0; 2], |[q, p], &[more_q, more_p]| [q + more_q as usize, p + more_p as usize])
    }
}

/// A threshold between two neighbouring values; `inside` itself is called positive, `outside` is not.
fn between(inside: f64, outside: f64) -> f64 {
    let middle = inside / 2.0 + outside / 2.0;
    // neighbouring floats have no number between them
    if middle == outside { inside } else { middle }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{cutoff, roc};

    #[test]
    fn the_curve_of_counted_rows_is_that_of_their_values() {
        let y: Vec<bool> = (0..30).map(|i| i % 3 == 0).collect();
        let x: Vec<f64> = (0..30).map(|i| f64::from(i * 7 % 11) - 4.0).collect();
        let rows: Vec<usize> = (0..30).map(|i| (i * i + i) % 30).collect();
        let (v, p): (Vec<f64>, Vec<bool>) = rows.iter().map(|&i| (x[i], y[i])).unzip();
        for direction in [Direction::Higher, Direction::Lower] {
            let levels = Levels::of(&x, direction);
            let counts = levels.counts(rows.iter().copied(), &y);
            assert_eq!(levels.curve(&counts), roc::curve(&v, &p, direction).unwrap());
            assert_eq!(levels.curve(&counts).auc(), roc::auc(&v, &p, direction).unwrap());
            for threshold in [-10.0, -1.0, -0.5, 3.0, 10.0] {
                let at = cutoff::at(&v, &p, direction, threshold).unwrap();
                let [alarms, hits] = levels.called(&counts, threshold);
                assert_eq!([at.specificity.n - at.specificity.k, at.sensitivity.k], [alarms as u64, hits as u64]);
            }
        }
    }

    #[test]
    fn neighbouring_numbers_have_a_threshold_on_the_positive_side() {
        let next = f64::from_bits(1.0f64.to_bits() + 1);
        let of = |direction| Levels::of(&[1.0, next], direction).curve(&[[1, 0], [0, 1]]).points[1].threshold;
        assert_eq!((of(Direction::Higher), of(Direction::Lower)), (Some(next), Some(1.0)));
    }
}
