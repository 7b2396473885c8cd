//! ROC curves of declared markers, their intervals, cut-offs and paired comparisons.

use super::super::endpoint::Endpoint;
use super::super::marker::Marker;
use super::super::results::{Curve, CurveComparison, Cutoff, RocResults};
use super::super::{CohortError, Frame};
use crate::error::{Exit, Result, Warning};
use crate::stats::{LEVEL, cutoff, delong, roc};

/// Curves of the markers, and the comparison of every two of them on the patients that have both.
///
/// # Errors
/// Where a column is missing or holds text, or a curve has one class only.
pub fn roc(frame: &Frame, endpoint: &Endpoint, markers: &[Marker]) -> Result<RocResults> {
    endpoint.check_two_classes()?;
    let mut results = RocResults::default();
    for marker in markers {
        let values = frame.numbers(&marker.column)?;
        results.curves.push(curve(frame, endpoint, marker, values, &mut results.warnings)?);
    }
    compare_pairs(frame, endpoint, &markers.iter().collect::<Vec<_>>(), &mut results)?;
    Ok(results)
}

/// The same, but a marker without a value in one of the classes is left out and told, instead of ending the work.
///
/// # Errors
/// All others: missing columns, text where numbers belong.
pub fn roc_or_say_why(frame: &Frame, endpoint: &Endpoint, markers: &[Marker]) -> Result<RocResults> {
    let mut results = RocResults::default();
    let mut drawn = Vec::new();
    for marker in markers {
        let values = frame.numbers(&marker.column)?;
        let drawing = curve(frame, endpoint, marker, values, &mut results.warnings);
        if let Some(curve) = estimable(drawing, &marker.column, &mut results.warnings)? {
            results.curves.push(curve);
            drawn.push(marker);
        }
    }
    compare_pairs(frame, endpoint, &drawn, &mut results)?;
    Ok(results)
}

/// Compares every two curves; a pair that no patients of both classes share is told.
fn compare_pairs(frame: &Frame, endpoint: &Endpoint, markers: &[&Marker], results: &mut RocResults) -> Result<()> {
    for (n, a) in markers.iter().enumerate() {
        for b in &markers[n + 1..] {
            let both = format!("{} and {}", a.column, b.column);
            let comparison = comparison(frame, endpoint, a, b);
            results.comparisons.extend(estimable(comparison, &both, &mut results.warnings)?);
        }
    }
    Ok(())
}

