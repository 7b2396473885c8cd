//! `roc` with its options: rules, intervals, parts, tests, groups, given resamples.

use super::study::myelomri;
use predicates::str::contains;
use serde_json::Value;
use std::fs;

/// Ten patients; `a` in order but for one pair, `b` and `c` overlap more.
const TABLE: &str = "subject,a,b,c,site,y
1,9,3,5,x,1
2,8,7,9,x,1
3,4,6,2,y,1
4,7,9,8,y,1
5,5,4,3,x,0
6,3,5,7,x,0
7,6,2,1,y,0
8,2,1,6,y,0
9,1,8,4,x,0
10,0,0,0,y,0
";

fn curves(more: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, TABLE).unwrap();
    let run = myelomri()
        .args(["roc", "--table", &path.display().to_string(), "--format", "json"])
        .args(["--outcome", "y", "--positive", "1", "--negative", "0", "--predictor", "a:higher"])
        .args(more)
        .assert()
        .success();
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn each_rule_gives_its_cutoff_with_counts_and_ratios() {
    let rules = ["youden", "closest-top-left", "sensitivity:1", "specificity:1", "cost:1,0.5"];
    let flags: Vec<&str> = rules.iter().flat_map(|rule| ["--cutoff", *rule]).collect();
    let got = curves(&flags);
    let cutoffs = got["curves"][0]["cutoffs"].as_array().unwrap();
    assert_eq!(cutoffs.len(), 5);
    // positives 9 8 7 4, negatives 6 5 3 2 1 0: at 3.5 all four and two of six
    assert_eq!(cutoffs[2]["counts"], serde_json::json!([4, 0, 4, 2]));
    assert_eq!((number(&cutoffs[2]["threshold"]), number(&cutoffs[3]["threshold"])), (3.5, 6.5));
    assert!((number(&cutoffs[2]["likelihood_ratio_positive"]) - 3.0).abs() < 1e-12);
    assert!(cutoffs[3]["likelihood_ratio_positive"].is_null(), "no false alarm");
    assert!((number(&cutoffs[2]["accuracy"]) - 0.8).abs() < 1e-12);
    assert!(number(&cutoffs[0]["stability"]["youden_optimism"]) > 0.0);
    assert_eq!(cutoffs[0]["stability"]["n_resamples"], 2000);
}

#[test]
fn intervals_parts_and_the_test_against_one_half_are_all_there() {
    let got = curves(&["--interval", "delong", "--partial", "specificity:0-1", "--partial", "sensitivity:0.5-1"]);
    let curve = &got["curves"][0];
    let auc = 22.0 / 24.0;
    assert!((number(&curve["auc"]) - auc).abs() < 1e-12);
    assert_eq!((curve["ci_method"].as_str(), number(&curve["ci_high"])), (Some("delong"), 1.0));
    assert!(got["warnings"].as_array().unwrap().iter().any(|w| w["slug"] == "interval-clipped"));
    let methods: Vec<&str> =
        curve["intervals"].as_array().unwrap().iter().filter_map(|i| i["method"].as_str()).collect();
    let all = ["logit-delong", "delong", "hanley-mcneil", "newcombe", "bootstrap-percentile", "bootstrap-bca"];
    assert_eq!(methods, all);
    assert!((number(&curve["parts"][0]["area"]) - auc).abs() < 1e-12);
    // sensitivity above 1/2: specificity 1 up to 3/4, then 4/6
    assert!((number(&curve["parts"][1]["area"]) - (0.25 + 0.25 * 4.0 / 6.0)).abs() < 1e-12);
    assert!(number(&curve["p_half"]) < 0.01);
}

#[test]
fn curves_are_compared_by_every_test_all_at_once_and_between_groups() {
    let markers = ["--predictor", "b:higher", "--predictor", "c:higher"];
    let tests = ["--test", "delong,bootstrap,permutation,venkatraman", "--by", "site", "--permutations", "500"];
    let got = curves(&[&markers[..], &tests[..]].concat());
    let comparisons = got["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), 12);
    for c in comparisons {
        assert!((0.0..=1.0).contains(&number(&c["p"])), "{c}");
        assert!((number(&c["auc_a"]) - number(&c["auc_b"]) - number(&c["difference"])).abs() < 1e-12);
    }
    assert_eq!((got["global"]["df"].as_u64(), got["global"]["curves"].as_u64()), (Some(2), Some(3)));
    let delong = number(&comparisons[0]["z"]).powi(2);
    assert!(number(&got["global"]["chi2"]) >= delong - 1e-9, "the largest contrast is among them");
    assert!(got["groups"].as_array().unwrap().iter().all(|g| g["test"] == "delong-unpaired"));
    assert_eq!(curves(&[&tests[..], &["--seed", "7"]].concat()), curves(&[&tests[..], &["--seed", "7"]].concat()));
}

#[test]
fn given_resamples_are_replayed_and_bad_ones_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let name = path.display().to_string();
    // the patients as they are, and with patient 3 drawn out for patient 1: areas 22/24 and 24/24
    fs::write(&path, "1,2,3,4,5,6,7,8,9,10\n1,2,1,4,5,6,7,8,9,10\n").unwrap();
    let got = curves(&["--resamples", &name]);
    let intervals = got["curves"][0]["intervals"].as_array().unwrap();
    let percentile = intervals.iter().find(|i| i["method"] == "bootstrap-percentile").unwrap();
    let ends = [22.0 / 24.0 + 0.025 * 2.0 / 24.0, 22.0 / 24.0 + 0.975 * 2.0 / 24.0];
    assert!(
        (number(&percentile["low"]) - ends[0]).abs() < 1e-12 && (number(&percentile["high"]) - ends[1]).abs() < 1e-12
    );
    let run = |text: &str| {
        fs::write(&path, text).unwrap();
        let table = folder.path().join("t.csv");
        fs::write(&table, TABLE).unwrap();
        myelomri()
            .args(["roc", "--table", &table.display().to_string(), "--resamples", &name, "--predictor", "a:higher"])
            .args(["--outcome", "y", "--positive", "1", "--negative", "0"])
            .assert()
    };
    run("1,2,11\n").code(4).stderr(contains("row-outside"));
    run("0,1\n").code(3).stderr(contains("line 1"));
}

#[test]
fn rules_and_parts_that_cannot_be_read_are_usage_errors() {
    for wrong in [["--cutoff", "best"], ["--partial", "0.8-1"], ["--test", "z"], ["--interval", "wald"]] {
        let mut command = myelomri();
        command.args(["roc", "--table", "t.csv", "--outcome", "y", "--positive", "1", "--predictor", "a:higher"]);
        command.args(wrong).assert().code(2);
    }
}
