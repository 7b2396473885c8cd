//! Where a NIfTI header says the voxels lie: sform, qform, and what to do when they disagree.
//!
//! The sform is preferred, as nibabel does. A qform that puts a corner of the field of view elsewhere by more than 10 %
//! of the smallest voxel side is an error that asks for a decision, because half of the programs of the field follow
//! the one and half the other. A header with neither is refused: no geometry is made up.
//!
//! The quaternion is turned into a matrix here and not by the `nifti` crate, for its precision: with single-precision
//! b, c, d the fourth component near 0 (every scanner-to-RAS half turn) is known only to 3e-4, which moves the corner
//! of a 400 mm field of view by a quarter of a millimetre. What rounding cannot tell from 0 is taken as 0, as the
//! format's reference implementation does.

use crate::image::grid::ALLOWED_SHARE;
use crate::image::{Grid, ImageError};
use nifti::NiftiHeader;
use std::path::Path;

/// Which of the two statements of a header to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The affine rows.
    Sform,
    /// The quaternion, offsets and voxel sides.
    Qform,
}

/// Squared fourth component of a unit quaternion that single precision cannot tell from 0.
const W2_ROUNDING: f64 = 2.5e-7;

type Affine = [[f64; 4]; 3];

/// The two statements about the position in space; `None` where the header's code says "not given".
#[derive(Debug, Clone)]
pub(super) struct Forms {
    pub sform: Option<Affine>,
    pub quaternion: Option<Quaternion>,
}

/// The fields of a qform.
#[derive(Debug, Clone)]
pub(super) struct Quaternion {
    pub bcd: [f64; 3],
    pub offset_mm: [f64; 3],
    /// -1 where the third axis is reflected; 0 and everything else counts as 1.
    pub qfac: f64,
    pub spacing_mm: [f64; 3],
}

impl Forms {
    /// Out of a NIfTI-1 header.
    pub fn of_nifti1(header: &NiftiHeader) -> Forms {
        let sform = (header.sform_code > 0).then(|| {
            let matrix = header.sform_affine::<f64>();
            std::array::from_fn(|r| std::array::from_fn(|c| matrix[(r, c)]))
        });
        let quaternion = (header.qform_code > 0).then(|| Quaternion {
            bcd: [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from),
            offset_mm: [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from),
            qfac: f64::from(header.pixdim[0]),
            spacing_mm: [header.pixdim[1], header.pixdim[2], header.pixdim[3]].map(f64::from),
        });
        Forms { sform, quaternion }
    }

    /// The grid of the first three dimensions.
    pub fn grid(&self, dims: [usize; 3], chosen: Option<Form>, path: &Path) -> Result<Grid, ImageError> {
        let sform = self.sform.map(|affine| Grid::new(dims, affine)).filter(is_usable);
        let [qform, half_turn] = match &self.quaternion {
            Some(q) => [q.affine(), q.half_turn()].map(|a| a.map(|affine| Grid::new(dims, affine)).filter(is_usable)),
            None => [None, None],
        };
        let unusable = |reason: &str| ImageError::Geometry { path: path.to_owned(), reason: reason.to_owned() };
        match chosen {
            Some(Form::Sform) => return sform.ok_or_else(|| unusable("it has no usable sform")),
            Some(Form::Qform) => return half_turn.or(qform).ok_or_else(|| unusable("it has no usable qform")),
            None => {}
        }
        let conflict = |forms: [Option<Grid>; 2], displacement_mm: f64, allowed_mm: f64| ImageError::FormConflict {
            path: path.to_owned(),
            forms: Box::new(forms),
            displacement_mm,
            allowed_mm,
        };
        match (sform, half_turn.clone().or(qform.clone())) {
            (Some(sform), Some(best_qform)) => {
                let smallest = sform.spacing_mm().into_iter().fold(f64::INFINITY, f64::min);
                let allowed_mm = ALLOWED_SHARE * smallest;
                // a quaternion near a half turn has two readings within its rounding; the nearer one counts
                let displacement_mm = [&qform, &half_turn]
                    .into_iter()
                    .flatten()
                    .map(|grid| sform.corner_displacement_mm(grid))
                    .fold(f64::INFINITY, f64::min);
                if displacement_mm <= allowed_mm {
                    Ok(sform)
                } else {
                    Err(conflict([Some(sform), Some(best_qform)], displacement_mm, allowed_mm))
                }
            }
            (Some(sform), None) if self.quaternion.is_none() => Ok(sform),
            (None, Some(qform)) if self.sform.is_none() => Ok(qform),
            (None, None) if self.sform.is_none() && self.quaternion.is_none() => {
                Err(unusable("both its sform code and its qform code are 0"))
            }
            (None, None) => Err(unusable("its affine is singular or not finite")),
            // one form is good, the other one is announced but broken
            (sform, qform) => Err(conflict([sform, qform], f64::INFINITY, f64::INFINITY)),
        }
    }
}

/// Finite, and a box with a volume.
pub(super) fn is_usable(grid: &Grid) -> bool {
    let finite = grid.affine.iter().flatten().all(|v| v.is_finite());
    let box_ml: f64 = grid.spacing_mm().iter().product::<f64>() / 1000.0;
    finite && grid.voxel_volume_ml() > 1e-6 * box_ml
}

