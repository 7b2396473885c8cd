//! `logit/...`: maximum likelihood, Firth, FLIC, ridge, profile intervals.

use super::Answer;
use super::curves::ends;
use super::table::Table;
use myelomri::stats::Interval;
use myelomri::stats::LEVEL;
use myelomri::stats::calibration::brier;
use myelomri::stats::delong;
use myelomri::stats::design::Design;
use myelomri::stats::distributions::normal_p;
use myelomri::stats::logistic::{Coefficient, Fit, Method};
use myelomri::stats::roc::{self, Direction, join_near_ties};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::HashMap;

/// Columns of a model by its name.
pub fn terms(set: &str, model: &str) -> Option<Vec<String>> {
    let list = match (set, model) {
        (_, "uni_ff") => "ff_pc",
        (_, "uni_mprot") => "mprot_pc",
        (_, "ff_mprot") => "ff_pc mprot_pc",
        (_, "clin4") => "mprot_pc b2m_pc hb_pc adc_pc",
        ("birthwt", "multi") => "age lwt race2 race3 smoke ht ui",
        ("asah", "uni_s100b") => "s100b",
        ("asah", "multi") => "s100b ndka age female",
        ("spector", "multi") => "GPA TUCE PSI",
        ("endometrial", "sep") => "NV PI EH",
        ("endometrial", "nosep") => "PI EH",
        ("krall_myeloma", "multi") => "logBUN HGB age logPBM",
        ("toy_complete_separation", "sep_uni") => "ff_change",
        ("toy_complete_separation", "sep_multi") => "ff_change mp_change x2",
        ("pima", "train") => "glu bmi ped age",
        ("dca_binary", "multi") => "marker age famhistory",
        _ => return None,
    };
    Some(list.split(' ').map(str::to_owned).collect())
}

pub fn design(table: &Table, model: &str) -> Option<(Design, Vec<bool>)> {
    let names = terms(&table.set, model)?;
    let (columns, outcome) = table.complete(&names)?;
    Some((Design::new(&names, &columns).unwrap(), outcome))
}

thread_local! {
    /// Inference of the models seen so far: many records ask for one model.
    static KNOWN: RefCell<HashMap<String, Vec<Coefficient>>> = RefCell::default();
}

fn inference(key: &str, fit: &Fit, design: &Design, outcome: &[bool]) -> Vec<Coefficient> {
    let key = format!("{key}/{}", fit.method.name());
    let known = KNOWN.with(|k| k.borrow().get(&key).cloned());
    known.unwrap_or_else(|| {
        let found = fit.inference(design, outcome, LEVEL);
        KNOWN.with(|k| k.borrow_mut().insert(key, found.clone()));
        found
    })
}

/// `{"(Intercept)": ..., column: ...}`.
fn named(coefficients: &[Coefficient], value: impl Fn(&Coefficient) -> Option<Value>) -> Answer {
    let mut out = Map::new();
    for c in coefficients {
        let name = if c.name == "(intercept)" { "(Intercept)" } else { &c.name };
        out.insert(name.to_owned(), value(c)?);
    }
    Some(Value::Object(out))
}

pub fn answer(table: &Table, id: &str, record: &Value) -> Answer {
    let parts: Vec<&str> = id.split('/').collect();
    let ["logit", model, what] = parts[..] else { return None };
    let key = format!("{}/{model}", table.set);
    let (design, outcome) = design(table, model)?;
    if what == "n" {
        let events = outcome.iter().filter(|&&o| o).count();
        return Some(json!({"n": outcome.len(), "events": events}));
    }
    if let Some(what) = what.strip_prefix("firth_").or((what == "flic_flac").then_some(what)) {
        return firth(&key, &design, &outcome, what, record);
    }
    if what.starts_with("glmnet_alpha0_stdTRUE") {
        let lambda: f64 = what.rsplit_once("lambda")?.1.parse().ok()?;
        let fit = Method::Ridge { lambda: Some(lambda) }.fit(&design, &outcome).unwrap();
        return Some(json!({"coef": named(&fit.inference(&design, &outcome, LEVEL), |c| Some(json!(c.estimate)))?}));
    }
    let fit = Method::MaximumLikelihood.fit(&design, &outcome).ok()?;
    maximum_likelihood(&key, &fit, &design, &outcome, what)
}

