//! Voxels spread evenly over a series, to judge it by without looking at all of it, and the largest value of each volume.

use crate::image::Signals;
use rayon::prelude::*;

/// Voxels looked at.
const SAMPLE: usize = 40_000;
/// Voxels that a thread takes at once.
const STRETCH: usize = 1 << 14;

/// Every how many voxels one is looked at: an odd step, which shares no factor with usual matrix sizes, so that no column
/// is favoured.
fn step(n_voxels: usize) -> usize {
    (n_voxels / SAMPLE).max(1) | 1
}

/// Signals of the sampled voxels, one row a voxel, in the order of `volumes`.
pub(super) fn sample(series: &impl Signals, volumes: &[usize]) -> Vec<Vec<f32>> {
    let n = series.n_voxels();
    let mut value = [0.0];
    let mut signal_of = |voxel: usize, volume: usize| {
        series.read(volume, voxel, &mut value);
        value[0]
    };
    (0..n).step_by(step(n)).map(|voxel| volumes.iter().map(|&volume| signal_of(voxel, volume)).collect()).collect()
}

/// What one pass over some volumes of a series shows.
#[derive(Debug, Clone)]
pub(super) struct Survey {
    /// By volume of the series: largest finite value and the signals of the sampled voxels; empty where not looked at.
    seen: Vec<(f32, Vec<f32>)>,
}

impl Survey {
    /// Looks at these volumes, one after the other, as they lie in a file.
    pub fn of(series: &impl Signals, volumes: &[usize]) -> Survey {
        let n = series.n_voxels();
        let mut seen = vec![(0.0, Vec::new()); series.n_volumes()];
        for &volume in volumes {
            let part = |part: usize| {
                let (start, step) = (part * STRETCH, step(n));
                series.survey(volume, start, STRETCH.min(n - start), [start.next_multiple_of(step) - start, step])
            };
            let parts: Vec<(f32, Vec<f32>)> = (0..n.div_ceil(STRETCH)).into_par_iter().map(part).collect();
            let highest = parts.iter().fold(0.0, |most: f32, (highest, _)| most.max(*highest));
            seen[volume] = (highest, parts.into_iter().flat_map(|(_, sampled)| sampled).collect());
        }
        Survey { seen }
    }

    /// Largest finite value of a volume.
    pub fn highest(&self, volume: usize) -> f32 {
        self.seen[volume].0
    }

    /// As [`sample`].
    pub fn rows(&self, volumes: &[usize]) -> Vec<Vec<f32>> {
        let n = volumes.first().map_or(0, |&volume| self.seen[volume].1.len());
        (0..n).map(|row| volumes.iter().map(|&volume| self.seen[volume].1[row]).collect()).collect()
    }
}

/// A number above zero that is not infinite.
pub(super) fn is_positive(signal: f32) -> bool {
    signal > 0.0 && signal.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, ShapeBuilder};

    #[test]
    fn one_pass_sees_what_single_looks_see() {
        for dims in [(50, 40, 30), (300, 300, 3), (7, 3, 1)] {
            let series = Array4::from_shape_fn((dims.0, dims.1, dims.2, 3).f(), |(i, j, k, v)| {
                let value = (i * 7 + j * 13 + k * 31 + v * 1000) % 977;
                if value == 976 { f32::INFINITY } else { value as f32 }
            });
            let view = series.view();
            let survey = Survey::of(&view, &[0, 2]);
            assert_eq!(survey.rows(&[2, 0]), sample(&view, &[2, 0]));
            let largest = |v| {
                series
                    .index_axis(ndarray::Axis(3), v)
                    .iter()
                    .copied()
                    .filter(|x: &f32| x.is_finite())
                    .fold(0.0, f32::max)
            };
            assert_eq!([0, 2].map(|v| survey.highest(v)), [0, 2].map(largest));
        }
    }
}
