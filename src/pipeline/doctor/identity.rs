//! Traces of persons in the files of a study: where they stand, never what they say.

use super::report::relative;
use crate::image::{
    Identity, ImageError, Trace, applicable, beside, identity_in_image, identity_in_json, identity_in_name,
    identity_of_column, identity_of_value,
};
use crate::measure::SessionInputs;
use crate::study::read_frame;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One trace, or the same key in several files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdentityRow {
    /// Header field, extension, JSON key, column, or `file name`.
    pub key: String,
    /// What it is.
    pub trace: Trace,
    /// The files, relative to the study.
    pub files: Vec<String>,
    /// Length of the longest value, characters.
    pub n_characters: usize,
}

/// Traces in the images of a session and in the sidecars that are its own.
pub(super) fn of_session(study: &Path, inputs: &SessionInputs, unused: &[PathBuf]) -> Vec<IdentityRow> {
    let images = inputs.files.iter().map(|file| &file.path).chain(unused);
    let (mut found, mut sidecars) = (Vec::new(), BTreeSet::new());
    for image in images {
        // what cannot be read is said elsewhere
        found.extend(identity_in_image(image).unwrap_or_default());
        let inside = image.strip_prefix(study).unwrap_or(image);
        found.extend(identity_in_name(image, inside));
        let applies = applicable(image, ".json").unwrap_or_else(|_| vec![beside(image, ".json")]);
        sidecars.extend(applies.into_iter().filter(|path| path.parent() != Some(study)));
    }
    for sidecar in sidecars {
        found.extend(identity_in_json(&sidecar).unwrap_or_default());
    }
    gathered(study, found)
}

/// Traces in the JSON files and tables at the top of a study.
pub(super) fn of_study(study: &Path) -> Vec<IdentityRow> {
    let Ok(entries) = std::fs::read_dir(study) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths.iter().filter(|path| path.is_file()) {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
        match ending.as_str() {
            "json" => found.extend(in_description(path).unwrap_or_default()),
            "csv" | "tsv" | "xlsx" | "xls" | "xlsb" | "ods" | "parquet" | "sav" | "zsav" => {
                found.extend(in_columns(path))
            }
            _ => {}
        }
    }
    gathered(study, found)
}

/// In `dataset_description.json` authors are meant to be named.
fn in_description(path: &Path) -> Result<Vec<Identity>, ImageError> {
    let mut found = identity_in_json(path)?;
    found.retain(|one| !["Authors", "Acknowledgements", "Funding", "Name"].contains(&one.key.as_str()));
    Ok(found)
}

fn in_columns(path: &Path) -> Vec<Identity> {
    let Ok(frame) = read_frame(path) else { return Vec::new() };
    let names: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    let column = |name: &String| {
        let cells = frame.column(name).ok()?.str().ok()?;
        let cells: Vec<&str> = cells.iter().flatten().map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let trace = identity_of_column(name).or_else(|| in_cells(&cells))?;
        let n_characters = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        Some(Identity { path: path.to_owned(), key: format!("column {name}"), trace, n_characters })
    };
    names.iter().filter_map(column).collect()
}

/// A trace in the cells of a column: in a text, or in every cell, since a single number may look like a date.
fn in_cells(cells: &[&str]) -> Option<Trace> {
    let of_texts = cells.iter().filter(|cell| cell.parse::<f64>().is_err()).find_map(|cell| identity_of_value(cell));
    of_texts.or_else(|| {
        let first = identity_of_value(cells.first()?)?;
        cells.iter().all(|cell| identity_of_value(cell) == Some(first)).then_some(first)
    })
}

/// The same key of several files in one row.
fn gathered(study: &Path, mut found: Vec<Identity>) -> Vec<IdentityRow> {
    found.sort_by(|a, b| (&a.key, a.trace, &a.path).cmp(&(&b.key, b.trace, &b.path)));
    let mut rows: Vec<IdentityRow> = Vec::new();
    for one in found {
        let file = relative(study, &one.path);
        match rows.last_mut().filter(|row| row.key == one.key && row.trace == one.trace) {
            Some(row) => {
                row.files.push(file);
                row.files.dedup();
                row.n_characters = row.n_characters.max(one.n_characters);
            }
            None => {
                let Identity { key, trace, n_characters, .. } = one;
                rows.push(IdentityRow { key, trace, files: vec![file], n_characters });
            }
        }
    }
    rows
}

/// Images in the folders of a session that have no role. A study whose files are listed has no folder of a session.
pub(super) fn unused_images(inputs: &SessionInputs) -> Vec<PathBuf> {
    let of_session = |folder: &Path| folder.ancestors().any(|above| above.ends_with(format!("ses-{}", inputs.session)));
    let folders: BTreeSet<&Path> = inputs.files.iter().filter_map(|file| file.path.parent()).collect();
    let mut unused = Vec::new();
    for folder in folders.into_iter().filter(|folder| of_session(folder)) {
        for path in std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_image = [".nii", ".nii.gz", ".nrrd", ".hdr"].iter().any(|ending| name.ends_with(ending));
            if is_image && !inputs.files.iter().any(|file| file.path == path) {
                unused.push(path);
            }
        }
    }
    unused.sort();
    unused
}
