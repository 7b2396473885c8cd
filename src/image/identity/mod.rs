//! Traces of a person in NIfTI headers, in sidecars and in file names: found and named, never repeated.
//!
//! Inputs  an image with its header texts and extensions, a JSON file, a path
//! Output  the place (field or key), what kind of trace it is, how long the value is; the value itself stays where it is
//! Method  keys by the DICOM attributes that PS3.15 Table E.1-1 lists (basic profile), under the names that converters give
//!         them; values by their form: DICOM person names (`A^B`), dates, unique identifiers
//! Limits  a name in free text without a caret looks like any other word. Times of day and scanner settings are no trace.

mod keys;
mod values;

use super::ImageError;
use super::nifti::{COMMENT, DICOM, header_texts};
use super::nrrd;
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What a trace says about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trace {
    /// Name of a patient, a relative or someone who treats them.
    Name,
    /// Date of birth, of the examination or of another event.
    Date,
    /// Patient, accession, study or device number; unique identifier.
    Identifier,
    /// Hospital, department, address, telephone, station.
    Place,
    /// Age, sex, weight and the like.
    Person,
    /// Text that someone typed.
    FreeText,
    /// A whole DICOM header.
    DicomHeader,
}

impl Trace {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Trace::Name => "a name",
            Trace::Date => "a date",
            Trace::Identifier => "an identifier",
            Trace::Place => "a place",
            Trace::Person => "a detail of the person",
            Trace::FreeText => "free text",
            Trace::DicomHeader => "a DICOM header",
        }
    }
}

/// One trace of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Identity {
    /// The file.
    #[serde(skip)]
    pub path: PathBuf,
    /// Header field, extension, JSON key, or `file name`.
    pub key: String,
    /// What it is.
    pub trace: Trace,
    /// Length of the value, characters: enough to find it, and nothing of it.
    pub n_characters: usize,
}

/// Traces in the header of a NIfTI image or a `.seg.nrrd`, its extensions included.
///
/// # Errors
/// [`ImageError`] where the header cannot be read.
pub fn identity_in_image(path: &Path) -> Result<Vec<Identity>, ImageError> {
    if nrrd::is_nrrd(path) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for text in header_texts(path)? {
        let mut add = |trace: Trace| {
            let (key, n_characters) = (text.field.clone(), text.text.chars().count());
            found.push(Identity { path: path.to_owned(), key, trace, n_characters });
        };
        match (text.extension, text.field.as_str()) {
            (Some(DICOM), _) => add(Trace::DicomHeader),
            (Some(COMMENT), _) => add(Trace::FreeText),
            (Some(_), _) => match serde_json::from_str::<Value>(&text.text) {
                Ok(json) => {
                    let inside = in_json(path, &json).into_iter();
                    found.extend(inside.map(|one| Identity { key: format!("{} {}", text.field, one.key), ..one }));
                }
                Err(_) => values::traces(&without_constant_date(&text.text)).into_iter().for_each(&mut add),
            },
            // dcm2niix puts the patient's name and the comment on the images here
            (None, "db_name" | "aux_file") if !values::says_nothing(&text.text) => add(Trace::FreeText),
            (None, _) => values::traces(&text.text).into_iter().for_each(&mut add),
        }
    }
    Ok(found)
}

/// TotalSegmentator writes one and the same date into the label table of every map.
fn without_constant_date(text: &str) -> String {
    text.replace("2013-07-14T05:45:09", "")
}

/// Traces in a JSON file, in objects within it too.
///
/// # Errors
/// [`ImageError::Sidecar`] where it cannot be read or is no JSON.
pub fn identity_in_json(path: &Path) -> Result<Vec<Identity>, ImageError> {
    let unreadable = |reason: String| ImageError::Sidecar { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(e.to_string()))?;
    let json = serde_json::from_str(&text).map_err(|e| unreadable(e.to_string()))?;
    Ok(in_json(path, &json))
}

