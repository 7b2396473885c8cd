//! The criteria of each category in three-valued logic, and the range of categories that known values leave open.

use super::{Category, Labs, Range};

/// Met, failed, or undecided for want of a value.
type Tri = Option<bool>;

fn and(a: Tri, b: Tri) -> Tri {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(a: Tri, b: Tri) -> Tri {
    and(a.map(|x| !x), b.map(|x| !x)).map(|x| !x)
}

/// By what the disease of this patient is followed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    /// Serum M protein >= 1 g/dL, urine M protein >= 200 mg/24 h, or both; one may be unknown where the other is met.
    Protein { serum: Tri, urine: Tri },
    /// Neither; involved free light chain >= 100 mg/L with an abnormal ratio.
    LightChains { kappa: bool },
    /// None of these; plasma cells of the marrow.
    Marrow,
    /// Nothing but the plasma cells of the blood.
    Circulating,
    /// Not enough is known of the baseline.
    Unknown,
}

/// Whether serum and urine M protein can be followed.
fn measurable_proteins(baseline: &Labs) -> [Tri; 2] {
    [baseline.serum_m_g_dl.map(|m| m >= 1.0), baseline.urine_m_mg_24h.map(|m| m >= 200.0)]
}

/// Whether either can.
fn by_protein(baseline: &Labs) -> Tri {
    let [serum, urine] = measurable_proteins(baseline);
    or(serum, urine)
}

fn measure(baseline: &Labs) -> Measure {
    let [serum, urine] = measurable_proteins(baseline);
    match or(serum, urine) {
        Some(true) => return Measure::Protein { serum, urine },
        None => return Measure::Unknown,
        Some(false) => {}
    }
    match (baseline.kappa_mg_l, baseline.lambda_mg_l) {
        (Some(kappa), Some(lambda)) => {
            let involved = kappa.max(lambda);
            if involved >= 100.0 && baseline.flc_ratio_is_normal() == Some(false) {
                return Measure::LightChains { kappa: kappa > lambda };
            }
        }
        _ => return Measure::Unknown,
    }
    match (baseline.marrow_plasma_pct, baseline.circulating_per_ul) {
        (Some(_), _) => Measure::Marrow,
        (None, Some(_)) => Measure::Circulating,
        (None, None) => Measure::Unknown,
    }
}

/// Involved minus uninvolved free light chain, mg/L.
fn dflc(labs: &Labs, kappa_involved: bool) -> Option<f64> {
    let difference = labs.kappa_mg_l? - labs.lambda_mg_l?;
    Some(if kappa_involved { difference } else { -difference })
}

/// dFLC of the visit `then` where it can be held against that of `now`: both by one assay.
fn dflc_like(then: &Labs, now: &Labs, kappa_involved: bool) -> Option<f64> {
    (then.flc_assay == now.flc_assay).then(|| dflc(then, kappa_involved)).flatten()
}

/// Fall from `before` to `after` of at least `percent`.
fn fell(before: Option<f64>, after: Option<f64>, percent: f64) -> Tri {
    // multiplied out, so that a fall of exactly the limit is met
    Some(100.0 * after? <= (100.0 - percent) * before? + 1e-9)
}

/// The criterion where the disease is measurable by it; one that it is not measurable by is met.
fn where_measurable(measurable: Tri, criterion: Tri) -> Tri {
    or(measurable.map(|yes| !yes), criterion)
}

/// Rise from the lowest value by at least `percent` and `points`.
fn rose(lowest: Option<f64>, now: Option<f64>, percent: f64, points: f64) -> Tri {
    let now = now?;
    // from whatever it was, it cannot have risen by more than it is
    if now < points - 1e-9 {
        return Some(false);
    }
    let lowest = lowest?;
    Some(now - lowest >= points - 1e-9 && 100.0 * (now - lowest) >= percent * lowest - 1e-9)
}

