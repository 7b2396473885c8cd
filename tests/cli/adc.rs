//! `adc`: maps, flags, selection of b-values; and each way to be refused.

use crate::images::{Folder, grid, mean_of};
use predicates::prelude::PredicateBooleanExt;

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

/// Tissue without the empty slice, so that the whole image has signal.
fn tissue(at: [usize; 3], b: f64) -> f64 {
    signal([at[0], at[1], at[2] + 1], b)
}

#[test]
fn what_converters_do_to_b_values_is_named() {
    let folder = Folder::new();
    let case = |stem: &str, b: &[f64], value: &dyn Fn([usize; 3], f64) -> f64| folder.series(stem, &grid(), b, value);
    // no signal at one b; one image under two b-values; a phase image under b = 2; ceiling of 12-bit data
    case("empty", &[50.0, 400.0, 900.0], &|at, b| if b == 900.0 { 0.0 } else { tissue(at, b) });
    folder.refuses(&["adc", "empty.nii.gz", "-o", "a"], 4, "empty-volume");
    case("twice", &[50.0, 400.0, 900.0], &|at, b| tissue(at, b.min(400.0)));
    folder.refuses(&["adc", "twice.nii.gz", "-o", "a"], 4, "same-volume");
    case("phase", &[0.0, 900.0, 2.0], &|at, b| {
        if b == 2.0 { 2000.0 + ((31 * at[0] + 17 * at[1]) % 97) as f64 } else { tissue(at, b) }
    });
    folder.refuses(&["adc", "phase.nii.gz", "-o", "a"], 4, "unlike-repeats");
    case("clipped", &[50.0, 400.0, 900.0], &|at, b| (12.0 * tissue(at, b)).min(4095.0));
    folder.refuses(&["adc", "clipped.nii.gz", "-o", "a"], 4, "clipped-volume");
    folder.text("zeros.bval", "0 0 0");
    std::fs::copy(folder.path("empty.nii.gz"), folder.path("zeros.nii.gz")).unwrap();
    let zeros = folder.run(&["adc", "zeros.nii.gz", "-o", "a"]).assert().code(3);
    zeros.stderr(predicates::str::contains("nothing but zeros"));

    // each is mended by saying what to do
    folder.run(&["adc", "empty.nii.gz", "-o", "a", "--drop-volumes", "2"]).assert().success();
    folder.run(&["adc", "twice.nii.gz", "-o", "b", "--b-values", "50,400,-"]).assert().success();
    let json = folder.json(&["adc", "phase.nii.gz", "-o", "c", "--b-values", "0,900,-"]);
    assert_eq!(json["b_used"], serde_json::json!([0.0, 900.0]));
    let trusted = folder.run(&["adc", "clipped.nii.gz", "-o", "d", "--trust-b-values"]).assert().success();
    trusted.stderr(predicates::str::contains("warning[clipped-volume]").and(predicates::str::contains("[clipped]")));
    assert!(folder.sidecar("d_ADC.json")["Warnings"].to_string().contains("clipped"));
    assert_eq!(folder.read("d_flags.nii.gz")[[0, 1, 0]], 4.0);
}

#[test]
fn neighbouring_b_values_are_grouped_and_fitted_as_they_are() {
    let folder = Folder::new();
    folder.series("uih", &grid(), &[1.25, 928.289, 929.75, 49.6], tissue);
    let json = folder.json(&["adc", "uih.nii.gz", "-o", "a", "--dtype", "f32"]);
    assert_eq!(json["b_used"], serde_json::json!([928.289, 929.75, 49.6]));
    assert_eq!(json["b_groups"][2]["volumes"], serde_json::json!([1, 2]));
    assert!((f64::from(folder.read("a_ADC.nii.gz")[[3, 4, 5]]) - adc_at([3, 4, 5])).abs() < 2e-2);
}

#[test]
fn the_noise_floor_comes_from_the_air_and_can_be_switched_off() {
    let folder = Folder::new();
    // air around tissue; both parts of the noise from a fixed sequence (Box-Muller), sigma 5
    let grid = myelomri::image::Grid::axis_aligned([40, 40, 12], [2.0, 2.0, 4.0], [0.0; 3]);
    let noisy = |at: [usize; 3], b: f64| {
        let inside = (12..28).contains(&at[0]) && (12..28).contains(&at[1]);
        let clean = if inside { signal([at[0] - 12, at[1], 1], b) } else { 0.0 };
        let cell = (((at[2] * 40 + at[1]) * 40 + at[0]) * 1000 + b as usize) as f64;
        let uniform = |n: f64| ((cell + n) * 0.754_877_666_246_692_7).sin().abs() * 43_758.545_3 % 1.0;
        let radius = 5.0 * (-2.0 * (1.0 - uniform(0.1)).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * uniform(0.7)).sin_cos();
        (clean + radius * cos).hypot(radius * sin)
    };
    folder.series("body", &grid, &B, noisy);
    let json = folder.json(&["adc", "body.nii.gz", "-o", "a", "--standard-error", "--fit", "iterative"]);
    for level in json["sigma"].as_array().unwrap() {
        assert!((level["sigma"].as_f64().unwrap() - 5.0).abs() < 0.4, "{level}");
    }
    let n_air = 40 * 40 * 12 - 16 * 16 * 12;
    let below = json["flags"]["below_floor"].as_u64().unwrap();
    assert!(below > n_air * 99 / 100 && below <= n_air, "{below} of {n_air}");
    let error = f64::from(folder.read("a_ADCse.nii.gz")[[20, 20, 5]]);
    assert!((5.0..60.0).contains(&error), "{error}");
    let off = folder.json(&["adc", "body.nii.gz", "-o", "b", "--noise-floor", "0"]);
    assert_eq!(off["flags"]["below_floor"], 0);
    let given = folder.json(&["adc", "body.nii.gz", "-o", "c", "--sigma", "5", "--rician"]);
    assert_eq!(given["sigma"][0]["sigma"], 5.0);
    folder.refuses(&["adc", "body.nii.gz", "-o", "d", "--sigma=-1"], 2, "bad-parameter");
}

#[test]
fn perfusion_and_uncompressed_maps_on_request() {
    let folder = Folder::new();
    let b = [0.0, 20.0, 60.0, 120.0, 300.0, 600.0, 900.0];
    folder.series("ivim", &grid(), &b, |at, b| 0.8 * tissue(at, b) + 0.2 * tissue(at, 0.0) * (-b * 0.03).exp());
    folder.run(&["adc", "ivim.nii.gz", "-o", "a", "--ivim", "--uncompressed", "-q"]).assert().success();
    let fraction = |name: &str| f64::from(folder.read(name)[[3, 4, 5]]);
    assert!((fraction("a_IVIMf.nii") - 0.2).abs() < 2e-3 && (fraction("a_IVIMd.nii") - 760.0).abs() < 2.0);
    assert!((fraction("a_IVIMdstar.nii") / 30_760.0 - 1.0).abs() < 0.1, "{}", fraction("a_IVIMdstar.nii"));
    assert!(folder.has("a_ADC.nii") && !folder.has("a_ADC.nii.gz"));
    let few = ["adc", "ivim.nii.gz", "-o", "b", "--ivim", "--drop-volumes", "1,2,3"];
    let said = folder.run(&few).assert().success();
    said.stderr(predicates::str::contains("ivim-not-identified"));
    assert!(folder.has("b_IVIMf.nii.gz") && !folder.has("b_IVIMdstar.nii.gz"));
}
