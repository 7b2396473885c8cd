//! The pixels of a subject's picture, on a body that differs along every axis and whose files are flipped and turned in every
//! way: what is shown must not change, and what is written at the borders must be true.

use super::*;
use crate::image::{Grid, filled};
use crate::report::canvas::Canvas;
use crate::report::drawing::{Anchor, Drawing};
use crate::report::panel::haloed;
use crate::report::raster::decode_rgb;

/// Voxels and their sides in mm along right-left, anterior-posterior, superior-inferior.
const DIMS: [usize; 3] = [10, 16, 20];
const SIDES_MM: [f64; 3] = [6.0, 3.0, 5.0];
/// A lesion at the patient's left, anterior, and towards the head, as RAS+ voxel ranges.
const LESION: [[usize; 2]; 3] = [[1, 3], [11, 14], [14, 18]];
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// The picture of the body in files whose voxel axes run along the world axes of `order` with these signs.
fn picture(order: [usize; 3], signs: usize) -> (usize, Vec<[u8; 3]>) {
    let dims = order.map(|world| DIMS[world]);
    let is_flipped = |axis: usize| signs >> axis & 1 == 1;
    let mut affine = [[0.0; 4]; 3];
    for (axis, &world) in order.iter().enumerate() {
        affine[world][axis] = if is_flipped(axis) { -SIDES_MM[world] } else { SIDES_MM[world] };
        affine[world][3] = if is_flipped(axis) { SIDES_MM[world] * (dims[axis] - 1) as f64 } else { 0.0 };
    }
    let grid = Grid::new(dims, affine);
    let (mut signal, adc) = (filled(dims, 0.0_f32), filled(dims, 500.0_f32));
    let mut lesions = filled(dims, 0_i32);
    for ((i, j, k), value) in signal.indexed_iter_mut() {
        let ijk = [i, j, k];
        let in_body: [usize; 3] = std::array::from_fn(|world| {
            let axis = order.iter().position(|&w| w == world).unwrap();
            if is_flipped(axis) { dims[axis] - 1 - ijk[axis] } else { ijk[axis] }
        });
        // differs along every axis everywhere, so that a flip changes the projection
        *value = 20.0 + (in_body[0] + 2 * in_body[1] + 3 * in_body[2]) as f32;
        if (0..3).all(|world| (LESION[world][0]..LESION[world][1]).contains(&in_body[world])) {
            lesions[[i, j, k]] = 1;
        }
    }
    let (signal, adc) = (Volume::new(grid.clone(), signal), Volume::new(grid.clone(), adc));
    let lesions = Labels { grid, data: lesions, source: Default::default() };
    let facts = [Phrase::fact("tdv", None, "0.5 mL".to_owned())];
    let visit = Visit { name: "baseline", facts: &facts, high_b: &signal, adc: &adc, lesions: &lesions, classes: &[] };
    let visits = [visit, Visit { name: "cycle2", ..visit }];
    let png = whole_body(&SubjectPicture { title: "sub-1", b_value: 900.0, visits: &visits }).unwrap();
    let (picture, _) = decode_rgb(&png).unwrap();
    (picture.width, picture.rgb.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect())
}

/// Where the four projections stand: left, top, width, height, and their plane.
fn places() -> Vec<([usize; 4], Plane)> {
    let mm: [f64; 3] = std::array::from_fn(|world| DIMS[world] as f64 * SIDES_MM[world]);
    let per_mm = HEIGHT as f64 / mm[2];
    // below the title of 19 pixels
    let (mut left, top) = (MARGIN, 14 + 27 + NOTES + CAPTION);
    let mut places = Vec::new();
    for _ in 0..2 {
        for (plane, across) in [(Plane::Coronal, 0), (Plane::Sagittal, 1)] {
            let width = (mm[across] * per_mm).round() as usize;
            places.push(([left, top, width, HEIGHT], plane));
            left += width + GAP;
        }
        left += GAP;
    }
    places
}

