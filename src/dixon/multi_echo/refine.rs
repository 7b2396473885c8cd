//! Water, fat, field and R2* of one voxel by Gauss-Newton steps with variable projection (Golub and Pereyra 1973,
//! doi:10.1137/0710036; Kaufman 1975), and how sure they are (Cramer-Rao).
//!
//! Field and R2* enter the signal as one complex number, `exp((i omega - R2*) t)`, and the derivative of the model m with
//! respect to it is `t m`. What water and fat cannot mimic of it, `v = t m - A (A^H A)^-1 A^H t m`, gives the step
//! `kappa = v^H r / |v|^2`: omega grows by Im kappa, R2* falls by Re kappa, and the two do not mix.
//!
//! The whole problem being linear in three complex numbers near its solution, their covariance at a noise of sigma (a
//! real or imaginary part) is `2 sigma^2 ((A^H A)^-1 + b b^H / |v|^2)`, `b = (A^H A)^-1 A^H t m`.

use super::model::{EchoModel, Normal};
use num_complex::{Complex32, Complex64};

/// Range of R2*, 1/s. It reaches below zero, since a bound at zero would bias what noise makes of small values.
pub const R2STAR_RANGE: [f64; 2] = [-50.0, 1000.0];
/// An angle between water and fat up to which they are taken to share their phase, rad; a spectrum of fat that is
/// somewhat off explains as much.
pub const COHERENT_RAD: f64 = 0.5;
/// Steps at most.
const MAX_STEPS: usize = 12;
/// A step that turns the last echo by less, relative, ends the search.
const CONVERGED: f64 = 2e-6;

/// What is known of R2* beforehand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum R2Star {
    /// Nothing: it is fitted.
    Free,
    /// A normal distribution: its mean (1/s) and `weight` = noise variance / its variance, signal squared s squared.
    Prior {
        /// Mean, 1/s.
        mean: f64,
        /// Weight against the squared residual.
        weight: f64,
    },
    /// Given, 1/s.
    Given(f64),
}

/// The fit of one voxel.
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    /// Complex water at t = 0.
    pub water: Complex64,
    /// Complex fat at t = 0.
    pub fat: Complex64,
    /// Angular frequency of the field, rad/s.
    pub omega: f64,
    /// R2*, 1/s.
    pub r2star: f64,
    /// Squared residual, signal squared.
    pub residual: f64,
    /// Variance of the proton-density fat fraction (a fraction squared) for a noise variance of 1.
    pub variance: [f64; 2],
    /// Variance of the angle between fat and water, rad squared, for a noise variance of 1.
    pub angle_variance: f64,
    /// Variance of R2* (1/s squared) for a noise variance of 1.
    pub r2star_variance: f64,
}

/// Sums over the echoes at one field and R2*.
struct At {
    water: Complex64,
    fat: Complex64,
    residual: f64,
    /// v^H r.
    step: Complex64,
    /// |v|^2.
    sensitivity: f64,
    normal: super::model::NormalInverse,
    b: [Complex64; 2],
}

/// Fits one voxel from a starting field (rad/s) and R2* (1/s). `None` where the echoes do not carry it.
pub fn fit(model: &EchoModel, signal: &[Complex32], omega: f64, r2star: f64, known: R2Star) -> Option<Fit> {
    let last = model.times_s[model.n_echoes() - 1];
    let (mut omega, mut r2star) = (
        omega,
        match known {
            R2Star::Given(given) => given,
            _ => r2star,
        },
    );
    let longest = 0.4 / model.spacing_s;
    let mut best: Option<(At, f64, f64)> = None;
    for _ in 0..MAX_STEPS {
        let at = evaluate(model, signal, omega, r2star)?;
        let cost = |at: &At, r2star: f64| match known {
            R2Star::Prior { mean, weight } => at.residual + weight * (r2star - mean).powi(2),
            _ => at.residual,
        };
        // rounding aside, a step that raises the cost was too long: go half of it
        if let Some((before, omega_before, r_before)) = &best
            && cost(&at, r2star) > cost(before, *r_before) * (1.0 + 1e-12) + f64::MIN_POSITIVE
        {
            let (d_omega, d_r) = (omega - omega_before, r2star - r_before);
            if d_omega.abs().max(d_r.abs()) * last < 1e-4 {
                break;
            }
            (omega, r2star) = (omega_before + 0.3 * d_omega, r_before + 0.3 * d_r);
            continue;
        }
        let sensitivity = at.sensitivity;
        let step = at.step;
        best = Some((at, omega, r2star));
        if sensitivity <= 0.0 {
            break;
        }
        let d_omega = (step.im / sensitivity).clamp(-longest, longest);
        let d_r = match known {
            R2Star::Free => -step.re / sensitivity,
            R2Star::Prior { mean, weight } => (-step.re - weight * (r2star - mean)) / (sensitivity + weight),
            R2Star::Given(_) => 0.0,
        };
        let r_new = (r2star + d_r.clamp(-longest, longest)).clamp(R2STAR_RANGE[0], R2STAR_RANGE[1]);
        let moved = d_omega.abs().max((r_new - r2star).abs()) * last;
        omega += d_omega;
        r2star = r_new;
        if moved < CONVERGED {
            break;
        }
    }
    let (at, omega, r2star) = best?;
    let mut found = Fit {
        water: at.water,
        fat: at.fat,
        omega,
        r2star,
        residual: at.residual,
        variance: [f64::NAN; 2],
        angle_variance: f64::NAN,
        r2star_variance: 1.0 / at.sensitivity,
    };
    found.variance = variance(&found, &at, known);
    found.angle_variance = angle_variance(&found, &at);
    Some(found)
}

