//! The mapping file: from the fields of an export to the columns of a clinical table (TOML).
//!
//! ```toml
//! subject = "record_id"
//! event = "redcap_event_name"          # without events: session = "baseline"
//! subject_prefix = "MM-"               # taken off the record ids
//! missing = ["-99", "UNK"]             # codes for a missing value
//! [sessions]                           # event = session; events that are not named stay out
//! baseline_arm_1 = "baseline"
//! cycle_2_arm_1 = "cycle2"
//! [[column]]
//! field = "m_spike"
//! name = "m_protein_serum"
//! unit = "g/L"                         # the column becomes m_protein_serum_g_l
//! [[column]]
//! field = "ife"
//! name = "ife_serum"
//! values = { 1 = "positive", 0 = "negative" }
//! [[column]]
//! checkbox = "support"                 # fields support___1, support___2 ...
//! choice = "2"
//! name = "g_csf"                       # 1 where ticked, 0 where not
//! [[column]]
//! field = "mri_date"
//! name = "days_from_baseline"
//! days_from = "baseline"               # no date leaves the export
//! [[column]]
//! field = "sex"
//! name = "sex"
//! values = { 1 = "F", 2 = "M" }
//! carry = true                         # asked once, holds for every visit
//! repeat = "last"                      # of a repeated instrument: refuse (default), first or last
//! ```

use super::super::CohortError;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the mapping file says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Field with the subject.
    #[serde(default = "record_id")]
    pub subject: String,
    /// Taken off the front of subjects.
    #[serde(default)]
    pub subject_prefix: Option<String>,
    /// Field with the event; absent where there are none.
    #[serde(default)]
    pub event: Option<String>,
    /// The one session of an export without events.
    #[serde(default)]
    pub session: Option<String>,
    /// Session of each event.
    #[serde(default)]
    pub sessions: BTreeMap<String, String>,
    /// Codes for a missing value, beside the empty cell.
    #[serde(default)]
    pub missing: Vec<String>,
    /// The columns in their order.
    pub column: Vec<Column>,
}

fn record_id() -> String {
    "record_id".to_owned()
}

/// What is done where a repeated instrument gives several values for one visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// Refuse.
    #[default]
    Refuse,
    /// That of the lowest instance.
    First,
    /// That of the highest instance.
    Last,
}

/// One column of the clinical table.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Field of the export; or see `checkbox`.
    #[serde(default)]
    pub field: Option<String>,
    /// Checkbox field of the export, without `___`.
    #[serde(default)]
    pub checkbox: Option<String>,
    /// The choice of a checkbox whose tick becomes 1.
    #[serde(default)]
    pub choice: Option<String>,
    /// Name of the column.
    pub name: String,
    /// Unit, put behind the name: `g/L` becomes `_g_l`.
    #[serde(default)]
    pub unit: Option<String>,
    /// Words for codes; of a checkbox without `choice` the words for its choices, joined by `+`.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Factor from the field to the unit of the column.
    #[serde(default)]
    pub factor: Option<f64>,
    /// The field holds a date; the column holds days from the date of this session.
    #[serde(default)]
    pub days_from: Option<String>,
    /// The value of one visit holds for all visits of the subject.
    #[serde(default)]
    pub carry: bool,
    /// Which of several instances counts.
    #[serde(default)]
    pub repeat: Repeat,
}

