//! `tdv`: a body whose answer can be counted; and each way to be refused.

use crate::images::{Folder, grid};
use myelomri::image::{Overwrite, Stored, read_series, write_series};

/// Voxels of 16 mm3. A lesion of 4 x 4 x 4 voxels (b900 signal 600, ADC 800) in marrow (150), muscle (50) at k = 0, an
/// organ (900) inside the bone mask.
fn folder() -> Folder {
    let (folder, grid) = (Folder::new(), grid());
    folder.series("dwi", &grid, &[50.0, 900.0], |at, b| {
        let (signal, adc) = match class(at) {
            "lesion" => (600.0, 800.0),
            "organ" => (900.0, 1000.0),
            "muscle" => (50.0, 1400.0),
            _ => (150.0, 400.0),
        };
        signal * ((900.0 - b) * adc * 1e-6).exp()
    });
    for name in ["lesion", "organ", "muscle"] {
        folder.mask(&format!("{name}.nii.gz"), &grid, |at| class(at) == name);
    }
    folder.mask("bone.nii.gz", &grid, |at| class(at) != "muscle");
    folder.mask("empty.nii.gz", &grid, |_| false);
    folder
}

fn class(at: [usize; 3]) -> &'static str {
    match at {
        [_, _, 0] => "muscle",
        [4..8, 10..14, 2..6] => "lesion",
        [_, 25..30, _] => "organ",
        _ => "marrow",
    }
}

const MASKS: [&str; 9] = [
    "tdv",
    "--dwi",
    "dwi.nii.gz",
    "--bone",
    "bone.nii.gz",
    "--exclude",
    "organ.nii.gz",
    "--reference",
    "muscle.nii.gz",
];
const RATIO: [&str; 4] = ["--rule", "reference-ratio", "--threshold", "5"];

#[test]
fn the_lesion_is_found_with_its_volume_and_place() {
    let folder = folder();
    let window = ["--adc-low", "300", "--adc-high", "1500", "--min-volume-ml", "0.5", "-o", "s", "-q"];
    let json = folder.json(&[&MASKS[..], &RATIO, &window].concat());
    assert!((json["total_ml"].as_f64().unwrap() - 64.0 * 0.016).abs() < 1e-9);
    assert_eq!((&json["n_lesions"], &json["removed"]["exclude"]), (&1.into(), &(12 * 5 * 7).into()));
    assert!((json["gadc_median_um2_s"].as_f64().unwrap() - 800.0).abs() < 0.1);
    assert!((json["threshold_signal"].as_f64().unwrap() - 250.0).abs() < 1e-3);
    assert_eq!(json["sensitivity"].as_array().unwrap().len(), 4);
    assert_eq!(folder.read("s_tDV.nii.gz").iter().filter(|&&label| label == 1.0).count(), 64);
    let table = std::fs::read_to_string(folder.path("s_lesions.csv")).unwrap();
    assert!(
        table.starts_with("id,volume_ml,n_voxels,adc_median_um2_s,longest_axis_mm,x_mm,y_mm,z_mm,adc_mean_um2_s,")
            && table.lines().nth(1).unwrap().starts_with("1,1.0240,64,800.0,")
    );
    assert_eq!(folder.sidecar("s_tDV.json")["Parameters"]["parameters"]["segmentation"]["rule"], "reference-ratio");
}

#[test]
fn shared_edges_leave_a_sharp_lesion_as_it_is_and_give_back_a_blurred_one() {
    let folder = folder();
    let shared = ["--adc-low", "300", "--adc-high", "1500", "--min-volume-ml", "0.5", "--edges", "shared", "-q"];
    let sharp = folder.json(&[&MASKS[..], &RATIO, &shared, &["-o", "sharp"]].concat());
    assert!((sharp["total_ml"].as_f64().unwrap() - 64.0 * 0.016).abs() < 3e-3);
    assert_eq!(folder.sidecar("sharp_tDV.json")["Parameters"]["parameters"]["segmentation"]["edges"], "shared");
    // a slice more that is lesion to four tenths: 150 + 0.4 x 450 = 330 at b = 900, and above a threshold of 250
    folder.series("blurred", &grid(), &[50.0, 900.0], |at, b| {
        let share = match at {
            [4..8, 10..14, 2..6] => 1.0,
            [4..8, 10..14, 6] => 0.4,
            _ => 0.0,
        };
        let of = |signal: f64, adc: f64| signal * ((900.0 - b) * adc * 1e-6).exp();
        if at[2] == 0 { of(50.0, 1400.0) } else { share * of(600.0, 800.0) + (1.0 - share) * of(150.0, 400.0) }
    });
    let mut blurred = MASKS.to_vec();
    blurred[2] = "blurred.nii.gz";
    let total = |more: &[&str]| folder.json(&[&blurred[..], &RATIO, more].concat())["total_ml"].as_f64().unwrap();
    assert!((total(&["-q", "-o", "whole"]) - 80.0 * 0.016).abs() < 1e-9);
    assert!((total(&["--edges", "shared", "-q", "-o", "blurred"]) - (64.0 + 6.4) * 0.016).abs() < 3e-3);
    folder.run(&[&MASKS[..], &RATIO, &["--edges", "halved", "-o", "n"]].concat()).assert().code(2);
}

