//! Which minimum of its residual each voxel takes: message passing, then moves of voxels and regions.
//!
//! The neighbourhood is trusted without limit first, which brings far parts together, and with a limit then, so that a
//! steep field beside gas or metal costs no more than it must. The fewer echoes, the less a voxel knows on its own, and
//! the higher that limit.

use super::graph::Graph;
use super::message_passing::MessagePassing;
use super::moves::{self, Open};

/// Strength of the bond between neighbours, relative to the curvature of their residuals, mm.
pub const MU: f64 = 0.15;
/// Most that a bond may weigh, in tolerances, mm.
pub const STRONGEST: f64 = 300.0;
/// What the model leaves unexplained of a signal, relative; it adds to the noise in the tolerance of a voxel.
pub const MODEL_ERROR: f64 = 0.02;
/// Passes without and with the limit.
const SWEEPS: [usize; 2] = [3, 4];

/// The limit T of the squared difference of neighbours, rad squared.
pub fn cap(n_echoes: usize) -> f32 {
    match n_echoes {
        ..=3 => 0.4,
        4 | 5 => 0.3,
        _ => 0.15,
    }
}

/// Labels every voxel; `swap_phase` is the step of the field phase (rad) that exchanges water and fat.
pub fn label(graph: &Graph, swap_phase: f32, n_echoes: usize) -> Vec<u8> {
    let cap = cap(n_echoes);
    let mut passing = MessagePassing::new(graph, f32::INFINITY);
    for _ in 0..SWEEPS[0] {
        passing.sweep();
    }
    let mut labels = passing.labels();
    passing.set_cap(cap);
    for sweep in 0..SWEEPS[1] {
        passing.sweep();
        if sweep + 2 >= SWEEPS[1] {
            moves::fuse(graph, &mut labels, &passing.labels(), cap);
        }
    }
    drop(passing);
    let mut open = Open::all(graph);
    moves::settle(graph, &mut labels, &mut open, cap, 2);
    for _ in 0..3 {
        if moves::repair_swaps(graph, &mut labels, &mut open, swap_phase, cap) == 0 {
            break;
        }
        moves::settle(graph, &mut labels, &mut open, cap, 2);
    }
    labels
}
