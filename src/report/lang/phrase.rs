//! What a picture says, kept in parts, so that it can be said in another language long after the picture was drawn.

use super::{Lang, filled};
use crate::error::Warning;
use crate::report::labels;
use crate::units::Unit;
use serde::{Deserialize, Serialize};

/// Words in either language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phrase {
    /// The same in every language: names of the user, numbers with their units.
    Text(String),
    /// An English sentence and what fills its gaps `{name}`.
    Sentence(String, Vec<(String, Phrase)>),
    /// Things of a kind one after the other.
    List(Vec<Phrase>),
    /// A recorded message.
    Message(Warning),
}

impl From<&str> for Phrase {
    fn from(text: &str) -> Self {
        Phrase::Text(text.to_owned())
    }
}

impl From<String> for Phrase {
    fn from(text: String) -> Self {
        Phrase::Text(text)
    }
}

impl Phrase {
    /// A sentence that has a Japanese twin.
    pub fn of(sentence: &'static str) -> Self {
        Phrase::word(sentence)
    }

    /// A word that is known only when the program runs; what has no twin stays as it is.
    pub fn word(word: &str) -> Self {
        Phrase::Sentence(word.to_owned(), Vec::new())
    }

    /// A measured value: the measure (`sff`, or a name that nobody knows), where, how much.
    pub fn fact(measure: &str, region: Option<&str>, value: String) -> Self {
        let measure = Phrase::word(labels::name_of_measure(measure));
        match region {
            Some(region) => {
                Phrase::of("{measure} {region} {value}").with("region", labels::region(region)).with("measure", measure)
            }
            None => Phrase::of("{measure} {value}").with("measure", measure),
        }
        // a unit does not stand on a line of its own
        .with("value", value.replace(' ', "\u{a0}"))
    }

    /// The median ADC at two visits, um2/s, and its change in percent.
    pub fn adc_change(median_um2_s: [f64; 2], change_pct: f64) -> Self {
        let [before, after] = median_um2_s.map(|adc| Unit::Um2PerS.show(adc).replace(' ', "\u{a0}"));
        let change = format!("{change_pct:+.1}\u{a0}%").replace('-', "−");
        let sentence = Phrase::of("median ADC {before} to {after}, {change}");
        sentence.with("before", before).with("after", after).with("change", change)
    }

    /// What a label map holds altogether, mL.
    pub fn labelled_volume(ml: f64) -> Self {
        Phrase::of("labelled volume {value}").with("value", Unit::Millilitre.show(ml).replace(' ', "\u{a0}"))
    }

    /// A warning behind its slug.
    pub fn warning(warning: &Warning) -> Self {
        Phrase::of("{slug}: {message}").with("slug", &*warning.slug).with("message", Phrase::Message(warning.clone()))
    }

    /// The sentence with one more gap filled.
    pub fn with(mut self, gap: &str, filling: impl Into<Phrase>) -> Self {
        if let Phrase::Sentence(_, gaps) = &mut self {
            gaps.push((gap.to_owned(), filling.into()));
        }
        self
    }

    /// The words in a language.
    pub fn said(&self, lang: Lang) -> String {
        match self {
            Phrase::Text(text) => text.clone(),
            Phrase::Sentence(sentence, gaps) => {
                let gaps: Vec<(&str, String)> = gaps.iter().map(|(name, gap)| (&**name, gap.said(lang))).collect();
                let gaps: Vec<(&str, &str)> = gaps.iter().map(|(name, gap)| (*name, &**gap)).collect();
                filled(&lang.word(sentence), &gaps)
            }
            Phrase::List(things) => lang.listed(&things.iter().map(|thing| thing.said(lang)).collect::<Vec<_>>()),
            Phrase::Message(Warning { slug, message }) => {
                let twin = lang.message(slug, message).or_else(|| lang.meaning(slug).map(str::to_owned));
                twin.map_or_else(|| message.clone(), |twin| twin.trim_end_matches('。').to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_kept_as_text_and_said_in_both_languages() {
        let fact = Phrase::fact("dropout", Some("L1-L5"), "12.3 %".to_owned());
        let kept: Phrase = serde_json::from_str(&serde_json::to_string(&fact).unwrap()).unwrap();
        assert_eq!(kept, fact);
        assert_eq!(kept.said(Lang::En), "Dropout ratio L1–L5 12.3\u{a0}%");
        assert_eq!(kept.said(Lang::Ja), "信号低下率 (DR) L1–L5：12.3\u{a0}%");
        assert_eq!(Phrase::fact("T2star", None, "20 ms".to_owned()).said(Lang::Ja), "T2star：20\u{a0}ms");
    }

    #[test]
    fn what_the_user_named_is_not_translated() {
        // `mean` is a word of the report, and here a name
        let phrase = Phrase::List(vec!["mean".into(), Phrase::word("mean")]);
        assert_eq!(phrase.said(Lang::Ja), "mean、平均");
        assert_eq!(phrase.said(Lang::En), "mean, mean");
    }

    #[test]
    fn a_warning_without_a_twin_stays_as_it_was_recorded() {
        let warning = |slug: &str| Phrase::warning(&Warning::new(slug, "one of 3 echoes"));
        assert_eq!(warning("a-slug-of-nobody").said(Lang::Ja), "one of 3 echoes (a-slug-of-nobody)");
        assert_eq!(warning("swap-suspected").said(Lang::En), "swap-suspected: one of 3 echoes");
        let japanese = warning("swap-suspected").said(Lang::Ja);
        assert!(japanese.ends_with("(swap-suspected)") && !japanese.contains("echoes"), "{japanese}");
    }
}
