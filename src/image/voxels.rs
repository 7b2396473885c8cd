//! Values of one map, kept as they will be stored: a whole-body map of 16-bit steps takes half the memory of f32.

use super::filled;
use ndarray::{Array3, ShapeBuilder};
use rayon::prelude::*;

/// Values of one map on a grid, Fortran order.
#[derive(Debug, Clone, PartialEq)]
pub enum Voxels {
    /// As they are; NaN = not measured.
    F32(Array3<f32>),
    /// Rounded to steps; 0 where nothing was measured.
    I16 {
        /// Number of steps.
        steps: Array3<i16>,
        /// Value of one step.
        slope: f64,
    },
}

/// A stretch of [`Voxels`] that one thread fills.
#[derive(Debug)]
pub enum Stretch<'a> {
    /// Part of [`Voxels::F32`].
    F32(&'a mut [f32]),
    /// Part of [`Voxels::I16`].
    I16(&'a mut [i16], f32),
}

impl Voxels {
    /// A map of zeros, f32 without a slope.
    pub fn zeros(dims: [usize; 3], slope: Option<f64>) -> Voxels {
        match slope {
            None => Voxels::F32(filled(dims, 0.0)),
            // as the header of the file will keep it
            Some(slope) => Voxels::I16 { steps: filled(dims, 0), slope: f64::from(slope as f32) },
        }
    }

    /// The map in stretches of `length` voxels in memory order.
    pub fn stretches(&mut self, length: usize) -> Vec<Stretch<'_>> {
        match self {
            Voxels::F32(values) => {
                values.as_slice_memory_order_mut().unwrap_or_default().chunks_mut(length).map(Stretch::F32).collect()
            }
            Voxels::I16 { steps, slope } => {
                let inverse = (1.0 / *slope) as f32;
                let all = steps.as_slice_memory_order_mut().unwrap_or_default();
                all.chunks_mut(length).map(|part| Stretch::I16(part, inverse)).collect()
            }
        }
    }

    /// The values as f32.
    pub fn into_f32(self) -> Array3<f32> {
        match self {
            Voxels::F32(values) => values,
            Voxels::I16 { steps, slope } => {
                let shape = steps.raw_dim();
                let mut values = Array3::zeros(shape.f());
                ndarray::Zip::from(&mut values)
                    .and(&steps)
                    .par_for_each(|value, &n| *value = (f64::from(n) * slope) as f32);
                values
            }
        }
    }

    /// Number of values at the end of the 16-bit range, where something larger may have been cut off.
    pub fn n_saturated(&self) -> usize {
        match self {
            Voxels::F32(_) => 0,
            Voxels::I16 { steps, .. } => {
                let all = steps.as_slice_memory_order().unwrap_or_default();
                all.par_iter().filter(|&&n| n == i16::MAX || n == i16::MIN).count()
            }
        }
    }
}

impl Stretch<'_> {
    /// Stores a value at each of these places and marks all others as not measured: NaN, or 0 where steps are kept. NaN
    /// becomes 0 there, too.
    pub fn store(&mut self, places: &[u32], values: &[f32]) {
        match self {
            Stretch::F32(target) => {
                target.fill(f32::NAN);
                places.iter().zip(values).for_each(|(&place, &value)| target[place as usize] = value);
            }
            Stretch::I16(target, inverse) => {
                for (&place, value) in places.iter().zip(values) {
                    // half away from zero, as `round`, but without a call; the cast saturates and makes 0 of NaN
                    let scaled = value * *inverse;
                    target[place as usize] = (scaled + 0.5_f32.copysign(scaled)) as i16;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_round_saturate_and_drop_nan() {
        let mut map = Voxels::zeros([2, 3, 1], Some(0.5));
        let [first, second] = &mut map.stretches(4)[..] else { panic!("two stretches") };
        first.store(&[0, 1, 2], &[1.2, -1.3, f32::NAN]);
        second.store(&[0, 1], &[1e9, -1e9]);
        let mut plain = Voxels::zeros([2, 1, 1], None);
        plain.stretches(4)[0].store(&[1], &[7.0]);
        let plain = plain.into_f32();
        assert!(plain[[0, 0, 0]].is_nan() && plain[[1, 0, 0]] == 7.0);
        assert_eq!(map.n_saturated(), 2);
        let values: Vec<f32> = map.into_f32().t().iter().copied().collect();
        assert_eq!(values, [1.0, -1.5, 0.0, 0.0, 16383.5, -16384.0]);
    }
}
