//! `clinical`: a REDCap export becomes `clinical.csv`; a data dictionary for the project; tables from Excel and SPSS.

use crate::study::{copied, myelomri};
use predicates::prelude::*;
use predicates::str::contains;
use std::fs;

const MAPPING: &str = "event = \"redcap_event_name\"\n[sessions]\nv1_arm_1 = \"baseline\"\nv2_arm_1 = \"cycle2\"\n\
    end_arm_1 = \"end\"\n[[column]]\nfield = \"spep\"\nname = \"m_protein_serum\"\nunit = \"g/L\"\n[[column]]\nfield = \"resp\"\n\
    name = \"best_response\"\nvalues = { 1 = \"CR\", 2 = \"PR\" }\n[[column]]\ncheckbox = \"tx\"\nchoice = \"2\"\nname = \"steroids\"\n";
const EXPORT: &str = "record_id,redcap_event_name,spep,resp,tx___1,tx___2,name,scan_date\n\
    001,v1_arm_1,30,,0,1,Doe,2020-01-31\n001,v2_arm_1,12,,0,0,Doe,2020-03-31\n001,end_arm_1,,1,0,0,Doe,\n\
    002,v1_arm_1,22,,1,0,Roe,2020-02-01\n002,v2_arm_1,20,,1,0,Roe,2020-04-01\n002,end_arm_1,,2,0,0,Roe,\n";

#[test]
fn an_export_becomes_the_clinical_table_that_a_study_reads() {
    let (folder, study) = copied();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("map.toml"), MAPPING).unwrap();
    fs::write(at("export.csv"), EXPORT).unwrap();
    let clinical = study.join("clinical.csv");
    fs::remove_file(&clinical).unwrap();
    let make = || {
        let mut command = myelomri();
        command
            .arg("clinical")
            .arg(at("export.csv"))
            .arg("--mapping")
            .arg(at("map.toml"))
            .arg("-o")
            .arg(study.join("clinical"));
        command
    };
    make().assert().success().stdout(contains("6 rows, 5 columns")).stderr(contains("fields-left-out"));
    let table = fs::read_to_string(&clinical).unwrap();
    assert_eq!(
        table,
        "subject,session,m_protein_serum_g_l,best_response,steroids\n001,baseline,30,,1\n001,cycle2,12,,0\n001,end,,CR,0\n\
         002,baseline,22,,0\n002,cycle2,20,,0\n002,end,,PR,0\n"
    );
    make().assert().code(5);
    make().arg("--force").assert().success();
    let settings = study.join("study.toml");
    let text = fs::read_to_string(&settings).unwrap().replace("m_protein_serum_g_dl", "m_protein_serum_g_l");
    fs::write(&settings, text).unwrap();
    myelomri().arg("doctor").arg(&study).assert().success();
    // unit-aware: g/L
    let response = myelomri().args(["response", "--format", "csv", "--table"]).arg(&clinical).assert().success();
    response.stdout(contains("001,cycle2"));
}

#[test]
fn a_code_or_field_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = |export: &str, mapping: &str| {
        fs::write(at("map.toml"), mapping).unwrap();
        fs::write(at("export.csv"), export).unwrap();
        myelomri()
            .arg("clinical")
            .arg(at("export.csv"))
            .arg("--mapping")
            .arg(at("map.toml"))
            .arg("-o")
            .arg(at("x"))
            .assert()
    };
    run(&EXPORT.replace("end_arm_1,,1,", "end_arm_1,,9,"), MAPPING)
        .code(4)
        .stderr(contains("\"9\"").and(contains("row 4")));
    run(EXPORT, &MAPPING.replace("\"spep\"", "\"spepp\"")).code(4).stderr(contains("did you mean spep?"));
    run(EXPORT, &MAPPING.replace("[sessions]", "[session]")).code(2).stderr(contains("bad-mapping"));
    assert!(!at("x.csv").exists());
    myelomri().arg("clinical").arg(at("export.csv")).args(["-o", "x"]).assert().code(2);
}

#[test]
fn the_data_dictionary_is_what_redcap_imports() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("p");
    myelomri().args(["clinical", "--data-dictionary", "-o"]).arg(&prefix).assert().success();
    let text = fs::read_to_string(folder.path().join("p_data_dictionary.csv")).unwrap();
    let header = text.lines().next().unwrap();
    assert!(header.starts_with("Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"), "{header}");
    assert!(text.contains("\nm_protein_serum_g_dl,clinical,,text,serum M protein,,g/dL,number,0,20,"), "{text}");
    assert!(text.contains("\nsff_mean_l1_l5,imaging,,text,"));
}

#[test]
fn a_clinical_table_may_be_tabs_and_a_broken_spss_file_is_named() {
    let (_folder, study) = copied();
    let csv = fs::read_to_string(study.join("clinical.csv")).unwrap();
    fs::write(study.join("clinical.tsv"), csv.replace(',', "\t")).unwrap();
    myelomri().arg("doctor").arg(&study).assert().code(4).stdout(contains("keep one of them"));
    fs::remove_file(study.join("clinical.csv")).unwrap();
    myelomri().arg("doctor").arg(&study).assert().success();
    fs::remove_file(study.join("clinical.tsv")).unwrap();
    fs::write(study.join("clinical.sav"), "$FL2").unwrap();
    myelomri().arg("doctor").arg(&study).assert().code(4).stdout(contains("clinical.sav"));
}

#[test]
fn a_workbook_is_a_clinical_table_as_it_is_shown() {
    let book = |name: &str| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/").to_owned() + name;
    let clinical = book("clinical.xlsx");
    myelomri()
        .args(["response", "--format", "csv", "--table", &clinical])
        .assert()
        .success()
        .stdout(contains("001,cycle2"));
    // what a sheet shows otherwise than it stores is text, and named where a number is asked for
    for (column, shown) in [
        ("share", "\"25%\" in row 2"),
        ("visit", "\"2020-01-31\" in row 2"),
        ("computed", "\"=C2*2, a formula without a stored result\" in row 2"),
        ("ratio", "\"#DIV/0!\" in row 3"),
    ] {
        let named = format!("m_protein_serum={column}:g/dL");
        let arguments = ["response", "--table", &clinical, "--column", &named];
        myelomri().args(arguments).assert().code(4).stderr(contains(shown));
    }
    let arguments = ["response", "--table", &book("second_sheet.xlsx")];
    myelomri().args(arguments).assert().code(3).stderr(contains("others are clinical"));
}
