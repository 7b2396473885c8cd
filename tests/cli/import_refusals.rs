//! What `import` refuses: every case with its exit code, the file, and what to do; the rest goes on.

use super::import::{fixture, import};
use super::study::myelomri;
use predicates::str::contains;
use std::fs;
use std::path::{Path, PathBuf};

/// Copies a fixture's files into a folder; returns them in order.
fn copied(name: &str, to: &Path) -> Vec<PathBuf> {
    fs::create_dir_all(to).unwrap();
    let mut files: Vec<PathBuf> = fs::read_dir(fixture(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let copy = to.join(file.file_name().unwrap());
            fs::copy(file, &copy).unwrap();
            copy
        })
        .collect()
}

#[test]
fn series_that_make_no_volume_are_named_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    for (name, slug) in [
        ("missing", "missing-slices: 1 of 5 slices are missing"),
        ("uneven", "unequal-spacing: slices are unequally spaced: 5.20 mm beside 4.00 mm"),
        ("doubled", "duplicated-slices: 1 slices are there twice"),
        ("mixed", "mixed-series: one series holds images of 8x6 and of 4x4 pixels"),
        ("burned", "BurnedInAnnotation (0028,0301) is not NO"),
        ("overlay", "an overlay (6000,3000) is drawn over the image"),
        ("frames", "the built-in converter does not read files of several frames that do not say where each lies"),
        (
            "compressed",
            "the built-in converter does not read JPEG-LS lossless (transfer syntax 1.2.840.10008.1.2.4.80)",
        ),
    ] {
        let alone = folder.path().join(format!("{name}-alone"));
        let set = format!("bad/{name}");
        // nothing else is there to be done
        import(&[&set], &alone, &[]).code(3).stderr(contains("error[nothing-imported]")).stderr(contains(slug));
        let beside = folder.path().join(format!("{name}-beside"));
        import(&[&set, "ub0"], &beside, &[])
            .code(6)
            .stderr(contains("error[inputs-failed]: 1 inputs could not be imported; the others are done"))
            .stderr(contains(slug))
            .stderr(contains("IM0"));
        assert!(beside.join("sub-001/ses-baseline/dwi/sub-001_ses-baseline_chunk-1_dwi.nii.gz").is_file());
        assert!(!beside.join("sub-001/ses-baseline/anat").exists());
        // a person may leave the series out
        let table = fs::read_to_string(beside.join("roles.csv")).unwrap();
        fs::write(beside.join("roles.csv"), table.replace(",refused,", ",skip,")).unwrap();
        import(&[&set, "ub0"], &beside, &[]).success();
    }
}

#[test]
fn words_and_types_that_contradict_each_other_are_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    for (name, evidence) in [
        ("contradiction", "image type WATER; the description says fat"),
        ("open", "the description hints at water, no image type says so"),
        ("no-b", "image type DIFFUSION without a b-value in any known attribute"),
        ("twice", "water also in series 69: choose one, skip the other"),
    ] {
        let study = folder.path().join(name);
        import(&[&format!("bad/{name}")], &study, &[]).code(4).stderr(contains(evidence));
        assert!(study.join("roles.csv").is_file() && !study.join("sub-001").exists());
    }
}

#[test]
fn vertebrae_that_are_named_twice_or_otherwise_wait_for_a_word_and_take_the_scheme_of_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let again = || import(&["sa0", "vert-open"], &study, &[]);
    again()
        .code(4)
        .stderr(contains("L1 also in segment 2: choose one, skip the other"))
        .stderr(contains("segment 3, its names say L3 and L4"))
        .stderr(contains("segment 4, named with no known word"));
    let labels = study.join("sub-001/ses-baseline/anat/sub-001_ses-baseline_seg-vertebrae_dseg.nii.gz");
    assert!(!labels.exists());
    let roles = study.join("roles.csv");
    let table = fs::read_to_string(&roles).unwrap();
    let edited = |level: &str| -> String {
        let line = |line: &str| match line.split(',').nth(4).unwrap() {
            "segment 2" | "segment 4" => line.replace(",ambiguous,", ",skip,"),
            "segment 1" => line.replace(",ambiguous,", ",vertebra,"),
            "segment 3" => line.replace(",ambiguous,,", &format!(",vertebra,{level},")),
            _ => line.to_owned(),
        };
        table.lines().map(line).collect::<Vec<_>>().join("\n")
    };
    fs::write(&roles, edited("")).unwrap();
    again().code(4).stderr(contains("`` in the column index is no vertebra"));
    fs::write(&roles, edited("L3")).unwrap();
    fs::write(study.join("study.toml"), "[regions]\nscheme = \"spineps\"\n").unwrap();
    again().success().stderr(contains("vertebra labels: L1 20, L3 22 (numbers of spineps), 6 voxels"));
    assert!(labels.is_file());
    // nothing of a name has reached the table
    assert!(!fs::read_to_string(&roles).unwrap().contains("lesion"));
    // another scheme is another label map
    fs::write(study.join("study.toml"), "[regions]\nscheme = \"embedded\"\n").unwrap();
    again().code(6).stderr(contains("name a scheme there"));
    assert!(!labels.exists());
}

