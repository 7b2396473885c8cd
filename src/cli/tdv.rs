//! `myelomri tdv`: total diffusion volume of a composed examination.

use super::args::{Format, FormatArgs, OutArgs};
use super::bone_args::BoneArgs;
use super::dwi_input::{self, BArgs, DwiFile, check_same_grid};
use super::fact_args::FactArgs;
use super::lesion_rows::{ExcludeLabels, LevelArgs, TdvResults, place};
use super::qc::QcArgs;
use super::{CliError, Context, output};
use crate::diffusion::signal_check::check_signal;
use crate::diffusion::{
    AdcMaps, AdcParams, Edges, SignalRule, TdvInput, TdvParams, adc, adc_map, computed_dwi, high_b, tdv,
};
use crate::error::{Result, Warning};
use crate::image::{Grid, Labels, MapSidecar, Mask, Series, Volume, generated_by, write_labels, write_text_atomically};
use crate::region::Connectivity;
use crate::report::{Phrase, SessionPicture};
use crate::units::Unit;
use clap::{Args, ValueEnum};
use ndarray::{Array3, ArrayView3};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Flags of `tdv`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Rule and threshold have no default; `--rule half-way --threshold 0.5` is recommended where less than half \
        of the marrow is diseased (see `myelomri explain tdv` for how each rule did on simulated bodies). Normal marrow is \
        3.2 +/- 0.9 times muscle at b = 900 s/mm2, so a ratio of 1 marks all of it.\n\nWrites PREFIX_tDV.nii.gz (lesion \
        numbers, 1 = largest) and PREFIX_lesions.csv.\n\nExample:\n  \
        myelomri tdv --dwi out/sub-01_dwi.nii.gz --bone bone.nii.gz --exclude organs.nii.gz \\\n    --reference muscle.nii.gz \
        --rule half-way --threshold 0.5 --adc-low 300 --adc-high 1500 \\\n    --min-volume-ml 0.5 -o out/sub-01"
)]
pub struct TdvArgs {
    /// Composed diffusion-weighted images: one 4-D file, or several; `FILE:B` gives a file's b-value (s/mm2)
    #[arg(long, value_name = "DWI", required = true, num_args = 1..)]
    dwi: Vec<DwiFile>,
    #[command(flatten)]
    volumes: BArgs,
    /// ADC map, um2/s [default: log-linear fit to the images]
    #[arg(long, value_name = "NIFTI")]
    adc: Option<PathBuf>,
    /// b of the image that the threshold applies to, s/mm2; computed where it was not measured
    #[arg(long, value_name = "B", default_value_t = 900.0)]
    signal_b: f64,
    #[command(flatten)]
    bone: BoneArgs,
    /// What must not count (organs, hardware): every voxel that is not zero; repeatable
    #[arg(long, value_name = "MASK", num_args = 1..)]
    exclude: Vec<PathBuf>,
    #[command(flatten)]
    exclude_labels: ExcludeLabels,
    #[command(flatten)]
    levels: LevelArgs,
    /// Reference tissue (muscle) of the relative rules; with the others it proves that the marrow is not brighter than healthy
    #[arg(long, value_name = "MASK")]
    reference: Option<PathBuf>,
    /// How the threshold is set
    #[arg(long, value_name = "RULE")]
    rule: RuleChoice,
    /// Signal, multiple of a mean or an SD, share of the way, or probability, as the rule says
    #[arg(long, value_name = "X")]
    threshold: f64,
    /// Lowest ADC counted, um2/s
    #[arg(long, value_name = "ADC")]
    adc_low: Option<f64>,
    /// Highest ADC counted, um2/s
    #[arg(long, value_name = "ADC")]
    adc_high: Option<f64>,
    /// Smallest lesion counted, mL
    #[arg(long, value_name = "ML", default_value_t = 0.0)]
    min_volume_ml: f64,
    /// Neighbours that make one lesion: 6, 18 or 26
    #[arg(long, value_name = "N", default_value = "26")]
    connectivity: ConnectivityChoice,
    /// How voxels at the edge of a lesion count: whole, or shared (by the share of lesion in them; for volumes only)
    #[arg(long, value_name = "HOW", default_value = "whole")]
    edges: Edges,
    /// Strength of a Markov random field that makes neighbours agree, e.g. 0.5; 0 = none
    #[arg(long, value_name = "BETA", default_value_t = 0.0)]
    mrf: f64,
    /// Cut points between classes of ADC, um2/s
    #[arg(long, value_name = "X,X,...", value_delimiter = ',', default_values_t = crate::region::ADC_CLASSES_UM2_S)]
    adc_classes: Vec<f64>,
    #[command(flatten)]
    facts: FactArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    qc: QcArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// `--rule`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RuleChoice {
    /// The threshold is a signal
    Absolute,
    /// X times the mean of the reference
    ReferenceRatio,
    /// Mean plus X times the SD of the reference
    ReferenceSd,
    /// X standard deviations above healthy marrow, which is 3.2 +/- 0.9 times the reference (Colombo 2021)
    HealthySd,
    /// X spreads above the mode of the patient's own marrow
    Robust,
    /// The share X (0.5) of the way from the mode of the patient's own marrow to the median of its bright part
    HalfWay,
    /// Where the brighter of two classes of the patient's own marrow has the probability X
    Mixture,
}

