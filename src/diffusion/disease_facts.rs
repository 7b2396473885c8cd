//! Facts about the pattern of disease that a reader needs (MY-RADS, Messiou 2019, doi:10.1148/radiol.2019181949).
//!
//! Inputs  the lesions of a segmentation and their labels, the marrow (bone that is not excluded) as named parts, signal and ADC
//! Output  how many lesions exceed 5 mm and the longest axes of the largest; of each part of the skeleton how much was selected;
//!         what the marrow that was not selected looks like
//! Method  a part of which less than a stated share (a half) is selected counts as focal, one of which at least that share is as
//!         diffuse. Parts are vertebrae where their labels are given, else connected pieces of the bone mask
//! Limits  facts, never a diagnosis: pattern (normal, focal, diffuse, mixed, micronodular) is a reader's judgement of all images.
//!         Disease beside and outside of the bone is not looked for. A connected skeleton is one part: then only vertebra labels
//!         tell focal from diffuse

use super::DiffusionError;
use super::lesion::{Lesion, median};
use super::tdv::{Tdv, TdvInput};
use crate::region::{Connectivity, components};
use ndarray::{Array3, ArrayView3, Zip};
use std::collections::BTreeMap;

/// How many of the largest lesions are listed.
const LARGEST: usize = 5;
/// Smallest connected piece of bone that is a part, mL.
const SMALLEST_PART_ML: f64 = 1.0;
/// What is said where nothing was looked at.
const NOT_ASSESSED: [&str; 3] = ["paramedullary disease", "extramedullary disease", "fractures and cord compression"];

/// What counts as focal and as diffuse.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct FactParams {
    /// A lesion counts as focal beyond this longest axis, mm.
    pub focal_mm: f64,
    /// Share of a part from which on it counts as diffuse.
    pub diffuse_share: f64,
}

impl Default for FactParams {
    fn default() -> Self {
        FactParams { focal_mm: 5.0, diffuse_share: 0.5 }
    }
}

/// One part of the skeleton.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PartFacts {
    /// Vertebra, or number of a piece of bone.
    pub part: String,
    /// Marrow in it, mL.
    pub marrow_ml: f64,
    /// Selected of it, mL.
    pub selected_ml: f64,
    /// The same as a share, percent.
    pub selected_pct: f64,
}

/// The marrow that was not selected.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct RestOfMarrow {
    /// mL.
    pub volume_ml: f64,
    /// Median signal at the b of the threshold.
    pub signal_median: Option<f64>,
    /// That over the mean of the reference; healthy marrow is 3.2 +- 0.9 times muscle (Colombo 2021). None without a reference.
    pub over_reference: Option<f64>,
    /// Median ADC, um2/s.
    pub adc_median_um2_s: Option<f64>,
}

/// Facts of one examination.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct DiseaseFacts {
    /// What counted as what.
    #[serde(flatten)]
    pub params: FactParams,
    /// Lesions with a longest axis beyond `focal_mm`.
    pub n_focal: usize,
    /// All others.
    pub n_smaller: usize,
    /// Longest axes of the largest five, mm, the longest first.
    pub largest_axes_mm: Vec<f64>,
    /// Share of the marrow that was selected, percent.
    pub selected_pct: f64,
    /// Parts of which nothing, less than `diffuse_share`, and at least that was selected.
    pub n_parts_none_focal_diffuse: [usize; 3],
    /// Selected volume in parts of the second and third kind, and outside of all parts, mL.
    pub focal_diffuse_other_ml: [f64; 3],
    /// Parts with something selected.
    pub parts: Vec<PartFacts>,
    /// What was not selected.
    pub rest_of_marrow: RestOfMarrow,
    /// What this program did not look for.
    pub not_assessed: [&'static str; 3],
}

/// Parts of the skeleton, on the grid of the segmentation.
#[derive(Debug)]
pub enum Parts<'a> {
    /// Label map, and the name of each label that is a part.
    Named(ArrayView3<'a, i32>, BTreeMap<i32, String>),
    /// Connected pieces of the marrow.
    Pieces,
}

/// Bone that is not excluded.
pub fn marrow(input: &TdvInput<'_>) -> Array3<bool> {
    let mut marrow = input.bone.to_owned();
    for mask in input.exclude {
        Zip::from(&mut marrow).and(mask).par_for_each(|marrow, &excluded| *marrow &= !excluded);
    }
    marrow
}

