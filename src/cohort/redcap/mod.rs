//! The clinical table of a study out of a raw REDCap export, as a mapping file says.
//!
//! Inputs  the export with raw values (`record_id`, `redcap_event_name`, `redcap_repeat_instance`, checkboxes `x___1`), or any
//!         table with a column of subjects and one of visits; the mapping ([`Mapping`])
//! Output  one row a subject and session with the columns that were asked for, and what was left out
//! Method  the rows of one record and event (the base form and its repeated instruments) become one; each column takes the
//!         one value that is there. Dates leave as days from the visit that the mapping names.
//! Limits  two values for one place are refused unless the mapping says which counts; nothing is computed from other fields

mod dates;
mod dictionary;
mod mapping;

pub use dictionary::{DICTIONARY_COLUMNS, dictionary_rows};
pub use mapping::{Column, Mapping, Repeat};

use super::{CohortError, Table};
use crate::error::Warning;
use std::collections::{BTreeMap, BTreeSet};

/// Fields that REDCap adds itself.
const REPEAT_INSTANCE: &str = "redcap_repeat_instance";

/// A clinical table, ready to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Clinical {
    /// `subject`, `session`, and the columns of the mapping in its order.
    pub columns: Vec<String>,
    /// One row a subject and session; empty = missing.
    pub rows: Vec<Vec<String>>,
    /// What was left out.
    pub warnings: Vec<Warning>,
}

/// One row of the export.
struct Row {
    n: usize,
    subject: String,
    session: String,
    instance: u32,
}

/// Turns an export into a clinical table.
///
/// # Errors
/// Where a field is not there, a value is none of those named, or one place has two values.
pub fn clinical_of(table: &Table, mapping: &Mapping) -> Result<Clinical, CohortError> {
    let mut warnings = Vec::new();
    let rows = rows_of(table, mapping, &mut warnings)?;
    // sessions in the order in which the export has them, which is that of the project's events
    let mut order: Vec<&str> = Vec::new();
    for row in &rows {
        if !order.contains(&row.session.as_str()) {
            order.push(&row.session);
        }
    }
    let rank = |session: &str| order.iter().position(|known| *known == session);
    let found: BTreeSet<(&str, Option<usize>, &str)> =
        rows.iter().map(|row| (row.subject.as_str(), rank(&row.session), row.session.as_str())).collect();
    let keys: Vec<(String, String)> =
        found.into_iter().map(|(subject, _, session)| (subject.to_owned(), session.to_owned())).collect();
    let mut columns = vec!["subject".to_owned(), "session".to_owned()];
    let mut cells: Vec<Vec<String>> =
        keys.iter().map(|(subject, session)| vec![subject.clone(), session.clone()]).collect();
    for column in &mapping.column {
        let values = column_of(table, &rows, mapping, column)?;
        columns.push(column.full_name());
        for (row, key) in cells.iter_mut().zip(&keys) {
            row.push(values.get(key).cloned().unwrap_or_default());
        }
    }
    let known: BTreeSet<String> = mapping.fields().into_iter().collect();
    let unused =
        table.columns().into_iter().filter(|name| !known.contains(name) && !name.starts_with("redcap_")).count();
    if unused > 0 {
        warnings.push(Warning::new(
            "fields-left-out",
            format!("{unused} fields of the export are not in the mapping and stay out"),
        ));
    }
    Ok(Clinical { columns, rows: cells, warnings })
}

