//! An ADC map that somebody else made: is it in um2/s, and what in it was not measured?
//!
//! Rule    the median of the positive values inside a mask of tissue must lie between 50 and 5000 um2/s; a map in mm2/s
//!         (median 0.001) or in 1e-3 mm2/s (median 1) is refused, never rescaled. Zero and negative values become NaN:
//!         that is how integer maps store what was excluded.

use super::DiffusionError;
use super::lesion::median;
use ndarray::{Array3, ArrayView3, Zip};
use rayon::prelude::*;

/// Range in which the median ADC of tissue must lie, um2/s.
pub const PLAUSIBLE_MEDIAN_UM2_S: [f64; 2] = [50.0, 5000.0];

/// The map with excluded voxels as NaN, if its values inside the mask can be um2/s.
///
/// # Errors
/// [`DiffusionError::AdcUnit`]; [`DiffusionError::EmptyMask`] where the mask holds no positive ADC.
pub fn checked(mut map: Array3<f32>, mask: ArrayView3<'_, bool>) -> Result<Array3<f32>, DiffusionError> {
    let mut measured = Vec::new();
    Zip::from(&map).and(mask).for_each(|&adc, &inside| {
        if inside && adc > 0.0 && adc.is_finite() {
            measured.push(adc);
        }
    });
    let median = median(measured).ok_or(DiffusionError::EmptyMask { what: "mask, as far as ADC was measured," })?;
    if !(PLAUSIBLE_MEDIAN_UM2_S[0]..=PLAUSIBLE_MEDIAN_UM2_S[1]).contains(&median) {
        return Err(DiffusionError::AdcUnit { median });
    }
    let checked = |adc: &mut f32| *adc = if *adc > 0.0 { *adc } else { f32::NAN };
    match map.as_slice_memory_order_mut() {
        Some(values) => values.par_iter_mut().for_each(checked),
        None => map.iter_mut().for_each(checked),
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_units_are_refused_and_zero_is_not_measured() {
        let mask = Array3::from_elem((3, 1, 1), true);
        let map = Array3::from_shape_vec((3, 1, 1), vec![0.0, 800.0, 1200.0]).unwrap();
        let good = checked(map.clone(), mask.view()).unwrap();
        assert!(good[[0, 0, 0]].is_nan() && good[[1, 0, 0]] == 800.0);
        for factor in [1e-6, 1e-3] {
            assert!(matches!(checked(map.mapv(|v| v * factor), mask.view()), Err(DiffusionError::AdcUnit { .. })));
        }
        assert!(matches!(checked(map, mask.mapv(|_| false).view()), Err(DiffusionError::EmptyMask { .. })));
    }
}
