//! The grid of a Siemens mosaic: many slices as tiles of one picture.
//!
//! The header states the place of the picture as if it were one slice of the size of all tiles with the centre of the first
//! slice: the first pixel of the first tile lies half of what the picture is larger further along its rows and columns.
//! Slices follow each other by rows of tiles, along `SliceNormalVector` of the CSA header, else along the normal of the
//! picture, at the stated distance.

use super::header::{Frame, Header};
use super::series::{Part, frame};
use crate::image::Grid;

/// Farthest that a corner may lie from its place, as a share of the smallest voxel side.
const ALLOWED_SHARE: f64 = 0.5;

/// Proof that a converted mosaic lies where the headers of its pictures say; the reason where it does not or they do not say.
pub(super) fn check_place(found: &Grid, part: &Part, headers: &[Header]) -> Result<(), String> {
    let mut grids = Vec::with_capacity(part.frames.len());
    for &at in &part.frames {
        grids.push(stated(&headers[at.header], frame(headers, at), found.dims[2])?);
    }
    let side = found.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
    let Some(expected) = grids.first() else { return Ok(()) };
    let shown = |grid: &Grid| {
        let [x, y, z] = grid.world_mm([0.0; 3]);
        format!("{}, first voxel at {x:.1} {y:.1} {z:.1} mm", grid.describe())
    };
    if let Some(other) = grids.iter().find(|grid| !is_near(grid, expected, side)) {
        return Err(format!("mosaics of one series lie in two places: {}; {}", shown(expected), shown(other)));
    }
    match is_near(found, expected, side) {
        true => Ok(()),
        false => Err(format!("grid {} instead of {} by the header of the mosaic", shown(found), shown(expected))),
    }
}

fn is_near(one: &Grid, other: &Grid, side: f64) -> bool {
    one.dims == other.dims && one.corner_displacement_mm(other) <= ALLOWED_SHARE * side
}

/// The grid that the header of one picture states; `n_found` slices where it does not state their number.
fn stated(header: &Header, frame: &Frame, n_found: usize) -> Result<Grid, String> {
    let lacks = |what: &str| format!("a mosaic does not state its {what}, so that its place cannot be checked");
    let Frame { position, orientation, spacing, slice_mm, .. } = frame;
    let position = position.ok_or_else(|| lacks("position"))?;
    let [a, b, c, d, e, f] = orientation.ok_or_else(|| lacks("orientation"))?;
    let [row_mm, column_mm] = spacing.ok_or_else(|| lacks("pixel spacing"))?;
    let slice_mm = slice_mm.ok_or_else(|| lacks("distance of slices"))?;
    let mosaic = header.mosaic.unwrap_or_default();
    let n_slices = mosaic.slices.unwrap_or(n_found);
    let tiles = (n_slices as f64).sqrt().ceil().max(1.0) as usize;
    let [rows, columns] = header.size.map(|n| n / tiles);
    let (row, column) = ([a, b, c], [d, e, f]);
    let normal = mosaic.normal.unwrap_or_else(|| super::stack::cross(row, column));
    let [beyond_rows, beyond_columns] = [header.size[0] - rows, header.size[1] - columns].map(|n| n as f64 / 2.0);
    let first: [f64; 3] =
        std::array::from_fn(|r| position[r] + row[r] * column_mm * beyond_columns + column[r] * row_mm * beyond_rows);
    // as everywhere here: rows from the last to the first, RAS+
    let origin: [f64; 3] = std::array::from_fn(|r| first[r] + column[r] * row_mm * (rows as f64 - 1.0));
    let vectors = [row.map(|v| v * column_mm), column.map(|v| -v * row_mm), normal.map(|v| v * slice_mm), origin];
    let [i, j, k, origin] = vectors.map(|v| [-v[0], -v[1], v[2]]);
    Ok(Grid::new([columns, rows, n_slices], std::array::from_fn(|r| [i[r], j[r], k[r], origin[r]])))
}

#[cfg(test)]
mod tests {
    use super::super::{parts, scan};
    use super::*;
    use std::path::PathBuf;

    /// Part and headers of simulated mosaics (`scripts/reference/dicom_syntaxes.py`).
    fn mosaic(name: &str) -> (Part, Vec<Header>) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/dicom/syntax").join(name);
        let found = scan(&[folder]).unwrap();
        (parts(&found.headers).remove(0), found.headers)
    }

    /// Tiles of 6 rows of 2 mm and 8 columns of 1.5 mm in a picture of 12 x 16 whose first pixel lies at -20 -15 -30 mm.
    fn axial() -> Grid {
        let [x, y] = [-20.0 + 1.5 * 4.0, -15.0 + 2.0 * 3.0];
        Grid::new([8, 6, 4], [[-1.5, 0.0, 0.0, -x], [0.0, 2.0, 0.0, -(y + 2.0 * 5.0)], [0.0, 0.0, 4.0, -30.0]])
    }

    #[test]
    fn half_a_voxel_is_allowed_and_another_place_or_order_is_not() {
        let (part, headers) = mosaic("mosaic");
        let moved = |mm: f64| {
            let mut grid = axial();
            grid.affine[0][3] += mm;
            check_place(&grid, &part, &headers)
        };
        assert_eq!((moved(0.0), moved(0.7)), (Ok(()), Ok(())));
        assert!(moved(0.8).unwrap_err().contains("by the header of the mosaic"));
        // the place of the picture taken for that of a slice
        let mut naive = axial();
        naive.affine[0][3] += 6.0;
        naive.affine[1][3] += 6.0;
        assert!(check_place(&naive, &part, &headers).is_err());
        let mut upside_down = axial();
        upside_down.affine[2] = [0.0, 0.0, -4.0, -18.0];
        assert!(check_place(&upside_down, &part, &headers).is_err());
        let mut shorter = axial();
        shorter.dims[2] = 3;
        assert!(check_place(&shorter, &part, &headers).is_err());
    }

    #[test]
    fn slices_follow_the_stated_normal_and_pictures_apart_are_refused() {
        let (part, headers) = mosaic("mosaic-oblique");
        let (c, s) = (0.939_692_620_8, 0.342_020_143_3);
        let [x, y, z] = [-20.0 + 6.0, -15.0 + c * (6.0 + 10.0), -30.0 + s * (6.0 + 10.0)];
        let affine = [[-1.5, 0.0, 0.0, -x], [0.0, 2.0 * c, -4.0 * s, -y], [0.0, -2.0 * s, -4.0 * c, z]];
        let grid = Grid::new([8, 6, 4], affine);
        assert_eq!(check_place(&grid, &part, &headers), Ok(()));
        let (part, headers) = mosaic("mosaic-apart");
        assert!(check_place(&axial(), &part, &headers).unwrap_err().contains("in two places"));
    }
}
