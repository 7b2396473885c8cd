//! One picture within a montage: values of a slice, what is drawn on them, letters, scale bar, colour bar.

use super::canvas::{Canvas, Rect};
use super::drawing::{Anchor, Drawing, text_width};
use super::labels;
use super::lang::{Lang, Phrase};
use super::lettering::{Lettering, ScaleBar, Word};
use super::palette::{Palette, Window};
use super::slice::{Plane, Slice};
use super::words::{Caption, Line};
use crate::image::Volume;
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

pub const BACKGROUND: [u8; 3] = [18, 19, 22];
pub const MARGIN: usize = 14;
pub const WIDEST_PANEL: usize = 380;
pub const CAPTION: usize = 20;
pub const GAP: usize = 12;
/// Room of a colour bar with its numbers.
const BAR: usize = 62;

const ALARM: [u8; 3] = [255, 95, 85];
pub const WHITE: RGBAColor = RGBAColor(240, 240, 240, 1.0);
pub const BLACK: RGBAColor = RGBAColor(0, 0, 0, 1.0);
/// Warnings.
pub const AMBER: RGBAColor = RGBAColor(255, 190, 70, 1.0);
pub const DIM: RGBAColor = RGBAColor(165, 168, 175, 1.0);

/// One picture, before it has a place.
pub struct Panel {
    /// Values of the pixels, row by row.
    pub values: Vec<f32>,
    /// How the pixels lie in the body.
    pub slice: Slice,
    /// Text above.
    pub caption: Phrase,
    /// Colours of the values.
    pub palette: Palette,
    /// Values at their ends.
    pub window: Window,
    /// Unit of a colour bar, where there is one.
    pub bar: Option<Unit>,
    /// Labels of the pixels and the colour of their borders, in order of drawing.
    pub contours: Vec<(Vec<u16>, [u8; 3])>,
    /// Names and their pixel positions in the slice.
    pub names: Vec<(String, [f64; 2])>,
    /// Colour that hides the value of a pixel; empty, or one entry a pixel.
    pub fills: Vec<Option<[u8; 3]>>,
    /// Whether a red frame warns of it.
    pub is_alarmed: bool,
}

/// Puts columns of panels beside each other, those of one column below each other; coordinates from the row's top. Each panel
/// has the room of its column, in which its caption fits.
pub fn place(columns: Vec<Vec<Panel>>, row_height: usize) -> Vec<(Panel, Rect, usize)> {
    let mut placed = Vec::new();
    let mut left = MARGIN;
    for column in columns {
        let each = (row_height - GAP * (column.len() - 1)) / column.len().max(1) - CAPTION;
        let (mut top, mut widest) = (0, 0);
        let first = placed.len();
        for panel in column {
            let [width_mm, height_mm] = panel.slice.extent_mm();
            let scale = (each as f64 / height_mm).min(WIDEST_PANEL as f64 / width_mm);
            let size = [(width_mm * scale).round().max(1.0) as usize, (height_mm * scale).round().max(1.0) as usize];
            widest = widest.max(panel.room(size[0]));
            placed.push((panel, [left, top + CAPTION, size[0], size[1]], 0));
            top += each + CAPTION + GAP;
        }
        placed[first..].iter_mut().for_each(|(.., room)| *room = widest);
        left += widest + GAP;
    }
    placed
}

/// Between a panel and the colour bar beside it, and between a caption and the unit behind it.
const BESIDE: usize = 8;

impl Panel {
    /// One slice of a volume.
    pub fn new(
        volume: &Volume,
        slice: Slice,
        name: impl Into<Phrase>,
        palette: Palette,
        window: Window,
        bar: Option<Unit>,
    ) -> Self {
        let caption = slice.caption(name);
        let voxels = volume.data.as_slice_memory_order().unwrap_or_default();
        let values = slice.pixels(|voxel| voxels.get(voxel).copied().unwrap_or(f32::NAN));
        Panel::of_values(values, slice, caption, palette, window, bar)
    }

    /// Values of the pixels as they are.
    pub fn of_values(
        values: Vec<f32>,
        slice: Slice,
        caption: Phrase,
        palette: Palette,
        window: Window,
        bar: Option<Unit>,
    ) -> Self {
        let (contours, names, fills) = (Vec::new(), Vec::new(), Vec::new());
        Panel { values, slice, caption, palette, window, bar, contours, names, fills, is_alarmed: false }
    }

