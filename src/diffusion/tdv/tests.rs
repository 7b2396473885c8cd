//! A schematic body whose answers can be counted by hand.

use super::*;

/// 20 x 20 x 10 voxels of 2 x 2 x 5 mm (0.02 mL); muscle at k = 0 (signal 50, SD 0), marrow 150, a lesion of 4x4x4
/// voxels (signal 400, ADC 800) and a speck of one voxel, a bright organ inside the bone mask, ADC 400 elsewhere.
struct Body {
    grid: Grid,
    signal: Array3<f32>,
    adc: Array3<f32>,
    bone: Array3<bool>,
    organ: Array3<bool>,
    muscle: Array3<bool>,
}

fn body() -> Body {
    let grid = Grid::new([20, 20, 10], [[-2.0, 0.0, 0.0, 10.0], [0.0, -2.0, 0.0, 20.0], [0.0, 0.0, 5.0, -30.0]]);
    let (mut signal, mut adc) = (filled(grid.dims, 150.0), filled(grid.dims, 400.0));
    let (mut bone, mut organ, mut muscle) =
        (filled(grid.dims, true), filled(grid.dims, false), filled(grid.dims, false));
    for ((i, j, k), signal) in signal.indexed_iter_mut() {
        let at = [i, j, k];
        if k == 0 {
            (*signal, bone[at], muscle[at]) = (50.0, false, true);
        } else if (4..8).contains(&i) && (4..8).contains(&j) && (3..7).contains(&k) {
            (*signal, adc[at]) = (400.0, 800.0);
        } else if at == [15, 15, 5] {
            (*signal, adc[at]) = (400.0, 900.0);
        } else if i >= 18 && j >= 18 {
            (*signal, organ[at], adc[at]) = (900.0, true, 1200.0);
        }
    }
    Body { grid, signal, adc, bone, organ, muscle }
}

impl Body {
    fn segment(&self, params: &TdvParams) -> Result<Tdv, DiffusionError> {
        segment(
            &TdvInput {
                grid: &self.grid,
                signal: self.signal.view(),
                adc: self.adc.view(),
                bone: self.bone.view(),
                exclude: &[self.organ.view()],
                reference: Some(self.muscle.view()),
            },
            params,
        )
    }
}

fn ratio_five() -> TdvParams {
    TdvParams { adc_low: Some(300.0), adc_high: Some(1500.0), ..TdvParams::new(SignalRule::ReferenceRatio, 5.0) }
}

#[test]
fn the_lesion_is_measured_and_every_rule_accounts_for_its_voxels() {
    let body = body();
    let tdv = body.segment(&TdvParams { min_volume_ml: 0.5, ..ratio_five() }).unwrap();
    assert_eq!(tdv.threshold_signal, 250.0);
    assert!((tdv.total_ml - 64.0 * 0.02).abs() < 1e-12);
    assert_eq!((tdv.n_lesions, tdv.n_voxels), (1, 64));
    assert_eq!((tdv.gadc_median_um2_s, tdv.gadc_mean_um2_s), (Some(800.0), Some(800.0)));
    let removed = tdv.removed;
    assert_eq!((removed.exclude, removed.min_volume, removed.adc_window), (36, 1, 0));
    let accounted = removed.exclude + removed.signal + removed.adc_missing + removed.adc_window + removed.min_volume;
    assert_eq!(accounted + tdv.n_voxels, tdv.n_bone);
    let lesion = &tdv.lesions[0];
    assert_eq!(lesion.centroid_mm, [10.0 - 2.0 * 5.5, 20.0 - 2.0 * 5.5, -30.0 + 5.0 * 4.5]);
    let diagonal = (6.0_f64.powi(2) + 6.0_f64.powi(2) + 15.0_f64.powi(2)).sqrt();
    assert!((lesion.longest_axis_mm - diagonal - 20.0_f64.cbrt()).abs() < 1e-9);
    assert_eq!(tdv.labels.iter().filter(|&&label| label == 1).count(), 64);
    assert_eq!(tdv.labels[[4, 4, 3]], 1);
    assert!(tdv.sensitivity.iter().all(|point| (point.total_ml - tdv.total_ml).abs() < 1e-12));
    assert!(tdv.warnings.is_empty());
}

#[test]
fn without_a_smallest_volume_the_speck_counts() {
    let tdv = body().segment(&ratio_five()).unwrap();
    assert_eq!(tdv.lesions.iter().map(|lesion| lesion.n_voxels).collect::<Vec<_>>(), [64, 1]);
    assert_eq!(tdv.labels[[15, 15, 5]], 2);
}

#[test]
fn the_adc_window_and_missing_adc_remove_bright_voxels() {
    let mut body = body();
    body.adc[[4, 4, 3]] = f32::NAN;
    let tdv = body.segment(&TdvParams { adc_high: Some(850.0), ..ratio_five() }).unwrap();
    assert_eq!((tdv.removed.adc_missing, tdv.removed.adc_window, tdv.n_voxels), (1, 1, 63));
}

#[test]
fn the_sweep_shows_a_total_that_hangs_on_the_threshold() {
    // 160 x 0.9 lies below the marrow's 150
    let tdv = body().segment(&TdvParams::new(SignalRule::Absolute, 160.0)).unwrap();
    let totals: Vec<f64> = tdv.sensitivity.iter().map(|point| point.total_ml).collect();
    assert!(totals[0] > 50.0 && totals[1] > 50.0 && totals[2] < 2.0 && totals[3] < 2.0, "{totals:?}");
}

