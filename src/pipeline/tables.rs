//! Second step: the measured sessions as a long and a wide table with their dictionary.

use crate::error::Result;
use crate::image::{Overwrite, write_json};
use crate::study::{Collected, StudyError, StudyManifest, Wide, collect, dictionary};
use std::path::Path;

/// The numbers of all measured sessions of an output folder, and the manifest that says which these are.
///
/// # Errors
/// Where the folder is not ours or holds no measured session.
pub fn collected(out: &Path) -> Result<(StudyManifest, Collected, Wide)> {
    let nothing = || StudyError::NothingMeasured { path: out.display().to_string() };
    let manifest = StudyManifest::of_output(out)?.ok_or_else(nothing)?;
    let measured: Vec<(String, String)> = manifest
        .sessions
        .iter()
        .filter(|state| state.failure.is_none())
        .map(|state| (state.subject.clone(), state.session.clone()))
        .collect();
    let collected = collect(out, &measured)?;
    let sessions = &manifest.parameters.sessions;
    let wide = collected.wide(&[&sessions.baseline, &sessions.followup]);
    Ok((manifest, collected, wide))
}

/// Writes the three tables of an output folder, replacing what is there.
///
/// # Errors
/// As [`collected`], or where a table cannot be written.
pub fn write_tables(out: &Path, long: &Path, wide: &Path, dictionary_path: &Path) -> Result<()> {
    let (manifest, collected, wide_table) = collected(out)?;
    collected.write_long(long)?;
    wide_table.write(wide)?;
    let sessions = &manifest.parameters.sessions;
    let sessions = [sessions.baseline.as_str(), sessions.followup.as_str()];
    Ok(write_json(dictionary_path, &dictionary(&sessions), Overwrite::Force)?)
}
