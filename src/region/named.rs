//! Named regions out of a label map or a mask.
//!
//! Every level is eroded by itself; a pooled region is the union of its eroded levels, so that its rows agree with
//! theirs. The centres of all named vertebrae of the map are checked for their order from head to tail in world space,
//! which finds a wrong scheme and a wrong orientation alike.

use super::{Level, RegionError, Scheme, Selection, erode_mm};
use crate::error::Warning;
use crate::image::{Grid, Labels, Mask, filled};
use ndarray::ArrayView3;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A set of voxels under a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// `L1`, or of a pooled region the text that was asked for: `L1-L5`.
    pub name: String,
    /// Indices in memory order (i fastest), ascending.
    pub voxels: Vec<u32>,
    /// Made of several levels.
    pub is_pooled: bool,
}

impl Region {
    /// Number of voxels.
    pub fn n_voxels(&self) -> usize {
        self.voxels.len()
    }

    /// Values of a map of the same grid, in the order of the voxels.
    pub fn values(&self, map: ArrayView3<f32>) -> Vec<f32> {
        match map.t().to_slice() {
            Some(values) => self.voxels.iter().map(|&v| values[v as usize]).collect(),
            None => {
                let (nx, ny) = (map.shape()[0], map.shape()[1]);
                let at = |v: usize| map[[v % nx, v / nx % ny, v / (nx * ny)]];
                self.voxels.iter().map(|&v| at(v as usize)).collect()
            }
        }
    }

    /// Volume, mL.
    pub fn volume_ml(&self, grid: &Grid) -> f64 {
        self.voxels.len() as f64 * grid.voxel_volume_ml()
    }
}

/// The requested levels of a label map, pooled regions first; and what there is to say about them.
///
/// `exclude` names levels that must not count (a fracture, cement).
/// Warnings: `unknown-label`, `missing-level`, `excluded-level`, `supernumerary-level`.
///
/// # Errors
/// [`RegionError::NotFound`] where no requested level is there, [`RegionError::Empty`] where erosion leaves nothing,
/// [`RegionError::Order`] where names and positions contradict each other.
pub fn regions(
    labels: &Labels,
    scheme: &Scheme,
    selection: &Selection,
    erode: f64,
    exclude: &[String],
) -> Result<(Vec<Region>, Vec<Warning>), RegionError> {
    let found = tally(labels);
    let mut warnings = Vec::new();
    let unknown: Vec<String> = found.keys().filter(|&&label| !scheme.knows(label)).map(i32::to_string).collect();
    if !unknown.is_empty() {
        let message = format!("{} has no meaning for label {}; ignored", scheme.name(), unknown.join(", "));
        warnings.push(Warning::new("unknown-label", message));
    }
    let mut present: Vec<(Level, i32)> =
        found.keys().filter_map(|&label| scheme.level(label).map(|level| (level, label))).collect();
    present.sort_unstable();
    check_order(&present, &found, &labels.grid, scheme)?;

    let excluded: Vec<Level> = exclude.iter().filter_map(|name| Level::parse(name)).collect();
    let mut dropped = Vec::new();
    let mut wanted = Vec::new();
    for &(level, label) in present.iter().filter(|(level, _)| selection.covers(*level)) {
        if excluded.contains(&level) { dropped.push(level.to_string()) } else { wanted.push((level, label)) }
    }
    if wanted.is_empty() {
        return Err(RegionError::NotFound {
            requested: selection.text().to_owned(),
            present: present.iter().map(|(level, _)| level.to_string()).collect(),
            scheme: scheme.name().to_owned(),
            excluded: dropped,
        });
    }
    let is_present = |level: &Level| present.iter().any(|(known, _)| known == level);
    let missing: Vec<String> =
        selection.expected().iter().filter(|level| !is_present(level)).map(Level::to_string).collect();
    for (slug, levels, text) in [
        ("missing-level", missing, "not in the label map"),
        ("excluded-level", dropped, "excluded by request"),
        (
            "supernumerary-level",
            wanted.iter().filter(|(level, _)| level.is_supernumerary()).map(|(level, _)| level.to_string()).collect(),
            "a level that most people do not have; check the count of the others",
        ),
    ] {
        if !levels.is_empty() {
            warnings.push(Warning::new(slug, format!("{}: {text}", levels.join(" "))));
        }
    }

    let eroded: Vec<(Level, Vec<u32>)> = wanted
        .par_iter()
        .map(|&(level, label)| {
            let voxels = eroded_voxels(labels, label, &found[&label], erode);
            match voxels.is_empty() {
                true => {
                    Err(RegionError::Empty { region: level.to_string(), erode_mm: erode, n_before: found[&label].n })
                }
                false => Ok((level, voxels)),
            }
        })
        .collect::<Result<_, _>>()?;
    let kept: Vec<Level> = eroded.iter().map(|(level, _)| *level).collect();
    let mut regions: Vec<Region> = Vec::new();
    for (name, levels) in selection.pooled(&kept) {
        let parts = eroded.iter().filter(|(level, _)| levels.contains(level));
        let mut voxels: Vec<u32> = parts.flat_map(|(_, voxels)| voxels.iter().copied()).collect();
        voxels.sort_unstable();
        if !voxels.is_empty() {
            regions.push(Region { name: name.to_owned(), voxels, is_pooled: true });
        }
    }
    regions.extend(eroded.into_iter().map(|(level, voxels)| Region {
        name: level.to_string(),
        voxels,
        is_pooled: false,
    }));
    Ok((regions, warnings))
}

