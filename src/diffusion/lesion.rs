//! One row a lesion: volume, ADC, longest axis, centroid.
//!
//! Lesions are numbered from the largest to the smallest (equal sizes in voxel order). The longest axis is the largest
//! distance between two voxel centres plus the cube root of the voxel volume, so that a single voxel has a size; above a
//! few thousand candidate voxels the two ends are sought among the extremes of 600 directions (error below 0.5 %).
//!
//! Where edges are shared, ADC is that of the innermost voxels of a lesion: one at the edge holds marrow as well, and its ADC
//! is that of a mixture.

use super::edges::{Edges, depth, innermost};
use crate::image::Grid;
use crate::region::Statistics;
use ndarray::{Array3, ArrayView3, Zip};
use rayon::prelude::*;

/// Candidates up to which all pairs are compared.
const ALL_PAIRS: usize = 3000;
/// Directions whose extremes are compared in larger lesions.
const DIRECTIONS: usize = 600;

/// A connected piece of what was segmented.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Lesion {
    /// Number in the label image; 1 = largest.
    pub id: usize,
    /// Volume, mL.
    pub volume_ml: f64,
    /// Number of voxels.
    pub n_voxels: usize,
    /// Number of voxels that its ADC is of: all, or with shared edges the innermost.
    pub n_adc_voxels: usize,
    /// Median ADC, um2/s.
    pub adc_median_um2_s: f64,
    /// Mean ADC, um2/s.
    pub adc_mean_um2_s: f64,
    /// Standard deviation of ADC (n - 1), um2/s; NaN of one voxel.
    pub adc_sd_um2_s: f64,
    /// 10th and 90th percentile of ADC, um2/s.
    pub adc_p10_p90_um2_s: [f64; 2],
    /// Largest extent, mm.
    pub longest_axis_mm: f64,
    /// Mean position of its voxels, mm, RAS+.
    pub centroid_mm: [f64; 3],
    /// The vertebra that holds most of its named voxels, where the caller knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The station or stations of its centroid, where the caller knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
}

/// Lesion number of each component: 1 for the largest, 0 for the background and for those below `least` voxels.
pub(super) fn by_size(sizes: &[f64], least: f64) -> Vec<i32> {
    let mut kept: Vec<usize> = (1..sizes.len()).filter(|&id| sizes[id] >= least).collect();
    kept.sort_by(|&a, &b| sizes[b].total_cmp(&sizes[a]).then(a.cmp(&b)));
    let mut numbers = vec![0; sizes.len()];
    for (rank, id) in kept.into_iter().enumerate() {
        numbers[id] = rank as i32 + 1;
    }
    numbers
}

/// Median; none of nothing.
pub(super) fn median(mut values: Vec<f32>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let upper = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, middle, _) = values.select_nth_unstable_by(upper, f32::total_cmp);
    let middle = f64::from(*middle);
    if !even {
        return Some(middle);
    }
    let lower = below.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    Some(0.5 * (f64::from(lower) + middle))
}

/// What was selected: a component number at each voxel of a crop, the lesion number and the volume (in voxels) of each
/// component, and the crop's first voxel in `grid`.
pub(super) struct Found<'a> {
    pub components: &'a Array3<i32>,
    pub numbers: &'a [i32],
    pub volumes: &'a [f64],
    pub origin: [usize; 3],
    pub grid: &'a Grid,
}

/// The lesion table, and of each lesion the ADC that its row describes. `adc` is cropped as the components are.
pub(super) fn table(found: &Found<'_>, adc: ArrayView3<'_, f32>, edges: Edges) -> (Vec<Lesion>, Vec<Vec<f32>>) {
    let Found { components, numbers, volumes, origin, grid } = *found;
    let n_lesions = numbers.iter().copied().max().unwrap_or(0) as usize;
    let mut voxels: Vec<Vec<[usize; 3]>> = vec![Vec::new(); n_lesions];
    let mut values: Vec<Vec<f32>> = vec![Vec::new(); n_lesions];
    let mut depths: Vec<Vec<u8>> = vec![Vec::new(); n_lesions];
    Zip::indexed(components).and(adc).for_each(|(i, j, k), &id, &adc| {
        if let Some(place) = (numbers[id as usize] as usize).checked_sub(1) {
            voxels[place].push([i + origin[0], j + origin[1], k + origin[2]]);
            values[place].push(adc);
            if edges == Edges::Shared {
                depths[place].push(depth(components, [i, j, k]));
            }
        }
    });
    if edges == Edges::Shared {
        values = values.into_par_iter().zip(depths).map(|(values, depths)| innermost(values, &depths)).collect();
    }
    let mut volume_ml = vec![0.0; n_lesions];
    for (&number, volume) in numbers.iter().zip(volumes).filter(|(number, _)| **number > 0) {
        volume_ml[number as usize - 1] = volume * grid.voxel_volume_ml();
    }
    let lesions = voxels
        .into_par_iter()
        .zip(&values)
        .zip(volume_ml)
        .enumerate()
        .map(|(place, ((voxels, values), volume_ml))| (place, voxels, volume_ml, Statistics::of(values)))
        .map(|(place, voxels, volume_ml, adc)| Lesion {
            id: place + 1,
            volume_ml,
            n_voxels: voxels.len(),
            n_adc_voxels: values[place].len(),
            adc_median_um2_s: adc.median,
            adc_mean_um2_s: adc.mean,
            adc_sd_um2_s: adc.sd,
            adc_p10_p90_um2_s: [adc.p10, adc.p90],
            longest_axis_mm: longest_axis_mm(&voxels, grid),
            centroid_mm: centroid_mm(&voxels, grid),
            level: None,
            station: None,
        })
        .collect();
    (lesions, values)
}

