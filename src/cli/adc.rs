//! `myelomri adc`: apparent diffusion coefficient of a series.

use super::args::{Format, FormatArgs, OutArgs, RegionArgs};
use super::dwi_input::{self, BArgs, DwiFile};
use super::region_rows::{self, RegionRow};
use super::{Context, output};
use crate::diffusion::{AdcFit, AdcImages, AdcParams, BGroup, BSelection, Ivim, Wanted, adc, b_table, ivim};
use crate::error::{Result, Warning};
use crate::image::{Grid, ImageError, MapSidecar, Voxels, write_bits, write_voxels};
use crate::units::Unit;
use clap::{Args, ValueEnum};
use ndarray::{Array3, Zip};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `adc`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Writes PREFIX_ADC.nii.gz (um2/s), PREFIX_S0.nii.gz, PREFIX_flags.nii.gz and sidecars; on request \
        PREFIX_ADCse.nii.gz (um2/s), PREFIX_residual.nii.gz (root mean square of ln S minus the fit) and PREFIX_cDWI.nii.gz \
        (PREFIX_cDWI-bB.nii.gz for several). Bits of the flags: 1 a signal is zero, negative or not a number; 2 fewer than \
        two b-values above the noise floor; 4 clipped; 8 not decaying; 16 outside 0-5000 um2/s; 32 fitted without the \
        highest b-values, which lie in the noise. A voxel with any flag but 32 is excluded.\n\nExample:\n  \
        myelomri adc sub-01_dwi.nii.gz -o out/sub-01\n  \
        myelomri adc b50.nii.gz:50 b900.nii.gz:900 --computed-b 1400 -o out/sub-01\n\nMethods and their limits: \
        `myelomri explain adc`."
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
    #[command(flatten)]
    noise: NoiseArgs,
    /// Also write the images that the fit predicts at these b, s/mm2
    #[arg(long, value_name = "B,B,...", value_delimiter = ',')]
    computed_b: Vec<f64>,
    /// Also write the standard error of ADC, um2/s
    #[arg(long)]
    standard_error: bool,
    /// Also write the residual of the fit
    #[arg(long)]
    residual: bool,
    /// Also write diffusion and perfusion apart (IVIM by segments): PREFIX_IVIMd (um2/s), _IVIMf (fraction) and, where the
    /// b-values identify it, _IVIMdstar (um2/s)
    #[arg(long)]
    ivim: bool,
    /// Write .nii instead of .nii.gz
    #[arg(long)]
    uncompressed: bool,
    /// How maps are stored: i16 (excluded voxels 0) or f32 (excluded voxels NaN)
    #[arg(long, value_name = "TYPE", default_value = "i16")]
    dtype: Dtype,
    #[command(flatten)]
    regions: RegionArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// What is known about the noise.
#[derive(Debug, Args)]
struct NoiseArgs {
    /// Standard deviation of the noise, signal units; 0 = unknown [default: from the air around the body]
    #[arg(long, value_name = "SIGMA")]
    sigma: Option<f64>,
    /// Signals at or below this many sigma do not enter a fit; 0 = no floor
    #[arg(long, value_name = "K", default_value_t = 3.0)]
    noise_floor: f64,
    /// Take the noise out of each signal before the fit: sqrt |S^2 - sigma^2|
    #[arg(long)]
    rician: bool,
}

/// `--fit`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum FitChoice {
    /// Least squares on the logarithm of all chosen volumes
    Loglinear,
    /// The same with weights S^2
    Weighted,
    /// The same with the weights of the fitted signal, repeated until ADC rests
    Iterative,
    /// Least squares on the signal itself
    Nlls,
    /// The lowest and the highest b only
    TwoPoint,
}

impl From<FitChoice> for AdcFit {
    fn from(choice: FitChoice) -> Self {
        match choice {
            FitChoice::Loglinear => AdcFit::Loglinear,
            FitChoice::Weighted => AdcFit::Weighted,
            FitChoice::Iterative => AdcFit::Iterative,
            FitChoice::Nlls => AdcFit::Nlls,
            FitChoice::TwoPoint => AdcFit::TwoPoint,
        }
    }
}

/// What a fit is called in the sidecar.
fn method_of(fit: AdcFit) -> &'static str {
    match fit {
        AdcFit::Loglinear => "log-linear least squares",
        AdcFit::Weighted => "log-linear least squares, weights S^2",
        AdcFit::Iterative => "log-linear least squares, weights of the fitted signal, iterated",
        AdcFit::Nlls => "nonlinear least squares",
        AdcFit::TwoPoint => "log-linear, lowest and highest b",
    }
}

/// `--dtype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Dtype {
    /// 16-bit integers, ADC in steps of 1 um2/s
    I16,
    /// 32-bit floats
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
    sigma: Option<Vec<LevelSigma>>,
    n_voxels: usize,
    n_measured: usize,
    flags: FlagCounts,
    regions: Vec<RegionRow>,
}

/// Noise at one b.
#[derive(Debug, Serialize)]
struct LevelSigma {
    b: f64,
    sigma: f64,
}

