//! Erosion by a distance in millimetres, for voxels of any shape.
//!
//! A voxel stays where its centre lies farther than the given distance from the surface of the region, which runs along
//! the faces of the voxels outside. Measured to the surface, not to the neighbouring centre, 3 mm also take the outer
//! layer of 5 mm slices, whose centres lie 2.5 mm below it and which hold the partial volume. Distances are exact:
//! squared distances to boxes add up over the axes, so one pass an axis is enough (as in Felzenszwalb and Huttenlocher
//! 2012, doi:10.4086/toc.2012.v008a019), and only as far as the erosion reaches. What lies beyond the border of the
//! image is not "outside": a vertebra that the field of view cuts does not lose its cut face. Axes are taken as
//! orthogonal.

use ndarray::iter::LanesMut;
use ndarray::{Array3, ArrayView3, Axis, Ix1, Zip};
use rayon::prelude::*;

/// The mask without what lies within `mm` of its surface. `mm` = 0 keeps all.
pub fn erode_mm(mask: ArrayView3<bool>, spacing_mm: [f64; 3], mm: f64) -> Array3<bool> {
    let mut kept = crate::image::filled([mask.shape()[0], mask.shape()[1], mask.shape()[2]], false);
    if mm <= 0.0 {
        kept.assign(&mask);
        return kept;
    }
    let reach = mm * mm * (1.0 + 1e-9);
    Zip::from(&mut kept)
        .and(&squared_distance_mm2(mask, spacing_mm, mm))
        .for_each(|kept, &distance| *kept = distance > reach);
    kept
}

/// Squared distance (mm2) of every voxel centre inside to the nearest voxel outside, 0 outside; right up to `mm`,
/// infinite where nothing outside is as near as that.
fn squared_distance_mm2(mask: ArrayView3<bool>, spacing_mm: [f64; 3], mm: f64) -> Array3<f64> {
    let mut distance = crate::image::filled([mask.shape()[0], mask.shape()[1], mask.shape()[2]], 0.0);
    Zip::from(&mut distance).and(mask).for_each(|distance, &inside| {
        if inside {
            *distance = f64::INFINITY;
        }
    });
    let [i, j, k] = spacing_mm.map(|spacing| steps(spacing, mm));
    // along i and j slice by slice, along k row by row, so that workers share nothing
    distance.axis_iter_mut(Axis(2)).into_par_iter().for_each(|mut slice| {
        lower(slice.lanes_mut(Axis(0)), &i);
        lower(slice.lanes_mut(Axis(1)), &j);
    });
    distance.axis_iter_mut(Axis(1)).into_par_iter().for_each(|mut slice| lower(slice.lanes_mut(Axis(1)), &k));
    distance
}

/// Squared distance of a centre to the faces of the voxels 1, 2 ... steps away, as far as `mm`.
fn steps(spacing: f64, mm: f64) -> Vec<f64> {
    let to_face = |step: usize| (step as f64 - 0.5) * spacing;
    (1..).map(to_face).take_while(|distance| *distance <= mm).map(|distance| distance * distance).collect()
}

/// Along every lane the least of a voxel's own value and those of its neighbours plus the step to them.
fn lower(lanes: LanesMut<f64, Ix1>, steps: &[f64]) {
    let mut before = Vec::new();
    for mut lane in lanes {
        // nothing inside: nothing to lower
        if steps.is_empty() || lane.iter().all(|&value| value == 0.0) {
            continue;
        }
        before.clear();
        before.extend(lane.iter().copied());
        for (place, value) in lane.iter_mut().enumerate() {
            for (n, step) in steps.iter().enumerate() {
                let reach = n + 1;
                for neighbour in [place.checked_sub(reach), Some(place + reach)].into_iter().flatten() {
                    if let Some(&other) = before.get(neighbour) {
                        *value = value.min(other + step);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    /// Erosion by comparing every pair of voxels.
    fn by_hand(mask: &Array3<bool>, spacing: [f64; 3], mm: f64) -> Array3<bool> {
        Array3::from_shape_fn(mask.raw_dim(), |(i, j, k)| {
            let gap = |a: usize, b: usize, s: f64| ((a.abs_diff(b) as f64 - 0.5).max(0.0) * s).powi(2);
            let nearest = mask
                .indexed_iter()
                .filter(|(_, inside)| !**inside)
                .map(|((x, y, z), _)| gap(i, x, spacing[0]) + gap(j, y, spacing[1]) + gap(k, z, spacing[2]))
                .fold(f64::INFINITY, f64::min);
            mask[[i, j, k]] && nearest > mm * mm * (1.0 + 1e-9)
        })
    }

    #[test]
    fn what_is_kept_is_what_all_pairs_say() {
        let mut state = 1_u64;
        for round in 0..20 {
            let mask = Array3::from_shape_fn((9, 8, 6), |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) % 16 > round % 4
            });
            let spacing = [0.7, 1.3, 4.0];
            for mm in [0.3, 0.65, 1.5, 2.1, 6.0] {
                assert_eq!(erode_mm(mask.view(), spacing, mm), by_hand(&mask, spacing, mm), "{mm} mm");
            }
        }
    }

    #[test]
    fn a_box_loses_its_surface_but_not_at_the_border_of_the_image() {
        let inside = |(i, _, k): (usize, usize, usize)| (2..8).contains(&i) && k >= 1;
        let mask = Array3::from_shape_fn((10, 6, 4), inside);
        let left = |spacing: [f64; 3], mm: f64| erode_mm(mask.view(), spacing, mm).iter().filter(|&&v| v).count();
        // 1 mm voxels: centres lie 0.5 mm below the surface; 4 mm slices: 2 mm
        assert_eq!(left([1.0, 1.0, 4.0], 1.0), 4 * 6 * 3);
        assert_eq!(left([1.0, 1.0, 4.0], 2.1), 2 * 6 * 2);
        assert_eq!(left([1.0, 1.0, 5.0], 2.4), 2 * 6 * 3);
        assert_eq!(left([1.0, 1.0, 4.0], 4.0), 0);
        assert_eq!(left([1.0, 1.0, 4.0], 0.0), 6 * 6 * 3);
        let all = Array3::from_elem((3, 3, 3), true);
        assert_eq!(erode_mm(all.view(), [1.0; 3], 9.0).iter().filter(|&&v| v).count(), 27);
    }
}
