//! Who is in the simulated study and how each patient's markers run: group, baseline, change.
//!
//! A marker's change is `shift + spread * e`, where e has variance 1 within a group and mean 0 among the others; the
//! CR/VGPR group is moved by the effect size in the published direction (Takasu 2020, doi:10.1371/journal.pone.0229607:
//! M protein, beta2-microglobulin and tDV down; FF, ADC and haemoglobin up). A common depth of response ties the markers
//! of a patient together within the group. Baselines and spreads are assumptions.

use super::noise::{Purpose, StreamName, normal, normal_within, uniform};
use super::options::SimulateOptions;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Correlation of each marker's change with the depth of response of the patient.
const SHARED: f64 = 0.6;

/// What is there of the second visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FollowUp {
    /// Images and laboratory.
    Complete,
    /// Laboratory only.
    LaboratoryOnly,
    /// Neither.
    Missing,
}

/// Imaging markers of a patient at one imaging session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Markers {
    /// Proton density fat fraction of normal-looking lumbar marrow, 0-1 (mean over levels, before level differences).
    pub marrow_fat: f64,
    /// Marrow signal over muscle at b = 900.
    pub marrow_ratio: f64,
    /// Marrow ADC, um2/s.
    pub marrow_adc: f64,
    /// Mean ADC of lesions, um2/s.
    pub lesion_adc: f64,
    /// Lesion volume aimed at, mL; the truth is what is placed.
    pub lesion_ml: f64,
}

/// Change of the laboratory markers from baseline to two cycles, as factors, before rounding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LaboratoryCourse {
    /// Factor on serum M protein.
    pub m_protein: f64,
    /// Factor on beta2-microglobulin.
    pub b2m: f64,
    /// Factor on haemoglobin.
    pub hb: f64,
}

/// One simulated patient.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Patient {
    /// Number from 0; the identifier is `number + 1` with three digits.
    pub number: usize,
    /// Reaches CR/VGPR at the end of chemotherapy.
    pub responder: bool,
    /// Has six complex echoes.
    pub has_echoes: bool,
    /// Has zones of dense infiltration beside focal lesions.
    pub diffuse: bool,
    /// What is there of the second visit.
    pub follow_up: FollowUp,
    /// Session (0, 1) at which the water and fat images were exchanged.
    pub swapped_at: Option<usize>,
    /// Fractured lumbar level (0 = L1), which is on the exclusion list.
    pub fractured: Option<usize>,
    /// Markers at baseline and after two cycles.
    pub markers: [Markers; 2],
    /// Laboratory change.
    pub laboratory: LaboratoryCourse,
}

impl Patient {
    /// Identifier without `sub-`.
    pub(crate) fn id(&self) -> String {
        format!("{:03}", self.number + 1)
    }

    /// Number of imaging sessions.
    pub(crate) fn n_imaging(&self) -> usize {
        if self.follow_up == FollowUp::Complete { 2 } else { 1 }
    }
}

/// Draws the patients. Studies of fewer than ten are plain: nobody missing, excluded or swapped.
pub(crate) fn draw_patients(options: &SimulateOptions) -> Vec<Patient> {
    let n = options.subjects;
    let mut rng = StreamName::of_patient(Purpose::Cohort, 0).rng(options.seed);
    let mut order: Vec<usize> = (0..n).collect();
    order.shuffle(&mut rng);
    let responders = &order[..options.responders];
    // those with echoes are whole, so that every form of the fat fraction can be compared in them
    let mut special: Vec<usize> = (SimulateOptions::ECHO_SUBJECTS.min(n)..n).collect();
    special.shuffle(&mut rng);
    let role = |at: usize| (n >= 10).then(|| special.get(at).copied()).flatten();
    let excluded_level = (uniform(&mut rng, 0.0, 5.0) as usize).min(4);
    (0..n)
        .map(|number| {
            let responder = responders.contains(&number);
            let mut rng = StreamName::of_patient(Purpose::Course, number).rng(options.seed);
            let (markers, laboratory, diffuse) = draw_course(&mut rng, responder, options);
            Patient {
                number,
                responder,
                has_echoes: number < SimulateOptions::ECHO_SUBJECTS,
                diffuse,
                follow_up: match Some(number) {
                    it if it == role(0) => FollowUp::LaboratoryOnly,
                    it if it == role(1) => FollowUp::Missing,
                    _ => FollowUp::Complete,
                },
                fractured: (Some(number) == role(2)).then_some(excluded_level),
                swapped_at: (Some(number) == role(3)).then_some(1),
                markers,
                laboratory,
            }
        })
        .collect()
}

