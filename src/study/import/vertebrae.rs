//! Segments that are vertebrae: which one by its name, and all of a grid in one label map with the numbers of a scheme.
//!
//! A name counts where every word of it speaks of one vertebra (`L1`, `vertebrae_L1`, `Body of T12`, `Fifth lumbar
//! vertebra`): `L1 nerve root` or `T1 lesion` are none. Label and coded type of a segment must not name two. What lies between or
//! beside the vertebrae and is no bone (discs, endplates, cord: `L4-L5 disc`) is known too and left out, as in label schemes.
//! The numbers are those of the scheme in `study.toml`, else of [`DEFAULT_SCHEME`], which the template of that file has.

use super::masks::drawing_mask;
use crate::image::dicom::{Decision, DicomError, Header, SeriesRole};
use crate::image::{Grid, Labels, filled};
use crate::region::{EMBEDDED, Level, Scheme};
use std::path::{Path, PathBuf};

/// The scheme of a study that has no `study.toml` yet.
pub const DEFAULT_SCHEME: &str = "totalspineseg";

/// Words that may stand beside a vertebra's number without naming anything else.
const BESIDE: [&str; 21] = [
    "vertebra",
    "vertebrae",
    "vertebral",
    "vert",
    "body",
    "corpus",
    "bone",
    "structure",
    "of",
    "the",
    "entire",
    "spine",
    "spinal",
    "column",
    "lumbar",
    "thoracic",
    "cervical",
    "sacral",
    "anatomical",
    "tissue",
    "segment",
];

/// Parts of the spine that are no vertebra, by the words that name them, and what they are called in the evidence.
const NO_VERTEBRA: [(&str, &str); 10] = [
    ("disc", "disc"),
    ("discs", "disc"),
    ("disk", "disc"),
    ("disks", "disc"),
    ("ivd", "disc"),
    ("endplate", "endplate"),
    ("endplates", "endplate"),
    ("cord", "cord"),
    ("medulla", "cord"),
    ("canal", "canal"),
];

/// Words that may stand beside these.
const BESIDE_THESE: [&str; 4] = ["intervertebral", "spinalis", "level", "and"];

/// Spelt-out numbers, first to twelfth.
const ORDINALS: [&str; 12] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
];

