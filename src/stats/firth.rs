//! Logistic regression with Firth's penalty: finite estimates with few events and on separated data.
//!
//! The likelihood is multiplied by Jeffreys' prior (Firth 1993, doi:10.1093/biomet/80.1.27; Heinze and Schemper 2002,
//! doi:10.1002/sim.1047). Its predictions lean towards one half; the intercept for prediction is therefore solved anew
//! with the slopes kept, so that the mean prediction is the observed share (FLIC; Puhr 2017, doi:10.1002/sim.7273).
//!
//! Checked against brglm2 (`AS_mean`) rather than logistf, whose default control can stop before the maximum on
//! separated data.

use super::StatsError;
use super::design::Design;
use super::likelihood::Likelihood;
use super::logistic::{Fit, Method, check, start};

/// Firth's fit with the intercept corrected for prediction.
pub fn fit(design: &Design, positive: &[bool]) -> Result<Fit, StatsError> {
    check(design, positive)?;
    let likelihood = Likelihood { x: design.matrix(), k: design.width(), positive, penalised: true };
    let mut maximum = likelihood.maximise(&start(design, positive), &[]);
    if !maximum.converged {
        maximum = likelihood.maximise(&vec![0.0; design.width()], &[]);
    }
    if !maximum.converged {
        return Err(StatsError::NotConverged { what: "Firth's estimate", score: maximum.max_score });
    }
    Ok(Fit::assemble(Method::Firth, design, positive, maximum, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_of_a_two_by_two_table_is_that_with_a_half_added_to_each_cell() {
        // 5 of 8 exposed and 2 of 9 unexposed patients respond; for a saturated model Firth's penalty adds 1/2 a cell
        let exposed: Vec<f64> = (0..17).map(|i| f64::from(u8::from(i < 8))).collect();
        let positive: Vec<bool> = (0..17).map(|i| i < 5 || (8..10).contains(&i)).collect();
        let design = Design::new(&["exposed".to_owned()], &[exposed]).unwrap();
        let fit = fit(&design, &positive).unwrap();
        let expected = ((5.5 / 3.5) / (2.5 / 7.5f64)).ln();
        assert!((fit.coefficients[1] - expected).abs() < 1e-12);
        assert!((fit.coefficients[0] - (2.5f64 / 7.5).ln()).abs() < 1e-12);
        assert!(fit.max_score < 1e-9);
    }

    #[test]
    fn the_corrected_intercept_balances_the_predictions() {
        let x: Vec<f64> = (0..20).map(|i| f64::from(i * i % 17)).collect();
        let positive: Vec<bool> = (0..20).map(|i| i % 3 == 0 || i == 4).collect();
        let design = Design::new(&["x".to_owned()], std::slice::from_ref(&x)).unwrap();
        let fit = fit(&design, &positive).unwrap();
        let sum: f64 = x.iter().map(|&v| fit.probability(&[v])).sum();
        assert!((sum - fit.events as f64).abs() < 1e-10);
        let at_once = fit.linear_predictors(&design);
        assert!(x.iter().zip(&at_once).all(|(&v, lp)| (fit.linear_predictor(&[v]) - lp).abs() < 1e-12));
    }

    #[test]
    fn separated_data_have_a_finite_estimate_and_finite_intervals() {
        let x: Vec<f64> = (0..12).map(f64::from).collect();
        let positive: Vec<bool> = (0..12).map(|i| i >= 7).collect();
        let design = Design::new(&["x".to_owned()], &[x]).unwrap();
        let terms = fit(&design, &positive).unwrap().inference(&design, &positive, 0.95);
        assert!(terms[1].estimate > 0.0 && terms[1].ci_low.unwrap() > 0.0);
        assert!(terms[1].p.unwrap() < 0.01 && terms[1].z.unwrap() < 1.96);
    }
}
