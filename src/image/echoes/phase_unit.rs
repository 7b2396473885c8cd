//! The unit of a phase image, recognised from its range: radians, or what scanners store.
//!
//! | stored | range | radians a unit |
//! |---|---|---|
//! | radians | within -pi ... pi, or 0 ... 2 pi | 1 |
//! | Siemens integers | -4096 ... 4094 | pi/4096 |
//! | Siemens integers | 0 ... 4095 | pi/2048 (an offset is a constant phase, which water and fat take up) |
//! | Philips rescaled, GE | -3142 ... 3141, or 0 ... 6283 | 1/1000 |
//!
//! The noise of the background fills the whole range, so its ends tell the unit. A range that fits none, or more than one,
//! is not guessed at.

use super::{EchoError, file_of};
use crate::error::{Result, Warning};
use crate::image::read_sidecar;
use ndarray::{ArrayView3, ArrayView4, Axis};
use rayon::prelude::*;
use std::f64::consts::PI;
use std::path::PathBuf;

/// What the user says of the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PhaseUnit {
    /// Nothing: it is recognised.
    #[default]
    Auto,
    /// Radians.
    Rad,
    /// One of the scanner's units.
    Scanner,
}

/// What a phase was taken for.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Decision {
    /// The unit in words.
    pub unit: &'static str,
    /// Factor to radians.
    pub radians_per_unit: f64,
    /// Least and largest value that were found.
    pub range: [f64; 2],
    /// Who says so: `range`, `option` or `sidecar`.
    pub evidence: &'static str,
}

impl Decision {
    /// What must be said: nothing for radians.
    pub fn warning(&self) -> Option<Warning> {
        (self.radians_per_unit != 1.0).then(|| {
            let Decision { unit, range, evidence, .. } = self;
            Warning::new(
                "phase-unit",
                format!("the phase ({} ... {}) is taken for {unit}, by its {evidence}", range[0], range[1]),
            )
        })
    }
}

/// Slack of a range in radians: rounding of the converter.
const SLACK_RAD: f64 = 0.01;

/// Units of scanners: name, radians a unit.
const SIGNED: (&str, f64) = ("integers of pi/4096", PI / 4096.0);
const UNSIGNED: (&str, f64) = ("integers of pi/2048 from 0", PI / 2048.0);
const MILLI: (&str, f64) = ("milliradians", 1e-3);

/// The phase of one echo must fill that share of what all echoes fill: less is a constant, or another unit.
const LEAST_SHARE: f64 = 0.02;
/// From that share of the circle on, the range alone tells the unit.
const FULL_SHARE: f64 = 0.9;

/// Decides the unit of a phase series out of its ranges, the option and the sidecar of its first file. Every echo must hold
/// a number.
///
/// # Errors
/// [`EchoError::PhaseUnit`] where the range fits no unit or more than one, [`EchoError::PhaseOfEcho`] where one echo is
/// constant or in another unit than the others.
pub fn decide(phase: ArrayView4<'_, f32>, paths: &[PathBuf], said: PhaseUnit) -> Result<Decision> {
    let first = file_of(0, paths);
    let ranges: Vec<[f64; 2]> = phase.axis_iter(Axis(3)).map(range_of).collect();
    let range = ranges.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |a, b| [a[0].min(b[0]), a[1].max(b[1])]);
    let stated_rad = read_sidecar(&first)?.and_then(|sidecar| sidecar.units).is_some_and(|unit| unit == "rad");
    let (unit, radians_per_unit, evidence) = unit_of(range, said, stated_rad)
        .map_err(|problem| EchoError::PhaseUnit { path: first, range, problem: problem.to_owned() })?;
    let least = LEAST_SHARE * (range[1] - range[0]);
    // a user who states the unit may have made an echo of one phase
    match ranges.iter().position(|[low, high]| high - low < least).filter(|_| evidence != "option") {
        Some(n) => Err(EchoError::PhaseOfEcho { path: file_of(n, paths), echo: n + 1, range: ranges[n], unit }.into()),
        None => Ok(Decision { unit, radians_per_unit, range, evidence }),
    }
}

/// Least and largest number of one echo.
fn range_of(echo: ArrayView3<'_, f32>) -> [f64; 2] {
    let none = [f32::INFINITY, f32::NEG_INFINITY];
    let [low, high] = echo
        .to_slice_memory_order()
        .unwrap_or_default()
        .par_chunks(1 << 16)
        .map(|chunk| chunk.iter().filter(|v| v.is_finite()).fold(none, |[low, high], &v| [low.min(v), high.max(v)]))
        .reduce(|| none, |a, b| [a[0].min(b[0]), a[1].max(b[1])]);
    [f64::from(low), f64::from(high)]
}