/// The categories that these values leave open. `before` are all visits before this one, the baseline first.
pub fn range(baseline: &Labs, before: &[&Labs], now: &Labs) -> Range {
    let followed = measure(baseline);
    let mut reasons = Vec::new();
    if let Some(why) = progression(followed, before, now) {
        return Range { worst: Category::PD, best: Category::PD, reasons: vec![why] };
    }
    let complete = complete(followed, before, now);
    let no_clone = now.clonal_cells.map(|seen| seen == 0.0);
    let stringent = and(complete, and(now.flc_ratio_is_normal(), no_clone));
    let criteria = [
        (Category::SCR, stringent),
        (Category::CR, complete),
        (Category::VGPR, or(complete, very_good(followed, baseline, now))),
        (Category::PR, partial(followed, baseline, now)),
        (Category::MR, minimal(followed, baseline, now)),
        (Category::SD, Some(true)),
    ];
    let mut possible = Vec::new();
    for (category, met) in criteria {
        match met {
            Some(false) => {}
            None => {
                reasons.push(format!("{category} undecided"));
                possible.push(category);
            }
            Some(true) => {
                reasons.push(format!("{category} by {}", named(followed)));
                possible.push(category);
                break;
            }
        }
    }
    reasons.extend(missing(followed, now).into_iter().map(|what| format!("missing: {what}")));
    let worst = if may_have_risen(followed, before, now) {
        reasons.push(format!("{} undecided", Category::PD));
        Category::PD
    } else {
        possible.last().copied().unwrap_or(Category::SD)
    };
    Range { worst, best: possible.first().copied().unwrap_or(Category::SD), reasons }
}

fn named(followed: Measure) -> &'static str {
    match followed {
        Measure::Protein { serum: Some(true), urine: Some(true) } => "serum and urine M protein",
        Measure::Protein { urine: Some(true), .. } => "urine M protein",
        Measure::Protein { .. } => "serum M protein",
        Measure::LightChains { .. } => "free light chains",
        Measure::Marrow => "marrow plasma cells",
        Measure::Circulating => "circulating plasma cells",
        Measure::Unknown => "what is known",
    }
}

/// Inputs of the criteria that are not there.
fn missing(followed: Measure, now: &Labs) -> Vec<&'static str> {
    let mut what = Vec::new();
    let mut need = |there: bool, name: &'static str| {
        if !there {
            what.push(name);
        }
    };
    match followed {
        Measure::Protein { .. } => {
            need(now.serum_m_g_dl.is_some(), "serum M protein");
            need(now.urine_m_mg_24h.is_some(), "urine M protein");
        }
        Measure::LightChains { .. } => need(now.kappa_mg_l.and(now.lambda_mg_l).is_some(), "free light chains"),
        Measure::Marrow => {}
        Measure::Circulating => need(now.circulating_per_ul.is_some(), "circulating plasma cells"),
        Measure::Unknown => need(false, "what the disease is measured by at baseline"),
    }
    need(now.ife_serum.is_some(), "serum immunofixation");
    need(now.ife_urine.is_some(), "urine immunofixation");
    need(now.marrow_plasma_pct.is_some(), "marrow plasma cells");
    what
}

fn lowest(before: &[&Labs], of: impl Fn(&Labs) -> Option<f64>) -> Option<f64> {
    before.iter().filter_map(|labs| of(labs)).min_by(f64::total_cmp)
}

/// The immunofixation; where it was not recorded, an M protein that was measured would show in it.
fn immunofixation(recorded: Tri, m_protein: Option<f64>) -> Tri {
    recorded.or_else(|| m_protein.filter(|m| *m > 0.0).map(|_| true))
}

/// Whether a value by which the disease is followed is missing and could show progression.
fn may_have_risen(followed: Measure, before: &[&Labs], now: &Labs) -> bool {
    let serum = || rose(lowest(before, |labs| labs.serum_m_g_dl), now.serum_m_g_dl, 25.0, 0.5);
    let urine = || rose(lowest(before, |labs| labs.urine_m_mg_24h), now.urine_m_mg_24h, 25.0, 200.0);
    let [(by_serum, serum), (by_urine, urine)] = match followed {
        Measure::Protein { serum: by_serum, urine: by_urine } => [(by_serum, serum()), (by_urine, urine())],
        // neither protein is measurable and no light chains were measured: theirs may have risen
        Measure::Unknown if before.first().is_some_and(|first| by_protein(first) == Some(false)) => return true,
        Measure::Unknown => [(None, serum()), (None, urine())],
        Measure::LightChains { kappa } => {
            let low = lowest(before, |labs| dflc_like(labs, now, kappa));
            return low.is_none() || dflc(now, kappa).is_none();
        }
        Measure::Marrow => return now.marrow_plasma_pct.is_none(),
        Measure::Circulating => return now.circulating_per_ul.is_none(),
    };
    let open = |by: Tri, rise: Tri, shown: Tri| by != Some(false) && rise.is_none() && shown != Some(false);
    open(by_serum, serum, now.ife_serum) || open(by_urine, urine, now.ife_urine)
}

