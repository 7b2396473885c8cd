//! `myelomri import`: DICOM becomes a study.

use super::args::{Format, FormatArgs};
use super::{Context, output};
use crate::error::Result;
use crate::study::import::{Choice, ImportOptions, Imported, import};
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use std::path::PathBuf;

/// Flags of `import`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  myelomri import /media/cd study\n  myelomri import export1 export2 study --subject-map ~/safe/map.csv\n\nSTUDY/roles.csv has a row for each series with its role and the evidence. Rows that say `ambiguous` are not imported: set their\nrole and run the same command again. No name, date, number or free text of a patient reaches STUDY. See `myelomri explain import`."
)]
pub struct ImportArgs {
    /// DICOM files or folders of any depth; names say nothing, other files are skipped
    #[arg(value_name = "DICOM", required = true, num_args = 1..)]
    dicom: Vec<PathBuf>,
    /// Study folder to write to; sub-X/ses-Y/{anat,dwi}/ and roles.csv
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// Who converts: dcm2niix (checked against the headers), this program (simple classic and enhanced series), or dcm2niix
    /// where it is found and this program where that one fails
    #[arg(long, value_name = "PROGRAM", default_value = "auto")]
    converter: ConverterChoice,
    /// Place of dcm2niix [default: on PATH]
    #[arg(long, value_name = "PATH")]
    dcm2niix: Option<PathBuf>,
    /// Table patient_id,subject[,study_date,session] of the labels to use; must lie outside STUDY [default: sub-001 ... in
    /// ascending order of the patient ID]
    #[arg(long, value_name = "CSV")]
    subject_map: Option<PathBuf>,
    /// Names of a patient's sessions in the order of the study dates
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "baseline,cycle2")]
    sessions: Vec<String>,
    /// Convert again what has not changed, and replace what another import made
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    format: FormatArgs,
}

/// `--converter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConverterChoice {
    /// dcm2niix where it is found, this program where it is not or fails
    Auto,
    /// dcm2niix alone
    Dcm2niix,
    /// This program alone
    Builtin,
}

impl From<ConverterChoice> for Choice {
    fn from(choice: ConverterChoice) -> Choice {
        match choice {
            ConverterChoice::Auto => Choice::Auto,
            ConverterChoice::Dcm2niix => Choice::Dcm2niix,
            ConverterChoice::Builtin => Choice::Builtin,
        }
    }
}

/// Runs `import`.
pub fn run(args: ImportArgs, context: &Context) -> Result<()> {
    let ImportArgs { dicom, study, converter, dcm2niix, subject_map, sessions, force, format } = args;
    let options =
        ImportOptions { roots: dicom, study, choice: converter.into(), dcm2niix, subject_map, sessions, force };
    let bar = if context.shows_progress() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let done = import(&options, |_, all| {
        bar.set_length(all as u64);
        bar.inc(1);
    });
    bar.finish_and_clear();
    let done = done?;
    tell(&done, context);
    show(&done, format.format)?;
    done.failure().map_or(Ok(()), |failure| Err(failure.into()))
}

fn tell(done: &Imported, context: &Context) {
    context.say(format!("converter: {}", done.converter));
    for note in &done.notes {
        context.say(note);
    }
    for session in &done.skipped {
        context.say(format!("{session}: skipped, nothing has changed (--force converts it again)"));
    }
}

/// Prints one line a series.
fn show(done: &Imported, format: Format) -> Result<()> {
    if format == Format::Json {
        return output::print_json(done);
    }
    let header = ["subject", "session", "series", "images", "role", "index", "evidence"];
    let rows: Vec<Vec<String>> = done
        .rows
        .iter()
        .map(|row| {
            let number = row.series_number.to_string();
            let images = row.images.to_string();
            [&row.subject, &row.session, &number, &images, &row.role, &row.index, &row.evidence]
                .map(String::clone)
                .to_vec()
        })
        .collect();
    output::print_rows(&header, &rows, format)
}
