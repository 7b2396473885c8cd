//! Who a file is about, and how that is kept out of everything that is written.
//!
//! An [`Identity`] decides which files belong to one person and one day, and goes no further: it cannot be printed, its
//! `Debug` shows nothing, and [`Secrets`] takes its parts out of the file paths that messages name. What may stand in a
//! sidecar is listed ([`known_image_types`], [`known_body_part`], [`plain_model`]); everything else stays in the DICOM.

use std::collections::BTreeSet;
use std::fmt;

/// What a file says about the person and the day; for grouping alone.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Patient ID as the scanner has it; may be empty.
    pub patient_id: String,
    /// Patient's name, for telling two people apart and for masking.
    pub name: String,
    /// Date of birth, for telling two people apart and for masking.
    pub birth_date: String,
    /// Date of the study, `YYYYMMDD`; may be empty.
    pub study_date: String,
    /// Accession number, for masking.
    pub accession: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(withheld)")
    }
}

impl Identity {
    /// True where two files cannot be of one person although they share a patient ID.
    pub fn contradicts(&self, other: &Identity) -> bool {
        let differ = |a: &str, b: &str| !a.is_empty() && !b.is_empty() && !a.eq_ignore_ascii_case(b);
        differ(&self.birth_date, &other.birth_date)
    }

    /// Day number of the study date; `None` where it is no date.
    pub fn study_day(&self) -> Option<i64> {
        day_number(&self.study_date)
    }
}

/// Days of a `YYYYMMDD` or `YYYY-MM-DD` date since 1 March of the year 0 (Gregorian); only differences mean anything.
pub fn day_number(date: &str) -> Option<i64> {
    let digits: String = date.chars().filter(|c| *c != '-' && *c != '.').collect();
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| digits[range].parse::<i64>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // the year is counted from March, so that the leap day is its last
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day - 1,
    )
}

/// Parts of identities that no message may show.
#[derive(Clone, Default)]
pub struct Secrets(BTreeSet<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(withheld)")
    }
}

impl Secrets {
    /// Remembers the parts of an identity that are long enough to tell a person.
    pub fn remember(&mut self, identity: &Identity) {
        let Identity { patient_id, name, birth_date, study_date, accession } = identity;
        let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|part| part.chars().count() >= 2);
        self.0.extend(parts.map(str::to_lowercase));
        let whole =
            [patient_id, birth_date, study_date, accession].into_iter().filter(|word| word.chars().count() >= 2);
        self.0.extend(whole.map(|word| word.to_lowercase()));
    }

    /// A relative path with every part that could tell a person replaced by `***`: a folder or file name that holds a
    /// remembered word, or six or more digits in a row (dates, numbers of patients) but for the counters of media.
    pub fn mask(&self, path: &str) -> String {
        let parts = path.split(['/', '\\']).map(|part| if self.is_telling(part) { "***" } else { part });
        parts.collect::<Vec<_>>().join("/")
    }

    /// True where a label of letters and digits holds a remembered word.
    pub fn tells(&self, label: &str) -> bool {
        let lower = label.to_lowercase();
        self.0.iter().any(|word| {
            let plain = letters_and_digits(word);
            lower == plain || (plain.chars().count() >= 4 && lower.contains(&plain))
        })
    }

    fn is_telling(&self, part: &str) -> bool {
        let lower = part.to_lowercase();
        let spelt = letters_and_digits(&lower);
        let longest = part.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
        let holds = |word: &String| {
            let plain = letters_and_digits(word);
            lower.contains(word.as_str()) || (plain.len() >= 4 && spelt.contains(&plain))
        };
        (longest >= 6 && !is_media_name(part)) || self.0.iter().any(holds)
    }
}

