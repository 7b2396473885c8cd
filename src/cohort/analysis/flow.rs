//! Patient flow: who was measured, who is missing or was left out, and why.

use super::super::Frame;
use super::super::endpoint::Endpoint;
use super::super::results::{FlowEntry, PatientFlow};
use crate::study::{Exclusion, Sessions, Wide};

const NO_IMAGING: &str = "no imaging";
const NOT_MEASURED: &str = "imaging could not be measured";
const NO_OUTCOME: &str = "no outcome";

/// Why a patient is not in the analysis; a report in another language has a twin of each.
pub const REASONS: [&str; 3] = [NO_IMAGING, NOT_MEASURED, NO_OUTCOME];

/// The flow of a study. `failed` are the sessions that could not be measured, with the message.
pub fn flow(
    frame: &Frame,
    endpoint: Option<&Endpoint>,
    wide: &Wide,
    sessions: &Sessions,
    exclusions: &[Exclusion],
    failed: &[FlowEntry],
) -> PatientFlow {
    let measured = |subject: &String, session: &str| {
        let ending = format!("__{session}");
        let Ok(row) = wide.subjects.binary_search(subject) else { return false };
        wide.columns.iter().any(|(name, values)| name.ends_with(&ending) && values[row].is_some())
    };
    let entry = |subject: &str, session: &str, reason: String| FlowEntry {
        subject: subject.to_owned(),
        session: session.to_owned(),
        reason,
    };
    let mut flow = PatientFlow {
        n_subjects: frame.subjects.len(),
        excluded_levels: exclusions
            .iter()
            .map(|e| entry(&e.subject, &e.session, format!("{}: {}", e.level, e.reason)))
            .collect(),
        failed_sessions: failed.to_vec(),
        ..PatientFlow::default()
    };
    for (row, subject) in frame.subjects.iter().enumerate() {
        let lacking: Vec<&str> = [&sessions.baseline, &sessions.followup]
            .into_iter()
            .filter(|s| !measured(subject, s))
            .map(String::as_str)
            .collect();
        for session in &lacking {
            let broken = failed.iter().any(|f| f.subject == *subject && f.session == **session);
            let reason = if broken { NOT_MEASURED } else { NO_IMAGING };
            flow.not_analysed.push(entry(subject, session, reason.to_owned()));
        }
        if lacking.is_empty() {
            flow.n_paired += 1;
        }
        match endpoint.map(|e| e.positive[row]) {
            Some(Some(_)) if lacking.is_empty() => flow.n_analysed += 1,
            Some(None) => flow.not_analysed.push(entry(subject, "", NO_OUTCOME.to_owned())),
            _ => {}
        }
    }
    for [subject, session, flag] in &wide.withheld {
        flow.withheld.push(entry(subject, session, flag.clone()));
    }
    flow
}
