//! Names of vertebrae and their order from head to tail.

use std::fmt;

/// Part of the spine, from head to tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Cervical,
    Thoracic,
    Lumbar,
    Sacral,
    Sacrum,
}

/// A vertebra (or the sacrum). Ordered from head to tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level {
    part: Part,
    number: u8,
}

impl Level {
    /// The first and the last lumbar vertebra of the usual five.
    pub const LUMBAR: [Level; 2] = [Level { part: Part::Lumbar, number: 1 }, Level { part: Part::Lumbar, number: 5 }];
    /// The sacrum.
    pub const SACRUM: Level = Level { part: Part::Sacrum, number: 0 };

    /// Reads `L1`, `T12`, `Th12`, `vertebrae_L1`, `sacrum` in any case; `None` for everything else.
    pub fn parse(name: &str) -> Option<Level> {
        let lower = name.trim().to_ascii_lowercase();
        let bare = ["vertebrae", "vertebra", "vert"]
            .iter()
            .find_map(|prefix| lower.strip_prefix(prefix))
            .unwrap_or(&lower)
            .trim_start_matches(['_', ' ', '-']);
        if bare == "sacrum" {
            return Some(Level::SACRUM);
        }
        let digits = bare.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let number = digits.parse::<u8>().ok()?;
        let (part, most) = match &bare[..bare.len() - digits.len()] {
            "c" => (Part::Cervical, 7),
            "t" | "th" => (Part::Thoracic, 13),
            "l" => (Part::Lumbar, 6),
            "s" => (Part::Sacral, 5),
            _ => return None,
        };
        (1..=most).contains(&number).then_some(Level { part, number })
    }

    /// True for the levels that only some people have: T13 and L6.
    pub fn is_supernumerary(self) -> bool {
        matches!((self.part, self.number), (Part::Thoracic, 13) | (Part::Lumbar, 6))
    }

    pub(super) const fn cervical(number: u8) -> Level {
        Level { part: Part::Cervical, number }
    }
    pub(super) const fn thoracic(number: u8) -> Level {
        Level { part: Part::Thoracic, number }
    }
    pub(super) const fn lumbar(number: u8) -> Level {
        Level { part: Part::Lumbar, number }
    }
    pub(super) const fn sacral(number: u8) -> Level {
        Level { part: Part::Sacral, number }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::Cervical => write!(f, "C{}", self.number),
            Part::Thoracic => write!(f, "T{}", self.number),
            Part::Lumbar => write!(f, "L{}", self.number),
            Part::Sacral => write!(f, "S{}", self.number),
            Part::Sacrum => write!(f, "sacrum"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_several_tools_mean_the_same_level() {
        for name in ["T12", "th12", "vertebrae_T12", "Vertebra T12", " t12 "] {
            assert_eq!(Level::parse(name).map(|l| l.to_string()).as_deref(), Some("T12"), "{name}");
        }
        for name in ["L0", "L7", "C8", "disc_L4_L5", "liver", "", "12", "L1-L2", "s", "t"] {
            assert_eq!(Level::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_order_runs_from_head_to_tail() {
        let names = ["C1", "C7", "T1", "T13", "L1", "L6", "S1", "sacrum"];
        let levels: Vec<Level> = names.iter().filter_map(|name| Level::parse(name)).collect();
        assert!(levels.is_sorted() && levels.len() == names.len());
    }
}
