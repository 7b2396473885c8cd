//! Which tissues share a voxel, and in what proportion.
//!
//! A voxel is a box. Where one part of the anatomy provably fills it (depth at the centre beyond half the diagonal) no
//! sampling is done; elsewhere the box is sampled on a lattice of sub-voxels. Shares are kept sparsely: most voxels of
//! a body hold one site.

use super::anatomy::{Anatomy, Part};
use super::shapes::Point;
use crate::image::Grid;
use rayon::prelude::*;

/// A tissue at a place: the part of the anatomy, and whether its shell (cortical bone) is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Site {
    /// Index into [`Anatomy::parts`].
    pub part: u16,
    /// True in the shell of that part.
    pub shell: bool,
}

/// Shares of one voxel: sites and their number of sub-voxels. What is missing to the whole is air.
type Share = (Site, u16);

/// Shares of every voxel of a grid, slice by slice (k), voxel i fastest.
pub(crate) struct Shares {
    slices: Vec<SliceShares>,
    /// Sub-voxels per voxel; a voxel that is not mixed counts this many of its one site.
    pub whole: u16,
}

struct SliceShares {
    first: Vec<u32>,
    entries: Vec<Share>,
}

impl Shares {
    /// Shares of voxel number `voxel` (i + ni * j) of slice `k`.
    pub(crate) fn of(&self, k: usize, voxel: usize) -> &[Share] {
        let slice = &self.slices[k];
        &slice.entries[slice.first[voxel] as usize..slice.first[voxel + 1] as usize]
    }

    /// Samples `anatomy` on `grid`. Slices are sampled in parallel; the result does not depend on it.
    pub(crate) fn sample(anatomy: &Anatomy, grid: &Grid) -> Shares {
        let lattice = Lattice::new(grid);
        let reach: Vec<[Point; 2]> = anatomy.parts.iter().map(|part| index_bounds(part, grid)).collect();
        let slices =
            (0..grid.dims[2]).into_par_iter().map(|k| sample_slice(anatomy, grid, &lattice, &reach, k)).collect();
        Shares { slices, whole: lattice.offsets.len() as u16 }
    }
}

/// Where within a voxel the sub-voxels lie.
struct Lattice {
    offsets: Vec<Point>,
    half_diagonal: f64,
}

impl Lattice {
    fn new(grid: &Grid) -> Self {
        let spacing = grid.spacing_mm();
        let n: [usize; 3] = spacing.map(|mm| (mm.ceil() as usize).clamp(3, 5));
        let centre = grid.world_mm([0.0; 3]);
        let mut offsets = Vec::with_capacity(n.iter().product());
        for c in 0..n[2] {
            for b in 0..n[1] {
                for a in 0..n[0] {
                    let within = |v: usize, n: usize| (v as f64 + 0.5) / n as f64 - 0.5;
                    let p = grid.world_mm([within(a, n[0]), within(b, n[1]), within(c, n[2])]);
                    offsets.push(std::array::from_fn(|axis| p[axis] - centre[axis]));
                }
            }
        }
        let half_diagonal = 0.5 * spacing.iter().map(|mm| mm * mm).sum::<f64>().sqrt();
        Lattice { offsets, half_diagonal }
    }
}

/// Box around a part in voxel indices, widened by half a voxel. The grids here have invertible affines by construction.
fn index_bounds(part: &Part, grid: &Grid) -> [Point; 2] {
    let [low, high] = part.form.bounds();
    let mut bounds = [[f64::INFINITY; 3], [f64::NEG_INFINITY; 3]];
    for corner in 0..8 {
        let p: Point = std::array::from_fn(|a| if corner >> a & 1 == 1 { high[a] } else { low[a] });
        let index = grid.voxel_of(p).unwrap_or([0.0; 3]);
        for a in 0..3 {
            bounds[0][a] = bounds[0][a].min(index[a] - 0.5);
            bounds[1][a] = bounds[1][a].max(index[a] + 0.5);
        }
    }
    bounds
}

fn sample_slice(anatomy: &Anatomy, grid: &Grid, lattice: &Lattice, reach: &[[Point; 2]], k: usize) -> SliceShares {
    let touches =
        |part: usize, axis: usize, at: usize| (reach[part][0][axis]..=reach[part][1][axis]).contains(&(at as f64));
    let [ni, nj, _] = grid.dims;
    // painter's order is from the last part to the first: the last one drawn is seen
    let in_slice: Vec<usize> = (0..reach.len()).rev().filter(|&part| touches(part, 2, k)).collect();
    let mut slice = SliceShares { first: Vec::with_capacity(ni * nj + 1), entries: Vec::new() };
    let mut counts: Vec<Share> = Vec::new();
    let mut mixed: Vec<usize> = Vec::new();
    slice.first.push(0);
    for j in 0..nj {
        let in_row: Vec<usize> = in_slice.iter().copied().filter(|&part| touches(part, 1, j)).collect();
        for i in 0..ni {
            let centre = grid.world_mm([i as f64, j as f64, k as f64]);
            let mut filling: Option<usize> = None;
            mixed.clear();
            for &part in in_row.iter().filter(|&&part| touches(part, 0, i)) {
                let Part { form, shell, .. } = &anatomy.parts[part];
                let depth = form.depth(centre);
                if depth > lattice.half_diagonal + shell.map_or(0.0, |(mm, _)| mm) {
                    filling = Some(part);
                    break;
                }
                if depth >= -lattice.half_diagonal {
                    mixed.push(part);
                }
            }
            if mixed.is_empty() {
                if let Some(part) = filling {
                    let site = Site { part: part as u16, shell: false };
                    slice.entries.push((site, lattice.offsets.len() as u16));
                }
            } else {
                mixed.extend(filling);
                counts.clear();
                for offset in &lattice.offsets {
                    let p: Point = std::array::from_fn(|a| centre[a] + offset[a]);
                    if let Some(site) = mixed.iter().find_map(|&part| anatomy.site_in_part(part, p)) {
                        match counts.iter_mut().find(|(s, _)| *s == site) {
                            Some((_, n)) => *n += 1,
                            None => counts.push((site, 1)),
                        }
                    }
                }
                slice.entries.extend_from_slice(&counts);
            }
            slice.first.push(slice.entries.len() as u32);
        }
    }
    slice
}
