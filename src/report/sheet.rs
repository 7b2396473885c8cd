//! Rows of panels under their heading, a key below: the page that every picture of panels is drawn on.

use super::ReportError;
use super::canvas::{Canvas, Rect};
use super::drawing::{Anchor, Drawing};
use super::panel::{BACKGROUND, DIM, GAP, MARGIN, Panel, bar_room, place};
use plotters::style::RGBAColor;

/// A line of the heading: text, size in pixels, colour.
pub type Line = (String, f64, RGBAColor);

/// Narrowest page, pixels; a heading needs room.
const NARROWEST: usize = 640;

/// A page of rows, each columns of panels and its height in pixels, as a PNG file; `heading` gets the room for its lines.
///
/// # Errors
/// Where the page cannot be drawn.
pub fn sheet(
    rows: impl IntoIterator<Item = (Vec<Vec<Panel>>, usize)>,
    heading: impl FnOnce(f64) -> Vec<Line>,
    key: &str,
) -> Result<Vec<u8>, ReportError> {
    // first the places, then the canvas that holds them
    let placed: Vec<Vec<(Panel, Rect)>> = rows.into_iter().map(|(columns, height)| place(columns, height)).collect();
    let right = placed.iter().flatten().map(|(panel, rect)| rect[0] + rect[2] + bar_room(panel)).max().unwrap_or(0);
    let width = (right + MARGIN).max(NARROWEST);
    let head = heading(width as f64 - 2.0 * MARGIN as f64);
    let mut top = 14 + head.iter().map(|(_, em, _)| (em * 1.45) as usize).sum::<usize>();
    let mut tops = Vec::new();
    for row in &placed {
        tops.push(top);
        top += row.iter().map(|(_, rect)| rect[1] + rect[3]).max().map_or(0, |bottom| bottom + GAP);
    }
    let bottom = top + 18;
    let mut canvas = Canvas::new(width, bottom, BACKGROUND);
    let mut ink = Drawing::new(width as f64, bottom as f64);
    ink.text((MARGIN as f64, bottom as f64 - 10.0), key, 12.0, DIM, Anchor::Start);
    let mut baseline = 8.0;
    for (text, em, colour) in &head {
        baseline += em * 1.45;
        ink.text((MARGIN as f64, baseline), text, *em, *colour, Anchor::Start);
    }
    for (row, top) in placed.iter().zip(tops) {
        for (panel, rect) in row {
            panel.draw(&mut canvas, &mut ink, [rect[0], rect[1] + top, rect[2], rect[3]]);
        }
    }
    canvas.overlay(&ink)?;
    canvas.png()
}
