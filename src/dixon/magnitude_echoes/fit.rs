//! Fat fraction, total signal and R2* of one voxel from the magnitudes of its echoes: every answer that fits.
//!
//! The signal without noise is `A_n = S exp(-R2* t_n) |1 - p + p a_n|`, p the fat fraction, a_n the phasor of fat, and what
//! is measured on average is close to `sqrt(A_n^2 + sigma^2)` (Gudbjartsson 1995, doi:10.1002/mrm.1910340618), which is
//! what is fitted (Levenberg-Marquardt). The squared residual has a minimum where water dominates and mostly a second one
//! where fat does (Triay Bagur 2019, doi:10.1002/mrm.27728); both are sought, from the best starts on either side.

use crate::dixon::FatModel;

/// Range of R2*, 1/s; as for complex echoes it reaches below zero.
const R2STAR_RANGE: [f64; 2] = [-50.0, 1000.0];
/// Fat fractions from which a start is chosen: first, step, number.
const STARTS: (f64, f64, usize) = (-0.05, 0.05, 23);
/// Two answers closer than this are one.
const SAME: f64 = 0.02;
/// Steps at most, and the step of the fat fraction that ends the search.
const MAX_STEPS: usize = 40;
const CONVERGED: f64 = 1e-8;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// Fat fraction, not clipped.
    pub fraction: f64,
    /// Water and fat together at t = 0, signal units.
    pub total: f64,
    /// R2*, 1/s.
    pub r2star: f64,
    /// Squared residual, signal squared.
    pub residual: f64,
    /// Variance of the fat fraction for a noise variance of 1.
    pub variance: f64,
}

/// The magnitudes at the echo times.
#[derive(Debug, Clone)]
pub struct MagnitudeModel {
    times_s: Vec<f64>,
    /// `|1 - p + p a|^2 = 1 + 2 p b + p^2 c` at each echo.
    squared: Vec<[f64; 2]>,
    /// Logarithm of `|1 - p + p a|` at each start and echo.
    log_shape: Vec<Vec<f64>>,
    given_r2star: Option<f64>,
    variance: f64,
}

/// Parameters on the way: fat fraction, logarithm of the total, R2*.
type Place = [f64; 3];

impl MagnitudeModel {
    /// At echo times (ms) and field strength (T), with R2* (1/s) where it is given.
    pub fn new(fat_model: &FatModel, echo_times_ms: &[f64], field_t: f64, given_r2star: Option<f64>) -> Self {
        let squared: Vec<[f64; 2]> = echo_times_ms.iter().map(|&ms| fat_model.squared_shape(ms, field_t)).collect();
        let (first, step, n) = STARTS;
        // a signal that vanishes is never measured as nothing
        let log_shape = |k: usize| -> Vec<f64> {
            let fraction = first + step * k as f64;
            squared.iter().map(|&of_echo| 0.5 * shape(of_echo, fraction).max(1e-3).ln()).collect()
        };
        MagnitudeModel {
            times_s: echo_times_ms.iter().map(|ms| 1e-3 * ms).collect(),
            log_shape: (0..n).map(log_shape).collect(),
            squared,
            given_r2star,
            variance: 0.0,
        }
    }

    /// The same with a noise variance (of a real or imaginary part).
    pub fn with_noise(self, variance: f64) -> Self {
        MagnitudeModel { variance, ..self }
    }

    /// Free parameters.
    pub fn n_parameters(&self) -> usize {
        if self.given_r2star.is_some() { 2 } else { 3 }
    }

    /// The answers, best first; none where a magnitude is no number or all are zero.
    pub fn answers(&self, magnitudes: &[f32]) -> [Option<Answer>; 2] {
        let mut answers = self.starts(magnitudes).map(|start| start.and_then(|start| self.fit(magnitudes, start)));
        let lower = |a: &Option<Answer>, b: &Option<Answer>| match (a, b) {
            (Some(a), Some(b)) => b.residual < a.residual,
            (a, b) => a.is_none() && b.is_some(),
        };
        if lower(&answers[0], &answers[1]) {
            answers.swap(0, 1);
        }
        if let [Some(a), Some(b)] = answers
            && (a.fraction - b.fraction).abs() < SAME
        {
            answers[1] = None;
        }
        answers
    }

