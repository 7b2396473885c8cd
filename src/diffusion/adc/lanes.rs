//! The iterated fit of several voxels at once, so that the compiler can vectorise it and divisions overlap.

use super::logarithm::exp;
use super::weighted::{Decay, ITERATIONS, RESTS};

/// Voxels that are fitted together.
pub(super) const LANES: usize = 8;
/// One number of each.
pub(super) type Lane = [f64; LANES];

/// As [`super::weighted::iterative`]: weights S^2 first, then those of the fitted signal until ADC rests. `signal` and `ln`
/// by volume. A voxel's result does not depend on its companions.
pub(super) fn iterative(b: &[f64], signal: &[Lane], ln: &[Lane]) -> [Decay; LANES] {
    let mut brightest = [f64::MIN_POSITIVE; LANES];
    for signal in signal {
        brightest.iter_mut().zip(signal).for_each(|(most, &s)| *most = most.max(s));
    }
    let (mut adc, mut ln_s0) =
        least_squares(b, ln, |volume| std::array::from_fn(|n| (signal[volume][n] / brightest[n]).powi(2)));
    let lowest = b.iter().copied().fold(f64::INFINITY, f64::min);
    let mut moves = [true; LANES];
    for _ in 0..ITERATIONS {
        let (next, next_ln_s0) = least_squares(b, ln, |volume| adc.map(|adc| exp(-2.0 * (b[volume] - lowest) * adc)));
        for n in 0..LANES {
            if moves[n] {
                moves[n] = (next[n] - adc[n]).abs() >= RESTS;
                (adc[n], ln_s0[n]) = (next[n], next_ln_s0[n]);
            }
        }
        if !moves.contains(&true) {
            break;
        }
    }
    std::array::from_fn(|n| Decay { adc: adc[n], ln_s0: ln_s0[n] })
}

/// Weighted least squares on ln S: ADC (mm2/s) and ln S0.
#[inline]
fn least_squares(b: &[f64], ln: &[Lane], weights: impl Fn(usize) -> Lane) -> (Lane, Lane) {
    let [mut w0, mut w1, mut w2, mut y0, mut y1] = [[0.0; LANES]; 5];
    for (volume, (&b, ln)) in b.iter().zip(ln).enumerate() {
        let weights = weights(volume);
        for n in 0..LANES {
            let w = weights[n];
            w0[n] += w;
            w1[n] += w * b;
            w2[n] += w * b * b;
            y0[n] += w * ln[n];
            y1[n] += w * b * ln[n];
        }
    }
    let adc: Lane = std::array::from_fn(|n| (w1[n] * y0[n] - w0[n] * y1[n]) / (w0[n] * w2[n] - w1[n] * w1[n]));
    let ln_s0 = std::array::from_fn(|n| (y0[n] + adc[n] * w1[n]) / w0[n]);
    (adc, ln_s0)
}

#[cfg(test)]
mod tests {
    use super::super::weighted::{self, Voxel};
    use super::*;

    #[test]
    fn together_is_as_one_by_one() {
        let b = [50.0, 400.0, 900.0];
        // from a clean decay to noise, and one that rises
        let signals: [[f64; 3]; LANES] = [
            [400.0, 300.0, 200.0],
            [400.0, 280.0, 210.0],
            [100.0, 20.0, 30.0],
            [50.0, 60.0, 70.0],
            [900.0, 890.0, 880.0],
            [9000.0, 300.0, 10.0],
            [1e-9, 0.8e-9, 0.5e-9],
            [30.0, 31.0, 5.0],
        ];
        let column = |v: usize| -> Lane { std::array::from_fn(|n| signals[n][v]) };
        let signal = [0, 1, 2].map(column);
        let together = iterative(&b, &signal, &signal.map(|column| column.map(f64::ln)));
        for (one, signal) in together.iter().zip(&signals) {
            let ln = signal.map(f64::ln);
            let alone = weighted::iterative(&Voxel { b: &b, signal, ln: &ln }, &mut [0.0; 3], &mut [0.0; 3]);
            assert!((one.adc - alone.adc).abs() < 1e-11 && (one.ln_s0 - alone.ln_s0).abs() < 1e-7, "{one:?} {alone:?}");
        }
    }
}
