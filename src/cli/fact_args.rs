//! Flags and output of the facts that a reader needs beside a total diffusion volume (MY-RADS).

use super::dwi_input::check_same_grid;
use super::{Context, output};
use crate::diffusion::disease_facts::{DiseaseFacts, FactParams, Parts, disease_facts, marrow};
use crate::diffusion::lesion_fat::{FatInput, FatParams, LesionFat, lesion_fat};
use crate::diffusion::{DiffusionError, Tdv, TdvInput};
use crate::dixon::{FfUnit, scaled_map};
use crate::error::{Result, Warning};
use crate::image::{Interpolation, Labels, resample_volume};
use crate::region::Scheme;
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Facts for a reader.
#[derive(Debug, Args)]
#[command(next_help_heading = "Facts for a reader (no diagnosis)")]
pub struct FactArgs {
    /// A lesion counts as focal beyond this longest axis, mm
    #[arg(long, value_name = "MM", default_value_t = FactParams::default().focal_mm)]
    focal_mm: f64,
    /// Share of a vertebra (or of a piece of bone) from which on it counts as diffusely diseased
    #[arg(long, value_name = "SHARE", default_value_t = FactParams::default().diffuse_share)]
    diffuse_share: f64,
    /// Fat-fraction map: says of each lesion whether fat is enclosed in it (dot) or surrounds it (halo)
    #[arg(long, value_name = "NIFTI", requires = "ff_unit")]
    fat_fraction: Option<PathBuf>,
    /// Unit of --fat-fraction: percent, fraction or permille
    #[arg(long, value_name = "UNIT", requires = "fat_fraction")]
    ff_unit: Option<FfUnit>,
    /// Bring the fat-fraction map to the grid of the images (trilinear, by the headers)
    #[arg(long, requires = "fat_fraction")]
    resample_fat_fraction: bool,
    /// Percentage points of fat by which a dot exceeds its lesion, and a halo the marrow further out
    #[arg(long, value_name = "POINTS", default_value_t = FatParams::default().contrast_points, requires = "fat_fraction")]
    fat_contrast: f64,
    /// Width of the ring of marrow in which a halo is looked for, mm
    #[arg(long, value_name = "MM", default_value_t = FatParams::default().halo_mm, requires = "fat_fraction")]
    halo_mm: f64,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Facts {
    /// Pattern.
    pub facts: DiseaseFacts,
    /// What counted as more fat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fat_params: Option<FatParams>,
    /// Fat of each lesion; none without a fat-fraction map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lesion_fat: Option<Vec<LesionFat>>,
}

impl FactArgs {
    /// The map that was named.
    pub fn sources(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.fat_fraction.iter().cloned()
    }

