//! `histogram`: IBSI features, percentiles, and which flagged voxels count.

use crate::images::{Folder, grid};
use predicates::prelude::PredicateBooleanExt;

#[test]
fn every_ibsi_feature_with_its_code_and_any_percentile() {
    let folder = Folder::new();
    // 1 to 8 along k, each 360 times
    folder.volume("map.nii.gz", &grid(), |at| 1.0 + at[2] as f32);
    folder.mask("mask.nii.gz", &grid(), |_| true);
    let base = ["histogram", "map.nii.gz", "--mask", "mask.nii.gz", "--bins", "8", "--percentile", "1,99"];
    let json = folder.json(&[&base[..], &["--ibsi"]].concat());
    let region = &json["regions"][0];
    assert_eq!((&region["percentiles"][0]["value"], &region["percentiles"][1]["value"]), (&1.0.into(), &8.0.into()));
    let features = region["ibsi"].as_array().unwrap();
    assert_eq!(features.len(), 48);
    let value = |tag: &str| features.iter().find(|f| f["tag"] == tag).unwrap()["value"].as_f64().unwrap();
    assert_eq!((value("stat_mean"), value("ih_entropy"), value("ih_mode")), (4.5, 3.0, 4.0));
    // levels 1 to 8; a tenth up the range is above 1, a tenth of the volume is less than level 8 holds
    assert_eq!((value("ivh_v10"), value("ivh_v90"), value("ivh_i90")), (0.875, 0.125, 2.0));
    let table = folder.run(&[&base[..], &["--ibsi", "--format", "csv"]].concat()).assert().success();
    table.stdout(predicates::str::contains("kurtosis_excess,IPH6").and(predicates::str::contains("not excess")));
    folder.refuses(&["histogram", "map.nii.gz", "--mask", "mask.nii.gz", "--percentile", "101"], 2, "usage");
    folder.refuses(&[&base[..], &["--ibsi", "--ivh-width", "0"]].concat(), 2, "usage");
}

#[test]
fn voxels_fitted_without_their_highest_b_count_as_measured() {
    let folder = Folder::new();
    folder.volume("a_ADC.nii.gz", &grid(), |at| 100.0 * at[2] as f32);
    folder.volume("a_flags.nii.gz", &grid(), |at| [2.0, 32.0, 0.0][at[2].min(2)]);
    folder.mask("mask.nii.gz", &grid(), |_| true);
    let json = folder.json(&["histogram", "a_ADC.nii.gz", "--mask", "mask.nii.gz"]);
    let region = &json["regions"][0];
    assert_eq!((&region["min"], &region["n_missing"]), (&100.0.into(), &360.into()));
}
