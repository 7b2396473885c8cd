//! `myelomri histogram`: statistics and histogram of a map in named regions or in a mask.

use super::args::{Format, FormatArgs, OutArgs, RegionArgs};
use super::qc::{QcArgs, outlines};
use super::region_input::{self, file_name};
use super::{CliError, Context};
use crate::diffusion::adc::flag;
use crate::error::{Result, Warning};
use crate::image::{PackedSeries, Signals, Volume, image_stem, read_sidecar, with_suffix, write_json};
use crate::region::{Binning, IvhLevels, Region, RegionSummary, SummaryParams, flags_of_regions, region_of_mask};
use crate::report::{Phrase, SessionPicture};
use crate::units::Unit;
use clap::Args;
use rayon::prelude::*;
use serde::Serialize;
use shape::Shapes;
use std::path::{Path, PathBuf};

mod figures;
mod print;
mod shape;

/// Flags of `histogram`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Values that are not finite are left out and counted. Beside PREFIX_ADC.nii.gz the excluded voxels of \
        PREFIX_flags.nii.gz are left out too. With -o it writes PREFIX_histogram.json, .svg and .png (of more than two regions \
        the first, which pools the others), and of several regions PREFIX_regions.svg and .png, a row each.\n\nExample:\n  \
        myelomri histogram out/sub-01_ADC.nii.gz --labels dseg.nii.gz --scheme totalspineseg --region L1-L5 \
        --erode-mm 3 --window 655,1400\n\nDefinitions: IBSI (doi:10.1148/radiol.2020191145), percentiles type 7, sd with \
        n - 1; see `myelomri explain histogram`."
)]
pub struct HistogramArgs {
    /// Map to measure (NIfTI)
    #[arg(value_name = "MAP")]
    map: PathBuf,
    /// Measure where this mask is not zero, instead of in named levels
    #[arg(long, value_name = "NIFTI", conflicts_with = "labels")]
    mask: Option<PathBuf>,
    /// Number of bins over the range of a region, for histogram, entropy and uniformity
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65536))]
    bins: u32,
    /// Width of a bin in the unit of the map, instead of a number of bins
    #[arg(long, value_name = "WIDTH", conflicts_with = "bins")]
    bin_width: Option<f64>,
    /// Cut points between windows, in the unit of the map: voxels and volume below, between and above
    #[arg(long, value_name = "X,X,...", value_delimiter = ',', allow_negative_numbers = true)]
    window: Vec<f64>,
    /// More percentiles (type 7), e.g. 1,2.5,99
    #[arg(long, value_name = "P,P,...", value_delimiter = ',')]
    percentile: Vec<f64>,
    /// All 48 IBSI features (statistics, intensity histogram, intensity-volume histogram) with their codes and what
    /// PyRadiomics calls them
    #[arg(long)]
    ibsi: bool,
    /// Width of the levels of the intensity-volume histogram, unit of the map [default: the integers of the map, else 1000
    /// levels]
    #[arg(long, value_name = "WIDTH", requires = "ibsi")]
    ivh_width: Option<f64>,
    /// Second map on the same grid to set beside the first, e.g. the next visit
    #[arg(long, value_name = "MAP2")]
    compare: Option<PathBuf>,
    #[command(flatten)]
    regions: RegionArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    qc: QcArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// What `histogram` prints.
#[derive(Debug, Serialize)]
struct HistogramResults {
    map: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_with: Option<String>,
    unit: Unit,
    regions: Vec<RegionSummary>,
    warnings: Vec<Warning>,
}

const OUTPUTS: [&str; 5] = ["_histogram.json", "_histogram.svg", "_histogram.png", "_regions.svg", "_regions.png"];

