//! Echo times and field strength, from an option or from the sidecars.
//!
//! Headers round echo times: 2.3, 3.2, 4.1, 5.1, 6.0, 7.0 ms are multiples of 0.94 ms. Times are put on a common grid only
//! where every one of them moves by no more than half of its last printed digit, and by no more than 60 us; that is said.

use super::EchoError;
use crate::error::{Result, Warning};
use crate::image::{ImageError, read_sidecar, sidecar_path};
use std::path::{Path, PathBuf};

/// No echo time moves further than this, ms.
const FARTHEST_MS: f64 = 0.060;
/// Times that lie on a grid to within this need not be moved, ms.
const ON_GRID_MS: f64 = 0.001;

/// Echo times as they are used, with what they were.
#[derive(Debug, Clone, PartialEq)]
pub struct EchoTimes {
    /// Echo times, ms.
    pub ms: Vec<f64>,
    /// As stated, where they were moved.
    pub stated_ms: Option<Vec<f64>>,
}

impl EchoTimes {
    /// What must be said where they were moved.
    pub fn warning(&self) -> Option<Warning> {
        let stated = self.stated_ms.as_ref()?;
        let list = |times: &[f64]| times.iter().map(|ms| format!("{ms:.4}")).collect::<Vec<_>>().join(", ");
        Some(Warning::new(
            "echo-times-snapped",
            format!("echo times {} ms are rounded; {} ms lie on their grid and are used", list(stated), list(&self.ms)),
        ))
    }
}

/// Echo times of `n_echoes` echoes in one file or several: as given (ms), else from the sidecars.
///
/// # Errors
/// [`EchoError::NoEchoTime`], [`EchoError::EchoTimeCount`], [`EchoError::EchoTimeOrder`].
pub fn find(paths: &[PathBuf], given_ms: &[f64], n_echoes: usize) -> Result<EchoTimes> {
    // a value in s has three decimals fewer than the same in ms
    let (stated, decimals) = if given_ms.is_empty() {
        let mut seconds = Vec::new();
        for path in paths {
            let of_file = of_sidecar(path)?;
            if of_file.is_empty() {
                return Err(EchoError::NoEchoTime { path: path.clone() }.into());
            }
            seconds.extend(of_file);
        }
        let decimals = seconds.iter().map(|&s| decimals(s)).max().unwrap_or(0).saturating_sub(3);
        (seconds.iter().map(|s| 1e3 * s).collect(), decimals)
    } else {
        (given_ms.to_vec(), given_ms.iter().map(|&ms| decimals(ms)).max().unwrap_or(0))
    };
    if stated.len() != n_echoes {
        return Err(EchoError::EchoTimeCount { n_times: stated.len(), n_echoes }.into());
    }
    if stated.windows(2).any(|pair| pair[1] <= pair[0]) || stated.iter().any(|ms| !ms.is_finite() || *ms < 0.0) {
        return Err(EchoError::EchoTimeOrder { ms: stated }.into());
    }
    Ok(on_grid(stated, 0.5 * 0.1_f64.powi(decimals as i32)))
}

/// Echo times in a sidecar, s: one, or a list for a 4-D file.
fn of_sidecar(image: &Path) -> Result<Vec<f64>> {
    let path = sidecar_path(image);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ImageError::Sidecar { path, reason: error.to_string() }.into()),
    };
    let json: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| ImageError::Sidecar { path, reason: error.to_string() })?;
    Ok(match &json["EchoTime"] {
        serde_json::Value::Array(times) => times.iter().filter_map(serde_json::Value::as_f64).collect(),
        time => time.as_f64().into_iter().collect(),
    })
}

/// Decimals with which a number is written.
fn decimals(value: f64) -> usize {
    format!("{value}").split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

/// The times on their common grid where none moves further than `rounding_ms` or [`FARTHEST_MS`].
fn on_grid(stated: Vec<f64>, rounding_ms: f64) -> EchoTimes {
    let n = stated.len() as f64;
    let as_stated = EchoTimes { ms: stated.clone(), stated_ms: None };
    if stated.len() < 3 {
        return as_stated;
    }
    let middle = (n - 1.0) / 2.0;
    let mean = stated.iter().sum::<f64>() / n;
    let products = stated.iter().enumerate().map(|(k, t)| (k as f64 - middle) * t).sum::<f64>();
    let squares = (0..stated.len()).map(|k| (k as f64 - middle).powi(2)).sum::<f64>();
    let grid: Vec<f64> = (0..stated.len()).map(|k| mean + products / squares * (k as f64 - middle)).collect();
    let farthest = stated.iter().zip(&grid).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    if farthest <= ON_GRID_MS || farthest > rounding_ms.min(FARTHEST_MS) + 1e-9 {
        return as_stated;
    }
    EchoTimes { ms: grid, stated_ms: Some(stated) }
}

/// Field strength (T): as given, else from the first sidecar that says it.
///
/// # Errors
/// [`EchoError::NoFieldStrength`].
pub fn field_strength_t(paths: &[PathBuf], given: Option<f64>) -> Result<f64> {
    if let Some(field_t) = given {
        return Ok(field_t);
    }
    for path in paths {
        if let Some(field_t) = read_sidecar(path)?.and_then(|sidecar| sidecar.magnetic_field_strength) {
            return Ok(field_t);
        }
    }
    Err(EchoError::NoFieldStrength.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_times_are_put_on_their_grid_and_exact_ones_are_left_alone() {
        let rounded = find(&[], &[2.3, 3.2, 4.1, 5.1, 6.0, 7.0], 6).unwrap();
        let spacings: Vec<f64> = rounded.ms.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(spacings.iter().all(|s| (s - spacings[0]).abs() < 1e-9 && (s - 0.94).abs() < 0.01), "{spacings:?}");
        assert_eq!(rounded.warning().unwrap().slug, "echo-times-snapped");
        let exact = find(&[], &[1.15, 2.10, 3.05], 3).unwrap();
        assert_eq!((exact.stated_ms, exact.ms), (None, vec![1.15, 2.10, 3.05]));
    }

    #[test]
    fn times_that_rounding_does_not_explain_stay_uneven() {
        for stated in [[1.15, 2.0, 3.1, 4.05], [1.0, 2.0, 3.2, 4.0]] {
            assert_eq!(find(&[], &stated, 4).unwrap().ms, stated);
        }
    }

    #[test]
    fn times_must_be_as_many_as_echoes_and_increase() {
        assert!(find(&[], &[1.0, 2.0], 3).unwrap_err().to_string().contains("2 echo times for 3"));
        assert!(find(&[], &[1.0, 3.0, 2.0], 3).unwrap_err().to_string().contains("increase"));
        assert!(find(&["nowhere.nii".into()], &[], 1).unwrap_err().to_string().contains("nowhere.nii"));
    }
}
