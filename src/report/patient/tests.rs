//! A patient's page from tables as `run` writes them.

use super::*;
use crate::cohort::Table;
use crate::cohort::results::{FlowEntry, PatientFlow, ResponseRow};
use crate::report::histograms::Binned;

const WIDE: &str = "subject,sff_mean_L1__baseline,sff_mean_L2__baseline,sff_mean_L1-L5__baseline,adc_median_L1-L5__baseline,\
tdv_total_body__baseline,m_protein_serum_g_dl__baseline,age_years__baseline,sex__baseline,sff_mean_L1__cycle2,\
sff_mean_L2__cycle2,sff_mean_L1-L5__cycle2,adc_median_L1-L5__cycle2,tdv_total_body__cycle2,m_protein_serum_g_dl__cycle2,\
m_protein_serum_g_dl__end
001,10.25,12.5,11.5,700,201,4.1,61,F,30.5,32.5,31.5,1000,21,1.1,0.2
<script>alert(1)</script>,20,21,20.5,900,50,2,70,M,,,,1400,40,1.9,
";

fn outputs(folder: &std::path::Path) -> Outputs {
    let path = folder.join("wide.csv");
    std::fs::write(&path, WIDE).unwrap();
    let response = ResponseRow {
        subject: "001".to_owned(),
        session: "end".to_owned(),
        category: Some("VGPR".to_owned()),
        range: "VGPR".to_owned(),
        physician: None,
        label: Some(1),
        confirmed: None,
        reasons: vec!["M protein fell by 95 %".to_owned()],
        iss: Some(2),
        r_iss: None,
    };
    let lost = FlowEntry {
        subject: "001".to_owned(),
        session: "cycle2".to_owned(),
        reason: "L3: fracture <b>old</b>".to_owned(),
    };
    Outputs {
        manifest: serde_json::json!({"parameters": {"sessions": {"baseline": "baseline", "followup": "cycle2"},
            "endpoint": {"session": "end"}, "regions": {"levels": "L1-L5"}}}),
        wide: Some(Table::read(&path).unwrap()),
        responses: vec![response],
        flow: Some(PatientFlow { excluded_levels: vec![lost], ..PatientFlow::default() }),
        histograms: ["baseline", "cycle2"].map(|visit| (("001".to_owned(), visit.to_owned()), binned(visit))).into(),
        ..Outputs::default()
    }
}

/// Ten voxels of marrow, the follow-up one bin higher; a region without voxels is no distribution.
fn binned(visit: &str) -> Vec<Binned> {
    let edges: Vec<f64> = (0..=40).map(|n| 50.0 * f64::from(n)).collect();
    let first = if visit == "baseline" { 13 } else { 19 };
    let mut counts = vec![0.0; 40];
    counts[first] = 6.0;
    counts[first + 1] = 4.0;
    let of = |measure: &str, region: &str, counts: Vec<f64>| Binned {
        measure: measure.to_owned(),
        region: region.to_owned(),
        edges: edges.clone(),
        counts,
    };
    vec![of("adc", "L1-L5", counts), of("gadc", "body", vec![0.0; 40])]
}

fn pages(outputs: &Outputs, lang: Lang) -> Vec<Patient> {
    let flags = BTreeMap::from([("sub-001_ses-cycle2".to_owned(), BTreeSet::from(["small-region".to_owned()]))]);
    patients(outputs, &flags, &PatientSettings::default(), lang).unwrap()
}

fn row<'a>(table: &'a ReportTable, start: &str) -> &'a [String] {
    table.rows.iter().find(|row| row[0].starts_with(start)).unwrap_or_else(|| panic!("no row {start}"))
}

