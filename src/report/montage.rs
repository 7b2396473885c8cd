//! The quality-control picture of one session: what was measured, where, and whether the images can be believed.
//!
//! First row the Dixon images on the sagittal slice that holds most of the measured vertebrae: water, fat, fat fraction
//! in colour with a bar in percent, contours of what was measured (not fills) and the names of the vertebrae. Second row
//! the highest b-value and ADC, coronal and axial through the largest lesion area, with the outlines of tDV. Letters at
//! the borders come from the affine, bars give the scale, captions the slice number in file order; pixels have the true
//! aspect. Parts that a session lacks are left out.

use super::canvas::{Canvas, Rect};
use super::drawing::{Anchor, Drawing, text_width};
use super::palette::{Palette, Window};
use super::slice::{Plane, Slice};
use super::{ReportError, labels};
use crate::error::Warning;
use crate::image::{Labels, Mask, Volume};
use crate::units::Unit;
use plotters::style::RGBAColor;

/// A named region whose contour is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Outline<'a> {
    /// Name written on it, e.g. `L3`.
    pub name: &'a str,
    /// Memory-order indices of its voxels.
    pub voxels: &'a [u32],
}

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

const BACKGROUND: [u8; 3] = [18, 19, 22];
const MARGIN: usize = 14;
/// Height of the Dixon row and of the diffusion row in pixels.
const DIXON_HEIGHT: usize = 380;
const DIFFUSION_HEIGHT: usize = 420;
const WIDEST_PANEL: usize = 380;
const CAPTION: usize = 20;
const GAP: usize = 12;
/// Room of a colour bar with its numbers.
const BAR: usize = 62;
const ADC_WINDOW: Window = Window { low: 0.0, high: 2000.0 };
const PERCENT_WINDOW: Window = Window { low: 0.0, high: 100.0 };

const WHITE: RGBAColor = RGBAColor(240, 240, 240, 1.0);
const BLACK: RGBAColor = RGBAColor(0, 0, 0, 1.0);
const DIM: RGBAColor = RGBAColor(165, 168, 175, 1.0);
const AMBER: RGBAColor = RGBAColor(255, 190, 70, 1.0);
const RED: RGBAColor = RGBAColor(255, 95, 85, 1.0);
const VERTEBRA: [u8; 3] = [255, 255, 255];
const LESION_ON_GREY: [u8; 3] = [255, 70, 60];
const LESION_ON_COLOUR: [u8; 3] = [80, 230, 255];
const BONE: [u8; 3] = [70, 110, 165];

/// What the contours mean.
const KEY: &str = "Contours: yellow or white, what was measured; red or cyan, lesions counted in tDV; blue, bone mask.";

/// One picture within the montage, before it has a place.
struct Panel<'a> {
    volume: &'a Volume,
    slice: Slice,
    caption: String,
    palette: Palette,
    window: Window,
    bar: Option<Unit>,
    /// Labels of the slice's pixels and the colour of their borders, in order of drawing.
    contours: Vec<(Vec<u16>, [u8; 3])>,
    /// Names and their pixel positions in the slice.
    names: Vec<(String, [f64; 2])>,
}

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

/// Breaks a text into lines that fit; the empty text has no line.
fn wrap(text: &str, em: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), em) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    lines
}

/// Puts columns of panels beside each other, those of one column below each other; coordinates from the row's top.
fn place(columns: Vec<Vec<Panel>>, row_height: usize) -> Vec<(Panel, Rect)> {
    let mut placed = Vec::new();
    let mut left = MARGIN;
    for column in columns {
        let each = (row_height - GAP * (column.len() - 1)) / column.len().max(1) - CAPTION;
        let (mut top, mut widest) = (0, 0);
        for panel in column {
            let [width_mm, height_mm] = panel.slice.extent_mm();
            let scale = (each as f64 / height_mm).min(WIDEST_PANEL as f64 / width_mm);
            let size = [(width_mm * scale).round().max(1.0) as usize, (height_mm * scale).round().max(1.0) as usize];
            widest = widest.max(size[0] + bar_room(&panel));
            placed.push((panel, [left, top + CAPTION, size[0], size[1]]));
            top += each + CAPTION + GAP;
        }
        left += widest + GAP;
    }
    placed
}

fn bar_room(panel: &Panel) -> usize {
    if panel.bar.is_some() { BAR } else { 0 }
}

/// Water, fat and fat fraction on one sagittal slice.
fn dixon_panels<'a>(session: &SessionPicture<'a>) -> Vec<Vec<Panel<'a>>> {
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
fn diffusion_panels<'a>(session: &SessionPicture<'a>) -> Vec<Vec<Panel<'a>>> {
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

impl<'a> Panel<'a> {
    fn new(volume: &'a Volume, slice: Slice, name: &str, palette: Palette, window: Window, bar: Option<Unit>) -> Self {
        let caption = format!("{name}, {}", slice.caption());
        Panel { volume, slice, caption, palette, window, bar, contours: Vec::new(), names: Vec::new() }
    }

