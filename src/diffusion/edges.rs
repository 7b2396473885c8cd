//! How large a component is: whole voxels, or with its edge shared between lesion and marrow.
//!
//! A voxel at the edge of a lesion holds both. Counted whole where it is brighter than the threshold, a lesion keeps its size
//! only where the threshold lies midway between it and the marrow and its surface is flat: a dim or small one shrinks, a
//! bright one grows.
//!
//! Inputs  component numbers (0 = none), the signal of marrow on the same grid (NaN elsewhere), the threshold, mode and spread
//!         of the patient's marrow
//! Output  volume of each component, in voxels
//! Method  `share = (S - B) / (C - B)`, linear in the signal as partial volume is (Choi 1991, doi:10.1109/42.97590, with two
//!         tissues): B the mode of the marrow, C the core of the component, which is the median of its voxels with six
//!         neighbours of the same component, or without three such voxels the 90th percentile of all. Voxels of the core count
//!         one. Those of its edge, and the marrow voxels that touch it (26 neighbours) and are not above the threshold, count
//!         their share, at most 1 + 2 spreads / (C - B), so that noise about C averages out; below B - 2 spreads a voxel
//!         holds another tissue and no share. A voxel that touches several components goes to the one that it touches most.
//! Limits  one background and one core a lesion: beside marrow that is darker than the mode a share is too small, in a lesion of
//!         uneven brightness the edge of a dim part too. Components whose core is less than 3 spreads above the mode are counted
//!         in whole voxels. Neighbouring lesions below the threshold lend their share to the one that they touch.

use super::marrow_signal::Bulk;
use crate::region::Sorted;
use ndarray::{Array3, ArrayView3, Axis};
use std::str::FromStr;

/// Core voxels from which on they stand for the lesion.
const ENOUGH_CORE: usize = 3;
/// Neighbours of a voxel of the core; and the fewest of one that may stand for it where a lesion has too few of these.
const DEEPEST: u8 = 6;
const LEAST_DEEP: u8 = 4;
/// Spreads of the marrow about its mode that are noise, and that a core must at least lie above it.
const NOISE_SPREADS: f64 = 2.0;
const LEAST_CONTRAST_SPREADS: f64 = 3.0;

/// How the voxels at the edge of a lesion count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edges {
    /// Whole, where they are above the threshold.
    #[default]
    Whole,
    /// By the share of lesion in them.
    Shared,
}

impl Edges {
    /// Both.
    pub const ALL: [Edges; 2] = [Edges::Whole, Edges::Shared];

    /// The word on the command line and in `study.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Edges::Whole => "whole",
            Edges::Shared => "shared",
        }
    }
}

impl FromStr for Edges {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Edges::ALL.into_iter().find(|edges| edges.name() == text);
        found.ok_or_else(|| format!("`{text}` is neither whole nor shared"))
    }
}

/// Volumes of components.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Volumes {
    /// Of each component, in voxels; the background has none.
    pub voxels: Vec<f64>,
    /// Components that were counted in whole voxels because they are hardly brighter than the marrow.
    pub without_contrast: Vec<bool>,
}

impl Volumes {
    /// Whole voxels.
    pub(super) fn whole(sizes: &[usize]) -> Volumes {
        Volumes { voxels: sizes.iter().map(|&n| n as f64).collect(), without_contrast: vec![false; sizes.len()] }
    }

    /// With shared edges.
    pub(super) fn shared(
        components: &Array3<i32>,
        sizes: &[usize],
        marrow: ArrayView3<'_, f32>,
        threshold: f64,
        bulk: Bulk,
    ) -> Volumes {
        let mut volumes = Volumes::whole(sizes);
        let selected = selected(components);
        let cores = cores(components, &selected, sizes.len(), marrow);
        let contrast: Vec<f64> = cores.iter().map(|core| core - bulk.mode).collect();
        let share = |id: usize, signal: f32| {
            let noise = NOISE_SPREADS * bulk.spread;
            let excess = f64::from(signal) - bulk.mode;
            if excess < -noise { 0.0 } else { (excess / contrast[id]).min(1.0 + noise / contrast[id]) }
        };
        let least = LEAST_CONTRAST_SPREADS * bulk.spread;
        for (lacks, &contrast) in volumes.without_contrast.iter_mut().zip(&contrast).skip(1) {
            // that of a component without signal is NaN, and lacks it too
            *lacks = !(contrast >= least && contrast > 0.0);
        }
        let mut beside: Vec<[usize; 3]> = Vec::new();
        for (at, id) in selected {
            if volumes.without_contrast[id] || is_core(components, at) {
                continue;
            }
            volumes.voxels[id] += share(id, marrow[at]) - 1.0;
            let free = |near: &[usize; 3]| components[*near] == 0 && f64::from(marrow[*near]) <= threshold;
            beside.extend(neighbours(components, at).filter(free));
        }
        beside.sort_unstable();
        beside.dedup();
        for at in beside {
            let touched = neighbours(components, at).map(|near| components[near] as usize);
            let touched: Vec<usize> = touched.filter(|&id| id > 0 && !volumes.without_contrast[id]).collect();
            let count = |id: usize| touched.iter().filter(|&&other| other == id).count();
            // of equals the first in the order of the components
            if let Some(id) = touched.iter().copied().max_by_key(|&id| (count(id), std::cmp::Reverse(id))) {
                volumes.voxels[id] += share(id, marrow[at]);
            }
        }
        volumes
    }
}

