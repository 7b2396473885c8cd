//! Letters, contours and partial sessions of the session picture.

use super::*;
use crate::image::{Grid, filled};
use crate::report::panel::Panel;

fn grid() -> Grid {
    // sagittal storage, neither axis as in RAS
    Grid::new([16, 24, 5], [[0.0, 0.0, 5.0, 0.0], [-3.0, 0.0, 0.0, 0.0], [0.0, -3.0, 0.0, 0.0]])
}

pub(super) fn pixels(png: &[u8]) -> Vec<[u8; 3]> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    bytes[..info.buffer_size()].chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect()
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
        columns.into_iter().flatten().map(|panel| panel.caption).collect()
    };
    assert_eq!(
        captions(dixon::fat_fraction(&all)),
        ["water, sagittal 3/5", "fat, sagittal 3/5", "sFF, sagittal 3/5", "sFF, coronal 9/16"]
    );
    assert_eq!(
        captions(dixon::phases(&all)),
        ["in phase, sagittal 3/5", "opposed phase, sagittal 3/5", "dropout ratio, sagittal 3/5"]
    );
    let warnings = [Warning::new("swap-suspected", "water and fat look exchanged")];
    let alarmed = SessionPicture { warnings: &warnings, ..all };
    let frames =
        |session: &SessionPicture| dixon::fat_fraction(session).iter().flatten().filter(|p| p.is_alarmed).count();
    assert_eq!([frames(&all), frames(&alarmed)], [0, 3]);
}
