//! What a fitted logistic model is worth and which patients and columns hold it up.
//!
//! Explained variation: McFadden 1974, Cox and Snell 1989, Nagelkerke 1991 (doi:10.1093/biomet/78.3.691), Tjur 2009
//! (doi:10.1198/tast.2009.08210). Fit: Hosmer and Lemeshow with groups at quantiles of type 7 (as ResourceSelection;
//! SPSS bins by rank and gives another number), Spiegelhalter 1986 (doi:10.1002/sim.4780050506). Influence: leverage,
//! standardised Pearson residual, Cook's distance. Columns: variance inflation from the fit's own covariance (as
//! car::vif) and from the columns alone (as a linear regression gives it).

use super::StatsError;
use super::design::Design;
use super::distributions::chi2_sf;
use super::error::same_length;
use super::flac::{covariance, leverages};
use super::linalg::{cholesky, invert};
use super::logistic::Fit;
use super::summary::quantile;

/// Measures of a whole model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// -2 log-likelihood + ln(n) coefficients.
    pub bic: f64,
    /// AIC with its small-sample correction; none where there are no more patients than coefficients + 1.
    pub aicc: Option<f64>,
    /// 1 - l / l0.
    pub mcfadden: f64,
    /// 1 - exp(2 (l0 - l) / n).
    pub cox_snell: f64,
    /// Cox and Snell's over its largest value.
    pub nagelkerke: f64,
    /// Mean predicted risk of the positive minus that of the negative class.
    pub tjur: f64,
    /// Rao's score test of all slopes, chi-squared with as many degrees of freedom as there are slopes.
    pub score_chi2: f64,
    /// Its p.
    pub score_p: f64,
    /// Mean squared distance of predictions from what happened.
    pub brier: f64,
    /// 1 - Brier over that of the observed share.
    pub scaled_brier: f64,
    /// Spiegelhalter's z of calibration.
    pub spiegelhalter_z: f64,
    /// Events, or the rarer of both classes, per slope.
    pub events_per_slope: f64,
}

/// Measures of a fit on its own patients.
///
/// # Errors
/// A design that is not the one of the outcome.
pub fn worth(fit: &Fit, design: &Design, positive: &[bool]) -> Result<Worth, StatsError> {
    same_length("measures of a model", design.rows(), positive.len())?;
    let (n, k) = (fit.n as f64, fit.coefficients.len() as f64);
    let (l, l0, events) = (fit.log_likelihood, fit.null_log_likelihood, fit.events as f64);
    let risk: Vec<f64> = fit.linear_predictors(design).into_iter().map(super::delong::inverse_logit).collect();
    let mean_of = |class: bool, count: f64| {
        risk.iter().zip(positive).filter(|&(_, &p)| p == class).map(|(r, _)| r).sum::<f64>() / count
    };
    let cox_snell = 1.0 - (2.0 * (l0 - l) / n).exp();
    let share = events / n;
    let brier = super::calibration::brier(&risk, positive);
    let score_chi2 = score_test(design, positive, share)?;
    Ok(Worth {
        bic: k * n.ln() - 2.0 * l,
        aicc: (n > k + 1.0).then(|| 2.0 * k - 2.0 * l + 2.0 * k * (k + 1.0) / (n - k - 1.0)),
        mcfadden: 1.0 - l / l0,
        cox_snell,
        nagelkerke: cox_snell / (1.0 - (2.0 * l0 / n).exp()),
        tjur: mean_of(true, events) - mean_of(false, n - events),
        score_chi2,
        score_p: chi2_sf(score_chi2, k - 1.0),
        brier,
        scaled_brier: 1.0 - brier / (share * (1.0 - share)),
        spiegelhalter_z: spiegelhalter_z(&risk, positive),
        events_per_slope: events.min(n - events) / (k - 1.0).max(1.0),
    })
}

/// Spiegelhalter's z: below or above what calibrated risks would make of the Brier score.
pub fn spiegelhalter_z(risk: &[f64], positive: &[bool]) -> f64 {
    let excess: f64 = risk.iter().zip(positive).map(|(p, &y)| (f64::from(y) - p) * (1.0 - 2.0 * p)).sum();
    let spread: f64 = risk.iter().map(|p| (1.0 - 2.0 * p).powi(2) * p * (1.0 - p)).sum();
    excess / spread.sqrt()
}

