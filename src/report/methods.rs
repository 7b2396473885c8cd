//! The methods paragraph, the references and the commands, generated from the parameters that were actually used.

use super::outputs::Outputs;
use super::{docs, labels};
use crate::cohort::results::{Direction, Family};
use crate::units::Unit;
use std::collections::BTreeSet;

/// A statistical source: when it is cited, and how.
const DELONG: &str = "DeLong ER et al. Comparing the areas under two or more correlated receiver operating characteristic curves. Biometrics 1988. doi:10.2307/2531595";
const FIRTH: &str =
    "Firth D. Bias reduction of maximum likelihood estimates. Biometrika 1993. doi:10.1093/biomet/80.1.27";
const HEINZE: &str = "Heinze G, Schemper M. A solution to the problem of separation in logistic regression. Stat Med 2002. doi:10.1002/sim.1047";
const PUHR: &str = "Puhr R et al. Firth's logistic regression with rare events. Stat Med 2017. doi:10.1002/sim.7273";
const HARRELL: &str = "Harrell FE et al. Multivariable prognostic models. Stat Med 1996. doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4";
const AIROLA: &str = "Airola A et al. An experimental comparison of cross-validation techniques for estimating the area under the ROC curve. Comput Stat Data Anal 2011. doi:10.1016/j.csda.2010.11.018";
const WILSON: &str = "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927. doi:10.1080/01621459.1927.10502953";
const VICKERS: &str =
    "Vickers AJ, Elkin EB. Decision curve analysis. Med Decis Making 2006. doi:10.1177/0272989X06295361";
