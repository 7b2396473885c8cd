//! Numbers against an analytic truth or an independent program; the scripts that made them are in `scripts/reference`.

mod adc_fits;
mod b_values;
mod coverage;
mod crates;
mod dicom;
mod diffusion_body;
mod echoes;
mod fat_water;
mod ibsi;
mod kernels;
mod labels;
mod nifti;
mod response;
mod rigid;
mod simulate;
mod stats;

use std::path::PathBuf;

/// A file of the shared reference data, which is not part of the project; `None` (and a printed word) where it is absent.
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {path} is not there");
    None
}

/// A file beside these tests.
pub fn golden(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}
