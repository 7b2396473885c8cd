//! Tables of a study: CSV, TSV, Parquet and Excel in, one typed way to their cells.
//!
//! Every column is kept as text as the file has it and turned into numbers when a number is asked for, so that a stray
//! `<0.1` is named with its row instead of turning a column into text, or into missing values. Empty, `n/a`, `NA` and
//! `NaN` are missing. Subject and session labels may carry their BIDS prefix; it is taken off.

use super::CohortError;
use crate::study::{frame_of, read_frame};
use polars::prelude::DataFrame;
use std::collections::HashMap;
use std::path::Path;

mod aggregate;

pub use aggregate::Aggregate;

/// What stands for a missing value, beside the empty cell.
const MISSING: [&str; 3] = ["n/a", "NA", "NaN"];

/// A table of text cells with named columns.
#[derive(Debug, Clone)]
pub struct Table {
    frame: DataFrame,
    source: String,
}

impl Table {
    /// Reads a table; the ending of its name says of which kind it is (`.tsv`, `.parquet`, `.xlsx`, `.xls`, `.ods`,
    /// everything else is CSV). Of a workbook the first sheet is read.
    ///
    /// # Errors
    /// [`CohortError::Unreadable`] for a file that is missing or is no such table.
    pub fn read(path: &Path) -> Result<Table, CohortError> {
        let source = path.display().to_string();
        let bad = |reason: String| CohortError::Unreadable { path: source.clone(), reason };
        let frame = read_frame(path).map_err(bad)?;
        Ok(Table { frame, source })
    }

    /// A table made of text columns.
    ///
    /// # Errors
    /// [`CohortError::Unreadable`] where columns differ in length or share a name.
    pub fn from_columns(source: &str, columns: Vec<(String, Vec<Option<String>>)>) -> Result<Table, CohortError> {
        frame_of(columns)
            .map(|frame| Table { frame, source: source.to_owned() })
            .map_err(|reason| CohortError::Unreadable { path: source.to_owned(), reason })
    }

    /// The file it came from, for messages.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Number of rows, without the header.
    pub fn n_rows(&self) -> usize {
        self.frame.height()
    }

    /// Names of the columns in file order.
    pub fn columns(&self) -> Vec<String> {
        self.frame.get_column_names().iter().map(|name| name.to_string()).collect()
    }

    /// Whether there is such a column.
    pub fn has(&self, column: &str) -> bool {
        self.frame.column(column).is_ok()
    }

    /// A column as text; missing cells are `None`.
    ///
    /// # Errors
    /// [`CohortError::MissingColumn`].
    pub fn text(&self, column: &str) -> Result<Vec<Option<String>>, CohortError> {
        let missing = || missing_column(&self.source, column, self.columns());
        let cells = self.frame.column(column).map_err(|_| missing())?;
        let cells = cells.str().map_err(|_| missing())?;
        Ok(cells.iter().map(|cell| cell.map(str::trim).filter(|text| !is_missing(text)).map(str::to_owned)).collect())
    }

    /// A column as numbers; missing cells are `None`.
    ///
    /// # Errors
    /// [`CohortError::MissingColumn`], or [`CohortError::TextInNumbers`] where a cell is no finite number.
    pub fn numbers(&self, column: &str) -> Result<Vec<Option<f64>>, CohortError> {
        let number = |(n, cell): (usize, Option<String>)| match cell {
            None => Ok(None),
            Some(text) => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Some(value)),
                _ => Err(CohortError::TextInNumbers {
                    path: self.source.clone(),
                    column: column.to_owned(),
                    row: n + 2,
                    value: text,
                }),
            },
        };
        self.text(column)?.into_iter().enumerate().map(number).collect()
    }

    /// Whether every cell that is not missing is a number, and there is one.
    pub fn is_numeric(&self, column: &str) -> bool {
        self.numbers(column).is_ok_and(|values| values.iter().any(Option::is_some))
    }

    /// A column of subject or session labels, without `sub-` or `ses-`.
    ///
    /// # Errors
    /// [`CohortError::MissingColumn`], or [`CohortError::EmptyKey`] where a cell is empty.
    pub fn labels(&self, column: &str) -> Result<Vec<String>, CohortError> {
        let bare = |text: &str| {
            let text = text.strip_prefix("sub-").or_else(|| text.strip_prefix("ses-")).unwrap_or(text);
            text.to_owned()
        };
        let empty =
            |n: usize| CohortError::EmptyKey { path: self.source.clone(), column: column.to_owned(), row: n + 2 };
        self.text(column)?
            .iter()
            .enumerate()
            .map(|(n, cell)| cell.as_deref().map(bare).ok_or_else(|| empty(n)))
            .collect()
    }

    /// Proof that no two rows have the same labels in these columns.
    ///
    /// # Errors
    /// [`CohortError::DuplicateKey`] and the failures of [`Table::labels`].
    pub fn check_key(&self, columns: &[&str]) -> Result<(), CohortError> {
        let keys: Vec<Vec<String>> = columns.iter().map(|column| self.labels(column)).collect::<Result<_, _>>()?;
        let mut seen: HashMap<Vec<&str>, usize> = HashMap::new();
        for row in 0..self.n_rows() {
            let key: Vec<&str> = keys.iter().map(|column| column[row].as_str()).collect();
            if let Some(before) = seen.insert(key.clone(), row) {
                let named: Vec<String> =
                    columns.iter().zip(&key).map(|(name, value)| format!("{name} {value}")).collect();
                return Err(CohortError::DuplicateKey {
                    path: self.source.clone(),
                    key: named.join(", "),
                    rows: [before + 2, row + 2],
                });
            }
        }
        Ok(())
    }
}

