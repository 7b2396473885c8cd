//! Energies, bounds and moves on random graphs.

use super::graph::Graph;
use super::message_passing::MessagePassing;
use super::minima::{ABSENT, N_LABELS};
use super::moves::{self, Open};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A graph of random costs and phases.
fn random_graph(dims: [usize; 3], seed: u64) -> Graph {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let n = dims.iter().product();
    let mut cost: Vec<[f32; N_LABELS]> = (0..n).map(|_| std::array::from_fn(|_| rng.random_range(0.0..2.0))).collect();
    for (voxel, cost) in cost.iter_mut().enumerate() {
        if voxel % 7 == 3 {
            cost[2..].fill(ABSENT);
        }
        if voxel % 11 == 5 {
            cost.fill(ABSENT);
        }
    }
    Graph {
        dims,
        phase: (0..n).map(|_| std::array::from_fn(|_| rng.random_range(-3.1..3.1))).collect(),
        cost,
        curvature: (0..n).map(|_| rng.random_range(0.1..3.0)).collect(),
        tolerance: vec![1.0; n],
        bond: [0.4, 0.4, 0.1],
        strongest: [1e3; 3],
        period: 2.0 * std::f32::consts::PI,
    }
}

#[test]
fn the_bound_never_falls_and_stays_below_every_energy() {
    for (seed, cap) in [(1, f32::INFINITY), (2, 0.5), (3, 0.15)] {
        let graph = random_graph([9, 8, 3], seed);
        let mut passing = MessagePassing::new(&graph, cap);
        let mut bound = f64::NEG_INFINITY;
        for _ in 0..15 {
            let next = passing.sweep();
            assert!(next > bound - 1e-4, "seed {seed}: {next} after {bound}");
            bound = next;
            assert!(graph.energy(&passing.labels(), cap) > bound - 1e-3, "seed {seed}");
        }
    }
}

#[test]
fn on_a_chain_message_passing_is_exact() {
    for seed in 0..20 {
        let graph = random_graph([5, 1, 1], 100 + seed);
        let mut passing = MessagePassing::new(&graph, 0.8);
        passing.sweep();
        let bound = passing.sweep();
        let all = (0..4_usize.pow(5)).map(|k| (0..5).map(|v| (k / 4_usize.pow(v) % 4) as u8).collect::<Vec<_>>());
        let best = all.map(|labels| graph.energy(&labels, 0.8)).fold(f64::INFINITY, f64::min);
        let found = graph.energy(&passing.labels(), 0.8);
        assert!((found - best).abs() < 1e-4 && (bound - best).abs() < 1e-4, "{found} {bound} {best}");
    }
}

#[test]
fn no_move_raises_the_energy() {
    let cap = 0.4;
    for seed in 0..10 {
        let graph = random_graph([10, 9, 2], 200 + seed);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let random = |rng: &mut ChaCha8Rng| (0..180).map(|_| rng.random_range(0..2)).collect::<Vec<u8>>();
        let mut labels = random(&mut rng);
        let mut energy = graph.energy(&labels, cap);
        let mut check = |labels: &[u8], what: &str| {
            let now = graph.energy(labels, cap);
            assert!(now <= energy + 1e-4, "{what}: {now} after {energy}");
            energy = now;
        };
        let mut open = Open::all(&graph);
        moves::repair_swaps(&graph, &mut labels, &mut open, 2.7, cap);
        check(&labels, "repair");
        let proposal = random(&mut rng);
        moves::fuse(&graph, &mut labels, &proposal, cap);
        check(&labels, "fusion");
        assert!(graph.energy(&labels, cap) <= graph.energy(&proposal, cap) + 1e-4, "fusion ends above the proposal");
        let mut open = Open::all(&graph);
        moves::settle(&graph, &mut labels, &mut open, cap, 100);
        check(&labels, "settle");
        // what was not looked at again has nothing to gain
        for voxel in 0..labels.len() {
            let costs = graph.costs(&labels, voxel, cap);
            assert!(costs.iter().all(|cost| *cost >= costs[usize::from(labels[voxel])]), "seed {seed}, voxel {voxel}");
        }
    }
}
