//! The words of a sheet: heading, captions above its panels, key below. They stand on plain ground, so they can be drawn
//! anew in another language; what lies on the images themselves (letters, names of vertebrae, scale bars) is the same in
//! all.

use super::canvas::{Canvas, Rect};
use super::drawing::{Anchor, Drawing, text_width};
use super::lang::Phrase;
use super::panel::{BACKGROUND, DIM, MARGIN};
use super::{Lang, ReportError};
use plotters::style::RGBAColor;
use serde::{Deserialize, Serialize};
use unicode_linebreak::linebreaks;

/// Phrases on one line, as long as it has room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    phrases: Vec<Phrase>,
    /// Height of the letters, pixels.
    em: f64,
    colour: [u8; 3],
}

/// Lines above a panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caption {
    /// The ground that they have, from the top left corner of the pictures.
    pub rect: Rect,
    pub lines: Vec<Line>,
    /// A unit behind the first line, no further to the left than this.
    pub unit: Option<(usize, String)>,
}

/// A line of the key, with the colour that it explains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    pub swatch: Option<[u8; 3]>,
    pub line: Line,
}

/// Everything that a sheet says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Words {
    pub head: Vec<Line>,
    pub captions: Vec<Caption>,
    pub keys: Vec<Key>,
}

/// A line of text as it is drawn.
struct Drawn {
    text: String,
    em: f64,
    colour: RGBAColor,
}

/// Height of a line over its em.
const LEADING: f64 = 1.45;
/// Pixels above and below the heading together.
const HEAD_ROOM: usize = 14;
/// Pixels from one line of a caption or key to the next.
const STEP: usize = 19;
/// From the top of a caption to its first base line.
const FIRST: f64 = 15.0;
/// Pixels of a swatch with the gap behind it.
const SWATCH: usize = 22;
/// Sizes that a caption is tried in, as shares of the usual one.
const SHRINK: [f64; 6] = [1.0, 0.92, 0.84, 0.76, 0.68, 0.6];

impl Line {
    /// A line of some phrases; without any it takes no room.
    pub fn new(phrases: Vec<Phrase>, em: f64, colour: RGBAColor) -> Self {
        Line { phrases, em, colour: [colour.0, colour.1, colour.2] }
    }

    /// A line of one phrase.
    pub fn of(phrase: impl Into<Phrase>, em: f64, colour: RGBAColor) -> Self {
        Line::new(vec![phrase.into()], em, colour)
    }

    /// What it says.
    pub fn said(&self, lang: Lang) -> String {
        self.phrases.iter().map(|phrase| phrase.said(lang)).collect::<Vec<_>>().join("   ")
    }

    /// Pixels that it takes on one line.
    pub fn width(&self, lang: Lang) -> f64 {
        text_width(&self.said(lang), self.em)
    }

    /// The line broken where it has no more `room`, in letters of a share of their size.
    fn drawn(&self, lang: Lang, room: f64, share: f64) -> Vec<Drawn> {
        // a file that somebody altered asks for no letters that fill the page
        let (em, [r, g, b]) = (share * self.em.clamp(1.0, 40.0), self.colour);
        let line = |text| Drawn { text, em, colour: RGBAColor(r, g, b, 1.0) };
        wrap(&self.said(lang), em, room).into_iter().map(line).collect()
    }
}

