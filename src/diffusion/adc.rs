//! Apparent diffusion coefficient by log-linear least squares, in one fused pass over the series.
//!
//! Inputs  series `[i, j, k, volume]`, any signal scale; b in s/mm2
//! Output  ADC in um2/s and S0 in the signal's unit (f32, NaN where excluded), flags (u8 bits)
//! Method  `ln S_b = ln S_0 - b ADC`; the b-values are the same in every voxel, so the two rows of the pseudo-inverse are
//!         computed once and each voxel costs one logarithm a volume. Two-point is the same fit to the volumes of the
//!         lowest and the highest b (repeats enter by their geometric mean).
//! Rule    a voxel with any [`flag`] is excluded: NaN in ADC and S0, never a made-up number. Flags are what statistics
//!         use, not ADC = 0.
//! Limits  f32 logarithms: ADC within 1e-2 um2/s of double precision. Magnitude noise biases ADC down where the signal at
//!         high b nears the noise floor; monoexponential decay is assumed, perfusion biases low b up.

use super::b_table::{Chosen, same_b};
use super::signal_check::check_signal;
use super::{BSelection, DiffusionError, b_table};
use crate::error::Warning;
use ndarray::{Array3, ArrayView4, ShapeBuilder};
use rayon::prelude::*;
use std::borrow::Cow;

/// Bits of the flag map.
pub mod flag {
    /// A signal is zero, negative or not a number.
    pub const NON_POSITIVE: u8 = 1;
    /// A signal is at or below the noise floor.
    pub const BELOW_FLOOR: u8 = 2;
    /// A signal sits at the ceiling of the scanner's integer range.
    pub const CLIPPED: u8 = 4;
    /// The fitted signal does not decay (ADC <= 0).
    pub const NOT_DECAYING: u8 = 8;
    /// ADC outside the window that counts as physical.
    pub const OUT_OF_WINDOW: u8 = 16;
}

/// Ceilings of 12-, 15- and 16-bit scanner data.
pub(super) const CEILINGS: [f32; 3] = [4095.0, 32767.0, 65535.0];
/// Voxels a thread takes at once; the working set of a chunk stays in the second-level cache.
const CHUNK: usize = 1 << 14;

/// How the exponential is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdcFit {
    /// Least squares on the logarithm of every chosen volume.
    #[default]
    Loglinear,
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
    /// Noise floor in signal units; a voxel with a signal at or below it is excluded. 0 = zero and negative only.
    pub floor: f32,
    /// ADC that counts as physical, um2/s: free water at body temperature is 3000.
    pub window_um2_s: [f32; 2],
}

impl Default for AdcParams {
    fn default() -> Self {
        AdcParams { fit: AdcFit::Loglinear, selection: BSelection::default(), floor: 0.0, window_um2_s: [0.0, 5000.0] }
    }
}

/// Maps of a fit, Fortran order.
#[derive(Debug, Clone)]
pub struct AdcMaps {
    /// um2/s; NaN where any flag is set.
    pub adc: Array3<f32>,
    /// Signal at b = 0 that the fit gives; NaN where any flag is set.
    pub s0: Array3<f32>,
    /// Bits of [`flag`]; 0 = measured.
    pub flags: Array3<u8>,
    /// The volumes that were used, and why.
    pub chosen: Chosen,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

impl AdcMaps {
    /// Number of voxels that carry each flag, in the order of the bits 1, 2, 4, 8, 16.
    pub fn flag_counts(&self) -> [usize; 5] {
        let combinations = self.combinations();
        std::array::from_fn(|bit| (0..combinations.len()).filter(|c| c >> bit & 1 == 1).map(|c| combinations[c]).sum())
    }

    /// Number of voxels that carry no flag.
    pub fn n_measured(&self) -> usize {
        self.combinations()[0]
    }

