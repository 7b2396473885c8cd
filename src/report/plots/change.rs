//! Change by group: every patient as a dot, median and quartiles as a box, so that nobody hides behind a mean.

use super::axes::{Axes, Scale, extent};
use crate::report::drawing::{Anchor, Drawing};
use crate::report::{Lang, ReportError, labels, style};
use plotters::data::Quartiles;
use plotters::style::RGBAColor;

/// The values of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Name under the box, e.g. `CR/VGPR`.
    pub name: String,
    /// One value a patient.
    pub values: Vec<f64>,
}

/// One column, by group.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangePlot {
    /// Column name; put in words on the axis.
    pub column: String,
    /// Groups from left to right; the first is the positive class.
    pub groups: Vec<Group>,
    /// What stands above the boxes, e.g. the test and its p.
    pub note: String,
    /// Whether the column is exploratory in the plan; then the word stands in the figure.
    pub exploratory: bool,
}

const HEIGHT: f64 = 300.0;
const LEFT: f64 = 62.0;
const HALF_BOX: f64 = 30.0;

/// The figure of one column.
///
/// # Errors
/// [`ReportError::Empty`] where no group has a value.
pub fn change_figure(plot: &ChangePlot, lang: Lang) -> Result<Drawing, ReportError> {
    let all = || plot.groups.iter().flat_map(|group| group.values.iter().copied()).filter(|v| v.is_finite());
    if all().next().is_none() {
        return Err(ReportError::Empty { what: "no change to show" });
    }
    let mut drawing = Drawing::new(style::COLUMN, HEIGHT);
    let frame = [LEFT, 34.0, style::COLUMN - 12.0, HEIGHT - 44.0];
    // zero is in the picture: it is the line between rise and fall
    let y = Scale::around(all().chain([0.0]));
    let axes = Axes { frame, x: Scale::linear(0.0, plot.groups.len() as f64), y };
    axes.y_axis(&mut drawing, &labels::column(&plot.column, lang), 7, 46.0);
    drawing.dashed(&[(frame[0], axes.y_at(0.0)), (frame[2], axes.y_at(0.0))], style::GREY, style::HAIR, &[3.0, 3.0]);
    axes.spines(&mut drawing);
    for (n, group) in plot.groups.iter().enumerate() {
        let centre = axes.x_at(n as f64 + 0.5);
        draw_group(&mut drawing, &axes, group, centre, group_colour(n), n);
        drawing.text((centre, frame[3] + 16.0), &group.name, style::TEXT, style::INK, Anchor::Middle);
        let count = format!("n = {}", group.values.iter().filter(|v| v.is_finite()).count());
        drawing.text((centre, frame[3] + 30.0), &count, style::SMALL, style::GREY, Anchor::Middle);
    }
    heading(&mut drawing, &plot.note, plot.exploratory, lang);
    Ok(drawing)
}

/// Colour of the n-th group: positive class first.
pub fn group_colour(n: usize) -> RGBAColor {
    match n {
        0 => style::POSITIVE,
        1 => style::NEGATIVE,
        n => style::series(n),
    }
}

/// The line above a figure, with the word `exploratory` where it belongs.
pub fn heading(drawing: &mut Drawing, note: &str, exploratory: bool, lang: Lang) {
    let width = drawing.size().0;
    drawing.text((LEFT, 20.0), note, style::SMALL, style::INK, Anchor::Start);
    if exploratory {
        drawing.text((width - 12.0, 20.0), lang.say("exploratory"), style::SMALL, style::GREY, Anchor::End);
    }
}

fn draw_group(drawing: &mut Drawing, axes: &Axes, group: &Group, centre: f64, colour: RGBAColor, n: usize) {
    let values: Vec<f64> = group.values.iter().copied().filter(|v| v.is_finite()).collect();
    if values.len() >= 4 {
        let [_, low, median, high, _] = Quartiles::new(&values).values().map(f64::from);
        let reach = 1.5 * (high - low);
        let (bottom, top) = extent(values.iter().copied().filter(|v| *v >= low - reach && *v <= high + reach));
        let (left, right) = (centre - HALF_BOX, centre + HALF_BOX);
        let outline = [(left, low), (right, low), (right, high), (left, high), (left, low)];
        let corners: Vec<_> = outline.iter().map(|&(x, y)| (x, axes.y_at(y))).collect();
        drawing.polygon(&corners[..4], style::fade(colour, 0.12));
        drawing.line(&corners, colour, 1.0);
        for (from, to) in [(high, top), (low, bottom)] {
            drawing.line(&[(centre, axes.y_at(from)), (centre, axes.y_at(to))], colour, 1.0);
        }
        drawing.line(&[(left, axes.y_at(median)), (right, axes.y_at(median))], colour, 2.4);
    }
    for (i, value) in values.iter().enumerate() {
        // multiples of the golden ratio spread evenly and are the same in every run
        let shift = ((i as f64 + 1.0) * 0.618_033_988_75).fract() - 0.5;
        let at = (centre + shift * 1.5 * HALF_BOX, axes.y_at(*value));
        // shape as well as colour: discs and rings
        if n.is_multiple_of(2) {
            drawing.disc(at, 2.6, style::fade(colour, 0.85));
        } else {
            drawing.ring(at, 2.4, colour, 1.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_counts_and_the_word_exploratory_are_in_the_figure() {
        let plot = ChangePlot {
            column: "sff_mean_L1-L5__abs".to_owned(),
            groups: vec![
                Group { name: "CR/VGPR".to_owned(), values: vec![5.0, 12.0, 20.0, 8.0, 14.0] },
                Group { name: "others".to_owned(), values: vec![-2.0, f64::NAN, 1.0] },
            ],
            note: "Mann-Whitney P = 0.012".to_owned(),
            exploratory: true,
        };
        let svg = change_figure(&plot, Lang::En).unwrap().svg().unwrap();
        for text in ["sFF mean L1–L5, change (points)", "CR/VGPR", "n = 5", "n = 2", "exploratory", "P = 0.012"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        let empty = ChangePlot { groups: vec![Group { name: "a".to_owned(), values: vec![] }], ..plot };
        assert!(change_figure(&empty, Lang::En).is_err());
    }
}
