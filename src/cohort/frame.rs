//! One row a patient: the table that every analysis reads.
//!
//! Made from the wide table of the measures and the clinical table of a study ([`Frame::of_study`]), or from any table
//! that a user gives ([`Frame::of_table`]). Columns are `<column>__<session>` and the changes
//! `<column>__{abs,pct,log}`. A value that is not there is `None`; who lost it is named by each analysis.

use super::change::{self, KINDS};
use super::results::Change;
use super::{CohortError, Table};
use crate::study::{Sessions, Wide};
use std::collections::BTreeSet;

/// One row a patient, columns of numbers and columns of text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// Where it came from, for messages.
    pub source: String,
    /// Subject labels without `sub-`, sorted; the rows.
    pub subjects: Vec<String>,
    /// Number columns in order.
    pub numbers: Vec<(String, Vec<Option<f64>>)>,
    /// Text columns in order.
    pub texts: Vec<(String, Vec<Option<String>>)>,
}

/// The patients with an outcome and all values of an analysis.
#[derive(Debug, Clone, PartialEq)]
pub struct Cases {
    /// Rows of the frame that are used.
    pub rows: Vec<usize>,
    /// One column of values a variable, without gaps.
    pub columns: Vec<Vec<f64>>,
    /// Class of each row.
    pub positive: Vec<bool>,
    /// Subjects with an outcome that lack a value.
    pub missing: Vec<String>,
}

impl Cases {
    /// Refuses cases of one class.
    ///
    /// # Errors
    /// [`CohortError::OneClassLeft`], which names the columns.
    pub fn check_two_classes(&self, columns: &[String]) -> Result<(), CohortError> {
        let n_positive = self.positive.iter().filter(|p| **p).count();
        let n_negative = self.positive.len() - n_positive;
        if n_positive > 0 && n_negative > 0 {
            return Ok(());
        }
        Err(CohortError::OneClassLeft { columns: columns.to_vec(), n_positive, n_negative })
    }
}

impl Frame {
    /// The frame of a table with one row a patient; its subject column is `subject`, or the rows are numbered.
    ///
    /// # Errors
    /// [`CohortError::DuplicateKey`] where a patient has more rows than one.
    pub fn of_table(table: &Table) -> Result<Frame, CohortError> {
        let subjects = if table.has("subject") {
            table.check_key(&["subject"])?;
            table.labels("subject")?
        } else {
            (1..=table.n_rows()).map(|n| format!("row {n}")).collect()
        };
        let mut frame = Frame { source: table.source().to_owned(), subjects, ..Frame::default() };
        frame.read_columns(table)?;
        Ok(frame)
    }

    /// The frame of a table with any number of rows a patient, each of which stays a row; [`Frame::clusters`] says whose.
    ///
    /// # Errors
    /// Where the table has no column `subject`, or a row without one.
    pub fn of_rows(table: &Table) -> Result<Frame, CohortError> {
        let mut frame =
            Frame { source: table.source().to_owned(), subjects: table.labels("subject")?, ..Frame::default() };
        frame.read_columns(table)?;
        Ok(frame)
    }

    /// The number of the patient of each of these rows, from 0, where a patient has several rows.
    pub fn clusters(&self, rows: &[usize]) -> Option<Vec<usize>> {
        let names: BTreeSet<&String> = rows.iter().map(|&row| &self.subjects[row]).collect();
        let names: Vec<&String> = names.into_iter().collect();
        let number = |&row: &usize| names.binary_search(&&self.subjects[row]).unwrap_or_default();
        self.has_clusters().then(|| rows.iter().map(number).collect())
    }

    /// Whether a patient has several rows.
    pub fn has_clusters(&self) -> bool {
        self.subjects.iter().collect::<BTreeSet<_>>().len() < self.subjects.len()
    }

    fn read_columns(&mut self, table: &Table) -> Result<(), CohortError> {
        for column in table.columns() {
            if column == "subject" {
                continue;
            }
            match table.numbers(&column) {
                Ok(values) => self.numbers.push((column, values)),
                Err(_) => self.texts.push((column.clone(), table.text(&column)?)),
            }
        }
        Ok(())
    }

