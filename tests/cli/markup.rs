//! A strict reader of the HTML that the program writes: what a validator would object to, in words.

use std::collections::BTreeSet;

const VOID: [&str; 8] = ["meta", "img", "br", "hr", "input", "link", "col", "wbr"];
const ELEMENTS: [&str; 66] = [
    "html",
    "head",
    "body",
    "title",
    "style",
    "script",
    "main",
    "header",
    "nav",
    "footer",
    "section",
    "article",
    "aside",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "p",
    "a",
    "strong",
    "em",
    "b",
    "i",
    "code",
    "pre",
    "sub",
    "sup",
    "small",
    "span",
    "div",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "caption",
    "figure",
    "figcaption",
    "details",
    "summary",
    "svg",
    "g",
    "text",
    "rect",
    "circle",
    "line",
    "polyline",
    "polygon",
    "path",
    "button",
    "label",
    "select",
    "option",
    "canvas",
    "blockquote",
    "tspan",
    "defs",
    "time",
];

/// An opening tag: its name, attributes, and whether it closes itself.
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    is_closed: bool,
}

/// Reads a tag behind its `<`; gives it and what follows.
fn tag(text: &str) -> Result<(Tag, &str), String> {
    let excerpt = || text.chars().take(60).collect::<String>();
    let length = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).ok_or("a tag has no end")?;
    let name = text[..length].to_owned();
    let mut rest = text[length..].trim_start();
    let mut attributes = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((Tag { name, attributes, is_closed: true }, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((Tag { name, attributes, is_closed: false }, after));
        }
        let end =
            rest.find(|c: char| c == '=' || c == '>' || c.is_whitespace()).ok_or_else(|| format!("{name}: no end"))?;
        let (key, after) = rest.split_at(end);
        if key.is_empty() || key.contains(['"', '\'', '<']) {
            return Err(format!("bad attribute in <{}", excerpt()));
        }
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| format!("an open quote in <{}", excerpt()))?,
            None if after.starts_with('=') => return Err(format!("an unquoted attribute in <{}", excerpt())),
            None => ("", after),
        };
        attributes.push((key.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
}

/// The value of an attribute as a browser takes it.
fn decoded(value: &str) -> String {
    let entities = [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    entities.iter().fold(value.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

/// Everything that is wrong with a page, and all addresses that it links to.
pub fn read(html: &str) -> (Vec<String>, BTreeSet<String>) {
    let (mut problems, mut open, mut ids, mut links) =
        (Vec::new(), Vec::<String>::new(), BTreeSet::new(), BTreeSet::new());
    let Some(mut rest) = html.strip_prefix("<!DOCTYPE html>") else { return (vec!["no doctype".to_owned()], links) };
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        for (n, _) in text.match_indices('&') {
            let entity: String = text[n + 1..].chars().take_while(|c| *c != ';').take(10).collect();
            let is_known = matches!(entity.as_str(), "lt" | "gt" | "amp" | "quot") || entity.starts_with('#');
            if !is_known {
                problems.push(format!("a bare ampersand: &{entity}"));
            }
        }
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix("!--") {
            rest = after.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        if let Some(after) = rest.strip_prefix('/') {
            let (name, after) = after.split_once('>').unwrap_or((after, ""));
            match open.pop() {
                Some(expected) if expected == name.trim() => {}
                found => problems.push(format!("</{name}> closes {found:?}")),
            }
            rest = after;
            continue;
        }
        let (found, after) = match tag(rest) {
            Ok(found) => found,
            Err(problem) => {
                problems.push(problem);
                return (problems, links);
            }
        };
        rest = after;
        let Tag { name, attributes, is_closed } = found;
        let attribute = |key: &str| attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        if !ELEMENTS.contains(&name.as_str()) && !VOID.contains(&name.as_str()) {
            problems.push(format!("<{name}> is not known"));
        }
        let keys: BTreeSet<&String> = attributes.iter().map(|(key, _)| key).collect();
        if keys.len() < attributes.len() {
            problems.push(format!("<{name}> has an attribute twice"));
        }
        if let Some(id) = attribute("id")
            && (!ids.insert(id.to_owned()) || id.is_empty() || id.contains(char::is_whitespace))
        {
            problems.push(format!("the id `{id}` is not one of a kind"));
        }
        links.extend(attribute("href").or(attribute("src")).map(decoded));
        if name == "img" && attribute("alt").is_none() {
            problems.push("an image without words".to_owned());
        }
        if name == "html" && attribute("lang").is_none() {
            problems.push("no language".to_owned());
        }
        if name == "th" && attribute("scope").is_none() {
            problems.push("a head cell without scope".to_owned());
        }
        let parent = open.last().map(String::as_str).unwrap_or_default();
        let fits = match name.as_str() {
            "li" => ["ul", "ol"].contains(&parent),
            "tr" => ["thead", "tbody"].contains(&parent),
            "td" | "th" => parent == "tr",
            "figcaption" => parent == "figure",
            "summary" => parent == "details",
            "p" | "ul" | "ol" | "div" | "table" | "figure" | "details" | "section" => parent != "p",
            _ => true,
        };
        if !fits {
            problems.push(format!("<{name}> in <{parent}>"));
        }
        if name == "script" || name == "style" {
            let end = format!("</{name}>");
            rest = rest.split_once(end.as_str()).map_or("", |(_, after)| after);
        } else if !is_closed && !VOID.contains(&name.as_str()) {
            open.push(name);
        }
    }
    problems.extend(open.into_iter().map(|name| format!("<{name}> is never closed")));
    let anchors = links.iter().filter_map(|link| link.strip_prefix('#'));
    problems.extend(anchors.filter(|anchor| !ids.contains(*anchor)).map(|anchor| format!("#{anchor} leads nowhere")));
    (problems, links)
}

#[test]
fn faults_are_found() {
    let page = |body: &str| {
        format!("<!DOCTYPE html>\n<html lang=\"en\"><head><title>t</title></head><body>{body}</body></html>")
    };
    assert_eq!(read(&page("<p id=\"a\">1 &lt; 2<br></p><a href=\"#a\">up</a>")).0, Vec::<String>::new());
    for fault in [
        "<p>one<p>two</p>",
        "<p><div></div></p>",
        "<b>one</i>",
        "<p id=\"a\"></p><p id=\"a\"></p>",
        "<a href=\"#b\">nowhere</a>",
        "<img src=\"x.png\">",
        "<p class=x></p>",
        "<p>AT&T</p>",
        "<blink></blink>",
        "<td></td>",
        "<table><thead><tr><th>head</th></tr></thead></table>",
    ] {
        assert!(!read(&page(fault)).0.is_empty(), "{fault}");
    }
    assert!(!read("<html lang=\"en\"></html>").0.is_empty());
}
