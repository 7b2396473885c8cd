//! `fit` and `validate` with what stands beside the coefficients, folds, shuffles and a locked cut-off.

use super::study::myelomri;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use serde_json::Value;
use std::fs;

/// Twenty patients of whom eight respond; `x` overlaps, `z` says little.
fn table() -> (tempfile::TempDir, String) {
    let mut text = String::from("subject,x,z,y\n");
    for i in 0..20 {
        let y = i % 5 < 2;
        let x = (i * 7) % 13 + if y { 5 } else { 0 };
        text += &format!("p{i:02},{x},{},{}\n", (i * i) % 11, if y { "CR" } else { "PR" });
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

fn json(command: &str, table: &str, more: &[&str]) -> Value {
    let outcome = ["--outcome", "y", "--positive", "CR"];
    let run = myelomri().args([command, "--table", table, "--format", "json"]).args(outcome).args(more).assert();
    serde_json::from_slice(&run.success().get_output().stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn scheme<'a>(results: &'a Value, name: &str, metric: &str) -> &'a Value {
    let all = results["schemes"].as_array().unwrap();
    all.iter().find(|s| s["scheme"] == name && s["metric"] == metric).unwrap_or_else(|| panic!("no {name}, {metric}"))
}

#[test]
fn a_model_comes_with_its_worth_and_the_patients_who_move_it() {
    let (folder, table) = table();
    let prefix = folder.path().join("m").display().to_string();
    let got = json("fit", &table, &["--term", "x", "--term", "z", "--method", "ml", "--wald", "-o", &prefix]);
    let d = &got["diagnostics"];
    let (l, l0) = (number(&got["log_likelihood"]), number(&got["null_log_likelihood"]));
    assert!((number(&d["r2_mcfadden"]) - (1.0 - l / l0)).abs() < 1e-12);
    assert!((number(&d["r2_cox_snell"]) - (1.0 - (2.0 * (l0 - l) / 20.0).exp())).abs() < 1e-12);
    assert!((number(&d["bic"]) - (3.0 * 20f64.ln() - 2.0 * l)).abs() < 1e-10);
    assert!((number(&d["global_test"][0]) - 2.0 * (l - l0)).abs() < 1e-8);
    assert_eq!(number(&d["events_per_variable"]), 4.0);
    assert_eq!(d["variance_inflation"].as_array().unwrap().len(), 2);
    for patient in d["influential"].as_array().unwrap() {
        assert!(number(&patient["cooks_distance"]) > 0.2 && patient["subject"].as_str().unwrap().starts_with('p'));
    }
    let term = &got["terms"][1];
    let half = 1.959963984540054 * number(&term["se"]);
    assert!((number(&term["wald_ci"][0]) - (number(&term["estimate"]) - half)).abs() < 1e-12);
    assert!(fs::metadata(format!("{prefix}_forest.svg")).unwrap().len() > 500);
    let plain = json("fit", &table, &["--term", "x"]);
    assert!(plain["terms"][1]["wald_ci"].is_null(), "only on request");
    assert_eq!(plain["diagnostics"]["flac"].as_array().unwrap().len(), 2);
}

#[test]
fn predictions_of_flic_and_flac_add_up_to_the_events() {
    let (folder, table) = table();
    let prefix = folder.path().join("m").display().to_string();
    let terms = ["--term", "x", "--term", "z"];
    let events = |method: &str| {
        let got = json("fit", &table, &[&terms[..], &["--method", method, "-o", &prefix, "--force"]].concat());
        let saved: Value = serde_json::from_str(&fs::read_to_string(format!("{prefix}_model.json")).unwrap()).unwrap();
        assert_eq!(saved["intercept"], got["prediction_intercept"]);
        let b: Vec<f64> = saved["terms"].as_array().unwrap().iter().map(|t| number(&t["coefficient"])).collect();
        let risk = |i: i32| {
            let x = (i * 7) % 13 + if i % 5 < 2 { 5 } else { 0 };
            1.0 / (1.0 + (-number(&saved["intercept"]) - b[0] * f64::from(x) - b[1] * f64::from((i * i) % 11)).exp())
        };
        ((0..20).map(risk).sum::<f64>(), got)
    };
    let (flic, firth) = events("flic");
    let (flac, of_flac) = events("flac");
    assert!((flic - 8.0).abs() < 1e-9 && (flac - 8.0).abs() < 1e-9, "{flic} {flac}");
    assert_eq!((&firth["method"], &of_flac["method"]), (&"firth".into(), &"flac".into()));
    assert_ne!(firth["prediction_intercept"], firth["terms"][0]["estimate"]);
    assert_eq!(of_flac["terms"][1]["estimate"], firth["diagnostics"]["flac"][1]);
    assert!(of_flac["terms"][1]["se"].is_null() && of_flac["ci_method"] == "none" && of_flac["aic"].is_null());
    let validated = json("validate", &table, &[&terms[..], &["--method", "flac", "--bootstrap", "20"]].concat());
    assert!(number(&scheme(&validated, "leave-pair-out", "auc")["corrected"]) > 0.5);
}

#[test]
fn a_strong_lasso_leaves_the_share_alone_and_has_no_errors() {
    let (_folder, table) = table();
    let got = json("fit", &table, &["--term", "x", "--term", "z", "--method", "lasso", "--lambda", "5"]);
    assert_eq!((number(&got["terms"][1]["estimate"]), number(&got["lambda"])), (0.0, 5.0));
    assert!((number(&got["terms"][0]["estimate"]) - (8.0f64 / 12.0).ln()).abs() < 1e-9);
    assert!(got["terms"][1]["se"].is_null() && got["diagnostics"]["bic"].is_null());
    let weak = json("fit", &table, &["--term", "x", "--term", "z", "--method", "lasso", "--lambda", "0.02"]);
    assert!(number(&weak["terms"][1]["estimate"]) > 0.0);
}

#[test]
fn folds_shuffles_and_the_pooled_area_each_say_what_they_are() {
    let (folder, table) = table();
    let few = ["--term", "x", "--bootstrap", "20"];
    let got = json(
        "validate",
        &table,
        &[&few[..], &["--cross-validate", "4", "--repeats", "3", "--permutations", "60"]].concat(),
    );
    let folds = scheme(&got, "4-fold, 3 repeats", "auc");
    assert_eq!((folds["n_resamples"].as_u64(), folds["n_not_estimable"].as_u64()), (Some(12), Some(0)));
    let null = scheme(&got, "permutation-null", "auc");
    assert!((number(&null["corrected"]) - 0.5).abs() < 0.1 && number(&null["p"]) < 0.1);
    assert_eq!(null["apparent"], scheme(&got, "leave-pair-out", "auc")["corrected"]);
    assert!(got["warnings"].as_array().unwrap().iter().any(|w| w["slug"] == "pooled-leave-one-out"));
    let patients: u64 = got["calibration_curve"].as_array().unwrap().iter().filter_map(|g| g["n"].as_u64()).sum();
    assert_eq!(patients, 20);
    // each patient a fold of his own: no fold has both classes, and the pooled predictions are those of leave-one-out
    let path = folder.path().join("folds.csv");
    fs::write(&path, (1..=20).map(|n| format!("{n}\n")).collect::<String>()).unwrap();
    let alone = json("validate", &table, &[&few[..], &["--folds", &path.display().to_string()]].concat());
    assert!(scheme(&alone, "given-folds", "auc")["corrected"].is_null());
    assert_eq!(
        scheme(&alone, "given-folds", "brier")["corrected"],
        scheme(&alone, "leave-one-out-pooled", "brier")["corrected"]
    );
    let many = json("validate", &table, &[&few[..], &["--cross-validate", "9"]].concat());
    assert!(many["warnings"].as_array().unwrap().iter().any(|w| w["slug"] == "too-many-folds"));
}

#[test]
fn given_resamples_are_replayed() {
    let (folder, table) = table();
    let path = folder.path().join("rows.csv");
    let all: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
    fs::write(&path, format!("{0}\n{0}\n", all.join(","))).unwrap();
    let path = path.display().to_string();
    let got = json("validate", &table, &["--term", "x", "--resamples", &path]);
    // the patients as they are: no optimism at all
    let auc = scheme(&got, "bootstrap-optimism", "auc");
    assert_eq!((number(&auc["optimism"]), auc["n_resamples"].as_u64()), (0.0, Some(2)));
    fs::write(&path, "1,2,21\n").unwrap();
    let mut refused = myelomri();
    refused.args([
        "validate",
        "--table",
        &table,
        "--term",
        "x",
        "--resamples",
        &path,
        "--outcome",
        "y",
        "--positive",
        "CR",
    ]);
    refused.assert().code(4).stderr(contains("row-outside"));
}

#[test]
fn the_cutoff_of_a_saved_model_stays_locked() {
    let (folder, table) = table();
    let prefix = folder.path().join("m").display().to_string();
    json("fit", &table, &["--term", "x", "-o", &prefix]);
    let model = format!("{prefix}_model.json");
    let saved: Value = serde_json::from_str(&fs::read_to_string(&model).unwrap()).unwrap();
    // one term: its cut-off is that of the marker, through the coefficients
    let coefficient = number(&saved["terms"][0]["coefficient"]);
    let marker = (number(&saved["cutoff"]) - number(&saved["intercept"])) / coefficient;
    let curve = json("roc", &table, &["--predictor", "x:higher", "--bootstrap", "0"]);
    let best = &curve["curves"][0]["cutoffs"][0];
    assert!((marker - number(&best["threshold"])).abs() < 1e-9);
    let out = folder.path().join("v").display().to_string();
    let got = json("validate", &table, &["--model", &model, "-o", &out]);
    let at = |metric| &scheme(&got, "external", metric)["corrected"];
    assert_eq!(at("sensitivity_at_locked_cutoff"), &best["sensitivity"]);
    assert_eq!(at("specificity_at_locked_cutoff"), &best["specificity"]);
    // FLIC: as many events expected as seen
    assert!((number(at("observed_expected_ratio")) - 1.0).abs() < 1e-9);
    assert!(number(at("calibration_intercept")).abs() < 1e-8);
    for ending in ["calibration.svg", "calibration.png", "decision.svg", "decision.png"] {
        assert!(fs::metadata(format!("{out}_{ending}")).unwrap().len() > 500, "{ending}");
    }
}

#[test]
fn a_file_that_is_no_model_no_resamples_or_no_plan_is_named_with_what_makes_one() {
    let (folder, table) = table();
    let bad = folder.path().join("bad").display().to_string();
    fs::write(&bad, "none\n").unwrap();
    let remedies = [("--model", "`myelomri fit` wrote"), ("--resamples", "counted from 1"), ("--plan", "[plan]")];
    for (flag, remedy) in remedies {
        for file in [&bad, "absent"] {
            let term: &[&str] = if flag == "--model" { &[] } else { &["--term", "x"] };
            myelomri()
                .args(["validate", "--table", &table, "--outcome", "y", "--positive", "CR", flag, file])
                .args(term)
                .assert()
                .code(3)
                .stderr(contains("unreadable-input").and(contains(file)).and(contains(remedy)));
        }
    }
}

#[test]
fn a_penalty_is_chosen_anew_for_every_pair_left_out() {
    let (_folder, table) = table();
    for method in ["ridge", "lasso"] {
        let got = json("validate", &table, &["--term", "x", "--term", "z", "--method", method, "--bootstrap", "20"]);
        let pairs = scheme(&got, "leave-pair-out", "auc");
        assert_eq!((pairs["n_resamples"].as_u64(), pairs["n_not_estimable"].as_u64()), (Some(8 * 12), Some(0)));
        assert!((0.5..=number(&pairs["apparent"])).contains(&number(&pairs["corrected"])), "{method}: {pairs}");
    }
}
