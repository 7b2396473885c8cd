//! How often each interval of 95 % holds the truth, over a grid of group sizes and truths:
//! `cargo bench --bench coverage [-- REPEATS] [SECTION ...]` (10,000 repeats and all sections unless told otherwise; the
//! sections `models` and `corrected` take most of the time).
//!
//! Simulated data: normal markers a given area apart, logistic outcomes, bivariate normal pairs, subjects with a random
//! level, two raters, several rows a patient. The Monte Carlo error of a coverage is sqrt(p (1 - p) / repeats). Intervals of a proportion are not drawn but
//! enumerated. A repeat in which an interval does not exist counts as one that does not hold the truth; how many there
//! were is printed. Rows under 93 % are marked.

mod coverage_of_calls;

use myelomri::stats::concordance::concordance;
use myelomri::stats::correlation::{kendall, pearson, spearman};
use myelomri::stats::cross_validation::{Folds, cross_validate, permutation_null};
use myelomri::stats::delong::{compare, delong, hanley_mcneil_se, newcombe};
use myelomri::stats::design::Design;
use myelomri::stats::distributions::{clopper_pearson, normal_half_width, normal_quantile, normal_sf, wilson};
use myelomri::stats::effect_size::effect_size;
use myelomri::stats::group_tests::{fisher, paired, student, welch};
use myelomri::stats::icc::icc;
use myelomri::stats::limits::limits;
use myelomri::stats::logistic::{Fit, Method};
use myelomri::stats::rank_tests::{mann_whitney, signed_rank};
use myelomri::stats::repeatability::repeatability;
use myelomri::stats::resample::{self, Resamples, Scheme, auc_bca, auc_distribution, percentile_interval};
use myelomri::stats::roc::Direction::Higher;
use myelomri::stats::validation::{bootstrap, leave_pair_out};
use myelomri::stats::{Interval, LEVEL, StatsError};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const SEED: u64 = 229_607;
/// Bootstrap resamples of each repeat.
const RESAMPLES: usize = 500;

/// Random numbers of one repeat.
struct Draw(ChaCha8Rng);

impl Draw {
    fn normal(&mut self) -> f64 {
        normal_quantile(self.0.random_range(1e-15..1.0))
    }

    fn normals(&mut self, n: usize, mean: f64) -> Vec<f64> {
        (0..n).map(|_| mean + self.normal()).collect()
    }

    /// Pairs of correlation `r`.
    fn pairs(&mut self, n: usize, r: f64) -> (Vec<f64>, Vec<f64>) {
        (0..n)
            .map(|_| {
                let (a, b) = (self.normal(), self.normal());
                (a, r * a + (1.0 - r * r).sqrt() * b)
            })
            .unzip()
    }
}

