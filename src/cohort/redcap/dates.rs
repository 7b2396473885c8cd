//! Days between dates, so that no date leaves an export.

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
        days.insert((subject.clone(), session.clone()), day_number(value).ok_or_else(expected)?);
    }
    let since = |(key, day): (&(String, String), &i64)| {
        let start = days.get(&(key.0.clone(), origin.to_owned()))?;
        Some((key.clone(), (day - start).to_string()))
    };
    Ok(days.iter().filter_map(since).collect())
}

/// Days since 1970-01-01 of `YYYY-MM-DD`, a time behind it left out (civil calendar).
fn day_number(text: &str) -> Option<i64> {
    let day = text.split([' ', 'T']).next()?;
    let parts: Vec<i64> = day.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day] = parts[..] else { return None };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = *lengths.get(usize::try_from(month - 1).ok()?)?;
    if !(1900..2200).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let before = (year - 1) * 365 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    let within: i64 = lengths[..usize::try_from(month - 1).ok()?].iter().sum();
    Some(before + within + day - 719_163)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years() {
        // date -d DAY +%s / 86400
        for (day, number) in
            [("1970-01-01", 0), ("2000-02-29", 11_016), ("2020-03-01 10:30", 18_322), ("2024-12-31", 20_088)]
        {
            assert_eq!(day_number(day), Some(number), "{day}");
        }
        for none in ["2019-02-29", "31.01.2020", "2020-13-01", "", "2020-01"] {
            assert_eq!(day_number(none), None, "{none}");
        }
    }
}
