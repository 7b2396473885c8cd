//! The header of an NRRD file: fields that say where the voxels lie, and the key/value pairs in which 3D Slicer names its
//! segments.
//!
//! Format: <https://teem.sourceforge.net/nrrd/format.html>; segments: Slicer developer guide, "Segmentation labelmap file
//! format (.seg.nrrd)".

use crate::image::{Grid, ImageError};
use std::collections::BTreeMap;
use std::path::Path;

/// A header that was checked as far as the reader goes.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// Lengths of the axes, the fastest first.
    pub sizes: Vec<usize>,
    /// Which axis counts layers, where there is one.
    pub layer_axis: Option<usize>,
    /// Where the voxels lie (RAS+).
    pub grid: Grid,
    pub kind: Kind,
    pub big_endian: bool,
    pub gzip: bool,
    /// Key/value pairs.
    pub pairs: BTreeMap<String, String>,
    /// Where the voxels start.
    pub data_offset: usize,
}

/// Type of a stored voxel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    F64,
}

impl Kind {
    pub const fn bytes(self) -> usize {
        match self {
            Kind::U8 | Kind::I8 => 1,
            Kind::U16 | Kind::I16 => 2,
            Kind::U32 | Kind::I32 | Kind::F32 => 4,
            Kind::F64 => 8,
        }
    }

    fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "uchar" | "unsigned char" | "uint8" | "uint8_t" => Kind::U8,
            "signed char" | "int8" | "int8_t" => Kind::I8,
            "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => Kind::U16,
            "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => Kind::I16,
            "uint" | "unsigned int" | "uint32" | "uint32_t" => Kind::U32,
            "int" | "signed int" | "int32" | "int32_t" => Kind::I32,
            "float" => Kind::F32,
            "double" => Kind::F64,
            _ => return None,
        })
    }
}

impl Header {
    /// The header at the start of `bytes`.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Header, ImageError> {
        let refuse = |reason: String| ImageError::Nrrd { path: path.to_owned(), reason };
        let (text, data_offset) = head(bytes).ok_or_else(|| refuse("its header has no end".to_owned()))?;
        let (mut fields, mut pairs) = (BTreeMap::new(), BTreeMap::new());
        for line in text.lines().skip(1).filter(|line| !line.starts_with('#')) {
            if let Some((key, value)) = line.split_once(":=") {
                pairs.insert(key.trim().to_owned(), value.trim().to_owned());
            } else if let Some((field, value)) = line.split_once(": ") {
                fields.insert(field.trim().to_lowercase(), value.trim().to_owned());
            }
        }
        let field = |name: &str| fields.get(name).map(String::as_str);
        let needed = |name: &str| field(name).ok_or_else(|| refuse(format!("its header has no field \"{name}\"")));
        if field("data file").or(field("datafile")).is_some() {
            return Err(refuse("its voxels are in another file".to_owned()));
        }
        for skip in ["line skip", "byte skip", "lineskip", "byteskip"] {
            if field(skip).is_some_and(|n| n != "0") {
                return Err(refuse(format!("its field \"{skip}\" is not 0")));
            }
        }
        let sizes: Vec<usize> = needed("sizes")?.split_whitespace().filter_map(|n| n.parse().ok()).collect();
        let n_axes: usize = needed("dimension")?.parse().unwrap_or(0);
        if sizes.len() != n_axes || !(3..=4).contains(&n_axes) || sizes.contains(&0) {
            return Err(refuse(format!(
                "it has {n_axes} axes of sizes {sizes:?}, expected three, or four with layers"
            )));
        }
        let kind_name = needed("type")?.to_lowercase();
        let kind = Kind::named(&kind_name).ok_or_else(|| refuse(format!("voxels of type {kind_name} are not read")))?;
        let gzip = match needed("encoding")?.to_lowercase().as_str() {
            "raw" => false,
            "gzip" | "gz" => true,
            other => return Err(refuse(format!("the encoding {other} is not read"))),
        };
        let big_endian = match field("endian").map(str::to_lowercase).as_deref() {
            Some("big") => true,
            Some("little") => false,
            _ if kind.bytes() == 1 => false,
            _ => return Err(refuse("its header does not say the byte order".to_owned())),
        };
        let (grid, layer_axis) =
            geometry(&sizes, field("space"), field("space directions"), field("space origin")).map_err(refuse)?;
        Ok(Header { sizes, layer_axis, grid, kind, big_endian, gzip, pairs, data_offset })
    }
}

