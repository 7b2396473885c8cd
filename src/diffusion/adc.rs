//! Apparent diffusion coefficient, in one fused pass over the series.
//!
//! Inputs  a series, any signal scale; b in s/mm2
//! Output  ADC in um2/s, S0 in the signal's unit, flags (u8 bits); on request the standard error of ADC (um2/s), the root
//!         mean square of the residual of ln S, and computed images at any b
//! Method  `ln S_b = ln S_0 - b ADC`. Plain least squares: the b-values are the same in every voxel, so the two rows of the
//!         pseudo-inverse are computed once and each voxel costs one logarithm a volume. Two-point is the same fit to the
//!         volumes of the lowest and the highest b. For the other fits see `weighted.rs`.
//! Noise   a b-level whose signal is at or below `floor_sigmas` times sigma (3 by default; sigma from the air around the body,
//!         see [`super::noise`](mod@super::noise)) does not enter the fit of that voxel, nor do the levels above it; with fewer than two
//!         levels left the voxel is excluded.
//! Error   `SE^2 = sum_v (c_v sigma_v / S_v)^2`, c_v being what ln S_v adds to ADC; without sigma, from the residual.
//! Rule    a voxel with any [`flag`] but SHORTENED is excluded: NaN, never a made-up number. Flags are what statistics use,
//!         not ADC = 0.
//! Limits  f32 logarithms in the plain fit: ADC within 1e-2 um2/s of double precision. Magnitude noise biases ADC down where
//!         the signal at high b nears the noise floor; monoexponential decay is assumed, perfusion biases low b up.

mod engine;
mod lanes;
mod logarithm;
mod setup;
mod weighted;

use super::b_table::{Chosen, same_b};
use super::sample::Survey;
use super::signal_check::check_sample;
use super::{BSelection, DiffusionError, b_table};
use crate::error::Warning;
use crate::image::{Signals, Stretch, Voxels, filled};
use engine::Scratch;
use ndarray::{Array3, ArrayView4};
use rayon::prelude::*;
use setup::Setup;

/// Bits of the flag map.
pub mod flag {
    /// A signal is zero, negative or not a number.
    pub const NON_POSITIVE: u8 = 1;
    /// Fewer than two b-levels are above the noise floor.
    pub const BELOW_FLOOR: u8 = 2;
    /// A signal sits at the ceiling of the scanner's integer range.
    pub const CLIPPED: u8 = 4;
    /// The fitted signal does not decay (ADC <= 0).
    pub const NOT_DECAYING: u8 = 8;
    /// ADC outside the window that counts as physical.
    pub const OUT_OF_WINDOW: u8 = 16;
    /// Fitted without the highest b-levels, which are in the noise. The only bit that does not exclude.
    pub const SHORTENED: u8 = 32;

    /// True where no bit excludes the voxel.
    pub const fn is_measured(flags: u8) -> bool {
        flags & !SHORTENED == 0
    }
}

/// Ceilings of 12-, 15- and 16-bit scanner data.
pub(super) const CEILINGS: [f32; 3] = [4095.0, 32767.0, 65535.0];
/// Voxels a thread takes at once; the working set of a chunk stays in the second-level cache.
const CHUNK: usize = 1 << 12;

/// How the exponential is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdcFit {
    /// Least squares on the logarithm of every chosen volume.
    #[default]
    Loglinear,
    /// The same with weights S^2.
    Weighted,
    /// The same with the weights of the fitted signal, repeated.
    Iterative,
    /// Least squares on the signal.
    Nlls,
    /// The lowest and the highest b only.
    TwoPoint,
}

/// Parameters of a fit.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AdcParams {
    /// How the exponential is fitted.
    pub fit: AdcFit,
    /// Which volumes are used.
    pub selection: BSelection,
    /// Noise in signal units; `None` = from the air around the body, 0 = unknown.
    pub sigma: Option<f64>,
    /// Noise floor in sigma; 0 = none.
    pub floor_sigmas: f64,
    /// Take the noise out of each signal before the fit: `sqrt |S^2 - sigma^2|`.
    pub rician: bool,
    /// ADC that counts as physical, um2/s: free water at body temperature is 3000.
    pub window_um2_s: [f32; 2],
}

