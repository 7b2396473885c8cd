//! What is left of the echoes once water and fat are fitted, as a function of the field: where it is lowest.
//!
//! Demodulating by the field phase `phi` (rad an echo spacing) and projecting gives
//! `J(phi) = c_0 - 2 Re sum_k c_k exp(i h_k phi)`: a trigonometric polynomial whose terms are the distinct differences of
//! echo times, `h_k` in units of the spacing (1 ... N-1 for uniform echoes), `c_k = sum_{t_m - t_q = h_k} conj(s_m) P_mq
//! s_q`, `c_0 = sum |s_n|^2 (1 - P_nn)`. A handful of numbers a voxel replaces a table over the field; every minimum is
//! found on a grid that samples the fastest term at least eight times a turn, and polished by Newton's method.
//!
//! R2* enters as a few fixed values, of which each voxel keeps the one with the lowest residual.

use super::graph::lesser;
use super::model::EchoModel;
use crate::dixon::DixonError;
use num_complex::Complex32;
use std::f32::consts::PI;

/// Minima of the residual that a voxel keeps, the lowest of all that there are.
pub const N_LABELS: usize = 4;

/// Cost of a label that does not exist.
pub const ABSENT: f32 = 1e30;

/// Half the width of the searched field, Hz, where the residual is not periodic.
const HALF_WINDOW_HZ_PER_T: f64 = 300.0;

/// The residual of one protocol.
#[derive(Debug)]
pub struct Residual {
    n_echoes: usize,
    /// Pairs (m, q), m > q, with the index of their term.
    pairs: Vec<(usize, usize, usize)>,
    /// Time differences in units of the spacing.
    harmonics: Vec<f32>,
    /// For each R2*: 1 - P_nn, then P_mq of each pair.
    projections: Vec<(Vec<f32>, Vec<Complex32>)>,
    /// R2* values, 1/s.
    pub r2star: Vec<f64>,
    /// cos and sin of each term on the positive half of the grid, padded by nothing: `half` values a term.
    cosine: Vec<f32>,
    sine: Vec<f32>,
    half: usize,
    step: f32,
    /// The period of the field phase: 2 pi for uniform echoes, else a number that nothing reaches.
    pub period: f32,
}

/// The lowest minima of a voxel.
#[derive(Debug, Clone, Copy)]
pub struct Minima {
    /// Field phases, rad a spacing, lowest residual first.
    pub phase: [f32; N_LABELS],
    /// Residuals there, signal squared; [`ABSENT`] beyond the last minimum.
    pub cost: [f32; N_LABELS],
    /// Second derivative at the lowest, signal squared a rad squared.
    pub curvature: f32,
    /// Which of the R2* values fits each of them best.
    pub r_index: [u8; N_LABELS],
}

/// Scratch of one thread.
#[derive(Debug, Default)]
pub struct Scratch {
    products: Vec<Complex32>,
    terms: Vec<Vec<Complex32>>,
    constants: Vec<f32>,
    values: Vec<f32>,
    lowest: Vec<f32>,
    at_r: Vec<u8>,
}

