//! `ff` from raw echoes: the kernel that their form asks for, its maps side by side, what was found and withheld.

use super::args::{Format, OutArgs, RegionArgs};
use super::dwi_input::check_same_grid;
use super::echo_args::{EchoArgs, RawEchoes};
use super::qc::{QcArgs, QcPicture, fact, outlines};
use super::region_rows::{self, RegionRow};
use super::t1_args::{T1Args, T1Weighting};
use super::{Context, output};
use crate::dixon::FatModel;
use crate::dixon::magnitude_echoes::{self, MagnitudeParams, separate_magnitudes};
use crate::dixon::multi_echo::{Echoes, METHOD, Params, separate};
use crate::dixon::two_echoes::{self, separate_two};
use crate::error::{Result, Warning};
use crate::image::echoes::EchoSeries;
use crate::image::{MapSidecar, Mask, Stored, Volume, write_mask, write_volume};
use crate::region::Statistics;
use crate::report::SessionPicture;
use crate::units::Unit;
use ndarray::Array3;
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::Path;

/// The maps of one form, and what was found on the way.
pub struct EchoMaps {
    /// How the form is called in the results.
    pub form: &'static str,
    /// Method in words, with its citation.
    pub method: &'static str,
    /// Suffix, unit and values of each map; the fat fraction first.
    pub maps: Vec<(&'static str, Unit, Array3<f32>)>,
    /// Suspected swaps of water and fat.
    pub swap: Option<Array3<bool>>,
    /// What was found of the acquisition.
    pub found: Value,
    /// Voxels that could be fitted, withheld ones included.
    pub n_fitted: usize,
    /// What must be said.
    pub warnings: Vec<Warning>,
}

/// What is printed.
#[derive(Debug, Serialize)]
struct EchoResults {
    form: &'static str,
    measure: &'static str,
    fat_model: FatModel,
    echo_times_ms: Vec<f64>,
    field_t: f64,
    n_voxels: usize,
    n_withheld: usize,
    n_not_a_number: usize,
    found: Value,
    /// T1 weighting, where the excitation is known.
    t1: Option<T1Weighting>,
    regions: Vec<RegionRow>,
}

/// Every suffix that a form from echoes may write.
const SUFFIXES: [&str; 9] = ["_PDFF", "_PDFFt1", "_PDFFsd", "_R2star", "_B0", "_water", "_fat", "_residual", "_swap"];

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The echoes.
    pub echoes: &'a EchoArgs,
    /// Their excitation.
    pub t1: &'a T1Args,
    /// Where to measure.
    pub regions: &'a RegionArgs,
    /// Where to write.
    pub out: &'a OutArgs,
    /// Where the quality picture goes.
    pub qc: &'a QcArgs,
    /// How to print.
    pub format: Format,
}

/// Runs `ff` from raw echoes.
pub fn run(request: &Request<'_>, context: &Context) -> Result<()> {
    request.out.check_maps_absent(&SUFFIXES)?;
    let args = request.echoes;
    let image = args.sources().first().copied().unwrap_or(Path::new("echoes"));
    let picture = request.qc.picture(request.out, image, "ff")?;
    let fat_model = args.fat_model()?;
    let mask = args.mask.as_deref().map(|path| context.reader.mask(path)).transpose()?;
    // the echoes are the largest thing in memory: they go before the maps are written
    let (maps, facts) = match args.read(context)? {
        RawEchoes::Complex(mut series) => {
            check_mask(&mut series, mask.as_ref())?;
            (complex(&Echoes::of(&series, mask.as_ref()), args, &fat_model)?, series.without_values())
        }
        RawEchoes::Magnitude(mut series) => {
            check_mask(&mut series, mask.as_ref())?;
            (magnitude(&Echoes::of(&series, mask.as_ref()), args, &fat_model)?, series.without_values())
        }
    };
    finish(maps, facts, fat_model, request, picture, context)
}

