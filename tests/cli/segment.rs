//! `segment`: networks with a known answer (`scripts/reference/onnx_networks.py`), and what is refused.

use super::images::{Folder, grid};
use predicates::str::contains;

/// A build without what runs networks says how to make one, before anything else.
#[cfg(not(feature = "segment"))]
#[test]
fn a_build_without_networks_says_how_to_make_one() {
    let folder = Folder::new();
    folder.refuses(&["segment", "image.nii.gz", "--model", "m.onnx", "-o", "x"], 2, "not-built");
    folder
        .run(&["segment", "image.nii.gz", "--model", "m.onnx", "-o", "x"])
        .assert()
        .stderr(contains("--features segment"));
    folder.run(&["explain", "segment"]).assert().success();
    let _ = grid();
}

#[cfg(feature = "segment")]
mod with_networks {
    use super::*;
    use myelomri::image::{Grid, read_labels, read_volume};
    use predicates::prelude::PredicateBooleanExt;
    use serde_json::Value;
    use std::fs;
    use std::path::PathBuf;

    const CLASSES: &str = "classes = [{ name = \"background\", label = 0 }, { name = \"L1\", label = 41 }]\n";
    const PLAIN: &str = "channels = [\"water\"]\naxes = \"ijk\"\nnormalise = { method = \"none\" }\n";
    const SCORES: &str = "[output]\nkind = \"scores\"\n";

    /// A folder with a network, its settings, and an image whose values tell their voxel.
    fn prepared(network: &str, settings: &str) -> Folder {
        let folder = Folder::new();
        let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cli/networks").join(network);
        fs::copy(from, folder.path("net.onnx")).unwrap();
        fs::write(folder.path("net.toml"), settings).unwrap();
        folder.volume("image.nii.gz", &grid(), value);
        folder
    }

    fn value([i, j, k]: [usize; 3]) -> f32 {
        ((7 * i + 5 * j + 3 * k) % 21) as f32
    }

    const RUN: [&str; 6] = ["segment", "image.nii.gz", "--model", "net.onnx", "-o", "out"];

    fn labels(folder: &Folder) -> ndarray::Array3<i32> {
        read_labels(&folder.path("out_dseg.nii.gz")).unwrap().data
    }

    #[test]
    fn a_threshold_is_drawn_whole_in_pieces_turned_and_in_any_order_of_axes() {
        let patch = |size: &str, blend: &str| format!("[patch]\nsize = {size}\noverlap = 0.4\nblend = \"{blend}\"\n");
        let orientation = "orientation = \"SRA\"\n";
        for (network, settings) in [
            ("threshold.onnx", [PLAIN, CLASSES, SCORES].concat()),
            ("threshold.onnx", [PLAIN, CLASSES, SCORES, &patch("[5, 7, 3]", "gaussian")].concat()),
            ("threshold.onnx", [PLAIN, orientation, CLASSES, SCORES, &patch("[64, 7, 4]", "uniform")].concat()),
            (
                "threshold.onnx",
                [&PLAIN.replace("ijk", "kji"), CLASSES, SCORES, &patch("[3, 7, 5]", "gaussian")].concat(),
            ),
            ("fixed.onnx", [PLAIN, orientation, CLASSES, SCORES].concat()),
        ] {
            let folder = prepared(network, &settings);
            let printed = folder.json(&[&RUN[..], &["--qc-dir", "qc"]].concat());
            let picture = fs::read(folder.path("qc/out_segment.png")).unwrap();
            assert!(picture.starts_with(b"\x89PNG") && picture.len() > 5_000);
            let found = labels(&folder);
            let mut n = 0;
            for ((i, j, k), &label) in found.indexed_iter() {
                let inside = value([i, j, k]) > 10.0;
                assert_eq!(label, if inside { 41 } else { 0 }, "{settings}");
                n += usize::from(inside);
            }
            assert_eq!(printed["classes"][0]["n_voxels"], n);
            assert_eq!(fs::read_to_string(folder.path("out_dseg.tsv")).unwrap(), "index\tname\n41\tL1\n");
        }
    }