impl Residual {
    /// The residual at fixed values of R2* (1/s).
    ///
    /// # Errors
    /// Where water and fat cannot be told apart at the echo times.
    pub fn new(model: &EchoModel, r2star: &[f64]) -> Result<Self, DixonError> {
        let n = model.n_echoes();
        let mut harmonics: Vec<f64> = Vec::new();
        let mut pairs = Vec::new();
        for m in 0..n {
            for q in 0..m {
                let difference = (model.times_s[m] - model.times_s[q]) / model.spacing_s;
                let harmonic = if model.uniform { difference.round() } else { difference };
                let known = harmonics.iter().position(|h| (h - harmonic).abs() < 1e-6);
                let term = known.unwrap_or_else(|| {
                    harmonics.push(harmonic);
                    harmonics.len() - 1
                });
                pairs.push((m, q, term));
            }
        }
        let mut projections = Vec::new();
        for &r in r2star {
            let p = model.projection(r)?;
            let rest = (0..n).map(|e| 1.0 - p[e * n + e].re as f32).collect();
            let of_pairs =
                pairs.iter().map(|&(m, q, _)| Complex32::new(p[m * n + q].re as f32, p[m * n + q].im as f32));
            projections.push((rest, of_pairs.collect()));
        }
        let fastest = harmonics.iter().copied().fold(1.0, f64::max);
        let half_width = if model.uniform {
            std::f64::consts::PI
        } else {
            let field_t = model.shift_hz.abs() / (3.4 * crate::dixon::fat_model::GAMMA_BAR_MHZ_PER_T);
            model.phase_of_hz(HALF_WINDOW_HZ_PER_T * field_t).max(std::f64::consts::PI)
        };
        // at least 8 points a turn of the fastest term and 64 a turn of the field; a multiple of 8 for the vector unit
        let points = (2.0 * half_width / (2.0 * std::f64::consts::PI) * (8.0 * fastest).max(64.0)).ceil() as usize;
        let half = points.div_ceil(2).next_multiple_of(8);
        let step = half_width / half as f64;
        let table = |f: fn(f64) -> f64| -> Vec<f32> {
            harmonics.iter().flat_map(|h| (0..half).map(move |l| f(h * (l as f64 + 0.5) * step) as f32)).collect()
        };
        Ok(Residual {
            n_echoes: n,
            projections,
            r2star: r2star.to_vec(),
            cosine: table(f64::cos),
            sine: table(f64::sin),
            half,
            step: step as f32,
            period: if model.uniform { 2.0 * PI } else { 1e9 },
            harmonics: harmonics.iter().map(|&h| h as f32).collect(),
            pairs,
        })
    }

    /// Constant and terms of the residual at every R2*, into the scratch.
    #[inline]
    fn coefficients(&self, signal: &[Complex32], scratch: &mut Scratch) {
        let Scratch { products, terms, constants, .. } = scratch;
        products.clear();
        products.extend(self.pairs.iter().map(|&(m, q, _)| signal[m].conj() * signal[q]));
        terms.resize_with(self.r2star.len(), Vec::new);
        constants.clear();
        for ((rest, of_pairs), terms) in self.projections.iter().zip(terms) {
            constants.push(rest.iter().zip(signal).map(|(rest, s)| rest * s.norm_sqr()).sum());
            terms.clear();
            terms.resize(self.harmonics.len(), Complex32::default());
            for ((&(_, _, term), p), product) in self.pairs.iter().zip(of_pairs).zip(products.iter()) {
                terms[term] += p * product;
            }
        }
    }

    /// The residual on the whole grid: the negative half mirrored, then the positive.
    #[inline]
    fn evaluate(&self, constant: f32, terms: &[Complex32], values: &mut Vec<f32>) {
        let half = self.half;
        values.clear();
        values.resize(4 * half, 0.0);
        let (sums, out) = values.split_at_mut(2 * half);
        let (even, odd) = sums.split_at_mut(half);
        for (k, c) in terms.iter().enumerate() {
            let (cosine, sine) = (&self.cosine[k * half..][..half], &self.sine[k * half..][..half]);
            for l in 0..half {
                even[l] += c.re * cosine[l];
                odd[l] += c.im * sine[l];
            }
        }
        let (negative, positive) = out.split_at_mut(half);
        for l in 0..half {
            positive[l] = constant - 2.0 * (even[l] - odd[l]);
        }
        for l in 0..half {
            negative[half - 1 - l] = constant - 2.0 * (even[l] + odd[l]);
        }
        values.drain(..2 * half);
    }

    /// Residual, slope and curvature at a field phase.
    #[inline]
    fn at(&self, constant: f32, terms: &[Complex32], phase: f32) -> [f32; 3] {
        let (mut value, mut slope, mut curvature) = (constant, 0.0, 0.0);
        let (sine, cosine) = phase.sin_cos();
        let turn = Complex32::new(cosine, sine);
        let mut power = Complex32::from(1.0);
        for (k, c) in terms.iter().enumerate() {
            let h = self.harmonics[k];
            // uniform echoes: the terms come in the order 1, 2, ...
            power = if self.period < 7.0 { power * turn } else { Complex32::from_polar(1.0, h * phase) };
            let term = c * power;
            value -= 2.0 * term.re;
            slope += 2.0 * h * term.im;
            curvature += 2.0 * h * h * term.re;
        }
        [value, slope, curvature]
    }

