//! The phase that a bipolar read-out puts on odd and even echoes with opposite signs: found, and applied only where it is
//! there.
//!
//! At each position along the read-out the angle theta is the one with the lowest residual over some bright voxels, in
//! (-pi/4, pi/4]: theta and theta + pi/2 are the same model at half a period of the field, so a wider search would find
//! nothing but that. The angles are unwrapped modulo pi/2, and a line is fitted robustly: its slope is the delay between
//! gradient and sampling, its offset the eddy-current phase. Which axis is the read-out is not known; the one on which
//! the line explains more of the residual is taken.

use super::residual::{Residual, Scratch};
use super::source::{Roll, Source};
use num_complex::Complex32;
use rayon::prelude::*;
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

/// Whether to correct the odd/even phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bipolar {
    /// Where it is found.
    #[default]
    Auto,
    /// Always, by what is estimated.
    On,
    /// Never.
    Off,
}

/// What was found of the odd/even phase: `theta(x) = offset + slope (x - centre) / extent`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct OddEvenPhase {
    /// Axis of the read-out: 0 = i, 1 = j.
    pub axis: usize,
    /// Angle at the centre, rad.
    pub offset_rad: f64,
    /// Change over the field of view, rad.
    pub slope_rad_per_fov: f64,
    /// Median absolute deviation of the positions' angles from the line, rad.
    pub deviation_rad: f64,
    /// Residual of bright voxels with it taken off over the residual without.
    pub residual_ratio: f64,
    /// True where it was taken off.
    pub applied: bool,
}

/// Angles that are tried at each position.
const N_ANGLES: usize = 24;
/// Voxels looked at in each position along the read-out.
const N_VOXELS: usize = 60;
/// A position with fewer says nothing.
const FEWEST_VOXELS: usize = 10;
/// Fewest positions for a line.
const FEWEST_POSITIONS: usize = 8;
/// A smaller angle moves no fat fraction by half a point.
const LEAST_RAD: f64 = 0.02;
/// How many deviations an effect must exceed to be there.
const DEVIATIONS: f64 = 3.0;
/// How many it must exceed to be there whatever the residual says: a small angle on a clean line.
const CLEAR_DEVIATIONS: f64 = 15.0;
/// Else the residual must fall below this share.
const EXPLAINED: f64 = 0.9;

/// Estimates the odd/even phase on the axis where taking it off leaves less of the residual of some bright `voxels`. `None`
/// where too few voxels carry signal.
pub fn estimate(
    source: &Source<'_>,
    residual: &Residual,
    energies: &[f32],
    bright: f32,
    voxels: &[usize],
) -> Option<OddEvenPhase> {
    let of_axis = |axis: usize| {
        let mut found = line(&angles(source, residual, energies, bright, axis), axis)?;
        found.residual_ratio = residual_ratio(source, residual, energies, voxels, &found);
        Some(found)
    };
    match (of_axis(0), of_axis(1)) {
        (Some(a), Some(b)) => Some(if b.residual_ratio < a.residual_ratio { b } else { a }),
        (a, b) => a.or(b),
    }
}

impl OddEvenPhase {
    /// True where it exceeds what the scatter of the positions makes of nothing, and either does so by far or explains a
    /// good part of the residual: flow and motion too can put angles near a line, but taking that off leaves the residual
    /// as it was.
    pub fn is_there(&self) -> bool {
        let effect = self.offset_rad.abs().max(self.slope_rad_per_fov.abs());
        if effect < LEAST_RAD {
            return false;
        }
        effect > CLEAR_DEVIATIONS * self.deviation_rad
            || effect > DEVIATIONS * self.deviation_rad && self.residual_ratio < EXPLAINED
    }

    /// What takes it off.
    pub fn roll(&self, n_positions: usize) -> Roll {
        let rotation = (0..n_positions).map(|p| {
            let theta = self.offset_rad + self.slope_rad_per_fov * relative(p, n_positions);
            Complex32::from_polar(1.0, -theta as f32)
        });
        Roll { axis: self.axis, rotation: rotation.collect() }
    }
}

/// Position in units of the field of view, 0 at its centre.
fn relative(position: usize, n_positions: usize) -> f64 {
    (position as f64 - 0.5 * (n_positions as f64 - 1.0)) / n_positions as f64
}

/// The best angle at each position along an axis, where there are enough voxels.
fn angles(source: &Source<'_>, residual: &Residual, energies: &[f32], bright: f32, axis: usize) -> Vec<Option<f64>> {
    let mut voxels: Vec<Vec<usize>> = vec![Vec::new(); source.dims[axis]];
    for (voxel, &energy) in energies.iter().enumerate() {
        if energy > bright {
            voxels[source.position(voxel, axis)].push(voxel);
        }
    }
    voxels
        .par_iter()
        .map(|voxels| {
            if voxels.len() < FEWEST_VOXELS {
                return None;
            }
            let chosen = (0..N_VOXELS.min(voxels.len())).map(|k| voxels[k * voxels.len() / N_VOXELS.min(voxels.len())]);
            let sums = lowest_by_angle(source, residual, energies, chosen);
            Some(best_angle(&sums))
        })
        .collect()
}

