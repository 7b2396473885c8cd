//! `change`, `response`, `compare`, `fit`, `roc` and `validate` as a user runs them, with each exit code.

use super::study::myelomri;
use predicates::str::contains;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// Ten patients: `up` overlaps, `split` separates the classes, `flat` is constant.
const WIDE: &str = "subject,up,down,split,flat,word,sex,response
001,9,1,11,5,a,f,CR
002,8,3,12,5,b,m,VGPR
003,4,2,13,5,c,f,CR
004,7,6,14,5,d,m,sCR
005,5,4,1,5,e,f,PR
006,3,5,2,5,f,m,SD
007,6,8,3,5,g,f,PD
008,2,7,4,5,h,m,MR
009,1,9,5,5,i,f,PR
010,,10,6,5,j,m,PR
";

/// Two patients at three visits; 001 falls by 95 % with low urine, 002 by 30 %.
const CLINICAL: &str = "subject,session,m_protein_serum_g_dl,m_protein_urine_mg_24h,ife_serum,ife_urine,b2m_mg_l,\
albumin_g_dl,best_response
sub-001,baseline,4,0,positive,negative,3.0,4.0,
sub-001,cycle2,1,0,positive,negative,,,
sub-001,end,0.2,0,positive,negative,,,VGPR
sub-002,baseline,4,0,positive,negative,6.0,3.0,
sub-002,end,2.8,0,positive,negative,,,PR
";

struct Folder(TempDir);

