//! `run` where something is missing: it reports what there is and names the gap.

use crate::study::{copied, myelomri};
use std::fs;
use std::path::{Path, PathBuf};

/// The report of a study of two patients after something was taken from it.
fn report_without(take: impl Fn(&Path), code: i32) -> (tempfile::TempDir, PathBuf, String) {
    let (folder, study) = copied();
    take(&study);
    let out = folder.path().join("out");
    myelomri().arg("run").args([&study, &out]).arg("-q").assert().code(code);
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(html.contains("id=\"patient-1\"") && html.ends_with("</html>"));
    (folder, out, html)
}

/// Files of all sessions whose name ends so.
fn remove_all(study: &Path, ending: &str) {
    let mut open = vec![study.to_owned()];
    let mut removed = 0;
    while let Some(folder) = open.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                fs::remove_file(path).unwrap();
                removed += 1;
            }
        }
    }
    assert!(removed > 0, "no file ends with {ending}");
}

#[test]
fn without_a_clinical_table_the_report_has_patients_and_names_what_is_missing() {
    let (_folder, out, html) = report_without(|study| fs::remove_file(study.join("clinical.csv")).unwrap(), 0);
    for gap in
        ["ROC curves (results", "logistic models (results", "Table 1 (no comparison", "the response of this patient"]
    {
        assert!(html.contains(gap), "{gap} is not named");
    }
    assert!(html.contains("ADC of the voxels of L1–L5"));
    assert!(!out.join("results/roc.json").exists());
    // the changes of the plan are drawn for all patients together, with a command that needs no outcome
    assert!(out.join("figures/waterfall_sff_mean_L1-L5__pct.svg").is_file());
    assert!(
        html.contains("sFF mean L1–L5, change (%), all patients (primary).") && !html.contains("by outcome (primary)")
    );
    let command =
        "myelomri change --table OUT&#x2f;tables&#x2f;wide.csv --baseline baseline --followup cycle2 --column sff";
    assert!(html.contains(command), "no command of the figure");
}

#[test]
fn a_patient_without_labels_is_named_with_the_reason_and_the_others_are_reported() {
    let (_folder, out, html) = report_without(|study| remove_all(&study.join("sub-002"), "_dseg.nii.gz"), 6);
    let long = fs::read_to_string(out.join("tables/long.csv")).unwrap();
    assert!(long.contains("001,baseline,sff,L1-L5,") && !long.contains("002,baseline,"));
    assert!(html.contains("session failed (baseline): missing-file: sub-002_ses-baseline lacks labels"));
    assert!(html.contains("ADC of the lesions of tDV") && html.contains("ADC of the voxels of L1–L5"));
}

#[test]
fn a_study_without_any_labels_is_reported_with_the_laboratory_and_the_reason() {
    let (_folder, out, html) = report_without(|study| remove_all(study, "_dseg.nii.gz"), 6);
    for subject in ["001", "002"] {
        let reason = format!("missing-file: sub-{subject}_ses-baseline lacks labels");
        assert!(html.contains(&reason), "{reason} is not in the report");
    }
    // the laboratory and the response are there, no number from an image is
    assert!(html.contains("Response (IMWG)") && html.contains("Serum M protein"));
    assert_eq!(fs::read_to_string(out.join("tables/long.csv")).unwrap().lines().count(), 1);
    assert!(!fs::read_to_string(out.join("tables/wide.csv")).unwrap().contains("sff_mean"));
    assert!(html.contains("pictures of this patient (qc") || html.contains("pictures of this patient"));
    assert!(html.contains("marker-not-measured"), "the gap is named");
}

#[test]
fn one_session_alone_has_no_change_and_says_so() {
    let (_folder, _out, html) = report_without(
        |study| {
            for subject in ["sub-001", "sub-002"] {
                fs::remove_dir_all(study.join(subject).join("ses-cycle2")).unwrap();
            }
        },
        0,
    );
    assert!(html.contains("incomplete (cycle2): no imaging"), "the reason is not named");
    assert!(html.contains("ADC of the voxels of L1–L5"));
    // one visit in the key of the profile, and nothing against the error of measurement
    assert!(!html.contains("within measurement error (") && !html.contains("beyond measurement error ("));
}

#[test]
fn without_events_there_is_no_model_and_the_report_says_why() {
    let (_folder, _out, html) = report_without(
        |study| {
            let path = study.join("clinical.csv");
            let mut rows = csv_rows(&fs::read_to_string(&path).unwrap());
            let column = rows[0].iter().position(|name| name == "best_response").unwrap();
            for row in rows.iter_mut().skip(1).filter(|row| !row[column].is_empty()) {
                row[column] = "SD".to_owned();
            }
            let text: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
            fs::write(&path, text.join("\n") + "\n").unwrap();
        },
        0,
    );
    assert!(html.contains("logistic models (results&#x2f;fit.json)"));
    assert!(html.contains("one-class"), "why there is no model is not said");
    assert!(html.contains("Response (IMWG)"));
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    assert!(!text.contains('"'), "the simulated table quotes nothing");
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}
