//! The references of a report as BibTeX.
//!
//! A reference is written once, as a line of text: `Authors. Title. Journal 2020;15(2):e1. doi:10...`; its parts are found by
//! their punctuation. A line that gives no title has none in BibTeX either; the DOI says what is meant.

use std::collections::BTreeMap;

/// The parts of a reference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Entry<'a> {
    authors: &'a str,
    title: &'a str,
    journal: &'a str,
    year: &'a str,
    volume: &'a str,
    number: &'a str,
    pages: &'a str,
    doi: &'a str,
}

/// The part of a line after `doi:`.
pub(super) fn doi(reference: &str) -> Option<&str> {
    reference.split_once("doi:").map(|(_, doi)| doi.trim())
}

/// All references as one BibTeX file; a line that cannot be taken apart becomes a note.
pub fn bibtex(references: &[String]) -> String {
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut out = String::new();
    for (n, reference) in references.iter().enumerate() {
        let entry = parsed(reference);
        let key = match &entry {
            Some(entry) => key(entry),
            None => format!("reference{}", n + 1),
        };
        let times = used.entry(key.clone()).or_default();
        *times += 1;
        // knuth1984, knuth1984b, knuth1984c
        let letter = if *times > 1 { char::from(b'a' + (*times - 1).min(25) as u8).to_string() } else { String::new() };
        out += &match entry {
            Some(entry) => written(&entry, &format!("{key}{letter}")),
            None => format!("@misc{{{key},\n  note = {{{}}}\n}}\n\n", escaped(reference)),
        };
    }
    out.truncate(out.trim_end().len());
    if out.is_empty() { out } else { out + "\n" }
}

fn parsed(reference: &str) -> Option<Entry<'_>> {
    let (text, doi) = reference.split_once("doi:")?;
    let text = text.trim().trim_end_matches('.');
    let (authors, rest) = text.split_once(". ")?;
    let last = rest.rfind(". ").or_else(|| rest.rfind("? "));
    let (title, source) = match last {
        // a question mark belongs to the title
        Some(at) => (rest[..=at].trim_end_matches('.'), &rest[at + 2..]),
        None => ("", rest),
    };
    let is_year = |word: &str| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit());
    let (journal, issue) = source.rsplit_once(' ')?;
    let (year, issue) = issue.split_once(';').unwrap_or((issue, ""));
    if !is_year(year) {
        return None;
    }
    let (volume, pages) = issue.split_once(':').unwrap_or((issue, ""));
    let (volume, number) = volume.split_once('(').map_or((volume, ""), |(v, n)| (v, n.trim_end_matches(')')));
    Some(Entry { authors, title, journal, year, volume, number, pages, doi: doi.trim() })
}

/// `kumar2016`.
fn key(entry: &Entry) -> String {
    let first = entry.authors.split([',']).next().unwrap_or_default().trim_end_matches(" et al");
    let name: String = family_and_initials(first).0.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    format!("{name}{}", entry.year)
}

fn written(entry: &Entry, key: &str) -> String {
    let pages = entry.pages.replace('-', "--");
    let fields = [
        ("author", authors(entry.authors)),
        ("title", if entry.title.is_empty() { String::new() } else { format!("{{{}}}", escaped(entry.title)) }),
        ("journal", escaped(entry.journal)),
        ("year", entry.year.to_owned()),
        ("volume", entry.volume.to_owned()),
        ("number", entry.number.to_owned()),
        ("pages", pages),
        ("doi", entry.doi.to_owned()),
    ];
    let lines: Vec<String> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("  {name} = {{{value}}}"))
        .collect();
    format!("@article{{{key},\n{}\n}}\n\n", lines.join(",\n"))
}

/// `Firth D` as `Firth, D.`, joined by `and`; `et al` as `others`.
fn authors(text: &str) -> String {
    let (named, others) = text.strip_suffix(" et al").map_or((text, ""), |named| (named, " and others"));
    let one = |name: &str| match family_and_initials(name) {
        (family, "") => family.to_owned(),
        (family, initials) => {
            let dotted: Vec<String> = initials.chars().map(|letter| format!("{letter}.")).collect();
            format!("{family}, {}", dotted.join(" "))
        }
    };
    format!("{}{others}", named.split(", ").map(one).collect::<Vec<_>>().join(" and "))
}

fn family_and_initials(name: &str) -> (&str, &str) {
    match name.trim().rsplit_once(' ') {
        Some((family, initials)) if initials.chars().all(char::is_uppercase) => (family, initials),
        _ => (name.trim(), ""),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '%' | '_' | '#' | '$' => out.extend(['\\', letter]),
            '{' | '}' | '\\' => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{docs, methods};

    #[test]
    fn a_line_becomes_an_entry_with_its_parts() {
        let lines = [
            "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas & more. Biometrics 1988. doi:10.2307/2531595",
            "Puhr R et al. Firth's regression: accurate effects? Stat Med 2017. doi:10.1002/sim.7273",
            "de Bazelaire CM et al. Relaxation times at 3.0 T. Radiology 2004. doi:10.1148/radiol.2303021331",
            "Takasu M et al. PLoS ONE 2020;15(2):e0229607. doi:10.1371/journal.pone.0229607",
            "Zwanenburg A et al. The Initiative. Radiology 2020;295:328-338. doi:10.1148/x",
            "Zwanenburg A et al. Another. Radiology 2020;295:1-2. doi:10.1148/y",
            "no reference at all",
        ];
        let text = bibtex(&lines.map(str::to_owned));
        for part in [
            "@article{delong1988,\n  author = {DeLong, E. R. and DeLong, D. M. and Clarke-Pearson, D. L.},\n  title = {{Comparing the areas \\& more}},\n  journal = {Biometrics},\n  year = {1988},\n  doi = {10.2307/2531595}\n}\n",
            "  author = {Puhr, R. and others},\n  title = {{Firth's regression: accurate effects?}},\n  journal = {Stat Med},",
            "@article{debazelaire2004,\n  author = {de Bazelaire, C. M. and others},\n  title = {{Relaxation times at 3.0 T}},",
            "@article{takasu2020,\n  author = {Takasu, M. and others},\n  journal = {PLoS ONE},\n  year = {2020},\n  volume = {15},\n  number = {2},\n  pages = {e0229607},",
            "  pages = {328--338},",
            "@article{zwanenburg2020b,",
            "@misc{reference7,\n  note = {no reference at all}\n}\n",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        assert_eq!(bibtex(&[]), "");
    }

    #[test]
    fn every_reference_of_the_program_can_be_taken_apart() {
        let of_texts = docs::BIOMARKERS.iter().flat_map(|(_, text)| docs::references(text));
        let all: Vec<&str> = of_texts.chain(methods::SOURCES).collect();
        assert!(all.len() > 20);
        for reference in all {
            let entry = parsed(reference).unwrap_or_else(|| panic!("{reference}"));
            assert!(!entry.journal.is_empty() && entry.doi.starts_with("10."), "{reference}");
            assert!(entry.authors.chars().count() < 70, "{reference}");
        }
    }
}
