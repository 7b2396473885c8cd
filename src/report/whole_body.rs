//! The whole body of one subject before and after treatment: maximum-intensity projections, lesions by their ADC.
//!
//! Each visit shows the highest b-value projected to the front and to the side in inverted grey, all at one scale in mm;
//! the grey window is each visit's own, since scanner gains differ between visits. Voxels of the total diffusion volume are
//! painted over it by ADC class; where several lie behind one pixel, the brightest counts.

use super::ReportError;
use super::canvas::{Canvas, Rect};
use super::drawing::{Anchor, Drawing};
use super::palette::{Palette, Window};
use super::panel::{BACKGROUND, CAPTION, DIM, GAP, MARGIN, Panel, WHITE, wrap};
use super::slice::{Plane, Slice};
use crate::image::{Labels, Volume};
use crate::region::{ADC_CLASSES_UM2_S, Window as Class};
use crate::units::Unit;
use plotters::style::RGBAColor;

/// One visit; all images on one grid.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// Its name, e.g. `baseline`.
    pub name: &'a str,
    /// Results in words, e.g. `tDV 94.7 mL`.
    pub facts: &'a [String],
    /// Image of the highest b-value.
    pub high_b: &'a Volume,
    /// ADC in um2/s.
    pub adc: &'a Volume,
    /// Lesions of tDV.
    pub lesions: &'a Labels,
    /// Classes of ADC that tDV was parted into when it was measured.
    pub classes: &'a [Class],
}

/// What there is to show of one subject.
#[derive(Debug, Clone, Copy)]
pub struct SubjectPicture<'a> {
    /// Title, e.g. `sub-001`.
    pub title: &'a str,
    /// The b-value shown, s/mm2.
    pub b_value: f64,
    /// Visits in order of time.
    pub visits: &'a [Visit<'a>],
}

/// Colours of the classes from low to high ADC, told apart by the colour-blind (Okabe and Ito).
const CLASS_COLOURS: [[u8; 3]; 3] = [[213, 94, 0], [240, 228, 66], [0, 158, 115]];
/// Height of a projection in pixels.
const HEIGHT: usize = 560;

/// The picture of one subject as a PNG file.
///
/// # Errors
/// [`ReportError::Empty`] where there is no visit.
pub fn whole_body(subject: &SubjectPicture) -> Result<Vec<u8>, ReportError> {
    let tallest = subject.visits.iter().map(|visit| Slice::of(&visit.high_b.grid, Plane::Coronal, 0).extent_mm()[1]);
    let tallest = tallest.fold(0.0, f64::max);
    if tallest <= 0.0 {
        return Err(ReportError::Empty { what: "a subject without images" });
    }
    let per_mm = HEIGHT as f64 / tallest;
    let heading = 14 + 28;
    let top = heading + 3 * 19 + CAPTION;
    let mut left = MARGIN;
    let mut placed: Vec<(Panel, Rect)> = Vec::new();
    let mut notes: Vec<(usize, Vec<String>)> = Vec::new();
    for visit in subject.visits {
        let from = left;
        for plane in [Plane::Coronal, Plane::Sagittal] {
            let panel = projection(visit, plane);
            let size = panel.slice.extent_mm().map(|mm| (mm * per_mm).round().max(1.0) as usize);
            placed.push((panel, [left, top, size[0], size[1]]));
            left += size[0] + GAP;
        }
        let room = (left - from - GAP) as f64;
        let mut lines = vec![visit.name.to_owned()];
        lines.extend(wrap(&visit.facts.join("   "), 12.5, room).into_iter().take(2));
        notes.push((from, lines));
        left += GAP;
    }
    let key = key(subject);
    let (width, height) = ((left - 2 * GAP + MARGIN).max(560), top + HEIGHT + 20 + 20 * key.len());
    let mut canvas = Canvas::new(width, height, BACKGROUND);
    let mut ink = Drawing::new(width as f64, height as f64);
    let title = format!("{}, b = {} {}, maximum intensity", subject.title, subject.b_value, Unit::SPerMm2.typeset());
    ink.text((MARGIN as f64, heading as f64 - 10.0), &title, 19.0, WHITE, Anchor::Start);
    for (left, lines) in &notes {
        for (n, line) in lines.iter().enumerate() {
            let (em, colour) = if n == 0 { (15.0, WHITE) } else { (12.5, DIM) };
            ink.text((*left as f64, (heading + 14 + 18 * n) as f64), line, em, colour, Anchor::Start);
        }
    }
    for (n, (colour, text)) in key.iter().enumerate() {
        let y = (top + HEIGHT + 24 + 20 * n) as f64;
        if let Some([r, g, b]) = colour {
            ink.rectangle((MARGIN as f64, y - 11.0), 14.0, 12.0, RGBAColor(*r, *g, *b, 1.0));
        }
        ink.text((MARGIN as f64 + 22.0, y), text, 12.5, DIM, Anchor::Start);
    }
    for (panel, rect) in &placed {
        panel.draw(&mut canvas, &mut ink, *rect);
    }
    canvas.overlay(&ink)?;
    canvas.png()
}

