//! Which volumes of a series enter a fit: the b-values checked, selected and, where they cannot be true, refused.
//!
//! Units   b in s/mm2; volumes are counted from 0
//! Rules   b-values nearer than max(5, 2 %) count as equal, but every volume is fitted with its actual value. By default
//!         b >= 50 is used where two such b's exist: leaving b = 0 out halves the perfusion bias. The reason is returned
//!         and belongs into every output, because the lowest b changes ADC.
//! Traps   converters append the scanner's ADC map to Siemens trace series as a last volume with "b = 0"; fitted as an
//!         image it turns 579 um2/s into 275. [`check_signal`] refuses such a series, and one whose signal rises with b.

use super::DiffusionError;
use ndarray::ArrayView4;

/// Below this b (s/mm2) perfusion and large-vessel signal distort ADC; the default lowest b used.
pub const DEFAULT_B_MIN: f64 = 50.0;
/// Volumes below this b (s/mm2) count as "b = 0".
pub const B_ZERO: f64 = 10.0;
/// Correlation with the fitted ADC from which on a "b = 0" volume is taken for an ADC map ...
const ADC_MAP_CORRELATION: f64 = 0.9;
/// ... if the two are also proportional: interquartile range of their ratio over its median at most this.
const ADC_MAP_RATIO_SPREAD: f64 = 0.3;
/// Rise of the summed bright signal between two b's that no noise explains.
const ALLOWED_RISE: f64 = 1.02;
/// Voxels looked at in the signal checks.
const SAMPLE: usize = 40_000;

/// What the user asked to use.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BSelection {
    /// Lowest b used, s/mm2; `None` = 50 where two such b's exist, else all.
    pub b_min: Option<f64>,
    /// Highest b used, s/mm2.
    pub b_max: Option<f64>,
    /// Volumes left out, counted from 0.
    pub drop_volumes: Vec<usize>,
}

/// The volumes that enter a fit.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Chosen {
    /// Volumes, counted from 0, ascending.
    pub volumes: Vec<usize>,
    /// Their b-values, s/mm2.
    pub b: Vec<f64>,
    /// The rule that chose them, in words.
    pub reason: String,
}

/// True where two b-values are one setting of the scanner: they differ by at most max(5, 2 %).
pub fn same_b(a: f64, b: f64) -> bool {
    (a - b).abs() <= 5.0_f64.max(0.02 * a.max(b))
}

/// Distinct b-values, ascending, each the lowest of its group.
pub fn distinct(b: &[f64]) -> Vec<f64> {
    let mut sorted = b.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut groups: Vec<f64> = Vec::new();
    for value in sorted {
        if groups.last().is_none_or(|&last| !same_b(last, value)) {
            groups.push(value);
        }
    }
    groups
}

impl Chosen {
    /// Distinct b-values used, ascending.
    pub fn distinct(&self) -> Vec<f64> {
        distinct(&self.b)
    }
}

/// `50, 400, 900`.
pub fn list(b: &[f64]) -> String {
    b.iter().map(|value| format!("{value}")).collect::<Vec<_>>().join(", ")
}

/// Checks the b-values of a series and chooses the volumes to fit.
///
/// # Errors
/// [`DiffusionError::BCount`], [`DiffusionError::BadB`], [`DiffusionError::Selection`] for a dropped volume that does
/// not exist, [`DiffusionError::TooFewB`].
pub fn choose(b: &[f64], n_volumes: usize, selection: &BSelection) -> Result<Chosen, DiffusionError> {
    if b.len() != n_volumes {
        return Err(DiffusionError::BCount { n_b: b.len(), n_volumes });
    }
    if let Some(&missing) = selection.drop_volumes.iter().find(|&&volume| volume >= n_volumes) {
        let problem = format!("volume {missing} cannot be dropped: there are {n_volumes}");
        return Err(DiffusionError::Selection { problem });
    }
    let kept: Vec<usize> = (0..n_volumes).filter(|volume| !selection.drop_volumes.contains(volume)).collect();
    if let Some(&volume) = kept.iter().find(|&&v| !(b[v].is_finite() && b[v] >= 0.0)) {
        return Err(DiffusionError::BadB { volume, value: b[volume] });
    }
    let b_max = selection.b_max.unwrap_or(f64::INFINITY);
    let within = |low: f64| -> Vec<usize> { kept.iter().copied().filter(|&v| b[v] >= low && b[v] <= b_max).collect() };
    let values = |volumes: &[usize]| -> Vec<f64> { volumes.iter().map(|&v| b[v]).collect() };

    let (volumes, mut reason) = match selection.b_min {
        Some(low) => (within(low), format!("b >= {low} s/mm2 as asked")),
        None if distinct(&values(&within(DEFAULT_B_MIN))).len() >= 2 => (
            within(DEFAULT_B_MIN),
            format!("b >= {DEFAULT_B_MIN} s/mm2 by default, since two such b-values exist (less perfusion)"),
        ),
        None => (within(0.0), format!("every b, since fewer than two are >= {DEFAULT_B_MIN} s/mm2")),
    };
    if let Some(high) = selection.b_max {
        reason.push_str(&format!(", b <= {high} s/mm2 as asked"));
    }
    if !selection.drop_volumes.is_empty() {
        let dropped: Vec<String> = selection.drop_volumes.iter().map(usize::to_string).collect();
        reason.push_str(&format!(", without volume {}", dropped.join(", ")));
    }
    let chosen = Chosen { b: values(&volumes), volumes, reason };
    if chosen.distinct().len() < 2 {
        return Err(DiffusionError::TooFewB {
            left: if chosen.b.is_empty() { "none".to_owned() } else { list(&chosen.b) },
        });
    }
    Ok(chosen)
}

