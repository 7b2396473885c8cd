//! Laws of the Dixon and diffusion kernels.

use myelomri::diffusion::{AdcParams, SignalRule, TdvInput, TdvParams, adc, compose, plan, tdv};
use myelomri::dixon::{dropout_ratio, signal_fat_fraction, two_point};
use myelomri::image::{Grid, filled};
use ndarray::{Array3, Array4, ShapeBuilder};
use proptest::prelude::*;

const DIMS: [usize; 3] = [6, 5, 4];
const N: usize = 6 * 5 * 4;

fn image(values: &[f32]) -> Array3<f32> {
    Array3::from_shape_vec((DIMS[0], DIMS[1], DIMS[2]).f(), values.to_vec()).unwrap()
}

/// The same to single precision, NaN equal to NaN.
fn alike(a: &Array3<f32>, b: &Array3<f32>, tolerance: f32) -> bool {
    a.iter().zip(b).all(|(a, b)| (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance)
}

fn signals() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(0.0_f32..900.0, N)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn fractions_do_not_depend_on_the_scale_of_the_images(a in signals(), b in signals(), scale in 0.01_f32..50.0) {
        let (a, b) = (image(&a), image(&b));
        let (sa, sb) = (a.mapv(|v| v * scale), b.mapv(|v| v * scale));
        let ff = |a: &Array3<f32>, b: &Array3<f32>| signal_fat_fraction(a.view(), b.view(), 0.0);
        prop_assert!(alike(&ff(&a, &b), &ff(&sa, &sb), 1e-3));
        // the in-phase image as denominator: relative to the size of the ratio
        for kernel in [two_point, dropout_ratio] {
            let (plain, scaled) = (kernel(a.view(), b.view(), 0.0), kernel(sa.view(), sb.view(), 0.0));
            let relative = |map: &Array3<f32>| map.mapv(|v| v / (1.0 + v.abs()));
            prop_assert!(alike(&relative(&plain), &relative(&scaled), 1e-4));
        }
    }

    #[test]
    fn water_and_fat_fractions_add_to_one_hundred(a in signals(), b in signals()) {
        let (a, b) = (image(&a), image(&b));
        let sum = signal_fat_fraction(a.view(), b.view(), 0.0) + signal_fat_fraction(b.view(), a.view(), 0.0);
        prop_assert!(sum.iter().all(|v| v.is_nan() || (v - 100.0).abs() < 1e-3));
    }

    #[test]
    fn adc_does_not_depend_on_the_gain(
        s0 in prop::collection::vec(50.0_f32..900.0, N),
        diffusion in prop::collection::vec(200.0_f32..3000.0, N),
        gain in 0.05_f32..20.0,
    ) {
        let b = [50.0, 400.0, 900.0];
        let (s0, diffusion) = (image(&s0), image(&diffusion));
        let series = |gain: f32| {
            Array4::from_shape_fn((DIMS[0], DIMS[1], DIMS[2], 3).f(), |(i, j, k, v)| {
                gain * s0[[i, j, k]] * (-(b[v] as f32) * diffusion[[i, j, k]] * 1e-6).exp()
            })
        };
        let fit = |gain: f32| adc::fit(series(gain).view(), &b, &AdcParams::default()).unwrap();
        let (plain, scaled) = (fit(1.0), fit(gain));
        prop_assert!(alike(&plain.adc, &scaled.adc, 2e-2));
        prop_assert!(alike(&plain.adc, &diffusion, 2e-2));
        prop_assert_eq!(plain.flags, scaled.flags);
    }

    #[test]
    fn tdv_adds_over_disjoint_masks(signal in signals(), split in prop::collection::vec(any::<bool>(), N)) {
        let grid = Grid::axis_aligned(DIMS, [2.0, 2.0, 5.0], [0.0; 3]);
        let signal = image(&signal);
        let adc = filled(DIMS, 800.0_f32);
        let part = Array3::from_shape_vec((DIMS[0], DIMS[1], DIMS[2]).f(), split).unwrap();
        let total = |bone: &Array3<bool>| {
            let input = TdvInput {
                grid: &grid, signal: signal.view(), adc: adc.view(), bone: bone.view(), exclude: &[], reference: None,
            };
            tdv::segment(&input, &TdvParams::new(SignalRule::Absolute, 450.0)).map_or(0.0, |tdv| tdv.total_ml)
        };
        let whole = total(&filled(DIMS, true));
        prop_assert!((whole - total(&part) - total(&part.mapv(|inside| !inside))).abs() < 1e-9);
        prop_assert!(whole <= N as f64 * grid.voxel_volume_ml() + 1e-9);
    }

    #[test]
    fn the_order_of_stations_is_irrelevant(
        order in Just(vec![0_usize, 1, 2]).prop_shuffle(),
        steps in prop::collection::vec(5_usize..12, 2),
        values in prop::collection::vec(0.0_f32..1000.0, 3 * 4 * 3 * 12),
    ) {
        // three stations of 12 slices, each 5 to 11 slices below the one before: they overlap or just touch
        let starts = [0, steps[0], steps[0] + steps[1]];
        let grids: Vec<Grid> =
            starts.iter().map(|&slice| Grid::axis_aligned([4, 3, 12], [2.0, 2.0, 4.0], [0.0, 0.0, -4.0 * slice as f64])).collect();
        let images: Vec<Array3<f32>> =
            values.chunks(4 * 3 * 12).map(|part| Array3::from_shape_vec((4, 3, 12).f(), part.to_vec()).unwrap()).collect();
        let composed = |order: &[usize]| {
            let grids: Vec<Grid> = order.iter().map(|&n| grids[n].clone()).collect();
            let views: Vec<_> = order.iter().map(|&n| images[n].view()).collect();
            let plan = plan(&grids, false).unwrap();
            (plan.grid.clone(), compose(&plan, &views, &[1.0; 3]))
        };
        let (grid, image) = composed(&[0, 1, 2]);
        prop_assert_eq!(&composed(&order), &(grid, image.clone()));
        prop_assert_eq!(image.shape()[2], 12 + starts[2]);
        prop_assert!(image.iter().all(|v| (0.0..1000.0).contains(v)));
    }
}
