//! What the integers of a label map mean: the same integer is another bone in another tool.
//!
//! A scheme is named by the user or stands in the label map itself ([`super::SchemeChoice`]), and is never guessed. Known labels that are no vertebra (discs, cord, organs) are ignored
//! silently; integers that a scheme does not know are reported. Nothing is renumbered.
//!
//! Tables as in the tools' own files: TotalSegmentator v1 and v2 (class maps `total`, `vertebrae_mr`), TotalSpineSeg
//! (labels of step 2), SPINEPS (vertebra instance mask, the VerSe order).

use super::{Level, RegionError};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;

/// Names of the built-in schemes.
pub const NAMES: [&str; 5] = ["totalspineseg", "totalseg-v2", "totalseg-v1", "totalseg-vertebrae-mr", "spineps"];

/// From integers to vertebrae.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheme {
    name: String,
    levels: BTreeMap<i32, Level>,
    /// Known labels that are no vertebra.
    others: Vec<RangeInclusive<i32>>,
}

impl Scheme {
    /// A built-in scheme by its name, else a label table by its path.
    ///
    /// # Errors
    /// [`RegionError::UnknownScheme`] where it is neither, [`RegionError::LabelTable`] for a table that cannot be read.
    pub fn of(text: &str) -> Result<Scheme, RegionError> {
        match Scheme::named(text) {
            Ok(scheme) => Ok(scheme),
            Err(_) if Path::new(text).is_file() => Scheme::from_file(Path::new(text)),
            Err(unknown) => Err(unknown),
        }
    }

    /// A built-in scheme.
    ///
    /// # Errors
    /// [`RegionError::UnknownScheme`].
    pub fn named(name: &str) -> Result<Scheme, RegionError> {
        // runs of vertebrae: first integer, its level's number, count, +1 or -1 towards the tail
        let up = |first: i32, level: fn(u8) -> Level, count: u8| {
            (0..count).map(move |n| (first + i32::from(n), level(n + 1)))
        };
        let down =
            |last: i32, level: fn(u8) -> Level, count: u8| (0..count).map(move |n| (last - i32::from(n), level(n + 1)));
        let sacrum = |label: i32| std::iter::once((label, Level::SACRUM));
        let (levels, others): (Vec<(i32, Level)>, Vec<RangeInclusive<i32>>) = match name {
            "totalspineseg" => (
                up(11, Level::cervical, 7)
                    .chain(up(21, Level::thoracic, 12))
                    .chain(up(41, Level::lumbar, 5))
                    .chain(sacrum(50))
                    .collect(),
                vec![1..=2, 63..=100],
            ),
            "totalseg-v2" => (
                down(50, Level::cervical, 7)
                    .chain(down(43, Level::thoracic, 12))
                    .chain(down(31, Level::lumbar, 5))
                    .chain([(26, Level::sacral(1))])
                    .chain(sacrum(25))
                    .collect(),
                vec![1..=24, 51..=117],
            ),
            "totalseg-v1" => (
                down(41, Level::cervical, 7)
                    .chain(down(34, Level::thoracic, 12))
                    .chain(down(22, Level::lumbar, 5))
                    .chain(sacrum(92))
                    .collect(),
                vec![1..=17, 42..=91, 93..=104],
            ),
            "totalseg-vertebrae-mr" => (
                down(25, Level::cervical, 7)
                    .chain(down(18, Level::thoracic, 12))
                    .chain(down(6, Level::lumbar, 5))
                    .chain(sacrum(1))
                    .collect(),
                vec![],
            ),
            "spineps" => (
                up(1, Level::cervical, 7)
                    .chain(up(8, Level::thoracic, 12))
                    .chain(up(20, Level::lumbar, 6))
                    .chain(sacrum(26))
                    .chain([(28, Level::thoracic(13))])
                    .collect(),
                // coccyx and lower sacral parts; discs are 100 + level, endplates 200 + level
                vec![27..=27, 29..=33, 101..=133, 201..=233],
            ),
            _ => return Err(RegionError::UnknownScheme { name: name.to_owned() }),
        };
        Ok(Scheme { name: name.to_owned(), levels: levels.into_iter().collect(), others })
    }

