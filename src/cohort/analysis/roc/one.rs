//! One curve: area, intervals, parts, cut-offs and how far they move.

use super::super::super::Frame;
use super::super::super::endpoint::Endpoint;
use super::super::super::marker::Marker;
use super::super::super::results::{Curve, Cutoff, NamedInterval, PartialArea, Stability};
use super::options::{IntervalMethod, RocOptions};
use crate::error::{Result, Warning};
use crate::stats::clustered::calls::{CallIntervals, intervals};
use crate::stats::cutoff::{self, Optimum, Proportion};
use crate::stats::cutoff_stability::stability;
use crate::stats::delong::{DeLong, hanley_mcneil_se, newcombe};
use crate::stats::distributions::normal_half_width;
use crate::stats::likelihood_ratio::Ratio;
use crate::stats::resample::{Resamples, auc_bca, auc_distribution, percentile_interval};
use crate::stats::{Interval, LEVEL, partial_auc, roc, roc_band};

/// The values of one marker with their classes.
struct Data<'a> {
    marker: &'a Marker,
    values: &'a [f64],
    positive: &'a [bool],
    direction: roc::Direction,
    resamples: Option<Resamples>,
    /// The patient of each row, where several rows are one patient's.
    clusters: Option<Vec<usize>>,
}

/// The curve of one marker, whose values need not be a column of the frame (a model's predictions).
///
/// # Errors
/// Where one class has no value, or a given resample does not fit the patients.
pub fn curve(
    frame: &Frame,
    endpoint: &Endpoint,
    marker: &Marker,
    values: &[Option<f64>],
    options: &RocOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Curve> {
    let cases = frame.cases(&[values.to_vec()], &endpoint.positive);
    cases.check_two_classes(std::slice::from_ref(&marker.column))?;
    let direction = marker.direction.into();
    let (values, positive) = (&cases.columns[0], &cases.positive);
    let empirical = roc::curve(values, positive, direction)?;
    let clusters = frame.clusters(&cases.rows);
    let area = super::area(values, positive, clusters.as_deref(), direction)?;
    let resamples = options.resampling.as_ref().map(|r| r.of(positive, clusters.as_deref())).transpose()?;
    let data = Data { marker, values, positive, direction, resamples, clusters };
    warnings.extend(says_little(data.marker, values, (empirical.n_positive, empirical.n_negative)));
    if area.auc < 0.5 {
        warnings.push(Warning::new(
            "auc-below-half",
            format!(
                "{}: AUC {:.3} in the declared direction; the marker points the other way in these patients",
                marker.column, area.auc
            ),
        ));
    }
    let intervals = of_area(&data, &area, (empirical.n_positive, empirical.n_negative));
    let chosen = chosen(&intervals, options.interval, marker, warnings);
    let parts = options.parts.iter().map(|part| {
        let area = partial_auc::partial_area(&empirical, part.focus, part.low, part.high)?;
        let (focus, low, high) = (part.focus_name().to_owned(), part.low, part.high);
        Ok(PartialArea { focus, low, high, area: area.area, corrected: area.corrected })
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    Ok(Curve {
        predictor: marker.column.clone(),
        family: marker.family,
        direction: marker.direction,
        n_positive: empirical.n_positive,
        n_negative: empirical.n_negative,
        auc: area.auc,
        se: area.se(),
        ci_low: chosen.as_ref().map(|interval| interval.low),
        ci_high: chosen.as_ref().map(|interval| interval.high),
        ci_method: chosen.map_or_else(String::new, |interval| interval.method),
        z_half: area.against_half().map(|(z, _)| z),
        p_half: area.against_half().map(|(_, p)| p),
        tied_pairs: empirical.tied_pairs,
        intervals,
        parts,
        fpr: empirical.fpr(),
        tpr: empirical.tpr(),
        thresholds: empirical.points.iter().map(|point| point.threshold).collect(),
        band: around(&data),
        cutoffs: cutoffs(&data, &empirical, options, warnings),
        missing: cases.missing,
    })
}

/// The band around the curve.
fn around(data: &Data) -> Vec<[f64; 3]> {
    let Some(resamples) = &data.resamples else { return Vec::new() };
    let found = roc_band::band(data.values, data.positive, data.direction, resamples, LEVEL).unwrap_or_default();
    found.into_iter().map(|point| [point.fpr, point.sensitivity.low, point.sensitivity.high]).collect()
}

/// That a curve stands on one patient of a class, or on one value.
fn says_little(marker: &Marker, values: &[f64], (m, n): (usize, usize)) -> Vec<Warning> {
    let mut told = Vec::new();
    if values.iter().all(|v| *v == values[0]) {
        let message = format!("{} has one value in all patients; it cannot tell them apart", marker.column);
        told.push(Warning::new("constant-marker", message));
    }
    if m.min(n) < 2 {
        let message = format!("{}: {m} positive and {n} negative patients; nothing can be concluded", marker.column);
        told.push(Warning::new("too-few-patients", message));
    }
    told
}

/// Every interval there is, the default first.
fn of_area(data: &Data, area: &DeLong, (m, n): (usize, usize)) -> Vec<NamedInterval> {
    let named = |method: &str, interval: Interval| NamedInterval {
        method: method.to_owned(),
        low: interval.low.max(0.0),
        high: interval.high.min(1.0),
        clipped: interval.low < 0.0 || interval.high > 1.0,
    };
    let default = area.interval(LEVEL);
    let mut found = vec![named(default.method, default.interval)];
    if area.se().is_some() {
        found.push(named("delong", area.plain_interval(LEVEL)));
    }
    let half = normal_half_width(LEVEL) * hanley_mcneil_se(area.auc, m, n);
    if half > 0.0 && data.clusters.is_none() {
        found.push(named("hanley-mcneil", Interval { low: area.auc - half, high: area.auc + half }));
    }
    if default.method != "newcombe" && data.clusters.is_none() {
        found.push(named("newcombe", newcombe(area.auc, m, n, LEVEL)));
    }
    if let Some(resamples) = &data.resamples {
        let areas = auc_distribution(data.values, data.positive, data.direction, resamples);
        if let Some(interval) = areas.ok().and_then(|areas| percentile_interval(&areas, LEVEL)) {
            found.push(named("bootstrap-percentile", interval));
        }
        // its jackknife leaves out a row, which is no patient
        let bca = auc_bca(data.values, data.positive, data.direction, resamples, LEVEL);
        if let (Ok(interval), None) = (bca, &data.clusters) {
            found.push(named("bootstrap-bca", interval));
        }
    }
    found
}

/// The interval that was asked for; told where it does not exist and the default stands in, or where it was cut.
fn chosen(
    intervals: &[NamedInterval],
    method: IntervalMethod,
    marker: &Marker,
    warnings: &mut Vec<Warning>,
) -> Option<NamedInterval> {
    let default = intervals.first();
    let asked = intervals.iter().find(|interval| interval.method == method.name());
    if asked.is_none() && method != IntervalMethod::LogitDeLong {
        let instead = default.map_or("none", |interval| &interval.method);
        warnings.push(Warning::new(
            "interval-not-defined",
            format!("{}: the {} interval is not defined here; {instead} is given", marker.column, method.name()),
        ));
    }
    let chosen = asked.or(default)?;
    if chosen.clipped {
        let message = format!("{}: the {} interval passes 0 or 1 and was cut there", marker.column, chosen.method);
        warnings.push(Warning::new("interval-clipped", message));
    }
    Some(chosen.clone())
}

fn cutoffs(data: &Data, curve: &roc::Curve, options: &RocOptions, warnings: &mut Vec<Warning>) -> Vec<Cutoff> {
    let mut cutoffs = Vec::new();
    for &rule in &options.rules {
        let Some(best) = cutoff::best(curve, rule) else {
            let message = format!("{}: no cut-off satisfies the rule {}", data.marker.column, rule.name());
            warnings.push(Warning::new("no-cutoff", message));
            continue;
        };
        if best.tied.len() > 1 {
            let message = format!(
                "{}: {} cut-offs are equally good by the rule {}; one is given, all are listed",
                data.marker.column,
                best.tied.len(),
                rule.name()
            );
            warnings.push(Warning::new("tied-cutoffs", message));
        }
        if best.cutoff.youden_j() <= 0.0 {
            let message = format!("{}, {}: the best cut-off is no better than a coin", data.marker.column, rule.name());
            warnings.push(Warning::new("useless-cutoff", message));
        }
        let moves = data
            .resamples
            .as_ref()
            .and_then(|r| stability(data.values, data.positive, data.direction, rule, options.tie, r).ok());
        let threshold = moves.as_ref().map(|s| s.threshold).or_else(|| options.tie.pick(&best));
        let at = threshold.and_then(|t| cutoff::at(data.values, data.positive, data.direction, t).ok());
        let chosen = Optimum { cutoff: at.unwrap_or_else(|| best.cutoff.clone()), tied: best.tied };
        let moves = moves.map(|s| Stability {
            ci_low: s.interval.low,
            ci_high: s.interval.high,
            youden_apparent: s.apparent,
            youden_optimism: s.optimism,
            n_resamples: s.resamples.len(),
        });
        let between = neighbours(data.values, data.direction, chosen.cutoff.threshold);
        let row = Cutoff { between, ..row(rule.name(), &chosen, moves) };
        cutoffs.push(match &data.clusters {
            Some(cluster) => by_patients(row, data, cluster),
            None => row,
        });
    }
    cutoffs
}

/// The values next to a threshold, one of which is called positive and the other negative.
fn neighbours(values: &[f64], direction: roc::Direction, threshold: f64) -> Option<[f64; 2]> {
    let is_below = |v: f64| match direction {
        roc::Direction::Higher => v < threshold,
        roc::Direction::Lower => v <= threshold,
    };
    let below = values.iter().copied().filter(|v| is_below(*v)).reduce(f64::max)?;
    let above = values.iter().copied().filter(|v| !is_below(*v)).reduce(f64::min)?;
    Some([below, above])
}

/// Intervals by patients in place of those that take rows for patients; exact ones do not exist.
fn by_patients(cutoff: Cutoff, data: &Data, cluster: &[usize]) -> Cutoff {
    let found = intervals(data.values, data.positive, cluster, data.direction, cutoff.threshold, LEVEL).ok();
    let none = [f64::NAN; 2];
    let ends = |of: fn(&CallIntervals) -> Option<Interval>| found.as_ref().and_then(of).map(|i| [i.low, i.high]);
    Cutoff {
        sensitivity_ci: ends(|f| f.sensitivity).unwrap_or(none),
        sensitivity_ci_exact: none,
        specificity_ci: ends(|f| f.specificity).unwrap_or(none),
        specificity_ci_exact: none,
        ppv_ci: ends(|f| f.ppv),
        npv_ci: ends(|f| f.npv),
        likelihood_ratio_positive_ci: ends(|f| f.positive_ratio),
        likelihood_ratio_negative_ci: ends(|f| f.negative_ratio),
        diagnostic_odds_ratio_ci: ends(|f| f.odds),
        ..cutoff
    }
}

fn row(rule: &str, optimum: &Optimum, stability: Option<Stability>) -> Cutoff {
    let c = &optimum.cutoff;
    let wilson = |p: &Proportion| [p.wilson.low, p.wilson.high];
    let exact = |p: &Proportion| [p.exact.low, p.exact.high];
    let ratio = |r: Ratio| r.value.is_finite().then_some(r.value);
    let ends = |r: Ratio| r.interval.map(|i| [i.low, i.high]);
    let (tp, tn) = (c.sensitivity.k, c.specificity.k);
    Cutoff {
        rule: rule.to_owned(),
        threshold: c.threshold,
        between: None,
        tied: optimum.tied.clone(),
        counts: [tp, c.sensitivity.n - tp, tn, c.specificity.n - tn],
        sensitivity: c.sensitivity.estimate,
        sensitivity_ci: wilson(&c.sensitivity),
        sensitivity_ci_exact: exact(&c.sensitivity),
        specificity: c.specificity.estimate,
        specificity_ci: wilson(&c.specificity),
        specificity_ci_exact: exact(&c.specificity),
        ppv: c.ppv.map(|share| share.estimate),
        ppv_ci: c.ppv.as_ref().map(wilson),
        npv: c.npv.map(|share| share.estimate),
        npv_ci: c.npv.as_ref().map(wilson),
        accuracy: c.accuracy.estimate,
        likelihood_ratio_positive: ratio(c.ratios.positive),
        likelihood_ratio_positive_ci: ends(c.ratios.positive),
        likelihood_ratio_negative: ratio(c.ratios.negative),
        likelihood_ratio_negative_ci: ends(c.ratios.negative),
        diagnostic_odds_ratio: ratio(c.ratios.odds),
        diagnostic_odds_ratio_ci: ends(c.ratios.odds),
        stability,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_stands_between_the_values_that_it_parts() {
        use roc::Direction::{Higher, Lower};
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(neighbours(&values, Higher, 2.5), Some([2.0, 3.0]));
        // a threshold that is a value: at or beyond it is positive
        assert_eq!(neighbours(&values, Higher, 3.0), Some([2.0, 3.0]));
        assert_eq!(neighbours(&values, Lower, 2.0), Some([2.0, 3.0]));
        assert_eq!(neighbours(&values, Lower, 4.0), None);
    }
}
