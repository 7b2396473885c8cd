//! Segmentations of 3D Slicer, `.seg.nrrd`: labels, names and place of the segments.
//!
//! Inputs  one file with attached voxels, raw or gzip, either byte order; three axes, or four with layers (segments that
//!         overlap); cropped to the segments or not
//! Output  one label map on the file's own grid (RAS+); see [`super::place_labels`] for the grid of an image
//! Limits  detached voxels, text and bzip2 encodings, and spaces other than LPS, RAS and LAS are refused. A voxel that lies
//!         in two segments that are both wanted is refused: nothing says which of them it belongs to.

mod header;

use super::nifti::{inflated, read_file};
use super::{ImageError, Labels, Mask, filled};
use header::{Header, Kind};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

/// Bytes in which a header with its key/value pairs ends.
const MOST_HEADER_BYTES: usize = 4 << 20;

/// True where the file starts as NRRD does; its name is not looked at.
pub fn is_nrrd(path: &Path) -> bool {
    let mut magic = [0; 4];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && &magic == b"NRRD"
}

/// The grid of the file, from its header alone.
///
/// # Errors
/// [`ImageError::Nrrd`] for a file that is not read here, [`ImageError::Read`] where it cannot be opened.
pub(super) fn grid(path: &Path) -> Result<super::Grid, ImageError> {
    Ok(header_of(path)?.grid)
}

/// `(label, name)` of the segments, as [`labels`] numbers them.
///
/// # Errors
/// As [`labels`].
pub(super) fn segment_names(path: &Path) -> Result<Vec<(i32, String)>, ImageError> {
    let segments = segments(&header_of(path)?);
    Ok(segments.into_iter().map(|segment| (segment.label, segment.name)).collect())
}

fn header_of(path: &Path) -> Result<Header, ImageError> {
    let mut start = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST_HEADER_BYTES as u64).read_to_end(&mut start))
        .map_err(|e| ImageError::from_io(path, &e))?;
    Header::parse(&start, path)
}

/// One segment: a value of one layer, under a name.
#[derive(Debug, Clone)]
struct Segment {
    name: String,
    layer: usize,
    value: i32,
    /// Label in the map that is made: the value where no other segment has it, else the number of the segment from 1.
    label: i32,
}

fn segments(header: &Header) -> Vec<Segment> {
    let mut found = Vec::new();
    for n in 0.. {
        let pair = |key: &str| header.pairs.get(&format!("Segment{n}_{key}"));
        let (Some(name), value) = (pair("Name").or_else(|| pair("ID")), pair("LabelValue")) else { break };
        let number = |text: Option<&String>| text.and_then(|text| text.parse::<i32>().ok());
        // files before layers were written hold one segment a layer, each with the value 1
        let (value, layer) =
            (number(value).unwrap_or(1), number(pair("Layer")).unwrap_or(if value.is_none() { n } else { 0 }));
        found.push(Segment { name: name.clone(), layer: usize::try_from(layer).unwrap_or(0), value, label: value });
    }
    let values: BTreeSet<i32> = found.iter().map(|segment| segment.value).collect();
    if values.len() < found.len() {
        found.iter_mut().enumerate().for_each(|(n, segment)| segment.label = n as i32 + 1);
    }
    found
}

