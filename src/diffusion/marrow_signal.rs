//! What the bulk of the marrow looks like at high b, and the two classes of a mixture: for thresholds that come from the
//! patient's own marrow.
//!
//! Inputs  signals of bone that is not excluded, any scale
//! Mode    highest point of the distribution of ln S, smoothed by a normal kernel of 0.05 (5 % of the signal; a mode by kernel
//!         density, Parzen 1962, doi:10.1214/aoms/1177704472)
//! Spread  distance from the mode down to where that distribution has fallen to half, over 1.1774: the standard deviation of
//!         a normal peak, its smoothing included. Only the dark flank of the peak counts, neither disease, which is
//!         brighter, nor what is far darker: yellow marrow, voxels shared with cortex
//! Mixture two normal distributions of ln S, by expectation maximisation from mode and spread
//! Limits  where most of the marrow is diseased its mode is that of disease

/// Standard deviation of the kernel that smooths the distribution of ln S; the least spread, as a share of the mode.
const KERNEL_SD: f64 = 0.05;
/// Bins of the smoothed distribution in one [`KERNEL_SD`], and how many of these the kernel reaches.
const BINS_PER_SD: usize = 16;
const KERNEL_REACH: usize = 4;
/// Half width at half height of a normal distribution to its standard deviation, sqrt(2 ln 2).
const HALF_WIDTH_TO_SD: f64 = 1.177_410_022_515_475;
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
        let density = Smoothed::of(sorted);
        let peak = (0..density.height.len())
            .fold(0, |best, bin| if density.height[bin] > density.height[best] { bin } else { best });
        let half = 0.5 * density.height[peak];
        // the distribution ends at zero on both sides, so that the flank is crossed
        let foot = (0..peak).rev().find(|&bin| density.height[bin] < half).unwrap_or(0);
        let [low, high] = [foot, foot + 1].map(|bin| density.height[bin]);
        let crossing = foot as f64 + if high > low { (half - low) / (high - low) } else { 0.0 };
        let mode = density.signal_at(peak as f64);
        Some(Bulk { mode, spread: (mode - density.signal_at(crossing)) / HALF_WIDTH_TO_SD })
    }
}

/// The distribution of ln S, smoothed.
struct Smoothed {
    /// ln S at the middle of the first bin.
    first: f64,
    /// Values in each bin, smoothed.
    height: Vec<f64>,
}

impl Smoothed {
    const STEP: f64 = KERNEL_SD / BINS_PER_SD as f64;

    /// Of ascending positive signals.
    fn of(sorted: &[f32]) -> Smoothed {
        let reach = KERNEL_REACH * BINS_PER_SD;
        let ln = |value: Option<&f32>| value.map_or(0.0, |&v| f64::from(v).ln());
        let (low, high) = (ln(sorted.first()), ln(sorted.last()));
        let n_bins = ((high - low) / Self::STEP) as usize + 1;
        let kernel: Vec<f64> =
            (0..=2 * reach).map(|n| (-0.5 * ((n as f64 - reach as f64) / BINS_PER_SD as f64).powi(2)).exp()).collect();
        let mut height = vec![0.0; n_bins + 2 * reach];
        let mut start = 0;
        for bin in 0..n_bins {
            let end = match bin + 1 {
                last if last == n_bins => sorted.len(),
                next => sorted.partition_point(|&v| f64::from(v) < (low + next as f64 * Self::STEP).exp()),
            };
            if end > start {
                let count = (end - start) as f64;
                height[bin..].iter_mut().zip(&kernel).for_each(|(height, share)| *height += count * share);
                start = end;
            }
        }
        Smoothed { first: low + (0.5 - reach as f64) * Self::STEP, height }
    }

    fn signal_at(&self, bin: f64) -> f64 {
        (self.first + bin * Self::STEP).exp()
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

    /// A peak of 160 +- 8 (5 %) seen through a kernel of 5 %: 7 % of 160.
    const SEEN_SPREAD: f64 = 11.3;

    #[test]
    fn disease_moves_neither_mode_nor_spread() {
        for values in [marrow(40_000), marrow(40_000).into_iter().map(f32::round).collect()] {
            let bulk = Bulk::of(&values).unwrap();
            assert!((bulk.mode - 160.0).abs() < 2.0 && (bulk.spread - SEEN_SPREAD).abs() < 1.0, "{bulk:?}");
        }
        assert_eq!(Bulk::of(&[1.0; 9]), None);
        let flat = Bulk::of(&[3.0; 50]).unwrap();
        assert!((flat.mode - 3.0).abs() < 0.01 && (flat.spread - 0.05 * 3.0).abs() < 0.006, "{flat:?}");
    }

    #[test]
    fn yellow_marrow_and_shared_voxels_do_not_widen_the_spread() {
        let mut values = marrow(40_000);
        // as many darker voxels as half of the marrow has: 20 to 140, none of them near a peak
        values.extend((0..20_000).map(|n| 20.0 + 120.0 * n as f32 / 20_000.0));
        values.sort_by(f32::total_cmp);
        let bulk = Bulk::of(&values).unwrap();
        assert!((bulk.mode - 160.0).abs() < 2.0 && (bulk.spread - SEEN_SPREAD).abs() < 1.5, "{bulk:?}");
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
