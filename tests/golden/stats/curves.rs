//! `roc/...`: curves, areas, DeLong, cut-offs.

use super::Answer;
use super::table::Table;
use myelomri::stats::curve_tests;
use myelomri::stats::cutoff::{self, Proportion, Rule};
use myelomri::stats::cutoff_stability::{Tie, stability};
use myelomri::stats::delong::{self, DeLong};
use myelomri::stats::partial_auc::{Focus, partial_area, read_at};
use myelomri::stats::resample::{self, Resamples, Scheme};
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
        ["delong_unpaired"] => by_group(table, parts[1]),
        ["venkatraman"] => {
            let (a, b) = parts[1].split_once("_vs_")?;
            let (columns, outcome) = table.complete(&[a, b].map(str::to_owned))?;
            let of = |i: usize| (columns[i].as_slice(), Direction::Higher);
            let test = curve_tests::venkatraman(of(0), of(1), &outcome, 999, 1).unwrap();
            // the p of both is random: 5000 permutations there, 999 here
            assert!((test.p - record["value"]["p"].as_f64()?).abs() < 0.05, "{test:?}");
            Some(json!({"E": test.statistic}))
        }
        ["bootstrap_test"] => {
            let (a, b) = parts[1].split_once("_vs_")?;
            let (columns, outcome) = table.complete(&[a, b].map(str::to_owned))?;
            let of = |i: usize| (columns[i].as_slice(), Direction::Higher);
            let resamples = Resamples::draw(Scheme::Stratified, &outcome, 10_000, 1);
            let test = curve_tests::bootstrap_difference(of(0), of(1), &outcome, &resamples, LEVEL).unwrap();
            assert!((test.p - record["value"]["p"].as_f64()?).abs() < 0.01, "{test:?}");
            Some(json!({}))
        }
        ["delong_paired"] => paired(table, id, record),
        [what] => single(table, parts[1], what, record),
        [rule, row] => row_intervals(table, parts[1], rule, row, record),
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
        "delong_ci95" => {
            let plain = d.plain_interval(LEVEL);
            ends(Interval { low: plain.low.max(0.0), high: plain.high.min(1.0) })
        }
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
        "best_youden" | "best_closest.topleft" | "best_youden_cost2_prev0.3" => {
            of_rule(&curve, rule_of(what)?, record, (&values, &outcome))?
        }
        "pauc_specificity_1_0.8" | "pauc_sensitivity_1_0.8" => {
            json!(partial_area(&curve, focus_of(what), 0.8, 1.0).unwrap().area)
        }
        "pauc_specificity_1_0.8_mcclish" | "pauc_sensitivity_1_0.8_mcclish" => {
            json!(partial_area(&curve, focus_of(what), 0.8, 1.0).unwrap().corrected)
        }
        "sens_at_spec0.9" => json!(read_at(&curve, Focus::Specificity, 0.9).unwrap()),
        "spec_at_sens0.9" => json!(read_at(&curve, Focus::Sensitivity, 0.9).unwrap()),
        _ => return None,
    })
}

fn focus_of(what: &str) -> Focus {
    if what.contains("specificity") { Focus::Specificity } else { Focus::Sensitivity }
}

fn rule_of(what: &str) -> Option<Rule> {
    Some(match what {
        "best_youden" => Rule::Youden,
        "best_closest.topleft" => Rule::ClosestTopLeft,
        "best_youden_cost2_prev0.3" => Rule::Cost { cost: 2.0, prevalence: 0.3 },
        _ => return None,
    })
}

/// Theirs may be an end of the curve, which is no cut-off.
fn of_rule(curve: &roc::Curve, rule: Rule, record: &Value, data: (&[f64], &[bool])) -> Answer {
    let best = cutoff::best(curve, rule)?;
    let theirs = &record["value"]["threshold"];
    if let Some(list) = theirs.as_array() {
        let theirs: Option<Vec<f64>> = list.iter().map(Value::as_f64).collect();
        let theirs = theirs?;
        let mut ours = best.tied.clone();
        let descending = theirs.windows(2).all(|w| w[0] >= w[1]);
        if descending == (ours.windows(2).all(|w| w[0] <= w[1]) && ours.len() > 1) {
            ours.reverse();
        }
        return Some(json!({"threshold": ours}));
    }
    // of ties in exact arithmetic theirs keeps the one that rounding favours
    let theirs = theirs.as_f64()?;
    let same = |t: &&f64| (**t - theirs).abs() <= 1e-11 * theirs.abs();
    let chosen = *best.tied.iter().find(same).unwrap_or(&best.cutoff.threshold);
    let (values, outcome) = data;
    let c = &cutoff::at(values, outcome, curve.direction, chosen).unwrap();
    let mut out = json!({
        "threshold": c.threshold,
        "sensitivity": c.sensitivity.estimate,
        "specificity": c.specificity.estimate,
    });
    if record["value"]["tp"].is_number() {
        out["ppv"] = json!(c.ppv?.estimate);
        out["npv"] = json!(c.npv?.estimate);
        out["tp"] = json!(c.sensitivity.k);
        out["accuracy"] = json!(c.accuracy.estimate);
        out["youden"] = json!(c.youden_j() + 1.0);
    }
    Some(out)
}

