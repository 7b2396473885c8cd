//! Every message of the program has its Japanese sentence, and every sentence its message: the sources are read.

use super::sources::{Sentence, Source, blank, constants, is_sentence, sources};
use super::*;
use std::collections::BTreeSet;

/// Warnings of commands whose words reach no report and no picture: `clinical`, `explain`, `plan`, `segment`.
const NEVER_SHOWN: [&str; 7] = [
    "area-needs-ties",
    "contested-voxels",
    "empty-segmentation",
    "english-only",
    "events-left-out",
    "fields-left-out",
    "impossible-area",
];

/// Errors of tables that end a command before there is anything to report.
const END_THE_RUN: [&str; 8] = [
    "unreadable-input",
    "unreadable-table",
    "bad-mapping",
    "duplicate-key",
    "empty-key",
    "syntax",
    "two-columns",
    "unit-not-stated",
];

/// Errors of a study as a whole; those of one session are `unreadable-study`, `unwritable-output` and `output-exists`.
const OF_A_STUDY: [&str; 7] = [
    "bad-study-file",
    "bad-table",
    "no-sessions",
    "no-study-file",
    "nothing-measured",
    "sessions-failed",
    "unknown-label",
];

/// Errors of a report as a whole; those of the picture of one session are the others.
const OF_A_REPORT: [&str; 5] =
    ["no-niivue", "no-results", "result-unreadable", "unknown-figure", "unknown-table-format"];

fn in_folders<'a>(sources: &'a [Source], folders: &[&str]) -> Vec<&'a Source> {
    sources.iter().filter(|source| folders.iter().any(|folder| source.path.starts_with(folder))).collect()
}

/// Those sentences that none of the sections, or none at all, holds.
fn lacking(sentences: Vec<Sentence>, sections: Option<&[&str]>) -> Vec<String> {
    let of = |section: &str| -> BTreeSet<String> {
        messages().get(section).into_iter().flat_map(|own| own.keys().map(|key| blank(key))).collect()
    };
    let known = |sentence: &Sentence| match sections {
        Some(sections) => sections.iter().any(|section| of(section).contains(&blank(&sentence.text))),
        None => sentence.slugs.iter().any(|slug| of(slug).contains(&blank(&sentence.text))),
    };
    let lacking = sentences.into_iter().filter(|sentence| is_sentence(&sentence.text) && !known(sentence));
    lacking.map(|sentence| format!("{} [{}] {}", sentence.path, sentence.slugs.join("/"), sentence.text)).collect()
}

fn is_japanese(text: &str) -> bool {
    text.chars().any(|c| c > '\u{3040}')
}

#[test]
fn every_file_of_patterns_is_read_and_no_pattern_stands_twice() {
    let mut seen = BTreeSet::new();
    for file in FILES {
        let table: BTreeMap<String, Section> = toml::from_str(file).unwrap();
        for (slug, patterns) in table {
            patterns
                .keys()
                .for_each(|pattern| assert!(seen.insert((slug.clone(), pattern.clone())), "{slug}: {pattern}"));
        }
    }
    assert_eq!(seen.len(), messages().values().map(BTreeMap::len).sum::<usize>());
}

#[test]
fn every_pattern_is_a_message_of_the_program() {
    let sources = sources();
    let texts: BTreeSet<String> = sources.iter().flat_map(|source| source.texts().map(blank)).collect();
    for (slug, patterns) in messages() {
        for (pattern, japanese) in patterns {
            assert!(texts.contains(&blank(pattern)), "{slug}: nobody says {pattern:?}");
            let gaps = |text: &str| -> BTreeSet<String> {
                let names = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
                names.map(|(name, _)| name.to_owned()).collect()
            };
            assert_eq!(gaps(pattern), gaps(japanese), "{slug}: {pattern}");
            // names and numbers alone are the same in both languages
            assert!(is_japanese(japanese) || !is_sentence(pattern), "{slug}: {japanese}");
        }
    }
}

