//! Whether the stations of a whole-body examination belong to one patient and one visit, as their names and sidecars tell.

use super::CliError;
use super::region_input::file_name;
use crate::error::{Result, Warning};
use crate::image::sidecar_path;
use std::path::{Path, PathBuf};

/// What names a patient and a visit in a file name (BIDS).
const ENTITIES: [(&str, &str); 2] = [("sub-", "subject"), ("ses-", "session")];
/// What tells them in the sidecar that a converter wrote. An examination may be split into two studies, so a difference here is a
/// warning only.
const KEYS: [&str; 4] = ["PatientID", "PatientName", "StudyInstanceUID", "AcquisitionDate"];

/// Refuses stations whose names tell two patients or visits; warns where their sidecars do.
///
/// # Errors
/// Exit code 4 where two names have different `sub-` or `ses-` parts.
pub fn check_one_visit(stations: &[PathBuf], warnings: &mut Vec<Warning>) -> Result<()> {
    for (prefix, what) in ENTITIES {
        if let Some([(a, first), (b, second)]) = unlike(stations, |path| entity(path, prefix)) {
            let message = format!(
                "the stations belong to two {what}s: {} to {first}, {} to {second}",
                file_name(a),
                file_name(b)
            );
            let remedy = "compose the stations of one visit; rename the files where their names are wrong";
            return Err(CliError::mismatch("stations-of-two-visits", message, remedy).into());
        }
    }
    let sidecar = |path: &Path| -> Option<serde_json::Value> {
        serde_json::from_str(&std::fs::read_to_string(sidecar_path(path)).ok()?).ok()
    };
    let sidecars: Vec<_> = stations.iter().map(|path| (path, sidecar(path))).collect();
    for key in KEYS {
        let told = |(_, sidecar): &(&PathBuf, Option<serde_json::Value>)| Some(sidecar.as_ref()?.get(key)?.to_string());
        if let Some([(a, _), (b, _)]) = unlike(&sidecars, told) {
            let message = format!(
                "the sidecars of {} and {} tell another {key}: are both of one visit?",
                file_name(a.0),
                file_name(b.0)
            );
            warnings.push(Warning::new("stations-of-two-studies", message));
        }
    }
    Ok(())
}

/// The first of a list and the first that tells something else than it; who tells nothing is passed over.
fn unlike<T>(list: &[T], told: impl Fn(&T) -> Option<String>) -> Option<[(&T, String); 2]> {
    let mut known = list.iter().filter_map(|one| Some((one, told(one)?)));
    let first = known.next()?;
    let other = known.find(|(_, value)| *value != first.1)?;
    Some([first, other])
}

/// `sub-01` of `sub-01_ses-a_dwi.nii.gz`.
fn entity(path: &Path, prefix: &str) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    name.split(['_', '.']).find(|part| part.starts_with(prefix)).map(str::to_owned)
}
