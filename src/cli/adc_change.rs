//! `myelomri adc-change`: two visits' ADC maps and lesions set against each other.

use super::args::{Format, FormatArgs, OutArgs};
use super::dwi_input::check_same_grid;
use super::lesion_visits::{BoneOverlap, LesionVolumes};
use super::qc::QcArgs;
use super::visit_motion::{MotionArgs, VisitMotion};
use super::{Context, output};
use crate::diffusion::DiffusionError;
use crate::diffusion::adc_map;
use crate::diffusion::map_change::{
    LesionMatch, MARROW_WCV, MapChange, MapChangeInput, MapChangeParams, lesion_sizes, map_change, match_lesions,
};
use crate::diffusion::map_smooth::smooth_inside;
use crate::error::{Result, Warning};
use crate::image::{
    Grid, Interpolation, Labels, MapSidecar, Mask, Volume, resample_labels_through, resample_volume,
    write_bytes_atomically, write_labels, write_text_atomically,
};
use crate::report::{AdcVisitsPicture, Phrase, VisitsPicture, adc_visits, visits};
use crate::units::Unit;
use clap::Args;
use ndarray::{Array3, ArrayView3};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Flags of `adc-change`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Both visits must lie on one grid, or the follow-up is brought to the baseline by --transform or \
        --register; nothing is resampled unless that is asked for. A region's change counts beyond repeatability (-33 % to +49 % for the \
        test-retest variation of 14.5 % found in myeloma marrow), a voxel's only beyond that and its own standard error. With \
        -o it writes PREFIX_change.nii.gz (-1 fell, +1 rose), and after --register PREFIX_registration.png, and \
        PREFIX_transform.txt where all moves as one.\n\nADC is not monotone with disease: normal fatty marrow \
        360-420, diffuse disease about 770, focal about 1050, treated above 1400 um2/s, then down again as fat returns.\n\n\
        Example:\n  myelomri adc-change --baseline a_ADC.nii.gz --followup b_ADC.nii.gz --mask bone.nii.gz \\\n    \
        --lesions a_tDV.nii.gz b_tDV.nii.gz --register a_dwi.nii.gz b_dwi.nii.gz -o out/sub-01"
)]
pub struct AdcChangeArgs {
    /// ADC map at baseline, um2/s
    #[arg(long, value_name = "NIFTI")]
    baseline: PathBuf,
    /// ADC map at follow-up, um2/s
    #[arg(long, value_name = "NIFTI")]
    followup: PathBuf,
    /// Where to compare, on the grid of the baseline
    #[arg(long, value_name = "MASK")]
    mask: PathBuf,
    /// Standard errors of both maps, um2/s, baseline first
    #[arg(long, value_name = "NIFTI", num_args = 2)]
    standard_error: Vec<PathBuf>,
    /// Lesion labels of both visits (`tdv`), baseline first, each on the grid of its map: matched by common voxels
    #[arg(long, value_name = "NIFTI", num_args = 2)]
    lesions: Vec<PathBuf>,
    /// Bone masks of both visits, baseline first, each on the grid of its map: how far both outline the same bone
    #[arg(long, value_name = "MASK", num_args = 2)]
    bones: Vec<PathBuf>,
    /// Within-subject coefficient of variation of ADC, a fraction
    #[arg(long, value_name = "CV", default_value_t = MARROW_WCV)]
    wcv: f64,
    /// Also compare voxels at the border of the mask
    #[arg(long)]
    keep_border: bool,
    /// Smooth both maps inside the mask before voxels are judged: full width at half maximum, mm
    #[arg(long, value_name = "MM", default_value_t = 0.0)]
    smooth_mm: f64,
    #[command(flatten)]
    motion: MotionArgs,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    qc: QcArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// What `adc-change` prints.
#[derive(Debug, Serialize)]
struct AdcChangeResults {
    wcv: f64,
    smooth_mm: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    motion: Option<VisitMotion>,
    #[serde(flatten)]
    change: MapChange,
    /// Volume of voxels that fell, stayed and rose, mL.
    fell_same_rose_ml: [f64; 3],
    #[serde(flatten)]
    volumes: Option<LesionVolumes>,
    #[serde(flatten)]
    bones: Option<BoneOverlap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lesions: Option<Vec<LesionMatch>>,
}

/// One visit: its map, its standard error, its lesions; on the grid of the map.
struct VisitMaps {
    adc: Volume,
    error: Option<Array3<f32>>,
    lesions: Option<Labels>,
    lesion_sizes: BTreeMap<i32, usize>,
    voxel_ml: f64,
}

impl VisitMaps {
    fn read(
        files: (&Path, Option<&PathBuf>, Option<&PathBuf>),
        context: &Context,
        warnings: &mut Vec<Warning>,
    ) -> Result<VisitMaps> {
        let (adc_path, error_path, lesion_path) = files;
        let adc = context.reader.volume(adc_path)?;
        let mut same = |grid: &Grid, path: &Path, what: &'static str| {
            check_same_grid((&adc.grid, adc_path, "ADC map"), (grid, path, what), warnings)
        };
        let mut error = None;
        if let Some(path) = error_path {
            let map = context.reader.volume(path)?;
            same(&map.grid, path, "standard error")?;
            error = Some(map.data);
        }
        let mut lesions = None;
        if let Some(path) = lesion_path {
            let map = context.reader.labels(path)?;
            same(&map.grid, path, "lesions")?;
            lesions = Some(map);
        }
        let lesion_sizes = lesions.as_ref().map(|map| lesion_sizes(map.data.view())).unwrap_or_default();
        let voxel_ml = adc.grid.voxel_volume_ml();
        Ok(VisitMaps { adc, error, lesions, lesion_sizes, voxel_ml })
    }

