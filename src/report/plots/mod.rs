//! One file a plot. Each turns results into a [`Drawing`](super::Drawing), which saves itself as SVG and PNG.
//!
//! A plot marks what is exploratory with that word, gives the number of patients, and computes nothing beyond the
//! quartiles of a box.

mod agreement;
pub mod axes;
mod calibration;
mod change;
mod correlation;
mod courses;
mod decision;
mod forest;
mod histogram;
mod paired;
mod profile;
mod roc;
mod sparklines;
mod waterfall;

use super::Lang;
use crate::cohort::results::RocResults;
use crate::error::Result;
use std::path::Path;

pub use agreement::bland_altman_figure;
pub use calibration::calibration_figure;
pub use change::{ChangePlot, Group, change_figure};
pub use correlation::{CorrelationPlot, correlation_figure};
pub use courses::{Course, CoursesPlot, courses_figure};
pub use decision::decision_figure;
pub use forest::{ForestRow, forest_figure, ratios};
pub use histogram::{Distribution, HistogramPlot, histogram_figure};
pub use paired::{PairedPlot, paired_figure};
pub use profile::{ProfilePlot, profile_figure};
pub use roc::roc_figure;
pub(super) use roc::rule_name;
pub use sparklines::{SparklinesPlot, sparklines_figure};
pub use waterfall::{WaterfallPlot, waterfall_figure};

/// ROC curves with AUC, interval, cut-offs and patients, as SVG and PNG.
///
/// # Errors
/// Where there is no curve to draw, or a file cannot be written. Whether the files exist already is the caller's to
/// check before any work.
pub fn roc(results: &RocResults, svg: &Path, png: &Path) -> Result<()> {
    roc_figure(results, Lang::En)?.save(svg, png)
}
