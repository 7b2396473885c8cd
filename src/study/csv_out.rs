//! CSV as we write it: UTF-8, dot decimals, empty = missing, whole or not at all.

use crate::error::Result;
use crate::image::{Overwrite, write_text_atomically};
use std::path::Path;

/// A number with six significant digits, which is more than any of ours carries; empty where it is missing.
pub fn number(value: Option<f64>) -> String {
    match value {
        Some(value) if value.is_finite() => {
            let rounded: f64 = format!("{value:.5e}").parse().unwrap_or(value);
            // adding zero turns a negative zero into a plain one
            format!("{}", rounded + 0.0)
        }
        _ => String::new(),
    }
}

/// Writes a table.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_csv(path: &Path, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<()> {
    let mut text = line(columns.iter().copied());
    for row in rows {
        text.push_str(&line(row.iter().map(String::as_str)));
    }
    write_text_atomically(path, &text, Overwrite::Force)?;
    Ok(())
}

/// Writes a table with tabs between its columns, as BIDS has it; no cell may hold a tab.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_tsv(path: &Path, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<()> {
    let mut text = columns.join("\t") + "\n";
    for row in rows {
        text.push_str(&(row.join("\t") + "\n"));
    }
    write_text_atomically(path, &text, Overwrite::Force)?;
    Ok(())
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = cells
        .map(|cell| match cell.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.to_owned(),
        })
        .collect();
    quoted.join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_no_exponent_and_no_negative_zero() {
        assert_eq!(number(Some(12.345_678_9)), "12.3457");
        assert_eq!(number(Some(-0.0)), "0");
        assert_eq!(number(Some(1_234_567.8)), "1234570");
        assert_eq!(number(Some(f64::NAN)), "");
        assert_eq!(number(None), "");
    }

    #[test]
    fn a_cell_with_a_comma_is_quoted() {
        assert_eq!(line(["a,b", "say \"x\""].into_iter()), "\"a,b\",\"say \"\"x\"\"\"\n");
    }
}
