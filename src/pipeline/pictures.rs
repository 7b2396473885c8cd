//! The quality picture of each session, drawn right after it is measured, while its images are in memory; and that of each
//! subject, drawn when both visits are done.

use crate::error::Result;
use crate::image::{MapSidecar, Overwrite, read_labels, read_volume, sidecar_path, write_bytes_atomically};
use crate::measure::{BODY, MeasureRow, MeasuredSession, SessionInputs};
use crate::region::{Region, Window};
use crate::report::{Outline, Phrase, SessionPicture, SubjectPicture, Visit, montage, whole_body};
use crate::study::{BatchSummary, SessionObserver, StudyConfig, StudyError, collect};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Draws `OUT/qc/sub-X_ses-Y.png`.
pub(super) struct QcPictures;

/// Numbers that stand under the title: measure and statistic.
const FACTS: [(&str, &str); 5] =
    [("pdff", "mean"), ("sff", "mean"), ("dropout", "mean"), ("adc", "median"), ("tdv", "total")];

/// Where a session's picture stands, relative to the output folder.
fn picture(name: &str) -> PathBuf {
    PathBuf::from(format!("qc/{name}.png"))
}

impl SessionObserver for QcPictures {
    fn files(&self, inputs: &SessionInputs) -> Vec<PathBuf> {
        vec![picture(&inputs.name())]
    }

    fn on_session(&self, out: &Path, measured: &MeasuredSession) -> Result<()> {
        let path = out.join(picture(&measured.name()));
        let folder = out.join("qc");
        std::fs::create_dir_all(&folder)
            .map_err(|source| StudyError::Write { path: folder.display().to_string(), reason: source.to_string() })?;
        let scalar = |name: &str| measured.map(name).and_then(|map| map.scalar());
        let (fat_fraction, fat_fraction_name) = match scalar("PDFF") {
            Some(map) => (Some(map), "PDFF"),
            None => (scalar("sFF"), "sFF"),
        };
        let backgrounds = &measured.backgrounds;
        let (dixon_regions, diffusion_regions) =
            (outlines(&backgrounds.dixon_regions), outlines(&backgrounds.diffusion_regions));
        let png = montage(&SessionPicture {
            title: &format!("sub-{} {}", measured.subject, measured.session),
            facts: &in_words(&FACTS, &measured.rows.iter().collect::<Vec<_>>()),
            warnings: &measured.warnings,
            water: backgrounds.water.as_deref(),
            fat: backgrounds.fat.as_deref(),
            fat_fraction,
            fat_fraction_name,
            in_phase: backgrounds.in_phase.as_deref(),
            opposed_phase: backgrounds.opposed_phase.as_deref(),
            dropout: scalar("DR"),
            other: None,
            dixon_regions: &dixon_regions,
            high_b: scalar("dwi"),
            b_value: measured.signal_b,
            adc: scalar("ADC"),
            lesions: measured.map("tDV").and_then(|map| map.labels()),
            bone: backgrounds.bone.as_ref(),
            diffusion_regions: &diffusion_regions,
        })?;
        Ok(write_bytes_atomically(&path, &png, Overwrite::Force)?)
    }
}

/// Regions to draw: the vertebrae, not what pools them.
fn outlines(regions: &[Region]) -> Vec<Outline<'_>> {
    let single = regions.iter().filter(|region| !region.is_pooled);
    single.map(|region| Outline { name: &region.name, voxels: &region.voxels }).collect()
}

/// Numbers that stand beside a subject's projections.
const SUBJECT_FACTS: [(&str, &str); 2] = [("tdv", "total"), ("gadc", "median")];

/// Draws `OUT/qc/sub-X.png`, the whole body before and after, for every subject whose both visits have a total diffusion
/// volume; what has not changed since the last time is left as it is.
///
/// # Errors
/// Where a map of ours cannot be read or the picture cannot be written.
pub(super) fn draw_subjects(out: &Path, config: &StudyConfig, summary: &BatchSummary) -> Result<()> {
    let visits = [&config.sessions.baseline, &config.sessions.followup];
    let subjects: BTreeSet<&String> = summary.states.iter().map(|state| &state.subject).collect();
    for subject in subjects {
        let names = visits.map(|visit| format!("sub-{subject}_ses-{visit}"));
        let path = out.join(picture(&format!("sub-{subject}")));
        let unchanged = path.is_file() && !names.iter().any(|name| summary.measured.contains(name));
        let map =
            |n: usize, map: &str| out.join(format!("maps/sub-{subject}/ses-{}/{}_{map}.nii.gz", visits[n], names[n]));
        let there = (0..2).all(|n| ["dwi", "ADC", "tDV"].iter().all(|name| map(n, name).is_file()));
        let failed = summary.states.iter().any(|state| state.subject == *subject && state.failure.is_some());
        if unchanged || !there || failed {
            continue;
        }
        let read = |n: usize| -> Result<_> {
            Ok((read_volume(&map(n, "dwi"))?, read_volume(&map(n, "ADC"))?, read_labels(&map(n, "tDV"))?))
        };
        let (before, after) = rayon::join(|| read(0), || read(1));
        let images = [before?, after?];
        let rows = collect(out, &visits.map(|visit| (subject.clone(), visit.clone())))?.rows;
        let facts = visits.map(|visit| {
            let of_visit = rows.iter().filter(|row| row.session == *visit);
            in_words(&SUBJECT_FACTS, &of_visit.collect::<Vec<_>>())
        });
        let classes = [0, 1].map(|n| classes_beside(&map(n, "tDV")));
        let drawn: Vec<Visit> = (0..2)
            .map(|n| {
                let (high_b, adc, lesions) = &images[n];
                Visit { name: visits[n], facts: &facts[n], high_b, adc, lesions, classes: &classes[n] }
            })
            .collect();
        let title = format!("sub-{subject}");
        let png = whole_body(&SubjectPicture { title: &title, b_value: config.tdv.signal_b, visits: &drawn })?;
        write_bytes_atomically(&path, &png, Overwrite::Force)?;
    }
    Ok(())
}

/// Classes of ADC in the sidecar of a total diffusion volume.
fn classes_beside(map: &Path) -> Vec<Window> {
    let text = std::fs::read_to_string(sidecar_path(map)).unwrap_or_default();
    let parameters = serde_json::from_str::<MapSidecar>(&text).map(|sidecar| sidecar.parameters).unwrap_or_default();
    serde_json::from_value(parameters["results"]["classes"].clone()).unwrap_or_default()
}

/// Numbers in words, each for the first row that has it (the pooled region stands first).
fn in_words(facts: &[(&str, &str)], rows: &[&MeasureRow]) -> Vec<Phrase> {
    let fact = |(measure, statistic): &(&str, &str)| {
        let row = rows.iter().find(|row| row.measure == *measure && row.statistic == *statistic)?;
        let region = (row.region != BODY).then_some(&*row.region);
        Some(Phrase::fact(measure, region, row.unit.show(row.value?)))
    };
    facts.iter().filter_map(fact).collect()
}
