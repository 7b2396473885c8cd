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

/// Values that are compared side by side; the grid is a multiple of it.
const LANES: usize = 8;

/// Half the width of the searched field, Hz, where the residual is not periodic.
const HALF_WINDOW_HZ_PER_T: f64 = 300.0;

/// The residual of one protocol.
#[derive(Debug)]
pub struct Residual {
    pub(super) n_echoes: usize,
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
    pub(super) half: usize,
    pub(super) step: f32,
    /// The period of the field phase: 2 pi for uniform echoes, else a number that nothing reaches.
    pub period: f32,
}

/// Scratch of one thread.
#[derive(Debug, Default)]
pub struct Scratch {
    products: Vec<Complex32>,
    pub(super) terms: Vec<Vec<Complex32>>,
    pub(super) constants: Vec<f32>,
    /// Sums over the terms that are even and odd in the field, on half the grid.
    pub(super) halves: [Vec<f32>; 2],
    pub(super) values: Vec<f32>,
    pub(super) lowest: Vec<f32>,
    pub(super) at_r: Vec<u32>,
    /// Terms and values that an odd/even phase leaves, and that it turns.
    by_turn: [(Vec<Complex32>, Vec<f32>); 3],
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
        let half = points.div_ceil(2).next_multiple_of(LANES);
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
    pub(super) fn coefficients(&self, signal: &[Complex32], scratch: &mut Scratch) {
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
    pub(super) fn evaluate(
        &self,
        constant: f32,
        terms: &[Complex32],
        halves: &mut [Vec<f32>; 2],
        values: &mut Vec<f32>,
    ) {
        let half = self.half;
        for sum in halves.iter_mut() {
            sum.resize(half, 0.0);
            sum.fill(0.0);
        }
        values.resize(2 * half, 0.0);
        let [even, odd] = halves.each_mut().map(|sum| &mut sum[..half]);
        for (k, c) in terms.iter().enumerate() {
            let (cosine, sine) = (&self.cosine[k * half..][..half], &self.sine[k * half..][..half]);
            for l in 0..half {
                even[l] += c.re * cosine[l];
                odd[l] += c.im * sine[l];
            }
        }
        let (negative, positive) = values.split_at_mut(half);
        for l in 0..half {
            positive[l] = constant - 2.0 * (even[l] - odd[l]);
        }
        for l in 0..half {
            negative[half - 1 - l] = constant - 2.0 * (even[l] + odd[l]);
        }
    }

    /// Residual, slope and curvature at a field phase.
    #[inline]
    pub(super) fn at(&self, constant: f32, terms: &[Complex32], phase: f32) -> [f32; 3] {
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

    /// The lowest residual of a voxel over field and R2*, from the grid alone.
    pub fn lowest(&self, signal: &[Complex32], scratch: &mut Scratch) -> f32 {
        self.coefficients(signal, scratch);
        let Scratch { constants, terms, halves, values, .. } = scratch;
        let mut lowest = f32::INFINITY;
        for (&constant, terms) in constants.iter().zip(&*terms) {
            self.evaluate(constant, terms, halves, values);
            lowest = lesser(least(values.as_chunks().0, |chunk| *chunk), lowest);
        }
        lowest
    }

    /// [`lowest`](Self::lowest) for the signal with odd and even echoes turned by each of some angles theta, which are
    /// given as `[cos 2 theta, sin 2 theta]`. A turn leaves the terms of pairs of like parity as they are, and multiplies
    /// those of the others by `exp(+-2 i theta)`: three residuals make that of every angle.
    pub fn lowest_by_turn<const N: usize>(
        &self,
        signal: &[Complex32],
        turns: &[[f32; 2]; N],
        scratch: &mut Scratch,
    ) -> [f32; N] {
        self.coefficients(signal, scratch);
        let Scratch { products, constants, halves, by_turn, .. } = scratch;
        let mut lowest = [f32::INFINITY; N];
        for (&constant, (_, of_pairs)) in constants.iter().zip(&self.projections) {
            for (terms, _) in by_turn.iter_mut() {
                terms.clear();
                terms.resize(self.harmonics.len(), Complex32::default());
            }
            for ((&(m, q, term), p), product) in self.pairs.iter().zip(of_pairs).zip(products.iter()) {
                let c = p * product;
                if (m + q) % 2 == 0 {
                    by_turn[0].0[term] += c;
                } else {
                    by_turn[1].0[term] += c;
                    // i c where echo m is turned ahead, -i c where it is turned back
                    by_turn[2].0[term] +=
                        if m % 2 == 0 { Complex32::new(-c.im, c.re) } else { Complex32::new(c.im, -c.re) };
                }
            }
            for (constant, (terms, values)) in [constant, 0.0, 0.0].into_iter().zip(by_turn.iter_mut()) {
                self.evaluate(constant, terms, halves, values);
            }
            let [kept, cosine, sine] = by_turn.each_ref().map(|(_, values)| values.as_chunks::<LANES>().0);
            for (lowest, &[cos, sin]) in lowest.iter_mut().zip(turns) {
                let turned = kept.iter().zip(cosine).zip(sine);
                let here = least(turned, |((kept, c), s)| std::array::from_fn(|l| kept[l] + cos * c[l] + sin * s[l]));
                *lowest = lesser(here, *lowest);
            }
        }
        lowest
    }

    /// Field phase brought into half a period round 0.
    #[inline]
    pub fn wrapped(&self, phase: f32) -> f32 {
        phase - self.period * (phase / self.period).round()
    }
}

/// The least of all values, which come in rows for the vector unit.
#[inline]
fn least<T>(rows: impl IntoIterator<Item = T>, values: impl Fn(T) -> [f32; LANES]) -> f32 {
    let mut least = [f32::INFINITY; LANES];
    for row in rows {
        for (least, value) in least.iter_mut().zip(values(row)) {
            *least = lesser(value, *least);
        }
    }
    least.into_iter().fold(f32::INFINITY, lesser)
}

#[cfg(test)]
mod tests {
    use super::super::model::Precession;
    use super::super::source::turn_odd_and_even;
    use super::*;
    use crate::dixon::FatModel;

    #[test]
    fn turning_the_residual_is_turning_the_echoes() {
        let fat_model = FatModel::named("hernando-6").unwrap();
        for times in [vec![1.2, 2.2, 3.2, 4.2, 5.2, 6.2], vec![1.2, 2.3, 3.2, 4.4, 5.2]] {
            let model = EchoModel::new(&times, 3.0, &fat_model, Precession::Plus).unwrap();
            let residual = Residual::new(&model, &[20.0, 200.0]).unwrap();
            let at = |e: usize, a: f32, b: f32| Complex32::from_polar(1.0 / (1.0 + a * e as f32), b * e as f32 + 0.4);
            let signal: Vec<Complex32> = (0..times.len()).map(|e| at(e, 0.1, 1.3) + at(e, 0.3, -0.7)).collect();
            let angles = [-0.7_f32, -0.1, 0.0, 0.4];
            let turned = residual.lowest_by_turn(
                &signal,
                &angles.map(|angle| [(2.0 * angle).cos(), (2.0 * angle).sin()]),
                &mut Scratch::default(),
            );
            for (angle, turned) in angles.into_iter().zip(turned) {
                let mut echoes = signal.clone();
                turn_odd_and_even(&mut echoes, Complex32::from_polar(1.0, -angle));
                let expected = residual.lowest(&echoes, &mut Scratch::default());
                assert!((turned - expected).abs() < 1e-5, "{angle}: {turned} is not {expected}");
            }
        }
    }
}
