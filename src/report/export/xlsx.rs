//! Tables as an Excel workbook, one sheet each.

use super::{ReportError, number};
use crate::report::tables::ReportTable;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use std::collections::BTreeSet;

/// Widest column in pixels before text is wrapped.
const WIDEST: u32 = 380;
/// Row of the column heads; the caption stands in the first row.
const HEAD: u32 = 2;

/// The bytes of the workbook.
///
/// # Errors
/// [`ReportError::Draw`] where the library refuses, e.g. a table of more rows than a sheet holds.
pub(super) fn workbook(tables: &[&ReportTable]) -> Result<Vec<u8>, ReportError> {
    let refuse = |error: XlsxError| ReportError::Draw { reason: error.to_string() };
    let mut workbook = Workbook::new();
    // without a fixed time the library writes that of the clock, and no two files are alike
    let fixed = ExcelDateTime::from_ymd(2000, 1, 1).map_err(refuse)?;
    let author = format!("myelomri {}", env!("CARGO_PKG_VERSION"));
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&fixed).set_author(author));
    let mut names = BTreeSet::new();
    for table in tables {
        let name = sheet_name(&table.caption, &mut names);
        fill(workbook.add_worksheet(), table, &name).map_err(refuse)?;
    }
    workbook.save_to_buffer().map_err(refuse)
}

fn fill(sheet: &mut Worksheet, table: &ReportTable, name: &str) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin).set_border_top(FormatBorder::Thin);
    let text = Format::new().set_align(FormatAlign::Top).set_text_wrap();
    for (column, title) in (0..).zip(&table.header) {
        sheet.write_string_with_format(HEAD, column, title, &head)?;
    }
    for (row, cells) in (HEAD + 1..).zip(&table.rows) {
        for (column, cell) in (0..).zip(cells) {
            match number(cell) {
                Some((value, decimals)) => {
                    let shown = match decimals {
                        0 => "0".to_owned(),
                        n => format!("0.{}", "0".repeat(n)),
                    };
                    let format = Format::new().set_align(FormatAlign::Top).set_num_format(shown);
                    sheet.write_number_with_format(row, column, value, &format)?;
                }
                None => {
                    sheet.write_string_with_format(row, column, cell, &text)?;
                }
            }
        }
    }
    // widths are those of the cells; caption and notes run over
    sheet.set_autofit_max_width(WIDEST).autofit();
    sheet.write_string_with_format(0, 0, &table.caption, &Format::new().set_bold())?;
    let below = HEAD + 2 + table.rows.len() as u32;
    for (row, note) in (below..).zip(&table.notes) {
        sheet.write_string_with_format(row, 0, note, &Format::new().set_italic())?;
    }
    sheet.set_freeze_panes(HEAD + 1, 0)?;
    Ok(())
}

/// A name for a sheet: at most 31 letters, none that Excel forbids, none twice.
fn sheet_name(caption: &str, taken: &mut BTreeSet<String>) -> String {
    let allowed: String = caption
        .chars()
        .map(|letter| if "[]:*?/\\'".contains(letter) || letter.is_control() { ' ' } else { letter })
        .collect();
    let short = |text: &str, most: usize| text.trim().chars().take(most).collect::<String>().trim_end().to_owned();
    let first = match short(&allowed, 31) {
        name if name.is_empty() => "Table".to_owned(),
        name => name,
    };
    let numbered = (2..).map(|n| format!("{} {n}", short(&allowed, 27)));
    // Excel takes names that differ in case alone for the same
    let name = std::iter::once(first).chain(numbered).find(|name| taken.insert(name.to_lowercase()));
    name.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_have_names_that_excel_takes() {
        let mut taken = BTreeSet::new();
        assert_eq!(sheet_name("Table 1. Patients by outcome", &mut taken), "Table 1. Patients by outcome");
        assert_eq!(sheet_name("TABLE 1. Patients by outcome", &mut taken), "TABLE 1. Patients by outcom 2");
        assert_eq!(sheet_name("a/b: [c]?*\\", &mut taken), "a b   c");
        assert_eq!(sheet_name("", &mut taken), "Table");
        let long = sheet_name(&"é".repeat(50), &mut taken);
        assert_eq!(long.chars().count(), 31);
        assert!(sheet_name(&"é".repeat(50), &mut taken).chars().count() <= 31);
    }
}
