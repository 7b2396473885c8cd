//! The noise of the echoes, and which voxels carry signal at all.

/// Median of a chi-squared variable over its degrees of freedom (Wilson-Hilferty).
fn chi_squared_median(degrees: f64) -> f64 {
    (1.0 - 2.0 / (9.0 * degrees)).powi(3)
}

/// Noise variance (of a real or imaginary part) from squared residuals with `degrees` of freedom: their median, so that
/// voxels which the model does not describe do not raise it. `None` without a positive residual.
pub fn variance_of_residuals(residuals: &mut [f32], degrees: usize) -> Option<f64> {
    let median = median(residuals)?;
    (median > 0.0).then(|| median / (degrees as f64 * chi_squared_median(degrees as f64)))
}

/// Noise variance from the voxels of noise alone. `energies` are sums over the echoes of the squared magnitude; `start`
/// is a first guess. `None` where fewer than one voxel in a hundred is noise, as in an image whose background was zeroed.
pub fn variance_of_background(energies: &[f32], n_echoes: usize, start: f64) -> Option<f64> {
    let degrees = 2.0 * n_echoes as f64;
    let mut variance = start;
    for _ in 0..8 {
        let limit = noise_energy_limit(n_echoes, variance);
        let mut noise: Vec<f32> = energies.iter().copied().filter(|&e| e > 0.0 && f64::from(e) < limit).collect();
        if noise.len() < energies.len() / 100 {
            return None;
        }
        variance = f64::from(median(&mut noise)? as f32) / (degrees * chi_squared_median(degrees));
    }
    Some(variance)
}

/// Energy that noise of this variance reaches in no more than a few voxels of a million.
pub fn noise_energy_limit(n_echoes: usize, variance: f64) -> f64 {
    let degrees = 2.0 * n_echoes as f64;
    variance * (degrees + 5.0 * (2.0 * degrees).sqrt())
}

fn median(values: &mut [f32]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| f64::from(*values.select_nth_unstable_by(middle, f32::total_cmp).1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_distr::{Distribution, Normal};

    #[test]
    fn the_noise_of_a_background_is_found_beside_tissue() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let normal = Normal::new(0.0, 2.0_f64).unwrap();
        let mut energy = |signal: f64| -> f32 {
            (0..6).map(|_| (signal + normal.sample(&mut rng)).powi(2) + normal.sample(&mut rng).powi(2)).sum::<f64>()
                as f32
        };
        let mut energies: Vec<f32> = (0..20_000).map(|_| energy(0.0)).collect();
        energies.extend((0..60_000).map(|_| energy(60.0)));
        for start in [2.0, 4.0, 9.0] {
            let variance = variance_of_background(&energies, 6, start).unwrap();
            assert!((variance / 4.0 - 1.0).abs() < 0.02, "{variance}");
        }
        let tissue: Vec<f32> = (0..5000).map(|_| energy(60.0)).collect();
        assert_eq!(variance_of_background(&tissue, 6, 4.0), None);
    }
}
