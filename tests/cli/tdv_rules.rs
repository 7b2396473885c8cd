//! `tdv`: rules from the patient's own marrow, what is excluded by name, and where each lesion lies.

use crate::images::{Folder, grid};

/// Marrow around 150 with a lesion of 4 x 4 x 4 voxels (signal 600) inside L1, a bright organ, and muscle at k = 0.
fn folder() -> Folder {
    let (folder, grid) = (Folder::new(), grid());
    folder.series("dwi", &grid, &[50.0, 900.0], |at @ [i, j, k], b| {
        let (signal, adc) = match class(at) {
            "lesion" => (600.0, 800.0),
            "organ" => (900.0, 1000.0),
            "muscle" => (45.0, 1400.0),
            _ => (150.0 + (((i * 7 + j * 13 + k * 5) % 9) as f64 - 4.0), 400.0),
        };
        signal * ((900.0 - b) * adc * 1e-6).exp()
    });
    folder.mask("bone.nii.gz", &grid, |at| class(at) != "muscle");
    folder.mask("muscle.nii.gz", &grid, |at| class(at) == "muscle");
    folder.labels("levels.nii.gz", &grid);
    folder.volume("organs.nii.gz", &grid, |at| if class(at) == "organ" { 5.0 } else { 0.0 });
    folder.text("organs.tsv", "index\tname\n1\tspleen\n5\tliver\n");
    folder
}

fn class(at: [usize; 3]) -> &'static str {
    match at {
        [_, _, 0] => "muscle",
        [4..8, 6..10, 2..6] => "lesion",
        [_, 25..30, _] => "organ",
        _ => "marrow",
    }
}

const BASE: [&str; 11] = [
    "tdv",
    "--dwi",
    "dwi.nii.gz",
    "--bone",
    "bone.nii.gz",
    "--exclude-labels",
    "organs.nii.gz",
    "--exclude-names",
    "liver",
    "--label-table",
    "organs.tsv",
];

#[test]
fn each_rule_finds_the_lesion_in_its_vertebra() {
    let folder = folder();
    for (rule, threshold) in
        [("robust", "5"), ("half-way", "0.5"), ("mixture", "0.5"), ("healthy-sd", "2"), ("absolute", "300")]
    {
        let levels = ["--labels", "levels.nii.gz", "--scheme", "totalspineseg", "--reference", "muscle.nii.gz", "-q"];
        let json = folder.json(&[&BASE[..], &["--rule", rule, "--threshold", threshold], &levels].concat());
        assert!((json["total_ml"].as_f64().unwrap() - 64.0 * 0.016).abs() < 1e-9, "{rule}: {}", json["total_ml"]);
        assert_eq!((&json["lesions"][0]["level"], &json["n_lesions"]), (&"L1".into(), &1.into()));
        assert_eq!(json["classes"][1]["n_voxels"], 64);
        assert_eq!(json["removed"]["exclude"], 12 * 5 * 7);
    }
}

#[test]
fn excluding_by_name_needs_the_name_and_probabilities_need_a_cut() {
    let folder = folder();
    let rule = ["--rule", "half-way", "--threshold", "0.5"];
    folder.refuses(&[&BASE[..8], &["heart"], &BASE[9..], &rule].concat(), 3, "unreadable-label-table");
    let missing = folder.run(&[&BASE[..8], &["spleen"], &BASE[9..], &rule].concat()).assert().success();
    missing.stderr(predicates::str::contains("missing-exclusion"));
    let number = folder.json(&[&BASE[..8], &["5"], &rule, &["-q"]].concat());
    assert_eq!(number["n_lesions"], 1);

    folder.volume("probability.nii.gz", &grid(), |at| if class(at) == "muscle" { 0.2 } else { 0.8 });
    let with_bone = [&BASE[..4], &["probability.nii.gz"], &BASE[5..], &rule].concat();
    folder.refuses(&with_bone, 4, "probability-mask");
    let cut = folder.json(&[&with_bone[..], &["--bone-cut", "0.5", "-q"]].concat());
    assert_eq!(cut["n_bone"], 12 * 30 * 7);
    folder.refuses(&[&BASE[..], &["--rule", "mixture", "--threshold", "1.5"]].concat(), 2, "bad-parameter");
    folder.refuses(&[&BASE[..], &rule, &["--adc-classes", "900,800"]].concat(), 2, "bad-parameter");
}

#[test]
fn what_is_no_mask_is_used_only_where_it_was_said_which_of_it_counts() {
    let folder = folder();
    let rule = ["--rule", "half-way", "--threshold", "0.5", "-q"];
    let with_bone = |bone: &str, more: &[&str]| -> Vec<String> {
        let all = [&BASE[..4], &[bone], &BASE[5..], &rule, more].concat();
        all.into_iter().map(str::to_owned).collect()
    };
    let refuses = |arguments: Vec<String>, code: i32, slug: &str| {
        folder.refuses(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), code, slug);
    };
    let n_bone = |arguments: Vec<String>| {
        folder.json(&arguments.iter().map(String::as_str).collect::<Vec<_>>())["n_bone"].as_u64().unwrap()
    };
    folder.volume("mask255.nii.gz", &grid(), |at| if class(at) == "muscle" { 0.0 } else { 255.0 });
    let labels = |at: [usize; 3]| if class(at) == "muscle" { 0.0 } else { 1.0 + (at[1] / 10) as f32 };
    folder.volume("bones.nii.gz", &grid(), labels);
    folder.text("bones.tsv", "index\tname\n1\tT12\n2\tL1\n3\tL2\n");
    folder.volume("image.nii.gz", &grid(), |[i, j, k]| (i + 12 * j + 360 * k) as f32);
    let all = 12 * 30 * 7;
    assert_eq!(n_bone(with_bone("mask255.nii.gz", &[])), all);
    refuses(with_bone("bones.nii.gz", &[]), 4, "label-mask");
    assert_eq!(n_bone(with_bone("bones.nii.gz", &["--bone-names", "all"])), all);
    assert_eq!(n_bone(with_bone("bones.nii.gz", &["--bone-names", "1,3"])), all * 2 / 3);
    let named = ["--bone-names", "t12,L1", "--bone-table", "bones.tsv"];
    assert_eq!(n_bone(with_bone("bones.nii.gz", &named)), all * 2 / 3);
    refuses(with_bone("bones.nii.gz", &["--bone-names", "L1"]), 3, "unreadable-label-table");
    refuses(with_bone("bones.nii.gz", &["--bone-names", "0"]), 2, "usage");
    refuses(with_bone("image.nii.gz", &[]), 4, "not-a-mask");
    refuses(with_bone("bone.nii.gz", &["--reference", "bones.nii.gz"]), 4, "label-mask");
    refuses(with_bone("bone.nii.gz", &["--exclude", "image.nii.gz"]), 4, "not-a-mask");
    // a label map of organs excludes all of them
    assert_eq!(n_bone(with_bone("bone.nii.gz", &["--exclude", "organs.nii.gz"])), all);
}
