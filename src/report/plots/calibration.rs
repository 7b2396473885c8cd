//! Calibration: observed share of events against predicted risk, with intervals, the line of identity dashed.

use super::axes::{Axes, Scale};
use crate::cohort::results::CalibrationGroup;
use crate::report::drawing::{Anchor, Drawing};
use crate::report::{Lang, ReportError, style};

const SIDE: f64 = 250.0;
const LEFT: f64 = 58.0;
const TOP: f64 = 14.0;

/// The figure of these groups.
///
/// # Errors
/// [`ReportError::Empty`] where there is no group.
pub fn calibration_figure(groups: &[CalibrationGroup], lang: Lang) -> Result<Drawing, ReportError> {
    if groups.is_empty() {
        return Err(ReportError::Empty { what: "no calibration group" });
    }
    let mut drawing = Drawing::new(style::COLUMN, TOP + SIDE + 60.0);
    let axes =
        Axes { frame: [LEFT, TOP, LEFT + SIDE, TOP + SIDE], x: Scale::linear(0.0, 1.0), y: Scale::linear(0.0, 1.0) };
    axes.y_axis(&mut drawing, lang.say("Observed share"), 6, 38.0);
    axes.x_axis(&mut drawing, lang.say("Predicted risk"), 6);
    drawing.dashed(&[axes.at(0.0, 0.0), axes.at(1.0, 1.0)], style::GREY, style::HAIR, &[3.0, 3.0]);
    axes.spines(&mut drawing);
    for group in groups {
        let ends = [axes.at(group.predicted, group.ci_low), axes.at(group.predicted, group.ci_high)];
        drawing.line(&ends, style::series(0), style::HAIR);
        drawing.disc(axes.at(group.predicted, group.observed), 3.2, style::series(0));
    }
    let n: usize = groups.iter().map(|group| group.n).sum();
    let note = lang.fill(
        "{n} patients in {groups} groups of similar risk; bars: Wilson 95 % intervals",
        &[("n", &n.to_string()), ("groups", &groups.len().to_string())],
    );
    drawing.text((8.0, TOP + SIDE + 54.0), &note, style::SMALL, style::GREY, Anchor::Start);
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_counts_its_patients() {
        let group = |predicted: f64| CalibrationGroup { predicted, observed: 0.3, ci_low: 0.1, ci_high: 0.6, n: 10 };
        let svg = calibration_figure(&[group(0.1), group(0.5), group(0.9)], Lang::En).unwrap().svg().unwrap();
        assert!(svg.contains("30 patients in 3 groups"));
        assert!(calibration_figure(&[], Lang::En).is_err());
    }
}