/// The segments whose name is wanted as one label map on the file's own grid.
///
/// # Errors
/// [`ImageError::Nrrd`] where the file is not read here or two wanted segments share a voxel, [`ImageError::Truncated`],
/// [`ImageError::NotLabels`] where a value is no integer.
pub(super) fn labels(path: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Labels, ImageError> {
    let (header, values) = read(path)?;
    let segments = segments(&header);
    let grid = header.grid.clone();
    let mut data = filled(grid.dims, 0_i32);
    let Some(voxels) = data.as_slice_memory_order_mut() else {
        return Err(ImageError::Nrrd { path: path.to_owned(), reason: "it has too many voxels".to_owned() });
    };
    if segments.is_empty() && header.layer_axis.is_none() {
        voxels.copy_from_slice(&values);
        return Ok(Labels { grid, data, source: path.to_owned() });
    }
    let by_place: BTreeMap<(usize, i32), &Segment> =
        segments.iter().map(|segment| ((segment.layer, segment.value), segment)).collect();
    let (n_layers, inner) = layers(&header);
    for (at, &value) in values.iter().enumerate().filter(|(_, value)| **value != 0) {
        let layer = at / inner % n_layers;
        let Some(segment) = by_place.get(&(layer, value)).filter(|segment| wanted(&segment.name)) else { continue };
        let voxel = &mut voxels[at / (inner * n_layers) * inner + at % inner];
        if *voxel != 0 && *voxel != segment.label {
            let other = segments.iter().find(|other| other.label == *voxel).map_or("another", |other| &other.name);
            let reason = format!("its segments {other} and {} share voxels", segment.name);
            return Err(ImageError::Nrrd { path: path.to_owned(), reason });
        }
        *voxel = segment.label;
    }
    Ok(Labels { grid, data, source: path.to_owned() })
}

/// True where any layer holds something, on the file's own grid.
///
/// # Errors
/// As [`labels`].
pub(super) fn mask(path: &Path) -> Result<Mask, ImageError> {
    let (header, values) = read(path)?;
    let grid = header.grid.clone();
    let mut data = filled(grid.dims, false);
    let (n_layers, inner) = layers(&header);
    if let Some(voxels) = data.as_slice_memory_order_mut() {
        for (at, _) in values.iter().enumerate().filter(|(_, value)| **value != 0) {
            voxels[at / (inner * n_layers) * inner + at % inner] = true;
        }
    }
    Ok(Mask { grid, data, source: path.to_owned() })
}

/// Number of layers, and how many values stand between two of them.
fn layers(header: &Header) -> (usize, usize) {
    match header.layer_axis {
        Some(axis) => (header.sizes[axis], header.sizes[..axis].iter().product()),
        None => (1, header.grid.n_voxels()),
    }
}

/// All values in file order, as integers.
fn read(path: &Path) -> Result<(Header, Vec<i32>), ImageError> {
    let all = read_file(path)?;
    let header = Header::parse(&all[..all.len().min(MOST_HEADER_BYTES)], path)?;
    let stored = all.get(header.data_offset..).unwrap_or_default();
    let unpacked;
    let bytes = if header.gzip {
        unpacked = inflated(stored.to_vec(), path)?;
        unpacked.as_slice()
    } else {
        stored
    };
    let n: usize = header.sizes.iter().product();
    let expected = n * header.kind.bytes();
    if bytes.len() < expected {
        let (expected_bytes, found_bytes) = (expected as u64, bytes.len() as u64);
        return Err(ImageError::Truncated { path: path.to_owned(), expected_bytes, found_bytes });
    }
    let mut values = Vec::with_capacity(n);
    for voxel in bytes[..expected].chunks_exact(header.kind.bytes()) {
        let value = number(voxel, header.kind, header.big_endian);
        if value.fract() != 0.0 || value.abs() > f64::from(i32::MAX) {
            return Err(ImageError::NotLabels { path: path.to_owned(), value });
        }
        values.push(value as i32);
    }
    Ok((header, values))
}

fn number(voxel: &[u8], kind: Kind, big_endian: bool) -> f64 {
    let mut le = [0_u8; 8];
    le[..voxel.len()].copy_from_slice(voxel);
    if big_endian {
        le[..voxel.len()].reverse();
    }
    let [a, b, c, d, ..] = le;
    match kind {
        Kind::U8 => f64::from(a),
        Kind::I8 => f64::from(a as i8),
        Kind::U16 => f64::from(u16::from_le_bytes([a, b])),
        Kind::I16 => f64::from(i16::from_le_bytes([a, b])),
        Kind::U32 => f64::from(u32::from_le_bytes([a, b, c, d])),
        Kind::I32 => f64::from(i32::from_le_bytes([a, b, c, d])),
        Kind::F32 => f64::from(f32::from_le_bytes([a, b, c, d])),
        Kind::F64 => f64::from_le_bytes(le),
    }
}
