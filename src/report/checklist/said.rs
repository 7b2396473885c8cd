//! What the results say of an item, in one or two sentences.

use super::Fact;
use crate::cohort::analysis::roc::APPARENT;
use crate::cohort::results::{Curve, Family, Model};
use crate::report::methods::method_name;
use crate::report::outputs::Outputs;
use crate::report::tables::{MISSING, minus};
use crate::report::{Lang, labels};

impl Fact {
    /// What these results say of it; `None` where they say nothing.
    pub(super) fn said(self, outputs: &Outputs, lang: Lang) -> Option<String> {
        of_study(self, outputs, lang)
            .or_else(|| of_outcome(self, outputs, lang))
            .or_else(|| of_model(self, outputs, lang))
            .or_else(|| of_validation(self, outputs, lang))
            .or_else(|| of_curves(self, outputs, lang))
    }
}

fn of_study(fact: Fact, outputs: &Outputs, lang: Lang) -> Option<String> {
    Some(match fact {
        Fact::Sources => {
            let n = outputs.flow.as_ref()?.n_subjects.to_string();
            let sentence =
                lang.fill("Images and tables of {n} patients; inputs by SHA-256 in manifest.json.", &[("n", &n)]);
            let simulated = outputs.is_simulated().then(|| lang.say("Simulated data.").to_owned());
            lang.joined(&[sentence].into_iter().chain(simulated).collect::<Vec<_>>())
        }
        Fact::Software => {
            let version = outputs.manifest.get("version")?.as_str()?;
            lang.fill(
                "myelomri {version}; commands under Commands, parameters in manifest.json.",
                &[("version", version)],
            )
        }
        Fact::Flow => {
            let flow = outputs.flow.as_ref()?;
            lang.fill(
                "{found} found, {paired} with both imaging visits measured, {analysed} of them with an outcome; reasons under \
                 Cohort.",
                &[
                    ("found", &flow.n_subjects.to_string()),
                    ("paired", &flow.n_paired.to_string()),
                    ("analysed", &flow.n_analysed.to_string()),
                ],
            )
        }
        Fact::Quality => {
            let flow = outputs.flow.as_ref()?;
            lang.fill(
                "{failed} sessions failed, {excluded} levels left out; flags of the sessions under Quality.",
                &[
                    ("failed", &flow.failed_sessions.len().to_string()),
                    ("excluded", &flow.excluded_levels.len().to_string()),
                ],
            )
        }
        Fact::Severity => {
            let staged = outputs.responses.iter().any(|row| row.iss.is_some());
            staged.then(|| lang.say("ISS and R-ISS stage of each patient on its page; Table 1.").to_owned())?
        }
        Fact::Interval => {
            let visit = |which| outputs.parameter(&["sessions", which])?.as_str();
            let (before, after) = (visit("baseline")?, visit("followup")?);
            let end = outputs.parameter(&["endpoint", "session"]).and_then(|s| s.as_str());
            lang.fill(
                "Markers from {before} and {after}, outcome from {end}; days and treatment: authors.",
                &[("before", before), ("after", after), ("end", end.unwrap_or(lang.say("not stated")))],
            )
        }
        _ => return None,
    })
}

fn of_outcome(fact: Fact, outputs: &Outputs, lang: Lang) -> Option<String> {
    let compare = outputs.compare.as_ref()?;
    Some(match fact {
        Fact::Outcome => {
            let outcome = compare.outcome.as_ref()?;
            lang.fill(
                "Positive: {values} in {column}; all other values negative.",
                &[("values", &outcome.positive.join("/")), ("column", &labels::column(&outcome.column, lang))],
            )
        }
        Fact::Missing => {
            let (outcome, flow) = (compare.outcome.as_ref()?, outputs.flow.as_ref()?);
            lang.fill(
                "Complete cases of each analysis, nothing imputed; {missing} without an outcome, {lost} without both imaging \
                 visits.",
                &[
                    ("missing", &outcome.missing.len().to_string()),
                    ("lost", &flow.n_subjects.saturating_sub(flow.n_paired).to_string()),
                ],
            )
        }
        Fact::Characteristics => {
            let rows = compare.table_one.len();
            (rows > 0).then(|| lang.fill("Table 1, {rows} rows, by outcome.", &[("rows", &rows.to_string())]))?
        }
        _ => return None,
    })
}

