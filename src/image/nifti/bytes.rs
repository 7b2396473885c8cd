//! Bytes of a file, inflated where its content (not its name) says gzip.
//!
//! One gzip member, the common case, goes through libdeflate in one call; several members (bgzip, concatenated files)
//! and more than 4 GiB go through a streaming decoder. The checksum is verified on either way.

use crate::image::ImageError;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No deflate stream is longer than this many times its input, so a lying length field cannot ask for all memory.
const DEFLATE_MAX_RATIO: usize = 1032;

/// The whole content.
pub(super) fn whole(path: &Path) -> Result<Vec<u8>, ImageError> {
    let raw = std::fs::read(path).map_err(|e| ImageError::from_io(path, &e))?;
    if !is_gzip(&raw) {
        return Ok(raw);
    }
    if let Some(content) = one_member(&raw) {
        return Ok(content);
    }
    let mut content = Vec::new();
    match MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut content) {
        Ok(_) => Ok(content),
        Err(e) => Err(ImageError::from_io(path, &e)),
    }
}

/// At most the first `n` bytes of the content, without reading the rest.
pub(super) fn first(path: &Path, n: usize) -> Result<Vec<u8>, ImageError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut magic = Vec::with_capacity(n);
        File::open(path)?.take(2).read_to_end(&mut magic)?;
        let mut content = Vec::with_capacity(n);
        if is_gzip(&magic) {
            MultiGzDecoder::new(File::open(path)?).take(n as u64).read_to_end(&mut content)?;
        } else {
            File::open(path)?.take(n as u64).read_to_end(&mut content)?;
        }
        Ok(content)
    };
    read().map_err(|e| ImageError::from_io(path, &e))
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// `None` where the file is anything but exactly one sound member below 4 GiB.
fn one_member(raw: &[u8]) -> Option<Vec<u8>> {
    let (_, &[c0, c1, c2, c3, l0, l1, l2, l3]) = raw.split_last_chunk::<8>()?;
    let checksum = u32::from_le_bytes([c0, c1, c2, c3]);
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    if length > raw.len().saturating_mul(DEFLATE_MAX_RATIO) {
        return None;
    }
    let mut content = vec![0; length];
    let written = libdeflater::Decompressor::new().gzip_decompress(raw, &mut content).ok()?;
    // libdeflate stops at the end of the first member: only if the trailer at the end of the file is the trailer of
    // what was read, there was no second one
    (written == length && libdeflater::crc32(&content) == checksum).then_some(content)
}
