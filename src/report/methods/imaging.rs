//! What was measured in the images, and how.

use super::{Methods, measured, number, text};
use crate::report::outputs::Outputs;
use crate::report::{Lang, docs, labels};
use crate::units::Unit;

pub(super) fn imaging(outputs: &Outputs, methods: &mut Methods, lang: Lang) -> Option<String> {
    let measured = measured(outputs);
    let levels = labels::region(text(outputs, &["regions", "levels"])?);
    let scheme = text(outputs, &["regions", "scheme"])?;
    let erode = number(outputs, &["regions", "erode_mm"])?;
    let mut sentences = vec![lang.fill(
        "Vertebrae {levels} were taken from label maps (numbering: {scheme}) and each was shrunk by {erode} before it \
         was measured.",
        &[("levels", &levels), ("scheme", scheme), ("erode", &Unit::Millimetre.show(erode))],
    )];
    sentences.extend(labels_as_used(outputs, lang));
    for (name, document) in docs::BIOMARKERS {
        if !measured.contains(name) {
            continue;
        }
        docs::references(document).into_iter().for_each(|source| methods.cite(source));
        sentences.extend(match name {
            "sff" => Some(
                lang.say(
                    "Signal fat fraction (sFF) was computed from images that are not corrected for relaxation and is \
                     not a proton density fat fraction; values were not clipped.",
                )
                .to_owned(),
            ),
            "pdff" => {
                let model = text(outputs, &["fat_fraction", "fat_model"]).unwrap_or("–");
                Some(lang.fill(
                    "Proton density fat fraction (PDFF) was fitted to the raw echoes where a session has them (fat \
                     spectrum {model}), else read from the scanner's map; each map's sidecar says which.",
                    &[("model", model)],
                ))
            }
            "adc" => Some(adc(outputs, lang)),
            "tdv" => tdv(outputs, lang),
            "gadc" => Some(lang.say("Global ADC (gADC) is the ADC over the voxels of tDV.").to_owned()),
            "dropout" => Some(
                lang.say(
                    "The dropout ratio is 100 (in-phase − opposed-phase) / in-phase, with the regime (water or fat \
                     dominant) recorded.",
                )
                .to_owned(),
            ),
            _ => None,
        });
    }
    Some(lang.joined(&sentences))
}

/// What was done about labels and files that not every study has.
fn labels_as_used(outputs: &Outputs, lang: Lang) -> Vec<String> {
    let mut sentences =
        vec![lang.say("Vertebrae that lack or were excluded at one of the two visits count at neither.").to_owned()];
    if let Some(class) = number(outputs, &["regions", "body_class"]) {
        let gaps = [("class", &*class.to_string())];
        sentences.push(lang.fill("Of the files of vertebral bodies, class {class} was taken.", &gaps));
    }
    if text(outputs, &["regions", "on_grid_mismatch"]) == Some("resample-labels") {
        let sentence =
            lang.say("Labels on another grid than the images were resampled: each voxel has its nearest label.");
        sentences.push(sentence.to_owned());
    }
    match text(outputs, &["files", "run"]) {
        Some("first") => sentences.push(lang.say("Of several runs of a series the first was used.").to_owned()),
        Some("last") => sentences.push(lang.say("Of several runs of a series the last was used.").to_owned()),
        _ => {}
    }
    sentences
}

fn adc(outputs: &Outputs, lang: Lang) -> String {
    let fitted = lang.say(
        "ADC was fitted per station by least squares on the logarithm of the signal; voxels at the noise floor, where the \
         noise is known, and voxels without decay were excluded. b-values stand in each map's sidecar.",
    );
    let warnings = outputs.flow.iter().flat_map(|flow| flow.session_warnings.values());
    let unknown = warnings.filter(|list| list.iter().any(|warning| warning.slug == "noise-unknown")).count();
    let without = (unknown > 0).then(|| {
        let gaps = [("n", &*unknown.to_string())];
        lang.fill("Sessions whose noise is not known, so that no noise floor was applied: {n}.", &gaps)
    });
    lang.joined(&[fitted.to_owned()].into_iter().chain(without).collect::<Vec<_>>())
}

fn tdv(outputs: &Outputs, lang: Lang) -> Option<String> {
    let rule = text(outputs, &["tdv", "rule"])?;
    let setting = |name: &str| number(outputs, &["tdv", name]);
    let threshold = setting("threshold")
        .map_or(String::new(), |value| lang.fill(", threshold {value}", &[("value", &value.to_string())]));
    let counted = lang.fill(
        "Total diffusion volume (tDV) counts bone voxels outside the exclusion masks whose signal at b = {b} passes the \
         rule “{rule}”{threshold} and whose ADC lies between {low} and {high}, in lesions of at least {smallest}.",
        &[
            ("b", &Unit::SPerMm2.show(setting("signal_b")?)),
            ("rule", rule),
            ("threshold", &threshold),
            ("low", &Unit::Um2PerS.show(setting("adc_low")?)),
            ("high", &Unit::Um2PerS.show(setting("adc_high")?)),
            ("smallest", &Unit::Millilitre.show(setting("min_volume_ml")?)),
        ],
    );
    let edges = match text(outputs, &["tdv", "edges"]) {
        Some("shared") => lang.say(
            "Voxels at the edge of a lesion count by the share of lesion in them, linear in the signal between marrow and \
             lesion.",
        ),
        _ => lang.say("A voxel counts with its whole volume or not at all."),
    };
    let joined = match number(outputs, &["tdv", "connectivity"]).map(|n| n as u8) {
        Some(6) => lang.say("Voxels that share a face belong to one lesion."),
        Some(18) => lang.say("Voxels that share a face or an edge belong to one lesion."),
        _ => lang.say("Voxels that share a face, an edge or a corner belong to one lesion."),
    };
    let stations = match text(outputs, &["tdv", "harmonise"]) {
        Some("overlap") => {
            lang.say("Stations were brought to one level of signal by gains from what neighbours share.")
        }
        _ => lang.say("Signals of the stations were taken as they are."),
    };
    Some(lang.joined(&[counted, joined.to_owned(), edges.to_owned(), stations.to_owned()]))
}
