//! Values that betray a person by their form: DICOM person names, dates, unique identifiers.

use super::Trace;

/// What someone wrote who took the value out, or nothing at all.
const NOTHING: [&str; 12] =
    ["", "none", "n/a", "na", "unknown", "anonymous", "anonymized", "anonymised", "removed", "xxx", "null", "imgtitle"];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether a value was taken out.
pub(super) fn says_nothing(text: &str) -> bool {
    NOTHING.contains(&text.trim().to_lowercase().as_str())
}

/// The traces in a text, each kind once.
pub(super) fn traces(text: &str) -> Vec<Trace> {
    let mut found = Vec::new();
    // `=` and `;` part the settings that converters put into descrip: TE=1.2;Time=123001.5
    for word in text.split(|c: char| c.is_whitespace() || "=;,\"'()[]{}<>|&".contains(c)) {
        let word = word.trim_matches(['.', ':', '/', '-']);
        let trace = match word {
            w if is_person_name(w) => Trace::Name,
            w if is_date(w) => Trace::Date,
            w if is_uid(w) => Trace::Identifier,
            _ => continue,
        };
        if !found.contains(&trace) {
            found.push(trace);
        }
    }
    found
}

/// `DOE^JANE`: two words of letters with a caret between, as DICOM writes a person.
fn is_person_name(word: &str) -> bool {
    let mut parts = word.split('^').filter(|part| !part.is_empty());
    let is_word = |part: &str| part.chars().count() >= 2 && part.chars().all(|c| c.is_alphabetic() || "-.".contains(c));
    word.contains('^') && parts.next().is_some_and(is_word) && parts.next().is_some_and(is_word)
}

/// A day in one of the usual spellings, between 1900 and 2099; a time may follow.
fn is_date(word: &str) -> bool {
    let day = word.split(['T', 't']).next().unwrap_or(word);
    let number = |text: &str| text.parse::<u32>().ok();
    if day.len() == 14 && day.bytes().all(|b| b.is_ascii_digit()) {
        return is_date(&day[..8]);
    }
    if day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()) {
        return is_day(number(&day[..4]), number(&day[4..6]), number(&day[6..]));
    }
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let [a, b, c] = parts[..] else { return false };
    let month = MONTHS.iter().position(|month| b.to_lowercase().starts_with(month) && b.len() <= 9);
    match (a.len(), c.len()) {
        (4, 1..=2) => is_day(number(a), number(b), number(c)),
        (1..=2, 4) if month.is_some() => is_day(number(c), month.map(|m| m as u32 + 1), number(a)),
        // day first as in Europe, or month first as in America
        (1..=2, 4) => is_day(number(c), number(b), number(a)) || is_day(number(c), number(a), number(b)),
        _ => false,
    }
}

fn is_day(year: Option<u32>, month: Option<u32>, day: Option<u32>) -> bool {
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return false };
    (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// `1.2.840.113619.2...`: at least six numbers with dots between, and long.
fn is_uid(word: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    word.len() >= 18 && word.split('.').count() >= 6 && word.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_their_spellings_and_numbers_that_are_none() {
        for date in [
            "20200131",
            "2020-01-31",
            "31.01.2020",
            "1/31/2020",
            "12-Mar-2014",
            "20200131123059",
            "2020-01-31T10:00:00",
        ] {
            assert_eq!(traces(date), [Trace::Date], "{date}");
        }
        for no_date in [
            "20201331",
            "99999999",
            "v1.0.20230411",
            "1.5.10",
            "256x256x24",
            "6.0.5:9e026117",
            "TE=1.2;Time=123001.500;phase=1",
        ] {
            assert!(traces(no_date).is_empty(), "{no_date}");
        }
    }

    #[test]
    fn names_and_identifiers() {
        assert_eq!(traces("DOE^JANE^^^"), [Trace::Name]);
        assert_eq!(traces("seen on 2020/01/31 by Smith^John"), [Trace::Date, Trace::Name]);
        assert_eq!(traces("1.2.840.113619.2.5.1762583153.215519"), [Trace::Identifier]);
        assert!(traces("10^-3 mm^2/s x^y S0*exp(-b^2)").is_empty());
    }
}
