//! The whole body of one subject before and after treatment: maximum-intensity projections, lesions by their ADC.
//!
//! Each visit shows the highest b-value projected to the front and to the side in inverted grey, all at one scale in mm;
//! the grey window is each visit's own, since scanner gains differ between visits. Voxels of the total diffusion volume are
//! painted over it by ADC class; where several lie behind one pixel, the brightest counts.

use super::ReportError;
use super::canvas::Rect;
use super::lang::Phrase;
use super::palette::{Palette, Window};
use super::panel::{CAPTION, DIM, GAP, MARGIN, Panel, WHITE};
use super::sheet::Sheet;
use super::slice::{Plane, Slice};
use super::words::{Caption, Key, Line, Words, note};
use crate::image::{Labels, Volume};
use crate::region::{ADC_CLASSES_UM2_S, Window as Class};
use crate::units::Unit;

/// One visit; all images on one grid.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// Its name, e.g. `baseline`.
    pub name: &'a str,
    /// Results, e.g. `tDV 94.7 mL`.
    pub facts: &'a [Phrase],
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
/// Height of what is said of a visit: three lines.
const NOTES: usize = 57;

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
    let top = NOTES + CAPTION;
    let mut left = MARGIN;
    let mut placed: Vec<(Panel, Rect, usize)> = Vec::new();
    let mut words = Words { head: vec![title(subject)], captions: Vec::new(), keys: key(subject) };
    for visit in subject.visits {
        let from = left;
        for plane in [Plane::Coronal, Plane::Sagittal] {
            let panel = projection(visit, plane);
            let size = panel.slice.extent_mm().map(|mm| (mm * per_mm).round().max(1.0) as usize);
            let room = panel.room(size[0]);
            placed.push((panel, [left, top, size[0], size[1]], room));
            left += room + GAP;
        }
        let lines = vec![Line::of(visit.name, 15.0, WHITE), Line::new(visit.facts.to_vec(), 12.5, DIM)];
        words.captions.push(Caption { rect: [from, 0, left - from - GAP, NOTES], lines, unit: None });
        left += GAP;
    }
    Sheet::of_panels(placed, top + HEIGHT + GAP, words)?.png()
}

fn title(subject: &SubjectPicture) -> Line {
    let b = format!("b = {} {}", subject.b_value, Unit::SPerMm2.typeset());
    let title = Phrase::of("{subject}, {b}, maximum intensity").with("subject", subject.title).with("b", b);
    Line::of(title, 19.0, WHITE)
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
    let caption = Phrase::of("{plane} projection").with("plane", plane.name());
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

/// What the colours mean, with the volume of each class at each visit where it is known.
fn key(subject: &SubjectPicture) -> Vec<Key> {
    let [low, high] = ADC_CLASSES_UM2_S.map(|border| border.to_string());
    let names = [
        Phrase::of("ADC below {border} {unit}").with("border", &*low),
        Phrase::of("{low} to {high} {unit}").with("low", &*low).with("high", &*high),
        Phrase::of("{border} {unit} and above").with("border", &*high),
    ];
    let volumes = |n: usize| -> Vec<Phrase> {
        let of_visit = |visit: &Visit| {
            let class = visit.classes.get(n)?;
            Some(format!("{} {}", visit.name, Unit::Millilitre.show(class.volume_ml)).into())
        };
        subject.visits.iter().filter_map(of_visit).collect()
    };
    let class = |(n, name): (usize, Phrase)| {
        let (name, volumes) = (name.with("unit", Unit::Um2PerS.typeset()), volumes(n));
        let phrase = match volumes.is_empty() {
            true => name,
            false => Phrase::of("{class}: {volumes}").with("class", name).with("volumes", Phrase::List(volumes)),
        };
        Key { swatch: Some(CLASS_COLOURS[n]), line: Line::of(phrase, 12.5, DIM) }
    };
    let mut keys: Vec<Key> = names.into_iter().enumerate().map(class).collect();
    keys.push(note(Phrase::of("Colour: ADC of each voxel counted in tDV. mL: parts of tDV, as measured.")));
    keys.push(note(Phrase::of("Grey: each visit in its own window, all at one scale.")));
    keys
}

#[cfg(test)]
mod picture_tests;
#[cfg(test)]
mod tests;
