//! `roc --model`: the prediction of a saved model beside the markers, against numbers of `scripts/reference/roc_model.py`.

use super::study::myelomri;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/stats/roc_model").join(name)
}

const OUTCOME: [&str; 6] = ["--outcome", "deep", "--positive", "yes", "--negative", "no"];

fn json(command: &str, table: &Path, more: &[&str]) -> Value {
    let run = myelomri()
        .args([command, "--table", &table.display().to_string(), "--format", "json"])
        .args(OUTCOME)
        .args(more)
        .assert()
        .success();
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

fn near(found: &Value, expected: &Value, tolerance: f64) {
    let [found, expected] = [found, expected].map(|v| v.as_f64().unwrap_or_else(|| panic!("{v} is no number")));
    assert!((found - expected).abs() <= tolerance * expected.abs(), "{found} for {expected}");
}

/// The model of the first table, fitted by maximum likelihood and kept.
fn model(folder: &Path) -> (Value, String) {
    let prefix = folder.join("m").display().to_string();
    let terms = ["--term", "a", "--term", "b", "--term", "site@south", "--method", "ml", "-o", &prefix];
    (json("fit", &golden("train.csv"), &terms), format!("{prefix}_model.json"))
}

const MARKERS: [&str; 6] = ["--predictor", "a:higher", "--predictor", "b:lower", "--bootstrap", "0"];

#[test]
fn a_model_is_compared_with_markers_on_other_patients_as_an_independent_program_does() {
    let folder = tempfile::tempdir().unwrap();
    let expected: Value = serde_json::from_str(&fs::read_to_string(golden("expected.json")).unwrap()).unwrap();
    let (fit, model) = model(folder.path());
    for (term, coefficient) in fit["terms"].as_array().unwrap().iter().zip(expected["coefficients"].as_array().unwrap())
    {
        near(&term["estimate"], coefficient, 1e-8);
    }
    let got = json("roc", &golden("test.csv"), &[&MARKERS[..], &["--model", &model]].concat());
    let curve = &got["curves"][2];
    assert_eq!(curve["predictor"], "multivariable");
    near(&curve["auc"], &expected["auc_of_model"], 1e-12);
    near(&curve["se"], &expected["se_of_model"], 1e-10);
    let pairs = got["comparisons"].as_array().unwrap();
    assert_eq!(pairs.len(), 3);
    for (pair, expected) in pairs.iter().zip(expected["pairs"].as_array().unwrap()) {
        assert_eq!((&pair["a"], &pair["b"], &pair["n"]), (&expected["a"], &expected["b"], &expected["n"]));
        for number in ["difference", "ci_low", "ci_high", "z", "p"] {
            near(&pair[number], &expected[number], if number == "p" { 1e-6 } else { 1e-9 });
        }
    }
    let global = &expected["global"];
    assert_eq!((&got["global"]["n"], &got["global"]["df"]), (&global["n"], &global["df"]));
    near(&got["global"]["chi2"], &global["chi2"], 1e-9);
    near(&got["global"]["p"], &global["p"], 1e-6);
}

#[test]
fn a_model_is_not_tested_against_markers_on_the_patients_that_it_was_fitted_on() {
    let folder = tempfile::tempdir().unwrap();
    let (_, model) = model(folder.path());
    let got = json("roc", &golden("train.csv"), &[&MARKERS[..], &["--model", &model]].concat());
    assert_eq!(got["curves"][2]["predictor"], "multivariable (apparent)");
    assert_eq!(got["comparisons"].as_array().unwrap().len(), 1);
    assert_eq!(got["warnings"][0]["slug"], "model-fitted-here");
}

#[test]
fn a_level_that_the_model_does_not_know_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (_, model) = model(folder.path());
    let table = folder.path().join("other.csv");
    fs::write(&table, fs::read_to_string(golden("test.csv")).unwrap().replacen("south", "east", 1)).unwrap();
    for command in ["roc", "validate"] {
        let mut run = myelomri();
        run.args([command, "--table", &table.display().to_string(), "--model", &model]).args(OUTCOME);
        let refused = run.assert().code(4);
        let text = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
        assert!(text.contains("error[unexpected-value]") && text.contains("north, south"), "{text}");
    }
}

#[test]
fn a_validation_on_the_own_patients_or_of_another_outcome_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (_, model) = model(folder.path());
    let slugs = |command: &str, table: &str, positive: [&str; 2], more: &[&str]| -> Vec<String> {
        let mut run = myelomri();
        run.args([command, "--table", &golden(table).display().to_string(), "--format", "json", "--model", &model]);
        run.args(["--outcome", "deep", "--positive", positive[0], "--negative", positive[1]]).args(more);
        let done = run.assert().success();
        let got: Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
        got["warnings"].as_array().unwrap().iter().map(|w| w["slug"].as_str().unwrap().to_owned()).collect()
    };
    let has = |slugs: Vec<String>, slug: &str| slugs.iter().any(|found| found == slug);
    assert!(has(slugs("validate", "train.csv", ["yes", "no"], &[]), "model-fitted-here"));
    assert!(!has(slugs("validate", "test.csv", ["yes", "no"], &[]), "model-fitted-here"));
    assert!(has(slugs("validate", "test.csv", ["no", "yes"], &[]), "other-outcome"));
    assert!(has(slugs("roc", "test.csv", ["no", "yes"], &["--bootstrap", "0"]), "other-outcome"));
    assert!(!has(slugs("roc", "test.csv", ["yes", "no"], &["--bootstrap", "0"]), "other-outcome"));
}
