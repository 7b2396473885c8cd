//! Agreement of two masks on one grid: Dice, Jaccard, and how far apart their surfaces lie.
//!
//! The surface of a mask are its voxels with a neighbour across a face that is outside, the border of the image counted
//! as outside. Distances run between voxel centres in millimetres, axes taken as orthogonal: from each surface voxel of
//! one mask to the nearest of the other. Hausdorff: the largest of both directions; its 95 % form: the larger of the two
//! 95th percentiles (type 7), which one stray voxel does not decide (Huttenlocher 1993, doi:10.1109/34.232073; Dice 1945,
//! doi:10.2307/1932409). Distances by lower envelopes, exact (Felzenszwalb and Huttenlocher 2012,
//! doi:10.4086/toc.2012.v008a019).

use super::RegionError;
use crate::image::{Mask, filled};
use ndarray::{Array3, ArrayView3, Axis};
use rayon::prelude::*;

/// How two masks agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// 2 |A and B| / (|A| + |B|), 0 to 1.
    pub dice: f64,
    /// |A and B| / |A or B|, 0 to 1.
    pub jaccard: f64,
    /// Volume of the first and of the second mask, mL.
    pub volumes_ml: [f64; 2],
    /// Hausdorff distance of the surfaces, mm.
    pub hausdorff_mm: f64,
    /// Its 95 % form, mm.
    pub hausdorff_95_mm: f64,
    /// Mean distance of all surface voxels of both to the other surface, mm.
    pub mean_surface_mm: f64,
}

/// Overlap of two masks, whose grids are the caller's to check.
///
/// # Errors
/// [`RegionError::EmptyMask`] where one has no voxel: nothing is then near or far.
pub fn overlap(a: &Mask, b: &Mask) -> Result<Overlap, RegionError> {
    for mask in [a, b] {
        if !mask.data.iter().any(|&inside| inside) {
            return Err(RegionError::EmptyMask { path: mask.source.clone() });
        }
    }
    let counts = a.data.iter().zip(&b.data).fold([0usize; 3], |[n, m, both], (&a, &b)| {
        [n + usize::from(a), m + usize::from(b), both + usize::from(a && b)]
    });
    let [n, m, both] = counts.map(|count| count as f64);
    let spacing = a.grid.spacing_mm();
    let surfaces = [surface(a.data.view()), surface(b.data.view())];
    let mut apart = [from_to(&surfaces[0], &surfaces[1], spacing), from_to(&surfaces[1], &surfaces[0], spacing)];
    let mean = apart.iter().flatten().sum::<f64>() / apart.iter().map(Vec::len).sum::<usize>() as f64;
    let mut of_direction = apart.iter_mut().map(|distances| {
        distances.sort_unstable_by(f64::total_cmp);
        [distances[distances.len() - 1], percentile_95(distances)]
    });
    let [there, back] = [of_direction.next().unwrap_or_default(), of_direction.next().unwrap_or_default()];
    Ok(Overlap {
        dice: 2.0 * both / (n + m),
        jaccard: both / (n + m - both),
        volumes_ml: [n, m].map(|count| count * a.grid.voxel_volume_ml()),
        hausdorff_mm: there[0].max(back[0]),
        hausdorff_95_mm: there[1].max(back[1]),
        mean_surface_mm: mean,
    })
}

