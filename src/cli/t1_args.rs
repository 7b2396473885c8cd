//! T1 weighting of a fat fraction: flags, what it makes of the numbers, and the correction where it is asked for.

use super::CliError;
use crate::dixon::t1_bias::{Bias, Excitation, SHOWN_AT, fat_t1_ms};
use crate::error::{Result, Warning};
use clap::Args;
use ndarray::Array3;
use serde::Serialize;

/// Above this (percentage points, anywhere in the table) the bias is said aloud.
const WARN_POINTS: f64 = 1.0;

/// How the images were excited, and whether to correct.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "T1 weighting")]
pub struct T1Args {
    /// Repetition time in ms [default: from the sidecars]
    #[arg(long, value_name = "MS")]
    pub repetition_time_ms: Option<f64>,
    /// Flip angle in degrees [default: from the sidecars]
    #[arg(long, value_name = "DEG")]
    pub flip_angle_deg: Option<f64>,
    /// T1 of fat in ms [default: 343 at 1.5 T, 382 at 3 T]
    #[arg(long, value_name = "MS")]
    pub fat_t1_ms: Option<f64>,
    /// Write beside the fat fraction a second one, corrected for T1 at this T1 of water in ms
    #[arg(long, value_name = "WATER_T1_MS")]
    pub correct_t1: Option<f64>,
}

/// T1 weighting of one acquisition.
#[derive(Debug, Clone, Serialize)]
pub struct T1Weighting {
    #[serde(flatten)]
    excitation: Excitation,
    true_fat_percent: [f64; 4],
    bias: Vec<Bias>,
    corrected_at_water_t1_ms: Option<f64>,
}

impl T1Args {
    /// The weighting, where TR, flip angle and the T1 of fat are known; `stated` is TR (ms) and flip angle (degrees) of the
    /// sidecars.
    ///
    /// # Errors
    /// Usage where a number cannot be one; a missing acquisition parameter where a flag of T1 is given and one is not
    /// known.
    pub fn weighting(&self, stated: Option<[f64; 2]>, field_t: Option<f64>) -> Result<Option<T1Weighting>> {
        let tr_ms = self.repetition_time_ms.or(stated.map(|[tr, _]| tr));
        let flip_angle_deg = self.flip_angle_deg.or(stated.map(|[_, angle]| angle));
        let fat_t1_ms = self.fat_t1_ms.or(field_t.map(fat_t1_ms));
        for (flag, what, value, [low, high]) in [
            ("--repetition-time-ms", "repetition time (ms)", tr_ms, [1.0, 20_000.0]),
            ("--flip-angle-deg", "flip angle (degrees)", flip_angle_deg, [0.1, 179.0]),
            ("--fat-t1-ms", "T1 of fat (ms)", fat_t1_ms, [20.0, 20_000.0]),
            ("--correct-t1", "T1 of water (ms)", self.correct_t1, [20.0, 20_000.0]),
        ] {
            if let Some(value) = value.filter(|value| !(low..=high).contains(value)) {
                let message = format!("the {what} is {value}, which must lie between {low} and {high}");
                return Err(CliError::usage(message, format!("pass {flag}, times in ms and angles in degrees")).into());
            }
        }
        let (Some(tr_ms), Some(flip_angle_deg), Some(fat_t1_ms)) = (tr_ms, flip_angle_deg, fat_t1_ms) else {
            let asked = [self.repetition_time_ms, self.flip_angle_deg, self.fat_t1_ms, self.correct_t1];
            return match asked.iter().any(Option::is_some) {
                false => Ok(None),
                true => Err(CliError::missing_acquisition(
                    "the bias by T1 needs the repetition time, the flip angle and the T1 of fat",
                    "pass --repetition-time-ms, --flip-angle-deg and --fat-t1-ms (or --field-strength)",
                )
                .into()),
            };
        };
        let excitation = Excitation { tr_ms, flip_angle_deg, fat_t1_ms };
        Ok(Some(T1Weighting {
            excitation,
            true_fat_percent: SHOWN_AT.map(|fraction| 100.0 * fraction),
            bias: excitation.bias_table(),
            corrected_at_water_t1_ms: self.correct_t1,
        }))
    }
}

impl T1Weighting {
    /// The bias in words, where it is worth a warning.
    pub fn warning(&self) -> Option<Warning> {
        let largest = |bias: &Bias| bias.bias_points.iter().copied().fold(0.0, f64::max);
        let (shortest, longest) = (self.bias.first()?, self.bias.last()?);
        let Excitation { tr_ms, flip_angle_deg, .. } = self.excitation;
        let values = match self.corrected_at_water_t1_ms {
            None => "the values are not corrected for it".to_owned(),
            Some(t1) => format!("a second map is corrected at a water T1 of {t1} ms"),
        };
        (largest(longest) > WARN_POINTS).then(|| {
            Warning::new(
                "t1-bias",
                format!(
                    "at TR {tr_ms:.2} ms and a flip angle of {flip_angle_deg} degrees T1 lifts the fat fraction by up to \
                     {:.1} (water T1 {:.0} ms) to {:.1} points ({:.0} ms); {values}",
                    largest(shortest),
                    shortest.water_t1_ms,
                    largest(longest),
                    longest.water_t1_ms
                ),
            )
        })
    }

    /// A fat fraction (percent) corrected, where that was asked for.
    pub fn corrected(&self, percent: &Array3<f32>) -> Option<Array3<f32>> {
        let t1 = self.corrected_at_water_t1_ms?;
        Some(percent.mapv(|p| (100.0 * self.excitation.corrected(f64::from(p) / 100.0, t1)) as f32))
    }
}
