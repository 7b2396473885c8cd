//! Comparisons of curves: every two on the same patients, all at once, and of independent groups.

use super::super::super::Frame;
use super::super::super::endpoint::Endpoint;
use super::super::super::marker::Marker;
use super::super::super::results::{CurveComparison, GlobalComparison, RocResults};
use super::estimable;
use super::options::{CurveTest, RocOptions};
use crate::error::{Result, Warning};
use crate::stats::curve_tests::{bootstrap_difference, global, permutation_difference, unpaired, venkatraman};
use crate::stats::{LEVEL, delong, roc};

/// Compares every two curves, and three or more at once; what these data do not give is told.
pub fn compare(
    frame: &Frame,
    endpoint: &Endpoint,
    markers: &[&Marker],
    options: &RocOptions,
    results: &mut RocResults,
) -> Result<()> {
    for (n, a) in markers.iter().enumerate() {
        for b in &markers[n + 1..] {
            for test in &options.tests {
                let both = format!("{} and {}, {}", a.column, b.column, test.name());
                let comparison = paired(frame, endpoint, [a, b], *test, options);
                results.comparisons.extend(estimable(comparison, &both, &mut results.warnings)?);
            }
        }
    }
    if markers.len() > 2 {
        let all = of_all(frame, endpoint, markers);
        results.global = estimable(all, "all curves at once", &mut results.warnings)?;
    }
    if let Some(by) = &options.by {
        for marker in markers {
            let rows = of_groups(frame, endpoint, marker, by, &mut results.warnings)?;
            results.groups.extend(rows);
        }
    }
    Ok(())
}

fn paired(
    frame: &Frame,
    endpoint: &Endpoint,
    [a, b]: [&Marker; 2],
    test: CurveTest,
    options: &RocOptions,
) -> Result<CurveComparison> {
    let columns = [frame.numbers(&a.column)?.to_vec(), frame.numbers(&b.column)?.to_vec()];
    let cases = frame.cases(&columns, &endpoint.positive);
    let y = &cases.positive;
    let clusters = frame.clusters(&cases.rows);
    let x = (cases.columns[0].as_slice(), roc::Direction::from(a.direction));
    let z = (cases.columns[1].as_slice(), roc::Direction::from(b.direction));
    let areas = [super::area(x.0, y, clusters.as_deref(), x.1)?, super::area(z.0, y, clusters.as_deref(), z.1)?];
    let mut row = CurveComparison {
        a: a.column.clone(),
        b: b.column.clone(),
        test: test.name().to_owned(),
        n: y.len(),
        auc_a: Some(areas[0].auc),
        auc_b: Some(areas[1].auc),
        difference: areas[0].auc - areas[1].auc,
        ci_low: None,
        ci_high: None,
        z: None,
        statistic: None,
        df: None,
        p: None,
    };
    let seed = options.resampling.as_ref().map_or(super::super::SEED, |r| r.seed());
    match test {
        CurveTest::DeLong => {
            let found = delong::compare(&areas[0], &areas[1], LEVEL)?;
            row.ci_low = found.interval.map(|interval| interval.low);
            row.ci_high = found.interval.map(|interval| interval.high);
            (row.z, row.p) = (found.z, found.p);
        }
        CurveTest::Bootstrap => {
            let default = super::options::Resampling::Drawn { n: 2000, seed };
            let resamples = options.resampling.as_ref().unwrap_or(&default).of(y, clusters.as_deref())?;
            let found = bootstrap_difference(x, z, y, &resamples, LEVEL)?;
            (row.ci_low, row.ci_high) = (Some(found.interval.low), Some(found.interval.high));
            (row.z, row.p) = (Some(found.difference / found.se), Some(found.p));
        }
        CurveTest::Permutation => {
            row.p = Some(permutation_difference(x, z, y, options.permutations, seed)?.p);
        }
        CurveTest::Venkatraman => {
            let found = venkatraman(x, z, y, options.permutations, seed)?;
            (row.statistic, row.p) = (Some(found.statistic), Some(found.p));
        }
    }
    Ok(row)
}

fn of_all(frame: &Frame, endpoint: &Endpoint, markers: &[&Marker]) -> Result<GlobalComparison> {
    let columns: Vec<Vec<Option<f64>>> =
        markers.iter().map(|m| Ok(frame.numbers(&m.column)?.to_vec())).collect::<Result<_>>()?;
    let cases = frame.cases(&columns, &endpoint.positive);
    let clusters = frame.clusters(&cases.rows);
    let areas = markers
        .iter()
        .zip(&cases.columns)
        .map(|(marker, values)| Ok(super::area(values, &cases.positive, clusters.as_deref(), marker.direction.into())?))
        .collect::<Result<Vec<_>>>()?;
    let test = global(&areas)?;
    Ok(GlobalComparison { n: cases.positive.len(), curves: markers.len(), chi2: test.chi2, df: test.df, p: test.p })
}

/// Areas of a marker in the groups of a column, every two of them compared.
fn of_groups(
    frame: &Frame,
    endpoint: &Endpoint,
    marker: &Marker,
    by: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<CurveComparison>> {
    let levels = frame.texts(by)?;
    let mut names: Vec<&String> = levels.iter().flatten().collect();
    names.sort();
    names.dedup();
    let mut groups = Vec::new();
    for name in names {
        let class = |(positive, level): (&Option<bool>, &Option<String>)| {
            positive.filter(|_| level.as_ref().is_some_and(|level| level == name))
        };
        let within: Vec<Option<bool>> = endpoint.positive.iter().zip(&levels).map(class).collect();
        let cases = frame.cases(&[frame.numbers(&marker.column)?.to_vec()], &within);
        let label = format!("{} ({by} = {name})", marker.column);
        let area = delong::delong(&cases.columns[0], &cases.positive, marker.direction.into());
        if let Some(area) = estimable(area.map_err(Into::into), &label, warnings)? {
            groups.push((label, area, cases.positive.len()));
        }
    }
    let mut rows = Vec::new();
    for (n, (a, area_a, n_a)) in groups.iter().enumerate() {
        for (b, area_b, n_b) in &groups[n + 1..] {
            let test = unpaired((area_a, *n_a), (area_b, *n_b), LEVEL).map_err(Into::into);
            let Some(test) = estimable(test, &format!("{a} and {b}"), warnings)? else { continue };
            rows.push(CurveComparison {
                a: a.clone(),
                b: b.clone(),
                test: "delong-unpaired".to_owned(),
                n: n_a + n_b,
                auc_a: Some(area_a.auc),
                auc_b: Some(area_b.auc),
                difference: test.difference,
                ci_low: Some(test.interval.low),
                ci_high: Some(test.interval.high),
                z: Some(test.statistic),
                statistic: None,
                df: Some(test.df),
                p: Some(test.p),
            });
        }
    }
    Ok(rows)
}
