//! The commands that make the results again.

use super::outputs::Outputs;
use crate::cohort::results::{Direction, Family};

/// The commands that make the results again, one a line; paths are those of the reader.
pub fn commands(outputs: &Outputs) -> Vec<String> {
    let seed = outputs.validate.as_ref().map_or(String::new(), |v| format!(" --seed {}", v.seed));
    let mut commands = vec![format!("myelomri run STUDY OUT{seed}")];
    let Some(outcome) = outputs.compare.as_ref().and_then(|c| c.outcome.as_ref()) else { return commands };
    let table =
        format!("--table OUT/tables/wide.csv --outcome {} --positive {}", outcome.column, outcome.positive.join(","));
    if let Some(roc) = &outputs.roc {
        let markers = |family: Family| -> Vec<String> {
            let is_column = |predictor: &str| predictor.contains("__");
            roc.curves
                .iter()
                .filter(|curve| curve.family == family && is_column(&curve.predictor))
                .map(|curve| {
                    let direction = if curve.direction == Direction::Higher { "higher" } else { "lower" };
                    format!(" --predictor {}:{direction}", curve.predictor)
                })
                .collect()
        };
        for family in [Family::Primary, Family::Secondary] {
            let markers = markers(family);
            if !markers.is_empty() {
                let word = super::tables::family(family);
                commands.push(format!("myelomri roc {table}{} -o roc_{word}", markers.concat()));
            }
        }
    }
    if let Some(model) = outputs.fit.as_ref().and_then(|f| f.models.iter().find(|m| m.name == "multivariable")) {
        let terms: String =
            model.terms.iter().filter(|t| t.name != "(intercept)").map(|t| format!(" --term {}", t.name)).collect();
        commands.push(format!("myelomri fit {table}{terms} --method {} -o model", model.method));
        commands.push(format!("myelomri validate {table}{terms} --method {}{seed} -o model", model.method));
    }
    commands.push("myelomri report OUT --force".to_owned());
    commands
}