/// Baseline and change of one patient's markers.
fn draw_course(
    rng: &mut ChaCha8Rng,
    responder: bool,
    options: &SimulateOptions,
) -> ([Markers; 2], LaboratoryCourse, bool) {
    let effects = &options.effects;
    let depth = normal(rng, 0.0, 1.0);
    let group = f64::from(u8::from(responder));
    let mut change = |effect: f64| {
        let own = normal(rng, 0.0, 1.0);
        group * effect + SHARED * depth + (1.0 - SHARED * SHARED).sqrt() * own
    };
    let ff = (0.00 + 0.30 * change(effects.ff)).exp();
    let m_protein = (-0.15 - 0.60 * change(effects.m_protein)).exp();
    let tdv = (-0.10 - 0.80 * change(effects.tdv)).exp();
    let adc = (0.02 + 0.14 * change(effects.adc)).exp();
    let b2m = (0.02 - 0.28 * change(effects.b2m)).exp();
    let hb = (0.02 + 0.12 * change(effects.hb)).exp();

    let drawn = normal(rng, 18.0_f64.ln(), 0.55).exp().clamp(3.0, 42.0);
    let fat = options.marrow_fat_pct.unwrap_or(drawn) / 100.0;
    let fat_after = (fat * ff).clamp(fat.min(0.015), 0.75);
    // normal marrow 3.2 +- 0.9 times muscle between patients, kept below the rule of mean + 2 SD with room for noise
    let ratio = normal_within(rng, 3.2, 0.9, 1.5, 4.4);
    let ratio_after = (ratio * normal(rng, 0.0, 0.04).exp()).clamp(1.4, 4.4);
    let marrow_adc = (420.0 + 380.0 * (1.0 - fat / 0.45).max(0.0) + normal(rng, 0.0, 70.0)).clamp(350.0, 1000.0);
    let lesion_adc = normal_within(rng, 800.0, 80.0, 620.0, 1000.0);
    let lesion_ml = normal(rng, 80.0_f64.ln(), 0.7).exp().clamp(12.0, 200.0);
    // a large burden is never made of balls alone
    let diffuse = uniform(rng, 0.0, 1.0) < 0.4 && lesion_ml > 50.0 || lesion_ml.max(lesion_ml * tdv) > 120.0;
    let before = Markers { marrow_fat: fat, marrow_ratio: ratio, marrow_adc, lesion_adc, lesion_ml };
    let after = Markers {
        marrow_fat: fat_after,
        marrow_ratio: ratio_after,
        marrow_adc: (marrow_adc * adc).clamp(330.0, 1250.0),
        lesion_adc: (lesion_adc * adc).clamp(560.0, 1300.0),
        lesion_ml: (lesion_ml * tdv).clamp(2.0, 240.0),
    };
    (([before, after]), LaboratoryCourse { m_protein: m_protein.clamp(0.05, 2.5), b2m, hb }, diffuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_study_has_the_promised_exceptions() {
        let patients = draw_patients(&SimulateOptions::default());
        assert_eq!(patients.len(), 50);
        assert_eq!(patients.iter().filter(|p| p.responder).count(), 15);
        assert_eq!(patients.iter().filter(|p| p.has_echoes).count(), 4);
        assert_eq!(patients.iter().filter(|p| p.n_imaging() == 1).count(), 2);
        assert_eq!(patients.iter().filter(|p| p.fractured.is_some()).count(), 1);
        assert_eq!(patients.iter().filter(|p| p.swapped_at.is_some()).count(), 1);
    }

    #[test]
    fn a_patient_does_not_depend_on_how_many_follow() {
        let few = SimulateOptions { subjects: 12, responders: 0, ..SimulateOptions::default() };
        let many = SimulateOptions { subjects: 40, responders: 0, ..SimulateOptions::default() };
        assert_eq!(draw_patients(&few)[5].markers, draw_patients(&many)[5].markers);
    }

    #[test]
    fn an_effect_of_zero_leaves_the_groups_alike() {
        let mut options = SimulateOptions { subjects: 900, responders: 450, ..SimulateOptions::default() };
        let difference = |options: &SimulateOptions| {
            let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
            for p in draw_patients(options) {
                let group = usize::from(p.responder);
                sums[group] += (p.markers[1].lesion_ml / p.markers[0].lesion_ml).ln();
                counts[group] += 1.0;
            }
            sums[1] / counts[1] - sums[0] / counts[0]
        };
        assert!(difference(&options) < -0.5);
        options.effects.tdv = 0.0;
        assert!(difference(&options).abs() < 0.15);
    }
}
