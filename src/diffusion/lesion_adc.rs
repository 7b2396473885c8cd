//! Global ADC (gADC): what the ADC of everything selected is, and how much of it lies in each class.
//!
//! Inputs  the lesions and, of each, the ADC values that stand for it (um2/s)
//! Method  each lesion counts by its volume: a value of a lesion of V mL with n values weighs V / n. In whole voxels all
//!         weights are equal, and this is the median and mean over the voxels; where only the innermost are looked at, small
//!         lesions, of which fewer are left, keep their part.

use super::lesion::{Lesion, median};
use crate::region::{Window, windows};

/// ADC of everything that was selected.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GlobalAdc {
    /// um2/s; none where nothing was selected.
    pub median: Option<f64>,
    /// um2/s; none where nothing was selected.
    pub mean: Option<f64>,
    /// Volume of each class of ADC.
    pub classes: Vec<Window>,
    /// Number of values.
    pub n_voxels: usize,
}

impl GlobalAdc {
    /// Of lesions and their values, in classes between ascending cut points (um2/s).
    pub(super) fn of(lesions: &[Lesion], values: Vec<Vec<f32>>, cuts: &[f64]) -> GlobalAdc {
        let n_voxels: usize = values.iter().map(Vec::len).sum();
        let total_ml: f64 = lesions.iter().map(|lesion| lesion.volume_ml).sum();
        let of_each: f64 = lesions.iter().map(|lesion| lesion.volume_ml * lesion.adc_mean_um2_s).sum();
        let ml_each = |place: usize| lesions[place].volume_ml / values[place].len().max(1) as f64;
        let mut classes = windows(&[], cuts, 0.0);
        for (place, values) in values.iter().enumerate() {
            for (class, more) in classes.iter_mut().zip(windows(values, cuts, ml_each(place))) {
                class.n_voxels += more.n_voxels;
                class.volume_ml += more.volume_ml;
            }
        }
        classes.iter_mut().for_each(|class| class.fraction = class.volume_ml / total_ml);
        let alike = (1..values.len()).all(|place| (ml_each(place) / ml_each(0) - 1.0).abs() < 1e-9);
        let median = match alike {
            true => median(values.into_iter().flatten().collect()),
            false => {
                let with_weight = |(place, of): (usize, &Vec<f32>)| {
                    let weight = ml_each(place);
                    of.iter().map(move |&value| (value, weight)).collect::<Vec<_>>()
                };
                weighted_median(values.iter().enumerate().flat_map(with_weight).collect())
            }
        };
        GlobalAdc { median, mean: (n_voxels > 0).then(|| of_each / total_ml), classes, n_voxels }
    }
}

/// The value below and above which half of the weight lies; the middle of two where a half ends between them.
fn weighted_median(mut values: Vec<(f32, f64)>) -> Option<f64> {
    values.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let half = 0.5 * values.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut below = 0.0;
    for (place, &(value, weight)) in values.iter().enumerate() {
        below += weight;
        let is_border = (below - half).abs() <= 1e-9 * half;
        if is_border && let Some((next, _)) = values.get(place + 1) {
            return Some(0.5 * (f64::from(value) + f64::from(*next)));
        }
        if below >= half {
            return Some(f64::from(value));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_weights_give_the_plain_median() {
        for values in [vec![4.0, 1.0, 3.0, 2.0], vec![5.0, 1.0, 3.0], vec![7.0], vec![]] {
            let weighted = values.iter().map(|&value| (value, 0.1)).collect();
            assert_eq!(weighted_median(weighted), median(values));
        }
    }

    #[test]
    fn a_lesion_counts_by_its_volume_not_by_its_values() {
        let lesion = |volume_ml, adc_mean_um2_s| Lesion {
            id: 1,
            volume_ml,
            n_voxels: 9,
            n_adc_voxels: 3,
            adc_median_um2_s: adc_mean_um2_s,
            adc_mean_um2_s,
            adc_sd_um2_s: 0.0,
            adc_p10_p90_um2_s: [adc_mean_um2_s; 2],
            longest_axis_mm: 1.0,
            centroid_mm: [0.0; 3],
            level: None,
            station: None,
        };
        let lesions = [lesion(3.0, 600.0), lesion(1.0, 1000.0)];
        let found = GlobalAdc::of(&lesions, vec![vec![600.0; 3], vec![1000.0; 12]], &[655.0, 1400.0]);
        assert_eq!((found.median, found.mean, found.n_voxels), (Some(600.0), Some(700.0), 15));
        let volumes: Vec<f64> = found.classes.iter().map(|class| (class.volume_ml * 1e9).round() / 1e9).collect();
        assert_eq!(volumes, [3.0, 1.0, 0.0]);
        assert!((found.classes[0].fraction - 0.75).abs() < 1e-12);
        let nothing = GlobalAdc::of(&[], Vec::new(), &[655.0]);
        assert_eq!((nothing.median, nothing.mean, nothing.classes.len()), (None, None, 2));
    }
}
