//! The lesion table of `tdv`: in which vertebra and station each lesion lies; and what is excluded by name.

use super::Context;
use super::dwi_input::check_same_grid;
use super::fact_args::Facts;
use crate::diffusion::{Lesion, Tdv};
use crate::error::{Result, Warning};
use crate::image::{Grid, Labels, MapSidecar, Mask, sidecar_path};
use crate::region::{Scheme, labels_named};
use clap::Args;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Organs that must not count, by name in a label map.
#[derive(Debug, Args)]
pub struct ExcludeLabels {
    /// Label map of which the labels of --exclude-names must not count
    #[arg(long, value_name = "NIFTI", requires = "exclude_names")]
    exclude_labels: Option<PathBuf>,
    /// Names in --label-table, or numbers, e.g. liver,spleen,5
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', requires = "exclude_labels")]
    exclude_names: Vec<String>,
    /// What the integers of --exclude-labels are called: a BIDS dseg.tsv or an ITK-SNAP label file
    #[arg(long, value_name = "FILE", requires = "exclude_labels")]
    label_table: Option<PathBuf>,
}

impl ExcludeLabels {
    /// What was asked for.
    pub fn names(&self) -> &[String] {
        &self.exclude_names
    }

    /// The label map.
    pub fn path(&self) -> Option<&Path> {
        self.exclude_labels.as_deref()
    }

    /// The mask of all labels named.
    pub fn read(&self, image: (&Grid, &Path), context: &Context, warnings: &mut Vec<Warning>) -> Result<Option<Mask>> {
        let Some(path) = &self.exclude_labels else { return Ok(None) };
        let labels = context.reader.labels(path)?;
        check_same_grid((image.0, image.1, "diffusion images"), (&labels.grid, path, "exclusion labels"), warnings)?;
        let wanted = labels_named(self.label_table.as_deref(), &self.exclude_names)?;
        for (name, label) in self.exclude_names.iter().zip(&wanted) {
            if !labels.data.iter().any(|found| label.contains(found)) {
                let message = format!("the exclusion labels hold no voxel of {name}");
                warnings.push(Warning::new("missing-exclusion", message));
            }
        }
        let wanted: Vec<i32> = wanted.into_iter().flatten().collect();
        let data = labels.data.mapv(|label| wanted.contains(&label));
        Ok(Some(Mask { grid: labels.grid, data, source: path.clone() }))
    }
}

/// Vertebrae that a lesion may lie in.
#[derive(Debug, Args)]
pub struct LevelArgs {
    /// Vertebra label map on the grid of the images: the table says in which vertebra each lesion lies
    #[arg(long, value_name = "NIFTI", requires = "scheme")]
    labels: Option<PathBuf>,
    /// What the integers of --labels mean: totalspineseg, totalseg-v2, totalseg-v1, totalseg-vertebrae-mr, spineps, or a file
    #[arg(long, value_name = "SCHEME", requires = "labels")]
    scheme: Option<String>,
}

impl LevelArgs {
    /// The label map and what its integers mean; none where none was named.
    pub fn read(
        &self,
        image: (&Grid, &Path),
        context: &Context,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<(Labels, Scheme)>> {
        let (Some(path), Some(scheme)) = (&self.labels, &self.scheme) else { return Ok(None) };
        let scheme = Scheme::of(scheme)?;
        let labels = context.reader.labels(path)?;
        check_same_grid((image.0, image.1, "diffusion images"), (&labels.grid, path, "vertebra labels"), warnings)?;
        Ok(Some((labels, scheme)))
    }
}

/// Says of each lesion in which vertebra and station it lies.
pub fn place(result: &mut Tdv, image: (&Grid, &Path), levels: Option<&(Labels, Scheme)>) {
    let stations = Stations::beside(image.1);
    for lesion in &mut result.lesions {
        lesion.station = stations.at(image.0, lesion.centroid_mm);
    }
    let Some((labels, scheme)) = levels else { return };
    let mut counts = vec![BTreeMap::<i32, usize>::new(); result.lesions.len()];
    for (&id, &label) in result.labels.t().iter().zip(labels.data.t()) {
        if id > 0 && label != 0 {
            *counts[id as usize - 1].entry(label).or_default() += 1;
        }
    }
    for (lesion, counts) in result.lesions.iter_mut().zip(counts) {
        let named = counts.into_iter().filter_map(|(label, n)| Some((n, scheme.level(label)?)));
        lesion.level = named.max_by_key(|(n, _)| *n).map(|(_, level)| level.to_string());
    }
}

/// What `tdv` prints and writes into the sidecar.
#[derive(Serialize)]
pub struct TdvResults<'a> {
    #[serde(flatten)]
    /// Volume and lesions.
    pub tdv: &'a Tdv,
    #[serde(flatten)]
    /// What a reader needs beside it.
    pub facts: &'a Facts,
}

