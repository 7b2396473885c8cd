//! The pass over the voxels: signals in, a stretch at a time; values and flags out.

use super::lanes::{self, LANES};
use super::logarithm::ln;
use super::setup::Setup;
use super::weighted::{Decay, Voxel, iterative, nonlinear, weighted};
use super::{AdcFit, flag};
use crate::image::Signals;

/// Working memory of one thread, and the values of the voxels that it fitted last.
#[derive(Debug)]
pub(super) struct Scratch {
    /// Signals of every voxel of the stretch, by volume, ascending b; then of the voxels to fit alone.
    signal: Vec<Vec<f32>>,
    /// Logarithms of the voxels to fit.
    ln: Vec<Vec<f32>>,
    /// Mean signal of a b-level; least signal; a sum that is not zero where a signal is no number.
    mean: Vec<f32>,
    least: Vec<f32>,
    oddity: Vec<f32>,
    /// Number of b-levels above the noise floor, from the lowest, of every voxel.
    used: Vec<f32>,
    /// Bits of [`flag`] of every voxel of the stretch.
    pub flags: Vec<u8>,
    /// The voxels that can be fitted; those below are in this order.
    pub fitted: Vec<u32>,
    /// um2/s; NaN where excluded.
    pub adc: Vec<f32>,
    /// Signal units; NaN where excluded.
    pub s0: Vec<f32>,
    /// Standard error of ADC, um2/s; NaN where excluded or unknown.
    pub standard_error: Vec<f32>,
    /// Root mean square of `ln S - fit`; NaN where excluded.
    pub residual: Vec<f32>,
    /// Of one voxel: signal, ln, weights, shares.
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
            least: row(),
            oddity: row(),
            used: row(),
            flags: vec![0; length],
            fitted: Vec::with_capacity(length),
            adc: row(),
            s0: row(),
            standard_error: row(),
            residual: row(),
            voxel: std::array::from_fn(|_| vec![0.0; n_volumes]),
        }
    }

    /// Fits `n` voxels from `start` on; `with_error` also fills standard error and residual.
    pub fn fit(&mut self, series: &impl Signals, setup: &Setup, start: usize, n: usize, with_error: bool) {
        self.read(series, setup, start, n);
        self.sort_out(setup, n);
        self.plain(setup);
        self.shorten(setup);
        match setup.fit {
            AdcFit::Iterative if !with_error => self.iterate(setup),
            AdcFit::Loglinear | AdcFit::TwoPoint if !with_error => {}
            _ => self.refine(setup, with_error),
        }
        if setup.whole_steps {
            self.settle_halves(setup);
        }
        self.judge(setup);
    }

    /// Reads the signals and counts the b-levels above the floor.
    fn read(&mut self, series: &impl Signals, setup: &Setup, start: usize, n: usize) {
        self.flags[..n].fill(0);
        self.least[..n].fill(f32::INFINITY);
        self.oddity[..n].fill(0.0);
        self.used[..n].fill(setup.n_levels as f32);
        for (place, &volume) in setup.volumes.iter().enumerate() {
            let signal = &mut self.signal[place][..n];
            series.read(volume, start, signal);
            for ((s, least), oddity) in signal.iter().zip(&mut self.least).zip(&mut self.oddity) {
                *least = if *s < *least { *s } else { *least };
                *oddity += 0.0 * s;
            }
            if setup.ceiling[place].is_finite() {
                let ceiling = setup.ceiling[place];
                for (s, flags) in signal.iter().zip(&mut self.flags) {
                    *flags |= u8::from(*s >= ceiling) * flag::CLIPPED;
                }
            }
        }
        for level in (0..setup.n_levels).rev().filter(|&level| setup.floor[level] > 0.0) {
            let [first, beyond] = [setup.n_volumes_of[level], setup.n_volumes_of[level + 1]];
            let floor = setup.floor[level] * (beyond - first) as f32;
            if beyond - first == 1 {
                count_above(&self.signal[first][..n], floor, level, &mut self.used);
            } else {
                self.mean[..n].fill(0.0);
                for signal in &self.signal[first..beyond] {
                    self.mean[..n].iter_mut().zip(signal).for_each(|(sum, s)| *sum += s);
                }
                count_above(&self.mean[..n], floor, level, &mut self.used);
            }
        }
    }

    /// Flags what cannot be fitted, and brings the signals and logarithms of the rest together.
    fn sort_out(&mut self, setup: &Setup, n: usize) {
        let conditions = self.least.iter().zip(&self.oddity).zip(&self.used);
        for (flags, ((&least, &oddity), &used)) in self.flags[..n].iter_mut().zip(conditions) {
            let is_sound = (least > 0.0) & (oddity == 0.0);
            *flags |= u8::from(!is_sound) * flag::NON_POSITIVE;
            *flags |= u8::from(is_sound & (used < 2.0)) * flag::BELOW_FLOOR;
        }
        // without a branch, which in noise is taken at random
        self.fitted.resize(n, 0);
        let mut n_fitted = 0;
        for (i, &flags) in self.flags[..n].iter().enumerate() {
            self.fitted[n_fitted] = i as u32;
            n_fitted += usize::from(flags == 0);
        }
        self.fitted.truncate(n_fitted);
        for place in 0..setup.volumes.len() {
            let signal = &mut self.signal[place];
            if self.fitted.len() < n {
                for (to, &from) in self.fitted.iter().enumerate() {
                    signal[to] = signal[from as usize];
                }
            }
            let signal = &mut signal[..self.fitted.len()];
            if let (true, Some(sigma)) = (setup.rician, &setup.sigma) {
                let variance = (sigma[place] * sigma[place]) as f32;
                // Gudbjartsson & Patz 1995, doi:10.1002/mrm.1910340618
                signal.iter_mut().for_each(|s| *s = (*s * *s - variance).abs().sqrt().max(f32::MIN_POSITIVE));
            }
            self.ln[place].iter_mut().zip(signal).for_each(|(l, s)| *l = ln(*s));
        }
    }

    /// Plain least squares over all volumes: ADC, and ln S0 in the place of S0.
    fn plain(&mut self, setup: &Setup) {
        let n = self.fitted.len();
        let weights = &setup.weights[setup.n_levels];
        let (adc, s0) = (&mut self.adc[..n], &mut self.s0[..n]);
        adc.fill(0.0);
        s0.fill(0.0);
        for (place, logarithm) in self.ln.iter().enumerate() {
            let (w_adc, w_s0) = (weights.adc[place], weights.ln_s0[place]);
            for ((l, adc), s0) in logarithm.iter().zip(&mut *adc).zip(&mut *s0) {
                *adc += w_adc * l;
                *s0 += w_s0 * l;
            }
        }
    }

    /// Repeats the fit without the b-levels that lie in the noise.
    fn shorten(&mut self, setup: &Setup) {
        let all = setup.n_levels as f32;
        for (i, &voxel) in self.fitted.iter().enumerate() {
            let used = self.used[voxel as usize];
            if used < all {
                self.flags[voxel as usize] |= flag::SHORTENED;
                let weights = &setup.weights[used as usize];
                let sum = |weights: &[f32]| weights.iter().zip(&self.ln).map(|(w, column)| w * column[i]).sum::<f32>();
                (self.adc[i], self.s0[i]) = (sum(&weights.adc), sum(&weights.ln_s0));
            }
        }
    }

    /// Repeats the plain fit in double precision where the error of the single one could round ADC to the wrong step.
    fn settle_halves(&mut self, setup: &Setup) {
        for (i, &voxel) in self.fitted.iter().enumerate() {
            let weights = &setup.weights[self.used[voxel as usize] as usize];
            let from_half = (self.adc[i] - self.adc[i] as i32 as f32).abs() - 0.5;
            if from_half.abs() > weights.error {
                continue;
            }
            let exact: f64 =
                weights.exact.iter().zip(&self.signal).map(|(w, column)| w * f64::from(column[i]).ln()).sum();
            let nearest = exact as f32;
            // single precision may put it on the half itself, or beyond
            self.adc[i] = match (nearest.floor() + 0.5 <= nearest, f64::from(nearest.floor()) + 0.5 <= exact) {
                (true, false) => nearest.next_down(),
                (false, true) => nearest.next_up(),
                _ => nearest,
            };
        }
    }

    /// The iterated fit, voxels with the same number of b-levels side by side.
    fn iterate(&mut self, setup: &Setup) {
        let mut columns = [vec![[0.0; LANES]; setup.volumes.len()], vec![[0.0; LANES]; setup.volumes.len()]];
        for n_levels in 2..=setup.n_levels {
            let n_used = setup.n_volumes_of[n_levels];
            let has_levels = |&i: &usize| self.used[self.fitted[i] as usize] as usize == n_levels;
            let places: Vec<usize> = (0..self.fitted.len()).filter(has_levels).collect();
            for group in places.chunks(LANES) {
                let [signal, ln] = &mut columns;
                for place in 0..n_used {
                    // a group that is not full repeats its first voxel
                    let at = |n: usize| *group.get(n).unwrap_or(&group[0]);
                    signal[place] = std::array::from_fn(|n| f64::from(self.signal[place][at(n)]));
                    ln[place] = std::array::from_fn(|n| f64::from(self.ln[place][at(n)]));
                }
                let decays = lanes::iterative(&setup.b[..n_used], &signal[..n_used], &ln[..n_used]);
                for (&i, decay) in group.iter().zip(decays) {
                    (self.adc[i], self.s0[i]) = ((1e6 * decay.adc) as f32, decay.ln_s0 as f32);
                }
            }
        }
    }

    /// The fits that weigh volumes, and the errors of any fit.
    fn refine(&mut self, setup: &Setup, with_error: bool) {
        for (i, &at) in self.fitted.iter().enumerate() {
            let n_levels = self.used[at as usize] as usize;
            let n_used = setup.n_volumes_of[n_levels];
            let b = &setup.b[..n_used];
            let [signal, logarithm, weights, share] = &mut self.voxel;
            for place in 0..n_used {
                signal[place] = f64::from(self.signal[place][i]);
                logarithm[place] = f64::from(self.ln[place][i]);
            }
            let (weights, share) = (&mut weights[..n_used], &mut share[..n_used]);
            let voxel = Voxel { b, signal: &signal[..n_used], ln: &logarithm[..n_used] };
            let decay = match setup.fit {
                AdcFit::Weighted => weighted(&voxel, weights, share),
                AdcFit::Iterative => iterative(&voxel, weights, share),
                AdcFit::Nlls => nonlinear(&voxel, weights, share),
                AdcFit::Loglinear | AdcFit::TwoPoint => {
                    let plain = &setup.weights[n_levels];
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

    /// Flags what decays in no physical way, excludes it and turns ln S0 into S0.
    fn judge(&mut self, setup: &Setup) {
        let [low, high] = setup.window;
        let values = self.adc.iter_mut().zip(&mut self.s0).zip(&mut self.standard_error).zip(&mut self.residual);
        for (&voxel, (((adc, s0), standard_error), residual)) in self.fitted.iter().zip(values) {
            if *adc > 0.0 && *adc >= low && *adc <= high {
                *s0 = s0.exp();
                continue;
            }
            let flags = &mut self.flags[voxel as usize];
            *flags = u8::from(*adc <= 0.0) * flag::NOT_DECAYING;
            *flags |= u8::from(!(low..=high).contains(adc)) * flag::OUT_OF_WINDOW;
            [*adc, *s0, *standard_error, *residual] = [f32::NAN; 4];
        }
    }
}

/// Where the signal of a level is at or below the floor, only the levels before it count.
#[inline]
fn count_above(signal: &[f32], floor: f32, level: usize, used: &mut [f32]) {
    let level = level as f32;
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
