//! `explain` as a user runs it.

use super::study::myelomri;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, starts_with};

#[test]
fn without_a_topic_the_topics_are_listed() {
    myelomri().arg("explain").assert().success().stdout(contains("firth ").and(contains("tdv ")));
}

#[test]
fn a_topic_prints_its_text_with_references() {
    myelomri()
        .args(["explain", "DeLong"])
        .assert()
        .success()
        .stdout(starts_with("# ").and(contains("doi:10.2307/2531595")));
}

#[test]
fn an_unknown_topic_is_a_usage_error_that_lists_the_known_ones() {
    myelomri().args(["explain", "astrology"]).assert().code(2).stderr(contains("validation"));
}
