//! `ff`: a map, water and fat, an in-/opposed-phase pair; and each way to be refused.

use crate::images::{Folder, grid, mean_of};
use predicates::prelude::PredicateBooleanExt;

const WATER_FAT: [&str; 6] = ["ff", "--water", "w.nii.gz", "--fat", "f.nii.gz", "-q"];

/// Fat fraction 2 % in L1 and everywhere above j = 11, 75 % below; no signal at k = 0.
fn folder() -> Folder {
    let (folder, grid) = (Folder::new(), grid());
    let fraction = |at: [usize; 3]| if at[1] < 11 { 0.02 } else { 0.75 };
    let signal = |at: [usize; 3]| if at[2] == 0 { 0.0 } else { 400.0 };
    folder.volume("w.nii.gz", &grid, |at| signal(at) * (1.0 - fraction(at)));
    folder.volume("f.nii.gz", &grid, |at| signal(at) * fraction(at));
    folder.volume("ip.nii.gz", &grid, signal);
    folder.volume("op.nii.gz", &grid, |at| signal(at) * (1.0 - 2.0 * fraction(at)).abs());
    folder.volume("map.nii.gz", &grid, |at| 1000.0 * fraction(at));
    folder.labels("labels.nii.gz", &grid);
    folder
}

#[test]
fn water_and_fat_give_a_signal_fat_fraction_with_regions() {
    let folder = folder();
    let labels = ["--labels", "labels.nii.gz", "--scheme", "totalspineseg", "--region", "L1,L2", "-o", "out/s"];
    let json = folder.json(&[&WATER_FAT[..], &labels].concat());
    assert_eq!((&json["form"], &json["measure"]), (&"water-fat".into(), &"sff".into()));
    assert!((mean_of(&json, "L1") - 2.0).abs() < 1e-3 && (mean_of(&json, "L2") - 75.0).abs() < 1e-3);
    assert!((json["regions"][0]["ratio_of_sums"].as_f64().unwrap() - 2.0).abs() < 1e-3);
    assert_eq!(json["n_withheld"], 12 * 30);
    let map = folder.read("out/s_sFF.nii.gz");
    assert!(map[[0, 0, 0]].is_nan() && (map[[0, 29, 1]] - 75.0).abs() < 1e-4);
    let sidecar = folder.sidecar("out/s_sFF.json");
    assert_eq!(sidecar["Units"], "%");
    assert_eq!(sidecar["Sources"], serde_json::json!(["w.nii.gz", "f.nii.gz"]));
}

#[test]
fn corrected_images_are_called_pdff_only_where_that_is_asserted() {
    let folder = folder();
    folder.run(&[&WATER_FAT[..], &["--pdff", "-o", "s"]].concat()).assert().success();
    assert!(folder.has("s_PDFF.nii.gz") && !folder.has("s_sFF.nii.gz"));
}

#[test]
fn a_pair_of_phases_says_that_it_is_ambiguous() {
    let folder = folder();
    let pair = ["ff", "--in-phase", "ip.nii.gz", "--opposed-phase", "op.nii.gz", "-o", "s"];
    folder.run(&pair).assert().success().stderr(predicates::str::contains("ff-ambiguous"));
    let map = folder.read("s_sFF.nii.gz");
    assert!((map[[5, 5, 3]] - 2.0).abs() < 1e-3 && (map[[5, 20, 3]] - 25.0).abs() < 1e-3);
    folder.run(&[&pair[..5], &["--pdff", "-o", "t"]].concat()).assert().code(2);
}

#[test]
fn a_pair_with_its_echo_times_gives_both_proton_density_answers() {
    let folder = folder();
    // one peak at -3.4 ppm turns once in 2.30266 ms at 3 T: then the naive number and its mirror image are the answers
    let pair = ["ff", "--in-phase", "ip.nii.gz", "--opposed-phase", "op.nii.gz", "-q", "--fat-model", "single"];
    let times = ["--echo-times-ms", "2.30266,1.15133", "--field-strength", "3"];
    let rest = ["--r2star", "0", "--labels", "labels.nii.gz", "--scheme", "totalspineseg", "-o", "s"];
    let json = folder.json(&[&pair[..], &times, &rest].concat());
    for (map, [low, high]) in [("s_PDFFwater.nii.gz", [2.0, 25.0]), ("s_PDFFfat.nii.gz", [98.0, 75.0])] {
        let map = folder.read(map);
        assert!((map[[5, 5, 3]] - low).abs() < 0.01 && (map[[5, 20, 3]] - high).abs() < 0.01);
    }
    let row = &json["regions"][0];
    let [water, fat] = ["pdff_if_water_dominates", "pdff_if_fat_dominates"].map(|name| row[name].as_f64().unwrap());
    assert!((water + fat - 100.0).abs() < 0.01 && (water - row["mean"].as_f64().unwrap()).abs() < 0.01);
    // an assumed R2* leaves an interval about each answer
    let assumed = folder.json(&[&pair[..], &times, &rest[2..6]].concat());
    let row = &assumed["regions"][0];
    let [low, mid, high] = ["pdff_if_water_dominates_low", "pdff_if_water_dominates", "pdff_if_water_dominates_high"]
        .map(|name| row[name].as_f64().unwrap());
    assert!(low < mid && mid < high && high - low > 2.0, "{low} {mid} {high}");
    let without = ["ff", "--in-phase", "ip.nii.gz", "--opposed-phase", "op.nii.gz", "-o", "t"];
    folder.run(&without).assert().success().stderr(predicates::str::contains("no-pdff-interval"));
    assert!(folder.has("t_sFF.nii.gz") && !folder.has("t_PDFFwater.nii.gz"));
}

