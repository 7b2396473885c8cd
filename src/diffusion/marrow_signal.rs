//! What the bulk of the marrow looks like at high b, and the two classes of a mixture: for thresholds that come from the
//! patient's own marrow.
//!
//! Inputs  signals of bone that is not excluded, any scale
//! Mode    the half-sample mode (Robertson & Cryer 1974, doi:10.1080/01621459.1974.10480177): the shortest interval that
//!         holds half the values, again and again, down to a twentieth of them; its centre
//! Spread  1.4826 x the median distance of the values below the mode from it, so that disease, which is brighter, does not
//!         widen it
//! Mixture two normal distributions of ln S, by expectation maximisation from mode and spread
//! Limits  where most of the marrow is diseased its mode is that of disease

/// Share of the values at which the search for the mode stops.
const SMALLEST_SHARE: f64 = 0.05;
/// Median absolute deviation of a normal distribution to its standard deviation.
const MAD_TO_SD: f64 = 1.4826;
/// Rounds of expectation maximisation, and the step of a mean (in ln S) that ends them.
const ROUNDS: usize = 500;
const REST: f64 = 1e-7;
/// Bins of ln S over which the mixture is fitted.
const BINS: usize = 2048;

/// The bulk of the marrow.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Bulk {
    /// Commonest signal.
    pub mode: f64,
    /// Spread towards the dark side, as a standard deviation.
    pub spread: f64,
}

impl Bulk {
    /// Of ascending positive signals; none of fewer than ten.
    pub fn of(sorted: &[f32]) -> Option<Bulk> {
        if sorted.len() < 10 {
            return None;
        }
        let least = ((SMALLEST_SHARE * sorted.len() as f64) as usize).max(3);
        let mut part = sorted;
        while part.len() > least {
            let half = part.len().div_ceil(2);
            let width = |start: usize| part[start + half - 1] - part[start];
            let shortest = (0..=part.len() - half).map(width).fold(f32::INFINITY, f32::min);
            // of several equally short ones (integers) the middle one
            let ties: Vec<usize> = (0..=part.len() - half).filter(|&start| width(start) == shortest).collect();
            let start = ties[ties.len() / 2];
            part = &part[start..start + half];
            if half == 1 {
                break;
            }
        }
        let mode = part.iter().map(|&v| f64::from(v)).sum::<f64>() / part.len() as f64;
        let below = &sorted[..sorted.partition_point(|&v| f64::from(v) <= mode)];
        let middle = below.len() / 2;
        let distance = mode - f64::from(*below.get(middle)?);
        Some(Bulk { mode, spread: MAD_TO_SD * distance })
    }
}

/// Two normal distributions of ln S; the first is the darker.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Mixture {
    /// Share of each.
    pub share: [f64; 2],
    /// Mean of ln S of each.
    pub mean: [f64; 2],
    /// Standard deviation of ln S of each.
    pub sd: [f64; 2],
}

impl Mixture {
    /// Of ascending positive signals; none where they have no spread or a class dies out.
    pub fn of(sorted: &[f32]) -> Option<Mixture> {
        let bulk = Bulk::of(sorted)?;
        let (low, high) = (f64::from(*sorted.first()?).ln(), f64::from(*sorted.last()?).ln());
        let width = (high - low) / BINS as f64;
        if width <= 0.0 || bulk.spread <= 0.0 {
            return None;
        }
        let mut counts = vec![0.0_f64; BINS];
        for &value in sorted {
            counts[(((f64::from(value).ln() - low) / width) as usize).min(BINS - 1)] += 1.0;
        }
        let at = |bin: usize| low + (bin as f64 + 0.5) * width;
        let narrow = bulk.spread / bulk.mode;
        let mut fitted = Mixture {
            share: [0.85, 0.15],
            mean: [bulk.mode.ln(), bulk.mode.ln() + 0.4],
            sd: [narrow.max(width), narrow.max(0.25)],
        };
        for _ in 0..ROUNDS {
            let (mut n, mut sum, mut squares) = ([0.0; 2], [0.0; 2], [0.0; 2]);
            for (bin, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
                let bright = fitted.bright_share(at(bin));
                for (class, share) in [1.0 - bright, bright].into_iter().enumerate() {
                    n[class] += count * share;
                    sum[class] += count * share * at(bin);
                    squares[class] += count * share * at(bin).powi(2);
                }
            }
            if n.iter().any(|&n| n < 3.0) {
                return None;
            }
            let mean = [sum[0] / n[0], sum[1] / n[1]];
            let step = (0..2).map(|c| (mean[c] - fitted.mean[c]).abs()).fold(0.0, f64::max);
            let sd = [0, 1].map(|c| (squares[c] / n[c] - mean[c] * mean[c]).max(width * width).sqrt());
            fitted = Mixture { share: n.map(|n| n / sorted.len() as f64), mean, sd };
            if step < REST {
                break;
            }
        }
        (fitted.mean[0] < fitted.mean[1]).then_some(fitted)
    }

