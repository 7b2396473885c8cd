//! ROC curves: false- against true-positive rate, one curve a marker, cut-offs as rings, the chance line dashed.
//!
//! One or two curves have their pointwise 95 % band shaded. Below the curves a key gives for each marker the AUC with its 95 % interval and the patients of either class; the
//! cut-off stands with the sensitivity and specificity that it has on the very patients it was chosen on.

use super::axes::{Axes, Scale};
use crate::cohort::results::{Curve, Direction, Family, RocResults};
use crate::report::drawing::{Anchor, Drawing, fitted, text_width};
use crate::report::{Lang, ReportError, labels, numbers, style};

const SIDE: f64 = 270.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 14.0;
/// Curves that can be told apart with their bands; more are drawn without.
const MOST_BANDS: usize = 2;
/// Height of one entry of the key: a line for the AUC, a line for the cut-off.
const ENTRY: f64 = 26.0;

/// The figure of these curves.
///
/// # Errors
/// [`ReportError::Empty`] where there is no curve.
pub fn roc_figure(results: &RocResults, lang: Lang) -> Result<Drawing, ReportError> {
    if results.curves.is_empty() {
        return Err(ReportError::Empty { what: "no ROC curve" });
    }
    let key_top = TOP + SIDE + 50.0;
    let mut drawing = Drawing::new(style::COLUMN, key_top + 14.0 + ENTRY * results.curves.len() as f64);
    let axes =
        Axes { frame: [LEFT, TOP, LEFT + SIDE, TOP + SIDE], x: Scale::linear(0.0, 1.0), y: Scale::linear(0.0, 1.0) };
    axes.y_axis(&mut drawing, lang.say("Sensitivity"), 6, 36.0);
    axes.x_axis(&mut drawing, lang.say("1 − specificity"), 6);
    drawing.dashed(&[axes.at(0.0, 0.0), axes.at(1.0, 1.0)], style::GREY, style::HAIR, &[3.0, 3.0]);
    axes.spines(&mut drawing);
    for (n, curve) in results.curves.iter().enumerate().filter(|_| results.curves.len() <= MOST_BANDS) {
        let side = |end: usize| curve.band.iter().map(move |point| (point[0], point[end]));
        let outline: Vec<_> = side(1).chain(side(2).rev()).map(|(x, y)| axes.at(x, y)).collect();
        if !outline.is_empty() {
            drawing.polygon(&outline, style::fade(style::series(n), 0.15));
        }
    }
    for (n, curve) in results.curves.iter().enumerate() {
        let points: Vec<_> = curve.fpr.iter().zip(&curve.tpr).map(|(&x, &y)| axes.at(x, y)).collect();
        drawing.dashed(&points, style::series(n), style::CURVE, style::dash(n));
    }
    for (n, curve) in results.curves.iter().enumerate() {
        for cutoff in &curve.cutoffs {
            let at = axes.at(1.0 - cutoff.specificity, cutoff.sensitivity);
            drawing.disc(at, 3.6, plotters::style::RGBAColor(255, 255, 255, 1.0));
            drawing.ring(at, 3.6, style::series(n), 1.5);
        }
    }
    key(&mut drawing, &results.curves, key_top, lang);
    Ok(drawing)
}

/// The table below the curves.
fn key(drawing: &mut Drawing, curves: &[Curve], top: f64, lang: Lang) {
    let (auc_x, n_x) = (style::COLUMN - 52.0, style::COLUMN - 8.0);
    if curves.len() <= MOST_BANDS && curves.iter().any(|curve| !curve.band.is_empty()) {
        drawing.text((8.0, top), lang.say("shaded: 95 % band"), style::SMALL, style::GREY, Anchor::Start);
    }
    drawing.text((auc_x, top), "AUC (95 % CI)", style::SMALL, style::GREY, Anchor::End);
    drawing.text((n_x, top), "n+ / n−", style::SMALL, style::GREY, Anchor::End);
    for (n, curve) in curves.iter().enumerate() {
        let y = top + 13.5 + ENTRY * n as f64;
        drawing.dashed(&[(8.0, y - 3.5), (30.0, y - 3.5)], style::series(n), style::CURVE, style::dash(n));
        let auc = auc_text(curve);
        let room = auc_x - text_width(&auc, style::SMALL) - 8.0 - 36.0;
        drawing.text(
            (36.0, y),
            &fitted(&labels::column(&curve.predictor, lang), style::SMALL, room),
            style::SMALL,
            style::INK,
            Anchor::Start,
        );
        drawing.text((auc_x, y), &auc, style::SMALL, style::INK, Anchor::End);
        let counts = format!("{} / {}", curve.n_positive, curve.n_negative);
        drawing.text((n_x, y), &counts, style::SMALL, style::INK, Anchor::End);
        let mut below = Vec::new();
        if curve.family == Family::Exploratory {
            below.push(lang.say("exploratory").to_owned());
        }
        if let Some(cutoff) = curve.cutoffs.first() {
            let sign = if curve.direction == Direction::Higher { '≥' } else { '≤' };
            below.push(lang.fill(
                "○ {rule} cut-off {threshold}: sensitivity {sensitivity}, specificity {specificity}",
                &[
                    ("rule", &rule_name(&cutoff.rule, lang)),
                    ("threshold", &format!("{sign} {}", numbers::cutoff(cutoff, curve.direction))),
                    ("sensitivity", &format!("{:.2}", cutoff.sensitivity)),
                    ("specificity", &format!("{:.2}", cutoff.specificity)),
                ],
            ));
        }
        let below = fitted(&below.join(" · "), 8.5, n_x - 36.0);
        drawing.text((36.0, y + 11.0), &below, 8.5, style::GREY, Anchor::Start);
    }
}

