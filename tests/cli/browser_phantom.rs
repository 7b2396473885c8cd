//! The viewers in a real browser on a body that differs along every axis and whose files are flipped in each: what is shown must
//! not change, the letters stand where they belong, the outline runs around the lesion. Says that it is skipped where no chromium
//! opens a page, and for the user's NiiVue where `MYELOMRI_NIIVUE` does not name one.

use super::browser::{chromium, texts, used};
use super::study::myelomri;
use myelomri::image::{Grid, Labels, Overwrite, Stored, filled, write_labels, write_volume};
use serde_json::Value;
use std::fs;
use std::path::Path;

const DIMS: [usize; 3] = [12, 16, 20];
const SIDES_MM: [f64; 3] = [6.0, 4.0, 5.0];
/// At the patient's left, anterior, towards the head, as RAS+ voxel ranges.
const LESION: [[usize; 2]; 3] = [[1, 4], [10, 14], [13, 18]];
/// Flips of the voxel axes, a subject each.
const SIGNS: [usize; 5] = [0, 1, 2, 4, 7];

/// Looks at every plane through the lesion; leaves pictures, letters with their places, and the box of the outline.
const LOOK: &str = r#"<script>
(async () => {
  const letters = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    letters.push([text, x / this.canvas.width, y / this.canvas.height]);
    return write.call(this, text, x, y);
  };
  await until(() => document.body.dataset.ready);
  const part = (id) => document.getElementById(id);
  const set = (id, value, kind) => { part(id).value = value; part(id).dispatchEvent(new Event(kind)); };
  const planes = [];
  for (const [plane, place] of [[0, 0.8], [1, 0.28], [2, 0.22]]) {
    set("plane", plane, "change");
    letters.length = 0;
    set("slice", Math.round(place * part("slice").max), "input");
    const canvas = document.querySelector("figure canvas");
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const data = copy.getImageData(0, 0, width, height).data;
    const box = [1, 1, 0, 0];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [r, g, b] = data.slice(4 * (y * width + x), 4 * (y * width + x) + 3);
        if (r < 110 && g > 200 && b > 230) { // the outline on the colours of ADC
          box[0] = Math.min(box[0], x / width); box[1] = Math.min(box[1], y / height);
          box[2] = Math.max(box[2], x / width); box[3] = Math.max(box[3], y / height);
        }
      }
    }
    planes.push({ picture: canvas.toDataURL(), letters: letters.filter(([text]) => text.length === 1), box });
  }
  const left = document.createElement("pre");
  left.id = "result";
  left.textContent = btoa(JSON.stringify({ faults, planes }));
  document.body.append(left);
})();
</script>"#;

/// The maps of one subject in a file with these flips.
fn write_body(out: &Path, subject: &str, signs: usize) {
    let mut affine = [[0.0; 4]; 3];
    let is_flipped = |axis: usize| signs >> axis & 1 == 1;
    for axis in 0..3 {
        affine[axis][axis] = if is_flipped(axis) { -SIDES_MM[axis] } else { SIDES_MM[axis] };
        affine[axis][3] = if is_flipped(axis) { SIDES_MM[axis] * (DIMS[axis] - 1) as f64 } else { 0.0 };
    }
    let grid = Grid::new(DIMS, affine);
    let (mut adc, mut lesions) = (filled(DIMS, 0.0_f32), filled(DIMS, 0_i32));
    for ((i, j, k), value) in adc.indexed_iter_mut() {
        let place = [i, j, k];
        let body: [usize; 3] =
            std::array::from_fn(|axis| if is_flipped(axis) { DIMS[axis] - 1 - place[axis] } else { place[axis] });
        *value = 200.0 + 10.0 * body[0] as f32 + 20.0 * body[1] as f32 + 30.0 * body[2] as f32;
        lesions[[i, j, k]] = i32::from((0..3).all(|axis| (LESION[axis][0]..LESION[axis][1]).contains(&body[axis])));
    }
    let folder = out.join(format!("maps/sub-{subject}/ses-baseline"));
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(format!("sub-{subject}_ses-baseline_{name}.nii.gz"));
    write_volume(&file("ADC"), &grid, adc.view(), Stored::F32, Overwrite::Refuse).unwrap();
    let lesions = Labels { grid, data: lesions, source: Default::default() };
    write_labels(&file("tDV"), &lesions, Overwrite::Refuse).unwrap();
}

/// An output folder with a body for each flip, and its report.
fn bodies(more: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    for signs in SIGNS {
        write_body(out, &format!("{signs}"), signs);
    }
    fs::create_dir(out.join("results")).unwrap();
    let flow =
        r#"{"n_subjects":5,"n_paired":0,"n_analysed":0,"not_analysed":[],"excluded_levels":[],"failed_sessions":[]}"#;
    fs::write(out.join("results/flow.json"), flow).unwrap();
    myelomri().arg("report").arg(out).args(more).assert().success();
    folder
}

