//! `roc/...`: curves, areas, DeLong, cut-offs.

use super::Answer;
use super::table::Table;
use myelomri::stats::cutoff::{self, Proportion};
use myelomri::stats::delong::{self, DeLong};
use myelomri::stats::resample::{self, Resamples};
use myelomri::stats::roc::{self, Direction};
use myelomri::stats::{Interval, LEVEL};
use serde_json::{Value, json};
use std::path::Path;

pub fn answer(table: &Table, id: &str, record: &Value) -> Answer {
    let parts: Vec<&str> = id.split('/').collect();
    if parts[0] != "roc" {
        return None;
    }
    match parts[2..] {
        ["delong_paired"] => paired(table, id, record),
        [what] => single(table, parts[1], what, record),
        ["best_youden", "row1_ci"] => row_intervals(table, parts[1]),
        _ => None,
    }
}

/// Column, direction, values and outcome of a curve's name.
pub fn marker(table: &Table, name: &str) -> Option<(Vec<f64>, Vec<bool>, Direction)> {
    let lower = ["mprot_pc", "tdv_pc", "b2m_pc", "bmpc_pc", "lwt", "EH", "HGB", "mp_change", "marker_lower_is_case"];
    let age_lower = table.set == "birthwt" && name == "age";
    let direction = if lower.contains(&name) || age_lower { Direction::Lower } else { Direction::Higher };
    let column = match name {
        "marker_higher_is_case" | "marker_lower_is_case" => "marker",
        other => other,
    };
    if let Some(test) = name.strip_prefix("test_") {
        let values: Option<Vec<f64>> = table.column(&format!("test_{test}"))?.into_iter().collect();
        let outcome = table.column("test_type")?.into_iter().map(|v| v == Some(1.0)).collect();
        return Some((values?, outcome, direction));
    }
    let (mut columns, outcome) = table.complete(&[column.to_owned()])?;
    Some((columns.pop()?, outcome, direction))
}

pub fn ends(i: Interval) -> Value {
    json!([i.low, i.high])
}

fn single(table: &Table, name: &str, what: &str, record: &Value) -> Answer {
    let (values, outcome, direction) = marker(table, name)?;
    let curve = roc::curve(&values, &outcome, direction).unwrap();
    let d = delong::delong(&values, &outcome, direction).unwrap();
    let varies = d.se().is_some();
    Some(match what {
        "n" => json!({"n": values.len(), "cases": curve.n_positive, "controls": curve.n_negative}),
        "auc" => json!(curve.auc()),
        "delong_var" => json!(d.variance),
        "delong_ci95_unclipped" => ends(d.plain_interval(LEVEL)),
        "logit_delong_ci95" if varies && curve.auc() < 1.0 => ends(d.interval(LEVEL).interval),
        "hanley_mcneil_se" => json!(delong::hanley_mcneil_se(d.auc, curve.n_positive, curve.n_negative)),
        "z_vs_half" if varies => {
            let (z, p) = d.against_half().unwrap();
            json!({"z": z, "p": p})
        }
        "curve" => {
            // theirs begins with everything called positive, with an infinite threshold on that side
            let ends = if direction == Direction::Higher { ("-Inf", "Inf") } else { ("Inf", "-Inf") };
            let last = curve.points.len() - 1;
            let threshold = |i: usize| match curve.points[i].threshold {
                Some(t) => json!(t),
                None if i == last => json!(ends.0),
                None => json!(ends.1),
            };
            let back = || (0..=last).rev();
            json!({
                "threshold": back().map(threshold).collect::<Vec<_>>(),
                "sens": back().map(|i| curve.tpr()[i]).collect::<Vec<_>>(),
                "spec": back().map(|i| 1.0 - curve.fpr()[i]).collect::<Vec<_>>(),
            })
        }
        "best_youden" => {
            let best = cutoff::youden(&curve)?;
            if best.cutoff.youden_j() < 1e-12 {
                // theirs are the two ends of the curve, which are no cut-offs
                return None;
            }
            if record["value"]["threshold"].is_array() {
                let theirs: Vec<f64> =
                    record["value"]["threshold"].as_array()?.iter().filter_map(Value::as_f64).collect();
                let mut ours = best.tied.clone();
                let descending = theirs.windows(2).all(|w| w[0] >= w[1]);
                if descending == (ours.windows(2).all(|w| w[0] <= w[1]) && ours.len() > 1) {
                    ours.reverse();
                }
                return Some(json!({"threshold": ours}));
            }
            let c = &best.cutoff;
            json!({
                "threshold": c.threshold,
                "sensitivity": c.sensitivity.estimate,
                "specificity": c.specificity.estimate,
                "ppv": c.ppv?.estimate,
                "npv": c.npv?.estimate,
                "tp": c.sensitivity.k,
                "youden": c.youden_j() + 1.0,
            })
        }
        _ => return None,
    })
}

