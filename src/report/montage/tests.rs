//! Letters, contours and partial sessions of the session picture.

use super::*;
use crate::image::{Grid, filled};
use crate::report::Lang;
use crate::report::panel::Panel;
use crate::report::raster::decode_rgb;
use crate::report::sheet::picture_in;

fn grid() -> Grid {
    // sagittal storage, neither axis as in RAS
    Grid::new([16, 24, 5], [[0.0, 0.0, 5.0, 0.0], [-3.0, 0.0, 0.0, 0.0], [0.0, -3.0, 0.0, 0.0]])
}

pub(super) fn pixels(png: &[u8]) -> Vec<[u8; 3]> {
    decode_rgb(png).unwrap().0.rgb.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect()
}

fn reddish(png: &[u8]) -> usize {
    pixels(png).iter().filter(|[r, g, b]| *r > 200 && *g < 130 && *b < 120).count()
}

#[test]
fn parts_that_are_missing_are_left_out_and_nothing_is_an_error() {
    let volume = Volume::new(grid(), filled([16, 24, 5], 40.0));
    let all = SessionPicture {
        title: "sub-<1>",
        water: Some(&volume),
        fat: Some(&volume),
        fat_fraction: Some(&volume),
        fat_fraction_name: "sFF",
        high_b: Some(&volume),
        b_value: 900.0,
        adc: Some(&volume),
        ..SessionPicture::default()
    };
    let only_fat_fraction = SessionPicture { fat_fraction: Some(&volume), ..SessionPicture::default() };
    let only_adc = SessionPicture { adc: Some(&volume), ..SessionPicture::default() };
    let whole = montage(&all).unwrap();
    assert!(pixels(&whole).len() > pixels(&montage(&only_fat_fraction).unwrap()).len());
    assert!(!pixels(&montage(&only_adc).unwrap()).is_empty());
    assert_eq!(whole, montage(&all).unwrap());
    assert!(montage(&SessionPicture::default()).is_err());
}

#[test]
fn a_swap_is_shown_in_red_and_other_warnings_are_not() {
    let volume = Volume::new(grid(), filled([16, 24, 5], 40.0));
    let picture = |slug: &str| {
        let warnings = [Warning::new(slug, "water and fat look exchanged")];
        let session = SessionPicture { water: Some(&volume), warnings: &warnings, ..SessionPicture::default() };
        montage(&session).unwrap()
    };
    assert!(reddish(&picture("swap-suspected")) > 50);
    assert_eq!(reddish(&picture("grid-rounding")), 0);
}

#[test]
fn lesions_are_outlined_where_they_are() {
    let volume = Volume::new(grid(), filled([16, 24, 5], 40.0));
    let mut lesion = filled([16, 24, 5], 0);
    (4..8).for_each(|i| (4..9).for_each(|j| lesion[[i, j, 2]] = 3));
    let lesions = Labels { grid: grid(), data: lesion, source: Default::default() };
    let session = SessionPicture { high_b: Some(&volume), b_value: 900.0, ..SessionPicture::default() };
    assert_eq!(reddish(&montage(&session).unwrap()), 0);
    assert!(reddish(&montage(&SessionPicture { lesions: Some(&lesions), ..session }).unwrap()) > 50);
}

#[test]
fn the_phases_and_a_coronal_slice_have_their_place_and_a_suspected_swap_a_frame() {
    let volume = Volume::new(grid(), filled([16, 24, 5], 40.0));
    let session = SessionPicture { water: Some(&volume), fat: Some(&volume), ..SessionPicture::default() };
    let rows = |session: &SessionPicture| [dixon::fat_fraction(session).len(), dixon::phases(session).len()];
    assert_eq!(rows(&session), [2, 0]);
    let all = SessionPicture {
        fat_fraction: Some(&volume),
        fat_fraction_name: "sFF",
        in_phase: Some(&volume),
        opposed_phase: Some(&volume),
        dropout: Some(&volume),
        ..session
    };
    assert_eq!(rows(&all), [4, 3]);
    let captions = |columns: Vec<Vec<Panel>>| -> Vec<String> {
        columns.into_iter().flatten().map(|panel| panel.caption.said(Lang::En)).collect()
    };
    assert_eq!(
        captions(dixon::fat_fraction(&all)),
        ["water, sagittal 3/5", "fat, sagittal 3/5", "sFF, sagittal 3/5", "sFF, coronal 9/16"]
    );
    assert_eq!(
        captions(dixon::phases(&all)),
        ["in phase, sagittal 3/5", "opposed phase, sagittal 3/5", "Dropout ratio, sagittal 3/5"]
    );
    let warnings = [Warning::new("swap-suspected", "water and fat look exchanged")];
    let alarmed = SessionPicture { warnings: &warnings, ..all };
    let frames =
        |session: &SessionPicture| dixon::fat_fraction(session).iter().flatten().filter(|p| p.is_alarmed).count();
    assert_eq!([frames(&all), frames(&alarmed)], [0, 3]);
}