fn percentile_95(sorted: &[f64]) -> f64 {
    let place = 0.95 * (sorted.len() - 1) as f64;
    let (low, share) = (place.floor() as usize, place.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + share * (sorted[high] - sorted[low])
}

/// Voxels of a mask with a neighbour across a face that is not in it.
fn surface(mask: ArrayView3<bool>) -> Array3<bool> {
    let shape = [mask.shape()[0], mask.shape()[1], mask.shape()[2]];
    let mut surface = filled(shape, false);
    for ((i, j, k), at) in surface.indexed_iter_mut() {
        let here = [i, j, k];
        let open = |axis: usize, step: isize| {
            let mut there = here;
            match there[axis].checked_add_signed(step).filter(|place| *place < shape[axis]) {
                None => true,
                Some(place) => {
                    there[axis] = place;
                    !mask[there]
                }
            }
        };
        *at = mask[here] && (0..3).any(|axis| open(axis, -1) || open(axis, 1));
    }
    surface
}

/// Distance (mm) of each voxel of `from` to the nearest voxel of `to`.
fn from_to(from: &Array3<bool>, to: &Array3<bool>, spacing_mm: [f64; 3]) -> Vec<f64> {
    let mut squared = to.map(|&inside| if inside { 0.0 } else { f64::INFINITY });
    for (axis, spacing) in spacing_mm.into_iter().enumerate() {
        let mut lanes: Vec<_> = squared.lanes_mut(Axis(axis)).into_iter().collect();
        lanes.par_iter_mut().for_each(|lane| {
            let before: Vec<f64> = lane.iter().copied().collect();
            for (value, lowest) in lane.iter_mut().zip(lower_envelope(&before, spacing)) {
                *value = lowest;
            }
        });
    }
    from.iter().zip(&squared).filter(|(inside, _)| **inside).map(|(_, d)| d.sqrt()).collect()
}

/// At each place the least of all `values[q] + (spacing (place - q))^2`.
fn lower_envelope(values: &[f64], spacing: f64) -> Vec<f64> {
    let squared = spacing * spacing;
    // the parabolas of the envelope, each with the place from which on it is the lowest
    let mut hull: Vec<(usize, f64)> = Vec::new();
    for (q, &value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        let mut from = f64::NEG_INFINITY;
        while let Some(&(p, begin)) = hull.last() {
            let (p_at, q_at) = (p as f64, q as f64);
            let meet = ((value - values[p]) / squared + q_at * q_at - p_at * p_at) / (2.0 * (q_at - p_at));
            if meet > begin {
                from = meet;
                break;
            }
            hull.pop();
        }
        hull.push((q, from));
    }
    let mut lowest = vec![f64::INFINITY; values.len()];
    let mut current = 0;
    for (place, value) in lowest.iter_mut().enumerate().filter(|_| !hull.is_empty()) {
        while hull.get(current + 1).is_some_and(|(_, begin)| *begin < place as f64) {
            current += 1;
        }
        let q = hull[current].0;
        *value = values[q] + squared * (place as f64 - q as f64).powi(2);
    }
    lowest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Grid;

    const DIMS: [usize; 3] = [12, 10, 8];
    const SPACING: [f64; 3] = [1.0, 1.5, 4.0];

    fn mask(inside: impl Fn(usize, usize, usize) -> bool) -> Mask {
        let mut data = filled(DIMS, false);
        data.indexed_iter_mut().for_each(|((i, j, k), at)| *at = inside(i, j, k));
        Mask { grid: Grid::axis_aligned(DIMS, SPACING, [0.0; 3]), data, source: "mask".into() }
    }

    fn cube(from: usize) -> Mask {
        mask(|i, j, k| (from..from + 4).contains(&i) && (2..6).contains(&j) && (2..5).contains(&k))
    }

    #[test]
    fn a_moved_box_is_as_far_as_it_was_moved() {
        let found = overlap(&cube(2), &cube(5)).unwrap();
        // one of four layers is shared
        assert!((found.dice - 0.25).abs() < 1e-15 && (found.jaccard - 1.0 / 7.0).abs() < 1e-15);
        assert!((found.hausdorff_mm - 3.0).abs() < 1e-12, "{found:?}");
        let volume = 48.0 * 6.0 / 1000.0;
        assert!(found.volumes_ml.iter().all(|v| (v - volume).abs() < 1e-12));
        let same = overlap(&cube(2), &cube(2)).unwrap();
        assert_eq!((same.dice, same.hausdorff_mm, same.hausdorff_95_mm, same.mean_surface_mm), (1.0, 0.0, 0.0, 0.0));
    }

    #[test]
    fn distances_are_those_of_all_pairs_of_surface_voxels() {
        let a = mask(|i, j, k| (i * 7 + j * 5 + k * 3) % 11 < 3 && i < 9);
        let b = mask(|i, j, k| (i * 3 + j * 8 + k * 5) % 13 < 2 && k > 1);
        let found = overlap(&a, &b).unwrap();
        let places = |mask: &Mask| -> Vec<[f64; 3]> {
            let of = |((i, j, k), _): ((usize, usize, usize), &bool)| {
                [i as f64 * SPACING[0], j as f64 * SPACING[1], k as f64 * SPACING[2]]
            };
            surface(mask.data.view()).indexed_iter().filter(|(_, inside)| **inside).map(of).collect()
        };
        let (a, b) = (places(&a), places(&b));
        let nearest = |from: &[[f64; 3]], to: &[[f64; 3]]| -> Vec<f64> {
            let far = |p: &[f64; 3], q: &[f64; 3]| (0..3).map(|x| (p[x] - q[x]).powi(2)).sum::<f64>().sqrt();
            from.iter().map(|p| to.iter().map(|q| far(p, q)).fold(f64::INFINITY, f64::min)).collect()
        };
        let all = [nearest(&a, &b), nearest(&b, &a)];
        let largest = all.iter().flatten().copied().fold(0.0, f64::max);
        let mean = all.iter().flatten().sum::<f64>() / all.iter().map(Vec::len).sum::<usize>() as f64;
        assert!((found.hausdorff_mm - largest).abs() < 1e-12 && (found.mean_surface_mm - mean).abs() < 1e-12);
        assert!(found.hausdorff_95_mm <= found.hausdorff_mm);
    }

    #[test]
    fn one_stray_voxel_moves_the_largest_distance_and_hardly_the_95_percent_one() {
        let stray = mask(|i, j, k| {
            ((2..6).contains(&i) && (2..6).contains(&j) && (2..5).contains(&k)) || (i, j, k) == (11, 4, 3)
        });
        let found = overlap(&cube(2), &stray).unwrap();
        assert_eq!((found.hausdorff_mm, found.hausdorff_95_mm), (6.0, 0.0));
    }

    #[test]
    fn an_empty_mask_is_neither_near_nor_far() {
        assert!(matches!(overlap(&cube(2), &mask(|_, _, _| false)), Err(RegionError::EmptyMask { .. })));
    }
}
