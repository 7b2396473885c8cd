//! From the MRI of multiple myeloma to numbers, and from numbers to a response prediction with honest error bars.
#![warn(missing_docs)]

pub mod cli;
pub mod cohort;
pub mod diffusion;
pub mod dixon;
pub mod error;
pub mod image;
pub mod measure;
pub mod pipeline;
pub mod region;
pub mod report;
pub mod segment;
pub mod stats;
pub mod study;
pub mod units;
