use super::*;
use ndarray::{Array4, ShapeBuilder};

const B: [f64; 3] = [50.0, 400.0, 900.0];

fn one_voxel(signal: &[f32]) -> Array4<f32> {
    Array4::from_shape_fn((1, 1, 1, signal.len()).f(), |(_, _, _, v)| signal[v])
}

fn decay(s0: f64, adc: f64) -> Vec<f32> {
    B.iter().map(|b| (s0 * (-b * adc * 1e-6).exp()) as f32).collect()
}

#[test]
fn a_monoexponential_is_recovered() {
    for adc in [20.0, 400.0, 871.0, 2000.0, 3000.0] {
        let maps = fit(one_voxel(&decay(700.0, adc)).view(), &B, &AdcParams::default()).unwrap();
        assert!((f64::from(maps.adc[[0, 0, 0]]) - adc).abs() < 1e-2, "{} {adc}", maps.adc[[0, 0, 0]]);
        assert!((maps.s0[[0, 0, 0]] - 700.0).abs() < 1e-2);
        assert_eq!(maps.flags[[0, 0, 0]], 0);
    }
}

#[test]
fn whole_steps_are_the_nearest_of_a_fit_in_double_precision() {
    // slopes spread over the half-way points between two steps, closer than single precision can tell
    let n = 4000;
    let signal = |i: usize, b: f64| {
        let adc = 700.5 + 250.0 * (i % 4) as f64 + 1e-6 * (i as f64 - 2000.0);
        (3000.0 * (-b * adc * 1e-6).exp()) as f32
    };
    let series = Array4::from_shape_fn((n, 1, 1, 3).f(), |(i, _, _, v)| signal(i, B[v]));
    let wanted = Wanted { steps: true, ..Wanted::default() };
    let images =
        fit_images(&series.view(), &B, &AdcParams { sigma: Some(0.0), ..Default::default() }, &wanted).unwrap();
    let steps = images.adc.into_f32();
    let mut single_is_wrong = 0;
    let single = fit(series.view(), &B, &AdcParams { sigma: Some(0.0), ..Default::default() }).unwrap();
    for i in 0..n {
        let exact: f64 = -B
            .iter()
            .enumerate()
            .map(|(v, b)| (b - 450.0) / 365_000.0 * f64::from(series[[i, 0, 0, v]]).ln())
            .sum::<f64>();
        let off = (f64::from(steps[[i, 0, 0]]) - 1e6 * exact).abs();
        assert!(off <= 0.5 + 1e-9, "voxel {i} is {off} away");
        single_is_wrong += usize::from((f64::from(single.adc[[i, 0, 0]].round()) - 1e6 * exact).abs() > 0.5 + 1e-9);
    }
    assert!(single_is_wrong > 100, "single precision alone errs in {single_is_wrong} voxels: the test shows nothing");
}

#[test]
fn least_squares_agrees_with_the_textbook_slope() {
    // ln S = 6, 5.9, 5.2 at b = 50, 400, 900: slope and intercept of the regression worked by hand
    let series = one_voxel(&[6.0_f32.exp(), 5.9_f32.exp(), 5.2_f32.exp()]);
    let maps = fit(series.view(), &B, &AdcParams::default()).unwrap();
    let (mean_b, mean_y) = (450.0, 17.1 / 3.0);
    let slope = (-400.0 * (6.0 - mean_y) - 50.0 * (5.9 - mean_y) + 450.0 * (5.2 - mean_y)) / 365_000.0;
    assert!((f64::from(maps.adc[[0, 0, 0]]) + 1e6 * slope).abs() < 1e-2);
    assert!((f64::from(maps.s0[[0, 0, 0]]).ln() - (mean_y - slope * mean_b)).abs() < 1e-5);
    let ends = AdcParams { fit: AdcFit::TwoPoint, ..Default::default() };
    let maps = fit(series.view(), &B, &ends).unwrap();
    assert!((f64::from(maps.adc[[0, 0, 0]]) - 0.8 / 850.0 * 1e6).abs() < 1e-2);
    assert_eq!(maps.chosen.volumes, [0, 2]);
}

