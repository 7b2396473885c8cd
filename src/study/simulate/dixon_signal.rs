//! Signals of the gradient-echo sequences: water and fat images, in- and opposed-phase, six complex echoes.
//!
//! `s(t) = (W + F sum_p a_p exp(2 pi i f_p t)) exp(2 pi i psi t) exp(-R2* t)`, spoiled steady state for T1. This table
//! of fat peaks and these equations are written out here on purpose and share nothing with `dixon`: an estimator must not
//! be tested against its own model. Peaks: marrow, Ren 2008 (doi:10.1194/jlr.D700041-JLR200), ppm from water,
//! amplitudes normalised to one. The field is that of a voxel's centre (no dephasing within a voxel by the field).

use super::anatomy::GAS;
use super::noise::{Purpose, StreamName, normal};
use super::shapes::Point;
use super::tissue::{T1_FAT_MS, Tissue};
use std::f64::consts::TAU;

/// Complex number, real and imaginary part.
pub(crate) type Complex = [f64; 2];

/// Field strength, T.
pub(crate) const FIELD_T: f64 = 3.0;
/// Repetition time and flip angle of the T1-weighted sequence (water, fat, in-phase, opposed-phase).
pub(crate) const TR_MS: f64 = 8.0;
/// Flip angle, degrees.
pub(crate) const FLIP_DEG: f64 = 5.0;
/// Echo time at which water and the main fat peak are opposed at 3 T, ms.
pub(crate) const TE_OPPOSED_MS: f64 = 1.15;
/// Echo time at which they are in phase, ms.
pub(crate) const TE_IN_MS: f64 = 2.30;
/// Number of echoes of the multi-echo sequence.
pub(crate) const ECHOES: usize = 6;
/// Echo times of the multi-echo sequence, ms. It is simulated without T1 weighting, so that PDFF is its truth.
pub(crate) const TE_ECHOES_MS: [f64; ECHOES] = [1.2, 2.2, 3.2, 4.2, 5.2, 6.2];

const PROTON_MHZ_PER_T: f64 = 42.577_478_518;
/// (ppm from water, relative amplitude)
const FAT_PEAKS: [(f64, f64); 9] = [
    (-3.80, 0.08991),
    (-3.40, 0.58342),
    (-3.10, 0.05994),
    (-2.68, 0.08492),
    (-2.46, 0.05994),
    (-1.95, 0.01499),
    (-0.50, 0.03996),
    (0.49, 0.00999),
    (0.59, 0.05694),
];

/// Dephasing of fat against water at `te_ms`.
fn fat_phasor(te_ms: f64) -> Complex {
    let total: f64 = FAT_PEAKS.iter().map(|(_, amplitude)| amplitude).sum();
    let mut sum = [0.0; 2];
    for (ppm, amplitude) in FAT_PEAKS {
        let cycles = ppm * PROTON_MHZ_PER_T * FIELD_T * te_ms / 1000.0;
        let (sin, cos) = (TAU * cycles).sin_cos();
        sum = [sum[0] + amplitude / total * cos, sum[1] + amplitude / total * sin];
    }
    sum
}

/// Steady-state signal of spins with `t1_ms` over that of fully relaxed ones at the same flip angle.
fn saturation(t1_ms: f64) -> f64 {
    let e1 = (-TR_MS / t1_ms).exp();
    (1.0 - e1) / (1.0 - FLIP_DEG.to_radians().cos() * e1)
}

/// Signals of a pure tissue before receive sensitivity, phase and field.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct DixonSignal {
    /// Protons of water and of fat, without T1 weighting.
    pub protons: [f64; 2],
    /// T1-weighted water.
    pub water: f64,
    /// T1-weighted fat.
    pub fat: f64,
    /// T1-weighted signal at the in-phase echo time.
    pub in_phase: Complex,
    /// T1-weighted signal at the opposed-phase echo time.
    pub opposed: Complex,
    /// Signals of the multi-echo sequence, without T1 weighting.
    pub echoes: [Complex; ECHOES],
}

impl DixonSignal {
    /// Signals of one tissue.
    pub(crate) fn of(tissue: &Tissue) -> Self {
        let (water, fat) = (tissue.spins * (1.0 - tissue.fat), tissue.spins * tissue.fat);
        let (weighted_water, weighted_fat) = (water * saturation(tissue.t1_water), fat * saturation(T1_FAT_MS));
        let at = |water: f64, fat: f64, te_ms: f64| -> Complex {
            let phasor = fat_phasor(te_ms);
            let decay = (-tissue.r2star * te_ms / 1000.0).exp();
            [(water + fat * phasor[0]) * decay, fat * phasor[1] * decay]
        };
        DixonSignal {
            protons: [water, fat],
            water: weighted_water,
            fat: weighted_fat,
            in_phase: at(weighted_water, weighted_fat, TE_IN_MS),
            opposed: at(weighted_water, weighted_fat, TE_OPPOSED_MS),
            echoes: TE_ECHOES_MS.map(|te| at(water, fat, te)),
        }
    }

