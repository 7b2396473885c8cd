//! Which files a study holds, by subject, session and role.
//!
//! Either BIDS-like folders (`sub-X/ses-Y/{anat,dwi}/`) or, where the study has a `manifest.csv` with the columns
//! `subject,session,role,index,path`, exactly the files listed there. Nothing is opened here but tables.

use super::{StudyError, TextTable};
use crate::measure::{ON_DIXON, ON_DWI, Role, RoleFile, SessionInputs};
use crate::region::Level;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the optional list of files.
pub const MANIFEST: &str = "manifest.csv";
/// Name of the optional list of vertebrae that must not be measured.
pub const EXCLUSIONS: &str = "exclusions.csv";

/// The imaging sessions of a study, ordered by subject and session, each with its files by role.
///
/// # Errors
/// [`StudyError`] where the folder cannot be read, a table is wrong, a role has two files or there is no session.
pub fn discover(study: &Path) -> Result<Vec<SessionInputs>, StudyError> {
    let manifest = study.join(MANIFEST);
    let mut sessions = if manifest.is_file() { from_manifest(study, &manifest)? } else { from_folders(study)? };
    for session in &mut sessions {
        session.sort_files();
        refuse_ambiguous(session)?;
    }
    if sessions.is_empty() {
        return Err(StudyError::NoSessions { path: study.display().to_string() });
    }
    Ok(sessions)
}

/// One vertebra of one subject that must not be measured, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Exclusion {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session at which the reason was seen.
    pub session: String,
    /// Vertebra, e.g. `L3`.
    pub level: String,
    /// Fracture, cement, haemangioma ...
    pub reason: String,
}

/// Reads `exclusions.csv`; a study without it excludes nothing.
///
/// # Errors
/// [`StudyError`] where the table cannot be read or lacks a column.
pub fn exclusions(study: &Path) -> Result<Vec<Exclusion>, StudyError> {
    let path = study.join(EXCLUSIONS);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let table = TextTable::read(&path, &["subject", "session", "level", "reason"])?;
    let exclusion = |(n, row): (usize, Vec<&str>)| match Level::parse(row[2]) {
        Some(level) => Ok(Exclusion {
            subject: bare(row[0], "sub-").to_owned(),
            session: bare(row[1], "ses-").to_owned(),
            level: level.to_string(),
            reason: row[3].to_owned(),
        }),
        None => Err(StudyError::Table {
            path: path.display().to_string(),
            reason: format!("row {}: `{}` is no vertebra (expected one such as L3 or T12)", n + 2, row[2]),
        }),
    };
    let mut rows: Vec<Exclusion> = table.rows().enumerate().map(exclusion).collect::<Result<_, _>>()?;
    rows.sort();
    Ok(rows)
}

/// A label without its BIDS prefix.
pub fn bare<'a>(label: &'a str, prefix: &str) -> &'a str {
    label.strip_prefix(prefix).unwrap_or(label)
}

fn from_manifest(study: &Path, manifest: &Path) -> Result<Vec<SessionInputs>, StudyError> {
    let table = TextTable::read(manifest, &["subject", "session", "role", "index", "path"])?;
    let mut sessions: BTreeMap<(String, String), Vec<RoleFile>> = BTreeMap::new();
    for (n, row) in table.rows().enumerate() {
        let bad = |reason: String| StudyError::Table {
            path: manifest.display().to_string(),
            reason: format!("row {}: {reason}", n + 2),
        };
        let role = Role::named(row[2]).ok_or_else(|| {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            bad(format!("no role `{}`; one of {}", row[2], known.join(", ")))
        })?;
        if role == Role::Labels && ![ON_DIXON, ON_DWI].contains(&row[3]) {
            return Err(bad(format!("labels need the index `{ON_DIXON}` or `{ON_DWI}`, the grid they are drawn on")));
        }
        let (subject, session) = (bare(row[0], "sub-"), bare(row[1], "ses-"));
        if subject.is_empty() || session.is_empty() || row[4].is_empty() {
            return Err(bad("subject, session and path must not be empty".to_owned()));
        }
        let file = RoleFile { role, index: row[3].to_owned(), path: study.join(row[4]) };
        sessions.entry((subject.to_owned(), session.to_owned())).or_default().push(file);
    }
    Ok(gathered(sessions))
}

