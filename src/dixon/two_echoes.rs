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
//!         echo, water and fat stand alike, and only the small peaks of fat tell a body from its exchanged twin: then all
//!         voxels are suspects.

use super::DixonError;
use super::echo_pair::{ASSUMED_R2STAR, EchoPair, R2StarBias};
use super::multi_echo::graph::Graph;
use super::multi_echo::message_passing::MessagePassing;
use super::multi_echo::residual::{ABSENT, N_LABELS};
use super::multi_echo::source::Source;
use super::multi_echo::{
    Bipolar, Echoes, Params, Precession, PrecessionChoice, Withhold, labelling, maps, model, moves, noise, withhold,
};
use crate::error::Warning;
use ndarray::Array3;
use num_complex::{Complex32, Complex64};
use rayon::prelude::*;
use std::f64::consts::PI;

/// The method in words, for sidecars.
pub const METHOD: &str = "water and fat from two complex echoes with a common phase and a given R2* (Eggers 2011, \
     doi:10.1002/mrm.22578), choice between the two fields by TRW-S (doi:10.1109/TPAMI.2006.200)";

/// The limit T of the squared difference of neighbouring field phases, rad squared.
const CAP: f32 = 0.5;
/// Passes without and with the limit.
const SWEEPS: [usize; 2] = [4, 4];
/// What R2* may differ by from an assumed one (standard deviation, 1/s): tissue lies between 20 and 200.
const R2STAR_SD: f64 = 35.0;
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
    /// Voxels that were fitted.
    pub n_fitted: usize,
    /// Of those, noise alone.
    pub n_noise: usize,
    /// Of those, with a standard deviation so large that they say nothing on their own.
    pub n_uncertain: usize,
    /// Of those, where a swap of water and fat is suspected.
    pub n_swap_suspected: usize,
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

/// Both answers of a voxel: fat fraction, field phase over the spacing, and how far beyond 0-1 it lies (squared residual).
#[derive(Debug, Clone, Copy)]
struct Candidates {
    fraction: [f32; 2],
    phase: [f32; 2],
    cost: [f32; 2],
    curvature: f32,
}

/// The protocol of one separation.
struct Protocol {
    pair: EchoPair,
    /// Fat phasor at each echo, in the sign of the phase.
    fat: [Complex64; 2],
    times_s: [f64; 2],
    r2star: f64,
    /// Standard deviation of R2*, 1/s.
    r2star_sd: f64,
    variance: f64,
}

impl Protocol {
    fn new(echoes: &Echoes<'_>, params: &Params, precession: Precession, variance: f64) -> Self {
        let times_ms = [echoes.echo_times_ms[0], echoes.echo_times_ms[1]];
        let phasor = |ms: f64| {
            let [re, im] = params.fat_model.phasor(ms, echoes.field_t);
            Complex64::new(re, precession.sign() * im)
        };
        Protocol {
            pair: EchoPair::new(&params.fat_model, times_ms, echoes.field_t),
            fat: times_ms.map(phasor),
            times_s: times_ms.map(|ms| 1e-3 * ms),
            r2star: params.r2star.unwrap_or(ASSUMED_R2STAR),
            r2star_sd: if params.r2star.is_some() { 0.0 } else { R2STAR_SD },
            variance,
        }
    }

    /// Variance of the fat fraction at a fraction, for the sum of the inverse squared magnitudes.
    fn variance_of(&self, fraction: f64, inverse_squares: f64) -> f64 {
        let of_log_ratio = self.variance * inverse_squares + (self.r2star_sd * self.pair.delay_s).powi(2);
        self.pair.slope(fraction).powi(2) * of_log_ratio
    }

