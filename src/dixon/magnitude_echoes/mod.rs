//! Water, fat, fat fraction and R2* from the magnitudes of four or more echoes, where the phase was not kept.
//!
//! Inputs  magnitudes `[x, y, z, echo]`, Fortran order, echo times in ms, field strength in T, voxel sides in mm
//! Output  PDFF (percent, never clipped), water, fat (signal units), R2* (1/s), standard deviation of PDFF (percentage
//!         points), residual, suspected swaps
//! Method  both answers of every voxel ([`fit`]); the choice between them by TRW-S over the neighbours, on the fat fraction,
//!         where its smoothness counts only as far as the voxels know their answers
//! Limits  without phase one voxel in a hundred or more has its water and fat exchanged if it decides alone (R2* 180 1/s,
//!         SNR 30, six echoes); where a whole region lies near 50 to 60 % neither it nor its neighbours can tell. No field map.

mod decide;
pub mod fit;

use super::DixonError;
use super::multi_echo::model::EchoModel;
use super::multi_echo::withhold::Counts;
use super::multi_echo::{Echoes, Precession, Withhold, maps, noise, withhold};
use crate::dixon::FatModel;
use crate::error::Warning;
use fit::{Answer, MagnitudeModel};
use ndarray::{Array3, ArrayView3};
use rayon::prelude::*;

/// The method in words, for sidecars.
pub const METHOD: &str = "water, fat and R2* from magnitude echoes: fit of sqrt(A^2 + sigma^2) from two starts \
     (doi:10.1002/mrm.27728), choice between the answers by TRW-S over the neighbours (doi:10.1109/TPAMI.2006.200)";

/// Echoes at most.
pub const MAX_ECHOES: usize = 32;
/// Voxels from which the noise is found where there is no background.
const N_NOISE_SAMPLE: usize = 4000;

/// Parameters.
#[derive(Debug, Clone, Default)]
pub struct MagnitudeParams {
    /// Spectrum of fat.
    pub fat_model: FatModel,
    /// What to withhold.
    pub withhold: Withhold,
    /// R2* (1/s) where it is given instead of fitted.
    pub r2star: Option<f64>,
}

/// What was found.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct MagnitudeFound {
    /// Standard deviation of the noise in a real or imaginary part, signal units.
    pub sigma: f64,
    /// Where that comes from: `residual` or `background`.
    pub sigma_from: &'static str,
    /// Voxels, and what speaks against them.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Maps in the memory order of the echoes; NaN where not measured or withheld.
#[derive(Debug, Clone)]
pub struct MagnitudeSeparation {
    /// Proton-density fat fraction, percent.
    pub pdff: Array3<f32>,
    /// Standard deviation of `pdff`, percentage points; another answer within 30 points counts by how likely it is.
    pub pdff_sd: Array3<f32>,
    /// Water, signal units.
    pub water: Array3<f32>,
    /// Fat, signal units.
    pub fat: Array3<f32>,
    /// R2*, 1/s.
    pub r2star: Array3<f32>,
    /// Root of the squared residual a degree of freedom, over sigma.
    pub residual: Array3<f32>,
    /// True where water and fat may be exchanged.
    pub swap: Array3<bool>,
    /// What was found.
    pub found: MagnitudeFound,
    /// What must be said.
    pub warnings: Vec<Warning>,
}