/// Score statistic of all slopes at the model without any.
fn score_test(design: &Design, positive: &[bool], share: f64) -> Result<f64, StatsError> {
    let k = design.width();
    let inverse = covariance(design, |_| share * (1.0 - share))?;
    let score: Vec<f64> =
        (0..k).map(|j| (0..design.rows()).map(|i| design.row(i)[j] * (f64::from(positive[i]) - share)).sum()).collect();
    Ok((0..k).map(|a| score[a] * (0..k).map(|b| inverse[a * k + b] * score[b]).sum::<f64>()).sum())
}

/// Hosmer and Lemeshow's test.
#[derive(Debug, Clone, PartialEq)]
pub struct HosmerLemeshow {
    /// Statistic.
    pub chi2: f64,
    /// Degrees of freedom: groups minus 2.
    pub df: usize,
    /// p; with 50 patients it sees little.
    pub p: f64,
    /// Observed and expected events and patients of each group.
    pub groups: Vec<(usize, f64, usize)>,
}

/// Groups patients by predicted risk at quantiles of type 7; equal cut points are one.
///
/// # Errors
/// Fewer than three groups asked for, risks that make fewer than three groups.
pub fn hosmer_lemeshow(risk: &[f64], positive: &[bool], groups: usize) -> Result<HosmerLemeshow, StatsError> {
    const WHAT: &str = "the Hosmer-Lemeshow test";
    same_length(WHAT, risk.len(), positive.len())?;
    if groups < 3 {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 3, found: groups });
    }
    let mut sorted = risk.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut cuts: Vec<f64> = (0..=groups).map(|g| quantile(&sorted, g as f64 / groups as f64)).collect();
    cuts.dedup();
    if cuts.len() < 4 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let mut found = vec![(0usize, 0.0, 0usize); cuts.len() - 1];
    for (&p, &y) in risk.iter().zip(positive) {
        // a group holds its upper cut point, the first one its lower too
        let place = cuts.partition_point(|&c| c < p).clamp(1, cuts.len() - 1) - 1;
        found[place].0 += usize::from(y);
        found[place].1 += p;
        found[place].2 += 1;
    }
    let chi2 = found
        .iter()
        .filter(|g| g.2 > 0)
        .map(|&(seen, expected, n)| {
            let gap = (seen as f64 - expected).powi(2);
            gap / expected + gap / (n as f64 - expected)
        })
        .sum();
    let df = found.len() - 2;
    Ok(HosmerLemeshow { chi2, df, p: chi2_sf(chi2, df as f64), groups: found })
}

/// How much each patient holds the fit up.
#[derive(Debug, Clone, PartialEq)]
pub struct Influence {
    /// Leverage: diagonal of the hat matrix; they add up to the number of coefficients.
    pub leverage: Vec<f64>,
    /// Pearson residual over its standard deviation.
    pub standardised_residual: Vec<f64>,
    /// Cook's distance, one step.
    pub cooks_distance: Vec<f64>,
}

/// Influence of every patient on a fit.
///
/// # Errors
/// A singular information.
pub fn influence(fit: &Fit, design: &Design, positive: &[bool]) -> Result<Influence, StatsError> {
    let beta = design.standardise(&fit.coefficients);
    let leverage = leverages(design, &beta)?;
    let k = fit.coefficients.len() as f64;
    let residual = |i: usize| {
        let lp: f64 = beta.iter().zip(design.row(i)).map(|(b, x)| b * x).sum();
        let p = super::delong::inverse_logit(lp);
        (f64::from(positive[i]) - p) / (p * (1.0 - p)).sqrt()
    };
    let standardised_residual: Vec<f64> =
        leverage.iter().enumerate().map(|(i, h)| residual(i) / (1.0 - h).sqrt()).collect();
    let cooks_distance =
        leverage.iter().zip(&standardised_residual).map(|(h, r)| r * r * h / ((1.0 - h) * k)).collect();
    Ok(Influence { leverage, standardised_residual, cooks_distance })
}

/// Variance inflation of each column.
#[derive(Debug, Clone, PartialEq)]
pub struct Inflation {
    /// From the covariance of the fitted coefficients.
    pub weighted: Vec<f64>,
    /// From the correlation of the columns.
    pub unweighted: Vec<f64>,
}

