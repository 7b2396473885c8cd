//! Tables as LaTeX, Markdown and HTML text.

use super::numeric_columns;
use crate::report::docs::escape;
use crate::report::tables::ReportTable;

/// LaTeX `table` environments, labelled by the name of the file, so that several files in one manuscript do not clash.
pub(super) fn latex(tables: &[&ReportTable], name: &str) -> String {
    let mut out = "% needs \\usepackage{booktabs}\n".to_owned();
    let label: String = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    for (n, table) in tables.iter().enumerate() {
        let columns: String =
            numeric_columns(table).into_iter().map(|is_numeric| if is_numeric { 'r' } else { 'l' }).collect();
        let line =
            |cells: &[String]| format!("{} \\\\\n", cells.iter().map(|c| tex(c)).collect::<Vec<_>>().join(" & "));
        out += &format!(
            "\n\\begin{{table}}[htbp]\n\\centering\n\\small\n\\caption{{{}}}\n\\label{{tab:{label}-{}}}\n\
             \\begin{{tabular}}{{{columns}}}\n\\toprule\n{}\\midrule\n",
            // LaTeX numbers tables itself
            tex(table.caption.strip_prefix("Table 1. ").unwrap_or(&table.caption)),
            n + 1,
            line(&table.header)
        );
        table.rows.iter().for_each(|row| out += &line(row));
        out += "\\bottomrule\n\\end{tabular}\n";
        for note in &table.notes {
            out += &format!("\n\\smallskip\n{{\\footnotesize {}}}\n", tex(note));
        }
        out += "\\end{table}\n";
    }
    out
}

/// A text whose every letter LaTeX prints as it is.
fn tex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', letter]),
            '\\' => out += "\\textbackslash{}",
            '~' => out += "\\textasciitilde{}",
            '^' => out += "\\textasciicircum{}",
            '<' => out += "$<$",
            '>' => out += "$>$",
            '|' => out += "$|$",
            '"' => out += "\\textquotedbl{}",
            '−' => out += "$-$",
            '–' => out += "--",
            '≥' => out += "$\\geq$",
            '≤' => out += "$\\leq$",
            '≈' => out += "$\\approx$",
            '±' => out += "$\\pm$",
            '×' => out += "$\\times$",
            '·' => out += "$\\cdot$",
            '→' => out += "$\\rightarrow$",
            '∞' => out += "$\\infty$",
            'µ' | 'μ' => out += "$\\mu$",
            'α' => out += "$\\alpha$",
            'β' => out += "$\\beta$",
            'κ' => out += "$\\kappa$",
            'λ' => out += "$\\lambda$",
            'χ' => out += "$\\chi$",
            'Δ' => out += "$\\Delta$",
            '²' => out += "$^2$",
            '³' => out += "$^3$",
            '⁻' => out += "$^-$",
            '₂' => out += "$_2$",
            // a line break or a tab of a table's cell is a space
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// Pipe tables, each with its caption above and its notes below.
pub(super) fn markdown(tables: &[&ReportTable]) -> String {
    let table = |table: &&ReportTable| {
        let line = |cells: &[String]| format!("| {} |\n", cells.iter().map(|c| md(c)).collect::<Vec<_>>().join(" | "));
        let rule: Vec<&str> =
            numeric_columns(table).into_iter().map(|is_numeric| if is_numeric { "---:" } else { ":---" }).collect();
        let mut out = format!("**{}**\n\n{}| {} |\n", md(&table.caption), line(&table.header), rule.join(" | "));
        table.rows.iter().for_each(|row| out += &line(row));
        table.notes.iter().for_each(|note| out += &format!("\n{}\n", md(note)));
        out
    };
    tables.iter().map(table).collect::<Vec<_>>().join("\n")
}

/// A text that Markdown shows as it is.
fn md(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '&' | '#' | '~' | '$' => out.extend(['\\', letter]),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

const STYLE: &str = "body { font: 15px/1.5 Arial, sans-serif; color: #1d2127; margin: 24px; }\n\
    figure { margin: 0 0 32px; }\n\
    figcaption { font-weight: 600; margin-bottom: 6px; }\n\
    table { border-collapse: collapse; border-bottom: 1.5px solid #1d2127; font-variant-numeric: tabular-nums; }\n\
    thead th { border-top: 1.5px solid #1d2127; border-bottom: 1px solid #1d2127; }\n\
    th, td { padding: 3px 16px 3px 0; text-align: left; vertical-align: top; }\n\
    .number { text-align: right; }\n\
    .line { white-space: nowrap; }\n\
    p { font-size: 13px; color: #5c6570; margin: 6px 0 0; }\n";

/// One page with all tables.
pub(super) fn html(tables: &[&ReportTable]) -> String {
    let title = tables.first().map_or(String::new(), |table| escape(&table.caption));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n"
    );
    for table in tables {
        let numeric = numeric_columns(table);
        // a number stands to the right, and on one line with its interval
        let class = |column: usize, text: &str| {
            let words = [(numeric.get(column) == Some(&true), "number"), (text.chars().count() <= 28, "line")];
            let words: Vec<&str> = words.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect();
            if words.is_empty() { String::new() } else { format!(" class=\"{}\"", words.join(" ")) }
        };
        let cells = |tag: &str, scope: &str, cells: &[String]| -> String {
            let cell =
                |(n, text): (usize, &String)| format!("<{tag}{scope}{}>{}</{tag}>", class(n, text), escape(text));
            cells.iter().enumerate().map(cell).collect()
        };
        out += &format!(
            "<figure>\n<figcaption>{}</figcaption>\n<table>\n<thead><tr>{}</tr></thead>\n<tbody>\n",
            escape(&table.caption),
            cells("th", " scope=\"col\"", &table.header)
        );
        table.rows.iter().for_each(|row| out += &format!("<tr>{}</tr>\n", cells("td", "", row)));
        out += "</tbody>\n</table>\n";
        table.notes.iter().for_each(|note| out += &format!("<p>{}</p>\n", escape(note)));
        out += "</figure>\n";
    }
    out + "</body>\n</html>\n"
}
