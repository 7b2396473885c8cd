//! Stitching: whatever the stations, every place counts once, in any order and storage.

use myelomri::diffusion::{compose, plan};
use myelomri::image::Grid;
use ndarray::{Array3, ArrayView3, Axis, ShapeBuilder};
use proptest::prelude::*;

const SLICE_MM: f64 = 5.0;

/// A stack of slices: first slice on a common lattice, number of slices, stored from the top or from the bottom.
#[derive(Debug, Clone)]
struct Stack {
    first: i64,
    n: usize,
    from_top: bool,
}

impl Stack {
    fn grid(&self) -> Grid {
        let last = self.first + self.n as i64 - 1;
        let (z, step) = if self.from_top { (last, -SLICE_MM) } else { (self.first, SLICE_MM) };
        let along = [[-3.0, 0.0, 0.0, 9.0], [0.0, -3.0, 0.0, 6.0], [0.0, 0.0, step, SLICE_MM * z as f64]];
        Grid::new([5, 4, self.n], along)
    }

    /// The station's image of a scene that depends on the place alone.
    fn image(&self, scene: impl Fn([i64; 3]) -> f32) -> Array3<f32> {
        let n = self.n;
        Array3::from_shape_fn((5, 4, n).f(), |(i, j, k)| {
            let up = if self.from_top { n - 1 - k } else { k };
            scene([i as i64, j as i64, self.first + up as i64])
        })
    }
}

/// Stacks that follow each other downwards, each overlapping the one before by 0 to 5 of its slices.
fn stacks() -> impl Strategy<Value = Vec<Stack>> {
    prop::collection::vec((6_usize..14, 0_usize..6, any::<bool>()), 1..5).prop_map(|sizes| {
        let mut bottom = 0;
        sizes
            .into_iter()
            .map(|(n, shared, from_top)| {
                let first = bottom + shared.min(n - 1) as i64 - n as i64;
                bottom = first;
                Stack { first, n, from_top }
            })
            .collect()
    })
}

fn composed(stacks: &[Stack], images: &[Array3<f32>]) -> Array3<f32> {
    let grids: Vec<Grid> = stacks.iter().map(Stack::grid).collect();
    let plan = plan(&grids, false).unwrap();
    let views: Vec<ArrayView3<'_, f32>> = images.iter().map(|image| image.view()).collect();
    compose(&plan, &views, &vec![1.0; stacks.len()])
}

/// Number of different slices that the stacks cover.
fn n_slices(stacks: &[Stack]) -> usize {
    let all: std::collections::BTreeSet<i64> =
        stacks.iter().flat_map(|stack| stack.first..stack.first + stack.n as i64).collect();
    all.len()
}

proptest! {
    #[test]
    fn a_scene_comes_back_once_whatever_the_order(
        stacks in stacks(),
        seed in any::<u32>(),
        turn in 0_usize..4,
    ) {
        // an object (1) in a few voxels of each slice: its volume must be neither doubled in an overlap nor lost
        let object = |[i, j, k]: [i64; 3]| {
            let hash = (i + 7 * j + 31 * k).unsigned_abs() as u32 ^ seed;
            f32::from(u8::from(hash.wrapping_mul(2_654_435_761) >> 30 == 0))
        };
        let images: Vec<Array3<f32>> = stacks.iter().map(|stack| stack.image(object)).collect();
        let whole = composed(&stacks, &images);
        prop_assert_eq!(whole.shape()[2], n_slices(&stacks));
        let lowest = stacks.iter().map(|stack| stack.first).min().unwrap();
        // slices run as those of the topmost stack do
        let n = whole.shape()[2] as i64;
        let top_stored_from_top = stacks[0].from_top;
        for ((i, j, k), &value) in whole.indexed_iter() {
            let up = if top_stored_from_top { n - 1 - k as i64 } else { k as i64 };
            let expected = object([i as i64, j as i64, lowest + up]);
            prop_assert!((value - expected).abs() < 1e-6, "{:?}: {} for {}", [i, j, k], value, expected);
        }
        let mut order: Vec<usize> = (0..stacks.len()).collect();
        order.rotate_left(turn % stacks.len());
        order.reverse();
        let moved: Vec<Stack> = order.iter().map(|&n| stacks[n].clone()).collect();
        let their_images: Vec<Array3<f32>> = order.iter().map(|&n| images[n].clone()).collect();
        prop_assert_eq!(composed(&moved, &their_images), whole);
    }

    #[test]
    fn what_the_stations_say_of_a_place_is_mixed_and_never_exceeded(stacks in stacks(), levels in prop::array::uniform4(1.0..100.0_f32)) {
        let images: Vec<Array3<f32>> = stacks.iter().zip(levels).map(|(stack, level)| stack.image(|_| level)).collect();
        let whole = composed(&stacks, &images);
        let n = whole.shape()[2];
        let lowest = stacks.iter().map(|stack| stack.first).min().unwrap();
        for (k, slice) in whole.axis_iter(Axis(2)).enumerate() {
            let up = lowest + if stacks[0].from_top { n - 1 - k } else { k } as i64;
            let of: Vec<f32> = stacks
                .iter()
                .zip(levels)
                .filter(|(stack, _)| (stack.first..stack.first + stack.n as i64).contains(&up))
                .map(|(_, level)| level)
                .collect();
            let least = of.iter().copied().fold(f32::INFINITY, f32::min);
            let most = of.iter().copied().fold(0.0, f32::max);
            prop_assert!(slice.iter().all(|&v| v >= least * (1.0 - 1e-6) && v <= most * (1.0 + 1e-6)));
        }
    }

    #[test]
    fn the_edge_of_a_station_is_left_to_its_neighbour(shared in 5_usize..10, drop in 0.0..0.9_f32) {
        // the outermost slice of either station has lost signal; both see 100 elsewhere
        let stacks = [Stack { first: 0, n: 14, from_top: false }, Stack { first: shared as i64 - 14, n: 14, from_top: false }];
        let inner_edge = [0, shared as i64 - 1]; // lowest slice of the upper, topmost of the lower station
        let images: Vec<Array3<f32>> = stacks
            .iter()
            .zip(inner_edge)
            .map(|(stack, edge)| stack.image(|[_, _, k]| if k == edge { 100.0 * (1.0 - drop) } else { 100.0 }))
            .collect();
        let whole = composed(&stacks, &images);
        prop_assert!(whole.iter().all(|&v| (v - 100.0).abs() < 0.02), "{:?}", whole.slice(ndarray::s![0, 0, ..]));
    }
}
