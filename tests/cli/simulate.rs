//! `simulate` as a user runs it.

use assert_cmd::Command;
use predicates::str::contains;

fn simulate() -> Command {
    let mut command = Command::cargo_bin("myelomri").unwrap();
    command.arg("simulate");
    command
}

#[test]
fn writes_a_study_and_refuses_to_write_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("study");
    let run = || simulate().arg(&out).args(["--subjects", "1", "--responders", "1", "--format", "json"]).assert();
    run().success().stdout(contains("\"imaging_sessions\": 2"));
    for name in ["study.toml", "clinical.csv", "exclusions.csv", "truth.csv", "README", "dataset_description.json"] {
        assert!(out.join(name).is_file(), "{name}");
    }
    run().code(5).stderr(contains("output-exists"));
}

#[test]
fn refuses_what_it_cannot_simulate() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("study");
    for bad in [
        ["--subjects", "2", "--responders", "3"],
        ["--matrix", "tiny", "--seed", "1"],
        ["--effect", "weight=1", "--seed", "1"],
        ["--snr", "0", "--seed", "1"],
        ["--colour", "1", "--seed", "1"],
    ] {
        simulate().arg(&out).args(bad).assert().code(2);
    }
    assert!(!out.exists());
}
