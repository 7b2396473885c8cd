//! Histograms of the values in a region, windows, and how far two distributions overlap.

use super::statistics::Sorted;
use serde::{Deserialize, Serialize};

/// How values are sorted into bins.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Binning {
    /// This many bins of equal width over the range of the region.
    Count(usize),
    /// Bins of this width; edges are whole multiples of it.
    Width(f64),
}

impl Default for Binning {
    fn default() -> Self {
        Binning::Count(64)
    }
}

/// More bins than this are not made; a width that would need more is widened to it.
const MOST_BINS: f64 = 65_536.0;

/// Counts of values between ascending edges; a value on an inner edge belongs to the bin above it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// Edges, one more than counts.
    pub edges: Vec<f64>,
    /// Number of values in each bin.
    pub counts: Vec<usize>,
}

impl Histogram {
    /// Histogram of finite values.
    pub fn of(values: &[f32], binning: Binning) -> Histogram {
        Histogram::of_sorted(Sorted::of(values).values(), binning)
    }

    /// Histogram of ascending finite values; empty where there are none, one bin where all are equal.
    pub(super) fn of_sorted(sorted: &[f32], binning: Binning) -> Histogram {
        let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
            return Histogram { edges: Vec::new(), counts: Vec::new() };
        };
        let edges = edges_over(f64::from(min), f64::from(max), binning);
        // of ascending values a bin is a stretch
        let n_below = |edge: f64| sorted.partition_point(|&value| f64::from(value) < edge);
        let last = edges.len() - 1;
        let beyond = |bin: usize| if bin + 1 == last { sorted.len() } else { n_below(edges[bin + 1]) };
        let counts =
            (0..last).scan(0, |below, bin| Some(beyond(bin) - std::mem::replace(below, beyond(bin)))).collect();
        Histogram { edges, counts }
    }

    /// Counts of values between given ascending edges; the last edge belongs to the last bin, values outside to none, nor
    /// those that are not finite.
    pub fn between(values: &[f32], edges: Vec<f64>) -> Histogram {
        let mut counts = vec![0; edges.len().saturating_sub(1)];
        for value in values.iter().filter(|v| v.is_finite()).map(|&v| f64::from(v)) {
            let above = edges.partition_point(|&edge| edge <= value);
            let bin = if edges.last() == Some(&value) { counts.len() } else { above };
            if (1..=counts.len()).contains(&bin) {
                counts[bin - 1] += 1;
            }
        }
        Histogram { edges, counts }
    }

    /// Number of values.
    pub fn n(&self) -> usize {
        self.counts.iter().sum()
    }

    fn shares(&self) -> impl Iterator<Item = f64> + '_ {
        let n = self.n() as f64;
        self.counts.iter().filter(|&&count| count > 0).map(move |&count| count as f64 / n)
    }

    /// Entropy in bits; NaN without values.
    pub fn entropy(&self) -> f64 {
        // "0 -" instead of "-": one full bin has an entropy of 0, not of -0
        if self.n() == 0 { f64::NAN } else { 0.0 - self.shares().map(|p| p * p.log2()).sum::<f64>() }
    }

    /// Sum of squared shares; NaN without values.
    pub fn uniformity(&self) -> f64 {
        if self.n() == 0 { f64::NAN } else { self.shares().map(|p| p * p).sum() }
    }

    /// Share that two histograms over the same edges have in common: 1 = equal, 0 = disjoint; NaN without values.
    pub fn overlap(&self, other: &Histogram) -> f64 {
        let (n, m) = (self.n() as f64, other.n() as f64);
        if n == 0.0 || m == 0.0 || self.edges != other.edges {
            return f64::NAN;
        }
        self.counts.iter().zip(&other.counts).map(|(&a, &b)| (a as f64 / n).min(b as f64 / m)).sum()
    }
}

