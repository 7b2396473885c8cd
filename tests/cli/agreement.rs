//! `agreement` and `plan` as a user runs them.

use super::study::myelomri;
use predicates::str::contains;
use serde_json::Value;
use std::fs;

/// Shrout and Fleiss 1979, table 2, and two readers of a category.
const JUDGES: &str = "subject,j1,j2,j3,j4,a,b
1,9,2,5,8,low,low
2,6,1,3,2,low,mid
3,8,4,6,8,mid,mid
4,7,1,2,6,high,high
5,10,5,6,9,high,high
6,6,2,4,7,mid,low
";

fn written(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

fn json(arguments: &[&str]) -> Value {
    let run = myelomri().args(arguments).args(["--format", "json"]).assert().success();
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

fn judged(table: &str, more: &[&str]) -> Value {
    let columns = ["--column", "j1", "--column", "j2", "--column", "j3", "--column", "j4"];
    json(&[&["agreement", "--table", table], &columns[..], more].concat())
}

#[test]
fn all_six_forms_have_their_published_values_and_the_limits_are_drawn() {
    let (folder, table) = written(JUDGES);
    let prefix = folder.path().join("out").display().to_string();
    let got = judged(&table, &["-o", &prefix]);
    let rounded: Vec<f64> = got["icc"].as_array().unwrap().iter().map(|f| f["value"].as_f64().unwrap()).collect();
    let expected = [0.17, 0.29, 0.71, 0.44, 0.62, 0.91];
    assert!(rounded.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.005), "{rounded:?}");
    // differences of the first two judges: 7 5 4 6 5 4
    assert!((got["bland_altman"]["bias"].as_f64().unwrap() - 31.0 / 6.0).abs() < 1e-12);
    assert_eq!(got["warnings"][0]["slug"], "first-two-columns");
    for ending in ["_agreement.json", "_bland-altman.svg", "_bland-altman.png"] {
        assert!(fs::metadata(format!("{prefix}{ending}")).unwrap().len() > 500, "{ending}");
    }
    myelomri()
        .args(["agreement", "--table", &table, "--column", "j1", "--column", "j2", "-o", &prefix])
        .assert()
        .code(5);
}

#[test]
fn kappa_knows_the_order_of_its_levels() {
    let (_folder, table) = written(JUDGES);
    let order = ["--levels", "low,mid,high"];
    let got = json(&[&["agreement", "--table", &table, "--kappa", "a,b"], &order[..]].concat());
    // four of six agree, by chance 2 2 2 against 2 2 2: a third
    assert!((got["kappa"][0]["value"].as_f64().unwrap() - 0.5).abs() < 1e-12);
    assert!(got["kappa"][2]["value"].as_f64() > got["kappa"][0]["value"].as_f64());
    let is_guessed = |got: &Value| got["warnings"].as_array().unwrap().iter().any(|w| w["slug"] == "order-of-levels");
    assert!(!is_guessed(&got));
    assert!(is_guessed(&json(&["agreement", "--table", &table, "--kappa", "a,b"])));
    let run = myelomri().args(["agreement", "--table", &table, "--kappa", "a,b", "--levels", "low,high"]).assert();
    run.code(4).stderr(contains("mid"));
}

#[test]
fn several_rows_a_subject_need_a_word_and_give_repeated_limits() {
    let (_folder, table) = written("subject,x,y\n1,1,0\n1,3,0\n2,5,0\n2,7,0\n");
    let columns = ["--column", "x", "--column", "y"];
    let run = myelomri().args(["agreement", "--table", &table]).args(columns).assert();
    run.code(4).stderr(contains("duplicate-key"));
    let got = json(&[&["agreement", "--table", &table, "--cluster", "subject"], &columns[..]].concat());
    // within 2, between (16 - 2) / 2 = 7: SD 3 around 4
    let limits = &got["bland_altman"];
    assert!((limits["loa_high"].as_f64().unwrap() - (4.0 + 1.96 * 3.0)).abs() < 1e-12);
    assert_eq!((limits["subjects"].as_u64(), got["icc"].as_array().unwrap().len()), (Some(2), 0));
}

#[test]
fn one_column_and_text_are_refused() {
    let (_folder, table) = written(JUDGES);
    myelomri().args(["agreement", "--table", &table, "--column", "j1"]).assert().code(2);
    let run = myelomri().args(["agreement", "--table", &table, "--column", "j1", "--column", "a"]).assert();
    run.code(4).stderr(contains("text-in-numbers"));
}

#[test]
fn a_printed_area_is_held_against_its_groups() {
    let groups = ["--positive-n", "15", "--negative-n", "35"];
    let got = json(&[&["plan", "--auc", "0.847"], &groups[..]].concat());
    assert_eq!(
        (got["auc"]["possible"].as_bool(), got["auc"]["possible_without_ties"].as_bool()),
        (Some(true), Some(false))
    );
    assert_eq!(got["auc"]["u"][0], 444.5);
    assert_eq!(got["warnings"][0]["slug"], "area-needs-ties");
    // pROC, power.roc.test(ncases = 15, ncontrols = 35, auc = 0.847)
    assert!((got["auc"]["power"].as_f64().unwrap() - 0.992512814413494).abs() < 1e-9);
    let got = json(&["plan", "--auc", "0.90", "--positive-n", "2", "--negative-n", "2"]);
    assert_eq!(got["warnings"][0]["slug"], "impossible-area");
}

#[test]
fn sizes_are_planned_and_nonsense_is_refused() {
    let got = json(&["plan", "--auc", "0.8", "--power", "0.9", "--ratio", "2.3333333333333335"]);
    // pROC: 12.26 and 28.61
    assert_eq!((got["needed"]["n_positive"].as_u64(), got["needed"]["n_negative"].as_u64()), (Some(13), Some(31)));
    // pmsampsize: 323
    let got = json(&["plan", "--coefficients", "2", "--cox-snell", "0.3", "--share", "0.3"]);
    assert_eq!(got["model"]["needed"], 323);
    for wrong in [
        &["plan"][..],
        &["plan", "--auc", "0.8"],
        &["plan", "--auc", "high", "--power", "0.9"],
        &["plan", "--auc", "1.2", "--positive-n", "5", "--negative-n", "5"],
        &["plan", "--coefficients", "2", "--cox-snell", "0.99", "--share", "0.3"],
    ] {
        myelomri().args(wrong).assert().code(2);
    }
}

#[test]
fn two_masks_have_their_overlap_and_the_distances_of_an_independent_program() {
    use myelomri::image::{Grid, Mask, Overwrite, filled, write_mask};
    let folder = tempfile::tempdir().unwrap();
    let (dims, spacing) = ([20, 16, 10], [1.2, 1.2, 3.0]);
    let ball = |name: &str, centre: [f64; 3], radius: f64, spacing: [f64; 3]| {
        let mut data = filled(dims, false);
        data.indexed_iter_mut().for_each(|((i, j, k), at)| {
            let at_mm = [i as f64 * spacing[0], j as f64 * spacing[1], k as f64 * spacing[2]];
            *at = (0..3).map(|x| (at_mm[x] - centre[x]).powi(2)).sum::<f64>() <= radius * radius;
        });
        let path = folder.path().join(name);
        let mask = Mask { grid: Grid::axis_aligned(dims, spacing, [0.0; 3]), data, source: path.clone() };
        write_mask(&path, &mask, Overwrite::Refuse).unwrap();
        path.display().to_string()
    };
    let first = ball("first.nii", [11.0, 9.0, 13.0], 7.0, spacing);
    let second = ball("second.nii", [13.0, 10.0, 15.0], 8.0, spacing);
    let got = json(&["agreement", "--masks", &first, &second]);
    // scripts/reference/mask_overlap.py (scipy)
    let expected = [
        ("dice", 0.6795646916565901),
        ("jaccard", 0.5146520146520146),
        ("hausdorff_mm", 4.686149805543993),
        ("hausdorff_95_mm", 3.7947331922020546),
        ("mean_surface_mm", 1.4963320500204782),
    ];
    for (name, value) in expected {
        let found = got["masks"][name].as_f64().unwrap();
        // a NIfTI header holds the spacing in single precision
        assert!((found - value).abs() < 1e-6, "{name}: {found}, expected {value}");
    }
    let empty = ball("empty.nii", [-50.0; 3], 1.0, spacing);
    let other = ball("other.nii", [11.0, 9.0, 13.0], 7.0, [1.0, 1.2, 3.0]);
    let fails = |second: &str, slug: &'static str| {
        myelomri().args(["agreement", "--masks", &first, second]).assert().code(4).stderr(contains(slug));
    };
    fails(&empty, "error[empty-mask]");
    fails(&other, "error[grid-mismatch]");
    myelomri().args(["agreement", "--masks", &first]).assert().code(2);
    myelomri().args(["agreement", "--column", "x"]).assert().code(2);
}

