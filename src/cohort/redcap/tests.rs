use super::*;
use crate::error::Failure;

const MAPPING: &str = r#"
event = "redcap_event_name"
subject_prefix = "MM-"
missing = ["-99"]
[sessions]
baseline_arm_1 = "baseline"
cycle_2_arm_1 = "cycle2"
[[column]]
field = "m_spike"
name = "m_protein_serum"
unit = "g/L"
[[column]]
field = "ife"
name = "ife_serum"
values = { 1 = "positive", 0 = "negative" }
[[column]]
checkbox = "support"
choice = "2"
name = "g_csf"
[[column]]
checkbox = "drugs"
values = { 1 = "V", 2 = "R", 3 = "d" }
name = "regimen"
[[column]]
field = "visit_date"
name = "days_from_baseline"
days_from = "baseline"
[[column]]
field = "sex"
name = "sex"
values = { 1 = "F", 2 = "M" }
carry = true
[[column]]
field = "hb"
name = "hb_g_dl"
factor = 1.6114
repeat = "last"
"#;

const EXPORT: &str = "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,m_spike,ife,support___1,\
support___2,drugs___1,drugs___2,drugs___3,visit_date,sex,hb,patient_name\n\
MM-001,baseline_arm_1,,,31.5,1,0,1,1,0,1,2020-02-27,2,,Doe\n\
MM-001,baseline_arm_1,labs,1,,,,,,,,,,6.0,\n\
MM-001,baseline_arm_1,labs,2,,,,,,,,,,6.5,\n\
MM-001,cycle_2_arm_1,,,-99,0,0,0,0,0,0,2020-04-29,,,Doe\n\
MM-001,screening_arm_1,,,9,,,,,,,,,,Doe\n\
MM-002,baseline_arm_1,,,12,,,,,,,,1,,Roe\n";

fn table(text: &str) -> (tempfile::TempDir, Table) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.csv");
    std::fs::write(&path, text).unwrap();
    let table = Table::read(&path).unwrap();
    (folder, table)
}

#[test]
fn events_checkboxes_repeats_and_dates_become_one_row_a_visit() {
    let (_folder, export) = table(EXPORT);
    let clinical = clinical_of(&export, &Mapping::parse(MAPPING).unwrap()).unwrap();
    assert_eq!(
        clinical.columns.join(","),
        "subject,session,m_protein_serum_g_l,ife_serum,g_csf,regimen,days_from_baseline,sex,hb_g_dl"
    );
    let rows: Vec<String> = clinical.rows.iter().map(|row| row.join(",")).collect();
    // 27 February to 29 April 2020: 3 + 31 + 28 days; 6.5 mmol/L are 10.4741 g/dL
    assert_eq!(
        rows,
        ["001,baseline,31.5,positive,1,V+d,0,M,10.4741", "001,cycle2,,negative,0,,62,M,", "002,baseline,12,,,,,F,"]
    );
    let said: Vec<&str> = clinical.warnings.iter().map(|told| told.slug.as_str()).collect();
    assert_eq!(said, ["events-left-out", "fields-left-out"]);
    let all = format!("{clinical:?}");
    assert!(!all.contains("Doe") && !all.contains("2020-"), "no name and no date");
}

#[test]
fn two_values_for_one_visit_and_unknown_codes_are_refused_by_row() {
    let refused = |from: &str, to: &str, mapping: &str| {
        let (_folder, export) = table(&EXPORT.replace(from, to));
        clinical_of(&export, &Mapping::parse(mapping).unwrap()).unwrap_err().to_string()
    };
    let twice = refused("x", "x", &MAPPING.replace("repeat = \"last\"\n", ""));
    assert!(twice.contains("row 4") && twice.contains("9.6684"), "{twice}");
    let code = refused("31.5,1,0", "31.5,7,0", MAPPING);
    assert!(code.contains("\"7\"") && code.contains("0, 1") && code.contains("row 2"), "{code}");
    let date = refused("2020-02-27", "27.02.2020", MAPPING);
    assert!(date.contains("2020-01-31") && !date.contains("27.02.2020"), "{date}");
    let none = refused("_arm_1", "_arm_9", MAPPING);
    assert!(none.contains("baseline_arm_1"), "{none}");
}

#[test]
fn a_mapping_that_cannot_be_meant_is_named() {
    for (from, to, word) in [
        ("event = \"redcap_event_name\"", "", "event"),
        ("choice = \"2\"", "", "choice"),
        ("field = \"ife\"", "fields = \"ife\"", "fields"),
        ("days_from = \"baseline\"", "days_from = \"start\"", "start"),
        ("name = \"g_csf\"", "name = \"sex\"", "sex"),
    ] {
        let error = Mapping::parse(&MAPPING.replace(from, to)).unwrap_err();
        assert!(error.contains(word), "{to}: {error}");
    }
    let (_folder, export) = table(EXPORT);
    let missing = Mapping::parse(&MAPPING.replace("field = \"hb\"", "field = \"haemoglobin\"")).unwrap();
    assert_eq!(clinical_of(&export, &missing).unwrap_err().slug(), "missing-column");
}
