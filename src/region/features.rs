//! Every feature of one region in the names and codes of the Image Biomarker Standardisation Initiative.
//!
//! Inputs  the statistics of the values, their histogram, the values themselves for the intensity-volume histogram
//! Output  18 intensity statistics, 23 intensity-histogram and 7 intensity-volume-histogram features, each with its IBSI
//!         code, the tag of the reference tables, and what PyRadiomics calls it and does otherwise
//! Source  IBSI reference manual, doi:10.1148/radiol.2020191145; PyRadiomics, doi:10.1158/0008-5472.CAN-17-0339

mod counted;
mod volume;

pub use counted::intensity_histogram;
pub use volume::{IvhLevels, intensity_volume_histogram};

use super::{Histogram, Statistics};
use serde::Serialize;

/// One feature of one region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Feature {
    /// `statistics`, `intensity_histogram` or `intensity_volume_histogram`.
    pub family: &'static str,
    /// Name in tables.
    pub name: &'static str,
    /// IBSI code.
    pub code: &'static str,
    /// Tag in the IBSI reference tables.
    pub tag: &'static str,
    /// The value; NaN (`null`) where it cannot be computed.
    pub value: f64,
    /// What PyRadiomics calls it, where it has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pyradiomics: Option<&'static str>,
    /// What PyRadiomics computes otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<&'static str>,
}

/// A row of the tables below: name, code, tag, PyRadiomics name, difference; empty = none.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str);

const STATISTICS: [Row; 18] = [
    ("mean", "Q4LE", "stat_mean", "original_firstorder_Mean", ""),
    ("variance", "ECT3", "stat_var", "original_firstorder_Variance", ""),
    ("skewness", "KE2A", "stat_skew", "original_firstorder_Skewness", ""),
    ("kurtosis_excess", "IPH6", "stat_kurt", "original_firstorder_Kurtosis", "not excess: larger by 3"),
    ("median", "Y12H", "stat_median", "original_firstorder_Median", ""),
    ("min", "1GSF", "stat_min", "original_firstorder_Minimum", ""),
    ("p10", "QG58", "stat_p10", "original_firstorder_10Percentile", ""),
    ("p90", "8DWT", "stat_p90", "original_firstorder_90Percentile", ""),
    ("max", "84IY", "stat_max", "original_firstorder_Maximum", ""),
    ("iqr", "SALO", "stat_iqr", "original_firstorder_InterquartileRange", ""),
    ("range", "2OJQ", "stat_range", "original_firstorder_Range", ""),
    ("mad", "4FUA", "stat_mad", "original_firstorder_MeanAbsoluteDeviation", ""),
    ("rmad", "1128", "stat_rmad", "original_firstorder_RobustMeanAbsoluteDeviation", ""),
    ("medad", "N72L", "stat_medad", "", ""),
    ("cov", "7TET", "stat_cov", "", ""),
    ("qcod", "9S40", "stat_qcod", "", ""),
    (
        "energy",
        "N8CA",
        "stat_energy",
        "original_firstorder_Energy",
        "of values shifted by voxelArrayShift, 0 by default",
    ),
    (
        "rms",
        "5ZWQ",
        "stat_rms",
        "original_firstorder_RootMeanSquared",
        "of values shifted by voxelArrayShift, 0 by default",
    ),
];

const INTENSITY_HISTOGRAM: [Row; 23] = [
    ("mean", "X6K6", "ih_mean", "", ""),
    ("variance", "CH89", "ih_var", "", ""),
    ("skewness", "88K1", "ih_skew", "", ""),
    ("kurtosis_excess", "C3I7", "ih_kurt", "", ""),
    ("median", "WIFQ", "ih_median", "", ""),
    ("min", "1PR8", "ih_min", "", ""),
    ("p10", "GPMT", "ih_p10", "", ""),
    ("p90", "OZ0C", "ih_p90", "", ""),
    ("max", "3NCY", "ih_max", "", ""),
    ("mode", "AMMC", "ih_mode", "", ""),
    ("iqr", "WR0O", "ih_iqr", "", ""),
    ("range", "5Z3W", "ih_range", "", ""),
    ("mad", "D2ZX", "ih_mad", "", ""),
    ("rmad", "WRZB", "ih_rmad", "", ""),
    ("medad", "4RNL", "ih_medad", "", ""),
    ("cov", "CWYJ", "ih_cov", "", ""),
    ("qcod", "SLWD", "ih_qcod", "", ""),
    ("entropy", "TLU2", "ih_entropy", "original_firstorder_Entropy", "binWidth 25 by default, bins at multiples of it"),
    (
        "uniformity",
        "BJ5W",
        "ih_uniformity",
        "original_firstorder_Uniformity",
        "binWidth 25 by default, bins at multiples of it",
    ),
    ("max_gradient", "12CE", "ih_max_grad", "", ""),
    ("max_gradient_level", "8E6O", "ih_max_grad_g", "", ""),
    ("min_gradient", "VQB3", "ih_min_grad", "", ""),
    ("min_gradient_level", "RHQZ", "ih_min_grad_g", "", ""),
];

const INTENSITY_VOLUME_HISTOGRAM: [Row; 7] = [
    ("v10", "BC2M", "ivh_v10", "", ""),
    ("v90", "BC2M", "ivh_v90", "", ""),
    ("i10", "GBPN", "ivh_i10", "", ""),
    ("i90", "GBPN", "ivh_i90", "", ""),
    ("v10_minus_v90", "DDTU", "ivh_diff_v10_v90", "", ""),
    ("i10_minus_i90", "CNV2", "ivh_diff_i10_i90", "", ""),
    ("auc", "9CMM", "ivh_auc", "", ""),
];

/// All features of one region. `values` are those that the statistics were made of.
pub fn features(statistics: &Statistics, histogram: &Histogram, values: &[f32], levels: IvhLevels) -> Vec<Feature> {
    let named = STATISTICS.iter().map(|row| statistics.get(row.0).unwrap_or(f64::NAN)).collect::<Vec<_>>();
    let families = [
        ("statistics", &STATISTICS[..], named),
        ("intensity_histogram", &INTENSITY_HISTOGRAM[..], intensity_histogram(&histogram.counts).to_vec()),
        (
            "intensity_volume_histogram",
            &INTENSITY_VOLUME_HISTOGRAM[..],
            intensity_volume_histogram(values, levels).to_vec(),
        ),
    ];
    let present = |text: &'static str| (!text.is_empty()).then_some(text);
    families
        .into_iter()
        .flat_map(|(family, rows, values)| {
            rows.iter().zip(values).map(move |(&(name, code, tag, pyradiomics, difference), value)| Feature {
                family,
                name,
                code,
                tag,
                value,
                pyradiomics: present(pyradiomics),
                difference: present(difference),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::Binning;

    #[test]
    fn every_feature_has_its_own_tag_and_an_own_code_where_ibsi_gives_one() {
        let values = [1.0, 2.0, 2.0, 5.0];
        let statistics = Statistics::of(&values);
        let all = features(&statistics, &Histogram::of(&values, Binning::Count(4)), &values, IvhLevels::Own);
        assert_eq!(all.len(), 48);
        let tags: std::collections::BTreeSet<_> = all.iter().map(|feature| feature.tag).collect();
        let codes: std::collections::BTreeSet<_> = all.iter().map(|feature| feature.code).collect();
        // V10 and V90 share a code, and so do I10 and I90
        assert_eq!((tags.len(), codes.len()), (48, 46));
        assert!(all.iter().all(|feature| feature.value.is_finite()));
    }
}
