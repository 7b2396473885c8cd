//! Letters, contours and slice numbers of the pixels themselves, on a body that differs along every axis and whose file is
//! flipped and turned in every way: what is shown must not change, and what is written at the borders must be true.

use super::tests::pixels;
use crate::image::{Grid, Volume, filled};
use crate::report::Lang;
use crate::report::canvas::{Canvas, Rect};
use crate::report::drawing::{Anchor, Drawing};
use crate::report::palette::{Palette, Window};
use crate::report::panel::{Outline, Panel, haloed};
use crate::report::slice::{Plane, Slice};

/// Voxels and their sides in mm along right-left, anterior-posterior, superior-inferior.
const DIMS: [usize; 3] = [12, 16, 20];
const SIDES_MM: [f64; 3] = [6.0, 4.0, 5.0];
/// A bright block at the patient's left, anterior, and towards the head, as RAS+ voxel ranges; it is the region too.
const BLOCK: [[usize; 2]; 3] = [[1, 4], [10, 14], [13, 18]];
const RECT: Rect = [4, 24, 120, 120];
const SIZE: [usize; 2] = [RECT[0] + RECT[2] + 4, RECT[1] + RECT[3] + 4];
const RED: [u8; 3] = [255, 0, 0];

/// The body in a file whose voxel axes run along the world axes of `order` with these signs; the voxels of its block.
fn body(order: [usize; 3], signs: usize) -> (Volume, Vec<u32>) {
    let dims = order.map(|world| DIMS[world]);
    let is_flipped = |axis: usize| signs >> axis & 1 == 1;
    let mut affine = [[0.0; 4]; 3];
    for (axis, &world) in order.iter().enumerate() {
        affine[world][axis] = if is_flipped(axis) { -SIDES_MM[world] } else { SIDES_MM[world] };
        affine[world][3] = if is_flipped(axis) { SIDES_MM[world] * (dims[axis] - 1) as f64 } else { 0.0 };
    }
    let mut data = filled(dims, 0.0_f32);
    let mut voxels = Vec::new();
    for ((i, j, k), value) in data.indexed_iter_mut() {
        let ijk = [i, j, k];
        let is_inside = (0..3).all(|axis| {
            let along = if is_flipped(axis) { dims[axis] - 1 - ijk[axis] } else { ijk[axis] };
            (BLOCK[order[axis]][0]..BLOCK[order[axis]][1]).contains(&along)
        });
        if is_inside {
            *value = 60.0;
            voxels.push((i + dims[0] * (j + dims[1] * k)) as u32);
        }
    }
    voxels.sort_unstable();
    (Volume::new(Grid::new(dims, affine), data), voxels)
}

/// The panel of the body in one plane through its block, and the pixels of its picture.
fn drawn(order: [usize; 3], signs: usize, plane: Plane) -> (Panel, Vec<[u8; 3]>) {
    let (volume, voxels) = body(order, signs);
    let slice = Slice::through(&volume.grid, plane, voxels.iter().map(|&voxel| voxel as usize));
    let window = Window { low: 0.0, high: 100.0 };
    let mut panel = Panel::new(&volume, slice, "body", Palette::Grey, window, None);
    panel.outline(&[Outline { name: "L3", voxels: &voxels }], RED);
    panel.names.clear();
    let mut canvas = Canvas::new(SIZE[0], SIZE[1], [0; 3]);
    let mut ink = Drawing::new(SIZE[0] as f64, SIZE[1] as f64);
    panel.draw(&mut canvas, &mut ink, RECT);
    canvas.overlay(&ink).unwrap();
    let picture = pixels(&canvas.png(None).unwrap());
    (panel, picture)
}

/// Bright (`true`) and dark pixels of a letter with its rim, drawn alone where a panel has it.
fn marks(letter: char, at: (f64, f64), anchor: Anchor) -> Vec<(usize, bool)> {
    let mut canvas = Canvas::new(SIZE[0], SIZE[1], [90; 3]);
    let mut ink = Drawing::new(SIZE[0] as f64, SIZE[1] as f64);
    haloed(&mut ink, at, &letter.to_string(), 13.0, anchor);
    canvas.overlay(&ink).unwrap();
    let alone = pixels(&canvas.png(None).unwrap());
    let marks: Vec<(usize, bool)> = alone.iter().enumerate().filter_map(|(n, p)| Some((n, told(p[0])?))).collect();
    assert!(marks.iter().filter(|(_, is_bright)| *is_bright).count() > 8, "no letter was drawn");
    marks
}

fn told(value: u8) -> Option<bool> {
    (value > 200).then_some(true).or((value < 40).then_some(false))
}

/// Share of a letter's marks that a picture has.
fn agreement(picture: &[[u8; 3]], marks: &[(usize, bool)]) -> f64 {
    let agree = marks.iter().filter(|(n, is_bright)| told(picture[*n][0]) == Some(*is_bright)).count();
    agree as f64 / marks.len() as f64
}

