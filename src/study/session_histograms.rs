//! How the ADC of a session is distributed, in each vertebra and over the total diffusion volume.
//!
//! The bins are the same for all sessions, so that two visits can be laid over each other without the images.

use super::csv_out::{number, write_csv};
use crate::error::Result;
use crate::measure::MeasuredSession;
use crate::region::{Binning, Histogram, edges_over};
use std::path::Path;

/// Table of a session's distributions.
pub const HISTOGRAMS: &str = "histograms.csv";
/// Its columns; a bin holds `low` and not `high`.
pub const HISTOGRAM_COLUMNS: [&str; 5] = ["measure", "region", "low", "high", "n_voxels"];
/// From zero to free water at body temperature, um2/s; what lies beyond is in no bin.
const RANGE_UM2_S: [f64; 2] = [0.0, 3200.0];
/// Width of a bin, um2/s: a vertebra of some hundred voxels still has a shape.
const WIDTH_UM2_S: f64 = 50.0;

/// Writes the distributions of a session; says whether there are any.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_histograms(path: &Path, measured: &MeasuredSession) -> Result<bool> {
    let Some(map) = measured.map("ADC").and_then(|map| map.scalar()) else { return Ok(false) };
    let values = map.data.view();
    let mut regions: Vec<(&str, &str, Vec<f32>)> = measured
        .backgrounds
        .diffusion_regions
        .iter()
        .map(|region| ("adc", region.name.as_str(), region.values(values)))
        .collect();
    if let Some(of_lesions) = &measured.lesion_adc {
        regions.push(("gadc", "body", of_lesions.clone()));
    }
    let edges = edges_over(RANGE_UM2_S[0], RANGE_UM2_S[1] - WIDTH_UM2_S, Binning::Width(WIDTH_UM2_S));
    let rows = regions.iter().flat_map(|(measure, region, values)| {
        let histogram = Histogram::between(values, edges.clone());
        let row = |(n, count): (usize, usize)| {
            let ends = [histogram.edges[n], histogram.edges[n + 1]].map(|edge| number(Some(edge)));
            let [low, high] = ends;
            vec![(*measure).to_owned(), (*region).to_owned(), low, high, count.to_string()]
        };
        histogram.counts.iter().copied().enumerate().map(row).collect::<Vec<_>>()
    });
    if regions.is_empty() {
        return Ok(false);
    }
    write_csv(path, &HISTOGRAM_COLUMNS, rows)?;
    Ok(true)
}
