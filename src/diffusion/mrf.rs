//! Spatial regularisation of a threshold: a Markov random field that prefers neighbours to agree.
//!
//! Inputs  signals of what can be selected (minus infinity elsewhere), the threshold, the strength beta >= 0
//! Output  the selection: the labelling that no change of a single voxel improves, from the plain threshold on
//! Method  energy of a voxel: `-ln(S / tau) / 0.1` for selecting it, `-beta` for each of its six neighbours that agrees; sweeps
//!         in voxel order (iterated conditional modes, Besag 1986) until nothing moves. A signal 10 % above the threshold
//!         weighs as much as one neighbour at beta = 0.5. Regularised segmentation of tDV: Blackledge 2014,
//!         doi:10.1371/journal.pone.0091779 (which estimates its field otherwise).
//! Limits  a local optimum; it removes specks and fills holes, and shortens thin lesions

use crate::image::filled;
use ndarray::{Array3, ArrayView3};

/// Relative signal that counts as one unit of evidence.
const EVIDENCE: f32 = 0.1;
/// Sweeps after which what still moves is left as it is.
const SWEEPS: usize = 50;

/// What the field selects.
pub(super) fn regularised(eligible: ArrayView3<'_, f32>, threshold: f32, beta: f32) -> Array3<bool> {
    let dims = [eligible.shape()[0], eligible.shape()[1], eligible.shape()[2]];
    let mut selected = filled(dims, false);
    let can_be: Vec<[usize; 3]> =
        eligible.t().indexed_iter().filter(|(_, s)| **s > 0.0).map(|((k, j, i), _)| [i, j, k]).collect();
    for &at in &can_be {
        selected[at] = eligible[at] > threshold;
    }
    for _ in 0..SWEEPS {
        let mut moved = false;
        for &at in &can_be {
            let mut balance = (eligible[at] / threshold).ln() / EVIDENCE;
            for axis in 0..3 {
                for step in [-1_isize, 1] {
                    let mut other = at;
                    let Some(place) = at[axis].checked_add_signed(step).filter(|&place| place < dims[axis]) else {
                        continue;
                    };
                    other[axis] = place;
                    if eligible[other] > 0.0 {
                        // agreeing against disagreeing: twice beta between the two labels
                        balance += if selected[other] { 2.0 * beta } else { -2.0 * beta };
                    }
                }
            }
            let next = balance > 0.0;
            moved |= next != selected[at];
            selected[at] = next;
        }
        if !moved {
            break;
        }
    }
    selected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specks_go_holes_close_and_nothing_leaves_what_can_be() {
        let mut signal = filled([12, 12, 12], 90.0_f32);
        for ((i, j, k), signal) in signal.indexed_iter_mut() {
            if [i, j, k].iter().all(|n| (3..8).contains(n)) {
                *signal = 130.0;
            }
            if i == 11 {
                *signal = f32::NEG_INFINITY;
            }
        }
        (signal[[5, 5, 5]], signal[[10, 10, 10]]) = (95.0, 115.0);
        let plain = regularised(signal.view(), 100.0, 0.0);
        assert!(!plain[[5, 5, 5]] && plain[[10, 10, 10]]);
        let field = regularised(signal.view(), 100.0, 0.5);
        assert!(field[[5, 5, 5]] && !field[[10, 10, 10]]);
        assert_eq!(field.iter().filter(|&&inside| inside).count(), 125);
    }
}
