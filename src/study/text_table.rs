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
    /// Reads a CSV, TSV or Excel file and keeps the named columns, in that order. Other columns are not looked at. Blanks
    /// around a header and its case do not count, unless two columns are then one.
    ///
    /// # Errors
    /// [`StudyError::Unreadable`] for a file that cannot be read, [`StudyError::Table`] where a column is missing or the
    /// text is no table.
    pub fn read(path: &Path, wanted: &[&str]) -> Result<TextTable, StudyError> {
        TextTable::read_some(path, wanted, &[])
    }

    /// The same; cells of `optional` columns are empty where there is no such column.
    ///
    /// # Errors
    /// As [`TextTable::read`].
    pub fn read_some(path: &Path, wanted: &[&str], optional: &[&str]) -> Result<TextTable, StudyError> {
        let shown = path.display().to_string();
        let bad = |reason: String| StudyError::Table { path: shown.clone(), reason };
        if let Err(source) = std::fs::File::open(path) {
            return Err(StudyError::Unreadable { path: shown.clone(), reason: source.to_string() });
        }
        let frame = read_frame(path).map_err(bad)?;
        let mut columns = Vec::with_capacity(wanted.len());
        let names: Vec<&str> = frame.get_column_names().iter().map(|name| name.as_str()).collect();
        for name in wanted {
            let Some(there) = column_called(&names, name) else {
                if optional.contains(name) {
                    columns.push(vec![String::new(); frame.height()]);
                    continue;
                }
                return Err(bad(format!("no column `{name}`; there are: {}", names.join(", "))));
            };
            let column = frame.column(there).map_err(|source| bad(source.to_string()))?;
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

/// The column of that name, else the only one that is it but for blanks around it and case.
fn column_called<'a>(names: &[&'a str], wanted: &str) -> Option<&'a str> {
    let alike: Vec<&str> = names.iter().copied().filter(|name| name.trim().eq_ignore_ascii_case(wanted)).collect();
    match alike[..] {
        [one] => Some(one),
        _ => alike.into_iter().find(|name| *name == wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_known_as_a_person_writes_them() {
        let names = ["Subject ", "ROLE", "role", "Path", "path "];
        assert_eq!(column_called(&names, "subject"), Some("Subject "));
        assert_eq!(column_called(&names, "role"), Some("role"));
        assert_eq!((column_called(&names, "path"), column_called(&names, "session")), (None, None));
    }
}