    #[test]
    fn a_mean_of_neighbours_is_known_and_the_same_bytes_at_any_number_of_threads() {
        let patch = "[patch]\nsize = [6, 30, 8]\noverlap = 0.5\n";
        let folder = prepared("mean.onnx", &[PLAIN, CLASSES, SCORES, patch].concat());
        let mut files = Vec::new();
        for threads in ["1", "2", "5"] {
            folder.run(&RUN).args(["--threads", threads, "--force", "-q"]).assert().success();
            files.push(["out_dseg.nii.gz", "out_dseg.json"].map(|name| fs::read(folder.path(name)).unwrap()));
        }
        assert!(files[0] == files[1] && files[0] == files[2]);
        let found = labels(&folder);
        let mut n_checked = 0;
        // pieces at 0, 3, 6 along i: between their ends the neighbourhood is whole in every piece
        for ((i, j, k), &label) in found.indexed_iter().filter(|((i, ..), _)| [1, 10].contains(i)) {
            let mut sum = 0.0;
            for (di, dj, dk) in (0..27).map(|n| (n % 3, n / 3 % 3, n / 9)) {
                let at = [i + di, j + dj, k + dk];
                if at.iter().all(|&n| n > 0) && at[0] <= 12 && at[1] <= 30 && at[2] <= 8 {
                    sum += value(at.map(|n| n - 1));
                }
            }
            if (sum / 27.0 - 10.0).abs() > 1e-4 {
                n_checked += 1;
                assert_eq!(label == 41, sum / 27.0 > 10.0, "{i} {j} {k}");
            }
        }
        assert!(n_checked > 300);
    }

    #[test]
    fn another_voxel_size_is_said_recorded_and_undone_by_the_nearest() {
        let spaced = "spacing_mm = [1.0, 2.0, 2.0]\n";
        let folder = prepared("threshold.onnx", &[PLAIN, spaced, CLASSES, SCORES].concat());
        // a step along i: half of the voxels are above
        folder.volume("step.nii.gz", &grid(), |[i, ..]| if i < 6 { 0.0 } else { 20.0 });
        let run = ["segment", "step.nii.gz", "--model", "net.onnx", "-o", "out"];
        folder.run(&run).assert().success().stderr(contains("24x30x16  1.00x2.00x2.00 mm"));
        assert!(labels(&folder).indexed_iter().all(|((i, ..), &label)| (label == 41) == (i >= 6)));
        let sidecar: Value = serde_json::from_slice(&fs::read(folder.path("out_dseg.json")).unwrap()).unwrap();
        let parameters = &sidecar["Parameters"];
        assert_eq!(parameters["back_on_image"], "nearest neighbour");
        assert_eq!(parameters["settings"]["spacing_mm"][0], 1.0);
        let sha256 = myelomri::image::sha256_file(&folder.path("net.onnx")).unwrap();
        assert_eq!(parameters["network"]["sha256"], sha256.as_str());
        assert_eq!(sidecar["Sources"][0], "step.nii.gz");
        assert!(!sidecar.to_string().contains(&*folder.path("").to_string_lossy()));
    }

    #[test]
    fn slices_of_two_images_get_a_logistic_threshold() {
        let settings = "channels = [\"water\", \"fat\"]\naxes = \"ki\"\nnormalise = { method = \"none\" }\n\
            classes = [{ name = \"marrow\", label = 1 }]\n[patch]\nsize = [8, 5]\n\
            [output]\nkind = \"sigmoid\"\nthreshold = 0.8\n";
        let folder = prepared("slices.onnx", settings);
        folder.volume("fat.nii.gz", &grid(), |[i, j, _]| ((i + j) % 9) as f32);
        let run = ["segment", "image.nii.gz", "fat.nii.gz", "--model", "net.onnx", "-o", "out"];
        folder.run(&run).assert().success();
        let water = read_volume(&folder.path("image.nii.gz")).unwrap().data;
        let fat = read_volume(&folder.path("fat.nii.gz")).unwrap().data;
        for (at, &label) in labels(&folder).indexed_iter() {
            // logit of 0.8: ln 4
            assert_eq!(label == 1, water[at] - fat[at] >= 4.0_f32.ln());
        }
        folder.refuses(&RUN.map(|word| if word == "out" { "other" } else { word }), 4, "network-mismatch");
        let shorter = Grid { dims: [12, 30, 7], ..grid() };
        folder.volume("shorter.nii.gz", &shorter, value);
        let run = ["segment", "image.nii.gz", "shorter.nii.gz", "--model", "net.onnx", "-o", "other"];
        folder.refuses(&run, 4, "grid-mismatch");
    }