    /// Number of voxels with each combination of flags.
    fn combinations(&self) -> [usize; 32] {
        let count = |flags: &[u8]| {
            let mut counts = [0_usize; 32];
            for &voxel in flags {
                counts[usize::from(voxel & 31)] += 1;
            }
            counts
        };
        let add = |a: [usize; 32], b: [usize; 32]| std::array::from_fn(|c| a[c] + b[c]);
        match self.flags.as_slice_memory_order() {
            Some(flags) => flags.par_chunks(CHUNK).map(count).reduce(|| [0; 32], add),
            None => count(&self.flags.iter().copied().collect::<Vec<u8>>()),
        }
    }
}

/// Fits ADC to a series: chooses volumes, refuses what cannot be DWI, fits every voxel.
///
/// # Errors
/// What [`b_table::choose`] and [`check_signal`] refuse.
pub fn fit(series: ArrayView4<'_, f32>, b: &[f64], params: &AdcParams) -> Result<AdcMaps, DiffusionError> {
    let n_volumes = series.shape()[3];
    let mut chosen = b_table::choose(b, n_volumes, &params.selection)?;
    let mut warnings = check_signal(&series, b, &params.selection)?;
    if params.fit == AdcFit::TwoPoint {
        chosen = ends_only(chosen);
    }
    let mut maps = fit_chosen(series, chosen, params);
    warnings.extend(clipped_warning(&maps));
    maps.warnings = warnings;
    Ok(maps)
}

/// A warning where voxels sit at the ceiling of the integer range.
fn clipped_warning(maps: &AdcMaps) -> Option<Warning> {
    let n_clipped = maps.flag_counts()[2];
    let message = format!("{n_clipped} voxels sit at the ceiling of the integer range (clipped): flagged and left out");
    (n_clipped > 0).then(|| Warning::new("clipped", message))
}

/// Keeps the volumes of the lowest and the highest b.
fn ends_only(chosen: Chosen) -> Chosen {
    let lowest = chosen.b.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = chosen.b.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let keep = |b: f64| same_b(b, lowest) || same_b(b, highest);
    let (volumes, b) = chosen.volumes.iter().zip(&chosen.b).filter(|(_, b)| keep(**b)).map(|(v, b)| (*v, *b)).unzip();
    Chosen { volumes, b, reason: format!("lowest and highest of {}", chosen.reason) }
}

/// One row of the pseudo-inverse a volume: what its logarithm adds to ADC (um2/s) and to ln S0.
struct Weights {
    adc: Vec<f32>,
    ln_s0: Vec<f32>,
}

impl Weights {
    fn of(b: &[f64]) -> Self {
        let n = b.len() as f64;
        let mean = b.iter().sum::<f64>() / n;
        let spread: f64 = b.iter().map(|b| (b - mean).powi(2)).sum();
        let slope = |b: f64| -(b - mean) / spread;
        Weights {
            adc: b.iter().map(|&b| (1e6 * slope(b)) as f32).collect(),
            ln_s0: b.iter().map(|&b| (1.0 / n + mean * slope(b)) as f32).collect(),
        }
    }
}

/// The fit proper, over volumes that were chosen before.
fn fit_chosen(series: ArrayView4<'_, f32>, chosen: Chosen, params: &AdcParams) -> AdcMaps {
    let shape = (series.shape()[0], series.shape()[1], series.shape()[2]);
    let n = shape.0 * shape.1 * shape.2;
    let columns = memory_columns(series, &chosen.volumes);
    let ceiling = ceiling_in_use(&columns);
    let weights = Weights::of(&chosen.b);

    let (mut adc, mut s0, mut flags) = (vec![0.0_f32; n], vec![0.0_f32; n], vec![0_u8; n]);
    adc.par_chunks_mut(CHUNK).zip(s0.par_chunks_mut(CHUNK)).zip(flags.par_chunks_mut(CHUNK)).enumerate().for_each(
        |(chunk, ((adc, s0), flags))| {
            let start = chunk * CHUNK;
            for (volume, column) in columns.iter().enumerate() {
                let signal = &column[start..start + adc.len()];
                accumulate(signal, weights.adc[volume], weights.ln_s0[volume], adc, s0);
                mark(signal, params.floor, ceiling, flags);
            }
            finish(params.window_um2_s, adc, s0, flags);
        },
    );
    let shaped = |values: Vec<f32>| Array3::from_shape_vec(shape.f(), values);
    match (shaped(adc), shaped(s0), Array3::from_shape_vec(shape.f(), flags)) {
        (Ok(adc), Ok(s0), Ok(flags)) => AdcMaps { adc, s0, flags, chosen, warnings: Vec::new() },
        _ => unreachable!("every map was made with one value a voxel"),
    }
}

/// The chosen volumes as slices in memory order; copies only where the view is not laid out as images are.
fn memory_columns<'a>(series: ArrayView4<'a, f32>, volumes: &[usize]) -> Vec<Cow<'a, [f32]>> {
    let n: usize = series.shape()[..3].iter().product();
    let is_fortran = series.t().is_standard_layout();
    volumes
        .iter()
        .map(|&volume| {
            let one = series.index_axis_move(ndarray::Axis(3), volume);
            match one.to_slice_memory_order() {
                Some(slice) if is_fortran => Cow::Borrowed(slice),
                _ => {
                    let mut copy = Vec::with_capacity(n);
                    copy.extend(one.t().iter());
                    Cow::Owned(copy)
                }
            }
        })
        .collect()
}

