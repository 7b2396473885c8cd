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

#[test]
fn a_biomarker_is_explained_in_japanese_and_what_is_there_in_english_alone_is_said() {
    let explained = |topic: &str| myelomri().args(["explain", topic, "--lang", "ja"]).assert().success();
    explained("tdv").stdout(starts_with("# 全拡散体積").and(contains("## 限界と注意点"))).stderr("");
    explained("firth").stdout(starts_with("# Firth")).stderr(contains("english-only"));
    myelomri().args(["explain", "--lang", "ja"]).assert().success().stdout(contains("信号脂肪分画"));
}
