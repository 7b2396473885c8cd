//! Lesions of two visits: how much they grew together, and whether both were segmented by one rule and with masks alike.

use crate::error::Warning;
use crate::image::{MapSidecar, sidecar_path};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Bone masks that differ by more than this in volume are not alike, percent. Two outlines of one skeleton by one method differ
/// by less; a station more or a field of view cut short by more.
const BONE_PCT: f64 = 10.0;

/// Total diffusion volume at both visits.
#[derive(Debug, Clone, Serialize)]
pub struct LesionVolumes {
    /// Volume of all lesions, mL.
    pub lesions_ml: [f64; 2],
    /// Follow-up minus baseline, mL.
    pub tdv_change_ml: f64,
    /// The same as a share of the baseline, percent; none where there were no lesions.
    pub tdv_change_pct: Option<f64>,
    /// Whether both sidecars tell the same rule and masks of one kind; none where a sidecar is missing.
    pub is_same_rule: Option<bool>,
    /// What they tell differently.
    pub rule_differences: Vec<String>,
}

impl LesionVolumes {
    /// Volumes of both visits, and what the sidecars beside their labels say about how they were made.
    pub fn new(lesions_ml: [f64; 2], labels: [&Path; 2], voxel_ml: [f64; 2], warnings: &mut Vec<Warning>) -> Self {
        let [before, after] = lesions_ml;
        let made = labels.map(made);
        let (is_same_rule, rule_differences) = match &made {
            [Some(first), Some(second)] => {
                let found = differences([first, second], voxel_ml);
                if !found.is_empty() {
                    let message = format!(
                        "the lesions of the visits were not made alike, their change is not one of disease alone: {}",
                        found.join("; ")
                    );
                    warnings.push(Warning::new("lesion-rules-differ", message));
                }
                (Some(found.is_empty()), found)
            }
            _ => {
                let message = "no sidecar of `tdv` beside the lesions of both visits: whether one rule and masks alike made them is \
                               not known";
                warnings.push(Warning::new("lesion-rule-unknown", message));
                (None, Vec::new())
            }
        };
        LesionVolumes {
            lesions_ml,
            tdv_change_ml: after - before,
            tdv_change_pct: (before > 0.0).then(|| 100.0 * (after / before - 1.0)),
            is_same_rule,
            rule_differences,
        }
    }

    /// Header and row of a table.
    pub fn row(&self) -> ([&'static str; 5], Vec<String>) {
        let [before, after] = self.lesions_ml;
        let mut row = [before, after, self.tdv_change_ml].map(|ml| format!("{ml:.2}")).to_vec();
        row.push(self.tdv_change_pct.map(|pct| format!("{pct:.1}")).unwrap_or_default());
        row.push(self.is_same_rule.map_or("unknown", |same| if same { "yes" } else { "no" }).to_owned());
        (["tdv_baseline_ml", "tdv_followup_ml", "tdv_change_ml", "tdv_change_pct", "same_rule"], row)
    }
}

/// How one visit's lesions were made.
struct Made {
    /// Rule, thresholds and masks, by name.
    parameters: BTreeMap<String, Value>,
    n_bone: Option<f64>,
}

/// What the sidecar says; none where there is none or it is of something else.
fn made(labels: &Path) -> Option<Made> {
    let sidecar: MapSidecar = serde_json::from_str(&std::fs::read_to_string(sidecar_path(labels)).ok()?).ok()?;
    let mut parameters = BTreeMap::new();
    flatten("", sidecar.parameters.get("parameters")?, &mut parameters);
    parameters.contains_key("segmentation.rule").then_some(())?;
    let n_bone = sidecar.parameters.pointer("/results/n_bone").and_then(Value::as_f64);
    Some(Made { parameters, n_bone })
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

fn differences([first, second]: [&Made; 2], voxel_ml: [f64; 2]) -> Vec<String> {
    let keys: BTreeSet<&String> = first.parameters.keys().chain(second.parameters.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let [before, after] = [first, second].map(|made| made.parameters.get(key).unwrap_or(&Value::Null));
        if before != after {
            found.push(format!("{} was {before}, is {after}", key.trim_start_matches("segmentation.")));
        }
    }
    if let (Some(before), Some(after)) = (first.n_bone, second.n_bone) {
        let [before, after] = [before * voxel_ml[0], after * voxel_ml[1]];
        let pct = 100.0 * (after / before - 1.0);
        if pct.abs() > BONE_PCT {
            found.push(format!("the bone mask held {before:.0} mL, holds {after:.0} mL"));
        }
    }
    found
}
