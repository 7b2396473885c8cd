//! Echo times and field strength, from an option or from the sidecars.
//!
//! Headers round echo times: 2.3, 3.2, 4.1, 5.1, 6.0, 7.0 ms are multiples of 0.94 ms. Times are put on a common grid only
//! where every one of them moves by no more than half of its last printed digit, and by no more than 60 us; that is said.

use super::EchoError;
use crate::error::{Result, Warning};
use crate::image::sidecar::read_sidecar_as;
use crate::image::{ImageError, read_sidecar};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// No echo time moves further than this, ms.
const FARTHEST_MS: f64 = 0.060;
/// Times that lie on a grid to within this need not be moved, ms.
const ON_GRID_MS: f64 = 0.001;
/// Where the last echo of a gradient-echo train lies, ms: times in s or us lie elsewhere.
const LAST_ECHO_MS: RangeInclusive<f64> = 0.2..=500.0;
/// Fields of scanners for humans and animals, T: a Larmor frequency in MHz (21 at 0.5 T) lies above.
const FIELD_T: RangeInclusive<f64> = 0.01..=21.0;
/// Nominal and measured strength of one magnet (3 and 2.89 T) differ by less, relative.
const SAME_FIELD: f64 = 0.05;

/// Who says an echo time or a field strength.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// An option.
    Option,
    /// The sidecar of this image, or those of it and the images that follow.
    Sidecar(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Option => f.write_str("the option"),
            Source::Sidecar(image) => write!(f, "the sidecar of {}", image.display()),
        }
    }
}

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
/// [`EchoError::NoEchoTime`], [`EchoError::EchoTimeCount`], [`EchoError::EchoTimeOrder`], [`EchoError::EchoTimeRange`].
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
    let said_by = if given { Source::Option } else { Source::Sidecar(paths.first().cloned().unwrap_or_default()) };
    if stated.len() != n_echoes {
        return Err(EchoError::EchoTimeCount { n_times: stated.len(), n_echoes, said_by }.into());
    }
    check_range(&stated, &said_by)?;
    if stated.windows(2).any(|pair| pair[1] <= pair[0]) {
        return Err(EchoError::EchoTimeOrder { ms: stated, said_by }.into());
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

/// Proof that times (ms) can be those of gradient echoes, whatever their order.
///
/// # Errors
/// [`EchoError::EchoTimeRange`].
pub fn check_range(ms: &[f64], said_by: &Source) -> Result<()> {
    let last = ms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match ms.iter().all(|&ms| ms >= 0.0) && LAST_ECHO_MS.contains(&last) {
        true => Ok(()),
        false => Err(EchoError::EchoTimeRange { ms: ms.to_vec(), said_by: said_by.clone() }.into()),
    }
}

/// Field strength (T): as given, else as the sidecars say; what must be said where the option overrules them.
///
/// # Errors
/// [`EchoError::NoFieldStrength`]; [`EchoError::FieldStrength`] for what is none; [`EchoError::FieldStrengths`] where the
/// sidecars contradict each other.
pub fn field_strength_t<P: AsRef<Path>>(paths: &[P], given: Option<f64>) -> Result<(f64, Option<Warning>)> {
    let mut stated: Option<(f64, &Path)> = None;
    for path in paths.iter().map(AsRef::as_ref) {
        let Some(t) = read_sidecar(path)?.and_then(|sidecar| sidecar.magnetic_field_strength) else { continue };
        match stated {
            None => stated = Some((t, path)),
            Some((first, of_first)) if !is_same_field(first, t) => {
                return Err(EchoError::FieldStrengths { t: [first, t], paths: [of_first.into(), path.into()] }.into());
            }
            Some(_) => {}
        }
    }
    let (t, said_by) = match (given, stated) {
        (Some(t), _) => (t, Source::Option),
        (None, Some((t, path))) => (t, Source::Sidecar(path.into())),
        (None, None) => return Err(EchoError::NoFieldStrength.into()),
    };
    if !FIELD_T.contains(&t) {
        return Err(EchoError::FieldStrength { t, said_by }.into());
    }
    let overruled = given.zip(stated).filter(|&(given, (stated, _))| !is_same_field(given, stated));
    let warning = overruled.map(|(given, (stated, path))| {
        let message = format!("the sidecar of {} says {stated} T, the option {given} T is used", path.display());
        Warning::new("field-strength-differs", message)
    });
    Ok((t, warning))
}

fn is_same_field(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME_FIELD * a.abs().max(b.abs())
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

    #[test]
    fn times_and_fields_in_another_unit_are_refused() {
        for times in [[0.0012, 0.0022], [1200.0, 2200.0], [-1.2, 2.2], [1.2, f64::NAN], [f64::NAN, 2.2]] {
            let error = find(&[], &times, 2).unwrap_err().to_string();
            assert!(error.contains("echo-time-range") && error.contains("--echo-times-ms"), "{error}");
        }
        for t in [0.0, -3.0, f64::NAN, f64::INFINITY, 63.9, 127.7] {
            let error = field_strength_t::<PathBuf>(&[], Some(t)).unwrap_err().to_string();
            assert!(error.contains("field-strength") && error.contains("tesla"), "{error}");
        }
        for t in [0.05, 0.55, 1.5, 2.89, 7.0] {
            assert_eq!(field_strength_t::<PathBuf>(&[], Some(t)).unwrap(), (t, None));
        }
    }

    #[test]
    fn a_field_strength_that_contradicts_the_sidecar_is_said_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let image = |name: &str, t: f64| {
            std::fs::write(folder.path().join(format!("{name}.json")), format!(r#"{{"MagneticFieldStrength": {t}}}"#))
                .unwrap();
            folder.path().join(format!("{name}.nii"))
        };
        let (a, b, c) = (image("a", 2.89), image("b", 3.0), image("c", 1.5));
        assert_eq!(field_strength_t(&[&a, &b], None).unwrap(), (2.89, None));
        assert_eq!(field_strength_t(&[&a], Some(3.0)).unwrap(), (3.0, None));
        let (t, warning) = field_strength_t(&[&a], Some(1.5)).unwrap();
        assert_eq!((t, warning.unwrap().slug.as_str()), (1.5, "field-strength-differs"));
        assert!(field_strength_t(&[&a, &c], None).unwrap_err().to_string().contains("field-strengths"));
    }
}
