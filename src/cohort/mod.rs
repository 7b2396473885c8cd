//! From measured sessions and the clinical table to the numbers of the paper.
//!
//! [`table`] reads what people keep in spreadsheets, [`results`] has the shapes in which the numbers are kept.

mod error;
pub mod results;
pub mod table;

pub use error::CohortError;
pub use table::Table;
