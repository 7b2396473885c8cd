//! The biomarkers as data: what each is called, needs and yields.
//!
//! Help, column names, the data dictionary, `explain` and the plausibility checks are generated from [`BIOMARKERS`]; a
//! new biomarker is one file beside this one and one line here.

use super::{Role, SessionWork};
use super::{adc, dropout, gadc, pdff, sff, tdv};
use crate::error::Result;
use crate::units::Unit;
use serde::Serialize;

/// All biomarkers in the order of the tables.
pub static BIOMARKERS: [&Biomarker; 6] =
    [&pdff::BIOMARKER, &sff::BIOMARKER, &adc::BIOMARKER, &gadc::BIOMARKER, &tdv::BIOMARKER, &dropout::BIOMARKER];

/// One biomarker.
pub struct Biomarker {
    /// Name in tables and on the command line.
    pub name: &'static str,
    /// Name for a reader.
    pub title: &'static str,
    /// Images without which it cannot be measured. A session that has some of [`Biomarker::signature`] must have all.
    pub needs: &'static [Role],
    /// Sets of images of which one must be complete as well; empty where `needs` says all. The first complete one counts.
    pub one_of: &'static [&'static [Role]],
    /// Images that show that it is meant to be measured.
    pub signature: &'static [Role],
    /// Numbers it yields.
    pub yields: &'static [Yield],
    /// Where the definition comes from.
    pub citations: &'static [Citation],
    /// Definition, formula, assumptions, pitfalls, references (Markdown).
    pub doc: &'static str,
    /// Measures it on one session.
    pub measure: fn(&mut SessionWork) -> Result<()>,
}

/// One number that a biomarker yields.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Yield {
    /// Statistic, e.g. `mean`.
    pub statistic: &'static str,
    /// Whether there is one a region or one a body.
    pub place: Place,
    /// Unit.
    pub unit: Unit,
    /// Lowest and highest plausible value; beyond them a row is flagged, never changed.
    pub plausible: [f64; 2],
    /// What it is, in one phrase.
    pub what: &'static str,
}

/// Where a number is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In each vertebra and in the pooled range.
    Levels,
    /// In the whole field of view.
    Body,
}

/// Name of the region of body-wide numbers.
pub const BODY: &str = "body";

/// A source.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Citation {
    /// Authors, journal, year.
    pub text: &'static str,
    /// Digital object identifier.
    pub doi: &'static str,
}

/// The biomarker of that name.
pub fn biomarker(name: &str) -> Option<&'static Biomarker> {
    BIOMARKERS.into_iter().find(|biomarker| biomarker.name == name)
}

/// What the registry says about a number, by biomarker and statistic.
pub fn yielded(measure: &str, statistic: &str) -> Option<&'static Yield> {
    biomarker(measure)?.yields.iter().find(|number| number.statistic == statistic)
}

/// Position of a row's biomarker and statistic in the registry: the stable order of rows and columns.
pub fn order(measure: &str, statistic: &str) -> (usize, usize) {
    let n = BIOMARKERS.iter().position(|biomarker| biomarker.name == measure).unwrap_or(usize::MAX);
    let in_it = |biomarker: &&Biomarker| biomarker.yields.iter().position(|number| number.statistic == statistic);
    (n, BIOMARKERS.get(n).and_then(in_it).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_biomarker_is_complete() {
        for biomarker in BIOMARKERS {
            let name = biomarker.name;
            assert!(!biomarker.title.is_empty() && !biomarker.needs.is_empty(), "{name}: title or needs");
            assert!(!biomarker.signature.is_empty(), "{name}: nothing shows that it is meant to be measured");
            let asked =
                |role: &Role| biomarker.needs.contains(role) || biomarker.one_of.iter().any(|set| set.contains(role));
            assert!(biomarker.signature.iter().all(asked), "{name}: signature");
            assert!(!biomarker.yields.is_empty(), "{name}: yields nothing");
            assert!(!biomarker.citations.is_empty(), "{name}: no citation");
            assert!(biomarker.citations.iter().all(|source| source.doi.starts_with("10.")), "{name}: a DOI is missing");
            assert!(biomarker.doc.len() > 400, "{name}: the document is a stub");
            for number in biomarker.yields {
                let [low, high] = number.plausible;
                assert!(low < high && low.is_finite() && high.is_finite(), "{name} {}: range", number.statistic);
                assert!(!number.what.is_empty(), "{name} {}: no description", number.statistic);
                assert!(!number.unit.ascii().is_empty(), "{name} {}: no unit", number.statistic);
            }
        }
    }

    #[test]
    fn names_and_statistics_are_unique() {
        let names: BTreeSet<&str> = BIOMARKERS.iter().map(|biomarker| biomarker.name).collect();
        assert_eq!(names.len(), BIOMARKERS.len());
        for biomarker in BIOMARKERS {
            let statistics: BTreeSet<&str> = biomarker.yields.iter().map(|number| number.statistic).collect();
            assert_eq!(statistics.len(), biomarker.yields.len(), "{}", biomarker.name);
        }
    }
}
