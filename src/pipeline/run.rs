//! The main job: measure, collect, analyse, report; each step is written before the next begins.
//!
//! Sessions that have not changed are skipped; the analysis and the report are made anew, which takes seconds and leaves
//! the same bytes where nothing has changed.

use super::measure::{MeasureRequest, measure_prepared, prepare};
use super::results::write_results;
use super::segmented_alike::flag_unlike;
use super::tables::{collected, write_dictionary};
use crate::cohort::analysis::dropout::dropout;
use crate::cohort::analysis::{Analysis, Inputs, analyse, clinical_table};
use crate::cohort::response::{self, Reading};
use crate::cohort::results::{FlowEntry, ResponseRow};
use crate::cohort::{Endpoint, Frame, Marker, Table};
use crate::error::{Result, Warning};
use crate::image::Overwrite;
use crate::report::{Lang, PatientSettings, write_report};
use crate::study::{BatchSummary, Collected, StudyConfig, StudyManifest, Wide, exclusions};
use std::path::PathBuf;

/// What a run did.
#[derive(Debug)]
pub struct RunDone {
    /// How the sessions fared.
    pub summary: BatchSummary,
    /// What the reader of the results must know.
    pub warnings: Vec<Warning>,
    /// The analysis.
    pub analysis: Analysis,
    /// The report.
    pub report: PathBuf,
}

/// Runs a study from its images to its report. Failed sessions do not stop it; they are in the summary.
///
/// # Errors
/// Where settings, tables or the output folder cannot be used; checked before any work as far as possible.
pub fn run(request: &MeasureRequest, seed: u64, settings: &PatientSettings, lang: Lang) -> Result<RunDone> {
    let prepared = prepare(request)?;
    let clinical = clinical_table(&request.study)?;
    check_tables(clinical.as_ref(), &prepared.config)?;

    let summary = measure_prepared(request, &prepared)?;
    // where no session could be measured there is still the laboratory, and the reasons
    let (collected, wide) = match summary.measured.is_empty() && summary.skipped.is_empty() {
        true => <(Collected, Wide)>::default(),
        false => {
            let (_, collected, wide) = collected(&request.out)?;
            (collected, wide)
        }
    };
    let (responses, told) = responses(clinical.as_ref(), &prepared.config)?;
    let mut analysis = analyse(Inputs {
        wide: &wide,
        clinical: clinical.as_ref(),
        responses: &responses,
        config: &prepared.config,
        exclusions: &exclusions(&request.study)?,
        failed: &failed(&request.out)?,
        seed,
    })?;
    let (pooled, before) = (&prepared.config.regions.levels, &prepared.config.sessions.baseline);
    let (correlated, few) = dropout(&analysis.frame, &collected.rows, pooled, before);
    analysis.dropout = correlated;
    analysis.warnings.extend(few);
    analysis.warnings.extend(flag_unlike(&request.out, &prepared.config.sessions, &mut analysis.changes));
    analysis.flow.warnings = analysis.warnings.iter().chain(&told).cloned().collect();
    for (session, warning) in &summary.warnings {
        analysis.flow.session_warnings.entry(session.clone()).or_default().push(warning.clone());
    }
    write_results(&request.out, &collected, &analysis, &responses)?;
    write_dictionary(&prepared.config, &request.out.join("tables/dictionary.json"))?;
    let (report, told_of_report) = write_report(&request.out, settings, lang, Overwrite::Force)?;
    let mut warnings = analysis.warnings.clone();
    warnings.extend(told);
    warnings.extend(told_of_report);
    Ok(RunDone { summary, warnings, analysis, report })
}

/// Refuses what the analysis would refuse, before hours of measuring.
pub(super) fn check_tables(clinical: Option<&Table>, config: &StudyConfig) -> Result<()> {
    Marker::of_plan(&config.plan)?;
    if clinical.is_some() {
        let (frame, _) = Frame::of_study(&Wide::default(), clinical, &config.sessions)?;
        Endpoint::of_study(&frame, &responses(clinical, config)?.0, config)?;
    }
    Ok(())
}

/// Sessions that could not be measured, with the reason.
fn failed(out: &std::path::Path) -> Result<Vec<FlowEntry>> {
    let manifest = StudyManifest::of_output(out)?;
    let states = manifest.map(|manifest| manifest.sessions).unwrap_or_default();
    let entry = |state: crate::study::SessionState| {
        let reason = format!("{}: {}", state.failure?, state.message.unwrap_or_default());
        Some(FlowEntry { subject: state.subject, session: state.session, reason })
    };
    Ok(states.into_iter().filter_map(entry).collect())
}

/// IMWG categories of the visits, in order of time, and what must be known of them.
fn responses(clinical: Option<&Table>, config: &StudyConfig) -> Result<(Vec<ResponseRow>, Vec<Warning>)> {
    let sessions = [&config.sessions.baseline, &config.sessions.followup, &config.endpoint.session];
    let mut order: Vec<&str> = sessions.into_iter().map(String::as_str).collect();
    order.dedup();
    let Some(table) = clinical else { return Ok(Default::default()) };
    Ok(response::of_table(table, &order, &Reading::default())?)
}
