//! Which voxels take part, which are withheld, and where a swap of water and fat is suspected.

use super::graph::Graph;
use super::labelling::MODEL_ERROR;
use super::minima::N_LABELS;
use crate::error::Warning;
use rayon::prelude::*;

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
    let mut out = vec![false; inside.len()];
    out.par_chunks_mut((nx * ny).max(1)).enumerate().for_each(|(z, out)| {
        for (i, out) in out.iter_mut().enumerate() {
            let (x, y) = (i % nx, i / nx);
            let here = at(x, y, z);
            let differs = |other: bool| other == grow;
            let changed = here != grow
                && (x > 0 && differs(at(x - 1, y, z))
                    || x + 1 < nx && differs(at(x + 1, y, z))
                    || y > 0 && differs(at(x, y - 1, z))
                    || y + 1 < ny && differs(at(x, y + 1, z))
                    || z > 0 && differs(at(x, y, z - 1))
                    || z + 1 < nz && differs(at(x, y, z + 1)));
            *out = if changed { grow } else { here };
        }
    });
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

/// Voxels that were fitted, and what speaks against them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Voxels that were fitted.
    pub n_fitted: usize,
    /// Of those, noise alone.
    pub n_noise: usize,
    /// Of those, with a standard deviation so large that they say nothing on their own.
    pub n_uncertain: usize,
    /// Of those, where the model does not hold (metal); two echoes cannot show it.
    pub n_metal: usize,
    /// Of those, where a swap of water and fat is suspected.
    pub n_swap_suspected: usize,
}

impl Counts {
    /// Counts one fitted voxel by the first that speaks against it: noise, metal, the standard deviation of its PDFF
    /// (points). True where something does: then it is withheld by default.
    pub fn speaks_against(&mut self, noise: bool, metal: bool, sd: f32) -> bool {
        let metal = !noise && metal;
        let uncertain = !noise && !metal && is_uncertain(sd);
        self.n_fitted += 1;
        self.n_noise += usize::from(noise);
        self.n_metal += usize::from(metal);
        self.n_uncertain += usize::from(uncertain);
        noise || metal || uncertain
    }

    /// What must be said where most voxels with signal are uncertain or contradict the model: rather than the tissue,
    /// something that was stated of the acquisition is then wrong.
    pub fn warning(&self) -> Option<Warning> {
        let (n, n_with_signal) = (self.n_uncertain + self.n_metal, self.n_fitted - self.n_noise);
        (2 * n > n_with_signal).then(|| {
            let message = format!(
                "{n} of {n_with_signal} voxels with signal are uncertain or contradict the signal model: there is much noise, \
                 or the echo times, their order or the field strength are not those that were stated"
            );
            Warning::new("mostly-unusable", message)
        })
    }
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
    let limit = SUSPECT_MARGIN * noise_variance;
    (0..labels.len())
        .into_par_iter()
        .map(|voxel| {
            if !graph.inside(voxel) {
                return false;
            }
            let (costs, kept) = (graph.costs(labels, voxel, cap), usize::from(labels[voxel]));
            (0..N_LABELS).any(|label| label != kept && costs[label] - costs[kept] < limit)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_acquisition_that_does_not_fit() {
        let of =
            |n_uncertain, n_metal| Counts { n_fitted: 1100, n_noise: 100, n_uncertain, n_metal, ..Counts::default() };
        assert_eq!(of(300, 200).warning(), None);
        assert_eq!(of(400, 101).warning().unwrap().slug, "mostly-unusable");
        assert_eq!(Counts::default().warning(), None);
        let mut counts = Counts::default();
        let judged = [(true, true, 9.0), (false, true, 9.0), (false, false, 9.0), (false, false, 1.0)];
        let against = judged.map(|(noise, metal, sd)| counts.speaks_against(noise, metal, sd));
        assert_eq!(against, [true, true, true, false]);
        assert_eq!([counts.n_fitted, counts.n_noise, counts.n_metal, counts.n_uncertain], [4, 1, 1, 1]);
        assert_eq!(poor_fit(2.9, 1.0), None);
        assert!(poor_fit(4.2, 1.0).unwrap().message.contains("4.2 times"));
    }
}
