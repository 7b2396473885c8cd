//! Two columns against each other: a dot a patient, groups apart by colour and shape, the coefficient as it was tested.

use super::axes::{Axes, Scale};
use super::change::{group_colour, heading};
use crate::report::drawing::{Anchor, Drawing, text_width};
use crate::report::{Lang, ReportError, labels, style};

/// Two columns of the same patients.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationPlot {
    /// Column of the horizontal and of the vertical axis.
    pub columns: [String; 2],
    /// Group name and its patients; the first is the positive class. One group alone needs no name.
    pub groups: Vec<(String, Vec<[f64; 2]>)>,
    /// Coefficients with interval and p, one a line.
    pub notes: Vec<String>,
    /// Whether the pair is exploratory in the plan.
    pub exploratory: bool,
}

const HEIGHT: f64 = 320.0;
const LINE: f64 = 12.5;

/// The figure of two columns.
///
/// # Errors
/// [`ReportError::Empty`] where no patient has both values.
pub fn correlation_figure(plot: &CorrelationPlot, lang: Lang) -> Result<Drawing, ReportError> {
    let complete = |points: &[[f64; 2]]| -> Vec<[f64; 2]> {
        points.iter().copied().filter(|p| p.iter().all(|v| v.is_finite())).collect()
    };
    let groups: Vec<(&str, Vec<[f64; 2]>)> =
        plot.groups.iter().map(|(name, points)| (name.as_str(), complete(points))).collect();
    let all = || groups.iter().flat_map(|(_, points)| points.iter());
    if all().next().is_none() {
        return Err(ReportError::Empty { what: "no patient with both values" });
    }
    let lines = plot.notes.len().max(1) as f64;
    let frame = [62.0, 14.0 + LINE * lines, style::COLUMN - 12.0, HEIGHT - 56.0];
    let axes = Axes { frame, x: Scale::around(all().map(|p| p[0])), y: Scale::around(all().map(|p| p[1])) };
    let mut drawing = Drawing::new(style::COLUMN, HEIGHT);
    axes.y_axis(&mut drawing, &labels::column(&plot.columns[1], lang), 6, 46.0);
    axes.x_axis(&mut drawing, &labels::column(&plot.columns[0], lang), 6);
    axes.spines(&mut drawing);
    let mut x = frame[0];
    for (n, (name, points)) in groups.iter().enumerate() {
        points.iter().for_each(|p| dot(&mut drawing, axes.at(p[0], p[1]), n));
        let text =
            if groups.len() > 1 { format!("{name}, n = {}", points.len()) } else { format!("n = {}", points.len()) };
        dot(&mut drawing, (x + 3.0, HEIGHT - 13.0), n);
        drawing.text((x + 10.0, HEIGHT - 10.0), &text, style::SMALL, style::INK, Anchor::Start);
        x += 10.0 + text_width(&text, style::SMALL) + 16.0;
    }
    let mut notes = plot.notes.iter();
    heading(&mut drawing, notes.next().map_or("", String::as_str), plot.exploratory, lang);
    for (n, note) in notes.enumerate() {
        let y = 20.0 + LINE * (n as f64 + 1.0);
        drawing.text((frame[0], y), note, style::SMALL, style::INK, Anchor::Start);
    }
    Ok(drawing)
}

/// Discs for the first group, rings for the next.
fn dot(drawing: &mut Drawing, at: (f64, f64), n: usize) {
    if n.is_multiple_of(2) {
        drawing.disc(at, 2.6, style::fade(group_colour(n), 0.85));
    } else {
        drawing.ring(at, 2.4, group_colour(n), 1.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_complete_pair_is_a_dot_and_the_coefficients_are_written() {
        let plot = CorrelationPlot {
            columns: ["sff_mean_L1-L5__pct".to_owned(), "m_protein_serum_g_dl__pct".to_owned()],
            groups: vec![
                ("CR/VGPR".to_owned(), vec![[10.0, -90.0], [40.0, -95.0], [f64::NAN, 3.0]]),
                ("others".to_owned(), vec![[-5.0, -20.0]]),
            ],
            notes: vec!["Spearman −0.62 (−0.80 to −0.31), P < 0.001".to_owned(), "Pearson −0.55".to_owned()],
            exploratory: true,
        };
        let svg = correlation_figure(&plot, Lang::En).unwrap().svg().unwrap();
        for text in [
            "sFF mean L1–L5, change (%)",
            "Serum M protein, change (%)",
            "CR/VGPR, n = 2",
            "others, n = 1",
            "−0.62",
            "Pearson",
        ] {
            assert!(svg.contains(text), "{text} is missing");
        }
        // three patients and two keys
        assert_eq!(svg.matches("<circle").count(), 5);
        let empty = CorrelationPlot { groups: vec![(String::new(), vec![[f64::NAN, 1.0]])], ..plot };
        assert!(correlation_figure(&empty, Lang::En).is_err());
    }
}
