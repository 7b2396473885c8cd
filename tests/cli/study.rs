//! `measure`, `collect` on a small simulated study: what is written, what is skipped, what is refused.

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

pub fn myelomri() -> Command {
    Command::cargo_bin("myelomri").unwrap()
}

/// A simulated study of four patients, made once for all tests; tests that change it work on a copy.
pub fn simulated() -> &'static Path {
    static STUDY: OnceLock<TempDir> = OnceLock::new();
    let folder = STUDY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let study = folder.path().join("study");
        let arguments = ["--subjects", "4", "--responders", "2", "--matrix", "small", "--seed", "3", "-q"];
        myelomri().arg("simulate").arg(&study).args(arguments).assert().success();
        folder
    });
    Box::leak(folder.path().join("study").into_boxed_path())
}

/// What `run` leaves of that study, made once for all tests, which do not change it.
pub fn ran() -> &'static Path {
    static OUT: OnceLock<TempDir> = OnceLock::new();
    let folder = OUT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        myelomri().arg("run").arg(simulated()).arg(folder.path().join("out")).arg("-q").assert().success();
        folder
    });
    Box::leak(folder.path().join("out").into_boxed_path())
}

/// A copy of the first two subjects of the simulated study.
pub fn copied() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    copy_tree(simulated(), &study);
    for subject in ["sub-003", "sub-004"] {
        fs::remove_dir_all(study.join(subject)).unwrap();
    }
    (folder, study)
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy_tree(&path, &target),
            false => assert!(fs::copy(&path, &target).is_ok()),
        }
    }
}

/// Every file below a folder with its bytes.
pub fn bytes_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// An image of the first subject.
pub fn image_of(study: &Path, session: &str, folder: &str, suffix: &str) -> PathBuf {
    study.join(format!("sub-001/ses-{session}/{folder}/sub-001_ses-{session}_{suffix}.nii.gz"))
}

#[test]
fn measure_leaves_maps_sidecars_rows_and_a_manifest_and_then_skips() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    myelomri().arg("measure").args([&study, &out]).assert().success().stdout(contains("measured"));
    let session = out.join("maps/sub-001/ses-baseline");
    for suffix in ["sFF.nii.gz", "sFF.json", "DR.nii.gz", "ADC.nii.gz", "dwi.nii.gz", "tDV.nii.gz", "tDV.json"] {
        assert!(session.join(format!("sub-001_ses-baseline_{suffix}")).is_file(), "{suffix}");
    }
    let rows = fs::read_to_string(session.join("measures.csv")).unwrap();
    for start in
        ["sff,L1,mean", "sff,L1-L5,ratio", "adc,L1-L5,median", "tdv,body,total", "gadc,body,median", "dropout,L3,mean"]
    {
        assert!(rows.contains(&format!("001,baseline,{start},")), "{start} in\n{rows}");
    }
    let before = bytes_of(&out);
    myelomri()
        .arg("measure")
        .args([&study, &out])
        .assert()
        .success()
        .stderr(contains("skipped"))
        .stdout(contains("skipped"));
    assert_eq!(before, bytes_of(&out));
    for name in ["study.toml", "clinical.csv"] {
        assert!(fs::read_to_string(out.join("manifest.json")).unwrap().contains(name));
    }
}

#[test]
fn a_changed_input_or_parameter_is_measured_again_and_nothing_else() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    let only = ["--participant-label", "001", "--session-label", "ses-baseline"];
    myelomri().arg("measure").args([&study, &out]).args(only).assert().success();
    let exclusions = study.join("exclusions.csv");
    fs::write(&exclusions, "subject,session,level,reason\n001,cycle2,L3,fracture\n").unwrap();
    myelomri().arg("measure").args([&study, &out]).args(only).assert().success().stdout(contains("measured"));
    // excluded at one visit is left out of the pooled region at both
    let rows = fs::read_to_string(out.join("maps/sub-001/ses-baseline/measures.csv")).unwrap();
    let n_voxels = |region: &str| -> Option<usize> {
        let row = rows.lines().find(|row| row.starts_with(&format!("001,baseline,sff,{region},mean,")))?;
        row.split(',').nth(7)?.parse().ok()
    };
    let levels: usize = ["L1", "L2", "L4", "L5"].iter().filter_map(|level| n_voxels(level)).sum();
    assert_eq!(n_voxels("L1-L5"), Some(levels));
    let manifest = fs::read_to_string(out.join("maps/sub-001/ses-baseline/manifest.json")).unwrap();
    assert!(manifest.contains("L3 (fracture, cycle2)"), "the reason stands beside the numbers");
}

