//! The tables of a patient's page: changes against the error of measurement, response with its reasons.

use super::Maker;
use crate::cohort::measurement_error::{Allowed, Limit, Verdict};
use crate::cohort::results::{Change, ResponseRow};
use crate::report::lang::Reason;
use crate::report::tables::{self, MISSING, ReportTable};
use crate::report::{Lang, labels};

impl Maker<'_> {
    /// Every quantity at the two visits, and whether its change is more than a repeat of the measurement gives.
    pub(super) fn change_table(&self, changes: &[(Change, Option<&Limit>)]) -> Option<ReportTable> {
        let lang = self.lang;
        let [baseline, followup] = self.values.visits_of_change();
        let header = [
            lang.say("value"),
            baseline,
            followup,
            lang.say("change"),
            lang.say("change (%)"),
            lang.say("against the error of measurement"),
        ];
        let mut table = ReportTable::new(lang.say("Change between the two imaging visits"), &header);
        let mut unjudged = false;
        for (change, limit) in changes {
            let (name, unit) = labels::parts(&change.column, lang);
            let name = if unit.is_empty() { name } else { format!("{name} ({unit})") };
            let verdict = limit.and_then(|limit| limit.verdict(change));
            let words =
                match (limit, verdict) {
                    (Some(limit), Some(Verdict::Within)) => lang
                        .fill("within measurement error ({limit})", &[("limit", &limit_in_words(limit, unit, lang))]),
                    (Some(limit), Some(Verdict::Beyond)) => lang
                        .fill("beyond measurement error ({limit})", &[("limit", &limit_in_words(limit, unit, lang))]),
                    (None, _) if change.abs.is_none() => MISSING.to_owned(),
                    (None, _) => {
                        unjudged = true;
                        lang.say("no limit known").to_owned()
                    }
                    (Some(_), None) => MISSING.to_owned(),
                };
            if let Some(limit) = limit {
                let source = lang.reason(Reason::Source, &limit.source);
                let gaps = [("column", &*name), ("source", &*source)];
                let note = lang.fill("Limit of {column}: {source}.", &gaps);
                if !table.notes.contains(&note) {
                    table.notes.push(note);
                }
            }
            let signed = |value: Option<f64>| match value {
                Some(value) if value > 0.0 => format!("+{}", tables::digits(value)),
                value => tables::optional(value),
            };
            let cells = [tables::optional(change.baseline), tables::optional(change.followup)];
            let mut row = vec![name];
            row.extend(cells);
            row.extend([signed(change.abs), signed(change.pct), words]);
            table.rows.push(row);
        }
        if unjudged {
            let note = lang
                .say("No limit known: whether such a change is more than an error of measurement is not judged here.");
            table.notes.push(note.to_owned());
        }
        (!table.rows.is_empty()).then_some(table)
    }

    /// Category or range of each visit, with the rules and inputs that decided.
    pub(super) fn responses(&self) -> Option<ReportTable> {
        let lang = self.lang;
        let [baseline, _] = self.values.visits_of_change();
        // a stage belongs to the disease before treatment, whichever visit is judged
        let of_baseline = |stage| lang.fill("{column}, {session}", &[("column", stage), ("session", baseline)]);
        let header = [
            lang.say("session"),
            lang.say("category"),
            lang.say("possible range"),
            lang.say("physician"),
            lang.say("deep response"),
            lang.say("confirmed"),
            &of_baseline("ISS"),
            &of_baseline("R-ISS"),
            lang.say("reasons"),
        ];
        let mut table = ReportTable::new(lang.say("Response (IMWG)"), &header);
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| MISSING.to_owned());
        let yes = |value: Option<bool>| match value {
            Some(true) => lang.say("yes").to_owned(),
            Some(false) => lang.say("no").to_owned(),
            None => MISSING.to_owned(),
        };
        let stage = |value: Option<u8>| value.map_or(MISSING.to_owned(), |v| "I".repeat(usize::from(v.min(3))));
        let row = |row: &ResponseRow| {
            vec![
                row.session.clone(),
                text(&row.category),
                row.range.clone(),
                text(&row.physician),
                yes(row.label.map(|label| label == 1)),
                yes(row.confirmed),
                stage(row.iss),
                stage(row.r_iss),
                row.reasons.iter().map(|reason| lang.reason(Reason::Response, reason)).collect::<Vec<_>>().join("; "),
            ]
        };
        table.rows = self.outputs.responses.iter().filter(|row| row.subject == self.subject).map(row).collect();
        (!table.rows.is_empty()).then_some(table)
    }
}

/// `−33 to +49 %`, `±4.7 %`.
fn limit_in_words(limit: &Limit, unit: &str, lang: Lang) -> String {
    match limit.allowed {
        Allowed::Absolute(value) if unit == "%" => lang.fill("±{value} points", &[("value", &value.to_string())]),
        Allowed::Absolute(value) => format!("±{value} {unit}"),
        Allowed::Percent([low, high]) => lang.fill(
            "{low} to +{high} %",
            &[("low", &format!("{low:.0}").replace('-', "−")), ("high", &format!("{high:.0}"))],
        ),
    }
}
