//! First-order statistics of the values in a region.
//!
//! Definitions of the Image Biomarker Standardisation Initiative (reference manual, chapters "Intensity-based
//! statistical features" and "Intensity histogram features", doi:10.1148/radiol.2020191145), except: percentiles are
//! type 7 (linear), and `sd` divides by n - 1 while `variance`, `skewness`, `kurtosis_excess` and `cov` divide by n.
//! Values that are not finite are counted and left out. Everything is summed in f64.

use super::histogram::{Binning, Histogram};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// First-order statistics; what cannot be computed is NaN, `null` in JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Values that were measured.
    pub n_voxels: usize,
    /// Values that are not finite, left out.
    pub n_missing: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation (n - 1).
    pub sd: f64,
    /// Median.
    pub median: f64,
    /// 5th percentile.
    pub p5: f64,
    /// 10th percentile.
    pub p10: f64,
    /// 25th percentile.
    pub p25: f64,
    /// 75th percentile.
    pub p75: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 95th percentile.
    pub p95: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Largest minus smallest.
    pub range: f64,
    /// p75 - p25.
    pub iqr: f64,
    /// Variance (n).
    pub variance: f64,
    /// Third standardised moment; 0 where all values are equal.
    pub skewness: f64,
    /// Fourth standardised moment minus 3; 0 where all values are equal.
    pub kurtosis_excess: f64,
    /// Entropy of the histogram over the region's range, bits.
    pub entropy: f64,
    /// Sum of squared shares of the histogram.
    pub uniformity: f64,
    /// Sum of squares.
    pub energy: f64,
    /// Root of the mean square.
    pub rms: f64,
    /// Coefficient of variation, a fraction: root of `variance` over mean.
    pub cov: f64,
    /// Quartile coefficient of dispersion, a fraction.
    pub qcod: f64,
    /// Mean absolute deviation from the mean.
    pub mad: f64,
    /// The same for values from p10 to p90.
    pub rmad: f64,
    /// Mean absolute deviation from the median.
    pub medad: f64,
}

impl Statistics {
    /// Names of all statistics, in the order of tables.
    pub const NAMES: [&str; 25] = [
        "mean",
        "sd",
        "median",
        "p5",
        "p10",
        "p25",
        "p75",
        "p90",
        "p95",
        "min",
        "max",
        "range",
        "iqr",
        "variance",
        "skewness",
        "kurtosis_excess",
        "entropy",
        "uniformity",
        "energy",
        "rms",
        "cov",
        "qcod",
        "mad",
        "rmad",
        "medad",
    ];

    /// False where a region of `n_region` voxels has a value in some of them, but in fewer than half: what could be measured
    /// is a selection then, and does not stand for the region.
    pub fn stands_for(&self, n_region: usize) -> bool {
        self.n_voxels == 0 || 2 * self.n_voxels >= n_region
    }

    /// Statistics with the default histogram of 64 bins.
    pub fn of(values: &[f32]) -> Statistics {
        Statistics::with_binning(values, Binning::default())
    }

    /// Statistics whose entropy and uniformity are those of the given histogram.
    pub fn with_binning(values: &[f32], binning: Binning) -> Statistics {
        Statistics::of_sorted(&Sorted::of(values), binning)
    }

