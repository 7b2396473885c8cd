//! From single image planes to volumes: which image lies where, whether all are there, and the grid they make.
//!
//! Images are sorted along the normal of their plane; at each position those of all volumes follow in the order of their
//! instance numbers. The grid is that of dcm2niix: columns, rows from the last to the first, slices along the normal; mm,
//! RAS+. Slices must be equally spaced along their normal: what is missing, doubled or uneven is named and refused.

use super::DicomError;
use super::header::{Frame, Header};
use super::series::{FrameRef, Part, frame};
use crate::image::Grid;

/// Positions nearer than this are one, mm.
const SAME_PLACE_MM: f64 = 0.02;
/// Steps between slices may differ by this share.
const SAME_STEP: f64 = 0.02;

/// What to do about images without a place.
const ORIGINAL: &str = "export the original images, not a screen copy";

/// Images in their places.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Where the voxels lie.
    pub grid: Grid,
    /// For each volume the image of each slice, in the order of the grid.
    pub volumes: Vec<Vec<FrameRef>>,
    /// b-value of each volume where one is stated.
    pub b_values: Option<Vec<f64>>,
}

/// Brings the images of a part into their places.
///
/// # Errors
/// [`DicomError::Stack`] where sizes or orientations are mixed, slices are missing, doubled or unequally spaced, or a
/// position is not stated.
pub fn stack(part: &Part, headers: &[Header]) -> Result<Stack, DicomError> {
    let first = plane(headers, part.frames[0])?;
    for &at in &part.frames[1..] {
        same_plane(&first, &plane(headers, at)?)?;
    }
    let normal = cross(first.row, first.column);
    let mut placed: Vec<(f64, FrameRef)> = Vec::with_capacity(part.frames.len());
    for &at in &part.frames {
        placed.push((dot(plane(headers, at)?.position, normal), at));
    }
    placed.sort_by(|a, b| a.0.total_cmp(&b.0).then(acquired(headers, a.1).cmp(&acquired(headers, b.1))));
    let mut slices: Vec<(f64, Vec<FrameRef>)> = Vec::new();
    for (place, at) in placed {
        match slices.last_mut() {
            Some((last, images)) if place - *last < SAME_PLACE_MM => images.push(at),
            _ => slices.push((place, vec![at])),
        }
    }
    let places: Vec<f64> = slices.iter().map(|(place, _)| *place).collect();
    check_steps(&places)?;
    let n_volumes = check_counts(&slices)?;
    let mut volumes = by_acquisition(&slices, n_volumes);
    if !is_consistent(&volumes, headers) {
        for (_, images) in &mut slices {
            images.sort_by(|&a, &b| {
                weighting(headers, a)
                    .total_cmp(&weighting(headers, b))
                    .then(acquired(headers, a).cmp(&acquired(headers, b)))
            });
        }
        volumes = by_acquisition(&slices, n_volumes);
        if !is_consistent(&volumes, headers) {
            return Err(DicomError::stack(
                "mixed-series",
                "slices of one volume have different b-values or echo times",
                "export the series again with all of its images",
            ));
        }
    }
    let grid = grid(&first, normal, &volumes, headers)?;
    let b_values = volumes.iter().map(|volume| frame(headers, volume[0]).b.map(|b| b.value)).collect();
    Ok(Stack { grid, volumes, b_values })
}

/// Position and axes of one image, LPS+.
struct Plane {
    size: [usize; 2],
    position: [f64; 3],
    /// Direction in which the column index counts.
    row: [f64; 3],
    /// Direction in which the row index counts.
    column: [f64; 3],
    /// Distance of rows, of columns, mm.
    spacing: [f64; 2],
    slice_mm: Option<f64>,
}

fn plane(headers: &[Header], at: FrameRef) -> Result<Plane, DicomError> {
    let Frame { position, orientation, spacing, slice_mm, .. } = frame(headers, at);
    let unplaced =
        |what: &str| DicomError::stack("no-geometry", format!("an image does not state its {what}"), ORIGINAL);
    let &[a, b, c, d, e, f] = orientation.as_ref().ok_or_else(|| unplaced("orientation (0020,0037)"))?;
    let spacing =
        spacing.filter(|mm| mm.iter().all(|mm| *mm > 0.0)).ok_or_else(|| unplaced("pixel spacing (0028,0030)"))?;
    let position = position.ok_or_else(|| unplaced("position (0020,0032)"))?;
    let (row, column) = ([a, b, c], [d, e, f]);
    let is_unit = |axis: [f64; 3]| (dot(axis, axis) - 1.0).abs() < 0.01;
    if !is_unit(row) || !is_unit(column) || dot(row, column).abs() > 0.01 {
        return Err(unplaced("orientation as two perpendicular unit vectors"));
    }
    Ok(Plane { size: headers[at.header].size, position, row, column, spacing, slice_mm: *slice_mm })
}

fn same_plane(one: &Plane, other: &Plane) -> Result<(), DicomError> {
    const REMEDY: &str = "the series mixes acquisitions: export them apart, or set its role to skip";
    if one.size != other.size {
        let [a, b] = [one, other].map(|plane| format!("{}x{}", plane.size[1], plane.size[0]));
        return Err(DicomError::stack(
            "mixed-series",
            format!("one series holds images of {a} and of {b} pixels"),
            REMEDY,
        ));
    }
    if dot(one.row, other.row) < 0.9999 || dot(one.column, other.column) < 0.9999 {
        return Err(DicomError::stack("mixed-series", "one series holds images of different orientation", REMEDY));
    }
    if (0..2).any(|n| (one.spacing[n] - other.spacing[n]).abs() > 1e-3 * one.spacing[n]) {
        return Err(DicomError::stack("mixed-series", "one series holds images of different pixel spacing", REMEDY));
    }
    Ok(())
}

