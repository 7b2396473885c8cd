//! `doctor`: what a study holds, what blocks it, and how to mend that, before anything is measured.

use super::args::{Format, FormatArgs};
use super::{Context, output};
use crate::error::Result;
use crate::pipeline::{DoctorReport, Finding, IdentityRow, SessionReport, doctor};
use crate::study::Selected;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Flags of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  myelomri doctor data-sample\n  myelomri doctor STUDY --participant-label 007 \
    --format json\n\nNothing is written and no voxel of an image is read, but label maps and masks are. For each session: \
    its files by role with what their headers and sidecars say, what blocks it (the checks of `measure`) with what to do, \
    traces of persons in headers, sidecars and names (by key, never by value), memory and time. Without -v sessions without \
    a finding take one line.\n\nExit codes: 0 where nothing blocks `run`, 4 where something does (with \
    --block-on-identity also where a trace of a person was found), 3 where the folder cannot be read."
)]
pub struct DoctorArgs {
    /// Study folder, as for `run`
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// Only these subjects (`sub-` may be left out)
    #[arg(long, value_name = "LABEL", num_args = 1.., value_delimiter = ',')]
    participant_label: Vec<String>,
    /// Only these sessions (`ses-` may be left out)
    #[arg(long, value_name = "LABEL", num_args = 1.., value_delimiter = ',')]
    session_label: Vec<String>,
    /// Show every file of every session, also where nothing was found
    #[arg(long)]
    all: bool,
    /// End with exit code 4 where a trace of a person was found, for a study that is to be passed on
    #[arg(long)]
    block_on_identity: bool,
    #[command(flatten)]
    format: FormatArgs,
}

/// Traces of persons where they may not be.
#[derive(Debug, thiserror::Error)]
#[error("{0} traces of persons in headers, sidecars, tables or names")]
struct IdentityFound(usize);

impl crate::error::Failure for IdentityFound {
    fn slug(&self) -> &'static str {
        "identity-found"
    }

    fn exit(&self) -> crate::error::Exit {
        crate::error::Exit::Mismatch
    }

    fn remedy(&self) -> Option<String> {
        Some(
            "take the keys named above out of the files, and clear the header fields, before the study is passed on"
                .to_owned(),
        )
    }
}

/// Runs `doctor`.
///
/// # Errors
/// Where the folder cannot be read, or something blocks `run`.
pub fn run(args: DoctorArgs, context: &Context) -> Result<()> {
    let DoctorArgs { study, participant_label, session_label, all, block_on_identity, format } = args;
    let selected = Selected { participants: participant_label, sessions: session_label };
    let report = doctor(&study, &selected, context.threads)?;
    let show_all = all || report.sessions.len() == 1;
    match format.format {
        Format::Table => output::print(&screens(&report, show_all))?,
        Format::Csv => output::print(&output::csv(&COLUMNS, &rows(&report)))?,
        Format::Json => output::print_json(&with_totals(&report))?,
    }
    if let Some(blocked) = report.failure() {
        return Err(blocked.into());
    }
    match report.n_identity() {
        n if n > 0 && block_on_identity => Err(IdentityFound(n).into()),
        _ => Ok(()),
    }
}

fn with_totals(report: &DoctorReport) -> serde_json::Value {
    let blocked = report.failure();
    json!({
        "blocked": blocked.is_some(),
        "n_sessions": report.sessions.len(),
        "n_blocked_sessions": report.sessions.iter().filter(|session| session.is_blocked()).count(),
        "n_identity": report.n_identity(),
        "memory_bytes": report.memory_bytes(),
        "cpu_seconds": report.cpu_seconds(),
        "study": { "findings": report.findings, "identity": report.identity },
        "sessions": report.sessions,
    })
}

/// Columns of the CSV: one row a finding or trace, and one a session.
const COLUMNS: [&str; 7] = ["subject", "session", "kind", "slug", "message", "fix", "files"];

