//! The two answers that the magnitudes of a voxel leave, each with the field that its phases then have.

use crate::dixon::echo_pair::{ASSUMED_R2STAR, EchoPair};
use crate::dixon::multi_echo::source::Source;
use crate::dixon::multi_echo::{Echoes, Params, Precession};
use num_complex::{Complex32, Complex64};
use rayon::prelude::*;

/// What R2* may differ by from an assumed one (standard deviation, 1/s): tissue lies between 20 and 200.
const R2STAR_SD: f64 = 35.0;

/// Both answers of a voxel.
#[derive(Debug, Clone, Copy)]
pub struct Candidates {
    /// Fat fractions, the lower first.
    pub fraction: [f32; 2],
    /// Field phases over the echo spacing, rad.
    pub phase: [f32; 2],
    /// How far the fractions lie beyond 0-1, as a squared residual.
    pub cost: [f32; 2],
    /// Second derivative of a squared residual over the field phase.
    pub curvature: f32,
}

/// What holds for all voxels of one separation.
pub struct Protocol {
    /// The magnitudes as functions of the fat fraction.
    pub pair: EchoPair,
    /// Fat phasor at each echo, in the sign of the phase.
    fat: [Complex64; 2],
    /// Echo times, s.
    pub times_s: [f64; 2],
    /// R2* that is given or assumed, 1/s.
    pub r2star: f64,
    /// Standard deviation of R2*, 1/s.
    r2star_sd: f64,
    variance: f64,
}

impl Protocol {
    /// With a noise variance (of a real or imaginary part).
    pub fn new(echoes: &Echoes<'_>, params: &Params, precession: Precession, variance: f64) -> Self {
        let times_ms = [echoes.echo_times_ms[0], echoes.echo_times_ms[1]];
        let phasor = |ms: f64| {
            let [re, im] = params.fat_model.phasor(ms, echoes.field_t);
            Complex64::new(re, precession.sign() * im)
        };
        Protocol {
            pair: EchoPair::new(&params.fat_model, times_ms, echoes.field_t),
            fat: times_ms.map(phasor),
            times_s: times_ms.map(|ms| 1e-3 * ms),
            r2star: params.r2star.unwrap_or(ASSUMED_R2STAR),
            r2star_sd: if params.r2star.is_some() { 0.0 } else { R2STAR_SD },
            variance,
        }
    }

    /// Variance of the fat fraction at a fraction, for the sum of the inverse squared magnitudes.
    pub fn variance_of(&self, fraction: f64, inverse_squares: f64) -> f64 {
        let of_log_ratio = self.variance * inverse_squares + (self.r2star_sd * self.pair.delay_s).powi(2);
        self.pair.slope(fraction).powi(2) * of_log_ratio
    }

    /// Both answers of a voxel; none where an echo is zero or no number.
    pub fn candidates(&self, signal: &[Complex32]) -> Option<Candidates> {
        let [first, second] = [signal[0], signal[1]].map(|s| Complex64::new(f64::from(s.re), f64::from(s.im)));
        let (a, b) = (first.norm(), second.norm());
        if !(a > 0.0 && b > 0.0) {
            return None;
        }
        let fractions = self.pair.fractions(b / a, self.r2star);
        let turn = second * first.conj();
        let of_log = 1.0 / (a * a) + 1.0 / (b * b);
        let phase = fractions.map(|p| {
            let [one, two] = self.fat.map(|fat| 1.0 - p + p * fat);
            (turn * (two * one.conj()).conj()).arg() as f32
        });
        let cost = fractions.map(|p| {
            let possible = p.clamp(0.0, 1.0);
            (self.variance * (p - possible).powi(2) / self.variance_of(possible, of_log)) as f32
        });
        let fraction = fractions.map(|p| p as f32);
        Some(Candidates { fraction, phase, cost, curvature: (1.0 / of_log) as f32 })
    }
}

/// The answers of every voxel that takes part.
pub fn all(source: &Source<'_>, protocol: &Protocol, taking_part: &[bool]) -> Vec<Option<Candidates>> {
    (0..source.n_voxels())
        .into_par_iter()
        .map_init(Vec::new, |signal, voxel| {
            if !taking_part[voxel] {
                return None;
            }
            source.gather(voxel, signal);
            protocol.candidates(signal)
        })
        .collect()
}
