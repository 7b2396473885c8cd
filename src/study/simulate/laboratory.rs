//! Laboratory and response of a simulated patient: the rows of `clinical.csv`.
//!
//! The physician's category at `end` fits the columns by the IMWG rules (Kumar 2016, doi:10.1016/S1470-2045(16)30206-6)
//! as far as these columns go: the values are drawn from the category, not the other way round. No value at `end` is a
//! progression from the lowest one before it unless the category is PD.

use super::cohort::{FollowUp, Patient};
use super::noise::{Purpose, StreamName, normal, normal_within, uniform};
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Columns of `clinical.csv`.
pub(crate) const COLUMNS: [&str; 31] = [
    "subject",
    "session",
    "days_from_baseline",
    "age_years",
    "sex",
    "isotype",
    "fish_high_risk",
    "m_protein_serum_g_dl",
    "m_protein_urine_mg_24h",
    "ife_serum",
    "ife_urine",
    "flc_kappa_mg_l",
    "flc_lambda_mg_l",
    "flc_assay",
    "clonal_cells",
    "b2m_mg_l",
    "albumin_g_dl",
    "ldh_u_l",
    "ldh_uln",
    "hb_g_dl",
    "marrow_plasma_pct",
    "plasmacytoma_spd_mm2",
    "new_lesion",
    "regimen",
    "g_csf",
    "transfusion",
    "steroids",
    "radiotherapy",
    "scanner",
    "protocol",
    "best_response",
];

/// Response category of a patient at the end of chemotherapy and the factors on M protein that go with it.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    category: &'static str,
    /// Serum M protein over baseline after two cycles and at the end.
    serum: [f64; 2],
    /// Urine M protein over baseline, likewise.
    urine: [f64; 2],
}

fn outcome(rng: &mut ChaCha8Rng, patient: &Patient) -> Outcome {
    let two_cycles = patient.laboratory.m_protein;
    let u = uniform(rng, 0.0, 1.0);
    if patient.responder {
        let (category, end) = match u {
            u if u < 0.20 => ("sCR", 0.0),
            u if u < 0.45 => ("CR", 0.0),
            _ => ("VGPR", uniform(rng, 0.02, 0.085).min(0.9 * two_cycles)),
        };
        return Outcome { category, serum: [two_cycles, end], urine: [two_cycles, 0.5 * end] };
    }
    // a patient who gets worse after having got better would be in progression: the end follows the second cycle
    match two_cycles {
        f if f < 0.60 || (f < 0.75 && u < 0.6) => {
            let end = (f * uniform(rng, 0.7, 1.0)).clamp(0.13, 0.45);
            Outcome { category: "PR", serum: [f.max(0.12), end], urine: [f.min(0.9), 0.05] }
        }
        f if f < 0.90 => {
            let end = (f * uniform(rng, 0.85, 1.0)).clamp(0.56, 0.72);
            Outcome { category: "MR", serum: [f, end], urine: [0.6, 0.35] }
        }
        f if f < 1.20 => Outcome { category: "SD", serum: [f, f.clamp(0.92, 1.15)], urine: [1.0, 0.95] },
        f => Outcome { category: "PD", serum: [f, f * uniform(rng, 1.15, 1.30)], urine: [1.05, 1.10] },
    }
}