    /// Adds `share` times another signal: tissues in one voxel.
    pub(crate) fn add(&mut self, share: f64, other: &DixonSignal) {
        let mix = |to: &mut Complex, from: Complex| *to = [to[0] + share * from[0], to[1] + share * from[1]];
        mix(&mut self.protons, other.protons);
        self.water += share * other.water;
        self.fat += share * other.fat;
        mix(&mut self.in_phase, other.in_phase);
        mix(&mut self.opposed, other.opposed);
        for (to, from) in self.echoes.iter_mut().zip(other.echoes) {
            mix(to, from);
        }
    }

    /// Proton density fat fraction, percent.
    pub(crate) fn proton_fat_fraction(&self) -> f64 {
        100.0 * self.protons[1] / (self.protons[0] + self.protons[1])
    }

    /// Signal fat fraction of the T1-weighted water and fat images, percent.
    pub(crate) fn signal_fat_fraction(&self) -> f64 {
        100.0 * self.fat / (self.water + self.fat)
    }

    /// Dropout ratio of the two echoes as they are (R2* decay included), percent.
    pub(crate) fn dropout_ratio(&self) -> f64 {
        let [in_phase, opposed] = [self.in_phase, self.opposed].map(|s| s[0].hypot(s[1]));
        100.0 * (in_phase - opposed) / in_phase
    }
}

/// Receive sensitivity: a spine coil is nearer to the back. One at the centre of L3.
pub(crate) fn sensitivity(p: Point) -> f64 {
    (-(p[1] + 35.0) / 220.0).exp().clamp(0.4, 1.6)
}

/// Field and receive phase of one session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Field {
    linear: Point,
    quadratic: Point,
    offset: f64,
    phase: [f64; 4],
}

impl Field {
    /// The field of one session: what shimming left (within about 150 Hz) and a bubble of gas.
    pub(crate) fn draw(patient: usize, session: usize, seed: u64) -> Field {
        let mut rng = StreamName::of_session(Purpose::Field, patient, session).rng(seed);
        Field {
            linear: std::array::from_fn(|_| normal(&mut rng, 0.0, 25.0)),
            quadratic: std::array::from_fn(|_| normal(&mut rng, 0.0, 20.0)),
            offset: normal(&mut rng, 0.0, 20.0),
            phase: std::array::from_fn(|_| normal(&mut rng, 0.0, 0.8)),
        }
    }

    /// Off-resonance at `p`, Hz. The gas bubble is the dipole of a ball (susceptibility step 9.4 ppm) in a field along z.
    pub(crate) fn hertz(&self, p: Point) -> f64 {
        let [x, y, z] = [p[0] / 100.0, (p[1] + 35.0) / 100.0, p[2] / 100.0];
        let shim = self.offset
            + self.linear[0] * x
            + self.linear[1] * y
            + self.linear[2] * z
            + self.quadratic[0] * x * y
            + self.quadratic[1] * y * y
            + self.quadratic[2] * z * z;
        let (centre, radius) = GAS;
        let d: Point = std::array::from_fn(|a| p[a] - centre[a]);
        let distance = d.iter().map(|v| v * v).sum::<f64>().sqrt().max(radius);
        let dipole = (radius / distance).powi(3) * (3.0 * (d[2] / distance).powi(2) - 1.0);
        shim + 9.4 / 3.0 * PROTON_MHZ_PER_T * FIELD_T * dipole
    }

    /// Receive phase at `p`, radians.
    pub(crate) fn radians(&self, p: Point) -> f64 {
        let [x, y, z] = p.map(|v| v / 100.0);
        self.phase[0] + self.phase[1] * x + self.phase[2] * y + self.phase[3] * (1.5 * z).sin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::simulate::tissue;

    #[test]
    fn t1_weighting_raises_the_fat_fraction_as_the_steady_state_says() {
        let signal = DixonSignal::of(&tissue::marrow(0.30, 3.2, 500.0));
        // by hand: T1 of water 1083.3 ms, of fat 365 ms, TR 8 ms, 5 degrees
        let (water, fat) = (0.70 * 0.660_763, 0.30 * 0.853_445);
        assert!((signal.signal_fat_fraction() - 100.0 * fat / (water + fat)).abs() < 2e-3);
    }

    #[test]
    fn opposed_phase_is_opposed_and_fat_at_time_zero_is_whole() {
        assert!((fat_phasor(0.0)[0] - 1.0).abs() < 1e-12);
        assert!(fat_phasor(TE_OPPOSED_MS)[0] < -0.7);
        assert!(fat_phasor(TE_IN_MS)[0] > 0.6);
        // the main peak lies below the water frequency: its phase runs backwards
        assert!(fat_phasor(0.2)[1] < 0.0);
    }
}
