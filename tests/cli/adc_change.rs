//! `adc-change`: a change that can be counted, lesions matched; and bad input refused.

use crate::images::{Folder, grid};

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
