//! The texts on the biomarkers (`src/docs/*.md`) in the report: their references, and the text itself as HTML.
//!
//! Only the Markdown that these texts use is understood: headings, paragraphs, lists, tables, indented code, inline code.
//! Each text has its Japanese twin (`src/docs/ja/*.md`) with the same parts, numbers and references.

use super::Lang;

/// Biomarkers with their texts, in the order of the report.
pub const BIOMARKERS: [(&str, &str); 6] = [
    ("sff", include_str!("../docs/sff.md")),
    ("pdff", include_str!("../docs/pdff.md")),
    ("adc", include_str!("../docs/adc.md")),
    ("gadc", include_str!("../docs/gadc.md")),
    ("tdv", include_str!("../docs/tdv.md")),
    ("dropout", include_str!("../docs/dropout.md")),
];

/// The same in Japanese.
const JAPANESE: [(&str, &str); 6] = [
    ("sff", include_str!("../docs/ja/sff.md")),
    ("pdff", include_str!("../docs/ja/pdff.md")),
    ("adc", include_str!("../docs/ja/adc.md")),
    ("gadc", include_str!("../docs/ja/gadc.md")),
    ("tdv", include_str!("../docs/ja/tdv.md")),
    ("dropout", include_str!("../docs/ja/dropout.md")),
];

/// Headings of the texts in both languages.
const HEADINGS: [(&str, &str); 5] = [
    ("Definition", "定義"),
    ("How it is computed here", "計算方法"),
    ("How it is computed from raw echoes", "生のエコーからの計算方法"),
    ("Limits and pitfalls", "限界と注意点"),
    ("References", "文献"),
];

/// The text on a biomarker in this language; `None` where no biomarker is called so.
pub fn text(name: &str, lang: Lang) -> Option<&'static str> {
    let texts = if lang == Lang::Ja { JAPANESE } else { BIOMARKERS };
    texts.into_iter().find_map(|(known, text)| (known == name).then_some(text))
}

/// First heading of a text.
pub fn title(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default()
}

/// What stands before the references, and the references.
fn parts(text: &str) -> (&str, &str) {
    let [(_, japanese)] = HEADINGS[4..] else { return (text, "") };
    let split = |heading: &str| text.split_once(&format!("\n## {heading}\n"));
    split("References").or_else(|| split(japanese)).unwrap_or((text, ""))
}

/// Entries of the section `References`.
pub fn references(text: &str) -> Vec<&str> {
    parts(text).1.lines().filter_map(|line| line.strip_prefix("- ")).collect()
}

/// The text as HTML, without its title and references; everything in it is escaped.
pub fn html(text: &str) -> String {
    let mut out = String::new();
    let mut open = "";
    for line in parts(text).0.lines() {
        let code = line.strip_prefix("    ").filter(|_| open == "pre" || open.is_empty());
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("  - "));
        if let Some(heading) = line.strip_prefix("## ") {
            close(&mut out, &mut open);
            out += &format!("<h4>{}</h4>\n", inline(heading));
        } else if line.starts_with("# ") || line.trim().is_empty() {
            // a blank line ends a paragraph, not a formula or a list
            if open == "p" || open == "table" {
                close(&mut out, &mut open);
            }
        } else if let Some(cells) = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|')) {
            let is_rule = cells.chars().all(|letter| matches!(letter, '|' | '-' | ':' | ' '));
            let [before, after] = if open == "table" { ["<td>", "</td>"] } else { ["<th scope=\"col\">", "</th>"] };
            begin(&mut out, &mut open, "table");
            if !is_rule {
                let cells = cells.split('|').map(|cell| format!("{before}{}{after}", inline(cell.trim())));
                out += &format!("<tr>{}</tr>\n", cells.collect::<String>());
            }
        } else if let Some(code) = code {
            begin(&mut out, &mut open, "pre");
            out += &format!("{}\n", escape(code));
        } else if let Some(item) = item {
            if open == "li" {
                out += "</li>\n<li>";
            } else {
                begin(&mut out, &mut open, "li");
            }
            out += &inline(item);
        } else {
            // a line that is indented continues its list item
            let continues = open == "li" && line.starts_with(' ');
            if !continues {
                begin(&mut out, &mut open, "p");
            }
            // Japanese has no space where a line is broken
            let is_wide = |letter: Option<char>| letter.is_some_and(|c| c > '\u{2e80}');
            let space = if is_wide(out.chars().next_back()) || is_wide(line.trim().chars().next()) { "" } else { " " };
            out += &format!("{space}{}", inline(line.trim()));
        }
    }
    close(&mut out, &mut open);
    out
}

fn begin(out: &mut String, open: &mut &'static str, tag: &'static str) {
    if *open == tag {
        return;
    }
    close(out, open);
    *out += match tag {
        "li" => "<ul><li>",
        "pre" => "<pre>",
        "table" => "<table><tbody>\n",
        _ => "<p>",
    };
    *open = tag;
}

