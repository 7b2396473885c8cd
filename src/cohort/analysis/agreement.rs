//! Agreement of columns that measure one thing: repeats, scanners, readers.

use super::super::results::{AgreementResults, BlandAltman, ConcordanceRow, IccRow, KappaRow, LineRow, MaskRow};
use super::super::{CohortError, Table};
use crate::error::{Result, Warning};
use crate::image::Mask;
use crate::region::overlap;
use crate::stats::concordance::{Weights, concordance, deming, kappa, passing_bablok};
use crate::stats::icc::icc;
use crate::stats::limits::{limits, repeated_limits};
use crate::stats::repeatability::repeatability;
use crate::stats::{Interval, LEVEL, StatsError};

/// Below this p the difference is said to grow with the size.
const PROPORTIONAL: f64 = 0.05;

/// Agreement of number columns; with several rows a subject the limits of the first two are those of repeated pairs.
///
/// # Errors
/// A column that is missing or holds text, more rows a subject than one unless `clustered`.
pub fn of_numbers(table: &Table, columns: &[String], clustered: bool) -> Result<AgreementResults> {
    let subjects = subjects(table, clustered)?;
    let values = columns.iter().map(|c| table.numbers(c)).collect::<std::result::Result<Vec<_>, _>>()?;
    let mut results = AgreementResults { columns: columns.to_vec(), ..AgreementResults::default() };
    let (mut rows, mut who) = (Vec::new(), Vec::new());
    for (n, subject) in subjects.iter().enumerate() {
        match values.iter().map(|column| column[n]).collect::<Option<Vec<f64>>>() {
            Some(row) => {
                rows.push(row);
                who.push(subject.clone());
            }
            None => results.missing.push(subject.clone()),
        }
    }
    results.n = rows.len();
    let column = |c: usize| rows.iter().map(|row| row[c]).collect::<Vec<f64>>();
    let (first, second) = (column(0), column(1));
    let repeats = {
        let mut names = who.clone();
        names.sort();
        names.dedup();
        names.len() < who.len()
    };
    if repeats {
        results.bland_altman = Some(of_repeated(&first, &second, &who)?);
        let note =
            "several rows a subject: limits of repeated pairs alone, since the other figures take rows for patients";
        results.warnings.push(Warning::new("repeated-pairs", note));
        return Ok(results);
    }
    let warnings = &mut results.warnings;
    if let Some(forms) = told(icc(&rows, LEVEL), "intraclass correlation", warnings) {
        results.icc = forms.iter().map(of_form).collect();
    }
    results.bland_altman = told(of_pairs(&first, &second), "limits of agreement", warnings);
    if columns.len() > 2 {
        let pair = format!("limits, concordance and lines are those of {} and {} alone", columns[0], columns[1]);
        warnings.push(Warning::new("first-two-columns", pair));
    }
    let grows = results.bland_altman.as_ref().and_then(|b| b.proportional_p).is_some_and(|p| p < PROPORTIONAL);
    if grows {
        let message =
            "the difference changes with the size of the measurement: read the limits in percent or logarithms";
        warnings.push(Warning::new("proportional-difference", message));
    }
    if let Some(r) = told(repeatability(&rows, LEVEL), "repeatability", warnings) {
        results.wsd = Some(r.wsd);
        results.wsd_ci = Some(ends(r.wsd_interval));
        (results.wcv, results.wcv_log, results.wcv_ratio) = (r.wcv_rms, r.wcv_log, r.wcv_ratio);
        results.rc = Some(r.rc);
        results.rc_ci = Some(ends(r.rc_interval));
        results.rc_pct = r.rc_fraction.map(|fraction| 100.0 * fraction);
        results.rc_pct_asymmetric = r.asymmetric_pct.map(ends);
    }
    if let Some(c) = told(concordance(&first, &second, LEVEL), "concordance", warnings) {
        results.concordance = Some(ConcordanceRow {
            value: c.value,
            ci_low: c.interval.map(|i| i.low),
            ci_high: c.interval.map(|i| i.high),
            precision: c.precision,
            accuracy: c.accuracy,
        });
    }
    let lines = [("deming", deming(&first, &second)), ("passing-bablok", passing_bablok(&first, &second, LEVEL))];
    for (method, line) in lines {
        let Some(line) = told(line, method, warnings) else { continue };
        results.lines.push(LineRow {
            method: method.to_owned(),
            slope: line.slope,
            slope_ci_low: line.slope_interval.and_then(|i| finite(i.low)),
            slope_ci_high: line.slope_interval.and_then(|i| finite(i.high)),
            intercept: line.intercept,
            intercept_ci_low: line.intercept_interval.map(|i| i.low),
            intercept_ci_high: line.intercept_interval.map(|i| i.high),
        });
    }
    // where there is nothing at all the command ends with the reason
    if results.icc.is_empty() && results.bland_altman.is_none() && results.wsd.is_none() {
        limits(&first, &second, LEVEL)?;
    }
    Ok(results)
}

/// Dice, Jaccard and the distances of two masks on one grid.
///
/// # Errors
/// Grids that differ, an empty mask.
pub fn of_masks(a: &Mask, b: &Mask) -> Result<AgreementResults> {
    let files = [a, b].map(|mask| mask.source.file_name().unwrap_or_default().to_string_lossy().into_owned());
    let rounding = a.grid.check_same(&b.grid, ["first mask", "second mask"], [&files[0], &files[1]])?;
    let found = overlap(a, b)?;
    let row = MaskRow {
        files: files.clone(),
        dice: found.dice,
        jaccard: found.jaccard,
        volumes_ml: found.volumes_ml,
        hausdorff_mm: found.hausdorff_mm,
        hausdorff_95_mm: found.hausdorff_95_mm,
        mean_surface_mm: found.mean_surface_mm,
    };
    let warnings = rounding.into_iter().collect();
    Ok(AgreementResults { columns: files.to_vec(), n: 1, masks: Some(row), warnings, ..AgreementResults::default() })
}

