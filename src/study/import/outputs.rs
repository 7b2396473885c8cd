//! The files of one session: which items make each, how it is called, what its sidecar says.
//!
//! Sidecars hold named keys alone (BIDS names and units), from attributes that tell no person; see
//! [`crate::image::dicom`]. Echo times and repetition times are in seconds, as BIDS has them.

use super::plan::{Item, Source};
use super::subjects::Place;
use crate::image::dicom::{Component, Header, Part, SeriesRole, image_type_words, shared_slopes};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// One file to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Path below the session's folder.
    pub path: PathBuf,
    /// The items that make it.
    pub items: Vec<usize>,
    /// Their role.
    pub role: SeriesRole,
}

/// The files of a session's images.
pub fn of_images(place: &Place, items: &[Item]) -> Vec<Output> {
    let mut outputs: Vec<Output> = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let Some(relative) = relative(item) else { continue };
        let path = PathBuf::from(relative.replace('*', &place.name()));
        match outputs.iter_mut().find(|output| output.path == path) {
            Some(output) => output.items.push(n),
            None => outputs.push(Output { path, items: vec![n], role: item.decision.role }),
        }
    }
    outputs
}

/// Path of an image below the session's folder, `*` for the name of subject and session.
fn relative(item: &Item) -> Option<String> {
    let index = item.index;
    Some(match item.decision.role {
        SeriesRole::Water => "anat/*_rec-water_dixon.nii.gz".to_owned(),
        SeriesRole::Fat => "anat/*_rec-fat_dixon.nii.gz".to_owned(),
        SeriesRole::InPhase => "anat/*_rec-inphase_dixon.nii.gz".to_owned(),
        SeriesRole::OpposedPhase => "anat/*_rec-opposed_dixon.nii.gz".to_owned(),
        SeriesRole::FatFraction => "anat/*_rec-fatfraction_dixon.nii.gz".to_owned(),
        SeriesRole::R2Star => "anat/*_R2starmap.nii.gz".to_owned(),
        SeriesRole::Echo(component) => format!("anat/*_echo-{index}_part-{}_MEGRE.nii.gz", component.name()),
        SeriesRole::Dwi => format!("dwi/*_chunk-{}_dwi.nii.gz", index.max(1)),
        SeriesRole::Adc => format!("dwi/*_chunk-{}_ADC.nii.gz", index.max(1)),
        _ => return None,
    })
}

/// Name of a mask, or of the label map of the vertebrae, below its folder.
pub fn mask_name(place: &Place, role: SeriesRole) -> Option<String> {
    let segment = match role {
        SeriesRole::Vertebra => return Some(format!("{}_seg-vertebrae_dseg.nii.gz", place.name())),
        SeriesRole::Bone => "bone",
        SeriesRole::Reference => "muscle",
        SeriesRole::Exclude => "exclude",
        _ => return None,
    };
    Some(format!("{}_seg-{segment}_mask.nii.gz", place.name()))
}

/// What a sidecar says of the images of an output.
pub fn sidecar(output: &Output, items: &[Item], headers: &[Header], b_values: &[f64], converter: [&str; 2]) -> Value {
    let parts: Vec<&Part> = output
        .items
        .iter()
        .filter_map(|&n| match &items[n].source {
            Source::Images(part) => Some(part.as_ref()),
            Source::Drawing { .. } => None,
        })
        .collect();
    let mut sidecar = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            sidecar.insert(key.to_owned(), value);
        }
    };
    if let Some(first) = parts.first() {
        let acquisition = &headers[first.frames[0].header].acquisition;
        put("Modality", Some(json!("MR")));
        put("Manufacturer", first.vendor.name().map(Value::from));
        put("ManufacturersModelName", acquisition.model.clone().map(Value::from));
        put("MagneticFieldStrength", acquisition.field_t.map(Value::from));
        put("BodyPart", acquisition.body_part.clone().map(Value::from));
        put("ImageType", Some(json!(image_type_words(first))));
        put("EchoTime", first.te_ms.map(seconds));
        put("RepetitionTime", acquisition.tr_ms.map(seconds));
        put("FlipAngle", acquisition.flip_deg.map(Value::from));
        put("EchoNumber", matches!(output.role, SeriesRole::Echo(_)).then(|| json!(items[output.items[0]].index)));
        put("Units", units(output.role, acquisition.rescale_type.as_deref()).map(Value::from));
        let frames: Vec<_> = parts.iter().flat_map(|part| part.frames.iter().copied()).collect();
        let [rescale, scale] = shared_slopes(&frames, headers);
        put("PhilipsRescaleSlope", rescale.filter(|_| scale.is_some()).map(Value::from));
        put("PhilipsScaleSlope", scale.map(Value::from));
        put("SeriesNumber", Some(json!(parts.iter().map(|part| part.series_number).collect::<Vec<_>>())));
    }
    put("DiffusionBValue", (!b_values.is_empty()).then(|| json!(b_values)));
    put("ConversionSoftware", Some(json!(converter[0])));
    put("ConversionSoftwareVersion", Some(json!(converter[1])));
    Value::Object(sidecar)
}

/// Milliseconds as seconds, without the noise of the division.
fn seconds(ms: f64) -> Value {
    json!((ms * 1e3).round() / 1e6)
}

/// Unit of the values, where the DICOM states one that is known.
fn units(role: SeriesRole, rescale_type: Option<&str>) -> Option<&'static str> {
    match role {
        SeriesRole::FatFraction => match rescale_type? {
            "%" | "PCT" | "percent" => Some("percent"),
            _ => None,
        },
        SeriesRole::Echo(Component::Phase) => None,
        SeriesRole::Water | SeriesRole::Fat | SeriesRole::InPhase | SeriesRole::OpposedPhase | SeriesRole::Dwi => {
            Some("arbitrary")
        }
        _ => None,
    }
}
