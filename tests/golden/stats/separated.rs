//! `separation.json`: verdict and divergence of each coefficient by an independent linear program (SciPy, HiGHS).

use super::table::Table;
use myelomri::stats::design::Design;
use myelomri::stats::separation::detect;
use serde_json::Value;

#[test]
fn separation_and_its_directions_agree() {
    let Some(folder) = crate::shared("reference/stats") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("separation.json")).unwrap();
    let reference: Value = serde_json::from_str(&text).unwrap();
    for record in reference["results"].as_array().unwrap() {
        let names: Vec<String> =
            record["terms"].as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned()).collect();
        let table = Table::read(&folder, record["dataset"].as_str().unwrap());
        let (columns, outcome) = table.complete(&names).unwrap();
        let found = detect(&Design::new(&names, &columns).unwrap(), &outcome).unwrap();
        assert_eq!(found.kind.name(), record["status"].as_str().unwrap(), "{names:?}");
        for c in &found.coefficients {
            let key = if c.name == "(intercept)" { "(Intercept)" } else { &c.name };
            let theirs = &record["infinite"][key];
            assert_eq!(theirs["can_go_plus_inf"].as_bool(), Some(c.to_plus_infinity), "{names:?} {key} +");
            assert_eq!(theirs["can_go_minus_inf"].as_bool(), Some(c.to_minus_infinity), "{names:?} {key} -");
        }
    }
    println!("{} agree", reference["results"].as_array().unwrap().len());
}
