//! `measure`: all biomarkers of all sessions of a study.

use super::args::{Format, FormatArgs};
use super::{Context, output};
use crate::error::Result;
use crate::pipeline::{self, MeasureRequest};
use crate::study::{BatchSummary, Selected};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which level of a BIDS App.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Measure each session
    Participant,
    /// Gather the measured sessions into tables, as `collect` does
    Group,
}

/// Which sessions, for `measure` and `run`.
#[derive(Debug, Clone, Args)]
pub struct SelectionArgs {
    /// Only these subjects (`sub-` may be left out)
    #[arg(long, value_name = "LABEL", num_args = 1.., value_delimiter = ',')]
    pub participant_label: Vec<String>,
    /// Only these sessions (`ses-` may be left out)
    #[arg(long, value_name = "LABEL", num_args = 1.., value_delimiter = ',')]
    pub session_label: Vec<String>,
    /// Measure again what has not changed
    #[arg(long)]
    pub force: bool,
}

impl SelectionArgs {
    /// The request that these flags and positionals make.
    pub fn request(self, study: PathBuf, out: PathBuf, context: &Context) -> MeasureRequest {
        let SelectionArgs { participant_label, session_label, force } = self;
        MeasureRequest {
            study,
            out,
            selected: Selected { participants: participant_label, sessions: session_label },
            force,
            threads: context.threads,
            progress: context.shows_progress(),
        }
    }
}

/// Arguments of `measure`.
///
/// Example: `myelomri measure data-sample out participant --participant-label 001 002`
#[derive(Debug, Args)]
pub struct MeasureArgs {
    /// Study folder with study.toml and sub-X/ses-Y/{anat,dwi}/ or manifest.csv
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// Folder for the results; new, empty, or one that this program made
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Level of the BIDS App
    #[arg(value_name = "LEVEL", default_value = "participant")]
    level: Level,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Runs `measure`.
///
/// # Errors
/// Where the study or the output cannot be used, or sessions failed.
pub fn measure(args: MeasureArgs, context: &Context) -> Result<()> {
    let MeasureArgs { study, out, level, selection, format } = args;
    if level == Level::Group {
        let prefix = out.join("tables").join("group");
        return super::collect::collect_into(&out, &prefix, selection.force);
    }
    let summary = pipeline::measure(&selection.request(study, out, context))?;
    tell(&summary, context);
    show(&summary, format.format)?;
    summary.failure().map_or(Ok(()), |failure| Err(failure.into()))
}

/// Says on stderr what was skipped and noticed.
pub fn tell(summary: &BatchSummary, context: &Context) {
    for session in &summary.skipped {
        context.say(format!("{session}: skipped, nothing has changed (--force measures it again)"));
    }
    if !context.quiet {
        for (session, warning) in &summary.warnings {
            eprintln!("{session}: {warning}");
        }
    }
}

/// Prints one line a session.
fn show(summary: &BatchSummary, format: Format) -> Result<()> {
    let fate = |name: &str, failed: Option<&String>| match failed {
        Some(slug) => format!("failed: {slug}"),
        None if summary.skipped.iter().any(|skipped| skipped == name) => "skipped".to_owned(),
        None => "measured".to_owned(),
    };
    let rows: Vec<Vec<String>> = summary
        .states
        .iter()
        .map(|state| {
            let name = format!("sub-{}_ses-{}", state.subject, state.session);
            vec![state.subject.clone(), state.session.clone(), fate(&name, state.failure.as_ref())]
        })
        .collect();
    let header = ["subject", "session", "state"];
    match format {
        Format::Table => output::print(&output::aligned(&header, &rows)),
        Format::Csv => output::print(&output::csv(&header, &rows)),
        Format::Json => {
            let sessions: Vec<_> = rows
                .iter()
                .map(|row| serde_json::json!({ "subject": row[0], "session": row[1], "state": row[2] }))
                .collect();
            output::print_json(&serde_json::json!({ "sessions": sessions }))
        }
    }
}
