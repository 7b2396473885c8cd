//! Which files a study holds, by subject, session and role.
//!
//! Either BIDS folders (`sub-X/ses-Y/{anat,dwi}/`, those of `derivatives/*/` beside them, see [`super::layout`]) or, where
//! the study has a `manifest.csv` (`.tsv`, `.xlsx`) with the columns `subject,session,role,index,path`, exactly the files
//! listed there. Nothing is opened here but tables. Two files for one role are no matter of this step: their session
//! fails with both names.

use super::layout::{DERIVATIVES, role_of_name};
use super::session_manifest::SOFTWARE;
use super::{StudyError, TextTable, table_named};
use crate::measure::{ON_DIXON, ON_DWI, Role, RoleFile, SessionInputs};
use crate::region::Level;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Name of the optional list of files, without its ending.
const MANIFEST: &str = "manifest";
/// Name of the optional list of vertebrae that must not be measured.
pub const EXCLUSIONS: &str = "exclusions.csv";

/// The imaging sessions of a study, ordered by subject and session, each with its files by role.
///
/// # Errors
/// [`StudyError`] where the folder cannot be read, a table is wrong or there is no session.
pub fn discover(study: &Path) -> Result<Vec<SessionInputs>, StudyError> {
    let mut sessions = match manifest_of(study)? {
        Some(manifest) => from_manifest(study, &manifest)?,
        None => from_folders(study)?,
    };
    sessions.iter_mut().for_each(SessionInputs::sort_files);
    if sessions.is_empty() {
        return Err(StudyError::NoSessions { path: study.display().to_string() });
    }
    Ok(sessions)
}

/// The table that lists the files of a study, if it has one.
///
/// # Errors
/// [`StudyError::Table`] where it has two.
pub fn manifest_of(study: &Path) -> Result<Option<PathBuf>, StudyError> {
    let two = |reason: String| StudyError::Table { path: study.display().to_string(), reason };
    table_named(study, MANIFEST).map_err(two)
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
    let columns = ["subject", "session", "role", "index", "path"];
    let table = TextTable::read_some(manifest, &columns, &["index"])?;
    let mut sessions: BTreeMap<(String, String), Vec<RoleFile>> = BTreeMap::new();
    let mut labels: BTreeMap<String, (String, usize)> = BTreeMap::new();
    // rows that a person left blank between others
    for (n, row) in table.rows().enumerate().filter(|(_, row)| row.iter().any(|cell| !cell.is_empty())) {
        let bad = |reason: String| StudyError::Table {
            path: manifest.display().to_string(),
            reason: format!("row {}: {reason}", n + 2),
        };
        let (subject, session) = (bare(row[0], "sub-"), bare(row[1], "ses-"));
        if subject.is_empty() || session.is_empty() || row[4].is_empty() {
            return Err(bad(
                "subject, session and path must not be empty (of merged cells the first row alone has the \
                 value: fill every row)"
                    .to_owned(),
            ));
        }
        // labels become names of folders and files
        let is_no_name = |label: &str| label.contains(['/', '\\']) || label.contains(char::is_control);
        if let Some(label) = [subject, session].into_iter().find(|label| is_no_name(label) || label.contains("_ses-")) {
            return Err(bad(format!(
                "`{}` cannot be the name of a folder: use letters and digits, without / and \\",
                label.escape_debug()
            )));
        }
        // Excel makes 1 of 001
        let number = if is_number(subject) { subject.trim_start_matches('0') } else { subject };
        let (first, at) = labels.entry(number.to_owned()).or_insert_with(|| (subject.to_owned(), n + 2));
        if first != subject {
            return Err(bad(format!(
                "subject {subject} is {first} in row {at}: write the zeros in every row, as text"
            )));
        }
        let role = Role::named(&row[2].to_lowercase()).ok_or_else(|| {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            bad(format!("no role `{}`; one of {}", row[2], known.join(", ")))
        })?;
        if [Role::Labels, Role::Body].contains(&role) && ![ON_DIXON, ON_DWI].contains(&row[3]) {
            return Err(bad(format!(
                "{} need the index `{ON_DIXON}` or `{ON_DWI}`, the grid they are drawn on",
                role.name()
            )));
        }
        let file = RoleFile { role, index: row[3].to_owned(), path: study.join(row[4]) };
        sessions.entry((subject.to_owned(), session.to_owned())).or_default().push(file);
    }
    Ok(gathered(sessions))
}

fn is_number(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit())
}

fn from_folders(study: &Path) -> Result<Vec<SessionInputs>, StudyError> {
    let mut sessions: BTreeMap<(String, String), Vec<RoleFile>> = BTreeMap::new();
    for root in roots(study)? {
        for (subject, subject_folder) in labelled_folders(&root, "sub-")? {
            for (session, session_folder) in labelled_folders(&subject_folder, "ses-")? {
                for folder in ["anat", "dwi"] {
                    let folder_path = session_folder.join(folder);
                    if !folder_path.is_dir() {
                        continue;
                    }
                    for path in entries(&folder_path)? {
                        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                        if let Some((role, index)) = role_of_name(folder, &name) {
                            let key = (subject.clone(), session.clone());
                            sessions.entry(key).or_default().push(RoleFile { role, index, path });
                        }
                    }
                }
            }
        }
    }
    Ok(gathered(sessions))
}

