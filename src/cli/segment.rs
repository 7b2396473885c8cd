//! `myelomri segment`: a label map drawn by a network of the user.

use super::args::{Format, FormatArgs, OutArgs};
use super::qc::{QcArgs, QcPicture};
use super::region_input::file_name;
use super::{CliError, Context, output};
use crate::error::{Result, Warning};
use crate::image::{
    Grid, Labels, MapSidecar, Volume, resample_labels, sha256_bytes, write_labels, write_text_atomically,
};
use crate::report::{Outline, Phrase, SessionPicture};
use crate::segment::{
    Answer, Labelled, Network, Normalised, Patch, Pieces, SegmentError, Settings, engine, in_pieces, network_grid,
    normalised, open, seen_on,
};
use crate::units::Unit;
use clap::Args;
use indicatif::ProgressBar;
use ndarray::{Array4, Axis};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Flags of `segment`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Everything that the network file does not say stands in a TOML file beside it (MODEL.toml): images, \
        axes, voxel size and orientation it wants, normalisation, pieces, classes with their labels; without one a template is \
        printed. Nothing is resampled, turned or scaled that is not stated there. Writes PREFIX_dseg.nii.gz on the grid of the \
        first image, its label table PREFIX_dseg.tsv and a sidecar PREFIX_dseg.json with all settings and the SHA-256 of the \
        network.\n\nExample:\n  myelomri segment sub-01_water.nii.gz --model spine.onnx -o out/sub-01\n  myelomri histogram \
        out/sub-01_PDFF.nii.gz --labels out/sub-01_dseg.nii.gz --scheme out/sub-01_dseg.tsv\n\nNeeds a build with \
        `--features segment`; see `myelomri explain segment`."
)]
pub struct SegmentArgs {
    /// Images on one grid, in the order of the network's channels (NIfTI)
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<PathBuf>,
    /// The network: one ONNX file with its weights inside
    #[arg(long, value_name = "ONNX")]
    model: PathBuf,
    /// What it wants and what it answers (TOML) [default: MODEL with the ending .toml]
    #[arg(long, value_name = "TOML")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    out: OutArgs,
    #[command(flatten)]
    qc: QcArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// What `segment` prints.
#[derive(Debug, Serialize)]
struct Segmented {
    labels: String,
    classes: Vec<ClassRow>,
    warnings: Vec<Warning>,
}

/// One class of the label map.
#[derive(Debug, Serialize)]
struct ClassRow {
    name: String,
    label: i32,
    n_voxels: usize,
    volume_ml: f64,
}

const OUTPUTS: [&str; 3] = ["_dseg.nii.gz", "_dseg.tsv", "_dseg.json"];

/// Runs `segment`.
///
/// # Errors
/// Where images, network and settings cannot be read or do not fit together, or outputs exist.
pub fn run(args: SegmentArgs, context: &Context) -> Result<()> {
    let SegmentArgs { images, model, settings, out, qc, format } = args;
    let engine = engine()?;
    out.required()?;
    out.check_absent(&OUTPUTS)?;
    let qc = qc.picture(&out, &images[0], "segment")?;
    let beside = settings.unwrap_or_else(|| model.with_extension("toml"));
    let bytes = std::fs::read(&model).map_err(|error| unread(&model, &error))?;
    let settings = read_settings(&model, &beside)?;
    if images.len() != settings.channels.len() {
        let named = settings.channels.join(", ");
        let (given, wanted) = (images.len(), settings.channels.len());
        let message = format!("{given} images are given, the network's settings name {wanted}: {named}");
        return Err(CliError::mismatch("network-mismatch", message, "give these images in this order").into());
    }
    let network = open(&bytes, &file_name(&model), settings.axes, images.len())?;
    let mut warnings = Vec::new();
    let volumes = read_images(&images, context, &mut warnings)?;
    let image_grid = volumes[0].grid.clone();
    let grid = network_grid(&image_grid, settings.orientation.as_deref(), settings.spacing_mm);
    if grid != image_grid {
        context.say(format!("the network sees {}  instead of {}", grid.describe(), image_grid.describe()));
    }
    let axes = settings.axes.order();
    let pieces = pieces(&settings, network.as_ref(), axes.map(|axis| grid.dims[axis]))?;
    check_memory(&grid, &settings, &pieces, context)?;
    let (seen, scales) = prepared(volumes, &settings, &grid)?;
    let bar = if context.shows_progress() { ProgressBar::new(pieces.n() as u64) } else { ProgressBar::hidden() };
    let run = |piece| network.run(piece);
    let data = in_pieces(seen.view(), &pieces, settings.classes.len(), &run, &|| bar.inc(1))?;
    bar.finish_and_clear();
    drop(seen);
    let Labelled { data, n_contested } = Answer { data }.labels(&settings);
    let labels = Labels { grid: grid.clone(), data, source: PathBuf::new() };
    let labels = if grid == image_grid { labels } else { resample_labels(&labels, &image_grid) };
    let rows = rows(&labels, &settings);
    warnings.extend(told(&rows, n_contested));

    if let Some(qc) = qc {
        draw(&qc, (&images[0], &settings.channels[0]), (&labels, &rows), &warnings, context)?;
    }
    let (Some(path), Some(table)) = (out.path(OUTPUTS[0]), out.path(OUTPUTS[1])) else { return Ok(()) };
    let parameters = json!({
        "network": {"file": file_name(&model), "sha256": sha256_bytes(&bytes), "engine": engine},
        "settings": settings,
        "image_grid": image_grid.describe(),
        "network_grid": grid.describe(),
        "back_on_image": if grid == image_grid { "same grid" } else { "nearest neighbour" },
        "normalised": scales,
        "pieces": {"n": pieces.n(), "size": &pieces.size()[..settings.axes.n()]},
        "n_contested": n_contested,
    });
    let method = "a network given by the user, run piece by piece; see Parameters";
    let sidecar = MapSidecar::new("segmentation", "label", method, parameters, &images).with_warnings(&warnings);
    write_labels(&path, &labels, out.overwrite())?;
    write_text_atomically(&table, &settings.label_table(), out.overwrite())?;
    sidecar.write_beside(&path, out.overwrite())?;
    context.warn(&warnings);
    print(&Segmented { labels: file_name(&path), classes: rows, warnings }, format.format)
}

fn unread(path: &Path, error: &std::io::Error) -> CliError {
    let message = format!("cannot read {}: {error}", path.display());
    CliError::unreadable("file-not-found", message, "check the path")
}

fn read_settings(model: &Path, beside: &Path) -> Result<Settings> {
    let file = file_name(beside);
    match std::fs::read_to_string(beside) {
        Ok(text) => Ok(Settings::parse(&text).map_err(|reason| SegmentError::Settings { file, reason })?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(SegmentError::NoSettings { network: file_name(model), settings: file }.into())
        }
        Err(error) => Err(unread(beside, &error).into()),
    }
}

fn read_images(images: &[PathBuf], context: &Context, warnings: &mut Vec<Warning>) -> Result<Vec<Volume>> {
    let mut volumes: Vec<Volume> = Vec::new();
    for path in images {
        let volume = context.reader.volume(path)?;
        if let Some(first) = volumes.first() {
            let files = [file_name(&images[0]), file_name(path)];
            let said = first.grid.check_same(&volume.grid, ["first image", "image"], [&files[0], &files[1]])?;
            warnings.extend(said);
        }
        volumes.push(volume);
    }
    Ok(volumes)
}

/// Pieces of the stated size, else of the one that is fixed in the network, else the whole image.
fn pieces(settings: &Settings, network: &dyn Network, dims: [usize; 3]) -> Result<Pieces> {
    let fixed = network.fixed();
    let (mut size, overlap, blend) = match &settings.patch {
        Some(Patch { size, overlap, blend }) => (size.clone(), *overlap, *blend),
        None => (Vec::new(), 0.5, Default::default()),
    };
    for axis in size.len()..3 {
        let is_slice = axis >= settings.axes.n();
        size.push(if is_slice { 1 } else { fixed[axis].unwrap_or(dims[axis]) });
    }
    let size = [size[0], size[1], size[2]];
    if let Some(axis) = (0..3).find(|&axis| fixed[axis].is_some_and(|side| side != size[axis])) {
        let shown = fixed.map(|side| side.map_or("any".to_owned(), |side| side.to_string())).join(" x ");
        return Err(SegmentError::Shape {
            what: "size of a piece",
            network: shown,
            other: format!("[patch] size states {} in place {}", size[axis], axis + 1),
        }
        .into());
    }
    Ok(Pieces::over(dims, size, overlap, blend))
}

/// Says what the work takes, and refuses what the machine does not have.
fn check_memory(grid: &Grid, settings: &Settings, pieces: &Pieces, context: &Context) -> Result<()> {
    let n_values = settings.channels.len() * 2 + settings.classes.len() + 2;
    let bytes = 4 * grid.n_voxels() as u64 * n_values as u64;
    let gb = |bytes: u64| bytes as f64 / 1e9;
    let pieces = if pieces.n() == 1 { "1 piece".to_owned() } else { format!("{} pieces", pieces.n()) };
    context.say(format!("{pieces}, {:.1} GB beside what the network itself takes on each thread", gb(bytes)));
    let Some(there) = available_bytes().filter(|&there| there < bytes) else { return Ok(()) };
    let message = format!(
        "{} classes on {} need {:.1} GB, {:.1} GB are free",
        settings.classes.len(),
        grid.describe(),
        gb(bytes),
        gb(there)
    );
    Err(CliError::mismatch("out-of-memory", message, "cut the image to the spine, or use a machine with more memory")
        .into())
}

/// Free memory where the system tells it (Linux).
fn available_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// The images as the network sees them, `[channels, axes...]`, and what was done to their values.
fn prepared(volumes: Vec<Volume>, settings: &Settings, grid: &Grid) -> Result<(Array4<f32>, Vec<Normalised>)> {
    let order = settings.axes.order();
    let dims = order.map(|axis| grid.dims[axis]);
    let mut all = Array4::zeros((volumes.len(), dims[0], dims[1], dims[2]));
    let mut scales = Vec::new();
    for (mut target, volume) in all.axis_iter_mut(Axis(0)).zip(volumes) {
        let name = file_name(&volume.source);
        normalised(volume.data.view(), crate::segment::Normalise::None, &name)?;
        let seen = seen_on(&volume, grid);
        let scale = normalised(seen.data.view(), settings.normalise, &name)?;
        target.assign(&seen.data.view().permuted_axes(order));
        target.mapv_inplace(|value| scale.of(value));
        scales.push(scale);
    }
    Ok((all, scales))
}

fn rows(labels: &Labels, settings: &Settings) -> Vec<ClassRow> {
    let voxel_ml = labels.grid.voxel_volume_ml();
    let row = |class: &crate::segment::Class| {
        let n_voxels = labels.data.iter().filter(|&&label| label == class.label).count();
        ClassRow { name: class.name.clone(), label: class.label, n_voxels, volume_ml: n_voxels as f64 * voxel_ml }
    };
    settings.classes.iter().filter(|class| class.label != 0).map(row).collect()
}

/// The first image with the contours and names of what was found.
fn draw(
    qc: &QcPicture,
    (image, channel): (&Path, &str),
    (labels, rows): (&Labels, &[ClassRow]),
    warnings: &[Warning],
    context: &Context,
) -> Result<()> {
    let image = context.reader.volume(image)?;
    let mut voxels: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    // memory order: the first axis runs fastest
    for (voxel, &label) in labels.data.t().iter().enumerate().filter(|(_, label)| **label != 0) {
        voxels.entry(label).or_default().push(voxel as u32);
    }
    let there = rows.iter().filter_map(|row| Some((row, voxels.get(&row.label)?)));
    let outlines: Vec<Outline> = there.map(|(row, voxels)| Outline { name: &row.name, voxels }).collect();
    let found: f64 = rows.iter().map(|row| row.volume_ml).sum();
    qc.write(SessionPicture {
        facts: &[Phrase::labelled_volume(found)],
        warnings,
        other: Some((channel, &image, Unit::Arbitrary)),
        dixon_regions: &outlines,
        ..SessionPicture::default()
    })
}

/// What is odd about the result.
fn told(rows: &[ClassRow], n_contested: usize) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if rows.iter().all(|row| row.n_voxels == 0) {
        let message =
            "the network found nothing: check its settings (orientation, axes, normalisation) against its training";
        warnings.push(Warning::new("empty-segmentation", message));
    }
    if n_contested > 0 {
        let message = format!("{n_contested} voxels reached the threshold of several classes: the largest has them");
        warnings.push(Warning::new("contested-voxels", message));
    }
    warnings
}

fn print(results: &Segmented, format: Format) -> Result<()> {
    if format == Format::Json {
        return output::print_json(results);
    }
    let cells = |row: &ClassRow| {
        vec![row.name.clone(), row.label.to_string(), row.n_voxels.to_string(), format!("{:.2}", row.volume_ml)]
    };
    let rows: Vec<Vec<String>> = results.classes.iter().map(cells).collect();
    output::print_rows(&["class", "label", "n_voxels", "volume_ml"], &rows, format)
}
