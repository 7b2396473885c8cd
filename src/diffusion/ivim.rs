//! Perfusion beside diffusion (IVIM), by segments: the high b-values give diffusion, what is missing at b = 0 gives perfusion.
//!
//! Inputs  a series with its b-values, s/mm2
//! Output  D in um2/s, perfusion fraction f (0-1, negative where noise has it so), D* in um2/s; NaN where not measured
//! Method  `S_b / S_0 = (1 - f) exp(-b D) + f exp(-b D*)`. D and the intercept `S_int` by plain least squares on ln S over
//!         b >= 200; `f = 1 - S_int / S_0`, S_0 being the measured mean at the lowest b (<= 20); then D* alone by least
//!         squares over the lower b-values, between 3 D and 100 000 um2/s (Federau 2017, doi:10.1002/nbm.3780).
//! Limits  needs two b-values >= 200 and three below including one <= 20. With fewer only the intercept is given, from the
//!         b-values that the ADC fit would use: it holds whatever decays fast, not perfusion alone. D* is known badly where f
//!         is small; where f <= 0.01 it is not given.

use super::adc::{AdcParams, Wanted, fit_images};
use super::b_table::{DEFAULT_B_MIN, ROUNDING, distinct, list};
use super::{BSelection, DiffusionError};
use crate::error::Warning;
use crate::image::{Signals, filled};
use ndarray::Array3;
use rayon::prelude::*;

/// From here on (s/mm2) perfusion has decayed.
pub const B_DIFFUSION: f64 = 200.0;
/// The lowest b must not lie above this, s/mm2.
const B_LOWEST: f64 = 20.0;
/// Smallest f at which D* is sought.
const LEAST_FRACTION: f64 = 0.01;
/// Highest D* sought, mm2/s.
const FASTEST: f64 = 0.1;
const CHUNK: usize = 1 << 12;