/// Unit, radians a unit and evidence; else why there is none.
fn unit_of(
    [low, high]: [f64; 2],
    said: PhaseUnit,
    stated_rad: bool,
) -> std::result::Result<(&'static str, f64, &'static str), &'static str> {
    if low.is_nan() || high <= low {
        return Err("which is no phase");
    }
    let turn = 2.0 * PI;
    let in_radians = low >= -PI - SLACK_RAD && high <= PI + SLACK_RAD || low >= -SLACK_RAD && high <= turn + SLACK_RAD;
    let radians = |evidence| Ok(("radians", 1.0, evidence));
    match said {
        PhaseUnit::Rad if in_radians => return radians("option"),
        PhaseUnit::Rad => return Err("which are no radians"),
        PhaseUnit::Auto if in_radians && stated_rad => return radians("sidecar"),
        PhaseUnit::Auto if in_radians && high - low > FULL_SHARE * turn => return radians("range"),
        PhaseUnit::Auto if in_radians => {
            return Err("which may be radians of a part of the circle, or a normalised phase");
        }
        PhaseUnit::Auto if stated_rad => return Err("which are no radians, as its sidecar says"),
        PhaseUnit::Auto | PhaseUnit::Scanner => {}
    }
    let (lowest, largest) = (high.min(-low), high.max(-low));
    let said = said == PhaseUnit::Scanner;
    // background fills a unit to its ends; where the user vouches for the scanner's integers, to above the next unit
    let (unit, factor) = match low < 0.0 {
        true if lowest >= 3110.0 && largest <= 3143.0 => MILLI,
        true if largest > 3143.0 && largest <= 4096.0 && (said || high - low > FULL_SHARE * 8192.0) => SIGNED,
        false if high >= if said { 3600.0 } else { 3960.0 } && high <= 4096.0 => UNSIGNED,
        false if (6220.0..=6284.0).contains(&high) => MILLI,
        _ => return Err("which fits no known unit, or more than one"),
    };
    Ok((unit, factor, if said { "option" } else { "range" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    /// Two echoes whose values run evenly over a range.
    fn series(ranges: [[f32; 2]; 2]) -> Array4<f32> {
        let mut data = Array4::zeros(ndarray::ShapeBuilder::f((10, 10, 1, 2)));
        for ((x, y, _, e), value) in data.indexed_iter_mut() {
            let [low, high] = ranges[e];
            *value = low + (high - low) / 99.0 * (10 * x + y) as f32;
        }
        data
    }

    fn decided(range: [f32; 2], said: PhaseUnit) -> Result<Decision> {
        decide(series([range; 2]).view(), &["phase.nii".into()], said)
    }

    #[test]
    fn each_unit_is_recognised_by_its_range() {
        for (range, factor) in [
            ([-3.13, 3.13], 1.0),
            ([0.0, 6.27], 1.0),
            ([-4096.0, 4094.0], PI / 4096.0),
            ([0.0, 4095.0], PI / 2048.0),
            ([-3142.0, 3141.0], 1e-3),
            ([0.0, 6283.0], 1e-3),
        ] {
            let found = decided(range, PhaseUnit::Auto).unwrap();
            assert_eq!(found.radians_per_unit, factor, "{range:?}");
            assert_eq!(found.warning().is_some(), factor != 1.0);
        }
    }

    #[test]
    fn what_may_be_two_units_or_none_is_asked_for() {
        for range in [
            [-1.0, 1.0],
            [-180.0, 180.0],
            [0.0, 1.0],
            [-2000.0, 2000.0],
            [-3000.0, 3000.0],
            [-3600.0, 3600.0],
            [0.0, 65535.0],
            [7.0, 7.0],
        ] {
            let error = decided(range, PhaseUnit::Auto).unwrap_err();
            assert!(error.to_string().contains("--phase-unit"), "{error}");
        }
        assert!(decided([-1.0, 1.0], PhaseUnit::Rad).is_ok());
        assert!(decided([-4096.0, 4094.0], PhaseUnit::Rad).is_err());
        assert_eq!(decided([-3600.0, 3500.0], PhaseUnit::Scanner).unwrap().radians_per_unit, PI / 4096.0);
        for range in [[-180.0, 180.0], [-3000.0, 3000.0]] {
            assert!(decided(range, PhaseUnit::Scanner).is_err());
        }
    }

    #[test]
    fn one_echo_in_another_unit_is_named() {
        let mixed = series([[-4096.0, 4094.0], [-3.13, 3.13]]);
        let paths = ["one.nii".into(), "two.nii".into()];
        let error = decide(mixed.view(), &paths, PhaseUnit::Auto).unwrap_err().to_string();
        assert!(error.contains("phase-of-echo") && error.contains("two.nii"), "{error}");
    }
}