impl From<RuleChoice> for SignalRule {
    fn from(choice: RuleChoice) -> Self {
        match choice {
            RuleChoice::Absolute => SignalRule::Absolute,
            RuleChoice::ReferenceRatio => SignalRule::ReferenceRatio,
            RuleChoice::ReferenceSd => SignalRule::ReferenceSd,
            RuleChoice::HealthySd => SignalRule::HealthySd,
            RuleChoice::Robust => SignalRule::Robust,
            RuleChoice::HalfWay => SignalRule::HalfWay,
            RuleChoice::Mixture => SignalRule::Mixture,
        }
    }
}

/// `--connectivity`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ConnectivityChoice {
    /// Faces
    #[value(name = "6")]
    Six,
    /// Faces and edges
    #[value(name = "18")]
    Eighteen,
    /// Faces, edges and corners
    #[value(name = "26")]
    TwentySix,
}

impl From<ConnectivityChoice> for Connectivity {
    fn from(choice: ConnectivityChoice) -> Self {
        match choice {
            ConnectivityChoice::Six => Connectivity::Six,
            ConnectivityChoice::Eighteen => Connectivity::Eighteen,
            ConnectivityChoice::TwentySix => Connectivity::TwentySix,
        }
    }
}

/// Runs `tdv`.
pub fn run(args: TdvArgs, context: &Context) -> Result<()> {
    let TdvArgs {
        dwi,
        volumes,
        adc,
        signal_b,
        bone: bone_args,
        exclude,
        exclude_labels,
        levels,
        reference,
        rule,
        threshold,
        adc_low,
        adc_high,
        min_volume_ml,
        connectivity,
        edges,
        mrf,
        adc_classes,
        facts,
        out,
        qc,
        format,
    } = args;
    let rule = SignalRule::from(rule);
    if rule.needs_reference() && reference.is_none() {
        let message = format!("--rule {} needs --reference", rule.name());
        return Err(CliError::usage(message, "give a mask of muscle with --reference, or use --rule half-way").into());
    }
    out.check_absent(&["_tDV.nii.gz", "_tDV.json", "_lesions.csv"])?;
    let qc = qc.picture(&out, &dwi[0].path, "tdv")?;
    let params = TdvParams {
        rule,
        threshold,
        adc_low,
        adc_high,
        min_volume_ml,
        connectivity: connectivity.into(),
        mrf_beta: mrf,
        adc_classes,
        edges,
    };

    let mut warnings = Vec::new();
    // files are inflated by one thread each, so several are read at a time
    let reader = &context.reader;
    let ((of_dwi, of_bone), (of_adc, of_excluded)) = rayon::join(
        || {
            let mut said = Vec::new();
            let dwi = dwi_input::read(&dwi, volumes.b_values.as_ref(), context, &mut said);
            (dwi.map(|dwi| (dwi, said)), bone_args.read(reader))
        },
        || {
            let adc = adc.as_ref().map(|path| reader.volume(path)).transpose();
            (adc, exclude.iter().map(|path| reader.any_label_mask(path)).collect::<std::result::Result<Vec<Mask>, _>>())
        },
    );
    let ((series, b), said) = of_dwi?;
    warnings.extend(said);
    let Series { grid, data, source } = series;
    let (bone, said) = of_bone?;
    let named = (&bone.grid, bone.source.as_path(), "bone mask");
    check_same_grid((&grid, &source, "diffusion images"), named, &mut warnings)?;
    warnings.extend(said);
    let mut excluded = of_excluded?;
    for mask in &excluded {
        let named = (&mask.grid, mask.source.as_path(), "exclusion mask");
        check_same_grid((&grid, &source, "diffusion images"), named, &mut warnings)?;
    }
    excluded.extend(exclude_labels.read((&grid, &source), context, &mut warnings)?);
    let reference = match &reference {
        Some(path) => Some(read_mask(path, "reference mask", &grid, &source, context, &mut warnings)?),
        None => None,
    };

    let selection = volumes.selection(&b);
    let measured = high_b::measured(data.view(), &selection.kept(&b), signal_b);
    let fitted = match (&adc, &measured) {
        (Some(_), Some(_)) => {
            warnings.extend(check_signal(&data.view(), &b, &selection)?);
            None
        }
        _ => {
            let mut maps = adc::fit(data.view(), &b, &AdcParams { selection, ..AdcParams::default() })?;
            warnings.append(&mut maps.warnings);
            Some(maps)
        }
    };
    drop(data);
    let signal = match (measured, &fitted) {
        (Some(signal), _) => signal,
        (None, Some(AdcMaps { adc, s0, .. })) => {
            warnings.push(high_b::computed_warning(signal_b, &b));
            computed_dwi(s0.view(), adc.view(), signal_b)
        }
        (None, None) => return Err(CliError::usage("no image at --signal-b", "give another --signal-b").into()),
    };
    let adc_map = match of_adc? {
        Some(map) => adc_of(map, &bone, (&grid, &source), &mut warnings)?,
        None => fitted.map(|maps| maps.adc).unwrap_or_default(),
    };

    let views: Vec<ArrayView3<'_, bool>> = excluded.iter().map(|mask| mask.data.view()).collect();
    let input = TdvInput {
        grid: &grid,
        signal: signal.view(),
        adc: adc_map.view(),
        bone: bone.data.view(),
        exclude: &views,
        reference: reference.as_ref().map(|mask| mask.data.view()),
    };
    let mut result = tdv::segment(&input, &params)?;
    warnings.append(&mut result.warnings);
    let levels = levels.read((&grid, &source), context, &mut warnings)?;
    place(&mut result, (&grid, &source), levels.as_ref());
    let found = facts.facts((&input, &source), &result, levels.as_ref(), context, &mut warnings)?;

    let made_by = json!({
        "bone": generated_by(bone_args.path()),
        "exclude": exclude.iter().map(|path| generated_by(path)).collect::<Vec<_>>(),
        "exclude_labels": exclude_labels.path().and_then(generated_by),
        "reference": reference.as_ref().and_then(|mask| generated_by(&mask.source)),
    });
    let (n_exclude, has_reference) = (exclude.len(), reference.is_some());
    let mut sources: Vec<PathBuf> = dwi.into_iter().map(|file| file.path).collect();
    sources.extend(adc.into_iter().chain([bone.source]).chain(exclude).chain(reference.map(|mask| mask.source)));
    sources.extend(levels.map(|(labels, _)| labels.source).into_iter().chain(facts.sources()));
    let parameters = json!({
        "signal_b_s_mm2": signal_b,
        "segmentation": params,
        "bone": bone_args.rule(),
        "excluded_labels": exclude_labels.names(),
        "n_exclusion_masks": n_exclude,
        "has_reference": has_reference,
        "masks_made_by": made_by,
    });
    let labels = Labels { data: std::mem::take(&mut result.labels), grid, source: PathBuf::new() };
    let results = TdvResults { tdv: &result, facts: &found };
    if let Some(picture) = qc {
        picture.write(SessionPicture {
            facts: &[Phrase::fact("tdv", None, Unit::Millilitre.show(result.total_ml))],
            warnings: &warnings,
            high_b: Some(&Volume::new(labels.grid.clone(), signal)),
            b_value: signal_b,
            adc: Some(&Volume::new(labels.grid.clone(), adc_map)),
            lesions: Some(&labels),
            bone: Some(&Mask::new(labels.grid.clone(), bone.data)),
            ..SessionPicture::default()
        })?;
    }
    write(&out, &labels, &results, parameters, &sources, &warnings)?;
    context.warn(&warnings);
    print(&results, format.format)
}

