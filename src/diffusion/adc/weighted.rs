//! Fits of one voxel that weigh its volumes, in double precision.
//!
//! Weighted   least squares on ln S with weights S^2, the inverse variance of ln S under equal noise
//! Iterative  the same with the weights of the fitted signal, repeated until ADC rests
//! Nonlinear  least squares on S itself: Levenberg-Marquardt from the iterated fit (agrees with it to a few um2/s)
//!
//! All of them trust the low b-values most, where the signal is high: where perfusion matters, that moves ADC up. They
//! are better than plain least squares only where the signal comes near the noise.

use super::logarithm::exp;

/// Iterations after which a fit that still moves is taken as it is.
pub(super) const ITERATIONS: usize = 40;
/// A step of ADC below which the iterated fit rests, mm2/s.
pub(super) const RESTS: f64 = 2e-9;
/// A step of ADC below which the nonlinear fit rests, mm2/s.
const REST: f64 = 1e-10;

/// One voxel: the b-values (s/mm2), signals and logarithms of the volumes that count for it.
pub(super) struct Voxel<'a> {
    pub b: &'a [f64],
    pub signal: &'a [f64],
    pub ln: &'a [f64],
}

/// A fitted decay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decay {
    /// ADC, mm2/s.
    pub adc: f64,
    /// ln S0.
    pub ln_s0: f64,
}

/// Weighted least squares on ln S. Leaves in `share` what each volume's logarithm adds to ADC.
pub(super) fn least_squares(voxel: &Voxel<'_>, weights: &[f64], share: &mut [f64]) -> Decay {
    let (mut sum, mut mean_b, mut mean_ln) = (0.0, 0.0, 0.0);
    for ((w, b), ln) in weights.iter().zip(voxel.b).zip(voxel.ln) {
        sum += w;
        mean_b += w * b;
        mean_ln += w * ln;
    }
    mean_b /= sum;
    mean_ln /= sum;
    let spread: f64 = weights.iter().zip(voxel.b).map(|(w, b)| w * (b - mean_b).powi(2)).sum();
    let mut adc = 0.0;
    for (((share, w), b), ln) in share.iter_mut().zip(weights).zip(voxel.b).zip(voxel.ln) {
        *share = -w * (b - mean_b) / spread;
        adc += *share * ln;
    }
    Decay { adc, ln_s0: mean_ln + adc * mean_b }
}

/// Weights S^2.
pub(super) fn weighted(voxel: &Voxel<'_>, weights: &mut [f64], share: &mut [f64]) -> Decay {
    // relative to the brightest, so that no unit of the signal overflows
    let brightest = voxel.signal.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    for (w, signal) in weights.iter_mut().zip(voxel.signal) {
        *w = (signal / brightest).powi(2);
    }
    least_squares(voxel, weights, share)
}

/// Weights of the fitted signal, until ADC rests.
pub(super) fn iterative(voxel: &Voxel<'_>, weights: &mut [f64], share: &mut [f64]) -> Decay {
    let mut decay = weighted(voxel, weights, share);
    for _ in 0..ITERATIONS {
        fitted_weights(voxel.b, decay.adc, weights);
        let next = least_squares(voxel, weights, share);
        let step = (next.adc - decay.adc).abs();
        decay = next;
        if step < RESTS {
            break;
        }
    }
    decay
}

/// Squares of the fitted signal, relative to the lowest b's.
fn fitted_weights(b: &[f64], adc: f64, weights: &mut [f64]) {
    let lowest = b.iter().copied().fold(f64::INFINITY, f64::min);
    for (w, b) in weights.iter_mut().zip(b) {
        *w = exp(-2.0 * (b - lowest) * adc);
    }
}

