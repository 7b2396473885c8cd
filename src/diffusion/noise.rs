//! Standard deviation of the noise, from the air around the body.
//!
//! Inputs  a series and the volumes to use
//! Output  sigma of each b-level in signal units (the standard deviation of the real and of the imaginary part); none where
//!         the background is not plain noise: masked to zero, filtered, or absent
//! Method  magnitude noise without signal follows a Rayleigh distribution. The mean square of the values below a cut gives
//!         sigma; the cut is put at 2 sigma and the two are repeated until they agree, from several starts. Kept where the
//!         values follow the distribution (largest distance of the cumulated shares at most 0.05) and where what is dark at
//!         the lowest b is dark at every b.
//! Limits  several receive coils, averaging and filters change the distribution: it is then refused, and sigma must be given

use super::b_table::same_b;
use super::sample::{is_positive, sample};
use crate::image::Signals;
use rayon::prelude::*;

/// Background is sought below this many sigma.
const CUT: f64 = 2.0;
/// Share of zeros up to which they are small noise, rounded; beyond, they are a mask.
const ZEROS: f64 = 0.1;
/// Largest distance of the cumulated shares from the distribution.
const DISTANCE: f64 = 0.05;
/// Fewest sampled values that make a background, and their least share of the sample.
const FEWEST: (usize, f64) = (200, 0.02);
/// Share of the background at the lowest b that must be background at every other b.
const DARK_AT_ALL: f64 = 0.95;
/// Shares of the sorted values at which the search starts.
const STARTS: [f64; 6] = [0.9, 0.75, 0.6, 0.45, 0.3, 0.15];

/// Sigma of each volume, all volumes of one b sharing one; none where there is no plain noise to see.
pub fn sigma_of_background(series: &impl Signals, volumes: &[usize], b: &[f64]) -> Option<Vec<f64>> {
    sigma_of_sample(&sample(series, volumes), b)
}

/// The same by the sampled voxels, one row a voxel, one column a volume.
pub(super) fn sigma_of_sample(rows: &[Vec<f32>], b: &[f64]) -> Option<Vec<f64>> {
    let alone = (0..b.len())
        .into_par_iter()
        .map(|place| rayleigh_sigma(noise_like(rows, place), rows.len()))
        .collect::<Option<Vec<f64>>>()?;
    let sigma: Vec<f64> = (0..b.len())
        .map(|place| {
            let same: Vec<f64> = (0..b.len()).filter(|&p| same_b(b[p], b[place])).map(|p| alone[p]).collect();
            same.iter().sum::<f64>() / same.len() as f64
        })
        .collect();
    let lowest = (0..b.len()).min_by(|&x, &y| b[x].total_cmp(&b[y]))?;
    let dark: Vec<&Vec<f32>> = rows.iter().filter(|row| f64::from(row[lowest]) < CUT * sigma[lowest]).collect();
    let stays_dark = |row: &&&Vec<f32>| row.iter().zip(&sigma).all(|(&s, sigma)| f64::from(s) < 4.5 * sigma);
    let n_dark = dark.iter().filter(stays_dark).count();
    (n_dark as f64 >= DARK_AT_ALL * dark.len() as f64).then_some(sigma)
}

/// The sampled values of a volume that can be noise: positive, and zero where zeros are few.
fn noise_like(rows: &[Vec<f32>], place: usize) -> Vec<f32> {
    let n_zero = rows.iter().filter(|row| row[place] == 0.0).count();
    let with_zeros = n_zero as f64 <= ZEROS * rows.len() as f64;
    rows.iter().map(|row| row[place]).filter(|&s| is_positive(s) || (with_zeros && s == 0.0)).collect()
}

