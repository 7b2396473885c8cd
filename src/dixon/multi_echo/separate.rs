//! The separation in order: noise, precession, odd/even phase, minima, labelling, refinement, what is withheld.

use super::bipolar::{self, Bipolar, OddEvenPhase};
use super::graph::Graph;
use super::labelling;
use super::model::{EchoModel, Precession};
use super::noise;
use super::refine::{self, MAX_ECHOES, R2Star};
use super::residual::{ABSENT, Minima, N_LABELS, Residual, Scratch};
use super::source::Source;
use super::withhold;
use crate::dixon::{DixonError, FatModel};
use crate::error::Warning;
use ndarray::{Array3, ArrayView3, ArrayView4, ShapeBuilder};
use num_complex::Complex32;
use rayon::prelude::*;
use std::f64::consts::PI;

/// Complex echoes of one acquisition.
#[derive(Debug, Clone, Copy)]
pub struct Echoes<'a> {
    /// `[x, y, z, echo]`, Fortran order; NaN where not measured.
    pub data: ArrayView4<'a, Complex32>,
    /// Echo times, ms, increasing.
    pub echo_times_ms: &'a [f64],
    /// Field strength, T.
    pub field_t: f64,
    /// Distance between neighbouring voxels along each axis, mm.
    pub voxel_mm: [f64; 3],
    /// Where to look; everywhere with signal without it.
    pub mask: Option<ArrayView3<'a, bool>>,
}

/// How the sign of the phase is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrecessionChoice {
    /// By trying both.
    #[default]
    Auto,
    /// Stated.
    Given(Precession),
}

/// What to withhold from the maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withhold {
    /// Voxels of noise alone, and those by metal, where the model does not hold.
    #[default]
    Default,
    /// Nothing that could be fitted.
    None,
}

/// Parameters of the separation.
#[derive(Debug, Clone, Default)]
pub struct Params {
    /// Spectrum of fat.
    pub fat_model: FatModel,
    /// Sign of the phase.
    pub precession: PrecessionChoice,
    /// Odd/even phase.
    pub bipolar: Bipolar,
    /// What to withhold.
    pub withhold: Withhold,
    /// R2* (1/s) where it is given instead of fitted.
    pub r2star: Option<f64>,
}

/// What was found of the acquisition.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Found {
    /// Sign of the phase.
    pub precession: Precession,
    /// Residual with the other sign over that with this one, where both were tried.
    pub precession_ratio: Option<f64>,
    /// Odd/even phase, where it could be estimated.
    pub odd_even_phase: Option<OddEvenPhase>,
    /// Standard deviation of the noise in a real or imaginary part, signal units.
    pub sigma: f64,
    /// Where that comes from: `residual` or `background`.
    pub sigma_from: &'static str,
    /// Period of the field map, Hz; `None` for unequal echo spacings.
    pub field_period_hz: Option<f64>,
    /// Voxels that were fitted.
    pub n_fitted: usize,
    /// Of those, withheld as noise.
    pub n_noise: usize,
    /// Of those, withheld because the model does not hold (metal).
    pub n_metal: usize,
    /// Of those, where a swap of water and fat is suspected.
    pub n_swap_suspected: usize,
}

/// Maps in the memory order of the echoes; NaN where not measured or withheld.
#[derive(Debug, Clone)]
pub struct Separation {
    /// Proton-density fat fraction, percent.
    pub pdff: Array3<f32>,
    /// Magnitude of water, signal units.
    pub water: Array3<f32>,
    /// Magnitude of fat, signal units.
    pub fat: Array3<f32>,
    /// R2*, 1/s.
    pub r2star: Array3<f32>,
    /// Field, Hz.
    pub field: Array3<f32>,
    /// Cramer-Rao standard deviation of `pdff`, percentage points.
    pub pdff_sd: Array3<f32>,
    /// Root of the squared residual a degree of freedom, over sigma; `None` for three echoes, which leave none.
    pub residual: Option<Array3<f32>>,
    /// True where water and fat may be exchanged.
    pub swap: Array3<bool>,
    /// What was found.
    pub found: Found,
    /// What must be said.
    pub warnings: Vec<Warning>,
}

