//! Checklists of reporting guidelines, filled as far as the results allow and blank elsewhere.
//!
//! TRIPOD+AI (Collins 2024, doi:10.1136/bmj-2023-078378) for the model, STARD 2015 (Bossuyt 2015, doi:10.1136/bmj.h5527) for
//! the markers. Items carry the numbers of the papers; their wording here is short and our own, so the papers decide.

mod items;

use super::outputs::Outputs;
use super::tables::{ReportTable, optional};
use super::{Lang, labels};
use crate::cohort::analysis::roc::APPARENT;
use crate::cohort::results::{Curve, Family};
use items::{STARD, TRIPOD_AI};

/// What the results can say of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    /// Nothing: the authors know.
    Authors,
    Aim,
    Sources,
    Outcome,
    Predictors,
    Size,
    Missing,
    Handling,
    Model,
    Measures,
    Prediction,
    Separate,
    Software,
    Flow,
    Characteristics,
    Counts,
    Specification,
    Performance,
    Cutoffs,
    CrossTable,
    Accuracy,
    Indeterminate,
    Quality,
    Severity,
    Interval,
}

/// One item: number, what it asks for, what fills it.
type Item = (&'static str, &'static str, Fact);

/// Both checklists, as far as there is a model or a curve.
pub fn checklists(outputs: &Outputs, lang: Lang) -> Vec<ReportTable> {
    let mut tables = Vec::new();
    if outputs.fit.is_some() {
        let caption = lang.say("TRIPOD+AI checklist (doi:10.1136/bmj-2023-078378)");
        tables.push(table(caption, &TRIPOD_AI, outputs, lang));
    }
    if outputs.roc.is_some() {
        let caption = lang.say("STARD 2015 checklist (doi:10.1136/bmj.h5527)");
        tables.push(table(caption, &STARD, outputs, lang));
    }
    tables
}

fn table(caption: &str, items: &[Item], outputs: &Outputs, lang: Lang) -> ReportTable {
    let header = [lang.say("item"), lang.say("what is asked"), lang.say("what these results say")];
    let mut table = ReportTable::new(caption, &header);
    for (number, what, fact) in items {
        let said = fact.said(outputs).unwrap_or_default();
        table.rows.push(vec![(*number).to_owned(), (*what).to_owned(), said]);
    }
    let filled = table.rows.iter().filter(|row| !row[2].is_empty()).count();
    let gaps = [("filled", &*filled.to_string()), ("all", &items.len().to_string())];
    table.notes.push(lang.fill(
        "{filled} of {all} items are filled from the results; the others are for the authors. In English, for the journal; \
         the wording is short and not that of the paper.",
        &gaps,
    ));
    table
}

