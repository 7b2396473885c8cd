//! Proton-density fat fraction of the vertebrae: fitted to the raw echoes where a session has them, else from a map that
//! the scanner states as such. Which one it was stands in the sidecar, and the first is said aloud.
//!
//! Inputs  raw echoes as magnitude and phase, or as real and imaginary part; or a fat-fraction map, its unit from the sidecar (`Units`), percent where
//!         none is stated, and refused where the values contradict it
//! Output  percent, never clipped
//! Limits  of a map, what the scanner's reconstruction corrected for is taken on trust

use super::Role;
use super::raw_echoes::RawEchoes;
use super::registry::{Biomarker, Citation};
use super::session::SessionWork;
use super::sff::{FF_RANGE, fat_number};
use crate::dixon::magnitude_echoes::{self, MagnitudeParams, separate_magnitudes};
use crate::dixon::multi_echo::{self, Echoes, Params, separate};
use crate::dixon::two_echoes::{self, separate_two};
use crate::dixon::{FatModel, FfUnit, scaled_map};
use crate::error::{Result, Warning};
use crate::image::echoes::{EchoOptions, EchoSeries, read_magnitude};
use crate::image::{MapSidecar, Reader, Volume, read_sidecar};
use crate::region::Region;
use crate::units::Unit;
use ndarray::Array3;
use num_complex::Complex32;
use serde_json::json;
use std::sync::Arc;

/// Registry entry.
pub static BIOMARKER: Biomarker = Biomarker {
    name: "pdff",
    title: "Proton-density fat fraction",
    needs: &[Role::Labels],
    one_of: &[
        &[Role::EchoMag, Role::EchoPhase],
        &[Role::EchoReal, Role::EchoImag],
        &[Role::FatFraction],
        &[Role::EchoMag],
    ],
    signature: &[Role::FatFraction, Role::EchoMag, Role::EchoPhase, Role::EchoReal, Role::EchoImag],
    yields: &[
        fat_number("mean", FF_RANGE, "mean of the voxels' proton-density fat fraction"),
        fat_number("median", FF_RANGE, "median of the voxels' proton-density fat fraction"),
        fat_number("sd", [0.0, 40.0], "standard deviation of the voxels' proton-density fat fraction (n - 1)"),
        fat_number("p10", FF_RANGE, "10th percentile of the voxels' proton-density fat fraction"),
        fat_number("p90", FF_RANGE, "90th percentile of the voxels' proton-density fat fraction"),
    ],
    citations: &[Citation {
        text: "Reeder SB, Hu HH, Sirlin CB, J Magn Reson Imaging 2012",
        doi: "10.1002/jmri.23741",
    }],
    doc: include_str!("../docs/pdff.md"),
    measure,
};

fn measure(work: &mut SessionWork) -> Result<()> {
    let has_map = work.inputs.has(Role::FatFraction);
    match RawEchoes::of(work.inputs) {
        // a map that the scanner made from the phase says more than magnitudes without it
        Some(echoes) if echoes.is_complex() || !has_map => from_echoes(work, &echoes),
        _ => from_map(work),
    }
}

/// The scanner's map.
fn from_map(work: &mut SessionWork) -> Result<()> {
    let stored = work.volume(Role::FatFraction)?;
    let stated = read_sidecar(&stored.source)?.and_then(|sidecar| sidecar.units);
    let unit = match stated.as_deref() {
        Some("%" | "percent") => FfUnit::Percent,
        Some("1" | "fraction") => FfUnit::Fraction,
        Some("permille") => FfUnit::Permille,
        other => {
            let said = other.map_or("no unit".to_owned(), |unit| format!("the unit `{unit}`"));
            let message = format!("the fat-fraction map states {said}: it is read as percent, which its values allow");
            work.warn([Warning::new("ff-unit-assumed", message)]);
            FfUnit::Percent
        }
    };
    let map = Arc::new(Volume::new(stored.grid.clone(), scaled_map(stored.data.view(), unit)?));
    let regions = work.dixon_regions(&map.grid, Role::FatFraction)?;
    work.region_rows(&map.data, &regions, |_, _| Vec::new());
    let parameters = json!({ "form": "map" });
    let sources = [&stored.source];
    let method = "fat-fraction map of the scanner, stated as proton density";
    work.keep_scalar("PDFF", &map, MapSidecar::new("pdff", Unit::Percent.ascii(), method, parameters, sources));
    work.fat_fraction = Some(map);
    Ok(())
}

