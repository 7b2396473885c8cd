//! Converts and writes the images and masks of one session.

use super::mask_files::write_masks;
use super::outputs::{self, Output};
use super::plan::{Item, Source, finish_row, in_one_line};
use super::record::RecordedFile;
use super::subjects::Place;

use crate::image::dicom::{Dcm2niix, DicomError, Header, Job, Runs, Scaling, SeriesRole, Volumes, convert};
use crate::image::gradients::format_bval;
use crate::image::{Overwrite, Stored, beside, sidecar_path, write_json, write_series, write_text_atomically};
use ndarray::{Axis, concatenate};
use rayon::prelude::*;
use std::path::Path;

/// Who converts.
#[derive(Debug, Clone)]
pub enum Converter {
    /// dcm2niix alone.
    Dcm2niix(Dcm2niix),
    /// This program alone.
    Builtin,
    /// dcm2niix, and this program where that one fails.
    Either(Dcm2niix),
}

impl Converter {
    /// For records: `dcm2niix v1.0.20260724`, `built-in`, or both.
    pub fn describe(&self) -> String {
        match self {
            Converter::Dcm2niix(program) => format!("dcm2niix {}", program.version()),
            Converter::Builtin => "built-in".to_owned(),
            Converter::Either(program) => format!("dcm2niix {}, else built-in", program.version()),
        }
    }
}

/// What became of a session's files.
#[derive(Debug, Default)]
pub struct Written {
    /// Files that are there now.
    pub files: Vec<RecordedFile>,
    /// What to say about them.
    pub notes: Vec<String>,
    /// What failed: item and reason.
    pub failed: Vec<(usize, String)>,
}

/// Voxels that are converted at one time, unless a single file has more: 16 bytes each are in memory at the peak.
const VOXELS_AT_ONCE: usize = 12_000_000;

/// Converts and writes; what fails is left out.
pub fn write(
    folder: &Path,
    place: &Place,
    items: &mut [Item],
    headers: &[Header],
    converter: &Converter,
    scheme: &str,
    overwrite: Overwrite,
) -> Written {
    let mut written = Written::default();
    let outputs = outputs::of_images(place, items);
    let size = |output: &Output| -> usize {
        let stacks = output.items.iter().filter_map(|&n| items[n].stack.as_ref());
        stacks.map(|stack| stack.grid.n_voxels() * stack.volumes.len()).sum()
    };
    let mut batches: Vec<(usize, Vec<&Output>)> = Vec::new();
    for output in &outputs {
        match batches.last_mut() {
            Some((voxels, batch)) if *voxels + size(output) <= VOXELS_AT_ONCE => {
                *voxels += size(output);
                batch.push(output);
            }
            _ => batches.push((size(output), vec![output])),
        }
    }
    let runs = match converter {
        Converter::Dcm2niix(program) | Converter::Either(program) => {
            let jobs: Vec<Option<Job<'_>>> = items.iter().map(job).collect();
            // a run that cannot be made shows when its images are taken
            program.run(&jobs, headers).unwrap_or_default()
        }
        Converter::Builtin => Runs::default(),
    };
    for (_, batch) in batches {
        let done: Vec<_> = batch
            .par_iter()
            .map(|output| (*output, one(folder, output, items, headers, (converter, &runs), overwrite)))
            .collect();
        for (output, result) in done {
            match result {
                Ok((file, notes)) => {
                    written.files.push(file);
                    written.notes.extend(notes);
                }
                Err(error) => written.failed.extend(output.items.iter().map(|&n| (n, in_one_line(&error)))),
            }
        }
    }
    let masks = write_masks(folder, place, items, headers, scheme, overwrite);
    written.files.extend(masks.files);
    written.notes.extend(masks.notes);
    written.failed.extend(masks.failed);
    for (n, reason) in &written.failed {
        items[*n].failure = Some(reason.clone());
        items[*n].decision.role = SeriesRole::Refused;
        items[*n].decision.evidence.push(reason.clone());
        finish_row(&mut items[*n]);
    }
    written
}

