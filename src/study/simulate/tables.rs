//! The tables and texts of a simulated study: clinical data, exclusions, settings, truth, description.

use super::SimulateError;
use super::cohort::Patient;
use super::diffusion_signal::B_VALUES;
use super::laboratory;
use super::options::{Matrix, SimulateOptions};
use super::session::SESSIONS;
use super::truth::TruthRow;
use crate::image::{Overwrite, write_text_atomically};
use crate::study::template;
use serde_json::json;
use std::fmt::Write;
use std::path::Path;

/// Writes everything of the study that is not an image.
pub(crate) fn write(
    study: &Path,
    options: &SimulateOptions,
    patients: &[Patient],
    truths: Vec<((&Patient, usize), Vec<TruthRow>)>,
) -> Result<(), SimulateError> {
    let put = |name: &str, text: &str| write_text_atomically(&study.join(name), text, Overwrite::Refuse);
    put("clinical.csv", &clinical(options, patients))?;
    put("exclusions.csv", &exclusions(patients))?;
    put("truth.csv", &truth(&truths))?;
    put("study.toml", &format!("# simulated study\n{}", template(&SESSIONS.map(str::to_owned))))?;
    put("dataset_description.json", &format!("{:#}\n", description()))?;
    put(
        ".bidsignore",
        "*_dixon.*\n*_mask.nii.gz\n*_dseg.nii.gz\ntruth.csv\nclinical.csv\nexclusions.csv\nstudy.toml\n",
    )?;
    // trace-weighted images have no direction; one file at the top stands for all
    let none = B_VALUES.map(|_| "0").join(" ") + "\n";
    put("dwi.bvec", &none.repeat(3))?;
    put("README", &readme(options))?;
    Ok(())
}

fn clinical(options: &SimulateOptions, patients: &[Patient]) -> String {
    let mut text = laboratory::COLUMNS.join(",") + "\n";
    for row in patients.iter().flat_map(|patient| laboratory::rows(patient, options.seed)) {
        text += &(row.join(",") + "\n");
    }
    text
}

fn exclusions(patients: &[Patient]) -> String {
    let mut text = "subject,session,level,reason\n".to_owned();
    for patient in patients {
        if let Some(level) = patient.fractured {
            text += &format!("{},{},L{},fracture\n", patient.id(), SESSIONS[0], level + 1);
        }
    }
    text
}

fn truth(truths: &[((&Patient, usize), Vec<TruthRow>)]) -> String {
    let mut text = "subject,session,measure,region,statistic,value,unit\n".to_owned();
    for ((patient, session), rows) in truths {
        for TruthRow { measure, region, statistic, value, unit } in rows {
            let (id, session) = (patient.id(), SESSIONS[*session]);
            // writing to a String cannot fail
            let _ = writeln!(text, "{id},{session},{measure},{region},{statistic},{value:.6},{unit}");
        }
    }
    text
}

fn description() -> serde_json::Value {
    json!({
        "Name": "Simulated multiple-myeloma MRI study",
        "BIDSVersion": "1.10.0",
        "DatasetType": "raw",
        "License": "MIT OR Apache-2.0",
        "GeneratedBy": [{"Name": "myelomri simulate", "Version": env!("CARGO_PKG_VERSION")}],
    })
}

/// The command that makes this study again.
fn command(options: &SimulateOptions) -> String {
    let matrix = match options.matrix {
        Matrix::Small => "small".to_owned(),
        Matrix::Full => "full".to_owned(),
        Matrix::Custom([a, b, c]) => format!("{a}x{b}x{c}"),
    };
    let noise = options.snr.map_or("--noise-free".to_owned(), |snr| format!("--snr {snr}"));
    let effects = &options.effects;
    let sizes = [effects.ff, effects.m_protein, effects.tdv, effects.adc, effects.b2m, effects.hb];
    let effects: String =
        super::Effects::MARKERS.iter().zip(sizes).map(|(marker, size)| format!(" --effect {marker}={size}")).collect();
    let map = if options.fat_fraction_map { " --fat-fraction-map" } else { "" };
    let marrow = options.marrow_fat_pct.map_or(String::new(), |percent| format!(" --marrow-fat-pct {percent}"));
    format!(
        "myelomri simulate OUT --subjects {} --responders {} --matrix {matrix} {noise}{effects}{map}{marrow} --seed {}",
        options.subjects, options.responders, options.seed
    )
}

fn readme(options: &SimulateOptions) -> String {
    format!(
        "Simulated multiple-myeloma MRI study
====================================

Nothing here comes from a patient: anatomy, images, laboratory values and group effects are simulated. The directions
of the effects follow Takasu et al. 2020 (doi:10.1371/journal.pone.0229607); their sizes are options of the simulation
and no estimate. Made by

    {command}

Per subject two imaging sessions (baseline, cycle2): a lumbar Dixon set (anat), diffusion in three overlapping stations
(dwi, chunk-1 most superior, each with a receive gain of its own), vertebra labels in TotalSpineSeg numbers on both
grids, and bone, muscle-reference and exclusion masks on the composed diffusion grid. The session `end` is laboratory
only. The first {echoes} subjects have six complex echoes (phase in radians, no T1 weighting). Water, fat, in- and
opposed-phase images are T1-weighted (see the sidecars), so their signal fat fraction differs from the PDFF.
In a study of ten or more, one subject has no images at cycle2, one is missing at cycle2 altogether, one has a fractured
lumbar vertebra (exclusions.csv), and in one the water and fat images of cycle2 are exchanged (truth.csv, `swapped`).
Background is stored as zero.

truth.csv (subject, session, measure, region, statistic, value, unit) is computed from the continuous anatomy, not from
the images. `pdff`, `sff`, `dropout`, `r2star`, `adc` are means and medians over the vertebral body less 3 mm on every
side; `L1-L5` leaves out a fractured level. `lesion_volume total` is the volume of all lesions, `tdv total` that of the
lesions which the rule of study.toml (more than 5.0 times muscle at b = 900, ADC 300-1500 um2/s, at least 0.5 mL) is
meant to count, `lesion_volume below_rule` the rest.
",
        command = command(options),
        echoes = SimulateOptions::ECHO_SUBJECTS.min(options.subjects),
    )
}
