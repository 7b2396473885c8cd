//! `--export`: tables for a manuscript, by the ending of the file, never over a file unasked, the same bytes every time.

use super::study::myelomri;
use calamine::{Data, Reader, Xlsx};
use predicates::str::contains;
use std::fs;
use std::path::Path;

const TABLE: &str = "subject,sff_mean_L1-L5__pct,m_protein_serum_g_dl__pct,sex,y
1,91.2,-70,F,CR
2,80,-61.5,M,CR
3,40,-20,F,CR
4,70.5,-90,M,VGPR
5,50,0,F,PR
6,-30,12.5,M,PR
7,60,-30,F,PR
8,20,40,M,SD
9,10,-25,<script>,SD
10,0,5,M,PD
";

fn table(folder: &Path) -> String {
    let path = folder.join("t.csv");
    fs::write(&path, TABLE).unwrap();
    path.display().to_string()
}

const OUTCOME: [&str; 4] = ["--outcome", "y", "--positive", "CR,VGPR"];
const FF: &str = "sff_mean_L1-L5__pct";

/// Runs a command on the table with a file to export to.
fn exporting(folder: &Path, verb: &str, more: &[&str], file: &Path) -> assert_cmd::assert::Assert {
    let mut command = myelomri();
    command.args([verb, "--table", &table(folder)]).args(OUTCOME).args(more).arg("--export").arg(file).arg("-q");
    command.assert()
}

/// Name and cells of every sheet, as an independent reader of workbooks sees them.
fn sheets(path: &Path) -> Vec<(String, Vec<Vec<String>>)> {
    let mut book: Xlsx<_> = calamine::open_workbook(path).unwrap();
    let cell = |cell: &Data| match cell {
        Data::Float(value) => format!("number {value}"),
        Data::Int(value) => format!("number {value}"),
        Data::String(text) => text.clone(),
        Data::Empty => String::new(),
        other => format!("{other:?}"),
    };
    let names = book.sheet_names();
    let rows = |name: &String| {
        let sheet = book.worksheet_range(name).unwrap();
        let rows = sheet.rows().map(|row| row.iter().map(cell).collect()).collect();
        assert!(book.worksheet_formula(name).unwrap().is_empty(), "a formula in {name}");
        (name.clone(), rows)
    };
    names.iter().map(rows).collect()
}

#[test]
fn table_one_is_written_in_each_format_and_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let columns = ["--table-one", FF, "--table-one", "sex", "--variable", FF];
    for ending in ["xlsx", "tex", "md", "html"] {
        let path = folder.path().join(format!("one.{ending}"));
        exporting(folder.path(), "compare", &columns, &path).success();
        let first = fs::read(&path).unwrap();
        exporting(folder.path(), "compare", &columns, &path).code(5).stderr(contains("error[output-exists]"));
        exporting(folder.path(), "compare", &[&columns[..], &["--force"]].concat(), &path).success();
        assert_eq!(fs::read(&path).unwrap(), first, "{ending}");
        if ending != "xlsx" {
            // Markdown has its brackets escaped
            let text = String::from_utf8(first).unwrap().replace("\\[", "[").replace("\\]", "]");
            // median of 91.2 80 40 70.5 and of 50 -30 60 20 10 0, quartiles of type 7
            for cell in ["75.2 [62.9, 82.8]", "15.0 [2.5, 42.5]"] {
                assert!(text.contains(cell), "{cell} is missing in {ending}:\n{text}");
            }
            assert!(!text.contains("<script>"), "{ending}");
        }
    }
    let book = sheets(&folder.path().join("one.xlsx"));
    assert_eq!(
        book.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["Table 1. Patients by outcome", "Comparisons"]
    );
    let rows = &book[0].1;
    assert_eq!(rows[2][..3], ["characteristic", "CR/VGPR (n = 4)", "others (n = 6)"]);
    assert_eq!(rows[3][..3], ["sFF mean L1–L5, change (%), median [Q1, Q3]", "75.2 [62.9, 82.8]", "15.0 [2.5, 42.5]"]);
    assert!(rows.iter().any(|row| row[0] == "Sex = <script>, n (%)"), "text stays text: {rows:?}");
    assert_eq!(book[1].1[3][3], "number 10", "a plain number is one");
}

