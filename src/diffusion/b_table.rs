//! Which volumes of a series enter a fit: the b-values checked, selected and, where they cannot be true, refused.
//!
//! Units   b in s/mm2; volumes are counted from 0
//! Rules   b-values nearer than max(5, 2 %) count as equal, but every volume is fitted with its actual value. By default
//!         b >= 50 is used where two such b's exist: leaving b = 0 out halves the perfusion bias. The reason is returned
//!         and belongs into every output, because the lowest b changes ADC.
//! Repeats repeats and directions of one b all enter the fit, each as one equation in ln S: together they count as their
//!         geometric mean (the trace), weighted by their number.
//! Traps   converters append the scanner's ADC map to Siemens trace series as a last volume with "b = 0"; fitted as an
//!         image it turns 579 um2/s into 275. See [`super::signal_check`].

use super::DiffusionError;

/// Below this b (s/mm2) perfusion and large-vessel signal distort ADC; the default lowest b used.
pub const DEFAULT_B_MIN: f64 = 50.0;
/// Volumes below this b (s/mm2) count as "b = 0".
pub const B_ZERO: f64 = 10.0;
/// How far an actual b of the nominal lowest one may lie below it, s/mm2.
pub(super) const ROUNDING: f64 = 5.0;

/// What the user asked to use.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BSelection {
    /// Lowest b used, s/mm2; `None` = 50 where two such b's exist, else all.
    pub b_min: Option<f64>,
    /// Highest b used, s/mm2.
    pub b_max: Option<f64>,
    /// Volumes left out, counted from 0.
    pub drop_volumes: Vec<usize>,
    /// Use the b-values even where the signal contradicts them; the contradiction becomes a warning.
    #[serde(default)]
    pub trust: bool,
}

impl BSelection {
    /// The b-values with NaN for the volumes left out, so that no search by b finds them.
    pub fn kept(&self, b: &[f64]) -> Vec<f64> {
        (0..b.len()).map(|volume| if self.drop_volumes.contains(&volume) { f64::NAN } else { b[volume] }).collect()
    }
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

/// Volumes whose b-values are one setting of the scanner.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BGroup {
    /// Mean of the actual b-values, s/mm2.
    pub b: f64,
    /// The volumes, counted from 0.
    pub volumes: Vec<usize>,
}

/// The volumes in groups of equal b, ascending; volumes whose b is no number are left out.
pub fn groups(b: &[f64]) -> Vec<BGroup> {
    let known: Vec<f64> = b.iter().copied().filter(|b| b.is_finite()).collect();
    let lowest = distinct(&known);
    let mut groups: Vec<BGroup> = lowest.iter().map(|_| BGroup { b: 0.0, volumes: Vec::new() }).collect();
    for (volume, &value) in b.iter().enumerate().filter(|(_, b)| b.is_finite()) {
        // the last group that starts at or below the value is the one that took it in
        let group = &mut groups[lowest.partition_point(|&low| low <= value).saturating_sub(1)];
        group.volumes.push(volume);
        group.b += (value - group.b) / group.volumes.len() as f64;
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
        // scanners write 49.6 for 50
        None if distinct(&values(&within(DEFAULT_B_MIN - ROUNDING))).len() >= 2 => (
            within(DEFAULT_B_MIN - ROUNDING),
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let b = [928.3, 1.25, 0.0, 930.1];
        assert_eq!(distinct(&b), [0.0, 928.3]);
        let groups = groups(&b);
        assert_eq!(groups.iter().map(|g| g.volumes.clone()).collect::<Vec<_>>(), [vec![1, 2], vec![0, 3]]);
        assert!((groups[1].b - 929.2).abs() < 1e-9);
        assert_eq!(chosen(&[0.0, 49.6, 399.0, 901.0], BSelection::default()).unwrap(), [1, 2, 3]);
    }
}
