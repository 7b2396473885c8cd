//! The two languages of the report.
//!
//! The English sentence stands where it is used; its Japanese twin stands in `lang/ja.toml` (checklists: `lang/checklists.ja.toml`), once. A test reads the sources
//! and the template and fails where a sentence has no twin, a twin no sentence, or the two hold different gaps to fill. What
//! the results hold in English is said by [`recorded`] and [`messages`].

mod messages;
mod phrase;
mod recorded;

pub use phrase::Phrase;
pub use recorded::Reason;

use serde::Deserialize;
use std::collections::HashMap;
use std::sync::OnceLock;

const JAPANESE: &str = include_str!("lang/ja.toml");
const JAPANESE_CHECKLISTS: &str = include_str!("lang/checklists.ja.toml");

/// Words of the results themselves (families, tests, schemes), which the sources do not spell out where they are said.
pub const OF_RESULTS: [&str; 25] = [
    "primary",
    "secondary",
    "exploratory",
    "higher",
    "lower",
    "univariable",
    "multivariable",
    "baseline-adjusted",
    "none",
    "quasi",
    "complete",
    "median [Q1, Q3]",
    "n (%)",
    "bootstrap optimism",
    "leave pair out",
    "leave one out",
    "external",
    "AUC",
    "Brier score",
    "calibration slope",
    "calibration intercept",
    "Youden's J",
    "closest-top-left",
    "cost",
    "The curve of the multivariable model is apparent: model and curve come from the same patients.",
];

/// Language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Lang {
    /// Both.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Ja];

    /// Code in HTML and on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Ja => "ja",
        }
    }

    /// A sentence in this language.
    pub fn say(self, english: &'static str) -> &'static str {
        match self {
            Lang::En => english,
            Lang::Ja => japanese().get(english).map_or(english, String::as_str),
        }
    }

    /// A word that is known only when the program runs; what has no twin stays as it is.
    pub fn word(self, english: &str) -> String {
        match self {
            Lang::En => english.to_owned(),
            Lang::Ja => japanese().get(english).cloned().unwrap_or_else(|| english.to_owned()),
        }
    }

    /// A sentence with its gaps `{name}` filled.
    pub fn fill(self, english: &'static str, gaps: &[(&str, &str)]) -> String {
        filled(self.say(english), gaps)
    }

    /// From one value to another.
    pub fn range(self, low: &str, high: &str) -> String {
        self.fill("{low} to {high}", &[("low", low), ("high", high)])
    }

    /// Things of a kind one after the other.
    pub fn listed<T: AsRef<str>>(self, things: &[T]) -> String {
        let things: Vec<&str> = things.iter().map(AsRef::as_ref).collect();
        things.join(if self == Lang::Ja { "、" } else { ", " })
    }

    /// Several sentences one after the other.
    pub fn joined(self, sentences: &[String]) -> String {
        sentences.join(if self == Lang::Ja { "" } else { " " })
    }
}

/// `sentence` with its gaps `{name}` filled.
fn filled(sentence: &str, gaps: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sentence.len() + 32);
    let mut rest = sentence;
    // one pass, so that a brace in what is filled in stays a brace
    while let Some(start) = rest.find('{') {
        let (before, after) = rest.split_at(start);
        out += before;
        let known = gaps.iter().find_map(|(name, value)| {
            let tail = after.strip_prefix('{')?.strip_prefix(*name)?.strip_prefix('}')?;
            Some((*value, tail))
        });
        let (text, tail) = known.unwrap_or(("{", &after[1..]));
        out += text;
        rest = tail;
    }
    out + rest
}

fn japanese() -> &'static HashMap<String, String> {
    static TABLE: OnceLock<HashMap<String, String>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let read = |text| toml::from_str::<HashMap<String, String>>(text).unwrap_or_default();
        read(JAPANESE).into_iter().chain(read(JAPANESE_CHECKLISTS)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Text literals that follow `start` in a source, as the compiler would read them.
    fn literals(source: &str, start: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (at, _) in source.match_indices(start) {
            let rest = source[at + start.len()..].trim_start();
            let Some(rest) = rest.strip_prefix('"') else { continue };
            let mut text = String::new();
            let mut letters = rest.chars();
            while let Some(letter) = letters.next() {
                match letter {
                    '"' => break,
                    '\\' => match letters.next() {
                        Some('\n') => {
                            let trimmed = letters.as_str().trim_start();
                            letters = trimmed.chars();
                        }
                        Some(escaped) => text.push(escaped),
                        None => break,
                    },
                    other => text.push(other),
                }
            }
            found.push(text);
        }
        found
    }

    fn sources(folder: &Path, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, into);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                into.push(text.split("#[cfg(test)]").next().unwrap_or_default().to_owned());
            }
        }
    }

    /// Every sentence that the report can say.
    fn spoken() -> BTreeSet<String> {
        let mut texts = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report"), &mut texts);
        let mut spoken: BTreeSet<String> = texts
            .iter()
            .flat_map(|text| [".say(", ".fill(", "Phrase::of("].map(|start| literals(text, start)))
            .flatten()
            .collect();
        let template = include_str!("template.html");
        // `"sentence"|t` in the template
        spoken.extend(
            template.match_indices("\"|t").map(|(end, _)| template[..end].rsplit('"').next().unwrap_or("").to_owned()),
        );
        let words = crate::report::labels::words().chain(OF_RESULTS).chain(crate::report::checklist::words());
        spoken.extend(words.map(str::to_owned));
        spoken
    }

    #[test]
    fn both_languages_are_complete() {
        for text in [JAPANESE, JAPANESE_CHECKLISTS] {
            toml::from_str::<HashMap<String, String>>(text).unwrap();
        }
        let table = japanese();
        let spoken = spoken();
        assert!(spoken.len() > 40, "the sources were not read: {}", spoken.len());
        let lacking: Vec<&String> = spoken.iter().filter(|sentence| !table.contains_key(*sentence)).collect();
        assert!(lacking.is_empty(), "without a Japanese twin: {lacking:#?}");
        let idle: Vec<&String> = table.keys().filter(|sentence| !spoken.contains(*sentence)).collect();
        assert!(idle.is_empty(), "said nowhere: {idle:#?}");
        let gaps = |text: &str| -> BTreeSet<String> {
            text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect()
        };
        for (english, japanese) in table {
            assert_eq!(gaps(english), gaps(japanese), "{english}");
            assert!(!japanese.is_empty(), "{english}");
        }
    }

    #[test]
    fn gaps_are_filled_and_what_is_filled_in_stays_as_it_is() {
        let filled = Lang::En.fill("{a} and {b}", &[("a", "{b}"), ("b", "2")]);
        assert_eq!(filled, "{b} and 2");
        assert_eq!(Lang::En.fill("no {gap}", &[]), "no {gap}");
    }
}
