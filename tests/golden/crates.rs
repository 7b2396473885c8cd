//! Faults of the libraries below that must not come through: what statrs 0.19 and linfa-logistic 0.8 get wrong, right.

use myelomri::stats::delong::delong;
use myelomri::stats::design::Design;
use myelomri::stats::distributions::normal_sf;
use myelomri::stats::logistic::Method;
use myelomri::stats::rank_tests::mann_whitney;
use myelomri::stats::roc::Direction;
use myelomri::stats::{LEVEL, StatsError};

/// statrs gives p = 1 for the exact test where the first group is not the larger one.
#[test]
fn the_exact_rank_sum_test_is_right_whichever_group_is_larger() {
    let p = |a: &[f64], b: &[f64]| mann_whitney(a, b, LEVEL).unwrap().p_exact.unwrap();
    let run = |from: u32, n: u32| (from..from + n).map(f64::from).collect::<Vec<_>>();
    // completely apart: 2 / C(7, 3), 2 / C(8, 4), 2 / C(38, 8)
    for (m, n, ways) in [(3, 4, 35.0), (4, 4, 70.0), (8, 30, 48_903_492.0)] {
        let (low, high) = (run(0, m), run(m, n));
        for found in [p(&low, &high), p(&high, &low)] {
            assert!((found - 2.0 / ways).abs() < 1e-12, "{m} and {n}: {found}");
        }
    }
    // half of all pairs: the middle of the law
    assert!((p(&[2.0, 4.0, 6.0, 8.0], &[1.0, 3.0, 5.0, 7.0, 9.0]) - 1.0).abs() < 1e-12);
}

/// It enumerates all ways, for hours at 8 against 100.
#[test]
fn the_exact_rank_sum_test_takes_no_hours() {
    let (a, b): (Vec<f64>, Vec<f64>) =
        ((0..8).map(|i| f64::from(i) + 0.5).collect(), (0..112).map(f64::from).collect());
    let start = std::time::Instant::now();
    assert!(mann_whitney(&a, &b, LEVEL).unwrap().p < 0.001);
    assert!(start.elapsed().as_secs() < 20);
}

/// Its asymptotic tail is 1 - cdf, which is 0 from 8.3 standard deviations on.
#[test]
fn far_tails_are_not_zero() {
    // scipy.stats.norm.sf(10)
    assert!((normal_sf(10.0) / 7.619_853_024_160_527e-24 - 1.0).abs() < 1e-9);
}

fn marker(n: usize, share: usize) -> (Vec<f64>, Vec<bool>) {
    let y: Vec<bool> = (0..n).map(|i| (i * 7) % 10 < share).collect();
    let x = (0..n).map(|i| ((i * 13) % 17) as f64 + if y[i] { 4.0 } else { 0.0 }).collect();
    (x, y)
}

/// linfa-logistic calls the larger class positive, whatever the labels say.
#[test]
fn the_sign_of_a_ridge_slope_does_not_turn_with_the_larger_class() {
    for share in [2, 5, 8] {
        let (x, y) = marker(60, share);
        let design = Design::new(&["x".to_owned()], &[x]).unwrap();
        let fit = Method::Ridge { lambda: Some(0.05) }.fit(&design, &y).unwrap();
        assert!(fit.coefficients[1] > 0.0, "{share} of 10 positive: {:?}", fit.coefficients);
    }
}

/// It returns Ok with any number on separated data, and on columns that are not scaled.
#[test]
fn separated_data_have_no_maximum_likelihood_and_scales_do_not_matter() {
    let x: Vec<f64> = (0..20).map(f64::from).collect();
    let y: Vec<bool> = (0..20).map(|i| i >= 12).collect();
    let design = Design::new(&["x".to_owned()], &[x]).unwrap();
    let refused = Method::MaximumLikelihood.fit(&design, &y);
    assert!(matches!(refused, Err(StatsError::Separated { .. })));
    let (x, y) = marker(80, 4);
    let slope = |factor: f64, shift: f64| {
        let scaled = x.iter().map(|v| factor * v + shift).collect::<Vec<_>>();
        let design = Design::new(&["x".to_owned()], &[scaled]).unwrap();
        Method::Ridge { lambda: Some(1e-3) }.fit(&design, &y).unwrap().coefficients[1] * factor
    };
    assert!((slope(1.0, 0.0) - slope(1e-3, 1200.0)).abs() < 1e-4 * slope(1.0, 0.0).abs());
}

/// Its ROC is in single precision and merges what lies within 1e-10.
#[test]
fn areas_keep_values_that_differ_in_the_last_digits() {
    let values = [1.0, 1.0 + 1e-12, 1.0 + 2e-12, 1.0 + 3e-12];
    let found = delong(&values, &[false, true, false, true], Direction::Higher).unwrap();
    assert_eq!(found.auc, 0.75);
}
