//! The spectrum of fat: chemical shifts and relative amplitudes of its peaks, as data.
//!
//! Shifts are in ppm from water (negative = lower frequency than water), amplitudes are normalised to a sum of 1 when a
//! model is made, so that a table that sums to 0.999 biases nothing. The phasor of fat relative to water at echo time t
//! is `a(t) = sum_p alpha_p exp(i 2 pi f_p t)`, `f_p = 42.577 MHz/T * B0 * delta_p`.
//!
//! Sources: Ren 2008 (doi:10.1194/jlr.D700041-JLR200), Hamilton 2011 (doi:10.1002/nbm.1622), the ISMRM fat-water
//! toolbox, Zhong 2014 (doi:10.1002/mrm.25054).
//! Limits: transverse relaxation within the line shape of fat is not modelled; the choice of a model moves a multi-echo
//! fat fraction by about 2 points, so it is recorded with every output.

use super::DixonError;
use std::f64::consts::PI;

/// Gyromagnetic ratio of the proton over 2 pi, MHz/T.
pub const GAMMA_BAR_MHZ_PER_T: f64 = 42.577;

/// A fat model as printed: name, shifts (ppm from water), amplitudes, source.
struct Preset {
    name: &'static str,
    shifts_ppm: &'static [f64],
    amplitudes: &'static [f64],
    source: &'static str,
}

const NINE_SHIFTS: [f64; 9] = [-3.80, -3.40, -3.10, -2.68, -2.46, -1.95, -0.50, 0.49, 0.59];

const PRESETS: [Preset; 5] = [
    Preset {
        name: "ren-marrow-9",
        shifts_ppm: &NINE_SHIFTS,
        amplitudes: &[0.08991, 0.58342, 0.05994, 0.08492, 0.05994, 0.01499, 0.03996, 0.00999, 0.05694],
        source: "doi:10.1194/jlr.D700041-JLR200",
    },
    Preset {
        name: "hamilton-liver-9",
        shifts_ppm: &NINE_SHIFTS,
        amplitudes: &[0.088, 0.642, 0.058, 0.062, 0.058, 0.006, 0.039, 0.010, 0.037],
        source: "doi:10.1002/nbm.1622",
    },
    Preset {
        name: "hernando-6",
        shifts_ppm: &[-3.80, -3.40, -2.60, -1.94, -0.39, 0.60],
        amplitudes: &[0.087, 0.693, 0.128, 0.004, 0.039, 0.048],
        source: "ISMRM fat-water toolbox",
    },
    Preset {
        name: "zhong-7",
        shifts_ppm: &[-3.73, -3.33, -3.04, -2.60, -2.38, -1.86, 0.68],
        amplitudes: &[0.08, 0.63, 0.07, 0.09, 0.07, 0.02, 0.04],
        source: "doi:10.1002/mrm.25054",
    },
    Preset { name: "single", shifts_ppm: &[-3.40], amplitudes: &[1.0], source: "one peak" },
];

/// Peaks of fat: shifts in ppm from water and amplitudes that sum to 1.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct FatModel {
    /// Name that is recorded with the outputs.
    pub name: String,
    /// Chemical shifts in ppm from water.
    pub shifts_ppm: Vec<f64>,
    /// Relative amplitudes, sum 1.
    pub amplitudes: Vec<f64>,
    /// Where the numbers come from.
    pub source: String,
}

/// How the fat phasor stands to water at an echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Fat within 60 degrees of water.
    In,
    /// Fat within 60 degrees of opposition.
    Opposed,
    /// Neither.
    Between,
}

