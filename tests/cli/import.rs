//! `import` as a user runs it: roles by maker, the table of roles, and no patient identity in any byte that is written.
//!
//! The DICOM is simulated (`scripts/reference/dicom_series.py`).

use super::study::myelomri;
use flate2::read::MultiGzDecoder;
use predicates::str::contains;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/dicom").join(name)
}

/// Runs `import` of some fixtures into `study` with the built-in converter.
pub fn import(fixtures: &[&str], study: &Path, more: &[&str]) -> assert_cmd::assert::Assert {
    let folders: Vec<PathBuf> = fixtures.iter().map(|name| fixture(name)).collect();
    myelomri().arg("import").args(folders).arg(study).args(["--converter", "builtin"]).args(more).assert()
}

/// `series role index` of each row that the run printed.
fn roles(done: assert_cmd::assert::Assert) -> Vec<String> {
    let table = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        format!("{} {} {}", cells[2], cells[4], cells[5]).trim_end().to_owned()
    };
    table.lines().skip(1).map(row).collect()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn each_maker_gets_its_roles() {
    let folder = tempfile::tempdir().unwrap();
    let found = |name: &str| roles(import(&[name], &folder.path().join(name), &["--format", "csv"]).success());
    assert_eq!(
        found("sa0"),
        ["3 in-phase", "4 opposed-phase", "5 water", "6 fat", "10 dwi 2", "11 adc 2", "12 dwi 1", "13 adc 1"]
    );
    let echoes = ["8 echo-mag 1", "8 echo-phase 1", "8 echo-mag 2", "8 echo-phase 2", "8 echo-mag 3", "8 echo-phase 3"];
    let ge = ["3 in-phase", "4 opposed-phase", "5 water", "6 fat", "7 dwi 1"];
    assert_eq!(found("ga1"), [&ge[..], &echoes[..]].concat());
    let mut philips = found("pb0");
    philips.sort();
    assert_eq!(
        philips,
        ["301 fat", "301 in-phase", "301 opposed-phase", "301 water", "302 fat-fraction", "401 adc 1", "401 dwi 1"]
    );
    assert_eq!(found("ub0"), ["21 dwi 1"]);
    let mut enhanced = found("e1");
    enhanced.sort();
    assert_eq!(enhanced, ["501 fat", "501 water"]);
    assert_eq!(found("e2"), ["502 dwi 1"]);
    // no word says so, only 2.3 and 4.6 ms at 1.5 T
    assert_eq!(found("dual"), ["81 opposed-phase", "81 in-phase"]);
}

#[test]
fn the_evidence_names_the_attribute() {
    let folder = tempfile::tempdir().unwrap();
    for (name, evidence) in [
        ("sa0", "b 50 800 by CSA B_value; trace-weighted"),
        ("ga1", "b 0 50 800 by (0043,1039)"),
        ("pb0", "b 0 1000 by (2001,1003)"),
        ("ub0", "b 0 600 by (0065,1009)"),
        ("cb0", "b 0 700 by (0018,9087), (0018,9087) absent: no gradient"),
        ("e2", "b 0 900 by (0018,9087); trace-weighted"),
        ("dual", "echo time 2.30 ms at 1.5 T: 0.50 turns of fat against water"),
    ] {
        import(&[name], &folder.path().join(name), &[]).success().stdout(contains(evidence));
    }
}

#[test]
fn an_imported_study_is_one_that_discover_reads() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    import(&["sa0", "ga1", "seg"], &study, &[]).success();
    let sessions = myelomri::study::discover(&study).unwrap();
    let found: Vec<(String, Vec<&str>)> = sessions
        .iter()
        .map(|session| (session.name(), session.files.iter().map(|file| file.role.name()).collect()))
        .collect();
    let first = ["water", "fat", "in-phase", "opposed-phase", "dwi", "dwi", "adc", "adc", "bone", "reference"];
    assert_eq!(found[0], ("sub-001_ses-baseline".to_owned(), first.to_vec()));
    assert_eq!(found[1].0, "sub-001_ses-cycle2");
    assert_eq!(found[1].1.len(), 4 + 6 + 1);
    // 4 March to 12 May
    let days = fs::read_to_string(study.join("sub-001/sub-001_sessions.tsv")).unwrap();
    assert_eq!(days, "session_id\tdays_from_first\nses-baseline\t0\nses-cycle2\t69\n");
}