/// A session with every part.
fn whole<'a>(volume: &'a Volume, facts: &'a [Phrase], warnings: &'a [Warning]) -> SessionPicture<'a> {
    SessionPicture {
        title: "sub-001 baseline",
        facts,
        warnings,
        water: Some(volume),
        fat: Some(volume),
        fat_fraction: Some(volume),
        fat_fraction_name: "sFF",
        in_phase: Some(volume),
        opposed_phase: Some(volume),
        dropout: Some(volume),
        high_b: Some(volume),
        b_value: 900.0,
        adc: Some(volume),
        ..SessionPicture::default()
    }
}

#[test]
fn a_file_says_its_words_again_in_either_language_and_the_images_stay() {
    let mut data = filled([16, 24, 5], 0.0_f32);
    data.iter_mut().enumerate().for_each(|(n, value)| *value = (n * 7 % 90) as f32);
    let volume = Volume::new(grid(), data);
    let facts = [Phrase::fact("sff", Some("L1-L5"), "12.3 %".to_owned())];
    let warnings = [Warning::new("swap-suspected", "exchanged"), Warning::new("grid-rounding", "rounded")];
    let png = montage(&whole(&volume, &facts, &warnings)).unwrap();
    let (drawn, words) = decode_rgb(&png).unwrap();
    assert_eq!(picture_in(&png, Lang::En), Ok((drawn.clone(), true)), "drawn anew as it was");
    let (japanese, is_said) = picture_in(&png, Lang::Ja).unwrap();
    assert!(is_said && japanese != drawn && japanese.width == drawn.width);
    // the pixels between heading and key, captions left out
    let kept: serde_json::Value = serde_json::from_str(&words.unwrap()).unwrap();
    let number = |value: &serde_json::Value| value.as_u64().unwrap() as usize;
    let (top, height) = (number(&kept["top"]), number(&kept["height"]));
    let captions: Vec<Vec<usize>> = kept["words"]["captions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|caption| caption["rect"].as_array().unwrap().iter().map(number).collect())
        .collect();
    assert_eq!(captions.len(), 11);
    let in_caption = |x: usize, y: usize| {
        captions
            .iter()
            .any(|rect| (rect[0]..rect[0] + rect[2]).contains(&x) && (rect[1]..rect[1] + rect[3]).contains(&y))
    };
    // headings of other lengths move the images, whose last rows lie above a key of one line in both
    let foot = drawn.height - top - height;
    let top_in_japanese = japanese.height - height - foot;
    let pixel = |picture: &crate::report::raster::Picture, x: usize, y: usize| {
        let at = 3 * (y * picture.width + x);
        picture.rgb[at..at + 3].to_vec()
    };
    let (mut compared, mut changed) = (0, 0);
    for (x, y) in (0..height).flat_map(|y| (0..drawn.width).map(move |x| (x, y))) {
        let same = pixel(&drawn, x, top + y) == pixel(&japanese, x, top_in_japanese + y);
        match in_caption(x, y) {
            true => changed += usize::from(!same),
            false => {
                assert!(same, "{x} {y}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100_000 && changed > 500, "{compared} {changed}");
}

#[test]
fn no_english_word_is_left_in_a_japanese_picture() {
    let volume = Volume::new(grid(), filled([16, 24, 5], 40.0));
    let warnings = [Warning::new("swap-suspected", "exchanged"), Warning::new("grid-rounding", "rounded")];
    let session = whole(&volume, &[], &warnings);
    let mut said: Vec<String> = heading(&session).iter().skip(1).map(|line| line.said(Lang::Ja)).collect();
    let rows = [dixon::fat_fraction(&session), dixon::phases(&session), diffusion::panels(&session)];
    said.extend(rows.into_iter().flatten().flatten().map(|panel| panel.caption.said(Lang::Ja)));
    assert_eq!(said.len(), 14);
    for text in &said {
        let words = text.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| word.len() > 1);
        let known = ["ADC", "sFF", "DR", "mm", "swap", "suspected", "grid", "rounding"];
        let english: Vec<&str> = words.filter(|word| !known.contains(word)).collect();
        assert!(english.is_empty(), "{text}: {english:?}");
    }
}
