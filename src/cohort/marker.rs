//! Markers as declared before the data are seen: column, direction, place in the plan.

use super::CohortError;
use super::results::{Direction, Family, PlanStamp};
use crate::image::sha256_bytes;
use crate::stats::roc;
use crate::study::Plan;

/// A marker of the analysis plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// Column of the frame, e.g. `sff_mean_L1-L5__pct`.
    pub column: String,
    /// Which way it points to the positive class.
    pub direction: Direction,
    /// Its family.
    pub family: Family,
}

impl Marker {
    /// From `COLUMN:higher` or `COLUMN:lower`.
    ///
    /// # Errors
    /// [`CohortError::Syntax`] for anything else.
    pub fn parse(text: &str, family: Family) -> Result<Marker, CohortError> {
        let syntax = || CohortError::Syntax {
            text: text.to_owned(),
            expected: "a marker with its direction, COLUMN:higher or COLUMN:lower",
        };
        let (column, direction) = text.rsplit_once(':').ok_or_else(syntax)?;
        let direction = match direction {
            "higher" => Direction::Higher,
            "lower" => Direction::Lower,
            _ => return Err(syntax()),
        };
        if column.is_empty() {
            return Err(syntax());
        }
        Ok(Marker { column: column.to_owned(), direction, family })
    }

    /// The markers of a plan, primary first.
    ///
    /// # Errors
    /// [`CohortError::Syntax`].
    pub fn of_plan(plan: &Plan) -> Result<Vec<Marker>, CohortError> {
        let primary = plan.primary.iter().map(|text| Marker::parse(text, Family::Primary));
        primary.chain(plan.secondary.iter().map(|text| Marker::parse(text, Family::Secondary))).collect()
    }

    /// The plan as it stands in the results, with its hash.
    pub fn stamp(plan: &Plan) -> PlanStamp {
        let Plan { primary, secondary } = plan.clone();
        let text = serde_json::json!({ "primary": primary, "secondary": secondary }).to_string();
        PlanStamp { sha256: sha256_bytes(text.as_bytes()), primary, secondary }
    }

    /// The column without the ending of its change, and that ending: `("sff_mean_L1-L5", "pct")`.
    pub fn change(&self) -> Option<(&str, &str)> {
        let (column, kind) = self.column.rsplit_once("__")?;
        super::change::KINDS.contains(&kind).then_some((column, kind))
    }
}

impl From<Direction> for roc::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Higher => roc::Direction::Higher,
            Direction::Lower => roc::Direction::Lower,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_markers_in_their_order() {
        let plan =
            |primary: &[&str]| Plan { primary: primary.iter().map(|p| (*p).to_owned()).collect(), secondary: vec![] };
        // printf '{"primary":["a:higher"],"secondary":[]}' | sha256sum
        let stamp = Marker::stamp(&plan(&["a:higher"]));
        assert_eq!(stamp.sha256, "c7cfbd928a024d82af6c1c8db4299e0855c6dbf0620d3f0778b2c483e907589b");
        assert_ne!(Marker::stamp(&plan(&["a:lower"])).sha256, stamp.sha256);
    }

    #[test]
    fn a_marker_needs_its_direction() {
        let marker = Marker::parse("sff_mean_L1-L5__pct:higher", Family::Primary).unwrap();
        assert_eq!((marker.change(), marker.direction), (Some(("sff_mean_L1-L5", "pct")), Direction::Higher));
        for wrong in ["sff", "sff:up", ":higher"] {
            assert!(Marker::parse(wrong, Family::Primary).is_err(), "{wrong}");
        }
    }
}
