//! The files of one simulated imaging session.

use super::SimulateError;
use super::anatomy::{Build, Role, body};
use super::cohort::Patient;
use super::diffusion_signal::B_VALUES;
use super::dixon_signal as sequence;
use super::images::{self, Acquisition};
use super::lesions;
use super::options::SimulateOptions;
use super::sampling::Shares;
use super::tissue::T1_FAT_MS;
use super::truth::{self, TruthRow};
use crate::image::{
    Grid, Overwrite, Stored, sidecar_path, write_labels, write_mask, write_series, write_text_atomically, write_volume,
};
use ndarray::Array3;
use serde_json::{Value, json};
use std::path::Path;

/// Names of the imaging sessions.
pub(crate) const SESSIONS: [&str; 2] = ["baseline", "cycle2"];

/// Simulates one session and writes its files under `study`; returns its truth.
pub(crate) fn write(
    study: &Path,
    options: &SimulateOptions,
    patient: &Patient,
    session: usize,
) -> Result<Vec<TruthRow>, SimulateError> {
    let build = Build::draw(patient, options.seed);
    let placed = lesions::place(patient, &build, options.seed);
    let anatomy = body(patient, &build, &patient.markers[session], &placed, session);
    let acquisition = Acquisition::new(options, patient.number, session);
    let name = format!("sub-{}_ses-{}", patient.id(), SESSIONS[session]);
    let folder = study.join(format!("sub-{}", patient.id())).join(format!("ses-{}", SESSIONS[session]));
    let files = Files { stored: if options.snr.is_some() { Stored::I16 { slope: 1.0 } } else { Stored::F32 } };

    let grid = options.matrix.dixon_grid();
    let shares = Shares::sample(&anatomy, &grid);
    let extras = images::Extras { echoes: patient.has_echoes, fat_fraction: options.fat_fraction_map };
    let dixon = images::dixon(&anatomy, &shares, &grid, &acquisition, extras);
    let anat = folder.join("anat");
    let (water, fat) =
        if patient.swapped_at == Some(session) { (&dixon.fat, &dixon.water) } else { (&dixon.water, &dixon.fat) };
    let roles = [
        ("water", water, None),
        ("fat", fat, None),
        ("inphase", &dixon.in_phase, Some(sequence::TE_IN_MS)),
        ("opposed", &dixon.opposed, Some(sequence::TE_OPPOSED_MS)),
    ];
    for (role, data, te_ms) in roles {
        files.volume(&anat.join(format!("{name}_rec-{role}_dixon.nii.gz")), &grid, data, dixon_sidecar(role, te_ms))?;
    }
    if let Some(map) = &dixon.fat_fraction {
        // tenths of a percent
        let stored = if files.stored == Stored::F32 { Stored::F32 } else { Stored::I16 { slope: 0.1 } };
        let path = anat.join(format!("{name}_rec-fatfraction_dixon.nii.gz"));
        Files { stored }.volume(&path, &grid, map, fat_fraction_sidecar())?;
    }
    for (n, [magnitude, phase]) in dixon.echoes.iter().enumerate() {
        let te_ms = sequence::TE_ECHOES_MS[n];
        for (part, data) in [("mag", magnitude), ("phase", phase)] {
            let path = anat.join(format!("{name}_echo-{}_part-{part}_MEGRE.nii.gz", n + 1));
            // steps of pi/512, a quarter of the phase noise of marrow at SNR 40
            let step = Stored::I16 { slope: std::f64::consts::PI / 512.0 };
            let files = if part == "phase" && files.stored != Stored::F32 { Files { stored: step } } else { files };
            files.volume(&path, &grid, data, echo_sidecar(part, te_ms, n))?;
        }
    }
    let labels = images::labels(&anatomy, &shares, &grid);
    write_labels(&anat.join(format!("{name}_seg-vertebrae_dseg.nii.gz")), &labels, Overwrite::Refuse)?;

    let grid = options.matrix.body_grid();
    let shares = Shares::sample(&anatomy, &grid);
    let dwi = folder.join("dwi");
    for (number, span) in options.matrix.stations().into_iter().enumerate() {
        let series = images::station(&anatomy, &shares, &grid, &acquisition, number, span);
        let path = dwi.join(format!("{name}_chunk-{}_dwi.nii.gz", number + 1));
        write_series(&path, &images::station_grid(&grid, span), series.view(), files.stored, Overwrite::Refuse)?;
        write_json(&path, &diffusion_sidecar(number))?;
        let b_values = B_VALUES.map(|b| b.to_string()).join(" ") + "\n";
        write_text_atomically(
            &dwi.join(format!("{name}_chunk-{}_dwi.bval", number + 1)),
            &b_values,
            Overwrite::Refuse,
        )?;
    }
    for (mask, role) in [("bone", Role::Bone), ("muscle", Role::Reference), ("exclude", Role::Exclude)] {
        let data = images::mask(&anatomy, &shares, &grid, role);
        write_mask(&dwi.join(format!("{name}_seg-{mask}_mask.nii.gz")), &data, Overwrite::Refuse)?;
    }
    let labels = images::labels(&anatomy, &shares, &grid);
    write_labels(&dwi.join(format!("{name}_seg-vertebrae_dseg.nii.gz")), &labels, Overwrite::Refuse)?;
    Ok(truth::of_session(patient, &build, &anatomy, &placed, session))
}

