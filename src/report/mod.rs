//! Figures, quality-control pictures and the report, drawn from results that others computed.
//!
//! [`Drawing`] is one description of a figure that becomes SVG and PNG; [`plots`] has one file a plot; [`montage`] is the
//! picture of one session, [`whole_body`] that of one subject, [`visits`] that of a registration, [`adc_visits`] that of a change; [`write_report`] makes
//! `report.html`, `figures/` and the slice viewers from an output folder.

mod adc_visits;
mod bibtex;
mod burden;
mod canvas;
pub mod characters;
mod checklist;
pub mod commands;
pub mod docs;
pub mod drawing;
mod error;
pub mod export;
pub mod figures;
mod font;
mod gallery;
mod glyphs;
pub mod histograms;
mod html;
pub mod labels;
pub mod lang;
mod lettering;
pub mod methods;
mod montage;
mod notices;
mod numbers;
pub mod outputs;
mod palette;
mod panel;
pub mod patient;
pub mod plots;
mod raster;
mod sheet;
pub mod slice;
pub mod style;
pub mod tables;
mod viewer;
mod visits;
mod whole_body;
mod words;

pub use adc_visits::{AdcVisitsPicture, adc_visits};
pub use drawing::Drawing;
pub use error::ReportError;
pub use font::{NO_FONT, VARIABLE as JAPANESE_FONT_VARIABLE};
pub use html::{FILE_NAME, render, write_report};
pub use lang::{Lang, Phrase};
pub use montage::{SessionPicture, montage};
pub use palette::{Palette, Window};
pub use panel::Outline;
pub use patient::{Normative, PatientSettings};
pub use viewer::NiiVue;
pub use visits::{VisitsPicture, visits};
pub use whole_body::{SubjectPicture, Visit, whole_body};
