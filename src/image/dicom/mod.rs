//! DICOM in: which files there are, what each series is for, and its conversion to volumes or masks.
//!
//! [`scan`] reads headers, [`parts`] separates what one series mixes, [`decide`] says what each part is for and why,
//! [`stack`] puts images in their places, [`convert`] or [`Dcm2niix`] makes volumes of them; [`segments`] and [`contours`]
//! make masks. Nothing here writes a file, and nothing of an [`Identity`] leaves.

mod convert;
mod dcm2niix;
mod decide;
mod element;
mod error;
mod header;
mod identity;
mod mosaic;
mod references;
mod roles;
mod rtstruct;
mod scan;
mod seg;
mod series;
mod slice_order;
mod stack;
mod syntax;
mod tags;
mod vendor;

pub use convert::{Scaling, Volumes, convert, shared_slopes};
pub use dcm2niix::{Dcm2niix, Job, Runs};
pub use decide::decide;
pub use error::DicomError;
pub use header::{Acquisition, Frame, Header, Kind};
pub use identity::{Identity, Secrets, day_number};
pub use roles::{Decision, SeriesRole};
pub use rtstruct::{contour_mask, contours};
pub use scan::{Broken, Scan, scan};
pub use seg::{Drawn, segment_mask, segments};
pub use series::{FrameRef, Part, parts};
pub use stack::{Stack, stack};
pub use vendor::{BValue, Component, Vendor};

use identity::known_image_types;

/// The words of a part's image type that may stand in a sidecar.
pub fn image_type_words(part: &Part) -> Vec<String> {
    known_image_types(&part.image_type)
}
