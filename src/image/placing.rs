//! A label map or mask brought onto the grid of an image, as far as that needs no decision; the rest is asked for.
//!
//! On the image's grid it is taken as it is. A segmentation of 3D Slicer covers only the box around its segments: where
//! its voxels are voxels of the image (axes in any order and direction, centres within a tenth of a voxel), each is put in
//! its place and nothing is interpolated. Everything else is refused, or resampled to the nearest label where that was
//! asked for.

use super::{Grid, ImageError, Labels, Mask, filled, nrrd, resample_labels};
use crate::error::Warning;
use ndarray::Array3;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Farthest that a voxel centre may lie from the centre it is put on, in voxels of the image.
const OFF_LATTICE: f64 = 0.1;
/// Slug of labels that were resampled; it also stands in `qc_flags`.
pub const LABELS_RESAMPLED: &str = "labels-resampled";

/// What to do with labels that lie on another grid than the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OffGrid {
    /// Stop with an error that shows both grids.
    #[default]
    Refuse,
    /// Take for each voxel of the image the nearest label.
    ResampleLabels,
}

impl OffGrid {
    /// True for the default, which results need not mention.
    pub fn is_refuse(&self) -> bool {
        *self == OffGrid::Refuse
    }
}

/// A label map on the grid of the image called `image`, and what there is to say about how it came there.
///
/// # Errors
/// [`ImageError::GridMismatch`] where it lies elsewhere and resampling was not asked for.
pub fn place_labels(
    labels: Labels,
    grid: &Grid,
    image: [&str; 2],
    off_grid: OffGrid,
) -> Result<(Labels, Vec<Warning>), ImageError> {
    let file = file_name(&labels.source);
    match grid.check_same(&labels.grid, [image[0], "label map"], [image[1], &file]) {
        Ok(rounding) => Ok((labels, rounding.into_iter().collect())),
        Err(mismatch) => {
            let is_box = nrrd::is_nrrd(&labels.source);
            if is_box && let Some((data, outside)) = on_lattice(&labels.data, &labels.grid, grid) {
                let warnings = placed(&file, outside);
                return Ok((Labels { grid: grid.clone(), data, source: labels.source }, warnings));
            }
            if off_grid == OffGrid::Refuse {
                return Err(mismatch);
            }
            let message =
                format!("the labels of {file} were resampled to the grid of {} (nearest neighbour)", image[1]);
            Ok((resample_labels(&labels, grid), vec![Warning::new(LABELS_RESAMPLED, message)]))
        }
    }
}

/// A mask on the grid of the image called `image`; it is never resampled.
///
/// # Errors
/// [`ImageError::GridMismatch`] where it lies elsewhere.
pub fn place_mask(mask: Mask, grid: &Grid, image: [&str; 2], what: &str) -> Result<(Mask, Vec<Warning>), ImageError> {
    let file = file_name(&mask.source);
    match grid.check_same(&mask.grid, [image[0], what], [image[1], &file]) {
        Ok(rounding) => Ok((mask, rounding.into_iter().collect())),
        Err(mismatch) => {
            let is_box = nrrd::is_nrrd(&mask.source);
            match is_box.then(|| on_lattice(&mask.data, &mask.grid, grid)).flatten() {
                Some((data, outside)) => {
                    let warnings = placed(&file, outside);
                    Ok((Mask { grid: grid.clone(), data, source: mask.source }, warnings))
                }
                None => Err(mismatch),
            }
        }
    }
}

