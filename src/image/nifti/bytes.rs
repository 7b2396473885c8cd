//! Bytes of a file, inflated where its content (not its name) says gzip.
//!
//! One gzip member, the common case, goes through libdeflate in one call; several members (bgzip, concatenated files)
//! and more than 4 GiB go through a streaming decoder. The checksum is verified on either way. Reading and the checksum
//! share the threads; inflating cannot.

use crate::image::ImageError;
use flate2::Crc;
use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No deflate stream is longer than this many times its input, so a lying length field cannot ask for all memory.
const DEFLATE_MAX_RATIO: usize = 1032;

/// The whole content.
pub(super) fn whole(path: &Path) -> Result<Vec<u8>, ImageError> {
    inflated(read_file(path)?, path)
}

/// The bytes of a file as they are.
pub(in crate::image) fn read_file(path: &Path) -> Result<Vec<u8>, ImageError> {
    read_all(path).map_err(|e| ImageError::from_io(path, &e))
}

/// The content of bytes that came from `path`, inflated where they are packed.
pub(in crate::image) fn inflated(raw: Vec<u8>, path: &Path) -> Result<Vec<u8>, ImageError> {
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

/// Length of the content as the file itself says it, without unpacking: its size, or the last four bytes of gzip. `None`
/// where that cannot be the length (a file cut short ends in other bytes, a second member in its own length).
pub(super) fn stated_length(path: &Path) -> Result<Option<u64>, ImageError> {
    let read = || -> io::Result<Option<u64>> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut magic = Vec::with_capacity(2);
        file.by_ref().take(2).read_to_end(&mut magic)?;
        if !is_gzip(&magic) {
            return Ok(Some(size));
        }
        let mut last = [0; 4];
        io::Seek::seek(&mut file, io::SeekFrom::End(-4))?;
        file.read_exact(&mut last)?;
        let length = u64::from(u32::from_le_bytes(last));
        Ok((length <= size.saturating_mul(DEFLATE_MAX_RATIO as u64)).then_some(length))
    };
    read().map_err(|e| ImageError::from_io(path, &e))
}

fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Bytes that a thread reads or sums up at once.
const STRETCH: usize = 1 << 22;

/// The bytes of a file as they are.
fn read_all(path: &Path) -> io::Result<Vec<u8>> {
    let Some((file, length)) = large(path)? else { return std::fs::read(path) };
    // most of the time of reading goes into memory that is touched for the first time
    let mut raw = vec![0; length];
    let read = |(n, part): (usize, &mut [u8])| read_exact_at(&file, part, (n * STRETCH) as u64);
    raw.par_chunks_mut(STRETCH).enumerate().try_for_each(read)?;
    Ok(raw)
}

/// A file that is not packed and so large that it is better read where it lies, with its length.
///
/// # Errors
/// As [`whole`].
pub(super) fn large_plain(path: &Path) -> Result<Option<(File, usize)>, ImageError> {
    let open = || -> io::Result<Option<(File, usize)>> {
        let Some((file, length)) = large(path)? else { return Ok(None) };
        let mut magic = [0; 2];
        read_exact_at(&file, &mut magic, 0)?;
        Ok((!is_gzip(&magic)).then_some((file, length)))
    };
    open().map_err(|e| ImageError::from_io(path, &e))
}

/// A file of more than one stretch that can be read in any order, with its length.
fn large(path: &Path) -> io::Result<Option<(File, usize)>> {
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() <= STRETCH as u64 {
        return Ok(None);
    }
    Ok(Some((file, usize::try_from(metadata.len()).map_err(io::Error::other)?)))
}

/// Fills `out` with the bytes from `offset` on.
#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, out: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

/// No file is read in any order here, see [`large`].
#[cfg(not(unix))]
pub(super) fn read_exact_at(_: &File, _: &mut [u8], _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// `None` where the file is anything but exactly one sound member below 4 GiB.
fn one_member(raw: &[u8]) -> Option<Vec<u8>> {
    let (member, &[c0, c1, c2, c3, l0, l1, l2, l3]) = raw.split_last_chunk::<8>()?;
    let checksum = u32::from_le_bytes([c0, c1, c2, c3]);
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    if length > raw.len().saturating_mul(DEFLATE_MAX_RATIO) {
        return None;
    }
    let mut content = vec![0; length];
    let deflated = &member[head_length(member)?..];
    let written = libdeflater::Decompressor::new().deflate_decompress(deflated, &mut content).ok()?;
    // libdeflate stops at the end of the first member: only if the trailer at the end of the file is the trailer of
    // what was read, there was no second one
    (written == length && crc(&content) == checksum).then_some(content)
}

/// Bytes before the deflated ones of a gzip member (RFC 1952, 2.3).
fn head_length(member: &[u8]) -> Option<usize> {
    const CHECKSUM: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    const RESERVED: u8 = 0xe0;
    let &[_, _, method, flags, ..] = member else { return None };
    if method != 8 || flags & RESERVED != 0 {
        return None;
    }
    let mut length = 10;
    if flags & EXTRA != 0 {
        let &[low, high] = member.get(length..)?.first_chunk::<2>()?;
        length += 2 + usize::from(u16::from_le_bytes([low, high]));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            length += 1 + member.get(length..)?.iter().position(|&byte| byte == 0)?;
        }
    }
    length += if flags & CHECKSUM != 0 { 2 } else { 0 };
    (length <= member.len()).then_some(length)
}

fn crc(content: &[u8]) -> u32 {
    let of_part = |part: &[u8]| {
        let mut crc = Crc::new();
        crc.update(part);
        crc
    };
    let mut whole = Crc::new();
    let parts: Vec<Crc> = content.par_chunks(STRETCH).map(of_part).collect();
    parts.iter().for_each(|part| whole.combine(part));
    whole.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_optional_part_of_a_gzip_head_is_passed_over() {
        let content: Vec<u8> = (0..STRETCH as u32 + 999).map(|n| (n >> 8) as u8 ^ n as u8).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gz");
        for n in 0..8 {
            let mut head = flate2::GzBuilder::new();
            head = if n & 1 > 0 { head.filename("name") } else { head };
            head = if n & 2 > 0 { head.comment("a comment") } else { head };
            head = if n & 4 > 0 { head.extra(vec![1, 0, 0, 2]) } else { head };
            let mut packer = head.write(Vec::new(), flate2::Compression::fast());
            io::Write::write_all(&mut packer, &content).unwrap();
            let mut raw = packer.finish().unwrap();
            assert_eq!(one_member(&raw).as_ref(), Some(&content), "{n}");
            std::fs::write(&path, &raw).unwrap();
            assert_eq!(whole(&path).unwrap(), content);
            // a wrong checksum is an error on the other way too
            let last = raw.len() - 5;
            raw[last] ^= 1;
            assert_eq!(one_member(&raw), None);
            std::fs::write(&path, &raw).unwrap();
            assert!(whole(&path).is_err());
        }
    }

    #[test]
    fn a_large_plain_file_is_read_in_parts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let content: Vec<u8> = (0..2 * STRETCH as u32 + 77).map(|n| (n >> 10) as u8 ^ n as u8).collect();
        std::fs::write(&path, &content).unwrap();
        assert_eq!(whole(&path).unwrap(), content);
    }
}
