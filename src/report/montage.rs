//! The quality-control picture of one session: what was measured, where, and whether the images can be believed.
//!
//! First row the Dixon images on the sagittal slice that holds most of the measured vertebrae: water, fat, fat fraction
//! in colour with a bar in percent, contours of what was measured (not fills) and the names of the vertebrae. Second row
//! the highest b-value and ADC, coronal and axial through the largest lesion area, with the outlines of tDV. Letters at
//! the borders come from the affine, bars give the scale, captions the slice number in file order; pixels have the true
//! aspect. Parts that a session lacks are left out.

use super::ReportError;
use super::canvas::{Canvas, Rect};
use super::drawing::{Anchor, Drawing};
use super::palette::{Palette, Window};
use super::panel::{BACKGROUND, DIM, GAP, MARGIN, Outline, Panel, WHITE, bar_room, place, wrap};
use super::slice::{Plane, Slice};
use crate::error::Warning;
use crate::image::{Labels, Mask, Volume};
use crate::units::Unit;
use plotters::style::RGBAColor;

/// What there is to show of one session; every part may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionPicture<'a> {
    /// Title, e.g. `sub-001 baseline`.
    pub title: &'a str,
    /// Results in words under the title, e.g. `sFF L1-L5 12.3 %`.
    pub facts: &'a [String],
    /// What the reader must know; a water-fat swap is shown in red on top.
    pub warnings: &'a [Warning],
    /// Water image.
    pub water: Option<&'a Volume>,
    /// Fat image.
    pub fat: Option<&'a Volume>,
    /// Fat fraction in percent.
    pub fat_fraction: Option<&'a Volume>,
    /// `sFF` or `PDFF`.
    pub fat_fraction_name: &'a str,
    /// Regions measured on the Dixon grid, without pooled ones.
    pub dixon_regions: &'a [Outline<'a>],
    /// Image of the highest b-value.
    pub high_b: Option<&'a Volume>,
    /// That b-value in s/mm2.
    pub b_value: f64,
    /// ADC in um2/s.
    pub adc: Option<&'a Volume>,
    /// Lesions of tDV.
    pub lesions: Option<&'a Labels>,
    /// Bone in which tDV may lie.
    pub bone: Option<&'a Mask>,
    /// Regions measured on the grid of the diffusion images, without pooled ones.
    pub diffusion_regions: &'a [Outline<'a>],
}

/// Height of the Dixon row and of the diffusion row in pixels.
const DIXON_HEIGHT: usize = 380;
const DIFFUSION_HEIGHT: usize = 420;
const ADC_WINDOW: Window = Window { low: 0.0, high: 2000.0 };
const PERCENT_WINDOW: Window = Window { low: 0.0, high: 100.0 };

const AMBER: RGBAColor = RGBAColor(255, 190, 70, 1.0);
const RED: RGBAColor = RGBAColor(255, 95, 85, 1.0);
const VERTEBRA: [u8; 3] = [255, 255, 255];
const LESION_ON_GREY: [u8; 3] = [255, 70, 60];
const LESION_ON_COLOUR: [u8; 3] = [80, 230, 255];
const BONE: [u8; 3] = [70, 110, 165];

/// What the contours mean.
const KEY: &str = "Contours: yellow or white, what was measured; red or cyan, lesions counted in tDV; blue, bone mask.";

