//! The numerical part: how well two images agree at a pose, and the pose at which they agree best.

use super::pyramid::Level;
use crate::image::Affine;
use nalgebra::{Matrix3, Rotation3, SMatrix, SVector, Vector3};
use ndarray::Array3;
use rayon::prelude::*;

/// Most steps of one refinement.
const MOST_STEPS: usize = 40;
/// A refinement ends where a step moves the samples by less than this share of a voxel.
const SMALL_STEP: f64 = 0.002;
/// Turning by this much in a step is as far as the linear prediction is trusted, radians.
const LARGEST_TURN: f64 = 0.1;
/// Tukey's biweight loses all weight at this many standard deviations.
const TUKEY: f64 = 4.685;
/// Samples that are enough to compare shifts.
const SEARCH_SAMPLES: usize = 4000;

/// Rigid motion about a centre: `to = rotation (from - centre) + centre + shift`.
#[derive(Debug, Clone, Copy)]
pub struct Pose {
    rotation: Matrix3<f64>,
    centre: Vector3<f64>,
    shift: Vector3<f64>,
}

impl Pose {
    /// The rigid part of an affine that is rigid, about another centre.
    pub fn from_affine(affine: &Affine, centre: Vector3<f64>) -> Pose {
        let there: Vector3<f64> = affine.apply(centre.into()).into();
        Pose { rotation: affine.linear(), centre, shift: there - centre }
    }

    /// The same motion as a matrix.
    pub fn affine(&self) -> Affine {
        Affine::of(&self.rotation, &(self.centre + self.shift - self.rotation * self.centre))
    }

    /// Angle of the rotation, radians.
    pub fn angle(&self) -> f64 {
        Rotation3::from_matrix_unchecked(self.rotation).angle()
    }

    fn at(&self, from: &Vector3<f64>) -> Vector3<f64> {
        self.rotation * (from - self.centre) + self.centre + self.shift
    }

    fn shifted(&self, by: &Vector3<f64>) -> Pose {
        Pose { shift: self.shift + by, ..*self }
    }

    fn moved(&self, turn: Vector3<f64>, by: &Vector3<f64>) -> Pose {
        Pose { rotation: Rotation3::new(turn).into_inner() * self.rotation, shift: self.shift + by, ..*self }
    }
}

/// Places of the baseline that are compared, and their values.
#[derive(Debug)]
pub struct Samples {
    places: Vec<Vector3<f64>>,
    values: Vec<f64>,
}

impl Samples {
    /// Voxels of a level of which at least half lies in the region; every n-th where there are more than `most`.
    pub fn of(fixed: &Level, shares: &Array3<f32>, most: usize) -> Samples {
        let inside: Vec<([usize; 3], f32)> = fixed
            .data
            .t()
            .indexed_iter()
            .map(|((k, j, i), &value)| ([i, j, k], value))
            .filter(|&(at, value)| shares[at] >= 0.5 && value.is_finite())
            .collect();
        let every = inside.len().div_ceil(most).max(1);
        let kept = inside.iter().step_by(every);
        let places = kept.clone().map(|(at, _)| fixed.grid.world_mm(at.map(|v| v as f64)).into()).collect();
        Samples { places, values: kept.map(|(_, value)| f64::from(*value)).collect() }
    }

    /// Number of places.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Mean place; none of nothing.
    pub fn centre(&self) -> Option<Vector3<f64>> {
        let n = self.places.len();
        (n > 0).then(|| self.places.iter().sum::<Vector3<f64>>() / n as f64)
    }

    /// Root of the mean squared distance of the places from a centre, mm: what turns an angle into a distance.
    fn radius(&self, centre: &Vector3<f64>) -> f64 {
        let sum: f64 = self.places.iter().map(|place| (place - centre).norm_squared()).sum();
        (sum / self.places.len().max(1) as f64).sqrt().max(1.0)
    }
}

/// How well two images agree.
#[derive(Debug, Clone, Copy)]
pub struct Agreement {
    /// Pearson's.
    pub correlation: f64,
    /// Share of the samples inside the follow-up.
    pub inside_share: f64,
}

/// Agreement at a pose; none where fewer than ten samples lie inside, or one image is flat.
pub fn agreement(samples: &Samples, moving: &Level, pose: &Pose) -> Option<Agreement> {
    agreement_of(samples, moving, pose, 1)
}

