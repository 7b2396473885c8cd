//! What a file says of itself: its grid, its acquisition, its labels, and whether all of it is there.

use super::{MeasureParams, Role, RoleFile};
use crate::error::{Error, Result};
use crate::image::gradients::b_values_of;
use crate::image::{Reader, Sidecar, check_complete, is_nrrd, read_sidecar};
use crate::region::read_label_map;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One file with what speaks for its role.
#[derive(Debug)]
pub struct Evidence {
    /// Its role.
    pub role: Role,
    /// Which of several.
    pub index: String,
    /// The file.
    pub path: PathBuf,
    /// `64x96x8  2.00x2.00x4.00 mm  LPS`, with the number of volumes where there are several.
    pub grid: String,
    /// Echo time, field, image type, b-values, levels: what its header and its sidecar say.
    pub facts: Vec<String>,
    /// What the sidecar says against the role.
    pub contradiction: Option<String>,
    /// Why it cannot be read.
    pub(super) failure: Option<Error>,
}

/// Looks at one file.
pub(super) fn evidence(file: &RoleFile, params: Option<&MeasureParams>) -> Evidence {
    let RoleFile { role, index, path } = file.clone();
    let mut found =
        Evidence { role, index, path, grid: String::new(), facts: Vec::new(), contradiction: None, failure: None };
    if let Err(error) = found.fill(params) {
        found.failure = Some(error);
    }
    found
}

impl Evidence {
    fn fill(&mut self, params: Option<&MeasureParams>) -> Result<()> {
        let reader = Reader::default();
        let grid = reader.grid(&self.path)?;
        self.grid = grid.describe();
        check_complete(&self.path)?;
        let is_image = ![Role::Labels, Role::Body, Role::Bone, Role::Reference, Role::Exclude].contains(&self.role);
        let n = if is_nrrd(&self.path) && !is_image { 1 } else { reader.n_volumes(&self.path)? };
        if n > 1 {
            self.grid = format!("{} x{n}", self.grid);
        }
        let sidecar = read_sidecar(&self.path)?;
        match (&sidecar, is_image) {
            (Some(sidecar), true) => {
                self.facts.extend(facts(sidecar));
                self.contradiction = contradiction(self.role, sidecar);
            }
            (None, true) => self.facts.push("no sidecar".to_owned()),
            (_, false) => {}
        }
        match self.role {
            Role::Dwi => {
                if let Ok(b) = b_values_of(&self.path, n) {
                    self.facts.push(format!("b {} s/mm2", crate::diffusion::b_table::list(&b)));
                }
            }
            Role::Labels => self.facts.push(levels(&self.path, params)?),
            _ => {}
        }
        Ok(())
    }
}

/// Echo time, repetition time, flip angle, field, image type, unit.
fn facts(sidecar: &Sidecar) -> Vec<String> {
    let number = |value: f64| format!("{}", (value * 1e4).round() / 1e4);
    let mut facts = Vec::new();
    facts.extend(sidecar.echo_time.map(|s| format!("TE {} ms", number(1e3 * s))));
    facts.extend(sidecar.excitation().map(|[tr, angle]| format!("TR {} ms, {} deg", number(tr), number(angle))));
    facts.extend(sidecar.magnetic_field_strength.map(|t| format!("{} T", number(t))));
    if let Some(last) = sidecar.image_type.last() {
        facts.push(format!("ImageType {last}"));
    }
    facts.extend(sidecar.units.as_ref().filter(|unit| *unit != "arbitrary").map(|unit| format!("unit {unit}")));
    facts
}

/// Words of `ImageType` that belong to a role, and to no other of the four.
const KINDS: [(Role, &[&str]); 5] = [
    (Role::Water, &["WATER", "W"]),
    (Role::Fat, &["FAT", "F"]),
    (Role::InPhase, &["IN_PHASE", "IP", "INPHASE"]),
    (Role::OpposedPhase, &["OPP_PHASE", "OP", "OUT_PHASE", "OPPOSED_PHASE"]),
    (Role::FatFraction, &["FAT_FRACTION", "FF", "FATFRACTION"]),
];

/// Where the image type names another role than the file has.
fn contradiction(role: Role, sidecar: &Sidecar) -> Option<String> {
    let is_kind = |(_, words): &&(Role, &[&str])| sidecar.image_type.iter().any(|word| words.contains(&word.as_str()));
    let (said, _) = KINDS.iter().find(is_kind)?;
    let among = KINDS.iter().any(|(kind, _)| *kind == role);
    (among && *said != role).then(|| format!("its sidecar says {} (ImageType), its place {}", said.name(), role.name()))
}

/// The levels that a label map names.
fn levels(path: &Path, params: Option<&MeasureParams>) -> Result<String> {
    let Some(params) = params else { return Ok("levels not read without study.toml".to_owned()) };
    let (labels, scheme, _) = read_label_map(path, &params.scheme, &Reader::default())?;
    let integers: BTreeSet<i32> = labels.data.iter().copied().filter(|&label| label != 0).collect();
    let mut levels: Vec<_> = integers.iter().filter_map(|&label| scheme.level(label)).collect();
    levels.sort_unstable();
    Ok(match levels.is_empty() {
        false => ranges(&levels.iter().map(ToString::to_string).collect::<Vec<_>>()),
        true => format!("no level under {} (labels {})", scheme.name(), listed(&integers)),
    })
}

/// `C3-C7 T1-T12 sacrum` for levels in their order.
fn ranges(levels: &[String]) -> String {
    let part = |level: &str| -> (String, Option<u8>) {
        let at = level.find(|c: char| c.is_ascii_digit()).unwrap_or(level.len());
        (level[..at].to_owned(), level[at..].parse().ok())
    };
    let follows = |a: &String, b: &String| match (part(a), part(b)) {
        ((of_a, Some(a)), (of_b, Some(b))) => of_a == of_b && b == a + 1,
        _ => false,
    };
    let runs = levels.chunk_by(follows).map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        one => one.concat(),
    });
    runs.collect::<Vec<_>>().join(" ")
}

fn listed(labels: &BTreeSet<i32>) -> String {
    let shown: Vec<String> = labels.iter().take(8).map(i32::to_string).collect();
    shown.join(", ") + if labels.len() > 8 { ", ..." } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_in_a_row_are_shown_as_a_range() {
        let shown = |text: &str| ranges(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(shown("C7 T1 T2 T4 L1 L2 L3 L4 L5 L6 sacrum"), "C7 T1-T2 T4 L1-L6 sacrum");
        assert_eq!(shown("L3"), "L3");
    }

    #[test]
    fn an_image_type_of_another_role_is_a_contradiction() {
        let sidecar = |kind: &str| Sidecar { image_type: vec!["DERIVED".into(), kind.into()], ..Sidecar::default() };
        assert!(contradiction(Role::Water, &sidecar("FAT")).is_some());
        assert!(contradiction(Role::Water, &sidecar("WATER")).is_none());
        assert!(
            contradiction(Role::Dwi, &sidecar("WATER")).is_none() && contradiction(Role::Fat, &sidecar("M")).is_none()
        );
    }
}
