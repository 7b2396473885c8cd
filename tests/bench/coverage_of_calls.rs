//! Coverage of what a cut-off achieves, of kappa, of lines, of calibration and corrected metrics, and of intervals by patients.

use super::{Draw, RESAMPLES, table};
use myelomri::stats::ancova::adjusted_difference;
use myelomri::stats::calibration::intercept_interval;
use myelomri::stats::clustered::{self, calls};
use myelomri::stats::concordance::{Weights, kappa, passing_bablok};
use myelomri::stats::cutoff::{self, Rule};
use myelomri::stats::cutoff_stability::{Tie, stability};
use myelomri::stats::design::Design;
use myelomri::stats::distributions::{normal_quantile, normal_sf, wilson};
use myelomri::stats::likelihood_ratio::Ratios;
use myelomri::stats::logistic::{Fit, Method};
use myelomri::stats::resample::{Resamples, Scheme};
use myelomri::stats::roc::{Direction::Higher, curve};
use myelomri::stats::spread_tests::variance_ratio;
use myelomri::stats::validation::bootstrap;
use myelomri::stats::{Interval, LEVEL};
use rand::Rng;

fn normal_cdf(z: f64) -> f64 {
    normal_sf(-z)
}

fn inverse_logit(lp: f64) -> f64 {
    1.0 / (1.0 + (-lp).exp())
}

/// An interval of something whose truth differs from repeat to repeat, about that truth.
fn about(interval: Option<Interval>, truth: f64) -> Option<Interval> {
    interval.map(|i| Interval { low: i.low - truth, high: i.high - truth })
}

fn outcome(m: usize, n: usize) -> Vec<bool> {
    (0..m + n).map(|i| i < m).collect()
}

/// Likelihood ratios and the odds ratio at a cut-off that was stated before, midway between the classes.
pub fn ratios(repeats: usize) {
    for (m, n) in [(15, 35), (50, 50)] {
        for area in [0.7, 0.847, 0.964] {
            let shift = 2f64.sqrt() * normal_quantile(area);
            let right = normal_cdf(shift / 2.0);
            let class = outcome(m, n);
            let odds = right / (1.0 - right);
            for (name, which, truth) in [
                ("positive likelihood ratio", 0, odds),
                ("negative likelihood ratio", 1, 1.0 / odds),
                ("diagnostic odds ratio", 2, odds * odds),
            ] {
                table(repeats, &format!("{m}+{n}"), &format!("{truth:.3}, AUC {area}"), truth, |draw| {
                    let values = [draw.normals(m, shift), draw.normals(n, 0.0)].concat();
                    let found = cutoff::at(&values, &class, Higher, shift / 2.0).ok().map(|c| c.ratios);
                    let of = |r: Ratios| [r.positive, r.negative, r.odds][which].interval;
                    vec![(name, found.and_then(of))]
                });
            }
        }
    }
}

/// A cut-off by Youden's index: where it lies, and what the patients it was chosen on say of its sensitivity.
pub fn cutoffs(repeats: usize) {
    let (m, n) = (15, 35);
    let class = outcome(m, n);
    for area in [0.847, 0.964] {
        let shift = 2f64.sqrt() * normal_quantile(area);
        let sizes = format!("{m}+{n}");
        table(repeats, &sizes, &format!("best, AUC {area}"), shift / 2.0, |draw| {
            let values = [draw.normals(m, shift), draw.normals(n, 0.0)].concat();
            let resamples = Resamples::draw(Scheme::Stratified, &class, RESAMPLES, draw.0.random());
            let found = stability(&values, &class, Higher, Rule::Youden, Tie::default(), &resamples);
            vec![("cut-off: bootstrap percentile", found.ok().map(|s| s.interval))]
        });
        table(repeats, &sizes, &format!("there, AUC {area}"), 0.0, |draw| {
            let values = [draw.normals(m, shift), draw.normals(n, 0.0)].concat();
            let best = curve(&values, &class, Higher).ok().and_then(|c| cutoff::youden(&c)).map(|b| b.cutoff);
            let truth = |of: fn(f64, f64) -> f64| best.as_ref().map_or(0.0, |b| of(b.threshold, shift));
            let sensitivity = truth(|t, shift| normal_cdf(shift - t));
            let specificity = truth(|t, _| normal_cdf(t));
            vec![
                ("sensitivity at a chosen cut-off", about(best.as_ref().map(|b| b.sensitivity.wilson), sensitivity)),
                ("specificity at a chosen cut-off", about(best.as_ref().map(|b| b.specificity.wilson), specificity)),
            ]
        });
    }
}

