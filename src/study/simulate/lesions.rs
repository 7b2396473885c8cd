//! Where the lesions of a patient lie, how large and how bright they are at each session.
//!
//! Focal lesions are balls, dense infiltration is a bone's shape drawn in from its cortex; all lie within marrow and do
//! not touch, so that their volumes are exact. Brightness is 4 to 10 times muscle at b = 900. A threshold cuts a blurred
//! edge at the true surface only where it lies midway between both sides; brightness is therefore drawn around the
//! mirror image of the patient's marrow in the threshold of the study (`2 * 5.0 - marrow`; a little above, since voxels
//! round off convex shapes), tightly for large lesions
//! and widely for small ones, of which some fall below the threshold. Those count in `truth.csv` as below the rule.

use super::anatomy::{Build, CORTEX_MM};
use super::cohort::Patient;
use super::noise::{Purpose, StreamName, normal, normal_within, uniform};
use super::shapes::{Form, Point};
use rand_chacha::ChaCha8Rng;

/// The rule that the written `study.toml` states; the truth says what it counts.
pub(crate) mod rule {
    /// Times the mean of the muscle reference.
    pub(crate) const RATIO: f64 = 5.0;
    /// ADC window, um2/s.
    pub(crate) const ADC: [f64; 2] = [300.0, 1500.0];
    /// Smallest component, mL.
    pub(crate) const MIN_ML: f64 = 0.5;
}

/// Brightness and ADC of a lesion at one session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LesionState {
    /// Linear size over that at the session where the lesion is largest, 0-1; 0 = gone.
    pub scale: f64,
    /// Signal over muscle at b = 900.
    pub ratio: f64,
    /// ADC, um2/s.
    pub adc: f64,
}

/// A lesion followed over both imaging sessions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lesion {
    /// The bone it lies in.
    pub bone: String,
    /// Shape at its largest.
    pub largest: Form,
    /// Baseline and second visit.
    pub states: [LesionState; 2],
    /// A zone of dense infiltration instead of a focal lesion.
    pub is_zone: bool,
}

/// Balls smaller than this radius (mm) have vanished.
const VANISHED_MM: f64 = 2.5;
/// Distance that a lesion keeps from cortex and from other lesions, mm.
const APART_MM: f64 = 3.0;

impl Lesion {
    /// Shape and state at a session; `None` where it has vanished.
    pub(crate) fn at(&self, session: usize) -> Option<(Form, LesionState)> {
        let state = self.states[session];
        let form = self.largest.inset_scaled(0.0, state.scale)?;
        let thinnest = match &form {
            Form::Ellipsoid { radii, .. } => radii.iter().copied().fold(f64::INFINITY, f64::min),
            _ => f64::INFINITY,
        };
        (thinnest >= VANISHED_MM).then_some((form, state))
    }

    /// True where the rule of the study counts the lesion at that session.
    pub(crate) fn counts(&self, session: usize) -> bool {
        self.at(session).is_some_and(|(form, state)| {
            state.ratio > rule::RATIO
                && (rule::ADC[0]..=rule::ADC[1]).contains(&state.adc)
                && form.volume_ml() >= rule::MIN_ML
        })
    }
}

/// Places the lesions of one patient.
pub(crate) fn place(patient: &Patient, build: &Build, seed: u64) -> Vec<Lesion> {
    let name = StreamName { image: 1, ..StreamName::of_patient(Purpose::Anatomy, patient.number) };
    let mut rng = name.rng(seed);
    let wanted = [0, 1].map(|session| patient.markers[session].lesion_ml);
    let largest = wanted[0].max(wanted[1]);
    let mut lesions: Vec<Lesion> = Vec::new();
    let mut placed = 0.0;
    if patient.diffuse {
        for bone in ["T8", "T9", "T10", "sacrum", "T7", "ilium-right"] {
            let room = 0.5 * largest - placed;
            let Some(zone) = build.bone(bone).and_then(|bone| bone.form.inset_scaled(CORTEX_MM + 3.0, 1.0)) else {
                continue;
            };
            let scale = (room / zone.volume_ml()).cbrt().min(1.0);
            if let Some(zone) = zone.inset_scaled(0.0, scale).filter(|_| scale > 0.45) {
                placed += zone.volume_ml();
                lesions.push(followed(&mut rng, patient, bone, zone, wanted, largest, true));
            }
        }
    }
    for _ in 0..600 {
        if placed >= largest || lesions.len() >= 80 {
            break;
        }
        if let Some((bone, ball)) = try_ball(&mut rng, build, &lesions, largest - placed) {
            placed += ball.volume_ml();
            lesions.push(followed(&mut rng, patient, &bone, ball, wanted, largest, false));
        }
    }
    lesions
}

