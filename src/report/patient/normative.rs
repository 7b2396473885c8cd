//! Normal values of a measure by vertebra, sex and age, from a table that the user gives. None is built in: a band without
//! a source would be an opinion.

use crate::cohort::{CohortError, Table};
use crate::region::Level;
use std::collections::BTreeSet;
use std::path::Path;

/// Measures that a profile along the spine is drawn of.
const PROFILES: [&str; 2] = ["pdff", "sff"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sex {
    Female,
    Male,
}

/// `F`, `female`, `女` and so on; none where it cannot be told.
fn sex(text: &str) -> Option<Sex> {
    match text.trim().to_lowercase().as_str() {
        "f" | "female" | "w" | "woman" | "女" | "女性" => Some(Sex::Female),
        "m" | "male" | "man" | "男" | "男性" => Some(Sex::Male),
        _ => None,
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    measure: String,
    region: String,
    /// None for both.
    sex: Option<Sex>,
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
            let measure = measures[n].clone().ok_or_else(|| bad("no measure is named"))?;
            if !PROFILES.contains(&measure.as_str()) {
                return Err(bad(&format!("no profile of `{measure}` is drawn, only of {}", PROFILES.join(" and "))));
            }
            let region = regions[n].clone().ok_or_else(|| bad("no region is named"))?;
            if Level::parse(&region).is_none() {
                return Err(bad(&format!("`{region}` is no vertebra (expected one such as L3 or T12)")));
            }
            let ends = range(&ends, "low must not be above high")?;
            if ends[1] <= 1.0 {
                return Err(bad("low and high are percent; these look like fractions"));
            }
            let sex = match sexes[n].as_deref().unwrap_or_default() {
                "" | "any" | "both" | "all" => None,
                named => Some(sex(named).ok_or_else(|| bad(&format!("sex `{named}`: F, M, or empty for both")))?),
            };
            rows.push(Row {
                measure,
                region,
                sex,
                age: range(&ages, "age_low must not be above age_high")?,
                ends,
                source: sources[n].clone().ok_or_else(|| bad("normal values without a source are not used"))?,
            });
        }
        Ok(Normative { rows })
    }

    /// The band of one vertebra for that age (years) and sex.
    pub fn band(&self, measure: &str, region: &str, age: f64, sex: &str) -> Option<Band<'_>> {
        let of_patient = self::sex(sex);
        let row = self.rows.iter().find(|row| {
            let fits = row.sex.is_none() || row.sex == of_patient;
            row.measure == measure && row.region == region && (row.age[0]..=row.age[1]).contains(&age) && fits
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
        for (row, said) in [
            ("pdff,L1,F,50,59,50,30,x", "low must not be above high"),
            ("adc,L1,F,50,59,30,50,x", "no profile of `adc`"),
            ("pdff,L1-L5,F,50,59,30,50,x", "`L1-L5` is no vertebra"),
            ("pdff,L1,robot,50,59,30,50,x", "sex `robot`"),
            ("pdff,L1,F,50,59,0.3,0.5,x", "look like fractions"),
        ] {
            std::fs::write(&path, format!("{header}{row}\n")).unwrap();
            let error = Normative::read(&path).unwrap_err().to_string();
            assert!(error.contains(said), "{row}: {error}");
        }
        std::fs::write(&path, format!("{header}pdff,L1,any,50,59,30,50,x\n")).unwrap();
        assert!(Normative::read(&path).unwrap().band("pdff", "L1", 55.0, "女").is_some());
    }
}