/// R's binconf leaves Wilson's formula for 1 and n - 1 of n, so those are compared with the exact interval alone.
fn row_intervals(table: &Table, name: &str) -> Answer {
    let (values, outcome, direction) = marker(table, name)?;
    let best = cutoff::youden(&roc::curve(&values, &outcome, direction).unwrap())?;
    if best.tied.len() > 1 || best.cutoff.youden_j() < 1e-12 {
        return None;
    }
    let show = |p: Proportion| {
        let mut out = json!({"k": p.k, "n": p.n, "est": p.estimate, "exact": ends(p.exact)});
        if p.k > 1 && p.k + 1 < p.n {
            out["wilson"] = ends(p.wilson);
        }
        out
    };
    let c = best.cutoff;
    Some(json!({"sens": show(c.sensitivity), "spec": show(c.specificity), "ppv": show(c.ppv?), "npv": show(c.npv?)}))
}

fn paired(table: &Table, id: &str, record: &Value) -> Answer {
    let names = match id.split('/').nth(1)? {
        "ff_vs_mprot" => ["ff_pc", "mprot_pc"],
        "ff_vs_tdv" => ["ff_pc", "tdv_pc"],
        "ff_vs_mp" => ["ff_change", "mp_change"],
        "pred_vs_marker" => ["cancerpredmarker", "marker"],
        other => {
            let (a, b) = other.split_once("_vs_")?;
            [a, b]
        }
    };
    let (columns, outcome) = table.complete(&names.map(str::to_owned))?;
    let d: Vec<DeLong> = names
        .iter()
        .zip(&columns)
        .map(|(name, values)| delong::delong(values, &outcome, marker(table, name).unwrap().2).unwrap())
        .collect();
    let c = delong::compare(&d[0], &d[1], LEVEL).unwrap();
    let mut out = json!({"auc1": d[0].auc, "auc2": d[1].auc, "diff": c.difference, "z": c.z?, "p": c.p?, "ci95": ends(c.interval?)});
    if record["value"]["cov"].is_number() && id.contains("ff_vs_mprot") {
        out["cov"] = json!(d[0].covariance(&d[1]).unwrap());
    }
    Some(out)
}

/// `roc/X/boot_*`: areas in given resamples.
pub fn bootstrap(table: &Table, id: &str, record: &Value, folder: &Path) -> Answer {
    let (name, what) = id.strip_prefix("roc/")?.split_once('/')?;
    if !what.starts_with("boot_") {
        return None;
    }
    let (values, outcome, direction) = marker(table, name)?;
    let file = record["value"]["index_file"].as_str().map_or(format!("{}.boot_strat.csv", table.set), str::to_owned);
    let resamples = read_resamples(&folder.join(file), values.len());
    match what {
        "boot_auc" => {
            let areas = resample::auc_distribution(&values, &outcome, direction, &resamples).unwrap();
            let interval = resample::percentile_interval(&areas, LEVEL).unwrap();
            let mean = areas.iter().sum::<f64>() / areas.len() as f64;
            Some(json!({"auc": areas, "pctl_ci95_type7": ends(interval), "mean": mean}))
        }
        "boot_auc_bca" => {
            let interval = resample::auc_bca(&values, &outcome, direction, &resamples, LEVEL).ok()?;
            Some(json!({"bca_ci95": ends(interval)}))
        }
        _ => None,
    }
}

/// Resamples from a file of rows counted from 1, one resample a line.
pub fn read_resamples(path: &Path, n_rows: usize) -> Resamples {
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().map(|l| l.split(',').map(|i| i.trim().parse::<usize>().unwrap() - 1).collect()).collect();
    Resamples::given(rows, n_rows).unwrap()
}
