//! `dropout`: with and without a third echo, the regime; and each way to be refused.

use crate::images::{Folder, grid, mean_of};

const PAIR: [&str; 5] = ["dropout", "--in-phase", "ip.nii.gz", "--opposed-phase", "op.nii.gz"];
const LABELS: [&str; 6] = ["--labels", "labels.nii.gz", "--scheme", "totalspineseg", "--region", "L1,L2"];

/// Fat 20 % down to j = 11 (L1), 90 % below (L2); R2* 80 1/s; 3 T: opposed 1.15 ms, in phase 2.3 ms, in phase 4.6 ms.
fn folder() -> Folder {
    let (folder, grid) = (Folder::new(), grid());
    let eta = |at: [usize; 3]| if at[1] < 11 { 0.2_f32 } else { 0.9 };
    let decay = |ms: f32| 700.0 * (-80.0 * ms * 1e-3).exp();
    folder.volume("ip.nii.gz", &grid, |_| decay(2.3));
    folder.volume("op.nii.gz", &grid, |at| decay(1.15) * (1.0 - 2.0 * eta(at)).abs());
    folder.volume("third.nii.gz", &grid, |_| decay(4.6));
    folder.volume("ff.nii.gz", &grid, |at| 100.0 * eta(at));
    folder.labels("labels.nii.gz", &grid);
    folder
}

#[test]
fn a_third_echo_gives_the_true_ratio_and_the_map_the_regime() {
    let folder = folder();
    let third = ["--third-echo", "third.nii.gz", "--echo-times-ms", "2.3,1.15,4.6", "--field-strength", "3"];
    let regime = ["--fat-fraction", "ff.nii.gz", "--ff-unit", "percent", "-o", "s", "-q"];
    let json = folder.json(&[&PAIR[..], &LABELS, &third, &regime].concat());
    assert!((mean_of(&json, "L1") - 40.0).abs() < 0.01 && (mean_of(&json, "L2") - 20.0).abs() < 0.01, "{json}");
    assert_eq!((&json["regions"][0]["regime"], &json["regions"][1]["regime"]), (&"water".into(), &"fat".into()));
    assert!((folder.read("s_R2star.nii.gz")[[1, 1, 1]] - 80.0).abs() < 0.01);
    assert_eq!(folder.sidecar("s_DR.json")["Units"], "%");
}

#[test]
fn without_a_third_echo_the_plain_ratio_and_an_unknown_regime() {
    let folder = folder();
    let json = folder.json(&[&PAIR[..], &LABELS, &["-q"]].concat());
    let plain = 100.0 * (1.0 - 0.6 * (80.0_f64 * 1.15e-3).exp());
    assert!((mean_of(&json, "L1") - plain).abs() < 0.01);
    assert_eq!(json["regions"][0]["regime"], "unknown");
    let stated = folder.json(&[&PAIR[..], &LABELS, &["-q", "--regime", "water"]].concat());
    assert_eq!(stated["regions"][1]["regime"], "water");
}

#[test]
fn a_negative_ratio_is_kept_counted_and_said() {
    let folder = folder();
    let swapped = ["dropout", "--in-phase", "op.nii.gz", "--opposed-phase", "ip.nii.gz"];
    let arguments = [&swapped[..], &LABELS, &["-o", "s"]].concat();
    folder.run(&arguments).assert().success().stderr(predicates::str::contains("negative-dropout"));
    assert!(folder.read("s_DR.nii.gz").iter().all(|&dr| dr < 0.0));
}

#[test]
fn each_bad_input_has_its_exit_code() {
    let folder = folder();
    folder.run(&PAIR[..3]).assert().code(2);
    folder.refuses(&[&PAIR[..], &["--fat-fraction", "ff.nii.gz"]].concat(), 2, "usage");
    let third = [&PAIR[..], &["--third-echo", "third.nii.gz"]].concat();
    folder.refuses(&third, 3, "missing-acquisition");
    folder.refuses(&[&third[..], &["--echo-times-ms", "2.3,1.15"]].concat(), 2, "usage");
    let between = ["--echo-times-ms", "2.3,1.15,4.0", "--field-strength", "3"];
    folder.refuses(&[&third[..], &between].concat(), 4, "unusable-echo-times");
    folder.run(&["dropout", "--in-phase", "none.nii.gz", "--opposed-phase", "op.nii.gz"]).assert().code(3);
    folder.run(&[&PAIR[..], &["-o", "s"]].concat()).assert().success();
    folder.refuses(&[&PAIR[..], &["-o", "s"]].concat(), 5, "output-exists");
}
