//! Nothing that the program records is without a Japanese sentence: the sources are read.

use super::*;
use crate::cohort::response::{Labs, Visit, rows};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Starts of an expression whose first text is a slug.
const STARTS: [&str; 5] = ["Warning::new(", "CliError::mismatch(", "CliError::unreadable(", "slug: ", ": &str = "];

/// The text that stands at the start of `code`, if it looks like a slug.
fn slug_at(code: &str) -> Option<&str> {
    let (slug, _) = code.trim_start().strip_prefix('"')?.split_once('"')?;
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (slug.starts_with(|c: char| c.is_ascii_lowercase()) && slug.chars().all(is_letter)).then_some(slug)
}

/// Every slug that a piece of code writes.
fn slugs_of(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for start in STARTS {
        for (at, _) in code.match_indices(start) {
            let is_constant = start == ": &str = ";
            match slug_at(&code[at + start.len()..]) {
                // other constants are words too; a slug of two words has a hyphen
                Some(slug) if !is_constant || slug.contains('-') && slug != "sans-serif" => {
                    found.insert(slug.to_owned());
                }
                // a slug that is chosen before: all texts of that function that look like one
                None if start == "Warning::new(" => {
                    let function = code[..at].rfind("fn ").map_or("", |from| &code[from..at]);
                    let texts = function.match_indices('"').filter_map(|(quote, _)| slug_at(&function[quote..]));
                    found.extend(texts.filter(|text| text.contains('-')).map(str::to_owned));
                }
                _ => {}
            }
        }
    }
    for (at, start) in code.match_indices("fn slug(&self)") {
        let body = &code[at + start.len()..];
        let body = body.split("\n    }").next().unwrap_or_default();
        found.extend(body.match_indices('"').filter_map(|(quote, _)| slug_at(&body[quote..])).map(str::to_owned));
    }
    found
}

fn slugs_below(folder: &Path, found: &mut BTreeMap<String, String>) {
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            slugs_below(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.extend(slugs_of(code).into_iter().map(|slug| (slug, path.display().to_string())));
        }
    }
}

#[test]
fn slugs_are_found_however_they_are_written() {
    let code = r#"
        pub const OUT: &str = "out-of-range"; const FAMILY: &str = "serif";
        fn one() { Warning::new("a-b", x); Warning::new(
            "c-d", format!("e-f")) }
        fn two() { let s = if x { "g-h" } else { "i-j" }; Warning::new(s, "k-l") }
        fn slug(&self) -> &'static str {
            "m"
    }"#;
    let found = slugs_of(code);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["a-b", "c-d", "g-h", "i-j", "m", "out-of-range"]);
}

#[test]
fn every_slug_has_a_japanese_sentence() {
    let mut found = BTreeMap::new();
    slugs_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.extend(crate::cohort::change::FLAGS.iter().map(|(slug, _)| ((*slug).to_owned(), "FLAGS".to_owned())));
    assert!(found.len() > 200, "the sources were not read: {}", found.len());
    let table: HashMap<String, String> = toml::from_str(SLUGS).unwrap();
    let lacking: Vec<_> = found.iter().filter(|(slug, _)| !table.contains_key(*slug)).collect();
    assert!(lacking.is_empty(), "without a Japanese sentence: {lacking:#?}");
    let idle: Vec<_> = table.keys().filter(|slug| !found.contains_key(*slug)).collect();
    assert!(idle.is_empty(), "written nowhere: {idle:#?}");
    for (slug, sentence) in &table {
        assert!(sentence.ends_with('。') && sentence.chars().any(|c| c > '\u{3040}'), "{slug}: {sentence}");
    }
}