    /// The two best starts: local minima, over the fat fraction, of a log-linear fit of the total and R2*.
    fn starts(&self, magnitudes: &[f32]) -> [Option<Place>; 2] {
        let (mut w0, mut w1, mut w2) = (0.0, 0.0, 0.0);
        let mut logs = [0.0; super::MAX_ECHOES];
        for ((log, &m), &t) in logs.iter_mut().zip(magnitudes).zip(&self.times_s) {
            let m = f64::from(m);
            if !m.is_finite() {
                return [None; 2];
            }
            *log = m.max(1e-30).ln();
            (w0, w1, w2) = (w0 + m * m, w1 + m * m * t, w2 + m * m * t * t);
        }
        if w0 <= 0.0 {
            return [None; 2];
        }
        let determinant = (w0 * w2 - w1 * w1).max(1e-12 * w0 * w2);
        let mut best: [Option<(f64, Place)>; 2] = [None; 2];
        let mut before: [Option<(f64, Place)>; 2] = [None; 2];
        for k in 0..=self.log_shape.len() {
            let here = self.log_shape.get(k).map(|shape| {
                let (mut y0, mut y1, mut y2) = (0.0, 0.0, 0.0);
                for (((&log, &m), &t), &s) in logs.iter().zip(magnitudes).zip(&self.times_s).zip(shape) {
                    let (w, y) = (f64::from(m).powi(2), log - s);
                    (y0, y1, y2) = (y0 + w * y, y1 + w * y * t, y2 + w * y * y);
                }
                let free = (w1 * y0 - w0 * y1) / determinant;
                let r2star = self.given_r2star.unwrap_or(free.clamp(0.0, 400.0));
                let log_total = (y0 + r2star * w1) / w0;
                let cost = y2 - 2.0 * log_total * y0 + 2.0 * r2star * y1 + log_total * log_total * w0
                    - 2.0 * log_total * r2star * w1
                    + r2star * r2star * w2;
                (cost, [STARTS.0 + STARTS.1 * k as f64, log_total, r2star])
            });
            // the one before is a minimum if neither neighbour is lower
            if let Some((cost, place)) = before[1]
                && before[0].is_none_or(|(other, _)| cost <= other)
                && here.is_none_or(|(other, _)| cost < other)
            {
                if best[0].is_none_or(|(least, _)| cost < least) {
                    best = [Some((cost, place)), best[0]];
                } else if best[1].is_none_or(|(least, _)| cost < least) {
                    best[1] = Some((cost, place));
                }
            }
            before = [before[1], here];
        }
        best.map(|found| found.map(|(_, place)| place))
    }

    /// Levenberg-Marquardt from one start.
    fn fit(&self, magnitudes: &[f32], start: Place) -> Option<Answer> {
        let mut place = start;
        let (mut normal, mut gradient, mut residual) = self.linearised(magnitudes, place);
        let mut damping = 1e-3;
        for _ in 0..MAX_STEPS {
            let mut damped = normal;
            for (k, row) in damped.iter_mut().enumerate() {
                row[k] *= 1.0 + damping;
            }
            let Some(step) = solve(&damped, gradient) else {
                damping *= 10.0;
                continue;
            };
            let mut next = [place[0] + step[0], place[1] + step[1], place[2] + step[2]];
            next[0] = next[0].clamp(-0.5, 1.5);
            next[2] = next[2].clamp(R2STAR_RANGE[0], R2STAR_RANGE[1]);
            let there = self.linearised(magnitudes, next);
            if there.2 <= residual {
                let moved = (next[0] - place[0]).abs().max(1e-3 * (next[2] - place[2]).abs());
                place = next;
                (normal, gradient, residual) = there;
                damping *= 0.1;
                if moved < CONVERGED {
                    break;
                }
            } else {
                damping = (damping * 10.0).max(1e-6);
                if damping > 1e8 {
                    break;
                }
            }
        }
        let [fraction, log_total, r2star] = place;
        let unit = solve(&normal, [1.0, 0.0, 0.0]).map_or(f64::NAN, |column| column[0]);
        let variance = if unit > 0.0 { unit } else { f64::NAN };
        Some(Answer { fraction, total: log_total.exp(), r2star, residual, variance })
    }