#[inline]
fn evaluate(model: &EchoModel, signal: &[Complex32], omega: f64, r2star: f64) -> Option<At> {
    let rate = Complex64::new(-r2star, omega);
    let mut q = (rate * model.times_s[0]).exp();
    let turn = (rate * model.spacing_s).exp();
    let mut normal = Normal::default();
    let (mut water, mut fat) = (Complex64::default(), Complex64::default());
    let mut energy = 0.0;
    // demodulated echoes are gone over twice; their number is small
    let mut decays = [Complex64::default(); MAX_ECHOES];
    for (n, (s, a)) in signal.iter().zip(&model.fat).enumerate() {
        if !model.uniform {
            q = (rate * model.times_s[n]).exp();
        }
        decays[n] = q;
        let s = Complex64::new(f64::from(s.re), f64::from(s.im));
        normal.add(q.norm_sqr(), *a);
        let demodulated = q.conj() * s;
        water += demodulated;
        fat += a.conj() * demodulated;
        energy += s.norm_sqr();
        q *= turn;
    }
    let inverse = normal.inverse()?;
    let [w, f] = inverse.apply(water, fat);
    if !(w.re.is_finite() && f.re.is_finite()) || energy <= 0.0 {
        return None;
    }
    let (mut residual, mut step, mut length) = (0.0, Complex64::default(), 0.0);
    let (mut on_water, mut on_fat) = (Complex64::default(), Complex64::default());
    for (((s, a), t), q) in signal.iter().zip(&model.fat).zip(&model.times_s).zip(&decays) {
        let m = q * (w + f * a);
        let r = Complex64::new(f64::from(s.re), f64::from(s.im)) - m;
        let v = m * *t;
        residual += r.norm_sqr();
        step += v.conj() * r;
        length += v.norm_sqr();
        let demodulated = q.conj() * v;
        on_water += demodulated;
        on_fat += a.conj() * demodulated;
    }
    let b = inverse.apply(on_water, on_fat);
    let explained = (on_water.conj() * b[0] + on_fat.conj() * b[1]).re;
    let sensitivity = length - explained;
    // below rounding: water and fat can mimic any change of the field (fewer than three useful echoes)
    let sensitivity = if sensitivity > 1e-10 * length { sensitivity } else { 0.0 };
    Some(At { water: w, fat: f, residual, step, sensitivity, normal: inverse, b })
}

/// Echoes at most; protocols have 3 to 16.
pub const MAX_ECHOES: usize = 32;

/// Variance of the fat fraction for sigma = 1: what is free of the prior on R2*, and what R2* adds.
fn variance(fit: &Fit, at: &At, known: R2Star) -> [f64; 2] {
    let sum = fit.water + fit.fat;
    let fat_fraction = fit.fat.norm() / sum.norm();
    let water_fraction = fit.water.norm() / sum.norm();
    // gradient of |F|/|W+F| or of 1 - |W|/|W+F| (magnitude discrimination) with respect to W and F
    let [g_water, g_fat] = if fit.fat.norm() > fit.water.norm() {
        [-fat_fraction / sum, fat_fraction * (1.0 / fit.fat - 1.0 / sum)]
    } else {
        [-water_fraction * (1.0 / fit.water - 1.0 / sum), water_fraction / sum]
    };
    let conj = [g_water.conj(), g_fat.conj()];
    let through = at.normal.apply(conj[0], conj[1]);
    let linear = (g_water * through[0] + g_fat * through[1]).re;
    let along = g_water * at.b[0] + g_fat * at.b[1];
    if at.sensitivity <= 0.0 {
        return [f64::NAN; 2];
    }
    let of_field = along.im.powi(2) / at.sensitivity;
    let of_r2star = match known {
        R2Star::Free => along.re.powi(2) / at.sensitivity,
        R2Star::Prior { weight, .. } => along.re.powi(2) / (at.sensitivity + weight),
        R2Star::Given(_) => 0.0,
    };
    [linear + of_field, of_r2star]
}

