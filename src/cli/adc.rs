//! `myelomri adc`: apparent diffusion coefficient of a series.

use super::args::{Format, FormatArgs, OutArgs, RegionArgs};
use super::dwi_input::{self, BArgs, DwiFile};
use super::region_rows::{self, RegionRow};
use super::{Context, output};
use crate::diffusion::{AdcFit, AdcMaps, AdcParams, BGroup, BSelection, adc, b_table, computed_dwi};
use crate::error::{Result, Warning};
use crate::image::{Grid, MapSidecar, Stored, write_volume};
use crate::units::Unit;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `adc`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Writes PREFIX_ADC.nii.gz (um2/s), PREFIX_S0.nii.gz, PREFIX_flags.nii.gz (bits: 1 a signal is zero, \
        negative or not a number; 2 at or below the noise floor; 4 clipped; 8 not decaying; 16 outside 0-5000 um2/s) and \
        sidecars. A voxel with any flag is excluded.\n\nExample:\n  myelomri adc sub-01_dwi.nii.gz -o out/sub-01\n  \
        myelomri adc b50.nii.gz:50 b900.nii.gz:900 --computed-b 1400 -o out/sub-01\n\nMethod: log-linear least squares over \
        the chosen b-values; see `myelomri explain adc`."
)]
pub struct AdcArgs {
    /// Diffusion-weighted images: one 4-D file, or several; `FILE:B` gives a file's b-value (s/mm2)
    #[arg(value_name = "DWI", required = true)]
    dwi: Vec<DwiFile>,
    #[command(flatten)]
    volumes: BArgs,
    /// How the exponential is fitted
    #[arg(long, value_name = "FIT", default_value = "loglinear")]
    fit: FitChoice,
    /// Lowest b used, s/mm2 [default: 50 where two such b-values exist, else all]
    #[arg(long, value_name = "B")]
    b_min: Option<f64>,
    /// Highest b used, s/mm2
    #[arg(long, value_name = "B")]
    b_max: Option<f64>,
    /// Also write the image that the fit predicts at this b, s/mm2 (PREFIX_cDWI.nii.gz)
    #[arg(long, value_name = "B")]
    computed_b: Option<f64>,
    /// How ADC is stored: i16 (excluded voxels 0) or f32 (excluded voxels NaN)
    #[arg(long, value_name = "TYPE", default_value = "i16")]
    dtype: Dtype,
    #[command(flatten)]
    regions: RegionArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// `--fit`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum FitChoice {
    /// Least squares on the logarithm of all chosen volumes
    Loglinear,
    /// The lowest and the highest b only
    TwoPoint,
}

/// `--dtype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dtype {
    /// 16-bit integers, um2/s
    I16,
    /// 32-bit floats, um2/s
    F32,
}

/// What `adc` prints.
#[derive(Debug, Serialize)]
struct AdcResults {
    fit: AdcFit,
    b_values: Vec<f64>,
    b_groups: Vec<BGroup>,
    b_used: Vec<f64>,
    b_rule: String,
    n_voxels: usize,
    n_measured: usize,
    flags: FlagCounts,
    regions: Vec<RegionRow>,
}

/// Number of voxels that carry each flag.
#[derive(Debug, Serialize)]
struct FlagCounts {
    non_positive: usize,
    below_floor: usize,
    clipped: usize,
    not_decaying: usize,
    out_of_window: usize,
}

impl FlagCounts {
    fn of(maps: &AdcMaps) -> Self {
        let [non_positive, below_floor, clipped, not_decaying, out_of_window] = maps.flag_counts();
        FlagCounts { non_positive, below_floor, clipped, not_decaying, out_of_window }
    }
}