const IMWG: &str = "Kumar S et al. International Myeloma Working Group consensus criteria for response and minimal residual disease assessment in multiple myeloma. Lancet Oncol 2016. doi:10.1016/S1470-2045(16)30206-6";
const TRIPOD: &str = "Collins GS et al. TRIPOD+AI statement. BMJ 2024. doi:10.1136/bmj-2023-078378";
const STARD: &str = "Bossuyt PM et al. STARD 2015. BMJ 2015. doi:10.1136/bmj.h5527";

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
pub fn methods(outputs: &Outputs) -> Methods {
    let mut methods = Methods::default();
    for paragraph in [imaging, endpoint, comparison, modelling, curves, validation, reporting] {
        if let Some(text) = paragraph(outputs, &mut methods) {
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

fn imaging(outputs: &Outputs, methods: &mut Methods) -> Option<String> {
    let measured = measured(outputs);
    let levels = labels::region(text(outputs, &["regions", "levels"])?);
    let scheme = text(outputs, &["regions", "scheme"])?;
    let erode = number(outputs, &["regions", "erode_mm"])?;
    let mut sentences = vec![format!(
        "Vertebrae {levels} were taken from label maps (numbering: {scheme}) and each was shrunk by {} before it was \
         measured.",
        Unit::Millimetre.show(erode)
    )];
    for (name, document) in docs::BIOMARKERS {
        if !measured.contains(name) {
            continue;
        }
        docs::references(document).into_iter().for_each(|source| methods.cite(source));
        sentences.extend(match name {
            "sff" => Some(
                "Signal fat fraction (sFF) was computed from images that are not corrected for relaxation and is not a \
                 proton density fat fraction; values were not clipped."
                    .to_owned(),
            ),
            "pdff" => Some(format!(
                "Proton density fat fraction (PDFF) was fitted to the raw echoes where a session has them (fat spectrum {}), \
                 else read from the scanner's map; each map's sidecar says which.",
                text(outputs, &["fat_fraction", "fat_model"]).unwrap_or("as stated there")
            )),
            "adc" => Some(
                "ADC was fitted per station by least squares on the logarithm of the signal; voxels at the noise floor \
                 or without decay were excluded. b-values stand in each map's sidecar."
                    .to_owned(),
            ),
            "tdv" => tdv(outputs),
            "gadc" => Some("Global ADC (gADC) is the ADC over the voxels of tDV.".to_owned()),
            "dropout" => Some(
                "The dropout ratio is 100 (in-phase − opposed-phase) / in-phase, with the regime (water or fat dominant) \
                 recorded."
                    .to_owned(),
            ),
            _ => None,
        });
    }
    Some(sentences.join(" "))
}

fn tdv(outputs: &Outputs) -> Option<String> {
    let rule = text(outputs, &["tdv", "rule"])?;
    let setting = |name: &str| number(outputs, &["tdv", name]);
    let threshold = setting("threshold").map_or(String::new(), |value| format!(", threshold {value}"));
    Some(format!(
        "Total diffusion volume (tDV) counts bone voxels outside the exclusion masks whose signal at b = {} passes the \
         rule “{rule}”{threshold} and whose ADC lies between {} and {}, in lesions of at least {}.",
        Unit::SPerMm2.show(setting("signal_b")?),
        Unit::Um2PerS.show(setting("adc_low")?),
        Unit::Um2PerS.show(setting("adc_high")?),
        Unit::Millilitre.show(setting("min_volume_ml")?)
    ))
}

fn endpoint(outputs: &Outputs, methods: &mut Methods) -> Option<String> {
    let outcome = outputs.compare.as_ref()?.outcome.as_ref()?;
    methods.cite(IMWG);
    let visit = text(outputs, &["endpoint", "session"]).map_or(String::new(), |s| format!(" at the visit “{s}”"));
    let missing = match outcome.missing.len() {
        0 => String::new(),
        n => format!(" {n} patients without an outcome were left out; nothing was imputed."),
    };
    Some(format!(
        "The positive class is {} = {}{visit}: {} patients, against {} others.{missing}",
        labels::column(&outcome.column),
        outcome.positive.join(", "),
        outcome.n_positive,
        outcome.n_negative
    ))
}

fn comparison(outputs: &Outputs, _: &mut Methods) -> Option<String> {
    let compare = outputs.compare.as_ref()?;
    let names: BTreeSet<String> = compare.tests.iter().map(|test| super::tables::test_name(&test.test)).collect();
    let declared = |kind: &str| texts(outputs, &["plan", kind]).unwrap_or_default();
    let list = |markers: Vec<String>| {
        let name = |marker: &String| {
            let (column, direction) = marker.rsplit_once(':').unwrap_or((marker, ""));
            format!("{} ({direction} in responders)", labels::column(column))
        };
        markers.iter().map(name).collect::<Vec<_>>().join("; ")
    };
    let mut sentence = format!(
        "Changes were compared by these tests, two-sided: {}. Each change analysis has a twin adjusted for the baseline \
         value. Relative changes from a fat fraction under 5 points are flagged. Holm's correction was applied within \
         each declared family; everything outside the plan is exploratory.",
        names.into_iter().collect::<Vec<_>>().join(", ")
    );
    if !declared("primary").is_empty() {
        sentence += &format!(" Primary markers, declared before the analysis: {}.", list(declared("primary")));
    }
    if !declared("secondary").is_empty() {
        sentence += &format!(" Secondary markers: {}.", list(declared("secondary")));
    }
    if let Some(plan) = &compare.plan {
        sentence += &format!(" SHA-256 of the plan: {}.", plan.sha256);
    }
    Some(sentence)
}

fn modelling(outputs: &Outputs, methods: &mut Methods) -> Option<String> {
    let fit = outputs.fit.as_ref().filter(|fit| !fit.models.is_empty())?;
    let kinds: BTreeSet<&str> = fit.models.iter().map(|model| model.method.as_str()).collect();
    let kind = |name: &str| match name {
        "firth" => "Firth's penalised likelihood (predictions with the intercept correction FLIC)".to_owned(),
        "ml" => "maximum likelihood".to_owned(),
        "ridge" => "a ridge penalty (no standard errors are given)".to_owned(),
        other => other.to_owned(),
    };
    if kinds.contains("firth") {
        [FIRTH, HEINZE, PUHR].into_iter().for_each(|source| methods.cite(source));
    }
    let names: Vec<String> = kinds.iter().map(|name| kind(name)).collect();
    let separated = fit.models.iter().filter(|model| model.separation != "none").count();
    let note = match separated {
        0 => String::new(),
        n => format!(" In {n} of {} models the classes are separated (marked in the table).", fit.models.len()),
    };
    Some(format!(
        "Logistic models were fitted by {}; intervals are profile intervals and P values come from likelihood-ratio \
         tests where the method has them. The multivariable model holds the primary markers.{note}",
        names.join(" and ")
    ))
}

fn curves(outputs: &Outputs, methods: &mut Methods) -> Option<String> {
    let roc = outputs.roc.as_ref().filter(|roc| !roc.curves.is_empty())?;
    [DELONG, WILSON].into_iter().for_each(|source| methods.cite(source));
    let intervals: BTreeSet<&str> = roc.curves.iter().map(|curve| curve.ci_method.as_str()).collect();
    let names: Vec<&str> = intervals
        .into_iter()
        .map(|name| match name {
            "logit-delong" => "DeLong's variance on the logit scale",
            "newcombe" => "Newcombe's method where the AUC is 0 or 1",
            other => other,
        })
        .collect();
    Some(format!(
        "Areas under ROC curves were computed with the direction of each marker declared beforehand; 95 % intervals use \
         {}. Cut-offs maximise Youden's index; sensitivity and specificity carry Wilson intervals. Curves were compared \
         by the paired DeLong test.",
        names.join(" and ")
    ))
}

fn validation(outputs: &Outputs, methods: &mut Methods) -> Option<String> {
    let validate = outputs.validate.as_ref().filter(|v| !v.schemes.is_empty())?;
    let has = |name: &str| validate.schemes.iter().find(|scheme| scheme.scheme == name);
    let mut sentences = Vec::new();
    if let Some(bootstrap) = has("bootstrap-optimism") {
        methods.cite(HARRELL);
        sentences.push(format!(
            "The multivariable model was validated internally by bootstrap optimism correction ({} resamples, seed {}), \
             repeating the whole recipe, cut-off included, in each resample; {} resamples could not be estimated.",
            bootstrap.n_resamples, validate.seed, bootstrap.n_not_estimable
        ));
    }
    if has("leave-pair-out").is_some() {
        methods.cite(AIROLA);
        sentences.push("Leave-pair-out cross-validation gives a second estimate of the AUC.".to_owned());
    }
    if !validate.decision_curve.is_empty() {
        methods.cite(VICKERS);
        sentences.push("The decision curve rests on leave-one-out predictions.".to_owned());
    }
    Some(sentences.join(" "))
}

fn reporting(outputs: &Outputs, methods: &mut Methods) -> Option<String> {
    if outputs.roc.is_some() {
        [TRIPOD, STARD].into_iter().for_each(|source| methods.cite(source));
    }
    let manifest = &outputs.manifest;
    let version = manifest.get("version").and_then(|v| v.as_str())?;
    Some(format!(
        "All steps were done with myelomri {version}; inputs are identified by their SHA-256 in manifest.json."
    ))
}

/// The commands that make the results again, one a line; paths are those of the reader.
pub fn commands(outputs: &Outputs) -> Vec<String> {
    let seed = outputs.validate.as_ref().map_or(String::new(), |v| format!(" --seed {}", v.seed));
    let mut commands = vec![format!("myelomri run STUDY OUT{seed}")];
    let Some(outcome) = outputs.compare.as_ref().and_then(|c| c.outcome.as_ref()) else { return commands };
    let table =
        format!("--table OUT/tables/wide.csv --outcome {} --positive {}", outcome.column, outcome.positive.join(","));
    if let Some(roc) = &outputs.roc {
        let markers = |family: Family| -> Vec<String> {
            let is_column = |predictor: &str| predictor.contains("__");
            roc.curves
                .iter()
                .filter(|curve| curve.family == family && is_column(&curve.predictor))
                .map(|curve| {
                    let direction = if curve.direction == Direction::Higher { "higher" } else { "lower" };
                    format!(" --predictor {}:{direction}", curve.predictor)
                })
                .collect()
        };
        for family in [Family::Primary, Family::Secondary] {
            let markers = markers(family);
            if !markers.is_empty() {
                let word = super::tables::family(family);
                commands.push(format!("myelomri roc {table}{} -o roc_{word}", markers.concat()));
            }
        }
    }
    if let Some(model) = outputs.fit.as_ref().and_then(|f| f.models.iter().find(|m| m.name == "multivariable")) {
        let terms: String =
            model.terms.iter().filter(|t| t.name != "(intercept)").map(|t| format!(" --term {}", t.name)).collect();
        commands.push(format!("myelomri fit {table}{terms} --method {} -o model", model.method));
        commands.push(format!("myelomri validate {table}{terms} --method {}{seed} -o model", model.method));
    }
    commands.push("myelomri report OUT --force".to_owned());
    commands
}
