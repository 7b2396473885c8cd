//! Echo times and field strength of Dixon images, from flags or from the sidecars beside them.

use super::CliError;
use super::region_input::file_name;
use crate::dixon::{FatModel, Phase};
use crate::error::{Result, Warning};
use crate::image::read_sidecar;
use std::path::Path;

/// Echo time (ms) and field strength (T) as the sidecar says.
fn from_sidecar(image: &Path) -> Result<(Option<f64>, Option<f64>)> {
    let sidecar = read_sidecar(image)?.unwrap_or_default();
    Ok((sidecar.echo_time.map(|seconds| 1000.0 * seconds), sidecar.magnetic_field_strength))
}

/// A warning where an image's echo time contradicts the phase that it is given as; nothing where it is not known.
pub fn phase_warning(image: &Path, expected: Phase) -> Result<Option<Warning>> {
    let (Some(echo_ms), Some(field_t)) = from_sidecar(image)? else { return Ok(None) };
    let found = FatModel::default().phase_at(echo_ms, field_t);
    Ok((found != expected).then(|| {
        let word = |phase: Phase| match phase {
            Phase::In => "in phase",
            Phase::Opposed => "opposed",
            Phase::Between => "neither in phase nor opposed",
        };
        Warning::new(
            "echo-phase",
            format!(
                "{} is given as {}, but at {echo_ms:.2} ms and {field_t} T water and fat are {}",
                file_name(image),
                word(expected),
                word(found)
            ),
        )
    }))
}

/// Echo times (ms) of images in their order: the flag, else every sidecar.
///
/// # Errors
/// Usage where the flag has another count; a missing acquisition parameter where neither says it.
pub fn echo_times_ms(images: &[&Path], flag: &[f64]) -> Result<Vec<f64>> {
    if !flag.is_empty() {
        if flag.len() != images.len() {
            let message = format!("--echo-times-ms has {} values for {} images", flag.len(), images.len());
            return Err(CliError::usage(message, "give one echo time (ms) an image, in the order of the images").into());
        }
        return Ok(flag.to_vec());
    }
    images
        .iter()
        .map(|image| {
            from_sidecar(image)?.0.ok_or_else(|| {
                let message = format!("the echo time of {} is not known", file_name(image));
                CliError::missing_acquisition(message, "pass --echo-times-ms, in the order of the images").into()
            })
        })
        .collect()
}

/// Field strength (T): the flag, else the first sidecar that says it.
///
/// # Errors
/// A missing acquisition parameter where neither says it.
pub fn field_strength_t(images: &[&Path], flag: Option<f64>) -> Result<f64> {
    if let Some(field_t) = flag {
        return Ok(field_t);
    }
    for image in images {
        if let (_, Some(field_t)) = from_sidecar(image)? {
            return Ok(field_t);
        }
    }
    Err(CliError::missing_acquisition("the field strength is not known", "pass --field-strength in tesla").into())
}
