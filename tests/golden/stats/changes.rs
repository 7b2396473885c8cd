//! `edge_percent_change.json`: what a percentage change may be made of.

use super::table::Table;
use myelomri::cohort::change::of_pair;
use serde_json::Value;

#[test]
fn percentages_exist_where_the_rule_says_so() {
    let Some(path) = crate::shared("reference/stats/edge_percent_change.json") else { return };
    let text = std::fs::read_to_string(path.with_extension("csv")).unwrap();
    let (table, reference) = (Table::of_text("edge", &text), std::fs::read_to_string(&path).unwrap());
    let reference: Value = serde_json::from_str(&reference).unwrap();
    // a cell that is no finite number is refused when the table is read
    let column = |name: &str| -> Vec<Option<f64>> {
        table.column(name).unwrap().into_iter().map(|v| v.filter(|v| v.is_finite())).collect()
    };
    let (before, after) = (column("baseline"), column("followup"));
    let expected = reference["expected"].as_array().unwrap();
    assert_eq!(expected.len(), before.len());
    for (n, row) in expected.iter().enumerate() {
        let change = of_pair("s", "x", before[n], after[n]);
        match row["pct"].as_f64() {
            Some(pct) => assert!((change.pct.unwrap() - pct).abs() <= 1e-11 * pct.abs(), "{row}"),
            None => assert!(change.pct.is_none() && !change.flags.is_empty(), "{row}: {change:?}"),
        }
    }
    println!("{}/{} agree", expected.len(), expected.len());
}
