//! Recorded messages in Japanese, with their numbers: warnings, failures, and the sentences that stand within them.
//!
//! `messages/*.ja.toml` hold patterns by slug. A message that fits no pattern, or fits in more than one way (so that a name
//! could pass for another), is left to the English text: a sentence with a wrong number would be worse than none.
//!
//! What stands in a gap is told by its name, up to the first `_`:
//! `model`, `column`, `columns`, `test`   put in words as in tables
//! `what`                                 a sentence of the same slug, else a name of `words`; nothing else is let pass
//! `error`, `reason`, `response`, `role`, `roles`, `source`, `exclusions`, `differences`, and every slug
//!                                        sentences and names of that kind; what the system says is quoted
//! `kind`, `method`, `rule`, `instead`     words of the results
//! others                                 numbers and names, as they are, or the word that the slug has for them

mod pattern;
#[cfg(test)]
mod sources;

use super::{Lang, filled, recorded};
use crate::report::{labels, tables};
use pattern::{every_way, kind};
use std::collections::BTreeMap;
use std::sync::OnceLock;

const FILES: [&str; 6] = [
    include_str!("messages/analysis.ja.toml"),
    include_str!("messages/commands.ja.toml"),
    include_str!("messages/errors.ja.toml"),
    include_str!("messages/failures.ja.toml"),
    include_str!("messages/measuring.ja.toml"),
    include_str!("messages/parts.ja.toml"),
];
/// Section of the errors that stand within a message.
const ERRORS: &str = "errors";
/// Section of what can be wrong with a file.
const REASONS: &str = "reasons";
/// Section of names.
const WORDS: &str = "words";
/// Section of what a curve test holds against each other.
const CURVES: &str = "curves";
/// Section of what two visits do differently.
const DIFFERENCES: &str = "differences";
/// Section of sentences around a sentence of any slug.
const WRAPPED: &str = "wrapped";

type Section = BTreeMap<String, String>;

impl Lang {
    /// A recorded message in this language; `None` in that of the messages, and where there is no sure twin.
    pub fn message(self, slug: &str, recorded: &str) -> Option<String> {
        match self {
            Lang::En => None,
            Lang::Ja => said(slug, recorded),
        }
    }

    /// Why something could not be estimated; what has no twin stays as it is.
    pub fn error(self, recorded: &str) -> String {
        self.message(ERRORS, recorded).unwrap_or_else(|| recorded.to_owned())
    }
}

/// All patterns by section; the files may share a slug.
fn messages() -> &'static BTreeMap<String, Section> {
    static TABLE: OnceLock<BTreeMap<String, Section>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut all: BTreeMap<String, Section> = BTreeMap::new();
        for file in FILES {
            for (slug, patterns) in toml::from_str::<BTreeMap<String, Section>>(file).unwrap_or_default() {
                all.entry(slug).or_default().extend(patterns);
            }
        }
        all
    })
}

fn said(section: &str, recorded: &str) -> Option<String> {
    let own = messages().get(section)?;
    own.get(recorded)
        .cloned()
        .or_else(|| by_pattern(messages().get(WRAPPED)?, section, recorded))
        .or_else(|| by_pattern(own, section, recorded))
}

/// The sentence of the one pattern that fits, in the one way in which every gap can be put in words.
fn by_pattern(patterns: &Section, section: &str, recorded: &str) -> Option<String> {
    let mut found = patterns.iter().flat_map(|(pattern, japanese)| {
        every_way(pattern, recorded).into_iter().filter_map(move |way| {
            let in_words = |(name, value)| Some((name, in_words(section, name, value)?));
            let gaps: Vec<(&str, String)> = way.into_iter().map(in_words).collect::<Option<_>>()?;
            let gaps: Vec<(&str, &str)> = gaps.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Some(filled(japanese, &gaps))
        })
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// What stands in a gap, in Japanese; none where that is not known.
fn in_words(section: &str, name: &str, value: &str) -> Option<String> {
    let column = |name: &str| labels::column(name, Lang::Ja);
    let listed = |of: &dyn Fn(&str) -> Option<String>, by: &str| {
        Some(value.split(by).map(of).collect::<Option<Vec<_>>>()?.join("、"))
    };
    Some(match kind(name) {
        "model" => labels::model(value, Lang::Ja),
        "column" => column(value),
        "columns" => return listed(&|name| Some(column(name)), ", "),
        // two curves that are compared, or one column
        "curve" => said(CURVES, value).unwrap_or_else(|| column(value)),
        "who" => value.replace(", ", "、"),
        "choices" => value.replace(" or ", "、"),
        "test" => tables::test_name(value, Lang::Ja),
        "itself" => return said(section, value),
        // a sentence that is half English is none
        "what" => return said(section, value).or_else(|| said(WORDS, value)),
        "source" => return said(WORDS, value),
        "error" => return said(ERRORS, value),
        "role" => return role(value),
        "roles" => return listed(&role, ", "),
        "differences" => return listed(&|one| said(DIFFERENCES, one), "; "),
        "exclusions" => {
            let value = value.strip_suffix(')')?;
            return Some(value.split("), ").map(exclusion).collect::<Option<Vec<_>>>()?.join("、"));
        }
        "response" => return recorded::response(value),
        // what the system or a library says is quoted
        "reason" => said(REASONS, value).unwrap_or_else(|| format!("「{value}」")),
        slug if messages().contains_key(slug) => return said(slug, value),
        kind => match messages().get(section).and_then(|own| own.get(value)) {
            Some(own) => own.clone(),
            None if ["kind", "method", "rule", "instead"].contains(&kind) => Lang::Ja.word(value),
            // what the user named is not translated
            None => value.to_owned(),
        },
    })
}

/// `dwi 2` in words.
fn role(role: &str) -> Option<String> {
    match role.split_once(' ') {
        None => said(WORDS, role),
        Some((name, index)) => said(WORDS, name).map(|name| format!("{name} {index}")),
    }
}

/// `L4 (fracture, baseline` in words.
fn exclusion(text: &str) -> Option<String> {
    let (level, reason) = text.split_once(" (")?;
    Some(format!("{level}（{}）", recorded::exclusion(reason)))
}

#[cfg(test)]
mod tests;
