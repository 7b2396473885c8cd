//! Intensity-volume histogram: which share of the region is at least as bright as a level.
//!
//! Levels  a map of integers keeps its own values as levels, every integer from the smallest to the largest, absent ones too
//!         (IBSI: definite discrete intensities). Otherwise bins of a width, or 1000 bins over the range, each standing for
//!         its centre (IBSI numbers the 1000 bins of arbitrary intensities instead of giving their centre).
//! V_x     volume fraction at intensity fraction x: of the lowest level that lies at least x % up the range
//! I_x     the lowest level reached by at most x % of the volume
//! AUC     area under volume fraction over intensity fraction, by trapezia; IBSI gives no reference value for it

/// Levels of the intensity-volume histogram.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum IvhLevels {
    /// The integers of the map, else 1000 bins over its range.
    #[default]
    Own,
    /// Bins of this width from the smallest value on.
    Width(f64),
}

/// Bins of a map that is not of integers.
const BINS: usize = 1000;
/// More levels than this are not made; the width is widened.
const MOST_LEVELS: f64 = 1_000_000.0;

/// V10, V90, I10, I90, V10 - V90, I10 - I90, area under the curve; NaN of no value.
pub fn intensity_volume_histogram(values: &[f32], levels: IvhLevels) -> [f64; 7] {
    let finite = || values.iter().filter(|v| v.is_finite()).map(|&v| f64::from(v));
    let (min, max) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let n = finite().count();
    if n == 0 {
        return [f64::NAN; 7];
    }
    let of_integers = finite().all(|v| v.fract() == 0.0) && max - min < MOST_LEVELS;
    let (width, n_levels, is_centred) = match levels {
        IvhLevels::Own if of_integers => (1.0, (max - min) as usize + 1, false),
        IvhLevels::Width(width) if width > 0.0 => {
            let width = width.max((max - min) / MOST_LEVELS);
            (width, ((max - min) / width).floor() as usize + 1, true)
        }
        _ => (((max - min) / BINS as f64).max(f64::MIN_POSITIVE), if max > min { BINS } else { 1 }, true),
    };
    let mut counts = vec![0_usize; n_levels];
    for value in finite() {
        counts[(((value - min) / width) as usize).min(n_levels - 1)] += 1;
    }
    let level = |at: usize| min + width * (at as f64 + if is_centred { 0.5 } else { 0.0 });
    let fraction = |at: usize| if n_levels > 1 { at as f64 / (n_levels - 1) as f64 } else { 1.0 };
    let volumes: Vec<f64> = counts
        .iter()
        .scan(n, |left, &count| {
            let volume = *left as f64 / n as f64;
            *left -= count;
            Some(volume)
        })
        .collect();
    // a hair of tolerance, so that 10 % of 1000 levels is level 100
    let at_intensity = |x: f64| (0..n_levels).find(|&at| fraction(at) >= x - 1e-12).map_or(0.0, |at| volumes[at]);
    let at_volume = |x: f64| level((0..n_levels).find(|&at| volumes[at] <= x + 1e-12).unwrap_or(n_levels - 1));
    let area: f64 =
        (1..n_levels).map(|at| 0.5 * (volumes[at] + volumes[at - 1]) * (fraction(at) - fraction(at - 1))).sum();
    let (v10, v90, i10, i90) = (at_intensity(0.1), at_intensity(0.9), at_volume(0.1), at_volume(0.9));
    [v10, v90, i10, i90, v10 - v90, i10 - i90, area]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uniform_distribution_has_a_straight_curve() {
        let values: Vec<f32> = (0..=1000).map(|n| n as f32).collect();
        let [v10, v90, i10, i90, dv, di, area] = intensity_volume_histogram(&values, IvhLevels::Own);
        assert!((v10 - 901.0 / 1001.0).abs() < 1e-12 && (v90 - 101.0 / 1001.0).abs() < 1e-12);
        assert_eq!((i10, i90), (901.0, 101.0));
        assert!((dv - 0.8).abs() < 1e-3 && di == 800.0 && (area - 0.5).abs() < 1e-3);
        // the same in thousandths is no map of integers: 1000 bins, each for its centre
        let thousandths: Vec<f32> = values.iter().map(|v| v / 1000.0).collect();
        let of_bins = intensity_volume_histogram(&thousandths, IvhLevels::Own);
        assert!((of_bins[0] - v10).abs() < 2e-3 && (of_bins[2] - 0.901).abs() < 2e-3, "{of_bins:?}");
        let of_width = intensity_volume_histogram(&values, IvhLevels::Width(10.0));
        assert!((of_width[2] - 905.0).abs() < 11.0 && (of_width[6] - 0.5).abs() < 0.01);
    }

    #[test]
    fn one_value_and_none() {
        assert_eq!(intensity_volume_histogram(&[7.0, 7.0], IvhLevels::Own)[..4], [1.0, 1.0, 7.0, 7.0]);
        assert!(intensity_volume_histogram(&[f32::NAN], IvhLevels::Own).iter().all(|v| v.is_nan()));
    }
}
