//! `logit/...`: maximum likelihood, Firth, FLIC, ridge, profile intervals.

use super::Answer;
use super::curves::ends;
use super::table::Table;
use myelomri::stats::Interval;
use myelomri::stats::LEVEL;
use myelomri::stats::calibration::brier;
use myelomri::stats::delong;
use myelomri::stats::design::Design;
use myelomri::stats::diagnostics::{hosmer_lemeshow, inflation, influence, worth};
use myelomri::stats::distributions::{normal_half_width, normal_p};
use myelomri::stats::elastic_net::{self, Penalty};
use myelomri::stats::flac;
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

/// The same from plain numbers.
fn named_plain(design: &Design, values: &[f64]) -> Value {
    let names = std::iter::once("(Intercept)").chain(design.names().iter().map(String::as_str));
    Value::Object(names.zip(values).map(|(name, v)| (name.to_owned(), json!(v))).collect())
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
    if let Some(what) = what.strip_prefix("firth_") {
        return firth(&key, &design, &outcome, what);
    }
    if what == "flic_flac" {
        let mut all = inference(&key, &Method::Firth.fit(&design, &outcome).unwrap(), &design, &outcome);
        let flac = named_plain(&design, &flac::coefficients(&design, &outcome).unwrap());
        all[0].estimate = Method::Firth.fit(&design, &outcome).unwrap().prediction_intercept;
        return Some(json!({"flic_coef": named(&all, |c| Some(json!(c.estimate)))?, "flac_coef": flac}));
    }
    if what.starts_with("glmnet") && !what.starts_with("glmnet_alpha0_stdTRUE") {
        let part = |key: &str| what.split('_').find_map(|p| p.strip_prefix(key));
        let penalty = Penalty {
            lambda: part("lambda")?.parse().ok()?,
            alpha: part("alpha")?.parse().ok()?,
            standardised: part("std")? == "TRUE",
        };
        let beta = elastic_net::coefficients(&design, &outcome, penalty).unwrap();
        if penalty.alpha == 1.0 && penalty.standardised {
            let fit = Method::Lasso { lambda: Some(penalty.lambda) }.fit(&design, &outcome).unwrap();
            assert_eq!(fit.coefficients, beta);
        }
        return Some(json!({"coef": named_plain(&design, &beta)}));
    }
    if what.starts_with("glmnet_alpha0_stdTRUE") {
        let lambda: f64 = what.rsplit_once("lambda")?.1.parse().ok()?;
        let fit = Method::Ridge { lambda: Some(lambda) }.fit(&design, &outcome).unwrap();
        return Some(json!({"coef": named(&fit.inference(&design, &outcome, LEVEL), |c| Some(json!(c.estimate)))?}));
    }
    let fit = Method::MaximumLikelihood.fit(&design, &outcome).ok()?;
    maximum_likelihood(&key, &fit, &design, &outcome, what, record)
}

fn maximum_likelihood(key: &str, fit: &Fit, design: &Design, outcome: &[bool], what: &str, record: &Value) -> Answer {
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
        // R's own intervals interpolate the profile: as near as that goes
        "profile_ci95_MASS" => named(&coefficients(), |c| Some(ends(Interval { low: c.ci_low?, high: c.ci_high? }))),
        "wald_ci95" => named(&coefficients(), |c| {
            let half = normal_half_width(LEVEL) * c.se?;
            Some(ends(Interval { low: c.estimate - half, high: c.estimate + half }))
        }),
        "vcov" => Some(json!(fit.covariance(design)?)),
        "hat" => Some(json!(influence(fit, design, outcome).unwrap().leverage)),
        "cooks" => Some(json!(influence(fit, design, outcome).unwrap().cooks_distance)),
        "std_pearson" => {
            let theirs = record["value"].as_array()?;
            let ours = influence(fit, design, outcome).unwrap().standardised_residual;
            // R bounds the slope of the link from below, which shows where a prediction is all but certain
            let compared = ours.iter().zip(theirs).map(|(ours, theirs)| match theirs.as_f64() {
                Some(bounded) if bounded.abs() < 1e-7 && ours.abs() < 1e-6 => bounded,
                _ => *ours,
            });
            Some(json!(compared.collect::<Vec<f64>>()))
        }
        "spiegelhalter_z" => Some(json!(worth(fit, design, outcome).unwrap().spiegelhalter_z)),
        "vif_car" | "vif_ols" => {
            let v = inflation(fit, design).unwrap();
            let values = if what == "vif_car" { v.weighted } else { v.unweighted };
            let mut all = vec![0.0];
            all.extend(values);
            let mut fields = named_plain(design, &all);
            fields.as_object_mut()?.remove("(Intercept)");
            if record["value"]["gvif"].is_object() {
                // dummies of one factor are inflated together there
                fields.as_object_mut()?.retain(|key, _| !key.starts_with("race"));
                return Some(json!({"gvif": fields}));
            }
            Some(fields)
        }
        "lrm_stats" => {
            let (w, lrt) = (worth(fit, design, outcome).unwrap(), fit.global_test(design, outcome)?);
            // their C and Dxy come from predictions put into bins
            Some(json!({"Model L.R.": lrt.chi2, "d.f.": lrt.df, "P": lrt.p,
                        "R2": w.nagelkerke, "Brier": w.brier}))
        }
        _ if what.starts_with("hosmer_lemeshow_g") => {
            let t = hosmer_lemeshow(&fitted, outcome, what.strip_prefix("hosmer_lemeshow_g")?.parse().ok()?).unwrap();
            let (seen, sizes): (Vec<_>, Vec<_>) = t.groups.iter().map(|g| (g.0, g.2)).unzip();
            let expected: Vec<f64> = t.groups.iter().map(|g| g.1).collect();
            Some(
                json!({"chisq": t.chi2, "df": t.df, "p": t.p, "groups": t.groups.len(), "obs1": seen, "exp1": expected,
                        "n": sizes}),
            )
        }
        "fitted" => Some(json!(fitted)),
        "brier" => Some(json!(brier(&fitted, outcome))),
        "fit" => {
            let (lrt, w) = (fit.global_test(design, outcome)?, worth(fit, design, outcome).unwrap());
            Some(json!({
                "logLik": fit.log_likelihood, "logLik0": fit.null_log_likelihood, "AIC": fit.aic?,
                "lrt": lrt.chi2, "lrt_df": lrt.df, "lrt_p": lrt.p,
                "BIC": w.bic, "AICc": w.aicc?, "mcfadden": w.mcfadden, "cox_snell": w.cox_snell,
                "nagelkerke": w.nagelkerke, "tjur": w.tjur, "score_test": w.score_chi2, "score_p": w.score_p,
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

fn firth(key: &str, design: &Design, outcome: &[bool], what: &str) -> Answer {
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
        // logistf by itself; its default stop can lie far from the maximum on separated data
        "profile_ci95_logistf" => named(&coefficients(), |c| Some(ends(Interval { low: c.ci_low?, high: c.ci_high? }))),
        "logistf_p" => named(&coefficients(), |c| Some(json!(c.p?))),
        "logistf_default" => {
            let coef = named(&coefficients(), |c| Some(json!(c.estimate)))?;
            Some(json!({"coef": coef}))
        }
        _ => None,
    }
}
