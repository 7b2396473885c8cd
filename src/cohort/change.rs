//! Change of a column between two visits: absolute, percent, logarithmic, symmetrised.
//!
//! `abs = followup - baseline` (the column's unit), `pct = 100 (followup - baseline) / baseline`, `log = ln(followup /
//! baseline)`, `sym = 100 (followup - baseline) / (followup + baseline)` from -100 to 100 (Berry and Ayers 2006,
//! doi:10.1198/000313006X90684), which also a baseline of zero has. A percentage of nothing is not a number: it is missing where the baseline is zero or negative, never 0 or
//! infinite, and a fall to zero is -100 %; a fall below zero is more than all of it and has no percentage. A fat fraction under 5 points makes percentages explode (2 to 25 % is +23
//! points and +1150 %) and is flagged. What each flag means stands in [`FLAGS`].

use super::results::Change;
use super::{CohortError, Frame};
use crate::study::{Sessions, Wide};

/// The kinds of change, the endings of their columns.
pub const KINDS: [&str; 4] = ["abs", "pct", "log", "sym"];

/// Fat fraction (points) below which a relative change is flagged.
pub const LOW_FAT_FRACTION_PCT: f64 = 5.0;

/// Measures that are fat fractions in percent.
const FAT_FRACTIONS: [&str; 2] = ["sff_", "pdff_"];

/// Flag of a change whose visits were not segmented by one rule and with masks alike.
pub const UNLIKE_LESIONS: &str = "unlike-lesions";

/// Flags of a change and what they mean.
pub const FLAGS: [(&str, &str); 10] = [
    ("missing-baseline", "no value before treatment"),
    ("missing-followup", "no value at follow-up"),
    ("zero-baseline", "the baseline is 0: no percentage, no logarithm"),
    ("negative-baseline", "the baseline is negative: no percentage, no logarithm"),
    ("negative-followup", "the follow-up is negative: no percentage, no logarithm"),
    ("below-limit", "the baseline is below the stated limit of quantification: what is relative to it is withheld"),
    ("at-limit", "a value below the stated limit of quantification was taken as the limit for what is relative"),
    ("log-undefined", "the follow-up is not positive: no logarithm"),
    (
        UNLIKE_LESIONS,
        "the lesions of the visits were not made by one rule and with masks alike: the change is not one of disease alone",
    ),
    ("low-baseline", "fat fraction under 5 points at baseline: the percentage exaggerates, read the points"),
];

/// The change of one subject in one column.
pub fn of_pair(subject: &str, column: &str, baseline: Option<f64>, followup: Option<f64>) -> Change {
    let mut flags: Vec<&str> = Vec::new();
    if baseline.is_none() {
        flags.push("missing-baseline");
    }
    if followup.is_none() {
        flags.push("missing-followup");
    }
    let (mut abs, mut pct, mut log, mut sym) = (None, None, None, None);
    if let (Some(before), Some(after)) = (baseline, followup) {
        abs = Some(after - before);
        if before >= 0.0 && after >= 0.0 && before + after > 0.0 {
            sym = Some(100.0 * (after - before) / (after + before));
        }
        if before > 0.0 && after < 0.0 {
            flags.push("negative-followup");
        } else if before > 0.0 {
            pct = Some(100.0 * (after - before) / before);
            if after > 0.0 {
                log = Some((after / before).ln());
            } else {
                flags.push("log-undefined");
            }
            if before < LOW_FAT_FRACTION_PCT && FAT_FRACTIONS.iter().any(|measure| column.starts_with(measure)) {
                flags.push("low-baseline");
            }
        } else {
            flags.push(if before == 0.0 { "zero-baseline" } else { "negative-baseline" });
        }
    }
    Change {
        subject: subject.to_owned(),
        column: column.to_owned(),
        baseline,
        followup,
        abs,
        pct,
        log,
        sym,
        flags: flags.into_iter().map(str::to_owned).collect(),
    }
}

/// What is done where a relative change is not defined, or a value lies below the limit of quantification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// What is relative is missing, with its flag; the difference stays.
    #[default]
    Withhold,
    /// Values from zero to below the limit are taken as the limit, for what is relative alone.
    AtLimit,
    /// Such a baseline ends the work and names its subjects.
    Refuse,
}