/// Rows of one patient in the order of [`COLUMNS`]; a missing value is empty.
pub(crate) fn rows(patient: &Patient, seed: u64) -> Vec<Vec<String>> {
    let mut rng = StreamName { image: 1, ..StreamName::of_patient(Purpose::Course, patient.number) }.rng(seed);
    let rng = &mut rng;
    let outcome = outcome(rng, patient);
    let is_complete = matches!(outcome.category, "sCR" | "CR");
    let age = normal_within(rng, 68.5, 9.0, 38.0, 88.0);
    let pick = |rng: &mut ChaCha8Rng, of: &[&'static str]| of.choose(rng).copied().unwrap_or_default();
    let sex = pick(rng, &["F", "M"]);
    let isotype = pick(rng, &["IgG", "IgG", "IgG", "IgA"]);
    let regimen = pick(rng, &["VMP", "Rd", "VRd", "DRd"]);
    let scanner = pick(rng, &["simulated-3T-A", "simulated-3T-B"]);
    let kappa_involved = uniform(rng, 0.0, 1.0) < 0.65;
    let high_risk = uniform(rng, 0.0, 1.0) < 0.22;
    let g_csf = u8::from(uniform(rng, 0.0, 1.0) < 0.15);
    let transfusion = u8::from(uniform(rng, 0.0, 1.0) < 0.12);
    // measurable disease: serum M protein of at least 1 g/dL (2 where progression must exceed 0.5 g/dL)
    let least = if outcome.category == "PD" { 2.2 } else { 1.2 };
    let serum = normal(rng, 3.0_f64.ln(), 0.45).exp().clamp(least, 7.5);
    let urine = if uniform(rng, 0.0, 1.0) < 0.35 { uniform(rng, 220.0, 1500.0) } else { uniform(rng, 0.0, 120.0) };
    let involved = normal(rng, 350.0_f64.ln(), 0.9).exp().clamp(60.0, 4000.0);
    let other = uniform(rng, 3.0, 12.0);
    let (b2m, albumin) =
        (normal(rng, 3.8_f64.ln(), 0.40).exp().clamp(1.4, 18.0), normal_within(rng, 3.6, 0.5, 2.2, 4.8));
    let (ldh, hb) = (normal(rng, 195.0_f64.ln(), 0.25).exp(), normal_within(rng, 10.4, 1.6, 6.8, 14.8));
    let marrow = normal(rng, 38.0_f64.ln(), 0.5).exp().clamp(12.0, 90.0);
    let marrow_end = match outcome.category {
        "sCR" | "CR" => uniform(rng, 0.5, 4.0),
        "VGPR" => uniform(rng, 2.0, 8.0),
        "PR" => 0.35 * marrow,
        "MR" => 0.70 * marrow,
        "SD" => marrow,
        _ => (1.1 * marrow).min(95.0),
    };
    let (days, days_end) = (uniform(rng, 52.0, 75.0).round(), uniform(rng, 170.0, 260.0).round());

    let mut rows = Vec::new();
    for (n, session) in ["baseline", "cycle2", "end"].into_iter().enumerate() {
        if session == "cycle2" && patient.follow_up == FollowUp::Missing {
            continue;
        }
        // share of the way from the second cycle to the end that the slow markers go on
        let [serum_factor, urine_factor] = [outcome.serum, outcome.urine].map(|f| if n == 0 { 1.0 } else { f[n - 1] });
        let power = [0.0, 1.0, 1.2][n];
        let clean = is_complete && session == "end";
        let flc = if clean { 1.3 * other } else { (involved * serum_factor).max(1.8 * other) };
        let flc = if outcome.category == "sCR" && session == "end" { 1.1 * other } else { flc };
        let (kappa, lambda) = if kappa_involved { (flc, other) } else { (other, flc) };
        let number = |value: f64, decimals: usize| format!("{value:.decimals$}");
        let flag = |value: u8| value.to_string();
        let immunofixation = |clean: bool| (if clean { "negative" } else { "positive" }).to_owned();
        let urine_now = urine * urine_factor;
        let urine_now = if outcome.category == "VGPR" && session == "end" { urine_now.min(60.0) } else { urine_now };
        rows.push(vec![
            patient.id(),
            session.to_owned(),
            number([0.0, days, days_end][n], 0),
            number(age, 0),
            sex.to_owned(),
            isotype.to_owned(),
            (if high_risk { "yes" } else { "no" }).to_owned(),
            number(if clean { 0.0 } else { serum * serum_factor }, 2),
            number(if clean { 0.0 } else { urine_now }, 0),
            immunofixation(clean),
            immunofixation(clean || urine < 20.0),
            number(kappa, 1),
            number(lambda, 1),
            "freelite".to_owned(),
            if clean { flag(u8::from(outcome.category != "sCR")) } else { flag(1) },
            number((b2m * patient.laboratory.b2m.powf(power)).max(0.9), 2),
            number((albumin * (1.0 + 0.03 * power)).min(5.0), 1),
            number(ldh * (1.0 - 0.05 * power), 0),
            "245".to_owned(),
            number((hb * patient.laboratory.hb.powf(power)).clamp(6.5, 16.5), 1),
            match session {
                "baseline" => number(marrow, 1),
                "end" => number(marrow_end, 1),
                _ => String::new(),
            },
            "0".to_owned(),
            flag(0),
            regimen.to_owned(),
            flag(if n == 0 { 0 } else { g_csf }),
            flag(transfusion),
            flag(u8::from(n > 0)),
            flag(0),
            scanner.to_owned(),
            "simulated-1".to_owned(),
            if session == "end" { outcome.category.to_owned() } else { String::new() },
        ]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::simulate::cohort::draw_patients;
    use crate::study::simulate::options::SimulateOptions;

    fn value(row: &[String], column: &str) -> f64 {
        let at = COLUMNS.iter().position(|name| *name == column).unwrap();
        row[at].parse().unwrap()
    }

    #[test]
    fn the_category_fits_the_m_protein_and_the_group() {
        let options = SimulateOptions { subjects: 300, responders: 100, ..SimulateOptions::default() };
        for patient in draw_patients(&options) {
            let rows = rows(&patient, options.seed);
            let end = rows.last().unwrap();
            let category = end.last().unwrap().as_str();
            assert_eq!(patient.responder, ["sCR", "CR", "VGPR"].contains(&category), "{category}");
            let serum: Vec<f64> = rows.iter().map(|row| value(row, "m_protein_serum_g_dl")).collect();
            let fall = 1.0 - serum.last().unwrap() / serum[0];
            let lowest = serum[..serum.len() - 1].iter().copied().fold(f64::INFINITY, f64::min);
            let risen = serum.last().unwrap() - lowest;
            let is_progression = risen >= 0.5 && risen >= 0.25 * lowest;
            let expected = match category {
                "sCR" | "CR" => fall == 1.0 && value(end, "marrow_plasma_pct") < 5.0,
                "VGPR" => (0.9..1.0).contains(&fall) && value(end, "m_protein_urine_mg_24h") < 100.0,
                "PR" => (0.5..0.9).contains(&fall) && value(end, "m_protein_urine_mg_24h") < 200.0,
                "MR" => (0.25..0.5).contains(&fall),
                "SD" => fall < 0.25 && fall > -0.25,
                _ => fall <= -0.25 && serum.last().unwrap() - serum[0] >= 0.5,
            };
            assert!(expected, "{category}: {serum:?}");
            assert!(category == "PD" || !is_progression, "{category}: {serum:?}");
        }
    }
}
