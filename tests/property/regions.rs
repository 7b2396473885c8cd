//! Regions: erosion, components, statistics.

use myelomri::image::filled;
use myelomri::region::{Binning, Connectivity, Histogram, Statistics, components, erode_mm};
use ndarray::{Array3, ShapeBuilder};
use proptest::prelude::*;

fn masks() -> impl Strategy<Value = Array3<bool>> {
    prop::collection::vec(prop::bool::weighted(0.6), 6 * 5 * 4)
        .prop_map(|inside| Array3::from_shape_vec((6, 5, 4).f(), inside).unwrap())
}

proptest! {
    #[test]
    fn erosion_only_takes_away_and_more_takes_more(mask in masks(), a in 0.0..4.0_f64, b in 0.0..4.0_f64) {
        let spacing = [1.0, 1.5, 3.0];
        let (less, more) = (erode_mm(mask.view(), spacing, a.min(b)), erode_mm(mask.view(), spacing, a.max(b)));
        for ((before, less), more) in mask.iter().zip(&less).zip(&more) {
            prop_assert!(*before >= *less && *less >= *more);
        }
        prop_assert_eq!(erode_mm(mask.view(), spacing, 0.0), mask);
    }

    #[test]
    fn components_cover_the_mask_and_more_neighbours_make_fewer(mask in masks()) {
        let of = |connectivity| components(mask.view(), connectivity);
        let (six, n_six) = of(Connectivity::Six);
        let (_, n_eighteen) = of(Connectivity::Eighteen);
        let (_, n_all) = of(Connectivity::TwentySix);
        prop_assert!(n_six >= n_eighteen && n_eighteen >= n_all);
        prop_assert!(mask.iter().zip(&six).all(|(inside, number)| *inside == (*number > 0)));
        // numbers appear in the order of memory, and neighbours by a face share theirs
        let mut highest = 0;
        for &number in six.t().iter() {
            prop_assert!(number <= highest + 1);
            highest = highest.max(number);
        }
        prop_assert_eq!(highest as usize, n_six);
        for (a, b) in six.windows((2, 1, 1)).into_iter().map(|w| (w[[0, 0, 0]], w[[1, 0, 0]])) {
            prop_assert!(a == 0 || b == 0 || a == b);
        }
    }

    #[test]
    fn components_are_those_of_a_flood(mask in masks()) {
        for (connectivity, most) in [(Connectivity::Six, 1), (Connectivity::Eighteen, 2), (Connectivity::TwentySix, 3)] {
            prop_assert_eq!(components(mask.view(), connectivity).0, flooded(&mask, most));
        }
    }

    #[test]
    fn statistics_follow_shift_and_scale_and_ignore_order(
        values in prop::collection::vec(-100.0..100.0_f32, 2..80), scale in 0.5..4.0_f32, shift in -50.0..50.0_f32,
    ) {
        let moved: Vec<f32> = values.iter().rev().map(|v| scale * v + shift).collect();
        let (a, b) = (Statistics::of(&values), Statistics::of(&moved));
        let near = |x: f64, y: f64| (x - y).abs() <= 1e-3 * (1.0 + y.abs());
        let (scale, shift) = (f64::from(scale), f64::from(shift));
        for name in ["mean", "median", "p10", "p90", "min", "max"] {
            let (x, y) = (a.get(name).unwrap(), b.get(name).unwrap());
            prop_assert!(near(scale * x + shift, y), "{} {} {}", name, x, y);
        }
        for name in ["sd", "iqr", "range", "mad", "medad"] {
            prop_assert!(near(scale * a.get(name).unwrap(), b.get(name).unwrap()), "{}", name);
        }
        prop_assert!(a.min <= a.p5 && a.p5 <= a.p25 && a.p25 <= a.median && a.median <= a.p95 && a.p95 <= a.max);
        prop_assert!(a.entropy <= 6.0 + 1e-9 && a.uniformity <= 1.0 + 1e-9 && a.kurtosis_excess >= -2.0 - 1e-9);
    }

    #[test]
    fn a_histogram_holds_every_value_once(values in prop::collection::vec(-1e3..1e3_f32, 1..200), bins in 1..100_usize, width in 0.1..500.0_f64) {
        for binning in [Binning::Count(bins), Binning::Width(width)] {
            let histogram = Histogram::of(&values, binning);
            prop_assert_eq!(histogram.n(), values.len());
            prop_assert_eq!(histogram.edges.len(), histogram.counts.len() + 1);
        }
    }
}

/// Components by filling from each first voxel; neighbours differ along at most `most` axes.
fn flooded(mask: &Array3<bool>, most: usize) -> Array3<i32> {
    let mut numbers = filled([6, 5, 4], 0);
    let mut next = 0;
    for start in (0..6 * 5 * 4).map(|v| [v % 6, v / 6 % 5, v / 30]) {
        if !mask[start] || numbers[start] > 0 {
            continue;
        }
        next += 1;
        numbers[start] = next;
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for to in (0..6 * 5 * 4).map(|v| [v % 6, v / 6 % 5, v / 30]) {
                let steps: Vec<usize> = at.iter().zip(to).map(|(a, b)| a.abs_diff(b)).collect();
                let touches = steps.iter().all(|&s| s <= 1) && steps.iter().sum::<usize>() <= most;
                if touches && mask[to] && numbers[to] == 0 {
                    numbers[to] = next;
                    open.push(to);
                }
            }
        }
    }
    numbers
}

#[test]
fn an_empty_mask_has_no_components() {
    assert_eq!(components(filled([3, 3, 3], false).view(), Connectivity::Six).1, 0);
}
