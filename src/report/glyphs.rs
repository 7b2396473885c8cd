//! Lines of text as pixels, every letter where its font puts it.
//!
//! plotters sets letters without their left bearing and on whole pixels, which spaces Japanese text unevenly; so pictures get
//! their letters from here, and only SVG files have their text from plotters.

use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};

/// A line of text before it is drawn.
pub struct Setting<'a> {
    pub face: &'a FontRef<'static>,
    pub text: &'a str,
    /// Pixels per em.
    pub em: f64,
    /// Share of its width that lies before the origin.
    pub before: f64,
    /// Whether it reads from bottom to top.
    pub upwards: bool,
}

impl Setting<'_> {
    /// Gives `ink` each pixel that the text covers, and how much of it; the base line runs through `origin`.
    ///
    /// # Errors
    /// Those of `ink`.
    pub fn draw<E>(&self, origin: (f64, f64), mut ink: impl FnMut((i32, i32), f32) -> Result<(), E>) -> Result<(), E> {
        let (letters, width) = self.placed();
        // along the base line, and from it down
        let (along, across) = if self.upwards { (-origin.1, origin.0) } else { origin };
        let start = along - self.before * width;
        for mut glyph in letters {
            glyph.position.x += start as f32;
            glyph.position.y = across as f32;
            let Some(outline) = self.face.outline_glyph(glyph) else { continue };
            let corner = outline.px_bounds().min;
            let mut drawn = Ok(());
            outline.draw(|x, y, cover| {
                let (x, y) = (x as i32 + corner.x as i32, y as i32 + corner.y as i32);
                if cover > 0.0 && drawn.is_ok() {
                    drawn = ink(if self.upwards { (y, -x - 1) } else { (x, y) }, cover);
                }
            });
            drawn?;
        }
        Ok(())
    }

    /// The letters from an origin of zero, and the width of all.
    fn placed(&self) -> (Vec<Glyph>, f64) {
        let height_per_em = self.face.units_per_em().map_or(1.0, |units| self.face.height_unscaled() / units);
        let scale = PxScale::from(self.em as f32 * height_per_em);
        let font = self.face.as_scaled(scale);
        let (mut x, mut last) = (0.0, None);
        let mut letters = Vec::new();
        for letter in self.text.chars() {
            let id = font.glyph_id(letter);
            x += last.map_or(0.0, |last| font.kern(last, id));
            letters.push(id.with_scale_and_position(scale, point(x, 0.0)));
            x += font.h_advance(id);
            last = Some(id);
        }
        (letters, f64::from(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::style;

    /// Left, top, right, bottom of the pixels that are more than half covered.
    fn extent(text: &str, origin: (f64, f64), before: f64, upwards: bool) -> [i32; 4] {
        let face = style::face(false).unwrap();
        let mut found = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];
        Setting { face, text, em: 100.0, before, upwards }
            .draw(origin, |(x, y), cover| {
                if cover > 0.5 {
                    found = [found[0].min(x), found[1].min(y), found[2].max(x + 1), found[3].max(y + 1)];
                }
                Ok::<(), ()>(())
            })
            .unwrap();
        found
    }

    #[test]
    fn letters_stand_on_the_base_line_and_keep_their_bearings() {
        let face = style::face(false).unwrap();
        let units = f64::from(face.units_per_em().unwrap());
        let id = face.glyph_id('l');
        let bearing = 100.0 * f64::from(face.h_side_bearing_unscaled(id)) / units;
        let advance = 100.0 * f64::from(face.h_advance_unscaled(id)) / units;
        assert!(bearing > 5.0, "a letter with a bearing");
        let [left, _, right, bottom] = extent("l", (20.0, 200.0), 0.0, false);
        assert!((f64::from(left) - 20.0 - bearing).abs() <= 1.0, "{left}");
        assert_eq!(bottom, 200);
        let two = extent("ll", (20.0, 200.0), 0.0, false);
        assert!((f64::from(two[2] - right) - advance).abs() <= 1.0, "{two:?}");
        // the end and the middle of a line at the origin
        let end = extent("ll", (20.0, 200.0), 1.0, false);
        assert!((f64::from(two[0] - end[0]) - 2.0 * advance).abs() <= 1.0, "{end:?}");
    }

    #[test]
    fn text_that_reads_upwards_is_the_same_text_turned() {
        let [left, top, right, bottom] = extent("Lg", (0.0, 0.0), 0.0, false);
        assert_eq!(extent("Lg", (0.0, 0.0), 0.0, true), [top, -right, bottom, -left]);
        assert_eq!(extent("Lg", (7.0, 50.0), 0.0, true), [top + 7, 50 - right, bottom + 7, 50 - left]);
    }
}