/// Runs `histogram`.
///
/// # Errors
/// Reading, grids that differ, regions that are not there, outputs that exist.
pub fn run(args: HistogramArgs, context: &Context) -> Result<()> {
    let HistogramArgs {
        map: path,
        mask,
        bins,
        bin_width,
        window,
        percentile,
        ibsi,
        ivh_width,
        compare,
        regions,
        out,
        qc,
        format,
    } = args;
    let params = SummaryParams {
        binning: binning(bins, bin_width)?,
        cuts: ascending(window)?,
        percentiles: percentages(percentile)?,
        ibsi: if ibsi { Some(ivh_levels(ivh_width)?) } else { None },
    };
    out.check_absent(&OUTPUTS)?;
    let qc = qc.picture(&out, &path, "histogram")?;
    let map = read_map(&path, context)?;
    let (found, mut warnings) = regions_of(&map, mask.as_deref(), &regions, context)?;
    let second = match &compare {
        Some(other) => Some(read_on_grid(other, &map, context, &mut warnings)?),
        None => None,
    };
    let unit = unit_of(&path)?;
    let summarise = |region: &Region| match &second {
        Some(second) => params.compare(region, [map.data.view(), second.data.view()], &map.grid, unit),
        None => params.summarise(region, map.data.view(), &map.grid, unit),
    };
    let flags = flags_of_regions(&warnings);
    let summaries: Vec<RegionSummary> =
        found.iter().map(|region| RegionSummary { qc_flags: flags.clone(), ..summarise(region) }).collect();
    warnings.extend(summaries.iter().filter_map(missing_warning));
    let results = HistogramResults {
        map: file_name(&path),
        compared_with: compare.as_deref().map(file_name),
        unit,
        regions: summaries,
        warnings,
    };
    if let Some(prefix) = &out.out {
        let maps = [Some(&map), second.as_ref()].into_iter().flatten();
        let asked = figures::Asked {
            quantity: quantity_of(&results.map),
            unit,
            windows: &params.cuts,
            binning: params.binning,
            maps: maps.map(|map| (file_name(&map.source), map)).collect(),
        };
        let (overlaid, rows) = figures::draw(asked, &found)?;
        let [json, svg, png, rows_svg, rows_png] = OUTPUTS.map(|ending| with_suffix(prefix, ending));
        write_json(&json, &results, out.overwrite())?;
        overlaid.save(&svg, &png)?;
        rows.map_or(Ok(()), |rows| rows.save(&rows_svg, &rows_png))?;
    }
    if let Some(picture) = qc {
        let name = quantity_of(&results.map);
        let in_words =
            |first: &RegionSummary| Phrase::fact(&name, Some(&first.region), unit.show(first.statistics.mean));
        let picture_of = SessionPicture {
            facts: &results.regions.iter().take(1).map(in_words).collect::<Vec<_>>(),
            warnings: &results.warnings,
            dixon_regions: &outlines(&found),
            ..SessionPicture::default()
        };
        picture.write(match unit {
            Unit::Percent => SessionPicture { fat_fraction: Some(&map), fat_fraction_name: &name, ..picture_of },
            _ => SessionPicture { other: Some((&name, &map, unit)), ..picture_of },
        })?;
    }
    context.warn(&results.warnings);
    let shapes = if format.format == Format::Table { Shapes::of(&found, &map, unit) } else { None };
    print::print(&results, shapes, format.format)
}

/// Says that a region was not measured, or less than half of it.
fn missing_warning(summary: &RegionSummary) -> Option<Warning> {
    let (n, n_missing) = (summary.statistics.n_voxels, summary.statistics.n_missing);
    let slug = match n {
        0 => "nothing-measured",
        _ if n_missing > n => "mostly-not-measured",
        _ => return None,
    };
    let message =
        format!("{}: {n_missing} of {} voxels hold no number and do not count", summary.region, n + n_missing);
    Some(Warning::new(slug, message))
}

fn binning(bins: u32, width: Option<f64>) -> Result<Binning> {
    match width {
        None => Ok(Binning::Count(bins as usize)),
        Some(width) if width > 0.0 && width.is_finite() => Ok(Binning::Width(width)),
        Some(width) => {
            Err(CliError::usage(format!("--bin-width {width} is no width"), "give a positive number").into())
        }
    }
}

fn percentages(percentiles: Vec<f64>) -> Result<Vec<f64>> {
    match percentiles.iter().find(|percent| !(0.0..=100.0).contains(*percent)) {
        None => Ok(percentiles),
        Some(percent) => {
            Err(CliError::usage(format!("there is no percentile {percent}"), "give numbers from 0 to 100").into())
        }
    }
}

fn ivh_levels(width: Option<f64>) -> Result<IvhLevels> {
    match width {
        None => Ok(IvhLevels::Own),
        Some(width) if width > 0.0 && width.is_finite() => Ok(IvhLevels::Width(width)),
        Some(width) => {
            Err(CliError::usage(format!("--ivh-width {width} is no width"), "give a positive number").into())
        }
    }
}