    /// Normal matrix, gradient and squared residual at a place. A given R2* has a row of its own that leaves it alone.
    fn linearised(&self, magnitudes: &[f32], [p, log_total, r2star]: Place) -> ([[f64; 3]; 3], [f64; 3], f64) {
        let (mut normal, mut gradient, mut residual) = ([[0.0; 3]; 3], [0.0; 3], 0.0);
        let total_squared = (2.0 * log_total).exp();
        for ((&m, &t), &[b, c]) in magnitudes.iter().zip(&self.times_s).zip(&self.squared) {
            let weight = total_squared * (-2.0 * r2star * t).exp();
            let squared = weight * shape([b, c], p).max(0.0);
            let expected = (squared + self.variance).sqrt().max(f64::MIN_POSITIVE.sqrt());
            let off = f64::from(m) - expected;
            let by = [weight * (b + p * c) / expected, squared / expected, -t * squared / expected];
            residual += off * off;
            for j in 0..3 {
                gradient[j] += by[j] * off;
                for k in 0..=j {
                    normal[j][k] += by[j] * by[k];
                }
            }
        }
        if self.given_r2star.is_some() {
            (normal[2], gradient[2]) = ([0.0, 0.0, 1.0], 0.0);
        }
        (normal, gradient, residual)
    }
}

/// `|1 - p + p a|^2`.
fn shape([b, c]: [f64; 2], p: f64) -> f64 {
    1.0 + p * (2.0 * b + p * c)
}

/// Solves by Cholesky, from the lower triangle; `None` where the matrix is not positive definite.
fn solve(lower: &[[f64; 3]; 3], right: [f64; 3]) -> Option<[f64; 3]> {
    let mut l = [[0.0; 3]; 3];
    for j in 0..3 {
        for k in 0..=j {
            let rest = lower[j][k] - (0..k).map(|i| l[j][i] * l[k][i]).sum::<f64>();
            if j != k {
                l[j][k] = rest / l[k][k];
            } else if rest > 1e-14 * lower[j][j] && rest > 0.0 {
                l[j][j] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    let mut x = right;
    for j in 0..3 {
        x[j] = (x[j] - (0..j).map(|i| l[j][i] * x[i]).sum::<f64>()) / l[j][j];
    }
    for j in (0..3).rev() {
        x[j] = (x[j] - (j + 1..3).map(|i| l[i][j] * x[i]).sum::<f64>()) / l[j][j];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: [f64; 6] = [1.2, 2.2, 3.2, 4.2, 5.2, 6.2];

    fn magnitudes(model: &FatModel, [p, r2star]: [f64; 2], variance: f64) -> Vec<f32> {
        let echo = |&ms: &f64| {
            let a = shape(model.squared_shape(ms, 3.0), p) * (200.0 * (-r2star * ms * 1e-3).exp()).powi(2);
            (a + variance).sqrt() as f32
        };
        TIMES.iter().map(echo).collect()
    }

    #[test]
    fn an_analytic_signal_is_among_the_answers_with_and_without_a_noise_floor() {
        let model = FatModel::named("hernando-6").unwrap();
        for variance in [0.0, 25.0] {
            let fit = MagnitudeModel::new(&model, &TIMES, 3.0, None).with_noise(variance);
            for percent in [0.0, 2.0, 10.0, 30.0, 45.0, 50.0, 60.0, 80.0, 100.0] {
                for r2star in [10.0, 60.0, 180.0] {
                    let answers = fit.answers(&magnitudes(&model, [percent / 100.0, r2star], variance));
                    let best = answers[0].unwrap();
                    assert!((100.0 * best.fraction - percent).abs() < 5e-3, "{percent} {r2star} {answers:?}");
                    assert!((best.r2star - r2star).abs() < 1e-2 && (best.total - 200.0).abs() < 0.01);
                }
            }
        }
    }

    #[test]
    fn a_given_r2star_stays() {
        let model = FatModel::default();
        let fit = MagnitudeModel::new(&model, &TIMES, 3.0, Some(60.0));
        let answer = fit.answers(&magnitudes(&model, [0.3, 60.0], 0.0))[0].unwrap();
        assert!((answer.fraction - 0.3).abs() < 1e-5 && answer.r2star == 60.0, "{answer:?}");
    }

    #[test]
    fn nothing_comes_of_no_signal() {
        let fit = MagnitudeModel::new(&FatModel::default(), &TIMES, 3.0, None);
        assert_eq!(fit.answers(&[0.0; 6]), [None, None]);
        assert_eq!(fit.answers(&[1.0, 2.0, f32::NAN, 1.0, 1.0, 1.0]), [None, None]);
    }
}