    /// A scheme from a BIDS `dseg.tsv` (columns `index` and `name`) or an ITK-SNAP label file.
    ///
    /// # Errors
    /// [`RegionError::LabelTable`].
    pub fn from_file(path: &Path) -> Result<Scheme, RegionError> {
        let failed = |reason: String| RegionError::LabelTable { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Scheme::from_text(name, &text).map_err(failed)
    }

    fn from_text(name: String, text: &str) -> Result<Scheme, String> {
        Scheme::from_rows(name, rows_of_text(text)?)
    }

    /// A scheme from labels with their names; the reason where they name no vertebra, or one twice.
    pub(super) fn from_rows(name: String, rows: Vec<(i32, String)>) -> Result<Scheme, String> {
        let (mut levels, mut others) = (BTreeMap::new(), Vec::new());
        for (label, label_name) in rows {
            let Some(level) = Level::parse(&label_name) else {
                others.push(label..=label);
                continue;
            };
            if levels.values().any(|&known| known == level) || levels.insert(label, level).is_some() {
                return Err(format!("{level} (label {label}) is named twice"));
            }
        }
        if levels.is_empty() {
            return Err("it names no vertebra (expected names such as L1 or vertebrae_T12)".to_owned());
        }
        Ok(Scheme { name, levels, others })
    }

    /// Name of the scheme, or of its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The vertebra that an integer stands for.
    pub fn level(&self, label: i32) -> Option<Level> {
        self.levels.get(&label).copied()
    }

    /// The integer that stands for a vertebra.
    pub fn label(&self, level: Level) -> Option<i32> {
        self.levels.iter().find(|&(_, &known)| known == level).map(|(&label, _)| label)
    }

    /// True for background, vertebrae and known labels that are none.
    pub fn knows(&self, label: i32) -> bool {
        label == 0 || self.levels.contains_key(&label) || self.others.iter().any(|range| range.contains(&label))
    }
}

/// Labels and names of a BIDS `dseg.tsv` or an ITK-SNAP label file.
pub(super) fn rows_of_text(text: &str) -> Result<Vec<(i32, String)>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let is_bids = text.lines().next().is_some_and(|header| header.split('\t').any(|column| column.trim() == "index"));
    if is_bids { rows_of_bids(text) } else { rows_of_itk_snap(text) }
}

/// `(index, name)` of a tab-separated table with a header.
fn rows_of_bids(text: &str) -> Result<Vec<(i32, String)>, String> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').map(str::trim).collect();
    let column = |name: &str| header.iter().position(|&column| column == name);
    let index = column("index").ok_or("it has no column index")?;
    let name = column("name").ok_or("it has no column name")?;
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
            let label = cells.get(index).and_then(|cell| cell.parse().ok());
            match (label, cells.get(name)) {
                (Some(label), Some(&name)) => Ok((label, name.to_owned())),
                _ => Err(format!("the line '{line}' has no integer index or no name")),
            }
        })
        .collect()
}

/// `IDX R G B A VIS MSH "LABEL"`, comments behind `#`.
fn rows_of_itk_snap(text: &str) -> Result<Vec<(i32, String)>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let label = line.split_whitespace().next().and_then(|word| word.parse().ok());
            let name = line.split('"').nth(1);
            match (label, name) {
                (Some(label), Some(name)) => Ok((label, name.to_owned())),
                _ => Err(format!("the line '{line}' is neither BIDS nor ITK-SNAP")),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_tables_say_what_the_tools_say() {
        // L1..L5, T12, sacrum
        let expected = [
            ("totalspineseg", [41, 42, 43, 44, 45, 32, 50]),
            ("totalseg-v2", [31, 30, 29, 28, 27, 32, 25]),
            ("totalseg-v1", [22, 21, 20, 19, 18, 23, 92]),
            ("totalseg-vertebrae-mr", [6, 5, 4, 3, 2, 7, 1]),
            ("spineps", [20, 21, 22, 23, 24, 19, 26]),
        ];
        for (name, labels) in expected {
            let scheme = Scheme::named(name).unwrap();
            for (level, label) in ["L1", "L2", "L3", "L4", "L5", "T12", "sacrum"].iter().zip(labels) {
                assert_eq!(scheme.label(Level::parse(level).unwrap()), Some(label), "{name} {level}");
            }
        }
        let first_and_last = [("totalspineseg", 11, 21), ("totalseg-v2", 50, 43), ("totalseg-v1", 41, 34)];
        for (name, c1, t1) in first_and_last.into_iter().chain([("totalseg-vertebrae-mr", 25, 18), ("spineps", 1, 8)]) {
            let scheme = Scheme::named(name).unwrap();
            assert_eq!(scheme.level(c1), Level::parse("C1"), "{name}");
            assert_eq!(scheme.level(t1), Level::parse("T1"), "{name}");
        }
    }

    #[test]
    fn discs_are_known_and_strangers_are_not() {
        let scheme = Scheme::named("totalspineseg").unwrap();
        assert!(scheme.knows(95) && scheme.knows(1) && scheme.knows(0) && scheme.knows(41));
        assert!(!scheme.knows(46) && !scheme.knows(200));
        assert!(Scheme::named("spineps").unwrap().knows(120));
        assert!(matches!(Scheme::of("totalspinseg"), Err(RegionError::UnknownScheme { .. })));
    }

    #[test]
    fn label_tables_of_bids_and_itk_snap_are_read() {
        let bids = "index\tname\tabbreviation\n7\tvertebrae_L1\tL1\n8\tdisc\tD\n";
        let scheme = Scheme::from_text("t".into(), bids).unwrap();
        assert_eq!((scheme.level(7), scheme.knows(8), scheme.knows(9)), (Level::parse("L1"), true, false));
        let snap = "# ITK-SNAP\n    0     0    0    0        0  0  0    \"Clear Label\"\n    5   255    0    0        1  1  1    \"L3\"\n";
        assert_eq!(Scheme::from_text("t".into(), snap).unwrap().label(Level::parse("L3").unwrap()), Some(5));
        for bad in ["index\tname\nx\tL1\n", "index\tname\n1\tL1\n2\tL1\n", "index\tname\n1\tliver\n", "hello", ""] {
            assert!(Scheme::from_text("t".into(), bad).is_err(), "{bad}");
        }
    }
}