/// Kappa of two category columns, whose levels are taken in the given order, else in that of their names.
///
/// # Errors
/// A column that is missing, a level that is not among those given, more rows a subject than one.
pub fn of_categories(table: &Table, pair: &[String; 2], order: &[String]) -> Result<AgreementResults> {
    let subjects = subjects(table, false)?;
    let (a, b) = (table.text(&pair[0])?, table.text(&pair[1])?);
    let mut levels = order.to_vec();
    if levels.is_empty() {
        levels = a.iter().chain(&b).flatten().cloned().collect();
        levels.sort();
        levels.dedup();
    }
    let mut results = AgreementResults { columns: pair.to_vec(), ..AgreementResults::default() };
    let mut counts = vec![vec![0u64; levels.len()]; levels.len()];
    for ((subject, a), b) in subjects.iter().zip(&a).zip(&b) {
        let (Some(a), Some(b)) = (a, b) else {
            results.missing.push(subject.clone());
            continue;
        };
        let place = |level: &String, column: &String| {
            levels.iter().position(|l| l == level).ok_or_else(|| CohortError::Value {
                path: table.source().to_owned(),
                column: column.clone(),
                value: level.clone(),
                who: subject.clone(),
                expected: format!("one of {}", levels.join(", ")),
            })
        };
        counts[place(a, &pair[0])?][place(b, &pair[1])?] += 1;
        results.n += 1;
    }
    if order.is_empty() && levels.len() > 2 {
        let message = format!("weights go by the order {}; give another with --levels", levels.join(" < "));
        results.warnings.push(Warning::new("order-of-levels", message));
    }
    let kinds = [("unweighted", Weights::Unweighted), ("linear", Weights::Linear), ("quadratic", Weights::Quadratic)];
    for (name, weights) in kinds {
        let k = kappa(&counts, weights, LEVEL)?;
        if k.is_clipped {
            let message = format!("kappa, {name}: the interval passes 1 and was cut there");
            results.warnings.push(Warning::new("interval-clipped", message));
        }
        results.kappa.push(KappaRow {
            weights: name.to_owned(),
            value: k.value,
            se: k.se,
            ci_low: k.interval.low,
            ci_high: k.interval.high,
            p: finite(k.p),
            agreement: k.agreement,
        });
    }
    Ok(results)
}

fn subjects(table: &Table, clustered: bool) -> Result<Vec<String>> {
    if !table.has("subject") {
        return Ok((1..=table.n_rows()).map(|n| format!("row {n}")).collect());
    }
    if !clustered {
        table.check_key(&["subject"])?;
    }
    Ok(table.labels("subject")?)
}

fn of_form(form: &crate::stats::icc::Icc) -> IccRow {
    IccRow {
        form: form.form.to_owned(),
        name: form.name.to_owned(),
        value: form.value,
        ci_low: finite(form.interval.low),
        ci_high: finite(form.interval.high),
        f: finite(form.f),
        p: finite(form.p),
    }
}

fn of_pairs(first: &[f64], second: &[f64]) -> std::result::Result<BlandAltman, StatsError> {
    let l = limits(first, second, LEVEL)?;
    Ok(BlandAltman {
        n: l.n,
        bias: l.bias,
        bias_ci: Some(ends(l.bias_interval)),
        sd: l.sd,
        loa_low: l.limits.low,
        loa_high: l.limits.high,
        loa_low_ci: Some(ends(l.lower_exact)),
        loa_high_ci: Some(ends(l.upper_exact)),
        loa_low_ci_1999: Some(ends(l.lower)),
        loa_high_ci_1999: Some(ends(l.upper)),
        proportional_r: l.proportional.map(|(r, _)| r),
        proportional_p: l.proportional.map(|(_, p)| p),
        bias_pct: l.percent.map(|(bias, _)| bias),
        ..points(first, second)
    })
}

fn of_repeated(first: &[f64], second: &[f64], who: &[String]) -> std::result::Result<BlandAltman, StatsError> {
    let mut names: Vec<&String> = who.iter().collect();
    names.sort();
    names.dedup();
    let subject: Vec<usize> = who.iter().map(|s| names.binary_search(&s).unwrap_or_default()).collect();
    let l = repeated_limits(first, second, &subject)?;
    Ok(BlandAltman {
        n: l.pairs,
        bias: l.bias,
        sd: l.sd_between.hypot(l.sd_within),
        loa_low: l.limits.low,
        loa_high: l.limits.high,
        subjects: Some(l.subjects),
        sd_between: Some(l.sd_between),
        sd_within: Some(l.sd_within),
        ..points(first, second)
    })
}

fn points(first: &[f64], second: &[f64]) -> BlandAltman {
    let pairs = || first.iter().zip(second);
    BlandAltman {
        means: pairs().map(|(a, b)| (a + b) / 2.0).collect(),
        differences: pairs().map(|(a, b)| a - b).collect(),
        ..BlandAltman::default()
    }
}

/// The result, or a warning that says why there is none.
fn told<T>(result: std::result::Result<T, StatsError>, what: &str, warnings: &mut Vec<Warning>) -> Option<T> {
    result.map_err(|error| warnings.push(Warning::new("not-estimable", format!("{what}: {error}")))).ok()
}

fn ends(interval: Interval) -> [f64; 2] {
    [interval.low, interval.high]
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}
