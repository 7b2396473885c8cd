//! DICOM to volumes and masks: public data of Siemens and GE against the NIfTI that came with them, and simulated DICOM
//! (`scripts/reference/dicom_series.py`) against the formula of its pixels.
//!
//! Each is converted by this program and, where it is installed, by dcm2niix.

use super::{golden, shared};
use myelomri::image::dicom::Dcm2niix;
use myelomri::image::gradients::read_bval;
use myelomri::image::{Series, read_mask, read_series};
use myelomri::study::import::{Choice, ImportOptions, Imported, import};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Both converters, or the one that is there.
fn converters() -> Vec<Choice> {
    match Dcm2niix::find(None) {
        Ok(_) => vec![Choice::Builtin, Choice::Dcm2niix],
        Err(_) => {
            println!("skipped for dcm2niix: it is not on PATH");
            vec![Choice::Builtin]
        }
    }
}

fn imported(roots: &[PathBuf], choice: Choice) -> (TempDir, Imported) {
    let folder = tempfile::tempdir().unwrap();
    let options = ImportOptions {
        roots: roots.to_vec(),
        study: folder.path().join("study"),
        choice,
        dcm2niix: None,
        subject_map: None,
        sessions: vec!["baseline".to_owned(), "cycle2".to_owned()],
        force: false,
    };
    let done = import(&options, |_, _| {}).unwrap();
    (folder, done)
}

fn file(folder: &TempDir, session: &str, kind: &str, rest: &str) -> PathBuf {
    folder.path().join(format!("study/sub-001/ses-{session}/{kind}/sub-001_ses-{session}_{rest}"))
}

/// Affines differ by less than `mm` in every entry, and values not at all.
fn same_images(got: &Series, want: &Series, n_volumes: usize, mm: f64) {
    assert_eq!((got.grid.dims, got.len()), (want.grid.dims, n_volumes));
    for (a, b) in got.grid.affine.iter().flatten().zip(want.grid.affine.iter().flatten()) {
        assert!((a - b).abs() < mm, "{:?} {:?}", got.grid, want.grid);
    }
    let n = n_volumes * want.grid.n_voxels();
    assert_eq!(got.data.as_slice_memory_order().unwrap(), &want.data.as_slice_memory_order().unwrap()[..n]);
}

#[test]
fn the_siemens_phantom_gives_the_reference_image_with_its_b_values() {
    let (Some(dicom), Some(reference)) = (
        shared("reference/dicom/siemens-phantom"),
        shared("reference/diffusion/mrbias/3001_ep2d_diff_1_TRACEW.nii.gz"),
    ) else {
        return;
    };
    let reference = read_series(&reference).unwrap();
    for choice in converters() {
        let (folder, done) = imported(std::slice::from_ref(&dicom), choice);
        let roles: Vec<(i64, &str, &str)> =
            done.rows.iter().map(|row| (row.series_number, row.role.as_str(), row.b_values.as_str())).collect();
        let want = [(3001, "dwi", "0"), (3002, "dwi", "500"), (3003, "dwi", "1000"), (3004, "dwi", "1500")];
        assert_eq!(roles[..4], want);
        assert_eq!(roles[4..], [(3005, "dwi", "2000"), (4001, "adc", "")]);
        assert!(done.failure().is_none(), "{:?}", done.failure());
        let image = file(&folder, "baseline", "dwi", "chunk-1_dwi.nii.gz");
        // the reference has the scanner's ADC map as a sixth volume, which the import keeps apart
        same_images(&read_series(&image).unwrap(), &reference, 5, 1e-6);
        assert_eq!(
            read_bval(&image.with_file_name("sub-001_ses-baseline_chunk-1_dwi.bval")).unwrap(),
            [0.0, 500.0, 1000.0, 1500.0, 2000.0]
        );
        let adc = read_series(&file(&folder, "baseline", "dwi", "chunk-1_ADC.nii.gz")).unwrap();
        let sixth = reference.data.index_axis(ndarray::Axis(3), 5);
        assert_eq!(adc.data.index_axis(ndarray::Axis(3), 0), sixth);
    }
}