    fn candidates(&self, signal: &[Complex32]) -> Option<Candidates> {
        let [first, second] = [signal[0], signal[1]].map(|s| Complex64::new(f64::from(s.re), f64::from(s.im)));
        let (a, b) = (first.norm(), second.norm());
        if !(a > 0.0 && b > 0.0) {
            return None;
        }
        let fractions = self.pair.fractions(b / a, self.r2star);
        let turn = second * first.conj();
        let of_log = 1.0 / (a * a) + 1.0 / (b * b);
        let phase = fractions.map(|p| {
            let [one, two] = self.fat.map(|fat| 1.0 - p + p * fat);
            (turn * (two * one.conj()).conj()).arg() as f32
        });
        let cost = fractions.map(|p| {
            let possible = p.clamp(0.0, 1.0);
            (self.variance * (p - possible).powi(2) / self.variance_of(possible, of_log)) as f32
        });
        let fraction = fractions.map(|p| p as f32);
        Some(Candidates { fraction, phase, cost, curvature: (1.0 / of_log) as f32 })
    }
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
    if !(0.1..=0.9).contains(&timing.fat_turns_a_spacing()) {
        return Err(refused("fat turns by nearly a full turn, or hardly at all, between the echoes"));
    }
    let energies = source.energies(echoes.mask.as_ref());
    let guess = variance_of_neighbours(&source, &energies).ok_or(DixonError::NoSignal { what: "the echo series" })?;
    let background = noise::variance_of_background(&energies, 2, guess);
    let variance = background.unwrap_or(guess);
    let limit = noise::noise_energy_limit(2, variance) as f32;
    let taking_part: Vec<bool> = match echoes.mask {
        Some(_) => energies.iter().map(|&energy| energy > 0.0).collect(),
        None => withhold::with_surroundings(&energies, limit, source.dims),
    };
    let solve = |precession: Precession| {
        let protocol = Protocol::new(echoes, params, precession, variance);
        let candidates = candidates(&source, &protocol, &taking_part);
        let graph = graph(&candidates, &energies, variance, source.dims, echoes.voxel_mm);
        let labels = label(&graph);
        let energy = graph.energy(&labels, CAP);
        (protocol, candidates, graph, labels, energy)
    };
    let mut warnings = Vec::new();
    let (precession, precession_ratio) = match params.precession {
        PrecessionChoice::Given(precession) => (precession, None),
        PrecessionChoice::Auto => {
            let [plus, minus] = [Precession::Plus, Precession::Minus].map(|sign| solve(sign).4);
            let ratio = plus.max(minus) / plus.min(minus).max(f64::MIN_POSITIVE);
            if ratio < PRECESSION_MARGIN {
                let message =
                    format!("both signs of the phase fit alike (ratio {ratio:.3}): +1 is assumed, see --precession");
                warnings.push(Warning::new("precession-undecided", message));
            }
            (if minus * PRECESSION_MARGIN <= plus { Precession::Minus } else { Precession::Plus }, Some(ratio))
        }
    };
    let (protocol, candidates, graph, labels, _) = solve(precession);
    let suspects = withhold::suspected_swaps(&graph, &labels, variance as f32, CAP);
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
        n_fitted: 0,
        n_noise: 0,
        n_uncertain: 0,
        n_swap_suspected: 0,
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
        let uncertain = !noise && withhold::is_uncertain(sd);
        found.n_fitted += 1;
        found.n_noise += usize::from(noise);
        found.n_uncertain += usize::from(uncertain);
        if params.withhold == Withhold::Default && (noise || uncertain) {
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
        found.n_swap_suspected += usize::from(suspects[voxel]);
    }
    let dims = source.dims;
    let [pdff, pdff_sd, water, fat, field] = planes.map(|plane| maps::volume(dims, plane));
    Ok(TwoEchoSeparation { pdff, pdff_sd, water, fat, field, swap: maps::volume(dims, swap), found, warnings })
}