#[test]
fn models_curves_and_validation_have_their_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    exporting(folder.path(), "fit", &["--term", FF], &path("fit.md")).success();
    let text = fs::read_to_string(path("fit.md")).unwrap();
    assert!(
        text.contains("**Logistic models**")
            && text.contains("| model (firth), exploratory | sFF mean L1–L5, change (%) |")
    );
    assert!(text.contains("**ROC curves**") && text.contains("Univariable model (apparent)"));
    let markers = ["--predictor", &format!("{FF}:higher"), "--predictor", "m_protein_serum_g_dl__pct:lower"];
    let rules = ["--cutoff", "youden", "--cutoff", "specificity:0.9"];
    exporting(folder.path(), "roc", &[&markers[..], &rules].concat(), &path("roc.tex")).success();
    let text = fs::read_to_string(path("roc.tex")).unwrap();
    assert!(text.contains("Serum M protein, change (\\%) & exploratory & lower &"), "{text}");
    assert!(text.contains("[youden]") && text.contains("[specificity]"), "a row a rule: {text}");
    assert!(text.contains("\\caption{Differences between AUCs, on the patients that have both (DeLong)}"));
    let few = ["--term", FF, "--bootstrap", "20", "--cross-validate", "0"];
    exporting(folder.path(), "validate", &few, &path("v.html")).success();
    let text = fs::read_to_string(path("v.html")).unwrap();
    assert!(text.contains("<figcaption>Internal validation of the model</figcaption>") && text.contains("Brier score"));
}

#[test]
fn what_cannot_be_exported_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.docx");
    exporting(folder.path(), "fit", &["--term", FF], &file).code(2).stderr(contains("error[unknown-table-format]"));
    assert!(!file.exists());
    // a column that is not there: no table, no file
    let file = folder.path().join("one.md");
    exporting(folder.path(), "fit", &["--term", "nothing"], &file).code(4);
    assert!(!file.exists());
}

#[test]
fn the_table_on_stdout_has_the_curve_drawn_below_and_programs_get_none() {
    let folder = tempfile::tempdir().unwrap();
    let stdout = |verb: &str, more: &[&str]| {
        let mut command = myelomri();
        command.args([verb, "--table", &table(folder.path())]).args(OUTCOME).args(more).arg("-q");
        String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
    };
    let marker = ["--predictor", &format!("{FF}:higher")];
    for (verb, more) in [("roc", &marker[..]), ("fit", &["--term", FF][..])] {
        let text = stdout(verb, more);
        // 22 of 24 pairs are in order: 40 lies below 50 and 60
        for part in ["AUC 0.917 (", "4 positive, 6 negative", "AAAA", "sensitivity\n1.0 |", "o cut-off, . chance"] {
            assert!(text.contains(part), "{verb}: {part} is missing in\n{text}");
        }
        for format in ["json", "csv"] {
            let text = stdout(verb, &[more, &["--format", format]].concat());
            assert!(!text.contains("AAAA") && !text.contains("1.0 |"), "{verb} {format}");
        }
    }
}

#[test]
fn a_saved_model_is_a_curve_and_is_called_apparent_on_its_own_patients_alone() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("m").display().to_string();
    let fit = ["fit", "--table", &table(folder.path()), "--term", FF, "-o", &out, "-q"];
    myelomri().args(fit).args(OUTCOME).assert().success();
    for file in ["m_roc.svg", "m_roc.png", "m_forest.svg", "m_model.json"] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    let predictors = |table: &str| -> Vec<String> {
        let model = format!("{out}_model.json");
        let arguments = ["roc", "--table", table, "--model", &model, "--format", "json", "-q"];
        let run = myelomri().args(arguments).args(OUTCOME).assert().success();
        let value: serde_json::Value = serde_json::from_slice(&run.get_output().stdout).unwrap();
        value["curves"].as_array().unwrap().iter().map(|c| c["predictor"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(predictors(&table(folder.path())), ["univariable (apparent)"]);
    let other = folder.path().join("other.csv");
    fs::write(&other, TABLE.replace("\n5,50,", "\n5,75,")).unwrap();
    assert_eq!(predictors(&other.display().to_string()), ["univariable"]);
    myelomri().args(["roc", "--table", &table(folder.path())]).args(OUTCOME).assert().code(2);
}
