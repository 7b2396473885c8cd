//! All minima of a voxel's residual over the field: found on the grid of every R2*, polished by Newton's method.

use super::graph::lesser;
use super::residual::{Residual, Scratch};
use num_complex::Complex32;

/// Minima of the residual that a voxel keeps, the lowest of all that there are.
pub const N_LABELS: usize = 4;

/// Cost of a label that does not exist.
pub const ABSENT: f32 = 1e30;

/// The lowest minima of a voxel.
#[derive(Debug, Clone, Copy)]
pub struct Minima {
    /// Field phases, rad a spacing, lowest residual first.
    pub phase: [f32; N_LABELS],
    /// Residuals there, signal squared; [`ABSENT`] beyond the last minimum.
    pub cost: [f32; N_LABELS],
    /// Second derivative at the lowest, signal squared a rad squared.
    pub curvature: f32,
    /// Which of the R2* values fits each of them best.
    pub r_index: [u8; N_LABELS],
}

impl Residual {
    /// All minima of a voxel's residual, the lowest [`N_LABELS`] of them kept; `signal` holds the echoes.
    pub fn minima(&self, signal: &[Complex32], scratch: &mut Scratch) -> Minima {
        debug_assert_eq!(signal.len(), self.n_echoes);
        self.coefficients(signal, scratch);
        let Scratch { constants, terms, halves, values, lowest, at_r, .. } = scratch;
        for r in 0..self.r2star.len() {
            self.evaluate(constants[r], &terms[r], halves, values);
            if r == 0 {
                std::mem::swap(lowest, values);
                at_r.clear();
                at_r.resize(lowest.len(), 0);
            } else {
                for ((low, at_r), &value) in lowest.iter_mut().zip(at_r.iter_mut()).zip(&*values) {
                    *at_r = if value < *low { r as u32 } else { *at_r };
                    *low = lesser(value, *low);
                }
            }
        }
        self.polish(lowest, at_r, constants, terms)
    }

    fn polish(&self, values: &[f32], at_r: &[u32], constants: &[f32], all_terms: &[Vec<Complex32>]) -> Minima {
        let n = values.len();
        let circular = self.period < 7.0;
        let mut found =
            Minima { phase: [0.0; N_LABELS], cost: [ABSENT; N_LABELS], curvature: 0.0, r_index: [0; N_LABELS] };
        // the ends of a window are no minima
        let mut before = if circular { values[n - 1] } else { f32::NEG_INFINITY };
        for l in 0..n {
            let here = values[l];
            let after = match (l + 1 < n, circular) {
                (true, _) => values[l + 1],
                (false, true) => values[0],
                (false, false) => f32::NEG_INFINITY,
            };
            if here < before && here <= after {
                let r = at_r[l] as usize;
                let (constant, terms) = (constants[r], &all_terms[r]);
                let grid_phase = (l as f32 + 0.5 - self.half as f32) * self.step;
                let bend = before - 2.0 * here + after;
                let offset = if bend.is_finite() && bend > 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
                let mut phase = grid_phase + offset * self.step;
                let mut at = self.at(constant, terms, phase);
                for _ in 0..2 {
                    if at[2] > 0.0 {
                        phase = (phase - at[1] / at[2]).clamp(grid_phase - self.step, grid_phase + self.step);
                        at = self.at(constant, terms, phase);
                    }
                }
                // where the residual is nearly flat Newton may leave the minimum: the grid's point then stands
                if at[0] > here {
                    (phase, at[0]) = (grid_phase, here);
                }
                insert(&mut found, phase, at[0], at[2], r as u8);
            }
            before = here;
        }
        found
    }
}

/// Keeps a minimum where it is among the lowest.
fn insert(found: &mut Minima, phase: f32, cost: f32, curvature: f32, r_index: u8) {
    let Some(place) = found.cost.iter().position(|&kept| cost < kept) else { return };
    found.cost[place..].rotate_right(1);
    found.phase[place..].rotate_right(1);
    found.r_index[place..].rotate_right(1);
    (found.cost[place], found.phase[place], found.r_index[place]) = (cost, phase, r_index);
    if place == 0 {
        found.curvature = curvature.max(0.0);
    }
}
