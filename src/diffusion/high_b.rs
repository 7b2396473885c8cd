//! The image at the b-value that a threshold applies to.
//!
//! Inputs  a series, its b-values and the b asked for, s/mm2
//! Output  the measured image (mean of its repeats), signal units; none where no volume has that b, in which case the
//!         computed image of [`super::computed_dwi`] stands in, and that is a warning

use super::b_table::{list, same_b};
use crate::error::Warning;
use ndarray::{Array3, ArrayView4, Axis};

/// The measured image at `wanted_b`: the mean of all volumes that have it.
pub fn measured(series: ArrayView4<'_, f32>, b: &[f64], wanted_b: f64) -> Option<Array3<f32>> {
    let volumes: Vec<usize> = (0..b.len()).filter(|&volume| same_b(b[volume], wanted_b)).collect();
    let (first, others) = volumes.split_first()?;
    let mut image = series.index_axis(Axis(3), *first).to_owned();
    for &volume in others {
        image += &series.index_axis(Axis(3), volume);
    }
    if !others.is_empty() {
        image /= volumes.len() as f32;
    }
    Some(image)
}

/// What to say where the image at `wanted_b` had to be computed.
pub fn computed_warning(wanted_b: f64, b: &[f64]) -> Warning {
    let message =
        format!("b = {wanted_b} s/mm2 was not measured (there are {}): the image is computed from S0 and ADC", list(b));
    Warning::new("computed-signal", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, ShapeBuilder};

    #[test]
    fn repeats_are_averaged_and_an_absent_b_is_none() {
        let series = Array4::from_shape_fn((2, 1, 1, 3).f(), |(_, _, _, v)| [100.0, 20.0, 30.0][v]);
        let b = [50.0, 900.0, 902.0];
        assert_eq!(measured(series.view(), &b, 900.0).unwrap()[[1, 0, 0]], 25.0);
        assert_eq!(measured(series.view(), &b, 50.0).unwrap()[[0, 0, 0]], 100.0);
        assert!(measured(series.view(), &b, 800.0).is_none());
        assert_eq!(computed_warning(800.0, &b).slug, "computed-signal");
    }
}