/// A mask as a region.
///
/// # Errors
/// [`RegionError::Empty`] where the mask is empty or erosion leaves nothing.
pub fn region_of_mask(name: &str, mask: &Mask, erode: f64) -> Result<Region, RegionError> {
    let kept;
    let inside = match erode > 0.0 {
        true => {
            kept = erode_mm(mask.data.view(), mask.grid.spacing_mm(), erode);
            &kept
        }
        false => &mask.data,
    };
    let voxels: Vec<u32> =
        inside.t().iter().enumerate().filter(|(_, inside)| **inside).map(|(index, _)| index as u32).collect();
    match voxels.is_empty() {
        true => Err(RegionError::Empty { region: name.to_owned(), erode_mm: erode, n_before: mask.n_inside() }),
        false => Ok(Region { name: name.to_owned(), voxels, is_pooled: false }),
    }
}

/// Count, bounding box and sum of the indices of one label.
struct Extent {
    n: usize,
    sum: [f64; 3],
    low: [usize; 3],
    high: [usize; 3],
}

/// What labels there are, and where; background left out.
fn tally(labels: &Labels) -> BTreeMap<i32, Extent> {
    let [nx, ny, nz] = labels.grid.dims;
    let mut found: BTreeMap<i32, Extent> = BTreeMap::new();
    for k in 0..nz {
        for j in 0..ny {
            let mut i = 0;
            while i < nx {
                let label = labels.data[[i, j, k]];
                let start = i;
                while i < nx && labels.data[[i, j, k]] == label {
                    i += 1;
                }
                if label == 0 {
                    continue;
                }
                let new = || Extent { n: 0, sum: [0.0; 3], low: [usize::MAX; 3], high: [0; 3] };
                let extent = found.entry(label).or_insert_with(new);
                let n = i - start;
                extent.n += n;
                let middle = [(start + i - 1) as f64 / 2.0, j as f64, k as f64];
                for axis in 0..3 {
                    extent.sum[axis] += n as f64 * middle[axis];
                    extent.low[axis] = extent.low[axis].min([start, j, k][axis]);
                    extent.high[axis] = extent.high[axis].max([i - 1, j, k][axis]);
                }
            }
        }
    }
    found
}

/// Proof that the centre of every named vertebra lies below the one that is named above it.
fn check_order(
    present: &[(Level, i32)],
    found: &BTreeMap<i32, Extent>,
    grid: &Grid,
    scheme: &Scheme,
) -> Result<(), RegionError> {
    let height = |label: &i32| {
        let extent = &found[label];
        grid.world_mm(extent.sum.map(|sum| sum / extent.n as f64))[2]
    };
    let heights: Vec<(Level, f64)> = present.iter().map(|(level, label)| (*level, height(label))).collect();
    match heights.windows(2).find(|pair| pair[0].1 <= pair[1].1) {
        None => Ok(()),
        Some(pair) => Err(RegionError::Order {
            upper: pair[0].0.to_string(),
            lower: pair[1].0.to_string(),
            scheme: scheme.name().to_owned(),
            centres: heights.iter().map(|(level, z)| format!("{level}  centre at {z:.1} mm (upwards)")).collect(),
        }),
    }
}

