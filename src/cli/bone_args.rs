//! Flags that say where bone is: a mask, a map of its probability, or a label map of bones.

use super::CliError;
use super::dwi_input::check_same_grid;
use crate::error::{Result, Warning};
use crate::image::{Grid, Mask, Volume};
use crate::region::labels_named;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Stands for every label.
const ALL: &str = "all";

/// Where bone is.
#[derive(Debug, Args)]
pub struct BoneArgs {
    /// Bone mask; a map of its probability with --bone-cut; a label map with --bone-names
    #[arg(long, value_name = "MASK")]
    bone: PathBuf,
    /// Probability from which on a voxel of --bone counts
    #[arg(long, value_name = "P", conflicts_with = "bone_names")]
    bone_cut: Option<f64>,
    /// Labels of --bone that count, by name in --bone-table or by number, e.g. sacrum,T12,45; or all
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    bone_names: Vec<String>,
    /// What the integers of --bone are called: a BIDS dseg.tsv or an ITK-SNAP label file
    #[arg(long, value_name = "FILE", requires = "bone_names")]
    bone_table: Option<PathBuf>,
}

/// How the bone mask was made from its file; in the sidecar, so that two visits can be held against each other.
#[derive(Debug, Clone, Serialize)]
pub struct BoneRule<'a> {
    /// `mask`, `probability` or `labels`.
    kind: &'static str,
    cut: Option<f64>,
    names: &'a [String],
}

impl BoneArgs {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.bone
    }

    /// What makes a mask of it.
    pub fn rule(&self) -> BoneRule<'_> {
        let kind = match (self.bone_cut, self.bone_names.as_slice()) {
            (Some(_), _) => "probability",
            (None, []) => "mask",
            _ => "labels",
        };
        BoneRule { kind, cut: self.bone_cut, names: &self.bone_names }
    }

    /// The mask, out of the file's values; on the grid of the diffusion images.
    ///
    /// # Errors
    /// Another grid, several values without a word on which count, names that are not known.
    pub fn mask(&self, map: Volume, image: (&Grid, &Path), warnings: &mut Vec<Warning>) -> Result<Mask> {
        let named = (&map.grid, map.source.as_path(), "bone mask");
        check_same_grid((image.0, image.1, "diffusion images"), named, warnings)?;
        if let Some(cut) = self.bone_cut {
            return Ok(Mask::where_value(map, |value| f64::from(value) >= cut));
        }
        match self.bone_names.as_slice() {
            [] => Ok(Mask::of_one_value(map)?),
            [all] if all == ALL => Ok(Mask::of_any_label(map)?),
            names => self.labelled(names, map, warnings),
        }
    }

    fn labelled(&self, names: &[String], map: Volume, warnings: &mut Vec<Warning>) -> Result<Mask> {
        let wanted = labels_named(self.bone_table.as_deref(), names)?;
        if let Some(name) = names.iter().zip(&wanted).find(|(_, labels)| labels.contains(&0)).map(|(name, _)| name) {
            let message = format!("--bone-names {name} is the background, 0");
            return Err(CliError::usage(message, "name bones").into());
        }
        // as a label map without a broken value; which labels there are does not matter
        let known: Vec<f32> = wanted.iter().flatten().map(|&label| label as f32).collect();
        let values = map.data.as_slice_memory_order().unwrap_or_default();
        for (name, labels) in names.iter().zip(&wanted) {
            if !values.iter().any(|value| labels.iter().any(|&label| label as f32 == *value)) {
                warnings.push(Warning::new("missing-bone", format!("the bone labels hold no voxel of {name}")));
            }
        }
        Ok(Mask::where_value(map, |value| known.contains(&value)))
    }
}
