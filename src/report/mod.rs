//! Figures, quality-control pictures and the report, drawn from results that others computed.
//!
//! [`Drawing`] is one description of a figure that becomes SVG and PNG; [`plots`] has one file a plot; [`montage`] is the
//! picture of one session; [`write_report`] makes `report.html` and `figures/` from an output folder.

mod canvas;
pub mod docs;
pub mod drawing;
mod error;
pub mod figures;
mod gallery;
mod html;
pub mod labels;
pub mod methods;
mod montage;
pub mod outputs;
mod palette;
pub mod plots;
pub mod slice;
pub mod style;
pub mod tables;

pub use drawing::Drawing;
pub use error::ReportError;
pub use html::{FILE_NAME, render, write_report};
pub use montage::{Outline, SessionPicture, montage};
pub use palette::{Palette, Window};