impl Default for AdcParams {
    fn default() -> Self {
        AdcParams {
            fit: AdcFit::Loglinear,
            selection: BSelection::default(),
            sigma: None,
            floor_sigmas: 3.0,
            rician: false,
            window_um2_s: [0.0, 5000.0],
        }
    }
}

/// What is made beside ADC, S0 and flags.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wanted {
    /// ADC in steps of 1 um2/s and the other maps in steps of their own, instead of f32.
    pub steps: bool,
    /// The standard error of ADC.
    pub standard_error: bool,
    /// The root mean square of the residual of ln S.
    pub residual: bool,
    /// Images that the fit predicts, at these b-values (s/mm2).
    pub computed_b: Vec<f64>,
}

/// Maps of a fit, NaN (0 in steps) where excluded.
#[derive(Debug, Clone)]
pub struct AdcImages {
    /// um2/s.
    pub adc: Voxels,
    /// Signal at b = 0 that the fit gives.
    pub s0: Voxels,
    /// Bits of [`flag`]; 0 = measured.
    pub flags: Array3<u8>,
    /// Standard error of ADC, um2/s.
    pub standard_error: Option<Voxels>,
    /// Root mean square of the residual of ln S, about the relative error of the signal.
    pub residual: Option<Voxels>,
    /// Computed images, in the order asked for.
    pub computed: Vec<Voxels>,
    /// The volumes that were used, and why.
    pub chosen: Chosen,
    /// Noise of each b used (s/mm2, signal units), ascending, where it is known.
    pub sigma: Option<Vec<[f64; 2]>>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

/// Maps of a fit as f32, Fortran order.
#[derive(Debug, Clone)]
pub struct AdcMaps {
    /// um2/s; NaN where excluded.
    pub adc: Array3<f32>,
    /// Signal at b = 0 that the fit gives; NaN where excluded.
    pub s0: Array3<f32>,
    /// Bits of [`flag`]; 0 = measured.
    pub flags: Array3<u8>,
    /// The volumes that were used, and why.
    pub chosen: Chosen,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

/// Number of voxels that carry each flag, in the order of the bits 1, 2, 4, 8, 16, 32; and of those measured.
pub fn count_flags(flags: &Array3<u8>) -> ([usize; 6], usize) {
    let count = |flags: &[u8]| {
        let mut counts = [0_usize; 64];
        let (eights, rest) = flags.as_chunks::<8>();
        for eight in eights {
            // mostly one flag after the other, and successive increments of one counter wait for each other
            if *eight == [eight[0]; 8] {
                counts[usize::from(eight[0] & 63)] += 8;
            } else {
                eight.iter().for_each(|voxel| counts[usize::from(voxel & 63)] += 1);
            }
        }
        rest.iter().for_each(|voxel| counts[usize::from(voxel & 63)] += 1);
        counts
    };
    let add = |a: [usize; 64], b: [usize; 64]| std::array::from_fn(|c| a[c] + b[c]);
    let combinations = match flags.as_slice_memory_order() {
        Some(flags) => flags.par_chunks(CHUNK).map(count).reduce(|| [0; 64], add),
        None => count(&flags.iter().copied().collect::<Vec<u8>>()),
    };
    let with_bit = |bit: usize| (0..64).filter(|c| c >> bit & 1 == 1).map(|c| combinations[c]).sum();
    (std::array::from_fn(with_bit), combinations[0] + combinations[usize::from(flag::SHORTENED)])
}

impl AdcMaps {
    /// Number of voxels that carry each flag, in the order of the bits 1, 2, 4, 8, 16, 32.
    pub fn flag_counts(&self) -> [usize; 6] {
        count_flags(&self.flags).0
    }

