//! What is measured in one session: the roles of its files, the biomarkers and the rows they yield.

mod role;
mod row;

pub use role::{ON_DIXON, ON_DWI, Role, RoleFile, SessionInputs};
pub use row::MeasureRow;