/// Why this is progression, if recorded values say so. Only the sum over all plasmacytomas is known, so its growth stands
/// for that of more than one lesion.
fn progression(followed: Measure, before: &[&Labs], now: &Labs) -> Option<String> {
    let serum = lowest(before, |labs| labs.serum_m_g_dl);
    let yes = |met: Tri| met == Some(true);
    if now.new_lesion.is_some_and(|seen| seen > 0.0) {
        return Some("PD: a new lesion".to_owned());
    }
    if let Some((low, size)) = lowest(before, |labs| labs.plasmacytoma_spd_mm2).zip(now.plasmacytoma_spd_mm2) {
        if low == 0.0 && size > 0.0 {
            return Some("PD: a plasmacytoma where there was none".to_owned());
        }
        if low > 0.0 && yes(rose(Some(low), Some(size), 50.0, 0.0)) {
            return Some("PD: plasmacytomas >= 50 % above the smallest sum of products of diameters".to_owned());
        }
    }
    let longest = lowest(before, |labs| labs.lesion_longest_mm).filter(|length| *length > 10.0);
    if yes(rose(longest, now.lesion_longest_mm, 50.0, 0.0)) {
        return Some("PD: longest diameter of a lesion > 1 cm >= 50 % above its smallest".to_owned());
    }
    if yes(rose(serum, now.serum_m_g_dl, 25.0, 0.5)) {
        return Some("PD: serum M protein >= 25 % and >= 0.5 g/dL above the lowest".to_owned());
    }
    if serum.is_some_and(|m| m >= 5.0) && yes(rose(serum, now.serum_m_g_dl, 0.0, 1.0)) {
        return Some("PD: serum M protein >= 1 g/dL above a lowest value >= 5 g/dL".to_owned());
    }
    if yes(rose(lowest(before, |labs| labs.urine_m_mg_24h), now.urine_m_mg_24h, 25.0, 200.0)) {
        return Some("PD: urine M protein >= 25 % and >= 200 mg/24 h above the lowest".to_owned());
    }
    if let Measure::LightChains { kappa } = followed {
        let (low, high) = (lowest(before, |labs| dflc_like(labs, now, kappa)), dflc(now, kappa));
        let above = low.zip(high).map(|(low, high)| high - low > 100.0);
        if yes(and(rose(low, high, 25.0, 0.0), above)) {
            return Some("PD: dFLC >= 25 % and > 100 mg/L above the lowest".to_owned());
        }
    }
    if followed == Measure::Marrow
        && yes(rose(lowest(before, |labs| labs.marrow_plasma_pct), now.marrow_plasma_pct, 25.0, 10.0))
    {
        return Some("PD: marrow plasma cells >= 25 % and >= 10 points above the lowest".to_owned());
    }
    let circulating = lowest(before, |labs| labs.circulating_per_ul);
    let many = now.circulating_per_ul.is_some_and(|cells| cells >= 200.0);
    if followed == Measure::Circulating && many && yes(rose(circulating, now.circulating_per_ul, 50.0, 0.0)) {
        return Some("PD: circulating plasma cells >= 50 % above the lowest and >= 200/uL".to_owned());
    }
    None
}

/// No soft-tissue plasmacytoma; one that was never recorded is none, one that was there and not looked for is open.
fn no_plasmacytoma(before: &[&Labs], now: &Labs) -> Tri {
    if let Some(spd) = now.plasmacytoma_spd_mm2 {
        return Some(spd == 0.0);
    }
    let last = before.iter().rev().find_map(|labs| labs.plasmacytoma_spd_mm2);
    if last.is_some_and(|spd| spd > 0.0) { None } else { Some(true) }
}

