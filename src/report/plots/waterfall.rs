//! Waterfall: one bar a patient, in order of the change, so that the share of rises and falls is seen at once.

use super::axes::{Axes, Scale, extent};
use super::change::{Group, group_colour, heading};
use crate::report::drawing::{Anchor, Drawing, text_width};
use crate::report::{Lang, ReportError, labels, style};

/// One column, a bar a patient; groups have their colour and fill.
#[derive(Debug, Clone, PartialEq)]
pub struct WaterfallPlot {
    /// Column name; put in words on the axis.
    pub column: String,
    /// Groups; the first is the positive class. One group alone needs no name.
    pub groups: Vec<Group>,
    /// What stands above the bars.
    pub note: String,
    /// Whether the column is exploratory in the plan; then the word stands in the figure.
    pub exploratory: bool,
}

const HEIGHT: f64 = 290.0;
const FRAME: [f64; 4] = [62.0, 34.0, style::COLUMN - 12.0, HEIGHT - 44.0];
/// A bar longer than so many times the upper decile of all lengths is cut, and its value written.
const LONGEST: f64 = 2.5;
/// Height of a line of text.
const LINE: f64 = 11.0;

/// The figure of one column.
///
/// # Errors
/// [`ReportError::Empty`] where no patient has a value.
pub fn waterfall_figure(plot: &WaterfallPlot, lang: Lang) -> Result<Drawing, ReportError> {
    let of_group = |(n, group): (usize, &Group)| group.values.iter().map(move |v| (*v, n)).collect::<Vec<_>>();
    let mut bars: Vec<(f64, usize)> =
        plot.groups.iter().enumerate().flat_map(of_group).filter(|(v, _)| v.is_finite()).collect();
    if bars.is_empty() {
        return Err(ReportError::Empty { what: "no change to show" });
    }
    bars.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let limit = longest(&bars);
    let (low, high) = extent(bars.iter().map(|(v, _)| v.clamp(-limit, limit)).chain([0.0]));
    let spare = 0.08 * (high - low);
    let y = Scale::linear(if low < 0.0 { low - spare } else { low }, if high > 0.0 { high + spare } else { high });
    let mut frame = FRAME;
    if plot.note.is_empty() && !plot.exploratory {
        frame[1] = 14.0;
    }
    let axes = Axes { frame, x: Scale::linear(0.0, bars.len() as f64), y };
    let mut drawing = Drawing::new(style::COLUMN, HEIGHT);
    axes.y_axis(&mut drawing, &labels::column(&plot.column, lang), 7, 46.0);
    let beyond = |sign: f64| bars.iter().filter(|(v, _)| sign * v > limit).count();
    let cut = [beyond(1.0), beyond(-1.0)];
    for (n, &(value, group)) in bars.iter().enumerate() {
        bar(&mut drawing, &axes, n, value.clamp(-limit, limit), group);
        if value.abs() > limit {
            mark_cut(&mut drawing, &axes, n, value.signum() * limit);
        }
    }
    // the longest bars stand first and last: their values one below the other beside the last of them
    for (n, (value, _)) in bars.iter().take(cut[0]).enumerate() {
        let at = (axes.x_at(cut[0] as f64) + 2.0, axes.y_at(limit) + 7.0 + LINE * n as f64);
        drawing.text(at, &whole(*value), style::SMALL, style::INK, Anchor::Start);
    }
    for (n, (value, _)) in bars.iter().rev().take(cut[1]).enumerate() {
        let at = (axes.x_at((bars.len() - cut[1]) as f64) - 2.0, axes.y_at(-limit) - LINE * n as f64);
        drawing.text(at, &whole(*value), style::SMALL, style::INK, Anchor::End);
    }
    let zero = axes.y_at(0.0);
    drawing.line(&[(frame[0], frame[1]), (frame[0], frame[3])], style::INK, style::HAIR);
    drawing.line(&[(frame[0], zero), (frame[2], zero)], style::INK, style::HAIR);
    legend(&mut drawing, plot, bars.len(), cut[0] + cut[1], lang);
    heading(&mut drawing, &plot.note, plot.exploratory, lang);
    Ok(drawing)
}

/// Length at which bars are cut; none is where the longest is no stranger to the others.
fn longest(bars: &[(f64, usize)]) -> f64 {
    let mut lengths: Vec<f64> = bars.iter().map(|(v, _)| v.abs()).collect();
    lengths.sort_unstable_by(f64::total_cmp);
    let decile = lengths[(lengths.len() - 1) * 9 / 10];
    let last = lengths[lengths.len() - 1];
    if decile > 0.0 && last > LONGEST * decile { LONGEST * decile } else { last }
}

