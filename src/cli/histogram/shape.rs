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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Grid, filled};

    #[test]
    fn known_values_give_known_characters() {
        // two regions of 16 and 3 voxels in a map of 0 to 24 per cent: a bin is one point wide
        let grid = Grid::axis_aligned([20, 1, 1], [1.0; 3], [0.0; 3]);
        let mut data = filled(grid.dims, 0.0_f32);
        let of_first = [0.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0, 5.5, 5.5, 5.5, 5.5, 5.5, 5.5, 5.5, 5.5, 24.0];
        let of_second = [10.0, 10.9, 23.0, f32::NAN];
        for (n, value) in of_first.into_iter().chain(of_second).enumerate() {
            data[[n, 0, 0]] = value;
        }
        let map = Volume::new(grid, data);
        let region = |name: &str, voxels| Region { name: name.to_owned(), voxels, is_pooled: false };
        let regions = [region("L1", (0..16).collect()), region("L2", (16..20).collect()), region("L3", Vec::new())];
        let shapes = Shapes::of(&regions, &map, Unit::Percent).unwrap();
        let second = format!("{}█{}▄", " ".repeat(10), " ".repeat(12));
        assert_eq!(shapes.lines, [format!("▁▂ ▄ █{}▁", " ".repeat(17)), second, String::new()]);
        assert_eq!(shapes.note, "shape: 24 bins from 0.0 % to 24.0 %, each region's fullest bin full");
        // values without a range have no shape
        let flat = Volume::new(map.grid.clone(), filled(map.grid.dims, 3.0));
        assert!(Shapes::of(&regions, &flat, Unit::Percent).is_none());
    }
}
