//! The unit of a phase image, recognised from its range: radians, or what scanners store.
//!
//! | stored | range | radians a unit |
//! |---|---|---|
//! | radians | within -pi ... pi, or 0 ... 2 pi | 1 |
//! | Siemens integers | -4096 ... 4094 | pi/4096 |
//! | Siemens integers | 0 ... 4095 | pi/2048 (an offset is a constant phase, which water and fat take up) |
//! | Philips rescaled | -3142 ... 3141 | 1/1000 |
//!
//! The noise of the background fills the whole range, so its ends tell the unit. A range that fits none, or more than one,
//! is not guessed at.

use super::EchoError;
use crate::error::{Result, Warning};
use crate::image::read_sidecar;
use ndarray::ArrayView4;
use rayon::prelude::*;
use std::f64::consts::PI;
use std::path::Path;

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

/// Decides the unit of a phase series.
///
/// # Errors
/// [`EchoError::PhaseUnit`] where the range fits no unit or more than one.
pub fn decide(phase: ArrayView4<'_, f32>, path: &Path, said: PhaseUnit) -> Result<Decision> {
    let all = phase.to_slice_memory_order().unwrap_or_default();
    let ends = |a: [f32; 2], b: [f32; 2]| [a[0].min(b[0]), a[1].max(b[1])];
    let none = [f32::INFINITY, f32::NEG_INFINITY];
    // f32::min and max pass over what is no number
    let [low, high] = all
        .par_chunks(1 << 16)
        .map(|chunk| chunk.iter().fold(none, |[low, high], &v| [low.min(v), high.max(v)]))
        .reduce(|| none, ends);
    let range = [f64::from(low), f64::from(high)];
    let refuse =
        |problem: &str| Err(EchoError::PhaseUnit { path: path.to_owned(), range, problem: problem.to_owned() }.into());
    if !low.is_finite() || !high.is_finite() || low == high {
        return refuse("which is no phase");
    }
    let in_radians = range[0] >= -PI - SLACK_RAD && range[1] <= PI + SLACK_RAD
        || range[0] >= -SLACK_RAD && range[1] <= 2.0 * PI + SLACK_RAD;
    let decided = |unit, radians_per_unit, evidence| Ok(Decision { unit, radians_per_unit, range, evidence });
    let stated_rad = read_sidecar(path)?.and_then(|sidecar| sidecar.units).is_some_and(|unit| unit == "rad");
    match said {
        PhaseUnit::Rad if in_radians => return decided("radians", 1.0, "option"),
        PhaseUnit::Rad => return refuse("which are no radians"),
        PhaseUnit::Auto if stated_rad && in_radians => return decided("radians", 1.0, "sidecar"),
        PhaseUnit::Auto if in_radians && range[1] - range[0] > 0.9 * 2.0 * PI => {
            return decided("radians", 1.0, "range");
        }
        PhaseUnit::Auto if in_radians => {
            return refuse("which may be radians of a part of the circle, or a normalised phase");
        }
        PhaseUnit::Auto | PhaseUnit::Scanner => {}
    }
    let evidence = if said == PhaseUnit::Scanner { "option" } else { "range" };
    let largest = range[1].abs().max(range[0].abs());
    // the whole range must nearly be filled, or another unit would fit as well
    match (range[0] < 0.0, largest) {
        (true, 3960.0..=4096.0) => decided("integers of pi/4096", PI / 4096.0, evidence),
        (true, 3110.0..=3142.0) => decided("milliradians", 1e-3, evidence),
        (false, 3960.0..=4096.0) => decided("integers of pi/2048 from 0", PI / 2048.0, evidence),
        _ => refuse("which fits no known unit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    fn decided(range: [f32; 2], said: PhaseUnit) -> Result<Decision> {
        let step = (range[1] - range[0]) / 99.0;
        let values = Array4::from_shape_fn((10, 10, 1, 1), |(x, y, _, _)| range[0] + step * (10 * x + y) as f32);
        decide(values.view(), Path::new("phase.nii"), said)
    }

    #[test]
    fn each_unit_is_recognised_by_its_range() {
        for (range, factor) in [
            ([-3.13, 3.13], 1.0),
            ([0.0, 6.27], 1.0),
            ([-4096.0, 4094.0], PI / 4096.0),
            ([0.0, 4095.0], PI / 2048.0),
            ([-3141.0, 3141.0], 1e-3),
        ] {
            let found = decided(range, PhaseUnit::Auto).unwrap();
            assert_eq!(found.radians_per_unit, factor, "{range:?}");
            assert_eq!(found.warning().is_some(), factor != 1.0);
        }
    }

    #[test]
    fn what_may_be_two_units_or_none_is_asked_for() {
        for range in [[-1.0, 1.0], [-180.0, 180.0], [0.0, 1.0], [-2000.0, 2000.0], [0.0, 65535.0], [7.0, 7.0]] {
            let error = decided(range, PhaseUnit::Auto).unwrap_err();
            assert!(error.to_string().contains("--phase-unit"), "{error}");
        }
        assert!(decided([-1.0, 1.0], PhaseUnit::Rad).is_ok());
        assert!(decided([-4096.0, 4094.0], PhaseUnit::Rad).is_err());
        assert!(decided([-180.0, 180.0], PhaseUnit::Scanner).is_err());
    }
}