#[test]
fn an_exclusion_that_excludes_nothing_is_refused() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    for (row, said) in [("001,cycle2,L33,fracture", "row 2: `L33`"), ("0O1,cycle2,L3,fracture", "subject `0O1`")] {
        fs::write(study.join("exclusions.csv"), format!("subject,session,level,reason\n{row}\n")).unwrap();
        myelomri().arg("measure").args([&study, &out]).assert().code(4).stderr(contains(said));
    }
}

#[test]
fn a_broken_session_is_named_and_the_others_are_done() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    let broken = image_of(&study, "cycle2", "dwi", "chunk-2_dwi");
    let bytes = fs::read(&broken).unwrap();
    fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    let run = myelomri().arg("measure").args([&study, &out]).assert().code(6);
    run.stderr(contains("sub-001_ses-cycle2").and(contains("chunk-2_dwi.nii.gz"))).stdout(contains("failed"));
    assert!(out.join("maps/sub-001/ses-baseline/manifest.json").is_file());
    assert!(out.join("maps/sub-002/ses-cycle2/manifest.json").is_file());
    assert!(!out.join("maps/sub-001/ses-cycle2/manifest.json").exists());
    // mended, only that one is measured
    fs::write(&broken, bytes).unwrap();
    let again = myelomri().arg("measure").args([&study, &out]).args(["--format", "csv"]).assert().success();
    again.stdout(contains("001,cycle2,measured").and(contains("001,baseline,skipped")));
}

#[test]
fn a_missing_file_of_a_pair_is_named_with_its_role() {
    let (folder, study) = copied();
    fs::remove_file(image_of(&study, "baseline", "anat", "rec-fat_dixon")).unwrap();
    let out = folder.path().join("out");
    let run = myelomri().arg("measure").args([&study, &out]).assert().code(6);
    run.stderr(contains("sub-001_ses-baseline lacks fat").and(contains("rec-fat_dixon")));
}

#[test]
fn labels_on_another_grid_fail_their_session_with_both_geometries() {
    let (folder, study) = copied();
    fs::copy(
        image_of(&study, "baseline", "dwi", "seg-vertebrae_dseg"),
        image_of(&study, "baseline", "anat", "seg-vertebrae_dseg"),
    )
    .unwrap();
    let out = folder.path().join("out");
    let run = myelomri().arg("measure").args([&study, &out]).assert().code(6);
    run.stderr(contains("grid-mismatch").and(contains("largest corner displacement")));
}

#[test]
fn exchanged_water_and_fat_are_flagged_and_kept_out_of_the_wide_table() {
    let (folder, study) = copied();
    let (water, fat) = (
        image_of(&study, "baseline", "anat", "rec-water_dixon"),
        image_of(&study, "baseline", "anat", "rec-fat_dixon"),
    );
    let spare = folder.path().join("spare.nii.gz");
    fs::rename(&water, &spare).unwrap();
    fs::rename(&fat, &water).unwrap();
    fs::rename(&spare, &fat).unwrap();
    let out = folder.path().join("out");
    myelomri().arg("measure").args([&study, &out]).assert().success().stderr(contains("swap-suspected"));
    let flagged = |session: &str| {
        let table = out.join(format!("maps/sub-001/ses-{session}/measures.csv"));
        fs::read_to_string(table).unwrap().contains("swap-suspected")
    };
    assert!(flagged("baseline") && !flagged("cycle2"));
    let prefix = folder.path().join("t");
    myelomri().arg("collect").arg(&out).arg("-o").arg(&prefix).assert().success();
    let wide = fs::read_to_string(folder.path().join("t_wide.csv")).unwrap();
    let mut lines = wide.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let (header, first) = (lines.next().unwrap(), lines.next().unwrap());
    let value = |column: &str| first[header.iter().position(|name| *name == column).unwrap()];
    assert_eq!((first[0], value("sff_mean_L1-L5__baseline")), ("001", ""));
    assert_ne!(value("sff_mean_L1-L5__cycle2"), "");
}