#[test]
fn the_ge_series_gives_the_reference_image_and_the_truncated_one_is_named() {
    let (Some(dicom), Some(reference)) =
        (shared("reference/dicom/ge/In"), shared("reference/dicom/ge/Ref/Ax_DWI_TENSOR_R2_1.nii.gz"))
    else {
        return;
    };
    let reference = read_series(&reference).unwrap();
    for choice in converters() {
        let (folder, done) = imported(std::slice::from_ref(&dicom), choice);
        let image = file(&folder, "baseline", "dwi", "chunk-1_dwi.nii.gz");
        same_images(&read_series(&image).unwrap(), &reference, 7, 2e-4);
        let mut b = vec![1000.0; 7];
        b[0] = 0.0;
        assert_eq!(read_bval(&image.with_file_name("sub-001_ses-baseline_chunk-1_dwi.bval")).unwrap(), b);
        let failed = done.failed.join("\n");
        assert!(failed.contains("i49.MRDC.14: it is truncated"), "{failed}");
        assert_eq!(done.rows[1].role, "refused");
    }
}

/// Value of a simulated pixel before scaling, from world coordinates (mm, RAS+).
fn value_at(series: &Series, [i, j, k, volume]: [usize; 4], axes: Axes) -> (f32, f64) {
    let [x, y, z] = series.grid.world_mm([i as f64, j as f64, k as f64]);
    let (x, y) = (-x, -y);
    let (column, row, slice) = match axes {
        Axes::Axial => ((x + 20.0) / 1.5, (y + 15.0) / 2.0, (z + 30.0) / 4.0),
        // columns to the back, rows down, slices to the right
        Axes::Sagittal => ((y + 15.0) / 1.5, (-30.0 - z) / 2.0, (-20.0 - x) / 4.0),
        // columns to the left, rows down, slices to the back
        Axes::Coronal => ((x + 20.0) / 1.5, (-30.0 - z) / 2.0, (y + 15.0) / 4.0),
    };
    (series.data[[i, j, k, volume]], 100.0 * slice + 10.0 * row + column)
}

#[derive(Clone, Copy)]
enum Axes {
    Axial,
    Sagittal,
    Coronal,
}

/// Every voxel is `factor (1000 volume + place) + offset`, volume as the script numbers it.
fn follows_the_formula(path: &Path, axes: Axes, volumes: &[f64], factor: f64, offset: f64) {
    let series = read_series(path).unwrap();
    assert_eq!(series.len(), volumes.len(), "{}", path.display());
    for (index, _) in series.data.indexed_iter() {
        let (got, place) = value_at(&series, index.into(), axes);
        let want = factor * (1000.0 * volumes[index.3] + place) + offset;
        let off = (f64::from(got) - want).abs();
        assert!(off <= 1e-5 * want.abs().max(1.0), "{} {index:?}: {got} for {want}", path.display());
    }
}

#[test]
fn each_pixel_lies_where_its_header_says() {
    for choice in converters() {
        let (folder, _) = imported(&[golden("dicom/sa0"), golden("dicom/seg"), golden("dicom/rt")], choice);
        for role in ["water", "fat", "inphase", "opposed"] {
            let path = file(&folder, "baseline", "anat", &format!("rec-{role}_dixon.nii.gz"));
            follows_the_formula(&path, Axes::Sagittal, &[0.0], 1.0, 0.0);
        }
        let upper = file(&folder, "baseline", "dwi", "chunk-1_dwi.nii.gz");
        follows_the_formula(&upper, Axes::Axial, &[0.0, 1.0], 1.0, 0.0);
        assert_eq!(read_bval(&upper.with_file_name("sub-001_ses-baseline_chunk-1_dwi.bval")).unwrap(), [50.0, 800.0]);
        let lower = read_series(&file(&folder, "baseline", "dwi", "chunk-2_dwi.nii.gz")).unwrap();
        assert!((lower.grid.affine[2][3] + 42.0).abs() < 1e-4);

        // masks: drawn on the upper of two stations, on the composed grid (3 slices of the lower one below)
        let mask =
            |name: &str| read_mask(&file(&folder, "baseline", "dwi", &format!("seg-{name}_mask.nii.gz"))).unwrap();
        let inside = |name: &str| -> Vec<(usize, usize, usize)> {
            mask(name).data.indexed_iter().filter(|(_, inside)| **inside).map(|(at, _)| at).collect()
        };
        assert_eq!(mask("bone").grid.dims, [8, 6, 6]);
        // rows count from the last: row 1-2 is j 4-3
        let want: Vec<_> =
            (2..5).flat_map(|i| [3, 4].into_iter().flat_map(move |j| [3, 5].map(|k| (i, j, k)))).collect();
        assert_eq!(inside("bone"), want);
        assert_eq!(inside("muscle"), [(7, 0, 4)]);
        let hole: Vec<_> = (1..6).flat_map(|i| (1..5).map(move |j| (i, j, 4))).filter(|at| *at != (3, 3, 4)).collect();
        assert_eq!(inside("exclude"), hole);
    }
}

