//! The figures of `histogram`: few distributions laid over each other, and every region in a row of its own.
//!
//! More than two outlines on one frame cannot be told apart, so of several regions the first one, which pools the others where
//! there is one, stands alone in the large figure; the rows show all of them at one scale.

use crate::error::Result;
use crate::image::Volume;
use crate::region::{Binning, Histogram, Region, Sorted, edges_over};
use crate::report::drawing::Drawing;
use crate::report::plots::{Distribution, HistogramPlot, SparklinesPlot, histogram_figure, sparklines_figure};
use crate::report::{Lang, labels};
use crate::units::Unit;

/// Distributions that are told apart in one frame.
const MOST_OVERLAID: usize = 2;

/// What is drawn.
pub(super) struct Asked<'a> {
    /// What the maps show, e.g. `ADC`.
    pub(super) quantity: String,
    /// Its unit.
    pub(super) unit: Unit,
    /// Limits between windows.
    pub(super) windows: &'a [f64],
    /// Bins of all figures.
    pub(super) binning: Binning,
    /// One map, or two that are compared, each with its name.
    pub(super) maps: Vec<(String, &'a Volume)>,
}

/// The histogram, and the rows where there is more than one region.
pub(super) fn draw(asked: Asked, regions: &[Region]) -> Result<(Drawing, Option<Drawing>)> {
    // by region, then by map
    let all: Vec<Vec<Sorted>> = regions
        .iter()
        .map(|region| asked.maps.iter().map(|(_, map)| region.values(map.data.view()).into()).collect())
        .collect();
    let overlaid: Vec<(String, &Sorted)> = match &asked.maps[..] {
        [_] => {
            let few = if all.len() > MOST_OVERLAID { 1 } else { all.len() };
            regions.iter().zip(&all).take(few).map(|(region, of)| (labels::region(&region.name), &of[0])).collect()
        }
        several => {
            let name = |region: &Region, map: &str| format!("{} {map}", labels::region(&region.name));
            let first = regions.iter().zip(&all).take(1);
            first
                .flat_map(|(region, of)| several.iter().zip(of).map(|((map, _), of)| (name(region, map), of)))
                .collect()
        }
    };
    let edges = edges(overlaid.iter().map(|(_, sorted)| *sorted), asked.binning);
    let distributions = overlaid.into_iter().map(|(name, sorted)| distribution(name, sorted, &edges)).collect();
    let rows = (regions.len() > 1).then(|| {
        let edges = self::edges(all.iter().flatten(), asked.binning);
        let row = |(region, of): (&Region, &Vec<Sorted>)| {
            let measured =
                |sorted: &Sorted| (!sorted.values().is_empty()).then(|| distribution(String::new(), sorted, &edges));
            (region.name.clone(), of.iter().map(measured).collect())
        };
        let rows = regions.iter().zip(&all).map(row).collect();
        SparklinesPlot {
            quantity: asked.quantity.clone(),
            unit: asked.unit,
            edges: edges.clone(),
            visits: asked.maps.iter().map(|(name, _)| name.clone()).collect(),
            regions: rows,
            windows: asked.windows.to_vec(),
        }
    });
    let plot = HistogramPlot {
        quantity: asked.quantity,
        unit: asked.unit,
        edges,
        distributions,
        windows: asked.windows.to_vec(),
    };
    Ok((histogram_figure(&plot, Lang::En)?, rows.as_ref().map(sparklines_figure).transpose()?))
}

/// Bins over all these values.
fn edges<'a>(values: impl Iterator<Item = &'a Sorted>, binning: Binning) -> Vec<f64> {
    let ends = values.filter(|of| !of.values().is_empty()).map(|of| [of.percentile(0.0), of.percentile(100.0)]);
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), [a, b]| (low.min(a), high.max(b)));
    if low < high { edges_over(low, high, binning) } else { vec![low - 0.5, low + 0.5] }
}

fn distribution(name: String, sorted: &Sorted, edges: &[f64]) -> Distribution {
    let histogram = Histogram::between(sorted.values(), edges.to_vec());
    let n = sorted.values().len();
    Distribution {
        name,
        share_pct: histogram.counts.iter().map(|&count| 100.0 * count as f64 / n.max(1) as f64).collect(),
        median: (n > 0).then(|| sorted.percentile(50.0)),
        n_voxels: n,
    }
}
