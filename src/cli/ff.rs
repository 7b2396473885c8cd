//! `myelomri ff`: fat fraction from a map, from water and fat, from an in-/opposed-phase pair, or from raw echoes.

use super::args::{Format, FormatArgs, OutArgs, RegionArgs};
use super::dwi_input::check_same_grid;
use super::echo_args::{EchoArgs, Form};
use super::ff_echoes::Request;
use super::ff_pair::{self, Answers};
use super::qc::{QcArgs, fact, outlines};
use super::region_rows::{self, RegionRow};
use super::t1_args::{T1Args, T1Weighting};
use super::{CliError, Context, echoes, output};
use crate::dixon::{FfUnit, Phase, region_ratio, scaled_map, signal_fat_fraction, two_point};
use crate::error::{Result, Warning};
use crate::image::{MapSidecar, Stored, Volume, read_sidecar, write_volume};
use crate::report::SessionPicture;
use crate::units::Unit;
use clap::Args;
use ndarray::Array3;
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `ff`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Give one of: --fat-fraction with --ff-unit; --water and --fat; --in-phase and --opposed-phase; raw echoes as --magnitude \
        and --phase, or --real and --imag.\n\n\
        Raw echoes (three or more) yield PREFIX_PDFF (percent), _PDFFsd (its Cramer-Rao standard deviation, points), _R2star \
        (1/s), _B0 (Hz), _water, _fat, _residual (1 = noise) and _swap (1 = water and fat may be exchanged).\n\n\
        The other forms write PREFIX_PDFF.nii.gz where --pdff says that the scanner corrected for T1, R2* and the spectrum of fat, else \
        PREFIX_sFF.nii.gz (signal fat fraction), in percent, never clipped; voxels without signal are NaN. An in-/opposed-phase \
        pair with known echo times adds PREFIX_PDFFwater and _PDFFfat: the two proton-density fat fractions that it allows. \
        --correct-t1 adds the corrected fat fraction with the suffix t1.\n\n\
        Example:\n  myelomri ff --water W.nii.gz --fat F.nii.gz --labels spine.nii.gz --scheme totalspineseg -o out/sub-01\n  \
        myelomri ff --magnitude echo-*_mag.nii.gz --phase echo-*_phase.nii.gz -o out/sub-01"
)]
pub struct FfArgs {
    /// Fat-fraction map of the scanner
    #[arg(long, value_name = "MAP", group = "form", requires = "ff_unit")]
    fat_fraction: Option<PathBuf>,
    /// Unit of that map: percent, fraction or permille; refused where the values contradict it
    #[arg(long, value_name = "UNIT", requires = "fat_fraction")]
    ff_unit: Option<FfUnit>,
    /// Water image
    #[arg(long, value_name = "NIFTI", group = "form", requires = "fat")]
    water: Option<PathBuf>,
    /// Fat image, scaled like the water image
    #[arg(long, value_name = "NIFTI", requires = "water")]
    fat: Option<PathBuf>,
    /// In-phase magnitude
    #[arg(long, value_name = "NIFTI", group = "form", requires = "opposed_phase", conflicts_with = "pdff")]
    in_phase: Option<PathBuf>,
    /// Opposed-phase magnitude, scaled like the in-phase image
    #[arg(long, value_name = "NIFTI", requires = "in_phase")]
    opposed_phase: Option<PathBuf>,
    #[command(flatten)]
    echoes: EchoArgs,
    /// Assert that the map or the water and fat images are corrected for T1, R2* and the spectrum of fat (PDFF)
    #[arg(long, conflicts_with_all = ["magnitude", "real"])]
    pdff: bool,
    #[command(flatten)]
    t1: T1Args,
    #[command(flatten)]
    regions: RegionArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    qc: QcArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// What `ff` prints.
#[derive(Debug, Serialize)]
struct FfResults {
    form: &'static str,
    measure: &'static str,
    /// Spectrum of fat, where one enters.
    fat_model: Option<String>,
    /// How an in-/opposed-phase pair was inverted.
    proton_density: Option<ff_pair::Facts>,
    /// T1 weighting, where the excitation is known.
    t1: Option<T1Weighting>,
    n_voxels: usize,
    /// Voxels without a value: no signal.
    n_withheld: usize,
    regions: Vec<RegionRow>,
}

/// A computed map with what must be recorded beside it.
struct Computed {
    form: &'static str,
    method: &'static str,
    map: Volume,
    /// Water and fat, for the ratio of sums.
    parts: Option<(Array3<f32>, Array3<f32>)>,
    /// Both proton-density answers of an in-/opposed-phase pair.
    answers: Option<Answers>,
    parameters: serde_json::Value,
    sources: Vec<PathBuf>,
}

/// Runs `ff`.
pub fn run(args: FfArgs, context: &Context) -> Result<()> {
    let FfArgs {
        fat_fraction,
        ff_unit,
        water,
        fat,
        in_phase,
        opposed_phase,
        echoes: raw,
        pdff,
        t1,
        regions,
        out,
        qc,
        format,
    } = args;
    let form = raw.form().unwrap_or(if in_phase.is_some() { Form::Pair } else { Form::Images });
    raw.check(form)?;
    if raw.form().is_some() {
        let request = Request { echoes: &raw, t1: &t1, regions: &regions, out: &out, qc: &qc, format: format.format };
        return super::ff_echoes::run(&request, context);
    }
    let suffix = if pdff { "_PDFF" } else { "_sFF" };
    let corrected_suffix = format!("{suffix}t1");
    out.check_maps_absent(&[&[suffix, &corrected_suffix], &ff_pair::SUFFIXES[..]].concat())?;
    let image = [&fat_fraction, &water, &in_phase].into_iter().flatten().next().cloned().unwrap_or_default();
    let qc = qc.picture(&out, &image, "ff")?;
    let mut warnings = Vec::new();
    let computed = match (fat_fraction, ff_unit, water.zip(fat), in_phase.zip(opposed_phase)) {
        (Some(map), Some(unit), _, _) => from_map(map, unit, context)?,
        (_, _, Some((water, fat)), _) => from_water_fat([water, fat], context, &mut warnings)?,
        (_, _, _, Some((ip, op))) => from_in_opposed([ip, op], &raw, context, &mut warnings)?,
        _ => {
            return Err(CliError::usage(
                "no images were given",
                "give --fat-fraction and --ff-unit, --water and --fat, --in-phase and --opposed-phase, or --magnitude and --phase",
            )
            .into());
        }
    };
    let Computed { form, method, map, parts, answers, parameters, sources } = computed;
    let stated = read_sidecar(&sources[0])?.unwrap_or_default();
    let weighting = t1.weighting(stated.excitation(), raw.field_strength.or(stated.magnetic_field_strength))?;
    warnings.extend(weighting.as_ref().and_then(T1Weighting::warning));
    let places = region_rows::read(&regions, &map.grid, &map.source, context, &mut warnings)?;
    let mut rows = region_rows::measure(&places, map.data.view(), &map.grid, Unit::Percent);
    if let Some((water, fat)) = &parts
        && let (Some(water), Some(fat)) = (water.as_slice_memory_order(), fat.as_slice_memory_order())
    {
        for (row, place) in rows.iter_mut().zip(places.iter()) {
            row.extra("ratio_of_sums", json!(region_ratio(water, fat, &place.voxels, 0.0)));
        }
    }
    for (row, place) in rows.iter_mut().zip(places.iter()) {
        if let Some(answers) = &answers {
            answers.describe(row, place);
        }
    }
    let corrected = weighting.as_ref().and_then(|weighting| weighting.corrected(&map.data));
    if let Some(corrected) = &corrected {
        region_rows::add_mean(&mut rows, &places, corrected.view(), "mean_t1_corrected");
    }
    let n_voxels = map.data.iter().filter(|value| value.is_finite()).count();
    let results = FfResults {
        form,
        measure: if pdff { "pdff" } else { "sff" },
        fat_model: answers.as_ref().map(|answers| answers.facts.fat_model().to_owned()),
        proton_density: answers.as_ref().map(|answers| answers.facts.clone()),
        t1: weighting,
        n_voxels,
        n_withheld: map.data.len() - n_voxels,
        regions: rows,
    };
    if out.out.is_some() {
        let facts = json!({ "proton_density": results.proton_density, "t1": results.t1, "parameters": parameters });
        let write = |suffix: &str, data: &Array3<f32>, parameters: &serde_json::Value| -> Result<()> {
            let Some(path) = out.path(&format!("{suffix}.nii.gz")) else { return Ok(()) };
            write_volume(&path, &map.grid, data.view(), Stored::F32, out.overwrite())?;
            let sidecar = MapSidecar::new(&suffix[1..], Unit::Percent.ascii(), method, parameters.clone(), &sources);
            Ok(sidecar.with_warnings(&warnings).write_beside(&path, out.overwrite())?)
        };
        write(suffix, &map.data, &parameters)?;
        if let Some(corrected) = &corrected {
            write(&corrected_suffix, corrected, &facts)?;
        }
        for (suffix, answer) in ff_pair::SUFFIXES.iter().zip(answers.iter().flat_map(Answers::maps)) {
            write(suffix, &answer, &facts)?;
        }
    }
    if let Some(picture) = qc {
        let of_grid = |data: Array3<f32>| Volume::new(map.grid.clone(), data);
        let parts = parts.map(|(water, fat)| (of_grid(water), of_grid(fat)));
        let name = &suffix[1..];
        picture.write(SessionPicture {
            facts: &fact(name, &results.regions),
            warnings: &warnings,
            water: parts.as_ref().map(|(water, _)| water),
            fat: parts.as_ref().map(|(_, fat)| fat),
            fat_fraction: Some(&map),
            fat_fraction_name: name,
            dixon_regions: &outlines(&places),
            ..SessionPicture::default()
        })?;
    }
    context.warn(&warnings);
    print(&results, format.format)
}

fn from_map(path: PathBuf, unit: FfUnit, context: &Context) -> Result<Computed> {
    let volume = context.reader.volume(&path)?;
    let data = scaled_map(volume.data.view(), unit)?;
    Ok(Computed {
        form: "fat-fraction",
        method: "scanner's map, scaled to percent",
        map: Volume { data, ..volume },
        parts: None,
        answers: None,
        parameters: json!({"form": "fat-fraction", "ff_unit": unit}),
        sources: vec![path],
    })
}

/// Reads two images and proves that they lie on one grid.
fn read_pair(
    paths: &[PathBuf; 2],
    roles: [&str; 2],
    context: &Context,
    warnings: &mut Vec<Warning>,
) -> Result<[Volume; 2]> {
    let (a, b) = (context.reader.volume(&paths[0])?, context.reader.volume(&paths[1])?);
    check_same_grid((&a.grid, &a.source, roles[0]), (&b.grid, &b.source, roles[1]), warnings)?;
    Ok([a, b])
}

fn from_water_fat(paths: [PathBuf; 2], context: &Context, warnings: &mut Vec<Warning>) -> Result<Computed> {
    let [water, fat] = read_pair(&paths, ["water image", "fat image"], context, warnings)?;
    let data = signal_fat_fraction(water.data.view(), fat.data.view(), 0.0);
    Ok(Computed {
        form: "water-fat",
        method: "100 F/(W+F) with magnitude discrimination (Liu 2007, doi:10.1002/mrm.21301); NaN where W+F = 0",
        map: Volume { grid: water.grid, data, source: water.source },
        parts: Some((water.data, fat.data)),
        answers: None,
        parameters: json!({"form": "water-fat", "floor": 0.0}),
        sources: paths.to_vec(),
    })
}

fn from_in_opposed(
    paths: [PathBuf; 2],
    raw: &EchoArgs,
    context: &Context,
    warnings: &mut Vec<Warning>,
) -> Result<Computed> {
    let [ip, op] = read_pair(&paths, ["in-phase image", "opposed-phase image"], context, warnings)?;
    warnings.push(Warning::new("ff-ambiguous", crate::dixon::two_point::AMBIGUITY));
    let phases = [Phase::In, Phase::Opposed];
    warnings.extend(echoes::phase_warnings(paths.each_ref(), phases, &raw.echo_times_ms, raw.field_strength)?);
    let answers = ff_pair::answers([&ip, &op], &paths, raw, warnings)?;
    let data = two_point(ip.data.view(), op.data.view(), 0.0);
    Ok(Computed {
        form: "in-opposed-phase",
        method: "naive signal fat fraction 100 (IP-OP)/(2 IP); single peak, no R2*; NaN where IP = 0",
        map: Volume { grid: ip.grid, data, source: ip.source },
        parts: None,
        answers,
        parameters: json!({"form": "in-opposed-phase", "floor": 0.0}),
        sources: paths.to_vec(),
    })
}

fn print(results: &FfResults, format: Format) -> Result<()> {
    match format {
        Format::Json => output::print_json(results),
        _ if results.regions.is_empty() => {
            let header = ["form", "measure", "n_voxels", "n_withheld"];
            let row = vec![
                results.form.to_owned(),
                results.measure.to_owned(),
                results.n_voxels.to_string(),
                results.n_withheld.to_string(),
            ];
            output::print_rows(&header, &[row], format)
        }
        _ => region_rows::print(&results.regions, format),
    }
}