fn from_folders(study: &Path) -> Result<Vec<SessionInputs>, StudyError> {
    let mut sessions: BTreeMap<(String, String), Vec<RoleFile>> = BTreeMap::new();
    for (subject, subject_folder) in labelled_folders(study, "sub-")? {
        for (session, session_folder) in labelled_folders(&subject_folder, "ses-")? {
            for folder in ["anat", "dwi"] {
                let folder_path = session_folder.join(folder);
                if !folder_path.is_dir() {
                    continue;
                }
                for path in entries(&folder_path)? {
                    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    if let Some((role, index)) = role_of(folder, &name) {
                        let key = (subject.clone(), session.clone());
                        sessions.entry(key).or_default().push(RoleFile { role, index, path });
                    }
                }
            }
        }
    }
    Ok(gathered(sessions))
}

fn gathered(sessions: BTreeMap<(String, String), Vec<RoleFile>>) -> Vec<SessionInputs> {
    sessions.into_iter().map(|((subject, session), files)| SessionInputs { subject, session, files }).collect()
}

/// Role and index that a file name in `anat` or `dwi` states; `None` for a file that is no image of ours.
fn role_of(folder: &str, name: &str) -> Option<(Role, String)> {
    let stem = name.strip_suffix(".nii.gz").or_else(|| name.strip_suffix(".nii"))?;
    let mut parts: Vec<&str> = stem.split('_').collect();
    let suffix = parts.pop()?;
    let entity = |key: &str| parts.iter().find_map(|part| part.strip_prefix(key)?.strip_prefix('-'));
    let plain = |role: Role| Some((role, String::new()));
    let numbered = |role: Role, key: &str| Some((role, entity(key).unwrap_or("1").to_owned()));
    match (folder, suffix) {
        ("anat", "dseg") if entity("seg") == Some("vertebrae") => Some((Role::Labels, ON_DIXON.to_owned())),
        ("anat", "MEGRE") => match entity("part") {
            Some("mag") => numbered(Role::EchoMag, "echo"),
            Some("phase") => numbered(Role::EchoPhase, "echo"),
            _ => None,
        },
        ("anat", _) => match entity("rec")? {
            "water" => plain(Role::Water),
            "fat" => plain(Role::Fat),
            "inphase" => plain(Role::InPhase),
            "opposed" => plain(Role::OpposedPhase),
            "fatfraction" => plain(Role::FatFraction),
            _ => None,
        },
        ("dwi", "dwi") => numbered(Role::Dwi, "chunk"),
        ("dwi", "ADC") => numbered(Role::Adc, "chunk"),
        ("dwi", "mask" | "dseg") => match entity("seg")? {
            "bone" => plain(Role::Bone),
            "muscle" => plain(Role::Reference),
            "vertebrae" => Some((Role::Labels, ON_DWI.to_owned())),
            exclude if exclude.starts_with("exclude") => Some((Role::Exclude, exclude.to_owned())),
            _ => None,
        },
        _ => None,
    }
}

fn refuse_ambiguous(session: &SessionInputs) -> Result<(), StudyError> {
    for pair in session.files.windows(2) {
        if pair[0].role == pair[1].role && pair[0].index == pair[1].index {
            let shown = |file: &RoleFile| file.path.display().to_string();
            return Err(StudyError::AmbiguousRole {
                session: session.name(),
                role: format!("{} {}", pair[0].role.name(), pair[0].index).trim_end().to_owned(),
                files: [shown(&pair[0]), shown(&pair[1])],
            });
        }
    }
    Ok(())
}

/// Folders `PREFIXlabel` directly below, with their labels, in the order of the labels.
pub(super) fn labelled_folders(parent: &Path, prefix: &str) -> Result<Vec<(String, PathBuf)>, StudyError> {
    let mut found = Vec::new();
    for path in entries(parent)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(label) = name.strip_prefix(prefix)
            && path.is_dir()
        {
            found.push((label.to_owned(), path));
        }
    }
    Ok(found)
}

