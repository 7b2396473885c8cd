//! What the program can write, read from its sources: warnings by slug, errors by slug, sentences within them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A source without its tests, and the texts in it with where they end.
pub struct Source {
    pub path: String,
    code: String,
    texts: Vec<(std::ops::Range<usize>, String)>,
}

/// A sentence, the slugs that it can have, and where it stands.
#[derive(Debug)]
pub struct Sentence {
    pub slugs: Vec<String>,
    pub text: String,
    pub path: String,
}

/// All sources but those of the languages.
pub fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    below(&root.join("src"), root, &mut found);
    assert!(found.len() > 200, "the sources were not read: {}", found.len());
    found
}

fn below(folder: &Path, root: &Path, found: &mut Vec<Source>) {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            below(&path, root, found);
        } else if name.ends_with(".rs") && !name.ends_with("/tests.rs") && !name.contains("report/lang") {
            let code = std::fs::read_to_string(&path).unwrap();
            let code =
                ["#[cfg(test)]\nmod ", "#[test]"].iter().fold(&*code, |code, end| code.split(end).next().unwrap_or(""));
            found.push(Source::of(name, code));
        }
    }
}

impl Source {
    pub fn of(path: String, code: &str) -> Source {
        Source { path, code: code.to_owned(), texts: texts_of(code) }
    }

    /// All texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|(_, text)| text.as_str())
    }

    /// Texts within a part of the code.
    fn within(&self, part: std::ops::Range<usize>) -> Vec<&str> {
        let inside = self.texts.iter().filter(|(at, _)| part.contains(&at.start));
        inside.map(|(_, text)| text.as_str()).collect()
    }

    fn is_in_text(&self, at: usize) -> bool {
        self.texts.iter().any(|(text, _)| text.contains(&at))
    }

    /// The texts that stand directly behind `start`, or in a `format!` there.
    pub fn behind(&self, start: &str) -> Vec<Sentence> {
        let found = self.code.match_indices(start).filter_map(|(at, _)| {
            let rest = &self.code[at + start.len()..];
            let code = rest.trim_start();
            let code = code.strip_prefix("format!(").map_or(code, str::trim_start);
            let here = self.code.len() - code.len();
            let (_, text) = self.texts.iter().find(|(text, _)| text.start == here)?;
            Some(self.sentence(&[], text))
        });
        found.collect()
    }

    fn sentence(&self, slugs: &[String], text: &str) -> Sentence {
        Sentence { slugs: slugs.to_vec(), text: text.to_owned(), path: self.path.clone() }
    }

    /// Where what opens right before `from` closes, or the statement ends.
    fn end(&self, from: usize) -> usize {
        let mut depth = 0;
        let letters = self.code[from..].char_indices().filter(|(at, _)| !self.is_in_text(from + at));
        for (at, letter) in letters {
            match letter {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' if depth == 0 => return from + at,
                ')' | ']' | '}' => depth -= 1,
                ';' if depth == 0 => return from + at,
                _ => {}
            }
        }
        self.code.len()
    }

    /// The words of every warning that is made here.
    pub fn warnings(&self, constants: &BTreeMap<String, String>) -> Vec<Sentence> {
        let mut found = Vec::new();
        let start = "Warning::new(";
        for (at, _) in self.code.match_indices(start).filter(|(at, _)| !self.is_in_text(*at)) {
            let from = at + start.len();
            let end = self.end(from);
            let comma = self.code[from..end].find(',').map_or(end, |comma| from + comma);
            let slug = self.code[from..comma].trim();
            let function = self.code[..at].rfind("fn ").unwrap_or(0);
            let slugs: Vec<String> = match slug.strip_prefix('"') {
                Some(slug) => vec![slug.trim_end_matches('"').to_owned()],
                None if slug == "problem.slug()" => vec!["wrapped".to_owned()],
                None => match constants.get(last(slug)) {
                    Some(slug) => vec![slug.clone()],
                    // chosen before
                    None => self.within(function..at).into_iter().filter(|t| is_slug(t)).map(str::to_owned).collect(),
                },
            };
            assert!(!slugs.is_empty(), "{}: which slug has {slug}?", self.path);
            let mut texts = self.within(comma..end);
            if texts.is_empty() {
                let name = self.code[comma + 1..end].trim().trim_end_matches(',');
                let binding = self.code[function..at].rfind(&format!("let {name} ="));
                texts = match (constants.get(last(name)), binding) {
                    (Some(text), _) => vec![text],
                    (None, Some(binding)) => self.within(function + binding..self.end(function + binding)),
                    (None, None) => Vec::new(),
                };
            }
            let sentences: Vec<&str> = texts.into_iter().filter(|text| is_sentence(text)).collect();
            // at least the slug, where the words are another's
            let sentences = if sentences.is_empty() { vec![""] } else { sentences };
            found.extend(sentences.into_iter().map(|text| self.sentence(&slugs, text)));
        }
        found
    }

    /// The words of every error that is declared here, under the slugs of its variant.
    pub fn errors(&self) -> Vec<Sentence> {
        let mut found = Vec::new();
        let start = "#[error(";
        for (at, _) in self.code.match_indices(start) {
            let end = self.end(at + start.len());
            let of_enum = self.code[..at].rfind("enum ").map_or("", |from| word(&self.code[from + 5..]));
            let variant = word(self.code[end..].trim_start_matches(|c: char| !c.is_ascii_uppercase()));
            let slugs = self.slugs(&format!("{of_enum}::{variant}"));
            let texts = self.within(at..end).into_iter().filter(|text| is_sentence(text));
            found.extend(texts.map(|text| self.sentence(&slugs, text)));
        }
        found
    }

    /// Slugs of a variant, by the arms of `slug`.
    fn slugs(&self, variant: &str) -> Vec<String> {
        let Some(body) = self.code.find("fn slug(&self)") else { return Vec::new() };
        let body = &self.code[body..];
        let body = body.split("\n    }").next().unwrap_or_default();
        let mut arms = body.split("=>");
        let mut pattern = arms.next().unwrap_or_default();
        let mut found = Vec::new();
        for arm in arms {
            let names = |text: &str| {
                text.match_indices(variant).any(|(at, _)| {
                    word(&text[at..]).len() == word(variant).len() && {
                        let behind = text[at + variant.len()..].chars().next();
                        !behind.is_some_and(|c| c.is_ascii_alphanumeric())
                    }
                })
            };
            if names(pattern) {
                found.extend(arm.trim_start().strip_prefix('"').and_then(|a| a.split('"').next()).map(str::to_owned));
            }
            pattern = arm;
        }
        found
    }
}

