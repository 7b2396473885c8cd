//! The house keeps its storeys: which module may use which, and which may know which library.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each top-level module with the modules of this crate that it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("units", &[]),
    ("image", &["error", "units"]),
    ("region", &["error", "units", "image"]),
    ("segment", &["error", "units", "image", "region"]),
    ("dixon", &["error", "units", "image", "region"]),
    ("diffusion", &["error", "units", "image", "region"]),
    ("measure", &["error", "units", "image", "region", "dixon", "diffusion"]),
    ("study", &["error", "units", "image", "region", "dixon", "diffusion", "measure"]),
    ("stats", &["error"]),
    ("cohort", &["error", "units", "image", "region", "measure", "study", "stats"]),
    ("report", &["error", "units", "image", "region", "cohort"]),
    ("pipeline", &["error", "units", "image", "region", "measure", "study", "stats", "cohort", "report"]),
    (
        "cli",
        &[
            "error",
            "units",
            "image",
            "region",
            "segment",
            "dixon",
            "diffusion",
            "measure",
            "study",
            "stats",
            "cohort",
            "report",
            "pipeline",
        ],
    ),
];

/// Libraries that only some modules may know.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("terminal_size", &["cli"]),
    ("polars", &["study", "cohort"]),
    ("polars_io", &["study", "cohort"]),
    ("calamine", &["study"]),
    ("ambers", &["study"]),
    ("arrow_array", &["study"]),
    ("tract_onnx", &["segment"]),
    ("plotters", &["report"]),
    ("ab_glyph", &["report"]),
    ("unicode_linebreak", &["report"]),
    ("minijinja", &["report"]),
    ("rust_xlsxwriter", &["report"]),
    ("linfa", &["stats"]),
    ("linfa_logistic", &["stats"]),
    ("nd16", &["stats"]),
    ("nifti", &["image"]),
    ("dicom_object", &["image"]),
    ("dicom_pixeldata", &["image"]),
];

/// Folders whose code touches no file.
const PURE: &[&str] = &["segment", "dixon", "diffusion", "stats"];

/// A file is one idea; past this many lines it has become two.
const MOST_LINES: usize = 400;

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Top-level module of every source file, with the file's code: no comments, no tests.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut modules: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for path in files {
        let inside = path.strip_prefix(&src).unwrap();
        let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs").to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: String =
            code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect();
        modules.entry(module).or_default().push((path, code));
    }
    modules
}

/// Identifiers that follow `prefix` in the code, grouped imports (`crate::{a, b::c}`) included.
fn named_after(code: &str, prefix: &str) -> Vec<String> {
    let identifier = |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let (mut depth, mut start) = (0usize, true);
            for (n, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && !c.is_whitespace() => {
                        names.push(identifier(&group[n..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            names.push(identifier(rest));
        }
    }
    names
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut faults = Vec::new();
    for (module, files) in modules() {
        if module == "main" || module == "lib" || module == "docs" {
            continue;
        }
        let Some(may) = allowed.get(module.as_str()) else {
            faults.push(format!("{module}: not in the table of this test"));
            continue;
        };
        for (path, code) in files {
            for used in named_after(&code, "crate::") {
                // macros and items of the crate root are no modules
                if used != module && allowed.contains_key(used.as_str()) && !may.contains(&used.as_str()) {
                    faults.push(format!("{} uses {used}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_library_stays_in_its_rooms() {
    let mut faults = Vec::new();
    for (module, files) in modules() {
        for (path, code) in files {
            for (library, rooms) in ONLY_IN {
                let named = named_after(&code, &format!("use {library}")).iter().any(|rest| rest.is_empty())
                    || code.contains(&format!("{library}::"))
                        && !code.contains(&format!("_{library}::"))
                        && !code.contains(&format!("::{library}::"));
                if named && !rooms.contains(&module.as_str()) && module != "main" {
                    faults.push(format!("{} knows {library}", path.display()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn kernels_touch_no_file() {
    let mut faults = Vec::new();
    for (module, files) in modules() {
        for (path, code) in files {
            let touches = ["std::fs", "std::path", "std::io", "println!", "std::env"];
            if PURE.contains(&module.as_str())
                && let Some(what) = touches.iter().find(|what| code.contains(*what))
            {
                faults.push(format!("{} uses {what}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_file_has_become_two() {
    let mut faults = Vec::new();
    for folder in ["src", "tests"] {
        let mut files = Vec::new();
        rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
        for path in files {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            if lines > MOST_LINES {
                faults.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "files of more than {MOST_LINES} lines:\n{}", faults.join("\n"));
}

#[test]
fn grouped_imports_are_read_too() {
    assert_eq!(
        named_after("use crate::{image::Grid, stats::{roc, firth}, units};", "crate::"),
        ["image", "stats", "units"]
    );
    assert_eq!(named_after("crate::error::Result", "crate::"), ["error"]);
}