#[test]
fn collect_writes_long_wide_and_dictionary_and_refuses_to_replace_them() {
    let (folder, study) = copied();
    let (out, prefix) = (folder.path().join("out"), folder.path().join("t"));
    myelomri().arg("collect").arg(&out).arg("-o").arg(&prefix).assert().code(3).stderr(contains("nothing-measured"));
    myelomri().arg("measure").args([&study, &out]).assert().success();
    myelomri().arg("collect").arg(&out).arg("-o").arg(&prefix).assert().success().stdout(contains("t_long.csv"));
    let long = fs::read_to_string(folder.path().join("t_long.csv")).unwrap();
    assert!(long.starts_with("subject,session,measure,region,statistic,value,unit,n_voxels,qc_flags\n"));
    let wide = fs::read_to_string(folder.path().join("t_wide.csv")).unwrap();
    assert_eq!(wide.lines().count(), 3);
    let dictionary = fs::read_to_string(folder.path().join("t_dictionary.json")).unwrap();
    assert!(dictionary.contains("PlausibleRange"));
    myelomri().arg("collect").arg(&out).arg("-o").arg(&prefix).assert().code(5);
}

#[test]
fn a_folder_of_someone_else_is_refused_before_any_work() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("thesis.txt"), "precious").unwrap();
    myelomri().arg("measure").args([&study, &out]).assert().code(5).stderr(contains("output-exists"));
    assert_eq!(bytes_of(&out).len(), 1);
}

#[test]
fn a_study_without_settings_gets_a_template_and_a_wrong_one_is_named() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    let settings = study.join("study.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replace("erode_mm", "erode_millimetres")).unwrap();
    myelomri().arg("measure").args([&study, &out]).assert().code(2).stderr(contains("erode_millimetres"));
    fs::write(&settings, text.replace("\"totalspineseg\"", "\"mine\"")).unwrap();
    myelomri().arg("measure").args([&study, &out]).assert().failure().stderr(contains("mine"));
    fs::remove_file(&settings).unwrap();
    let run = myelomri().arg("measure").args([&study, &out]).assert().code(2);
    run.stderr(contains("[endpoint]").and(contains("baseline = \"baseline\"")));
    assert!(!out.exists());
}

#[test]
fn an_empty_study_and_an_unknown_subject_are_refused() {
    let (folder, study) = copied();
    let (empty, out) = (folder.path().join("empty"), folder.path().join("out"));
    fs::create_dir(&empty).unwrap();
    myelomri().arg("measure").args([&empty, &out]).assert().code(3).stderr(contains("no-sessions"));
    let unknown = myelomri().arg("measure").args([&study, &out]).args(["--participant-label", "999"]).assert().code(2);
    unknown.stderr(contains("999").and(contains("001")));
}

#[test]
fn one_and_two_threads_leave_the_same_bytes() {
    let (folder, study) = copied();
    let outputs = ["1", "2"].map(|threads| {
        let out = folder.path().join(format!("out{threads}"));
        myelomri().arg("measure").args([&study, &out]).args(["--threads", threads]).assert().success();
        bytes_of(&out)
    });
    assert_eq!(outputs[0].keys().collect::<Vec<_>>(), outputs[1].keys().collect::<Vec<_>>());
    for (path, bytes) in &outputs[0] {
        assert!(bytes == &outputs[1][path], "{} differs", path.display());
    }
}

/// Writes the real and imaginary parts of a session's echoes beside them, and hides the echoes.
fn as_real_and_imaginary(anat: &Path) {
    use myelomri::image::{Overwrite, Reader, Stored, echoes, write_volume};
    use std::slice;
    let reader = Reader::default();
    for echo in 1..=6 {
        let [mag, phase, real, imag] = ["mag", "phase", "real", "imag"]
            .map(|part| anat.join(format!("sub-001_ses-baseline_echo-{echo}_part-{part}_MEGRE.nii.gz")));
        let options = echoes::EchoOptions::default();
        let signal =
            echoes::read_magnitude_phase(slice::from_ref(&mag), slice::from_ref(&phase), &options, &reader).unwrap();
        let signal_of = signal.data.index_axis(ndarray::Axis(3), 0);
        for (path, part) in [(&real, signal_of.mapv(|s| s.re)), (&imag, signal_of.mapv(|s| s.im))] {
            write_volume(path, &signal.grid, part.view(), Stored::F32, Overwrite::Refuse).unwrap();
            let sidecar = |image: &Path| PathBuf::from(image.to_string_lossy().replace(".nii.gz", ".json"));
            fs::copy(sidecar(&mag), sidecar(path)).unwrap();
        }
        for path in [mag, phase] {
            fs::rename(&path, path.with_extension("hidden")).unwrap();
        }
    }
}

