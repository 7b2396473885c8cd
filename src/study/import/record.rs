//! `import.json`: what an import made of one session, so that the next one knows what is its own.
//!
//! Written last; holds digests, roles and versions, no identity, no time and no path outside the session.

use crate::error::Result;
use crate::image::{Overwrite, write_json};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Name of the record in the session's folder.
pub const FILE_NAME: &str = "import.json";

/// The record of one session.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// This program and its version.
    pub software_version: String,
    /// Program that converts, with its version.
    pub converter: String,
    /// Digest of the examinations that the session holds.
    pub examination: String,
    /// Digest of everything that decides the outputs; empty where something failed.
    pub plan: String,
    /// Day of the session, counted from the subject's first; null where unknown.
    pub days_from_first: Option<i64>,
    /// Files below the session's folder.
    pub files: Vec<RecordedFile>,
}

/// One file of the record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordedFile {
    /// Path below the session's folder.
    pub path: PathBuf,
    /// See [`crate::image::dicom::SeriesRole::name`].
    pub role: String,
    /// Digests of the parts that made it.
    pub series: Vec<String>,
    /// Who converted it.
    pub converter: String,
}

/// The record in a session's folder; `None` where there is none or it cannot be read.
pub fn read(folder: &Path) -> Option<Record> {
    serde_json::from_str(&std::fs::read_to_string(folder.join(FILE_NAME)).ok()?).ok()
}

/// Writes a record.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(folder: &Path, record: &Record) -> Result<()> {
    Ok(write_json(&folder.join(FILE_NAME), record, Overwrite::Force)?)
}
