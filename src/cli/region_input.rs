//! From `--labels`, `--scheme`, `--region`, `--erode-mm` to regions on the grid of an image.

use super::args::RegionArgs;
use super::{CliError, Context};
use crate::error::{Result, Warning};
use crate::image::{Grid, Labels, place_labels, place_mask};
use crate::region::{EMBEDDED, Region, SchemeChoice, Selection, keep_body, read_body, read_label_map, regions};
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
    let RegionArgs { labels, scheme, body, body_class, region, erode_mm, on_grid_mismatch } = args;
    let Some(path) = labels else { return Ok(None) };
    check_erosion(*erode_mm)?;
    let choice = SchemeChoice::of(scheme.as_deref().unwrap_or(EMBEDDED))?;
    let selection = Selection::parse(region)?;
    let (labels, scheme, mut warnings) = read_label_map(path, &choice, &context.reader)?;
    let image = ["image", &file_name(image)];
    let (mut labels, told) = place_labels(labels, grid, image, (*on_grid_mismatch).into())?;
    warnings.extend(told);
    if let Some(body) = body {
        let body = read_body(body, *body_class, &context.reader)?;
        let (body, told) = place_mask(body, grid, image, "vertebral-body mask")?;
        warnings.extend(told);
        warnings.push(keep_body(&mut labels, &body));
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
