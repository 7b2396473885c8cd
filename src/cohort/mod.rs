//! From measured sessions and the clinical table to the numbers of the paper.
//!
//! [`results`] has the shapes in which these numbers are kept.

pub mod results;
