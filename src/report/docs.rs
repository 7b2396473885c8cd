//! The texts on the biomarkers (`src/docs/*.md`) in the report: their references, and the text itself as HTML.
//!
//! Only the Markdown that these texts use is understood: headings, paragraphs, lists, tables, indented code, inline code. A
//! report in Japanese has a short text of its own (`src/docs/ja/*.md`) before the full one.

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

/// Short Japanese texts on them.
const JAPANESE: [(&str, &str); 6] = [
    ("sff", include_str!("../docs/ja/sff.md")),
    ("pdff", include_str!("../docs/ja/pdff.md")),
    ("adc", include_str!("../docs/ja/adc.md")),
    ("gadc", include_str!("../docs/ja/gadc.md")),
    ("tdv", include_str!("../docs/ja/tdv.md")),
    ("dropout", include_str!("../docs/ja/dropout.md")),
];

/// Title of a biomarker's text and the text as HTML, as a report in this language shows them.
pub(super) fn shown(name: &str, text: &'static str, lang: Lang) -> (&'static str, String) {
    let short = JAPANESE.iter().find(|(of, _)| *of == name && lang == Lang::Ja);
    match short {
        None => (title(text), html(text)),
        Some((_, short)) => {
            let summary = lang.say("Full text, in English");
            (title(short), format!("{}<details><summary>{summary}</summary>\n{}</details>\n", html(short), html(text)))
        }
    }
}

/// First heading of a text.
pub fn title(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default()
}

/// Entries of the section `References`.
pub fn references(text: &str) -> Vec<&str> {
    let section = text.split_once("## References").map_or("", |(_, section)| section);
    section.lines().filter_map(|line| line.strip_prefix("- ")).collect()
}

/// The text as HTML, without its title and references; everything in it is escaped.
pub fn html(text: &str) -> String {
    let body = text.split("## References").next().unwrap_or_default();
    let mut out = String::new();
    let mut open = "";
    for line in body.lines() {
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
            out += &format!(" {}", inline(line.trim()));
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

    #[test]
    fn every_text_has_a_title_a_formula_and_references_with_doi() {
        for (name, text) in BIOMARKERS {
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

    #[test]
    fn a_japanese_report_has_a_text_of_its_own_before_the_full_one() {
        for ((name, text), (of, short)) in BIOMARKERS.into_iter().zip(JAPANESE) {
            assert_eq!(name, of);
            let (title, html) = shown(name, text, Lang::Ja);
            assert!(short.contains(title) && html.contains("<ul><li>") && html.ends_with("</details>\n"), "{name}");
            assert_eq!(shown(name, text, Lang::En), (super::title(text), super::html(text)));
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
