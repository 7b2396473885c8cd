//! The pass over the voxels: signals in, a stretch at a time; values and flags out.

use super::logarithm::ln;
use super::setup::Setup;
use super::weighted::{Decay, Voxel, iterative, nonlinear, weighted};
use super::{AdcFit, flag};
use crate::image::Signals;

/// Working memory of one thread, and the values of the stretch that it fitted last.
#[derive(Debug)]
pub(super) struct Scratch {
    /// Signals and logarithms of each volume, ascending b.
    signal: Vec<Vec<f32>>,
    ln: Vec<Vec<f32>>,
    /// Mean signal of a b-level.
    mean: Vec<f32>,
    /// Number of b-levels above the noise floor, from the lowest.
    used: Vec<u8>,
    /// um2/s; NaN where excluded.
    pub adc: Vec<f32>,
    /// Signal units; NaN where excluded.
    pub s0: Vec<f32>,
    /// Bits of [`flag`].
    pub flags: Vec<u8>,
    /// Standard error of ADC, um2/s; NaN where excluded or unknown.
    pub standard_error: Vec<f32>,
    /// Root mean square of `ln S - fit`; NaN where excluded.
    pub residual: Vec<f32>,
    /// Of one voxel: b, signal, ln, weights, shares.
    voxel: [Vec<f64>; 4],
}

impl Scratch {
    pub fn new(n_volumes: usize, length: usize) -> Self {
        let columns = || vec![vec![0.0; length]; n_volumes];
        let row = || vec![0.0; length];
        Scratch {
            signal: columns(),
            ln: columns(),
            mean: row(),
            used: vec![0; length],
            adc: row(),
            s0: row(),
            flags: vec![0; length],
            standard_error: row(),
            residual: row(),
            voxel: std::array::from_fn(|_| vec![0.0; n_volumes]),
        }
    }

    /// Fits `n` voxels from `start` on; `with_error` also fills standard error and residual.
    pub fn fit(&mut self, series: &impl Signals, setup: &Setup, start: usize, n: usize, with_error: bool) {
        self.read(series, setup, start, n);
        self.plain(setup, n);
        self.shorten(setup, n);
        if matches!(setup.fit, AdcFit::Weighted | AdcFit::Iterative | AdcFit::Nlls) || with_error {
            self.refine(setup, n, with_error);
        }
        self.judge(setup, n);
    }

    /// Reads the signals, flags what cannot be used, counts the b-levels above the floor, takes logarithms.
    fn read(&mut self, series: &impl Signals, setup: &Setup, start: usize, n: usize) {
        self.flags[..n].fill(0);
        self.used[..n].fill(setup.n_levels as u8);
        for (place, &volume) in setup.volumes.iter().enumerate() {
            let signal = &mut self.signal[place][..n];
            series.read(volume, start, signal);
            mark(signal, setup.ceiling[place], &mut self.flags[..n]);
        }
        for level in (0..setup.n_levels).rev().filter(|&level| setup.floor[level] > 0.0) {
            let [first, beyond] = [setup.n_volumes_of[level], setup.n_volumes_of[level + 1]];
            let floor = setup.floor[level] * (beyond - first) as f32;
            let used = &mut self.used[..n];
            if beyond - first == 1 {
                count_above(&self.signal[first][..n], floor, level as u8, used);
            } else {
                self.mean[..n].fill(0.0);
                for signal in &self.signal[first..beyond] {
                    self.mean[..n].iter_mut().zip(signal).for_each(|(sum, s)| *sum += s);
                }
                count_above(&self.mean[..n], floor, level as u8, used);
            }
        }
        for place in 0..setup.volumes.len() {
            if let (true, Some(sigma)) = (setup.rician, &setup.sigma) {
                let variance = (sigma[place] * sigma[place]) as f32;
                // Gudbjartsson & Patz 1995, doi:10.1002/mrm.1910340618
                self.signal[place][..n].iter_mut().for_each(|s| *s = (*s * *s - variance).abs().sqrt());
            }
            let (signal, logarithm) = (&self.signal[place][..n], &mut self.ln[place][..n]);
            logarithm.iter_mut().zip(signal).for_each(|(l, &s)| *l = ln(s));
        }
    }

    /// Plain least squares over all volumes: ADC, and ln S0 in the place of S0.
    fn plain(&mut self, setup: &Setup, n: usize) {
        let weights = &setup.weights[setup.n_levels];
        self.adc[..n].fill(0.0);
        self.s0[..n].fill(0.0);
        for (place, logarithm) in self.ln.iter().enumerate() {
            let (w_adc, w_s0) = (weights.adc[place], weights.ln_s0[place]);
            for ((l, adc), s0) in logarithm[..n].iter().zip(&mut self.adc).zip(&mut self.s0) {
                *adc += w_adc * l;
                *s0 += w_s0 * l;
            }
        }
    }

