//! `manifest.json` of one session: what it was measured from and with. Written last, it marks success.
//!
//! A session whose inputs, parameters and program version agree with its manifest, and whose files are all there, need
//! not be measured again. Paths are relative to the study; there is no time, host or user in it.

use super::StudyError;
use crate::error::{Result, Warning};
use crate::image::{Overwrite, applicable, sha256_file, write_json};
use crate::measure::{MeasureParams, Role, SessionInputs};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Name of the file, in the folder of a session and at the top of the output.
pub const FILE_NAME: &str = "manifest.json";
/// What `software` says in a manifest of ours.
pub const SOFTWARE: &str = "myelomri";
/// Version of the program, as written to manifests and sidecars.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What decides whether a session must be measured again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionKey {
    /// [`SOFTWARE`].
    pub software: String,
    /// Version that measured it.
    pub version: String,
    /// Parameters it was measured with.
    pub parameters: serde_json::Value,
    /// Files it was measured from.
    pub inputs: Vec<InputFile>,
}

/// One input and its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Its role; files that stand beside an image have that image's.
    pub role: Role,
    /// Which of several.
    pub index: String,
    /// Path relative to the study.
    pub path: String,
    /// SHA-256 of its content.
    pub sha256: String,
}

/// `manifest.json` of one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionManifest {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`.
    pub session: String,
    /// What it was measured from and with.
    #[serde(flatten)]
    pub key: SessionKey,
    /// What was noticed.
    pub warnings: Vec<Warning>,
    /// Files written, relative to the output folder.
    pub outputs: Vec<String>,
}

impl SessionKey {
    /// The key of a session as its inputs are now.
    ///
    /// # Errors
    /// Where an input cannot be read.
    pub fn of(study: &Path, inputs: &SessionInputs, params: &MeasureParams) -> Result<SessionKey> {
        let mut files = Vec::new();
        for file in &inputs.files {
            for path in with_companions(&file.path)? {
                files.push(InputFile {
                    role: file.role,
                    index: file.index.clone(),
                    path: relative_to(study, &path),
                    sha256: sha256_file(&path)?,
                });
            }
        }
        let parameters = serde_json::to_value(params)
            .map_err(|source| StudyError::Write { path: FILE_NAME.to_owned(), reason: source.to_string() })?;
        Ok(SessionKey { software: SOFTWARE.to_owned(), version: VERSION.to_owned(), parameters, inputs: files })
    }
}

impl SessionManifest {
    /// The manifest in a session's folder, if there is a readable one.
    pub fn read(folder: &Path) -> Option<SessionManifest> {
        serde_json::from_str(&std::fs::read_to_string(folder.join(FILE_NAME)).ok()?).ok()
    }

    /// True where nothing has changed and every file is there.
    pub fn still_holds(&self, key: &SessionKey, out: &Path, expected: &[PathBuf]) -> bool {
        self.key == *key
            && self.outputs.iter().all(|file| out.join(file).is_file())
            && expected.iter().all(|file| out.join(file).is_file())
    }

    /// Writes it into the session's folder.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        Ok(write_json(&folder.join(FILE_NAME), self, Overwrite::Force)?)
    }
}

/// A path relative to the study, with `/`; the file name alone where it lies elsewhere.
pub fn relative_to(study: &Path, path: &Path) -> String {
    match path.strip_prefix(study) {
        Ok(inside) => inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"),
        Err(_) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    }
}

/// An image and the small files that say how to read it, beside it or inherited.
fn with_companions(image: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![image.to_owned()];
    for extension in [".json", ".bval"] {
        files.extend(applicable(image, extension)?);
    }
    Ok(files)
}
