use super::*;
use crate::diffusion::tdv;
use crate::diffusion::{SignalRule, Tdv, TdvInput, TdvParams};
use crate::image::{Grid, filled};
use rand::SeedableRng;
use rand_distr::{Distribution, Normal};

const SPACING: [f64; 3] = [1.6, 1.6, 5.0];
const DIMS: [usize; 3] = [40, 40, 12];
const MARROW: f64 = 100.0;
const VOXEL_ML: f64 = 1.6 * 1.6 * 5.0 / 1000.0;

fn grid() -> Grid {
    Grid::new(DIMS, [[1.6, 0.0, 0.0, 0.0], [0.0, 1.6, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0]])
}

/// Marrow with a ball of that radius (mm) and signal, averaged over each voxel at 6 x 6 x 12 places; its centre lies at no
/// special place of the lattice.
fn ball(radius: f64, signal: f64, noise: f64, seed: u64) -> Array3<f32> {
    let centre = [31.3, 32.9, 28.7];
    let fine = [6, 6, 12];
    let n: usize = fine.iter().product();
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let normal = Normal::new(0.0, noise).unwrap();
    let mut image = filled(DIMS, 0.0_f32);
    for ((i, j, k), value) in image.indexed_iter_mut() {
        let inside = (0..n)
            .filter(|&at| {
                let sub = [at % fine[0], at / fine[0] % fine[1], at / (fine[0] * fine[1])];
                let distance = |a: usize| {
                    let within = (sub[a] as f64 + 0.5) / fine[a] as f64 - 0.5;
                    ([i, j, k][a] as f64 + within) * SPACING[a] - centre[a]
                };
                (0..3).map(|a| distance(a).powi(2)).sum::<f64>() < radius * radius
            })
            .count();
        let share = inside as f64 / n as f64;
        *value = (MARROW + share * (signal - MARROW) + normal.sample(&mut random)) as f32;
    }
    image
}

fn total_ml(image: &Array3<f32>, threshold: f64, edges: Edges) -> f64 {
    segmented(image, &filled(DIMS, 700.0_f32), threshold, edges).total_ml
}

fn segmented(image: &Array3<f32>, adc: &Array3<f32>, threshold: f64, edges: Edges) -> Tdv {
    let bone = filled(DIMS, true);
    let grid = grid();
    let input = TdvInput {
        grid: &grid,
        signal: image.view(),
        adc: adc.view(),
        bone: bone.view(),
        exclude: &[],
        reference: None,
    };
    let params = TdvParams { edges, ..TdvParams::new(SignalRule::Absolute, threshold) };
    tdv::segment(&input, &params).unwrap()
}

fn volume_ml(radius: f64) -> f64 {
    4.0 / 3.0 * std::f64::consts::PI * radius.powi(3) / 1000.0
}

#[test]
fn shares_keep_the_volume_of_balls_whatever_the_threshold() {
    for radius in [8.0, 10.0, 13.0] {
        let image = ball(radius, 240.0, 0.0, 1);
        let truth = volume_ml(radius);
        let error = |threshold, edges| total_ml(&image, threshold, edges) / truth - 1.0;
        for threshold in [135.0, 170.0, 205.0] {
            let shared = error(threshold, Edges::Shared);
            assert!(shared.abs() < 0.02, "{radius} mm at {threshold}: {shared}");
        }
        // whole voxels hang on the threshold
        assert!(error(135.0, Edges::Whole) > 0.08 && error(205.0, Edges::Whole) < -0.08, "{radius}");
    }
}

#[test]
fn noise_moves_the_shared_volume_little() {
    let truth = volume_ml(10.0);
    let errors: Vec<f64> =
        (0..12).map(|seed| total_ml(&ball(10.0, 240.0, 6.0, seed), 170.0, Edges::Shared) / truth - 1.0).collect();
    let mean = errors.iter().sum::<f64>() / 12.0;
    assert!(mean.abs() < 0.03, "{mean} {errors:?}");
}

