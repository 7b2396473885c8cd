//! An RGB picture in memory: slices painted into it, contours drawn on them, and its way to a PNG file.

use super::palette::{Palette, Window};
use super::raster::{Extras, Picture, encode_rgb};
use super::slice::Slice;
use super::{Drawing, ReportError};

/// Left, top, width, height of a panel in pixels.
pub type Rect = [usize; 4];

/// An 8-bit RGB picture.
pub struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Canvas {
    /// A picture of one colour.
    pub fn new(width: usize, height: usize, background: [u8; 3]) -> Self {
        Canvas { width, height, rgb: background.repeat(width * height) }
    }

    /// Some rows of a picture; `None` where it has fewer.
    pub fn of_rows(picture: &Picture, top: usize, height: usize) -> Option<Self> {
        let from = top.checked_mul(3 * picture.width)?;
        let to = top.checked_add(height)?.checked_mul(3 * picture.width)?;
        Some(Canvas { width: picture.width, height, rgb: picture.rgb.get(from..to)?.to_vec() })
    }

    fn set(&mut self, x: usize, y: usize, colour: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = 3 * (y * self.width + x);
            self.rgb[at..at + 3].copy_from_slice(&colour);
        }
    }

    /// Paints the values of a slice into a panel, linearly interpolated; where a value is missing (NaN) the nearest
    /// voxel decides, and a missing one is black.
    pub fn paint(&mut self, panel: Rect, slice: &Slice, values: &[f32], palette: Palette, window: Window) {
        let [left, top, width, height] = panel;
        let table = palette.table();
        let columns = Samples::new(width, slice.size[0]);
        let rows = Samples::new(height, slice.size[1]);
        let stride = slice.size[0];
        for y in 0..height {
            let (y0, y1, fy) = rows.at(y);
            for x in 0..width {
                let (x0, x1, fx) = columns.at(x);
                let corner = |x: usize, y: usize| values[y * stride + x];
                let upper = corner(x0, y0) * (1.0 - fx) + corner(x1, y0) * fx;
                let lower = corner(x0, y1) * (1.0 - fx) + corner(x1, y1) * fx;
                let mut value = upper * (1.0 - fy) + lower * fy;
                if value.is_nan() {
                    value = corner(if fx < 0.5 { x0 } else { x1 }, if fy < 0.5 { y0 } else { y1 });
                }
                let colour = if value.is_nan() { [0; 3] } else { table[window.index(value)] };
                self.set(left + x, top + y, colour);
            }
        }
    }

    /// Paints pixels of a slice in colours of their own, each as large as its voxel; `colours` has one entry a pixel of the
    /// slice, or none at all.
    pub fn fill(&mut self, panel: Rect, slice: &Slice, colours: &[Option<[u8; 3]>]) {
        let [left, top, width, height] = panel;
        let [across, down] = slice.size;
        for y in 0..height {
            let row = (y * down / height).min(down - 1) * across;
            for x in 0..width {
                let at = row + (x * across / width).min(across - 1);
                if let Some(Some(colour)) = colours.get(at) {
                    self.set(left + x, top + y, *colour);
                }
            }
        }
    }

    /// Draws the borders between labelled areas of a slice, two pixels wide; label 0 is background.
    pub fn contour(&mut self, panel: Rect, slice: &Slice, labels: &[u16], colour: [u8; 3]) {
        let [left, top, width, height] = panel;
        if labels.iter().all(|&label| label == 0) {
            return;
        }
        let columns = Samples::new(width, slice.size[0]);
        let rows = Samples::new(height, slice.size[1]);
        let stride = slice.size[0];
        let mut fine = vec![0u16; width * height];
        for y in 0..height {
            let (y0, y1, fy) = rows.at(y);
            for x in 0..width {
                let (x0, x1, fx) = columns.at(x);
                let corners = [
                    (labels[y0 * stride + x0], (1.0 - fx) * (1.0 - fy)),
                    (labels[y0 * stride + x1], fx * (1.0 - fy)),
                    (labels[y1 * stride + x0], (1.0 - fx) * fy),
                    (labels[y1 * stride + x1], fx * fy),
                ];
                fine[y * width + x] = heaviest(&corners);
            }
        }
        for y in 0..height {
            for x in 0..width {
                let here = fine[y * width + x];
                let differs = |nx: usize, ny: usize| fine[ny * width + nx] != here;
                let border = (x + 1 < width && differs(x + 1, y))
                    || (y + 1 < height && differs(x, y + 1))
                    || (x > 0 && differs(x - 1, y))
                    || (y > 0 && differs(x, y - 1));
                if border {
                    self.set(left + x, top + y, colour);
                }
            }
        }
    }

    /// Draws the border of a panel, three pixels wide, inside it.
    pub fn frame(&mut self, [left, top, width, height]: Rect, colour: [u8; 3]) {
        for y in 0..height {
            for x in 0..width {
                if x.min(y).min(width - 1 - x).min(height - 1 - y) < 3 {
                    self.set(left + x, top + y, colour);
                }
            }
        }
    }

    /// Paints a vertical colour bar, the high end on top.
    pub fn colour_bar(&mut self, [left, top, width, height]: Rect, palette: Palette) {
        for y in 0..height {
            let colour = palette.colour(1.0 - y as f64 / (height.max(2) - 1) as f64);
            (0..width).for_each(|x| self.set(left + x, top + y, colour));
        }
    }

    /// Draws lines and text over the picture; the drawing has the size of the picture.
    pub fn overlay(&mut self, drawing: &Drawing) -> Result<(), ReportError> {
        drawing.overlay(&mut self.rgb)
    }

    /// Puts another picture of the same width into this one, its first row at `top`.
    pub fn stack(&mut self, other: &Canvas, top: usize) {
        let from = 3 * top * self.width;
        if other.width == self.width && from + other.rgb.len() <= self.rgb.len() {
            self.rgb[from..from + other.rgb.len()].copy_from_slice(&other.rgb);
        }
    }

    /// One colour for a rectangle.
    pub fn cover(&mut self, [left, top, width, height]: Rect, colour: [u8; 3]) {
        (top..top + height).for_each(|y| (left..left + width).for_each(|x| self.set(x, y, colour)));
    }

    /// Draws lines and text into the rows from `top`; the drawing has the width of the picture.
    pub fn overlay_rows(&mut self, top: usize, drawing: &Drawing) -> Result<(), ReportError> {
        let from = 3 * top * self.width;
        let to = from + 3 * self.width * drawing.size().1.round() as usize;
        self.rgb.get_mut(from..to).map_or(Ok(()), |rows| drawing.overlay(rows))
    }

    /// Pixels across and down.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// The picture in memory.
    pub fn picture(self) -> Picture {
        Picture { width: self.width, height: self.height, rgb: self.rgb }
    }

    /// The picture as a PNG file.
    pub fn png(&self, words: Option<&str>) -> Result<Vec<u8>, ReportError> {
        encode_rgb(self.width, self.height, &self.rgb, Extras { words, ..Extras::default() })
    }
}

/// The label with the largest weight; the first of them at a tie.
fn heaviest(corners: &[(u16, f32); 4]) -> u16 {
    let first = corners[0].0;
    if corners.iter().all(|(label, _)| *label == first) {
        return first;
    }
    let weight = |label: u16| corners.iter().filter(|(l, _)| *l == label).map(|(_, w)| w).sum::<f32>();
    corners[1..].iter().fold(first, |best, &(label, _)| if weight(label) > weight(best) { label } else { best })
}

/// For each pixel along one side of a panel: the two neighbouring voxels and the weight of the second.
struct Samples(Vec<(usize, usize, f32)>);

impl Samples {
    fn new(pixels: usize, voxels: usize) -> Self {
        let step = voxels as f64 / pixels as f64;
        let last = voxels.saturating_sub(1);
        Samples(
            (0..pixels)
                .map(|pixel| {
                    let at = ((pixel as f64 + 0.5) * step - 0.5).clamp(0.0, last as f64);
                    let below = (at.floor() as usize).min(last);
                    (below, (below + 1).min(last), (at - below as f64) as f32)
                })
                .collect(),
        )
    }

    fn at(&self, pixel: usize) -> (usize, usize, f32) {
        self.0[pixel]
    }
}
