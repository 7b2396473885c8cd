//! Which levels a user asks for: `L1-L5`, `L1,L3`, `lumbar`, `spine`.

use super::{Level, RegionError};

/// One part of a selection between commas.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    One(Level),
    /// A pooled region under the given name, and its levels one by one.
    Pooled(String, [Level; 2]),
    /// Every vertebra there is, pooled and one by one.
    Spine(String),
}

/// Levels to measure, and which of them are pooled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    text: String,
    items: Vec<Item>,
}

impl Selection {
    /// Reads a selection; its text becomes the name of a pooled region.
    ///
    /// # Errors
    /// [`RegionError::Selection`].
    pub fn parse(text: &str) -> Result<Selection, RegionError> {
        let failed = |reason: String| RegionError::Selection { text: text.to_owned(), reason };
        let level = |name: &str| Level::parse(name).ok_or_else(|| failed(format!("{name} is no vertebra")));
        let item = |part: &str| {
            if part.eq_ignore_ascii_case("lumbar") {
                return Ok(Item::Pooled(part.to_owned(), Level::LUMBAR));
            }
            if part.eq_ignore_ascii_case("spine") {
                return Ok(Item::Spine(part.to_owned()));
            }
            match part.split_once('-') {
                None => level(part).map(Item::One),
                Some((first, last)) => match (level(first)?, level(last)?) {
                    (first, last) if first < last => Ok(Item::Pooled(part.to_owned(), [first, last])),
                    (first, last) => Err(failed(format!("{first} does not lie above {last}"))),
                },
            }
        };
        let items = text.split(',').map(|part| item(part.trim())).collect::<Result<_, _>>()?;
        Ok(Selection { text: text.to_owned(), items })
    }

    /// The selection as given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Pooled regions: their names, and the levels out of `present` that each covers.
    pub(super) fn pooled<'a>(&'a self, present: &'a [Level]) -> impl Iterator<Item = (&'a str, Vec<Level>)> + 'a {
        self.items.iter().filter_map(|item| match item {
            Item::One(_) => None,
            Item::Pooled(name, [first, last]) => {
                Some((name.as_str(), present.iter().filter(|level| (first..=last).contains(level)).copied().collect()))
            }
            Item::Spine(name) => Some((name.as_str(), present.to_vec())),
        })
    }

    /// True where a level is asked for, by itself or as part of a pooled region.
    pub(super) fn covers(&self, level: Level) -> bool {
        self.items.iter().any(|item| match item {
            Item::One(one) => *one == level,
            Item::Pooled(_, [first, last]) => (*first..=*last).contains(&level),
            Item::Spine(_) => true,
        })
    }

    /// Levels that are asked for by name, also as part of a range, and that everybody has.
    pub(super) fn expected(&self) -> Vec<Level> {
        let everybody = (1..=7)
            .map(Level::cervical)
            .chain((1..=12).map(Level::thoracic))
            .chain((1..=5).map(Level::lumbar))
            .chain([Level::SACRUM]);
        let named = |level: &Level| {
            self.items.iter().any(|item| match item {
                Item::One(one) => one == level,
                Item::Pooled(_, [first, last]) => (first..=last).contains(&level),
                Item::Spine(_) => false,
            })
        };
        let one_by_name = self.items.iter().filter_map(|item| match item {
            Item::One(level) => Some(*level),
            _ => None,
        });
        let mut levels: Vec<Level> = everybody.filter(named).chain(one_by_name).collect();
        levels.sort_unstable();
        levels.dedup();
        levels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(names: &[&str]) -> Vec<Level> {
        names.iter().filter_map(|name| Level::parse(name)).collect()
    }

    #[test]
    fn a_range_pools_what_is_there_and_a_list_pools_nothing() {
        let present = levels(&["T12", "L1", "L2", "L4", "L6", "sacrum"]);
        let range = Selection::parse("L1-L5").unwrap();
        let pooled: Vec<_> = range.pooled(&present).collect();
        assert_eq!(pooled, [("L1-L5", levels(&["L1", "L2", "L4"]))]);
        assert_eq!(range.expected(), levels(&["L1", "L2", "L3", "L4", "L5"]));
        let list = Selection::parse("L1, L3").unwrap();
        assert_eq!(list.pooled(&present).count(), 0);
        assert!(list.covers(levels(&["L3"])[0]) && !list.covers(levels(&["L2"])[0]));
        let spine = Selection::parse("spine").unwrap();
        assert_eq!(spine.pooled(&present).next().unwrap(), ("spine", present.clone()));
        assert_eq!(Selection::parse("lumbar").unwrap().pooled(&present).next().unwrap().1, levels(&["L1", "L2", "L4"]));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "L5-L1", "L1-", "L9", "liver", "L1,,L2", "L1-L1"] {
            assert!(matches!(Selection::parse(text), Err(RegionError::Selection { .. })), "{text}");
        }
    }
}
