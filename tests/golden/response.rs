//! Worked cases of IMWG response and of the stages, one for each rule and its border (Kumar 2016, Greipp 2005, Palumbo
//! 2015), read off the criteria by hand: `response/cases.csv`.

use super::golden;
use myelomri::cohort::Table;
use myelomri::cohort::response::{Reading, of_table};

/// Columns of the laboratory table with the short names of the cases; each unit as `of_table` reads it.
const COLUMNS: [(&str, &str); 19] = [
    ("serum", "m_protein_serum_g_dl"),
    ("urine", "m_protein_urine_mg_24h"),
    ("kappa", "flc_kappa_mg_l"),
    ("lambda", "flc_lambda_mg_l"),
    ("flc_assay", "flc_assay"),
    ("ife_serum", "ife_serum"),
    ("ife_urine", "ife_urine"),
    ("marrow", "marrow_plasma_pct"),
    ("clonal", "clonal_cells"),
    ("spd", "plasmacytoma_spd_mm2"),
    ("longest", "lesion_longest_mm"),
    ("circulating", "circulating_plasma_cells_per_ul"),
    ("new_lesion", "new_lesion"),
    ("b2m", "b2m_mg_l"),
    ("albumin", "albumin_g_dl"),
    ("ldh", "ldh_u_l"),
    ("uln", "ldh_uln"),
    ("fish", "fish_high_risk"),
    ("physician", "best_response"),
];

/// The same amounts in other units: a column, its other name, and what one of the first is in the other.
const OTHER_UNITS: [(&str, &str, f64); 9] = [
    ("m_protein_serum_g_dl", "m_protein_serum_g_l", 10.0),
    ("m_protein_urine_mg_24h", "m_protein_urine_g_24h", 1e-3),
    ("flc_kappa_mg_l", "flc_kappa_mg_dl", 0.1),
    ("flc_lambda_mg_l", "flc_lambda_mg_dl", 0.1),
    ("plasmacytoma_spd_mm2", "plasmacytoma_spd_cm2", 0.01),
    ("lesion_longest_mm", "lesion_longest_cm", 0.1),
    ("circulating_plasma_cells_per_ul", "circulating_plasma_cells_1e9_l", 1e-3),
    ("b2m_mg_l", "b2m_mg_dl", 0.1),
    ("albumin_g_dl", "albumin_g_l", 10.0),
];

/// One visit, `name=value` parted by spaces.
fn value(visit: &str, name: &str) -> Option<String> {
    visit.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

/// The visits of all cases as one table, a patient a case.
fn table(cases: &Table, in_other_units: bool) -> Table {
    let sessions = ["baseline", "lowest", "now"];
    let visits = sessions.map(|session| cases.text(session).unwrap());
    let mut keys = (Vec::new(), Vec::new());
    let mut rows: Vec<String> = Vec::new();
    for case in 0..cases.n_rows() {
        for (session, visits) in sessions.iter().zip(&visits) {
            // a case of a stage has a later visit without a value
            if let Some(visit) = visits[case].clone().or_else(|| (*session == "now").then(String::new)) {
                let names: Vec<&str> =
                    visit.split_whitespace().filter_map(|word| Some(word.split_once('=')?.0)).collect();
                assert!(names.iter().all(|name| COLUMNS.iter().any(|(short, _)| short == name)), "{visit}");
                keys.0.push(Some(format!("{case:03}")));
                keys.1.push(Some((*session).to_owned()));
                rows.push(visit);
            }
        }
    }
    let mut columns = vec![("subject".to_owned(), keys.0), ("session".to_owned(), keys.1)];
    for (short, column) in COLUMNS {
        let cells = rows.iter().map(|visit| value(visit, short));
        match OTHER_UNITS.iter().find(|(ours, _, _)| in_other_units && *ours == column) {
            None => columns.push((column.to_owned(), cells.collect())),
            Some((_, other, factor)) => {
                let convert = |cell: String| format!("{:.9}", cell.parse::<f64>().unwrap() * factor);
                columns.push(((*other).to_owned(), cells.map(|cell| cell.map(convert)).collect()));
            }
        }
    }
    Table::from_columns("cases.csv", columns).unwrap()
}

fn check(in_other_units: bool) {
    let cases = Table::read(&golden("response/cases.csv")).unwrap();
    let (rows, _) =
        of_table(&table(&cases, in_other_units), &["baseline", "lowest", "now"], &Reading::default()).unwrap();
    let [rule, range] = ["rule", "range"].map(|column| cases.text(column).unwrap());
    let [label, iss, r_iss] = ["label", "iss", "r_iss"].map(|column| cases.numbers(column).unwrap());
    let mut wrong = Vec::new();
    for case in 0..cases.n_rows() {
        let subject = format!("{case:03}");
        let got = rows.iter().find(|row| row.subject == subject && row.session == "now").unwrap();
        let stages = [(got.iss, iss[case]), (got.r_iss, r_iss[case])];
        let response = range[case].as_ref().is_none_or(|range| {
            got.range == *range && got.label.map(f64::from) == label[case] && !got.reasons.is_empty()
        });
        let staged = range[case].is_some() || stages.iter().all(|(got, expected)| got.map(f64::from) == *expected);
        if !response || !staged {
            wrong.push(format!("{}: {got:?}", rule[case].as_deref().unwrap()));
        }
    }
    println!("response: {}/{} worked cases agree", cases.n_rows() - wrong.len(), cases.n_rows());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_and_its_border_is_read_as_the_criteria_say() {
    check(false);
}

#[test]
fn the_same_amounts_in_other_units_are_the_same_response() {
    check(true);
}