/// A fit to the raw echoes.
fn from_echoes(work: &mut SessionWork, echoes: &RawEchoes) -> Result<()> {
    let (options, reader) = (EchoOptions::default(), Reader::default());
    let fat_model = work.params.fat_model.clone();
    let (facts, fitted) = match echoes.is_complex() {
        true => {
            let series = echoes.read(&options, &reader)?;
            let fitted = fit(&series, &fat_model)?;
            (series.without_values(), fitted)
        }
        false => {
            let series = read_magnitude(&echoes.first, &options, &reader)?;
            let fitted = fit_magnitudes(&series, &fat_model)?;
            (series.without_values(), fitted)
        }
    };
    let (n, model) = (facts.echo_times_ms.len(), &fat_model.name);
    let parts = match (echoes.is_complex(), echoes.role) {
        (false, _) => "their magnitudes alone, since there is no phase",
        (true, Role::EchoReal) => "their real and imaginary parts",
        (true, _) => "magnitude and phase",
    };
    let message = format!("PDFF is fitted to {n} raw echoes with the fat model {model}, by {parts}");
    work.warn([Warning::new("pdff-from-echoes", message)]);
    work.warn(facts.warnings);
    work.warn(fitted.warnings);
    let map = Arc::new(Volume::new(facts.grid.clone(), fitted.pdff));
    let regions = work.dixon_regions(&map.grid, echoes.role)?;
    let swapped: Vec<String> = regions
        .iter()
        .filter(|region| share(region, &fitted.swap) > SWAPPED_SHARE)
        .map(|region| region.name.clone())
        .collect();
    work.region_rows(&map.data, &regions, |region, _| match swapped.contains(&region.name) {
        true => vec!["swap-suspected".to_owned()],
        false => Vec::new(),
    });
    let parameters = json!({
        "form": fitted.form,
        "fat_model": fat_model,
        "echo_times_ms": facts.echo_times_ms,
        "field_t": facts.field_t,
        "phase": facts.phase,
        "found": fitted.found,
    });
    let sidecar = |measure: &str, unit: Unit| {
        MapSidecar::new(measure, unit.ascii(), fitted.method, parameters.clone(), echoes.files())
    };
    work.keep_scalar("PDFF", &map, sidecar("pdff", Unit::Percent));
    for (name, unit, data) in fitted.others {
        work.keep_scalar(name, &Arc::new(Volume::new(facts.grid.clone(), data)), sidecar(name, unit));
    }
    work.fat_fraction = Some(map);
    Ok(())
}

/// What a fit to echoes yields here, whatever their number.
struct Fitted {
    form: &'static str,
    method: &'static str,
    pdff: Array3<f32>,
    swap: Array3<bool>,
    others: Vec<(&'static str, Unit, Array3<f32>)>,
    found: serde_json::Value,
    warnings: Vec<Warning>,
}

/// Magnitudes alone.
fn fit_magnitudes(series: &EchoSeries<f32>, fat_model: &FatModel) -> Result<Fitted> {
    let params = MagnitudeParams { fat_model: fat_model.clone(), ..MagnitudeParams::default() };
    let fitted = separate_magnitudes(&Echoes::of(series, None), &params)?;
    Ok(Fitted {
        form: "magnitude-multi-echo",
        method: magnitude_echoes::METHOD,
        pdff: fitted.pdff,
        swap: fitted.swap,
        others: vec![("PDFFsd", Unit::Percent, fitted.pdff_sd), ("R2star", Unit::PerSecond, fitted.r2star)],
        found: json!(fitted.found),
        warnings: fitted.warnings,
    })
}

/// Complex echoes.
fn fit(series: &EchoSeries<Complex32>, fat_model: &FatModel) -> Result<Fitted> {
    let echoes = &Echoes::of(series, None);
    let params = &Params { fat_model: fat_model.clone(), ..Params::default() };
    if echoes.echo_times_ms.len() == 2 {
        let two = separate_two(echoes, params)?;
        return Ok(Fitted {
            form: "two-echo",
            method: two_echoes::METHOD,
            pdff: two.pdff,
            swap: two.swap,
            others: vec![("PDFFsd", Unit::Percent, two.pdff_sd), ("B0", Unit::Hertz, two.field)],
            found: json!(two.found),
            warnings: two.warnings,
        });
    }
    let many = separate(echoes, params)?;
    Ok(Fitted {
        form: "multi-echo",
        method: multi_echo::METHOD,
        pdff: many.pdff,
        swap: many.swap,
        others: vec![
            ("PDFFsd", Unit::Percent, many.pdff_sd),
            ("R2star", Unit::PerSecond, many.r2star),
            ("B0", Unit::Hertz, many.field),
        ],
        found: json!(many.found),
        warnings: many.warnings,
    })
}

/// From this share of suspected swaps on, a region's row carries a flag.
const SWAPPED_SHARE: f64 = 0.05;

/// Share of a region's voxels that are set.
fn share(region: &Region, set: &Array3<bool>) -> f64 {
    let set = set.as_slice_memory_order().unwrap_or_default();
    let n = region.voxels.iter().filter(|&&voxel| set.get(voxel as usize) == Some(&true)).count();
    n as f64 / region.voxels.len().max(1) as f64
}
