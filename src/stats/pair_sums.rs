//! Order statistics of all differences of two samples, or of all means of pairs, without writing them down where they are
//! many: 100,000 patients have five thousand million pairs.
//!
//! The k-th smallest sum of x and y is found by halving the doubles between the smallest and the largest sum and counting,
//! in one walk over both sorted samples, how many sums do not exceed the middle; after at most 64 halvings nothing lies
//! between (after Johnson and Mizoguchi 1978, doi:10.1137/0207013).

use super::Interval;

/// Pairs up to which they are written down and sorted.
const FEW: usize = 1 << 21;

/// All sums of a pair, in order where they are few.
pub(super) enum Sums {
    /// Every one, sorted.
    Few(Vec<f64>),
    /// Both samples sorted, what a sum is multiplied by, and whether a pair is of one sample with itself.
    Many {
        /// First sample.
        x: Vec<f64>,
        /// Second sample, its sign turned for differences.
        y: Vec<f64>,
        /// 1 for differences, one half for means.
        factor: f64,
        /// Each pair counts once, a value with itself too.
        within: bool,
    },
}

impl Sums {
    /// First minus second, of every pair.
    pub(super) fn of_differences(a: &[f64], b: &[f64]) -> Sums {
        if a.len().saturating_mul(b.len()) <= FEW {
            return Sums::Few(sorted(a.iter().flat_map(|x| b.iter().map(move |y| x - y)).collect()));
        }
        Sums::Many { x: sorted(a.to_vec()), y: sorted(b.iter().map(|v| -v).collect()), factor: 1.0, within: false }
    }

    /// Means of every pair, each value with itself too (Walsh averages).
    pub(super) fn of_means(a: &[f64]) -> Sums {
        if a.len().saturating_mul(a.len()) <= 2 * FEW {
            let means = |i: usize| (i..a.len()).map(move |j| (a[i] + a[j]) / 2.0);
            return Sums::Few(sorted((0..a.len()).flat_map(means).collect()));
        }
        let x = sorted(a.to_vec());
        Sums::Many { y: x.clone(), x, factor: 0.5, within: true }
    }

    fn len(&self) -> usize {
        match self {
            Sums::Few(all) => all.len(),
            Sums::Many { x, within: true, .. } => x.len() * (x.len() + 1) / 2,
            Sums::Many { x, y, .. } => x.len() * y.len(),
        }
    }

    /// The one with `k` below it.
    fn smallest(&self, k: usize) -> f64 {
        let (x, y, factor, within) = match self {
            Sums::Few(all) => return all[k],
            Sums::Many { x, y, factor, within } => (x, y, *factor, *within),
        };
        let (mut low, mut high) = (key(x[0] + y[0]), key(x[x.len() - 1] + y[y.len() - 1]));
        while low < high {
            let middle = low + (high - low) / 2;
            if up_to(x, y, value(middle), within) > k { high = middle } else { low = middle + 1 }
        }
        factor * value(low)
    }

    /// The middle one, or the mean of both.
    pub(super) fn median(&self) -> f64 {
        let n = self.len();
        let upper = self.smallest(n / 2);
        if n % 2 == 1 { upper } else { (self.smallest(n / 2 - 1) + upper) / 2.0 }
    }

    /// The ones that are `depth` deep from both ends, counted from 1; no ends without a depth.
    pub(super) fn at_depth(&self, depth: Option<usize>) -> Interval {
        let Some(depth) = depth else { return Interval { low: f64::NEG_INFINITY, high: f64::INFINITY } };
        let n = self.len();
        let depth = depth.clamp(1, n);
        Interval { low: self.smallest(depth - 1), high: self.smallest(n - depth) }
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// Sums that do not exceed a bound; both samples are sorted.
fn up_to(x: &[f64], y: &[f64], bound: f64, within: bool) -> usize {
    let (mut reach, mut count) = (y.len(), 0);
    for (i, value) in x.iter().enumerate() {
        while reach > 0 && value + y[reach - 1] > bound {
            reach -= 1;
        }
        count += if within { reach.saturating_sub(i) } else { reach };
    }
    count
}

/// A whole number in the order of the doubles.
fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | (1 << 63) } else { !bits }
}

fn value(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(n: usize, factor: usize) -> Vec<f64> {
        (0..n).map(|i| ((i * factor) % 101) as f64 / 7.0 - 6.0).collect()
    }

    /// The same pairs, never written down.
    fn many(a: &[f64], b: Option<&[f64]>) -> Sums {
        let x = sorted(a.to_vec());
        match b {
            Some(b) => Sums::Many { x, y: sorted(b.iter().map(|v| -v).collect()), factor: 1.0, within: false },
            None => Sums::Many { y: x.clone(), x, factor: 0.5, within: true },
        }
    }

    #[test]
    fn counting_finds_what_sorting_finds() {
        let (a, b) = (sample(37, 29), sample(53, 17));
        for (counted, written) in
            [(many(&a, Some(&b)), Sums::of_differences(&a, &b)), (many(&a, None), Sums::of_means(&a))]
        {
            assert_eq!(counted.len(), written.len());
            for k in [0, 1, counted.len() / 3, counted.len() / 2, counted.len() - 1] {
                assert_eq!(counted.smallest(k), written.smallest(k), "{k}");
            }
            assert_eq!(counted.median(), written.median());
            assert_eq!(counted.at_depth(Some(9)), written.at_depth(Some(9)));
        }
    }

    #[test]
    fn pairs_of_many_patients_are_not_written_down() {
        let n = 60_000;
        let x: Vec<f64> = (0..n).map(|i| f64::from(i) / 1000.0).collect();
        let y: Vec<f64> = x.iter().map(|v| v - 2.5).collect();
        assert!((Sums::of_differences(&x, &y).median() - 2.5).abs() < 1e-9);
        assert!((Sums::of_means(&x).median() - x[n as usize / 2]).abs() < 1e-3);
    }
}
