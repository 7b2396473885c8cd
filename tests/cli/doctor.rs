//! `doctor`: what a study holds, what blocks it, traces of persons; and that `measure` agrees with it.

use crate::study::{copied, image_of, myelomri};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn report(study: &Path, code: i32) -> Value {
    let run = myelomri().arg("doctor").arg(study).args(["--format", "json", "-q"]).assert().code(code);
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

fn session<'a>(report: &'a Value, subject: &str, session: &str) -> &'a Value {
    let sessions = report["sessions"].as_array().unwrap();
    sessions.iter().find(|one| one["subject"] == subject && one["session"] == session).unwrap()
}

/// Slugs of what blocks a session.
fn blocks(session: &Value) -> Vec<String> {
    let findings = session["findings"].as_array().unwrap().iter();
    findings.filter(|one| one["gravity"] == "blocks").map(|one| one["slug"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_sound_study_is_ready_and_says_what_speaks_for_each_role() {
    let (_folder, study) = copied();
    let found = report(&study, 0);
    assert_eq!((found["blocked"].as_bool(), found["n_sessions"].as_u64()), (Some(false), Some(4)));
    let one = session(&found, "001", "baseline");
    assert!(one["memory_bytes"].as_u64().unwrap() > 1_000_000 && one["cpu_seconds"].as_f64().unwrap() > 0.1);
    let facts = |role: &str| -> String {
        let files = one["files"].as_array().unwrap();
        let file = files.iter().find(|file| file["role"] == role).unwrap();
        format!("{} {}", file["grid"], file["facts"])
    };
    assert!(facts("water").contains("64x96x8") && facts("water").contains("WATER"), "{}", facts("water"));
    assert!(facts("echo-mag 2").contains("TE 2.2 ms"), "{}", facts("echo-mag 2"));
    assert!(facts("dwi 1").contains("b 50, 400, 900"), "{}", facts("dwi 1"));
    assert!(facts("labels dixon").contains("L1-L5"), "{}", facts("labels dixon"));
    // one screen for one session, a line for each where all is well
    let screen = myelomri().arg("doctor").arg(&study).args(["--participant-label", "001", "--all"]).assert().success();
    let text = String::from_utf8_lossy(&screen.get_output().stdout).into_owned();
    assert!(text.lines().count() < 80 && text.contains("sub-001 ses-cycle2  ready"), "{text}");
    assert!(!text.contains(study.to_str().unwrap()), "no absolute path");
}

#[test]
fn every_fault_is_named_with_its_fix_and_measure_finds_the_same() {
    let (folder, study) = copied();
    let file = |session: &str, folder: &str, suffix: &str| image_of(&study, session, folder, suffix);
    // cut short, a missing partner, labels of another grid, no echo time, no b-values: one session each, or together
    let cut = file("baseline", "anat", "rec-water_dixon");
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() - 300]).unwrap();
    fs::remove_file(file("cycle2", "anat", "rec-fat_dixon")).unwrap();
    fs::copy(file("cycle2", "dwi", "seg-vertebrae_dseg"), file("cycle2", "anat", "seg-vertebrae_dseg")).unwrap();
    let bval = file("cycle2", "dwi", "chunk-2_dwi").to_string_lossy().replace(".nii.gz", ".bval");
    fs::write(bval, "0 0 0\n").unwrap();
    let sidecar = file("cycle2", "dwi", "chunk-2_dwi").to_string_lossy().replace(".nii.gz", ".json");
    fs::write(sidecar, "{}").unwrap();
    let found = report(&study, 4);
    let before = session(&found, "001", "baseline");
    assert_eq!(blocks(before), ["unreadable-image"]);
    let after = session(&found, "001", "cycle2");
    for slug in ["missing-file", "grid-mismatch", "no-b-values"] {
        assert!(blocks(after).contains(&slug.to_owned()), "{slug} in {:?}", blocks(after));
    }
    assert!(blocks(session(&found, "002", "baseline")).is_empty());
    let every = after["findings"].as_array().unwrap().iter().chain(before["findings"].as_array().unwrap());
    assert!(every.filter(|one| one["gravity"] == "blocks").all(|one| !one["fix"].as_str().unwrap().is_empty()));
    let out = folder.path().join("out");
    let run = myelomri().arg("measure").args([&study, &out]).args(["--format", "csv", "-q"]).assert().code(6);
    let states = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    for (row, state) in [("001,baseline", "failed"), ("001,cycle2", "failed"), ("002,baseline", "measured")] {
        assert!(states.contains(&format!("{row},{state}")), "{states}");
    }
    let said = myelomri().arg("doctor").arg(&study).assert().code(4);
    said.stdout(contains("blocks grid-mismatch").and(contains("fix: "))).stderr(contains("error[study-blocked]"));
}

#[test]
fn settings_and_tables_are_checked_as_run_would() {
    let (_folder, study) = copied();
    let settings = study.join("study.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let slugs = |code: i32| -> Vec<String> {
        let found = report(&study, code);
        found["study"]["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["slug"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(slugs(0), ["subject-not-in-both"]);
    fs::write(&settings, text.replace("signal_b = 900", "signal_b = 1400")).unwrap();
    let found = report(&study, 4);
    assert_eq!(blocks(session(&found, "002", "cycle2")), ["no-signal-b"; 3]);
    fs::write(&settings, text.replace("m_protein_serum_g_dl__pct", "m_spike__pct")).unwrap();
    assert!(slugs(0).contains(&"marker-not-found".to_owned()));
    fs::write(&settings, text.replace("\"best_response\"", "\"response\"")).unwrap();
    assert!(slugs(4).contains(&"missing-column".to_owned()));
    fs::remove_file(&settings).unwrap();
    assert!(slugs(4).contains(&"no-study-file".to_owned()));
    fs::write(&settings, &text).unwrap();
    fs::remove_file(study.join("clinical.csv")).unwrap();
    assert_eq!(slugs(0), ["no-clinical-table"]);
    let none = study.join("nothing-here");
    myelomri().arg("doctor").arg(&none).assert().code(3);
}

#[test]
fn a_person_is_named_by_key_and_never_by_value() {
    let (_folder, study) = copied();
    let sidecar = image_of(&study, "baseline", "anat", "rec-water_dixon").to_string_lossy().replace(".nii.gz", ".json");
    let text = fs::read_to_string(&sidecar).unwrap();
    let with = text.replacen(
        '{',
        "{\"PatientName\": \"Doe^Jane\", \"StudyDate\": \"20200131\", \"InstitutionName\": \"St. Elsewhere\",",
        1,
    );
    fs::write(&sidecar, with).unwrap();
    fs::copy(golden("labels/person.nii"), study.join("sub-001/ses-baseline/anat/sub-001_ses-baseline_T1w.nii"))
        .unwrap();
    let clinical = study.join("clinical.csv");
    let table = fs::read_to_string(&clinical).unwrap();
    fs::write(&clinical, table.replacen("regimen", "date_of_birth", 1)).unwrap();
    // headings that say nothing: a column of dates, a name in a text, one number among others that looks like a date
    fs::write(
        study.join("visits.csv"),
        "subject,seen,asked,count\n001,20200131,see Doe^Jane,20200131\n2,20200131,,5\n",
    )
    .unwrap();
    let shown = myelomri().arg("doctor").arg(&study).assert().success();
    let output = shown.get_output();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("column count"), "{text}");
    for key in [
        "column seen: a date",
        "column asked: a name",
        "PatientName",
        "StudyDate",
        "InstitutionName",
        "extension 2",
        "db_name",
        "aux_file",
        "descrip",
        "date_of_birth",
    ] {
        assert!(text.contains(key), "{key} in\n{text}");
    }
    for value in ["Doe", "DOE", "Jane", "20200131", "Elsewhere", "hip", "123456", "31-Jan"] {
        assert!(!text.contains(value), "{value} in\n{text}");
    }
    assert!(text.contains("without a role: sub-001/ses-baseline/anat/sub-001_ses-baseline_T1w.nii"));
    myelomri().arg("doctor").arg(&study).arg("--block-on-identity").assert().code(4).stderr(contains("identity-found"));
}

#[test]
fn a_role_that_its_sidecar_contradicts_is_said() {
    let (_folder, study) = copied();
    let json =
        |suffix: &str| image_of(&study, "baseline", "anat", suffix).to_string_lossy().replace(".nii.gz", ".json");
    fs::copy(json("rec-fat_dixon"), json("rec-water_dixon")).unwrap();
    let found = report(&study, 0);
    let findings = session(&found, "001", "baseline")["findings"].to_string();
    assert!(findings.contains("role-contradicted") && findings.contains("says fat"), "{findings}");
}
