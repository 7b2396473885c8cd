//! The commands that the report gives for its figures: each runs, and the last of each figure draws that very figure again.

use super::study::{myelomri, ran, simulated};
use predicates::str::contains;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Words of a command line as a shell would take them apart.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    words.push(word);
    words
}

/// Commands by figure, from the page itself.
fn commands(out: &Path) -> BTreeMap<String, Vec<String>> {
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    let section = html.split("<section id=\"commands\">").nth(1).unwrap().split("</section>").next().unwrap();
    let decoded = section.replace("&#x2f;", "/").replace("&#x27;", "'").replace("&lt;", "<").replace("&amp;", "&");
    let list = decoded.rsplit("<pre>").next().unwrap().split("</pre>").next().unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = String::new();
    for line in list.lines() {
        match line.strip_prefix("# figures/") {
            Some(figure) => name = figure.to_owned(),
            None if line.is_empty() => {}
            None => found.entry(name.clone()).or_default().push(line.to_owned()),
        }
    }
    found
}

#[test]
fn every_figure_has_its_commands_and_they_draw_it_again() {
    let out = ran();
    let commands = commands(out);
    let mut drawn: Vec<String> = fs::read_dir(out.join("figures"))
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".svg")?.to_owned()))
        .collect();
    drawn.sort();
    assert!(drawn.len() > 12, "{drawn:?}");
    for kind in ["roc_primary", "forest_models", "dropout_", "change_", "waterfall_", "visits_"] {
        assert!(drawn.iter().any(|name| name.starts_with(kind)), "{kind}: {drawn:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("out");
    for part in ["tables", "results"] {
        fs::create_dir_all(copy.join(part)).unwrap();
        for entry in fs::read_dir(out.join(part)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, copy.join(part).join(path.file_name().unwrap())).unwrap();
        }
    }
    fs::copy(out.join("manifest.json"), copy.join("manifest.json")).unwrap();
    let mut kinds = BTreeSet::new();
    for name in &drawn {
        let list = commands.get(name).unwrap_or_else(|| panic!("{name} has no command"));
        assert!(list.len() > 1, "{name} has no command of its numbers: {list:?}");
        // one figure a kind is drawn again; the others differ in a column
        if !kinds.insert(name.split('_').next().unwrap_or_default().to_owned()) {
            continue;
        }
        for (n, line) in list.iter().enumerate() {
            let place = folder.path().join(format!("{name}-{n}"));
            fs::create_dir_all(&place).unwrap();
            let placed = |word: &String| {
                let word = word.replace("STUDY", &simulated().display().to_string());
                match word.strip_prefix("OUT") {
                    Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{}{rest}", copy.display()),
                    _ => word,
                }
            };
            let arguments: Vec<String> = words(line).iter().skip(1).map(placed).collect();
            myelomri().args(&arguments).current_dir(&place).assert().success();
            let n_drawn = fs::read_dir(&place)
                .unwrap()
                .filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|e| e == "svg"))
                .count();
            let draws = list.len() > 1
                && n + 1 < list.len()
                && !line.starts_with("myelomri compare --table OUT/tables/wide.csv");
            assert_eq!(n_drawn > 0, draws, "{line}");
        }
        for ending in ["svg", "png"] {
            let file = format!("figures/{name}.{ending}");
            assert!(fs::read(copy.join(&file)).unwrap() == fs::read(out.join(&file)).unwrap(), "{file} is another one");
        }
    }
    // the curves of a family, with that of the model, come out alike from the tables themselves
    let again = fs::read_to_string(folder.path().join("roc_primary-0/primary_roc.svg")).unwrap();
    let texts = |svg: &str| -> Vec<String> {
        let lines: Vec<&str> = svg.lines().collect();
        lines.windows(2).filter(|pair| pair[0].starts_with("<text")).map(|pair| pair[1].to_owned()).collect()
    };
    assert_eq!(texts(&again), texts(&fs::read_to_string(out.join("figures/roc_primary.svg")).unwrap()));
}

#[test]
fn one_figure_is_drawn_where_asked_and_a_stranger_named() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    fs::create_dir(out.join("results")).unwrap();
    fs::copy(ran().join("results/roc.json"), out.join("results/roc.json")).unwrap();
    let report = |more: &[&str]| {
        let mut command = myelomri();
        command.arg("report").arg(out).args(more);
        command.assert()
    };
    report(&["--figure", "roc_primary"]).success().stdout(contains("roc_primary.svg"));
    assert!(out.join("figures/roc_primary.png").is_file() && !out.join("report.html").exists());
    assert!(!out.join("figures/roc_secondary.svg").exists());
    report(&["--figure", "roc_primary"]).code(5);
    report(&["--figure", "roc_primary", "--force"]).success();
    report(&["--figure", "roc"]).code(2).stderr(contains("there are: roc_primary"));
}
