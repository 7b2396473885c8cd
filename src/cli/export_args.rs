//! `--export`: the tables of a result as a file for a manuscript.

use super::args::OutArgs;
use crate::error::Result;
use crate::image::{Overwrite, check_absent};
use crate::report::export::{TableFormat, export_tables};
use crate::report::tables::ReportTable;
use clap::Args;
use std::path::PathBuf;

/// Where tables for people go.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// Also write the tables of the result, with the words and digits of the report, to this file (repeatable): .xlsx, .tex,
    /// .md or .html
    #[arg(long = "export", value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Files that were proved to be free.
#[derive(Debug)]
pub struct Export {
    files: Vec<PathBuf>,
    overwrite: Overwrite,
}

impl ExportArgs {
    /// The files that were asked for; proved, before any work, to have a known ending and not to exist.
    ///
    /// # Errors
    /// [`crate::report::ReportError::Ending`], or [`crate::image::ImageError::Exists`] where one exists and `--force` was not
    /// given.
    pub fn checked(self, out: &OutArgs) -> Result<Export> {
        let ExportArgs { files } = self;
        for file in &files {
            TableFormat::of_path(file)?;
        }
        check_absent(&files, out.overwrite())?;
        Ok(Export { files, overwrite: out.overwrite() })
    }
}

impl Export {
    /// Writes the tables into each file.
    ///
    /// # Errors
    /// Where no table has a row or a file cannot be written.
    pub fn write(&self, tables: &[ReportTable]) -> Result<()> {
        self.files.iter().try_for_each(|file| export_tables(file, tables, self.overwrite))
    }
}
