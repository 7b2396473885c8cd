//! ADC, computed DWI, station composing and total diffusion volume. Pure kernels: views in, arrays out, no file.
//!
//! | module | computes |
//! |---|---|
//! | [`b_table`] | which volumes enter a fit, and why |
//! | [`signal_check`] | whether the volumes can be what their b-values say |
//! | [`noise`] | standard deviation of the noise, from the air around the body |
//! | [`adc`] | apparent diffusion coefficient, S0 and flags |
//! | [`ivim`] | perfusion fraction beside diffusion |
//! | [`adc_map`] | the check of an ADC map that was made elsewhere |
//! | [`high_b`] | the measured image at one b-value |
//! | [`computed`] | the image at a b-value that was not measured |
//! | [`stations`] | the grid that holds all stations, and each one's place in it |
//! | [`compose`](mod@compose) | the stations in one volume, nothing counted twice |
//! | [`harmonise`](mod@harmonise) | one intensity gain a station, from the overlaps |
//! | [`normalise`] | one gain between two examinations of a patient |
//! | [`marrow_signal`] | the patient's own marrow, for thresholds that rest on it |
//! | [`map_change`] | change of ADC between two visits, lesions matched |
//! | [`map_smooth`] | a map smoothed inside a region, with its standard error |
//! | [`mismatch`] | how far neighbouring stations disagree where they overlap |
//! | [`registration`] | rigid motion of the body or of its parts between two visits |
//! | [`signal_rule`] | the threshold of a segmentation |
//! | [`tdv`] | total diffusion volume, lesions, sensitivity to the threshold |
//! | [`disease_facts`] | pattern of what was selected, and what the rest of the marrow looks like |
//! | [`lesion_fat`] | fat in and around each lesion |
//!
//! ADC is in um2/s (1e-6 mm2/s), b in s/mm2. NaN = not measured.

pub mod adc;
pub mod adc_map;
pub mod b_table;
pub mod compose;
pub mod computed;
pub mod disease_facts;
pub mod edges;
mod error;
pub mod harmonise;
pub mod high_b;
pub mod ivim;
mod lesion;
mod lesion_adc;
pub mod lesion_fat;
pub mod map_change;
pub mod map_smooth;
pub mod marrow_signal;
pub mod mismatch;
mod mrf;
pub mod noise;
pub mod normalise;
pub mod registration;
mod sample;
pub mod signal_check;
pub mod signal_rule;
pub mod stations;
pub mod tdv;

pub use adc::{AdcFit, AdcImages, AdcMaps, AdcParams, Wanted};
pub use b_table::{BGroup, BSelection, Chosen};
pub use compose::{compose, compose_into};
pub use computed::computed_dwi;
pub use edges::Edges;
pub use error::DiffusionError;
pub use harmonise::{Harmonise, Overlap};
pub use ivim::Ivim;
pub use lesion::Lesion;
pub use mismatch::{Mismatch, mismatches};
pub use signal_rule::SignalRule;
pub use stations::{Plan, plan};
pub use tdv::{Removed, SensitivityPoint, Tdv, TdvInput, TdvParams};
