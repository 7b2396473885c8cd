//! Tables of results as files for a manuscript: Excel, LaTeX, Markdown or HTML, as the ending of the file says.
//!
//! Input: [`ReportTable`]s, the very ones of the report, so that a number has the same digits in both. Output: one file, whole
//! or not at all; the same tables give the same bytes. In Excel a cell that is a plain number is one, with its decimals; all
//! other cells are text and never a formula. Whatever has a meaning in LaTeX, Markdown or HTML is escaped.

mod text;
mod xlsx;

use super::ReportError;
use super::tables::ReportTable;
use crate::error::Result;
use crate::image::{Overwrite, write_bytes_atomically};
use std::path::Path;

/// What a file of tables can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// A workbook, one sheet a table.
    Xlsx,
    /// LaTeX `table` environments with booktabs rules.
    Tex,
    /// Markdown pipe tables.
    Markdown,
    /// One HTML page that needs nothing else.
    Html,
}

impl TableFormat {
    /// The format that the ending of a file asks for.
    ///
    /// # Errors
    /// [`ReportError::Ending`] for any other ending.
    pub fn of_path(path: &Path) -> std::result::Result<Self, ReportError> {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        Ok(match ending.as_str() {
            "xlsx" => TableFormat::Xlsx,
            "tex" => TableFormat::Tex,
            "md" => TableFormat::Markdown,
            "html" => TableFormat::Html,
            _ => return Err(ReportError::Ending { path: path.to_owned() }),
        })
    }
}

/// Writes tables into one file, in the order given.
///
/// # Errors
/// [`ReportError::Ending`], [`ReportError::Empty`] where no table has a row, [`ReportError::Draw`] where the workbook cannot be
/// made, and a file that exists or cannot be written.
pub fn export_tables(path: &Path, tables: &[ReportTable], overwrite: Overwrite) -> Result<()> {
    let format = TableFormat::of_path(path)?;
    let filled: Vec<&ReportTable> = tables.iter().filter(|table| !table.rows.is_empty()).collect();
    if filled.is_empty() {
        return Err(ReportError::Empty { what: "no table of results to export" }.into());
    }
    let bytes = match format {
        TableFormat::Xlsx => xlsx::workbook(&filled)?,
        TableFormat::Tex => {
            let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            text::latex(&filled, name).into_bytes()
        }
        TableFormat::Markdown => text::markdown(&filled).into_bytes(),
        TableFormat::Html => text::html(&filled).into_bytes(),
    };
    Ok(write_bytes_atomically(path, &bytes, overwrite)?)
}

/// A cell that is nothing but a number: its value and its decimals.
fn number(cell: &str) -> Option<(f64, usize)> {
    let plain = cell.replace('−', "-");
    let digits = plain.strip_prefix('-').unwrap_or(&plain);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(decimals) || whole.len() > 15 {
        return None;
    }
    // 007 is a name
    if whole.len() > 1 && whole.starts_with('0') {
        return None;
    }
    Some((plain.parse().ok()?, decimals.len()))
}

/// Columns that hold numbers alone, or gaps, and so stand to the right.
fn numeric_columns(table: &ReportTable) -> Vec<bool> {
    let is_number = |column: usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(column));
        let mut filled = cells.filter(|cell| !cell.is_empty() && *cell != super::tables::MISSING).peekable();
        filled.peek().is_some() && filled.all(|cell| number(cell).is_some() || cell.starts_with('<'))
    };
    (0..table.header.len()).map(is_number).collect()
}

#[cfg(test)]
mod tests;