/// Reads a mask that must lie on the grid of the images.
fn read_mask(
    path: &Path,
    role: &str,
    grid: &Grid,
    image: &Path,
    context: &Context,
    warnings: &mut Vec<Warning>,
) -> Result<Mask> {
    let mask = context.reader.one_value_mask(path)?;
    check_same_grid((grid, image, "diffusion images"), (&mask.grid, path, role), warnings)?;
    Ok(mask)
}

/// Proves grid and unit of an ADC map, and makes excluded voxels NaN.
fn adc_of(map: Volume, bone: &Mask, image: (&Grid, &Path), warnings: &mut Vec<Warning>) -> Result<Array3<f32>> {
    let path = map.source.as_path();
    check_same_grid((image.0, image.1, "diffusion images"), (&map.grid, path, "ADC map"), warnings)?;
    Ok(adc_map::checked(map.data, bone.data.view())?)
}

fn write(
    out: &OutArgs,
    labels: &Labels,
    results: &TdvResults<'_>,
    parameters: serde_json::Value,
    sources: &[PathBuf],
    warnings: &[Warning],
) -> Result<()> {
    if let Some(path) = out.path("_lesions.csv") {
        let (header, rows) = results.lesions();
        write_text_atomically(&path, &(output::csv(&header, &rows) + "\n"), out.overwrite())?;
    }
    if let Some(path) = out.path("_tDV.nii.gz") {
        write_labels(&path, labels, out.overwrite())?;
        let parameters = json!({"parameters": parameters, "results": results});
        let method = "bright bone at high b within an ADC window (Blackledge 2014, doi:10.1371/journal.pone.0091779)";
        let sidecar = MapSidecar::new("tDV", Unit::Count.ascii(), method, parameters, sources);
        sidecar.with_warnings(warnings).write_beside(&path, out.overwrite())?;
    }
    Ok(())
}

