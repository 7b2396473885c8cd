//! Intervals hold the truth as often as they say: proportions by enumeration, the defaults by drawing.
//!
//! The whole table is printed by `cargo bench --bench coverage`.

use myelomri::stats::delong::delong;
use myelomri::stats::design::Design;
use myelomri::stats::distributions::{clopper_pearson, normal_quantile, wilson};
use myelomri::stats::logistic::Method;
use myelomri::stats::roc::Direction;
use myelomri::stats::{Interval, LEVEL};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Probability that the interval of a binomial count holds the share it was drawn with.
fn coverage(ends: &[Interval], p: f64) -> f64 {
    let n = ends.len() - 1;
    let log_choose = |k: usize| (1..=k).map(|i| ((n + 1 - i) as f64 / i as f64).ln()).sum::<f64>();
    let mass = |k: usize| (log_choose(k) + k as f64 * p.ln() + (n - k) as f64 * (1.0 - p).ln()).exp();
    ends.iter().enumerate().filter(|(_, i)| i.low <= p && p <= i.high).map(|(k, _)| mass(k)).sum()
}

#[test]
fn exact_intervals_of_a_share_hold_it_everywhere_and_wilsons_on_average() {
    let mut wilson_mean = Vec::new();
    for n in (1..=60u64).chain([100, 200]) {
        let exact: Vec<Interval> = (0..=n).map(|k| clopper_pearson(k, n, LEVEL)).collect();
        let score: Vec<Interval> = (0..=n).map(|k| wilson(k, n, LEVEL)).collect();
        // just inside and outside each end is where the coverage is lowest
        let ends = exact.iter().flat_map(|i| [i.low, i.high]).flat_map(|e| [e - 1e-9, e + 1e-9]);
        let grid = (1..400).map(|i| f64::from(i) / 400.0).chain(ends).filter(|p| *p > 0.0 && *p < 1.0);
        for p in grid {
            let covered = coverage(&exact, p);
            assert!(covered >= 0.95 - 1e-9, "n {n}, share {p}: {covered}");
        }
        if n >= 10 {
            let shares: Vec<f64> = (1..400).map(|i| f64::from(i) / 400.0).collect();
            wilson_mean.push(shares.iter().map(|&p| coverage(&score, p)).sum::<f64>() / shares.len() as f64);
        }
    }
    assert!(wilson_mean.iter().all(|c| (0.94..0.965).contains(c)), "{wilson_mean:?}");
}

/// Share of draws, each with a stream of its own, in which `one` says yes.
fn share(draws: u64, one: impl Fn(&mut ChaCha8Rng) -> bool + Sync) -> f64 {
    let yes = |number: &u64| {
        let mut rng = ChaCha8Rng::seed_from_u64(96);
        rng.set_stream(*number);
        one(&mut rng)
    };
    (0..draws).into_par_iter().filter(|n| yes(n)).count() as f64 / draws as f64
}

fn normals(rng: &mut ChaCha8Rng, n: usize, mean: f64) -> Vec<f64> {
    (0..n).map(|_| mean + normal_quantile(rng.random_range(1e-15..1.0))).collect()
}

#[test]
fn the_default_interval_of_an_area_holds_it_in_93_of_100_draws_or_more() {
    for (m, n) in [(8, 20), (15, 35)] {
        let outcome: Vec<bool> = (0..m + n).map(|i| i < m).collect();
        for truth in [0.5, 0.847, 0.964, 0.99] {
            let shift = 2f64.sqrt() * normal_quantile(truth);
            let covered = share(10_000, |rng| {
                let values = [normals(rng, m, shift), normals(rng, n, 0.0)].concat();
                let interval = delong(&values, &outcome, Direction::Higher).unwrap().interval(LEVEL).interval;
                interval.low <= truth && truth <= interval.high
            });
            println!("area {truth}, {m} and {n}: {:.2} %", 100.0 * covered);
            assert!(covered >= 0.93, "area {truth}, {m} and {n}: {covered}");
        }
    }
}

#[test]
fn the_default_interval_of_an_odds_ratio_holds_it_in_93_of_100_draws_or_more() {
    // 400 draws, error 1.1 points; 10,000 in the bench
    for truth in [0.0, 2.5] {
        let covered = share(400, |rng| {
            let x = normals(rng, 50, 0.0);
            let y: Vec<bool> = x.iter().map(|x| rng.random::<f64>() < 1.0 / (1.0 + (0.85 - truth * x).exp())).collect();
            let design = Design::new(&["x".to_owned()], &[x]).unwrap();
            let Ok(fit) = Method::Firth.fit(&design, &y) else { return false };
            let slope = &fit.inference(&design, &y, LEVEL)[1];
            slope.ci_low.is_none_or(|low| low <= truth) && slope.ci_high.is_none_or(|high| truth <= high)
        });
        println!("log odds {truth}, 50 patients: {:.2} %", 100.0 * covered);
        assert!(covered >= 0.93, "log odds {truth}: {covered}");
    }
}