    /// The frame of a study: measures and clinical columns of all sessions, and the changes from baseline to
    /// follow-up. `withheld` names subject, session and flag of measures that were kept out.
    ///
    /// # Errors
    /// Where the clinical table lacks `subject` or `session`, or has a (subject, session) twice.
    pub fn of_study(
        wide: &Wide,
        clinical: Option<&Table>,
        sessions: &Sessions,
    ) -> Result<(Frame, Vec<Change>), CohortError> {
        let mut subjects: BTreeSet<String> = wide.subjects.iter().cloned().collect();
        let keys = match clinical {
            None => None,
            Some(table) => {
                table.check_key(&["subject", "session"])?;
                let key = (table.labels("subject")?, table.labels("session")?);
                subjects.extend(key.0.iter().cloned());
                Some(key)
            }
        };
        let subjects: Vec<String> = subjects.into_iter().collect();
        let place = |subject: &String| subjects.binary_search(subject).ok();
        let mut frame = Frame { source: "the study".to_owned(), subjects: subjects.clone(), ..Frame::default() };
        for (name, values) in &wide.columns {
            let mut column = vec![None; subjects.len()];
            for (subject, value) in wide.subjects.iter().zip(values) {
                if let Some(row) = place(subject) {
                    column[row] = *value;
                }
            }
            frame.numbers.push((name.clone(), column));
        }
        if let (Some(table), Some((who, when))) = (clinical, &keys) {
            let mut visits: Vec<&str> = vec![&sessions.baseline, &sessions.followup];
            visits.extend(when.iter().map(String::as_str).collect::<BTreeSet<_>>());
            let mut seen = BTreeSet::new();
            visits.retain(|visit| seen.insert(*visit));
            for column in table.columns().iter().filter(|c| !["subject", "session"].contains(&c.as_str())) {
                for visit in &visits {
                    let of_visit = |n: &usize| when[*n] == *visit;
                    let rows: Vec<(usize, usize)> =
                        (0..who.len()).filter(of_visit).filter_map(|n| Some((n, place(&who[n])?))).collect();
                    let name = format!("{column}__{visit}");
                    if table.is_numeric(column) {
                        let values = table.numbers(column)?;
                        frame.push_numbers(name, &rows, &values);
                    } else {
                        let values = table.text(column)?;
                        frame.push_texts(name, &rows, &values);
                    }
                }
            }
        }
        let changes = change::of_frame(&frame, sessions, wide);
        for kind in KINDS {
            let columns = change::columns(&frame.subjects, &changes, kind);
            frame.numbers.extend(columns);
        }
        Ok((frame, changes))
    }

    /// Adds a column unless it is empty.
    fn push_numbers(&mut self, name: String, rows: &[(usize, usize)], values: &[Option<f64>]) {
        let mut column = vec![None; self.subjects.len()];
        for &(from, to) in rows {
            column[to] = values[from];
        }
        if column.iter().any(Option::is_some) {
            self.numbers.push((name, column));
        }
    }

    fn push_texts(&mut self, name: String, rows: &[(usize, usize)], values: &[Option<String>]) {
        let mut column = vec![None; self.subjects.len()];
        for &(from, to) in rows {
            column[to] = values[from].clone();
        }
        if column.iter().any(Option::is_some) {
            self.texts.push((name, column));
        }
    }

    /// A number column.
    ///
    /// # Errors
    /// [`CohortError::MissingColumn`], or [`CohortError::TextInNumbers`] for a text column.
    pub fn numbers(&self, name: &str) -> Result<&[Option<f64>], CohortError> {
        if let Some((_, values)) = self.numbers.iter().find(|(there, _)| there == name) {
            return Ok(values);
        }
        if let Some((_, values)) = self.texts.iter().find(|(there, _)| there == name) {
            let stray =
                |cell: &Option<String>| cell.as_ref().is_some_and(|text| !text.parse().is_ok_and(f64::is_finite));
            let row = values.iter().position(stray).unwrap_or_default();
            return Err(CohortError::TextInNumbers {
                path: self.source.clone(),
                column: name.to_owned(),
                row: row + 2,
                value: values[row].clone().unwrap_or_default(),
            });
        }
        Err(self.missing_column(name))
    }