/// Takes that back.
fn as_magnitude_and_phase(anat: &Path) {
    for entry in fs::read_dir(anat).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if name.ends_with(".hidden") {
            fs::rename(&path, path.with_extension("gz")).unwrap();
        } else if name.contains("part-real") || name.contains("part-imag") {
            fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn echoes_give_a_proton_density_fat_fraction_with_and_without_their_phase() {
    let (folder, study) = copied();
    let anat = study.join("sub-001/ses-baseline/anat");
    let only = ["--participant-label", "001", "--session-label", "baseline"];
    let mean_of_l3 = |out: &Path| -> f64 {
        let rows = fs::read_to_string(out.join("maps/sub-001/ses-baseline/measures.csv")).unwrap();
        let row = rows.lines().find(|row| row.starts_with("001,baseline,pdff,L3,mean,")).unwrap();
        row.split(',').nth(5).unwrap().parse().unwrap()
    };
    let complex = folder.path().join("complex");
    let measured = myelomri().arg("measure").args([&study, &complex]).args(only).assert().success();
    measured.stderr(contains("6 raw echoes with the fat model ren-marrow-9"));
    // the same signal as real and imaginary parts gives the same map, to what single precision leaves
    let cartesian = folder.path().join("cartesian");
    as_real_and_imaginary(&anat);
    let measured = myelomri().arg("measure").args([&study, &cartesian]).args(only).assert().success();
    measured.stderr(contains("by their real and imaginary parts"));
    assert!((mean_of_l3(&cartesian) - mean_of_l3(&complex)).abs() < 0.01);
    myelomri().arg("doctor").arg(&study).args(["--all"]).args(only).assert().success().stdout(contains("echo-real"));
    as_magnitude_and_phase(&anat);
    for entry in fs::read_dir(&anat).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("part-phase") {
            fs::remove_file(path).unwrap();
        }
    }
    let magnitude = folder.path().join("magnitude");
    let measured = myelomri().arg("measure").args([&study, &magnitude]).args(only).assert().success();
    measured.stderr(contains("by their magnitudes alone"));
    let [a, b] = [mean_of_l3(&complex), mean_of_l3(&magnitude)];
    assert!((a - b).abs() < 1.5, "{a} {b}");
}

#[test]
fn the_distribution_of_a_region_holds_its_voxels_and_the_pooled_one_is_the_sum_of_its_vertebrae() {
    let (folder, study) = copied();
    let out = folder.path().join("out");
    myelomri().arg("measure").args([&study, &out]).args(["--participant-label", "001", "-q"]).assert().success();
    let session = out.join("maps/sub-001/ses-baseline");
    let rows = |name: &str| -> Vec<Vec<String>> {
        let text = fs::read_to_string(session.join(name)).unwrap();
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let bins = rows("histograms.csv");
    let counts = |region: &str| -> Vec<u64> {
        bins.iter().filter(|bin| bin[0] == "adc" && bin[1] == region).map(|bin| bin[4].parse().unwrap()).collect()
    };
    let pooled = counts("L1-L5");
    assert_eq!(pooled.len(), 64);
    let levels = ["L1", "L2", "L3", "L4", "L5"].map(counts);
    for (n, count) in pooled.iter().enumerate() {
        assert_eq!(*count, levels.iter().map(|level| level[n]).sum::<u64>(), "bin {n}");
    }
    let measures = rows("measures.csv");
    let mean = |measure: &str, region: &str| {
        measures.iter().find(|row| row[2] == measure && row[3] == region && row[4] == "mean").unwrap().clone()
    };
    let row = mean("adc", "L1-L5");
    assert_eq!(pooled.iter().sum::<u64>().to_string(), row[7]);
    // the mean from the middles of the bins lies within half a bin of the mean
    let middle = |n: usize| 50.0 * n as f64 + 25.0;
    let binned: f64 = pooled.iter().enumerate().map(|(n, count)| middle(n) * *count as f64).sum();
    let binned = binned / pooled.iter().sum::<u64>() as f64;
    assert!((binned - row[5].parse::<f64>().unwrap()).abs() < 25.0, "{binned} {}", row[5]);
    let body: u64 = bins.iter().filter(|bin| bin[0] == "gadc").map(|bin| bin[4].parse::<u64>().unwrap()).sum();
    assert_eq!(body.to_string(), mean("gadc", "body")[7]);
}