fn candidates(source: &Source<'_>, protocol: &Protocol, taking_part: &[bool]) -> Vec<Option<Candidates>> {
    (0..source.n_voxels())
        .into_par_iter()
        .map_init(Vec::new, |signal, voxel| {
            if !taking_part[voxel] {
                return None;
            }
            source.gather(voxel, signal);
            protocol.candidates(signal)
        })
        .collect()
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
    moves::settle(graph, &mut labels, CAP, 3);
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
mod tests {
    use super::*;
    use crate::dixon::FatModel;
    use ndarray::{Array4, ShapeBuilder};

    const DIMS: [usize; 3] = [24, 20, 4];

    fn field_hz((x, y, z): (usize, usize, usize)) -> f64 {
        60.0 + 8.0 * x as f64 - 5.0 * y as f64 + 10.0 * z as f64
    }

    /// A block of tissue in air, fat outside and mixtures inside, in a smooth field; R2* 80 1/s, phase growing with `sign`.
    fn body(times_ms: [f64; 2], sign: f64) -> (Array4<Complex32>, Array3<f64>) {
        let model = FatModel::default();
        let [nx, ny, nz] = DIMS;
        let truth = Array3::from_shape_fn((nx, ny, nz).f(), |(x, y, _)| match (x, y) {
            (2..22, 2..18) if x < 5 || y < 5 => 0.95,
            (2..22, 2..18) => [0.03, 0.25, 0.40][(x - 5) / 6],
            _ => f64::NAN,
        });
        let data = Array4::from_shape_fn((nx, ny, nz, 2).f(), |(x, y, z, n)| {
            let (p, t) = (truth[[x, y, z]], 1e-3 * times_ms[n]);
            if p.is_nan() {
                return Complex32::default();
            }
            let [re, im] = model.phasor(times_ms[n], 3.0);
            let turn = Complex64::from_polar(100.0 * (-80.0 * t).exp(), 2.0 * PI * field_hz((x, y, z)) * t + 0.4);
            let s = turn * (1.0 - p + p * Complex64::new(re, im));
            Complex32::new(s.re as f32, (sign * s.im) as f32)
        });
        (data, truth)
    }

    fn separated(times_ms: [f64; 2], data: &Array4<Complex32>) -> TwoEchoSeparation {
        let echoes =
            Echoes { data: data.view(), echo_times_ms: &times_ms, field_t: 3.0, voxel_mm: [2.0, 2.0, 4.0], mask: None };
        separate_two(&echoes, &Params { r2star: Some(80.0), ..Params::default() }).unwrap()
    }

    #[test]
    fn a_body_without_noise_is_recovered_with_its_field_and_the_sign_of_its_phase() {
        let times_ms = [1.3, 2.2];
        for (sign, precession) in [(1.0, Precession::Plus), (-1.0, Precession::Minus)] {
            let (data, truth) = body(times_ms, sign);
            let found = separated(times_ms, &data);
            assert_eq!(found.found.precession, precession, "{:?}", found.found.precession_ratio);
            let mut n = 0;
            for ((at, &got), &want) in found.pdff.indexed_iter().zip(&truth) {
                if want.is_nan() {
                    assert!(got.is_nan());
                    continue;
                }
                assert!((f64::from(got) - 100.0 * want).abs() < 0.01, "{got} {want}");
                assert!((f64::from(found.field[at]) - field_hz(at)).abs() < 0.1, "{at:?}: {}", found.field[at]);
                n += 1;
            }
            assert_eq!(n, found.found.n_fitted);
        }
    }

    #[test]
    fn an_assumed_r2star_widens_the_standard_deviation() {
        let times_ms = [1.3, 2.2];
        let (data, _) = body(times_ms, 1.0);
        let echoes =
            Echoes { data: data.view(), echo_times_ms: &times_ms, field_t: 3.0, voxel_mm: [2.0, 2.0, 4.0], mask: None };
        let assumed = separate_two(&echoes, &Params { withhold: Withhold::None, ..Params::default() }).unwrap();
        let given = separated(times_ms, &data);
        assert_eq!(assumed.found.r2star, ASSUMED_R2STAR);
        assert!(assumed.pdff_sd[[10, 10, 1]] > 1.0 && given.pdff_sd[[10, 10, 1]] < 1.0);
    }
}
