//! The methods paragraph and its references, generated from the parameters that were actually used.

mod imaging;

use super::outputs::Outputs;
use super::{Lang, labels};
use imaging::imaging;
use std::collections::BTreeSet;

/// A statistical source: when it is cited, and how.
const DELONG: &str = "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated receiver operating characteristic curves: a nonparametric approach. Biometrics 1988;44(3):837-845. doi:10.2307/2531595";
const FIRTH: &str =
    "Firth D. Bias reduction of maximum likelihood estimates. Biometrika 1993;80(1):27-38. doi:10.1093/biomet/80.1.27";
const HEINZE: &str = "Heinze G, Schemper M. A solution to the problem of separation in logistic regression. Stat Med 2002;21(16):2409-2419. doi:10.1002/sim.1047";
const PUHR: &str = "Puhr R, Heinze G, Nold M, Lusa L, Geroldinger A. Firth's logistic regression with rare events: accurate effect estimates and predictions? Stat Med 2017;36(14):2302-2317. doi:10.1002/sim.7273";
const HARRELL: &str = "Harrell FE, Lee KL, Mark DB. Multivariable prognostic models: issues in developing models, evaluating assumptions and adequacy, and measuring and reducing errors. Stat Med 1996;15(4):361-387. doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4";
const AIROLA: &str = "Airola A et al. An experimental comparison of cross-validation techniques for estimating the area under the ROC curve. Comput Stat Data Anal 2011;55(4):1828-1844. doi:10.1016/j.csda.2010.11.018";
const WILSON: &str = "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22(158):209-212. doi:10.1080/01621459.1927.10502953";
const VICKERS: &str = "Vickers AJ, Elkin EB. Decision curve analysis: a novel method for evaluating prediction models. Med Decis Making 2006;26(6):565-574. doi:10.1177/0272989X06295361";
const NOMA: &str = "Noma H et al. Confidence intervals of prediction accuracy measures for multivariable prediction models based on the bootstrap-based optimism correction methods. Stat Med 2021;40(26):5691-5701. doi:10.1002/sim.9148";
const IMWG: &str = "Kumar S et al. International Myeloma Working Group consensus criteria for response and minimal residual disease assessment in multiple myeloma. Lancet Oncol 2016;17(8):e328-e346. doi:10.1016/S1470-2045(16)30206-6";
const GREIPP: &str = "Greipp PR et al. International staging system for multiple myeloma. J Clin Oncol 2005;23(15):3412-3420. doi:10.1200/JCO.2005.04.242";
const PALUMBO: &str = "Palumbo A et al. Revised International Staging System for multiple myeloma: a report from International Myeloma Working Group. J Clin Oncol 2015;33(26):2863-2869. doi:10.1200/JCO.2015.61.2267";
pub(super) const TRIPOD: &str = "Collins GS et al. TRIPOD+AI statement: updated guidance for reporting clinical prediction models that use regression or machine learning methods. BMJ 2024;385:e078378. doi:10.1136/bmj-2023-078378";
pub(super) const STARD: &str = "Bossuyt PM et al. STARD 2015: an updated list of essential items for reporting diagnostic accuracy studies. BMJ 2015;351:h5527. doi:10.1136/bmj.h5527";

/// Methods text and what it cites.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Methods {
    /// One paragraph an entry.
    pub paragraphs: Vec<String>,
    /// Cited sources, each once, in order.
    pub references: Vec<String>,
}

impl Methods {
    fn cite(&mut self, source: &str) {
        if self.references.iter().all(|known| known != source) {
            self.references.push(source.to_owned());
        }
    }
}

/// The methods of these outputs.
pub fn methods(outputs: &Outputs, lang: Lang) -> Methods {
    let mut methods = Methods::default();
    for paragraph in [imaging, endpoint, comparison, modelling, curves, validation, burden, reporting] {
        if let Some(text) = paragraph(outputs, &mut methods, lang) {
            methods.paragraphs.push(text);
        }
    }
    methods
}