fn placed(file: &str, outside: usize) -> Vec<Warning> {
    let lost = format!("{outside} voxels of {file} lie outside of the image and are left out");
    (outside > 0).then(|| Warning::new("labels-outside", lost)).into_iter().collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The values at their places in `to`, and how many that are set lie outside of it; `None` where the voxels of `from` are
/// no voxels of `to`.
fn on_lattice<T>(data: &Array3<T>, from: &Grid, to: &Grid) -> Option<(Array3<T>, usize)>
where
    T: Copy + Default + PartialEq,
{
    let between = from.index_in(to)?;
    // each axis of `from` must run along one axis of `to`, a whole voxel a step
    let mut steps = [[0_i64; 3]; 3];
    for axis in 0..3 {
        for row in 0..3 {
            steps[row][axis] = between[row][axis].round() as i64;
        }
        if (0..3).map(|row| steps[row][axis].abs()).sum::<i64>() != 1 {
            return None;
        }
    }
    let start: [i64; 3] = std::array::from_fn(|row| between[row][3].round() as i64);
    for corner in 0..8 {
        let index: [f64; 3] =
            std::array::from_fn(|axis| if corner >> axis & 1 == 1 { from.dims[axis] as f64 - 1.0 } else { 0.0 });
        for row in 0..3 {
            let exact = (0..3).map(|axis| between[row][axis] * index[axis]).sum::<f64>() + between[row][3];
            let whole = (0..3).map(|axis| steps[row][axis] as f64 * index[axis]).sum::<f64>() + start[row] as f64;
            if (exact - whole).abs() > OFF_LATTICE {
                return None;
            }
        }
    }
    let (mut placed, mut outside) = (filled(to.dims, T::default()), 0);
    for ((i, j, k), value) in data.indexed_iter().filter(|(_, value)| **value != T::default()) {
        let index = [i as i64, j as i64, k as i64];
        let at: [i64; 3] =
            std::array::from_fn(|row| start[row] + (0..3).map(|axis| steps[row][axis] * index[axis]).sum::<i64>());
        // a negative index becomes one that is in no image
        let at = at.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        match placed.get_mut(at) {
            Some(voxel) => *voxel = *value,
            None => outside += 1,
        }
    }
    Some((placed, outside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn image() -> Grid {
        Grid::new([6, 5, 4], [[-2.0, 0.0, 0.0, 10.0], [0.0, -2.0, 0.0, 20.0], [0.0, 0.0, 4.0, -8.0]])
    }

    /// A box of the image from voxel (1, 2, 1) on, its first two axes exchanged and the third turned round.
    fn cropped() -> (Grid, Array3<i32>) {
        let grid = Grid::new([3, 2, 2], [[0.0, -2.0, 0.0, 8.0], [-2.0, 0.0, 0.0, 16.0], [0.0, 0.0, -4.0, 0.0]]);
        let mut data = filled([3, 2, 2], 0);
        data[[0, 0, 0]] = 7;
        data[[2, 1, 1]] = 9;
        (grid, data)
    }

    #[test]
    fn a_box_of_the_image_is_put_in_its_place() {
        let (grid, data) = cropped();
        let (placed, outside) = on_lattice(&data, &grid, &image()).unwrap();
        assert_eq!((placed[[1, 2, 2]], placed[[2, 4, 1]], outside), (7, 9, 0));
        assert_eq!(placed.iter().filter(|&&label| label != 0).count(), 2);
        for (label, at) in [(7, [0.0; 3]), (9, [2.0, 1.0, 1.0])] {
            let world = grid.world_mm(at);
            let index = image().voxel_of(world).unwrap().map(|n| n.round() as usize);
            assert_eq!(placed[index], label);
        }
    }

    #[test]
    fn what_is_no_box_of_the_image_is_refused() {
        let (grid, data) = cropped();
        let mut shifted = grid.clone();
        shifted.affine[0][3] += 0.5;
        assert!(on_lattice(&data, &shifted, &image()).is_none());
        let mut coarse = grid.clone();
        (0..3).for_each(|row| coarse.affine[row][2] *= 2.0);
        assert!(on_lattice(&data, &coarse, &image()).is_none());
        let mut beyond = grid;
        beyond.affine[2][3] = 100.0;
        assert_eq!(on_lattice(&data, &beyond, &image()).unwrap().1, 2);
    }

    #[test]
    fn another_grid_is_refused_or_resampled_as_asked() {
        let coarse = Grid::axis_aligned([3, 3, 2], [4.0, 4.0, 8.0], [0.0, 12.0, -8.0]);
        let labels = || Labels { grid: coarse.clone(), data: filled([3, 3, 2], 5), source: PathBuf::from("l.nii") };
        let names = ["image", "i.nii"];
        let refused = place_labels(labels(), &image(), names, OffGrid::Refuse).unwrap_err();
        assert!(matches!(refused, ImageError::GridMismatch { .. }));
        let (moved, told) = place_labels(labels(), &image(), names, OffGrid::ResampleLabels).unwrap();
        assert_eq!((moved.grid, told[0].slug.as_str()), (image(), LABELS_RESAMPLED));
    }
}