#[derive(Debug, Clone, Copy)]
struct Files {
    stored: Stored,
}

impl Files {
    fn volume(&self, path: &Path, grid: &Grid, data: &Array3<f32>, sidecar: Value) -> Result<(), SimulateError> {
        write_volume(path, grid, data.view(), self.stored, Overwrite::Refuse)?;
        write_json(path, &sidecar)
    }
}

fn write_json(image: &Path, sidecar: &Value) -> Result<(), SimulateError> {
    let text = format!("{sidecar:#}\n");
    Ok(write_text_atomically(&sidecar_path(image), &text, Overwrite::Refuse)?)
}

fn dixon_sidecar(role: &str, te_ms: Option<f64>) -> Value {
    let kind = match role {
        "water" => "WATER",
        "fat" => "FAT",
        "inphase" => "IN_PHASE",
        _ => "OPP_PHASE",
    };
    let mut sidecar = json!({
        "ImageType": ["DERIVED", "PRIMARY", kind],
        "Manufacturer": "simulated",
        "MagneticFieldStrength": sequence::FIELD_T,
        "RepetitionTime": sequence::TR_MS / 1000.0,
        "FlipAngle": sequence::FLIP_DEG,
        "Units": "arbitrary",
        "Simulated": true,
        "SimulatedT1FatSeconds": T1_FAT_MS / 1000.0,
        "SimulatedT1MarrowWaterSeconds": [1.0, 1.3],
        "SimulatedFatModel": "ren-marrow-9",
    });
    if let Some(te_ms) = te_ms {
        sidecar["EchoTime"] = json!(te_ms / 1000.0);
    }
    sidecar
}

fn fat_fraction_sidecar() -> Value {
    json!({
        "ImageType": ["DERIVED", "PRIMARY", "FAT_FRACTION"],
        "Manufacturer": "simulated",
        "MagneticFieldStrength": sequence::FIELD_T,
        "Units": "percent",
        "Simulated": true,
        "SimulatedT1Weighting": false,
    })
}

fn echo_sidecar(part: &str, te_ms: f64, n: usize) -> Value {
    json!({
        "ImageType": ["ORIGINAL", "PRIMARY", if part == "mag" { "M" } else { "P" }],
        "Manufacturer": "simulated",
        "MagneticFieldStrength": sequence::FIELD_T,
        "EchoNumber": n + 1,
        "EchoTime": te_ms / 1000.0,
        "Units": if part == "mag" { "arbitrary" } else { "rad" },
        "Simulated": true,
        "SimulatedT1Weighting": false,
        "SimulatedFatModel": "ren-marrow-9",
    })
}

fn diffusion_sidecar(number: usize) -> Value {
    json!({
        "ImageType": ["DERIVED", "PRIMARY", "TRACEW"],
        "Manufacturer": "simulated",
        "MagneticFieldStrength": sequence::FIELD_T,
        "DiffusionBValue": B_VALUES,
        "Units": "arbitrary",
        "Simulated": true,
        "SimulatedStation": number + 1,
        "SimulatedGain": super::diffusion_signal::STATION_GAIN[number],
    })
}