#[test]
fn ambiguous_series_wait_for_a_word_and_only_what_changed_is_converted() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let sets = ["bad/twice", "bad/no-b", "sa0"];
    import(&sets, &study, &[])
        .code(4)
        .stderr(contains("error[ambiguous-roles]: 3 series"))
        .stderr(contains("series 69"));
    let table = fs::read_to_string(study.join("roles.csv")).unwrap();
    assert_eq!(table.matches(",ambiguous,").count(), 3);
    assert!(study.join("sub-002/ses-baseline/anat/sub-002_ses-baseline_rec-water_dixon.nii.gz").is_file());
    assert!(!study.join("sub-001/ses-baseline").exists());

    let edited: Vec<String> = table
        .lines()
        .map(|line| {
            let number = line.split(',').nth(3).unwrap();
            match number {
                "68" => line.replace(",ambiguous,", ",water,"),
                "69" => line.replace(",ambiguous,", ",skip,"),
                "73" => line.replace(",,ambiguous,", ",700,dwi,"),
                _ => line.to_owned(),
            }
        })
        .collect();
    fs::write(study.join("roles.csv"), edited.join("\n")).unwrap();
    import(&sets, &study, &[])
        .success()
        .stderr(contains("sub-002_ses-baseline: skipped, nothing has changed"))
        .stderr(contains("series 73: b-values by hand"))
        .stdout(contains("set by hand"));
    assert!(study.join("sub-001/ses-baseline/anat/sub-001_ses-baseline_rec-water_dixon.nii.gz").is_file());
    let b = fs::read_to_string(study.join("sub-001/ses-baseline/dwi/sub-001_ses-baseline_chunk-1_dwi.bval")).unwrap();
    assert_eq!(b, "700\n");
    // a person's word stays
    import(&sets, &study, &[]).success().stderr(contains("sub-001_ses-baseline: skipped"));
    fs::write(study.join("roles.csv"), edited.join("\n").replace(",skip,", ",watr,")).unwrap();
    import(&sets, &study, &[]).code(4).stderr(contains("no role `watr`"));
}

#[test]
fn subjects_follow_a_map_that_lies_outside_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let map = folder.path().join("map.csv");
    let rows =
        "patient_id,subject,study_date,session\nPIDZZ-998877,M07,2021-03-04,pre\nPIDZZ-998877,M07,20210512,post\n";
    fs::write(&map, rows).unwrap();
    let path = map.display().to_string();
    import(&["sa0", "ga1"], &study, &["--subject-map", &path]).success();
    assert!(study.join("sub-M07/ses-pre/dwi").is_dir() && study.join("sub-M07/ses-post/anat").is_dir());
    // another patient is not in it
    import(&["sa0", "ub0"], &folder.path().join("other"), &["--subject-map", &path])
        .code(6)
        .stderr(contains("not in the subject map"));
    fs::create_dir_all(&study).unwrap();
    fs::copy(&map, study.join("map.csv")).unwrap();
    let inside = study.join("map.csv").display().to_string();
    import(&["sa0"], &study, &["--subject-map", &inside]).code(2).stderr(contains("inside the study"));
    for (rows, message) in [
        ("patient_id,subject\nPIDZZ-998877,PIDZZ998877\n", "holds a part of its identity"),
        ("patient_id,subject\nPIDZZ-998877,sub_1\n", "row 2: the subject must be letters and digits"),
        ("patient_id,subject\nM1,M1\n", "row 2: the subject is the patient ID itself"),
        ("patient,subject\nM1,M1\n", "no column `patient_id`"),
    ] {
        fs::write(&map, rows).unwrap();
        let done = import(&["sa0"], &folder.path().join("new"), &["--subject-map", &path]).failure();
        done.stderr(contains(message));
    }
}