    /// Number of voxels that no flag excludes.
    pub fn n_measured(&self) -> usize {
        count_flags(&self.flags).1
    }
}

/// Fits ADC to a series: chooses volumes, refuses what cannot be DWI, fits every voxel.
///
/// # Errors
/// As [`fit_images`].
pub fn fit(series: ArrayView4<'_, f32>, b: &[f64], params: &AdcParams) -> Result<AdcMaps, DiffusionError> {
    let AdcImages { adc, s0, flags, chosen, warnings, .. } = fit_images(&series, b, params, &Wanted::default())?;
    Ok(AdcMaps { adc: adc.into_f32(), s0: s0.into_f32(), flags, chosen, warnings })
}

/// Fits ADC to a series wherever its values lie, and makes what else is wanted in the same pass.
///
/// # Errors
/// What [`b_table::choose`] and [`check_signal`](super::signal_check::check_signal) refuse; [`DiffusionError::Parameter`] for a number out of its range.
pub fn fit_images(
    series: &impl Signals,
    b: &[f64],
    params: &AdcParams,
    wanted: &Wanted,
) -> Result<AdcImages, DiffusionError> {
    check(params, wanted)?;
    let mut chosen = b_table::choose(b, series.n_volumes(), &params.selection)?;
    let kept: Vec<usize> = (0..b.len()).filter(|volume| !params.selection.drop_volumes.contains(volume)).collect();
    let survey = Survey::of(series, &kept);
    if params.fit == AdcFit::TwoPoint {
        chosen = ends_only(chosen);
    }
    let (checked, (setup, more)) = rayon::join(
        || check_sample(survey.rows(&kept), b, &params.selection),
        || Setup::of(&survey, &chosen, params, wanted.steps),
    );
    let mut warnings = checked?;
    warnings.extend(more);
    drop(survey);
    let mut images = AdcImages::empty(series.dims(), &setup, wanted, chosen);
    images.fill(series, &setup, wanted);
    let (counts, n_measured) = count_flags(&images.flags);
    warnings.extend(fit_warnings(counts[2], n_measured));
    if wanted.standard_error && setup.sigma.is_none() && setup.b.len() < 3 {
        let message = "two volumes and no sigma give no standard error: the map is empty; give --sigma";
        warnings.push(Warning::new("no-standard-error", message));
    }
    images.warnings = warnings;
    Ok(images)
}

fn check(params: &AdcParams, wanted: &Wanted) -> Result<(), DiffusionError> {
    let refuse = |problem: String| Err(DiffusionError::Parameter { problem });
    let is_amount = |value: f64| value >= 0.0 && value.is_finite();
    if let Some(sigma) = params.sigma.filter(|&sigma| !is_amount(sigma)) {
        return refuse(format!("sigma = {sigma} is negative or no number"));
    }
    if !is_amount(params.floor_sigmas) {
        return refuse(format!("a noise floor of {} sigma is negative or no number", params.floor_sigmas));
    }
    match wanted.computed_b.iter().find(|&&b| !is_amount(b)) {
        Some(b) => refuse(format!("no image can be computed at b = {b} s/mm2")),
        None => Ok(()),
    }
}

/// Keeps the volumes of the lowest and the highest b.
fn ends_only(chosen: Chosen) -> Chosen {
    let lowest = chosen.b.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = chosen.b.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let keep = |b: f64| same_b(b, lowest) || same_b(b, highest);
    let (volumes, b) = chosen.volumes.iter().zip(&chosen.b).filter(|(_, b)| keep(**b)).map(|(v, b)| (*v, *b)).unzip();
    Chosen { volumes, b, reason: format!("lowest and highest of {}", chosen.reason) }
}

fn fit_warnings(n_clipped: usize, n_measured: usize) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if n_clipped > 0 {
        let message = format!("{n_clipped} voxels sit at the ceiling of the integer range: flagged and left out");
        warnings.push(Warning::new("clipped", message));
    }
    if n_measured == 0 {
        warnings.push(Warning::new("nothing-measured", "no voxel has an ADC: every one is flagged"));
    }
    warnings
}

impl AdcImages {
    fn empty(dims: [usize; 3], setup: &Setup, wanted: &Wanted, chosen: Chosen) -> Self {
        let map = |slope: f64| Voxels::zeros(dims, wanted.steps.then_some(slope));
        let per_level = |sigma: &Vec<f64>| {
            (0..setup.n_levels).map(|n| setup.n_volumes_of[n]).map(|first| [setup.b[first], sigma[first]]).collect()
        };
        AdcImages {
            adc: map(1.0),
            s0: map(setup.slope_at(0.0)),
            flags: filled(dims, 0),
            standard_error: wanted.standard_error.then(|| map(0.1)),
            residual: wanted.residual.then(|| map(1e-4)),
            computed: wanted.computed_b.iter().map(|&b| map(setup.slope_at(b))).collect(),
            chosen,
            sigma: setup.sigma.as_ref().map(per_level),
            warnings: Vec::new(),
        }
    }

