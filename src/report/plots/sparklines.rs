//! Distributions of many regions at each visit, small, one above the other: a row a vertebra, a column a visit.

use super::Distribution;
use super::axes::extent;
use crate::report::drawing::{Anchor, Drawing};
use crate::report::{ReportError, labels, style};
use crate::units::Unit;

/// Distributions of one quantity over common bins.
#[derive(Debug, Clone, PartialEq)]
pub struct SparklinesPlot {
    /// What is distributed, e.g. `ADC`.
    pub quantity: String,
    /// Its unit.
    pub unit: Unit,
    /// Bin edges, one more than there are bins.
    pub edges: Vec<f64>,
    /// Names of the visits.
    pub visits: Vec<String>,
    /// Regions from head to foot, with one distribution a visit where it was measured.
    pub regions: Vec<(String, Vec<Option<Distribution>>)>,
    /// Limits between windows, drawn as thin lines.
    pub windows: Vec<f64>,
}

const TOP: f64 = 30.0;
const ROW: f64 = 30.0;
/// Room for the name of a region, and for a median.
const NAME: f64 = 38.0;
const MEDIAN: f64 = 42.0;

/// The figure of these distributions. All are drawn to one scale.
///
/// # Errors
/// [`ReportError::Empty`] where there is no distribution.
pub fn sparklines_figure(plot: &SparklinesPlot) -> Result<Drawing, ReportError> {
    let all = || plot.regions.iter().flat_map(|(_, visits)| visits.iter().flatten());
    let (Some(&low), Some(&high)) = (plot.edges.first(), plot.edges.last()) else {
        return Err(ReportError::Empty { what: "distributions without bins" });
    };
    if all().next().is_none() || plot.visits.is_empty() || low >= high {
        return Err(ReportError::Empty { what: "no region with a distribution" });
    }
    let tallest = extent(all().flat_map(|one| one.share_pct.iter().copied())).1.max(f64::MIN_POSITIVE);
    let floor_of = |row: usize| TOP + ROW * (row + 1) as f64 - 5.0;
    let last = floor_of(plot.regions.len().saturating_sub(1));
    let mut drawing = Drawing::new(style::COLUMN, last + 34.0);
    let column = (style::COLUMN - NAME - 8.0) / plot.visits.len() as f64;
    for (visit, name) in plot.visits.iter().enumerate() {
        let left = NAME + column * visit as f64;
        let right = left + column - MEDIAN;
        let x = |value: f64| left + (value - low) / (high - low) * (right - left);
        drawing.text((left, TOP - 14.0), name, style::SMALL, style::INK, Anchor::Start);
        for limit in plot.windows.iter().filter(|limit| (low..high).contains(*limit)) {
            drawing.line(&[(x(*limit), TOP - 6.0), (x(*limit), last)], style::FAINT, 0.8);
        }
        for (row, (_, distributions)) in plot.regions.iter().enumerate() {
            let floor = floor_of(row);
            drawing.line(&[(left, floor), (right, floor)], style::GREY, 0.5);
            let Some(one) = distributions.get(visit).and_then(Option::as_ref) else {
                drawing.text((right + 6.0, floor), "–", style::SMALL, style::GREY, Anchor::Start);
                continue;
            };
            let y = |share: f64| floor - share / tallest * (ROW - 8.0);
            let mut outline = vec![(left, floor)];
            let bins = plot.edges.windows(2).zip(&one.share_pct);
            outline.extend(bins.flat_map(|(bin, share)| [(x(bin[0]), y(*share)), (x(bin[1]), y(*share))]));
            outline.push((right, floor));
            drawing.polygon(&outline, style::fade(style::series(visit), 0.45));
            if let Some(median) = one.median {
                drawing.line(&[(x(median), floor), (x(median), floor - ROW + 9.0)], style::INK, 1.0);
                let text = plot.unit.show(median);
                let text = text.split_whitespace().next().unwrap_or_default();
                drawing.text((right + 6.0, floor), text, style::SMALL, style::INK, Anchor::Start);
            }
        }
        for (end, anchor) in [(low, Anchor::Start), (high, Anchor::End)] {
            drawing.text((x(end), last + 12.0), &format!("{end}"), 8.5, style::GREY, anchor);
        }
    }
    for (row, (name, _)) in plot.regions.iter().enumerate() {
        let at = (4.0, floor_of(row));
        drawing.text(at, &labels::region(name), style::SMALL, style::INK, Anchor::Start);
    }
    let title = format!("{} ({})", plot.quantity, plot.unit.typeset());
    drawing.text((style::COLUMN / 2.0, last + 27.0), &title, style::SMALL, style::INK, Anchor::Middle);
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_region_and_visit_has_its_median_and_a_gap_is_seen() {
        let one = |median: f64| {
            let share_pct = vec![10.0, 60.0, 30.0];
            Some(Distribution { name: String::new(), share_pct, median: Some(median), n_voxels: 10 })
        };
        let plot = SparklinesPlot {
            quantity: "ADC".to_owned(),
            unit: Unit::Um2PerS,
            edges: vec![0.0, 500.0, 1000.0, 1500.0],
            visits: ["baseline", "cycle2"].map(str::to_owned).to_vec(),
            regions: vec![("L1".to_owned(), vec![one(712.0), one(934.0)]), ("L2".to_owned(), vec![one(688.0), None])],
            windows: vec![655.0, 1400.0],
        };
        let svg = sparklines_figure(&plot).unwrap().svg().unwrap();
        for text in ["L1", "L2", "baseline", "cycle2", "712", "934", "688", "ADC (µm²/s)", "1500"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text} is missing");
        }
        assert_eq!(svg.matches("<polygon").count(), 3);
        assert_eq!(svg.matches("\n–\n").count(), 1);
        assert!(sparklines_figure(&SparklinesPlot { regions: Vec::new(), ..plot }).is_err());
    }
}
