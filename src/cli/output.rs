//! Results on stdout: aligned tables for a person, JSON and CSV for a program.

use super::args::Format;
use crate::error::{Exit, Failure, Result};
use serde::Serialize;
use std::io::Write;

/// stdout cannot be written; a closed pipe among the causes.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub struct OutputError(#[source] pub std::io::Error);

impl Failure for OutputError {
    fn slug(&self) -> &'static str {
        "stdout"
    }

    fn exit(&self) -> Exit {
        Exit::Internal
    }

    fn remedy(&self) -> Option<String> {
        Some("check where standard output goes".to_owned())
    }
}

/// Print lines to stdout.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    Ok(writeln!(stdout, "{}", text.trim_end_matches('\n')).and_then(|()| stdout.flush()).map_err(OutputError)?)
}

/// Columns of the terminal that stdout goes to; 80 where it goes elsewhere, so that a file is the same on every machine.
pub fn width() -> usize {
    let of_stdout = terminal_size::terminal_size_of(std::io::stdout());
    of_stdout.map_or(80, |(terminal_size::Width(columns), _)| usize::from(columns))
}

/// Print a value as indented JSON.
pub fn print_json<T: Serialize>(value: &T) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| OutputError(error.into()))?;
    print(&text)
}

/// Print rows as an aligned table, or as CSV where that was asked for.
pub fn print_rows(header: &[&str], rows: &[Vec<String>], format: Format) -> Result<()> {
    match format {
        Format::Csv => print(&csv(header, rows)),
        _ => print(&aligned(header, rows)),
    }
}

/// A table with a header, columns aligned: text to the left, what looks like a number to the right.
pub fn aligned(header: &[&str], rows: &[Vec<String>]) -> String {
    let columns = header.len();
    let cell = |row: &Vec<String>, c: usize| row.get(c).cloned().unwrap_or_default();
    let width: Vec<usize> = (0..columns)
        .map(|c| {
            rows.iter().map(|row| cell(row, c).chars().count()).chain([header[c].chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let numeric: Vec<bool> = (0..columns)
        .map(|c| {
            !rows.is_empty()
                && rows.iter().all(|row| {
                    let text = cell(row, c);
                    text.is_empty()
                        || text == "–"
                        || text.starts_with(|ch: char| ch.is_ascii_digit() || "-+<".contains(ch))
                })
        })
        .collect();
    let line = |cells: Vec<String>| -> String {
        let padded: Vec<String> = cells
            .into_iter()
            .enumerate()
            .map(|(c, text)| if numeric[c] { format!("{text:>0$}", width[c]) } else { format!("{text:<0$}", width[c]) })
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(header.iter().map(|h| (*h).to_owned()).collect())];
    lines.extend(rows.iter().map(|row| line((0..columns).map(|c| cell(row, c)).collect())));
    lines.join("\n")
}

/// A tidy CSV with a header; fields are quoted where they need it.
pub fn csv(header: &[&str], rows: &[Vec<String>]) -> String {
    let field = |text: &str| {
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    let line = |cells: Vec<&str>| cells.into_iter().map(field).collect::<Vec<_>>().join(",");
    let mut lines = vec![line(header.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_align_right_and_text_left() {
        let table =
            aligned(&["region", "mean"], &[vec!["L1".into(), "9.5".into()], vec!["L1-L5".into(), "12.0".into()]]);
        assert_eq!(table, "region  mean\nL1       9.5\nL1-L5   12.0");
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        assert_eq!(csv(&["a", "b"], &[vec!["x,y".into(), "say \"hi\"".into()]]), "a,b\n\"x,y\",\"say \"\"hi\"\"\"");
    }
}
