//! Radiotherapy structure sets: their regions, and each as a mask on the grid of the images it is drawn on.
//!
//! A voxel is inside where its centre is inside the polygon (even-odd); contours of one region in one slice are combined by
//! exclusive or, so that an inner contour is a hole (PS3.3, C.8.8.6.3). A contour must lie in a slice.

use super::DicomError;
use super::element::{Object, items, number, numbers, text};
use super::header::Header;
use super::seg::{Drawn, role_of_names};
use super::tags;
use crate::image::{Grid, filled};
use dicom_object::DefaultDicomObject;
use ndarray::Array3;

/// Largest distance of a contour from its slice, slices.
const OFF_SLICE: f64 = 0.25;

/// The regions of a structure set.
///
/// # Errors
/// [`DicomError::Drawing`] where it cannot be read or holds no region with contours.
pub fn contours(header: &Header) -> Result<Vec<Drawn>, DicomError> {
    let file = open(header)?;
    let has_contours = |number: u32| region(&file, number).is_some_and(|one| !items(one, tags::CONTOURS).is_empty());
    let of = |one: &Object| {
        let number = number(one, tags::ROI_NUMBER)? as u32;
        has_contours(number).then(|| role_of_names("region", number, &[text(one, tags::ROI_NAME)]))
    };
    let found: Vec<Drawn> = items(&file, tags::ROI_SET).iter().filter_map(of).collect();
    match found.is_empty() {
        true => Err(DicomError::Drawing { reason: "a structure set holds no region with contours".to_owned() }),
        false => Ok(found),
    }
}

/// One region on a grid.
///
/// # Errors
/// [`DicomError::Drawing`] where a contour is not closed in a plane, or does not lie in a slice of the grid.
pub fn contour_mask(header: &Header, roi: u32, grid: &Grid) -> Result<Array3<bool>, DicomError> {
    let wrong = |reason: &str| DicomError::Drawing { reason: reason.to_owned() };
    let file = open(header)?;
    let mut mask = filled(grid.dims, false);
    let region = region(&file, roi).ok_or_else(|| wrong("a structure set lacks a region that it lists"))?;
    for contour in items(region, tags::CONTOURS) {
        if !text(contour, tags::CONTOUR_TYPE).is_some_and(|kind| kind.starts_with("CLOSED")) {
            return Err(wrong("a structure set holds contours that are not closed"));
        }
        let points = numbers(contour, tags::CONTOUR_DATA);
        let (points, rest) = points.as_chunks::<3>();
        if !rest.is_empty() || points.len() < 3 {
            return Err(wrong("a contour of a structure set has fewer than three points"));
        }
        let voxel =
            |&[x, y, z]: &[f64; 3]| grid.voxel_of([-x, -y, z]).ok_or_else(|| wrong("the grid cannot be inverted"));
        let points: Vec<[f64; 3]> = points.iter().map(voxel).collect::<Result<_, _>>()?;
        let slice = points[0][2].round();
        let is_on = |point: &[f64; 3]| (point[2] - slice).abs() <= OFF_SLICE;
        if slice < 0.0 || slice >= grid.dims[2] as f64 || !points.iter().all(is_on) {
            return Err(wrong("a contour of a structure set does not lie in a slice of the images it refers to"));
        }
        let polygon: Vec<[f64; 2]> = points.iter().map(|point| [point[0], point[1]]).collect();
        toggle(&mut mask, slice as usize, &polygon);
    }
    Ok(mask)
}

/// Turns over every voxel of the slice whose centre is inside the polygon.
fn toggle(mask: &mut Array3<bool>, slice: usize, polygon: &[[f64; 2]]) {
    let [nx, ny, _] = [mask.shape()[0], mask.shape()[1], mask.shape()[2]];
    for j in 0..ny {
        let y = j as f64;
        let mut crossings: Vec<f64> = Vec::new();
        for (n, &[x0, y0]) in polygon.iter().enumerate() {
            let [x1, y1] = polygon[(n + 1) % polygon.len()];
            if (y0 <= y) != (y1 <= y) {
                crossings.push(x0 + (y - y0) / (y1 - y0) * (x1 - x0));
            }
        }
        crossings.sort_by(f64::total_cmp);
        for pair in crossings.as_chunks::<2>().0 {
            let from = pair[0].ceil().max(0.0) as usize;
            let to = (pair[1].ceil().max(0.0) as usize).min(nx);
            for i in from..to {
                mask[[i, j, slice]] ^= true;
            }
        }
    }
}

fn open(header: &Header) -> Result<DefaultDicomObject, DicomError> {
    dicom_object::open_file(&header.path)
        .map_err(|_| DicomError::Drawing { reason: "a structure set cannot be read to its end".to_owned() })
}

fn region(file: &Object, roi: u32) -> Option<&Object> {
    items(file, tags::ROI_CONTOURS).iter().find(|one| number(one, tags::REFERENCED_ROI_NUMBER) == Some(f64::from(roi)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_stays_open() {
        let mut mask = filled([8, 8, 2], false);
        toggle(&mut mask, 1, &[[0.5, 0.5], [6.5, 0.5], [6.5, 6.5], [0.5, 6.5]]);
        assert_eq!(mask.iter().filter(|inside| **inside).count(), 36);
        toggle(&mut mask, 1, &[[2.5, 2.5], [4.5, 2.5], [4.5, 4.5], [2.5, 4.5]]);
        assert_eq!(mask.iter().filter(|inside| **inside).count(), 32);
        assert!(!mask[[3, 3, 1]] && mask[[2, 3, 1]] && !mask[[3, 3, 0]]);
    }
}
