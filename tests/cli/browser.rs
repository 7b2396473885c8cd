//! The report and the slice viewer in a real browser without a screen: nothing fails in its console, links lead somewhere,
//! tables sort, figures and tables can be saved. Says that it is skipped where no chromium opens a page.

use super::markup;
use super::study::{myelomri, simulated};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Notes whatever fails from the first moment on.
const WATCH: &str = r#"<script>
window.faults = [];
addEventListener("error", (event) => faults.push(String(event.message)), true);
addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => faults.push(`policy ${event.violatedDirective} ${event.blockedURI}`));
console.error = (...said) => faults.push(said.join(" "));
// what was drawn can be read back later
const contextOf = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, options) {
  return contextOf.call(this, kind, kind === "webgl2" ? { ...options, preserveDrawingBuffer: true } : options);
};
// the browser's clock jumps ahead when the page is idle, its other threads' work does not: some work between two looks
window.until = async (ready) => {
  for (let look = 0; look < 20000 && !ready(); look++) {
    for (let n = 0; n < 200000; n++) Math.sqrt(n);
    await new Promise((done) => setTimeout(done, 1));
  }
};
</script>"#;

/// What a user does with the report; leaves what came of it.
const USE_REPORT: &str = r#"<script>
(async () => {
  const [saved, names] = [[], []];
  const address = URL.createObjectURL;
  URL.createObjectURL = (blob) => { saved.push(blob); return address.call(URL, blob); };
  HTMLAnchorElement.prototype.click = function () { names.push(this.download); };
  const columns = [...document.querySelectorAll("figure.table table")].map((table) => {
    const cells = () => [...table.tBodies[0].rows].map((row) => row.cells[0].textContent.trim());
    const head = table.tHead.rows[0].cells[0];
    const orders = [cells()];
    for (let click = 0; click < 3; click++) { head.click(); orders.push(cells()); }
    return orders;
  });
  const buttons = [...document.querySelectorAll("button.save")];
  buttons.forEach((button) => button.click());
  await until(() => saved.length >= buttons.length);
  const files = await Promise.all(saved.map(async (blob) => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return { type: blob.type, size: bytes.length, start: [...bytes.slice(0, 24)], text: blob.type === "image/png" ? "" : await blob.text() };
  }));
  // pictures load when they are scrolled to: ask for each by its address
  const loads = (image) => new Promise((done) => {
    const probe = new Image();
    probe.onload = () => done(probe.naturalWidth > 0);
    probe.onerror = () => done(false);
    probe.src = image.src;
  });
  const broken = (await Promise.all([...document.images].map(loads))).filter((loaded) => !loaded);
  const rows = [...document.querySelectorAll("figure.table table")].map((table) => table.rows.length);
  const result = { faults, columns, rows, n_buttons: buttons.length, names, files, n_images: document.images.length, broken: broken.length };
  const left = document.createElement("pre");
  left.id = "result";
  left.textContent = btoa(Array.from(new TextEncoder().encode(JSON.stringify(result)), (byte) => String.fromCharCode(byte)).join(""));
  document.body.append(left);
})();
</script>"#;

/// What a user does with a slice viewer.
const USE_VIEWER: &str = r#"<script>
(async () => {
  await until(() => document.body.dataset.ready);
  const part = (id) => document.getElementById(id);
  const pictures = () => [...document.querySelectorAll("figure:not([hidden]) canvas")].map((canvas) => canvas.toDataURL());
  const captions = () => [...document.querySelectorAll("figure:not([hidden]) figcaption")].map((caption) => caption.textContent);
  const steps = [{ what: "start", pictures: pictures(), captions: captions() }];
  const step = async (what, act) => {
    const before = pictures().join();
    act();
    await until(() => pictures().join() !== before);
    steps.push({ what, pictures: pictures(), captions: captions() });
  };
  const set = (id, value, kind) => () => { part(id).value = value; part(id).dispatchEvent(new Event(kind)); };
  await step("first slice", set("slice", 0, "input"));
  await step("map", set("map", "ADC", "change"));
  await step("plane", set("plane", "1", "change"));
  await step("overlay off", () => part("overlay").click());
  await step("window", set("high", "1000", "input"));
  const turn = new WheelEvent("wheel", { deltaY: 100, bubbles: true, cancelable: true });
  await step("wheel", () => document.querySelector("figure canvas").dispatchEvent(turn));
  const maps = [...part("map").options].map((option) => option.value);
  const result = { faults, ready: document.body.dataset.ready, maps, steps };
  const left = document.createElement("pre");
  left.id = "result";
  left.textContent = btoa(Array.from(new TextEncoder().encode(JSON.stringify(result)), (byte) => String.fromCharCode(byte)).join(""));
  document.body.append(left);
})();
</script>"#;

