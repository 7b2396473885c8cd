//! One test of the given values: its name in, its row out.

use super::super::super::results::{Effect, Test};
use super::finite;
use crate::stats::ancova::adjusted_difference;
use crate::stats::contingency::{fisher_rows, mcnemar, sign_test, two_by_two};
use crate::stats::correlation::{kendall, pearson, spearman};
use crate::stats::design::Design;
use crate::stats::distributions::{normal_half_width, normal_p};
use crate::stats::effect_size::effect_size;
use crate::stats::group_tests::{TTest, chi_squared, fisher, paired, student, welch};
use crate::stats::logistic::Method;
use crate::stats::normality::shapiro_wilk;
use crate::stats::rank_tests::{mann_whitney, signed_rank};
use crate::stats::roc::Direction;
use crate::stats::several_groups::{anova, kruskal_wallis, welch_anova};
use crate::stats::spread_tests::{Centre, equal_spread, kolmogorov_smirnov, variance_ratio};
use crate::stats::{Interval, LEVEL, StatsError, clustered};

type Answer = Result<Vec<Test>, StatsError>;

/// A number column between two classes.
pub fn between(name: &str, positive: &[f64], negative: &[f64], blank: &Test) -> Answer {
    let row = Test { test: name.to_owned(), ..blank.clone() };
    let groups = [positive, negative];
    Ok(vec![match name {
        "mann-whitney" => {
            let t = mann_whitney(positive, negative, LEVEL)?;
            let pairs = positive.len() as f64 * negative.len() as f64;
            let biserial =
                Effect { name: "rank-biserial".into(), value: Some(2.0 * t.u / pairs - 1.0), ..Effect::default() };
            let row = Test { statistic: Some(t.u), p: Some(t.p), effects: vec![biserial], ..row };
            estimated(row, "hodges-lehmann-shift", t.shift, Some(t.interval))
        }
        "student-t" | "welch-t" => {
            let t = if name == "student-t" { student } else { welch }(positive, negative, LEVEL)?;
            let mut row = t_test("mean-difference", &t, row);
            if let Ok(e) = effect_size(positive, negative, LEVEL) {
                row.effects = vec![
                    effect("cohen-d", e.cohen_d, Some(e.d_interval)),
                    effect("hedges-g", e.hedges_g, Some(e.g_interval)),
                    effect("standardised-difference", e.standardised_difference, None),
                ];
            }
            row
        }
        "kolmogorov-smirnov" => {
            let t = kolmogorov_smirnov(positive, negative)?;
            let effects = t.p_exact.map(|p| effect("p-exact", p, None)).into_iter().collect();
            Test { statistic: Some(t.d), p: Some(t.p), effects, ..row }
        }
        "levene" | "brown-forsythe" => {
            let centre = if name == "levene" { Centre::Mean } else { Centre::Median };
            let t = equal_spread(&groups, centre)?;
            Test { statistic: Some(t.f), p: Some(t.p), df: vec![t.df.0, t.df.1], ..row }
        }
        "variance-ratio" => {
            let t = variance_ratio(positive, negative, LEVEL)?;
            let row = Test { statistic: Some(t.f), p: Some(t.p), df: vec![t.df.0, t.df.1], ..row };
            estimated(row, "variance-ratio", t.f, Some(t.interval))
        }
        _ => {
            let of = |class: &str, values: &[f64]| {
                let t = shapiro_wilk(values)?;
                let variable = format!("{} ({class})", row.variable);
                Ok(Test { variable, n: values.len(), statistic: Some(t.w), p: Some(t.p), ..row.clone() })
            };
            return Ok(vec![of("positive", positive)?, of("negative", negative)?]);
        }
    }])
}

/// A number column between two classes, several rows a patient.
pub fn between_rows(name: &str, values: &[f64], positive: &[bool], cluster: &[usize], blank: &Test) -> Answer {
    let row = Test { test: name.to_owned(), ..blank.clone() };
    Ok(vec![match name {
        "clustered-mean" => {
            let (difference, se) = clustered::mean_difference(values, positive, cluster)?;
            let half = normal_half_width(LEVEL) * se;
            let ends = Interval { low: difference - half, high: difference + half };
            let row = Test { statistic: finite(difference / se), p: finite(normal_p(difference / se)), ..row };
            estimated(row, "mean-difference", difference, Some(ends))
        }
        _ => {
            let area = clustered::area(values, positive, cluster, Direction::Higher)?;
            let against = area.against_half();
            let row = Test { statistic: against.map(|(z, _)| z), p: against.map(|(_, p)| p), ..row };
            estimated(row, "probability-of-larger", area.auc, Some(area.interval(LEVEL).interval))
        }
    }])
}

