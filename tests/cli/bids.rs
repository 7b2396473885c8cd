//! BIDS in and out: sidecars higher up, runs, derivatives, lists of files; and what the public validator says.

use crate::study::{copied, image_of, myelomri, simulated};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use std::path::Path;

fn one_session(study: &Path, out: &Path) -> assert_cmd::assert::Assert {
    let only = ["--participant-label", "001", "--session-label", "baseline"];
    myelomri().arg("measure").args([study, out]).args(only).assert()
}

fn rows(out: &Path) -> String {
    fs::read_to_string(out.join("maps/sub-001/ses-baseline/measures.csv")).unwrap()
}

#[test]
fn a_sidecar_higher_up_applies_and_two_at_one_level_are_refused() {
    let (folder, study) = copied();
    let plain = folder.path().join("plain");
    one_session(&study, &plain).success();
    // field strength and echo times out of the sidecars of the echoes, into files higher up
    for n in 1..=6 {
        for part in ["mag", "phase"] {
            let image = image_of(&study, "baseline", "anat", &format!("echo-{n}_part-{part}_MEGRE"));
            let sidecar = image.to_string_lossy().replace(".nii.gz", ".json");
            let json: Value = serde_json::from_str(&fs::read_to_string(&sidecar).unwrap()).unwrap();
            fs::remove_file(&sidecar).unwrap();
            fs::write(study.join(format!("echo-{n}_MEGRE.json")), format!("{{\"EchoTime\": {}}}", json["EchoTime"]))
                .unwrap();
        }
    }
    fs::write(study.join("sub-001/sub-001_MEGRE.json"), r#"{"MagneticFieldStrength": 3.0}"#).unwrap();
    let inherited = folder.path().join("inherited");
    one_session(&study, &inherited).success();
    assert_eq!(rows(&plain), rows(&inherited));
    // the key of a session follows what it inherits
    fs::write(study.join("sub-001/sub-001_MEGRE.json"), r#"{"MagneticFieldStrength": 3.01}"#).unwrap();
    one_session(&study, &inherited).success().stdout(contains("measured"));
    fs::write(study.join("MEGRE.json"), "{}").unwrap();
    let refused = one_session(&study, &inherited).code(6);
    refused.stderr(contains("ambiguous-sidecars").and(contains("MEGRE.json")));
}

#[test]
fn of_two_runs_the_study_says_which_counts() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    let water = image_of(&study, "baseline", "anat", "rec-water_dixon");
    let again = image_of(&study, "baseline", "anat", "run-2_rec-water_dixon");
    let first = image_of(&study, "baseline", "anat", "run-1_rec-water_dixon");
    fs::copy(&water, &again).unwrap();
    fs::rename(&water, &first).unwrap();
    // the other sessions go on
    let run = myelomri().arg("measure").args([&study, &out]).assert().code(6);
    run.stderr(contains("ambiguous-role").and(contains("run-2_rec-water")).and(contains("[files]")))
        .stdout(contains("cycle2    measured"));
    let settings = study.join("study.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("{text}[files]\nrun = \"last\"\n")).unwrap();
    one_session(&study, &out).success();
    let manifest = fs::read_to_string(out.join("maps/sub-001/ses-baseline/manifest.json")).unwrap();
    assert!(manifest.contains("run-2_rec-water") && !manifest.contains("run-1_rec-water"));
}

