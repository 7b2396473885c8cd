//! The quality picture of each session, drawn right after it is measured, while its images are in memory.

use crate::error::Result;
use crate::image::{Overwrite, write_bytes_atomically};
use crate::measure::{MeasuredSession, SessionInputs};
use crate::region::Region;
use crate::report::{Outline, SessionPicture, montage};
use crate::study::{SessionObserver, StudyError};
use std::path::{Path, PathBuf};

/// Draws `OUT/qc/sub-X_ses-Y.png`.
pub(super) struct QcPictures;

/// Numbers that stand under the title: measure, statistic and its name for a reader.
const FACTS: [(&str, &str, &str); 5] = [
    ("pdff", "mean", "PDFF"),
    ("sff", "mean", "sFF"),
    ("dropout", "mean", "dropout ratio"),
    ("adc", "median", "ADC"),
    ("tdv", "total", "tDV"),
];

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
            facts: &facts(measured),
            warnings: &measured.warnings,
            water: backgrounds.water.as_deref(),
            fat: backgrounds.fat.as_deref(),
            fat_fraction,
            fat_fraction_name,
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

/// The session's main numbers in words, each for the first region that has it (the pooled one stands first).
fn facts(measured: &MeasuredSession) -> Vec<String> {
    FACTS
        .iter()
        .filter_map(|(measure, statistic, name)| {
            let row = measured.rows.iter().find(|row| row.measure == *measure && row.statistic == *statistic)?;
            Some(format!("{name} {} {}", row.region, row.unit.show(row.value?)))
        })
        .collect()
}
