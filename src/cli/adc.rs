//! `myelomri adc`: apparent diffusion coefficient of a series.

use super::adc_maps::{IVIM, MapWriter, suffixes};
use super::args::{Format, FormatArgs, OutArgs, RegionArgs};
use super::dwi_input::{self, BArgs, DwiFile, PackedDwi};
use super::qc::{QcArgs, fact, outlines};
use super::region_rows::{self, RegionRow};
use super::{Context, output};
use crate::diffusion::{AdcFit, AdcImages, AdcParams, BGroup, BSelection, Wanted, adc, b_table, ivim};
use crate::error::Result;
use crate::image::{Signals, Volume, filled};
use crate::report::SessionPicture;
use crate::units::Unit;
use clap::{Args, ValueEnum};
use ndarray::{Array3, Zip};
use serde::Serialize;
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
    qc: QcArgs,
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
pub(super) struct AdcResults {
    pub fit: AdcFit,
    pub b_values: Vec<f64>,
    pub b_groups: Vec<BGroup>,
    pub b_used: Vec<f64>,
    pub b_rule: String,
    pub sigma: Option<Vec<LevelSigma>>,
    pub n_voxels: usize,
    pub n_measured: usize,
    pub flags: FlagCounts,
    pub regions: Vec<RegionRow>,
}

/// Noise at one b.
#[derive(Debug, Serialize)]
pub(super) struct LevelSigma {
    b: f64,
    sigma: f64,
}

/// Number of voxels that carry each flag.
#[derive(Debug, Serialize)]
pub(super) struct FlagCounts {
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
        qc,
        format,
    } = args;
    let NoiseArgs { sigma, noise_floor, rician } = noise;
    let wanted = Wanted { steps: dtype == Dtype::I16, standard_error, residual, computed_b };
    out.required()?;
    let extension = if uncompressed { ".nii" } else { ".nii.gz" };
    let names = suffixes(&wanted).into_iter().chain(IVIM.iter().filter(|_| ivim).map(|name| (*name).to_owned()));
    let suffixes: Vec<String> = names.flat_map(|name| [extension, ".json"].map(|end| format!("{name}{end}"))).collect();
    out.check_absent(&suffixes.iter().map(String::as_str).collect::<Vec<_>>())?;

    let qc = qc.picture(&out, &dwi[0].path, "adc")?;

    let mut warnings = Vec::new();
    let (series, b) = dwi_input::read_packed(&dwi, volumes.b_values.as_ref(), context, &mut warnings)?;
    let selection = BSelection { b_min, b_max, ..volumes.selection(&b) };
    let params =
        AdcParams { fit: fit.into(), selection, sigma, floor_sigmas: noise_floor, rician, ..AdcParams::default() };
    let fitted = adc::fit_images(&series, &b, &params, &wanted);
    series.check_read()?;
    let mut images = fitted?;
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
    let high_b = qc.as_ref().map(|_| highest_b(&series, &b));
    series.check_read()?;
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
    if let (Some(picture), Some((b_value, high_b))) = (qc, high_b) {
        picture.write(SessionPicture {
            facts: &fact("adc", &results.regions),
            warnings: &warnings,
            high_b: Some(&high_b),
            b_value,
            adc: Some(&Volume::new(grid.clone(), measured_adc(&images))),
            diffusion_regions: &outlines(&places),
            ..SessionPicture::default()
        })?;
    }
    writer.write_all(images, &wanted)?;
    if let Some(perfusion) = perfusion {
        writer.write_ivim(perfusion)?;
    }
    context.warn(&warnings);
    print(&results, format.format)
}

/// The highest b-value, s/mm2, and its image.
fn highest_b(series: &PackedDwi, b: &[f64]) -> (f64, Volume) {
    let known = (0..b.len()).filter(|&volume| !b[volume].is_nan());
    let highest = known.max_by(|&x, &y| b[x].total_cmp(&b[y])).unwrap_or(0);
    let mut data = filled(series.grid.dims, 0.0);
    if let Some(values) = data.as_slice_memory_order_mut() {
        series.read(highest, 0, values);
    }
    (b.get(highest).copied().unwrap_or_default(), Volume::new(series.grid.clone(), data))
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
