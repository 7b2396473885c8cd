//! A REDCap data dictionary of the clinical columns and of the measures, to be imported as it is.
//!
//! Columns and field types as REDCap's own export of a dictionary has them. Names of fields are lower case with `_` alone,
//! as REDCap asks for; the column of our tables stands in the field annotation.

use crate::cohort::response::{ASSAY_COLUMN, CATEGORY_COLUMN, Category, QUANTITIES, WORDS};
use crate::measure::{BIOMARKERS, BODY, Place};

/// The columns of a data dictionary.
pub const DICTIONARY_COLUMNS: [&str; 18] = [
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
];

/// One field; what is not set is empty.
#[derive(Default)]
struct Field {
    name: String,
    form: &'static str,
    kind: &'static str,
    label: String,
    choices: String,
    note: String,
    validation: &'static str,
    range: [String; 2],
    column: String,
}

impl Field {
    fn row(self) -> Vec<String> {
        let Field { name, form, kind, label, choices, note, validation, range: [low, high], column } = self;
        let mut row = vec![String::new(); DICTIONARY_COLUMNS.len()];
        row[0] = name;
        row[1] = form.to_owned();
        row[3] = kind.to_owned();
        row[4] = label;
        row[5] = choices;
        row[6] = note;
        row[7] = validation.to_owned();
        (row[8], row[9]) = (low, high);
        row[17] = column;
        row
    }
}

/// The rows: the record, every clinical column that `response` and `run` read, and each number of the registry in the
/// pooled region `levels`.
pub fn dictionary_rows(levels: &str) -> Vec<Vec<String>> {
    let record = Field {
        name: "record_id".to_owned(),
        form: "clinical",
        kind: "text",
        label: "Subject".to_owned(),
        note: "a label that identifies nobody outside of the key list".to_owned(),
        column: "subject".to_owned(),
        ..Field::default()
    };
    std::iter::once(record).chain(clinical()).chain(measures(levels)).map(Field::row).collect()
}

fn clinical() -> Vec<Field> {
    let mut fields =
        vec![number("days_from_baseline", "clinical", "Days from the baseline visit", [-60.0, 3650.0], "days")];
    fields.push(number("age_years", "clinical", "Age", [0.0, 120.0], "years"));
    for quantity in &QUANTITIES {
        // the unit of the first column is the one that is asked for
        let column = quantity.columns().into_iter().next().unwrap_or_default();
        let unit = quantity.units().split(" or ").next().unwrap_or_default().to_owned();
        fields.push(number(&column, "clinical", quantity.what, quantity.plausible(), &unit));
    }
    fields.push(number("hb_g_dl", "clinical", "Haemoglobin", [2.0, 25.0], "g/dL"));
    for (column, [yes, no]) in WORDS {
        fields.push(choice(column, column.replace('_', " "), [yes, no].map(str::to_owned).to_vec()));
    }
    let assay = Field {
        name: ASSAY_COLUMN.to_owned(),
        form: "clinical",
        kind: "text",
        label: "Assay of the free light chains".to_owned(),
        note: "freelite, n-latex or NAME:LOW-HIGH".to_owned(),
        column: ASSAY_COLUMN.to_owned(),
        ..Field::default()
    };
    fields.push(assay);
    let categories = Category::ALL.map(|category| category.to_string()).to_vec();
    fields.push(choice(CATEGORY_COLUMN, "Best response (IMWG), as the physician assessed it".to_owned(), categories));
    fields
}

fn measures(levels: &str) -> Vec<Field> {
    let mut fields = Vec::new();
    for biomarker in BIOMARKERS {
        for yielded in biomarker.yields {
            let region = if yielded.place == Place::Body { BODY } else { levels };
            let column = format!("{}_{}_{region}", biomarker.name, yielded.statistic);
            let label = format!("{}, {region}: {}", biomarker.title, yielded.what);
            fields.push(number(&column, "imaging", &label, yielded.plausible, yielded.unit.ascii()));
        }
    }
    fields
}

fn number(column: &str, form: &'static str, label: &str, [low, high]: [f64; 2], unit: &str) -> Field {
    Field {
        name: field_name(column),
        form,
        kind: "text",
        label: label.to_owned(),
        note: unit.to_owned(),
        validation: "number",
        range: [low, high].map(|limit| limit.to_string()),
        column: column.to_owned(),
        ..Field::default()
    }
}

/// A choice whose codes are the words of the clinical table, so that a raw export needs no translation.
fn choice(column: &str, label: String, words: Vec<String>) -> Field {
    let choices = words.iter().map(|word| format!("{word}, {word}")).collect::<Vec<_>>().join(" | ");
    let (name, column) = (field_name(column), column.to_owned());
    Field { name, form: "clinical", kind: "dropdown", label, choices, column, ..Field::default() }
}

/// Lower-case letters, digits and single underscores.
fn field_name(column: &str) -> String {
    let lower = column.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_what_redcap_takes_and_none_comes_twice() {
        let rows = dictionary_rows("L1-L5");
        let names: BTreeSet<&String> = rows.iter().map(|row| &row[0]).collect();
        assert_eq!(names.len(), rows.len());
        for row in &rows {
            let name = &row[0];
            assert!(
                row.len() == 18 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 100,
                "{name}"
            );
            assert!(
                name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') && !name.contains("__")
            );
            assert!(["text", "dropdown"].contains(&row[3].as_str()) && !row[4].is_empty() && !row[17].is_empty());
        }
        assert_eq!(rows[0][0], "record_id");
        let of = |name: &str| rows.iter().find(|row| row[0] == name).unwrap();
        assert_eq!((of("sff_mean_l1_l5")[17].as_str(), of("sff_mean_l1_l5")[6].as_str()), ("sff_mean_L1-L5", "%"));
        assert!(of("ife_serum")[5].contains("positive, positive | negative, negative"));
        assert_eq!(of("m_protein_serum_g_dl")[7], "number");
    }
}