#[test]
fn repeats_without_anything_to_estimate_end_with_the_reason_and_a_cut_interval_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("t.csv");
    let name = table.display().to_string();
    for (rows, reason) in [("1,5,5\n2,5,5\n3,5,5\n", "do not vary"), ("1,5,5\n", "at least 2 values")] {
        std::fs::write(&table, format!("subject,a,b\n{rows}")).unwrap();
        let done = myelomri().args(["agreement", "--table", &name, "--column", "a", "--column", "b"]).assert().code(7);
        assert!(String::from_utf8_lossy(&done.get_output().stderr).contains(reason));
    }
    let words =
        "1,mild,mild\n2,severe,moderate\n3,moderate,moderate\n4,mild,moderate\n5,severe,severe\n6,moderate,severe\n";
    std::fs::write(&table, format!("subject,a,b\n{words}")).unwrap();
    let kappa = ["--kappa", "a,b", "--levels", "mild,moderate,severe", "--format", "json"];
    let done = myelomri().args(["agreement", "--table", &name]).args(kappa).assert().success();
    let got: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    assert_eq!(got["kappa"][2]["ci_high"], 1.0);
    assert_eq!(got["warnings"].as_array().unwrap().len(), 1, "{}", got["warnings"]);
    assert_eq!(got["warnings"][0]["slug"], "interval-clipped");
}
