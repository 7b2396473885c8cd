//! The order of the steps: a study from its images to its tables, results and report.

mod description;
mod doctor;
mod measure;
mod pictures;
mod results;
mod run;
mod segmented_alike;
mod tables;

pub use doctor::{Blocked, DoctorReport, FileRow, Finding, Gravity, IdentityRow, SessionReport, doctor};
pub use measure::{MeasureRequest, Prepared, measure, prepare};
pub use run::{RunDone, run};
pub use tables::write_tables;

#[cfg(test)]
mod methods_tests;
