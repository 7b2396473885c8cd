//! Worked cases, one for each rule and its border, read off the criteria by hand.

use super::*;

fn labs(serum: f64, urine: f64) -> Labs {
    Labs { serum_m_g_dl: Some(serum), urine_m_mg_24h: Some(urine), ..Labs::default() }
}

fn shown(serum: f64, urine: f64) -> Labs {
    Labs { ife_serum: Some(true), ife_urine: Some(true), marrow_plasma_pct: Some(8.0), ..labs(serum, urine) }
}

fn clean(marrow: Option<f64>) -> Labs {
    Labs { ife_serum: Some(false), ife_urine: Some(false), marrow_plasma_pct: marrow, ..labs(0.0, 0.0) }
}

fn of(baseline: Labs, now: Labs) -> String {
    range(&baseline, &[&baseline], &now).to_string()
}

#[test]
fn serum_rules_at_their_borders() {
    for (after, category) in
        [(0.40, "VGPR"), (0.41, "PR"), (2.0, "PR"), (2.01, "MR"), (3.0, "MR"), (3.01, "SD"), (4.99, "SD"), (5.0, "PD")]
    {
        assert_eq!(of(labs(4.0, 0.0), shown(after, 50.0)), category, "4.0 -> {after} g/dL");
    }
}

#[test]
fn a_rise_counts_in_percent_and_in_grams() {
    // + 25 % but only 0.4 g/dL
    assert_eq!(of(labs(1.6, 0.0), shown(2.0, 0.0)), "SD");
    assert_eq!(of(labs(2.0, 0.0), shown(2.5, 0.0)), "PD");
    // from 5 g/dL on one gram is enough
    assert_eq!(of(labs(5.0, 0.0), shown(6.0, 0.0)), "PD");
    assert_eq!(of(labs(4.9, 0.0), shown(5.9, 0.0)), "SD");
}

#[test]
fn progression_is_told_from_the_lowest_value_not_from_the_baseline() {
    let (first, second, now) = (labs(4.0, 0.0), labs(1.0, 0.0), shown(1.5, 0.0));
    assert_eq!(range(&first, &[&first, &second], &now).to_string(), "PD");
}

#[test]
fn urine_holds_a_category_back() {
    assert_eq!(of(labs(4.0, 1000.0), shown(0.3, 99.0)), "VGPR");
    assert_eq!(of(labs(4.0, 1000.0), shown(0.3, 100.0)), "PR");
    assert_eq!(of(labs(4.0, 5000.0), shown(0.3, 500.0)), "PR");
    assert_eq!(of(labs(4.0, 1000.0), shown(0.3, 500.0)), "MR");
    assert_eq!(of(labs(4.0, 1000.0), shown(0.3, 501.0)), "SD");
    assert_eq!(of(labs(4.0, 1000.0), shown(0.3, 1250.0)), "PD");
}

#[test]
fn a_urine_only_patient_is_followed_by_urine() {
    assert_eq!(of(labs(0.2, 2000.0), shown(0.2, 90.0)), "VGPR");
    assert_eq!(of(labs(0.2, 2000.0), shown(0.2, 199.0)), "PR");
    assert_eq!(of(labs(0.2, 2500.0), shown(0.2, 1000.0)), "MR");
}

#[test]
fn complete_response_needs_the_marrow_and_a_stringent_one_stays_possible() {
    assert_eq!(of(labs(4.0, 0.0), clean(Some(4.9))), "CR..sCR");
    assert_eq!(of(labs(4.0, 0.0), clean(Some(5.0))), "VGPR");
    let ratio = |kappa| Labs { kappa_mg_l: Some(kappa), lambda_mg_l: Some(10.0), ..clean(Some(2.0)) };
    assert_eq!(of(labs(4.0, 0.0), ratio(16.6)), "CR");
    assert_eq!(of(labs(4.0, 0.0), ratio(16.5)), "CR..sCR");
    let clone = |seen| Labs { clonal_cells: Some(seen), ..ratio(10.0) };
    assert_eq!(of(labs(4.0, 0.0), clone(0.0)), "sCR");
    assert_eq!(of(labs(4.0, 0.0), clone(1.0)), "CR");
    assert_eq!(of(labs(4.0, 0.0), Labs { new_lesion: Some(1.0), ..clone(0.0) }), "PD");
    let tumour = Labs { plasmacytoma_spd_mm2: Some(400.0), ..clean(Some(2.0)) };
    assert_eq!(of(labs(4.0, 0.0), tumour), "VGPR");
}

#[test]
fn without_a_marrow_the_range_is_open_and_the_label_is_not() {
    let found = range(&labs(4.0, 0.0), &[&labs(4.0, 0.0)], &clean(None));
    assert_eq!((found.worst, found.label()), (Category::VGPR, Some(1)));
    assert!(found.reasons.contains(&"missing: marrow plasma cells".to_owned()), "{:?}", found.reasons);
}

#[test]
fn without_urine_a_fall_of_forty_percent_is_no_deep_response() {
    let now = Labs { serum_m_g_dl: Some(2.4), ife_serum: Some(true), ..Labs::default() };
    let found = range(&labs(4.0, 0.0), &[&labs(4.0, 0.0)], &now);
    assert_eq!((found.to_string().as_str(), found.label()), ("MR", Some(0)));
    // nine tenths down without urine: VGPR, PR or less
    let now = Labs { serum_m_g_dl: Some(0.3), ife_serum: Some(true), ..Labs::default() };
    assert_eq!(range(&labs(4.0, 0.0), &[&labs(4.0, 0.0)], &now).label(), None);
}

