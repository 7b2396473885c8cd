//! Statistics on plain slices: tests, ROC curves, logistic models for few events, resampling, calibration.
//!
//! Everything is `f64` in and `f64` out, pure, and the same on one thread or many. An outcome is a `&[bool]` (true is
//! the positive class), a marker a `&[f64]` of the same length; missing values are left out by the caller, who knows
//! whose they are. The direction of a marker is declared and never found from the data.
//!
//! | question | module |
//! |---|---|
//! | how well does a marker separate two groups? | [`roc`], [`roc_band`], [`delong`], [`cutoff`], [`partial_auc`], [`curve_tests`], [`planning`] |
//! | do two measurements agree? | [`icc`], [`limits`], [`repeatability`], [`concordance`] |
//! | which odds go with it? | [`design`], [`separation`], [`logistic`], [`firth`], [`flac`], [`ridge`], [`elastic_net`], [`diagnostics`] |
//! | are several rows one patient? | [`clustered`] |
//! | does it hold on new patients? | [`resample`], [`recipe`], [`validation`], [`cross_validation`], [`calibration`], [`decision_curve`] |
//! | do groups or visits differ? | [`group_tests`], [`rank_tests`], [`several_groups`], [`contingency`], [`ancova`], [`effect_size`], [`multiplicity`], [`summary`] |
//! | may the test be used? | [`normality`], [`spread_tests`] |
//! | do two columns go together? | [`correlation`] |

pub mod ancova;
pub mod calibration;
pub mod clustered;
pub mod concordance;
pub mod contingency;
pub mod correlation;
pub mod cross_validation;
pub mod curve_tests;
pub mod cutoff;
pub mod cutoff_stability;
pub mod decision_curve;
pub mod delong;
pub mod design;
pub mod diagnostics;
pub mod distributions;
pub mod effect_size;
pub mod elastic_net;
mod error;
pub mod firth;
pub mod flac;
pub mod group_tests;
pub mod icc;
mod levels;
mod likelihood;
pub mod likelihood_ratio;
pub mod limits;
mod linalg;
pub mod logistic;
pub mod multiplicity;
pub mod noncentral;
pub mod normality;
mod pair_sums;
pub mod partial_auc;
mod penalised;
pub mod planning;
mod profile;
pub mod rank_tests;
pub mod recipe;
pub mod repeatability;
pub mod resample;
pub mod ridge;
pub mod roc;
pub mod roc_band;
pub mod separation;
pub mod several_groups;
pub mod spread_tests;
pub mod summary;
pub mod validation;

pub use error::StatsError;

/// An interval estimate; 95 % unless a function takes a level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Confidence level of every interval that is not told otherwise.
pub const LEVEL: f64 = 0.95;
