//! One description of a figure, two files: SVG for print, PNG for screens.
//!
//! A plot fills a [`Drawing`] with lines, polygons, circles and text in figure units (y down); plotters then draws the
//! same list to SVG (at four times the size under a viewBox, because its coordinates are integers) and to PNG (at
//! twice the final resolution, averaged down, because its filled shapes have hard edges). Same input, same bytes.

use super::glyphs::Setting;
use super::raster::{Extras, average_down, encode_rgb};
use super::{ReportError, font, style};
use crate::image::{self, Overwrite};
use plotters::coord::Shift;
use plotters::prelude::{BitMapBackend, Circle, DrawingBackend, PathElement, Polygon, SVGBackend, Text};
use plotters::prelude::{DrawingArea, IntoDrawingArea, WHITE};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color, FontDesc, FontFamily, FontStyle, FontTransform, IntoFont, RGBAColor, ShapeStyle, TextStyle,
};
use std::path::Path;

/// SVG coordinates per figure unit.
const SVG_SCALE: f64 = 4.0;
/// PNG pixels per figure unit: a one-column figure of 360 units has 1080 pixels, 320 dpi at 85 mm.
const PNG_SCALE: u32 = 3;
/// Drawn pixels per PNG pixel along each side.
const OVERSAMPLE: u32 = 2;
/// Ascent plus descent over em of the registered font: what the bitmap backend calls the size of a font.
const HEIGHT_PER_EM: f64 = 1.164;

/// Fonts of about the widths of the embedded one, which a viewer of an SVG is asked for.
const FAMILIES: &str = "Arial, Helvetica, Liberation Sans, DejaVu Sans Condensed, sans-serif";
/// Letters from which on a line of text is given its length; shorter ones cannot run far.
const LONG: usize = 8;

/// What a drawing is replayed to.
#[derive(Clone, Copy)]
enum Backend {
    Bitmap,
    Svg,
}

/// Size that plotters gives a font of an SVG file per em, and em from the top of its text to the base line.
const SVG_METRICS: (f64, f64) = (1.24, 0.76);

fn height_per_em(family: &str) -> f64 {
    match font::japanese() {
        Ok(japanese) if family == font::FAMILY => japanese.height,
        _ => HEIGHT_PER_EM,
    }
}

/// Horizontal anchor of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Text starts at the point.
    Start,
    /// Text is centred on the point.
    Middle,
    /// Text ends at the point.
    End,
}

impl Anchor {
    /// Share of a text that lies before the point.
    fn before(self) -> f64 {
        match self {
            Anchor::Start => 0.0,
            Anchor::Middle => 0.5,
            Anchor::End => 1.0,
        }
    }

    fn place(self) -> HPos {
        match self {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        }
    }
}

#[derive(Debug, Clone)]
enum Item {
    Line { points: Vec<(f64, f64)>, colour: RGBAColor, width: f64 },
    Polygon { points: Vec<(f64, f64)>, colour: RGBAColor },
    Circle { centre: (f64, f64), radius: f64, colour: RGBAColor, filled: Option<f64> },
    Text { at: (f64, f64), text: String, em: f64, colour: RGBAColor, anchor: Anchor, bold: bool, upwards: bool },
}

/// A figure: its size and what is drawn on it, in order.
#[derive(Debug, Clone)]
pub struct Drawing {
    width: f64,
    height: f64,
    items: Vec<Item>,
}

impl Drawing {
    /// An empty white figure of the given size in figure units.
    pub fn new(width: f64, height: f64) -> Self {
        Drawing { width, height, items: Vec::new() }
    }

    /// Size in figure units.
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    /// A polyline.
    pub fn line(&mut self, points: &[(f64, f64)], colour: RGBAColor, width: f64) {
        if points.len() > 1 {
            self.items.push(Item::Line { points: points.to_vec(), colour, width });
        }
    }