#[test]
fn light_chains_count_only_where_neither_serum_nor_urine_is_measurable() {
    let chains = |kappa: f64| Labs { kappa_mg_l: Some(kappa), lambda_mg_l: Some(10.0), ..labs(0.2, 50.0) };
    let now = |kappa: f64| Labs { ife_serum: Some(true), ife_urine: Some(true), ..chains(kappa) };
    // dFLC 500: a tenth is 50, a half 250
    for (kappa, category) in [(60.0, "VGPR"), (61.0, "PR"), (260.0, "PR"), (261.0, "SD"), (634.0, "SD"), (635.0, "PD")]
    {
        assert_eq!(of(chains(510.0), now(kappa)), category, "kappa {kappa}");
    }
    assert_eq!(of(Labs { kappa_mg_l: Some(510.0), lambda_mg_l: Some(10.0), ..labs(1.5, 0.0) }, now(11.0)), "PR");
}

#[test]
fn the_marrow_counts_where_nothing_else_does() {
    let marrow = |cells: f64| Labs {
        kappa_mg_l: Some(10.0),
        lambda_mg_l: Some(10.0),
        marrow_plasma_pct: Some(cells),
        ife_serum: Some(true),
        ife_urine: Some(true),
        ..labs(0.2, 50.0)
    };
    for (before, after, category) in [(40.0, 20.0, "PR"), (40.0, 21.0, "SD"), (29.0, 10.0, "SD"), (40.0, 50.0, "PD")] {
        assert_eq!(of(marrow(before), marrow(after)), category, "{before} -> {after} %");
    }
}

#[test]
fn a_plasmacytoma_that_was_there_must_shrink_too() {
    let before = Labs { plasmacytoma_spd_mm2: Some(1000.0), ..labs(4.0, 0.0) };
    let now = |spd| Labs { plasmacytoma_spd_mm2: Some(spd), ..shown(1.5, 0.0) };
    assert_eq!(of(before, now(500.0)), "PR");
    assert_eq!(of(before, now(501.0)), "MR");
    assert_eq!(of(before, now(751.0)), "SD");
}

#[test]
fn an_unknown_baseline_decides_nothing() {
    assert_eq!(of(Labs::default(), shown(1.0, 0.0)), "PD..VGPR");
}

#[test]
fn a_measured_m_protein_excludes_complete_response_without_immunofixation() {
    let now = Labs { serum_m_g_dl: Some(2.4), ..Labs::default() };
    let found = range(&labs(4.0, 0.0), &[&labs(4.0, 0.0)], &now);
    assert_eq!((found.to_string().as_str(), found.label()), ("MR", Some(0)));
    // a negative immunofixation that was recorded is believed
    assert_eq!(of(labs(4.0, 0.0), Labs { serum_m_g_dl: Some(0.1), ..clean(Some(2.0)) }), "CR..sCR");
}

#[test]
fn a_protein_that_was_not_measured_may_have_risen() {
    let seen = Labs { ife_serum: Some(true), ife_urine: Some(true), ..Labs::default() };
    assert_eq!(of(labs(4.0, 0.0), seen), "PD..VGPR");
    assert_eq!(of(labs(4.0, 1000.0), Labs { serum_m_g_dl: Some(2.4), ..seen }), "PD..MR");
    // no protein in immunofixation is no rise
    assert_eq!(of(labs(4.0, 0.0), Labs { serum_m_g_dl: None, urine_m_mg_24h: None, ..clean(Some(2.0)) }), "CR..sCR");
}

#[test]
fn a_serum_protein_unknown_at_baseline_is_not_taken_for_none() {
    let before = Labs { serum_m_g_dl: None, ..labs(0.0, 2000.0) };
    let found = range(&before, &[&before], &shown(3.0, 50.0));
    assert_eq!(found.label(), None, "{found}");
}

#[test]
fn a_plasmacytoma_that_grows_is_progression_and_one_that_stays_is_no_deep_response() {
    let before = |spd| Labs { plasmacytoma_spd_mm2: Some(spd), ..labs(4.0, 0.0) };
    let now = |spd| Labs { plasmacytoma_spd_mm2: spd, ..shown(0.2, 0.0) };
    assert_eq!(of(before(1000.0), now(Some(1500.0))), "PD");
    assert_eq!(of(before(1000.0), now(Some(1499.0))), "SD");
    assert_eq!(of(before(1000.0), now(Some(500.0))), "VGPR");
    // against the lowest value, and from none at all
    let (first, second) = (before(1000.0), Labs { plasmacytoma_spd_mm2: Some(200.0), ..shown(1.0, 0.0) });
    assert_eq!(range(&first, &[&first, &second], &now(Some(300.0))).to_string(), "PD");
    assert_eq!(of(before(0.0), now(Some(100.0))), "PD");
    // one that was there and was not looked for again leaves the response open
    assert_eq!(range(&before(1000.0), &[&before(1000.0)], &now(None)).label(), None);
    let unseen = range(&before(1000.0), &[&before(1000.0)], &clean(Some(2.0)));
    assert_eq!((unseen.best, unseen.label()), (Category::SCR, None), "{unseen}");
}

#[test]
fn names_are_those_of_the_criteria() {
    let names = Category::ALL.map(|category| category.to_string());
    assert_eq!(names, ["PD", "SD", "MR", "PR", "VGPR", "CR", "sCR"]);
    assert!(names.iter().all(|name| Category::parse(name).is_some()));
    assert_eq!(Category::parse("nCR"), None);
}
