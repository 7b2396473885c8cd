//! Tables as LaTeX, Markdown and HTML text.

use super::numeric_columns;
use crate::report::docs::escape;
use crate::report::tables::ReportTable;

/// LaTeX `table` environments, labelled by the name of the file, so that several files in one manuscript do not clash.
pub(super) fn latex(tables: &[&ReportTable], name: &str) -> String {
    let mut out = "% needs \\usepackage{array,booktabs}\n".to_owned();
    let label: String = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    for (n, table) in tables.iter().enumerate() {
        let (columns, size) = columns(table);
        let line =
            |cells: &[String]| format!("{} \\\\\n", cells.iter().map(|c| cell(c)).collect::<Vec<_>>().join(" & "));
        out += &format!(
            "\n\\begin{{table}}[htbp]\n\\centering\n{size}\n\\caption{{{}}}\n\\label{{tab:{label}-{}}}\n\
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

/// Letters of a line in a manuscript of one column, in small type.
const LINE: usize = 72;
/// Small types and the width of a letter in them, as a share of that line.
const SIZES: [(&str, f64); 2] = [
    ("\\footnotesize\n\\setlength{\\tabcolsep}{2pt}", 0.0122),
    ("\\scriptsize\n\\setlength{\\tabcolsep}{2pt}", 0.0108),
];
/// Share of the line that should be left for running text.
const SPARE: f64 = 0.15;
/// Cells of no more letters stay on one line: `15 / 32`.
const SHORT: usize = 8;
/// Letters that a column of running text has at most.
const RUNNING: usize = 22;

/// How the columns stand and in which size. A table wider than the page gets columns whose cells break into lines, so that all
/// of them together are as wide as the text.
fn columns(table: &ReportTable) -> (String, &'static str) {
    let is_numeric = numeric_columns(table);
    let cells = |n: usize| table.rows.iter().chain([&table.header]).filter_map(move |row| row.get(n));
    let longest = |n: usize| cells(n).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let word = |n: usize| cells(n).map(|cell| unbroken(cell)).max().unwrap_or(0);
    let natural: usize = (0..is_numeric.len()).map(|n| longest(n) + 2).sum();
    if natural <= LINE {
        let columns = is_numeric.into_iter().map(|is_numeric| if is_numeric { 'r' } else { 'l' }).collect();
        return (columns, "\\small");
    }
    // every column holds its longest word; what is left goes to those with more to say
    let words: Vec<f64> = (0..is_numeric.len()).map(|n| word(n) as f64 + 0.6).collect();
    let wanted: Vec<f64> =
        (0..is_numeric.len()).map(|n| longest(n).min(RUNNING).saturating_sub(word(n)) as f64).collect();
    // the gaps between columns take their part: 4 pt of a line of at least 345 pt each
    let left = |letter: f64| 1.0 - 0.012 * is_numeric.len() as f64 - letter * words.iter().sum::<f64>();
    let fits = SIZES.into_iter().find(|(_, letter)| left(*letter) >= SPARE);
    let (size, letter) = fits.unwrap_or(SIZES[SIZES.len() - 1]);
    let free = left(letter).max(0.0);
    let whole = wanted.iter().sum::<f64>().max(1.0);
    let column = |(n, is_numeric): (usize, bool)| {
        let side = if is_numeric { "left" } else { "right" };
        format!(
            ">{{\\ragged{side}\\arraybackslash}}p{{{:.3}\\linewidth}}",
            letter * words[n] + free * wanted[n] / whole
        )
    };
    (is_numeric.iter().copied().enumerate().map(column).collect(), size)
}

/// Letters of the longest part of a cell that stays on one line: a word, or a short cell as a whole.
fn unbroken(cell: &str) -> usize {
    let letters = |text: &str| text.chars().count();
    if letters(cell) <= SHORT { letters(cell) } else { cell.split(' ').map(letters).max().unwrap_or(0) }
}

/// A cell; a short one is never broken.
fn cell(text: &str) -> String {
    let printed = tex(text);
    if text.chars().count() <= SHORT { printed.replace(' ', "~") } else { printed }
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
            // \textquotedbl is not in the encoding that LaTeX starts with
            '"' => out += "\\symbol{34}",
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