/// Variance inflation of a fit's columns; 1 each where there is one column.
///
/// # Errors
/// A singular information.
pub fn inflation(fit: &Fit, design: &Design) -> Result<Inflation, StatsError> {
    let k = design.width();
    let beta = design.standardise(&fit.coefficients);
    let of_fit = covariance(design, |row| {
        let p = super::delong::inverse_logit(beta.iter().zip(row).map(|(b, x)| b * x).sum());
        p * (1.0 - p)
    })?;
    let of_columns = covariance(design, |_| 1.0)?;
    Ok(Inflation { weighted: of_slopes(&of_fit, k)?, unweighted: of_slopes(&of_columns, k)? })
}

/// Variance of each slope times that of its inverse: the diagonal of the inverse correlation.
fn of_slopes(covariance: &[f64], k: usize) -> Result<Vec<f64>, StatsError> {
    let p = k - 1;
    let mut factor: Vec<f64> = (0..p * p).map(|i| covariance[(i / p + 1) * k + i % p + 1]).collect();
    let diagonal: Vec<f64> = (0..p).map(|j| factor[j * p + j]).collect();
    if !cholesky(&mut factor, p) {
        return Err(StatsError::NotConverged { what: "the covariance of the slopes", score: f64::NAN });
    }
    let (mut inverse, mut column) = (vec![0.0; p * p], vec![0.0; p]);
    invert(&factor, &mut inverse, &mut column);
    Ok((0..p).map(|j| inverse[j * p + j] * diagonal[j]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::logistic::maximum_likelihood;

    fn data() -> (Design, Vec<bool>) {
        let a: Vec<f64> = (0..40).map(|i| (i * 7 % 23) as f64).collect();
        let b: Vec<f64> = (0..40).map(|i| (i * i % 17) as f64).collect();
        let y = (0..40).map(|i| (i * 7 % 23) + (i * 11 % 19) > 22).collect();
        (Design::new(&["a".to_owned(), "b".to_owned()], &[a, b]).unwrap(), y)
    }

    #[test]
    fn leverages_add_up_to_the_coefficients_and_maximum_likelihood_is_calibrated() {
        let (design, y) = data();
        let fit = maximum_likelihood(&design, &y).unwrap();
        let i = influence(&fit, &design, &y).unwrap();
        assert!((i.leverage.iter().sum::<f64>() - 3.0).abs() < 1e-10);
        assert!(i.cooks_distance.iter().all(|d| *d >= 0.0));
        let w = worth(&fit, &design, &y).unwrap();
        assert!(w.nagelkerke > w.cox_snell && w.tjur > 0.0 && w.score_p < 0.05);
        assert!((w.bic - fit.aic.unwrap() - 3.0 * (40f64.ln() - 2.0)).abs() < 1e-10);
    }

    #[test]
    fn columns_at_right_angles_are_not_inflated() {
        let a: Vec<f64> = (0..16).map(|i| f64::from(i % 2)).collect();
        let b: Vec<f64> = (0..16).map(|i| f64::from(i / 2 % 2)).collect();
        let y: Vec<bool> = (0..16).map(|i| i % 2 == 0 && i > 4 || i == 3 || i == 1).collect();
        let design = Design::new(&["a".to_owned(), "b".to_owned()], &[a, b]).unwrap();
        let v = inflation(&maximum_likelihood(&design, &y).unwrap(), &design).unwrap();
        assert!(v.unweighted.iter().all(|v| (v - 1.0).abs() < 1e-12), "{v:?}");
        assert!(v.weighted.iter().all(|v| *v > 0.99));
    }

    #[test]
    fn groups_hold_every_patient_once() {
        let (design, y) = data();
        let fit = maximum_likelihood(&design, &y).unwrap();
        let risk: Vec<f64> =
            fit.linear_predictors(&design).into_iter().map(super::super::delong::inverse_logit).collect();
        let test = hosmer_lemeshow(&risk, &y, 5).unwrap();
        assert_eq!(test.groups.iter().map(|g| g.2).sum::<usize>(), 40);
        assert_eq!((test.groups.len(), test.df), (5, 3));
        assert!(hosmer_lemeshow(&[0.3; 40], &y, 5).is_err());
    }
}
