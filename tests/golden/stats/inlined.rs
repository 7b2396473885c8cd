//! Numbers that need no shared data: a simulated, completely separated table (CC0) with values from R.

use super::table::Table;
use myelomri::stats::delong::{compare, delong};
use myelomri::stats::design::Design;
use myelomri::stats::firth;
use myelomri::stats::roc::Direction;
use myelomri::stats::separation::{Kind, detect};
use myelomri::stats::{LEVEL, StatsError, logistic};

/// Outcome, change of fat fraction, change of M protein; 15 positive patients first.
const TABLE: &str = "y,ff_change,mp_change
1,52.7,-83.3
1,53.6,-71.2
1,55.0,-30.4
1,101.7,-62.8
1,115.0,-34.0
1,140.3,74.1
1,146.8,-11.3
1,153.7,-134.6
1,174.5,64.0
1,210.0,-19.1
1,249.5,-96.5
1,250.3,14.4
1,273.5,-38.9
1,293.3,-76.9
1,299.8,-78.0
0,-59.9,-59.6
0,-58.6,2.9
0,-58.2,64.1
0,-54.0,-19.5
0,-53.6,25.2
0,-45.2,112.5
0,-39.9,-72.9
0,-37.5,15.5
0,-36.7,-18.4
0,-36.6,-63.6
0,-33.1,-61.6
0,-28.7,-0.9
0,-28.3,26.0
0,-27.8,-31.9
0,-21.2,3.3
0,-16.8,43.3
0,-15.6,17.8
0,-11.2,52.1
0,-10.2,27.7
0,-9.9,29.3
0,-9.8,109.6
0,-5.0,37.4
0,7.0,7.8
0,7.2,42.6
0,9.2,-55.1
0,10.0,-20.3
0,19.1,47.6
0,19.2,37.8
0,19.8,92.9
0,23.6,0.6
0,26.1,-87.7
0,26.3,116.8
0,27.1,65.6
0,28.6,-63.5
0,32.4,82.5";

fn column(name: &str) -> (Vec<f64>, Vec<bool>) {
    let (mut columns, outcome) = Table::of_text("toy", TABLE).complete(&[name.to_owned()]).unwrap();
    (columns.remove(0), outcome)
}

fn close(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{found} is not {expected}");
}

#[test]
fn firth_reaches_the_maximum_on_separated_data() {
    // brglm2 AS_mean and a 40-digit Newton search; logistf's default control stops at -6.8023, 0.15898
    let (x, y) = column("ff_change");
    let design = Design::new(&["ff_change".to_owned()], &[x]).unwrap();
    assert_eq!(detect(&design, &y).unwrap().kind, Kind::Complete);
    assert!(matches!(logistic::maximum_likelihood(&design, &y), Err(StatsError::Separated { .. })));
    let fit = firth::fit(&design, &y).unwrap();
    close(fit.coefficients[0], -7.233700006664257, 1e-9);
    close(fit.coefficients[1], 0.16910255592052406, 1e-9);
    close(fit.prediction_intercept, -7.368046869212243, 1e-9);
    let terms = fit.inference(&design, &y, LEVEL);
    close(terms[0].ci_low.unwrap(), -18.20150682707206, 1e-8);
    close(terms[0].ci_high.unwrap(), -2.5867078320029955, 1e-8);
    close(terms[1].ci_low.unwrap(), 0.04849023400899976, 1e-8);
    close(terms[1].ci_high.unwrap(), 0.4762663539567574, 1e-8);
    close(terms[1].chi2.unwrap(), 50.09520642259, 1e-8);
    close(terms[1].p.unwrap(), 1.4646435275646104e-12, 1e-6);
}

#[test]
fn curves_of_opposite_direction_are_compared_after_orienting_both() {
    // pROC 1.19.0.1, roc.test(paired = TRUE, method = "delong")
    let ((ff, y), (mp, _)) = (column("ff_change"), column("mp_change"));
    let a = delong(&ff, &y, Direction::Higher).unwrap();
    let b = delong(&mp, &y, Direction::Lower).unwrap();
    close(b.auc, 0.76, 1e-14);
    close(b.variance, 0.006373688523028259, 1e-12);
    let ci = b.interval(LEVEL);
    assert_eq!(ci.method, "logit-delong");
    close(ci.interval.low, 0.5731745265784289, 1e-12);
    close(ci.interval.high, 0.8818996896534219, 1e-12);
    let c = compare(&a, &b, LEVEL).unwrap();
    close(c.z.unwrap(), 3.006185832211026, 1e-12);
    close(c.p.unwrap(), 0.002645472681952295, 1e-11);
    close(c.interval.unwrap().low, 0.08352552285710038, 1e-11);
    assert_eq!(a.interval(LEVEL).method, "newcombe");
}
