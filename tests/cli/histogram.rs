//! `histogram` as a user runs it, and what every image subcommand does with bad images.

use super::study::myelomri;
use assert_cmd::assert::Assert;
use myelomri::image::{
    Grid, Labels, MapSidecar, Mask, Overwrite, Stored, filled, write_labels, write_mask, write_series, write_volume,
};
use ndarray::{Array4, ShapeBuilder};
use predicates::str::{contains, starts_with};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A map of 10 + k per cent with two vertebrae of 4x4x4 voxels of 1 mm each, L1 above L2, and a mask of L1.
struct Files {
    folder: TempDir,
    grid: Grid,
}

impl Files {
    fn new() -> Files {
        let folder = tempfile::tempdir().unwrap();
        let grid = Grid::axis_aligned([8, 8, 12], [1.0; 3], [0.0; 3]);
        let files = Files { folder, grid: grid.clone() };
        let mut map = filled(grid.dims, 0.0_f32);
        let mut labels = filled(grid.dims, 0_i32);
        for ((i, j, k), value) in map.indexed_iter_mut() {
            *value = 10.0 + k as f32;
            if (2..6).contains(&i) && (2..6).contains(&j) {
                labels[[i, j, k]] = match k {
                    7..11 => 41,
                    1..5 => 42,
                    5..7 => 91,
                    _ => 0,
                };
            }
        }
        write_volume(&files.path("map.nii.gz"), &grid, map.view(), Stored::F32, Overwrite::Refuse).unwrap();
        let sidecar = MapSidecar::new("sFF", "%", "made up", Value::Null, [Path::new("x")]);
        sidecar.write_beside(&files.path("map.nii.gz"), Overwrite::Refuse).unwrap();
        let mask = Mask::new(grid.clone(), labels.mapv(|label| label == 41));
        write_mask(&files.path("mask.nii.gz"), &mask, Overwrite::Refuse).unwrap();
        let labels = Labels { grid, data: labels, source: PathBuf::new() };
        write_labels(&files.path("labels.nii.gz"), &labels, Overwrite::Refuse).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Assert {
        myelomri().current_dir(self.folder.path()).arg("histogram").args(arguments).assert()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--format", "json"]].concat()).success().get_output().stdout.clone();
        serde_json::from_slice(&output).unwrap()
    }
}

const LEVELS: [&str; 5] = ["map.nii.gz", "--labels", "labels.nii.gz", "--scheme", "totalspineseg"];

#[test]
fn pooled_and_single_levels_have_their_statistics() {
    let files = Files::new();
    let json = files.json(&[&LEVELS[..], &["--region", "L1-L2", "--window", "14.5,18"]].concat());
    assert_eq!(json["unit"], "%");
    let names: Vec<&str> = json["regions"].as_array().unwrap().iter().map(|r| r["region"].as_str().unwrap()).collect();
    assert_eq!(names, ["L1-L2", "L1", "L2"]);
    let l1 = &json["regions"][1];
    assert_eq!((l1["n_voxels"].as_u64(), l1["mean"].as_f64(), l1["max"].as_f64()), (Some(64), Some(18.5), Some(20.0)));
    assert_eq!(l1["volume_ml"].as_f64(), Some(0.064));
    let shares: Vec<u64> =
        json["regions"][0]["windows"].as_array().unwrap().iter().map(|w| w["n_voxels"].as_u64().unwrap()).collect();
    assert_eq!(shares, [64, 16, 48]);
    for key in
        ["sd", "p5", "p95", "iqr", "variance", "skewness", "kurtosis_excess", "entropy", "uniformity", "rmad", "medad"]
    {
        assert!(l1[key].is_number(), "{key}");
    }
}

#[test]
fn a_terminal_shows_the_shape_of_each_region() {
    let files = Files::new();
    let output = files.run(&[&LEVELS[..], &["--region", "L1,L2"]].concat()).success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    // L2 is 11, 12, 13, 14 and L1 17, 18, 19, 20 per cent: 24 bins of 0.375 points from 11 to 20
    let line = |region: &str| text.lines().find(|line| line.starts_with(region)).unwrap().trim_end().to_owned();
    assert!(line("L2").ends_with(" █ █  █  █"), "{text}");
    assert!(line("L1").ends_with(&format!("{}█ █  █ █", " ".repeat(16))), "{text}");
    assert!(text.contains("shape: 24 bins from 11.0 % to 20.0 %"), "{text}");
    // what a program reads has no picture
    let csv = files.run(&[&LEVELS[..], &["--region", "L1,L2", "--format", "csv"]].concat()).success();
    assert!(!String::from_utf8(csv.get_output().stdout.clone()).unwrap().contains('█'));
}

#[test]
fn erosion_is_in_millimetres_and_missing_levels_warn() {
    let files = Files::new();
    let eroded = files.run(&[&LEVELS[..], &["--erode-mm", "1", "--format", "csv"]].concat()).success();
    let eroded = eroded.stderr(contains("warning[missing-level]: L3 L4 L5"));
    let text = String::from_utf8(eroded.get_output().stdout.clone()).unwrap();
    assert!(text.lines().nth(1).unwrap().starts_with("L1-L5,16,0.016,%,"), "{text}");
    files.run(&[&LEVELS[..], &["--erode-mm", "2"]].concat()).code(4).stderr(starts_with("error[empty-region]"));
    files.run(&[&LEVELS[..], &["--erode-mm", "-1"]].concat()).code(2);
}

#[test]
fn a_mask_a_second_map_and_files() {
    let files = Files::new();
    let map = ["map.nii.gz", "--mask", "mask.nii.gz", "--compare", "map.nii.gz", "-o", "out/x"];
    let json = files.json(&map);
    assert_eq!(json["regions"][0]["compare"]["overlap"].as_f64(), Some(1.0));
    for name in ["out/x_histogram.json", "out/x_histogram.svg", "out/x_histogram.png"] {
        assert!(files.path(name).is_file(), "{name}");
    }
    assert!(!files.path("out/x_regions.svg").exists(), "one region has no rows");
    files.run(&map).code(5).stderr(starts_with("error[output-exists]"));
    files.run(&[&map[..], &["--force"]].concat()).success();
    files.run(&["map.nii.gz", "--mask", "mask.nii.gz"]).success().stdout(contains("mask"));
}

#[test]
fn several_regions_are_drawn_in_rows_and_the_pooled_one_alone_in_the_large_figure() {
    let files = Files::new();
    files.run(&[&LEVELS[..], &["-o", "out/r"]].concat()).success();
    let svg = |name: &str| std::fs::read_to_string(files.path(name)).unwrap();
    let overlaid = svg("out/r_histogram.svg");
    assert!(overlaid.contains("L1–L5, median") && overlaid.matches(", median ").count() == 1, "{overlaid}");
    let rows = svg("out/r_regions.svg");
    assert!(["L1–L5", "L1", "L2"].iter().all(|name| rows.lines().any(|line| line == *name)), "{rows}");
    assert!(files.path("out/r_regions.png").is_file());
}

#[test]
fn options_that_say_nothing_or_nonsense_exit_2() {
    let files = Files::new();
    files.run(&["map.nii.gz"]).code(2).stderr(contains("--labels"));
    files.run(&["map.nii.gz", "--labels", "labels.nii.gz"]).code(2);
    files.run(&["map.nii.gz", "--labels", "labels.nii.gz", "--scheme", "nonsense"]).code(2);
    files.run(&[&LEVELS[..], &["--region", "L5-L1"]].concat()).code(2);
    files.run(&[&LEVELS[..], &["--window", "5,3"]].concat()).code(2);
    files.run(&[&LEVELS[..], &["--bin-width", "0"]].concat()).code(2);
    files.run(&[&LEVELS[..], &["--threads", "0"]].concat()).code(2);
}

#[test]
fn a_wrong_scheme_and_absent_levels_exit_4() {
    let files = Files::new();
    files.run(&[&LEVELS[..], &["--region", "T12"]].concat()).code(4).stderr(contains("it holds L1 L2"));
    let other = ["map.nii.gz", "--labels", "labels.nii.gz", "--scheme", "totalseg-v2", "--region", "spine"];
    files.run(&other).code(4).stderr(starts_with("error[vertebra-order]"));
}

#[test]
fn bad_images_are_named_with_their_reason_and_exit_3() {
    let files = Files::new();
    let run = |map: &str| files.run(&[map, "--mask", "mask.nii.gz"]).code(3);
    run("none.nii.gz").stderr(starts_with("error[file-not-found]: none.nii.gz"));
    let whole = fs::read(files.path("map.nii.gz")).unwrap();
    fs::write(files.path("cut.nii.gz"), &whole[..whole.len() / 2]).unwrap();
    run("cut.nii.gz").stderr(contains("cut.nii.gz"));
    fs::write(files.path("text.nii"), "not an image at all").unwrap();
    run("text.nii").stderr(starts_with("error[not-nifti]"));
    let series = Array4::<f32>::zeros((8, 8, 12, 3).f());
    write_series(&files.path("four.nii"), &files.grid, series.view(), Stored::F32, Overwrite::Refuse).unwrap();
    run("four.nii").stderr(contains("4-D, 8x8x12x3"));
    let mut plain = fs::read(files.path("four.nii")).unwrap();
    plain.truncate(1000);
    fs::write(files.path("short.nii"), &plain).unwrap();
    files.run(&["map.nii.gz", "--mask", "short.nii"]).code(3);
    files.run(&["map.nii.gz", "--mask", "none.nii"]).code(3);
}

#[test]
fn grids_that_differ_are_shown_side_by_side_and_exit_4() {
    let files = Files::new();
    let grid = Grid::axis_aligned([8, 8, 11], [1.0; 3], [0.0; 3]);
    let shorter = filled(grid.dims, 1.0_f32);
    write_volume(&files.path("short.nii.gz"), &grid, shorter.view(), Stored::F32, Overwrite::Refuse).unwrap();
    let labels = ["short.nii.gz", "--labels", "labels.nii.gz", "--scheme", "totalspineseg"];
    let refused = files.run(&labels).code(4).stderr(starts_with("error[grid-mismatch]"));
    refused.stderr(contains("8x8x11")).stderr(contains("8x8x12"));
    files
        .run(&[&labels[..], &["--on-grid-mismatch", "resample-labels"]].concat())
        .success()
        .stderr(contains("warning[labels-resampled]"));
    files.run(&["short.nii.gz", "--mask", "mask.nii.gz"]).code(4);
    files.run(&["map.nii.gz", "--mask", "mask.nii.gz", "--compare", "short.nii.gz"]).code(4);
}

#[test]
fn forms_that_disagree_ask_for_a_decision() {
    let files = Files::new();
    write_volume(
        &files.path("x.nii"),
        &files.grid,
        filled(files.grid.dims, 1.0).view(),
        Stored::F32,
        Overwrite::Refuse,
    )
    .unwrap();
    let mut bytes = fs::read(files.path("x.nii")).unwrap();
    bytes[268..272].copy_from_slice(&7.0_f32.to_le_bytes()); // qoffset_x
    fs::write(files.path("x.nii"), bytes).unwrap();
    let x = ["x.nii", "--mask", "mask.nii.gz"];
    files.run(&x).code(4).stderr(starts_with("error[sform-qform-conflict]"));
    files.run(&[&x[..], &["--use", "sform"]].concat()).success();
    files.run(&[&x[..], &["--use", "qform"]].concat()).code(4).stderr(starts_with("error[grid-mismatch]"));
}

#[test]
fn excluded_voxels_of_an_adc_map_are_left_out() {
    let files = Files::new();
    let mut adc = filled(files.grid.dims, 800.0_f32);
    let mut flags = filled(files.grid.dims, 0.0_f32);
    adc[[3, 3, 8]] = 0.0;
    flags[[3, 3, 8]] = 2.0;
    for (name, data) in [("a_ADC.nii.gz", &adc), ("a_flags.nii.gz", &flags)] {
        write_volume(&files.path(name), &files.grid, data.view(), Stored::I16 { slope: 1.0 }, Overwrite::Refuse)
            .unwrap();
    }
    let json = files.json(&["a_ADC.nii.gz", "--mask", "mask.nii.gz"]);
    let mask = &json["regions"][0];
    assert_eq!(
        (mask["n_voxels"].as_u64(), mask["n_missing"].as_u64(), mask["min"].as_f64()),
        (Some(63), Some(1), Some(800.0))
    );
}

#[test]
fn a_map_that_is_mostly_or_wholly_not_a_number_is_said() {
    let files = Files::new();
    // the mask has 64 voxels, 16 in each of its four slices
    for (first, slug) in [(8, None), (9, None), (10, Some("mostly-not-measured")), (11, Some("nothing-measured"))] {
        let mut map = filled(files.grid.dims, f32::NAN);
        for ((_, _, k), value) in map.indexed_iter_mut().filter(|((_, _, k), _)| *k >= first) {
            *value = k as f32;
        }
        write_volume(&files.path("nan.nii.gz"), &files.grid, map.view(), Stored::F32, Overwrite::Force).unwrap();
        let path = |name: &str| files.path(name).to_str().unwrap().to_owned();
        let said =
            myelomri().args(["histogram", &path("nan.nii.gz"), "--mask", &path("mask.nii.gz")]).assert().success();
        let stderr = String::from_utf8(said.get_output().stderr.clone()).unwrap();
        match slug {
            Some(slug) => {
                assert!(stderr.contains(slug) && stderr.contains(&format!("{} of 64", 16 * (first - 7))), "{stderr}")
            }
            None => assert!(!stderr.contains("not-measured") && !stderr.contains("nothing-measured"), "{stderr}"),
        }
    }
}
