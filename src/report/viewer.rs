//! `viewer/sub-X.html`: the maps of one patient slice by slice, visits side by side, in one file that needs nothing else.
//!
//! Maps are shown, not measured, there: each value becomes one of 255 steps, and a map that would not fit is averaged in
//! blocks until the page stays below [`MOST_BYTES`]; the page says both.

use super::outputs::Outputs;
use super::{Lang, ReportError};
use crate::error::Result;
use crate::image::{Overwrite, read_labels, read_volume, write_text_atomically};
use minijinja::value::Serde;
use minijinja::{Environment, Value};
use packed::{Kind, Packed};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

mod library;
mod packed;

pub use library::NiiVue;

/// Largest page, bytes.
pub const MOST_BYTES: usize = 8_000_000;
/// What the page takes besides the maps.
const FRAME_BYTES: usize = 100_000;
/// Folder of the pages in an output folder.
const FOLDER: &str = "viewer";
const TEMPLATE: &str = include_str!("viewer/page.html");
const SCRIPT: &str = include_str!("viewer/viewer.js");
const NIIVUE_TEMPLATE: &str = include_str!("viewer/niivue.html");
const NIIVUE_SCRIPT: &str = include_str!("viewer/niivue.js");

/// Everything of one patient that the page shows.
#[derive(Serialize)]
struct Patient {
    title: String,
    /// Colours of the steps 0 to 255 by palette, base64 of RGB.
    palettes: BTreeMap<&'static str, String>,
    visits: Vec<Visit>,
}

/// One visit: its maps by name, in the order of [`packed::MAPS`], and the lesions of tDV.
#[derive(Serialize)]
struct Visit {
    name: String,
    maps: Vec<Packed>,
    lesions: Option<Packed>,
}

/// What the page is filled with.
#[derive(Serialize)]
struct Frame<'a> {
    title: &'a str,
    lang: &'static str,
    words: BTreeMap<&'static str, &'static str>,
    script: &'static str,
    data: &'a str,
    version: &'static str,
    /// Name and version of the user's library.
    library: &'a str,
}

/// Addresses of the pages relative to the output folder, by subject.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Viewers {
    /// Our own pages.
    pub plain: BTreeMap<String, String>,
    /// Those that show the maps by the user's NiiVue.
    pub niivue: BTreeMap<String, String>,
}

/// The words on the page.
fn words(lang: Lang) -> BTreeMap<&'static str, &'static str> {
    [
        ("report", lang.say("report")),
        ("map", lang.say("Map")),
        ("plane", lang.say("Plane")),
        ("sagittal", lang.say("sagittal")),
        ("coronal", lang.say("coronal")),
        ("axial", lang.say("axial")),
        ("slice", lang.say("Slice")),
        ("window", lang.say("Window")),
        ("low", lang.say("lowest value shown")),
        ("high", lang.say("highest value shown")),
        ("overlay", lang.say("Lesions (tDV)")),
        ("problem", lang.say("This browser cannot unpack the maps; a newer version can.")),
        ("all_planes", lang.say("all planes")),
        ("rendering", lang.say("rendering")),
        ("niivue_problem", lang.say("NiiVue could not start: it needs WebGL 2, and its file beside this page.")),
        ("niivue_help", lang.say("Pointer: place and value. Wheel: next slice. Right button: window.")),
        ("help", lang.say("Wheel or arrow keys: next slice. Pointer: value. Numbers: slice in the order of the file.")),
        (
            "limits",
            lang.say(
                "For looking, not for measuring: values are rounded to 255 steps between the ends of their range.",
            ),
        ),
        ("coarser", lang.say("Voxels were averaged in blocks to keep this page small.")),
    ]
    .into()
}

