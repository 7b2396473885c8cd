//! The quality-control pictures of all sessions in one page: in its language, and as they are where they fit, else smaller.

use super::raster::{Extras, Picture, average_down, decode_rgb, encode_rgb};
use super::sheet::picture_in;
use super::{Lang, ReportError};
use crate::image::{Overwrite, write_bytes_atomically};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

/// Where the pictures in a language other than that of their files are, relative to the output folder.
pub fn folder_of(lang: Lang) -> String {
    format!("qc/{}", lang.code())
}

/// Writes every picture with its words in another language than English into a folder of its own; gives those whose files keep
/// their words, the others cannot be said again.
///
/// # Errors
/// [`ReportError::Unreadable`] for a file that is no PNG of ours, and files that cannot be written.
pub fn write_in(
    out: &Path,
    pictures: &BTreeMap<String, PathBuf>,
    lang: Lang,
) -> crate::error::Result<BTreeMap<String, PathBuf>> {
    if lang == Lang::En || pictures.is_empty() {
        return Ok(BTreeMap::new());
    }
    let folder = out.join(folder_of(lang));
    std::fs::create_dir_all(&folder).map_err(|source| ReportError::Write { path: folder.clone(), source })?;
    let written = |(name, path): (&String, &PathBuf)| {
        let unreadable = |reason: String| ReportError::Unreadable { path: path.clone(), reason };
        let bytes = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        let (Picture { width, height, rgb }, is_said) = picture_in(&bytes, lang).map_err(unreadable)?;
        if !is_said {
            return Ok(None);
        }
        let to = folder.join(format!("{name}.png"));
        write_bytes_atomically(&to, &encode_rgb(width, height, &rgb, Extras::default())?, Overwrite::Force)?;
        Ok(Some((name.clone(), to)))
    };
    let all: Vec<Option<(String, PathBuf)>> = pictures.par_iter().map(written).collect::<crate::error::Result<_>>()?;
    Ok(all.into_iter().flatten().collect())
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
    if factor == 1 && step <= 1 {
        return Ok(bytes);
    }
    let (Picture { width, height, rgb }, _) = decode_rgb(&bytes).map_err(unreadable)?;
    let mut small = if factor == 1 { rgb } else { average_down(&rgb, width, factor) };
    // white stays white and black black
    small.iter_mut().for_each(|value| *value = coarse(*value, step));
    encode_rgb(width / factor, height / factor, &small, Extras::default())
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
        std::fs::write(&path, encode_rgb(4, 2, &pixels, Extras::default()).unwrap()).unwrap();
        let small = shrunk(&path, 2, 1).unwrap();
        assert_eq!(decode_rgb(&small).unwrap().0.rgb, [25, 0, 255, 45, 0, 255]);
        assert_eq!(shrunk(&path, 1, 1).unwrap(), std::fs::read(&path).unwrap());
        assert!(shrunk(&path, 1, 8).unwrap() != std::fs::read(&path).unwrap());
        assert_eq!([0, 4, 5, 128, 251, 255].map(|value| coarse(value, 8)), [0, 0, 8, 132, 255, 255]);
        assert!((0..=255).all(|value| coarse(value, 1) == value && coarse(value, 8).abs_diff(value) <= 5));
        std::fs::write(&path, b"no picture").unwrap();
        assert!(shrunk(&path, 2, 1).is_err());
    }
}
