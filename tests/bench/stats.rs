//! How long the resampling takes: `cargo bench --bench stats`.

use myelomri::stats::delong::delong;
use myelomri::stats::design::Design;
use myelomri::stats::logistic::Method;
use myelomri::stats::resample::{Resamples, Scheme, auc_distribution};
use myelomri::stats::roc::Direction;
use myelomri::stats::{LEVEL, validation};

fn main() {
    divan::main();
}

/// Fifty simulated patients, 15 positive, with two overlapping markers.
fn cohort() -> (Vec<Vec<f64>>, Vec<bool>) {
    let outcome: Vec<bool> = (0..50).map(|i| i % 10 < 3).collect();
    let marker = |step: usize, effect: f64| {
        outcome.iter().enumerate().map(|(i, &p)| ((i * step) % 47) as f64 + if p { effect } else { 0.0 }).collect()
    };
    (vec![marker(17, 25.0), marker(29, -10.0)], outcome)
}

#[divan::bench]
fn delong_of_100_000_patients(bencher: divan::Bencher) {
    let outcome: Vec<bool> = (0..100_000).map(|i| i % 10 < 3).collect();
    let scattered = |i: u64| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 11) as f64 / (1u64 << 53) as f64;
    let values: Vec<f64> =
        outcome.iter().enumerate().map(|(i, &p)| scattered(i as u64) + if p { 0.3 } else { 0.0 }).collect();
    bencher.bench(|| delong(&values, &outcome, Direction::Higher).unwrap().variance);
}

#[divan::bench]
fn ten_thousand_stratified_areas() -> Vec<f64> {
    let (markers, outcome) = cohort();
    let resamples = Resamples::draw(Scheme::Stratified, &outcome, 10_000, 1);
    auc_distribution(&markers[0], &outcome, Direction::Higher, &resamples).unwrap()
}

#[divan::bench]
fn two_thousand_firth_refits(bencher: divan::Bencher) {
    let (markers, outcome) = cohort();
    let design = Design::new(&["a".to_owned(), "b".to_owned()], &markers).unwrap();
    let resamples = Resamples::draw(Scheme::Stratified, &outcome, 2_000, 1).map(<[usize]>::to_vec);
    bencher.bench(|| {
        let refits = resamples.iter().filter(|rows| Method::Firth.fit_rows(&design, &outcome, rows).is_ok());
        refits.count()
    });
}

#[divan::bench]
fn five_hundred_bootstrap_validations() -> validation::Validation {
    let (markers, outcome) = cohort();
    let design = Design::new(&["a".to_owned(), "b".to_owned()], &markers).unwrap();
    let resamples = Resamples::draw(Scheme::Stratified, &outcome, 500, 1);
    validation::bootstrap(&design, &outcome, Method::Firth, &resamples, LEVEL).unwrap()
}