/// Number of voxels that carry each flag.
#[derive(Debug, Serialize)]
struct FlagCounts {
    non_positive: usize,
    below_floor: usize,
    clipped: usize,
    not_decaying: usize,
    out_of_window: usize,
    shortened: usize,
}

/// Runs `adc`.
pub fn run(args: AdcArgs, context: &Context) -> Result<()> {
    let AdcArgs {
        dwi,
        volumes,
        fit,
        b_min,
        b_max,
        noise,
        computed_b,
        standard_error,
        residual,
        ivim,
        uncompressed,
        dtype,
        regions,
        out,
        format,
    } = args;
    let NoiseArgs { sigma, noise_floor, rician } = noise;
    let wanted = Wanted { steps: dtype == Dtype::I16, standard_error, residual, computed_b };
    out.required()?;
    let extension = if uncompressed { ".nii" } else { ".nii.gz" };
    let names = suffixes(&wanted).into_iter().chain(IVIM.iter().filter(|_| ivim).map(|name| (*name).to_owned()));
    let suffixes: Vec<String> = names.flat_map(|name| [extension, ".json"].map(|end| format!("{name}{end}"))).collect();
    out.check_absent(&suffixes.iter().map(String::as_str).collect::<Vec<_>>())?;

    let mut warnings = Vec::new();
    let (series, b) = dwi_input::read_packed(&dwi, volumes.b_values.as_ref(), context, &mut warnings)?;
    let selection = BSelection { b_min, b_max, ..volumes.selection(&b) };
    let params =
        AdcParams { fit: fit.into(), selection, sigma, floor_sigmas: noise_floor, rician, ..AdcParams::default() };
    let mut images = adc::fit_images(&series, &b, &params, &wanted)?;
    warnings.append(&mut images.warnings);
    let perfusion = if ivim { Some(ivim::fit(&series, &b, &params)?) } else { None };
    if let Some(perfusion) = &perfusion {
        context.say(format!("IVIM {}", perfusion.rule));
        warnings.extend(
            perfusion.warnings.iter().filter(|warning| !warnings.contains(warning)).cloned().collect::<Vec<_>>(),
        );
    }
    context.say(format!("b used: {} s/mm2 ({})", b_table::list(&images.chosen.b), images.chosen.reason));
    let (grid, source) = (series.grid.clone(), series.source.clone());
    drop(series);
    let places = region_rows::read(&regions, &grid, &source, context, &mut warnings)?;
    let rows = match places.is_empty() {
        true => Vec::new(),
        false => region_rows::measure(&places, measured_adc(&images).view(), &grid, Unit::Um2PerS),
    };

    let ([non_positive, below_floor, clipped, not_decaying, out_of_window, shortened], n_measured) =
        adc::count_flags(&images.flags);
    let results = AdcResults {
        fit: params.fit,
        n_voxels: grid.n_voxels(),
        n_measured,
        flags: FlagCounts { non_positive, below_floor, clipped, not_decaying, out_of_window, shortened },
        b_used: images.chosen.b.clone(),
        b_rule: images.chosen.reason.clone(),
        b_groups: b_table::groups(&b),
        b_values: b,
        sigma: images.sigma.as_ref().map(|of| of.iter().map(|&[b, sigma]| LevelSigma { b, sigma }).collect()),
        regions: rows,
    };
    let sources: Vec<PathBuf> = dwi.into_iter().map(|file| file.path).collect();
    let writer = MapWriter {
        out: &out,
        grid: &grid,
        params: &params,
        results: &results,
        sources: &sources,
        warnings: &warnings,
        extension,
    };
    writer.write_all(images, &wanted)?;
    if let Some(perfusion) = perfusion {
        writer.write_ivim(perfusion)?;
    }
    context.warn(&warnings);
    print(&results, format.format)
}

/// ADC as it is stored, with what was excluded as NaN.
fn measured_adc(images: &AdcImages) -> Array3<f32> {
    let mut map = images.adc.clone().into_f32();
    Zip::from(&mut map).and(&images.flags).par_for_each(|adc, &flags| {
        if !adc::flag::is_measured(flags) {
            *adc = f32::NAN;
        }
    });
    map
}

/// What stands behind the prefix for each map, in the order of [`MapWriter::write_all`].
fn suffixes(wanted: &Wanted) -> Vec<String> {
    let mut all: Vec<String> = ["_ADC", "_S0", "_flags"].map(str::to_owned).to_vec();
    all.extend(wanted.standard_error.then(|| "_ADCse".to_owned()));
    all.extend(wanted.residual.then(|| "_residual".to_owned()));
    match wanted.computed_b.as_slice() {
        [_] => all.push("_cDWI".to_owned()),
        several => all.extend(several.iter().map(|b| format!("_cDWI-b{b}"))),
    }
    all
}

/// What stands behind the prefix for the maps of `--ivim`.
const IVIM: [&str; 3] = ["_IVIMd", "_IVIMf", "_IVIMdstar"];

/// Everything that the maps of one fit share.
struct MapWriter<'a> {
    out: &'a OutArgs,
    grid: &'a Grid,
    params: &'a AdcParams,
    results: &'a AdcResults,
    sources: &'a [PathBuf],
    warnings: &'a [Warning],
    extension: &'static str,
}

