//! What of the images lies in bone that counts: cut to the bone's box, without what is excluded.

use super::TdvInput;
use crate::image::filled;
use ndarray::{Array3, ArrayView3, Axis, Slice, Zip};

/// First and last index along each axis where the mask holds a voxel.
pub(super) fn bounding_box(mask: ArrayView3<'_, bool>) -> Option<[[usize; 2]; 3]> {
    let mut bounds = [[usize::MAX, 0]; 3];
    // row by row, as they lie in memory
    for (k, slice) in mask.axis_iter(Axis(2)).enumerate() {
        for (j, row) in slice.axis_iter(Axis(1)).enumerate() {
            let Some(first) = row.iter().position(|&inside| inside) else { continue };
            let last = row.iter().rposition(|&inside| inside).unwrap_or(first);
            for (bound, [low, high]) in bounds.iter_mut().zip([[first, last], [j, j], [k, k]]) {
                *bound = [bound[0].min(low), bound[1].max(high)];
            }
        }
    }
    (bounds[0][0] != usize::MAX).then_some(bounds)
}

pub(super) fn crop<'a, T>(mut view: ArrayView3<'a, T>, bounds: [[usize; 2]; 3]) -> ArrayView3<'a, T> {
    for (axis, [first, last]) in bounds.into_iter().enumerate() {
        view.slice_axis_inplace(Axis(axis), Slice::from(first..=last));
    }
    view
}

/// Signal of bone that is not excluded inside the box, NaN elsewhere.
pub(super) fn marrow(input: &TdvInput<'_>, bounds: [[usize; 2]; 3]) -> Array3<f32> {
    let excluded = excluded(input, bounds);
    let mut marrow = filled(bounds.map(|[first, last]| last - first + 1), f32::NAN);
    Zip::from(&mut marrow).and(crop(input.bone, bounds)).and(&excluded).and(crop(input.signal, bounds)).par_for_each(
        |marrow, &bone, &excluded, &signal| {
            if bone && !excluded {
                *marrow = signal;
            }
        },
    );
    marrow
}

/// Positive signals of bone that is not excluded, ascending.
pub(super) fn marrow_signals(marrow: &Array3<f32>) -> Vec<f32> {
    // in the order of memory; the order of equal values does not matter
    let mut signals: Vec<f32> = marrow.t().iter().copied().filter(|&v| v > 0.0 && v.is_finite()).collect();
    signals.sort_unstable_by(f32::total_cmp);
    signals
}

/// The union of the exclusion masks inside the bone's bounding box.
pub(super) fn excluded(input: &TdvInput<'_>, bounds: [[usize; 2]; 3]) -> Array3<bool> {
    let mut excluded = filled(bounds.map(|[first, last]| last - first + 1), false);
    for mask in input.exclude {
        Zip::from(&mut excluded).and(crop(*mask, bounds)).par_for_each(|excluded, &here| *excluded |= here);
    }
    excluded
}
