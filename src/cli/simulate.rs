//! `myelomri simulate`: a digital reference study with known truth.

use super::args::{Format, FormatArgs};
use super::{Context, output};
use crate::error::Result;
use crate::study::simulate::{Effects, Matrix, SimulateOptions, simulate};
use clap::Args;
use indicatif::ProgressBar;
use std::path::PathBuf;

/// Flags of `simulate`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  myelomri simulate study --subjects 6 --responders 2\n  myelomri simulate truth --subjects 1 --responders 0 --matrix full --noise-free\n\nEverything is simulated: no number describes a patient."
)]
pub struct SimulateArgs {
    /// Folder to write the study to; must not exist or be empty
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Number of patients
    #[arg(long, value_name = "N", default_value_t = SimulateOptions::default().subjects)]
    subjects: usize,
    /// How many of them reach CR/VGPR
    #[arg(long, value_name = "N", default_value_t = SimulateOptions::default().responders)]
    responders: usize,
    /// Image sizes: `small` (Dixon 64x96x8, trunk diffusion 48x32x80), `full` (Dixon 256x256x24, whole-body diffusion
    /// 256x256x240) or NxNxN for the whole-body diffusion grid
    #[arg(long, value_name = "SIZE", default_value = "small")]
    matrix: Matrix,
    /// Signal-to-noise ratio of lumbar marrow, in water + fat and at the lowest b-value [default: 40]
    #[arg(long, value_name = "X", conflicts_with = "noise_free")]
    snr: Option<f64>,
    /// No noise; images are stored as 32-bit floats
    #[arg(long)]
    noise_free: bool,
    /// Size of a group effect: difference of the mean change of CR/VGPR, in standard deviations, positive in the
    /// published direction; MARKER is ff, m-protein, tdv, adc, b2m or hb (repeatable)
    #[arg(long, value_name = "MARKER=SIZE", value_parser = effect)]
    effect: Vec<String>,
    /// Also write the scanner's fat-fraction map (PDFF, percent) of each session
    #[arg(long)]
    fat_fraction_map: bool,
    /// Proton density fat fraction of every patient's marrow at baseline, percent, before differences between levels
    /// [default: drawn for each patient, median 18]
    #[arg(long, value_name = "PERCENT")]
    marrow_fat_pct: Option<f64>,
    /// Seed of the random numbers; the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = SimulateOptions::default().seed)]
    seed: u64,
    #[command(flatten)]
    format: FormatArgs,
}

fn effect(text: &str) -> std::result::Result<String, String> {
    Effects::default().set(text).map(|()| text.to_owned())
}

/// Runs `simulate`.
pub fn run(args: SimulateArgs, context: &Context) -> Result<()> {
    let SimulateArgs {
        out,
        subjects,
        responders,
        matrix,
        snr,
        noise_free,
        effect,
        fat_fraction_map,
        marrow_fat_pct,
        seed,
        format,
    } = args;
    let mut effects = Effects::default();
    for assignment in &effect {
        // checked while parsing
        let _ = effects.set(assignment);
    }
    let defaults = SimulateOptions::default();
    let snr = if noise_free { None } else { snr.or(defaults.snr) };
    let options =
        SimulateOptions { subjects, responders, matrix, snr, effects, fat_fraction_map, marrow_fat_pct, seed };
    let bar = if context.shows_progress() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let done = simulate(&out, &options, |finished, all| {
        bar.set_length(all as u64);
        bar.set_position(finished as u64);
    });
    bar.finish_and_clear();
    let done = done?;
    let columns = ["subjects", "responders", "imaging_sessions", "bytes"];
    let row = [done.subjects, done.responders, done.imaging_sessions, done.bytes as usize].map(|n| n.to_string());
    match format.format {
        Format::Json => output::print_json(&done),
        Format::Csv => output::print(&format!("{}\n{}", columns.join(","), row.join(","))),
        Format::Table => output::print(&output::aligned(&columns, &[row.to_vec()])),
    }
}