/// One series packed in many ways (`scripts/reference/dicom_syntaxes.py`).
#[test]
fn each_transfer_syntax_is_read_right_or_refused_by_its_name() {
    let one = |name: &str| imported(&[golden(&format!("dicom/syntax/{name}"))], Choice::Builtin);
    for name in
        ["deflate", "big-endian", "rle", "jpeg-lossless", "jpeg-lossless-16", "jpeg-lossless-14", "jpeg-baseline"]
    {
        let (folder, done) = one(name);
        assert!(done.failure().is_none(), "{name}: {:?}", done.failure());
        let path = file(&folder, "baseline", "anat", "rec-water_dixon.nii.gz");
        follows_the_formula(&path, Axes::Axial, &[0.0], 1.0, 0.0);
        let is_lossy = done.notes.iter().any(|note| note.contains("1 series went through lossy compression"));
        assert_eq!(is_lossy, name == "jpeg-baseline", "{name}");
    }
    for name in ["rle-signed", "jpeg-lossless-signed"] {
        let (folder, _) = one(name);
        let path = file(&folder, "baseline", "anat", "rec-water_dixon.nii.gz");
        follows_the_formula(&path, Axes::Axial, &[0.0], 1.0, -300.0);
    }
    for (name, syntax) in [
        ("jpeg-extended", "JPEG extended (transfer syntax 1.2.840.10008.1.2.4.51)"),
        ("jpeg-ls", "JPEG-LS lossless (transfer syntax 1.2.840.10008.1.2.4.80)"),
        ("jpeg-ls-near", "JPEG-LS near-lossless (transfer syntax 1.2.840.10008.1.2.4.81)"),
        ("jpeg-2000", "JPEG 2000 lossless (transfer syntax 1.2.840.10008.1.2.4.90)"),
        ("jpeg-2000-lossy", "JPEG 2000 (transfer syntax 1.2.840.10008.1.2.4.91)"),
    ] {
        let (folder, done) = one(name);
        let failed = done.failed.join("\n");
        assert!(failed.contains(&format!("does not read {syntax}; convert it with dcm2niix")), "{name}: {failed}");
        assert!(failed.contains("IM0001"), "{failed}");
        assert!(!folder.path().join("study/sub-001").exists());
    }
    // where both fail nobody is sent from one to the other
    if converters().len() > 1 {
        let (_folder, done) = imported(&[golden("dicom/syntax/jpeg-extended")], Choice::Auto);
        let failed = done.failed.join("\n");
        assert!(failed.contains("nor the built-in converter reads JPEG extended (transfer syntax"), "{failed}");
        assert!(
            failed.contains("export the series again, uncompressed") && !failed.contains("--converter"),
            "{failed}"
        );
    }
}

/// Two voxels of two vertebrae are nobody's: as segments in one row of a slice, as contours in two columns of two rows.
#[test]
fn voxels_that_two_vertebrae_claim_are_refused_and_the_images_are_written() {
    for (name, n) in [("vert-overlap", 3), ("vert-overlap-rt", 4)] {
        let roots = [golden("dicom/sa0"), golden(&format!("dicom/{name}"))];
        let (folder, done) = imported(&roots, Choice::Builtin);
        let failed = done.failed.join("\n");
        let said = format!("overlapping-vertebrae: {n} voxels are drawn as L2 and as another vertebra, L1 first; mend");
        assert!(failed.contains(&said), "{failed}");
        let claimed = done.rows.iter().filter(|row| row.role == "refused" && row.evidence.contains("named L"));
        assert_eq!(claimed.count(), 2, "{name}");
        assert!(!file(&folder, "baseline", "anat", "seg-vertebrae_dseg.nii.gz").exists());
        assert!(!file(&folder, "baseline", "anat", "seg-vertebrae_dseg.tsv").exists());
        assert!(file(&folder, "baseline", "anat", "rec-water_dixon.nii.gz").is_file());
    }
}