/// Voxels of components, with the component of each, in the order of memory.
fn selected(components: &Array3<i32>) -> Vec<([usize; 3], usize)> {
    let mut found = Vec::new();
    for (k, slice) in components.axis_iter(Axis(2)).enumerate() {
        for (j, row) in slice.axis_iter(Axis(1)).enumerate() {
            let inside = row.into_iter().enumerate().filter(|(_, id)| **id > 0);
            found.extend(inside.map(|(i, &id)| ([i, j, k], id as usize)));
        }
    }
    found
}

/// Signal of the core of each component; NaN of none.
fn cores(
    components: &Array3<i32>,
    selected: &[([usize; 3], usize)],
    n: usize,
    marrow: ArrayView3<'_, f32>,
) -> Vec<f64> {
    let (mut all, mut inner) = (vec![Vec::new(); n], vec![Vec::new(); n]);
    for &(at, id) in selected {
        all[id].push(marrow[at]);
        if is_core(components, at) {
            inner[id].push(marrow[at]);
        }
    }
    let signal = |(all, inner): (Vec<f32>, Vec<f32>)| match inner.len() >= ENOUGH_CORE {
        true => Sorted::of(&inner).percentile(50.0),
        false => Sorted::of(&all).percentile(90.0),
    };
    all.into_iter().zip(inner).map(signal).collect()
}

/// True where the six nearest voxels belong to the same component.
fn is_core(components: &Array3<i32>, at: [usize; 3]) -> bool {
    depth(components, at) == DEEPEST
}

/// How many of the six nearest voxels belong to the same component; those beyond the border of the grid do not.
pub(super) fn depth(components: &Array3<i32>, [i, j, k]: [usize; 3]) -> u8 {
    let id = components[[i, j, k]];
    let before = |n: usize| n.wrapping_sub(1);
    [[before(i), j, k], [i, before(j), k], [i, j, before(k)], [i + 1, j, k], [i, j + 1, k], [i, j, k + 1]]
        .into_iter()
        .map(|at| u8::from(components.get(at) == Some(&id)))
        .sum()
}

/// The values of the innermost voxels: those with six neighbours of the same component, where that are fewer than three those
/// with five, or with four; else all.
pub(super) fn innermost(values: Vec<f32>, depths: &[u8]) -> Vec<f32> {
    let deep = |least: u8| depths.iter().filter(|&&depth| depth >= least).count();
    match (LEAST_DEEP..=DEEPEST).rev().find(|&least| deep(least) >= ENOUGH_CORE) {
        Some(least) => values.into_iter().zip(depths).filter(|(_, depth)| **depth >= least).map(|(v, _)| v).collect(),
        None => values,
    }
}

/// The up to 26 neighbours of a voxel that lie on the grid.
fn neighbours(components: &Array3<i32>, at: [usize; 3]) -> impl Iterator<Item = [usize; 3]> {
    let dims = [components.shape()[0], components.shape()[1], components.shape()[2]];
    let reach: [_; 3] = std::array::from_fn(|a| at[a].saturating_sub(1)..=(at[a] + 1).min(dims[a] - 1));
    let [is, js, ks] = reach;
    ks.flat_map(move |k| {
        let is = is.clone();
        js.clone().flat_map(move |j| is.clone().map(move |i| [i, j, k]))
    })
    .filter(move |near| *near != at)
}

#[cfg(test)]
mod tests;