fn ascending(cuts: Vec<f64>) -> Result<Vec<f64>> {
    if cuts.iter().all(|cut| cut.is_finite()) && cuts.is_sorted_by(|a, b| a < b) {
        return Ok(cuts);
    }
    Err(CliError::usage("--window wants cut points that ascend", "e.g. --window 655,1400").into())
}

/// The map, without the voxels that a flags image beside it excludes.
fn read_map(path: &Path, context: &Context) -> Result<Volume> {
    let mut map = context.reader.volume(path)?;
    let stem = image_stem(path);
    let Some(prefix) = stem.to_str().and_then(|stem| stem.strip_suffix("_ADC")) else {
        return Ok(map);
    };
    let beside = ["_flags.nii.gz", "_flags.nii"].map(|suffix| with_suffix(Path::new(prefix), suffix));
    if let Some(flags_path) = beside.into_iter().find(|path| path.is_file()) {
        let flags = context.reader.packed_series(&flags_path)?;
        map.grid.check_same(&flags.grid, ["map", "flags"], [&file_name(path), &file_name(&flags_path)])?;
        leave_out_flagged(&mut map, &flags);
        flags.check_read()?;
        context.say(format!("voxels excluded by {} are left out", file_name(&flags_path)));
    }
    Ok(map)
}

/// Voxels at a time: the flags need not be in memory as numbers.
const STRETCH: usize = 1 << 16;

/// NaN where a flag excludes the voxel, or is none.
fn leave_out_flagged(map: &mut Volume, flags: &PackedSeries) {
    let values = map.data.as_slice_memory_order_mut().unwrap_or_default();
    values.par_chunks_mut(STRETCH).enumerate().for_each(|(n, values)| {
        let mut bits = vec![0.0; values.len()];
        flags.read(0, n * STRETCH, &mut bits);
        for (value, bits) in values.iter_mut().zip(bits) {
            let is_flag = bits.fract() == 0.0 && (0.0..256.0).contains(&bits);
            if !(is_flag && flag::is_measured(bits as u8)) {
                *value = f32::NAN;
            }
        }
    });
}

fn read_on_grid(path: &Path, first: &Volume, context: &Context, warnings: &mut Vec<Warning>) -> Result<Volume> {
    let second = read_map(path, context)?;
    let files = [file_name(&first.source), file_name(path)];
    warnings.extend(first.grid.check_same(&second.grid, ["map", "second map"], [&files[0], &files[1]])?);
    Ok(second)
}

/// The regions to measure: of the label map, else of the mask.
fn regions_of(
    map: &Volume,
    mask: Option<&Path>,
    args: &RegionArgs,
    context: &Context,
) -> Result<(Vec<Region>, Vec<Warning>)> {
    if let Some(loaded) = region_input::load(args, context, &map.grid, &map.source)? {
        return Ok((loaded.regions, loaded.warnings));
    }
    let Some(path) = mask else {
        return Err(CliError::usage("nothing says where to measure", "pass --labels and --scheme, or --mask").into());
    };
    region_input::check_erosion(args.erode_mm)?;
    let mask = context.reader.mask(path)?;
    let files = [file_name(&map.source), file_name(path)];
    let rounding = map.grid.check_same(&mask.grid, ["image", "mask"], [&files[0], &files[1]])?;
    let region = region_of_mask("mask", &mask, args.erode_mm)?;
    Ok((vec![region], rounding.into_iter().collect()))
}

/// Unit that the map's sidecar states; arbitrary where it states none that is known.
fn unit_of(path: &Path) -> Result<Unit> {
    let stated = read_sidecar(path)?.and_then(|sidecar| sidecar.units);
    let known = stated.and_then(|unit| serde_json::from_value(serde_json::Value::String(unit)).ok());
    Ok(known.unwrap_or(Unit::Arbitrary))
}

/// What a map shows, from its file: `ADC` of `sub-01_ADC.nii.gz`.
fn quantity_of(map: &str) -> String {
    let stem = file_name(&image_stem(Path::new(map)));
    stem.rsplit('_').next().unwrap_or("value").to_owned()
}