fn agreement_of(samples: &Samples, moving: &Level, pose: &Pose, every: usize) -> Option<Agreement> {
    let (mut n, mut of) = (0.0_f64, 0_usize);
    let (mut sum, mut square, mut cross) = ([0.0; 2], [0.0; 2], 0.0);
    for (place, &fixed) in samples.places.iter().zip(&samples.values).step_by(every) {
        of += 1;
        let Some((value, _)) = look_up(moving, &pose.at(place)) else { continue };
        n += 1.0;
        for (which, value) in [fixed, value].into_iter().enumerate() {
            sum[which] += value;
            square[which] += value * value;
        }
        cross += fixed * value;
    }
    let variance = [0, 1].map(|which| square[which] / n - (sum[which] / n).powi(2));
    let covariance = cross / n - sum[0] / n * (sum[1] / n);
    if n < 10.0 || variance.iter().any(|v| v.is_nan() || *v <= 0.0) {
        return None;
    }
    let correlation = covariance / (variance[0] * variance[1]).sqrt();
    Some(Agreement { correlation, inside_share: n / of.max(1) as f64 })
}

/// The `n` best of many shifts that lie at least `apart` mm from each other; the best first.
pub fn best_shifts(
    samples: &Samples,
    moving: &Level,
    start: &Pose,
    shifts: &[Vector3<f64>],
    n: usize,
    apart: f64,
) -> Vec<Pose> {
    let every = samples.len().div_ceil(SEARCH_SAMPLES).max(1);
    let score = |shift: &Vector3<f64>| {
        let agreement = agreement_of(samples, moving, &start.shifted(shift), every);
        agreement.filter(|found| found.inside_share >= super::LEAST_INSIDE).map(|found| found.correlation)
    };
    let scores: Vec<Option<f64>> = shifts.par_iter().map(score).collect();
    let mut order: Vec<(usize, f64)> = scores.into_iter().enumerate().filter_map(|(at, s)| Some((at, s?))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut best: Vec<Vector3<f64>> = Vec::new();
    for (at, _) in order {
        if best.len() < n && best.iter().all(|other| (shifts[at] - other).norm() >= apart) {
            best.push(shifts[at]);
        }
    }
    best.iter().map(|shift| start.shifted(shift)).collect()
}

/// Rotation, shift, gain and offset refined together until nothing moves any more. Where that ends at a worse correlation
/// than it began with, the beginning is kept.
pub fn refined(samples: &Samples, moving: &Level, start: &Pose) -> Pose {
    let voxel = moving.grid.spacing_mm().into_iter().fold(0.0, f64::max);
    let radius = samples.radius(&start.centre);
    let mut pose = *start;
    for _ in 0..MOST_STEPS {
        let Some(step) = step(samples, moving, &pose, radius) else { break };
        let mut turn: Vector3<f64> = step.fixed_rows::<3>(0) / radius;
        let mut by: Vector3<f64> = step.fixed_rows::<3>(3).into();
        let too_far = (turn.norm() / LARGEST_TURN).max(by.norm() / (2.0 * voxel)).max(1.0);
        turn /= too_far;
        by /= too_far;
        pose = pose.moved(turn, &by);
        if turn.norm() * radius + by.norm() < SMALL_STEP * voxel {
            break;
        }
    }
    let correlation =
        |pose: &Pose| agreement(samples, moving, pose).map_or(f64::NEG_INFINITY, |found| found.correlation);
    if correlation(&pose) >= correlation(start) - 0.01 { pose } else { *start }
}

/// What the follow-up shows at a sample: number of the sample, value, gradient per mm.
type Seen = (usize, f64, Vector3<f64>);

/// The samples inside the follow-up, in their order, so that no sum depends on the number of threads.
fn seen(samples: &Samples, moving: &Level, pose: &Pose) -> Vec<Seen> {
    let found: Vec<_> = samples.places.par_iter().map(|place| look_up(moving, &pose.at(place))).collect();
    let found = found.into_iter().enumerate();
    found.filter_map(|(n, found)| found.map(|(value, gradient)| (n, value, gradient))).collect()
}

/// `baseline = gain x follow-up + offset`, fitted robustly.
struct Prediction {
    gain: f64,
    offset: f64,
    /// Of each sample seen.
    weights: Vec<f64>,
    /// Standard deviation of the follow-up over that of the baseline, by the same weights.
    signal_ratio: f64,
}

fn prediction(samples: &Samples, seen: &[Seen]) -> Option<Prediction> {
    if seen.len() < 10 {
        return None;
    }
    let mut weights = vec![1.0; seen.len()];
    let (mut gain, mut offset, mut signal_ratio) = (1.0, 0.0, 1.0);
    for _ in 0..4 {
        let (mut n, mut x, mut y, mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (&(at, value, _), &weight) in seen.iter().zip(&weights) {
            let fixed = samples.values[at];
            n += weight;
            x += weight * value;
            y += weight * fixed;
            xx += weight * value * value;
            xy += weight * value * fixed;
            yy += weight * fixed * fixed;
        }
        let (spread, own) = (n * xx - x * x, n * yy - y * y);
        if !(spread > 0.0 && own > 0.0) {
            return None;
        }
        gain = (n * xy - x * y) / spread;
        offset = (y - gain * x) / n;
        signal_ratio = (spread / own).sqrt();
        let residuals: Vec<f64> =
            seen.iter().map(|&(at, value, _)| samples.values[at] - gain * value - offset).collect();
        let mut sizes: Vec<f64> = residuals.iter().map(|r| r.abs()).collect();
        let middle = sizes.len() / 2;
        let scale = 1.4826 * *sizes.select_nth_unstable_by(middle, f64::total_cmp).1;
        // images without noise agree exactly: nothing is an outlier then
        if scale > 0.0 {
            for (weight, residual) in weights.iter_mut().zip(&residuals) {
                let share = (residual / (TUKEY * scale)).powi(2);
                *weight = if share < 1.0 { (1.0 - share).powi(2) } else { 0.0 };
            }
        }
    }
    Some(Prediction { gain, offset, weights, signal_ratio })
}

/// Signal of the follow-up over that of the baseline, by the places that agree.
pub fn signal_ratio(samples: &Samples, moving: &Level, pose: &Pose) -> Option<f64> {
    Some(prediction(samples, &seen(samples, moving, pose))?.signal_ratio)
}

/// One Gauss-Newton step: turn times radius (mm), shift (mm), gain, offset. None where the equations have no solution.
fn step(samples: &Samples, moving: &Level, pose: &Pose, radius: f64) -> Option<SVector<f64, 8>> {
    let seen = seen(samples, moving, pose);
    let Prediction { gain, offset, weights, .. } = prediction(samples, &seen)?;
    let pivot = pose.centre + pose.shift;
    let mut normal = SMatrix::<f64, 8, 8>::zeros();
    let mut right = SVector::<f64, 8>::zeros();
    for (&(at, value, gradient), &weight) in seen.iter().zip(&weights) {
        if weight == 0.0 {
            continue;
        }
        let arm = pose.at(&samples.places[at]) - pivot;
        let turn = arm.cross(&gradient) * (gain / radius);
        let shift = gradient * gain;
        let row = SVector::<f64, 8>::from([turn.x, turn.y, turn.z, shift.x, shift.y, shift.z, value, 1.0]);
        let residual = samples.values[at] - gain * value - offset;
        normal += weight * row * row.transpose();
        right += weight * residual * row;
    }
    // keeps a direction in which nothing changes (a turn about a round neck) where it is
    let geometry = (0..6).map(|n| normal[(n, n)]).fold(0.0, f64::max);
    (0..6).for_each(|n| normal[(n, n)] += 1e-4 * geometry);
    (6..8).for_each(|n| normal[(n, n)] *= 1.0 + 1e-9);
    normal.cholesky().map(|factor| factor.solve(&right)).filter(|step| step.iter().all(|v| v.is_finite()))
}

/// Trilinear value and its gradient per mm; none outside.
fn look_up(level: &Level, world: &Vector3<f64>) -> Option<(f64, Vector3<f64>)> {
    let at = level.voxel_of.at((*world).into());
    let [nx, ny, nz] = level.grid.dims;
    let (mut low, mut share) = ([0_usize; 3], [0.0_f64; 3]);
    for (axis, n) in [nx, ny, nz].into_iter().enumerate() {
        let last = n.checked_sub(1)? as f64;
        if !(0.0..=last).contains(&at[axis]) {
            return None;
        }
        let floor = at[axis].floor().min((last - 1.0).max(0.0));
        low[axis] = floor as usize;
        share[axis] = at[axis] - floor;
    }
    let high: [usize; 3] = std::array::from_fn(|axis| (low[axis] + 1).min(level.grid.dims[axis] - 1));
    let value = |i: usize, j: usize, k: usize| f64::from(level.data[[i, j, k]]);
    let [a, b, c] = share;
    let mix = |low: f64, high: f64, share: f64| low + share * (high - low);
    // along i at the four edges, then along j, then along k
    let edge = |j: usize, k: usize| (value(low[0], j, k), value(high[0], j, k));
    let (e00, e10) = (edge(low[1], low[2]), edge(high[1], low[2]));
    let (e01, e11) = (edge(low[1], high[2]), edge(high[1], high[2]));
    let line = |e: (f64, f64)| mix(e.0, e.1, a);
    let slope = |e: (f64, f64)| e.1 - e.0;
    let (near, far) = (mix(line(e00), line(e10), b), mix(line(e01), line(e11), b));
    let per_voxel = Vector3::new(
        mix(mix(slope(e00), slope(e10), b), mix(slope(e01), slope(e11), b), c),
        mix(line(e10) - line(e00), line(e11) - line(e01), c),
        far - near,
    );
    Some((mix(near, far, c), level.voxel_of.per_mm().tr_mul(&per_voxel)))
}
