//! The maps of a session under the names of a BIDS derivative: `OUT/bids/sub-X/ses-Y/{anat,dwi}/`.
//!
//! Each file is a second name (hard link) of the one in `OUT/maps`, a copy where the file system has no links; its sidecar
//! holds what BIDS asks for on top. The standard has names for ADC, trace-weighted signal, R2* and label maps; for
//! fat-fraction, dropout and field maps it has none, and `.bidsignore` says so.
//! Specification: <https://bids-specification.readthedocs.io>, "BIDS derivatives".

use super::StudyError;
use super::csv_out::write_tsv;
use super::session_manifest::{VERSION, relative_to};
use crate::diffusion::Lesion;
use crate::error::Result;
use crate::image::{MapSidecar, Overwrite, beside, write_json, write_text_atomically};
use crate::measure::SessionInputs;
use serde_json::{Value, json};
use std::path::{Component, Path, PathBuf};

/// Folder of the derivative in the output.
pub const FOLDER: &str = "bids";
/// Name by which the sidecars call the study; `DatasetLinks` says where it is.
const STUDY: &str = "study";

/// Folder and name of each map behind `sub-X_ses-Y_`.
const NAMES: [(&str, &str, &str); 9] = [
    ("ADC", "dwi", "ADC"),
    ("dwi", "dwi", "trace"),
    ("tDV", "dwi", "desc-tdv_dseg"),
    ("R2star", "anat", "R2starmap"),
    ("PDFF", "anat", "PDFFmap"),
    ("PDFFsd", "anat", "desc-sd_PDFFmap"),
    ("sFF", "anat", "sFFmap"),
    ("B0", "anat", "B0map"),
    ("DR", "anat", "DRmap"),
];

/// What the standard has no name for.
const IGNORED: &str = "*_PDFFmap.*\n*_sFFmap.*\n*_B0map.*\n*_DRmap.*\n";

/// The inputs of a map as BIDS URIs in the study.
pub(super) fn sources(study: &Path, inputs: &SessionInputs, names: &[String]) -> Vec<String> {
    let uri = |name: &String| {
        let is_it = |path: &&Path| path.file_name().is_some_and(|file| file.to_string_lossy() == **name);
        let path = inputs.files.iter().map(|file| file.path.as_path()).find(is_it);
        path.map_or_else(|| name.clone(), |path| format!("bids:{STUDY}:{}", relative_to(study, path)))
    };
    names.iter().map(uri).collect()
}

/// Gives a written map its second name and its sidecar; returns what was written. A map that is not in the table of names
/// stays out.
pub(super) fn add(
    out: &Path,
    inputs: &SessionInputs,
    map: &str,
    written: &Path,
    sidecar: &MapSidecar,
) -> Result<Vec<PathBuf>> {
    let Some((_, folder, name)) = NAMES.iter().find(|(known, ..)| *known == map) else { return Ok(Vec::new()) };
    let folder = out.join(format!("{FOLDER}/sub-{}/ses-{}/{folder}", inputs.subject, inputs.session));
    let image = folder.join(format!("{}_{name}.nii.gz", inputs.name()));
    let failed =
        |source: std::io::Error| StudyError::Write { path: image.display().to_string(), reason: source.to_string() };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let _ = std::fs::remove_file(&image);
    if std::fs::hard_link(written, &image).is_err() {
        std::fs::copy(written, &image).map_err(failed)?;
    }
    let mut described = serde_json::to_value(sidecar).unwrap_or_default();
    described["Description"] = json!(sidecar.method);
    described["SkullStripped"] = json!(false);
    described["SpatialReference"] = json!("orig");
    let path = beside(&image, ".json");
    write_json(&path, &described, Overwrite::Force)?;
    Ok(vec![image, path])
}

/// The names of the lesions of a label map.
pub(super) fn add_lesions(out: &Path, inputs: &SessionInputs, lesions: &[Lesion]) -> Result<PathBuf> {
    let folder = out.join(format!("{FOLDER}/sub-{}/ses-{}/dwi", inputs.subject, inputs.session));
    let path = folder.join(format!("{}_desc-tdv_dseg.tsv", inputs.name()));
    let row = |lesion: &Lesion| vec![lesion.id.to_string(), format!("lesion-{}", lesion.id)];
    write_tsv(&path, &["index", "name"], lesions.iter().map(row))?;
    Ok(path)
}

