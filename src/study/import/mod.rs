//! DICOM becomes a study: subjects, sessions, roles, the folder layout, and a table of roles that a person can change.
//!
//! Headers decide everything before anything is converted: who is which subject, which day is which session, what each
//! series is for, whether its images are complete. `roles.csv` says so with the evidence. Then each session is converted and
//! its `import.json` written last; a session whose plan has not changed since is skipped. No identity leaves: see
//! [`crate::image::dicom`].

mod error;
mod masks;
mod outputs;
mod plan;
mod record;
mod session;
mod subjects;
mod table;

pub use error::ImportError;
pub use session::Converter;
pub use subjects::is_label;
pub use table::{COLUMNS, FILE_NAME as ROLES_FILE, Row};

use crate::error::Result;
use crate::image::dicom::{Dcm2niix, DicomError, Header, Kind, Part, Scan, SeriesRole, parts, scan};
use crate::image::{Overwrite, sha256_bytes};
use crate::study::VERSION;
use plan::{Item, Source};
use record::{Record, RecordedFile};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use subjects::{Assigned, Place, SubjectMap};

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

    let mut sessions = planned(&found, &assigned, &by_hand);
    for session in &sessions {
        session.check_folder(&options.study, options.force)?;
    }
    for session in &mut sessions {
        session.convert(&options.study, &found.headers, &converter, options.force, &mut done)?;
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
    if !has_map {
        let patients =
            if assigned.n_patients == 1 { "1 patient" } else { &format!("{} patients", assigned.n_patients) };
        notes.push(format!(
            "{patients}, numbered from sub-001 in ascending order of the patient ID; --subject-map FILE gives other labels"
        ));
    }
    notes
}

/// One session with its plan.
struct Session {
    place: Place,
    days: Option<i64>,
    items: Vec<Item>,
    /// Digest of its studies.
    examination: String,
    /// Sizes and UIDs of its files, for the plan's digest.
    inputs: String,
    n_all: usize,
}

fn planned(found: &Scan, assigned: &Assigned, by_hand: &BTreeMap<String, table::ByHand>) -> Vec<Session> {
    let headers = &found.headers;
    let broken: BTreeMap<String, String> =
        found.broken.iter().filter_map(|one| Some((one.series_uid.clone()?, one.reason.clone()))).collect();
    let mut images: BTreeMap<&Place, Vec<Part>> = BTreeMap::new();
    for part in parts(headers) {
        if let Some(place) = &assigned.places[part.frames[0].header] {
            images.entry(place).or_default().push(part);
        }
    }
    let mut files: BTreeMap<&Place, Vec<usize>> = BTreeMap::new();
    for (n, place) in assigned.places.iter().enumerate() {
        if let Some(place) = place {
            files.entry(place).or_default().push(n);
        }
    }
    let n_all = files.len();
    let session = |(place, files): (&Place, Vec<usize>)| {
        let mut items = plan::plan(place, images.remove(place).unwrap_or_default(), headers, &broken, by_hand);
        items.extend(masks::items(place, &files, headers, by_hand));
        let studies: BTreeSet<&str> = files.iter().map(|&n| headers[n].study_uid.as_str()).collect();
        let studies: Vec<&str> = studies.into_iter().collect();
        let mut inputs: Vec<String> =
            files.iter().map(|&n| format!("{} {}", headers[n].sop_uid, headers[n].n_bytes)).collect();
        inputs.sort();
        Session {
            place: place.clone(),
            days: assigned.days.get(place).copied().flatten(),
            items,
            examination: plan::key(&studies),
            inputs: inputs.join("\n"),
            n_all,
        }
    };
    files.into_iter().map(session).collect()
}

impl Session {
    fn folder(&self, study: &Path) -> PathBuf {
        study.join(format!("sub-{}", self.place.subject)).join(format!("ses-{}", self.place.session))
    }

    /// Proof, before any work, that the folder is free or holds an import of the same examination.
    fn check_folder(&self, study: &Path, force: bool) -> std::result::Result<(), ImportError> {
        let folder = self.folder(study);
        let occupied = |what| Err(ImportError::Occupied { session: self.place.name(), what });
        match record::read(&folder) {
            _ if force => Ok(()),
            Some(record) if record.examination == self.examination => Ok(()),
            Some(_) => occupied("another examination"),
            None if ["anat", "dwi"].iter().any(|kind| holds_files(&folder.join(kind))) => {
                occupied("files that no import made")
            }
            None => Ok(()),
        }
    }

