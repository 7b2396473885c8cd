//! Panels under their heading, a key below: the page that every picture of panels is drawn on.
//!
//! The file of a sheet keeps its words ([`Words`]); [`picture_in`] takes it up again to say them in another language.

use super::canvas::{Canvas, Rect};
use super::drawing::Drawing;
use super::panel::{BACKGROUND, GAP, MARGIN, Panel, place};
use super::raster::{Picture, decode_rgb};
use super::words::{Caption, Words};
use super::{Lang, ReportError};
use serde::{Deserialize, Serialize};

/// Narrowest page, pixels; a heading needs room.
const NARROWEST: usize = 640;

/// Pictures, and what is said of them.
pub struct Sheet {
    pictures: Canvas,
    words: Words,
}

/// What the file of a sheet keeps beside its pixels.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// First row of the pictures.
    top: usize,
    /// Rows of pictures.
    height: usize,
    words: Words,
}

impl Sheet {
    /// Rows, each columns of panels and its height in pixels, below each other; adds the captions of the panels to `words`.
    ///
    /// # Errors
    /// Where the panels cannot be drawn.
    pub fn of_rows(
        rows: impl IntoIterator<Item = (Vec<Vec<Panel>>, usize)>,
        words: Words,
    ) -> Result<Sheet, ReportError> {
        let mut placed: Vec<(Panel, Rect, usize)> = Vec::new();
        let mut top = 0;
        for (columns, height) in rows {
            let row = place(columns, height);
            let below = row.iter().map(|(_, rect, _)| rect[1] + rect[3]).max().map_or(0, |bottom| bottom + GAP);
            let moved = |(panel, [x, y, w, h], room): (Panel, Rect, usize)| (panel, [x, y + top, w, h], room);
            placed.extend(row.into_iter().map(moved));
            top += below;
        }
        Sheet::of_panels(placed, top, words)
    }

    /// Panels at their places, each with the room that its caption has; adds the captions to `words`.
    ///
    /// # Errors
    /// Where the panels cannot be drawn.
    pub fn of_panels(placed: Vec<(Panel, Rect, usize)>, height: usize, mut words: Words) -> Result<Sheet, ReportError> {
        let right = placed.iter().map(|(_, rect, room)| rect[0] + room).max().unwrap_or(0);
        let width = (right + MARGIN).max(NARROWEST);
        let mut pictures = Canvas::new(width, height, BACKGROUND);
        let mut ink = Drawing::new(width as f64, height as f64);
        for (panel, rect, room) in placed {
            panel.draw(&mut pictures, &mut ink, rect);
            words.captions.push(panel.caption_at(rect, room));
        }
        pictures.overlay(&ink)?;
        Ok(Sheet { pictures, words })
    }

    /// A sheet from the picture in its file and what that keeps; `None` where the two do not fit.
    fn kept(picture: &Picture, words: &str) -> Option<Sheet> {
        let Kept { top, height, words } = serde_json::from_str(words).ok()?;
        let pictures = Canvas::of_rows(picture, top, height)?;
        words.captions.iter().all(|caption| is_within(caption, &pictures)).then_some(Sheet { pictures, words })
    }

    /// The whole page in a language, and the first row of its pictures.
    ///
    /// # Errors
    /// Where text cannot be drawn.
    pub fn page(&self, lang: Lang) -> Result<(Canvas, usize), ReportError> {
        let [width, height] = self.pictures.size();
        let (head, foot) = (self.words.head(lang, width)?, self.words.foot(lang, width)?);
        let top = head.size()[1];
        let mut page = Canvas::new(width, top + height + foot.size()[1], BACKGROUND);
        page.stack(&head, 0);
        page.stack(&self.pictures, top);
        page.stack(&foot, top + height);
        self.words.write_captions(lang, &mut page, top)?;
        Ok((page, top))
    }

    /// The page in English as a PNG file that keeps its words.
    ///
    /// # Errors
    /// Where the page cannot be drawn or encoded.
    pub fn png(self) -> Result<Vec<u8>, ReportError> {
        let (page, top) = self.page(Lang::En)?;
        let kept = Kept { top, height: self.pictures.size()[1], words: self.words };
        let refuse = |error: serde_json::Error| ReportError::Encode { reason: error.to_string() };
        page.png(Some(&serde_json::to_string(&kept).map_err(refuse)?))
    }
}

/// The picture in a PNG file, its words in a language, and whether they are: a file that does not keep them stays as it is.
///
/// # Errors
/// In words, where the bytes are no picture of ours.
pub fn picture_in(bytes: &[u8], lang: Lang) -> Result<(Picture, bool), String> {
    let (picture, words) = decode_rgb(bytes)?;
    match words.and_then(|words| Sheet::kept(&picture, &words)) {
        Some(sheet) => Ok((sheet.page(lang).map_err(|error| error.to_string())?.0.picture(), true)),
        None => Ok((picture, false)),
    }
}

/// Whether a caption has ground, and all of that lies on the pictures; a file that somebody altered may say otherwise.
fn is_within(caption: &Caption, pictures: &Canvas) -> bool {
    let ([left, top, across, down], [width, height]) = (caption.rect, pictures.size());
    let fits =
        |from: usize, length: usize, all: usize| length > 0 && from.checked_add(length).is_some_and(|to| to <= all);
    let unit_fits = caption.unit.as_ref().is_none_or(|(from, _)| *from <= width);
    fits(left, across, width) && fits(top, down, height) && unit_fits
}
