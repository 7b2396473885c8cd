//! Sequential tree-reweighted message passing (TRW-S; Kolmogorov 2006, doi:10.1109/TPAMI.2006.200) on the field graph.
//!
//! Voxels are ordered as they lie in memory. A pass forward (backward) sends from each voxel one message to each neighbour
//! ahead (behind); an edge holds the one message that was sent last. Every pass backward yields a lower bound of the
//! energy, which never falls while the energy stays the same: what is left between it and a labelling's energy is a
//! certificate.
//!
//! A row of voxels along x depends on the rows behind it in y and z alone. Rows with the same y + z are independent, so
//! they run side by side, and the result is the same as in sequence, whatever the number of threads.

use super::graph::{AXES, Graph, lesser};
use super::minima::N_LABELS;
use rayon::prelude::*;

type Message = [f32; N_LABELS];

/// Messages of the edges ahead of each voxel, a row each.
#[derive(Debug)]
pub struct MessagePassing<'g> {
    graph: &'g Graph,
    messages: [Vec<Vec<Message>>; AXES],
    cap: f32,
}

/// One row at work, with the messages that it alone may write.
struct Row {
    y: usize,
    z: usize,
    own: [Vec<Message>; AXES],
    bound: f64,
}

impl<'g> MessagePassing<'g> {
    /// Empty messages; `cap` is T, rad squared.
    pub fn new(graph: &'g Graph, cap: f32) -> Self {
        let rows = graph.dims[1] * graph.dims[2];
        let empty = || vec![vec![[0.0; N_LABELS]; graph.dims[0]]; rows];
        MessagePassing { graph, messages: [empty(), empty(), empty()], cap }
    }

    /// Changes T and keeps the messages.
    pub fn set_cap(&mut self, cap: f32) {
        self.cap = cap;
    }

    /// One pass forward and one backward; the lower bound after it.
    pub fn sweep(&mut self) -> f64 {
        self.pass(true);
        self.pass(false)
    }

    fn pass(&mut self, forward: bool) -> f64 {
        let [_, ny, nz] = self.graph.dims;
        let n_waves = ny + nz - 1;
        let mut bound = 0.0;
        for wave in 0..n_waves {
            let wave = if forward { wave } else { n_waves - 1 - wave };
            let first_z = wave.saturating_sub(ny - 1);
            let mut rows: Vec<Row> = (first_z..nz.min(wave + 1)).map(|z| self.take(wave - z, z, forward)).collect();
            let this = &*self;
            rows.par_iter_mut().for_each(|row| row.bound = this.row(row.y, row.z, &mut row.own, forward));
            for row in rows {
                bound += row.bound;
                self.put_back(row, forward);
            }
        }
        bound
    }

    /// Places of the messages that a row writes: its own forward, those of the rows behind it backward.
    fn written(&self, y: usize, z: usize, forward: bool) -> [Option<usize>; AXES] {
        let ny = self.graph.dims[1];
        let row = y + ny * z;
        match forward {
            true => [Some(row); AXES],
            false => [Some(row), (y > 0).then(|| row - 1), (z > 0).then(|| row - ny)],
        }
    }

    fn take(&mut self, y: usize, z: usize, forward: bool) -> Row {
        let written = self.written(y, z, forward);
        let mut own = [Vec::new(), Vec::new(), Vec::new()];
        for ((own, messages), place) in own.iter_mut().zip(&mut self.messages).zip(written) {
            if let Some(place) = place {
                *own = std::mem::take(&mut messages[place]);
            }
        }
        Row { y, z, own, bound: 0.0 }
    }

    fn put_back(&mut self, row: Row, forward: bool) {
        let written = self.written(row.y, row.z, forward);
        for ((own, messages), place) in row.own.into_iter().zip(&mut self.messages).zip(written) {
            if let Some(place) = place {
                messages[place] = own;
            }
        }
    }