    /// Adds the contours and names of regions, as far as they meet the slice.
    fn outline(&mut self, regions: &[Outline], colour: [u8; 3]) {
        let mut map = vec![0u16; self.volume.grid.n_voxels()];
        for (n, region) in regions.iter().enumerate() {
            for &voxel in region.voxels {
                if let Some(label) = map.get_mut(voxel as usize) {
                    *label = n as u16 + 1;
                }
            }
        }
        let pixels = self.slice.pixels(|voxel| map[voxel]);
        for (n, region) in regions.iter().enumerate() {
            let mut sum = [0.0; 3];
            for (pixel, _) in pixels.iter().enumerate().filter(|(_, label)| **label == n as u16 + 1) {
                sum[0] += (pixel % self.slice.size[0]) as f64 + 0.5;
                sum[1] += (pixel / self.slice.size[0]) as f64 + 0.5;
                sum[2] += 1.0;
            }
            if sum[2] > 0.0 {
                self.names.push((labels::region(region.name), [sum[0] / sum[2], sum[1] / sum[2]]));
            }
        }
        self.contours.push((pixels, colour));
    }

    fn draw(&self, canvas: &mut Canvas, ink: &mut Drawing, rect: Rect) {
        let Some(voxels) = self.volume.data.as_slice_memory_order() else { return };
        let values = self.slice.pixels(|voxel| voxels.get(voxel).copied().unwrap_or(f32::NAN));
        canvas.paint(rect, &self.slice, &values, self.palette, self.window);
        for (labels, colour) in &self.contours {
            canvas.contour(rect, &self.slice, labels, *colour);
        }
        let [left, top, width, height] = rect.map(|v| v as f64);
        ink.text((left, top - 5.0), &self.caption, 12.5, WHITE, Anchor::Start);
        let [at_left, at_right, at_top, at_bottom] = self.slice.letters.map(String::from);
        let middle = top + height / 2.0 + 5.0;
        haloed(ink, (left + 5.0, middle), &at_left, 13.0, Anchor::Start);
        haloed(ink, (left + width - 5.0, middle), &at_right, 13.0, Anchor::End);
        // the spine runs through the middle of a sagittal picture
        let share = if self.slice.plane == Plane::Sagittal { 0.88 } else { 0.5 };
        haloed(ink, (left + share * width, top + 14.0), &at_top, 13.0, Anchor::Middle);
        haloed(ink, (left + share * width, top + height - 5.0), &at_bottom, 13.0, Anchor::Middle);
        self.scale_bar(ink, [left, top, width, height]);
        for (name, [x, y]) in &self.names {
            let [across, down] = self.slice.size.map(|voxels| voxels as f64);
            haloed(ink, (left + x / across * width, top + y / down * height + 5.0), name, 14.0, Anchor::Middle);
        }
        if let Some(unit) = self.bar {
            let bar = [rect[0] + rect[2] + 8, rect[1], 12, rect[3]];
            canvas.colour_bar(bar, self.palette);
            let x = left + width + 24.0;
            for quarter in 0..=4 {
                let share = f64::from(quarter) / 4.0;
                let value = f64::from(self.window.low) + share * f64::from(self.window.high - self.window.low);
                let y = top + (1.0 - share) * (height - 10.0) + 9.0;
                ink.text((x, y), &format!("{value:.0}"), 11.5, WHITE, Anchor::Start);
            }
            ink.text((left + width + 8.0, top - 5.0), unit.typeset(), 11.5, WHITE, Anchor::Start);
        }
    }

    fn scale_bar(&self, ink: &mut Drawing, [left, top, width, height]: [f64; 4]) {
        let pixels_per_mm = width / self.slice.extent_mm()[0];
        let fits = |mm: &f64| mm * pixels_per_mm < 0.38 * width;
        let Some(length) = [100.0, 50.0, 20.0, 10.0, 5.0].into_iter().find(fits) else { return };
        let (from, to, y) = (left + 7.0, left + 7.0 + length * pixels_per_mm, top + height - 8.0);
        ink.rectangle((from - 1.5, y - 2.5), to - from + 3.0, 5.0, BLACK);
        ink.rectangle((from, y - 1.0), to - from, 2.0, WHITE);
        haloed(ink, (from, y - 6.0), &format!("{length} mm"), 12.0, Anchor::Start);
    }
}

/// White text with a dark rim, legible on every image.
fn haloed(ink: &mut Drawing, (x, y): (f64, f64), text: &str, em: f64, anchor: Anchor) {
    for (dx, dy) in
        [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (0.0, 1.5), (0.0, -1.5), (1.5, 0.0), (-1.5, 0.0)]
    {
        ink.bold((x + dx, y + dy), text, em, BLACK, anchor);
    }
    ink.bold((x, y), text, em, WHITE, anchor);
}

#[cfg(test)]
mod tests;
