//! What is exported says what the report says, is text where it is text, and is the same every time.

use super::*;

fn tables() -> Vec<ReportTable> {
    let header = ["", "CR/VGPR (n = 15)", "P", "n"].map(str::to_owned).to_vec();
    let rows = [
        ["Age (years), median [Q1, Q3]", "61.5 [55.0, 70.2]", "0.041", "15"],
        ["m_protein & 50 % of {x} <script>", "=1+1 | −3.2", "<0.001", "35"],
        ["β2-microglobulin (µm²/s) ≥ 3", "−12.50", "–", "7"],
    ];
    let rows = rows.map(|row| row.map(str::to_owned).to_vec()).to_vec();
    let notes = vec!["Not adjusted_for #tests.".to_owned()];
    let first = ReportTable { caption: "Table 1. Patients, 50 %".to_owned(), header, rows, notes };
    vec![
        first.clone(),
        ReportTable { rows: Vec::new(), ..first.clone() },
        ReportTable { caption: "ROC".to_owned(), ..first },
    ]
}

fn exported(name: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    export_tables(&path, &tables(), Overwrite::Refuse).unwrap();
    assert!(export_tables(&path, &tables(), Overwrite::Refuse).is_err(), "never over a file unasked");
    let bytes = std::fs::read(&path).unwrap();
    export_tables(&path, &tables(), Overwrite::Force).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "the same bytes again");
    bytes
}

#[test]
fn the_ending_says_what_is_written() {
    for (name, format) in [
        ("a.xlsx", TableFormat::Xlsx),
        ("a.b.TEX", TableFormat::Tex),
        ("a.md", TableFormat::Markdown),
        ("a.html", TableFormat::Html),
    ] {
        assert_eq!(TableFormat::of_path(Path::new(name)).unwrap(), format);
    }
    for name in ["a.csv", "a", "xlsx", ""] {
        assert!(TableFormat::of_path(Path::new(name)).is_err(), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(export_tables(&folder.path().join("a.md"), &[], Overwrite::Refuse).is_err());
}

#[test]
fn plain_numbers_are_told_from_text() {
    assert_eq!(number("−12.50"), Some((-12.5, 2)));
    assert_eq!(number("15"), Some((15.0, 0)));
    for text in ["", "–", "<0.001", "15 / 35", "007", "1e5", "=1", "1.2.3", "12 [8, 20]", ".5", "-"] {
        assert_eq!(number(text), None, "{text}");
    }
}

#[test]
fn latex_is_escaped_and_has_a_row_for_each_row() {
    let text = String::from_utf8(exported("a.tex")).unwrap();
    assert_eq!(text.matches("\\begin{table}").count(), 2, "an empty table is left out");
    assert_eq!(text.matches("\\end{table}").count(), 2);
    assert!(text.contains("\\begin{tabular}{llrr}"), "{text}");
    assert!(text.contains("\\caption{Patients, 50 \\%}"));
    // several files go into one manuscript
    assert!(text.contains("\\label{tab:a-1}") && text.contains("\\label{tab:a-2}"));
    assert!(text.contains("m\\_protein \\& 50 \\% of \\{x\\} $<$script$>$ & =1+1 $|$ $-$3.2 & $<$0.001 & 35 \\\\\n"));
    assert!(text.contains("$\\beta$2-microglobulin ($\\mu$m$^2$/s) $\\geq$ 3 & $-$12.50 & -- & 7 \\\\\n"));
    assert!(text.contains("{\\footnotesize Not adjusted\\_for \\#tests.}"));
    assert!(text.is_ascii(), "no letter that an engine could lack");
}

#[test]
fn a_latex_table_wider_than_the_page_breaks_its_cells() {
    let header = ["marker", "plan", "AUC (95 % CI)", "n+ / n−", "cut-off", "sensitivity", "specificity", "P"];
    let row = ["sFF mean L1–L5, change (%)", "exploratory", "0.954 (0.859 to 0.986)", "15 / 32", "≥ −0.960"];
    let rest = ["0.93 (0.70 to 0.99)", "0.88 (0.72 to 0.95)", "0.041"];
    let row: Vec<String> = row.into_iter().chain(rest).map(str::to_owned).collect();
    let table = ReportTable { rows: vec![row], ..ReportTable::new("ROC, \"twice\"", &header) };
    let text = text::latex(&[&table], "roc");
    let widths: Vec<f64> =
        text.split("p{").skip(1).map(|rest| rest.split('\\').next().unwrap().parse().unwrap()).collect();
    let whole = widths.iter().sum::<f64>() + 0.012 * 8.0;
    assert!(widths.len() == 8 && (0.97..=1.001).contains(&whole), "{whole}: {widths:?}");
    // a short cell stays on its line, a column holds its longest word
    assert!(text.contains("15~/~32") && text.contains("$\\geq$~$-$0.960"), "{text}");
    assert!(widths[1] > 11.0 * 0.0104 && text.contains("\\symbol{34}twice\\symbol{34}"), "{widths:?}");
}

#[test]
fn markdown_has_as_many_cells_as_the_table() {
    let text = String::from_utf8(exported("a.md")).unwrap();
    assert!(text.contains("| :--- | :--- | ---: | ---: |\n"));
    assert!(text.contains("| m\\_protein \\& 50 % of {x} \\<script\\> | =1+1 \\| −3.2 | \\<0.001 | 35 |\n"));
    assert!(text.starts_with("**Table 1. Patients, 50 %**\n\n| "));
    assert!(text.contains("\n\n**ROC**\n\n"));
}

#[test]
fn html_is_one_page_without_markup_from_the_table() {
    let text = String::from_utf8(exported("a.html")).unwrap();
    assert!(text.contains("&lt;script&gt;") && !text.contains("<script"));
    assert!(text.contains("<td class=\"number line\">&lt;0.001</td>"));
    assert!(text.contains("<td class=\"line\">=1+1 | −3.2</td>") && text.contains("<td>m_protein &amp; 50 % of {x}"));
    assert!(!text.contains("://"));
}
