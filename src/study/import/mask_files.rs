//! Writes the drawings of one session: a mask a role and folder, the vertebrae of a folder as one label map with its table.

use super::masks::{self, Target};
use super::outputs;
use super::plan::{Item, Source, in_one_line};
use super::record::RecordedFile;
use super::session::Written;
use super::subjects::Place;
use super::vertebrae::{self, Drawing};
use crate::image::dicom::{DicomError, Header, SeriesRole};
use crate::image::{Overwrite, beside, write_labels, write_mask, write_text_atomically};
use std::path::{Path, PathBuf};

/// Converts and writes; what fails is left out.
pub fn write_masks(
    folder: &Path,
    place: &Place,
    items: &[Item],
    headers: &[Header],
    scheme: &str,
    overwrite: Overwrite,
) -> Written {
    let mut written = Written::default();
    let mut files: Vec<(PathBuf, SeriesRole, Target, Vec<usize>)> = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let Source::Drawing { header, .. } = item.source else { continue };
        let Some(name) = outputs::mask_name(place, item.decision.role) else { continue };
        match masks::target(&headers[header], items) {
            Ok(target) => {
                let path = Path::new(target.folder).join(name);
                match files.iter_mut().find(|(other, ..)| *other == path) {
                    Some((_, _, on, group)) if on.grid == target.grid => group.push(n),
                    Some(_) => {
                        let reason =
                            "it is drawn on another grid than the other masks of its role; skip one".to_owned();
                        written.failed.push((n, reason));
                    }
                    None => files.push((path, item.decision.role, target, vec![n])),
                }
            }
            Err(error) => written.failed.push((n, in_one_line(&error))),
        }
    }
    for (path, role, target, group) in files {
        let image = folder.join(&path);
        let done = match role {
            SeriesRole::Vertebra => label_map(&image, &group, items, headers, &target, scheme, overwrite),
            _ => mask(&image, &group, items, headers, &target, overwrite),
        };
        match done {
            Ok(what) => {
                written.notes.push(format!("{} {what} of {}", role.name(), target.grid.describe()));
                let series = group.iter().map(|&n| items[n].row.series.clone()).collect();
                written.files.push(RecordedFile {
                    path,
                    role: role.name().to_owned(),
                    series,
                    converter: "built-in".to_owned(),
                });
            }
            Err(error) => written.failed.extend(group.iter().map(|&n| (n, in_one_line(&error)))),
        }
    }
    written
}

fn mask(
    image: &Path,
    group: &[usize],
    items: &[Item],
    headers: &[Header],
    target: &Target,
    overwrite: Overwrite,
) -> Result<String, DicomError> {
    let drawings: Vec<(usize, u32)> = group.iter().filter_map(|&n| drawing(&items[n])).collect();
    let mask = masks::mask(&drawings, headers, &target.grid)?;
    write_mask(image, &mask, overwrite)?;
    Ok(format!("mask: {} voxels", mask.n_inside()))
}

/// The vertebrae with `_dseg.tsv`, which says what the numbers mean.
fn label_map(
    image: &Path,
    group: &[usize],
    items: &[Item],
    headers: &[Header],
    target: &Target,
    scheme: &str,
    overwrite: Overwrite,
) -> Result<String, DicomError> {
    let of = |n: &usize| -> Option<Drawing> {
        let (header, number) = drawing(&items[*n])?;
        Some((items[*n].level?, header, number))
    };
    let drawings: Vec<Drawing> = group.iter().filter_map(of).collect();
    let (labels, rows) = vertebrae::label_map(&drawings, headers, &target.grid, scheme)?;
    write_labels(image, &labels, overwrite)?;
    write_text_atomically(&beside(image, ".tsv"), &vertebrae::label_table(&rows), overwrite)?;
    let named: Vec<String> = rows.iter().map(|(label, level)| format!("{level} {label}")).collect();
    Ok(format!(
        "labels: {} (numbers of {scheme}), {} voxels",
        named.join(", "),
        labels.data.iter().filter(|v| **v != 0).count()
    ))
}

fn drawing(item: &Item) -> Option<(usize, u32)> {
    match item.source {
        Source::Drawing { header, number } => Some((header, number)),
        Source::Images(_) => None,
    }
}
