//! The field labelling as an energy: each voxel chooses one of its residual minima, neighbours are drawn together.
//!
//! `E(a) = sum_i J_i(a_i) + sum_ij w_ij min(d(phi_i, phi_j)^2, T)`, d on the circle of the field phase, `w_ij =
//! (mu / distance in mm) min(h_i, h_j)` with the curvatures h of the residuals, over the six neighbours in a volume, the
//! four in a single slice. A voxel of noise has a flat residual, hence weak bonds: it passes the field on across thin
//! cortex, and decides nothing.

use super::minima::{ABSENT, N_LABELS};
use rayon::prelude::*;

/// The neighbours ahead along x, y and z.
pub const AXES: usize = 3;

/// The lesser of two numbers, none of them NaN: one instruction, where `f32::min` takes several to mind a NaN.
#[inline]
pub fn lesser(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

/// Voxels with their candidates.
#[derive(Debug)]
pub struct Graph {
    /// Voxel counts.
    pub dims: [usize; 3],
    /// Candidate field phases, rad.
    pub phase: Vec<[f32; N_LABELS]>,
    /// Their residuals; [`ABSENT`] where there is none. Voxels outside have none at all.
    pub cost: Vec<[f32; N_LABELS]>,
    /// Curvature of the residual at the lowest minimum; 0 outside.
    pub curvature: Vec<f32>,
    /// What the residual of a voxel is uncertain by: noise and model error, signal squared.
    pub tolerance: Vec<f32>,
    /// mu / distance (1/mm) along each axis.
    pub bond: [f32; AXES],
    /// Most that a bond may weigh along each axis, in tolerances.
    pub strongest: [f32; AXES],
    /// Period of the field phase.
    pub period: f32,
}

impl Graph {
    /// True where the voxel takes part.
    #[inline]
    pub fn inside(&self, voxel: usize) -> bool {
        self.cost[voxel][0] < ABSENT
    }

    /// Voxels to the next neighbour along each axis.
    #[inline]
    pub fn strides(&self) -> [usize; AXES] {
        [1, self.dims[0], self.dims[0] * self.dims[1]]
    }

    /// Squared distance of two field phases, cut at `cap`.
    #[inline]
    pub fn distance(&self, a: f32, b: f32, cap: f32) -> f32 {
        let apart = (a - b).abs();
        let apart = lesser(apart, (self.period - apart).abs());
        lesser(apart * apart, cap)
    }

    /// Weight of the bond between two neighbours along an axis.
    #[inline]
    pub fn weight(&self, axis: usize, a: usize, b: usize) -> f32 {
        let by_curvature = self.bond[axis] * lesser(self.curvature[a], self.curvature[b]);
        lesser(by_curvature, self.strongest[axis] * lesser(self.tolerance[a], self.tolerance[b]))
    }

    /// Index of a voxel's neighbour along an axis, ahead or behind, where there is one.
    #[inline]
    pub fn neighbour(&self, voxel: usize, axis: usize, ahead: bool) -> Option<usize> {
        let [nx, ny, nz] = self.dims;
        let (place, count, stride) = match axis {
            0 => (voxel % nx, nx, 1),
            1 => (voxel / nx % ny, ny, nx),
            _ => (voxel / (nx * ny), nz, nx * ny),
        };
        let other =
            if ahead { (place + 1 < count).then(|| voxel + stride) } else { (place > 0).then(|| voxel - stride) };
        other.filter(|&other| self.inside(other))
    }

    /// All neighbours of a voxel with the weight of the bond.
    #[inline]
    pub fn neighbours(&self, voxel: usize) -> impl Iterator<Item = (usize, f32)> {
        (0..AXES).flat_map(move |axis| {
            [false, true].into_iter().filter_map(move |ahead| {
                self.neighbour(voxel, axis, ahead).map(|other| (other, self.weight(axis, voxel, other)))
            })
        })
    }

    /// Field phase of a voxel under a labelling.
    #[inline]
    pub fn phase_of(&self, labels: &[u8], voxel: usize) -> f32 {
        self.phase[voxel][usize::from(labels[voxel])]
    }

    /// The candidate of a voxel that is nearest to a field phase.
    #[inline]
    pub fn nearest(&self, voxel: usize, phase: f32) -> u8 {
        let mut nearest = (f32::INFINITY, 0);
        for label in 0..N_LABELS {
            let apart = self.distance(self.phase[voxel][label], phase, f32::INFINITY);
            if self.cost[voxel][label] < ABSENT && apart < nearest.0 {
                nearest = (apart, label as u8);
            }
        }
        nearest.1
    }

    /// Energy of a labelling; summed slice by slice, so that it does not depend on the number of threads.
    pub fn energy(&self, labels: &[u8], cap: f32) -> f64 {
        let slice = self.dims[0] * self.dims[1];
        let of_slices: Vec<f64> = (0..self.dims[2])
            .into_par_iter()
            .map(|z| {
                let mut sum = 0.0;
                for voxel in (z * slice..(z + 1) * slice).filter(|&voxel| self.inside(voxel)) {
                    sum += f64::from(self.cost[voxel][usize::from(labels[voxel])]);
                    for axis in 0..AXES {
                        if let Some(other) = self.neighbour(voxel, axis, true) {
                            let apart = self.distance(self.phase_of(labels, voxel), self.phase_of(labels, other), cap);
                            sum += f64::from(self.weight(axis, voxel, other) * apart);
                        }
                    }
                }
                sum
            })
            .collect();
        of_slices.iter().sum()
    }

    /// What each label of a voxel costs, given the labels of its neighbours.
    #[inline]
    pub fn costs(&self, labels: &[u8], voxel: usize, cap: f32) -> [f32; N_LABELS] {
        let mut costs = self.cost[voxel];
        for (other, weight) in self.neighbours(voxel) {
            let there = self.phase_of(labels, other);
            for (cost, &phase) in costs.iter_mut().zip(&self.phase[voxel]) {
                *cost += weight * self.distance(phase, there, cap);
            }
        }
        costs
    }
}
