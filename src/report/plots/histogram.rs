//! Histogram of a map in one or more regions (or at two visits), with windows shaded and medians marked.

use super::axes::{Axes, Scale, extent};
use crate::report::drawing::{Anchor, Drawing};
use crate::report::{Lang, ReportError, style};
use crate::units::Unit;

/// One distribution over common bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    /// Name in the key, e.g. a region or a session.
    pub name: String,
    /// Share of the voxels in each bin, in percent.
    pub share_pct: Vec<f64>,
    /// Median of the voxels.
    pub median: Option<f64>,
    /// Voxels counted.
    pub n_voxels: usize,
}

/// Distributions of one quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramPlot {
    /// What is on the horizontal axis, e.g. `ADC`.
    pub quantity: String,
    /// Its unit.
    pub unit: Unit,
    /// Bin edges, one more than there are bins.
    pub edges: Vec<f64>,
    /// The distributions.
    pub distributions: Vec<Distribution>,
    /// Limits between windows, e.g. 655 and 1400; every second window is shaded.
    pub windows: Vec<f64>,
}

const HEIGHT: f64 = 230.0;
const LEFT: f64 = 52.0;

/// The figure of these distributions.
///
/// # Errors
/// [`ReportError::Empty`] where there are no bins or no distribution.
pub fn histogram_figure(plot: &HistogramPlot, lang: Lang) -> Result<Drawing, ReportError> {
    let (Some(&low), Some(&high)) = (plot.edges.first(), plot.edges.last()) else {
        return Err(ReportError::Empty { what: "a histogram without bins" });
    };
    if plot.distributions.is_empty() || high.partial_cmp(&low) != Some(std::cmp::Ordering::Greater) {
        return Err(ReportError::Empty { what: "a histogram without values" });
    }
    let bottom = 14.0 + HEIGHT;
    let mut drawing = Drawing::new(style::COLUMN, bottom + 46.0 + 14.0 * plot.distributions.len() as f64);
    let tallest = extent(plot.distributions.iter().flat_map(|d| d.share_pct.iter().copied())).1;
    let axes = Axes {
        frame: [LEFT, 14.0, style::COLUMN - 14.0, bottom],
        x: Scale::linear(low, high),
        y: Scale::linear(0.0, 1.08 * tallest),
    };
    shade_windows(&mut drawing, &axes, &plot.windows);
    axes.y_axis(&mut drawing, lang.say("Voxels per bin (%)"), 6, 38.0);
    let unit = plot.unit.typeset();
    let title = if unit.is_empty() { plot.quantity.clone() } else { format!("{} ({unit})", plot.quantity) };
    axes.x_axis(&mut drawing, &title, 7);
    for (n, distribution) in plot.distributions.iter().enumerate() {
        draw_distribution(&mut drawing, &axes, &plot.edges, distribution, n);
        let y = bottom + 48.0 + 14.0 * n as f64;
        drawing.dashed(&[(LEFT, y - 3.5), (LEFT + 22.0, y - 3.5)], style::series(n), style::CURVE, style::dash(n));
        let median = distribution.median.map_or("–".to_owned(), |m| plot.unit.show(m));
        let gaps = [("name", &*distribution.name), ("median", &median), ("n", &distribution.n_voxels.to_string())];
        let text = lang.fill("{name}, median {median}, {n} voxels", &gaps);
        drawing.text((LEFT + 28.0, y), &text, style::SMALL, style::INK, Anchor::Start);
    }
    axes.spines(&mut drawing);
    Ok(drawing)
}

fn shade_windows(drawing: &mut Drawing, axes: &Axes, limits: &[f64]) {
    let [left, top, right, bottom] = axes.frame;
    let inside: Vec<f64> = limits.iter().copied().filter(|v| (0.0..=1.0).contains(&axes.x.share(*v))).collect();
    for pair in inside.chunks(2) {
        let from = axes.x_at(pair[0]);
        let to = pair.get(1).map_or(right, |v| axes.x_at(*v));
        drawing.rectangle((from.max(left), top), to - from.max(left), bottom - top, style::fade(style::GREY, 0.10));
    }
    for limit in inside {
        let x = axes.x_at(limit);
        drawing.line(&[(x, top), (x, bottom)], style::GREY, 0.7);
        drawing.text((x + 2.5, top + 9.0), &format!("{limit}"), 8.5, style::GREY, Anchor::Start);
    }
}

fn draw_distribution(drawing: &mut Drawing, axes: &Axes, edges: &[f64], distribution: &Distribution, n: usize) {
    let mut outline = vec![axes.at(edges[0], 0.0)];
    for (bin, share) in edges.windows(2).zip(&distribution.share_pct) {
        outline.push(axes.at(bin[0], *share));
        outline.push(axes.at(bin[1], *share));
    }
    outline.push(axes.at(edges[edges.len() - 1], 0.0));
    drawing.polygon(&outline, style::fade(style::series(n), 0.13));
    drawing.dashed(&outline, style::series(n), 1.3, style::dash(n));
    if let Some(median) = distribution.median.filter(|m| (0.0..=1.0).contains(&axes.x.share(*m))) {
        let x = axes.x_at(median);
        let [_, _, _, bottom] = axes.frame;
        drawing.polygon(&[(x, bottom - 1.0), (x - 4.0, bottom + 6.0), (x + 4.0, bottom + 6.0)], style::series(n));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_has_units_windows_and_medians() {
        let plot = HistogramPlot {
            quantity: "ADC".to_owned(),
            unit: Unit::Um2PerS,
            edges: (0..=10).map(|i| 200.0 * f64::from(i)).collect(),
            distributions: vec![Distribution {
                name: "L1–L5".to_owned(),
                share_pct: vec![0.0, 5.0, 20.0, 30.0, 25.0, 10.0, 5.0, 3.0, 2.0, 0.0],
                median: Some(812.4),
                n_voxels: 1204,
            }],
            windows: vec![655.0, 1400.0],
        };
        let svg = histogram_figure(&plot, Lang::En).unwrap().svg().unwrap();
        for text in ["ADC (µm²/s)", "655", "1400", "median 812 µm²/s, 1204 voxels"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        assert!(histogram_figure(&HistogramPlot { edges: vec![], ..plot }, Lang::En).is_err());
    }
}
