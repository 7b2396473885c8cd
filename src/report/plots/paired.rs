//! Before and after: one line a patient, one panel a group, on a common axis.

use super::axes::{Axes, Scale};
use super::change::{group_colour, heading};
use crate::report::drawing::{Anchor, Drawing};
use crate::report::{Lang, ReportError, labels, style};
use plotters::data::Quartiles;

/// One column at two sessions, by group.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedPlot {
    /// Column without its session suffix; put in words on the axis.
    pub column: String,
    /// Names of the two sessions.
    pub sessions: [String; 2],
    /// Group name and its patients' values before and after; the first is the positive class.
    pub groups: Vec<(String, Vec<[f64; 2]>)>,
    /// Whether the column is exploratory in the plan.
    pub exploratory: bool,
}

/// Patients that a group has at least where its median is drawn.
const FEWEST: usize = 4;
const HEIGHT: f64 = 290.0;
const LEFT: f64 = 62.0;
const GAP: f64 = 14.0;

/// The figure of one column.
///
/// # Errors
/// [`ReportError::Empty`] where no patient has both values.
pub fn paired_figure(plot: &PairedPlot, lang: Lang) -> Result<Drawing, ReportError> {
    let complete = |pairs: &[[f64; 2]]| -> Vec<[f64; 2]> {
        pairs.iter().copied().filter(|pair| pair.iter().all(|v| v.is_finite())).collect()
    };
    let groups: Vec<(&str, Vec<[f64; 2]>)> =
        plot.groups.iter().map(|(name, pairs)| (name.as_str(), complete(pairs))).collect();
    if groups.iter().all(|(_, pairs)| pairs.is_empty()) {
        return Err(ReportError::Empty { what: "no patient with both visits" });
    }
    let mut drawing = Drawing::new(style::COLUMN, HEIGHT);
    let y = Scale::around(groups.iter().flat_map(|(_, pairs)| pairs.iter().flatten().copied()));
    let width = (style::COLUMN - LEFT - 10.0 - GAP * (groups.len() as f64 - 1.0)) / groups.len() as f64;
    for (n, (name, pairs)) in groups.iter().enumerate() {
        let left = LEFT + n as f64 * (width + GAP);
        let axes = Axes { frame: [left, 46.0, left + width, HEIGHT - 30.0], x: Scale::linear(0.0, 1.0), y };
        if n == 0 {
            axes.y_axis(&mut drawing, &labels::column(&plot.column, lang), 7, 46.0);
        }
        axes.spines(&mut drawing);
        let (before, after) = (axes.x_at(0.2), axes.x_at(0.8));
        for &[first, second] in pairs {
            let points = [(before, axes.y_at(first)), (after, axes.y_at(second))];
            drawing.line(&points, style::fade(group_colour(n), 0.45), 0.9);
            points.iter().for_each(|&at| drawing.disc(at, 1.7, style::fade(group_colour(n), 0.7)));
        }
        if pairs.len() >= FEWEST {
            let median = |side: usize| {
                let values: Vec<f64> = pairs.iter().map(|pair| pair[side]).collect();
                Quartiles::new(&values).median()
            };
            drawing.line(&[(before, axes.y_at(median(0))), (after, axes.y_at(median(1)))], style::INK, 2.6);
        }
        for (x, session) in [(before, &plot.sessions[0]), (after, &plot.sessions[1])] {
            drawing.text((x, HEIGHT - 14.0), session, style::SMALL, style::INK, Anchor::Middle);
        }
        let title = format!("{name}, n = {}", pairs.len());
        drawing.text((left + width / 2.0, 40.0), &title, style::TEXT, style::INK, Anchor::Middle);
    }
    let has_median = groups.iter().any(|(_, pairs)| pairs.len() >= FEWEST);
    let note = if has_median { lang.say("thick line: median") } else { "" };
    heading(&mut drawing, note, plot.exploratory, lang);
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_patients_with_both_visits_are_drawn_and_counted() {
        let plot = PairedPlot {
            column: "tdv_total_body".to_owned(),
            sessions: ["baseline".to_owned(), "cycle2".to_owned()],
            groups: vec![
                ("CR/VGPR".to_owned(), vec![[200.0, 20.0], [80.0, 10.0], [f64::NAN, 3.0]]),
                ("others".to_owned(), vec![[150.0, 140.0]]),
            ],
            exploratory: false,
        };
        let svg = paired_figure(&plot, Lang::En).unwrap().svg().unwrap();
        for text in ["tDV (mL)", "CR/VGPR, n = 2", "others, n = 1", "cycle2"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        assert!(!svg.contains("exploratory") && !svg.contains("median"), "no median of so few");
        let four = PairedPlot { groups: vec![("all".to_owned(), vec![[200.0, 20.0]; 4])], ..plot };
        assert!(paired_figure(&four, Lang::En).unwrap().svg().unwrap().contains("thick line: median"));
    }
}