/// The rows of the export whose event is a session.
fn rows_of(table: &Table, mapping: &Mapping, warnings: &mut Vec<Warning>) -> Result<Vec<Row>, CohortError> {
    let subjects = table.labels(&mapping.subject)?;
    let events = match &mapping.event {
        Some(event) => table.labels(event)?,
        None => vec![String::new(); subjects.len()],
    };
    let instances =
        if table.has(REPEAT_INSTANCE) { table.numbers(REPEAT_INSTANCE)? } else { vec![None; subjects.len()] };
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows = Vec::new();
    for (n, (subject, event)) in subjects.into_iter().zip(events).enumerate() {
        let session = match (&mapping.event, mapping.sessions.get(&event)) {
            (None, _) => mapping.session.clone().unwrap_or_default(),
            (Some(_), Some(session)) => session.clone(),
            (Some(_), None) => {
                *left_out.entry(event).or_default() += 1;
                continue;
            }
        };
        let subject = match mapping.subject_prefix.as_deref() {
            Some(prefix) => subject.strip_prefix(prefix).unwrap_or(&subject).to_owned(),
            None => subject,
        };
        let instance = instances[n].map_or(0, |instance| instance as u32);
        rows.push(Row { n, subject, session, instance });
    }
    if !left_out.is_empty() {
        let named: Vec<String> = left_out.iter().map(|(event, n)| format!("{event} ({n} rows)")).collect();
        let message = format!("events that are no session of the mapping stay out: {}", named.join(", "));
        warnings.push(Warning::new("events-left-out", message));
    }
    if rows.is_empty() {
        return Err(CohortError::Value {
            path: table.source().to_owned(),
            column: mapping.event.clone().unwrap_or_default(),
            value: left_out.into_keys().collect::<Vec<_>>().join(", "),
            who: "all rows".to_owned(),
            expected: format!(
                "one of the events in [sessions]: {}",
                mapping.sessions.keys().cloned().collect::<Vec<_>>().join(", ")
            ),
        });
    }
    Ok(rows)
}

/// Values of one column by subject and session.
fn column_of(
    table: &Table,
    rows: &[Row],
    mapping: &Mapping,
    column: &Column,
) -> Result<BTreeMap<(String, String), String>, CohortError> {
    let mut found: BTreeMap<(String, String), (u32, String)> = BTreeMap::new();
    let fields: Vec<(String, Vec<Option<String>>)> = column
        .fields()
        .into_iter()
        .map(|field| Ok((field.clone(), table.text(&field)?)))
        .collect::<Result<_, CohortError>>()?;
    for row in rows {
        let cells: Vec<Option<&str>> = fields
            .iter()
            .map(|(_, cells)| cells[row.n].as_deref().filter(|value| !mapping.missing.iter().any(|code| code == value)))
            .collect();
        let who = || format!("subject {}, session {} (row {})", row.subject, row.session, row.n + 2);
        let refused = |value: &str, expected: String| CohortError::Value {
            path: table.source().to_owned(),
            column: column.fields().join(", "),
            value: value.to_owned(),
            who: who(),
            expected,
        };
        let Some(value) = column.value(&cells).map_err(|(value, expected)| refused(&value, expected))? else {
            continue;
        };
        let key = (row.subject.clone(), row.session.clone());
        match found.get(&key) {
            Some((_, before)) if *before == value => {}
            Some((instance, before)) => match column.repeat {
                Repeat::Refuse => {
                    let expected = format!(
                        "one value a visit, and {before} stands there too; say `repeat = \"first\"` or \"last\""
                    );
                    return Err(refused(&value, expected));
                }
                Repeat::First if row.instance >= *instance => {}
                Repeat::Last if row.instance < *instance => {}
                _ => drop(found.insert(key, (row.instance, value))),
            },
            None => drop(found.insert(key, (row.instance, value))),
        }
    }
    let mut values: BTreeMap<(String, String), String> =
        found.into_iter().map(|(key, (_, value))| (key, value)).collect();
    if let Some(origin) = &column.days_from {
        values = dates::days_from(&values, origin).map_err(|(subject, value)| CohortError::Value {
            path: table.source().to_owned(),
            column: column.fields().join(", "),
            // a date is not repeated
            value: "...".to_owned(),
            who: format!("subject {subject}"),
            expected: value,
        })?;
    }
    if column.carry {
        carry(&mut values, rows);
    }
    Ok(values)
}

/// A value of one visit for every visit of the subject, where the mapping asks for it.
fn carry(values: &mut BTreeMap<(String, String), String>, rows: &[Row]) {
    let mut of_subject: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for ((subject, _), value) in values.iter() {
        of_subject.entry(subject.clone()).or_default().insert(value.clone());
    }
    for row in rows {
        // values that differ between visits are no constant of the subject, and stay where they are
        let Some(only) = of_subject.get(&row.subject).filter(|all| all.len() == 1).and_then(|all| all.first()) else {
            continue;
        };
        values.entry((row.subject.clone(), row.session.clone())).or_insert_with(|| only.clone());
    }
}

#[cfg(test)]
mod tests;