fn complete(followed: Measure, before: &[&Labs], now: &Labs) -> Tri {
    let serum = immunofixation(now.ife_serum, now.serum_m_g_dl);
    let urine = immunofixation(now.ife_urine, now.urine_m_mg_24h);
    let negative = and(serum.map(|shown| !shown), urine.map(|shown| !shown));
    let marrow = now.marrow_plasma_pct.map(|cells| cells < 5.0);
    let ratio = match followed {
        Measure::LightChains { .. } => now.flc_ratio_is_normal(),
        _ => Some(true),
    };
    and(and(negative, no_plasmacytoma(before, now)), and(marrow, ratio))
}

fn very_good(followed: Measure, baseline: &Labs, now: &Labs) -> Tri {
    let by_measure = match followed {
        Measure::Protein { serum, .. } => {
            let serum_fell = where_measurable(serum, fell(baseline.serum_m_g_dl, now.serum_m_g_dl, 90.0));
            let urine_low = now.urine_m_mg_24h.map(|m| m < 100.0);
            let gone = and(now.serum_m_g_dl.map(|m| m == 0.0), now.urine_m_mg_24h.map(|m| m == 0.0));
            let negative = and(now.ife_serum.map(|shown| !shown), now.ife_urine.map(|shown| !shown));
            let by_immunofixation = or(gone, if negative == Some(true) { Some(true) } else { Some(false) });
            or(by_immunofixation, and(serum_fell, urine_low))
        }
        Measure::LightChains { kappa } => fell(dflc_like(baseline, now, kappa), dflc(now, kappa), 90.0),
        Measure::Marrow => Some(false),
        Measure::Circulating | Measure::Unknown => None,
    };
    // a better category asks for no less than partial response does
    and(by_measure, plasmacytoma_fell(baseline, now, 50.0))
}

fn plasmacytoma_fell(baseline: &Labs, now: &Labs, percent: f64) -> Tri {
    match baseline.plasmacytoma_spd_mm2 {
        Some(before) if before > 0.0 => fell(Some(before), now.plasmacytoma_spd_mm2, percent),
        _ => Some(true),
    }
}

fn partial(followed: Measure, baseline: &Labs, now: &Labs) -> Tri {
    let by_measure = match followed {
        Measure::Protein { serum, .. } => {
            let serum_fell = where_measurable(serum, fell(baseline.serum_m_g_dl, now.serum_m_g_dl, 50.0));
            let urine_low = now.urine_m_mg_24h.map(|m| m < 200.0);
            and(serum_fell, or(urine_low, fell(baseline.urine_m_mg_24h, now.urine_m_mg_24h, 90.0)))
        }
        Measure::LightChains { kappa } => fell(dflc_like(baseline, now, kappa), dflc(now, kappa), 50.0),
        Measure::Marrow => and(
            baseline.marrow_plasma_pct.map(|cells| cells >= 30.0),
            fell(baseline.marrow_plasma_pct, now.marrow_plasma_pct, 50.0),
        ),
        Measure::Circulating | Measure::Unknown => None,
    };
    and(by_measure, plasmacytoma_fell(baseline, now, 50.0))
}

fn minimal(followed: Measure, baseline: &Labs, now: &Labs) -> Tri {
    let by_measure = match followed {
        Measure::Protein { serum, urine } => {
            let serum_fell = where_measurable(serum, fell(baseline.serum_m_g_dl, now.serum_m_g_dl, 25.0));
            let urine_fell = where_measurable(urine, fell(baseline.urine_m_mg_24h, now.urine_m_mg_24h, 50.0));
            and(serum_fell, urine_fell)
        }
        Measure::LightChains { .. } | Measure::Marrow => Some(false),
        Measure::Circulating | Measure::Unknown => None,
    };
    and(by_measure, plasmacytoma_fell(baseline, now, 25.0))
}

#[cfg(test)]
mod tests;
