//! Tables of models, curves and their validation.

use super::{MISSING, ReportTable, family, minus, optional, p_text, with_interval};
use crate::cohort::results::{Curve, Cutoff, Direction, FitResults, Model, RocResults, ValidateResults};
use crate::report::plots::ratios;
use crate::report::{Lang, labels, numbers};
use std::collections::BTreeSet;

/// All logistic models, one row a term.
pub fn models(results: &FitResults, lang: Lang) -> ReportTable {
    let header = [
        lang.say("model"),
        lang.say("term"),
        lang.say("odds ratio (95 % CI)"),
        lang.say("coefficient"),
        "SE",
        "P",
        lang.say("n (events)"),
        lang.say("separation"),
    ];
    let mut table = ReportTable::new(lang.say("Logistic models"), &header);
    for model in &results.models {
        // a model that was never fitted has no patients, which is not none
        let counts = match (&model.not_estimable, model.n) {
            (Some(_), 0) => MISSING.to_owned(),
            _ => format!("{} ({})", model.n, model.events),
        };
        let name = lang.listed(&[&*model_name(model, lang), lang.say(family(model.family))]);
        if let Some(reason) = &model.not_estimable {
            let cells = [
                &name,
                lang.say("not estimable"),
                &lang.error(reason),
                MISSING,
                MISSING,
                MISSING,
                &counts,
                &lang.word(&model.separation),
            ];
            table.rows.push(cells.map(str::to_owned).to_vec());
        }
        for term in model.terms.iter().filter(|term| term.name != "(intercept)") {
            let ends = term.ci_low.zip(term.ci_high).map(|(low, high)| [low.exp(), high.exp()]);
            let [value, low, high] = ratios(term.odds_ratio, ends);
            let [coefficient, se] = numbers::coefficient(term.estimate, term.se).map(or_missing);
            let interval = ends.map_or(String::new(), |_| format!(" ({})", lang.range(&low, &high)));
            table.rows.push(vec![
                name.clone(),
                labels::column(&term.name, lang),
                format!("{value}{interval}"),
                coefficient,
                se,
                p_text(term.p),
                counts.clone(),
                lang.word(&model.separation),
            ]);
        }
    }
    table
}

fn or_missing(text: Option<String>) -> String {
    text.unwrap_or_else(|| MISSING.to_owned())
}

/// `univariable`, `multivariable (firth)`.
pub fn model_name(model: &Model, lang: Lang) -> String {
    let kind = model.name.split(':').next().unwrap_or_default();
    format!("{} ({})", lang.word(kind), model.method)
}

/// AUCs and cut-offs.
pub fn curves(results: &RocResults, lang: Lang) -> ReportTable {
    let header = [
        lang.say("marker"),
        lang.say("plan"),
        lang.say("points to response"),
        lang.say("AUC (95 % CI)"),
        lang.say("n+ / n−"),
        lang.say("cut-off"),
        lang.say("sensitivity"),
        lang.say("specificity"),
    ];
    let mut table = ReportTable::new(lang.say("ROC curves"), &header);
    // where every curve has one cut-off by the same rule, the rule stands in the methods
    let rules: BTreeSet<&str> = results.curves.iter().flat_map(|c| &c.cutoffs).map(|c| c.rule.as_str()).collect();
    for curve in &results.curves {
        let cutoffs: Vec<Option<&Cutoff>> = match &curve.cutoffs[..] {
            [] => vec![None],
            several => several.iter().map(Some).collect(),
        };
        let rate = |value: f64, [low, high]: [f64; 2]| {
            // rows of one patient may leave no interval
            if low.is_nan() || high.is_nan() {
                return format!("{value:.2}");
            }
            format!("{value:.2} ({})", lang.range(&format!("{low:.2}"), &format!("{high:.2}")))
        };
        for cutoff in cutoffs {
            table.rows.push(vec![
                labels::column(&curve.predictor, lang),
                lang.say(family(curve.family)).to_owned(),
                direction(curve.direction, lang).to_owned(),
                area(curve, lang),
                format!("{} / {}", curve.n_positive, curve.n_negative),
                cutoff.map_or(MISSING.to_owned(), |c| threshold(curve, c, rules.len() > 1, lang)),
                cutoff.map_or(MISSING.to_owned(), |c| rate(c.sensitivity, c.sensitivity_ci)),
                cutoff.map_or(MISSING.to_owned(), |c| rate(c.specificity, c.specificity_ci)),
            ]);
        }
    }
    table.notes.push(
        lang.say(
            "Cut-offs are chosen and judged on the same patients, and so is the curve of a model: both are apparent and \
             too good. The corrected values stand under validation.",
        )
        .to_owned(),
    );
    table
}

/// `0.931 (0.831 to 0.971)`.
fn area(curve: &Curve, lang: Lang) -> String {
    match (curve.ci_low, curve.ci_high) {
        (Some(low), Some(high)) => {
            format!("{:.3} ({})", curve.auc, lang.range(&format!("{low:.3}"), &format!("{high:.3}")))
        }
        _ => format!("{:.3}", curve.auc),
    }
}