    /// Repeats the fit without the b-levels that lie in the noise, and flags voxels where fewer than two are left.
    fn shorten(&mut self, setup: &Setup, n: usize) {
        for i in 0..n {
            let n_levels = usize::from(self.used[i]);
            if n_levels == setup.n_levels || self.flags[i] & flag::NON_POSITIVE != 0 {
                continue;
            }
            if n_levels < 2 {
                self.flags[i] |= flag::BELOW_FLOOR;
                continue;
            }
            self.flags[i] |= flag::SHORTENED;
            let weights = &setup.weights[n_levels];
            let sum = |weights: &[f32]| weights.iter().zip(&self.ln).map(|(w, column)| w * column[i]).sum::<f32>();
            (self.adc[i], self.s0[i]) = (sum(&weights.adc), sum(&weights.ln_s0));
        }
    }

    /// The fits that weigh volumes, and the errors of any fit.
    fn refine(&mut self, setup: &Setup, n: usize, with_error: bool) {
        for i in 0..n {
            if self.flags[i] & !flag::SHORTENED != 0 {
                continue;
            }
            let n_used = setup.n_volumes_of[usize::from(self.used[i])];
            let b = &setup.b[..n_used];
            let [signal, logarithm, weights, share] = &mut self.voxel;
            for place in 0..n_used {
                signal[place] = f64::from(self.signal[place][i]);
                logarithm[place] = signal[place].ln();
            }
            let (weights, share) = (&mut weights[..n_used], &mut share[..n_used]);
            let voxel = Voxel { b, signal: &signal[..n_used], ln: &logarithm[..n_used] };
            let decay = match setup.fit {
                AdcFit::Weighted => weighted(&voxel, weights, share),
                AdcFit::Iterative => iterative(&voxel, weights, share),
                AdcFit::Nlls => nonlinear(&voxel, weights, share),
                AdcFit::Loglinear | AdcFit::TwoPoint => {
                    let plain = &setup.weights[usize::from(self.used[i])];
                    share.iter_mut().zip(&plain.adc).for_each(|(share, &w)| *share = 1e-6 * f64::from(w));
                    Decay { adc: 1e-6 * f64::from(self.adc[i]), ln_s0: f64::from(self.s0[i]) }
                }
            };
            (self.adc[i], self.s0[i]) = ((1e6 * decay.adc) as f32, decay.ln_s0 as f32);
            if with_error {
                let sigma = setup.sigma.as_ref().map(|sigma| &sigma[..n_used]);
                let [standard_error, residual] = errors(&voxel, decay, share, sigma);
                (self.standard_error[i], self.residual[i]) = (standard_error, residual);
            }
        }
    }

    /// Flags what decays in no physical way, excludes flagged voxels and turns ln S0 into S0.
    fn judge(&mut self, setup: &Setup, n: usize) {
        let [low, high] = setup.window;
        for i in 0..n {
            if self.flags[i] & (flag::NON_POSITIVE | flag::BELOW_FLOOR) == 0 {
                let adc = self.adc[i];
                self.flags[i] |= u8::from(adc <= 0.0) * flag::NOT_DECAYING;
                self.flags[i] |= u8::from(!(low..=high).contains(&adc)) * flag::OUT_OF_WINDOW;
            }
            if self.flags[i] & !flag::SHORTENED == 0 {
                self.s0[i] = self.s0[i].exp();
            } else {
                for values in [&mut self.adc, &mut self.s0, &mut self.standard_error, &mut self.residual] {
                    values[i] = f32::NAN;
                }
                self.flags[i] &= !flag::SHORTENED;
            }
        }
    }
}

/// Sets the flags that one volume's signal calls for.
#[inline]
fn mark(signal: &[f32], ceiling: f32, flags: &mut [u8]) {
    for (s, flags) in signal.iter().zip(flags) {
        let positive = *s > 0.0 && *s < f32::INFINITY;
        *flags |= u8::from(!positive) * flag::NON_POSITIVE;
        *flags |= u8::from(*s >= ceiling) * flag::CLIPPED;
    }
}

/// Where the signal of a level is at or below the floor, only the levels before it count.
#[inline]
fn count_above(signal: &[f32], floor: f32, level: u8, used: &mut [u8]) {
    for (used, s) in used.iter_mut().zip(signal) {
        *used = if *s <= floor { level } else { *used };
    }
}

/// Standard error of ADC (um2/s) and root mean square of the residual of ln S.
///
/// The noise of ln S is sigma / S. Where sigma is not known it is taken from the residual, which needs three volumes.
fn errors(voxel: &Voxel<'_>, decay: Decay, share: &[f64], sigma: Option<&[f64]>) -> [f32; 2] {
    let squares: f64 = voxel.b.iter().zip(voxel.ln).map(|(b, ln)| (ln - decay.ln_s0 + b * decay.adc).powi(2)).sum();
    let n = voxel.b.len() as f64;
    let variance: f64 = match sigma {
        Some(sigma) => share.iter().zip(voxel.signal).zip(sigma).map(|((c, s), sigma)| (c * sigma / s).powi(2)).sum(),
        None if n > 2.0 => squares / (n - 2.0) * share.iter().map(|c| c * c).sum::<f64>(),
        None => f64::NAN,
    };
    [(1e6 * variance.sqrt()) as f32, (squares / n).sqrt() as f32]
}
