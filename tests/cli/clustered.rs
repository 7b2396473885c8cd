//! Several rows a patient: refused, made one, or taken as alike.

use assert_cmd::Command;
use predicates::str::contains;
use serde_json::Value;
use std::fs;

const OUTCOME: [&str; 4] = ["--outcome", "response", "--positive", "CR"];

/// Three vertebrae of 24 patients; a third of the patients respond.
fn table(folder: &tempfile::TempDir) -> String {
    let mut text = "subject,level,x,z,again,response\n".to_owned();
    for patient in 0..24 {
        let class = patient % 3 == 0;
        for level in 0..3 {
            let x =
                f64::from((patient * 7) % 11) + if class { 4.0 } else { 0.0 } + 0.5 * f64::from((patient + level) % 3);
            let z = f64::from((patient * 5 + level * 4) % 9);
            let response = if class { "CR" } else { "PR" };
            text += &format!("{patient:03},L{},{x},{z},{},{response}\n", level + 1, x + 0.25 * z);
        }
    }
    let path = folder.path().join("rows.csv");
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn run(args: &[&str]) -> assert_cmd::assert::Assert {
    Command::cargo_bin("myelomri").unwrap().args(args).assert()
}

fn json(args: &[&str]) -> Value {
    let done = run(&[args, &["--format", "json"]].concat()).success();
    serde_json::from_slice(&done.get_output().stdout).unwrap()
}

/// Each command with what it needs.
fn commands(table: &str) -> Vec<Vec<&str>> {
    let with = |command, rest: &[&'static str], has_outcome: bool| {
        let outcome: &[&str] = if has_outcome { &OUTCOME } else { &[] };
        [&[command, "--table", table], outcome, rest].concat()
    };
    vec![
        with("roc", &["--predictor", "x:higher", "--predictor", "z:higher"], true),
        with("fit", &["--term", "x"], true),
        with("compare", &["--variable", "x"], true),
        with("validate", &["--term", "x", "--bootstrap", "40", "--repeats", "2"], true),
        with("agreement", &["--column", "x", "--column", "again"], false),
    ]
}

#[test]
fn several_rows_a_patient_are_refused_unless_a_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(&folder);
    for command in commands(&table) {
        run(&command).code(4).stderr(contains("error[duplicate-key]")).stderr(contains("--cluster subject"));
        run(&[&command[..], &["--aggregate", "mean"]].concat())
            .success()
            .stderr(contains("72 rows of 24 patients were made one each by their mean"));
        run(&[&command[..], &["--cluster", "subject"]].concat()).success();
        run(&[&command[..], &["--cluster", "subject", "--aggregate", "mean"]].concat()).code(2);
    }
}

#[test]
fn alike_rows_widen_the_intervals_and_the_results_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(&folder);
    let clustered = |n: usize| json(&[&commands(&table)[n][..], &["--cluster", "subject"]].concat());
    let roc = clustered(0);
    let curve = &roc["curves"][0];
    assert_eq!((curve["n_positive"].as_u64(), curve["ci_method"].as_str()), (Some(24), Some("logit-obuchowski")));
    let cutoff = &curve["cutoffs"][0];
    assert!(cutoff["sensitivity_ci_exact"][0].is_null());
    let width =
        |cutoff: &Value| cutoff["sensitivity_ci"][1].as_f64().unwrap() - cutoff["sensitivity_ci"][0].as_f64().unwrap();
    // 24 rows of 8 patients: wider than Wilson's interval of 24 patients
    let k = cutoff["counts"][0].as_u64().unwrap();
    let wilson = myelomri::stats::distributions::wilson(k, 24, 0.95);
    assert!(width(cutoff) > 1.2 * (wilson.high - wilson.low), "{cutoff}");
    assert!(cutoff["likelihood_ratio_negative_ci"][0].is_f64() || k == 24, "{cutoff}");
    assert!(roc["comparisons"][0]["p"].as_f64().is_some_and(|p| p > 0.0 && p < 1.0));
    // three rows that say nearly one thing: an error nearly that of one row a patient
    let single = json(&[&commands(&table)[0][..], &["--aggregate", "mean"]].concat());
    let ratio = curve["se"].as_f64().unwrap() / single["curves"][0]["se"].as_f64().unwrap();
    assert!((0.85..1.2).contains(&ratio), "{ratio}");
    let fit = clustered(1);
    assert_eq!((fit["ci_method"].as_str(), fit["aic"].is_null()), (Some("cluster-robust"), true));
    assert!(fit["warnings"].to_string().contains("72 rows of 24 patients"));
    let compare = clustered(2);
    assert_eq!(compare["tests"][0]["test"], "clustered-rank-sum");
    let validate = clustered(3);
    assert!(validate["warnings"].to_string().contains("whole patients"));
    assert_eq!(validate["schemes"][0]["n_not_estimable"], 0);
}

