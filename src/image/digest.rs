//! Fingerprints of files, for manifests and for resuming.

use super::ImageError;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::Path;

/// SHA-256 of a file's bytes in lower-case hexadecimal.
///
/// # Errors
/// [`ImageError::Missing`] or [`ImageError::Read`].
pub fn sha256_file(path: &Path) -> Result<String, ImageError> {
    let mut hasher = Sha256::new();
    std::fs::File::open(path)
        .and_then(|mut file| std::io::copy(&mut file, &mut hasher))
        .map_err(|e| ImageError::from_io(path, &e))?;
    Ok(hex(&hasher.finalize()))
}

/// SHA-256 of bytes in lower-case hexadecimal.
pub fn sha256_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // writing to a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn digest_of_abc_is_the_published_one() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::sha256_bytes(b"abc"), expected);
    }
}