impl Policy {
    /// `withhold`, `at-limit` or `refuse`.
    pub fn name(self) -> &'static str {
        match self {
            Policy::Withhold => "withhold",
            Policy::AtLimit => "at-limit",
            Policy::Refuse => "refuse",
        }
    }

    /// The change under this policy; `limit` is the limit of quantification of its column, where one was stated.
    pub fn apply(self, change: Change, limit: Option<f64>) -> Change {
        let Some(limit) = limit else { return change };
        let below = |value: Option<f64>| value.is_some_and(|v| (0.0..limit).contains(&v));
        let lifted = |value: Option<f64>| value.map(|v| if below(Some(v)) { limit } else { v });
        if self == Policy::AtLimit && (below(change.baseline) || below(change.followup)) {
            let Change { baseline, followup, abs, .. } = change;
            let mut at = of_pair(&change.subject, &change.column, lifted(baseline), lifted(followup));
            at.flags.push("at-limit".to_owned());
            return Change { baseline, followup, abs, ..at };
        }
        if change.baseline.is_some_and(|baseline| baseline.abs() < limit) {
            let mut flags = change.flags.clone();
            flags.push("below-limit".to_owned());
            return Change { pct: None, log: None, sym: None, flags, ..change };
        }
        change
    }

    /// Refuses baselines without a relative change, where that is the policy.
    ///
    /// # Errors
    /// [`CohortError::UndefinedChange`] with the subjects.
    pub fn check(self, changes: &[Change]) -> Result<(), CohortError> {
        const OF_BASELINE: [&str; 3] = ["zero-baseline", "negative-baseline", "below-limit"];
        let undefined = |change: &&Change| change.flags.iter().any(|flag| OF_BASELINE.contains(&flag.as_str()));
        let who: Vec<String> =
            changes.iter().filter(undefined).map(|c| format!("{} ({})", c.subject, c.flags.join(", "))).collect();
        match changes.first().filter(|_| self == Policy::Refuse && !who.is_empty()) {
            Some(first) => Err(CohortError::UndefinedChange { column: first.column.clone(), who }),
            None => Ok(()),
        }
    }
}

/// The changes of one column, a row a subject.
///
/// # Errors
/// Where `<column>__<session>` of either session is not in the frame.
pub fn of_column(frame: &Frame, column: &str, sessions: &Sessions) -> Result<Vec<Change>, CohortError> {
    let before = frame.numbers(&format!("{column}__{}", sessions.baseline))?;
    let after = frame.numbers(&format!("{column}__{}", sessions.followup))?;
    let rows = frame.subjects.iter().zip(before.iter().zip(after));
    Ok(rows.map(|(subject, (before, after))| of_pair(subject, column, *before, *after)).collect())
}

/// Columns, without session, that both sessions have.
pub fn columns_of_both(frame: &Frame, sessions: &Sessions) -> Vec<String> {
    let ending = format!("__{}", sessions.baseline);
    let both = |column: &&str| frame.numbers(&format!("{column}__{}", sessions.followup)).is_ok();
    let stems = frame.numbers.iter().filter_map(|(name, _)| name.strip_suffix(&ending));
    stems.filter(both).map(str::to_owned).collect()
}

/// Columns of `tables/changes.csv`.
pub const COLUMNS: [&str; 9] = ["subject", "column", "baseline", "followup", "abs", "pct", "log", "sym", "flags"];

/// One row of `tables/changes.csv`; `number` says how numbers are written.
pub fn cells(row: &Change, number: impl Fn(Option<f64>) -> String) -> Vec<String> {
    let numbers = [row.baseline, row.followup, row.abs, row.pct, row.log, row.sym].map(number);
    let mut cells = vec![row.subject.clone(), row.column.clone()];
    cells.extend(numbers);
    cells.push(row.flags.join(";"));
    cells
}

/// The changes of every column that both sessions have, column by column; a value that was kept out of the wide table
/// is told as `withheld:<flag>`.
pub(super) fn of_frame(frame: &Frame, sessions: &Sessions, wide: &Wide) -> Vec<Change> {
    let mut changes = Vec::new();
    for column in columns_of_both(frame, sessions) {
        let Ok(mut rows) = of_column(frame, &column, sessions) else { continue };
        let name = format!("{column}__{}", sessions.baseline);
        if wide.columns.iter().any(|(measured, _)| *measured == name) {
            for row in rows.iter_mut().filter(|row| row.abs.is_none()) {
                let told = wide.withheld.iter().filter(|[subject, _, _]| *subject == row.subject);
                row.flags.extend(told.map(|[_, session, flag]| format!("withheld:{session}:{flag}")));
            }
        }
        changes.extend(rows);
    }
    changes
}

