//! The file formats of a table: each makes a data frame whose cells are text.
//!
//! A row with fewer or more fields than the header is refused: it is the mark of a file cut short or of a comma inside a
//! number, and filling it up would move or lose values without a word. So are two columns of one name.

use super::spss::spss;
use super::workbook::workbook;
use polars::prelude::{Column, DataFrame, DataType};
use polars_io::prelude::{CsvParseOptions, CsvReadOptions, ParquetReader, SerReader};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Reads a table; the ending of its name says of which kind it is (`.tsv`, `.parquet`, `.xlsx`, `.xls`, `.xlsb`, `.ods`,
/// `.sav`, `.zsav`; everything else is CSV). Of a workbook the first sheet is read.
///
/// # Errors
/// The reason where it cannot be read or is no such table.
pub fn read_frame(path: &Path) -> Result<DataFrame, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    match ending.as_str() {
        "parquet" => parquet(bytes),
        "xlsx" | "xls" | "xlsb" | "ods" => workbook(bytes),
        "tsv" => text(bytes, b'\t'),
        "sav" | "zsav" => spss(bytes),
        _ => text(bytes, b','),
    }
}

/// The one table of a study by that name, whatever its kind: `stem.csv`, `.tsv`, `.xlsx`, `.xls`, `.ods`, `.parquet`
/// or `.sav`.
///
/// # Errors
/// The reason where there are two.
pub fn table_named(folder: &Path, stem: &str) -> Result<Option<PathBuf>, String> {
    let endings = ["csv", "tsv", "xlsx", "xls", "xlsb", "ods", "parquet", "sav", "zsav"];
    let there: Vec<PathBuf> =
        endings.iter().map(|ending| folder.join(format!("{stem}.{ending}"))).filter(|path| path.is_file()).collect();
    match there.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        [first, second, ..] => {
            let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Err(format!("there are {} and {}: keep one of them", name(first), name(second)))
        }
    }
}

fn text(bytes: Vec<u8>, separator: u8) -> Result<DataFrame, String> {
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end_matches(['\r', '\n']);
    check_shape(text, separator as char)?;
    CsvReadOptions::default()
        .with_infer_schema_length(Some(0))
        .with_parse_options(CsvParseOptions::default().with_separator(separator))
        .into_reader_with_file_handle(Cursor::new(text.as_bytes().to_vec()))
        .finish()
        .map_err(|error| error.to_string())
}

/// Proof that every row has as many fields as the header, and that no two columns share a name.
fn check_shape(text: &str, separator: char) -> Result<(), String> {
    let mut header: Vec<String> = Vec::new();
    let (mut field, mut fields, mut row) = (String::new(), 1, 1);
    let (mut quoted, mut n_quotes) = (false, 0);
    // a line end behind the last row, so that it is looked at like the others
    for c in text.chars().chain(['\n']) {
        match c {
            '"' if quoted || field.is_empty() || n_quotes > 0 => {
                quoted = !quoted;
                n_quotes += 1;
            }
            '\n' | '\r' if quoted => {}
            '\r' => {}
            '\n' => {
                if row == 1 {
                    header.push(std::mem::take(&mut field));
                    check_header(&header)?;
                } else if fields != header.len() {
                    return Err(format!(
                        "row {row} has {fields} fields where the header has {}; is the file cut short?",
                        header.len()
                    ));
                }
                field.clear();
                (fields, n_quotes) = (1, 0);
                row += 1;
            }
            c if c == separator && !quoted => {
                if row == 1 {
                    header.push(std::mem::take(&mut field));
                }
                field.clear();
                fields += 1;
                n_quotes = 0;
            }
            c => field.push(c),
        }
    }
    if quoted { Err("a quotation mark is opened and never closed".to_owned()) } else { Ok(()) }
}

fn check_header(header: &[String]) -> Result<(), String> {
    if let [only] = header
        && let Some(other) = [';', '\t', ','].into_iter().find(|c| only.contains(*c))
    {
        return Err(format!(
            "its header has one column with {other:?} in it; separate columns by commas (.tsv: by tabs)"
        ));
    }
    check_distinct(header)
}

fn check_distinct(header: &[String]) -> Result<(), String> {
    let mut names: Vec<&String> = header.iter().collect();
    names.sort();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("two columns are named \"{}\"", pair[0])),
        None => Ok(()),
    }
}

fn parquet(bytes: Vec<u8>) -> Result<DataFrame, String> {
    let frame = ParquetReader::new(Cursor::new(bytes)).finish().map_err(|error| error.to_string())?;
    let as_text = |column: &Column| column.cast(&DataType::String).map_err(|error| error.to_string());
    let columns: Vec<Column> = frame.columns().iter().map(as_text).collect::<Result<_, _>>()?;
    DataFrame::new(frame.height(), columns).map_err(|error| error.to_string())
}

/// A frame of text columns.
///
/// # Errors
/// The reason where columns differ in length or share a name.
pub fn frame_of(columns: Vec<(String, Vec<Option<String>>)>) -> Result<DataFrame, String> {
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    check_distinct(&names)?;
    let height = columns.first().map_or(0, |(_, cells)| cells.len());
    let columns = columns.into_iter().map(|(name, cells)| Column::new(name.as_str().into(), cells)).collect();
    DataFrame::new(height, columns).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_fit_the_header_are_named() {
        for (bad, word) in [
            ("a,b\n1,2\n3", "row 3 has 1 fields"),
            ("a,b\n1,2,3\n", "row 2 has 3 fields"),
            ("a,b\n1,2\n\n3,4\n", "row 3 has 1 fields"),
            ("a,b,a\n1,2,3\n", "two columns are named \"a\""),
            ("a;b\n1;2\n", "';'"),
            ("a,b\n1,\"2\n", "never closed"),
        ] {
            let error = check_shape(bad, ',').unwrap_err();
            assert!(error.contains(word), "{bad:?}: {error}");
        }
    }

    #[test]
    fn commas_quotes_and_line_ends_inside_quotes_are_text() {
        let csv = "a,\"b,c\"\r\n1,\"x \"\"y\"\", z\"\r\n2,\"two\nlines\"\r\n\r\n";
        let frame = text(csv.as_bytes().to_vec(), b',').unwrap();
        assert_eq!((frame.height(), frame.get_column_names()[1].as_str()), (2, "b,c"));
        let cells = frame.column("b,c").unwrap().str().unwrap();
        assert_eq!((cells.get(0), cells.get(1)), (Some("x \"y\", z"), Some("two\nlines")));
    }
}
