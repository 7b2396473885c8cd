//! Signal fat fraction of the vertebrae from the water and fat images of the scanner.
//!
//! Inputs  water, fat: magnitude images on one grid, equal scaling
//! Output  percent, never clipped; `ratio` is summed fat over summed water + fat of the region
//! Method  magnitude discrimination against noise bias (Liu 2007, doi:10.1002/mrm.21301)
//! Limits  T1 weighting raises it above the proton-density fat fraction; exchanged images are detected, not repaired

use super::registry::{Biomarker, Citation, Place, Yield};
use super::session::SessionWork;
use super::{Role, checks};
use crate::dixon::{region_ratio, signal_fat_fraction};
use crate::error::Result;
use crate::image::{MapSidecar, Volume};
use crate::units::Unit;
use std::sync::Arc;

/// Range of a fat fraction in percent that noise alone does not leave.
pub(super) const FF_RANGE: [f64; 2] = [-10.0, 110.0];

pub(super) const fn fat_number(statistic: &'static str, plausible: [f64; 2], what: &'static str) -> Yield {
    Yield { statistic, place: Place::Levels, unit: Unit::Percent, plausible, what }
}

/// Registry entry.
pub static BIOMARKER: Biomarker = Biomarker {
    name: "sff",
    title: "Signal fat fraction",
    needs: &[Role::Water, Role::Fat, Role::Labels],
    one_of: &[],
    signature: &[Role::Water, Role::Fat],
    yields: &[
        fat_number("mean", FF_RANGE, "mean of the voxels' signal fat fraction"),
        fat_number("median", FF_RANGE, "median of the voxels' signal fat fraction"),
        fat_number("sd", [0.0, 40.0], "standard deviation of the voxels' signal fat fraction (n - 1)"),
        fat_number("p10", FF_RANGE, "10th percentile of the voxels' signal fat fraction"),
        fat_number("p90", FF_RANGE, "90th percentile of the voxels' signal fat fraction"),
        fat_number("ratio", FF_RANGE, "100 x summed fat / summed water + fat of the region"),
    ],
    citations: &[
        Citation { text: "Liu CY et al., Magn Reson Med 2007", doi: "10.1002/mrm.21301" },
        Citation { text: "Takasu M et al., PLoS ONE 2020", doi: "10.1371/journal.pone.0229607" },
    ],
    doc: include_str!("../docs/sff.md"),
    measure,
};

fn measure(work: &mut SessionWork) -> Result<()> {
    let (water, fat) = (work.volume(Role::Water)?, work.volume(Role::Fat)?);
    work.prove_same((&water.grid, Role::Water, &water.source), (&fat.grid, Role::Fat, &fat.source))?;
    let map = Arc::new(Volume::new(water.grid.clone(), signal_fat_fraction(water.data.view(), fat.data.view(), 0.0)));
    let signal = &water.data + &fat.data;
    if let Some(warning) = checks::water_fat_swap(map.data.view(), signal.view(), map.grid.spacing_mm()) {
        work.dixon_flags.push(warning.slug.clone());
        work.warn([warning]);
    }
    let regions = work.dixon_regions(&map.grid, Role::Water)?;
    let flags = work.dixon_flags.clone();
    work.region_rows(&map.data, &regions, |_, _| flags.clone());
    let slices = (water.data.as_slice_memory_order(), fat.data.as_slice_memory_order());
    for region in &regions {
        let ratio = match slices {
            (Some(water), Some(fat)) => region_ratio(water, fat, &region.voxels, 0.0),
            _ => None,
        };
        work.row(&region.name, "ratio", ratio, region.voxels.len(), &flags);
    }
    let sources = [&water.source, &fat.source];
    let parameters = serde_json::json!({ "form": "water-fat", "floor": 0.0 });
    let method = "signal fat fraction from water and fat magnitudes, magnitude discrimination";
    work.keep_scalar("sFF", &map, MapSidecar::new("sff", Unit::Percent.ascii(), method, parameters, sources));
    (work.backgrounds.water, work.backgrounds.fat) = (Some(Arc::new(water)), Some(Arc::new(fat)));
    work.fat_fraction.get_or_insert(map);
    Ok(())
}
