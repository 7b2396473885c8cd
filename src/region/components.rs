//! Connected components of a mask.
//!
//! Rows are cut into runs of voxels, runs that touch are joined in a union-find forest, and the trees are numbered by
//! their first voxel in memory order (i fastest), so that the numbers depend on nothing but the mask.

use crate::image::filled;
use ndarray::{Array3, ArrayView3};
use std::ops::Range;

/// Which neighbours touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Connectivity {
    /// Faces.
    #[serde(rename = "6")]
    Six,
    /// Faces and edges.
    #[serde(rename = "18")]
    Eighteen,
    /// Faces, edges and corners.
    #[default]
    #[serde(rename = "26")]
    TwentySix,
}

impl Connectivity {
    /// Rows before row (j, k) that can touch it: steps in j and k, and how far beyond a run's ends along i.
    fn rows_before(self) -> &'static [(isize, isize, usize)] {
        match self {
            Connectivity::Six => &[(0, -1, 0), (-1, 0, 0)],
            Connectivity::Eighteen => &[(-1, -1, 0), (0, -1, 1), (1, -1, 0), (-1, 0, 1)],
            Connectivity::TwentySix => &[(-1, -1, 1), (0, -1, 1), (1, -1, 1), (-1, 0, 1)],
        }
    }
}

/// Neighbouring voxels of one row, all inside.
struct Run {
    start: usize,
    end: usize,
}

/// Number of its component in every voxel (0 outside the mask), and how many there are.
pub fn components(mask: ArrayView3<bool>, connectivity: Connectivity) -> (Array3<i32>, usize) {
    let [nx, ny, nz] = [mask.shape()[0], mask.shape()[1], mask.shape()[2]];
    let mut runs: Vec<Run> = Vec::new();
    // first run of each row, and one past the last row
    let mut first_of_row: Vec<usize> = Vec::with_capacity(ny * nz + 1);
    // parents[n] <= n always, so a root is the first run of its tree
    let mut parents: Vec<usize> = Vec::new();
    for k in 0..nz {
        for j in 0..ny {
            first_of_row.push(runs.len());
            let own = runs.len();
            find_runs(nx, |i| mask[[i, j, k]], &mut runs);
            parents.extend(own..runs.len());
            for &(dj, dk, reach) in connectivity.rows_before() {
                let (Some(row_j), Some(row_k)) =
                    (j.checked_add_signed(dj).filter(|&j| j < ny), k.checked_add_signed(dk))
                else {
                    continue;
                };
                let row = row_k * ny + row_j;
                let before = first_of_row[row]..first_of_row.get(row + 1).copied().unwrap_or(own);
                join_touching(&runs, before, own..runs.len(), reach, &mut parents);
            }
        }
    }
    first_of_row.push(runs.len());
    let mut n_components = 0;
    let mut number_of_run: Vec<i32> = Vec::with_capacity(runs.len());
    for n in 0..runs.len() {
        // roots come before their trees, and trees in the order of their first voxels
        let root = root_of(&mut parents, n);
        number_of_run.push(match root == n {
            true => {
                n_components += 1;
                n_components
            }
            false => number_of_run[root],
        });
    }
    let mut numbers = filled([nx, ny, nz], 0_i32);
    for (row, bounds) in first_of_row.windows(2).enumerate() {
        for n in bounds[0]..bounds[1] {
            for i in runs[n].start..runs[n].end {
                numbers[[i, row % ny, row / ny]] = number_of_run[n];
            }
        }
    }
    (numbers, n_components as usize)
}

fn find_runs(nx: usize, inside: impl Fn(usize) -> bool, runs: &mut Vec<Run>) {
    let mut i = 0;
    while i < nx {
        if !inside(i) {
            i += 1;
            continue;
        }
        let start = i;
        while i < nx && inside(i) {
            i += 1;
        }
        runs.push(Run { start, end: i });
    }
}

/// Joins the runs of two rows that touch, both in ascending order.
fn join_touching(runs: &[Run], before: Range<usize>, own: Range<usize>, reach: usize, parents: &mut [usize]) {
    let (mut a, mut b) = (before.start, own.start);
    while a < before.end && b < own.end {
        if runs[a].start < runs[b].end + reach && runs[b].start < runs[a].end + reach {
            let (root_a, root_b) = (root_of(parents, a), root_of(parents, b));
            parents[root_a.max(root_b)] = root_a.min(root_b);
        }
        if runs[a].end < runs[b].end { a += 1 } else { b += 1 }
    }
}

fn root_of(parents: &mut [usize], mut n: usize) -> usize {
    while parents[n] != n {
        parents[n] = parents[parents[n]];
        n = parents[n];
    }
    n
}

/// Voxels of every component 1..=n, as indices in memory order.
pub fn voxels_by_component(numbers: &Array3<i32>, n: usize) -> Vec<Vec<u32>> {
    let mut voxels = vec![Vec::new(); n];
    for (index, &number) in numbers.t().iter().enumerate() {
        if number > 0 {
            voxels[number as usize - 1].push(index as u32);
        }
    }
    voxels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(inside: &[[usize; 3]]) -> Array3<bool> {
        let mut mask = filled([4, 4, 4], false);
        inside.iter().for_each(|&at| mask[at] = true);
        mask
    }

    #[test]
    fn faces_edges_and_corners() {
        let by_edge = mask(&[[0, 0, 0], [1, 1, 0]]);
        let by_corner = mask(&[[0, 0, 0], [1, 1, 1]]);
        let count = |mask: &Array3<bool>, connectivity| components(mask.view(), connectivity).1;
        use Connectivity::{Eighteen, Six, TwentySix};
        assert_eq!([Six, Eighteen, TwentySix].map(|c| count(&by_edge, c)), [2, 1, 1]);
        assert_eq!([Six, Eighteen, TwentySix].map(|c| count(&by_corner, c)), [2, 2, 1]);
        assert_eq!(count(&filled([4, 4, 4], false), Six), 0);
        assert_eq!(count(&filled([4, 4, 4], true), Six), 1);
    }

    #[test]
    fn arms_that_meet_late_are_one_and_numbers_follow_the_first_voxel() {
        // a U that closes in the last slice, and a lone voxel in between
        let mut u = mask(&[[0, 0, 0], [0, 0, 1], [0, 0, 2], [2, 0, 0], [2, 0, 1], [2, 0, 2], [1, 0, 2]]);
        u[[0, 3, 0]] = true;
        let (numbers, n) = components(u.view(), Connectivity::Six);
        assert_eq!((n, numbers[[0, 0, 0]], numbers[[2, 0, 0]], numbers[[0, 3, 0]]), (2, 1, 1, 2));
        assert_eq!(voxels_by_component(&numbers, n).iter().map(Vec::len).collect::<Vec<_>>(), [7, 1]);
        assert_eq!(voxels_by_component(&numbers, n)[1], [12]);
        let row_major = u.as_standard_layout().to_owned();
        assert_eq!(components(row_major.view(), Connectivity::Six).0, numbers);
    }
}
