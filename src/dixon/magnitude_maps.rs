//! Fat fraction from what the scanner already separated: a fat-fraction map, or water and fat images.
//!
//! Inputs  views of equal shape, any common scaling of water and fat; a map in percent, fraction or permille
//! Output  percent, never clipped; NaN where there is no signal
//! Method  `FF = 100 F/(W+F)` with magnitude discrimination against noise bias (Liu 2007, doi:10.1002/mrm.21301):
//!         `1 - |W|/|W+F|` where water dominates, else `|F|/|W+F|`
//! Floor   a voxel has no signal where `|W+F|` is at or below the floor (default 0, the stored background), or where
//!         either image is not finite
//! Limits  from T1-weighted images this is a *signal* fat fraction (sFF): T1, R2* and coil terms are in it; swaps of
//!         water and fat are not seen here

use super::DixonError;
use ndarray::{Array3, ArrayView3, ShapeBuilder, Zip};
use std::str::FromStr;

/// Unit in which a scanner stored its fat-fraction map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FfUnit {
    /// 0-100.
    Percent,
    /// 0-1.
    Fraction,
    /// 0-1000.
    Permille,
}

impl FfUnit {
    /// All units.
    pub const ALL: [FfUnit; 3] = [FfUnit::Percent, FfUnit::Fraction, FfUnit::Permille];

    /// The word on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            FfUnit::Percent => "percent",
            FfUnit::Fraction => "fraction",
            FfUnit::Permille => "permille",
        }
    }

    /// Factor from the stored value to percent.
    pub const fn to_percent(self) -> f32 {
        match self {
            FfUnit::Percent => 1.0,
            FfUnit::Fraction => 100.0,
            FfUnit::Permille => 0.1,
        }
    }

    /// Range (percent) in which the 99th percentile of the non-zero voxels must lie. The lower ends are what the next
    /// coarser unit would give when misread: a 0-1 map read as percent stays near 1, a 0-100 map read as permille
    /// stays near 10. Body images always hold some fat.
    const fn plausible_percent(self) -> (f64, f64) {
        match self {
            FfUnit::Percent => (1.5, 150.0),
            FfUnit::Fraction => (0.0, 150.0),
            FfUnit::Permille => (12.0, 150.0),
        }
    }

    fn holds(self, p99_raw: f64) -> bool {
        let (low, high) = self.plausible_percent();
        let percent = p99_raw * f64::from(self.to_percent());
        percent > low && percent <= high
    }
}

impl FromStr for FfUnit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        FfUnit::ALL
            .into_iter()
            .find(|unit| unit.name() == text)
            .ok_or_else(|| format!("`{text}` is none of percent, fraction, permille"))
    }
}

/// A scanner's fat-fraction map in percent.
///
/// NaN stays NaN; zero stays zero, because a stored 0 may be background or a voxel without fat. Values are scaled only.
///
/// # Errors
/// [`DixonError::ImplausibleUnit`] where the values contradict the stated unit, [`DixonError::NoSignal`] where nothing
/// but zero or NaN is stored.
pub fn scaled_map(map: ArrayView3<'_, f32>, unit: FfUnit) -> Result<Array3<f32>, DixonError> {
    let mut stored: Vec<f32> = map.iter().copied().filter(|v| v.is_finite() && *v != 0.0).collect();
    if stored.is_empty() {
        return Err(DixonError::NoSignal { what: "the fat-fraction map" });
    }
    let rank = ((stored.len() - 1) as f64 * 0.99).round() as usize;
    let p99_raw = f64::from(*stored.select_nth_unstable_by(rank, f32::total_cmp).1);
    if !unit.holds(p99_raw) {
        return Err(DixonError::ImplausibleUnit {
            stated: unit.name(),
            p99_raw,
            p99_percent: p99_raw * f64::from(unit.to_percent()),
            plausible: FfUnit::ALL.into_iter().filter(|other| other.holds(p99_raw)).map(FfUnit::name).collect(),
        });
    }
    let factor = unit.to_percent();
    Ok(map.mapv(|v| v * factor))
}

/// Fat fraction of one voxel in percent from its water and fat signal; NaN at or below the floor.
#[inline]
fn discriminated_percent(water: f32, fat: f32, floor: f32) -> f32 {
    let sum = (water + fat).abs();
    if !(sum > floor && sum.is_finite()) {
        f32::NAN
    } else if fat.abs() <= water.abs() {
        100.0 * (1.0 - water.abs() / sum)
    } else {
        100.0 * (fat.abs() / sum)
    }
}