/// Separates water and fat by magnitudes.
///
/// # Errors
/// [`DixonError::EchoTimes`] where there are fewer than four echoes (three with a given R2*) or more than [`MAX_ECHOES`], or
/// where their times cannot tell water from fat;
/// [`DixonError::NoSignal`] where no voxel carries signal.
pub fn separate_magnitudes(
    echoes: &Echoes<'_, f32>,
    params: &MagnitudeParams,
) -> Result<MagnitudeSeparation, DixonError> {
    let (nx, ny, nz, n_echoes) = echoes.data.dim();
    let model = MagnitudeModel::new(&params.fat_model, echoes.echo_times_ms, echoes.field_t, params.r2star);
    let refused = |problem: String| DixonError::EchoTimes {
        problem,
        remedy: "give more echoes, their phase (--phase), or R2* (--r2star)".to_owned(),
    };
    let degrees = n_echoes.checked_sub(model.n_parameters()).filter(|&degrees| degrees > 0 && n_echoes <= MAX_ECHOES);
    let degrees = degrees.ok_or_else(|| {
        let least = model.n_parameters() + 1;
        refused(format!("there are {n_echoes} magnitude echoes; their fit needs {least} to {MAX_ECHOES}"))
    })?;
    let timing = EchoModel::new(echoes.echo_times_ms, echoes.field_t, &params.fat_model, Precession::Plus)?;
    let mut warnings: Vec<Warning> = timing.check_spacing()?.into_iter().collect();
    let reversed = echoes.data.reversed_axes();
    let all = reversed.to_slice().filter(|_| echoes.echo_times_ms.len() == n_echoes).ok_or_else(|| {
        refused("the echoes are not stored one after the other, or not as many as their times".to_owned())
    })?;
    let n = nx * ny * nz;
    let gather = |voxel: usize, signal: &mut Vec<f32>| {
        signal.clear();
        signal.extend(all.iter().skip(voxel).step_by(n.max(1)));
    };

    let energies = energies(all, n, echoes.mask.as_ref());
    let guess = residual_variance(&model, &energies, degrees, gather).ok_or_else(|| echoes.no_signal())?;
    let background = noise::variance_of_background(&energies, n_echoes, guess);
    let variance = background.unwrap_or(guess);
    let limit = noise::noise_energy_limit(n_echoes, variance) as f32;
    let model = model.with_noise(variance);
    let taking_part: Vec<bool> = match echoes.mask {
        Some(_) => energies.iter().map(|&energy| energy > 0.0).collect(),
        None => withhold::with_surroundings(&energies, limit, [nx, ny, nz]),
    };
    let mut answers: Vec<[Option<Answer>; 2]> = vec![[None; 2]; n];
    answers.par_chunks_mut(nx.max(1)).enumerate().for_each_init(Vec::new, |signal, (row, answers)| {
        for (x, answer) in answers.iter_mut().enumerate() {
            let voxel = row * nx + x;
            if taking_part[voxel] {
                gather(voxel, signal);
                *answer = model.answers(signal);
            }
        }
    });
    let costs = decide::choose(&mut answers, [nx, ny, nz], echoes.voxel_mm, variance);

    let sigma = variance.sqrt();
    let sigma_from = if background.is_some() { "background" } else { "residual" };
    let mut found = MagnitudeFound { sigma, sigma_from, ..MagnitudeFound::default() };
    let mut swap = vec![false; n];
    let mut planes: [Vec<f32>; 6] = std::array::from_fn(|_| vec![f32::NAN; n]);
    for voxel in 0..n {
        let Some(answer) = answers[voxel][0] else { continue };
        let sd = (100.0 * decide::variance(&answers[voxel], costs[voxel], variance).sqrt()) as f32;
        let chi = ((answer.residual / degrees as f64).sqrt() / sigma) as f32;
        planes[5][voxel] = chi;
        let noise = energies[voxel] <= limit;
        let signal = (energies[voxel] / n_echoes as f32).sqrt();
        let metal = withhold::is_metal(answer.r2star as f32, chi, sigma, signal);
        if found.counts.speaks_against(noise, metal, sd) && params.withhold == Withhold::Default {
            continue;
        }
        swap[voxel] = decide::is_suspect(&answers[voxel], costs[voxel]);
        found.counts.n_swap_suspected += usize::from(swap[voxel]);
        let [water, fat] = [1.0 - answer.fraction, answer.fraction].map(|part| (answer.total * part) as f32);
        let values = [(100.0 * answer.fraction) as f32, sd, water, fat, answer.r2star as f32];
        for (plane, value) in planes.iter_mut().zip(values) {
            plane[voxel] = value;
        }
    }
    warnings.extend(found.counts.warning());
    let [pdff, pdff_sd, water, fat, r2star, residual] = planes.map(|plane| maps::volume([nx, ny, nz], plane));
    let swap = maps::volume([nx, ny, nz], swap);
    Ok(MagnitudeSeparation { pdff, pdff_sd, water, fat, r2star, residual, swap, found, warnings })
}

/// Squared magnitude summed over the echoes, each voxel; NaN where an echo is not finite or it is outside the mask.
fn energies(all: &[f32], n: usize, mask: Option<&ArrayView3<'_, bool>>) -> Vec<f32> {
    let mut energies = vec![0.0_f32; n];
    for echo in all.chunks(n.max(1)) {
        energies.par_iter_mut().zip(echo).for_each(|(energy, m)| *energy += m * m);
    }
    if let Some(mask) = mask {
        for (energy, inside) in energies.iter_mut().zip(mask.reversed_axes().iter()) {
            if !inside {
                *energy = f32::NAN;
            }
        }
    }
    energies
}

/// Noise variance from the residuals of bright voxels.
fn residual_variance(
    model: &MagnitudeModel,
    energies: &[f32],
    degrees: usize,
    gather: impl Fn(usize, &mut Vec<f32>),
) -> Option<f64> {
    let mut carrying: Vec<f32> = energies.iter().copied().filter(|&energy| energy > 0.0).collect();
    if carrying.is_empty() {
        return None;
    }
    // the brighter half of what carries signal: there the noise is close to normal
    let middle = carrying.len() / 2;
    let bright = *carrying.select_nth_unstable_by(middle, f32::total_cmp).1;
    let voxels: Vec<usize> = (0..energies.len()).filter(|&voxel| energies[voxel] >= bright).collect();
    let mut signal = Vec::new();
    let sample = voxels.iter().step_by(1 + voxels.len() / N_NOISE_SAMPLE);
    let mut residuals: Vec<f32> = sample
        .filter_map(|&voxel| {
            gather(voxel, &mut signal);
            Some((model.answers(&signal)[0]?.residual as f32).max(f32::MIN_POSITIVE))
        })
        .collect();
    noise::variance_of_residuals(&mut residuals, degrees)
}