/// One map: what it is called, its unit, how it was made, its values.
struct Map {
    measure: &'static str,
    unit: Unit,
    method: String,
    values: Values,
}

enum Values {
    Numbers(Voxels),
    Bits(Array3<u8>),
}

impl MapWriter<'_> {
    /// Writes all maps, several at a time.
    fn write_all(&self, images: AdcImages, wanted: &Wanted) -> Result<()> {
        let AdcImages { adc, s0, flags, standard_error, residual, computed, chosen: _, sigma, warnings: _ } = images;
        let excluded = if wanted.steps { "excluded voxels 0, see the flags" } else { "excluded voxels NaN" };
        let map = |measure, unit, method: &str, values| Map {
            measure,
            unit,
            method: method.to_owned(),
            values: Values::Numbers(values),
        };
        let method = format!("{}; {excluded}", method_of(self.params.fit));
        let mut maps = vec![
            map("ADC", Unit::Um2PerS, &method, adc),
            map("S0", Unit::Arbitrary, "signal at b = 0 that the fit gives", s0),
        ];
        let method =
            "bits: 1 non-positive, 2 below floor, 4 clipped, 8 not decaying, 16 out of window, 32 highest b left out";
        let (measure, unit) = ("ADC flags", Unit::Count);
        maps.push(Map { measure, unit, method: method.to_owned(), values: Values::Bits(flags) });
        let method = match sigma {
            Some(_) => "standard error of ADC from the noise of each signal",
            None => "standard error of ADC from the residual of the fit",
        };
        maps.extend(standard_error.map(|values| map("ADC standard error", Unit::Um2PerS, method, values)));
        let method = "root mean square of ln S minus the fit";
        maps.extend(residual.map(|values| map("ADC residual", Unit::Fraction, method, values)));
        for (values, b) in computed.into_iter().zip(&wanted.computed_b) {
            let method = format!("computed DWI at b = {b} s/mm2 from S0 and ADC");
            maps.push(map("computed DWI", Unit::Arbitrary, &method, values));
        }
        let all: Vec<(Map, String)> = maps.into_iter().zip(suffixes(wanted)).collect();
        all.into_par_iter().map(|(map, suffix)| self.write(map, &suffix)).collect::<std::result::Result<(), _>>()?;
        Ok(())
    }

    /// Writes the maps of `--ivim`, as f32.
    fn write_ivim(&self, perfusion: Ivim) -> Result<()> {
        let Ivim { d, fraction, d_star, rule, warnings: _ } = perfusion;
        let maps = [
            Some(("IVIM diffusion", Unit::Um2PerS, d)),
            Some(("IVIM perfusion fraction", Unit::Fraction, fraction)),
            d_star.map(|d_star| ("IVIM pseudo-diffusion", Unit::Um2PerS, d_star)),
        ];
        for (map, suffix) in maps.into_iter().zip(IVIM) {
            if let Some((measure, unit, values)) = map {
                let values = Values::Numbers(Voxels::F32(values));
                self.write(Map { measure, unit, method: rule.clone(), values }, suffix)?;
            }
        }
        Ok(())
    }

    fn write(&self, map: Map, suffix: &str) -> std::result::Result<(), ImageError> {
        let Some(path) = self.out.path(&format!("{suffix}{}", self.extension)) else { return Ok(()) };
        let Map { measure, unit, method, values } = map;
        match values {
            Values::Numbers(values) => write_voxels(&path, self.grid, &values, self.out.overwrite())?,
            Values::Bits(bits) => write_bits(&path, self.grid, bits.view(), self.out.overwrite())?,
        }
        let parameters = json!({
            "fit": self.params,
            "b_values_s_mm2": self.results.b_values,
            "b_groups": self.results.b_groups,
            "b_tolerance": "max(5 s/mm2, 2 %); every volume is fitted with its actual b",
            "b_used_s_mm2": self.results.b_used,
            "b_rule": self.results.b_rule,
            "sigma": self.results.sigma,
            "n_measured": self.results.n_measured,
            "flags": self.results.flags,
        });
        let sidecar = MapSidecar::new(measure, unit.ascii(), &method, parameters, self.sources);
        sidecar.with_warnings(self.warnings).write_beside(&path, self.out.overwrite())
    }
}

fn print(results: &AdcResults, format: Format) -> Result<()> {
    if !results.regions.is_empty() && format != Format::Json {
        return region_rows::print(&results.regions, format);
    }
    let FlagCounts { non_positive, below_floor, clipped, not_decaying, out_of_window, shortened } = &results.flags;
    let columns = [
        ("n_voxels", &results.n_voxels),
        ("n_measured", &results.n_measured),
        ("non_positive", non_positive),
        ("below_floor", below_floor),
        ("clipped", clipped),
        ("not_decaying", not_decaying),
        ("out_of_window", out_of_window),
        ("shortened", shortened),
    ];
    let row = columns.map(|(_, n)| n.to_string()).to_vec();
    match format {
        Format::Json => output::print_json(results),
        _ => output::print_rows(&columns.map(|(name, _)| name), &[row], format),
    }
}