    /// A polyline with a dash pattern (lengths on, off, on, ...); an empty pattern is a solid line.
    pub fn dashed(&mut self, points: &[(f64, f64)], colour: RGBAColor, width: f64, pattern: &[f64]) {
        if pattern.is_empty() {
            return self.line(points, colour, width);
        }
        let (mut step, mut left, mut on) = (0, pattern[0], true);
        let mut stroke: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
        for pair in points.windows(2) {
            let (mut from, to) = (pair[0], pair[1]);
            let mut length = (to.0 - from.0).hypot(to.1 - from.1);
            while length > left {
                let share = left / length;
                from = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
                length -= left;
                if on {
                    stroke.push(from);
                    self.line(&stroke, colour, width);
                }
                stroke = vec![from];
                on = !on;
                step = (step + 1) % pattern.len();
                left = pattern[step];
            }
            left -= length;
            if on {
                stroke.push(to);
            }
        }
        if on {
            self.line(&stroke, colour, width);
        }
    }

    /// A filled polygon.
    pub fn polygon(&mut self, points: &[(f64, f64)], colour: RGBAColor) {
        if points.len() > 2 {
            self.items.push(Item::Polygon { points: points.to_vec(), colour });
        }
    }

    /// A filled rectangle from its top left corner.
    pub fn rectangle(&mut self, (x, y): (f64, f64), width: f64, height: f64, colour: RGBAColor) {
        self.polygon(&[(x, y), (x + width, y), (x + width, y + height), (x, y + height)], colour);
    }

    /// A filled disc.
    pub fn disc(&mut self, centre: (f64, f64), radius: f64, colour: RGBAColor) {
        self.items.push(Item::Circle { centre, radius, colour, filled: None });
    }

    /// A circle drawn as a line of the given width.
    pub fn ring(&mut self, centre: (f64, f64), radius: f64, colour: RGBAColor, width: f64) {
        self.items.push(Item::Circle { centre, radius, colour, filled: Some(width) });
    }

    /// A line of text with its baseline at `at`.
    pub fn text(&mut self, at: (f64, f64), text: &str, em: f64, colour: RGBAColor, anchor: Anchor) {
        self.push_text(at, text, em, colour, anchor, false, false);
    }

    /// The same in bold.
    pub fn bold(&mut self, at: (f64, f64), text: &str, em: f64, colour: RGBAColor, anchor: Anchor) {
        self.push_text(at, text, em, colour, anchor, true, false);
    }

    /// Text that reads from bottom to top; the baseline is the vertical through `at`.
    pub fn text_upwards(&mut self, at: (f64, f64), text: &str, em: f64, colour: RGBAColor, anchor: Anchor) {
        self.push_text(at, text, em, colour, anchor, false, true);
    }

    #[allow(clippy::too_many_arguments)]
    fn push_text(
        &mut self,
        at: (f64, f64),
        t: &str,
        em: f64,
        colour: RGBAColor,
        anchor: Anchor,
        bold: bool,
        upwards: bool,
    ) {
        self.items.push(Item::Text { at, text: t.to_owned(), em, colour, anchor, bold, upwards });
    }

    /// The figure as an SVG document.
    ///
    /// # Errors
    /// [`ReportError::Draw`] where plotters refuses.
    pub fn svg(&self) -> Result<String, ReportError> {
        let mut text = String::new();
        let pixels = ((self.width * SVG_SCALE).round() as u32, (self.height * SVG_SCALE).round() as u32);
        self.replay(white(SVGBackend::with_string(&mut text, pixels))?, SVG_SCALE, Backend::Svg)?;
        // shown at the figure's own size; the viewBox keeps the fine coordinates
        let drawn = format!("width=\"{}\" height=\"{}\"", pixels.0, pixels.1);
        let size = format!("width=\"{}\" height=\"{}\" font-family=\"{FAMILIES}\"", self.width, self.height);
        Ok(self.with_lengths(&text.replacen(&drawn, &size, 1)))
    }

