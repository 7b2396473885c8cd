//! `ff` from raw echoes: magnitude and phase, real and imaginary part; and each way to be refused.

use crate::images::{Folder, grid, mean_of};
use myelomri::dixon::FatModel;
use std::f64::consts::PI;

const TIMES: [f64; 6] = [1.2, 2.2, 3.2, 4.2, 5.2, 6.2];

/// The signal of one voxel at one echo by the default model: fat 20 % in L1 (j < 11), 60 % elsewhere, R2* 60 1/s, a field
/// that varies; 1 % of noise in the background so that it is none of it.
fn signal(at: [usize; 3], ms: f64) -> [f64; 2] {
    let [i, j, k] = at;
    let (t, fraction) = (ms * 1e-3, if j < 11 { 0.2 } else { 0.6 });
    let [re, im] = FatModel::default().phasor(ms, 3.0);
    let (re, im) = (1.0 - fraction + fraction * re, fraction * im);
    let angle = 2.0 * PI * (40.0 + 5.0 * i as f64 - 3.0 * j as f64 + 4.0 * k as f64) * t + 2.4 * k as f64;
    let scale = if k == 0 { 0.0 } else { 500.0 * (-60.0 * t).exp() };
    [scale * (re * angle.cos() - im * angle.sin()), scale * (re * angle.sin() + im * angle.cos())]
}

/// Echoes as `m`, `p` (radians), `s` (Siemens integers), `re`, `im`, each with its sidecar.
fn folder() -> Folder {
    let (folder, grid) = (Folder::new(), grid());
    for (n, &ms) in TIMES.iter().enumerate() {
        let phase = |at| {
            let [re, im] = signal(at, ms);
            im.atan2(re)
        };
        folder.volume(&format!("m{n}.nii.gz"), &grid, |at| {
            let [re, im] = signal(at, ms);
            re.hypot(im) as f32
        });
        folder.volume(&format!("p{n}.nii.gz"), &grid, |at| phase(at) as f32);
        // the background of the stored phase reaches both ends of its range
        let ends =
            |at: [usize; 3]| if at[2] == 0 { [-4096.0, 4094.0][at[0] % 2] } else { (phase(at) * 4096.0 / PI).round() };
        folder.volume(&format!("s{n}.nii.gz"), &grid, |at| ends(at) as f32);
        folder.volume(&format!("re{n}.nii.gz"), &grid, |at| signal(at, ms)[0] as f32);
        folder.volume(&format!("im{n}.nii.gz"), &grid, |at| signal(at, ms)[1] as f32);
        for part in ["m", "p", "s", "re", "im"] {
            let json = format!(r#"{{"EchoTime": {}, "MagneticFieldStrength": 3.0}}"#, ms / 1000.0);
            folder.text(&format!("{part}{n}.json"), &json);
        }
    }
    folder.labels("labels.nii.gz", &grid);
    folder
}

fn files(part: &str) -> Vec<String> {
    (0..6).map(|n| format!("{part}{n}.nii.gz")).collect()
}

fn arguments<'a>(pairs: [(&'a str, &'a [String]); 2], rest: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["ff", "-q"];
    for (flag, files) in pairs {
        arguments.push(flag);
        arguments.extend(files.iter().map(String::as_str));
    }
    arguments.extend(rest);
    arguments
}

const REGIONS: [&str; 6] = ["--labels", "labels.nii.gz", "--scheme", "totalspineseg", "--region", "L1,L2"];

#[test]
fn magnitude_and_phase_give_a_proton_density_fat_fraction_with_all_its_maps() {
    let folder = folder();
    let (m, p) = (files("m"), files("p"));
    let json =
        folder.json(&arguments([("--magnitude", &m), ("--phase", &p)], &[&REGIONS[..], &["-o", "out/a"]].concat()));
    assert_eq!((&json["form"], &json["measure"]), (&"multi-echo".into(), &"pdff".into()));
    assert_eq!(json["fat_model"]["name"], "ren-marrow-9");
    assert_eq!(json["found"]["precession"], "+1");
    assert!((mean_of(&json, "L1") - 20.0).abs() < 0.01 && (mean_of(&json, "L2") - 60.0).abs() < 0.01, "{json}");
    for (suffix, unit) in
        [("PDFF", "%"), ("R2star", "1/s"), ("B0", "Hz"), ("PDFFsd", "%"), ("water", "a.u."), ("fat", "a.u.")]
    {
        let sidecar = folder.sidecar(&format!("out/a_{suffix}.json"));
        assert_eq!(sidecar["Units"], unit, "{suffix}");
        assert_eq!(sidecar["Parameters"]["fat_model"]["name"], "ren-marrow-9");
    }
    assert!((folder.read("out/a_R2star.nii.gz")[[5, 15, 4]] - 60.0).abs() < 0.05);
    let field = 40.0 + 5.0 * 5.0 - 3.0 * 15.0 + 4.0 * 4.0;
    assert!((folder.read("out/a_B0.nii.gz")[[5, 15, 4]] - field).abs() < 0.1);
    assert!(folder.read("out/a_PDFF.nii.gz")[[5, 15, 0]].is_nan(), "no signal, no fat fraction");
    assert!(folder.has("out/a_swap.nii.gz"));
    folder.refuses(&arguments([("--magnitude", &m), ("--phase", &p)], &["-o", "out/a"]), 5, "output-exists");
}