fn of_model(fact: Fact, outputs: &Outputs, lang: Lang) -> Option<String> {
    let models = &outputs.fit.as_ref()?.models;
    let model = || models.iter().find(|model| model.name == "multivariable");
    Some(match fact {
        Fact::Aim => lang.fill(
            "Prediction of the outcome from {terms}; developed and validated internally on one cohort.",
            &[("terms", &terms(model()?, lang))],
        ),
        Fact::Size => {
            let model = model()?;
            let terms = model.terms.iter().filter(|term| term.name != INTERCEPT).count();
            let rarer = model.events.min(model.n.saturating_sub(model.events));
            lang.fill(
                "{n} patients, {events} events, {each} of the rarer class a term. No sample size was planned here.",
                &[
                    ("n", &model.n.to_string()),
                    ("events", &model.events.to_string()),
                    ("each", &format!("{:.1}", rarer as f64 / terms.max(1) as f64)),
                ],
            )
        }
        Fact::Handling => {
            model()?;
            lang.say("As continuous linear terms per stated increment, without transformation or selection.").to_owned()
        }
        Fact::Model => {
            let method = method_name(&model()?.method, lang);
            let sentence =
                lang.fill("Logistic regression by {method}; terms fixed beforehand.", &[("method", &method)]);
            let validated = outputs.validate.as_ref().map(|v| {
                let n = v.schemes.iter().map(|scheme| scheme.n_resamples).max().unwrap_or_default();
                lang.fill(
                    "Internal validation by bootstrap optimism ({n} resamples, seed {seed}).",
                    &[("n", &n.to_string()), ("seed", &v.seed.to_string())],
                )
            });
            lang.joined(&[sentence].into_iter().chain(validated).collect::<Vec<_>>())
        }
        Fact::Prediction => {
            model()?;
            lang.say("Predicted risk of the fitted model (results/model.json); `myelomri validate --model` applies it.")
                .to_owned()
        }
        Fact::Counts => {
            let count = |m: &Model| {
                let gaps = [
                    ("model", &*labels::model(&m.name, lang)),
                    ("n", &m.n.to_string()),
                    ("events", &m.events.to_string()),
                ];
                lang.fill("{model}: {n} ({events} events)", &gaps)
            };
            let fitted = models.iter().filter(|model| model.not_estimable.is_none());
            let counts: Vec<String> = fitted.map(count).collect();
            (!counts.is_empty()).then(|| counts.join("; "))?
        }
        Fact::Specification => specification(model()?, lang)?,
        _ => return None,
    })
}

fn of_validation(fact: Fact, outputs: &Outputs, lang: Lang) -> Option<String> {
    let validate = outputs.validate.as_ref()?;
    Some(match fact {
        Fact::Measures => {
            lang.say("AUC, Brier score, calibration intercept and slope, Youden index, decision curve.").to_owned()
        }
        Fact::Separate => lang
            .say("No separate evaluation set: apparent and optimism-corrected values of the same patients.")
            .to_owned(),
        Fact::Performance => {
            let auc = validate.schemes.iter().find(|s| s.metric == "auc" && s.corrected.is_some())?;
            let three = |value: f64| format!("{value:.3}");
            let interval = auc.ci_low.zip(auc.ci_high).map(|(low, high)| lang.range(&three(low), &three(high)));
            let corrected = format!(
                "{}{}",
                auc.corrected.map(three).unwrap_or_default(),
                interval.map_or(String::new(), |interval| format!(" ({interval})"))
            );
            lang.fill(
                "AUC apparent {apparent}, corrected for optimism {corrected}; calibration and decision curve under \
                 Validation.",
                &[("apparent", &auc.apparent.map_or(MISSING.to_owned(), three)), ("corrected", &corrected)],
            )
        }
        _ => return None,
    })
}

