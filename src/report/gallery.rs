//! The quality-control pictures of all sessions in one page: as they are where they fit, else smaller.

use super::ReportError;
use super::canvas::{average_down, encode_rgb};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::PathBuf;

/// Bytes that all pictures together may take, before base64 makes a third more of them: leaves a report of at most
/// 25 MB room for everything else.
const BUDGET: usize = 14_000_000;
/// How much smaller pictures are made, one after the other, until they fit.
const FACTORS: [usize; 4] = [1, 2, 3, 4];

/// Each picture as a `data:` address, by name.
///
/// # Errors
/// [`ReportError::Unreadable`] for a file that is no PNG of ours.
pub fn data_addresses(pictures: &BTreeMap<String, PathBuf>) -> Result<BTreeMap<String, String>, ReportError> {
    let mut smallest = Vec::new();
    let as_they_are: u64 = pictures.values().filter_map(|path| path.metadata().ok()).map(|data| data.len()).sum();
    let fits = as_they_are <= BUDGET as u64;
    for factor in FACTORS.into_iter().skip(usize::from(!fits)) {
        let encoded: Vec<Vec<u8>> =
            pictures.par_iter().map(|(_, path)| shrunk(path, factor)).collect::<Result<_, _>>()?;
        let total: usize = encoded.iter().map(Vec::len).sum();
        smallest = encoded;
        if total <= BUDGET {
            break;
        }
    }
    let address = |bytes: &Vec<u8>| format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes));
    Ok(pictures.keys().cloned().zip(smallest.iter().map(address)).collect())
}

/// A picture with blocks of `factor` x `factor` pixels averaged into one; its own bytes for a factor of one.
fn shrunk(path: &PathBuf, factor: usize) -> Result<Vec<u8>, ReportError> {
    let unreadable = |reason: String| ReportError::Unreadable { path: path.clone(), reason };
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let mut reader = png::Decoder::new(Cursor::new(&bytes)).read_info().map_err(|e| unreadable(e.to_string()))?;
    if factor == 1 {
        return Ok(bytes);
    }
    let size = reader.output_buffer_size().ok_or_else(|| unreadable("too large".to_owned()))?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels).map_err(|error| unreadable(error.to_string()))?;
    if info.color_type != png::ColorType::Rgb || info.bit_depth != png::BitDepth::Eight {
        return Err(unreadable("not an 8-bit RGB picture".to_owned()));
    }
    let small = average_down(&pixels, info.width as usize, factor);
    encode_rgb(info.width / factor as u32, info.height / factor as u32, &small, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_halved_by_averaging() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let pixels: Vec<u8> = (0..4 * 2).flat_map(|n| [n * 10, 0, 255]).collect();
        std::fs::write(&path, encode_rgb(4, 2, &pixels, None).unwrap()).unwrap();
        let small = shrunk(&path, 2).unwrap();
        let mut reader = png::Decoder::new(Cursor::new(&small)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        assert_eq!(bytes, [25, 0, 255, 45, 0, 255]);
        assert_eq!(shrunk(&path, 1).unwrap(), std::fs::read(&path).unwrap());
        std::fs::write(&path, b"no picture").unwrap();
        assert!(shrunk(&path, 2).is_err());
    }
}
