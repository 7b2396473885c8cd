//! JSON beside an image: what is read from a scanner's sidecar, what is written beside a map.
//!
//! Only named keys are read and only named keys are written, so that no private key of a scanner or converter (names,
//! dates, identifiers) travels into a result. Key names and units follow BIDS; see
//! <https://bids-specification.readthedocs.io>, appendix "Metadata".

use super::atomic::{Overwrite, write_text_atomically};
use super::bids::beside;
use super::inheritance::applicable;
use super::{ImageError, Warning};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::{Path, PathBuf};

/// What an acquisition's sidecar may say; everything is optional, other keys are ignored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Sidecar {
    /// Echo time, s; of a file of several echoes there is none here, see [`super::echoes::echo_times`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "one_number")]
    pub echo_time: Option<f64>,
    /// Repetition time, s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repetition_time: Option<f64>,
    /// Flip angle, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flip_angle: Option<f64>,
    /// Field strength, T.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub magnetic_field_strength: Option<f64>,
    /// DICOM image type, e.g. `ORIGINAL`, `PRIMARY`, `WATER`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many")]
    pub image_type: Vec<String>,
    /// Maker of the scanner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// Model of the scanner.
    #[serde(skip_serializing_if = "Option::is_none", rename = "ManufacturersModelName")]
    pub model: Option<String>,
    /// Series description or protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol_name: Option<String>,
    /// Unit of the values, e.g. `rad`, `arbitrary`, `%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
    /// b-value or b-values of the volumes, s/mm2.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_many", rename = "DiffusionBValue")]
    pub diffusion_b_values: Vec<f64>,
    /// Part of the body that was imaged.
    #[serde(skip_serializing_if = "Option::is_none", rename = "BodyPart", alias = "BodyPartExamined")]
    pub body_part: Option<String>,
    /// Philips: factor from stored to displayed value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub philips_rescale_slope: Option<f64>,
    /// Philips: factor from stored to scanner-independent value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub philips_scale_slope: Option<f64>,
    /// Program that converted the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_software: Option<String>,
    /// Version of that program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversion_software_version: Option<String>,
}

impl Sidecar {
    /// Repetition time (ms) and flip angle (degrees), where both are said.
    pub fn excitation(&self) -> Option<[f64; 2]> {
        self.repetition_time.zip(self.flip_angle).map(|(tr_s, angle)| [1e3 * tr_s, angle])
    }
}

/// Accepts a single value where a list is meant; converters write both.
fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<T> {
        One(T),
        Many(Vec<T>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(value) => vec![value],
        OneOrMany::Many(values) => values,
    })
}

/// Accepts a list where a single value is meant; a list of several is no single value.
fn one_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(f64),
        Many(Vec<f64>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(value) => Some(value),
        OneOrMany::Many(values) => values.first().copied().filter(|_| values.len() == 1),
    })
}

/// The sidecar's place: `x.nii.gz` -> `x.json`.
pub fn sidecar_path(image: &Path) -> PathBuf {
    beside(image, ".json")
}

/// The sidecars that apply to an image as one value of any type, with the place of the nearest; `None` where there is none.
/// Of a key that several have, the nearest counts.
pub(super) fn read_sidecar_as<T: DeserializeOwned>(image: &Path) -> Result<Option<(PathBuf, T)>, ImageError> {
    let paths = applicable(image, ".json")?;
    let Some(nearest) = paths.first().cloned() else { return Ok(None) };
    let mut merged = serde_json::Map::new();
    for path in paths.iter().rev() {
        let unreadable = |reason: String| ImageError::Sidecar { path: path.clone(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
        let object: serde_json::Map<_, _> = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
        merged.extend(object);
    }
    let value = serde_json::from_value(merged.into())
        .map_err(|e| ImageError::Sidecar { path: nearest.clone(), reason: e.to_string() })?;
    Ok(Some((nearest, value)))
}

/// The sidecar of an image, `None` where there is none: its own, with the keys of those that it inherits from (see
/// [`applicable`]).
///
/// # Errors
/// [`ImageError::Sidecar`] where it is no JSON object or a key has a value of the wrong kind.
pub fn read_sidecar(image: &Path) -> Result<Option<Sidecar>, ImageError> {
    Ok(read_sidecar_as(image)?.map(|(_, sidecar)| sidecar))
}

impl Sidecar {
    /// Writes it beside an image.
    ///
    /// # Errors
    /// [`ImageError::Exists`] or [`ImageError::Write`].
    pub fn write_beside(&self, image: &Path, overwrite: Overwrite) -> Result<(), ImageError> {
        write_json(&sidecar_path(image), self, overwrite)
    }
}

/// What stands beside a map that this program wrote. Holds no time, no host and no absolute path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MapSidecar {
    /// What is mapped, e.g. `ADC`.
    pub measure: String,
    /// Unit of the values, e.g. `um2/s`.
    pub units: String,
    /// Method in words, with its citation.
    pub method: String,
    /// Everything that was chosen, by name.
    pub parameters: serde_json::Value,
    /// Names of the files it was made from; folders are cut off.
    pub sources: Vec<String>,
    /// This program and its version.
    pub software_version: String,
    /// What a user must know about this map.
    pub warnings: Vec<Warning>,
}

impl MapSidecar {
    /// A sidecar of this version of the program; of `sources` only the file names are kept.
    pub fn new<P: AsRef<Path>>(
        measure: &str,
        units: &str,
        method: &str,
        parameters: serde_json::Value,
        sources: impl IntoIterator<Item = P>,
    ) -> Self {
        let names = sources.into_iter().filter_map(|path| Some(path.as_ref().file_name()?.to_str()?.to_owned()));
        MapSidecar {
            measure: measure.to_owned(),
            units: units.to_owned(),
            method: method.to_owned(),
            parameters,
            sources: names.collect(),
            software_version: concat!("myelomri ", env!("CARGO_PKG_VERSION")).to_owned(),
            warnings: Vec::new(),
        }
    }

    /// The same with warnings.
    pub fn with_warnings(mut self, warnings: &[Warning]) -> Self {
        self.warnings.extend_from_slice(warnings);
        self
    }

    /// Writes it beside its map.
    ///
    /// # Errors
    /// [`ImageError::Exists`] or [`ImageError::Write`].
    pub fn write_beside(&self, image: &Path, overwrite: Overwrite) -> Result<(), ImageError> {
        write_json(&sidecar_path(image), self, overwrite)
    }
}

/// The programs that made an image, as the sidecar beside it names them (BIDS `GeneratedBy`, or this program's own), e.g.
/// `TotalSegmentator 2.4.0`; none where there is no sidecar or it does not say so in a way that is understood.
pub fn generated_by(image: &Path) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Program {
        name: String,
        #[serde(default)]
        version: Option<String>,
    }
    #[derive(Deserialize, Default)]
    #[serde(rename_all = "PascalCase", default)]
    struct Origin {
        #[serde(deserialize_with = "one_or_many")]
        generated_by: Vec<Program>,
        software_version: Option<String>,
        method: Option<String>,
    }
    let (_, origin) = read_sidecar_as::<Origin>(image).ok()??;
    let named =
        |program: Program| [Some(program.name), program.version].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let programs: Vec<String> = origin.generated_by.into_iter().map(named).collect();
    let own = [origin.software_version, origin.method].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let all = if programs.is_empty() { own } else { programs.join(", ") };
    (!all.is_empty()).then_some(all)
}