/// An interval by name; none where it does not exist.
type Named = (&'static str, Option<Interval>);

/// Draws, and prints a row for each interval.
fn table(repeats: usize, sizes: &str, truth_text: &str, truth: f64, one: impl Fn(&mut Draw) -> Vec<Named> + Sync) {
    let drawn: Vec<Vec<Named>> = (0..repeats as u64)
        .into_par_iter()
        .map(|number| {
            let mut rng = ChaCha8Rng::seed_from_u64(SEED);
            rng.set_stream(number);
            one(&mut Draw(rng))
        })
        .collect();
    for (n, (name, _)) in drawn[0].iter().enumerate() {
        let ends: Vec<Interval> = drawn.iter().filter_map(|row| row[n].1).collect();
        // an interval that ends at the truth to the last digits holds it
        let holds = |i: &&Interval| i.low <= truth + 1e-12 && truth - 1e-12 <= i.high;
        let covered = ends.iter().filter(holds).count() as f64 / repeats as f64;
        row(name, sizes, truth_text, covered, Some(repeats), repeats - ends.len());
    }
}

fn row(name: &str, sizes: &str, truth: &str, covered: f64, repeats: Option<usize>, missing: usize) {
    let error = repeats.map_or(0.0, |n| (covered * (1.0 - covered) / n as f64).sqrt());
    let mark = if covered < 0.93 { "  <- under 93 %" } else { "" };
    println!("{name:38} {sizes:>9} {truth:>16} {:7.2} ± {:.2} {missing:8}{mark}", 100.0 * covered, 100.0 * error);
}

fn main() {
    let repeats = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    println!("{:38} {:>9} {:>16} {:>14} {:>8}", "interval", "n", "truth", "coverage, %", "missing");
    let sections: [(&str, &dyn Fn()); 13] = [
        ("proportions", &proportions),
        ("areas", &|| areas(repeats)),
        ("models", &|| models(repeats)),
        ("groups", &|| groups(repeats)),
        ("associations", &|| associations(repeats)),
        ("repeats", &|| repeats_of_one_thing(repeats)),
        ("ratios", &|| coverage_of_calls::ratios(repeats)),
        ("cutoffs", &|| coverage_of_calls::cutoffs(repeats)),
        ("kappa", &|| coverage_of_calls::kappas(repeats)),
        ("lines", &|| coverage_of_calls::lines(repeats)),
        ("corrected", &|| coverage_of_calls::calibration(repeats)),
        ("patients", &|| coverage_of_calls::patients(repeats)),
        ("schemes", &|| without_information(repeats / 25)),
    ];
    let is_asked = |name: &str| asked.iter().all(|a| a.parse::<usize>().is_ok()) || asked.iter().any(|a| a == name);
    sections.iter().filter(|(name, _)| is_asked(name)).for_each(|(_, section)| section());
}

/// Mean area of each validation scheme where the outcome is dealt out at random: 0.5 where the scheme is unbiased.
fn without_information(shuffles: usize) {
    println!("\n{:38} {:>9} {:>24}", "scheme, outcome shuffled", "n", "mean area");
    let mut rng = Draw(ChaCha8Rng::seed_from_u64(SEED));
    let outcome: Vec<bool> = (0..50).map(|i| i < 15).collect();
    let columns = [rng.normals(50, 0.0), rng.normals(50, 0.0)];
    let design = match Design::new(&["x".to_owned(), "z".to_owned()], &columns) {
        Ok(design) => design,
        Err(error) => return println!("{error}"),
    };
    type Scheme<'a> = (&'a str, &'a (dyn Fn(&[bool]) -> Option<f64> + Sync));
    let firth = Method::Firth;
    let schemes: [Scheme; 4] = [
        ("leave-pair-out", &|y| Some(leave_pair_out(&design, y, firth).ok()?.auc)),
        ("5-fold, mean of folds", &|y| cross_validate(&design, y, firth, &Folds::draw(y, 5, 2, SEED).ok()?).ok()?.auc),
        ("bootstrap optimism", &|y| {
            let resamples = Resamples::draw(resample::Scheme::Stratified, y, 100, SEED);
            bootstrap(&design, y, firth, &resamples, LEVEL).ok()?.metrics[0].corrected
        }),
        ("leave-one-out, pooled", &|y| {
            cross_validate(&design, y, firth, &Folds::given((0..50).collect()).ok()?).ok()?.pooled_auc
        }),
    ];
    for (name, of) in schemes {
        let Ok(null) = permutation_null(&outcome, shuffles, SEED, of) else { continue };
        let n = null.shuffled.len() as f64;
        let mean = null.shuffled.iter().sum::<f64>() / n;
        let sd = (null.shuffled.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        let mark = if (mean - 0.5).abs() > 0.02 { "  <- biased" } else { "" };
        println!("{name:38} {:>9} {mean:17.4} ± {:.4}{mark}", "15+35", sd / n.sqrt());
    }
}

/// Lowest and mean coverage over true shares, by enumeration of all counts.
fn proportions() {
    for n in [15u64, 35, 50] {
        let shares: Vec<f64> = (1..1000).map(|i| f64::from(i) / 1000.0).collect();
        for (name, of) in [("wilson", wilson as fn(u64, u64, f64) -> Interval), ("clopper-pearson", clopper_pearson)] {
            let ends: Vec<Interval> = (0..=n).map(|k| of(k, n, LEVEL)).collect();
            let covered: Vec<f64> = shares.iter().map(|&p| coverage_of_share(&ends, p)).collect();
            let mean = covered.iter().sum::<f64>() / covered.len() as f64;
            row(&format!("{name}, mean"), &n.to_string(), "share 0..1", mean, None, 0);
            row(
                &format!("{name}, lowest"),
                &n.to_string(),
                "share 0..1",
                covered.into_iter().fold(1.0, f64::min),
                None,
                0,
            );
        }
    }
}

/// Probability that a binomial count has an interval that holds the share.
fn coverage_of_share(ends: &[Interval], p: f64) -> f64 {
    let n = ends.len() - 1;
    let mut mass = (1.0 - p).powi(n as i32);
    let mut covered = 0.0;
    for (k, interval) in ends.iter().enumerate() {
        if interval.low <= p && p <= interval.high {
            covered += mass;
        }
        mass *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    covered
}

fn areas(repeats: usize) {
    for (m, n) in [(8, 20), (15, 35), (50, 50)] {
        for truth in [0.5, 0.7, 0.847, 0.964, 0.99] {
            let shift = 2f64.sqrt() * normal_quantile(truth);
            let outcome: Vec<bool> = (0..m + n).map(|i| i < m).collect();
            // bootstrap intervals of the published size only: they take a hundred times as long
            let with_bootstrap = (m, n) == (15, 35);
            table(repeats, &format!("{m}+{n}"), &format!("AUC {truth}"), truth, |draw| {
                let values = [draw.normals(m, shift), draw.normals(n, 0.0)].concat();
                let found = delong(&values, &outcome, Higher).ok();
                let auc = found.as_ref().map_or(0.5, |d| d.auc);
                let half = normal_half_width(LEVEL) * hanley_mcneil_se(auc, m, n);
                let mut rows = vec![
                    ("area: default (logit, Newcombe)", found.as_ref().map(|d| d.interval(LEVEL).interval)),
                    ("area: DeLong", found.as_ref().map(|d| d.plain_interval(LEVEL))),
                    ("area: Hanley-McNeil", Some(Interval { low: auc - half, high: auc + half })),
                    ("area: Newcombe", Some(newcombe(auc, m, n, LEVEL))),
                ];
                if with_bootstrap {
                    let resamples = Resamples::draw(Scheme::Stratified, &outcome, RESAMPLES, draw.0.random());
                    let areas = auc_distribution(&values, &outcome, Higher, &resamples);
                    rows.push(("area: bootstrap percentile", areas.ok().and_then(|a| percentile_interval(&a, LEVEL))));
                    rows.push(("area: bootstrap BCa", auc_bca(&values, &outcome, Higher, &resamples, LEVEL).ok()));
                }
                rows
            });
        }
        let (first, second) = (0.964, 0.847);
        let shifts = [first, second].map(|a| 2f64.sqrt() * normal_quantile(a));
        let outcome: Vec<bool> = (0..m + n).map(|i| i < m).collect();
        table(repeats, &format!("{m}+{n}"), "0.964 - 0.847", first - second, |draw| {
            let [a, b] = shifts.map(|s| [draw.normals(m, s), draw.normals(n, 0.0)].concat());
            let areas = [delong(&a, &outcome, Higher), delong(&b, &outcome, Higher)];
            let [Ok(a), Ok(b)] = areas else { return vec![("difference of areas: DeLong", None)] };
            vec![("difference of areas: DeLong", compare(&a, &b, LEVEL).ok().and_then(|c| c.interval))]
        });
    }
}

fn models(repeats: usize) {
    for n in [30, 50, 100] {
        for truth in [0.0, 0.7, 1.5, 2.5] {
            table(repeats, &n.to_string(), &format!("log odds {truth}"), truth, |draw| {
                let x = draw.normals(n, 0.0);
                let z = draw.normals(n, 0.0);
                let y: Vec<bool> =
                    x.iter().map(|x| draw.0.random::<f64>() < 1.0 / (1.0 + (0.85 - truth * x).exp())).collect();
                let design = Design::new(&["x".to_owned(), "z".to_owned()], &[x, z]);
                let of = |method: Method| -> Result<[Option<Interval>; 2], StatsError> {
                    let design = design.clone()?;
                    Ok(of_slope(&method.fit(&design, &y)?, &design, &y))
                };
                let [profile, wald] = of(Method::Firth).unwrap_or_default();
                let [ml, ml_wald] = of(Method::MaximumLikelihood).unwrap_or_default();
                vec![
                    ("odds ratio: default (Firth, profile)", profile),
                    ("odds ratio: Firth, Wald", wald),
                    ("odds ratio: ML, profile", ml),
                    ("odds ratio: ML, Wald", ml_wald),
                ]
            });
        }
    }
}

/// Profile and Wald interval of the first slope; an end that does not exist is infinite.
fn of_slope(fit: &Fit, design: &Design, positive: &[bool]) -> [Option<Interval>; 2] {
    let slope = &fit.inference(design, positive, LEVEL)[1];
    let profile =
        Interval { low: slope.ci_low.unwrap_or(f64::NEG_INFINITY), high: slope.ci_high.unwrap_or(f64::INFINITY) };
    let half = slope.se.map(|se| normal_half_width(LEVEL) * se);
    let wald = half.map(|half| Interval { low: slope.estimate - half, high: slope.estimate + half });
    [Some(profile), wald]
}

fn groups(repeats: usize) {
    for (m, n) in [(8, 20), (15, 35)] {
        for truth in [0.0, 1.0] {
            let sizes = format!("{m}+{n}");
            table(repeats, &sizes, &format!("shift {truth} SD"), truth, |draw| {
                let (a, b) = (draw.normals(m, truth), draw.normals(n, 0.0));
                let e = effect_size(&a, &b, LEVEL).ok();
                vec![
                    ("difference: Student", student(&a, &b, LEVEL).ok().map(|t| t.interval)),
                    ("difference: Welch", welch(&a, &b, LEVEL).ok().map(|t| t.interval)),
                    ("shift: Hodges-Lehmann", mann_whitney(&a, &b, LEVEL).ok().map(|t| t.interval)),
                    ("Cohen's d", e.map(|e| e.d_interval)),
                    ("Hedges' g", e.map(|e| e.g_interval)),
                ]
            });
            table(repeats, &m.to_string(), &format!("shift {truth} SD"), truth, |draw| {
                let before = draw.normals(m, 0.0);
                let after: Vec<f64> = before.iter().map(|b| b + truth + 0.7 * draw.normal()).collect();
                vec![
                    ("paired difference: t", paired(&before, &after, LEVEL).ok().map(|t| t.interval)),
                    ("paired shift: signed rank", signed_rank(&before, &after, LEVEL).ok().map(|t| t.interval)),
                ]
            });
        }
        let shares = [0.6, 0.3];
        let truth = (shares[0] / (1.0 - shares[0])) / (shares[1] / (1.0 - shares[1]));
        table(repeats, &format!("{m}+{n}"), "odds ratio 3.5", truth, |draw| {
            let mut count = |n: usize, p: f64| (0..n).filter(|_| draw.0.random::<f64>() < p).count() as u64;
            let (a, b) = (count(m, shares[0]), count(n, shares[1]));
            let found = fisher([[a, m as u64 - a], [b, n as u64 - b]], LEVEL);
            vec![("odds ratio: exact", found.ok().map(|f| f.interval))]
        });
    }
}

fn associations(repeats: usize) {
    let pi = std::f64::consts::PI;
    for n in [15, 50] {
        for r in [0.0, 0.5, 0.9] {
            let sizes = n.to_string();
            table(repeats, &sizes, &format!("r {r}"), r, |draw| {
                let (x, y) = draw.pairs(n, r);
                vec![
                    ("Pearson", pearson(&x, &y, LEVEL).ok().and_then(|c| c.interval)),
                    ("Lin's concordance", concordance(&x, &y, LEVEL).ok().and_then(|c| c.interval)),
                ]
            });
            table(repeats, &sizes, &format!("rho of r {r}"), 6.0 / pi * (r / 2.0).asin(), |draw| {
                let (x, y) = draw.pairs(n, r);
                vec![("Spearman", spearman(&x, &y, LEVEL).ok().and_then(|c| c.interval))]
            });
            table(repeats, &sizes, &format!("tau of r {r}"), 2.0 / pi * r.asin(), |draw| {
                let (x, y) = draw.pairs(n, r);
                vec![("Kendall", kendall(&x, &y, LEVEL).ok().and_then(|c| c.interval))]
            });
        }
    }
}

fn repeats_of_one_thing(repeats: usize) {
    for n in [10, 30] {
        let sizes = n.to_string();
        for share in [0.5f64, 0.9] {
            // two repeats of a level with variance `share`, noise with the rest
            let rows = |draw: &mut Draw| -> Vec<Vec<f64>> {
                let noise = (1.0 - share).sqrt();
                let level = |draw: &mut Draw| (share).sqrt() * draw.normal();
                (0..n)
                    .map(|_| {
                        let level = level(draw);
                        (0..2).map(|_| level + noise * draw.normal()).collect()
                    })
                    .collect()
            };
            table(repeats, &sizes, &format!("ICC {share}"), share, |draw| {
                let forms = icc(&rows(draw), LEVEL).ok();
                let of = |n: usize| forms.as_ref().map(|f| f[n].interval);
                vec![("ICC(1,1)", of(0)), ("ICC(A,1)", of(1)), ("ICC(C,1)", of(2))]
            });
            let sd = (1.0 - share).sqrt();
            table(repeats, &sizes, &format!("wSD {sd:.2}"), sd, |draw| {
                vec![("within-subject SD", repeatability(&rows(draw), LEVEL).ok().map(|r| r.wsd_interval))]
            });
        }
        table(repeats, &sizes, "limit 1.96 SD", 1.96, |draw| {
            let (a, zero) = (draw.normals(n, 0.0), vec![0.0; n]);
            let found = limits(&a, &zero, LEVEL).ok();
            vec![
                ("upper limit: exact (default)", found.as_ref().map(|l| l.upper_exact)),
                ("upper limit: 1999", found.as_ref().map(|l| l.upper)),
            ]
        });
    }
    // the tail of the law that draws everything above
    assert!((normal_sf(normal_quantile(0.975)) - 0.025).abs() < 1e-9);
}
