//! Recorded messages of the analysis in Japanese, with their numbers.
//!
//! `messages.ja.toml` holds patterns by slug. A message that fits no pattern, or fits one in more than one way (so that a name
//! could pass for another), is left to the English text: a sentence with a wrong number would be worse than none.

use super::{Lang, filled};
use crate::report::{labels, tables};
use std::collections::BTreeMap;
use std::sync::OnceLock;

const MESSAGES: &str = include_str!("messages.ja.toml");
/// Section of the errors that stand within a message.
const ERRORS: &str = "errors";

type Sections = BTreeMap<String, BTreeMap<String, String>>;

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

fn messages() -> &'static Sections {
    static TABLE: OnceLock<Sections> = OnceLock::new();
    TABLE.get_or_init(|| toml::from_str(MESSAGES).unwrap_or_default())
}

fn said(section: &str, recorded: &str) -> Option<String> {
    let table = messages().get(section)?;
    if let Some(japanese) = table.get(recorded) {
        return Some(japanese.clone());
    }
    table.iter().find_map(|(pattern, japanese)| {
        let in_words = |(name, value)| Some((name, in_words(table, name, value)?));
        let gaps: Vec<(&str, String)> =
            only_way(pattern, recorded)?.into_iter().map(in_words).collect::<Option<_>>()?;
        let gaps: Vec<(&str, &str)> = gaps.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Some(filled(japanese, &gaps))
    })
}

/// What stands in a gap, in Japanese; a number stays as it is.
fn in_words(table: &BTreeMap<String, String>, name: &str, value: &str) -> Option<String> {
    let column = |name: &str| labels::column(name, Lang::Ja);
    Some(match name {
        "model" => labels::model(value, Lang::Ja),
        "column" => column(value),
        "columns" => value.split(", ").map(column).collect::<Vec<_>>().join("、"),
        "who" => value.replace(", ", "、"),
        "test" => tables::test_name(value, Lang::Ja),
        "error" => return said(ERRORS, value),
        // a sentence that is half English is none
        "what" => table.get(value)?.clone(),
        _ => table.get(value).cloned().unwrap_or_else(|| Lang::Ja.word(value)),
    })
}

/// What stands in `recorded` where `pattern` has its gaps; none where they are unlike or fit in several ways.
fn only_way<'a>(pattern: &'a str, recorded: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let (start, gaps) = pattern.split_once('{')?;
    let mut found = Vec::new();
    ways(gaps, recorded.strip_prefix(start)?, &mut Vec::new(), &mut found);
    if found.len() == 1 { found.pop() } else { None }
}