#[test]
fn labels_among_the_derivatives_and_a_list_of_files_from_excel_give_the_same_numbers() {
    let (folder, study) = copied();
    let plain = folder.path().join("plain");
    one_session(&study, &plain).success();
    let labels = image_of(&study, "baseline", "anat", "seg-vertebrae_dseg");
    let moved =
        study.join("derivatives/spine/sub-001/ses-baseline/anat/sub-001_ses-baseline_seg-vertebrae_dseg.nii.gz");
    fs::create_dir_all(moved.parent().unwrap()).unwrap();
    fs::rename(&labels, &moved).unwrap();
    let derived = folder.path().join("derived");
    one_session(&study, &derived).success();
    assert_eq!(rows(&plain), rows(&derived));
    let anat = "sub-001/ses-baseline/anat/sub-001_ses-baseline";
    let listed = [
        ("water", "", format!("{anat}_rec-water_dixon.nii.gz")),
        ("fat", "", format!("{anat}_rec-fat_dixon.nii.gz")),
        ("labels", "dixon", moved.strip_prefix(&study).unwrap().to_string_lossy().into_owned()),
    ];
    let tsv: String =
        listed.iter().map(|(role, index, path)| format!("001\tbaseline\t{role}\t{index}\t{path}\n")).collect();
    fs::write(study.join("manifest.tsv"), format!("subject\tsession\trole\tindex\tpath\n{tsv}")).unwrap();
    let tabbed = folder.path().join("tabbed");
    one_session(&study, &tabbed).success();
    let sff = |out: &Path| rows(out).lines().filter(|row| row.contains(",sff,")).collect::<Vec<_>>().join("\n");
    assert_eq!(sff(&plain), sff(&tabbed));
    fs::remove_file(study.join("manifest.tsv")).unwrap();
    // as a person writes it in a spreadsheet program (scripts/reference/workbook.py)
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/manifest.xlsx");
    fs::copy(book, study.join("manifest.xlsx")).unwrap();
    let excel = folder.path().join("excel");
    one_session(&study, &excel).success();
    assert_eq!(sff(&plain), sff(&excel));
    fs::write(study.join("manifest.csv"), "subject,session,role,index,path\n").unwrap();
    one_session(&study, &excel).code(4).stderr(contains("keep one of them"));
}

#[test]
fn maps_are_a_bids_derivative_with_their_sources() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    one_session(&study, &out).success();
    let bids = out.join("bids");
    let json = |path: &Path| -> Value { serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap() };
    let description = json(&bids.join("dataset_description.json"));
    assert_eq!(
        (&description["DatasetType"], &description["GeneratedBy"][0]["Name"]),
        (&"derivative".into(), &"myelomri".into())
    );
    assert_eq!(
        (&description["SourceDatasets"][0]["URL"], &description["DatasetLinks"]["study"]),
        (&"../../study".into(), &"../../study".into())
    );
    let adc = bids.join("sub-001/ses-baseline/dwi/sub-001_ses-baseline_ADC");
    let sidecar = json(&adc.with_extension("json"));
    assert_eq!(sidecar["Sources"][0], "bids:study:sub-001/ses-baseline/dwi/sub-001_ses-baseline_chunk-1_dwi.nii.gz");
    assert!(sidecar["Units"] == "um2/s" && sidecar["Parameters"].is_object() && sidecar["SkullStripped"] == false);
    let same = out.join("maps/sub-001/ses-baseline/sub-001_ses-baseline_ADC.nii.gz");
    assert_eq!(fs::read(adc.with_extension("nii.gz")).unwrap(), fs::read(same).unwrap());
    let lesions =
        fs::read_to_string(bids.join("sub-001/ses-baseline/dwi/sub-001_ses-baseline_desc-tdv_dseg.tsv")).unwrap();
    assert!(lesions.starts_with("index\tname\n"));
    let everything = fs::read_to_string(bids.join("dataset_description.json")).unwrap();
    assert!(!everything.contains(folder.path().to_str().unwrap()), "no absolute path");
}

#[test]
fn the_public_validator_accepts_the_sample_a_simulated_study_and_the_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (folder, study) = copied();
    let out = folder.path().join("out");
    one_session(&study, &out).success();
    let sets = [root.join("data-sample"), simulated().to_owned(), out.clone(), out.join("bids")];
    let run = std::process::Command::new(root.join("scripts/validate_bids.sh")).args(&sets).output();
    let run = match run {
        Ok(run) if run.status.code() == Some(77) => return println!("skipped: no bids-validator on PATH"),
        Err(error) => return println!("skipped: no shell for scripts/validate_bids.sh ({error})"),
        Ok(run) => run,
    };
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}");
    assert_eq!(said.matches("\nvalid: ").count(), 4, "{said}");
}
