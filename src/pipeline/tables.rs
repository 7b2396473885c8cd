//! Second step: the measured sessions as a long and a wide table with their dictionary.

use crate::cohort::Frame;
use crate::error::Result;
use crate::image::{Overwrite, write_json};
use crate::study::{Collected, StudyConfig, StudyError, StudyManifest, Wide, collect, dictionary, number, write_csv};
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
    let (frame, _) = Frame::of_study(&wide_table, None, &manifest.parameters.sessions)?;
    write_frame(wide, &frame)?;
    write_dictionary(&manifest.parameters, dictionary_path)
}

/// Writes the dictionary of the tables.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn write_dictionary(config: &StudyConfig, path: &Path) -> Result<()> {
    let sessions = [config.sessions.baseline.as_str(), config.sessions.followup.as_str()];
    Ok(write_json(path, &dictionary(&sessions), Overwrite::Force)?)
}

/// Writes a frame, one row a patient: measures, clinical columns and changes.
///
/// # Errors
/// Where the file cannot be written.
pub(super) fn write_frame(path: &Path, frame: &Frame) -> Result<()> {
    let numbers = frame.numbers.iter().map(|(name, _)| name.as_str());
    let texts = frame.texts.iter().map(|(name, _)| name.as_str());
    let names: Vec<&str> = std::iter::once("subject").chain(numbers).chain(texts).collect();
    let rows = frame.subjects.iter().enumerate().map(|(row, subject)| {
        let numbers = frame.numbers.iter().map(|(_, values)| number(values[row]));
        let texts = frame.texts.iter().map(|(_, values)| values[row].clone().unwrap_or_default());
        std::iter::once(subject.clone()).chain(numbers).chain(texts).collect()
    });
    write_csv(path, &names, rows)
}