/// One image file with what lies beside it.
fn one(
    folder: &Path,
    output: &Output,
    items: &[Item],
    headers: &[Header],
    converter: (&Converter, &Runs),
    overwrite: Overwrite,
) -> Result<(RecordedFile, Vec<String>), DicomError> {
    let mut notes = Vec::new();
    let converted: Vec<Converted> =
        output.items.par_iter().map(|&n| volumes(items, n, headers, converter)).collect::<Result<_, DicomError>>()?;
    let mut programs: Vec<String> = converted.iter().map(|one| one.program.clone()).collect();
    programs.dedup();
    notes.extend(converted.iter().filter_map(|one| one.note.clone()));
    let mut all: Vec<(Volumes, usize)> =
        converted.into_iter().map(|one| one.volumes).zip(output.items.iter().copied()).collect();
    let is_diffusion = output.role == SeriesRole::Dwi;
    let mut b_values = Vec::new();
    if is_diffusion {
        for (volumes, n) in &mut all {
            notes.extend(volumes.note.take().map(|note| format!("series {}: {note}", items[*n].row.series_number)));
            let (values, note) = b_values_of(volumes, &items[*n])?;
            notes.extend(note);
            volumes.b_values = Some(values);
        }
        let least = |volumes: &Volumes| volumes.b_values.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        all.sort_by(|(a, m), (b, n)| least(a).total_cmp(&least(b)).then(m.cmp(n)));
        b_values = all.iter().flat_map(|(volumes, _)| volumes.b_values.clone().unwrap_or_default()).collect();
    }
    let joined = join(all.into_iter().map(|(volumes, _)| volumes).collect())?;
    let image = folder.join(&output.path);
    write_series(&image, &joined.grid, joined.data.view(), joined.stored, overwrite)?;
    let program = programs.join(" and ");
    let (name, version) = program.split_once(' ').unwrap_or((&program, ""));
    let (name, version) = if name == "built-in" { ("myelomri", env!("CARGO_PKG_VERSION")) } else { (name, version) };
    let sidecar = outputs::sidecar(output, items, headers, &b_values, [name, version]);
    write_json(&sidecar_path(&image), &sidecar, overwrite)?;
    if is_diffusion {
        write_text_atomically(&beside(&image, ".bval"), &format_bval(&b_values), overwrite)?;
    }
    let series = output.items.iter().map(|&n| items[n].row.series.clone()).collect();
    let file =
        RecordedFile { path: output.path.clone(), role: output.role.name().to_owned(), series, converter: program };
    Ok((file, notes))
}

/// One item's volumes.
struct Converted {
    volumes: Volumes,
    /// Who made them.
    program: String,
    note: Option<String>,
}

/// What dcm2niix is asked to make of an item.
fn job(item: &Item) -> Option<Job<'_>> {
    let Source::Images(part) = &item.source else { return None };
    let scaling = if item.decision.role.is_map() { Scaling::Displayed } else { Scaling::Signal };
    item.decision.role.is_kept().then_some(Job { part, stack: item.stack.as_ref(), scaling })
}

fn volumes(
    items: &[Item],
    n: usize,
    headers: &[Header],
    (converter, runs): (&Converter, &Runs),
) -> Result<Converted, DicomError> {
    let item = &items[n];
    let Some(job) = job(item) else {
        return Err(DicomError::Drawing { reason: "a drawing is no image".to_owned() });
    };
    let by_program = |program: &Dcm2niix| -> Result<Converted, DicomError> {
        let volumes = program.take(runs, n, &job, headers)?;
        Ok(Converted { volumes, program: format!("dcm2niix {}", program.version()), note: None })
    };
    let by_ourselves = || -> Result<Converted, DicomError> {
        let mosaic = || DicomError::Unknown { what: "Siemens mosaics (many slices in one picture)".to_owned() };
        let volumes = convert(job.stack.ok_or_else(mosaic)?, headers, job.scaling)?;
        Ok(Converted { volumes, program: "built-in".to_owned(), note: None })
    };
    match converter {
        Converter::Dcm2niix(program) => by_program(program),
        Converter::Builtin => by_ourselves(),
        Converter::Either(program) => by_program(program).or_else(|first| match by_ourselves() {
            Ok(done) => {
                let note = format!("series {}: built-in converter, because {first}", item.row.series_number);
                Ok(Converted { note: Some(note), ..done })
            }
            Err(DicomError::Unknown { what }) => Err(match first {
                DicomError::Converter { reason } => DicomError::Neither { reason, what },
                first => first,
            }),
            Err(second) => Err(second),
        }),
    }
}

/// b-values of a diffusion item's volumes: of the headers, else of dcm2niix, else by hand.
fn b_values_of(volumes: &Volumes, item: &Item) -> Result<(Vec<f64>, Option<String>), DicomError> {
    let n = volumes.data.shape()[3];
    let number = item.row.series_number;
    if let Some(b) = volumes.b_values.clone().filter(|b| b.len() == n) {
        return Ok((b, None));
    }
    let by_hand = match item.b_by_hand.len() {
        1 => vec![item.b_by_hand[0]; n],
        _ => item.b_by_hand.clone(),
    };
    if by_hand.len() == n {
        return Ok((by_hand, Some(format!("series {number}: b-values by hand"))));
    }
    Err(DicomError::Unknown {
        what: format!(
            "the b-values of series {number}: write one, or one for each of its {n} volumes, into the column b_values of roles.csv"
        ),
    })
}

/// Volumes of several items on one grid, one after the other.
fn join(mut all: Vec<Volumes>) -> Result<Volumes, DicomError> {
    if all.len() == 1
        && let Some(one) = all.pop()
    {
        return Ok(one);
    }
    let Some(first) = all.first() else {
        return Err(DicomError::Unknown { what: "a file without images".to_owned() });
    };
    for other in &all[1..] {
        first.grid.check_same(&other.grid, ["first series", "other series"], ["", ""])?;
    }
    let stored = if all.iter().all(|one| one.stored == first.stored) { first.stored } else { Stored::F32 };
    // volumes are slowest in memory: the transposed arrays are joined along their first axis without a copy of each
    let views: Vec<_> = all.iter().map(|one| one.data.view().reversed_axes()).collect();
    let data = concatenate(Axis(0), &views).map_err(|error| DicomError::Pixels { reason: error.to_string() })?;
    Ok(Volumes { grid: first.grid.clone(), data: data.reversed_axes(), stored, b_values: None, note: None })
}