/// Number of the class of an ADC.
fn class(adc: f32) -> usize {
    ADC_CLASSES_UM2_S.iter().filter(|&&border| f64::from(adc) >= border).count()
}

/// One visit projected along the axis through a plane.
fn projection(visit: &Visit, plane: Plane) -> Panel {
    let slice = Slice::of(&visit.high_b.grid, plane, 0);
    let signal = visit.high_b.data.as_slice_memory_order().unwrap_or_default();
    let brighter = |least: f32, voxel: usize| if signal[voxel] > least { signal[voxel] } else { least };
    let values = slice.project(f32::NEG_INFINITY, brighter);
    let values: Vec<f32> = values.into_iter().map(|v| if v.is_finite() { v } else { f32::NAN }).collect();
    let window = Window::of_signal(values.iter());
    let caption = format!("{} projection", plane.name());
    let fills = lesion_colours(visit, &slice, signal);
    let mut panel = Panel::of_values(values, slice, caption, Palette::InvertedGrey, window, None);
    panel.fills = fills;
    panel
}

/// For each pixel the colour of the brightest lesion voxel behind it.
fn lesion_colours(visit: &Visit, slice: &Slice, signal: &[f32]) -> Vec<Option<[u8; 3]>> {
    let lesions = visit.lesions.data.as_slice_memory_order().unwrap_or_default();
    let adc = visit.adc.data.as_slice_memory_order().unwrap_or_default();
    if lesions.len() != signal.len() || adc.len() != signal.len() {
        return Vec::new();
    }
    let brightest = slice.project(usize::MAX, |best, voxel| match lesions[voxel] > 0 {
        true if best == usize::MAX || signal[voxel] > signal[best] => voxel,
        _ => best,
    });
    let colour = |voxel: usize| (voxel != usize::MAX).then(|| CLASS_COLOURS[class(adc[voxel])]);
    brightest.into_iter().map(colour).collect()
}

/// What the colours mean, with the volume of each class at each visit.
fn key(subject: &SubjectPicture) -> Vec<(Option<[u8; 3]>, String)> {
    let [low, high] = ADC_CLASSES_UM2_S;
    let unit = Unit::Um2PerS.typeset();
    let names = [format!("ADC below {low} {unit}"), format!("{low} to {high} {unit}"), format!("above {high} {unit}")];
    let volumes = |n: usize| -> String {
        let of_visit = |visit: &Visit| {
            let class = visit.classes.get(n)?;
            Some(format!("{} {}", visit.name, Unit::Millilitre.show(class.volume_ml)))
        };
        subject.visits.iter().filter_map(of_visit).collect::<Vec<_>>().join(", ")
    };
    let classes =
        names.into_iter().enumerate().map(|(n, name)| (Some(CLASS_COLOURS[n]), format!("{name}: {}", volumes(n))));
    let mut lines: Vec<_> = classes.collect();
    lines.push((None, "Colour: ADC of each voxel counted in tDV. mL: parts of tDV, as measured.".to_owned()));
    lines.push((None, "Grey: each visit in its own window, all at one scale.".to_owned()));
    lines
}

#[cfg(test)]
mod picture_tests;
#[cfg(test)]
mod tests;
