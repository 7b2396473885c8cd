//! b-values as scanners and converters write them, from the shared reference data; generated ones stand in `tests/cli/adc.rs`.

use crate::shared;
use myelomri::diffusion::{AdcParams, BSelection, DiffusionError, adc, b_table};
use myelomri::image::gradients::{b_values_of, read_bval};
use myelomri::image::read_series;
use std::fs;

#[test]
fn tables_of_four_makers_are_two_settings_each_and_keep_their_own_values() {
    let Some(folder) = shared("reference/diffusion/bvals") else { return };
    let mut n_tables = 0;
    for (maker, low, high) in
        [("ge", 0.0, 1000.0), ("toshiba", 0.0, 1500.0), ("philips_dwi", 0.0, 1000.0), ("uih", 1.25, 929.0)]
    {
        for entry in fs::read_dir(folder.join(maker)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "bval") {
                continue;
            }
            let b = read_bval(&path).unwrap();
            let groups = b_table::groups(&b);
            assert_eq!(groups.len(), 2, "{}", path.display());
            assert!(
                (groups[0].b - low).abs() < 0.01 && (groups[1].b - high).abs() < 1.0,
                "{}: {groups:?}",
                path.display()
            );
            // one setting from 50 on is none to fit by itself, so all volumes are used, with their own values
            let chosen = b_table::choose(&b, b.len(), &BSelection::default()).unwrap();
            assert_eq!(chosen.b, b);
            n_tables += 1;
        }
    }
    assert_eq!(n_tables, 4 + 5 + 2 + 4);
    // b = 0 last, and b = 2 for a phase image that is none
    for (name, last) in [("2201_WIP_DTI_S2MB2_enh", 0.0), ("2301_WIP_DTIphase_S2MB2_enh", 2.0)] {
        let b = read_bval(&folder.join(format!("philips_enh/{name}.bval"))).unwrap();
        assert_eq!(b.last(), Some(&last));
        assert_eq!(b_table::groups(&b).len(), 2);
    }
}

#[test]
fn a_scanners_adc_map_with_a_b_value_beside_it_is_no_series() {
    let (Some(map), Some(other)) = (
        shared("reference/diffusion/abdomen-adc/scan1_adc.nii.gz"),
        shared("reference/diffusion/abdomen-adc/scan2_adc.nii.gz"),
    ) else {
        return;
    };
    for path in [map, other] {
        let series = read_series(&path).unwrap();
        let b = b_values_of(&path, series.len()).unwrap();
        assert_eq!((series.len(), b.len()), (1, 1));
        let refused = adc::fit(series.data.view(), &b, &AdcParams::default());
        assert!(matches!(refused, Err(DiffusionError::TooFewB { .. })), "{refused:?}");
    }
}
