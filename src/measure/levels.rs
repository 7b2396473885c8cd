//! The named vertebrae of a session on the grid of its images: read, placed, cut to the vertebral body, checked.
//!
//! Both the measurement and `doctor` come through here, so that what one refuses the other names.

use super::{MeasureError, MeasureParams, Role, SessionInputs};
use crate::error::{Result, Warning};
use crate::image::{Grid, Reader, place_labels, place_mask};
use crate::region::{Region, flags_of_regions, keep_body, read_body, read_label_map, regions};
use std::path::{Path, PathBuf};

/// Vertebrae of one label map on the grid of the images.
#[derive(Debug, Clone)]
pub struct NamedLevels {
    /// The grid.
    pub grid: Grid,
    /// The label map.
    pub source: PathBuf,
    /// The regions, pooled ones first.
    pub regions: Vec<Region>,
    /// Flags for every number that is measured in them.
    pub flags: Vec<String>,
}

/// The named vertebrae of the label map drawn on `on`, on the grid of `image` (grid, role, file).
///
/// # Errors
/// Where labels are missing, unreadable, on another grid, in the wrong order, or name none of the levels.
pub fn named_levels(
    inputs: &SessionInputs,
    params: &MeasureParams,
    on: &'static str,
    (grid, role, image): (&Grid, Role, &Path),
) -> Result<(NamedLevels, Vec<Warning>)> {
    let reader = Reader::default();
    let path = inputs.labels_on(on).ok_or(MeasureError::NoLabels { grid: on })?;
    let MeasureParams { scheme, selection, regions: settings, left_out, .. } = params;
    let (labels, scheme, mut warnings) = read_label_map(path, scheme, &reader)?;
    let name = image.file_name().unwrap_or_default().to_string_lossy();
    let image = [role.name(), &name];
    let (mut labels, told) = place_labels(labels, grid, image, settings.on_grid_mismatch)?;
    warnings.extend(told);
    if let Some(body) = inputs.drawn_on(Role::Body, on) {
        let body = read_body(body, settings.body_class, &reader)?;
        let (body, told) = place_mask(body, grid, image, Role::Body.name())?;
        warnings.extend(told);
        warnings.push(keep_body(&mut labels, &body));
    }
    let levels: Vec<String> = left_out.iter().map(|out| out.level.clone()).collect();
    let (found, mut told) = regions(&labels, &scheme, selection, settings.erode_mm, &levels)?;
    for warning in told.iter_mut().filter(|warning| warning.slug == "excluded-level") {
        let why: Vec<String> = left_out.iter().map(|out| format!("{} ({})", out.level, out.reason)).collect();
        warning.message = format!("left out: {}", why.join(", "));
    }
    warnings.extend(told);
    let flags = flags_of_regions(&warnings);
    Ok((NamedLevels { grid: labels.grid, source: labels.source, regions: found, flags }, warnings))
}
