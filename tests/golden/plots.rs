//! Every kind of plot against a snapshot of what it holds: all words and numbers with their places, all marks with their colour.
//!
//! A snapshot is a digest of the SVG that a reader can check: a line a text, a line a mark, long lines by their number of points
//! and their ends. After a change of look that was looked at, `MYELOMRI_WRITE_SNAPSHOTS=1 cargo test --test golden plots` writes
//! them anew.

use myelomri::cohort::results::{AgreementResults, CalibrationGroup, Curve, Family, NetBenefit, RocResults};
use myelomri::report::plots::*;
use myelomri::report::{Drawing, Lang};
use myelomri::units::Unit;
use serde_json::json;
use std::fs;
use std::path::Path;

/// What an SVG holds, a line an element.
fn digest(svg: &str) -> String {
    let mut out = String::new();
    let mut lines = svg.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("<text") {
            let attribute = |name: &str| {
                let start = line.find(&format!(" {name}=\""))? + name.len() + 3;
                line[start..].split('"').next()
            };
            let at = ["x", "y", "text-anchor", "font-size", "fill", "transform", "textLength"].map(attribute);
            let at: Vec<&str> = at.into_iter().flatten().collect();
            out += &format!("text {} | {}\n", at.join(" "), lines.next().unwrap_or_default());
        } else if let Some((start, points)) = line.split_once("points=\"") {
            let points: Vec<&str> = points.trim_end_matches("\"/>").split_whitespace().collect();
            let ends = [points.first(), points.last()].map(|p| p.copied().unwrap_or_default());
            out += &format!("{start} {} points, {} to {}\n", points.len(), ends[0], ends[1]);
        } else if line != "</text>" {
            out += &format!("{line}\n");
        }
    }
    out
}