#[test]
fn a_b_that_was_not_measured_is_computed_and_said() {
    let folder = folder();
    let arguments = [&MASKS[..], &["--rule", "absolute", "--threshold", "200", "--signal-b", "1200"]].concat();
    folder.run(&arguments).assert().success().stderr(predicates::str::contains("computed-signal"));
}

#[test]
fn an_adc_map_must_be_in_its_unit() {
    let folder = folder();
    folder.volume("adc.nii.gz", &grid(), |at| if class(at) == "lesion" { 800.0 } else { 400.0 });
    folder.volume("mm2.nii.gz", &grid(), |_| 0.0008);
    let json = folder.json(&[&MASKS[..], &RATIO, &["--adc", "adc.nii.gz", "-q"]].concat());
    assert_eq!(json["gadc_mean_um2_s"], 800.0);
    folder.refuses(&[&MASKS[..], &RATIO, &["--adc", "mm2.nii.gz"]].concat(), 4, "implausible-adc-unit");
}

#[test]
fn nothing_selected_is_a_warning_not_a_failure() {
    let folder = folder();
    let arguments = [&MASKS[..], &["--rule", "absolute", "--threshold", "1e5", "--format", "json"]].concat();
    let expected = predicates::str::contains("\"gadc_median_um2_s\": null");
    folder
        .run(&arguments)
        .assert()
        .success()
        .stdout(expected)
        .stderr(predicates::str::contains("tdv-nothing-selected"));
}

#[test]
fn each_bad_input_has_its_exit_code() {
    let folder = folder();
    folder.run(&MASKS).assert().code(2);
    folder.run(&[&MASKS[..], &["--rule", "absolute"]].concat()).assert().code(2);
    folder.refuses(&[&MASKS[..7], &RATIO].concat(), 2, "usage");
    folder.refuses(&[&MASKS[..], &["--rule", "absolute", "--threshold", "0"]].concat(), 2, "bad-parameter");
    let bone = |file: &'static str| [&MASKS[..4], &[file], &MASKS[5..], &RATIO].concat();
    folder.run(&bone("none.nii.gz")).assert().code(3);
    folder.refuses(&bone("empty.nii.gz"), 4, "empty-region");
    let mut other = grid();
    other.affine[2][3] += 2.0;
    folder.mask("shifted.nii.gz", &other, |_| true);
    folder.refuses(&bone("shifted.nii.gz"), 4, "grid-mismatch");
    let written = [&MASKS[..], &RATIO, &["-o", "s", "-q"]].concat();
    folder.run(&written).assert().success();
    folder.refuses(&written, 5, "output-exists");
}

#[test]
fn an_adc_map_behind_the_series_is_refused_here_too() {
    let folder = Folder::new();
    let b = [0.0, 50.0, 900.0, 0.0];
    let adc_at = |at: [usize; 3]| 500.0 + 40.0 * ((at[0] + 5 * at[1]) % 13) as f64;
    let signal =
        |at: [usize; 3], b: f64| (300.0 + 40.0 * ((at[0] * 7 + at[1] * 3) % 5) as f64) * (-b * adc_at(at) * 1e-6).exp();
    folder.series("plain", &grid(), &b[..3], signal);
    folder.series("mapped", &grid(), &b, signal);
    let mut series = read_series(&folder.path("mapped.nii.gz")).unwrap();
    for ((i, j, k, v), signal) in series.data.indexed_iter_mut() {
        if v == 3 {
            *signal = adc_at([i, j, k]) as f32;
        }
    }
    write_series(&folder.path("mapped.nii.gz"), &grid(), series.data.view(), Stored::F32, Overwrite::Force).unwrap();
    folder.mask("bone.nii.gz", &grid(), |_| true);
    let rule = ["--bone", "bone.nii.gz", "--rule", "absolute", "--threshold", "250"];
    let tdv = |stem: &'static str, more: &[&'static str]| [&["tdv", "--dwi", stem][..], &rule, more].concat();
    folder.refuses(&tdv("mapped.nii.gz", &[]), 4, "appended-adc-map");
    let total = |line: &[&str]| folder.json(line)["total_ml"].as_f64().unwrap();
    let plain = total(&tdv("plain.nii.gz", &[]));
    assert!(plain > 0.0);
    assert_eq!(total(&tdv("mapped.nii.gz", &["--drop-volumes", "3"])), plain);
}