const PLANES: [(Plane, [char; 4]); 3] = [
    (Plane::Sagittal, ['A', 'P', 'S', 'I']),
    (Plane::Coronal, ['R', 'L', 'S', 'I']),
    (Plane::Axial, ['R', 'L', 'A', 'P']),
];
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

#[test]
fn the_letters_at_the_borders_are_those_of_the_body() {
    let [left, top, width, height] = RECT.map(|v| v as f64);
    for (plane, letters) in PLANES {
        let share = if plane == Plane::Sagittal { 0.88 } else { 0.5 };
        let places = [
            ((left + 5.0, top + height / 2.0 + 5.0), Anchor::Start),
            ((left + width - 5.0, top + height / 2.0 + 5.0), Anchor::End),
            ((left + share * width, top + 14.0), Anchor::Middle),
            ((left + share * width, top + height - 5.0), Anchor::Middle),
        ];
        let alphabet = places.map(|(at, anchor)| ['R', 'L', 'A', 'P', 'S', 'I'].map(|c| (c, marks(c, at, anchor))));
        for signs in 0..8 {
            let (_, picture) = drawn([0, 1, 2], signs, plane);
            for (candidates, letter) in alphabet.iter().zip(letters) {
                let best =
                    candidates.iter().max_by(|a, b| agreement(&picture, &a.1).total_cmp(&agreement(&picture, &b.1)));
                let (found, marks) = best.unwrap();
                assert_eq!(*found, letter, "{plane:?} {signs}");
                assert!(agreement(&picture, marks) > 0.97, "{plane:?} {signs}: {letter} is not at its border");
            }
        }
    }
}

#[test]
fn contours_run_around_the_block_where_it_lies_in_the_body() {
    for (plane, _) in PLANES {
        // columns run from right to left and from anterior to posterior, rows to inferior or to posterior
        let (across, down) = match plane {
            Plane::Sagittal => (1, 2),
            Plane::Coronal => (0, 2),
            Plane::Axial => (0, 1),
        };
        let edge = |world: usize, side: usize| {
            let from_the_end = DIMS[world] - BLOCK[world][1 - side];
            from_the_end as f64 / DIMS[world] as f64
        };
        let (_, picture) = drawn([0, 1, 2], 0, plane);
        let red = |pixel: &[u8; 3]| pixel[0] > 180 && pixel[1] < 70 && pixel[2] < 70;
        let at: Vec<[usize; 2]> =
            picture.iter().enumerate().filter(|(_, p)| red(p)).map(|(n, _)| [n % SIZE[0], n / SIZE[0]]).collect();
        assert!(at.len() > 100, "{plane:?}: {} red pixels", at.len());
        for (axis, world) in [across, down].into_iter().enumerate() {
            let (low, high) =
                (at.iter().map(|xy| xy[axis]).min().unwrap(), at.iter().map(|xy| xy[axis]).max().unwrap());
            for (found, side) in [(low, 0), (high, 1)] {
                let expected = RECT[axis] as f64 + edge(world, side) * RECT[2 + axis] as f64;
                assert!((found as f64 - expected).abs() <= 2.0, "{plane:?} {axis}: {found} for {expected}");
            }
        }
        // lines, not fills: the middle of the block has the grey of its value
        let middle = [across, down].map(|world| (edge(world, 0) + edge(world, 1)) / 2.0);
        let [x, y] = [0, 1].map(|axis| RECT[axis] + (middle[axis] * RECT[2 + axis] as f64) as usize);
        assert_eq!(picture[y * SIZE[0] + x], [153; 3], "{plane:?}: 60 in a window of 100");
    }
}

#[test]
fn the_picture_is_the_same_however_the_file_is_flipped_and_turned() {
    for (plane, _) in PLANES {
        let (panel, picture) = drawn([0, 1, 2], 0, plane);
        let below = RECT[1] * SIZE[0];
        for order in ORDERS {
            for signs in 0..8 {
                let (turned, other) = drawn(order, signs, plane);
                // the caption holds the number of the slice in the file, which is another one there
                assert!(picture[below..] == other[below..], "{plane:?} {order:?} {signs}");
                let through = match plane {
                    Plane::Sagittal => 0,
                    Plane::Coronal => 1,
                    Plane::Axial => 2,
                };
                let axis = order.iter().position(|&world| world == through).unwrap();
                let n = DIMS[through];
                assert_eq!((turned.slice.count, turned.slice.plane), (n, plane));
                let is_flipped = signs >> axis & 1 == 1;
                let middle = BLOCK[through][0]..BLOCK[through][1];
                let in_body = if is_flipped { n - 1 - turned.slice.index } else { turned.slice.index };
                assert!(middle.contains(&in_body), "{plane:?}: slice {in_body} of the body");
                let caption = format!("body, {} {}/{n}", plane.name().said(Lang::En), turned.slice.index + 1);
                assert_eq!(turned.caption.said(Lang::En), caption);
                assert_eq!(turned.slice.letters, panel.slice.letters);
            }
        }
    }
}
