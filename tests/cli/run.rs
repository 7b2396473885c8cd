//! `run` on a small simulated study: the whole way, a broken session, what is made anew, what is refused.

use crate::study::{bytes_of, copied, myelomri, simulated};
use myelomri::image::{Overwrite, Stored, read_mask, read_volume, write_mask, write_volume};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;
use std::path::Path;

#[test]
fn run_goes_from_images_to_a_report_and_gives_the_same_bytes_with_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = ["1", "2"].map(|threads| {
        let out = folder.path().join(format!("out{threads}"));
        let run = myelomri().arg("run").arg(simulated()).arg(&out).args(["--threads", threads]).assert().success();
        run.stdout(contains("sff_mean_L1-L5__pct").and(contains("report.html")));
        bytes_of(&out)
    });
    for file in [
        "report.html",
        "manifest.json",
        "dataset_description.json",
        "tables/long.csv",
        "tables/wide.csv",
        "tables/changes.csv",
        "tables/response.csv",
        "tables/dictionary.json",
        "results/compare.json",
        "results/fit.json",
        "results/roc.json",
        "results/flow.json",
        "figures/roc_primary.svg",
        "figures/roc_primary.png",
        "qc/sub-001_ses-baseline.png",
        "qc/sub-001.png",
    ] {
        assert!(outputs[0].keys().any(|path| path.to_string_lossy() == file), "{file} is missing");
    }
    assert_eq!(outputs[0].keys().collect::<Vec<_>>(), outputs[1].keys().collect::<Vec<_>>());
    for (path, bytes) in &outputs[0] {
        assert!(bytes == &outputs[1][path], "{} differs", path.display());
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(&*folder.path().to_string_lossy()), "{} holds an absolute path", path.display());
    }
}

#[test]
fn run_survives_a_broken_session_resumes_and_analyses_a_changed_table_anew() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    let broken = study.join("sub-001/ses-cycle2/anat/sub-001_ses-cycle2_rec-water_dixon.nii.gz");
    let bytes = fs::read(&broken).unwrap();
    fs::write(&broken, b"no image").unwrap();
    let run = myelomri().arg("run").args([&study, &out]).assert().code(6);
    run.stdout(contains("3 measured, 0 unchanged, 1 failed")).stderr(contains("sub-001_ses-cycle2"));
    let flow = fs::read_to_string(out.join("results/flow.json")).unwrap();
    assert!(flow.contains("rec-water_dixon.nii.gz") && !flow.contains(&*folder.path().to_string_lossy()));
    assert!(out.join("report.html").is_file());

    fs::write(&broken, bytes).unwrap();
    let run = myelomri().arg("run").args([&study, &out]).assert().success();
    run.stdout(contains("1 measured, 3 unchanged, 0 failed"));

    let clinical = study.join("clinical.csv");
    let text = fs::read_to_string(&clinical).unwrap();
    let before = fs::read(out.join("tables/changes.csv")).unwrap();
    let line = text.lines().find(|line| line.starts_with("001,cycle2")).unwrap();
    let mut cells: Vec<&str> = line.split(',').collect();
    let column = text.lines().next().unwrap().split(',').position(|name| name == "m_protein_serum_g_dl").unwrap();
    cells[column] = "9.99";
    fs::write(&clinical, text.replace(line, &cells.join(","))).unwrap();
    let run = myelomri().arg("run").args([&study, &out]).assert().success();
    run.stdout(contains("0 measured, 4 unchanged, 0 failed"));
    assert_ne!(before, fs::read(out.join("tables/changes.csv")).unwrap());
}

#[test]
fn run_refuses_settings_tables_and_folders_before_any_work() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    let (settings, clinical) = (study.join("study.toml"), study.join("clinical.csv"));
    let (toml, csv) = (fs::read_to_string(&settings).unwrap(), fs::read_to_string(&clinical).unwrap());

    let last = csv.lines().last().unwrap();
    fs::write(&clinical, format!("{csv}{last}\n")).unwrap();
    myelomri().arg("run").args([&study, &out]).assert().code(4);
    fs::write(&clinical, csv.replace("best_response", "response")).unwrap();
    myelomri().arg("run").args([&study, &out]).assert().code(4).stderr(contains("best_response"));
    fs::write(&clinical, &csv).unwrap();

    fs::write(&settings, toml.replace(":higher", "")).unwrap();
    myelomri().arg("run").args([&study, &out]).assert().code(2).stderr(contains("direction"));
    fs::remove_file(&settings).unwrap();
    myelomri().arg("run").args([&study, &out]).assert().code(2).stderr(contains("[plan]"));
    fs::write(&settings, &toml).unwrap();
    assert!(!out.exists());

    fs::create_dir(&out).unwrap();
    fs::write(out.join("other.txt"), "x").unwrap();
    myelomri().arg("run").args([&study, &out]).assert().code(5);
    myelomri().arg("run").arg(folder.path().join("nowhere")).arg(folder.path().join("o")).assert().code(3);
}

#[test]
fn a_change_between_visits_that_were_not_segmented_alike_is_flagged() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    let path = study.join("sub-001/ses-cycle2/dwi/sub-001_ses-cycle2_seg-bone_mask.nii.gz");
    let mut bone = read_mask(&path).unwrap();
    let half = bone.grid.dims[2] / 2;
    bone.data.slice_mut(ndarray::s![.., .., ..half]).fill(false);
    write_mask(&path, &bone, Overwrite::Force).unwrap();
    let run = myelomri().arg("run").args([&study, &out]).assert().success();
    run.stderr(contains("[lesion-rules-differ]").and(contains("sub-001: ")).and(contains("sub-002: ").not()));
    let changes = fs::read_to_string(out.join("tables/changes.csv")).unwrap();
    let flagged: Vec<&str> = changes.lines().filter(|line| line.contains("unlike-lesions")).collect();
    assert!(!flagged.is_empty());
    assert!(flagged.iter().all(|line| line.starts_with("001,tdv_") || line.starts_with("001,gadc_")), "{flagged:?}");

    let labels =
        format!("{}", study.join("sub-001/ses-baseline/dwi/sub-001_ses-baseline_seg-bone_mask.nii.gz").display());
    let mut several = read_volume(Path::new(&labels)).unwrap();
    several
        .data
        .iter_mut()
        .enumerate()
        .filter(|(n, value)| n % 2 == 0 && **value > 0.0)
        .for_each(|(_, value)| *value = 7.0);
    write_volume(Path::new(&labels), &several.grid, several.data.view(), Stored::U8, Overwrite::Force).unwrap();
    let run = myelomri().arg("run").args([&study, &out]).assert().code(6);
    run.stderr(contains("a label map"));
}