/// R2* (1/s) at which the residual is searched.
const SEARCHED_R2STAR: [f64; 2] = [30.0, 110.0];
/// R2* of tissue for three echoes, which cannot tell it on their own: mean and standard deviation, 1/s.
const THREE_ECHO_R2STAR: [f64; 2] = [50.0, 50.0];
/// Voxels from which the noise is first guessed.
const N_NOISE_SAMPLE: usize = 4000;
/// Bright voxels on which both signs of the phase are tried.
const N_PRECESSION_SAMPLE: usize = 500;
/// The other sign must leave that much more, else the sign is not decided by the data.
const PRECESSION_MARGIN: f64 = 1.02;

/// Separates water and fat.
///
/// # Errors
/// [`DixonError::EchoTimes`] where the echoes are too few or their times cannot tell water from fat;
/// [`DixonError::NoSignal`] where no voxel carries signal.
pub fn separate(echoes: &Echoes<'_>, params: &Params) -> Result<Separation, DixonError> {
    let mut warnings = Vec::new();
    let mut source = checked_source(echoes)?;
    let n_echoes = source.n_echoes();
    let model_of = |precession| EchoModel::new(echoes.echo_times_ms, echoes.field_t, &params.fat_model, precession);
    let searched: Vec<f64> = params.r2star.map_or(SEARCHED_R2STAR.to_vec(), |given| vec![given]);
    let residual_of = |precession| Residual::new(&model_of(precession)?, &searched);
    let model = model_of(Precession::Plus)?;
    warnings.extend(check_spacing(&model)?);

    let energies = source.energies(echoes.mask.as_ref());
    let bright = bright_energy(&energies).ok_or(DixonError::NoSignal { what: "the echo series" })?;
    let (precession, precession_ratio) = match params.precession {
        PrecessionChoice::Given(precession) => (precession, None),
        PrecessionChoice::Auto => {
            let (precession, ratio) = find_precession(&source, &energies, bright, residual_of)?;
            if ratio < PRECESSION_MARGIN {
                warnings.push(Warning::new(
                    "precession-undecided",
                    format!("both signs of the phase fit alike (ratio {ratio:.3}); +1 is assumed, see --precession"),
                ));
            }
            (if ratio < PRECESSION_MARGIN { Precession::Plus } else { precession }, Some(ratio))
        }
    };
    let model = model_of(precession)?;
    let residual = residual_of(precession)?;
    let odd_even_phase = match params.bipolar {
        Bipolar::Off => None,
        _ if n_echoes < 4 => {
            if params.bipolar == Bipolar::On {
                return Err(DixonError::EchoTimes {
                    problem: "three echoes cannot tell an odd/even phase from the field".to_owned(),
                    remedy: "pass --bipolar off, or give four echoes or more".to_owned(),
                });
            }
            None
        }
        choice => bipolar::estimate(&source, &residual, &energies, bright).map(|mut found| {
            found.applied = choice == Bipolar::On || found.is_there();
            found
        }),
    };
    if let Some(found) = odd_even_phase.as_ref().filter(|found| found.applied) {
        source.roll = Some(found.roll(source.dims[found.axis]));
    }

    let guess = noise_guess(&source, &residual, &energies).ok_or(DixonError::NoSignal { what: "the echo series" })?;
    let background = noise::variance_of_background(&energies, n_echoes, guess);
    let variance = background.unwrap_or(guess);
    let limit = noise::noise_energy_limit(n_echoes, variance) as f32;
    let taking_part = match echoes.mask {
        Some(_) => energies.iter().map(|&energy| energy > 0.0).collect(),
        None => withhold::with_surroundings(&energies, limit, source.dims),
    };

    let minima = minima(&source, &residual, &taking_part);
    let bond = echoes.voxel_mm.map(|mm| (labelling::MU / mm) as f32);
    let graph = Graph {
        dims: source.dims,
        phase: minima.iter().map(|m| m.phase).collect(),
        cost: minima.iter().map(|m| m.cost).collect(),
        curvature: minima.iter().map(|m| m.curvature).collect(),
        bond,
        period: residual.period,
    };
    let r_start: Vec<u8> = minima.iter().map(|m| m.r_index).collect();
    drop(minima);
    let swap_phase = model.phase_of_hz(model.shift_hz) as f32;
    let labels = labelling::label(&graph, swap_phase, n_echoes);

    let known = match (params.r2star, n_echoes) {
        (Some(given), _) => R2Star::Given(given),
        (None, 3) => {
            R2Star::Prior { mean: THREE_ECHO_R2STAR[0], weight: variance / THREE_ECHO_R2STAR[1].powi(2) }
        }
        _ => R2Star::Free,
    };
    let swap = withhold::suspected_swaps(&graph, &labels, variance as f32, labelling::cap(n_echoes));
    let starts: Vec<f32> = labels.iter().enumerate().map(|(voxel, _)| graph.phase_of(&labels, voxel)).collect();
    let inside: Vec<bool> = (0..labels.len()).map(|voxel| graph.inside(voxel)).collect();
    drop((graph, labels));
    let start = |voxel: usize| {
        let hz = model.hz_of_phase(f64::from(starts[voxel]));
        inside[voxel].then(|| (2.0 * PI * hz, residual.r2star[usize::from(r_start[voxel])]))
    };
    let maps = refined(&source, &model, &start, known);

    let degrees = (2 * n_echoes).saturating_sub(if matches!(known, R2Star::Given(_)) { 5 } else { 6 });
    let (sigma, sigma_from) = match (degrees, background) {
        (0, _) => (variance.sqrt(), if background.is_some() { "background" } else { "residual" }),
        (degrees, _) => {
            let mut residuals: Vec<f32> =
                maps.residual.iter().zip(&energies).filter(|&(r, &e)| *r >= 0.0 && e > limit).map(|(r, _)| *r).collect();
            let of_residuals = noise::variance_of_residuals(&mut residuals, degrees);
            (of_residuals.unwrap_or(variance).sqrt(), "residual")
        }
    };
    Ok(Maps::finish(maps, Finish {
        dims: source.dims,
        energies: &energies,
        limit,
        sigma,
        degrees,
        params,
        precession,
        swap,
        found: Found {
            precession,
            precession_ratio,
            odd_even_phase,
            sigma,
            sigma_from,
            field_period_hz: model.uniform.then(|| 1.0 / model.spacing_s),
            n_fitted: 0,
            n_noise: 0,
            n_metal: 0,
            n_swap_suspected: 0,
        },
        warnings,
    }))
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

/// Refuses echo spacings at which water and fat cannot be told apart; warns where a swap has a perfect twin.
fn check_spacing(model: &EchoModel) -> Result<Option<Warning>, DixonError> {
    let turns = model.fat_turns_a_spacing();
    if !model.uniform {
        return Ok(None);
    }
    let spacing_ms = 1e3 * model.spacing_s;
    if !(0.1..=0.9).contains(&turns) {
        return Err(DixonError::EchoTimes {
            problem: format!(
                "at an echo spacing of {spacing_ms:.3} ms fat turns {turns:.2} of a full turn against water from echo to echo; \
                 below 0.1 or above 0.9 water and fat cannot be told apart"
            ),
            remedy: "check the echo times and the field strength; these echoes do not hold a fat fraction".to_owned(),
        });
    }
    Ok(((turns - 0.5).abs() <= 0.03).then(|| {
        Warning::new(
            "half-turn-spacing",
            format!(
                "at an echo spacing of {spacing_ms:.3} ms fat turns {turns:.2} of a full turn against water: \
                 only the small peaks of fat and the neighbourhood tell a voxel from its swapped twin"
            ),
        )
    }))
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
    let voxels = sample(energies, |energy| energy > bright, N_PRECESSION_SAMPLE);
    let mut left = [0.0; 2];
    for (left, precession) in left.iter_mut().zip([Precession::Plus, Precession::Minus]) {
        let residual = residual_of(precession)?;
        let of_voxels: Vec<f64> = voxels
            .par_iter()
            .map(|&voxel| {
                let by_angle = bipolar::lowest_by_angle(source, &residual, energies, std::iter::once(voxel));
                by_angle.into_iter().fold(f64::INFINITY, f64::min)
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

/// The residual's minima of every voxel that takes part.
fn minima(source: &Source<'_>, residual: &Residual, taking_part: &[bool]) -> Vec<Minima> {
    let outside = Minima { phase: [0.0; N_LABELS], cost: [ABSENT; N_LABELS], curvature: 0.0, r_index: 0 };
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

/// The fit of every voxel, in planes of one quantity each.
struct Maps {
    pdff: Vec<f32>,
    water: Vec<f32>,
    fat: Vec<f32>,
    r2star: Vec<f32>,
    field: Vec<f32>,
    /// PDFF standard deviation at sigma = 1, percentage points.
    sd: Vec<f32>,
    residual: Vec<f32>,
}

fn refined(
    source: &Source<'_>,
    model: &EchoModel,
    start: &(impl Fn(usize) -> Option<(f64, f64)> + Sync),
    known: R2Star,
) -> Maps {
    let plane = || vec![f32::NAN; source.n_voxels()];
    let (mut pdff, mut water, mut fat, mut r2star) = (plane(), plane(), plane(), plane());
    let (mut field, mut sd, mut residual) = (plane(), plane(), plane());
    let row = source.dims[0].max(1);
    let period_hz = if model.uniform { 1.0 / model.spacing_s } else { f64::INFINITY };
    let planes = (
        pdff.par_chunks_mut(row),
        water.par_chunks_mut(row),
        fat.par_chunks_mut(row),
        r2star.par_chunks_mut(row),
        field.par_chunks_mut(row),
        sd.par_chunks_mut(row),
        residual.par_chunks_mut(row),
    );
    planes.into_par_iter().enumerate().for_each_init(Vec::new, |signal, (r, (pdff, water, fat, r2star, field, sd, residual))| {
        for x in 0..pdff.len() {
            let Some((omega, r_start)) = start(r * row + x) else { continue };
            source.gather(r * row + x, signal);
            let Some(fit) = refine::fit(model, signal, omega, r_start, known) else { continue };
            let hz = fit.omega / (2.0 * PI);
            pdff[x] = (100.0 * fit.fat_fraction()) as f32;
            water[x] = fit.water.norm() as f32;
            fat[x] = fit.fat.norm() as f32;
            r2star[x] = fit.r2star as f32;
            field[x] = if period_hz.is_finite() { hz - period_hz * (hz / period_hz).round() } else { hz } as f32;
            sd[x] = (100.0 * fit.fat_fraction_sd(1.0)) as f32;
            residual[x] = fit.residual as f32;
        }
    });
    Maps { pdff, water, fat, r2star, field, sd, residual }
}

/// What the maps are finished with.
struct Finish<'a> {
    dims: [usize; 3],
    energies: &'a [f32],
    limit: f32,
    sigma: f64,
    degrees: usize,
    params: &'a Params,
    precession: Precession,
    swap: Vec<bool>,
    found: Found,
    warnings: Vec<Warning>,
}

impl Maps {
    /// Scales by the noise, withholds, and gives the maps their shape.
    fn finish(mut self, with: Finish<'_>) -> Separation {
        let Finish { dims, energies, limit, sigma, degrees, params, precession, mut swap, mut found, warnings } = with;
        for voxel in 0..self.pdff.len() {
            if self.pdff[voxel].is_nan() {
                swap[voxel] = false;
                continue;
            }
            found.n_fitted += 1;
            self.sd[voxel] *= sigma as f32;
            let chi = if degrees > 0 { (self.residual[voxel] / degrees as f32).sqrt() / sigma as f32 } else { 0.0 };
            self.residual[voxel] = chi;
            self.field[voxel] *= precession.sign() as f32;
            let metal = withhold::is_metal(self.r2star[voxel], chi, energies[voxel], limit);
            let noise = energies[voxel] <= limit;
            found.n_metal += usize::from(metal && !noise);
            found.n_noise += usize::from(noise);
            if params.withhold == Withhold::Default && (metal || noise) {
                for plane in [
                    &mut self.pdff, &mut self.water, &mut self.fat, &mut self.r2star, &mut self.field, &mut self.sd,
                ] {
                    plane[voxel] = f32::NAN;
                }
                swap[voxel] = false;
            }
            found.n_swap_suspected += usize::from(swap[voxel]);
        }
        let shaped = |plane: Vec<f32>| volume(dims, plane);
        Separation {
            pdff: shaped(self.pdff),
            water: shaped(self.water),
            fat: shaped(self.fat),
            r2star: shaped(self.r2star),
            field: shaped(self.field),
            pdff_sd: shaped(self.sd),
            residual: (degrees > 0).then(|| shaped(self.residual)),
            swap: volume(dims, swap),
            found,
            warnings,
        }
    }
}

/// A volume in the memory order of the images.
fn volume<T: Clone + Default>(dims: [usize; 3], values: Vec<T>) -> Array3<T> {
    let shape = (dims[0], dims[1], dims[2]).f();
    // the length is that of the echoes, by construction
    Array3::from_shape_vec(shape, values).unwrap_or_default()
}