/// Everything that tells the simulated patients, in the forms in which it could leak.
const SECRETS: [&str; 28] = [
    "zzsurname",
    "qqgiven",
    "yysurname",
    "xxgiven",
    "pidzz",
    "pidyy",
    "998877",
    "112233",
    "acczz",
    "accyy",
    "19341231",
    "19411130",
    "1934-12-31",
    "20210304",
    "20210512",
    "20220811",
    "2021-03-04",
    "2021-05-12",
    "113355",
    "11:33:55",
    "zzhospital",
    "zzdoctor",
    "zzstation",
    "zzoperator",
    "zzserial",
    "zzstudy",
    "comment on",
    "protocol of",
];

fn telling(bytes: &[u8]) -> Vec<&'static str> {
    let lower = bytes.to_ascii_lowercase();
    SECRETS.into_iter().filter(|secret| lower.windows(secret.len()).any(|window| window == secret.as_bytes())).collect()
}

#[test]
fn no_patient_identity_is_in_any_byte_that_is_written() {
    let folder = tempfile::tempdir().unwrap();
    // folders and files that are called after the patient, as exports are, and one that is cut off
    let export = folder.path().join("export");
    let mut n = 0;
    for set in ["sa0", "ga1", "pb0", "ub0", "seg", "vert", "vert-open", "rt", "e1", "dual", "bad"] {
        for file in files(&fixture(set)) {
            n += 1;
            let to = export.join(format!("Zzsurname^Qqgiven_19341231/PIDZZ-998877/20210304/{set}/ACCZZ5544_{n}.dcm"));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&file, &to).unwrap();
        }
    }
    let cut = export.join("Zzsurname/cut.dcm");
    fs::create_dir_all(cut.parent().unwrap()).unwrap();
    let whole = fs::read(files(&fixture("ga1")).pop().unwrap()).unwrap();
    fs::write(&cut, &whole[..whole.len() - 40]).unwrap();
    fs::write(export.join("Zzsurname/report.txt"), "Zzsurname").unwrap();
    for (converter, format) in [("builtin", "table"), ("auto", "json")] {
        let study = folder.path().join(converter);
        let mut command = myelomri();
        command.current_dir(folder.path()).args(["import", "export", converter, "--converter", converter]);
        let done = command.args(["-vv", "--format", format]).env("MYELOMRI_LOG", "trace").output().unwrap();
        assert!([4, 6].contains(&done.status.code().unwrap()), "{}", String::from_utf8_lossy(&done.stderr));
        for said in [&done.stdout, &done.stderr] {
            let shown = String::from_utf8_lossy(said);
            assert!(telling(said).is_empty(), "{:?}\n{shown}", telling(said));
        }
        assert!(String::from_utf8_lossy(&done.stderr).contains("***"), "paths are masked, not dropped");
        let written = files(&study);
        assert!(written.len() > 50, "{}", written.len());
        for path in written {
            let raw = fs::read(&path).unwrap();
            let mut bytes = raw.clone();
            if path.extension().is_some_and(|extension| extension == "gz") {
                bytes.clear();
                MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut bytes).unwrap();
                // nothing between header and voxels, no text but the program's own
                assert_eq!(&bytes[348..352], [0; 4]);
                assert!(bytes[148..228].starts_with(b"myelomri ") && bytes[228..252] == [0; 24]);
            }
            let name = path.strip_prefix(&study).unwrap().to_string_lossy().into_owned();
            assert!(telling(&bytes).is_empty() && telling(&raw).is_empty(), "{name}: {:?}", telling(&bytes));
            assert!(telling(name.as_bytes()).is_empty(), "{name}");
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_at_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["1", "2"].map(|threads| {
        let study = folder.path().join(threads);
        import(&["sa0", "pb0", "seg", "rt"], &study, &["--threads", threads]).success();
        study
    });
    let (left, right) = (files(&one), files(&two));
    assert_eq!(left.len(), right.len());
    for (a, b) in left.iter().zip(&right) {
        assert_eq!(a.strip_prefix(&one).unwrap(), b.strip_prefix(&two).unwrap());
        assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap(), "{}", a.display());
    }
}