/// Sigma of the Rayleigh distribution that the dark values follow; the fit that takes in most of them.
fn rayleigh_sigma(mut values: Vec<f32>, n_sampled: usize) -> Option<f64> {
    values.sort_by(f32::total_cmp);
    let squares: Vec<f64> = std::iter::once(0.0)
        .chain(values.iter().scan(0.0, |sum, &value| {
            *sum += f64::from(value).powi(2);
            Some(*sum)
        }))
        .collect();
    let n_below = |limit: f64| values.partition_point(|&value| f64::from(value) < limit);
    let start = |share: f64| values.get((share * values.len() as f64) as usize).map(|&value| f64::from(value) / CUT);
    let settled = |mut sigma: f64| {
        for round in 0..200 {
            let n = n_below(CUT * sigma);
            // of integers, what is counted reaches half a step beyond the largest
            let (last, beyond) = (f64::from(*values.get(n.checked_sub(1)?)?), f64::from(*values.get(n)?));
            let next = sigma_below(0.5 * (last + beyond), squares[n] / n as f64)?;
            // integers may make it swing between two neighbours
            let allowed = if round < 50 { 1e-5 } else { 0.02 };
            if (next / sigma - 1.0).abs() < allowed {
                return Some((next, n));
            }
            sigma = next;
        }
        None
    };
    STARTS
        .iter()
        .filter_map(|&share| settled(start(share)?))
        .filter(|&(_, n)| n >= FEWEST.0 && n as f64 >= FEWEST.1 * n_sampled as f64)
        .filter(|&(sigma, n)| distance(&values[..n], sigma) <= DISTANCE)
        .max_by(|x, y| x.1.cmp(&y.1))
        .map(|(sigma, _)| sigma)
}

/// The sigma at which Rayleigh values below `cut` have this mean square: with `u = cut^2 / (2 sigma^2)`,
/// `mean / cut^2 = 1/u - 1/(e^u - 1)`, solved by bisection.
fn sigma_below(cut: f64, mean_square: f64) -> Option<f64> {
    let wanted = mean_square / (cut * cut);
    let (mut low, mut high) = (1e-3, 500.0);
    let share = |u: f64| 1.0 / u - 1.0 / u.exp_m1();
    if !(wanted < share(low) && wanted > share(high)) {
        return None;
    }
    for _ in 0..60 {
        let middle: f64 = 0.5 * (low + high);
        if share(middle) > wanted { low = middle } else { high = middle }
    }
    Some(cut / (low + high).sqrt())
}

/// Largest distance between the cumulated shares of ascending values and of the distribution cut at [`CUT`] sigma. Equal
/// values (integers) count at the middle of their step.
fn distance(values: &[f32], sigma: f64) -> f64 {
    let whole = 1.0 - (-CUT * CUT / 2.0).exp();
    let n = values.len() as f64;
    let mut largest: f64 = 0.0;
    let mut first = 0;
    while first < values.len() {
        let beyond = first + values[first..].partition_point(|&value| value <= values[first]);
        let expected = (1.0 - (-0.5 * (f64::from(values[first]) / sigma).powi(2)).exp()) / whole;
        largest = largest.max((0.5 * (first + beyond) as f64 / n - expected).abs());
        first = beyond;
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, ShapeBuilder};
    use rand::{Rng, SeedableRng};

    /// Air with a body in the middle; noise of `sigma[v]`, rounded to integers.
    fn body(sigma: &[f64], b: &[f64], air: bool) -> Array4<f32> {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        Array4::from_shape_fn((40, 40, 12, b.len()).f(), |(i, j, _, v)| {
            let inside = !air || ((i as f64 - 20.0).powi(2) + (j as f64 - 20.0).powi(2)) < 150.0;
            let signal = if inside { 300.0 * (-b[v] * 1e-3).exp() } else { 0.0 };
            // Box-Muller, for both parts at once
            let radius = sigma[v] * (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
            let (sin, cos) = (std::f64::consts::TAU * random.random::<f64>()).sin_cos();
            ((signal + radius * cos).hypot(radius * sin)).round() as f32
        })
    }

    #[test]
    fn sigma_is_found_at_each_b() {
        let (truth, b) = ([6.0, 6.0, 3.75], [0.0, 50.0, 900.0]);
        let sigma = sigma_of_background(&body(&truth, &b, true).view(), &[0, 1, 2], &b).unwrap();
        for (found, truth) in sigma.iter().zip(truth) {
            assert!((found / truth - 1.0).abs() < 0.03, "{found} for {truth}");
        }
    }

    #[test]
    fn no_air_no_sigma() {
        let b = [0.0, 900.0];
        assert_eq!(sigma_of_background(&body(&[6.0, 6.0], &b, false).view(), &[0, 1], &b), None);
        let masked = body(&[6.0, 6.0], &b, true).mapv(|s| if s < 40.0 { 0.0 } else { s });
        assert_eq!(sigma_of_background(&masked.view(), &[0, 1], &b), None);
        let ramp =
            Array4::from_shape_fn((30, 30, 30, 2).f(), |(i, j, k, v)| (i + 30 * j + 900 * k) as f32 / (1 + v) as f32);
        assert_eq!(sigma_of_background(&ramp.view(), &[0, 1], &b), None);
    }
}