/// R's binconf leaves Wilson's formula for 1 and n - 1 of n, so those are compared with the exact interval alone.
fn row_intervals(table: &Table, name: &str, rule: &str, row: &str, record: &Value) -> Answer {
    let (values, outcome, direction) = marker(table, name)?;
    let curve = roc::curve(&values, &outcome, direction).unwrap();
    let best = cutoff::best(&curve, rule_of(rule)?)?;
    // their rows begin with the most sensitive
    let row: usize = row.strip_prefix("row")?.strip_suffix("_ci")?.parse().ok()?;
    let threshold = *best.tied.iter().rev().nth(row - 1)?;
    let c = cutoff::at(&values, &outcome, direction, threshold).unwrap();
    if record["value"]["sens"]["k"] != c.sensitivity.k || record["value"]["spec"]["k"] != c.specificity.k {
        // an end of the curve, where everybody or nobody is called positive, is no cut-off
        let k = |what: &str| record["value"][what]["k"].as_u64();
        let an_end = [k("sens")?, k("spec")?].contains(&0);
        assert!(an_end, "{name} {rule} row {row}: {}", record["value"]);
        return None;
    }
    let show = |p: Proportion| {
        let mut out = json!({"k": p.k, "n": p.n, "est": p.estimate, "exact": ends(p.exact)});
        if p.k > 1 && p.k + 1 < p.n {
            out["wilson"] = ends(p.wilson);
        }
        out
    };
    let mut out = json!({"sens": show(c.sensitivity), "spec": show(c.specificity), "ppv": show(c.ppv?), "npv": show(c.npv?),
        "accuracy": show(c.accuracy)});
    let ratios = [
        ("lr_pos", "lr_pos_ci95_log", c.ratios.positive),
        ("lr_neg", "lr_neg_ci95_log", c.ratios.negative),
        ("dor", "dor_ci95_woolf", c.ratios.odds),
    ];
    for (value, interval, ratio) in ratios {
        // with an empty cell theirs have ends of 0, infinity or none; ours has none
        if let Some(ends_of) = ratio.interval {
            out[value] = json!(ratio.value);
            out[interval] = ends(ends_of);
        }
    }
    Some(out)
}

/// Areas of two groups of patients: by the levels of a column, or training against test.
fn by_group(table: &Table, name: &str) -> Answer {
    let groups: Vec<(Vec<f64>, Vec<bool>, Direction)> = match name.split_once("_by_") {
        Some((column, group)) => {
            let (columns, outcome) = table.complete(&[column, group].map(str::to_owned))?;
            let direction = marker(table, column)?.2;
            let of = |level: f64| {
                let rows: Vec<usize> = (0..outcome.len()).filter(|&i| columns[1][i] == level).collect();
                (rows.iter().map(|&i| columns[0][i]).collect(), rows.iter().map(|&i| outcome[i]).collect(), direction)
            };
            vec![of(0.0), of(1.0)]
        }
        None => {
            let column = name.strip_suffix("_train_vs_test")?;
            vec![marker(table, column)?, marker(table, &format!("test_{column}"))?]
        }
    };
    let d: Vec<DeLong> = groups.iter().map(|(v, y, direction)| delong::delong(v, y, *direction).unwrap()).collect();
    let t = curve_tests::unpaired((&d[0], groups[0].0.len()), (&d[1], groups[1].0.len()), LEVEL).unwrap();
    Some(json!({"auc1": d[0].auc, "auc2": d[1].auc, "D": t.statistic, "df": t.df, "p": t.p, "z": t.statistic}))
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
        "boot_youden_first" => {
            let s = stability(&values, &outcome, direction, Rule::Youden, Tie::MostSensitive, &resamples).unwrap();
            let column = |c: usize| s.resamples.iter().map(|r| r[c]).collect::<Vec<f64>>();
            Some(
                json!({"threshold": column(0), "J_resample": column(1), "J_original": column(2), "optimism": s.optimism,
                        "threshold_pctl95": ends(s.interval)}),
            )
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
