//! Whether the stations of a whole-body examination belong to one patient and one visit, as their names, sidecars and places tell.

use super::CliError;
use super::region_input::file_name;
use crate::diffusion::Plan;
use crate::error::{Result, Warning};
use crate::image::sidecar_path;
use std::path::{Path, PathBuf};

/// What names a patient and a visit in a file name (BIDS).
const ENTITIES: [(&str, &str); 2] = [("sub-", "subject"), ("ses-", "session")];
/// What tells them in the sidecar that a converter wrote. An examination may be split into two studies, so a difference here is a
/// warning only.
const KEYS: [&str; 4] = ["PatientID", "PatientName", "StudyInstanceUID", "AcquisitionDate"];

/// Refuses a file given twice and stations whose names tell two patients or visits; warns where their sidecars do.
///
/// # Errors
/// Exit code 4 where a file is there twice, or two names have different `sub-` or `ses-` parts.
pub fn check_one_visit(stations: &[PathBuf], warnings: &mut Vec<Warning>) -> Result<()> {
    let places: Vec<PathBuf> = stations.iter().filter_map(|path| path.canonicalize().ok()).collect();
    if let Some(path) = (1..places.len()).find(|&n| places[..n].contains(&places[n])).map(|n| &places[n]) {
        let message = format!("{} is given twice", file_name(path));
        return Err(CliError::mismatch("station-given-twice", message, "name every station once").into());
    }
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

/// What is odd about the places of neighbours: no slice is shared, or one lies wholly within the other.
pub fn place_warnings(plan: &Plan) -> Vec<Warning> {
    let shared = plan.shared_slices().into_iter().map(|(_, shared)| shared);
    let pairs = plan.placements.windows(2).zip(shared);
    let odd = pairs.filter_map(|(pair, shared)| {
        let [a, b] = [&pair[0], &pair[1]];
        let is_within = |inner: [f64; 2], outer: [f64; 2]| outer[0] <= inner[0] && inner[1] <= outer[1];
        let [first, second] = [a.station + 1, b.station + 1];
        if shared.is_none() {
            let message = format!("stations {first} and {second} share no slice");
            return Some(Warning::new("stations-do-not-overlap", message));
        }
        let message = format!(
            "of stations {first} and {second} one lies wholly within the other: are they two scans of one place?"
        );
        let is_twice = is_within(a.extent, b.extent) || is_within(b.extent, a.extent);
        is_twice.then(|| Warning::new("station-within-another", message))
    });
    odd.collect()
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