#[test]
fn a_file_that_is_cut_off_takes_its_series_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let dicom = folder.path().join("dicom");
    // the last image of the upper station of the ADC maps; without it the others would look complete
    let files = copied("sa0", &dicom);
    let last = files.last().unwrap();
    let whole = fs::read(last).unwrap();
    for (keep, reason) in [
        (whole.len() - 10, "it is truncated: 96 bytes of pixels are announced, 86 are there"),
        (500, "it is cut off before its pixels"),
    ] {
        fs::write(last, &whole[..keep]).unwrap();
        let study = folder.path().join(keep.to_string());
        let mut command = myelomri();
        command.args(["import", "--converter", "builtin"]).arg(&dicom).arg(&study);
        // where the header is lost nobody knows its series, but two of three slices lie on no station
        let code = if keep > 500 { 6 } else { 4 };
        command.assert().code(code).stderr(contains(reason)).stderr(contains("IM00"));
        assert!(!study.join("sub-001/ses-baseline/dwi/sub-001_ses-baseline_chunk-1_ADC.nii.gz").exists());
        assert!(study.join("sub-001/ses-baseline/dwi/sub-001_ses-baseline_chunk-1_dwi.nii.gz").is_file());
    }
}

#[test]
fn a_repeated_file_and_files_that_are_no_images_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let dicom = folder.path().join("dicom");
    copied("ub0", &dicom);
    copied("ub0", &dicom.join("deeper/again"));
    copied("bad/capture", &dicom.join("capture"));
    fs::write(dicom.join("notes.txt"), "no DICOM").unwrap();
    let study = folder.path().join("study");
    let mut command = myelomri();
    command.args(["import", "--converter", "builtin"]).arg(&dicom).arg(&study);
    command.assert().success().stderr(contains(
        "left out: 1 that are no DICOM, 1 that are secondary captures, refused, 6 that repeat an image already read",
    ));
    import(&["bad/capture"], &folder.path().join("none"), &[])
        .code(3)
        .stderr(contains("1 that are secondary captures"));
}

#[test]
fn two_patients_become_two_subjects() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    import(&["sa0", "ub0"], &study, &[])
        .success()
        .stderr(contains("2 patients, numbered from sub-001 in ascending order of the patient ID"));
    assert!(study.join("sub-001/ses-baseline/dwi").is_dir() && study.join("sub-002/ses-baseline/anat").is_dir());
}

#[test]
fn what_stands_in_the_study_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    import(&["sa0"], &study, &[]).success();
    import(&["sa0"], &study, &[]).success().stderr(contains("skipped, nothing has changed"));
    // another examination would get the same place
    import(&["ub0"], &study, &[])
        .code(5)
        .stderr(contains("sub-001_ses-baseline is there already and holds another examination"));
    import(&["ub0"], &study, &["--force"]).success();
    let foreign = folder.path().join("foreign");
    fs::create_dir_all(foreign.join("sub-001/ses-baseline/dwi")).unwrap();
    fs::write(foreign.join("sub-001/ses-baseline/dwi/x.nii.gz"), "").unwrap();
    import(&["ub0"], &foreign, &[]).code(5).stderr(contains("files that no import made"));
}

#[test]
fn options_that_cannot_be_used_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    import(&["sa0", "ga1"], &study, &["--sessions", "only"])
        .code(3)
        .stderr(contains("2 study dates but 1 session names"));
    import(&["sa0"], &study, &["--sessions", "a,a"]).code(2);
    import(&["sa0"], &study, &["--sessions", "a_b"]).code(2);
    let mut command = myelomri();
    command.args(["import", "--dcm2niix", "/nonexistent/dcm2niix"]).arg(fixture("sa0")).arg(&study);
    command.assert().code(2).stderr(contains("error[no-dcm2niix]"));
    myelomri()
        .args(["import", "/nonexistent/folder"])
        .arg(&study)
        .assert()
        .code(3)
        .stderr(contains("[unreadable-dicom]"));
    let empty = folder.path().join("empty");
    fs::create_dir_all(&empty).unwrap();
    myelomri().arg("import").args([&empty, &study]).assert().code(3).stderr(contains("[no-dicom]"));
    assert!(!study.exists());
}
