//! Moves that lower the energy of a labelling: voxel by voxel, region by region, and towards another solution.
//!
//! Each move is taken only where the energy falls, so that no move can raise it.

use super::graph::{AXES, Graph};
use super::minima::ABSENT;

/// Field phases of two neighbours that differ by less belong to one smooth region, rad.
const SMOOTH: f32 = 0.9;

/// Voxels that are still to be looked at: something around them has changed since they were last given their best label.
#[derive(Debug)]
pub struct Open(Vec<bool>);

impl Open {
    /// Every voxel that has a choice; outside, and with a single minimum, there is none.
    pub fn all(graph: &Graph) -> Self {
        Open(graph.cost.iter().map(|cost| cost[1] < ABSENT).collect())
    }

    /// Opens a voxel that changed, and its neighbours.
    fn around(&mut self, graph: &Graph, voxel: usize) {
        for (place, _) in graph.neighbours(voxel).chain([(voxel, 0.0)]) {
            self.0[place] = graph.cost[place][1] < ABSENT;
        }
    }
}

/// Gives every open voxel its best label given its neighbours, in order, until none is open or `rounds` are done.
pub fn settle(graph: &Graph, labels: &mut [u8], open: &mut Open, cap: f32, rounds: usize) {
    for _ in 0..rounds {
        let mut changed = false;
        for voxel in 0..labels.len() {
            if !std::mem::take(&mut open.0[voxel]) {
                continue;
            }
            let costs = graph.costs(labels, voxel, cap);
            let kept = usize::from(labels[voxel]);
            let best = (0..costs.len()).fold(kept, |best, label| if costs[label] < costs[best] { label } else { best });
            if best != kept {
                labels[voxel] = best as u8;
                open.around(graph, voxel);
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

/// Connected regions of voxels.
#[derive(Debug)]
pub struct Regions {
    /// Region of each voxel, from 1 in the order of their first voxels; 0 outside.
    pub number: Vec<u32>,
    /// Where the voxels of each region begin, and the end of the last.
    starts: Vec<usize>,
    /// The voxels of region 1, of region 2, ...
    voxels: Vec<u32>,
}

impl Regions {
    /// Regions of the voxels `inside`, made of neighbours that are `joined`. Sets are united in one pass over memory.
    pub fn find(graph: &Graph, joined: impl Fn(usize, usize) -> bool, inside: impl Fn(usize) -> bool) -> Self {
        const OUTSIDE: u32 = u32::MAX;
        // the first voxel of a region stands for it
        let mut first = vec![OUTSIDE; graph.cost.len()];
        for voxel in 0..first.len() {
            if !inside(voxel) {
                continue;
            }
            first[voxel] = voxel as u32;
            for axis in 0..AXES {
                let Some(behind) = graph.neighbour(voxel, axis, false) else { continue };
                if first[behind] != OUTSIDE && joined(voxel, behind) {
                    let (a, b) = (first_of(&mut first, voxel), first_of(&mut first, behind));
                    first[a.max(b)] = a.min(b) as u32;
                }
            }
        }
        let mut number = vec![0_u32; first.len()];
        let mut sizes: Vec<usize> = Vec::new();
        for voxel in 0..first.len() {
            if first[voxel] == OUTSIDE {
                continue;
            }
            let seed = first_of(&mut first, voxel);
            if seed == voxel {
                sizes.push(0);
                number[voxel] = sizes.len() as u32;
            } else {
                number[voxel] = number[seed];
            }
            sizes[number[voxel] as usize - 1] += 1;
        }
        let mut starts = vec![0];
        starts.extend(sizes.iter().scan(0, |end, size| {
            *end += size;
            Some(*end)
        }));
        let mut next = starts.clone();
        let mut voxels = vec![0_u32; starts[sizes.len()]];
        for (voxel, &number) in number.iter().enumerate().filter(|(_, number)| **number != 0) {
            let place = &mut next[number as usize - 1];
            voxels[*place] = voxel as u32;
            *place += 1;
        }
        Regions { number, starts, voxels }
    }

    /// The voxels of each region.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.starts.windows(2).map(|ends| &self.voxels[ends[0]..ends[1]])
    }
}

/// First voxel of the set that a voxel is in; the way there is halved for the next who asks.
fn first_of(first: &mut [u32], mut voxel: usize) -> usize {
    while first[voxel] as usize != voxel {
        let above = first[first[voxel] as usize];
        first[voxel] = above;
        voxel = above as usize;
    }
    voxel
}

/// Moves a set of voxels to proposed labels where that lowers the energy; true where it did. `proposed` is aligned with
/// `members`; `in_set` is a scratch of zeros, one a voxel, and is left so.
fn move_together(
    graph: &Graph,
    labels: &mut [u8],
    members: &[u32],
    proposed: &[u8],
    in_set: &mut [u8],
    cap: f32,
) -> bool {
    for (&voxel, &label) in members.iter().zip(proposed) {
        in_set[voxel as usize] = label + 1;
    }
    let mut change = 0.0_f64;
    for (&voxel, &label) in members.iter().zip(proposed) {
        let voxel = voxel as usize;
        let (old, new) = (graph.phase_of(labels, voxel), graph.phase[voxel][usize::from(label)]);
        change += f64::from(graph.cost[voxel][usize::from(label)] - graph.cost[voxel][usize::from(labels[voxel])]);
        for (other, weight) in graph.neighbours(voxel) {
            let old_there = graph.phase_of(labels, other);
            let (new_there, counted) = match in_set[other] {
                0 => (old_there, 1.0),
                // an edge within the set is met from both its ends
                kept => (graph.phase[other][usize::from(kept - 1)], 0.5),
            };
            let bond = graph.distance(new, new_there, cap) - graph.distance(old, old_there, cap);
            change += f64::from(counted * weight * bond);
        }
    }
    for &voxel in members {
        in_set[voxel as usize] = 0;
    }
    // a change within rounding of the sum is none
    let falls = change < -1e-6 * f64::from(graph.cost[members[0] as usize][0].abs());
    if falls {
        for (&voxel, &label) in members.iter().zip(proposed) {
            labels[voxel as usize] = label;
        }
    }
    falls
}

/// Offers every smooth region but the largest the shifts by which water and fat are exchanged, and the shifts that its
/// border suggests. Returns how many regions moved; what they moved away from is open again.
pub fn repair_swaps(graph: &Graph, labels: &mut [u8], open: &mut Open, shift: f32, cap: f32) -> usize {
    let joined = |a: usize, b: usize| {
        graph.distance(graph.phase_of(labels, a), graph.phase_of(labels, b), f32::INFINITY) < SMOOTH * SMOOTH
    };
    let found = Regions::find(graph, joined, |voxel| graph.inside(voxel));
    // large regions first: a small one settles against what surrounds it
    let mut regions: Vec<&[u32]> = found.iter().collect();
    regions.sort_by_key(|region| (std::cmp::Reverse(region.len()), region[0]));
    let mut in_set = vec![0_u8; labels.len()];
    let mut moved = 0;
    for region in regions.into_iter().skip(1) {
        let mut shifts = vec![shift, -shift];
        shifts.extend(border_shift(graph, labels, &found.number, region));
        for shift in shifts {
            let propose = |&voxel: &u32| graph.nearest(voxel as usize, graph.phase_of(labels, voxel as usize) + shift);
            let proposed: Vec<u8> = region.iter().map(propose).collect();
            if move_together(graph, labels, region, &proposed, &mut in_set, cap) {
                moved += 1;
                region.iter().for_each(|&voxel| open.around(graph, voxel as usize));
                break;
            }
        }
    }
    moved
}

/// The mean step of the field phase over a region's border, by the weight of its bonds; `None` without a border.
fn border_shift(graph: &Graph, labels: &[u8], number: &[u32], region: &[u32]) -> Option<f32> {
    let own = number[region[0] as usize];
    let (mut re, mut im) = (0.0_f32, 0.0_f32);
    for &voxel in region {
        let here = graph.phase_of(labels, voxel as usize);
        for (other, weight) in graph.neighbours(voxel as usize) {
            if number[other] != own {
                let step = graph.phase_of(labels, other) - here;
                re += weight * step.cos();
                im += weight * step.sin();
            }
        }
    }
    (re != 0.0 || im != 0.0).then(|| im.atan2(re))
}

/// Fuses a labelling with a proposal: each connected set of voxels where they differ takes the proposal where that lowers
/// the energy. The sets do not touch, so the energy ends at or below that of both. Returns how many sets took it.
pub fn fuse(graph: &Graph, labels: &mut [u8], proposal: &[u8], cap: f32) -> usize {
    let differs = |voxel: usize| graph.inside(voxel) && labels[voxel] != proposal[voxel];
    let regions = Regions::find(graph, |_, _| true, differs);
    let mut in_set = vec![0_u8; labels.len()];
    let mut moved = 0;
    for region in regions.iter() {
        let proposed: Vec<u8> = region.iter().map(|&voxel| proposal[voxel as usize]).collect();
        moved += usize::from(move_together(graph, labels, region, &proposed, &mut in_set, cap));
    }
    moved
}
