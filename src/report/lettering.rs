//! Where the words of a panel stand: names of regions, letters at the borders, scale bar. None lies on another.
//!
//! A name stays on its region. A letter slides along its border and the scale bar rises until there is room; where there is
//! none, everything becomes smaller.

use super::drawing::{Anchor, text_width};

/// A word with its place on the sheet, in pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// What is written.
    pub text: String,
    /// Its anchor on the base line.
    pub at: (f64, f64),
    /// Height of its letters.
    pub em: f64,
    /// Which part of it stands there.
    pub anchor: Anchor,
}

/// A scale bar: its line, and the word above it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleBar {
    /// Left and right end.
    pub ends: [f64; 2],
    /// Height of the line.
    pub y: f64,
    /// The length in words.
    pub word: Word,
}

/// What is to be written on a panel, before it has a place. `x` and `y` are shares of the panel from its top left corner.
pub struct Lettering<'a> {
    /// Left, top, width and height of the panel.
    pub rect: [f64; 4],
    /// Names of regions and where their middle is.
    pub names: &'a [(String, [f64; 2])],
    /// Letters at the left, right, upper and lower border.
    pub borders: [char; 4],
    /// Where along the upper and lower border letters should stand.
    pub along: f64,
    /// Length of the scale bar: in pixels and in words.
    pub scale: Option<(f64, String)>,
}

const NAME: f64 = 14.0;
const LETTER: f64 = 13.0;
const SCALE: f64 = 12.0;
/// Sizes that are tried, as shares of the usual ones.
const SHRINK: [f64; 5] = [1.0, 0.88, 0.76, 0.66, 0.56];
/// Clear pixels across and down that two words have at least: both have a rim, and words on one line must not be read as one.
const LEAST: [f64; 2] = [4.0, 1.0];
/// What a letter or scale bar should have, the best first: down past the contour of a vertebra.
const CLEAR: [[f64; 2]; 3] = [[8.0, 10.0], [8.0, 3.0], LEAST];
/// Pixels from a border.
const INSET: f64 = 5.0;

/// Left, top, right, bottom.
type Extent = [f64; 4];

impl Word {
    /// Room that the word takes, its rim left out.
    pub fn extent(&self) -> Extent {
        // bold letters are a little wider than the measured ones
        let width = 1.1 * text_width(&self.text, self.em);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2.0,
            Anchor::End => self.at.0 - width,
        };
        [left, self.at.1 - 0.75 * self.em, left + width, self.at.1]
    }
}

impl ScaleBar {
    fn extent(&self) -> Extent {
        let [left, top, right, _] = self.word.extent();
        [left.min(self.ends[0]), top, right.max(self.ends[1]), self.y + 2.0]
    }
}

fn touch(a: Extent, b: Extent, clear: [f64; 2]) -> bool {
    let apart = |axis: usize| a[axis] >= b[axis + 2] + clear[axis] || b[axis] >= a[axis + 2] + clear[axis];
    !apart(0) && !apart(1)
}

impl Lettering<'_> {
    /// All words and the scale bar at the largest size at which none lies on another; at the smallest where there is none.
    pub fn placed(&self) -> (Vec<Word>, Option<ScaleBar>) {
        let mut smallest = (Vec::new(), None);
        for (share, clear) in SHRINK.into_iter().flat_map(|share| CLEAR.map(|clear| (share, clear))) {
            let (words, bar, is_clear) = self.at_size(share, clear);
            smallest = (words, bar);
            if is_clear {
                break;
            }
        }
        smallest
    }

    fn at_size(&self, share: f64, clear: [f64; 2]) -> (Vec<Word>, Option<ScaleBar>, bool) {
        let [left, top, width, height] = self.rect;
        let mut taken: Vec<Extent> = Vec::new();
        let mut is_clear = true;
        let mut words = Vec::new();
        for (name, [x, y]) in self.names {
            let at = (left + x * width, top + y * height + 5.0 * share);
            let word = Word { text: name.clone(), at, em: NAME * share, anchor: Anchor::Middle };
            let [from, _, to, _] = word.extent();
            is_clear &= to - from <= width;
            is_clear &= keep(word.extent(), &mut taken);
            words.push(word);
        }
        let em = LETTER * share;
        let letter = |n: usize, at, anchor| Word { text: self.borders[n].to_string(), at, em, anchor };
        let middle = top + height / 2.0 + 5.0 * share;
        let rows = away_from(middle, [top + 2.0 * em, top + height - em]);
        let columns = away_from(left + self.along * width, [left + 0.5 * em, left + width - 0.5 * em]);
        // both letters of a direction stay opposite each other
        let pairs: [Vec<[Word; 2]>; 2] = [
            rows.map(|y| {
                let ends = [(left + INSET, y), (left + width - INSET, y)];
                [letter(0, ends[0], Anchor::Start), letter(1, ends[1], Anchor::End)]
            })
            .collect(),
            columns
                .map(|x| {
                    let ends = [(x, top + em + 1.0), (x, top + height - INSET)];
                    [letter(2, ends[0], Anchor::Middle), letter(3, ends[1], Anchor::Middle)]
                })
                .collect(),
        ];
        // what runs through the middle of a border comes first, so that the other direction makes way
        for pair in [&pairs[1], &pairs[0]] {
            let is_free = |pair: &&[Word; 2]| {
                let [a, b] = pair.each_ref().map(Word::extent);
                let is_off = |word: Extent| taken.iter().all(|other| !touch(word, *other, clear));
                !touch(a, b, clear) && is_off(a) && is_off(b)
            };
            let free = pair.iter().find(is_free);
            is_clear &= free.is_some();
            for word in free.or(pair.first()).into_iter().flatten() {
                taken.push(word.extent());
                words.push(word.clone());
            }
        }
        let bar = self.scale.as_ref().map(|(length, text)| {
            let bar = |y: f64| {
                let ends = [left + 7.0, left + 7.0 + length];
                let word =
                    Word { text: text.clone(), at: (ends[0], y - 6.0), em: SCALE * share, anchor: Anchor::Start };
                ScaleBar { ends, y, word }
            };
            let lowest = top + height - 8.0;
            let mut heights = away_from(lowest, [top + height / 2.0, lowest]);
            let is_free = |bar: &ScaleBar| {
                taken.iter().all(|other| !touch(bar.extent(), *other, [clear[0], clear[1].min(CLEAR[1][1])]))
            };
            let free = heights.find_map(|y| Some(bar(y)).filter(is_free));
            is_clear &= free.is_some();
            free.unwrap_or_else(|| bar(lowest))
        });
        (words, bar, is_clear)
    }
}

