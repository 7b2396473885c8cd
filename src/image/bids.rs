//! Names of image files in the BIDS manner: `sub-001_ses-baseline_rec-water_dixon.nii.gz`.
//!
//! Specification: <https://bids-specification.readthedocs.io>, section "Filesystem structure".

use std::path::{Path, PathBuf};

const IMAGE_EXTENSIONS: [&str; 4] = [".nii.gz", ".nii", ".hdr", ".img"];

/// A file name taken apart into its entities and its suffix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BidsName {
    /// `("sub", "001")`, `("ses", "baseline")`, ... in the order of the name.
    pub entities: Vec<(String, String)>,
    /// Last part before the extension: `dwi`, `dseg`, `MEGRE`.
    pub suffix: String,
    /// From the first dot of the ending on: `.nii.gz`, `.json`.
    pub extension: String,
}

impl BidsName {
    /// The parts of a file name; `None` where it is not built of `key-value` pairs and a suffix.
    pub fn parse(path: &Path) -> Option<BidsName> {
        let name = path.file_name()?.to_str()?;
        let (stem, extension) = name.split_once('.')?;
        let mut parts: Vec<&str> = stem.split('_').collect();
        let suffix = parts.pop().filter(|suffix| !suffix.is_empty() && !suffix.contains('-'))?;
        let entities = parts
            .into_iter()
            .map(|part| part.split_once('-').map(|(key, value)| (key.to_owned(), value.to_owned())))
            .collect::<Option<Vec<_>>>()?;
        Some(BidsName { entities, suffix: suffix.to_owned(), extension: format!(".{extension}") })
    }

    /// Value of an entity, e.g. `get("echo")`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entities.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }
}

/// The image's path without its image extension; other dots in the name stay.
pub fn image_stem(path: &Path) -> PathBuf {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match IMAGE_EXTENSIONS.iter().find_map(|extension| name.strip_suffix(extension)) {
        Some(stem) => path.with_file_name(stem),
        None => path.to_owned(),
    }
}

/// The file beside an image that differs by its extension: `with_extension(image, ".bval")`.
pub fn beside(path: &Path, extension: &str) -> PathBuf {
    with_suffix(&image_stem(path), extension)
}

/// A prefix with text put behind its last part: `with_suffix("out/sub-01", "_ADC.nii.gz")`.
pub fn with_suffix(prefix: &Path, suffix: &str) -> PathBuf {
    let mut text = prefix.as_os_str().to_owned();
    text.push(suffix);
    PathBuf::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_name_apart() {
        let name = BidsName::parse(Path::new("anat/sub-001_ses-baseline_echo-2_part-mag_MEGRE.nii.gz")).unwrap();
        assert_eq!(name.get("sub"), Some("001"));
        assert_eq!(name.get("echo"), Some("2"));
        assert_eq!(name.get("chunk"), None);
        assert_eq!((name.suffix.as_str(), name.extension.as_str()), ("MEGRE", ".nii.gz"));
        assert!(BidsName::parse(Path::new("scan_of_patient.nii")).is_none());
    }

    #[test]
    fn dots_inside_a_name_survive() {
        assert_eq!(beside(Path::new("a/x.v1.2.nii"), ".json"), Path::new("a/x.v1.2.json"));
        assert_eq!(beside(Path::new("x.nii.gz"), ".bval"), Path::new("x.bval"));
        assert_eq!(with_suffix(Path::new("out/sub-01"), "_ADC.nii.gz"), Path::new("out/sub-01_ADC.nii.gz"));
    }
}