impl Mapping {
    /// Reads and checks a mapping.
    ///
    /// # Errors
    /// The reason, with line and column where it is the form.
    pub fn parse(text: &str) -> Result<Mapping, String> {
        let mapping: Mapping = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        if mapping.event.is_some() == mapping.session.is_some() {
            return Err(
                "say `event` with [sessions] for an export with events, or `session` for one without".to_owned()
            );
        }
        if mapping.event.is_some() && mapping.sessions.is_empty() {
            return Err("[sessions] names no event".to_owned());
        }
        let mut names: Vec<String> = mapping.column.iter().map(Column::full_name).collect();
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("two columns are named {}", pair[0]));
        }
        for column in &mapping.column {
            column.check()?;
            if let Some(origin) = &column.days_from
                && !mapping.sessions.values().chain(&mapping.session).any(|session| session == origin)
            {
                return Err(format!("column {}: days_from names no session: {origin}", column.name));
            }
        }
        Ok(mapping)
    }

    /// As [`Mapping::parse`], of a file.
    ///
    /// # Errors
    /// [`CohortError::Mapping`].
    pub fn read(path: &std::path::Path) -> Result<Mapping, CohortError> {
        let bad = |reason: String| CohortError::Mapping { path: path.display().to_string(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        Mapping::parse(&text).map_err(bad)
    }

    /// Every field of the export that the mapping uses.
    pub(super) fn fields(&self) -> Vec<String> {
        let keys = [Some(self.subject.clone()), self.event.clone()].into_iter().flatten();
        keys.chain(self.column.iter().flat_map(Column::fields)).collect()
    }
}

impl Column {
    fn check(&self) -> Result<(), String> {
        let of = |reason: &str| Err(format!("column {}: {reason}", self.name));
        match (&self.field, &self.checkbox) {
            (Some(_), None) if self.choice.is_some() => of("`choice` is of a checkbox"),
            (Some(_), None) => Ok(()),
            (None, Some(_)) if self.choice.is_none() && self.values.is_empty() => {
                of("say `choice`, or `values` of the choices")
            }
            (None, Some(_)) if self.factor.is_some() || self.days_from.is_some() => {
                of("a checkbox is no number and no date")
            }
            (None, Some(_)) => Ok(()),
            _ => of("say `field` or `checkbox`, one of them"),
        }
    }

    /// Name with its unit.
    pub fn full_name(&self) -> String {
        let plain = |unit: &str| -> String {
            let unit = unit.to_lowercase().replace(['µ', 'μ'], "u").replace('%', "pct").replace(' ', "");
            let words: Vec<&str> =
                unit.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
            words.join("_")
        };
        match &self.unit {
            Some(unit) => format!("{}_{}", self.name, plain(unit)),
            None => self.name.clone(),
        }
    }

    /// Fields of the export that it is made of.
    pub(super) fn fields(&self) -> Vec<String> {
        match (&self.field, &self.checkbox, &self.choice) {
            (Some(field), ..) => vec![field.clone()],
            (None, Some(checkbox), Some(choice)) => vec![tick(checkbox, choice)],
            (None, Some(checkbox), None) => self.values.keys().map(|choice| tick(checkbox, choice)).collect(),
            _ => Vec::new(),
        }
    }

    /// The value of a row, from its fields' cells; the error holds what stands there and what was expected.
    pub(super) fn value(&self, cells: &[Option<&str>]) -> Result<Option<String>, (String, String)> {
        if self.checkbox.is_some() && self.choice.is_none() {
            // a form that was not opened has no cell at all
            if cells.iter().all(Option::is_none) {
                return Ok(None);
            }
            let ticked =
                self.values.values().zip(cells).filter(|(_, cell)| **cell == Some("1")).map(|(word, _)| word.as_str());
            return Ok(Some(ticked.collect::<Vec<_>>().join("+")).filter(|words| !words.is_empty()));
        }
        let Some(cell) = cells.first().copied().flatten() else { return Ok(None) };
        if self.checkbox.is_some() {
            return match cell {
                "0" | "1" => Ok(Some(cell.to_owned())),
                other => Err((other.to_owned(), "0 or 1, as a raw export has it".to_owned())),
            };
        }
        if !self.values.is_empty() {
            let words = || self.values.keys().cloned().collect::<Vec<_>>().join(", ");
            let word =
                self.values.get(cell).ok_or_else(|| (cell.to_owned(), format!("one of the codes {}", words())))?;
            return Ok(Some(word.clone()));
        }
        match self.factor {
            None => Ok(Some(cell.to_owned())),
            Some(factor) => match cell.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Some(crate::study::number(Some(number * factor)))),
                _ => Err((cell.to_owned(), "a number, since the mapping has a factor".to_owned())),
            },
        }
    }
}

/// REDCap's field of one choice: lower case, and `_` for a minus in front of the code.
fn tick(checkbox: &str, choice: &str) -> String {
    format!("{checkbox}___{}", choice.to_lowercase().replace('-', "_"))
}
