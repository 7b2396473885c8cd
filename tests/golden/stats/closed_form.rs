//! `closed_form.json`: intervals of proportions, Newcombe's bounds, Hanley-McNeil, Holm.

use super::compare;
use super::curves::ends;
use myelomri::stats::LEVEL;
use myelomri::stats::delong::{hanley_mcneil_se, newcombe};
use myelomri::stats::distributions::{clopper_pearson, wilson};
use myelomri::stats::multiplicity::{benjamini_hochberg, hochberg, holm};
use myelomri::stats::planning::{auc_power, auc_sample_size, model_size};
use serde_json::{Value, json};

#[test]
fn closed_forms_agree() {
    let Some(path) = crate::shared("reference/stats/closed_form.json") else {
        return;
    };
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut agree, mut not_covered, mut misses) = (0, 0, Vec::new());
    for record in reference["results"].as_array().unwrap() {
        let id = record["id"].as_str().unwrap();
        let Some(answer) = answer(id, record) else {
            not_covered += 1;
            continue;
        };
        let tolerance = if record["tol"] == "A" { 1e-11 } else { 1e-8 };
        let before = misses.len();
        compare(&record["value"], &answer, tolerance, id, &mut misses);
        agree += usize::from(misses.len() == before);
    }
    println!("closed forms: {agree}/{} agree, {not_covered} not covered", agree + misses.len());
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

fn answer(id: &str, record: &Value) -> Option<Value> {
    let (kind, what) = id.split_once('/').unwrap_or((id, ""));
    // the id rounds the area; U/525 is what was meant
    let area = |text: &str| text.trim_start_matches('A').parse::<f64>().map(|a| (a * 525.0 * 2.0).round() / 1050.0);
    match kind {
        "prop" => {
            let (k, n) = what.split_once("_of_")?;
            let (k, n): (u64, u64) = (k.parse().ok()?, n.parse().ok()?);
            let mut out = json!({"exact": ends(clopper_pearson(k, n, LEVEL))});
            // binconf leaves Wilson's formula for 1 and n - 1 of n
            if k != 1 && k + 1 != n {
                out["wilson"] = ends(wilson(k, n, LEVEL));
            }
            Some(out)
        }
        "power" if what.starts_with("auc") => {
            let auc = what.strip_prefix("auc")?.split('_').next()?.parse().ok()?;
            Some(json!({"power": auc_power(auc, 15, 35, LEVEL).unwrap()}))
        }
        "power" => {
            let n = auc_sample_size(0.8, 0.9, 35.0 / 15.0, LEVEL).unwrap();
            Some(json!({"ncases": n, "ncontrols": n * 35.0 / 15.0}))
        }
        "pmsampsize" => {
            let coefficients = what.strip_prefix("rsq0.3_p")?.split('_').next()?.parse().ok()?;
            Some(json!({"n": model_size(coefficients, 0.3, 0.3).unwrap().needed()}))
        }
        "auc_newcombe5" => Some(ends(newcombe(area(what.split('_').next()?).ok()?, 15, 35, LEVEL))),
        "hanley_mcneil_se" => Some(json!(hanley_mcneil_se(area(what).ok()?, 15, 35))),
        "p.adjust" => {
            let raw: Vec<Option<f64>> = record["value"]["raw"].as_array()?.iter().map(Value::as_f64).collect();
            record["value"]["holm"]
                .is_array()
                .then_some(json!({"holm": holm(&raw), "hochberg": hochberg(&raw), "BH": benjamini_hochberg(&raw)}))
        }
        _ => None,
    }
}
