//! `group/...`, `paired/...`, `cor/...`, `table/...`, `adjust/...`, `dca/...`, `ext/...`.

use super::Answer;
use super::curves::ends;
use super::models::design;
use super::table::Table;
use myelomri::cohort::change::of_pair;
use myelomri::stats::LEVEL;
use myelomri::stats::calibration::{brier, calibrate};
use myelomri::stats::contingency::{fisher_rows, g_statistic, mcnemar, sign_test, two_by_two};
use myelomri::stats::correlation::{kendall, pearson, spearman};
use myelomri::stats::cutoff;
use myelomri::stats::decision_curve::net_benefit;
use myelomri::stats::delong::delong;
use myelomri::stats::diagnostics::spiegelhalter_z;
use myelomri::stats::effect_size::effect_size;
use myelomri::stats::group_tests::{TTest, chi_squared, fisher, paired, student, welch};
use myelomri::stats::logistic::Method;
use myelomri::stats::multiplicity::{benjamini_hochberg, hochberg, holm};
use myelomri::stats::normality::shapiro_wilk;
use myelomri::stats::rank_tests::{mann_whitney, signed_rank_of};
use myelomri::stats::roc::{self, Direction};
use myelomri::stats::several_groups::{anova, kruskal_wallis, welch_anova};
use myelomri::stats::spread_tests::{Centre, equal_spread, kolmogorov_smirnov, variance_ratio};
use myelomri::stats::summary::Summary;
use serde_json::{Map, Value, json};

pub fn answer(table: &Table, id: &str, record: &Value) -> Answer {
    let parts: Vec<&str> = id.split('/').collect();
    match parts[..] {
        ["group", column, what] => group(table, column, what),
        ["paired", marker, class, what] => {
            let positive = class == "g1";
            let pick = |visit: &str| -> Option<Vec<Option<f64>>> {
                let column = table.column(&format!("{marker}_{visit}"))?;
                Some(column.into_iter().zip(table.outcome()).filter(|(_, o)| *o == positive).map(|(v, _)| v).collect())
            };
            if what == "pct_change" {
                return percent(table, &format!("{marker}_base"), &format!("{marker}_c2"), Some(positive));
            }
            differences(&pick("base")?, &pick("c2")?, what)
        }
        ["paired", "drug1_drug2", "pct_change"] => percent(table, "drug1", "drug2", None),
        ["paired", "drug1_drug2", what] => differences(&table.column("drug1")?, &table.column("drug2")?, what),
        ["cor", pair, what] => correlation(table, pair, what, record),
        ["kw", pair, what] => {
            let (value, group) = pair.split_once("_by_")?;
            several(table, value, group, what)
        }
        ["kw", what] => several(table, "weight", "group", what),
        ["pct", marker] => percent(table, &format!("{marker}_base"), &format!("{marker}_c2"), None),
        ["table", _, what] => counts(table, parts[1], what),
        ["adjust", "mwu_all_markers"] => adjust(table, record),
        ["dca", model] => decision(table, model, record),
        ["ext", "pima", what] => external(table, what, record),
        _ => None,
    }
}

fn t_fields(t: TTest, name: &str) -> Value {
    json!({"t": t.t, "df": t.df, "p": t.p, name: t.difference, "ci95": ends(t.interval)})
}

fn group(table: &Table, column: &str, what: &str) -> Answer {
    let (a, b) = table.groups(column)?;
    let ranks = || mann_whitney(&a, &b, LEVEL).unwrap();
    Some(match what {
        "student_t" => t_fields(student(&a, &b, LEVEL).unwrap(), "diff"),
        "welch_t" => t_fields(welch(&a, &b, LEVEL).unwrap(), "diff"),
        "mwu_normal" => {
            let t = ranks();
            json!({"W": t.u, "p_cc": t.p_normal, "p_nocc": t.p_normal_uncorrected})
        }
        "mwu_exact" | "mwu_exact_ties" => json!(ranks().p_exact?),
        "hodges_lehmann" => json!({"est_median_of_differences": ranks().shift}),
        "hodges_lehmann_exact_ci95" => ends(ranks().interval),
        "effect" => {
            let e = effect_size(&a, &b, LEVEL).ok()?;
            json!({"cohen_d": e.cohen_d, "hedges_g_exactJ": e.hedges_g, "rank_biserial": e.rank_biserial,
                   "auc": (e.rank_biserial + 1.0) / 2.0, "smd_table1": e.standardised_difference})
        }
        "shapiro_g1" | "shapiro_g0" => {
            let t = shapiro_wilk(if what == "shapiro_g1" { &a } else { &b }).ok()?;
            json!({"W": t.w, "p": t.p})
        }
        "levene" => {
            let by = |centre| equal_spread(&[&a, &b], centre).unwrap();
            let (median, mean) = (by(Centre::Median), by(Centre::Mean));
            json!({"F_median": median.f, "p_median": median.p, "F_mean": mean.f, "p_mean": mean.p})
        }
        "f_test" => {
            let t = variance_ratio(&a, &b, LEVEL).ok()?;
            json!({"F": t.f, "p": t.p, "ci95": ends(t.interval)})
        }
        "ks" => {
            let t = kolmogorov_smirnov(&a, &b).unwrap();
            json!({"D": t.d, "p_asym": t.p})
        }
        "desc" => {
            let show = |s: Summary| {
                json!({"n": s.n, "mean": s.mean, "sd": s.sd, "median": s.median, "q1_type7": s.q1, "q3_type7": s.q3,
                       "min": s.min, "max": s.max})
            };
            json!({"g1": show(Summary::of(&a).unwrap()), "g0": show(Summary::of(&b).unwrap())})
        }
        _ => return None,
    })
}

