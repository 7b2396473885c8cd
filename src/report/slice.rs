//! One slice of a volume as radiologists look at it: anterior left, patient's right on the left, head up.
//!
//! Slices follow the voxel axes; the letters at the borders come from the affine. Nothing is resampled between grids.

use super::lang::Phrase;
use crate::image::Grid;

/// Viewing plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane {
    /// Seen from the patient's left: anterior on the left.
    Sagittal,
    /// Seen from the front: patient's right on the left.
    Coronal,
    /// Seen from the feet: patient's right on the left, anterior up.
    Axial,
}

impl Plane {
    /// World axes (0 right-left, 1 anterior-posterior, 2 superior-inferior) along the columns, along the rows, and
    /// through the plane.
    fn world(self) -> (usize, usize, usize) {
        match self {
            Plane::Sagittal => (1, 2, 0),
            Plane::Coronal => (0, 2, 1),
            Plane::Axial => (0, 1, 2),
        }
    }

    /// Name in captions.
    pub fn name(self) -> Phrase {
        match self {
            Plane::Sagittal => Phrase::of("sagittal"),
            Plane::Coronal => Phrase::of("coronal"),
            Plane::Axial => Phrase::of("axial"),
        }
    }
}

/// How the pixels of one slice map to the voxels of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Plane shown.
    pub plane: Plane,
    /// Slice number in file order, from 0.
    pub index: usize,
    /// Slices in the file along that axis.
    pub count: usize,
    /// Pixels across and down.
    pub size: [usize; 2],
    /// Millimetres per pixel across and down.
    pub spacing_mm: [f64; 2],
    /// Letters at the left, right, top and bottom border.
    pub letters: [char; 4],
    axes: [usize; 3],
    flip: [bool; 2],
    dims: [usize; 3],
}

/// Letter of the world direction that decreases / increases along each world axis (RAS+).
const LETTERS: [[char; 2]; 3] = [['L', 'R'], ['P', 'A'], ['I', 'S']];

impl Slice {
    /// The slice of `grid` in this plane at voxel index `index` along the axis through it (the last one where it lies
    /// beyond).
    pub fn of(grid: &Grid, plane: Plane, index: usize) -> Slice {
        let (across, down, _) = plane.world();
        let axes = Slice::axes(grid, plane);
        let spacing = grid.spacing_mm();
        // the world axis grows along the voxel axis where the affine entry is positive
        let grows = |world: usize, voxel: usize| grid.affine[world][voxel] >= 0.0;
        // columns run to the patient's left and to posterior, rows to inferior and to posterior: always down the axis
        let flip = [grows(across, axes[0]), grows(down, axes[1])];
        Slice {
            plane,
            index: index.min(grid.dims[axes[2]].saturating_sub(1)),
            count: grid.dims[axes[2]],
            size: [grid.dims[axes[0]], grid.dims[axes[1]]],
            spacing_mm: [spacing[axes[0]], spacing[axes[1]]],
            letters: [LETTERS[across][1], LETTERS[across][0], LETTERS[down][1], LETTERS[down][0]],
            axes,
            flip,
            dims: grid.dims,
        }
    }

    /// All slices of a grid in one plane: from the patient's right to the left, from anterior to posterior, from the head
    /// to the feet.
    pub fn stack(grid: &Grid, plane: Plane) -> Vec<Slice> {
        let axis = Slice::axes(grid, plane)[2];
        let (_, _, through) = plane.world();
        let n = grid.dims[axis];
        let grows = grid.affine[through][axis] >= 0.0;
        (0..n).map(|place| Slice::of(grid, plane, if grows { n - 1 - place } else { place })).collect()
    }