/// Edges of bins from `min` to `max`; one bin where they are equal.
pub fn edges_over(min: f64, max: f64, binning: Binning) -> Vec<f64> {
    match binning {
        Binning::Count(n) if n >= 1 && max > min => {
            let step = (max - min) / n as f64;
            let inner = (0..n).map(|b| min + b as f64 * step);
            inner.chain([max]).collect()
        }
        Binning::Width(width) if width > 0.0 && max > min => {
            let width = width.max((max - min) / MOST_BINS);
            let first = (min / width).floor();
            let last = ((max / width).floor() + 1.0).max(first + 1.0);
            (0..=(last - first) as usize).map(|b| (first + b as f64) * width).collect()
        }
        _ => vec![min, max],
    }
}

/// Cuts between the classes of ADC, um2/s: marrow of patients lies above the first (Messiou 2011,
/// doi:10.1007/s00330-011-2116-4), treated lesions above the second. ADC is not monotone with disease, so a class is no verdict.
pub const ADC_CLASSES_UM2_S: [f64; 2] = [655.0, 1400.0];

/// Voxels whose value lies in a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Lower bound, inside; `null` = none.
    pub low: Option<f64>,
    /// Upper bound, outside; `null` = none.
    pub high: Option<f64>,
    /// Number of voxels.
    pub n_voxels: usize,
    /// Share of the measured voxels.
    pub fraction: f64,
    /// Volume, mL.
    pub volume_ml: f64,
}

/// Windows below, between and above ascending cut points. A value on a cut point lies in the window above it.
pub fn windows(values: &[f32], cuts: &[f64], voxel_volume_ml: f64) -> Vec<Window> {
    let mut counts = vec![0_usize; cuts.len() + 1];
    for &value in values.iter().filter(|v| v.is_finite()) {
        counts[cuts.partition_point(|&cut| cut <= f64::from(value))] += 1;
    }
    let n: usize = counts.iter().sum();
    counts
        .into_iter()
        .enumerate()
        .map(|(at, n_voxels)| Window {
            low: at.checked_sub(1).map(|below| cuts[below]),
            high: cuts.get(at).copied(),
            n_voxels,
            fraction: n_voxels as f64 / n as f64,
            volume_ml: n_voxels as f64 * voxel_volume_ml,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_every_value_once() {
        let values = [0.0, 0.5, 1.0, 1.0, 2.0];
        let histogram = Histogram::of(&values, Binning::Count(2));
        assert_eq!((histogram.edges.as_slice(), histogram.counts.as_slice()), (&[0.0, 1.0, 2.0][..], &[2, 3][..]));
        let wide = Histogram::of(&values, Binning::Width(1.0));
        assert_eq!((wide.edges.as_slice(), wide.counts.as_slice()), (&[0.0, 1.0, 2.0, 3.0][..], &[2, 2, 1][..]));
        assert_eq!(Histogram::of(&[3.0, 3.0], Binning::Count(64)).counts, [2]);
        assert_eq!(Histogram::of(&[], Binning::Count(64)).n(), 0);
        assert!(Histogram::of(&[0.0, 1e9], Binning::Width(1e-9)).counts.len() <= 65_537);
    }

    #[test]
    fn overlap_of_equal_and_of_disjoint_sets() {
        let edges = edges_over(0.0, 4.0, Binning::Count(4));
        let low = Histogram::between(&[0.5, 1.5], edges.clone());
        let high = Histogram::between(&[2.5, 4.0], edges);
        assert_eq!((low.overlap(&low), low.overlap(&high)), (1.0, 0.0));
    }

    #[test]
    fn windows_cover_the_line() {
        let found = windows(&[600.0, 655.0, 1000.0, 1400.0, f32::NAN], &[655.0, 1400.0], 0.5);
        assert_eq!(found.iter().map(|w| w.n_voxels).collect::<Vec<_>>(), [1, 2, 1]);
        assert_eq!((found[0].low, found[1].low, found[2].high), (None, Some(655.0), None));
        assert_eq!((found[1].fraction, found[1].volume_ml), (0.5, 1.0));
    }
}