    /// Digest of everything that decides the outputs.
    fn digest(&self, converter: &Converter) -> String {
        let item = |item: &Item| {
            let b: Vec<String> = item.b_by_hand.iter().map(f64::to_string).collect();
            format!("{} {} {} {}", item.row.series, item.decision.role.name(), item.index, b.join(","))
        };
        let items: Vec<String> = self.items.iter().map(item).collect();
        sha256_bytes([VERSION, &converter.describe(), &items.join("\n"), &self.inputs].join("\n\n").as_bytes())
    }

    fn convert(
        &mut self,
        study: &Path,
        headers: &[Header],
        converter: &Converter,
        force: bool,
        done: &mut Imported,
    ) -> Result<()> {
        let folder = self.folder(study);
        let before = record::read(&folder);
        if before.is_none() && !self.items.iter().any(|item| item.decision.role.is_kept()) {
            return Ok(());
        }
        let is_there = |file: &RecordedFile| folder.join(&file.path).is_file();
        if let Some(before) = &before
            && before.plan == self.digest(converter)
            && before.files.iter().all(is_there)
            && !force
        {
            done.skipped.push(self.place.name());
            return Ok(());
        }
        // what an earlier import made of this session is its own to replace
        for file in before.iter().flat_map(|record| &record.files).filter(|file| is_inside(&file.path)) {
            let image = folder.join(&file.path);
            for path in [image.clone(), crate::image::sidecar_path(&image), crate::image::beside(&image, ".bval")] {
                // absent ones are no failure, others show when they are written
                let _ = std::fs::remove_file(path);
            }
        }
        let overwrite = Overwrite::from_force(force);
        let written = session::write(&folder, &self.place, &mut self.items, headers, converter, overwrite);
        let name = self.place.name();
        done.notes.extend(written.notes.iter().map(|note| format!("{name}: {note}")));
        let record = Record {
            software_version: concat!("myelomri ", env!("CARGO_PKG_VERSION")).to_owned(),
            converter: converter.describe(),
            examination: self.examination.clone(),
            plan: if written.failed.is_empty() { self.digest(converter) } else { String::new() },
            days_from_first: self.days,
            files: written.files,
        };
        if before.is_some() || !record.files.is_empty() {
            done.written.push(name);
            record::write(&folder, &record)?;
        }
        Ok(())
    }

    fn failures(&self, headers: &[Header]) -> impl Iterator<Item = String> {
        let line = |item: &Item| {
            let why = item.failure.as_ref()?;
            let files: BTreeSet<usize> = match &item.source {
                Source::Images(part) => part.frames.iter().map(|at| at.header).collect(),
                Source::Drawing { header, .. } => BTreeSet::from([*header]),
            };
            let first = files.first().map_or("", |&n| headers[n].shown.as_str());
            let more = if files.len() > 1 { format!(" and {} more", files.len() - 1) } else { String::new() };
            Some(format!("{}  series {}  {first}{more}: {why}", self.place.name(), item.row.series_number))
        };
        self.items.iter().filter_map(line)
    }
}

/// A path of a record that stays below its session.
fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

fn holds_files(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

/// `sub-X_sessions.tsv` of each subject: days from its first session, no dates. Sessions of an earlier import stay; the days
/// between them and these are not known.
fn write_sessions(study: &Path, sessions: &[Session]) -> Result<()> {
    let mut subjects: BTreeMap<&str, Vec<&Session>> = BTreeMap::new();
    for session in sessions.iter().filter(|session| session.folder(study).is_dir()) {
        subjects.entry(&session.place.subject).or_default().push(session);
    }
    for (subject, sessions) in subjects {
        let path = study.join(format!("sub-{subject}")).join(format!("sub-{subject}_sessions.tsv"));
        let labels: Vec<String> = sessions.iter().map(|session| format!("ses-{}", session.place.session)).collect();
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let mut rows: BTreeMap<String, String> = before
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once('\t'))
            .filter(|(label, _)| !labels.iter().any(|one| one == label))
            .map(|(label, days)| (label.to_owned(), days.to_owned()))
            .collect();
        let is_whole = rows.is_empty();
        for (label, session) in labels.into_iter().zip(&sessions) {
            let days = session.days.filter(|_| is_whole).map_or("n/a".to_owned(), |days| days.to_string());
            rows.insert(label, days);
        }
        let lines: String = rows.iter().map(|(label, days)| format!("{label}\t{days}\n")).collect();
        let text = format!("session_id\tdays_from_first\n{lines}");
        crate::image::write_text_atomically(&path, &text, Overwrite::Force)?;
    }
    Ok(())
}
