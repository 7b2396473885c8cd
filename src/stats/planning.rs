//! Before data, and about published numbers: power and size of an ROC study, patients for a model, possible areas.
//!
//! ROC: the normal-theory variance of Obuchowski, Lieber and Wians 2004 (doi:10.1373/clinchem.2004.031823), two-sided.
//! Models: the criteria of Riley 2019 (doi:10.1002/sim.7992) on shrinkage, optimism in R2 and the overall risk.
//! Possible areas: an area is a whole number of half pairs over n1 n0; a printed area that no such number rounds to did
//! not come from these groups (the GRIM test of Brown and Heathers 2017, doi:10.1177/1948550616673876, for areas).

use super::StatsError;
use super::distributions::{normal_half_width, normal_quantile, normal_sf};

/// Constant of the cited paper for the square root of two.
const ROOT_TWO: f64 = 1.414;

/// Variance of an area per positive patient, for `kappa` negatives a positive.
fn variance(auc: f64, kappa: f64) -> f64 {
    let a = normal_quantile(auc) * ROOT_TWO;
    let square = a * a;
    0.0099 * (-square / 2.0).exp() * (5.0 * square + 8.0 + (square + 8.0) / kappa)
}

fn plausible(auc: f64) -> Result<(), StatsError> {
    if auc > 0.5 && auc < 1.0 {
        return Ok(());
    }
    Err(StatsError::OutOfRange { what: "the area to be found", value: auc, allowed: "more than 0.5, less than 1" })
}

/// Power of a two-sided test of an area against one half.
///
/// # Errors
/// An area not between one half and one, an empty group.
pub fn auc_power(auc: f64, n_positive: usize, n_negative: usize, level: f64) -> Result<f64, StatsError> {
    plausible(auc)?;
    if n_positive == 0 || n_negative == 0 {
        return Err(StatsError::OneClass { positive: n_positive, negative: n_negative });
    }
    let kappa = n_negative as f64 / n_positive as f64;
    let reach = (n_positive as f64).sqrt() * (auc - 0.5) - normal_half_width(level) * variance(0.5, kappa).sqrt();
    Ok(normal_sf(-reach / variance(auc, kappa).sqrt()))
}

/// Positive patients, not rounded, at which the test has this power with `kappa` negatives a positive.
///
/// # Errors
/// An area not between one half and one, a power not between the test's level and one.
pub fn auc_sample_size(auc: f64, power: f64, kappa: f64, level: f64) -> Result<f64, StatsError> {
    plausible(auc)?;
    if !(power > 1.0 - level && power < 1.0) {
        let allowed = "more than the level of the test, less than 1";
        return Err(StatsError::OutOfRange { what: "the power", value: power, allowed });
    }
    if !(kappa > 0.0 && kappa.is_finite()) {
        let allowed = "a positive number";
        return Err(StatsError::OutOfRange { what: "negative patients a positive", value: kappa, allowed });
    }
    let root =
        normal_half_width(level) * variance(0.5, kappa).sqrt() + normal_quantile(power) * variance(auc, kappa).sqrt();
    Ok((root / (auc - 0.5)).powi(2))
}

/// Patients that a prediction model needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelSize {
    /// So that coefficients shrink by 10 % at most.
    pub shrinkage: usize,
    /// So that Nagelkerke's R2 is optimistic by 0.05 at most.
    pub optimism: usize,
    /// So that the overall risk is known to 0.05.
    pub risk: usize,
}

impl ModelSize {
    /// The largest of the three.
    pub fn needed(&self) -> usize {
        self.shrinkage.max(self.optimism).max(self.risk)
    }
}

/// Patients for a logistic model with this many coefficients, an expected Cox-Snell R2 and share of events.
///
/// # Errors
/// R2 that is not below its largest value at this share, a share not between 0 and 1, no coefficient.
pub fn model_size(coefficients: usize, cox_snell: f64, share: f64) -> Result<ModelSize, StatsError> {
    if !(share > 0.0 && share < 1.0) {
        return Err(StatsError::OutOfRange { what: "the share of events", value: share, allowed: "between 0 and 1" });
    }
    if coefficients == 0 {
        return Err(StatsError::TooFewValues { what: "the size of a model", needed: 1, found: 0 });
    }
    let null = share * share.ln() + (1.0 - share) * (1.0 - share).ln();
    let largest = 1.0 - (2.0 * null).exp();
    if !(cox_snell > 0.0 && cox_snell < largest) {
        let allowed = "more than 0, less than its largest value at this share of events";
        return Err(StatsError::OutOfRange { what: "Cox and Snell's R2", value: cox_snell, allowed });
    }
    let p = coefficients as f64;
    let size = |shrinkage: f64| (p / ((shrinkage - 1.0) * (1.0 - cox_snell / shrinkage).ln())).ceil() as usize;
    let risk = ((1.96f64 / 0.05).powi(2) * share * (1.0 - share)).ceil() as usize;
    Ok(ModelSize { shrinkage: size(0.9), optimism: size(cox_snell / (cox_snell + 0.05 * largest)), risk })
}

