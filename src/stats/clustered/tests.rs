use super::*;
use crate::stats::delong;
use crate::stats::logistic::maximum_likelihood;

/// 24 patients, a third of them positive, `rows` rows each with a value of the patient and some of their own.
fn data(rows: usize, own: f64) -> (Vec<f64>, Vec<bool>, Vec<usize>) {
    let (mut values, mut positive, mut cluster) = (Vec::new(), Vec::new(), Vec::new());
    for patient in 0..24 {
        let class = patient % 3 == 0;
        let level = ((patient * 7) % 11) as f64 + if class { 4.0 } else { 0.0 };
        for row in 0..rows {
            values.push(level + own * ((patient * 5 + row * 3) % 7) as f64);
            positive.push(class);
            cluster.push(patient);
        }
    }
    (values, positive, cluster)
}

#[test]
fn with_one_row_a_patient_it_is_delongs_variance() {
    let (values, positive, cluster) = data(1, 0.3);
    let plain = delong::delong(&values, &positive, Direction::Higher).unwrap();
    let found = area(&values, &positive, &cluster, Direction::Higher).unwrap();
    assert!((plain.variance - found.variance).abs() < 1e-15, "{} {}", plain.variance, found.variance);
    assert_eq!(found.interval(0.95).method, "logit-obuchowski");
}

#[test]
fn rows_that_repeat_their_patient_add_nothing() {
    let (values, positive, cluster) = data(1, 0.3);
    let thrice = |i: &usize| [*i; 3];
    let rows: Vec<usize> = (0..values.len()).collect::<Vec<_>>().iter().flat_map(thrice).collect();
    let pick = |v: &[f64]| rows.iter().map(|&i| v[i]).collect::<Vec<f64>>();
    let class: Vec<bool> = rows.iter().map(|&i| positive[i]).collect();
    let who: Vec<usize> = rows.iter().map(|&i| cluster[i]).collect();
    let (once, now) = (
        area(&values, &positive, &cluster, Direction::Higher).unwrap(),
        area(&pick(&values), &class, &who, Direction::Higher).unwrap(),
    );
    assert!((once.auc - now.auc).abs() < 1e-14 && (once.variance - now.variance).abs() < 1e-14);
    // rows taken for patients would be three times as sure
    let naive = delong::delong(&pick(&values), &class, Direction::Higher).unwrap();
    assert!(naive.variance < 0.4 * now.variance);
    let (difference, se) = mean_difference(&values, &positive, &cluster).unwrap();
    let again = mean_difference(&pick(&values), &class, &who).unwrap();
    assert!((difference - again.0).abs() < 1e-12 && (se - again.1).abs() < 1e-12);
    let model = |v: &[f64], y: &[bool], c: &[usize]| {
        let design = Design::new(&["x".to_owned()], &[v.to_vec()]).unwrap();
        let fit = maximum_likelihood(&design, y).unwrap();
        inference(&fit, &design, y, c, 0.95).unwrap()
    };
    let (once, now) = (model(&values, &positive, &cluster), model(&pick(&values), &class, &who));
    for (a, b) in once.iter().zip(&now) {
        assert!((a.se.unwrap() - b.se.unwrap()).abs() < 1e-9, "{a:?} {b:?}");
    }
}

#[test]
fn the_covariance_of_an_area_with_itself_is_its_variance_and_pairs_are_compared() {
    let (values, positive, cluster) = data(3, 1.0);
    let other: Vec<f64> = values.iter().enumerate().map(|(i, v)| v + ((i * 11) % 9) as f64).collect();
    let a = area(&values, &positive, &cluster, Direction::Higher).unwrap();
    let b = area(&other, &positive, &cluster, Direction::Higher).unwrap();
    assert!((a.covariance(&a).unwrap() - a.variance).abs() < 1e-15);
    let compared = delong::compare(&a, &b, 0.95).unwrap();
    let expected = a.variance + b.variance - 2.0 * a.covariance(&b).unwrap();
    assert!((compared.se - expected.sqrt()).abs() < 1e-12 && compared.p.is_some());
}

#[test]
fn resamples_and_folds_keep_the_rows_of_a_patient_together() {
    let (_, positive, cluster) = data(3, 1.0);
    for rows in resamples(&positive, &cluster, 50, 4).unwrap().map(<[usize]>::to_vec) {
        assert_eq!(rows.len(), 72);
        for three in rows.chunks(3) {
            assert!(three.iter().all(|&i| cluster[i] == cluster[three[0]]), "{three:?}");
        }
        assert_eq!(rows.iter().filter(|&&i| positive[i]).count(), 24);
    }
    let folds = folds(&positive, &cluster, 4, 2, 4).unwrap();
    for fold in folds.repeats() {
        assert!((0..72).all(|i| fold[i] == fold[3 * (i / 3)]));
        assert!((0..4).all(|f| (0..72).any(|i| fold[i] == f && positive[i])));
    }
    assert!(super::folds(&positive, &cluster, 9, 1, 4).is_err());
}

/// How often the interval of an area holds the truth where rows of a patient are alike: patients drawn 400 times.
#[test]
fn intervals_of_alike_rows_hold_the_truth_as_often_as_they_say() {
    use crate::stats::distributions::normal_quantile;
    let truth = 0.5 * (1.0 + libm_erf(1.0 / (2.0 * 1.25f64.sqrt())));
    let covered = |clustered: bool| {
        let one = |number: u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(17);
            rng.set_stream(number);
            let mut normal = || normal_quantile(rng.random_range(1e-12..1.0));
            let (mut values, mut positive, mut cluster) = (Vec::new(), Vec::new(), Vec::new());
            for patient in 0..60 {
                let class = patient < 30;
                let level = normal() + if class { 1.0 } else { 0.0 };
                for _ in 0..5 {
                    values.push(level + 0.5 * normal());
                    positive.push(class);
                    cluster.push(patient);
                }
            }
            let area = match clustered {
                true => area(&values, &positive, &cluster, Direction::Higher).unwrap(),
                false => delong::delong(&values, &positive, Direction::Higher).unwrap(),
            };
            let interval = area.interval(0.95).interval;
            interval.low <= truth && truth <= interval.high
        };
        (0..400).into_par_iter().filter(|&n| one(n)).count()
    };
    let (right, naive) = (covered(true), covered(false));
    assert!((368..=394).contains(&right), "of 400 by patients: {right}");
    assert!(naive < 300, "of 400 by rows: {naive}");
}

/// erf by its series, enough for arguments near one half.
fn libm_erf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..60 {
        term *= -x * x / n as f64;
        sum += term / (2 * n + 1) as f64;
    }
    2.0 / std::f64::consts::PI.sqrt() * sum
}

#[test]
fn calibration_in_the_large_has_the_interval_of_scripts_reference_clustered_calls() {
    let lp = [-1.2, 0.4, 0.9, -0.3, 1.7, -2.1, 0.2, 0.6];
    let y = [false, true, false, true, true, false, false, true];
    let found = calibration_intercept(&lp, &y, &[0, 0, 1, 1, 1, 2, 3, 3], 0.95).unwrap();
    assert!((found.low + 0.4796283757).abs() < 1e-9 && (found.high - 0.3313989319).abs() < 1e-9, "{found:?}");
    assert!(calibration_intercept(&lp, &y, &[0; 8], 0.95).is_err());
}