/// A filled bar for the first group, an outlined one for the others.
fn bar(drawing: &mut Drawing, axes: &Axes, n: usize, value: f64, group: usize) {
    let width = axes.x_at(1.0) - axes.x_at(0.0);
    let gap = (0.12 * width).min(2.0);
    let (left, right) = (axes.x_at(n as f64) + gap, axes.x_at(n as f64 + 1.0) - gap);
    let (zero, end) = (axes.y_at(0.0), axes.y_at(value));
    let colour = group_colour(group);
    let corners = [(left, zero), (right, zero), (right, end), (left, end)];
    drawing.polygon(&corners, style::fade(colour, if group == 0 { 1.0 } else { 0.15 }));
    if group > 0 {
        drawing.line(&[corners[0], corners[3], corners[2], corners[1]], colour, 1.0);
    }
}

/// A white gap across a bar that goes on beyond its end.
fn mark_cut(drawing: &mut Drawing, axes: &Axes, n: usize, end: f64) {
    let (left, right) = (axes.x_at(n as f64) - 1.0, axes.x_at(n as f64 + 1.0) + 1.0);
    let at = axes.y_at(0.9 * end);
    let slash = [(left, at + 4.0), (right, at), (right, at + 3.0), (left, at + 7.0)];
    drawing.polygon(&slash, plotters::style::RGBAColor(255, 255, 255, 1.0));
}

fn whole(value: f64) -> String {
    format!("{value:.0}").replace('-', "−")
}

fn legend(drawing: &mut Drawing, plot: &WaterfallPlot, patients: usize, cut: usize, lang: Lang) {
    let mut x = FRAME[0];
    let base = HEIGHT - 20.0;
    for (n, group) in plot.groups.iter().enumerate().filter(|_| plot.groups.len() > 1) {
        let colour = group_colour(n);
        let (top, side) = (base - 8.0, 9.0);
        drawing.rectangle((x, top), side, side, style::fade(colour, if n == 0 { 1.0 } else { 0.15 }));
        if n > 0 {
            let (right, bottom) = (x + side, top + side);
            drawing.line(&[(x, top), (right, top), (right, bottom), (x, bottom), (x, top)], colour, 1.0);
        }
        let count = group.values.iter().filter(|v| v.is_finite()).count();
        let text = format!("{}, n = {count}", group.name);
        drawing.text((x + 13.0, base), &text, style::SMALL, style::INK, Anchor::Start);
        x += 13.0 + text_width(&text, style::SMALL) + 16.0;
    }
    let note = match (plot.groups.len(), cut) {
        (1, 0) => lang.fill("{n} patients", &[("n", &patients.to_string())]),
        (1, cut) => {
            let gaps = [("n", &*patients.to_string()), ("cut", &cut.to_string())];
            lang.fill("{n} patients; {cut} cut, value written", &gaps)
        }
        (_, 0) => return,
        (_, cut) => lang.fill("{cut} cut, value written", &[("cut", &cut.to_string())]),
    };
    // below the groups where it would run into them
    let is_free = x + text_width(&note, style::SMALL) < FRAME[2];
    let y = if is_free { base } else { base + LINE };
    drawing.text((FRAME[2], y), &note, style::SMALL, style::GREY, Anchor::End);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(values: [Vec<f64>; 2]) -> WaterfallPlot {
        let [a, b] = values;
        WaterfallPlot {
            column: "sff_mean_L1-L5__pct".to_owned(),
            groups: vec![
                Group { name: "CR/VGPR".to_owned(), values: a },
                Group { name: "others".to_owned(), values: b },
            ],
            note: "simulated".to_owned(),
            exploratory: true,
        }
    }

    #[test]
    fn every_patient_has_a_bar_and_a_stranger_is_cut_with_its_value() {
        let (a, b) = (vec![50.0, 80.0, 1150.0, 60.0, 70.0], vec![-20.0, 5.0, f64::NAN, -40.0, 30.0, 12.0, -8.0]);
        let svg = waterfall_figure(&plot([a, b]), Lang::En).unwrap().svg().unwrap();
        for text in ["sFF mean L1–L5, change (%)", "CR/VGPR, n = 5", "others, n = 6", "1150", "1 cut", "exploratory"]
        {
            assert!(svg.contains(text), "{text} is missing");
        }
        // 11 bars, a legend key of each group, the slash
        assert_eq!(svg.matches("<polygon").count(), 11 + 2 + 1);
        let even = waterfall_figure(&plot([vec![3.0, 2.0], vec![-1.0]]), Lang::En).unwrap().svg().unwrap();
        assert!(!even.contains("cut"));
        assert!(waterfall_figure(&plot([vec![], vec![f64::NAN]]), Lang::En).is_err());
    }
}