fn keep(extent: Extent, taken: &mut Vec<Extent>) -> bool {
    let is_clear = taken.iter().all(|other| !touch(extent, *other, LEAST));
    taken.push(extent);
    is_clear
}

/// `start`, then ever further from it to both sides, within these limits.
fn away_from(start: f64, [low, high]: [f64; 2]) -> impl Iterator<Item = f64> {
    let farthest = (start - low).max(high - start).max(0.0) as usize;
    let both = (1..=farthest).flat_map(move |step| [start - step as f64, start + step as f64]);
    std::iter::once(start).chain(both.filter(move |at| (low..=high).contains(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(lettering: &Lettering) -> f64 {
        let (words, bar) = lettering.placed();
        assert_eq!(words.len(), lettering.names.len() + 4);
        let mut extents: Vec<Extent> = words.iter().map(Word::extent).collect();
        extents.extend(bar.as_ref().map(ScaleBar::extent));
        for (n, a) in extents.iter().enumerate() {
            for b in &extents[n + 1..] {
                assert!(!touch(*a, *b, LEAST), "{a:?} and {b:?} of {:?}: {words:?}", lettering.rect);
            }
            assert!(a[1] >= lettering.rect[1] && a[3] <= lettering.rect[1] + lettering.rect[3], "{a:?}");
        }
        words.iter().map(|word| word.em).fold(f64::INFINITY, f64::min)
    }

    fn levels(n: usize) -> Vec<(String, [f64; 2])> {
        (0..n).map(|level| (format!("L{}", level + 1), [0.5, (level as f64 + 0.5) / n as f64])).collect()
    }

    #[test]
    fn no_word_lies_on_another_however_narrow_the_panel() {
        for width in [380.0, 120.0, 60.0, 45.0, 36.0] {
            for n in [0, 1, 2, 5, 6, 9, 17] {
                let names = levels(n);
                let scale = Some((0.3 * width, "10 mm".to_owned()));
                for along in [0.5, 0.88] {
                    let rect = [14.0, 20.0, width, 360.0];
                    clear(&Lettering {
                        rect,
                        names: &names,
                        borders: ['R', 'L', 'S', 'I'],
                        along,
                        scale: scale.clone(),
                    });
                }
            }
        }
    }

    #[test]
    fn words_have_their_usual_size_and_place_where_there_is_room() {
        let names = levels(5);
        let rect = [0.0, 0.0, 240.0, 360.0];
        let scale = Some((60.0, "50 mm".to_owned()));
        let lettering = Lettering { rect, names: &names, borders: ['A', 'P', 'S', 'I'], along: 0.88, scale };
        assert_eq!(clear(&lettering), LETTER);
        let (words, bar) = lettering.placed();
        let at = |text: &str| words.iter().find(|word| word.text == text).unwrap().at;
        assert_eq!([at("A"), at("P"), at("S"), at("I")], [(5.0, 185.0), (235.0, 185.0), (211.2, 14.0), (211.2, 355.0)]);
        assert_eq!(at("L3"), (120.0, 185.0));
        assert_eq!(bar.map(|bar| (bar.ends, bar.y)), Some(([7.0, 67.0], 352.0)));
    }

    #[test]
    fn a_letter_slides_off_a_name_and_does_not_leave_its_border() {
        let names = levels(5);
        let rect = [0.0, 0.0, 60.0, 360.0];
        let scale = Some((16.0, "10 mm".to_owned()));
        let (words, bar) = Lettering { rect, names: &names, borders: ['R', 'L', 'S', 'I'], along: 0.5, scale }.placed();
        let at = |text: &str| words.iter().find(|word| word.text == text).unwrap().at;
        assert_eq!((at("R").0, at("L").0, at("R").1), (5.0, 55.0, at("L").1));
        assert!((at("R").1 - at("L3").1).abs() >= 19.0, "past the contour");
        assert!(bar.is_some_and(|bar| bar.y < at("I").1 - 10.0));
    }
}