impl Fact {
    /// What these results say of it, in one or two sentences; `None` where they say nothing.
    fn said(self, outputs: &Outputs) -> Option<String> {
        let (compare, fit, roc) = (outputs.compare.as_ref(), outputs.fit.as_ref(), outputs.roc.as_ref());
        let validate = outputs.validate.as_ref();
        let model = || fit?.models.iter().find(|model| model.name == "multivariable");
        let curves = || roc.map(|roc| roc.curves.iter().filter(|c| c.family == Family::Primary).collect::<Vec<_>>());
        Some(match self {
            Fact::Authors => return None,
            Fact::Aim => {
                let terms = terms(model()?);
                format!("Prediction of the outcome from {terms}; developed and validated internally on one cohort.")
            }
            Fact::Sources => {
                let n = outputs.flow.as_ref()?.n_subjects;
                let simulated = if outputs.is_simulated() { " Simulated data." } else { "" };
                format!("Images and tables of {n} patients; inputs by SHA-256 in manifest.json.{simulated}")
            }
            Fact::Outcome => {
                let outcome = compare?.outcome.as_ref()?;
                format!("Positive: {} in {}; all other values negative.", outcome.positive.join("/"), outcome.column)
            }
            Fact::Predictors => {
                // a model is made of declared markers and was not declared itself
                let is_marker = |curve: &Curve| !curve.predictor.ends_with(APPARENT);
                let curves = curves()?.into_iter().filter(|curve| is_marker(curve));
                let names: Vec<&str> = curves.map(|curve| curve.predictor.as_str()).collect();
                (!names.is_empty()).then_some(())?;
                format!(
                    "Declared with their direction before the analysis: {}. Definitions: Methods.",
                    names.join(", ")
                )
            }
            Fact::Size => {
                let model = model()?;
                let terms = model.terms.iter().filter(|term| term.name != "(intercept)").count();
                let rarer = model.events.min(model.n.saturating_sub(model.events));
                format!(
                    "{} patients, {} events, {:.1} of the rarer class a term. No sample size was planned here.",
                    model.n,
                    model.events,
                    rarer as f64 / terms.max(1) as f64
                )
            }
            Fact::Missing => {
                let outcome = compare?.outcome.as_ref()?;
                let flow = outputs.flow.as_ref()?;
                format!(
                    "Complete cases of each analysis, nothing imputed; {} without an outcome, {} not analysed.",
                    outcome.missing.len(),
                    flow.not_analysed.len()
                )
            }
            Fact::Handling => {
                model()?;
                "As continuous linear terms per stated increment, without transformation or selection.".to_owned()
            }
            Fact::Model => {
                let model = model()?;
                let validated = validate.map_or_else(String::new, |v| {
                    let n = v.schemes.iter().map(|scheme| scheme.n_resamples).max().unwrap_or_default();
                    format!(" Internal validation by bootstrap optimism ({n} resamples, seed {}).", v.seed)
                });
                format!("Logistic regression, method {}, terms fixed beforehand.{validated}", model.method)
            }
            Fact::Measures => {
                validate?;
                "AUC, Brier score, calibration intercept and slope, Youden index, decision curve.".to_owned()
            }
            Fact::Prediction => {
                model()?;
                "Predicted risk of the fitted model (results/model.json); `myelomri validate --model` applies it."
                    .to_owned()
            }
            Fact::Separate => {
                validate?;
                "No separate evaluation set: apparent and optimism-corrected values of the same patients.".to_owned()
            }
            Fact::Software => {
                let version = outputs.manifest.get("version")?.as_str()?;
                format!("myelomri {version}; commands under Commands, parameters in manifest.json.")
            }
            Fact::Flow => {
                let flow = outputs.flow.as_ref()?;
                format!(
                    "{} found, {} with both visits measured, {} analysed; reasons under Cohort.",
                    flow.n_subjects, flow.n_paired, flow.n_analysed
                )
            }
            Fact::Characteristics => {
                let rows = compare?.table_one.len();
                (rows > 0).then(|| format!("Table 1, {rows} rows, by outcome."))?
            }
            Fact::Counts => {
                let all = &fit?.models;
                let counts: Vec<String> =
                    all.iter().map(|m| format!("{}: {} ({} events)", m.name, m.n, m.events)).collect();
                (!counts.is_empty()).then(|| counts.join("; "))?
            }
            Fact::Specification => {
                let coefficients: Vec<String> =
                    model()?.terms.iter().map(|t| format!("{} {}", t.name, optional(Some(t.estimate)))).collect();
                (!coefficients.is_empty()).then(|| format!("Log odds: {}.", coefficients.join(", ")))?
            }
            Fact::Performance => {
                let auc = validate?.schemes.iter().find(|s| s.metric == "auc" && s.corrected.is_some())?;
                format!(
                    "AUC apparent {}, corrected for optimism {}; calibration and decision curve under Validation.",
                    optional(auc.apparent),
                    optional(auc.corrected)
                )
            }
            Fact::Cutoffs => {
                let curve = curves()?.into_iter().find(|curve| !curve.cutoffs.is_empty())?;
                format!("Cut-offs were chosen on these patients ({}): exploratory.", curve.cutoffs[0].rule)
            }
            Fact::CrossTable => said_of_each(&curves()?, |curve| {
                let [tp, negatives, tn, fp] = curve.cutoffs.first()?.counts;
                let n = tp + negatives + tn + fp;
                (n > 0).then(|| format!("TP {tp}, FN {negatives}, TN {tn}, FP {fp}"))
            })?,
            Fact::Accuracy => said_of_each(&curves()?, |curve| {
                let (low, high) = (curve.ci_low?, curve.ci_high?);
                Some(format!("AUC {:.3} ({low:.3} to {high:.3})", curve.auc))
            })?,
            Fact::Indeterminate => {
                roc?;
                "None: every measured value is compared with the cut-off; what was not measured is missing.".to_owned()
            }
            Fact::Quality => {
                let flow = outputs.flow.as_ref()?;
                format!(
                    "{} sessions failed, {} levels left out; flags of the sessions under Quality.",
                    flow.failed_sessions.len(),
                    flow.excluded_levels.len()
                )
            }
            Fact::Severity => {
                let staged = outputs.responses.iter().any(|row| row.iss.is_some());
                staged.then(|| "ISS and R-ISS stage of each patient on its page; Table 1.".to_owned())?
            }
            Fact::Interval => {
                let visit = |which| outputs.parameter(&["sessions", which])?.as_str();
                let (before, after) = (visit("baseline")?, visit("followup")?);
                let end = outputs.parameter(&["endpoint", "session"]).and_then(|s| s.as_str()).unwrap_or("not stated");
                format!("Markers from {before} and {after}, outcome from {end}; days and treatment: authors.")
            }
        })
    }
}

