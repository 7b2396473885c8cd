//! The commands that make the results again.

use super::figures::{file_name, planned};
use super::outputs::Outputs;
use super::tables;
use crate::cohort::IMWG_CATEGORIES;
use crate::cohort::analysis::roc::APPARENT;
use crate::cohort::results::{AgreementResults, Curve, Direction, Family, Model};
use std::collections::BTreeSet;

/// Table and outcome of every analysis; `None` without an outcome that is a column of the table.
fn cohort(outputs: &Outputs) -> Option<String> {
    let outcome = outputs.compare.as_ref()?.outcome.as_ref()?;
    let column = quoted(&outcome.column);
    let positive = quoted(&outcome.positive.join(","));
    let mut text = format!("--table OUT/tables/wide.csv --outcome {column} --positive {positive}");
    if let Some(wide) = &outputs.wide {
        let values: BTreeSet<String> = wide.text(&outcome.column).ok()?.into_iter().flatten().collect();
        let others: Vec<&str> =
            values.iter().filter(|value| !outcome.positive.contains(value)).map(String::as_str).collect();
        // IMWG categories need no list of the others
        if others.iter().any(|value| !IMWG_CATEGORIES.contains(value)) {
            text += &format!(" --negative {}", quoted(&others.join(",")));
        }
    }
    Some(text)
}