/// Every constant text by its name.
pub fn constants(sources: &[Source]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for source in sources {
        for (at, middle) in source.code.match_indices(": &str =") {
            let name = source.code[..at].rsplit(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap_or("");
            let from = at + middle.len();
            let text = source.within(from..source.end(from)).first().map(|text| (*text).to_owned());
            found.extend(text.map(|text| (name.to_owned(), text)));
        }
    }
    found
}

/// `{name:.1} of {}` as `{} of {}`.
pub fn blank(text: &str) -> String {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| format!("{out}{{}}{}", part.split_once('}').map_or("", |(_, after)| after)))
}

/// At least two words outside of gaps.
pub fn is_sentence(text: &str) -> bool {
    let blank = blank(text);
    let words = blank.split(|c: char| !c.is_ascii_alphabetic() && c != '\'').filter(|word| word.len() > 1);
    words.count() > 1 && blank.contains(' ')
}

fn is_slug(text: &str) -> bool {
    text.contains('-') && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn word(code: &str) -> &str {
    code.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// Text literals as the compiler reads them, without those in comments.
fn texts_of(code: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(letter) = code[at..].chars().next() {
        let rest = &code[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("'\"'") || rest.starts_with("b\"") {
            // a quote as a character; bytes begin with their quote
            at += if rest.starts_with('b') { 1 } else { 3 };
        } else if rest.starts_with("r#\"") {
            at += rest.find("\"#").map_or(rest.len(), |end| end + 2);
        } else if letter == '"' {
            let mut text = String::new();
            let mut letters = rest[1..].chars();
            while let Some(letter) = letters.next() {
                match letter {
                    '"' => break,
                    '\\' => match letters.next() {
                        Some('\n') => letters = letters.as_str().trim_start().chars(),
                        Some(escaped) => text.push(escaped),
                        None => break,
                    },
                    other => text.push(other),
                }
            }
            let end = code.len() - letters.as_str().len();
            found.push((at..end, text));
            at = end;
        } else {
            at += letter.len_utf8();
        }
    }
    found
}

#[test]
fn warnings_and_errors_are_found_however_they_are_written() {
    let code = r#"
        pub const OUT: &str = "out-of-range"; // "not this"
        fn one() { Warning::new("a-b", format!("{n} of {} is; odd", "x")); Warning::new(
            OUT, "a text that \
                  goes on") }
        fn two() { let s = if x { "g-h" } else { "i-j" }; let message = format!("the value {x} is bad"); Warning::new(s, message) }
        pub enum Bad {
            #[error("cannot read {}: {reason}", path)]
            Read { reason: String },
            #[error("{problem}")]
            ReadMore { problem: String },
        }
        impl Failure for Bad { fn slug(&self) -> &'static str {
            match self { Bad::Read { .. } => "unreadable", Bad::ReadMore { .. } => "more" }
    }
        fn three() { refuse(format!("it is {x} mm wide")) }
    "#;
    let source = Source::of("x.rs".to_owned(), code);
    let constants = constants(&[Source::of("x.rs".to_owned(), code)]);
    let warnings = source.warnings(&constants);
    let shown: BTreeSet<String> = warnings.iter().map(|w| format!("{} {}", w.slugs.join("/"), w.text)).collect();
    let expected = ["a-b {n} of {} is; odd", "g-h/i-j the value {x} is bad", "out-of-range a text that goes on"];
    assert_eq!(shown.into_iter().collect::<Vec<_>>(), expected);
    let errors = source.errors();
    assert_eq!(errors.len(), 1);
    assert_eq!((errors[0].slugs.join(""), errors[0].text.as_str()), ("unreadable".into(), "cannot read {}: {reason}"));
    assert_eq!(source.behind("refuse(")[0].text, "it is {x} mm wide");
    assert!(is_sentence("{n} voxels gone") && !is_sentence("{}: {}") && !is_sentence("one"));
}
