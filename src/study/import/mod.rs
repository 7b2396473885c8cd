//! DICOM becomes a study: subjects, sessions, roles, the folder layout, and a table of roles that a person can change.
//!
//! Headers decide everything before anything is converted: who is which subject, which day is which session, what each
//! series is for, whether its images are complete. `roles.csv` says so with the evidence. Then each session is converted and
//! its `import.json` written last; a session whose plan has not changed since is skipped. No identity leaves: see
//! [`crate::image::dicom`].

mod error;
mod examination;
mod mask_files;
mod masks;
mod outputs;
mod plan;
mod record;
mod session;
mod subjects;
mod table;
mod vertebrae;

pub use error::ImportError;
pub use session::Converter;
pub use subjects::is_label;
pub use table::{COLUMNS, FILE_NAME as ROLES_FILE, Row};

use crate::error::Result;
use crate::image::dicom::{Dcm2niix, DicomError, Kind, Scan, SeriesRole, scan};
use examination::{planned, write_sessions};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use subjects::{Assigned, SubjectMap};

/// Which converter is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// dcm2niix where it is found, and this program where that one fails or is absent.
    Auto,
    /// dcm2niix alone.
    Dcm2niix,
    /// This program alone.
    Builtin,
}

/// What to import, and how.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Files and folders.
    pub roots: Vec<PathBuf>,
    /// The study.
    pub study: PathBuf,
    /// Which converter.
    pub choice: Choice,
    /// Place of dcm2niix; `None` looks on PATH.
    pub dcm2niix: Option<PathBuf>,
    /// Labels of patients and visits, outside the study.
    pub subject_map: Option<PathBuf>,
    /// Names of the sessions in the order of the study dates.
    pub sessions: Vec<String>,
    /// Replace what an import of something else made.
    pub force: bool,
}

/// What was done.
#[derive(Debug, Default, serde::Serialize)]
pub struct Imported {
    /// The table of roles.
    pub rows: Vec<Row>,
    /// Who converted.
    pub converter: String,
    /// Sessions written now.
    pub written: Vec<String>,
    /// Sessions that have not changed.
    pub skipped: Vec<String>,
    /// What a user must know.
    #[serde(skip)]
    pub notes: Vec<String>,
    /// Inputs that could not be used.
    pub failed: Vec<String>,
}

impl Imported {
    /// The failure that these results make; `None` where everything is done.
    pub fn failure(&self) -> Option<ImportError> {
        let is_open = |row: &&Row| row.role == SeriesRole::Ambiguous.name();
        let line = |row: &Row| {
            format!(
                "sub-{}_ses-{}  series {}  {}  {}",
                row.subject, row.session, row.series_number, row.part, row.evidence
            )
        };
        let open: Vec<String> = self.rows.iter().filter(is_open).map(line).collect();
        let failed = self.failed.clone();
        match (open.is_empty(), failed.is_empty(), self.written.is_empty() && self.skipped.is_empty()) {
            (false, ..) => Some(ImportError::Ambiguous { table: ROLES_FILE.to_owned(), open, failed }),
            (true, true, _) => None,
            (true, false, true) => Some(ImportError::AllFailed { failed }),
            (true, false, false) => Some(ImportError::SomeFailed { failed }),
        }
    }
}

