//! `myelomri compose`: stations of a whole-body examination in one series.

use super::args::{Format, FormatArgs, OutArgs};
use super::dwi_input::{self, BValues, DwiFile};
use super::normalise_args::NormaliseArgs;
use super::qc::QcArgs;
use super::region_input::file_name;
use super::station_visits::{check_one_visit, place_warnings};
use super::{CliError, Context, output};
use crate::diffusion::normalise::Normalisation;
use crate::diffusion::{
    AdcParams, Harmonise, Mismatch, Overlap, Plan, adc, b_table, compose, compose_into, harmonise, mismatches, plan,
};
use crate::error::{Failure, Result, Warning};
use crate::image::gradients::format_bval;
use crate::image::{Grid, MapSidecar, Series, Stored, Volume, write_series, write_text_atomically, write_volume};
use crate::report::SessionPicture;
use crate::units::Unit;
use clap::{Args, ValueEnum};
use ndarray::{Array3, Array4, ArrayView3, ArrayView4, Axis, ShapeBuilder};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `compose`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Writes PREFIX_dwi.nii.gz, PREFIX_dwi.bval and PREFIX_dwi.json (gains, overlaps). The grid has the axes \
        and the lattice of the most superior station and the extent of all; overlaps are feathered linearly; voxels that no \
        station covers are NaN. Stations of 16-bit integers that cover the whole grid give 16-bit integers with a slope, others \
        32-bit floats.\n\nExample:\n  myelomri compose chunk-*_dwi.nii.gz --harmonise overlap -o out/sub-01"
)]
pub struct ComposeArgs {
    /// Series of one station each, in any order, with equal b-values; `FILE:B` gives the b-value of a file (s/mm2)
    #[arg(value_name = "STATION", required = true)]
    stations: Vec<DwiFile>,
    /// b-value of each volume of every station, s/mm2, e.g. 50,400,900; `-` for a volume to leave out [default: the .bval,
    /// then the sidecar beside each file]
    #[arg(long, value_name = "B,B,...", allow_hyphen_values = true)]
    b_values: Option<BValues>,
    /// Intensity: none leaves signals as they are; overlap gives each station one gain from the tissue it shares with its
    /// neighbour, all b-values together
    #[arg(long, value_name = "HOW", default_value = "none")]
    harmonise: HarmoniseChoice,
    /// Resample stations that lie more than 0.05 voxel off the lattice of the most superior one (trilinear)
    #[arg(long)]
    interpolate: bool,
    /// Also fit ADC in each station and compose it: PREFIX_ADC.nii.gz (um2/s, NaN where excluded)
    #[arg(long)]
    adc: bool,
    #[command(flatten)]
    normalise: NormaliseArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    qc: QcArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// `--harmonise`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum HarmoniseChoice {
    /// Leave signals as they are
    None,
    /// One gain a station from the overlaps
    Overlap,
}

impl From<HarmoniseChoice> for Harmonise {
    fn from(choice: HarmoniseChoice) -> Self {
        match choice {
            HarmoniseChoice::None => Harmonise::None,
            HarmoniseChoice::Overlap => Harmonise::Overlap,
        }
    }
}

/// What `compose` prints and writes into the sidecar.
#[derive(Debug, Serialize)]
struct ComposeResults {
    harmonise: Harmonise,
    interpolated: bool,
    dims: [usize; 3],
    b_values: Vec<f64>,
    /// Superior first.
    stations: Vec<StationRow>,
    overlaps: Vec<Overlap>,
    mismatches: Vec<Mismatch>,
    /// Axis of the grid along which the stations follow each other.
    slice_axis: usize,
    /// What brought the signals to those of the other visit; none where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    normalisation: Option<Normalisation>,
}

/// One station of the composed series.
#[derive(Debug, Serialize)]
struct StationRow {
    station: usize,
    file: String,
    first_slice: f64,
    last_slice: f64,
    gain: f64,
    off_lattice_voxels: f64,
}