/// Two pictures of four slices each; without the word in the image type a private attribute alone says so.
#[test]
fn mosaics_are_never_taken_for_one_slice() {
    for name in ["mosaic", "mosaic-unnamed"] {
        let roots = [golden(&format!("dicom/syntax/{name}"))];
        let (_folder, done) = imported(&roots, Choice::Builtin);
        let failed = done.failed.join("\n");
        assert!(failed.contains("does not read Siemens mosaics (many slices in one picture)"), "{name}: {failed}");
        if converters().len() > 1 {
            let (folder, done) = imported(&roots, Choice::Auto);
            assert!(done.failure().is_none(), "{name}: {:?}", done.failure());
            let path = file(&folder, "baseline", "dwi", "chunk-1_dwi.nii.gz");
            let series = read_series(&path).unwrap();
            assert_eq!((series.grid.dims, series.len()), ([8, 6, 4], 2));
            let b = read_bval(&path.with_file_name("sub-001_ses-baseline_chunk-1_dwi.bval")).unwrap();
            assert_eq!(b, [50.0, 750.0]);
            // the pictures are 12 x 16: 10 row + column, slices by rows of tiles
            for ((i, j, k, _), &value) in series.data.indexed_iter() {
                let (row, column) = (5 - j + 6 * (k / 2), i + 8 * (k % 2));
                assert_eq!(f64::from(value), (10 * row + column) as f64, "{name} {i} {j} {k}");
            }
            // half of what the picture is larger than a slice of 8 x 6 voxels of 1.5 x 2 mm, then to the last row
            let first = series.grid.world_mm([0.0; 3]);
            assert!(
                [20.0 - 6.0, 15.0 - 6.0 - 10.0, -30.0].iter().zip(first).all(|(a, b)| (a - b).abs() < 1e-3),
                "{first:?}"
            );
        }
    }
    if converters().len() > 1 {
        let oblique = imported(&[golden("dicom/syntax/mosaic-oblique")], Choice::Auto);
        let series = read_series(&file(&oblique.0, "baseline", "dwi", "chunk-1_dwi.nii.gz")).unwrap();
        // the slices run down, as SliceNormalVector says
        assert!((series.grid.affine[2][2] + 4.0 * 0.939_692_620_8).abs() < 1e-3, "{:?}", oblique.1.failed);
        let (folder, done) = imported(&[golden("dicom/syntax/mosaic-apart")], Choice::Auto);
        assert!(done.failure().is_some() && !folder.path().join("study/sub-001").exists(), "{:?}", done.rows);
    }
}

/// Segments made by highdicom (`scripts/reference/dicom_vertebrae.py`): segment n is row n from the top, columns 1 to 3.
#[test]
fn segments_of_vertebrae_become_one_label_map_with_the_numbers_of_the_scheme() {
    let roots = [golden("dicom/sa0"), golden("dicom/vert")];
    let (folder, done) = imported(&roots, Choice::Builtin);
    let drawn = |part: &str| done.rows.iter().find(|row| row.part == part).unwrap();
    let said = |part: &str| (drawn(part).role.as_str(), drawn(part).index.as_str());
    assert_eq!(said("segment 1"), ("vertebra", "L1"));
    assert_eq!(said("segment 2"), ("vertebra", "L2"));
    assert_eq!(said("segment 3"), ("vertebra", "L3"));
    // a disc is known to be no vertebra
    assert_eq!(said("segment 4"), ("skip", ""));
    assert!(drawn("segment 4").evidence.contains("named a disc of the spine, which is no vertebra"));
    assert!(done.failure().is_none());
    assert_eq!(said("segment 5"), ("reference", ""));

    let path = file(&folder, "baseline", "anat", "seg-vertebrae_dseg.nii.gz");
    let labels = myelomri::image::read_labels(&path).unwrap();
    let water = read_series(&file(&folder, "baseline", "anat", "rec-water_dixon.nii.gz")).unwrap();
    assert_eq!((labels.grid.dims, labels.grid.affine), (water.grid.dims, water.grid.affine));
    for ((i, j, k), &label) in labels.data.indexed_iter() {
        // rows count from the last
        let want = match 5 - j {
            0 if (1..4).contains(&i) => 41,
            1 if (1..4).contains(&i) && k == 1 => 42,
            2 if (1..4).contains(&i) => 43,
            _ => 0,
        };
        assert_eq!(label, want, "{i} {j} {k}");
    }
    let table = std::fs::read_to_string(path.with_file_name("sub-001_ses-baseline_seg-vertebrae_dseg.tsv")).unwrap();
    assert_eq!(table, "index\tname\n41\tL1\n42\tL2\n43\tL3\n");
}

