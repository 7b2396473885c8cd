//! The sampling grid of an image in scanner space: voxel counts and the voxel-to-world affine.
//!
//! World coordinates are millimetres in RAS+ (x to the patient's right is negative in LPS; NIfTI is RAS). Voxel indices
//! count from 0 at voxel centres, x fastest in memory. Two grids are compared by how far apart they put the corners of
//! the field of view, a physical distance, not by an epsilon on matrix entries.

use super::ImageError;
use crate::error::Warning;

/// Largest corner displacement at which two grids still count as one, as a share of the smallest voxel side.
pub const ALLOWED_SHARE: f64 = 0.10;
/// Corner displacement from which on the agreement is worth a `grid-rounding` warning.
pub const ROUNDING_SHARE: f64 = 0.01;

/// Voxel counts and voxel-to-world affine (mm, RAS+) of a 3-D image.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Number of voxels along i (fastest in memory), j, k.
    pub dims: [usize; 3],
    /// Rows of the 3x4 affine: `world[r] = sum_c affine[r][c] * ijk[c] + affine[r][3]`, mm.
    pub affine: [[f64; 4]; 3],
}

impl Grid {
    /// A grid from its counts and affine (mm, RAS+).
    pub fn new(dims: [usize; 3], affine: [[f64; 4]; 3]) -> Self {
        Grid { dims, affine }
    }

    /// An axis-aligned RAS+ grid with the given voxel sides (mm) whose first voxel centre lies at `origin_mm`.
    pub fn axis_aligned(dims: [usize; 3], spacing_mm: [f64; 3], origin_mm: [f64; 3]) -> Self {
        let mut affine = [[0.0; 4]; 3];
        for axis in 0..3 {
            affine[axis][axis] = spacing_mm[axis];
            affine[axis][3] = origin_mm[axis];
        }
        Grid { dims, affine }
    }

    /// Number of voxels.
    pub fn n_voxels(&self) -> usize {
        self.dims.iter().product()
    }

    /// Distance between neighbouring voxel centres along i, j, k in mm (slice *spacing*, not slice thickness).
    pub fn spacing_mm(&self) -> [f64; 3] {
        std::array::from_fn(|c| (0..3).map(|r| self.affine[r][c].powi(2)).sum::<f64>().sqrt())
    }