impl Quaternion {
    fn w2(&self) -> f64 {
        1.0 - self.bcd.iter().map(|v| v * v).sum::<f64>()
    }

    /// The affine as the fields say; `None` for a quaternion longer than 1 or voxel sides that are not positive.
    fn affine(&self) -> Option<Affine> {
        let w2 = self.w2();
        (w2 >= -W2_ROUNDING).then(|| self.rotate(w2.max(0.0).sqrt(), self.bcd))?
    }

    /// The affine read as an exact half turn, where rounding allows that.
    fn half_turn(&self) -> Option<Affine> {
        let w2 = self.w2();
        let length = (1.0 - w2).sqrt();
        (w2.abs() <= W2_ROUNDING).then(|| self.rotate(0.0, self.bcd.map(|v| v / length)))?
    }

    fn rotate(&self, w: f64, [x, y, z]: [f64; 3]) -> Option<Affine> {
        if !self.spacing_mm.iter().all(|&side| side > 0.0 && side.is_finite()) {
            return None;
        }
        let rotation = nalgebra::UnitQuaternion::from_quaternion(nalgebra::Quaternion::new(w, x, y, z));
        let matrix = rotation.to_rotation_matrix();
        let qfac = if self.qfac == -1.0 { -1.0 } else { 1.0 };
        let sides = [self.spacing_mm[0], self.spacing_mm[1], self.spacing_mm[2] * qfac];
        Some(std::array::from_fn(|r| {
            std::array::from_fn(|c| if c < 3 { matrix[(r, c)] * sides[c] } else { self.offset_mm[r] })
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIMS: [usize; 3] = [256, 256, 40];

    fn quaternion(bcd: [f32; 3], qfac: f64) -> Quaternion {
        let bcd = bcd.map(f64::from);
        Quaternion { bcd, offset_mm: [90.0, 80.0, -70.0], qfac, spacing_mm: [1.5, 1.5, 4.0] }
    }

    #[test]
    fn agrees_with_the_crate_on_a_general_rotation() {
        let q = quaternion([0.3, -0.2, 0.5], -1.0);
        let header = NiftiHeader {
            quatern_b: 0.3,
            quatern_c: -0.2,
            quatern_d: 0.5,
            quatern_x: 90.0,
            quatern_y: 80.0,
            quatern_z: -70.0,
            pixdim: [-1.0, 1.5, 1.5, 4.0, 0.0, 0.0, 0.0, 0.0],
            ..NiftiHeader::default()
        };
        let theirs = header.qform_affine::<f64>();
        for (r, row) in q.affine().unwrap().iter().enumerate() {
            for (c, value) in row.iter().enumerate() {
                assert!((value - theirs[(r, c)]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_rounding_of_a_half_turn_is_no_conflict() {
        // half turn about an oblique axis: b, c, d rounded to f32 leave w2 = 1e-7 instead of 0
        let axis = [0.6_f32, 0.8 - 1e-7, 0.0];
        let q = quaternion(axis, 1.0);
        let exact = quaternion([0.6, 0.8, 0.0], 1.0).half_turn().unwrap();
        let forms = Forms { sform: Some(exact), quaternion: Some(q) };
        assert_eq!(forms.grid(DIMS, None, Path::new("x")).unwrap().affine, exact);
    }

    #[test]
    fn a_shift_asks_for_a_decision_and_the_decision_is_followed() {
        let q = quaternion([0.0, 0.0, 0.0], 1.0);
        let mut sform = q.affine().unwrap();
        sform[2][3] += 0.2;
        let forms = Forms { sform: Some(sform), quaternion: Some(q) };
        assert!(matches!(forms.grid(DIMS, None, Path::new("x")), Err(ImageError::FormConflict { .. })));
        assert_eq!(forms.grid(DIMS, Some(Form::Sform), Path::new("x")).unwrap().affine[2][3], sform[2][3]);
        assert_eq!(forms.grid(DIMS, Some(Form::Qform), Path::new("x")).unwrap().affine[2][3], -70.0);
    }

    #[test]
    fn no_geometry_is_made_up() {
        let none = Forms { sform: None, quaternion: None };
        assert!(matches!(none.grid(DIMS, None, Path::new("x")), Err(ImageError::Geometry { .. })));
        let singular = Forms { sform: Some([[0.0; 4]; 3]), quaternion: None };
        assert!(matches!(singular.grid(DIMS, None, Path::new("x")), Err(ImageError::Geometry { .. })));
        let broken_sform = Forms { sform: Some([[0.0; 4]; 3]), quaternion: Some(quaternion([0.0; 3], 1.0)) };
        assert!(matches!(broken_sform.grid(DIMS, None, Path::new("x")), Err(ImageError::FormConflict { .. })));
        let too_long = Forms { sform: None, quaternion: Some(quaternion([0.9, 0.9, 0.0], 1.0)) };
        assert!(matches!(too_long.grid(DIMS, None, Path::new("x")), Err(ImageError::Geometry { .. })));
    }
}