fn check(name: &str, drawing: Drawing) {
    let found = digest(&drawing.svg().unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/plots/{name}.txt"));
    if std::env::var_os("MYELOMRI_WRITE_SNAPSHOTS").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    for (n, (found, kept)) in found.lines().zip(kept.lines()).enumerate() {
        assert_eq!(found, kept, "line {} of {name}", n + 1);
    }
    assert_eq!(found.lines().count(), kept.lines().count(), "{name}");
}

fn curve(predictor: &str, family: &str, direction: &str, shift: f64) -> Curve {
    serde_json::from_value(json!({
        "predictor": predictor, "family": family, "direction": direction, "n_positive": 15, "n_negative": 33,
        "auc": 0.9 - shift, "se": 0.03, "ci_low": 0.8 - shift, "ci_high": 0.96 - shift, "ci_method": "logit-delong",
        "fpr": [0.0, 0.0, 0.1, 0.1 + shift, 0.5, 1.0], "tpr": [0.0, 0.5, 0.5, 0.8, 1.0, 1.0],
        "thresholds": [null, 3.0, 2.0, 1.0, 0.5, null], "missing": [],
        "cutoffs": [serde_json::to_value(myelomri::cohort::results::Cutoff {
            rule: "youden".into(), threshold: -38.77, sensitivity: 0.8, specificity: 0.9 - shift, ..Default::default()
        }).unwrap()]
    }))
    .unwrap()
}

fn groups() -> Vec<Group> {
    vec![
        Group { name: "CR/VGPR".into(), values: vec![81.1, 47.4, 102.0, 20.5, 150.0, 60.0] },
        Group { name: "others".into(), values: vec![3.3, -16.6, 25.6, -40.0, 10.0, 1150.0, 0.0] },
    ]
}

fn pairs() -> Vec<(String, Vec<[f64; 2]>)> {
    vec![
        ("CR/VGPR".into(), vec![[24.4, 41.0], [19.1, 30.2], [37.1, 80.0]]),
        ("others".into(), vec![[22.9, 22.0], [16.2, 9.0], [34.6, 40.0], [45.0, 46.0]]),
    ]
}

fn distribution(name: &str, share_pct: [f64; 4], median: f64) -> Distribution {
    Distribution { name: name.into(), share_pct: share_pct.to_vec(), median: Some(median), n_voxels: 268 }
}

const COLUMN: &str = "sff_mean_L1-L5__pct";

#[test]
fn curves_say_area_interval_patients_and_cutoff() {
    let curves = vec![
        curve(COLUMN, "primary", "higher", 0.0),
        curve("m_protein_serum_g_dl__pct", "exploratory", "lower", 0.1),
        curve("multivariable (apparent)", "primary", "higher", 0.02),
    ];
    assert_eq!(curves[1].family, Family::Exploratory);
    check("roc", roc_figure(&RocResults { curves, ..RocResults::default() }, Lang::En).unwrap());
}

#[test]
fn changes_are_boxes_bars_and_lines() {
    let note = || "Mann-Whitney P = 0.012, Holm-adjusted = 0.024".to_owned();
    let plot = ChangePlot { column: COLUMN.into(), groups: groups(), note: note(), exploratory: false };
    check("boxes", change_figure(&plot, Lang::En).unwrap());
    let plot = WaterfallPlot { column: COLUMN.into(), groups: groups(), note: String::new(), exploratory: true };
    check("waterfall", waterfall_figure(&plot, Lang::En).unwrap());
    let plot = PairedPlot {
        column: "sff_mean_L1-L5".into(),
        sessions: ["baseline".into(), "cycle2".into()],
        groups: pairs(),
        exploratory: false,
    };
    check("paired", paired_figure(&plot, Lang::En).unwrap());
}

#[test]
fn odds_ratios_stand_under_their_models() {
    let row = |term: &str, model: &str, odds_ratio: f64, interval, p| ForestRow {
        term: term.into(),
        model: model.into(),
        odds_ratio,
        interval,
        p: Some(p),
    };
    let rows = [
        row(COLUMN, "univariable", 1.061, Some([1.031, 1.12]), 0.0004),
        row("m_protein_serum_g_dl__pct", "univariable", 0.979, Some([0.958, 0.995]), 0.005),
        row("dropout_mean_L1-L5__baseline", "baseline-adjusted", 0.62, Some([1e-9, 2e6]), 0.162),
    ];
    check("forest", forest_figure(&rows, "Logistic models", Lang::En).unwrap());
}

#[test]
fn validation_is_a_calibration_and_a_decision_curve() {
    let group = |predicted: f64, observed: f64| CalibrationGroup {
        predicted,
        observed,
        ci_low: (observed - 0.2).max(0.0),
        ci_high: (observed + 0.2).min(1.0),
        n: 12,
    };
    check("calibration", calibration_figure(&[group(0.05, 0.0), group(0.3, 0.25), group(0.8, 0.9)], Lang::En).unwrap());
    let benefit = |threshold: f64| NetBenefit {
        threshold,
        net_benefit: 0.3 - 0.25 * threshold,
        treat_all: (0.3 - threshold) / (1.0 - threshold),
    };
    let curve: Vec<NetBenefit> = (1..=80).map(|n| benefit(f64::from(n) / 100.0)).collect();
    check("decision", decision_figure(&curve, Lang::En).unwrap());
}

#[test]
fn pairs_are_correlated_and_repeats_agree() {
    let plot = CorrelationPlot {
        columns: ["dropout_mean_L1-L5__baseline".into(), "m_protein_serum_g_dl__baseline".into()],
        groups: vec![(String::new(), vec![[10.0, 1.0], [20.0, 2.5], [30.0, 2.0], [40.0, 4.0]])],
        notes: vec!["Spearman 0.80 (−0.28 to 0.99), P 0.200, n = 4".into()],
        exploratory: true,
    };
    check("correlation", correlation_figure(&plot, Lang::En).unwrap());
    let results: AgreementResults = serde_json::from_value(json!({
        "columns": ["scan1", "scan2"], "n": 4, "icc": [], "wsd": 1.0, "wsd_ci": null, "wcv": 0.1, "wcv_log": null,
        "wcv_ratio": null, "rc": 2.77, "rc_ci": null, "rc_pct": null, "rc_pct_asymmetric": null, "concordance": null,
        "lines": [], "kappa": [], "missing": [], "warnings": [],
        "bland_altman": {"n": 4, "bias": 0.5, "bias_ci": [-1.0, 2.0], "sd": 1.0, "loa_low": -1.46, "loa_high": 2.46,
            "loa_low_ci": [-4.0, -0.5], "loa_high_ci": [1.5, 5.0], "loa_low_ci_1999": null, "loa_high_ci_1999": null,
            "proportional_r": 0.1, "proportional_p": 0.9, "bias_pct": 2.0, "subjects": null, "sd_between": null,
            "sd_within": null, "means": [20.0, 25.0, 30.0, 41.0], "differences": [0.5, -0.6, 1.8, 0.3]}
    }))
    .unwrap();
    check("agreement", bland_altman_figure(&results, Lang::En).unwrap());
}

#[test]
fn a_patient_has_a_profile_courses_and_distributions() {
    let plot = ProfilePlot {
        quantity: "PDFF".into(),
        unit: Unit::Percent,
        levels: ["L1", "L2", "L3"].map(str::to_owned).to_vec(),
        visits: vec![
            ("baseline".into(), vec![Some(17.5), Some(15.4), Some(17.7)]),
            ("cycle2".into(), vec![Some(14.2), None, Some(14.4)]),
        ],
        band: Some(vec![Some([30.0, 50.0]), Some([31.0, 51.0]), None]),
    };
    check("profile", profile_figure(&plot, Lang::En).unwrap());
    let visits: Vec<String> = ["baseline", "cycle2", "end"].map(str::to_owned).to_vec();
    let value = |value: f64| Some((value, value.to_string()));
    let course =
        |title: &str, values: [Option<(f64, String)>; 3]| Course { title: title.into(), values: values.to_vec() };
    let courses = vec![
        course("tDV (mL)", [value(20.5), value(38.4), None]),
        course("Serum M protein (g/dL)", [value(2.54), value(2.2), value(1.83)]),
    ];
    check("courses", courses_figure(&CoursesPlot { visits, courses }).unwrap());
    let edges = vec![400.0, 600.0, 800.0, 1000.0, 1200.0];
    let distributions = vec![
        distribution("baseline", [30.0, 50.0, 15.0, 5.0], 690.0),
        distribution("cycle2", [20.0, 50.0, 20.0, 10.0], 720.0),
    ];
    let plot = HistogramPlot {
        quantity: "ADC".into(),
        unit: Unit::Um2PerS,
        edges: edges.clone(),
        distributions: distributions.clone(),
        windows: vec![655.0, 1400.0],
    };
    check("histogram", histogram_figure(&plot, Lang::En).unwrap());
    let regions = vec![
        ("L1".to_owned(), vec![Some(distributions[0].clone()), Some(distributions[1].clone())]),
        ("L2".to_owned(), vec![Some(distributions[1].clone()), None]),
    ];
    let visits = ["baseline", "cycle2"].map(str::to_owned).to_vec();
    let (quantity, unit, windows) = ("ADC".to_owned(), Unit::Um2PerS, vec![655.0, 1400.0]);
    check(
        "sparklines",
        sparklines_figure(&SparklinesPlot { quantity, unit, edges, visits, regions, windows }).unwrap(),
    );
}
