//! First-order statistics of the values in a region.
//!
//! Definitions of the Image Biomarker Standardisation Initiative (reference manual, chapters "Intensity-based
//! statistical features" and "Intensity histogram features", doi:10.1148/radiol.2020191145), except: percentiles are
//! type 7 (linear), and `sd` divides by n - 1 while `variance`, `skewness`, `kurtosis_excess` and `cov` divide by n.
//! Values that are not finite are counted and left out. Everything is summed in f64.

use super::histogram::{Binning, Histogram};
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
        let mut sorted: Vec<f64> = values.iter().filter(|v| v.is_finite()).map(|&v| f64::from(v)).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len() as f64;
        let mean_of = |f: &dyn Fn(f64) -> f64| sorted.iter().map(|&v| f(v)).sum::<f64>() / n;
        let mean = mean_of(&|v| v);
        let moment = |order: i32| mean_of(&|v| (v - mean).powi(order));
        let percentile = |p: f64| percentile_of_sorted(&sorted, p);
        let (p10, p25, median, p75, p90) =
            (percentile(10.0), percentile(25.0), percentile(50.0), percentile(75.0), percentile(90.0));
        let (min, max) = (percentile(0.0), percentile(100.0));
        let variance = moment(2);
        let all_equal = min == max;
        let standardised = |order: i32| if all_equal { 0.0 } else { moment(order) / variance.sqrt().powi(order) };
        let energy: f64 = sorted.iter().map(|v| v * v).sum();
        let histogram = Histogram::of_sorted(&sorted, binning);
        let (mut robust_sum, mut n_robust) = (0.0, 0.0);
        for &v in sorted.iter().filter(|&&v| (p10..=p90).contains(&v)) {
            robust_sum += v;
            n_robust += 1.0;
        }
        let robust_mean = robust_sum / n_robust;
        let robust = sorted.iter().filter(|&&v| (p10..=p90).contains(&v));
        Statistics {
            n_voxels: sorted.len(),
            n_missing: values.len() - sorted.len(),
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
            mad: mean_of(&|v| (v - mean).abs()),
            rmad: robust.map(|v| (v - robust_mean).abs()).sum::<f64>() / n_robust,
            medad: mean_of(&|v| (v - median).abs()),
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

/// Type-7 percentile (0-100, linear between order statistics) of ascending values; NaN where there are none.
pub fn percentile_of_sorted(sorted: &[f64], percent: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = (percent / 100.0).clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
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
