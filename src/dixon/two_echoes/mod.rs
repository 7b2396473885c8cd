//! Water, fat, fat fraction and field from two complex echoes, R2* given.
//!
//! Inputs  complex echoes `[x, y, z, 2]`, Fortran order, echo times in ms, field strength in T, voxel sides in mm, R2* in 1/s
//! Output  PDFF (percent, never clipped), water, fat (signal units), field (Hz, modulo one turn over the echo spacing),
//!         standard deviation of PDFF (percentage points; an assumed R2* counts in it, a given one is taken as known),
//!         suspected swaps
//! Method  water and fat share their phase when they are excited, so that the magnitudes leave two fat fractions a voxel
//!         ([`EchoPair`], Eggers 2011, doi:10.1002/mrm.22578), each with a field of its own; the field is smooth, which
//!         TRW-S over the neighbours decides (Kolmogorov 2006, doi:10.1109/TPAMI.2006.200)
//! Limits  R2* is assumed: what another one would change is stated beside the maps. Between an in-phase and an opposed
//!         echo, water and fat stand alike, and only the small peaks of fat tell a body from its exchanged twin: where the
//!         sign of the phase is neither stated nor decided by them, all voxels are suspects.

mod candidates;

use super::DixonError;
use super::echo_pair::R2StarBias;
use super::multi_echo::graph::Graph;
use super::multi_echo::message_passing::MessagePassing;
use super::multi_echo::minima::{ABSENT, N_LABELS};
use super::multi_echo::moves::Open;
use super::multi_echo::source::Source;
use super::multi_echo::withhold::Counts;
use super::multi_echo::{
    Bipolar, Echoes, Params, Precession, PrecessionChoice, Withhold, labelling, maps, model, moves, noise, withhold,
};
use crate::error::Warning;
use candidates::{Candidates, Protocol};
use ndarray::Array3;
use std::f64::consts::PI;

/// The method in words, for sidecars.
pub const METHOD: &str = "water and fat from two complex echoes with a common phase and a given R2* (Eggers 2011, \
     doi:10.1002/mrm.22578), choice between the two fields by TRW-S (doi:10.1109/TPAMI.2006.200)";

/// The limit T of the squared difference of neighbouring field phases, rad squared.
const CAP: f32 = 0.5;
/// Passes without and with the limit.
const SWEEPS: [usize; 2] = [4, 4];
/// The energy of the other sign of the phase must be that many times higher, else the data do not decide it.
const PRECESSION_MARGIN: f64 = 1.05;

/// What was found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct TwoEchoFound {
    /// Sign of the phase.
    pub precession: Precession,
    /// Energy of the field with the other sign over that with this one, where both were tried.
    pub precession_ratio: Option<f64>,
    /// R2* that was taken, 1/s.
    pub r2star: f64,
    /// What another R2* would change.
    pub r2star_bias: Vec<R2StarBias>,
    /// Standard deviation of the noise in a real or imaginary part, signal units.
    pub sigma: f64,
    /// Where that comes from: `background` or `neighbours`.
    pub sigma_from: &'static str,
    /// Period of the field map, Hz.
    pub field_period_hz: f64,
    /// Voxels, and what speaks against them.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Maps in the memory order of the echoes; NaN where not measured or withheld.
#[derive(Debug, Clone)]
pub struct TwoEchoSeparation {
    /// Proton-density fat fraction, percent.
    pub pdff: Array3<f32>,
    /// Its standard deviation, percentage points.
    pub pdff_sd: Array3<f32>,
    /// Water, signal units.
    pub water: Array3<f32>,
    /// Fat, signal units.
    pub fat: Array3<f32>,
    /// Field, Hz.
    pub field: Array3<f32>,
    /// True where water and fat may be exchanged.
    pub swap: Array3<bool>,
    /// What was found.
    pub found: TwoEchoFound,
    /// What must be said.
    pub warnings: Vec<Warning>,
}

