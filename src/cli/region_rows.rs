//! Statistics of a map in named regions: how image commands measure and print them.

use super::args::{Format, RegionArgs};
use super::{Context, output, region_input};
use crate::error::{Result, Warning};
use crate::image::Grid;
use crate::region::{Region, Statistics, flags_of_regions};
use crate::units::Unit;
use ndarray::ArrayView3;
use serde::Serialize;
use serde_json::{Map, Value};
use std::ops::Deref;
use std::path::Path;

/// One region's statistics of one map.
#[derive(Debug, Clone, Serialize)]
pub struct RegionRow {
    /// `L1`, or the pooled selection as it was asked for.
    pub region: String,
    /// Volume of the region, mL.
    pub volume_ml: f64,
    /// Unit of the map.
    pub unit: Unit,
    /// First-order statistics.
    #[serde(flatten)]
    pub statistics: Statistics,
    /// What was done to the region's labels: `labels-resampled`, `vertebral-body`.
    pub qc_flags: Vec<String>,
    /// What one subcommand adds.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl RegionRow {
    /// Adds a value of this subcommand.
    pub fn extra(&mut self, name: &str, value: Value) {
        self.extra.insert(name.to_owned(), value);
    }
}

/// Regions on the grid of an image, and the flags of every number that is measured in them.
#[derive(Debug, Default)]
pub struct Places {
    regions: Vec<Region>,
    flags: Vec<String>,
}

impl Deref for Places {
    type Target = [Region];

    fn deref(&self) -> &[Region] {
        &self.regions
    }
}

/// The regions asked for, on the grid of an image; none where no label map was given.
///
/// # Errors
/// What [`region_input::load`] refuses.
pub fn read(
    args: &RegionArgs,
    grid: &Grid,
    image: &Path,
    context: &Context,
    warnings: &mut Vec<Warning>,
) -> Result<Places> {
    let Some(mut loaded) = region_input::load(args, context, grid, image)? else { return Ok(Places::default()) };
    let flags = flags_of_regions(&loaded.warnings);
    warnings.append(&mut loaded.warnings);
    Ok(Places { regions: loaded.regions, flags })
}

/// Statistics of a map in each region.
pub fn measure(places: &Places, map: ArrayView3<'_, f32>, grid: &Grid, unit: Unit) -> Vec<RegionRow> {
    places
        .iter()
        .map(|region| RegionRow {
            region: region.name.clone(),
            volume_ml: region.volume_ml(grid),
            unit,
            statistics: Statistics::of(&region.values(map)),
            qc_flags: places.flags.clone(),
            extra: Map::new(),
        })
        .collect()
}

/// Adds the mean of a second map in each region.
pub fn add_mean(rows: &mut [RegionRow], regions: &[Region], map: ArrayView3<'_, f32>, name: &str) {
    for (row, region) in rows.iter_mut().zip(regions) {
        row.extra(name, serde_json::json!(Statistics::of(&region.values(map)).mean));
    }
}

/// Prints rows as a table or as CSV.
pub fn print(rows: &[RegionRow], format: Format) -> Result<()> {
    let extra: Vec<&str> = rows.first().map(|row| row.extra.keys().map(String::as_str).collect()).unwrap_or_default();
    let mut header = vec!["region", "n_voxels", "volume_ml", "unit", "mean", "sd", "median", "p10", "p90"];
    header.extend(&extra);
    // always there for programs; for persons where it says something
    let shows_flags = format != Format::Table || rows.iter().any(|row| !row.qc_flags.is_empty());
    header.extend(shows_flags.then_some("qc_flags"));
    let number = |value: f64, decimals: usize| match (value.is_finite(), format) {
        (false, Format::Table) => "–".to_owned(),
        (false, _) => String::new(),
        (true, Format::Table) => format!("{value:.decimals$}"),
        (true, _) => value.to_string(),
    };
    let cells = |row: &RegionRow| -> Vec<String> {
        let s = &row.statistics;
        let decimals = row.unit.decimals().max(1);
        let mut cells =
            vec![row.region.clone(), s.n_voxels.to_string(), number(row.volume_ml, 1), row.unit.ascii().to_owned()];
        cells.extend([s.mean, s.sd, s.median, s.p10, s.p90].map(|value| number(value, decimals)));
        cells.extend(extra.iter().map(|name| match row.extra.get(*name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(n)) if n.is_f64() => number(n.as_f64().unwrap_or(f64::NAN), decimals),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }));
        cells.extend(shows_flags.then(|| row.qc_flags.join(";")));
        cells
    };
    output::print_rows(&header, &rows.iter().map(cells).collect::<Vec<_>>(), format)
}