    /// Pulled onto the baseline's grid.
    fn through(self, motion: &VisitMotion, grid: &Grid) -> VisitMaps {
        let place = |at: [f64; 3]| motion.motion.at(at);
        let VisitMaps { mut adc, error, lesions, lesion_sizes, voxel_ml } = self;
        // what was not measured must not enter its neighbours
        adc.data.par_mapv_inplace(|adc| if adc > 0.0 { adc } else { f32::NAN });
        let error = error.map(|data| {
            let volume = Volume { grid: adc.grid.clone(), data, source: PathBuf::new() };
            resample_volume(&volume, grid, place, Interpolation::StandardError).data
        });
        let lesions = lesions.map(|labels| resample_labels_through(&labels, grid, place));
        VisitMaps {
            adc: resample_volume(&adc, grid, place, Interpolation::Linear),
            error,
            lesions,
            lesion_sizes,
            voxel_ml,
        }
    }

    /// Unmeasured as NaN, the unit proved, smoothed where asked for.
    fn prepared(mut self, region: &Mask, smooth_mm: f64) -> Result<VisitMaps> {
        let adc = adc_map::checked(self.adc.data, region.data.view())?;
        self.adc.data = adc;
        if smooth_mm > 0.0 {
            let error = self.error.as_ref().map(|error| error.view());
            let spacing = region.grid.spacing_mm();
            (self.adc.data, self.error) =
                smooth_inside(self.adc.data.view(), error, region.data.view(), spacing, smooth_mm);
        }
        Ok(self)
    }
}