#[test]
fn what_is_hardly_brighter_than_marrow_is_counted_whole_and_counted() {
    let mut components = filled([5, 5, 5], 0_i32);
    components[[2, 2, 2]] = 1;
    let mut marrow = filled([5, 5, 5], 100.0_f32);
    marrow[[2, 2, 2]] = 110.0;
    let bulk = Bulk { mode: 100.0, spread: 5.0 };
    let volumes = Volumes::shared(&components, &[0, 1], marrow.view(), 105.0, bulk);
    assert_eq!(volumes, Volumes { voxels: vec![0.0, 1.0], without_contrast: vec![false, true] });
}

#[test]
fn a_voxel_between_two_components_is_counted_once_and_other_tissue_not_at_all() {
    let mut components = filled([7, 3, 3], 0_i32);
    let mut marrow = filled([7, 3, 3], 100.0_f32);
    for (at, id) in [([2, 1, 1], 1), ([4, 1, 1], 2)] {
        components[at] = id;
        marrow[at] = 200.0;
    }
    // one that both touch, one of cortex beside the first, one beyond the mask beside the second
    marrow[[3, 1, 1]] = 130.0;
    marrow[[1, 1, 1]] = 10.0;
    marrow[[5, 1, 1]] = f32::NAN;
    let bulk = Bulk { mode: 100.0, spread: 5.0 };
    let volumes = Volumes::shared(&components, &[0, 1, 1], marrow.view(), 150.0, bulk);
    assert!((volumes.voxels[1] - 1.3).abs() < 1e-6 && (volumes.voxels[2] - 1.0).abs() < 1e-6, "{volumes:?}");
}

#[test]
fn a_volume_of_whole_voxels_is_their_number() {
    let image = ball(10.0, 240.0, 0.0, 1);
    let n = image.iter().filter(|&&v| v > 170.0).count();
    assert!((total_ml(&image, 170.0, Edges::Whole) - n as f64 * VOXEL_ML).abs() < 1e-9);
}

#[test]
fn adc_of_a_small_lesion_is_that_of_its_inside_not_of_its_edge() {
    // signals of marrow and lesion at b = 50 and 900 s/mm2 mix by volume, ADC does not
    let adc_of = |low: f64, high: f64| (low / high).ln() / 850e-6;
    let truth = adc_of(400.0, 240.0);
    for radius in [5.5, 7.0, 12.0] {
        let high = ball(radius, 240.0, 0.0, 1);
        let adc = high.mapv(|high| {
            let share = (f64::from(high) - MARROW) / (240.0 - MARROW);
            adc_of(150.0 + share * 250.0, f64::from(high)) as f32
        });
        let [whole, shared] = [Edges::Whole, Edges::Shared].map(|edges| segmented(&high, &adc, 150.0, edges));
        for median in [shared.lesions[0].adc_median_um2_s, shared.gadc_median_um2_s.unwrap()] {
            assert!((median / truth - 1.0).abs() < 0.001, "{radius}: {median}");
        }
        assert!(whole.gadc_mean_um2_s.unwrap() / truth < 0.99, "{radius}: {:?}", whole.gadc_mean_um2_s);
        assert_eq!((whole.n_adc_voxels, shared.n_voxels), (whole.n_voxels, whole.n_voxels));
        assert!(shared.n_adc_voxels < shared.n_voxels && shared.lesions[0].n_adc_voxels == shared.n_adc_voxels);
        // classes hold the whole volume, whatever the values are of
        let of_classes: f64 = shared.classes.iter().map(|class| class.volume_ml).sum();
        assert!((of_classes - shared.total_ml).abs() < 1e-9);
    }
}

#[test]
fn the_innermost_voxels_stand_for_a_lesion() {
    let values = |depths: &[u8]| innermost((1..=depths.len()).map(|n| n as f32).collect(), depths);
    assert_eq!(values(&[6, 1, 6, 5, 6]), [1.0, 3.0, 5.0]);
    assert_eq!(values(&[6, 1, 6, 5, 3]), [1.0, 3.0, 4.0]);
    assert_eq!(values(&[4, 1, 6, 4, 3]), [1.0, 3.0, 4.0]);
    assert_eq!(values(&[6, 1, 3, 2]), [1.0, 2.0, 3.0, 4.0]);
    let mut components = filled([4, 3, 3], 1_i32);
    components[[2, 1, 1]] = 2;
    assert_eq!([[1, 1, 1], [0, 0, 0], [2, 1, 1]].map(|at| depth(&components, at)), [5, 3, 0]);
}