/// Biomarkers that have rows in the long table.
pub fn measured(outputs: &Outputs) -> BTreeSet<String> {
    let rows = outputs.long.as_ref().and_then(|table| table.text("measure").ok()).unwrap_or_default();
    rows.into_iter().flatten().collect()
}

fn text<'a>(outputs: &'a Outputs, path: &[&str]) -> Option<&'a str> {
    outputs.parameter(path)?.as_str()
}

fn number(outputs: &Outputs, path: &[&str]) -> Option<f64> {
    outputs.parameter(path)?.as_f64()
}

fn texts(outputs: &Outputs, path: &[&str]) -> Option<Vec<String>> {
    let list = outputs.parameter(path)?.as_array()?;
    Some(list.iter().filter_map(|item| item.as_str()).map(str::to_owned).collect())
}

fn endpoint(outputs: &Outputs, methods: &mut Methods, lang: Lang) -> Option<String> {
    let outcome = outputs.compare.as_ref()?.outcome.as_ref()?;
    methods.cite(IMWG);
    let visit = text(outputs, &["endpoint", "session"])
        .map_or(String::new(), |visit| lang.fill(" at the visit “{visit}”", &[("visit", visit)]));
    let mut sentences = vec![lang.fill(
        "The positive class is {column} = {values}{visit}: {n} patients, against {others} others.",
        &[
            ("column", &labels::column(&outcome.column, lang)),
            ("values", &lang.listed(&outcome.positive)),
            ("visit", &visit),
            ("n", &outcome.n_positive.to_string()),
            ("others", &outcome.n_negative.to_string()),
        ],
    )];
    if !outcome.missing.is_empty() {
        let gaps = [("n", &*outcome.missing.len().to_string())];
        sentences.push(lang.fill("{n} patients without an outcome were left out; nothing was imputed.", &gaps));
    }
    if text(outputs, &["endpoint", "from"]) == Some("imwg") {
        let sentence = lang.say("The response was computed from the laboratory values by the criteria of the IMWG.");
        sentences.push(sentence.to_owned());
    }
    if outputs.responses.iter().any(|row| row.iss.is_some()) {
        [GREIPP, PALUMBO].into_iter().for_each(|source| methods.cite(source));
        sentences.push(lang.say("ISS and R-ISS are those of the baseline visit.").to_owned());
    }
    Some(lang.joined(&sentences))
}