/// Runs `adc-change`.
pub fn run(args: AdcChangeArgs, context: &Context) -> Result<()> {
    let AdcChangeArgs {
        baseline,
        followup,
        mask,
        standard_error,
        lesions,
        bones,
        wcv,
        keep_border,
        smooth_mm,
        motion: motion_args,
        out,
        qc,
        format,
    } = args;
    let qc = qc.picture(&out, &baseline, "adc-change")?;
    out.check_absent(&["_change.nii.gz", "_change.json"])?;
    if motion_args.registers() {
        out.check_absent(&["_registration.png", "_transform.txt"])?;
    }
    if !(0.0..=50.0).contains(&smooth_mm) {
        let problem = format!("a smoothing of {smooth_mm} mm is not between 0 and 50");
        return Err(DiffusionError::Parameter { problem }.into());
    }
    let mut warnings = Vec::new();
    let region = context.reader.mask(&mask)?;
    let first = (&region.grid, mask.as_path(), "mask");
    let before = VisitMaps::read((&baseline, standard_error.first(), lesions.first()), context, &mut warnings)?;
    check_same_grid(first, (&before.adc.grid, &baseline, "ADC map"), &mut warnings)?;
    let mut after = VisitMaps::read((&followup, standard_error.get(1), lesions.get(1)), context, &mut warnings)?;
    let of_bone = |path: &PathBuf, adc: &Volume, warnings: &mut Vec<Warning>| -> Result<Mask> {
        let mask = context.reader.one_value_mask(path)?;
        let map = (&adc.grid, adc.source.as_path(), "ADC map");
        check_same_grid(map, (&mask.grid, path, "bone mask"), warnings)?;
        Ok(mask)
    };
    let bone_masks = match bones.as_slice() {
        [first, second] => {
            Some([of_bone(first, &before.adc, &mut warnings)?, of_bone(second, &after.adc, &mut warnings)?])
        }
        _ => None,
    };
    let motion = motion_args.motion(&region, context, &mut warnings)?;
    after = match &motion {
        Some(motion) => after.through(motion, &region.grid),
        None => {
            check_same_grid(first, (&after.adc.grid, &followup, "ADC map"), &mut warnings)?;
            after
        }
    };
    let (before, after) = (before.prepared(&region, smooth_mm)?, after.prepared(&region, smooth_mm)?);
    let errors: Option<[ArrayView3<'_, f32>; 2]> = match (&before.error, &after.error) {
        (Some(before), Some(after)) => Some([before.view(), after.view()]),
        _ => None,
    };
    let input = MapChangeInput {
        adc: [before.adc.data.view(), after.adc.data.view()],
        standard_error: errors,
        region: region.data.view(),
    };
    let params = MapChangeParams { wcv, without_border: !keep_border };
    let mut change = map_change(&input, &params)?;
    if standard_error.is_empty() {
        let message =
            "without --standard-error a voxel's change is held against repeatability alone, not against its noise";
        warnings.push(Warning::new("no-standard-error", message));
    }
    let matched = match (&before.lesions, &after.lesions) {
        (Some(labels), Some(others)) => {
            let sizes = [before.lesion_sizes.clone(), after.lesion_sizes.clone()];
            Some(match_lesions(labels.data.view(), others.data.view(), &sizes))
        }
        _ => None,
    };
    let map = std::mem::take(&mut change.map);
    let ml = |visit: &VisitMaps| visit.lesion_sizes.values().sum::<usize>() as f64 * visit.voxel_ml;
    let volumes = match lesions.as_slice() {
        [first, second] => Some(LesionVolumes::new([ml(&before), ml(&after)], [first, second], &mut warnings)),
        _ => None,
    };
    let results = AdcChangeResults {
        wcv,
        smooth_mm,
        fell_same_rose_ml: change.n_fell_same_rose.map(|n| n as f64 * before.voxel_ml),
        volumes,
        bones: bone_masks
            .map(|masks| BoneOverlap::new(masks, motion.as_ref().map(|motion| &motion.motion), &mut warnings)),
        lesions: matched,
        motion,
        change,
    };
    if let Some(qc) = qc {
        let facts = [Phrase::adc_change(results.change.median_um2_s, results.change.change_pct)];
        let adc = [&before.adc, &after.adc];
        let (title, change) = (qc.title(), map.view());
        let picture = AdcVisitsPicture { title, facts: &facts, warnings: &warnings, adc, region: &region, change };
        qc.save(&adc_visits(&picture)?)?;
    }
    if let Some(path) = out.path("_change.nii.gz") {
        let labels = Labels { grid: region.grid.clone(), data: map, source: PathBuf::new() };
        write_labels(&path, &labels, out.overwrite())?;
        let sources = [baseline, followup, mask].into_iter().chain(standard_error).chain(lesions).chain(bones);
        let sources = sources.chain(motion_args.sources());
        let method = "-1 fell, +1 rose, beyond repeatability and standard error; 0 otherwise";
        let parameters = json!({"parameters": params, "results": results});
        let sidecar = MapSidecar::new("ADC change", Unit::Count.ascii(), method, parameters, sources);
        sidecar.with_warnings(&warnings).write_beside(&path, out.overwrite())?;
    }
    if let Some(motion) = &results.motion {
        write_motion(&out, motion, &region, &warnings)?;
    }
    context.warn(&warnings);
    print(&results, format.format)
}

/// The picture of a registration, and its transform where it is one.
fn write_motion(out: &OutArgs, motion: &VisitMotion, region: &Mask, warnings: &[Warning]) -> Result<()> {
    if let (Some(path), Some([fixed, moving])) = (out.path("_registration.png"), &motion.images) {
        let pulled = |place: &(dyn Fn([f64; 3]) -> [f64; 3] + Sync)| {
            resample_volume(moving, &region.grid, place, Interpolation::Linear)
        };
        let picture = VisitsPicture {
            title: "registration of the follow-up to the baseline",
            facts: &motion.facts(),
            warnings,
            baseline: fixed,
            before: &pulled(&|at| at),
            after: &pulled(&|at| motion.motion.at(at)),
            region,
        };
        write_bytes_atomically(&path, &visits(&picture)?, out.overwrite())?;
    }
    if let (Some(path), Some(text)) = (out.path("_transform.txt"), motion.text()) {
        let text = format!("# baseline world to follow-up world, mm, RAS+\n{text}");
        write_text_atomically(&path, &text, out.overwrite())?;
    }
    Ok(())
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
    if let (Some(motion), Format::Table) = (&results.motion, format) {
        let (header, rows) = motion.rows();
        if !rows.is_empty() {
            output::print(&format!("\n{}", output::aligned(&header, &rows)))?;
        }
    }
    if let (Some(volumes), Format::Table) = (&results.volumes, format) {
        let (header, row) = volumes.row();
        output::print(&format!("\n{}", output::aligned(&header, &[row])))?;
    }
    if let (Some(bones), Format::Table) = (&results.bones, format) {
        let (header, row) = bones.row();
        output::print(&format!("\n{}", output::aligned(&header, &[row])))?;
    }
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
