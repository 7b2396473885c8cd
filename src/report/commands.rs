//! The commands that make the results again.

use super::figures::file_name;
use super::outputs::Outputs;
use super::tables;
use crate::cohort::results::{Direction, Family, Model};

const REPORT: &str = "myelomri report OUT --force";

/// Table and outcome of every analysis; `None` without an outcome.
fn cohort(outputs: &Outputs) -> Option<String> {
    let outcome = outputs.compare.as_ref()?.outcome.as_ref()?;
    let positive = outcome.positive.join(",");
    Some(format!("--table OUT/tables/wide.csv --outcome {} --positive {positive}", outcome.column))
}

fn seed(outputs: &Outputs) -> String {
    outputs.validate.as_ref().map_or(String::new(), |v| format!(" --seed {}", v.seed))
}

/// Curves of the markers of a family.
fn curves(outputs: &Outputs, family: Family) -> Option<String> {
    let is_column = |predictor: &str| predictor.contains("__");
    let of_family = outputs.roc.as_ref()?.curves.iter().filter(|curve| curve.family == family);
    let markers: String = of_family
        .filter(|curve| is_column(&curve.predictor))
        .map(|curve| {
            let direction = if curve.direction == Direction::Higher { "higher" } else { "lower" };
            format!(" --predictor {}:{direction}", curve.predictor)
        })
        .collect();
    let name = tables::family(family);
    (!markers.is_empty()).then_some(())?;
    Some(format!("myelomri roc {}{markers} -o roc_{name}", cohort(outputs)?))
}

/// One model, or its validation.
fn model(outputs: &Outputs, verb: &str, model: &Model) -> Option<String> {
    let terms: String =
        model.terms.iter().filter(|t| t.name != "(intercept)").map(|t| format!(" --term {}", t.name)).collect();
    (!terms.is_empty()).then_some(())?;
    let seed = if verb == "validate" { seed(outputs) } else { String::new() };
    Some(format!("myelomri {verb} {}{terms} --method {}{seed} -o model", cohort(outputs)?, model.method))
}

fn multivariable(outputs: &Outputs) -> Option<&Model> {
    outputs.fit.as_ref()?.models.iter().find(|m| m.name == "multivariable")
}

/// The commands that make the results again, one a line; paths are those of the reader.
pub fn commands(outputs: &Outputs) -> Vec<String> {
    let mut commands = vec![format!("myelomri run STUDY OUT{}", seed(outputs))];
    commands.extend([Family::Primary, Family::Secondary].into_iter().filter_map(|family| curves(outputs, family)));
    if let Some(found) = multivariable(outputs) {
        commands.extend(["fit", "validate"].iter().filter_map(|verb| model(outputs, verb, found)));
    }
    commands.push(REPORT.to_owned());
    commands
}

/// The commands behind one figure: the one that computes its numbers (and draws them alike), where there is one, and last
/// the one that draws the figure as it stands here, into `OUT/figures`.
pub fn of_figure(outputs: &Outputs, name: &str) -> Vec<String> {
    let numbers = match name.split_once('_').unwrap_or((name, "")) {
        ("roc", _) => [Family::Primary, Family::Secondary, Family::Exploratory]
            .into_iter()
            .find(|family| name == format!("roc_{}", tables::family(*family)))
            .and_then(|family| curves(outputs, family)),
        ("waterfall", _) => change_of(outputs, name).map(|(column, kind)| waterfall(outputs, &column, &kind)),
        ("change", _) => change_of(outputs, name).and_then(|(column, kind)| {
            Some(format!("myelomri compare {} --variable {column}__{kind}", cohort(outputs)?))
        }),
        ("visits", _) => change_of(outputs, name).map(|(column, _)| {
            let [before, after] = visits(outputs);
            format!(
                "myelomri compare --table OUT/tables/wide.csv --change {column} --baseline {before} --followup {after}"
            )
        }),
        ("decision", _) => multivariable(outputs).and_then(|found| model(outputs, "validate", found)),
        ("forest", _) => multivariable(outputs).and_then(|found| model(outputs, "fit", found)),
        ("dropout", _) => outputs.dropout.as_ref().and_then(|(results, _)| {
            let is_it = |pair: &&[String; 2]| name == format!("dropout_{}", file_name(&pair[1]));
            let [a, b] = results.pairs.iter().find(is_it)?;
            Some(format!("myelomri compare --table OUT/tables/water_dominant.csv --correlate {a},{b} -o dropout"))
        }),
        _ => None,
    };
    numbers.into_iter().chain([REPORT.to_owned()]).collect()
}