fn comparison(outputs: &Outputs, _: &mut Methods, lang: Lang) -> Option<String> {
    let compare = outputs.compare.as_ref()?;
    let names: BTreeSet<String> = compare.tests.iter().map(|test| super::tables::test_name(&test.test, lang)).collect();
    let mut sentences = Vec::new();
    if !compare.table_one.is_empty() {
        let tested = compare.table_one.iter().filter(|row| row.p.is_some());
        let tests: BTreeSet<String> = tested.map(|row| super::tables::test_name(&row.test, lang)).collect();
        let gaps = [("tests", &*lang.listed(&tests.into_iter().collect::<Vec<_>>()))];
        sentences.push(lang.fill(
            "Table 1 gives medians with quartiles (interpolated linearly) and numbers with percentages of those whose \
             value is known; tests, two-sided and not adjusted: {tests}.",
            &gaps,
        ));
    }
    let declared = |kind: &str| texts(outputs, &["plan", kind]).unwrap_or_default();
    let list = |markers: Vec<String>| {
        let name = |marker: &String| {
            let (column, direction) = marker.rsplit_once(':').unwrap_or((marker, ""));
            let gaps = [("column", &*labels::column(column, lang)), ("direction", &lang.word(direction))];
            lang.fill("{column} ({direction} in responders)", &gaps)
        };
        markers.iter().map(name).collect::<Vec<_>>().join("; ")
    };
    let names = lang.listed(&names.into_iter().collect::<Vec<_>>());
    if let [Some(before), Some(after)] = ["baseline", "followup"].map(|visit| text(outputs, &["sessions", visit])) {
        let gaps = [("before", before), ("after", after)];
        sentences.push(lang.fill("Changes are those from the visit “{before}” to the visit “{after}”.", &gaps));
    }
    sentences.push(lang.fill(
        "Changes were compared by these tests, two-sided: {tests}. Each change analysis has a twin adjusted for the \
         baseline value. Relative changes from a fat fraction under 5 points are flagged. Holm's correction was applied \
         within each declared family; everything outside the plan is exploratory.",
        &[("tests", &names)],
    ));
    if compare.tests.iter().any(|test| ["mann-whitney", "wilcoxon-signed-rank"].contains(&&*test.test)) {
        let sentence = lang.say("P values of rank tests are exact, ties included, up to 120 values.");
        sentences.push(sentence.to_owned());
    }
    sentences.push(lang.say("Every analysis takes the patients who have its values; nothing was imputed.").to_owned());
    if !declared("primary").is_empty() {
        let gaps = [("markers", &*list(declared("primary")))];
        sentences.push(lang.fill("Primary markers, declared before the analysis: {markers}.", &gaps));
    }
    if !declared("secondary").is_empty() {
        sentences.push(lang.fill("Secondary markers: {markers}.", &[("markers", &list(declared("secondary")))]));
    }
    if let Some(plan) = &compare.plan {
        sentences.push(lang.fill("SHA-256 of the plan: {hash}.", &[("hash", &plan.sha256)]));
    }
    Some(lang.joined(&sentences))
}

/// An estimator of a logistic model in words.
pub(super) fn method_name(method: &str, lang: Lang) -> String {
    match method {
        "firth" => lang.say("Firth's penalised likelihood (predictions with the intercept correction FLIC)").to_owned(),
        "flac" => lang.say("Firth's penalised likelihood with the added covariate FLAC").to_owned(),
        "ml" => lang.say("maximum likelihood").to_owned(),
        "ridge" => lang.say("a ridge penalty (no standard errors are given)").to_owned(),
        "lasso" => lang.say("a lasso penalty (no standard errors are given)").to_owned(),
        other => other.to_owned(),
    }
}

fn modelling(outputs: &Outputs, methods: &mut Methods, lang: Lang) -> Option<String> {
    let fit = outputs.fit.as_ref().filter(|fit| !fit.models.is_empty())?;
    let kinds: BTreeSet<&str> = fit.models.iter().map(|model| model.method.as_str()).collect();
    if kinds.contains("firth") {
        [FIRTH, HEINZE, PUHR].into_iter().for_each(|source| methods.cite(source));
    }
    let names: Vec<String> = kinds.iter().map(|name| method_name(name, lang)).collect();
    let mut sentences = vec![lang.fill(
        "Logistic models were fitted by {methods}; intervals are profile intervals and P values come from \
         likelihood-ratio tests where the method has them. The multivariable model holds the primary markers.",
        &[("methods", &names.join(lang.say(" and ")))],
    )];
    let separated = fit.models.iter().filter(|model| model.separation != "none").count();
    if separated > 0 {
        sentences.push(lang.fill(
            "In {n} of {all} models the classes are separated (marked in the table).",
            &[("n", &separated.to_string()), ("all", &fit.models.len().to_string())],
        ));
    }
    Some(lang.joined(&sentences))
}

fn curves(outputs: &Outputs, methods: &mut Methods, lang: Lang) -> Option<String> {
    let sentences = of_curves(outputs, lang)?;
    [DELONG, WILSON].into_iter().for_each(|source| methods.cite(source));
    Some(sentences)
}

