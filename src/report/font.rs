//! Letters of the figures: Latin ones are embedded, Japanese ones come from a font of the system.
//!
//! A font with Japanese letters has megabytes, so none is embedded. Where the system has none, the figures are drawn in
//! English and the report says so; its text is Japanese all the same.

use super::{Lang, style};
use crate::error::Warning;
use ab_glyph::FontRef;
use plotters::style::{FontStyle, IntoFont, register_font};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Names the file of a font with Japanese letters (OpenType, TrueType or a collection) where none is installed.
pub const VARIABLE: &str = "MYELOMRI_JAPANESE_FONT";
/// Slug of the warning that figures are in English.
pub const NO_FONT: &str = "no-japanese-font";
/// Family under which the font is registered.
pub const FAMILY: &str = "japanese";
/// Two letters that a font without Japanese ones draws as the same box.
const SAMPLE: [&str; 2] = ["椎", "値"];
/// Beginnings of the file names of common fonts, the more even ones first; letters only, in lower case.
const NAMES: [&str; 14] = [
    "notosanscjk",
    "notosansjp",
    "sourcehansans",
    "ipaexg",
    "ipag",
    "takaogothic",
    "takaopgothic",
    "vlgothic",
    "vlpgothic",
    "biz-udgothic",
    "yugoth",
    "meiryo",
    "msgothic",
    "ヒラギノ角ゴシック",
];
const FOLDERS: [&str; 5] =
    ["/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", "C:\\Windows\\Fonts"];
const HOME_FOLDERS: [&str; 3] = [".local/share/fonts", ".fonts", "Library/Fonts"];
/// Folders below a font folder that are looked into.
const DEPTH: usize = 5;

/// The language that figures can be drawn in, and what must be said where it is not the one asked for.
pub fn language_of_figures(lang: Lang) -> (Lang, Option<Warning>) {
    match (lang, japanese()) {
        (Lang::En, _) | (Lang::Ja, Ok(_)) => (lang, None),
        (Lang::Ja, Err(reason)) => {
            let message = format!(
                "{reason}; figures are in English, the text of the report is Japanese (install a font, e.g. \
                 fonts-noto-cjk, or name the file of one in {VARIABLE})"
            );
            (Lang::En, Some(Warning::new(NO_FONT, message)))
        }
    }
}

/// A font with Japanese letters.
#[derive(Debug)]
pub(super) struct Japanese {
    /// Height of a line over its em: plotters measures a size by it.
    pub height: f64,
    pub face: FontRef<'static>,
}

/// The registered font, where there is one, else why there is none.
pub(super) fn japanese() -> &'static Result<Japanese, String> {
    static FONT: OnceLock<Result<Japanese, String>> = OnceLock::new();
    FONT.get_or_init(|| match std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
        Some(path) => register(Path::new(&path)).map_err(|reason| format!("{VARIABLE}: {reason}")),
        None => installed()
            .iter()
            .find_map(|path| register(path).ok())
            .ok_or_else(|| "no font with Japanese letters was found".to_owned()),
    })
}

/// Whether a text needs the font: it holds kana, kanji or full-width signs.
pub(super) fn is_japanese(text: &str) -> bool {
    text.chars().any(|letter| letter >= '\u{2e80}')
}

/// The family that a text is drawn with.
pub(super) fn family(text: &str) -> &'static str {
    if is_japanese(text) && japanese().is_ok() { FAMILY } else { style::FAMILY }
}

/// The face that a text is set in.
pub(super) fn face(text: &str, bold: bool) -> Option<&'static FontRef<'static>> {
    match japanese() {
        Ok(font) if is_japanese(text) => Some(&font.face),
        _ => style::face(bold),
    }
}

/// The text in signs that Japanese fonts have: of some signs they hold only the form of the Japanese standard.
pub(super) fn letters(text: &str) -> Cow<'_, str> {
    if !is_japanese(text) || !text.contains(['≥', '≤', 'µ']) {
        return Cow::Borrowed(text);
    }
    let sign = |letter| match letter {
        '≥' => '≧',
        '≤' => '≦',
        'µ' => 'μ',
        other => other,
    };
    Cow::Owned(text.chars().map(sign).collect())
}