fn maximum_likelihood(key: &str, fit: &Fit, design: &Design, outcome: &[bool], what: &str) -> Answer {
    let coefficients = || inference(key, fit, design, outcome);
    let mut predictors = fit.linear_predictors(design);
    let fitted: Vec<f64> = predictors.iter().map(|lp| 1.0 / (1.0 + (-lp).exp())).collect();
    match what {
        "coef" => named(&coefficients(), |c| Some(json!(c.estimate))),
        "odds_ratio" => named(&coefficients(), |c| Some(json!(c.estimate.exp()))),
        "se" => named(&coefficients(), |c| Some(json!(c.se?))),
        "wald_z" => named(&coefficients(), |c| Some(json!(c.z?))),
        "wald_p" => named(&coefficients(), |c| Some(json!(normal_p(c.z?)))),
        "profile_ci95" => named(&coefficients(), |c| Some(ends(Interval { low: c.ci_low?, high: c.ci_high? }))),
        "fitted" => Some(json!(fitted)),
        "brier" => Some(json!(brier(&fitted, outcome))),
        "fit" => {
            let lrt = fit.global_test(design, outcome)?;
            Some(json!({
                "logLik": fit.log_likelihood, "logLik0": fit.null_log_likelihood, "AIC": fit.aic?,
                "lrt": lrt.chi2, "lrt_df": lrt.df, "lrt_p": lrt.p,
            }))
        }
        "apparent_auc" => {
            join_near_ties(&mut predictors);
            Some(json!({"auc": roc::auc(&predictors, outcome, Direction::Higher).unwrap()}))
        }
        "drop1_lrt" => {
            // dummies of one factor are dropped together there
            let terms = coefficients();
            let single = terms.iter().all(|c| !c.name.starts_with("race"));
            let slopes = || terms[1..].iter();
            let test = |f: fn(&Coefficient) -> Option<f64>| slopes().map(f).collect::<Option<Vec<f64>>>();
            let shape = |v: Vec<f64>| if v.len() == 1 { json!(v[0]) } else { json!(v) };
            single.then_some(json!({"lrt": shape(test(|c| c.chi2)?), "p": shape(test(|c| c.p)?)}))
        }
        _ => None,
    }
}

fn firth(key: &str, design: &Design, outcome: &[bool], what: &str, record: &Value) -> Answer {
    let fit = Method::Firth.fit(design, outcome).unwrap();
    let coefficients = || inference(key, &fit, design, outcome);
    match what {
        "coef" => named(&coefficients(), |c| Some(json!(c.estimate))),
        "se" => named(&coefficients(), |c| Some(json!(c.se?))),
        "loglik" => Some(json!({"penalised": fit.penalised_log_likelihood?, "unpenalised": fit.log_likelihood})),
        "plr" => {
            let all = coefficients();
            let chi2: Option<Vec<f64>> = all.iter().map(|c| c.chi2).collect();
            let p: Option<Vec<f64>> = all.iter().map(|c| c.p).collect();
            Some(json!({"chisq": chi2?, "p": p?}))
        }
        "global_lrt" => {
            let test = fit.global_test(design, outcome)?;
            Some(json!({"chisq": test.chi2, "df": test.df, "p": test.p}))
        }
        "profile_ci95" => named(&coefficients(), |c| Some(ends(Interval { low: c.ci_low?, high: c.ci_high? }))),
        "apparent_auc" => {
            let d = delong::delong(&fit.linear_predictors(design), outcome, Direction::Higher).unwrap();
            Some(json!({"auc": d.auc}))
        }
        "flic_flac" => {
            let mut all = coefficients();
            all[0].estimate = fit.prediction_intercept;
            record["value"]["flic_coef"].is_object().then_some(())?;
            Some(json!({"flic_coef": named(&all, |c| Some(json!(c.estimate)))?}))
        }
        _ => None,
    }
}