#[test]
fn other_ways_to_store_a_phase_give_the_same() {
    let folder = folder();
    let (m, s, re, im) = (files("m"), files("s"), files("re"), files("im"));
    let scanner = folder.json(&arguments([("--magnitude", &m), ("--phase", &s)], &REGIONS));
    let parts = folder.json(&arguments([("--real", &re), ("--imag", &im)], &REGIONS));
    for json in [&scanner, &parts] {
        assert!((mean_of(json, "L1") - 20.0).abs() < 0.05 && (mean_of(json, "L2") - 60.0).abs() < 0.05, "{json}");
    }
    let loud = arguments([("--magnitude", &m), ("--phase", &s)], &[]);
    let loud: Vec<&str> = loud.into_iter().filter(|argument| *argument != "-q").collect();
    folder.run(&loud).assert().success().stderr(predicates::str::contains("warning[phase-unit]"));
}

#[test]
fn what_does_not_fit_is_refused() {
    let folder = folder();
    let (m, p) = (files("m"), files("p"));
    let refuses = |pairs, rest: &[&str], code, slug| folder.refuses(&arguments(pairs, rest), code, slug);
    refuses([("--magnitude", &m[..]), ("--phase", &p[..5])], &[], 4, "echo-count");
    refuses([("--magnitude", &m[..]), ("--phase", &m[..])], &[], 4, "phase-unit");
    refuses([("--magnitude", &m[..]), ("--phase", &p[..])], &["--echo-times-ms", "1,2,3"], 4, "echo-time-count");
    refuses([("--magnitude", &m[..]), ("--phase", &p[..])], &["--echo-times-ms", "1,3,2,4,5,6"], 4, "echo-time-order");
    let turn = "2.3,4.6,6.9,9.2,11.5,13.8";
    refuses([("--magnitude", &m[..]), ("--phase", &p[..])], &["--echo-times-ms", turn], 4, "unusable-echo-times");
    refuses([("--magnitude", &m[..]), ("--phase", &p[..])], &["--fat-model", "liver"], 2, "unknown-fat-model");
    folder.text("tms.json", r#"{"shifts_ppm": [1.3, 2.1], "amplitudes": [9, 1]}"#);
    refuses([("--magnitude", &m[..]), ("--phase", &p[..])], &["--fat-model", "tms.json"], 4, "bad-fat-model");
    refuses([("--magnitude", &m[..]), ("--phase", &p[..])], &["--field-strength", "127.7"], 4, "field-strength");
    let in_seconds = "0.0012,0.0022,0.0032,0.0042,0.0052,0.0062";
    refuses([("--magnitude", &m[..]), ("--phase", &p[..])], &["--echo-times-ms", in_seconds], 4, "echo-time-range");
    std::fs::remove_file(folder.path("m3.json")).unwrap();
    refuses([("--magnitude", &m[..]), ("--phase", &p[..])], &[], 3, "no-echo-times");
}

#[test]
fn a_fat_model_of_ones_own_is_used_and_recorded() {
    let folder = folder();
    folder.text("mine.json", r#"{"shifts_ppm": [-3.4], "amplitudes": [1], "source": "one peak"}"#);
    let (m, p) = (files("m"), files("p"));
    let rest = [&REGIONS[..], &["--fat-model", "mine.json"]].concat();
    let json = folder.json(&arguments([("--magnitude", &m), ("--phase", &p)], &rest));
    assert_eq!(json["fat_model"]["name"], "mine");
    assert!((mean_of(&json, "L2") - 60.0).abs() > 1.0, "another spectrum, another number");
}

#[test]
fn magnitudes_alone_give_the_same_and_refuse_what_speaks_of_a_phase() {
    let folder = folder();
    let m = files("m");
    let json = folder.json(&arguments(
        [("--magnitude", &m), ("--withhold", &["none".into()])],
        &[&REGIONS[..], &["-o", "out/m"]].concat(),
    ));
    assert_eq!((&json["form"], &json["measure"]), (&"magnitude-multi-echo".into(), &"pdff".into()));
    assert!((mean_of(&json, "L1") - 20.0).abs() < 0.05 && (mean_of(&json, "L2") - 60.0).abs() < 0.3, "{json}");
    assert!((folder.read("out/m_R2star.nii.gz")[[5, 15, 4]] - 60.0).abs() < 1.0);
    assert!(folder.has("out/m_swap.nii.gz") && !folder.has("out/m_B0.nii.gz"), "no phase, no field");
    let refuses = |files: &[String], rest: &[&str], code, slug| {
        folder.refuses(&arguments([("--magnitude", files), ("--withhold", &["none".into()])], rest), code, slug);
    };
    refuses(&m, &["--bipolar", "on"], 2, "usage");
    refuses(&m[..3], &[], 4, "unusable-echo-times");
    refuses(&m, &["--echo-times-ms", "2.3,4.6,6.9,9.2,11.5,13.8"], 4, "unusable-echo-times");
    refuses(&files("re"), &[], 4, "negative-magnitude");
    refuses(&m, &["--r2star=-60"], 2, "usage");
    refuses(&m, &["--fat-model", "none.json"], 3, "unreadable-fat-model");
}

#[test]
fn two_complex_echoes_need_their_r2star_and_say_what_another_would_change() {
    let folder = folder();
    let (m, p) = (files("m"), files("p"));
    let two = [("--magnitude", &m[..2]), ("--phase", &p[..2])];
    let given = folder.json(&arguments(two, &[&REGIONS[..], &["--r2star", "60", "--withhold", "none"]].concat()));
    assert_eq!(given["form"], "two-echo");
    assert!((mean_of(&given, "L1") - 20.0).abs() < 0.05 && (mean_of(&given, "L2") - 60.0).abs() < 0.05, "{given}");
    let assumed = folder.json(&arguments(two, &[&REGIONS[..], &["--withhold", "none"]].concat()));
    assert_eq!(assumed["found"]["r2star"], 80.0);
    // the table says which way and how far: at 20 %, R2* 40 instead of 80 1/s, by about twice what 60 makes
    let table = assumed["found"]["r2star_bias"][0]["bias_points"][1].as_f64().unwrap();
    let off = mean_of(&assumed, "L1") - 20.0;
    assert!((off / table - 0.5).abs() < 0.1, "{off} {table}");
    folder.refuses(&arguments(two, &["--bipolar", "on"]), 4, "unusable-echo-times");
}

#[test]
fn t1_weighting_is_said_and_corrected_on_request_only() {
    let folder = folder();
    let (m, p) = (files("m"), files("p"));
    let pairs = [("--magnitude", &m[..]), ("--phase", &p[..])];
    let excitation = ["--repetition-time-ms", "10", "--flip-angle-deg", "15"];
    let said = folder.json(&arguments(pairs, &[&REGIONS[..], &excitation].concat()));
    assert!((mean_of(&said, "L1") - 20.0).abs() < 0.01, "the primary value is not corrected");
    let bias = said["t1"]["bias"].as_array().unwrap();
    assert!(bias[4]["bias_points"][2].as_f64() > bias[0]["bias_points"][2].as_f64());
    let correct = ["--correct-t1", "900", "-o", "out/t"];
    let corrected = folder.json(&arguments(pairs, &[&REGIONS[..], &excitation, &correct].concat()));
    assert!((mean_of(&corrected, "L1") - 20.0).abs() < 0.01);
    // f(T1) = sin a (1 - E)/(1 - E cos a), fat 382 ms, water 900 ms: by an independent calculation
    let weight = |t1: f64| {
        let e = (-10.0_f64 / t1).exp();
        (1.0 - e) / (1.0 - e * (15.0 * PI / 180.0).cos())
    };
    let (fat, water) = (0.2 / weight(382.0), 0.8 / weight(900.0));
    let want = 100.0 * fat / (fat + water);
    let got = corrected["regions"][0]["mean_t1_corrected"].as_f64().unwrap();
    assert!(
        (got - want).abs() < 0.01 && (f64::from(folder.read("out/t_PDFFt1.nii.gz")[[5, 5, 4]]) - want).abs() < 0.02
    );
    folder.refuses(&arguments(pairs, &["--correct-t1", "900"]), 3, "missing-acquisition");
}