/// Facts of a segmentation.
///
/// # Errors
/// [`DiffusionError::Parameter`] for a size or a share that is none.
pub fn disease_facts(
    input: &TdvInput<'_>,
    result: &Tdv,
    marrow: ArrayView3<'_, bool>,
    parts: &Parts<'_>,
    params: FactParams,
) -> Result<DiseaseFacts, DiffusionError> {
    let FactParams { focal_mm, diffuse_share } = params;
    let is_valid = focal_mm >= 0.0 && focal_mm.is_finite() && diffuse_share > 0.0 && diffuse_share <= 1.0;
    if !is_valid {
        let problem = format!("a focal size of {focal_mm} mm or a diffuse share of {diffuse_share} is out of range");
        return Err(DiffusionError::Parameter { problem });
    }
    let voxel_ml = input.grid.voxel_volume_ml();
    let pieces = match parts {
        Parts::Named(..) => None,
        Parts::Pieces => Some(components(marrow, Connectivity::TwentySix).0),
    };
    let part_of = match (parts, &pieces) {
        (Parts::Named(labels, _), _) => *labels,
        (Parts::Pieces, Some(pieces)) => pieces.view(),
        (Parts::Pieces, None) => return Err(DiffusionError::EmptyMask { what: "bone mask" }),
    };
    // marrow and selected voxels of each label
    let mut counts: BTreeMap<i32, [usize; 2]> = BTreeMap::new();
    let (mut last, mut here) = (i32::MIN, [0_usize; 2]);
    Zip::from(marrow.t()).and(part_of.t()).and(result.labels.t()).for_each(|&inside, &part, &lesion| {
        if !inside {
            return;
        }
        // neighbours mostly share their part
        if part != last {
            add(&mut counts, last, here);
            (last, here) = (part, [0; 2]);
        }
        here[0] += 1;
        here[1] += usize::from(lesion > 0);
    });
    add(&mut counts, last, here);
    let n_marrow: usize = counts.values().map(|[n, _]| n).sum();

    let name_of = |label: i32, n: usize| match parts {
        Parts::Named(_, names) => names.get(&label).cloned(),
        Parts::Pieces => (label > 0 && n as f64 * voxel_ml >= SMALLEST_PART_ML).then(|| format!("piece {label}")),
    };
    let mut named: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut other = 0;
    for (label, [n, selected]) in counts {
        match name_of(label, n) {
            Some(name) => {
                let sum = named.entry(name).or_default();
                *sum = [sum[0] + n, sum[1] + selected];
            }
            None => other += selected,
        }
    }
    let (mut n_parts, mut volumes) = ([0; 3], [0.0, 0.0, other as f64 * voxel_ml]);
    let mut rows = Vec::new();
    for (part, [n, selected]) in named {
        let share = selected as f64 / n as f64;
        let kind = if selected == 0 { 0 } else { 1 + usize::from(share >= diffuse_share) };
        n_parts[kind] += 1;
        if kind > 0 {
            let selected_ml = selected as f64 * voxel_ml;
            volumes[kind - 1] += selected_ml;
            rows.push(PartFacts { part, marrow_ml: n as f64 * voxel_ml, selected_ml, selected_pct: 100.0 * share });
        }
    }
    let (n_focal, largest_axes_mm) = focal(&result.lesions, focal_mm);
    Ok(DiseaseFacts {
        params,
        n_focal,
        n_smaller: result.lesions.len() - n_focal,
        largest_axes_mm,
        selected_pct: if n_marrow > 0 { 100.0 * result.n_voxels as f64 / n_marrow as f64 } else { 0.0 },
        n_parts_none_focal_diffuse: n_parts,
        focal_diffuse_other_ml: volumes,
        parts: rows,
        rest_of_marrow: rest_of_marrow(input, result, marrow, voxel_ml),
        not_assessed: NOT_ASSESSED,
    })
}

fn add(counts: &mut BTreeMap<i32, [usize; 2]>, label: i32, [n, selected]: [usize; 2]) {
    if n > 0 {
        let sum = counts.entry(label).or_default();
        *sum = [sum[0] + n, sum[1] + selected];
    }
}

/// How many lesions exceed a size, and the longest axes.
fn focal(lesions: &[Lesion], focal_mm: f64) -> (usize, Vec<f64>) {
    let mut axes: Vec<f64> = lesions.iter().map(|lesion| lesion.longest_axis_mm).collect();
    axes.sort_by(|a, b| b.total_cmp(a));
    let n = axes.iter().filter(|axis| **axis > focal_mm).count();
    axes.truncate(LARGEST);
    (n, axes)
}

