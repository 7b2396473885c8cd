//! What a part can be for, and the words of image types and descriptions that speak of it. See [`super::decide`].

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
    /// One vertebra of a label map.
    Vertebra,
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
    pub const ALL: [SeriesRole; 19] = [
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
        SeriesRole::Vertebra,
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
            SeriesRole::Vertebra => "vertebra",
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
    pub(super) fn new(role: SeriesRole, evidence: impl Into<String>) -> Decision {
        Decision { role, evidence: vec![evidence.into()] }
    }

    pub(super) fn and(mut self, evidence: impl Into<String>) -> Decision {
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

pub(super) fn role_of_word(word: &str) -> Option<SeriesRole> {
    ROLE_WORDS.iter().find(|(known, _)| *known == word).map(|(_, role)| *role)
}

/// A word of an image type that states a map or another derived image, not a diffusion-weighted one.
pub(super) fn is_map(word: &str) -> bool {
    role_of_word(word).is_some_and(|role| matches!(role, SeriesRole::Adc | SeriesRole::Skip)) || is_computed(word)
}

pub(super) fn is_computed(word: &str) -> bool {
    word.starts_with("CALC") || word.starts_with("SYNTH")
}

/// Role that the wording of a description suggests: a last word as scanners append it, or a first one with a colon.
pub(super) fn hint(description: &str) -> Option<SeriesRole> {
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
}
