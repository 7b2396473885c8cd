//! Echo times and field strength of Dixon images, from flags or from the sidecars beside them.

use super::CliError;
use super::region_input::file_name;
use crate::dixon::{FatModel, Phase};
use crate::error::{Result, Warning};
use crate::image::echoes::echo_times::{self, Source};
use crate::image::read_sidecar;
use std::path::{Path, PathBuf};

/// Echo time (ms) and field strength (T) as the sidecar says.
fn from_sidecar(image: &Path) -> Result<(Option<f64>, Option<f64>)> {
    let sidecar = read_sidecar(image)?.unwrap_or_default();
    Ok((sidecar.echo_time.map(|seconds| 1000.0 * seconds), sidecar.magnetic_field_strength))
}

/// Warnings where the echo time of an image, by the flag or else by its sidecar, contradicts the phase that it is given as;
/// nothing where it is not known.
pub fn phase_warnings(
    images: [&PathBuf; 2],
    expected: [Phase; 2],
    flag_ms: &[f64],
    flag_t: Option<f64>,
) -> Result<Vec<Warning>> {
    let mut warnings = Vec::new();
    for (n, (image, expected)) in images.into_iter().zip(expected).enumerate() {
        let (stated_ms, stated_t) = from_sidecar(image)?;
        let (Some(echo_ms), Some(field_t)) = (flag_ms.get(n).copied().or(stated_ms), flag_t.or(stated_t)) else {
            continue;
        };
        let found = FatModel::default().phase_at(echo_ms, field_t);
        if found != expected {
            let (name, given, found) = (file_name(image), in_words(expected), in_words(found));
            let message =
                format!("{name} is given as {given}, but at {echo_ms:.2} ms and {field_t} T water and fat are {found}");
            warnings.push(Warning::new("echo-phase", message));
        }
    }
    Ok(warnings)
}

fn in_words(phase: Phase) -> &'static str {
    match phase {
        Phase::In => "in phase",
        Phase::Opposed => "opposed",
        Phase::Between => "neither in phase nor opposed",
    }
}

/// Echo times (ms) of images in their order: the flag, else every sidecar.
///
/// # Errors
/// Usage where the flag has another count; a missing acquisition parameter where neither says it; times that no echo has.
pub fn echo_times_ms(images: &[&Path], flag: &[f64]) -> Result<Vec<f64>> {
    if !flag.is_empty() {
        if flag.len() != images.len() {
            let message = format!("--echo-times-ms has {} values for {} images", flag.len(), images.len());
            return Err(CliError::usage(message, "give one echo time (ms) an image, in the order of the images").into());
        }
        echo_times::check_range(flag, &Source::Option)?;
        return Ok(flag.to_vec());
    }
    let stated = images
        .iter()
        .map(|image| {
            from_sidecar(image)?.0.ok_or_else(|| {
                let message = format!("the echo time of {} is not known", file_name(image));
                CliError::missing_acquisition(message, "pass --echo-times-ms, in the order of the images").into()
            })
        })
        .collect::<Result<Vec<f64>>>()?;
    echo_times::check_range(&stated, &Source::Sidecar(images.first().map(PathBuf::from).unwrap_or_default()))?;
    Ok(stated)
}

/// Field strength (T) of images: the flag, else the sidecars; where they contradict the flag, `warnings` say so.
///
/// # Errors
/// As [`echo_times::field_strength_t`].
pub fn field_strength_t(images: &[&Path], flag: Option<f64>, warnings: &mut Vec<Warning>) -> Result<f64> {
    let (field_t, overruled) = echo_times::field_strength_t(images, flag)?;
    warnings.extend(overruled);
    Ok(field_t)
}
