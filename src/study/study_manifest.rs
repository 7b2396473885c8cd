//! `OUT/manifest.json`: whose output this is, with which settings, and how each session fared.

use super::session_manifest::{FILE_NAME, SOFTWARE, VERSION};
use super::{StudyConfig, StudyError};
use crate::error::Result;
use crate::image::{Overwrite, write_json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The manifest at the top of an output folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyManifest {
    /// Name of the program.
    pub software: String,
    /// Its version.
    pub version: String,
    /// The settings of the study.
    pub parameters: StudyConfig,
    /// SHA-256 of the study's tables and settings, by name.
    pub inputs: BTreeMap<String, String>,
    /// How each session fared, by subject and session.
    pub sessions: Vec<SessionState>,
}

/// How one session fared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionState {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`.
    pub session: String,
    /// Slug of the failure; absent where the session is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Its message, with paths relative to the study.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl StudyManifest {
    /// A manifest without sessions.
    pub fn new(parameters: StudyConfig, inputs: BTreeMap<String, String>) -> StudyManifest {
        let (software, version) = (SOFTWARE.to_owned(), VERSION.to_owned());
        StudyManifest { software, version, parameters, inputs, sessions: Vec::new() }
    }

    /// The manifest of an output folder; `None` for a folder that is absent or empty.
    ///
    /// # Errors
    /// [`StudyError::ForeignOutput`] for a folder that holds anything else.
    pub fn of_output(out: &Path) -> std::result::Result<Option<StudyManifest>, StudyError> {
        let foreign = || StudyError::ForeignOutput { path: out.display().to_string() };
        let Ok(mut entries) = std::fs::read_dir(out) else {
            return if out.exists() { Err(foreign()) } else { Ok(None) };
        };
        if entries.next().is_none() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(out.join(FILE_NAME)).map_err(|_| foreign())?;
        let is_ours = serde_json::from_str::<serde_json::Value>(&text)
            .is_ok_and(|value| value.get("software").and_then(|name| name.as_str()) == Some(SOFTWARE));
        if !is_ours {
            return Err(foreign());
        }
        // One of another version may have other fields: it is ours, and it is written anew.
        Ok(serde_json::from_str(&text).ok())
    }

    /// Writes it at the top of the output folder.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, out: &Path) -> Result<()> {
        Ok(write_json(&out.join(FILE_NAME), self, Overwrite::Force)?)
    }
}
