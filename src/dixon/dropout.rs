//! The dropout ratio of an in-/opposed-phase pair.
//!
//! Inputs  in-phase and opposed-phase magnitudes of equal scaling, optionally a third echo with all echo times
//! Output  `DR = 100 (S_IP - S_OP)/S_IP`, percent; a negative DR (noise, or R2* with the opposed echo first) is kept and
//!         counted; NaN where the in-phase signal is at or below the floor
//! Method  with a third echo in the phase of one of the two, R2* of the voxel from that pair brings the opposed-phase
//!         signal to the in-phase echo time; R2* is not clipped at 0, so that its noise stays unbiased
//! Limits  single peak: `DR = 100 (1 - |1 - 2 eta|)`, so eta and 1 - eta give the same DR. The [`Regime`] says which half,
//!         from a fat-fraction map; values of unknown regime must not be pooled in a correlation.
//!         Related: Takasu, ISMRM 2018 (the "water-dominant group").

use super::{DixonError, Phase};
use ndarray::{Array3, ArrayView3, ShapeBuilder, Zip};
use std::str::FromStr;

/// Share of a region's voxels that must lie on one side of 50 % fat for the region to be called water- or fat-dominant.
pub const REGIME_SHARE: f64 = 0.75;

/// Which component dominates where a dropout ratio was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// Water dominates: DR rises with fat.
    Water,
    /// Fat dominates: DR falls with fat.
    Fat,
    /// Not known, or a region that holds both.
    Unknown,
}

impl Regime {
    /// The word in tables and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Regime::Water => "water",
            Regime::Fat => "fat",
            Regime::Unknown => "unknown",
        }
    }

    /// Regime of a region from its voxels' fat fraction in percent (NaN left out): three quarters of the voxels must
    /// agree. The map must be free of the 50 % ambiguity, so not one from an in-/opposed-phase pair.
    pub fn of(fat_fraction_percent: impl IntoIterator<Item = f32>) -> Self {
        let (mut n, mut n_water) = (0_usize, 0_usize);
        for ff in fat_fraction_percent.into_iter().filter(|ff| ff.is_finite()) {
            n += 1;
            n_water += usize::from(ff < 50.0);
        }
        let share = n_water as f64 / n as f64;
        match n {
            0 => Regime::Unknown,
            _ if share >= REGIME_SHARE => Regime::Water,
            _ if share <= 1.0 - REGIME_SHARE => Regime::Fat,
            _ => Regime::Unknown,
        }
    }
}

impl FromStr for Regime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Regime::Water, Regime::Fat, Regime::Unknown]
            .into_iter()
            .find(|regime| regime.name() == text)
            .ok_or_else(|| format!("`{text}` is none of water, fat, unknown"))
    }
}

/// Echo times (ms) of a pair with a third echo, and in which of the two phases the third was acquired.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ThirdEcho {
    /// Echo time of the in-phase image, ms.
    pub in_phase_ms: f64,
    /// Echo time of the opposed-phase image, ms.
    pub opposed_phase_ms: f64,
    /// Echo time of the third image, ms.
    pub third_ms: f64,
    /// Phase of the third echo: [`Phase::In`] or [`Phase::Opposed`].
    pub phase: Phase,
}

impl ThirdEcho {
    /// Time (s) between the third echo and its partner of equal phase.
    fn separation_s(&self) -> Result<f64, DixonError> {
        let partner = match self.phase {
            Phase::In => self.in_phase_ms,
            Phase::Opposed => self.opposed_phase_ms,
            Phase::Between => {
                return Err(DixonError::EchoTimes {
                    problem: format!("the third echo at {} ms is neither in phase nor opposed", self.third_ms),
                    remedy: "take an echo in the phase of one of the two, or leave the third echo out".to_owned(),
                });
            }
        };
        let separation = (self.third_ms - partner) * 1e-3;
        if separation.is_finite() && separation.abs() >= 1e-4 {
            Ok(separation)
        } else {
            Err(DixonError::EchoTimes {
                problem: format!("the third echo ({} ms) and its partner ({partner} ms) coincide", self.third_ms),
                remedy: "give the echo times of the three images in ms, in the order in-phase, opposed-phase, third"
                    .to_owned(),
            })
        }
    }
}

/// Dropout ratio in percent; `floor` in the images' signal unit.
pub fn dropout_ratio(in_phase: ArrayView3<'_, f32>, opposed_phase: ArrayView3<'_, f32>, floor: f32) -> Array3<f32> {
    let mut dr = Array3::from_elem(in_phase.raw_dim().f(), f32::NAN);
    Zip::from(&mut dr).and(&in_phase).and(&opposed_phase).par_for_each(|dr, &ip, &op| {
        if ip > floor && ip.is_finite() && op.is_finite() {
            *dr = 100.0 * (ip - op) / ip;
        }
    });
    dr
}

