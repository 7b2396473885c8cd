//! Agreement of methods, raters or repeats.

use crate::error::Warning;
use serde::{Deserialize, Serialize};

/// What `agreement` writes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AgreementResults {
    /// Columns compared.
    pub columns: Vec<String>,
    /// Subjects with all of them.
    pub n: usize,
    /// Intraclass correlation, all six forms.
    pub icc: Vec<IccRow>,
    /// Limits of agreement of the first two columns.
    pub bland_altman: Option<BlandAltman>,
    /// Within-subject SD, in the unit of the columns.
    pub wsd: Option<f64>,
    /// Its 95 % interval.
    pub wsd_ci: Option<[f64; 2]>,
    /// Within-subject coefficient of variation, a fraction: root mean square of each subject's own.
    pub wcv: Option<f64>,
    /// The same from logarithms.
    pub wcv_log: Option<f64>,
    /// Within-subject SD over the grand mean.
    pub wcv_ratio: Option<f64>,
    /// Repeatability coefficient, in the unit of the columns.
    pub rc: Option<f64>,
    /// Its 95 % interval.
    pub rc_ci: Option<[f64; 2]>,
    /// Repeatability coefficient in percent, by the root-mean-square coefficient of variation.
    pub rc_pct: Option<f64>,
    /// Percent change that 95 % of repeats stay within, from logarithms: not symmetric.
    pub rc_pct_asymmetric: Option<[f64; 2]>,
    /// Lin's concordance correlation of the first two columns.
    pub concordance: Option<ConcordanceRow>,
    /// Lines of the second column on the first.
    pub lines: Vec<LineRow>,
    /// Kappa of two category columns.
    pub kappa: Vec<KappaRow>,
    /// Overlap and distance of two masks.
    #[serde(default)]
    pub masks: Option<MaskRow>,
    /// Subjects left out for a missing value.
    pub missing: Vec<String>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// One form of the intraclass correlation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IccRow {
    /// Model, definition and unit in full.
    pub form: String,
    /// The name of McGraw and Wong.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end.
    pub ci_high: Option<f64>,
    /// F against no difference between subjects.
    pub f: Option<f64>,
    /// p.
    pub p: Option<f64>,
}

/// Limits of agreement, first column minus second.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BlandAltman {
    /// Pairs.
    pub n: usize,
    /// Mean difference.
    pub bias: f64,
    /// Its 95 % interval; null with several pairs a subject.
    pub bias_ci: Option<[f64; 2]>,
    /// SD of the differences; with several pairs a subject the root of both variances.
    pub sd: f64,
    /// Lower limit, bias - 1.96 SD.
    pub loa_low: f64,
    /// Upper limit.
    pub loa_high: f64,
    /// Exact 95 % interval of the lower limit (noncentral t).
    pub loa_low_ci: Option<[f64; 2]>,
    /// Exact 95 % interval of the upper limit.
    pub loa_high_ci: Option<[f64; 2]>,
    /// Interval of the lower limit as Bland and Altman 1999 have it.
    pub loa_low_ci_1999: Option<[f64; 2]>,
    /// Interval of the upper limit as they have it.
    pub loa_high_ci_1999: Option<[f64; 2]>,
    /// Correlation of difference and mean.
    pub proportional_r: Option<f64>,
    /// Its p: a small one says that the difference grows with the size, and limits in percent or logarithms fit better.
    pub proportional_p: Option<f64>,
    /// Mean difference in percent of the mean.
    pub bias_pct: Option<f64>,
    /// Subjects, where they have several pairs each.
    pub subjects: Option<usize>,
    /// SD of the difference between subjects, where they have several pairs each.
    pub sd_between: Option<f64>,
    /// SD of the difference within subjects.
    pub sd_within: Option<f64>,
    /// Mean of both columns for each pair, for the plot.
    pub means: Vec<f64>,
    /// Difference of each pair.
    pub differences: Vec<f64>,
}

/// Lin's concordance correlation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConcordanceRow {
    /// Its value.
    pub value: f64,
    /// Lower end of its 95 % interval.
    pub ci_low: Option<f64>,
    /// Upper end.
    pub ci_high: Option<f64>,
    /// Pearson's r.
    pub precision: f64,
    /// Bias correction factor.
    pub accuracy: f64,
}

/// A line `second = intercept + slope first`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineRow {
    /// `deming` or `passing-bablok`.
    pub method: String,
    /// Slope.
    pub slope: f64,
    /// Lower end of its 95 % interval.
    pub slope_ci_low: Option<f64>,
    /// Upper end.
    pub slope_ci_high: Option<f64>,
    /// Intercept.
    pub intercept: f64,
    /// Lower end of its 95 % interval.
    #[serde(default)]
    pub intercept_ci_low: Option<f64>,
    /// Upper end.
    #[serde(default)]
    pub intercept_ci_high: Option<f64>,
}

/// Kappa of two raters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KappaRow {
    /// `unweighted`, `linear` or `quadratic`.
    pub weights: String,
    /// Its value.
    pub value: f64,
    /// Standard error.
    pub se: f64,
    /// Lower end of its 95 % interval.
    pub ci_low: f64,
    /// Upper end.
    pub ci_high: f64,
    /// p against no agreement beyond chance.
    pub p: Option<f64>,
    /// Share of subjects on which both agree.
    pub agreement: f64,
}

/// Two masks against each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaskRow {
    /// Names of the two files.
    pub files: [String; 2],
    /// Dice coefficient, 0 to 1.
    pub dice: f64,
    /// Jaccard index, 0 to 1.
    pub jaccard: f64,
    /// Volumes, mL.
    pub volumes_ml: [f64; 2],
    /// Hausdorff distance of the surfaces, mm.
    pub hausdorff_mm: f64,
    /// The larger of the 95th percentiles of both directions, mm.
    pub hausdorff_95_mm: f64,
    /// Mean distance of all surface voxels to the other surface, mm.
    pub mean_surface_mm: f64,
}