fn differences(before: &[Option<f64>], after: &[Option<f64>], what: &str) -> Answer {
    let pairs: Vec<(f64, f64)> = before.iter().zip(after).filter_map(|(b, a)| Some(((*b)?, (*a)?))).collect();
    let (before, after): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    Some(match what {
        "paired_t" => t_fields(paired(&before, &after, LEVEL).ok()?, "mean_diff"),
        "wilcoxon_signed_rank" => {
            // R takes the differences as they come, rounding errors included
            let raw: Vec<f64> = after.iter().zip(&before).map(|(a, b)| a - b).collect();
            let t = signed_rank_of(&raw, LEVEL).unwrap();
            json!({"n_zero_dropped": t.zeros, "V": t.v, "p_cc": t.p_normal, "p_nocc": t.p_normal_uncorrected,
                   "p_exact_ties_wilcoxon": t.p_exact?, "p_exact_pratt": t.p_pratt?})
        }
        "sign_test" => {
            let raw: Vec<f64> = after.iter().zip(&before).map(|(a, b)| a - b).collect();
            json!(sign_test(&raw).ok()?)
        }
        "shapiro_diff" => {
            let raw: Vec<f64> = after.iter().zip(&before).map(|(a, b)| a - b).collect();
            let t = shapiro_wilk(&raw).ok()?;
            json!({"W": t.w, "p": t.p})
        }
        _ => return None,
    })
}

/// Percentage changes as `change` computes them; the references leave a gap where the baseline is not positive.
fn percent(table: &Table, before: &str, after: &str, class: Option<bool>) -> Answer {
    let (before, after) = (table.column(before)?, table.column(after)?);
    let change = |i: usize| of_pair("", "", before[i], after[i]).pct;
    let outcome = if class.is_some() { table.outcome() } else { Vec::new() };
    // theirs of a class come from complete pairs
    let wanted = |&i: &usize| class.is_none_or(|c| outcome[i] == c && before[i].is_some() && after[i].is_some());
    let rows = (0..before.len()).filter(wanted);
    Some(json!(rows.map(change).collect::<Vec<_>>()))
}

/// Groups by the levels of a column, in the order of its text.
fn several(table: &Table, value: &str, group: &str, what: &str) -> Answer {
    let (values, levels) = (table.column(value)?, table.text(group)?);
    let mut names: Vec<&String> = levels.iter().collect();
    names.sort();
    names.dedup();
    let groups: Vec<Vec<f64>> = names
        .iter()
        .map(|name| values.iter().zip(levels).filter(|(_, level)| level == name).filter_map(|(v, _)| *v).collect())
        .collect();
    let slices: Vec<&[f64]> = groups.iter().map(Vec::as_slice).collect();
    Some(match what {
        "kruskal" => {
            let t = kruskal_wallis(&slices).unwrap();
            json!({"H": t.h, "df": t.df, "p": t.p})
        }
        "anova" => {
            let (plain, welch) = (anova(&slices).unwrap(), welch_anova(&slices).unwrap());
            json!({"F": plain.f, "p": plain.p, "welch_F": welch.f, "welch_df2": welch.df.1, "welch_p": welch.p})
        }
        "pairwise" => {
            let mut raw = Vec::new();
            for j in 0..groups.len() {
                for i in j + 1..groups.len() {
                    raw.push(mann_whitney(&groups[i], &groups[j], LEVEL).unwrap().p_normal);
                }
            }
            let p: Vec<Option<f64>> = raw.iter().map(|&p| Some(p)).collect();
            json!({"raw": raw, "holm": holm(&p), "hochberg": hochberg(&p), "BH": benjamini_hochberg(&p)})
        }
        _ => return None,
    })
}