/// Imports; `on_session` is told each session that is through, and how many there are.
///
/// # Errors
/// [`ImportError`], [`DicomError`] where nothing can be begun; what fails for single inputs is in the result.
pub fn import(options: &ImportOptions, on_session: impl Fn(&str, usize)) -> Result<Imported> {
    check_sessions(&options.sessions)?;
    let map = options.subject_map.as_deref().map(|path| read_map(path, &options.study)).transpose()?;
    let by_hand = table::read(&options.study)?;
    let converter = converter(options)?;
    let found = scan(&options.roots)?;
    let assigned = subjects::assign(&found.headers, map.as_ref(), &options.sessions, &found.secrets);
    let mut done = Imported::default();
    if options.choice == Choice::Auto && matches!(converter, Converter::Builtin) {
        done.notes.push("dcm2niix is not on PATH: the built-in converter reads simple series".to_owned());
    }
    done.notes.extend(counted(&found, &assigned, map.is_some()));
    done.failed
        .extend(found.broken.iter().map(|one| format!("{}: {}; copy or export it again", one.shown, one.reason)));
    done.failed.extend(assigned.failed.iter().cloned());

    let scheme = vertebrae::scheme_of_study(&options.study);
    let mut sessions = planned(&found, &assigned, &by_hand);
    for session in &sessions {
        session.check_folder(&options.study, options.force)?;
    }
    for session in &mut sessions {
        session.convert(&options.study, &found.headers, &converter, &scheme, options.force, &mut done)?;
        on_session(&session.place.name(), session.n_all);
    }
    done.rows = sessions.iter().flat_map(|session| session.items.iter().map(|item| item.row.clone())).collect();
    done.failed.extend(sessions.iter().flat_map(|session| session.failures(&found.headers)));
    done.converter = converter.describe();
    if !done.rows.is_empty() {
        table::write(&options.study, &done.rows)?;
    }
    write_sessions(&options.study, &sessions)?;
    Ok(done)
}

fn check_sessions(names: &[String]) -> std::result::Result<(), ImportError> {
    let distinct: BTreeSet<&String> = names.iter().collect();
    if distinct.len() == names.len() && names.iter().all(|name| is_label(name)) {
        return Ok(());
    }
    Err(ImportError::Usage {
        message: "--sessions takes different names of letters and digits".to_owned(),
        remedy: "for example --sessions baseline,cycle2".to_owned(),
    })
}

fn read_map(path: &Path, study: &Path) -> Result<SubjectMap> {
    let whole = |path: &Path| std::fs::canonicalize(path).ok();
    let is_inside = whole(path).zip(whole(study)).is_some_and(|(map, study)| map.starts_with(study));
    if is_inside {
        return Err(ImportError::Usage {
            message: "the subject map lies inside the study, with which it would be shared".to_owned(),
            remedy: "move it to a safe place outside STUDY".to_owned(),
        }
        .into());
    }
    SubjectMap::read(path)
}

fn converter(options: &ImportOptions) -> std::result::Result<Converter, DicomError> {
    let find = || Dcm2niix::find(options.dcm2niix.as_deref());
    match options.choice {
        Choice::Builtin => Ok(Converter::Builtin),
        Choice::Dcm2niix => find().map(Converter::Dcm2niix),
        // a place that was given must be right
        Choice::Auto if options.dcm2niix.is_some() => find().map(Converter::Either),
        Choice::Auto => Ok(find().map_or(Converter::Builtin, Converter::Either)),
    }
}

/// What was found, in sentences.
fn counted(found: &Scan, assigned: &Assigned, has_map: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let skipped = found.left_out();
    notes.push(format!("{} DICOM files", found.headers.len()));
    if !skipped.is_empty() {
        notes.push(format!("left out: {}", skipped.join(", ")));
    }
    let silent: BTreeSet<&str> = found
        .headers
        .iter()
        .filter(|header| header.kind == Kind::Image && !header.states_no_annotation && header.refusal.is_none())
        .map(|header| header.series_uid.as_str())
        .collect();
    if !silent.is_empty() {
        notes.push(format!(
            "{} series do not state BurnedInAnnotation: taken as NO, because they are MR images and no secondary captures",
            silent.len()
        ));
    }
    let lossy: BTreeSet<&str> =
        found.headers.iter().filter(|header| header.is_lossy).map(|header| header.series_uid.as_str()).collect();
    if !lossy.is_empty() {
        notes.push(format!(
            "{} series went through lossy compression: their values are not those that the scanner made; export them again \
             without, if you can",
            lossy.len()
        ));
    }
    if !has_map {
        let patients =
            if assigned.n_patients == 1 { "1 patient" } else { &format!("{} patients", assigned.n_patients) };
        notes.push(format!(
            "{patients}, numbered from sub-001 in ascending order of the patient ID; --subject-map FILE gives other labels"
        ));
    }
    notes
}
