//! Small tables read as text, column by name: the list of files, `exclusions.csv` and the tables of the sessions.

use super::StudyError;
use super::table_formats::read_frame;
use std::path::Path;

/// A table whose cells are text; an empty cell is the empty string.
pub struct TextTable {
    columns: Vec<Vec<String>>,
    n_rows: usize,
}

impl TextTable {
    /// Reads a CSV, TSV or Excel file and keeps the named columns, in that order. Other columns are not looked at.
    ///
    /// # Errors
    /// [`StudyError::Unreadable`] for a file that cannot be read, [`StudyError::Table`] where a column is missing or the
    /// text is no table.
    pub fn read(path: &Path, wanted: &[&str]) -> Result<TextTable, StudyError> {
        let shown = path.display().to_string();
        let bad = |reason: String| StudyError::Table { path: shown.clone(), reason };
        if let Err(source) = std::fs::File::open(path) {
            return Err(StudyError::Unreadable { path: shown.clone(), reason: source.to_string() });
        }
        let frame = read_frame(path).map_err(bad)?;
        let mut columns = Vec::with_capacity(wanted.len());
        for name in wanted {
            let there = || frame.get_column_names().iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            let column = frame.column(name).map_err(|_| bad(format!("no column `{name}`; there are: {}", there())))?;
            let cells = column.str().map_err(|source| bad(source.to_string()))?;
            columns.push(cells.iter().map(|cell| cell.unwrap_or_default().trim().to_owned()).collect());
        }
        Ok(TextTable { columns, n_rows: frame.height() })
    }

    /// The rows, each with the columns in the order in which they were asked for.
    pub fn rows(&self) -> impl Iterator<Item = Vec<&str>> {
        (0..self.n_rows).map(|row| self.columns.iter().map(|column| column[row].as_str()).collect())
    }
}
