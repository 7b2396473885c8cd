//! Echo times and field strength, from an option or from the sidecars.
//!
//! Headers round echo times: 2.3, 3.2, 4.1, 5.1, 6.0, 7.0 ms are multiples of 0.94 ms. Times are put on a common grid only
//! where every one of them moves by no more than half of its last printed digit, and by no more than 60 us; that is said.

use super::EchoError;
use crate::error::{Result, Warning};
use crate::image::sidecar::read_sidecar_as;
use crate::image::{ImageError, read_sidecar};
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
    /// What the sidecars say, where the option says otherwise.
    pub overruled_ms: Option<Vec<f64>>,
}

impl EchoTimes {
    /// What must be said where they were moved or where the sidecars say otherwise.
    pub fn warnings(&self) -> Vec<Warning> {
        let used = list(&self.ms);
        let snapped = self.stated_ms.as_ref().map(|stated| {
            let message =
                format!("echo times {} ms are rounded; {used} ms lie on their grid and are used", list(stated));
            Warning::new("echo-times-snapped", message)
        });
        let overruled = self.overruled_ms.as_ref().map(|theirs| {
            let message = format!("the sidecars say {} ms, the option {used} ms is used", list(theirs));
            Warning::new("echo-times-differ", message)
        });
        snapped.into_iter().chain(overruled).collect()
    }
}

/// `1.2, 2.2`: at most four decimals, no zeros behind.
pub(super) fn list(times: &[f64]) -> String {
    times.iter().map(|ms| format!("{}", (ms * 1e4).round() / 1e4)).collect::<Vec<_>>().join(", ")
}

/// Echo times of `n_echoes` echoes in one file or several: as given (ms), else from the sidecars.
///
/// # Errors
/// [`EchoError::NoEchoTime`], [`EchoError::EchoTimeCount`], [`EchoError::EchoTimeOrder`].
pub fn find(paths: &[PathBuf], given_ms: &[f64], n_echoes: usize) -> Result<EchoTimes> {
    let in_sidecars = of_sidecars(paths)?;
    let given = !given_ms.is_empty();
    // a value in s has three decimals more than the same in ms
    let (stated, decimals) = if given {
        (given_ms.to_vec(), given_ms.iter().map(|&ms| decimals(ms)).max().unwrap_or(0))
    } else {
        let seconds = in_sidecars.clone()?;
        let decimals = seconds.iter().map(|&s| decimals(s)).max().unwrap_or(0).saturating_sub(3);
        (seconds.iter().map(|s| 1e3 * s).collect(), decimals)
    };
    if stated.len() != n_echoes {
        return Err(EchoError::EchoTimeCount { n_times: stated.len(), n_echoes }.into());
    }
    if stated.windows(2).any(|pair| pair[1] <= pair[0]) || stated.iter().any(|ms| !ms.is_finite() || *ms < 0.0) {
        return Err(EchoError::EchoTimeOrder { ms: stated }.into());
    }
    let mut times = on_grid(stated, 0.5 * 0.1_f64.powi(decimals as i32));
    if given && let Ok(seconds) = in_sidecars {
        let theirs: Vec<f64> = seconds.iter().map(|s| 1e3 * s).collect();
        let alike = apart_ms(&theirs, given_ms).is_some_and(|ms| ms <= FARTHEST_MS);
        times.overruled_ms = (!alike).then_some(theirs);
    }
    Ok(times)
}

/// Proof that the files of two parts of one signal come in the same order, by the echo times in their sidecars; nothing
/// where a sidecar is silent.
///
/// # Errors
/// [`EchoError::Order`].
pub fn check_order(what: [&'static str; 2], paths: [&[PathBuf]; 2]) -> Result<()> {
    let (Ok(a), Ok(b)) = (of_sidecars(paths[0])?, of_sidecars(paths[1])?) else { return Ok(()) };
    let [a, b] = [a, b].map(|seconds| seconds.iter().map(|s| 1e3 * s).collect::<Vec<f64>>());
    match apart_ms(&a, &b) {
        Some(ms) if ms > ON_GRID_MS => Err(EchoError::Order { what, ms: [a, b] }.into()),
        _ => Ok(()),
    }
}

/// Largest difference of two lists of times; `None` where they have different lengths.
fn apart_ms(a: &[f64], b: &[f64]) -> Option<f64> {
    (a.len() == b.len()).then(|| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max))
}

/// Echo times (s) in the sidecars of all files; the inner error names the first file without.
fn of_sidecars(paths: &[PathBuf]) -> Result<std::result::Result<Vec<f64>, EchoError>> {
    let mut seconds = Vec::new();
    for path in paths {
        let of_file = of_sidecar(path)?;
        if of_file.is_empty() {
            return Ok(Err(EchoError::NoEchoTime { path: path.clone() }));
        }
        seconds.extend(of_file);
    }
    Ok(Ok(seconds))
}

/// Echo times in a sidecar, s: one, or a list for a 4-D file.
fn of_sidecar(image: &Path) -> Result<Vec<f64>> {
    let Some((path, json)) = read_sidecar_as::<serde_json::Value>(image)? else { return Ok(Vec::new()) };
    let times = match &json["EchoTime"] {
        serde_json::Value::Null => return Ok(Vec::new()),
        serde_json::Value::Array(times) => times.iter().map(serde_json::Value::as_f64).collect(),
        time => time.as_f64().map(|time| vec![time]),
    };
    let unreadable = || ImageError::Sidecar { path, reason: "EchoTime is neither a number nor a list of them".into() };
    Ok(times.ok_or_else(unreadable)?)
}

/// Decimals with which a number is written.
fn decimals(value: f64) -> usize {
    format!("{value}").split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

/// The times on their common grid where none moves further than `rounding_ms` or [`FARTHEST_MS`].
fn on_grid(stated: Vec<f64>, rounding_ms: f64) -> EchoTimes {
    let n = stated.len() as f64;
    let as_stated = EchoTimes { ms: stated.clone(), stated_ms: None, overruled_ms: None };
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
    EchoTimes { ms: grid, stated_ms: Some(stated), overruled_ms: None }
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
        assert_eq!(rounded.warnings()[0].slug, "echo-times-snapped");
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