impl FatModel {
    /// Names of the built-in models, the default first.
    pub fn names() -> Vec<&'static str> {
        PRESETS.iter().map(|preset| preset.name).collect()
    }

    /// A built-in model by its name.
    ///
    /// # Errors
    /// [`DixonError::UnknownFatModel`] with the names that exist.
    pub fn named(name: &str) -> Result<Self, DixonError> {
        PRESETS
            .iter()
            .find(|preset| preset.name == name)
            .map(FatModel::from_preset)
            .ok_or_else(|| DixonError::UnknownFatModel { name: name.to_owned(), known: Self::names() })
    }

    /// A model of one's own: shifts in ppm from water, amplitudes in any unit.
    ///
    /// # Errors
    /// [`DixonError::BadFatModel`] where the lists differ in length or are empty, an amplitude is not positive, or the main
    /// peak does not lie where fat lies relative to water.
    pub fn custom(name: &str, shifts_ppm: &[f64], amplitudes: &[f64], source: &str) -> Result<Self, DixonError> {
        let refused = |problem: String| Err(DixonError::BadFatModel { name: name.to_owned(), problem });
        if shifts_ppm.is_empty() || shifts_ppm.len() != amplitudes.len() {
            return refused(format!("{} shifts and {} amplitudes", shifts_ppm.len(), amplitudes.len()));
        }
        if amplitudes.iter().any(|a| !a.is_finite() || *a <= 0.0) || shifts_ppm.iter().any(|s| !s.is_finite()) {
            return refused("amplitudes must be positive numbers, shifts numbers".to_owned());
        }
        let sum: f64 = amplitudes.iter().sum();
        let model = FatModel {
            name: name.to_owned(),
            shifts_ppm: shifts_ppm.to_vec(),
            amplitudes: amplitudes.iter().map(|a| a / sum).collect(),
            source: source.to_owned(),
        };
        let main = model.main_shift_hz(1.0) / GAMMA_BAR_MHZ_PER_T;
        if !(-4.0..=-2.8).contains(&main) {
            return refused(format!("its main peak lies at {main:+.2} ppm, that of fat at -3.4 ppm from water"));
        }
        Ok(model)
    }

    fn from_preset(preset: &Preset) -> Self {
        let sum: f64 = preset.amplitudes.iter().sum();
        FatModel {
            name: preset.name.to_owned(),
            shifts_ppm: preset.shifts_ppm.to_vec(),
            amplitudes: preset.amplitudes.iter().map(|a| a / sum).collect(),
            source: preset.source.to_owned(),
        }
    }

    /// Real and imaginary part of the fat phasor relative to water at an echo time (ms) and field strength (T).
    pub fn phasor(&self, echo_ms: f64, field_t: f64) -> [f64; 2] {
        let mut sum = [0.0; 2];
        for (shift, amplitude) in self.shifts_ppm.iter().zip(&self.amplitudes) {
            // MHz * ppm = Hz; ms to s
            let angle = 2.0 * PI * GAMMA_BAR_MHZ_PER_T * field_t * shift * echo_ms * 1e-3;
            sum[0] += amplitude * angle.cos();
            sum[1] += amplitude * angle.sin();
        }
        sum
    }

    /// `[b, c]` of the squared magnitude of one unit of water and fat, fat fraction p: `|1 - p + p a|^2 = 1 + 2 p b + p^2 c`,
    /// at an echo time (ms) and field strength (T).
    pub fn squared_shape(&self, echo_ms: f64, field_t: f64) -> [f64; 2] {
        let [re, im] = self.phasor(echo_ms, field_t);
        [re - 1.0, (re - 1.0).powi(2) + im * im]
    }

    /// Frequency of the largest peak relative to water, Hz, at a field strength (T); negative below water.
    pub fn main_shift_hz(&self, field_t: f64) -> f64 {
        let largest = self.shifts_ppm.iter().zip(&self.amplitudes).max_by(|a, b| a.1.total_cmp(b.1));
        largest.map_or(0.0, |(shift, _)| GAMMA_BAR_MHZ_PER_T * field_t * shift)
    }

    /// Whether water and fat are in phase, opposed, or neither at an echo time (ms) and field strength (T).
    pub fn phase_at(&self, echo_ms: f64, field_t: f64) -> Phase {
        let [re, im] = self.phasor(echo_ms, field_t);
        match im.atan2(re).abs() {
            angle if angle <= PI / 3.0 => Phase::In,
            angle if angle >= PI * 2.0 / 3.0 => Phase::Opposed,
            _ => Phase::Between,
        }
    }
}

impl Default for FatModel {
    /// The nine peaks of bone marrow fat (Ren 2008).
    fn default() -> Self {
        FatModel::from_preset(&PRESETS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amplitudes_sum_to_one_in_every_preset() {
        for name in FatModel::names() {
            let model = FatModel::named(name).unwrap();
            assert!((model.amplitudes.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{name}");
            assert_eq!(model.shifts_ppm.len(), model.amplitudes.len(), "{name}");
        }
        assert_eq!(FatModel::default(), FatModel::named("ren-marrow-9").unwrap());
    }

    #[test]
    fn a_model_of_ones_own_is_normalised_and_one_in_ppm_of_tms_is_refused() {
        let model = FatModel::custom("mine", &[-3.4, 0.6], &[9.0, 1.0], "measured").unwrap();
        assert_eq!(model.amplitudes, [0.9, 0.1]);
        let error = FatModel::custom("tms", &[1.3, 5.3], &[9.0, 1.0], "measured").unwrap_err();
        assert!(error.to_string().contains("+1.30 ppm"), "{error}");
        assert!(FatModel::custom("odd", &[-3.4], &[1.0, 2.0], "").is_err());
    }

    #[test]
    fn a_single_peak_opposes_after_half_a_period() {
        let model = FatModel::named("single").unwrap();
        let period_ms = 1e3 / (GAMMA_BAR_MHZ_PER_T * 1.5 * 3.40);
        let [re, im] = model.phasor(period_ms / 2.0, 1.5);
        assert!((re + 1.0).abs() < 1e-12 && im.abs() < 1e-12);
        assert_eq!(model.phase_at(period_ms, 1.5), Phase::In);
        assert_eq!(model.phase_at(0.25 * period_ms, 1.5), Phase::Between);
    }

    #[test]
    fn usual_echo_times_are_recognised_with_all_models() {
        for name in FatModel::names() {
            let model = FatModel::named(name).unwrap();
            assert_eq!(model.phase_at(1.23, 3.0), Phase::Opposed, "{name}");
            assert_eq!(model.phase_at(2.46, 3.0), Phase::In, "{name}");
            assert_eq!(model.phase_at(4.6, 1.5), Phase::In, "{name}");
            assert_eq!(model.phase_at(2.3, 1.5), Phase::Opposed, "{name}");
        }
    }

    #[test]
    fn an_unknown_model_is_refused_with_the_known_ones() {
        use crate::error::{Exit, Failure};
        let error = FatModel::named("liver").unwrap_err();
        assert_eq!(error.exit(), Exit::Usage);
        assert!(error.remedy().unwrap().contains("ren-marrow-9"));
    }
}