fn is_missing(text: &str) -> bool {
    text.is_empty() || MISSING.contains(&text)
}

/// The failure that names the columns there are, the one most like the missing one first.
pub(super) fn missing_column(path: &str, column: &str, mut there: Vec<String>) -> CohortError {
    // a column at one visit is nearer to its name without the visit than any other, its changes last
    let rank = |name: &str| match name.strip_prefix(column).and_then(|rest| rest.strip_prefix("__")) {
        Some("abs" | "pct" | "log" | "sym") => 1,
        Some(_) => 0,
        None => 2,
    };
    there.sort_by_cached_key(|name| (rank(name), distance(&name.to_lowercase(), &column.to_lowercase())));
    CohortError::MissingColumn { path: path.to_owned(), column: column.to_owned(), there }
}

/// Levenshtein distance between two words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Failure;
    use polars::prelude::Column;

    fn written(name: &str, text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn numbers_text_and_missing_cells_are_told_apart() {
        let (_folder, path) = written("t.csv", "\u{feff}subject,x,word\nsub-001,1.5,a\n002,,\"b,c\"\n003,n/a,\n");
        let table = Table::read(&path).unwrap();
        assert_eq!(table.labels("subject").unwrap(), ["001", "002", "003"]);
        assert_eq!(table.numbers("x").unwrap(), [Some(1.5), None, None]);
        assert_eq!(table.text("word").unwrap(), [Some("a".to_owned()), Some("b,c".to_owned()), None]);
        assert!(table.is_numeric("x") && !table.is_numeric("word"));
    }

    #[test]
    fn a_tab_separates_the_columns_of_a_tsv() {
        let (_folder, path) = written("t.tsv", "subject\tx\n001\t2\n");
        assert_eq!(Table::read(&path).unwrap().numbers("x").unwrap(), [Some(2.0)]);
    }

    #[test]
    fn text_in_a_number_column_is_named_with_its_row() {
        let (_folder, path) = written("t.csv", "subject,x\n001,1\n002,<0.1\n");
        let error = Table::read(&path).unwrap().numbers("x").unwrap_err();
        assert!(error.to_string().contains("\"<0.1\" in row 3"), "{error}");
        assert_eq!(error.exit(), crate::error::Exit::Mismatch);
    }

    #[test]
    fn a_missing_column_suggests_the_nearest_name() {
        let there = ["best__abs", "bests", "best__end", "best__pct"].map(str::to_owned).to_vec();
        let error = missing_column("the study", "best", there);
        assert_eq!(error.remedy().unwrap(), "did you mean best__end?");
        let (_folder, path) = written("t.csv", "subject,albumin_g_dl,b2m_mg_l\n001,4,2\n");
        let error = Table::read(&path).unwrap().numbers("albumin").unwrap_err();
        assert_eq!(error.remedy().unwrap(), "did you mean albumin_g_dl?");
    }

    #[test]
    fn two_rows_of_one_patient_and_session_are_refused() {
        let (_folder, path) = written("t.csv", "subject,session\n001,a\n001,b\nsub-001,ses-a\n");
        let error = Table::read(&path).unwrap().check_key(&["subject", "session"]).unwrap_err();
        assert!(error.to_string().contains("rows 2 and 4"), "{error}");
        assert!(Table::read(&path).unwrap().check_key(&["session"]).is_err());
    }

    #[test]
    fn parquet_gives_the_same_cells() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let mut frame = DataFrame::new(
            2,
            vec![Column::new("subject".into(), ["001", "002"]), Column::new("x".into(), [Some(0.1), None])],
        )
        .unwrap();
        polars_io::prelude::ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut frame).unwrap();
        let table = Table::read(&path).unwrap();
        assert_eq!(table.numbers("x").unwrap(), [Some(0.1), None]);
        assert_eq!(table.labels("subject").unwrap(), ["001", "002"]);
    }
}
