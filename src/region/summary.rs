//! What is reported of a map in a region: statistics, volume, windows, and the change to a second map.

use super::histogram::{Binning, Histogram, Window, edges_over, windows};
use super::statistics::Sorted;
use super::{Feature, IvhLevels, Region, Statistics, features};
use crate::image::Grid;
use crate::units::Unit;
use ndarray::ArrayView3;
use serde::Serialize;

/// A map in a region.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegionSummary {
    /// Name of the region.
    pub region: String,
    /// Unit of the map, and of the statistics that share it.
    pub unit: Unit,
    /// Volume of the measured voxels, mL.
    pub volume_ml: f64,
    /// Number of voxels and first-order statistics.
    #[serde(flatten)]
    pub statistics: Statistics,
    /// Below, between and above the cut points, where there are any.
    pub windows: Vec<Window>,
    /// Bins over the range of the region.
    pub histogram: Histogram,
    /// Other percentiles that were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub percentiles: Vec<Percentile>,
    /// Every feature in the names of IBSI, where asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ibsi: Vec<Feature>,
    /// What was done to the region's labels: `labels-resampled`, `vertebral-body`; filled by who placed them.
    pub qc_flags: Vec<String>,
    /// The same region in a second map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare: Option<Comparison>,
}

/// One percentile (type 7).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentile {
    /// Which, 0-100.
    pub percent: f64,
    /// Its value, in the unit of the map.
    pub value: f64,
}

/// A second map in the same region, voxels that are measured in each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Second minus first.
    pub mean_difference: f64,
    /// Second minus first.
    pub median_difference: f64,
    /// Share that the two histograms over common bins have in common: 1 = equal, 0 = disjoint.
    pub overlap: f64,
    /// Windows of the second map.
    pub windows: Vec<Window>,
    /// Statistics of the second map.
    #[serde(flatten)]
    pub statistics: Statistics,
}

/// What to compute beside the statistics.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SummaryParams {
    /// Bins of the histogram, and of entropy and uniformity.
    pub binning: Binning,
    /// Ascending cut points between windows; none gives no windows.
    pub cuts: Vec<f64>,
    /// Percentiles beside those of [`Statistics`], 0-100.
    pub percentiles: Vec<f64>,
    /// Whether every IBSI feature is made, and of which levels the intensity-volume histogram.
    pub ibsi: Option<IvhLevels>,
}

impl SummaryParams {
    /// Summary of one map in one region.
    pub fn summarise(&self, region: &Region, map: ArrayView3<f32>, grid: &Grid, unit: Unit) -> RegionSummary {
        let sorted = Sorted::from(region.values(map));
        let statistics = Statistics::of_sorted(&sorted, self.binning);
        let histogram = Histogram::of_sorted(sorted.values(), self.binning);
        let percentiles =
            self.percentiles.iter().map(|&percent| Percentile { percent, value: sorted.percentile(percent) });
        RegionSummary {
            region: region.name.clone(),
            unit,
            volume_ml: statistics.n_voxels as f64 * grid.voxel_volume_ml(),
            windows: self.windows_of(sorted.values(), grid),
            percentiles: percentiles.collect(),
            ibsi: self.ibsi.map_or_else(Vec::new, |levels| features(&statistics, &histogram, sorted.values(), levels)),
            histogram,
            statistics,
            qc_flags: Vec::new(),
            compare: None,
        }
    }

    /// The same with a second map of the same grid beside it.
    pub fn compare(
        &self,
        region: &Region,
        [first, second]: [ArrayView3<f32>; 2],
        grid: &Grid,
        unit: Unit,
    ) -> RegionSummary {
        let mut summary = self.summarise(region, first, grid, unit);
        let sorted = Sorted::from(region.values(second));
        let statistics = Statistics::of_sorted(&sorted, self.binning);
        let low = summary.statistics.min.min(statistics.min);
        let high = summary.statistics.max.max(statistics.max);
        let edges = edges_over(low, high, self.binning);
        summary.compare = Some(Comparison {
            mean_difference: statistics.mean - summary.statistics.mean,
            median_difference: statistics.median - summary.statistics.median,
            overlap: counts(&region.values(first), &edges).overlap(&counts(sorted.values(), &edges)),
            windows: self.windows_of(sorted.values(), grid),
            statistics,
        });
        summary
    }

    fn windows_of(&self, values: &[f32], grid: &Grid) -> Vec<Window> {
        if self.cuts.is_empty() { Vec::new() } else { windows(values, &self.cuts, grid.voxel_volume_ml()) }
    }
}

fn counts(values: &[f32], edges: &[f64]) -> Histogram {
    Histogram::between(values, edges.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::filled;

    #[test]
    fn a_map_and_its_shifted_twin() {
        let grid = Grid::axis_aligned([4, 1, 1], [10.0; 3], [0.0; 3]);
        let mut first = filled(grid.dims, 0.0_f32);
        first.iter_mut().zip([1.0, 2.0, 3.0, f32::NAN]).for_each(|(v, new)| *v = new);
        let second = first.mapv(|v| v + 10.0);
        let region = Region { name: "L1".into(), voxels: vec![0, 1, 2, 3], is_pooled: false };
        let params = SummaryParams { cuts: vec![2.0], ..SummaryParams::default() };
        let summary = params.compare(&region, [first.view(), second.view()], &grid, Unit::Percent);
        assert_eq!((summary.statistics.n_voxels, summary.statistics.n_missing, summary.volume_ml), (3, 1, 3.0));
        assert_eq!(summary.windows.iter().map(|w| w.n_voxels).collect::<Vec<_>>(), [1, 2]);
        let change = summary.compare.as_ref().unwrap();
        assert_eq!((change.mean_difference, change.median_difference, change.overlap), (10.0, 10.0, 0.0));
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!((&json["median"], &json["unit"]), (&serde_json::json!(2.0), &serde_json::json!("%")));
    }
}