impl TdvResults<'_> {
    /// Header and rows of the lesion table.
    pub fn lesions(&self) -> (Vec<&'static str>, Vec<Vec<String>>) {
        let (header, mut rows) = lesion_rows(&self.tdv.lesions);
        let mut header = header.to_vec();
        if let Some((of_fat, columns)) = self.facts.columns() {
            header.extend(of_fat);
            rows.iter_mut().zip(columns).for_each(|(row, columns)| row.extend(columns));
        }
        (header, rows)
    }
}

/// The stations of a composed series, as its sidecar tells them.
#[derive(Debug, Default)]
pub struct Stations {
    /// Number, first and last slice along the slice axis.
    extents: Vec<(u64, f64, f64)>,
    slice_axis: usize,
}

impl Stations {
    /// Of the sidecar beside a composed series; none where there is none or it is not ours.
    pub fn beside(image: &Path) -> Stations {
        let text = std::fs::read_to_string(sidecar_path(image)).unwrap_or_default();
        let Ok(sidecar) = serde_json::from_str::<MapSidecar>(&text) else { return Stations::default() };
        let number = |row: &serde_json::Value, key: &str| row.get(key).and_then(serde_json::Value::as_f64);
        let rows =
            sidecar.parameters.get("stations").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        let extents = rows
            .iter()
            .filter_map(|row| {
                Some((row.get("station")?.as_u64()?, number(row, "first_slice")?, number(row, "last_slice")?))
            })
            .collect();
        let axis = sidecar.parameters.get("slice_axis").and_then(serde_json::Value::as_u64).unwrap_or(2);
        Stations { extents, slice_axis: (axis as usize).min(2) }
    }

    /// Number, lowest and highest z (mm, RAS+) of the slice centres of each station.
    pub fn reaches(&self, grid: &Grid) -> Vec<(u64, f64, f64)> {
        let z = |slice: f64| {
            let mut at = grid.dims.map(|n| 0.5 * (n as f64 - 1.0));
            at[self.slice_axis] = slice;
            grid.world_mm(at)[2]
        };
        let reach = |&(station, first, last): &(u64, f64, f64)| {
            let (a, b) = (z(first), z(last));
            (station, a.min(b), a.max(b))
        };
        self.extents.iter().map(reach).collect()
    }

    fn at(&self, grid: &Grid, centroid_mm: [f64; 3]) -> Option<String> {
        let slice = grid.voxel_of(centroid_mm)?[self.slice_axis];
        let holds = |first: f64, last: f64| first.min(last) - 0.5 <= slice && slice <= first.max(last) + 0.5;
        let found = self.extents.iter().filter(|(_, first, last)| holds(*first, *last));
        let stations: Vec<String> = found.map(|(station, ..)| station.to_string()).collect();
        (!stations.is_empty()).then(|| stations.join("+"))
    }
}

/// Header and rows of the table.
pub fn lesion_rows(lesions: &[Lesion]) -> ([&'static str; 15], Vec<Vec<String>>) {
    let header = [
        "id",
        "volume_ml",
        "n_voxels",
        "adc_median_um2_s",
        "longest_axis_mm",
        "x_mm",
        "y_mm",
        "z_mm",
        "adc_mean_um2_s",
        "adc_sd_um2_s",
        "adc_p10_um2_s",
        "adc_p90_um2_s",
        "level",
        "station",
        "n_adc_voxels",
    ];
    let tenth = |value: f64| if value.is_finite() { format!("{value:.1}") } else { String::new() };
    let rows = lesions.iter().map(|lesion| {
        let mut row = vec![lesion.id.to_string(), format!("{:.4}", lesion.volume_ml), lesion.n_voxels.to_string()];
        row.extend([lesion.adc_median_um2_s, lesion.longest_axis_mm].map(tenth));
        row.extend(lesion.centroid_mm.map(tenth));
        row.extend([lesion.adc_mean_um2_s, lesion.adc_sd_um2_s].map(tenth));
        row.extend(lesion.adc_p10_p90_um2_s.map(tenth));
        row.extend([&lesion.level, &lesion.station].map(|text| text.clone().unwrap_or_default()));
        row.push(lesion.n_adc_voxels.to_string());
        row
    });
    (header, rows.collect())
}
