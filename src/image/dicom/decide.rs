//! What each part is for, and what says so.
//!
//! Decided, in this order, by the image type, the b-values, the echo times of gradient echoes. The description of a series
//! is free text: its words can contradict the image type (then the part is ambiguous), hint at a role (ambiguous too), and
//! confirm an ADC map that is derived and has no b-value; they never decide alone. Evidence names attributes, known words
//! and numbers, nothing else.

use super::header::{Acquisition, Header};
use super::roles::{Decision, SeriesRole, hint, is_computed, role_of_word};
use super::series::{Part, frame};
use super::vendor::Component;

/// Decides all parts of one session.
pub fn decide(parts: &[&Part], headers: &[Header]) -> Vec<Decision> {
    (0..parts.len()).map(|n| decide_one(n, parts, headers)).collect()
}

fn decide_one(n: usize, parts: &[&Part], headers: &[Header]) -> Decision {
    let part = parts[n];
    let first = &headers[part.frames[0].header];
    let has = |word: &str| part.image_type.iter().any(|one| one == word);
    let hint = hint(&first.description);
    let stated = part.image_type.iter().skip(2).find_map(|word| Some((word, role_of_word(word)?)));
    if has("LOCALIZER") {
        return Decision::new(SeriesRole::Skip, "image type LOCALIZER");
    }
    if part.image_type.iter().any(|word| is_computed(word)) {
        return Decision::new(SeriesRole::Skip, "image type says computed b-value: not measured");
    }
    if let Some((word, role)) = stated {
        return by_image_type(part, &first.acquisition, word, role, hint);
    }
    let b_values = part.b_values(headers);
    if b_values.iter().any(|&b| b > 0.0) || (has("DIFFUSION") && !b_values.is_empty()) {
        return diffusion(part, headers, &b_values);
    }
    if has("DIFFUSION") {
        return Decision::new(SeriesRole::Ambiguous, "image type DIFFUSION without a b-value in any known attribute");
    }
    let words: Vec<&str> = first.description.split(|c: char| !c.is_alphanumeric()).collect();
    if (words.contains(&"adc") || first.description.contains("apparent diffusion"))
        && b_values.iter().all(|&b| b == 0.0)
    {
        return match has("DERIVED") {
            true => Decision::new(SeriesRole::Adc, "image type DERIVED").and("no b-value").and("description says ADC"),
            false => Decision::new(SeriesRole::Ambiguous, "description says ADC, image type does not say DERIVED"),
        };
    }
    if !b_values.is_empty() && weighted_neighbour(n, parts, headers) {
        return diffusion(part, headers, &b_values).and("same place as weighted images");
    }
    if let Some(decision) = echoes(n, parts, headers) {
        return decision;
    }
    let is_dixon =
        has("DIXON") || words.iter().any(|word| ["dixon", "mdixon", "ideal", "idealiq", "flex"].contains(word));
    match hint {
        Some(role) if is_dixon => Decision::new(
            SeriesRole::Ambiguous,
            format!("the description hints at {}, no image type says so", role.name()),
        ),
        _ if has("DIXON") => {
            Decision::new(SeriesRole::Ambiguous, "image type DIXON without water, fat, in or opposed phase")
        }
        _ => Decision::new(SeriesRole::Skip, "neither fat-water nor diffusion by image type, b-value or echo times"),
    }
}

fn by_image_type(
    part: &Part,
    acquisition: &Acquisition,
    word: &str,
    role: SeriesRole,
    hint: Option<SeriesRole>,
) -> Decision {
    let decision = Decision::new(role, format!("image type {word}"));
    if role == SeriesRole::Skip {
        return decision;
    }
    if part.component.is_some_and(|component| component != Component::Magnitude) {
        return Decision::new(SeriesRole::Skip, format!("image type {word}, but not its magnitude"));
    }
    if let Some(hint) = hint.filter(|hint| *hint != role && !(role.is_map() || hint.is_map())) {
        let mut decision = decision;
        decision.unsettled(format!("the description says {}", hint.name()));
        return decision;
    }
    let wanted = match role {
        SeriesRole::InPhase => 0.0,
        SeriesRole::OpposedPhase => 0.5,
        _ => return decision,
    };
    let Some(turns) = turns(part, acquisition) else { return decision };
    let seen = turns_in_words(part, acquisition, turns);
    if distance_in_turns(turns, wanted) > 0.25 {
        let mut decision = decision;
        decision.unsettled(format!("{seen}, which is the other phase"));
        return decision;
    }
    decision.and(seen)
}

/// Main fat peak below water, ppm (Ren 2008, doi:10.1194/jlr.D700041-JLR200).
const FAT_SHIFT_PPM: f64 = 3.4;
/// Proton frequency, MHz/T.
const MHZ_PER_T: f64 = 42.577;

/// Turns of fat against water at the echo time.
fn turns(part: &Part, acquisition: &Acquisition) -> Option<f64> {
    Some(FAT_SHIFT_PPM * MHZ_PER_T * acquisition.field_t? * part.te_ms? / 1000.0)
}

