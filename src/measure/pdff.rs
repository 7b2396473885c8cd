//! Proton-density fat fraction of the vertebrae from a map that the scanner states as such.
//!
//! Inputs  fat-fraction map; its unit from the sidecar (`Units`), percent where none is stated, and refused where the
//!         values contradict it
//! Output  percent, never clipped
//! Limits  what the scanner's reconstruction corrected for is taken on trust

use super::Role;
use super::registry::{Biomarker, Citation};
use super::session::SessionWork;
use super::sff::{FF_RANGE, fat_number};
use crate::dixon::{FfUnit, scaled_map};
use crate::error::Result;
use crate::image::{MapSidecar, Volume, read_sidecar};
use crate::units::Unit;
use std::sync::Arc;

/// Registry entry.
pub static BIOMARKER: Biomarker = Biomarker {
    name: "pdff",
    title: "Proton-density fat fraction",
    needs: &[Role::FatFraction, Role::Labels],
    signature: &[Role::FatFraction],
    yields: &[
        fat_number("mean", FF_RANGE, "mean of the voxels' proton-density fat fraction"),
        fat_number("median", FF_RANGE, "median of the voxels' proton-density fat fraction"),
        fat_number("sd", [0.0, 40.0], "standard deviation of the voxels' proton-density fat fraction (n - 1)"),
        fat_number("p10", FF_RANGE, "10th percentile of the voxels' proton-density fat fraction"),
        fat_number("p90", FF_RANGE, "90th percentile of the voxels' proton-density fat fraction"),
    ],
    citations: &[Citation {
        text: "Reeder SB, Hu HH, Sirlin CB, J Magn Reson Imaging 2012",
        doi: "10.1002/jmri.23741",
    }],
    doc: include_str!("../docs/pdff.md"),
    measure,
};

fn measure(work: &mut SessionWork) -> Result<()> {
    let stored = work.volume(Role::FatFraction)?;
    let stated = read_sidecar(&stored.source)?.and_then(|sidecar| sidecar.units);
    let unit = match stated.as_deref() {
        Some("1" | "fraction" | "arbitrary") => FfUnit::Fraction,
        Some("permille") => FfUnit::Permille,
        _ => FfUnit::Percent,
    };
    let map = Arc::new(Volume::new(stored.grid.clone(), scaled_map(stored.data.view(), unit)?));
    let regions = work.dixon_regions(&map.grid, Role::FatFraction)?;
    work.region_rows(&map.data, &regions, |_, _| Vec::new());
    let parameters = serde_json::json!({ "form": "map" });
    let sources = [&stored.source];
    let method = "fat-fraction map of the scanner, stated as proton density";
    work.keep_scalar("PDFF", &map, MapSidecar::new("pdff", Unit::Percent.ascii(), method, parameters, sources));
    work.fat_fraction = Some(map);
    Ok(())
}
