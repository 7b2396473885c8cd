//! The shape of each region's distribution on one line, for the table on a terminal.

use crate::image::Volume;
use crate::region::{Binning, Histogram, Region, edges_over};
use crate::report::characters::sparkline;
use crate::units::Unit;

/// Bars of a line.
const BARS: usize = 24;

/// One line a region, all over one range, and what that range is.
pub(super) struct Shapes {
    /// A line a region, in their order; empty where nothing was measured.
    pub(super) lines: Vec<String>,
    /// What the lines show.
    pub(super) note: String,
}

impl Shapes {
    /// The shapes of a map in these regions; `None` where the values have no range.
    pub(super) fn of(regions: &[Region], map: &Volume, unit: Unit) -> Option<Shapes> {
        let values: Vec<Vec<f32>> = regions.iter().map(|region| region.values(map.data.view())).collect();
        let finite = values.iter().flatten().filter(|value| value.is_finite());
        let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let (low, high) = (f64::from(low), f64::from(high));
        if low >= high {
            return None;
        }
        let edges = edges_over(low, high, Binning::Count(BARS));
        let line = |values: &Vec<f32>| sparkline(&Histogram::between(values, edges.clone()).counts);
        let note = format!(
            "shape: {BARS} bins from {} to {}, each region's fullest bin full",
            unit.show(low),
            unit.show(high)
        );
        Some(Shapes { lines: values.iter().map(line).collect(), note })
    }
}
