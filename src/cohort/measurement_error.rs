//! Is a change larger than what a repeat of the same measurement gives?
//!
//! A limit of repeatability is the change that 95 % of repeats of an unchanged patient stay within, 1.96 sqrt(2) within-subject
//! standard deviations (Raunig 2015, doi:10.1177/0962280214537344). It comes in two kinds: in the unit of the number
//! (`absolute`), or from a within-subject coefficient of variation (`wcv_pct`), then on the logarithmic scale and not symmetric:
//! `exp(+- 1.96 sqrt(2) sqrt(ln(1 + wCV^2)))`. No limit is made up: one is built in, for the ADC of marrow; every other comes
//! from a table that the user gives, with its source in each row.

use super::results::Change;
use super::{CohortError, Table};
use crate::measure::MARROW_ADC_WCV;
use std::path::Path;

/// 1.96 sqrt(2).
const FACTOR: f64 = 1.96 * std::f64::consts::SQRT_2;

/// Which changes a repeat of the measurement gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allowed {
    /// At most this much either way, in the unit of the number.
    Absolute(f64),
    /// Between these two changes, percent of the baseline.
    Percent([f64; 2]),
}

/// The limit of one column or of all columns of a measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Column, or the beginning of one up to an underscore: `adc` holds for `adc_median_L1-L5`.
    pub column: String,
    /// Changes within the error of measurement.
    pub allowed: Allowed,
    /// Where the limit comes from.
    pub source: String,
}

/// How a change stands to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A repeat of the same measurement gives as much.
    Within,
    /// Larger than that.
    Beyond,
}

/// Limits, the more particular first.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits(Vec<Limit>);

impl Default for Limits {
    fn default() -> Self {
        let source = format!(
            "within-subject coefficient of variation {:.1} % between two examinations of myeloma marrow, PMID 35867890",
            100.0 * MARROW_ADC_WCV
        );
        let limit = |column: &str| Limit {
            column: column.to_owned(),
            allowed: Allowed::Percent(asymmetric_pct(MARROW_ADC_WCV)),
            source: source.clone(),
        };
        // of the mean and the median only: the limit was found for an average over the marrow
        Limits(vec![limit("adc_mean"), limit("adc_median")])
    }
}

/// Lowest and highest change in percent that a within-subject coefficient of variation (a fraction) allows.
fn asymmetric_pct(wcv: f64) -> [f64; 2] {
    let log = FACTOR * wcv.powi(2).ln_1p().sqrt();
    [100.0 * (-log).exp_m1(), 100.0 * log.exp_m1()]
}

impl Limits {
    /// Columns of a table of limits.
    pub const COLUMNS: [&str; 4] = ["column", "kind", "value", "source"];

    /// Reads a table with the columns `column,kind,value,source`; its rows go before what is built in.
    ///
    /// # Errors
    /// Where the file cannot be read, a column is missing, a row has no source, a kind is neither `absolute` nor
    /// `wcv_pct`, or a value is not positive.
    pub fn read(path: &Path) -> Result<Limits, CohortError> {
        let table = Table::read(path)?;
        let [columns, kinds, sources] = [table.text("column")?, table.text("kind")?, table.text("source")?];
        let values = table.numbers("value")?;
        let mut limits = Vec::new();
        for row in 0..table.n_rows() {
            let bad = |reason: String| CohortError::Unreadable {
                path: table.source().to_owned(),
                reason: format!("row {}: {reason}", row + 2),
            };
            let column = columns[row].clone().ok_or_else(|| bad("no column is named".to_owned()))?;
            let source = sources[row].clone();
            let source = source.ok_or_else(|| bad("a limit without a source is not used; fill `source`".to_owned()))?;
            let value = values[row].filter(|v| *v > 0.0);
            let value = value.ok_or_else(|| bad("`value` must be a number above zero".to_owned()))?;
            let allowed = match kinds[row].as_deref() {
                Some("absolute") => Allowed::Absolute(value),
                Some("wcv_pct") => Allowed::Percent(asymmetric_pct(value / 100.0)),
                other => {
                    let found = other.unwrap_or("nothing");
                    return Err(bad(format!("`kind` is {found}; expected absolute (unit of the column) or wcv_pct")));
                }
            };
            limits.push(Limit { column, allowed, source });
        }
        limits.extend(Limits::default().0);
        Ok(Limits(limits))
    }

    /// The limit of a column, e.g. `adc_median_L1-L5`.
    pub fn of(&self, column: &str) -> Option<&Limit> {
        let exact = self.0.iter().find(|limit| limit.column == column);
        let begins = |limit: &&Limit| column.strip_prefix(&limit.column).is_some_and(|rest| rest.starts_with('_'));
        exact.or_else(|| self.0.iter().find(begins))
    }
}

impl Limit {
    /// How a change stands to this limit; none where it is not known.
    pub fn verdict(&self, change: &Change) -> Option<Verdict> {
        let within = match self.allowed {
            Allowed::Absolute(limit) => change.abs?.abs() <= limit,
            Allowed::Percent([low, high]) => (low..=high).contains(&change.pct?),
        };
        Some(if within { Verdict::Within } else { Verdict::Beyond })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::change::of_pair;

    #[test]
    fn the_marrow_limit_is_asymmetric_and_lies_where_print_has_it() {
        let limits = Limits::default();
        let Some(Limit { allowed: Allowed::Percent([low, high]), source, .. }) = limits.of("adc_median_L1-L5") else {
            panic!("no limit of ADC");
        };
        assert!((low + 33.0).abs() < 0.5 && (high - 49.0).abs() < 0.7, "{low} {high}");
        assert!(source.contains(" 14.5 % ") && source.contains("PMID 35867890"), "{source}");
        assert!(limits.of("adc_sd_L1-L5").is_none() && limits.of("pdff_mean_L1").is_none());
        let verdict = |before: f64, after: f64| {
            let change = of_pair("1", "adc_median_L1-L5", Some(before), Some(after));
            limits.of(&change.column).unwrap().verdict(&change)
        };
        assert_eq!(verdict(700.0, 1000.0), Some(Verdict::Within));
        assert_eq!(verdict(700.0, 1100.0), Some(Verdict::Beyond));
        assert_eq!(verdict(1000.0, 660.0), Some(Verdict::Beyond));
        let missing = of_pair("1", "adc_median_L1-L5", None, Some(700.0));
        assert_eq!(limits.of("adc_median_L1-L5").unwrap().verdict(&missing), None);
    }

    #[test]
    fn a_table_of_limits_goes_before_and_needs_a_source() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limits.csv");
        let write = |text: &str| std::fs::write(&path, format!("column,kind,value,source\n{text}\n")).unwrap();
        write("pdff,absolute,4.7,own phantom\nadc_median_L1-L5,wcv_pct,3,own repeats");
        let limits = Limits::read(&path).unwrap();
        assert_eq!(limits.of("pdff_mean_L3").unwrap().allowed, Allowed::Absolute(4.7));
        assert_eq!(limits.of("adc_median_L1-L5").unwrap().source, "own repeats");
        assert!(limits.of("adc_median_L3").unwrap().source.contains("PMID"));
        for bad in ["pdff,absolute,4.7,", "pdff,relative,4.7,x", "pdff,absolute,-1,x"] {
            write(bad);
            assert!(Limits::read(&path).unwrap_err().to_string().contains("row 2"), "{bad}");
        }
    }
}