/// Traces in the name of a file and of the folders around it, given relative to the study.
pub fn identity_in_name(path: &Path, relative: &Path) -> Vec<Identity> {
    let name = relative.to_string_lossy();
    let parts = name.split(['/', '\\', '_']).flat_map(|part| part.split('.').next());
    let mut found: Vec<Identity> = Vec::new();
    for part in parts {
        // the value of an entity: `ses-20240131`
        let value = part.split_once('-').map_or(part, |(_, value)| value);
        for trace in values::traces(value) {
            let n_characters = value.chars().count();
            found.push(Identity { path: path.to_owned(), key: "file name".to_owned(), trace, n_characters });
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What the heading of a table column says of a person.
pub fn identity_of_column(name: &str) -> Option<Trace> {
    keys::of_column(name)
}

/// What a value says by its form.
pub fn identity_of_value(value: &str) -> Option<Trace> {
    values::traces(value).first().copied()
}

fn in_json(path: &Path, json: &Value) -> Vec<Identity> {
    let mut found = Vec::new();
    walk(json, "", &mut |key, value| {
        let last = key.rsplit('.').next().unwrap_or(key);
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        if values::says_nothing(&text) {
            return;
        }
        let n_characters = text.chars().count();
        let traces = match keys::of(last) {
            Some(trace) => vec![trace],
            None if keys::is_technical(last) || value.is_number() => Vec::new(),
            None => values::traces(&text),
        };
        let of = |trace| Identity { path: path.to_owned(), key: key.to_owned(), trace, n_characters };
        found.extend(traces.into_iter().map(of));
    });
    found.sort();
    found.dedup();
    found
}

/// Every value with the names of the objects around it.
fn walk(json: &Value, key: &str, seen: &mut impl FnMut(&str, &Value)) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                walk(value, &key, seen);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| walk(value, key, seen)),
        value => seen(key, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys_of(json: Value) -> Vec<(String, Trace)> {
        in_json(Path::new("x.json"), &json).into_iter().map(|one| (one.key, one.trace)).collect()
    }

    #[test]
    fn keys_and_forms_of_values_are_recognised_and_settings_are_not() {
        let found = keys_of(json!({
            "PatientName": "Doe^Jane", "StudyDate": 20200131, "AccessionNumber": "A1", "InstitutionName": "Clinic",
            "SeriesInstanceUID": "1.2.840.113619.2.5.1762583153.215519.978957063.78",
            "Referring": {"Note": "seen by Smith^John on 31.01.2020"},
            "PatientID": "", "EchoTime": 0.0012, "ProtocolName": "LSP_DIXON_20", "SeriesNumber": 20200131,
            "ConversionSoftwareVersion": "v1.0.20230411", "ImageType": ["ORIGINAL", "PRIMARY"], "AcquisitionTime": "12:30:01",
        }));
        let trace = |key: &str| found.iter().filter(|(k, _)| k == key).map(|(_, t)| *t).collect::<Vec<_>>();
        assert_eq!(trace("PatientName"), [Trace::Name]);
        assert_eq!(trace("StudyDate"), [Trace::Date]);
        assert_eq!(trace("AccessionNumber"), [Trace::Identifier]);
        assert_eq!(trace("SeriesInstanceUID"), [Trace::Identifier]);
        assert_eq!(trace("InstitutionName"), [Trace::Place]);
        assert_eq!(trace("Referring.Note"), [Trace::Name, Trace::Date]);
        assert_eq!(found.len(), 7, "{found:?}");
    }

    #[test]
    fn a_trace_holds_nothing_of_its_value() {
        let found = in_json(Path::new("x.json"), &json!({ "PatientName": "Doe^Jane" }));
        let shown = format!("{}{:?}", serde_json::to_string(&found).unwrap(), found);
        assert!(!shown.contains("Doe") && !shown.contains("Jane") && shown.contains('8'), "{shown}");
    }

    #[test]
    fn dates_in_names_of_files_are_found() {
        let of = |name: &str| identity_in_name(Path::new(name), Path::new(name)).len();
        assert_eq!(of("sub-001/ses-20240131/anat/sub-001_ses-20240131_rec-water_dixon.nii.gz"), 1);
        assert_eq!(of("sub-001/ses-baseline/dwi/sub-001_ses-baseline_chunk-1_dwi.nii.gz"), 0);
        assert_eq!(of("images/1.2.840.113619.2.5.1762583153.215519.nii"), 0);
    }
}
