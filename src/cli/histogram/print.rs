//! What `histogram` prints.

use super::HistogramResults;
use super::shape::Shapes;
use crate::cli::args::Format;
use crate::cli::output;
use crate::error::Result;
use crate::region::{Feature, RegionSummary, Statistics};
use crate::units::Unit;

/// Prints all regions, one row each; with IBSI features one row a feature.
pub fn print(results: &HistogramResults, shapes: Option<Shapes>, format: Format) -> Result<()> {
    if format == Format::Json {
        return output::print_json(results);
    }
    let exact = format == Format::Csv;
    if results.regions.iter().any(|region| !region.ibsi.is_empty()) {
        return print_features(results, format);
    }
    let names: &[&str] = match exact {
        true => &Statistics::NAMES,
        false => &["mean", "sd", "median", "p10", "p90", "min", "max"],
    };
    let decimals = results.unit.decimals().max(usize::from(results.unit == Unit::Arbitrary));
    let number = |value: f64, decimals: usize| match (value.is_finite(), exact) {
        (false, true) => String::new(),
        (false, false) => "–".to_owned(),
        (true, true) => value.to_string(),
        (true, false) => format!("{value:.decimals$}"),
    };
    let mut header = vec!["region", "n_voxels", "volume_ml", "unit"];
    header.extend(names);
    let windows: Vec<String> = results.regions.first().map_or_else(Vec::new, |r| {
        r.windows.iter().map(|w| format!("n_{}_{}", bound(w.low, "min"), bound(w.high, "max"))).collect()
    });
    let percentiles: Vec<String> = results
        .regions
        .first()
        .map_or_else(Vec::new, |r| r.percentiles.iter().map(|p| format!("p{}", p.percent)).collect());
    header.extend(percentiles.iter().map(String::as_str));
    header.extend(windows.iter().map(String::as_str));
    if results.compared_with.is_some() {
        header.extend(["mean_difference", "median_difference", "overlap"]);
    }
    // always there for programs; for persons where it says something
    let shows_flags = exact || results.regions.iter().any(|region| !region.qc_flags.is_empty());
    header.extend(shows_flags.then_some("qc_flags"));
    let shapes = shapes.filter(|_| !exact);
    header.extend(shapes.as_ref().map(|_| "shape"));
    let row = |(n, summary): (usize, &RegionSummary)| {
        let statistics = &summary.statistics;
        let mut cells = vec![
            summary.region.clone(),
            statistics.n_voxels.to_string(),
            number(summary.volume_ml, 1),
            summary.unit.to_string(),
        ];
        cells.extend(names.iter().map(|name| number(statistics.get(name).unwrap_or(f64::NAN), decimals)));
        cells.extend(summary.percentiles.iter().map(|percentile| number(percentile.value, decimals)));
        cells.extend(summary.windows.iter().map(|window| window.n_voxels.to_string()));
        if let Some(change) = &summary.compare {
            cells.push(number(change.mean_difference, decimals));
            cells.push(number(change.median_difference, decimals));
            cells.push(number(change.overlap, 3));
        }
        cells.extend(shows_flags.then(|| summary.qc_flags.join(";")));
        cells.extend(shapes.as_ref().map(|shapes| shapes.lines[n].clone()));
        cells
    };
    let rows: Vec<Vec<String>> = results.regions.iter().enumerate().map(row).collect();
    if exact {
        return output::print(&output::csv(&header, &rows));
    }
    let note = shapes.as_ref().map_or(String::new(), |shapes| format!("\n\n{}", shapes.note));
    output::print(&format!("{}{note}", output::aligned(&header, &rows)))
}

/// One row a feature and region.
fn print_features(results: &HistogramResults, format: Format) -> Result<()> {
    let header = ["region", "family", "feature", "code", "value", "pyradiomics", "difference"];
    let row = |summary: &RegionSummary, feature: &Feature| {
        let value = match (feature.value.is_finite(), format) {
            (false, _) => String::new(),
            (true, Format::Csv) => feature.value.to_string(),
            (true, _) => format!("{:.6}", feature.value),
        };
        let mut cells =
            [summary.region.as_str(), feature.family, feature.name, feature.code].map(str::to_owned).to_vec();
        cells.push(value);
        cells.extend([feature.pyradiomics, feature.difference].map(|text| text.unwrap_or_default().to_owned()));
        cells
    };
    let rows: Vec<Vec<String>> =
        results.regions.iter().flat_map(|summary| summary.ibsi.iter().map(|feature| row(summary, feature))).collect();
    output::print_rows(&header, &rows, format)
}

fn bound(value: Option<f64>, otherwise: &str) -> String {
    value.map_or_else(|| otherwise.to_owned(), |value| value.to_string())
}