/// Distance to `wanted` within a turn, 0 to 0.5.
fn distance_in_turns(turns: f64, wanted: f64) -> f64 {
    let off = (turns - wanted).rem_euclid(1.0);
    off.min(1.0 - off)
}

fn turns_in_words(part: &Part, acquisition: &Acquisition, turns: f64) -> String {
    let (te, field) = (part.te_ms.unwrap_or(f64::NAN), acquisition.field_t.unwrap_or(f64::NAN));
    format!("echo time {te:.2} ms at {field} T: {turns:.2} turns of fat against water")
}

fn diffusion(part: &Part, headers: &[Header], b_values: &[f64]) -> Decision {
    if part.component.is_some_and(|component| component != Component::Magnitude) {
        return Decision::new(SeriesRole::Skip, "diffusion, but not its magnitude");
    }
    let sources: std::collections::BTreeSet<&str> =
        part.frames.iter().filter_map(|at| Some(frame(headers, *at).b?.source)).collect();
    let sources: Vec<&str> = sources.into_iter().collect();
    let listed: Vec<String> = b_values.iter().map(f64::to_string).collect();
    let mut decision = Decision::new(SeriesRole::Dwi, format!("b {} by {}", listed.join(" "), sources.join(", ")));
    if part.frames.iter().any(|at| frame(headers, *at).isotropic) {
        decision = decision.and("trace-weighted");
    }
    if part.frames.iter().any(|at| frame(headers, *at).directional) {
        decision = decision.and("single directions");
    }
    decision
}

/// Another part of the session has b > 0 and lies in the same place.
fn weighted_neighbour(n: usize, parts: &[&Part], headers: &[Header]) -> bool {
    let place = parts[n].signature(headers);
    place.is_some()
        && headers[parts[n].frames[0].header].acquisition.echo_planar
        && parts.iter().enumerate().any(|(k, other)| {
            k != n && other.b_values(headers).iter().any(|&b| b > 0.0) && other.signature(headers) == place
        })
}

/// Echoes of a gradient echo: three or more echo times, two with their phases, or two magnitudes of which one is in and one
/// in opposed phase.
fn echoes(n: usize, parts: &[&Part], headers: &[Header]) -> Option<Decision> {
    let part = parts[n];
    let acquisition = &headers[part.frames[0].header].acquisition;
    if acquisition.gradient_echo != Some(true) || acquisition.echo_planar || part.te_ms.is_none() {
        return None;
    }
    let place = part.signature(headers)?;
    let component = |part: &Part| part.component.unwrap_or(Component::Magnitude);
    let is_sibling = |other: &&&Part| {
        other.signature(headers).as_ref() == Some(&place)
            && headers[other.frames[0].header].acquisition.gradient_echo == Some(true)
            && other.image_type.iter().skip(2).all(|word| role_of_word(word).is_none())
            && other.te_ms.is_some()
    };
    let siblings: Vec<&&Part> = parts.iter().filter(is_sibling).collect();
    let times = |wanted: Component| {
        let mut times: Vec<f64> =
            siblings.iter().filter(|one| component(one) == wanted).filter_map(|one| one.te_ms).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        times
    };
    let mine = times(component(part));
    let others = [Component::Phase, Component::Real, Component::Imaginary].map(times);
    let is_complex = others.iter().any(|times| times.len() >= 2);
    let listed = || mine.iter().map(|te| format!("{te:.2}")).collect::<Vec<_>>().join(" ");
    if mine.len() >= 3 || (mine.len() == 2 && is_complex) {
        let stated = if part.component.is_some() { "stated" } else { "not stated, so magnitude" };
        return Some(
            Decision::new(
                SeriesRole::Echo(component(part)),
                format!("gradient echo, {} echo times {} ms", mine.len(), listed()),
            )
            .and(format!("component {} ({stated})", component(part).name())),
        );
    }
    if mine.len() != 2 || component(part) != Component::Magnitude {
        return None;
    }
    let seen = |te: f64| turns(&Part { te_ms: Some(te), ..part.clone() }, acquisition);
    let phase = |te: f64| {
        let turns = seen(te)?;
        match () {
            () if distance_in_turns(turns, 0.0) <= 0.15 => Some(SeriesRole::InPhase),
            () if distance_in_turns(turns, 0.5) <= 0.15 => Some(SeriesRole::OpposedPhase),
            () => None,
        }
    };
    let (first, second) = (phase(mine[0]), phase(mine[1]));
    let role = phase(part.te_ms?).filter(|_| first.is_some() && second.is_some() && first != second);
    Some(match role {
        Some(role) => Decision::new(role, "gradient echo, two echo times").and(turns_in_words(
            part,
            acquisition,
            seen(part.te_ms?)?,
        )),
        None => Decision::new(
            SeriesRole::Ambiguous,
            format!("gradient echo, two echo times {} ms that are not one in and one opposed phase", listed()),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_told_by_turns() {
        assert!(distance_in_turns(0.98, 0.0) < 0.021);
        assert!(distance_in_turns(1.52, 0.5) < 0.021);
    }
}
