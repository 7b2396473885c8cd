//! The reference tables: columns with missing values, percentage changes and dummy variables derived.

use std::collections::BTreeMap;
use std::path::Path;

/// A table of a reference set.
pub struct Table {
    pub set: String,
    columns: BTreeMap<String, Vec<Option<f64>>>,
    text: BTreeMap<String, Vec<String>>,
    outcome: String,
}

impl Table {
    pub fn read(folder: &Path, set: &str) -> Table {
        let file = if set == "pima" { "pima_train".to_owned() } else { set.to_owned() };
        let mut table = Table::of_text(set, &std::fs::read_to_string(folder.join(format!("{file}.csv"))).unwrap());
        if set == "pima" {
            let test = Table::of_text(set, &std::fs::read_to_string(folder.join("pima_test.csv")).unwrap());
            for (name, column) in test.columns {
                table.columns.insert(format!("test_{name}"), column);
            }
        }
        table
    }

    pub fn of_text(set: &str, content: &str) -> Table {
        let mut lines = content.lines().map(|l| l.split(',').map(str::trim).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let rows: Vec<Vec<&str>> = lines.collect();
        let (mut columns, mut text) = (BTreeMap::new(), BTreeMap::new());
        for (j, name) in header.iter().enumerate() {
            let name = name.trim_matches('"').to_owned();
            let cells: Vec<&str> = rows.iter().map(|r| r[j].trim_matches('"')).collect();
            let value = |cell: &str| match cell {
                "True" | "Yes" => Some(1.0),
                "False" | "No" => Some(0.0),
                other => other.parse().ok(),
            };
            columns.insert(name.clone(), cells.iter().map(|c| value(c)).collect());
            text.insert(name, cells.iter().map(|&c| c.to_owned()).collect());
        }
        let outcome = match set {
            "asah" => "outcome01",
            "birthwt" => "low",
            "dca_binary" => "cancer",
            "endometrial" => "HG",
            "krall_myeloma" => "vstatus",
            "spector" => "GRADE",
            "pima" => "type",
            "mm_sim_open" | "mm_sim_dirty_open" => "crvgpr",
            _ => "y",
        };
        Table { set: set.to_owned(), columns, text, outcome: outcome.to_owned() }
    }

    /// A column by the name that a record uses: stored, `X_pc` (percentage change), or a dummy as `race2`.
    pub fn column(&self, name: &str) -> Option<Vec<Option<f64>>> {
        if let Some(column) = self.columns.get(name) {
            return Some(column.clone());
        }
        if let Some(marker) = name.strip_suffix("_pc") {
            let (base, after) =
                (self.columns.get(&format!("{marker}_base"))?, self.columns.get(&format!("{marker}_c2"))?);
            let change = |(b, a): (&Option<f64>, &Option<f64>)| match (b, a) {
                (Some(b), Some(a)) if *b > 0.0 => Some(100.0 * (a - b) / b),
                _ => None,
            };
            return Some(base.iter().zip(after).map(change).collect());
        }
        let (factor, level) = name.split_at(name.len().checked_sub(1)?);
        let level: f64 = level.parse().ok()?;
        let codes = self.columns.get(factor)?;
        Some(codes.iter().map(|c| c.map(|c| f64::from(u8::from(c == level)))).collect())
    }

    pub fn text(&self, name: &str) -> Option<&Vec<String>> {
        self.text.get(name)
    }

    pub fn outcome(&self) -> Vec<bool> {
        self.columns[&self.outcome].iter().map(|v| *v == Some(1.0)).collect()
    }

    /// Complete rows of several columns, with their outcome.
    pub fn complete(&self, names: &[String]) -> Option<(Vec<Vec<f64>>, Vec<bool>)> {
        let columns: Vec<Vec<Option<f64>>> = names.iter().map(|n| self.column(n)).collect::<Option<_>>()?;
        let outcome = self.outcome();
        let rows: Vec<usize> =
            (0..columns.first()?.len()).filter(|&i| columns.iter().all(|c| c[i].is_some())).collect();
        let pick = |c: &Vec<Option<f64>>| rows.iter().filter_map(|&i| c[i]).collect();
        Some((columns.iter().map(pick).collect(), rows.iter().map(|&i| outcome[i]).collect()))
    }

    /// Values of a column in the positive and in the negative class.
    pub fn groups(&self, name: &str) -> Option<(Vec<f64>, Vec<f64>)> {
        let (columns, outcome) = self.complete(&[name.to_owned()])?;
        let pick = |class| columns[0].iter().zip(&outcome).filter(|&(_, &o)| o == class).map(|(&v, _)| v).collect();
        Some((pick(true), pick(false)))
    }
}