/// Counts of levels by class, `[positive, negative]` a level. Of two levels the odds ratio is of the second against the first.
pub fn categories(name: &str, levels: &[(String, [u64; 2])], blank: &Test) -> Answer {
    let row = Test { test: name.to_owned(), ..blank.clone() };
    let (row, square) = match levels {
        [(no, fewer), (yes, more)] => (Test { contrast: Some(format!("{yes} v {no}")), ..row }, Some([*more, *fewer])),
        _ => (row, None),
    };
    let levels: Vec<[u64; 2]> = levels.iter().map(|(_, counts)| *counts).collect();
    Ok(vec![match (name, square) {
        ("fisher", Some(square)) => {
            let t = fisher(square, LEVEL)?;
            estimated(Test { p: Some(t.p), ..row }, "conditional-odds-ratio", t.odds_ratio, Some(t.interval))
        }
        ("fisher", None) => Test { p: fisher_rows(&levels)?, ..row },
        ("chi-squared-yates", Some(square)) => {
            let t = two_by_two(square, LEVEL)?;
            let row = Test { statistic: Some(t.yates), p: Some(t.p_yates), df: vec![1.0], ..row };
            estimated(row, "odds-ratio", t.odds_ratio, t.interval)
        }
        ("chi-squared-yates", None) => {
            return Err(StatsError::OutOfRange {
                what: "the number of levels for Yates' correction",
                value: levels.len() as f64,
                allowed: "2",
            });
        }
        _ => {
            let t = chi_squared(&levels.iter().map(|l| l.to_vec()).collect::<Vec<_>>())?;
            let row = Test { statistic: Some(t.chi2), p: Some(t.p), df: vec![t.df as f64], ..row };
            let expected = effect("smallest-expected-count", t.smallest_expected, None);
            match square.map(|square| two_by_two(square, LEVEL)).transpose()? {
                None => Test { effects: vec![expected], ..row },
                Some(more) => {
                    let row = estimated(row, "odds-ratio", more.odds_ratio, more.interval);
                    Test { effects: vec![effect("phi", more.phi, None), expected], ..row }
                }
            }
        }
    }])
}

/// Two columns of the same patients: second minus first.
pub fn of_pairs(name: &str, before: &[f64], after: &[f64], blank: &Test) -> Answer {
    let row = Test { test: name.to_owned(), ..blank.clone() };
    let differences = || -> Vec<f64> { after.iter().zip(before).map(|(a, b)| a - b).collect() };
    Ok(vec![match name {
        "paired-t" => t_test("mean-difference", &paired(before, after, LEVEL)?, row),
        "sign" => Test { p: Some(sign_test(&differences())?), ..row },
        "shapiro-wilk-differences" => {
            let t = shapiro_wilk(&differences())?;
            Test { statistic: Some(t.w), p: Some(t.p), ..row }
        }
        _ => {
            let t = signed_rank(before, after, LEVEL)?;
            let p = if name == "pratt-signed-rank" { t.p_pratt } else { Some(t.p) };
            let zeros = effect("zero-differences", t.zeros as f64, None);
            let row = Test { statistic: Some(t.v), p, effects: vec![zeros], ..row };
            estimated(row, "hodges-lehmann-shift", t.shift, Some(t.interval))
        }
    }])
}

/// Two yes/no columns of the same patients: who changed, `[yes then no, no then yes]`.
pub fn of_pairs_as_categories(name: &str, discordant: [u64; 2], blank: &Test) -> Answer {
    let t = mcnemar(discordant)?;
    let row = Test { test: name.to_owned(), ..blank.clone() };
    let row = match name {
        "mcnemar" => Test { statistic: Some(t.chi2), p: Some(t.p), df: vec![1.0], ..row },
        _ => Test { p: Some(t.p_exact), ..row },
    };
    Ok(vec![estimated(row, "paired-odds-ratio", t.odds_ratio, None)])
}

