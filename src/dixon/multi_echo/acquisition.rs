//! What is found of an acquisition before any voxel is labelled: the sign of its phase, the odd/even phase, the noise, and
//! which voxels take part.

use super::bipolar::{self, Bipolar, OddEvenPhase};
use super::model::{EchoModel, Precession};
use super::refine::MAX_ECHOES;
use super::residual::{Residual, Scratch};
use super::source::Source;
use super::types::{Echoes, Params, PrecessionChoice};
use super::{noise, withhold};
use crate::dixon::DixonError;
use crate::error::Warning;
use rayon::prelude::*;

/// R2* (1/s) at which the residual is searched; without the highest, tissue full of iron is exchanged and looks well fitted.
const SEARCHED_R2STAR: [f64; 5] = [20.0, 50.0, 100.0, 200.0, 350.0];
/// Voxels from which the noise is first guessed.
const N_NOISE_SAMPLE: usize = 4000;
/// Bright voxels on which the sign of the phase and the odd/even phase are judged.
const N_BRIGHT_SAMPLE: usize = 500;
/// The other sign must leave that much more, else the sign is not decided by the data.
const PRECESSION_MARGIN: f64 = 1.02;

/// Echoes with all that holds for the whole of them.
pub struct Acquisition<'a> {
    /// The echoes, odd/even phase taken off where it is applied.
    pub source: Source<'a>,
    /// Squared magnitude summed over the echoes; NaN where not measured.
    pub energies: Vec<f32>,
    /// The signal at the echo times.
    pub model: EchoModel,
    /// The residual over the field.
    pub residual: Residual,
    /// Sign of the phase.
    pub precession: Precession,
    /// Residual with the other sign over that with this one, where both were tried.
    pub precession_ratio: Option<f64>,
    /// True where both signs were tried and fit alike: water and fat may be exchanged everywhere.
    pub precession_undecided: bool,
    /// Odd/even phase, where it could be estimated.
    pub odd_even_phase: Option<OddEvenPhase>,
    /// Noise variance of a real or imaginary part.
    pub variance: f64,
    /// True where that comes from voxels of noise alone.
    pub has_background: bool,
    /// Energy above which a voxel carries signal.
    pub noise_limit: f32,
    /// Voxels that take part.
    pub taking_part: Vec<bool>,
}

impl<'a> Acquisition<'a> {
    /// Finds it.
    ///
    /// # Errors
    /// [`DixonError::EchoTimes`] where the echoes are too few or their times cannot tell water from fat;
    /// [`DixonError::NoSignal`] where no voxel carries signal.
    pub fn find(echoes: &Echoes<'a>, params: &Params, warnings: &mut Vec<Warning>) -> Result<Self, DixonError> {
        let mut source = checked_source(echoes)?;
        let n_echoes = source.n_echoes();
        let model_of = |precession| EchoModel::new(echoes.echo_times_ms, echoes.field_t, &params.fat_model, precession);
        let searched: Vec<f64> = params.r2star.map_or(SEARCHED_R2STAR.to_vec(), |given| vec![given]);
        let residual_of = |precession| Residual::new(&model_of(precession)?, &searched);
        warnings.extend(model_of(Precession::Plus)?.check_spacing()?);

        let no_signal = || echoes.no_signal();
        let energies = source.energies(echoes.mask.as_ref());
        let bright = bright_energy(&energies).ok_or_else(no_signal)?;
        let (precession, precession_ratio) = match params.precession {
            PrecessionChoice::Given(precession) => (precession, None),
            PrecessionChoice::Auto => {
                let (precession, ratio) = find_precession(&source, &energies, bright, residual_of)?;
                if ratio < PRECESSION_MARGIN {
                    warnings.push(Warning::new(
                        "precession-undecided",
                        format!(
                            "both signs of the phase fit alike (ratio {ratio:.3}): +1 is assumed and every voxel marked as a \
                             suspected swap; state the sign with --precession"
                        ),
                    ));
                }
                (if ratio < PRECESSION_MARGIN { Precession::Plus } else { precession }, Some(ratio))
            }
        };
        let residual = residual_of(precession)?;
        let odd_even_phase = match params.bipolar {
            Bipolar::Off => None,
            Bipolar::Auto if n_echoes < 4 => None,
            Bipolar::On if n_echoes < 4 => {
                return Err(DixonError::EchoTimes {
                    problem: "three echoes cannot tell an odd/even phase from the field".to_owned(),
                    remedy: "pass --bipolar off, or give four echoes or more".to_owned(),
                });
            }
            choice => {
                let voxels = sample(&energies, |energy| energy > bright, N_BRIGHT_SAMPLE);
                let estimated = bipolar::estimate(&source, &residual, &energies, bright, &voxels);
                estimated.map(|found| OddEvenPhase { applied: choice == Bipolar::On || found.is_there(), ..found })
            }
        };
        if let Some(found) = odd_even_phase.as_ref().filter(|found| found.applied) {
            source.roll = Some(found.roll(source.dims[found.axis]));
        }

        let guess = noise_guess(&source, &residual, &energies).ok_or_else(no_signal)?;
        let background = noise::variance_of_background(&energies, n_echoes, guess);
        let variance = background.unwrap_or(guess);
        let noise_limit = noise::noise_energy_limit(n_echoes, variance) as f32;
        let taking_part = match echoes.mask {
            Some(_) => energies.iter().map(|&energy| energy > 0.0).collect(),
            None => withhold::with_surroundings(&energies, noise_limit, source.dims),
        };
        Ok(Acquisition {
            model: model_of(precession)?,
            has_background: background.is_some(),
            source,
            energies,
            residual,
            precession,
            precession_ratio,
            precession_undecided: precession_ratio.is_some_and(|ratio| ratio < PRECESSION_MARGIN),
            odd_even_phase,
            variance,
            noise_limit,
            taking_part,
        })
    }
}