/// Whether a printed area can come from groups of these sizes.
#[derive(Debug, Clone, PartialEq)]
pub struct PossibleArea {
    /// Twice U, at and around which the area rounds to what was printed; empty where none does.
    pub twice_u: Vec<u64>,
    /// Whether one of them needs no tied pair.
    pub without_ties: bool,
    /// The nearest areas that exist, below and above.
    pub nearest: [f64; 2],
}

/// Looks for an area printed with so many decimals among those that groups of these sizes can have.
///
/// # Errors
/// An area outside 0..=1, an empty group, more than nine decimals.
pub fn possible_area(
    auc: f64,
    decimals: u32,
    n_positive: usize,
    n_negative: usize,
) -> Result<PossibleArea, StatsError> {
    if !(0.0..=1.0).contains(&auc) {
        return Err(StatsError::OutOfRange { what: "the printed area", value: auc, allowed: "0 to 1" });
    }
    if decimals > 9 {
        let allowed = "up to 9";
        return Err(StatsError::OutOfRange {
            what: "decimals of the printed area",
            value: f64::from(decimals),
            allowed,
        });
    }
    if n_positive == 0 || n_negative == 0 {
        return Err(StatsError::OneClass { positive: n_positive, negative: n_negative });
    }
    let whole = 2 * (n_positive as u64) * (n_negative as u64);
    let unit = 10f64.powi(decimals as i32);
    // a value half-way may have been rounded either way
    let (low, high) = ((auc * unit).round() - 0.5, (auc * unit).round() + 0.5);
    let scaled = |u: u64| u as f64 * unit / whole as f64;
    let from = (low / unit * whole as f64 - 1.0).max(0.0).floor() as u64;
    let to = ((high / unit * whole as f64 + 1.0).ceil() as u64).min(whole);
    let twice_u: Vec<u64> = (from..=to).filter(|&u| scaled(u) >= low - 1e-9 && scaled(u) <= high + 1e-9).collect();
    let below = (auc * whole as f64 + 1e-9).floor().min(whole as f64);
    let above = (auc * whole as f64 - 1e-9).ceil().max(0.0);
    Ok(PossibleArea {
        without_ties: twice_u.iter().any(|u| u % 2 == 0),
        twice_u,
        nearest: [below / whole as f64, above / whole as f64],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_that_gives_a_power_has_it() {
        let n = auc_sample_size(0.8, 0.9, 35.0 / 15.0, 0.95).unwrap();
        let up = auc_power(0.8, n.ceil() as usize, (n.ceil() * 35.0 / 15.0).ceil() as usize, 0.95).unwrap();
        assert!((0.9..0.93).contains(&up), "{up}");
        assert!(auc_power(0.4, 10, 10, 0.95).is_err() && auc_sample_size(0.8, 1.0, 1.0, 0.95).is_err());
    }

    #[test]
    fn the_published_areas_are_checked_against_their_groups() {
        // 15 x 35: 0.847 comes from U = 444.5 alone, 0.964 from U = 506
        let m = possible_area(0.847, 3, 15, 35).unwrap();
        assert_eq!((m.twice_u, m.without_ties), (vec![889], false));
        let ff = possible_area(0.964, 3, 15, 35).unwrap();
        assert_eq!((ff.twice_u, ff.without_ties), (vec![1012], true));
        assert!(possible_area(0.847, 3, 15, 34).unwrap().without_ties);
        // 2 x 2 pairs give eighths only
        let none = possible_area(0.9, 2, 2, 2).unwrap();
        assert!(none.twice_u.is_empty() && none.nearest == [0.875, 1.0]);
    }

    #[test]
    fn a_rare_outcome_has_a_low_ceiling() {
        assert!(matches!(model_size(2, 0.75, 0.3), Err(StatsError::OutOfRange { .. })));
        assert_eq!(model_size(2, 0.3, 0.3).unwrap().needed(), 323);
    }
}
