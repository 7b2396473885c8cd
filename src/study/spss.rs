//! SPSS data files (`.sav`, `.zsav`) as tables of text.
//!
//! A cell is the value that is stored, not its label, as in a CSV export of values: what codes mean is said by the mapping
//! of `clinical`. Values that the file declares missing (user-missing) are missing, as in SPSS. Dates read `2020-01-31`, with
//! the time where there is one. A file that contradicts its own header is refused. Reader: ambers.

use ambers::{MissingSpec, SpssMetadata};
use arrow_array::{
    Array, Date32Array, DurationMicrosecondArray, Float64Array, StringViewArray, TimestampMicrosecondArray,
};
use polars::prelude::DataFrame;
use std::io::Cursor;

/// Reads an SPSS data file.
///
/// # Errors
/// The reason where it is none, is damaged, encrypted or holds a kind of variable that is not known.
pub(super) fn spss(bytes: Vec<u8>) -> Result<DataFrame, String> {
    let (batch, about) = ambers::read_sav_from_reader(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    if let Some(warning) = about.warnings.first() {
        return Err(format!("it contradicts itself: {warning}; save it again in SPSS"));
    }
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, values)| {
        let cells = cells(values.as_ref(), field.name(), &about)
            .ok_or_else(|| format!("the variable {} is of a kind that is not read", field.name()))?;
        Ok((field.name().clone(), cells))
    });
    super::frame_of(columns.collect::<Result<_, String>>()?)
}

/// The cells of a variable as text; `None` for an unknown kind.
fn cells(values: &dyn Array, name: &str, about: &SpssMetadata) -> Option<Vec<Option<String>>> {
    let missing = about.variable_missing_values.get(name).map_or(&[][..], Vec::as_slice);
    let rows = 0..values.len();
    let any = values.as_any();
    if let Some(numbers) = any.downcast_ref::<Float64Array>() {
        let shown = |value: f64| (!is_missing_number(missing, value)).then(|| value.to_string());
        return Some(numbers.iter().map(|value| shown(value?)).collect());
    }
    if let Some(texts) = any.downcast_ref::<StringViewArray>() {
        let shown = |text: &str| (!is_missing_text(missing, text)).then(|| text.to_owned());
        return Some(texts.iter().map(|text| shown(text?)).collect());
    }
    if let Some(days) = any.downcast_ref::<Date32Array>() {
        return Some(
            rows.map(|row| days.is_valid(row).then(|| days.value_as_date(row))?.map(|day| day.to_string())).collect(),
        );
    }
    if let Some(times) = any.downcast_ref::<TimestampMicrosecondArray>() {
        let shown =
            |row: usize| times.is_valid(row).then(|| times.value_as_datetime(row))?.map(|time| time.to_string());
        return Some(rows.map(|row| shown(row).map(without_midnight)).collect());
    }
    let spans = any.downcast_ref::<DurationMicrosecondArray>()?;
    Some(spans.iter().map(|span| Some(shown_span(span?))).collect())
}

fn is_missing_number(missing: &[MissingSpec], value: f64) -> bool {
    missing.iter().any(|one| match one {
        MissingSpec::Value(declared) => *declared == value,
        MissingSpec::Range { lo, hi } => (*lo..=*hi).contains(&value),
        MissingSpec::StringValue(_) => false,
    })
}

fn is_missing_text(missing: &[MissingSpec], text: &str) -> bool {
    missing
        .iter()
        .any(|one| matches!(one, MissingSpec::StringValue(declared) if declared.trim_end() == text.trim_end()))
}

fn without_midnight(time: String) -> String {
    time.strip_suffix(" 00:00:00").map(str::to_owned).unwrap_or(time)
}

/// Hours, minutes and seconds of so many microseconds.
fn shown_span(microseconds: i64) -> String {
    let (sign, seconds) = (if microseconds < 0 { "-" } else { "" }, microseconds.unsigned_abs() / 1_000_000);
    format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    // scripts/reference/spss.py
    const SAV: &[u8] = include_bytes!("../../tests/cli/clinical.sav");
    const ZSAV: &[u8] = include_bytes!("../../tests/cli/clinical.zsav");

    #[test]
    fn values_missing_values_dates_and_text_are_those_of_the_writer() {
        for file in [SAV, ZSAV] {
            let frame = spss(file.to_vec()).unwrap();
            let column = |name: &str| -> Vec<String> {
                let cells = frame.column(name).unwrap().str().unwrap();
                cells.iter().map(|cell| cell.unwrap_or("-").to_owned()).collect()
            };
            assert_eq!(column("subject"), ["001", "001", "002", "002"]);
            assert_eq!(column("m_protein_serum_g_l"), ["31.25", "12", "-", "-"]);
            assert_eq!(column("response"), ["1", "2", "-", "-3"]);
            assert_eq!(column("beta2_mg_l"), ["0.1", "-", "3", "-"]);
            assert_eq!(column("visit"), ["2020-01-31", "2020-03-31", "-", "1899-12-31"]);
            assert_eq!(column("sampled"), ["2020-01-31 10:30:00", "2020-03-31", "-", "2021-01-01 01:02:03"]);
            assert_eq!(column("fasting"), ["8:30:00", "0:00:00", "-", "23:59:59"]);
            assert_eq!(column("clinic"), ["Zürich", "", "-", "広島"]);
            assert_eq!(column("remark"), ["x".repeat(300).as_str(), "a, b", "n/a", ""]);
        }
    }

    #[test]
    fn a_file_that_is_cut_off_or_none_is_refused() {
        for cut in [SAV.len() - 40, 700, 100, 4, 0] {
            assert!(spss(SAV[..cut].to_vec()).is_err(), "{cut}");
        }
        assert!(spss(b"subject,x\n001,1\n".repeat(100)).is_err());
    }
}