/// `≥ 41.2`, with the rule that chose it where there are several.
fn threshold(curve: &Curve, cutoff: &Cutoff, with_rule: bool, lang: Lang) -> String {
    let sign = if curve.direction == Direction::Higher { '≥' } else { '≤' };
    let rule = if with_rule { format!(" [{}]", lang.word(&cutoff.rule)) } else { String::new() };
    format!("{sign} {}{rule}", numbers::cutoff(cutoff, curve.direction))
}

/// A metric as a paper writes it.
fn metric(name: &str) -> String {
    match name {
        "auc" => "AUC".to_owned(),
        "brier" => "Brier score".to_owned(),
        "brier_scaled" => "scaled Brier score".to_owned(),
        "youden_j" => "Youden's J".to_owned(),
        other => other.replace('_', " "),
    }
}

/// Which values of a marker point to response.
pub fn direction(direction: Direction, lang: Lang) -> &'static str {
    match direction {
        Direction::Higher => lang.say("higher"),
        Direction::Lower => lang.say("lower"),
    }
}

/// Paired comparisons of curves.
pub fn comparisons(results: &RocResults, lang: Lang) -> ReportTable {
    let mut table = ReportTable::new(
        lang.say("Differences between AUCs, on the patients that have both (DeLong)"),
        &[lang.say("first"), lang.say("second"), "n", lang.say("difference (95 % CI)"), "z", "P"],
    );
    for pair in &results.comparisons {
        table.rows.push(vec![
            labels::column(&pair.a, lang),
            labels::column(&pair.b, lang),
            pair.n.to_string(),
            with_interval(Some(pair.difference), [pair.ci_low, pair.ci_high], lang),
            optional(pair.z),
            p_text(pair.p),
        ]);
    }
    table
}

/// Internal validation.
pub fn validation(results: &ValidateResults, lang: Lang) -> ReportTable {
    let header = [
        lang.say("scheme"),
        lang.say("metric"),
        lang.say("apparent"),
        lang.say("optimism"),
        lang.say("corrected (95 % CI)"),
        lang.say("resamples"),
        lang.say("not estimable"),
    ];
    let is_external = results.schemes.iter().any(|scheme| scheme.scheme == "external");
    let caption = match (is_external, results.model.len()) {
        (true, _) => lang.say("A saved model on other patients"),
        (false, 1) => lang.say("Internal validation of the model"),
        _ => lang.say("Internal validation of the multivariable model"),
    };
    let mut table = ReportTable::new(caption, &header);
    for scheme in &results.schemes {
        // areas and errors have three decimals as in the other tables, slopes two
        let decimals = if scheme.metric.starts_with("calibration") || scheme.metric.contains("ratio") { 2 } else { 3 };
        let number = |value: f64| minus(&format!("{value:.decimals$}"));
        let shown = |value: Option<f64>| value.map_or(MISSING.to_owned(), number);
        let corrected = match (scheme.corrected, scheme.ci_low, scheme.ci_high) {
            (Some(value), Some(low), Some(high)) => {
                format!("{} ({})", number(value), lang.range(&number(low), &number(high)))
            }
            (value, ..) => shown(value),
        };
        table.rows.push(vec![
            lang.word(&scheme.scheme.replace('-', " ")),
            lang.word(&metric(&scheme.metric)),
            shown(scheme.apparent),
            shown(scheme.optimism),
            corrected,
            scheme.n_resamples.to_string(),
            scheme.n_not_estimable.to_string(),
        ]);
    }
    let two = |value: Option<f64>| value.map_or(MISSING.to_owned(), |value| minus(&format!("{value:.2}")));
    if let Some(calibration) = &results.calibration {
        table.notes.push(lang.fill(
            "Calibration: intercept {intercept}, slope {slope} (ideal: 0 and 1; a slope under 1 is overfitting).",
            &[("intercept", &two(calibration.intercept)), ("slope", &two(calibration.slope))],
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::Scheme;

    #[test]
    fn a_model_that_was_not_fitted_is_not_said_to_have_no_patients() {
        let results: FitResults = serde_json::from_value(serde_json::json!({"models": [{
            "name": "univariable:constant__pct", "family": "secondary", "outcome": {"column": "y", "positive": ["CR"],
            "n_positive": 4, "n_negative": 4, "missing": []}, "n": 0, "events": 0, "method": "firth", "terms": [],
            "log_likelihood": null, "null_log_likelihood": null, "aic": null, "ci_method": "none",
            "prediction_intercept": null, "separation": "", "separated_by": [], "diagnostics": null, "lambda": null,
            "not_estimable": "column constant__pct is constant", "missing": [], "warnings": []}], "warnings": []}))
        .unwrap();
        let table = models(&results, Lang::En);
        assert_eq!((&*table.rows[0][1], &*table.rows[0][6]), ("not estimable", MISSING));
    }

    #[test]
    fn every_row_is_as_long_as_its_header() {
        let scheme = Scheme {
            scheme: "bootstrap-optimism".to_owned(),
            metric: "auc".to_owned(),
            apparent: Some(0.93),
            optimism: Some(0.02),
            corrected: Some(0.91),
            ci_low: None,
            ci_high: None,
            n_resamples: 500,
            n_not_estimable: 0,
            n_separated: 3,
            p: None,
        };
        let table = validation(&ValidateResults { schemes: vec![scheme], ..ValidateResults::default() }, Lang::En);
        assert_eq!(table.rows[0].len(), table.header.len());
        assert_eq!(table.rows[0][0], "bootstrap optimism");
    }
}
