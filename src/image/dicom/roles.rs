//! What each part is for, and what says so.
//!
//! Decided, in this order, by the image type, the b-values, the echo times of gradient echoes. The description of a series
//! is free text: its words can contradict the image type (then the part is ambiguous), hint at a role (ambiguous too), and
//! confirm an ADC map that is derived and has no b-value; they never decide alone. Evidence names attributes, known words
//! and numbers, nothing else.

use super::header::{Acquisition, Header};
use super::series::{Part, frame};
use super::vendor::Component;

/// What a part is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeriesRole {
    /// Water image.
    Water,
    /// Fat image.
    Fat,
    /// Water and fat in phase.
    InPhase,
    /// Water and fat in opposed phase.
    OpposedPhase,
    /// Fat-fraction map.
    FatFraction,
    /// R2* map.
    R2Star,
    /// One echo of several.
    Echo(Component),
    /// Diffusion-weighted images.
    Dwi,
    /// ADC map of the scanner.
    Adc,
    /// Mask of bone.
    Bone,
    /// Mask of the reference tissue.
    Reference,
    /// Mask of what must not count.
    Exclude,
    /// Left out.
    Skip,
    /// Open: a person must say.
    Ambiguous,
    /// Cannot be used.
    Refused,
}

impl SeriesRole {
    /// All roles in their stable order.
    pub const ALL: [SeriesRole; 18] = [
        SeriesRole::Water,
        SeriesRole::Fat,
        SeriesRole::InPhase,
        SeriesRole::OpposedPhase,
        SeriesRole::FatFraction,
        SeriesRole::R2Star,
        SeriesRole::Echo(Component::Magnitude),
        SeriesRole::Echo(Component::Phase),
        SeriesRole::Echo(Component::Real),
        SeriesRole::Echo(Component::Imaginary),
        SeriesRole::Dwi,
        SeriesRole::Adc,
        SeriesRole::Bone,
        SeriesRole::Reference,
        SeriesRole::Exclude,
        SeriesRole::Skip,
        SeriesRole::Ambiguous,
        SeriesRole::Refused,
    ];

    /// Spelling in tables.
    pub const fn name(self) -> &'static str {
        match self {
            SeriesRole::Water => "water",
            SeriesRole::Fat => "fat",
            SeriesRole::InPhase => "in-phase",
            SeriesRole::OpposedPhase => "opposed-phase",
            SeriesRole::FatFraction => "fat-fraction",
            SeriesRole::R2Star => "r2star",
            SeriesRole::Echo(Component::Magnitude) => "echo-mag",
            SeriesRole::Echo(Component::Phase) => "echo-phase",
            SeriesRole::Echo(Component::Real) => "echo-real",
            SeriesRole::Echo(Component::Imaginary) => "echo-imag",
            SeriesRole::Dwi => "dwi",
            SeriesRole::Adc => "adc",
            SeriesRole::Bone => "bone",
            SeriesRole::Reference => "reference",
            SeriesRole::Exclude => "exclude",
            SeriesRole::Skip => "skip",
            SeriesRole::Ambiguous => "ambiguous",
            SeriesRole::Refused => "refused",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<SeriesRole> {
        SeriesRole::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The values are a measurement in units of their own, not a signal.
    pub const fn is_map(self) -> bool {
        matches!(
            self,
            SeriesRole::FatFraction | SeriesRole::R2Star | SeriesRole::Adc | SeriesRole::Echo(Component::Phase)
        )
    }

    /// The part becomes a file.
    pub const fn is_kept(self) -> bool {
        !matches!(self, SeriesRole::Skip | SeriesRole::Ambiguous | SeriesRole::Refused)
    }
}

/// A role and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What the part is for.
    pub role: SeriesRole,
    /// Attributes, known words and numbers.
    pub evidence: Vec<String>,
}

impl Decision {
    fn new(role: SeriesRole, evidence: impl Into<String>) -> Decision {
        Decision { role, evidence: vec![evidence.into()] }
    }

    fn and(mut self, evidence: impl Into<String>) -> Decision {
        self.evidence.push(evidence.into());
        self
    }