impl Folder {
    fn with(name: &str, text: &str) -> (Folder, String) {
        let folder = Folder(tempfile::tempdir().unwrap());
        let path = folder.path(name);
        fs::write(&path, text).unwrap();
        (folder, path.display().to_string())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

const OUTCOME: [&str; 4] = ["--outcome", "response", "--positive", "sCR,CR,VGPR"];

fn json(command: &str, table: &str, more: &[&str]) -> Value {
    let outcome: &[&str] = if ["change", "response"].contains(&command) { &[] } else { &OUTCOME };
    let run =
        myelomri().args([command, "--table", table, "--format", "json"]).args(outcome).args(more).assert().success();
    serde_json::from_slice(&run.get_output().stdout).unwrap()
}

fn fails(command: &str, table: &str, more: &[&str], code: i32, slug: &str) {
    let run = myelomri().args([command, "--table", table]).args(more).assert().code(code);
    run.stderr(contains(slug));
}

#[test]
fn roc_counts_pairs_in_the_declared_direction_and_draws() {
    let (folder, table) = Folder::with("wide.csv", WIDE);
    let prefix = folder.path("two").display().to_string();
    let got = json("roc", &table, &["--predictor", "up:higher", "--predictor", "down:lower", "-o", &prefix]);
    // by hand: 4 x 5 pairs, of which 18 are in order
    assert_eq!(got["curves"][0]["auc"], 18.0 / 20.0);
    assert_eq!((&got["curves"][0]["missing"][0], &got["curves"][0]["n_negative"]), (&"010".into(), &5.into()));
    assert_eq!((got["curves"][1]["n_negative"].as_u64(), got["comparisons"][0]["n"].as_u64()), (Some(6), Some(9)));
    for ending in ["svg", "png", "json"] {
        assert!(folder.path(&format!("two_roc.{ending}")).metadata().unwrap().len() > 1000, "{ending}");
    }
    fails("roc", &table, &[&OUTCOME[..], &["--predictor", "up:higher", "-o", &prefix]].concat(), 5, "exists");
}

#[test]
fn an_area_below_one_half_is_printed_as_such() {
    let (_folder, table) = Folder::with("wide.csv", WIDE);
    let got = json("roc", &table, &["--predictor", "up:lower"]);
    assert!((got["curves"][0]["auc"].as_f64().unwrap() - 2.0 / 20.0).abs() < 1e-12);
    assert_eq!(got["warnings"][0]["slug"], "auc-below-half");
}

#[test]
fn at_an_area_of_one_the_interval_is_newcombes() {
    let (_folder, table) = Folder::with("wide.csv", WIDE);
    let got = json("roc", &table, &["--predictor", "split:higher"]);
    let curve = &got["curves"][0];
    assert_eq!((curve["auc"].as_f64(), curve["ci_method"].as_str()), (Some(1.0), Some("newcombe")));
    assert!(curve["ci_low"].as_f64().unwrap() < 0.9);
}

#[test]
fn firth_is_finite_on_separated_data_and_maximum_likelihood_ends_with_seven() {
    let (folder, table) = Folder::with("wide.csv", WIDE);
    let got = json("fit", &table, &["--term", "split"]);
    assert_eq!((got["separation"].as_str(), got["method"].as_str()), (Some("complete"), Some("firth")));
    assert!(got["terms"][1]["estimate"].as_f64().unwrap().is_finite());
    fails("fit", &table, &[&OUTCOME[..], &["--term", "split", "--method", "ml"]].concat(), 7, "split");
    // the same data overlap in `up`: both estimators agree on the sign
    let prefix = folder.path("m").display().to_string();
    let ml = json("fit", &table, &["--term", "up", "--method", "ml", "-o", &prefix]);
    let ridge = json("fit", &table, &["--term", "up", "--method", "ridge", "--lambda", "0.1"]);
    let slope = |model: &Value| model["terms"][1]["estimate"].as_f64().unwrap();
    assert!(slope(&ml) > slope(&ridge) && slope(&ridge) > 0.0);
    assert_eq!(ridge["terms"][1]["se"], Value::Null);
}

#[test]
fn a_saved_model_is_applied_to_other_patients_without_refitting() {
    let (folder, table) = Folder::with("wide.csv", WIDE);
    let prefix = folder.path("m").display().to_string();
    json("fit", &table, &["--term", "up/10", "--term", "sex@f", "-o", &prefix]);
    let model = folder.path("m_model.json").display().to_string();
    let external = json("validate", &table, &["--model", &model]);
    let internal = json("validate", &table, &["--term", "up", "--term", "sex@f", "--bootstrap", "20"]);
    let auc = |results: &Value, key: &str| results["schemes"][0][key].as_f64().unwrap();
    // on its own patients the external area is the apparent one
    assert!((auc(&external, "corrected") - auc(&internal, "apparent")).abs() < 1e-12);
    assert_eq!(external["schemes"][0]["scheme"], "external");
}

#[test]
fn validation_is_the_same_for_any_number_of_threads_and_counts_its_resamples() {
    let (_folder, table) = Folder::with("wide.csv", WIDE);
    let more = ["--term", "up", "--bootstrap", "50", "--seed", "7"];
    let one = json("validate", &table, &[&more[..], &["--threads", "1"]].concat());
    let two = json("validate", &table, &[&more[..], &["--threads", "2"]].concat());
    assert_eq!(one, two);
    assert_eq!(one["schemes"][0]["n_resamples"], 50);
    let pairs = one["schemes"].as_array().unwrap().iter().find(|s| s["scheme"] == "leave-pair-out").unwrap();
    assert_eq!(pairs["n_resamples"], 4 * 5);
}

#[test]
fn compare_gives_the_exact_p_and_a_table_one() {
    let (_folder, table) = Folder::with("wide.csv", WIDE);
    let got = json("compare", &table, &["--variable", "split", "--table-one", "sex", "--table-one", "up"]);
    // four against six fully separated: 2 / C(10,4)
    let p = got["tests"][0]["p"].as_f64().unwrap();
    assert!((p - 2.0 / 210.0).abs() < 1e-12, "{p}");
    assert_eq!(got["tests"][0]["family"], "exploratory");
    assert_eq!(got["table_one"][0]["variable"], "sex = f");
    assert_eq!(got["table_one"][2]["n"], serde_json::json!([4, 5]));
}

#[test]
fn a_baseline_below_the_limit_has_no_percentage() {
    let wide = "subject,x__a,x__b\n1,0.01,5\n2,4,6\n3,4,-1\n";
    let (_folder, table) = Folder::with("t.csv", wide);
    let got = json("change", &table, &["--baseline", "a", "--followup", "b", "--limit", "x=0.1"]);
    let rows = got["rows"].as_array().unwrap();
    assert_eq!((&rows[0]["pct"], &rows[0]["flags"][0]), (&Value::Null, &"below-limit".into()));
    assert_eq!((&rows[1]["pct"], &rows[2]["flags"][0]), (&50.0.into(), &"negative-followup".into()));
    for wrong in ["x", "x=0", "y=1"] {
        fails("change", &table, &["--baseline", "a", "--followup", "b", "--limit", wrong], 2, "--limit");
    }
}

#[test]
fn change_pairs_visits_and_names_what_is_missing() {
    let (folder, table) = Folder::with("clinical.csv", CLINICAL);
    let prefix = folder.path("c").display().to_string();
    let more = ["--baseline", "baseline", "--followup", "cycle2", "--column", "m_protein_serum_g_dl", "-o", &prefix];
    let got = json("change", &table, &more);
    assert_eq!((got["rows"][0]["abs"].as_f64(), got["rows"][0]["pct"].as_f64()), (Some(-3.0), Some(-75.0)));
    assert_eq!(got["rows"][1]["flags"], serde_json::json!(["missing-followup"]));
    let text = fs::read_to_string(folder.path("c_change.csv")).unwrap();
    assert!(text.starts_with("subject,column,baseline,followup,abs,pct,log,sym,flags\n001,"), "{text}");
}

#[test]
fn response_gives_category_label_and_stage() {
    let (_folder, table) = Folder::with("clinical.csv", CLINICAL);
    let got = json("response", &table, &[]);
    let rows = got["rows"].as_array().unwrap();
    let of = |subject: &str, session: &str| {
        rows.iter().find(|r| r["subject"] == subject && r["session"] == session).unwrap().clone()
    };
    assert_eq!((of("001", "cycle2")["category"].as_str(), of("001", "cycle2")["iss"].as_u64()), (Some("PR"), Some(1)));
    assert_eq!((of("001", "end")["category"].as_str(), of("001", "end")["label"].as_u64()), (Some("VGPR"), Some(1)));
    // 30 % down is a minimal response; the physician said PR, and that is listed
    let judged = of("002", "end");
    assert_eq!((judged["category"].as_str(), judged["range"].as_str()), (Some("PR"), Some("MR")));
    myelomri()
        .args(["response", "--table", &table])
        .assert()
        .success()
        .stderr(contains("warning[response-disagreement]: 002 end"));
}

#[test]
fn response_reads_the_unit_that_is_said_and_refuses_one_that_is_not() {
    let text = CLINICAL.replace("m_protein_serum_g_dl", "M spike");
    let (folder, table) = Folder::with("units.csv", &text);
    let said = json("response", &table, &["--column", "m_protein_serum=M spike:g/dL"]);
    let (_folder, named) = Folder::with("clinical.csv", CLINICAL);
    assert_eq!(said["rows"], json("response", &named, &[])["rows"]);
    fails("response", &table, &["--column", "m_protein_serum=M spike:mmol/L"], 4, "error[unit-not-stated]");
    fails("response", &table, &["--column", "m_protein=M spike:g/L"], 2, "error[syntax]");
    let bare = folder.path("bare.csv");
    fs::write(&bare, CLINICAL.replace("albumin_g_dl", "albumin")).unwrap();
    fails("response", &bare.display().to_string(), &[], 4, "albumin=albumin:g/dL");
    fails("response", &named, &["--flc-assay", "unheard-of"], 2, "freelite, n-latex");
}

#[test]
fn tables_that_do_not_fit_end_with_four_and_say_where() {
    let (folder, table) = Folder::with("wide.csv", WIDE);
    let roc = |predictor: &'static str| [&OUTCOME[..], &["--predictor", predictor]].concat();
    fails("roc", &table, &roc("upp:higher"), 4, "did you mean up?");
    fails("roc", &table, &roc("word:higher"), 4, "error[text-in-numbers]");
    let other = ["--outcome", "response", "--positive", "CR", "--negative", "PR", "--predictor", "up:higher"];
    fails("roc", &table, &other, 4, "error[unnamed-outcome]");
    let twice = folder.path("twice.csv");
    fs::write(&twice, WIDE.replace("002,8", "001,8")).unwrap();
    fails("roc", &twice.display().to_string(), &roc("up:higher"), 4, "rows 2 and 3 are both subject 001");
    fs::write(&twice, CLINICAL.replace("sub-001,cycle2", "sub-001,end")).unwrap();
    fails("response", &twice.display().to_string(), &[], 4, "error[duplicate-key]");
    fs::write(&twice, CLINICAL.replace("positive,negative,3.0", "maybe,negative,3.0")).unwrap();
    fails("response", &twice.display().to_string(), &[], 4, "positive or negative");
    fs::write(&twice, WIDE.replace("002,8,", "002,inf,")).unwrap();
    fails("roc", &twice.display().to_string(), &roc("up:higher"), 4, "\"inf\" in row 3");
    let pair = ["--baseline", "before", "--followup", "after"];
    fails("change", &table, &pair, 4, "error[no-pairs]");
}

#[test]
fn what_cannot_be_estimated_ends_with_seven() {
    let (folder, table) = Folder::with("wide.csv", WIDE);
    let one_class = ["--outcome", "flat", "--positive", "5", "--predictor", "up:higher"];
    fails("roc", &table, &one_class, 7, "error[one-class]");
    fails("fit", &table, &[&OUTCOME[..], &["--term", "flat"]].concat(), 7, "flat");
    fails("fit", &table, &[&OUTCOME[..], &["--term", "up", "--term", "up"]].concat(), 7, "up");
    let few = folder.path("few.csv");
    fs::write(&few, WIDE.replace("VGPR", "PR").replace(",CR", ",PR")).unwrap();
    fails("fit", &few.display().to_string(), &[&OUTCOME[..], &["--term", "up"]].concat(), 7, "two patients");
}

#[test]
fn usage_and_missing_files_have_their_own_codes() {
    let (_folder, table) = Folder::with("wide.csv", WIDE);
    fails("roc", &table, &["--predictor", "up:higher"], 2, "--outcome");
    fails("roc", &table, &[&OUTCOME[..], &["--predictor", "up"]].concat(), 2, "error[syntax]");
    fails("fit", &table, &OUTCOME, 2, "--term");
    fails("validate", &table, &OUTCOME, 2, "--model");
    fails("compare", &table, &OUTCOME, 2, "--variable");
    fails("roc", "nowhere.csv", &[&OUTCOME[..], &["--predictor", "up:higher"]].concat(), 3, "nowhere.csv");
    fails("fit", &table, &[&OUTCOME[..], &["--term", "up/0"]].concat(), 2, "error[syntax]");
}

#[test]
fn a_table_cut_short_is_refused_and_its_row_named() {
    let (folder, table) = Folder::with("wide.csv", WIDE);
    let cut = folder.path("cut.csv");
    fs::write(&cut, &WIDE[..WIDE.len() - 8]).unwrap();
    fails("roc", &cut.display().to_string(), &[&OUTCOME[..], &["--predictor", "up:higher"]].concat(), 3, "row 11 has");
    fs::write(&cut, WIDE.replace("up,down", "up,up")).unwrap();
    fails(
        "roc",
        &cut.display().to_string(),
        &[&OUTCOME[..], &["--predictor", "up:higher"]].concat(),
        3,
        "named \"up\"",
    );
    // an empty line at the end is no row
    fs::write(&cut, format!("{WIDE}\n\n")).unwrap();
    let more = ["--predictor", "up:higher"];
    assert_eq!(json("roc", &cut.display().to_string(), &more), json("roc", &table, &more));
}

#[test]
fn a_workbook_gives_the_numbers_of_the_csv() {
    let (_folder, table) = Folder::with("wide.csv", WIDE);
    let workbook = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/wide.xlsx");
    for more in [["--predictor", "up:higher"], ["--predictor", "split:lower"]] {
        assert_eq!(json("roc", &table, &more), json("roc", workbook, &more));
    }
}

#[test]
fn a_tab_separated_table_gives_the_numbers_of_the_csv() {
    let (folder, table) = Folder::with("wide.csv", WIDE);
    let tsv = folder.path("wide.tsv");
    fs::write(&tsv, WIDE.replace(',', "\t")).unwrap();
    let more = ["--predictor", "up:higher"];
    assert_eq!(json("roc", &table, &more), json("roc", &tsv.display().to_string(), &more));
}

#[test]
fn no_subcommand_writes_over_a_file_that_is_there() {
    let (folder, table) = Folder::with("wide.csv", WIDE);
    let clinical = folder.path("clinical.csv");
    fs::write(&clinical, CLINICAL).unwrap();
    let clinical = clinical.display().to_string();
    let prefix = folder.path("x").display().to_string();
    let visits = ["--baseline", "baseline", "--followup", "cycle2"];
    let cases: [(&str, &str, Vec<&str>); 5] = [
        ("change", &clinical, visits.to_vec()),
        ("response", &clinical, vec![]),
        ("compare", &table, [&OUTCOME[..], &["--variable", "up"]].concat()),
        ("fit", &table, [&OUTCOME[..], &["--term", "up"]].concat()),
        ("validate", &table, [&OUTCOME[..], &["--term", "up", "--bootstrap", "5"]].concat()),
    ];
    for (command, table, more) in cases {
        let file = folder.path(&format!("x_{command}.json"));
        fs::write(&file, "mine").unwrap();
        fails(command, table, &[&more[..], &["-o", &prefix]].concat(), 5, "exists");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        fails(command, "nowhere.csv", &[&more[..], &["-o", &prefix, "--force"]].concat(), 3, "nowhere.csv");
        myelomri().args([command, "--table", table, "--force", "-o", &prefix]).args(&more).assert().success();
        assert_ne!(fs::read_to_string(&file).unwrap(), "mine");
    }
}
