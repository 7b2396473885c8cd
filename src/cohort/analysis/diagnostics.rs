//! What stands beside the coefficients of a logistic model, filled into the shape that is written.

use super::super::Frame;
use super::super::results::{Diagnostics, HosmerLemeshow, Inflation, Influential};
use super::fit::Prepared;
use crate::error::Result;
use crate::stats::delong::inverse_logit;
use crate::stats::diagnostics::{hosmer_lemeshow, inflation, influence, worth};
use crate::stats::flac;
use crate::stats::logistic::{Fit, Method};

/// Groups of Hosmer and Lemeshow's test: ten patients each where there are fewer than a hundred.
fn groups(n: usize) -> usize {
    (n / 10).clamp(3, 10)
}

/// Diagnostics of a fit on its own patients.
///
/// # Errors
/// A singular information.
pub fn diagnose(fit: &Fit, prepared: &Prepared, frame: &Frame) -> Result<Diagnostics> {
    let Prepared { design, positive, rows, .. } = prepared;
    let w = worth(fit, design, positive)?;
    let by_choice = !fit.method.has_inference();
    let risk: Vec<f64> = fit.linear_predictors(design).into_iter().map(inverse_logit).collect();
    let fitted = hosmer_lemeshow(&risk, positive, groups(positive.len())).ok();
    let mut found = Diagnostics {
        bic: (!by_choice).then_some(w.bic),
        aicc: w.aicc.filter(|_| !by_choice),
        global_test: fit.global_test(design, positive).map(|t| (t.chi2, t.df, t.p)),
        score_test: Some((w.score_chi2, w.score_p)),
        r2_mcfadden: w.mcfadden,
        r2_cox_snell: w.cox_snell,
        r2_nagelkerke: w.nagelkerke,
        r2_tjur: w.tjur,
        brier: w.brier,
        brier_scaled: w.scaled_brier,
        spiegelhalter_z: w.spiegelhalter_z.is_finite().then_some(w.spiegelhalter_z),
        events_per_variable: w.events_per_slope,
        hosmer_lemeshow: fitted.map(|t| HosmerLemeshow { chi2: t.chi2, df: t.df, p: t.p, groups: t.groups }),
        ..Diagnostics::default()
    };
    if fit.method == Method::Firth {
        found.flac = flac::coefficients(design, positive)?;
    }
    if by_choice {
        return Ok(found);
    }
    if design.names().len() > 1 {
        let v = inflation(fit, design)?;
        let pairs = design.names().iter().zip(v.weighted.into_iter().zip(v.unweighted));
        found.variance_inflation = pairs
            .map(|(term, (weighted, unweighted))| Inflation { term: term.clone(), weighted, unweighted })
            .collect();
    }
    let i = influence(fit, design, positive)?;
    let bound = 4.0 / positive.len() as f64;
    let patient = |n: usize| Influential {
        subject: frame.subjects[rows[n]].clone(),
        leverage: i.leverage[n],
        residual: i.standardised_residual[n],
        cooks_distance: i.cooks_distance[n],
    };
    found.influential = (0..positive.len()).filter(|&n| i.cooks_distance[n] > bound).map(patient).collect();
    found.influential.sort_by(|a, b| b.cooks_distance.total_cmp(&a.cooks_distance));
    Ok(found)
}