#[test]
fn philips_signals_are_floating_point_values_and_maps_as_displayed() {
    for choice in converters() {
        let (folder, done) = imported(&[golden("dicom/pb0")], choice);
        assert!(done.failure().is_none(), "{:?} {:?}", done.failure(), done.notes);
        for (role, scale, volume) in
            [("water", 0.004, 0.0), ("fat", 0.008, 0.0), ("inphase", 0.002, 0.0), ("opposed", 0.016, 0.0)]
        {
            let path = file(&folder, "baseline", "anat", &format!("rec-{role}_dixon.nii.gz"));
            let scale = f64::from(scale as f32);
            follows_the_formula(&path, Axes::Coronal, &[volume], 1.0 / scale, 0.0);
        }
        let path = file(&folder, "baseline", "anat", "rec-fatfraction_dixon.nii.gz");
        follows_the_formula(&path, Axes::Coronal, &[0.0], 0.05, -1.5);
        assert!(
            std::fs::read_to_string(path.with_file_name("sub-001_ses-baseline_rec-fatfraction_dixon.json"))
                .unwrap()
                .contains("\"Units\": \"percent\"")
        );
        let path = file(&folder, "baseline", "dwi", "chunk-1_dwi.nii.gz");
        follows_the_formula(&path, Axes::Axial, &[0.0, 1.0], 1.0 / f64::from(0.01_f32), 0.0);
        // the ADC map of the same series is a file of its own
        follows_the_formula(&file(&folder, "baseline", "dwi", "chunk-1_ADC.nii.gz"), Axes::Axial, &[2.0], 1.0, 0.0);
    }
}

#[test]
fn enhanced_images_are_taken_apart_by_frame() {
    let (folder, done) = imported(&[golden("dicom/e1"), golden("dicom/e2")], Choice::Auto);
    assert!(done.failure().is_none(), "{:?}", done.failure());
    // each frame has a rescale slope of its own: 1 for volume 0, 2 for volume 1
    for (role, volume) in [("water", 0.0), ("fat", 1.0)] {
        let path = file(&folder, "baseline", "anat", &format!("rec-{role}_dixon.nii.gz"));
        follows_the_formula(&path, Axes::Axial, &[volume], 1.0 + volume, 0.0);
    }
    let path = file(&folder, "baseline", "dwi", "chunk-1_dwi.nii.gz");
    // (SV RS) / (RS SS): the slope of the frame cancels
    follows_the_formula(&path, Axes::Axial, &[0.0, 1.0], 1.0 / f64::from(0.01_f32), 0.0);
    assert_eq!(read_bval(&path.with_file_name("sub-001_ses-baseline_chunk-1_dwi.bval")).unwrap(), [900.0, 0.0]);
}

#[test]
fn offsets_and_numbers_of_ge_are_understood() {
    // dcm2niix wants attributes for b-values that the simulation lacks: its volumes are told by their pixels
    for choice in [Choice::Builtin, Choice::Auto] {
        let (folder, done) = imported(&[golden("dicom/ga1")], choice);
        assert!(done.failure().is_none(), "{:?}", done.failure());
        if choice == Choice::Auto && converters().len() > 1 {
            assert!(done.notes.iter().any(|note| note.contains("volumes told by their pixels")), "{:?}", done.notes);
        }
        let path = file(&folder, "baseline", "dwi", "chunk-1_dwi.nii.gz");
        follows_the_formula(&path, Axes::Axial, &[0.0, 1.0, 2.0], 1.0, 0.0);
        assert_eq!(
            read_bval(&path.with_file_name("sub-001_ses-baseline_chunk-1_dwi.bval")).unwrap(),
            [0.0, 50.0, 800.0]
        );
        for echo in 1..=3 {
            for part in ["mag", "phase"] {
                let path = file(&folder, "baseline", "anat", &format!("echo-{echo}_part-{part}_MEGRE.nii.gz"));
                follows_the_formula(&path, Axes::Axial, &[f64::from(echo - 1)], 1.0, 0.0);
            }
        }
    }
}
