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
const BUDGET: usize = 15_200_000;
/// How the copies in the page are made, one way after the other, until they fit; the files beside it stay as they are.
const WAYS: [Way; 5] = [
    Way { of_subjects: 1, of_sessions: 1, step: 1 },
    Way { of_subjects: 1, of_sessions: 2, step: 8 },
    Way { of_subjects: 2, of_sessions: 2, step: 8 },
    Way { of_subjects: 2, of_sessions: 3, step: 8 },
    Way { of_subjects: 3, of_sessions: 4, step: 8 },
];

/// A way to make pictures smaller. Noise is most of what a picture weighs, and coarser steps of colour take it out.
struct Way {
    /// Pixels along each side that become one, in the pictures of subjects, which stand across the page.
    of_subjects: usize,
    /// The same in the pictures of sessions, two of which stand beside each other.
    of_sessions: usize,
    /// Steps of 256 that become one.
    step: u8,
}

/// Each picture as a `data:` address, by name.
///
/// # Errors
/// [`ReportError::Unreadable`] for a file that is no PNG of ours.
pub fn data_addresses(pictures: &BTreeMap<String, PathBuf>) -> Result<BTreeMap<String, String>, ReportError> {
    let mut smallest = Vec::new();
    let as_they_are: u64 = pictures.values().filter_map(|path| path.metadata().ok()).map(|data| data.len()).sum();
    let fits = as_they_are <= BUDGET as u64;
    for way in WAYS.iter().skip(usize::from(!fits)) {
        let made = |(name, path): (&String, &PathBuf)| {
            let factor = if name.contains("_ses-") { way.of_sessions } else { way.of_subjects };
            shrunk(path, factor, way.step)
        };
        let encoded: Vec<Vec<u8>> = pictures.par_iter().map(made).collect::<Result<_, _>>()?;
        let total: usize = encoded.iter().map(Vec::len).sum();
        smallest = encoded;
        if total <= BUDGET {
            break;
        }
    }
    let address = |bytes: &Vec<u8>| format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes));
    Ok(pictures.keys().cloned().zip(smallest.iter().map(address)).collect())
}

/// A picture with blocks of `factor` x `factor` pixels averaged into one and its colours in coarser steps; its own bytes where
/// neither is asked for.
fn shrunk(path: &PathBuf, factor: usize, step: u8) -> Result<Vec<u8>, ReportError> {
    let unreadable = |reason: String| ReportError::Unreadable { path: path.clone(), reason };
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let mut reader = png::Decoder::new(Cursor::new(&bytes)).read_info().map_err(|e| unreadable(e.to_string()))?;
    if factor == 1 && step <= 1 {
        return Ok(bytes);
    }
    let size = reader.output_buffer_size().ok_or_else(|| unreadable("too large".to_owned()))?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels).map_err(|error| unreadable(error.to_string()))?;
    if info.color_type != png::ColorType::Rgb || info.bit_depth != png::BitDepth::Eight {
        return Err(unreadable("not an 8-bit RGB picture".to_owned()));
    }
    let mut small = if factor == 1 { pixels } else { average_down(&pixels, info.width as usize, factor) };
    // white stays white and black black
    small.iter_mut().for_each(|value| *value = coarse(*value, step));
    encode_rgb(info.width / factor as u32, info.height / factor as u32, &small, None)
}

fn coarse(value: u8, step: u8) -> u8 {
    let steps = 255 / step.max(1);
    let place = (u16::from(value) * u16::from(steps) + 127) / 255;
    ((place * 255 + u16::from(steps) / 2) / u16::from(steps)) as u8
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
        let small = shrunk(&path, 2, 1).unwrap();
        let mut reader = png::Decoder::new(Cursor::new(&small)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        assert_eq!(bytes, [25, 0, 255, 45, 0, 255]);
        assert_eq!(shrunk(&path, 1, 1).unwrap(), std::fs::read(&path).unwrap());
        assert!(shrunk(&path, 1, 8).unwrap() != std::fs::read(&path).unwrap());
        assert_eq!([0, 4, 5, 128, 251, 255].map(|value| coarse(value, 8)), [0, 0, 8, 132, 255, 255]);
        assert!((0..=255).all(|value| coarse(value, 1) == value && coarse(value, 8).abs_diff(value) <= 5));
        std::fs::write(&path, b"no picture").unwrap();
        assert!(shrunk(&path, 2, 1).is_err());
    }
}