    #[test]
    fn what_it_draws_can_be_measured_on() {
        let folder = prepared("threshold.onnx", &[PLAIN, CLASSES, SCORES].concat());
        folder.volume(
            "box.nii.gz",
            &grid(),
            |[i, j, _]| if (2..9).contains(&i) && (4..9).contains(&j) { 20.0 } else { 0.0 },
        );
        folder.run(&["segment", "box.nii.gz", "--model", "net.onnx", "-o", "out"]).assert().success();
        let measured = ["--labels", "out_dseg.nii.gz", "--scheme", "out_dseg.tsv", "--region", "L1"];
        let results = folder.json(&[&["histogram", "image.nii.gz"], &measured[..]].concat());
        assert_eq!(results["regions"][0]["n_voxels"], 7 * 5 * 8);
        let ff = ["ff", "--water", "box.nii.gz", "--fat", "box.nii.gz"];
        assert_eq!(folder.json(&[&ff[..], &measured[..]].concat())["regions"][0]["n_voxels"], 7 * 5 * 8);
    }

    #[test]
    fn outputs_are_not_replaced_and_settings_are_asked_for() {
        let folder = prepared("threshold.onnx", &[PLAIN, CLASSES, SCORES].concat());
        folder.run(&RUN).assert().success();
        folder.refuses(&RUN, 5, "output-exists");
        folder.refuses(&RUN[..4], 2, "usage");
        fs::remove_file(folder.path("net.toml")).unwrap();
        folder
            .run(&["segment", "image.nii.gz", "--model", "net.onnx", "-o", "new"])
            .assert()
            .code(2)
            .stderr(contains("net.toml is missing").and(contains("orientation = \"LPS\"")));
    }

    #[test]
    fn each_thing_that_does_not_fit_is_one_clear_error() {
        let all = [PLAIN, CLASSES, SCORES].concat();
        let one = "classes = [{ name = \"a\", label = 1 }]\n";
        let single = [PLAIN, one, "[output]\nkind = \"probability\"\nthreshold = 0.5\n"].concat();
        for (network, settings, code, slug, said) in [
            ("unknown.onnx", single.clone(), 3, "unsupported-operators", "Wobble"),
            ("two_inputs.onnx", single.clone(), 3, "not-onnx", "2 inputs"),
            ("slices.onnx", all.clone(), 4, "network-mismatch", "axes"),
            ("slices.onnx", single.replace("ijk", "ij"), 4, "network-mismatch", "channels: the network has 2"),
            ("threshold.onnx", single.clone(), 4, "network-mismatch", "classes: the network has 2"),
            ("halved.onnx", single.clone(), 4, "network-mismatch", "size of the answer"),
            ("logarithm.onnx", single.clone(), 4, "not-finite", "the network's answer"),
            ("fixed.onnx", all.clone() + "[patch]\nsize = [8, 8, 4]\n", 4, "network-mismatch", "8 x 8 x 8"),
            ("threshold.onnx", all.replace("kind", "kinds"), 2, "bad-network-settings", "kind"),
        ] {
            let folder = prepared(network, &settings);
            folder.run(&RUN).assert().code(code).stderr(contains(format!("[{slug}]")).and(contains(said)));
            assert!(!folder.path("out_dseg.nii.gz").exists() && !folder.path("out_dseg.tsv").exists());
        }
    }

    #[test]
    fn files_that_are_no_networks_and_images_that_are_none_are_refused() {
        let folder = prepared("mean.onnx", &[PLAIN, CLASSES, SCORES].concat());
        let whole = fs::read(folder.path("net.onnx")).unwrap();
        let mut spoilt = whole.clone();
        spoilt.iter_mut().skip(20).step_by(7).for_each(|byte| *byte ^= 0x55);
        let cuts: Vec<Vec<u8>> = [0, 1, 20, 100, 200, whole.len() - 1].map(|n| whole[..n].to_vec()).into();
        for bytes in cuts.into_iter().chain([b"index,name\n1,L1\n".repeat(40), spoilt]) {
            fs::write(folder.path("net.onnx"), &bytes).unwrap();
            folder.run(&RUN).assert().code(3).stderr(contains("error[not-onnx]").and(contains("internal").not()));
        }
        folder.refuses(&["segment", "image.nii.gz", "--model", "none.onnx", "-o", "out"], 3, "file-not-found");
        fs::write(folder.path("net.onnx"), &whole).unwrap();
        folder.volume("gap.nii.gz", &grid(), |[i, ..]| if i == 3 { f32::NAN } else { 1.0 });
        folder.refuses(&["segment", "gap.nii.gz", "--model", "net.onnx", "-o", "out"], 4, "not-finite");
        fs::write(
            folder.path("net.toml"),
            [&PLAIN.replace("none", "z-score\", over = \"all"), CLASSES, SCORES].concat(),
        )
        .unwrap();
        folder.volume("flat.nii.gz", &grid(), |_| 3.0);
        folder.refuses(&["segment", "flat.nii.gz", "--model", "net.onnx", "-o", "out"], 4, "flat-image");
    }
}
