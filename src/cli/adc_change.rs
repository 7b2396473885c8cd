//! `myelomri adc-change`: two visits' ADC maps and lesions set against each other.

use super::args::{Format, FormatArgs, OutArgs};
use super::dwi_input::check_same_grid;
use super::{CliError, Context, output};
use crate::diffusion::adc_map;
use crate::diffusion::map_change::{
    LesionMatch, MARROW_WCV, MapChange, MapChangeInput, MapChangeParams, map_change, match_lesions,
};
use crate::error::{Result, Warning};
use crate::image::{Grid, Labels, MapSidecar, write_labels};
use crate::units::Unit;
use clap::Args;
use ndarray::ArrayView3;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Flags of `adc-change`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Both maps must lie on one grid. A region's change counts beyond repeatability (-33 % to +49 % for the \
        test-retest variation of 14.5 % found in myeloma marrow), a voxel's only beyond that and its own standard error. With \
        -o it writes PREFIX_change.nii.gz (-1 fell, +1 rose).\n\nADC is not monotone with disease: normal fatty marrow \
        360-420, diffuse disease about 770, focal about 1050, treated above 1400 um2/s, then down again as fat returns.\n\n\
        Example:\n  myelomri adc-change --baseline a_ADC.nii.gz --followup b_ADC.nii.gz --mask bone.nii.gz \\\n    \
        --lesions a_tDV.nii.gz b_tDV.nii.gz -o out/sub-01"
)]
pub struct AdcChangeArgs {
    /// ADC map at baseline, um2/s
    #[arg(long, value_name = "NIFTI")]
    baseline: PathBuf,
    /// ADC map at follow-up, um2/s
    #[arg(long, value_name = "NIFTI")]
    followup: PathBuf,
    /// Where to compare
    #[arg(long, value_name = "MASK")]
    mask: PathBuf,
    /// Standard errors of both maps, um2/s, baseline first
    #[arg(long, value_name = "NIFTI", num_args = 2)]
    standard_error: Vec<PathBuf>,
    /// Lesion labels of both visits (`tdv`), baseline first: matched by common voxels
    #[arg(long, value_name = "NIFTI", num_args = 2)]
    lesions: Vec<PathBuf>,
    /// Within-subject coefficient of variation of ADC, a fraction
    #[arg(long, value_name = "CV", default_value_t = MARROW_WCV)]
    wcv: f64,
    /// Also compare voxels at the border of the mask
    #[arg(long)]
    keep_border: bool,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// What `adc-change` prints.
#[derive(Debug, Serialize)]
struct AdcChangeResults {
    wcv: f64,
    #[serde(flatten)]
    change: MapChange,
    /// Volume of voxels that fell, stayed and rose, mL.
    fell_same_rose_ml: [f64; 3],
    /// Volume of all lesions at both visits, mL.
    #[serde(skip_serializing_if = "Option::is_none")]
    lesions_ml: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lesions: Option<Vec<LesionMatch>>,
}

/// Runs `adc-change`.
pub fn run(args: AdcChangeArgs, context: &Context) -> Result<()> {
    let AdcChangeArgs { baseline, followup, mask, standard_error, lesions, wcv, keep_border, out, format } = args;
    out.check_absent(&["_change.nii.gz", "_change.json"])?;
    let mut warnings = Vec::new();
    let region = context.reader.mask(&mask)?;
    let first = (&region.grid, mask.as_path(), "mask");
    let mut same =
        |grid: &Grid, path: &Path, what: &'static str| check_same_grid(first, (grid, path, what), &mut warnings);
    let mut maps = Vec::new();
    for path in [&baseline, &followup] {
        let map = context.reader.volume(path)?;
        same(&map.grid, path, "ADC map")?;
        maps.push(adc_map::checked(map.data, region.data.view())?);
    }
    let mut errors = Vec::new();
    for path in &standard_error {
        let map = context.reader.volume(path)?;
        same(&map.grid, path, "standard error")?;
        errors.push(map.data);
    }
    let mut labels = Vec::new();
    for path in &lesions {
        let map = context.reader.labels(path)?;
        same(&map.grid, path, "lesions")?;
        labels.push(map.data);
    }
    let views: Vec<ArrayView3<'_, f32>> = errors.iter().map(|map| map.view()).collect();
    let [before, after] = maps.as_slice() else {
        return Err(CliError::usage("two maps are needed", "see --help").into());
    };
    let input = MapChangeInput {
        adc: [before.view(), after.view()],
        standard_error: views.first_chunk::<2>().copied(),
        region: region.data.view(),
    };
    let params = MapChangeParams { wcv, without_border: !keep_border };
    let mut change = map_change(&input, &params)?;
    if standard_error.is_empty() {
        let message =
            "without --standard-error a voxel's change is held against repeatability alone, not against its noise";
        warnings.push(Warning::new("no-standard-error", message));
    }
    let voxel_ml = region.grid.voxel_volume_ml();
    let matched = match labels.as_slice() {
        [before, after] => Some(match_lesions(before.view(), after.view())),
        _ => None,
    };
    let map = std::mem::take(&mut change.map);
    let results = AdcChangeResults {
        wcv,
        fell_same_rose_ml: change.n_fell_same_rose.map(|n| n as f64 * voxel_ml),
        lesions_ml: matched
            .as_ref()
            .map(|all| [0, 1].map(|visit| all.iter().map(|one| one.n_voxels[visit]).sum::<usize>() as f64 * voxel_ml)),
        lesions: matched,
        change,
    };
    if let Some(path) = out.path("_change.nii.gz") {
        let labels = Labels { grid: region.grid.clone(), data: map, source: PathBuf::new() };
        write_labels(&path, &labels, out.overwrite())?;
        let sources = [baseline, followup, mask].into_iter().chain(standard_error).chain(lesions);
        let method = "-1 fell, +1 rose, beyond repeatability and standard error; 0 otherwise";
        let parameters = json!({"parameters": params, "results": results});
        let sidecar = MapSidecar::new("ADC change", Unit::Count.ascii(), method, parameters, sources);
        sidecar.with_warnings(&warnings).write_beside(&path, out.overwrite())?;
    }
    context.warn(&warnings);
    print(&results, format.format)
}

fn print(results: &AdcChangeResults, format: Format) -> Result<()> {
    if format == Format::Json {
        return output::print_json(results);
    }
    let change = &results.change;
    let header = [
        "n_voxels",
        "median_baseline",
        "median_followup",
        "change_pct",
        "allowed_from_pct",
        "allowed_to_pct",
        "beyond_repeatability",
        "fell_ml",
        "same_ml",
        "rose_ml",
        "expected_false_share",
    ];
    let tenth = |value: f64| format!("{value:.1}");
    let mut row = vec![change.n_voxels.to_string()];
    row.extend(change.median_um2_s.map(tenth));
    row.push(tenth(change.change_pct));
    row.extend(change.repeatability_pct.map(tenth));
    row.push(change.is_beyond_repeatability.to_string());
    row.extend(results.fell_same_rose_ml.map(|ml| format!("{ml:.2}")));
    row.push(change.expected_false_share.map(|share| format!("{share:.4}")).unwrap_or_default());
    output::print_rows(&header, &[row], format)?;
    if let (Some(lesions), Format::Table) = (&results.lesions, format) {
        let list = |labels: &[i32]| labels.iter().map(i32::to_string).collect::<Vec<_>>().join(" ");
        let rows: Vec<Vec<String>> = lesions
            .iter()
            .map(|one| {
                let [before, after] = one.n_voxels.map(|n| n.to_string());
                vec![one.fate.to_owned(), list(&one.baseline), list(&one.followup), before, after]
            })
            .collect();
        let header = ["fate", "baseline", "followup", "n_voxels_baseline", "n_voxels_followup"];
        output::print(&format!("\n{}", output::aligned(&header, &rows)))?;
    }
    Ok(())
}