    /// Fits every voxel.
    fn fill(&mut self, series: &impl Signals, setup: &Setup, wanted: &Wanted) {
        let n = series.n_voxels();
        let with_error = wanted.standard_error || wanted.residual;
        let flags = self.flags.as_slice_memory_order_mut().unwrap_or_default();
        let mut computed: Vec<Vec<Stretch<'_>>> = (0..n.div_ceil(CHUNK)).map(|_| Vec::new()).collect();
        for map in &mut self.computed {
            computed.iter_mut().zip(map.stretches(CHUNK)).for_each(|(chunk, stretch)| chunk.push(stretch));
        }
        let chunks = self.adc.stretches(CHUNK).into_iter().zip(self.s0.stretches(CHUNK)).zip(flags.chunks_mut(CHUNK));
        let n_chunks = n.div_ceil(CHUNK);
        let more = parts(&mut self.standard_error, n_chunks).zip(parts(&mut self.residual, n_chunks)).zip(computed);
        let work: Vec<_> = chunks.zip(more).enumerate().collect();
        work.into_par_iter().for_each_init(
            || Scratch::new(setup.volumes.len(), CHUNK),
            |scratch, (chunk, (((mut adc, mut s0), flags), ((standard_error, residual), computed)))| {
                let n = flags.len();
                scratch.fit(series, setup, chunk * CHUNK, n, with_error);
                let places = &scratch.fitted;
                adc.store(places, &scratch.adc);
                s0.store(places, &scratch.s0);
                flags.copy_from_slice(&scratch.flags[..n]);
                for (target, values) in [(standard_error, &scratch.standard_error), (residual, &scratch.residual)] {
                    if let Some(mut target) = target {
                        target.store(places, values);
                    }
                }
                let mut image = vec![0.0; if computed.is_empty() { 0 } else { places.len() }];
                for (mut target, &b) in computed.into_iter().zip(&wanted.computed_b) {
                    let per_adc = (-b * 1e-6) as f32;
                    for ((value, s0), adc) in image.iter_mut().zip(&scratch.s0).zip(&scratch.adc) {
                        *value = s0 * (per_adc * adc).exp();
                    }
                    target.store(places, &image);
                }
            },
        );
    }
}

/// The stretches of a map that may not be wanted.
fn parts(map: &mut Option<Voxels>, n_chunks: usize) -> std::vec::IntoIter<Option<Stretch<'_>>> {
    let parts: Vec<Option<Stretch<'_>>> = match map {
        Some(map) => map.stretches(CHUNK).into_iter().map(Some).collect(),
        None => (0..n_chunks).map(|_| None).collect(),
    };
    parts.into_iter()
}

#[cfg(test)]
mod tests;