#[test]
fn the_picture_is_the_same_however_the_files_are_flipped_and_turned() {
    let (_, first) = picture(ORDERS[0], 0);
    for (n, order) in ORDERS.into_iter().enumerate() {
        // all flips of one order, two of each other
        for signs in (0..8).filter(|signs| n == 0 || signs % 5 == n % 5) {
            assert!(picture(order, signs).1 == first, "{order:?} {signs}");
        }
    }
}

#[test]
fn lesions_are_coloured_where_they_lie_in_the_body() {
    let (width, pixels) = picture([2, 0, 1], 5);
    for ([left, top, across, down], plane) in places() {
        let world = if plane == Plane::Coronal { 0 } else { 1 };
        let inside: Vec<[usize; 2]> = (left..left + across)
            .flat_map(|x| (top..top + down).map(move |y| [x, y]))
            .filter(|[x, y]| pixels[y * width + x] == CLASS_COLOURS[0])
            .collect();
        // columns run from the patient's right and from anterior, rows from the head
        for (axis, world, length, start) in [(0, world, across, left), (1, 2, down, top)] {
            let edge = |from_the_end: usize| {
                start as f64 + (DIMS[world] - from_the_end) as f64 / DIMS[world] as f64 * length as f64
            };
            let found = [inside.iter().map(|p| p[axis]).min(), inside.iter().map(|p| p[axis]).max()];
            for (found, expected) in found.into_iter().zip([edge(LESION[world][1]), edge(LESION[world][0])]) {
                assert!((found.unwrap() as f64 - expected).abs() <= 2.0, "{plane:?} {axis}: {found:?} for {expected}");
            }
        }
    }
}

/// Bright and dark pixels of a letter with its rim, drawn alone where a panel has it.
fn marks(size: [usize; 2], letter: char, at: (f64, f64), anchor: Anchor) -> Vec<(usize, bool)> {
    let mut canvas = Canvas::new(size[0], size[1], [90; 3]);
    let mut ink = Drawing::new(size[0] as f64, size[1] as f64);
    haloed(&mut ink, at, &letter.to_string(), 13.0, anchor);
    canvas.overlay(&ink).unwrap();
    canvas.picture().rgb.chunks_exact(3).enumerate().filter_map(|(n, pixel)| Some((n, told(pixel[0])?))).collect()
}

fn told(value: u8) -> Option<bool> {
    (value > 200).then_some(true).or((value < 40).then_some(false))
}

#[test]
fn the_letters_at_the_borders_are_those_of_the_body() {
    let (width, pixels) = picture([1, 2, 0], 3);
    let size = [width, pixels.len() / width];
    // the second visit stands beside the first, alike
    for ([left, top, across, down], plane) in places().into_iter().take(2) {
        let [left, top, across, down] = [left, top, across, down].map(|v| v as f64);
        let (letters, share) = match plane {
            Plane::Coronal => (['R', 'L', 'S', 'I'], 0.5),
            _ => (['A', 'P', 'S', 'I'], 0.88),
        };
        let spots = [
            ((left + 5.0, top + down / 2.0 + 5.0), Anchor::Start),
            ((left + across - 5.0, top + down / 2.0 + 5.0), Anchor::End),
            ((left + share * across, top + 14.0), Anchor::Middle),
            ((left + share * across, top + down - 5.0), Anchor::Middle),
        ];
        for ((at, anchor), letter) in spots.into_iter().zip(letters) {
            let agreement = |candidate: char| {
                let marks = marks(size, candidate, at, anchor);
                let agree = marks.iter().filter(|(n, bright)| told(pixels[*n][0]) == Some(*bright)).count();
                agree as f64 / marks.len() as f64
            };
            let found = ['R', 'L', 'A', 'P', 'S', 'I'].map(|candidate| (candidate, agreement(candidate)));
            let best = found.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
            assert_eq!(best.0, letter, "{plane:?}: {found:?}");
            // on a bright ground the edge of a letter's rim is brighter than on the grey one
            assert!(best.1 > 0.6, "{plane:?}: {letter} is not at its border, {found:?}");
        }
    }
}