    /// Facts of a segmentation.
    pub fn facts(
        &self,
        (input, image): (&TdvInput<'_>, &Path),
        result: &Tdv,
        levels: Option<&(Labels, Scheme)>,
        context: &Context,
        warnings: &mut Vec<Warning>,
    ) -> Result<Facts> {
        let marrow = marrow(input);
        let parts = match levels {
            Some((labels, scheme)) => {
                let mut names = BTreeMap::new();
                let mut last = 0;
                for &label in labels.data.t() {
                    if label != last && label != 0 && !names.contains_key(&label) {
                        names.insert(label, scheme.level(label).map(|level| level.to_string()));
                    }
                    last = label;
                }
                let names = names.into_iter().filter_map(|(label, name)| Some((label, name?))).collect();
                Parts::Named(labels.data.view(), names)
            }
            None => Parts::Pieces,
        };
        let params = FactParams { focal_mm: self.focal_mm, diffuse_share: self.diffuse_share };
        let facts = disease_facts(input, result, marrow.view(), &parts, params)?;
        let (Some(path), Some(unit)) = (&self.fat_fraction, self.ff_unit) else {
            return Ok(Facts { facts, fat_params: None, lesion_fat: None });
        };
        let fat_params = FatParams { contrast_points: self.fat_contrast, halo_mm: self.halo_mm };
        let is_in_range = |value: f64, most: f64| value > 0.0 && value <= most;
        if !is_in_range(self.fat_contrast, 100.0) || !is_in_range(self.halo_mm, 50.0) {
            let problem =
                format!("a contrast of {} points or a ring of {} mm is out of range", self.fat_contrast, self.halo_mm);
            return Err(DiffusionError::Parameter { problem }.into());
        }
        let mut map = context.reader.volume(path)?;
        map.data = scaled_map(map.data.view(), unit)?;
        if self.resample_fat_fraction {
            map = resample_volume(&map, input.grid, |at| at, Interpolation::Linear);
        }
        check_same_grid((input.grid, image, "diffusion images"), (&map.grid, path, "fat fraction"), warnings)?;
        let fat = FatInput {
            grid: input.grid,
            labels: result.labels.view(),
            fat_fraction_pct: map.data.view(),
            marrow: marrow.view(),
        };
        let lesion_fat = lesion_fat(&fat, &fat_params);
        let unknown = lesion_fat.iter().filter(|one| one.lesion_pct.is_none()).count();
        if unknown > 0 {
            let message = format!("the fat fraction of {unknown} of {} lesions was not measured", lesion_fat.len());
            warnings.push(Warning::new("lesion-without-fat-fraction", message));
        }
        Ok(Facts { facts, fat_params: Some(fat_params), lesion_fat: Some(lesion_fat) })
    }
}

impl Facts {
    /// The facts as tables of text.
    pub fn text(&self) -> String {
        let facts = &self.facts;
        let tenth = |value: Option<f64>| value.map(|v| format!("{v:.1}")).unwrap_or_default();
        let [none, focal, diffuse] = facts.n_parts_none_focal_diffuse;
        let [focal_ml, diffuse_ml, other_ml] = facts.focal_diffuse_other_ml;
        let rest = &facts.rest_of_marrow;
        let axes: Vec<String> = facts.largest_axes_mm.iter().map(|axis| format!("{axis:.0}")).collect();
        let focal_name = format!("lesions over {} mm", facts.params.focal_mm);
        let row = |name: &str, value: String| vec![name.to_owned(), value];
        let rows = vec![
            row(&focal_name, format!("{} of {}", facts.n_focal, facts.n_focal + facts.n_smaller)),
            row("longest axes, mm", axes.join(" ")),
            row("selected share of marrow, %", format!("{:.1}", facts.selected_pct)),
            row("parts without, focal, diffuse", format!("{none}, {focal}, {diffuse}")),
            row("mL in focal, diffuse parts, elsewhere", format!("{focal_ml:.2}, {diffuse_ml:.2}, {other_ml:.2}")),
            row("rest of marrow over reference", tenth(rest.over_reference)),
            row("rest of marrow, ADC um2/s", tenth(rest.adc_median_um2_s)),
            row("not assessed", facts.not_assessed.join(", ")),
        ];
        let mut text = output::aligned(&["fact for a reader", "value"], &rows);
        if let Some(fat) = &self.lesion_fat {
            let yes = |known: Option<bool>| known.map_or("unknown", |yes| if yes { "yes" } else { "no" }).to_owned();
            let rows: Vec<Vec<String>> = fat
                .iter()
                .map(|one| {
                    let mut row = vec![one.id.to_string()];
                    row.extend([one.lesion_pct, one.ring_pct, one.beyond_pct].map(tenth));
                    row.extend([format!("{:.3}", one.dot_ml), yes(Some(one.has_dot)), yes(one.has_halo)]);
                    row
                })
                .collect();
            let header = ["lesion", "ff_pct", "ff_ring_pct", "ff_beyond_pct", "dot_ml", "dot", "halo"];
            text.push_str(&format!("\n\n{}", output::aligned(&header, &rows)));
        }
        text
    }

    /// Columns that a lesion table gets from a fat-fraction map, and one row a lesion; none without a map.
    pub fn columns(&self) -> Option<([&'static str; 6], Vec<Vec<String>>)> {
        let tenth = |value: Option<f64>| value.map(|v| format!("{v:.1}")).unwrap_or_default();
        let row = |one: &LesionFat| {
            let mut row: Vec<String> = [one.lesion_pct, one.ring_pct, one.beyond_pct].map(tenth).into();
            row.push(format!("{:.4}", one.dot_ml));
            row.push(one.has_dot.to_string());
            row.push(one.has_halo.map(|halo| halo.to_string()).unwrap_or_default());
            row
        };
        let header = ["ff_median_pct", "ff_ring_pct", "ff_beyond_pct", "fat_dot_ml", "has_fat_dot", "has_fat_halo"];
        Some((header, self.lesion_fat.as_ref()?.iter().map(row).collect()))
    }
}
