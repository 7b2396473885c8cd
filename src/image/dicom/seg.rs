//! DICOM segmentations: their segments, and each as a mask on the grid of the images it is drawn on.
//!
//! Binary segmentations pack eight pixels a byte, the first in the lowest bit, frame after frame without padding
//! (PS3.5, 8.1.1). Frames need not cover the images; what they do not cover is outside. Nothing is resampled: a frame that
//! does not lie on the grid is refused.

use super::DicomError;
use super::element::{items, number, text};
use super::header::{Frame, Header, Kind};
use super::references::coded_meaning;
use super::roles::{Decision, SeriesRole};
use super::scan::is_native;
use super::tags;
use crate::image::{Grid, filled};
use ndarray::Array3;

/// Something drawn on images: a segment or a region of interest.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// Number of the segment or region in its file.
    pub number: u32,
    /// What it is for, by the known words of its name.
    pub decision: Decision,
    /// Its names, label first: free text, to be compared with known words and never shown.
    pub names: Vec<String>,
}

/// Known words of names, with the role that each states. Names are free text and are not shown.
const NAMES: [(&str, SeriesRole); 14] = [
    ("bone", SeriesRole::Bone),
    ("bones", SeriesRole::Bone),
    ("skeleton", SeriesRole::Bone),
    ("skeletal", SeriesRole::Bone),
    ("spine", SeriesRole::Bone),
    ("marrow", SeriesRole::Bone),
    ("muscle", SeriesRole::Reference),
    ("reference", SeriesRole::Reference),
    ("exclude", SeriesRole::Exclude),
    ("exclusion", SeriesRole::Exclude),
    ("spleen", SeriesRole::Exclude),
    ("kidney", SeriesRole::Exclude),
    ("bladder", SeriesRole::Exclude),
    ("bowel", SeriesRole::Exclude),
];

/// The role that names state; two words for different roles leave it open.
pub(super) fn role_of_names(kind: &str, number: u32, names: &[Option<String>]) -> Drawn {
    let lower: Vec<String> = names.iter().flatten().map(|name| name.to_lowercase()).collect();
    let words = lower.iter().flat_map(|name| name.split(|c: char| !c.is_alphabetic()));
    let found: Vec<&(&str, SeriesRole)> =
        words.filter_map(|word| NAMES.iter().find(|(known, _)| *known == word)).collect();
    let is_one = found.first().is_some_and(|(_, first)| found.iter().all(|(_, role)| role == first));
    let (role, evidence) = match found.first() {
        Some((word, role)) if is_one => (*role, format!("{kind} {number}, named {word}")),
        Some(_) => (SeriesRole::Ambiguous, format!("{kind} {number}, named with words of several roles")),
        None => (SeriesRole::Ambiguous, format!("{kind} {number}, named with no known word (bone, muscle, exclude)")),
    };
    Drawn {
        number,
        decision: Decision { role, evidence: vec![evidence] },
        names: names.iter().flatten().cloned().collect(),
    }
}

/// The segments of a segmentation.
///
/// # Errors
/// [`DicomError::Drawing`] where it is not binary or holds no segment.
pub fn segments(header: &Header) -> Result<Vec<Drawn>, DicomError> {
    let wrong = |reason: &str| DicomError::Drawing { reason: reason.to_owned() };
    let file = dicom_object::OpenFileOptions::new().read_until(tags::PIXEL_DATA).open_file(&header.path);
    let file = file.map_err(|_| wrong("a segmentation cannot be read"))?;
    if text(&file, tags::SEGMENTATION_TYPE).as_deref() != Some("BINARY") {
        return Err(wrong("a segmentation is not BINARY: fractional ones need a threshold, which is not guessed"));
    }
    let of = |segment| {
        let number = number(segment, tags::SEGMENT_NUMBER)? as u32;
        Some(role_of_names("segment", number, &[text(segment, tags::SEGMENT_LABEL), coded_meaning(segment)]))
    };
    let found: Vec<Drawn> = items(&file, tags::SEGMENT_SEQUENCE).iter().filter_map(of).collect();
    if found.is_empty() { Err(wrong("a segmentation holds no segment")) } else { Ok(found) }
}