fn rows(report: &DoctorReport) -> Vec<Vec<String>> {
    let row =
        |of: [&str; 2], rest: [String; 5]| -> Vec<String> { of.map(str::to_owned).into_iter().chain(rest).collect() };
    let finding = |of: [&str; 2], found: &Finding| {
        let kind = if found.blocks() { "blocks" } else { "warns" };
        let message = std::iter::once(&found.message).chain(&found.details).cloned().collect::<Vec<_>>().join("; ");
        row(of, [kind.into(), found.slug.clone(), message, found.fix.clone().unwrap_or_default(), String::new()])
    };
    let identity = |of: [&str; 2], found: &IdentityRow| {
        let message = format!("{} ({})", found.key, found.trace.words());
        row(of, ["identity".into(), "identity".into(), message, String::new(), found.files.join(" ")])
    };
    let mut rows = Vec::new();
    rows.extend(report.findings.iter().map(|found| finding(["", ""], found)));
    rows.extend(report.identity.iter().map(|found| identity(["", ""], found)));
    for session in &report.sessions {
        let of = [session.subject.as_str(), session.session.as_str()];
        let files = session.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>().join(" ");
        let state = if session.is_blocked() { "blocked" } else { "ready" };
        rows.push(row(of, ["session".into(), state.into(), session.biomarkers.join(" "), String::new(), files]));
        rows.extend(session.findings.iter().map(|found| finding(of, found)));
        rows.extend(session.identity.iter().map(|found| identity(of, found)));
    }
    rows
}

/// The study, then a screen a session; a session without findings on one line.
fn screens(report: &DoctorReport, show_all: bool) -> String {
    let mut lines = vec![heading(report)];
    lines.extend(report.findings.iter().flat_map(finding_lines));
    lines.extend(report.identity.iter().map(identity_line));
    for session in &report.sessions {
        let quiet = session.findings.is_empty() && session.identity.is_empty();
        if show_all || !quiet {
            lines.push(String::new());
        }
        lines.push(session_line(session));
        // a blocked session needs its files beside the fault; of a warning the line says enough
        if show_all || session.is_blocked() {
            lines.extend(files_of(session));
        }
        lines.extend(session.findings.iter().flat_map(finding_lines));
        lines.extend(session.identity.iter().map(identity_line));
        if !session.unused.is_empty() {
            lines.push(format!("  without a role: {}", shortened(&session.unused)));
        }
    }
    lines.join("\n")
}

fn heading(report: &DoctorReport) -> String {
    let blocked = report.sessions.iter().filter(|session| session.is_blocked()).count();
    let subjects: std::collections::BTreeSet<&str> = report.sessions.iter().map(|s| s.subject.as_str()).collect();
    let wall = report.cpu_seconds() / report.threads.max(1) as f64;
    let available = report.memory_available_bytes.map_or(String::new(), |b| format!(" of {} available", bytes(b)));
    format!(
        "sessions {} (subjects {}): {} ready, {blocked} blocked; traces of persons: {}\nmeasuring takes about {} on {} \
         threads, up to {} a session{available}",
        report.sessions.len(),
        subjects.len(),
        report.sessions.len() - blocked,
        report.n_identity(),
        seconds(wall),
        report.threads,
        bytes(report.memory_bytes()),
    )
}

fn session_line(session: &SessionReport) -> String {
    let state = if session.is_blocked() { "blocked" } else { "ready" };
    let SessionReport { subject, session: label, biomarkers, files, memory_bytes, cpu_seconds, .. } = session;
    format!(
        "sub-{subject} ses-{label}  {state}  {}  {} files, {}, {}",
        if biomarkers.is_empty() { "nothing to measure".to_owned() } else { biomarkers.join(" ") },
        files.len(),
        bytes(*memory_bytes),
        seconds(*cpu_seconds),
    )
}

fn files_of(session: &SessionReport) -> Vec<String> {
    let rows: Vec<Vec<String>> = session
        .files
        .iter()
        .map(|file| {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            // what every name of the session begins with says nothing here
            let own = format!("sub-{}_ses-{}_", session.subject, session.session);
            let name = name.strip_prefix(&own).unwrap_or(name).to_owned();
            vec![file.role.clone(), file.grid.clone(), file.facts.join(", "), name]
        })
        .collect();
    let table = output::aligned(&["role", "grid", "evidence", "file"], &rows);
    table.lines().map(|line| format!("  {line}")).collect()
}

fn finding_lines(found: &Finding) -> Vec<String> {
    let word = if found.blocks() { "blocks" } else { "warns " };
    let mut lines = vec![format!("  {word} {}: {}", found.slug, found.message)];
    lines.extend(found.details.iter().map(|detail| format!("           {detail}")));
    lines.extend(found.fix.iter().map(|fix| format!("         fix: {fix}")));
    lines
}

fn identity_line(found: &IdentityRow) -> String {
    let length = if found.n_characters > 0 { format!(", {} characters", found.n_characters) } else { String::new() };
    format!("  person {}: {}{length}, in {}", found.key, found.trace.words(), shortened(&found.files))
}

/// The first of several names, and how many more.
fn shortened(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

fn bytes(n: u64) -> String {
    match n {
        0..1_000_000_000 => format!("{} MB", n.div_ceil(1_000_000)),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

fn seconds(s: f64) -> String {
    // the sum of nothing is -0
    match s + 0.0 {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
