//! Computed DWI: the image at a b-value that was not measured.
//!
//! Inputs  S0 (signal units), ADC (um2/s), b (s/mm2)
//! Output  `S_b = S_0 exp(-b ADC)`, signal units; NaN where S0 or ADC was not measured
//! Limits  no noise floor is modelled: at high b the computed image lies below what a scanner would measure

use ndarray::{Array3, ArrayView3, ShapeBuilder, Zip};

/// The image at `b` (s/mm2) that S0 and ADC (um2/s) predict.
pub fn computed_dwi(s0: ArrayView3<'_, f32>, adc: ArrayView3<'_, f32>, b: f64) -> Array3<f32> {
    let per_adc = (-b * 1e-6) as f32;
    let mut image = Array3::from_elem(s0.raw_dim().f(), f32::NAN);
    Zip::from(&mut image).and(&s0).and(&adc).par_for_each(|image, &s0, &adc| *image = s0 * (per_adc * adc).exp());
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b_zero_gives_s0_and_a_thousand_decays_by_the_adc() {
        let s0 = Array3::from_elem((1, 1, 1), 200.0_f32);
        let adc = Array3::from_elem((1, 1, 1), 1000.0_f32);
        assert_eq!(computed_dwi(s0.view(), adc.view(), 0.0)[[0, 0, 0]], 200.0);
        let at_1000 = computed_dwi(s0.view(), adc.view(), 1000.0)[[0, 0, 0]];
        assert!((at_1000 - 200.0 * (-1.0_f32).exp()).abs() < 1e-4);
        let missing = Array3::from_elem((1, 1, 1), f32::NAN);
        assert!(computed_dwi(s0.view(), missing.view(), 900.0)[[0, 0, 0]].is_nan());
    }
}