fn centroid_mm(voxels: &[[usize; 3]], grid: &Grid) -> [f64; 3] {
    let n = voxels.len().max(1) as f64;
    grid.world_mm(std::array::from_fn(|axis| voxels.iter().map(|v| v[axis] as f64).sum::<f64>() / n))
}

fn longest_axis_mm(voxels: &[[usize; 3]], grid: &Grid) -> f64 {
    let mut points: Vec<[f64; 3]> = row_ends(voxels).into_iter().map(|v| grid.world_mm(v.map(|x| x as f64))).collect();
    if points.len() > ALL_PAIRS {
        points = extremes(&points);
    }
    let mut longest: f64 = 0.0;
    for (n, a) in points.iter().enumerate() {
        for b in &points[n + 1..] {
            longest = longest.max((0..3).map(|r| (a[r] - b[r]).powi(2)).sum());
        }
    }
    longest.sqrt() + (1000.0 * grid.voxel_volume_ml()).cbrt()
}

/// First and last voxel of each row along i: the farthest pair is among them.
fn row_ends(voxels: &[[usize; 3]]) -> Vec<[usize; 3]> {
    let mut rows = std::collections::BTreeMap::new();
    for &[i, j, k] in voxels {
        rows.entry((k, j))
            .and_modify(|ends: &mut [usize; 2]| *ends = [ends[0].min(i), ends[1].max(i)])
            .or_insert([i, i]);
    }
    rows.into_iter()
        .flat_map(|((k, j), [first, last])| [Some([first, j, k]), (last != first).then_some([last, j, k])])
        .flatten()
        .collect()
}

/// The points that lie outermost along directions spread evenly over the half sphere.
fn extremes(points: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let golden = std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
    let mut found: Vec<usize> = (0..DIRECTIONS)
        .flat_map(|n| {
            let z = (n as f64 + 0.5) / DIRECTIONS as f64;
            let (sin, cos) = (golden * n as f64).sin_cos();
            let radius = (1.0 - z * z).sqrt();
            let along = |p: &[f64; 3]| p[0] * radius * cos + p[1] * radius * sin + p[2] * z;
            let (mut low, mut high) = (0, 0);
            for (place, point) in points.iter().enumerate() {
                if along(point) < along(&points[low]) {
                    low = place;
                }
                if along(point) > along(&points[high]) {
                    high = place;
                }
            }
            [low, high]
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|place| points[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lesions_are_numbered_by_size() {
        assert_eq!(by_size(&[0.0, 3.0, 9.0, 1.0, 9.0], 2.0), [0, 3, 1, 0, 2]);
    }

    #[test]
    fn the_median_averages_the_two_in_the_middle() {
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(vec![5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn the_longest_axis_is_that_of_the_farthest_centres() {
        let grid = Grid::axis_aligned([50, 50, 50], [2.0, 2.0, 2.0], [0.0; 3]);
        assert!((longest_axis_mm(&[[3, 3, 3]], &grid) - 2.0).abs() < 1e-12);
        let bar: Vec<[usize; 3]> = (0..11).map(|i| [i, i, 7]).collect();
        assert!((longest_axis_mm(&bar, &grid) - (20.0 * 2.0_f64.sqrt() + 2.0)).abs() < 1e-9);
    }

    #[test]
    fn large_lesions_lose_less_than_half_a_percent() {
        let grid = Grid::axis_aligned([120, 120, 120], [1.0, 1.2, 1.5], [0.0; 3]);
        let mut voxels = Vec::new();
        for k in 0..100_usize {
            for j in 0..110_usize {
                for i in 0..90_usize {
                    let at = [(i as f64 - 45.0) / 44.0, (j as f64 - 55.0) / 54.0, (k as f64 - 50.0) / 49.0];
                    if at.iter().map(|v| v * v).sum::<f64>() <= 1.0 {
                        voxels.push([i, j, k]);
                    }
                }
            }
        }
        let axis = longest_axis_mm(&voxels, &grid) - 1.8_f64.cbrt();
        assert!((axis / (98.0 * 1.5) - 1.0).abs() < 0.005, "{axis}");
    }
}
