//! The signal of water and fat at the echo times, and the projection onto it.
//!
//! `s_n = (W + F a_n) exp((i 2 pi psi - R2*) t_n)`, t in s, psi in Hz, R2* in 1/s, `a_n` the phasor of fat. With the
//! columns `A(R) = [e^{-R t_n}, e^{-R t_n} a_n]`, `P(R) = A (A^H A)^-1 A^H` projects the demodulated echoes onto what
//! water and fat can be, so that W and F drop out of the search for psi (variable projection).

use crate::dixon::{DixonError, FatModel};
use crate::error::Warning;
use num_complex::Complex64;
use std::f64::consts::PI;

/// Which way the phase of the stored echoes turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Precession {
    /// Phase grows as exp(+i 2 pi f t): fat, below water in frequency, falls behind.
    #[serde(rename = "+1")]
    Plus,
    /// The conjugate.
    #[serde(rename = "-1")]
    Minus,
}

impl Precession {
    /// +1 or -1.
    pub const fn sign(self) -> f64 {
        match self {
            Precession::Plus => 1.0,
            Precession::Minus => -1.0,
        }
    }
}

/// Echo times with the phasor of fat at each of them.
#[derive(Debug, Clone)]
pub struct EchoModel {
    /// Echo times, s, increasing.
    pub times_s: Vec<f64>,
    /// Phasor of fat relative to water at each echo.
    pub fat: Vec<Complex64>,
    /// Smallest echo spacing, s; a field phase of 2 pi is one turn over it.
    pub spacing_s: f64,
    /// True where all spacings are equal: the residual is periodic in the field.
    pub uniform: bool,
    /// Frequency of the main peak of fat relative to water, Hz (negative for the usual sign).
    pub shift_hz: f64,
}

/// Spacings that differ by less than this are equal, s: well under what turns a phase by a noticeable angle.
const EQUAL_SPACING_S: f64 = 2e-6;
/// Closer than this to whole turns of fat from echo to echo, water and fat look alike.
const NEAREST_TO_WHOLE: f64 = 0.1;

impl EchoModel {
    /// The model at echo times (ms) and field strength (T).
    ///
    /// # Errors
    /// [`DixonError::EchoTimes`] where the times do not increase or water and fat cannot be told apart at them.
    pub fn new(
        echo_times_ms: &[f64],
        field_t: f64,
        fat_model: &FatModel,
        precession: Precession,
    ) -> Result<Self, DixonError> {
        let times_s: Vec<f64> = echo_times_ms.iter().map(|ms| ms * 1e-3).collect();
        let spacings: Vec<f64> = times_s.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let refused = |problem: String| {
            let remedy = "give the echo times in ms, increasing, in the order of the echoes".to_owned();
            Err(DixonError::EchoTimes { problem, remedy })
        };
        if spacings.is_empty() || spacings.iter().any(|&spacing| spacing.is_nan() || spacing <= 0.0) {
            return refused(format!("echo times {echo_times_ms:?} ms do not increase"));
        }
        let smallest = spacings.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = spacings.iter().copied().fold(0.0, f64::max);
        let uniform = largest - smallest < EQUAL_SPACING_S;
        let mean = (times_s[times_s.len() - 1] - times_s[0]) / spacings.len() as f64;
        let fat = echo_times_ms.iter().map(|&ms| {
            let [re, im] = fat_model.phasor(ms, field_t);
            Complex64::new(re, precession.sign() * im)
        });
        Ok(EchoModel {
            fat: fat.collect(),
            spacing_s: if uniform { mean } else { smallest },
            uniform,
            shift_hz: precession.sign() * fat_model.main_shift_hz(field_t),
            times_s,
        })
    }

    /// Number of echoes.
    pub fn n_echoes(&self) -> usize {
        self.times_s.len()
    }

    /// Field phase (rad a spacing) of a field in Hz.
    pub fn phase_of_hz(&self, hz: f64) -> f64 {
        2.0 * PI * hz * self.spacing_s
    }

    /// Field in Hz of a field phase (rad a spacing).
    pub fn hz_of_phase(&self, phase: f64) -> f64 {
        phase / (2.0 * PI * self.spacing_s)
    }

    /// Turns of fat against water from one echo to the next, modulo 1, in [0, 1).
    pub fn fat_turns_a_spacing(&self) -> f64 {
        (self.shift_hz.abs() * self.spacing_s).rem_euclid(1.0)
    }

    /// Refuses echo times at which water and fat cannot be told apart, since fat turns by nearly whole turns against water
    /// from each echo to the next; warns where a swap has a perfect twin.
    ///
    /// # Errors
    /// [`DixonError::EchoTimes`].
    pub fn check_spacing(&self) -> Result<Option<Warning>, DixonError> {
        let turns = |pair: &[f64]| (self.shift_hz.abs() * (pair[1] - pair[0])).rem_euclid(1.0);
        // one spacing that tells them apart is enough
        if !self.times_s.windows(2).any(|pair| (NEAREST_TO_WHOLE..=1.0 - NEAREST_TO_WHOLE).contains(&turns(pair))) {
            let spacings: Vec<String> = self
                .times_s
                .windows(2)
                .map(|pair| format!("{:.2} ({:.3} ms)", turns(pair), 1e3 * (pair[1] - pair[0])))
                .collect();
            return Err(DixonError::EchoTimes {
                problem: format!(
                    "fat turns {} of a full turn against water from echo to echo; below 0.1 or above 0.9 water and fat cannot \
                     be told apart",
                    if self.uniform { spacings[0].clone() } else { spacings.join(", ") }
                ),
                remedy: "check the echo times and the field strength; these echoes do not hold a fat fraction"
                    .to_owned(),
            });
        }
        let turns = self.fat_turns_a_spacing();
        Ok((self.uniform && (turns - 0.5).abs() <= 0.03).then(|| {
            Warning::new(
                "half-turn-spacing",
                format!(
                    "at an echo spacing of {:.3} ms fat turns {turns:.2} of a full turn against water: \
                     only the small peaks of fat and the neighbourhood tell a voxel from its swapped twin",
                    1e3 * self.spacing_s
                ),
            )
        }))
    }