    /// Probability that a voxel of this ln S belongs to the brighter class.
    fn bright_share(&self, ln: f64) -> f64 {
        let density = |c: usize| self.share[c] / self.sd[c] * (-0.5 * ((ln - self.mean[c]) / self.sd[c]).powi(2)).exp();
        let (dark, bright) = (density(0), density(1));
        if dark + bright > 0.0 { bright / (dark + bright) } else { f64::from(u8::from(ln > self.mean[1])) }
    }

    /// The signal above the darker mean from which on the brighter class has this probability; none where it never has.
    pub fn signal_at(&self, probability: f64) -> Option<f64> {
        let (low, high) = (self.mean[0], self.mean[1] + 4.0 * self.sd[1]);
        let step = (high - low) / 4000.0;
        let found = (0..=4000).map(|n| low + f64::from(n) * step).find(|&ln| self.bright_share(ln) >= probability);
        found.map(f64::exp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_distr::{Distribution, Normal};

    /// Marrow of 160 +- 8 with a tail of partial volume below, and 15 % disease around 250.
    fn marrow(n: usize) -> Vec<f32> {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let mut of = |mean, sd, n| {
            let normal = Normal::new(mean, sd).unwrap();
            (0..n).map(|_| normal.sample(&mut random) as f32).collect::<Vec<f32>>()
        };
        let mut values = of(160.0, 8.0, n * 80 / 100);
        values.extend(of(120.0, 20.0, n * 5 / 100));
        values.extend(of(250.0, 40.0, n * 15 / 100));
        values.sort_by(f32::total_cmp);
        values
    }

    #[test]
    fn disease_moves_neither_mode_nor_spread() {
        for values in [marrow(40_000), marrow(40_000).into_iter().map(f32::round).collect()] {
            let bulk = Bulk::of(&values).unwrap();
            assert!((bulk.mode - 160.0).abs() < 2.0 && (bulk.spread - 8.0).abs() < 1.5, "{bulk:?}");
        }
        assert_eq!(Bulk::of(&[1.0; 9]), None);
        assert_eq!(Bulk::of(&[3.0; 50]), Some(Bulk { mode: 3.0, spread: 0.0 }));
    }

    #[test]
    fn the_mixture_finds_two_classes() {
        let mut values: Vec<f32> = marrow(40_000).into_iter().filter(|&v| !(60.0..135.0).contains(&v)).collect();
        let mixture = Mixture::of(&values).unwrap();
        assert!((mixture.mean[0] - 160.0_f64.ln()).abs() < 0.01 && (mixture.mean[1] - 246.0_f64.ln()).abs() < 0.03);
        assert!((mixture.share[1] - 0.155).abs() < 0.02, "{mixture:?}");
        let [half, most] = [0.5, 0.9].map(|p| mixture.signal_at(p).unwrap());
        assert!(180.0 < half && half < most && most < 200.0, "{half} {most}");
        values.truncate(2);
        assert_eq!(Mixture::of(&values), None);
    }
}