/// Least squares on the signal itself.
pub(super) fn nonlinear(voxel: &Voxel<'_>, weights: &mut [f64], share: &mut [f64]) -> Decay {
    let start = iterative(voxel, weights, share);
    let (mut s0, mut adc) = (start.ln_s0.exp(), start.adc);
    let mut error = squared_error(voxel, s0, adc);
    let mut damping = 1e-6;
    for _ in 0..ITERATIONS {
        // normal equations in (S0, S0 ADC), which have like scales
        let (mut ee, mut ef, mut ff, mut re, mut rf) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (&b, &signal) in voxel.b.iter().zip(voxel.signal) {
            let e = (-b * adc).exp();
            let f = -b * e;
            let residual = signal - s0 * e;
            ee += e * e;
            ef += e * f;
            ff += f * f;
            re += residual * e;
            rf += residual * f;
        }
        let (p, q) = (ee * (1.0 + damping), ff * (1.0 + damping));
        let determinant = p * q - ef * ef;
        let step_s0 = (q * re - ef * rf) / determinant;
        let step_adc = (p * rf - ef * re) / determinant / s0;
        let (next_s0, next_adc) = (s0 + step_s0, adc + step_adc);
        let next_error = squared_error(voxel, next_s0, next_adc);
        if next_error <= error {
            (s0, adc, error) = (next_s0, next_adc, next_error);
            damping *= 0.1;
            if step_adc.abs() < REST {
                break;
            }
        } else if damping > 1e6 {
            break;
        } else {
            damping = (damping * 10.0).max(1e-3);
        }
    }
    fitted_weights(voxel.b, adc, weights);
    least_squares(voxel, weights, share);
    Decay { adc, ln_s0: s0.ln() }
}

fn squared_error(voxel: &Voxel<'_>, s0: f64, adc: f64) -> f64 {
    voxel.b.iter().zip(voxel.signal).map(|(b, signal)| (signal - s0 * (-b * adc).exp()).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Fit = fn(&Voxel<'_>, &mut [f64], &mut [f64]) -> Decay;
    const FITS: [Fit; 3] = [weighted, iterative, nonlinear];
    const B: [f64; 4] = [0.0, 50.0, 400.0, 900.0];

    fn fit(fit: Fit, signal: &[f64]) -> Decay {
        let ln: Vec<f64> = signal.iter().map(|s| s.ln()).collect();
        fit(&Voxel { b: &B, signal, ln: &ln }, &mut [0.0; 4], &mut [0.0; 4])
    }

    #[test]
    fn every_fit_recovers_a_noise_free_decay_in_any_unit() {
        for gain in [1e-12, 1.0, 1e12] {
            let signal = B.map(|b| gain * (-b * 8.71e-4).exp());
            for one in FITS {
                let decay = fit(one, &signal);
                assert!((decay.adc - 8.71e-4).abs() < 1e-12 && (decay.ln_s0 - gain.ln()).abs() < 1e-9, "{decay:?}");
            }
        }
    }

    #[test]
    fn the_nonlinear_fit_is_the_least_of_its_neighbours() {
        let signal = [410.0, 350.0, 300.0, 140.0];
        let ln = signal.map(f64::ln);
        let voxel = Voxel { b: &B, signal: &signal, ln: &ln };
        let Decay { adc, ln_s0 } = nonlinear(&voxel, &mut [0.0; 4], &mut [0.0; 4]);
        let least = squared_error(&voxel, ln_s0.exp(), adc);
        for (ds0, dadc) in [(0.01, 0.0), (-0.01, 0.0), (0.0, 1e-8), (0.0, -1e-8)] {
            assert!(squared_error(&voxel, ln_s0.exp() + ds0, adc + dadc) > least);
        }
    }

    #[test]
    fn the_weighted_slope_is_that_of_the_textbook() {
        // weights 1, 1/4 and so on for ln S = 0, -1, ...: two points of b = 0 and 50, and 400 and 900 with no weight left
        let signal = [1.0, (-1.0_f64).exp(), 1e-9, 1e-9];
        assert!((fit(weighted, &signal).adc - 1.0 / 50.0).abs() < 1e-9);
    }
}
