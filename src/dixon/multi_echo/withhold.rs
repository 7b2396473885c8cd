//! Which voxels take part, which are withheld, and where a swap of water and fat is suspected.

use super::graph::Graph;
use super::labelling::MODEL_ERROR;
use super::residual::{ABSENT, N_LABELS};
use crate::error::Warning;

/// A standard deviation of PDFF (percentage points) above which a voxel on its own says next to nothing.
const UNCERTAIN_POINTS: f32 = 6.0;
/// Above this R2* (1/s) the signal is gone within an echo train: metal, or air.
const METAL_R2STAR: f32 = 300.0;
/// A residual that many times what noise and model leave is neither.
const METAL_RESIDUAL: f32 = 4.0;
/// A residual that many times the noise of the background is no matter of coils or of a spectrum that is somewhat off.
const POOR_FIT: f64 = 3.0;
/// A voxel whose label costs less than this many noise variances to exchange is a suspect.
const SUSPECT_MARGIN: f32 = 4.0;

/// Voxels above the noise, and what lies between them within two voxels: thin cortex carries the field across.
pub fn with_surroundings(energies: &[f32], limit: f32, dims: [usize; 3]) -> Vec<bool> {
    let mut inside: Vec<bool> = energies.iter().map(|&energy| energy > limit).collect();
    for grow in [true, true, false, false] {
        inside = step(&inside, dims, grow);
    }
    for (inside, &energy) in inside.iter_mut().zip(energies) {
        *inside = energy > 0.0 && (*inside || energy > limit);
    }
    inside
}

/// One dilation or erosion with the six neighbours; the border of the image counts as what is grown or kept.
fn step(inside: &[bool], dims: [usize; 3], grow: bool) -> Vec<bool> {
    let [nx, ny, nz] = dims;
    let at = |x: usize, y: usize, z: usize| inside[x + nx * (y + ny * z)];
    let mut out = Vec::with_capacity(inside.len());
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                let here = at(x, y, z);
                let differs = |other: bool| other == grow;
                let changed = here != grow
                    && (x > 0 && differs(at(x - 1, y, z))
                        || x + 1 < nx && differs(at(x + 1, y, z))
                        || y > 0 && differs(at(x, y - 1, z))
                        || y + 1 < ny && differs(at(x, y + 1, z))
                        || z > 0 && differs(at(x, y, z - 1))
                        || z + 1 < nz && differs(at(x, y, z + 1)));
                out.push(if changed { grow } else { here });
            }
        }
    }
    out
}

/// True where the model does not hold although there is signal. `residual` is in multiples of the noise `sigma`, `signal` the
/// root mean square of the echoes: where there is hardly any noise, mixtures of tissues in one voxel leave more than it, and
/// only what exceeds the model's own error by far speaks against the model.
pub fn is_metal(r2star: f32, residual: f32, sigma: f64, signal: f32) -> bool {
    let unexplained = MODEL_ERROR as f32 * signal / sigma as f32;
    r2star > METAL_R2STAR || residual > METAL_RESIDUAL * (1.0 + unexplained * unexplained).sqrt()
}

/// True where the standard deviation of PDFF (points) is beyond use, or not known.
pub fn is_uncertain(sd: f32) -> bool {
    sd.is_nan() || sd > UNCERTAIN_POINTS
}

/// What must be said where most voxels with signal are uncertain or contradict the model: rather than the tissue, something
/// that was stated of the acquisition is then wrong.
pub fn mostly_unusable(n_with_signal: usize, n_uncertain: usize, n_metal: usize) -> Option<Warning> {
    let n = n_uncertain + n_metal;
    (2 * n > n_with_signal).then(|| {
        let message = format!(
            "{n} of {n_with_signal} voxels with signal are uncertain or contradict the signal model: there is much noise, or \
             the echo times, their order or the field strength are not those that were stated"
        );
        Warning::new("mostly-unusable", message)
    })
}

/// What must be said where the residual is far above the noise of the background: the signal is not what the model says.
pub fn poor_fit(sigma_of_residual: f64, sigma_of_background: f64) -> Option<Warning> {
    let ratio = sigma_of_residual / sigma_of_background;
    (ratio > POOR_FIT).then(|| {
        let message = format!(
            "the residual is {ratio:.1} times the noise of the background: check echo times, field strength and the fat model, \
             and whether the echoes carry a phase that the model does not know"
        );
        Warning::new("poor-fit", message)
    })
}

/// True where another minimum would cost hardly more.
pub fn suspected_swaps(graph: &Graph, labels: &[u8], noise_variance: f32, cap: f32) -> Vec<bool> {
    use rayon::prelude::*;
    let limit = SUSPECT_MARGIN * noise_variance;
    (0..labels.len())
        .into_par_iter()
        .map(|voxel| {
            graph.inside(voxel)
                && (0..N_LABELS as u8).any(|label| {
                    label != labels[voxel]
                        && graph.cost[voxel][usize::from(label)] < ABSENT
                        && graph.change(labels, voxel, label, cap) < limit
                })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_acquisition_that_does_not_fit() {
        assert_eq!(mostly_unusable(1000, 300, 200), None);
        assert_eq!(mostly_unusable(1000, 400, 101).unwrap().slug, "mostly-unusable");
        assert_eq!(mostly_unusable(0, 0, 0), None);
        assert_eq!(poor_fit(2.9, 1.0), None);
        assert!(poor_fit(4.2, 1.0).unwrap().message.contains("4.2 times"));
    }
}
