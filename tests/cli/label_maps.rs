//! `--labels` of other programs on the command line and in a study: names in the map, Slicer segmentations, the vertebral
//! body, another grid.

use crate::study::{copied, image_of, myelomri};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

fn golden(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/labels").join(name);
    path.to_string_lossy().into_owned()
}

fn histogram(labels: &str, more: &[&str]) -> assert_cmd::assert::Assert {
    let labels = golden(labels);
    myelomri().args(["histogram", &golden("image.nii.gz"), "--labels", &labels, "--format", "json"]).args(more).assert()
}

/// Voxels of L3 in the results on stdout.
fn n_of_l3(run: assert_cmd::assert::Assert) -> u64 {
    let results: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    let regions = results["regions"].as_array().unwrap();
    regions.iter().find(|region| region["region"] == "L3").unwrap()["n_voxels"].as_u64().unwrap()
}

#[test]
fn a_map_that_names_its_labels_needs_no_scheme_and_it_is_said() {
    for map in ["totalsegmentator.nii.gz", "cropped.seg.nrrd", "layers.seg.nrrd"] {
        let run = histogram(map, &[]).success().stderr(contains("embedded-names").and(contains(map)));
        assert_eq!(n_of_l3(run), 440, "{map}");
    }
    // without names the scheme is asked for
    histogram("numbered.nii.gz", &[]).code(2).stderr(contains("--scheme").and(contains("totalspineseg")));
    histogram("cropped.seg.nrrd", &["--scheme", "spineps"]).code(4).stderr(contains("scheme-contradicted"));
}

#[test]
fn the_posterior_elements_are_taken_off_by_a_mask_of_the_bodies() {
    let semantic = golden("spineps_semantic.nii.gz");
    let body = ["--scheme", "spineps", "--body", &semantic];
    let run = histogram("spineps_vertebrae.nii.gz", &[&body[..], &["--body-class", "49"]].concat()).success();
    let run = run.stderr(contains("vertebral-body"));
    let results: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    assert_eq!(results["regions"][0]["qc_flags"], serde_json::json!(["vertebral-body"]));
    assert_eq!(n_of_l3(run), 400);
    histogram("spineps_vertebrae.nii.gz", &body).code(4).stderr(contains("body-class").and(contains("41, 49")));
}

#[test]
fn another_grid_an_off_lattice_segmentation_and_a_map_upside_down_are_refused_with_what_to_do() {
    let table = golden("plain_dseg.tsv");
    let refused = histogram("coarse.nii.gz", &["--scheme", &table]).code(4);
    refused.stderr(contains("grid-mismatch").and(contains("--on-grid-mismatch resample-labels")));
    let asked = histogram("coarse.nii.gz", &["--scheme", &table, "--on-grid-mismatch", "resample-labels"]).success();
    let asked = asked.stderr(contains("labels-resampled").and(contains("nearest neighbour")));
    let results: Value = serde_json::from_slice(&asked.get_output().stdout).unwrap();
    let regions = results["regions"].as_array().unwrap();
    assert!(
        !regions.is_empty() && regions.iter().all(|row| row["qc_flags"] == serde_json::json!(["labels-resampled"]))
    );
    // every command that measures in vertebrae marks its rows, on the terminal too
    let (image, labels) = (golden("image.nii.gz"), golden("coarse.nii.gz"));
    let place = ["--labels", &labels, "--scheme", &table, "--on-grid-mismatch", "resample-labels"];
    let maps: [&[&str]; 3] = [
        &["histogram", &image],
        &["ff", "--fat-fraction", &image, "--ff-unit", "permille"],
        &["dropout", "--in-phase", &image, "--opposed-phase", &image, "--regime", "water"],
    ];
    for map in maps {
        for format in ["table", "csv"] {
            let run = myelomri().args(map).args(place).args(["--format", format]).assert().success();
            let out = String::from_utf8(run.get_output().stdout.clone()).unwrap();
            assert!(
                out.lines().next().unwrap().contains("qc_flags") && out.contains("labels-resampled"),
                "{map:?}: {out}"
            );
        }
    }
    histogram("off_lattice.seg.nrrd", &[]).code(4).stderr(contains("grid-mismatch"));
    histogram("upside_down.nii.gz", &["--scheme", "spineps"]).code(4).stderr(contains("upside down"));
}

#[test]
fn a_study_resamples_labels_only_when_asked_and_marks_every_number() {
    let (folder, study) = copied();
    fs::copy(
        image_of(&study, "baseline", "dwi", "seg-vertebrae_dseg"),
        image_of(&study, "baseline", "anat", "seg-vertebrae_dseg"),
    )
    .unwrap();
    let settings = study.join("study.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let only = ["--participant-label", "001", "--session-label", "baseline"];
    let out = folder.path().join("out");
    let refused = myelomri().arg("measure").args([&study, &out]).args(only).assert().code(6);
    refused.stderr(contains("on_grid_mismatch = \"resample-labels\""));
    let asked = text.replace("erode_mm = 3.0", "erode_mm = 0.0\non_grid_mismatch = \"resample-labels\"");
    fs::write(&settings, asked).unwrap();
    let run = myelomri().arg("measure").args([&study, &out]).args(only).assert().success();
    run.stderr(contains("labels-resampled"));
    let rows = fs::read_to_string(out.join("maps/sub-001/ses-baseline/measures.csv")).unwrap();
    let flagged = |measure: &str| {
        let mut of = rows.lines().filter(|row| row.contains(&format!(",{measure},L")));
        of.all(|row| row.contains("labels-resampled"))
    };
    assert!(flagged("sff") && flagged("dropout") && !flagged("adc"), "{rows}");
    let manifest = fs::read_to_string(out.join("maps/sub-001/ses-baseline/manifest.json")).unwrap();
    assert!(manifest.contains("labels-resampled") && manifest.contains("resample-labels"));
}

#[test]
fn a_body_mask_of_a_session_cuts_its_labels() {
    let (folder, study) = copied();
    let labels = image_of(&study, "baseline", "anat", "seg-vertebrae_dseg");
    // the labels themselves as a mask of classes: the body is L3, so L3 alone is left
    fs::copy(&labels, image_of(&study, "baseline", "anat", "seg-body_mask")).unwrap();
    let settings = study.join("study.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let only = ["--participant-label", "001", "--session-label", "baseline"];
    let out = folder.path().join("out");
    myelomri().arg("measure").args([&study, &out]).args(only).assert().code(6).stderr(contains("body_class"));
    fs::write(&settings, text.replace("erode_mm = 3.0", "erode_mm = 3.0\nbody_class = 43")).unwrap();
    let run = myelomri().arg("measure").args([&study, &out]).args(only).assert().success();
    run.stderr(contains("vertebral-body").and(contains("missing-level")));
    let rows = fs::read_to_string(out.join("maps/sub-001/ses-baseline/measures.csv")).unwrap();
    assert!(rows.contains("sff,L3,mean") && !rows.contains("sff,L2,mean") && rows.contains("vertebral-body"), "{rows}");
}
