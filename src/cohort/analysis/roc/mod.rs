//! ROC curves of declared markers, their intervals, cut-offs and paired comparisons.

mod model;
mod one;
pub mod options;
mod pairs;

pub use model::{APPARENT, model_curve};
pub use one::curve;
pub use options::RocOptions;

use super::super::endpoint::Endpoint;
use super::super::marker::Marker;
use super::super::results::{Family, RocResults, SavedModel};
use super::super::{CohortError, Frame};
use crate::error::{Exit, Result, Warning};
use crate::stats::delong::{DeLong, delong};
use crate::stats::roc::Direction;
use crate::stats::{StatsError, clustered};

/// Curves of the markers, and the comparison of every two of them on the patients that have both.
///
/// # Errors
/// Where a column is missing or holds text, or a curve has one class only.
pub fn roc(frame: &Frame, endpoint: &Endpoint, markers: &[Marker], options: &RocOptions) -> Result<RocResults> {
    endpoint.check_two_classes()?;
    let mut results = RocResults::default();
    results
        .warnings
        .extend(super::clustered(frame, "areas, their tests and the intervals of shares at a cut-off go by patients"));
    for marker in markers {
        let values = frame.numbers(&marker.column)?;
        results.curves.push(curve(frame, endpoint, marker, values, options, &mut results.warnings)?);
    }
    pairs::compare(frame, endpoint, &markers.iter().collect::<Vec<_>>(), options, &mut results)?;
    Ok(results)
}

/// The same with the prediction of a saved model as one more curve. On other patients than its own it is compared with the
/// markers as every curve is; where the model was fitted on these patients no test against them holds (Demler 2012,
/// doi:10.1002/sim.5328), which is told instead.
///
/// # Errors
/// As [`roc`], and where the table lacks a column of the model.
pub fn roc_with_model(
    frame: &Frame,
    endpoint: &Endpoint,
    markers: &[Marker],
    (model, family): (&SavedModel, Family),
    options: &RocOptions,
) -> Result<RocResults> {
    endpoint.check_two_classes()?;
    let predicted = model::Prediction::of(frame, endpoint, model, family)?;
    if !predicted.is_apparent {
        let frame = frame.with(&predicted.marker.column, predicted.values);
        let markers: Vec<Marker> = markers.iter().cloned().chain([predicted.marker]).collect();
        let mut results = roc(&frame, endpoint, &markers, options)?;
        results.warnings.extend(model.other_outcome(endpoint));
        return Ok(results);
    }
    let mut results = roc(frame, endpoint, markers, options)?;
    if !markers.is_empty() {
        let message = format!(
            "{}: the model was fitted on these patients, so its curve is not tested against the markers; compare models by \
             their likelihood (`fit`), or give other patients",
            predicted.marker.column
        );
        results.warnings.push(Warning::new("model-fitted-here", message));
    }
    let curve = curve(frame, endpoint, &predicted.marker, &predicted.values, options, &mut results.warnings)?;
    results.curves.push(curve);
    Ok(results)
}

/// As [`roc`], but a marker without a value in one of the classes is left out and told, instead of ending the work.
///
/// # Errors
/// All others: missing columns, text where numbers belong.
pub fn roc_or_say_why(frame: &Frame, endpoint: &Endpoint, markers: &[Marker]) -> Result<RocResults> {
    let options = RocOptions::default();
    let mut results = RocResults::default();
    let mut drawn = Vec::new();
    for marker in markers {
        let values = frame.numbers(&marker.column)?;
        let drawing = curve(frame, endpoint, marker, values, &options, &mut results.warnings);
        if let Some(curve) = estimable(drawing, &marker.column, &mut results.warnings)? {
            results.curves.push(curve);
            drawn.push(marker);
        }
    }
    pairs::compare(frame, endpoint, &drawn, &options, &mut results)?;
    Ok(results)
}

/// Area with the variance that goes with these rows: DeLong's, or Obuchowski's where several are of one patient.
fn area(
    values: &[f64],
    positive: &[bool],
    clusters: Option<&[usize]>,
    direction: Direction,
) -> std::result::Result<DeLong, StatsError> {
    match clusters {
        Some(cluster) => clustered::area(values, positive, cluster, direction),
        None => delong(values, positive, direction),
    }
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

/// Markers of a list that the frame has; the others are told.
pub fn present(frame: &Frame, markers: &[Marker], warnings: &mut Vec<Warning>) -> Vec<Marker> {
    let missing = |error: CohortError| Warning::new("marker-not-measured", error.to_string());
    let there = |marker: &&Marker| frame.numbers(&marker.column).map_err(|error| warnings.push(missing(error))).is_ok();
    markers.iter().filter(there).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let got = roc(&frame, &endpoint, &markers, &RocOptions::default()).unwrap();
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
        assert_eq!(roc(&frame, &endpoint, &markers, &RocOptions::default()).unwrap_err().exit(), Exit::NotEstimable);
        let got = roc_or_say_why(&frame, &endpoint, &markers).unwrap();
        assert_eq!((got.curves.len(), got.curves[0].predictor.as_str()), (1, "good"));
        assert_eq!((got.warnings[0].slug.as_str(), got.comparisons.len()), ("roc-not-estimable", 0));
        assert!(got.warnings[0].message.starts_with("half: "));
    }
}