/// Runs `adc`.
pub fn run(args: AdcArgs, context: &Context) -> Result<()> {
    let AdcArgs { dwi, volumes, fit, b_min, b_max, computed_b, dtype, regions, out, format } = args;
    out.required()?;
    let mut suffixes = vec!["_ADC.nii.gz", "_ADC.json", "_S0.nii.gz", "_S0.json", "_flags.nii.gz", "_flags.json"];
    if computed_b.is_some() {
        suffixes.extend(["_cDWI.nii.gz", "_cDWI.json"]);
    }
    out.check_absent(&suffixes)?;

    let mut warnings = Vec::new();
    let (series, b) = dwi_input::read(&dwi, volumes.b_values.as_ref(), context, &mut warnings)?;
    let fit = match fit {
        FitChoice::Loglinear => AdcFit::Loglinear,
        FitChoice::TwoPoint => AdcFit::TwoPoint,
    };
    let selection = BSelection { b_min, b_max, ..volumes.selection(&b) };
    let params = AdcParams { fit, selection, ..AdcParams::default() };
    let mut maps = adc::fit(series.data.view(), &b, &params)?;
    warnings.append(&mut maps.warnings);
    context.say(format!("b used: {} s/mm2 ({})", b_table::list(&maps.chosen.b), maps.chosen.reason));
    let grid = series.grid;
    drop(series.data);
    let places = region_rows::read(&regions, &grid, &series.source, context, &mut warnings)?;

    let results = AdcResults {
        fit,
        n_voxels: grid.n_voxels(),
        n_measured: maps.n_measured(),
        flags: FlagCounts::of(&maps),
        b_used: maps.chosen.b.clone(),
        b_rule: maps.chosen.reason.clone(),
        b_groups: b_table::groups(&b),
        b_values: b,
        regions: region_rows::measure(&places, maps.adc.view(), &grid, Unit::Um2PerS),
    };
    let sources: Vec<PathBuf> = dwi.into_iter().map(|file| file.path).collect();
    let writer = MapWriter {
        out: &out,
        grid: &grid,
        params: &params,
        results: &results,
        sources: &sources,
        warnings: &warnings,
    };
    writer.write_all(maps, computed_b, dtype)?;
    context.warn(&warnings);
    print(&results, format.format)
}

/// Everything that the maps of one fit share.
struct MapWriter<'a> {
    out: &'a OutArgs,
    grid: &'a Grid,
    params: &'a AdcParams,
    results: &'a AdcResults,
    sources: &'a [PathBuf],
    warnings: &'a [Warning],
}

impl MapWriter<'_> {
    fn write_all(&self, maps: AdcMaps, computed_b: Option<f64>, dtype: Dtype) -> Result<()> {
        let AdcMaps { mut adc, s0, flags, chosen: _, warnings: _ } = maps;
        if let Some(b) = computed_b {
            let image = computed_dwi(s0.view(), adc.view(), b);
            let method = format!("computed DWI at b = {b} s/mm2 from S0 and ADC");
            self.write("_cDWI", "computed DWI", Unit::Arbitrary, &method, image, Stored::F32)?;
        }
        self.write("_S0", "S0", Unit::Arbitrary, "signal at b = 0 that the fit gives", s0, Stored::F32)?;
        let method = "bits: 1 non-positive, 2 below floor, 4 clipped, 8 not decaying, 16 out of window";
        self.write("_flags", "ADC flags", Unit::Count, method, flags.mapv(f32::from), Stored::U8)?;
        let (method, stored) = match dtype {
            Dtype::F32 => ("log-linear least squares; excluded voxels NaN", Stored::F32),
            Dtype::I16 => {
                adc.par_mapv_inplace(|value| if value.is_nan() { 0.0 } else { value });
                ("log-linear least squares; excluded voxels 0, see the flags", Stored::I16 { slope: 1.0 })
            }
        };
        self.write("_ADC", "ADC", Unit::Um2PerS, method, adc, stored)
    }

    fn write(
        &self,
        suffix: &str,
        measure: &str,
        unit: Unit,
        method: &str,
        map: ndarray::Array3<f32>,
        stored: Stored,
    ) -> Result<()> {
        let Some(path) = self.out.path(&format!("{suffix}.nii.gz")) else { return Ok(()) };
        let parameters = json!({
            "fit": self.params,
            "b_values_s_mm2": self.results.b_values,
            "b_groups": self.results.b_groups,
            "b_tolerance": "max(5 s/mm2, 2 %); every volume is fitted with its actual b",
            "b_used_s_mm2": self.results.b_used,
            "b_rule": self.results.b_rule,
            "n_measured": self.results.n_measured,
            "flags": self.results.flags,
        });
        write_volume(&path, self.grid, map.view(), stored, self.out.overwrite())?;
        let sidecar = MapSidecar::new(measure, unit.ascii(), method, parameters, self.sources);
        Ok(sidecar.with_warnings(self.warnings).write_beside(&path, self.out.overwrite())?)
    }
}

fn print(results: &AdcResults, format: Format) -> Result<()> {
    if !results.regions.is_empty() && format != Format::Json {
        return region_rows::print(&results.regions, format);
    }
    let FlagCounts { non_positive, below_floor, clipped, not_decaying, out_of_window } = &results.flags;
    let header = ["n_voxels", "n_measured", "non_positive", "below_floor", "clipped", "not_decaying", "out_of_window"];
    let counts =
        [&results.n_voxels, &results.n_measured, non_positive, below_floor, clipped, not_decaying, out_of_window];
    let row = counts.map(usize::to_string).to_vec();
    match format {
        Format::Json => output::print_json(results),
        _ => output::print_rows(&header, &[row], format),
    }
}