    /// Gives every line of text the length that it was laid out with, since a viewer whose font is wider would run it into its
    /// neighbours, and leaves the family to the document.
    fn with_lengths(&self, svg: &str) -> String {
        let mut lengths = self.items.iter().filter_map(|item| match item {
            Item::Text { text, em, .. } => {
                Some((text.chars().count() >= LONG).then(|| text_width(text, *em) * SVG_SCALE))
            }
            _ => None,
        });
        let family = format!(" font-family=\"{}\"", style::FAMILY);
        let mut out = String::with_capacity(svg.len());
        for line in svg.split_inclusive('\n') {
            let Some(rest) = line.strip_prefix("<text") else {
                out += line;
                continue;
            };
            out += "<text";
            if let Some(length) = lengths.next().flatten() {
                out += &format!(" textLength=\"{length:.0}\" lengthAdjust=\"spacingAndGlyphs\"");
            }
            out += &rest.replacen(&family, "", 1);
        }
        out
    }

    /// The figure as a PNG file.
    ///
    /// # Errors
    /// [`ReportError::Draw`] where plotters refuses, [`ReportError::Encode`] where the encoder does.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        let (width, height) = ((self.width.round() as u32) * PNG_SCALE, (self.height.round() as u32) * PNG_SCALE);
        let drawn = (width * OVERSAMPLE, height * OVERSAMPLE);
        let mut fine = vec![255u8; 3 * drawn.0 as usize * drawn.1 as usize];
        let scale = f64::from(PNG_SCALE * OVERSAMPLE);
        self.replay(BitMapBackend::with_buffer(&mut fine, drawn).into_drawing_area(), scale, Backend::Bitmap)?;
        let coarse = average_down(&fine, drawn.0 as usize, OVERSAMPLE as usize);
        // 85 mm for one column
        let per_metre = (style::COLUMN * f64::from(PNG_SCALE) / 0.085).round() as u32;
        let extras = Extras { per_metre: Some(per_metre), ..Extras::default() };
        encode_rgb(width as usize, height as usize, &coarse, extras)
    }

    /// Writes the figure as SVG and as PNG, each whole or not at all.
    ///
    /// # Errors
    /// Those of [`Drawing::svg`] and [`Drawing::png`], and files that cannot be written.
    pub fn save(&self, svg: &Path, png: &Path) -> crate::error::Result<()> {
        let (text, bytes) = (self.svg()?, self.png()?);
        image::write_text_atomically(svg, &text, Overwrite::Force)?;
        image::write_bytes_atomically(png, &bytes, Overwrite::Force)?;
        Ok(())
    }

    /// Draws the list over an RGB picture of the same size in pixels, one figure unit a pixel.
    pub(super) fn overlay(&self, rgb: &mut [u8]) -> Result<(), ReportError> {
        let (width, height) = (self.width.round() as usize, self.height.round() as usize);
        // letters are set on whole pixels, so at this size they need the finer grid
        let factor = OVERSAMPLE as usize;
        let mut fine = Vec::with_capacity(rgb.len() * factor * factor);
        for row in rgb.chunks_exact(3 * width) {
            let start = fine.len();
            row.chunks_exact(3).for_each(|pixel| (0..factor).for_each(|_| fine.extend_from_slice(pixel)));
            (1..factor).for_each(|_| fine.extend_from_within(start..start + 3 * width * factor));
        }
        let size = ((width * factor) as u32, (height * factor) as u32);
        let root = BitMapBackend::with_buffer(&mut fine, size).into_drawing_area();
        self.replay(root, factor as f64, Backend::Bitmap)?;
        rgb.copy_from_slice(&average_down(&fine, width * factor, factor));
        Ok(())
    }

    /// Draws the list to one plotters backend.
    fn replay<B: DrawingBackend>(
        &self,
        root: DrawingArea<B, Shift>,
        scale: f64,
        backend: Backend,
    ) -> Result<(), ReportError> {
        if !style::register_fonts() {
            return Err(refuse("the embedded fonts are not valid"));
        }
        let pixel = |&(x, y): &(f64, f64)| ((x * scale).round() as i32, (y * scale).round() as i32);
        let stroke = |width: f64| (width * scale).round().max(1.0) as u32;
        for item in &self.items {
            match item {
                Item::Line { points, colour, width } => {
                    let style = ShapeStyle { color: *colour, filled: false, stroke_width: stroke(*width) };
                    root.draw(&PathElement::new(points.iter().map(pixel).collect::<Vec<_>>(), style))
                }
                Item::Polygon { points, colour } => {
                    let style = ShapeStyle { color: *colour, filled: true, stroke_width: 0 };
                    root.draw(&Polygon::new(points.iter().map(pixel).collect::<Vec<_>>(), style))
                }
                Item::Circle { centre, radius, colour, filled } => {
                    let style = match filled {
                        None => ShapeStyle { color: *colour, filled: true, stroke_width: 0 },
                        Some(width) => ShapeStyle { color: *colour, filled: false, stroke_width: stroke(*width) },
                    };
                    root.draw(&Circle::new(pixel(centre), (radius * scale).round() as i32, style))
                }
                Item::Text { at, text, em, colour, anchor, bold, upwards } => {
                    let letters = font::letters(text);
                    match backend {
                        Backend::Bitmap => {
                            let face =
                                font::face(text, *bold).ok_or_else(|| refuse("the embedded fonts are not valid"))?;
                            let setting = Setting {
                                face,
                                text: &letters,
                                em: em * scale,
                                before: anchor.before(),
                                upwards: *upwards,
                            };
                            setting.draw((at.0 * scale, at.1 * scale), |pixel, cover| {
                                root.draw_pixel(pixel, &colour.mix(f64::from(cover)))
                            })
                        }
                        Backend::Svg => {
                            let (size_per_em, baseline_em) = SVG_METRICS;
                            let weight = if *bold { FontStyle::Bold } else { FontStyle::Normal };
                            // an SVG's viewer has its own fonts, and finds one that has the letters
                            let family = FontFamily::from(style::FAMILY);
                            let font = FontDesc::new(family, em * scale * size_per_em, weight);
                            let font = if *upwards { font.transform(FontTransform::Rotate270) } else { font };
                            let style = TextStyle::from(font).color(colour).pos(Pos::new(anchor.place(), VPos::Top));
                            let rise = em * baseline_em;
                            let top = if *upwards { (at.0 - rise, at.1) } else { (at.0, at.1 - rise) };
                            root.draw(&Text::new(letters.into_owned(), pixel(&top), style))
                        }
                    }
                }
            }
            .map_err(refuse)?;
        }
        root.present().map_err(refuse)
    }
}

fn refuse(error: impl std::fmt::Display) -> ReportError {
    ReportError::Draw { reason: error.to_string() }
}

/// A drawing area with a white background.
fn white<B: DrawingBackend>(backend: B) -> Result<DrawingArea<B, Shift>, ReportError> {
    let root = backend.into_drawing_area();
    root.fill(&WHITE).map_err(refuse)?;
    Ok(root)
}

/// Width of a line of text in figure units.
pub fn text_width(text: &str, em: f64) -> f64 {
    style::register_fonts();
    // measured large, because the library rounds to whole pixels
    let family = font::family(text);
    let font = (family, 100.0 * height_per_em(family)).into_font();
    font.layout_box(text).map_or(0.6 * em * text.chars().count() as f64, |(_, (x, _))| f64::from(x) / 100.0 * em)
}

/// The text, cut with an ellipsis where it is wider than `room`.
pub fn fitted(text: &str, em: f64, room: f64) -> String {
    if text_width(text, em) <= room {
        return text.to_owned();
    }
    let mut cut: String = text.to_owned();
    while !cut.is_empty() && text_width(&format!("{cut}…"), em) > room {
        cut.pop();
    }
    format!("{}…", cut.trim_end())
}
