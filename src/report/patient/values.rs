//! The wide table, read once, for all patients.

use crate::cohort::change::KINDS;
use crate::report::outputs::Outputs;
use std::collections::{BTreeSet, HashMap};

/// Values of each patient by column, and which visits there are.
#[derive(Debug, Default)]
pub struct Values {
    rows: HashMap<String, usize>,
    subjects: Vec<String>,
    names: Vec<String>,
    numbers: HashMap<String, Vec<Option<f64>>>,
    texts: HashMap<String, Vec<Option<String>>>,
    visits: Vec<String>,
    visits_of_change: [String; 2],
    pooled: String,
}

impl Values {
    /// The values of an output folder; none where it has no wide table.
    pub fn of(outputs: &Outputs) -> Values {
        let setting = |path: &[&str], otherwise: &str| -> String {
            outputs.parameter(path).and_then(|value| value.as_str()).unwrap_or(otherwise).to_owned()
        };
        let visits_of_change =
            [setting(&["sessions", "baseline"], "baseline"), setting(&["sessions", "followup"], "followup")];
        let mut values =
            Values { visits_of_change, pooled: setting(&["regions", "levels"], "L1-L5"), ..Values::default() };
        let Some(wide) = &outputs.wide else { return values };
        let Ok(subjects) = wide.labels("subject") else { return values };
        values.rows = subjects.iter().cloned().enumerate().map(|(row, subject)| (subject, row)).collect();
        values.subjects = subjects;
        values.names = wide.columns();
        for name in &values.names {
            if wide.is_numeric(name) {
                values.numbers.extend(wide.numbers(name).ok().map(|column| (name.clone(), column)));
            } else {
                values.texts.extend(wide.text(name).ok().map(|column| (name.clone(), column)));
            }
        }
        values.visits = values.order_of_visits(&setting(&["endpoint", "session"], ""));
        values
    }

    /// Baseline, follow-up, whatever else there is, the visit of the endpoint last.
    fn order_of_visits(&self, endpoint: &str) -> Vec<String> {
        let suffix = |name: &String| name.split_once("__").map(|(_, suffix)| suffix.to_owned());
        let found: BTreeSet<String> =
            self.names.iter().filter_map(suffix).filter(|suffix| !KINDS.contains(&suffix.as_str())).collect();
        let rank = |visit: &String| {
            let known = self.visits_of_change.iter().position(|known| known == visit);
            known.unwrap_or(if visit == endpoint { 9 } else { 5 })
        };
        let mut visits: Vec<String> = found.into_iter().collect();
        visits.sort_by_key(rank);
        visits
    }

    /// Name of the pooled region, e.g. `L1-L5`.
    pub fn pooled(&self) -> &str {
        &self.pooled
    }

    /// Subjects of the table.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.subjects.iter().map(String::as_str)
    }

    /// All visits in order of time.
    pub fn visits(&self) -> &[String] {
        &self.visits
    }

    /// The two visits whose change is analysed.
    pub fn visits_of_change(&self) -> [&str; 2] {
        [&self.visits_of_change[0], &self.visits_of_change[1]]
    }

    /// A number of a patient.
    pub fn number(&self, subject: &str, column: &str) -> Option<f64> {
        *self.numbers.get(column)?.get(*self.rows.get(subject)?)?
    }

    /// A text of a patient.
    pub fn text(&self, subject: &str, column: &str) -> Option<&str> {
        self.texts.get(column)?.get(*self.rows.get(subject)?)?.as_deref()
    }

    /// Whether a column of this stem has a number at any visit.
    pub fn has(&self, stem: &str) -> bool {
        let has = |visit: &String| {
            self.numbers.get(&format!("{stem}__{visit}")).is_some_and(|v| v.iter().any(Option::is_some))
        };
        self.visits.iter().any(has)
    }

    /// Vertebrae that a measure has a mean of, in the order of the table.
    pub fn levels(&self, measure: &str) -> Vec<String> {
        let mut levels: Vec<String> = Vec::new();
        let start = format!("{measure}_mean_");
        for name in &self.names {
            let Some((level, visit)) = name.strip_prefix(&start).and_then(|rest| rest.split_once("__")) else {
                continue;
            };
            let is_single = !level.contains(['-', ',']) && level != "body" && level != self.pooled;
            if is_single && !KINDS.contains(&visit) && !levels.iter().any(|known| known == level) {
                levels.push(level.to_owned());
            }
        }
        levels
    }

    /// Stems of the imaging columns that a patient's page shows, as far as they have values.
    pub fn imaging(&self) -> Vec<String> {
        let pooled = &self.pooled;
        let stems = [
            format!("pdff_mean_{pooled}"),
            format!("sff_mean_{pooled}"),
            "tdv_total_body".to_owned(),
            "gadc_median_body".to_owned(),
            format!("adc_median_{pooled}"),
            format!("dropout_mean_{pooled}"),
        ];
        stems.into_iter().filter(|stem| self.has(stem)).collect()
    }
}
