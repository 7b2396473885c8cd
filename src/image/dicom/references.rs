//! Which images a segmentation or a structure set is drawn on.

use super::element::{Object, item, items, text};
use super::header::Kind;
use super::tags;
use std::collections::BTreeSet;

/// UIDs of the series that the object refers to, each once, in order.
pub(super) fn of(object: &Object, kind: Kind) -> Vec<String> {
    let mut series = BTreeSet::new();
    match kind {
        Kind::Segmentation => {
            series.extend(items(object, tags::REFERENCED_SERIES).iter().filter_map(|one| text(one, tags::SERIES_UID)));
        }
        Kind::Contours => {
            let frames = items(object, tags::REFERENCED_FRAME_OF_REFERENCE).iter();
            let studies = frames.flat_map(|frame| items(frame, tags::RT_REFERENCED_STUDY));
            let referenced = studies.flat_map(|study| items(study, tags::RT_REFERENCED_SERIES));
            series.extend(referenced.filter_map(|one| text(one, tags::SERIES_UID)));
        }
        Kind::Image | Kind::SecondaryCapture | Kind::Other => {}
    }
    series.into_iter().collect()
}

/// Meaning of the coded type of a segment.
pub(super) fn coded_meaning(object: &Object) -> Option<String> {
    text(item(object, tags::SEGMENTED_PROPERTY_TYPE)?, tags::CODE_MEANING)
}
