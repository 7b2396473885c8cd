//! From measured sessions and the clinical table to the numbers of the paper.
//!
//! [`table`] reads what people keep in spreadsheets, [`frame`] makes it one row a patient, [`change`], [`response`] and
//! [`endpoint`] say what changed and who responded, [`analysis`] asks the declared questions, [`results`] has the shapes
//! in which the answers are kept.

pub mod analysis;
pub mod change;
pub mod endpoint;
mod error;
pub mod frame;
pub mod marker;
pub mod measurement_error;
pub mod redcap;
pub mod response;
pub mod results;
pub mod table;

pub use endpoint::{Endpoint, IMWG_CATEGORIES};
pub use error::CohortError;
pub use frame::Frame;
pub use marker::Marker;
pub use table::{Aggregate, Table};
