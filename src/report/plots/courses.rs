//! The course of one patient: a small panel for each quantity, a point a visit, its value written beside it.

use super::axes::{Scale, extent};
use crate::report::drawing::{Anchor, Drawing, fitted, text_width};
use crate::report::{ReportError, style};

/// One quantity over the visits.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// What it is, with its unit.
    pub title: String,
    /// Value at each visit with its text; none where it was not measured.
    pub values: Vec<Option<(f64, String)>>,
}

/// All quantities of one patient.
#[derive(Debug, Clone, PartialEq)]
pub struct CoursesPlot {
    /// Names of the visits, in order of time.
    pub visits: Vec<String>,
    /// The quantities.
    pub courses: Vec<Course>,
}

const COLUMNS: usize = 4;
const WIDTH: f64 = 2.0 * style::COLUMN;
const PANEL: [f64; 2] = [WIDTH / COLUMNS as f64, 96.0];

/// The figure of one patient.
///
/// # Errors
/// [`ReportError::Empty`] where nothing was measured.
pub fn courses_figure(plot: &CoursesPlot) -> Result<Drawing, ReportError> {
    let shown: Vec<&Course> = plot.courses.iter().filter(|course| course.values.iter().any(Option::is_some)).collect();
    if shown.is_empty() {
        return Err(ReportError::Empty { what: "no value over the visits" });
    }
    let rows = shown.len().div_ceil(COLUMNS);
    let mut drawing = Drawing::new(WIDTH, PANEL[1] * rows as f64 + 4.0);
    for (n, course) in shown.into_iter().enumerate() {
        let corner = ((n % COLUMNS) as f64 * PANEL[0], (n / COLUMNS) as f64 * PANEL[1]);
        panel(&mut drawing, course, &plot.visits, corner);
    }
    Ok(drawing)
}

fn panel(drawing: &mut Drawing, course: &Course, visits: &[String], (left, top): (f64, f64)) {
    // a long title becomes smaller, so that its unit stays
    let room = PANEL[0] - 8.0;
    let em = style::SMALL * (room / text_width(&course.title, style::SMALL).max(1.0)).clamp(0.7, 1.0);
    let title = fitted(&course.title, em, room);
    drawing.text((left + 6.0, top + 14.0), &title, em, style::INK, Anchor::Start);
    let (floor, ceiling) = (top + PANEL[1] - 24.0, top + 36.0);
    let (first, last) = (left + 26.0, left + PANEL[0] - 26.0);
    drawing.line(&[(left + 6.0, floor + 8.0), (left + PANEL[0] - 8.0, floor + 8.0)], style::FAINT, style::HAIR);
    // from zero where the values are positive, so that a small change looks small
    let (low, high) = extent(course.values.iter().flatten().map(|(value, _)| *value).chain([0.0]));
    let scale = Scale::linear(low, high);
    let x = |visit: usize| match visits.len() {
        0 | 1 => (first + last) / 2.0,
        n => first + (last - first) * visit as f64 / (n - 1) as f64,
    };
    let at = |visit: usize, value: f64| (x(visit), floor - scale.share(value) * (floor - ceiling));
    let points: Vec<((f64, f64), &str)> = course
        .values
        .iter()
        .enumerate()
        .filter_map(|(visit, value)| value.as_ref().map(|(value, text)| (at(visit, *value), text.as_str())))
        .collect();
    let line: Vec<(f64, f64)> = points.iter().map(|(at, _)| *at).collect();
    drawing.line(&line, style::POSITIVE, 1.4);
    for (at, text) in &points {
        drawing.disc(*at, 2.4, style::POSITIVE);
        drawing.text((at.0, at.1 - 5.5), text, style::SMALL, style::INK, Anchor::Middle);
    }
    for (n, visit) in visits.iter().enumerate() {
        let room = (last - first) / visits.len().max(2) as f64 + 12.0;
        let em = if text_width(visit, 8.5) > room { 7.0 } else { 8.5 };
        drawing.text((x(n), floor + 18.0), visit, em, style::GREY, Anchor::Middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_written_and_what_was_never_measured_has_no_panel() {
        let value = |v: f64| Some((v, v.to_string()));
        let course = |title: &str, values| Course { title: title.to_owned(), values };
        let plot = CoursesPlot {
            visits: ["baseline", "cycle2", "end"].map(str::to_owned).to_vec(),
            courses: vec![
                course("tDV (mL)", vec![value(201.0), value(21.0), None]),
                course("Haemoglobin (g/dL)", vec![value(9.5), None, value(12.0)]),
                course("Calcium (mg/dL)", vec![None, None, None]),
            ],
        };
        let svg = courses_figure(&plot).unwrap().svg().unwrap();
        for text in ["tDV (mL)", "201", "21", "9.5", "12", "cycle2"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        assert!(!svg.contains("Calcium"));
        assert_eq!(svg.matches("<circle").count(), 4);
        assert!(courses_figure(&CoursesPlot { courses: vec![], ..plot }).is_err());
    }
}
