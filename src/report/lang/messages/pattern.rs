//! Which part of a message stands in which gap of a pattern.
//!
//! Limits  a message that fits in [`MOST_WAYS`] ways or more fits in none.

/// Ways that are looked at.
const MOST_WAYS: usize = 64;

/// What stands in `recorded` where `pattern` has its gaps, in every way in which it fits.
pub(super) fn every_way<'a>(pattern: &'a str, recorded: &'a str) -> Vec<Vec<(&'a str, &'a str)>> {
    let mut found = Vec::new();
    if let Some((start, gaps)) = pattern.split_once('{')
        && let Some(recorded) = recorded.strip_prefix(start)
    {
        ways(gaps, recorded, &mut Vec::new(), &mut found);
    }
    if found.len() < MOST_WAYS { found } else { Vec::new() }
}

/// What a gap is filled with: its name without what tells it from another of its kind.
pub(super) fn kind(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}

/// Whether a gap of that name can hold `value`: a name does not go on behind a colon, and a number has nothing but its signs.
fn can_hold(name: &str, value: &str) -> bool {
    let fits = match kind(name) {
        "path" | "file" | "subject" | "session" | "whose" => !value.contains(": ") && !value.ends_with(':'),
        "n" | "m" | "b" | "t" | "all" | "percent" | "ratio" | "mm" | "positive" | "negative" | "patients" => {
            value.chars().all(|c| c.is_ascii_digit() || "+-.einfNa".contains(c))
        }
        "column" => !value.contains(", "),
        _ => true,
    };
    fits && !value.is_empty()
}

/// `gaps` is `name}literal{name}literal…`.
fn ways<'a>(
    gaps: &'a str,
    recorded: &'a str,
    taken: &mut Vec<(&'a str, &'a str)>,
    found: &mut Vec<Vec<(&'a str, &'a str)>>,
) {
    let Some((name, after)) = gaps.split_once('}').filter(|_| found.len() < MOST_WAYS) else { return };
    match after.split_once('{') {
        // what comes last reaches to the end
        None => {
            if let Some(value) = recorded.strip_suffix(after).filter(|value| can_hold(name, value)) {
                let all = taken.iter().copied().chain([(name, value)]);
                found.push(all.collect());
            }
        }
        Some((literal, next)) => {
            for (at, _) in recorded.match_indices(literal).filter(|(at, _)| can_hold(name, &recorded[..*at])) {
                taken.push((name, &recorded[..at]));
                ways(next, &recorded[at + literal.len()..], taken, found);
                taken.pop();
            }
        }
    }
}