/// Writes any value as indented JSON with a final line break.
///
/// # Errors
/// [`ImageError::Exists`] or [`ImageError::Write`].
pub fn write_json<T: Serialize>(path: &Path, value: &T, overwrite: Overwrite) -> Result<(), ImageError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| ImageError::Write { path: path.to_owned(), reason: e.to_string() })?;
    write_text_atomically(path, &(text + "\n"), overwrite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_dropped_and_single_values_become_lists() {
        let text = r#"{"EchoTime": 0.0012, "PatientName": "X", "ImageType": "WATER", "DiffusionBValue": 50}"#;
        let sidecar: Sidecar = serde_json::from_str(text).unwrap();
        assert_eq!(sidecar.echo_time, Some(0.0012));
        assert_eq!(sidecar.image_type, ["WATER"]);
        assert_eq!(sidecar.diffusion_b_values, [50.0]);
        assert!(!serde_json::to_string(&sidecar).unwrap().contains("Patient"));
    }

    #[test]
    fn a_missing_sidecar_is_none_and_a_broken_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("a.nii.gz");
        assert_eq!(read_sidecar(&image).unwrap(), None);
        std::fs::write(folder.path().join("a.json"), r#"{"EchoTime": "short"}"#).unwrap();
        let error = read_sidecar(&image).unwrap_err();
        assert!(error.to_string().contains("a.json"), "{error}");
    }

    #[test]
    fn magnitude_and_phase_share_a_sidecar_and_their_own_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("s_MEGRE.json"), r#"{"MagneticFieldStrength": 3, "EchoTime": [0.0012, 0.0022]}"#).unwrap();
        std::fs::write(at("s_part-phase_MEGRE.json"), r#"{"Units": "rad", "EchoTime": 0.0012}"#).unwrap();
        let magnitude = read_sidecar(&at("s_part-mag_MEGRE.nii.gz")).unwrap().unwrap();
        assert_eq!((magnitude.magnetic_field_strength, magnitude.echo_time), (Some(3.0), None));
        let phase = read_sidecar(&at("s_part-phase_MEGRE.nii.gz")).unwrap().unwrap();
        assert_eq!((phase.units.as_deref(), phase.echo_time), (Some("rad"), Some(0.0012)));
        assert_eq!(read_sidecar(&at("s_acq-x_MEGRE.nii.gz")).unwrap(), None);
    }

    #[test]
    fn a_sidecar_says_what_made_its_image() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(generated_by(&at("mask.nii.gz")), None);
        let text = r#"{"GeneratedBy": [{"Name": "TotalSegmentator", "Version": "2.4.0"}, {"Name": "hand"}]}"#;
        std::fs::write(at("mask.json"), text).unwrap();
        assert_eq!(generated_by(&at("mask.nii.gz")).as_deref(), Some("TotalSegmentator 2.4.0, hand"));
        std::fs::write(at("mask.json"), r#"{"EchoTime": 0.1}"#).unwrap();
        assert_eq!(generated_by(&at("mask.nii.gz")), None);
    }

    #[test]
    fn a_map_sidecar_holds_no_folder() {
        let sidecar =
            MapSidecar::new("ADC", "um2/s", "log-linear", serde_json::json!({}), ["/home/me/patient/dwi.nii.gz"]);
        assert_eq!(sidecar.sources, ["dwi.nii.gz"]);
    }
}