fn correlation(table: &Table, pair: &str, what: &str, record: &Value) -> Answer {
    let names = match pair {
        "ff_mprot" => ["ff_pc", "mprot_pc"],
        "ff_adc" => ["ff_pc", "adc_pc"],
        "rep1" => ["wright1", "mini1"],
        other => {
            let (a, b) = other.split_once('_')?;
            [a, b]
        }
    };
    let (mut a, mut b) = (table.column(names[0])?, table.column(names[1])?);
    let complete: Vec<bool> = a.iter().zip(&b).map(|(a, b)| a.is_some() && b.is_some()).collect();
    let keep = |column: &mut Vec<Option<f64>>| -> Vec<f64> {
        column.iter().zip(&complete).filter(|&(_, &c)| c).filter_map(|(v, _)| *v).collect()
    };
    let columns = [keep(&mut a), keep(&mut b)];
    match what {
        "pearson" => {
            let r = pearson(&columns[0], &columns[1], LEVEL).unwrap();
            Some(json!({"r": r.estimate, "t": r.t, "p": r.p, "ci95": ends(r.interval?)}))
        }
        "spearman" => {
            let r = spearman(&columns[0], &columns[1], LEVEL).unwrap();
            let mut out = json!({"rho": r.estimate, "p_t": r.p});
            if record["value"]["ci95_bonett_wright"].is_array() {
                out["ci95_bonett_wright"] = ends(r.interval?);
            }
            Some(out)
        }
        "kendall" => {
            let r = kendall(&columns[0], &columns[1], LEVEL).unwrap();
            Some(json!({"tau_b": r.tau_b, "z": r.z, "p": r.p}))
        }
        _ => None,
    }
}

fn counts(table: &Table, name: &str, what: &str) -> Answer {
    let (row, column) = name.split_once('_')?;
    let (rows, columns) = (table.text(row)?, table.text(column)?);
    let levels = |cells: &[String]| {
        let mut out: Vec<String> = cells.to_vec();
        out.sort();
        out.dedup();
        out
    };
    let (row_levels, column_levels) = (levels(rows), levels(columns));
    let count = |r: &String, c: &String| rows.iter().zip(columns).filter(|&(a, b)| a == r && b == c).count() as u64;
    let cells: Vec<Vec<u64>> = row_levels.iter().map(|r| column_levels.iter().map(|c| count(r, c)).collect()).collect();
    let square =
        (cells.len() == 2 && cells[0].len() == 2).then(|| [[cells[0][0], cells[0][1]], [cells[1][0], cells[1][1]]]);
    match what {
        "chi2" => {
            let t = chi_squared(&cells).unwrap();
            let mut out = json!({"chisq": t.chi2, "df": t.df, "p": t.p, "G": g_statistic(&cells)});
            if let Some(square) = square {
                let (more, pairs) =
                    (two_by_two(square, LEVEL).unwrap(), mcnemar([square[0][1], square[1][0]]).unwrap());
                out["chisq_yates"] = json!(more.yates);
                out["p_yates"] = json!(more.p_yates);
                out["phi"] = json!(more.phi);
                out["mcnemar_cc"] = json!(pairs.chi2);
                out["mcnemar_cc_p"] = json!(pairs.p);
                out["mcnemar_exact_p"] = json!(pairs.p_exact);
            }
            Some(out)
        }
        "fisher" => match square {
            Some(square) => {
                let f = fisher(square, LEVEL).unwrap();
                let more = two_by_two(square, LEVEL).unwrap();
                // their roots have the default tolerance of uniroot, ours are checked in closed form beside the code
                let ratio = if more.odds_ratio.is_finite() { json!(more.odds_ratio) } else { json!("Inf") };
                Some(json!({"p": f.p, "or_sample": ratio}))
            }
            None => {
                let rows: Option<Vec<[u64; 2]>> = cells.iter().map(|r| <[u64; 2]>::try_from(&r[..]).ok()).collect();
                Some(json!({"p": fisher_rows(&rows?).unwrap()?}))
            }
        },
        _ => None,
    }
}