/// How areas and cut-offs were estimated and compared.
pub(super) fn of_curves(outputs: &Outputs, lang: Lang) -> Option<String> {
    let roc = outputs.roc.as_ref().filter(|roc| !roc.curves.is_empty())?;
    let intervals: BTreeSet<&str> = roc.curves.iter().map(|curve| curve.ci_method.as_str()).collect();
    let names: Vec<&str> = intervals
        .into_iter()
        .map(|name| match name {
            "logit-delong" => lang.say("DeLong's variance on the logit scale"),
            "newcombe" => lang.say("Newcombe's method where the AUC is 0 or 1"),
            other => other,
        })
        .collect();
    Some(lang.fill(
        "Areas under ROC curves were computed with the direction of each marker declared beforehand; 95 % intervals use \
         {methods}. Cut-offs maximise Youden's index; sensitivity and specificity carry Wilson intervals. Curves were \
         compared by the paired DeLong test.",
        &[("methods", &names.join(lang.say(" and ")))],
    ))
}

fn validation(outputs: &Outputs, methods: &mut Methods, lang: Lang) -> Option<String> {
    let validate = outputs.validate.as_ref().filter(|v| !v.schemes.is_empty())?;
    let has = |name: &str| validate.schemes.iter().find(|scheme| scheme.scheme == name);
    let mut sentences = Vec::new();
    if let Some(bootstrap) = has("bootstrap-optimism") {
        methods.cite(HARRELL);
        methods.cite(NOMA);
        sentences.push(lang.fill(
            "The multivariable model was validated internally by bootstrap optimism correction ({n} resamples, seed \
             {seed}), repeating the whole recipe, cut-off included, in each resample; {lost} resamples could not be \
             estimated.",
            &[
                ("n", &bootstrap.n_resamples.to_string()),
                ("seed", &validate.seed.to_string()),
                ("lost", &bootstrap.n_not_estimable.to_string()),
            ],
        ));
    }
    if has("bootstrap-optimism").is_some_and(|scheme| scheme.ci_low.is_some()) {
        let sentence =
            lang.say("Intervals of corrected values are the percentiles over the resamples, moved by the optimism.");
        sentences.push(sentence.to_owned());
    }
    if has("leave-pair-out").is_some() {
        methods.cite(AIROLA);
        sentences.push(lang.say("Leave-pair-out cross-validation gives a second estimate of the AUC.").to_owned());
    }
    if !validate.decision_curve.is_empty() {
        methods.cite(VICKERS);
        sentences.push(lang.say("The decision curve rests on leave-one-out predictions.").to_owned());
    }
    Some(lang.joined(&sentences))
}

fn burden(outputs: &Outputs, _: &mut Methods, lang: Lang) -> Option<String> {
    let (results, _) = outputs.dropout.as_ref()?;
    let names: BTreeSet<String> =
        results.compare.tests.iter().map(|test| super::tables::test_name(&test.test, lang)).collect();
    (!names.is_empty()).then_some(())?;
    let gaps = [("visit", &*results.session), ("tests", &lang.listed(&names.into_iter().collect::<Vec<_>>()))];
    Some(lang.fill(
        "The dropout ratio at the visit “{visit}” was correlated with the burden of disease ({tests}) in patients in whose \
         marrow water dominates; the others were left out.",
        &gaps,
    ))
}

fn reporting(outputs: &Outputs, methods: &mut Methods, lang: Lang) -> Option<String> {
    if outputs.roc.is_some() {
        [TRIPOD, STARD].into_iter().for_each(|source| methods.cite(source));
    }
    let manifest = &outputs.manifest;
    let version = manifest.get("version").and_then(|v| v.as_str())?;
    Some(lang.fill(
        "All steps were done with myelomri {version}; inputs are identified by their SHA-256 in manifest.json.",
        &[("version", version)],
    ))
}

/// All statistical sources.
#[cfg(test)]
pub const SOURCES: [&str; 14] =
    [DELONG, FIRTH, HEINZE, PUHR, HARRELL, AIROLA, WILSON, VICKERS, NOMA, IMWG, GREIPP, PALUMBO, TRIPOD, STARD];
