//! Connected components of a mask.
//!
//! One scan with a union-find forest over the neighbours already seen, one scan that numbers the trees. Components are
//! numbered by their first voxel in memory order (i fastest), so that the numbers depend on nothing but the mask.

use crate::image::filled;
use ndarray::{Array3, ArrayView3};

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
    /// Steps to the neighbours that come before a voxel in memory order.
    fn backward(self) -> Vec<[isize; 3]> {
        let most = match self {
            Connectivity::Six => 1,
            Connectivity::Eighteen => 2,
            Connectivity::TwentySix => 3,
        };
        let mut steps = Vec::new();
        for k in -1..=1_isize {
            for j in -1..=1_isize {
                for i in -1..=1_isize {
                    let n_axes = i.abs() + j.abs() + k.abs();
                    if (k, j, i) < (0, 0, 0) && n_axes <= most {
                        steps.push([i, j, k]);
                    }
                }
            }
        }
        steps
    }
}

/// Number of its component in every voxel (0 outside the mask), and how many there are.
pub fn components(mask: ArrayView3<bool>, connectivity: Connectivity) -> (Array3<i32>, usize) {
    let dims = [mask.shape()[0], mask.shape()[1], mask.shape()[2]];
    let mut numbers = filled(dims, 0_i32);
    let steps = connectivity.backward();
    // parents[n] <= n always, so a root is the smallest number of its tree
    let mut parents: Vec<i32> = vec![0];
    for k in 0..dims[2] {
        for j in 0..dims[1] {
            for i in 0..dims[0] {
                if !mask[[i, j, k]] {
                    continue;
                }
                let mut own = 0;
                for step in &steps {
                    let Some(neighbour) = shifted([i, j, k], *step, dims) else { continue };
                    let number = numbers[neighbour];
                    if number == 0 || number == own {
                        continue;
                    }
                    own = if own == 0 { number } else { join(&mut parents, own, number) };
                }
                if own == 0 {
                    own = parents.len() as i32;
                    parents.push(own);
                }
                numbers[[i, j, k]] = own;
            }
        }
    }
    let mut n_components = 0;
    let mut final_number = vec![0; parents.len()];
    for n in 1..parents.len() {
        // roots come before their trees, and trees in the order of their first voxels
        let root = root_of(&mut parents, n as i32);
        if root == n as i32 {
            n_components += 1;
            final_number[n] = n_components;
        } else {
            final_number[n] = final_number[root as usize];
        }
    }
    numbers.mapv_inplace(|n| final_number[n as usize]);
    (numbers, n_components as usize)
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

fn shifted(at: [usize; 3], step: [isize; 3], dims: [usize; 3]) -> Option<[usize; 3]> {
    let mut to = [0; 3];
    for axis in 0..3 {
        to[axis] = at[axis].checked_add_signed(step[axis]).filter(|&position| position < dims[axis])?;
    }
    Some(to)
}

fn root_of(parents: &mut [i32], mut n: i32) -> i32 {
    while parents[n as usize] != n {
        parents[n as usize] = parents[parents[n as usize] as usize];
        n = parents[n as usize];
    }
    n
}

fn join(parents: &mut [i32], a: i32, b: i32) -> i32 {
    let (a, b) = (root_of(parents, a), root_of(parents, b));
    let (low, high) = (a.min(b), a.max(b));
    parents[high as usize] = low;
    low
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
