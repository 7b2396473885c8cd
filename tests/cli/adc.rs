//! `adc`: maps, flags, selection of b-values; and each way to be refused.

use crate::images::{Folder, grid, mean_of};

const B: [f64; 3] = [50.0, 400.0, 900.0];

fn adc_at(at: [usize; 3]) -> f64 {
    700.0 + 20.0 * at[0] as f64
}

/// Mono-exponential tissue; no signal at k = 0.
fn signal(at: [usize; 3], b: f64) -> f64 {
    let s0 = if at[2] == 0 { 0.0 } else { 300.0 + 40.0 * ((at[0] * 7 + at[1] * 3) % 5) as f64 };
    s0 * (-b * adc_at(at) * 1e-6).exp()
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.series("dwi", &grid(), &B, signal);
    folder
}

#[test]
fn the_adc_is_recovered_in_both_storage_types() {
    let folder = folder();
    folder.labels("labels.nii.gz", &grid());
    let regions = ["--labels", "labels.nii.gz", "--scheme", "totalspineseg", "--region", "L1", "-q"];
    let json = folder.json(&[&["adc", "dwi.nii.gz", "-o", "f", "--dtype", "f32"][..], &regions].concat());
    assert!((mean_of(&json, "L1") - (700.0 + 20.0 * 5.5)).abs() < 1e-2);
    assert_eq!(json["b_used"], serde_json::json!(B));
    assert_eq!(json["flags"]["non_positive"], 12 * 30);
    let (map, flags) = (folder.read("f_ADC.nii.gz"), folder.read("f_flags.nii.gz"));
    assert!((f64::from(map[[3, 4, 5]]) - adc_at([3, 4, 5])).abs() < 1e-2);
    assert!(map[[3, 4, 0]].is_nan() && flags[[3, 4, 0]] == 1.0 && flags[[3, 4, 5]] == 0.0);

    folder.run(&["adc", "dwi.nii.gz", "-o", "i", "-q", "--computed-b", "1400"]).assert().success();
    let map = folder.read("i_ADC.nii.gz");
    assert_eq!((map[[3, 4, 5]], map[[3, 4, 0]]), (760.0, 0.0));
    let computed = f64::from(folder.read("i_cDWI.nii.gz")[[3, 4, 5]]);
    assert!((computed / signal([3, 4, 5], 1400.0) - 1.0).abs() < 1e-4);
    assert_eq!(folder.sidecar("i_ADC.json")["Units"], "um2/s");
}

#[test]
fn single_files_with_their_b_give_the_same_map() {
    let folder = folder();
    for b in B {
        folder.volume(&format!("b{b}.nii.gz"), &grid(), |at| signal(at, b) as f32);
    }
    folder.run(&["adc", "dwi.nii.gz", "-o", "a", "-q", "--dtype", "f32"]).assert().success();
    let files = ["adc", "b50.nii.gz:50", "b400.nii.gz:400", "b900.nii.gz:900"];
    folder.run(&[&files[..], &["-o", "b", "-q", "--dtype", "f32"]].concat()).assert().success();
    assert_eq!(folder.read("a_ADC.nii.gz")[[4, 4, 4]], folder.read("b_ADC.nii.gz")[[4, 4, 4]]);
    let ends = folder.json(&["adc", "dwi.nii.gz", "-o", "c", "-q", "--fit", "two-point"]);
    assert_eq!(ends["b_used"], serde_json::json!([50.0, 900.0]));
}

#[test]
fn a_scanner_adc_map_behind_the_series_is_refused_until_it_is_dropped() {
    let folder = Folder::new();
    let with_map = |at: [usize; 3], b: f64| if b == 0.0 { adc_at(at) } else { signal([at[0], at[1], at[2] + 1], b) };
    folder.series("trace", &grid(), &[50.0, 400.0, 900.0, 0.0], with_map);
    folder.refuses(&["adc", "trace.nii.gz", "-o", "a"], 4, "appended-adc-map");
    assert!(!folder.has("a_ADC.nii.gz"));
    folder.run(&["adc", "trace.nii.gz", "-o", "a", "--drop-volumes", "3", "-q"]).assert().success();
}

#[test]
fn each_bad_input_has_its_exit_code() {
    let folder = folder();
    folder.run(&["adc"]).assert().code(2);
    folder.refuses(&["adc", "dwi.nii.gz"], 2, "usage");
    folder.run(&["adc", "dwi.nii.gz", "-o", "a", "--fit", "magic"]).assert().code(2);
    folder.run(&["adc", "none.nii.gz", "-o", "a"]).assert().code(3);
    folder.volume("alone.nii.gz", &grid(), |_| 1.0);
    folder.refuses(&["adc", "alone.nii.gz", "-o", "a"], 3, "no-b-values");
    folder.refuses(&["adc", "dwi.nii.gz", "-o", "a", "--b-values", "50,900"], 4, "b-count");
    folder.refuses(&["adc", "dwi.nii.gz", "-o", "a", "--b-min", "500"], 4, "too-few-b-values");
    folder.refuses(&["adc", "dwi.nii.gz", "-o", "a", "--b-values", "900,400,50"], 4, "not-decaying");
    folder.refuses(&["adc", "dwi.nii.gz", "-o", "a", "--drop-volumes", "3"], 4, "volume-selection");
    folder.run(&["adc", "dwi.nii.gz", "-o", "a", "-q"]).assert().success();
    let before = std::fs::read(folder.path("a_ADC.nii.gz")).unwrap();
    folder.refuses(&["adc", "dwi.nii.gz", "-o", "a"], 5, "output-exists");
    folder.run(&["adc", "dwi.nii.gz", "-o", "a", "-q", "--force", "--threads", "1"]).assert().success();
    assert_eq!(std::fs::read(folder.path("a_ADC.nii.gz")).unwrap(), before, "one thread or more: the same bytes");
}
