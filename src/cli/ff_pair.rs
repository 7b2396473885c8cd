//! `ff` from an in-/opposed-phase pair: the naive signal fat fraction, and beside it both proton-density answers.

use super::echo_args::EchoArgs;
use super::echoes;
use super::region_rows::RegionRow;
use crate::dixon::DixonError;
use crate::dixon::echo_pair::{ASSUMED_R2STAR, EchoPair, R2STAR_RANGE, R2StarBias};
use crate::error::{Result, Warning};
use crate::image::{Volume, read_sidecar};
use crate::region::Region;
use ndarray::{Array3, Zip};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// Suffixes of the two maps: if water dominates, if fat does.
pub const SUFFIXES: [&str; 2] = ["_PDFFwater", "_PDFFfat"];

/// Both answers of every voxel.
pub struct Answers {
    pair: EchoPair,
    /// Opposed over in-phase magnitude; NaN without signal.
    ratio: Array3<f32>,
    /// How they were found, for the results and the sidecars.
    pub facts: Facts,
}

/// How the answers were found.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    fat_model: crate::dixon::FatModel,
    echo_times_ms: [f64; 2],
    field_t: f64,
    r2star: f64,
    r2star_range: [f64; 2],
    r2star_bias: Vec<R2StarBias>,
}

impl Facts {
    /// Name of the spectrum of fat.
    pub fn fat_model(&self) -> &str {
        &self.fat_model.name
    }
}

/// The answers; a warning instead where echo times or field strength are not known.
///
/// # Errors
/// An unknown fat model; what a sidecar or a flag says wrongly.
pub fn answers(
    images: [&Volume; 2],
    paths: &[PathBuf; 2],
    args: &EchoArgs,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Answers>> {
    let fat_model = args.fat_model()?;
    let files: Vec<_> = paths.iter().map(PathBuf::as_path).collect();
    let stated = files.iter().map(|path| read_sidecar(path)).collect::<std::result::Result<Vec<_>, _>>()?;
    let known = |field: fn(&crate::image::Sidecar) -> Option<f64>| stated.iter().flatten().filter_map(field).count();
    let times_known = !args.echo_times_ms.is_empty() || known(|sidecar| sidecar.echo_time) == 2;
    let field_known = args.field_strength.is_some() || known(|sidecar| sidecar.magnetic_field_strength) > 0;
    if !(times_known && field_known) {
        warnings.push(Warning::new(
            "no-pdff-interval",
            "echo times or field strength are not known, so only the naive number is given: pass --echo-times-ms IN,OPPOSED \
             and --field-strength for what the pair says of the proton-density fat fraction",
        ));
        return Ok(None);
    }
    let times = echoes::echo_times_ms(&files, &args.echo_times_ms)?;
    let echo_times_ms = [times[0], times[1]];
    if echo_times_ms[0] == echo_times_ms[1] {
        let problem = format!("the in- and the opposed-phase image have the same echo time, {} ms", echo_times_ms[0]);
        let remedy = "pass --echo-times-ms IN,OPPOSED in ms, or check that these are two echoes".to_owned();
        return Err(DixonError::EchoTimes { problem, remedy }.into());
    }
    let field_t = echoes::field_strength_t(&files, args.field_strength, warnings)?;
    let r2star = args.r2star.unwrap_or(ASSUMED_R2STAR);
    let pair = EchoPair::new(&fat_model, echo_times_ms, field_t);
    let mut ratio = Array3::from_elem(ndarray::ShapeBuilder::f(images[0].data.raw_dim()), f32::NAN);
    Zip::from(&mut ratio).and(&images[0].data).and(&images[1].data).par_for_each(|ratio, &ip, &op| {
        if ip > 0.0 && ip.is_finite() {
            *ratio = op / ip;
        }
    });
    let r2star_range = match args.r2star {
        Some(given) => [given; 2],
        None => R2STAR_RANGE,
    };
    let r2star_bias = pair.bias_table(r2star);
    let facts = Facts { fat_model, echo_times_ms, field_t, r2star, r2star_range, r2star_bias };
    Ok(Some(Answers { pair, ratio, facts }))
}

impl Answers {
    /// The two maps, percent.
    pub fn maps(&self) -> [Array3<f32>; 2] {
        [0, 1].map(|branch| self.ratio.mapv(|ratio| self.percent(ratio, self.facts.r2star, branch) as f32))
    }

    fn percent(&self, ratio: f32, r2star: f64, branch: usize) -> f64 {
        100.0 * self.pair.fractions(f64::from(ratio), r2star)[branch]
    }

    /// Adds a region's mean of both answers, at the assumed R2* and over its range.
    pub fn describe(&self, row: &mut RegionRow, region: &Region) {
        let ratios = self.ratio.as_slice_memory_order().unwrap_or_default();
        let mean = |r2star: f64, branch: usize| {
            let values: Vec<f64> = region
                .voxels
                .iter()
                .filter_map(|&voxel| ratios.get(voxel as usize))
                .map(|&ratio| self.percent(ratio, r2star, branch))
                .filter(|value| value.is_finite())
                .collect();
            if values.is_empty() { f64::NAN } else { values.iter().sum::<f64>() / values.len() as f64 }
        };
        for (branch, name) in ["pdff_if_water_dominates", "pdff_if_fat_dominates"].into_iter().enumerate() {
            let ends = self.facts.r2star_range.map(|r2star| mean(r2star, branch));
            row.extra(name, json!(mean(self.facts.r2star, branch)));
            row.extra(&format!("{name}_low"), json!(ends[0].min(ends[1])));
            row.extra(&format!("{name}_high"), json!(ends[0].max(ends[1])));
        }
    }
}