/// Separates water and fat of two complex echoes.
///
/// # Errors
/// [`DixonError::EchoTimes`] where there are not two echoes with increasing times at which water and fat can be told apart;
/// [`DixonError::NoSignal`] where no voxel carries signal.
pub fn separate_two(echoes: &Echoes<'_>, params: &Params) -> Result<TwoEchoSeparation, DixonError> {
    let refused = |problem: &str| DixonError::EchoTimes {
        problem: problem.to_owned(),
        remedy: "give two echoes with their times in ms, or more echoes".to_owned(),
    };
    if params.bipolar == Bipolar::On {
        return Err(refused("two echoes cannot tell an odd/even phase from the field: pass --bipolar off"));
    }
    let source = Source::new(&echoes.data)
        .filter(|source| source.n_echoes() == 2 && echoes.echo_times_ms.len() == 2)
        .ok_or_else(|| refused("two echoes with two echo times are needed"))?;
    let timing = model::EchoModel::new(echoes.echo_times_ms, echoes.field_t, &params.fat_model, Precession::Plus)?;
    let mut warnings: Vec<Warning> = timing.check_spacing()?.into_iter().collect();
    let energies = source.energies(echoes.mask.as_ref());
    let guess = variance_of_neighbours(&source, &energies).ok_or(echoes.no_signal())?;
    let background = noise::variance_of_background(&energies, 2, guess);
    let variance = background.unwrap_or(guess);
    let limit = noise::noise_energy_limit(2, variance) as f32;
    let taking_part: Vec<bool> = match echoes.mask {
        Some(_) => energies.iter().map(|&energy| energy > 0.0).collect(),
        None => withhold::with_surroundings(&energies, limit, source.dims),
    };
    let solve = |precession: Precession| {
        let protocol = Protocol::new(echoes, params, precession, variance);
        let candidates = candidates::all(&source, &protocol, &taking_part);
        let graph = graph(&candidates, &energies, variance, source.dims, echoes.voxel_mm);
        let labels = label(&graph);
        let energy = graph.energy(&labels, CAP);
        (protocol, candidates, graph, labels, energy)
    };
    let (precession, precession_ratio) = match params.precession {
        PrecessionChoice::Given(precession) => (precession, None),
        PrecessionChoice::Auto => {
            let [plus, minus] = [Precession::Plus, Precession::Minus].map(|sign| solve(sign).4);
            let ratio = plus.max(minus) / plus.min(minus).max(f64::MIN_POSITIVE);
            if ratio < PRECESSION_MARGIN {
                let message = format!(
                    "both signs of the phase fit alike (ratio {ratio:.3}): +1 is assumed and every voxel marked as a suspected \
                     swap; state the sign with --precession"
                );
                warnings.push(Warning::new("precession-undecided", message));
            }
            (if minus * PRECESSION_MARGIN <= plus { Precession::Minus } else { Precession::Plus }, Some(ratio))
        }
    };
    let (protocol, candidates, graph, labels, _) = solve(precession);
    let suspects = match precession_ratio.is_some_and(|ratio| ratio < PRECESSION_MARGIN) {
        true => vec![true; labels.len()],
        false => withhold::suspected_swaps(&graph, &labels, variance as f32, CAP),
    };
    drop(graph);

    let n = source.n_voxels();
    let period_hz = 1.0 / protocol.pair.delay_s;
    let mut found = TwoEchoFound {
        precession,
        precession_ratio,
        r2star: protocol.r2star,
        r2star_bias: protocol.pair.bias_table(protocol.r2star),
        sigma: variance.sqrt(),
        sigma_from: if background.is_some() { "background" } else { "neighbours" },
        field_period_hz: period_hz,
        counts: Counts::default(),
    };
    let mut planes: [Vec<f32>; 5] = std::array::from_fn(|_| vec![f32::NAN; n]);
    let mut swap = vec![false; n];
    let mut signal = Vec::new();
    for voxel in 0..n {
        let Some(of) = &candidates[voxel] else { continue };
        let label = usize::from(labels[voxel]).min(1);
        let fraction = f64::from(of.fraction[label]);
        let sd = (100.0 * protocol.variance_of(fraction, 1.0 / f64::from(of.curvature)).sqrt()) as f32;
        let noise = energies[voxel] <= limit;
        if found.counts.speaks_against(noise, false, sd) && params.withhold == Withhold::Default {
            continue;
        }
        source.gather(voxel, &mut signal);
        let decay = (-protocol.r2star * protocol.times_s[0]).exp();
        let total = f64::from(signal[0].norm()) / (decay * protocol.pair.squared(0, fraction).max(1e-6).sqrt());
        let hz = precession.sign() * f64::from(of.phase[label]) / (2.0 * PI * protocol.pair.delay_s);
        let values = [100.0 * fraction, f64::from(sd), total * (1.0 - fraction), total * fraction, hz];
        for (plane, value) in planes.iter_mut().zip(values) {
            plane[voxel] = value as f32;
        }
        swap[voxel] = suspects[voxel];
        found.counts.n_swap_suspected += usize::from(suspects[voxel]);
    }
    warnings.extend(found.counts.warning());
    let dims = source.dims;
    let [pdff, pdff_sd, water, fat, field] = planes.map(|plane| maps::volume(dims, plane));
    Ok(TwoEchoSeparation { pdff, pdff_sd, water, fat, field, swap: maps::volume(dims, swap), found, warnings })
}

