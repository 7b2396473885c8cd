//! Intensity statistics, intensity histogram and intensity-volume histogram against the consensus values of the Image Biomarker Standardisation Initiative on its digital
//! phantom, three significant digits (doi:10.1148/radiol.2020191145).

use crate::shared;
use myelomri::image::{read_mask, read_volume};
use myelomri::region::{Binning, IvhLevels, SummaryParams, region_of_mask};
use myelomri::units::Unit;

const PHANTOM: &str = "reference/diffusion/ibsi/ibsi_1_digital_phantom/nifti/image/phantom.nii.gz";
const MASK: &str = "reference/diffusion/ibsi/ibsi_1_digital_phantom/nifti/mask/mask.nii.gz";
const REFERENCE: &str = "reference/diffusion/ibsi/ibsi1_intensity_reference.csv";

#[test]
fn statistics_of_the_digital_phantom() {
    let (Some(phantom), Some(mask), Some(reference)) = (shared(PHANTOM), shared(MASK), shared(REFERENCE)) else {
        return;
    };
    let map = read_volume(&phantom).unwrap();
    let region = region_of_mask("phantom", &read_mask(&mask).unwrap(), 0.0).unwrap();
    // six grey levels, one bin each
    let params = SummaryParams {
        binning: Binning::Count(6),
        ibsi: Some(IvhLevels::Own),
        percentiles: vec![10.0, 90.0],
        ..SummaryParams::default()
    };
    let summary = params.summarise(&region, map.data.view(), &map.grid, Unit::Arbitrary);
    let text = std::fs::read_to_string(reference).unwrap();
    let mut n_checked = 0;
    for feature in &summary.ibsi {
        let row = text.lines().find(|line| line.starts_with(&format!("dig_phantom,{},", feature.tag))).unwrap();
        let Ok(expected) = row.split(',').nth(2).unwrap().parse::<f64>() else {
            assert_eq!(feature.tag, "ivh_auc", "the only one without a consensus value");
            continue;
        };
        // half a unit of the third significant digit
        let digits = if expected == 0.0 { 0.0 } else { expected.abs().log10().floor() };
        let allowed = 0.5 * 10_f64.powf(digits - 2.0) + 1e-9;
        assert!((feature.value - expected).abs() <= allowed, "{}: {}, expected {expected}", feature.tag, feature.value);
        n_checked += 1;
    }
    // 18 statistics, 23 of the intensity histogram, 6 of the intensity-volume histogram
    assert_eq!(n_checked, 47);
    assert_eq!(summary.percentiles[1].value, 4.0);
    // 592 mm3 by counting voxels
    assert!((summary.volume_ml - 0.592).abs() < 1e-9);
}