/// The study itself and the data sets in its folder of derivatives, those of this program left out.
fn roots(study: &Path) -> Result<Vec<PathBuf>, StudyError> {
    let mut roots = vec![study.to_owned()];
    let derivatives = study.join(DERIVATIVES);
    if derivatives.is_dir() {
        roots.extend(entries(&derivatives)?.into_iter().filter(|path| path.is_dir() && !is_ours(path)));
    }
    Ok(roots)
}

/// Whether a data set was made by this program, by its manifest or its description.
fn is_ours(dataset: &Path) -> bool {
    let text = std::fs::read_to_string(dataset.join("dataset_description.json")).unwrap_or_default();
    let description: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    dataset.join(super::MANIFEST_FILE).is_file() || description["GeneratedBy"][0]["Name"] == SOFTWARE
}

fn gathered(sessions: BTreeMap<(String, String), Vec<RoleFile>>) -> Vec<SessionInputs> {
    sessions.into_iter().map(|((subject, session), files)| SessionInputs { subject, session, files }).collect()
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
    fn folders_and_a_manifest_give_the_same_session() {
        let study = tempfile::tempdir().unwrap();
        touch(study.path(), "sub-1/ses-a/anat/sub-1_ses-a_rec-water_dixon.nii.gz");
        touch(study.path(), "sub-1/ses-a/anat/sub-1_ses-a_rec-fat_dixon.nii.gz");
        touch(study.path(), "sub-2/notes.txt");
        let from_folders = discover(study.path()).unwrap();
        let rows = "subject,session,role,index,path\n\
            sub-1,ses-a,fat,,sub-1/ses-a/anat/sub-1_ses-a_rec-fat_dixon.nii.gz\n\
            1,a,water,,sub-1/ses-a/anat/sub-1_ses-a_rec-water_dixon.nii.gz\n";
        std::fs::write(study.path().join("manifest.csv"), rows).unwrap();
        assert_eq!(discover(study.path()).unwrap(), from_folders);
    }

    #[test]
    fn labels_may_stand_among_the_derivatives_and_our_own_are_left_out() {
        let study = tempfile::tempdir().unwrap();
        touch(study.path(), "sub-1/ses-a/anat/sub-1_ses-a_rec-water_dixon.nii.gz");
        touch(study.path(), "derivatives/spine/sub-1/ses-a/anat/sub-1_ses-a_seg-vertebrae_dseg.nii.gz");
        touch(study.path(), "derivatives/ours/sub-1/ses-a/dwi/sub-1_ses-a_ADC.nii.gz");
        touch(study.path(), "derivatives/ours/manifest.json");
        let found = discover(study.path()).unwrap();
        let roles: Vec<Role> = found[0].files.iter().map(|file| file.role).collect();
        assert_eq!(roles, [Role::Water, Role::Labels]);
    }

    #[test]
    fn an_unknown_role_names_its_row_and_the_roles_there_are() {
        let study = tempfile::tempdir().unwrap();
        std::fs::write(study.path().join("manifest.csv"), "subject,session,role,index,path\n1,a,waterr,,x.nii\n")
            .unwrap();
        let message = discover(study.path()).unwrap_err().to_string();
        assert!(message.contains("row 2") && message.contains("in-phase"), "{message}");
    }

    #[test]
    fn a_manifest_that_a_person_wrote_is_read_or_says_what_to_write() {
        let study = tempfile::tempdir().unwrap();
        let found = |text: &str| {
            std::fs::write(study.path().join("manifest.csv"), text).unwrap();
            discover(study.path()).map_err(|error| error.to_string())
        };
        let header = "Subject ,Session,ROLE,path,remark\n";
        let sessions = found(&format!("{header}001,a, Water ,w.nii, \n,,,,\n001,a,fat,f.nii,\n")).unwrap();
        assert_eq!((sessions.len(), sessions[0].files.len(), sessions[0].subject.as_str()), (1, 2, "001"));
        for (rows, said) in [
            (
                "001,a,water,w.nii,\n,,fat,f.nii,\n",
                "row 3: subject, session and path must not be empty (of merged cells",
            ),
            ("001,a,water,w.nii,\n1,a,fat,f.nii,\n", "row 3: subject 1 is 001 in row 2"),
            ("001,a,labels,l.nii,\n", "row 2: labels need the index"),
            ("../../001,a,water,w.nii,\n", "row 2: `../../001` cannot be the name of a folder"),
            ("001,<b>a</b>,water,w.nii,\n", "row 2: `<b>a</b>` cannot be the name of a folder"),
        ] {
            let error = found(&format!("{header}{rows}")).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        assert!(found("subject,role,path\n1,water,w.nii\n").unwrap_err().contains("no column `session`"));
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