#[test]
fn nothing_or_half_of_the_bone_is_warned_about() {
    let slugs = |threshold: f64| -> Vec<String> {
        let tdv = body().segment(&TdvParams::new(SignalRule::ReferenceRatio, threshold)).unwrap();
        tdv.warnings.into_iter().map(|warning| warning.slug).collect()
    };
    assert_eq!(slugs(100.0), ["tdv-nothing-selected"]);
    assert_eq!(slugs(1.0), ["tdv-half-of-bone", "tdv-threshold-in-normal-marrow"]);
    assert!(body().segment(&TdvParams::new(SignalRule::Absolute, 1e6)).unwrap().gadc_median_um2_s.is_none());
}

#[test]
fn mean_plus_sd_uses_the_sample_standard_deviation() {
    let mut body = body();
    for ((i, _, k), signal) in body.signal.indexed_iter_mut() {
        if k == 0 {
            *signal = if i % 2 == 0 { 40.0 } else { 60.0 };
        }
    }
    let tdv = body.segment(&TdvParams::new(SignalRule::ReferenceSd, 3.0)).unwrap();
    assert!((tdv.threshold_signal - (50.0 + 3.0 * 10.0 * (400.0_f64 / 399.0).sqrt())).abs() < 1e-6);
}

#[test]
fn what_cannot_be_segmented_is_refused_by_name() {
    use crate::error::Failure;
    let mut body = body();
    let params = ratio_five();
    assert_eq!(body.segment(&TdvParams { threshold: -1.0, ..params.clone() }).unwrap_err().slug(), "bad-parameter");
    assert_eq!(
        body.segment(&TdvParams { adc_low: Some(2000.0), ..params.clone() }).unwrap_err().slug(),
        "bad-parameter"
    );
    body.muscle.fill(false);
    assert_eq!(body.segment(&params).unwrap_err().slug(), "empty-region");
    body.bone.fill(false);
    assert_eq!(body.segment(&params).unwrap_err().slug(), "empty-region");
}

#[test]
fn rules_of_the_patients_own_marrow_find_the_lesion() {
    let mut body = body();
    // marrow of 140 to 160 with most of it near 150
    for ((i, j, k), signal) in body.signal.indexed_iter_mut() {
        if *signal == 150.0 {
            *signal += (((i * 7 + j * 13 + k * 5) % 21) as f32 - 10.0) * (((i * 3 + j * 5 + k * 11) % 10) as f32 / 9.0);
        }
    }
    for (rule, threshold) in [(SignalRule::Robust, 4.0), (SignalRule::HalfWay, 0.5), (SignalRule::Mixture, 0.5)] {
        let tdv = body.segment(&TdvParams { min_volume_ml: 0.5, ..TdvParams::new(rule, threshold) }).unwrap();
        // the brightest marrow beside the lesion may join it
        assert!(tdv.n_lesions == 1 && (64..=66).contains(&tdv.n_voxels), "{rule:?}: {}", tdv.threshold_signal);
        assert!((tdv.threshold_from.marrow.unwrap().mode - 150.0).abs() < 2.0);
    }
    let half = body.segment(&TdvParams::new(SignalRule::HalfWay, 0.5)).unwrap();
    assert_eq!(half.threshold_from.bright_median, Some(400.0));
    assert!((half.threshold_signal - 275.0).abs() < 1.0);
    let healthy = body.segment(&TdvParams::new(SignalRule::HealthySd, 2.0)).unwrap();
    assert!((healthy.threshold_signal - 5.0 * 50.0).abs() < 1e-9);
    assert!(body.segment(&TdvParams::new(SignalRule::HalfWay, 1.0)).unwrap_err().to_string().contains("between"));
}

#[test]
fn marrow_without_disease_gives_no_disease_and_says_so() {
    let mut body = body();
    body.signal.mapv_inplace(|s| if s == 400.0 { 150.0 } else { s });
    let tdv = body.segment(&TdvParams::new(SignalRule::HalfWay, 0.5)).unwrap();
    let slugs: Vec<&str> = tdv.warnings.iter().map(|warning| warning.slug.as_str()).collect();
    assert_eq!((tdv.n_voxels, slugs), (0, vec!["tdv-no-bright-marrow", "tdv-nothing-selected"]));
    // most of the marrow diseased: it is the mode, and the reference shows it
    body.signal.mapv_inplace(|s| if s == 150.0 { 420.0 } else { s });
    let tdv = body.segment(&TdvParams::new(SignalRule::HalfWay, 0.5)).unwrap();
    assert!(tdv.warnings.iter().any(|warning| warning.slug == "tdv-bright-marrow"));
    let mixture = body.segment(&TdvParams::new(SignalRule::Mixture, 0.5));
    assert!(matches!(mixture, Err(DiffusionError::OneClass)));
}

#[test]
fn classes_of_adc_share_the_total_and_a_field_drops_the_speck() {
    let body = body();
    let tdv = body.segment(&TdvParams { adc_classes: vec![655.0, 850.0], ..ratio_five() }).unwrap();
    let classes: Vec<usize> = tdv.classes.iter().map(|class| class.n_voxels).collect();
    assert_eq!(classes, [0, 64, 1]);
    assert!((tdv.classes.iter().map(|class| class.volume_ml).sum::<f64>() - tdv.total_ml).abs() < 1e-9);
    let lesion = &tdv.lesions[0];
    assert_eq!((lesion.adc_mean_um2_s, lesion.adc_sd_um2_s, lesion.adc_p10_p90_um2_s), (800.0, 0.0, [800.0; 2]));
    // without a window the neighbours of the speck are marrow that can be outvoted
    let field = TdvParams { mrf_beta: 1.0, ..TdvParams::new(SignalRule::ReferenceRatio, 5.0) };
    let tdv = body.segment(&field).unwrap();
    assert_eq!((tdv.removed.field > 0, tdv.n_lesions), (true, 1), "{:?}", tdv.removed);
}