/// A ball in a bone chosen by volume, if it fits.
fn try_ball(rng: &mut ChaCha8Rng, build: &Build, lesions: &[Lesion], room_ml: f64) -> Option<(String, Form)> {
    let total: f64 = build.bones.iter().map(|bone| bone.form.volume_ml()).sum();
    let mut pick = uniform(rng, 0.0, total);
    let bone = build.bones.iter().find(|bone| {
        pick -= bone.form.volume_ml();
        pick <= 0.0
    })?;
    let is_pelvic = bone.label == 0 || bone.label == 50;
    let drawn = normal(rng, if is_pelvic { 13.0_f64 } else { 9.0 }.ln(), 0.35).exp().clamp(4.5, 20.0);
    let last = (room_ml * 1000.0 * 0.75 / std::f64::consts::PI).cbrt().max(4.5);
    // lumbar lesions stay small: the fat fraction of L1-L5 is mostly that of its marrow
    let cap: f64 = if (41..=45).contains(&bone.label) { 6.0 } else { 20.0 };
    let [low, high] = bone.form.bounds();
    let middle: Point = std::array::from_fn(|a| 0.5 * (low[a] + high[a]));
    let edge = CORTEX_MM + APART_MM;
    let mut radius = drawn.min(last).min(cap).min(0.95 * (bone.form.depth(middle) - edge));
    while radius >= 4.0 {
        for _ in 0..25 {
            let centre: Point = std::array::from_fn(|a| uniform(rng, low[a], high[a]));
            let fits = bone.form.depth(centre) > radius + edge
                && lesions.iter().all(|other| other.largest.depth(centre) < -(radius + APART_MM));
            if fits {
                return Some((bone.name.clone(), Form::ball(centre, radius)));
            }
        }
        radius *= 0.85;
    }
    None
}

/// Gives a lesion its course: size by the patient's tDV, brightness and ADC around the patient's.
fn followed(
    rng: &mut ChaCha8Rng,
    patient: &Patient,
    bone: &str,
    form: Form,
    wanted: [f64; 2],
    largest: f64,
    is_zone: bool,
) -> Lesion {
    let is_large = is_zone || form.volume_ml() > 2.0;
    let brightness = if is_large { normal(rng, 0.15, 0.25) } else { normal_within(rng, 0.0, 1.3, -2.5, 3.0) };
    let own_adc = normal(rng, 0.0, 0.06).exp();
    let mut states = [0, 1].map(|session| {
        let markers = &patient.markers[session];
        let wobble = normal(rng, 0.0, 0.04).exp();
        LesionState {
            scale: ((wanted[session] / largest).cbrt() * wobble).min(1.0),
            ratio: (2.0 * rule::RATIO - markers.marrow_ratio + brightness).clamp(4.0, 10.0),
            adc: (markers.lesion_adc * own_adc).clamp(500.0, 1400.0),
        }
    });
    // a small treated lesion may fade below the threshold before it shrinks
    if !is_large && patient.responder && uniform(rng, 0.0, 1.0) < 0.25 {
        states[1].ratio = uniform(rng, 4.0, 4.9);
    }
    Lesion { bone: bone.to_owned(), largest: form, states, is_zone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::simulate::cohort::draw_patients;
    use crate::study::simulate::options::SimulateOptions;

    #[test]
    fn lesions_lie_in_marrow_apart_from_each_other_and_near_the_volume_asked_for() {
        for patient in draw_patients(&SimulateOptions::default()).iter().take(12) {
            let build = Build::draw(patient, 1);
            let lesions = place(patient, &build, 1);
            for (n, lesion) in lesions.iter().enumerate() {
                assert!((4.0..=10.0).contains(&lesion.states[0].ratio));
                let Form::Ellipsoid { centre, radii } = &lesion.largest else { continue };
                if lesion.is_zone {
                    continue;
                }
                assert!(build.bone(&lesion.bone).unwrap().form.depth(*centre) > radii[0] + CORTEX_MM);
                for other in &lesions[..n] {
                    assert!(other.largest.depth(*centre) < -radii[0]);
                }
            }
            let placed: f64 = lesions.iter().map(|lesion| lesion.largest.volume_ml()).sum();
            let wanted = patient.markers[0].lesion_ml.max(patient.markers[1].lesion_ml);
            // balls alone run out of room from about 70 mL on; the course of the volume is relative to what was placed
            assert!(placed > 0.5 * wanted && placed < 1.2 * wanted + 1.0, "{placed} of {wanted}");
        }
    }
}
