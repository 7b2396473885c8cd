//! Label maps as TotalSegmentator, 3D Slicer, SPINEPS and ITK-SNAP store them (`scripts/reference/label_files.py`), against
//! what nibabel, pynrrd and numpy find in them.

use crate::golden;
use myelomri::error::Failure;
use myelomri::image::{
    Grid, Labels, OffGrid, Reader, Trace, Volume, identity_in_image, place_labels, place_mask, read_volume,
};
use myelomri::region::{Scheme, SchemeChoice, Selection, keep_body, read_body, read_label_map, regions};
use serde_json::Value;

fn file(name: &str) -> std::path::PathBuf {
    golden("labels").join(name)
}

fn image() -> Volume {
    read_volume(&file("image.nii.gz")).unwrap()
}

fn expected(name: &str) -> Vec<(String, usize, f64)> {
    let all: Value = serde_json::from_str(&std::fs::read_to_string(file("expected.json")).unwrap()).unwrap();
    let levels = all[name].as_object().unwrap();
    let row =
        |(level, row): (&String, &Value)| (level.clone(), row[0].as_u64().unwrap() as usize, row[1].as_f64().unwrap());
    levels.iter().map(row).collect()
}

/// Reads a map, puts it onto the image and compares number of voxels and mean of each level.
fn check(name: &str, labels: Labels, scheme: &Scheme, volume: &Volume) {
    let selection = Selection::parse("L1-L5").unwrap();
    let (found, _) = regions(&labels, scheme, &selection, 0.0, &[]).unwrap();
    let rows = expected(name);
    assert_eq!(rows.len(), 5);
    for (level, n_voxels, mean) in rows {
        let region = found.iter().find(|region| region.name == level).unwrap_or_else(|| panic!("{name}: {level}"));
        let values = region.values(volume.data.view());
        let ours = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
        assert_eq!(values.len(), n_voxels, "{name} {level}");
        assert!((ours - mean).abs() < 1e-6, "{name} {level}: {ours} {mean}");
    }
}

fn placed(name: &str, scheme: &str, off_grid: OffGrid) -> Result<(Labels, Scheme, Vec<String>), String> {
    let volume = image();
    let choice = match scheme.strip_prefix("table:") {
        Some(table) => SchemeChoice::of(file(table).to_str().unwrap()).unwrap(),
        None => SchemeChoice::of(scheme).unwrap(),
    };
    let (labels, scheme, mut said) =
        read_label_map(&file(name), &choice, &Reader::default()).map_err(|e| e.to_string())?;
    let placed = place_labels(labels, &volume.grid, ["image", "image.nii.gz"], off_grid);
    let (labels, told) = placed.map_err(|e| format!("{}: {e}", e.slug()))?;
    said.extend(told);
    Ok((labels, scheme, said.into_iter().map(|warning| warning.slug).collect()))
}

#[test]
fn maps_that_name_their_labels_need_no_scheme() {
    for (name, scheme, told) in [
        ("totalsegmentator.nii.gz", "embedded", &["embedded-names"][..]),
        ("totalsegmentator.nii.gz", "totalseg-v2", &[]),
        ("cropped.seg.nrrd", "embedded", &["embedded-names"]),
        ("big_raw.seg.nrrd", "embedded", &["embedded-names"]),
        ("layers.seg.nrrd", "embedded", &["embedded-names"]),
        ("numbered.nii.gz", "table:numbered_dseg.tsv", &[]),
        ("numbered.nii.gz", "table:numbered_itksnap.txt", &[]),
        ("spineps_vertebrae.nii.gz", "spineps", &[]),
    ] {
        let (labels, scheme, said) = placed(name, scheme, OffGrid::Refuse).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(said, told, "{name}");
        check(name, labels, &scheme, &image());
    }
}

#[test]
fn a_scheme_that_contradicts_the_names_in_the_map_is_refused() {
    let error = placed("totalsegmentator.nii.gz", "totalseg-vertebrae-mr", OffGrid::Refuse);
    assert!(error.is_ok(), "labels 27 to 31 mean nothing there: no contradiction, and no level either");
    // 1 is C1 in SPINEPS, and L1 by the name of the segment
    let scheme = SchemeChoice::Stated(Scheme::named("spineps").unwrap());
    let error = scheme.for_map(&file("cropped.seg.nrrd")).unwrap_err().to_string();
    assert!(error.contains("scheme-contradicted") && error.contains("C1"), "{error}");
}

#[test]
fn a_segmentation_off_the_lattice_is_refused_and_a_coarse_map_only_resampled_when_asked() {
    for name in ["off_lattice.seg.nrrd", "coarse.nii.gz"] {
        let scheme = if name.ends_with("nrrd") { "embedded" } else { "table:plain_dseg.tsv" };
        let error = placed(name, scheme, OffGrid::Refuse).unwrap_err();
        assert!(error.contains("grid-mismatch"), "{name}: {error}");
    }
    let (labels, scheme, said) = placed("coarse.nii.gz", "table:plain_dseg.tsv", OffGrid::ResampleLabels).unwrap();
    assert_eq!(said, ["labels-resampled"]);
    check("coarse.nii.gz", labels, &scheme, &image());
}

#[test]
fn the_body_is_what_the_semantic_mask_of_spineps_says() {
    let (mut labels, scheme, _) = placed("spineps_vertebrae.nii.gz", "spineps", OffGrid::Refuse).unwrap();
    let body = read_body(&file("spineps_semantic.nii.gz"), Some(49), &Reader::default()).unwrap();
    let (body, _) = place_mask(body, &image().grid, ["image", "image.nii.gz"], "body").unwrap();
    let told = keep_body(&mut labels, &body);
    assert!(told.message.contains("%"), "{}", told.message);
    check("spineps_vertebrae.nii.gz body", labels, &scheme, &image());
    let several = read_body(&file("spineps_semantic.nii.gz"), None, &Reader::default()).unwrap_err();
    assert_eq!(several.failure().slug(), "body-class");
}

#[test]
fn a_map_that_is_upside_down_is_refused_with_what_to_do() {
    let (labels, scheme, _) = placed("upside_down.nii.gz", "spineps", OffGrid::Refuse).unwrap();
    let error = regions(&labels, &scheme, &Selection::parse("L1-L5").unwrap(), 0.0, &[]).unwrap_err();
    assert_eq!(error.slug(), "vertebra-order");
    assert!(error.remedy().unwrap().contains("upside down"));
}

#[test]
fn a_segmentation_covers_its_box_alone() {
    let grid: Grid = Reader::default().grid(&file("cropped.seg.nrrd")).unwrap();
    assert_eq!((grid.dims, grid.orientation().as_str()), ([10, 13, 33], "LPS"));
    assert!(grid.n_voxels() < image().grid.n_voxels() / 2);
}

#[test]
fn a_person_in_a_header_is_found_field_by_field() {
    let found = identity_in_image(&file("person.nii")).unwrap();
    let keys: Vec<(&str, Trace)> = found.iter().map(|one| (one.key.as_str(), one.trace)).collect();
    assert_eq!(
        keys,
        [
            ("db_name", Trace::FreeText),
            ("descrip", Trace::Date),
            ("aux_file", Trace::FreeText),
            ("extension 2", Trace::DicomHeader),
            ("extension 44 PatientName", Trace::Name),
        ]
    );
    for clean in ["totalsegmentator.nii.gz", "image.nii.gz", "cropped.seg.nrrd"] {
        assert_eq!(identity_in_image(&file(clean)).unwrap(), [], "{clean}");
    }
}
