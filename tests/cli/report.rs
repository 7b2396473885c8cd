//! `report` as a user runs it: from partial results, never over a report that is there, refused without results.

use super::study::{myelomri, ran};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use std::fs;

const FLOW: &str = r#"{"n_subjects":2,"n_paired":1,"n_analysed":1,"not_analysed":[{"subject":"<script>","session":"cycle2",
"reason":"no imaging"}],"excluded_levels":[],"failed_sessions":[]}"#;

#[test]
fn partial_results_give_a_report_of_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("results")).unwrap();
    fs::write(folder.path().join("results/flow.json"), FLOW).unwrap();
    myelomri().arg("report").arg(folder.path()).assert().success();
    let html = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(html.contains("no imaging") && html.contains("&lt;script&gt;") && !html.contains("<script>cycle2"));
    assert!(!html.contains(&folder.path().display().to_string()));
    // what is there stays, unless asked
    fs::write(folder.path().join("report.html"), "mine").unwrap();
    myelomri().arg("report").arg(folder.path()).assert().code(5).stderr(contains("error[output-exists]"));
    assert_eq!(fs::read_to_string(folder.path().join("report.html")).unwrap(), "mine");
    myelomri().arg("report").arg(folder.path()).arg("--force").assert().success();
    assert_eq!(fs::read_to_string(folder.path().join("report.html")).unwrap(), html);
}

#[test]
fn a_folder_without_results_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    myelomri().arg("report").arg(folder.path()).assert().code(3).stderr(contains("error[no-results]"));
    myelomri().arg("report").assert().code(2);
}

#[test]
fn the_report_speaks_japanese_and_says_where_figures_do_not() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("results")).unwrap();
    fs::write(folder.path().join("results/flow.json"), FLOW).unwrap();
    let report = |arguments: &[&str]| {
        let mut command = myelomri();
        command.arg("report").arg(folder.path()).args(["--lang", "ja", "--force"]).args(arguments);
        command.env("MYELOMRI_JAPANESE_FONT", folder.path().join("none.ttf"));
        command
    };
    report(&[]).assert().success().stderr(contains("no-japanese-font").and(contains("none.ttf cannot be read")));
    let html = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(html.contains("<html lang=\"ja\">") && html.contains("患者の流れ") && html.contains("no-japanese-font"));
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script>cycle2"));
    myelomri().arg("report").arg(folder.path()).args(["--lang", "de"]).assert().code(2);
    // a limit or a normal value without a source is not used
    let table = folder.path().join("limits.csv");
    fs::write(&table, "column,kind,value,source\npdff,absolute,4.7,\n").unwrap();
    let named = table.to_str().unwrap();
    report(&["--repeatability", named]).assert().code(3).stderr(contains("row 2").and(contains("source")));
    fs::write(&table, "measure,region,sex,age_low,age_high,low,high,source\npdff,L1,F,50,59,50,30,x\n").unwrap();
    report(&["--normative", named]).assert().code(3).stderr(contains("row 2"));
}

#[test]
fn a_japanese_report_shows_pictures_with_japanese_words() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let (qc, retold) = (out.join("qc"), out.join("qc/ja"));
    fs::create_dir(&qc).unwrap();
    let names = ["sub-001", "sub-001_ses-baseline"];
    for name in names {
        fs::copy(ran().join(format!("qc/{name}.png")), qc.join(format!("{name}.png"))).unwrap();
    }
    let report = |lang: &str| {
        let run = myelomri().arg("report").arg(out).args(["--force", "--lang", lang]).assert().success();
        let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        (said, fs::read_to_string(out.join("report.html")).unwrap().replace("&#x2f;", "/"))
    };
    let left_in_english = "画像内の文字は英語";
    let (_, english) = report("en");
    assert!(english.contains("href=\"qc/sub-001.png\"") && !retold.exists());
    let (said, japanese) = report("ja");
    if said.contains("no-japanese-font") {
        println!("skipped: no font with Japanese letters");
        return;
    }
    for name in names {
        assert!(japanese.contains(&format!("href=\"qc/ja/{name}.png\"")), "{name}");
        let read = |path: std::path::PathBuf| fs::read(path.join(format!("{name}.png"))).unwrap();
        assert_ne!(read(retold.clone()), read(qc.clone()), "{name}");
    }
    assert!(!japanese.contains(left_in_english));
    // a picture of nobody's keeps its words to itself
    let picture = fs::read(retold.join("sub-001.png")).unwrap();
    fs::write(qc.join("sub-001.png"), picture).unwrap();
    let (_, japanese) = report("ja");
    assert!(japanese.contains("href=\"qc/sub-001.png\"") && japanese.contains(left_in_english));
    assert!(japanese.contains("href=\"qc/ja/sub-001_ses-baseline.png\""));
    fs::write(qc.join("sub-001.png"), "no picture").unwrap();
    let refused = myelomri().arg("report").arg(out).args(["--force", "--lang", "ja"]).assert().failure();
    refused.stderr(contains("sub-001.png"));
}