/// Two raters who agree on purpose in a share of subjects and by chance in the others: every kappa is that share.
pub fn kappas(repeats: usize) {
    for n in [20, 50] {
        for truth in [0.0, 0.4, 0.8] {
            table(repeats, &n.to_string(), &format!("kappa {truth}"), truth, |draw| {
                let level = |draw: &mut Draw| match draw.0.random::<f64>() {
                    u if u < 0.5 => 0,
                    u if u < 0.8 => 1,
                    _ => 2,
                };
                let mut counts = vec![vec![0u64; 3]; 3];
                for _ in 0..n {
                    let first = level(draw);
                    let second = if draw.0.random::<f64>() < truth { first } else { level(draw) };
                    counts[first][second] += 1;
                }
                let of = |weights| kappa(&counts, weights, LEVEL).ok().map(|k| k.interval);
                vec![
                    ("Cohen's kappa", of(Weights::Unweighted)),
                    ("kappa, linear weights", of(Weights::Linear)),
                    ("kappa, quadratic weights", of(Weights::Quadratic)),
                ]
            });
        }
    }
}

/// Passing and Bablok's slope, the baseline-adjusted difference and the ratio of variances.
pub fn lines(repeats: usize) {
    for n in [15, 50] {
        for slope in [1.0, 1.2] {
            table(repeats, &n.to_string(), &format!("slope {slope}"), slope, |draw| {
                let truth = draw.normals(n, 5.0);
                let x: Vec<f64> = truth.iter().map(|t| t + 0.2 * draw.normal()).collect();
                let y: Vec<f64> = truth.iter().map(|t| slope * (t + 0.2 * draw.normal())).collect();
                vec![("Passing-Bablok's slope", passing_bablok(&x, &y, LEVEL).ok().and_then(|l| l.slope_interval))]
            });
        }
    }
    for (m, n) in [(8, 20), (15, 35)] {
        let class = outcome(m, n);
        table(repeats, &format!("{m}+{n}"), "shift 1 SD", 1.0, |draw| {
            let before = draw.normals(m + n, 0.0);
            let after: Vec<f64> = before
                .iter()
                .zip(&class)
                .map(|(b, &c)| 0.6 * b + 0.8 * draw.normal() + f64::from(u8::from(c)))
                .collect();
            let found = adjusted_difference(&before, &after, &class, LEVEL);
            vec![("baseline-adjusted difference", found.ok().map(|t| t.interval))]
        });
        table(repeats, &format!("{m}+{n}"), "variances 4 to 1", 4.0, |draw| {
            let wide: Vec<f64> = draw.normals(m, 0.0).iter().map(|v| 2.0 * v).collect();
            vec![("ratio of variances", variance_ratio(&wide, &draw.normals(n, 0.0), LEVEL).ok().map(|t| t.interval))]
        });
    }
}

/// Calibration of a right model on other patients; metrics of a fitted model corrected by the bootstrap.
pub fn calibration(repeats: usize) {
    for n in [50, 100, 200] {
        let drawn = |draw: &mut Draw| -> (Vec<f64>, Vec<bool>) {
            let lp: Vec<f64> = draw.normals(n, 0.0).iter().map(|z| 1.5 * z - 0.85).collect();
            let class = lp.iter().map(|&lp| draw.0.random::<f64>() < inverse_logit(lp)).collect();
            (lp, class)
        };
        table(repeats, &n.to_string(), "intercept 0", 0.0, |draw| {
            let (lp, class) = drawn(draw);
            vec![("calibration in the large", intercept_interval(&lp, &class, LEVEL))]
        });
        table(repeats, &n.to_string(), "slope 1", 1.0, |draw| {
            let (lp, class) = drawn(draw);
            let slope = || {
                let design = Design::new(&["lp".to_owned()], &[lp]).ok()?;
                let slope =
                    Method::MaximumLikelihood.fit(&design, &class).ok()?.inference(&design, &class, LEVEL).pop()?;
                Some(Interval { low: slope.ci_low?, high: slope.ci_high? })
            };
            vec![("calibration slope", slope())]
        });
    }
    for (m, n) in [(15, 35), (50, 50)] {
        let class = outcome(m, n);
        let shifts = [0.847, 0.7].map(|area| 2f64.sqrt() * normal_quantile(area));
        table(repeats, &format!("{m}+{n}"), "of the model", 0.0, |draw| {
            let columns = shifts.map(|s| [draw.normals(m, s), draw.normals(n, 0.0)].concat());
            let resamples = Resamples::draw(Scheme::Stratified, &class, 200, draw.0.random());
            let found = || {
                let design = Design::new(&["x".to_owned(), "z".to_owned()], &columns).ok()?;
                let fit = Method::Firth.fit(&design, &class).ok()?;
                let found = bootstrap(&design, &class, Method::Firth, &resamples, LEVEL).ok()?;
                let truth = Truth::of(&fit, &design, &class, shifts)?;
                let of = |n: usize, truth: f64| about(found.metrics[n].interval, truth);
                Some([of(0, truth.area), of(1, truth.brier), of(2, truth.slope), of(3, truth.youden)])
            };
            let [area, brier, slope, youden] = found().unwrap_or_default();
            vec![
                ("corrected area", area),
                ("corrected Brier score", brier),
                ("corrected calibration slope", slope),
                ("corrected Youden's J", youden),
            ]
        });
    }
}

