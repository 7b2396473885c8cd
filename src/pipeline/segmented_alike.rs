//! Flags the changes of total diffusion volume and global ADC whose visits were not segmented alike.

use crate::cohort::change::UNLIKE_LESIONS;
use crate::cohort::results::Change;
use crate::error::Warning;
use crate::measure::{SegmentationRecord, unlike};
use crate::study::{Sessions, session_folder_of};
use std::collections::BTreeMap;
use std::path::Path;

/// Measures that hang on the segmentation.
const SEGMENTED: [&str; 2] = ["tdv_", "gadc_"];

/// Adds the flag to the changes of each subject whose visits differ, and says how they do.
pub(super) fn flag_unlike(out: &Path, sessions: &Sessions, changes: &mut [Change]) -> Vec<Warning> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let is_segmented = |change: &Change| SEGMENTED.iter().any(|measure| change.column.starts_with(measure));
    for change in changes.iter_mut().filter(|change| is_segmented(change) && change.abs.is_some()) {
        let differences = found.entry(change.subject.clone()).or_insert_with(|| {
            let record = |session: &str| {
                let folder = out.join(session_folder_of(&change.subject, session));
                SegmentationRecord::beside(&folder.join(format!("sub-{}_ses-{session}_tDV.nii.gz", change.subject)))
            };
            let [before, after] = [&sessions.baseline, &sessions.followup].map(|session| record(session));
            before.zip(after).map(|(before, after)| before.differences(&after)).unwrap_or_default()
        });
        if !differences.is_empty() {
            change.flags.push(UNLIKE_LESIONS.to_owned());
        }
    }
    let told = found.iter().filter(|(_, differences)| !differences.is_empty());
    told.map(|(subject, differences)| unlike(&format!("sub-{subject}"), differences)).collect()
}