/// Proof that the mask lies on the grid of the echoes.
fn check_mask<T>(series: &mut EchoSeries<T>, mask: Option<&Mask>) -> Result<()> {
    let EchoSeries { grid, source, warnings, .. } = series;
    match mask {
        Some(mask) => check_same_grid((grid, source, "echoes"), (&mask.grid, &mask.source, "mask"), warnings),
        None => Ok(()),
    }
}

/// Two complex echoes or more.
fn complex(echoes: &Echoes<'_>, args: &EchoArgs, fat_model: &FatModel) -> Result<EchoMaps> {
    let params = Params {
        fat_model: fat_model.clone(),
        precession: args.precession(),
        bipolar: args.bipolar(),
        withhold: args.withhold(),
        r2star: args.r2star,
    };
    if echoes.echo_times_ms.len() == 2 {
        return two_complex(echoes, &params);
    }
    let separation = separate(echoes, &params)?;
    let n_fitted = separation.found.counts.n_fitted;
    let mut maps = vec![
        ("_PDFF", Unit::Percent, separation.pdff),
        ("_PDFFsd", Unit::Percent, separation.pdff_sd),
        ("_R2star", Unit::PerSecond, separation.r2star),
        ("_B0", Unit::Hertz, separation.field),
        ("_water", Unit::Arbitrary, separation.water),
        ("_fat", Unit::Arbitrary, separation.fat),
    ];
    maps.extend(separation.residual.map(|residual| ("_residual", Unit::Fraction, residual)));
    Ok(EchoMaps {
        form: "multi-echo",
        method: METHOD,
        maps,
        swap: Some(separation.swap),
        found: json!(separation.found),
        n_fitted,
        warnings: separation.warnings,
    })
}

/// Two complex echoes.
fn two_complex(echoes: &Echoes<'_>, params: &Params) -> Result<EchoMaps> {
    let separation = separate_two(echoes, params)?;
    Ok(EchoMaps {
        form: "two-echo",
        method: two_echoes::METHOD,
        maps: vec![
            ("_PDFF", Unit::Percent, separation.pdff),
            ("_PDFFsd", Unit::Percent, separation.pdff_sd),
            ("_B0", Unit::Hertz, separation.field),
            ("_water", Unit::Arbitrary, separation.water),
            ("_fat", Unit::Arbitrary, separation.fat),
        ],
        swap: Some(separation.swap),
        n_fitted: separation.found.counts.n_fitted,
        found: json!(separation.found),
        warnings: separation.warnings,
    })
}

/// Magnitudes alone.
fn magnitude(echoes: &Echoes<'_, f32>, args: &EchoArgs, fat_model: &FatModel) -> Result<EchoMaps> {
    let params = MagnitudeParams { fat_model: fat_model.clone(), withhold: args.withhold(), r2star: args.r2star };
    let separation = separate_magnitudes(echoes, &params)?;
    Ok(EchoMaps {
        form: "magnitude-multi-echo",
        method: magnitude_echoes::METHOD,
        maps: vec![
            ("_PDFF", Unit::Percent, separation.pdff),
            ("_PDFFsd", Unit::Percent, separation.pdff_sd),
            ("_R2star", Unit::PerSecond, separation.r2star),
            ("_water", Unit::Arbitrary, separation.water),
            ("_fat", Unit::Arbitrary, separation.fat),
            ("_residual", Unit::Fraction, separation.residual),
        ],
        swap: Some(separation.swap),
        n_fitted: separation.found.counts.n_fitted,
        found: json!(separation.found),
        warnings: separation.warnings,
    })
}

