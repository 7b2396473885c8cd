//! The data dictionary of the tables, generated from the registry of biomarkers.

use crate::measure::{BIOMARKERS, MeasureRow, Place};
use serde_json::{Map, Value, json};

/// A BIDS-style dictionary of the columns of the long and the wide table; the wide columns are described by pattern and
/// by number.
pub fn dictionary(sessions: &[&str]) -> Value {
    let mut columns = Map::new();
    let texts = [
        "Subject label without `sub-`",
        "Session label without `ses-`",
        "Biomarker",
        "Vertebra, pooled range of vertebrae, or `body`",
        "Statistic over the voxels of the region",
        "The number; empty = not measured",
        "Unit of the number",
        "Voxels that the number rests on",
        "Slugs of what was noticed, joined by `;`",
    ];
    for (name, text) in MeasureRow::COLUMNS.into_iter().zip(texts) {
        columns.insert(name.to_owned(), json!({ "Description": text }));
    }
    let mut measures = Map::new();
    for biomarker in BIOMARKERS {
        let numbers: Map<String, Value> = biomarker
            .yields
            .iter()
            .map(|number| {
                let region = if number.place == Place::Body { "body" } else { "<region>" };
                let entry = json!({
                    "Description": number.what,
                    "Units": number.unit,
                    "PlausibleRange": number.plausible,
                    "WideColumn": format!("{}_{}_{region}__<{}>", biomarker.name, number.statistic, suffixes(sessions)),
                });
                (number.statistic.to_owned(), entry)
            })
            .collect();
        let references: Vec<String> =
            biomarker.citations.iter().map(|source| format!("{} doi:{}", source.text, source.doi)).collect();
        let entry = json!({ "LongName": biomarker.title, "References": references, "Statistics": numbers });
        measures.insert(biomarker.name.to_owned(), entry);
    }
    json!({
        "Columns": columns,
        "Measures": measures,
        "ChangeSuffixes": {
            "abs": "follow-up minus baseline, in the unit of the number",
            "pct": "100 (follow-up - baseline) / baseline, %",
            "log": "natural logarithm of follow-up / baseline",
            "sym": "100 (follow-up - baseline) / (follow-up + baseline)",
        },
    })
}

fn suffixes(sessions: &[&str]) -> String {
    sessions.iter().copied().chain(["abs", "pct", "log", "sym"]).collect::<Vec<_>>().join("|")
}