/// Dropout ratio in percent with R2* corrected by a third echo, and the R2* map (1/s).
///
/// NaN where any of the signals that enter is at or below the floor.
///
/// # Errors
/// [`DixonError::EchoTimes`] where the third echo coincides with its partner or has neither phase.
pub fn dropout_ratio_corrected(
    in_phase: ArrayView3<'_, f32>,
    opposed_phase: ArrayView3<'_, f32>,
    third: ArrayView3<'_, f32>,
    echoes: &ThirdEcho,
    floor: f32,
) -> Result<(Array3<f32>, Array3<f32>), DixonError> {
    let separation = echoes.separation_s()? as f32;
    let between = ((echoes.opposed_phase_ms - echoes.in_phase_ms) * 1e-3) as f32;
    let third_is_in_phase = echoes.phase == Phase::In;
    let mut dr = Array3::from_elem(in_phase.raw_dim().f(), f32::NAN);
    let mut r2star = dr.clone();
    Zip::from(&mut dr).and(&mut r2star).and(&in_phase).and(&opposed_phase).and(&third).par_for_each(
        |dr, r2star, &ip, &op, &late| {
            let partner = if third_is_in_phase { ip } else { op };
            let usable = |signal: f32| signal > floor && signal.is_finite();
            if usable(ip) && usable(partner) && usable(late) && op.is_finite() {
                let rate = (partner / late).ln() / separation;
                // the opposed-phase signal as it would be at the in-phase echo time
                let op_at_ip = op * (rate * between).exp();
                *r2star = rate;
                *dr = 100.0 * (ip - op_at_ip) / ip;
            }
        },
    );
    Ok((dr, r2star))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    fn line(values: &[f32]) -> Array3<f32> {
        arr1(values).into_shape_with_order((values.len(), 1, 1)).unwrap()
    }

    #[test]
    fn single_peak_truth_holds_and_negative_values_are_kept() {
        let etas = [0.0_f32, 0.1, 0.5, 0.9];
        let op = line(&etas.map(|eta| 100.0 * (1.0 - 2.0 * eta).abs()));
        let dr = dropout_ratio(line(&[100.0; 4]).view(), op.view(), 0.0);
        for (got, want) in dr.iter().zip([0.0, 20.0, 100.0, 20.0]) {
            assert!((got - want).abs() < 1e-4, "{got} {want}");
        }
        let noisy = dropout_ratio(line(&[100.0]).view(), line(&[110.0]).view(), 0.0);
        assert!((noisy[[0, 0, 0]] + 10.0).abs() < 1e-4);
    }

    #[test]
    fn a_third_echo_removes_r2star_whichever_phase_it_has() {
        // eta = 0.2, R2* = 90 1/s; opposed 1.15 ms, in phase 2.3 ms, third opposed 3.45 ms or in phase 4.6 ms
        let signal = |opposed: bool, ms: f32| 500.0 * if opposed { 0.6 } else { 1.0 } * (-90.0 * ms * 1e-3).exp();
        let (ip, op) = (line(&[signal(false, 2.3)]), line(&[signal(true, 1.15)]));
        let plain = dropout_ratio(ip.view(), op.view(), 0.0)[[0, 0, 0]];
        assert!(plain < 36.0, "R2* must bias the plain ratio, got {plain}");
        for (phase, third_ms) in [(Phase::In, 4.6), (Phase::Opposed, 3.45)] {
            let third = line(&[signal(phase == Phase::Opposed, third_ms as f32)]);
            let echoes = ThirdEcho { in_phase_ms: 2.3, opposed_phase_ms: 1.15, third_ms, phase };
            let (dr, r2star) = dropout_ratio_corrected(ip.view(), op.view(), third.view(), &echoes, 0.0).unwrap();
            assert!((dr[[0, 0, 0]] - 40.0).abs() < 1e-3);
            assert!((r2star[[0, 0, 0]] - 90.0).abs() < 1e-2);
        }
    }

    #[test]
    fn a_third_echo_of_no_phase_or_no_distance_is_refused() {
        let one = line(&[1.0]);
        for (phase, third_ms) in [(Phase::Between, 3.0), (Phase::In, 2.3)] {
            let echoes = ThirdEcho { in_phase_ms: 2.3, opposed_phase_ms: 1.15, third_ms, phase };
            assert!(dropout_ratio_corrected(one.view(), one.view(), one.view(), &echoes, 0.0).is_err());
        }
    }

    #[test]
    fn the_regime_needs_three_quarters_of_the_voxels() {
        assert_eq!(Regime::of([10.0, 20.0, 30.0, 80.0]), Regime::Water);
        assert_eq!(Regime::of([90.0, 80.0, 70.0, 20.0, f32::NAN]), Regime::Fat);
        assert_eq!(Regime::of([10.0, 20.0, 70.0, 80.0]), Regime::Unknown);
        assert_eq!(Regime::of([f32::NAN]), Regime::Unknown);
    }
}