fn rest_of_marrow(input: &TdvInput<'_>, result: &Tdv, marrow: ArrayView3<'_, bool>, voxel_ml: f64) -> RestOfMarrow {
    let (mut n, mut signals, mut adc) = (0_usize, Vec::new(), Vec::new());
    Zip::from(marrow).and(&result.labels).and(input.signal).and(input.adc).for_each(|&inside, &label, &s, &d| {
        if inside && label == 0 {
            n += 1;
            signals.extend(s.is_finite().then_some(s));
            adc.extend((d.is_finite() && d > 0.0).then_some(d));
        }
    });
    let signal_median = median(signals);
    let reference = result.threshold_from.reference_mean;
    RestOfMarrow {
        volume_ml: n as f64 * voxel_ml,
        signal_median,
        over_reference: signal_median.zip(reference).map(|(signal, reference)| signal / reference),
        adc_median_um2_s: median(adc),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diffusion::{SignalRule, TdvParams, tdv};
    use crate::image::{Grid, filled};

    /// Three vertebrae of 8 x 8 x 8 voxels of 2 mm (512 voxels, 4.096 mL): one clean, one with a focal lesion of 4 x 4 x 4 voxels
    /// and a speck of one voxel, one of which the lower 6 slices (3/4) are diseased.
    fn phantom() -> (Grid, [Array3<f32>; 2], Array3<i32>) {
        let grid = Grid::axis_aligned([12, 12, 30], [2.0; 3], [0.0; 3]);
        let (mut signal, mut levels) = (filled(grid.dims, 20.0_f32), filled(grid.dims, 0));
        let mut adc = filled(grid.dims, 400.0_f32);
        for ((i, j, k), level) in levels.indexed_iter_mut() {
            if !(2..10).contains(&i) || !(2..10).contains(&j) || k % 10 >= 8 {
                continue;
            }
            *level = [5, 6, 7][k / 10];
            let at = k % 10;
            let is_focal = *level == 6 && (4..8).contains(&i) && (4..8).contains(&j) && (2..6).contains(&at);
            let is_lesion = is_focal || (*level == 6 && [i, j, at] == [2, 2, 0]) || (*level == 7 && at < 6);
            signal[[i, j, k]] = if is_lesion { 300.0 } else { 64.0 };
            adc[[i, j, k]] = if is_lesion { 900.0 } else { 380.0 };
        }
        (grid, [signal, adc], levels)
    }

    fn facts(parts: fn(&Array3<i32>) -> Parts<'_>) -> DiseaseFacts {
        let (grid, [signal, adc], levels) = phantom();
        let bone = levels.mapv(|level| level > 0);
        let muscle = bone.mapv(|bone| !bone);
        let input = TdvInput {
            grid: &grid,
            signal: signal.view(),
            adc: adc.view(),
            bone: bone.view(),
            exclude: &[],
            reference: Some(muscle.view()),
        };
        let result = tdv::segment(&input, &TdvParams::new(SignalRule::ReferenceRatio, 5.0)).unwrap();
        let marrow = marrow(&input);
        disease_facts(&input, &result, marrow.view(), &parts(&levels), FactParams::default()).unwrap()
    }

    #[test]
    fn focal_and_diffuse_vertebrae_are_counted_by_name() {
        let found = facts(|levels| {
            let names = [(5, "T12"), (6, "L1"), (7, "L2")].map(|(label, name)| (label, name.to_owned()));
            Parts::Named(levels.view(), names.into())
        });
        assert_eq!((found.n_focal, found.n_smaller, found.n_parts_none_focal_diffuse), (2, 1, [1, 1, 1]));
        let [focal, diffuse, other] = found.focal_diffuse_other_ml;
        assert!((focal - 65.0 * 0.008).abs() < 1e-9 && (diffuse - 384.0 * 0.008).abs() < 1e-9 && other == 0.0);
        let parts: Vec<_> = found.parts.iter().map(|part| (part.part.as_str(), part.selected_pct)).collect();
        assert_eq!(parts, [("L1", 100.0 * 65.0 / 512.0), ("L2", 75.0)]);
        // 3 voxels apart along each axis and a voxel more; 7 x 7 x 5 voxels and one more
        let axes = [2.0 * (49.0_f64 + 49.0 + 25.0).sqrt() + 2.0, 2.0 * 27.0_f64.sqrt() + 2.0, 2.0];
        assert!(
            found.largest_axes_mm.iter().zip(axes).all(|(a, b)| (a - b).abs() < 1e-9),
            "{:?}",
            found.largest_axes_mm
        );
        let rest = found.rest_of_marrow;
        assert_eq!(
            (rest.signal_median, rest.over_reference, rest.adc_median_um2_s),
            (Some(64.0), Some(3.2), Some(380.0))
        );
        assert!((found.selected_pct - 100.0 * 449.0 / 1536.0).abs() < 1e-9);
    }

    #[test]
    fn without_labels_the_pieces_of_bone_are_the_parts() {
        let found = facts(|_| Parts::Pieces);
        assert_eq!(found.n_parts_none_focal_diffuse, [1, 1, 1]);
        assert_eq!(found.parts.iter().map(|part| part.part.as_str()).collect::<Vec<_>>(), ["piece 2", "piece 3"]);
    }
}