/// A word of a command line, in quotes where a shell would take it apart.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_.,:/=+@".contains(letter);
    match word.chars().all(is_plain) && !word.is_empty() {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

fn seed(outputs: &Outputs) -> String {
    outputs.validate.as_ref().map_or(String::new(), |v| format!(" --seed {}", v.seed))
}

/// The declared plan, where there is one.
const PLAN: &str = " --plan STUDY/study.toml";

/// Curves of a family: its markers, and the model where its curve is among them.
fn curves(outputs: &Outputs, family: Family) -> Option<String> {
    let roc = outputs.roc.as_ref()?;
    let of_family = || roc.curves.iter().filter(|curve| curve.family == family);
    let is_model = |curve: &Curve| curve.predictor.ends_with(APPARENT);
    let markers: String = of_family()
        .filter(|curve| !is_model(curve))
        .map(|curve| {
            let direction = if curve.direction == Direction::Higher { "higher" } else { "lower" };
            format!(" --predictor {}", quoted(&format!("{}:{direction}", curve.predictor)))
        })
        .collect();
    let model = if of_family().any(is_model) { " --model OUT/results/model.json" } else { "" };
    (!markers.is_empty() || !model.is_empty()).then_some(())?;
    let plan = if roc.plan.is_some() { PLAN } else { "" };
    // bands come from resamples
    let resamples = if of_family().all(|curve| curve.band.is_empty()) { " --bootstrap 0" } else { "" };
    let cohort = cohort(outputs)?;
    Some(format!("myelomri roc {cohort}{markers}{model}{plan}{resamples} -o {}", tables::family(family)))
}

/// One model, or its validation.
fn model(outputs: &Outputs, verb: &str, model: &Model, prefix: &str) -> Option<String> {
    let terms: String = model
        .terms
        .iter()
        .filter(|t| t.name != "(intercept)")
        .map(|t| format!(" --term {}", quoted(&t.name)))
        .collect();
    // a level of a category is no term as it is written
    (!terms.is_empty() && !terms.contains(" = ")).then_some(())?;
    let seed = if verb == "validate" { seed(outputs) } else { String::new() };
    Some(format!("myelomri {verb} {}{terms} --method {}{seed} -o {prefix}", cohort(outputs)?, model.method))
}

fn multivariable(outputs: &Outputs) -> Option<&Model> {
    outputs.fit.as_ref()?.models.iter().find(|m| m.name == "multivariable")
}

/// The commands that make the results again, one a line; paths are those of the reader.
pub fn commands(outputs: &Outputs) -> Vec<String> {
    let mut commands = vec![format!("myelomri run STUDY OUT{}", seed(outputs))];
    commands.extend([Family::Primary, Family::Secondary].into_iter().filter_map(|family| curves(outputs, family)));
    if let Some(found) = multivariable(outputs) {
        commands.extend(["fit", "validate"].iter().filter_map(|verb| model(outputs, verb, found, "model")));
    }
    commands.push("myelomri report OUT --force".to_owned());
    commands
}

/// The commands behind one figure: those that compute its numbers from the tables (and draw them alike), where there are
/// such, and last the one that draws the very figure into `OUT/figures`.
pub fn of_figure(outputs: &Outputs, name: &str) -> Vec<String> {
    let mut commands: Vec<String> = match name.split_once('_').unwrap_or((name, "")) {
        ("roc", _) => [Family::Primary, Family::Secondary, Family::Exploratory]
            .into_iter()
            .find(|family| name == format!("roc_{}", tables::family(*family)))
            .and_then(|family| curves(outputs, family))
            .into_iter()
            .collect(),
        ("waterfall", _) => change_of(outputs, name)
            .map(|(column, kind)| change(outputs, &column, &format!("--waterfall {kind}")))
            .into_iter()
            .collect(),
        ("change", _) => change_of(outputs, name).map_or(Vec::new(), |(column, kind)| {
            let variable = quoted(&format!("{column}__{kind}"));
            let test = cohort(outputs).map(|cohort| format!("myelomri compare {cohort} --variable {variable}"));
            test.into_iter().chain([change(outputs, &column, &format!("--boxes {kind}"))]).collect()
        }),
        ("visits", _) => {
            change_of(outputs, name).map(|(column, _)| change(outputs, &column, "--visits")).into_iter().collect()
        }
        ("decision", _) | ("calibration", _) => {
            multivariable(outputs).and_then(|found| model(outputs, "validate", found, "model")).into_iter().collect()
        }
        ("forest", _) => outputs.fit.as_ref().map_or(Vec::new(), |fit| {
            let numbered = fit.models.iter().enumerate();
            numbered.filter_map(|(n, found)| model(outputs, "fit", found, &format!("model{}", n + 1))).collect()
        }),
        ("dropout", _) => outputs.dropout.as_ref().map_or(Vec::new(), |(results, _)| {
            let is_it = |pair: &&[String; 2]| name == format!("dropout_{}", file_name(&pair[1]));
            let of_pair = |[a, b]: &[String; 2]| {
                let pair = quoted(&format!("{a},{b}"));
                format!("myelomri compare --table OUT/tables/water_dominant.csv --correlate {pair} -o dropout")
            };
            results.pairs.iter().find(is_it).map(of_pair).into_iter().collect()
        }),
        ("agreement", _) => {
            let is_it = |(found, _): &(&String, &AgreementResults)| name == format!("agreement_{}", file_name(found));
            let of_repeats = |(found, results): (&String, &AgreementResults)| {
                let columns: String = results.columns.iter().map(|c| format!(" --column {}", quoted(c))).collect();
                format!(
                    "myelomri agreement --table REPEATS.csv{columns} -o {}",
                    quoted(&format!("OUT/results/{found}"))
                )
            };
            outputs.agreements.iter().find(is_it).map(of_repeats).into_iter().collect()
        }
        _ => Vec::new(),
    };
    commands.push(format!("myelomri report OUT --figure {} --force", quoted(name)));
    commands
}

/// Column without its session, and kind of change, of a figure that shows one.
fn change_of(outputs: &Outputs, name: &str) -> Option<(String, String)> {
    let tested = outputs.compare.iter().flat_map(|compare| &compare.tests).map(|test| test.variable.clone());
    let variables: Vec<String> = tested.chain(planned(outputs).into_iter().map(|(column, _)| column)).collect();
    let parts = variables.iter().filter_map(|variable| variable.split_once("__"));
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

/// The command that draws one kind of picture of a change.
fn change(outputs: &Outputs, column: &str, picture: &str) -> String {
    let [before, after] = visits(outputs).map(|visit| quoted(&visit));
    let cohort = cohort(outputs).unwrap_or_else(|| "--table OUT/tables/wide.csv".to_owned());
    let column = quoted(column);
    format!("myelomri change {cohort} --baseline {before} --followup {after} --column {column} {picture} -o change")
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
        let drawing = |name: &str| format!("myelomri report OUT --figure {name} --force");
        let change = format!("myelomri change {cohort} --baseline pre --followup post --column sff_mean_L1-L5");
        let name = "waterfall_sff_mean_L1-L5__pct";
        assert_eq!(of_figure(&outputs, name), [format!("{change} --waterfall pct -o change"), drawing(name)]);
        let boxes = of_figure(&outputs, "change_sff_mean_L1-L5__pct");
        assert_eq!(boxes[0], format!("myelomri compare {cohort} --variable sff_mean_L1-L5__pct"));
        assert_eq!(boxes[1], format!("{change} --boxes pct -o change"));
        assert_eq!(of_figure(&outputs, "visits_sff_mean_L1-L5")[0], format!("{change} --visits -o change"));
        assert_eq!(of_figure(&outputs, "roc_primary"), [drawing("roc_primary")]);
        let model: Model = serde_json::from_value(serde_json::json!({
            "name": "multivariable", "family": "primary", "outcome": outputs.compare.as_ref().unwrap().outcome, "n": 2, "events": 1,
            "method": "firth", "log_likelihood": null, "null_log_likelihood": null, "aic": null, "separation": "none",
            "separated_by": [], "lambda": null, "not_estimable": null, "missing": [], "warnings": [],
            "terms": [{"name": "sff_mean_L1-L5__pct", "estimate": 0.1, "se": null, "z": null, "p": null, "ci_low": null,
                "ci_high": null, "odds_ratio": 1.1}]}))
        .unwrap();
        let fit = crate::cohort::results::FitResults { models: vec![model], ..Default::default() };
        let outputs = Outputs { fit: Some(fit), ..outputs };
        let term = "--term sff_mean_L1-L5__pct --method firth";
        for name in ["decision_curve", "calibration"] {
            let expected = [format!("myelomri validate {cohort} {term} -o model"), drawing(name)];
            assert_eq!(of_figure(&outputs, name), expected);
        }
        let expected = [format!("myelomri fit {cohort} {term} -o model1"), drawing("forest_models")];
        assert_eq!(of_figure(&outputs, "forest_models"), expected);
        assert_eq!([quoted("a b"), quoted("it's"), quoted("")], ["'a b'", "'it'\\''s'", "''"]);
    }
}