/// Variance of arg(F/W) for sigma = 1.
fn angle_variance(fit: &Fit, at: &At) -> f64 {
    let (g_water, g_fat) = (-1.0 / fit.water, 1.0 / fit.fat);
    let through = at.normal.apply(g_water.conj(), g_fat.conj());
    let along = g_water * at.b[0] + g_fat * at.b[1];
    let linear = (g_water * through[0] + g_fat * through[1]).re;
    // field and R2* each turn by the same amount of information
    linear + if at.sensitivity > 0.0 { along.norm_sqr() / at.sensitivity } else { 0.0 }
}

impl Fit {
    /// Proton-density fat fraction, a fraction, by magnitude discrimination (Liu 2007, doi:10.1002/mrm.21301): noise
    /// does not push it away from 0 or 1. Not clipped. `coherent` says that water and fat share their phase; where they
    /// do not, their sum is no total, and the sum of the magnitudes stands for it.
    pub fn fat_fraction(&self, coherent: bool) -> f64 {
        let sum = if coherent { (self.water + self.fat).norm() } else { self.water.norm() + self.fat.norm() };
        match self.fat.norm() > self.water.norm() {
            true => self.fat.norm() / sum,
            false => 1.0 - self.water.norm() / sum,
        }
    }

    /// False where the complex sum of water and fat is no total: they differ in phase beyond [`COHERENT_RAD`] and beyond
    /// what a noise of `sigma` explains (flow, motion or a faulty echo between them).
    pub fn coherent(&self, sigma: f64) -> bool {
        let angle = (self.fat * self.water.conj()).arg().abs();
        angle <= COHERENT_RAD.max(4.0 * sigma * self.angle_variance.sqrt())
    }

    /// False where R2* lies below zero by more than a noise of `sigma` explains.
    pub fn r2star_is_physical(&self, sigma: f64) -> bool {
        self.r2star > -3.0 * sigma * self.r2star_variance.sqrt()
    }

    /// Cramer-Rao standard deviation of the fat fraction, a fraction, at a noise of `sigma` (a real or imaginary part).
    pub fn fat_fraction_sd(&self, sigma: f64) -> f64 {
        sigma * (self.variance[0] + self.variance[1]).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dixon::{FatModel, multi_echo::Precession};

    fn signal(model: &EchoModel, fit: [f64; 4]) -> Vec<Complex32> {
        let [fraction, phase, hz, r] = fit;
        let echo = |(t, a): (&f64, &Complex64)| {
            let rate = Complex64::new(-r, 2.0 * std::f64::consts::PI * hz);
            let s = ((1.0 - fraction) + fraction * a) * Complex64::from_polar(100.0, phase) * (rate * t).exp();
            Complex32::new(s.re as f32, s.im as f32)
        };
        model.times_s.iter().zip(&model.fat).map(echo).collect()
    }

    #[test]
    fn an_analytic_signal_is_recovered_to_a_ten_thousandth_of_a_point() {
        for times in [&[1.2, 2.2, 3.2, 4.2, 5.2, 6.2][..], &[1.1, 2.0, 3.2, 4.1, 5.5], &[1.3, 2.4, 3.5, 4.6]] {
            let model = EchoModel::new(times, 3.0, &FatModel::default(), Precession::Plus).unwrap();
            for fraction in [0.0, 0.02, 0.3, 0.5, 0.7, 1.0] {
                for r in [10.0, 60.0, 180.0] {
                    let s = signal(&model, [fraction, 0.7, 43.0, r]);
                    let found = fit(&model, &s, 2.0 * std::f64::consts::PI * 20.0, 110.0, R2Star::Free).unwrap();
                    assert!((100.0 * (found.fat_fraction(true) - fraction)).abs() < 1e-4, "{times:?} {fraction} {r}");
                    assert!((found.r2star - r).abs() < 1e-2, "{} {r}", found.r2star);
                    assert!((found.omega / (2.0 * std::f64::consts::PI) - 43.0).abs() < 1e-3);
                }
            }
        }
    }
}
