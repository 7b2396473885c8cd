//! Who becomes which subject, and which day which session.
//!
//! Without a map, patients are numbered in ascending order of their patient ID (`sub-001`, ...), and the study dates of a
//! patient take the session names in their order. With a map (`patient_id,subject` and, by study date, `study_date,session`)
//! its labels count. The map is the only link back to a person, so it must lie outside the study.

use super::ImportError;
use crate::image::dicom::{Header, Identity, Secrets, day_number};
use crate::study::{StudyError, TextTable, bare};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Where one examination goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Label without `sub-`.
    pub subject: String,
    /// Label without `ses-`.
    pub session: String,
}

impl Place {
    /// `sub-X_ses-Y`.
    pub fn name(&self) -> String {
        format!("sub-{}_ses-{}", self.subject, self.session)
    }
}

/// Places of all examinations.
#[derive(Debug, Default)]
pub struct Assigned {
    /// Place of each header, in the order of the headers; `None` where its patient has none.
    pub places: Vec<Option<Place>>,
    /// Days from the first session of the subject, where dates are known.
    pub days: BTreeMap<Place, Option<i64>>,
    /// Number of patients.
    pub n_patients: usize,
    /// Why some have no place.
    pub failed: Vec<String>,
}

/// Labels that a person chose.
#[derive(Debug, Default)]
pub struct SubjectMap {
    /// Patient ID, subject, day, session.
    rows: Vec<MapRow>,
}

struct MapRow {
    patient_id: String,
    subject: String,
    visit: Option<(i64, String)>,
}

impl std::fmt::Debug for MapRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MapRow({})", self.subject)
    }
}

impl SubjectMap {
    /// Reads a map; messages name rows, never patients.
    ///
    /// # Errors
    /// [`ImportError::Table`] for a missing column, an unusable label or date, [`StudyError`] where it cannot be read.
    pub fn read(path: &Path) -> Result<SubjectMap, crate::error::Error> {
        let shown = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let with_visits = TextTable::read(path, &["patient_id", "subject", "study_date", "session"]);
        let (table, has_visits) = match with_visits {
            Err(StudyError::Table { .. }) => (TextTable::read(path, &["patient_id", "subject"])?, false),
            other => (other?, true),
        };
        let mut rows = Vec::new();
        for (n, row) in table.rows().enumerate() {
            let bad =
                |reason: &str| ImportError::Table { path: shown.clone(), reason: format!("row {}: {reason}", n + 2) };
            let (patient_id, subject) = (row[0], bare(row[1], "sub-"));
            if !is_label(subject) {
                return Err(bad("the subject must be letters and digits").into());
            }
            if subject == patient_id {
                return Err(bad("the subject is the patient ID itself, which must not reach the study").into());
            }
            let visit = match (has_visits, row.get(2), row.get(3).map(|label| bare(label, "ses-"))) {
                (true, Some(date), Some(session)) if !date.is_empty() || !session.is_empty() => {
                    let day = day_number(date).ok_or_else(|| bad("study_date must be YYYYMMDD or YYYY-MM-DD"))?;
                    if !is_label(session) {
                        return Err(bad("the session must be letters and digits").into());
                    }
                    Some((day, session.to_owned()))
                }
                _ => None,
            };
            rows.push(MapRow { patient_id: patient_id.to_owned(), subject: subject.to_owned(), visit });
        }
        Ok(SubjectMap { rows })
    }

    fn subject(&self, patient_id: &str) -> Option<&str> {
        self.rows.iter().find(|row| row.patient_id == patient_id).map(|row| row.subject.as_str())
    }

    fn session(&self, patient_id: &str, day: i64) -> Option<&str> {
        let visits = self.rows.iter().filter(|row| row.patient_id == patient_id).filter_map(|row| row.visit.as_ref());
        visits.clone().find(|(on, _)| *on == day).map(|(_, session)| session.as_str())
    }

    fn names_visits_of(&self, patient_id: &str) -> bool {
        self.rows.iter().any(|row| row.patient_id == patient_id && row.visit.is_some())
    }
}

/// A BIDS label.
pub fn is_label(text: &str) -> bool {
    !text.is_empty() && text.len() <= 32 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Patients apart; those without an ID by their names.
fn patient(identity: &Identity) -> (&str, &str) {
    let id = identity.patient_id.as_str();
    (id, if id.is_empty() { identity.name.as_str() } else { "" })
}

/// Gives each header its place.
pub fn assign(headers: &[Header], map: Option<&SubjectMap>, session_names: &[String], secrets: &Secrets) -> Assigned {
    let mut patients: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (n, header) in headers.iter().enumerate() {
        patients.entry(patient(&header.identity)).or_default().push(n);
    }
    let mut assigned =
        Assigned { places: vec![None; headers.len()], n_patients: patients.len(), ..Assigned::default() };
    for (number, ((patient_id, _), files)) in patients.into_iter().enumerate() {
        let counted = format!("patient {} of {}", number + 1, assigned.n_patients);
        let subject = match map {
            Some(map) => map.subject(patient_id).map(str::to_owned),
            None => Some(format!("{:03}", number + 1)),
        };
        let Some(subject) = subject else {
            assigned.failed.push(format!("{counted}: not in the subject map ({} files)", files.len()));
            continue;
        };
        if map.is_some() && secrets.tells(&subject) {
            assigned.failed.push(format!("{counted}: its subject label in the map holds a part of its identity"));
            continue;
        }
        let first = &headers[files[0]].identity;
        if files.iter().any(|&n| first.contradicts(&headers[n].identity)) {
            assigned.failed.push(format!(
                "sub-{subject}: two dates of birth under one patient ID ({} files): two patients; export them apart",
                files.len()
            ));
            continue;
        }
        let days: BTreeSet<Option<i64>> = files.iter().map(|&n| headers[n].identity.study_day()).collect();
        match sessions_of(&days, patient_id, map, session_names) {
            Ok(sessions) => {
                let first_day = days.iter().flatten().min().copied();
                for &n in &files {
                    let day = headers[n].identity.study_day();
                    let Some(session) = sessions.get(&day) else { continue };
                    let place = Place { subject: subject.clone(), session: session.clone() };
                    assigned.days.insert(place.clone(), day.zip(first_day).map(|(day, first)| day - first));
                    assigned.places[n] = Some(place);
                }
            }
            Err(reason) => assigned.failed.push(format!("sub-{subject}: {reason}")),
        }
    }
    assigned
}

/// Session of each study day of one patient.
fn sessions_of(
    days: &BTreeSet<Option<i64>>,
    patient_id: &str,
    map: Option<&SubjectMap>,
    names: &[String],
) -> Result<BTreeMap<Option<i64>, String>, String> {
    if let Some(map) = map.filter(|map| map.names_visits_of(patient_id)) {
        let named = |day: &Option<i64>| Some((*day, map.session((*day).map(|_| patient_id)?, (*day)?)?.to_owned()));
        let found: Option<BTreeMap<_, _>> = days.iter().map(named).collect();
        return found.ok_or_else(|| "a study date is not in the subject map".to_owned());
    }
    if days.len() > 1 && days.contains(&None) {
        return Err("some studies have no date, so their order is unknown; name sessions in --subject-map".to_owned());
    }
    if days.len() > names.len() {
        return Err(format!(
            "{} study dates but {} session names; give one a date with --sessions, in the order of the dates",
            days.len(),
            names.len()
        ));
    }
    Ok(days.iter().copied().zip(names.iter().cloned()).collect())
}
