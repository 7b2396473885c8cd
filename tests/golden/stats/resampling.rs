//! Resampling records: optimism with given rows, leave-one-out, leave-pair-out, folds.

use super::Answer;
use super::curves::{bootstrap, read_resamples};
use super::models::design;
use super::table::Table;
use myelomri::stats::LEVEL;
use myelomri::stats::calibration::brier;
use myelomri::stats::design::Design;
use myelomri::stats::logistic::{Fit, Method};
use myelomri::stats::roc::{self, Direction};
use myelomri::stats::validation;
use serde_json::{Value, json};
use std::path::Path;

pub fn answer(table: &Table, id: &str, record: &Value, folder: &Path) -> Answer {
    if let Some(found) = bootstrap(table, id, record, folder) {
        return Some(found);
    }
    let parts: Vec<&str> = id.split('/').collect();
    let ["logit", model, what] = parts[..] else { return None };
    let (design, outcome) = design(table, model)?;
    if what.contains("loocv") && outcome.len() > 250 {
        // hundreds of fits to hundreds of rows say no more than the smaller tables do
        return None;
    }
    match what {
        "firth_leave_pair_out_auc" => {
            Some(json!(validation::leave_pair_out(&design, &outcome, Method::Firth).unwrap().auc))
        }
        "firth_loocv_lp" => Some(json!(left_out(&design, &outcome, Method::Firth)?)),
        "loocv_lp" => Some(json!(left_out(&design, &outcome, Method::MaximumLikelihood)?)),
        "loocv_brier" => {
            let risk: Vec<f64> =
                left_out(&design, &outcome, Method::MaximumLikelihood)?.iter().map(probability).collect();
            Some(json!(brier(&risk, &outcome)))
        }
        "firth_loocv_pooled_auc" => pooled(&left_out(&design, &outcome, Method::Firth)?, &outcome),
        "loocv_pooled_auc" => pooled(&left_out(&design, &outcome, Method::MaximumLikelihood)?, &outcome),
        "cv5_firth" | "cv5_ridge" | "cv5_ml" => {
            let method = match what {
                "cv5_firth" => Method::Firth,
                "cv5_ml" => Method::MaximumLikelihood,
                _ => Method::Ridge { lambda: Some(0.05) },
            };
            let file = record["value"]["fold_file"].as_str()?;
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            let folds: Vec<usize> = text.lines().map(|l| l.trim().parse().unwrap()).collect();
            let out: Vec<f64> = (0..outcome.len())
                .map(|i| {
                    let kept: Vec<usize> = (0..outcome.len()).filter(|&k| folds[k] != folds[i]).collect();
                    own_intercept(method.fit_rows(&design, &outcome, &kept).ok()?)
                        .linear_predictor_at(&design, i)
                        .into()
                })
                .collect::<Option<_>>()?;
            Some(json!({"lp": out}))
        }
        "optimism_firth" => optimism(&design, &outcome, record, folder, Method::Firth),
        "optimism" | "optimism_ml" => optimism(&design, &outcome, record, folder, Method::MaximumLikelihood),
        _ => None,
    }
}

/// The references predict with Firth's own intercept.
fn own_intercept(mut fit: Fit) -> Fit {
    fit.prediction_intercept = fit.coefficients[0];
    fit
}

fn left_out(design: &Design, outcome: &[bool], method: Method) -> Option<Vec<f64>> {
    let predict = |i: usize| {
        let kept: Vec<usize> = (0..outcome.len()).filter(|&k| k != i).collect();
        Some(own_intercept(method.fit_rows(design, outcome, &kept).ok()?).linear_predictor_at(design, i))
    };
    (0..outcome.len()).map(predict).collect()
}

fn pooled(predictors: &[f64], outcome: &[bool]) -> Answer {
    Some(json!(roc::auc(predictors, outcome, Direction::Higher).unwrap()))
}

fn probability(lp: &f64) -> f64 {
    1.0 / (1.0 + (-lp).exp())
}

fn optimism(design: &Design, outcome: &[bool], record: &Value, folder: &Path, method: Method) -> Answer {
    let resamples = read_resamples(&folder.join(record["value"]["index_file"].as_str()?), outcome.len());
    let found = validation::bootstrap(design, outcome, method, &resamples, LEVEL).unwrap();
    if found.n_not_estimable > 0 {
        assert_eq!(method, Method::MaximumLikelihood);
        // separated resamples have no estimate: theirs are compared where ours exist
        let theirs = |key: &str| record["value"][key].as_array().cloned();
        let (inside, outside) = (theirs("auc_resample")?, theirs("auc_original")?);
        for (row, pair) in found.resamples.iter().enumerate() {
            let Some((i, o)) = pair else { continue };
            assert!(
                (inside[row].as_f64()? - i.auc).abs() < 1e-9 && (outside[row].as_f64()? - o.auc).abs() < 1e-9,
                "{row}"
            );
        }
        return Some(json!({"apparent_auc": found.metrics[0].apparent?}));
    }
    let pairs: Vec<_> = found.resamples.iter().flatten().collect();
    let auc = &found.metrics[0];
    let slopes: Option<Vec<f64>> = pairs.iter().map(|(_, outside)| outside.slope).collect();
    Some(json!({
        "apparent_auc": auc.apparent?,
        "auc_resample": pairs.iter().map(|(i, _)| i.auc).collect::<Vec<_>>(),
        "auc_original": pairs.iter().map(|(_, o)| o.auc).collect::<Vec<_>>(),
        "auc_optimism": auc.optimism?,
        "auc_corrected": auc.corrected?,
        "cal_slope": slopes?,
        "mean_cal_slope": found.metrics[2].corrected?,
    }))
}