/// The result, or a warning that says why these data do not give one.
fn estimable<T>(result: Result<T>, what: &str, warnings: &mut Vec<Warning>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.exit() == Exit::NotEstimable => {
            warnings.push(Warning::new("roc-not-estimable", format!("{what}: {}", error.failure())));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The curve of one marker, whose values need not be a column of the frame (a model's predictions).
///
/// # Errors
/// Where one class has no value.
pub fn curve(
    frame: &Frame,
    endpoint: &Endpoint,
    marker: &Marker,
    values: &[Option<f64>],
    warnings: &mut Vec<Warning>,
) -> Result<Curve> {
    let cases = frame.cases(&[values.to_vec()], &endpoint.positive);
    let direction = marker.direction.into();
    let values = &cases.columns[0];
    let empirical = roc::curve(values, &cases.positive, direction)?;
    let area = delong::delong(values, &cases.positive, direction)?;
    let interval = area.interval(LEVEL);
    if area.auc < 0.5 {
        warnings.push(Warning::new(
            "auc-below-half",
            format!(
                "{}: AUC {:.3} in the declared direction; the marker points the other way in these patients",
                marker.column, area.auc
            ),
        ));
    }
    let mut cutoffs = Vec::new();
    if let Some(best) = cutoff::youden(&empirical) {
        if best.tied.len() > 1 {
            warnings.push(Warning::new(
                "tied-cutoffs",
                format!(
                    "{}: {} cut-offs reach the best Youden index; the most specific is given",
                    marker.column,
                    best.tied.len()
                ),
            ));
        }
        cutoffs.push(Cutoff {
            rule: "youden".into(),
            threshold: best.cutoff.threshold,
            sensitivity: best.cutoff.sensitivity.estimate,
            sensitivity_ci: [best.cutoff.sensitivity.wilson.low, best.cutoff.sensitivity.wilson.high],
            specificity: best.cutoff.specificity.estimate,
            specificity_ci: [best.cutoff.specificity.wilson.low, best.cutoff.specificity.wilson.high],
            ppv: best.cutoff.ppv.map(|share| share.estimate),
            npv: best.cutoff.npv.map(|share| share.estimate),
        });
    }
    Ok(Curve {
        predictor: marker.column.clone(),
        family: marker.family,
        direction: marker.direction,
        n_positive: empirical.n_positive,
        n_negative: empirical.n_negative,
        auc: area.auc,
        se: area.se(),
        ci_low: Some(interval.interval.low),
        ci_high: Some(interval.interval.high),
        ci_method: interval.method.to_owned(),
        fpr: empirical.fpr(),
        tpr: empirical.tpr(),
        thresholds: empirical.points.iter().map(|point| point.threshold).collect(),
        cutoffs,
        missing: cases.missing,
    })
}

fn comparison(frame: &Frame, endpoint: &Endpoint, a: &Marker, b: &Marker) -> Result<CurveComparison> {
    let columns = [frame.numbers(&a.column)?.to_vec(), frame.numbers(&b.column)?.to_vec()];
    let cases = frame.cases(&columns, &endpoint.positive);
    let area = |n: usize, marker: &Marker| delong::delong(&cases.columns[n], &cases.positive, marker.direction.into());
    let test = delong::compare(&area(0, a)?, &area(1, b)?, LEVEL)?;
    Ok(CurveComparison {
        a: a.column.clone(),
        b: b.column.clone(),
        n: cases.positive.len(),
        difference: test.difference,
        ci_low: test.interval.map(|interval| interval.low),
        ci_high: test.interval.map(|interval| interval.high),
        z: test.z,
        p: test.p,
    })
}

/// Markers of a list that the frame has; the others are told.
pub fn present(frame: &Frame, markers: &[Marker], warnings: &mut Vec<Warning>) -> Vec<Marker> {
    let missing = |error: CohortError| Warning::new("marker-not-measured", error.to_string());
    let there = |marker: &&Marker| frame.numbers(&marker.column).map_err(|error| warnings.push(missing(error))).is_ok();
    markers.iter().filter(there).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::Family;

    #[test]
    fn curves_and_their_comparison_hold_on_a_hand_made_cohort() {
        let subjects: Vec<String> = (0..6).map(|n| n.to_string()).collect();
        let frame = Frame {
            source: "t".into(),
            subjects: subjects.clone(),
            numbers: vec![
                ("up".into(), [6.0, 5.0, 3.0, 4.0, 2.0, 1.0].map(Some).to_vec()),
                ("down".into(), vec![Some(1.0), Some(2.0), Some(3.0), Some(4.0), Some(5.0), None]),
            ],
            texts: Vec::new(),
        };
        let labels = [true, true, true, false, false, false].map(Some).to_vec();
        let endpoint = Endpoint::of_labels(&subjects, labels, "r", &[]);
        let markers = ["up:higher", "down:lower"].map(|text| Marker::parse(text, Family::Primary).unwrap());
        let got = roc(&frame, &endpoint, &markers).unwrap();
        assert!((got.curves[0].auc - 8.0 / 9.0).abs() < 1e-15);
        assert_eq!((got.curves[1].auc, got.curves[1].ci_method.as_str()), (1.0, "newcombe"));
        assert_eq!((got.curves[1].missing.clone(), got.comparisons[0].n), (vec!["5".to_owned()], 5));
        assert!((got.comparisons[0].difference - (5.0 / 6.0 - 1.0)).abs() < 1e-15);
    }

    #[test]
    fn a_marker_that_one_class_lacks_does_not_cost_the_other_curves() {
        let subjects: Vec<String> = (0..4).map(|n| n.to_string()).collect();
        let frame = Frame {
            source: "t".into(),
            subjects: subjects.clone(),
            numbers: vec![
                ("good".into(), [4.0, 3.0, 2.0, 1.0].map(Some).to_vec()),
                ("half".into(), vec![Some(1.0), Some(2.0), None, None]),
            ],
            texts: Vec::new(),
        };
        let endpoint = Endpoint::of_labels(&subjects, [true, true, false, false].map(Some).to_vec(), "r", &[]);
        let markers = ["half:lower", "good:higher"].map(|text| Marker::parse(text, Family::Primary).unwrap());
        assert_eq!(roc(&frame, &endpoint, &markers).unwrap_err().exit(), Exit::NotEstimable);
        let got = roc_or_say_why(&frame, &endpoint, &markers).unwrap();
        assert_eq!((got.curves.len(), got.curves[0].predictor.as_str()), (1, "good"));
        assert_eq!((got.warnings[0].slug.as_str(), got.comparisons.len()), ("roc-not-estimable", 0));
        assert!(got.warnings[0].message.starts_with("half: "));
    }
}