fn print(results: &TdvResults<'_>, format: Format) -> Result<()> {
    let result = results.tdv;
    let show = |value: Option<f64>| value.map(|v| format!("{v:.1}")).unwrap_or_default();
    match format {
        Format::Json => output::print_json(results),
        Format::Csv => {
            let (header, rows) = results.lesions();
            output::print(&output::csv(&header, &rows))
        }
        Format::Table => {
            let header = ["total_ml", "n_lesions", "gadc_median_um2_s", "gadc_mean_um2_s", "threshold_signal"];
            let row = vec![
                format!("{:.2}", result.total_ml),
                result.n_lesions.to_string(),
                show(result.gadc_median_um2_s),
                show(result.gadc_mean_um2_s),
                format!("{:.1}", result.threshold_signal),
            ];
            let mut text = output::aligned(&header, &[row]);
            let sweep: Vec<Vec<String>> = result
                .sensitivity
                .iter()
                .map(|point| vec![format!("{:.1}", point.factor), format!("{:.2}", point.total_ml)])
                .collect();
            text.push_str(&format!("\n\n{}", output::aligned(&["threshold_factor", "total_ml"], &sweep)));
            let bound = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value}"));
            let classes: Vec<Vec<String>> = result
                .classes
                .iter()
                .map(|class| vec![bound(class.low), bound(class.high), format!("{:.2}", class.volume_ml)])
                .collect();
            text.push_str(&format!("\n\n{}", output::aligned(&["adc_from", "adc_below", "volume_ml"], &classes)));
            text.push_str(&format!("\n\n{}", results.facts.text()));
            output::print(&text)
        }
    }
}