/// The residual of some voxels, relative to their energy, with an odd/even phase taken off over the same without.
fn residual_ratio(
    source: &Source<'_>,
    residual: &Residual,
    energies: &[f32],
    voxels: &[usize],
    found: &OddEvenPhase,
) -> f64 {
    let left = |roll: Option<Roll>| -> f64 {
        let mut source = source.clone();
        source.roll = roll;
        let of_voxels: Vec<f64> = voxels
            .par_iter()
            .map_init(
                || (Vec::new(), Scratch::default()),
                |(signal, scratch), &voxel| {
                    source.gather(voxel, signal);
                    f64::from(residual.lowest(signal, scratch).max(0.0) / energies[voxel])
                },
            )
            .collect();
        of_voxels.iter().sum()
    };
    left(Some(found.roll(source.dims[found.axis]))) / left(None).max(1e-12)
}

/// For each angle, the lowest residuals of some voxels, relative to their energy, summed.
pub fn lowest_by_angle(
    source: &Source<'_>,
    residual: &Residual,
    energies: &[f32],
    voxels: impl Iterator<Item = usize>,
) -> [f64; N_ANGLES] {
    let (mut signal, mut scratch) = (Vec::new(), Scratch::default());
    let turns: [_; N_ANGLES] = std::array::from_fn(|k| {
        let (sin, cos) = (2.0 * angle(k)).sin_cos();
        [cos as f32, sin as f32]
    });
    let mut sums = [0.0; N_ANGLES];
    for voxel in voxels {
        source.gather(voxel, &mut signal);
        let lowest = residual.lowest_by_turn(&signal, &turns, &mut scratch);
        for (sum, lowest) in sums.iter_mut().zip(lowest) {
            *sum += f64::from(lowest.max(0.0) / energies[voxel]);
        }
    }
    sums
}

/// The angles tried: (-pi/4, pi/4].
fn angle(index: usize) -> f64 {
    (index as f64 + 1.0) * FRAC_PI_2 / N_ANGLES as f64 - FRAC_PI_4
}

/// The minimum by a parabola through the lowest of the sums and its neighbours on the circle.
fn best_angle(sums: &[f64; N_ANGLES]) -> f64 {
    let lowest = (0..N_ANGLES).fold(0, |best, k| if sums[k] < sums[best] { k } else { best });
    let (before, after) = (sums[(lowest + N_ANGLES - 1) % N_ANGLES], sums[(lowest + 1) % N_ANGLES]);
    let bend = before - 2.0 * sums[lowest] + after;
    let offset = if bend > 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
    angle(lowest) + offset * FRAC_PI_2 / N_ANGLES as f64
}

/// A robust line through angles that are known modulo pi/2; iteratively reweighted least squares.
fn line(angles: &[Option<f64>], axis: usize) -> Option<OddEvenPhase> {
    let n = angles.len();
    let mut points: Vec<[f64; 2]> = Vec::new();
    for (position, angle) in angles.iter().enumerate() {
        if let Some(angle) = angle {
            // unwrapped against the median of the last few, so that one bad position does not carry over
            let recent: Vec<f64> = points.iter().rev().take(5).map(|point| point[1]).collect();
            let reference = if recent.is_empty() { *angle } else { median(recent) };
            let turns = ((angle - reference) / FRAC_PI_2).round();
            points.push([relative(position, n), angle - turns * FRAC_PI_2]);
        }
    }
    if points.len() < FEWEST_POSITIONS {
        return None;
    }
    let (mut offset, mut slope) = (median(points.iter().map(|p| p[1]).collect()), 0.0);
    let mut deviation = 0.0;
    for _ in 0..20 {
        let residuals: Vec<f64> = points.iter().map(|[x, y]| (y - offset - slope * x).abs()).collect();
        deviation = median(residuals.clone());
        let scale = (1.4826 * deviation).max(1e-6);
        let (mut s, mut sx, mut sxx, mut sy, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for ([x, y], residual) in points.iter().zip(&residuals) {
            let weight = 1.0 / (1.0 + (residual / (2.0 * scale)).powi(2));
            s += weight;
            sx += weight * x;
            sxx += weight * x * x;
            sy += weight * y;
            sxy += weight * x * y;
        }
        let determinant = s * sxx - sx * sx;
        if determinant <= 0.0 {
            break;
        }
        slope = (s * sxy - sx * sy) / determinant;
        offset = (sy - slope * sx) / s;
    }
    // the branch whose centre lies in (-pi/4, pi/4]
    offset -= FRAC_PI_2 * ((offset - FRAC_PI_4) / FRAC_PI_2).ceil();
    Some(OddEvenPhase {
        axis,
        offset_rad: offset,
        slope_rad_per_fov: slope,
        deviation_rad: deviation,
        residual_ratio: 1.0,
        applied: false,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_angle_is_restricted_to_a_quarter_turn() {
        assert!((angle(N_ANGLES - 1) - FRAC_PI_4).abs() < 1e-12);
        assert!(angle(0) > -FRAC_PI_4);
    }

    #[test]
    fn a_line_is_found_through_wrapped_angles_and_outliers() {
        let n = 128;
        let wrap = |theta: f64| theta - FRAC_PI_2 * ((theta - FRAC_PI_4) / FRAC_PI_2).ceil();
        let angles: Vec<Option<f64>> = (0..n)
            .map(|p| match p {
                0..10 => None,
                _ if p % 17 == 0 => Some(0.6),
                _ => Some(wrap(0.3 + 2.0 * relative(p, n))),
            })
            .collect();
        let found = line(&angles, 1).unwrap();
        assert!((found.offset_rad - 0.3).abs() < 1e-3, "{found:?}");
        assert!((found.slope_rad_per_fov - 2.0).abs() < 1e-3, "{found:?}");
        assert!(found.is_there());
    }
}