fn of_curves(fact: Fact, outputs: &Outputs, lang: Lang) -> Option<String> {
    let curves = outputs.roc.as_ref()?.curves.iter().filter(|curve| curve.family == Family::Primary);
    let curves: Vec<&Curve> = curves.collect();
    Some(match fact {
        Fact::Predictors => {
            // a model is made of declared markers and was not declared itself
            let markers = curves.iter().filter(|curve| !curve.predictor.ends_with(APPARENT));
            let names: Vec<String> = markers.map(|curve| labels::column(&curve.predictor, lang)).collect();
            (!names.is_empty()).then_some(())?;
            lang.fill(
                "Declared with their direction before the analysis: {names}. Definitions: Methods.",
                &[("names", &names.join("; "))],
            )
        }
        Fact::Cutoffs => {
            let cutoff = curves.iter().find_map(|curve| curve.cutoffs.first())?;
            let rule = crate::report::plots::rule_name(&cutoff.rule, lang);
            lang.fill("Cut-offs were chosen on these patients ({rule}): exploratory.", &[("rule", &rule)])
        }
        Fact::CrossTable => said_of_each(&curves, lang, |curve| {
            let [tp, negatives, tn, fp] = curve.cutoffs.first()?.counts;
            let n = tp + negatives + tn + fp;
            (n > 0).then(|| format!("TP {tp}, FN {negatives}, TN {tn}, FP {fp}"))
        })?,
        Fact::Accuracy => said_of_each(&curves, lang, |curve| {
            let [low, high] = [curve.ci_low?, curve.ci_high?].map(|end| format!("{end:.3}"));
            Some(format!("AUC {:.3} ({})", curve.auc, lang.range(&low, &high)))
        })?,
        Fact::Estimation => crate::report::methods::of_curves(outputs, lang)?,
        Fact::Indeterminate => lang
            .say("None: every measured value is compared with the cut-off; what was not measured is missing.")
            .to_owned(),
        _ => return None,
    })
}

const INTERCEPT: &str = "(intercept)";

fn terms(model: &Model, lang: Lang) -> String {
    let names = model.terms.iter().map(|term| term.name.as_str()).filter(|name| *name != INTERCEPT);
    names.map(|name| labels::column(name, lang)).collect::<Vec<_>>().join("; ")
}

/// The equation of the model with the intercept that its predictions have.
fn specification(model: &Model, lang: Lang) -> Option<String> {
    let coefficients: Vec<String> = model
        .terms
        .iter()
        .filter(|term| term.name != INTERCEPT)
        .map(|term| format!("{} {}", labels::column(&term.name, lang), significant(term.estimate)))
        .collect();
    let fitted = || model.terms.iter().find(|term| term.name == INTERCEPT).map(|term| term.estimate);
    let intercept = model.prediction_intercept.or_else(fitted)?;
    (!coefficients.is_empty()).then(|| {
        lang.fill(
            "Log odds: intercept of predictions {intercept}; coefficients: {coefficients}. All digits: \
             results/model.json.",
            &[("intercept", &significant(intercept)), ("coefficients", &coefficients.join("; "))],
        )
    })
}

/// Four significant digits, for an equation that others apply.
fn significant(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { 3 - value.abs().log10().floor() as i32 };
    minus(&format!("{value:.0$}", digits.clamp(0, 12) as usize))
}

/// `marker: fact; marker: fact`.
fn said_of_each(curves: &[&Curve], lang: Lang, fact: impl Fn(&Curve) -> Option<String>) -> Option<String> {
    let said: Vec<String> = curves
        .iter()
        .filter_map(|curve| Some(format!("{}: {}", labels::column(&curve.predictor, lang), fact(curve)?)))
        .collect();
    (!said.is_empty()).then(|| said.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_keep_four_digits() {
        let shown = [-3.20454, 0.0456789, 12.0, 0.0, 123456.7].map(significant);
        assert_eq!(shown, ["−3.205", "0.04568", "12.00", "0", "123457"]);
    }
}
