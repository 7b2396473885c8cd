//! Voxels spread evenly over a series, to judge it by without reading all of it.

use crate::image::Signals;

/// Voxels looked at.
const SAMPLE: usize = 40_000;

/// Signals of the sampled voxels, one row a voxel, in the order of `volumes`.
pub(super) fn sample(series: &impl Signals, volumes: &[usize]) -> Vec<Vec<f32>> {
    let n = series.n_voxels();
    // an odd step that shares no factor with usual matrix sizes, so that no column is favoured
    let step = (n / SAMPLE).max(1) | 1;
    let mut value = [0.0];
    let mut signal_of = |voxel: usize, volume: usize| {
        series.read(volume, voxel, &mut value);
        value[0]
    };
    (0..n).step_by(step).map(|voxel| volumes.iter().map(|&volume| signal_of(voxel, volume)).collect()).collect()
}

/// A number above zero that is not infinite.
pub(super) fn is_positive(signal: f32) -> bool {
    signal > 0.0 && signal.is_finite()
}