/// Signal fat fraction in percent from water and fat images of equal scaling, with magnitude discrimination.
///
/// `floor` is in the images' signal unit; 0 excludes stored background only.
pub fn signal_fat_fraction(water: ArrayView3<'_, f32>, fat: ArrayView3<'_, f32>, floor: f32) -> Array3<f32> {
    let mut ff = Array3::from_elem(water.raw_dim().f(), f32::NAN);
    Zip::from(&mut ff)
        .and(&water)
        .and(&fat)
        .par_for_each(|ff, &water, &fat| *ff = discriminated_percent(water, fat, floor));
    ff
}

/// Fat fraction of a whole region in percent: summed fat over summed water plus fat.
///
/// `voxels` are memory-order indices into both slices. Voxels without signal are left out; `None` where none is left.
/// Noise averages out in the sums, so this value has no magnitude bias where voxel values near 0 % would.
pub fn region_ratio(water: &[f32], fat: &[f32], voxels: &[u32], floor: f32) -> Option<f64> {
    let (mut sum_fat, mut sum_all) = (0.0_f64, 0.0_f64);
    for &voxel in voxels {
        let (w, f) = (*water.get(voxel as usize)?, *fat.get(voxel as usize)?);
        if (w + f).abs() > floor && (w + f).is_finite() {
            sum_fat += f64::from(f);
            sum_all += f64::from(w) + f64::from(f);
        }
    }
    (sum_all > 0.0).then(|| 100.0 * sum_fat / sum_all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    fn line(values: &[f32]) -> Array3<f32> {
        arr1(values).into_shape_with_order((values.len(), 1, 1)).unwrap()
    }

    #[test]
    fn known_mixtures_give_their_fraction_and_background_gives_nan() {
        let ff = signal_fat_fraction(line(&[98.0, 25.0, 0.0, 0.0]).view(), line(&[2.0, 75.0, 10.0, 0.0]).view(), 0.0);
        for (got, want) in ff.iter().zip([2.0, 75.0, 100.0]) {
            assert!((got - want).abs() < 1e-4, "{got} {want}");
        }
        assert!(ff[[3, 0, 0]].is_nan());
    }

    #[test]
    fn nothing_is_clipped_and_non_finite_input_is_not_measured() {
        // real-valued water and fat images can go below zero in noise
        let ff = signal_fat_fraction(line(&[102.0, f32::NAN]).view(), line(&[-2.0, 1.0]).view(), 0.0);
        assert!((ff[[0, 0, 0]] + 2.0).abs() < 1e-4);
        assert!(ff[[1, 0, 0]].is_nan());
    }

    #[test]
    fn the_floor_is_exclusive() {
        let ff = signal_fat_fraction(line(&[3.0, 3.1]).view(), line(&[2.0, 2.0]).view(), 5.0);
        assert!(ff[[0, 0, 0]].is_nan() && ff[[1, 0, 0]].is_finite());
    }

    #[test]
    fn a_unit_that_the_values_contradict_is_refused() {
        let fraction = line(&[0.02, 0.5, 0.98, 0.0]);
        let percent = fraction.mapv(|v| v * 100.0);
        let permille = fraction.mapv(|v| v * 1000.0);
        for (map, right) in [(fraction, FfUnit::Fraction), (percent, FfUnit::Percent), (permille, FfUnit::Permille)] {
            for unit in FfUnit::ALL {
                let scaled = scaled_map(map.view(), unit);
                assert_eq!(scaled.is_ok(), unit == right, "{unit:?} for a map in {right:?}");
                if let Ok(scaled) = scaled {
                    assert!((scaled[[1, 0, 0]] - 50.0).abs() < 1e-4);
                }
            }
        }
        assert!(matches!(scaled_map(line(&[0.0, f32::NAN]).view(), FfUnit::Percent), Err(DixonError::NoSignal { .. })));
    }

    #[test]
    fn the_ratio_of_sums_weights_by_signal() {
        let ratio = region_ratio(&[90.0, 0.0, 0.0, 7.0], &[10.0, 300.0, 0.0, 7.0], &[0, 1, 2], 0.0).unwrap();
        assert!((ratio - 77.5).abs() < 1e-9);
        assert_eq!(region_ratio(&[0.0], &[0.0], &[0], 0.0), None);
    }
}