/// Where a chromium is installed that can open a page here, if one is.
pub fn chromium() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .filter(|program| program.is_file())
        .find(|program| dom(program, "data:text/html,<p>opened</p>").0.contains("opened"))
}

/// Opens an address; gives the page after its scripts have run, and what was said meanwhile.
fn dom(browser: &Path, address: &str) -> (String, String) {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--no-first-run"])
        // drawn by the processor: the same on every machine
        .args(["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-extensions"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=300000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(address)
        .output()
        .unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Opens a copy of a page beside it, with a watch at its start and a user at its end; gives what the user left.
pub fn used(browser: &Path, page: &Path, user: &str) -> Value {
    let html = fs::read_to_string(page).unwrap();
    let html = html.replacen("<head>", &format!("<head>{WATCH}"), 1).replace("</body>", &format!("{user}</body>"));
    // the watch calls functions that a page by itself does not have
    let copy = page.with_file_name("used.html");
    fs::write(&copy, html).unwrap();
    let (dom, said) = dom(browser, &format!("file://{}", copy.display()));
    fs::remove_file(&copy).unwrap();
    let console: Vec<&str> = said.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{}: {console:#?}", page.display());
    let left = dom.split_once("<pre id=\"result\">").and_then(|(_, rest)| rest.split_once("</pre>"));
    let (left, _) = left.unwrap_or_else(|| panic!("{} did not run to its end: {said}", page.display()));
    serde_json::from_slice(&BASE64_STANDARD.decode(left).unwrap()).unwrap()
}

pub fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
}

/// Proof that a page has no fault that a validator would name and that its links lead to files beside it; gives the links.
fn assert_valid(out: &Path, page: &str) -> BTreeSet<String> {
    let html = fs::read_to_string(out.join(page)).unwrap();
    let (problems, links) = markup::read(&html);
    assert!(problems.is_empty(), "{page}: {problems:#?}");
    let folder = out.join(page).parent().unwrap().to_owned();
    for link in links.iter().filter(|link| !link.starts_with('#') && !link.starts_with("data:")) {
        assert!(!link.contains(':') && !link.starts_with('/'), "{page} leads out of the folder: {link}");
        assert!(folder.join(link).is_file(), "{page} links to {link}, which is not there");
    }
    assert!(!html.contains(&*out.to_string_lossy()), "{page} holds an absolute path");
    links
}

#[test]
fn the_report_and_the_viewers_are_valid_and_work_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    myelomri().arg("run").arg(simulated()).arg(&out).arg("-q").assert().success();
    let viewers: Vec<String> = (1..=4).map(|n| format!("viewer/sub-00{n}.html")).collect();
    let links = assert_valid(&out, "report.html");
    for viewer in &viewers {
        assert_valid(&out, viewer);
        assert!(out.join(viewer).metadata().unwrap().len() <= 8_000_000);
        assert!(links.contains(viewer), "the report does not link to {viewer}");
    }
    let Some(browser) = chromium() else {
        eprintln!("skipped: no chromium on PATH that opens a page, the pages were not opened");
        return;
    };
    check_report(&used(&browser, &out.join("report.html"), USE_REPORT));
    check_viewer(&used(&browser, &out.join(&viewers[0]), USE_VIEWER));
}

fn check_report(seen: &Value) {
    assert_eq!(texts(&seen["faults"]), Vec::<String>::new());
    assert!(seen["n_images"].as_u64().unwrap() >= 8 && seen["broken"] == 0, "{} images", seen["n_images"]);
    // first the order of the file, then up, down, and back
    let tables = seen["columns"].as_array().unwrap();
    assert!(tables.len() > 3);
    let mut n_moved = 0;
    for orders in tables {
        let orders: Vec<Vec<String>> = orders.as_array().unwrap().iter().map(texts).collect();
        assert_eq!(orders[0], orders[3], "the third click brings the first order back");
        let sorted = |order: &[String]| {
            let mut sorted = order.to_vec();
            sorted.sort();
            sorted
        };
        assert_eq!(sorted(&orders[0]), sorted(&orders[1]), "no row is lost");
        let mut keys = orders[1].clone();
        keys.dedup();
        let mut back = orders[2].clone();
        back.dedup();
        back.reverse();
        assert_eq!(keys, back, "down is up turned round");
        n_moved += usize::from(orders[1] != orders[0] || orders[2] != orders[0]);
    }
    assert!(n_moved > 2, "nothing was sorted");
    let files = seen["files"].as_array().unwrap();
    let names = texts(&seen["names"]);
    assert_eq!((files.len() as u64, names.len()), (seen["n_buttons"].as_u64().unwrap(), files.len()));
    let of_type = |kind: &str| files.iter().filter(|file| file["type"] == kind).collect::<Vec<_>>();
    let (csv, svg, png) = (of_type("text/csv"), of_type("image/svg+xml"), of_type("image/png"));
    assert_eq!(csv.len(), tables.len());
    assert!(svg.len() > 5 && svg.len() == png.len());
    for (file, rows) in csv.iter().zip(seen["rows"].as_array().unwrap()) {
        assert_eq!(&file["start"].as_array().unwrap()[..3], [0xEF, 0xBB, 0xBF].map(Value::from), "UTF-8, and said so");
        let text = file["text"].as_str().unwrap();
        assert_eq!(text.matches("\r\n").count() as u64, rows.as_u64().unwrap(), "{text}");
    }
    // a number is one to a spreadsheet too: a hyphen, and no fraction that could be a date
    let all: String = csv.iter().filter_map(|file| file["text"].as_str()).collect();
    let cells: Vec<&str> = all.split([',', '\r', '\n']).collect();
    assert!(cells.iter().any(|cell| cell.starts_with('-') && cell.parse::<f64>().is_ok()), "no negative number");
    assert!(cells.iter().all(|cell| cell.strip_prefix('−').is_none_or(|rest| rest.parse::<f64>().is_err())));
    assert!(cells.iter().any(|cell| cell.contains(" | ")) && !cells.contains(&"1 / 1"));
    for file in svg {
        let text = file["text"].as_str().unwrap();
        assert!(
            text.starts_with("<svg") && text.contains("xmlns=\"http://www.w3.org/2000/svg\"") && text.contains("<text")
        );
    }
    for file in png {
        let start: Vec<u64> = file["start"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        assert_eq!(start[..8], [137, 80, 78, 71, 13, 10, 26, 10]);
        let width = start[16..20].iter().fold(0, |width, byte| width << 8 | byte);
        assert!(width >= 900, "{width} pixels");
    }
    for name in names {
        assert!(!name.contains('/') && [".csv", ".svg", ".png"].iter().any(|end| name.ends_with(end)), "{name}");
    }
}

fn check_viewer(seen: &Value) {
    assert_eq!(texts(&seen["faults"]), Vec::<String>::new());
    assert_eq!(seen["ready"], "yes");
    assert!(texts(&seen["maps"]).contains(&"sFF".to_owned()));
    let steps = seen["steps"].as_array().unwrap();
    for pair in steps.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert_eq!(texts(&after["captions"]).len(), 2, "both visits side by side");
        let changed = texts(&before["pictures"]) != texts(&after["pictures"]);
        assert!(changed, "{} changes nothing", after["what"]);
    }
    let captions = |n: usize| texts(&steps[n]["captions"]);
    assert!(captions(0)[0].starts_with("baseline") && captions(0)[1].starts_with("cycle2"));
    assert_ne!(captions(0), captions(1), "the number of the slice");
    assert_ne!(captions(5), captions(6), "the wheel turns to the next slice");
}