/// Map files of one patient, by visit.
type Files = Vec<(String, Vec<(&'static Kind, PathBuf)>, Option<PathBuf>)>;

/// Writes a page for every patient of an output folder that has maps, and a second one for NiiVue where the user has it; gives
/// their addresses. A page that is younger than its maps is left as it is, since it would come out the same.
///
/// # Errors
/// Where a map of ours cannot be read or a page cannot be written.
pub fn write_viewers(out: &Path, outputs: &Outputs, niivue: Option<&NiiVue>, lang: Lang) -> Result<Viewers> {
    let subjects: Vec<(String, Files)> = subjects(out, outputs);
    let folder = out.join(FOLDER);
    if !subjects.is_empty() {
        let refuse = |source| ReportError::Write { path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(refuse)?;
        if let Some(niivue) = niivue {
            write_text_atomically(&folder.join(library::COPY), &niivue.script, Overwrite::Force)?;
        }
    }
    let write = |(subject, files): &(String, Files)| -> Result<()> {
        let library = niivue.map_or("", |niivue| niivue.name.as_str());
        let plain = (folder.join(format!("sub-{subject}.html")), TEMPLATE, SCRIPT, "");
        let with_niivue = (folder.join(format!("sub-{subject}_niivue.html")), NIIVUE_TEMPLATE, NIIVUE_SCRIPT, library);
        let wanted = [Some(plain), niivue.map(|_| with_niivue)];
        let old: Vec<_> = wanted
            .into_iter()
            .flatten()
            .filter(|(path, .., library)| !is_current(path, files, lang, library))
            .collect();
        if old.is_empty() {
            return Ok(());
        }
        let title = format!("sub-{subject}");
        let data = data(&title, files)?;
        for (path, template, script, library) in old {
            let frame = Frame {
                title: &title,
                lang: lang.code(),
                words: words(lang),
                script,
                data: &data,
                version: env!("CARGO_PKG_VERSION"),
                library,
            };
            write_text_atomically(&path, &page(template, &frame)?, Overwrite::Force)?;
        }
        Ok(())
    };
    subjects.par_iter().try_for_each(write)?;
    let addresses = |ending: &str| -> BTreeMap<String, String> {
        let address =
            |(subject, _): &(String, Files)| (subject.clone(), format!("{FOLDER}/sub-{subject}{ending}.html"));
        subjects.iter().map(address).collect()
    };
    Ok(Viewers { plain: addresses(""), niivue: niivue.map_or_else(BTreeMap::new, |_| addresses("_niivue")) })
}

/// Patients that have maps, with their files.
fn subjects(out: &Path, outputs: &Outputs) -> Vec<(String, Files)> {
    let named = |role: &str| outputs.parameter(&["sessions", role]).and_then(|name| name.as_str()).map(str::to_owned);
    let order: Vec<String> = ["baseline", "followup"].into_iter().filter_map(named).collect();
    let mut subjects = Vec::new();
    for (subject, folder) in folders(&out.join("maps"), "sub-") {
        let mut visits = folders(&folder, "ses-");
        // in order of time as far as the study says; others behind, by name
        visits.sort_by_key(|(visit, _)| order.iter().position(|name| name == visit).unwrap_or(order.len()));
        let files = visits.into_iter().filter_map(|(visit, folder)| {
            let file = |map: &str| {
                Some(folder.join(format!("sub-{subject}_ses-{visit}_{map}.nii.gz"))).filter(|path| path.is_file())
            };
            let maps: Vec<_> = packed::MAPS.iter().filter_map(|kind| Some((kind, file(kind.name)?))).collect();
            (!maps.is_empty()).then(|| (visit.clone(), maps, file("tDV")))
        });
        let files: Files = files.collect();
        if !files.is_empty() {
            subjects.push((subject, files));
        }
    }
    subjects
}

/// Folders below `parent` whose names start so, without that start, by name.
fn folders(parent: &Path, start: &str) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let name = entry.file_name().to_str()?.strip_prefix(start)?.to_owned();
        entry.path().is_dir().then(|| (name, entry.path()))
    });
    let mut folders: Vec<_> = named.collect();
    folders.sort();
    folders
}

/// Whether a page was made by this version, in this language, for this library, after all of its maps.
fn is_current(page: &Path, files: &Files, lang: Lang, library: &str) -> bool {
    let time = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    let Some(made) = time(page) else { return false };
    let maps = files.iter().flat_map(|(_, maps, lesions)| maps.iter().map(|(_, path)| path).chain(lesions));
    let is_ours = || {
        std::fs::read_to_string(page)
            .is_ok_and(|text| text.contains(&generator(library)) && text.contains(&html_of(lang)))
    };
    maps.map(|path| time(path)).all(|map| map.is_some_and(|map| map < made)) && is_ours()
}

fn generator(library: &str) -> String {
    let more = if library.is_empty() { String::new() } else { format!(", {library}") };
    format!("<meta name=\"generator\" content=\"myelomri {}{more}\">", env!("CARGO_PKG_VERSION"))
}

fn html_of(lang: Lang) -> String {
    format!("<html lang=\"{}\">", lang.code())
}

/// The maps of one patient, packed, as the text that a page holds.
fn data(title: &str, files: &Files) -> Result<String> {
    let mut visits = Vec::new();
    for (name, maps, lesions) in files {
        let maps: Vec<Packed> =
            maps.iter().map(|(kind, path)| Ok(kind.of_volume(&read_volume(path)?))).collect::<Result<_>>()?;
        let lesions = lesions.as_ref().map(|path| Ok::<_, crate::error::Error>(Packed::of_labels(&read_labels(path)?)));
        visits.push(Visit { name: name.clone(), maps, lesions: lesions.transpose()? });
    }
    fit(&mut visits, (MOST_BYTES - FRAME_BYTES) / 4 * 3);
    let patient = Patient { title: title.to_owned(), palettes: packed::palettes(), visits };
    let text = serde_json::to_string(&patient).map_err(|error| ReportError::Draw { reason: error.to_string() })?;
    // text of a study must not end the script that holds it
    Ok(text.replace('<', "\\u003c"))
}

/// A filled page.
fn page(template: &str, frame: &Frame) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    let rendered = environment.render_named_str("viewer.html", template, Value::from(Serde(frame)));
    Ok(rendered.map_err(|error| ReportError::Draw { reason: format!("{error:#}") })?)
}

/// Packs all maps, coarser and coarser until all together take at most so many bytes.
fn fit(visits: &mut [Visit], most: usize) {
    loop {
        let mut all: Vec<&mut Packed> =
            visits.iter_mut().flat_map(|visit| visit.maps.iter_mut().chain(visit.lesions.as_mut())).collect();
        // noise packs to about three quarters of a byte a voxel: what cannot fit is not tried
        let expected: usize = all.iter().filter(|map| map.is_scalar()).map(|map| map.n_steps() / 4 * 3).sum();
        let fits = expected <= 2 * most && {
            all.par_iter_mut().for_each(|map| map.pack());
            all.iter().map(|map| map.packed_bytes()).sum::<usize>() <= most
        };
        if fits || all.iter().all(|map| map.n_steps() <= 1) {
            return;
        }
        all.par_iter_mut().for_each(|map| map.coarsen());
    }
}

#[cfg(test)]
mod tests;
