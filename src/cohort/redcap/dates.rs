//! Days between dates, so that no date leaves an export.

use crate::image::dicom::day_number;
use std::collections::BTreeMap;

/// For each subject and session the days from the date of the session `origin`; subjects without that date have none.
///
/// # Errors
/// The subject, and what was expected, where a value is no date.
pub(super) fn days_from(
    values: &BTreeMap<(String, String), String>,
    origin: &str,
) -> Result<BTreeMap<(String, String), String>, (String, String)> {
    let mut days: BTreeMap<(String, String), i64> = BTreeMap::new();
    for ((subject, session), value) in values {
        let expected = || (subject.clone(), "a date such as 2020-01-31, as a raw export has it".to_owned());
        days.insert((subject.clone(), session.clone()), day_of(value).ok_or_else(expected)?);
    }
    let since = |(key, day): (&(String, String), &i64)| {
        let start = days.get(&(key.0.clone(), origin.to_owned()))?;
        Some((key.clone(), (day - start).to_string()))
    };
    Ok(days.iter().filter_map(since).collect())
}

/// Number of the day of `YYYY-MM-DD`, a time behind it left out; only differences mean anything.
fn day_of(text: &str) -> Option<i64> {
    let day = text.split([' ', 'T']).next()?;
    // a raw export writes dates this way alone; others may mean another day
    let is_raw = day.len() == 10 && day.match_indices('-').map(|(at, _)| at).eq([4, 7]);
    is_raw.then(|| day_number(day))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years_and_other_spellings_are_no_dates() {
        let days = |from: &str, to: &str| Some(day_of(to)? - day_of(from)?);
        // date -u -d TO +%s less date -u -d FROM +%s, divided by 86400
        assert_eq!(days("1970-01-01", "2000-02-29"), Some(11_016));
        assert_eq!(days("2019-12-31", "2020-03-01 10:30"), Some(61));
        for none in ["31.01.2020", "2020-13-01", "", "2020-01", "20200131", "01/02/2020"] {
            assert_eq!(day_of(none), None, "{none}");
        }
    }
}