#[test]
fn each_flag_excludes_its_voxel() {
    let flags_of = |signal: &[f32], params: &AdcParams| {
        let maps = fit(one_voxel(signal).view(), &B, params).unwrap();
        assert_eq!(maps.adc[[0, 0, 0]].is_nan(), maps.flags[[0, 0, 0]] != 0);
        assert_eq!(maps.s0[[0, 0, 0]].is_nan(), maps.flags[[0, 0, 0]] != 0);
        maps.flags[[0, 0, 0]]
    };
    let plain = AdcParams::default();
    assert_eq!(flags_of(&[100.0, 80.0, 0.0], &plain), flag::NON_POSITIVE);
    assert_eq!(flags_of(&[100.0, -80.0, 60.0], &plain), flag::NON_POSITIVE);
    assert_eq!(flags_of(&[f32::NAN, 80.0, 60.0], &plain), flag::NON_POSITIVE);
    assert_eq!(flags_of(&[100.0, 60.0, 5.0], &AdcParams { sigma: Some(25.0), ..plain.clone() }), flag::BELOW_FLOOR);
    assert_eq!(flags_of(&[4095.0, 3000.0, 2000.0], &plain), flag::CLIPPED);
    assert_eq!(flags_of(&[80.0, 90.0, 100.0], &plain), flag::NOT_DECAYING | flag::OUT_OF_WINDOW);
    assert_eq!(flags_of(&[4000.0, 200.0, 1.0], &plain), flag::OUT_OF_WINDOW);
}

#[test]
fn the_layout_of_the_view_does_not_matter() {
    let fortran = Array4::from_shape_fn((5, 4, 3, 3).f(), |(i, j, k, v)| {
        decay(100.0 + (i * j) as f64, 300.0 + 50.0 * k as f64)[v]
    });
    let standard = Array4::from_shape_fn((5, 4, 3, 3), |index| fortran[index]);
    let a = fit(fortran.view(), &B, &AdcParams::default()).unwrap();
    let b = fit(standard.view(), &B, &AdcParams::default()).unwrap();
    assert_eq!(a.adc, b.adc);
    assert_eq!(a.s0, b.s0);
}

#[test]
fn a_high_b_in_the_noise_is_left_out_and_said() {
    let params = AdcParams { sigma: Some(25.0), ..AdcParams::default() };
    let maps = fit(one_voxel(&[100.0, 80.0, 70.0]).view(), &B, &params).unwrap();
    assert_eq!(maps.flags[[0, 0, 0]], flag::SHORTENED);
    assert_eq!((maps.flag_counts(), maps.n_measured()), ([0, 0, 0, 0, 0, 1], 1));
    assert!((f64::from(maps.adc[[0, 0, 0]]) - 1e6 * (100.0_f64 / 80.0).ln() / 350.0).abs() < 1e-2);
    let whole = AdcParams { floor_sigmas: 0.0, ..params };
    assert_eq!(fit(one_voxel(&[100.0, 80.0, 70.0]).view(), &B, &whole).unwrap().flags[[0, 0, 0]], 0);
    // of repeats the mean counts
    let b = [50.0, 400.0, 900.0, 900.0];
    let repeats = fit(
        one_voxel(&[200.0, 150.0, 60.0, 100.0]).view(),
        &b,
        &AdcParams { sigma: Some(25.0), ..AdcParams::default() },
    );
    assert_eq!(repeats.unwrap().flags[[0, 0, 0]], 0);
}

/// Value of a map of one voxel.
fn only(map: &Voxels) -> f64 {
    f64::from(map.clone().into_f32()[[0, 0, 0]])
}

#[test]
fn error_residual_and_computed_images_come_from_the_same_pass() {
    let signal = [100.0_f32, 80.0, 55.0];
    let wanted = Wanted { standard_error: true, residual: true, computed_b: vec![0.0, 1400.0], ..Wanted::default() };
    for fit in [AdcFit::Loglinear, AdcFit::Weighted, AdcFit::Iterative, AdcFit::Nlls] {
        let params = AdcParams { fit, sigma: Some(2.0), ..AdcParams::default() };
        let images = fit_images(&one_voxel(&signal).view(), &B, &params, &wanted).unwrap();
        let (adc, s0) = (only(&images.adc), only(&images.s0));
        assert!((only(&images.computed[0]) / s0 - 1.0).abs() < 1e-6);
        assert!((only(&images.computed[1]) / (s0 * (-1400e-6 * adc).exp()) - 1.0).abs() < 1e-5);
        let squares: f64 =
            B.iter().zip(signal).map(|(b, s)| (f64::from(s).ln() - s0.ln() + b * 1e-6 * adc).powi(2)).sum();
        assert!((only(images.residual.as_ref().unwrap()) - (squares / 3.0).sqrt()).abs() < 1e-5, "{fit:?}");
    }
    // plain fit: slope weights (b - 450) / 365000, noise of ln S 2 / S
    let images =
        fit_images(&one_voxel(&signal).view(), &B, &AdcParams { sigma: Some(2.0), ..Default::default() }, &wanted);
    let variance: f64 = B.iter().zip(signal).map(|(b, s)| ((b - 450.0) / 365e3 * 2.0 / f64::from(s)).powi(2)).sum();
    assert!((only(images.unwrap().standard_error.as_ref().unwrap()) - 1e6 * variance.sqrt()).abs() < 1e-2);
}

