//! `myelomri report`: the HTML report and the figures from what `run` wrote.

use super::{Context, output};
use crate::error::Result;
use crate::image::Overwrite;
use crate::report::write_report;
use clap::Args;
use std::path::PathBuf;

/// Flags of `report`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Reads OUT/tables/*.csv, OUT/results/*.json, OUT/qc/*.png and OUT/manifest.json; what is missing is named \
        as a gap in the report. Writes OUT/report.html (one self-contained file) and OUT/figures/*.svg and *.png.\n\nExample:\n  \
        myelomri report results --force"
)]
pub struct ReportArgs {
    /// Folder that `run` or `measure` wrote
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Replace a report that exists
    #[arg(long)]
    force: bool,
}

/// Runs `report`.
pub fn run(args: ReportArgs, _: &Context) -> Result<()> {
    let ReportArgs { out, force } = args;
    let path = write_report(&out, Overwrite::from_force(force))?;
    output::print(&path.display().to_string())
}