    /// A column as text, number columns included.
    ///
    /// # Errors
    /// [`CohortError::MissingColumn`].
    pub fn texts(&self, name: &str) -> Result<Vec<Option<String>>, CohortError> {
        if let Some((_, values)) = self.texts.iter().find(|(there, _)| there == name) {
            return Ok(values.clone());
        }
        match self.numbers.iter().find(|(there, _)| there == name) {
            Some((_, values)) => Ok(values.iter().map(|v| v.map(|number| number.to_string())).collect()),
            None => Err(self.missing_column(name)),
        }
    }

    /// Names of all columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.numbers.iter().map(|(name, _)| name.as_str()).chain(self.texts.iter().map(|(name, _)| name.as_str()))
    }

    /// The frame with one number column more.
    pub fn with(&self, name: &str, values: Vec<Option<f64>>) -> Frame {
        let mut frame = self.clone();
        frame.numbers.push((name.to_owned(), values));
        frame
    }

    fn missing_column(&self, name: &str) -> CohortError {
        super::table::missing_column(&self.source, name, self.columns().map(str::to_owned).collect())
    }

    /// The patients with a class and a value in each of these columns.
    pub fn cases(&self, columns: &[Vec<Option<f64>>], positive: &[Option<bool>]) -> Cases {
        let mut cases = Cases {
            rows: Vec::new(),
            columns: vec![Vec::new(); columns.len()],
            positive: Vec::new(),
            missing: Vec::new(),
        };
        for (row, class) in positive.iter().enumerate() {
            let Some(class) = class else { continue };
            let values: Option<Vec<f64>> = columns.iter().map(|column| column[row]).collect();
            match values {
                None => cases.missing.push(self.subjects[row].clone()),
                Some(values) => {
                    cases.rows.push(row);
                    cases.positive.push(*class);
                    for (column, value) in cases.columns.iter_mut().zip(values) {
                        column.push(value);
                    }
                }
            }
        }
        cases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|v| Some((*v).to_owned())).collect()
    }

    #[test]
    fn measures_and_laboratory_values_meet_by_subject_and_session() {
        let wide = Wide {
            subjects: vec!["001".into(), "002".into()],
            columns: vec![
                ("sff_mean_L1-L5__baseline".into(), vec![Some(20.0), Some(10.0)]),
                ("sff_mean_L1-L5__cycle2".into(), vec![Some(30.0), None]),
            ],
            withheld: Vec::new(),
        };
        let clinical = Table::from_columns(
            "clinical.csv",
            vec![
                ("subject".into(), cells(&["001", "001", "003"])),
                ("session".into(), cells(&["baseline", "cycle2", "end"])),
                ("hb_g_dl".into(), cells(&["10", "12", "11"])),
                ("best_response".into(), vec![None, None, Some("CR".into())]),
            ],
        )
        .unwrap();
        let sessions = Sessions { baseline: "baseline".into(), followup: "cycle2".into() };
        let (frame, changes) = Frame::of_study(&wide, Some(&clinical), &sessions).unwrap();
        assert_eq!(frame.subjects, ["001", "002", "003"]);
        assert_eq!(frame.numbers("sff_mean_L1-L5__pct").unwrap(), [Some(50.0), None, None]);
        assert_eq!(frame.numbers("hb_g_dl__abs").unwrap(), [Some(2.0), None, None]);
        assert_eq!(frame.texts("best_response__end").unwrap(), [None, None, Some("CR".to_owned())]);
        let second = changes.iter().find(|c| c.subject == "002" && c.column == "sff_mean_L1-L5").unwrap();
        assert_eq!(second.flags, ["missing-followup"]);
    }

    #[test]
    fn a_patient_without_a_value_is_named_and_one_without_an_outcome_is_not_a_case() {
        let frame = Frame { subjects: vec!["a".into(), "b".into(), "c".into()], ..Frame::default() };
        let cases = frame.cases(&[vec![Some(1.0), None, Some(3.0)]], &[Some(true), Some(false), None]);
        assert_eq!((cases.rows, cases.missing), (vec![0], vec!["b".to_owned()]));
    }
}
