//! Which sessions are to be measured, and with which parameters each.
//!
//! A vertebra that `exclusions.csv` names for a subject at one visit is left out at every visit of that subject, so that
//! a change never compares different bones; so is one that a label map of another visit lacks.

use super::discover::{EXCLUSIONS, Exclusion};
use super::{CLINICAL, CONFIG_FILE, Job, StudyConfig, StudyError, bare, manifest_of, table_named};
use crate::error::Result;
use crate::image::sha256_file;
use crate::measure::{LeftOut, MeasureParams, SessionInputs, levels_present};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Which sessions are asked for; an empty list asks for all. Labels may carry their BIDS prefix.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// Subject labels.
    pub participants: Vec<String>,
    /// Session labels.
    pub sessions: Vec<String>,
}

impl Selected {
    /// True where the session is asked for.
    pub fn takes(&self, inputs: &SessionInputs) -> bool {
        let within = |wanted: &[String], prefix: &str, label: &str| {
            wanted.is_empty() || wanted.iter().any(|one| bare(one, prefix) == label)
        };
        within(&self.participants, "sub-", &inputs.subject) && within(&self.sessions, "ses-", &inputs.session)
    }

    /// Refuses a label that the study does not have.
    ///
    /// # Errors
    /// [`StudyError::UnknownLabel`].
    pub fn check(&self, found: &[SessionInputs]) -> std::result::Result<(), StudyError> {
        let known = |label: fn(&SessionInputs) -> &String| -> Vec<String> {
            found.iter().map(|inputs| label(inputs).clone()).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let lists = [
            ("subject", "sub-", &self.participants, known(|inputs| &inputs.subject)),
            ("session", "ses-", &self.sessions, known(|inputs| &inputs.session)),
        ];
        for (what, prefix, wanted, known) in lists {
            if let Some(label) = wanted.iter().find(|label| !known.iter().any(|one| one == bare(label, prefix))) {
                return Err(StudyError::UnknownLabel { what, label: label.clone(), known });
            }
        }
        Ok(())
    }
}

/// The sessions to measure, each with its parameters.
///
/// # Errors
/// Where the settings name a region, scheme or rule that there is not.
pub fn jobs(
    study: &Path,
    found: &[SessionInputs],
    selected: &Selected,
    config: &StudyConfig,
    exclusions: &[Exclusion],
) -> Result<Vec<Job>> {
    selected.check(found)?;
    let params = measure_params(study, config)?;
    if let Some(unknown) = exclusions.iter().find(|row| !found.iter().any(|inputs| inputs.subject == row.subject)) {
        let path = study.join(EXCLUSIONS).display().to_string();
        let reason =
            format!("there are no images of a subject `{}`, whose {} it excludes", unknown.subject, unknown.level);
        return Err(StudyError::Table { path, reason }.into());
    }
    let left_out = left_out(found, exclusions, &params);
    let with_own = |inputs: &SessionInputs| {
        let mut params = params.clone();
        let own = left_out.get(&inputs.subject).cloned().unwrap_or_default();
        params.left_out = own.into_iter().map(|(level, reason)| LeftOut { level, reason }).collect();
        Job { inputs: inputs.clone(), params }
    };
    Ok(found.iter().filter(|inputs| selected.takes(inputs)).map(with_own).collect())
}

fn measure_params(study: &Path, config: &StudyConfig) -> Result<MeasureParams> {
    MeasureParams::new(study, &config.regions, &config.tdv, &config.fat_fraction)
}

/// Vertebrae to leave out with the reason, by subject: excluded at any visit, or in the label map of one visit and not of
/// another.
fn left_out(
    found: &[SessionInputs],
    exclusions: &[Exclusion],
    params: &MeasureParams,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut left_out: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for Exclusion { subject, session, level, reason } in exclusions {
        let reason = format!("{reason}, {session}");
        left_out.entry(subject.clone()).or_default().entry(level.clone()).or_insert(reason);
    }
    // A label map that cannot be read says nothing here; its own session fails with the reason.
    let present: Vec<Option<BTreeSet<String>>> = found
        .par_iter()
        .map(|inputs| levels_present(inputs, params).ok().filter(|levels| !levels.is_empty()))
        .collect();
    let mut seen: BTreeMap<&str, Vec<&BTreeSet<String>>> = BTreeMap::new();
    for (inputs, levels) in found.iter().zip(&present) {
        seen.entry(&inputs.subject).or_default().extend(levels);
    }
    for (subject, visits) in seen {
        let all: BTreeSet<&String> = visits.iter().copied().flatten().collect();
        let not_everywhere = all.into_iter().filter(|level| visits.iter().any(|visit| !visit.contains(*level)));
        for level in not_everywhere.cloned().collect::<Vec<_>>() {
            let reason = "not in the label map of every visit".to_owned();
            left_out.entry(subject.to_owned()).or_default().entry(level).or_insert(reason);
        }
    }
    left_out
}

/// SHA-256 of the settings and tables that a study has, by file name.
///
/// # Errors
/// Where one is there and cannot be read.
pub fn study_inputs(study: &Path) -> Result<BTreeMap<String, String>> {
    let mut hashes = BTreeMap::new();
    let named = |stem: &str| {
        let two = |reason: String| StudyError::Table { path: study.display().to_string(), reason };
        table_named(study, stem).map_err(two)
    };
    let settings = [CONFIG_FILE, EXCLUSIONS].map(|name| study.join(name));
    let tables = [manifest_of(study)?, named(CLINICAL)?].into_iter().flatten();
    for path in settings.into_iter().chain(tables).filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        hashes.insert(name, sha256_file(&path)?);
    }
    Ok(hashes)
}