/// What a folder holds, in the order of the names.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, StudyError> {
    let unreadable = |source: std::io::Error| StudyError::Unreadable {
        path: folder.display().to_string(),
        reason: source.to_string(),
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(root: &Path, relative: &str) {
        let path = root.join(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
    }

    #[test]
    fn roles_are_read_from_the_names_of_the_layout() {
        let role = |folder: &str, name: &str| role_of(folder, name).map(|(role, index)| (role.name(), index));
        let found = |name: &'static str, index: &str| Some((name, index.to_owned()));
        assert_eq!(role("anat", "sub-1_ses-a_rec-water_dixon.nii.gz"), found("water", ""));
        assert_eq!(role("anat", "sub-1_ses-a_echo-3_part-phase_MEGRE.nii.gz"), found("echo-phase", "3"));
        assert_eq!(role("anat", "sub-1_ses-a_seg-vertebrae_dseg.nii.gz"), found("labels", "dixon"));
        assert_eq!(role("dwi", "sub-1_ses-a_seg-vertebrae_dseg.nii"), found("labels", "dwi"));
        assert_eq!(role("dwi", "sub-1_ses-a_chunk-2_dwi.nii.gz"), found("dwi", "2"));
        assert_eq!(role("dwi", "sub-1_ses-a_seg-muscle_mask.nii.gz"), found("reference", ""));
        assert_eq!(role("dwi", "sub-1_ses-a_chunk-2_dwi.bval"), None);
        assert_eq!(role("anat", "sub-1_ses-a_T1w.nii.gz"), None);
    }

    #[test]
    fn folders_and_a_manifest_give_the_same_session() {
        let study = tempfile::tempdir().unwrap();
        touch(study.path(), "sub-1/ses-a/anat/sub-1_ses-a_rec-water_dixon.nii.gz");
        touch(study.path(), "sub-1/ses-a/anat/sub-1_ses-a_rec-fat_dixon.nii.gz");
        touch(study.path(), "sub-2/notes.txt");
        let from_folders = discover(study.path()).unwrap();
        let rows = "subject,session,role,index,path\n\
            sub-1,ses-a,fat,,sub-1/ses-a/anat/sub-1_ses-a_rec-fat_dixon.nii.gz\n\
            1,a,water,,sub-1/ses-a/anat/sub-1_ses-a_rec-water_dixon.nii.gz\n";
        std::fs::write(study.path().join(MANIFEST), rows).unwrap();
        assert_eq!(discover(study.path()).unwrap(), from_folders);
    }

    #[test]
    fn two_files_for_one_role_are_refused() {
        let study = tempfile::tempdir().unwrap();
        touch(study.path(), "sub-1/ses-a/anat/sub-1_ses-a_rec-water_dixon.nii.gz");
        touch(study.path(), "sub-1/ses-a/anat/sub-1_ses-a_run-2_rec-water_dixon.nii.gz");
        assert!(matches!(discover(study.path()), Err(StudyError::AmbiguousRole { .. })));
    }

    #[test]
    fn an_unknown_role_names_its_row_and_the_roles_there_are() {
        let study = tempfile::tempdir().unwrap();
        std::fs::write(study.path().join(MANIFEST), "subject,session,role,index,path\n1,a,waterr,,x.nii\n").unwrap();
        let message = discover(study.path()).unwrap_err().to_string();
        assert!(message.contains("row 2") && message.contains("in-phase"), "{message}");
    }

    #[test]
    fn exclusions_lose_their_prefixes() {
        let study = tempfile::tempdir().unwrap();
        std::fs::write(study.path().join(EXCLUSIONS), "subject,session,level,reason\nsub-1,ses-a,L3,fracture\n")
            .unwrap();
        let found = exclusions(study.path()).unwrap();
        assert_eq!((found[0].subject.as_str(), found[0].level.as_str()), ("1", "L3"));
    }
}
