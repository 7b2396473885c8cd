//! Intensity-histogram features: the statistics of bin numbers, and the steepest steps between bins.
//!
//! Bins are numbered from 1. The gradient is the central difference of the counts, one-sided at both ends. Among bins of
//! equal count the mode is the one nearest the mean.

/// The 23 features, in the order of the table of names, from the number of values in each bin.
pub fn intensity_histogram(counts: &[usize]) -> [f64; 23] {
    let n: usize = counts.iter().sum();
    if n == 0 {
        return [f64::NAN; 23];
    }
    let bins: Vec<(f64, f64)> =
        counts.iter().enumerate().map(|(bin, &count)| (bin as f64 + 1.0, count as f64)).collect();
    let total = n as f64;
    let mean_of = |f: &dyn Fn(f64) -> f64| bins.iter().map(|&(level, count)| count * f(level)).sum::<f64>() / total;
    let mean = mean_of(&|level| level);
    let variance = mean_of(&|level| (level - mean).powi(2));
    let standardised = |order: i32| match variance > 0.0 {
        true => mean_of(&|level| (level - mean).powi(order)) / variance.sqrt().powi(order),
        false => 0.0,
    };
    let percentile = |percent: f64| percentile_of_counts(counts, n, percent);
    let (p10, p25, median, p75, p90) =
        (percentile(10.0), percentile(25.0), percentile(50.0), percentile(75.0), percentile(90.0));
    let (min, max) = (percentile(0.0), percentile(100.0));
    let within: Vec<&(f64, f64)> = bins.iter().filter(|(level, _)| (p10..=p90).contains(level)).collect();
    let n_within: f64 = within.iter().map(|(_, count)| count).sum();
    let robust_mean = within.iter().map(|(level, count)| level * count).sum::<f64>() / n_within;
    let rmad = within.iter().map(|(level, count)| count * (level - robust_mean).abs()).sum::<f64>() / n_within;
    let shares = || bins.iter().map(|(_, count)| count / total).filter(|&share| share > 0.0);
    let gradient = gradients(counts);
    let (steepest, falling) = (first_extreme(&gradient, 1.0), first_extreme(&gradient, -1.0));
    [
        mean,
        variance,
        standardised(3),
        if variance > 0.0 { standardised(4) - 3.0 } else { 0.0 },
        median,
        min,
        p10,
        p90,
        max,
        mode(counts, mean),
        p75 - p25,
        max - min,
        mean_of(&|level| (level - mean).abs()),
        rmad,
        mean_of(&|level| (level - median).abs()),
        variance.sqrt() / mean,
        (p75 - p25) / (p75 + p25),
        shares().map(|p| -p * p.log2()).sum::<f64>() + 0.0,
        shares().map(|p| p * p).sum(),
        gradient[steepest],
        steepest as f64 + 1.0,
        gradient[falling],
        falling as f64 + 1.0,
    ]
}

/// Type-7 percentile of the bin numbers.
fn percentile_of_counts(counts: &[usize], n: usize, percent: f64) -> f64 {
    let position = percent / 100.0 * (n - 1) as f64;
    let bin_of = |rank: usize| {
        let mut below = 0;
        counts
            .iter()
            .position(|&count| {
                below += count;
                below > rank
            })
            .map_or(f64::NAN, |bin| bin as f64 + 1.0)
    };
    let low = position.floor() as usize;
    let (at, above) = (bin_of(low), bin_of((low + 1).min(n - 1)));
    at + (position - low as f64) * (above - at)
}

fn mode(counts: &[usize], mean: f64) -> f64 {
    let most = counts.iter().copied().max().unwrap_or(0);
    let levels = counts.iter().enumerate().filter(|(_, count)| **count == most).map(|(bin, _)| bin as f64 + 1.0);
    levels.min_by(|a, b| (a - mean).abs().total_cmp(&(b - mean).abs())).unwrap_or(f64::NAN)
}

fn gradients(counts: &[usize]) -> Vec<f64> {
    let count = |bin: usize| counts[bin] as f64;
    let last = counts.len() - 1;
    (0..=last)
        .map(|bin| match bin {
            _ if last == 0 => 0.0,
            0 => count(1) - count(0),
            bin if bin == last => count(last) - count(last - 1),
            bin => 0.5 * (count(bin + 1) - count(bin - 1)),
        })
        .collect()
}

/// Place of the largest value times `sign`; the first of equal ones.
fn first_extreme(values: &[f64], sign: f64) -> usize {
    (0..values.len()).rev().max_by(|&a, &b| (sign * values[a]).total_cmp(&(sign * values[b]))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_of_a_small_histogram() {
        // bin numbers 1 1 2 4
        let all = intensity_histogram(&[2, 1, 0, 1]);
        assert_eq!((all[0], all[1], all[4]), (2.0, 1.5, 1.5));
        assert_eq!((all[9], all[11], all[17]), (1.0, 3.0, 1.5));
        // counts 2 1 0 1: gradients -1, -1, 0, 1
        assert_eq!(all[19..], [1.0, 4.0, -1.0, 1.0]);
        assert!(intensity_histogram(&[]).iter().all(|v| v.is_nan()));
        assert_eq!(intensity_histogram(&[5])[..4], [1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn the_mode_nearest_the_mean_wins() {
        assert_eq!(mode(&[3, 0, 3, 3], 2.7), 3.0);
    }
}
