//! `compare` as a user runs it: every question it answers, and what it refuses.

use super::study::myelomri;
use predicates::str::contains;
use serde_json::Value;
use std::fs;

/// Eight patients: numbers, a category with three levels, answers before and after.
const TABLE: &str = "subject,response,up,twin,grade,pain_before,pain_after,hb__baseline,hb__end
1,CR,9,18,a,yes,no,9.0,12.0
2,CR,8,16,a,yes,no,10.0,12.5
3,CR,7,14,b,yes,no,11.0,13.0
4,PR,4,8,b,no,no,9.5,10.0
5,PR,5,10,b,yes,yes,9.0,9.5
6,PR,3,6,c,no,yes,10.5,10.0
7,PR,1,2,c,no,no,11.0,12.0
8,PR,2,,c,,no,12.0,
";

const OUTCOME: [&str; 4] = ["--outcome", "response", "--positive", "CR"];

fn table() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, TABLE).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

fn compared(more: &[&str]) -> Value {
    let (_folder, table) = table();
    let run = myelomri().args(["compare", "--table", &table, "--format", "json"]).args(more).assert().success();
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

fn test<'a>(results: &'a Value, name: &str) -> &'a Value {
    results["tests"].as_array().unwrap().iter().find(|t| t["test"] == name).unwrap_or_else(|| panic!("no {name}"))
}

fn close(value: &Value, expected: f64) {
    assert!((value.as_f64().unwrap() - expected).abs() < 1e-12, "{value} is not {expected}");
}

#[test]
fn two_classes_are_compared_by_every_test_that_is_asked_for() {
    let got = compared(&[&OUTCOME[..], &["--variable", "up", "--test", "all"]].concat());
    // all of 3 x 5 pairs in order: 2 of C(8,3) arrangements are as far out
    let ranks = test(&got, "mann-whitney");
    close(&ranks["p"], 2.0 / 56.0);
    close(&ranks["effects"][0]["value"], 1.0);
    // means 8 and 3, variances 1 and 2.5: pooled 2
    let t = test(&got, "student-t");
    close(&t["statistic"], 5.0 / (2.0f64 * (1.0 / 3.0 + 1.0 / 5.0)).sqrt());
    close(&t["effects"][0]["value"], 5.0 / 2.0f64.sqrt());
    assert_eq!(t["df"][0], 6.0);
    close(&test(&got, "variance-ratio")["estimate"], 0.4);
    assert!(test(&got, "shapiro-wilk")["p_adjusted"].is_null(), "a check of a test's use is not adjusted");
    close(&ranks["p_adjusted"], 2.0 / 56.0);
}

#[test]
fn categories_pairs_and_groups_have_their_own_tests() {
    let got = compared(&[&OUTCOME[..], &["--category", "grade", "--test", "fisher,chi-squared"]].concat());
    // grades a b c hold 2, 3 and 3 patients, 3 of them responders: weights C(2,i) C(3,j) C(3,k) of C(8,3) = 56; the table
    // seen has 1 x 3 x 1 and the others no heavier than 3 add up to 1 + 1 + 3 + 3 = 8
    close(&test(&got, "fisher")["p"], 8.0 / 56.0);
    assert_eq!(test(&got, "chi-squared")["df"][0], 2.0);
    let got = compared(&["--pair", "pain_before,pain_after"]);
    // three lost their pain and one got some: twice the five of sixteen arrangements at least as far out
    close(&test(&got, "mcnemar-exact")["p"], 10.0 / 16.0);
    assert_eq!(test(&got, "mcnemar-exact")["missing"][0], "8");
    close(&test(&got, "mcnemar-exact")["estimate"], 3.0);
    assert_eq!(test(&got, "mcnemar-exact")["contrast"], "yes v no");
    // of four with pain before one has pain after, of three without it one
    let pain = ["--outcome", "pain_before", "--positive", "yes", "--negative", "no", "--category", "pain_after"];
    let got = compared(&[&pain[..], &["--test", "all"]].concat());
    close(&test(&got, "chi-squared")["estimate"], (1.0 / 3.0) / (1.0 / 2.0));
    let (_folder, table) = table();
    let run = myelomri().args(["compare", "--table", &table]).args(pain).assert().success();
    run.stdout(contains("conditional-odds-ratio of yes v no"));
    let got = compared(&["--variable", "up", "--by", "grade"]);
    // ranks: a 7 8, b 4 5 6 ... of up: a = 9 8, b = 7 4 5, c = 3 1 2
    let h = 12.0 / 72.0 * (15.0f64.powi(2) / 2.0 + 15.0f64.powi(2) / 3.0 + 6.0f64.powi(2) / 3.0) - 27.0;
    close(&test(&got, "kruskal-wallis")["statistic"], h);
    assert!(got["outcome"].is_null());
}

#[test]
fn columns_on_a_line_correlate_fully_and_need_no_outcome() {
    let got = compared(&["--correlate", "up,twin", "--test", "pearson,spearman,kendall"]);
    for name in ["pearson", "spearman", "kendall"] {
        close(&test(&got, name)["estimate"], 1.0);
        assert_eq!(test(&got, name)["n"], 7);
    }
}

#[test]
fn a_change_has_its_adjusted_twins() {
    let sessions = ["--change", "hb", "--baseline", "baseline", "--followup", "end"];
    let more = ["--test", "paired-t,ancova,firth-given-baseline"];
    let got = compared(&[&OUTCOME[..], &sessions, &more].concat());
    close(&test(&got, "paired-t")["estimate"], (3.0 + 2.5 + 2.0 + 0.5 + 0.5 - 0.5 + 1.0) / 7.0);
    assert_eq!(test(&got, "ancova")["missing"][0], "8");
    assert!(test(&got, "firth-given-baseline")["estimate"].as_f64().unwrap() > 1.0);
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let (_folder, table) = table();
    let fails = |more: &[&str], word: &str| {
        let run = myelomri().args(["compare", "--table", &table]).args(more).assert().code(2);
        run.stderr(contains(word.to_owned()));
    };
    fails(&["--variable", "up"], "--outcome");
    fails(&["--correlate", "up"], "A,B");
    fails(&["--correlate", "up,twin", "--test", "t-test"], "welch-t");
    fails(&["--variable", "up", "--by", "grade", "--outcome", "response", "--positive", "CR"], "cannot be used");
    fails(&[], "--table-one");
    // six levels against two: no pairs of answers
    fails(&["--pair", "grade,response"], "two levels");
}

#[test]
fn what_does_not_vary_is_an_empty_row_with_its_reason() {
    let (folder, table) = table();
    let flat = TABLE.replace(",9,18", ",1,18").replace(",8,16", ",1,16").replace(",7,14", ",1,14");
    fs::write(folder.path().join("t.csv"), flat).unwrap();
    let asked = ["--variable", "up", "--test", "variance-ratio,mann-whitney"];
    let mut command = myelomri();
    let run = command.args(["compare", "--table", &table, "--format", "json"]).args(OUTCOME).args(asked);
    let run = run.assert().success();
    let got: Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
    assert!(test(&got, "variance-ratio")["p"].is_null());
    assert_eq!(got["warnings"][0]["slug"], "not-estimable");
    assert!(test(&got, "mann-whitney")["p"].as_f64().unwrap() > 0.0);
}
