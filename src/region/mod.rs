//! Where we measure: vertebrae by name, pooled regions, masks; and what is measured there.
//!
//! A [`Scheme`] says what the integers of a label map mean, a [`Selection`] which levels are asked for, [`regions`]
//! finds them and proves that they lie in the order of their names. [`Statistics`] and [`Histogram`] describe the
//! values of a map in a region.

mod components;
mod error;
mod features;
mod histogram;
mod label_map;
mod label_names;
mod level;
mod morphology;
mod named;
mod overlap;
mod scheme;
mod select;
mod statistics;
mod summary;

pub use components::{Connectivity, components, voxels_by_component};
pub use error::RegionError;
pub use features::{Feature, IvhLevels, features, intensity_histogram, intensity_volume_histogram};
pub use histogram::{ADC_CLASSES_UM2_S, Binning, Histogram, Window, edges_over, windows};
pub use label_map::{EMBEDDED, SchemeChoice, flags_of_regions, keep_body, read_body, read_label_map};
pub use label_names::labels_named;
pub use level::Level;
pub use morphology::erode_mm;
pub use named::{Region, region_of_mask, regions};
pub use overlap::{Overlap, overlap};
pub use scheme::{NAMES as SCHEME_NAMES, Scheme};
pub use select::Selection;
pub use statistics::{Sorted, Statistics};
pub use summary::{Comparison, Percentile, RegionSummary, SummaryParams};
