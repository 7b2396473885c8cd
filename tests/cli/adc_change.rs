//! `adc-change`: a change that can be counted, lesions matched; and bad input refused.

use crate::images::{Folder, grid};
use myelomri::image::{Grid, Labels, Overwrite, filled, write_labels};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.volume("a_ADC.nii.gz", &grid(), |_| 700.0);
    folder.volume("b_ADC.nii.gz", &grid(), |at| if at[1] < 20 { 1200.0 } else { 720.0 });
    folder.volume("se.nii.gz", &grid(), |_| 50.0);
    folder.volume("mm2.nii.gz", &grid(), |_| 0.0007);
    folder.mask("mask.nii.gz", &grid(), |_| true);
    folder.volume("a_tDV.nii.gz", &grid(), |at| [1.0, 2.0, 0.0][(at[1] / 10).min(2)]);
    folder.volume("b_tDV.nii.gz", &grid(), |at| [1.0, 1.0, 3.0][(at[1] / 10).min(2)]);
    folder
}

const BASE: [&str; 7] =
    ["adc-change", "--baseline", "a_ADC.nii.gz", "--followup", "b_ADC.nii.gz", "--mask", "mask.nii.gz"];

#[test]
fn a_rise_beyond_repeatability_is_counted_and_lesions_matched() {
    let folder = folder();
    let more =
        ["--standard-error", "se.nii.gz", "se.nii.gz", "--lesions", "a_tDV.nii.gz", "b_tDV.nii.gz", "-o", "c", "-q"];
    let json = folder.json(&[&BASE[..], &more].concat());
    assert_eq!(json["n_fell_same_rose"], serde_json::json!([0, 12 * 10 * 8, 12 * 20 * 8]));
    assert_eq!(json["is_beyond_repeatability"], true);
    assert!((json["repeatability_pct"][0].as_f64().unwrap() + 33.0).abs() < 0.5);
    assert!(json["expected_false_share"].as_f64().unwrap() < 0.01);
    assert_eq!((&json["lesions"][0]["fate"], &json["lesions"][1]["fate"]), (&"merged".into(), &"new".into()));
    assert_eq!(folder.read("c_change.nii.gz")[[3, 3, 3]], 1.0);
}

#[test]
fn a_picture_shows_both_maps_and_what_rose() {
    let folder = folder();
    let asked = ["--qc-dir", "qc", "-o", "c", "-q"];
    folder.run(&[&BASE[..], &asked].concat()).assert().success();
    let picture = std::fs::read(folder.path("qc/c_adc-change.png")).unwrap();
    let said = String::from_utf8_lossy(&picture);
    assert!(said.contains("ADC rose beyond repeatability") && said.contains("median ADC {before} to {after}"));
    folder.refuses(&[&BASE[..], &["--qc-dir", "qc", "-o", "c"]].concat(), 5, "output-exists");
    folder.run(&[&BASE[..], &asked, &["--force"]].concat()).assert().success();
    assert_eq!(std::fs::read(folder.path("qc/c_adc-change.png")).unwrap(), picture);
}

