//! What a NIfTI header says in words: its text fields and its extensions.
//!
//! Converters and viewers leave names, dates and whole DICOM headers there, and TotalSegmentator the names of its classes.
//! Format: <https://nifti.nimh.nih.gov/nifti-1>, <https://nifti.nimh.nih.gov/nifti-2>.

use super::{bytes, header_file};
use crate::image::ImageError;
use std::path::Path;

/// No header with its extensions is longer than this; what stands behind it is not looked at.
const MOST_BYTES: u64 = 16 << 20;
/// Code of an extension that holds a DICOM header.
pub const DICOM: i32 = 2;
/// Code of an extension that holds a comment.
pub const COMMENT: i32 = 6;

/// One piece of text in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderText {
    /// `descrip`, `aux_file`, `db_name`, `intent_name`, `data_type`, or `extension 2` with the code of an extension.
    pub field: String,
    /// Code of the extension; `None` for a field of the header itself.
    pub extension: Option<i32>,
    /// The text, bytes that are none replaced, without what fills it up.
    pub text: String,
}

/// Text fields by name, position and length, NIfTI-1 then NIfTI-2.
const FIELDS: [&[(&str, usize, usize)]; 2] = [
    &[("data_type", 4, 10), ("db_name", 14, 18), ("descrip", 148, 80), ("aux_file", 228, 24), ("intent_name", 328, 16)],
    &[("descrip", 240, 80), ("aux_file", 320, 24), ("intent_name", 508, 16)],
];

/// The text fields that are not empty, and every extension. What is broken in the extensions ends the list.
///
/// # Errors
/// [`ImageError`] where the file cannot be read or is no NIfTI image.
pub fn header_texts(path: &Path) -> Result<Vec<HeaderText>, ImageError> {
    let file = header_file(path);
    let head = bytes::first(&file, super::header::LONGEST)?;
    let size = |read: fn([u8; 4]) -> i32| head.first_chunk::<4>().map(|four| read(*four));
    let (version, big_endian) = match (size(i32::from_le_bytes), size(i32::from_be_bytes)) {
        (Some(348), _) => (0, false),
        (_, Some(348)) => (0, true),
        (Some(540), _) => (1, false),
        (_, Some(540)) => (1, true),
        _ => {
            let found = "its header size is neither 348 nor 540".to_owned();
            return Err(ImageError::NotNifti { path: file, found });
        }
    };
    let mut found = Vec::new();
    for (field, start, length) in FIELDS[version] {
        let text = words(head.get(*start..start + length).unwrap_or_default());
        if !text.is_empty() {
            found.push(HeaderText { field: (*field).to_owned(), extension: None, text });
        }
    }
    let header_bytes = [348, 540][version];
    // in a pair the header file ends with its extensions, in a single file they end where the voxels start
    let is_single = head.get([344, 4][version]..).is_some_and(|magic| magic.starts_with(b"n+"));
    let end = if is_single { data_offset(&head, version, big_endian) } else { MOST_BYTES };
    if end > header_bytes + 4 {
        let all = bytes::first(&file, end.min(MOST_BYTES) as usize)?;
        extensions(&all, header_bytes as usize, big_endian, &mut found);
    }
    Ok(found)
}

fn data_offset(head: &[u8], version: usize, big_endian: bool) -> u64 {
    let in_order = |mut le: Vec<u8>| {
        if big_endian {
            le.reverse();
        }
        le
    };
    let offset = match version {
        0 => head
            .get(108..112)
            .and_then(|b| in_order(b.to_vec()).try_into().ok())
            .map(|b| f64::from(f32::from_le_bytes(b))),
        _ => {
            head.get(168..176).and_then(|b| in_order(b.to_vec()).try_into().ok()).map(|b| i64::from_le_bytes(b) as f64)
        }
    };
    offset.filter(|offset| *offset > 0.0).map_or(0, |offset| offset as u64)
}

/// Extensions behind the four bytes that announce them: length, code, content.
fn extensions(all: &[u8], header_bytes: usize, big_endian: bool, found: &mut Vec<HeaderText>) {
    let number = |at: usize| {
        let four: [u8; 4] = all.get(at..at + 4)?.try_into().ok()?;
        Some(if big_endian { i32::from_be_bytes(four) } else { i32::from_le_bytes(four) })
    };
    if all.get(header_bytes).is_none_or(|&announced| announced == 0) {
        return;
    }
    let mut at = header_bytes + 4;
    while let (Some(length), Some(code)) = (number(at), number(at + 4)) {
        let Some(content) = usize::try_from(length).ok().filter(|n| *n > 8).and_then(|n| all.get(at + 8..at + n))
        else {
            return;
        };
        found.push(HeaderText { field: format!("extension {code}"), extension: Some(code), text: words(content) });
        at += content.len() + 8;
    }
}

/// Text up to the first zero, or all of it where zeros stand between other bytes (a DICOM header); spaces around cut off.
fn words(bytes: &[u8]) -> String {
    let filled = bytes.iter().rposition(|&byte| byte != 0).map_or(&bytes[..0], |last| &bytes[..=last]);
    String::from_utf8_lossy(filled).trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
}