#[test]
fn the_standard_error_is_the_spread_of_repeated_measurements() {
    use rand::SeedableRng;
    use rand_distr::{Distribution, Normal};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(3);
    let noise = Normal::new(0.0, 4.0).unwrap();
    let truth = decay(300.0, 900.0);
    let series = Array4::from_shape_fn((50, 50, 4, 3).f(), |(_, _, _, v)| truth[v] + noise.sample(&mut random) as f32);
    let wanted = Wanted { standard_error: true, ..Wanted::default() };
    for fit in [AdcFit::Loglinear, AdcFit::Weighted, AdcFit::Nlls] {
        let params = AdcParams { fit, sigma: Some(4.0), ..AdcParams::default() };
        let images = fit_images(&series.view(), &B, &params, &wanted).unwrap();
        let adc = images.adc.into_f32().mapv(f64::from);
        let claimed = images.standard_error.unwrap().into_f32().mapv(f64::from).mean().unwrap();
        assert!((claimed / adc.std(1.0) - 1.0).abs() < 0.03, "{fit:?}: {claimed} for {}", adc.std(1.0));
    }
}

#[test]
fn steps_hold_the_same_maps_to_half_a_step() {
    let series = Array4::from_shape_fn((6, 5, 3, 3).f(), |(i, j, k, v)| {
        decay(200.0 + 30.0 * j as f64, 200.0 + 300.0 * i as f64 + 20.0 * k as f64)[v]
    });
    let params = AdcParams { sigma: Some(1.0), ..AdcParams::default() };
    let wanted = |steps| Wanted { steps, standard_error: true, residual: true, computed_b: vec![1400.0] };
    let plain = fit_images(&series.view(), &B, &params, &wanted(false)).unwrap();
    let steps = fit_images(&series.view(), &B, &params, &wanted(true)).unwrap();
    let pairs = [
        (&plain.adc, &steps.adc),
        (&plain.s0, &steps.s0),
        (plain.standard_error.as_ref().unwrap(), steps.standard_error.as_ref().unwrap()),
        (plain.residual.as_ref().unwrap(), steps.residual.as_ref().unwrap()),
        (&plain.computed[0], &steps.computed[0]),
    ];
    for (plain, steps) in pairs {
        let Voxels::I16 { slope, .. } = *steps else { panic!("not in steps") };
        let (plain, steps) = (plain.clone().into_f32(), steps.clone().into_f32());
        assert!(plain.iter().zip(&steps).all(|(a, b)| (a - b).abs() <= 0.500_1 * slope as f32), "slope {slope}");
        assert!(slope < 2.0 && steps.iter().any(|&v| v > 0.0) == plain.iter().any(|&v| v > slope as f32));
    }
}

#[test]
fn a_gain_changes_no_adc() {
    let series = Array4::from_shape_fn((4, 4, 4, 3).f(), |(i, j, k, v)| {
        decay(100.0 + (i * j) as f64, 300.0 + 99.0 * k as f64)[v]
    });
    let params = |fit| AdcParams { fit, ..AdcParams::default() };
    for fit_kind in [AdcFit::Loglinear, AdcFit::Weighted, AdcFit::Iterative, AdcFit::Nlls, AdcFit::TwoPoint] {
        let a = fit(series.view(), &B, &params(fit_kind)).unwrap();
        let b = fit(series.mapv(|s| 0.037 * s).view(), &B, &params(fit_kind)).unwrap();
        assert!(a.adc.iter().zip(&b.adc).all(|(a, b)| (a - b).abs() < 2e-2), "{fit_kind:?}");
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    let refused = |params: AdcParams, wanted: Wanted| {
        matches!(
            fit_images(&one_voxel(&[3.0, 2.0, 1.0]).view(), &B, &params, &wanted),
            Err(DiffusionError::Parameter { .. })
        )
    };
    assert!(refused(AdcParams { sigma: Some(-1.0), ..Default::default() }, Wanted::default()));
    assert!(refused(AdcParams { floor_sigmas: f64::NAN, ..Default::default() }, Wanted::default()));
    assert!(refused(AdcParams::default(), Wanted { computed_b: vec![-3.0], ..Default::default() }));
}