fn auc_text(curve: &Curve) -> String {
    match (curve.ci_low, curve.ci_high) {
        (Some(low), Some(high)) => format!("{:.3} ({low:.3}–{high:.3})", curve.auc),
        _ => format!("{:.3} (–)", curve.auc),
    }
}

pub(in crate::report) fn rule_name(rule: &str, lang: Lang) -> String {
    match rule {
        "youden" => "Youden".to_owned(),
        other => lang.word(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::Cutoff;

    fn curve(predictor: &str, family: Family, auc: f64) -> Curve {
        Curve {
            predictor: predictor.to_owned(),
            family,
            direction: Direction::Higher,
            n_positive: 15,
            n_negative: 33,
            auc,
            se: Some(0.03),
            ci_low: Some(auc - 0.1),
            ci_high: Some(auc + 0.04),
            ci_method: "logit-delong".to_owned(),
            fpr: vec![0.0, 0.0, 0.06, 0.06, 0.2, 0.5, 1.0],
            tpr: vec![0.0, 0.5, 0.5, 0.8, 0.9, 1.0, 1.0],
            thresholds: vec![None; 7],
            band: vec![[0.0, 0.3, 0.7], [0.5, 0.8, 1.0], [1.0, 1.0, 1.0]],
            cutoffs: vec![Cutoff {
                rule: "youden".to_owned(),
                threshold: 41.25,
                sensitivity: 0.8,
                sensitivity_ci: [0.5, 0.9],
                specificity: 0.94,
                specificity_ci: [0.8, 0.99],
                ..Cutoff::default()
            }],
            z_half: None,
            p_half: None,
            tied_pairs: 0,
            intervals: Vec::new(),
            parts: Vec::new(),
            missing: Vec::new(),
        }
    }

    #[test]
    fn the_figure_says_auc_interval_counts_and_cutoff() {
        let results = RocResults {
            curves: vec![
                curve("sff_mean_L1-L5__pct", Family::Primary, 0.931),
                curve("tdv_total_body__pct", Family::Exploratory, 0.712),
            ],
            ..RocResults::default()
        };
        let drawing = roc_figure(&results, Lang::En).unwrap();
        let svg = drawing.svg().unwrap();
        for text in
            ["0.931 (0.831–0.971)", "15 / 33", "sFF mean L1–L5, change (%)", "exploratory · ○ Youden cut-off ≥ 41.2"]
        {
            assert!(svg.contains(text), "{text} is missing");
        }
        assert_eq!(svg, roc_figure(&results, Lang::En).unwrap().svg().unwrap());
        assert!(drawing.png().unwrap().starts_with(b"\x89PNG"));
        assert_eq!(svg.matches("<polygon").count(), 2, "a band a curve");
        let three = RocResults { curves: vec![results.curves[0].clone(); 3], ..RocResults::default() };
        assert_eq!(roc_figure(&three, Lang::En).unwrap().svg().unwrap().matches("<polygon").count(), 0);
    }

    #[test]
    fn a_name_from_a_table_stays_text() {
        let results = RocResults { curves: vec![curve("<script>", Family::Secondary, 0.6)], ..RocResults::default() };
        assert!(!roc_figure(&results, Lang::En).unwrap().svg().unwrap().contains("<script>"));
        assert!(roc_figure(&RocResults::default(), Lang::En).is_err());
    }
}
