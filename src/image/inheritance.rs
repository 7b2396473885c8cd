//! Which small files apply to an image: those beside it and, by the inheritance principle of BIDS, those higher up.
//!
//! A file applies where its suffix is that of the image and its entities are among those of the image; it may stand in the
//! image's folder or in one above it, up to the folder that holds `sub-X`. The nearer one wins, key by key in JSON. Two at
//! one level are refused, but for the pair that converters write: one of the magnitude or phase and one that both share
//! (`x_part-mag.json` before `x.json`).
//! Specification: <https://bids-specification.readthedocs.io>, "The Inheritance Principle".

use super::ImageError;
use super::bids::{BidsName, beside, image_stem};
use std::path::{Path, PathBuf};

/// The files with that extension (`.json`, `.bval`) that apply to an image, nearest first.
///
/// # Errors
/// [`ImageError::AmbiguousSidecars`] where two apply at one level.
pub fn applicable(image: &Path, extension: &str) -> Result<Vec<PathBuf>, ImageError> {
    let own = beside(image, extension);
    let Some(name) = BidsName::parse(image).filter(|name| name.get("sub").is_some()) else {
        // no BIDS name: its own file, and the one that the parts of an acquisition share
        return Ok(std::iter::once(own).chain(shared(image, extension)).filter(|path| path.is_file()).collect());
    };
    let mut found = Vec::new();
    let mut folder = image.parent().map(Path::to_path_buf).unwrap_or_default();
    for _ in 0..MOST_LEVELS {
        found.extend(of_level(&folder, &name, image, extension)?);
        if !is_within_dataset(&folder) {
            break;
        }
        folder = match folder.parent() {
            Some(above) => above.to_owned(),
            None => break,
        };
    }
    Ok(found)
}

/// Folders from an image up to the data set: datatype, session, subject, data set; one to spare.
const MOST_LEVELS: usize = 5;

/// Whether what lies above a folder still belongs to the data set: a datatype, a session, a subject.
fn is_within_dataset(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ["anat", "dwi", "fmap", "func", "perf"].contains(&name) || name.starts_with("ses-") || name.starts_with("sub-")
}

/// Those of one folder; nearest (most entities) first.
fn of_level(folder: &Path, name: &BidsName, image: &Path, extension: &str) -> Result<Vec<PathBuf>, ImageError> {
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(listed) else { return Ok(Vec::new()) };
    let mut found: Vec<(BidsName, PathBuf)> = Vec::new();
    for file in entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()) {
        if !file.ends_with(extension) {
            continue;
        }
        let other = match file.strip_suffix(extension) {
            // `dwi.json`: a suffix without entities applies to all
            Some(bare) if bare == name.suffix => BidsName { entities: Vec::new(), ..name.clone() },
            _ => match BidsName::parse(Path::new(&file)) {
                Some(other) if other.extension == extension && other.suffix == name.suffix => other,
                _ => continue,
            },
        };
        if other.entities.iter().all(|(key, value)| name.get(key) == Some(value)) {
            found.push((other, folder.join(&file)));
        }
    }
    found.sort_by(|a, b| b.0.entities.len().cmp(&a.0.entities.len()).then_with(|| a.1.cmp(&b.1)));
    let without_part = |name: &BidsName| -> Vec<(String, String)> {
        name.entities.iter().filter(|(key, _)| key != "part").cloned().collect()
    };
    match found.as_slice() {
        [first, second, ..] if without_part(&first.0) != without_part(&second.0) || found.len() > 2 => {
            let files = [first.1.clone(), second.1.clone()];
            Err(ImageError::AmbiguousSidecars { image: image.to_owned(), files })
        }
        _ => Ok(found.into_iter().map(|(_, path)| path).collect()),
    }
}

/// `x_part-mag.nii.gz` -> `x.json`, for names that are not BIDS.
fn shared(image: &Path, extension: &str) -> Option<PathBuf> {
    let stem = image_stem(image);
    let name = stem.file_name()?.to_str()?;
    let (before, rest) = name.split_once("_part-")?;
    let after = rest.find('_').map_or("", |at| &rest[at..]);
    Some(stem.with_file_name(format!("{before}{after}{extension}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn study(files: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let anat = folder.path().join("sub-1/ses-a/anat");
        fs::create_dir_all(&anat).unwrap();
        for file in files {
            fs::write(folder.path().join(file), "{}").unwrap();
        }
        let image = anat.join("sub-1_ses-a_echo-2_part-mag_MEGRE.nii.gz");
        (folder, image)
    }

    fn names(image: &Path) -> Vec<String> {
        let found = applicable(image, ".json").unwrap();
        found.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn files_higher_up_apply_and_the_nearer_comes_first() {
        let (_folder, image) = study(&[
            "MEGRE.json",
            "sub-1/sub-1_part-mag_MEGRE.json",
            "sub-1/ses-a/sub-1_ses-b_MEGRE.json",
            "sub-1/ses-a/sub-1_ses-a_dixon.json",
            "sub-1/ses-a/anat/sub-1_ses-a_echo-2_MEGRE.json",
            "sub-1/ses-a/anat/sub-1_ses-a_echo-1_MEGRE.json",
        ]);
        assert_eq!(names(&image), ["sub-1_ses-a_echo-2_MEGRE.json", "sub-1_part-mag_MEGRE.json", "MEGRE.json"]);
    }

    #[test]
    fn two_at_one_level_are_refused_but_for_the_parts_of_one_acquisition() {
        let own = "sub-1/ses-a/anat/sub-1_ses-a_echo-2_part-mag_MEGRE.json";
        let (_folder, image) = study(&[own, "sub-1/ses-a/anat/sub-1_ses-a_echo-2_MEGRE.json"]);
        assert_eq!(names(&image).len(), 2);
        let (_folder, image) = study(&[own, "sub-1/ses-a/anat/sub-1_ses-a_MEGRE.json"]);
        let error = applicable(&image, ".json").unwrap_err().to_string();
        assert!(error.contains("two"), "{error}");
        let (_folder, image) = study(&["echo-2_MEGRE.json", "part-mag_MEGRE.json"]);
        assert!(applicable(&image, ".json").is_err());
    }

    #[test]
    fn nothing_above_the_data_set_and_nothing_for_other_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("sub-1_dwi.json"), "{}").unwrap();
        assert!(applicable(&folder.path().join("data/sub-1_dwi.nii"), ".json").unwrap().is_empty());
        fs::write(folder.path().join("data/scan_part-mag.json"), "{}").unwrap();
        fs::write(folder.path().join("data/scan.json"), "{}").unwrap();
        assert_eq!(names(&folder.path().join("data/scan_part-mag.nii")), ["scan_part-mag.json", "scan.json"]);
    }
}
