//! The examinations of an import, each in its session: planned as a whole, converted where the plan has changed.

use super::plan::{self, Item, Source};
use super::record::{self, Record, RecordedFile};
use super::session::{self, Converter};
use super::subjects::{Assigned, Place};
use super::table::ByHand;
use super::{ImportError, Imported, masks};
use crate::error::Result;
use crate::image::dicom::{Header, Part, Scan, parts};
use crate::image::{Overwrite, sha256_bytes};
use crate::study::VERSION;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One session with its plan.
pub struct Session {
    /// Where it goes.
    pub place: Place,
    /// Days from the first session of the subject.
    days: Option<i64>,
    /// What it holds.
    pub items: Vec<Item>,
    /// Digest of its studies.
    examination: String,
    /// Sizes and UIDs of its files, for the plan's digest.
    inputs: String,
    /// Number of all sessions.
    pub n_all: usize,
}

/// Plans all sessions; nothing is converted.
pub fn planned(found: &Scan, assigned: &Assigned, by_hand: &BTreeMap<String, ByHand>) -> Vec<Session> {
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
    pub fn check_folder(&self, study: &Path, force: bool) -> std::result::Result<(), ImportError> {
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
    fn digest(&self, converter: &Converter, scheme: &str) -> String {
        let item = |item: &Item| {
            let b: Vec<String> = item.b_by_hand.iter().map(f64::to_string).collect();
            let level = item.level.map(|level| format!(" {level} {scheme}")).unwrap_or_default();
            format!("{} {} {} {}{level}", item.row.series, item.decision.role.name(), item.index, b.join(","))
        };
        let items: Vec<String> = self.items.iter().map(item).collect();
        sha256_bytes([VERSION, &converter.describe(), &items.join("\n"), &self.inputs].join("\n\n").as_bytes())
    }

    /// Converts and writes the session, where its plan is not that of its record.
    ///
    /// # Errors
    /// Where the record cannot be written; what fails for single items is in `done`.
    pub fn convert(
        &mut self,
        study: &Path,
        headers: &[Header],
        converter: &Converter,
        scheme: &str,
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
            && before.plan == self.digest(converter, scheme)
            && before.files.iter().all(is_there)
            && !force
        {
            done.skipped.push(self.place.name());
            return Ok(());
        }
        // what an earlier import made of this session is its own to replace
        for file in before.iter().flat_map(|record| &record.files).filter(|file| is_inside(&file.path)) {
            let image = folder.join(&file.path);
            for path in [
                image.clone(),
                crate::image::sidecar_path(&image),
                crate::image::beside(&image, ".bval"),
                crate::image::beside(&image, ".tsv"),
            ] {
                // absent ones are no failure, others show when they are written
                let _ = std::fs::remove_file(path);
            }
        }
        let overwrite = Overwrite::from_force(force);
        let written = session::write(&folder, &self.place, &mut self.items, headers, converter, scheme, overwrite);
        let name = self.place.name();
        done.notes.extend(written.notes.iter().map(|note| format!("{name}: {note}")));
        let record = Record {
            software_version: concat!("myelomri ", env!("CARGO_PKG_VERSION")).to_owned(),
            converter: converter.describe(),
            examination: self.examination.clone(),
            plan: if written.failed.is_empty() { self.digest(converter, scheme) } else { String::new() },
            days_from_first: self.days,
            files: written.files,
        };
        if before.is_some() || !record.files.is_empty() {
            done.written.push(name);
            record::write(&folder, &record)?;
        }
        Ok(())
    }

    /// One line an item that could not be used.
    pub fn failures(&self, headers: &[Header]) -> impl Iterator<Item = String> {
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
pub fn write_sessions(study: &Path, sessions: &[Session]) -> Result<()> {
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