    /// The same, undecided for a further reason.
    pub fn unsettled(&mut self, reason: impl Into<String>) {
        self.role = SeriesRole::Ambiguous;
        self.evidence.push(reason.into());
    }
}

/// Words of an image type that state a role, over the makers.
const ROLE_WORDS: [(&str, SeriesRole); 30] = [
    ("WATER", SeriesRole::Water),
    ("W", SeriesRole::Water),
    ("FAT", SeriesRole::Fat),
    ("F", SeriesRole::Fat),
    ("IN_PHASE", SeriesRole::InPhase),
    ("INPHASE", SeriesRole::InPhase),
    ("IP", SeriesRole::InPhase),
    ("OPP_PHASE", SeriesRole::OpposedPhase),
    ("OPPOSED_PHASE", SeriesRole::OpposedPhase),
    ("OUT_PHASE", SeriesRole::OpposedPhase),
    ("OUT_OF_PHASE", SeriesRole::OpposedPhase),
    ("OUTPHASE", SeriesRole::OpposedPhase),
    ("OP", SeriesRole::OpposedPhase),
    ("FAT_FRACTION", SeriesRole::FatFraction),
    ("FATFRACTION", SeriesRole::FatFraction),
    ("FAT_FRAC", SeriesRole::FatFraction),
    ("PDFF", SeriesRole::FatFraction),
    ("FF", SeriesRole::FatFraction),
    ("R2_STAR", SeriesRole::R2Star),
    ("R2STAR", SeriesRole::R2Star),
    ("R2*", SeriesRole::R2Star),
    ("ADC", SeriesRole::Adc),
    ("EADC", SeriesRole::Skip),
    ("EXP_ADC", SeriesRole::Skip),
    ("FA", SeriesRole::Skip),
    ("T2_STAR", SeriesRole::Skip),
    ("T2STAR", SeriesRole::Skip),
    ("WATER_FRACTION", SeriesRole::Skip),
    ("WF", SeriesRole::Skip),
    ("LOCALIZER", SeriesRole::Skip),
];

fn role_of_word(word: &str) -> Option<SeriesRole> {
    ROLE_WORDS.iter().find(|(known, _)| *known == word).map(|(_, role)| *role)
}

/// A word of an image type that states a map or another derived image, not a diffusion-weighted one.
pub(super) fn is_map(word: &str) -> bool {
    role_of_word(word).is_some_and(|role| matches!(role, SeriesRole::Adc | SeriesRole::Skip)) || is_computed(word)
}

fn is_computed(word: &str) -> bool {
    word.starts_with("CALC") || word.starts_with("SYNTH")
}

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

/// Frequency of the main fat peak against water, ppm; as in [`crate::image`]'s neighbours, Ren 2008.
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

/// Role that the wording of a description suggests: a last word as scanners append it, or a first one with a colon.
fn hint(description: &str) -> Option<SeriesRole> {
    if let Some((start, _)) = description.split_once(':') {
        match start.trim() {
            "water" => return Some(SeriesRole::Water),
            "fat" => return Some(SeriesRole::Fat),
            "inphase" | "in phase" => return Some(SeriesRole::InPhase),
            "outphase" | "out phase" => return Some(SeriesRole::OpposedPhase),
            "fatfrac" | "fat fraction" => return Some(SeriesRole::FatFraction),
            _ => {}
        }
    }
    match description.split(|c: char| !c.is_alphanumeric()).rfind(|word| !word.is_empty())? {
        "w" | "water" => Some(SeriesRole::Water),
        "f" | "fat" => Some(SeriesRole::Fat),
        "in" | "ip" | "inphase" => Some(SeriesRole::InPhase),
        "op" | "opp" | "out" | "outphase" | "opposed" => Some(SeriesRole::OpposedPhase),
        "ff" | "pdff" | "fatfraction" => Some(SeriesRole::FatFraction),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_roles() {
        for role in SeriesRole::ALL {
            assert_eq!(SeriesRole::named(role.name()), Some(role));
        }
    }

    #[test]
    fn descriptions_hint_by_their_ends() {
        assert_eq!(hint("t1_vibe_dixon_tra_bh_w"), Some(SeriesRole::Water));
        assert_eq!(hint("outphase: ax lava-flex"), Some(SeriesRole::OpposedPhase));
        assert_eq!(hint("t2 fat sat spine"), None);
    }

    #[test]
    fn phases_are_told_by_turns() {
        assert!(distance_in_turns(0.98, 0.0) < 0.021);
        assert!(distance_in_turns(1.52, 0.5) < 0.021);
    }
}
