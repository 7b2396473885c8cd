//! `myelomri dropout`: dropout ratio of an in-/opposed-phase pair.

use super::args::{Format, FormatArgs, OutArgs, RegionArgs};
use super::dwi_input::check_same_grid;
use super::qc::{QcArgs, fact, outlines};
use super::region_rows::{self, RegionRow};
use super::{CliError, Context, echoes, output};
use crate::dixon::dropout::{ThirdEcho, dropout_ratio_corrected};
use crate::dixon::{FatModel, FfUnit, Phase, Regime, dropout_ratio, scaled_map};
use crate::error::{Result, Warning};
use crate::image::{MapSidecar, Stored, Volume, read_sidecar, write_volume};
use crate::report::SessionPicture;
use crate::units::Unit;
use clap::{Args, ValueEnum};
use ndarray::Array3;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Flags of `dropout`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "DR = 100 (IP - OP)/IP. A negative ratio is kept and counted. Magnitudes cannot tell a fat share from \
        100 % minus it: the regime says which half, and ratios of unknown regime must not be pooled.\n\nExample:\n  \
        myelomri dropout --in-phase IP.nii.gz --opposed-phase OP.nii.gz --fat-fraction out/sub-01_sFF.nii.gz \\\n    \
        --labels spine.nii.gz --scheme totalspineseg -o out/sub-01"
)]
pub struct DropoutArgs {
    /// In-phase magnitude
    #[arg(long, value_name = "NIFTI")]
    in_phase: PathBuf,
    /// Opposed-phase magnitude, scaled like the in-phase image
    #[arg(long, value_name = "NIFTI")]
    opposed_phase: PathBuf,
    /// A third echo, in the phase of one of the two: R2* is estimated and removed
    #[arg(long, value_name = "NIFTI")]
    third_echo: Option<PathBuf>,
    /// Echo times (ms): in-phase, opposed-phase, third [default: from the sidecars]
    #[arg(long, value_name = "MS,MS,MS", value_delimiter = ',', requires = "third_echo")]
    echo_times_ms: Vec<f64>,
    /// Field strength, T [default: from the sidecars]
    #[arg(long, value_name = "T", requires = "third_echo")]
    field_strength: Option<f64>,
    /// Fat-fraction map on the same grid, to find the regime; not one from an in-/opposed-phase pair
    #[arg(long, value_name = "MAP")]
    fat_fraction: Option<PathBuf>,
    /// Unit of that map: percent, fraction or permille [default: the Units of its sidecar]
    #[arg(long, value_name = "UNIT", requires = "fat_fraction")]
    ff_unit: Option<FfUnit>,
    /// Which component dominates: auto takes it from --fat-fraction, a region at a time
    #[arg(long, value_name = "REGIME", default_value = "auto")]
    regime: RegimeChoice,
    #[command(flatten)]
    regions: RegionArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    qc: QcArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// `--regime`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RegimeChoice {
    /// From the fat-fraction map; unknown without one
    Auto,
    /// Water dominates
    Water,
    /// Fat dominates
    Fat,
}

/// What `dropout` prints.
#[derive(Debug, Serialize)]
struct DropoutResults {
    r2star_corrected: bool,
    n_voxels: usize,
    n_negative: usize,
    regions: Vec<RegionRow>,
}