fn register(path: &Path) -> Result<Japanese, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let bytes = std::fs::read(path).map_err(|error| format!("{name} cannot be read ({error})"))?;
    // once in the life of the program: the library keeps fonts for ever
    let bytes: &'static [u8] = bytes.leak();
    let face = FontRef::try_from_slice(bytes).map_err(|_| format!("{name} is no OpenType font"))?;
    register_font(FAMILY, FontStyle::Normal, bytes).map_err(|_| format!("{name} is no OpenType font"))?;
    let font = (FAMILY, 100.0).into_font();
    let drawn = SAMPLE.map(|letter| {
        let mut pixels = BTreeSet::new();
        let _ = font.draw(letter, (0, 0), |x, y, ink| {
            pixels.extend((ink > 0.5).then_some((x, y)));
            Ok::<(), std::convert::Infallible>(())
        });
        pixels
    });
    if drawn[0].is_empty() || drawn[0] == drawn[1] {
        return Err(format!("{name} has no Japanese letters"));
    }
    // a kanji is one em wide
    let width = font.layout_box(SAMPLE[0]).map_or(0, |(_, (width, _))| width);
    match width > 0 {
        true => Ok(Japanese { height: 100.0 / f64::from(width), face }),
        false => Err(format!("{name} has letters without width")),
    }
}

/// Fonts by name, in the order of [`NAMES`], upright and regular ones first.
fn installed() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let own = home.iter().flat_map(|home| HOME_FOLDERS.iter().map(|folder| home.join(folder)));
    for folder in FOLDERS.iter().map(PathBuf::from).chain(own) {
        walk(&folder, DEPTH, &mut files);
    }
    let rank = |path: &PathBuf| {
        let name = path.file_stem()?.to_str()?.to_lowercase();
        let plain: String = name.chars().filter(|letter| letter.is_alphanumeric()).collect();
        let at = NAMES.iter().position(|known| plain.starts_with(&known.replace('-', "")))?;
        let is_regular = !["bold", "black", "light", "thin", "medium", "mono", "w0", "w6"]
            .iter()
            .any(|weight| plain.contains(weight));
        Some((!is_regular, at, path.clone()))
    };
    let mut ranked: Vec<_> = files.iter().filter_map(rank).collect();
    ranked.sort();
    ranked.into_iter().map(|(.., path)| path).collect()
}

fn walk(folder: &Path, depth: usize, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_font =
            |e: &std::ffi::OsStr| ["ttf", "ttc", "otf", "otc"].iter().any(|known| e.eq_ignore_ascii_case(known));
        if path.is_dir() && depth > 0 {
            walk(&path, depth - 1, into);
        } else if path.extension().is_some_and(is_font) {
            into.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_needs_no_font_and_japanese_gets_one_or_a_word_about_it() {
        assert_eq!(language_of_figures(Lang::En), (Lang::En, None));
        let (lang, warning) = language_of_figures(Lang::Ja);
        match japanese() {
            Ok(Japanese { height, .. }) => {
                assert!(lang == Lang::Ja && warning.is_none());
                assert!((0.9..2.0).contains(height), "{height}");
                assert_eq!((family("椎体"), family("L1")), (FAMILY, style::FAMILY));
            }
            Err(_) => {
                assert_eq!(lang, Lang::En);
                assert!(warning.is_some_and(|w| w.slug == NO_FONT && w.message.contains(VARIABLE)));
                assert_eq!(family("椎体"), style::FAMILY);
            }
        }
    }

    #[test]
    fn signs_are_those_of_japanese_fonts_in_japanese_text_alone() {
        assert_eq!(letters("中央値 ≥ 3 µm"), "中央値 ≧ 3 μm");
        assert_eq!(letters("≥ 3 µm"), "≥ 3 µm");
    }

    #[test]
    fn a_file_without_japanese_letters_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.ttf");
        assert!(register(&path).unwrap_err().contains("cannot be read"));
        std::fs::write(&path, "no font").unwrap();
        assert_eq!(register(&path).unwrap_err(), "none.ttf is no OpenType font");
    }
}