/// Runs `compose`.
pub fn run(args: ComposeArgs, context: &Context) -> Result<()> {
    let ComposeArgs { stations: files, b_values, harmonise, interpolate, adc, normalise, out, qc, format } = args;
    out.required()?;
    normalise.check()?;
    out.check_absent(&["_dwi.nii.gz", "_dwi.bval", "_dwi.json"])?;
    if adc {
        out.check_absent(&["_ADC.nii.gz", "_ADC.json"])?;
    }
    let qc = qc.picture(&out, &files[0].path, "compose")?;
    let stations: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    let grids: Vec<Grid> =
        stations.iter().map(|path| context.reader.grid(path)).collect::<std::result::Result<_, _>>()?;
    let plan = plan(&grids, interpolate)?;
    let mut warnings: Vec<Warning> = Vec::new();
    check_one_visit(&stations, &mut warnings)?;
    let (series, b) = read_stations(&files, b_values.as_ref(), context, &mut warnings)?;

    let views: Vec<ArrayView4<'_, f32>> = series.iter().map(|one| one.data.view()).collect();
    let overlaps = harmonise::overlaps(&plan, &views);
    let gains = harmonise::gains(&plan, &overlaps, harmonise.into())?;
    let maps = station_adc(&views, &b, adc, &mut warnings)?;
    let adc_views: Vec<ArrayView3<'_, f32>> = maps.iter().map(|map| map.view()).collect();
    let lowest = (0..b.len()).min_by(|&x, &y| b[x].total_cmp(&b[y])).unwrap_or(0);
    let outlines: Vec<ArrayView3<'_, f32>> = views.iter().map(|view| view.index_axis(Axis(3), lowest)).collect();
    let mismatches = mismatches(&plan, &outlines, &adc_views);
    warnings.extend(mismatches.iter().filter_map(shift_warning));
    warnings.extend(place_warnings(&plan));
    let [nx, ny, nz] = plan.grid.dims;
    let mut composed = Array4::zeros((nx, ny, nz, b.len()).f());
    for (volume, target) in composed.axis_iter_mut(Axis(3)).enumerate() {
        let sources: Vec<ArrayView3<'_, f32>> = views.iter().map(|view| view.index_axis(Axis(3), volume)).collect();
        compose_into(&plan, &sources, &gains, target);
    }

    let normalisation = normalise.apply(&mut composed, (&plan.grid, &b), context, &mut warnings)?;
    let mut results = describe(&plan, &stations, &gains, overlaps, mismatches, harmonise.into(), &b);
    results.normalisation = normalisation;
    let sources: Vec<PathBuf> = stations.iter().cloned().chain(normalise.sources()).collect();
    if let Some(image) = out.path("_dwi.nii.gz") {
        let stored = stored_as(&composed, &stations, context)?;
        write_series(&image, &plan.grid, composed.view(), stored, out.overwrite())?;
        let method = "stations on the lattice of the most superior one, overlaps feathered linearly";
        let sidecar = MapSidecar::new("DWI", Unit::Arbitrary.ascii(), method, json!(results), &sources);
        sidecar.with_warnings(&warnings).write_beside(&image, out.overwrite())?;
    }
    let composed_adc = adc.then(|| compose(&plan, &adc_views, &vec![1.0; maps.len()]));
    if let Some(picture) = qc {
        let highest = (0..b.len()).max_by(|&x, &y| b[x].total_cmp(&b[y])).unwrap_or(0);
        let high_b = Volume::new(plan.grid.clone(), composed.index_axis(Axis(3), highest).to_owned());
        let adc = composed_adc.as_ref().map(|map| Volume::new(plan.grid.clone(), map.clone()));
        picture.write(SessionPicture {
            warnings: &warnings,
            high_b: Some(&high_b),
            b_value: b.get(highest).copied().unwrap_or_default(),
            adc: adc.as_ref(),
            ..SessionPicture::default()
        })?;
    }
    if let (Some(composed), Some(path)) = (composed_adc, out.path("_ADC.nii.gz")) {
        write_volume(&path, &plan.grid, composed.view(), Stored::F32, out.overwrite())?;
        let method =
            "log-linear least squares in each station, then composed with linear feathering; excluded voxels NaN";
        let sidecar = MapSidecar::new("ADC", Unit::Um2PerS.ascii(), method, json!(results), &stations);
        sidecar.with_warnings(&warnings).write_beside(&path, out.overwrite())?;
    }
    if let Some(bval) = out.path("_dwi.bval") {
        write_text_atomically(&bval, &format_bval(&b), out.overwrite())?;
    }
    context.warn(&warnings);
    print(&results, format.format)
}