fn close(out: &mut String, open: &mut &'static str) {
    *out += match *open {
        "li" => "</li></ul>\n",
        "pre" => "</pre>\n",
        "table" => "</tbody></table>\n",
        "p" => "</p>\n",
        _ => "",
    };
    *open = "";
}

/// Escaped text with `code` marked.
fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(n, part)| if n % 2 == 1 { format!("<code>{}</code>", escape(part)) } else { escape(part) }).collect()
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn every_text_has_a_title_a_formula_and_references_with_doi() {
        for (name, text) in BIOMARKERS.into_iter().chain(JAPANESE) {
            assert!(!title(text).is_empty(), "{name}");
            assert!(!references(text).is_empty(), "{name}");
            assert!(references(text).iter().all(|reference| reference.contains("doi:10.")), "{name}");
            let html = html(text);
            assert!(html.contains("<pre>") && html.contains("<ul><li>"), "{name}");
            assert!(!html.contains(" | ") && !html.contains("|--"), "{name}: a table as text");
            for tag in ["p", "ul", "li", "pre", "code", "h4", "table", "tr", "td"] {
                let (opened, closed) =
                    (html.matches(&format!("<{tag}>")).count(), html.matches(&format!("</{tag}>")).count());
                assert_eq!(opened, closed, "{name}: <{tag}>\n{html}");
            }
        }
    }

    /// Numbers of a text, each as often as it stands there; digits of names (`T1`, `mm2`) are none.
    fn numbers(text: &str) -> BTreeMap<&str, usize> {
        let mut found = BTreeMap::new();
        let mut before = ' ';
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let number = rest[..end].trim_end_matches('.');
            if letter.is_ascii_digit() && !before.is_ascii_alphanumeric() {
                *found.entry(number).or_default() += 1;
            }
            let taken = if letter.is_ascii_digit() { number.len() } else { letter.len_utf8() };
            before = letter;
            rest = &rest[taken..];
        }
        found
    }

    #[test]
    fn numbers_are_found_and_digits_of_names_are_not() {
        let expected = BTreeMap::from([("5", 1), ("0.8", 1), ("2011", 1), ("10.1002", 1), ("1", 1)]);
        assert_eq!(numbers("R2* of T1 in mm2: +5 ± 0.8 (2011). doi:10.1002/x 1."), expected);
    }

    #[test]
    fn every_japanese_text_has_the_parts_numbers_and_references_of_the_english_one() {
        let headings = |text: &'static str| text.lines().filter_map(|line| line.strip_prefix("## "));
        // lists, tables, formulas
        let shape = |text: &'static str| -> Vec<&str> {
            let kinds = ["- ", "  - ", "    ", "|", "  |"];
            text.lines().filter_map(|line| kinds.into_iter().find(|kind| line.starts_with(kind))).collect()
        };
        let code = |text: &'static str| text.split('`').skip(1).step_by(2).collect::<BTreeSet<_>>();
        for (name, english) in BIOMARKERS {
            let japanese = text(name, Lang::Ja).unwrap();
            let twins: Vec<&str> = headings(english)
                .map(|heading| HEADINGS.iter().find(|(known, _)| *known == heading).expect(heading).1)
                .collect();
            assert_eq!(headings(japanese).collect::<Vec<_>>(), twins, "{name}");
            assert_eq!(references(japanese), references(english), "{name}");
            assert_eq!(shape(parts(japanese).0), shape(parts(english).0), "{name}");
            assert_eq!(code(japanese), code(english), "{name}");
            let (there, here) = (numbers(english), numbers(japanese));
            for (number, times) in &there {
                let said = here.get(number).copied().unwrap_or_default();
                assert!(said >= *times, "{name}: {number} stands {times} times in English, {said} in Japanese");
            }
            // what English spells out
            let spelled = ["0", "1", "2", "3", "4", "5", "6"];
            let more: Vec<_> = here
                .iter()
                .filter(|(number, times)| there.get(*number).is_none_or(|there| there < times))
                .filter(|(number, _)| !spelled.contains(number))
                .collect();
            assert!(more.is_empty(), "{name}: in Japanese alone: {more:?}");
            let html = html(japanese);
            assert!(!html.contains("。 ") && !html.contains("、 ") && !html.contains("文献</h4>"), "{name}");
        }
    }

    #[test]
    fn a_table_becomes_rows_and_cells() {
        let html = html("| a | `b` |\n|---|---|\n| 1 < 2 | 3 |\n\nafter");
        let head = "<tr><th scope=\"col\">a</th><th scope=\"col\"><code>b</code></th></tr>";
        let rows = format!("{head}\n<tr><td>1 &lt; 2</td><td>3</td></tr>\n");
        assert_eq!(html, format!("<table><tbody>\n{rows}</tbody></table>\n<p> after</p>\n"));
    }

    #[test]
    fn what_looks_like_html_stays_text() {
        assert_eq!(html("a < b & `c>d`"), "<p> a &lt; b &amp; <code>c&gt;d</code></p>\n");
    }
}
