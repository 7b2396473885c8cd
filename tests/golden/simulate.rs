//! The simulated study holds its own truth, and depends on nothing but its options.

use myelomri::image::{read_labels, read_volume};
use myelomri::region::erode_mm;
use myelomri::study::simulate::{SimulateOptions, simulate};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn options(snr: Option<f64>) -> SimulateOptions {
    SimulateOptions { subjects: 1, responders: 0, snr, ..SimulateOptions::default() }
}

fn truth(study: &Path, measure: &str) -> BTreeMap<String, f64> {
    let text = std::fs::read_to_string(study.join("truth.csv")).unwrap();
    text.lines()
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|row| row[1] == "baseline" && row[2] == measure && row[4] == "median")
        .map(|row| (row[3].to_owned(), row[5].parse().unwrap()))
        .collect()
}

#[test]
fn noise_free_images_hold_the_signal_fat_fraction_of_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    simulate(&study, &options(None), |_, _| ()).unwrap();
    let anat = study.join("sub-001/ses-baseline/anat");
    let file = |name: &str| anat.join(format!("sub-001_ses-baseline_{name}.nii.gz"));
    let water = read_volume(&file("rec-water_dixon")).unwrap();
    let fat = read_volume(&file("rec-fat_dixon")).unwrap();
    let labels = read_labels(&file("seg-vertebrae_dseg")).unwrap();
    for (label, expected) in (41..=45).zip(["L1", "L2", "L3", "L4", "L5"].map(|l| truth(&study, "sff")[l])) {
        let inside = erode_mm(labels.data.mapv(|v| v == label).view(), labels.grid.spacing_mm(), 3.0);
        let mut values: Vec<f32> = inside
            .indexed_iter()
            .filter(|(_, inside)| **inside)
            .map(|(at, _)| 100.0 * fat.data[at] / (fat.data[at] + water.data[at]))
            .collect();
        assert!(values.len() >= 100);
        values.sort_by(f32::total_cmp);
        let median = f64::from(values[values.len() / 2]);
        assert!((median - expected).abs() < 0.05, "{label}: {median} against {expected}");
    }
}

#[test]
fn a_fat_fraction_map_holds_the_proton_density_of_the_truth_and_has_no_noise_floor() {
    let folder = tempfile::tempdir().unwrap();
    for (snr, allowed) in [(None, 1e-3), (Some(40.0), 0.25)] {
        let study = folder.path().join(format!("{}", snr.unwrap_or(0.0)));
        let options = SimulateOptions { fat_fraction_map: true, marrow_fat_pct: Some(2.0), ..options(snr) };
        simulate(&study, &options, |_, _| ()).unwrap();
        let anat = study.join("sub-001/ses-baseline/anat");
        let map = read_volume(&anat.join("sub-001_ses-baseline_rec-fatfraction_dixon.nii.gz")).unwrap();
        let labels = read_labels(&anat.join("sub-001_ses-baseline_seg-vertebrae_dseg.nii.gz")).unwrap();
        for (label, expected) in (41..=45).zip(["L1", "L2", "L3", "L4", "L5"].map(|l| truth(&study, "pdff")[l])) {
            let inside = erode_mm(labels.data.mapv(|v| v == label).view(), labels.grid.spacing_mm(), 3.0);
            let mut values: Vec<f32> =
                inside.indexed_iter().filter(|(_, inside)| **inside).map(|(at, _)| map.data[at]).collect();
            values.sort_by(f32::total_cmp);
            let median = f64::from(values[values.len() / 2]);
            assert!(expected < 5.0 && (median - expected).abs() < allowed, "{label}: {median} against {expected}");
        }
    }
}

#[test]
fn one_and_two_threads_write_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let contents = |threads: usize| -> BTreeMap<PathBuf, Vec<u8>> {
        let study = folder.path().join(threads.to_string());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| simulate(&study, &options(Some(40.0)), |_, _| ())).unwrap();
        let mut files = BTreeMap::new();
        let mut folders = vec![study.clone()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.strip_prefix(&study).unwrap().to_owned(), std::fs::read(&path).unwrap());
                }
            }
        }
        files
    };
    let one = contents(1);
    assert!(one.len() > 40);
    assert!(one == contents(2));
}