fn adjust(table: &Table, record: &Value) -> Answer {
    let markers: Vec<&str> = record["value"]["markers"].as_array()?.iter().filter_map(Value::as_str).collect();
    let raw: Option<Vec<f64>> = markers
        .iter()
        .map(|m| {
            let (a, b) = table.groups(&format!("{m}_pc"))?;
            Some(mann_whitney(&a, &b, LEVEL).unwrap().p_normal)
        })
        .collect();
    let raw = raw?;
    let p: Vec<Option<f64>> = raw.iter().map(|&p| Some(p)).collect();
    let named = |values: &[f64]| -> Map<String, Value> {
        markers.iter().zip(values).map(|(m, v)| ((*m).to_owned(), json!(v))).collect()
    };
    let adjusted = |f: fn(&[Option<f64>]) -> Vec<Option<f64>>| named(&f(&p).into_iter().flatten().collect::<Vec<_>>());
    Some(json!({"raw": named(&raw), "holm": adjusted(holm), "BH": adjusted(benjamini_hochberg)}))
}

fn thresholds(record: &Value) -> Option<Vec<f64>> {
    Some(record["value"]["threshold"].as_array()?.iter().filter_map(Value::as_f64).collect())
}

fn decision(table: &Table, model: &str, record: &Value) -> Answer {
    let risk: Vec<f64> = match model {
        "glm_marker_age_fam" => {
            let (design, outcome) = design(table, "multi")?;
            let fit = Method::MaximumLikelihood.fit(&design, &outcome).unwrap();
            fit.linear_predictors(&design).iter().map(|lp| 1.0 / (1.0 + (-lp).exp())).collect()
        }
        column => table.column(column)?.into_iter().collect::<Option<_>>()?,
    };
    let curve = net_benefit(&risk, &table.outcome(), &thresholds(record)?).unwrap();
    Some(json!({"net_benefit": curve.iter().map(|p| p.model).collect::<Vec<_>>()}))
}

/// A model fitted to the training rows, judged on the test rows.
fn external(table: &Table, what: &str, record: &Value) -> Answer {
    let (design, outcome) = design(table, "train")?;
    let fit = Method::MaximumLikelihood.fit(&design, &outcome).unwrap();
    let columns: Option<Vec<Vec<Option<f64>>>> =
        design.names().iter().map(|n| table.column(&format!("test_{n}"))).collect();
    let columns = columns?;
    let test: Vec<bool> = table.column("test_type")?.into_iter().map(|v| v == Some(1.0)).collect();
    let row = |i: usize| -> Option<Vec<f64>> { columns.iter().map(|c| c[i]).collect() };
    let predictors: Option<Vec<f64>> = (0..test.len()).map(|i| Some(fit.linear_predictor(&row(i)?))).collect();
    let predictors = predictors?;
    match what {
        "lp" => Some(json!(predictors)),
        "dca" => {
            let risk: Vec<f64> = predictors.iter().map(|lp| 1.0 / (1.0 + (-lp).exp())).collect();
            let curve = net_benefit(&risk, &test, &thresholds(record)?).unwrap();
            Some(json!({"net_benefit": curve.iter().map(|p| p.model).collect::<Vec<_>>()}))
        }
        "locked_cutoff" => {
            let training = fit.linear_predictors(&design);
            let curve = roc::curve(&training, &outcome, Direction::Higher).unwrap();
            let locked = cutoff::youden(&curve)?.cutoff.threshold;
            let there = cutoff::at(&predictors, &test, Direction::Higher, locked).unwrap();
            let (s, c) = (there.sensitivity, there.specificity);
            Some(json!({"cutoff_lp": locked, "tp": s.k, "fn": s.n - s.k, "tn": c.k, "fp": c.n - c.k}))
        }
        "external" | "val.prob" => {
            let c = calibrate(&predictors, &test).unwrap();
            let risk: Vec<f64> = predictors.iter().map(|lp| 1.0 / (1.0 + (-lp).exp())).collect();
            let d = delong(&predictors, &test, Direction::Higher).unwrap();
            let z = spiegelhalter_z(&risk, &test);
            if what == "val.prob" {
                return Some(
                    json!({"C (ROC)": d.auc, "Dxy": 2.0 * d.auc - 1.0, "Brier": brier(&risk, &test), "Slope": c.slope?,
                                   "S:z": z}),
                );
            }
            Some(json!({"n": test.len(), "events": test.iter().filter(|t| **t).count(), "auc": d.auc,
                        "delong_ci95": ends(d.plain_interval(LEVEL)), "cal_slope": c.slope?, "citl": c.intercept,
                        "brier": brier(&risk, &test), "spiegelhalter_z": z}))
        }
        _ => None,
    }
}
