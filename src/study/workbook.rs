//! The first sheet of a workbook as a table of text.
//!
//! A spreadsheet shows other things than it stores: a date is a count of days, 25 % is 0.25, a formula may have no result
//! yet. Here a cell is what a reader of the sheet sees: dates as `2020-01-31`, percentages with their sign, so that they
//! are text where a number is asked for and the row is named; the same for a formula whose result is not stored, which
//! would else be an empty cell.

use calamine::{Data, ExcelDateTime, Reader, StyleRange};
use polars::prelude::DataFrame;
use std::io::Cursor;

/// Reads the first sheet of a workbook; the ending of its name (`.xlsx`, `.xls`, `.xlsb`, `.ods`) need not be right.
///
/// # Errors
/// The reason where it is no workbook, or its first sheet is no table with one header row at the top.
pub(super) fn workbook(bytes: Vec<u8>) -> Result<DataFrame, String> {
    let mut book = calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let names = book.sheet_names();
    let first = names.first().ok_or_else(|| "the workbook has no sheet".to_owned())?;
    let sheet = book.worksheet_range(first).map_err(|error| error.to_string())?;
    let formulas = book.worksheet_formula(first).map_err(|error| error.to_string())?;
    let styles = book.worksheet_style(first).map_err(|error| error.to_string())?;
    let start = sheet.start().unwrap_or_default();
    if sheet.height() < 2 || sheet.width() < 2 {
        let others = match &names[1..] {
            [] => String::new(),
            others => format!("; it is the first sheet, which alone is read; others are {}", others.join(", ")),
        };
        return Err(format!("the sheet {first} holds no table{others}"));
    }
    let at = |row: usize, column: usize| (start.0 + row as u32, start.1 + column as u32);
    let cell = |row: usize, column: usize| {
        let place = at(row, column);
        match sheet.get((row, column)).unwrap_or(&Data::Empty) {
            Data::Empty => formulas
                .get_value(place)
                .filter(|formula| !formula.is_empty())
                .map(|formula| format!("={formula}, a formula without a stored result")),
            Data::DateTime(date) => Some(shown_date(date)),
            Data::Float(value) if is_percent(&styles, place) => Some(shown_percent(*value)),
            Data::Int(value) if is_percent(&styles, place) => Some(shown_percent(*value as f64)),
            other => Some(other.to_string()),
        }
    };
    let mut columns: Vec<(String, Vec<Option<String>>)> = (0..sheet.width())
        .map(|column| {
            let cells = (1..sheet.height()).map(|row| cell(row, column)).collect();
            (cell(0, column).unwrap_or_default(), cells)
        })
        .collect();
    // formatted but empty cells at the right and at the bottom belong to no table
    columns.retain(|(name, cells)| !name.is_empty() || cells.iter().any(Option::is_some));
    if let Some(nameless) = columns.iter().position(|(name, _)| name.trim().is_empty()) {
        return Err(format!(
            "column {} of the sheet {first} has no name in row {}; the first row must be the header, with nothing above or \
             beside the table",
            nameless + 1,
            start.0 + 1
        ));
    }
    let filled = |cells: &Vec<Option<String>>| cells.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    let height = columns.iter().map(|(_, cells)| filled(cells)).max().unwrap_or(0);
    for (_, cells) in &mut columns {
        cells.truncate(height);
    }
    super::frame_of(columns)
}

/// `2020-01-31`, with the time where there is one; durations as hours, minutes and seconds.
fn shown_date(date: &ExcelDateTime) -> String {
    if date.is_duration() {
        let seconds = (date.as_f64() * 86_400.0).round();
        let (sign, whole) = (if seconds < 0.0 { "-" } else { "" }, seconds.abs() as u64);
        return format!("{sign}{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    }
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    let day = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) { day } else { format!("{day} {hour:02}:{minute:02}:{second:02}") }
}

/// Whether a cell shows its number as a percentage; only `.xlsx` files tell.
fn is_percent(styles: &StyleRange, place: (u32, u32)) -> bool {
    let format = styles.get(place).and_then(|style| style.number_format.as_ref());
    format.is_some_and(|format| format.format_code.split('"').step_by(2).any(|unquoted| unquoted.contains('%')))
}

fn shown_percent(value: f64) -> String {
    // without the noise of the product
    format!("{}%", (value * 1e12).round() / 1e10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType;

    #[test]
    fn dates_and_percentages_read_as_they_are_shown() {
        // 43 861 days after the last day of 1899 by Excel's count, in which 1900 is a leap year
        let date = |value, kind| shown_date(&ExcelDateTime::new(value, kind, false));
        assert_eq!(date(43_861.0, ExcelDateTimeType::DateTime), "2020-01-31");
        assert_eq!(date(43_861.437_5, ExcelDateTimeType::DateTime), "2020-01-31 10:30:00");
        assert_eq!(date(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
        assert_eq!(shown_percent(0.07), "7%");
        assert_eq!(shown_percent(0.125), "12.5%");
    }

    #[test]
    fn a_sheet_gives_what_a_reader_sees() {
        // scripts/reference/workbook.py
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/clinical.xlsx");
        let frame = workbook(std::fs::read(file).unwrap()).unwrap();
        let column = |name: &str| -> Vec<String> {
            let cells = frame.column(name).unwrap().str().unwrap();
            cells.iter().map(|cell| cell.unwrap_or("-").to_owned()).collect()
        };
        assert_eq!(column("subject"), ["001", "001", "002"]);
        assert_eq!(column("m_protein_serum_g_dl"), ["3.25", "1", "-"]);
        assert_eq!(column("hb_g_dl"), ["10.5", " 11 ", "-"]);
        assert_eq!(column("visit"), ["2020-01-31", "2020-03-31", "2020-03-01 10:30:00"]);
        assert_eq!(column("share"), ["25%", "7%", "-"]);
        assert_eq!(column("computed"), ["=C2*2, a formula without a stored result", "2", "4"]);
        assert_eq!(column("ratio"), ["1", "#DIV/0!", "2"]);
    }

    #[test]
    fn a_sheet_that_is_no_table_names_the_others() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/second_sheet.xlsx");
        let error = workbook(std::fs::read(file).unwrap()).unwrap_err();
        assert_eq!(
            error,
            "the sheet notes holds no table; it is the first sheet, which alone is read; others are clinical"
        );
    }
}