/// Runs `dropout`.
pub fn run(args: DropoutArgs, context: &Context) -> Result<()> {
    let DropoutArgs {
        in_phase,
        opposed_phase,
        third_echo,
        echo_times_ms,
        field_strength,
        fat_fraction,
        ff_unit,
        regime,
        regions,
        out,
        qc,
        format,
    } = args;
    let is_corrected = third_echo.is_some();
    let mut suffixes = vec!["_DR.nii.gz", "_DR.json"];
    if is_corrected {
        suffixes.extend(["_R2star.nii.gz", "_R2star.json"]);
    }
    out.check_absent(&suffixes)?;
    let qc = qc.picture(&out, &in_phase, "dropout")?;
    let mut warnings = Vec::new();
    let ip = context.reader.volume(&in_phase)?;
    let op = read_like(&ip, &opposed_phase, "opposed-phase image", context, &mut warnings)?;
    let pair = [&in_phase, &opposed_phase];
    warnings.extend(echoes::phase_warnings(pair, [Phase::In, Phase::Opposed], &echo_times_ms, field_strength)?);
    let mut sources = vec![in_phase.clone(), opposed_phase.clone()];
    let (dr, r2star, echo_parameters) = match &third_echo {
        None => (dropout_ratio(ip.data.view(), op.data.view(), 0.0), None, json!(null)),
        Some(path) => {
            let third = read_like(&ip, path, "third echo", context, &mut warnings)?;
            let echoes =
                third_echo_of([&in_phase, &opposed_phase, path], &echo_times_ms, field_strength, &mut warnings)?;
            sources.push(path.clone());
            let views = [ip.data.view(), op.data.view(), third.data.view()];
            let (dr, r2star) = dropout_ratio_corrected(views[0], views[1], views[2], &echoes, 0.0)?;
            (dr, Some(r2star), json!(echoes))
        }
    };
    let ff = match &fat_fraction {
        Some(path) => Some(read_fat_fraction(&ip, path, ff_unit, context, &mut warnings)?),
        None => None,
    };
    sources.extend(fat_fraction);

    let places = region_rows::read(&regions, &ip.grid, &in_phase, context, &mut warnings)?;
    let mut rows = region_rows::measure(&places, dr.view(), &ip.grid, Unit::Percent);
    for (row, place) in rows.iter_mut().zip(places.iter()) {
        let found = match regime {
            RegimeChoice::Water => Regime::Water,
            RegimeChoice::Fat => Regime::Fat,
            RegimeChoice::Auto => ff.as_ref().map_or(Regime::Unknown, |ff| Regime::of(place.values(ff.view()))),
        };
        let n_negative = place.values(dr.view()).iter().filter(|&&value| value < 0.0).count();
        row.extra("regime", json!(found));
        row.extra("n_negative", json!(n_negative));
    }
    let n_voxels = dr.iter().filter(|value| value.is_finite()).count();
    let n_negative = dr.iter().filter(|&&value| value < 0.0).count();
    if rows.iter().any(|row| row.statistics.mean < 0.0) {
        let message =
            "a region's mean dropout ratio is negative: the opposed-phase image is brighter; check the pairing";
        warnings.push(Warning::new("negative-dropout", message));
    }
    let results = DropoutResults { r2star_corrected: is_corrected, n_voxels, n_negative, regions: rows };

    let write = |suffix: &str, unit: Unit, method: &str, map: &Array3<f32>| -> Result<()> {
        let Some(path) = out.path(&format!("{suffix}.nii.gz")) else { return Ok(()) };
        write_volume(&path, &ip.grid, map.view(), Stored::F32, out.overwrite())?;
        let parameters = json!({"echoes": echo_parameters, "floor": 0.0, "n_negative": n_negative});
        let sidecar = MapSidecar::new(&suffix[1..], unit.ascii(), method, parameters, &sources);
        Ok(sidecar.with_warnings(&warnings).write_beside(&path, out.overwrite())?)
    };
    let method = if is_corrected {
        "dropout ratio 100 (IP-OP)/IP, OP brought to the in-phase echo time by the R2* of the voxel"
    } else {
        "dropout ratio 100 (IP-OP)/IP"
    };
    write("_DR", Unit::Percent, method, &dr)?;
    if let Some(r2star) = &r2star {
        write("_R2star", Unit::PerSecond, "two echoes of equal phase", r2star)?;
    }
    if let Some(picture) = qc {
        picture.write(SessionPicture {
            facts: &fact("dropout", &results.regions),
            warnings: &warnings,
            in_phase: Some(&ip),
            opposed_phase: Some(&op),
            dropout: Some(&Volume::new(ip.grid.clone(), dr)),
            dixon_regions: &outlines(&places),
            ..SessionPicture::default()
        })?;
    }
    context.warn(&warnings);
    print(&results, format.format)
}

/// Reads an image that must lie on the grid of the in-phase image.
fn read_like(ip: &Volume, path: &Path, role: &str, context: &Context, warnings: &mut Vec<Warning>) -> Result<Volume> {
    let volume = context.reader.volume(path)?;
    check_same_grid((&ip.grid, &ip.source, "in-phase image"), (&volume.grid, path, role), warnings)?;
    Ok(volume)
}

/// Echo times and the phase of the third echo.
fn third_echo_of(
    images: [&PathBuf; 3],
    times: &[f64],
    field_t: Option<f64>,
    warnings: &mut Vec<Warning>,
) -> Result<ThirdEcho> {
    let images = images.map(PathBuf::as_path);
    let times = echoes::echo_times_ms(&images, times)?;
    let field_t = echoes::field_strength_t(&images, field_t, warnings)?;
    let phase = FatModel::default().phase_at(times[2], field_t);
    Ok(ThirdEcho { in_phase_ms: times[0], opposed_phase_ms: times[1], third_ms: times[2], phase })
}

/// The fat-fraction map in percent; its unit from the flag, else from its sidecar.
fn read_fat_fraction(
    ip: &Volume,
    path: &Path,
    unit: Option<FfUnit>,
    context: &Context,
    warnings: &mut Vec<Warning>,
) -> Result<Array3<f32>> {
    let map = read_like(ip, path, "fat-fraction map", context, warnings)?;
    let in_sidecar = || -> Result<FfUnit> {
        match read_sidecar(path)?.and_then(|sidecar| sidecar.units).as_deref() {
            Some("%" | "percent") => Ok(FfUnit::Percent),
            Some("1" | "fraction") => Ok(FfUnit::Fraction),
            _ => Err(CliError::usage("the unit of the fat-fraction map is not known", "pass --ff-unit").into()),
        }
    };
    let unit = unit.map_or_else(in_sidecar, Ok)?;
    Ok(scaled_map(map.data.view(), unit)?)
}

fn print(results: &DropoutResults, format: Format) -> Result<()> {
    match format {
        Format::Json => output::print_json(results),
        _ if results.regions.is_empty() => {
            let row = [results.n_voxels, results.n_negative].map(|n| n.to_string()).to_vec();
            output::print_rows(&["n_voxels", "n_negative"], &[row], format)
        }
        _ => region_rows::print(&results.regions, format),
    }
}