/// The text of the header, and where the voxels start: behind the first empty line.
fn head(bytes: &[u8]) -> Option<(String, usize)> {
    let mut start = 0;
    loop {
        let line = bytes[start..].iter().position(|&byte| byte == b'\n')?;
        let is_empty = matches!(&bytes[start..start + line], [] | [b'\r']);
        if is_empty {
            return Some((String::from_utf8_lossy(&bytes[..start]).into_owned(), start + line + 1));
        }
        start += line + 1;
    }
}

/// The grid of the three axes that run through space, and the axis that does not.
fn geometry(
    sizes: &[usize],
    space: Option<&str>,
    directions: Option<&str>,
    origin: Option<&str>,
) -> Result<(Grid, Option<usize>), String> {
    let sign = match space.map(str::to_lowercase).as_deref() {
        Some("left-posterior-superior" | "lps") => [-1.0, -1.0, 1.0],
        Some("right-anterior-superior" | "ras") => [1.0, 1.0, 1.0],
        Some("left-anterior-superior" | "las") => [-1.0, 1.0, 1.0],
        Some(other) => return Err(format!("the space {other} is not read")),
        None => return Err("its header does not say in which space it lies".to_owned()),
    };
    let directions = directions.ok_or("its header has no space directions")?;
    let columns = vectors(directions);
    let [origin] = vectors(origin.ok_or("its header has no space origin")?)[..] else {
        return Err("its space origin is not one point".to_owned());
    };
    let origin = origin.ok_or("its space origin is no point")?;
    if columns.len() != sizes.len() || columns.iter().flatten().count() != 3 {
        return Err(format!("its space directions {directions} do not say three axes"));
    }
    let layer_axis = columns.iter().position(Option::is_none);
    let in_space: Vec<usize> = (0..sizes.len()).filter(|axis| Some(*axis) != layer_axis).collect();
    let column = |c: usize| columns[in_space[c]].unwrap_or_default();
    let affine: [[f64; 4]; 3] =
        std::array::from_fn(|r| std::array::from_fn(|c| sign[r] * if c < 3 { column(c)[r] } else { origin[r] }));
    let grid = Grid::new(std::array::from_fn(|c| sizes[in_space[c]]), affine);
    let is_usable = grid.affine.iter().flatten().all(|v| v.is_finite()) && grid.voxel_volume_ml() > 0.0;
    if is_usable { Ok((grid, layer_axis)) } else { Err("its space directions span no volume".to_owned()) }
}

/// `none (1,0,0) (0,1,0)`: each a vector or none.
fn vectors(text: &str) -> Vec<Option<[f64; 3]>> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('(') {
            let (inside, after) = behind.split_once(')').unwrap_or((behind, ""));
            let numbers: Vec<f64> = inside.split(',').filter_map(|n| n.trim().parse().ok()).collect();
            found.push(numbers.try_into().ok());
            rest = after.trim_start();
        } else {
            let (_, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            found.push(None);
            rest = after.trim_start();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERED: &str = "NRRD0004\n# made by hand\ntype: unsigned char\ndimension: 4\nspace: left-posterior-superior\n\
        sizes: 2 4 5 6\nspace directions: none (2,0,0) (0,3,0) (0,0,4)\nkinds: list domain domain domain\n\
        encoding: gzip\nspace origin: (10,20,-30)\nSegment0_Name:=L1\nSegment0_LabelValue:=1\n\n";

    #[test]
    fn layers_and_space_are_understood() {
        let header = Header::parse(LAYERED.as_bytes(), Path::new("x")).unwrap();
        assert_eq!((header.layer_axis, header.grid.dims, header.gzip), (Some(0), [4, 5, 6], true));
        assert_eq!(header.grid.affine, [[-2.0, 0.0, 0.0, -10.0], [0.0, -3.0, 0.0, -20.0], [0.0, 0.0, 4.0, -30.0]]);
        assert_eq!((header.pairs["Segment0_Name"].as_str(), header.data_offset), ("L1", LAYERED.len()));
    }

    #[test]
    fn what_is_not_read_is_named() {
        for (from, to, word) in [
            ("encoding: gzip", "encoding: bzip2", "bzip2"),
            ("space: left-posterior-superior\n", "", "which space"),
            ("type: unsigned char", "type: block", "block"),
            ("type: unsigned char", "type: short", "byte order"),
            ("encoding: gzip", "encoding: raw\ndata file: x.raw", "another file"),
            ("(0,0,4)", "(0,0,0)", "no volume"),
            ("sizes: 2 4 5 6", "sizes: 4 5 6", "expected three"),
        ] {
            let text = LAYERED.replace(from, to);
            let error = Header::parse(text.as_bytes(), Path::new("x")).unwrap_err().to_string();
            assert!(error.contains(word), "{to}: {error}");
        }
        assert!(Header::parse(b"NRRD0004\ntype: short\n", Path::new("x")).is_err());
    }
}
