//! Images: what is written is read again; no bytes make the reader panic.

use myelomri::image::{Grid, Overwrite, Stored, read_series, read_volume, write_volume};
use ndarray::{Array3, ShapeBuilder};
use proptest::prelude::*;

/// A rotated, scaled, possibly reflected grid.
fn grids() -> impl Strategy<Value = Grid> {
    let axis = prop::array::uniform3(-1.0..1.0_f64);
    (axis, 0.0..3.2_f64, prop::array::uniform3(0.3..8.0_f64), prop::array::uniform3(-400.0..400.0_f64), any::<bool>())
        .prop_map(|(axis, angle, spacing, origin, is_reflected)| {
            let axis = nalgebra::Vector3::from(axis).try_normalize(1e-3).unwrap_or(nalgebra::Vector3::z());
            let turn = nalgebra::Rotation3::new(axis * angle);
            let sign = if is_reflected { -1.0 } else { 1.0 };
            let affine = std::array::from_fn(|r| {
                std::array::from_fn(|c| match c {
                    3 => origin[r],
                    0 => sign * turn[(r, 0)] * spacing[0],
                    c => turn[(r, c)] * spacing[c],
                })
            });
            Grid::new([4, 3, 2], affine)
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(grid in grids(), values in prop::collection::vec(-1e6..1e6_f32, 24), packed: bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(if packed { "x.nii.gz" } else { "x.nii" });
        let data = Array3::from_shape_vec((4, 3, 2).f(), values).unwrap();
        write_volume(&path, &grid, data.view(), Stored::F32, Overwrite::Refuse).unwrap();
        let back = read_volume(&path).unwrap();
        prop_assert_eq!(back.data, data);
        // single precision of an origin of up to 400 mm
        prop_assert!(back.grid.corner_displacement_mm(&grid) < 1e-3);
        prop_assert_eq!(back.grid.orientation(), grid.orientation());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(changes in prop::collection::vec((0..400_usize, any::<u8>()), 1..12), cut in 0..420_usize) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.nii");
        let grid = Grid::axis_aligned([4, 3, 2], [1.0; 3], [0.0; 3]);
        write_volume(&path, &grid, Array3::zeros((4, 3, 2)).view(), Stored::F32, Overwrite::Refuse).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, value) in changes {
            bytes[at] = value;
        }
        // half of the cases stay whole
        if cut < 210 {
            bytes.truncate(2 * cut);
        }
        std::fs::write(&path, bytes).unwrap();
        let _ = read_series(&path);
        let _ = read_volume(&path);
    }
}