/// Breaks a text into lines that fit, where its script allows it; the empty text has no line.
pub fn wrap(text: &str, em: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let (mut from, mut line) = (0, String::new());
    for (to, _) in linebreaks(text) {
        let longer = format!("{line}{}", &text[from..to]);
        if !line.is_empty() && text_width(longer.trim_end(), em) > room {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(&text[from..to]);
        from = to;
    }
    lines.push(line);
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines.retain(|line| !line.is_empty());
    lines
}

impl Words {
    /// The heading, on ground of its own.
    ///
    /// # Errors
    /// Where text cannot be drawn, here and below.
    pub fn head(&self, lang: Lang, width: usize) -> Result<Canvas, ReportError> {
        let room = width.saturating_sub(2 * MARGIN) as f64;
        let lines: Vec<Drawn> = self.head.iter().flat_map(|line| line.drawn(lang, room, 1.0)).collect();
        let height = HEAD_ROOM + lines.iter().map(|line| (line.em * LEADING) as usize).sum::<usize>();
        let mut ink = Drawing::new(width as f64, height as f64);
        let mut baseline = 8.0;
        for line in &lines {
            baseline += line.em * LEADING;
            ink.text((MARGIN as f64, baseline), &line.text, line.em, line.colour, Anchor::Start);
        }
        ground(width, height, &ink)
    }

    /// The key, on ground of its own.
    pub fn foot(&self, lang: Lang, width: usize) -> Result<Canvas, ReportError> {
        let mut lines = Vec::new();
        for key in &self.keys {
            let left = MARGIN + if key.swatch.is_some() { SWATCH } else { 0 };
            let drawn = key.line.drawn(lang, width.saturating_sub(MARGIN + left) as f64, 1.0);
            lines.extend(drawn.into_iter().enumerate().map(|(n, line)| (key.swatch.filter(|_| n == 0), left, line)));
        }
        let height = STEP * lines.len() + 6;
        let mut ink = Drawing::new(width as f64, height as f64);
        for (n, (swatch, left, line)) in lines.iter().enumerate() {
            let baseline = (STEP * n) as f64 + FIRST;
            if let Some([r, g, b]) = *swatch {
                ink.rectangle((MARGIN as f64, baseline - 11.0), 14.0, 12.0, RGBAColor(r, g, b, 1.0));
            }
            ink.text((*left as f64, baseline), &line.text, line.em, line.colour, Anchor::Start);
        }
        ground(width, height, &ink)
    }

    /// Writes the captions on their ground, whose pictures begin `top` pixels down the canvas.
    pub fn write_captions(&self, lang: Lang, canvas: &mut Canvas, top: usize) -> Result<(), ReportError> {
        let [width, _] = canvas.size();
        for caption in &self.captions {
            let [left, down, across, height] = caption.rect;
            canvas.cover([left, top + down, across, height], BACKGROUND);
            let mut ink = Drawing::new(width as f64, height as f64);
            let lines = caption.drawn(lang);
            for (n, line) in lines.iter().enumerate() {
                let at = (left as f64, (STEP * n) as f64 + FIRST);
                ink.text(at, &line.text, line.em, line.colour, Anchor::Start);
            }
            if let (Some((from, unit)), Some(line)) = (&caption.unit, lines.first()) {
                let behind = left as f64 + text_width(&line.text, line.em);
                ink.text((8.0 + behind.max(*from as f64), FIRST), unit, 11.5, line.colour, Anchor::Start);
            }
            canvas.overlay_rows(top + down, &ink)?;
        }
        Ok(())
    }
}

impl Caption {
    /// Its lines at the largest size at which they have room; at the smallest where there is none.
    fn drawn(&self, lang: Lang) -> Vec<Drawn> {
        let [_, _, across, height] = self.rect;
        let unit = self.unit.as_ref().map_or(0.0, |(_, unit)| 8.0 + text_width(unit, 11.5));
        let room = across as f64 - unit;
        let mut lines = Vec::new();
        for share in SHRINK {
            lines = self.lines.iter().flat_map(|line| line.drawn(lang, room, share)).collect();
            let is_in = |line: &Drawn| text_width(&line.text, line.em) <= room;
            if lines.len() * STEP <= height && lines.iter().all(is_in) {
                break;
            }
        }
        lines
    }
}

/// A drawing on plain ground.
fn ground(width: usize, height: usize, ink: &Drawing) -> Result<Canvas, ReportError> {
    let mut canvas = Canvas::new(width, height, BACKGROUND);
    canvas.overlay(ink)?;
    Ok(canvas)
}

/// A key without a colour.
pub fn note(phrase: Phrase) -> Key {
    Key { swatch: None, line: Line::of(phrase, 12.0, DIM) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::panel::WHITE;

    #[test]
    fn text_breaks_at_spaces_and_japanese_between_letters_but_not_before_a_full_stop() {
        let room = 1.01 * text_width("sFF L1–L5 12.3 %", 12.0);
        assert_eq!(
            wrap("sFF L1–L5 12.3 %   Dropout ratio 3\u{a0}%", 12.0, room),
            ["sFF L1–L5 12.3 %", "Dropout ratio", "3\u{a0}%"]
        );
        assert!(wrap("", 12.0, room).is_empty() && wrap("   ", 12.0, room).is_empty());
        let text = "輪郭は計測した領域、赤は病変。";
        let lines = wrap(text, 12.0, 1.01 * text_width("輪郭は計測した領", 12.0));
        assert!(lines.len() > 1 && lines.concat() == text, "{lines:?}");
        assert!(lines.iter().all(|line| !line.starts_with(['、', '。'])), "{lines:?}");
    }

    #[test]
    fn a_caption_without_room_becomes_smaller_and_stays_clear_of_its_unit() {
        let sizes = |room: usize, unit: Option<(usize, String)>| -> Vec<f64> {
            let line = Line::of("water, sagittal 10/30", 12.5, WHITE);
            let caption = Caption { rect: [0, 0, room, 20], lines: vec![line], unit };
            caption.drawn(Lang::En).iter().map(|line| line.em).collect()
        };
        let width = text_width("water, sagittal 10/30", 12.5).ceil() as usize;
        assert_eq!(sizes(width, None), [12.5]);
        let with_unit = sizes(width, Some((0, "%".to_owned())));
        assert!(with_unit.len() == 1 && (9.0..12.5).contains(&with_unit[0]), "{with_unit:?}");
        assert!(sizes(width * 3 / 4, None)[0] < 10.0);
    }
}
