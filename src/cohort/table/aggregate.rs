//! Several rows a patient made one.

use super::super::CohortError;
use super::Table;
use crate::error::Warning;
use crate::stats::summary::{mean, quantile};

/// How the rows of a patient become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregate {
    /// Their mean.
    Mean,
    /// Their median.
    Median,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

impl Aggregate {
    /// `mean`, `median`, `min` or `max`.
    pub fn name(self) -> &'static str {
        match self {
            Aggregate::Mean => "mean",
            Aggregate::Median => "median",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
        }
    }

    /// Of values, at least one.
    fn of(self, values: &mut [f64]) -> f64 {
        values.sort_unstable_by(f64::total_cmp);
        match self {
            Aggregate::Mean => mean(values),
            Aggregate::Median => quantile(values, 0.5),
            Aggregate::Min => values[0],
            Aggregate::Max => values[values.len() - 1],
        }
    }
}

impl Table {
    /// One row a patient: number columns by `how` over the rows that have a value, text columns where all rows of every
    /// patient say one thing; the other text columns are left out and told.
    ///
    /// # Errors
    /// Where the table has no column `subject`.
    pub fn aggregated(&self, how: Aggregate) -> Result<(Table, Vec<Warning>), CohortError> {
        let who = self.labels("subject")?;
        let mut subjects = who.clone();
        subjects.sort();
        subjects.dedup();
        let place: Vec<usize> = who.iter().map(|s| subjects.binary_search(s).unwrap_or_default()).collect();
        let mut columns = vec![("subject".to_owned(), subjects.iter().cloned().map(Some).collect::<Vec<_>>())];
        let mut apart = Vec::new();
        for column in self.columns().into_iter().filter(|column| column != "subject") {
            if self.is_numeric(&column) {
                let mut values = vec![Vec::new(); subjects.len()];
                for (&row, value) in place.iter().zip(self.numbers(&column)?) {
                    values[row].extend(value);
                }
                let cell = |values: &mut Vec<f64>| (!values.is_empty()).then(|| how.of(values).to_string());
                columns.push((column, values.iter_mut().map(cell).collect()));
                continue;
            }
            let mut cells: Vec<Option<String>> = vec![None; subjects.len()];
            let mut agree = true;
            for (&row, cell) in place.iter().zip(self.text(&column)?) {
                agree &= cell.is_none() || cells[row].is_none() || cells[row] == cell;
                cells[row] = cells[row].take().or(cell);
            }
            match agree {
                true => columns.push((column, cells)),
                false => apart.push(column),
            }
        }
        let mut warnings = vec![Warning::new(
            "aggregated",
            format!("{} rows of {} patients were made one each by their {}", who.len(), subjects.len(), how.name()),
        )];
        if !apart.is_empty() {
            let message = format!("rows of one patient differ in {}: left out", apart.join(", "));
            warnings.push(Warning::new("text-differs", message));
        }
        Ok((Table::from_columns(self.source(), columns)?, warnings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_one_and_words_that_differ_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let text = "subject,level,x,response\n002,L1,5,PR\n001,L1,1,CR\n001,L2,2,\n001,L3,6,CR\n002,L2,,PR\n";
        std::fs::write(&path, text).unwrap();
        let table = Table::read(&path).unwrap();
        for (how, x) in [(Aggregate::Mean, 3.0), (Aggregate::Median, 2.0), (Aggregate::Min, 1.0), (Aggregate::Max, 6.0)]
        {
            let (one, warnings) = table.aggregated(how).unwrap();
            assert_eq!(one.labels("subject").unwrap(), ["001", "002"]);
            assert_eq!(one.numbers("x").unwrap(), [Some(x), Some(5.0)]);
            assert_eq!(one.text("response").unwrap(), [Some("CR".to_owned()), Some("PR".to_owned())]);
            assert!(!one.has("level") && warnings[1].message.contains("level"), "{warnings:?}");
        }
    }
}