/// The echoes, when there are three or more, as many as their times, in the memory order that all images here have.
fn checked_source<'a>(echoes: &Echoes<'a>) -> Result<Source<'a>, DixonError> {
    let n_echoes = echoes.data.dim().3;
    let problem = if n_echoes != echoes.echo_times_ms.len() {
        format!("there are {n_echoes} echoes and {} echo times", echoes.echo_times_ms.len())
    } else if !(3..=MAX_ECHOES).contains(&n_echoes) {
        format!("there are {n_echoes} echoes; water, fat, field and R2* need 3 to {MAX_ECHOES}")
    } else if let Some(source) = Source::new(&echoes.data) {
        return Ok(source);
    } else {
        "the echoes are not stored one after the other".to_owned()
    };
    Err(DixonError::EchoTimes { problem, remedy: "give every echo once, with its echo time".to_owned() })
}

/// A quarter of the energy that one voxel in twenty exceeds; `None` where nothing carries signal.
fn bright_energy(energies: &[f32]) -> Option<f32> {
    let mut carrying: Vec<f32> = energies.iter().step_by(1 + energies.len() / 200_000).copied().collect();
    carrying.retain(|&energy| energy > 0.0);
    let place = carrying.len() * 19 / 20;
    (!carrying.is_empty()).then(|| 0.25 * *carrying.select_nth_unstable_by(place, f32::total_cmp).1)
}

/// Evenly spaced voxels of those that pass.
fn sample(energies: &[f32], passes: impl Fn(f32) -> bool, n: usize) -> Vec<usize> {
    let all: Vec<usize> = (0..energies.len()).filter(|&voxel| passes(energies[voxel])).collect();
    let n = n.min(all.len());
    (0..n).map(|k| all[k * all.len() / n]).collect()
}

/// The sign of the phase under which bright voxels leave less, and by how much the other leaves more. The odd/even phase
/// is left free in each voxel, so that it does not decide.
fn find_precession(
    source: &Source<'_>,
    energies: &[f32],
    bright: f32,
    residual_of: impl Fn(Precession) -> Result<Residual, DixonError>,
) -> Result<(Precession, f64), DixonError> {
    let voxels = sample(energies, |energy| energy > bright, N_BRIGHT_SAMPLE);
    let angles = source.n_echoes() > 3;
    let mut left = [0.0; 2];
    for (left, precession) in left.iter_mut().zip([Precession::Plus, Precession::Minus]) {
        let residual = residual_of(precession)?;
        let of_voxels: Vec<f64> = voxels
            .par_iter()
            .map(|&voxel| {
                if angles {
                    let by_angle = bipolar::lowest_by_angle(source, &residual, energies, std::iter::once(voxel));
                    return by_angle.into_iter().fold(f64::INFINITY, f64::min);
                }
                let mut signal = Vec::new();
                source.gather(voxel, &mut signal);
                f64::from(residual.lowest(&signal, &mut Scratch::default()).max(0.0) / energies[voxel])
            })
            .collect();
        *left = of_voxels.iter().sum();
    }
    let least = left[0].min(left[1]).max(1e-12);
    let precession = if left[1] < left[0] { Precession::Minus } else { Precession::Plus };
    Ok((precession, left[0].max(left[1]) / least))
}

fn noise_guess(source: &Source<'_>, residual: &Residual, energies: &[f32]) -> Option<f64> {
    let mut scratch = Scratch::default();
    let mut signal = Vec::new();
    let voxels = sample(energies, |energy| energy > 0.0, N_NOISE_SAMPLE);
    let mut lowest: Vec<f32> = voxels
        .iter()
        .map(|&voxel| {
            source.gather(voxel, &mut signal);
            residual.lowest(&signal, &mut scratch).max(f32::MIN_POSITIVE)
        })
        .collect();
    noise::variance_of_residuals(&mut lowest, (2 * source.n_echoes()).saturating_sub(5).max(1))
}
