//! `explain`: what a biomarker or a statistical method is, how it is computed, where it misleads.
//!
//! The texts are those of the report and of the documentation (`src/docs/*.md`).

use super::report::Language;
use super::{CliError, Context, output};
use crate::error::{Result, Warning};
use crate::report::{Lang, docs};
use clap::Args;

/// `explain [TOPIC]`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  myelomri explain tdv\n  myelomri explain tdv --lang ja")]
pub struct ExplainArgs {
    /// What to explain; without it the topics are listed
    topic: Option<String>,
    /// Language of the text; the biomarkers have one in Japanese
    #[arg(long, value_enum, value_name = "LANG", default_value_t = Language::En)]
    lang: Language,
}

/// Methods with their texts, beside the biomarkers of the report.
const METHODS: [(&str, &str); 15] = [
    ("import", include_str!("../docs/import.md")),
    ("study", include_str!("../docs/study.md")),
    ("segment", include_str!("../docs/segment.md")),
    ("histogram", include_str!("../docs/histogram.md")),
    ("change", include_str!("../docs/change.md")),
    ("response", include_str!("../docs/response.md")),
    ("compare", include_str!("../docs/compare.md")),
    ("agreement", include_str!("../docs/agreement.md")),
    ("rows", include_str!("../docs/rows.md")),
    ("roc", include_str!("../docs/roc.md")),
    ("coverage", include_str!("../docs/coverage.md")),
    ("delong", include_str!("../docs/delong.md")),
    ("firth", include_str!("../docs/firth.md")),
    ("separation", include_str!("../docs/separation.md")),
    ("validation", include_str!("../docs/validation.md")),
];

/// Other words for a topic.
const ALIASES: [(&str, &str); 16] = [
    ("dicom", "import"),
    ("bids", "study"),
    ("labels", "study"),
    ("onnx", "segment"),
    ("network", "segment"),
    ("redcap", "study"),
    ("ff", "sff"),
    ("imwg", "response"),
    ("cluster", "rows"),
    ("auc", "roc"),
    ("youden", "roc"),
    ("flic", "firth"),
    ("fit", "firth"),
    ("logistic", "firth"),
    ("validate", "validation"),
    ("bootstrap", "validation"),
];

pub(super) fn run(args: ExplainArgs, context: &Context) -> Result<()> {
    let ExplainArgs { topic, lang } = args;
    let lang = lang.lang();
    let Some(topic) = topic else { return output::print(&list(lang)) };
    let asked = topic.to_lowercase();
    let name = ALIASES.iter().find(|(alias, _)| *alias == asked).map_or(asked.as_str(), |(_, name)| name);
    let Some((_, english)) = topics().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = topics().map(|(name, _)| name).collect();
        return Err(
            CliError::usage(format!("there is no topic {topic}"), format!("topics are {}", known.join(", "))).into()
        );
    };
    let text = docs::text(name, lang);
    if text.is_none() && lang != Lang::En {
        context.warn(&[Warning::new("english-only", format!("the text on {name} is there in English alone"))]);
    }
    output::print(text.unwrap_or(english))
}

fn topics() -> impl Iterator<Item = (&'static str, &'static str)> {
    docs::BIOMARKERS.iter().chain(&METHODS).copied()
}

/// One line a topic: its name and its title.
fn list(lang: Lang) -> String {
    let line = |(name, english)| format!("{name:<12}{}\n", docs::title(docs::text(name, lang).unwrap_or(english)));
    topics().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_a_title_and_references_with_a_doi() {
        for (name, text) in topics() {
            assert!(!docs::title(text).is_empty(), "{name}");
            assert!(docs::references(text).iter().any(|r| r.contains("doi:")), "{name}");
        }
    }

    #[test]
    fn every_topic_has_a_definition_a_formula_pitfalls_and_references() {
        // what files are taken for has no formula
        for (name, text) in topics().filter(|(name, _)| *name != "import") {
            let has = |start: &str| text.lines().any(|line| line.starts_with(start));
            for part in ["## Definition", "## How it is computed", "## Limits and pitfalls", "## References", "    "] {
                assert!(has(part), "{name} lacks {part:?}");
            }
        }
    }

    #[test]
    fn every_other_word_leads_to_a_topic() {
        for (alias, name) in ALIASES {
            assert!(topics().any(|(known, _)| known == name), "{alias}");
        }
    }
}
