//! The naive signal fat fraction of an in-/opposed-phase magnitude pair.
//!
//! Inputs  in-phase and opposed-phase magnitudes of equal scaling
//! Output  `sFF = 100 (IP - OP)/(2 IP)`, percent, never clipped; NaN where the in-phase signal is at or below the floor
//! Limits  magnitudes cannot tell a fraction from 100 minus it: OP = |W - F|, so everything above 50 % comes out below
//!         it (80 % reads 20 %). Single-peak fat, no R2*: marrow R2* of 60-120 1/s biases the value by -5 to -15 points.
//!         It is therefore never called a PDFF.

use ndarray::{Array3, ArrayView3, ShapeBuilder, Zip};

/// What must be said beside every number that comes from an in-/opposed-phase pair.
pub const AMBIGUITY: &str = "in-/opposed-phase magnitudes cannot tell a fat fraction from 100 % minus it: \
     values above 50 % read as their mirror image below 50 %; R2* is not corrected";

/// Naive signal fat fraction (percent) of an in-/opposed-phase pair; `floor` in the images' signal unit.
pub fn two_point(in_phase: ArrayView3<'_, f32>, opposed_phase: ArrayView3<'_, f32>, floor: f32) -> Array3<f32> {
    let mut ff = Array3::from_elem(in_phase.raw_dim().f(), f32::NAN);
    Zip::from(&mut ff).and(&in_phase).and(&opposed_phase).par_for_each(|ff, &ip, &op| {
        if ip > floor && ip.is_finite() && op.is_finite() {
            *ff = 50.0 * (ip - op) / ip;
        }
    });
    ff
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::arr1;

    #[test]
    fn a_fraction_and_its_mirror_image_read_the_same() {
        let fractions = [0.02_f32, 0.25, 0.75, 0.98];
        let ip = Array3::from_elem((4, 1, 1), 200.0);
        let op = arr1(&fractions.map(|eta| 200.0 * (1.0 - 2.0 * eta).abs())).into_shape_with_order((4, 1, 1)).unwrap();
        let ff = two_point(ip.view(), op.view(), 0.0);
        for (got, want) in ff.iter().zip([2.0, 25.0, 25.0, 2.0]) {
            assert!((got - want).abs() < 1e-4, "{got} {want}");
        }
    }

    #[test]
    fn noise_may_make_it_negative_and_background_is_not_measured() {
        let ip = arr1(&[100.0, 0.0]).into_shape_with_order((2, 1, 1)).unwrap();
        let op = arr1(&[104.0, 3.0]).into_shape_with_order((2, 1, 1)).unwrap();
        let ff = two_point(ip.view(), op.view(), 0.0);
        assert!((ff[[0, 0, 0]] + 2.0).abs() < 1e-4 && ff[[1, 0, 0]].is_nan());
    }
}