/// One segment on a grid.
///
/// # Errors
/// [`DicomError::Drawing`] where a frame does not lie on the grid, [`DicomError::Pixels`] where the bits cannot be read.
pub fn segment_mask(header: &Header, segment: u32, grid: &Grid) -> Result<Array3<bool>, DicomError> {
    debug_assert_eq!(header.kind, Kind::Segmentation);
    let unreadable = |why: &str| DicomError::Pixels { reason: format!("segmentation: {why}") };
    if header.bits != 1 || !is_native(&header.transfer_syntax) {
        return Err(unreadable("only uncompressed ones of 1 bit a pixel are read"));
    }
    let file = dicom_object::open_file(&header.path).map_err(|_| unreadable("the file cannot be read to its end"))?;
    let bits = super::element::bytes(&file, tags::PIXEL_DATA).ok_or_else(|| unreadable("it holds no pixels"))?;
    drop(file);
    let [rows, columns] = header.size;
    let mut mask = filled(grid.dims, false);
    for frame in header.frames.iter().filter(|frame| frame.segment == Some(segment)) {
        let place = Lattice::of(frame, grid)?;
        for row in 0..rows {
            for column in 0..columns {
                let bit = (frame.number as usize * rows + row) * columns + column;
                let byte = *bits.get(bit / 8).ok_or_else(|| unreadable("it holds fewer bits than announced"))?;
                if byte >> (bit % 8) & 1 == 1 {
                    mask[place.voxel(row, column, grid)?] = true;
                }
            }
        }
    }
    Ok(mask)
}

/// Largest distance of a pixel from the centre of its voxel, voxels.
const ALLOWED: f64 = 0.1;

/// Voxel index of the pixels of a frame: linear in row and column.
struct Lattice {
    origin: [f64; 3],
    per_row: [f64; 3],
    per_column: [f64; 3],
}

impl Lattice {
    fn of(frame: &Frame, grid: &Grid) -> Result<Lattice, DicomError> {
        let unplaced =
            || DicomError::Drawing { reason: "a frame of a segmentation does not state its place".to_owned() };
        let (position, axes) = (frame.position.ok_or_else(unplaced)?, frame.orientation.ok_or_else(unplaced)?);
        let spacing = frame.spacing.ok_or_else(unplaced)?;
        let voxel = |row: f64, column: f64| {
            let lps: [f64; 3] =
                std::array::from_fn(|r| position[r] + axes[r] * spacing[1] * column + axes[3 + r] * spacing[0] * row);
            grid.voxel_of([-lps[0], -lps[1], lps[2]]).ok_or_else(unplaced)
        };
        let origin = voxel(0.0, 0.0)?;
        let difference = |to: [f64; 3]| std::array::from_fn(|r| to[r] - origin[r]);
        Ok(Lattice { origin, per_row: difference(voxel(1.0, 0.0)?), per_column: difference(voxel(0.0, 1.0)?) })
    }

    fn voxel(&self, row: usize, column: usize, grid: &Grid) -> Result<[usize; 3], DicomError> {
        let at: [f64; 3] =
            std::array::from_fn(|r| self.origin[r] + self.per_row[r] * row as f64 + self.per_column[r] * column as f64);
        let is_inside = |r: usize| at[r].round() >= 0.0 && at[r].round() < grid.dims[r] as f64;
        if (0..3).any(|r| (at[r] - at[r].round()).abs() > ALLOWED || !is_inside(r)) {
            return Err(DicomError::Drawing {
                reason: "a segmentation does not lie on the grid of the images it refers to".to_owned(),
            });
        }
        Ok(at.map(|index| index.round() as usize))
    }
}
