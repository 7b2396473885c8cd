//! Words that the results hold in English (slugs, reasons), in the language of the report.
//!
//! A slug is the stable name of a warning or failure; `slugs.ja.toml` says what each one means. Reasons are short sentences,
//! some with values in them; `reasons.ja.toml` has their twins. What has no twin, such as a user's own words, stays as it is.

use super::Lang;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

const SLUGS: &str = include_str!("slugs.ja.toml");
const REASONS: &str = include_str!("reasons.ja.toml");

/// What a recorded reason speaks of: sections of `reasons.ja.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Why a response category was given.
    Response,
    /// Why a patient or session is not in the analysis.
    Flow,
    /// A slug alone, why measures of a session were kept out.
    Flag,
    /// Where a limit of measurement error comes from.
    Source,
    /// `LEVEL: reason`, why a vertebra was left out.
    Exclusion,
    /// `slug: message`, why a session failed.
    Failure,
}

impl Lang {
    /// What a slug means, where the language is not the one of the recorded message.
    pub fn meaning(self, slug: &str) -> Option<&'static str> {
        match self {
            Lang::En => None,
            Lang::Ja => slugs().get(slug).map(String::as_str),
        }
    }

    /// A slug, behind its meaning where the language has one.
    pub fn flag(self, slug: &str) -> String {
        self.meaning(slug)
            .map_or_else(|| slug.to_owned(), |meaning| format!("{} ({slug})", meaning.trim_end_matches('。')))
    }

    /// A recorded reason in this language.
    pub fn reason(self, kind: Reason, recorded: &str) -> String {
        let twin = match (self, kind) {
            (Lang::En, _) => None,
            (Lang::Ja, Reason::Response) => twin("response", recorded),
            (Lang::Ja, Reason::Flow) => twin("flow", recorded),
            (Lang::Ja, Reason::Flag) => Some(self.flag(recorded)),
            (Lang::Ja, Reason::Source) => twin("source", recorded),
            (Lang::Ja, Reason::Exclusion) => {
                recorded.split_once(": ").and_then(|(level, why)| Some(format!("{level}：{}", twin("exclusion", why)?)))
            }
            (Lang::Ja, Reason::Failure) => {
                recorded.split_once(": ").and_then(|(slug, message)| match self.message(slug, message) {
                    Some(said) => Some(format!("{} ({slug})", said.trim_end_matches('。'))),
                    None => Some(format!("{}{slug}: {message}", self.meaning(slug)?)),
                })
            }
        };
        twin.unwrap_or_else(|| recorded.to_owned())
    }
}

/// Why a response category was given, in Japanese; none where there is no twin.
pub(super) fn response(reason: &str) -> Option<String> {
    twin("response", reason)
}

/// Why a vertebra was left out, in Japanese; the user's own words stay as they are.
pub(super) fn exclusion(reason: &str) -> String {
    twin("exclusion", reason).unwrap_or_else(|| reason.to_owned())
}

fn slugs() -> &'static HashMap<String, String> {
    static TABLE: OnceLock<HashMap<String, String>> = OnceLock::new();
    TABLE.get_or_init(|| toml::from_str(SLUGS).unwrap_or_default())
}

fn reasons() -> &'static BTreeMap<String, BTreeMap<String, String>> {
    static TABLE: OnceLock<BTreeMap<String, BTreeMap<String, String>>> = OnceLock::new();
    TABLE.get_or_init(|| toml::from_str(REASONS).unwrap_or_default())
}

/// The Japanese twin of a recorded sentence.
fn twin(section: &str, recorded: &str) -> Option<String> {
    let table = reasons().get(section)?;
    if let Some(japanese) = table.get(recorded) {
        return Some(japanese.clone());
    }
    table.iter().find_map(|(pattern, japanese)| {
        let in_words = |(name, value): (&str, &str)| {
            let known = table.get(value).map(String::as_str).or_else(|| Lang::Ja.meaning(value));
            (name.to_owned(), known.unwrap_or(value).trim_end_matches('。').to_owned())
        };
        let gaps: Vec<(String, String)> = gaps(pattern, recorded)?.into_iter().map(in_words).collect();
        let gaps: Vec<(&str, &str)> = gaps.iter().map(|(name, value)| (&**name, &**value)).collect();
        Some(super::filled(japanese, &gaps))
    })
}

/// What stands in `recorded` where `pattern` has its gaps; none where they are not alike, or the pattern has no gap.
fn gaps<'a>(pattern: &'a str, recorded: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (start, mut pattern) = pattern.split_once('{')?;
    let mut recorded = recorded.strip_prefix(start)?;
    let mut found = Vec::new();
    loop {
        let (name, after) = pattern.split_once('}')?;
        let (literal, next) = after.split_once('{').map_or((after, None), |(literal, next)| (literal, Some(next)));
        let end = match next {
            // what comes last reaches to the end
            None => recorded.len().checked_sub(literal.len()).filter(|_| recorded.ends_with(literal))?,
            Some(_) => recorded.find(literal)?,
        };
        found.push((name, &recorded[..end]));
        let Some(next) = next else { return (end > 0).then_some(found) };
        (recorded, pattern) = (&recorded[end + literal.len()..], next);
    }
}

#[cfg(test)]
mod tests;