#[test]
fn a_scanner_map_needs_its_true_unit() {
    let folder = folder();
    let read = |unit: &'static str| ["ff", "--fat-fraction", "map.nii.gz", "--ff-unit", unit, "-o", unit, "-q"];
    folder.run(&read("permille")).assert().success();
    assert!((folder.read("permille_sFF.nii.gz")[[5, 20, 3]] - 75.0).abs() < 1e-3);
    folder.refuses(&read("percent"), 4, "implausible-ff-unit");
    folder.run(&["ff", "--fat-fraction", "map.nii.gz"]).assert().code(2);
}

#[test]
fn each_bad_input_has_its_exit_code() {
    let folder = folder();
    folder.run(&["ff"]).assert().code(2);
    folder.run(&["ff", "--water", "w.nii.gz"]).assert().code(2);
    folder.refuses(&["ff", "--water", "none.nii.gz", "--fat", "f.nii.gz"], 3, "file-not-found");
    folder.text("text.nii.gz", "not an image");
    folder.run(&["ff", "--water", "text.nii.gz", "--fat", "f.nii.gz"]).assert().code(3);
    let mut other = grid();
    other.dims[2] = 7;
    folder.volume("short.nii.gz", &other, |_| 1.0);
    folder.refuses(&["ff", "--water", "w.nii.gz", "--fat", "short.nii.gz"], 4, "grid-mismatch");
    let labels = ["--labels", "labels.nii.gz", "--scheme", "totalspineseg"];
    folder.refuses(&[&WATER_FAT[..], &labels, &["--region", "T12"]].concat(), 4, "region-not-found");
    folder.refuses(&[&WATER_FAT[..], &labels, &["--erode-mm", "30"]].concat(), 4, "empty-region");
    folder.run(&[&WATER_FAT[..], &["-o", "s"]].concat()).assert().success();
    folder.refuses(&[&WATER_FAT[..], &["-o", "s"]].concat(), 5, "output-exists");
    folder.run(&[&WATER_FAT[..], &["-o", "s", "--force"]].concat()).assert().success();
}

#[test]
fn a_flag_that_would_be_ignored_is_refused() {
    let folder = folder();
    let pair = ["ff", "--in-phase", "ip.nii.gz", "--opposed-phase", "op.nii.gz"];
    let refuses = |arguments: &[&str], what: &str| {
        folder.run(arguments).assert().code(2).stderr(predicates::str::contains(what));
    };
    for flag in [["--mask", "w.nii.gz"], ["--bipolar", "on"], ["--withhold", "none"], ["--precession", "-1"]] {
        refuses(&[&WATER_FAT[..], &flag].concat(), flag[0]);
        refuses(&[&pair[..], &flag].concat(), flag[0]);
    }
    for flag in [["--fat-model", "single"], ["--r2star", "60"], ["--echo-times-ms", "1.15,2.3"]] {
        refuses(&[&WATER_FAT[..], &flag].concat(), flag[0]);
    }
    refuses(&[&pair[..], &["--r2star", "nan"]].concat(), "--r2star");
    refuses(&[&WATER_FAT[..], &["--flip-angle-deg", "180", "--repetition-time-ms", "10"]].concat(), "flip angle");
    folder.refuses(&[&WATER_FAT[..], &["--flip-angle-deg", "8"]].concat(), 3, "missing-acquisition");
}

#[test]
fn echo_times_of_a_pair_that_cannot_be_are_said_or_refused() {
    let folder = folder();
    let pair = ["ff", "--in-phase", "ip.nii.gz", "--opposed-phase", "op.nii.gz"];
    let at = |times: &'static str, field: &'static str| {
        [&pair[..], &["--echo-times-ms", times, "--field-strength", field]].concat()
    };
    folder.run(&at("2.3,1.15", "3")).assert().success().stderr(predicates::str::contains("echo-phase").not());
    folder.run(&at("1.15,2.3", "3")).assert().success().stderr(predicates::str::contains("warning[echo-phase]"));
    folder.refuses(&at("2.3,2.3", "3"), 4, "unusable-echo-times");
    folder.refuses(&at("0.0023,0.00115", "3"), 4, "echo-time-range");
    folder.refuses(&at("2.3,1.15", "127.7"), 4, "field-strength");
}