/// Refuses a series that cannot be what its b-values say: an ADC map labelled b = 0, or a signal that rises with b.
///
/// Looks at some ten thousand bright voxels of the volumes that were not dropped, chosen for the fit or not.
///
/// # Errors
/// [`DiffusionError::AppendedAdcMap`], [`DiffusionError::NotDecaying`].
pub fn check_signal(series: ArrayView4<'_, f32>, b: &[f64], drop_volumes: &[usize]) -> Result<(), DiffusionError> {
    let volumes: Vec<usize> = (0..b.len()).filter(|volume| !drop_volumes.contains(volume)).collect();
    let sample = bright_sample(series, &volumes);
    if sample.len() < 100 {
        return Ok(()); // too little to judge by
    }
    for (place, &volume) in volumes.iter().enumerate() {
        let others: Vec<usize> = (0..volumes.len()).filter(|&p| p != place).collect();
        let others_b: Vec<f64> = others.iter().map(|&p| b[volumes[p]]).collect();
        if b[volume] < B_ZERO && distinct(&others_b).len() >= 2 {
            let (correlation, ratio_spread) = likeness_to_adc(&sample, place, &others, &others_b);
            if correlation >= ADC_MAP_CORRELATION && ratio_spread <= ADC_MAP_RATIO_SPREAD {
                return Err(DiffusionError::AppendedAdcMap { volume, b: b[volume], correlation });
            }
        }
    }
    let mean_at = |low: f64| -> f64 {
        let places: Vec<usize> = (0..volumes.len()).filter(|&p| same_b(low, b[volumes[p]])).collect();
        let sum: f64 = sample.iter().flat_map(|voxel| places.iter().map(|&p| f64::from(voxel[p]))).sum();
        sum / (places.len().max(1) as f64)
    };
    let levels: Vec<(f64, f64)> = distinct(&volumes.iter().map(|&v| b[v]).collect::<Vec<_>>())
        .into_iter()
        .map(|low| (low, mean_at(low)))
        .collect();
    for pair in levels.windows(2) {
        let ((b_low, before), (b_high, after)) = (pair[0], pair[1]);
        if after > ALLOWED_RISE * before {
            return Err(DiffusionError::NotDecaying { b_low, b_high, percent: 100.0 * (after / before - 1.0) });
        }
    }
    Ok(())
}

/// Signals of the brighter quarter of a regular sample of voxels that are positive in all volumes.
fn bright_sample(series: ArrayView4<'_, f32>, volumes: &[usize]) -> Vec<Vec<f32>> {
    let shape = series.shape();
    let (nx, ny) = (shape[0], shape[1]);
    let n = nx * ny * shape[2];
    // an odd step that shares no factor with usual matrix sizes, so that no column is favoured
    let step = (n / SAMPLE).max(1) | 1;
    let mut sample: Vec<(f32, Vec<f32>)> = (0..n)
        .step_by(step)
        .filter_map(|voxel| {
            let (i, j, k) = (voxel % nx, voxel / nx % ny, voxel / (nx * ny));
            let signal: Vec<f32> = volumes.iter().map(|&v| series[[i, j, k, v]]).collect();
            let positive = signal.iter().all(|s| *s > 0.0 && s.is_finite());
            positive.then(|| (signal.iter().map(|s| s.ln()).sum(), signal))
        })
        .collect();
    sample.sort_by(|a, b| b.0.total_cmp(&a.0));
    sample.truncate(sample.len() / 4);
    sample.into_iter().map(|(_, signal)| signal).collect()
}