    /// The same of values that are sorted already.
    pub fn of_sorted(values: &Sorted, binning: Binning) -> Statistics {
        let sorted = values.values();
        let n = sorted.len() as f64;
        let mean = sum_of(sorted, |v| v) / n;
        let moment = |order: i32| sum_of(sorted, |v| (v - mean).powi(order)) / n;
        let percentile = |p: f64| values.percentile(p);
        let (p10, p25, median, p75, p90) =
            (percentile(10.0), percentile(25.0), percentile(50.0), percentile(75.0), percentile(90.0));
        let (min, max) = (percentile(0.0), percentile(100.0));
        let variance = moment(2);
        let all_equal = min == max;
        let standardised = |order: i32| if all_equal { 0.0 } else { moment(order) / variance.sqrt().powi(order) };
        let energy = sum_of(sorted, |v| v * v);
        let histogram = Histogram::of_sorted(sorted, binning);
        let robust = {
            let first = sorted.partition_point(|&v| f64::from(v) < p10);
            let beyond = sorted.partition_point(|&v| f64::from(v) <= p90);
            &sorted[first.min(beyond)..beyond]
        };
        let n_robust = robust.len() as f64;
        let robust_mean = sum_of(robust, |v| v) / n_robust;
        Statistics {
            n_voxels: sorted.len(),
            n_missing: values.n_missing,
            mean,
            sd: if n > 1.0 { (variance * n / (n - 1.0)).sqrt() } else { f64::NAN },
            median,
            p5: percentile(5.0),
            p10,
            p25,
            p75,
            p90,
            p95: percentile(95.0),
            min,
            max,
            range: max - min,
            iqr: p75 - p25,
            variance,
            skewness: if sorted.is_empty() { f64::NAN } else { standardised(3) },
            kurtosis_excess: match (sorted.is_empty(), all_equal) {
                (true, _) => f64::NAN,
                (false, true) => 0.0,
                (false, false) => standardised(4) - 3.0,
            },
            entropy: histogram.entropy(),
            uniformity: histogram.uniformity(),
            energy,
            rms: (energy / n).sqrt(),
            cov: variance.sqrt() / mean,
            qcod: (p75 - p25) / (p75 + p25),
            mad: sum_of(sorted, |v| (v - mean).abs()) / n,
            rmad: sum_of(robust, |v| (v - robust_mean).abs()) / n_robust,
            medad: sum_of(sorted, |v| (v - median).abs()) / n,
        }
    }

    /// A statistic by its name in tables, e.g. `median`; `None` for a name that there is not.
    pub fn get(&self, name: &str) -> Option<f64> {
        Some(match name {
            "mean" => self.mean,
            "sd" => self.sd,
            "median" => self.median,
            "p5" => self.p5,
            "p10" => self.p10,
            "p25" => self.p25,
            "p75" => self.p75,
            "p90" => self.p90,
            "p95" => self.p95,
            "min" => self.min,
            "max" => self.max,
            "range" => self.range,
            "iqr" => self.iqr,
            "variance" => self.variance,
            "skewness" => self.skewness,
            "kurtosis_excess" => self.kurtosis_excess,
            "entropy" => self.entropy,
            "uniformity" => self.uniformity,
            "energy" => self.energy,
            "rms" => self.rms,
            "cov" => self.cov,
            "qcod" => self.qcod,
            "mad" => self.mad,
            "rmad" => self.rmad,
            "medad" => self.medad,
            _ => return None,
        })
    }
}

/// Finite values in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub struct Sorted {
    values: Vec<f32>,
    n_missing: usize,
}

/// Integers up to this range are counted instead of compared.
const COUNTED_RANGE: f32 = 65_536.0;
/// Values summed by one thread at a time; sums do not depend on the number of threads.
const CHUNK: usize = 1 << 16;

impl Sorted {
    /// The finite values, sorted; the others counted.
    pub fn of(values: &[f32]) -> Sorted {
        Sorted::from(values.to_vec())
    }

    /// The values.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Type-7 percentile (0-100, linear between order statistics); NaN where there are no values.
    pub fn percentile(&self, percent: f64) -> f64 {
        let Some(last) = self.values.len().checked_sub(1) else {
            return f64::NAN;
        };
        let position = (percent / 100.0).clamp(0.0, 1.0) * last as f64;
        let below = position.floor() as usize;
        let (at, above) = (f64::from(self.values[below]), f64::from(self.values[(below + 1).min(last)]));
        at + (position - below as f64) * (above - at)
    }
}