    /// Volume of one voxel in mL: the determinant of the affine, so that oblique grids are right too.
    pub fn voxel_volume_ml(&self) -> f64 {
        let a = &self.affine;
        let det = a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) - a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0])
            + a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]);
        det.abs() / 1000.0
    }

    /// World position (mm, RAS+) of a voxel index; fractional indices are allowed.
    pub fn world_mm(&self, ijk: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|r| (0..3).map(|c| self.affine[r][c] * ijk[c]).sum::<f64>() + self.affine[r][3])
    }

    /// Voxel index (fractional) of a world position (mm, RAS+); `None` where the affine cannot be inverted.
    pub fn voxel_of(&self, world_mm: [f64; 3]) -> Option<[f64; 3]> {
        let m = nalgebra::Matrix3::from_fn(|r, c| self.affine[r][c]);
        let d = nalgebra::Vector3::from_fn(|r, _| world_mm[r] - self.affine[r][3]);
        m.try_inverse().map(|inverse| (inverse * d).into())
    }

    /// Affine (3x4) from the voxel indices of this grid to those of `other`; `None` where `other` cannot be inverted.
    pub fn index_in(&self, other: &Grid) -> Option<[[f64; 4]; 3]> {
        let origin = other.voxel_of(self.world_mm([0.0; 3]))?;
        let mut matrix = [[0.0; 4]; 3];
        for axis in 0..3 {
            let mut unit = [0.0; 3];
            unit[axis] = 1.0;
            let tip = other.voxel_of(self.world_mm(unit))?;
            for row in 0..3 {
                matrix[row][axis] = tip[row] - origin[row];
            }
        }
        for row in 0..3 {
            matrix[row][3] = origin[row];
        }
        Some(matrix)
    }

    /// Letters of the directions in which i, j, k grow, nearest anatomical axis, e.g. `LPS` or `PIR`.
    pub fn orientation(&self) -> String {
        const POSITIVE: [char; 3] = ['R', 'A', 'S'];
        const NEGATIVE: [char; 3] = ['L', 'P', 'I'];
        self.world_axes()
            .iter()
            .enumerate()
            .map(|(c, &r)| if self.affine[r][c] >= 0.0 { POSITIVE[r] } else { NEGATIVE[r] })
            .collect()
    }

    /// For each voxel axis i, j, k the world axis (0 = right-left, 1 = anterior-posterior, 2 = superior-inferior) it
    /// runs along most closely; each world axis is used once.
    pub fn world_axes(&self) -> [usize; 3] {
        const PERMUTATIONS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let spacing = self.spacing_mm();
        let alignment = |p: &[usize; 3]| -> f64 {
            (0..3).map(|c| (self.affine[p[c]][c] / spacing[c].max(f64::MIN_POSITIVE)).abs()).sum()
        };
        let mut best = PERMUTATIONS[0];
        for p in PERMUTATIONS {
            if alignment(&p) > alignment(&best) + 1e-9 {
                best = p;
            }
        }
        best
    }

    /// Largest distance (mm) between the corners of the field of view that this grid and `other` give to the same
    /// voxel indices; infinite where the voxel counts differ in a way that has no common corners.
    pub fn corner_displacement_mm(&self, other: &Grid) -> f64 {
        let mut largest: f64 = 0.0;
        for corner in 0..8 {
            let at = |grid: &Grid| {
                grid.world_mm(std::array::from_fn(|axis| {
                    if corner >> axis & 1 == 1 { grid.dims[axis] as f64 - 0.5 } else { -0.5 }
                }))
            };
            let (a, b) = (at(self), at(other));
            let distance = (0..3).map(|r| (a[r] - b[r]).powi(2)).sum::<f64>().sqrt();
            largest = largest.max(distance);
        }
        largest
    }

    /// Proof that two images that are about to be read together lie on one grid.
    ///
    /// `roles` and `files` name the two for the message. A displacement from 1 % of the smallest voxel side on gives a
    /// `grid-rounding` warning.
    ///
    /// # Errors
    /// [`ImageError::GridMismatch`] where voxel counts differ or a corner lies more than 10 % of the smallest voxel
    /// side elsewhere.
    pub fn check_same(&self, other: &Grid, roles: [&str; 2], files: [&str; 2]) -> Result<Option<Warning>, ImageError> {
        let smallest = self.spacing_mm().iter().chain(&other.spacing_mm()).copied().fold(f64::INFINITY, f64::min);
        let displacement = self.corner_displacement_mm(other);
        if self.dims != other.dims || displacement.is_nan() || displacement > ALLOWED_SHARE * smallest {
            return Err(ImageError::GridMismatch {
                roles: roles.map(str::to_owned),
                files: files.map(str::to_owned),
                grids: Box::new([self.clone(), other.clone()]),
                displacement_mm: displacement,
                allowed_mm: ALLOWED_SHARE * smallest,
            });
        }
        Ok((displacement >= ROUNDING_SHARE * smallest).then(|| {
            Warning::new(
                "grid-rounding",
                format!(
                    "{} and {} differ by {displacement:.3} mm at a corner ({:.0} % of the smallest voxel side); read as one grid",
                    files[0],
                    files[1],
                    100.0 * displacement / smallest
                ),
            )
        }))
    }

    /// `256x256x230  1.64x1.64x5.00 mm  LPS`: the one-line description used in errors and tables.
    pub fn describe(&self) -> String {
        let [nx, ny, nz] = self.dims;
        let [sx, sy, sz] = self.spacing_mm();
        format!("{nx}x{ny}x{nz}  {sx:.2}x{sy:.2}x{sz:.2} mm  {}", self.orientation())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lps() -> Grid {
        Grid::new([10, 20, 30], [[-2.0, 0.0, 0.0, 90.0], [0.0, -2.0, 0.0, 80.0], [0.0, 0.0, 5.0, -70.0]])
    }

    #[test]
    fn spacing_volume_and_letters_follow_the_affine() {
        let grid = lps();
        assert_eq!(grid.spacing_mm(), [2.0, 2.0, 5.0]);
        assert!((grid.voxel_volume_ml() - 0.02).abs() < 1e-12);
        assert_eq!(grid.orientation(), "LPS");
        let sagittal = Grid::new([4, 4, 4], [[0.0, 0.0, 4.0, 0.0], [-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0]]);
        assert_eq!(sagittal.orientation(), "PIR");
    }

    #[test]
    fn world_and_voxel_are_inverse() {
        let grid = lps();
        let back = grid.voxel_of(grid.world_mm([3.25, 7.5, 11.0])).unwrap();
        for (got, want) in back.iter().zip([3.25, 7.5, 11.0]) {
            assert!((got - want).abs() < 1e-12);
        }
    }

    #[test]
    fn one_missing_slice_is_a_mismatch_and_a_tenth_of_a_voxel_is_not() {
        let grid = lps();
        let mut shorter = grid.clone();
        shorter.dims[2] = 29;
        assert!(grid.check_same(&shorter, ["image", "labels"], ["a", "b"]).is_err());
        let mut shifted = grid.clone();
        shifted.affine[0][3] += 0.19;
        assert_eq!(grid.check_same(&shifted, ["image", "labels"], ["a", "b"]).unwrap().unwrap().slug, "grid-rounding");
        shifted.affine[0][3] += 0.02;
        assert!(grid.check_same(&shifted, ["image", "labels"], ["a", "b"]).is_err());
        assert_eq!(grid.check_same(&grid, ["image", "labels"], ["a", "b"]).unwrap(), None);
    }
}