/// `gaps` is `name}literal{name}literal…`.
fn ways<'a>(
    gaps: &'a str,
    recorded: &'a str,
    taken: &mut Vec<(&'a str, &'a str)>,
    found: &mut Vec<Vec<(&'a str, &'a str)>>,
) {
    let Some((name, after)) = gaps.split_once('}') else { return };
    match after.split_once('{') {
        // what comes last reaches to the end
        None => {
            if let Some(value) = recorded.strip_suffix(after).filter(|value| !value.is_empty()) {
                let all = taken.iter().copied().chain([(name, value)]);
                found.push(all.collect());
            }
        }
        Some((literal, next)) => {
            for (at, _) in recorded.match_indices(literal).filter(|(at, _)| *at > 0) {
                taken.push((name, &recorded[..at]));
                ways(next, &recorded[at + literal.len()..], taken, found);
                taken.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Slugs whose messages hold a sentence of another part of the program.
    const LEFT_IN_ENGLISH: [&str; 5] =
        ["column-not-read", "response-disagreement", "no-dropout-correlation", "clustered-rows", "order-of-levels"];

    /// The sources of the analysis.
    fn analysis() -> Vec<String> {
        let mut sources = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for folder in ["cohort", "stats"] {
            super::super::tests::sources(&root.join(folder), &mut sources);
        }
        sources
    }

    /// Every text in them, with `{}` for what is filled in.
    fn texts(sources: &[String]) -> BTreeSet<String> {
        let starts = ["format!(", "let message =", "let note =", "#[error("];
        let slugs = messages().keys().map(|slug| format!("\"{slug}\","));
        let starts: Vec<String> = starts.into_iter().map(str::to_owned).chain(slugs).collect();
        let all = |source: &String| -> Vec<String> {
            starts.iter().flat_map(|start| super::super::tests::literals(source, start)).collect()
        };
        sources.iter().flat_map(all).map(|text| blank(&text)).collect()
    }

    /// `{name:.1} of {}` as `{} of {}`.
    fn blank(text: &str) -> String {
        let mut parts = text.split('{');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |out, part| format!("{out}{{}}{}", part.split_once('}').map_or("", |(_, after)| after)))
    }

    #[test]
    fn every_pattern_is_a_message_of_the_program() {
        let sources = analysis();
        let texts = texts(&sources);
        assert!(texts.len() > 100, "the sources were not read: {}", texts.len());
        let table: Sections = toml::from_str(MESSAGES).unwrap();
        for (slug, patterns) in &table {
            for (pattern, japanese) in patterns {
                // a word that fills a gap
                let literal = format!("\"{pattern}\"");
                let is_word = !pattern.contains('{') && sources.iter().any(|source| source.contains(&literal));
                assert!(is_word || texts.contains(&blank(pattern)), "{slug}: nobody says {pattern:?}");
                assert!(japanese.chars().any(|c| c > '\u{3040}'), "{slug}: {japanese}");
                let gaps = |text: &str| -> BTreeSet<String> {
                    let names = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
                    names.map(|(name, _)| name.to_owned()).collect()
                };
                assert_eq!(gaps(pattern), gaps(japanese), "{slug}: {pattern}");
            }
        }
    }

    #[test]
    fn every_warning_of_the_analysis_has_a_pattern_or_is_known_to_have_none() {
        let mut sources = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cohort");
        for folder in ["analysis", "response"] {
            super::super::tests::sources(&root.join(folder), &mut sources);
        }
        let slugs: BTreeSet<String> =
            sources.iter().flat_map(|source| super::super::tests::literals(source, "Warning::new(")).collect();
        assert!(slugs.len() > 20, "{slugs:?}");
        for slug in slugs {
            let is_known = messages().contains_key(&slug) || LEFT_IN_ENGLISH.contains(&slug.as_str());
            assert!(is_known, "{slug} has no Japanese pattern");
        }
    }

    #[test]
    fn numbers_stand_where_they_stood() {
        let said = |slug, recorded| Lang::Ja.message(slug, recorded).unwrap();
        assert_eq!(
            said(
                "low-epv",
                "baseline-adjusted:sff_mean_L1-L5: 7.5 patients of the smaller class a variable (15 for 2); estimates are uncertain"
            ),
            "ベースライン調整、信号脂肪分画 (sFF) 平均 L1–L5 (%)：少ないほうの群の患者は変数あたり7.5名（変数2個に対し15名）で、推定は不確かである。"
        );
        assert_eq!(
            said("separated-resamples", "25 of 500 resamples were separated and were kept"),
            "500回のリサンプルのうち25回で群が分離し、そのまま用いた。"
        );
        assert_eq!(
            said("one-class", "best_response has 0 positive and 9 negative patients; both are needed"),
            "最良効果：陽性0名、陰性9名。両群の患者が必要である。"
        );
        assert_eq!(
            said("not-estimable", "age__baseline, spearman: column age__baseline is constant"),
            "年齢、baseline (歳)（Spearman順位相関）：年齢、baseline (歳)は値が一定である。"
        );
        assert_eq!(said("marker-not-measured", "the study has no column m"), "この研究にmの列がない。");
        assert_eq!(
            said(
                "validation-not-possible",
                "leave-pair-out validation, in the smaller class, needs at least 3 values, 2 given"
            ),
            "一対抜き検証（少ないほうの群）には3個以上の値が必要だが、2個しかない。"
        );
        assert_eq!(Lang::Ja.message("validation-not-possible", "folds needs at least 3 values, 2 given"), None);
        assert_eq!(Lang::En.message("one-class", "0 positive and 9 negative"), None);
    }

    #[test]
    fn a_message_that_could_be_read_in_two_ways_stays_english() {
        // a column of the user that looks like the sentence around it
        let odd = "a: 1 positive and 2 negative patients; nothing can be concluded: 3 positive and 4 negative patients; nothing can be concluded";
        assert_eq!(Lang::Ja.message("too-few-patients", odd), None);
        assert_eq!(Lang::Ja.message("roc-not-estimable", "a: b: column b is constant"), None);
        assert_eq!(Lang::Ja.message("low-epv", "another sentence"), None);
        assert_eq!(Lang::Ja.error("an error without a twin"), "an error without a twin");
    }
}