/// A name as programs that write discs count their folders and images: `IM000012`, `SE000001`, `I1300000`.
fn is_media_name(part: &str) -> bool {
    let digits = ["IMG", "IM", "PT", "PA", "ST", "SE", "I"].iter().find_map(|prefix| part.strip_prefix(prefix));
    digits.is_some_and(|digits| digits.len() <= 7 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn letters_and_digits(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Words of an image type that may stand in a sidecar.
const IMAGE_TYPES: [&str; 67] = [
    "ORIGINAL",
    "DERIVED",
    "PRIMARY",
    "SECONDARY",
    "OTHER",
    "M",
    "P",
    "R",
    "I",
    "MAGNITUDE",
    "PHASE",
    "REAL",
    "IMAGINARY",
    "MIXED",
    "PHASE MAP",
    "M_FFE",
    "M_SE",
    "M_IR",
    "R_FFE",
    "I_FFE",
    "P_FFE",
    "FFE",
    "SE",
    "IR",
    "DIXON",
    "WATER",
    "FAT",
    "IN_PHASE",
    "OPP_PHASE",
    "OUT_PHASE",
    "OUT_OF_PHASE",
    "FAT_FRACTION",
    "WATER_FRACTION",
    "R2_STAR",
    "T2_STAR",
    "R2STAR",
    "T2STAR",
    "W",
    "F",
    "IP",
    "OP",
    "FF",
    "WF",
    "DIFFUSION",
    "TRACEW",
    "TRACE",
    "ISOTROPIC",
    "ADC",
    "EADC",
    "EXP_ADC",
    "FA",
    "NONE",
    "ND",
    "NORM",
    "DIS2D",
    "DIS3D",
    "MOSAIC",
    "MFSPLIT",
    "SFSPLIT",
    "COMBINED",
    "MULTIECHO",
    "AVERAGE",
    "COMP_SP",
    "COMP_AD",
    "FM",
    "DRG",
    "FSL",
];

/// The words of an image type that are known, in their order.
pub(super) fn known_image_types(words: &[String]) -> Vec<String> {
    words.iter().filter(|word| IMAGE_TYPES.contains(&word.as_str())).cloned().collect()
}

/// Body parts of DICOM (PS3.16, CID 4031 and neighbours) that may stand in a sidecar.
const BODY_PARTS: [&str; 29] = [
    "ABDOMEN",
    "ABDOMENPELVIS",
    "ARM",
    "BRAIN",
    "CHEST",
    "CHESTABDOMEN",
    "CHESTABDPELVIS",
    "CSPINE",
    "EXTREMITY",
    "FEMUR",
    "HEAD",
    "HEADNECK",
    "HIP",
    "HUMERUS",
    "KNEE",
    "LEG",
    "LSPINE",
    "LSSPINE",
    "NECK",
    "PELVIS",
    "SACRUM",
    "SHOULDER",
    "SPINE",
    "SSPINE",
    "THIGH",
    "TLSPINE",
    "TSPINE",
    "WHOLEBODY",
    "WHOLESPINE",
];

/// A body part that is a known word.
pub(super) fn known_body_part(word: &str) -> Option<String> {
    let plain: String = word.to_uppercase().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    BODY_PARTS.contains(&plain.as_str()).then_some(plain)
}

/// Names under which scanner models are sold; a model text is kept where it starts with one of them.
const MODEL_STARTS: [&str; 24] = [
    "MAGNETOM",
    "AERA",
    "AVANTO",
    "SKYRA",
    "PRISMA",
    "VERIO",
    "VIDA",
    "SOLA",
    "LUMINA",
    "ALTEA",
    "SYMPHONY",
    "ESPREE",
    "TRIOTIM",
    "SIGNA",
    "DISCOVERY",
    "OPTIMA",
    "INGENIA",
    "ACHIEVA",
    "INTERA",
    "AMBITION",
    "ELITION",
    "MR 5300",
    "UMR",
    "VANTAGE",
];

/// A scanner model that starts with a known product name, without anything but letters, digits and blanks.
pub(super) fn plain_model(text: &str) -> Option<String> {
    let upper = text.to_uppercase();
    let is_plain = text.len() <= 32 && text.chars().all(|c| c.is_ascii_alphanumeric() || " .-_".contains(c));
    (is_plain && MODEL_STARTS.iter().any(|start| upper.starts_with(start))).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years() {
        let difference = |a: &str, b: &str| day_number(b).unwrap() - day_number(a).unwrap();
        assert_eq!(difference("20240228", "20240301"), 2);
        assert_eq!(difference("20230228", "2023-03-01"), 1);
        assert_eq!(difference("19991231", "20000101"), 1);
        assert_eq!(difference("20240101", "20250101"), 366);
        assert_eq!(day_number("2024"), None);
        assert_eq!(day_number("20241301"), None);
    }

    #[test]
    fn paths_lose_what_tells_a_person() {
        let mut secrets = Secrets::default();
        secrets.remember(&Identity {
            patient_id: "H-77-A".into(),
            name: "DOE^JANE".into(),
            birth_date: "19500102".into(),
            study_date: "20240506".into(),
            accession: "ACC9".into(),
        });
        assert_eq!(secrets.mask("jane_doe/S1/IM0001"), "***/S1/IM0001");
        assert_eq!(secrets.mask("H77A/2024-05-06/x.dcm"), "***/***/x.dcm");
        assert_eq!(secrets.mask("a/123456/IM3"), "a/***/IM3");
        assert_eq!(secrets.mask("PT000000/SE000001/I1300000"), "PT000000/SE000001/I1300000");
        assert_eq!(secrets.mask("P123456/PT19500102"), "***/***");
        assert_eq!(format!("{secrets:?} {:?}", Identity::default()), "Secrets(withheld) Identity(withheld)");
    }

    #[test]
    fn only_known_words_pass() {
        let words = ["DERIVED", "JANE", "WATER"].map(str::to_owned);
        assert_eq!(known_image_types(&words), ["DERIVED", "WATER"]);
        assert_eq!(known_body_part("L-SPINE"), Some("LSPINE".to_owned()));
        assert_eq!(known_body_part("JANE"), None);
        assert_eq!(plain_model("MAGNETOM Skyra"), Some("MAGNETOM Skyra".to_owned()));
        assert_eq!(plain_model("Doe's scanner"), None);
    }
}