    /// Passes the messages of one row; its share of the lower bound.
    fn row(&self, y: usize, z: usize, own: &mut [Vec<Message>; AXES], forward: bool) -> f64 {
        let graph = self.graph;
        let [nx, ny, nz] = graph.dims;
        let row = y + ny * z;
        let strides = graph.strides();
        // messages from y and z on the side that this pass does not write
        let fixed: [Option<&[Message]>; 2] = match forward {
            true => [(y > 0).then(|| &self.messages[1][row - 1][..]), (z > 0).then(|| &self.messages[2][row - ny][..])],
            false => {
                [(y + 1 < ny).then(|| &self.messages[1][row][..]), (z + 1 < nz).then(|| &self.messages[2][row][..])]
            }
        };
        let mut bound = 0.0;
        for step in 0..nx {
            let x = if forward { step } else { nx - 1 - step };
            let voxel = row * nx + x;
            if !graph.inside(voxel) {
                continue;
            }
            let behind = [x > 0, y > 0, z > 0];
            let ahead = [x + 1 < nx, y + 1 < ny, z + 1 < nz];
            let (mut n_behind, mut n_ahead) = (0_u32, 0_u32);
            for axis in 0..AXES {
                n_behind += u32::from(behind[axis] && graph.inside(voxel - strides[axis]));
                n_ahead += u32::from(ahead[axis] && graph.inside(voxel + strides[axis]));
            }
            let share = 1.0 / n_behind.max(n_ahead).max(1) as f32;
            let mut sum = graph.cost[voxel];
            add(&mut sum, &own[0][x]);
            if x > 0 {
                add(&mut sum, &own[0][x - 1]);
            }
            for (axis, fixed) in fixed.iter().enumerate() {
                if let Some(fixed) = fixed {
                    add(&mut sum, &fixed[x]);
                }
                if let Some(written) = own[axis + 1].get(x) {
                    add(&mut sum, written);
                }
            }
            bound += f64::from(subtract_least(&mut sum));
            for axis in 0..AXES {
                let sends = if forward { ahead[axis] } else { behind[axis] };
                if !sends {
                    continue;
                }
                let other = if forward { voxel + strides[axis] } else { voxel - strides[axis] };
                if !graph.inside(other) {
                    continue;
                }
                let place = if axis == 0 && !forward { x - 1 } else { x };
                let message = &mut own[axis][place];
                let weight = graph.weight(axis, voxel, other);
                let mut rest: Message = std::array::from_fn(|label| share * sum[label] - message[label]);
                let least_sent =
                    send(&mut rest, &graph.phase[voxel], &graph.phase[other], weight, self.cap, graph.period);
                *message = rest;
                bound += f64::from(least_sent);
            }
        }
        bound
    }

    /// The labelling that the messages stand for: each voxel's best given its decided neighbours behind and the messages
    /// from ahead. To be called after a pass backward.
    pub fn labels(&self) -> Vec<u8> {
        let graph = self.graph;
        let nx = graph.dims[0];
        let mut labels = vec![0_u8; graph.cost.len()];
        for voxel in 0..labels.len() {
            if !graph.inside(voxel) {
                continue;
            }
            let mut sum = graph.cost[voxel];
            for axis in 0..AXES {
                add(&mut sum, &self.messages[axis][voxel / nx][voxel % nx]);
                if let Some(other) = graph.neighbour(voxel, axis, false) {
                    let weight = graph.weight(axis, voxel, other);
                    let there = graph.phase_of(&labels, other);
                    for (sum, &phase) in sum.iter_mut().zip(&graph.phase[voxel]) {
                        *sum += weight * graph.distance(phase, there, self.cap);
                    }
                }
            }
            labels[voxel] =
                (1..N_LABELS).fold(0, |best, label| if sum[label] < sum[best] { label } else { best }) as u8;
        }
        labels
    }
}

#[inline]
fn add(sum: &mut Message, message: &Message) {
    for (sum, m) in sum.iter_mut().zip(message) {
        *sum += m;
    }
}

/// Makes the least entry 0 and returns what it was.
#[inline]
fn subtract_least(message: &mut Message) -> f32 {
    let least = message.iter().copied().fold(f32::INFINITY, lesser);
    for m in message.iter_mut() {
        *m -= least;
    }
    least
}

/// The message over one edge: for each label there, the least of what is said here and the bond. Returns its least entry,
/// which is taken off.
#[inline]
fn send(rest: &mut Message, here: &Message, there: &Message, weight: f32, cap: f32, period: f32) -> f32 {
    let mut message = [f32::INFINITY; N_LABELS];
    for a in 0..N_LABELS {
        for b in 0..N_LABELS {
            let apart = (here[a] - there[b]).abs();
            let apart = lesser(apart, (period - apart).abs());
            message[b] = lesser(message[b], rest[a] + weight * lesser(apart * apart, cap));
        }
    }
    *rest = message;
    subtract_least(rest)
}