/// The picture of one session as a PNG file.
///
/// # Errors
/// [`ReportError::Empty`] where the session has no image at all.
pub fn montage(session: &SessionPicture) -> Result<Vec<u8>, ReportError> {
    let rows = [(dixon_panels(session), DIXON_HEIGHT), (diffusion_panels(session), DIFFUSION_HEIGHT)];
    if rows.iter().all(|(columns, _)| columns.is_empty()) {
        return Err(ReportError::Empty { what: "a session without images" });
    }
    // first the places, then the canvas that holds them
    let placed: Vec<Vec<(Panel, Rect)>> = rows.into_iter().map(|(columns, height)| place(columns, height)).collect();
    let right = placed.iter().flatten().map(|(panel, rect)| rect[0] + rect[2] + bar_room(panel)).max().unwrap_or(0);
    let width = (right + MARGIN).max(640);
    let head = heading(session, width as f64 - 2.0 * MARGIN as f64);
    let mut top = 14 + head.iter().map(|(_, em, _)| (em * 1.45) as usize).sum::<usize>();
    let mut tops = Vec::new();
    for row in &placed {
        tops.push(top);
        top += row.iter().map(|(_, rect)| rect[1] + rect[3]).max().map_or(0, |bottom| bottom + GAP);
    }
    let bottom = top + 18;
    let mut canvas = Canvas::new(width, bottom, BACKGROUND);
    let mut ink = Drawing::new(width as f64, bottom as f64);
    ink.text((MARGIN as f64, bottom as f64 - 10.0), KEY, 12.0, DIM, Anchor::Start);
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

/// Title, alarms, facts and warnings as lines with their size and colour.
fn heading(session: &SessionPicture, room: f64) -> Vec<(String, f64, RGBAColor)> {
    let mut lines = vec![(session.title.to_owned(), 19.0, WHITE)];
    let is_swap = |warning: &&Warning| warning.slug.contains("swap");
    for warning in session.warnings.iter().filter(is_swap) {
        wrap(&format!("⚠ {}", warning.message), 15.0, room).into_iter().for_each(|t| lines.push((t, 15.0, RED)));
    }
    wrap(&session.facts.join("   "), 13.0, room).into_iter().for_each(|t| lines.push((t, 13.0, DIM)));
    for warning in session.warnings.iter().filter(|warning| !is_swap(warning)) {
        let text = format!("{}: {}", warning.slug, warning.message);
        wrap(&text, 12.0, room).into_iter().for_each(|t| lines.push((t, 12.0, AMBER)));
    }
    lines
}

/// Water, fat and fat fraction on one sagittal slice.
fn dixon_panels<'a>(session: &SessionPicture<'a>) -> Vec<Vec<Panel>> {
    let Some(reference) = session.fat_fraction.or(session.water).or(session.fat) else { return Vec::new() };
    let voxels = session.dixon_regions.iter().flat_map(|region| region.voxels.iter().map(|&voxel| voxel as usize));
    let index = Slice::through(&reference.grid, Plane::Sagittal, voxels).index;
    let panel = |volume: &'a Volume, name: &str, palette, window, bar| {
        let slice = Slice::of(&volume.grid, Plane::Sagittal, index);
        let mut panel = Panel::new(volume, slice, name, palette, window, bar);
        if volume.grid.dims == reference.grid.dims {
            let colour = if palette == Palette::Grey { [255, 210, 60] } else { VERTEBRA };
            panel.outline(session.dixon_regions, colour);
        }
        panel
    };
    let grey = |volume: &'a Volume, name| {
        let mut grey = panel(volume, name, Palette::Grey, Window::of_signal(volume.data.iter()), None);
        grey.names.clear();
        vec![grey]
    };
    let fat_fraction = session.fat_fraction.map(|volume| {
        vec![panel(volume, session.fat_fraction_name, Palette::Viridis, PERCENT_WINDOW, Some(Unit::Percent))]
    });
    session
        .water
        .map(|v| grey(v, "water"))
        .into_iter()
        .chain(session.fat.map(|v| grey(v, "fat")))
        .chain(fat_fraction)
        .collect()
}

/// High b and ADC: two coronal columns, then the axial pair.
fn diffusion_panels<'a>(session: &SessionPicture<'a>) -> Vec<Vec<Panel>> {
    let Some(reference) = session.high_b.or(session.adc) else { return Vec::new() };
    let grid = &reference.grid;
    let lesions = session.lesions.filter(|map| map.grid.dims == grid.dims);
    let lesion_values = lesions.and_then(|map| map.data.as_slice_memory_order());
    let bone = session.bone.filter(|mask| mask.grid.dims == grid.dims);
    let bone_values = bone.and_then(|mask| mask.data.as_slice_memory_order());
    let in_lesions =
        || lesion_values.into_iter().flatten().enumerate().filter(|(_, v)| **v > 0).map(|(voxel, _)| voxel);
    let in_bone = || bone_values.into_iter().flatten().enumerate().filter(|(_, v)| **v).map(|(voxel, _)| voxel);
    let through = |plane| match in_lesions().next() {
        Some(_) => Slice::through(grid, plane, in_lesions()),
        None => Slice::through(grid, plane, in_bone()),
    };
    let panel = |volume: &'a Volume, slice: &Slice, name: &str, palette, window, bar| {
        let same_grid = volume.grid.dims == grid.dims;
        let slice = Slice::of(&volume.grid, slice.plane, slice.index);
        let mut panel = Panel::new(volume, slice, name, palette, window, bar);
        if same_grid {
            let label = |voxel: usize| lesion_values.map_or(0, |v| v[voxel].clamp(0, i32::from(u16::MAX)) as u16);
            let on_grey = palette != Palette::Magma;
            if on_grey {
                let inside = |voxel: usize| bone_values.map_or(0, |v| u16::from(v[voxel]));
                panel.contours.push((panel.slice.pixels(inside), BONE));
            } else {
                panel.outline(session.diffusion_regions, VERTEBRA);
                panel.names.clear();
            }
            let colour = if on_grey { LESION_ON_GREY } else { LESION_ON_COLOUR };
            panel.contours.push((panel.slice.pixels(label), colour));
        }
        panel
    };
    let (coronal, axial) = (through(Plane::Coronal), through(Plane::Axial));
    let signal = session.high_b.map(|volume| {
        let window = Window::of_signal(volume.data.iter());
        let name = format!("b = {} {}", session.b_value, Unit::SPerMm2.typeset());
        move |slice: &Slice| panel(volume, slice, &name, Palette::InvertedGrey, window, None)
    });
    let adc = session
        .adc
        .map(|volume| move |slice: &Slice, bar| panel(volume, slice, "ADC", Palette::Magma, ADC_WINDOW, bar));
    let columns = [
        signal.iter().map(|draw| draw(&coronal)).collect::<Vec<_>>(),
        adc.iter().map(|draw| draw(&coronal, None)).collect(),
        signal
            .iter()
            .map(|draw| draw(&axial))
            .chain(adc.iter().map(|draw| draw(&axial, Some(Unit::Um2PerS))))
            .collect(),
    ];
    columns.into_iter().filter(|column| !column.is_empty()).collect()
}

#[cfg(test)]
mod tests;