/// Column without its session, and kind of change, of a figure that shows one.
fn change_of(outputs: &Outputs, name: &str) -> Option<(String, String)> {
    let tests = &outputs.compare.as_ref()?.tests;
    let parts = tests.iter().filter_map(|test| test.variable.split_once("__"));
    let part = |(stem, kind): (&str, &str)| {
        let variable = file_name(&format!("{stem}__{kind}"));
        let shows =
            [format!("change_{variable}"), format!("waterfall_{variable}"), format!("visits_{}", file_name(stem))];
        shows.iter().any(|shown| shown == name).then(|| (stem.to_owned(), kind.to_owned()))
    };
    parts.filter_map(part).next()
}

fn visits(outputs: &Outputs) -> [String; 2] {
    ["baseline", "followup"]
        .map(|which| outputs.parameter(&["sessions", which]).and_then(|name| name.as_str()).unwrap_or(which).to_owned())
}

fn waterfall(outputs: &Outputs, column: &str, kind: &str) -> String {
    let [before, after] = visits(outputs);
    let cohort = cohort(outputs).unwrap_or_else(|| "--table OUT/tables/wide.csv".to_owned());
    format!(
        "myelomri change {cohort} --baseline {before} --followup {after} --column {column} --waterfall {kind} -o change"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::{CompareResults, Outcome, Test};

    #[test]
    fn a_figure_names_the_command_of_its_numbers_and_the_one_that_draws_it() {
        let outcome = Outcome {
            column: "best_response__end".to_owned(),
            positive: vec!["CR".to_owned(), "VGPR".to_owned()],
            n_positive: 1,
            n_negative: 1,
            missing: Vec::new(),
        };
        let test: Test = serde_json::from_value(serde_json::json!({
            "variable": "sff_mean_L1-L5__pct", "family": "primary", "test": "mann-whitney", "n": 2, "statistic": 1.0,
            "p": 0.5, "p_adjusted": null, "estimand": "hodges-lehmann-shift", "estimate": 1.0, "ci_low": null,
            "ci_high": null, "missing": []}))
        .unwrap();
        let compare = CompareResults { outcome: Some(outcome), tests: vec![test], ..CompareResults::default() };
        let manifest = serde_json::json!({"parameters": {"sessions": {"baseline": "pre", "followup": "post"}}});
        let outputs = Outputs { compare: Some(compare), manifest, ..Outputs::default() };
        let cohort = "--table OUT/tables/wide.csv --outcome best_response__end --positive CR,VGPR";
        assert_eq!(
            of_figure(&outputs, "waterfall_sff_mean_L1-L5__pct"),
            [
                format!(
                    "myelomri change {cohort} --baseline pre --followup post --column sff_mean_L1-L5 --waterfall pct -o change"
                ),
                REPORT.to_owned()
            ]
        );
        let boxes = of_figure(&outputs, "change_sff_mean_L1-L5__pct");
        assert_eq!(boxes[0], format!("myelomri compare {cohort} --variable sff_mean_L1-L5__pct"));
        assert!(of_figure(&outputs, "visits_sff_mean_L1-L5")[0].contains("--change sff_mean_L1-L5 --baseline pre"));
        assert_eq!(of_figure(&outputs, "roc_primary"), [REPORT]);
    }
}