/// Measures the regions, writes the maps side by side, prints.
fn finish(
    echo_maps: EchoMaps,
    facts: EchoSeries<()>,
    fat_model: FatModel,
    request: &Request<'_>,
    picture: Option<QcPicture>,
    context: &Context,
) -> Result<()> {
    let Request { echoes: args, t1, regions, out, qc: _, format } = *request;
    let EchoMaps { form, method, mut maps, swap, found, n_fitted, warnings: of_fit } = echo_maps;
    let EchoSeries { grid, data: _, echo_times_ms, field_t, n_not_a_number, phase, excitation, source, mut warnings } =
        facts;
    warnings.extend(of_fit);
    let weighting = t1.weighting(excitation, Some(field_t))?;
    warnings.extend(weighting.as_ref().and_then(T1Weighting::warning));
    let pdff = &maps[0].2;
    let places = region_rows::read(regions, &grid, &source, context, &mut warnings)?;
    let mut rows = region_rows::measure(&places, pdff.view(), &grid, Unit::Percent);
    let n_voxels = pdff.iter().filter(|value| value.is_finite()).count();
    if let Some(corrected) = weighting.as_ref().and_then(|weighting| weighting.corrected(pdff)) {
        region_rows::add_mean(&mut rows, &places, corrected.view(), "mean_t1_corrected");
        maps.push(("_PDFFt1", Unit::Percent, corrected));
    }
    for (row, place) in
        rows.iter_mut().zip(places.iter()).filter(|(row, place)| !row.statistics.stands_for(place.voxels.len()))
    {
        let (n, of) = (row.statistics.n_voxels, place.voxels.len());
        let message =
            format!("{}: {n} of {of} voxels have a fat fraction, which do not stand for the region", row.region);
        warnings.push(Warning::new("mostly-withheld", message));
        row.statistics = Statistics { n_voxels: n, ..Statistics::of(&[]) };
        row.extra.values_mut().for_each(|value| *value = Value::Null);
    }
    let parameters = json!({
        "form": form,
        "fat_model": fat_model,
        "echo_times_ms": echo_times_ms,
        "field_t": field_t,
        "phase": phase,
        "r2star_given": args.r2star,
        "withhold": args.withhold(),
        "found": found,
        "t1": weighting,
    });
    if out.out.is_some() {
        let sidecar = |suffix: &str, unit: &str| {
            MapSidecar::new(&suffix[1..], unit, method, parameters.clone(), args.sources()).with_warnings(&warnings)
        };
        maps.par_iter().try_for_each(|(suffix, unit, map)| -> Result<()> {
            let Some(path) = out.path(&format!("{suffix}.nii.gz")) else { return Ok(()) };
            write_volume(&path, &grid, map.view(), Stored::F32, out.overwrite())?;
            Ok(sidecar(suffix, unit.ascii()).write_beside(&path, out.overwrite())?)
        })?;
        if let (Some(swap), Some(path)) = (swap, out.path("_swap.nii.gz")) {
            write_mask(&path, &Mask::new(grid.clone(), swap), out.overwrite())?;
            sidecar("_swap", "1 = water and fat may be exchanged").write_beside(&path, out.overwrite())?;
        }
    }
    if let Some(picture) = picture {
        let mut map = |name: &str| {
            let at = maps.iter().position(|(suffix, ..)| *suffix == name)?;
            Some(Volume::new(grid.clone(), maps.swap_remove(at).2))
        };
        let (pdff, water, fat) = (map("_PDFF"), map("_water"), map("_fat"));
        picture.write(SessionPicture {
            facts: &fact("pdff", &rows),
            warnings: &warnings,
            water: water.as_ref(),
            fat: fat.as_ref(),
            fat_fraction: pdff.as_ref(),
            fat_fraction_name: "PDFF",
            dixon_regions: &outlines(&places),
            ..SessionPicture::default()
        })?;
    }
    context.warn(&warnings);
    let results = EchoResults {
        form,
        measure: "pdff",
        fat_model,
        echo_times_ms,
        field_t,
        n_voxels,
        n_withheld: n_fitted.saturating_sub(n_voxels),
        n_not_a_number,
        found,
        t1: weighting,
        regions: rows,
    };
    match format {
        Format::Json => output::print_json(&results),
        _ if results.regions.is_empty() => {
            let header = ["form", "measure", "fat_model", "n_voxels", "n_withheld"];
            let counts = [results.n_voxels, results.n_withheld].map(|n| n.to_string());
            let mut row = vec![form.to_owned(), results.measure.to_owned(), results.fat_model.name.clone()];
            row.extend(counts);
            output::print_rows(&header, &[row], format)
        }
        _ => region_rows::print(&results.regions, format),
    }
}
