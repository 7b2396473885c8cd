//! `agree/...`, `repeat/...`: intraclass correlation, limits of agreement, repeatability, concordance, lines.

use super::Answer;
use super::curves::ends;
use super::table::Table;
use myelomri::stats::LEVEL;
use myelomri::stats::concordance::{concordance, deming, passing_bablok};
use myelomri::stats::icc::{Icc, icc};
use myelomri::stats::limits::limits;
use myelomri::stats::repeatability::repeatability;
use serde_json::{Value, json};

pub fn answer(table: &Table, id: &str) -> Answer {
    let parts: Vec<&str> = id.split('/').collect();
    let (columns, what) = match (table.set.as_str(), &parts[..]) {
        ("anxiety_icc", ["agree", what]) => (vec!["rater1", "rater2", "rater3"], *what),
        ("shrout_fleiss", ["agree", what]) => (vec!["J1", "J2", "J3", "J4"], *what),
        ("pefr", ["agree", "meter_rep1", what]) => (vec!["wright1", "mini1"], *what),
        ("pefr", ["repeat", "wright", what]) => (vec!["wright1", "wright2"], *what),
        ("pefr", ["repeat", "mini", what]) => (vec!["mini1", "mini2"], *what),
        _ => return None,
    };
    let columns: Option<Vec<Vec<f64>>> =
        columns.iter().map(|name| table.column(name)?.into_iter().collect::<Option<Vec<f64>>>()).collect();
    let columns = columns?;
    let rows: Vec<Vec<f64>> = (0..columns[0].len()).map(|i| columns.iter().map(|c| c[i]).collect()).collect();
    let (a, b) = (&columns[0], &columns[1]);
    let form = |name: &str| icc(&rows, LEVEL).unwrap().into_iter().find(|form| form.name == name).unwrap();
    Some(match what {
        "icc_psych" => {
            let names = ["ICC(1,1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"];
            let theirs = ["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"];
            let fields = theirs.iter().zip(names).map(|(key, name)| ((*key).to_owned(), of_form(&form(name), true)));
            Value::Object(fields.collect())
        }
        "icc_irr_oneway_consistency_single" => of_form(&form("ICC(1,1)"), true),
        "icc_irr_oneway_consistency_average" => of_form(&form("ICC(1,k)"), true),
        "icc_irr_twoway_consistency_single" => of_form(&form("ICC(C,1)"), true),
        "icc_irr_twoway_consistency_average" => of_form(&form("ICC(C,k)"), true),
        // irr tests agreement against zero with Satterthwaite's degrees of freedom
        "icc_irr_twoway_agreement_single" => of_form(&form("ICC(A,1)"), false),
        // and has an interval of its own for the average; ours is that of the single one stepped up, as psych's
        "icc_irr_twoway_agreement_average" => json!({"icc": form("ICC(A,k)").value}),
        "repeatability" => {
            let r = repeatability(&rows, LEVEL).unwrap();
            let mut out = json!({"n": r.subjects, "k": columns.len(), "wSD": r.wsd, "wSD_ci95": ends(r.wsd_interval),
                "RC": r.rc, "RC_ci95": ends(r.rc_interval), "wCV_rms": r.wcv_rms?, "wCV_ratio": r.wcv_ratio?,
                "pctRC_rms": r.rc_fraction?});
            if let (Some(log), Some(pct)) = (r.wcv_log, r.asymmetric_pct) {
                out["wCV_log"] = json!(log);
                out["asym_RC_pct"] = ends(pct);
            }
            out
        }
        "bland_altman" => {
            let l = limits(a, b, LEVEL).unwrap();
            let (r, p) = l.proportional?;
            let (pct_bias, pct_sd) = l.percent?;
            json!({"n": l.n, "bias": l.bias, "sd": l.sd, "bias_ci95": ends(l.bias_interval), "loa_1.96": ends(l.limits),
                "loa_qnorm": ends(l.limits_by_quantile), "loa_se_1986": l.se_1986,
                "loa_lower_ci95_1999": ends(l.lower), "loa_upper_ci95_1999": ends(l.upper),
                "loa_upper_ci95_exact_carkeet": ends(l.upper_exact), "prop_bias_r": r, "prop_bias_p": p,
                "pct_bias": pct_bias, "pct_sd": pct_sd})
        }
        "ccc" => {
            let c = concordance(a, b, LEVEL).unwrap();
            json!({"est": c.value, "ci95": ends(c.interval?), "C_b": c.accuracy})
        }
        "deming_lambda1" => {
            let line = deming(a, b).unwrap();
            json!({"slope": line.slope, "intercept": line.intercept})
        }
        "passing_bablok" => {
            let line = passing_bablok(a, b, LEVEL).unwrap();
            let interval = line.slope_interval?;
            let end = |v: f64| if v.is_finite() { json!(v) } else { json!(if v > 0.0 { "Inf" } else { "-Inf" }) };
            json!({"slope": line.slope, "intercept": line.intercept, "slope_ci95": [end(interval.low), end(interval.high)]})
        }
        _ => return None,
    })
}

fn of_form(form: &Icc, test: bool) -> Value {
    let mut out = json!({"icc": form.value, "lower": form.interval.low, "upper": form.interval.high});
    if test {
        out["F"] = json!(form.f);
        out["df1"] = json!(form.df.0);
        out["df2"] = json!(form.df.1);
        out["p"] = json!(form.p);
    }
    out
}
