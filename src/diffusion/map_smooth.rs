//! A map smoothed inside a region, with its standard error: a voxel's change is judged after the noise was averaged.
//!
//! Method  mean of the region's measured voxels, weighted by a Gaussian of their distance (FWHM in mm); tissue outside of the
//!         region does not enter. The standard error is that of the weighted mean of independent voxels,
//!         `sqrt(sum w^2 se^2) / sum w`. Where standard errors are given, a voxel without one counts as not measured.
//! Limits  voxels that an interpolation made are not independent: their error after smoothing is too small by up to the
//!         square root of the voxels that shared a value

use crate::image::filled;
use ndarray::{Array3, ArrayView3, Axis, Zip};
use rayon::prelude::*;

/// The map inside the region, and its standard error; NaN elsewhere and where nothing was measured.
pub fn smooth_inside(
    map: ArrayView3<'_, f32>,
    error: Option<ArrayView3<'_, f32>>,
    region: ArrayView3<'_, bool>,
    spacing_mm: [f64; 3],
    fwhm_mm: f64,
) -> (Array3<f32>, Option<Array3<f32>>) {
    let dims = [map.shape()[0], map.shape()[1], map.shape()[2]];
    let mut counts = filled(dims, 0.0_f32);
    let mut values = filled(dims, 0.0_f32);
    Zip::from(&mut counts).and(&mut values).and(map).and(region).for_each(|count, kept, &value, &inside| {
        if inside && value.is_finite() {
            (*count, *kept) = (1.0, value);
        }
    });
    let mut squares = error.map(|error| {
        let mut squares = filled(dims, 0.0_f32);
        Zip::from(&mut squares).and(&mut counts).and(&mut values).and(error).for_each(
            |square, count, value, &error| {
                if *count > 0.0 && error.is_finite() {
                    *square = error * error;
                } else {
                    (*count, *value) = (0.0, 0.0);
                }
            },
        );
        squares
    });
    let measured = counts.mapv(|count| count > 0.0);
    for (axis, spacing) in spacing_mm.into_iter().enumerate() {
        let weights = gaussian(fwhm_mm / spacing);
        let squared: Vec<f32> = weights.iter().map(|weight| weight * weight).collect();
        along(&mut counts, axis, &weights);
        along(&mut values, axis, &weights);
        if let Some(squares) = &mut squares {
            along(squares, axis, &squared);
        }
    }
    let of = |numerator: &mut Array3<f32>, form: fn(f32) -> f32| {
        Zip::from(numerator).and(&counts).and(&measured).for_each(|value, &count, &measured| {
            *value = if measured { form(*value) / count } else { f32::NAN };
        });
    };
    of(&mut values, |value| value);
    if let Some(squares) = &mut squares {
        of(squares, f32::sqrt);
    }
    (values, squares)
}

/// Weights of a Gaussian of this full width at half maximum (voxels), from the middle to three standard deviations.
fn gaussian(fwhm: f64) -> Vec<f32> {
    let sd = fwhm / (8.0 * std::f64::consts::LN_2).sqrt();
    let reach = (3.0 * sd).ceil() as usize;
    (0..=reach).map(|step| if step == 0 { 1.0 } else { (-0.5 * (step as f64 / sd).powi(2)).exp() as f32 }).collect()
}

/// Sum of the neighbours along one axis by symmetric weights.
fn along(data: &mut Array3<f32>, axis: usize, weights: &[f32]) {
    if weights.len() < 2 {
        return;
    }
    let across = if axis == 2 { 1 } else { 2 };
    data.axis_iter_mut(Axis(across)).into_par_iter().for_each(|mut slice| {
        // the axis numbers of a slice close up over the one that was taken out
        let inner = if axis > across { axis - 1 } else { axis };
        for mut lane in slice.lanes_mut(Axis(inner)) {
            let before = lane.to_vec();
            if before.iter().all(|value| *value == 0.0) {
                continue;
            }
            for (place, value) in lane.iter_mut().enumerate() {
                *value = before[place] * weights[0];
                for (step, weight) in weights.iter().enumerate().skip(1) {
                    let below = place.checked_sub(step).map_or(0.0, |at| before[at]);
                    *value += weight * (below + before.get(place + step).copied().unwrap_or(0.0));
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_stays_what_lies_outside_does_not_enter_and_the_error_falls() {
        let mut map = filled([15, 15, 15], 900.0_f32);
        let mut region = filled([15, 15, 15], true);
        map.indexed_iter_mut().filter(|((i, _, _), _)| *i < 4).for_each(|(_, v)| *v = 5000.0);
        region.indexed_iter_mut().filter(|((i, _, _), _)| *i < 4).for_each(|(_, v)| *v = false);
        map[[8, 8, 8]] = f32::NAN;
        let error = filled([15, 15, 15], 60.0_f32);
        let (smooth, errors) = smooth_inside(map.view(), Some(error.view()), region.view(), [2.0, 2.0, 4.0], 6.0);
        let errors = errors.unwrap();
        assert!(smooth[[3, 3, 3]].is_nan() && smooth[[8, 8, 8]].is_nan() && errors[[8, 8, 8]].is_nan());
        assert!(smooth.iter().filter(|v| v.is_finite()).all(|v| (v - 900.0).abs() < 0.01));
        // sum of squared weights over the square of their sum, each axis by itself
        let share = |spacing: f64| {
            let sd = 6.0 / 2.354_820_045 / spacing;
            let weights: Vec<f64> = (-9..=9).map(|n| (-0.5 * (f64::from(n) / sd).powi(2)).exp()).collect();
            weights.iter().map(|w| w * w).sum::<f64>() / weights.iter().sum::<f64>().powi(2)
        };
        let want = 60.0 * (share(2.0) * share(2.0) * share(4.0)).sqrt();
        // far from the hole at 8, 8, 8 and from all borders
        let got = f64::from(errors[[9, 7, 3]]);
        assert!((got / want - 1.0).abs() < 0.01, "{got} {want}");
    }
}