fn check_steps(places: &[f64]) -> Result<(), DicomError> {
    let mut steps: Vec<f64> = places.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let in_order = steps.clone();
    steps.sort_by(f64::total_cmp);
    let Some(&usual) = steps.get(steps.len() / 2) else { return Ok(()) };
    let uneven: Vec<f64> =
        in_order.into_iter().filter(|step| (step - usual).abs() > (SAME_STEP * usual).max(SAME_PLACE_MM)).collect();
    if uneven.is_empty() {
        return Ok(());
    }
    let is_multiple = |step: &f64| {
        let times = step / usual;
        times > 1.5 && (times - times.round()).abs() < 2.0 * SAME_STEP * times
    };
    if uneven.iter().all(is_multiple) {
        let n: f64 = uneven.iter().map(|step| (step / usual).round() - 1.0).sum();
        let reason = format!(
            "{n} of {} slices are missing: steps of {usual:.2} mm, once {:.2} mm",
            n + places.len() as f64,
            uneven[0]
        );
        return Err(DicomError::stack(
            "missing-slices",
            reason,
            "copy or export the series again with all of its images",
        ));
    }
    let reason = format!("slices are unequally spaced: {:.2} mm beside {usual:.2} mm", uneven[0]);
    Err(DicomError::stack("unequal-spacing", reason, "export one acquisition at a time; a volume needs equal steps"))
}

/// Number of volumes: every slice must have as many images.
fn check_counts(slices: &[(f64, Vec<FrameRef>)]) -> Result<usize, DicomError> {
    let counts: Vec<usize> = slices.iter().map(|(_, images)| images.len()).collect();
    let (least, most) = (counts.iter().min().copied().unwrap_or(0), counts.iter().max().copied().unwrap_or(0));
    if least == most {
        return Ok(least);
    }
    let mut sorted = counts.clone();
    sorted.sort_unstable();
    let usual = sorted[sorted.len() / 2];
    let fewer: usize = counts.iter().map(|&n| usual.saturating_sub(n)).sum();
    let more: usize = counts.iter().map(|&n| n.saturating_sub(usual)).sum();
    if more > 0 && fewer == 0 {
        let reason = format!("{more} slices are there twice: most positions have {usual} images, some {most}");
        return Err(DicomError::stack(
            "duplicated-slices",
            reason,
            "remove the repeated images, or set the role of the series to skip",
        ));
    }
    let reason =
        format!("{fewer} images are missing: most of {} positions have {usual} images, some {least}", counts.len());
    Err(DicomError::stack("missing-slices", reason, "copy or export the series again with all of its images"))
}

fn by_acquisition(slices: &[(f64, Vec<FrameRef>)], n_volumes: usize) -> Vec<Vec<FrameRef>> {
    (0..n_volumes).map(|volume| slices.iter().map(|(_, images)| images[volume]).collect()).collect()
}

fn is_consistent(volumes: &[Vec<FrameRef>], headers: &[Header]) -> bool {
    volumes.iter().all(|volume| {
        let of = |at: FrameRef| (weighting(headers, at), frame(headers, at).te_ms);
        volume.iter().all(|&at| of(at) == of(volume[0]))
    })
}

fn weighting(headers: &[Header], at: FrameRef) -> f64 {
    frame(headers, at).b.map_or(-1.0, |b| b.value)
}

/// Order in which images were made.
fn acquired(headers: &[Header], at: FrameRef) -> (i64, usize, usize) {
    (headers[at.header].instance, at.frame, at.header)
}

/// The grid of the volumes, whose slices follow the normal of their plane.
fn grid(first: &Plane, normal: [f64; 3], volumes: &[Vec<FrameRef>], headers: &[Header]) -> Result<Grid, DicomError> {
    let n_slices = volumes[0].len();
    let [rows, columns] = first.size;
    let from = plane(headers, volumes[0][0])?.position;
    let to = plane(headers, volumes[0][n_slices - 1])?.position;
    let step: [f64; 3] = match n_slices {
        1 => {
            let mm = first.slice_mm.ok_or_else(|| {
                DicomError::stack("no-geometry", "a single slice does not state its thickness", ORIGINAL)
            })?;
            normal.map(|axis| axis * mm)
        }
        n => std::array::from_fn(|r| (to[r] - from[r]) / (n - 1) as f64),
    };
    if dot(step, normal).abs() < 0.999 * dot(step, step).sqrt() {
        return Err(DicomError::stack(
            "sheared-slices",
            "slices are not stacked along their normal",
            "export the series again without gantry tilt or reformatting",
        ));
    }
    let i = first.row.map(|axis| axis * first.spacing[1]);
    let j = first.column.map(|axis| -axis * first.spacing[0]);
    // rows are turned: the first voxel is the first column of the last row
    let origin: [f64; 3] = std::array::from_fn(|r| from[r] - j[r] * (rows as f64 - 1.0));
    // RAS+ counts x and y the other way
    let [i, j, k, origin] = [i, j, step, origin].map(|v| [-v[0], -v[1], v[2]]);
    Ok(Grid::new([columns, rows, n_slices], std::array::from_fn(|r| [i[r], j[r], k[r], origin[r]])))
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
