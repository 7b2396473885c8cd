//! Fat inside of and around each lesion: what a reader needs for the fat-dot and fat-halo signs.
//!
//! Inputs  lesion labels, a fat-fraction map (percent) on their grid, the marrow (bone that is not excluded)
//! Output  for each lesion its median fat fraction; the fat enclosed in it; fat fraction of the marrow next to it and further
//!         out; whether either exceeds its surroundings by a stated contrast
//! Method  dot: voxels of the lesion, holes filled, that hold the contrast more fat than the lesion's median, in a connected piece
//!         that touches the lesion's surface nowhere. Halo: median over the marrow within `halo_mm` of the lesion against that of
//!         the marrow from there to three times as far, other lesions left out
//! Limits  facts for a reader, no diagnosis: no cut-off for either sign is in print, so the contrast is a choice and is recorded.
//!         A voxel that is partly fat marrow blurs both; a dot smaller than a voxel is not seen

use super::lesion::median;
use crate::image::{Grid, filled};
use crate::region::{Connectivity, components, erode_mm};
use ndarray::{Array3, ArrayView3, Axis, Slice, Zip};
use rayon::prelude::*;

/// Fewest voxels that a ring's median can rest on.
const FEWEST: usize = 5;

/// What counts as more fat, and as next to a lesion.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct FatParams {
    /// Percentage points by which a dot exceeds its lesion, and a halo the marrow further out.
    pub contrast_points: f64,
    /// Width of the ring around a lesion, mm.
    pub halo_mm: f64,
}

impl Default for FatParams {
    fn default() -> Self {
        FatParams { contrast_points: 20.0, halo_mm: 5.0 }
    }
}

/// Maps on one grid.
#[derive(Debug, Clone, Copy)]
pub struct FatInput<'a> {
    /// Where the voxels lie.
    pub grid: &'a Grid,
    /// Lesion numbers, 0 = none.
    pub labels: ArrayView3<'a, i32>,
    /// Fat fraction, percent; NaN where not measured.
    pub fat_fraction_pct: ArrayView3<'a, f32>,
    /// Bone that is not excluded.
    pub marrow: ArrayView3<'a, bool>,
}

/// Fat of one lesion.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LesionFat {
    /// Number in the label image.
    pub id: i32,
    /// Median fat fraction of the lesion, percent; none where it was not measured.
    pub lesion_pct: Option<f64>,
    /// Volume of enclosed fat, mL.
    pub dot_ml: f64,
    /// Its median fat fraction, percent.
    pub dot_pct: Option<f64>,
    /// Median of the marrow next to the lesion, percent; none of fewer than 5 voxels.
    pub ring_pct: Option<f64>,
    /// Median of the marrow further out, percent; none of fewer than 5 voxels.
    pub beyond_pct: Option<f64>,
    /// Whether fat is enclosed.
    pub has_dot: bool,
    /// Whether the marrow next to the lesion exceeds that further out by the contrast; none where either is unknown.
    pub has_halo: Option<bool>,
}

/// Fat of every lesion, by its number.
pub fn lesion_fat(input: &FatInput<'_>, params: &FatParams) -> Vec<LesionFat> {
    let boxes = bounding_boxes(input.labels);
    boxes.into_par_iter().map(|(id, bounds)| of_lesion(input, params, id, bounds)).collect()
}

/// First and last voxel of each lesion along each axis.
fn bounding_boxes(labels: ArrayView3<'_, i32>) -> Vec<(i32, [[usize; 2]; 3])> {
    let mut boxes = std::collections::BTreeMap::new();
    for ((k, j, i), &id) in labels.t().indexed_iter().filter(|(_, id)| **id > 0) {
        let here = [i, j, k].map(|n| [n, n]);
        let bounds: &mut [[usize; 2]; 3] = boxes.entry(id).or_insert(here);
        for (bound, [n, _]) in bounds.iter_mut().zip(here) {
            *bound = [bound[0].min(n), bound[1].max(n)];
        }
    }
    boxes.into_iter().collect()
}

