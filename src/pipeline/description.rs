//! `OUT/dataset_description.json`: the output as a BIDS derivative of the study.

use crate::error::Result;
use crate::image::{Overwrite, write_json};
use crate::study::VERSION;
use serde_json::{Value, json};
use std::path::Path;

const FILE_NAME: &str = "dataset_description.json";

/// Writes it, with the name and version that the study gives itself.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn write(study: &Path, out: &Path) -> Result<()> {
    let text = std::fs::read_to_string(study.join(FILE_NAME)).unwrap_or_default();
    let source: Value = serde_json::from_str(&text).unwrap_or_default();
    let given = |key: &str, otherwise: &str| source.get(key).and_then(Value::as_str).unwrap_or(otherwise).to_owned();
    let description = json!({
        "Name": given("Name", "study without a name"),
        "BIDSVersion": given("BIDSVersion", "1.10.0"),
        "DatasetType": "derivative",
        "GeneratedBy": [{ "Name": env!("CARGO_PKG_NAME"), "Version": VERSION }],
    });
    Ok(write_json(&out.join(FILE_NAME), &description, Overwrite::Force)?)
}