/// What one name says.
#[derive(Debug, PartialEq)]
enum Named {
    /// This vertebra and nothing else.
    Vertebra(Level),
    /// Bone or spine in general.
    General,
    /// A part of the spine that is no vertebra.
    NoVertebra(&'static str),
    /// Anything else.
    Other,
}

fn named(name: &str) -> Named {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let mut levels = Vec::new();
    let found = words.iter().find_map(|word| NO_VERTEBRA.iter().find(|(known, _)| known == word));
    for (n, word) in words.iter().enumerate() {
        let ordinal = ORDINALS.iter().position(|known| known == word);
        let part = words.get(n + 1).and_then(|next| Some((*next, next.chars().next()?)));
        match (ordinal, part) {
            (Some(k), Some(("cervical" | "thoracic" | "lumbar", letter))) => {
                levels.extend(Level::parse(&format!("{letter}{}", k + 1)));
            }
            _ if BESIDE.contains(word) => {}
            _ if found.is_some_and(|(known, _)| known == word || BESIDE_THESE.contains(word) || two_levels(word)) => {}
            _ => match Level::parse(word) {
                Some(level) => levels.push(level),
                None => return Named::Other,
            },
        }
    }
    levels.dedup();
    match levels[..] {
        _ if let Some((_, what)) = found => Named::NoVertebra(what),
        [] => Named::General,
        [level] => Named::Vertebra(level),
        _ => Named::Other,
    }
}

/// The vertebra that the names of a drawing state, with the decision; `None` where they speak of none.
pub fn decide(kind: &str, number: u32, names: &[String]) -> Option<(Option<Level>, Decision)> {
    let said: Vec<Named> = names.iter().map(|name| named(name)).collect();
    let mut levels: Vec<Level> =
        said.iter().filter_map(|one| if let Named::Vertebra(level) = one { Some(*level) } else { None }).collect();
    levels.dedup();
    let (level, role, evidence) = match levels[..] {
        [] => return no_vertebra(kind, number, &said).map(|decision| (None, decision)),
        [level] if said.iter().all(|one| matches!(one, Named::Vertebra(_) | Named::General)) => {
            (Some(level), SeriesRole::Vertebra, format!("named {level}"))
        }
        [level] => (None, SeriesRole::Ambiguous, format!("one of its names says {level}, another something else")),
        [first, second, ..] => (None, SeriesRole::Ambiguous, format!("its names say {first} and {second}")),
    };
    Some((level, Decision { role, evidence: vec![format!("{kind} {number}, {evidence}")] }))
}

/// What the names of a drawing say that is a part of the spine but no vertebra; `None` where they speak of none.
fn no_vertebra(kind: &str, number: u32, said: &[Named]) -> Option<Decision> {
    let what = said.iter().find_map(|one| if let Named::NoVertebra(what) = one { Some(*what) } else { None })?;
    let is_one = said.iter().all(|one| *one == Named::General || *one == Named::NoVertebra(what));
    let (role, evidence) = match is_one {
        true => (SeriesRole::Skip, format!("named a {what} of the spine, which is no vertebra")),
        false => (SeriesRole::Ambiguous, format!("one of its names says {what}, another something else")),
    };
    Some(Decision { role, evidence: vec![format!("{kind} {number}, {evidence}")] })
}

/// True for two levels written as one word: `L4L5`.
fn two_levels(word: &str) -> bool {
    let second = word.char_indices().skip(1).find(|(_, c)| c.is_ascii_alphabetic() && *c != 'h').map(|(at, _)| at);
    second.is_some_and(|at| Level::parse(&word[..at]).is_some() && Level::parse(&word[at..]).is_some())
}

/// Name of the scheme whose numbers the label maps of a study have.
pub fn scheme_of_study(study: &Path) -> String {
    let text = std::fs::read_to_string(study.join(crate::study::CONFIG_FILE)).unwrap_or_default();
    let settings: toml::Table = toml::from_str(&text).unwrap_or_default();
    let stated = settings.get("regions").and_then(|regions| regions.get("scheme")).and_then(|scheme| scheme.as_str());
    stated.unwrap_or(DEFAULT_SCHEME).to_owned()
}

/// A drawing: its vertebra, the place of its header, its number.
pub type Drawing = (Level, usize, u32);

/// The label map of these drawings on a grid, and the rows `(number, level)` of its table.
///
/// # Errors
/// [`DicomError::Stack`] where the scheme has no number for a vertebra or two drawings claim a voxel; what
/// [`drawing_mask`] refuses.
pub fn label_map(
    drawings: &[Drawing],
    headers: &[Header],
    grid: &Grid,
    scheme: &str,
) -> Result<(Labels, Vec<(i32, Level)>), DicomError> {
    let wrong = |slug, reason: String, remedy| DicomError::Stack { slug, reason, remedy };
    let name_one = "name a scheme in study.toml that has it: [regions] scheme";
    if scheme == EMBEDDED {
        let reason = "study.toml takes the meaning of labels from the map itself (scheme = \"embedded\"), which a map made of \
                      DICOM segments cannot tell: name a scheme there";
        return Err(wrong("no-label-scheme", reason.to_owned(), name_one));
    }
    let of = Scheme::of(scheme).map_err(|error| wrong("no-label-scheme", format!("study.toml: {error}"), name_one))?;
    let mut data = filled(grid.dims, 0);
    let mut rows: Vec<(i32, Level)> = Vec::new();
    for &(level, header, number) in drawings {
        let label = of.label(level).ok_or_else(|| {
            wrong("no-label-number", format!("the scheme {scheme} has no number for {level}"), name_one)
        })?;
        let mask = drawing_mask(&headers[header], number, grid)?;
        let mut taken = None;
        data.zip_mut_with(&mask, |voxel, inside| {
            if *inside {
                if *voxel != 0 {
                    taken.get_or_insert((*voxel, 0_usize)).1 += 1;
                }
                *voxel = label;
            }
        });
        if let Some((other, n)) = taken {
            let other = of.level(other).map(|level| level.to_string()).unwrap_or_default();
            let reason = format!("{n} voxels are drawn as {level} and as another vertebra, {other} first");
            let remedy = "mend the drawing so that a voxel belongs to one vertebra, or set the role of one to skip";
            return Err(wrong("overlapping-vertebrae", reason, remedy));
        }
        rows.push((label, level));
    }
    rows.sort_unstable_by_key(|(_, level)| *level);
    Ok((Labels { grid: grid.clone(), data, source: PathBuf::new() }, rows))
}

/// The label table of BIDS: `index` and `name`, head first.
pub fn label_table(rows: &[(i32, Level)]) -> String {
    let lines: String = rows.iter().map(|(label, level)| format!("{label}\t{level}\n")).collect();
    format!("index\tname\n{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vertebra_is_named_by_all_words_of_its_name() {
        for (name, level) in [
            ("L1", "L1"),
            ("vertebrae_L1", "L1"),
            ("L1 vertebra", "L1"),
            ("Body of Th12 vertebra", "T12"),
            ("Fifth lumbar vertebra", "L5"),
            ("Twelfth thoracic vertebra", "T12"),
            ("Bone structure of L3", "L3"),
            ("Sacrum", "sacrum"),
            ("L1 (first lumbar vertebra)", "L1"),
        ] {
            assert_eq!(named(name), Named::Vertebra(Level::parse(level).unwrap()), "{name}");
        }
        for name in
            ["L4 L5", "L4L5", "L1 nerve root", "T1 lesion", "psoas", "lesion L1", "optic disc", "L4 disc herniation"]
        {
            assert_eq!(named(name), Named::Other, "{name}");
        }
        assert_eq!(named("Vertebra"), Named::General);
        for name in [
            "L4-L5 disc",
            "disc_L4_L5",
            "Disc",
            "L4L5 disk",
            "Level of T12/L1 intervertebral disc",
            "Intervertebral disc structure of fifth lumbar vertebra",
            "Structure of intervertebral disc of L5 and S1",
            "intervertebral_discs",
        ] {
            assert_eq!(named(name), Named::NoVertebra("disc"), "{name}");
        }
        assert_eq!(named("spinal_cord"), Named::NoVertebra("cord"));
        assert_eq!(named("Spinal canal"), Named::NoVertebra("canal"));
    }

    #[test]
    fn two_names_of_a_segment_must_agree() {
        let decided = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            decide("segment", 2, &names).map(|(level, decision)| (level.map(|level| level.to_string()), decision.role))
        };
        assert_eq!(decided(&["L3", "Vertebra"]), Some((Some("L3".to_owned()), SeriesRole::Vertebra)));
        assert_eq!(decided(&["L3", "L4 vertebra"]), Some((None, SeriesRole::Ambiguous)));
        assert_eq!(decided(&["L3", "Neoplasm"]), Some((None, SeriesRole::Ambiguous)));
        assert_eq!(decided(&["spine", "Bone"]), None);
        assert_eq!(decided(&["L3-L4 disc", "Disc"]), Some((None, SeriesRole::Skip)));
        assert_eq!(decided(&["L3", "L3/L4 disc"]), Some((None, SeriesRole::Ambiguous)));
        assert_eq!(decided(&["disc", "Muscle"]), Some((None, SeriesRole::Ambiguous)));
    }
}