#[test]
fn a_change_is_told_against_the_error_of_measurement() {
    let folder = tempfile::tempdir().unwrap();
    let pages = pages(&outputs(folder.path()), Lang::En);
    let [first, other] = &pages[..] else { panic!("{} patients", pages.len()) };
    assert_eq!((first.subject.as_str(), other.subject.as_str()), ("001", "<script>alert(1)</script>"));
    let changes = first.changes.as_ref().unwrap();
    // 700 to 1000 is +43 %, of which a repeat gives up to +49 %; 900 to 1400 is +56 %
    let adc = row(changes, "ADC median");
    assert_eq!(adc[1..4], ["700", "1000", "+300"]);
    assert!(adc[5].starts_with("within measurement error (−33 to +49 %"), "{}", adc[5]);
    assert!(row(other.changes.as_ref().unwrap(), "ADC median")[5].starts_with("beyond measurement error"));
    let sff = row(changes, "sFF mean L1–L5 (%)");
    assert_eq!(sff[3..], ["+20.0", "+174", "no limit known"]);
    assert!(changes.notes.iter().any(|note| note.contains("PMID 35867890")));
    // nobody measured it at the second visit: no change, and no verdict
    assert_eq!(row(other.changes.as_ref().unwrap(), "sFF mean L1–L5 (%)")[2..5], ["–", "–", "–"]);
}

#[test]
fn the_page_has_profile_courses_response_with_reasons_and_warnings() {
    let folder = tempfile::tempdir().unwrap();
    let pages = pages(&outputs(folder.path()), Lang::En);
    let first = &pages[0];
    assert_eq!(first.facts, ["61 years old", "Sex F"]);
    assert_eq!(first.response, "VGPR");
    let responses = first.responses.as_ref().unwrap();
    assert_eq!(responses.rows[0][1], "VGPR");
    assert_eq!(responses.rows[0].last().unwrap(), "M protein fell by 95 %");
    assert!(pages[1].responses.is_none());
    let profile = &first.figures[0].svg;
    for text in ["L1", "L2", "baseline", "cycle2"] {
        assert!(profile.contains(&format!("\n{text}\n")), "{text} is not in the profile");
    }
    assert!(!profile.contains("normal values"));
    let courses = &first.figures.last().unwrap().svg;
    for text in ["tDV (mL)", "201", "Serum M protein (g/dL)", "0.20", "1000"] {
        assert!(courses.contains(text), "{text} is not in the courses");
    }
    assert_eq!(first.warnings.len(), 2, "{:?}", first.warnings);
    assert!(first.warnings.contains(&"cycle2: small-region".to_owned()));
}

#[test]
fn adc_of_both_visits_stands_in_one_frame_with_classes_and_medians() {
    let folder = tempfile::tempdir().unwrap();
    let pages = pages(&outputs(folder.path()), Lang::En);
    let with = |patient: &Patient, text: &str| patient.figures.iter().filter(|f| f.caption.contains(text)).count();
    assert_eq!((with(&pages[0], "voxels of L1–L5"), with(&pages[0], "voxels of tDV")), (1, 0));
    // nothing binned: no figure, and no vertebra of its own: no sparkline
    assert_eq!((with(&pages[1], "voxels of"), with(&pages[0], "each vertebra, all to one scale")), (0, 0));
    let svg = &pages[0].figures.iter().find(|f| f.caption.contains("voxels of L1–L5")).unwrap().svg;
    for text in ["baseline, median 700 µm²/s, 10 voxels", "cycle2, median 1000 µm²/s, 10 voxels", "655"] {
        assert!(svg.contains(text), "{text} is not in the figure");
    }
    // the axis ends where the voxels do: the upper class border lies beyond
    assert!(!svg.contains("\n1400\n"));
}

#[test]
fn the_page_speaks_japanese_and_keeps_strangers_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = outputs(folder.path());
    let html = crate::report::render(&outputs, &[], &PatientSettings::default(), Lang::Ja).unwrap();
    for text in ["<html lang=\"ja\">", "測定誤差の範囲内（−33〜+49 %）", "測定誤差を超える", "治療効果 (IMWG)", "61歳"]
    {
        assert!(html.contains(text), "{text} is not on the page");
    }
    assert!(html.contains("&lt;script&gt;alert(1)"));
    for forbidden in ["<script>alert", "<b>old"] {
        assert!(!html.contains(forbidden), "{forbidden} on the page");
    }
}