#[test]
fn the_viewer_shows_every_flip_alike_with_true_letters_and_outlines() {
    let Some(browser) = chromium() else {
        eprintln!("skipped: no chromium on PATH that opens a page");
        return;
    };
    let folder = bodies(&[]);
    let seen: Vec<Value> = SIGNS
        .iter()
        .map(|signs| used(&browser, &folder.path().join(format!("viewer/sub-{signs}.html")), LOOK))
        .collect();
    let letters = [["A", "P", "S", "I"], ["R", "L", "S", "I"], ["R", "L", "A", "P"]];
    for seen in &seen {
        assert_eq!(texts(&seen["faults"]), Vec::<String>::new());
        for (plane, expected) in letters.iter().enumerate() {
            let drawn = &seen["planes"][plane];
            let place = |letter: &str| -> [f64; 2] {
                let all = drawn["letters"].as_array().unwrap();
                let it = all.iter().find(|l| l[0] == letter).unwrap_or_else(|| panic!("no {letter} in plane {plane}"));
                [it[1].as_f64().unwrap(), it[2].as_f64().unwrap()]
            };
            assert!(place(expected[0])[0] < 0.1 && place(expected[1])[0] > 0.9, "plane {plane}");
            assert!(place(expected[2])[1] < 0.1 && place(expected[3])[1] > 0.9, "plane {plane}");
            // columns from right to left and from anterior to posterior, rows downwards or to posterior
            let (across, down) = [(1, 2), (0, 2), (0, 1)][plane];
            let edge = |axis: usize, side: usize| (DIMS[axis] - LESION[axis][1 - side]) as f64 / DIMS[axis] as f64;
            let found: Vec<f64> = drawn["box"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            for (found, expected) in found.iter().zip([edge(across, 0), edge(down, 0), edge(across, 1), edge(down, 1)])
            {
                assert!((found - expected).abs() < 0.02, "plane {plane}: the outline ends at {found} for {expected}");
            }
        }
    }
    for (plane, _) in letters.iter().enumerate() {
        let first = &seen[0]["planes"][plane]["picture"];
        assert!(seen.iter().all(|seen| &seen["planes"][plane]["picture"] == first), "plane {plane} differs by a flip");
    }
}

/// What WebGL has drawn is cleared once it is shown; a test that looks at it later asks for it to be kept.
const KEEP_DRAWN: &str = r#"<script>
const plain = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, options) {
  return plain.call(this, kind, { ...options, preserveDrawingBuffer: true });
};
</script>"#;

/// Chooses planes, the overlay and a window; leaves a picture of each.
const USE_NIIVUE: &str = r#"<script>
(async () => {
  await until(() => document.body.dataset.ready);
  const part = (id) => document.getElementById(id);
  const picture = async () => {
    for (let n = 0; n < 5; n++) await new Promise((done) => setTimeout(done, 50));
    return document.querySelector("figure canvas").toDataURL();
  };
  const pictures = [await picture()];
  // drawing in software takes its time: a step is done once the picture has changed, or after 10 s
  const step = async (act) => {
    act();
    for (let n = 0; n < 40 && (await picture()) === pictures[pictures.length - 1]; n++);
    pictures.push(await picture());
  };
  await step(() => { part("plane").value = "4"; part("plane").dispatchEvent(new Event("change")); });
  // the planes at the centre miss the lesion
  await step(() => part("overlay").click());
  await step(() => { part("plane").value = "1"; part("plane").dispatchEvent(new Event("change")); });
  await step(() => { part("high").value = "500"; part("high").dispatchEvent(new Event("change")); });
  const left = document.createElement("pre");
  left.id = "result";
  left.textContent = btoa(JSON.stringify({ faults, ready: document.body.dataset.ready, problem: part("problem").textContent, pictures }));
  document.body.append(left);
})();
</script>"#;

#[test]
fn niivue_of_the_user_shows_the_maps() {
    let Some(library) = std::env::var_os("MYELOMRI_NIIVUE") else {
        eprintln!("skipped: MYELOMRI_NIIVUE names no NiiVue");
        return;
    };
    let Some(browser) = chromium() else {
        eprintln!("skipped: no chromium on PATH that opens a page");
        return;
    };
    let folder = bodies(&["--niivue", library.to_str().unwrap()]);
    let out = folder.path();
    let html = fs::read_to_string(out.join("report.html")).unwrap();
    let seen: Vec<Value> = SIGNS[..2]
        .iter()
        .map(|signs| {
            let page = format!("viewer/sub-{signs}_niivue.html");
            assert!(html.contains(&page.replace('/', "&#x2f;")) || html.contains(&page), "no link to {page}");
            assert!(out.join(&page).metadata().unwrap().len() < 8_000_000);
            let kept =
                fs::read_to_string(out.join(&page)).unwrap().replacen("<head>", &format!("<head>{KEEP_DRAWN}"), 1);
            fs::write(out.join("viewer/kept.html"), kept).unwrap();
            used(&browser, &out.join("viewer/kept.html"), USE_NIIVUE)
        })
        .collect();
    for seen in &seen {
        assert_eq!(texts(&seen["faults"]), Vec::<String>::new());
        assert_eq!(seen["ready"], "yes", "{}", seen["problem"]);
        let pictures = texts(&seen["pictures"]);
        for (step, pair) in pictures.windows(2).enumerate() {
            assert!(pair[0].len() > 1000 && pair[0] != pair[1], "step {step} changes nothing");
        }
    }
    assert_eq!(seen[0]["pictures"], seen[1]["pictures"], "a flip of the file changes the picture");
}

#[test]
fn what_is_no_niivue_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = myelomri();
    command.arg("report").arg(folder.path()).arg("--niivue").arg(folder.path().join("none"));
    command.assert().code(3).stderr(predicates::str::contains("error[no-niivue]"));
}
