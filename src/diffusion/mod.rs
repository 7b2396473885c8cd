//! ADC, computed DWI, station composing and total diffusion volume. Pure kernels: views in, arrays out, no file.
//!
//! | module | computes |
//! |---|---|
//! | [`b_table`] | which volumes enter a fit, and why |
//! | [`adc`] | apparent diffusion coefficient, S0 and flags |
//! | [`computed`] | the image at a b-value that was not measured |
//!
//! ADC is in um2/s (1e-6 mm2/s), b in s/mm2. NaN = not measured.

pub mod adc;
pub mod b_table;
pub mod computed;
mod error;

pub use adc::{AdcFit, AdcMaps, AdcParams};
pub use b_table::{BSelection, Chosen};
pub use computed::computed_dwi;
pub use error::DiffusionError;
