//! Checklists of reporting guidelines, filled as far as the results allow and blank elsewhere.
//!
//! TRIPOD+AI (Collins 2024, doi:10.1136/bmj-2023-078378) for the model, STARD 2015 (Bossuyt 2015, doi:10.1136/bmj.h5527) for
//! the markers. Items carry the numbers of the papers; their wording here is short and our own, so the papers decide.

mod items;
mod said;

use super::outputs::Outputs;
use super::tables::ReportTable;
use super::{Lang, methods};
use items::{STARD, TRIPOD_AI};
use serde::Serialize;

/// What the results can say of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fact {
    /// Nothing: the authors know.
    Authors,
    Aim,
    Sources,
    Outcome,
    Predictors,
    Size,
    Missing,
    Handling,
    Model,
    Measures,
    Prediction,
    Separate,
    Software,
    Flow,
    Characteristics,
    Counts,
    Specification,
    Performance,
    Cutoffs,
    CrossTable,
    Accuracy,
    Estimation,
    Indeterminate,
    Quality,
    Severity,
    Interval,
}

/// One item: number, what it asks for, what fills it.
type Item = (&'static str, &'static str, Fact);

/// A checklist in the language of the report, and in English where that is another one: journals ask for English.
#[derive(Debug, Serialize)]
pub struct Checklist {
    table: ReportTable,
    english: Option<ReportTable>,
}

/// Both checklists, as far as there is a model or a curve.
pub fn checklists(outputs: &Outputs, lang: Lang) -> Vec<Checklist> {
    let english = if lang == Lang::En { Vec::new() } else { tables(outputs, Lang::En) };
    let mut english = english.into_iter();
    tables(outputs, lang).into_iter().map(|table| Checklist { table, english: english.next() }).collect()
}

fn tables(outputs: &Outputs, lang: Lang) -> Vec<ReportTable> {
    let mut tables = Vec::new();
    if outputs.fit.is_some() {
        let caption = lang.say("TRIPOD+AI checklist (doi:10.1136/bmj-2023-078378)");
        tables.push(table(caption, &TRIPOD_AI, outputs, lang));
    }
    if outputs.roc.is_some() {
        let caption = lang.say("STARD 2015 checklist (doi:10.1136/bmj.h5527)");
        tables.push(table(caption, &STARD, outputs, lang));
    }
    tables
}

fn table(caption: &str, items: &[Item], outputs: &Outputs, lang: Lang) -> ReportTable {
    let header = [lang.say("item"), lang.say("what is asked"), lang.say("what these results say")];
    let mut table = ReportTable::new(caption, &header);
    for (number, what, fact) in items {
        let said = fact.said(outputs, lang).unwrap_or_default();
        table.rows.push(vec![(*number).to_owned(), lang.say(what).to_owned(), said]);
    }
    let filled = table.rows.iter().filter(|row| !row[2].is_empty()).count();
    let gaps = [("filled", &*filled.to_string()), ("all", &items.len().to_string())];
    table.notes.push(lang.fill(
        "{filled} of {all} items are filled from the results; the others are for the authors. The numbers are those of the \
         paper, the wording is short and our own.",
        &gaps,
    ));
    table
}

/// References of the checklists shown, for the list of the report.
pub fn references(outputs: &Outputs) -> Vec<&'static str> {
    let mut list = Vec::new();
    if outputs.fit.is_some() {
        list.push(methods::TRIPOD);
    }
    if outputs.roc.is_some() {
        list.push(methods::STARD);
    }
    list
}

#[cfg(test)]
pub use items::words;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::{FitResults, PatientFlow, RocResults};

    fn row<'a>(table: &'a ReportTable, number: &str) -> &'a [String] {
        table.rows.iter().find(|row| row[0] == number).unwrap()
    }

    #[test]
    fn items_are_numbered_as_in_the_papers_and_blank_where_nothing_is_known() {
        let outputs = Outputs {
            fit: Some(FitResults::default()),
            roc: Some(RocResults::default()),
            flow: Some(PatientFlow { n_subjects: 50, n_paired: 48, n_analysed: 47, ..PatientFlow::default() }),
            ..Outputs::default()
        };
        let [tripod, stard] = &tables(&outputs, Lang::En)[..] else { panic!("not two lists") };
        let heads = |table: &ReportTable| -> Vec<u32> {
            let mut heads: Vec<u32> =
                table.rows.iter().map(|row| row[0].trim_end_matches(char::is_alphabetic).parse().unwrap()).collect();
            heads.dedup();
            heads
        };
        assert_eq!(heads(tripod), (1..=27).collect::<Vec<u32>>());
        assert_eq!(heads(stard), (1..=30).collect::<Vec<u32>>());
        assert_eq!(
            row(tripod, "20a")[2],
            "50 found, 48 with both imaging visits measured, 47 of them with an outcome; reasons under Cohort."
        );
        assert_eq!(row(stard, "19")[2], row(tripod, "20a")[2]);
        for blank in ["1", "17", "18a", "22"] {
            assert_eq!(row(tripod, blank)[2], "", "{blank}");
        }
        let filled = tripod.rows.iter().filter(|row| !row[2].is_empty()).count();
        assert!(tripod.notes[0].starts_with(&format!("{filled} of {} items", tripod.rows.len())));
        assert!(checklists(&Outputs::default(), Lang::En).is_empty());
    }

    #[test]
    fn a_japanese_checklist_says_the_same_and_the_english_one_stands_beneath_for_the_journal() {
        let outputs = Outputs {
            fit: Some(FitResults::default()),
            roc: Some(RocResults::default()),
            flow: Some(PatientFlow { n_subjects: 50, n_paired: 48, n_analysed: 47, ..PatientFlow::default() }),
            ..Outputs::default()
        };
        let lists = checklists(&outputs, Lang::Ja);
        assert_eq!(lists.len(), 2);
        for (list, english) in lists.iter().zip(tables(&outputs, Lang::En)) {
            assert_eq!(list.english.as_ref(), Some(&english));
            for (row, twin) in list.table.rows.iter().zip(&english.rows) {
                assert_eq!(row[0], twin[0]);
                assert_eq!(row[2].is_empty(), twin[2].is_empty(), "{}", row[0]);
                assert!(row[1].chars().any(|c| c > '\u{3040}'), "{} is not in Japanese", row[0]);
            }
        }
        let flow = &row(&lists[0].table, "20a")[2];
        assert_eq!(
            flow,
            "該当50名、両時点の撮像を計測48名、そのうち治療効果の判定あり47名。理由は「コホート」に示す。"
        );
        assert!(checklists(&outputs, Lang::En).iter().all(|list| list.english.is_none()));
    }
}
