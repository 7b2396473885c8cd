//! Figures, quality-control pictures and the report, drawn from results that others computed.
//!
//! [`Drawing`] is one description of a figure that becomes SVG and PNG; [`plots`] has one file a plot.

mod canvas;
pub mod drawing;
mod error;
pub mod labels;
mod montage;
mod palette;
pub mod plots;
pub mod slice;
pub mod style;

pub use drawing::Drawing;
pub use error::ReportError;
pub use montage::{Outline, SessionPicture, montage};
pub use palette::{Palette, Window};
