//! How every figure looks: fonts, colours, line widths.
//!
//! Sizes are in figure units; a figure of [`COLUMN`] units is meant for one journal column (85 mm), where [`TEXT`]
//! prints at about 7 points. Colours are those of Okabe and Ito, which stay apart under the common colour-vision
//! deficiencies (Wong 2011, doi:10.1038/nmeth.1618); no plot tells groups apart by colour alone.

use ab_glyph::FontRef;
use plotters::style::{FontStyle, RGBAColor, register_font};
use std::sync::OnceLock;

/// Width of a one-column figure.
pub const COLUMN: f64 = 360.0;
/// Size (em) of ordinary text: axis labels, legends.
pub const TEXT: f64 = 11.0;
/// Size of tick labels and notes.
pub const SMALL: f64 = 9.5;
/// Size of a figure's title.
pub const TITLE: f64 = 12.0;
/// Width of an axis line.
pub const HAIR: f64 = 0.8;
/// Width of a curve.
pub const CURVE: f64 = 1.8;

/// Text, axes.
pub const INK: RGBAColor = RGBAColor(34, 34, 34, 1.0);
/// Notes, chance lines.
pub const GREY: RGBAColor = RGBAColor(110, 110, 110, 1.0);
/// Grid lines.
pub const FAINT: RGBAColor = RGBAColor(225, 225, 225, 1.0);
/// The positive class (response).
pub const POSITIVE: RGBAColor = BLUE;
/// The negative class.
pub const NEGATIVE: RGBAColor = VERMILLION;

const BLUE: RGBAColor = RGBAColor(0, 114, 178, 1.0);
const VERMILLION: RGBAColor = RGBAColor(213, 94, 0, 1.0);
const GREEN: RGBAColor = RGBAColor(0, 158, 115, 1.0);
const PURPLE: RGBAColor = RGBAColor(204, 121, 167, 1.0);
const ORANGE: RGBAColor = RGBAColor(230, 159, 0, 1.0);
const SKY: RGBAColor = RGBAColor(86, 180, 233, 1.0);
const BLACK: RGBAColor = RGBAColor(0, 0, 0, 1.0);
const SERIES: [RGBAColor; 7] = [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK];
/// Dash patterns (on, off); the empty one is a solid line.
const DASHES: [&[f64]; 4] = [&[], &[6.0, 2.5], &[1.5, 2.0], &[6.0, 2.0, 1.5, 2.0]];

/// Colour of the n-th series.
pub fn series(n: usize) -> RGBAColor {
    SERIES[n % SERIES.len()]
}

/// Dash pattern of the n-th series, so that curves stay apart in a black-and-white print.
pub fn dash(n: usize) -> &'static [f64] {
    DASHES[n % DASHES.len()]
}

/// The same colour, more transparent.
pub fn fade(colour: RGBAColor, opacity: f64) -> RGBAColor {
    RGBAColor(colour.0, colour.1, colour.2, opacity)
}

/// Family name under which the fonts are registered; an SVG asks its viewer for the same family.
pub const FAMILY: &str = "sans-serif";

/// Registers the embedded fonts once; without them neither backend can draw text.
pub fn register_fonts() -> bool {
    static DONE: OnceLock<bool> = OnceLock::new();
    *DONE.get_or_init(|| {
        // the condensed cut has the advance widths of the sans-serif that SVG viewers usually substitute
        register_font(FAMILY, FontStyle::Normal, dejavu::sans_condensed::regular()).is_ok()
            && register_font(FAMILY, FontStyle::Bold, dejavu::sans_condensed::bold()).is_ok()
    })
}

/// An embedded font.
pub fn face(bold: bool) -> Option<&'static FontRef<'static>> {
    static FACES: OnceLock<[Option<FontRef<'static>>; 2]> = OnceLock::new();
    let read = |bytes| FontRef::try_from_slice(bytes).ok();
    let faces = FACES.get_or_init(|| [read(dejavu::sans_condensed::regular()), read(dejavu::sans_condensed::bold())]);
    faces[usize::from(bold)].as_ref()
}
