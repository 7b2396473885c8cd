//! Gathers the rows of all measured sessions into a long and a wide table.
//!
//! Long: one row a number, as each session left it. Wide: one row a subject, one column a number and session,
//! `<measure>_<statistic>_<region>__<session>`. A number that is known to be wrong (a flag of [`WITHHELD`]) stays in the
//! long table with its flag and is left empty in the wide one, and who lost it is told.

use super::csv_out::write_csv;
use super::session_writer::{MEASURES, cells};
use super::{StudyError, TextTable};
use crate::error::Result;
use crate::measure::{MeasureRow, order};
use crate::units::Unit;
use polars::prelude::{Column, DataFrame};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Flags that keep a number out of the analysis.
pub const WITHHELD: [&str; 1] = [crate::measure::SWAP_SUSPECTED];

/// All numbers of a study.
#[derive(Debug, Clone, Default)]
pub struct Collected {
    /// Rows by subject, session and the order of the registry.
    pub rows: Vec<MeasureRow>,
}

/// One row a subject.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wide {
    /// Subject labels, sorted.
    pub subjects: Vec<String>,
    /// Columns in stable order, each with one value a subject.
    pub columns: Vec<(String, Vec<Option<f64>>)>,
    /// Subject, session and flag of what was kept out.
    pub withheld: Vec<[String; 3]>,
}

/// Gathers the rows of those sessions (subject, session), as they stand in `OUT/maps/`.
///
/// # Errors
/// Where a session's table is missing or is not ours, or there is no session.
pub fn collect(out: &Path, sessions: &[(String, String)]) -> Result<Collected> {
    if sessions.is_empty() {
        return Err(StudyError::NothingMeasured { path: out.display().to_string() }.into());
    }
    let mut rows = Vec::new();
    for (subject, session) in sessions {
        let path = out.join(format!("maps/sub-{subject}/ses-{session}/{MEASURES}"));
        let table = TextTable::read(&path, &MeasureRow::COLUMNS)?;
        for (n, cells) in table.rows().enumerate() {
            let row = parsed(&cells).ok_or_else(|| StudyError::Table {
                path: path.display().to_string(),
                reason: format!("row {} is not as this program writes it", n + 2),
            })?;
            rows.push(row);
        }
    }
    rows.sort_by(|a, b| {
        let key = |row: &MeasureRow| order(&row.measure, &row.statistic);
        (&a.subject, &a.session, key(a)).cmp(&(&b.subject, &b.session, key(b)))
    });
    Ok(Collected { rows })
}

fn parsed(cells: &[&str]) -> Option<MeasureRow> {
    let [subject, session, measure, region, statistic, value, unit, n_voxels, qc_flags] = cells else { return None };
    let value = if value.is_empty() { None } else { Some(value.parse::<f64>().ok()?) };
    Some(MeasureRow {
        subject: (*subject).to_owned(),
        session: (*session).to_owned(),
        measure: (*measure).to_owned(),
        region: (*region).to_owned(),
        statistic: (*statistic).to_owned(),
        value,
        unit: serde_json::from_value::<Unit>(serde_json::json!(unit)).ok()?,
        n_voxels: n_voxels.parse().ok()?,
        qc_flags: qc_flags.split(';').filter(|flag| !flag.is_empty()).map(str::to_owned).collect(),
    })
}

impl Collected {
    /// Writes the long table.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write_long(&self, path: &Path) -> Result<()> {
        write_csv(path, &MeasureRow::COLUMNS, self.rows.iter().map(cells))
    }

    /// One row a subject, columns by measure, statistic, region and session; the sessions in the order given, others
    /// behind them by name.
    pub fn wide(&self, sessions: &[&str]) -> Wide {
        let subjects: BTreeSet<&str> = self.rows.iter().map(|row| row.subject.as_str()).collect();
        let subjects: Vec<String> = subjects.into_iter().map(str::to_owned).collect();
        let session_rank = |label: &str| sessions.iter().position(|known| *known == label).unwrap_or(sessions.len());
        let mut region_rank: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &self.rows {
            let next = region_rank.len();
            region_rank.entry(&row.region).or_insert(next);
        }
        let mut columns: BTreeMap<_, (String, Vec<Option<f64>>)> = BTreeMap::new();
        let mut withheld = BTreeSet::new();
        for row in &self.rows {
            let region = region_rank.get(row.region.as_str()).copied().unwrap_or_default();
            let key = (order(&row.measure, &row.statistic), region, session_rank(&row.session), row.session.as_str());
            let (_, values) = columns
                .entry(key)
                .or_insert_with(|| (format!("{}__{}", row.column(), row.session), vec![None; subjects.len()]));
            let flag = WITHHELD.into_iter().find(|flag| row.qc_flags.iter().any(|seen| seen == flag));
            match (flag, subjects.binary_search(&row.subject)) {
                (Some(flag), _) => {
                    withheld.insert([row.subject.clone(), row.session.clone(), flag.to_owned()]);
                }
                (None, Ok(place)) => values[place] = row.value,
                (None, Err(_)) => {}
            }
        }
        Wide { subjects, columns: columns.into_values().collect(), withheld: withheld.into_iter().collect() }
    }
}

impl Wide {
    /// The table as a data frame, `subject` first.
    ///
    /// # Errors
    /// Where two columns have one name, which our own sessions cannot give.
    pub fn frame(&self) -> Result<DataFrame> {
        let mut columns = vec![Column::new("subject".into(), &self.subjects)];
        columns.extend(self.columns.iter().map(|(name, values)| Column::new(name.as_str().into(), values)));
        DataFrame::new(self.subjects.len(), columns)
            .map_err(|source| StudyError::Table { path: "wide table".to_owned(), reason: source.to_string() }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(subject: &str, session: &str, region: &str, value: f64, flags: &[&str]) -> MeasureRow {
        MeasureRow {
            subject: subject.into(),
            session: session.into(),
            measure: "sff".into(),
            region: region.into(),
            statistic: "mean".into(),
            value: Some(value),
            unit: Unit::Percent,
            n_voxels: 500,
            qc_flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        }
    }

    #[test]
    fn the_wide_table_has_one_row_a_subject_and_keeps_swapped_values_out() {
        let collected = Collected {
            rows: vec![
                row("1", "cycle2", "L1", 30.0, &[]),
                row("1", "baseline", "L1", 20.0, &["small-region"]),
                row("2", "baseline", "L1", 95.0, &[crate::measure::SWAP_SUSPECTED]),
            ],
        };
        let wide = collected.wide(&["baseline", "cycle2"]);
        assert_eq!(wide.subjects, ["1", "2"]);
        let expected = vec![
            ("sff_mean_L1__baseline".to_owned(), vec![Some(20.0), None]),
            ("sff_mean_L1__cycle2".to_owned(), vec![Some(30.0), None]),
        ];
        assert_eq!(wide.columns, expected);
        assert_eq!(wide.withheld.len(), 1);
        assert_eq!(wide.frame().unwrap().shape(), (2, 3));
    }

    #[test]
    fn a_written_row_is_read_back_as_it_was() {
        let written = row("1", "a", "L1-L5", 12.5, &["small-region", "out-of-range"]);
        let text = cells(&written);
        let text: Vec<&str> = text.iter().map(String::as_str).collect();
        assert_eq!(parsed(&text), Some(written));
    }
}
