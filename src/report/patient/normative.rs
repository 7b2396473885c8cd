//! Normal values of a measure by vertebra, sex and age, from a table that the user gives. None is built in: a band without
//! a source would be an opinion.

use crate::cohort::{CohortError, Table};
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Debug, Clone, PartialEq)]
struct Row {
    measure: String,
    region: String,
    /// Empty for both sexes.
    sex: String,
    age: [f64; 2],
    ends: [f64; 2],
    source: String,
}

/// A table of normal values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Normative {
    rows: Vec<Row>,
}

/// Lowest and highest normal value, and where they come from.
pub type Band<'a> = ([f64; 2], &'a str);

impl Normative {
    /// Columns of the table; ages in years, both ends included; `low` and `high` in the unit of the measure.
    pub const COLUMNS: [&str; 8] = ["measure", "region", "sex", "age_low", "age_high", "low", "high", "source"];

    /// Reads a table of normal values.
    ///
    /// # Errors
    /// Where the file cannot be read, a column is missing, a row has no source, or a range is empty.
    pub fn read(path: &Path) -> Result<Normative, CohortError> {
        let table = Table::read(path)?;
        let text = |column: &str| table.text(column);
        let (measures, regions, sexes, sources) = (text("measure")?, text("region")?, text("sex")?, text("source")?);
        let ages = [table.numbers("age_low")?, table.numbers("age_high")?];
        let ends = [table.numbers("low")?, table.numbers("high")?];
        let mut rows = Vec::new();
        for n in 0..table.n_rows() {
            let bad = |reason: &str| CohortError::Unreadable {
                path: table.source().to_owned(),
                reason: format!("row {}: {reason}", n + 2),
            };
            let range = |pair: &[Vec<Option<f64>>; 2], what: &str| {
                let ends = pair[0][n].zip(pair[1][n]).filter(|(low, high)| low <= high);
                ends.map(|(low, high)| [low, high]).ok_or_else(|| bad(what))
            };
            rows.push(Row {
                measure: measures[n].clone().ok_or_else(|| bad("no measure is named"))?,
                region: regions[n].clone().ok_or_else(|| bad("no region is named"))?,
                sex: sexes[n].clone().unwrap_or_default().to_lowercase(),
                age: range(&ages, "age_low must not be above age_high")?,
                ends: range(&ends, "low must not be above high")?,
                source: sources[n].clone().ok_or_else(|| bad("normal values without a source are not used"))?,
            });
        }
        Ok(Normative { rows })
    }

    /// The band of one vertebra for that age (years) and sex.
    pub fn band(&self, measure: &str, region: &str, age: f64, sex: &str) -> Option<Band<'_>> {
        let sex = sex.to_lowercase();
        // F and female are one
        let fits = |own: &str| own.is_empty() || own.chars().next() == sex.chars().next();
        let row = self.rows.iter().find(|row| {
            row.measure == measure && row.region == region && (row.age[0]..=row.age[1]).contains(&age) && fits(&row.sex)
        })?;
        Some((row.ends, &row.source))
    }

    /// Sources of all bands of a measure, each once.
    pub fn sources(&self, measure: &str) -> String {
        let sources: BTreeSet<&str> =
            self.rows.iter().filter(|row| row.measure == measure).map(|row| row.source.as_str()).collect();
        sources.into_iter().collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_belongs_to_age_and_sex_and_has_a_source() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("normal.csv");
        let header = "measure,region,sex,age_low,age_high,low,high,source\n";
        std::fs::write(&path, format!("{header}pdff,L1,F,50,59,30,50,made up\npdff,L1,,60,99,40,60,made up too\n"))
            .unwrap();
        let table = Normative::read(&path).unwrap();
        assert_eq!(table.band("pdff", "L1", 55.0, "female"), Some(([30.0, 50.0], "made up")));
        assert_eq!(table.band("pdff", "L1", 55.0, "M"), None);
        assert_eq!(table.band("pdff", "L1", 70.0, "M").unwrap().0, [40.0, 60.0]);
        assert_eq!(table.band("pdff", "L2", 70.0, "M"), None);
        assert_eq!(table.sources("pdff"), "made up; made up too");
        std::fs::write(&path, format!("{header}pdff,L1,F,50,59,30,50,\n")).unwrap();
        assert!(Normative::read(&path).unwrap_err().to_string().contains("row 2"));
        std::fs::write(&path, format!("{header}pdff,L1,F,50,59,50,30,x\n")).unwrap();
        assert!(Normative::read(&path).is_err());
    }
}
