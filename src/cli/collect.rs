//! `collect`: the measured sessions of an output folder as tables.

use crate::error::Result;
use crate::image::{Overwrite, check_absent, with_suffix};
use crate::pipeline;
use clap::Args;
use std::path::{Path, PathBuf};

use super::Context;

/// Arguments of `collect`.
///
/// Writes PREFIX_long.csv (one row a number), PREFIX_wide.csv (one row a subject, with changes) and
/// PREFIX_dictionary.json (what each column is, with unit and plausible range).
#[derive(Debug, Args)]
pub struct CollectArgs {
    /// Output folder of `measure` or `run`
    #[arg(value_name = "OUT")]
    measured: PathBuf,
    /// Prefix of the tables
    #[arg(short = 'o', long = "out", value_name = "PREFIX")]
    prefix: PathBuf,
    /// Replace tables that exist
    #[arg(long)]
    force: bool,
}

/// Runs `collect`.
///
/// # Errors
/// Where the folder holds no measured session or a table cannot be written.
pub fn collect(args: CollectArgs, _: &Context) -> Result<()> {
    let CollectArgs { measured, prefix, force } = args;
    collect_into(&measured, &prefix, force)
}

/// Gathers the sessions of `measured` into tables at `prefix` and prints their names.
///
/// # Errors
/// As [`collect`].
pub fn collect_into(measured: &Path, prefix: &Path, force: bool) -> Result<()> {
    let paths = ["_long.csv", "_wide.csv", "_dictionary.json"].map(|suffix| with_suffix(prefix, suffix));
    check_absent(paths.iter().map(PathBuf::as_path), Overwrite::from_force(force))?;
    let [long, wide, dictionary] = &paths;
    pipeline::write_tables(measured, long, wide, dictionary)?;
    let lines: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    super::output::print(&lines.join("\n"))
}
