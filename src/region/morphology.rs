//! Erosion by a distance in millimetres, for voxels of any shape.
//!
//! A voxel stays where every voxel centre within the given distance is inside too, i.e. where its Euclidean distance
//! to the nearest outside centre is larger. Distances are exact: one pass an axis, the lower envelope of parabolas
//! (Felzenszwalb and Huttenlocher 2012, doi:10.4086/toc.2012.v008a019). What lies beyond the border of the image is
//! not "outside": a vertebra that the field of view cuts does not lose its cut face. Axes are taken as orthogonal.

use ndarray::iter::LanesMut;
use ndarray::{Array3, ArrayView3, Axis, Ix1, Zip};
use rayon::prelude::*;

/// The mask without what lies within `mm` of its surface. `mm` = 0 keeps all.
pub fn erode_mm(mask: ArrayView3<bool>, spacing_mm: [f64; 3], mm: f64) -> Array3<bool> {
    let reach = mm * mm * (1.0 + 1e-9);
    let mut kept = crate::image::filled(dims_of(mask.shape()), false);
    Zip::from(&mut kept)
        .and(&squared_distance_mm2(mask, spacing_mm))
        .and(mask)
        .for_each(|kept, &distance, &inside| *kept = inside && (mm <= 0.0 || distance > reach));
    kept
}

/// Squared distance (mm2) of every voxel centre to the nearest centre outside the mask; infinite where there is none.
pub fn squared_distance_mm2(mask: ArrayView3<bool>, spacing_mm: [f64; 3]) -> Array3<f64> {
    let mut distance = crate::image::filled(dims_of(mask.shape()), f64::INFINITY);
    Zip::from(&mut distance).and(mask).for_each(|distance, &inside| {
        if !inside {
            *distance = 0.0;
        }
    });
    // along i and j slice by slice, along k row by row, so that workers share nothing
    distance.axis_iter_mut(Axis(2)).into_par_iter().for_each(|mut slice| {
        lower(slice.lanes_mut(Axis(0)), spacing_mm[0]);
        lower(slice.lanes_mut(Axis(1)), spacing_mm[1]);
    });
    distance.axis_iter_mut(Axis(1)).into_par_iter().for_each(|mut slice| {
        lower(slice.lanes_mut(Axis(1)), spacing_mm[2]);
    });
    distance
}

/// Lower envelope along every lane of a slice.
fn lower(lanes: LanesMut<f64, Ix1>, spacing: f64) {
    let mut envelope = Envelope::default();
    for mut lane in lanes {
        // nothing inside: nothing to lower
        if lane.iter().all(|&height| height == 0.0) {
            continue;
        }
        envelope.clear();
        for (position, &height) in lane.iter().enumerate() {
            envelope.add(position as f64 * spacing, height);
        }
        for (position, value) in lane.iter_mut().enumerate() {
            *value = envelope.at(position as f64 * spacing);
        }
    }
}

fn dims_of(shape: &[usize]) -> [usize; 3] {
    [shape[0], shape[1], shape[2]]
}

/// Lower envelope of the parabolas `height + (x - place)^2`, added and asked for from left to right.
#[derive(Default)]
struct Envelope {
    /// Place and height of each parabola that is lowest somewhere, and where it starts to be.
    pieces: Vec<(f64, f64, f64)>,
    next: usize,
}

impl Envelope {
    fn clear(&mut self) {
        self.pieces.clear();
        self.next = 0;
    }

    fn add(&mut self, place: f64, height: f64) {
        if height.is_infinite() {
            return;
        }
        let mut start = f64::NEG_INFINITY;
        while let Some(&(other, other_height, other_start)) = self.pieces.last() {
            start = ((height + place * place) - (other_height + other * other)) / (2.0 * (place - other));
            if start > other_start {
                break;
            }
            self.pieces.pop();
            start = f64::NEG_INFINITY;
        }
        self.pieces.push((place, height, start));
    }

    fn at(&mut self, x: f64) -> f64 {
        while self.pieces.get(self.next + 1).is_some_and(|&(_, _, start)| start <= x) {
            self.next += 1;
        }
        match self.pieces.get(self.next) {
            Some(&(place, height, _)) => height + (x - place) * (x - place),
            None => f64::INFINITY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    /// Distances by comparing every pair of voxels.
    fn by_hand(mask: &Array3<bool>, spacing: [f64; 3]) -> Array3<f64> {
        Array3::from_shape_fn(mask.raw_dim(), |(i, j, k)| {
            let squared = |(a, b): (usize, usize), s: f64| ((a as f64 - b as f64) * s).powi(2);
            mask.indexed_iter()
                .filter(|(_, inside)| !**inside)
                .map(|((x, y, z), _)| {
                    squared((i, x), spacing[0]) + squared((j, y), spacing[1]) + squared((k, z), spacing[2])
                })
                .fold(f64::INFINITY, f64::min)
        })
    }

    #[test]
    fn distances_are_those_of_all_pairs() {
        let mut state = 1_u64;
        for round in 0..20 {
            let mask = Array3::from_shape_fn((7, 6, 5), |_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) % 8 > round % 8
            });
            let spacing = [0.7, 1.3, 4.0];
            let (fast, slow) = (squared_distance_mm2(mask.view(), spacing), by_hand(&mask, spacing));
            for (a, b) in fast.iter().zip(&slow) {
                assert!(a == b || (a - b).abs() < 1e-9, "{a} {b}");
            }
        }
    }

    #[test]
    fn a_box_loses_its_surface_but_not_at_the_border_of_the_image() {
        let inside = |(i, _, k): (usize, usize, usize)| (2..8).contains(&i) && k >= 1;
        let mask = Array3::from_shape_fn((10, 6, 4), inside);
        // 1 mm voxels in plane, 4 mm slices: 1 mm takes one voxel in plane and, in this reading, no slice
        let thin = erode_mm(mask.view(), [1.0, 1.0, 4.0], 1.0);
        assert_eq!(thin.iter().filter(|&&v| v).count(), 4 * 6 * 3);
        let thick = erode_mm(mask.view(), [1.0, 1.0, 4.0], 4.0);
        assert_eq!(thick.iter().filter(|&&v| v).count(), 0);
        assert_eq!(erode_mm(mask.view(), [1.0, 1.0, 4.0], 0.0), mask);
        assert_eq!(
            erode_mm(Array3::from_elem((3, 3, 3), true).view(), [1.0; 3], 9.0).iter().filter(|&&v| v).count(),
            27
        );
    }
}