/// 16-bit steps of a 30000th of the largest value where all stations are integers too and cover the whole grid, else f32.
///
/// A gain makes of integers floats that are as noisy as they were, but pack to twice the size.
fn stored_as(composed: &Array4<f32>, stations: &[PathBuf], context: &Context) -> Result<Stored> {
    for path in stations {
        if !context.reader.holds_short_integers(path)? {
            return Ok(Stored::F32);
        }
    }
    let values = composed.as_slice_memory_order().unwrap_or_default();
    let largest = |part: &[f32]| part.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    let most = values.par_chunks(1 << 16).map(largest).reduce(|| 0.0, f32::max);
    let all_covered = values.par_chunks(1 << 16).all(|part| part.iter().all(|value| value.is_finite()));
    let slope = f64::from(most) / 30_000.0;
    Ok(if all_covered && slope > 0.0 { Stored::I16 { slope } } else { Stored::F32 })
}

/// Reads all stations, several at a time, and proves that their b-values agree.
fn read_stations(
    files: &[DwiFile],
    b_values: Option<&BValues>,
    context: &Context,
    warnings: &mut Vec<Warning>,
) -> Result<(Vec<Series>, Vec<f64>)> {
    let read = |file: &DwiFile| -> Result<(Series, Vec<f64>, Vec<Warning>)> {
        let mut warnings = Vec::new();
        let (series, b) = dwi_input::read(std::slice::from_ref(file), b_values, context, &mut warnings)?;
        let (series, b) = without_left_out(series, b)?;
        Ok((series, b, warnings))
    };
    let stations: Vec<_> = files.par_iter().map(read).collect();
    let mut all = Vec::new();
    let mut common: Option<Vec<f64>> = None;
    for (station, file) in stations.into_iter().zip(files) {
        let (series, b, of_station) = station?;
        warnings.extend(of_station);
        match &common {
            Some(first) if first.len() != b.len() || !first.iter().zip(&b).all(|(x, y)| b_table::same_b(*x, *y)) => {
                return Err(CliError::mismatch(
                    "b-values-differ",
                    format!(
                        "the stations have different b-values: {} has {}, {} has {}",
                        file_name(&files[0].path),
                        b_table::list(first),
                        file_name(&file.path),
                        b_table::list(&b)
                    ),
                    "compose stations of one protocol, with their volumes in one order",
                )
                .into());
            }
            Some(_) => {}
            None => common = Some(b),
        }
        all.push(series);
    }
    Ok((all, common.unwrap_or_default()))
}

/// The volumes that have a b-value.
fn without_left_out(series: Series, b: Vec<f64>) -> Result<(Series, Vec<f64>)> {
    let kept: Vec<usize> = (0..b.len()).filter(|&volume| !b[volume].is_nan()).collect();
    if kept.is_empty() {
        return Err(CliError::usage("--b-values leaves no volume", "give a b-value instead of -").into());
    }
    if kept.len() == b.len() {
        return Ok((series, b));
    }
    let [nx, ny, nz] = series.grid.dims;
    let mut data = Array4::zeros((nx, ny, nz, kept.len()).f());
    for (mut target, &volume) in data.axis_iter_mut(Axis(3)).zip(&kept) {
        target.assign(&series.data.index_axis(Axis(3), volume));
    }
    let b = kept.iter().map(|&volume| b[volume]).collect();
    Ok((Series { data, ..series }, b))
}