/// Perfusion maps, Fortran order.
#[derive(Debug, Clone)]
pub struct Ivim {
    /// Diffusion without perfusion, um2/s.
    pub d: Array3<f32>,
    /// Perfusion fraction, or the fraction missing at b = 0 where the b-values do not identify perfusion.
    pub fraction: Array3<f32>,
    /// Pseudo-diffusion, um2/s; none where the b-values do not identify it.
    pub d_star: Option<Array3<f32>>,
    /// What was done and why, in words.
    pub rule: String,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

/// True where these b-values tell perfusion from diffusion.
pub fn is_identified(b: &[f64]) -> bool {
    let levels = distinct(b);
    let n_low = levels.iter().filter(|&&b| b < B_DIFFUSION).count();
    levels.len() - n_low >= 2 && n_low >= 3 && levels[0] <= B_LOWEST
}

/// Separates perfusion from diffusion as far as the b-values allow.
///
/// # Errors
/// [`DiffusionError::TooFewB`] where no b <= 20 was measured or fewer than two are higher; else as [`fit_images`].
pub fn fit(series: &impl Signals, b: &[f64], params: &AdcParams) -> Result<Ivim, DiffusionError> {
    let kept = params.selection.kept(b);
    let known: Vec<f64> = kept.iter().copied().filter(|b| b.is_finite()).collect();
    let lowest = known.iter().copied().fold(f64::INFINITY, f64::min);
    if lowest > B_LOWEST {
        let left = format!("{} (perfusion needs one <= {B_LOWEST} s/mm2)", list(&known));
        return Err(DiffusionError::TooFewB { left });
    }
    let identified = is_identified(&known);
    // the lowest b is the S0, so it must not enter the fit of D
    let b_min = if identified { B_DIFFUSION } else { params.selection.b_min.unwrap_or(DEFAULT_B_MIN - ROUNDING) };
    let selection = BSelection { b_min: Some(b_min), ..params.selection.clone() };
    let slow = fit_images(series, b, &AdcParams { selection, ..params.clone() }, &Wanted::default())?;
    let (d, intercept) = (slow.adc.into_f32(), slow.s0.into_f32());
    let low: Vec<usize> = (0..b.len()).filter(|&volume| kept[volume] < B_DIFFUSION).collect();
    let origin: Vec<usize> = low.iter().copied().filter(|&volume| kept[volume] <= lowest + ROUNDING).collect();
    let mut fraction = filled(series.dims(), f32::NAN);
    let mut d_star = filled(series.dims(), f32::NAN);
    let parts = (
        fraction.as_slice_memory_order_mut().unwrap_or_default(),
        d_star.as_slice_memory_order_mut().unwrap_or_default(),
        d.as_slice_memory_order().unwrap_or_default(),
        intercept.as_slice_memory_order().unwrap_or_default(),
    );
    let low_b: Vec<f64> = low.iter().map(|&volume| kept[volume]).collect();
    let chunks = parts.0.par_chunks_mut(CHUNK).zip(parts.1.par_chunks_mut(CHUNK)).enumerate();
    chunks.for_each_init(
        || vec![vec![0.0_f32; CHUNK]; low.len()],
        |signals, (chunk, (fraction, d_star))| {
            let (start, n) = (chunk * CHUNK, fraction.len());
            for (signal, &volume) in signals.iter_mut().zip(&low) {
                series.read(volume, start, &mut signal[..n]);
            }
            let mut decay = vec![0.0_f64; low.len()];
            for i in (0..n).filter(|&i| !parts.2[start + i].is_nan()) {
                let at_origin = low.iter().zip(signals.iter()).filter(|(volume, _)| origin.contains(volume));
                let s0 = at_origin.map(|(_, signal)| f64::from(signal[i])).sum::<f64>() / origin.len() as f64;
                if s0.is_nan() || s0 <= 0.0 {
                    continue;
                }
                let f = 1.0 - f64::from(parts.3[start + i]) / s0;
                fraction[i] = f as f32;
                if identified && f > LEAST_FRACTION {
                    decay.iter_mut().zip(signals.iter()).for_each(|(value, signal)| *value = f64::from(signal[i]) / s0);
                    d_star[i] = (1e6 * fast_decay(&low_b, &decay, f, 1e-6 * f64::from(parts.2[start + i]))) as f32;
                }
            }
        },
    );
    let mut warnings = slow.warnings;
    let rule = if identified {
        format!("segmented: D from b >= {B_DIFFUSION} s/mm2, f from the intercept, D* from b < {B_DIFFUSION} s/mm2")
    } else {
        let message = "the b-values do not identify perfusion (two >= 200 and three below, one <= 20, are needed): only the \
                       fraction missing at the lowest b is given";
        warnings.push(Warning::new("ivim-not-identified", message));
        format!("fraction of the signal at b = {lowest} s/mm2 that the decay from b >= {b_min} s/mm2 does not explain")
    };
    Ok(Ivim { d, fraction, d_star: identified.then_some(d_star), rule, warnings })
}

/// D* (mm2/s) of least squares: the best of a logarithmic grid, then golden section between its neighbours.
fn fast_decay(b: &[f64], decay: &[f64], f: f64, d: f64) -> f64 {
    const GRID: usize = 24;
    let slowest = (3.0 * d).clamp(1e-4, 0.5 * FASTEST);
    let error = |log: f64| -> f64 {
        let d_star = log.exp();
        let model = |b: f64| (1.0 - f) * (-b * d).exp() + f * (-b * d_star).exp();
        b.iter().zip(decay).map(|(&b, s)| (s - model(b)).powi(2)).sum()
    };
    let step = (FASTEST / slowest).ln() / (GRID - 1) as f64;
    let at = |n: usize| slowest.ln() + n as f64 * step;
    let best = (0..GRID).min_by(|&x, &y| error(at(x)).total_cmp(&error(at(y)))).unwrap_or(0);
    let (mut low, mut high) = (at(best.saturating_sub(1)), at((best + 1).min(GRID - 1)));
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    for _ in 0..32 {
        let width = golden * (high - low);
        if error(high - width) < error(low + width) { high = low + width } else { low = high - width }
    }
    (0.5 * (low + high)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, ShapeBuilder};

    const B: [f64; 7] = [0.0, 20.0, 50.0, 100.0, 200.0, 500.0, 900.0];

    fn body(b: &[f64]) -> Array4<f32> {
        Array4::from_shape_fn((8, 8, 4, b.len()).f(), |(i, j, k, v)| {
            let (f, d, fast) = (0.04 * i as f64, 600e-6 + 1e-4 * j as f64, 10e-3 + 8e-3 * k as f64);
            ((400.0 + 31.0 * ((3 * i + 5 * j) % 7) as f64) * ((1.0 - f) * (-b[v] * d).exp() + f * (-b[v] * fast).exp()))
                as f32
        })
    }

    #[test]
    fn perfusion_is_recovered_where_the_b_values_identify_it() {
        let ivim = fit(&body(&B).view(), &B, &AdcParams::default()).unwrap();
        let d_star = ivim.d_star.unwrap();
        for k in [1, 3] {
            for i in [2, 5] {
                // what is left of the fast part at b = 200: exp(-200 x 18e-3) = 3 % of f
                assert!((f64::from(ivim.fraction[[i, 3, k]]) - 0.04 * i as f64).abs() < 0.03 * 0.04 * i as f64 + 2e-3);
                assert!((f64::from(ivim.d[[i, 3, k]]) - 900.0).abs() < 25.0);
                assert!((f64::from(d_star[[i, 3, k]]) / (1e6 * (10e-3 + 8e-3 * k as f64)) - 1.0).abs() < 0.15);
            }
        }
        assert!(d_star[[0, 3, 1]].is_nan() && ivim.fraction[[0, 3, 1]].abs() < 1e-4);
    }

    #[test]
    fn fewer_b_values_give_the_intercept_alone() {
        let b = [0.0, 50.0, 400.0, 900.0];
        assert!(is_identified(&B) && !is_identified(&b));
        let ivim = fit(&body(&b).view(), &b, &AdcParams::default()).unwrap();
        assert!(ivim.d_star.is_none() && ivim.warnings.iter().any(|w| w.slug == "ivim-not-identified"));
        assert!(ivim.fraction[[5, 3, 3]] > 0.15 && ivim.fraction[[0, 3, 3]].abs() < 1e-3);
        let without_zero = [50.0, 400.0, 900.0];
        let refused = fit(&body(&without_zero).view(), &without_zero, &AdcParams::default());
        assert!(matches!(refused, Err(DiffusionError::TooFewB { .. })));
    }
}
