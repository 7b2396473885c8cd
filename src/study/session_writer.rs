//! Writes one measured session: maps with sidecars, its rows, its lesions, its distributions of ADC.

use super::csv_out::{number, write_csv};
use super::session_histograms::{HISTOGRAMS, write_histograms};
use super::{StudyError, derivative};
use crate::diffusion::Lesion;
use crate::error::Result;
use crate::image::{MapSidecar, Overwrite, sidecar_path, write_labels, write_volume};
use crate::measure::{MapData, MeasureRow, MeasuredSession, SessionInputs};
use std::path::{Path, PathBuf};

/// Table of a session's rows.
pub const MEASURES: &str = "measures.csv";
/// Table of a session's lesions.
pub const LESIONS: &str = "lesions.csv";

/// Folder of a session, relative to the output folder.
pub fn session_folder(inputs: &SessionInputs) -> PathBuf {
    session_folder_of(&inputs.subject, &inputs.session)
}

/// The same by the labels of the session.
pub fn session_folder_of(subject: &str, session: &str) -> PathBuf {
    PathBuf::from(format!("maps/sub-{subject}/ses-{session}"))
}

/// Writes everything but the manifest; returns the files written.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_session(
    study: &Path,
    out: &Path,
    inputs: &SessionInputs,
    measured: &MeasuredSession,
) -> Result<Vec<PathBuf>> {
    let folder = out.join(session_folder(inputs));
    std::fs::create_dir_all(&folder)
        .map_err(|source| StudyError::Write { path: folder.display().to_string(), reason: source.to_string() })?;
    let name = inputs.name();
    let mut written = Vec::new();
    for map in &measured.maps {
        let path = folder.join(format!("{name}_{}.nii.gz", map.name));
        match &map.data {
            MapData::Scalar(map, stored) => write_volume(&path, &map.grid, map.data.view(), *stored, Overwrite::Force)?,
            MapData::Labels(labels) => write_labels(&path, labels, Overwrite::Force)?,
        }
        let sources = derivative::sources(study, inputs, &map.sidecar.sources);
        let sidecar = MapSidecar { sources, ..map.sidecar.clone() };
        sidecar.write_beside(&path, Overwrite::Force)?;
        written.extend(derivative::add(out, inputs, map.name, &path, &sidecar)?);
        written.extend([sidecar_path(&path), path]);
    }
    let measures = folder.join(MEASURES);
    write_csv(&measures, &MeasureRow::COLUMNS, measured.rows.iter().map(cells))?;
    written.push(measures);
    let histograms = folder.join(HISTOGRAMS);
    if write_histograms(&histograms, measured)? {
        written.push(histograms);
    }
    if measured.map("tDV").is_some() {
        let lesions = folder.join(LESIONS);
        write_csv(&lesions, &LESION_COLUMNS, measured.lesions.iter().map(lesion_cells))?;
        written.push(lesions);
        written.push(derivative::add_lesions(out, inputs, &measured.lesions)?);
    }
    Ok(written)
}

/// Columns of `lesions.csv`.
const LESION_COLUMNS: [&str; 7] =
    ["id", "volume_ml", "adc_median_um2_s", "longest_axis_mm", "centroid_x_mm", "centroid_y_mm", "centroid_z_mm"];

fn lesion_cells(lesion: &Lesion) -> Vec<String> {
    let [x, y, z] = lesion.centroid_mm;
    let numbers = [lesion.volume_ml, lesion.adc_median_um2_s, lesion.longest_axis_mm, x, y, z];
    std::iter::once(lesion.id.to_string()).chain(numbers.iter().map(|value| number(Some(*value)))).collect()
}

/// One row of the long table as text.
pub fn cells(row: &MeasureRow) -> Vec<String> {
    vec![
        row.subject.clone(),
        row.session.clone(),
        row.measure.clone(),
        row.region.clone(),
        row.statistic.clone(),
        number(row.value),
        row.unit.to_string(),
        row.n_voxels.to_string(),
        row.qc_flags.join(";"),
    ]
}
