//! Which images a segmentation or a structure set is drawn on.

use super::element::{Object, item, items, text};
use super::header::Kind;
use super::tags;
use std::collections::BTreeSet;

/// Series UIDs and SOP instance UIDs that the object refers to.
pub(super) fn of(object: &Object, kind: Kind) -> (Vec<String>, Vec<String>) {
    let (mut series, mut instances) = (BTreeSet::new(), BTreeSet::new());
    match kind {
        Kind::Segmentation => {
            for one in items(object, tags::REFERENCED_SERIES) {
                series.extend(text(one, tags::SERIES_UID));
            }
            let groups = items(object, tags::PER_FRAME_GROUPS).iter().chain(items(object, tags::SHARED_GROUPS));
            for derivation in groups.flat_map(|group| items(group, tags::DERIVATION_IMAGE)) {
                let sources = items(derivation, tags::SOURCE_IMAGE);
                instances.extend(sources.iter().filter_map(|source| text(source, tags::REFERENCED_SOP_INSTANCE)));
            }
        }
        Kind::Contours => {
            for frame in items(object, tags::REFERENCED_FRAME_OF_REFERENCE) {
                for study in items(frame, tags::RT_REFERENCED_STUDY) {
                    for one in items(study, tags::RT_REFERENCED_SERIES) {
                        series.extend(text(one, tags::SERIES_UID));
                    }
                }
            }
        }
        Kind::Image | Kind::SecondaryCapture | Kind::Other => {}
    }
    (series.into_iter().collect(), instances.into_iter().collect())
}

/// Words that name a region: those of a coded meaning, then those of a free label.
pub(super) fn coded_meaning(object: &Object) -> Option<String> {
    text(item(object, tags::SEGMENTED_PROPERTY_TYPE)?, tags::CODE_MEANING)
}
