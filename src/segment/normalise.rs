//! Values of an image in the range that a network was trained with.

use super::SegmentError;
use crate::region::Sorted;
use ndarray::ArrayView3;
use serde::{Deserialize, Serialize};

/// How the values of one image are normalised; each image for itself, over all of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Normalise {
    /// As they are.
    None,
    /// Less their mean, by their standard deviation (n in the denominator).
    ZScore {
        /// Voxels whose mean and deviation are taken; all are changed.
        over: Over,
    },
    /// Clipped to two percentiles (type 7, of all voxels), which become 0 and 1.
    Percentiles {
        /// 0 to 100.
        low: f64,
        /// 0 to 100.
        high: f64,
    },
}

/// Voxels that count for mean and deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Over {
    /// Every voxel.
    All,
    /// Those that are not 0.
    Nonzero,
}

impl Normalise {
    pub(super) fn check(self) -> Result<(), String> {
        match self {
            Normalise::Percentiles { low, high } if !(low >= 0.0 && low < high && high <= 100.0) => {
                Err("normalise: low and high must be percentiles, 0 <= low < high <= 100".to_owned())
            }
            _ => Ok(()),
        }
    }
}

/// Offset and factor `(value - offset) * factor`, and the range to which values are clipped before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Normalised {
    /// Taken from each value.
    pub offset: f64,
    /// Multiplied after that.
    pub factor: f64,
    /// Range of the values before, where they are clipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clipped: Option<[f64; 2]>,
}

impl Normalised {
    /// One value.
    pub fn of(&self, value: f32) -> f32 {
        let value = f64::from(value);
        let value = self.clipped.map_or(value, |[low, high]| value.clamp(low, high));
        ((value - self.offset) * self.factor) as f32
    }
}

/// What normalises the image called `image`.
///
/// # Errors
/// [`SegmentError::NotFinite`] where it has gaps, [`SegmentError::Flat`] where all values are one.
pub fn normalised(values: ArrayView3<'_, f32>, how: Normalise, image: &str) -> Result<Normalised, SegmentError> {
    let n = values.iter().filter(|value| !value.is_finite()).count();
    if n > 0 {
        return Err(SegmentError::NotFinite { what: image.to_owned(), n, answer: false });
    }
    let flat = |reason: &str| SegmentError::Flat { image: image.to_owned(), reason: reason.to_owned() };
    match how {
        Normalise::None => Ok(Normalised { offset: 0.0, factor: 1.0, clipped: None }),
        Normalise::ZScore { over } => {
            // in the order of the array, so that the sums are the same at any number of threads
            let counted = || values.iter().filter(|&&v| over == Over::All || v != 0.0).map(|&v| f64::from(v));
            let n = counted().count() as f64;
            let mean = counted().sum::<f64>() / n;
            let deviation = (counted().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            if deviation > 0.0 {
                Ok(Normalised { offset: mean, factor: 1.0 / deviation, clipped: None })
            } else {
                Err(flat("its values have no spread"))
            }
        }
        Normalise::Percentiles { low, high } => {
            let sorted = Sorted::from(values.iter().copied().collect::<Vec<f32>>());
            let [from, to] = [low, high].map(|p| sorted.percentile(p));
            if from < to {
                Ok(Normalised { offset: from, factor: 1.0 / (to - from), clipped: Some([from, to]) })
            } else {
                Err(flat("its two percentiles are one value"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    fn image(values: &[f32]) -> Array3<f32> {
        Array3::from_shape_vec((values.len(), 1, 1), values.to_vec()).unwrap()
    }

    #[test]
    fn scores_and_percentiles_are_what_they_say() {
        let data = image(&[0.0, 2.0, 4.0, 6.0]);
        let of = |how| normalised(data.view(), how, "x").unwrap();
        let all = of(Normalise::ZScore { over: Over::All });
        assert!((all.of(6.0) - 3.0 / 5.0_f32.sqrt()).abs() < 1e-6 && all.of(3.0) == 0.0);
        let inside = of(Normalise::ZScore { over: Over::Nonzero });
        assert!((inside.of(6.0) - 2.0 / (8.0_f32 / 3.0).sqrt()).abs() < 1e-6 && inside.of(4.0) == 0.0);
        let clipped = of(Normalise::Percentiles { low: 50.0, high: 100.0 });
        assert_eq!([0.0, 3.0, 4.5, 9.0].map(|v| clipped.of(v)), [0.0, 0.0, 0.5, 1.0]);
        assert_eq!(of(Normalise::None).of(5.5), 5.5);
    }

    #[test]
    fn gaps_and_flat_images_are_refused() {
        let gap = image(&[1.0, f32::NAN]);
        assert!(matches!(normalised(gap.view(), Normalise::None, "x"), Err(SegmentError::NotFinite { n: 1, .. })));
        for (values, over) in [([3.0, 3.0], Over::All), ([0.0, 0.0], Over::Nonzero)] {
            let flat = image(&values);
            let how = Normalise::ZScore { over };
            assert!(matches!(normalised(flat.view(), how, "x"), Err(SegmentError::Flat { .. })));
        }
    }
}
