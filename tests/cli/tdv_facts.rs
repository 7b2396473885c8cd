//! `tdv`: the facts that a reader needs beside the volume.

use crate::images::{Folder, grid};
use myelomri::image::Grid;

/// Marrow at 150 with a lesion of 4 x 4 x 4 voxels of 16 mm3 inside L1, muscle at k = 0. Fat: marrow 40 %, lesion 5 %, and in the
/// middle of the lesion 2 x 2 x 2 voxels of 60 %.
fn folder() -> Folder {
    let (folder, grid) = (Folder::new(), grid());
    folder.series("dwi", &grid, &[50.0, 900.0], |at, b| {
        let (signal, adc) = match at {
            [_, _, 0] => (45.0, 1400.0),
            at if is_lesion(at) => (600.0, 800.0),
            _ => (150.0, 400.0),
        };
        signal * ((900.0 - b) * adc * 1e-6).exp()
    });
    folder.mask("bone.nii.gz", &grid, |at| at[2] > 0);
    folder.mask("muscle.nii.gz", &grid, |at| at[2] == 0);
    folder.labels("levels.nii.gz", &grid);
    folder.volume("ff.nii.gz", &grid, fat_pct);
    folder
}

fn is_lesion([i, j, k]: [usize; 3]) -> bool {
    (4..8).contains(&i) && (6..10).contains(&j) && (2..6).contains(&k)
}

fn fat_pct(at @ [i, j, k]: [usize; 3]) -> f32 {
    match is_lesion(at) {
        true if (5..7).contains(&i) && (7..9).contains(&j) && (3..5).contains(&k) => 60.0,
        true => 5.0,
        false => 40.0,
    }
}

const BASE: [&str; 11] = [
    "tdv",
    "--dwi",
    "dwi.nii.gz",
    "--bone",
    "bone.nii.gz",
    "--reference",
    "muscle.nii.gz",
    "--rule",
    "reference-ratio",
    "--threshold",
    "6",
];
const LEVELS: [&str; 4] = ["--labels", "levels.nii.gz", "--scheme", "totalspineseg"];
const FAT: [&str; 4] = ["--fat-fraction", "ff.nii.gz", "--ff-unit", "percent"];

#[test]
fn pattern_and_size_are_told_by_vertebra() {
    let folder = folder();
    let json = folder.json(&[&BASE[..], &LEVELS, &["-o", "s", "-q"]].concat());
    let facts = &json["facts"];
    assert_eq!((&facts["n_focal"], &facts["n_smaller"]), (&1.into(), &0.into()));
    // centres 3 voxels apart along each axis, and the edge of a cube of 16 mm3 more
    let axis = (6.0_f64.powi(2) + 6.0_f64.powi(2) + 12.0_f64.powi(2)).sqrt() + 16.0_f64.cbrt();
    assert!((facts["largest_axes_mm"][0].as_f64().unwrap() - axis).abs() < 1e-6);
    // 64 of the 240 voxels of L1, none of L2
    assert_eq!(facts["n_parts_none_focal_diffuse"], serde_json::json!([1, 1, 0]));
    assert_eq!(facts["parts"][0]["part"], "L1");
    assert!((facts["parts"][0]["selected_pct"].as_f64().unwrap() - 100.0 * 64.0 / 240.0).abs() < 1e-9);
    let rest = &facts["rest_of_marrow"];
    assert!((rest["over_reference"].as_f64().unwrap() - 150.0 / 45.0).abs() < 1e-4, "{rest}");
    assert!((rest["adc_median_um2_s"].as_f64().unwrap() - 400.0).abs() < 0.1);
    assert!(json.get("lesion_fat").is_none());
    assert_eq!(folder.sidecar("s_tDV.json")["Parameters"]["results"]["facts"], *facts);

    let other = ["--diffuse-share", "0.25", "--focal-mm", "20", "-q"];
    let facts = folder.json(&[&BASE[..], &LEVELS, &other].concat())["facts"].clone();
    assert_eq!(facts["n_parts_none_focal_diffuse"], serde_json::json!([1, 0, 1]));
    assert_eq!((&facts["n_focal"], &facts["n_smaller"]), (&0.into(), &1.into()));
}

#[test]
fn fat_in_a_lesion_stands_in_its_row() {
    let folder = folder();
    let json = folder.json(&[&BASE[..], &FAT, &["-o", "s", "-q"]].concat());
    let lesion = &json["lesion_fat"][0];
    assert_eq!((&lesion["has_dot"], &lesion["has_halo"]), (&true.into(), &false.into()));
    assert!((lesion["dot_ml"].as_f64().unwrap() - 8.0 * 0.016).abs() < 1e-9);
    let [of, ring] = ["lesion_pct", "ring_pct"].map(|key| lesion[key].as_f64().unwrap());
    assert_eq!((of, ring), (5.0, 40.0));
    let table = std::fs::read_to_string(folder.path("s_lesions.csv")).unwrap();
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let (header, row) = (lines.next().unwrap(), lines.next().unwrap());
    assert_eq!(header.len(), row.len());
    assert_eq!(
        header[15..],
        ["ff_median_pct", "ff_ring_pct", "ff_beyond_pct", "fat_dot_ml", "has_fat_dot", "has_fat_halo"]
    );
    assert_eq!(row[15..], ["5.0", "40.0", "40.0", "0.1280", "true", "false"]);

    // a dot of 55 points more than its lesion is none of 60
    let json = folder.json(&[&BASE[..], &FAT, &["--fat-contrast", "60", "-q"]].concat());
    assert_eq!(json["lesion_fat"][0]["has_dot"], false);
}

#[test]
fn a_fat_fraction_map_must_fit() {
    let folder = folder();
    folder.run(&[&BASE[..], &FAT[..2]].concat()).assert().code(2);
    folder.refuses(&[&BASE[..], &FAT, &["--halo-mm", "0"]].concat(), 2, "bad-parameter");
    folder.refuses(&[&BASE[..], &FAT[..2], &["--ff-unit", "fraction"]].concat(), 4, "implausible-ff-unit");
    // twice as coarse
    let coarse = Grid::new([6, 15, 4], [[-4.0, 0.0, 0.0, 11.0], [0.0, 0.0, 8.0, -14.0], [0.0, -4.0, 0.0, 59.0]]);
    folder.volume("coarse.nii.gz", &coarse, |_| 30.0);
    let other = [&BASE[..], &["--fat-fraction", "coarse.nii.gz", "--ff-unit", "percent"]].concat();
    folder.refuses(&other, 4, "grid-mismatch");
    let json = folder.json(&[&other[..], &["--resample-fat-fraction", "-q"]].concat());
    assert_eq!(json["lesion_fat"][0]["lesion_pct"], 30.0);
    // measured nowhere near the lesion
    folder.volume("far.nii.gz", &grid(), |at| if at[1] > 25 { 30.0 } else { f32::NAN });
    let far = [&BASE[..], &["--fat-fraction", "far.nii.gz", "--ff-unit", "percent"]].concat();
    folder.run(&far).assert().success().stderr(predicates::str::contains("lesion-without-fat-fraction"));
}