/// The columns `<column>__<kind>` of the changes, one value a subject.
pub(super) fn columns(subjects: &[String], changes: &[Change], kind: &str) -> Vec<(String, Vec<Option<f64>>)> {
    let value = |change: &Change| match kind {
        "abs" => change.abs,
        "pct" => change.pct,
        "log" => change.log,
        _ => change.sym,
    };
    changes
        .chunks_exact(subjects.len().max(1))
        .map(|rows| (format!("{}__{kind}", rows[0].column), rows.iter().map(value).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(column: &str, before: f64, after: f64) -> Change {
        of_pair("001", column, Some(before), Some(after))
    }

    #[test]
    fn the_published_patient_rises_by_23_points_and_1150_percent_and_is_flagged() {
        let change = of("sff_mean_L1-L5", 2.0, 25.0);
        assert_eq!((change.abs, change.pct), (Some(23.0), Some(1150.0)));
        assert_eq!(change.log, Some(12.5f64.ln()));
        assert_eq!(change.flags, ["low-baseline"]);
    }

    #[test]
    fn a_percentage_of_nothing_is_missing_and_a_fall_to_zero_is_not() {
        let zero = of("m_protein_serum_g_dl", 0.0, 1.0);
        assert_eq!((zero.abs, zero.pct, zero.log), (Some(1.0), None, None));
        assert_eq!(zero.flags, ["zero-baseline"]);
        let gone = of("m_protein_serum_g_dl", 4.0, 0.0);
        assert_eq!((gone.pct, gone.log), (Some(-100.0), None));
        assert_eq!(gone.flags, ["log-undefined"]);
        assert_eq!(of("dropout_mean_L1-L5", -3.0, 5.0).flags, ["negative-baseline"]);
        let below = of("x", 4.0, -1.0);
        assert_eq!((below.abs, below.pct, below.log), (Some(-5.0), None, None));
        assert_eq!(below.flags, ["negative-followup"]);
    }

    #[test]
    fn a_baseline_below_the_limit_keeps_its_points_alone() {
        assert!(of("x", 1e-9, 1.0).pct.is_some_and(|pct| pct > 1e10));
        let change = Policy::Withhold.apply(of("x", 1e-9, 1.0), Some(0.1));
        assert_eq!((change.pct, change.log, change.sym, change.abs.is_some()), (None, None, None, true));
        assert_eq!(change.flags, ["below-limit"]);
        let enough = Policy::Withhold.apply(of("x", 0.1, 1.0), Some(0.1));
        assert!(enough.pct.is_some() && enough.flags.is_empty());
    }

    #[test]
    fn a_value_below_the_limit_may_be_taken_as_the_limit_for_what_is_relative() {
        let from_zero = Policy::AtLimit.apply(of("x", 0.0, 1.0), Some(0.25));
        assert_eq!((from_zero.baseline, from_zero.abs), (Some(0.0), Some(1.0)));
        assert_eq!((from_zero.pct, from_zero.log, from_zero.sym), (Some(300.0), Some(4f64.ln()), Some(60.0)));
        assert_eq!(from_zero.flags, ["at-limit"]);
        let gone = Policy::AtLimit.apply(of("x", 4.0, 0.0), Some(1.0));
        assert_eq!((gone.pct, gone.log, gone.abs), (Some(-75.0), Some(0.25f64.ln()), Some(-4.0)));
        let negative = Policy::AtLimit.apply(of("x", -1.0, 2.0), Some(0.25));
        assert_eq!((negative.pct, negative.flags), (None, vec!["negative-baseline".to_owned()]));
    }

    #[test]
    fn baselines_without_a_percentage_may_be_refused_by_name() {
        let rows = [of("x", 1.0, 2.0), of("x", 0.0, 2.0), of_pair("002", "x", None, Some(1.0))];
        assert!(Policy::Withhold.check(&rows).is_ok() && Policy::Refuse.check(&rows[..1]).is_ok());
        let error = Policy::Refuse.check(&rows).unwrap_err();
        assert!(error.to_string().contains("001 (zero-baseline)") && !error.to_string().contains("002"), "{error}");
    }

    #[test]
    fn the_symmetrised_change_turns_its_sign_with_the_visits() {
        assert_eq!(of("x", 10.0, 30.0).sym, Some(50.0));
        assert_eq!(of("x", 30.0, 10.0).sym, Some(-50.0));
        assert_eq!((of("x", 0.0, 5.0).sym, of("x", 5.0, 0.0).sym), (Some(100.0), Some(-100.0)));
        assert_eq!((of("x", 0.0, 0.0).sym, of("x", -1.0, 5.0).sym), (None, None));
    }

    #[test]
    fn a_missing_visit_is_said() {
        assert_eq!(of_pair("001", "x", Some(1.0), None).flags, ["missing-followup"]);
        assert_eq!(of_pair("001", "x", None, None).flags, ["missing-baseline", "missing-followup"]);
    }

    #[test]
    fn every_flag_that_is_given_is_explained() {
        for change in [
            of("sff_x", 1.0, 0.0),
            of("x", 0.0, 0.0),
            of("x", -1.0, 0.0),
            of("x", 1.0, -1.0),
            of_pair("s", "x", None, None),
        ] {
            for flag in change.flags {
                assert!(FLAGS.iter().any(|(slug, _)| *slug == flag), "{flag}");
            }
        }
    }
}