/// ADC of each station, where their b-values allow a fit: always when it is wanted, else for the report.
fn station_adc(
    views: &[ArrayView4<'_, f32>],
    b: &[f64],
    wanted: bool,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Array3<f32>>> {
    if !wanted && b_table::distinct(b).len() < 2 {
        return Ok(Vec::new());
    }
    let mut maps = Vec::new();
    for view in views {
        let fitted = match adc::fit(*view, b, &AdcParams::default()) {
            Ok(fitted) => fitted,
            Err(problem) if !wanted => {
                let message = format!("ADC is not compared between the stations: {problem}");
                warnings.push(Warning::new(problem.slug(), message));
                return Ok(Vec::new());
            }
            Err(problem) => return Err(problem.into()),
        };
        warnings.extend(fitted.warnings.into_iter().filter(|warning| !warnings.contains(warning)).collect::<Vec<_>>());
        maps.push(fitted.adc);
    }
    Ok(maps)
}

/// Outlines that are shifted by more than this against each other are worth a look, mm.
const WORTH_A_LOOK_MM: f64 = 4.0;

fn shift_warning(mismatch: &Mismatch) -> Option<Warning> {
    let most = mismatch.outline_shift_mm.iter().fold(0.0_f64, |most, shift| most.max(shift.abs()));
    let [a, b] = mismatch.stations;
    let message =
        format!("the outlines of the body in stations {a} and {b} are shifted by {most:.1} mm against each other");
    (most > WORTH_A_LOOK_MM).then(|| Warning::new("station-shift", message))
}

fn describe(
    plan: &Plan,
    files: &[PathBuf],
    gains: &[f64],
    overlaps: Vec<Overlap>,
    mismatches: Vec<Mismatch>,
    harmonise: Harmonise,
    b: &[f64],
) -> ComposeResults {
    let rows = plan.placements.iter().map(|placement| StationRow {
        station: placement.station + 1,
        file: file_name(&files[placement.station]),
        first_slice: placement.extent[0],
        last_slice: placement.extent[1],
        gain: gains[placement.station],
        off_lattice_voxels: placement.off_lattice,
    });
    ComposeResults {
        harmonise,
        interpolated: plan.interpolates(),
        dims: plan.grid.dims,
        b_values: b.to_vec(),
        stations: rows.collect(),
        overlaps,
        mismatches,
        slice_axis: plan.slice_axis,
        normalisation: None,
    }
}

fn print(results: &ComposeResults, format: Format) -> Result<()> {
    let station_header = ["station", "file", "first_slice", "last_slice", "gain", "off_lattice_voxels"];
    let rows: Vec<Vec<String>> = results
        .stations
        .iter()
        .map(|row| {
            vec![
                row.station.to_string(),
                row.file.clone(),
                row.first_slice.to_string(),
                row.last_slice.to_string(),
                format!("{:.4}", row.gain),
                format!("{:.3}", row.off_lattice_voxels),
            ]
        })
        .collect();
    match format {
        Format::Json => output::print_json(results),
        Format::Csv => output::print_rows(&station_header, &rows, format),
        Format::Table => {
            let shown = |value: Option<f64>| value.map(|v| format!("{v:.1}")).unwrap_or_default();
            let header = ["overlap", "adc_difference", "adc_absolute_difference", "outline_shift_mm", "outline_dice"];
            let of = |mismatch: &Mismatch| {
                let [i, j, k] = mismatch.outline_shift_mm;
                vec![
                    format!("{}/{}", mismatch.stations[0], mismatch.stations[1]),
                    shown(mismatch.adc_difference_um2_s),
                    shown(mismatch.adc_absolute_difference_um2_s),
                    format!("{i:.1} {j:.1} {k:.1}"),
                    format!("{:.3}", mismatch.outline_dice),
                ]
            };
            let overlaps: Vec<Vec<String>> = results.mismatches.iter().map(of).collect();
            let mut text = output::aligned(&station_header, &rows);
            if !overlaps.is_empty() {
                text.push_str(&format!("\n\n{}", output::aligned(&header, &overlaps)));
            }
            if let Some(found) = &results.normalisation {
                let of_b = found.of_b.iter().map(|one| vec![one.b.to_string(), format!("{:.4}", one.gain)]);
                let all = vec!["all".to_owned(), format!("{:.4}", found.gain)];
                let rows: Vec<Vec<String>> = of_b.chain([all]).collect();
                text.push_str(&format!("\n\n{}", output::aligned(&["normalised_by_b", "gain"], &rows)));
            }
            output::print(&text)
        }
    }
}