    /// All minima of a voxel's residual, the lowest [`N_LABELS`] of them kept; `signal` holds the echoes.
    pub fn minima(&self, signal: &[Complex32], scratch: &mut Scratch) -> Minima {
        debug_assert_eq!(signal.len(), self.n_echoes);
        self.coefficients(signal, scratch);
        let mut values = std::mem::take(&mut scratch.values);
        let Scratch { constants, terms, lowest, at_r, .. } = scratch;
        for r in 0..self.r2star.len() {
            self.evaluate(constants[r], &terms[r], &mut values);
            if r == 0 {
                std::mem::swap(lowest, &mut values);
                at_r.clear();
                at_r.resize(lowest.len(), 0);
            } else {
                for ((low, at_r), &value) in lowest.iter_mut().zip(at_r.iter_mut()).zip(&values) {
                    *at_r = if value < *low { r as u8 } else { *at_r };
                    *low = lesser(value, *low);
                }
            }
        }
        let found = self.polish(lowest, at_r, constants, terms);
        scratch.values = values;
        found
    }

    /// The lowest residual of a voxel over field and R2*, from the grid alone.
    pub fn lowest(&self, signal: &[Complex32], scratch: &mut Scratch) -> f32 {
        self.coefficients(signal, scratch);
        let mut values = std::mem::take(&mut scratch.values);
        let mut lowest = f32::INFINITY;
        for r in 0..self.r2star.len() {
            self.evaluate(scratch.constants[r], &scratch.terms[r], &mut values);
            lowest = values.iter().copied().fold(lowest, lesser);
        }
        scratch.values = values;
        lowest
    }

    fn polish(&self, values: &[f32], at_r: &[u8], constants: &[f32], all_terms: &[Vec<Complex32>]) -> Minima {
        let n = values.len();
        let circular = self.period < 7.0;
        let mut found =
            Minima { phase: [0.0; N_LABELS], cost: [ABSENT; N_LABELS], curvature: 0.0, r_index: [0; N_LABELS] };
        // the ends of a window are no minima
        let mut before = if circular { values[n - 1] } else { f32::NEG_INFINITY };
        for l in 0..n {
            let here = values[l];
            let after = match (l + 1 < n, circular) {
                (true, _) => values[l + 1],
                (false, true) => values[0],
                (false, false) => f32::NEG_INFINITY,
            };
            if here < before && here <= after {
                let r = usize::from(at_r[l]);
                let (constant, terms) = (constants[r], &all_terms[r]);
                let grid_phase = (l as f32 + 0.5 - self.half as f32) * self.step;
                let bend = before - 2.0 * here + after;
                let offset = if bend.is_finite() && bend > 0.0 { 0.5 * (before - after) / bend } else { 0.0 };
                let mut phase = grid_phase + offset * self.step;
                let mut at = self.at(constant, terms, phase);
                for _ in 0..2 {
                    if at[2] > 0.0 {
                        phase = (phase - at[1] / at[2]).clamp(grid_phase - self.step, grid_phase + self.step);
                        at = self.at(constant, terms, phase);
                    }
                }
                // where the residual is nearly flat Newton may leave the minimum: the grid's point then stands
                if at[0] > here {
                    (phase, at[0]) = (grid_phase, here);
                }
                insert(&mut found, phase, at[0], at[2], at_r[l]);
            }
            before = here;
        }
        found
    }

    /// Field phase brought into half a period round 0.
    #[inline]
    pub fn wrapped(&self, phase: f32) -> f32 {
        phase - self.period * (phase / self.period).round()
    }
}

/// Keeps a minimum where it is among the lowest.
fn insert(found: &mut Minima, phase: f32, cost: f32, curvature: f32, r_index: u8) {
    let Some(place) = found.cost.iter().position(|&kept| cost < kept) else { return };
    found.cost[place..].rotate_right(1);
    found.phase[place..].rotate_right(1);
    found.r_index[place..].rotate_right(1);
    (found.cost[place], found.phase[place], found.r_index[place]) = (cost, phase, r_index);
    if place == 0 {
        found.curvature = curvature.max(0.0);
    }
}