#[test]
fn what_takes_rows_for_patients_is_refused_with_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(&folder);
    let commands = commands(&table);
    let refused = |n: usize, more: &[&str]| {
        let all = [&commands[n][..], &["--cluster", "subject"], more].concat();
        run(&all).code(2).stderr(contains("rows for patients")).stderr(contains("--aggregate mean"));
    };
    refused(0, &["--test", "venkatraman"]);
    refused(0, &["--by", "level"]);
    refused(1, &["--method", "ridge"]);
    refused(2, &["--correlate", "x,z"]);
}

/// Value and ends of a metric of one scheme.
fn metric(results: &Value, scheme: &str, metric: &str) -> [f64; 3] {
    let rows = results["schemes"].as_array().unwrap();
    let row = rows.iter().find(|row| row["scheme"] == scheme && row["metric"] == metric).unwrap();
    let number = |key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{metric} has no {key}: {row}"));
    [number("corrected"), number("ci_low"), number("ci_high")]
}

/// Every row four times: nothing is learnt by patients, everything seems surer by rows.
#[test]
fn a_saved_model_is_as_sure_on_repeated_rows_as_on_one_row_a_patient() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let write = |name: &str, copies: usize| {
        let mut text = "subject,x,response\n".to_owned();
        for patient in 0..40 {
            let class = patient % 3 == 0;
            let x = f64::from((patient * 7) % 19) + if class { 6.0 } else { 0.0 };
            text += &format!("{patient:03},{x},{}\n", if class { "CR" } else { "PR" }).repeat(copies);
        }
        fs::write(path(name), text).unwrap();
    };
    write("one.csv", 1);
    write("four.csv", 4);
    run(&[&["fit", "--table", &path("one.csv"), "--term", "x", "--out", &path("m")], &OUTCOME[..]].concat()).success();
    let mut model: Value = serde_json::from_str(&fs::read_to_string(path("m_model.json")).unwrap()).unwrap();
    model["cutoff"] = serde_json::json!(-0.5);
    fs::write(path("locked.json"), model.to_string()).unwrap();
    let with = |table: &str, more: &[&str]| {
        let given = ["validate", "--table", &path(table), "--model", &path("locked.json")];
        json(&[&given[..], &OUTCOME[..], more].concat())
    };
    let (one, four) = (with("one.csv", &[]), with("four.csv", &["--cluster", "subject"]));
    assert!(four["warnings"].to_string().contains("160 rows of 40 patients"), "{}", four["warnings"]);
    for (name, tolerance) in [
        ("auc", 0.02),
        ("calibration_slope", 0.7),
        ("calibration_intercept", 0.15),
        ("sensitivity_at_locked_cutoff", 0.05),
        ("specificity_at_locked_cutoff", 0.05),
    ] {
        let ([a, a_low, a_high], [b, b_low, b_high]) =
            (metric(&one, "external", name), metric(&four, "external", name));
        assert!((a - b).abs() < 1e-9, "{name}: {a} {b}");
        // by rows it would be half as wide
        let ratio = (b_high - b_low) / (a_high - a_low);
        assert!((ratio - 1.0).abs() < tolerance && ratio > 0.6, "{name}: {ratio}");
    }
    let null = |table: &str, more: &[&str]| {
        let given = [
            "validate",
            "--table",
            &path(table),
            "--term",
            "x",
            "--repeats",
            "1",
            "--bootstrap",
            "20",
            "--permutations",
            "30",
        ];
        json(&[&given[..], &OUTCOME[..], more].concat())
    };
    let (one, four) = (null("one.csv", &[]), null("four.csv", &["--cluster", "subject"]));
    let null = |results: &Value| {
        let rows = results["schemes"].as_array().unwrap();
        let row = rows.iter().find(|row| row["scheme"] == "permutation-null").unwrap();
        ["apparent", "corrected"].map(|key| row[key].as_f64().unwrap())
    };
    // the outcomes of patients are shuffled, by the same seed; a slope next to 0 may turn, as Firth's penalty weighs less
    // on four times the rows
    null(&one).iter().zip(null(&four)).for_each(|(one, four)| assert!((one - four).abs() < 2e-3, "{one} {four}"));
}