    /// The slice that holds the most of these voxels (memory-order indices); the middle one where there are none.
    pub fn through(grid: &Grid, plane: Plane, voxels: impl Iterator<Item = usize>) -> Slice {
        let axis = Slice::axes(grid, plane)[2];
        let mut counts = vec![0usize; grid.dims[axis]];
        let stride: usize = grid.dims[..axis].iter().product();
        for voxel in voxels {
            counts[voxel / stride % grid.dims[axis]] += 1;
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        let index = match most {
            0 => grid.dims[axis] / 2,
            most => {
                // of several equal slices the middle one
                let equal: Vec<usize> = (0..counts.len()).filter(|&slice| counts[slice] == most).collect();
                equal[equal.len() / 2]
            }
        };
        Slice::of(grid, plane, index)
    }

    /// Voxel axes along the columns, along the rows, through the plane.
    fn axes(grid: &Grid, plane: Plane) -> [usize; 3] {
        let world_of = grid.world_axes();
        let voxel_axis = |world: usize| world_of.iter().position(|&w| w == world).unwrap_or(world);
        let (across, down, through) = plane.world();
        [voxel_axis(across), voxel_axis(down), voxel_axis(through)]
    }

    /// Memory-order index of the voxel shown at pixel (x, y).
    pub fn voxel(&self, x: usize, y: usize) -> usize {
        let mut ijk = [0; 3];
        ijk[self.axes[0]] = if self.flip[0] { self.size[0] - 1 - x } else { x };
        ijk[self.axes[1]] = if self.flip[1] { self.size[1] - 1 - y } else { y };
        ijk[self.axes[2]] = self.index;
        ijk[0] + self.dims[0] * (ijk[1] + self.dims[1] * ijk[2])
    }

    /// What `value` gives for the voxel of each pixel, row by row.
    pub fn pixels<T>(&self, mut value: impl FnMut(usize) -> T) -> Vec<T> {
        let mut pixels = Vec::with_capacity(self.size[0] * self.size[1]);
        for y in 0..self.size[1] {
            for x in 0..self.size[0] {
                pixels.push(value(self.voxel(x, y)));
            }
        }
        pixels
    }

    /// Voxels of the grid that the slice is of.
    pub fn n_voxels(&self) -> usize {
        self.dims.iter().product()
    }

    /// Folds every voxel of the grid into the pixel that it lies behind, in memory order: a projection along the axis
    /// through the plane.
    pub fn project<T: Copy>(&self, empty: T, mut fold: impl FnMut(T, usize) -> T) -> Vec<T> {
        let [across, down, _] = self.axes;
        // what each index along each voxel axis adds to the number of the pixel
        let steps: [Vec<usize>; 3] = std::array::from_fn(|axis| {
            let place = |n: usize| match axis {
                axis if axis == across => {
                    if self.flip[0] {
                        self.size[0] - 1 - n
                    } else {
                        n
                    }
                }
                axis if axis == down => self.size[0] * if self.flip[1] { self.size[1] - 1 - n } else { n },
                _ => 0,
            };
            (0..self.dims[axis]).map(place).collect()
        });
        let mut pixels = vec![empty; self.size[0] * self.size[1]];
        let mut voxel = 0;
        for k in &steps[2] {
            for j in &steps[1] {
                for i in &steps[0] {
                    let pixel = &mut pixels[i + j + k];
                    *pixel = fold(*pixel, voxel);
                    voxel += 1;
                }
            }
        }
        pixels
    }

    /// Width and height in mm.
    pub fn extent_mm(&self) -> [f64; 2] {
        [self.size[0] as f64 * self.spacing_mm[0], self.size[1] as f64 * self.spacing_mm[1]]
    }

    /// `water, sagittal 4/8`: what is shown, the plane, and the slice number in file order from 1.
    pub fn caption(&self, name: impl Into<Phrase>) -> Phrase {
        let number = format!("{}/{}", self.index + 1, self.count);
        Phrase::of("{image}, {plane} {number}")
            .with("image", name)
            .with("plane", self.plane.name())
            .with("number", number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// World position (mm, RAS+) of the voxel shown at a pixel.
    fn world(grid: &Grid, slice: &Slice, x: usize, y: usize) -> [f64; 3] {
        let voxel = slice.voxel(x, y);
        let [nx, ny, _] = grid.dims;
        grid.world_mm([(voxel % nx) as f64, (voxel / nx % ny) as f64, (voxel / nx / ny) as f64])
    }

    #[test]
    fn letters_are_true_for_every_flip_and_axis_order() {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in orders {
            for signs in 0..8 {
                let mut affine = [[0.0; 4]; 3];
                for (voxel, &world) in order.iter().enumerate() {
                    affine[world][voxel] = if signs >> voxel & 1 == 1 { -2.0 } else { 2.0 };
                }
                let grid = Grid::new([4, 5, 6], affine);
                for plane in [Plane::Sagittal, Plane::Coronal, Plane::Axial] {
                    let slice = Slice::of(&grid, plane, 1);
                    let (left, right) = (world(&grid, &slice, 0, 0), world(&grid, &slice, slice.size[0] - 1, 0));
                    let bottom = world(&grid, &slice, 0, slice.size[1] - 1);
                    for (from, to, letters) in [(right, left, slice.letters[0]), (left, right, slice.letters[1])] {
                        let (axis, sign) = direction(letters);
                        assert!((to[axis] - from[axis]) * sign > 0.0, "{plane:?} {order:?} {signs} {letters}");
                    }
                    for (from, to, letter) in [(bottom, left, slice.letters[2]), (left, bottom, slice.letters[3])] {
                        let (axis, sign) = direction(letter);
                        assert!((to[axis] - from[axis]) * sign > 0.0, "{plane:?} {order:?} {signs} {letter}");
                    }
                    let expected = match plane {
                        Plane::Sagittal => ['A', 'P', 'S', 'I'],
                        Plane::Coronal => ['R', 'L', 'S', 'I'],
                        Plane::Axial => ['R', 'L', 'A', 'P'],
                    };
                    assert_eq!(slice.letters, expected);
                }
            }
        }
    }

    fn direction(letter: char) -> (usize, f64) {
        match letter {
            'R' => (0, 1.0),
            'L' => (0, -1.0),
            'A' => (1, 1.0),
            'P' => (1, -1.0),
            'S' => (2, 1.0),
            _ => (2, -1.0),
        }
    }

    #[test]
    fn the_slice_with_most_of_a_region_is_found() {
        let grid = Grid::axis_aligned([4, 5, 6], [1.0; 3], [0.0; 3]);
        let voxels = [0usize, 20, 21, 22, 100];
        assert_eq!(Slice::through(&grid, Plane::Axial, voxels.into_iter()).index, 1);
        assert_eq!(Slice::through(&grid, Plane::Axial, std::iter::empty()).index, 3);
        assert_eq!(Slice::through(&grid, Plane::Axial, (20..80).step_by(20)).index, 2);
    }
}
