//! Why a reference record is not compared.

/// Records of our kind that we do not compute.
pub fn of_us(id: &str) -> Option<&'static str> {
    let what = id.rsplit('/').next()?;
    Some(match what {
        "auto_direction" => "a direction is declared and never found from the data",
        "best_youden" | "best_closest.topleft" | "best_youden_cost2_prev0.3" | "row1_ci" | "row2_ci" => {
            "their optimum is an end of the curve, where everybody or nobody is called positive"
        }
        "logit_delong_ci95" | "z_vs_half" => "the DeLong variance is zero",
        "ml" => "what a program prints of an estimate that does not exist",
        "mwu_exact_ties" => "exact p-values are counted up to 120 values",
        "ols" => "ordinary regression of one method on the other is no measure of agreement",
        "table" => "counts, which the harness itself makes",
        "drop1_lrt" => "dummies of one factor are dropped together there",
        "loocv_lp" | "loocv_brier" | "loocv_pooled_auc" | "firth_loocv_lp" | "firth_loocv_pooled_auc" => {
            "hundreds of fits to hundreds of rows, which smaller tables show as well"
        }
        _ => return None,
    })
}

/// Records in which the other program is known to be off.
pub fn of_peer(set: &str, id: &str) -> Option<&'static str> {
    let logistf = "logistf stops before the maximum; brglm2 and the exact roots beside this record agree";
    let spline = "R interpolates the profile; the exact roots beside this record agree";
    let (_, rest) = id.split_once('/')?;
    Some(match (set, rest) {
        ("birthwt", "multi/profile_ci95_MASS") | ("mm_sim_open", "ff_mprot/profile_ci95_MASS") => spline,
        ("mm_sim_dirty_open" | "mm_sim_open", "uni_ff/firth_profile_ci95_logistf")
        | ("mm_sim_dirty_open" | "mm_sim_open", "ff_mprot/firth_profile_ci95_logistf")
        | ("mm_sim_dirty_open", "uni_ff/firth_logistf_p" | "ff_mprot/firth_logistf_p")
        | ("toy_complete_separation", "sep_uni/firth_profile_ci95_logistf" | "sep_uni/firth_logistf_default")
        | ("toy_complete_separation", "sep_multi/firth_profile_ci95_logistf" | "sep_multi/firth_logistf_p") => logistf,
        _ => return None,
    })
}
