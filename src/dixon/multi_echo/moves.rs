//! Moves that lower the energy of a labelling: voxel by voxel, region by region, and towards another solution.
//!
//! Each move is taken only where the energy falls, so that no move can raise it.

use super::graph::Graph;

/// Field phases of two neighbours that differ by less belong to one smooth region, rad.
const SMOOTH: f32 = 0.9;

/// Gives every voxel its best label given its neighbours, in order, until nothing changes or `rounds` are done.
pub fn settle(graph: &Graph, labels: &mut [u8], cap: f32, rounds: usize) {
    for _ in 0..rounds {
        let mut changed = false;
        for voxel in 0..labels.len() {
            // nothing to choose from: outside, or a single minimum
            if graph.cost[voxel][1] >= super::residual::ABSENT {
                continue;
            }
            let mut best = (0.0, labels[voxel]);
            for label in 0..super::residual::N_LABELS as u8 {
                if label != labels[voxel] && graph.cost[voxel][usize::from(label)] < super::residual::ABSENT {
                    let change = graph.change(labels, voxel, label, cap);
                    if change < best.0 {
                        best = (change, label);
                    }
                }
            }
            if best.1 != labels[voxel] {
                labels[voxel] = best.1;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

/// Connected voxels for which `joined` holds between neighbours; a number a voxel, 0 outside, and how many there are.
pub fn components(
    graph: &Graph,
    joined: impl Fn(usize, usize) -> bool,
    inside: impl Fn(usize) -> bool,
) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut number = vec![0_u32; graph.cost.len()];
    let mut members: Vec<Vec<u32>> = Vec::new();
    for seed in 0..number.len() {
        if number[seed] != 0 || !inside(seed) {
            continue;
        }
        let this = members.len() as u32 + 1;
        let mut region = vec![seed as u32];
        number[seed] = this;
        let mut next = 0;
        while let Some(&voxel) = region.get(next) {
            next += 1;
            let voxel = voxel as usize;
            for (other, _) in graph.neighbours(voxel) {
                if number[other] == 0 && inside(other) && joined(voxel, other) {
                    number[other] = this;
                    region.push(other as u32);
                }
            }
        }
        members.push(region);
    }
    (number, members)
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
/// border suggests. Returns how many regions moved.
pub fn repair_swaps(graph: &Graph, labels: &mut [u8], shift: f32, cap: f32) -> usize {
    let joined = |a: usize, b: usize| {
        graph.distance(graph.phase_of(labels, a), graph.phase_of(labels, b), f32::INFINITY) < SMOOTH * SMOOTH
    };
    let (number, mut members) = components(graph, joined, |voxel| graph.inside(voxel));
    // large regions first: a small one settles against what surrounds it
    members.sort_by_key(|region| (std::cmp::Reverse(region.len()), region[0]));
    let mut in_set = vec![0_u8; labels.len()];
    let mut moved = 0;
    for region in members.iter().skip(1) {
        let mut shifts = vec![shift, -shift];
        shifts.extend(border_shift(graph, labels, &number, region));
        for shift in shifts {
            let propose = |&voxel: &u32| graph.nearest(voxel as usize, graph.phase_of(labels, voxel as usize) + shift);
            let proposed: Vec<u8> = region.iter().map(propose).collect();
            if move_together(graph, labels, region, &proposed, &mut in_set, cap) {
                moved += 1;
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
/// the energy. Returns how many sets did.
pub fn fuse(graph: &Graph, labels: &mut [u8], proposal: &[u8], cap: f32) -> usize {
    let differs = |voxel: usize| graph.inside(voxel) && labels[voxel] != proposal[voxel];
    let (_, members) = components(graph, |_, _| true, differs);
    let mut in_set = vec![0_u8; labels.len()];
    let mut moved = 0;
    for region in &members {
        let proposed: Vec<u8> = region.iter().map(|&voxel| proposal[voxel as usize]).collect();
        moved += usize::from(move_together(graph, labels, region, &proposed, &mut in_set, cap));
    }
    moved
}