fn of_lesion(input: &FatInput<'_>, params: &FatParams, id: i32, bounds: [[usize; 2]; 3]) -> LesionFat {
    let spacing = input.grid.spacing_mm();
    let reach = 3.0 * params.halo_mm;
    let window: [Slice; 3] = std::array::from_fn(|axis| {
        let margin = (reach / spacing[axis]).ceil() as usize + 1;
        let [first, last] = bounds[axis];
        Slice::from(first.saturating_sub(margin)..(last + margin + 1).min(input.grid.dims[axis]))
    });
    let labels = cut(input.labels, window);
    let fat = cut(input.fat_fraction_pct, window);
    let marrow = cut(input.marrow, window);
    let lesion = labels.mapv(|label| label == id);
    let filled = filled_holes(&lesion);

    let of = |inside: &Array3<bool>| {
        let mut values = Vec::new();
        Zip::from(inside).and(fat).for_each(|&inside, &fat| {
            if inside && fat.is_finite() {
                values.push(fat);
            }
        });
        values
    };
    let lesion_pct = median(of(&lesion));
    let dot = match lesion_pct {
        Some(level) => enclosed(&filled, fat, (level + params.contrast_points) as f32),
        None => Array3::default(lesion.raw_dim()),
    };
    let n_dot = dot.iter().filter(|inside| **inside).count();

    let ring_of = |from: &Array3<bool>, to: &Array3<bool>| {
        let mut ring = to.clone();
        Zip::from(&mut ring).and(from).and(labels).and(marrow).for_each(|ring, &inner, &label, &marrow| {
            *ring = *ring && !inner && label == 0 && marrow;
        });
        Some(of(&ring)).filter(|values| values.len() >= FEWEST).and_then(median)
    };
    let [near, far] = [params.halo_mm, reach].map(|mm| widened(&filled, spacing, mm));
    let (ring_pct, beyond_pct) = (ring_of(&filled, &near), ring_of(&near, &far));
    LesionFat {
        id,
        lesion_pct,
        dot_ml: n_dot as f64 * input.grid.voxel_volume_ml(),
        dot_pct: median(of(&dot)),
        ring_pct,
        beyond_pct,
        has_dot: n_dot > 0,
        has_halo: ring_pct.zip(beyond_pct).map(|(ring, beyond)| ring - beyond >= params.contrast_points),
    }
}

