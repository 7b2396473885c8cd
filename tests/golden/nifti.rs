//! NIfTI files as nibabel 5.4.2 writes them (`scripts/reference/nifti_files.py`), against what nibabel reads.

use crate::golden;
use myelomri::image::{Grid, ImageError, read_grid, read_series, read_volume};
use serde_json::Value;
use std::collections::BTreeMap;

fn expected() -> BTreeMap<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(golden("nifti/expected.json")).unwrap()).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

#[test]
fn values_and_affines_are_those_of_nibabel() {
    let mut n_read = 0;
    for (name, file) in expected().into_iter().filter(|(_, file)| file.is_object()) {
        let series = read_series(&golden("nifti").join(&name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let shape: Vec<usize> =
            file["shape"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect();
        assert_eq!(series.grid.dims, shape[..3], "{name}");
        assert_eq!(series.len(), shape[3..].iter().product::<usize>(), "{name}");
        for (value, theirs) in series.data.t().iter().zip(floats(&file["values"])) {
            assert!(*value == theirs as f32 || (value.is_nan() && theirs.is_nan()), "{name}: {value} {theirs}");
        }
        let rows: Vec<Vec<f64>> = file["affine"].as_array().unwrap().iter().map(floats).collect();
        let affine = std::array::from_fn(|r| std::array::from_fn(|c| rows[r][c]));
        let displacement = series.grid.corner_displacement_mm(&Grid::new(series.grid.dims, affine));
        // a qform alone is only as exact as its three single-precision numbers
        let allowed = if name.contains("qform") { 5e-3 } else { 1e-5 };
        assert!(displacement < allowed, "{name}: corner off by {displacement} mm");
        n_read += 1;
    }
    assert_eq!(n_read, 36);
}

#[test]
fn complex_files_are_refused() {
    for name in expected().into_iter().filter(|(_, file)| file == "refused").map(|(name, _)| name) {
        let error = read_volume(&golden("nifti").join(&name)).unwrap_err();
        assert!(matches!(error, ImageError::UnsupportedType { .. }), "{name}: {error}");
    }
}

#[test]
fn the_letters_of_a_sagittal_image() {
    assert_eq!(read_grid(&golden("nifti/sagittal_qform.nii.gz")).unwrap().orientation(), "PIL");
}