    /// The projection `P(R)` onto water and fat at one R2* (1/s), row by row.
    ///
    /// # Errors
    /// [`DixonError::EchoTimes`] where the columns of water and fat are the same to within rounding.
    pub fn projection(&self, r2star: f64) -> Result<Vec<Complex64>, DixonError> {
        let decay: Vec<f64> = self.times_s.iter().map(|t| (-r2star * t).exp()).collect();
        let mut normal = Normal::default();
        for (&d, &a) in decay.iter().zip(&self.fat) {
            normal.add(d * d, a);
        }
        let Some(inverse) = normal.inverse() else {
            return Err(DixonError::EchoTimes {
                problem: "water and fat have the same phase at every echo".to_owned(),
                remedy: "echoes at which fat stands differently to water are needed".to_owned(),
            });
        };
        let n = self.n_echoes();
        let mut projection = vec![Complex64::default(); n * n];
        for row in 0..n {
            for column in 0..n {
                // [1, a_row] (A^H A)^-1 [1, conj a_column]^T, decayed on both sides
                let [w, f] = inverse.apply(Complex64::from(1.0), self.fat[column].conj());
                projection[row * n + column] = (w + self.fat[row] * f) * (decay[row] * decay[column]);
            }
        }
        Ok(projection)
    }
}

/// The 2x2 normal matrix `A^H A` of water and fat.
#[derive(Debug, Clone, Copy, Default)]
pub struct Normal {
    water: f64,
    cross: Complex64,
    fat: f64,
}

/// Inverse of [`Normal`], Hermitian.
#[derive(Debug, Clone, Copy)]
pub struct NormalInverse {
    /// Element of water and water.
    pub water: f64,
    /// Element of water and fat.
    pub cross: Complex64,
    /// Element of fat and fat.
    pub fat: f64,
}

impl Normal {
    /// Adds an echo with squared decay `weight` and fat phasor `a`.
    #[inline]
    pub fn add(&mut self, weight: f64, a: Complex64) {
        self.water += weight;
        self.cross += a * weight;
        self.fat += weight * a.norm_sqr();
    }

    /// The inverse; `None` where water and fat are the same at all echoes.
    #[inline]
    pub fn inverse(&self) -> Option<NormalInverse> {
        let determinant = self.water * self.fat - self.cross.norm_sqr();
        (determinant > 1e-9 * self.water * self.fat).then(|| NormalInverse {
            water: self.fat / determinant,
            cross: -self.cross / determinant,
            fat: self.water / determinant,
        })
    }
}

impl NormalInverse {
    /// The product with a vector of water and fat.
    #[inline]
    pub fn apply(&self, water: Complex64, fat: Complex64) -> [Complex64; 2] {
        [water * self.water + self.cross * fat, self.cross.conj() * water + fat * self.fat]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projection_keeps_water_and_fat_and_is_idempotent() {
        let times = [1.2, 2.2, 3.3, 4.1, 5.2];
        let model = EchoModel::new(&times, 3.0, &FatModel::default(), Precession::Plus).unwrap();
        let (n, r) = (5, 47.0);
        let projection = model.projection(r).unwrap();
        let signal: Vec<Complex64> = (0..n)
            .map(|e| {
                (Complex64::new(0.3, 0.4) + Complex64::new(-0.2, 0.9) * model.fat[e]) * (-r * model.times_s[e]).exp()
            })
            .collect();
        for row in 0..n {
            let kept: Complex64 = (0..n).map(|column| projection[row * n + column] * signal[column]).sum();
            assert!((kept - signal[row]).norm() < 1e-12);
            for column in 0..n {
                let squared: Complex64 = (0..n).map(|k| projection[row * n + k] * projection[k * n + column]).sum();
                assert!((squared - projection[row * n + column]).norm() < 1e-12);
            }
        }
    }

    #[test]
    fn spacings_of_whole_turns_are_refused_even_where_they_are_not_equal() {
        let check =
            |times: &[f64]| EchoModel::new(times, 3.0, &FatModel::default(), Precession::Plus).unwrap().check_spacing();
        for times in [&[2.3, 4.6, 6.9][..], &[2.3, 4.6, 6.95, 9.2], &[1.0, 1.1, 1.2, 1.3], &[1.0, 1.1, 1.25]] {
            assert!(check(times).unwrap_err().to_string().contains("cannot be told apart"), "{times:?}");
        }
        assert_eq!(check(&[1.2, 2.2, 3.2]).unwrap(), None);
        assert_eq!(check(&[2.3, 4.6, 5.6]).unwrap(), None);
        assert_eq!(check(&[1.15, 2.30, 3.45]).unwrap().unwrap().slug, "half-turn-spacing");
    }

    #[test]
    fn echo_times_that_do_not_increase_are_refused() {
        for times in [&[1.0, 1.0, 2.0][..], &[2.0, 1.0, 3.0], &[1.0], &[1.0, f64::NAN, 2.0]] {
            assert!(EchoModel::new(times, 3.0, &FatModel::default(), Precession::Plus).is_err(), "{times:?}");
        }
    }
}
