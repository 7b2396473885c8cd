//! The separation in order: what holds for the acquisition, minima, labelling, refinement, maps.

use super::acquisition::Acquisition;
use super::graph::Graph;
use super::maps::Maps;
use super::minima::{ABSENT, Minima, N_LABELS};
use super::refine::{self, Fit, R2Star};
use super::residual::{Residual, Scratch};
use super::source::Source;
use super::types::{Echoes, Params, Separation};
use super::{labelling, withhold};
use crate::dixon::DixonError;
use num_complex::Complex32;
use rayon::prelude::*;
use std::f64::consts::PI;

/// R2* of tissue for three echoes, which cannot tell it on their own: mean and standard deviation, 1/s.
const THREE_ECHO_R2STAR: [f64; 2] = [50.0, 50.0];

/// Separates water and fat.
///
/// # Errors
/// [`DixonError::EchoTimes`] where the echoes are too few or their times cannot tell water from fat;
/// [`DixonError::NoSignal`] where no voxel carries signal.
pub fn separate(echoes: &Echoes<'_>, params: &Params) -> Result<Separation, DixonError> {
    let mut warnings = Vec::new();
    let acquisition = Acquisition::find(echoes, params, &mut warnings)?;
    let Acquisition { source, model, residual, variance, .. } = &acquisition;
    let (n_echoes, variance) = (source.n_echoes(), *variance);

    let minima = minima(source, residual, &acquisition.taking_part);
    let unexplained = labelling::MODEL_ERROR.powi(2) / n_echoes as f64;
    let graph = Graph {
        dims: source.dims,
        phase: minima.par_iter().map(|m| m.phase).collect(),
        cost: minima.par_iter().map(|m| m.cost).collect(),
        curvature: minima.par_iter().map(|m| m.curvature).collect(),
        tolerance: acquisition.energies.par_iter().map(|&e| (variance + unexplained * f64::from(e)) as f32).collect(),
        bond: echoes.voxel_mm.map(|mm| (labelling::MU / mm) as f32),
        strongest: echoes.voxel_mm.map(|mm| (labelling::STRONGEST / mm) as f32),
        period: residual.period,
    };
    let r_index: Vec<[u8; N_LABELS]> = minima.par_iter().map(|m| m.r_index).collect();
    drop(minima);
    let labels = labelling::label(&graph, model.phase_of_hz(model.shift_hz) as f32, n_echoes);
    let swap = match acquisition.precession_undecided {
        true => vec![true; labels.len()],
        false => withhold::suspected_swaps(&graph, &labels, variance as f32, labelling::cap(n_echoes)),
    };

    let known = match (params.r2star, n_echoes) {
        (Some(given), _) => R2Star::Given(given),
        (None, 3) => R2Star::Prior { mean: THREE_ECHO_R2STAR[0], weight: variance / THREE_ECHO_R2STAR[1].powi(2) },
        _ => R2Star::Free,
    };
    let sigma = variance.sqrt();
    let from_label = |voxel: usize, label: usize, signal: &[Complex32]| {
        let hz = model.hz_of_phase(f64::from(graph.phase[voxel][label]));
        let r2star = residual.r2star[usize::from(r_index[voxel][label])];
        refine::fit(model, signal, 2.0 * PI * hz, r2star, known)
    };
    let fit = |voxel: usize, signal: &[Complex32]| -> Option<Fit> {
        if !graph.inside(voxel) {
            return None;
        }
        let label = usize::from(labels[voxel]);
        let found = from_label(voxel, label, signal)?;
        if n_echoes > 3 || found.r2star_is_physical(sigma) {
            return Some(found);
        }
        // three echoes are fitted by every minimum, but a swap beside a steep field by a signal that grows: then another
        // minimum that the residual prefers is taken
        let better = (0..N_LABELS).filter(|&other| graph.cost[voxel][other] < graph.cost[voxel][label]);
        let mut physical = better.filter_map(|other| from_label(voxel, other, signal));
        Some(physical.find(|fit| fit.r2star_is_physical(sigma)).unwrap_or(found))
    };
    let period_hz = if model.uniform { 1.0 / model.spacing_s } else { f64::INFINITY };
    let maps = Maps::fitted(source, &fit, sigma, period_hz);
    drop((graph, labels, r_index));
    Ok(maps.finish(acquisition, known, params, swap, warnings))
}

/// The residual's minima of every voxel that takes part.
fn minima(source: &Source<'_>, residual: &Residual, taking_part: &[bool]) -> Vec<Minima> {
    let outside = Minima { phase: [0.0; N_LABELS], cost: [ABSENT; N_LABELS], curvature: 0.0, r_index: [0; N_LABELS] };
    let mut minima = vec![outside; source.n_voxels()];
    let row = source.dims[0].max(1);
    minima.par_chunks_mut(row).enumerate().for_each_init(
        || (Vec::new(), Scratch::default()),
        |(signal, scratch), (r, minima)| {
            for (x, found) in minima.iter_mut().enumerate() {
                let voxel = r * row + x;
                if taking_part[voxel] {
                    source.gather(voxel, signal);
                    *found = residual.minima(signal, scratch);
                }
            }
        },
    );
    minima
}