/// `dataset_description.json` of a derivative of the study, with the name and version that the study gives itself. The
/// place of the study is told relative to `dataset`, where it lies beside or around it.
pub fn description(study: &Path, dataset: &Path) -> Value {
    let text = std::fs::read_to_string(study.join("dataset_description.json")).unwrap_or_default();
    let source: Value = serde_json::from_str(&text).unwrap_or_default();
    let given = |key: &str| source.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut description = json!({
        "Name": given("Name").unwrap_or_else(|| "study without a name".to_owned()),
        "BIDSVersion": given("BIDSVersion").unwrap_or_else(|| "1.10.0".to_owned()),
        "DatasetType": "derivative",
        "GeneratedBy": [{
            "Name": env!("CARGO_PKG_NAME"),
            "Version": VERSION,
            "Description": env!("CARGO_PKG_DESCRIPTION"),
        }],
    });
    let place = beside_or_around(study, dataset);
    let mut data_set = serde_json::Map::new();
    data_set.extend(place.as_ref().map(|place| ("URL".to_owned(), json!(place))));
    data_set.extend(given("DatasetDOI").map(|doi| ("DOI".to_owned(), json!(doi))));
    if !data_set.is_empty() {
        description["SourceDatasets"] = json!([data_set]);
    }
    if let Some(place) = place {
        description["DatasetLinks"] = json!({ STUDY: place });
    }
    description
}

/// Writes what makes `OUT/bids` a data set of its own.
///
/// # Errors
/// Where a file cannot be written.
pub fn write_dataset(study: &Path, out: &Path) -> Result<()> {
    let root = out.join(FOLDER);
    write_json(&root.join("dataset_description.json"), &description(study, &root), Overwrite::Force)?;
    write_text_atomically(&root.join(".bidsignore"), IGNORED, Overwrite::Force)?;
    let readme = "Maps of myelomri as a BIDS derivative\n\n\
        The images are the same files as in ../maps. ADC in um2/s, trace: composed diffusion signal at the b-value of the\n\
        sidecar, desc-tdv_dseg: lesions of the total diffusion volume, R2starmap in 1/s. For fat-fraction maps (PDFFmap,\n\
        sFFmap, percent), field maps (B0map, Hz) and dropout-ratio maps (DRmap, percent) the standard has no names; they are\n\
        listed in .bidsignore.\n";
    write_text_atomically(&root.join("README"), readme, Overwrite::Force)?;
    Ok(())
}

/// The way from one folder to another, where it climbs and then enters one folder at most: a longer one would tell how the
/// machine is laid out.
fn beside_or_around(to: &Path, from: &Path) -> Option<String> {
    let plain = |path: &Path| -> Option<Vec<String>> {
        let mut parts: Vec<String> = Vec::new();
        for part in std::path::absolute(path).ok()?.components() {
            match part {
                Component::ParentDir => drop(parts.pop()),
                Component::Normal(name) => parts.push(name.to_str()?.to_owned()),
                _ => {}
            }
        }
        Some(parts)
    };
    let (to, from) = (plain(to)?, plain(from)?);
    let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
    let (up, down) = (from.len() - shared, &to[shared..]);
    (shared > 0 && down.len() <= 1)
        .then(|| vec![".."; up].into_iter().chain(down.iter().map(String::as_str)).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_beside_or_around_is_named_and_one_far_away_is_not() {
        let way = |to: &str, from: &str| beside_or_around(Path::new(to), Path::new(from));
        assert_eq!(way("/a/study", "/a/out/bids").as_deref(), Some("../../study"));
        assert_eq!(way("/a/study", "/a/study/derivatives/out/bids").as_deref(), Some("../../.."));
        assert_eq!(way("/home/someone/study", "/data/out/bids"), None);
    }
}