#[test]
fn lesions_of_another_rule_are_named() {
    let folder = folder();
    folder.series("dwi", &grid(), &[50.0, 900.0], |[_, j, _], b| {
        (if j < 10 { 600.0 } else { 150.0 }) * ((900.0 - b) * 700e-6).exp()
    });
    folder.mask("half.nii.gz", &grid(), |at| at[1] < 15);
    let segment = |bone: &str, threshold: &str, out: &str| {
        let lesions = ["tdv", "--dwi", "dwi.nii.gz", "--bone", bone, "--rule", "absolute", "--threshold", threshold];
        folder.run(&[&lesions[..], &["-o", out, "-q"]].concat()).assert().success();
    };
    segment("mask.nii.gz", "300", "first");
    segment("mask.nii.gz", "300", "same");
    segment("mask.nii.gz", "100", "lower");
    segment("half.nii.gz", "300", "half");
    let change = |other: &str| folder.json(&[&BASE[..], &["--lesions", "first_tDV.nii.gz", other, "-q"]].concat());
    let same = change("same_tDV.nii.gz");
    assert_eq!((&same["is_same_rule"], &same["tdv_change_ml"]), (&true.into(), &0.0.into()));
    let lower = change("lower_tDV.nii.gz");
    assert_eq!(lower["rule_differences"], serde_json::json!(["threshold was 300.0, is 100.0"]));
    // 10 of 30 rows of 12 x 8 voxels of 16 mm3 before, all after
    assert!((lower["tdv_change_ml"].as_f64().unwrap() - 20.0 * 96.0 * 0.016).abs() < 1e-9);
    assert!((lower["tdv_change_pct"].as_f64().unwrap() - 200.0).abs() < 1e-9);
    assert_eq!(
        change("half_tDV.nii.gz")["rule_differences"],
        serde_json::json!(["the bone mask held 46 mL, holds 23 mL"])
    );
    assert_eq!(change("b_tDV.nii.gz")["is_same_rule"], serde_json::Value::Null);
    let differ = [&BASE[..], &["--lesions", "first_tDV.nii.gz", "half_tDV.nii.gz"]].concat();
    folder.run(&differ).assert().success().stderr(predicates::str::contains("lesion-rules-differ"));
}

