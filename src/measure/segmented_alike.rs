//! Whether the lesions of two visits were segmented by one rule and with masks alike, as the sidecars of their labels tell.
//!
//! Compared: rule, threshold, b of the signal, ADC window, neighbours, smallest volume, field, classes, how bone was read
//! from its file, excluded labels, number of masks, the programs that made them, and the volume of bone.
//! Limits  a threshold in signal units is not compared under a relative rule, where it differs as it should; that two masks of
//!         one volume outline the same bone is proved by overlap, see `adc-change --bones`

use crate::error::Warning;
use crate::image::{MapSidecar, sidecar_path};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Bone masks that differ by more than this in volume are not alike, percent. Two outlines of one skeleton by one method differ
/// by less; a station more or a field of view cut short by more.
const BONE_PCT: f64 = 10.0;

/// How one visit's lesions were made.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentationRecord {
    /// Rule, thresholds and masks, by name.
    parameters: BTreeMap<String, Value>,
    bone_ml: Option<f64>,
}

impl SegmentationRecord {
    /// What the sidecar beside a label image says; none where there is none or it is of something else.
    pub fn beside(labels: &Path) -> Option<SegmentationRecord> {
        let sidecar: MapSidecar = serde_json::from_str(&std::fs::read_to_string(sidecar_path(labels)).ok()?).ok()?;
        SegmentationRecord::of(&sidecar.parameters)
    }

    fn of(written: &Value) -> Option<SegmentationRecord> {
        let mut parameters = BTreeMap::new();
        flatten("", written.get("parameters")?, &mut parameters);
        parameters.contains_key("segmentation.rule").then_some(())?;
        let bone_ml = written.pointer("/results/bone_ml").and_then(Value::as_f64);
        Some(SegmentationRecord { parameters, bone_ml })
    }

    /// What this visit (the baseline) and the follow-up tell differently; empty where they were made alike.
    pub fn differences(&self, followup: &SegmentationRecord) -> Vec<String> {
        let keys: BTreeSet<&String> = self.parameters.keys().chain(followup.parameters.keys()).collect();
        let mut found = Vec::new();
        for key in keys {
            let [before, after] = [self, followup].map(|made| made.parameters.get(key).unwrap_or(&Value::Null));
            if before != after {
                found.push(format!("{} was {before}, is {after}", key.trim_start_matches("segmentation.")));
            }
        }
        if let (Some(before), Some(after)) = (self.bone_ml, followup.bone_ml) {
            let pct = 100.0 * (after / before - 1.0);
            if pct.abs() > BONE_PCT {
                found.push(format!("the bone mask held {before:.0} mL, holds {after:.0} mL"));
            }
        }
        found
    }
}

/// The warning about lesions that were not made alike; `whose` may be empty.
pub fn unlike(whose: &str, differences: &[String]) -> Warning {
    let told = format!(
        "the lesions of the visits were not made alike, their change is not one of disease alone: {}",
        differences.join("; ")
    );
    let message = if whose.is_empty() { told } else { format!("{whose}: {told}") };
    Warning::new("lesion-rules-differ", message)
}

fn flatten(name: &str, value: &Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, into);
            }
        }
        other => {
            into.insert(name.to_owned(), other.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(threshold: f64, made_by: &str, bone_ml: f64) -> SegmentationRecord {
        let parameters = json!({
            "segmentation": { "rule": "absolute", "threshold": threshold, "adc_low": 300.0 },
            "masks_made_by": { "bone": made_by },
        });
        SegmentationRecord::of(&json!({ "parameters": parameters, "results": { "bone_ml": bone_ml } })).unwrap()
    }

    #[test]
    fn each_part_that_differs_is_named_and_small_changes_of_bone_are_not() {
        let first = record(100.0, "A 1", 500.0);
        assert_eq!(first.differences(&record(100.0, "A 1", 540.0)), Vec::<String>::new());
        let found = first.differences(&record(120.0, "B 2", 300.0));
        assert_eq!(
            found,
            [
                r#"masks_made_by.bone was "A 1", is "B 2""#,
                "threshold was 100.0, is 120.0",
                "the bone mask held 500 mL, holds 300 mL"
            ]
        );
        assert!(unlike("sub-1", &found).message.starts_with("sub-1: the lesions"));
        assert_eq!(SegmentationRecord::of(&json!({ "parameters": { "fit": "loglinear" } })), None);
    }
}
