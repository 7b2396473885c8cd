//! What a file given as a mask holds: one value besides zero, a probability, labels, or an image.
//!
//! "Not zero" makes a mask of anything, and so a volume of the wrong file that looks like one. A mask has one value besides
//! zero (1, 255, whatever was written); what has more is only used where it was said which of it counts.

use super::{ImageError, Mask, Reader, Volume, filled, nrrd};
use ndarray::Zip;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// Labels that a label map may hold; more different values make an image.
const MOST_LABELS: usize = 256;
/// Voxels that a thread takes at once.
const STRETCH: usize = 1 << 16;

/// What is in a file that should be a mask, zero and NaN aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskValues {
    /// At most one value: a mask.
    One,
    /// Values between 0 and 1.
    Probability {
        /// Voxels of such a value.
        n_voxels: usize,
    },
    /// Several positive integers.
    Labels {
        /// How many different ones.
        n_labels: usize,
    },
    /// Anything else: many different, negative or broken values.
    Image,
}

impl MaskValues {
    /// Of these values.
    pub fn of(values: &[f32]) -> MaskValues {
        let is_inside = |value: f32| value != 0.0 && !value.is_nan();
        let is_share = |value: &&f32| **value > 0.0 && **value < 1.0;
        let Some(first) = values.iter().copied().find(|&value| is_inside(value)) else { return MaskValues::One };
        let is_other = |value: &f32| is_inside(*value) && *value != first;
        if !is_share(&&first) && !values.par_chunks(STRETCH).any(|part| part.iter().any(is_other)) {
            return MaskValues::One;
        }
        let n_shares = values.par_iter().filter(is_share).count();
        if n_shares > 0 && values.par_iter().all(|value| value.is_nan() || (0.0..=1.0).contains(value)) {
            return MaskValues::Probability { n_voxels: n_shares };
        }
        let mut found = BTreeSet::new();
        for &value in values.iter().filter(|&&value| is_inside(value)) {
            if value < 0.0 || value.fract() != 0.0 || value > i32::MAX as f32 || found.len() > MOST_LABELS {
                return MaskValues::Image;
            }
            found.insert(value as i32);
        }
        MaskValues::Labels { n_labels: found.len() }
    }

    /// In words.
    pub fn describe(self) -> String {
        match self {
            MaskValues::One => "a mask".to_owned(),
            MaskValues::Probability { n_voxels } => format!("{n_voxels} values between 0 and 1: a map of probability"),
            MaskValues::Labels { n_labels } => format!("{n_labels} different values beside 0: a label map"),
            MaskValues::Image => "many different values: an image".to_owned(),
        }
    }
}

impl Mask {
    /// Inside is what is neither zero nor NaN, of a file with one such value.
    ///
    /// # Errors
    /// [`ImageError::NotMask`] where there are several.
    pub fn of_one_value(map: Volume) -> Result<Mask, ImageError> {
        match MaskValues::of(map.data.as_slice_memory_order().unwrap_or_default()) {
            MaskValues::One => Ok(Mask::where_not_zero(map)),
            values => Err(ImageError::NotMask { path: map.source, values }),
        }
    }

    /// Inside is what is neither zero nor NaN, of a mask or a label map all of whose labels count.
    ///
    /// # Errors
    /// [`ImageError::NotMask`] for probabilities and images.
    pub fn of_any_label(map: Volume) -> Result<Mask, ImageError> {
        match MaskValues::of(map.data.as_slice_memory_order().unwrap_or_default()) {
            MaskValues::One | MaskValues::Labels { .. } => Ok(Mask::where_not_zero(map)),
            values => Err(ImageError::NotMask { path: map.source, values }),
        }
    }

    /// Inside is where a value passes.
    pub fn where_value(map: Volume, passes: impl Fn(f32) -> bool + Sync) -> Mask {
        let mut data = filled(map.grid.dims, false);
        Zip::from(&mut data).and(&map.data).par_for_each(|inside, &value| *inside = passes(value));
        Mask { grid: map.grid, data, source: map.source }
    }

    fn where_not_zero(map: Volume) -> Mask {
        Mask::where_value(map, |value| value != 0.0 && !value.is_nan())
    }
}

impl Reader {
    /// The mask in a file with one value besides zero; of a `.seg.nrrd`, all its segments.
    ///
    /// # Errors
    /// As [`Reader::volume`] and [`Mask::of_one_value`].
    pub fn one_value_mask(&self, path: &Path) -> Result<Mask, ImageError> {
        if nrrd::is_nrrd(path) { nrrd::mask(path) } else { Mask::of_one_value(self.volume(path)?) }
    }

    /// The mask in a file all of whose labels count; of a `.seg.nrrd`, all its segments.
    ///
    /// # Errors
    /// As [`Reader::volume`] and [`Mask::of_any_label`].
    pub fn any_label_mask(&self, path: &Path) -> Result<Mask, ImageError> {
        if nrrd::is_nrrd(path) { nrrd::mask(path) } else { Mask::of_any_label(self.volume(path)?) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_a_mask_and_several_are_named_for_what_they_are() {
        let of = |values: &[f32]| MaskValues::of(values);
        assert_eq!(of(&[0.0, f32::NAN, 0.0]), MaskValues::One);
        assert_eq!(of(&[0.0, 255.0, f32::NAN, 255.0]), MaskValues::One);
        assert_eq!(of(&[-1.0, 0.0]), MaskValues::One);
        assert_eq!(of(&[0.0, 0.3, 1.0]), MaskValues::Probability { n_voxels: 1 });
        assert_eq!(of(&[0.5, 0.5, f32::NAN]), MaskValues::Probability { n_voxels: 2 });
        assert_eq!(of(&[0.0, 1.0, 2.0, 45.0]), MaskValues::Labels { n_labels: 3 });
        assert_eq!(of(&[0.0, 0.5, 2.0]), MaskValues::Image);
        assert_eq!(of(&[1.0, -2.0]), MaskValues::Image);
        let many: Vec<f32> = (0..1000).map(|n| n as f32).collect();
        assert_eq!(of(&many), MaskValues::Image);
    }
}