fn cut<T>(mut view: ArrayView3<'_, T>, window: [Slice; 3]) -> ArrayView3<'_, T> {
    for (axis, part) in window.into_iter().enumerate() {
        view.slice_axis_inplace(Axis(axis), part);
    }
    view
}

fn dims(mask: &Array3<bool>) -> [usize; 3] {
    [mask.shape()[0], mask.shape()[1], mask.shape()[2]]
}

/// The lesion and what it encloses.
fn filled_holes(lesion: &Array3<bool>) -> Array3<bool> {
    let mut around = filled(dims(lesion), false);
    Zip::from(&mut around).and(lesion).for_each(|around, &inside| *around = !inside);
    let (ids, n) = components(around.view(), Connectivity::Six);
    let mut is_open = vec![false; n + 1];
    for axis in 0..3 {
        for end in [0, ids.shape()[axis] - 1] {
            ids.index_axis(Axis(axis), end).iter().for_each(|&id| is_open[id as usize] = true);
        }
    }
    // 0 is the lesion itself, which may touch the end of the image
    is_open[0] = false;
    ids.mapv(|id| !is_open[id as usize])
}

/// Voxels of a solid of at least this fat fraction in pieces that touch its surface nowhere.
fn enclosed(solid: &Array3<bool>, fat: ArrayView3<'_, f32>, least: f32) -> Array3<bool> {
    let mut fatty = filled(dims(solid), false);
    Zip::from(&mut fatty).and(solid).and(fat).for_each(|fatty, &inside, &fat| *fatty = inside && fat >= least);
    let (ids, n) = components(fatty.view(), Connectivity::TwentySix);
    let mut touches = vec![false; n + 1];
    touches[0] = true;
    let end = dims(solid);
    for ((i, j, k), &id) in ids.indexed_iter().filter(|(_, id)| **id > 0) {
        let at = [i, j, k];
        let is_open = (0..3).any(|axis| {
            let (mut below, mut above) = (at, at);
            above[axis] += 1;
            below[axis] = below[axis].wrapping_sub(1);
            at[axis] == 0 || above[axis] == end[axis] || !solid[below] || !solid[above]
        });
        touches[id as usize] |= is_open;
    }
    ids.mapv(|id| !touches[id as usize])
}

/// The solid and all that lies within `mm` of it.
fn widened(solid: &Array3<bool>, spacing_mm: [f64; 3], mm: f64) -> Array3<bool> {
    let outside = solid.mapv(|inside| !inside);
    erode_mm(outside.view(), spacing_mm, mm).mapv(|outside| !outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marrow of 40 % fat with three lesions of 8 %, 12 mm in radius: one plain, one with a dot, one with a halo.
    fn phantom() -> (Grid, Array3<i32>, Array3<f32>) {
        let grid = Grid::axis_aligned([120, 50, 50], [2.0; 3], [0.0; 3]);
        let (mut labels, mut fat) = (filled(grid.dims, 0), filled(grid.dims, 40.0_f32));
        for ((i, j, k), label) in labels.indexed_iter_mut() {
            for (id, x) in [(1, 40.0), (2, 120.0), (3, 200.0)] {
                let at = grid.world_mm([i as f64, j as f64, k as f64]);
                let radius = ((at[0] - x).powi(2) + (at[1] - 50.0).powi(2) + (at[2] - 50.0).powi(2)).sqrt();
                if radius <= 12.0 {
                    // the dot is dark in the images that the labels were made of: a hole
                    let is_dot = id == 2 && radius <= 3.0;
                    *label = if is_dot { 0 } else { id };
                    fat[[i, j, k]] = if is_dot { 70.0 } else { 8.0 };
                } else if id == 3 && radius <= 18.0 {
                    fat[[i, j, k]] = 85.0;
                }
            }
        }
        (grid, labels, fat)
    }

    #[test]
    fn dot_and_halo_are_told_apart() {
        let (grid, labels, fat) = phantom();
        let marrow = filled(grid.dims, true);
        let input =
            FatInput { grid: &grid, labels: labels.view(), fat_fraction_pct: fat.view(), marrow: marrow.view() };
        let found = lesion_fat(&input, &FatParams::default());
        let facts: Vec<_> = found.iter().map(|one| (one.id, one.has_dot, one.has_halo)).collect();
        assert_eq!(facts, [(1, false, Some(false)), (2, true, Some(false)), (3, false, Some(true))]);
        assert!(found.iter().all(|one| one.lesion_pct == Some(8.0) && one.beyond_pct == Some(40.0)));
        // 4 pi 27 mm3 / 3 = 0.113 mL; 19 voxels of 8 mm3 have their centre within 3 mm
        assert!(
            (found[1].dot_ml - 19.0 * 0.008).abs() < 1e-12 && found[1].dot_pct == Some(70.0),
            "{}",
            found[1].dot_ml
        );
        assert_eq!((found[0].ring_pct, found[2].ring_pct), (Some(40.0), Some(85.0)));
    }

    #[test]
    fn fat_that_reaches_the_surface_is_no_dot_and_the_unmeasured_is_unknown() {
        let (grid, labels, mut fat) = phantom();
        fat.indexed_iter_mut().filter(|((i, j, _), _)| *i < 20 && *j == 25).for_each(|(_, v)| *v = 60.0);
        fat.indexed_iter_mut().filter(|((i, _, _), _)| *i > 80).for_each(|(_, v)| *v = f32::NAN);
        let marrow = labels.mapv(|label| label > 0);
        let input =
            FatInput { grid: &grid, labels: labels.view(), fat_fraction_pct: fat.view(), marrow: marrow.view() };
        let found = lesion_fat(&input, &FatParams::default());
        assert!(!found[0].has_dot && found[0].dot_ml == 0.0);
        // nothing but the lesions is marrow here, so nothing is known of a halo
        assert_eq!((found[0].has_halo, found[2].lesion_pct, found[2].has_halo), (None, None, None));
    }
}
