//! First-order statistics against the consensus values of the Image Biomarker Standardisation Initiative on its digital
//! phantom, three significant digits (doi:10.1148/radiol.2020191145).

use crate::shared;
use myelomri::image::{read_mask, read_volume};
use myelomri::region::{Binning, SummaryParams, region_of_mask};
use myelomri::units::Unit;

const PHANTOM: &str = "reference/diffusion/ibsi/ibsi_1_digital_phantom/nifti/image/phantom.nii.gz";
const MASK: &str = "reference/diffusion/ibsi/ibsi_1_digital_phantom/nifti/mask/mask.nii.gz";
const REFERENCE: &str = "reference/diffusion/ibsi/ibsi1_intensity_reference.csv";

/// Our name of each tag. `var` is the IBSI variance (n), `median` and so on are the same by either definition.
const NAMES: [(&str, &str); 20] = [
    ("stat_mean", "mean"),
    ("stat_var", "variance"),
    ("stat_skew", "skewness"),
    ("stat_kurt", "kurtosis_excess"),
    ("stat_median", "median"),
    ("stat_min", "min"),
    ("stat_p10", "p10"),
    ("stat_p90", "p90"),
    ("stat_max", "max"),
    ("stat_iqr", "iqr"),
    ("stat_range", "range"),
    ("stat_mad", "mad"),
    ("stat_rmad", "rmad"),
    ("stat_medad", "medad"),
    ("stat_cov", "cov"),
    ("stat_qcod", "qcod"),
    ("stat_energy", "energy"),
    ("stat_rms", "rms"),
    ("ih_entropy", "entropy"),
    ("ih_uniformity", "uniformity"),
];

#[test]
fn statistics_of_the_digital_phantom() {
    let (Some(phantom), Some(mask), Some(reference)) = (shared(PHANTOM), shared(MASK), shared(REFERENCE)) else {
        return;
    };
    let map = read_volume(&phantom).unwrap();
    let region = region_of_mask("phantom", &read_mask(&mask).unwrap(), 0.0).unwrap();
    // six grey levels, one bin each
    let params = SummaryParams { binning: Binning::Count(6), ..SummaryParams::default() };
    let summary = params.summarise(&region, map.data.view(), &map.grid, Unit::Arbitrary);
    let text = std::fs::read_to_string(reference).unwrap();
    let mut n_checked = 0;
    for (tag, name) in NAMES {
        let row = text.lines().find(|line| line.starts_with(&format!("dig_phantom,{tag},"))).unwrap();
        let expected: f64 = row.split(',').nth(2).unwrap().parse().unwrap();
        let got = summary.statistics.get(name).unwrap();
        // half a unit of the third significant digit
        let digits = if expected == 0.0 { 0.0 } else { expected.abs().log10().floor() };
        let allowed = 0.5 * 10_f64.powf(digits - 2.0) + 1e-9;
        assert!((got - expected).abs() <= allowed, "{name}: {got}, expected {expected}");
        n_checked += 1;
    }
    println!("{n_checked} of {} IBSI statistics agree", NAMES.len());
    // 592 mm3 by counting voxels
    assert!((summary.volume_ml - 0.592).abs() < 1e-9);
}
