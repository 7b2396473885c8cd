//! Laws of the statistics.

use myelomri::stats::LEVEL;
use myelomri::stats::delong::{compare, delong};
use myelomri::stats::design::Design;
use myelomri::stats::firth;
use myelomri::stats::rank_tests::mann_whitney;
use myelomri::stats::roc::{self, Direction};
use proptest::prelude::*;

/// A marker of few distinct values, so that ties are common, with both classes present.
fn patients() -> impl Strategy<Value = (Vec<f64>, Vec<bool>)> {
    prop::collection::vec((-20i32..20, any::<bool>()), 6..40).prop_map(|rows| {
        let mut outcome: Vec<bool> = rows.iter().map(|r| r.1).collect();
        outcome[..4].copy_from_slice(&[true, true, false, false]);
        (rows.iter().map(|r| f64::from(r.0) / 4.0).collect(), outcome)
    })
}

proptest! {
    #[test]
    fn the_area_is_invariant_to_monotone_transforms((values, outcome) in patients()) {
        let area = |v: &[f64], d| roc::auc(v, &outcome, d).unwrap();
        let risen: Vec<f64> = values.iter().map(|v| (v / 3.0).exp() * 7.0 + 1.0).collect();
        let turned: Vec<f64> = values.iter().map(|v| -v * v * v).collect();
        let plain = area(&values, Direction::Higher);
        prop_assert_eq!(plain, area(&risen, Direction::Higher));
        prop_assert_eq!(plain, area(&turned, Direction::Lower));
        prop_assert!((plain + area(&values, Direction::Lower) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn comparing_curves_the_other_way_round_turns_the_sign((values, outcome) in patients(), shift in 1usize..5) {
        let mut other = values.clone();
        other.rotate_left(shift);
        let a = delong(&values, &outcome, Direction::Higher).unwrap();
        let b = delong(&other, &outcome, Direction::Lower).unwrap();
        let (ab, ba) = (compare(&a, &b, LEVEL).unwrap(), compare(&b, &a, LEVEL).unwrap());
        prop_assert_eq!(ab.difference, -ba.difference);
        prop_assert!((ab.se - ba.se).abs() < 1e-12);
        let ci = a.interval(LEVEL).interval;
        prop_assert!(0.0 <= ci.low && ci.low <= a.auc && a.auc <= ci.high && ci.high <= 1.0);
    }

    #[test]
    fn the_area_is_the_rank_statistic((values, outcome) in patients()) {
        let pick = |class| values.iter().zip(&outcome).filter(|&(_, &o)| o == class).map(|(&v, _)| v).collect::<Vec<_>>();
        let (cases, controls) = (pick(true), pick(false));
        if let Ok(test) = mann_whitney(&cases, &controls, LEVEL) {
            let area = test.u / (cases.len() * controls.len()) as f64;
            prop_assert!((area - roc::auc(&values, &outcome, Direction::Higher).unwrap()).abs() < 1e-12);
            prop_assert!(test.p > 0.0 && test.p <= 1.0);
        }
    }

    #[test]
    fn firth_follows_the_unit_of_a_column((values, outcome) in patients(), factor in 0.01f64..100.0) {
        let fit = |scale: f64| {
            let column: Vec<f64> = values.iter().map(|v| scale * v + 3.0).collect();
            Design::new(&["x".to_owned()], &[column]).and_then(|d| firth::fit(&d, &outcome))
        };
        if let (Ok(one), Ok(scaled)) = (fit(1.0), fit(factor)) {
            let expected = one.coefficients[1] / factor;
            prop_assert!((scaled.coefficients[1] - expected).abs() <= 1e-7 * expected.abs().max(1e-6));
            prop_assert!((one.log_likelihood - scaled.log_likelihood).abs() < 1e-7);
        }
    }
}
