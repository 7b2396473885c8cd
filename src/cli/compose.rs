//! `myelomri compose`: stations of a whole-body examination in one series.

use super::args::{Format, FormatArgs, OutArgs};
use super::dwi_input::{self, DwiFile};
use super::region_input::file_name;
use super::{CliError, Context, output};
use crate::diffusion::{Harmonise, Overlap, Plan, b_table, compose, harmonise, plan};
use crate::error::{Result, Warning};
use crate::image::gradients::format_bval;
use crate::image::{Grid, MapSidecar, Series, Stored, write_series, write_text_atomically};
use crate::units::Unit;
use clap::{Args, ValueEnum};
use ndarray::{Array4, ArrayView3, ArrayView4, Axis, ShapeBuilder};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `compose`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Writes PREFIX_dwi.nii.gz, PREFIX_dwi.bval and PREFIX_dwi.json (gains, overlaps). The grid has the axes \
        and the lattice of the most superior station and the extent of all; overlaps are feathered linearly; voxels that no \
        station covers are NaN.\n\nExample:\n  myelomri compose chunk-*_dwi.nii.gz --harmonise overlap -o out/sub-01"
)]
pub struct ComposeArgs {
    /// Series of one station each, in any order, with equal b-values (.bval or sidecar beside each)
    #[arg(value_name = "STATION", required = true)]
    stations: Vec<PathBuf>,
    /// Intensity: none leaves signals as they are; overlap gives each station one gain from the tissue it shares with its
    /// neighbour, all b-values together
    #[arg(long, value_name = "HOW", default_value = "none")]
    harmonise: HarmoniseChoice,
    /// Resample stations that lie more than 0.05 voxel off the lattice of the most superior one (trilinear)
    #[arg(long)]
    interpolate: bool,
    #[command(flatten)]
    out: OutArgs,
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
    let ComposeArgs { stations, harmonise, interpolate, out, format } = args;
    out.required()?;
    out.check_absent(&["_dwi.nii.gz", "_dwi.bval", "_dwi.json"])?;
    let grids: Vec<Grid> =
        stations.iter().map(|path| context.reader.grid(path)).collect::<std::result::Result<_, _>>()?;
    let plan = plan(&grids, interpolate)?;
    let mut warnings: Vec<Warning> = Vec::new();
    let (series, b) = read_stations(&stations, context, &mut warnings)?;

    let views: Vec<ArrayView4<'_, f32>> = series.iter().map(|one| one.data.view()).collect();
    let overlaps = harmonise::overlaps(&plan, &views);
    let gains = harmonise::gains(&plan, &overlaps, harmonise.into())?;
    warnings.extend(gap_warnings(&plan));
    let [nx, ny, nz] = plan.grid.dims;
    let mut composed = Array4::zeros((nx, ny, nz, b.len()).f());
    for (volume, mut target) in composed.axis_iter_mut(Axis(3)).enumerate() {
        let sources: Vec<ArrayView3<'_, f32>> = views.iter().map(|view| view.index_axis(Axis(3), volume)).collect();
        target.assign(&compose(&plan, &sources, &gains));
    }

    let results = describe(&plan, &stations, &gains, overlaps, harmonise.into(), &b);
    if let Some(image) = out.path("_dwi.nii.gz") {
        write_series(&image, &plan.grid, composed.view(), Stored::F32, out.overwrite())?;
        let method = "stations on the lattice of the most superior one, overlaps feathered linearly";
        let sidecar = MapSidecar::new("DWI", Unit::Arbitrary.ascii(), method, json!(results), &stations);
        sidecar.with_warnings(&warnings).write_beside(&image, out.overwrite())?;
    }
    if let Some(bval) = out.path("_dwi.bval") {
        write_text_atomically(&bval, &format_bval(&b), out.overwrite())?;
    }
    context.warn(&warnings);
    print(&results, format.format)
}

/// Reads all stations and proves that their b-values agree.
fn read_stations(paths: &[PathBuf], context: &Context, warnings: &mut Vec<Warning>) -> Result<(Vec<Series>, Vec<f64>)> {
    let mut all = Vec::new();
    let mut common: Option<Vec<f64>> = None;
    for path in paths {
        let file = DwiFile { path: path.clone(), b: None };
        let (series, b) = dwi_input::read(&[file], None, context, warnings)?;
        match &common {
            Some(first) if first.len() != b.len() || !first.iter().zip(&b).all(|(x, y)| b_table::same_b(*x, *y)) => {
                return Err(CliError::mismatch(
                    "b-values-differ",
                    format!(
                        "the stations have different b-values: {} has {}, {} has {}",
                        file_name(&paths[0]),
                        b_table::list(first),
                        file_name(path),
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

/// A warning for each pair of neighbours that shares no slice.
fn gap_warnings(plan: &Plan) -> Vec<Warning> {
    let gaps = plan.shared_slices().into_iter().filter(|(_, shared)| shared.is_none());
    gaps.map(|([a, b], _)| {
        let number = |place: usize| plan.placements[place].station + 1;
        Warning::new("stations-do-not-overlap", format!("stations {} and {} share no slice", number(a), number(b)))
    })
    .collect()
}

fn describe(
    plan: &Plan,
    files: &[PathBuf],
    gains: &[f64],
    overlaps: Vec<Overlap>,
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
    }
}

fn print(results: &ComposeResults, format: Format) -> Result<()> {
    let header = ["station", "file", "first_slice", "last_slice", "gain", "off_lattice_voxels"];
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
        _ => output::print_rows(&header, &rows, format),
    }
}
