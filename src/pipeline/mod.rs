//! The order of the steps: a study from its images to its tables, results and report.

mod measure;
mod tables;

pub use measure::{MeasureRequest, Prepared, measure, prepare};
pub use tables::write_tables;
