//! `compose`: intensity brought to that of another visit.

use crate::images::Folder;
use myelomri::image::Grid;

const B: [f64; 2] = [50.0, 900.0];

fn grid(n_slices: usize, z: f64) -> Grid {
    Grid::new([14, 14, n_slices], [[-2.0, 0.0, 0.0, 14.0], [0.0, -2.0, 0.0, 14.0], [0.0, 0.0, 4.0, z]])
}

fn tissue(grid: &Grid, at: [usize; 3], b: f64) -> f64 {
    let [x, _, z] = grid.world_mm(at.map(|v| v as f64));
    (500.0 + x + z) * (-b * 8e-4).exp()
}

/// Two stations of gains 1 and 0.8, the other visit with a gain of 2 and a grid of its own, and one place as reference tissue.
fn folder() -> Folder {
    let folder = Folder::new();
    for (name, z, gain) in [("top", 32.0, 1.0), ("low", 0.0, 0.8)] {
        folder.series(name, &grid(12, z), &B, |at, b| gain * tissue(&grid(12, z), at, b));
    }
    let other = grid(24, -8.0);
    folder.series("other", &other, &B, |at, b| 2.0 * tissue(&other, at, b));
    folder.mask("muscle.nii.gz", &grid(20, 0.0), |[i, j, k]| i > 6 && j > 6 && (5..9).contains(&k));
    folder.mask("other_muscle.nii.gz", &other, |[i, j, k]| i > 6 && j > 6 && (7..11).contains(&k));
    folder
}

const BASE: [&str; 7] =
    ["compose", "top.nii.gz", "low.nii.gz", "--harmonise", "overlap", "--normalise-to", "other.nii.gz"];
const MASKS: [&str; 3] = ["--normalise-masks", "muscle.nii.gz", "other_muscle.nii.gz"];

#[test]
fn a_reference_tissue_or_the_histogram_bring_both_visits_to_one_level() {
    let folder = folder();
    for (how, masks, out, off) in
        [("reference", &MASKS[..], "a", 1e-3), ("histogram", &MASKS, "b", 1e-3), ("histogram", &[], "c", 0.03)]
    {
        let json = folder.json(&[&BASE[..], &["--normalise", how, "--adc", "-o", out, "-q"], masks].concat());
        // the stations are brought to the lower one, 0.8
        let gain = json["normalisation"]["gain"].as_f64().unwrap();
        assert!((gain / 2.5 - 1.0).abs() < off, "{how} {masks:?}: {gain}");
        assert_eq!(json["normalisation"]["of_b"].as_array().unwrap().len(), 2);
        let series = myelomri::image::read_series(&folder.path(&format!("{out}_dwi.nii.gz"))).unwrap();
        for (volume, b) in B.into_iter().enumerate() {
            let got = f64::from(series.data[[5, 5, 9, volume]]);
            assert!((got / (2.0 * tissue(&series.grid, [5, 5, 9], b)) - 1.0).abs() < off, "{how} b {b}: {got}");
        }
        assert!((folder.read(&format!("{out}_ADC.nii.gz"))[[5, 5, 9]] - 800.0).abs() < 0.1);
        let sidecar = folder.sidecar(&format!("{out}_dwi.json"));
        assert_eq!(sidecar["Parameters"]["normalisation"]["gain"], gain);
        assert!(sidecar["Sources"].to_string().contains("other.nii.gz"), "{sidecar}");
    }
}

#[test]
fn stations_of_two_visits_are_refused_and_two_studies_are_named() {
    let folder = Folder::new();
    for (name, z) in
        [("sub-1_ses-a_top", 32.0), ("sub-1_ses-a_low", 0.0), ("sub-1_ses-b_low", 0.0), ("sub-2_ses-a_low", 0.0)]
    {
        folder.series(name, &grid(12, z), &B, |at, b| tissue(&grid(12, z), at, b));
    }
    let with = |low: &str| {
        vec!["compose".to_owned(), "sub-1_ses-a_top.nii.gz".to_owned(), low.to_owned(), "-o".to_owned(), "x".to_owned()]
    };
    for low in ["sub-1_ses-b_low.nii.gz", "sub-2_ses-a_low.nii.gz"] {
        let arguments = with(low);
        folder.refuses(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), 4, "stations-of-two-visits");
    }
    folder.text("sub-1_ses-a_top.json", r#"{"StudyInstanceUID": "1.2"}"#);
    folder.text("sub-1_ses-a_low.json", r#"{"StudyInstanceUID": "1.3"}"#);
    let arguments = with("sub-1_ses-a_low.nii.gz");
    let said = folder.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).assert().success();
    said.stderr(predicates::str::contains("stations-of-two-studies"));
}

#[test]
fn one_place_given_twice_is_refused_or_named() {
    let folder = Folder::new();
    for name in ["top", "again"] {
        folder.series(name, &grid(12, 0.0), &B, |at, b| tissue(&grid(12, 0.0), at, b));
    }
    folder.refuses(&["compose", "top.nii.gz", "top.nii.gz", "-o", "x"], 4, "station-given-twice");
    let said = folder.run(&["compose", "top.nii.gz", "again.nii.gz", "-o", "x"]).assert().success();
    said.stderr(predicates::str::contains("station-within-another"));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = folder();
    let reference = ["--normalise", "reference", "-o", "a"];
    folder.refuses(&[&BASE[..], &reference].concat(), 2, "usage");
    folder.run(&[&BASE[..5], &reference].concat()).assert().code(2);
    let swapped = ["--normalise-masks", "other_muscle.nii.gz", "muscle.nii.gz"];
    folder.refuses(&[&BASE[..], &reference, &swapped].concat(), 4, "grid-mismatch");
    folder.series("far", &grid(24, -8.0), &[0.0, 600.0], |_, _| 100.0);
    folder.refuses(&[&BASE[..6], &["far.nii.gz"], &reference, &MASKS].concat(), 4, "no-common-b");
    assert!(!folder.path("a_dwi.nii.gz").exists());
}
