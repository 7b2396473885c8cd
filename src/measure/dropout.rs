//! Dropout ratio of the vertebrae from in- and opposed-phase images.
//!
//! Inputs  in-phase, opposed-phase: magnitude images on one grid
//! Output  percent, `100 (IP - OP) / IP`; negative values are kept
//! Limits  the same ratio stands for a fat fraction and its complement: the regime, water- or fat-dominant, is told from
//!         a fat-fraction map where the session has one and stands in `qc_flags`; T2* decay adds to the ratio

use super::Role;
use super::registry::{Biomarker, Citation, Place, Yield};
use super::session::SessionWork;
use crate::dixon::{Regime, dropout_ratio};
use crate::error::Result;
use crate::image::{MapSidecar, Volume};
use crate::units::Unit;
use std::sync::Arc;

const fn number(statistic: &'static str, plausible: [f64; 2], what: &'static str) -> Yield {
    Yield { statistic, place: Place::Levels, unit: Unit::Percent, plausible, what }
}

/// A ratio below -40 % would need an opposed-phase signal far above the in-phase one.
const RANGE: [f64; 2] = [-40.0, 100.0];

/// Registry entry.
pub static BIOMARKER: Biomarker = Biomarker {
    name: "dropout",
    title: "Dropout ratio",
    needs: &[Role::InPhase, Role::OpposedPhase, Role::Labels],
    one_of: &[],
    signature: &[Role::InPhase, Role::OpposedPhase],
    yields: &[
        number("mean", RANGE, "mean of the voxels' dropout ratio"),
        number("median", RANGE, "median of the voxels' dropout ratio"),
        number("sd", [0.0, 60.0], "standard deviation of the voxels' dropout ratio (n - 1)"),
        number("p10", [-60.0, 100.0], "10th percentile of the voxels' dropout ratio"),
        number("p90", RANGE, "90th percentile of the voxels' dropout ratio"),
    ],
    citations: &[Citation { text: "Zajick DC et al., Radiology 2005", doi: "10.1148/radiol.2372040990" }],
    doc: include_str!("../docs/dropout.md"),
    measure,
};

fn measure(work: &mut SessionWork) -> Result<()> {
    let (ip, op) = (work.volume(Role::InPhase)?, work.volume(Role::OpposedPhase)?);
    work.prove_same((&ip.grid, Role::InPhase, &ip.source), (&op.grid, Role::OpposedPhase, &op.source))?;
    let map = Arc::new(Volume::new(ip.grid.clone(), dropout_ratio(ip.data.view(), op.data.view(), 0.0)));
    let regions = work.dixon_regions(&map.grid, Role::InPhase)?;
    // The fat fraction lies on the grid of the labels, as this pair does, so voxel numbers agree.
    let fat_fraction = work.fat_fraction.take().filter(|_| work.dixon_flags.is_empty());
    let known = fat_fraction.as_ref().and_then(|ff| ff.data.as_slice_memory_order());
    work.region_rows(&map.data, &regions, |region, _| {
        let regime = known.map_or(Regime::Unknown, |values| {
            Regime::of(region.voxels.iter().filter_map(|&voxel| values.get(voxel as usize)).copied())
        });
        vec![format!("regime-{}", regime.name())]
    });
    let parameters =
        serde_json::json!({ "regime": "per region, from the fat-fraction map", "r2star_corrected": false });
    let sources = [&ip.source, &op.source];
    let method = "100 (in-phase - opposed-phase) / in-phase";
    work.keep_scalar("DR", &map, MapSidecar::new("dropout", Unit::Percent.ascii(), method, parameters, sources));
    (work.backgrounds.in_phase, work.backgrounds.opposed_phase) = (Some(Arc::new(ip)), Some(Arc::new(op)));
    work.fat_fraction = fat_fraction;
    Ok(())
}