    /// Adds the contours and names of regions, as far as they meet the slice.
    pub fn outline(&mut self, regions: &[Outline], colour: [u8; 3]) {
        let mut map = vec![0u16; self.slice.n_voxels()];
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

    /// Draws it at its place.
    pub fn draw(&self, canvas: &mut Canvas, ink: &mut Drawing, rect: Rect) {
        canvas.paint(rect, &self.slice, &self.values, self.palette, self.window);
        canvas.fill(rect, &self.slice, &self.fills);
        for (labels, colour) in &self.contours {
            canvas.contour(rect, &self.slice, labels, *colour);
        }
        if self.is_alarmed {
            canvas.frame(rect, ALARM);
        }
        let [left, top, width, height] = rect.map(|v| v as f64);
        let (words, bar) = self.lettering([left, top, width, height]);
        words.iter().for_each(|word| haloed(ink, word.at, &word.text, word.em, word.anchor));
        if let Some(ScaleBar { ends: [from, to], y, word }) = bar {
            ink.rectangle((from - 1.5, y - 2.5), to - from + 3.0, 5.0, BLACK);
            ink.rectangle((from, y - 1.0), to - from, 2.0, WHITE);
            haloed(ink, word.at, &word.text, word.em, word.anchor);
        }
        if self.bar.is_some() {
            let bar = [rect[0] + rect[2] + BESIDE, rect[1], 12, rect[3]];
            canvas.colour_bar(bar, self.palette);
            let x = left + width + 24.0;
            for quarter in 0..=4 {
                let share = f64::from(quarter) / 4.0;
                let value = f64::from(self.window.low) + share * f64::from(self.window.high - self.window.low);
                let y = top + (1.0 - share) * (height - 10.0) + 9.0;
                ink.text((x, y), &format!("{value:.0}"), 11.5, WHITE, Anchor::Start);
            }
        }
    }

    /// Pixels that it takes across, `width` of them the picture itself.
    pub fn room(&self, width: usize) -> usize {
        let caption = self.caption_line().width(Lang::En).ceil() as usize;
        let (bar, unit) =
            self.bar.map_or((0, 0), |unit| (BAR, BESIDE + text_width(unit.typeset(), 11.5).ceil() as usize));
        (width + bar).max(caption + unit)
    }

    /// The caption above the picture at `rect`, in the room that it has across.
    pub fn caption_at(&self, [left, top, width, _]: Rect, room: usize) -> Caption {
        let unit = self.bar.map(|unit| (left + width, unit.typeset().to_owned()));
        Caption { rect: [left, top - CAPTION, room, CAPTION], lines: vec![self.caption_line()], unit }
    }

    fn caption_line(&self) -> Line {
        Line::of(self.caption.clone(), 12.5, WHITE)
    }

    /// Names, letters and scale bar with their places.
    fn lettering(&self, rect: [f64; 4]) -> (Vec<Word>, Option<ScaleBar>) {
        let [across, down] = self.slice.size.map(|voxels| voxels as f64);
        let names: Vec<(String, [f64; 2])> =
            self.names.iter().map(|(name, [x, y])| (name.clone(), [x / across, y / down])).collect();
        let pixels_per_mm = rect[2] / self.slice.extent_mm()[0];
        let fits = |mm: &f64| mm * pixels_per_mm < 0.38 * rect[2];
        let length = [100.0, 50.0, 20.0, 10.0, 5.0].into_iter().find(fits);
        Lettering {
            rect,
            names: &names,
            borders: self.slice.letters,
            // the spine runs through the middle of a sagittal picture
            along: if self.slice.plane == Plane::Sagittal { 0.88 } else { 0.5 },
            scale: length.map(|mm| (mm * pixels_per_mm, format!("{mm} mm"))),
        }
        .placed()
    }
}

/// White text with a dark rim, legible on every image.
pub fn haloed(ink: &mut Drawing, (x, y): (f64, f64), text: &str, em: f64, anchor: Anchor) {
    for (dx, dy) in
        [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (0.0, 1.5), (0.0, -1.5), (1.5, 0.0), (-1.5, 0.0)]
    {
        ink.bold((x + dx, y + dy), text, em, BLACK, anchor);
    }
    ink.bold((x, y), text, em, WHITE, anchor);
}
