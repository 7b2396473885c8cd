//! Band around an empirical ROC curve: percentile interval of the sensitivity at each false-positive rate, over resamples.
//!
//! Pointwise, as pROC's `ci.se`: each rate for itself, not the curve as a whole. A resample's sensitivity at a rate is the
//! highest of its curve there, tied values being a slanted line. Limits: as the percentile interval of the area, the band is
//! narrow where the curve nears 1.

use super::levels::{Counts, Levels};
use super::resample::{Resamples, percentile_interval};
use super::roc::{Direction, check};
use super::{Interval, StatsError};

/// False-positive rates at which the band is given: 0, 0.02 ... 1.
const STEPS: usize = 50;
/// Rows over all resamples up to which a band is made; beyond, the classes are so large that it is a line.
const MOST_ROWS: usize = 20_000_000;

/// The band at one false-positive rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandPoint {
    /// False-positive rate.
    pub fpr: f64,
    /// Interval of the sensitivity.
    pub sensitivity: Interval,
}

/// The band of a marker; empty where resamples leave a class without patients, or there are too many rows.
///
/// # Errors
/// Values that are not finite, one class, a resample with rows outside.
pub fn band(
    values: &[f64],
    positive: &[bool],
    direction: Direction,
    resamples: &Resamples,
    level: f64,
) -> Result<Vec<BandPoint>, StatsError> {
    check(values, positive)?;
    resamples.check_within(values.len())?;
    if resamples.n_rows() > MOST_ROWS {
        return Ok(Vec::new());
    }
    let levels = Levels::of(values, direction);
    let of = |rows: &[usize]| sensitivities(levels.counts(rows.iter().copied(), positive));
    let curves: Vec<Vec<f64>> = resamples.map(of).into_iter().flatten().collect();
    let at = |step: usize| {
        let found: Vec<f64> = curves.iter().map(|curve| curve[step]).collect();
        Some(BandPoint { fpr: step as f64 / STEPS as f64, sensitivity: percentile_interval(&found, level)? })
    };
    Ok((0..=STEPS).filter_map(at).collect())
}

/// Sensitivity of one resample at each rate; none where it lacks a class.
fn sensitivities(counts: Counts) -> Option<Vec<f64>> {
    let total = |class: usize| counts.iter().map(|count| count[class] as usize).sum::<usize>() as f64;
    let [n, m] = [total(0), total(1)];
    if n == 0.0 || m == 0.0 {
        return None;
    }
    let mut found = Vec::with_capacity(STEPS + 1);
    let (mut x, mut y) = (0.0, 0.0); // patients called positive so far, by class
    for [alarms, hits] in counts.into_iter().map(|count| count.map(f64::from)) {
        // rates that this group passes; one at its end waits for what follows straight upwards
        while found.len() <= STEPS {
            let wanted = found.len() as f64 / STEPS as f64 * n;
            if wanted >= x + alarms - 1e-9 {
                break;
            }
            found.push((y + hits * (wanted - x) / alarms) / m);
        }
        (x, y) = (x + alarms, y + hits);
    }
    found.resize(STEPS + 1, 1.0);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::resample::Scheme;

    const Y: [bool; 8] = [true, true, true, true, false, false, false, false];

    #[test]
    fn the_same_rows_again_give_the_curve_itself() {
        // points (0, 0.5), (0.25, 0.5), then a tie to (0.75, 1)
        let x = [9.0, 8.0, 5.0, 5.0, 7.0, 5.0, 5.0, 1.0];
        let same = Resamples::given(vec![(0..8).collect(); 5], 8).unwrap();
        let found = band(&x, &Y, Direction::Higher, &same, 0.95).unwrap();
        assert_eq!(found.len(), 51);
        let at = |fpr: f64| found.iter().find(|p| (p.fpr - fpr).abs() < 1e-9).unwrap().sensitivity;
        for (fpr, sensitivity) in [(0.0, 0.5), (0.2, 0.5), (0.5, 0.75), (0.74, 0.99), (0.76, 1.0), (1.0, 1.0)] {
            assert!((at(fpr).low - sensitivity).abs() < 1e-9 && at(fpr).low == at(fpr).high, "{fpr}: {:?}", at(fpr));
        }
        let turned: Vec<f64> = x.iter().map(|v| -v).collect();
        assert_eq!(band(&turned, &Y, Direction::Lower, &same, 0.95).unwrap(), found);
    }

    #[test]
    fn the_band_holds_the_curve_and_narrows_with_the_patients() {
        let of = |n: usize| {
            let y: Vec<bool> = (0..n).map(|i| i % 3 == 0).collect();
            let x: Vec<f64> = (0..n).map(|i| ((i * 37) % 101) as f64 + if y[i] { 30.0 } else { 0.0 }).collect();
            let resamples = Resamples::draw(Scheme::Stratified, &y, 400, 4);
            band(&x, &y, Direction::Higher, &resamples, 0.95).unwrap()
        };
        let width = |band: &[BandPoint]| band.iter().map(|p| p.sensitivity.high - p.sensitivity.low).sum::<f64>();
        let (few, many) = (of(45), of(900));
        assert!(few.iter().all(|p| p.sensitivity.low <= p.sensitivity.high && p.sensitivity.high <= 1.0));
        assert!(width(&many) < 0.4 * width(&few), "{} {}", width(&many), width(&few));
        let lost = Resamples::given(vec![vec![0, 1, 2, 3]], 8).unwrap();
        assert!(band(&[1.0; 8], &Y, Direction::Higher, &lost, 0.95).unwrap().is_empty());
    }
}
