//! A measure along the spine: one point a vertebra, one line a visit, over the band of people of that age and sex where a
//! table of normal values was given.

use super::axes::{Axes, Scale};
use crate::report::drawing::{Anchor, Drawing};
use crate::report::{Lang, ReportError, labels, style};
use crate::units::Unit;

/// One measure at several vertebrae and visits.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfilePlot {
    /// What is on the vertical axis, without its unit.
    pub quantity: String,
    /// Its unit.
    pub unit: Unit,
    /// Vertebrae from head to foot.
    pub levels: Vec<String>,
    /// Visits with one value a level.
    pub visits: Vec<(String, Vec<Option<f64>>)>,
    /// Lowest and highest normal value a level.
    pub band: Option<Vec<Option<[f64; 2]>>>,
}

const HEIGHT: f64 = 230.0;
const FRAME: [f64; 4] = [58.0, 14.0, style::COLUMN - 12.0, HEIGHT - 46.0];

/// The figure of one measure.
///
/// # Errors
/// [`ReportError::Empty`] where no level has a value.
pub fn profile_figure(plot: &ProfilePlot, lang: Lang) -> Result<Drawing, ReportError> {
    let values = || plot.visits.iter().flat_map(|(_, values)| values.iter().flatten().copied());
    if plot.levels.is_empty() || values().next().is_none() {
        return Err(ReportError::Empty { what: "no vertebra with a value" });
    }
    let band = plot.band.as_deref().unwrap_or_default();
    let y = Scale::around(values().chain(band.iter().flatten().flatten().copied()));
    let axes = Axes { frame: FRAME, x: Scale::linear(-0.5, plot.levels.len() as f64 - 0.5), y };
    let mut drawing = Drawing::new(style::COLUMN, HEIGHT);
    axes.y_axis(&mut drawing, &format!("{} ({})", plot.quantity, plot.unit.typeset()), 6, 44.0);
    draw_band(&mut drawing, &axes, band);
    for (n, level) in plot.levels.iter().enumerate() {
        let at = (axes.x_at(n as f64), FRAME[3] + 14.5);
        drawing.text(at, &labels::region(level), style::SMALL, style::INK, Anchor::Middle);
    }
    for (n, (_, values)) in plot.visits.iter().enumerate() {
        let point = |(level, value): (usize, &Option<f64>)| value.map(|value| axes.at(level as f64, value));
        let points: Vec<Option<(f64, f64)>> = values.iter().enumerate().map(point).collect();
        // a vertebra that was left out breaks the line
        for stretch in points.split(Option::is_none) {
            let stretch: Vec<(f64, f64)> = stretch.iter().flatten().copied().collect();
            drawing.dashed(&stretch, style::series(n), style::CURVE, style::dash(n));
        }
        for &at in points.iter().flatten() {
            mark(&mut drawing, at, n);
        }
    }
    axes.spines(&mut drawing);
    key(&mut drawing, plot, lang);
    Ok(drawing)
}

/// Normal values as a shaded step over each level.
fn draw_band(drawing: &mut Drawing, axes: &Axes, band: &[Option<[f64; 2]>]) {
    for (level, ends) in band.iter().enumerate() {
        let Some([low, high]) = ends else { continue };
        let (left, right) = (axes.x_at(level as f64 - 0.5), axes.x_at(level as f64 + 0.5));
        let (top, bottom) = (axes.y_at(*high), axes.y_at(*low));
        drawing.rectangle((left, top), right - left, bottom - top, style::fade(style::GREY, 0.18));
    }
}

/// Discs for the first visit, rings for the second.
fn mark(drawing: &mut Drawing, at: (f64, f64), n: usize) {
    if n.is_multiple_of(2) {
        drawing.disc(at, 2.8, style::series(n));
    } else {
        drawing.disc(at, 2.8, plotters::style::RGBAColor(255, 255, 255, 1.0));
        drawing.ring(at, 2.8, style::series(n), 1.3);
    }
}

fn key(drawing: &mut Drawing, plot: &ProfilePlot, lang: Lang) {
    let mut x = FRAME[0];
    let base = HEIGHT - 10.0;
    for (n, (visit, _)) in plot.visits.iter().enumerate() {
        drawing.dashed(&[(x, base - 3.5), (x + 22.0, base - 3.5)], style::series(n), style::CURVE, style::dash(n));
        mark(drawing, (x + 11.0, base - 3.5), n);
        drawing.text((x + 28.0, base), visit, style::SMALL, style::INK, Anchor::Start);
        x += 28.0 + crate::report::drawing::text_width(visit, style::SMALL) + 16.0;
    }
    if plot.band.is_some() {
        drawing.rectangle((x, base - 8.0), 18.0, 9.0, style::fade(style::GREY, 0.18));
        let text = lang.say("normal values of age and sex");
        drawing.text((x + 23.0, base), text, style::SMALL, style::INK, Anchor::Start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> ProfilePlot {
        ProfilePlot {
            quantity: "PDFF".to_owned(),
            unit: Unit::Percent,
            levels: ["L1", "L2", "L3"].map(str::to_owned).to_vec(),
            visits: vec![
                ("baseline".to_owned(), vec![Some(10.0), None, Some(14.0)]),
                ("cycle2".to_owned(), vec![Some(30.0), Some(32.0), Some(35.0)]),
            ],
            band: None,
        }
    }

    #[test]
    fn each_level_and_visit_is_named_and_a_missing_vertebra_has_no_point() {
        let svg = profile_figure(&plot(), Lang::En).unwrap().svg().unwrap();
        for text in ["PDFF (%)", "L1", "L2", "L3", "baseline", "cycle2"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        // baseline: two points and the key; cycle2: three and the key, each a disc under a ring
        assert_eq!(svg.matches("<circle").count(), 3 + 2 * 4);
        assert!(!svg.contains("normal values"));
        let empty = ProfilePlot { visits: vec![("a".to_owned(), vec![None; 3])], ..plot() };
        assert!(profile_figure(&empty, Lang::En).is_err());
    }

    #[test]
    fn a_band_is_drawn_only_where_normal_values_are_given() {
        let band = Some(vec![Some([30.0, 50.0]), None, Some([32.0, 54.0])]);
        let svg = profile_figure(&ProfilePlot { band, ..plot() }, Lang::En).unwrap().svg().unwrap();
        assert!(svg.contains("normal values of age and sex"));
        assert_eq!(svg.matches("<polygon").count(), 2 + 1);
    }
}
