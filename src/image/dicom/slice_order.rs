//! Which volume of another program's conversion is which, told by the pixels of one slice.
//!
//! That program may order the volumes of a series as it likes, and writes no b-values where it misses an attribute. One slice
//! of each volume, decoded here, says which is which; that is far less than converting the series again.

use super::convert::{Scaling, decode};
use super::header::Header;
use super::stack::Stack;
use ndarray::{ArrayView4, s};
use rayon::prelude::*;

/// Share of the brightest pixel by which two programs may differ where values are scaled.
const SAME_VALUE: f32 = 1e-5;

/// For each volume of `data` the volume of the stack whose pixels it holds; `None` where a slice cannot be decoded, or where
/// pixels do not tell every volume from all others.
pub(super) fn told_by_pixels(
    data: ArrayView4<'_, f32>,
    stack: &Stack,
    headers: &[Header],
    scaling: Scaling,
) -> Option<Vec<usize>> {
    let [nx, ny, nz] = stack.grid.dims;
    let middle = nz / 2;
    let own = |volume: &Vec<_>| -> Option<Vec<f32>> {
        let at: super::FrameRef = volume[middle];
        let mut slice = vec![0.0; nx * ny];
        decode(&headers[at.header], vec![(at.frame, &mut slice)], nx, scaling).ok()?;
        Some(slice)
    };
    let known: Vec<Vec<f32>> = stack.volumes.par_iter().map(own).collect::<Option<_>>()?;
    let mut left: Vec<usize> = (0..known.len()).collect();
    let mut order = Vec::with_capacity(known.len());
    for volume in 0..data.shape()[3] {
        // the array is in Fortran order: its transpose counts as the slice does
        let found = data.slice(s![.., .., middle, volume]);
        let found: Vec<f32> = found.t().iter().copied().collect();
        let brightest = found.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let is_same = |&n: &usize| known[n].iter().zip(&found).all(|(a, b)| (a - b).abs() <= SAME_VALUE * brightest);
        let mut alike = (0..known.len()).filter(is_same);
        let (Some(n), None) = (alike.next(), alike.next()) else { return None };
        let place = left.iter().position(|one| *one == n)?;
        order.push(left.remove(place));
    }
    left.is_empty().then_some(order)
}