impl From<Vec<f32>> for Sorted {
    /// As [`Sorted::of`], in the memory of the values: those of a whole body are not copied.
    fn from(mut finite: Vec<f32>) -> Sorted {
        let n = finite.len();
        finite.retain(|v| v.is_finite());
        let n_missing = n - finite.len();
        let (min, max) = finite.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), &v| (a.min(v), b.max(v)));
        // -0.0 would lose its sign, so it is left to the sort
        let is_counted = max - min < COUNTED_RANGE && finite.iter().all(|v| v.fract() == 0.0 && v.to_bits() != 1 << 31);
        if is_counted && max.abs().max(min.abs()) < 8_388_608.0 {
            let mut counts = vec![0_usize; (max - min) as usize + 1];
            finite.iter().for_each(|v| counts[(v - min) as usize] += 1);
            let mut place = 0;
            for (step, count) in counts.into_iter().enumerate() {
                finite[place..place + count].fill(min + step as f32);
                place += count;
            }
        } else {
            finite.par_sort_unstable_by(f32::total_cmp);
        }
        Sorted { values: finite, n_missing }
    }
}

/// Sum of a function of each value, in f64.
fn sum_of(values: &[f32], f: impl Fn(f64) -> f64 + Sync) -> f64 {
    let parts: Vec<f64> =
        values.par_chunks(CHUNK).map(|chunk| chunk.iter().map(|&v| f(f64::from(v))).sum::<f64>()).collect();
    parts.into_iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sets_by_hand() {
        let s = Statistics::of(&[4.0, 1.0, f32::NAN, 3.0, 2.0]);
        assert_eq!((s.n_voxels, s.n_missing), (4, 1));
        assert_eq!((s.mean, s.median, s.p25, s.p75), (2.5, 2.5, 1.75, 3.25));
        assert_eq!((s.min, s.max, s.range, s.iqr, s.variance), (1.0, 4.0, 3.0, 1.5, 1.25));
        assert!((s.sd - 1.290_994_448_735_805_6).abs() < 1e-12);
        assert!((s.kurtosis_excess + 1.36).abs() < 1e-12 && s.skewness.abs() < 1e-12);
        assert_eq!((s.energy, s.mad, s.medad, s.qcod), (30.0, 1.0, 1.0, 0.3));
        assert_eq!((s.entropy, s.uniformity), (2.0, 0.25));
        assert_eq!(s.rmad, 0.5);
    }

    #[test]
    fn counting_and_comparing_sort_alike() {
        let integers: Vec<f32> = (0..5000).map(|n| ((n * 7919) % 3001) as f32 - 1000.0).collect();
        let mut expected = integers.clone();
        expected.sort_by(f32::total_cmp);
        assert_eq!(Sorted::of(&integers).values(), expected);
        let halves: Vec<f32> = integers.iter().map(|v| v + 0.5).chain([f32::NAN]).collect();
        let sorted = Sorted::of(&halves);
        assert!(sorted.values().is_sorted() && sorted.n_missing == 1);
        assert_eq!(Sorted::of(&[1e30, -1e30, 0.0]).values(), [-1e30, 0.0, 1e30]);
    }

    #[test]
    fn one_value_and_none() {
        let one = Statistics::of(&[7.0]);
        assert_eq!((one.mean, one.median, one.skewness, one.kurtosis_excess, one.entropy), (7.0, 7.0, 0.0, 0.0, 0.0));
        assert!(one.sd.is_nan());
        let none = Statistics::of(&[f32::NAN]);
        assert_eq!((none.n_voxels, none.n_missing), (0, 1));
        assert!(none.mean.is_nan() && none.median.is_nan() && none.skewness.is_nan());
        assert!(serde_json::to_string(&none).unwrap().contains("\"mean\":null"));
    }

    #[test]
    fn every_name_of_the_table_is_found() {
        let json = serde_json::to_value(Statistics::of(&[1.0, 2.0, 5.0])).unwrap();
        let object = json.as_object().unwrap();
        assert_eq!(object.keys().filter(|key| !key.starts_with("n_")).count(), Statistics::NAMES.len());
        for name in Statistics::NAMES {
            assert_eq!(Statistics::of(&[1.0, 2.0, 5.0]).get(name), object[name].as_f64(), "{name}");
        }
    }
}