/// A column at follow-up between the classes given its baseline, or the class given both; columns are baseline and
/// follow-up.
pub fn adjusted(name: &str, columns: &[Vec<f64>], positive: &[bool], blank: &Test) -> Answer {
    let row = Test { test: name.to_owned(), ..blank.clone() };
    if name == "ancova" {
        let t = adjusted_difference(&columns[0], &columns[1], positive, LEVEL)?;
        return Ok(vec![t_test("adjusted-difference", &t, row)]);
    }
    let design = Design::new(&["baseline", "follow-up"].map(str::to_owned), columns)?;
    let terms = Method::Firth.fit(&design, positive)?.inference(&design, positive, LEVEL);
    let Some(term) = terms.last() else { return Ok(vec![row]) };
    let ratio = |log: Option<f64>| log.map_or(f64::NAN, f64::exp);
    let interval = Interval { low: ratio(term.ci_low), high: ratio(term.ci_high) };
    let row = Test { statistic: term.chi2, df: vec![1.0], p: term.p, ..row };
    Ok(vec![estimated(row, "odds-ratio-per-unit-at-followup", term.estimate.exp(), Some(interval))])
}

/// Association of two number columns.
pub fn correlation(name: &str, x: &[f64], y: &[f64], blank: &Test) -> Answer {
    let row = Test { test: name.to_owned(), ..blank.clone() };
    Ok(vec![match name {
        "kendall" => {
            let k = kendall(x, y, LEVEL)?;
            let effects = k.p_exact.map(|p| effect("p-exact", p, None)).into_iter().collect();
            estimated(Test { statistic: Some(k.z), p: Some(k.p), effects, ..row }, "tau-b", k.tau_b, k.interval)
        }
        _ => {
            let of_pearson = name == "pearson";
            let r = if of_pearson { pearson(x, y, LEVEL)? } else { spearman(x, y, LEVEL)? };
            let estimand = if of_pearson { "r" } else { "rho" };
            let row = Test { statistic: finite(r.t), p: Some(r.p), df: vec![r.n as f64 - 2.0], ..row };
            estimated(row, estimand, r.estimate, r.interval)
        }
    }])
}

/// A number column between several groups, with their names.
pub fn several(name: &str, groups: &[(String, Vec<f64>)], blank: &Test) -> Answer {
    let row = Test { test: name.to_owned(), ..blank.clone() };
    let slices: Vec<&[f64]> = groups.iter().map(|(_, values)| values.as_slice()).collect();
    Ok(match name {
        "kruskal-wallis" => {
            let t = kruskal_wallis(&slices)?;
            vec![Test { statistic: Some(t.h), p: Some(t.p), df: vec![t.df as f64], ..row }]
        }
        "pairwise-mann-whitney" => {
            let mut rows = Vec::new();
            for (i, (a, x)) in groups.iter().enumerate() {
                for (b, y) in &groups[..i] {
                    let t = mann_whitney(x, y, LEVEL)?;
                    let variable = format!("{}: {a} v {b}", row.variable);
                    let row = Test { variable, n: x.len() + y.len(), ..row.clone() };
                    let row = Test { statistic: Some(t.u), p: Some(t.p), ..row };
                    rows.push(estimated(row, "hodges-lehmann-shift", t.shift, Some(t.interval)));
                }
            }
            rows
        }
        _ => {
            let t = if name == "anova" { anova(&slices)? } else { welch_anova(&slices)? };
            vec![Test { statistic: Some(t.f), p: Some(t.p), df: vec![t.df.0, t.df.1], ..row }]
        }
    })
}

/// A row with the fields of a t test.
pub fn t_test(estimand: &str, result: &TTest, row: Test) -> Test {
    let row = Test { statistic: Some(result.t), p: Some(result.p), df: vec![result.df], ..row };
    estimated(row, estimand, result.difference, Some(result.interval))
}

/// A row with an estimate; infinite ends are left open.
pub fn estimated(row: Test, estimand: &str, estimate: f64, interval: Option<Interval>) -> Test {
    Test {
        estimand: estimand.to_owned(),
        estimate: finite(estimate),
        ci_low: interval.and_then(|i| finite(i.low)),
        ci_high: interval.and_then(|i| finite(i.high)),
        ..row
    }
}

fn effect(name: &str, value: f64, interval: Option<Interval>) -> Effect {
    Effect {
        name: name.to_owned(),
        value: finite(value),
        ci_low: interval.and_then(|i| finite(i.low)),
        ci_high: interval.and_then(|i| finite(i.high)),
    }
}