/// Voxels of one label after erosion, as ascending indices in memory order.
fn eroded_voxels(labels: &Labels, label: i32, extent: &Extent, erode: f64) -> Vec<u32> {
    let dims = labels.grid.dims;
    // one voxel of surroundings is enough: the nearest outside voxel of a box is never further out
    let low = extent.low.map(|v| v.saturating_sub(1));
    let high: [usize; 3] = std::array::from_fn(|axis| (extent.high[axis] + 2).min(dims[axis]));
    let size: [usize; 3] = std::array::from_fn(|axis| high[axis] - low[axis]);
    let mut mask = filled(size, false);
    for ((i, j, k), inside) in mask.indexed_iter_mut() {
        *inside = labels.data[[low[0] + i, low[1] + j, low[2] + k]] == label;
    }
    if erode > 0.0 {
        mask = erode_mm(mask.view(), labels.grid.spacing_mm(), erode);
    }
    let mut voxels = Vec::new();
    for k in 0..size[2] {
        for j in 0..size[1] {
            for i in (0..size[0]).filter(|&i| mask[[i, j, k]]) {
                voxels.push(((low[0] + i) + dims[0] * ((low[1] + j) + dims[1] * (low[2] + k))) as u32);
            }
        }
    }
    voxels
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// Five boxes of 4x4x3 voxels, L1 uppermost, discs between them, on a grid whose j axis runs downwards.
    fn spine(labels: [i32; 5]) -> Labels {
        let grid = Grid::new([8, 30, 6], [[0.0, 0.0, 3.0, -9.0], [1.0, 0.0, 0.0, 0.0], [0.0, -2.0, 0.0, 100.0]]);
        let mut data = filled(grid.dims, 0);
        for (n, label) in labels.into_iter().enumerate() {
            for k in 1..4 {
                for j in 0..4 {
                    for i in 2..6 {
                        data[[i, 1 + 6 * n + j, k]] = label;
                    }
                }
                data[[3, 5 + 6 * n, k]] = 91;
            }
        }
        Labels { grid, data, source: PathBuf::new() }
    }

    const LUMBAR: [i32; 5] = [41, 42, 43, 44, 45];

    fn measure(
        labels: &Labels,
        text: &str,
        mm: f64,
        exclude: &[&str],
    ) -> Result<(Vec<Region>, Vec<Warning>), RegionError> {
        let exclude: Vec<String> = exclude.iter().map(|&name| name.to_owned()).collect();
        let scheme = Scheme::named("totalspineseg").unwrap();
        regions(labels, &scheme, &Selection::parse(text).unwrap(), mm, &exclude)
    }

    #[test]
    fn a_range_gives_one_pooled_row_and_one_a_level() {
        let (found, warnings) = measure(&spine(LUMBAR), "L1-L5", 0.0, &[]).unwrap();
        let shown: Vec<(&str, usize, bool)> =
            found.iter().map(|r| (r.name.as_str(), r.n_voxels(), r.is_pooled)).collect();
        assert_eq!(shown[..2], [("L1-L5", 240, true), ("L1", 48, false)]);
        assert_eq!((shown.len(), warnings.len()), (6, 0));
        assert!(found.iter().all(|r| r.voxels.is_sorted()));
        let labels = spine(LUMBAR);
        let as_map = labels.data.mapv(|v| v as f32);
        assert!(found[2].values(as_map.view()).iter().all(|&v| v == 42.0));
        assert!(found[2].values(as_map.as_standard_layout().view()).iter().all(|&v| v == 42.0));
        assert!((found[1].volume_ml(&labels.grid) - 48.0 * 6.0 / 1000.0).abs() < 1e-12);
    }

    #[test]
    fn erosion_is_in_millimetres_and_per_level() {
        // sides 1, 2, 3 mm: 0.9 mm takes the first layer along i alone, whose centres lie 0.5 mm below the surface
        let (found, _) = measure(&spine(LUMBAR), "L1,L2", 0.9, &[]).unwrap();
        assert_eq!(found.iter().map(Region::n_voxels).collect::<Vec<_>>(), [2 * 4 * 3, 2 * 4 * 3]);
        let nothing = measure(&spine(LUMBAR), "L1,L2", 3.0, &[]);
        assert!(matches!(nothing, Err(RegionError::Empty { n_before: 48, .. })));
    }

    #[test]
    fn missing_excluded_and_unknown_levels_are_said() {
        let (found, warnings) = measure(&spine([41, 42, 43, 44, 200]), "L1-L5", 0.0, &["L2"]).unwrap();
        assert_eq!(found.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["L1-L5", "L1", "L3", "L4"]);
        assert_eq!(found[0].n_voxels(), 3 * 48);
        let slugs: Vec<&str> = warnings.iter().map(|w| w.slug.as_str()).collect();
        assert_eq!(slugs, ["unknown-label", "missing-level", "excluded-level"]);
        assert!(warnings[1].message.starts_with("L5:") && warnings[0].message.contains("200"));
        assert!(matches!(measure(&spine(LUMBAR), "T12", 0.0, &[]), Err(RegionError::NotFound { .. })));
        assert!(matches!(measure(&spine(LUMBAR), "L1", 0.0, &["L1"]), Err(RegionError::NotFound { .. })));
    }

    #[test]
    fn levels_out_of_order_are_an_error() {
        let swapped = measure(&spine([41, 43, 42, 44, 45]), "L1", 0.0, &[]);
        assert!(matches!(swapped, Err(RegionError::Order { ref upper, .. }) if upper == "L2"));
        // the same map under another scheme: 41-45 count upwards there
        let scheme = Scheme::named("totalseg-v2").unwrap();
        let other = regions(&spine(LUMBAR), &scheme, &Selection::parse("spine").unwrap(), 0.0, &[]);
        assert!(matches!(other, Err(RegionError::Order { .. })));
    }

    #[test]
    fn a_mask_is_a_region_too() {
        let labels = spine(LUMBAR);
        let mask = Mask { grid: labels.grid.clone(), data: labels.data.mapv(|v| v == 41), source: PathBuf::new() };
        assert_eq!(region_of_mask("mask", &mask, 0.0).unwrap().n_voxels(), 48);
        assert_eq!(region_of_mask("mask", &mask, 0.9).unwrap().n_voxels(), 24);
        assert!(region_of_mask("mask", &mask, 5.0).is_err());
    }
}