#[test]
fn every_warning_has_its_sentence() {
    let sources = sources();
    let constants = constants(&sources);
    let warnings: Vec<Sentence> = sources
        .iter()
        .flat_map(|source| source.warnings(&constants))
        .filter(|warning| !warning.slugs.iter().any(|slug| NEVER_SHOWN.contains(&slug.as_str())))
        .collect();
    assert!(warnings.len() > 100, "the sources were not read: {}", warnings.len());
    let without: Vec<_> =
        warnings.iter().filter(|w| !w.slugs.iter().any(|slug| messages().contains_key(slug))).collect();
    assert!(without.is_empty(), "without a Japanese pattern: {without:#?}");
    let lacking = lacking(warnings, None);
    assert!(lacking.is_empty(), "without a Japanese sentence: {lacking:#?}");
}

#[test]
fn every_error_of_a_session_has_its_sentence() {
    let sources = sources();
    let folders = [
        "src/image/error",
        "src/image/echoes",
        "src/dixon",
        "src/diffusion",
        "src/region",
        "src/measure",
        "src/study/error",
        "src/report/error",
    ];
    let errors: Vec<Sentence> = in_folders(&sources, &folders)
        .into_iter()
        .flat_map(Source::errors)
        .filter(|error| !error.slugs.iter().any(|slug| OF_A_STUDY.contains(&slug.as_str())))
        .filter(|error| !error.slugs.iter().any(|slug| OF_A_REPORT.contains(&slug.as_str())))
        .collect();
    assert!(errors.len() > 70, "the sources were not read: {}", errors.len());
    assert!(errors.iter().all(|error| !error.slugs.is_empty()), "{errors:#?}");
    let lacking = lacking(errors, None);
    assert!(lacking.is_empty(), "without a Japanese sentence: {lacking:#?}");
}

#[test]
fn every_reason_of_an_error_has_its_sentence() {
    let sources = sources();
    let starts = [
        "reason: ",
        "problem: ",
        "let reason =",
        "let problem =",
        "refuse(",
        "refused(",
        "unusable(",
        "not_nifti(path, ",
        "Err(",
        ".ok_or(",
        "ok_or_else(|| ",
        "failed(",
        "what: ",
        "=> \"",
        "let problem = if n_echoes != echoes.echo_times_ms.len() {",
    ];
    let folders = ["src/image", "src/dixon", "src/diffusion", "src/region"];
    let sentences: Vec<Sentence> = in_folders(&sources, &folders)
        .into_iter()
        .filter(|source| !["/dicom", "/identity", "error.rs"].iter().any(|part| source.path.contains(part)))
        .flat_map(|source| starts.iter().flat_map(|start| source.behind(start)))
        .collect();
    assert!(sentences.len() > 80, "the sources were not read: {}", sentences.len());
    let sections: Vec<&str> = messages().keys().map(String::as_str).collect();
    // what a command does not understand is told before it begins; how volumes were chosen stands in the sidecar
    let is_other = |text: &str| text.starts_with("`{text}` is n") || text == "lowest and highest of {}";
    let sentences = sentences.into_iter().filter(|sentence| !is_other(&sentence.text)).collect();
    let lacking = lacking(sentences, Some(&sections));
    assert!(lacking.is_empty(), "without a Japanese sentence: {lacking:#?}");
}

#[test]
fn every_error_of_an_analysis_has_its_sentence() {
    let sources = sources();
    let folders = ["src/stats", "src/cohort"];
    let mut errors: Vec<Sentence> = in_folders(&sources, &folders)
        .into_iter()
        .flat_map(Source::errors)
        .filter(|error| !error.slugs.iter().any(|slug| END_THE_RUN.contains(&slug.as_str())))
        .collect();
    assert!(errors.len() > 20, "the sources were not read: {}", errors.len());
    let starts =
        ["what: ", "WHAT: &str =", "WILCOXON: &str =", "two_samples(", "moments(", "coefficient(x, y, ", "allowed: "];
    let stats = in_folders(&sources, &["src/stats"]);
    errors.extend(stats.into_iter().flat_map(|source| starts.iter().flat_map(|start| source.behind(start))));
    let lacking = lacking(errors, Some(&[ERRORS]));
    assert!(lacking.is_empty(), "without a Japanese sentence: {lacking:#?}");
}

