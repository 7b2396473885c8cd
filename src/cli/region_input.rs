//! From `--labels`, `--scheme`, `--region`, `--erode-mm` to regions on the grid of an image.

use super::args::{OnGridMismatch, RegionArgs};
use super::{CliError, Context};
use crate::error::{Result, Warning};
use crate::image::{Grid, Labels, resample_labels};
use crate::region::{Region, Scheme, Selection, regions};
use std::path::Path;

/// Regions on the grid of an image, with what there is to say about them.
#[derive(Debug)]
pub struct LoadedRegions {
    /// The label map on the grid of the image.
    pub labels: Labels,
    /// The regions in the order of tables.
    pub regions: Vec<Region>,
    /// Unknown labels, missing levels, resampling; not yet shown.
    pub warnings: Vec<Warning>,
}

/// The requested regions on the grid of `image`; `None` where no label map was given.
///
/// # Errors
/// Reading, grids that differ, an unknown scheme or level, empty regions.
pub fn load(args: &RegionArgs, context: &Context, grid: &Grid, image: &Path) -> Result<Option<LoadedRegions>> {
    let RegionArgs { labels, scheme, region, erode_mm, on_grid_mismatch } = args;
    let (Some(path), Some(scheme)) = (labels, scheme) else {
        return Ok(None);
    };
    check_erosion(*erode_mm)?;
    let scheme = Scheme::of(scheme)?;
    let selection = Selection::parse(region)?;
    let mut labels = context.reader.labels(path)?;
    let mut warnings = Vec::new();
    let files = [file_name(image), file_name(path)];
    match (grid.check_same(&labels.grid, ["image", "label map"], [&files[0], &files[1]]), on_grid_mismatch) {
        (Ok(rounding), _) => warnings.extend(rounding),
        (Err(_), OnGridMismatch::ResampleLabels) => {
            labels = resample_labels(&labels, grid);
            let message = format!("the labels of {} were resampled to the grid of {}", files[1], files[0]);
            warnings.push(Warning::new("labels-resampled", message));
        }
        (Err(mismatch), OnGridMismatch::Refuse) => return Err(mismatch.into()),
    }
    let (regions, said) = regions(&labels, &scheme, &selection, *erode_mm, &[])?;
    warnings.extend(said);
    Ok(Some(LoadedRegions { labels, regions, warnings }))
}

/// Proof that an erosion is a length.
///
/// # Errors
/// [`CliError::Usage`].
pub fn check_erosion(erode_mm: f64) -> Result<()> {
    if erode_mm >= 0.0 && erode_mm.is_finite() {
        return Ok(());
    }
    Err(CliError::usage(format!("--erode-mm {erode_mm} is no length"), "give millimetres from 0 on").into())
}

/// Last part of a path, for messages and results: folders stay out of both.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
