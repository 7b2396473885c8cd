//! Figures, quality-control pictures and the report, drawn from results that others computed.
//!
//! [`Drawing`] is one description of a figure that becomes SVG and PNG; [`plots`] has one file a plot.

pub mod drawing;
mod error;
pub mod labels;
pub mod plots;
mod raster;
pub mod style;

pub use drawing::Drawing;
pub use error::ReportError;