#[test]
fn notes_on_rows_of_one_patient_and_quantities_have_their_words() {
    let sources = sources();
    let cohort = in_folders(&sources, &["src/cohort"]);
    let behind = |start: &str| cohort.iter().flat_map(|source| source.behind(start)).collect::<Vec<_>>();
    let notes: Vec<Sentence> = ["clustered(frame, ", "let note ="].into_iter().flat_map(behind).collect();
    assert!(notes.len() >= 5);
    let own = |note: &Sentence| !note.text.starts_with("several rows");
    assert_eq!(lacking(notes.into_iter().filter(own).collect(), Some(&["clustered-rows"])), [""; 0]);
    let roles: Vec<Sentence> = in_folders(&sources, &["src/measure/role.rs"])
        .into_iter()
        .flat_map(|source| source.behind("=> "))
        .filter(|role| !role.text.contains('*'))
        .collect();
    assert_eq!(roles.len(), 16);
    roles.iter().for_each(|role| assert!(said(WORDS, &role.text).is_some(), "{}", role.text));
    for quantity in crate::cohort::response::QUANTITIES {
        let [what, columns] = [quantity.what.to_owned(), quantity.columns().join(" or ")];
        let message = format!("{what} is read from {columns}, not from odd_1, odd_2");
        let said = Lang::Ja.message("column-not-read", &message).unwrap();
        assert!(said.contains("odd_1、odd_2は読んでいない") && !said.contains(" or "), "{said}");
    }
}

/// Something that a gap can hold.
fn sample(section: &str, name: &str, n: usize) -> String {
    let known = |section: &str| -> Option<String> {
        let own = messages().get(section)?;
        let whole = |key: &&String| !key.contains('{');
        own.keys().find(|key| whole(key) && !is_sentence_of_its_own(section, key)).cloned()
    };
    match pattern::kind(name) {
        "what" => known(section).unwrap_or_else(|| "labels".to_owned()),
        "curve" => "all curves at once".to_owned(),
        "error" => "column age is constant".to_owned(),
        "reason" => "the file is empty".to_owned(),
        "fonts" => "no font with Japanese letters was found".to_owned(),
        "response" => "physician: CR, outside the laboratory's range PR".to_owned(),
        "source" => "the option".to_owned(),
        "role" | "roles" => "bone".to_owned(),
        "differences" => "rule was 1, is 2".to_owned(),
        "exclusions" => "L4 (fracture, baseline)".to_owned(),
        "not-registered" => "part cannot be registered: there is no image".to_owned(),
        "empty-region" => "the reference mask holds no usable voxel".to_owned(),
        "path" | "file" => format!("a{n}.nii.gz"),
        _ => format!("{n}"),
    }
}

/// Sections of whole messages beside words: there the words stand for themselves.
fn is_sentence_of_its_own(section: &str, key: &str) -> bool {
    section == ERRORS && key.contains(':') || messages()[section][key].ends_with('。')
}

#[test]
fn every_pattern_is_found_again_in_its_message_with_its_values_and_in_no_other_way() {
    let mut lost = Vec::new();
    for (section, patterns) in messages().iter().filter(|(section, _)| *section != WRAPPED) {
        for (pattern, japanese) in patterns {
            let names = pattern.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name);
            let values: Vec<(&str, String)> =
                names.enumerate().map(|(n, name)| (name, sample(section, name, 101 + n))).collect();
            let shown: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let message = filled(pattern, &shown);
            let Some(said) = said(section, &message) else {
                lost.push(format!("{section}: {message}"));
                continue;
            };
            // each value stands where its gap stands
            let put = |(name, value): &(&str, &str)| Some(((*name).to_owned(), in_words(section, name, value)?));
            let words: Vec<(String, String)> = shown.iter().map(put).collect::<Option<_>>().unwrap();
            let words: Vec<(&str, &str)> = words.iter().map(|(name, value)| (&**name, &**value)).collect();
            assert_eq!(said, filled(japanese, &words), "{section}: {message}");
        }
    }
    assert!(lost.is_empty(), "in no way or in more than one: {lost:#?}");
}

mod examples;