fn terms(model: &crate::cohort::results::Model) -> String {
    let names = model.terms.iter().map(|term| term.name.as_str()).filter(|name| *name != "(intercept)");
    names.map(|name| labels::column(name, Lang::En)).collect::<Vec<_>>().join(", ")
}

/// `marker: fact; marker: fact`.
fn said_of_each(curves: &[&Curve], fact: impl Fn(&Curve) -> Option<String>) -> Option<String> {
    let said: Vec<String> = curves
        .iter()
        .filter_map(|curve| Some(format!("{}: {}", labels::column(&curve.predictor, Lang::En), fact(curve)?)))
        .collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// References of the checklists shown, for the list of the report.
pub fn references(outputs: &Outputs) -> Vec<&'static str> {
    let mut list = Vec::new();
    if outputs.fit.is_some() {
        list.push("Collins GS et al. TRIPOD+AI statement. BMJ 2024;385:e078378. doi:10.1136/bmj-2023-078378");
    }
    if outputs.roc.is_some() {
        list.push("Bossuyt PM et al. STARD 2015. BMJ 2015;351:h5527. doi:10.1136/bmj.h5527");
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::{FitResults, PatientFlow, RocResults};

    fn row<'a>(table: &'a ReportTable, number: &str) -> &'a [String] {
        table.rows.iter().find(|row| row[0] == number).unwrap()
    }

    #[test]
    fn items_are_numbered_as_in_the_papers_and_blank_where_nothing_is_known() {
        let outputs = Outputs {
            fit: Some(FitResults::default()),
            roc: Some(RocResults::default()),
            flow: Some(PatientFlow { n_subjects: 50, n_paired: 48, n_analysed: 47, ..PatientFlow::default() }),
            ..Outputs::default()
        };
        let [tripod, stard] = &checklists(&outputs, Lang::En)[..] else { panic!("not two lists") };
        let heads = |table: &ReportTable| -> Vec<u32> {
            let mut heads: Vec<u32> =
                table.rows.iter().map(|row| row[0].trim_end_matches(char::is_alphabetic).parse().unwrap()).collect();
            heads.dedup();
            heads
        };
        assert_eq!(heads(tripod), (1..=27).collect::<Vec<u32>>());
        assert_eq!(heads(stard), (1..=30).collect::<Vec<u32>>());
        assert_eq!(row(tripod, "20a")[2], "50 found, 48 with both visits measured, 47 analysed; reasons under Cohort.");
        assert_eq!(row(stard, "19")[2], row(tripod, "20a")[2]);
        for blank in ["1", "17", "18a", "22"] {
            assert_eq!(row(tripod, blank)[2], "", "{blank}");
        }
        let filled = tripod.rows.iter().filter(|row| !row[2].is_empty()).count();
        assert!(tripod.notes[0].starts_with(&format!("{filled} of {} items", tripod.rows.len())));
        assert!(checklists(&Outputs::default(), Lang::En).is_empty());
    }
}