#[test]
fn lesions_of_other_windows_bones_and_programs_are_named() {
    let folder = folder();
    folder.series("dwi", &grid(), &[50.0, 900.0], |[_, j, _], b| {
        (if j < 10 { 600.0 } else { 150.0 }) * ((900.0 - b) * 700e-6).exp()
    });
    folder.volume("levels.nii.gz", &grid(), |at| if at[1] < 15 { 1.0 } else { 2.0 });
    folder.mask("other.nii.gz", &grid(), |_| true);
    folder.text("mask.json", r#"{"GeneratedBy": [{"Name": "skeleton", "Version": "1"}]}"#);
    folder.text("other.json", r#"{"GeneratedBy": [{"Name": "skeleton", "Version": "2"}]}"#);
    let base = ["tdv", "--dwi", "dwi.nii.gz", "--rule", "absolute", "--threshold", "300", "-q"];
    let segment = |bone: &str, more: &[&str], out: &str| {
        folder.run(&[&base[..], &["--bone", bone, "-o", out], more].concat()).assert().success();
    };
    segment("mask.nii.gz", &["--adc-low", "300"], "first");
    segment("mask.nii.gz", &["--adc-low", "400", "--connectivity", "6", "--min-volume-ml", "0.5"], "window");
    segment("levels.nii.gz", &["--adc-low", "300", "--bone-names", "all"], "labels");
    segment("other.nii.gz", &["--adc-low", "300"], "other");
    let differences = |other: &str| {
        let json = folder.json(&[&BASE[..], &["--lesions", "first_tDV.nii.gz", other, "-q"]].concat());
        json["rule_differences"].as_array().unwrap().iter().map(|d| d.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let window = differences("window_tDV.nii.gz");
    assert_eq!(window.len(), 3, "{window:?}");
    for (said, expected) in window.iter().zip(["adc_low was 300.0, is 400.0", "connectivity was", "min_volume_ml was"])
    {
        assert!(said.starts_with(expected), "{said}");
    }
    let labels = differences("labels_tDV.nii.gz");
    assert!(labels.iter().any(|d| d == r#"bone.kind was "mask", is "labels""#), "{labels:?}");
    let other = [r#"masks_made_by.bone was "skeleton 1", is "skeleton 2""#];
    assert_eq!(differences("other_tDV.nii.gz"), other);
}

#[test]
fn other_units_and_other_grids_are_refused() {
    let folder = folder();
    folder.refuses(&[&BASE[..4], &["mm2.nii.gz"], &BASE[5..]].concat(), 4, "implausible-adc-unit");
    let mut other = grid();
    other.affine[0][3] += 5.0;
    folder.mask("shifted.nii.gz", &other, |_| true);
    folder.refuses(&[&BASE[..6], &["shifted.nii.gz"]].concat(), 4, "grid-mismatch");
    folder.refuses(&[&BASE[..], &["--wcv", "0"]].concat(), 2, "bad-parameter");
    let said = folder.run(&BASE).assert().success();
    said.stderr(predicates::str::contains("no-standard-error"));
}

/// Voxels of 5 mm; the follow-up's header puts the same tissue elsewhere.
fn body_grid(shift: [f64; 3]) -> Grid {
    let [x, y, z] = shift;
    Grid::new([32, 26, 44], [[-5.0, 0.0, 0.0, 80.0 + x], [0.0, -5.0, 0.0, 65.0 + y], [0.0, 0.0, 5.0, -110.0 + z]])
}

/// Organs of unlike size and signal around a spine, by voxel.
fn tissue([i, j, k]: [usize; 3]) -> f32 {
    let [i, j, k] = [i as f32, j as f32, k as f32];
    let inside = |c: [f32; 3], r: [f32; 3]| {
        ((i - c[0]) / r[0]).powi(2) + ((j - c[1]) / r[1]).powi(2) + ((k - c[2]) / r[2]).powi(2) < 1.0
    };
    match () {
        () if inside([16.0, 19.0, 22.0], [3.5, 3.5, 18.0]) => 60.0,
        () if inside([9.0, 12.0, 28.0], [5.0, 7.0, 7.0]) => 240.0,
        () if inside([22.0, 10.0, 18.0], [6.0, 4.0, 9.0]) => 180.0,
        () if inside([13.0, 9.0, 10.0], [4.0, 5.0, 3.0]) => 310.0,
        () if inside([16.0, 13.0, 22.0], [14.0, 11.0, 30.0]) => 110.0,
        () => 5.0,
    }
}

const SHIFT: [f64; 3] = [6.0, -4.0, 12.0];
const SPINE: [&str; 7] =
    ["adc-change", "--baseline", "a_ADC.nii.gz", "--followup", "b_ADC.nii.gz", "--mask", "spine.nii.gz"];

fn two_visits() -> Folder {
    let folder = Folder::new();
    let (before, after) = (body_grid([0.0; 3]), body_grid(SHIFT));
    let spine = |[i, j, k]: [usize; 3]| (13..20).contains(&i) && (16..23).contains(&j) && (6..38).contains(&k);
    folder.mask("spine.nii.gz", &before, spine);
    folder.volume("a_ADC.nii.gz", &before, |_| 700.0);
    folder.volume("b_ADC.nii.gz", &after, |at| if at[2] < 22 { 1300.0 } else { 700.0 });
    folder.volume("a_b50.nii.gz", &before, tissue);
    folder.volume("b_b50.nii.gz", &after, |at| 1.5 * tissue(at));
    for (name, grid, ends) in [("a_tDV.nii.gz", &before, 14), ("b_tDV.nii.gz", &after, 12)] {
        folder.volume(name, grid, |at| f32::from(u8::from(spine(at) && (10..ends).contains(&at[2]))));
    }
    let mut labels = filled(before.dims, 0);
    for ((_, _, k), label) in labels.indexed_iter_mut().filter(|((i, j, k), _)| spine([*i, *j, *k])) {
        *label = if k >= 22 { 41 } else { 42 };
    }
    let labels = Labels { grid: before, data: labels, source: Default::default() };
    write_labels(&folder.path("vertebrae.nii.gz"), &labels, Overwrite::Refuse).unwrap();
    folder
}

#[test]
fn a_follow_up_is_taken_through_a_given_transform_and_nothing_is_resampled_unasked() {
    let folder = two_visits();
    folder.refuses(&SPINE, 4, "grid-mismatch");
    folder.text("t.txt", "1 0 0 6\n0 1 0 -4\n0 0 1 12\n0 0 0 1\n");
    let more = ["--transform", "t.txt", "--lesions", "a_tDV.nii.gz", "b_tDV.nii.gz", "-o", "t", "-q"];
    let json = folder.json(&[&SPINE[..], &more].concat());
    // without the border: 5 x 5 voxels of 15 and 15 slices, 600 um2/s more in the lower ones
    assert_eq!(json["n_fell_same_rose"], serde_json::json!([0, 25 * 15, 25 * 15]));
    assert_eq!(json["motion"]["convention"], "baseline world to follow-up world, mm, RAS+");
    assert_eq!(json["lesions"][0]["fate"], "matched");
    assert_eq!(json["lesions"][0]["n_voxels"], serde_json::json!([49 * 4, 49 * 2]));
    assert_eq!(folder.read("t_change.nii.gz")[[16, 19, 10]], 1.0);
    assert!(!folder.has("t_registration.png"));
    // headers as they are: the lower part is 12 mm higher
    let plain = folder.json(&[&SPINE[..], &["--transform", "identity", "-q"]].concat());
    assert_ne!(plain["n_fell_same_rose"], json["n_fell_same_rose"]);
    folder.text("t.txt", "1 0 0\n");
    folder.refuses(&[&SPINE[..], &["--transform", "t.txt"]].concat(), 3, "unreadable-transform");
    folder.refuses(&[&SPINE[..], &["--transform", "none.txt"]].concat(), 3, "file-not-found");
}

#[test]
fn bones_that_do_not_lie_on_each_other_are_told() {
    let folder = two_visits();
    let after = body_grid(SHIFT);
    let spine = |[i, j, k]: [usize; 3]| (13..20).contains(&i) && (16..23).contains(&j) && (6..38).contains(&k);
    folder.mask("spine_b.nii.gz", &after, spine);
    folder.text("t.txt", "1 0 0 6\n0 1 0 -4\n0 0 1 12\n0 0 0 1\n");
    let bones = ["--bones", "spine.nii.gz", "spine_b.nii.gz"];
    let right = folder.json(&[&SPINE[..], &bones, &["--transform", "t.txt", "-q"]].concat());
    assert_eq!((&right["bone_dice"], &right["bone_ml"][0]), (&1.0.into(), &right["bone_ml"][1]));
    let wrong = [&SPINE[..], &bones, &["--transform", "identity"]].concat();
    let dice = folder.json(&wrong)["bone_dice"].as_f64().unwrap();
    assert!((0.4..0.7).contains(&dice), "{dice}");
    folder.run(&wrong).assert().success().stderr(predicates::str::contains("bones-differ"));
    let swapped = [&SPINE[..], &["--bones", "spine_b.nii.gz", "spine.nii.gz", "--transform", "t.txt"]].concat();
    folder.refuses(&swapped, 4, "grid-mismatch");
}

#[test]
fn the_motion_is_found_shown_and_can_be_given_again() {
    let folder = two_visits();
    let more = ["--register", "a_b50.nii.gz", "b_b50.nii.gz", "-o", "r", "-q"];
    let json = folder.json(&[&SPINE[..], &more].concat());
    let part = &json["motion"]["parts"][0];
    for (axis, want) in SHIFT.iter().enumerate() {
        assert!((part["shift_mm"][axis].as_f64().unwrap() - want).abs() < 0.2, "{part}");
    }
    assert!(
        part["rotation_deg"].as_f64().unwrap() < 0.2 && part["correlation_after"].as_f64().unwrap() > 0.99,
        "{part}"
    );
    assert!((part["gain"].as_f64().unwrap() / 1.5 - 1.0).abs() < 0.02);
    assert_eq!(&std::fs::read(folder.path("r_registration.png")).unwrap()[..4], b"\x89PNG");
    let again = folder.json(&[&SPINE[..], &["--transform", "r_transform.txt", "-q"]].concat());
    assert_eq!(again["n_fell_same_rose"], json["n_fell_same_rose"]);
    let threads = |n: &str, prefix: &str| {
        let run = ["--register", "a_b50.nii.gz", "b_b50.nii.gz", "--threads", n, "-o", prefix, "-q"];
        folder.run(&[&SPINE[..], &run].concat()).assert().success();
        std::fs::read(folder.path(&format!("{prefix}_change.json"))).unwrap()
    };
    assert_eq!(threads("1", "one"), threads("3", "three"));
    let vertebrae = ["--labels", "vertebrae.nii.gz", "--scheme", "totalspineseg", "--register-by", "vertebra"];
    let parts = folder.json(&[&SPINE[..], &more[..3], &vertebrae, &["-q"]].concat());
    let names: Vec<_> = parts["motion"]["parts"].as_array().unwrap().iter().map(|part| part["part"].clone()).collect();
    assert_eq!(names, ["L1", "L2"]);
    for part in parts["motion"]["parts"].as_array().unwrap() {
        assert!((part["shift_mm"][2].as_f64().unwrap() - 12.0).abs() < 0.5, "{part}");
    }
    let segments = [&["--register-by", "segment"][..], &vertebrae[..4]].concat();
    let parts = folder.json(&[&SPINE[..], &more[..3], &segments, &["-q"]].concat());
    assert_eq!(parts["motion"]["parts"][0]["part"], "lumbosacral");
}

#[test]
fn stations_move_on_their_own_and_wrong_requests_are_refused() {
    let folder = two_visits();
    let register = ["--register", "a_b50.nii.gz", "b_b50.nii.gz"];
    let by = |part: &'static str| [&SPINE[..], &register, &["--register-by", part]].concat();
    folder.refuses(&by("station"), 4, "no-stations");
    folder.refuses(&by("vertebra"), 2, "usage");
    folder.refuses(&[&SPINE[..], &register, &["--search-mm=-1"]].concat(), 2, "bad-parameter");
    folder.refuses(&[&SPINE[..], &["--transform", "identity", "--smooth-mm", "90"]].concat(), 2, "bad-parameter");
    folder.run(&[&SPINE[..], &register, &["--transform", "identity"]].concat()).assert().code(2);
    let flat = body_grid(SHIFT);
    folder.volume("flat.nii.gz", &flat, |_| 1.0);
    folder.refuses(&[&SPINE[..], &["--register", "a_b50.nii.gz", "flat.nii.gz"]].concat(), 4, "not-registered");
    folder.text(
        "a_b50.json",
        r#"{"Measure": "DWI", "Units": "a.u.", "Method": "", "Sources": [], "SoftwareVersion": "", "Warnings": [],
            "Parameters": {"slice_axis": 2, "stations": [{"station": 1, "first_slice": 20, "last_slice": 43},
            {"station": 2, "first_slice": 0, "last_slice": 23}]}}"#,
    );
    let json = folder.json(&[&by("station")[..], &["-q"]].concat());
    let parts = json["motion"]["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2, "{json}");
    assert_eq!(parts[0]["extent"]["low_mm"], -10.0);
    for part in parts {
        assert!((part["shift_mm"][2].as_f64().unwrap() - 12.0).abs() < 0.5, "{part}");
    }
}

#[test]
fn smoothing_lowers_the_error_that_a_voxel_must_beat() {
    let folder = folder();
    folder.volume("loud.nii.gz", &grid(), |_| 300.0);
    let more = ["--standard-error", "loud.nii.gz", "loud.nii.gz", "-q"];
    let plain = folder.json(&[&BASE[..], &more].concat());
    let smooth = folder.json(&[&BASE[..], &more, &["--smooth-mm", "8"]].concat());
    // 500 um2/s are less than 1.96 x sqrt(2) x 300
    assert_eq!(plain["n_fell_same_rose"][2], 0);
    assert!(smooth["n_fell_same_rose"][2].as_u64().unwrap() > 1000, "{smooth}");
    assert_eq!(smooth["smooth_mm"], 8.0);
}