fn graph(
    candidates: &[Option<Candidates>],
    energies: &[f32],
    variance: f64,
    dims: [usize; 3],
    voxel_mm: [f64; 3],
) -> Graph {
    let four = |values: Option<[f32; 2]>, absent: f32| -> [f32; N_LABELS] {
        std::array::from_fn(|label| values.and_then(|values| values.get(label).copied()).unwrap_or(absent))
    };
    let unexplained = labelling::MODEL_ERROR.powi(2) / 2.0;
    Graph {
        dims,
        phase: candidates.iter().map(|of| four(of.map(|of| of.phase), 0.0)).collect(),
        cost: candidates.iter().map(|of| four(of.map(|of| of.cost), ABSENT)).collect(),
        curvature: candidates.iter().map(|of| of.map_or(0.0, |of| of.curvature)).collect(),
        tolerance: energies.iter().map(|&e| (variance + unexplained * f64::from(e)) as f32).collect(),
        bond: voxel_mm.map(|mm| (labelling::MU / mm) as f32),
        strongest: voxel_mm.map(|mm| (labelling::STRONGEST / mm) as f32),
        period: 2.0 * std::f32::consts::PI,
    }
}

fn label(graph: &Graph) -> Vec<u8> {
    let mut passing = MessagePassing::new(graph, f32::INFINITY);
    (0..SWEEPS[0]).for_each(|_| {
        passing.sweep();
    });
    passing.set_cap(CAP);
    (0..SWEEPS[1]).for_each(|_| {
        passing.sweep();
    });
    let mut labels = passing.labels();
    moves::settle(graph, &mut labels, &mut Open::all(graph), CAP, 3);
    labels
}

/// Noise variance from what a voxel's first magnitude differs by from the mean of its neighbours along x: texture adds to
/// it, so it errs towards more. `None` without signal.
fn variance_of_neighbours(source: &Source<'_>, energies: &[f32]) -> Option<f64> {
    let mut signal = Vec::new();
    let mut first = |voxel: usize| {
        source.gather(voxel, &mut signal);
        signal[0].norm()
    };
    let all: Vec<usize> = (1..energies.len().saturating_sub(1)).filter(|&voxel| energies[voxel] > 0.0).collect();
    let mut squares: Vec<f32> = all
        .iter()
        .step_by(1 + all.len() / 20_000)
        .map(|&voxel| (first(voxel) - 0.5 * (first(voxel - 1) + first(voxel + 1))).powi(2))
        .filter(|square| square.is_finite())
        .collect();
    let brightest = energies.iter().copied().fold(0.0_f32, f32::max);
    // data without noise have at least that of their rounding
    squares.iter_mut().for_each(|square| *square = square.max(1e-12 * brightest));
    // the variance of such a difference is 1.5 sigma squared
    noise::variance_of_residuals(&mut squares, 1).map(|variance| variance / 1.5)
}

#[cfg(test)]
mod tests;
