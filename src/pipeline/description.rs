//! `dataset_description.json` and `.bidsignore`: the output as a BIDS derivative of the study. The maps under the names of the
//! standard are a data set of their own in `OUT/bids`.

use crate::error::Result;
use crate::image::{Overwrite, write_json, write_text_atomically};
use crate::study::{description, write_dataset};
use std::path::Path;

/// What the standard does not know at the top of an output folder.
const IGNORED: &str = "bids\nfigures\nmaps\nqc\nresults\ntables\nviewer\nmanifest.json\nreport.html\n";

/// Writes them, with the name and version that the study gives itself.
///
/// # Errors
/// Where they cannot be written.
pub(super) fn write(study: &Path, out: &Path) -> Result<()> {
    write_dataset(study, out)?;
    write_text_atomically(&out.join(".bidsignore"), IGNORED, Overwrite::Force)?;
    Ok(write_json(&out.join("dataset_description.json"), &description(study, out), Overwrite::Force)?)
}