/// The integer ceiling that the data run into, or infinity: the largest value is exactly one of the known ceilings.
fn ceiling_in_use(columns: &[Cow<'_, [f32]>]) -> f32 {
    let highest = columns
        .par_iter()
        .flat_map(|column| column.par_chunks(CHUNK))
        .map(|chunk| chunk.iter().copied().fold(0.0_f32, |a, v| if v > a { v } else { a }))
        .reduce(|| 0.0, f32::max);
    if CEILINGS.contains(&highest) { highest } else { f32::INFINITY }
}

/// Adds one volume's share to the two linear combinations of logarithms.
#[inline]
fn accumulate(signal: &[f32], w_adc: f32, w_s0: f32, adc: &mut [f32], s0: &mut [f32]) {
    for ((s, adc), s0) in signal.iter().zip(adc).zip(s0) {
        let ln = ln(*s);
        *adc += w_adc * ln;
        *s0 += w_s0 * ln;
    }
}

/// Sets the flags that one volume's signal calls for.
#[inline]
fn mark(signal: &[f32], floor: f32, ceiling: f32, flags: &mut [u8]) {
    for (s, flags) in signal.iter().zip(flags) {
        let positive = *s > 0.0 && *s < f32::INFINITY;
        *flags |= u8::from(!positive) * flag::NON_POSITIVE;
        *flags |= u8::from(positive & (*s <= floor)) * flag::BELOW_FLOOR;
        *flags |= u8::from(*s >= ceiling) * flag::CLIPPED;
    }
}

/// Judges the fitted values, excludes flagged voxels and turns ln S0 into S0.
#[inline]
fn finish(window: [f32; 2], adc: &mut [f32], s0: &mut [f32], flags: &mut [u8]) {
    for ((adc, s0), flags) in adc.iter_mut().zip(s0).zip(flags) {
        if *flags & (flag::NON_POSITIVE | flag::BELOW_FLOOR) == 0 {
            *flags |= u8::from(*adc <= 0.0) * flag::NOT_DECAYING;
            *flags |= u8::from(!(window[0]..=window[1]).contains(adc)) * flag::OUT_OF_WINDOW;
        }
        if *flags == 0 {
            *s0 = s0.exp();
        } else {
            *adc = f32::NAN;
            *s0 = f32::NAN;
        }
    }
}

/// Natural logarithm of a positive normal number, branch-free so that the compiler can vectorise it.
///
/// `x = 2^e m` with m in [sqrt(1/2), sqrt(2)); `ln m = 2 atanh(t)`, `t = (m-1)/(m+1)`, |t| < 0.1716, by its series up to
/// t^9, whose remainder is below 1e-9. Zero, negative and non-finite input gives a number without meaning: such voxels
/// are flagged.
#[inline]
fn ln(x: f32) -> f32 {
    const SQRT_HALF_BITS: i32 = 0x3f35_04f3;
    let offset = (x.to_bits() as i32).wrapping_sub(SQRT_HALF_BITS);
    let exponent = offset >> 23;
    let mantissa = f32::from_bits(((offset & 0x007f_ffff) + SQRT_HALF_BITS) as u32);
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let t2 = t * t;
    let series = t2 * (1.0 / 3.0 + t2 * (1.0 / 5.0 + t2 * (1.0 / 7.0 + t2 * (1.0 / 9.0))));
    let ln_mantissa = 2.0 * (t + t * series);
    exponent as f32 * std::f32::consts::LN_2 + ln_mantissa
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    const B: [f64; 3] = [50.0, 400.0, 900.0];

    fn one_voxel(signal: &[f32]) -> Array4<f32> {
        Array4::from_shape_fn((1, 1, 1, signal.len()).f(), |(_, _, _, v)| signal[v])
    }

    fn decay(s0: f64, adc: f64) -> Vec<f32> {
        B.iter().map(|b| (s0 * (-b * adc * 1e-6).exp()) as f32).collect()
    }

    #[test]
    fn the_logarithm_is_good_to_single_precision() {
        let mut x = 1e-3_f32;
        while x < 1e6 {
            assert!((f64::from(ln(x)) - f64::from(x).ln()).abs() < 1.2e-6, "{x}");
            x *= 1.000_37;
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn a_monoexponential_is_recovered() {
        for adc in [20.0, 400.0, 871.0, 2000.0, 3000.0] {
            let maps = fit(one_voxel(&decay(700.0, adc)).view(), &B, &AdcParams::default()).unwrap();
            assert!((f64::from(maps.adc[[0, 0, 0]]) - adc).abs() < 1e-2, "{} {adc}", maps.adc[[0, 0, 0]]);
            assert!((maps.s0[[0, 0, 0]] - 700.0).abs() < 1e-2);
            assert_eq!(maps.flags[[0, 0, 0]], 0);
        }
    }

    #[test]
    fn least_squares_agrees_with_the_textbook_slope() {
        // ln S = 6, 5.9, 5.2 at b = 50, 400, 900: slope and intercept of the regression worked by hand
        let series = one_voxel(&[6.0_f32.exp(), 5.9_f32.exp(), 5.2_f32.exp()]);
        let maps = fit(series.view(), &B, &AdcParams::default()).unwrap();
        let (mean_b, mean_y) = (450.0, 17.1 / 3.0);
        let slope = (-400.0 * (6.0 - mean_y) - 50.0 * (5.9 - mean_y) + 450.0 * (5.2 - mean_y)) / 365_000.0;
        assert!((f64::from(maps.adc[[0, 0, 0]]) + 1e6 * slope).abs() < 1e-2);
        assert!((f64::from(maps.s0[[0, 0, 0]]).ln() - (mean_y - slope * mean_b)).abs() < 1e-5);
        let ends = AdcParams { fit: AdcFit::TwoPoint, ..Default::default() };
        let maps = fit(series.view(), &B, &ends).unwrap();
        assert!((f64::from(maps.adc[[0, 0, 0]]) - 0.8 / 850.0 * 1e6).abs() < 1e-2);
        assert_eq!(maps.chosen.volumes, [0, 2]);
    }

    #[test]
    fn each_flag_excludes_its_voxel() {
        let flags_of = |signal: &[f32], params: &AdcParams| {
            let maps = fit(one_voxel(signal).view(), &B, params).unwrap();
            assert_eq!(maps.adc[[0, 0, 0]].is_nan(), maps.flags[[0, 0, 0]] != 0);
            assert_eq!(maps.s0[[0, 0, 0]].is_nan(), maps.flags[[0, 0, 0]] != 0);
            maps.flags[[0, 0, 0]]
        };
        let plain = AdcParams::default();
        assert_eq!(flags_of(&[100.0, 80.0, 0.0], &plain), flag::NON_POSITIVE);
        assert_eq!(flags_of(&[100.0, -80.0, 60.0], &plain), flag::NON_POSITIVE);
        assert_eq!(flags_of(&[f32::NAN, 80.0, 60.0], &plain), flag::NON_POSITIVE);
        assert_eq!(flags_of(&[100.0, 80.0, 5.0], &AdcParams { floor: 5.0, ..plain.clone() }), flag::BELOW_FLOOR);
        assert_eq!(flags_of(&[4095.0, 3000.0, 2000.0], &plain), flag::CLIPPED);
        assert_eq!(flags_of(&[80.0, 90.0, 100.0], &plain), flag::NOT_DECAYING | flag::OUT_OF_WINDOW);
        assert_eq!(flags_of(&[4000.0, 200.0, 1.0], &plain), flag::OUT_OF_WINDOW);
    }

    #[test]
    fn the_layout_of_the_view_does_not_matter() {
        let fortran = Array4::from_shape_fn((5, 4, 3, 3).f(), |(i, j, k, v)| {
            decay(100.0 + (i * j) as f64, 300.0 + 50.0 * k as f64)[v]
        });
        let standard = Array4::from_shape_fn((5, 4, 3, 3), |index| fortran[index]);
        let a = fit(fortran.view(), &B, &AdcParams::default()).unwrap();
        let b = fit(standard.view(), &B, &AdcParams::default()).unwrap();
        assert_eq!(a.adc, b.adc);
        assert_eq!(a.s0, b.s0);
    }
}