/// How alike one volume and the log-linear ADC of the others are over the sample: Pearson correlation, and the spread
/// (interquartile range over median) of their ratio.
fn likeness_to_adc(sample: &[Vec<f32>], place: usize, others: &[usize], others_b: &[f64]) -> (f64, f64) {
    let mean_b = others_b.iter().sum::<f64>() / others_b.len() as f64;
    let pairs: Vec<(f64, f64)> = sample
        .iter()
        .map(|voxel| {
            let adc: f64 = others.iter().zip(others_b).map(|(&p, b)| -(b - mean_b) * f64::from(voxel[p]).ln()).sum();
            (f64::from(voxel[place]), adc)
        })
        .collect();
    let n = pairs.len() as f64;
    let (mx, my) = pairs.iter().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x / n, sy + y / n));
    let (mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0);
    for (x, y) in &pairs {
        sxx += (x - mx).powi(2);
        syy += (y - my).powi(2);
        sxy += (x - mx) * (y - my);
    }
    let correlation = if sxx > 0.0 && syy > 0.0 { sxy / (sxx * syy).sqrt() } else { 0.0 };
    let mut ratios: Vec<f64> = pairs.iter().map(|(x, y)| y / x).collect();
    ratios.sort_by(f64::total_cmp);
    let quartile = |q: usize| ratios[(ratios.len() - 1) * q / 4];
    (correlation, (quartile(3) - quartile(1)) / quartile(2).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, ShapeBuilder};

    fn chosen(b: &[f64], selection: BSelection) -> Result<Vec<usize>, DiffusionError> {
        choose(b, b.len(), &selection).map(|chosen| chosen.volumes)
    }

    #[test]
    fn b_zero_is_left_out_where_two_others_exist() {
        assert_eq!(chosen(&[0.0, 50.0, 400.0, 900.0], BSelection::default()).unwrap(), [1, 2, 3]);
        assert_eq!(chosen(&[0.0, 900.0], BSelection::default()).unwrap(), [0, 1]);
        let all = BSelection { b_min: Some(0.0), ..Default::default() };
        assert_eq!(chosen(&[0.0, 50.0, 400.0, 900.0], all).unwrap(), [0, 1, 2, 3]);
        let low = BSelection { b_max: Some(400.0), drop_volumes: vec![0], ..Default::default() };
        assert_eq!(chosen(&[0.0, 50.0, 400.0, 900.0], low).unwrap(), [1, 2]);
    }

    #[test]
    fn what_cannot_be_fitted_is_refused_by_name() {
        use crate::error::Failure;
        let slug = |b: &[f64], n, selection| choose(b, n, &selection).unwrap_err().slug();
        assert_eq!(slug(&[50.0, 900.0], 3, BSelection::default()), "b-count");
        assert_eq!(slug(&[50.0, f64::NAN], 2, BSelection::default()), "bad-b-value");
        assert_eq!(slug(&[50.0, -5.0], 2, BSelection::default()), "bad-b-value");
        assert_eq!(slug(&[900.0, 905.0], 2, BSelection::default()), "too-few-b-values");
        assert_eq!(slug(&[0.0, 0.0, 0.0], 3, BSelection::default()), "too-few-b-values");
        let beyond = BSelection { drop_volumes: vec![2], ..Default::default() };
        assert_eq!(slug(&[50.0, 900.0], 2, beyond), "volume-selection");
    }

    #[test]
    fn nearly_equal_values_of_one_setting_are_one() {
        // as UIH scanners write them
        assert_eq!(distinct(&[928.3, 1.25, 0.0, 930.1]), [0.0, 928.3]);
    }

    /// Signal of tissues with their own S0 and ADC, with the volumes at `b`; S0 and ADC do not go together.
    fn tissues(b: &[f64]) -> Array4<f32> {
        Array4::from_shape_fn((20, 20, 4, b.len()).f(), |(i, j, k, v)| {
            let s0 = 300.0 + 37.0 * ((i * 7 + j * 3) % 11) as f64;
            let adc = 500.0 + 90.0 * ((i + 5 * j + k) % 13) as f64;
            (s0 * (-b[v] * adc * 1e-6).exp()) as f32
        })
    }

    #[test]
    fn a_scanner_adc_map_at_the_end_is_named_and_can_be_dropped() {
        let b = [0.0, 500.0, 1000.0, 0.0];
        let mut series = tissues(&b);
        assert!(check_signal(series.view(), &b, &[]).is_ok());
        for ((i, j, k, v), value) in series.indexed_iter_mut() {
            if v == 3 {
                *value = 500.0 + 90.0 * ((i + 5 * j + k) % 13) as f32;
            }
        }
        match check_signal(series.view(), &b, &[]) {
            Err(DiffusionError::AppendedAdcMap { volume: 3, .. }) => {}
            other => panic!("{other:?}"),
        }
        assert!(check_signal(series.view(), &b, &[3]).is_ok());
    }

    #[test]
    fn b_values_in_the_wrong_order_are_seen() {
        let series = tissues(&[50.0, 400.0, 900.0]);
        let wrong = check_signal(series.view(), &[900.0, 400.0, 50.0], &[]);
        assert!(matches!(wrong, Err(DiffusionError::NotDecaying { .. })));
    }
}