/// What a fitted model achieves on all patients that could be drawn, at the share of classes of its own.
struct Truth {
    area: f64,
    brier: f64,
    slope: f64,
    youden: f64,
}

impl Truth {
    fn of(fit: &Fit, design: &Design, class: &[bool], shifts: [f64; 2]) -> Option<Truth> {
        let [intercept, b, c] = fit.coefficients[..] else { return None };
        let (spread, apart) = (b.hypot(c), b * shifts[0] + c * shifts[1]);
        let predictors = fit.linear_predictors(design);
        let threshold = cutoff::youden(&curve(&predictors, class, Higher).ok()?)?.cutoff.threshold - intercept;
        let share = class.iter().filter(|c| **c).count() as f64 / class.len() as f64;
        // midpoints of 400 equal shares of the normal law
        let mean = |of: &dyn Fn(f64) -> f64| {
            (0..400).map(|i| of(spread * normal_quantile((f64::from(i) + 0.5) / 400.0))).sum::<f64>() / 400.0
        };
        let missed = mean(&|t| (1.0 - inverse_logit(intercept + apart + t)).powi(2));
        let alarmed = mean(&|t| inverse_logit(intercept + t).powi(2));
        Some(Truth {
            area: normal_cdf(apart / (2f64.sqrt() * spread)),
            brier: share * missed + (1.0 - share) * alarmed,
            slope: apart / (spread * spread),
            youden: normal_cdf((apart - threshold) / spread) + normal_cdf(threshold / spread) - 1.0,
        })
    }
}

/// Four rows a patient, half of whose spread is the patient's own: by patients, and as if rows were patients.
pub fn patients(repeats: usize) {
    const ROWS: usize = 4;
    for (m, n) in [(8, 20), (15, 35), (50, 50)] {
        let class: Vec<bool> = (0..(m + n) * ROWS).map(|i| i / ROWS < m).collect();
        let who: Vec<usize> = (0..(m + n) * ROWS).map(|i| i / ROWS).collect();
        let sizes = format!("({m}+{n})x{ROWS}");
        let shift = 2f64.sqrt() * normal_quantile(0.847);
        let half = 0.5f64.sqrt();
        let drawn = |draw: &mut Draw| -> Vec<f64> {
            let mut values = Vec::with_capacity(class.len());
            for patient in 0..m + n {
                let own = half * draw.normal() + if patient < m { shift } else { 0.0 };
                values.extend((0..ROWS).map(|_| own + half * draw.normal()));
            }
            values
        };
        let right = normal_cdf(shift / 2.0);
        table(repeats, &sizes, &format!("share {right:.3}"), right, |draw| {
            let values = drawn(draw);
            let found = calls::intervals(&values, &class, &who, Higher, shift / 2.0, LEVEL).ok();
            let rows = cutoff::at(&values, &class, Higher, shift / 2.0).ok();
            vec![
                ("sensitivity: by patients", found.and_then(|f| f.sensitivity)),
                ("sensitivity: Wilson, rows", rows.map(|r| wilson(r.sensitivity.k, r.sensitivity.n, LEVEL))),
            ]
        });
        let odds = right / (1.0 - right);
        table(repeats, &sizes, &format!("ratio {odds:.3}"), odds, |draw| {
            let found = calls::intervals(&drawn(draw), &class, &who, Higher, shift / 2.0, LEVEL).ok();
            vec![("positive likelihood ratio: by patients", found.and_then(|f| f.positive_ratio))]
        });
        table(repeats, &sizes, "AUC 0.847", 0.847, |draw| {
            let found = clustered::area(&drawn(draw), &class, &who, Higher).ok();
            vec![("area: by patients, logit", found.map(|d| d.interval(LEVEL).interval))]
        });
        table(repeats, &sizes, &format!("log odds {shift:.3}"), shift, |draw| {
            let values = drawn(draw);
            let slope = || {
                let design = Design::new(&["x".to_owned()], &[values]).ok()?;
                let fit = Method::Firth.fit(&design, &class).ok()?;
                let slope = clustered::inference(&fit, &design, &class, &who, LEVEL)?.pop()?;
                Some(Interval { low: slope.ci_low?, high: slope.ci_high? })
            };
            vec![("odds ratio: by patients", slope())]
        });
    }
}