#[test]
fn every_reason_of_a_response_is_said_in_japanese() {
    let some = |values: &[f64]| -> Vec<Option<f64>> { values.iter().map(|v| Some(*v)).chain([None]).collect() };
    let mut recorded = BTreeSet::new();
    let mut judge = |first: Labs, later: Labs| {
        let visit = |session: &str, labs| Visit { subject: "1".to_owned(), session: session.to_owned(), labs };
        let rows = rows(&[visit("baseline", first), visit("cycle2", later)]);
        recorded.extend(rows.into_iter().flat_map(|row| row.reasons));
    };
    let baselines = [
        Labs { serum_m_g_dl: Some(5.5), urine_m_mg_24h: Some(500.0), ..Labs::default() },
        Labs { serum_m_g_dl: Some(0.1), urine_m_mg_24h: Some(500.0), ..Labs::default() },
        Labs { serum_m_g_dl: Some(2.0), urine_m_mg_24h: Some(10.0), ..Labs::default() },
        Labs { kappa_mg_l: Some(900.0), lambda_mg_l: Some(9.0), ..no_protein() },
        Labs { kappa_mg_l: Some(9.0), lambda_mg_l: Some(9.0), marrow_plasma_pct: Some(40.0), ..no_protein() },
        Labs { kappa_mg_l: Some(9.0), lambda_mg_l: Some(9.0), circulating_per_ul: Some(300.0), ..no_protein() },
        Labs { plasmacytoma_spd_mm2: Some(0.0), lesion_longest_mm: Some(20.0), ..Labs::default() },
        Labs { plasmacytoma_spd_mm2: Some(100.0), ..Labs::default() },
    ];
    for first in baselines {
        for serum in some(&[0.0, 1.2, 6.6, 9.0]) {
            for urine in some(&[0.0, 900.0]) {
                for shown in [None, Some(true), Some(false)] {
                    let later = Labs { serum_m_g_dl: serum, urine_m_mg_24h: urine, ife_serum: shown, ..first };
                    judge(
                        first,
                        Labs {
                            ife_urine: shown,
                            best_response: crate::cohort::response::Category::parse("VGPR"),
                            ..later
                        },
                    );
                    judge(first, Labs { kappa_mg_l: None, marrow_plasma_pct: None, circulating_per_ul: None, ..later });
                    judge(first, Labs { kappa_mg_l: Some(3000.0), marrow_plasma_pct: Some(90.0), ..later });
                    judge(first, Labs { circulating_per_ul: Some(900.0), lesion_longest_mm: Some(60.0), ..later });
                    judge(first, Labs { plasmacytoma_spd_mm2: Some(900.0), ..later });
                    judge(first, Labs { new_lesion: Some(1.0), ..later });
                    judge(first, Labs { flc_assay: crate::cohort::response::Assay::parse("n-latex"), ..later });
                }
            }
        }
    }
    let lacking: Vec<&String> = recorded.iter().filter(|r| Lang::Ja.reason(Reason::Response, r) == **r).collect();
    assert!(lacking.is_empty(), "in English: {lacking:#?}");
    assert!(recorded.iter().filter(|reason| reason.starts_with("PD: ")).count() == 10, "{recorded:#?}");
    let words = |text: &str| text.split(|c: char| !c.is_ascii_alphabetic()).any(|w| w.len() > 4 && w != "Freelite");
    let half: Vec<String> =
        recorded.iter().map(|r| Lang::Ja.reason(Reason::Response, r)).filter(|r| words(r)).collect();
    assert!(half.is_empty(), "half in English: {half:#?}");
}

fn no_protein() -> Labs {
    Labs { serum_m_g_dl: Some(0.1), urine_m_mg_24h: Some(10.0), ..Labs::default() }
}

#[test]
fn reasons_of_the_patient_flow_are_said_in_japanese() {
    for reason in crate::cohort::analysis::flow::REASONS {
        assert_ne!(Lang::Ja.reason(Reason::Flow, reason), reason);
    }
    assert_eq!(
        Lang::Ja.reason(Reason::Flag, "swap-suspected"),
        "水と脂肪の入れ替わりが疑われる。脂肪分画は解析から除いた (swap-suspected)"
    );
    assert_eq!(Lang::Ja.reason(Reason::Exclusion, "L4: fracture"), "L4：骨折");
    assert_eq!(Lang::Ja.reason(Reason::Exclusion, "L4: the user's own word"), "L4: the user's own word");
    let failed = Lang::Ja.reason(Reason::Failure, "not-nifti: x.nii is not a NIfTI image: text");
    assert_eq!(failed, "x.niiはNIfTI画像ではない：「text」 (not-nifti)");
    let failed = Lang::Ja.reason(Reason::Failure, "not-nifti: a message of an earlier version");
    assert_eq!(failed, "NIfTI画像ではない。not-nifti: a message of an earlier version");
    assert_eq!(Lang::En.reason(Reason::Exclusion, "L4: fracture"), "L4: fracture");
}

#[test]
fn sources_of_limits_and_reasons_with_values_are_said_in_japanese() {
    let limits = crate::cohort::measurement_error::Limits::default();
    let source = &limits.of("adc_mean_L1-L5").unwrap().source;
    let said = Lang::Ja.reason(Reason::Source, source);
    assert!(said.contains("14.5") && said.contains("PMID 35867890") && !said.contains("between"), "{said}");
    assert_eq!(Lang::Ja.reason(Reason::Source, "own repeats"), "own repeats");
    let regime = Lang::Ja.reason(Reason::Flow, "which of water and fat dominates is unknown");
    assert_eq!(regime, "水優位か脂肪優位か：不明");
}
