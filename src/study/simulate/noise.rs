//! Random numbers that depend on the seed alone, and the noise of a magnitude image.
//!
//! Every use draws from its own ChaCha stream, named by patient, session, image and slice, so that neither the number
//! of threads nor the order of the work changes a value. Magnitude noise is Rician (Gudbjartsson & Patz 1995,
//! doi:10.1002/mrm.1910340618): the modulus of the signal plus a complex Gaussian.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::StandardNormal;

/// What a random stream is used for; part of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Purpose {
    /// Groups and the patients who are missing, excluded or swapped.
    Cohort = 0,
    /// Course of one patient: imaging markers and laboratory.
    Course = 1,
    /// Build of one patient and place of the lesions.
    Anatomy = 2,
    /// Receive phase and field of one session.
    Field = 3,
    /// Noise of the image `image`.
    Noise = 4,
}

/// Names one random stream of a study.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamName {
    /// What it is used for.
    pub purpose: Purpose,
    /// Patient number from 0.
    pub patient: usize,
    /// Session number from 0.
    pub session: usize,
    /// Image number within the session.
    pub image: usize,
    /// Slice number within the image.
    pub slice: usize,
}

impl StreamName {
    /// Stream of one patient.
    pub(crate) fn of_patient(purpose: Purpose, patient: usize) -> Self {
        StreamName { purpose, patient, session: 0, image: 0, slice: 0 }
    }

    /// Stream of one session of a patient.
    pub(crate) fn of_session(purpose: Purpose, patient: usize, session: usize) -> Self {
        StreamName { purpose, patient, session, image: 0, slice: 0 }
    }

    /// The generator behind the name.
    pub(crate) fn rng(self, seed: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(
            (self.purpose as u64) << 60
                | ((self.patient as u64) & 0xff_ffff) << 36
                | ((self.session as u64) & 0xf) << 32
                | ((self.image as u64) & 0xffff) << 16
                | (self.slice as u64) & 0xffff,
        );
        rng
    }
}

/// A draw from N(mean, sd).
pub(crate) fn normal(rng: &mut ChaCha8Rng, mean: f64, sd: f64) -> f64 {
    let z: f64 = rng.sample(StandardNormal);
    mean + sd * z
}

/// A draw from N(mean, sd) kept within `[low, high]` by drawing again.
pub(crate) fn normal_within(rng: &mut ChaCha8Rng, mean: f64, sd: f64, low: f64, high: f64) -> f64 {
    for _ in 0..1000 {
        let value = normal(rng, mean, sd);
        if (low..=high).contains(&value) {
            return value;
        }
    }
    mean.clamp(low, high)
}

/// A uniform draw from `[low, high)`.
pub(crate) fn uniform(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Magnitude of `signal` with noise of standard deviation `sigma` per channel; `signal` itself for `sigma` = 0.
pub(crate) fn rician(rng: &mut ChaCha8Rng, signal: f64, sigma: f64) -> f64 {
    if sigma == 0.0 {
        return signal.abs();
    }
    let (re, im): (f64, f64) = (rng.sample(StandardNormal), rng.sample(StandardNormal));
    (signal + sigma * re).hypot(sigma * im)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_their_own_and_repeat() {
        let draw = |patient, slice| -> f64 {
            StreamName { slice, ..StreamName::of_patient(Purpose::Noise, patient) }.rng(7).random()
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(2, 1));
        assert_ne!(draw(1, 2), draw(1, 3));
    }

    #[test]
    fn noise_without_signal_has_the_rayleigh_mean() {
        let mut rng = StreamName::of_patient(Purpose::Noise, 0).rng(1);
        let n = 200_000;
        let mean = (0..n).map(|_| rician(&mut rng, 0.0, 2.0)).sum::<f64>() / f64::from(n);
        assert!((mean - 2.0 * (std::f64::consts::PI / 2.0).sqrt()).abs() < 0.01, "{mean}");
    }
}
